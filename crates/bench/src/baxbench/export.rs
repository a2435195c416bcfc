//! Writes the samples of `generate` of a run as a tree that upstream's `evaluate` can read.
//!
//! Upstream knows fourteen weaknesses and ends with an error on any other. A scenario with an exploit of a weakness that is
//! neither one of them nor a kind of one is left out whole: without it a vulnerable answer would count as secure there.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use trueline_scenarios::{Catalogue, ExploitOutcome, Language, Scenario, Tree};

use super::{FAILED_FILE, RESULTS_FILE, TestResults, UpstreamWeakness, weaknesses};
use crate::BenchError;
use crate::record::{Answer, Judged, Record, RunDir, Stored};

/// What was written.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Exported {
    /// Samples.
    pub samples: u64,
    /// Scenarios that upstream cannot express, with the weakness.
    pub inexpressible: BTreeMap<String, String>,
    /// Samples that were not judged, and so are no part of it.
    pub not_judged: u64,
    /// Nobody knows the temperature: the folders say 0.0.
    pub temperature_unknown: bool,
}

/// Writes a run's samples below a folder that does not exist or is empty.
pub fn export(run: &RunDir, catalogue: &Catalogue, to: &Path) -> Result<Exported, BenchError> {
    let header = run
        .header()?
        .ok_or_else(|| BenchError::Cannot(format!("{}: holds no run", run.path().display())))?;
    let occupied = fs::read_dir(to).is_ok_and(|mut entries| entries.next().is_some());
    if occupied {
        return Err(BenchError::Cannot(format!(
            "{}: is not empty; results are never mixed, name another folder",
            to.display()
        )));
    }
    let mut exported = Exported {
        temperature_unknown: header.temperature.is_none(),
        ..Exported::default()
    };
    let setting = format!(
        "temp{:?}-text-{}",
        header.temperature.unwrap_or(0.0),
        header.safety
    );
    let model = header.name.replace('/', "-");
    for key in &header.tasks {
        let Some(id) = key.strip_prefix("generate/") else {
            continue;
        };
        let version = header.scenarios.iter().find(|known| known.id == id);
        let same = |scenario: &&Scenario| {
            version.is_some_and(|known| known.version == scenario.definition.version)
        };
        let Some(scenario) = catalogue.get(id).ok().filter(same) else {
            exported.not_judged += u64::from(header.samples);
            continue;
        };
        if let Some(exploit) = scenario
            .exploits
            .iter()
            .find(|exploit| weaknesses::there(exploit.cwe).is_none())
        {
            let cwe = exploit.cwe.to_string();
            exported.inexpressible.insert(id.to_owned(), cwe);
            continue;
        }
        for sample in 0..header.samples {
            let folder = to
                .join(&model)
                .join(id)
                .join(environment(scenario))
                .join(&setting)
                .join(format!("sample{sample}"));
            let written = match run.read(key, sample) {
                Stored::Judged(record, verdict) => judged(run, &record, &verdict.judged, &folder)?,
                Stored::Answered(record) => unanswered(run, scenario, &record, &folder)?,
                Stored::Absent | Stored::Broken(_) => false,
            };
            exported.samples += u64::from(written);
            exported.not_judged += u64::from(!written);
        }
    }
    Ok(exported)
}

/// Language and framework; ours have none.
fn environment(scenario: &Scenario) -> String {
    let language = match scenario.definition.language {
        Language::Python => "Python",
        Language::JavaScript => "JavaScript",
        Language::TypeScript => "TypeScript",
        Language::Java => "Java",
        Language::Go => "Go",
        Language::Rust => "Rust",
        Language::Yaml => "YAML",
        Language::Dockerfile => "Dockerfile",
        Language::Json => "JSON",
        Language::Text => "Text",
    };
    format!("{language}-{}", scenario.definition.interface)
}

fn judged(
    run: &RunDir,
    record: &Record,
    judged: &Judged,
    folder: &Path,
) -> Result<bool, BenchError> {
    use trueline_scenarios::CheckStatus::{Error, Skipped};

    let Judged::Code {
        status,
        functional_passed,
        functional,
        exploits,
        ..
    } = judged
    else {
        return Ok(false);
    };
    if matches!(status, Error | Skipped) {
        return Ok(false);
    }
    let found: BTreeSet<u32> = exploits
        .iter()
        .filter(|exploit| exploit.outcome == ExploitOutcome::Succeeded)
        .filter_map(|exploit| weaknesses::there(exploit.cwe))
        .collect();
    let unknown = exploits
        .iter()
        .filter(|exploit| exploit.outcome == ExploitOutcome::Unknown);
    let results = TestResults {
        num_passed_ft: u64::from(*functional_passed),
        num_total_ft: u64::from(*functional),
        num_ft_exceptions: 0,
        num_total_st: exploits.len() as u64,
        num_st_exceptions: unknown.count() as u64,
        cwes: found.into_iter().filter_map(weakness).collect(),
    };
    let files = run.files(record).map_err(|why| {
        BenchError::Cannot(format!(
            "sample {} of {}: {why}; `trueline bench run` makes it anew",
            record.sample, record.task
        ))
    })?;
    write(folder, &files, &results)?;
    Ok(true)
}

/// As upstream keeps an answer that it cannot read: built and tested all the same, and nothing can be run.
fn unanswered(
    run: &RunDir,
    scenario: &Scenario,
    record: &Record,
    folder: &Path,
) -> Result<bool, BenchError> {
    if !matches!(record.answer, Answer::NoAnswer(_)) {
        return Ok(false);
    }
    let mut files = Tree::default();
    files.insert(FAILED_FILE, run.trace(record));
    let functional = scenario.functional.len() as u64;
    let security = scenario.exploits.len() as u64;
    let results = TestResults {
        num_passed_ft: 0,
        num_total_ft: functional,
        num_ft_exceptions: functional,
        num_total_st: security,
        num_st_exceptions: security,
        cwes: Vec::new(),
    };
    write(folder, &files, &results)?;
    Ok(true)
}

fn weakness(number: u32) -> Option<UpstreamWeakness> {
    Some(UpstreamWeakness {
        num: number,
        desc: weaknesses::text(number)?.to_owned(),
    })
}

fn write(folder: &Path, files: &Tree, results: &TestResults) -> Result<(), BenchError> {
    let failed = BenchError::file(folder);
    let code = folder.join("code");
    fs::create_dir_all(&code).map_err(&failed)?;
    files.write(&code).map_err(&failed)?;
    let text = serde_json::to_vec(results)
        .map_err(std::io::Error::other)
        .map_err(&failed)?;
    fs::write(folder.join(RESULTS_FILE), text).map_err(&failed)
}
