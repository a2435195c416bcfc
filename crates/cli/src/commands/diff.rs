//! What `--fix` did, in words and as a unified diff.

use std::fmt::Write as _;

use trueline_scan::{FixOutcome, FixedFile};

/// The changes of all files, as `git apply` reads them; secrets that were taken out are not shown.
pub(crate) fn unified(files: &[FixedFile]) -> String {
    let mut out = String::new();
    for file in files {
        out.push_str(&trueline_report::diff::unified(
            &file.path,
            &file.before,
            &file.after,
        ));
    }
    out
}

/// `fixed 12 (3 left: need --unsafe-fixes)`, and what was taken back.
pub(crate) fn summary(outcome: &FixOutcome, dry_run: bool) -> String {
    let mut out = format!(
        "{} {}",
        if dry_run { "would fix" } else { "fixed" },
        outcome.fixed
    );
    let mut left = Vec::new();
    if outcome.need_unsafe > 0 {
        left.push(format!("{} left: need --unsafe-fixes", outcome.need_unsafe));
    }
    if !outcome.taken_back.is_empty() {
        left.push(format!("{} taken back", outcome.taken_back.len()));
    }
    if outcome.without_fix > 0 {
        left.push(format!("{} without a fix", outcome.without_fix));
    }
    if !left.is_empty() {
        // Writing to a string cannot fail.
        let _ = write!(out, " ({})", left.join(", "));
    }
    for back in &outcome.taken_back {
        let _ = write!(
            out,
            "\n  {}:{}: {}: {}",
            back.path.display(),
            back.line,
            back.title,
            back.reason
        );
    }
    out
}
