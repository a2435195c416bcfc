//! `cargo xtask test`: the steps of CI, in the order in which they fail fastest.

use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::{edges, generate, licences, metadata};

/// Runs every step; stops at the first that fails.
pub(crate) fn test() -> Result<()> {
    step("format", || cargo(&["fmt", "--all", "--check"]))?;
    let metadata = metadata::load()?;
    step("dependency edges", || edges::check(&metadata))?;
    step("licences", || licences::check(&metadata))?;
    step("clippy", || {
        cargo(&[
            "clippy",
            "--workspace",
            "--all-targets",
            "--locked",
            "--",
            "-D",
            "warnings",
        ])
    })?;
    step("generated files", || generate::run(true))?;
    step("tests", tests)?;
    // What must not compile: nextest runs no examples.
    step("examples of `skills`", || {
        cargo(&[
            "test",
            "--doc",
            "--locked",
            "--quiet",
            "-p",
            "trueline-skills",
        ])
    })?;
    step("documentation", || {
        run(
            cargo_command(&["doc", "--workspace", "--no-deps", "--locked", "--quiet"])
                .env("RUSTDOCFLAGS", "-D warnings"),
        )
    })?;
    step("cargo deny", deny)?;
    Ok(())
}

/// Nextest where it is installed, because it runs binaries in parallel; the plain runner elsewhere.
fn tests() -> Result<()> {
    let nextest = Command::new(env!("CARGO"))
        .args(["nextest", "--version"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|s| s.success());
    if nextest {
        cargo(&[
            "nextest",
            "run",
            "--workspace",
            "--locked",
            "--no-fail-fast",
        ])
    } else {
        cargo(&["test", "--workspace", "--locked", "--no-fail-fast"])
    }
}

fn deny() -> Result<()> {
    let installed = Command::new("cargo-deny")
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|s| s.success());
    if !installed {
        println!("cargo-deny is not installed: licences were checked above, advisories were not");
        return Ok(());
    }
    cargo(&["deny", "--offline", "check", "licenses", "bans", "sources"])
}

fn step(name: &str, body: impl FnOnce() -> Result<()>) -> Result<()> {
    println!("── {name}");
    let start = Instant::now();
    body().with_context(|| format!("step `{name}` failed"))?;
    println!("   {name}: {:.0} s", start.elapsed().as_secs_f64());
    Ok(())
}

fn cargo(arguments: &[&str]) -> Result<()> {
    run(&mut cargo_command(arguments))
}

fn cargo_command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO"));
    command.args(arguments).current_dir(metadata::root());
    command
}

fn run(command: &mut Command) -> Result<()> {
    let status = command
        .status()
        .with_context(|| format!("{command:?} could not be started"))?;
    if !status.success() {
        bail!("{command:?}: {status}");
    }
    Ok(())
}
