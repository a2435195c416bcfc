//! The entry: one file in, one record out.

use std::fmt::Write;
use std::fs::File;
use std::path::Path;

use sha2::{Digest, Sha256};
use trueline_facts::RepoPath;
use trueline_facts::artifact::{Artifact, Verdict};

use crate::inspection::Inspection;
use crate::source::Source;
use crate::{sniff, technique};

/// Larger files are not hashed: reading all of one costs more than checking it.
const MAX_HASHED: u64 = 64 << 20;

/// Why a file could not be checked.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// It could not be opened or its size not be asked.
    #[error("cannot be opened: {0}")]
    Open(#[from] std::io::Error),
    /// A folder, a device, a link.
    #[error("is no regular file")]
    NotAFile,
}

/// Checks a file; `path` is what the record calls it. Links are not followed.
pub fn check_file(file: &Path, path: RepoPath) -> Result<Artifact, CheckError> {
    if !std::fs::symlink_metadata(file)?.is_file() {
        return Err(CheckError::NotAFile);
    }
    Ok(check(&Source::of_file(File::open(file)?)?, path))
}

/// SHA-256 of a file of any size, in hexadecimal.
pub fn sha256_of(file: &Path) -> Result<String, CheckError> {
    let source = Source::of_file(File::open(file)?)?;
    let hash = sha256(&source);
    if source.failed() {
        return Err(std::io::Error::other("it cannot be read to its end").into());
    }
    Ok(hash)
}

/// Checks bytes under a name.
#[must_use]
pub fn check_bytes(bytes: Vec<u8>, path: RepoPath) -> Artifact {
    check(&Source::of_bytes(bytes), path)
}

fn check(source: &Source, path: RepoPath) -> Artifact {
    let mut inspection = Inspection::new(source.len());
    let name = path.file_name().to_string();
    sniff::inspect(&mut inspection, &name, source);
    if source.failed() {
        inspection.report(
            Verdict::Unknown,
            technique::UNREADABLE,
            0,
            "part of the file could not be read, or it changed while it was read",
        );
    }
    let licence = inspection.licence.take();
    let (verdict, reasons, formats) = inspection.into_parts();
    let advice = advice(&path, verdict, &formats);
    Artifact {
        path,
        verdict,
        formats,
        size: source.len(),
        sha256: (source.len() <= MAX_HASHED).then(|| sha256(source)),
        licence,
        model_card: None,
        vetted: false,
        breaches: Vec::new(),
        advice,
        reasons,
    }
}

/// The easiest safe way on, for formats that can run code.
fn advice(path: &RepoPath, verdict: Verdict, formats: &[String]) -> Option<String> {
    let is = |name: &str| formats.iter().any(|f| f == name);
    if verdict >= Verdict::Suspicious {
        return Some("Do not load it. Take the model again from its publisher, as safetensors where there is one, and compare the checksum.".to_owned());
    }
    let name = path.display();
    let stem = name.rsplit_once('.').map_or(&*name, |(stem, _)| stem);
    if is("pytorch-zip") || is("pytorch-legacy") {
        return Some(format!(
            "Weights need no pickle: python -c \"import torch, safetensors.torch as s; s.save_file(torch.load('{name}', weights_only=True), '{stem}.safetensors')\""
        ));
    }
    if is("pickle") && verdict == Verdict::Unknown {
        return Some(format!(
            "A pickle of classes that are not known here: load it only if you trust who made it, or keep it as skops: python -c \"import joblib, skops.io as s; s.dump(joblib.load('{name}'), '{stem}.skops')\" where it was made"
        ));
    }
    None
}

fn sha256(source: &Source) -> String {
    let mut hasher = Sha256::new();
    let mut at = 0;
    loop {
        let chunk = source.read(at, 1 << 20);
        if chunk.is_empty() {
            break;
        }
        at += chunk.len() as u64;
        hasher.update(&chunk);
    }
    let mut text = String::with_capacity(64);
    for byte in hasher.finalize() {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}
