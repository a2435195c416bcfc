//! Signed authorship notes: what a note claims of a commit, in an in-toto statement that its writer signs.
//!
//! Who holds no key can still write notes; what they claim is then vouched for by nobody, and that shows. A signature
//! says who wrote or carried a claim. It does not say that the claim is true.

use serde::{Deserialize, Serialize};
use trueline_authorship::note::{self, NoteError};
pub use trueline_authorship::note::{Claims, signatures};
use trueline_facts::attestation::{Digest, KeyId, NotedCommit};
use trueline_facts::{CommitId, canonical};

use crate::envelope::{self, Refusal};
use crate::key::{SigningKey, TrustedKeys};
use crate::statement::{CommitDigest, ResourceDescriptor, STATEMENT_TYPE};

/// The type of the predicate; `docs/capture.md` describes it.
const PREDICATE_TYPE: &str = "https://github.com/trueline-dev/trueline/attestations/authorship/v1";

/// Where a repository keeps the public keys of those whose notes count as signed.
pub const NOTE_KEYS_FILE: &str = ".trueline/notes.keys";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Statement {
    #[serde(rename = "_type")]
    kind: String,
    subject: Vec<ResourceDescriptor>,
    #[serde(rename = "predicateType")]
    predicate_type: String,
    predicate: Claims,
}

/// What a note claims.
pub fn claims_of(note: &[u8]) -> Result<Claims, NoteError> {
    Ok(Claims::of(&note::parse(note)?))
}

/// What an entry of the log keeps of a note.
pub fn noted(commit: &CommitId, claims: &Claims) -> Result<NotedCommit, String> {
    Ok(NotedCommit {
        commit: commit.clone(),
        lines: claims.line_count(),
        claims: Digest::of(&canonical::to_bytes(claims)?),
    })
}

/// The note with a signature of its claims as they are: an earlier one by the same key spoke of others.
pub fn with_signature(
    note: &[u8],
    signature: &str,
    key: &SigningKey,
) -> Result<Vec<u8>, NoteError> {
    note::with_signature(note, signature, |old| {
        envelope::key_unverified(old.as_bytes()).is_some_and(|of| of == *key.id())
    })
}

/// Signs claims about a commit: the envelope as a text.
pub fn sign(commit: &CommitId, claims: &Claims, key: &SigningKey) -> Result<String, String> {
    let statement = Statement {
        kind: STATEMENT_TYPE.to_owned(),
        subject: vec![ResourceDescriptor {
            name: "commit".to_owned(),
            digest: CommitDigest {
                git_commit: commit.clone(),
            },
        }],
        predicate_type: PREDICATE_TYPE.to_owned(),
        predicate: claims.clone(),
    };
    let envelope = envelope::seal(&canonical::to_bytes(&statement)?, key)?;
    String::from_utf8(envelope).map_err(|error| error.to_string())
}

/// What a signature vouches for, and whose it is; only of this commit and by a trusted key.
pub fn open(
    commit: &CommitId,
    signature: &str,
    keys: &TrustedKeys,
) -> Result<(KeyId, Claims), Refusal> {
    let opened = envelope::open(signature.as_bytes(), keys)?;
    let statement: Statement = canonical::parse(&opened.payload)
        .and_then(|value| serde_json::from_value(value).map_err(|error| error.to_string()))
        .map_err(Refusal::Unreadable)?;
    let is_about_it = match statement.subject.as_slice() {
        [subject] => subject.digest.git_commit == *commit,
        _ => false,
    };
    if statement.kind != STATEMENT_TYPE
        || statement.predicate_type != PREDICATE_TYPE
        || !is_about_it
    {
        let why = "it is signed about something else".to_owned();
        return Err(Refusal::Unreadable(why));
    }
    Ok((opened.key, statement.predicate))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::from_seed;

    const NOTE: &str = "a.py\n  s_1::t_1 1-4\n---\n{\"schema_version\":\"authorship/3.0.0\",\"sessions\":{\"s_1\":{\"agent_id\":{\"tool\":\"claude\",\"id\":\"1\",\"model\":\"m\"}}}}";

    fn keys(seed: u8) -> (SigningKey, TrustedKeys) {
        let new = from_seed(&[seed; 32], "test").unwrap();
        let trusted = TrustedKeys::parse(&new.public, "test").unwrap();
        (SigningKey::parse(&new.private, "test").unwrap(), trusted)
    }

    #[test]
    fn a_signature_holds_for_its_commit_its_claims_and_its_key_alone() {
        let (key, trusted) = keys(1);
        let claims = claims_of(NOTE.as_bytes()).unwrap();
        let (one, two) = (CommitId::new("a".repeat(40)), CommitId::new("b".repeat(40)));
        let signed = sign(&one, &claims, &key).unwrap();
        let (by, opened) = open(&one, &signed, &trusted).unwrap();
        assert_eq!((&by, &opened), (key.id(), &claims));
        assert!(matches!(
            open(&two, &signed, &trusted),
            Err(Refusal::Unreadable(_))
        ));
        let (other, others) = keys(2);
        assert_eq!(
            open(&one, &signed, &others),
            Err(Refusal::UnknownKey(key.id().clone()))
        );
        // Under the name of a trusted key, by another.
        let forged = sign(&one, &claims, &other).unwrap();
        let forged = forged.replace(other.id().as_str(), key.id().as_str());
        assert_eq!(
            open(&one, &forged, &trusted),
            Err(Refusal::BadSignature(key.id().clone()))
        );
        assert!(matches!(
            open(&one, "{}", &trusted),
            Err(Refusal::Unreadable(_))
        ));
    }
}
