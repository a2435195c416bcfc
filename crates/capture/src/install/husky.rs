//! Git's hooks where Husky keeps them: lines of ours in its users' files.
//!
//! Husky points git at a folder of its own, writes every file in it anew whenever packages are installed, and
//! finds its users' hooks by the name that it was called by. A hook of ours in that folder would be lost, and
//! one of its own under another name would no longer find what it has to run. So ours stand in the files
//! that Husky runs, between two marks.

use std::path::{Path, PathBuf};

use bstr::ByteSlice;

use super::{FileChange, FileKind, InstallError, Plan, Request, git, read};

/// The first and last of our lines.
const BEGIN: &str =
    "# Written by `trueline hook install`; `trueline hook uninstall` takes this block away.";
const END: &str = "# End of what trueline wrote.";

/// The folder of its users' hooks, where git's hooks folder is Husky's own.
pub(super) fn folder(hooks: &Path) -> Option<PathBuf> {
    let is_its_own = hooks.file_name().is_some_and(|name| name == "_") && hooks.join("h").is_file();
    is_its_own
        .then(|| hooks.parent().map(Path::to_owned))
        .flatten()
}

/// Lines in the files that Husky runs.
pub(super) fn plan(
    folder: &Path,
    users: &Path,
    request: &Request,
    plan: &mut Plan,
) -> Result<(), InstallError> {
    for hook in git::HOOKS {
        let own = folder.join(hook);
        let was_ours = read(&own)?.is_some_and(|text| text.contains_str(git::MARK));
        if was_ours {
            plan.notices.push(format!(
                "{} is a hook of ours in a folder of Husky's, where yours is not found: run `trueline hook uninstall`, and \
                 install again",
                own.display()
            ));
        }
        if hook == "pre-push" && !request.share {
            continue;
        }
        let path = users.join(hook);
        let before = read(&path)?;
        let Ok(text) = String::from_utf8(before.clone().unwrap_or_default()) else {
            plan.notices
                .push(format!("{} is no text: left as it is", path.display()));
            continue;
        };
        let after = with_block(hook, &text).into_bytes();
        if before.as_deref() != Some(&*after) {
            plan.changes.push(FileChange {
                path,
                before,
                after: Some(after),
                kind: FileKind::Lines,
            });
        }
    }
    if plan
        .changes
        .iter()
        .any(|change| change.kind == FileKind::Lines)
    {
        plan.notices.push(format!(
            "git's hooks are Husky's here, so ours are lines in {}: commit them or not, where there is no `trueline` they do nothing",
            users.display()
        ));
    }
    Ok(())
}

/// A user's hook with our lines, which come first: a hook that fails or ends early must not take them along.
fn with_block(hook: &str, text: &str) -> String {
    let text = without_block(text);
    let (first, rest) = match text.find('\n') {
        Some(end) if text.starts_with("#!") => text.split_at(end + 1),
        None if text.starts_with("#!") => return format!("{text}\n{}", block(hook)),
        _ => ("", text.as_str()),
    };
    format!("{first}{}{rest}", block(hook))
}

/// A user's hook without our lines.
pub(super) fn without_block(text: &str) -> String {
    let Some(start) = text.find(BEGIN) else {
        return text.to_owned();
    };
    let (before, ours) = text.split_at(start);
    // Without its last line nobody can say where it ends: then it stays.
    let Some(end) = ours.find(END) else {
        return text.to_owned();
    };
    let after = ours.get(end + END.len()..).unwrap_or_default();
    format!("{before}{}", after.strip_prefix('\n').unwrap_or(after))
}

/// Found on the path alone: the file is everybody's, and so it names no place of this machine. Husky stops
/// at the first line that fails, and none of these does.
fn block(hook: &str) -> String {
    let call = match hook {
        "pre-push" => {
            "  ( trueline hook run share \"$1\" </dev/null >/dev/null 2>&1 & )\n".to_owned()
        }
        "post-rewrite" => format!(
            "  printf %s \"$trueline_input\" | trueline hook run {hook} \"$@\" >/dev/null 2>&1 || :\n"
        ),
        _ => format!("  trueline hook run {hook} \"$@\" </dev/null >/dev/null 2>&1 || :\n"),
    };
    // What is read here is given to the lines below as well: as it came, but that a last line ends.
    let (reads, gives) = if hook == "post-rewrite" {
        (
            "trueline_input=$(cat; echo .)\ntrueline_input=${trueline_input%.}\n",
            "if [ -z \"$trueline_input\" ]; then\n  exec </dev/null\nelse\n\
             trueline_input=${trueline_input%\"\n\"}\n\
             exec <<TRUELINE_INPUT\n$trueline_input\nTRUELINE_INPUT\nfi\n",
        )
    } else {
        ("", "")
    };
    format!(
        "{BEGIN}\n{reads}if command -v trueline >/dev/null 2>&1; then\n{call}fi\n{gives}{END}\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_comes_after_the_interpreter_and_goes_without_a_trace() {
        for text in [
            "",
            "npm test\n",
            "#!/usr/bin/env sh\nnpm test\n",
            "a",
            "#!/bin/sh",
        ] {
            for hook in super::super::git::HOOKS {
                let with = with_block(hook, text);
                assert_eq!(with_block(hook, &with), with, "{text:?}");
                if text.ends_with('\n') || !text.starts_with("#!") {
                    assert_eq!(without_block(&with), text);
                }
                assert_eq!(with.starts_with("#!"), text.starts_with("#!"));
            }
        }
    }

    #[test]
    fn a_block_that_lost_its_end_is_left_alone() {
        let cut = format!("{BEGIN}\nsomething of mine\n");
        assert_eq!(without_block(&cut), cut);
    }
}
