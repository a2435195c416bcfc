//! Findings of other tools, from SARIF files given with `--import`.

use std::collections::HashSet;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use bstr::ByteSlice;
use trueline_facts::{Diagnostic, Finding, Level};

use crate::ScanError;

/// One byte more than the reader accepts, so that it can tell the size.
const MAX_BYTES: u64 = (256 << 20) + 1;

/// Reads the logs. Absolute paths in them are cut at `root`.
pub(crate) fn read(
    files: &[PathBuf],
    root: &Path,
) -> Result<(Vec<Finding>, Vec<Diagnostic>), ScanError> {
    let root = <[u8]>::from_path(root).unwrap_or_default();
    let mut findings = Vec::new();
    let mut diagnostics = Vec::new();
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
        findings.extend(imported.findings);
        diagnostics.extend(imported.diagnostics);
    }
    if let Some(repeated) = drop_repeated(&mut findings) {
        diagnostics.push(repeated);
    }
    Ok((findings, diagnostics))
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
