//! `trueline blame`: the origin of each line of a file.

use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Result;
use std::collections::BTreeMap;
use std::io::Write;

use trueline_facts::{CommitId, Timestamp};
use trueline_report::porcelain::{PorcelainCommit, Signature};
use trueline_report::{json, porcelain, terminal};
use trueline_scan::{BlameOutcome, BlameRequest, CommitSignature};

use crate::Ended;
use crate::arguments::{Blame, BlameFormat};
use crate::output;
use crate::progress::Bar;

pub(crate) fn run(arguments: &Blame, interrupt: &AtomicBool) -> Result<Ended> {
    let format = if arguments.line_porcelain {
        BlameFormat::Porcelain
    } else {
        arguments.format
    };
    output::check(arguments.writing.output.as_deref())?;
    let bar = Bar::new(arguments.writing.quiet);
    let request = BlameRequest {
        file: arguments.file.clone(),
        names: arguments.names,
        commit_details: format == BlameFormat::Porcelain,
        reading: super::reading(&arguments.reading)?,
    };
    let outcome = trueline_scan::blame(&request, &bar, interrupt)?;
    bar.finish();
    if outcome.differs_from_head && !arguments.writing.quiet {
        // A closed standard error does not make the answer wrong.
        let _ = writeln!(
            std::io::stderr(),
            "trueline: {} on disk differs from HEAD; what follows is HEAD's",
            arguments.file.display()
        );
    }
    let file = arguments.writing.output.as_deref();
    let lines: Vec<&[u8]> = outcome.lines();
    let document = match format {
        BlameFormat::Terminal => {
            let text: Vec<String> = lines
                .iter()
                .map(|l| String::from_utf8_lossy(l).into_owned())
                .collect();
            let text: Vec<&str> = text.iter().map(String::as_str).collect();
            terminal::blame(&outcome.report, &text, &output::style(file)).into_bytes()
        }
        BlameFormat::Json => json::to_string(&outcome.report).into_bytes(),
        BlameFormat::Porcelain => {
            porcelain::line_porcelain(&outcome.report, &lines, &commits(&outcome))
        }
    };
    output::write(&document, file)?;
    Ok(if interrupt.load(Ordering::SeqCst) {
        Ended::Interrupted
    } else {
        Ended::Pass
    })
}

/// What the pipeline knows of the commits, as the renderer takes it.
fn commits(outcome: &BlameOutcome) -> BTreeMap<CommitId, PorcelainCommit> {
    let signature = |s: &CommitSignature| Signature {
        name: s.name.clone().into(),
        email: s.email.clone().into(),
        time: Timestamp(s.seconds),
        offset_minutes: s.offset_minutes,
    };
    outcome
        .commits
        .iter()
        .map(|(id, commit)| {
            (
                id.clone(),
                PorcelainCommit {
                    author: signature(&commit.author),
                    committer: signature(&commit.committer),
                    summary: commit.summary.clone().into(),
                    root: commit.root,
                    previous: outcome
                        .previous
                        .iter()
                        .filter(|((of, _), _)| of == id)
                        .map(|((_, path), before)| (path.clone(), before.clone()))
                        .collect(),
                },
            )
        })
        .collect()
}
