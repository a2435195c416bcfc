//! Lower each language to one intermediate representation with a control-flow graph.
//!
//! Source text in, [`ir::Module`] out; no I/O. Untrusted input is bounded before a parser sees it
//! (size, nesting, minified text), and every front end reports what it did not understand in
//! [`ir::Module::coverage`].

mod builder;
mod copies;
pub mod dump;
mod go;
mod graph;
pub mod ir;
mod java;
mod javascript;
mod limits;
pub mod lines;
mod python;
mod stack;
pub mod text;
mod tree;
pub mod verify;

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

pub use crate::dump::dump;
use crate::ir::{Language, Module};
pub use crate::limits::{MAX_BYTES, MAX_LINE, MAX_MEAN_LINE, MAX_NESTING, MINIFIED_FROM};
pub use crate::verify::verify;

/// One file to lower.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// Its path, which decides dialects (`.tsx`, `.jsx`, `.mjs`, `.d.ts`); never opened.
    pub path: &'a str,
    /// Its text.
    pub text: &'a str,
}

/// Why a file was not lowered. The caller turns it into a diagnostic: a refusal is shown.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Refused {
    /// Larger than [`MAX_BYTES`].
    #[error("{bytes} bytes, more than the {limit} that are read")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// Brackets, blocks or operators nest deeper than [`MAX_NESTING`]: a parser's stack could
    /// overflow, which cannot be caught.
    #[error("line {line} nests deeper than {limit} levels")]
    TooDeep {
        /// Where the limit was passed, from 1.
        line: u32,
        /// The limit.
        limit: u32,
    },
    /// What can nest is so much that no stack is sure to be deep enough, should the parser see it
    /// otherwise than the check of [`MAX_NESTING`] did.
    #[error("{levels} brackets, operators and keywords, more than can be parsed safely")]
    TooManyLevels {
        /// How many there are.
        levels: usize,
    },
    /// Made by a tool for browsers, not written: findings in it help nobody.
    #[error("minified: {reason}")]
    Minified {
        /// What gave it away.
        reason: MinifiedBy,
    },
    /// The parser failed in a way that it should not.
    #[error("the parser failed: {message}")]
    ParserPanicked {
        /// What it said.
        message: String,
    },
}

/// What gave minified text away.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum MinifiedBy {
    /// One line is longer than [`MAX_LINE`].
    #[error("line {line} has {bytes} bytes")]
    Line {
        /// Which, from 1.
        line: u32,
        /// Its length.
        bytes: usize,
    },
    /// A file larger than [`MINIFIED_FROM`] whose lines are longer than [`MAX_MEAN_LINE`] on
    /// average.
    #[error("lines have {bytes} bytes on average")]
    MeanLine {
        /// The mean.
        bytes: usize,
    },
}

/// The language that a path's extension stands for.
#[must_use]
pub fn language_of(path: &[u8]) -> Option<Language> {
    let name = path.rsplit(|byte| *byte == b'/').next()?;
    let dot = memchr::memrchr(b'.', name)?;
    let extension = name.get(dot + 1..)?.to_ascii_lowercase();
    match extension.as_slice() {
        b"py" | b"pyi" | b"pyw" => Some(Language::Python),
        b"js" | b"mjs" | b"cjs" | b"jsx" => Some(Language::JavaScript),
        b"java" => Some(Language::Java),
        // Single-file components: their scripts may be either, and TypeScript reads both.
        b"ts" | b"mts" | b"cts" | b"tsx" | b"vue" | b"svelte" => Some(Language::TypeScript),
        b"go" => Some(Language::Go),
        _ => None,
    }
}

/// The language that a script's first line names: `#!/usr/bin/env python3`.
#[must_use]
pub fn language_of_shebang(first_line: &[u8]) -> Option<Language> {
    let line = first_line.strip_prefix(b"#!")?;
    let mut words = line
        .split(u8::is_ascii_whitespace)
        .filter(|word| !word.is_empty())
        .map(|word| word.rsplit(|byte| *byte == b'/').next().unwrap_or(word));
    let mut program = words.next()?;
    if program == b"env" {
        // `env -S FOO=1 python3 -u`: options and assignments come before the program.
        program = words.find(|word| !word.starts_with(b"-") && !word.contains(&b'='))?;
    }
    let name = program
        .strip_suffix(b".exe")
        .unwrap_or(program)
        .trim_ascii_end();
    let stem_end = name
        .iter()
        .rposition(|byte| !byte.is_ascii_digit() && *byte != b'.')?;
    match name.get(..=stem_end)? {
        b"python" | b"pypy" => Some(Language::Python),
        b"node" | b"nodejs" | b"bun" => Some(Language::JavaScript),
        b"ts-node" | b"tsx" | b"deno" => Some(Language::TypeScript),
        _ => None,
    }
}

/// Lowers one file.
///
/// Call it inside [`with_deep_stack`], which spares most files a thread of their own: parsers
/// recurse, and what they may need is more than threads have by default.
pub fn lower(language: Language, source: Source<'_>) -> Result<Module, Refused> {
    let code;
    let source = if javascript::component::is_component(source.path) {
        code = javascript::component::code(source.text);
        Source {
            text: &code,
            ..source
        }
    } else {
        source
    };
    limits::check(language, source)?;
    lower_checked(language, source)
}

/// Lowers what was not refused, on a stack that is deep enough whatever the parser makes of the
/// text.
fn lower_checked(language: Language, source: Source<'_>) -> Result<Module, Refused> {
    let levels = stack::levels(source.text);
    let bytes = stack::needed(levels);
    if bytes <= stack::SHARED {
        return lower_here(language, source);
    }
    let refused = Refused::TooManyLevels { levels };
    if levels > stack::MAX_LEVELS {
        return Err(refused);
    }
    // A system that grants no such stack could not parse the text safely.
    stack::on_one_of(bytes, || lower_here(language, source)).unwrap_or(Err(refused))
}

fn lower_here(language: Language, source: Source<'_>) -> Result<Module, Refused> {
    // Nothing outlives the call but the result, which a panic does not produce.
    catch_unwind(AssertUnwindSafe(|| match language {
        Language::Python => Ok(python::lower(source)),
        Language::JavaScript | Language::TypeScript => Ok(javascript::lower(language, source)),
        Language::Go => go::lower(source),
        Language::Java => java::lower(source),
    }))
    .unwrap_or_else(|payload| {
        Err(Refused::ParserPanicked {
            message: panic_message(payload.as_ref()),
        })
    })
}

/// Runs a whole worker (not one file: threads are not free) on a stack deep enough for [`lower`].
/// If the system grants no such thread, it runs on the present one.
pub fn with_deep_stack<R: Send>(work: impl FnOnce() -> R + Send) -> R {
    stack::on_one_of(stack::DEEP, work).unwrap_or_else(|work| work())
}

fn panic_message(payload: &(dyn Any + Send)) -> String {
    payload
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extensions_and_shebangs_name_languages() {
        assert_eq!(language_of(b"a/b.py"), Some(Language::Python));
        assert_eq!(language_of(b"a/b.PYI"), Some(Language::Python));
        assert_eq!(language_of(b"a/B.java"), Some(Language::Java));
        assert_eq!(language_of(b"a.cjs"), Some(Language::JavaScript));
        assert_eq!(language_of(b"a/b.go"), Some(Language::Go));
        assert_eq!(language_of(b"a.d.ts"), Some(Language::TypeScript));
        assert_eq!(language_of(b"src/App.vue"), Some(Language::TypeScript));
        assert_eq!(language_of(b"dir.py/Makefile"), None);
        assert_eq!(
            language_of_shebang(b"#!/usr/bin/env -S A=1 python3.12 -u"),
            Some(Language::Python)
        );
        assert_eq!(
            language_of_shebang(b"#! /usr/local/bin/node\r"),
            Some(Language::JavaScript)
        );
        assert_eq!(language_of_shebang(b"#!/bin/sh"), None);
        assert_eq!(language_of_shebang(b"python"), None);
        assert_eq!(language_of_shebang(b"#!"), None);
    }

    #[test]
    fn a_panic_in_a_deep_worker_reaches_the_caller() {
        let caught = catch_unwind(|| with_deep_stack(|| -> u8 { panic!("seen") }));
        let payload = caught.expect_err("the panic must pass");
        assert_eq!(panic_message(payload.as_ref()), "seen");
        assert_eq!(with_deep_stack(|| 3), 3);
    }
}
