//! Prints what a front end makes of a file: `cargo run -p trueline-syntax --example dump -- FILE`.
//! For whoever works on a front end or asks why something was not found.
#![expect(
    clippy::print_stdout,
    reason = "a developer's tool that talks to a terminal"
)]

use std::process::ExitCode;

fn main() -> ExitCode {
    let Some(path) = std::env::args().nth(1) else {
        println!("usage: dump FILE");
        return ExitCode::from(2);
    };
    let text = match std::fs::read(&path) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(error) => {
            println!("{path}: {error}");
            return ExitCode::from(2);
        }
    };
    let Some(language) = trueline_syntax::language_of(path.as_bytes()) else {
        println!("{path}: no front end for this extension");
        return ExitCode::from(2);
    };
    let source = trueline_syntax::Source {
        path: &path,
        text: &text,
    };
    match trueline_syntax::with_deep_stack(|| trueline_syntax::lower(language, source)) {
        Ok(module) => {
            println!("{}", trueline_syntax::dump(&module));
            ExitCode::SUCCESS
        }
        Err(refused) => {
            println!("{path}: {refused}");
            ExitCode::FAILURE
        }
    }
}
