//! `cargo xtask bench`: us beside `git blame`, in one run on one machine. `origins` times both,
//! `agreement` counts the lines on which both name the same commit. `incremental` times scans after
//! an edit, `speed` a scan from scratch beside other scanners, `notes` reads authorship notes a second
//! time, `artifacts` runs scanners of model files side by side, `models` times the check of large and hostile ones,
//! `hooks` times what an agent waits for, `gate` what a commit waits for, `skills` checks the skill model. Prints figures; judges nothing.
//!
//! The first two work on partial clones: a file that git cannot read for a missing object is listed, and
//! another one takes its place. Nothing is fetched, and nothing is written to the repository.

mod agreement;
mod artifacts;
mod files;
mod gate;
mod hooks;
mod incremental;
mod models;
mod notes;
mod origins;
mod skills;
mod speed;

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, bail};

use crate::metadata::root;

pub(crate) use agreement::agreement;
pub(crate) use artifacts::artifacts;
pub(crate) use gate::gate;
pub(crate) use hooks::hooks;
pub(crate) use incremental::incremental;
pub(crate) use models::models;
pub(crate) use notes::notes;
pub(crate) use origins::origins;
pub(crate) use skills::skills;
pub(crate) use speed::speed;

/// The program given, else a fresh release build.
fn program(given: Option<PathBuf>) -> Result<PathBuf> {
    match given {
        Some(program) => Ok(std::path::absolute(program)?),
        None => build(),
    }
}

/// Builds the release binary and says where it is.
pub(crate) fn build() -> Result<PathBuf> {
    built(&["--package", "trueline-cli"], "trueline")
}

/// The same for an example of a crate.
pub(crate) fn build_example(package: &str, name: &str) -> Result<PathBuf> {
    let arguments = ["--package", package, "--example", name];
    built(&arguments, &format!("examples/{name}"))
}

fn built(arguments: &[&str], program: &str) -> Result<PathBuf> {
    let status = Command::new(env!("CARGO"))
        .args(["build", "--release", "--locked"])
        .args(arguments)
        .current_dir(root())
        .status()?;
    if !status.success() {
        bail!("the release build failed");
    }
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    Ok(target.join("release").join(program))
}
