//! What holds of any text, for the replay of the fuzzers' corpora and for the fuzzers themselves
//! (`fuzz/`), which include this file.

use trueline_syntax::ir::Language;
use trueline_syntax::{Refused, Source, dump, lower, verify};

/// What the parser of Java and Go says when its steps are used up: a refusal, not a failure.
const OUT_OF_STEPS: &str = "it could not make sense of the text";

/// The file that an input stands for. JavaScript's dialect is told by the first byte.
#[must_use]
pub(crate) fn file_of(language: Language, data: &[u8]) -> (&'static str, String) {
    const DIALECTS: [&str; 6] = ["a.js", "a.ts", "a.tsx", "a.jsx", "a.mjs", "a.d.ts"];
    let (path, text) = match (language, data) {
        (Language::Python, _) => ("a.py", data),
        (Language::Java, _) => ("A.java", data),
        (Language::Go, _) => ("a.go", data),
        (Language::JavaScript | Language::TypeScript, [first, rest @ ..]) => {
            (DIALECTS[usize::from(*first) % DIALECTS.len()], rest)
        }
        (Language::JavaScript | Language::TypeScript, []) => ("a.js", data),
    };
    (path, String::from_utf8_lossy(text).into_owned())
}

/// Lowers an input twice and checks all that a front end promises. Call it on a deep stack.
///
/// # Panics
///
/// If a promise is broken.
pub(crate) fn check(language: Language, data: &[u8]) {
    let (path, text) = file_of(language, data);
    let language = trueline_syntax::language_of(path.as_bytes()).unwrap_or(language);
    let source = Source { path, text: &text };
    let module = match lower(language, source) {
        Ok(module) => module,
        Err(refused) => {
            if let Refused::ParserPanicked { message } = &refused {
                assert_eq!(message, OUT_OF_STEPS, "a panic in {text:?}");
            }
            assert_eq!(lower(language, source).err(), Some(refused));
            return;
        }
    };
    if let Err(invalid) = verify(&module, &text) {
        panic!("{invalid} in {text:?}");
    }
    let instrs: usize = module
        .functions
        .iter()
        .flat_map(|function| &function.blocks)
        .map(|block| block.instrs.len() + 1)
        .sum();
    assert!(
        instrs <= 1_000 + 400 * text.len(),
        "{instrs} instructions of {} bytes: {text:?}",
        text.len()
    );
    let Ok(again) = lower(language, source) else {
        panic!("lowered only the first time: {text:?}");
    };
    assert_eq!(dump(&module), dump(&again), "not the same twice: {text:?}");
}
