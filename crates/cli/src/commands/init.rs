//! `trueline init`: a policy file, a job and a hook, and the section of agents' rules files.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use anyhow::Result;
use trueline_assist::init::{Hooks, InitRequest, Setup, apply, plan};
use trueline_capture::Place;
use trueline_capture::install::gate;
use trueline_report::diff;

use crate::Ended;
use crate::arguments::Init;
use crate::commands::Misused;
use crate::commands::hook::agreed;
use crate::output;

pub(crate) fn run(arguments: &Init, interrupt: &AtomicBool) -> Result<Ended> {
    if arguments.remove_hooks {
        return remove_hooks(arguments);
    }
    let plan = plan(
        &InitRequest {
            path: arguments.path.clone(),
            agents: arguments.agents,
            setup: if arguments.policy_only {
                Setup::PolicyOnly
            } else {
                Setup::Full
            },
            hooks: if arguments.pre_commit {
                Hooks::PreCommit
            } else {
                Hooks::Git
            },
            program: std::env::current_exe().unwrap_or_else(|_| PathBuf::from("trueline")),
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
    out.push_str(&plan.hooks.diff());
    output::write(out.as_bytes(), None)?;
    for note in &plan.notes {
        // A closed standard error does not make the files wrong.
        let _ = writeln!(std::io::stderr(), "{note}");
    }
    if plan.is_empty() || arguments.dry_run || !agreed(arguments.yes)? {
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
    for hook in &plan.hooks.changes {
        let _ = writeln!(told, "written {}", hook.path.display());
    }
    if !plan.hooks.is_empty() {
        told.push_str(
            "the hooks judge by trueline.toml; `trueline init --remove-hooks` takes them away\n",
        );
    }
    output::write(told.as_bytes(), None)?;
    Ok(Ended::Pass)
}

fn remove_hooks(arguments: &Init) -> Result<Ended> {
    let here = std::path::absolute(&arguments.path)?;
    let place = Place::around(&here)
        .ok_or_else(|| Misused(format!("no git repository at or above {}", here.display())))?;
    let plan = gate::removal(&place)?;
    let mut out = plan.diff();
    if plan.is_empty() {
        out.push_str("no hooks of `trueline init` are here\n");
    }
    output::write(out.as_bytes(), None)?;
    for notice in &plan.notices {
        // A closed standard error does not make the hooks wrong.
        let _ = writeln!(std::io::stderr(), "{notice}");
    }
    if plan.is_empty() || arguments.dry_run || !agreed(arguments.yes)? {
        return Ok(Ended::Pass);
    }
    gate::remove(&place, &plan)?;
    output::write(b"taken away\n", None)?;
    Ok(Ended::Pass)
}
