//! Git's own hooks that judge a change before it leaves: `pre-commit` what is staged, `pre-push` what is
//! pushed. A hook that is there is kept beside ours and runs first; its no is the answer.
//!
//! Only a gate that blocks stops anything. A gate that cannot be judged on this machine (a shallow clone, a
//! policy that is broken) says so and lets the work go on: it is judged again where the change is proposed.

use std::fs;
use std::path::{Path, PathBuf};

use bstr::ByteSlice;

use super::git::READ_INPUT;
use super::{
    FileChange, FileKind, InstallError, Plan, beside, file_error, git, husky, read, write,
};
use crate::place::Place;

/// The hooks.
const HOOKS: [&str; 2] = ["pre-commit", "pre-push"];
/// By this they are found again.
const MARK: &str = "# Written by `trueline init`";
/// The name that a hook which was there before is kept under.
const BEFORE: &str = ".before-gate";

/// What writing them would do. `program` is run where none is on the path.
pub fn plan(place: &Place, program: &Path) -> Result<Plan, InstallError> {
    let mut plan = Plan::default();
    let folder = git::folder(place)?;
    let of_husky = husky::folder(&folder).is_some();
    if of_husky || !folder.starts_with(&place.common_dir) {
        plan.notices.push(format!(
            "git's hooks are in {} (core.hooksPath), which is not this clone's own: not touched. Let its pre-commit run \
             `trueline gate --staged --quiet`",
            folder.display()
        ));
        return Ok(plan);
    }
    for hook in HOOKS {
        if let Some(at) = at_of(&folder, hook)? {
            let before = read(&at)?;
            let after = script(hook, program).into_bytes();
            let is_older =
                (before.as_deref()).is_some_and(|now| now != after && is_as_written(hook, now));
            if is_older {
                plan.changes.push(FileChange {
                    path: at,
                    before,
                    after: Some(after),
                    kind: FileKind::GitHook,
                });
            }
            continue;
        }
        let mut path = folder.join(hook);
        // What records authorship stays first: it finds the next hook by its own name.
        if read(&path)?.is_some_and(|text| text.contains_str(git::MARK)) {
            path = beside(&path);
        }
        let before = read(&path)?;
        let kept = kept(&folder, hook);
        if let Some(theirs) = &before {
            let why = if kept.exists() {
                Some(format!("{} is there already", kept.display()))
            } else if git::bears_another_name(&path, theirs) {
                None
            } else {
                Some("it would not know itself by another name".to_owned())
            };
            if let Some(why) = why {
                plan.notices.push(format!(
                    "{} is left as it is, because {why}: let it run `trueline gate`",
                    path.display()
                ));
                continue;
            }
            plan.changes.push(FileChange {
                path: kept,
                before: None,
                after: Some(theirs.clone()),
                kind: FileKind::GitHook,
            });
        }
        plan.changes.push(FileChange {
            path,
            before: None,
            after: Some(script(hook, program).into_bytes()),
            kind: FileKind::GitHook,
        });
    }
    Ok(plan)
}

/// Carries a plan out: what was there is renamed, so that its mode and bytes are what they were.
pub fn apply(plan: &Plan) -> Result<(), InstallError> {
    let mut changes = plan.changes.iter().peekable();
    while let Some(change) = changes.next() {
        let Some(after) = &change.after else { continue };
        if change.path.to_string_lossy().ends_with(BEFORE) {
            if let Some(ours) = changes.peek() {
                fs::rename(&ours.path, &change.path)
                    .map_err(|source| file_error(&ours.path, source))?;
            }
            continue;
        }
        write(&change.path, after, change.kind)?;
    }
    Ok(())
}

/// What taking them away would do: what was there comes back.
pub fn removal(place: &Place) -> Result<Plan, InstallError> {
    let mut plan = Plan::default();
    let folder = git::folder(place)?;
    for hook in HOOKS {
        let Some(path) = at_of(&folder, hook)? else {
            continue;
        };
        let now = read(&path)?.unwrap_or_default();
        if !is_as_written(hook, &now) {
            plan.notices.push(format!(
                "{} has lines of somebody else's: left as it is; take ours out by hand",
                path.display()
            ));
            continue;
        }
        plan.changes.push(FileChange {
            path,
            before: Some(now),
            after: read(&kept(&folder, hook))?,
            kind: FileKind::GitHook,
        });
    }
    Ok(plan)
}

/// Carries a removal out.
pub fn remove(place: &Place, plan: &Plan) -> Result<(), InstallError> {
    let folder = git::folder(place)?;
    for change in &plan.changes {
        let failed = |source| file_error(&change.path, source);
        let name = change
            .path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy();
        let hook = HOOKS.into_iter().find(|hook| name.starts_with(hook));
        match hook.map(|hook| kept(&folder, hook)) {
            Some(kept) if change.after.is_some() => {
                fs::rename(&kept, &change.path).map_err(failed)?;
            }
            _ => fs::remove_file(&change.path).map_err(failed)?,
        }
    }
    Ok(())
}

fn kept(folder: &Path, hook: &str) -> PathBuf {
    folder.join(format!("{hook}{BEFORE}"))
}

/// Where a hook of ours stands: under its name, or kept by what records authorship.
fn at_of(folder: &Path, hook: &str) -> Result<Option<PathBuf>, InstallError> {
    let path = folder.join(hook);
    for at in [beside(&path), path] {
        if read(&at)?.is_some_and(|text| text.contains_str(MARK)) {
            return Ok(Some(at));
        }
    }
    Ok(None)
}

/// Is it what was written, whatever program it named?
fn is_as_written(hook: &str, now: &[u8]) -> bool {
    let text = now.to_str_lossy();
    let program = text
        .lines()
        .find_map(|line| line.strip_prefix(FALLBACK)?.strip_suffix("')"))
        .map(|program| program.replace(r"'\''", "'"));
    program.is_some_and(|program| {
        let script = script(hook, Path::new(&program));
        script.as_bytes() == now || before_bytes_were_kept(&script).as_bytes() == now
    })
}

/// The text that was written until what a hook reads was passed on byte for byte.
fn before_bytes_were_kept(script: &str) -> String {
    script
        .replace(READ_INPUT, "input=$(cat)\n")
        .replace("printf %s ", "printf '%s\\n' ")
}

const FALLBACK: &str = "trueline=$(command -v trueline || echo '";

/// A hook. It finds what was there by its own folder, because another may have renamed it in turn.
fn script(hook: &str, program: &Path) -> String {
    let program = program.display().to_string().replace('\'', r"'\''");
    let head = format!(
        "#!/bin/sh\n{MARK}; `trueline init --remove-hooks` puts back what was here.\n\
         # Exit code 1 is a gate that blocks. What cannot be judged here is judged where the change is proposed.\n"
    );
    let find = format!("{FALLBACK}{program}')\n[ -x \"$trueline\" ] || exit 0\n");
    let prior = format!("prior=$(dirname \"$0\")/{hook}{BEFORE}\n");
    if hook == "pre-push" {
        format!(
            "{head}{READ_INPUT}{prior}if [ -x \"$prior\" ]; then\n  \
             printf %s \"$input\" | \"$prior\" \"$@\" || exit $?\nfi\n{find}\
             blocked=0\n\
             while read -r _ commit target _; do\n  \
             case $commit in *[!0]*) ;; *) continue ;; esac\n  \
             case $target in refs/heads/*) ;; *) continue ;; esac\n  \
             \"$trueline\" gate \"..$commit\" --quiet </dev/null || [ $? -ne 1 ] || blocked=1\n\
             done <<PUSHED\n$input\nPUSHED\nexit $blocked\n"
        )
    } else {
        format!(
            "{head}{prior}if [ -x \"$prior\" ]; then\n  \"$prior\" \"$@\" || exit $?\nfi\n{find}\
             \"$trueline\" gate --staged --quiet </dev/null || [ $? -ne 1 ] || exit 1\nexit 0\n"
        )
    }
}
