//! `trueline declare`: say which AI tool wrote your own commits.

use std::fmt::Write;

use anyhow::Result;
use trueline_scan::{DeclareRequest, NoteOutcome};

use crate::Ended;
use crate::arguments::Declare;
use crate::output;

pub(crate) fn run(arguments: &Declare) -> Result<Ended> {
    let declared = trueline_scan::declare(&DeclareRequest {
        path: ".".into(),
        range: arguments.range.clone(),
        tool: arguments.tool.clone(),
        model: arguments.model.clone(),
        dry_run: arguments.dry_run,
    })?;
    let mut out = String::new();
    let mut written = 0;
    for one in &declared {
        let lines: u32 = one.lines.iter().map(|(_, lines)| lines).sum();
        let files = one.lines.len();
        let what = match (one.outcome, arguments.dry_run) {
            (NoteOutcome::Added, false) => "note added",
            (NoteOutcome::Added, true) => "would add a note",
            (NoteOutcome::Merged, false) => "joined the note that was there",
            (NoteOutcome::Merged, true) => "would join the note that is there",
            (NoteOutcome::Unchanged, _) => "noted already",
            (NoteOutcome::NoLines, _) => "adds no line of text, nothing to note",
        };
        written += u32::from(matches!(
            one.outcome,
            NoteOutcome::Added | NoteOutcome::Merged
        ));
        writeln!(
            out,
            "{}  {}  {lines} lines in {files} files: {what}",
            one.commit.short(),
            one.tool,
        )?;
    }
    if written > 0 && !arguments.dry_run {
        out.push_str(
            "Notes stay in this repository until they are pushed: git push origin refs/notes/ai\n",
        );
    }
    output::write(out.as_bytes(), None)?;
    Ok(Ended::Pass)
}
