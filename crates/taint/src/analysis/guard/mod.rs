//! Guards: what the outcome of a condition says about the values in it.
//!
//! A guard holds on the control-flow edge that it dominates and only for the rules that it can
//! answer for: membership in a collection that no input reaches answers for all, an alphabet for
//! those whose dangerous characters it lacks, the absence of `..` for half of a path's safety.

mod calls;
mod comparison;

use super::names::words;
use super::state::{Key, State};
use super::value::{Atom, Derivation, Konst, Label, Source, ValId};
use super::{Analyzer, Frame};
use crate::models::Bits;
use crate::rules::format::Control;
use trueline_syntax::ir::{
    BlockId, Callee, CompareOp, FuncId, Op, Operand, Terminator, UnaryOp, Var, VarHome,
};

/// Words in the name of a function that answers whether a value is good.
const VOUCHING: &[&str] = &[
    "valid",
    "validate",
    "allowed",
    "allow",
    "permitted",
    "safe",
    "check",
    "verify",
    "trusted",
    "inside",
    "within",
    "whitelisted",
    "allowlisted",
    "matches",
    "ok",
];
/// The same, for functions in sight that the analysis does not understand: those of a check that
/// ends an attack.
const THOROUGH: &[&str] = &[
    "safe",
    "trusted",
    "inside",
    "within",
    "contained",
    "whitelisted",
    "allowlisted",
    "permitted",
];
/// What is asked then is the kind of a file, which is no answer to where it is.
const OF_KINDS: &[&str] = &[
    "file",
    "files",
    "filename",
    "extension",
    "ext",
    "type",
    "kind",
    "mime",
    "image",
    "format",
];
/// Conditions made of conditions are followed this deep.
const MAX_NESTING: u8 = 12;
/// Texts that a text was made of, one from the other.
const MAX_TEXTS: usize = 6;
/// Parts of one condition.
const MAX_PARTS: usize = 16;

/// A value made of others by `&&` (`all`) or `||`.
struct Several<'a> {
    all: bool,
    parts: Vec<&'a Operand>,
    last: &'a Op,
}

impl<'a> Analyzer<'a> {
    /// Whether a branch is decided.
    pub(super) fn truth_of(
        &mut self,
        frame: &Frame<'a>,
        state: &State,
        condition: &Operand,
    ) -> Option<bool> {
        let value = self.read(frame, state, condition);
        self.truth(value)
    }

    /// Adds what follows from the outcome of a condition.
    pub(super) fn assume(
        &mut self,
        frame: &mut Frame<'a>,
        state: &mut State,
        condition: &Operand,
        holds: bool,
        nesting: u8,
    ) {
        if nesting > MAX_NESTING {
            return;
        }
        if !holds {
            self.assume_empty(frame, state, condition);
        }
        if let Some(op) = Self::definition(frame, condition) {
            self.assume_operation(frame, state, op, holds, nesting);
        } else if let Some(several) = Self::several(frame, condition)
            && several.all == holds
        {
            // Of `a && b` that holds both do; of `a || b` that does not, neither.
            for part in several.parts {
                self.assume(frame, state, part, holds, nesting + 1);
            }
            self.assume_operation(frame, state, several.last, holds, nesting + 1);
        } else if let Some(several) = Self::several(frame, condition) {
            self.assume_one_of(frame, state, &several, holds, nesting);
        }
    }

    /// Of `a || b` that holds one does: what follows from each of them.
    fn assume_one_of(
        &mut self,
        frame: &mut Frame<'a>,
        state: &mut State,
        several: &Several<'a>,
        holds: bool,
        nesting: u8,
    ) {
        let mut common: Option<Vec<(ValId, Bits)>> = None;
        for decides in 0..=several.parts.len() {
            let mut way = state.clone();
            for (at, part) in several.parts.iter().copied().enumerate().take(decides + 1) {
                // Those before it did not decide.
                self.assume(frame, &mut way, part, holds == (at == decides), nesting + 1);
            }
            if decides == several.parts.len() {
                self.assume_operation(frame, &mut way, several.last, holds, nesting + 1);
            }
            let told = |value: &ValId| way.fact(*value).unwrap_or(Bits::NONE);
            common = Some(match common {
                None => way.facts.to_vec(),
                Some(facts) => facts
                    .into_iter()
                    .map(|(value, cleared)| (value, cleared.both(told(&value))))
                    .filter(|fact| fact.1 != Bits::NONE)
                    .collect(),
            });
        }
        for (value, cleared) in common.unwrap_or_default() {
            state.add_fact(value, cleared);
        }
    }

    fn assume_operation(
        &mut self,
        frame: &mut Frame<'a>,
        state: &mut State,
        op: &'a Op,
        holds: bool,
        nesting: u8,
    ) {
        match op {
            Op::Copy(operand) | Op::Await(operand) | Op::Typed { value: operand, .. } => {
                self.assume(frame, state, operand, holds, nesting + 1);
            }
            Op::Unary {
                op: UnaryOp::Not,
                operand,
            } => self.assume(frame, state, operand, !holds, nesting + 1),
            Op::Field { base, name } => {
                self.assume_part(frame, state, base, Key::Name(*name), holds);
            }
            Op::Index { base, index } if !self.is_go() => {
                if let Some(key) = Self::asked_key(index) {
                    self.assume_part(frame, state, base, key, holds);
                }
            }
            // `ok, err := regexp.MatchString(…)`, `allowed[x]`
            Op::Index { base, index } => match Self::definition(frame, base) {
                Some(Op::Call { callee, args }) => {
                    self.assume_call(frame, state, callee, args, holds, nesting);
                    if let Some(key) = Self::asked_key(index) {
                        self.assume_part(frame, state, base, key, holds);
                    }
                }
                _ if holds => {
                    let base = self.raw(frame, state, base);
                    let item = self.raw(frame, state, index);
                    self.assume_member(state, item, base, true);
                }
                _ => {}
            },
            Op::Compare { op, left, right } => {
                self.assume_comparison(frame, state, (*op, left, right), holds, nesting);
            }
            Op::Call { callee, args } => {
                self.assume_call(frame, state, callee, args, holds, nesting);
            }
            _ => {}
        }
    }

    /// The parts of a value made by `&&` or `||`: each but the last is kept where it decides.
    fn several(frame: &Frame<'a>, value: &Operand) -> Option<Several<'a>> {
        let Operand::Var(var) = value else {
            return None;
        };
        let mut parts = Vec::new();
        let mut last = None;
        let mut all = None;
        for (at, block) in frame.function.blocks.iter().enumerate() {
            let mut made = block.instrs.iter().filter(|i| i.dst == Some(*var));
            let Some(instr) = made.next() else { continue };
            if made.next().is_some() || parts.len() >= MAX_PARTS {
                return None;
            }
            let at = BlockId(at as u32);
            let before = frame.before.get(at.0 as usize).copied().flatten();
            let before = before.and_then(|b| frame.function.blocks.get(b.0 as usize));
            let decides = match (&instr.op, before.map(|b| &b.terminator)) {
                (
                    Op::Copy(part),
                    Some(Terminator::Branch {
                        condition,
                        then,
                        otherwise,
                    }),
                ) if part == condition => match (*then == at, *otherwise == at) {
                    (false, true) => Some((part, true)),
                    (true, false) => Some((part, false)),
                    _ => None,
                },
                _ => None,
            };
            match decides {
                Some((part, by)) if all.is_none_or(|all| all == by) => {
                    all = Some(by);
                    parts.push(part);
                }
                None if last.is_none() => last = Some(&instr.op),
                Some(_) | None => return None,
            }
        }
        Some(Several {
            all: all?,
            parts,
            last: last?,
        })
    }

    /// `LIST.some((x) => x === value)`, `list.stream().anyMatch(value::equals)`: one of a list, or
    /// something that begins like one.
    fn assume_any(
        &mut self,
        frame: &mut Frame<'a>,
        state: &mut State,
        list: ValId,
        asks: &'a Operand,
    ) {
        let (mut asked, whole) = match Self::definition(frame, asks) {
            Some(Op::Field { base, name }) => {
                let name = self.names.text(*name);
                if !matches!(name, "equals" | "equalsIgnoreCase") {
                    return;
                }
                (base.clone(), true)
            }
            Some(Op::Closure(id)) => match self.asked_in(frame, *id) {
                Some((var, whole)) => (Operand::Var(var), whole),
                None => return,
            },
            _ => return,
        };
        let value = self.raw(frame, state, &asked);
        if whole {
            self.assume_member(state, value, list, true);
            return;
        }
        if !self.deep_labels(state, list).is_empty() {
            return;
        }
        self.establish(state, value, Bits::VOUCHED);
        // `text.split("?")[0]` of a text begins as the text does.
        for _ in 0..MAX_TEXTS {
            asked = match Self::definition(frame, &asked) {
                Some(
                    Op::Copy(from)
                    | Op::Typed { value: from, .. }
                    | Op::Index { base: from, .. }
                    | Op::Call {
                        callee: Callee::Method { receiver: from, .. },
                        ..
                    },
                ) => from.clone(),
                _ => return,
            };
            let value = self.raw(frame, state, &asked);
            self.establish(state, value, Bits::VOUCHED);
        }
    }

    /// What a function compares its parameter with: a variable around it, and whether with all of it.
    fn asked_in(&self, frame: &Frame<'a>, id: FuncId) -> Option<(Var, bool)> {
        let function = self.module.functions.get(id.0 as usize)?;
        let outer = |operand: &Operand| {
            let Operand::Var(var) = operand else {
                return None;
            };
            match function.vars.get(var.0 as usize)?.home {
                VarHome::Captured { function, var } if function == frame.id => Some(var),
                _ => None,
            }
        };
        let instrs = function.blocks.iter().flat_map(|b| &b.instrs);
        let mut found = instrs.filter_map(|instr| match &instr.op {
            Op::Compare {
                op: CompareOp::Eq,
                left,
                right,
            } => Some((outer(left).or_else(|| outer(right))?, true)),
            Op::Call {
                callee: Callee::Method { receiver, name },
                args,
            } => {
                let first = args.first().map(|a| &a.value);
                match self.names.text(*name) {
                    "equals" | "equalsIgnoreCase" => {
                        let var = outer(receiver).or_else(|| first.and_then(outer))?;
                        Some((var, true))
                    }
                    "startsWith" | "endsWith" => Some((outer(receiver)?, false)),
                    _ => None,
                }
            }
            _ => None,
        });
        found.next()
    }

    /// `next[0] == '/'`, `next.charAt(1) != '/'`: a path on this host.
    fn assume_letter(
        &mut self,
        frame: &mut Frame<'a>,
        state: &mut State,
        side: &'a Operand,
        letter: ValId,
        equal: bool,
    ) {
        let (text, at) = match Self::definition(frame, side) {
            Some(Op::Index { base, index }) => (base, index),
            Some(Op::Call {
                callee: Callee::Method { receiver, name },
                args,
            }) if self.names.text(*name) == "charAt" => match args.as_slice() {
                [only] => (receiver, &only.value),
                _ => return,
            },
            _ => return,
        };
        let slash = match self.arena.get(letter).konst {
            Some(Konst::Int(code)) => self.is_go() && code == i64::from(b'/'),
            Some(konst) => self.konst_text(konst).as_deref() == Some("/"),
            None => false,
        };
        let at = self.raw(frame, state, at);
        let told = match (self.arena.get(at).konst, equal) {
            (Some(Konst::Int(0)), true) => Bits::SLASH_FIRST,
            (Some(Konst::Int(1)), false) => Bits::NOT_TWO_SLASHES,
            _ => return,
        };
        if slash {
            let text = self.raw(frame, state, text);
            self.establish(state, text, told);
        }
    }

    /// `token === VERIFY_TOKEN`: who sent this knows a secret of the program, as no visitor does whose
    /// browser was sent here by somebody else.
    fn assume_known_sender(
        &mut self,
        frame: &Frame<'a>,
        state: &mut State,
        left: (&Operand, ValId),
        right: (&Operand, ValId),
    ) {
        for (given, (operand, own)) in [(left.1, right), (right.1, left)] {
            let remote = |label: &Label| match self.arena.source_of(label.source) {
                Some(Source::Site { kind, .. }) => self.control(kind) == Control::Remote,
                Some(Source::Access(_)) | None => false,
            };
            let asked = self.arena.get(given).labels.iter().any(remote);
            let known = self.arena.get(own);
            if !asked || known.konst.is_some() || known.labels.iter().any(remote) {
                continue;
            }
            let secret = self.operand_name(frame, operand).is_some_and(|name| {
                words(&name).any(|w| matches!(w.as_str(), "token" | "secret" | "key" | "password"))
            });
            state.known_sender |= secret;
        }
    }

    fn is_boolean(&self, value: ValId) -> bool {
        matches!(self.arena.get(value).konst, Some(Konst::Bool(_)))
    }

    /// Text without this part.
    pub(super) fn establish_absent(&mut self, state: &mut State, value: ValId, part: &str) {
        let cleared = self.cleared_by_absence(part);
        self.establish(state, value, cleared);
        if matches!(part, "'" | "\"")
            && let Some((Derivation::Inner, whole)) = self.arena.get(value).derived
        {
            self.establish(state, whole, Bits::NO_QUOTE_INSIDE);
        }
    }

    /// The rules that the absence of a part answers for.
    pub(super) fn cleared_by_absence(&self, part: &str) -> Bits {
        let mut cleared = Bits::NONE;
        for (at, rule) in self.models.rules.iter().enumerate() {
            if rule.absent.iter().any(|a| a == part) {
                cleared = cleared.or(Bits::rule(at as u16));
            }
        }
        if matches!(part, "." | ".." | "../" | "..\\" | "/..") {
            cleared = cleared.or(Bits::NO_DOTDOT);
        }
        cleared
    }

    pub(super) fn assume_prefix(&mut self, state: &mut State, value: ValId, prefix: ValId) {
        if !self.is_chosen_place(state, prefix) {
            return;
        }
        let mut cleared = Bits::INSIDE;
        let text = self.arena.get(prefix).prefix;
        if text.is_some_and(|t| self.names.text(t) == "/") {
            cleared = cleared.or(Bits::SLASH_FIRST);
        }
        if text.is_some_and(|t| super::sink::fixes_host(self.names.text(t))) {
            cleared = cleared.or(self.models.url_rules);
        }
        self.establish(state, value, cleared);
    }

    /// Records that a value, and what it was made of, is safe for some rules.
    pub(super) fn establish(&mut self, state: &mut State, value: ValId, cleared: Bits) {
        let mut value = self.arena.unrefined(value);
        let mut cleared = cleared;
        for _ in 0..4 {
            state.add_fact(value, cleared);
            // The resolved place is inside, so the place itself is, however it is written.
            let labels = &self.arena.get(value).labels;
            if cleared.has(Bits::INSIDE) {
                let contained = labels.iter().filter(|l| l.cleared.has(Bits::NORMALISED));
                self.contained.extend(contained.map(|l| l.source));
            }
            let labels = &self.arena.get(value).labels;
            if cleared.has(Bits::INSIDE) && labels.iter().all(|l| l.cleared.has(Bits::NORMALISED)) {
                cleared = cleared.or(Bits::NORMALISED);
            }
            match self.arena.get(value).derived {
                Some((Derivation::SameText, base)) => value = self.arena.unrefined(base),
                // What is known of the place is known of the path to it, however that is written.
                Some((Derivation::Resolved, path)) if cleared.has(Bits::INSIDE) => {
                    value = self.arena.unrefined(path);
                    cleared = Bits::INSIDE.or(Bits::NORMALISED);
                }
                Some((Derivation::Url, text)) if cleared.has(self.models.url_rules) => {
                    value = self.arena.unrefined(text);
                    cleared = self.models.url_rules;
                }
                Some((Derivation::UrlHost, url)) if cleared.has(self.models.url_rules) => {
                    value = self.arena.unrefined(url);
                    cleared = self.models.url_rules;
                }
                Some((Derivation::FirstOf, list)) if cleared.has(Bits::ALL) => {
                    value = self.arena.unrefined(list);
                    cleared = Bits::PROGRAM;
                }
                Some((Derivation::Ending, whole)) if cleared.has(self.models.ending_rules) => {
                    value = self.arena.unrefined(whole);
                    cleared = self.models.ending_rules;
                }
                _ => break,
            }
        }
    }

    /// `x` of `x || ""`, which is asked about: an empty text says nothing.
    fn main_way(frame: &Frame<'a>, operand: &'a Operand) -> &'a Operand {
        let Operand::Var(var) = operand else {
            return operand;
        };
        if frame.defs.get(var.0 as usize).copied().flatten().is_some() {
            return operand;
        }
        let mut main = None;
        let instrs = frame.function.blocks.iter().flat_map(|b| &b.instrs);
        for instr in instrs.filter(|i| i.dst == Some(*var)) {
            match &instr.op {
                Op::Copy(Operand::Const(trueline_syntax::ir::Const::Str(_))) => {}
                Op::Copy(way @ Operand::Var(_)) if main.is_none() => main = Some(way),
                _ => return operand,
            }
        }
        main.unwrap_or(operand)
    }

    /// The value of an operand without what guards have established, so that they can add to it.
    pub(super) fn raw(&mut self, frame: &Frame<'a>, state: &State, operand: &Operand) -> ValId {
        let value = self.read(frame, state, operand);
        self.arena.unrefined(value)
    }

    /// A truthy return value: what it tells about parameters.
    pub(super) fn note_answer(
        &mut self,
        frame: &mut Frame<'a>,
        state: &State,
        operand: Option<&Operand>,
        value: ValId,
    ) {
        let success = self.is_success(frame, state, value);
        if value == ValId::UNDEF
            || success == Some(false)
            || success.is_none() && self.truth(value) == Some(false)
        {
            return;
        }
        let mut answer = state.clone();
        if let Some(operand) = operand
            && success.is_none()
            && self.truth(value).is_none()
        {
            self.assume(frame, &mut answer, operand, true, 0);
        }
        let told = self.parameter_facts(&answer);
        if frame.seen_true {
            frame.summary.on_true.retain_mut(|(access, cleared)| {
                let now = told.iter().find(|t| t.0 == *access);
                *cleared = now.map_or(Bits::NONE, |t| cleared.both(t.1));
                *cleared != Bits::NONE
            });
        } else {
            frame.seen_true = true;
            frame.summary.on_true = told;
        }
    }

    /// What a state has established about values that callers pass.
    pub(super) fn parameter_facts(&self, state: &State) -> Vec<(super::value::AccessId, Bits)> {
        let mut facts = Vec::new();
        for (value, cleared) in &state.facts {
            for atom in &self.arena.get(*value).atoms {
                if let Atom::Access(access) = atom {
                    facts.push((*access, *cleared));
                }
            }
        }
        facts.sort_unstable();
        facts.dedup();
        facts
    }
}
