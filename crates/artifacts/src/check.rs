//! The entry: one file in, one record out.

use std::fmt::Write;
use std::fs::File;
use std::path::Path;

use sha2::{Digest, Sha256};
use trueline_facts::RepoPath;
use trueline_facts::artifact::{Artifact, Reason, Verdict};

use crate::inspection::{Inspection, printable};
use crate::links;
use crate::sniff;
use crate::source::Source;
use crate::technique::{self, Technique};

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
    check_file_of(file, path, Surroundings::Unknown)
}

/// What a file stands among.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Surroundings {
    /// Nothing that says how it is used.
    Unknown,
    /// Weights or the configuration of a model.
    Model,
    /// Files whose loaders run Python code that stands beside them.
    ModelWithCode,
}

/// The same of a file of which more is known than its name.
pub fn check_file_of(
    file: &Path,
    path: RepoPath,
    surroundings: Surroundings,
) -> Result<Artifact, CheckError> {
    if !std::fs::symlink_metadata(file)?.is_file() {
        return Err(CheckError::NotAFile);
    }
    let source = Source::of_file(File::open(file)?)?;
    Ok(check(&source, path, surroundings, Some(file)))
}

/// The record of a file on which the analysis itself failed: a fault of ours is no word for the file.
#[must_use]
pub fn failed(path: RepoPath, size: u64) -> Artifact {
    Artifact {
        path,
        verdict: Verdict::Unknown,
        formats: Vec::new(),
        size,
        sha256: None,
        loads_under_weights_only: None,
        refused_under_weights_only: None,
        licence: None,
        model_card: None,
        vetted: false,
        breaches: Vec::new(),
        reasons: vec![remark(
            Verdict::Unknown,
            technique::ANALYSIS_FAILED,
            "the analysis failed on this file; please report it with the file, if you may",
        )],
        advice: None,
    }
}

/// What is said of source code that no loader of the models beside it runs.
#[must_use]
pub fn source_not_judged() -> Reason {
    remark(
        Verdict::Clean,
        technique::SOURCE_NOT_JUDGED,
        "source code that loading the models here does not run; it was not judged as a program (given by its own name, it is)",
    )
}

fn remark(verdict: Verdict, technique: Technique, message: &str) -> Reason {
    Reason {
        verdict,
        technique: technique.id.to_owned(),
        message: message.to_owned(),
        members: Vec::new(),
        offset: 0,
        call: None,
        cwe: None,
        references: Vec::new(),
    }
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

/// Does a file hold text alone, in UTF-8? Of a large one the first 64 MiB decide.
pub fn is_text(file: &Path) -> Result<bool, CheckError> {
    let source = Source::of_file(File::open(file)?)?;
    Ok(sniff::is_whole_text(&source))
}

/// Checks bytes under a name.
#[must_use]
pub fn check_bytes(bytes: Vec<u8>, path: RepoPath) -> Artifact {
    let source = Source::of_bytes(bytes);
    check(&source, path, Surroundings::Unknown, None)
}

fn check(
    source: &Source,
    path: RepoPath,
    surroundings: Surroundings,
    on_disk: Option<&Path>,
) -> Artifact {
    let mut inspection = Inspection::new(source.len());
    inspection.code_role =
        (surroundings == Surroundings::ModelWithCode).then_some(crate::python::Role::Beside);
    inspection.beside_model = surroundings != Surroundings::Unknown;
    let name = path.file_name().to_string();
    let folder = path.as_bytes().rsplit(|b| *b == b'/').nth(1);
    inspection.folder = String::from_utf8_lossy(folder.unwrap_or_default()).into_owned();
    sniff::inspect(&mut inspection, &name, source);
    let external = std::mem::take(&mut inspection.external);
    if let Some(file) = on_disk {
        links::inspect(&mut inspection, file, &external);
    }
    inspection.tell_walk();
    if source.failed() {
        inspection.report(
            Verdict::Unknown,
            technique::UNREADABLE,
            0,
            "part of the file could not be read, or it changed while it was read",
        );
    }
    let licence = inspection.licence.take();
    let refused = inspection.refused.take().map(|what| printable(&what));
    let is_torch = inspection.is_torch;
    let (verdict, reasons, formats) = inspection.into_parts();
    let advice = advice(&path, verdict, &formats, &reasons, refused.as_deref());
    let loads = match &refused {
        _ if !is_torch => None,
        Some(_) => Some(false),
        None => is_told_whole(&reasons).then_some(true),
    };
    Artifact {
        path,
        verdict,
        formats,
        size: source.len(),
        sha256: (source.len() <= MAX_HASHED).then(|| sha256(source)),
        loads_under_weights_only: loads,
        refused_under_weights_only: refused.filter(|_| is_torch),
        licence,
        model_card: None,
        vetted: false,
        breaches: Vec::new(),
        advice,
        reasons,
    }
}

/// Was a file of torch read to its end, in the one way that there is? Else its loader may see other opcodes.
fn is_told_whole(reasons: &[Reason]) -> bool {
    const ODD: &[Technique] = &[
        technique::BUDGET,
        technique::UNREADABLE,
        technique::BOMB,
        technique::BAD_COMPRESSION,
        technique::PICKLE_TRUNCATED,
        technique::PICKLE_BROKEN,
        technique::PICKLE_FRAME,
        technique::ZIP_DISAGREES,
        technique::ZIP_DUPLICATE,
        technique::ZIP_ENCRYPTED,
        technique::ZIP_METHOD,
    ];
    let is_odd = |reason: &Reason| ODD.iter().any(|odd| odd.id == reason.technique);
    !reasons
        .iter()
        .any(|reason| reason.verdict > Verdict::Clean && is_odd(reason))
}

/// The easiest safe way on.
fn advice(
    path: &RepoPath,
    verdict: Verdict,
    formats: &[String],
    reasons: &[Reason],
    refused: Option<&str>,
) -> Option<String> {
    let is = |name: &str| formats.iter().any(|f| f == name);
    let told = |technique: Technique| {
        reasons
            .iter()
            .any(|r| r.technique == technique.id && r.verdict == Verdict::Unknown)
    };
    let name = path.display();
    if is("git-lfs-pointer") {
        return Some(fetch(None, &name));
    }
    if verdict >= Verdict::Suspicious {
        let is_code = |reason: &&Reason| reason.technique == technique::PICKLE_CODE_OBJECT.id;
        let mut worst = reasons.iter().filter(|reason| reason.verdict == verdict);
        let is_malicious = verdict == Verdict::Malicious;
        return Some(if worst.all(|reason| is_code(&reason)) && !is_malicious {
            "It brings functions along as code (cloudpickle, dill): read what they do, or have them imported from a module and keep data alone in the file."
        } else if is_malicious && is_weights(formats) {
            "Do not load it, and do not fetch the same file again: report it to who published it. Weights alone, as safetensors from a publisher whom you trust, run nothing."
        } else if is_malicious {
            "Do not use it, and do not fetch the same file again: report it to who published it."
        } else if is_weights(formats) {
            "Do not load it. Take the model again from its publisher, as safetensors where there is one, and compare the checksum."
        } else {
            "Do not use it before somebody has read the reasons. Take it again from its publisher, and compare the checksum."
        }
        .to_owned());
    }
    let breaks_off = told(technique::PICKLE_TRUNCATED)
        || told(technique::BAD_COMPRESSION)
        || told(technique::NPY_TRAILING)
        || told(technique::UNREADABLE);
    if verdict == Verdict::Unknown && breaks_off {
        return Some(
            "Part of the file is missing or broken, as after a download that stopped: fetch it again, and compare its size and checksum with those that the publisher gives.".to_owned(),
        );
    }
    let stem = name.rsplit_once('.').map_or(&*name, |(stem, _)| stem);
    let is_torch = is("pytorch-zip") || is("pytorch-legacy");
    if is_torch && let Some(what) = refused {
        return Some(format!(
            "torch.load(…, weights_only=True) refuses it, because of {what}; whoever loads it without that runs what it calls. Ask its publisher for the weights alone, as safetensors."
        ));
    }
    if is_torch {
        let (from, to) = (argument(&name), argument(&format!("{stem}.safetensors")));
        return Some(format!(
            "Weights need no pickle. Where the file holds a dictionary of tensors this writes them without: python -c \"import sys, torch, safetensors.torch as s; s.save_file(torch.load(sys.argv[1], weights_only=True), sys.argv[2])\" {from} {to}"
        ));
    }
    let mut open = reasons
        .iter()
        .filter(|r| r.verdict == Verdict::Unknown)
        .peekable();
    if verdict == Verdict::Unknown
        && open.peek().is_some()
        && open.all(|r| r.technique == technique::BUDGET.id)
    {
        return Some(
            "It has more than is followed, so nothing is known of the rest: load it only if you trust who made it, or ask for it in smaller parts.".to_owned(),
        );
    }
    if is("pickle") && verdict == Verdict::Unknown {
        let own = reasons
            .iter()
            .any(|r| r.message.starts_with("loading it calls __main__."));
        if !own && reasons.iter().any(calls_function) {
            return Some(
                "Loading it calls functions that nothing is known of here: read what they do with what the file gives them, or load it only if you trust who made it.".to_owned(),
            );
        }
        let (from, to) = (argument(&name), argument(&format!("{stem}.skops")));
        let why = if own {
            "It needs classes of the program that wrote it (__main__), which are not in the file: no other program can load it. Its author should move them into a module, or keep plain data."
        } else {
            "A pickle of classes that are not known here: load it only if you trust who made it."
        };
        return Some(format!(
            "{why} Where it was made it can be kept as skops, which runs no code: python -c \"import sys, joblib, skops.io as s; s.dump(joblib.load(sys.argv[1]), sys.argv[2])\" {from} {to}"
        ));
    }
    None
}

/// Does it tell of a call, by the way names are written, of a function and not of a class?
fn calls_function(reason: &Reason) -> bool {
    let called = reason.message.strip_prefix("loading it calls ");
    let name = called.and_then(|rest| rest.split([' ', ',', ':', '(']).next());
    let last = name.and_then(|name| name.trim_end_matches('.').rsplit('.').next());
    reason.verdict == Verdict::Unknown
        && last.is_some_and(|last| last.starts_with(|c: char| c.is_ascii_lowercase()))
}

/// How to fetch what a pointer of Git LFS stands for. Its patterns count from the root of the repository, wherever one
/// stands in it; the folder of another repository is given.
#[must_use]
pub fn fetch(other: Option<&str>, path_in_repository: &str) -> String {
    // A pattern has no way to write these, and a list of patterns has commas; any letter in their place is the file too.
    let pattern = path_in_repository.replace([',', '*', '[', ']', '{', '}', '\\', '!'], "?");
    let at = other.map_or_else(String::new, |folder| format!(" -C {}", argument(folder)));
    format!(
        "The file itself is not here: git{at} lfs pull --include {} fetches it.",
        argument(&pattern)
    )
}

/// Is there anything that holds weights, and could hold them as safetensors?
fn is_weights(formats: &[String]) -> bool {
    const OTHERS: &[&str] = &[
        "zip",
        "tar",
        "7z",
        "json",
        "yaml",
        "xml",
        "script",
        "elf",
        "pe",
        "mach-o",
        "chat-template",
        "gzip",
        "bzip2",
        "xz",
        "zstd",
        "lz4",
        "zlib",
        "lzma",
        "safetensors",
        "gguf",
        "onnx",
        "rds",
        "triton-config",
        "dvc-pointer",
    ];
    formats
        .iter()
        .any(|format| !OTHERS.contains(&format.as_str()))
}

/// A name as one word of a shell: it comes from whoever made the file, and the advice is pasted.
fn argument(name: &str) -> String {
    let is_plain =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '/' | '-' | '+' | '@');
    if !name.is_empty() && name.chars().all(is_plain) {
        return name.to_owned();
    }
    format!("'{}'", name.replace('\'', "'\\''"))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_in_an_advised_command_is_one_word() {
        assert_eq!(argument("models/a-1.pkl"), "models/a-1.pkl");
        assert_eq!(argument("m$(touch x).pkl"), "'m$(touch x).pkl'");
        assert_eq!(argument("it's.pt"), "'it'\\''s.pt'");
        let path = RepoPath::from("m`touch x`.pkl");
        let told = advice(&path, Verdict::Unknown, &["pickle".to_owned()], &[], None).unwrap();
        assert!(
            told.ends_with("'m`touch x`.pkl' 'm`touch x`.skops'"),
            "{told}"
        );
    }

    #[test]
    fn advice_says_what_helps_with_this_file() {
        let of = |name: &str, bytes: &[u8]| {
            check_bytes(bytes.to_vec(), RepoPath::from(name))
                .advice
                .unwrap_or_default()
        };
        let pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n";
        assert!(of("a.bin", pointer).contains("git lfs pull --include a.bin"));
        assert!(of("a.pkl", b"\x80\x04]\x94(K\x01").contains("fetch it again"));
        assert!(of("a.pkl", b"\x80\x02c__main__\nNet\n)\x81.").contains("(__main__)"));
        assert!(of("a.pkl", b"\x80\x02cshop.nets\nNet\n)\x81.").contains("not known here"));
        // Nothing of a class is said where the only reason is that there is too much.
        let mut reasons =
            check_bytes(b"\x80\x02cshop.nets\nNet\n)\x81.".to_vec(), "a.pkl".into()).reasons;
        for reason in &mut reasons {
            reason.technique = technique::BUDGET.id.to_owned();
        }
        let formats = ["pickle".to_owned()];
        let told = advice(&"a.pkl".into(), Verdict::Unknown, &formats, &reasons, None).unwrap();
        assert!(told.contains("more than is followed"), "{told}");
    }
}
