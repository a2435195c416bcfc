//! `trueline forge`: what the scripts of forges call, so that no text of a repository passes through a shell.

use std::path::{Path, PathBuf};

use anyhow::Result;
use serde::de::DeserializeOwned;
use serde_json::Value;
use trueline_facts::scan::ScanReport;
use trueline_report::github;

use crate::Ended;
use crate::arguments::{Forge, ForgeAction};
use crate::commands::Misused;
use crate::output;

/// Scans that a trend is made of.
const MOST_SCANS: usize = 1_000;

pub(crate) fn run(arguments: &Forge) -> Result<Ended> {
    let text = match &arguments.action {
        ForgeAction::Comment { files } => {
            let texts: Vec<String> = files.iter().map(|f| read_text(f)).collect::<Result<_>>()?;
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
                &github::ChangedLines::parse(&String::from_utf8_lossy(&super::read(diff)?)),
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
        } => github::sarif_upload(&super::read(log)?, commit, reference),
        ForgeAction::Trend { folder } => {
            let unread =
                |error: std::io::Error| Misused(format!("{}: {}", folder.display(), error.kind()));
            let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
                .map_err(unread)?
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

fn read_text(file: &Path) -> Result<String> {
    let text = String::from_utf8(super::read(file)?);
    let not_text = |_| Misused(format!("{} is no text", file.display()));
    Ok(text.map_err(not_text)?)
}

fn json<T: DeserializeOwned>(file: &Path) -> Result<T> {
    let parsed = serde_json::from_slice(&super::read(file)?);
    let unexpected = |error| {
        let name = file.display();
        Misused(format!(
            "{name} is not the document that was expected: {error}"
        ))
    };
    Ok(parsed.map_err(unexpected)?)
}
