//! The inputs that the fuzzers kept (`fuzz/corpus`), each of which was new to some part of a front
//! end, and those that once broke one (`fuzz/regressions`).

use std::path::{Path, PathBuf};

use trueline_syntax::ir::Language;
use trueline_syntax::with_deep_stack;

use crate::invariants;

fn replay(target: &str, language: Language) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz");
    let mut inputs: Vec<PathBuf> = ["corpus", "regressions"]
        .iter()
        .filter_map(|kind| std::fs::read_dir(root.join(kind).join(target)).ok())
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    inputs.sort();
    assert!(inputs.len() > 50, "only {} inputs", inputs.len());
    with_deep_stack(|| {
        for input in &inputs {
            match std::fs::read(input) {
                Ok(data) => invariants::check(language, &data),
                Err(error) => panic!("{}: {error}", input.display()),
            }
        }
    });
}

#[test]
fn inputs_of_the_python_fuzzer_keep_the_promises() {
    replay("python", Language::Python);
}

#[test]
fn inputs_of_the_javascript_fuzzer_keep_the_promises() {
    replay("javascript", Language::JavaScript);
}

#[test]
fn inputs_of_the_java_fuzzer_keep_the_promises() {
    replay("java", Language::Java);
}

#[test]
fn inputs_of_the_go_fuzzer_keep_the_promises() {
    replay("go", Language::Go);
}
