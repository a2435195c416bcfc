//! How many lines a commit wrote: the lines it added, without those that it only moved.
//!
//! A difference per path counts a renamed or split file as removed and added anew, so that tidying
//! up would look like the largest commit of the year. Where a large commit also removed much, the
//! files are compared as bags of lines: what stood in any of them before was not written now.

use bstr::ByteSlice;
use rustc_hash::FxHashMap;

use crate::model::{Change, ChangeKind, CommitIx};

use super::Source;
use super::view::View;

/// Smaller commits are counted as they are: no detector reports them.
const SMALLEST: u64 = 1000;
/// What is moved is also removed: below this share of the added lines nothing is compared.
const LEAST_REMOVED: u64 = 4;

/// Lines of text that a commit wrote, generated files left out.
pub(super) fn lines(
    view: &View<'_>,
    source: &dyn Source,
    commit: CommitIx,
    changes: &[Change],
) -> u64 {
    let counted = || {
        changes
            .iter()
            .filter(|change| change.lines.is_some() && !view.is_generated(change.path))
    };
    let (mut added, mut removed) = (0, 0);
    for lines in counted().filter_map(|change| change.lines) {
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
    let (mut bag, mut unread) = (FxHashMap::<Box<[u8]>, i64>::default(), 0);
    for change in counted() {
        let before = match change.kind {
            ChangeKind::Added => Some(Vec::new()),
            ChangeKind::Deleted => source.blob(change.blob),
            ChangeKind::Modified => source
                .at(tree, view.history.path(change.path))
                .ok()
                .flatten(),
        };
        let after = match change.kind {
            ChangeKind::Deleted => Some(Vec::new()),
            ChangeKind::Added | ChangeKind::Modified => source.blob(change.blob),
        };
        let (Some(before), Some(after)) = (before, after) else {
            unread += change.lines.map_or(0, |lines| u64::from(lines.added));
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
    (fresh.unsigned_abs() + unread).min(added)
}
