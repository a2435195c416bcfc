//! Keys: OpenSSH ed25519, which teams have already and know how to keep.
//!
//! A private key signs; public keys, one a line as in `authorized_keys`, are what a log is checked with.

use std::collections::BTreeMap;
use std::fmt;

use ed25519_dalek::{Signature, Signer as _, VerifyingKey};
use ssh_key::private::{Ed25519Keypair, Ed25519PrivateKey, KeypairData};
use ssh_key::public::{Ed25519PublicKey, KeyData};
use ssh_key::{HashAlg, LineEnding, PrivateKey, PublicKey};
use trueline_facts::attestation::KeyId;

use crate::AttestError;

/// Where a repository keeps the public keys that its log is checked with.
pub const TRUSTED_KEYS_FILE: &str = ".trueline/attest.keys";

/// A key that signs.
pub struct SigningKey {
    key: ed25519_dalek::SigningKey,
    id: KeyId,
}

impl fmt::Debug for SigningKey {
    /// Never the key itself.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// A new pair of keys as files hold them.
pub struct NewKey {
    /// The private key in OpenSSH's format, without a passphrase.
    pub private: String,
    /// The line of the public key.
    pub public: String,
    /// Its fingerprint.
    pub id: KeyId,
}

impl fmt::Debug for NewKey {
    /// Never the private key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewKey")
            .field("public", &self.public)
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl SigningKey {
    /// Reads a private key; `file` names it in errors.
    pub fn parse(text: &str, file: &str) -> Result<Self, AttestError> {
        let wrong = |why: String| AttestError::Key {
            file: file.to_owned(),
            why,
        };
        let key = PrivateKey::from_openssh(text.trim()).map_err(|error| {
            wrong(format!(
                "no private key in OpenSSH's format ({error}); `trueline attest keygen` or `ssh-keygen -t ed25519` make one"
            ))
        })?;
        if key.is_encrypted() {
            return Err(wrong(
                "it has a passphrase, which nobody is there to type; give CI a key of its own without one".to_owned(),
            ));
        }
        let KeypairData::Ed25519(pair) = key.key_data() else {
            return Err(wrong(format!(
                "a key of kind {}; only ed25519 signs attestations",
                key.algorithm()
            )));
        };
        let id = key_id(key.public_key());
        Ok(Self {
            key: ed25519_dalek::SigningKey::from_bytes(&pair.private.to_bytes()),
            id,
        })
    }

    /// Its fingerprint.
    #[must_use]
    pub const fn id(&self) -> &KeyId {
        &self.id
    }

    pub(crate) fn sign(&self, message: &[u8]) -> [u8; Signature::BYTE_SIZE] {
        self.key.sign(message).to_bytes()
    }
}

/// Makes a pair of keys from the system's random numbers.
pub fn generate(comment: &str) -> Result<NewKey, AttestError> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(|e| AttestError::NoRandomness(e.to_string()))?;
    from_seed(&seed, comment)
}

/// The pair of keys that a seed gives, always the same. Who knows the seed can sign: for tests, and for seeds that are
/// kept as keys are.
pub fn from_seed(seed: &[u8; 32], comment: &str) -> Result<NewKey, AttestError> {
    pair(seed, comment).map_err(|why| AttestError::Key {
        file: "new key".to_owned(),
        why: why.to_string(),
    })
}

fn pair(seed: &[u8; 32], comment: &str) -> Result<NewKey, ssh_key::Error> {
    let public = ed25519_dalek::SigningKey::from_bytes(seed).verifying_key();
    let pair = Ed25519Keypair {
        public: Ed25519PublicKey(public.to_bytes()),
        private: Ed25519PrivateKey::from_bytes(seed),
    };
    let key = PrivateKey::new(KeypairData::Ed25519(pair), comment)?;
    Ok(NewKey {
        private: key.to_openssh(LineEnding::LF)?.to_string(),
        public: format!("{}\n", key.public_key().to_openssh()?),
        id: key_id(key.public_key()),
    })
}

fn key_id(key: &PublicKey) -> KeyId {
    KeyId::new(key.fingerprint(HashAlg::Sha256).to_string())
}

/// Public keys that a log is checked with.
#[derive(Clone, Debug, Default)]
pub struct TrustedKeys(BTreeMap<KeyId, VerifyingKey>);

impl TrustedKeys {
    /// Reads public keys, one a line: `ssh-ed25519 AAAA… comment`. What stands before the kind of key (principals and
    /// options, as in `allowed_signers`) is passed over; empty lines and those that begin with `#` are, too.
    pub fn parse(text: &str, file: &str) -> Result<Self, AttestError> {
        let mut keys = BTreeMap::new();
        for (at, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let wrong = |why: String| AttestError::Key {
                file: format!("{file}:{}", at + 1),
                why,
            };
            let words: Vec<&str> = line.split_ascii_whitespace().collect();
            let found = words.windows(2).find(|pair| pair[0] == "ssh-ed25519");
            let Some(pair) = found else {
                return Err(wrong(
                    "no ed25519 public key: a line reads `ssh-ed25519 AAAA… comment`".to_owned(),
                ));
            };
            let key = PublicKey::from_openssh(&pair.join(" "))
                .map_err(|error| wrong(format!("no public key: {error}")))?;
            let verifying = verifying_key(&key).map_err(wrong)?;
            keys.insert(key_id(&key), verifying);
        }
        Ok(Self(keys))
    }

    /// Adds the keys of another set.
    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// No key at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The fingerprints.
    pub fn ids(&self) -> impl Iterator<Item = &KeyId> {
        self.0.keys()
    }

    pub(crate) fn get(&self, id: &KeyId) -> Option<&VerifyingKey> {
        self.0.get(id)
    }

    /// Is the key of an SSH signature among these, and does it fit?
    pub(crate) fn accepts(&self, signature: &ssh_key::SshSig, message: &[u8]) -> Option<KeyId> {
        let key = PublicKey::new(signature.public_key().clone(), "");
        let id = key_id(&key);
        let trusted = self.0.get(&id)?;
        let signed =
            ssh_key::SshSig::signed_data(signature.namespace(), signature.hash_alg(), message)
                .ok()?;
        let bytes = Signature::from_slice(signature.signature_bytes()).ok()?;
        trusted.verify_strict(&signed, &bytes).ok()?;
        Some(id)
    }
}

fn verifying_key(key: &PublicKey) -> Result<VerifyingKey, String> {
    let KeyData::Ed25519(public) = key.key_data() else {
        return Err("only ed25519 keys sign attestations".to_owned());
    };
    let verifying =
        VerifyingKey::from_bytes(&public.0).map_err(|_| "no point of the curve".to_owned())?;
    if verifying.is_weak() {
        return Err("a weak key: any signature would fit it".to_owned());
    }
    Ok(verifying)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_was_made_reads_and_its_public_line_has_the_same_fingerprint() {
        let new = from_seed(&[7; 32], "ci").unwrap();
        let key = SigningKey::parse(&new.private, "key").unwrap();
        let trusted = TrustedKeys::parse(&new.public, "key.pub").unwrap();
        assert_eq!(key.id(), &new.id);
        assert_eq!(trusted.ids().collect::<Vec<_>>(), [&new.id]);
        assert!(!format!("{new:?} {key:?}").contains("PRIVATE"));
    }

    #[test]
    fn lines_of_allowed_signers_are_read_and_others_are_told_with_their_place() {
        let new = from_seed(&[7; 32], "ci").unwrap();
        let text = format!(
            "# CI\n\nci@example.org namespaces=\"trueline\" {}",
            new.public
        );
        assert_eq!(TrustedKeys::parse(&text, "f").unwrap().ids().count(), 1);
        let error = TrustedKeys::parse("# x\nssh-rsa AAAA\n", "f").unwrap_err();
        assert!(error.to_string().starts_with("f:2: no ed25519"), "{error}");
        let error = TrustedKeys::parse("ssh-ed25519 AAAA\n", "f").unwrap_err();
        assert!(
            error.to_string().starts_with("f:1: no public key"),
            "{error}"
        );
    }

    #[test]
    fn what_is_no_private_key_says_how_to_make_one() {
        let error = SigningKey::parse("hello", "k").unwrap_err().to_string();
        assert!(error.contains("attest keygen"), "{error}");
    }
}
