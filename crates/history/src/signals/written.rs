//! How many lines a commit wrote: the lines it added, without those that it only moved.
//!
//! A difference per path counts a renamed or split file as removed and added anew, so that tidying
//! up would look like the largest commit of the year. Where a large commit also removed much, the
//! files are compared as bags of lines: what stood in any of them before was not written now.

use bstr::ByteSlice;
use gix::ObjectId;
use rustc_hash::FxHashMap;
use trueline_facts::RepoPath;

use crate::model::{Change, ChangeKind, CommitIx, LineCounts};

use super::memo::{Question, Reading};
use super::renamed::without_renames;
use super::view::View;
use super::{Blobs, Source};

/// Smaller commits are counted as they are: no detector reports them.
const SMALLEST: u64 = 1000;
/// What is moved is also removed: below this share of the added lines nothing is compared.
const LEAST_REMOVED: u64 = 4;

/// Lines of text that a commit wrote, generated files left out.
pub(super) fn lines(
    view: &View<'_>,
    blobs: Blobs<'_>,
    commit: CommitIx,
    changes: &[Change],
) -> u64 {
    let counted: Vec<(&RepoPath, &Change, LineCounts)> = without_renames(changes)
        .filter(|change| !view.is_generated(change.path))
        .filter_map(|change| Some((view.history.path(change.path), change, change.lines?)))
        .collect();
    let (mut added, mut removed) = (0, 0);
    for (_, _, lines) in &counted {
        added += u64::from(lines.added);
        removed += u64::from(lines.removed);
    }
    if added < SMALLEST || removed < added / LEAST_REMOVED {
        return added;
    }
    let parent = view.history.commit(commit).parents.first();
    let Some(tree) = parent.map(|parent| view.history.commit(*parent).tree) else {
        return added;
    };
    let question = || {
        let question = Question::new("written").with(tree.as_slice());
        let counted = counted.iter();
        counted.fold(question, |question, (path, change, lines)| {
            let question = question.with_change(path, change);
            question.with(&lines.added.to_le_bytes())
        })
    };
    let fresh = blobs.answer_in_part(question, |source| fresh(source, tree, &counted));
    fresh.min(added)
}

/// Lines that stood in none of the files before; in files that cannot be read, all that were added.
fn fresh(
    source: &dyn Source,
    parent: ObjectId,
    counted: &[(&RepoPath, &Change, LineCounts)],
) -> (u64, Reading) {
    let mut reading = Reading::Whole;
    let (mut bag, mut unread) = (FxHashMap::<Box<[u8]>, i64>::default(), 0);
    for (path, change, lines) in counted {
        let before = match change.kind {
            ChangeKind::Added => Some(Vec::new()),
            ChangeKind::Deleted => source.blob(change.blob),
            ChangeKind::Modified => source.at(parent, path).ok().flatten(),
        };
        let after = match change.kind {
            ChangeKind::Deleted => Some(Vec::new()),
            ChangeKind::Added | ChangeKind::Modified => source.blob(change.blob),
        };
        let (Some(before), Some(after)) = (before, after) else {
            reading = Reading::Partial;
            unread += u64::from(lines.added);
            continue;
        };
        for (content, sign) in [(&before, -1), (&after, 1)] {
            // A moved block is often indented anew.
            for line in content.lines().map(ByteSlice::trim) {
                if let Some(count) = bag.get_mut(line) {
                    *count += sign;
                } else {
                    bag.insert(line.into(), sign);
                }
            }
        }
    }
    let fresh: i64 = bag.into_values().filter(|count| *count > 0).sum();
    (fresh.unsigned_abs() + unread, reading)
}
