//! `trueline forge`: what the scripts of forges call, so that no text of a repository passes through a shell.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::de::DeserializeOwned;
use serde_json::Value;
use trueline_facts::scan::ScanReport;
use trueline_report::github;

use crate::Ended;
use crate::arguments::{Forge, ForgeAction};
use crate::output;

/// Scans that a trend is made of.
const MOST_SCANS: usize = 1_000;

pub(crate) fn run(arguments: &Forge) -> Result<Ended> {
    let text = match &arguments.action {
        ForgeAction::Comment { files } => {
            let texts: Vec<String> = files.iter().map(|f| read(f)).collect::<Result<_>>()?;
            github::comment(&texts.join("\n"))
        }
        ForgeAction::FindComment {
            page,
            marker,
            author,
        } => github::find_comment(&json::<Value>(page)?, marker, author)
            .map_or_else(String::new, |id| id.to_string()),
        ForgeAction::Review {
            scan,
            diff,
            comments,
            commit,
        } => {
            let root = trueline_scan::root(Path::new("."))?;
            let review = github::review(
                &json::<ScanReport>(scan)?,
                &github::ChangedLines::parse(&String::from_utf8_lossy(&bytes(diff)?)),
                &json::<Value>(comments)?,
                commit,
                |path| std::fs::read_to_string(root.join(path)).ok(),
            );
            review.body.unwrap_or_default()
        }
        ForgeAction::Sarif {
            log,
            commit,
            reference,
        } => github::sarif_upload(&bytes(log)?, commit, reference),
        ForgeAction::Trend { folder } => {
            let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
                .with_context(|| format!("{}", folder.display()))?
                .filter_map(|entry| Some(entry.ok()?.path()))
                .filter(|path| path.extension().is_some_and(|e| e == "json"))
                .collect();
            files.sort();
            let skipped = files.len().saturating_sub(MOST_SCANS);
            let scans: Vec<ScanReport> = files
                .iter()
                .skip(skipped)
                .map(|file| json(file))
                .collect::<Result<_>>()?;
            github::trend(&scans)
        }
    };
    output::write(text.as_bytes(), None)?;
    Ok(Ended::Pass)
}

fn bytes(file: &Path) -> Result<Vec<u8>> {
    std::fs::read(file).with_context(|| format!("{}", file.display()))
}

fn read(file: &Path) -> Result<String> {
    std::fs::read_to_string(file).with_context(|| format!("{}", file.display()))
}

fn json<T: DeserializeOwned>(file: &Path) -> Result<T> {
    serde_json::from_slice(&bytes(file)?)
        .with_context(|| format!("{} is not the document that was expected", file.display()))
}
