//! The patch text of `apply_patch`: which files it touches and which lines it adds.
//!
//! ```text
//! *** Begin Patch
//! *** Update File: a.py
//! *** Move to: b.py
//! @@
//! -old
//! +new
//! *** End Patch
//! ```
//! Unified diffs (`+++ b/a.py`) are read as well.

use crate::event::{Change, Edit};
use crate::payload::fields::path;

const HEADS: [(&str, bool); 4] = [
    ("*** Update File: ", false),
    ("*** Add File: ", false),
    ("*** Delete File: ", true),
    ("*** Move to: ", false),
];

/// Does it look like a patch?
pub(crate) fn is_patch(text: &str) -> bool {
    text.lines().take(200).any(|line| {
        HEADS.iter().any(|(head, _)| line.starts_with(head)) || line.starts_with("+++ ")
    })
}

/// File by file, what the patch adds.
pub(super) fn edits(patch: &str) -> Vec<Edit> {
    let mut edits: Vec<Edit> = Vec::new();
    for line in patch.lines() {
        if let Some((head, deletes)) = HEADS.iter().find(|(head, _)| line.starts_with(head)) {
            let named = path(line[head.len()..].trim());
            let change = if *deletes {
                Change::Delete
            } else {
                Change::Lines(Vec::new())
            };
            // A file that moves: the lines that follow go to its new name, the old one is gone.
            let change = match (*head, edits.last_mut()) {
                ("*** Move to: ", Some(before)) => {
                    std::mem::replace(&mut before.change, Change::Delete)
                }
                _ => change,
            };
            edits.push(Edit {
                path: named,
                change,
            });
        } else if let Some(named) = line.strip_prefix("+++ ") {
            let named = named.split('\t').next().unwrap_or(named).trim();
            if named != "/dev/null" {
                edits.push(Edit {
                    path: path(named.strip_prefix("b/").unwrap_or(named)),
                    change: Change::Lines(Vec::new()),
                });
            }
        } else if let Some(added) = line.strip_prefix('+')
            && let Some(Edit {
                change: Change::Lines(lines),
                ..
            }) = edits.last_mut()
        {
            lines.push(added.into());
        }
    }
    edits
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn a_patch_names_its_files_and_what_it_adds() {
        let patch = "*** Begin Patch\n*** Update File: a.py\n@@\n-x\n+y\n*** Add File: b.py\n+one\n+two\n*** Delete File: c.py\n*** Update File: d.py\n*** Move to: e.py\n+z\n*** End Patch\n";
        let edits = edits(patch);
        let told: Vec<_> = edits
            .iter()
            .map(|e| (e.path.to_str().unwrap(), &e.change))
            .collect();
        let lines = |all: &[&str]| Change::Lines(all.iter().map(|l| (*l).into()).collect());
        assert_eq!(
            told,
            [
                ("a.py", &lines(&["y"])),
                ("b.py", &lines(&["one", "two"])),
                ("c.py", &Change::Delete),
                ("d.py", &Change::Delete),
                ("e.py", &lines(&["z"])),
            ]
        );
    }

    #[test]
    fn a_unified_diff_is_a_patch_too() {
        let edits = edits("--- a/x.py\n+++ b/x.py\n@@ -1 +1 @@\n-a\n+b\n");
        assert_eq!(edits.len(), 1);
        assert_eq!(edits[0].path, Path::new("x.py"));
        assert_eq!(edits[0].change, Change::Lines(vec!["b".into()]));
    }
}
