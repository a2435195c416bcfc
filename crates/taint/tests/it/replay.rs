//! The projects that the engine's fuzzer kept (`fuzz/corpus/engine`), each of which was new to some
//! part of the program, and those that once broke it (`fuzz/regressions/engine`).

use std::path::{Path, PathBuf};

use crate::invariants::{Fixture, check};

#[test]
fn projects_of_the_fuzzer_keep_the_promises() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz");
    let mut inputs: Vec<PathBuf> = ["corpus/engine", "regressions/engine"]
        .iter()
        .filter_map(|folder| std::fs::read_dir(root.join(folder)).ok())
        .flatten()
        .map(|entry| entry.unwrap().path())
        .collect();
    inputs.sort();
    assert!(inputs.len() > 50, "only {} inputs", inputs.len());
    let fixture = Fixture::new();
    for input in &inputs {
        check(&fixture, &std::fs::read(input).unwrap());
    }
}
