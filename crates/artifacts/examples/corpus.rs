//! Writes the generated corpus to a folder, with `manifest.tsv` (label, technique, path): what
//! `cargo xtask bench artifacts` runs scanners on.

#![expect(
    clippy::unwrap_used,
    clippy::format_push_string,
    clippy::too_many_lines,
    reason = "a program for developers"
)]

#[path = "../tests/it/corpus/mod.rs"]
mod corpus;

use std::fs;
use std::path::PathBuf;

fn main() -> std::io::Result<()> {
    let folder = PathBuf::from(
        std::env::args_os()
            .nth(1)
            .ok_or(std::io::ErrorKind::InvalidInput)?,
    );
    let mut manifest = String::new();
    for (at, sample) in corpus::samples().iter().enumerate() {
        // A folder each: configuration files are known by their names.
        let path = PathBuf::from(format!("{at:05}")).join(&sample.name);
        let file = folder.join(&path);
        if let Some(parent) = file.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(&file, &sample.bytes)?;
        let label = match sample.label {
            corpus::Label::Malicious => "malicious",
            corpus::Label::Benign => "benign",
        };
        manifest.push_str(&format!(
            "{label}\t{}\t{}\n",
            sample.technique,
            path.display()
        ));
    }
    fs::write(folder.join("manifest.tsv"), manifest)
}
