//! Rules and models as data: read from TOML, checked, and handed to the engine.
//!
//! A rule file says what a weakness is and which calls are its sinks; a model file says how a
//! framework or library behaves. Both are text inside the binary; the docs page of a rule is made
//! from the same file.

pub(crate) mod advice;
mod docs;
mod embedded;
pub(crate) mod format;
mod measured;

use std::fmt;

use thiserror::Error;
use trueline_facts::{Confidence, Cwe, RuleId, Severity, Tier};
use trueline_syntax::ir::Language;

use advice::Advice;
pub use embedded::{MODEL_FILES, RULE_FILES};
pub use format::Docs;
use format::{ModelFile, RuleFile};

use crate::fix::spec::FixSpec;

/// The version of the rule format that this engine reads.
pub const FORMAT: u32 = 1;

/// Why rules could not be loaded.
#[derive(Debug, Error)]
pub enum RuleError {
    /// The file is not TOML of the expected shape.
    #[error("{file}: {source}")]
    Syntax {
        /// The file.
        file: String,
        /// What the parser said.
        #[source]
        source: toml::de::Error,
    },
    /// The file is for another version of the engine.
    #[error("{file}: format {found} is not supported (expected {FORMAT})")]
    Format {
        /// The file.
        file: String,
        /// What it says.
        found: u32,
    },
    /// A model or rule names something that does not exist.
    #[error("{file}: unknown {what} `{name}`")]
    Unknown {
        /// The file.
        file: String,
        /// What kind of thing.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// The names of frameworks could not be read.
    #[error(transparent)]
    Surface(#[from] crate::surface::SurfaceError),
    /// More rules than a set of them can hold.
    #[error("more than {limit} rules")]
    TooMany {
        /// The most that fit.
        limit: usize,
    },
    /// Two rules of one id.
    #[error("rule `{id}` is defined twice")]
    Duplicate {
        /// The id.
        id: String,
    },
}

/// A rule, as the engine and its documentation know it.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Its id.
    pub id: RuleId,
    /// A short heading.
    pub title: String,
    /// The weaknesses it finds, most specific first.
    pub cwe: Vec<Cwe>,
    /// OWASP Top 10 categories, as `A05:2025`.
    pub owasp: Vec<String>,
    /// Requirements of the OWASP ASVS 5.0, as `1.2.4`.
    pub asvs: Vec<String>,
    /// How bad a finding is.
    pub severity: Severity,
    /// How sure a finding is when nothing about it was guessed.
    pub confidence: Confidence,
    /// The tier of a finding when nothing about it was guessed.
    pub tier: Tier,
    /// How to mend it, in general.
    pub fix: String,
    /// The sections of its docs page.
    pub docs: Docs,
    /// Code that must be found.
    pub examples: Vec<Example>,
    /// Code that must not be found.
    pub counterexamples: Vec<Example>,
    /// The languages that it knows places in; JavaScript stands for TypeScript too.
    pub languages: Vec<Language>,
    /// How to mend it, by language.
    pub(crate) advice: Advice,
    /// Patches for its findings.
    pub(crate) fixes: Vec<FixSpec>,
}

/// A piece of code that says what a rule means; it runs as a test.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Example {
    /// Its language.
    pub language: Language,
    /// What it shows.
    pub note: String,
    /// The code.
    pub code: String,
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.id, self.title)
    }
}

/// The JSON schema of rule files.
#[must_use]
pub fn rule_schema() -> schemars::Schema {
    schemars::schema_for!(RuleFile)
}

/// The JSON schema of model files.
#[must_use]
pub fn model_schema() -> schemars::Schema {
    schemars::schema_for!(ModelFile)
}

/// Reads one rule file.
pub(crate) fn read_rule(file: &str, text: &str) -> Result<RuleFile, RuleError> {
    let rule: RuleFile = toml::from_str(text).map_err(|source| RuleError::Syntax {
        file: file.to_owned(),
        source,
    })?;
    check_format(file, rule.schema)?;
    Ok(rule)
}

/// Reads one model file.
pub(crate) fn read_model(file: &str, text: &str) -> Result<ModelFile, RuleError> {
    let model: ModelFile = toml::from_str(text).map_err(|source| RuleError::Syntax {
        file: file.to_owned(),
        source,
    })?;
    check_format(file, model.schema)?;
    Ok(model)
}

fn check_format(file: &str, found: u32) -> Result<(), RuleError> {
    if found == FORMAT {
        return Ok(());
    }
    Err(RuleError::Format {
        file: file.to_owned(),
        found,
    })
}

impl From<&RuleFile> for Rule {
    fn from(file: &RuleFile) -> Self {
        let examples = |list: &[format::ExampleSpec]| {
            list.iter()
                .map(|e| Example {
                    language: e.language.into(),
                    note: e.note.clone(),
                    code: e.code.clone(),
                })
                .collect()
        };
        let places = (file.sink.iter().map(|s| s.language))
            .chain(file.call.iter().map(|c| c.language))
            .chain(file.comparison.iter().map(|c| c.language))
            .chain(file.examples.iter().map(|e| e.language));
        let mut languages: Vec<Language> = places.map(Language::from).collect();
        languages.sort_by_key(|l| l.as_str());
        languages.dedup();
        Self {
            id: RuleId::new(file.id.as_str()),
            title: file.title.clone(),
            cwe: file.cwe.iter().copied().map(Cwe).collect(),
            owasp: file.owasp.clone(),
            asvs: file.asvs.clone(),
            severity: file.severity,
            confidence: file.confidence,
            tier: file.tier,
            fix: file.fix.clone(),
            docs: file.docs.clone(),
            examples: examples(&file.examples),
            counterexamples: examples(&file.counterexamples),
            languages,
            advice: Advice::of(file),
            fixes: file.patch.clone(),
        }
    }
}
