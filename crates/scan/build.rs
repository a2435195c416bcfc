//! Gives the program a digest of the sources that make up a scan, so that what another build left
//! in the cache is never taken for its own.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

/// Crates whose code decides what a file's analysis says, and this one.
const CRATES: [&str; 6] = ["facts", "syntax", "taint", "artifacts", "agents", "scan"];

fn main() -> io::Result<()> {
    let own = std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(PathBuf::new, PathBuf::from);
    let mut files = Vec::new();
    for name in CRATES {
        let folder = own.join("..").join(name);
        println!("cargo::rerun-if-changed={}", folder.join("src").display());
        collect(&folder.join("src"), &mut files)?;
        // Data that is compiled in.
        if folder.join("data").is_dir() {
            println!("cargo::rerun-if-changed={}", folder.join("data").display());
            collect(&folder.join("data"), &mut files)?;
        }
        files.push(folder.join("Cargo.toml"));
    }
    let rules = own.join("../../rules");
    println!("cargo::rerun-if-changed={}", rules.display());
    collect(&rules, &mut files)?;
    let lock = own.join("../../Cargo.lock");
    println!("cargo::rerun-if-changed={}", lock.display());
    files.push(lock);
    files.sort();
    let mut hash = Sha256::new();
    for file in files {
        let text = fs::read(&file).unwrap_or_default();
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text);
    }
    println!("cargo::rustc-env=TRUELINE_SOURCES={:x}", hash.finalize());
    Ok(())
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), files)?;
        } else {
            files.push(entry.path());
        }
    }
    Ok(())
}
