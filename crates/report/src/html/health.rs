//! How the code ages: churn, rework and survival of known-AI lines against all others, review,
//! hotspots, and what is out of the ordinary with the reason it was reported.

use trueline_facts::health::{Anomaly, Health, Hotspot, OriginGroup, Review, Rework, Survival};
use trueline_facts::{Proportion, RepoPath};

use super::charts::{bars, intervals};
use super::escape::{esc, prose};
use super::put;
use crate::{answer, words};

/// The section; `prefix` keeps element ids apart where a page has several repositories, `remark` says what of the
/// changes is not known.
pub(super) fn section(
    out: &mut String,
    health: &Health,
    part: Option<&RepoPath>,
    remark: &str,
    prefix: &str,
) {
    let scope = answer::in_whole(part);
    let whose = super::whose(prefix);
    put!(
        out,
        "<section id=\"{prefix}health\" aria-labelledby=\"{whose}{prefix}health-title\">\n<h2 id=\"{prefix}health-title\">Health</h2>\n<p class=\"lead\">In the last {} days{scope} {}. Groups of lines are compared, never persons.</p>\n",
        health.window_days,
        words::churn(&health.churn, remark)
    );
    if let Some(text) = words::unread_changes(health, remark) {
        put!(out, "<p class=\"note\">{}.</p>\n", esc(&text));
    }
    anomalies(out, &health.anomalies, scope);
    rework(out, &health.rework);
    survival(out, &health.survival);
    if let Some(text) = words::perhaps_ai_lines(health) {
        put!(out, "<p class=\"note\">{}.</p>\n", esc(&text));
    }
    review(out, &health.review);
    hotspots(out, &health.hotspots);
    out.push_str("</section>\n");
}

fn anomalies(out: &mut String, anomalies: &[Anomaly], scope: &str) {
    if anomalies.is_empty() {
        return;
    }
    put!(
        out,
        "<div class=\"panel\"><h3>Out of the ordinary{scope}</h3>\n<ul class=\"anomalies\">"
    );
    for anomaly in anomalies {
        let commit = anomaly.commit.as_ref().map_or(String::new(), |commit| {
            format!(" · <code>{}</code>", esc(commit.short()))
        });
        put!(
            out,
            "<li><time datetime=\"{}\">{}</time><div><strong>{}</strong><p>{}</p><p class=\"sub\">false alarms of this detector: about {} a month{commit}</p></div></li>",
            anomaly.time,
            anomaly.time.date(),
            words::anomaly(anomaly.kind),
            prose(&anomaly.reason),
            super::charts::Number(anomaly.false_alarms_per_month)
        );
    }
    out.push_str("</ul></div>\n");
}

fn rework(out: &mut String, rework: &[Rework]) {
    let mut spans: Vec<u32> = rework.iter().map(|one| one.within_days).collect();
    spans.sort_unstable();
    spans.dedup();
    let find = |group, days| {
        rework
            .iter()
            .find(|one| one.group == group && one.within_days == days)
            .map_or_else(Proportion::default, |one| one.lines)
    };
    let rows: Vec<_> = spans
        .into_iter()
        .map(|days| {
            (
                format!("within {days} days"),
                find(OriginGroup::KnownAi, days),
                find(OriginGroup::NotKnownAi, days),
            )
        })
        .filter(|(_, ai, other)| ai.of + other.of > 0)
        .collect();
    if rows.is_empty() {
        return;
    }
    out.push_str("<div class=\"panel\"><h3>Rewritten soon after</h3><p>Share of lines rewritten or removed, among lines old enough to tell. The intervals take lines as independent, which they are not: read them as the least uncertainty.</p>\n");
    pairs(out, "lines", &rows);
    out.push_str("</div>\n");
}

/// A table of pairs with a common scale.
fn pairs(out: &mut String, what: &str, rows: &[(String, Proportion, Proportion)]) {
    let scale = intervals::scale(rows.iter().flat_map(|(_, ai, other)| [ai, other]));
    put!(
        out,
        "<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Comparison\"><table class=\"rates\"><thead><tr><th scope=\"col\">{what}</th><th scope=\"col\" class=\"wide-cell\">share rewritten"
    );
    intervals::axis(out, scale);
    out.push_str("</th><th scope=\"col\" class=\"n\"><span class=\"key k-dot\"></span> known AI</th><th scope=\"col\" class=\"n\"><span class=\"key k-diamond\"></span> not known AI</th></tr></thead><tbody>");
    for (name, ai, other) in rows {
        put!(out, "<tr><th scope=\"row\">{name}</th><td>");
        intervals::pair(out, [Some(ai), Some(other)], scale);
        out.push_str("</td>");
        for p in [ai, other] {
            if p.of == 0 {
                out.push_str("<td class=\"n\"><span class=\"faint\">none</span></td>");
            } else {
                put!(
                    out,
                    "<td class=\"n\">{} <span class=\"sub\">{} ({})</span></td>",
                    words::percent(p.hits, p.of),
                    words::of(p),
                    words::interval(p, true)
                );
            }
        }
        out.push_str("</tr>");
    }
    out.push_str("</tbody></table></div>\n");
}

fn survival(out: &mut String, survival: &[Survival]) {
    let groups: Vec<_> = survival.iter().filter(|one| one.lines > 0).collect();
    if groups.is_empty() {
        return;
    }
    out.push_str("<div class=\"panel\"><h3>How long lines live</h3><p>Kaplan–Meier estimate of the share still standing at an age.</p>\n<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Survival\"><table class=\"rates\"><thead><tr><th scope=\"col\">age</th>");
    for one in &groups {
        let half = one.half_life_days.map_or_else(
            || "more than half stand".to_owned(),
            |days| format!("half gone after {days} days"),
        );
        put!(
            out,
            "<th scope=\"col\" colspan=\"2\">{}<span class=\"sub\">{}, {half}</span></th>",
            words::origin_group(one.group),
            words::counted(one.lines, "line")
        );
    }
    out.push_str("</tr></thead><tbody>");
    let mut ages: Vec<u32> = groups
        .iter()
        .flat_map(|one| one.curve.iter().map(|point| point.days))
        .collect();
    ages.sort_unstable();
    ages.dedup();
    for days in ages {
        put!(out, "<tr><th scope=\"row\">{days} days</th>");
        for one in &groups {
            let Some(point) = one.curve.iter().find(|point| point.days == days) else {
                out.push_str(
                    "<td colspan=\"2\"><span class=\"faint\">too young to tell</span></td>",
                );
                continue;
            };
            let class = match one.group {
                OriginGroup::KnownAi => "f-ai",
                OriginGroup::NotKnownAi => "f-other",
            };
            let (alive, of) = words::alive(point);
            out.push_str("<td class=\"wide-cell\">");
            bars::quantity(out, alive, of, class);
            put!(
                out,
                "</td><td class=\"n\">{}</td>",
                words::percent(alive, of)
            );
        }
        out.push_str("</tr>");
    }
    out.push_str("</tbody></table></div></div>\n");
}

fn review(out: &mut String, review: &Review) {
    if review.commits.of == 0 {
        return;
    }
    out.push_str("<div class=\"panel\"><h3>Signs of review</h3><p>A commit shows a sign if it came in by a pull or merge request or names a reviewer. Whether anybody looked is not in git, and much review leaves no trace there.</p>\n<table class=\"mini review\"><caption class=\"vh\">Commits with a sign of review</caption><tbody>");
    for (name, p, class) in [
        ("all commits", &review.commits, "f-good"),
        ("commits with AI", &review.ai_commits, "f-ai"),
    ] {
        put!(out, "<tr><th scope=\"row\">{name}</th><td>");
        bars::gauge(out, p, class);
        put!(
            out,
            "</td><td class=\"n\">{}<span class=\"sub\">{}</span></td></tr>",
            if p.of == 0 {
                "none".to_owned()
            } else {
                words::at_least(p)
            },
            words::of(p)
        );
    }
    if let Some(told) = &review.told {
        out.push_str("<tr><th scope=\"row\">imported reviews: approved by somebody else</th><td>");
        bars::gauge(out, told, "f-good");
        put!(
            out,
            "</td><td class=\"n\">{}<span class=\"sub\">{}</span></td></tr>",
            words::percent(told.hits, told.of),
            words::of(told)
        );
    }
    out.push_str("</tbody></table>\n");
    if !review.large_unreviewed.is_empty() {
        out.push_str("<h4>Large AI changes without a sign of review</h4>\n<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Large AI changes without a sign of review\"><table><thead><tr><th scope=\"col\">when</th><th scope=\"col\">commit</th><th scope=\"col\">subject</th><th scope=\"col\" class=\"n\">lines</th><th scope=\"col\" class=\"n\">files</th></tr></thead><tbody>");
        for change in &review.large_unreviewed {
            put!(
                out,
                "<tr><td><time datetime=\"{}\">{}</time></td><td><code>{}</code></td><td>{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td></tr>",
                change.time,
                change.time.date(),
                esc(change.commit.short()),
                esc(&change.subject),
                words::count(change.added),
                words::count(change.files)
            );
        }
        out.push_str("</tbody></table></div>\n");
        let older = review.unreviewed_beyond(review.large_unreviewed.len());
        if older > 0 {
            put!(
                out,
                "<p class=\"note\">And {} older.</p>\n",
                words::count(older)
            );
        }
    }
    out.push_str("</div>\n");
}

fn hotspots(out: &mut String, hotspots: &[Hotspot]) {
    if hotspots.is_empty() {
        return;
    }
    let most = hotspots.iter().map(|spot| spot.churn).max().unwrap_or(0);
    out.push_str("<div class=\"panel\"><h3>Hotspots</h3><p>Files that change much and often: where review and tests pay most.</p>\n<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Hotspots\"><table><thead><tr><th scope=\"col\">file</th><th scope=\"col\" class=\"wide-cell\">lines changed</th><th scope=\"col\" class=\"n\"><span class=\"vh\">lines changed</span></th><th scope=\"col\" class=\"n\">commits</th><th scope=\"col\" class=\"n\">lines now</th><th scope=\"col\" class=\"n\">AI at least</th></tr></thead><tbody>");
    for spot in hotspots {
        put!(
            out,
            "<tr><th scope=\"row\" class=\"path\">{}</th><td>",
            esc(&spot.path.display())
        );
        bars::quantity(out, spot.churn, most, "f-volume");
        put!(
            out,
            "</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td></tr>",
            words::count(spot.churn),
            words::count(spot.commits),
            words::count(spot.lines),
            words::ai_floor_of(spot)
        );
    }
    out.push_str("</tbody></table></div></div>\n");
}
