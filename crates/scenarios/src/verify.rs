//! Proves a scenario by machine: what is vulnerable is exploited, each fix is clean, each wrong fix and each mutant is
//! rejected for its reason. A scenario that is not proven teaches nothing.

mod unfinished;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use schemars::JsonSchema;
use serde::Serialize;

use crate::format::{Definition, Fails, Interface};
use crate::result::{CheckReport, CheckStatus, ExploitOutcome, FunctionalResult};
use crate::run::{
    CheckOptions, Found, Ground, GroundError, NotBuilt, Subject, Work, check_and_pace,
    missing_runtime, prepare, random_seed, shim,
};
use crate::scenario::Scenario;
use crate::tree::Tree;

pub use self::unfinished::unfinished;

/// The schema of the document of a proof.
pub const SCHEMA: &str = "trueline.verify/1";
/// How often `--full` repeats each part.
pub const FULL_REPEATS: u32 = 20;

/// How a proof ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProofStatus {
    /// All parts are as they must be.
    Proven,
    /// A part is not.
    Wrong,
    /// Of a part nothing is known, because this machine was too busy; no other is wrong.
    Busy,
    /// A runtime is missing.
    Skipped,
}

/// One part of a proof.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct Part {
    /// What was tried: `vulnerable`, `reference`, `distractor escape-quotes`, `mutant empty` …
    pub subject: String,
    /// Whether it was as it must be, each time.
    pub ok: bool,
    /// How often it was tried, and how often it was wrong.
    pub runs: u32,
    /// How often it was wrong.
    pub wrong: u32,
    /// How often nothing is known, because time ran out while this machine was too busy.
    #[serde(default, skip_serializing_if = "is_none")]
    pub busy: u32,
    /// What was wrong the first time, or else how busy it was.
    pub detail: Option<String>,
    /// The longest run.
    pub ms: u64,
}

/// The proof of a scenario.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct Proof {
    /// [`SCHEMA`].
    pub schema: &'static str,
    /// The scenario.
    pub scenario: String,
    /// Its version.
    pub version: u32,
    /// How it ended.
    pub status: ProofStatus,
    /// Its parts.
    pub parts: Vec<Part>,
    /// Why it was skipped.
    pub message: Option<String>,
    /// Milliseconds that it took.
    pub ms: u64,
}

/// The proofs of several scenarios, counted.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct Proofs {
    /// [`SCHEMA`].
    pub schema: &'static str,
    /// How many are proven.
    pub proven: u64,
    /// How many are not.
    pub wrong: u64,
    /// How many this machine was too busy for: nothing is said of them.
    pub busy: u64,
    /// How many miss a runtime.
    pub skipped: u64,
    /// Scenarios that cannot be read, each with the reason.
    pub malformed: Vec<String>,
    /// The proofs.
    pub proofs: Vec<Proof>,
    /// Scenarios that were not proven to their end, because the run was interrupted: nothing is known of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub interrupted: Vec<String>,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes the field by reference"
)]
const fn is_none(count: &u32) -> bool {
    *count == 0
}

/// How proofs are made.
#[derive(Clone, Copy, Debug)]
pub struct ProofOptions<'a> {
    /// Where.
    pub ground: &'a Ground,
    /// Trials at once.
    pub jobs: usize,
    /// How often each part is repeated.
    pub repeats: u32,
    /// Set when the user wants to stop.
    pub interrupt: &'a AtomicBool,
}

/// How a part of a proof came out.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Came {
    /// As it must.
    Right,
    /// Otherwise, and how.
    Wrong(String),
    /// Time ran out, and this machine was so busy that nobody knows whose fault that is.
    Busy(String),
}

impl Came {
    /// Where the machine was too busy nothing is wrong, and nothing is rejected for its reason either.
    fn of(wrong: Option<String>, busy: Option<String>) -> Self {
        match (busy, wrong) {
            (Some(busy), _) => Self::Busy(busy),
            (None, Some(wrong)) => Self::Wrong(wrong),
            (None, None) => Self::Right,
        }
    }
}

/// Why a proof ends before its end.
enum Ending {
    Ground(GroundError),
    Interrupted,
}

impl From<GroundError> for Ending {
    fn from(error: GroundError) -> Self {
        Self::Ground(error)
    }
}

/// Proves a scenario. `progress` gets the name of each part before it is tried. None where it was interrupted: what
/// ran meanwhile may have been interrupted, too, and proves nothing.
pub fn prove(
    scenario: &Scenario,
    options: ProofOptions<'_>,
    progress: &dyn Fn(&str),
) -> Option<Proof> {
    let started = Instant::now();
    let mut proof = Proof {
        schema: SCHEMA,
        scenario: scenario.id.as_str().to_owned(),
        version: scenario.definition.version,
        status: ProofStatus::Proven,
        parts: Vec::new(),
        message: missing_runtime(&scenario.definition),
        ms: 0,
    };
    if proof.message.is_none() {
        let mut prover = Prover {
            scenario,
            options,
            progress,
            parts: Vec::new(),
        };
        match prover.all() {
            Ok(()) => proof.parts = prover.parts,
            Err(Ending::Interrupted) => return None,
            Err(Ending::Ground(GroundError::Missing(why))) => proof.message = Some(why),
            Err(Ending::Ground(error)) => {
                proof.parts = prover.parts;
                proof.parts.push(Part {
                    subject: "this machine".to_owned(),
                    ok: false,
                    runs: 1,
                    wrong: 1,
                    busy: 0,
                    detail: Some(error.to_string()),
                    ms: 0,
                });
            }
        }
    }
    if proof.message.is_some() {
        proof.status = ProofStatus::Skipped;
    } else if proof.parts.iter().any(|part| part.wrong > 0) {
        proof.status = ProofStatus::Wrong;
    } else if proof.parts.iter().any(|part| part.busy > 0) {
        proof.status = ProofStatus::Busy;
    }
    proof.ms = millis(started);
    Some(proof)
}

fn millis(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}

struct Prover<'a> {
    scenario: &'a Scenario,
    options: ProofOptions<'a>,
    progress: &'a dyn Fn(&str),
    parts: Vec<Part>,
}

impl Prover<'_> {
    fn all(&mut self) -> Result<(), Ending> {
        let scenario = self.scenario;
        let vulnerable = scenario.vulnerable();
        self.part("vulnerable", self.options.repeats, |this| {
            this.whole(&vulnerable, wrong_as_vulnerable)
        })?;
        let references = scenario.references();
        for (name, tree) in &references {
            self.part(name, self.options.repeats, |this| {
                this.whole(tree, wrong_as_fix)
            })?;
        }
        for distractor in &scenario.definition.distractors {
            let tree = scenario.distractor(&distractor.name);
            let subject = format!("distractor {}", distractor.name);
            self.part(&subject, self.options.repeats, |this| {
                this.distractor(&tree, &distractor.fails)
            })?;
        }
        if let Some((_, reference)) = references.first() {
            for (name, subject) in mutants(scenario, reference) {
                self.part(&format!("mutant {name}"), 1, |this| match &subject {
                    Ok(subject) => this.mutant(subject, is_declared(scenario, &name)),
                    Err(why) => Ok(Came::Wrong(why.clone())),
                })?;
            }
        }
        Ok(())
    }

    /// Tries a part so many times.
    fn part(
        &mut self,
        subject: &str,
        runs: u32,
        try_it: impl Fn(&Self) -> Result<Came, GroundError>,
    ) -> Result<(), Ending> {
        (self.progress)(subject);
        let mut part = Part {
            subject: subject.to_owned(),
            ok: true,
            runs,
            wrong: 0,
            busy: 0,
            detail: None,
            ms: 0,
        };
        let mut too_busy = None;
        for _ in 0..runs {
            let started = Instant::now();
            let tried = try_it(self);
            if self.options.interrupt.load(Ordering::SeqCst) {
                return Err(Ending::Interrupted);
            }
            match tried? {
                Came::Right => {}
                Came::Wrong(wrong) => {
                    part.wrong += 1;
                    part.detail.get_or_insert(wrong);
                }
                Came::Busy(how) => {
                    part.busy += 1;
                    too_busy.get_or_insert(how);
                }
            }
            part.ms = part.ms.max(millis(started));
        }
        part.ok = part.wrong == 0 && part.busy == 0;
        part.detail = part.detail.or(too_busy);
        self.parts.push(part);
        Ok(())
    }

    fn options(&self) -> CheckOptions<'_> {
        CheckOptions {
            ground: self.options.ground,
            seed: random_seed(),
            jobs: self.options.jobs,
        }
    }

    fn whole(
        &self,
        tree: &Tree,
        wrong: fn(&CheckReport, &Scenario) -> Option<String>,
    ) -> Result<Came, GroundError> {
        let (report, busy) = check_and_pace(self.scenario, tree, self.options());
        if report.status == CheckStatus::Skipped {
            return Err(GroundError::Missing(report.message.unwrap_or_default()));
        }
        if report.status == CheckStatus::Error {
            let message = report.message;
            let why = message.unwrap_or_else(|| "the check failed".to_owned());
            return Ok(Came::Wrong(why));
        }
        Ok(match wrong(&report, self.scenario) {
            // Seen to be as it must be, however long it took.
            None => Came::Right,
            wrong => Came::of(wrong, busy),
        })
    }

    fn distractor(&self, tree: &Tree, fails: &Fails) -> Result<Came, GroundError> {
        let subject = match self.subject(tree)? {
            Ok(subject) => subject,
            Err(not_built) => {
                let why = "it does not compile".to_owned();
                return Ok(Came::of(Some(why), not_built.busy));
            }
        };
        let work = match fails {
            Fails::Functional(_) => Work::Functional {
                stop_at_first_failure: false,
            },
            Fails::Exploit(name) => match self.scenario.exploits.iter().find(|e| e.name == *name) {
                Some(exploit) => Work::Exploit(exploit),
                None => return Ok(Came::Wrong(format!("there is no exploit `{name}`"))),
            },
        };
        for found in subject.trials(self.scenario, &[work], self.options()) {
            let came = rejected_as_declared(fails, found?);
            if came != Came::Right {
                return Ok(came);
            }
        }
        Ok(Came::Right)
    }

    /// Of the mutants that every scenario has one need not compile: an empty file does not. One that is declared
    /// must, or the functional tests would never have seen it.
    fn mutant(&self, subject: &Subject, declared: bool) -> Result<Came, GroundError> {
        let subject = match self.prepared(subject)? {
            Ok(subject) => subject,
            Err(not_built) => {
                let why = || "it does not compile, so that no functional test rejects it";
                return Ok(Came::of(declared.then(|| why().to_owned()), not_built.busy));
            }
        };
        let work = Work::Functional {
            stop_at_first_failure: true,
        };
        for found in subject.trials(self.scenario, &[work], self.options()) {
            let came = rejected(found?);
            if came != Came::Right {
                return Ok(came);
            }
        }
        Ok(Came::Right)
    }

    fn subject(&self, tree: &Tree) -> Result<Result<Subject, NotBuilt>, GroundError> {
        self.prepared(&Subject::new(&self.scenario.definition, tree.clone()))
    }

    /// Compiled, where it has to be.
    fn prepared(&self, subject: &Subject) -> Result<Result<Subject, NotBuilt>, GroundError> {
        let tree = prepare(
            &self.scenario.definition,
            subject.tree.clone(),
            self.options.ground,
        )?;
        Ok(tree.map(|tree| Subject {
            tree,
            program: subject.program.clone(),
        }))
    }
}

/// Whether a wrong fix is rejected for the reason that its author gives.
fn rejected_as_declared(fails: &Fails, found: Found) -> Came {
    let wrong = match fails {
        Fails::Exploit(name) => match &found.exploit {
            // An effect that was seen was seen, however busy the machine was.
            Some(exploit) if exploit.outcome == ExploitOutcome::Succeeded => return Came::Right,
            Some(exploit) => {
                let why = exploit.evidence.as_ref();
                Some(format!(
                    "exploit `{name}` should succeed and is {}{}",
                    exploit.outcome.word(),
                    why.map(|why| format!(": {why}")).unwrap_or_default()
                ))
            }
            None => Some(format!("exploit `{name}` did not run")),
        },
        Fails::Functional(name) => {
            let fails = |test: &FunctionalResult| test.name == *name && !test.pass;
            found.broken.or_else(|| {
                let passes = !found.functional.iter().any(fails);
                passes.then(|| format!("functional test `{name}` should fail and passes"))
            })
        }
    };
    Came::of(wrong, found.busy)
}

/// Whether the functional tests reject a mutant.
fn rejected(found: Found) -> Came {
    let is_accepted = found.functional.iter().all(|test| test.pass);
    let accepted = "all functional tests pass on it; they must reject it";
    let wrong = found
        .broken
        .or_else(|| is_accepted.then(|| accepted.to_owned()));
    Came::of(wrong, found.busy)
}

fn wrong_as_vulnerable(report: &CheckReport, scenario: &Scenario) -> Option<String> {
    if let Some(test) = report.functional.iter().find(|test| !test.pass) {
        return Some(failed(test, report));
    }
    for cwe in &scenario.definition.cwe {
        let of_it: Vec<_> = report.exploits.iter().filter(|e| e.cwe == *cwe).collect();
        if !of_it.iter().any(|e| e.outcome == ExploitOutcome::Succeeded) {
            let told: Vec<String> = of_it.iter().map(|exploit| outcome(exploit)).collect();
            return Some(format!("no exploit of {cwe} succeeds: {}", told.join("; ")));
        }
    }
    None
}

fn wrong_as_fix(report: &CheckReport, _: &Scenario) -> Option<String> {
    if let Some(test) = report.functional.iter().find(|test| !test.pass) {
        return Some(failed(test, report));
    }
    let open: Vec<String> = report
        .exploits
        .iter()
        .filter(|exploit| exploit.outcome != ExploitOutcome::Blocked)
        .map(outcome)
        .collect();
    (!open.is_empty()).then(|| open.join("; "))
}

fn failed(test: &crate::result::FunctionalResult, report: &CheckReport) -> String {
    let mut told = format!(
        "functional test `{}` fails: {}",
        test.name,
        test.msg.as_deref().unwrap_or("no reason told")
    );
    if let Some(output) = &report.output {
        told.push_str("\nthe program printed: ");
        told.push_str(output);
    }
    told
}

fn outcome(exploit: &crate::result::ExploitResult) -> String {
    let why = exploit
        .evidence
        .as_deref()
        .map(|why| format!(" ({why})"))
        .unwrap_or_default();
    format!(
        "exploit `{}` is {}{why}",
        exploit.name,
        exploit.outcome.word()
    )
}

fn is_declared(scenario: &Scenario, name: &str) -> bool {
    let mut declared = scenario.definition.mutants.iter();
    declared.any(|mutant| mutant.name == name)
}

type Mutants = Vec<(String, Result<Subject, String>)>;

/// Those that every scenario has, and those that it declares.
fn mutants(scenario: &Scenario, reference: &Tree) -> Mutants {
    let definition = &scenario.definition;
    let mut all: Mutants = Vec::new();
    let mut emptied = reference.clone();
    for path in &definition.editable {
        emptied.insert(path.clone(), "");
    }
    all.push((
        "empty files".to_owned(),
        Ok(Subject::new(definition, emptied)),
    ));
    for (name, argv) in stand_ins(definition) {
        let subject = Subject::started_by(definition, reference.clone(), argv);
        all.push((name.to_owned(), Ok(subject)));
    }
    for mutant in &definition.mutants {
        let text = reference.text(&mutant.file).unwrap_or_default();
        let subject = match text.matches(&mutant.replace).count() {
            1 => {
                let mut tree = reference.clone();
                tree.insert(
                    mutant.file.clone(),
                    text.replacen(&mutant.replace, &mutant.with, 1),
                );
                Ok(Subject::new(definition, tree))
            }
            times => Err(format!(
                "its text occurs {times} times in {} of the reference; it must occur once",
                mutant.file
            )),
        };
        all.push((mutant.name.clone(), subject));
    }
    all
}

/// Programs that do nothing of what is asked.
fn stand_ins(definition: &Definition) -> Vec<(&'static str, Vec<String>)> {
    let python = |script: &str, arguments: &[String]| -> Vec<String> {
        let start = ["python3", "-I", script].map(str::to_owned);
        start.into_iter().chain(arguments.iter().cloned()).collect()
    };
    let constant = |status: &str| {
        let port = definition.port.unwrap_or_default().to_string();
        python("{shim}/constant.py", &[port, status.to_owned()])
    };
    match definition.interface {
        Interface::Http => vec![
            ("always 500", constant("500")),
            ("always 403", constant("403")),
            ("always 200", constant("200")),
        ],
        Interface::Call => vec![
            ("always raises", shim(definition, "raise")),
            ("always null", shim(definition, "null")),
        ],
        Interface::Agent => vec![("ends at once", python("{shim}/exit.py", &[]))],
        Interface::File => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use trueline_facts::Cwe;

    use super::*;
    use crate::result::ExploitResult;

    fn found(pass: bool, outcome: ExploitOutcome, is_busy: bool) -> Found {
        Found {
            functional: vec![FunctionalResult {
                name: "finds".to_owned(),
                pass,
                msg: None,
                transcript: Vec::new(),
            }],
            exploit: Some(ExploitResult {
                name: "reads".to_owned(),
                cwe: Cwe(22),
                outcome,
                evidence: None,
                transcript: Vec::new(),
            }),
            busy: is_busy.then(|| "this machine was busy".to_owned()),
            ..Found::default()
        }
    }

    fn is_busy(came: &Came) -> bool {
        matches!(came, Came::Busy(_))
    }

    #[test]
    fn a_run_on_a_busy_machine_is_neither_wrong_nor_rejected_for_its_reason() {
        let by_exploit = Fails::Exploit("reads".to_owned());
        let by_test = Fails::Functional("finds".to_owned());
        for pass in [true, false] {
            let unknown = || found(pass, ExploitOutcome::Unknown, true);
            assert!(is_busy(&rejected_as_declared(&by_exploit, unknown())));
            assert!(is_busy(&rejected_as_declared(&by_test, unknown())));
            assert!(is_busy(&rejected(unknown())));
        }
        let seen = found(true, ExploitOutcome::Succeeded, true);
        assert_eq!(rejected_as_declared(&by_exploit, seen), Came::Right);
    }

    #[test]
    fn a_quiet_machine_takes_no_blame() {
        let by_exploit = Fails::Exploit("reads".to_owned());
        let by_test = Fails::Functional("finds".to_owned());
        let idle = |pass, outcome| found(pass, outcome, false);
        let came = rejected_as_declared(&by_exploit, idle(true, ExploitOutcome::Blocked));
        assert!(matches!(came, Came::Wrong(_)), "{came:?}");
        let came = rejected_as_declared(&by_test, idle(true, ExploitOutcome::Blocked));
        assert!(matches!(came, Came::Wrong(_)), "{came:?}");
        let came = rejected_as_declared(&by_test, idle(false, ExploitOutcome::Blocked));
        assert_eq!(came, Came::Right);
        assert_eq!(rejected(idle(false, ExploitOutcome::Unknown)), Came::Right);
    }
}
