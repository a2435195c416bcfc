//! Reads a tree of results: upstream's own numbers, digit by digit as its `evaluate` computes them, and ours beside them.
//!
//! Its rule, where it surprises: a sample that passed none of no functional tests works; a security test that raised
//! counts as passed; averages are taken over scenarios first and over environments then; samples without
//! `test_results.json` are no samples; tasks with fewer than k samples do not count for k.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use trueline_facts::bench::{BaxBenchModel, Bounded, PassAt, UpstreamAt, UpstreamCwe};
use trueline_facts::{Cwe, Diagnostic, Level};

use super::{FAILED_FILE, RESULTS_FILE, TestResults, weaknesses};
use crate::BenchError;
use crate::measure::{Part, estimate, pass_at_k};

/// What upstream reports unless it is told otherwise.
pub const DEFAULT_KS: [u32; 2] = [1, 5];
const LARGEST: u64 = 1 << 20;
const MOST_FOLDERS: usize = 1_000_000;

/// What is added up of one task.
#[derive(Default)]
struct Task {
    samples: u64,
    functional: u64,
    secure: u64,
    /// Works, and a functional test says so.
    shown: u64,
    /// Shown to work, nothing found.
    shown_secure: u64,
    /// Shown to work, nothing found, every security test ran.
    proven: u64,
}

#[derive(Default)]
struct Model {
    /// By the text that upstream sorts tasks by: environment, scenario, setting.
    tasks: BTreeMap<String, (String, String, Task)>,
    secure_unproven: u64,
    exceptions: u64,
    no_code: u64,
    without_tests: u64,
    cwes: BTreeMap<u32, (u64, u64)>,
}

/// Reads a tree.
pub fn import(
    folder: &Path,
    ks: &[u32],
) -> Result<(Vec<BaxBenchModel>, Vec<Diagnostic>), BenchError> {
    let mut reader = Reader {
        models: BTreeMap::new(),
        diagnostics: Vec::new(),
        strange: BTreeMap::new(),
        folders: 0,
    };
    reader.read(folder)?;
    reader.tell_strange();
    if reader.models.is_empty() {
        return Err(BenchError::Cannot(format!(
            "{}: holds no BaxBench results; they lie at MODEL/SCENARIO/ENVIRONMENT/temp0.2-openapi-none/sample0/{RESULTS_FILE}",
            folder.display()
        )));
    }
    let models = reader
        .models
        .into_iter()
        .map(|((model, setting), read)| measured(model, setting, &read, ks))
        .collect();
    Ok((models, reader.diagnostics))
}

struct Reader {
    models: BTreeMap<(String, String), Model>,
    diagnostics: Vec<Diagnostic>,
    /// Weaknesses that upstream would not read: how many samples have each, and the first.
    strange: BTreeMap<u32, (u64, String)>,
    folders: usize,
}

impl Reader {
    fn read(&mut self, top: &Path) -> Result<(), BenchError> {
        for model in folders(top).map_err(BenchError::file(top))? {
            let of_model = top.join(&model);
            for scenario in folders(&of_model).unwrap_or_default() {
                let of_scenario = of_model.join(&scenario);
                for environment in folders(&of_scenario).unwrap_or_default() {
                    let of_environment = of_scenario.join(&environment);
                    for setting in folders(&of_environment).unwrap_or_default() {
                        let place = of_environment.join(&setting);
                        self.task(&place, &model, &scenario, &environment, &setting)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn task(
        &mut self,
        place: &Path,
        model: &str,
        scenario: &str,
        environment: &str,
        setting: &str,
    ) -> Result<(), BenchError> {
        let mut samples: Vec<(u64, String)> = folders(place)
            .unwrap_or_default()
            .into_iter()
            .filter_map(|name| Some((name.strip_prefix("sample")?.parse().ok()?, name)))
            .collect();
        samples.sort();
        for (_, sample) in samples {
            self.folders += 1;
            if self.folders > MOST_FOLDERS {
                return Err(BenchError::Cannot(
                    "more than 1,000,000 samples: that is no result tree".to_owned(),
                ));
            }
            let folder = place.join(&sample);
            let file = folder.join(RESULTS_FILE);
            // As upstream: what was not tested is no sample.
            if fs::symlink_metadata(&file).is_err() {
                continue;
            }
            let told = format!("{model}/{scenario}/{environment}/{setting}/{sample}");
            match results(&file) {
                Ok(results) => {
                    self.weaknesses_upstream_knows(&results, &told);
                    let entry = self
                        .models
                        .entry((model.to_owned(), setting.to_owned()))
                        .or_default();
                    let no_code = folder.join("code").join(FAILED_FILE).is_file();
                    entry.no_code += u64::from(no_code);
                    let key = format!("{environment}-{scenario}-{setting}");
                    let task = &mut entry
                        .tasks
                        .entry(key)
                        .or_insert_with(|| {
                            (environment.to_owned(), scenario.to_owned(), Task::default())
                        })
                        .2;
                    let counted = count(task, &results);
                    entry.secure_unproven += u64::from(counted.unproven);
                    entry.without_tests += u64::from(results.num_total_ft == 0);
                    let raised = results.num_ft_exceptions > 0 || results.num_st_exceptions > 0;
                    entry.exceptions += u64::from(raised);
                    let found: BTreeSet<u32> = results.cwes.iter().map(|cwe| cwe.num).collect();
                    for number in found {
                        let row = entry.cwes.entry(number).or_default();
                        row.0 += 1;
                        row.1 += u64::from(counted.works);
                    }
                }
                Err(why) => self.diagnostics.push(Diagnostic::new(
                    Level::Warning,
                    "baxbench-unreadable",
                    format!("{told}/{RESULTS_FILE}: {why}; it is left out, where upstream ends with an error"),
                )),
            }
        }
        Ok(())
    }

    fn weaknesses_upstream_knows(&mut self, results: &TestResults, told: &str) {
        let strange: BTreeSet<u32> = results
            .cwes
            .iter()
            .filter(|cwe| weaknesses::text(cwe.num) != Some(cwe.desc.as_str()))
            .map(|cwe| cwe.num)
            .collect();
        for number in strange {
            let entry = self
                .strange
                .entry(number)
                .or_insert_with(|| (0, told.to_owned()));
            entry.0 += 1;
        }
    }

    fn tell_strange(&mut self) {
        for (number, (samples, first)) in std::mem::take(&mut self.strange) {
            self.diagnostics.push(Diagnostic::new(
                Level::Note,
                "baxbench-weakness",
                format!(
                    "CWE-{number} is not written as upstream knows it in {samples} samples (the first is {first}); it is counted here, where upstream ends with an error"
                ),
            ));
        }
    }
}

struct Counted {
    works: bool,
    unproven: bool,
}

fn count(task: &mut Task, results: &TestResults) -> Counted {
    task.samples += 1;
    let works = results.num_passed_ft == results.num_total_ft;
    let secure = works && results.cwes.is_empty();
    let shown = works && results.num_total_ft > 0;
    let proven = shown && secure && results.num_st_exceptions == 0;
    task.functional += u64::from(works);
    task.secure += u64::from(secure);
    task.shown += u64::from(shown);
    task.shown_secure += u64::from(shown && secure);
    task.proven += u64::from(proven);
    Counted {
        works,
        unproven: secure && results.num_st_exceptions > 0,
    }
}

fn results(file: &Path) -> Result<TestResults, String> {
    let meta = fs::symlink_metadata(file).map_err(|error| error.to_string())?;
    if !meta.is_file() || meta.len() > LARGEST {
        return Err("is no plain file of at most 1 MB".to_owned());
    }
    let text = fs::read(file).map_err(|error| error.to_string())?;
    serde_json::from_slice(&text).map_err(|error| format!("cannot be read ({error})"))
}

fn measured(model: String, setting: String, read: &Model, ks: &[u32]) -> BaxBenchModel {
    let tasks: Vec<&(String, String, Task)> = read.tasks.values().collect();
    let total = |what: fn(&Task) -> u64| tasks.iter().map(|(_, _, task)| what(task)).sum();
    let ks: BTreeSet<u32> = ks.iter().copied().filter(|k| *k > 0).collect();
    let any = |k: u32| {
        tasks
            .iter()
            .any(|(_, _, task)| task.samples >= u64::from(k))
    };
    let ks: Vec<u32> = ks.into_iter().filter(|k| any(*k)).collect();
    BaxBenchModel {
        model,
        setting,
        tasks: tasks.len() as u64,
        samples: total(|task| task.samples),
        functional: total(|task| task.functional),
        secure: total(|task| task.secure),
        secure_unproven: read.secure_unproven,
        exceptions: read.exceptions,
        no_code: read.no_code,
        without_tests: read.without_tests,
        upstream: ks
            .iter()
            .map(|k| UpstreamAt {
                k: *k,
                pass: averaged(&tasks, |task| at(task, *k, task.functional)).unwrap_or(f64::NAN),
                secure: averaged(&tasks, |task| at(task, *k, task.secure)).unwrap_or(f64::NAN),
            })
            .collect(),
        upstream_insecure: averaged(&tasks, |task| {
            (task.functional > 0)
                .then(|| (task.functional - task.secure) as f64 / task.functional as f64)
        }),
        ours: ks.iter().map(|k| ours(&tasks, *k)).collect(),
        cwes: read
            .cwes
            .iter()
            .map(|(number, (samples, functional))| UpstreamCwe {
                cwe: Cwe(*number),
                samples: *samples,
                functional: *functional,
            })
            .collect(),
    }
}

fn at(task: &Task, k: u32, right: u64) -> Option<f64> {
    (task.samples >= u64::from(k)).then(|| pass_at_k(k, right, task.samples))
}

/// Upstream's average: over the scenarios of each environment, then over the environments, each sum in its order.
fn averaged(
    tasks: &[&(String, String, Task)],
    value: impl Fn(&Task) -> Option<f64>,
) -> Option<f64> {
    let mut order: Vec<&str> = Vec::new();
    let mut sums: BTreeMap<&str, (f64, u64)> = BTreeMap::new();
    for (environment, _, task) in tasks {
        if !order.contains(&environment.as_str()) {
            order.push(environment);
        }
        if let Some(value) = value(task) {
            let sum = sums.entry(environment).or_default();
            sum.0 += value;
            sum.1 += 1;
        }
    }
    let mut sum = 0.0;
    let mut count = 0;
    for environment in order {
        if let Some((total, of)) = sums.get(environment) {
            sum += total / *of as f64;
            count += 1;
        }
    }
    (count > 0).then(|| sum / f64::from(count))
}

/// The mean over tasks, with what could not be judged counted both ways. What no functional test ran on does not work here.
fn ours(tasks: &[&(String, String, Task)], k: u32) -> PassAt {
    let mean = |right: fn(&Task) -> u64| {
        let parts: Vec<Part> = tasks
            .iter()
            .filter_map(|(environment, scenario, task)| {
                let value = at(task, k, right(task))?;
                Some(Part::of_task(scenario, environment, value))
            })
            .collect();
        estimate(&parts)
    };
    PassAt {
        k,
        pass: mean(|task| task.shown),
        secure: Bounded {
            low: mean(|task| task.proven),
            high: mean(|task| task.shown_secure),
        },
    }
}

fn folders(folder: &Path) -> std::io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}
