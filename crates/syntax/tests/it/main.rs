//! The front ends as seen from outside: text in, a checked dump out.

mod go;
mod hostile;
mod invariants;
mod java;
mod javascript;
mod properties;
mod python;
mod replay;

use trueline_syntax::ir::{Language, Module};
use trueline_syntax::{Refused, Source, dump, lower, verify, with_deep_stack};

/// Lowers on a deep stack and checks that the result keeps the promises of the representation.
fn lowered(language: Language, path: &str, text: &str) -> Result<Module, Refused> {
    let module = with_deep_stack(|| lower(language, Source { path, text }))?;
    if let Err(invalid) = verify(&module, text) {
        panic!("{invalid} in {text}");
    }
    Ok(module)
}

/// The dump of a text that must be understood as a whole.
fn understood(language: Language, path: &str, text: &str) -> String {
    match lowered(language, path, text) {
        Ok(module) => {
            assert_eq!(module.coverage.unknown, []);
            assert_eq!(module.coverage.errors, []);
            dump(&module)
        }
        Err(refused) => panic!("{refused}"),
    }
}
