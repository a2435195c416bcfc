//! `trueline rules`: the rules and their pages.

use schemars::JsonSchema;
use serde::Serialize;
use trueline_facts::{Cwe, RuleId, Severity, Tier};
use trueline_taint::Engine;

use crate::config::nearest;
use crate::{ScanError, artifacts};

/// The document of `trueline rules list`.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct RuleList {
    /// Always `trueline.rules/1`.
    pub schema: &'static str,
    /// The rules, by id.
    pub rules: Vec<RuleSummary>,
}

/// One line about a rule.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct RuleSummary {
    /// Its id.
    pub id: RuleId,
    /// What it looks for.
    pub title: String,
    /// The weaknesses it is an instance of.
    pub cwe: Vec<Cwe>,
    /// How bad a finding is.
    pub severity: Severity,
    /// Whether its findings are shown by default.
    pub tier: Tier,
}

/// All rules, by id.
pub fn rules() -> Result<RuleList, ScanError> {
    let engine = Engine::builtin()?;
    let mut rules: Vec<RuleSummary> = engine
        .rules()
        .iter()
        .map(|rule| RuleSummary {
            id: rule.id.clone(),
            title: rule.title.clone(),
            cwe: rule.cwe.clone(),
            severity: rule.severity,
            tier: rule.tier,
        })
        .chain(trueline_agents::rules().iter().map(|rule| RuleSummary {
            id: RuleId::new(rule.id.as_str()),
            title: rule.title.clone(),
            cwe: rule.cwe.clone(),
            severity: rule.severity,
            tier: rule.tier,
        }))
        .chain(models())
        .collect();
    rules.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(RuleList {
        schema: "trueline.rules/1",
        rules,
    })
}

/// The rules of model files.
fn models() -> impl Iterator<Item = RuleSummary> {
    artifacts::rule_text().into_iter().filter_map(|text| {
        let (_, severity, cwe) = artifacts::RULES
            .into_iter()
            .find(|(id, ..)| *id == text.id.as_str())?;
        Some(RuleSummary {
            id: text.id,
            title: text.title,
            cwe: vec![cwe],
            severity,
            tier: Tier::Shown,
        })
    })
}

/// The page of a rule, in parts.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct RulePage {
    /// Its id.
    pub id: RuleId,
    /// What it looks for, in a line.
    pub title: String,
    /// How bad a finding is.
    pub severity: Severity,
    /// Whether its findings are shown by default.
    pub tier: Tier,
    /// The weaknesses it is an instance of.
    pub cwe: Vec<Cwe>,
    /// What is looked at.
    pub what: String,
    /// Why it matters.
    pub why: String,
    /// What it misses or mistakes.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub problems: String,
    /// How to mend it.
    pub fix: String,
    /// Code with the weakness, one a language.
    pub vulnerable: Vec<RuleExample>,
    /// Code without it, one a language.
    pub safe: Vec<RuleExample>,
    /// Where to read more.
    pub references: Vec<String>,
}

/// Code that shows what a rule means.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct RuleExample {
    /// Its language; of configuration and text the path of the file.
    pub language: String,
    /// The code.
    pub code: String,
}

/// The page of a rule, in parts.
pub(crate) fn page(engine: &Engine, id: &str) -> Result<RulePage, ScanError> {
    if let Some(rule) = engine.rules().iter().find(|r| r.id.as_str() == id) {
        let first_of_each = |examples: &[trueline_taint::Example]| {
            let mut first: Vec<RuleExample> = Vec::new();
            for example in examples {
                let language = example.language.as_str();
                if first.iter().all(|known| known.language != language) {
                    first.push(RuleExample {
                        language: language.to_owned(),
                        code: example.code.clone(),
                    });
                }
            }
            first
        };
        return Ok(RulePage {
            id: rule.id.clone(),
            title: rule.title.clone(),
            severity: rule.severity,
            tier: rule.tier,
            cwe: rule.cwe.clone(),
            what: rule.docs.what.clone(),
            why: rule.docs.why.clone(),
            problems: rule.docs.problems.clone(),
            fix: rule.fix.clone(),
            vulnerable: first_of_each(&rule.examples),
            safe: first_of_each(&rule.counterexamples),
            references: rule.docs.references.clone(),
        });
    }
    if let Some(rule) = trueline_agents::rules().iter().find(|r| r.id == id) {
        let first = |examples: &[trueline_agents::Example]| {
            let shown = examples.first().map(|example| RuleExample {
                language: example.path.clone(),
                code: trueline_agents::visible(&example.text),
            });
            shown.into_iter().collect()
        };
        return Ok(RulePage {
            id: RuleId::new(rule.id.as_str()),
            title: rule.title.clone(),
            severity: rule.severity,
            tier: rule.tier,
            cwe: rule.cwe.clone(),
            what: rule.docs.what.clone(),
            why: rule.docs.why.clone(),
            problems: rule.docs.problems.clone(),
            fix: rule.fix.clone(),
            vulnerable: first(&rule.examples),
            safe: first(&rule.counterexamples),
            references: rule.docs.references.clone(),
        });
    }
    if let Some(rule) = artifacts::rule_text()
        .into_iter()
        .find(|r| r.id.as_str() == id)
    {
        let summary = models().find(|summary| summary.id == rule.id);
        let severity = summary.as_ref().map_or(Severity::High, |s| s.severity);
        return Ok(RulePage {
            id: rule.id,
            title: rule.title,
            severity,
            tier: Tier::Shown,
            cwe: summary.map(|summary| summary.cwe).unwrap_or_default(),
            what: rule.markdown,
            why: String::new(),
            problems: String::new(),
            fix: String::new(),
            vulnerable: Vec::new(),
            safe: Vec::new(),
            references: Vec::new(),
        });
    }
    Err(unknown(engine, id))
}

/// The page of a rule, Markdown.
pub fn explain(id: &str) -> Result<String, ScanError> {
    let engine = Engine::builtin()?;
    if let Some(rule) = engine.rules().iter().find(|r| r.id.as_str() == id) {
        return Ok(rule.docs_markdown());
    }
    if let Some(rule) = trueline_agents::rules().iter().find(|r| r.id == id) {
        return Ok(rule.docs_markdown());
    }
    let models = artifacts::rule_text();
    if let Some(rule) = models.into_iter().find(|r| r.id.as_str() == id) {
        return Ok(rule.markdown);
    }
    Err(unknown(&engine, id))
}

fn unknown(engine: &Engine, id: &str) -> ScanError {
    let mut ids: Vec<&str> = engine.rules().iter().map(|r| r.id.as_str()).collect();
    for own in crate::agents::rule_ids() {
        ids.push(own);
    }
    ids.extend(artifacts::RULES.map(|(id, ..)| id));
    ScanError::NoRule {
        rule: id.to_owned(),
        hint: nearest(id, &ids).map_or_else(
            || "`trueline rules list` shows them all".to_owned(),
            |near| format!("did you mean `{near}`?"),
        ),
    }
}
