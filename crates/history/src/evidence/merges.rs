//! The branch that a commit was merged from, where that is exact and cheap to tell.
//!
//! Following first parents from HEAD gives the main line. Every other commit came in through the
//! oldest commit of the main line that has it as an ancestor; if that one is a merge of two, the
//! branch it names (in its message, or by a branch reference that still points at the merged
//! parent) is the branch of those commits. Branch names are hints and never decide an origin.

use bstr::{BStr, ByteSlice};
use gix::ObjectId;
use rustc_hash::FxHashMap;

use super::refs::{Refs, branch_name};
use crate::model::{CommitIx, History};

/// Calls `visit` with each commit that was merged from a branch whose name is known.
pub(super) fn for_each_merged(
    history: &History,
    refs: &Refs,
    mut visit: impl FnMut(CommitIx, &BStr),
) {
    let mut heads: FxHashMap<ObjectId, &BStr> = FxHashMap::default();
    for (name, id) in &refs.heads {
        if let Some(branch) = branch_name(name) {
            heads.entry(*id).or_insert(branch.as_bstr());
        }
    }
    let mut main_line = Vec::new();
    let mut at = (!history.commits.is_empty()).then_some(CommitIx(0));
    while let Some(ix) = at {
        main_line.push(ix);
        at = history.commit(ix).parents.first().copied();
    }
    let mut seen = vec![false; history.commits.len()];
    let mut todo = Vec::new();
    for merge in main_line.into_iter().rev() {
        let commit = history.commit(merge);
        seen[merge.0 as usize] = true;
        let name = match commit.parents.as_slice() {
            [_, merged] => merged_branch(&commit.message)
                .or_else(|| heads.get(&history.commit(*merged).id).copied()),
            _ => None,
        };
        todo.extend(commit.parents.iter().copied());
        while let Some(ix) = todo.pop() {
            if std::mem::replace(&mut seen[ix.0 as usize], true) {
                continue;
            }
            if let Some(name) = name {
                visit(ix, name);
            }
            todo.extend(history.commit(ix).parents.iter().copied());
        }
    }
}

/// The branch that the subject of a merge commit says was merged.
fn merged_branch(message: &[u8]) -> Option<&BStr> {
    let subject = super::locate::subject(message);
    if let Some(rest) = subject.strip_prefix(b"Merge pull request #") {
        // `12 from owner/branch`
        let from = rest.find(b" from ")?;
        let head = &rest[from + b" from ".len()..];
        let slash = head.find_byte(b'/')?;
        return Some(head[slash + 1..].trim().as_bstr());
    }
    let quoted = subject
        .strip_prefix(b"Merge branch '")
        .or_else(|| subject.strip_prefix(b"Merge remote-tracking branch 'origin/"))?;
    let end = quoted.find_byte(b'\'')?;
    Some(quoted[..end].as_bstr())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn merge_subjects_name_their_branch() {
        let name = |text: &'static str| merged_branch(text.as_bytes()).map(ToString::to_string);
        assert_eq!(
            name("Merge pull request #12 from me/copilot/fix-x\n\nFix x").as_deref(),
            Some("copilot/fix-x")
        );
        assert_eq!(
            name("Merge branch 'codex/a' into main").as_deref(),
            Some("codex/a")
        );
        assert_eq!(
            name("Merge remote-tracking branch 'origin/claude/b'").as_deref(),
            Some("claude/b")
        );
        assert_eq!(name("Merge the copilot/fix-x branch"), None);
    }
}
