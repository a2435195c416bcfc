//! Whose skill it is, and who is asking.

use std::fmt;

use data_encoding::HEXLOWER;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;

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

/// The key of pseudonyms; it lies elsewhere than what is stored under them.
pub struct PseudonymKey([u8; 32]);

impl PseudonymKey {
    /// Takes 32 random bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The pseudonym under which a person is stored: HMAC-SHA256 of the canonical e-mail. Without the
    /// key nobody can tell whose it is, even who knows all the addresses.
    #[must_use]
    pub fn pseudonym(&self, email: &str) -> Principal {
        // HMAC takes keys of any length, so this cannot fail; an empty digest would only merge nobody.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) else {
            return Principal::new("");
        };
        mac.update(email.trim().to_lowercase().as_bytes());
        let digest = mac.finalize().into_bytes();
        Principal(HEXLOWER.encode(&digest[..16]).into())
    }
}

impl fmt::Debug for PseudonymKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PseudonymKey(..)")
    }
}
