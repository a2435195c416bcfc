//! The architecture as a test: a crate may depend only on crates of layers above it in the table
//! of `docs/ARCHITECTURE.md`, never on its own layer or below.

use anyhow::{Result, bail};

use crate::metadata::Metadata;

/// Layers, foundation first. A crate that is not here fails the check until it is placed.
const LAYERS: &[&[&str]] = &[
    &["facts"],
    &[
        "authorship",
        "cache",
        "sandbox",
        "sarif",
        "skills",
        "syntax",
    ],
    &[
        "history",
        "capture",
        "taint",
        "artifacts",
        "agents",
        "attest",
        "policy",
        "scenarios",
        "threats",
    ],
    &["bench", "scan"],
    &["report"],
    &["assist"],
    &["cli"],
];

/// Edges that the layers permit but the architecture does not.
const FORBIDDEN: &[(&str, &str)] = &[
    ("report", "bench"),
    ("report", "scan"),
    ("report", "attest"),
    ("report", "history"),
    ("report", "taint"),
    ("taint", "authorship"),
    ("taint", "cache"),
    // Judging reads facts and nothing else.
    ("policy", "authorship"),
    ("policy", "cache"),
    ("policy", "sarif"),
    ("policy", "syntax"),
];

/// Fails with every edge that is not allowed.
pub(crate) fn check(metadata: &Metadata) -> Result<()> {
    let mut wrong = Vec::new();
    let mut edges = 0;
    for package in metadata.packages().iter().filter(|p| p.in_workspace) {
        let Some(from) = package.name.strip_prefix("trueline-") else {
            continue;
        };
        let Some(layer) = layer(from) else {
            wrong.push(format!(
                "crate `{from}` is in no layer of xtask/src/edges.rs"
            ));
            continue;
        };
        for to in package
            .dependencies
            .iter()
            .filter_map(|d| d.strip_prefix("trueline-"))
        {
            edges += 1;
            if self::layer(to).is_none_or(|l| l >= layer) || FORBIDDEN.contains(&(from, to)) {
                wrong.push(format!("`{from}` must not depend on `{to}`"));
            }
        }
    }
    if !wrong.is_empty() {
        bail!("dependency edges:\n  {}", wrong.join("\n  "));
    }
    println!("{edges} dependency edges, all allowed");
    Ok(())
}

fn layer(name: &str) -> Option<usize> {
    LAYERS.iter().position(|crates| crates.contains(&name))
}
