//! The chain: the next entry after those that are there, and what is wrong with a row of entries.

use serde_json::Value;
use trueline_facts::attestation::{
    Digest, Entry, NotedCommit, Problem, ProblemKind, SCHEMA, Tail, Verification,
};
use trueline_facts::canonical;
use trueline_facts::verdict::PolicyFrom;
use trueline_facts::{CommitId, Timestamp};

use crate::AttestError;
use crate::envelope::{self, Refusal};
use crate::key::{SigningKey, TrustedKeys};
use crate::statement::{Link, Statement};

/// The largest entry that is read; larger verdicts are not signed.
pub const LARGEST_ENTRY: u64 = 16 << 20;

/// What is signed.
#[derive(Clone, PartialEq, Debug)]
pub struct Claim {
    /// The commit that was judged.
    pub commit: CommitId,
    /// The verdict: any JSON object.
    pub verdict: Value,
    /// The authorship notes that are there now of what was judged.
    pub notes: Vec<NotedCommit>,
    /// When.
    pub at: Timestamp,
}

/// What a log is checked against.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Anchor {
    /// The digest of an entry that was there.
    pub digest: Digest,
    /// Who vouches for it, or what was not checked about it.
    pub voucher: Option<String>,
}

/// The envelope that follows `last`, in canonical form.
pub fn next(last: Option<&[u8]>, claim: &Claim, key: &SigningKey) -> Result<Vec<u8>, AttestError> {
    let wrong = |why: String| AttestError::Verdict {
        file: "the verdict".to_owned(),
        why,
    };
    let chain = match last {
        None => Link {
            sequence: 1,
            previous: None,
        },
        Some(bytes) => {
            let payload = envelope::payload_unverified(bytes).and_then(|p| Statement::parse(&p));
            let before = payload.map_err(|why| AttestError::Log {
                what: "the last entry of the log".to_owned(),
                why: format!("{why}; `trueline attest verify` says more"),
            })?;
            Link {
                sequence: before.predicate.chain.sequence + 1,
                previous: Some(Digest::of(bytes)),
            }
        }
    };
    let statement = Statement::new(
        &claim.commit,
        claim.verdict.clone(),
        claim.notes.clone(),
        claim.at,
        chain,
    );
    let payload = statement.and_then(|s| canonical::to_bytes(&s));
    let entry = payload
        .and_then(|p| envelope::seal(&p, key))
        .map_err(wrong)?;
    if entry.len() as u64 > LARGEST_ENTRY {
        return Err(wrong(format!(
            "{} bytes: more than {LARGEST_ENTRY} are not signed",
            entry.len()
        )));
    }
    Ok(entry)
}

/// The place that an entry of ours claims.
pub(crate) fn sequence(entry: &[u8]) -> Result<u64, AttestError> {
    envelope::payload_unverified(entry)
        .and_then(|payload| Statement::parse(&payload))
        .map(|statement| statement.predicate.chain.sequence)
        .map_err(|why| AttestError::Log {
            what: "the new entry".to_owned(),
            why,
        })
}

/// Checks entries in their order. `log` says where they were read.
#[must_use]
pub fn verify(
    log: &str,
    entries: &[Vec<u8>],
    keys: &TrustedKeys,
    anchor: Option<&Anchor>,
) -> Verification {
    let digests: Vec<Digest> = entries.iter().map(|e| Digest::of(e)).collect();
    let mut out = Verification {
        schema: SCHEMA.to_owned(),
        trueline_version: env!("CARGO_PKG_VERSION").to_owned(),
        log: log.to_owned(),
        head: digests.last().cloned(),
        entries: Vec::new(),
        problems: Vec::new(),
        tail: tail(&digests, anchor),
    };
    for (at, bytes) in entries.iter().enumerate() {
        let place = at as u64 + 1;
        let before = at.checked_sub(1).and_then(|before| digests.get(before));
        match one(place, bytes, before, digests[at].clone(), keys) {
            Ok(entry) => out.entries.push(entry),
            Err((kind, message)) => out.problems.push(Problem {
                place,
                kind,
                message,
            }),
        }
    }
    out
}

fn tail(digests: &[Digest], anchor: Option<&Anchor>) -> Tail {
    let Some(anchor) = anchor else {
        return Tail::NotProvable;
    };
    let digest = anchor.digest.clone();
    match digests.iter().position(|d| *d == digest) {
        Some(at) => Tail::Anchored {
            anchor: digest,
            after: (digests.len() - at - 1) as u64,
            voucher: anchor.voucher.clone(),
        },
        None => Tail::Dropped { anchor: digest },
    }
}

fn one(
    place: u64,
    bytes: &[u8],
    before: Option<&Digest>,
    digest: Digest,
    keys: &TrustedKeys,
) -> Result<Entry, (ProblemKind, String)> {
    let opened = envelope::open(bytes, keys).map_err(|refusal| match refusal {
        Refusal::Unreadable(why) => (ProblemKind::Unreadable, why),
        Refusal::UnknownKey(id) => (
            ProblemKind::UnknownKey,
            format!("signed with {id}, which is not among the trusted keys"),
        ),
        Refusal::BadSignature(id) => (
            ProblemKind::BadSignature,
            format!("the signature of {id} does not fit: it was changed after it was signed"),
        ),
    })?;
    let statement =
        Statement::parse(&opened.payload).map_err(|why| (ProblemKind::Unreadable, why))?;
    let predicate = statement.predicate;
    let chain = &predicate.chain;
    if chain.sequence != place {
        return Err((
            ProblemKind::OutOfOrder,
            format!(
                "it was written as entry {}: entries were inserted, dropped or re-ordered before it",
                chain.sequence
            ),
        ));
    }
    if chain.previous.as_ref() != before {
        let said = chain
            .previous
            .as_ref()
            .map_or("none", |previous| previous.short());
        let there = before.map_or("none", Digest::short);
        return Err((
            ProblemKind::BrokenLink,
            format!("it follows {said}, but the entry before it is {there}"),
        ));
    }
    let signed =
        canonical::to_bytes(&predicate.verdict).map_err(|why| (ProblemKind::Unreadable, why))?;
    if Digest::of(&signed) != predicate.verdict_digest {
        return Err((
            ProblemKind::WrongDigest,
            "the verdict is not the one whose digest stands beside it".to_owned(),
        ));
    }
    let commit = statement
        .subject
        .into_iter()
        .next()
        .map(|subject| subject.digest.git_commit);
    let Some(commit) = commit else {
        return Err((ProblemKind::Unreadable, "it has no subject".to_owned()));
    };
    let text = |name: &str| {
        let value = predicate.verdict.get(name).and_then(Value::as_str);
        value.map(str::to_owned)
    };
    Ok(Entry {
        sequence: place,
        digest,
        key: opened.key,
        commit,
        attested_at: predicate.attested_at,
        verdict_schema: text("schema"),
        outcome: text("outcome"),
        policy_digest: text("policy_digest"),
        policy_from: predicate
            .verdict
            .get("policy_from")
            .and_then(|from| serde_json::from_value::<PolicyFrom>(from.clone()).ok())
            .map(|from| from.to_string()),
        judged: judged(&predicate.verdict),
        notes: predicate.notes,
    })
}

/// Gates of a verdict that passed or failed in a mode that speaks.
fn judged(verdict: &Value) -> Vec<String> {
    let gates = verdict.get("gates").and_then(Value::as_array);
    let mut ids: Vec<String> = gates
        .into_iter()
        .flatten()
        .filter(|gate| {
            let text = |name: &str| gate.get(name).and_then(Value::as_str);
            matches!(text("mode"), Some("comment" | "block"))
                && matches!(text("outcome"), Some("pass" | "fail"))
        })
        .filter_map(|gate| gate.get("id")?.as_str().map(str::to_owned))
        .collect();
    ids.sort();
    ids.dedup();
    ids
}
