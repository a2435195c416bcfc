//! Findings of other tools, from SARIF files given with `--import`.

use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use bstr::ByteSlice;
use rustc_hash::FxHashMap;
use trueline_facts::{Diagnostic, Finding, Level, RepoPath};
use trueline_sarif::Imported;

use crate::check::{Checked, CheckedFile, Contents};
use crate::memory::Stat;
use crate::{ScanError, source};

/// One byte more than the reader accepts, so that it can tell the size.
const MAX_BYTES: u64 = (256 << 20) + 1;

/// Reads the logs. Absolute paths in them are cut at `root`.
pub(crate) fn read(files: &[PathBuf], root: &Path) -> Result<Imported, ScanError> {
    let root = <[u8]>::from_path(root).unwrap_or_default();
    let mut all = Imported::default();
    for path in files {
        let unreadable = |source| ScanError::ImportFile {
            path: path.clone(),
            source,
        };
        let mut bytes = Vec::new();
        File::open(path)
            .map_err(unreadable)?
            .take(MAX_BYTES)
            .read_to_end(&mut bytes)
            .map_err(unreadable)?;
        let imported = trueline_sarif::read(&bytes, root).map_err(|source| ScanError::Import {
            path: path.clone(),
            source,
        })?;
        all.findings.extend(imported.findings);
        all.diagnostics.extend(imported.diagnostics);
        for (engine, tool) in imported.tools {
            all.tools.entry(engine).or_default().add(tool);
        }
    }
    let Imported {
        findings,
        diagnostics,
        ..
    } = &mut all;
    // What a gate said is a judgement on findings, and no finding.
    let before = findings.len();
    findings.retain(|finding| finding.engine != trueline_sarif::GATE_ENGINE);
    if findings.len() < before {
        diagnostics.push(Diagnostic::new(
            Level::Note,
            "sarif-of-gate",
            "a log of `trueline gate` was given: what a gate said is left out, because it is no finding",
        ));
    }
    if let Some(repeated) = drop_repeated(findings) {
        diagnostics.push(repeated);
    }
    Ok(all)
}

/// The files of the scanned tree and no others: a log must not lead to what git ignores, nor to what
/// is no file of the tree.
pub(crate) struct Listed<'a> {
    pub(crate) contents: &'a dyn Contents,
    /// Sorted.
    pub(crate) paths: &'a [RepoPath],
}

impl Contents for Listed<'_> {
    fn read(&self, path: &RepoPath) -> Result<Vec<u8>, Diagnostic> {
        if self.paths.binary_search(path).is_ok() {
            return self.contents.read(path);
        }
        Err(Diagnostic::new(
            Level::Warning,
            "file-not-scanned",
            "an imported result is about it, but it is no file of the scanned tree: it was not read, \
             the result has no origin and no code",
        )
        .at(path.clone()))
    }

    fn stat(&self, path: &RepoPath) -> Option<Stat> {
        self.contents.stat(path)
    }
}

/// Puts imported findings beside ours, by file.
pub(crate) fn add(checked: &mut Checked, imported: Vec<Finding>, scope: &source::Scope) {
    let mut by_path: BTreeMap<RepoPath, Vec<Finding>> = BTreeMap::new();
    for finding in imported {
        if scope.contains(&finding.location.path) {
            by_path
                .entry(finding.location.path.clone())
                .or_default()
                .push(finding);
        }
    }
    if by_path.is_empty() {
        return;
    }
    let at: FxHashMap<RepoPath, usize> = checked
        .files
        .iter()
        .enumerate()
        .map(|(ix, f)| (f.path.clone(), ix))
        .collect();
    for (path, findings) in by_path {
        if let Some(file) = at.get(&path).and_then(|ix| checked.files.get_mut(*ix)) {
            file.findings.extend(findings);
            continue;
        }
        checked.files.push(CheckedFile {
            path,
            findings,
            hidden: Vec::new(),
            sites: Vec::new(),
            comments: Vec::new(),
        });
    }
    checked.files.sort_by(|a, b| a.path.cmp(&b.path));
}

/// A log given twice, or two logs of one tool, hold the same results: each counts once.
fn drop_repeated(findings: &mut Vec<Finding>) -> Option<Diagnostic> {
    let before = findings.len();
    let mut seen = HashSet::new();
    findings.retain(|f| {
        let place = (f.location.path.clone(), f.location.start, f.location.end);
        seen.insert((f.engine.clone(), f.rule.clone(), place, f.message.clone()))
    });
    let repeated = before - findings.len();
    (repeated > 0).then(|| {
        Diagnostic::new(
            Level::Note,
            "sarif-results-repeated",
            format!(
                "{repeated} imported {} already: each result counts once",
                if repeated == 1 {
                    "result was there"
                } else {
                    "results were there"
                }
            ),
        )
    })
}
