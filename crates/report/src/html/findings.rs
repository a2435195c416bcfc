//! The list of findings: worst first, each foldable, readable without scripts; a script adds filter,
//! sort and the way into the code view.

use std::collections::BTreeSet;

use trueline_facts::scan::ScanReport;
use trueline_facts::{Author, Finding, Location, Origin, Tier};

use super::code_view::Shelf;
use super::escape::{esc, prose};
use super::put;
use crate::{answer, words};

/// Findings on the page. More make no page that a person reads; what is left out is counted.
const MOST: usize = 1_000;

/// The findings that the page shows, with their place in the report: the shown tier first.
pub(super) fn listed(report: &ScanReport) -> Vec<(usize, &Finding)> {
    let mut all: Vec<_> = report.findings.iter().enumerate().collect();
    all.sort_by_key(|(_, finding)| finding.tier);
    all.truncate(MOST);
    all
}

/// The section.
/// `next` is the section behind it, for those who want to go there past all findings.
pub(super) fn section(
    out: &mut String,
    report: &ScanReport,
    shelf: &Shelf<'_>,
    (next, name): (&str, &str),
) {
    let listed = listed(report);
    out.push_str("<section id=\"findings\" aria-labelledby=\"findings-title\">\n<h2 id=\"findings-title\">Findings</h2>\n");
    if listed.is_empty() {
        out.push_str(if answer::is_interrupted(&report.diagnostics) {
            "<p class=\"lead\">None before the run was interrupted, which proves nothing.</p>\n</section>\n"
        } else {
            "<p class=\"lead\">None. See what could not be read before taking this as proof.</p>\n</section>\n"
        });
        return;
    }
    put!(
        out,
        "<a class=\"skip here\" href=\"#{next}\">Skip {}, to: {name}</a>\n",
        words::counted(listed.len() as u64, "finding")
    );
    toolbar(out, &listed);
    out.push_str("<div id=\"finding-list\">\n");
    for (index, finding) in &listed {
        one(out, *index, finding, shelf);
    }
    out.push_str("</div>\n<p class=\"more\"><button type=\"button\" id=\"finding-more\" class=\"ghost\" hidden>Show more</button></p>\n");
    if report.findings.len() > listed.len() {
        put!(
            out,
            "<p class=\"note\">The page has no room for {}; <code>--format json</code> has all.</p>\n",
            words::counted(
                (report.findings.len() - listed.len()) as u64,
                "more finding"
            )
        );
    }
    out.push_str("</section>\n");
}

fn toolbar(out: &mut String, listed: &[(usize, &Finding)]) {
    out.push_str("<form id=\"finding-filter\" class=\"toolbar\" role=\"search\" aria-label=\"Filter findings\" hidden>\n<label class=\"grow\">Search <input type=\"search\" name=\"q\" placeholder=\"rule, file, message\" autocomplete=\"off\"></label>\n<label>Severity <select name=\"severity\"><option value=\"0\">all</option><option value=\"1\">medium and up</option><option value=\"2\">high and up</option><option value=\"3\">critical</option></select></label>\n<label>Origin <select name=\"origin\"><option value=\"\">all</option><option value=\"ai\">AI</option><option value=\"human\">people</option><option value=\"unknown\">unknown</option></select></label>\n<label>Weakness <select name=\"rule\"><option value=\"\">all</option>");
    let rules: BTreeSet<_> = listed
        .iter()
        .map(|(_, finding)| finding.rule.as_str())
        .collect();
    for rule in rules {
        put!(out, "<option value=\"{0}\">{0}</option>", esc(rule));
    }
    out.push_str("</select></label>\n<label>Sort <select name=\"sort\"><option value=\"\">worst first</option><option value=\"path\">file</option><option value=\"rule\">weakness</option><option value=\"origin\">origin</option></select></label>\n");
    let less = listed
        .iter()
        .filter(|(_, finding)| finding.tier == Tier::All)
        .count();
    if less > 0 {
        put!(
            out,
            "<label class=\"check\"><input type=\"checkbox\" name=\"all\"> also {} less certain</label>\n",
            words::count(less as u64)
        );
    }
    out.push_str("<output id=\"finding-count\" aria-live=\"polite\"></output>\n</form>\n");
}

fn one(out: &mut String, index: usize, finding: &Finding, shelf: &Shelf<'_>) {
    let severity = words::severity(finding.severity);
    let path = finding.location.path.display();
    put!(
        out,
        "<details class=\"finding tier-{}\" id=\"finding-{index}\" data-severity=\"{}\" data-origin=\"{}\" data-rule=\"{}\" data-path=\"{}\">\n<summary><span class=\"sev s-{severity}\">{severity}</span><span class=\"what\"><strong>{}</strong><span class=\"sub\">{} · <span class=\"path\">{}:{}</span></span></span>",
        if finding.tier == Tier::Shown {
            "shown"
        } else {
            "all"
        },
        finding.severity as u8,
        kind(finding.origin.as_ref()),
        esc(finding.rule.as_str()),
        esc(&path),
        prose(&finding.message),
        esc(finding.rule.as_str()),
        esc(&path),
        finding.location.start.line
    );
    chip(out, finding.origin.as_ref());
    out.push_str("</summary>\n<div class=\"body\">\n");
    facts(out, finding);
    if !finding.location.snippet.trim().is_empty() {
        snippet(out, &finding.location, true);
    }
    if let Some(file) = shelf.index(&finding.location.path) {
        put!(
            out,
            "<p class=\"js-only\"><button type=\"button\" class=\"ghost open\" data-file=\"{file}\" data-line=\"{}\">Show in code</button></p>\n",
            finding.location.start.line
        );
    }
    if let Some(fix) = &finding.fix {
        put!(
            out,
            "<div class=\"fix\"><h3>Easiest safe way</h3><p>{}</p>",
            prose(&fix.description)
        );
        if let Some(patch) = &fix.patch {
            put!(out, "<p>{}</p>", prose(&words::patch(patch)));
            out.push_str("<pre tabindex=\"0\"><code>");
            for edit in &patch.edits {
                put!(out, "{}\n", esc(&words::edit_place(edit)));
                for line in edit.replacement.lines() {
                    put!(out, "+ {}\n", esc(line));
                }
            }
            out.push_str("</code></pre>");
        }
        out.push_str("</div>\n");
    }
    trace(out, finding, shelf);
    if let Some(origin) = &finding.origin {
        evidence(out, origin);
    }
    out.push_str("</div>\n</details>\n");
}

fn kind(origin: Option<&Origin>) -> &'static str {
    match origin.map(|origin| &origin.author) {
        Some(Author::Ai { .. }) => "ai",
        Some(Author::Human { .. }) => "human",
        Some(Author::Unknown) | None => "unknown",
    }
}

/// The letter that stands for an origin wherever there is little room.
pub(super) fn letter(origin: &Origin) -> &'static str {
    match &origin.author {
        Author::Ai { .. } if origin.is_upper_bound() => "p",
        Author::Ai {
            human_touched: true,
            ..
        } => "a",
        Author::Ai { .. } => "A",
        Author::Human { .. } => "H",
        Author::Unknown => "?",
    }
}

fn chip(out: &mut String, origin: Option<&Origin>) {
    let (letter, name) = origin.map_or(("?", "unknown".into()), |origin| {
        (letter(origin), words::origin_short(origin))
    });
    put!(
        out,
        "<span class=\"chip o-{}\"><b aria-hidden=\"true\">{letter}</b> {}</span>",
        kind(origin),
        esc(&name)
    );
}

fn facts(out: &mut String, finding: &Finding) {
    out.push_str("<dl class=\"facts\">");
    let cwe: Vec<_> = finding.cwe.iter().map(ToString::to_string).collect();
    let mut rows = vec![(
        "confidence",
        words::confidence(finding.confidence).to_owned(),
    )];
    if !cwe.is_empty() {
        rows.push(("weakness", cwe.join(", ")));
    }
    if !finding.symbol.is_empty() {
        rows.push(("in", finding.symbol.clone()));
    }
    if finding.engine != "trueline" {
        rows.push(("found by", finding.engine.clone()));
    }
    rows.push(("fingerprint", finding.fingerprint.as_str().to_owned()));
    for (name, value) in rows {
        put!(out, "<div><dt>{name}</dt><dd>{}</dd></div>", esc(&value));
    }
    out.push_str("</dl>\n");
}

/// A source line; the range of the location is marked in it.
fn snippet(out: &mut String, location: &Location, marked: bool) {
    let text: Vec<char> = location.snippet.chars().collect();
    let range = words::marked(location).unwrap_or(0..0);
    let start = range.start.min(text.len());
    let end = range.end.clamp(start, text.len());
    let piece = |from: usize, to: usize| -> String {
        text.get(from..to).unwrap_or_default().iter().collect()
    };
    let indent = text
        .iter()
        .take_while(|c| c.is_whitespace())
        .count()
        .min(start);
    put!(
        out,
        "<pre class=\"snippet\" tabindex=\"0\"><code><span class=\"ln\">{}</span>",
        location.start.line
    );
    if marked && start < end {
        put!(
            out,
            "{}<mark>{}</mark>{}",
            esc(&piece(indent, start)),
            esc(&piece(start, end)),
            esc(&piece(end, text.len()))
        );
    } else {
        put!(out, "{}", esc(&piece(indent, text.len())));
    }
    out.push_str("</code></pre>\n");
}

fn trace(out: &mut String, finding: &Finding, shelf: &Shelf<'_>) {
    if finding.trace.is_empty() {
        return;
    }
    out.push_str("<h3>How the value gets there</h3>\n<ol class=\"trace\">");
    for step in &finding.trace {
        let place = format!(
            "{}:{}",
            step.location.path.display(),
            step.location.start.line
        );
        put!(out, "<li><span>{}</span> ", prose(&step.message));
        if let Some(file) = shelf.index(&step.location.path) {
            put!(
                out,
                "<button type=\"button\" class=\"place open\" data-file=\"{file}\" data-line=\"{}\">{}</button>",
                step.location.start.line,
                esc(&place)
            );
        } else {
            put!(out, "<span class=\"path\">{}</span>", esc(&place));
        }
        // The finding's own line stands above already.
        let elsewhere = step.location.path != finding.location.path
            || step.location.start.line != finding.location.start.line;
        if elsewhere && !step.location.snippet.trim().is_empty() {
            snippet(out, &step.location, false);
        }
        out.push_str("</li>");
    }
    out.push_str("</ol>\n");
}

fn evidence(out: &mut String, origin: &Origin) {
    put!(
        out,
        "<h3>Who wrote the line</h3>\n<p>{}.</p>\n",
        esc(&capitalised(&words::origin_phrase(origin)))
    );
    if origin.evidence.is_empty() {
        return;
    }
    out.push_str("<div class=\"scroll\"><table class=\"evidence\"><thead><tr><th scope=\"col\">evidence</th><th scope=\"col\">speaks of</th><th scope=\"col\">reached the line</th><th scope=\"col\">confidence</th><th scope=\"col\">stands in</th></tr></thead><tbody>");
    for evidence in &origin.evidence {
        let commit = evidence.commit.as_ref().map_or(String::new(), |commit| {
            format!(" <code>{}</code>", esc(commit.short()))
        });
        put!(
            out,
            "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}{commit}</td></tr>",
            words::evidence_class(evidence.class),
            words::grain(evidence.grain),
            words::reach(evidence.reach),
            words::confidence(evidence.confidence),
            esc(&evidence.source)
        );
    }
    out.push_str("</tbody></table></div>\n");
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(chars).collect()
    })
}
