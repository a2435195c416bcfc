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

/// The script of a hook.
pub(super) fn script(hook: &str, program: &str) -> String {
    let program = program.replace('\'', r"'\''");
    let call = match hook {
        // The push does not wait for the notes: they go in a connection of their own.
        "pre-push" => {
            "  ( \"$trueline\" hook run share \"$1\" </dev/null >/dev/null 2>&1 & )".to_owned()
        }
        "post-rewrite" => format!(
            "  printf '%s\\n' \"$input\" | \"$trueline\" hook run {hook} \"$@\" >/dev/null 2>&1 || :"
        ),
        _ => format!("  \"$trueline\" hook run {hook} \"$@\" </dev/null >/dev/null 2>&1 || :"),
    };
    let reads = matches!(hook, "post-rewrite" | "pre-push");
    let input = if reads { "input=$(cat)\n" } else { "" };
    let prior = if reads {
        "  printf '%s\\n' \"$input\" | \"$prior\" \"$@\"\n  exit $?"
    } else {
        "  exec \"$prior\" \"$@\""
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
