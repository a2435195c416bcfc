//! What the tester and the engine say to one another: JSON lines on a socket, read with budgets.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a tester is told at its start.
#[derive(Debug, Serialize)]
pub(crate) struct Hello<'a> {
    pub(crate) mode: &'static str,
    pub(crate) name: Option<&'a str>,
    pub(crate) cwe: Option<u32>,
    pub(crate) interface: &'static str,
    pub(crate) port: Option<u16>,
    pub(crate) canary_key: &'a str,
    pub(crate) tests: String,
    pub(crate) data: String,
    pub(crate) private: String,
    pub(crate) app: String,
    pub(crate) seconds: u32,
    pub(crate) start_seconds: u32,
    pub(crate) stop_at_first_failure: bool,
}

/// A question, which gets one answer.
#[derive(Debug, Deserialize)]
#[serde(tag = "ask", rename_all = "kebab-case")]
pub(crate) enum Question {
    /// Start the program; a running one is ended first.
    Start {
        #[serde(default)]
        env: BTreeMap<String, String>,
    },
    Status,
    Wait {
        seconds: f64,
    },
    Stop,
    /// Read a file of the submission as data.
    Parse {
        form: String,
        text: String,
    },
}

/// What happened.
#[derive(Debug, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub(crate) enum Event {
    Log {
        line: String,
    },
    Functional {
        name: String,
        passed: bool,
        message: Option<String>,
        log: Vec<String>,
    },
    Control {
        ok: bool,
        text: String,
    },
    Succeeded {
        evidence: String,
    },
    Raised {
        message: String,
    },
    Finished {
        alive: bool,
    },
    /// The program is late with an answer.
    Late,
    /// It is no longer.
    Answered,
    /// The tests themselves are wrong.
    Broken {
        message: String,
    },
    End,
}

/// A line of the tester.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Said {
    Question(Question),
    Event(Event),
}

/// How the program is doing.
#[derive(Debug, Serialize)]
pub(crate) struct Doing {
    pub(crate) running: bool,
    pub(crate) exit: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// An answer.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Answer {
    Done {},
    Doing(Doing),
    Value { value: Value },
    Error { error: String },
}
