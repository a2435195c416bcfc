//! Whose skill it is, and who is asking.
//!
//! A principal cannot be made of a name: one is whoever runs this program on their own data, all others come out of a
//! share that its owner gave. An assistant has none of this: its ability is in `assistant`, and open.

use std::fmt;

/// Somebody who reads.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Principal(Who);

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
enum Who {
    /// Not a name that somebody else could bear.
    Owner,
    /// As a share names them.
    Named(Box<str>),
}

impl Principal {
    /// Takes the name that a share or the record of a read says.
    pub(crate) fn named(name: &str) -> Self {
        Self(Who::Named(name.into()))
    }

    /// The owner of the data on this machine.
    #[must_use]
    pub const fn local_owner() -> Self {
        Self(Who::Owner)
    }

    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Who::Owner => "self",
            Who::Named(name) => name,
        }
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
