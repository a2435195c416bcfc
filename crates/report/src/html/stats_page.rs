//! The page for a lead: all repositories on one screen, then each with its trends, health, anomalies,
//! shadow AI and pipeline.

use std::borrow::Cow;

use trueline_facts::Proportion;
use trueline_facts::stats::{Breakdown, Group, NoteCounts, RepositoryStats, StatsReport};

use super::charts::bars;
use super::escape::{esc, heading};
use super::page::Page;
use super::{gaps, health, overview, put, signs, usage};
use crate::{answer, words};

/// Repositories beyond this start folded.
const OPEN: usize = 3;

/// Renders the page.
pub(super) fn render(report: &StatsReport) -> String {
    let name = if let [only] = report.repositories.as_slice() {
        answer::name(&only.repository, only.scanned_path.as_ref())
    } else {
        format!(
            "{} repositories",
            words::count(report.repositories.len() as u64)
        )
    };
    let mut page = Page::new(&name, "Statistics", &report.trueline_version);
    let mut body = String::new();
    page.section("overview", "Overview");
    opening(&mut body, report);
    if report.repositories.len() > 1 {
        page.section("repositories", "Repositories");
        comparison(&mut body, &report.repositories);
    }
    if let Some(breakdown) = &report.breakdown {
        page.section("breakdown", "Breakdown");
        broken_down(&mut body, breakdown);
    }
    if let Some(mine) = &report.mine {
        page.section("mine", "My lines");
        body.push_str("<section id=\"mine\" aria-labelledby=\"mine-title\">\n<h2 id=\"mine-title\">My own lines</h2>\n<p class=\"lead\">Shown to whoever asked for their own, and to nobody else.</p>\n");
        groups(
            &mut body,
            "line group",
            std::iter::once((mine.name.as_str().into(), mine)),
        );
        put!(
            body,
            "<p class=\"note\">{}{}.</p>\n",
            if mine.commits == 0 {
                "No line is of a commit by "
            } else {
                "Lines of commits by "
            },
            esc(&report.mine_addresses.join(", "))
        );
        body.push_str("</section>\n");
    }
    match report.repositories.as_slice() {
        [only] => {
            for (id, name) in [
                ("who", "Who wrote it"),
                ("health", "Health"),
                ("signs", "Where AI and bots enter"),
                ("gaps", "Notes"),
            ] {
                page.section(id, name);
            }
            let mut only = only.clone();
            only.diagnostics.extend(report.diagnostics.iter().cloned());
            repository(&mut body, &only, "");
        }
        many => {
            if !report.diagnostics.is_empty() {
                page.section("gaps", "Not read");
                gaps::section(&mut body, &report.diagnostics, None, "");
            }
            for (index, one) in many.iter().enumerate() {
                put!(
                    body,
                    "<details class=\"repository\" id=\"r{index}\"{}><summary><h2 id=\"r{index}-name\">{}</h2>",
                    if index < OPEN { " open" } else { "" },
                    esc(&answer::name(&one.repository, one.scanned_path.as_ref()))
                );
                body.push_str("<p class=\"kicker\">");
                overview::repository(&mut body, &one.repository, &one.diagnostics);
                body.push_str("</p></summary>\n<div class=\"cards\">");
                overview::coverage_card(
                    &mut body,
                    &one.usage.coverage,
                    one.since,
                    one.repository.shallow,
                    &one.diagnostics,
                );
                overview::share_card(&mut body, &one.usage, one.since, &one.diagnostics);
                body.push_str("</div>\n");
                overview::advice(&mut body, &one.usage);
                repository(&mut body, one, &format!("r{index}-"));
                body.push_str("</details>\n");
            }
        }
    }
    page.section("methods", "Methods");
    gaps::methods(&mut body);
    page.finish(&body, "")
}

fn opening(out: &mut String, report: &StatsReport) {
    let together = &report.together;
    let lines = &together.lines;
    out.push_str(
        "<section id=\"overview\" class=\"hero\" aria-labelledby=\"title\">\n<p class=\"kicker\">",
    );
    if let [only] = report.repositories.as_slice() {
        put!(
            out,
            "{} · ",
            esc(&answer::name(&only.repository, only.scanned_path.as_ref()))
        );
        overview::repository(out, &only.repository, &only.diagnostics);
    } else {
        put!(
            out,
            "{} repositories · {} · {}",
            words::count(together.repositories),
            words::counted(together.commits, "commit"),
            words::counted(lines.total, "line")
        );
    }
    let known = answer::known_together(report);
    let interrupted = report
        .repositories
        .iter()
        .any(|one| answer::is_interrupted(&one.diagnostics));
    let answer = format!(
        "{}{}.",
        if interrupted {
            "INTERRUPTED, so this is a part of the answer. "
        } else {
            ""
        },
        heading(
            &known
                .as_deref()
                .map_or_else(|| nothing_known(report), answer::capital)
        )
    );
    let known = known.is_some();
    put!(
        out,
        "</p>\n<h1 id=\"title\">{answer}</h1>\n<div class=\"cards\">\n"
    );
    if let [only] = report.repositories.as_slice() {
        overview::coverage_card(
            out,
            &only.usage.coverage,
            only.since,
            only.repository.shallow,
            &only.diagnostics,
        );
        overview::share_card(out, &only.usage, only.since, &only.diagnostics);
        attention_card(out, &report.repositories);
        out.push_str("</div>\n");
        overview::advice(out, &only.usage);
    } else {
        let (coverage, of) = match answer::since_together(report) {
            Some(since) => (
                Proportion::new(lines.known(), lines.total),
                format!("the {since}"),
            ),
            None => (together.coverage, "recent lines".to_owned()),
        };
        put!(
            out,
            "<article class=\"card\"><h2>Evidence coverage</h2><p class=\"big\">{}</p>",
            words::percent(coverage.hits, coverage.of)
        );
        bars::gauge(out, &coverage, "f-good");
        put!(
            out,
            "<p>of {of} say who wrote them ({}).</p></article>\n<article class=\"card\"><h2>Written by AI</h2><p class=\"big\">{}</p>",
            words::of(&coverage),
            if known {
                overview::big_share(lines)
            } else {
                "unknown".to_owned()
            }
        );
        bars::origins(out, lines);
        put!(
            out,
            "<ul class=\"split\"><li><span class=\"key k-ai\"></span>AI {}</li><li><span class=\"key k-unknown\"></span>unknown {}</li><li><span class=\"key k-human\"></span>people {}</li></ul></article>\n",
            words::ai_count(lines),
            words::count(lines.unknown),
            words::count(lines.human)
        );
        attention_card(out, &report.repositories);
        out.push_str("</div>\n");
    }
    out.push_str("</section>\n");
}

/// Why nothing is known of the lines of these repositories.
fn nothing_known(report: &StatsReport) -> String {
    if let Some(unknown) = answer::unknown_together(report) {
        return answer::capital(&unknown);
    }
    let hinted = report
        .repositories
        .iter()
        .map(|one| one.usage.coverage.hinted)
        .sum();
    let mut all = report.repositories.iter();
    answer::unknown(
        &report.together.lines,
        hinted,
        all.any(|one| one.repository.shallow),
        report
            .repositories
            .iter()
            .map(|one| one.diagnostics.as_slice()),
    )
}

/// What a lead may want to ask about.
fn attention_card(out: &mut String, repositories: &[RepositoryStats]) {
    let anomalies: usize = repositories
        .iter()
        .map(|one| one.health.anomalies.len())
        .sum();
    let large: u64 = repositories
        .iter()
        .map(|one| one.health.review.unreviewed_beyond(0))
        .sum();
    let mut unlisted: Vec<_> = repositories
        .iter()
        .flat_map(|one| {
            one.shadow_ai
                .unlisted
                .iter()
                .map(trueline_facts::ToolId::as_str)
        })
        .collect();
    unlisted.sort_unstable();
    unlisted.dedup();
    // Where nobody wrote down which tools are approved, none is unlisted.
    let judged = repositories
        .iter()
        .any(|one| one.shadow_ai.approved.is_some());
    let tools = if judged {
        format!(
            "<strong>{}</strong> {} with signs here that the policy does not list{}",
            words::count(unlisted.len() as u64),
            if unlisted.len() == 1 {
                "coding tool"
            } else {
                "coding tools"
            },
            if unlisted.is_empty() {
                String::new()
            } else {
                format!(": {}", esc(&unlisted.join(", ")))
            }
        )
    } else {
        "tools are not judged: no <code>trueline.toml</code> lists approved ones".to_owned()
    };
    let parts = repositories.iter().any(|one| one.scanned_path.is_some());
    let scope = if parts {
        "<p class=\"sub\">Counted over whole repositories, not only over the parts looked at.</p>"
    } else {
        ""
    };
    put!(
        out,
        "<article class=\"card\"><h2>Worth a question</h2><ul class=\"well plain\"><li><strong>{}</strong> {} out of the ordinary</li><li><strong>{}</strong> large AI {} without a sign of review</li><li>{tools}</li></ul>{scope}</article>\n",
        words::count(anomalies as u64),
        if anomalies == 1 { "thing" } else { "things" },
        words::count(large),
        if large == 1 { "change" } else { "changes" },
    );
}

fn comparison(out: &mut String, repositories: &[RepositoryStats]) {
    out.push_str("<section id=\"repositories\" aria-labelledby=\"repositories-title\">\n<h2 id=\"repositories-title\">Repositories</h2>\n<div class=\"panel\"><div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Repositories\"><table><thead><tr><th scope=\"col\">repository</th><th scope=\"col\" class=\"n\">evidence</th><th scope=\"col\" class=\"wide-cell\">AI · unknown · people</th><th scope=\"col\" class=\"n\">AI at least</th><th scope=\"col\" class=\"n\">lines</th><th scope=\"col\" class=\"n\">commits</th><th scope=\"col\" class=\"n\">rewritten, known AI</th><th scope=\"col\" class=\"n\">unlisted tools</th></tr></thead><tbody>\n");
    for (index, one) in repositories.iter().enumerate() {
        let lines = &one.usage.lines;
        let coverage = answer::coverage(one);
        put!(
            out,
            "<tr><th scope=\"row\"><a href=\"#r{index}\">{}</a></th><td class=\"n\">{}</td><td>",
            esc(&answer::name(&one.repository, one.scanned_path.as_ref())),
            words::percent(coverage.hits, coverage.of)
        );
        bars::origins(out, lines);
        let rework = one
            .health
            .rework
            .iter()
            .find(|rework| {
                rework.group == trueline_facts::health::OriginGroup::KnownAi && rework.lines.of > 0
            })
            .map_or_else(
                || "<span class=\"faint\">unknown</span>".to_owned(),
                |rework| {
                    format!(
                        "{}<span class=\"sub\">{}, {} days</span>",
                        words::percent(rework.lines.hits, rework.lines.of),
                        words::interval(&rework.lines, true),
                        rework.within_days
                    )
                },
            );
        put!(
            out,
            "</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{rework}</td><td class=\"n\">{}</td></tr>\n",
            words::ai_floor(lines),
            words::count(lines.total),
            words::count(match one.since {
                Some(_) => one.usage.purposes.values().sum(),
                None => one.repository.commits,
            }),
            if one.shadow_ai.approved.is_some() {
                one.shadow_ai.unlisted.len().to_string()
            } else {
                "not judged".to_owned()
            }
        );
    }
    out.push_str("</tbody></table></div></div>\n</section>\n");
}

fn broken_down(out: &mut String, breakdown: &Breakdown) {
    let by = words::group_by(breakdown.by);
    put!(
        out,
        "<section id=\"breakdown\" aria-labelledby=\"breakdown-title\">\n<h2 id=\"breakdown-title\">By {by}</h2>\n"
    );
    let all = breakdown.groups.iter();
    let named = all.map(|group| (words::group(breakdown.by, &group.name), group));
    groups(out, by, named);
    out.push_str("</section>\n");
}

fn groups<'g>(out: &mut String, by: &str, groups: impl Iterator<Item = (Cow<'g, str>, &'g Group)>) {
    put!(
        out,
        "<div class=\"panel\"><div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Lines by {by}\"><table><thead><tr><th scope=\"col\">{by}</th><th scope=\"col\" class=\"wide-cell\">AI · unknown · people</th><th scope=\"col\" class=\"n\">known</th><th scope=\"col\" class=\"n\">AI at least</th><th scope=\"col\" class=\"n\">lines</th><th scope=\"col\" class=\"n\">commits</th></tr></thead><tbody>\n"
    );
    for (name, group) in groups {
        let lines = &group.lines;
        put!(out, "<tr><th scope=\"row\">{}</th><td>", esc(&name));
        bars::origins(out, lines);
        put!(
            out,
            "</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td></tr>\n",
            words::percent(lines.known(), lines.total),
            words::ai_floor(lines),
            words::count(lines.total),
            words::count(group.commits)
        );
    }
    out.push_str("</tbody></table></div></div>\n");
}

fn repository(out: &mut String, one: &RepositoryStats, prefix: &str) {
    let part = one.scanned_path.as_ref();
    usage::section(
        out,
        &one.usage,
        answer::is_part(&one.repository, &one.diagnostics),
        prefix,
    );
    let remark = answer::as_far_as_read(&one.diagnostics);
    health::section(out, &one.health, part, remark, prefix);
    let shadow = (&one.shadow_ai, &one.usage.tools[..]);
    signs::section(out, shadow, &one.pipeline, part, prefix);
    gaps::section(out, &one.diagnostics, None, prefix);
    notes(out, &one.notes);
}

fn notes(out: &mut String, notes: &NoteCounts) {
    if notes.read + notes.read_oldest + notes.unreadable == 0 {
        return;
    }
    put!(
        out,
        "<p class=\"note\">Authorship notes: {} read, {} unreadable, {} on commits of this history; entries without metadata {}, of unknown form {}, on paths that their commit lacks {}.</p>\n",
        words::count(notes.read + notes.read_oldest),
        words::count(notes.unreadable),
        words::count(notes.reachable + notes.reachable_oldest),
        words::count(notes.foreign_keys),
        words::count(notes.unknown_keys),
        words::count(notes.absent_paths)
    );
}
