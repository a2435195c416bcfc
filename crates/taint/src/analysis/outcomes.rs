//! What the answer of a function says about what it was given, where it is more than yes or no: an
//! error or nothing, a pair whose first part says whether all is well, a record with such a field.
//!
//! Each way out of a function is noted with the parts of its answer and with what guards had
//! established; what all ways to one outcome have in common holds where a caller finds that outcome.

use std::rc::Rc;

use smallvec::SmallVec;
use trueline_syntax::ir::{Arg, Callee, Const, Element, FormatPart, FuncId, Language, Op, Operand};

use super::call::Passed;
use super::state::{Key, State};
use super::summary::{Application, Summary};
use super::value::{AccessId, Konst, ValId};
use super::{Analyzer, Frame, ObjectKind};
use crate::models::Bits;

/// Ways out of a function that are told apart.
const MAX_WAYS: usize = 48;
/// Parts of an answer that are looked at.
const MAX_PARTS: usize = 6;
/// Copies and waits between a call and the question about its answer.
const MAX_COPIES: usize = 4;

/// What is true of parameters.
type Facts = Vec<(AccessId, Bits)>;

/// What a caller may find of an answer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Outcome {
    /// It is nothing, empty or false.
    Empty,
    /// What stands under a key is true, or is not.
    Part(Key, bool),
}

/// One way out of a function.
#[derive(Clone, Debug)]
pub(super) struct Way {
    /// What holds when the answer is empty; `None` where it is not.
    empty: Option<Facts>,
    parts: Parts,
}

/// What stands under the keys of an answer.
#[derive(Clone, Debug)]
enum Parts {
    /// It has none: who asks for one does not get here.
    Nothing,
    /// A text or number of JavaScript: every part that a caller would name is missing, which is no
    /// error, and this holds.
    Missing(Facts),
    /// These, each with what holds when it is true and when it is not.
    Known(Vec<(Key, Option<Facts>, Option<Facts>)>),
    /// Those of the answer of another function, which is passed on.
    Passed(Vec<(Outcome, Facts)>),
    Unknown,
}

impl Way {
    /// What holds when a caller finds an outcome; `None` where this way does not lead to it.
    fn told(&self, outcome: Outcome) -> Option<&[(AccessId, Bits)]> {
        let (key, is) = match outcome {
            Outcome::Empty => return self.empty.as_deref(),
            Outcome::Part(key, is) => (key, is),
        };
        match &self.parts {
            // `answer?.error` of nothing is nothing.
            Parts::Nothing => self.empty.as_deref().filter(|_| !is),
            // The letters of a text and its length are there.
            Parts::Missing(facts) => match (key, is) {
                (Key::Name(_), true) => None,
                (Key::Name(_), false) => Some(facts),
                _ => Some(&[]),
            },
            Parts::Unknown => Some(&[]),
            Parts::Passed(known) => Some(
                known
                    .iter()
                    .find(|(other, _)| *other == outcome)
                    .map_or(&[][..], |(_, facts)| facts),
            ),
            Parts::Known(known) => {
                let part = known.iter().find(|(own, ..)| *own == key);
                match (part, is) {
                    (Some((_, holds, _)), true) => holds.as_deref(),
                    (Some((_, _, fails)), false) => fails.as_deref(),
                    (None, _) => Some(&[]),
                }
            }
        }
    }

    fn outcomes(&self) -> Vec<Outcome> {
        match &self.parts {
            Parts::Known(known) => known
                .iter()
                .flat_map(|(key, ..)| [Outcome::Part(*key, false), Outcome::Part(*key, true)])
                .collect(),
            Parts::Passed(known) => known.iter().map(|(outcome, _)| *outcome).collect(),
            Parts::Nothing | Parts::Missing(_) | Parts::Unknown => Vec::new(),
        }
    }
}

/// What all ways have in common, by outcome.
pub(super) fn common(ways: &[Way]) -> Vec<(Outcome, AccessId, Bits)> {
    if ways.len() > MAX_WAYS {
        return Vec::new();
    }
    let mut outcomes: Vec<Outcome> = ways.iter().flat_map(Way::outcomes).collect();
    outcomes.push(Outcome::Empty);
    outcomes.sort_unstable();
    outcomes.dedup();
    let mut told = Vec::new();
    for outcome in outcomes {
        let mut facts: Option<Facts> = None;
        for way in ways {
            let Some(own) = way.told(outcome) else {
                continue;
            };
            facts = Some(match facts {
                None => own.to_vec(),
                Some(facts) => facts
                    .into_iter()
                    .filter_map(|(access, cleared)| {
                        let other = own.iter().find(|f| f.0 == access)?;
                        let both = cleared.both(other.1);
                        (both != Bits::NONE).then_some((access, both))
                    })
                    .collect(),
            });
        }
        for (access, cleared) in facts.unwrap_or_default() {
            told.push((outcome, access, cleared));
        }
    }
    told
}

impl<'a> Analyzer<'a> {
    /// A return: the parts of its answer with what holds of parameters.
    pub(super) fn note_way(
        &mut self,
        frame: &mut Frame<'a>,
        state: &State,
        operand: Option<&'a Operand>,
        value: ValId,
    ) {
        // No question about the answer can say more than nothing.
        if frame.ways.len() > MAX_WAYS || frame.function.params.is_empty() {
            return;
        }
        let truth = match operand {
            Some(operand) if Self::is_some_text(frame, operand) => Some(true),
            Some(_) => self.answer_truth(state, value),
            None => Some(false),
        };
        let empty = match (truth, operand) {
            (Some(true), _) => None,
            (None, Some(operand)) => Some(self.facts_if(frame, state, operand, false)),
            _ => Some(self.parameter_facts(state)),
        };
        let parts = match operand {
            None => Parts::Nothing,
            Some(operand) => self.parts_of_answer(frame, state, operand, value),
        };
        frame.ways.push(Way { empty, parts });
    }

    fn parts_of_answer(
        &mut self,
        frame: &mut Frame<'a>,
        state: &State,
        operand: &'a Operand,
        value: ValId,
    ) -> Parts {
        match self.arena.get(value).konst {
            Some(Konst::Null) => return Parts::Nothing,
            Some(_)
                if matches!(
                    self.module.language,
                    Language::JavaScript | Language::TypeScript
                ) =>
            {
                return Parts::Missing(self.parameter_facts(state));
            }
            // Its letters are parts.
            Some(Konst::Str(_) | Konst::Bytes(_)) => return Parts::Unknown,
            Some(_) => return Parts::Nothing,
            None => {}
        }
        let known = self
            .only_object(value)
            .filter(|object| !matches!(self.object_kind(*object), Some(ObjectKind::Set)))
            .and_then(|object| state.contents(object))
            .filter(|contents| contents.rest == ValId::UNDEF)
            .map(|contents| contents.entries.clone());
        let Some(entries) = known else {
            let passed = self.passed_on(frame, state, operand);
            return if passed.is_empty() {
                Parts::Unknown
            } else {
                Parts::Passed(passed)
            };
        };
        let mut parts = Vec::new();
        for (key, value) in entries.into_iter().take(MAX_PARTS) {
            let made = Self::part_operand(frame, operand, key);
            let known = match made {
                Some(made) if Self::is_some_text(frame, made) => Some(true),
                _ => self.answer_truth(state, value),
            };
            let mut told = |analyzer: &mut Self, is: bool| match (known, made) {
                (Some(truth), _) if truth != is => None,
                (None, Some(made)) => Some(analyzer.facts_if(frame, state, made, is)),
                _ => Some(analyzer.parameter_facts(state)),
            };
            let holds = told(self, true);
            let fails = told(self, false);
            parts.push((key, holds, fails));
        }
        Parts::Known(parts)
    }

    /// What a part of an answer is made of where it is written at the return.
    fn part_operand(frame: &Frame<'a>, answer: &'a Operand, key: Key) -> Option<&'a Operand> {
        match (Self::origin(frame, answer)?, key) {
            (Op::Sequence { elements, .. }, Key::At(at)) => {
                match elements.get(usize::try_from(at).ok()?)? {
                    Element::One(operand) => Some(operand),
                    Element::Spread(_) => None,
                }
            }
            (Op::Map { entries }, Key::Name(name)) => {
                entries.iter().find_map(|(key, value)| match key {
                    Some(Operand::Const(Const::Str(key))) if *key == name => Some(value),
                    _ => None,
                })
            }
            _ => None,
        }
    }

    /// What holds of parameters if an operand is true, or is not.
    fn facts_if(
        &mut self,
        frame: &mut Frame<'a>,
        state: &State,
        operand: &Operand,
        holds: bool,
    ) -> Facts {
        let mut way = state.clone();
        self.assume(frame, &mut way, operand, holds, 0);
        self.parameter_facts(&way)
    }

    /// The outcomes of a call whose answer is returned as it is.
    fn passed_on(
        &mut self,
        frame: &mut Frame<'a>,
        state: &State,
        operand: &'a Operand,
    ) -> Vec<(Outcome, Facts)> {
        let Some(Op::Call { callee, args }) = Self::origin(frame, operand) else {
            return Vec::new();
        };
        let mut outcomes: Vec<Outcome> = self
            .outcomes_of(frame, state, callee)
            .map(|(_, _, summary)| summary.on_outcome.iter().map(|told| told.0).collect())
            .unwrap_or_default();
        outcomes.dedup();
        outcomes
            .into_iter()
            .map(|outcome| {
                let mut way = state.clone();
                self.assume_outcome(frame, &mut way, callee, args, outcome);
                (outcome, self.parameter_facts(&way))
            })
            .collect()
    }

    /// The operation that a value comes from, through copies and waits.
    fn origin(frame: &Frame<'a>, operand: &Operand) -> Option<&'a Op> {
        let mut op = Self::definition(frame, operand)?;
        for _ in 0..MAX_COPIES {
            match op {
                Op::Copy(inner) | Op::Await(inner) | Op::Typed { value: inner, .. } => {
                    op = Self::definition(frame, inner)?;
                }
                _ => break,
            }
        }
        Some(op)
    }

    /// Whether a text has parts that the program wrote: `f"{name} is bad"`.
    fn is_some_text(frame: &Frame<'a>, operand: &Operand) -> bool {
        match Self::origin(frame, operand) {
            Some(Op::Format { parts }) => {
                parts.iter().any(|part| matches!(part, FormatPart::Text(_)))
            }
            _ => false,
        }
    }

    /// Whether an answer is true: as [`Self::truth`], and texts and objects that cannot be empty.
    fn answer_truth(&self, state: &State, value: ValId) -> Option<bool> {
        if value == ValId::UNDEF {
            return Some(false);
        }
        let known = self.arena.get(value);
        if known.konst.is_some() {
            return self.truth(value);
        }
        if known.prefix.is_some_and(|p| !self.names.text(p).is_empty()) {
            return Some(true);
        }
        let object = self.only_object(value)?;
        let python = self.module.language == Language::Python;
        match self.object_kind(object)? {
            ObjectKind::List | ObjectKind::Map | ObjectKind::Set if python => {
                let contents = state.contents(object)?;
                if contents.entries.is_empty() && contents.rest == ValId::UNDEF {
                    Some(false)
                } else {
                    contents.len.map(|len| len > 0)
                }
            }
            ObjectKind::List
            | ObjectKind::Map
            | ObjectKind::Set
            | ObjectKind::Instance(_)
            | ObjectKind::Class(_) => Some(true),
            _ => None,
        }
    }

    /// `ok, why = check(x)`, `check(x).valid`: what follows from a part of an answer.
    pub(super) fn assume_part(
        &mut self,
        frame: &mut Frame<'a>,
        state: &mut State,
        base: &Operand,
        key: Key,
        holds: bool,
    ) {
        if let Some(Op::Call { callee, args }) = Self::origin(frame, base) {
            self.assume_outcome(frame, state, callee, args, Outcome::Part(key, holds));
        }
    }

    /// The key that an index asks for.
    pub(super) fn asked_key(index: &Operand) -> Option<Key> {
        match index {
            Operand::Const(Const::Int(at)) => Some(Key::At(*at)),
            Operand::Const(Const::Str(name)) => Some(Key::Name(*name)),
            _ => None,
        }
    }

    /// What follows from the answer of a call.
    pub(super) fn assume_outcome(
        &mut self,
        frame: &mut Frame<'a>,
        state: &mut State,
        callee: &'a Callee,
        args: &'a [Arg],
        outcome: Outcome,
    ) {
        let Some((id, receiver, summary)) = self.outcomes_of(frame, state, callee) else {
            return;
        };
        let passed: SmallVec<[Passed; 4]> = args
            .iter()
            .map(|a| Passed {
                kind: a.kind,
                value: self.read(frame, state, &a.value),
            })
            .collect();
        let mut application = Application::new(id, &summary, receiver, &passed);
        for (own, access, cleared) in &summary.on_outcome {
            if *own == outcome {
                let value = self.resolve(frame, state, &mut application, *access);
                self.establish(state, value, *cleared);
            }
        }
    }

    /// The function that a call enters, if it is one in sight and its answers say something.
    fn outcomes_of(
        &mut self,
        frame: &mut Frame<'a>,
        state: &State,
        callee: &'a Callee,
    ) -> Option<(FuncId, Option<ValId>, Rc<Summary>)> {
        let (target, receiver) = self.target_of(frame, state, callee)?;
        let (id, receiver) = self.only_function(target, receiver)?;
        let summary = self.summarize(id)?;
        (!summary.on_outcome.is_empty()).then_some((id, receiver, summary))
    }
}
