//! Model files: which files of a tree are checked, the records of them, and the findings that a scan shows.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::SystemTime;

use bstr::ByteSlice;
use rayon::ThreadPoolBuilder;
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use trueline_artifacts::Surroundings;
use trueline_facts::artifact::{Artifact, ArtifactReport, SCHEMA, Verdict};
use trueline_facts::{Diagnostic, Level, RepoPath, Tier};

use crate::check::{Checked, CheckedFile, Tiers};
use crate::config::{Config, FILE_NAME, ModelDemands};
use crate::memory::Stat;
use crate::place::Place;
use crate::{Progress, ScanError, VERSION, source};

mod beside;
mod cards;
mod demands;
mod files;
mod findings;

pub(crate) use findings::{RULES, rule_text, speaks_of_file};
pub use findings::{as_scan as artifacts_as_scan, sarif as artifacts_sarif};

/// Stack of a worker.
const STACK_BYTES: usize = 64 << 20;

/// What to check.
#[derive(Clone, Debug)]
pub struct ArtifactRequest {
    /// Files, folders, caches.
    pub paths: Vec<PathBuf>,
    /// Threads; the result does not depend on it.
    pub threads: usize,
    /// The folder whose repository's `trueline.toml` says what the team asks of models. Never one of the
    /// models: they cannot speak for themselves.
    pub standing_in: PathBuf,
    /// Which files are hashed.
    pub hashes: Hashes,
}

/// Which model files are hashed: reading all of a large one takes longer than checking it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Hashes {
    /// Those of up to 64 MiB; all, where the team vetted some.
    #[default]
    Small,
    /// All.
    All,
}

/// Checks every file of the paths as a model file: one record a file.
pub fn artifacts(
    request: &ArtifactRequest,
    progress: &dyn Progress,
    interrupt: &AtomicBool,
) -> Result<ArtifactReport, ScanError> {
    let asked = config_of(&request.standing_in)?.models;
    let mut files = BTreeMap::new();
    let mut diagnostics = Vec::new();
    let mut asked_for = BTreeSet::new();
    for path in &request.paths {
        files::list(path, &mut files, &mut diagnostics)?;
        if path.is_file() {
            asked_for.insert(files::named(path));
        }
    }
    let files: Vec<(RepoPath, PathBuf)> = files.into_iter().collect();
    if files.is_empty() {
        diagnostics.push(Diagnostic::new(
            Level::Error,
            "nothing-checked",
            "no file was checked: the paths hold none",
        ));
    }
    let folders = beside::folders(&files, asked_for);
    let (mut artifacts, more) = check_all(&files, &folders, request.threads, progress, interrupt)?;
    diagnostics.extend(more);
    diagnostics.extend(artifacts.iter().filter_map(pointer));
    for (artifact, file) in pointers(&mut artifacts, &files) {
        artifact.advice = Some(fetch(file, &request.standing_in));
    }
    let base = &request.standing_in;
    demands::judge(&mut artifacts, &files, &asked, base, request.hashes);
    diagnostics.sort();
    diagnostics.dedup();
    Ok(ArtifactReport {
        schema: SCHEMA.to_owned(),
        trueline_version: VERSION.to_owned(),
        artifacts,
        diagnostics,
    })
}

/// Is a file of a tree checked as a model?
pub(crate) fn is_model_file(path: &RepoPath) -> bool {
    files::is_model(path)
}

/// The record of a file of a work tree; `None` where it is not there or cannot be read.
pub(crate) fn of_work_tree(place: &Place, path: &RepoPath) -> Option<Artifact> {
    if place.is_bare() || !source::is_file(place.root_path(), path) {
        return None;
    }
    let file = place.root_path().join(path.as_bstr().to_path().ok()?);
    one(path, &file, Surroundings::Unknown).ok()
}

/// Codes of diagnostics that name a file whose content was not checked.
const UNCHECKED: &[&str] = &[
    "model-unreadable",
    "folder-unreadable",
    "link-not-followed",
    "not-a-file",
    "lfs-pointer",
    "interrupted",
];

/// Does a diagnostic say that something of what was asked for was not checked? A gate must not pass then.
#[must_use]
pub fn is_unchecked(diagnostic: &Diagnostic) -> bool {
    UNCHECKED.contains(&diagnostic.code.as_str())
}

/// A pointer to a file in Git LFS, where the file should be.
fn pointer(artifact: &Artifact) -> Option<Diagnostic> {
    artifact
        .formats
        .iter()
        .any(|format| format == "git-lfs-pointer")
        .then(|| {
            Diagnostic::new(
                Level::Warning,
                "lfs-pointer",
                "not checked: a pointer to a file in Git LFS; `git lfs pull` fetches the file",
            )
            .at(artifact.path.clone())
        })
}

/// The pointers of Git LFS among records, with where they are.
fn pointers<'a>(
    artifacts: &'a mut [Artifact],
    files: &'a [(RepoPath, PathBuf)],
) -> impl Iterator<Item = (&'a mut Artifact, &'a Path)> {
    artifacts.iter_mut().filter_map(|artifact| {
        pointer(artifact)?;
        let at = files
            .binary_search_by(|(path, _)| path.cmp(&artifact.path))
            .ok()?;
        Some((artifact, files.get(at)?.1.as_path()))
    })
}

/// How to fetch the file that a pointer stands for, in the repository that the pointer is in.
fn fetch(pointer: &Path, standing_in: &Path) -> String {
    let whole = findings::plain(&standing_in.join(pointer));
    let repository_of = |path: &'_ Path| {
        let mut folders = path.ancestors();
        folders
            .find(|folder| folder.join(".git").exists())
            .map(Path::to_owned)
    };
    let root = whole.parent().and_then(repository_of);
    let path = root.as_ref().and_then(|root| whole.strip_prefix(root).ok());
    let other = root
        .as_ref()
        .filter(|root| repository_of(standing_in).as_ref() != Some(root))
        .map(|root| root.to_string_lossy());
    let path = path.unwrap_or(pointer).to_string_lossy();
    trueline_artifacts::fetch(other.as_deref(), &path)
}

/// The configuration of the repository that a folder is in.
fn config_of(folder: &Path) -> Result<Config, ScanError> {
    for folder in folder.ancestors() {
        if folder.join(FILE_NAME).exists() || folder.join(".git").exists() {
            return Ok(Config::load(folder)?);
        }
    }
    Ok(Config::default())
}

fn check_all(
    files: &[(RepoPath, PathBuf)],
    folders: &beside::Folders,
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
                let result = one(path, file, beside::of(path, folders));
                progress.advance_to(done.fetch_add(1, Ordering::Relaxed) + 1);
                // What an interrupt cut short is no record.
                (!interrupt.load(Ordering::Relaxed)).then_some(result)
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

fn one(path: &RepoPath, file: &Path, surroundings: Surroundings) -> Result<Artifact, Diagnostic> {
    let checked = catch_unwind(AssertUnwindSafe(|| {
        trueline_artifacts::check_file_of(file, path.clone(), surroundings)
    }));
    match checked {
        Ok(Ok(mut artifact)) => {
            let is_judged = surroundings != Surroundings::Unknown || !artifact.formats.is_empty();
            if beside::is_code(path) && !is_judged && artifact.reasons.is_empty() {
                artifact
                    .reasons
                    .push(trueline_artifacts::source_not_judged());
            }
            Ok(artifact)
        }
        Ok(Err(error)) => Err(Diagnostic::new(
            Level::Warning,
            "model-unreadable",
            format!("not checked: it {error}"),
        )
        .at(path.clone())),
        Err(_) => Ok(trueline_artifacts::failed(
            path.clone(),
            fs::metadata(file).map_or(0, |m| m.len()),
        )),
    }
}

/// Clean models by path, with their state on disk: what need not be read again.
pub(crate) type CleanModels = FxHashMap<RepoPath, (Stat, Artifact)>;

/// How the models of a tree are checked.
pub(crate) struct InTree<'s> {
    pub(crate) root: &'s Path,
    pub(crate) paths: &'s [RepoPath],
    pub(crate) tiers: Tiers,
    pub(crate) threads: usize,
    pub(crate) asked: &'s ModelDemands,
    /// Decides only what may be trusted, never what is found.
    pub(crate) now: SystemTime,
}

/// Checks the model files among those of a tree on disk, and puts what is wrong beside the other findings. Those
/// that were clean and are as they were are not read again; whether `clean` changed is given back.
pub(crate) fn add(
    checked: &mut Checked,
    tree: &InTree<'_>,
    clean: &mut CleanModels,
    progress: &dyn Progress,
    interrupt: &AtomicBool,
) -> Result<bool, ScanError> {
    let InTree {
        root,
        paths,
        tiers,
        threads,
        ..
    } = *tree;
    let files: Vec<(RepoPath, PathBuf)> = paths
        .iter()
        .filter(|path| files::is_model(path))
        .filter_map(|path| Some((path.clone(), root.join(path.as_bstr().to_path().ok()?))))
        .filter(|(_, file)| fs::symlink_metadata(file).is_ok_and(|m| m.is_file()))
        .collect();
    let stats: FxHashMap<RepoPath, Stat> = files
        .iter()
        .filter_map(|(path, _)| Some((path.clone(), source::stat(root, path)?)))
        .collect();
    let before = clean.len();
    clean.retain(|path, (stat, _)| stats.get(path) == Some(stat));
    let mut changed = clean.len() != before;
    if files.is_empty() {
        return Ok(changed);
    }
    let (known, fresh): (Vec<_>, Vec<_>) = files
        .iter()
        .cloned()
        .partition(|(path, _)| clean.contains_key(path));
    let mut artifacts: Vec<Artifact> = known
        .iter()
        .filter_map(|(path, _)| Some(clean.get(path)?.1.clone()))
        .collect();
    if !fresh.is_empty() {
        let folders = beside::folders(&fresh, BTreeSet::new());
        let (checked_now, diagnostics) = check_all(&fresh, &folders, threads, progress, interrupt)?;
        checked.diagnostics.extend(diagnostics);
        for artifact in &checked_now {
            if let Some(stat) = stats.get(&artifact.path)
                && artifact.verdict == Verdict::Clean
                && stat.at_rest(tree.now)
            {
                // Reasons may quote the file, and nothing of a file goes into the cache.
                let mut kept = artifact.clone();
                kept.reasons.clear();
                clean.insert(artifact.path.clone(), (*stat, kept));
                changed = true;
            }
        }
        artifacts.extend(checked_now);
        artifacts.sort_by(|a, b| a.path.cmp(&b.path));
    }
    demands::judge(&mut artifacts, &files, tree.asked, root, Hashes::Small);
    // One word for all: a clone without its files in LFS has many.
    let mut pointers = artifacts.iter().filter_map(pointer);
    if let Some(mut first) = pointers.next() {
        let others = pointers.count();
        if others > 0 {
            first.message = format!("{}; so are {others} other model files", first.message);
        }
        checked.diagnostics.push(first);
    }
    for artifact in artifacts {
        for finding in findings::of(&artifact) {
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
    }
    Ok(changed)
}
