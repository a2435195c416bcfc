//! The first screen of the page: the answer in one sentence, evidence coverage, AI share, findings by
//! severity, and what was done well. Without evidence it says what it cannot know and what to switch on.

use trueline_facts::scan::{Repository, ScanReport};
use trueline_facts::usage::{EvidenceCoverage, LineShares, Usage};
use trueline_facts::{Diagnostic, Finding, Timestamp};

use super::charts::bars;
use super::escape::{esc, heading, prose};
use super::put;
use crate::answer::{About, WithoutOrigins};
use crate::{answer, select, words};

/// The opening of a scan page.
pub(super) fn scan(out: &mut String, report: &ScanReport) {
    let findings = select::findings(report, false);
    put!(
        out,
        "<section id=\"overview\" class=\"hero\" aria-labelledby=\"title\">\n<p class=\"kicker\">{} · ",
        esc(&answer::scanned(report))
    );
    repository(out, &report.repository, &report.diagnostics);
    if let Some((since, remark)) = answer::changed_since(report) {
        put!(
            out,
            " · findings only on lines changed since <code>{}</code>{}; evidence and AI share of all lines",
            esc(since),
            esc(&remark)
        );
    }
    put!(
        out,
        "</p>\n<h1 id=\"title\">{}</h1>\n",
        heading(&opening(report, &findings))
    );
    if report.usage.is_none() {
        out.push_str(match WithoutOrigins::of(report) {
            WithoutOrigins::OutsideGit => "<p class=\"lead\">This is not a git repository with history, so nothing here says who wrote the code. Run <code>git init</code>, commit, and scan again.</p>\n",
            WithoutOrigins::NotRead => "<p class=\"lead\">Nothing was found, so history was not read. A plain <code>trueline scan</code> says who wrote the code.</p>\n",
            WithoutOrigins::Damaged => "<p class=\"lead\">The history of this repository cannot be read, so nothing here says who wrote the code. The notes below say where reading ended and what helps.</p>\n",
        });
    }
    if let Some(gap) = answer::gap(&report.diagnostics) {
        put!(out, "<p class=\"lead\"><strong>{}</strong></p>\n", esc(gap));
    }
    out.push_str("<div class=\"cards\">\n");
    if let Some(usage) = &report.usage {
        coverage_card(
            out,
            &usage.coverage,
            None,
            report.repository.shallow,
            &report.diagnostics,
        );
        share_card(out, usage, None, &report.diagnostics);
    }
    severity_card(out, report);
    well_card(out, report);
    out.push_str("</div>\n");
    if let Some(usage) = &report.usage {
        advice(out, usage);
    }
    out.push_str("</section>\n");
}

/// Commits, head, date, gaps: one line beside a name.
pub(super) fn repository(out: &mut String, repository: &Repository, diagnostics: &[Diagnostic]) {
    if let Some(head) = &repository.head {
        put!(
            out,
            "{} <code>{}</code>",
            answer::commits(repository, diagnostics),
            esc(head.short())
        );
    } else {
        out.push_str("no history");
    }
    if let Some(time) = repository.head_time {
        put!(
            out,
            " of <time datetime=\"{}\">{}</time>",
            time,
            time.date()
        );
    }
    if repository.shallow {
        out.push_str(" · <strong>shallow clone: history is cut off</strong>");
    }
}

fn opening(report: &ScanReport, findings: &[&Finding]) -> String {
    let found = answer::found(report, findings);
    let found = if answer::is_interrupted(&report.diagnostics) {
        format!("INTERRUPTED, so this is a part of the answer. {found}")
    } else {
        found
    };
    let Some(usage) = &report.usage else {
        return format!("{found}.");
    };
    let (coverage, lines) = (&usage.coverage, &usage.lines);
    let known = answer::known(
        &coverage.recent,
        coverage.undated > 0,
        &usage.recent_lines,
        lines,
        "all lines",
    );
    let known = known.map_or_else(
        || {
            answer::unknown(
                lines,
                coverage.hinted,
                report.repository.shallow,
                std::iter::once(report.diagnostics.as_slice()),
            )
        },
        |known| answer::capital(&known),
    );
    format!("{found}. {known}.")
}

/// Evidence coverage: the figure on which every other one rests, so it comes first.
pub(super) fn coverage_card(
    out: &mut String,
    coverage: &EvidenceCoverage,
    since: Option<Timestamp>,
    is_cut: bool,
    diagnostics: &[Diagnostic],
) {
    let why = answer::why_nothing(diagnostics, coverage.all.of).filter(|_| coverage.all.hits == 0);
    // Where no recent line stands, all lines are the answer.
    let of_all = since.is_some() || coverage.recent.of == 0;
    let recent = if of_all {
        &coverage.all
    } else {
        &coverage.recent
    };
    put!(
        out,
        "<article class=\"card\"><h2>Evidence coverage</h2><p class=\"big\">{}</p>",
        words::percent(recent.hits, recent.of)
    );
    bars::gauge(out, recent, "f-good");
    let mut about = About::of(since, false);
    if let Some(since) = since.filter(|_| why.is_none()) {
        put!(
            out,
            "<p>of the {} say who wrote them ({}).</p>",
            answer::since(since),
            words::of(recent)
        );
    } else if let Some(why) = why {
        put!(out, "<p>{}.</p>", answer::capital(why));
    } else if coverage.all.of == 0 && coverage.generated > 0 {
        out.push_str("<p>All lines are of generated, vendored or lock files.</p>");
    } else if coverage.all.of == 0 {
        out.push_str("<p>There is no committed line to look at.</p>");
    } else if answer::is_before_cut(coverage, is_cut) {
        // What stands at the cut seems to be added there.
        out.push_str(
            "<p>History is cut off before the commits that added the lines: nothing says who wrote them.</p>",
        );
    } else if of_all {
        put!(
            out,
            "<p>of all lines say who wrote them ({}). {}.</p>",
            words::of(recent),
            answer::capital(&answer::none_recent(coverage))
        );
    } else {
        about = About::Recent;
        put!(
            out,
            "<p>of the lines added in the last {} days say who wrote them ({}). Of all lines: {}.</p>",
            coverage.window_days,
            words::of(recent),
            words::percent(coverage.all.hits, coverage.all.of)
        );
    }
    for beside in answer::beside_coverage(coverage, about) {
        put!(out, "<p>{}.</p>", esc(&answer::capital(&beside)));
    }
    out.push_str("</article>\n");
}

/// The AI share of lines in large letters.
pub(super) fn big_share(lines: &LineShares) -> String {
    let least = words::percent(lines.ai_at_least(), lines.total);
    let most = words::percent(lines.ai, lines.total);
    if most == least {
        format!("<small>at least</small> <span class=\"nb\">{least}</span>")
    } else if lines.ai_at_least() == 0 {
        format!("<small>up to</small> <span class=\"nb\">{most}</span>")
    } else {
        format!(
            "<small>at least</small> <span class=\"nb\">{least}</span> <small>up to</small> <span class=\"nb\">{most}</span>"
        )
    }
}

/// Lines by origin.
pub(super) fn share_card(
    out: &mut String,
    usage: &Usage,
    since: Option<Timestamp>,
    diagnostics: &[Diagnostic],
) {
    let (coverage, lines, recent) = (&usage.coverage, &usage.lines, &usage.recent_lines);
    out.push_str("<article class=\"card\"><h2>Written by AI</h2>");
    if answer::nothing_known(lines) {
        out.push_str("<p class=\"big\">unknown</p>");
        bars::origins(out, lines);
        if lines.total == 0 {
            let why = answer::why_nothing(diagnostics, 0).map(str::to_owned);
            let why = why.unwrap_or_else(|| answer::no_line(usage, since));
            put!(out, "<p>{}.</p></article>\n", answer::capital(&why));
            return;
        }
        out.push_str("<p>Not zero: without evidence nobody can tell.</p></article>\n");
        return;
    }
    put!(out, "<p class=\"big\">{}</p>", big_share(lines));
    match since {
        Some(since) => put!(out, "<p>of the {}.</p>", answer::since(since)),
        None if recent.total > 0 => put!(
            out,
            "<p>of all lines; of those added in the last {} days {}.</p>",
            coverage.window_days,
            words::ai_share(recent)
        ),
        None => out.push_str("<p>of all lines.</p>"),
    }
    bars::origins(out, lines);
    put!(
        out,
        "<ul class=\"split\"><li><span class=\"key k-ai\"></span>AI {}</li><li><span class=\"key k-unknown\"></span>unknown {}</li><li><span class=\"key k-human\"></span>people {}</li></ul>",
        words::ai_count(lines),
        words::count(lines.unknown),
        words::count(lines.human)
    );
    let grounds = words::ai_grounds(lines);
    if !grounds.is_empty() {
        put!(out, "<p>AI lines: {}.</p>", grounds.join(", "));
    }
    out.push_str("</article>\n");
}

fn severity_card(out: &mut String, report: &ScanReport) {
    let shown = select::findings(report, false);
    let counts = select::severities(&shown);
    put!(
        out,
        "<article class=\"card\"><h2>Findings</h2><p class=\"big\">{}</p>",
        words::count(shown.len() as u64)
    );
    if !counts.is_empty() {
        let most = counts.iter().map(|(_, n)| *n).max().unwrap_or(0);
        out.push_str(
            "<table class=\"mini\"><caption class=\"vh\">Findings by severity</caption><tbody>",
        );
        for severity in words::SEVERITIES {
            let n = counts
                .iter()
                .find(|(s, _)| *s == severity)
                .map_or(0, |(_, n)| *n);
            let name = words::severity(severity);
            put!(out, "<tr><th scope=\"row\">{name}</th><td>");
            bars::quantity(out, n, most, &format!("f-{name}"));
            put!(out, "</td><td class=\"n\">{}</td></tr>", words::count(n));
        }
        out.push_str("</tbody></table>");
    }
    let listed = (report.findings.len() - shown.len()) as u64;
    if listed > 0 {
        put!(
            out,
            "<p>And {} less certain, listed on request.</p>",
            words::count(listed)
        );
    }
    if report.uncertain > 0 {
        put!(
            out,
            "<p>{} not shown (<code>--all</code> reports them).</p>",
            words::counted(report.uncertain, "less certain finding")
        );
    }
    let known = answer::in_baseline(report);
    if known > 0 {
        put!(
            out,
            "<p>{} in the baseline not counted.</p>",
            words::counted(known, "finding")
        );
    }
    out.push_str("</article>\n");
}

fn well_card(out: &mut String, report: &ScanReport) {
    let clean = select::done_well(report);
    if clean.is_empty() {
        return;
    }
    out.push_str("<article class=\"card\"><h2>None found</h2><ul class=\"well\">");
    for (rate, sites) in clean.iter().take(4) {
        let sites = if *sites == 1 {
            "the only exposed site".to_owned()
        } else {
            format!("any of {} exposed sites", words::count(*sites))
        };
        put!(
            out,
            "<li><strong>{}</strong> at {sites}</li>",
            esc(rate.rule.as_str())
        );
    }
    if clean.len() > 4 {
        put!(
            out,
            "<li>and {} clean throughout</li>",
            words::counted((clean.len() - 4) as u64, "more rule")
        );
    }
    out.push_str("</ul></article>\n");
}

/// What to switch on to know more.
pub(super) fn advice(out: &mut String, usage: &Usage) {
    let advice = answer::advice(&usage.coverage);
    if advice.is_empty() {
        return;
    }
    put!(
        out,
        "<div class=\"advice\"><h2>{}</h2><ol>",
        if answer::nothing_known(&usage.lines) {
            "What this page cannot know, and what to switch on"
        } else {
            "To know more"
        }
    );
    for advice in advice {
        put!(
            out,
            "<li><span>{}:</span> <code>{}</code></li>",
            prose(answer::gives(advice)),
            esc(&advice.how)
        );
    }
    out.push_str("</ol></div>\n");
}
