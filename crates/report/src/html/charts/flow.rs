//! Where AI enters, as a flow: doors on the left, the repository in the middle, on the right what
//! passed with a sign of review and what without. Band widths are commits. Every door is drawn: beyond
//! the busiest, those of one kind share a box.

use std::collections::BTreeMap;

use trueline_facts::pipeline::{Entry, EntryKind};

use super::super::escape::esc;
use super::super::put;
use super::Number;
use crate::words;

const ROW: f64 = 46.0;
/// Height of all bands together, where they meet the repository.
const BAND: f64 = 44.0;
/// The least that can be seen.
const THIN: f64 = 1.5;
/// So many doors all get a box of their own.
const ALL: usize = 20;
/// Of more, so many do, those with most commits first.
const DOORS: usize = 12;
/// Characters of a box's title.
const TITLE: usize = 30;

/// One box on the left: a door, or all remaining doors of a kind.
struct Node {
    title: String,
    /// What the box says when pointed at: everything that its title had no room for.
    all: String,
    text: String,
    commits: u64,
    unreviewed: u64,
}

impl Node {
    fn of(kind: EntryKind, doors: &[&Entry]) -> Self {
        let names: Vec<_> = doors.iter().map(|door| words::tool(&door.tool)).collect();
        let names: Vec<_> = names.iter().map(AsRef::as_ref).collect();
        let commits = doors.iter().map(|door| door.commits).sum();
        let hinted = doors.iter().map(|door| door.hinted).sum();
        let kinds = match doors {
            [_] => words::entry(kind).to_owned(),
            many => words::entries(kind, many.len() as u64),
        };
        Self {
            title: listed(&names, TITLE),
            all: names.join(", "),
            text: if commits == 0 {
                kinds
            } else {
                format!("{kinds}, {}", words::commits_of_door(commits, hinted))
            },
            commits,
            unreviewed: doors
                .iter()
                .map(|door| door.unreviewed.min(door.commits))
                .sum(),
        }
    }
}

/// The boxes: the busiest doors, then what is left by kind.
fn nodes(entries: &[Entry]) -> Vec<Node> {
    let mut doors: Vec<&Entry> = entries.iter().collect();
    doors.sort_by(|a, b| {
        b.commits
            .cmp(&a.commits)
            .then_with(|| (a.kind, &a.tool).cmp(&(b.kind, &b.tool)))
    });
    let busy = if doors.len() <= ALL {
        doors.len()
    } else {
        doors
            .iter()
            .take(DOORS)
            .filter(|door| door.commits > 0)
            .count()
    };
    let rest = doors.split_off(busy);
    let mut nodes: Vec<Node> = doors
        .into_iter()
        .map(|door| Node::of(door.kind, &[door]))
        .collect();
    let mut kinds: BTreeMap<EntryKind, Vec<&Entry>> = BTreeMap::new();
    for door in rest {
        kinds.entry(door.kind).or_default().push(door);
    }
    nodes.extend(kinds.iter().map(|(kind, doors)| Node::of(*kind, doors)));
    nodes
}

/// As many names as fit, and how many more there are.
fn listed(names: &[&str], most: usize) -> String {
    if let [only] = names {
        return shorten(only, most);
    }
    let mut out = String::new();
    for (at, name) in names.iter().enumerate() {
        let left = names.len() - at;
        let more = format!(" and {left} more");
        let next = if at == 0 {
            shorten(name, most)
        } else {
            format!("{out}, {}", words::visible(name))
        };
        let room = if left == 1 { 0 } else { more.len() };
        if at > 0 && next.chars().count() + room > most {
            out.push_str(&more);
            break;
        }
        out = next;
    }
    out
}

/// Draws the flow; the table beside it has the evidence of each door.
pub(in crate::html) fn flow(out: &mut String, entries: &[Entry]) {
    let doors = nodes(entries);
    let total: u64 = doors.iter().map(|door| door.commits).sum();
    let unreviewed: u64 = doors.iter().map(|door| door.unreviewed).sum();
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
        node(out, (1.0, y), 248.0, &door.title, &door.text, &door.all);
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
        node(out, (630.0, y), 188.0, &words::counted(n, "time"), text, "");
    }
}

fn node(out: &mut String, (x, y): (f64, f64), width: f64, title: &str, text: &str, all: &str) {
    put!(
        out,
        "<g><rect class=\"node\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"36\" rx=\"8\"></rect><text x=\"{3}\" y=\"{4}\">{5}</text><text class=\"sub\" x=\"{3}\" y=\"{6}\">{7}</text>",
        Number(x),
        Number(y - 18.0),
        Number(width),
        Number(x + 12.0),
        Number(y - 2.0),
        esc(title),
        Number(y + 12.0),
        esc(text)
    );
    if !all.is_empty() && all != title {
        put!(out, "<title>{}</title>", esc(all));
    }
    out.push_str("</g>");
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

#[cfg(test)]
mod tests {
    use trueline_facts::ToolId;

    use super::*;

    fn door(kind: EntryKind, tool: &str, commits: u64) -> Entry {
        Entry {
            kind,
            tool: ToolId::new(tool),
            evidence: Vec::new(),
            first_seen: None,
            last_seen: None,
            commits,
            hinted: 0,
            unreviewed: 0,
        }
    }

    #[test]
    fn doors_without_commits_are_drawn_together_and_none_is_dropped() {
        let agents = (1..=16).map(|n| door(EntryKind::Agent, &format!("agent-{n}"), n));
        let jobs = ["claude", "codex", "gemini", "github-models", "opencode"];
        let jobs = jobs.map(|tool| door(EntryKind::CiJob, tool, 0));
        let entries: Vec<Entry> = agents.chain(jobs).collect();
        let nodes = nodes(&entries);
        assert_eq!(nodes.len(), 14);
        assert_eq!(nodes[12].text, "4 agents, 10 commits");
        let last = &nodes[13];
        assert_eq!(last.title, "claude, codex and 3 more");
        assert_eq!(last.text, "5 CI jobs");
        assert_eq!(last.all, "claude, codex, gemini, github-models, opencode");
    }

    #[test]
    fn the_busiest_doors_stand_alone_and_the_others_keep_their_commits() {
        let entries: Vec<Entry> = (1..=21)
            .map(|n| door(EntryKind::Agent, &format!("a{n}"), n))
            .collect();
        let nodes = nodes(&entries);
        assert_eq!(nodes.len(), 13);
        assert_eq!(nodes[0].title, "a21");
        assert_eq!(nodes.iter().map(|node| node.commits).sum::<u64>(), 231);
    }
}
