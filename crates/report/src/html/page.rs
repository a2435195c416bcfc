//! The shell around every page: policy, style, header, navigation, footer, shared patterns, script.

use super::escape::{csp_hash, esc};
use super::put;

const STYLE: &str = include_str!("style.css");
/// Runs before the first paint: marks that scripts run and restores the reader's theme.
const EARLY: &str = include_str!("early.js");
const SCRIPT: &str = include_str!("report.js");

/// A page under construction: what the shell must know of its content.
pub(super) struct Page<'a> {
    title: &'a str,
    kind: &'a str,
    version: &'a str,
    sections: Vec<(&'static str, &'static str)>,
    footer: &'static str,
}

/// What stands below a page about a repository.
const FROM_REPOSITORY: &str = "Made from the repository alone: no request leaves this page, and it names no person that the report does not name.";

impl<'a> Page<'a> {
    pub(super) const fn new(title: &'a str, kind: &'a str, version: &'a str) -> Self {
        Self {
            title,
            kind,
            version,
            sections: Vec::new(),
            footer: FROM_REPOSITORY,
        }
    }

    /// Announces a section for the navigation: its element id and its short name.
    pub(super) fn section(&mut self, id: &'static str, name: &'static str) {
        self.sections.push((id, name));
    }

    /// Says below the page what it was made from, where that is no repository.
    pub(super) const fn footer(&mut self, text: &'static str) {
        self.footer = text;
    }

    /// Puts the shell around the content. `data` is markup of JSON script elements.
    pub(super) fn finish(self, body: &str, data: &str) -> String {
        let mut out = String::with_capacity(body.len() + data.len() + 64 * 1024);
        self.head(&mut out);
        self.top(&mut out);
        put!(out, "<main id=\"main\" tabindex=\"-1\">\n{body}</main>\n");
        put!(
            out,
            "<footer class=\"foot\"><p>Trueline {}. {}</p></footer>\n",
            esc(self.version),
            self.footer
        );
        out.push_str(PATTERNS);
        out.push_str(data);
        put!(out, "<script>{SCRIPT}</script>\n</body>\n</html>\n");
        out
    }

    fn head(&self, out: &mut String) {
        put!(
            out,
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src '{}'; script-src '{}' '{}'; img-src data:; base-uri 'none'; form-action 'none'\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n\
             <meta name=\"referrer\" content=\"no-referrer\">\n\
             <title>{} · {} · Trueline</title>\n\
             <link rel=\"icon\" href=\"data:,\">\n\
             <script>{EARLY}</script>\n<style>{STYLE}</style>\n</head>\n",
            csp_hash(STYLE),
            csp_hash(EARLY),
            csp_hash(SCRIPT),
            esc(self.title),
            esc(self.kind),
        );
    }

    fn top(&self, out: &mut String) {
        put!(
            out,
            "<body>\n<a class=\"skip\" href=\"#main\">Skip to the report</a>\n\
             <header class=\"top\"><div class=\"bar\">\
             <p class=\"brand\">{MARK}<span>Trueline</span></p>\
             <p class=\"crumb\">{}</p>\
             <button type=\"button\" id=\"theme\" class=\"ghost\" hidden>Theme: system</button>\
             </div>\n<nav class=\"sections\" aria-label=\"Sections\"><ul>",
            esc(self.title)
        );
        for (id, name) in &self.sections {
            put!(out, "<li><a href=\"#{id}\">{name}</a></li>");
        }
        out.push_str("</ul></nav></header>\n");
    }
}

const MARK: &str = "<svg class=\"mark\" width=\"22\" height=\"22\" aria-hidden=\"true\"><rect class=\"m1\" x=\"1\" y=\"1\" width=\"20\" height=\"20\" rx=\"6\"></rect><path class=\"m2\" d=\"M6 7.5h10M6 11h6.5M6 14.5h8.5\"></path></svg>";

/// Hatchings that every chart refers to: colour is never the only difference.
const PATTERNS: &str = "<svg class=\"defs\" width=\"0\" height=\"0\" aria-hidden=\"true\"><defs>\
<pattern id=\"hatch-ai\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\"><rect class=\"p-ai-soft\" width=\"6\" height=\"6\"></rect><rect class=\"p-ai\" width=\"2.5\" height=\"6\"></rect></pattern>\
<pattern id=\"hatch-none\" width=\"7\" height=\"7\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(-45)\"><rect class=\"p-none-soft\" width=\"7\" height=\"7\"></rect><rect class=\"p-none\" width=\"1.5\" height=\"7\"></rect></pattern>\
</defs></svg>\n";
