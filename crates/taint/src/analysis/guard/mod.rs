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
    Arg, BlockId, Callee, CompareOp, Const, FuncId, Op, Operand, Terminator, UnaryOp, Var, VarHome,
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
            Op::HasNext { iterable } if !holds => {
                self.assume_gone_through(frame, state, iterable);
            }
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
        if !self.deep_labels(state, list).is_empty() || self.has_bare_scheme(state, list) {
            return;
        }
        self.establish(state, value, Bits::VOUCHED);
        for _ in 0..MAX_TEXTS {
            let Some(from) = self.begins_alike(frame, state, &asked) else {
                return;
            };
            asked = from;
            let value = self.raw(frame, state, &asked);
            self.establish(state, value, Bits::VOUCHED);
        }
    }

    /// Whether an element of a list says nothing of a text that begins with it: `"https://"`, `"/"`.
    fn has_bare_scheme(&self, state: &State, list: ValId) -> bool {
        let contents = self.only_object(list).and_then(|o| state.contents(o));
        let Some(contents) = contents else {
            return false;
        };
        let elements = contents.entries.iter().map(|(_, element)| *element);
        elements
            .chain(std::iter::once(contents.rest))
            .any(|element| match self.arena.get(element).konst {
                Some(Konst::Str(text)) => {
                    let text = self.names.text(text).trim_end_matches('/');
                    text.is_empty() || text.ends_with(':') || matches!(text, "http" | "https")
                }
                _ => false,
            })
    }

    /// The text that another one was made of without a change of how it begins: `text.split("?")[0]`,
    /// `text.trim()`, `text.replace(/x$/, "")`.
    fn begins_alike(
        &mut self,
        frame: &Frame<'a>,
        state: &State,
        text: &Operand,
    ) -> Option<Operand> {
        match Self::definition(frame, text)? {
            Op::Copy(from) | Op::Typed { value: from, .. } => Some(from.clone()),
            Op::Index {
                base,
                index: Operand::Const(Const::Int(0)),
            } => match Self::definition(frame, base)? {
                Op::Call {
                    callee: Callee::Method { receiver, name },
                    ..
                } if self.names.text(*name) == "split" => Some(receiver.clone()),
                _ => None,
            },
            Op::Call {
                callee: Callee::Method { receiver, name },
                args,
            } => {
                let keeps = match self.names.text(*name) {
                    "trim" | "trimStart" | "trimEnd" | "strip" | "toLowerCase" | "toUpperCase"
                    | "toString" | "normalize" => true,
                    "replace" => self.cuts_an_end(frame, state, args),
                    _ => false,
                };
                keeps.then(|| receiver.clone())
            }
            _ => None,
        }
    }

    /// Whether arguments of `replace` take something off the end of a text: `(/x$/, "")`.
    fn cuts_an_end(&mut self, frame: &Frame<'a>, state: &State, args: &[Arg]) -> bool {
        let [pattern, by] = args else { return false };
        let pattern = self.read(frame, state, &pattern.value);
        let by = self.read(frame, state, &by.value);
        let text = |value: ValId| match self.arena.get(value).konst {
            Some(Konst::Str(text)) => Some(self.names.text(text)),
            _ => None,
        };
        let pattern = self.pattern_of(state, pattern).and_then(text);
        text(by) == Some("")
            && pattern
                .is_some_and(|p| p.ends_with('$') && !p.ends_with("\\$") && !p.contains(['|', '^']))
    }

    /// What a function answers whether its parameter is: a variable around it, and whether all of it.
    /// Only of a function that does nothing but compare the two: one that asks for more, or for the
    /// opposite, says something else.
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
        let [parameter] = function.params.as_slice() else {
            return None;
        };
        let is_own = |operand: &Operand| *operand == Operand::Var(parameter.var);
        let mut answer = None;
        for block in &function.blocks {
            match &block.terminator {
                Terminator::Return(Some(operand)) if answer.is_none() => answer = Some(operand),
                Terminator::Goto(_) | Terminator::Unreachable => {}
                // The end of the body, where nothing gets.
                Terminator::Return(None) if block.instrs.is_empty() && answer.is_some() => {}
                _ => return None,
            }
        }
        let Operand::Var(answer) = answer? else {
            return None;
        };
        let instrs = || function.blocks.iter().flat_map(|b| &b.instrs);
        let mut made = instrs().filter(|i| i.dst == Some(*answer));
        let (made, None) = (made.next()?, made.next()) else {
            return None;
        };
        if instrs().any(|i| i.dst == Some(parameter.var)) {
            return None;
        }
        let pair = |one: &Operand, other: &Operand| match (outer(one), outer(other)) {
            (Some(var), None) if is_own(other) => Some(var),
            (None, Some(var)) if is_own(one) => Some(var),
            _ => None,
        };
        match &made.op {
            Op::Compare {
                op: CompareOp::Eq,
                left,
                right,
            } => Some((pair(left, right)?, true)),
            Op::Call {
                callee: Callee::Method { receiver, name },
                args,
            } => {
                let [first] = args.as_slice() else {
                    return None;
                };
                match self.names.text(*name) {
                    "equals" | "equalsIgnoreCase" => Some((pair(receiver, &first.value)?, true)),
                    "startsWith" if is_own(&first.value) => Some((outer(receiver)?, false)),
                    _ => None,
                }
            }
            _ => None,
        }
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
        let below = Bits::NO_DOTDOT.or(Bits::RELATIVE);
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
                // What cleaned leads nowhere above and does not begin at the root, did not before.
                Some((Derivation::Resolved, path))
                    if self.is_go() && state.fact(value).is_some_and(|f| f.has(below)) =>
                {
                    value = self.arena.unrefined(path);
                    cleared = below;
                }
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
