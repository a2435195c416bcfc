//! Where AI enters, as a flow: doors on the left, the repository in the middle, on the right what
//! passed with a sign of review and what without. Band widths are commits.

use trueline_facts::pipeline::Entry;

use super::super::escape::esc;
use super::super::put;
use super::Number;
use crate::words;

const ROW: f64 = 46.0;
/// Height of all bands together, where they meet the repository.
const BAND: f64 = 44.0;
/// The least that can be seen.
const THIN: f64 = 1.5;
const DOORS: usize = 12;

/// Draws the flow of at most twelve doors, those with most commits first; the table has all.
pub(in crate::html) fn flow(out: &mut String, entries: &[Entry]) {
    let mut doors: Vec<&Entry> = entries.iter().collect();
    doors.sort_by(|a, b| {
        b.commits
            .cmp(&a.commits)
            .then_with(|| (a.kind, &a.tool).cmp(&(b.kind, &b.tool)))
    });
    doors.truncate(DOORS);
    let total: u64 = doors.iter().map(|door| door.commits).sum();
    let unreviewed: u64 = doors
        .iter()
        .map(|door| door.unreviewed.min(door.commits))
        .sum();
    let height = (doors.len() as f64 * ROW).max(130.0) + 12.0;
    let middle = height / 2.0;
    put!(
        out,
        "<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Flow of AI into the repository\"><svg class=\"flow\" viewBox=\"0 0 820 {0}\" width=\"820\" height=\"{0}\" role=\"img\" aria-label=\"Where AI enters and what passes without a sign of review; the table below says the same\">",
        Number(height)
    );
    let top = (height - doors.len() as f64 * ROW) / 2.0;
    let mut meets = middle - BAND / 2.0;
    for (index, door) in doors.iter().enumerate() {
        let y = top + (index as f64 + 0.5) * ROW;
        let width = door.commits as f64 / total.max(1) as f64 * BAND;
        let end = if door.commits == 0 {
            middle
        } else {
            meets + width / 2.0
        };
        meets += width;
        put!(
            out,
            "<path class=\"band {}\" stroke-width=\"{}\" d=\"M249 {2}C330 {2} 330 {3} 410 {3}\"></path>",
            if door.commits == 0 { "thin" } else { "in" },
            Number(width.max(THIN)),
            Number(y),
            Number(end)
        );
        let commits = if door.commits == 0 {
            String::new()
        } else {
            format!(", {}", words::counted(door.commits, "commit"))
        };
        node(
            out,
            (1.0, y),
            248.0,
            &shorten(door.tool.as_str(), 30),
            &format!("{}{commits}", words::entry(door.kind)),
        );
    }
    right(out, middle, total, unreviewed);
    put!(
        out,
        "<rect class=\"node strong\" x=\"410\" y=\"{}\" width=\"120\" height=\"{}\" rx=\"8\"></rect><text x=\"470\" y=\"{}\" text-anchor=\"middle\">repository</text></svg></div>\n",
        Number(middle - BAND / 2.0 - 4.0),
        Number(BAND + 8.0),
        Number(middle + 4.0)
    );
}

/// What passed with a sign of review, and what without.
fn right(out: &mut String, middle: f64, total: u64, unreviewed: u64) {
    if total == 0 {
        return;
    }
    let mut leaves = middle - BAND / 2.0;
    for (y, n, class, text) in [
        (
            middle - 34.0,
            total - unreviewed,
            "ok",
            "with a sign of review",
        ),
        (middle + 34.0, unreviewed, "open", "without one"),
    ] {
        let width = n as f64 / total as f64 * BAND;
        if n > 0 {
            put!(
                out,
                "<path class=\"band {class}\" stroke-width=\"{}\" d=\"M530 {1}C580 {1} 580 {2} 630 {2}\"></path>",
                Number(width.max(THIN)),
                Number(leaves + width / 2.0),
                Number(y)
            );
        }
        leaves += width;
        node(out, (630.0, y), 188.0, &words::counted(n, "commit"), text);
    }
}

fn node(out: &mut String, (x, y): (f64, f64), width: f64, title: &str, text: &str) {
    put!(
        out,
        "<rect class=\"node\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"36\" rx=\"8\"></rect><text x=\"{3}\" y=\"{4}\">{5}</text><text class=\"sub\" x=\"{3}\" y=\"{6}\">{7}</text>",
        Number(x),
        Number(y - 18.0),
        Number(width),
        Number(x + 12.0),
        Number(y - 2.0),
        esc(title),
        Number(y + 12.0),
        esc(text)
    );
}

fn shorten(text: &str, most: usize) -> String {
    let text = words::visible(text);
    if text.chars().count() <= most {
        return text.into_owned();
    }
    let mut out: String = text.chars().take(most - 1).collect();
    out.push('…');
    out
}
