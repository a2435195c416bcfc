//! What a note claims, line by line, in a form that can be signed; and the signatures that it carries.
//!
//! A signature is made over claims and not over bytes: notes are joined, carried along and written anew, also by other
//! tools, and a claim that stays the same stays signed. What nobody signed is what is left when the signed claims
//! are taken away. Signatures are kept in a member of the metadata of their own, which other readers pass over.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::write::{assemble, members};
use super::{
    Agent, Key, LineRange, NoForeignPrompts, Note, NoteError, Record, digest, head, resolve_file,
};

/// The member of the metadata that holds signatures.
pub(super) const SIGNATURES: &str = "trueline_signatures";

/// Signatures of one note that are read.
const MOST_SIGNATURES: usize = 64;

/// Who wrote which lines, as a note says it.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claims {
    /// By file and key: lines, ascending and disjoint.
    lines: BTreeMap<String, BTreeMap<String, Vec<(u32, u32)>>>,
    /// By the key's first part: whom it stands for.
    records: BTreeMap<String, String>,
}

impl Claims {
    /// Those of a note. Where its entries overlap, the one that wins is the claim.
    #[must_use]
    pub fn of(note: &Note) -> Self {
        let mut claims = Self::default();
        for block in &note.files {
            let resolved = resolve_file(note, block, &NoForeignPrompts);
            for run in resolved.runs() {
                let Some(entry) = block.entries.get(run.entry) else {
                    continue;
                };
                if let Some((record, who)) = who(note, &entry.key) {
                    claims.records.insert(record, who);
                }
                let of_file = claims.lines.entry(block.path.display().into()).or_default();
                let ranges = of_file.entry(entry.key.to_string()).or_default();
                let LineRange { first, last } = run.range;
                match ranges.last_mut() {
                    Some((_, end)) if *end + 1 == first => *end = last,
                    _ => ranges.push((first, last)),
                }
            }
        }
        claims
    }

    /// Nothing is claimed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty() && self.records.is_empty()
    }

    /// Of how many lines it speaks.
    #[must_use]
    pub fn line_count(&self) -> u64 {
        let ranges = self.lines.values().flat_map(BTreeMap::values).flatten();
        ranges
            .map(|(first, last)| u64::from(last - first) + 1)
            .sum()
    }

    /// What is claimed here and in none of those. Lines of a key that stands for somebody else there are left.
    #[must_use]
    pub fn without(&self, others: &[Self]) -> Self {
        let mut left = Self::default();
        for (key, who) in &self.records {
            if !others
                .iter()
                .any(|other| other.records.get(key) == Some(who))
            {
                left.records.insert(key.clone(), who.clone());
            }
        }
        for (file, keys) in &self.lines {
            for (key, ranges) in keys {
                let mut rest = ranges.clone();
                let is_renamed = left.records.contains_key(record_of(key));
                for other in others.iter().filter(|_| !is_renamed) {
                    let signed = other.lines.get(file).and_then(|keys| keys.get(key));
                    for taken in signed.into_iter().flatten() {
                        rest = rest
                            .into_iter()
                            .flat_map(|range| cut(range, *taken))
                            .flatten()
                            .collect();
                    }
                }
                if !rest.is_empty() {
                    let of_file = left.lines.entry(file.clone()).or_default();
                    of_file.insert(key.clone(), rest);
                }
            }
        }
        left
    }

    /// What is claimed here of lines of which nothing at all is claimed there.
    #[must_use]
    pub fn unanswered_by(&self, other: &Self) -> Self {
        let mut left = Self::default();
        for (file, keys) in &self.lines {
            for (key, ranges) in keys {
                let mut rest = ranges.clone();
                let there = other.lines.get(file).into_iter().flat_map(BTreeMap::values);
                for taken in there.flatten() {
                    rest = rest
                        .into_iter()
                        .flat_map(|range| cut(range, *taken))
                        .flatten()
                        .collect();
                }
                if !rest.is_empty() {
                    let of_file = left.lines.entry(file.clone()).or_default();
                    of_file.insert(key.clone(), rest);
                }
            }
        }
        left
    }

    /// All that any of them claims.
    #[must_use]
    pub fn joined(all: &[Self]) -> Self {
        let mut joined = Self::default();
        for one in all {
            joined.records.extend(one.records.clone());
            let new = one.without(std::slice::from_ref(&joined));
            for (file, keys) in new.lines {
                let of_file = joined.lines.entry(file).or_default();
                for (key, ranges) in keys {
                    let kept = of_file.entry(key).or_default();
                    kept.extend(ranges);
                    kept.sort_unstable();
                }
            }
        }
        joined
    }
}

/// What is left of a range without another.
fn cut((first, last): (u32, u32), (from, to): (u32, u32)) -> [Option<(u32, u32)>; 2] {
    if to < first || last < from {
        return [Some((first, last)), None];
    }
    let before = (first < from).then(|| (first, from - 1));
    let after = (to < last).then(|| (to + 1, last));
    [before, after]
}

/// A key without the checkpoint in its session.
fn record_of(key: &str) -> &str {
    key.split_once("::").map_or(key, |(record, _)| record)
}

/// The record behind a key, and whom it names.
fn who(note: &Note, key: &Key) -> Option<(String, String)> {
    let (record, who) = match key {
        Key::Session { session, .. } => (session, agent(note.metadata.sessions.get(session)?)),
        Key::Prompt(prompt) => (prompt, agent(&note.metadata.prompts.get(prompt)?.agent)),
        Key::Human(person) => {
            let human = note.metadata.humans.get(person)?;
            (person, format!("person {}", digest(&human.author, 32)))
        }
        Key::Unknown(_) => return None,
    };
    Some((record.to_string(), who))
}

fn agent(agent: &Agent) -> String {
    let how = match agent.record {
        Record::Recorded => "recorded",
        Record::Declared => "declared",
        Record::Captured => "captured",
    };
    let model = agent.model.as_ref().map_or("", |model| model.as_str());
    format!("{how} {} {model}", agent.tool.as_str())
}

/// The signatures that a note carries, as they were given.
pub fn signatures(note: &[u8]) -> Result<Vec<String>, NoteError> {
    let parsed = head::parse(note)?;
    let members = members(parsed.metadata, parsed.lines)?;
    let kept = members.get(SIGNATURES).and_then(Value::as_object);
    let texts = kept
        .into_iter()
        .flat_map(Map::values)
        .filter_map(Value::as_str);
    Ok(texts.take(MOST_SIGNATURES).map(str::to_owned).collect())
}

/// The note with a signature more, and without those that it takes the place of. What it claims stays the same.
pub fn with_signature(
    note: &[u8],
    signature: &str,
    replaces: impl Fn(&str) -> bool,
) -> Result<Vec<u8>, NoteError> {
    let parsed = head::parse(note)?;
    let mut members = members(parsed.metadata, parsed.lines)?;
    let kept = members
        .entry(SIGNATURES)
        .or_insert_with(|| Value::Object(Map::new()));
    if !kept.is_object() {
        *kept = Value::Object(Map::new());
    }
    if let Value::Object(kept) = kept {
        kept.retain(|_, old| !old.as_str().is_some_and(&replaces));
        kept.insert(digest(signature, 16), signature.into());
    }
    Ok(assemble(&parsed.files, &Value::Object(members)))
}

#[cfg(test)]
mod tests {
    use super::super::{parse, union};
    use super::*;

    fn note(lines: &str, tool: &str) -> Vec<u8> {
        format!(
            "a.py\n  s_1::t_1 {lines}\n---\n{{\"schema_version\":\"authorship/3.0.0\",\"sessions\":{{\"s_1\":{{\"agent_id\":{{\"tool\":\"{tool}\",\"id\":\"1\",\"model\":\"m\"}}}}}}}}"
        )
        .into_bytes()
    }

    fn claims(bytes: &[u8]) -> Claims {
        Claims::of(&parse(bytes).unwrap())
    }

    #[test]
    fn lines_that_were_added_or_given_to_another_tool_are_left() {
        let signed = claims(&note("1-4,9", "claude"));
        assert_eq!(signed.line_count(), 5);
        let left = |bytes: &[u8]| claims(bytes).without(std::slice::from_ref(&signed));
        assert!(left(&note("1-4,9", "claude")).is_empty());
        assert!(left(&note("2-3", "claude")).is_empty());
        assert_eq!(left(&note("1-6,8-10", "claude")).line_count(), 4);
        assert_eq!(left(&note("1-4,9", "cursor")).line_count(), 5);
        let halves = [
            claims(&note("1-2", "claude")),
            claims(&note("3-9", "claude")),
        ];
        assert!(claims(&note("1-9", "claude")).without(&halves).is_empty());
    }

    #[test]
    fn lines_that_were_taken_out_are_left_of_what_was_signed() {
        let signed = [
            claims(&note("1-4,9", "claude")),
            claims(&note("3-6", "claude")),
        ];
        let all = Claims::joined(&signed);
        assert_eq!(all.line_count(), 7);
        let gone = |bytes: &[u8]| all.unanswered_by(&claims(bytes)).line_count();
        assert_eq!(gone(&note("1-6,9", "claude")), 0);
        assert_eq!(gone(&note("1-6,9,12", "claude")), 0);
        assert_eq!(gone(&note("2-5", "claude")), 3);
        // Who else is named for a line is another question than whether it was taken out.
        assert_eq!(gone(&note("1-9", "cursor")), 0);
        assert_eq!(Claims::joined(&[]), Claims::default());
    }

    #[test]
    fn signatures_stay_through_a_union_and_change_no_claim() {
        let one = with_signature(&note("1-2", "claude"), "by ada", |_| false).unwrap();
        let two = with_signature(&note("5", "claude"), "by bob", |_| false).unwrap();
        assert_eq!(claims(&one), claims(&note("1-2", "claude")));
        for both in [union(&one, &two).unwrap(), union(&two, &one).unwrap()] {
            let mut kept = signatures(&both).unwrap();
            kept.sort();
            assert_eq!(kept, ["by ada", "by bob"]);
            assert_eq!(claims(&both).line_count(), 3);
        }
        assert_eq!(with_signature(&one, "by ada", |_| true).unwrap(), one);
        let anew = with_signature(&one, "by ada, later", |old| old == "by ada").unwrap();
        assert_eq!(signatures(&anew).unwrap(), ["by ada, later"]);
        assert_eq!(
            signatures(&note("1", "claude")).unwrap(),
            Vec::<String>::new()
        );
    }
}
