//! Which gate gets which mode, and which numbers.
//!
//! A gate comments if its facts are known, and if it is expected to speak of at most one change in ten;
//! all gates together of at most one in five. Of several forms the one that asks the most is taken. A
//! gate may block (said as a comment, never written as a mode) if it is one that a team would want to
//! block, all its facts are known, and it is expected to block at most 2 % of changes.

use trueline_facts::change::AuthorKind;
use trueline_facts::suggestion::{Expected, SuggestedGate};
use trueline_facts::verdict::{GateOutcome, Mode};
use trueline_facts::{Proportion, Timestamp, ToolId};

use super::candidates::{Candidate, Candidates, SIZE_GATE};
use crate::backtest::Judged;
use crate::backtest::forecast::{Month, forecast};

/// One gate speaks of at most this share of changes.
const ONE_GATE: f64 = 0.10;
/// All of them together of at most this.
const ALL_GATES: f64 = 0.20;
/// Blocking at most this share is borne.
const BLOCKED: f64 = 0.02;
/// A gate may block where no rule reads the source of at most one in so many changes: else a team would take for
/// guarded what nobody looks at.
const MOST_UNREAD: u64 = 10;
/// Months that are predicted.
const MONTHS: u32 = 3;
/// With fewer changes of AI origin nothing is said of gates that look at AI lines.
pub(super) const FEWEST_AI: usize = 20;
/// Gates that a team would want to block, once their figures are good.
const MAY_BLOCK: [&str; 4] = [
    "secret",
    "malicious-model",
    "severe-finding",
    "self-approval",
];
/// Gates that ask for work rather than point at a fault: if what they speak of does better than the
/// rest, they speak in vain.
const OF_EFFORT: [&str; 4] = [
    "ai-code-without-tests",
    "ai-code-without-docs",
    "large-ai-change",
    SIZE_GATE,
];
/// The first to be given a voice.
const FIRST: [&str; 6] = [
    "secret",
    "malicious-model",
    "severe-finding",
    "self-approval",
    "ai-in-sensitive-zone",
    "workflow-change",
];

/// Judged changes, and the month of each.
pub(super) struct Window<'j> {
    judged: &'j [Judged],
    month: Vec<usize>,
    months: usize,
}

/// What a set of changes comes to.
type Marks = Vec<Option<bool>>;

impl<'j> Window<'j> {
    pub(super) fn new(judged: &'j [Judged], end: Timestamp) -> Self {
        // Months are counted back from the end, so that the last one is whole.
        let back = |one: &Judged| {
            let days = end.days_since(one.merged).max(0);
            usize::try_from(days * 12 / 365).unwrap_or(usize::MAX)
        };
        let months = judged.iter().map(back).max().map_or(0, |most| most + 1);
        Self {
            judged,
            month: judged.iter().map(|one| months - 1 - back(one)).collect(),
            months,
        }
    }

    /// Changes of AI origin.
    pub(super) fn ai(&self) -> usize {
        let ai = |one: &&Judged| one.origin == AuthorKind::Ai;
        self.judged.iter().filter(ai).count()
    }

    /// On which changes a gate fired; `None` where it could not tell.
    fn marks(&self, at: usize) -> Marks {
        let outcome = |one: &Judged| {
            let said = one.gates.get(at)?;
            match said.outcome {
                GateOutcome::Fail => Some(true),
                GateOutcome::Pass => (!said.unread).then_some(false),
                GateOutcome::Undetermined | GateOutcome::Later => None,
            }
        };
        self.judged.iter().map(outcome).collect()
    }

    /// Changes with a tool that a list made up to three months before would have missed: quarters are
    /// counted back from the end, and the list of each holds what was seen before it. Nothing is said
    /// of the first, which has no list.
    fn new_tools(&self) -> Marks {
        let mut first: Vec<(&ToolId, usize)> = Vec::new();
        for (one, month) in self.judged.iter().zip(&self.month) {
            for tool in &one.tools {
                match first.iter_mut().find(|(known, _)| *known == tool) {
                    Some((_, seen)) => *seen = (*seen).min(*month),
                    None => first.push((tool, *month)),
                }
            }
        }
        let quarter = MONTHS as usize;
        let mark = |(one, month): (&Judged, &usize)| {
            let later = (self.months - 1 - month) / quarter + 1;
            let begins = self
                .months
                .checked_sub(later * quarter)
                .filter(|at| *at > 0)?;
            let mut tools = one.tools.iter();
            Some(tools.any(|tool| {
                first
                    .iter()
                    .any(|(known, seen)| *known == tool && *seen >= begins)
            }))
        };
        self.judged.iter().zip(&self.month).map(mark).collect()
    }

    fn expect(&self, marks: &Marks) -> Expected {
        let mut months = vec![Month::default(); self.months];
        let (mut fired, mut of) = (0, 0);
        for (mark, month) in marks.iter().zip(&self.month) {
            let (Some(hit), Some(month)) = (mark, months.get_mut(*month)) else {
                continue;
            };
            of += 1;
            fired += u64::from(*hit);
            month.of += 1;
            month.fired += u64::from(*hit);
        }
        let ahead = forecast(&months, MONTHS);
        let round = |value: f64| (value * 1e6).round() / 1e6;
        Expected {
            seen: Proportion::new(fired, of),
            months: MONTHS,
            low: round(ahead.low),
            high: round(ahead.high),
        }
    }

    fn bad(&self, marks: &Marks, wanted: bool) -> Proportion {
        let (mut hits, mut of) = (0, 0);
        for (one, mark) in self.judged.iter().zip(marks) {
            if *mark == Some(wanted)
                && let Some(is_bad) = one.went_bad(90)
            {
                of += 1;
                hits += u64::from(is_bad);
            }
        }
        Proportion::new(hits, of)
    }
}

/// A form of a gate with its figures.
struct Tried<'c> {
    candidate: &'c Candidate,
    marks: Marks,
    expected: Expected,
    undetermined: u64,
    unread: u64,
    missing: Vec<&'static str>,
    bad_when_fired: Proportion,
    bad_when_silent: Proportion,
}

/// What is suggested.
pub(super) struct Decided {
    pub(super) gates: Vec<SuggestedGate>,
    pub(super) comment: Expected,
    pub(super) block: Expected,
}

impl Decided {
    pub(super) fn new(candidates: &Candidates, window: &Window<'_>) -> Self {
        let mut families: Vec<(Tried<'_>, Vec<Tried<'_>>)> = Vec::new();
        for (at, candidate) in candidates.all.iter().enumerate() {
            let tried = tried(candidate, at, window);
            match families.last_mut() {
                Some((first, others)) if first.candidate.id == candidate.id => others.push(tried),
                _ => families.push((tried, Vec::new())),
            }
        }
        let mut chosen: Vec<(Tried<'_>, Result<String, String>)> = families
            .into_iter()
            .map(|(first, others)| choose(first, others, window))
            .collect();
        let rank = |id: &str| {
            FIRST
                .iter()
                .position(|first| *first == id)
                .unwrap_or(FIRST.len())
        };
        chosen.sort_by_key(|(tried, _)| rank(&tried.candidate.id));
        let is_large_judged = chosen
            .iter()
            .any(|(tried, _)| tried.candidate.id == "large-ai-change" && tried.undetermined == 0);
        if is_large_judged {
            chosen.retain(|(tried, _)| tried.candidate.id != SIZE_GATE);
        }
        let mut spoken: Marks = vec![Some(false); window.judged.len()];
        let mut blocked = spoken.clone();
        let mut gates = Vec::new();
        for (tried, verdict) in chosen {
            let with = union(&spoken, &tried.marks);
            let verdict = verdict.and_then(|why| {
                if window.expect(&with).high > ALL_GATES && tried.expected.seen.hits > 0 {
                    Err("together with the gates above, more than one change in five would get a comment".to_owned())
                } else {
                    Ok(why)
                }
            });
            let may_block = MAY_BLOCK.contains(&tried.candidate.id.as_str())
                && verdict.is_ok()
                && tried.undetermined == 0
                && tried.unread * MOST_UNREAD <= window.judged.len() as u64
                && window.expect(&union(&blocked, &tried.marks)).high <= BLOCKED;
            if may_block {
                blocked = union(&blocked, &tried.marks);
            }
            let (mode, why) = match verdict {
                Ok(why) => {
                    spoken = with;
                    (Mode::Comment, why)
                }
                Err(why) => (Mode::Observe, why),
            };
            gates.push(SuggestedGate {
                id: tried.candidate.id.clone(),
                mode,
                may_block,
                settings: tried.candidate.settings.clone(),
                expected: tried.expected,
                undetermined: tried.undetermined,
                unread: tried.unread,
                bad_when_fired: tried.bad_when_fired,
                bad_when_silent: tried.bad_when_silent,
                why,
            });
        }
        gates.sort_by_key(|gate| std::cmp::Reverse(gate.mode));
        Self {
            gates,
            comment: window.expect(&spoken),
            block: window.expect(&blocked),
        }
    }
}

fn union(one: &Marks, other: &Marks) -> Marks {
    let either =
        |(a, b): (&Option<bool>, &Option<bool>)| Some(*a == Some(true) || *b == Some(true));
    one.iter().zip(other).map(either).collect()
}

fn tried<'c>(candidate: &'c Candidate, at: usize, window: &Window<'_>) -> Tried<'c> {
    // The list of tools is made of these very changes: judged by it, none would be missing.
    let marks = if candidate.id == "unapproved-tool" {
        window.new_tools()
    } else {
        window.marks(at)
    };
    let said = window.judged.iter().filter_map(|one| one.gates.get(at));
    let mut missing: Vec<&'static str> = said
        .clone()
        .flat_map(|said| said.missing.iter().map(|fact| fact.as_str()))
        .collect();
    missing.sort_unstable();
    missing.dedup();
    let is_open = |outcome| matches!(outcome, GateOutcome::Undetermined | GateOutcome::Later);
    Tried {
        expected: window.expect(&marks),
        undetermined: said.clone().filter(|said| is_open(said.outcome)).count() as u64,
        unread: said.filter(|said| said.unread).count() as u64,
        missing,
        bad_when_fired: window.bad(&marks, true),
        bad_when_silent: window.bad(&marks, false),
        candidate,
        marks,
    }
}

/// The form that speaks, and why; or the first one, and why it does not.
fn choose<'c>(
    first: Tried<'c>,
    others: Vec<Tried<'c>>,
    window: &Window<'_>,
) -> (Tried<'c>, Result<String, String>) {
    let refusal = match speaks(&first, window) {
        Ok(why) => return (first, Ok(why)),
        Err(why) => why,
    };
    for tried in others {
        if let Ok(why) = speaks(&tried, window) {
            return (tried, Ok(why));
        }
    }
    (first, Err(refusal))
}

/// Whether a form of a gate should comment, and why or why not.
fn speaks(tried: &Tried<'_>, window: &Window<'_>) -> Result<String, String> {
    let changes = window.judged.len() as u64;
    if tried.undetermined * 100 > changes {
        return Err(format!(
            "{} of {changes} changes cannot be judged: {} not known",
            tried.undetermined,
            tried.missing.join(", ")
        ));
    }
    let id = tried.candidate.id.as_str();
    if matches!(id, "nonexistent-dependency" | "vulnerable-dependency") {
        return Err(
            "nothing looks packages up here: give the gate `--package-names` and `--advisories` first".to_owned(),
        );
    }
    if tried.expected.seen.of == 0 && tried.unread > 0 {
        return Err(format!(
            "no rule reads the languages of {} of {changes} changes, and it could judge none",
            tried.unread
        ));
    }
    if id == "unapproved-use" {
        return Err(
            "which purposes and data are allowed is yours to decide: `[tools] purposes`, `data`"
                .to_owned(),
        );
    }
    if tried.candidate.of_ai && window.ai() < FEWEST_AI {
        return Err(format!(
            "{} changes are known to have AI lines, fewer than {FEWEST_AI}: too few to tell",
            window.ai()
        ));
    }
    if tried.expected.high > ONE_GATE {
        return Err(if tried.expected.seen.hits == 0 {
            format!(
                "of {} changes none shows how often it would speak: up to one in {} fits, too few to tell",
                tried.expected.seen.of,
                (1.0 / tried.expected.high).floor().max(1.0)
            )
        } else {
            "it would speak too often: more than one change in ten is to be expected".to_owned()
        });
    }
    if OF_EFFORT.contains(&id)
        && tried.bad_when_fired.of >= 10
        && tried.bad_when_fired.high < tried.bad_when_silent.low
    {
        return Err("the changes that it speaks of went bad less often than the others".to_owned());
    }
    Ok(if tried.expected.seen.hits == 0 {
        "it was silent so far".to_owned()
    } else {
        "it speaks rarely enough to be read".to_owned()
    })
}
