//! Who wrote which lines of a noted file: the last attestation that covers a line and whose key is
//! explained wins; the version of git-ai that wrote the note says how far that can be trusted.
//!
//! One sweep over sorted range ends gives all lines of a file at once.

use std::collections::{BTreeMap, BinaryHeap};

use trueline_facts::{Confidence, HumanBasis};

use super::{Agent, FileBlock, Key, LineRange, Note, PromptRecord, Record, Version};

/// From this version on, `s_` entries may be filled in after the commit by guesses that the note
/// does not tell from recorded edits.
const SESSIONS_MAY_BE_INFERRED: Version = Version::new(1, 6, 0);

/// From this version on, lines without any entry become `h_` of the committer by default.
const HUMANS_MAY_BE_ASSUMED: Version = Version::new(1, 6, 20);

/// Where to look for a legacy key that its own note does not explain.
pub trait ForeignPrompts {
    /// The record of the newest other note that explains the key.
    fn prompt(&self, key: &str) -> Option<&PromptRecord>;
}

/// Nowhere else to look.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoForeignPrompts;

impl ForeignPrompts for NoForeignPrompts {
    fn prompt(&self, _: &str) -> Option<&PromptRecord> {
        None
    }
}

impl ForeignPrompts for BTreeMap<Box<str>, PromptRecord> {
    fn prompt(&self, key: &str) -> Option<&PromptRecord> {
        self.get(key)
    }
}

/// Who wrote a line, as the note attests it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Resolved<'n> {
    /// An agent.
    Ai {
        /// Which one.
        agent: &'n Agent,
        /// How far the note can be trusted in this.
        confidence: Confidence,
        /// A person changed lines of this agent before the commit.
        human_touched: bool,
    },
    /// A person.
    Human {
        /// Seen typing, or only claimed to be.
        basis: HumanBasis,
        /// How far the note can be trusted in this.
        confidence: Confidence,
    },
}

/// What a key stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KeyResolution<'n> {
    /// Explained by metadata.
    Known(Resolved<'n>),
    /// Of a known form, but no metadata explains it.
    NoMetadata,
    /// Of a form that the format does not describe.
    UnknownForm,
}

/// Lines with one attestation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ResolvedRun<'n> {
    /// Which lines.
    pub range: LineRange,
    /// Index of the winning entry in the block.
    pub entry: usize,
    /// Who wrote them.
    pub resolved: Resolved<'n>,
}

/// Lines whose attestations have keys that nothing explains.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct UnexplainedRun<'n> {
    /// Which lines.
    pub range: LineRange,
    /// The key of the last entry that covers them.
    pub key: &'n Key,
}

/// The attested lines of a file: ascending and disjoint. Lines between them are unknown.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ResolvedRanges<'n> {
    pub(super) runs: Vec<ResolvedRun<'n>>,
    pub(super) unexplained: Vec<UnexplainedRun<'n>>,
}

impl<'n> ResolvedRanges<'n> {
    /// All runs in ascending order.
    #[must_use]
    pub fn runs(&self) -> &[ResolvedRun<'n>] {
        &self.runs
    }

    /// Lines that are attested, but by no entry that says by whom; ascending and disjoint, and apart
    /// from [`Self::runs`].
    #[must_use]
    pub fn unexplained(&self) -> &[UnexplainedRun<'n>] {
        &self.unexplained
    }

    /// Who wrote a line, counted from 1.
    #[must_use]
    pub fn line(&self, line: u32) -> Option<&Resolved<'n>> {
        self.within(line, line).next().map(|run| &run.resolved)
    }

    /// The runs that touch `first..=last`, in ascending order; not clipped.
    pub fn within(&self, first: u32, last: u32) -> impl Iterator<Item = &ResolvedRun<'n>> {
        let from = self.runs.partition_point(|run| run.range.last < first);
        self.runs
            .iter()
            .skip(from)
            .take_while(move |run| run.range.first <= last)
    }
}

/// Resolves every line that a block of the note attests.
pub fn resolve_file<'n>(
    note: &'n Note,
    block: &'n FileBlock,
    foreign: &'n dyn ForeignPrompts,
) -> ResolvedRanges<'n> {
    let resolved: Vec<_> = block
        .entries
        .iter()
        .map(|entry| match resolve_key(note, &entry.key, foreign) {
            KeyResolution::Known(resolved) => Some(resolved),
            KeyResolution::NoMetadata | KeyResolution::UnknownForm => None,
        })
        .collect();
    // An entry that is explained goes before every one that is not.
    let explained = block.entries.len();
    let spans = block
        .entries
        .iter()
        .zip(&resolved)
        .enumerate()
        .flat_map(|(ix, (entry, resolved))| {
            let rank = ix + if resolved.is_some() { explained } else { 0 };
            entry.ranges.iter().map(move |range| (*range, rank))
        })
        .collect();
    let mut ranges = ResolvedRanges::default();
    for (range, rank) in last_wins(spans) {
        let entry = rank.checked_sub(explained).unwrap_or(rank);
        match resolved.get(entry).copied().flatten() {
            Some(resolved) => ranges.runs.push(ResolvedRun {
                range,
                entry,
                resolved,
            }),
            None => ranges
                .unexplained
                .extend(block.entries.get(entry).map(|entry| UnexplainedRun {
                    range,
                    key: &entry.key,
                })),
        }
    }
    ranges
}

/// What a key of this note stands for.
pub fn resolve_key<'n>(
    note: &'n Note,
    key: &Key,
    foreign: &'n dyn ForeignPrompts,
) -> KeyResolution<'n> {
    let version = note.metadata.git_ai_version;
    let known = match key {
        Key::Session { session, .. } => note.metadata.sessions.get(session).map(|agent| {
            let recorded = version.is_some_and(|v| v < SESSIONS_MAY_BE_INFERRED);
            ai(agent, recorded, 0)
        }),
        // Legacy keys are written from checkpoints only: nothing ever inferred them.
        Key::Prompt(key) => note
            .metadata
            .prompts
            .get(key)
            .or_else(|| foreign.prompt(key))
            .map(|record| ai(&record.agent, true, record.overridden_lines)),
        Key::Human(key) => note.metadata.humans.contains_key(key).then(|| {
            let observed = version.is_some_and(|v| v < HUMANS_MAY_BE_ASSUMED);
            if observed {
                Resolved::Human {
                    basis: HumanBasis::Observed,
                    confidence: Confidence::High,
                }
            } else {
                Resolved::Human {
                    basis: HumanBasis::Asserted,
                    confidence: Confidence::Medium,
                }
            }
        }),
        Key::Unknown(_) => return KeyResolution::UnknownForm,
    };
    known.map_or(KeyResolution::NoMetadata, KeyResolution::Known)
}

fn ai(agent: &Agent, recorded: bool, overridden_lines: u64) -> Resolved<'_> {
    let observed = match agent.record {
        Record::Recorded => recorded,
        Record::Declared => false,
        Record::Captured => true,
    };
    Resolved::Ai {
        agent,
        confidence: if observed {
            Confidence::High
        } else {
            Confidence::Medium
        },
        human_touched: overridden_lines > 0,
    }
}

/// Cuts overlapping spans so that each line belongs to the span with the greatest rank.
pub(super) fn last_wins(mut spans: Vec<(LineRange, usize)>) -> Vec<(LineRange, usize)> {
    spans.sort_unstable();
    let mut cuts: Vec<u64> = spans
        .iter()
        .flat_map(|(range, _)| [u64::from(range.first), u64::from(range.last) + 1])
        .collect();
    cuts.sort_unstable();
    cuts.dedup();
    let mut waiting = spans.into_iter().peekable();
    let mut open: BinaryHeap<(usize, u32)> = BinaryHeap::new();
    let mut out: Vec<(LineRange, usize)> = Vec::new();
    for pair in cuts.windows(2) {
        let &[from, end] = pair else { continue };
        let (Ok(first), Ok(last)) = (u32::try_from(from), u32::try_from(end - 1)) else {
            continue;
        };
        while let Some((range, rank)) = waiting.next_if(|(range, _)| range.first <= first) {
            open.push((rank, range.last));
        }
        while open.peek().is_some_and(|&(_, until)| until < first) {
            open.pop();
        }
        let Some(&(rank, _)) = open.peek() else {
            continue;
        };
        match out.last_mut() {
            Some((run, owner)) if *owner == rank && run.last.checked_add(1) == Some(first) => {
                run.last = last;
            }
            _ => out.push((LineRange { first, last }, rank)),
        }
    }
    out
}
