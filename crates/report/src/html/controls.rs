//! The page for auditors: a table for each family of controls.

use trueline_facts::control::{ControlReport, ControlStatus};

use super::escape::esc;
use super::{page, put};
use crate::controls::{READING, class, families, of_family, signed, state, tally};

/// Renders the report.
#[must_use]
pub fn controls(report: &ControlReport) -> String {
    let mut page = page::Page::new(&report.repository, "Controls", &report.trueline_version);
    page.section("summary", "Summary");
    page.section("controls", "Controls");
    let mut body = String::new();
    put!(
        body,
        "<section id=\"summary\"><h2>{}</h2>\n<p>{} at <code>{}</code>, as of {}.</p>\n<ul>\n<li>{} controls: {}</li>\n<li>{}</li>\n",
        esc(&report.standard),
        esc(&report.repository),
        esc(report.commit.as_str()),
        report.as_of.date(),
        report.controls.len(),
        esc(&tally(report)),
        esc(&signed(report))
    );
    for problem in &report.log_problems {
        put!(body, "<li>About the log: {}</li>\n", esc(problem));
    }
    body.push_str("</ul>\n");
    for line in READING {
        put!(body, "<p>{}</p>\n", esc(line));
    }
    body.push_str("</section>\n<section id=\"controls\"><h2>Controls</h2>\n");
    for (family, name) in families(report) {
        put!(
            body,
            "<div class=\"panel\"><h3>{} {}</h3>\n<div class=\"scroll\"><table><thead><tr><th scope=\"col\">Control</th><th scope=\"col\">Level</th><th scope=\"col\">Asks</th><th scope=\"col\">Answered</th><th scope=\"col\">State</th><th scope=\"col\">Evidence</th><th scope=\"col\">SSDF</th></tr></thead><tbody>\n",
            esc(family),
            esc(name)
        );
        for control in of_family(report, family) {
            row(&mut body, control);
        }
        body.push_str("</tbody></table></div></div>\n");
    }
    body.push_str("</section>\n");
    page.finish(&body, "")
}

fn row(out: &mut String, control: &ControlStatus) {
    put!(
        out,
        "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}",
        esc(&control.id),
        control.level,
        ours(&control.ask)
    );
    if !control.restates.is_empty() {
        put!(
            out,
            " <small>The same as {}; a gap in both is one.</small>",
            esc(&control.restates.join(", "))
        );
    }
    put!(
        out,
        "</td><td>{}: {}</td><td><strong>{}</strong></td><td>",
        class(control.class),
        ours(&control.answer),
        state(control.state)
    );
    let mut parts: Vec<String> = control
        .evidence
        .iter()
        .map(|e| format!("<code>{}</code>", esc(&e.place)))
        .collect();
    if let Some(statement) = &control.statement {
        let place = statement
            .evidence
            .as_ref()
            .map_or(String::new(), |place| format!(" ({})", esc(place)));
        parts.push(format!(
            "{}, {} until {}: {}{place}",
            esc(&statement.by),
            esc(&statement.date),
            esc(&statement.expires),
            esc(&statement.says)
        ));
    }
    if !control.missing.is_empty() {
        parts.push(format!("missing: {}", ours(&control.missing.join(", "))));
    }
    put!(
        out,
        "{}</td><td>{}</td></tr>\n",
        parts.join("<br>"),
        esc(&control.ssdf.join(", "))
    );
}

/// Our own words, in which backticks mark code.
fn ours(text: &str) -> String {
    let mut out = String::new();
    for (at, part) in text.split('`').enumerate() {
        if at % 2 == 1 {
            put!(out, "<code>{}</code>", esc(part));
        } else {
            put!(out, "{}", esc(part));
        }
    }
    out
}
