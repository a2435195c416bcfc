//! Where AI enters: the flow through the repository's doors, and the signs of tools, with those that
//! the policy does not list in front.

use trueline_facts::pipeline::Entry;
use trueline_facts::shadow::ShadowAi;
use trueline_facts::usage::ToolUse;
use trueline_facts::{RepoPath, Timestamp};

use super::charts::flow;
use super::escape::esc;
use super::put;
use crate::answer::Standing;
use crate::{answer, words};

/// Pieces of evidence of a door that are shown unasked.
const SHOWN_EVIDENCE: usize = 10;

/// The section; `prefix` keeps element ids apart where a page has several repositories.
pub(super) fn section(
    out: &mut String,
    (shadow, tools): (&ShadowAi, &[ToolUse]),
    pipeline: &[Entry],
    part: Option<&RepoPath>,
    prefix: &str,
) {
    let whose = super::whose(prefix);
    put!(
        out,
        "<section id=\"{prefix}signs\" aria-labelledby=\"{whose}{prefix}signs-title\">\n<h2 id=\"{prefix}signs-title\">Where AI and bots enter</h2>\n"
    );
    if let Some(part) = part {
        put!(
            out,
            "<p class=\"lead\">Seen{}, not only in <code>{}</code>.</p>\n",
            answer::in_whole(Some(part)),
            esc(&part.display())
        );
    }
    doors(out, pipeline);
    shadow_ai(out, shadow, tools);
    out.push_str("</section>\n");
}

fn doors(out: &mut String, pipeline: &[Entry]) {
    if pipeline.is_empty() {
        return;
    }
    out.push_str("<figure class=\"panel\"><figcaption><h3>Pipeline</h3><p>Each box on the left is a door; the wider its band, the more commits came through it. A dashed line stands for files that set the tool up; no commit names it. A commit that came through two doors is counted at both.</p></figcaption>\n");
    flow::flow(out, pipeline);
    out.push_str("<details class=\"alt\"><summary>As a table</summary><div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Doors\"><table><thead><tr><th scope=\"col\">door</th><th scope=\"col\">tool</th><th scope=\"col\" class=\"n\">commits</th><th scope=\"col\" class=\"n\">by a hint alone</th><th scope=\"col\" class=\"n\">of both, without a sign of review</th><th scope=\"col\">commits or files seen</th><th scope=\"col\">rests on</th></tr></thead><tbody>");
    for entry in pipeline {
        let listed = |all: &[String]| {
            let all: Vec<_> = all.iter().map(|one| esc(one).to_string()).collect();
            all.join(", ")
        };
        let (first, more) = entry
            .evidence
            .split_at(entry.evidence.len().min(SHOWN_EVIDENCE));
        let mut evidence = listed(first);
        if !more.is_empty() {
            put!(
                evidence,
                "<details><summary>and {} more</summary>{}</details>",
                more.len(),
                listed(more)
            );
        }
        put!(
            out,
            "<tr><td>{}</td><th scope=\"row\">{}</th><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td>{}</td><td>{}</td></tr>",
            words::entry(entry.kind),
            esc(&words::tool(&entry.tool)),
            words::count(entry.commits.saturating_sub(entry.hinted)),
            words::count(entry.hinted),
            words::count(entry.unreviewed),
            period(entry.first_seen, entry.last_seen),
            evidence
        );
    }
    out.push_str("</tbody></table></div></details></figure>\n");
}

fn shadow_ai(out: &mut String, shadow: &ShadowAi, tools: &[ToolUse]) {
    if shadow.signals.is_empty() && shadow.unlisted.is_empty() && tools.is_empty() {
        return;
    }
    out.push_str("<div class=\"panel\"><h3>Shadow AI</h3>");
    let names: Vec<_> = shadow
        .unlisted
        .iter()
        .map(|tool| format!("<strong>{}</strong>", esc(&words::tool(tool))))
        .collect();
    if !names.is_empty() {
        put!(
            out,
            "<p>Signs of tools that <code>trueline.toml</code> does not list: {}. Ask what makes it useful before ruling on it.</p>",
            names.join(", ")
        );
    } else if shadow.approved.is_none() {
        out.push_str("<p><code>trueline.toml</code> lists no approved tools yet, so none of these is judged.</p>");
    } else {
        out.push_str(
            "<p>None: every coding tool that a sign or a commit names is listed in <code>trueline.toml</code>.</p>",
        );
    }
    let not_judged = answer::not_judged(shadow, tools, |tool| esc(&words::tool(tool)).to_string());
    if let Some(text) = not_judged {
        put!(out, "<p>{text}.</p>");
    }
    let libraries = answer::libraries(shadow);
    if !libraries.is_empty() {
        let names: Vec<_> = libraries
            .into_iter()
            .map(|tool| esc(&words::tool(tool)).to_string())
            .collect();
        put!(out, "<p>{}: {}.</p>", answer::LIBRARIES, names.join(", "));
    }
    if !shadow.signals.is_empty() || !tools.is_empty() {
        signals(out, shadow, tools);
    }
    out.push_str("</div>\n");
}

fn tag(standing: Standing) -> &'static str {
    match standing {
        Standing::NotListed => " <span class=\"tag warn\">not listed</span>",
        Standing::Approved => " <span class=\"tag ok\">approved</span>",
        Standing::NotJudged => "",
    }
}

fn signals(out: &mut String, shadow: &ShadowAi, tools: &[ToolUse]) {
    out.push_str("\n<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Signs of AI tools\"><table><thead><tr><th scope=\"col\">tool</th><th scope=\"col\">sign</th><th scope=\"col\">state</th><th scope=\"col\">where</th><th scope=\"col\">seen</th></tr></thead><tbody>");
    for (standing, one) in answer::traced(shadow, tools) {
        put!(
            out,
            "<tr><th scope=\"row\">{}{}</th><td>commits</td><td></td><td>{}</td><td>{}</td></tr>",
            esc(&words::tool(&one.tool)),
            tag(standing),
            answer::trace_of(one),
            period(one.first_seen, one.last_seen)
        );
    }
    for (standing, signal) in answer::signs(shadow) {
        let tag = tag(standing);
        let detail = signal.detail.as_ref().map_or(String::new(), |detail| {
            format!(" <span class=\"sub\">{}</span>", esc(detail))
        });
        put!(
            out,
            "<tr><th scope=\"row\">{}{tag}</th><td>{}</td><td>{}</td><td><span class=\"path\">{}</span>{detail}</td><td>{}</td></tr>",
            esc(&words::tool(&signal.tool)),
            words::signal(signal.kind),
            words::signal_state(signal.state),
            esc(&signal.path.display()),
            period(signal.first_seen, signal.last_seen)
        );
    }
    out.push_str("</tbody></table></div>\n");
}

/// `2025-03 – 2026-01`.
pub(super) fn period(first: Option<Timestamp>, last: Option<Timestamp>) -> String {
    match (first.map(Timestamp::month), last.map(Timestamp::month)) {
        (Some(first), Some(last)) if first != last => format!("{first} – {last}"),
        (Some(one), _) | (None, Some(one)) => one,
        (None, None) => String::new(),
    }
}
