//! A finding by the beginning of its fingerprint, as commits are named.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use trueline_scenarios::learn::LearnError;

/// So much of a fingerprint names it, if nothing else at hand begins so.
pub(super) const LEAST: usize = 4;
/// So many candidates are named.
const MOST: usize = 5;

/// What a name means among those at hand, by their fingerprints: the one that it is, or the only one that it begins.
/// None where there is none; an error that names the candidates where there are several.
pub(super) fn meant<'f, T>(
    name: &str,
    at_hand: impl IntoIterator<Item = (&'f str, T)>,
    place: impl Fn(&T) -> String,
) -> Result<Option<T>, LearnError> {
    // One that stands twice is one.
    let mut begun: BTreeMap<&str, T> = BTreeMap::new();
    for (fingerprint, what) in at_hand {
        let begins = name.len() >= LEAST && fingerprint.starts_with(name);
        if begins || fingerprint == name {
            begun.entry(fingerprint).or_insert(what);
        }
    }
    if begun.len() <= 1 || begun.contains_key(name) {
        return Ok(match begun.remove(name) {
            Some(exact) => Some(exact),
            None => begun.into_values().next(),
        });
    }
    let mut told = format!(
        "`{name}` begins {} fingerprints; write more of the one that you mean:",
        begun.len()
    );
    for (fingerprint, what) in begun.iter().take(MOST) {
        let short = fingerprint.get(..12).unwrap_or(fingerprint);
        // Writing to a string cannot fail.
        let _ = write!(told, "\n  {short} {}", place(what));
    }
    if begun.len() > MOST {
        let _ = write!(told, "\n  and {} more", begun.len() - MOST);
    }
    Err(LearnError::Cannot(told))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: [(&str, &str); 3] = [
        ("3f2a9c5d00112233", "a.py:1"),
        ("3f2a9c7700112233", "b.py:2"),
        ("81b0c2aa00112233", "c.py:3"),
    ];

    fn place(name: &str) -> Result<Option<&'static str>, String> {
        meant(name, KNOWN, |place| (*place).to_owned()).map_err(|error| error.to_string())
    }

    #[test]
    fn four_letters_name_a_finding_where_nothing_else_begins_so() {
        assert_eq!(place("81b0"), Ok(Some("c.py:3")));
        assert_eq!(place("81b"), Ok(None), "too little");
        assert_eq!(place("81b0c2aa00112233"), Ok(Some("c.py:3")));
        assert_eq!(place("ffff"), Ok(None));
    }

    #[test]
    fn a_beginning_of_several_names_them_all_and_chooses_none() {
        let told = place("3f2a9").unwrap_err();
        for part in [
            "begins 2 fingerprints",
            "3f2a9c5d0011 a.py:1",
            "3f2a9c770011 b.py:2",
        ] {
            assert!(told.contains(part), "{told}");
        }
        assert_eq!(place("3f2a9c5"), Ok(Some("a.py:1")));
        // The same finding at hand twice is one.
        let twice = [KNOWN[0], KNOWN[0]];
        let one = meant("3f2a", twice, |place| (*place).to_owned());
        assert_eq!(one.unwrap(), Some("a.py:1"));
    }
}
