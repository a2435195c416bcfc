//! What our own scan finds in a scenario, kept beside it: the exercises are a regression set of the scanner as well.
//!
//! Kept are the findings of the rules that the scenario names, in what is vulnerable and in each fix. A line that is
//! missing in `vulnerable` is a gap that is known, not a mistake of the scenario.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use trueline_scan::{Checks, ScanRequest, Tiers};
use trueline_scenarios::verify::Part;
use trueline_scenarios::{Scenario, Tree};

use crate::arguments::Reading;
use crate::output;
use crate::progress::Bar;

const FILE: &str = "scan.golden.json";
const SCHEMA: &str = "trueline.scan-golden/1";

#[derive(PartialEq, Eq, Debug, Serialize, Deserialize)]
struct Golden {
    schema: String,
    /// `path:line rule`, by the tree that was scanned.
    findings: BTreeMap<String, Vec<String>>,
}

/// Where the golden file of a scenario lies below a folder of scenarios.
fn place(scenario: &Scenario, scenarios: &Path) -> PathBuf {
    if scenarios.join("scenario.toml").is_file() {
        scenarios.join(FILE)
    } else {
        scenarios.join(scenario.id.as_str()).join(FILE)
    }
}

/// Scans and writes the golden file; nothing for a scenario that names no rules.
pub(super) fn write(scenario: &Scenario, scenarios: &Path, interrupt: &AtomicBool) -> Result<()> {
    if scenario.definition.rules.is_empty() {
        return Ok(());
    }
    let text = trueline_report::json::to_string(&now(scenario, interrupt)?);
    output::write(text.as_bytes(), Some(&place(scenario, scenarios)))
}

/// Scans and compares; nothing where there is no golden file.
pub(super) fn compare(scenario: &Scenario, interrupt: &AtomicBool) -> Result<Option<Part>> {
    let Some(kept) = scenario.files().get(FILE) else {
        return Ok(None);
    };
    let started = Instant::now();
    let detail = match serde_json::from_slice::<Golden>(kept) {
        Ok(kept) => difference(&kept, &now(scenario, interrupt)?),
        Err(error) => Some(format!("{FILE} cannot be read: {error}")),
    };
    Ok(Some(Part {
        subject: "scan".to_owned(),
        ok: detail.is_none(),
        runs: 1,
        wrong: u32::from(detail.is_some()),
        detail,
        ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
    }))
}

fn difference(kept: &Golden, now: &Golden) -> Option<String> {
    let mut told = Vec::new();
    let trees = kept.findings.keys().chain(now.findings.keys());
    let trees: std::collections::BTreeSet<&String> = trees.collect();
    for tree in trees {
        let of = |golden: &Golden| golden.findings.get(tree).cloned().unwrap_or_default();
        let (before, after) = (of(kept), of(now));
        let missing = before.iter().filter(|line| !after.contains(line));
        told.extend(missing.map(|line| format!("{tree}: no longer found: {line}")));
        let new = after.iter().filter(|line| !before.contains(line));
        told.extend(new.map(|line| format!("{tree}: newly found: {line}")));
    }
    (!told.is_empty()).then(|| format!("{}\n--write-golden takes it as it is", told.join("\n")))
}

/// What our own scan finds in the exercise and what it does not, for the debrief.
pub(super) fn told(scenario: &Scenario) -> String {
    let rules = &scenario.definition.rules;
    if rules.is_empty() {
        return "Our own scan has no rule for this: it takes a reader, or a test that tries it.\n"
            .to_owned();
    }
    let kept = scenario.files().get(FILE);
    let Some(golden) = kept.and_then(|kept| serde_json::from_slice::<Golden>(kept).ok()) else {
        return String::new();
    };
    let mut found = golden
        .findings
        .get("vulnerable")
        .cloned()
        .unwrap_or_default();
    let alarms: usize = golden
        .findings
        .iter()
        .filter(|(tree, _)| *tree != "vulnerable")
        .map(|(_, lines)| lines.len())
        .sum();
    let text = if found.is_empty() {
        let rules: Vec<String> = rules.iter().map(|rule| format!("`{rule}`")).collect();
        format!(
            "Our own scan does not find it here (it would be {}): what no tool reports can be there all the same.",
            rules.join(" or ")
        )
    } else {
        for line in &mut found {
            *line = format!("`{line}`");
        }
        format!("Our own scan finds it: {}.", found.join(", "))
    };
    let in_fixes = match alarms {
        0 if found.is_empty() => String::new(),
        0 => " In a fix that holds it finds nothing.".to_owned(),
        n => format!(
            " It also reports {} in the reference fixes, which hold: there it is a false alarm.",
            trueline_report::counted(n as u64, "line")
        ),
    };
    format!("{text}{in_fixes}\n")
}

fn now(scenario: &Scenario, interrupt: &AtomicBool) -> Result<Golden> {
    let mut findings = BTreeMap::new();
    findings.insert(
        "vulnerable".to_owned(),
        scan(scenario, &scenario.vulnerable(), interrupt)?,
    );
    for (name, tree) in scenario.references() {
        findings.insert(format!("fixes/{name}"), scan(scenario, &tree, interrupt)?);
    }
    Ok(Golden {
        schema: SCHEMA.to_owned(),
        findings,
    })
}

fn scan(scenario: &Scenario, tree: &Tree, interrupt: &AtomicBool) -> Result<Vec<String>> {
    let folder = tempfile::tempdir().context("a folder to scan")?;
    tree.write(folder.path()).context("a folder to scan")?;
    let reading = Reading {
        threads: Some(1),
        no_cache: true,
        local_sessions: false,
    };
    let request = ScanRequest {
        checks: Checks::All,
        path: folder.path().to_owned(),
        tiers: Tiers::All,
        diff: None,
        baseline: None,
        imports: Vec::new(),
        code_view: false,
        line_hashes: false,
        reading: crate::commands::reading(&reading)?,
    };
    let outcome = trueline_scan::scan(&request, &Bar::new(true), interrupt)?;
    let mut lines: Vec<String> = outcome
        .report
        .findings
        .iter()
        .filter(|finding| scenario.definition.rules.contains(&finding.rule))
        .map(|finding| {
            format!(
                "{}:{} {}",
                finding.location.path, finding.location.start.line, finding.rule
            )
        })
        .collect();
    lines.sort();
    lines.dedup();
    Ok(lines)
}
