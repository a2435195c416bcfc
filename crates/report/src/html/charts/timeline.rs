//! AI share over time: AI from below, known people from above, and between them what nobody knows, so
//! that the hatched band of AI and the grey one are the uncertainty. Under it, how many lines each bar stands for.

use trueline_facts::usage::{LineShares, MonthUse};

use super::super::escape::esc;
use super::super::put;
use super::{Number, Percent};
use crate::words;

/// More bars than this cannot be told apart: months become quarters, quarters years.
const BARS: usize = 48;
const HEIGHT: f64 = 200.0;
const VOLUME: f64 = 40.0;

/// What one bar stands for.
struct Bucket {
    name: String,
    commits: u64,
    ai_commits: u64,
    lines: LineShares,
}

/// Draws the chart with axis, legend and table.
pub(in crate::html) fn timeline(out: &mut String, months: &[MonthUse]) {
    let buckets = buckets(months);
    let most = buckets.iter().map(|b| b.lines.total).max().unwrap_or(0);
    out.push_str("<div class=\"plot\"><div class=\"axis\" aria-hidden=\"true\"><span>100 %</span><span>50 %</span><span>0 %</span><span class=\"vol\">lines</span></div>");
    put!(
        out,
        "<svg class=\"timeline\" width=\"100%\" height=\"{}\" role=\"img\" aria-label=\"Share of lines by origin over time; the table below says the same\">",
        Number(HEIGHT + VOLUME + 34.0)
    );
    for y in [0.5, HEIGHT / 2.0, HEIGHT - 0.5] {
        put!(
            out,
            "<line class=\"grid\" x1=\"0\" x2=\"100%\" y1=\"{0}\" y2=\"{0}\"></line>",
            Number(y)
        );
    }
    let step = 100.0 / buckets.len().max(1) as f64;
    for (index, bucket) in buckets.iter().enumerate() {
        bar(out, bucket, index as f64 * step, step, most);
    }
    labels(out, &buckets, step);
    out.push_str("</svg></div>\n");
    legend(out);
    table(out, &buckets);
}

fn bar(out: &mut String, bucket: &Bucket, left: f64, step: f64, most: u64) {
    let lines = &bucket.lines;
    let (x, width) = (Percent(left + step * 0.1), Percent(step * 0.8));
    let spoken = if lines.total == 0 {
        "no line of it stands".to_owned()
    } else {
        format!(
            "AI {}, people {}, unknown {}, of {}",
            words::ai_share(lines),
            words::percent(lines.human, lines.total),
            words::percent(lines.unknown, lines.total),
            words::counted(lines.total, "line")
        )
    };
    put!(out, "<g><title>{}: {spoken}</title>", esc(&bucket.name));
    let share = |n: u64| n as f64 / lines.total.max(1) as f64 * HEIGHT;
    let least = lines.ai_at_least().min(lines.ai);
    let mut y = HEIGHT;
    for (class, n) in [
        ("f-ai", least),
        ("f-ai-soft", lines.ai - least),
        ("f-unknown", lines.unknown),
        ("f-human", lines.human),
    ] {
        let height = share(n);
        y -= height;
        if height > 0.0 {
            put!(
                out,
                "<rect class=\"{class}\" x=\"{x}\" y=\"{}\" width=\"{width}\" height=\"{}\"></rect>",
                Number(y),
                Number(height)
            );
        }
    }
    if most > 0 && lines.total > 0 {
        let height = (lines.total as f64 / most as f64 * VOLUME).max(1.0);
        put!(
            out,
            "<rect class=\"f-volume\" x=\"{x}\" y=\"{}\" width=\"{width}\" height=\"{}\"></rect>",
            Number(HEIGHT + 10.0 + VOLUME - height),
            Number(height)
        );
    }
    // Makes the whole column answer to the pointer.
    put!(
        out,
        "<rect class=\"hit\" x=\"{}\" y=\"0\" width=\"{}\" height=\"{}\"></rect></g>",
        Percent(left),
        Percent(step),
        Number(HEIGHT + VOLUME + 10.0)
    );
}

fn labels(out: &mut String, buckets: &[Bucket], step: f64) {
    // A label needs about 64 pixels: twelve fit a wide page, four a phone.
    let wide = buckets.len().div_ceil(12).max(1);
    let narrow = wide * buckets.len().div_ceil(4 * wide).max(1);
    for (index, bucket) in buckets.iter().enumerate().step_by(wide) {
        let class = if index % narrow == 0 {
            "tick"
        } else {
            "tick wide"
        };
        let (x, anchor) = if index == 0 {
            (step * 0.1, "start")
        } else {
            ((index as f64 + 0.5) * step, "middle")
        };
        // The last label would stand out of the picture.
        if index > 0 && (index + 1) as f64 * step > 97.0 && buckets.len() > 12 {
            continue;
        }
        put!(
            out,
            "<text class=\"{class}\" x=\"{}\" y=\"{}\" text-anchor=\"{anchor}\">{}</text>",
            Percent(x),
            Number(HEIGHT + VOLUME + 28.0),
            esc(&bucket.name)
        );
    }
}

fn legend(out: &mut String) {
    out.push_str("<ul class=\"legend\">");
    for (class, text) in [
        ("k-human", "people"),
        ("k-unknown", "unknown: could be either"),
        ("k-ai-soft", "AI took part: some or all of it"),
        ("k-ai", "AI, at least"),
    ] {
        put!(out, "<li><span class=\"key {class}\"></span>{text}</li>");
    }
    out.push_str("</ul>\n");
}

fn table(out: &mut String, buckets: &[Bucket]) {
    out.push_str("<details class=\"alt\"><summary>As a table</summary><div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Lines over time\"><table><thead><tr><th scope=\"col\">when</th><th scope=\"col\" class=\"n\">AI at least</th><th scope=\"col\" class=\"n\">people</th><th scope=\"col\" class=\"n\">unknown</th><th scope=\"col\" class=\"n\">lines</th><th scope=\"col\" class=\"n\">commits made</th><th scope=\"col\" class=\"n\">of these with AI</th></tr></thead><tbody>");
    for bucket in buckets {
        let lines = &bucket.lines;
        put!(
            out,
            "<tr><th scope=\"row\">{}</th><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td></tr>",
            esc(&bucket.name),
            words::ai_floor(lines),
            words::percent(lines.human, lines.total),
            words::percent(lines.unknown, lines.total),
            words::count(lines.total),
            words::count(bucket.commits),
            words::count(bucket.ai_commits)
        );
    }
    out.push_str("</tbody></table></div></details>\n");
}

/// Months, or the coarsest of quarters and years that is needed to tell bars apart.
fn buckets(months: &[MonthUse]) -> Vec<Bucket> {
    let by_month = fold(months, ToOwned::to_owned);
    if by_month.len() <= BARS {
        return by_month;
    }
    let by_quarter = fold(months, |month| match month.split_once('-') {
        Some((year, number)) => {
            let quarter = number
                .parse::<u32>()
                .map_or(1, |n| n.saturating_sub(1) / 3 + 1);
            format!("{year} Q{quarter}")
        }
        None => month.to_owned(),
    });
    if by_quarter.len() <= BARS {
        return by_quarter;
    }
    fold(months, |month| {
        month.split('-').next().unwrap_or(month).to_owned()
    })
}

fn fold(months: &[MonthUse], name: impl Fn(&str) -> String) -> Vec<Bucket> {
    let mut out: Vec<Bucket> = Vec::new();
    for month in months {
        let name = name(&month.month);
        if let Some(last) = out.last_mut().filter(|last| last.name == name) {
            last.commits += month.commits;
            last.ai_commits += month.ai_commits;
            last.lines.add(&month.lines);
        } else {
            out.push(Bucket {
                name,
                commits: month.commits,
                ai_commits: month.ai_commits,
                lines: month.lines,
            });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_months_become_quarters_then_years_and_no_line_is_lost() {
        let months = |years: u32| -> Vec<MonthUse> {
            (0..years * 12)
                .map(|n| MonthUse {
                    month: format!("{}-{:02}", 2000 + n / 12, n % 12 + 1),
                    commits: 1,
                    ai_commits: 0,
                    standing_commits: 1,
                    lines: LineShares {
                        total: 10,
                        unknown: 10,
                        ..LineShares::default()
                    },
                })
                .collect()
        };
        for (years, first, bars) in [(2, "2000-01", 24), (10, "2000 Q1", 40), (20, "2000", 20)] {
            let buckets = buckets(&months(years));
            assert_eq!(buckets.len(), bars);
            assert_eq!(buckets[0].name, first);
            let total: u64 = buckets.iter().map(|b| b.lines.total).sum();
            assert_eq!(total, u64::from(years) * 120);
        }
    }
}
