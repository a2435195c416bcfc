//! What of a report is worth a line on the first screen: the same choice for every renderer.

use std::collections::BTreeMap;

use trueline_facts::scan::{ScanReport, WeaknessRate};
use trueline_facts::{Diagnostic, Finding, Level, Severity, Tier};

/// Findings that a short form lists.
pub(crate) const WORST: usize = 10;

/// Findings in the wanted tiers, in the order of the report (worst first).
pub(crate) fn findings(report: &ScanReport, all: bool) -> Vec<&Finding> {
    report
        .findings
        .iter()
        .filter(|finding| all || finding.tier == Tier::Shown)
        .collect()
}

/// How many of each severity, worst first, without zeros.
pub(crate) fn severities(findings: &[&Finding]) -> Vec<(Severity, u64)> {
    let mut counts: BTreeMap<Severity, u64> = BTreeMap::new();
    for finding in findings {
        *counts.entry(finding.severity).or_default() += 1;
    }
    counts.into_iter().rev().collect()
}

/// Weaknesses that had every chance to show and did not: sites, all of them clean. Most sites first.
pub(crate) fn done_well(report: &ScanReport) -> Vec<(&WeaknessRate, u64)> {
    let mut clean: Vec<_> = report
        .weaknesses
        .iter()
        .filter(|rate| rate.all().hits == 0)
        // A second-tier finding is a doubt, and a doubt is no praise.
        .filter(|rate| rate.uncertain == 0)
        .map(|rate| (rate, rate.all().of))
        .filter(|(_, sites)| *sites > 0)
        // What a comment or the baseline answers is there, though nobody is told of it again.
        .filter(|(rate, _)| {
            let mut suppressed = report.suppressed.iter();
            rate.answered == 0 && !suppressed.any(|finding| finding.rule == rate.rule)
        })
        // A rule whose sites were not all judged may still have findings in the list.
        .filter(|(rate, _)| {
            !report
                .findings
                .iter()
                .any(|finding| finding.rule == rate.rule)
        })
        .collect();
    clean.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.rule.cmp(&b.0.rule)));
    clean
}

/// Weaknesses with at least one finding at a site, as reported.
pub(crate) fn weak(report: &ScanReport) -> Vec<&WeaknessRate> {
    report
        .weaknesses
        .iter()
        .filter(|rate| rate.all().hits > 0)
        .collect()
}

/// Diagnostics of one code together: the level, the code, how many, and one of them as example.
pub(crate) struct DiagnosticGroup<'a> {
    pub(crate) level: Level,
    pub(crate) code: &'a str,
    pub(crate) members: Vec<&'a Diagnostic>,
}

/// Groups diagnostics by level and code, most severe first, then most frequent.
pub(crate) fn diagnostics(all: &[Diagnostic]) -> Vec<DiagnosticGroup<'_>> {
    let mut groups: BTreeMap<(Level, &str), Vec<&Diagnostic>> = BTreeMap::new();
    for diagnostic in all {
        groups
            .entry((diagnostic.level, diagnostic.code.as_str()))
            .or_default()
            .push(diagnostic);
    }
    let mut groups: Vec<_> = groups
        .into_iter()
        .map(|((level, code), members)| DiagnosticGroup {
            level,
            code,
            members,
        })
        .collect();
    groups.sort_by(|a, b| {
        (b.level, b.members.len())
            .cmp(&(a.level, a.members.len()))
            .then_with(|| a.code.cmp(b.code))
    });
    groups
}
