//! Git's own hooks: which there are, and how they go together with those that are there already.
//!
//! A hook that exists is renamed and called by ours, with the same arguments and input, and its exit
//! code is the answer. Ours cannot fail a commit: what it says is thrown away.

use std::path::{Path, PathBuf};

use bstr::ByteSlice;

use super::InstallError;
use crate::notes;
use crate::place::Place;

/// Hooks that capture needs; the last only to share notes.
pub(super) const HOOKS: [&str; 4] = ["post-commit", "post-rewrite", "post-merge", "pre-push"];

/// The name that a hook which was there before is kept under.
pub(super) const BEFORE: &str = ".before-trueline";

/// By this our hooks are found again.
pub(super) const MARK: &str = "# Written by `trueline hook install`";

/// Shell that keeps what a hook reads as it came: a substitution alone drops the newlines at the end, and what was
/// empty would be a line.
pub(super) const READ_INPUT: &str = "input=$(cat; echo .)\ninput=${input%.}\n";

/// Where git looks for hooks here.
pub(super) fn folder(place: &Place) -> Result<PathBuf, InstallError> {
    let asked = notes::git_plain(place, &["rev-parse", "--git-path", "hooks"])?;
    let folder = asked.trim().to_path_lossy().into_owned();
    Ok(crate::event::normal(&place.work_tree.join(folder)))
}

/// Does a hooks folder belong to this repository alone?
pub(super) fn is_own(place: &Place, folder: &Path) -> bool {
    folder.starts_with(&place.work_tree) || folder.starts_with(&place.common_dir)
}

/// The words after `#!`, of a script that a shell reads.
fn shell(script: &[u8]) -> Option<Vec<&str>> {
    // Others give a script that is read by `.` its own name.
    const SHELLS: [&str; 4] = ["sh", "bash", "dash", "ash"];
    let first = script.strip_prefix(b"#!")?.lines().next()?;
    let mut words: Vec<&str> = std::str::from_utf8(first)
        .ok()?
        .split_whitespace()
        .collect();
    if words.first()?.ends_with("/env") {
        words.remove(0);
    }
    let is_plain = |word: &&str| {
        word.bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"/-._".contains(&b))
    };
    let is_shell = SHELLS.contains(&words.first()?.rsplit('/').next()?);
    (is_shell && words.len() <= 2 && words.iter().all(is_plain)).then_some(words)
}

/// Does a shell script ask for its own name?
fn asks_its_name(script: &[u8]) -> bool {
    script.contains_str("$0") || script.contains_str("${0")
}

/// Can a hook be kept under another name? One that finds out by its name which hook it is would do nothing.
/// A shell's script is told the old name; other programs cannot be.
pub(super) fn bears_another_name(path: &Path, hook: &[u8]) -> bool {
    const NAMES: [&str; 4] = ["argv[0]", "PROGRAM_NAME", "$0", "basename(__file__)"];
    let is_link = std::fs::symlink_metadata(path).is_ok_and(|meta| meta.is_symlink());
    shell(hook).is_some() || !is_link && !NAMES.iter().any(|name| hook.contains_str(name))
}

/// The script of a hook, which calls the one that was there.
pub(super) fn script(hook: &str, program: &str, theirs: Option<&[u8]>) -> String {
    let program = program.replace('\'', r"'\''");
    let call = match hook {
        // The push does not wait for the notes: they go in a connection of their own.
        "pre-push" => {
            "  ( \"$trueline\" hook run share \"$1\" </dev/null >/dev/null 2>&1 & )".to_owned()
        }
        "post-rewrite" => format!(
            "  printf %s \"$input\" | \"$trueline\" hook run {hook} \"$@\" >/dev/null 2>&1 || :"
        ),
        _ => format!("  \"$trueline\" hook run {hook} \"$@\" </dev/null >/dev/null 2>&1 || :"),
    };
    let reads = hook == "post-rewrite";
    let input = if reads { READ_INPUT } else { "" };
    // A script that asks for its own name is read by its shell under the name that git called.
    let run = match theirs
        .filter(|theirs| asks_its_name(theirs))
        .and_then(shell)
    {
        Some(shell) => format!("{} -c '. \"$0{BEFORE}\"' \"$0\" \"$@\"", shell.join(" ")),
        None => "\"$prior\" \"$@\"".to_owned(),
    };
    let prior = if reads {
        format!("  printf %s \"$input\" | {run}\n  exit $?")
    } else {
        format!("  exec {run}")
    };
    format!(
        "#!/bin/sh\n{MARK}; `trueline hook uninstall` puts back what was here.\n{input}\
         trueline=$(command -v trueline || echo '{program}')\n\
         if [ -x \"$trueline\" ]; then\n{call}\nfi\n\
         prior=\"$0{BEFORE}\"\n\
         if [ -x \"$prior\" ]; then\n{prior}\nfi\nexit 0\n"
    )
}

/// The refspec by which a remote's notes are fetched beside ours. With a star, because git fails a
/// fetch for a plain name that the remote has not.
pub(super) fn refspec(remote: &str) -> String {
    format!("+refs/notes/ai*:refs/notes/ai-remote/{remote}*")
}

/// Lets `git fetch` bring the notes of a remote, or not any more.
pub(super) fn fetch_notes(place: &Place, remote: &str, wanted: bool) -> Result<(), InstallError> {
    let name = format!("remote.{remote}.fetch");
    let refspec = refspec(remote);
    let there = notes::git_plain(place, &["config", "--local", "--get-all", &name])
        .is_ok_and(|all| all.lines().any(|line| line == refspec.as_bytes()));
    if there == wanted {
        return Ok(());
    }
    if wanted {
        notes::git_plain(place, &["config", "--local", "--add", &name, &refspec])?;
    } else {
        let fixed = [
            "config",
            "--local",
            "--fixed-value",
            "--unset-all",
            &name,
            &refspec,
        ];
        notes::git_plain(place, &fixed)?;
    }
    Ok(())
}

/// The remotes of a repository.
pub(super) fn remotes(place: &Place) -> Vec<String> {
    let asked = notes::git_plain(place, &["remote"]).unwrap_or_default();
    asked
        .lines()
        .map(|line| line.to_str_lossy().into_owned())
        .collect()
}
