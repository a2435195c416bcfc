//! Persons and their pseudonyms.
//!
//! Reports carry pseudonyms unless the caller asks for names. A pseudonym is stable for one
//! repository and deterministic; who already knows an e-mail address can compute it.

use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// `person-` and eight hexadecimal digits of SHA-256(root commit, e-mail).
#[derive(
    Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct Pseudonym(String);

impl Pseudonym {
    /// Derives the pseudonym from the repository's root commit and the mailmap-canonical e-mail,
    /// which is compared without case.
    #[must_use]
    pub fn derive(root_commit: &str, email: &str) -> Self {
        let mut hash = Sha256::new();
        hash.update(root_commit.as_bytes());
        hash.update([0]);
        hash.update(email.trim().to_lowercase().as_bytes());
        let digest = hash.finalize();
        let mut text = String::from("person-");
        for byte in &digest[..4] {
            // Writing to a String cannot fail.
            let _ = write!(text, "{byte:02x}");
        }
        Self(text)
    }

    /// The pseudonym as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A person as a report shows one: always a pseudonym, a name only on request (`--names`).
#[derive(
    Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema,
)]
pub struct Person {
    /// Stable within a repository.
    pub pseudonym: Pseudonym,
    /// `Name <email>`, present only when names were asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pseudonym_ignores_case_and_depends_on_the_repository() {
        let one = Pseudonym::derive("abc", "Dev@Example.org");
        assert_eq!(one, Pseudonym::derive("abc", "dev@example.org"));
        assert_ne!(one, Pseudonym::derive("abd", "dev@example.org"));
        assert_eq!(one.as_str().len(), "person-".len() + 8);
    }
}
