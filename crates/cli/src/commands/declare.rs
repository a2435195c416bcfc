//! `trueline declare`: say which AI tool wrote your own commits.

use std::fmt::Write as _;
use std::io::Write as _;

use anyhow::Result;
use trueline_scan::{DeclareAction, DeclareRequest, NoteOutcome};

use crate::Ended;
use crate::arguments::Declare;
use crate::output;
use trueline_report::counted;

pub(crate) fn run(arguments: &Declare) -> Result<Ended> {
    let declared = trueline_scan::declare(&DeclareRequest {
        path: ".".into(),
        range: arguments.range.clone(),
        action: match &arguments.tool {
            Some(tool) => DeclareAction::Declare {
                tool: tool.clone(),
                model: arguments.model.clone(),
                replace: arguments.replace,
            },
            None => DeclareAction::Undo,
        },
        dry_run: arguments.dry_run,
    })?;
    let mut out = String::new();
    let mut written = 0;
    for one in &declared {
        let lines: u32 = one.lines.iter().map(|(_, lines)| lines).sum();
        let files = one.lines.len() as u64;
        let what = match (one.outcome, arguments.dry_run) {
            (NoteOutcome::Added, false) => "note added",
            (NoteOutcome::Added, true) => "would add a note",
            (NoteOutcome::Merged, false) => {
                "joined the note that was there, which keeps the last word on its own lines"
            }
            (NoteOutcome::Merged, true) => {
                "would join the note that is there, which keeps the last word on its own lines"
            }
            (NoteOutcome::Replaced, false) => "took the place of the earlier declaration",
            (NoteOutcome::Replaced, true) => "would take the place of the earlier declaration",
            (NoteOutcome::Removed, false) => "declaration taken out",
            (NoteOutcome::Removed, true) => "would take the declaration out",
            (NoteOutcome::NotDeclared, _) => "nothing was declared",
            (NoteOutcome::Unchanged, _) => "noted already",
            (NoteOutcome::NoLines, _) => "adds no line of text, nothing to note",
        };
        written += u32::from(matches!(
            one.outcome,
            NoteOutcome::Added | NoteOutcome::Merged | NoteOutcome::Replaced | NoteOutcome::Removed
        ));
        match &one.tool {
            Some(tool) => writeln!(
                out,
                "{}  {tool}  {} in {}: {what}",
                one.commit.short(),
                counted(u64::from(lines), "line"),
                counted(files, "file"),
            )?,
            None => writeln!(out, "{}  {what}", one.commit.short())?,
        }
        if !one.named_otherwise.is_empty() {
            let others: Vec<&str> = one
                .named_otherwise
                .iter()
                .map(trueline_facts::ToolId::as_str)
                .collect();
            writeln!(
                out,
                "          this commit names {} itself; on these lines what is declared comes first",
                others.join(" and ")
            )?;
        }
    }
    if written > 0 && !arguments.dry_run {
        if !arguments.undo {
            out.push_str(
                "All these lines count as the tool's; if it wrote a part of them, take this back and say so in a trailer (Assisted-by: TOOL)\n",
            );
        }
        out.push_str(
            "Notes stay in this repository until they are pushed: git push origin refs/notes/ai\n",
        );
        if !arguments.undo {
            let range = match (declared.as_slice(), &arguments.range) {
                (_, Some(range)) if declared.len() > 1 => range,
                ([first, ..], _) => first.commit.short(),
                ([], _) => "HEAD",
            };
            writeln!(out, "To take it back: trueline declare --undo {range}")?;
        }
    }
    output::write(out.as_bytes(), None)?;
    let unknown = declared.iter().find_map(|one| one.tool.as_ref());
    if let Some(tool) = unknown.filter(|tool| !trueline_scan::is_known_tool(tool)) {
        // A closed standard error does not make what was written wrong.
        let _ = writeln!(
            std::io::stderr(),
            "trueline: `{tool}` is none of the tools that Trueline knows, so its lines are counted under this \
             name. If it goes by another name, declare again with that one and --replace."
        );
    }
    Ok(Ended::Pass)
}
