//! Commits on top of a commit of somebody else's repository, without copying or changing it: a
//! temporary bare repository borrows its objects, takes over its refs (notes are evidence) and gets
//! the new commits from `git fast-import`.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

use super::past::git;

/// Who plants: nobody's colleague, no tool.
pub(super) const PLANTER: &str = "Planter <planter@example.org>";

/// A commit to be.
pub(super) struct Planted {
    pub(super) time: i64,
    pub(super) author: String,
    pub(super) files: Vec<(String, String)>,
}

/// A repository that ends with a commit of another, and with what was planted last on top of it.
pub(super) struct Graft {
    pub(super) directory: TempDir,
    /// The planted commits, oldest first.
    pub(super) commits: Vec<String>,
    branch: String,
    onto: String,
}

impl Graft {
    pub(super) fn new(repository: &Path, onto: &str) -> Result<Self> {
        let directory = TempDir::new()?;
        let path = directory.path();
        let format = git(repository, &["rev-parse", "--show-object-format"])?;
        let format = format!("--object-format={}", format.trim());
        git(path, &["init", "--quiet", "--bare", "--template=", &format])?;
        let objects = git(
            repository,
            &[
                "rev-parse",
                "--path-format=absolute",
                "--git-path",
                "objects",
            ],
        )?;
        fs::create_dir_all(path.join("objects/info"))?;
        fs::write(path.join("objects/info/alternates"), objects)?;

        // HEAD's branch keeps its name; every other ref is as it was.
        let branch = git(repository, &["symbolic-ref", "--quiet", "HEAD"])
            .map_or_else(|_| "refs/heads/planted".to_owned(), |b| b.trim().to_owned());
        let refs: String = git(
            repository,
            &["for-each-ref", "--format=%(objectname) %(refname)"],
        )?
        .lines()
        .filter(|row| !row.ends_with(&format!(" {branch}")))
        .flat_map(|row| [row, "\n"])
        .collect();
        fs::write(path.join("packed-refs"), refs)?;
        fs::write(path.join("HEAD"), format!("ref: {branch}\n"))?;
        git(path, &["update-ref", &branch, onto])?;
        Ok(Self {
            directory,
            commits: Vec::new(),
            branch,
            onto: onto.to_owned(),
        })
    }

    /// Plants commits in place of those planted before.
    pub(super) fn plant(&mut self, planted: &[Planted]) -> Result<()> {
        let path = self.directory.path();
        git(path, &["update-ref", &self.branch, &self.onto])?;
        import(path, &stream(&self.branch, &self.onto, planted))?;
        self.commits = git(
            path,
            &["rev-list", "--reverse", &format!("{}..HEAD", self.onto)],
        )?
        .lines()
        .map(str::to_owned)
        .collect();
        Ok(())
    }
}

fn stream(branch: &str, onto: &str, planted: &[Planted]) -> String {
    let mut text = String::new();
    for (at, commit) in planted.iter().enumerate() {
        let message = format!("Planted change {}\n", at + 1);
        let from = if at == 0 {
            format!("from {onto}\n")
        } else {
            String::new()
        };
        let (author, time) = (&commit.author, commit.time);
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "commit {branch}\nauthor {author} {time} +0000\ncommitter {author} {time} +0000\ndata {}\n{message}{from}",
            message.len(),
        );
        for (path, content) in &commit.files {
            let _ = write!(
                text,
                "M 100644 inline {path}\ndata {}\n{content}\n",
                content.len()
            );
        }
        text.push('\n');
    }
    text
}

fn import(repository: &Path, stream: &str) -> Result<()> {
    let mut child = Command::new("git")
        .arg("-C")
        .arg(repository)
        .args(["fast-import", "--quiet", "--date-format=raw"])
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("git could not be started")?;
    child
        .stdin
        .take()
        .context("no pipe to git")?
        .write_all(stream.as_bytes())?;
    let output = child.wait_with_output()?;
    if !output.status.success() {
        bail!(
            "git fast-import: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    Ok(())
}

/// Source text of so many lines, none of them like another.
pub(super) fn source(name: &str, lines: u64) -> String {
    let mut text = String::new();
    for line in 0..lines {
        let _ = writeln!(text, "{name}_{line} = step({line}, \"{name}\")");
    }
    text
}
