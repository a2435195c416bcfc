//! `trueline hook`: install and take away hooks, and what they run.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::io::{self, BufRead, IsTerminal, Read, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use trueline_capture::install::{self, Plan, Request, Scope};
use trueline_capture::payload::{self, Dialect};
use trueline_capture::{LARGEST_INPUT, Merged, Place, Settled};
use trueline_report::counted;

use crate::Ended;
use crate::arguments::{Hook, HookAction, HookInstall, ListFormat};
use crate::commands::{Misused, notes};
use crate::output;

pub(crate) fn run(arguments: &Hook) -> Result<Ended> {
    match &arguments.action {
        HookAction::Install(asked) => install(asked),
        HookAction::Uninstall { user, yes, dry_run } => uninstall(*user, *yes, *dry_run),
        HookAction::Run { what, arguments } => hook(what, arguments),
        HookAction::Status { format } => status(*format),
        HookAction::Sign { range, key } => notes::sign(&place_here()?, range, key.as_deref()),
        HookAction::Verify {
            range,
            keys,
            log_keys,
        } => notes::verify(&place_here()?, range, keys.as_deref(), log_keys.as_deref()),
    }
}

/// A call as tools make it, `hook run TOOL` and no word more, or that of a hook's own child. Every other is read
/// like the rest of the arguments.
pub(crate) fn at_once(arguments: impl Iterator<Item = OsString>) -> Option<Ended> {
    let words: Vec<OsString> = arguments.take(5).collect();
    let words: Option<Vec<&str>> = words.iter().map(|word| word.to_str()).collect();
    match words?.as_slice() {
        ["hook", "run", what] => {
            let dialect = what.parse::<Dialect>().ok()?;
            Some(agent(dialect, &std::env::current_dir().unwrap_or_default()))
        }
        ["hook", "run", "rest", ticket] => {
            rest(&std::env::current_dir().unwrap_or_default(), ticket);
            Some(Ended::Pass)
        }
        _ => None,
    }
}

/// Started by a hook of ours that has answered already.
fn rest(here: &Path, ticket: &str) {
    if let Some(place) = Place::around(here)
        && let Err(error) = trueline_capture::finish_rest(&place, ticket)
    {
        trueline_capture::note_trouble(&place, &format!("rest: {error}"));
    }
}

/// Tools and git first: they must never see an error of ours.
fn hook(what: &str, arguments: &[String]) -> Result<Ended> {
    let here = std::env::current_dir().unwrap_or_default();
    if let Ok(dialect) = what.parse::<Dialect>() {
        return Ok(agent(dialect, &here));
    }
    let first = arguments.first().map(String::as_str);
    match what {
        "post-commit" | "post-rewrite" | "post-merge" => {
            if let Some(place) = Place::around(&here) {
                let done = match what {
                    "post-commit" => trueline_capture::post_commit(&place),
                    "post-merge" => trueline_capture::post_merge(&place, first == Some("1")),
                    _ => {
                        let mut pairs = Vec::new();
                        io::stdin().take(LARGEST_INPUT).read_to_end(&mut pairs)?;
                        trueline_capture::post_rewrite(&place, &pairs)
                    }
                };
                match done {
                    Ok(settled) => sign_noted(&place, &settled),
                    // Said, for whoever runs it by hand; the hook that git runs throws it away.
                    Err(error) => {
                        trueline_capture::note_trouble(&place, &format!("{what}: {error}"));
                        let _ = writeln!(io::stderr(), "trueline: {what}: {error}");
                    }
                }
            }
            Ok(Ended::Pass)
        }
        "rest" => {
            if let Some(ticket) = first {
                rest(&here, ticket);
            }
            Ok(Ended::Pass)
        }
        "settle" => {
            let place = place(&here)?;
            let settled = trueline_capture::settle(&place)?;
            sign_noted(&place, &settled);
            tell_settled(&settled)
        }
        "squash" => {
            let range = first.ok_or_else(|| {
                Misused("squash: name the branch's commits, BASE..HEAD, and the commit that they became (by default HEAD)".to_owned())
            })?;
            let onto = arguments.get(1).map_or("HEAD", String::as_str);
            let place = place(&here)?;
            let settled = trueline_capture::squash(&place, range, onto)?;
            sign_noted(&place, &settled);
            tell_settled(&settled)
        }
        "merge-notes" => {
            let remote = first.unwrap_or("origin");
            let merged = trueline_capture::merge_notes(&place(&here)?, remote)?;
            tell_merged(merged)
        }
        "share" => {
            let remote = first.unwrap_or("origin");
            let merged = trueline_capture::share_notes(&place(&here)?, remote)?;
            tell_merged(merged)
        }
        // A hook of a newer version, or of a tool that is not known: it must not be stopped.
        _ => {
            let known = Dialect::ALL.map(Dialect::name).join(", ");
            let _ = writeln!(
                io::stderr(),
                "trueline: no hook `{what}`; known are {known}, post-commit, post-rewrite, post-merge, settle, squash, merge-notes, share"
            );
            Ok(Ended::Pass)
        }
    }
}

/// Records what an agent's tool tells, then answers it.
fn agent(dialect: Dialect, here: &Path) -> Ended {
    let told = trueline_capture::hook::run(
        dialect,
        io::stdin().lock(),
        here,
        Some(trueline_scan::holds_secret),
    );
    let reply = trueline_assist::guard::decide(&told.events).reply();
    let answer = payload::answer(dialect, &told.payload, &reply);
    let _ = io::stdout().write_all(answer.stdout.as_bytes());
    let _ = io::stderr().write_all(answer.stderr.as_bytes());
    match answer.code {
        0 => Ended::Pass,
        code => Ended::Refused(code),
    }
}

fn sign_noted(place: &Place, settled: &Settled) {
    let commits: Vec<String> = settled
        .noted
        .iter()
        .map(|id| id.to_hex().to_string())
        .collect();
    notes::sign_new(place, commits.iter().map(String::as_str));
}

fn tell_settled(settled: &Settled) -> Result<Ended> {
    let mut out = String::new();
    for commit in &settled.noted {
        writeln!(out, "{}  noted", commit.to_hex_with_len(10))?;
    }
    if settled.noted.is_empty() {
        out.push_str("nothing to note\n");
    }
    output::write(out.as_bytes(), None)?;
    Ok(Ended::Pass)
}

fn tell_merged(merged: Merged) -> Result<Ended> {
    let text = format!(
        "{} added, {} joined, {} that cannot be read left as they are here\n",
        counted(merged.added as u64, "note"),
        merged.joined,
        merged.unreadable
    );
    output::write(text.as_bytes(), None)?;
    Ok(Ended::Pass)
}

fn place_here() -> Result<Place> {
    place(&std::env::current_dir().context("the current directory")?)
}

fn place(here: &Path) -> Result<Place> {
    Ok(Place::around(here)
        .ok_or_else(|| Misused(format!("no git repository at or above {}", here.display())))?)
}

fn scope(user: bool) -> Result<(Scope, Option<Place>)> {
    if user {
        return Ok((Scope::User, None));
    }
    Ok((Scope::Repository, Some(place_here()?)))
}

fn install(asked: &HookInstall) -> Result<Ended> {
    let (scope, place) = scope(asked.user)?;
    let request = Request {
        scope,
        tools: asked.tool.clone(),
        share: asked.share,
        home: std::env::home_dir(),
        program: std::env::current_exe().unwrap_or_else(|_| PathBuf::from("trueline")),
    };
    let plan = install::plan(place.as_ref(), &request)?;
    if !show(&plan, "already installed: nothing to change\n")? {
        return Ok(Ended::Pass);
    }
    if !asked.dry_run && agreed(asked.yes)? {
        install::apply(place.as_ref(), &request, &plan)?;
        if let Some(place) = &place {
            trueline_capture::watch(place).context("installed, but nothing can be recorded yet")?;
        }
        let told = if asked.user {
            "installed; notes are written where `trueline hook install` ran in a repository as well\n"
        } else {
            "installed; `trueline hook status` shows what is recorded, `trueline hook uninstall` takes it away\n"
        };
        output::write(told.as_bytes(), None)?;
    }
    Ok(Ended::Pass)
}

fn uninstall(user: bool, yes: bool, dry_run: bool) -> Result<Ended> {
    let (scope, place) = scope(user)?;
    let home = std::env::home_dir();
    let plan = install::removal(place.as_ref(), scope, home.as_deref())?;
    if !show(&plan, "nothing is installed\n")? {
        return Ok(Ended::Pass);
    }
    if !dry_run && agreed(yes)? {
        install::remove(place.as_ref(), scope, home.as_deref(), &plan)?;
        output::write(b"taken away\n", None)?;
    }
    Ok(Ended::Pass)
}

/// Shows a plan; whether there is anything to do.
fn show(plan: &Plan, nothing: &str) -> Result<bool> {
    let mut out = plan.diff();
    for setting in &plan.settings {
        writeln!(out, "+ {setting}")?;
    }
    for notice in &plan.notices {
        writeln!(out, "note: {notice}")?;
    }
    if plan.is_empty() {
        out.push_str(nothing);
    }
    output::write(out.as_bytes(), None)?;
    Ok(!plan.is_empty())
}

/// Asks, where somebody can answer.
pub(crate) fn agreed(yes: bool) -> Result<bool> {
    if yes {
        return Ok(true);
    }
    if !io::stdin().is_terminal() {
        return Err(Misused(
            "nothing was changed: there is nobody to ask; --yes says yes".to_owned(),
        )
        .into());
    }
    output::write(b"Change these files? [y/N] ", None)?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

fn status(format: ListFormat) -> Result<Ended> {
    let place = place_here()?;
    let status = trueline_capture::status(&place);
    let (root, home) = (Some(&*place.work_tree), std::env::home_dir());
    let tools = install::hooked(root, home.as_deref());
    let off: Vec<String> = install::hooks_off(&tools, root, home.as_deref())
        .iter()
        .map(ToString::to_string)
        .collect();
    let text = match format {
        ListFormat::Json => {
            let uncommitted: Vec<_> = status
                .uncommitted
                .iter()
                .map(|((path, tool), lines)| serde_json::json!({"path": path, "tool": tool, "lines": lines}))
                .collect();
            let reads: Vec<_> = status
                .reads
                .iter()
                .map(|((tool, class), times)| serde_json::json!({"tool": tool, "class": class, "times": times}))
                .collect();
            let document = serde_json::json!({
                "schema": "trueline.hook-status/1",
                "waiting": status.waiting,
                "queue_bytes": status.queue_bytes,
                "damaged": status.damaged,
                "uncommitted": uncommitted,
                "reads": reads,
                "trouble": status.trouble,
                "hooks_off": off,
            });
            format!("{document:#}\n")
        }
        ListFormat::Terminal => terminal(&status, &off)?,
    };
    output::write(text.as_bytes(), None)?;
    Ok(Ended::Pass)
}

fn terminal(status: &trueline_capture::Status, off: &[String]) -> Result<String> {
    let mut out = String::new();
    for off in off {
        writeln!(out, "{off}")?;
    }
    writeln!(
        out,
        "{} waiting for a commit ({} bytes)",
        counted(status.waiting as u64, "record"),
        status.queue_bytes
    )?;
    for ((path, tool), lines) in &status.uncommitted {
        writeln!(
            out,
            "{path}: {} by {tool}",
            counted(u64::from(*lines), "uncommitted line")
        )?;
    }
    for ((tool, class), times) in &status.reads {
        writeln!(out, "{tool} read {class}: {}", counted(*times, "time"))?;
    }
    if status.damaged > 0 {
        writeln!(
            out,
            "{} cut short and passed over",
            counted(status.damaged as u64, "record")
        )?;
    }
    for trouble in &status.trouble {
        writeln!(out, "trouble: {trouble}")?;
    }
    Ok(out)
}
