//! The inputs that the fuzzer kept (`fuzz/corpus/agents`), each of which was new to some part of the check, and those
//! that once broke a promise (`fuzz/regressions/agents`).

use std::path::Path;

use proptest::prelude::*;

use crate::invariants::{PATHS, SEPARATOR, hold};

fn inputs(folder: &str) -> Vec<Vec<u8>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fuzz")
        .join(folder);
    let Ok(entries) = std::fs::read_dir(root) else {
        return Vec::new();
    };
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
        .iter()
        .map(|path| std::fs::read(path).unwrap())
        .collect()
}

#[test]
fn inputs_of_the_fuzzer_keep_the_promises() {
    let kept = inputs("corpus/agents");
    assert!(kept.len() > 50, "the corpus is not there");
    for input in kept.iter().chain(&inputs("regressions/agents")) {
        hold(input);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn pieces_of_kept_inputs_in_any_order_keep_the_promises(
        pieces in prop::collection::vec((0..10_000usize, 0..10_000usize, 0..200usize), 1..8),
        choice in 0..PATHS.len(),
    ) {
        let kept = inputs("corpus/agents");
        let mut input = vec![choice as u8];
        for (which, from, length) in pieces {
            let source = &kept[which % kept.len()];
            let from = from % source.len();
            let piece = &source[from..source.len().min(from + length)];
            input.extend(piece.iter().filter(|byte| **byte != SEPARATOR));
        }
        hold(&input);
    }
}
