//! `trueline sandbox run`: one command that is not trusted, in isolation or not at all.

use std::ffi::OsStr;
use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use trueline_sandbox::{
    Budget, Identity, Language, Limits, Outcome, Quota, RunDir, SandboxError, Spec, Toolchain,
};

use crate::Ended;
use crate::arguments::{Sandbox, SandboxAction, SandboxLanguage, SandboxRun};

/// Where the folder is found inside.
const FOLDER: &str = "/app";

/// How soon an interrupt is seen.
const INTERRUPT: Duration = Duration::from_millis(100);

/// What a shell exits with when there is no such command, and when it cannot be started.
const NOT_FOUND: u8 = 127;
const NOT_STARTED: u8 = 126;

pub(crate) fn run(arguments: &Sandbox, interrupt: &AtomicBool) -> Result<Ended> {
    let SandboxAction::Run(run) = &arguments.action;
    // Lives until the command has ended.
    let folder = run.dir.as_deref().map(copy).transpose()?;
    let mut spec = specification(run)?;
    if let Some(folder) = &folder {
        spec = spec
            .identity(folder.identity())
            .copy_of(folder.path(), FOLDER, Quota::default())
            .cwd(FOLDER);
    }
    let running = trueline_sandbox::spawn(&spec)?;
    while !running.wait_at_most(INTERRUPT) {
        if interrupt.load(Ordering::SeqCst) {
            running.kill();
        }
    }
    match running.wait() {
        Ok(outcome) => tell(&outcome),
        Err(error @ SandboxError::Start { .. }) => {
            let missing = matches!(&error, SandboxError::Start { error, .. }
                if error.kind() == io::ErrorKind::NotFound);
            writeln!(io::stderr(), "trueline: {error}")?;
            Ok(Ended::Ran(if missing { NOT_FOUND } else { NOT_STARTED }))
        }
        Err(error) => Err(error.into()),
    }
}

/// Whether the caller can mend it by other arguments.
pub(crate) const fn is_usage(error: &SandboxError) -> bool {
    matches!(
        error,
        SandboxError::NoProgram
            | SandboxError::Inside { .. }
            | SandboxError::Host { .. }
            | SandboxError::Submission { .. }
            | SandboxError::RunDir { .. }
    )
}

/// A copy that the sandbox's own user may read: the original may be readable by its owner alone.
fn copy(folder: &Path) -> Result<RunDir> {
    let copy = RunDir::new(&Identity::new().map_err(SandboxError::from)?)?;
    copy.import(folder, Path::new(""), Budget::default())?;
    Ok(copy)
}

fn specification(run: &SandboxRun) -> Result<Spec> {
    let limits = Limits {
        cpu_s: run.cpu,
        wall_s: run.wall,
        mem_mb: run.mem,
        pids: run.pids,
        fsize_mb: run.fsize,
        output_bytes: run.output,
        ..Limits::default()
    };
    let mut spec = Spec::new(run.command.clone()).limits(limits);
    for (name, value) in &run.env {
        spec = spec.env(name, value);
    }
    let named = run.with.iter().map(|with| with.language());
    let own = run.command.first().and_then(|program| language(program));
    for language in named.chain(own) {
        if let Some(toolchain) = Toolchain::find(language) {
            spec = spec.toolchain(toolchain);
        }
    }
    if run.stdin {
        let mut input = Vec::new();
        io::stdin()
            .read_to_end(&mut input)
            .context("standard input could not be read")?;
        spec = spec.stdin(input);
    }
    Ok(spec)
}

/// The language that a program belongs to, by its name.
fn language(program: &OsStr) -> Option<Language> {
    match program.to_str()? {
        "python3" | "python" | "pip" | "pip3" => Some(Language::Python),
        "node" | "npm" | "npx" => Some(Language::Node),
        "java" | "javac" | "jar" => Some(Language::Java),
        "go" | "gofmt" => Some(Language::Go),
        "rustc" | "cargo" => Some(Language::Rust),
        _ => None,
    }
}

impl SandboxLanguage {
    const fn language(self) -> Language {
        match self {
            Self::Python => Language::Python,
            Self::Node => Language::Node,
            Self::Java => Language::Java,
            Self::Go => Language::Go,
            Self::Rust => Language::Rust,
        }
    }
}

fn tell(outcome: &Outcome) -> Result<Ended> {
    // A reader that closed the pipe has seen enough.
    let _ = io::stdout().write_all(&outcome.stdout.bytes);
    let _ = io::stdout().flush();
    let mut told = io::stderr().lock();
    told.write_all(&outcome.stderr.bytes)?;
    if !outcome.limits_hit.is_empty() {
        let limits: Vec<&str> = outcome.limits_hit.iter().map(|hit| hit.name()).collect();
        writeln!(told, "trueline: limits met: {}", limits.join(", "))?;
    }
    Ok(Ended::Ran(outcome.status.code()))
}
