//! A temporary repository driven by the `git` program, with fixed identities and times.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// Committer time of the first commit.
pub(crate) const EPOCH: i64 = 1_700_000_000;

pub(crate) struct Repo {
    directory: TempDir,
    root: PathBuf,
    clock: i64,
}

impl Repo {
    /// An empty repository with a work tree.
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().join("work");
        std::fs::create_dir(&root).unwrap();
        let repo = Self {
            directory,
            root,
            clock: EPOCH,
        };
        repo.git(&["init", "-q", "-b", "main"]);
        repo
    }

    pub(crate) fn path(&self) -> &Path {
        &self.root
    }

    /// A place beside the work tree.
    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Runs git here and returns what it printed; fails the test if git fails.
    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        self.git_in(&self.root, arguments)
    }

    pub(crate) fn git_in(&self, directory: &Path, arguments: &[&str]) -> String {
        let output = self.command(directory, arguments).output().unwrap();
        assert!(
            output.status.success(),
            "git {arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// Runs git with `input` on its standard input.
    pub(crate) fn git_with(&self, arguments: &[&str], input: &[u8]) -> String {
        let mut child = self
            .command(&self.root, arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "git {arguments:?}");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// Imports commits one after the other, whose marks are their numbers plus one; `text` makes each
    /// of the ids of those before it. Their ids.
    pub(crate) fn import_each(
        &self,
        count: usize,
        text: impl Fn(usize, &[String]) -> String,
    ) -> Vec<String> {
        let mut child = self
            .command(&self.root, &["fast-import", "--quiet", "--done"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut input = child.stdin.take().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut ids: Vec<String> = Vec::new();
        for nth in 0..count {
            let stream = format!("{}get-mark :{}\n", text(nth, &ids), nth + 1);
            input.write_all(stream.as_bytes()).unwrap();
            input.flush().unwrap();
            let mut id = String::new();
            output.read_line(&mut id).unwrap();
            ids.push(id.trim_end().to_owned());
        }
        input.write_all(b"done\n").unwrap();
        drop(input);
        assert!(child.wait().unwrap().success());
        ids
    }

    fn command(&self, directory: &Path, arguments: &[&str]) -> Command {
        let time = format!("{} +0000", self.clock);
        let mut command = Command::new("git");
        command
            .current_dir(directory)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.directory.path())
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_AUTHOR_NAME", "Ada")
            .env("GIT_AUTHOR_EMAIL", "ada@example.com")
            .env("GIT_AUTHOR_DATE", &time)
            .env("GIT_COMMITTER_NAME", "Ada")
            .env("GIT_COMMITTER_EMAIL", "ada@example.com")
            .env("GIT_COMMITTER_DATE", &time)
            .args(["-c", "commit.gpgsign=false", "-c", "gc.auto=0"])
            .args(["-c", "protocol.file.allow=always"])
            .args(arguments);
        command
    }

    pub(crate) fn write(&self, path: &str, content: &str) {
        let path = self.root.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    /// Commits everything, `days` after the previous commit; the new commit's id.
    pub(crate) fn commit_after(&mut self, days: i64, message: &str) -> String {
        self.clock += days * 86_400;
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", message]);
        self.head()
    }

    /// Commits everything a minute later.
    pub(crate) fn commit(&mut self, message: &str) -> String {
        self.clock += 60;
        self.commit_after(0, message)
    }

    /// Lets a minute pass for the next command.
    pub(crate) fn tick(&mut self) {
        self.clock += 60;
    }

    pub(crate) fn head(&self) -> String {
        self.git(&["rev-parse", "HEAD"])
    }
}
