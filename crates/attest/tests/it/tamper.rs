//! Whatever is done to a log shows: to any byte, by insertion, exchange and loss.

use proptest::prelude::*;
use trueline_attest::chain::{Anchor, verify};
use trueline_attest::key::{SigningKey, TrustedKeys};
use trueline_facts::attestation::{Digest, ProblemKind, Tail};
use trueline_facts::canonical;

use crate::{claim, keys, log, other_keys};

const ENTRIES: u32 = 5;

fn holds(entries: &[Vec<u8>], keys: &TrustedKeys) -> bool {
    verify("test", entries, keys, None).holds()
}

fn anchor(entries: &[Vec<u8>], at: usize) -> Anchor {
    Anchor {
        digest: Digest::of(&entries[at]),
        voucher: None,
    }
}

#[test]
fn a_log_as_it_was_written_holds_and_tells_its_entries() {
    let (key, trusted) = keys();
    let entries = log(&key, 3);
    let seen = verify("test", &entries, &trusted, None);
    assert!(seen.holds());
    assert_eq!(seen.tail, Tail::NotProvable);
    assert_eq!(seen.head, Some(Digest::of(&entries[2])));
    let told: Vec<_> = seen
        .entries
        .iter()
        .map(|e| (e.sequence, e.outcome.as_deref(), e.key == *key.id()))
        .collect();
    assert_eq!(
        told,
        [
            (1, Some("pass"), true),
            (2, Some("block"), true),
            (3, Some("pass"), true)
        ]
    );
}

#[test]
fn an_empty_log_holds_and_proves_nothing() {
    let seen = verify("test", &[], &keys().1, None);
    assert!(seen.holds() && seen.head.is_none());
    assert_eq!(seen.tail, Tail::NotProvable);
}

#[test]
fn every_byte_counts() {
    let (key, trusted) = keys();
    let entries = log(&key, 2);
    for (at, entry) in entries.iter().enumerate() {
        for byte in 0..entry.len() {
            let mut changed = entries.clone();
            // Every bit in its turn; all of them would take minutes without optimisation.
            changed[at][byte] ^= 1 << (byte % 8);
            assert!(!holds(&changed, &trusted), "entry {at}, byte {byte}");
        }
    }
}

#[test]
fn an_entry_of_the_same_key_cannot_be_inserted_without_showing() {
    let (key, trusted) = keys();
    let entries = log(&key, ENTRIES);
    // What the key holder signed as the fourth, put in as the third.
    let other = trueline_attest::chain::next(Some(&entries[2]), &claim(99), &key).unwrap();
    let mut inserted = entries.clone();
    inserted.insert(2, other);
    let kinds: Vec<_> = verify("test", &inserted, &trusted, None)
        .problems
        .iter()
        .map(|p| (p.place, p.kind))
        .collect();
    assert_eq!(
        kinds,
        [
            (3, ProblemKind::OutOfOrder),
            (4, ProblemKind::OutOfOrder),
            (5, ProblemKind::OutOfOrder),
            (6, ProblemKind::OutOfOrder)
        ]
    );
}

#[test]
fn a_log_that_the_key_holder_wrote_anew_shows_by_the_anchor_alone() {
    let (key, trusted) = keys();
    let entries = log(&key, ENTRIES);
    let kept = anchor(&entries, 4);
    let mut forged = entries[..3].to_vec();
    for n in [50, 51] {
        let last = forged.last().map(Vec::as_slice);
        forged.push(trueline_attest::chain::next(last, &claim(n), &key).unwrap());
    }
    assert!(holds(&forged, &trusted));
    let seen = verify("test", &forged, &trusted, Some(&kept));
    assert!(!seen.holds());
    assert_eq!(
        seen.tail,
        Tail::Dropped {
            anchor: kept.digest
        }
    );
}

#[test]
fn an_anchor_proves_what_is_before_it_and_counts_what_is_after() {
    let (key, trusted) = keys();
    let entries = log(&key, ENTRIES);
    let seen = verify("test", &entries, &trusted, Some(&anchor(&entries, 2)));
    assert!(seen.holds());
    assert!(matches!(seen.tail, Tail::Anchored { after: 2, .. }));
    let seen = verify("test", &[], &trusted, Some(&anchor(&entries, 2)));
    assert!(!seen.holds());
}

#[test]
fn a_key_that_nobody_trusts_signs_nothing() {
    let ((key, _), (_, others)) = (keys(), other_keys());
    let seen = verify("test", &log(&key, 1), &others, None);
    assert_eq!(seen.problems[0].kind, ProblemKind::UnknownKey);
}

#[test]
fn the_same_claim_and_key_give_the_same_bytes() {
    let (key, _) = keys();
    assert_eq!(log(&key, 3), log(&key, 3));
}

#[test]
fn a_verdict_that_is_no_object_or_no_number_is_not_signed() {
    let (key, _) = keys();
    for verdict in [
        serde_json::json!([1]),
        serde_json::json!({"n": 9_007_199_254_740_993_u64}),
    ] {
        let claim = trueline_attest::chain::Claim {
            verdict,
            ..claim(1)
        };
        assert!(trueline_attest::chain::next(None, &claim, &key).is_err());
    }
}

fn fixed() -> (SigningKey, TrustedKeys, Vec<Vec<u8>>) {
    let (key, trusted) = keys();
    let entries = log(&key, ENTRIES);
    (key, trusted, entries)
}

/// A JSON value as verdicts hold them.
fn json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        (-(1_i64 << 53)..(1 << 53)).prop_map(Into::into),
        any::<f64>()
            .prop_filter("JSON has no others", |n| n.is_finite())
            .prop_map(Into::into),
        any::<String>().prop_map(Into::into),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Into::into),
            prop::collection::btree_map(any::<String>(), inner, 0..4)
                .prop_map(|members| serde_json::Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn canonical_json_is_read_back_as_itself(value in json()) {
        if let Ok(bytes) = canonical::to_bytes(&value) {
            let again = canonical::parse(&bytes).unwrap();
            prop_assert_eq!(canonical::to_bytes(&again).unwrap(), bytes);
        }
    }

    #[test]
    fn any_other_byte_anywhere_shows(
        entry in 0..ENTRIES as usize,
        place in any::<prop::sample::Index>(),
        other in any::<u8>(),
        how in 0..3,
    ) {
        let (_, trusted, entries) = fixed();
        let mut changed = entries.clone();
        let bytes = &mut changed[entry];
        let at = place.index(bytes.len());
        match how {
            0 => bytes[at] = other,
            1 => bytes.insert(at, other),
            _ => { bytes.remove(at); }
        }
        prop_assume!(changed != entries);
        prop_assert!(!holds(&changed, &trusted));
    }

    #[test]
    fn any_exchange_and_any_copy_shows(a in 0..ENTRIES as usize, b in 0..ENTRIES as usize) {
        let (_, trusted, entries) = fixed();
        let mut copied = entries.clone();
        copied.insert(b, entries[a].clone());
        prop_assert!(!holds(&copied, &trusted));
        prop_assume!(a != b);
        let mut swapped = entries;
        swapped.swap(a, b);
        prop_assert!(!holds(&swapped, &trusted));
    }

    #[test]
    fn any_loss_shows_at_the_end_by_an_anchor(from in 0..ENTRIES as usize, to in 0..ENTRIES as usize) {
        prop_assume!(from <= to);
        let (_, trusted, entries) = fixed();
        let kept = anchor(&entries, ENTRIES as usize - 1);
        let mut left = entries;
        left.drain(from..=to);
        let is_tail = to + 1 == ENTRIES as usize;
        prop_assert_eq!(holds(&left, &trusted), is_tail);
        prop_assert!(!verify("test", &left, &trusted, Some(&kept)).holds());
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let (_, trusted) = keys();
        prop_assert!(!holds(&[bytes], &trusted));
    }
}
