//! The file form of a segment: a header that names what it holds, a checksum, the bytes.
//!
//! The checksum is SHA-256 cut to 128 bits over header fields and content. Against accidents a CRC
//! would do; a cryptographic hash costs little with the processor's help and lets a reader take a
//! segment for what its name says without re-deriving anything.

use std::fmt;

use sha2::{Digest, Sha256};
use thiserror::Error;

const MAGIC: [u8; 8] = *b"TRUELINE";
/// Version of the file form, not of what is inside; that belongs into the key.
const VERSION: u32 = 1;
const CHECKSUM_BYTES: usize = 16;
const LONGEST_NAME: usize = 128;

/// What a segment is: the first part of its file name.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Kind(&'static str);

impl Kind {
    /// Lower-case letters only; checked when the file name is made.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self(name)
    }

    pub(crate) const fn as_str(self) -> &'static str {
        self.0
    }
}

/// Which segment of its kind: the second part of its file name.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Key(String);

/// Why a text is no key.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error("a cache key is 1 to 128 of a-z, 0-9 and `-`, not `{0}`")]
pub struct KeyError(String);

impl Key {
    /// Takes a text that is safe as a file name everywhere.
    pub fn new(text: impl Into<String>) -> Result<Self, KeyError> {
        let text = text.into();
        let safe = (1..=LONGEST_NAME).contains(&text.len())
            && text
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if safe {
            Ok(Self(text))
        } else {
            Err(KeyError(text))
        }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The bytes of the file for a segment.
pub(crate) fn encode(kind: Kind, key: &Key, content: &[u8]) -> Vec<u8> {
    let name = name(kind, key);
    let mut file = Vec::with_capacity(header_len(&name) + content.len());
    file.extend_from_slice(&MAGIC);
    file.extend_from_slice(&VERSION.to_le_bytes());
    file.extend_from_slice(&(name.len() as u32).to_le_bytes());
    file.extend_from_slice(name.as_bytes());
    file.extend_from_slice(&(content.len() as u64).to_le_bytes());
    let checksum = checksum(&file, content);
    file.extend_from_slice(&checksum);
    file.extend_from_slice(content);
    file
}

/// The content of a segment's file, if the file is whole and is the one asked for.
pub(crate) fn decode(kind: Kind, key: &Key, mut file: Vec<u8>) -> Option<Vec<u8>> {
    let name = name(kind, key);
    let header = header_len(&name);
    let fields = header.checked_sub(CHECKSUM_BYTES)?;
    let mut expected = Vec::with_capacity(fields);
    expected.extend_from_slice(&MAGIC);
    expected.extend_from_slice(&VERSION.to_le_bytes());
    expected.extend_from_slice(&(name.len() as u32).to_le_bytes());
    expected.extend_from_slice(name.as_bytes());
    let content_len = file.len().checked_sub(header)?;
    expected.extend_from_slice(&(content_len as u64).to_le_bytes());
    if file.get(..fields)? != expected {
        return None;
    }
    let content = file.get(header..)?;
    if file.get(fields..header)? != checksum(&expected, content) {
        return None;
    }
    file.drain(..header);
    Some(file)
}

fn name(kind: Kind, key: &Key) -> String {
    format!("{}-{}", kind.as_str(), key.as_str())
}

const fn header_len(name: &str) -> usize {
    MAGIC.len() + 4 + 4 + name.len() + 8 + CHECKSUM_BYTES
}

fn checksum(fields: &[u8], content: &[u8]) -> [u8; CHECKSUM_BYTES] {
    let digest = Sha256::new()
        .chain_update(fields)
        .chain_update(content)
        .finalize();
    let mut cut = [0; CHECKSUM_BYTES];
    cut.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
    cut
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const KIND: Kind = Kind::new("lines");

    #[test]
    fn a_key_that_could_leave_the_directory_is_refused() {
        for bad in ["", "../x", "a/b", "A", "a.b", "a\0"] {
            assert!(Key::new(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_segment_of_another_key_is_absent() {
        let file = encode(KIND, &Key::new("a").unwrap(), b"content");
        assert_eq!(decode(KIND, &Key::new("b").unwrap(), file), None);
    }

    proptest! {
        #[test]
        fn content_survives(content in proptest::collection::vec(any::<u8>(), 0..300)) {
            let key = Key::new("k-1").unwrap();
            let file = encode(KIND, &key, &content);
            prop_assert_eq!(decode(KIND, &key, file), Some(content));
        }

        #[test]
        fn a_cut_or_changed_file_is_absent(
            content in proptest::collection::vec(any::<u8>(), 0..100),
            at in any::<prop::sample::Index>(),
            flip in 1u8..,
            cut in any::<bool>(),
        ) {
            let key = Key::new("k-1").unwrap();
            let mut file = encode(KIND, &key, &content);
            let at = at.index(file.len());
            if cut {
                file.truncate(at);
            } else {
                file[at] ^= flip;
            }
            prop_assert_eq!(decode(KIND, &key, file), None);
        }

        #[test]
        fn any_bytes_decode_without_panic(file in proptest::collection::vec(any::<u8>(), 0..80)) {
            prop_assert_eq!(decode(KIND, &Key::new("k").unwrap(), file), None);
        }
    }
}
