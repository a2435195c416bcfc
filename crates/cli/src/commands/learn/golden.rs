//! What our own scan finds in a scenario, kept beside it: the exercises are a regression set of the scanner as well.
//!
//! What it still finds in an answer that no exploit got through is told as well: tests try some ways, it sees others.
//!
//! Kept is all that is found in what is vulnerable and in each fix, with its tier. A line that is missing in
//! `vulnerable` is a gap that is known, and one in a fix mostly a false alarm: no mistake of the scenario either.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use trueline_facts::Tier;
use trueline_scan::{Checks, ScanRequest, Tiers};
use trueline_scenarios::verify::Part;
use trueline_scenarios::{Scenario, Tree};

use crate::arguments::Reading;
use crate::output;
use crate::progress::Bar;

const FILE: &str = "scan.golden.json";
const SCHEMA: &str = "trueline.scan-golden/2";
/// What ends the line of a finding that a scan shows only if it is asked for all.
const SECOND_TIER: &str = " (--all)";

#[derive(PartialEq, Eq, Debug, Serialize, Deserialize)]
struct Golden {
    schema: String,
    /// `path:line rule`, and `(--all)` for what is shown with that alone, by the tree that was scanned.
    findings: BTreeMap<String, Vec<String>>,
}

/// The folder of a scenario in a folder of scenarios, which may be the scenario's own.
pub(super) fn folder(scenario: &Scenario, scenarios: &Path) -> PathBuf {
    if scenarios.join("scenario.toml").is_file() {
        scenarios.to_owned()
    } else {
        scenarios.join(scenario.id.as_str())
    }
}

/// Where its golden file lies.
fn place(scenario: &Scenario, scenarios: &Path) -> PathBuf {
    folder(scenario, scenarios).join(FILE)
}

/// Scans and writes the golden file; nothing where it was interrupted.
pub(super) fn write(scenario: &Scenario, scenarios: &Path, interrupt: &AtomicBool) -> Result<()> {
    let Some(golden) = now(scenario, interrupt)? else {
        return Ok(());
    };
    let text = trueline_report::json::to_string(&golden);
    output::write(text.as_bytes(), Some(&place(scenario, scenarios)))
}

/// Scans and compares; nothing where there is no golden file or where it was interrupted.
pub(super) fn compare(scenario: &Scenario, interrupt: &AtomicBool) -> Result<Option<Part>> {
    let Some(kept) = scenario.files().get(FILE) else {
        return Ok(None);
    };
    let started = Instant::now();
    let detail = match serde_json::from_slice::<Golden>(kept) {
        Ok(kept) if kept.schema != SCHEMA => Some(format!(
            "{FILE} is of another version ({}): --write-golden writes it anew",
            kept.schema
        )),
        Ok(kept) => match now(scenario, interrupt)? {
            Some(now) => difference(&kept, &now),
            None => return Ok(None),
        },
        Err(error) => Some(format!("{FILE} cannot be read: {error}")),
    };
    Ok(Some(Part {
        subject: "scan".to_owned(),
        ok: detail.is_none(),
        runs: 1,
        wrong: u32::from(detail.is_some()),
        busy: 0,
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
    let is_named = |line: &&String| {
        let rule = line.trim_end_matches(SECOND_TIER).rsplit(' ').next();
        rules.iter().any(|named| Some(named.as_str()) == rule)
    };
    let is_shown = |line: &&String| !line.ends_with(SECOND_TIER);
    let of = |tree: &str| golden.findings.get(tree).map_or(&[][..], Vec::as_slice);
    let (shown, unsure): (Vec<&String>, Vec<&String>) =
        of("vulnerable").iter().filter(is_named).partition(is_shown);
    let in_fixes: Vec<&String> = golden
        .findings
        .iter()
        .filter(|(tree, _)| *tree != "vulnerable")
        .flat_map(|(_, lines)| lines)
        .filter(is_shown)
        .collect();
    let (alarms, beside): (Vec<&String>, Vec<&String>) = in_fixes.into_iter().partition(is_named);
    let text = match (shown.is_empty(), unsure.is_empty()) {
        (false, _) => format!("Our own scan finds it: {}.", quoted(&shown)),
        (true, false) => format!(
            "Our own scan finds it with `--all` alone, among what it is less sure of: {}.",
            quoted(&unsure)
        ),
        (true, true) => {
            let rules: Vec<String> = rules.iter().map(|rule| format!("`{rule}`")).collect();
            format!(
                "Our own scan does not find it here (it would be {}): what no tool reports can be there all the same.",
                rules.join(" or ")
            )
        }
    };
    let in_fixes = match alarms.len() {
        0 if shown.is_empty() => String::new(),
        0 => NO_LONGER.trim_end().to_owned(),
        n => format!(
            " It also reports {} in the reference fixes, which hold: there it is a false alarm.",
            trueline_report::counted(n as u64, "line")
        ),
    };
    let beside = if beside.is_empty() {
        String::new()
    } else {
        format!(
            " About something else it reports in a fix that holds: {}.",
            quoted(&beside)
        )
    };
    format!("{text}{in_fixes}{beside}\n")
}

/// The same for an answer that is fixed, with what is still found in it of what the reference fixes are free of.
pub(super) fn told_of(scenario: &Scenario, answer: &Tree, interrupt: &AtomicBool) -> String {
    let text = told(scenario);
    if !text.ends_with(NO_LONGER) {
        return text;
    }
    let found = match scan(&scenario.submission(answer), interrupt) {
        Ok(found) => found,
        Err(error) => return format!("{text}It could not be run on yours: {error:#}.\n"),
    };
    let rules = &scenario.definition.rules;
    let still: Vec<&String> = found
        .iter()
        .filter(|line| {
            let rule = line.rsplit(' ').next();
            rules.iter().any(|named| Some(named.as_str()) == rule)
        })
        .collect();
    if still.is_empty() {
        return text;
    }
    format!(
        "{} **In yours it still finds {}.** No exploit here got through, and these try some ways, not all: look again whether your fix closes the way, or only what was tried.\n",
        text.trim_end(),
        quoted(&still)
    )
}

/// The end of what is told where a reference fix is free of the rule.
const NO_LONGER: &str = " In a fix that holds it no longer does.\n";

fn quoted(lines: &[&String]) -> String {
    let lines: Vec<String> = lines
        .iter()
        .map(|line| format!("`{}`", line.trim_end_matches(SECOND_TIER)))
        .collect();
    lines.join(", ")
}

/// What is found now. None where it was interrupted: a part of a scan is no golden file, and no difference from one.
fn now(scenario: &Scenario, interrupt: &AtomicBool) -> Result<Option<Golden>> {
    let mut findings = BTreeMap::new();
    findings.insert(
        "vulnerable".to_owned(),
        scan(&scenario.vulnerable(), interrupt)?,
    );
    for (name, tree) in scenario.references() {
        findings.insert(format!("fixes/{name}"), scan(&tree, interrupt)?);
    }
    Ok((!interrupt.load(Ordering::SeqCst)).then(|| Golden {
        schema: SCHEMA.to_owned(),
        findings,
    }))
}

fn scan(tree: &Tree, interrupt: &AtomicBool) -> Result<Vec<String>> {
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
        .map(|finding| {
            let tier = match finding.tier {
                Tier::Shown => "",
                Tier::All => SECOND_TIER,
            };
            format!(
                "{}:{} {}{tier}",
                finding.location.path, finding.location.start.line, finding.rule
            )
        })
        .collect();
    lines.sort();
    lines.dedup();
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use trueline_scenarios::Catalogue;

    use super::*;

    /// The exercises are a regression set of the scanner: what it finds in them changes only together with this.
    #[test]
    fn our_scan_finds_in_each_built_in_exercise_what_is_kept_beside_it() {
        let catalogue = Catalogue::builtin();
        let interrupt = AtomicBool::new(false);
        let wrong: Vec<String> = catalogue
            .scenarios()
            .iter()
            .filter_map(|scenario| {
                let part = compare(scenario, &interrupt).unwrap();
                let detail = part.map_or(Some(format!("{FILE} is missing")), |part| part.detail);
                detail.map(|detail| format!("{}: {detail}", scenario.id))
            })
            .collect();
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        assert!(catalogue.scenarios().len() >= 64);
    }

    #[test]
    fn an_interrupted_scan_is_neither_written_nor_compared() {
        let catalogue = Catalogue::builtin();
        let scenario = catalogue.get("py-sqli-search").unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("py-sqli-search")).unwrap();
        let interrupt = AtomicBool::new(true);
        write(scenario, folder.path(), &interrupt).unwrap();
        assert!(!place(scenario, folder.path()).exists());
        assert_eq!(compare(scenario, &interrupt).unwrap(), None);
        write(scenario, folder.path(), &AtomicBool::new(false)).unwrap();
        assert!(place(scenario, folder.path()).exists());
    }

    #[test]
    fn what_is_still_found_in_an_answer_is_told_and_a_fix_that_holds_is_spared() {
        let catalogue = Catalogue::builtin();
        let scenario = catalogue.get("py-sqli-search").unwrap();
        let interrupt = AtomicBool::new(false);
        let left = told_of(scenario, &scenario.vulnerable(), &interrupt);
        assert!(
            left.contains("**In yours it still finds `app.py:"),
            "{left}"
        );
        for (name, fix) in scenario.references() {
            assert_eq!(
                told_of(scenario, &fix, &interrupt),
                told(scenario),
                "{name}"
            );
        }
    }

    #[test]
    fn a_debrief_says_what_is_found_only_with_all_and_what_is_reported_in_fixes() {
        let catalogue = Catalogue::builtin();
        let of = |id: &str| told(catalogue.get(id).unwrap());
        let formula = of("js-formula-eval");
        assert!(formula.contains("finds it with `--all` alone"), "{formula}");
        let search = of("py-sqli-search");
        assert!(
            search.starts_with("Our own scan finds it: `app.py:"),
            "{search}"
        );
        assert!(
            search.contains("In a fix that holds it no longer does"),
            "{search}"
        );
        let allowlist = of("agent-shell-allowlist");
        assert!(
            allowlist.contains("About something else it reports in a fix that holds: `agent.py:49"),
            "{allowlist}"
        );
    }
}
