//! `trueline rules`: what is looked for, and why.

use std::fmt::Write;
use std::path::Path;

use anyhow::Result;
use trueline_facts::{Severity, Tier};

use crate::Ended;
use crate::arguments::{ListFormat, Rules, RulesAction};
use crate::output;
use trueline_report::counted;

pub(crate) fn run(arguments: &Rules) -> Result<Ended> {
    let text = match &arguments.action {
        RulesAction::List {
            format: ListFormat::Json,
        } => trueline_report::json::to_string(&trueline_scan::rules()?),
        RulesAction::List {
            format: ListFormat::Terminal,
        } => table()?,
        RulesAction::Test { folder, format } => return test(folder.as_deref(), *format),
        RulesAction::Explain { rule } => {
            let page = trueline_scan::explain(rule)?;
            trueline_report::terminal::page(&page, output::style(None))
        }
    };
    output::write(text.as_bytes(), None)?;
    Ok(Ended::Pass)
}

fn test(folder: Option<&Path>, format: ListFormat) -> Result<Ended> {
    let outcome = trueline_scan::test_rules(Path::new("."), folder)?;
    let text = match format {
        ListFormat::Json => trueline_report::json::to_string(&outcome),
        ListFormat::Terminal => {
            let mut out = String::new();
            for failure in &outcome.failures {
                writeln!(out, "{failure}\n")?;
            }
            writeln!(
                out,
                "{}, {}: {}",
                counted(outcome.rules.len() as u64, "rule"),
                counted(outcome.examples as u64, "example"),
                match outcome.failures.len() {
                    0 => "all as they should be".to_owned(),
                    failed => format!("{failed} wrong"),
                }
            )?;
            out
        }
    };
    output::write(text.as_bytes(), None)?;
    Ok(if outcome.failures.is_empty() {
        Ended::Pass
    } else {
        Ended::Findings
    })
}

fn table() -> Result<String> {
    let rules = trueline_scan::rules()?.rules;
    let width = rules
        .iter()
        .map(|r| r.id.as_str().len())
        .max()
        .unwrap_or_default();
    let mut out = String::new();
    for rule in rules {
        let cwe: Vec<String> = rule.cwe.iter().map(ToString::to_string).collect();
        let severity = match rule.severity {
            Severity::Low => "low",
            Severity::Medium => "medium",
            Severity::High => "high",
            Severity::Critical => "critical",
        };
        let tier = match rule.tier {
            Tier::Shown => "",
            Tier::All => " (only with --all)",
        };
        writeln!(
            out,
            "{:<width$}  {severity:<8}  {:<9}  {}{tier}",
            rule.id.as_str(),
            cwe.first().map_or("", String::as_str),
            rule.title,
        )?;
    }
    Ok(out)
}
