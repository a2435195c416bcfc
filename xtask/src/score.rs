//! `cargo xtask score SARIF TRUTH`: any tool's SARIF against a table of labelled cases.
//!
//! Truth is CSV in the order of the OWASP benchmarks: `case,category,vulnerable,cwe`. A case is
//! flagged if one of its results has a CWE of the row's family; a result of another family in the
//! same file earns nothing. Printed per category: TP, FN, FP, TN, rates, Youden's J and precision;
//! then J over categories (macro) and over cases (micro).

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, Result, bail};

/// Weaknesses that are the same to a reader of results, by category of the OWASP benchmarks.
const FAMILIES: &[(&str, &[u32])] = &[
    ("cmdi", &[77, 78, 88]),
    ("codeinj", &[94, 95, 96, 98, 913]),
    ("xss", &[79, 80, 81, 83, 87, 116, 1336]),
    ("sqli", &[89, 564, 943]),
    ("ldapi", &[90]),
    ("xpathi", &[643, 91, 652]),
    ("pathtraver", &[22, 23, 29, 35, 36, 38, 73, 99, 641, 706]),
    ("deserialization", &[502, 915]),
    ("hash", &[326, 327, 328, 916, 759, 760]),
    ("crypto", &[326, 327, 329, 696, 780]),
    (
        "weakrand",
        &[330, 331, 332, 335, 336, 338, 339, 340, 342, 1204],
    ),
    ("securecookie", &[614, 1004, 311, 319, 1275, 315]),
    ("trustbound", &[501]),
    ("redirect", &[601]),
    ("xxe", &[611, 776, 827]),
    ("ssrf", &[918, 441]),
    ("csrf", &[352]),
    ("hardcoded", &[259, 321, 798, 547, 522, 256, 257]),
];

/// Which part of the cases to score, by the parity of the last number in their name.
#[derive(clap::ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Half {
    All,
    Odd,
    Even,
}

struct Case {
    name: String,
    category: String,
    vulnerable: bool,
    cwe: u32,
}

#[derive(Clone, Copy, Default)]
struct Counts {
    tp: u64,
    fn_: u64,
    fp: u64,
    tn: u64,
}

impl Counts {
    const fn add(&mut self, vulnerable: bool, flagged: bool) {
        match (vulnerable, flagged) {
            (true, true) => self.tp += 1,
            (true, false) => self.fn_ += 1,
            (false, true) => self.fp += 1,
            (false, false) => self.tn += 1,
        }
    }

    fn tpr(self) -> f64 {
        share(self.tp, self.tp + self.fn_)
    }

    fn fpr(self) -> f64 {
        share(self.fp, self.fp + self.tn)
    }

    fn print(self, name: &str) {
        println!(
            "{name:<18}{:>5}{:>5}{:>5}{:>5}{:>8.1}{:>8.1}{:>8.1}{:>10.1}",
            self.tp,
            self.fn_,
            self.fp,
            self.tn,
            self.tpr(),
            self.fpr(),
            self.tpr() - self.fpr(),
            share(self.tp, self.tp + self.fp)
        );
    }
}

fn share(part: u64, of: u64) -> f64 {
    if of == 0 {
        return 0.0;
    }
    100.0 * part as f64 / of as f64
}

/// Scores a log.
pub(crate) fn run(sarif: &Path, truth: &Path, half: Half) -> Result<()> {
    let cases: Vec<Case> = cases(truth)?
        .into_iter()
        .filter(|case| match half {
            Half::All => true,
            Half::Odd => !number(&case.name).is_multiple_of(2),
            Half::Even => number(&case.name).is_multiple_of(2),
        })
        .collect();
    if cases.is_empty() {
        bail!("{}: no cases", truth.display());
    }
    let names: BTreeSet<&str> = cases.iter().map(|c| c.name.as_str()).collect();
    let (found, unmatched) = results(sarif, &names)?;

    let mut categories: BTreeMap<&str, Counts> = BTreeMap::new();
    let mut micro = Counts::default();
    for case in &cases {
        let flagged = found
            .get(&case.name)
            .is_some_and(|cwes| cwes.iter().any(|cwe| same_family(case, *cwe)));
        categories
            .entry(&case.category)
            .or_default()
            .add(case.vulnerable, flagged);
        micro.add(case.vulnerable, flagged);
    }
    println!(
        "{:<18}{:>5}{:>5}{:>5}{:>5}{:>8}{:>8}{:>8}{:>10}",
        "category", "TP", "FN", "FP", "TN", "TPR", "FPR", "J", "precision"
    );
    let mut rates = Vec::new();
    for (name, counts) in &categories {
        counts.print(name);
        if counts.tp + counts.fn_ > 0 && counts.fp + counts.tn > 0 {
            rates.push((counts.tpr(), counts.fpr()));
        }
    }
    micro.print("all (micro)");
    let mean = |pick: fn(&(f64, f64)) -> f64| {
        rates.iter().map(pick).sum::<f64>() / rates.len().max(1) as f64
    };
    println!(
        "macro over {} categories with both classes: TPR {:.1}, FPR {:.1}, J {:.1}",
        rates.len(),
        mean(|r| r.0),
        mean(|r| r.1),
        mean(|r| r.0 - r.1)
    );
    println!("results outside of the cases: {unmatched}");
    Ok(())
}

fn cases(path: &Path) -> Result<Vec<Case>> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("{} could not be read", path.display()))?;
    text.lines()
        .zip(1..)
        .filter(|(line, _)| !line.trim().is_empty() && !line.starts_with('#'))
        .map(|(line, at)| {
            let row: Vec<&str> = line.split(',').map(str::trim).collect();
            let [name, category, vulnerable, cwe, ..] = row.as_slice() else {
                bail!("{}:{at}: want case,category,vulnerable,cwe", path.display());
            };
            Ok(Case {
                name: (*name).to_owned(),
                category: (*category).to_owned(),
                vulnerable: *vulnerable == "true",
                cwe: cwe
                    .parse()
                    .with_context(|| format!("{}:{at}: `{cwe}` is no CWE", path.display()))?,
            })
        })
        .collect()
}

/// The CWEs found in each case, and how many results belong to none.
fn results(path: &Path, names: &BTreeSet<&str>) -> Result<(BTreeMap<String, BTreeSet<u32>>, u64)> {
    let bytes =
        std::fs::read(path).with_context(|| format!("{} could not be read", path.display()))?;
    let imported = trueline_sarif::read(&bytes, b"")
        .with_context(|| format!("{} is no SARIF log", path.display()))?;
    let mut found: BTreeMap<String, BTreeSet<u32>> = BTreeMap::new();
    let mut unmatched = 0;
    for finding in imported.findings {
        let path = finding.location.path.to_string();
        let case = path
            .split('/')
            .map(|part| part.split('.').next().unwrap_or(part))
            .find(|stem| names.contains(stem));
        match case {
            Some(case) => found
                .entry(case.to_owned())
                .or_default()
                .extend(finding.cwe.iter().map(|c| c.0)),
            None => unmatched += 1,
        }
    }
    Ok((found, unmatched))
}

fn same_family(case: &Case, cwe: u32) -> bool {
    let by_name: Vec<_> = FAMILIES
        .iter()
        .filter(|(name, _)| *name == case.category)
        .collect();
    if by_name.is_empty() {
        return cwe == case.cwe
            || FAMILIES
                .iter()
                .any(|(_, family)| family.contains(&case.cwe) && family.contains(&cwe));
    }
    by_name.iter().any(|(_, family)| family.contains(&cwe))
}

/// The digits at the end of a case's name.
fn number(name: &str) -> u64 {
    let digits: String = name
        .chars()
        .rev()
        .take_while(char::is_ascii_digit)
        .collect::<Vec<_>>()
        .into_iter()
        .rev()
        .collect();
    digits.parse().unwrap_or(0)
}
