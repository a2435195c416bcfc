//! Signing, storing and checking attestations.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod controls;
mod repository;
mod tamper;

use trueline_attest::chain;
use trueline_attest::chain::Claim;
use trueline_attest::key::{self, SigningKey, TrustedKeys};
use trueline_facts::attestation::{Digest, NotedCommit};
use trueline_facts::{CommitId, Timestamp};

/// A pair of keys, always the same.
pub(crate) fn keys() -> (SigningKey, TrustedKeys) {
    keys_of(1)
}

/// The pair of somebody else.
pub(crate) fn other_keys() -> (SigningKey, TrustedKeys) {
    keys_of(2)
}

fn keys_of(seed: u8) -> (SigningKey, TrustedKeys) {
    let new = key::from_seed(&[seed; 32], "test").unwrap();
    (
        SigningKey::parse(&new.private, "key").unwrap(),
        TrustedKeys::parse(&new.public, "key.pub").unwrap(),
    )
}

/// A verdict about the n-th commit.
pub(crate) fn claim(n: u32) -> Claim {
    Claim {
        commit: CommitId::new(format!("{n:040x}")),
        verdict: serde_json::json!({
            "schema": "trueline.verdict/1",
            "outcome": if n.is_multiple_of(2) { "pass" } else { "block" },
            "reasons": [format!("reason {n}"), 0.5, null, true],
        }),
        notes: (0..n % 3)
            .map(|note| NotedCommit {
                commit: CommitId::new(format!("{note:040x}")),
                lines: u64::from(n),
                claims: Digest::of(&n.to_le_bytes()),
            })
            .collect(),
        at: Timestamp(1_767_225_600 + i64::from(n)),
    }
}

/// A log of some entries.
pub(crate) fn log(key: &SigningKey, count: u32) -> Vec<Vec<u8>> {
    let mut entries: Vec<Vec<u8>> = Vec::new();
    for n in 0..count {
        let last = entries.last().map(Vec::as_slice);
        entries.push(chain::next(last, &claim(n), key).unwrap());
    }
    entries
}
