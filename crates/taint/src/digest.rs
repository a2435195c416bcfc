//! Short names for content: what an analysis saw, told apart from what there is now.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// 128 bits of SHA-256.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
pub struct Digest([u8; 16]);

impl Digest {
    /// Of some bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let mut hash = Hasher(Sha256::new());
        hash.0.update(bytes);
        hash.finish()
    }

    /// As lower-case hexadecimal digits.
    #[must_use]
    pub fn to_hex(self) -> String {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let digit = |half: u8| char::from(DIGITS.get(usize::from(half)).copied().unwrap_or(b'0'));
        let halves = self.0.iter().flat_map(|byte| [byte >> 4, byte & 15]);
        halves.map(digit).collect()
    }
}

/// Digests of several parts: each part has its length before it, so that no two lists are alike.
#[derive(Clone, Debug)]
pub struct Hasher(Sha256);

impl Hasher {
    /// For digests of one purpose.
    #[must_use]
    pub fn new(purpose: &str) -> Self {
        let mut hash = Self(Sha256::new());
        hash.bytes(purpose.as_bytes());
        hash
    }

    /// Adds a part.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.count(bytes.len());
        self.0.update(bytes);
    }

    /// Adds a number.
    pub fn count(&mut self, count: usize) {
        self.0.update((count as u64).to_le_bytes());
    }

    /// Adds a digest.
    pub fn digest(&mut self, digest: Digest) {
        self.0.update(digest.0);
    }

    /// The digest of all parts.
    #[must_use]
    pub fn finish(self) -> Digest {
        let mut cut = [0; 16];
        let whole = self.0.finalize();
        cut.iter_mut().zip(whole).for_each(|(to, from)| *to = from);
        Digest(cut)
    }
}
