//! How to mend a finding, in the words of the language that it stands in: a name of a library of another
//! language helps nobody.

use std::fmt::Write as _;

use trueline_syntax::ir::Language;

use super::format::RuleFile;

/// What a rule says of mending, in general and by language.
#[derive(Clone, Default, Debug)]
pub(crate) struct Advice {
    general: String,
    by_language: Vec<(Language, String)>,
}

impl Advice {
    pub(crate) fn of(file: &RuleFile) -> Self {
        let own = file.fixes.iter();
        Self {
            general: file.fix.clone(),
            by_language: own
                .map(|advice| (advice.language.into(), advice.fix.clone()))
                .collect(),
        }
    }

    /// All of it, for a page.
    pub(crate) fn text(&self) -> String {
        let mut text = self.general.clone();
        for (at, (language, fix)) in self.by_language.iter().enumerate() {
            let gap = if at == 0 { "\n\n" } else { "\n" };
            // Writing to a string cannot fail.
            let _ = write!(text, "{gap}- {language}: {fix}");
        }
        text
    }

    /// What is said in a language; TypeScript reads what is written for JavaScript.
    pub(crate) fn in_language(&self, language: Language) -> &str {
        let language = match language {
            Language::TypeScript => Language::JavaScript,
            other => other,
        };
        let mut own = self.by_language.iter();
        own.find(|(of, _)| *of == language)
            .map_or(&self.general, |(_, fix)| fix)
    }
}
