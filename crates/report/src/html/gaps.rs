//! What could not be read, how much of each language was understood, and how the figures are made:
//! the part of a report that keeps the rest honest.

use trueline_facts::Diagnostic;
use trueline_facts::scan::SourceCoverage;

use super::escape::{esc, prose};
use super::put;
use crate::{select, words};

/// Members of one kind of diagnostic that are listed; the rest is counted.
const LISTED: usize = 50;

/// The section; `prefix` keeps element ids apart where a page has several repositories.
pub(super) fn section(
    out: &mut String,
    diagnostics: &[Diagnostic],
    sources: Option<&SourceCoverage>,
    prefix: &str,
) {
    let whose = super::whose(prefix);
    put!(
        out,
        "<section id=\"{prefix}gaps\" aria-labelledby=\"{whose}{prefix}gaps-title\">\n<h2 id=\"{prefix}gaps-title\">Notes on this run</h2>\n"
    );
    if let Some(sources) = sources {
        languages(out, sources);
    }
    if diagnostics.is_empty() {
        out.push_str("<p class=\"lead\">Nothing was skipped or cut short.</p>\n</section>\n");
        return;
    }
    out.push_str("<div class=\"panel\">");
    for group in select::diagnostics(diagnostics) {
        let level = words::level(group.level);
        put!(
            out,
            "<details class=\"gap\"><summary><span class=\"tag l-{level}\">{level}</span> <strong>{}</strong> <span class=\"faint\">{}</span></summary><ul>",
            esc(group.code),
            words::counted(group.members.len() as u64, "time")
        );
        for diagnostic in group.members.iter().take(LISTED) {
            out.push_str("<li>");
            if let Some(path) = &diagnostic.path {
                put!(out, "<span class=\"path\">{}</span> ", esc(&path.display()));
            }
            put!(out, "{}</li>", prose(&diagnostic.message));
        }
        if group.members.len() > LISTED {
            put!(
                out,
                "<li>and {} like these</li>",
                words::count((group.members.len() - LISTED) as u64)
            );
        }
        out.push_str("</ul></details>");
    }
    out.push_str("</div>\n</section>\n");
}

fn languages(out: &mut String, sources: &SourceCoverage) {
    if sources.languages.is_empty() && sources.unsupported_files == 0 && sources.searched_files == 0
    {
        return;
    }
    out.push_str("<div class=\"panel\"><div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Languages\"><table><thead><tr><th scope=\"col\">language</th><th scope=\"col\" class=\"n\">files understood</th><th scope=\"col\" class=\"n\">in part</th><th scope=\"col\" class=\"n\">not read</th><th scope=\"col\" class=\"n\">lines</th><th scope=\"col\" class=\"n\">constructs not understood</th></tr></thead><tbody>");
    for (name, language) in &sources.languages {
        put!(
            out,
            "<tr><th scope=\"row\">{}</th><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td></tr>",
            esc(name),
            words::count(language.parsed),
            words::count(language.partial),
            words::count(language.skipped),
            words::count(language.lines),
            words::count(language.unknown_constructs)
        );
    }
    put!(
        out,
        "</tbody></table></div><p class=\"note\">Text files in languages that have no front end: {}. Looked through for secrets alone: {}.</p></div>\n",
        words::count(sources.unsupported_files),
        words::counted(sources.searched_files, "file")
    );
}

/// How the figures are made.
pub(super) fn methods(out: &mut String) {
    out.push_str("<section id=\"methods\" aria-labelledby=\"methods-title\">\n<h2 id=\"methods-title\">How to read the figures</h2>\n<dl class=\"methods\">\n");
    for (term, text) in [
        (
            "Origin",
            "AI, a person, or unknown, with the evidence it rests on. A line about which nothing is known is unknown, never human.",
        ),
        (
            "Evidence coverage",
            "Share of lines that say who wrote them, an AI or a person. A hint, such as the name of a branch, does not count. It bounds everything said about origins, so it stands first.",
        ),
        (
            "At least, up to",
            "At least: lines that a note or trace names one by one, and those of commits whose author is a tool. Up to: also those of commits and squashes in which a tool took part; it wrote some of them, perhaps all; and those that only match a transcript of the machine, where transcripts were asked for. Unknown lines are in neither.",
        ),
        (
            "Exposed site",
            "A place where a weakness of a class could be. Rates are findings per site, not per line.",
        ),
        (
            "Intervals",
            "95 % Wilson score intervals. Sites and lines of one change resemble each other, so the true uncertainty is larger.",
        ),
        (
            "Known AI and not known AI",
            "All other lines are people and unknown together: part of them may be AI, which makes the groups more alike than they are.",
        ),
        (
            "Time",
            "Every age is relative to the time of the scanned commit, so the same commit gives the same page.",
        ),
        (
            "People",
            "Pseudonyms unless names were asked for. No figure adds up AI share, rework or findings over a person.",
        ),
    ] {
        put!(out, "<div><dt>{term}</dt><dd>{text}</dd></div>\n");
    }
    out.push_str("</dl>\n</section>\n");
}
