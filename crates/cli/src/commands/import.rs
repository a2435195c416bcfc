//! `trueline import`: what other systems know, kept beside the repository.

use std::fmt::Write as _;

use anyhow::Result;
use trueline_report::{counted, json};

use crate::Ended;
use crate::arguments::{Import, ImportAction, ListFormat};
use crate::output;

pub(crate) fn run(arguments: &Import) -> Result<Ended> {
    let ImportAction::Reviews {
        file,
        repository,
        format,
    } = &arguments.action;
    let done = trueline_scan::import_reviews(repository, file)?;
    let text = match format {
        ListFormat::Json => json::to_string(&done),
        ListFormat::Terminal => {
            let mut out = format!(
                "{} with {} read: {} new, {} changed; the commits of {} are here. {} kept.\n",
                counted(done.read, "request"),
                counted(done.reviews, "review"),
                done.added,
                done.updated,
                done.known_here,
                done.kept
            );
            for left_out in &done.left_out {
                writeln!(out, "left out: {left_out}")?;
            }
            out
        }
    };
    output::write(text.as_bytes(), None)?;
    Ok(Ended::Pass)
}
