//! What the tool said beyond what a finding holds: written again as it was, so that a log loses nothing
//! by passing through here but what may name a person or be a secret.

use std::collections::BTreeMap;

use serde_json::Value;
use trueline_facts::RuleId;

use super::{MAX_NAME, array};
use crate::message::{clean, clean_page, is_page};

/// Longer help is cut.
const MAX_HELP: usize = 20_000;
/// Longer descriptions are cut.
const MAX_DESCRIPTION: usize = 1_024;
/// GitHub's limit of tags; what follows is not kept.
const MAX_TAGS: usize = 20;
/// More entries of one bag of fingerprints are not kept.
const MAX_MARKS: usize = 16;

/// A tool as its log describes it.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct ToolText {
    /// Its version.
    pub version: Option<String>,
    /// Its version by the rules of semantic versions.
    pub semantic_version: Option<String>,
    /// Its page.
    pub information_uri: Option<String>,
    /// The rules of the imported findings, as far as the log describes them.
    pub rules: BTreeMap<RuleId, ToolRule>,
}

/// A rule as its log describes it.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct ToolRule {
    pub(crate) name: Option<String>,
    pub(crate) short_description: Option<String>,
    pub(crate) full_description: Option<String>,
    pub(crate) help: Option<String>,
    pub(crate) help_markdown: Option<String>,
    pub(crate) help_uri: Option<String>,
    pub(crate) level: Option<String>,
    pub(crate) security_severity: Option<String>,
    pub(crate) precision: Option<String>,
    pub(crate) problem_severity: Option<String>,
    pub(crate) kind: Option<String>,
    pub(crate) tags: Vec<String>,
}

impl ToolText {
    pub(super) fn of(driver: &Value) -> Self {
        Self {
            version: word(&driver["version"]),
            semantic_version: word(&driver["semanticVersion"]),
            information_uri: page(&driver["informationUri"]),
            rules: BTreeMap::new(),
        }
    }

    /// What a second log of the tool adds; of two answers the first stays.
    pub fn add(&mut self, other: Self) {
        self.version = self.version.take().or(other.version);
        self.semantic_version = self.semantic_version.take().or(other.semantic_version);
        self.information_uri = self.information_uri.take().or(other.information_uri);
        for (id, rule) in other.rules {
            self.rules.entry(id).or_insert(rule);
        }
    }

    /// Changes every text that may quote what is not to be shown.
    pub fn each_text(&mut self, change: &dyn Fn(&str) -> String) {
        for rule in self.rules.values_mut() {
            let texts = [
                &mut rule.name,
                &mut rule.short_description,
                &mut rule.full_description,
                &mut rule.help,
                &mut rule.help_markdown,
            ];
            for text in texts.into_iter().flatten().chain(&mut rule.tags) {
                *text = change(text);
            }
        }
    }
}

impl ToolRule {
    pub(super) fn of(rule: &Value) -> Self {
        let text = |name: &str, form: &str, limit| {
            let text = rule[name][form].as_str().filter(|text| !text.is_empty());
            text.map(|text| clean_page(text, limit))
        };
        let properties = &rule["properties"];
        let tags = array(&properties["tags"]).iter().filter_map(word);
        Self {
            name: word(&rule["name"]),
            short_description: text("shortDescription", "text", MAX_DESCRIPTION),
            full_description: text("fullDescription", "text", MAX_DESCRIPTION),
            help: text("help", "text", MAX_HELP),
            help_markdown: text("help", "markdown", MAX_HELP),
            help_uri: page(&rule["helpUri"]),
            level: level(&rule["defaultConfiguration"]["level"]),
            security_severity: score(&properties["security-severity"]),
            precision: word(&properties["precision"]),
            problem_severity: word(&properties["problem.severity"]),
            kind: word(&properties["kind"]),
            tags: tags.take(MAX_TAGS).collect(),
        }
    }
}

/// A level that the standard knows.
pub(super) fn level(value: &Value) -> Option<String> {
    let known = |level: &&str| matches!(*level, "error" | "warning" | "note" | "none");
    value.as_str().filter(known).map(str::to_owned)
}

/// A score in the tool's own digits.
pub(super) fn score(value: &Value) -> Option<String> {
    let text = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.trim().to_owned(),
        _ => return None,
    };
    let is_score = text.len() <= 8 && text.parse().is_ok_and(|s: f64| (0.0..=10.0).contains(&s));
    is_score.then_some(text)
}

/// Fingerprints that may be passed on. Some tools put author, address and message of the commit there.
pub(super) fn marks(bag: &Value) -> BTreeMap<String, String> {
    const OF_PERSONS: [&str; 6] = [
        "author",
        "committer",
        "email",
        "user",
        "commitmessage",
        "date",
    ];
    // What has a blank is a name or a sentence, what has an @ an address.
    let is_mark = |c: char| c.is_ascii_graphic() && c != '@';
    super::marks(bag)
        .into_iter()
        .filter(|(name, value)| {
            let lower = name.to_ascii_lowercase();
            name.len() <= 2 * MAX_NAME
                && !name.contains(char::is_control)
                && !OF_PERSONS.iter().any(|word| lower.contains(word))
                && value.len() <= MAX_NAME
                && value.chars().all(is_mark)
        })
        .take(MAX_MARKS)
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

fn word(value: &Value) -> Option<String> {
    let text = value.as_str().filter(|text| !text.is_empty())?;
    Some(clean(text, MAX_NAME))
}

fn page(value: &Value) -> Option<String> {
    let address = value.as_str().filter(|text| is_page(text))?;
    Some(address.to_owned())
}
