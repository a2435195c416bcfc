//! Does a suggested policy keep its word? Suggest on nine months, replay the three that follow, compare.
//!
//! For each repository the commits of its first-parent line at twelve and three months before its end
//! are looked up; `--earlier` moves both back, for more trials. Prints every gate that comments and the
//! policy as a whole: what was stated, what came. Judges by exit code.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// Days of nine months, and of three.
const LEARN: i64 = 274;
const TRY: i64 = 91;
/// A share of changes that may be blocked.
const BLOCKED: f64 = 0.02;
const DAY: i64 = 86_400;

/// What all trials came to.
#[derive(Default)]
struct Score {
    stated: u64,
    inside: u64,
    whole: u64,
    whole_inside: u64,
    blocked_too_often: u64,
}

/// Runs the trials.
pub(crate) fn split(
    repositories: &[PathBuf],
    earlier: &[u32],
    program: Option<PathBuf>,
) -> Result<()> {
    let program = match program {
        Some(program) => std::path::absolute(program)?,
        None => crate::bench::build()?,
    };
    let mut score = Score::default();
    for repository in repositories {
        for months in earlier {
            if let Err(error) = one(&program, repository, *months, &mut score) {
                println!("{}, {months} months earlier: {error:#}", name(repository));
            }
        }
    }
    println!(
        "gates in comment: {} of {} inside their intervals; whole policies: {} of {} inside, {} would block more than 2 %",
        score.inside, score.stated, score.whole_inside, score.whole, score.blocked_too_often
    );
    if score.whole_inside < score.whole || score.blocked_too_often > 0 {
        bail!("not all inside");
    }
    Ok(())
}

fn name(repository: &Path) -> String {
    repository
        .file_name()
        .unwrap_or(repository.as_os_str())
        .to_string_lossy()
        .into_owned()
}

fn one(program: &Path, repository: &Path, months: u32, score: &mut Score) -> Result<()> {
    let head: i64 = git(repository, &["log", "-1", "--format=%ct", "HEAD"])?.parse()?;
    let end = head - i64::from(months) * 365 * DAY / 12;
    let at = |time: i64| -> Result<String> {
        let before = format!("--before={time}");
        let found = git(
            repository,
            &["rev-list", "-1", "--first-parent", &before, "HEAD"],
        )?;
        if found.is_empty() {
            bail!("history is shorter than twelve months");
        }
        Ok(found)
    };
    let (from, middle, tip) = (
        at(end - (LEARN + TRY) * DAY)?,
        at(end - TRY * DAY)?,
        at(end)?,
    );
    let folder = tempfile::tempdir()?;
    let learn = format!("{from}..{middle}");
    let suggestion = trueline(program, repository, &["suggest", &learn])?;
    let policy = folder.path().join("trueline.toml");
    std::fs::write(&policy, suggestion["policy"].as_str().context("a policy")?)?;
    let tried = format!("{middle}..{tip}");
    let file = policy.display().to_string();
    let backtest = trueline(
        program,
        repository,
        &["backtest", &tried, "--policy", &file],
    )?;
    println!(
        "{}, {months} months earlier: suggested from {} changes, tried on {}",
        name(repository),
        suggestion["changes"],
        backtest["changes"]
    );
    let changes = backtest["changes"].as_u64().unwrap_or(0);
    if changes == 0 {
        println!("  nothing was merged in the three months");
        return Ok(());
    }
    let mut blocked = 0;
    for gate in suggestion["gates"].as_array().into_iter().flatten() {
        let came = backtest["gates"].as_array().into_iter().flatten();
        let came = came.clone().find(|other| other["id"] == gate["id"]);
        let Some(came) = came else { continue };
        let hits = came["would_comment"]["hits"].as_u64().unwrap_or(0);
        let of = came["would_comment"]["of"].as_u64().unwrap_or(0);
        if gate["may_block"] == true {
            blocked += came["would_block"]["hits"].as_u64().unwrap_or(0);
        }
        // A list of tools made of the nine months is stated for months that follow it.
        if gate["mode"] != "comment" || of == 0 {
            continue;
        }
        score.stated += 1;
        let inside = told(&format!("  {}", gate["id"]), &gate["expected"], hits, of);
        score.inside += u64::from(inside);
    }
    let outcomes = &backtest["outcomes"];
    let hits = ["comment", "block"]
        .iter()
        .map(|key| outcomes[*key].as_u64().unwrap_or(0))
        .sum();
    score.whole += 1;
    let inside = told(
        "  the policy as a whole",
        &suggestion["comment"],
        hits,
        changes,
    );
    score.whole_inside += u64::from(inside);
    let share = blocked as f64 / changes as f64;
    println!(
        "  if all that may block did: at most {blocked} of {changes} blocked ({:.1} %)",
        share * 100.0
    );
    score.blocked_too_often += u64::from(share > BLOCKED);
    Ok(())
}

/// Says what was stated and what came; whether it lies inside, as rounded in the policy's comments.
fn told(what: &str, expected: &Value, hits: u64, of: u64) -> bool {
    let number = |key: &str| expected[key].as_f64().unwrap_or(f64::NAN) * 100.0;
    let outwards = |value: f64, to: fn(f64) -> f64| {
        if value >= 2.0 {
            to(value)
        } else {
            to(value * 10.0) / 10.0
        }
    };
    let (low, high) = (
        outwards(number("low"), f64::floor),
        outwards(number("high"), f64::ceil),
    );
    let came = hits as f64 * 100.0 / of as f64;
    let inside = low <= came && came <= high;
    println!(
        "{what}: stated {low}-{high} % (seen {} of {}), came {came:.1} % ({hits} of {of}){}",
        expected["seen"]["hits"],
        expected["seen"]["of"],
        if inside { "" } else { "  OUTSIDE" }
    );
    inside
}

fn git(repository: &Path, arguments: &[&str]) -> Result<String> {
    let output = Command::new("git")
        .arg("-C")
        .arg(repository)
        .args(arguments)
        .output()
        .context("git")?;
    if !output.status.success() {
        bail!("{}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

fn trueline(program: &Path, repository: &Path, arguments: &[&str]) -> Result<Value> {
    let output = Command::new(program)
        .arg("policy")
        .args(arguments)
        .args(["--format", "json", "--quiet", "--repository"])
        .arg(repository)
        .output()?;
    if !output.status.success() {
        bail!("{}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}
