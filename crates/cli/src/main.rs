//! The `trueline` binary: parse arguments, call, print; nothing else.
//!
//! Exit codes: 0 pass, 1 findings at or above `--fail-on`, 2 wrong usage or configuration, 3 an
//! internal error or an interrupted run (its partial result is printed and marked), 130 a run that
//! was interrupted and gave no answer.

mod arguments;
mod commands;
mod interrupt;
mod output;
mod progress;
mod usage;

use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use clap::Parser;

use crate::arguments::{Arguments, Command};

/// How a run ended, as its exit code says it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Ended {
    Pass,
    Findings,
    Interrupted,
    /// A part of what was asked for could not be read; what is missing was said.
    Partly,
    /// An agent's tool was told no by an exit code of its own.
    Refused(u8),
    /// A command was run, and this is its exit code.
    Ran(u8),
}

fn main() -> ExitCode {
    trueline_sandbox::launch_if_asked();
    if let Some(ended) = commands::rego::serve_if_asked() {
        return ended;
    }
    // An agent waits for its hook, before and after each call: no grammar of all arguments is built for it.
    if let Some(ended) = commands::hook::at_once(std::env::args_os().skip(1)) {
        return code(ended);
    }
    let arguments = Arguments::try_parse().unwrap_or_else(|error| usage::refuse(&error));
    let interrupt = Arc::new(AtomicBool::new(false));
    // An exercise that waits for a person has no part of an answer to print.
    let at_once = matches!(&arguments.command, Command::Learn(learn) if learn.waits());
    interrupt::heed(Arc::clone(&interrupt), at_once);

    let outcome = match &arguments.command {
        Command::Scan(scan) => commands::scan::run(scan, &interrupt),
        Command::Blame(blame) => commands::blame::run(blame, &interrupt),
        Command::Stats(stats) => commands::stats::run(stats, &interrupt),
        Command::Threats(threats) => commands::threats::run(threats, &interrupt),
        Command::Declare(declare) => commands::declare::run(declare),
        Command::Gate(gate) => commands::gate::run(gate, &interrupt),
        Command::Policy(policy) => commands::policy::run(policy, &interrupt),
        Command::Import(import) => commands::import::run(import),
        Command::Exception(exception) => commands::exception::run(exception),
        Command::Hook(hook) => commands::hook::run(hook),
        Command::Attest(attest) => commands::attest::run(attest),
        Command::Forge(forge) => commands::forge::run(forge),
        Command::Completions { shell } => commands::manual::completions(*shell),
        Command::Manual { folder } => commands::manual::pages(folder),
        Command::Rules(rules) => commands::rules::run(rules),
        Command::Init(init) => commands::init::run(init, &interrupt),
        Command::Skills(skills) => commands::skills::run(skills),
        Command::Mcp(mcp) => commands::mcp::run(mcp, &interrupt),
        Command::Learn(learn) => commands::learn::run(learn, &interrupt),
        Command::Bench(bench) => commands::bench::run(bench, arguments.offline, &interrupt),
        Command::Sandbox(sandbox) => commands::sandbox::run(sandbox, &interrupt),
        Command::Doctor(doctor) => commands::doctor::run(doctor),
    };
    match outcome {
        Ok(ended) => code(ended),
        Err(error) => {
            output::complain(&commands::told(&error));
            ExitCode::from(commands::exit_code(&error))
        }
    }
}

fn code(ended: Ended) -> ExitCode {
    match ended {
        Ended::Pass => ExitCode::SUCCESS,
        Ended::Findings => ExitCode::from(1),
        Ended::Refused(code) | Ended::Ran(code) => ExitCode::from(code),
        Ended::Interrupted => {
            let _ = writeln!(
                std::io::stderr(),
                "trueline: interrupted; what was printed is a part of the answer"
            );
            ExitCode::from(3)
        }
        Ended::Partly => ExitCode::from(3),
    }
}
