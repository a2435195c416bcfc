//! The finding that a repair starts from: what a scanner would say about the vulnerable tree.
//!
//! Lines come from what our own scan was recorded to find (`scan.golden.json`); where it finds nothing, from what the first
//! reference fix changes.

use std::collections::BTreeMap;

use serde::Deserialize;
use similar::{DiffOp, TextDiff};
use trueline_facts::Cwe;
use trueline_scenarios::Scenario;

const GOLDEN: &str = "scan.golden.json";
/// More places than that are no finding but a rewrite.
const MOST_PLACES: usize = 3;

/// A weakness at places.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Finding {
    pub(super) rule: Option<String>,
    pub(super) cwe: Vec<Cwe>,
    /// Path, first and last line.
    pub(super) places: Vec<(String, u32, u32)>,
}

#[derive(Deserialize)]
struct Golden {
    findings: BTreeMap<String, Vec<String>>,
}

pub(super) fn of(scenario: &Scenario) -> Finding {
    let definition = &scenario.definition;
    let recorded = recorded(scenario);
    let rule = recorded.first().map(|(rule, _)| rule.clone()).or_else(|| {
        definition
            .rules
            .first()
            .map(|rule| rule.as_str().to_owned())
    });
    let mut places: Vec<_> = recorded.into_iter().map(|(_, place)| place).collect();
    if places.is_empty() {
        places = changed(scenario);
    }
    places.truncate(MOST_PLACES);
    Finding {
        rule,
        cwe: definition.cwe.clone(),
        places,
    }
}

/// What our scan finds, as `path:line rule`.
fn recorded(scenario: &Scenario) -> Vec<(String, (String, u32, u32))> {
    let golden = scenario
        .files()
        .get(GOLDEN)
        .and_then(|text| serde_json::from_slice::<Golden>(text).ok());
    let lines = golden
        .and_then(|golden| golden.findings.get("vulnerable").cloned())
        .unwrap_or_default();
    let editable = &scenario.definition.editable;
    lines
        .iter()
        .filter_map(|line| {
            let (place, rule) = line.rsplit_once(' ')?;
            let (path, number) = place.rsplit_once(':')?;
            let number = number.parse().ok()?;
            editable
                .iter()
                .any(|known| known == path)
                .then(|| (rule.to_owned(), (path.to_owned(), number, number)))
        })
        .collect()
}

/// Where the first reference differs.
fn changed(scenario: &Scenario) -> Vec<(String, u32, u32)> {
    let vulnerable = scenario.vulnerable();
    let Some((_, reference)) = scenario.references().into_iter().next() else {
        return Vec::new();
    };
    let mut places = Vec::new();
    for path in &scenario.definition.editable {
        let (Some(before), Some(after)) = (vulnerable.text(path), reference.text(path)) else {
            continue;
        };
        let diff = TextDiff::from_lines(&before, &after);
        for op in diff.ops() {
            if matches!(op, DiffOp::Equal { .. }) {
                continue;
            }
            let range = op.old_range();
            // A pure insertion stands behind a line.
            let first = (range.start + 1).max(1) as u32;
            let last = (range.end as u32).max(first);
            places.push((path.clone(), first, last));
        }
    }
    // The largest change is more likely the weakness than an import.
    places.sort_by_key(|(_, first, last)| std::cmp::Reverse(last - first));
    places
}

/// Lines added and removed in the files that are taken back.
pub(crate) fn changed_lines(
    before: &trueline_scenarios::Tree,
    after: &trueline_scenarios::Tree,
    files: &[String],
) -> u64 {
    let mut lines = 0;
    for path in files {
        let before = before.text(path).unwrap_or_default();
        let after = after.text(path).unwrap_or_default();
        let diff = TextDiff::from_lines(&before, &after);
        for op in diff.ops() {
            if !matches!(op, DiffOp::Equal { .. }) {
                lines += (op.old_range().len() + op.new_range().len()) as u64;
            }
        }
    }
    lines
}
