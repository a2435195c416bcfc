//! A temporary repository and the program run in it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// A temporary folder, with a repository in it or not.
pub(crate) struct Repository {
    folder: TempDir,
    /// Seconds since the epoch of the next commit.
    clock: std::cell::Cell<i64>,
}

pub(crate) const CLAUDE: &str = "Co-Authored-By: Claude Opus 4.5 <noreply@anthropic.com>";

/// A view with an injection, as an assistant might write it.
pub(crate) const UNSAFE_VIEW: &str = "\
import sqlite3
from flask import Flask, request

app = Flask(__name__)


@app.route(\"/user\")
def user():
    name = request.args.get(\"name\")
    db = sqlite3.connect(\"app.db\")
    rows = db.execute(\"SELECT id FROM users WHERE name = '\" + name + \"'\").fetchall()
    return {\"rows\": rows}
";

/// The same, with the value bound.
pub(crate) const SAFE_VIEW: &str = "\
import sqlite3
from flask import Flask, request

app = Flask(__name__)


@app.route(\"/user\")
def user():
    name = request.args.get(\"name\")
    db = sqlite3.connect(\"app.db\")
    rows = db.execute(\"SELECT id FROM users WHERE name = ?\", (name,)).fetchall()
    return {\"rows\": rows}
";

impl Repository {
    /// A folder without git.
    pub(crate) fn plain() -> Self {
        Self {
            folder: TempDir::new().unwrap(),
            clock: std::cell::Cell::new(1_767_225_600),
        }
    }

    /// An empty repository.
    pub(crate) fn new() -> Self {
        let repository = Self::plain();
        repository.git(&["init", "--quiet", "--initial-branch=main", "."]);
        repository.git(&["config", "user.name", "Dev"]);
        repository.git(&["config", "user.email", "dev@example.org"]);
        repository
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn write(&self, path: &str, content: impl AsRef<[u8]>) -> &Self {
        let full: PathBuf = self.path().join(path);
        std::fs::create_dir_all(full.parent().unwrap()).unwrap();
        std::fs::write(full, content).unwrap();
        self
    }

    /// Commits everything, an hour after the last commit.
    pub(crate) fn commit(&self, message: &str) -> &Self {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "--message", message]);
        self
    }

    /// Lets so many days pass before the next commit.
    pub(crate) fn wait(&self, days: i64) -> &Self {
        self.clock.set(self.clock.get() + days * 86_400);
        self
    }

    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        self.clock.set(self.clock.get() + 3_600);
        let date = format!("{} +0000", self.clock.get());
        let output = Command::new("git")
            .args([
                "-c",
                "commit.gpgsign=false",
                "-c",
                "protocol.file.allow=always",
            ])
            .args(arguments)
            .current_dir(self.path())
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_SYSTEM", "/dev/null")
            .env("GIT_AUTHOR_DATE", &date)
            .env("GIT_COMMITTER_DATE", &date)
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "git {arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Takes a loose object away.
    pub(crate) fn lose(&self, spec: &str) {
        let id = self.git(&["rev-parse", spec]);
        let (folder, file) = id.trim().split_at(2);
        let objects = self.path().join(".git/objects");
        std::fs::remove_file(objects.join(folder).join(file)).unwrap();
    }

    /// Runs the program in the folder.
    pub(crate) fn trueline(&self, arguments: &[&str]) -> Run {
        self.trueline_in(self.path(), arguments)
    }

    pub(crate) fn trueline_in(&self, folder: &Path, arguments: &[&str]) -> Run {
        self.run(folder, arguments, &[])
    }

    /// The same with variables of the environment set.
    pub(crate) fn trueline_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Run {
        self.run(self.path(), arguments, variables)
    }

    fn run(&self, folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Run {
        let output = Command::new(env!("CARGO_BIN_EXE_trueline"))
            .args(arguments)
            .current_dir(folder)
            .env_remove("COLUMNS")
            .envs(variables.iter().copied())
            .env("HOME", self.path().join("no-home"))
            .env("XDG_CACHE_HOME", self.path().join(".git/xdg-cache"))
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_SYSTEM", "/dev/null")
            .output()
            .unwrap();
        Run { output }
    }
}

/// What the program did.
pub(crate) struct Run {
    output: Output,
}

impl Run {
    pub(crate) fn code(&self) -> i32 {
        self.output.status.code().expect("ended by a signal")
    }

    pub(crate) fn stdout(&self) -> String {
        String::from_utf8(self.output.stdout.clone()).unwrap()
    }

    pub(crate) fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.output.stderr).into_owned()
    }

    /// The document on standard output; the program must have passed.
    pub(crate) fn json(&self) -> serde_json::Value {
        assert_eq!(self.code(), 0, "{}", self.stderr());
        serde_json::from_slice(&self.output.stdout).unwrap()
    }
}
