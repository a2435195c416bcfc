//! Writes the examples and counterexamples of the rules for agents as inputs: `cargo run --example agent_seeds`, in
//! `fuzz/`.
#![allow(dead_code)]

#[path = "../../crates/agents/tests/it/invariants.rs"]
mod invariants;

use std::path::Path;
use std::{fs, io};

use invariants::{PATHS, SEPARATOR};
use trueline_agents::{Example, rules};

/// The number of the name that a path ends with, else of one that has its extension.
fn choice(path: &str) -> u8 {
    let name = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    let extension = |path: &str| path.rsplit('.').next().unwrap_or_default().to_owned();
    let same = PATHS.iter().position(|known| path.ends_with(known));
    let named = || PATHS.iter().position(|known| name(known) == name(path));
    let alike = || {
        PATHS
            .iter()
            .position(|known| extension(known) == extension(path))
    };
    same.or_else(named).or_else(alike).unwrap_or(0) as u8
}

fn append(example: &Example, out: &mut Vec<u8>) {
    if !out.is_empty() {
        out.push(SEPARATOR);
    }
    out.push(choice(&example.path));
    out.extend(example.text.bytes());
    for more in &example.also {
        append(more, out);
    }
}

fn main() -> io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/agents");
    fs::create_dir_all(&folder)?;
    let mut count = 0;
    for rule in rules() {
        for (at, example) in rule
            .examples
            .iter()
            .chain(&rule.counterexamples)
            .enumerate()
        {
            let mut input = Vec::new();
            append(example, &mut input);
            fs::write(folder.join(format!("{}-{at}", rule.id)), input)?;
            count += 1;
        }
    }
    println!("{count} inputs");
    Ok(())
}
