//! Gates in Rego: the same change document as `input`, reasons of the same shape out.
//!
//! A module is of package `trueline.gate` and has a set `deny`. It runs on a thread with a deep stack
//! and a deadline, without network, clock, randomness and host functions. What does not end is stopped
//! and leaves its gate undetermined.
//!
//! The interpreter looks at the clock between steps alone: within a built-in function, in a recursion
//! that outgrows any stack, and when memory is asked for it cannot be stopped. So a program names a
//! [runner](set_runner) that evaluates a [`RegoTask`] in a process that can be ended; without one, as in a
//! test of this crate, modules run in this process.

use std::num::NonZeroU32;
use std::sync::OnceLock;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use regorus::utils::limits::ExecutionTimerConfig;
use regorus::{Engine, Value};
use trueline_facts::RepoPath;
use trueline_facts::change::FactName;
use trueline_facts::verdict::Reason;

use crate::evaluate::{Case, Judged, at, counted};
use crate::gate::judges_persons;

/// How long a module may think.
pub const DEADLINE: Duration = Duration::from_secs(2);
/// Steps between looks at the clock.
const STEPS: u32 = 256;
/// Stack of the thread: nested expressions recurse.
const STACK_BYTES: usize = 64 << 20;
/// Longest module.
const MAX_BYTES: usize = 1 << 20;
/// Most reasons of one module that are told.
const MOST_REASONS: usize = 200;
/// Functions that would make a verdict depend on more than its input.
const UNSTEADY: [&str; 4] = ["rand.", "time.now_ns", "http.send", "opa.runtime"];
/// Where a module says no.
const RULE: &str = "data.trueline.gate.deny";

/// Longest text of a reason that is told, in characters.
const LONGEST: usize = 4_000;

/// A module to run, and what on.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RegoTask {
    file: String,
    text: String,
    /// The change document, as JSON.
    input: String,
    /// What a policy knows besides, as JSON.
    data: String,
}

/// What a module said.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RegoAnswer {
    /// All reasons there are; of very many only the first are in `denied`.
    count: u64,
    denied: Vec<Denial>,
}

/// Runs a task where it can be stopped; the error says why there is no answer.
pub type Runner = fn(&RegoTask) -> Result<RegoAnswer, String>;

static RUNNER: OnceLock<Runner> = OnceLock::new();

/// Names who runs modules from now on. Only the first call counts.
pub fn set_runner(runner: Runner) {
    RUNNER.get_or_init(|| runner);
}

/// Runs a task in this very process. A module can end the process.
pub fn run_here(task: &RegoTask) -> Result<RegoAnswer, String> {
    let task = task.clone();
    on_deep_stack(move || run(task))
}

/// Parses a module, so that mistakes are told before anything is judged.
pub(crate) fn check(file: &str, text: &str) -> Result<(), String> {
    if text.len() > MAX_BYTES {
        return Err(format!("{file} is larger than a module can be (1 MiB)"));
    }
    for (line, number) in text.lines().zip(1..) {
        let code = line.split('#').next().unwrap_or_default();
        if let Some(name) = UNSTEADY.iter().find(|name| code.contains(**name)) {
            return Err(format!(
                "{file}:{number}: `{name}` is not at hand: the same change must give the same verdict"
            ));
        }
        let mut words = code.split(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '-');
        if let Some(word) = words.find(|word| judges_persons(word)) {
            return Err(format!(
                "{file}:{number}: `{word}` would judge a person: gates judge changes, and a change document \
                 holds no score of anybody"
            ));
        }
    }
    let (name, module) = (file.to_owned(), text.to_owned());
    let package = on_deep_stack(move || {
        let mut engine = Engine::new();
        engine
            .add_policy(name, module)
            .map_err(|error| brief(&error.to_string()))
    })?;
    if package != "data.trueline.gate" {
        return Err(format!(
            "{file}: its package is `{}`; it must be `trueline.gate`",
            package.trim_start_matches("data.")
        ));
    }
    Ok(())
}

/// Runs a module on a change.
pub(crate) fn judge(case: Case<'_>, file: &str) -> Judged {
    let Some(module) = case
        .policy
        .modules
        .iter()
        .find(|module| module.file == file)
    else {
        return Judged::missing(
            FactName::OwnGates,
            format!("{file} is not there in the base, so it was not run"),
        );
    };
    let documents = serde_json::to_string(case.change).and_then(|input| {
        Ok((
            input,
            serde_json::to_string(&serde_json::json!({"zones": case.policy.zones}))?,
        ))
    });
    let (input, data) = match documents {
        Ok(documents) => documents,
        Err(error) => {
            return Judged::missing(FactName::OwnGates, format!("{file} was not run: {error}"));
        }
    };
    let task = RegoTask {
        file: module.file.clone(),
        text: module.text.clone(),
        input,
        data,
    };
    let runner = RUNNER.get().copied().unwrap_or(run_here);
    match runner(&task) {
        Ok(answer) => {
            let because = format!("{file} gives {}", counted(answer.count, "reason"));
            let reasons = answer
                .denied
                .into_iter()
                .take(MOST_REASONS)
                .map(|denial| denial.reason(case))
                .collect();
            Judged {
                because,
                reasons,
                missing: Vec::new(),
            }
        }
        Err(why) => Judged::missing(FactName::OwnGates, format!("{file} gave no answer: {why}")),
    }
}

/// What a module says no to.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Denial {
    message: String,
    path: String,
    line: u32,
    to_pass: String,
    easiest: String,
}

impl Denial {
    fn of(value: &Value) -> Self {
        if let Ok(text) = value.as_string() {
            return Self {
                message: text.chars().take(LONGEST).collect(),
                ..Self::default()
            };
        }
        let text = |key: &str| {
            let found = &value[key];
            found.as_string().map_or_else(
                |_| String::new(),
                |text| text.chars().take(LONGEST).collect(),
            )
        };
        Self {
            message: text("msg"),
            path: text("path"),
            line: value["line"].as_u32().unwrap_or(0),
            to_pass: text("to_pass"),
            easiest: text("easiest"),
        }
    }

    fn reason(self, case: Case<'_>) -> Reason {
        let or = |text: String, other: &str| {
            if text.is_empty() {
                other.to_owned()
            } else {
                text
            }
        };
        let path = RepoPath::from_display(&self.path);
        let zones = case.policy.zones.ids(&path);
        let reason = case.reason(
            or(self.message, "the module says no and not why"),
            or(self.to_pass, "the module has no reason to say no"),
            or(self.easiest, "Ask whoever wrote the gate."),
            &zones,
        );
        if self.path.is_empty() {
            reason
        } else {
            at(reason, &path, self.line)
        }
    }
}

fn run(task: RegoTask) -> Result<RegoAnswer, String> {
    let told = |error: &dyn std::fmt::Display| brief(&error.to_string());
    let mut engine = Engine::new();
    engine
        .add_policy(task.file, task.text)
        .map_err(|e| told(&e))?;
    engine.add_data_json(&task.data).map_err(|e| told(&e))?;
    engine.set_input(Value::from_json_str(&task.input).map_err(|e| told(&e))?);
    if let Some(check_interval) = NonZeroU32::new(STEPS) {
        engine.set_execution_timer_config(ExecutionTimerConfig {
            limit: DEADLINE,
            check_interval,
        });
    }
    let denied = engine.eval_rule(RULE.to_owned()).map_err(|error| {
        let text = error.to_string();
        if text.contains("exceeded limit") || text.contains("time limit") {
            format!(
                "it was stopped after {} seconds; look for a rule that ranges over everything for each of everything",
                DEADLINE.as_secs()
            )
        } else {
            brief(&text)
        }
    })?;
    let Ok(set) = denied.as_set() else {
        return Err("`deny` is no set: write `deny contains …`".to_owned());
    };
    let count = set.len() as u64;
    let mut denied: Vec<Denial> = set.iter().map(Denial::of).collect();
    denied.sort();
    denied.truncate(MOST_REASONS);
    Ok(RegoAnswer { count, denied })
}

fn on_deep_stack<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, String> + Send + 'static,
) -> Result<T, String> {
    let thread = std::thread::Builder::new()
        .stack_size(STACK_BYTES)
        .spawn(work)
        .map_err(|error| format!("a thread could not be started: {error}"))?;
    thread
        .join()
        .unwrap_or_else(|_| Err("it broke the interpreter".to_owned()))
}

/// The lines of an error that say something: the interpreter draws the place as well.
fn brief(error: &str) -> String {
    let mut lines = error.lines().map(str::trim).filter(|line| !line.is_empty());
    let place = lines.next().unwrap_or_default();
    let said = error
        .lines()
        .map(str::trim)
        .rfind(|line| line.starts_with("error:"));
    match said {
        Some(said) if said != place => format!("{} {said}", place.trim_start_matches("--> ")),
        _ => place.trim_start_matches("--> ").to_owned(),
    }
}
