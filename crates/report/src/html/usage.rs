//! Who wrote the code: over time, by directory, by tool.

use trueline_facts::usage::{DirectoryUse, ToolUse, Usage};

use super::charts::{bars, timeline, treemap};
use super::escape::esc;
use super::put;
use crate::{answer, words};

/// The section; `prefix` keeps element ids apart where a page has several repositories. `is_partial`: not all lines
/// were looked at.
pub(super) fn section(out: &mut String, usage: &Usage, is_partial: bool, prefix: &str) {
    let whose = super::whose(prefix);
    put!(
        out,
        "<section id=\"{prefix}who\" aria-labelledby=\"{whose}{prefix}who-title\">\n<h2 id=\"{prefix}who-title\">Who wrote it</h2>\n"
    );
    if !usage.months.is_empty() {
        out.push_str("<figure class=\"panel\"><figcaption><h3>AI share over time</h3><p>Lines that still stand, by the month that added them. The hatched band is commits and squashes in which AI took part and wrote some lines or all; the grey one is what nobody knows. Somewhere in these two the share of AI ends.</p></figcaption>\n");
        timeline::timeline(out, &usage.months);
        if usage.coverage.undated > 0 {
            let text = words::in_no_month(usage.coverage.undated);
            put!(out, "<p class=\"note\">{text}.</p>\n");
        }
        out.push_str("</figure>\n");
    }
    if !usage.directories.is_empty() && usage.lines.total > 0 {
        out.push_str("<figure class=\"panel\"><figcaption><h3>By directory</h3><p>Area is lines; the stronger the colour, the larger the share that AI wrote at most, as far as evidence names it.</p></figcaption>\n");
        treemap::treemap(out, &usage.directories);
        directories(out, &usage.directories);
        out.push_str("</figure>\n");
    }
    tools(out, &usage.tools, usage.lines.ai, is_partial);
    if !is_partial {
        for text in answer::without_lines(&usage.tools) {
            put!(out, "<p class=\"note\">{}</p>\n", esc(&text));
        }
    }
    if usage.generated_lines > 0 {
        put!(
            out,
            "<p class=\"note\">Left out of all shares: {} of generated, vendored and lock files and translations.</p>\n",
            words::counted(usage.generated_lines, "line")
        );
    }
    out.push_str("</section>\n");
}

fn directories(out: &mut String, directories: &[DirectoryUse]) {
    out.push_str("<details class=\"alt\"><summary>As a table</summary><div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Directories\"><table><thead><tr><th scope=\"col\">directory</th><th scope=\"col\" class=\"wide-cell\">origins</th><th scope=\"col\" class=\"n\">AI at least</th><th scope=\"col\" class=\"n\">people</th><th scope=\"col\" class=\"n\">unknown</th><th scope=\"col\" class=\"n\">lines</th></tr></thead><tbody>");
    for directory in directories {
        let lines = &directory.lines;
        let path = directory.path.display();
        put!(
            out,
            "<tr><th scope=\"row\">{}</th><td>",
            esc(if path.is_empty() { "(all)" } else { &path })
        );
        bars::origins(out, lines);
        put!(
            out,
            "</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td></tr>",
            words::ai_floor(lines),
            words::percent(lines.human, lines.total),
            words::percent(lines.unknown, lines.total),
            words::count(lines.total)
        );
    }
    out.push_str("</tbody></table></div></details>\n");
}

fn tools(out: &mut String, tools: &[ToolUse], ai: u64, is_partial: bool) {
    if tools.is_empty() {
        return;
    }
    let most = tools.iter().map(|tool| tool.lines).max().unwrap_or(0);
    out.push_str("<div class=\"panel\"><h3>By tool</h3>\n<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Tools\"><table class=\"tools\"><thead><tr><th scope=\"col\">tool</th><th scope=\"col\" class=\"wide-cell\">lines of today</th><th scope=\"col\" class=\"n\"><span class=\"vh\">lines</span></th><th scope=\"col\" class=\"n\">of AI lines</th><th scope=\"col\" class=\"n\">commits</th><th scope=\"col\">seen</th><th scope=\"col\">models</th><th scope=\"col\">best evidence</th><th scope=\"col\">for</th></tr></thead><tbody>\n");
    for tool in tools {
        put!(
            out,
            "<tr><th scope=\"row\">{}",
            esc(&words::tool(&tool.tool))
        );
        match tool.approved {
            Some(true) => out.push_str(" <span class=\"tag ok\">approved</span>"),
            Some(false) => out.push_str(" <span class=\"tag warn\">not listed</span>"),
            None => {}
        }
        out.push_str("</th><td>");
        bars::quantity(out, tool.lines, most, "f-ai");
        put!(
            out,
            "</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
            if is_partial && tool.lines == 0 {
                answer::LINES_NOT_KNOWN.into()
            } else {
                words::of_tool(tool)
            },
            words::percent(tool.lines, ai.max(tool.lines)),
            words::count(tool.commits),
            super::signs::period(tool.first_seen, tool.last_seen),
            models(tool),
            evidence(tool),
            purposes(tool)
        );
    }
    out.push_str("</tbody></table></div></div>\n");
}

fn models(tool: &ToolUse) -> String {
    let mut models: Vec<_> = tool.models.iter().collect();
    models.sort_by(|a, b| b.1.cmp(a.1).then_with(|| a.0.cmp(b.0)));
    let mut out: Vec<_> = models
        .iter()
        .take(4)
        .map(|(model, commits)| {
            format!("{} <small>{}</small>", esc(model), words::count(**commits))
        })
        .collect();
    if models.len() > 4 {
        out.push(format!("{} more", models.len() - 4));
    }
    out.join(", ")
}

fn evidence(tool: &ToolUse) -> String {
    let mut classes: Vec<_> = tool.evidence.iter().collect();
    classes.sort_by(|a, b| b.1.cmp(a.1).then_with(|| a.0.cmp(b.0)));
    let out: Vec<_> = classes
        .iter()
        .take(2)
        .map(|(class, lines)| {
            format!(
                "{} <small>{}</small>",
                words::evidence_class(**class),
                words::count(**lines)
            )
        })
        .collect();
    out.join(", ")
}

fn purposes(tool: &ToolUse) -> String {
    let mut purposes: Vec<_> = tool.purposes.iter().filter(|(_, n)| **n > 0).collect();
    purposes.sort_by(|a, b| b.1.cmp(a.1).then_with(|| a.0.cmp(b.0)));
    let out: Vec<_> = purposes
        .iter()
        .take(3)
        .map(|(purpose, n)| format!("{} <small>{}</small>", purpose.as_str(), words::count(**n)))
        .collect();
    out.join(", ")
}
