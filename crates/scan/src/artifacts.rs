//! Model files: which files of a tree are checked, the records of them, and the findings that a scan shows.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use bstr::ByteSlice;
use ignore::WalkBuilder;
use rayon::ThreadPoolBuilder;
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use trueline_facts::artifact::{Artifact, ArtifactReport, Reason, SCHEMA, Verdict};
use trueline_facts::{
    Confidence, Cwe, Diagnostic, Finding, Fingerprint, Fix, Level, Location, Position, RepoPath,
    RuleId, Severity, Tier,
};
use trueline_sarif::RuleText;

use crate::check::{Checked, CheckedFile, Tiers};
use crate::{OWN_ENGINE, Progress, ScanError, VERSION};

/// The rule of our findings in model files.
const RULE: &str = "unsafe-model-file";
/// Stack of a worker.
const STACK_BYTES: usize = 64 << 20;
/// A model card is read so far.
const MAX_CARD: usize = 64 << 10;

/// Names under which models and their configuration are kept.
const EXTENSIONS: &[&str] = &[
    "pkl",
    "pickle",
    "dill",
    "pt",
    "pth",
    "pt2",
    "ckpt",
    "bin",
    "joblib",
    "npy",
    "npz",
    "h5",
    "hdf5",
    "keras",
    "pb",
    "pbtxt",
    "tflite",
    "onnx",
    "ort",
    "gguf",
    "ggml",
    "safetensors",
    "msgpack",
    "flax",
    "mpk",
    "pdparams",
    "pdopt",
    "pdmodel",
    "pdiparams",
    "nemo",
    "mar",
    "skops",
    "rds",
    "rda",
    "rdata",
    "llamafile",
    "pmml",
    "mlmodel",
    "t7",
    "dat",
    "model",
    "weights",
    "jinja",
    "cbm",
    "ubj",
    "p",
    "pck",
    "pcl",
    "cpickle",
];
/// Configuration files of model repositories.
const NAMES: &[&str] = &[
    "config.json",
    "tokenizer_config.json",
    "chat_template.json",
    "processor_config.json",
    "preprocessor_config.json",
    "generation_config.json",
    "model_index.json",
    "adapter_config.json",
    "model_config.yaml",
    "model.safetensors.index.json",
    "pytorch_model.bin.index.json",
];

/// What to check.
#[derive(Clone, Debug)]
pub struct ArtifactRequest {
    /// Files, folders, caches.
    pub paths: Vec<PathBuf>,
    /// Threads; the result does not depend on it.
    pub threads: usize,
}

/// Checks every file of the paths as a model file: one record a file.
pub fn artifacts(
    request: &ArtifactRequest,
    progress: &dyn Progress,
    interrupt: &AtomicBool,
) -> Result<ArtifactReport, ScanError> {
    let mut files = BTreeMap::new();
    let mut diagnostics = Vec::new();
    for path in &request.paths {
        list(path, &mut files, &mut diagnostics)?;
    }
    let files: Vec<(RepoPath, PathBuf)> = files.into_iter().collect();
    let (mut artifacts, more) = check_all(&files, request.threads, progress, interrupt)?;
    diagnostics.extend(more);
    for artifact in &mut artifacts {
        card(artifact, &files);
    }
    diagnostics.sort();
    diagnostics.dedup();
    Ok(ArtifactReport {
        schema: SCHEMA.to_owned(),
        trueline_version: VERSION.to_owned(),
        artifacts,
        diagnostics,
    })
}

/// The files of one path. Links are followed only when they stay below it: caches of models keep their
/// files under hashes and link to them by name.
fn list(
    given: &Path,
    files: &mut BTreeMap<RepoPath, PathBuf>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Result<(), ScanError> {
    let root = given.canonicalize().map_err(|source| ScanError::Path {
        path: given.to_owned(),
        source,
    })?;
    if !root.is_dir() {
        files.insert(named(given), root);
        return Ok(());
    }
    let mut links: BTreeMap<PathBuf, PathBuf> = BTreeMap::new();
    let mut plain = BTreeSet::new();
    let walk = WalkBuilder::new(&root)
        .standard_filters(false)
        .follow_links(false)
        .filter_entry(|entry| entry.file_name() != ".git")
        .sort_by_file_name(Ord::cmp)
        .build();
    for entry in walk {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                diagnostics.push(Diagnostic::new(
                    Level::Warning,
                    "folder-unreadable",
                    format!("a folder or file could not be listed: {error}"),
                ));
                continue;
            }
        };
        let kind = entry.file_type();
        if kind.is_some_and(|k| k.is_file()) {
            plain.insert(entry.into_path());
        } else if kind.is_some_and(|k| k.is_symlink()) {
            match entry.path().canonicalize() {
                Ok(target) if target.starts_with(&root) && target.is_file() => {
                    links.entry(target).or_insert_with(|| entry.into_path());
                }
                Ok(target) if target.is_dir() && target.starts_with(&root) => {}
                _ => diagnostics.push(
                    Diagnostic::new(
                        Level::Warning,
                        "link-not-followed",
                        "a link that leads nowhere or out of the folder: what it points to was not checked",
                    )
                    .at(named(&shown(given, &root, entry.path()))),
                ),
            }
        }
    }
    for file in plain {
        let name = links.get(&file).unwrap_or(&file);
        files.insert(named(&shown(given, &root, name)), file.clone());
    }
    Ok(())
}

/// A path below the root as the caller would write it.
fn shown(given: &Path, root: &Path, path: &Path) -> PathBuf {
    match path.strip_prefix(root) {
        Ok(below) if given == Path::new(".") => below.to_owned(),
        Ok(below) => given.join(below),
        Err(_) => path.to_owned(),
    }
}

fn named(path: &Path) -> RepoPath {
    RepoPath::new(<[u8]>::from_path(path).unwrap_or(b"?"))
}

fn check_all(
    files: &[(RepoPath, PathBuf)],
    threads: usize,
    progress: &dyn Progress,
    interrupt: &AtomicBool,
) -> Result<(Vec<Artifact>, Vec<Diagnostic>), ScanError> {
    let pool = ThreadPoolBuilder::new()
        .num_threads(threads)
        .stack_size(STACK_BYTES)
        .build()
        .map_err(ScanError::Threads)?;
    progress.phase("checking models", files.len() as u64);
    let done = AtomicU64::new(0);
    let results: Vec<Option<Result<Artifact, Diagnostic>>> = pool.install(|| {
        files
            .par_iter()
            .map(|(path, file)| {
                if interrupt.load(Ordering::Relaxed) {
                    return None;
                }
                let result = one(path, file);
                progress.advance_to(done.fetch_add(1, Ordering::Relaxed) + 1);
                Some(result)
            })
            .collect()
    });
    let mut artifacts = Vec::new();
    let mut diagnostics = Vec::new();
    let mut missed = 0u64;
    for result in results {
        match result {
            None => missed += 1,
            Some(Ok(artifact)) => artifacts.push(artifact),
            Some(Err(diagnostic)) => diagnostics.push(diagnostic),
        }
    }
    if missed > 0 {
        diagnostics.push(Diagnostic::new(
            Level::Error,
            "interrupted",
            format!(
                "interrupted: {missed} of {} files were not checked",
                files.len()
            ),
        ));
    }
    Ok((artifacts, diagnostics))
}

fn one(path: &RepoPath, file: &Path) -> Result<Artifact, Diagnostic> {
    let checked = catch_unwind(AssertUnwindSafe(|| {
        trueline_artifacts::check_file(file, path.clone())
    }));
    match checked {
        Ok(Ok(artifact)) => Ok(artifact),
        Ok(Err(error)) => Err(Diagnostic::new(
            Level::Warning,
            "model-unreadable",
            format!("not checked: it {error}"),
        )
        .at(path.clone())),
        // A fault of ours is no word for the file.
        Err(_) => Ok(Artifact {
            path: path.clone(),
            verdict: Verdict::Unknown,
            formats: Vec::new(),
            size: fs::metadata(file).map_or(0, |m| m.len()),
            sha256: None,
            licence: None,
            model_card: None,
            reasons: vec![Reason {
                verdict: Verdict::Unknown,
                technique: "analysis-failed".to_owned(),
                message:
                    "the analysis failed on this file; please report it with the file, if you may"
                        .to_owned(),
                members: Vec::new(),
                offset: 0,
                call: None,
                cwe: None,
                references: Vec::new(),
            }],
            advice: None,
        }),
    }
}

/// The model card beside a model and the licence that it declares.
fn card(artifact: &mut Artifact, files: &[(RepoPath, PathBuf)]) {
    if artifact.formats.is_empty() || artifact.path.file_name() == "README.md" {
        return;
    }
    let folder = match artifact.path.as_bstr().rfind_byte(b'/') {
        Some(slash) => &artifact.path.as_bytes()[..=slash],
        None => b"",
    };
    let card = RepoPath::new([folder, b"README.md"].concat());
    let Ok(at) = files.binary_search_by(|(path, _)| path.cmp(&card)) else {
        return;
    };
    if artifact.licence.is_none() {
        artifact.licence = files.get(at).and_then(|(_, file)| declared_licence(file));
    }
    artifact.model_card = Some(card);
}

fn declared_licence(card: &Path) -> Option<String> {
    let mut bytes = Vec::new();
    let file = fs::File::open(card).ok()?;
    std::io::Read::read_to_end(&mut std::io::Read::take(file, MAX_CARD as u64), &mut bytes).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    let head = text.strip_prefix("---")?.split("\n---").next()?.to_owned();
    head.lines().find_map(|line| {
        let value = line
            .strip_prefix("license:")?
            .trim()
            .trim_matches(['"', '\'']);
        (!value.is_empty()).then(|| value.to_owned())
    })
}

/// Is it a file that a scan of a repository checks as a model?
fn is_model(path: &RepoPath) -> bool {
    let name = path.file_name().to_str_lossy().to_ascii_lowercase();
    NAMES.contains(&name.as_str())
        || name
            .rsplit_once('.')
            .is_some_and(|(_, extension)| EXTENSIONS.contains(&extension))
}

/// Checks the model files among those of a tree on disk, and puts what is wrong beside the other findings.
pub(crate) fn add(
    checked: &mut Checked,
    root: &Path,
    paths: &[RepoPath],
    tiers: Tiers,
    threads: usize,
    progress: &dyn Progress,
    interrupt: &AtomicBool,
) -> Result<(), ScanError> {
    let files: Vec<(RepoPath, PathBuf)> = paths
        .iter()
        .filter(|path| is_model(path))
        .filter_map(|path| Some((path.clone(), root.join(path.as_bstr().to_path().ok()?))))
        .filter(|(_, file)| fs::symlink_metadata(file).is_ok_and(|m| m.is_file()))
        .collect();
    if files.is_empty() {
        return Ok(());
    }
    let (artifacts, diagnostics) = check_all(&files, threads, progress, interrupt)?;
    checked.diagnostics.extend(diagnostics);
    for artifact in artifacts {
        let Some(finding) = finding(&artifact) else {
            continue;
        };
        let shown = tiers == Tiers::All || finding.tier == Tier::Shown;
        let at = match checked
            .files
            .binary_search_by(|f| f.path.cmp(&artifact.path))
        {
            Ok(at) => at,
            Err(at) => {
                checked.files.insert(
                    at,
                    CheckedFile {
                        path: artifact.path.clone(),
                        findings: Vec::new(),
                        hidden: Vec::new(),
                        sites: Vec::new(),
                        comments: Vec::new(),
                    },
                );
                at
            }
        };
        if let Some(file) = checked.files.get_mut(at) {
            if shown {
                file.findings.push(finding);
            } else {
                file.hidden.push(finding);
            }
        }
    }
    Ok(())
}

/// The findings of a report, for SARIF.
fn findings(report: &ArtifactReport) -> Vec<Finding> {
    report.artifacts.iter().filter_map(finding).collect()
}

/// The worst of a file as a finding; nothing for a clean one.
fn finding(artifact: &Artifact) -> Option<Finding> {
    let (severity, confidence, tier) = match artifact.verdict {
        Verdict::Clean => return None,
        Verdict::Unknown => (Severity::Low, Confidence::Low, Tier::All),
        Verdict::Suspicious => (Severity::High, Confidence::Medium, Tier::Shown),
        Verdict::Malicious => (Severity::Critical, Confidence::High, Tier::Shown),
    };
    let reason = artifact.reasons.first()?;
    let mut message = format!("{}: {}", artifact.verdict, reason.message);
    if let Some(call) = &reason.call
        && !message.contains(call.as_str())
    {
        message.push_str(": ");
        message.push_str(call);
    }
    let place = Position { line: 1, column: 1 };
    let mut hash = Sha256::new();
    hash.update(RULE);
    hash.update([0]);
    hash.update(artifact.path.as_bytes());
    hash.update([0]);
    hash.update(&reason.technique);
    let mut fingerprint = String::new();
    for byte in hash.finalize().iter().take(16) {
        let _ = write!(fingerprint, "{byte:02x}");
    }
    Some(Finding {
        rule: RuleId::new(RULE),
        engine: OWN_ENGINE.to_owned(),
        cwe: vec![Cwe(reason.cwe.unwrap_or(502))],
        severity,
        confidence,
        tier,
        message,
        location: Location {
            path: artifact.path.clone(),
            start: place,
            end: place,
            snippet: String::new(),
        },
        symbol: String::new(),
        trace: Vec::new(),
        fix: artifact.advice.clone().map(|description| Fix {
            description,
            patch: None,
        }),
        fingerprint: Fingerprint::new(fingerprint),
        origin: None,
        suppression: None,
    })
}

/// The text of our rule, for logs.
pub(crate) fn rule_text() -> RuleText {
    RuleText {
        id: RuleId::new(RULE),
        title: "A model file does more than hold data".to_owned(),
        markdown: "# unsafe-model-file\n\nLoading the file would run code, touch files or the network, or it has what ordinary files of its \
                   format do not have. `trueline scan --only artifacts FILE` shows every reason with its place. Keep weights in a \
                   format that cannot run code (safetensors), and take models only from publishers that you trust.\n"
            .to_owned(),
    }
}

/// The report as SARIF.
pub fn artifacts_sarif(report: &ArtifactReport) -> Result<String, ScanError> {
    Ok(trueline_sarif::write(
        &findings(report),
        &report.diagnostics,
        &[rule_text()],
        VERSION,
        None,
        &|_, _| None,
    )?)
}
