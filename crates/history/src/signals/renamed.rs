//! Files that a commit gave another name and nothing else, as their bytes tell: nobody wrote or removed a line of
//! them. What is renamed and edited in one commit is not told apart here.

use gix::ObjectId;
use rustc_hash::FxHashMap;

use crate::model::{Change, ChangeKind};

/// The changes of one commit without both sides of its plain renames.
pub(super) fn without_renames(changes: &[Change]) -> impl Iterator<Item = &Change> {
    let mut sides: FxHashMap<ObjectId, (u32, u32)> = FxHashMap::default();
    for change in changes {
        let (gone, new) = sides.entry(change.blob).or_default();
        match change.kind {
            ChangeKind::Deleted => *gone += 1,
            ChangeKind::Added => *new += 1,
            ChangeKind::Modified => {}
        }
    }
    // A copy has no other side: as many are left as there are more of.
    for (gone, new) in sides.values_mut() {
        let both = (*gone).min(*new);
        (*gone, *new) = (both, both);
    }
    changes.iter().filter(move |change| {
        let Some((gone, new)) = sides.get_mut(&change.blob) else {
            return true;
        };
        let renamed = match change.kind {
            ChangeKind::Deleted => gone,
            ChangeKind::Added => new,
            ChangeKind::Modified => return true,
        };
        let is_left = *renamed == 0;
        *renamed = renamed.saturating_sub(1);
        is_left
    })
}
