//! Two texts of a file as a unified diff.

use similar::TextDiff;
use trueline_facts::RepoPath;

/// The change of a file, as `git apply` reads it; empty where nothing changed.
#[must_use]
pub fn unified(path: &RepoPath, before: &str, after: &str) -> String {
    let path = path.display();
    TextDiff::from_lines(before, after)
        .unified_diff()
        .context_radius(3)
        .header(&format!("a/{path}"), &format!("b/{path}"))
        .to_string()
}
