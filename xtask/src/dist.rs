//! `cargo xtask dist`: what a release is made of: one static program, packed as an archive and as a Python wheel, with
//! completions and manual pages, and the digests of both.
//!
//! The same program gives the same bytes: names are sorted, times and owners are fixed. Nothing is uploaded.

mod elf;
mod pack;
mod wheel;
mod zip;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::metadata::root;

/// The one platform that this machine's toolchain builds for; recipes for others are in `docs/RELEASE.md`.
const TARGET: &str = "x86_64-unknown-linux-gnu";
const STATIC: &str = "-C target-feature=+crt-static";
const SHELLS: [(&str, &str); 3] = [
    ("bash", "trueline.bash"),
    ("zsh", "_trueline"),
    ("fish", "trueline.fish"),
];
/// Files of the repository that belong to every release.
const DOCUMENTS: [&str; 4] = ["README.md", "CHANGELOG.md", "LICENSE-APACHE", "LICENSE-MIT"];

/// Which of cargo's profiles builds it.
#[derive(clap::ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Profile {
    /// What is shipped: link-time optimisation, one unit of code.
    Dist,
    /// Quicker to build, for trying.
    Release,
}

impl Profile {
    const fn name(self) -> &'static str {
        match self {
            Self::Dist => "dist",
            Self::Release => "release",
        }
    }
}

/// A file of a release.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Member {
    /// Within the archive, with `/`.
    path: String,
    content: Vec<u8>,
    executable: bool,
}

impl Member {
    fn text(path: impl Into<String>, content: impl Into<Vec<u8>>) -> Self {
        Self {
            path: path.into(),
            content: content.into(),
            executable: false,
        }
    }
}

/// Builds the program, unless one is given, and packs it into `folder`.
pub(crate) fn run(given: Option<PathBuf>, profile: Profile, folder: &Path) -> Result<()> {
    let program = match given {
        Some(program) => std::path::absolute(program)?,
        None => build(profile)?,
    };
    let bytes = std::fs::read(&program).with_context(|| format!("{}", program.display()))?;
    elf::check_static(&bytes).with_context(|| format!("{}", program.display()))?;
    let version = version(&program)?;
    std::fs::create_dir_all(folder)?;

    let mut members = vec![Member {
        path: "trueline".to_owned(),
        content: bytes.clone(),
        executable: true,
    }];
    for name in DOCUMENTS {
        members.push(Member::text(name, std::fs::read(root().join(name))?));
    }
    for (shell, file) in SHELLS {
        let text = output(&program, &["completions", shell])?;
        members.push(Member::text(format!("completions/{file}"), text));
    }
    members.extend(manual(&program)?);
    members.sort_by(|a, b| a.path.cmp(&b.path));

    let stem = format!("trueline-{version}-{TARGET}");
    let archive = pack::tar_gz(&stem, &members)?;
    let wheel_name = wheel::file_name(&version);
    let wheel = wheel::build(&version, &bytes)?;
    let mut sums = String::new();
    for (name, content) in [(format!("{stem}.tar.gz"), archive), (wheel_name, wheel)] {
        let path = folder.join(&name);
        std::fs::write(&path, &content).with_context(|| format!("{}", path.display()))?;
        println!("{} ({:.1} MB)", path.display(), content.len() as f64 / 1e6);
        writeln!(sums, "{}  {name}", wheel::sha256_hex(&content))?;
    }
    std::fs::write(folder.join("SHA256SUMS"), sums)?;
    Ok(())
}

fn build(profile: Profile) -> Result<PathBuf> {
    // With a target named, the flags are those of the program and not of build scripts and macros, which must stay
    // loadable.
    let status = Command::new(env!("CARGO"))
        .args(["build", "--locked", "--package", "trueline-cli"])
        .args(["--profile", profile.name(), "--target", TARGET])
        .env("RUSTFLAGS", STATIC)
        .current_dir(root())
        .status()?;
    if !status.success() {
        bail!("the build failed");
    }
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    Ok(target.join(TARGET).join(profile.name()).join("trueline"))
}

fn output(program: &Path, arguments: &[&str]) -> Result<Vec<u8>> {
    let output = Command::new(program).args(arguments).output()?;
    if !output.status.success() {
        bail!("{} {arguments:?}: {}", program.display(), output.status);
    }
    Ok(output.stdout)
}

/// `trueline 0.1.0`.
fn version(program: &Path) -> Result<String> {
    let text = String::from_utf8(output(program, &["--version"])?)?;
    let version = text.trim().strip_prefix("trueline ");
    let version = version.with_context(|| format!("no version in `{}`", text.trim()))?;
    Ok(version.to_owned())
}

fn manual(program: &Path) -> Result<Vec<Member>> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().to_str().context("a temporary folder")?;
    output(program, &["manual", path])?;
    let mut pages = Vec::new();
    for entry in std::fs::read_dir(folder.path())? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        pages.push(Member::text(
            format!("man/{name}"),
            std::fs::read(entry.path())?,
        ));
    }
    Ok(pages)
}
