//! The patch text of `apply_patch`: which files it touches and what becomes of their lines.
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

use crate::event::{Change, Edit, PatchLine};
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

/// File by file, the lines of the patch.
pub(super) fn edits(patch: &str) -> Vec<Edit> {
    let mut edits: Vec<Edit> = Vec::new();
    for line in patch.lines() {
        if let Some((head, deletes)) = HEADS.iter().find(|(head, _)| line.starts_with(head)) {
            let named = path(line[head.len()..].trim());
            let change = if *deletes {
                Change::Delete
            } else {
                Change::Patch(Vec::new())
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
                    change: Change::Patch(Vec::new()),
                });
            }
        } else if let Some(Edit {
            change: Change::Patch(lines),
            ..
        }) = edits.last_mut()
        {
            lines.extend(patch_line(line));
        }
    }
    edits
}

fn patch_line(line: &str) -> Option<PatchLine> {
    if line.starts_with("@@") {
        return Some(PatchLine::Elsewhere);
    }
    // The head of the next file of a unified diff, and its old name.
    if ["--- ", "*** ", "diff --git ", "index "]
        .iter()
        .any(|head| line.starts_with(head))
    {
        return None;
    }
    Some(match (line.get(..1), line.get(1..)) {
        (Some("+"), Some(text)) => PatchLine::Added(text.into()),
        (Some("-"), Some(text)) => PatchLine::Removed(text.into()),
        (Some(" "), Some(text)) => PatchLine::Kept(text.into()),
        // An empty line that stays, whose blank was trimmed.
        (None, _) if line.is_empty() => PatchLine::Kept("".into()),
        _ => return None,
    })
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
        let added = |text: &str| PatchLine::Added(text.into());
        assert_eq!(
            told,
            [
                (
                    "a.py",
                    &Change::Patch(vec![
                        PatchLine::Elsewhere,
                        PatchLine::Removed("x".into()),
                        added("y"),
                    ])
                ),
                ("b.py", &Change::Patch(vec![added("one"), added("two")])),
                ("c.py", &Change::Delete),
                ("d.py", &Change::Delete),
                ("e.py", &Change::Patch(vec![added("z")])),
            ]
        );
    }

    #[test]
    fn a_unified_diff_is_a_patch_too() {
        let edits = edits("--- a/x.py\n+++ b/x.py\n@@ -1 +1 @@\n-a\n+b\n");
        assert_eq!(edits.len(), 1);
        assert_eq!(edits[0].path, Path::new("x.py"));
        let lines = vec![
            PatchLine::Elsewhere,
            PatchLine::Removed("a".into()),
            PatchLine::Added("b".into()),
        ];
        assert_eq!(edits[0].change, Change::Patch(lines));
    }
}
