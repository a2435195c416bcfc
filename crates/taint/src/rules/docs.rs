//! The docs page of a rule, made from its file.

use std::fmt::Write as _;

use trueline_facts::Applicability;
use trueline_syntax::ir::Language;

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
        let measured = super::measured::measured(self.id.as_str());
        section(&mut page, "Measured precision", &measured.text());
        code(&mut page, "Example", &self.examples);
        section(&mut page, "How to fix it", &self.advice.text());
        self.patches(&mut page);
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

    /// Which patches there are, and whether they may be applied unseen.
    fn patches(&self, page: &mut String) {
        if self.fixes.is_empty() {
            return;
        }
        let mut lines: Vec<String> = self
            .fixes
            .iter()
            .map(|fix| {
                let flags = match fix.applicability {
                    Applicability::Safe => "safe, `trueline scan --fix`",
                    Applicability::Unsafe => "unsafe, `trueline scan --fix --unsafe-fixes`",
                };
                format!(
                    "- {}: {} ({flags})",
                    Language::from(fix.language),
                    fix.title
                )
            })
            .collect();
        lines.sort();
        lines.dedup();
        page.push_str("\n## Fixes\n\n");
        page.push_str(
            "Each is applied where the code has the shape that it is for, and is scanned again \
             before it is written.\n\n",
        );
        page.push_str(&lines.join("\n"));
        page.push('\n');
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
