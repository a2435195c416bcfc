//! What the list of dangers says of a name that code uses: its family alone, whatever pickles make of it.

use super::{NAMES, is_exception};

/// The entry of the list that a full name begins with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Danger {
    pub(crate) family: &'static str,
}

/// The danger that is listed under just this name.
pub(crate) fn danger(entry: &str) -> Option<Danger> {
    let (family, _) = NAMES.families.get(*NAMES.danger.get(entry)?)?;
    Some(Danger { family })
}

/// All families, with what they do.
pub(crate) fn families() -> impl Iterator<Item = (&'static str, &'static str)> {
    let families = NAMES.families.iter();
    families.map(|(family, reason)| (&**family, &**reason))
}

/// Does the name stand for data or an exception, whatever its module does?
pub(crate) fn is_data(full: &str) -> bool {
    NAMES.plain.contains(full) || is_exception(full)
}
