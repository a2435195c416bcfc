//! Settings of Spring among the files of a tree: read, checked for keys and passwords, and what is
//! found put beside the findings of sources.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};

use bstr::ByteSlice;
use trueline_facts::{Diagnostic, Level, RepoPath};
use trueline_taint::{Engine, is_settings};

use crate::agents::{put, slot};
use crate::check::{Checked, Contents, Tiers};
use crate::suppress;

/// Larger files are no settings that somebody wrote.
const MAX_BYTES: usize = 1 << 20;

/// Checks the settings among the files of a tree.
pub(crate) fn add(
    checked: &mut Checked,
    engine: &Engine,
    contents: &dyn Contents,
    paths: &[RepoPath],
    tiers: Tiers,
    interrupt: &AtomicBool,
) {
    let mut files: Vec<(RepoPath, String)> = Vec::new();
    for path in paths.iter().filter(|path| is_settings(path)) {
        if interrupt.load(Ordering::Relaxed) {
            break;
        }
        match contents.read(path) {
            Ok(bytes) if bytes.len() <= MAX_BYTES && !bytes.contains(&0) => {
                files.push((path.clone(), bytes.to_str_lossy().into_owned()));
            }
            Ok(_) => {}
            Err(diagnostic) => checked.diagnostics.push(diagnostic),
        }
    }
    let Ok(found) = catch_unwind(AssertUnwindSafe(|| engine.settings(&files))) else {
        checked.diagnostics.push(Diagnostic::new(
            Level::Error,
            "settings-check-failed",
            "the check of settings failed; please report it with the files, if you may",
        ));
        return;
    };
    for (path, text) in &files {
        let comments = suppress::comments(text);
        if !comments.is_empty() {
            slot(checked, path).comments = comments;
        }
    }
    for finding in found {
        put(checked, finding, tiers);
    }
}
