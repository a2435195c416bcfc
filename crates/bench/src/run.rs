//! The run: every sample of every task is asked once and judged once, however often the run is started.
//!
//! Code is judged by the sandboxed check of `scenarios`, with canaries of its own for each sample.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use trueline_facts::bench::{Mode, ScenarioVersion};
use trueline_scenarios::{CheckOptions, CheckStatus, Ground, Tree, check, missing_runtime};

use crate::BenchError;
use crate::adapter::{Adapter, Question};
use crate::record::{
    Answer, ExploitVerdict, Flag, Judged, RECORD_SCHEMA, RUN_SCHEMA, Record, RunDir, RunHeader,
    Stored, sha256,
};
use crate::task::{Prepared, REVIEW_FILE, Safety, Task};

/// Why a sample has no answer when the user stopped the run; it is not recorded.
pub(crate) const INTERRUPTED: &str = "interrupted";
/// After so many questions without one answer it is not the questions: nobody waits for a thousand more.
const MOST_SILENCE: u32 = 20;
/// More findings than that in one small change are none.
const MOST_FLAGS: usize = 1_000;

/// How a run is made.
#[derive(Clone, Copy, Debug)]
pub struct RunOptions<'a> {
    /// Which Trueline.
    pub version: &'a str,
    /// Samples of each task.
    pub samples: u32,
    /// What everything random is drawn from; that of the folder where it holds a run.
    pub seed: Option<u64>,
    /// What is said about security.
    pub safety: Safety,
    /// Ask again where there was no answer: the endpoint was down, a key was missing.
    pub again: bool,
    /// Trials at once in one check.
    pub jobs: usize,
    /// Where code is judged; reviews need none.
    pub ground: Option<&'a Ground>,
    /// Set when the user wants to stop.
    pub interrupt: &'a AtomicBool,
}

/// What happens while a run goes on.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// A sample is begun: how many are done, of how many.
    Begin(&'a str, u32, usize, usize),
    /// A sample cannot be read and was put out of the way; it is made anew.
    SetAside(&'a str, &'a str, &'a PathBuf),
}

/// How a run ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Finished {
    /// All samples are there.
    Whole,
    /// The user stopped it.
    Interrupted,
    /// Answers have cost what they may.
    CostLimit,
    /// Question after question, and not one answer: nothing was measured.
    Silent,
}

/// Runs what is missing.
pub fn run(
    adapter: &Adapter,
    tasks: &[Task<'_>],
    folder: &RunDir,
    options: RunOptions<'_>,
    tell: &dyn Fn(Event<'_>),
) -> Result<Finished, BenchError> {
    let _lock = folder.lock()?;
    let header = open(adapter, tasks, folder, options)?;
    // Where there is not one answer yet nothing was measured: whoever mended the adapter asks all of it again.
    let mut is_silent = !has_answer(folder, &header);
    let again = options.again || is_silent;
    let mut silence = 0;
    let total = tasks.len() * options.samples as usize;
    let mut done = 0;
    let mut cost = 0.0;
    for task in tasks {
        let key = task.key();
        folder.sweep(&key);
        for sample in 0..options.samples {
            if options.interrupt.load(Ordering::SeqCst) {
                return Ok(Finished::Interrupted);
            }
            if adapter.max_cost_usd.is_some_and(|most| cost >= most) {
                return Ok(Finished::CostLimit);
            }
            let stored = match unjudged(folder, folder.read(&key, sample))? {
                Stored::Broken(why) => {
                    let aside = folder.set_aside(&key, sample)?;
                    tell(Event::SetAside(&key, &why, &aside));
                    Stored::Absent
                }
                Stored::Answered(record)
                    if again && matches!(record.answer, Answer::NoAnswer(_)) =>
                {
                    folder.set_aside(&key, sample)?;
                    Stored::Absent
                }
                // Whether it can be asked is looked at anew each time: a runtime may be here by now.
                Stored::Answered(record)
                    if matches!(record.answer, Answer::NotAsked(_))
                        && applicable(task, sample, &header, options).is_ok() =>
                {
                    folder.set_aside(&key, sample)?;
                    Stored::Absent
                }
                // An answer whose files are gone or changed is asked for again.
                Stored::Answered(record) if matches!(record.answer, Answer::Given) => {
                    match folder.files(&record) {
                        Ok(_) => Stored::Answered(record),
                        Err(why) => {
                            let aside = folder.set_aside(&key, sample)?;
                            tell(Event::SetAside(&key, &why, &aside));
                            Stored::Absent
                        }
                    }
                }
                stored => stored,
            };
            let record = match stored {
                Stored::Judged(record, _) => {
                    cost += record.usage.cost_usd.unwrap_or(0.0);
                    done += 1;
                    continue;
                }
                Stored::Answered(record) => {
                    // There is nothing to judge in it.
                    if !matches!(record.answer, Answer::Given) {
                        cost += record.usage.cost_usd.unwrap_or(0.0);
                        done += 1;
                        continue;
                    }
                    tell(Event::Begin(&key, sample, done, total));
                    *record
                }
                Stored::Absent | Stored::Broken(_) => {
                    tell(Event::Begin(&key, sample, done, total));
                    match ask(adapter, task, sample, folder, &header, options)? {
                        Some(record) => record,
                        None => return Ok(Finished::Interrupted),
                    }
                }
            };
            cost += record.usage.cost_usd.unwrap_or(0.0);
            silence += u32::from(matches!(record.answer, Answer::NoAnswer(_)));
            is_silent &= !matches!(record.answer, Answer::Given);
            // Recorded answers cost nobody's time.
            if is_silent && silence >= MOST_SILENCE && adapter.asks_somebody() {
                return Ok(Finished::Silent);
            }
            if matches!(record.answer, Answer::Given) {
                let files = folder.files(&record).map_err(BenchError::Cannot)?;
                let judged = judge(task, &files, &record, options);
                folder.keep_verdict(&record, judged)?;
            }
            done += 1;
        }
    }
    Ok(Finished::Whole)
}

/// Whether an assistant answered anything so far.
fn has_answer(folder: &RunDir, header: &RunHeader) -> bool {
    header.tasks.iter().any(|key| {
        (0..header.samples).any(|sample| match folder.read(key, sample) {
            Stored::Answered(record) | Stored::Judged(record, _) => {
                matches!(record.answer, Answer::Given)
            }
            Stored::Absent | Stored::Broken(_) => false,
        })
    })
}

/// What could not be judged is judged anew each time: the answer is there, and the sandbox or the runtime that was
/// missing may be, too.
fn unjudged(folder: &RunDir, stored: Stored) -> Result<Stored, BenchError> {
    match stored {
        Stored::Judged(record, verdict) if verdict.judged.is_missing() => {
            folder.drop_verdict(&record)?;
            Ok(Stored::Answered(record))
        }
        stored => Ok(stored),
    }
}

/// The header of this run, joined with that of the folder.
fn open(
    adapter: &Adapter,
    tasks: &[Task<'_>],
    folder: &RunDir,
    options: RunOptions<'_>,
) -> Result<RunHeader, BenchError> {
    let before = folder.header()?;
    let mut header = RunHeader {
        schema: RUN_SCHEMA.to_owned(),
        trueline_version: options.version.to_owned(),
        name: adapter.name.clone(),
        demonstration: adapter.demonstration,
        adapter: adapter.word().to_owned(),
        adapter_sha256: adapter.digest.clone(),
        version: adapter.version(),
        temperature: adapter.temperature(),
        seed: options
            .seed
            .or(before.as_ref().map(|before| before.seed))
            .unwrap_or_else(trueline_scenarios::run::random_seed),
        samples: options.samples,
        safety: options.safety.word().to_owned(),
        scenarios: Vec::new(),
        tasks: tasks.iter().map(Task::key).collect(),
    };
    let mut scenarios: BTreeSet<ScenarioVersion> = tasks
        .iter()
        .map(|task| ScenarioVersion {
            id: task.scenario.id.as_str().to_owned(),
            version: task.scenario.definition.version,
        })
        .collect();
    let before = match before {
        // Nothing was measured: whoever mended the adapter begins anew.
        Some(before) if is_another(&before, &header) && !has_answer(folder, &before) => {
            put_aside(folder, &before)?;
            None
        }
        before => before,
    };
    if let Some(before) = before {
        let differs = |what: &str| {
            Err(BenchError::Cannot(format!(
                "{}: holds a run with another {what}; name another --out, so that numbers are not mixed",
                folder.path().display()
            )))
        };
        if before.adapter_sha256 != header.adapter_sha256 || before.name != header.name {
            return differs("adapter");
        }
        if before.version != header.version {
            return differs("version of the assistant");
        }
        if before.seed != header.seed {
            return differs("seed");
        }
        if before.safety != header.safety {
            return differs("--safety");
        }
        for known in &before.scenarios {
            let other = scenarios
                .iter()
                .any(|now| now.id == known.id && now.version != known.version);
            if other {
                return differs(&format!("version of {}", known.id));
            }
        }
        header.samples = header.samples.max(before.samples);
        scenarios.extend(before.scenarios);
        let known: BTreeSet<&String> = header.tasks.iter().collect();
        let mut more: Vec<String> = before
            .tasks
            .into_iter()
            .filter(|task| !known.contains(task))
            .collect();
        header.tasks.append(&mut more);
    }
    header.tasks.sort();
    header.scenarios = scenarios.into_iter().collect();
    folder.write_header(&header)?;
    Ok(header)
}

/// Whether a run was of another assistant.
fn is_another(before: &RunHeader, now: &RunHeader) -> bool {
    (&before.adapter_sha256, &before.name, &before.version)
        != (&now.adapter_sha256, &now.name, &now.version)
}

/// Puts all samples of a run out of the way.
fn put_aside(folder: &RunDir, before: &RunHeader) -> Result<(), BenchError> {
    for key in &before.tasks {
        for sample in 0..before.samples {
            if folder.read(key, sample) != Stored::Absent {
                folder.set_aside(key, sample)?;
            }
        }
    }
    Ok(())
}

/// A seed of its own for each sample, which the same run draws again.
fn sample_seed(seed: u64, key: &str, sample: u32) -> u64 {
    let drawn = Sha256::digest(format!("{seed}/{key}/{sample}"));
    u64::from_be_bytes(std::array::from_fn(|at| drawn[at]))
}

/// Asks and keeps the answer; nothing when the user stopped it.
fn ask(
    adapter: &Adapter,
    task: &Task<'_>,
    sample: u32,
    folder: &RunDir,
    header: &RunHeader,
    options: RunOptions<'_>,
) -> Result<Option<Record>, BenchError> {
    let key = task.key();
    let mut record = Record {
        schema: RECORD_SCHEMA.to_owned(),
        seed: sample_seed(header.seed, &key, sample),
        task: key,
        sample,
        model: None,
        prompt_sha256: None,
        seconds: 0.0,
        usage: crate::record::Usage::default(),
        exit: None,
        said: None,
        answer: Answer::Given,
        channel: None,
        obeyed: None,
        outside_edits: 0,
        files: std::collections::BTreeMap::new(),
    };
    let prepared = match applicable(task, sample, header, options) {
        Ok(prepared) => prepared,
        Err(why) => {
            record.answer = Answer::NotAsked(why);
            folder.keep(&record, &Tree::default(), &[])?;
            return Ok(Some(record));
        }
    };
    record.prompt_sha256 = Some(sha256(prepared.prompt.as_bytes()));
    record.channel = prepared.channel().map(str::to_owned);
    let started = Instant::now();
    let reply = adapter.ask(Question {
        task,
        prepared: &prepared,
        sample,
        timeout: adapter.timeout,
        interrupt: options.interrupt,
    });
    if options.interrupt.load(Ordering::SeqCst) && reply.failure.is_some() {
        return Ok(None);
    }
    let seconds = reply.seconds.unwrap_or(started.elapsed().as_secs_f64());
    record.seconds = (seconds * 1e3).round() / 1e3;
    record.model = reply.model;
    record.usage = reply.usage;
    record.exit = reply.exit;
    record.said = reply.said;
    record.obeyed = reply.obeyed;
    record.outside_edits = reply.outside_edits;
    let files = match reply.failure {
        Some(why) => {
            record.answer = Answer::NoAnswer(why);
            Tree::default()
        }
        None => reply.files,
    };
    record.files = files
        .iter()
        .map(|(path, content)| (path.to_owned(), sha256(content)))
        .collect();
    folder.keep(&record, &files, &reply.trace)?;
    Ok(Some(record))
}

/// The task, or why there is none here.
fn applicable(
    task: &Task<'_>,
    sample: u32,
    header: &RunHeader,
    options: RunOptions<'_>,
) -> Result<Prepared, String> {
    if task.mode != Mode::Review
        && let Some(missing) = missing_runtime(&task.scenario.definition)
    {
        return Err(missing);
    }
    task.prepare(sample, header.seed, options.safety)
        .map_err(|why| format!("not applicable: {why}"))
}

fn judge(task: &Task<'_>, files: &Tree, record: &Record, options: RunOptions<'_>) -> Judged {
    if task.mode == Mode::Review {
        return match flags(files.get(REVIEW_FILE).unwrap_or_default()) {
            Ok(flags) => Judged::Review { flags },
            Err(reason) => Judged::Unreadable { reason },
        };
    }
    let Some(ground) = options.ground else {
        return Judged::Code {
            status: CheckStatus::Skipped,
            functional_passed: 0,
            functional: 0,
            failed: Vec::new(),
            exploits: Vec::new(),
            changed_lines: 0,
            message: Some("nowhere to run code".to_owned()),
        };
    };
    let submission = task.scenario.submission(files);
    let report = check(
        task.scenario,
        &submission,
        CheckOptions {
            ground,
            seed: record.seed,
            jobs: options.jobs,
        },
    );
    Judged::Code {
        status: report.status,
        functional_passed: report.functional.iter().filter(|test| test.pass).count() as u32,
        functional: report.functional.len() as u32,
        failed: report
            .functional
            .iter()
            .filter(|test| !test.pass)
            .map(|test| test.name.clone())
            .collect(),
        exploits: report
            .exploits
            .iter()
            .map(|exploit| ExploitVerdict {
                name: exploit.name.clone(),
                cwe: exploit.cwe,
                outcome: exploit.outcome,
            })
            .collect(),
        changed_lines: crate::task::changed_lines(
            &task.scenario.vulnerable(),
            &submission,
            &task.scenario.definition.editable,
        ),
        message: report.message,
    }
}

#[derive(Deserialize)]
struct Review {
    findings: Vec<Finding>,
}

#[derive(Deserialize)]
struct Finding {
    path: String,
    start: u32,
    #[serde(default)]
    end: Option<u32>,
    #[serde(default)]
    cwe: Option<serde_json::Value>,
}

/// What a review flagged.
fn flags(text: &[u8]) -> Result<Vec<Flag>, String> {
    let review: Review = serde_json::from_slice(text)
        .map_err(|error| format!("{REVIEW_FILE} cannot be read: {error}"))?;
    if review.findings.len() > MOST_FLAGS {
        return Err(format!("{REVIEW_FILE} holds more than 1,000 findings"));
    }
    let flag = |finding: Finding| Flag {
        path: finding.path.trim_start_matches("b/").to_owned(),
        start: finding.start,
        end: finding.end.unwrap_or(finding.start).max(finding.start),
        // 89, "89" and "CWE-89" say the same.
        cwe: finding.cwe.and_then(|cwe| match cwe {
            serde_json::Value::Number(number) => number.as_u64()?.try_into().ok(),
            serde_json::Value::String(text) => text
                .trim_start_matches(|c: char| !c.is_ascii_digit())
                .parse()
                .ok(),
            _ => None,
        }),
    };
    Ok(review.findings.into_iter().map(flag).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_review_is_read_with_what_people_write_for_a_weakness() -> Result<(), String> {
        let text = br#"{"findings":[{"path":"b/a.py","start":3,"cwe":"CWE-89"},{"path":"a.py","start":5,"end":2,"cwe":22}]}"#;
        let read = flags(text)?;
        assert_eq!(
            (read[0].path.as_str(), read[0].end, read[0].cwe),
            ("a.py", 3, Some(89))
        );
        assert_eq!((read[1].end, read[1].cwe), (5, Some(22)));
        assert!(flags(b"[]").is_err() && flags(b"{").is_err());
        assert!(flags(b"{\"findings\":[{\"path\":\"a\",\"start\":-1}]}").is_err());
        Ok(())
    }

    #[test]
    fn each_sample_has_a_seed_of_its_own() {
        let seeds: BTreeSet<u64> = (0..50)
            .flat_map(|sample| ["repair/a", "repair/b"].map(|key| sample_seed(1, key, sample)))
            .collect();
        assert_eq!(seeds.len(), 100);
    }
}
