//! Gates in Rego: the same change document as `input`, reasons of the same shape out.
//!
//! A module is of package `trueline.gate` and has a set `deny`. It runs on a thread of its own with
//! a deep stack and a deadline, without network, clock, randomness and host functions. What does not
//! end is stopped and leaves its gate undetermined.

use std::num::NonZeroU32;
use std::time::Duration;

use regorus::utils::limits::ExecutionTimerConfig;
use regorus::{Engine, Value};
use trueline_facts::RepoPath;
use trueline_facts::change::FactName;
use trueline_facts::verdict::Reason;

use crate::evaluate::{Case, Judged, at, counted};
use crate::gate::judges_persons;

/// How long a module may think.
const DEADLINE: Duration = Duration::from_secs(2);
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
    let (name, text) = (module.file.clone(), module.text.clone());
    match on_deep_stack(move || run(&name, text, &input, &data)) {
        Ok(denied) => {
            let because = format!("{file} gives {}", counted(denied.len() as u64, "reason"));
            let reasons = denied
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
#[derive(Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
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
                message: text.to_string(),
                ..Self::default()
            };
        }
        let text = |key: &str| {
            let found = &value[key];
            found
                .as_string()
                .map_or_else(|_| String::new(), ToString::to_string)
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

fn run(file: &str, text: String, input: &str, data: &str) -> Result<Vec<Denial>, String> {
    let told = |error: &dyn std::fmt::Display| brief(&error.to_string());
    let mut engine = Engine::new();
    engine
        .add_policy(file.to_owned(), text)
        .map_err(|e| told(&e))?;
    engine.add_data_json(data).map_err(|e| told(&e))?;
    engine.set_input(Value::from_json_str(input).map_err(|e| told(&e))?);
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
    let mut denials: Vec<Denial> = set.iter().map(Denial::of).collect();
    denials.sort();
    Ok(denials)
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
