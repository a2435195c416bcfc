//! The `trueline` binary: parse arguments, call, print; nothing else.
//!
//! Exit codes: 0 pass, 1 findings at or above `--fail-on`, 2 wrong usage or configuration, 3 an
//! internal error or an interrupted run (its partial result is printed and marked).

mod arguments;
mod commands;
mod output;
mod progress;

use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::Parser;

use crate::arguments::{Arguments, Command};

/// How a run ended, as its exit code says it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Ended {
    Pass,
    Findings,
    Interrupted,
    /// An agent's tool was told no by an exit code of its own.
    Refused(u8),
    /// A command was run, and this is its exit code.
    Ran(u8),
}

/// What shells say of a program that an interrupt ended.
const INTERRUPTED: i32 = 130;

fn main() -> ExitCode {
    trueline_sandbox::launch_if_asked();
    let arguments = Arguments::parse();
    let interrupt = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&interrupt);
    // Without the handler an interrupt ends the process at once, which loses nothing but the
    // partial result: the cache is written aside and renamed.
    // An exercise that waits for a person has no part of an answer to print.
    let at_once = matches!(&arguments.command, Command::Learn(learn) if learn.waits());
    let _ = ctrlc::set_handler(move || {
        trueline_scan::stop_checking_models();
        if flag.swap(true, Ordering::SeqCst) || at_once {
            std::process::exit(INTERRUPTED);
        }
    });

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
        Ok(Ended::Pass) => ExitCode::SUCCESS,
        Ok(Ended::Findings) => ExitCode::from(1),
        Ok(Ended::Refused(code) | Ended::Ran(code)) => ExitCode::from(code),
        Ok(Ended::Interrupted) => {
            let _ = writeln!(
                std::io::stderr(),
                "trueline: interrupted; what was printed is a part of the answer"
            );
            ExitCode::from(3)
        }
        Err(error) => {
            // If standard error is closed, the exit code still tells.
            let _ = writeln!(std::io::stderr(), "trueline: {}", commands::told(&error));
            ExitCode::from(commands::exit_code(&error))
        }
    }
}
