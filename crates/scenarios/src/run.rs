//! Checks a tree of files against a scenario: all functional tests in one trial, each exploit in its own, at once.

mod canary;
#[cfg(unix)]
mod container;
mod data;
mod ground;
mod pace;
mod protocol;
mod runtime;
#[cfg(unix)]
mod sandboxed;
#[cfg(unix)]
mod self_run;
mod tester;
mod trial;
mod verdict;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::ScopedJoinHandle;
use std::time::Instant;

use trueline_sandbox::Scratch;

use crate::format::{Definition, Interface, Language};
use crate::result::{
    CheckReport, CheckStatus, ExploitOutcome, ExploitResult, FunctionalResult, SCHEMA,
};
use crate::scenario::Scenario;
use crate::tree::Tree;

use self::canary::CanaryKey;
#[cfg(unix)]
pub use self::container::{Engine, image as container_image};
pub use self::ground::GroundError;
use self::ground::{Program, Setting, Stage};
use self::pace::Pace;
pub use self::runtime::{ask_for_all as ask_for_runtimes, missing as missing_runtime};
pub(crate) use self::trial::{Found, Work};

/// What a program may leave on disk: files in memory have their own bound.
const MOST_DISK: u64 = 64 << 20;
const MOST_ENTRIES: usize = 20_000;

/// Where trials take place.
#[derive(Debug)]
pub struct Ground {
    kind: GroundKind,
    kit: Scratch,
    late: AtomicUsize,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum GroundKind {
    Sandbox,
    #[cfg(unix)]
    Container(Engine),
    SelfRun,
}

impl Ground {
    /// In sandboxes; refuses where this machine cannot isolate.
    pub fn isolated() -> Result<Self, GroundError> {
        trueline_sandbox::probe().map_err(|refusal| GroundError::Missing(refusal.to_string()))?;
        Self::new(GroundKind::Sandbox)
    }

    /// In containers of an engine that is here, for machines that cannot isolate by themselves.
    #[cfg(unix)]
    pub fn contained(engine: Engine) -> Result<Self, GroundError> {
        engine.answers().map_err(GroundError::Missing)?;
        Self::new(GroundKind::Container(engine))
    }

    /// Without isolation, for one's own code only: what comes of it is practice.
    pub fn self_run() -> Result<Self, GroundError> {
        Self::new(GroundKind::SelfRun)
    }

    fn new(kind: GroundKind) -> Result<Self, GroundError> {
        let kit = tester::write().map_err(|source| GroundError::System {
            what: "the tester's files",
            source,
        })?;
        Ok(Self {
            kind,
            kit,
            late: AtomicUsize::new(0),
        })
    }

    /// What is missing here for a scenario, in words; none when all is there.
    fn missing(&self, definition: &Definition) -> Option<String> {
        match self.kind {
            // The runtimes are those of its images.
            #[cfg(unix)]
            GroundKind::Container(engine) => {
                container::missing(engine, &runtime::languages(definition))
            }
            GroundKind::Sandbox | GroundKind::SelfRun => runtime::missing(definition),
        }
    }

    /// Whether a program is late with an answer at this moment: it is slow, or it hangs.
    #[must_use]
    pub fn is_kept_waiting(&self) -> bool {
        self.late.load(Ordering::Relaxed) > 0
    }

    /// Whether what comes of it is practice, no verdict.
    #[must_use]
    pub const fn is_practice(&self) -> bool {
        matches!(self.kind, GroundKind::SelfRun)
    }

    #[cfg(not(unix))]
    fn open(&self, _: &Setting<'_>) -> Result<Box<dyn Stage>, GroundError> {
        Err(elsewhere())
    }

    #[cfg(unix)]
    fn open(&self, setting: &Setting<'_>) -> Result<Box<dyn Stage>, GroundError> {
        match self.kind {
            GroundKind::Sandbox => Ok(Box::new(sandboxed::Sandboxed::open(
                setting,
                self.kit.path(),
            )?)),
            GroundKind::Container(engine) => Ok(Box::new(container::Contained::open(
                engine,
                setting,
                self.kit.path(),
            )?)),
            GroundKind::SelfRun => Ok(Box::new(self_run::SelfRun::open(setting, self.kit.path())?)),
        }
    }

    /// Programs that share this machine's ports cannot run beside one another.
    fn jobs(&self, asked: usize) -> usize {
        match self.kind {
            GroundKind::Sandbox => asked.max(1),
            #[cfg(unix)]
            GroundKind::Container(_) => asked.max(1),
            GroundKind::SelfRun => 1,
        }
    }
}

/// How a check is made.
#[derive(Clone, Copy, Debug)]
pub struct CheckOptions<'a> {
    /// Where.
    pub ground: &'a Ground,
    /// What canaries are made from; [`random_seed`] for a run of its own.
    pub seed: u64,
    /// Trials at once.
    pub jobs: usize,
}

/// A seed from the system.
#[must_use]
pub fn random_seed() -> u64 {
    // Without a source of randomness the address of a local is still another one each time.
    getrandom::u64().unwrap_or_else(|_| std::ptr::from_ref(&()).addr() as u64)
}

/// Checks a tree, which holds all of the program's files.
#[must_use]
pub fn check(scenario: &Scenario, tree: &Tree, options: CheckOptions<'_>) -> CheckReport {
    check_and_pace(scenario, tree, options).0
}

/// The same, and in words how busy this machine was where time ran out for a trial: a verdict that was seen all the same
/// says nothing of the other trials.
pub(crate) fn check_and_pace(
    scenario: &Scenario,
    tree: &Tree,
    options: CheckOptions<'_>,
) -> (CheckReport, Option<String>) {
    let started = Instant::now();
    let (mut report, busy) = run(scenario, tree, options);
    report.ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    (report, busy)
}

fn run(
    scenario: &Scenario,
    tree: &Tree,
    options: CheckOptions<'_>,
) -> (CheckReport, Option<String>) {
    let definition = &scenario.definition;
    let mut report = CheckReport {
        schema: SCHEMA,
        status: CheckStatus::Error,
        scenario: scenario.id.as_str().to_owned(),
        version: definition.version,
        seed: options.seed,
        functional: Vec::new(),
        exploits: Vec::new(),
        ms: 0,
        limits_hit: Vec::new(),
        practice: options.ground.is_practice(),
        message: None,
        output: None,
    };
    if let Some(missing) = options.ground.missing(definition) {
        report.status = CheckStatus::Skipped;
        report.message = Some(missing);
        return (report, None);
    }
    let mut work = vec![Work::Functional {
        stop_at_first_failure: false,
    }];
    work.extend(scenario.exploits.iter().map(Work::Exploit));
    let tree = match prepare(definition, tree.clone(), options.ground) {
        Ok(Ok(tree)) => tree,
        Ok(Err(not_built)) => {
            not_compiled(scenario, &not_built.said, &mut report);
            report.conclude(None, not_built.busy.clone());
            return (report, not_built.busy);
        }
        Err(error) => {
            failed(&error, &mut report);
            return (report, None);
        }
    };
    let subject = Subject::new(definition, tree);
    let found = subject.trials(scenario, &work, options);
    let mut broken = None;
    let mut busy = None;
    for found in found {
        match found {
            Ok(found) => {
                broken = broken.or(found.broken);
                busy = busy.or(found.busy);
                if !found.functional.is_empty() {
                    if found.functional.iter().any(|test| !test.pass) && !found.output.is_empty() {
                        report.output = Some(found.output);
                    }
                    report.functional = found.functional;
                }
                report.exploits.extend(found.exploit);
                for limit in found.limits_hit {
                    if !report.limits_hit.contains(&limit) {
                        report.limits_hit.push(limit);
                    }
                }
            }
            Err(error) => {
                failed(&error, &mut report);
                return (report, None);
            }
        }
    }
    report.conclude(broken, busy.clone());
    (report, busy)
}

fn failed(error: &GroundError, report: &mut CheckReport) {
    report.status = match error {
        GroundError::Missing(_) => CheckStatus::Skipped,
        GroundError::System { .. } => CheckStatus::Error,
    };
    report.message = Some(error.to_string());
}

/// What does not compile does not work, and nothing can be said about its weakness.
fn not_compiled(scenario: &Scenario, said: &str, report: &mut CheckReport) {
    report.status = CheckStatus::FunctionalFail;
    report.output = Some(said.to_owned());
    report.functional = vec![FunctionalResult {
        name: "compiles".to_owned(),
        pass: false,
        msg: Some(said.lines().next().unwrap_or_default().to_owned()),
        transcript: Vec::new(),
    }];
    report.exploits = scenario
        .exploits
        .iter()
        .map(|exploit| ExploitResult {
            name: exploit.name.clone(),
            cwe: exploit.cwe,
            outcome: ExploitOutcome::Unknown,
            evidence: Some("the program does not compile".to_owned()),
            transcript: Vec::new(),
        })
        .collect();
}

/// Why there is no program.
#[derive(Debug)]
pub(crate) struct NotBuilt {
    /// What the compiler said.
    pub(crate) said: String,
    /// Time ran out, and this machine was too busy to blame the program for it.
    pub(crate) busy: Option<String>,
}

/// The tree with what the scenario's build makes of it, or why there is none.
pub(crate) fn prepare(
    definition: &Definition,
    tree: Tree,
    ground: &Ground,
) -> Result<Result<Tree, NotBuilt>, GroundError> {
    if definition.build.is_empty() {
        return Ok(Ok(tree));
    }
    let pace = Pace::default();
    let began = Instant::now();
    let built = std::thread::scope(|scope| {
        let measuring = scope.spawn(|| pace.measure());
        let built = build(definition, &tree, ground);
        pace.stop();
        measuring.thread().unpark();
        built
    })?;
    Ok(built.map_err(|said| {
        let last = said.lines().next_back().unwrap_or_default();
        let ran_out = last
            .strip_prefix("ended by: ")
            .is_some_and(|limits| limits.split(", ").any(|limit| limit == "wall"));
        let busy = ran_out
            .then(|| pace.too_little(&[(began, Instant::now())]))
            .flatten();
        NotBuilt { said, busy }
    }))
}

fn build(
    definition: &Definition,
    tree: &Tree,
    ground: &Ground,
) -> Result<Result<Tree, String>, GroundError> {
    #[cfg(unix)]
    return match ground.kind {
        GroundKind::Sandbox => sandboxed::build(definition, tree, &runtime::languages(definition)),
        GroundKind::Container(engine) => {
            container::build(engine, definition, tree, &runtime::languages(definition))
        }
        GroundKind::SelfRun => self_run::build(definition, tree),
    };
    #[cfg(not(unix))]
    {
        let _ = (definition, tree, ground);
        Err(elsewhere())
    }
}

/// Processes here are those of Unix.
#[cfg(not(unix))]
fn elsewhere() -> GroundError {
    GroundError::Missing("exercises are checked on Linux, or on macOS by --self-run".to_owned())
}

/// A tree that is tried, with the way to start it.
#[derive(Clone, Debug)]
pub(crate) struct Subject {
    pub(crate) tree: Tree,
    pub(crate) program: Option<Program>,
}

impl Subject {
    /// As the scenario starts it.
    pub(crate) fn new(definition: &Definition, tree: Tree) -> Self {
        let argv = match definition.interface {
            Interface::Http | Interface::Agent => definition.entry.clone(),
            Interface::Call => shim(definition, "serve"),
            Interface::File => Vec::new(),
        };
        Self::started_by(definition, tree, argv)
    }

    /// With another program in its place.
    pub(crate) fn started_by(definition: &Definition, tree: Tree, argv: Vec<String>) -> Self {
        let program = (!argv.is_empty()).then(|| Program {
            argv,
            env: definition.env.clone(),
        });
        Self { tree, program }
    }

    /// Plays trials at once; their results in the order of the work.
    pub(crate) fn trials(
        &self,
        scenario: &Scenario,
        work: &[Work<'_>],
        options: CheckOptions<'_>,
    ) -> Vec<Result<Found, GroundError>> {
        let tests = scenario.tests();
        let next = AtomicUsize::new(0);
        let results: Mutex<BTreeMap<usize, Result<Found, GroundError>>> = Mutex::default();
        let nothing_works = AtomicBool::new(false);
        let pace = Pace::default();
        let jobs = options.ground.jobs(options.jobs).min(work.len());
        std::thread::scope(|scope| {
            let measuring = scope.spawn(|| pace.measure());
            let playing = (0..jobs).map(|_| {
                scope.spawn(|| {
                    loop {
                        let index = next.fetch_add(1, Ordering::Relaxed);
                        let Some(work) = work.get(index) else { return };
                        let found = match work {
                            Work::Exploit(exploit) if nothing_works.load(Ordering::Relaxed) => {
                                Ok(Found::not_tried(exploit))
                            }
                            work => self.trial(
                                scenario,
                                &tests,
                                *work,
                                options,
                                (&nothing_works, &pace),
                            ),
                        };
                        if let (Work::Functional { .. }, Ok(found)) = (work, &found)
                            && found.works_in_nothing()
                        {
                            nothing_works.store(true, Ordering::Relaxed);
                        }
                        if let Ok(mut results) = results.lock() {
                            results.insert(index, found);
                        }
                    }
                })
            });
            // All of them begin before the first is waited for.
            let playing: Vec<_> = playing.collect();
            let ended: Vec<_> = playing.into_iter().map(ScopedJoinHandle::join).collect();
            pace.stop();
            measuring.thread().unpark();
            // A fault of ours is not swallowed.
            if let Some(fault) = ended.into_iter().find_map(Result::err) {
                std::panic::resume_unwind(fault);
            }
        });
        let found = results.into_inner().unwrap_or_default().into_values();
        settled(work, found.collect(), nothing_works.into_inner())
    }

    fn trial(
        &self,
        scenario: &Scenario,
        tests: &Tree,
        work: Work<'_>,
        options: CheckOptions<'_>,
        (nothing_works, pace): (&AtomicBool, &Pace),
    ) -> Result<Found, GroundError> {
        let definition = &scenario.definition;
        let name = match work {
            Work::Functional { .. } => "functional".to_owned(),
            Work::Exploit(exploit) => format!("exploit {}", exploit.name),
        };
        let key = CanaryKey::new(options.seed, &name);
        let setting = Setting {
            program: &self.tree,
            tests,
            limits: definition.limits,
            wall: trial::wall(definition),
            languages: runtime::languages(definition),
        };
        let mut stage = options.ground.open(&setting)?;
        trial::play(
            stage.as_mut(),
            definition,
            self.program.as_ref(),
            &scenario.functional,
            work,
            &key,
            trial::Shared {
                nothing_works,
                late: &options.ground.late,
                pace,
            },
        )
    }
}

/// How far an exploit came before it was known that nothing works is a matter of time: then none counts.
fn settled(
    work: &[Work<'_>],
    found: Vec<Result<Found, GroundError>>,
    nothing_works: bool,
) -> Vec<Result<Found, GroundError>> {
    let settle = |(work, found): (&Work<'_>, Result<Found, _>)| match work {
        // A limit that the program met is told all the same.
        Work::Exploit(exploit) if nothing_works => Ok(Found {
            limits_hit: found.map(|found| found.limits_hit).unwrap_or_default(),
            ..Found::not_tried(exploit)
        }),
        _ => found,
    };
    work.iter().zip(found).map(settle).collect()
}

/// The program that answers calls for a module.
pub(crate) fn shim(definition: &Definition, mode: &str) -> Vec<String> {
    let module = definition.module.clone().unwrap_or_default();
    let command: &[&str] = match definition.language {
        Language::JavaScript | Language::TypeScript => &["node", "{shim}/call.mjs"],
        _ => &["python3", "-I", "{shim}/call.py"],
    };
    let mut argv: Vec<String> = command.iter().map(|part| (*part).to_owned()).collect();
    argv.extend([module, mode.to_owned()]);
    argv
}

/// Whether a folder that strangers write to holds more than a program may leave. Looks at a bounded number of entries.
/// What cannot be looked into counts as too much: behind it could be anything.
fn exceeds(folder: &Path) -> bool {
    let mut todo = vec![folder.to_owned()];
    let (mut bytes, mut entries) = (0, 0);
    // A program that runs removes and replaces what it has.
    let is_gone = |error: &std::io::Error| {
        use std::io::ErrorKind::{NotADirectory, NotFound};
        matches!(error.kind(), NotFound | NotADirectory)
    };
    while let Some(folder) = todo.pop() {
        let found = match std::fs::read_dir(&folder) {
            Ok(found) => found,
            Err(error) if is_gone(&error) => continue,
            Err(_) => return true,
        };
        for entry in found.flatten() {
            entries += 1;
            let meta = match entry.metadata() {
                Ok(meta) => meta,
                Err(error) if is_gone(&error) => continue,
                Err(_) => return true,
            };
            if meta.is_dir() {
                todo.push(entry.path());
            } else {
                bytes += meta.len();
            }
            if entries > MOST_ENTRIES || bytes > MOST_DISK {
                return true;
            }
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use trueline_facts::Cwe;

    use super::*;
    use crate::format::tests::DeclaredExploit;

    fn outcomes(nothing_works: bool) -> Vec<Option<ExploitOutcome>> {
        let exploit = |name: &str| DeclaredExploit {
            name: name.to_owned(),
            cwe: Cwe(89),
        };
        let (quick, slow) = (exploit("quick"), exploit("slow"));
        let work = [
            Work::Functional {
                stop_at_first_failure: false,
            },
            Work::Exploit(&quick),
            Work::Exploit(&slow),
        ];
        let mut succeeded = Found::not_tried(&quick);
        if let Some(exploit) = &mut succeeded.exploit {
            exploit.outcome = ExploitOutcome::Succeeded;
        }
        succeeded.limits_hit.push("wall".to_owned());
        let failed = Err(GroundError::Missing("no room".to_owned()));
        let found = vec![Ok(Found::default()), Ok(succeeded), failed];
        let outcome = |found: Result<Found, GroundError>| {
            let found = found.ok()?;
            Some(found.exploit?.outcome)
        };
        let found = settled(&work, found, nothing_works);
        assert_eq!(found.len(), 3);
        found.into_iter().map(outcome).collect()
    }

    #[test]
    fn where_nothing_works_no_exploit_counts_however_far_it_came() {
        let (succeeded, unknown) = (ExploitOutcome::Succeeded, ExploitOutcome::Unknown);
        assert_eq!(outcomes(false), [None, Some(succeeded), None]);
        assert_eq!(outcomes(true), [None, Some(unknown), Some(unknown)]);
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_that_cannot_be_looked_into_is_too_much_and_one_that_is_gone_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let below = |name: &str| folder.path().join(name);
        std::fs::write(below("file"), "x").unwrap();
        // Also root cannot follow it.
        std::os::unix::fs::symlink(below("loop"), below("loop")).unwrap();
        assert!(exceeds(&below("loop")));
        assert!(!exceeds(&below("gone")));
        assert!(!exceeds(&below("file")));
        // A link in it is an entry and is not followed.
        assert!(!exceeds(folder.path()));
    }
}
