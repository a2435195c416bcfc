//! The page of model files: one row a file, its reasons folded away.

use trueline_facts::artifact::{Artifact, ArtifactReport, Verdict};

use super::escape::esc;
use super::{page, put};
use crate::artifacts::{headline, worst_first};

/// Files with their reasons on the page; clean ones beyond are counted.
const FILES: usize = 2000;

/// Renders the records.
#[must_use]
pub fn artifacts(report: &ArtifactReport) -> String {
    let mut page = page::Page::new("Model files", "Models", &report.trueline_version);
    page.section("models", "Files");
    let mut body = String::new();
    put!(
        body,
        "<section id=\"models\"><h2>{}</h2>\n",
        esc(&headline(report))
    );
    let all = worst_first(report);
    for artifact in all.iter().take(FILES) {
        one(&mut body, artifact);
    }
    if all.len() > FILES {
        put!(
            body,
            "<p>{} more files, none worse than these, are in the other formats.</p>\n",
            all.len() - FILES
        );
    }
    body.push_str("</section>\n");
    if !report.diagnostics.is_empty() {
        page.section("gaps", "Gaps");
        body.push_str("<section id=\"gaps\"><h2>What was not checked</h2><ul>\n");
        for diagnostic in &report.diagnostics {
            let path = diagnostic
                .path
                .as_ref()
                .map_or_else(String::new, |p| format!("{}: ", p.display()));
            put!(
                body,
                "<li>{}{}</li>\n",
                esc(&path),
                esc(&diagnostic.message)
            );
        }
        body.push_str("</ul></section>\n");
    }
    page.finish(&body, "")
}

fn one(out: &mut String, artifact: &Artifact) {
    let open = if artifact.verdict >= Verdict::Suspicious {
        " open"
    } else {
        ""
    };
    let vetted = if artifact.vetted { ", vetted" } else { "" };
    put!(
        out,
        "<details{open}><summary><strong>{}</strong>{vetted} <code>{}</code> {}</summary>\n<ul>\n",
        artifact.verdict,
        esc(&artifact.path.display()),
        esc(&artifact.formats.join(", "))
    );
    for breach in &artifact.breaches {
        put!(out, "<li>{}</li>\n", esc(&breach.message));
    }
    for reason in &artifact.reasons {
        let place = if reason.members.is_empty() {
            format!("byte {}", reason.offset)
        } else {
            format!("{}, byte {}", reason.members.join(" > "), reason.offset)
        };
        put!(
            out,
            "<li>{}: {} <small>{}, {}</small>",
            reason.verdict,
            esc(&reason.message),
            esc(&reason.technique),
            esc(&place)
        );
        if let Some(call) = &reason.call {
            put!(out, "<pre><code>{}</code></pre>", esc(call));
        }
        if !reason.references.is_empty() {
            put!(
                out,
                " <small>{}</small>",
                esc(&reason.references.join(", "))
            );
        }
        out.push_str("</li>\n");
    }
    out.push_str("</ul>\n");
    if let Some(licence) = &artifact.licence {
        put!(out, "<p>Licence: {}</p>\n", esc(licence));
    }
    if let Some(loads) = artifact.loads_under_weights_only {
        let refused = artifact.refused_under_weights_only.as_deref();
        let because = refused.map_or_else(String::new, |what| format!(", because of {what}"));
        put!(
            out,
            "<p><code>torch.load(…, weights_only=True)</code> {} it{}</p>\n",
            if loads { "takes" } else { "refuses" },
            esc(&because)
        );
    }
    if let Some(hash) = &artifact.sha256 {
        put!(out, "<p>SHA-256: <code>{}</code></p>\n", esc(hash));
    }
    if let Some(advice) = &artifact.advice {
        put!(out, "<p>{}</p>\n", esc(advice));
    }
    out.push_str("</details>\n");
}
