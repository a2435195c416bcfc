//! `trueline rules`: the rules and their pages.

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
        .collect();
    rules.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(RuleList {
        schema: "trueline.rules/1",
        rules,
    })
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
    let mut ids: Vec<&str> = engine.rules().iter().map(|r| r.id.as_str()).collect();
    for own in crate::agents::rule_ids() {
        ids.push(own);
    }
    Err(ScanError::NoRule {
        rule: id.to_owned(),
        hint: nearest(id, &ids).map_or_else(
            || "`trueline rules list` shows them all".to_owned(),
            |near| format!("did you mean `{near}`?"),
        ),
    })
}
