//! Weaknesses per exposed site, known AI against all others, with intervals; and how many findings of
//! each rule stand on lines of which origin.

use std::collections::BTreeMap;

use trueline_facts::scan::{ScanReport, WeaknessRate};
use trueline_facts::{Author, Finding, RuleId, Severity, Tier};

use super::charts::intervals;
use super::escape::esc;
use super::put;
use crate::words::{self, SiteRate};

/// Findings of one rule by origin.
#[derive(Clone, Copy, Default)]
struct Counts {
    ai: u64,
    human: u64,
    unknown: u64,
}

/// The section: one row per rule, the rules with findings first.
pub(super) fn section(out: &mut String, report: &ScanReport) {
    let counts = count(&report.findings);
    out.push_str("<section id=\"weaknesses\" aria-labelledby=\"weaknesses-title\">\n<h2 id=\"weaknesses-title\">Weaknesses by origin</h2>\n<p class=\"lead\">An exposed site is a place where the weakness could be, such as a call that runs a query. Rates are per site, so that a group is not blamed for writing more code. Where the whiskers (95 % intervals) overlap widely, the data does not say which group does better.</p>\n");
    rates(out, report, &counts);
    without_sites(out, report, &counts);
    out.push_str("</section>\n");
}

fn count(findings: &[Finding]) -> BTreeMap<&RuleId, Counts> {
    let mut counts: BTreeMap<&RuleId, Counts> = BTreeMap::new();
    for finding in findings.iter().filter(|one| one.tier == Tier::Shown) {
        let entry = counts.entry(&finding.rule).or_default();
        match finding.origin.as_ref().map(|origin| &origin.author) {
            Some(Author::Ai { .. }) => entry.ai += 1,
            Some(Author::Human { .. }) => entry.human += 1,
            Some(Author::Unknown) | None => entry.unknown += 1,
        }
    }
    counts
}

fn rates(out: &mut String, report: &ScanReport, counts: &BTreeMap<&RuleId, Counts>) {
    let mut rates: Vec<&WeaknessRate> = report
        .weaknesses
        .iter()
        .filter(|rate| rate.all().of > 0)
        .collect();
    if rates.is_empty() {
        return;
    }
    let hits = |rate: &WeaknessRate| rate.all().hits;
    // Stable: inside each half the report's own order stands.
    rates.sort_by_key(|rate| hits(rate) == 0);
    // A group of a few sites has an interval of almost everything; it would squeeze all others. Where
    // nothing was found there is nothing to squeeze, and every whisker shall end inside the picture.
    let any = rates.iter().any(|rate| hits(rate) > 0);
    let scale = intervals::scale(
        rates
            .iter()
            .filter(|rate| !any || hits(rate) > 0)
            .flat_map(|rate| groups(rate))
            .filter(|group| group.is_interval_true())
            .map(|group| group.shown),
    );
    out.push_str("<div class=\"panel\"><ul class=\"legend\"><li><span class=\"key k-dot\"></span>known AI</li><li><span class=\"key k-diamond\"></span>not known AI: people and unknown</li></ul>\n<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Weaknesses per exposed site\"><table class=\"rates\"><thead><tr><th scope=\"col\">weakness</th><th scope=\"col\" class=\"wide-cell\">share of sites with a finding");
    intervals::axis(out, scale);
    out.push_str("</th><th scope=\"col\" class=\"n\">known AI</th><th scope=\"col\" class=\"n\">not known AI</th><th scope=\"col\" class=\"n\">findings: AI</th><th scope=\"col\" class=\"n\">people</th><th scope=\"col\" class=\"n\">unknown</th></tr></thead><tbody>\n");
    let most = counts
        .values()
        .map(|c| c.ai.max(c.human).max(c.unknown))
        .max()
        .unwrap_or(0);
    let mut all = rates.iter().flat_map(|rate| groups(rate));
    let is_doubted = all.any(|group| group.less_certain().is_some());
    for rate in rates {
        put!(out, "<tr><th scope=\"row\">");
        weakness(
            out,
            &rate.rule,
            rate.severity,
            rate.cwe.map(|cwe| cwe.to_string()),
        );
        out.push_str("</th><td>");
        let groups = groups(rate);
        let drawn = groups.map(|group| group.is_interval_true().then_some(group.shown));
        intervals::pair(out, drawn, scale);
        put!(
            out,
            "</td><td class=\"n\">{}</td><td class=\"n\">{}</td>",
            figures(groups[0]),
            figures(groups[1])
        );
        heat(
            out,
            counts.get(&rate.rule).copied().unwrap_or_default(),
            most,
        );
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody></table></div>");
    let perhaps = words::perhaps_ai_sites(&report.weaknesses);
    if !perhaps.is_empty() {
        put!(out, "<p class=\"note\">{perhaps}</p>");
    }
    if is_doubted {
        out.push_str("<p class=\"note\">Less certain findings are not shown and in no share (<code>--all</code> reports them). Where an interval would deny them, none is given.</p>");
    }
    out.push_str("</div>\n");
}

/// Rules with findings whose sites are not counted: imported ones, and rules that are no calls.
fn without_sites(out: &mut String, report: &ScanReport, counts: &BTreeMap<&RuleId, Counts>) {
    let rest: Vec<_> = counts
        .iter()
        .filter(|(rule, _)| {
            !report
                .weaknesses
                .iter()
                .any(|rate| rate.rule == ***rule && rate.all().of > 0)
        })
        .collect();
    if rest.is_empty() {
        return;
    }
    let most = counts
        .values()
        .map(|c| c.ai.max(c.human).max(c.unknown))
        .max()
        .unwrap_or(0);
    out.push_str("<div class=\"panel\"><h3>Findings without counted sites</h3>\n<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Findings without counted sites\"><table class=\"rates\"><thead><tr><th scope=\"col\">weakness</th><th scope=\"col\" class=\"n\">AI</th><th scope=\"col\" class=\"n\">people</th><th scope=\"col\" class=\"n\">unknown</th></tr></thead><tbody>\n");
    for (rule, counts) in rest {
        let first = report
            .findings
            .iter()
            .find(|finding| finding.rule == **rule);
        out.push_str("<tr><th scope=\"row\">");
        weakness(
            out,
            rule,
            first.map_or(Severity::Low, |finding| finding.severity),
            first
                .and_then(|finding| finding.cwe.first())
                .map(ToString::to_string),
        );
        out.push_str("</th>");
        heat(out, *counts, most);
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody></table></div></div>\n");
}

fn weakness(out: &mut String, rule: &RuleId, severity: Severity, cwe: Option<String>) {
    let severity = words::severity(severity);
    put!(
        out,
        "{} <span class=\"sub\"><span class=\"sev s-{severity}\">{severity}</span> {}</span>",
        esc(rule.as_str()),
        cwe.unwrap_or_default()
    );
}

/// The groups that are compared.
fn groups(rate: &WeaknessRate) -> [SiteRate<'_>; 2] {
    [SiteRate::known_ai(rate), SiteRate::not_known_ai(rate)]
}

fn figures(rate: SiteRate<'_>) -> String {
    let p = rate.shown;
    if p.of == 0 {
        return "<span class=\"faint\">no site</span>".to_owned();
    }
    let doubt = rate.less_certain();
    if rate.is_doubted_zero() {
        return format!(
            "0 shown; {} <span class=\"sub\">of {}</span>",
            doubt.unwrap_or_default(),
            words::count(p.of)
        );
    }
    let interval = rate.interval(true);
    format!(
        "{} <span class=\"sub\">{}{}</span>{}",
        words::percent(p.hits, p.of),
        words::of(p),
        interval.map_or_else(String::new, |interval| format!(" ({interval})")),
        doubt.map_or_else(String::new, |doubt| format!(" + {doubt}"))
    )
}

fn heat(out: &mut String, counts: Counts, most: u64) {
    for (n, class) in [
        (counts.ai, "ai"),
        (counts.human, "human"),
        (counts.unknown, "unknown"),
    ] {
        let step = if n == 0 { 0 } else { 1 + n * 3 / most.max(1) };
        put!(
            out,
            "<td class=\"n heat h-{class}-{}\">{}</td>",
            step.min(3),
            words::count(n)
        );
    }
}
