//! `trueline init`: a policy file, a job and a hook, and the section of agents' rules files.

use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::atomic::AtomicBool;

use anyhow::Result;
use trueline_assist::init::{InitRequest, Setup, apply, plan};
use trueline_report::diff;

use crate::Ended;
use crate::arguments::Init;
use crate::commands::hook::agreed;
use crate::output;

pub(crate) fn run(arguments: &Init, interrupt: &AtomicBool) -> Result<Ended> {
    let plan = plan(
        &InitRequest {
            path: arguments.path.clone(),
            agents: arguments.agents,
            setup: if arguments.policy_only {
                Setup::PolicyOnly
            } else {
                Setup::Full
            },
            files: arguments.file.clone(),
            reading: super::reading(&arguments.reading)?,
        },
        interrupt,
    )?;
    let mut out = String::new();
    for file in &plan.files {
        let before = file.before.as_deref().unwrap_or_default();
        out.push_str(&diff::unified(&file.path, before, &file.after));
    }
    output::write(out.as_bytes(), None)?;
    for note in &plan.notes {
        // A closed standard error does not make the files wrong.
        let _ = writeln!(std::io::stderr(), "{note}");
    }
    if plan.files.is_empty() || arguments.dry_run || !agreed(arguments.yes)? {
        return Ok(Ended::Pass);
    }
    apply(&plan)?;
    let mut told = String::new();
    for file in &plan.files {
        let what = if file.before.is_some() {
            "updated"
        } else {
            "written"
        };
        // Writing to a string cannot fail.
        let _ = writeln!(told, "{what} {}", file.path);
    }
    output::write(told.as_bytes(), None)?;
    Ok(Ended::Pass)
}
