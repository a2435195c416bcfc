//! Whose skill it is, and who is asking.

use std::fmt;

/// Somebody who reads.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Principal(Box<str>);

impl Principal {
    /// Takes the name under which the front end knows whoever is reading.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self(name.into())
    }

    /// The owner of the data on this machine.
    #[must_use]
    pub fn local_owner() -> Self {
        Self("self".into())
    }

    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whose skill it is.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Subject {
    /// A person; only they read it.
    Person(Principal),
    /// An AI assistant, by tool and model; anybody may read it.
    Assistant(Box<str>),
}
