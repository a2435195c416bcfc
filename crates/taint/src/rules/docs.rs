//! The docs page of a rule, made from its file.

use std::fmt::Write as _;

use super::{Example, Rule};

impl Rule {
    /// The rule's page as Markdown: what, why, examples, how to mend it, references.
    #[must_use]
    pub fn docs_markdown(&self) -> String {
        let mut page = String::new();
        let cwe: Vec<String> = self.cwe.iter().map(ToString::to_string).collect();
        let mut facts = format!(
            "severity {} · confidence {} · {}",
            word(&format!("{:?}", self.severity)),
            word(&format!("{:?}", self.confidence)),
            cwe.join(", ")
        );
        if !self.owasp.is_empty() {
            facts.push_str(" · OWASP ");
            facts.push_str(&self.owasp.join(", "));
        }
        if !self.asvs.is_empty() {
            facts.push_str(" · ASVS 5.0 ");
            facts.push_str(&self.asvs.join(", "));
        }
        // Writing to a string cannot fail.
        let _ = write!(page, "# {}\n\n{}\n\n{facts}\n", self.id, self.title);
        section(&mut page, "What it does", &self.docs.what);
        section(&mut page, "Why is this bad?", &self.docs.why);
        section(&mut page, "Known problems", &self.docs.problems);
        code(&mut page, "Example", &self.examples);
        section(&mut page, "How to fix it", &self.fix);
        code(&mut page, "Use instead", &self.counterexamples);
        section(&mut page, "Evidence", &self.docs.evidence);
        if !self.docs.references.is_empty() {
            page.push_str("\n## References\n\n");
            for reference in &self.docs.references {
                let _ = writeln!(page, "- {reference}");
            }
        }
        page
    }
}

fn word(text: &str) -> String {
    text.to_ascii_lowercase()
}

fn section(page: &mut String, heading: &str, text: &str) {
    if !text.trim().is_empty() {
        let _ = write!(page, "\n## {heading}\n\n{}\n", text.trim());
    }
}

fn code(page: &mut String, heading: &str, examples: &[Example]) {
    if examples.is_empty() {
        return;
    }
    let _ = write!(page, "\n## {heading}\n");
    for example in examples {
        if !example.note.is_empty() {
            let _ = write!(page, "\n{}\n", example.note);
        }
        let _ = write!(
            page,
            "\n```{}\n{}\n```\n",
            example.language,
            example.code.trim_end()
        );
    }
}
