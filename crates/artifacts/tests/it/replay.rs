//! The inputs that the fuzzers kept (`fuzz/corpus`), each of which was new to some part of a reader, and those
//! that once broke one (`fuzz/regressions`).

use std::path::{Path, PathBuf};

use crate::invariants::{FAMILIES, check};

#[test]
fn inputs_of_the_fuzzers_keep_the_promises() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz");
    for (family, _) in FAMILIES {
        let folder = format!("artifacts-{family}");
        let mut inputs: Vec<PathBuf> = ["corpus", "regressions"]
            .iter()
            .filter_map(|kind| std::fs::read_dir(root.join(kind).join(&folder)).ok())
            .flatten()
            .map(|entry| entry.unwrap().path())
            .collect();
        inputs.sort();
        assert!(inputs.len() > 10, "{folder}: only {} inputs", inputs.len());
        for input in &inputs {
            check(family, &std::fs::read(input).unwrap());
        }
    }
}
