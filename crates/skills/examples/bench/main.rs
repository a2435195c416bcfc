//! Checks of the skill model that take longer than a test: `cargo xtask bench skills` runs them.
//!
//! `assistments DIR` follows the published protocol on `ASSISTments` 2009 (the data is not ours and is
//! never part of this repository); `people` simulates people with
//! known skill. Prints figures; judges nothing.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod answers;
mod assistments;
mod mersenne;
mod metrics;
mod people;

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["assistments", folder] => assistments::run(Path::new(folder)),
        ["assistments", folder, "--tune"] => assistments::tune(Path::new(folder)),
        ["people"] => {
            people::run();
            Ok(())
        }
        _ => Err("usage: bench people | assistments DIR [--tune]".to_owned()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}
