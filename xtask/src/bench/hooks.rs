//! How long an agent waits for its hooks: calls of `trueline hook run` in a repository of 10,000
//! files, one after the other, each a process of its own as tools start them.
//!
//! Calls about edits and calls about commands are told apart: a command may change any file, so that
//! before and after it every file's stat is looked at. All is done twice: as hooks record, and with a
//! guard that answers before the action.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::json;

const FILES: usize = 10_000;
const FILES_A_FOLDER: usize = 25;
const VIEWS: usize = 14;
/// Of a module.
const LINES: usize = 4 + 8 * VIEWS;

/// How long a command runs, and an agent reads what it said. A child of the hook looks meanwhile.
const COMMAND: Duration = Duration::from_millis(50);

/// Every so many edits a command is run.
const EDITS_A_COMMAND: usize = 9;

/// Times `calls` calls and prints their quantiles.
pub(crate) fn hooks(calls: usize, given: Option<PathBuf>) -> Result<()> {
    let program = super::program(given)?;
    let folder = tempfile::tempdir()?;
    let root = folder.path().canonicalize()?;
    generate(&root)?;
    println!("{FILES} files, {calls} calls of {}", program.display());
    let bare = timed(
        || run(&program, &root, "no-such-hook", &json!({})),
        calls.min(100),
    )?;
    tell("a process that does nothing", bare);
    println!("recording:");
    measure(&program, &root, calls, 0)?;
    fs::write(root.join("trueline.toml"), "[guard]\n")?;
    git(&root, &["add", "--all"])?;
    git(&root, &["commit", "--quiet", "--message", "guard"])?;
    println!("with a guard:");
    measure(&program, &root, calls, calls)
}

fn measure(program: &Path, root: &Path, calls: usize, first: usize) -> Result<()> {
    let mut before_edits = Vec::new();
    let (mut edits, mut commands) = (Vec::new(), Vec::new());
    let mut at = first;
    while edits.len() + commands.len() < calls {
        let file = file(root, at * 37 % FILES);
        let call = format!("call-{at}");
        at += 1;
        let text = fs::read_to_string(&file)?;
        let old = text.lines().nth(at % LINES).context("a line")?;
        let indent = &old[..old.len() - old.trim_start().len()];
        let new = format!("{old}\n{indent}added_{at} = {at}");
        let edit = |event: &str| {
            json!({
                "session_id": "bench", "cwd": root, "hook_event_name": event, "tool_name": "Edit",
                "tool_use_id": call,
                "tool_input": {"file_path": file, "old_string": old, "new_string": new},
            })
        };
        let before = run(program, root, "claude", &edit("PreToolUse"))?;
        before_edits.push(before);
        edits.push(before);
        fs::write(&file, text.replacen(old, &new, 1))?;
        edits.push(run(program, root, "claude", &edit("PostToolUse"))?);
        if at.is_multiple_of(EDITS_A_COMMAND) {
            let command = |event: &str| {
                json!({
                    "session_id": "bench", "cwd": root, "hook_event_name": event,
                    "tool_name": "Bash", "tool_use_id": format!("{call}-sh"),
                    "tool_input": {"command": "make test"},
                })
            };
            for event in ["PreToolUse", "PostToolUse"] {
                commands.push(run(program, root, "claude", &command(event))?);
                std::thread::sleep(COMMAND);
            }
        }
        // As people do: now and then it is committed, and the list of what differs is short again.
        if at.is_multiple_of(50) {
            git(root, &["commit", "--quiet", "--all", "--message", "work"])?;
            run(program, root, "post-commit", &json!({}))?;
        }
    }
    tell("before an edit", before_edits);
    tell("before and after an edit", edits.clone());
    tell("before and after a command", commands.clone());
    edits.extend(commands);
    tell("all", edits);
    Ok(())
}

fn timed(call: impl Fn() -> Result<Duration>, times: usize) -> Result<Vec<Duration>> {
    (0..times).map(|_| call()).collect()
}

fn tell(what: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let at = |share: usize| {
        let ix = (times.len() * share / 100).min(times.len().saturating_sub(1));
        times.get(ix).map_or(0.0, |time| time.as_secs_f64() * 1e3)
    };
    println!(
        "{what}: {} calls, p50 {:.1} ms, p95 {:.1} ms, p99 {:.1} ms, longest {:.1} ms",
        times.len(),
        at(50),
        at(95),
        at(99),
        at(100)
    );
}

/// From the start of the process to its end.
fn run(program: &Path, root: &Path, hook: &str, payload: &serde_json::Value) -> Result<Duration> {
    let payload = payload.to_string();
    let started = Instant::now();
    let mut child = Command::new(program)
        .args(["hook", "run", hook])
        .current_dir(root)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    if let Some(mut input) = child.stdin.take() {
        // A hook that reads no input may be gone already.
        let _ = input.write_all(payload.as_bytes());
    }
    let status = child.wait()?;
    let took = started.elapsed();
    if !status.success() {
        bail!("{hook} failed");
    }
    Ok(took)
}

fn file(root: &Path, at: usize) -> PathBuf {
    let folder = at / FILES_A_FOLDER;
    root.join(format!("part{}/package{folder}/module{at}.py", folder % 20))
}

fn generate(root: &Path) -> Result<()> {
    for at in 0..FILES {
        let file = file(root, at);
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(file, module(at))?;
    }
    git(root, &["init", "--quiet"])?;
    git(root, &["config", "user.name", "Bench"])?;
    git(root, &["config", "user.email", "bench@example.org"])?;
    // After a commit of so many files git packs them in the background, for seconds: that is not measured here.
    git(root, &["config", "gc.auto", "0"])?;
    git(root, &["config", "maintenance.auto", "false"])?;
    git(root, &["add", "--all"])?;
    git(root, &["commit", "--quiet", "--message", "base"])
}

/// A module as applications have them: views that read a request and ask a database.
fn module(at: usize) -> String {
    let head =
        "import sqlite3\nfrom flask import Flask, request\n\napp = Flask(__name__)\n".to_owned();
    let views = (0..VIEWS).map(|view| {
        format!(
            "\n\n@app.route(\"/part{at}/view{view}\")\ndef view_{at}_{view}():\n    \
             name_{view} = request.args.get(\"name{view}\")\n    \
             db_{view} = sqlite3.connect(\"app{view}.db\")\n    \
             rows_{view} = db_{view}.execute(\"SELECT id FROM t{view} WHERE name = ?\", (name_{view},)).fetchall()\n    \
             return {{\"rows{view}\": rows_{view}}}\n"
        )
    });
    views.fold(head, |text, view| text + &view)
}

fn git(root: &Path, arguments: &[&str]) -> Result<()> {
    let status = Command::new("git")
        .args(arguments)
        .current_dir(root)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .status()?;
    if !status.success() {
        bail!("git {arguments:?} failed");
    }
    Ok(())
}
