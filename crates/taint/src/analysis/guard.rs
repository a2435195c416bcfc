//! Guards: what the outcome of a condition says about the values in it.
//!
//! A guard holds on the control-flow edge that it dominates and only for the rules that it can
//! answer for: membership in a collection that no input reaches answers for all, an alphabet for
//! those whose dangerous characters it lacks, the absence of `..` for half of a path's safety.

use trueline_syntax::ir::{
    Arg, BlockId, Callee, CompareOp, Element, FuncId, Language, Op, Operand, Symbol, Terminator,
    UnaryOp,
};

use super::alphabet::{Alphabet, Anchors};
use super::names::words;
use super::state::State;
use super::value::{Atom, Derivation, Konst, Label, Source, ValId};
use super::{Analyzer, Frame};
use crate::models::Bits;
use crate::rules::format::Control;

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
            Op::Copy(operand) | Op::Await(operand) => {
                self.assume(frame, state, operand, holds, nesting + 1);
            }
            Op::Unary {
                op: UnaryOp::Not,
                operand,
            } => self.assume(frame, state, operand, !holds, nesting + 1),
            // `ok, err := regexp.MatchString(…)`, `allowed[x]`
            Op::Index { base, index } if self.is_go() => match Self::definition(frame, base) {
                Some(Op::Call { callee, args }) => {
                    self.assume_call(frame, state, callee, args, holds, nesting);
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

    /// A value that is empty or absent is harmless.
    fn assume_empty(&mut self, frame: &mut Frame<'a>, state: &mut State, condition: &Operand) {
        if let Operand::Var(_) = condition {
            let value = self.raw(frame, state, condition);
            if !self.arena.get(value).labels.is_empty() || self.arena.get(value).derived.is_some() {
                self.establish(state, value, Bits::ALL);
            }
        }
    }

    fn assume_comparison(
        &mut self,
        frame: &mut Frame<'a>,
        state: &mut State,
        (op, left, right): (CompareOp, &'a Operand, &'a Operand),
        holds: bool,
        nesting: u8,
    ) {
        let a = self.raw(frame, state, left);
        let b = self.raw(frame, state, right);
        match (op, holds) {
            (CompareOp::In | CompareOp::NotIn, _) => {
                let inside = holds == (op == CompareOp::In);
                if inside {
                    self.assume_parent(frame, state, a, right);
                }
                self.assume_member(state, a, b, inside);
            }
            (CompareOp::Eq | CompareOp::Is | CompareOp::NotEq | CompareOp::IsNot, _) => {
                let equal = holds == matches!(op, CompareOp::Eq | CompareOp::Is);
                if self.arena.get(b).is_null() || self.truth(b).is_some_and(|_| self.is_boolean(b))
                {
                    if self.is_go() && self.arena.get(b).is_null() {
                        if equal {
                            self.assume_success(frame, state, left);
                        }
                        return;
                    }
                    // `m is None`, `f(x) === true`: the truth of the left side.
                    let truth = if self.truth(b) == Some(true) {
                        equal
                    } else {
                        !equal
                    };
                    self.assume(frame, state, left, truth, nesting + 1);
                    return;
                }
                if self.position_of(frame, state, left, b, op, holds) {
                    return;
                }
                self.assume_letter(frame, state, left, b, equal);
                if equal {
                    if let Some(Op::Unary {
                        op: UnaryOp::TypeOf,
                        operand,
                    }) = Self::definition(frame, left)
                        && self
                            .arena
                            .get(b)
                            .konst
                            .and_then(|k| self.konst_text(k))
                            .is_some_and(|t| matches!(t.as_str(), "number" | "boolean" | "bigint"))
                    {
                        let value = self.raw(frame, state, operand);
                        self.establish(state, value, Bits::ALL);
                    }
                    self.assume_known_sender(frame, state, (left, a), (right, b));
                    self.assume_text(frame, state, left, b);
                    self.assume_own_parent(frame, state, left, b);
                    self.assume_own_parent(frame, state, right, a);
                    self.assume_common_path(frame, state, left, b);
                    self.assume_common_path(frame, state, right, a);
                    self.assume_equal(state, a, b);
                    self.assume_equal(state, b, a);
                }
            }
            (CompareOp::Lt | CompareOp::LtE | CompareOp::Gt | CompareOp::GtE, _) => {
                self.position_of(frame, state, left, b, op, holds);
            }
            (CompareOp::InstanceOf | CompareOp::Matches, _) => {}
        }
    }

    /// `base in path.parents`: the path is inside of a folder that the program chose.
    fn assume_parent(
        &mut self,
        frame: &mut Frame<'a>,
        state: &mut State,
        base: ValId,
        parents: &'a Operand,
    ) {
        let Some(Op::Field { base: path, name }) = Self::definition(frame, parents) else {
            return;
        };
        if self.names.text(*name) == "parents" && self.deep_labels(state, base).is_empty() {
            let path = self.raw(frame, state, path);
            self.establish(state, path, Bits::INSIDE);
        }
    }

    /// `path.parent == base`, `os.path.dirname(path) == base`: likewise.
    fn assume_own_parent(
        &mut self,
        frame: &mut Frame<'a>,
        state: &mut State,
        side: &'a Operand,
        base: ValId,
    ) {
        let path = match Self::definition(frame, side) {
            Some(Op::Field { base, name }) if self.names.text(*name) == "parent" => base,
            Some(Op::Call {
                callee: Callee::Method { name, .. },
                args,
            }) if self.names.text(*name) == "dirname" => match args.as_slice() {
                [only] => &only.value,
                _ => return,
            },
            _ => return,
        };
        if base == ValId::UNKNOWN && self.module.language != Language::Python
            || !self.deep_labels(state, base).is_empty()
        {
            return;
        }
        let path = self.raw(frame, state, path);
        self.establish(state, path, Bits::INSIDE.or(Bits::NORMALISED));
    }

    /// `os.path.commonpath([base, path]) == base`: likewise.
    fn assume_common_path(
        &mut self,
        frame: &mut Frame<'a>,
        state: &mut State,
        call: &'a Operand,
        base: ValId,
    ) {
        let Some(Op::Call {
            callee: Callee::Method { receiver, name },
            args,
        }) = Self::definition(frame, call)
        else {
            return;
        };
        if self.names.text(*name) != "commonpath" || !self.is_chosen_place(state, base) {
            return;
        }
        let library = self.raw(frame, state, receiver);
        if self.path_of(library).as_deref() != Some("os.path") {
            return;
        }
        let list = args
            .first()
            .and_then(|list| Self::definition(frame, &list.value));
        let Some(Op::Sequence { elements, .. }) = list else {
            return;
        };
        for element in elements {
            let (Element::One(element) | Element::Spread(element)) = element;
            let path = self.raw(frame, state, element);
            self.establish(state, path, Bits::INSIDE);
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

    /// `typeof x === "string"`: text is no operator of a query.
    fn assume_text(
        &mut self,
        frame: &mut Frame<'a>,
        state: &mut State,
        left: &Operand,
        kind: ValId,
    ) {
        let Some(Op::Unary {
            op: UnaryOp::TypeOf,
            operand,
        }) = Self::definition(frame, left)
        else {
            return;
        };
        let kind = self.arena.get(kind).konst.and_then(|k| self.konst_text(k));
        if kind.as_deref() == Some("string") {
            let value = self.raw(frame, state, operand);
            self.establish(state, value, self.models.structure_rules);
        }
    }

    fn is_boolean(&self, value: ValId) -> bool {
        matches!(self.arena.get(value).konst, Some(Konst::Bool(_)))
    }

    /// `text.find(part) == -1`, `LIST.indexOf(x) >= 0`.
    fn position_of(
        &mut self,
        frame: &mut Frame<'a>,
        state: &mut State,
        left: &Operand,
        number: ValId,
        op: CompareOp,
        holds: bool,
    ) -> bool {
        let Some(Konst::Int(number)) = self.arena.get(number).konst else {
            return false;
        };
        let Some(Op::Call {
            callee: Callee::Method { receiver, name },
            args,
        }) = Self::definition(frame, left)
        else {
            return false;
        };
        if !matches!(
            self.names.text(*name),
            "indexOf" | "find" | "rfind" | "lastIndexOf" | "search" | "count"
        ) {
            return false;
        }
        let found = match (op, number) {
            (CompareOp::Eq, -1) | (CompareOp::Lt, 0) => !holds,
            (CompareOp::NotEq | CompareOp::Gt, -1) | (CompareOp::GtE, 0) => holds,
            (CompareOp::Gt, 0) if self.names.text(*name) == "count" => holds,
            (CompareOp::Eq, 0) if self.names.text(*name) == "count" => !holds,
            _ => return true,
        };
        if let Some(argument) = args.first() {
            let receiver = self.raw(frame, state, receiver);
            let item = self.raw(frame, state, &argument.value);
            self.assume_member(state, item, receiver, found);
        }
        true
    }

    fn assume_equal(&mut self, state: &mut State, value: ValId, to: ValId) {
        let other = self.arena.get(to);
        // The folder itself is inside of the folder; which one that is, the caller chose.
        let normalised = other.labels.iter().all(|l| l.cleared.has(Bits::NORMALISED));
        if !other.labels.is_empty()
            && normalised
            && other.labels.iter().all(|l| self.is_symbolic(l))
        {
            self.establish(state, value, Bits::INSIDE);
            return;
        }
        let other = self.arena.get(to);
        let settings = other
            .labels
            .iter()
            .all(|l| match self.arena.source_of(l.source) {
                Some(Source::Site { kind, .. }) => self.control(kind) == Control::Local,
                Some(Source::Access(_)) | None => false,
            });
        let chosen = other.labels.is_empty() && (other.konst.is_some() || to != ValId::UNKNOWN);
        if chosen {
            // What the program chose is inside of what it chose.
            self.establish(state, value, Bits::ALL.or(Bits::INSIDE));
        } else if settings {
            // A place that no visitor chose is the folder meant, or one inside of it.
            self.establish(state, value, Bits::INSIDE);
        }
    }

    /// `item in collection`, or `part in text`.
    pub(super) fn assume_member(&mut self, state: &mut State, item: ValId, of: ValId, holds: bool) {
        let part = match self.arena.get(item).konst {
            Some(Konst::Str(text)) => Some(self.names.text(text).to_owned()),
            _ => None,
        };
        if let Some(part) = part {
            if !holds {
                self.establish_absent(state, of, &part);
            }
            return;
        }
        if !holds {
            return;
        }
        // `c in "-_."`: one of these marks, which may be the very ones that an attack needs.
        let marks = match self.arena.get(of).konst {
            Some(Konst::Str(text)) => Some(self.names.text(text)),
            _ => None,
        };
        if let Some(marks) = marks.filter(|m| !m.contains(char::is_alphanumeric)) {
            let cleared = self.cleared_by_alphabet(&Alphabet::of(marks));
            self.establish(state, item, cleared);
            return;
        }
        let labels = self.deep_labels(state, of);
        if labels.is_empty() {
            self.establish(state, item, Bits::ALL);
        }
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

    fn assume_call(
        &mut self,
        frame: &mut Frame<'a>,
        state: &mut State,
        callee: &'a Callee,
        args: &'a [Arg],
        holds: bool,
        nesting: u8,
    ) {
        let first = args.first().map(|a| Self::main_way(frame, &a.value));
        let first = first.map(|value| self.raw(frame, state, value));
        let (target, receiver, name) = match callee {
            Callee::Method { receiver, name } => {
                let receiver = self.raw(frame, state, receiver);
                let target = self.field(frame, state, receiver, *name);
                (target, Some(receiver), Some(*name))
            }
            Callee::Function(operand) => (self.raw(frame, state, operand), None, None),
            Callee::New(_) | Callee::Super { .. } => return,
        };
        let path = self.path_of(target);
        if let (Some(receiver), Some(name)) = (receiver, name) {
            let name = self.names.text(name).to_owned();
            self.assume_method(frame, state, &name, receiver, first, holds);
        }
        let entries = self.entries_of(target, name);
        for entry in entries {
            if let Some((argument, cleared)) = entry.guard
                && holds
                && let Some(argument) = args.get(usize::from(argument))
            {
                let value = self.raw(frame, state, &argument.value);
                self.establish(state, value, cleared);
            }
        }
        self.assume_asked_of_library(state, args, first, name, holds);
        let path = path.as_deref().unwrap_or("");
        if self.is_go() {
            self.assume_library(frame, state, path, receiver, args, holds);
        }
        match path {
            "isinstance" if holds => {
                let kind = args.get(1).map(|a| self.raw(frame, state, &a.value));
                let kind = kind.and_then(|k| self.path_of(k));
                if matches!(
                    kind.as_deref(),
                    Some("int" | "float" | "bool" | "uuid.UUID")
                ) && let Some(value) = first
                {
                    self.establish(state, value, Bits::ALL);
                }
                if kind.as_deref() == Some("str")
                    && let Some(value) = first
                {
                    self.establish(state, value, self.models.structure_rules);
                }
            }
            "re.match" | "re.fullmatch" | "re.search" => {
                if let (Some(pattern), Some(text)) = (first, args.get(1)) {
                    let text = self.raw(frame, state, &text.value);
                    let anchors = match path {
                        "re.fullmatch" => Anchors::Whole,
                        "re.match" => Anchors::Start,
                        _ => Anchors::None,
                    };
                    self.assume_regex(state, pattern, text, anchors, holds);
                }
            }
            "java.util.regex.Pattern.matches" => {
                if let (Some(pattern), Some(text)) = (first, args.get(1)) {
                    let text = self.raw(frame, state, &text.value);
                    self.assume_regex(state, pattern, text, Anchors::Whole, holds);
                }
            }
            "java.util.Objects.equals" if holds => {
                if let (Some(left), Some(right)) = (first, args.get(1)) {
                    let right = self.raw(frame, state, &right.value);
                    self.assume_equal(state, left, right);
                    self.assume_equal(state, right, left);
                }
            }
            "Boolean" | "bool" => {
                if let Some(argument) = args.first() {
                    self.assume(frame, state, &argument.value, holds, nesting + 1);
                }
            }
            "Number.isInteger" | "Number.isSafeInteger" | "Number.isFinite" if holds => {
                if let Some(value) = first {
                    self.establish(state, value, Bits::ALL);
                }
            }
            "isNaN" | "Number.isNaN" if !holds => {
                if let Some(value) = first {
                    self.establish(state, value, Bits::ALL);
                }
            }
            _ => {}
        }
        if holds {
            self.assume_found(frame, state, callee, args, 0);
            self.assume_answers(frame, state, target, receiver, args);
            if self.may_vouch(target, name) {
                for argument in args {
                    let value = self.raw(frame, state, &argument.value);
                    self.establish(state, value, Bits::VOUCHED);
                }
            }
        }
    }

    /// `StringUtils.contains(text, "..")`, which says no: text without that part.
    fn assume_asked_of_library(
        &mut self,
        state: &mut State,
        args: &'a [Arg],
        first: Option<ValId>,
        name: Option<Symbol>,
        holds: bool,
    ) {
        let (Some(text), Some(name), [_, part]) = (first, name, args) else {
            return;
        };
        let Operand::Const(trueline_syntax::ir::Const::Str(part)) = &part.value else {
            return;
        };
        let part = self.names.text(*part).to_owned();
        match self.names.text(name) {
            "contains" | "includes" | "containsIgnoreCase" if !holds => {
                self.establish_absent(state, text, &part);
            }
            "containsAny" | "containsNone"
                if holds == (self.names.text(name) == "containsNone") =>
            {
                for c in part.chars() {
                    self.establish_absent(state, text, &c.to_string());
                }
            }
            _ => {}
        }
    }

    fn assume_method(
        &mut self,
        frame: &mut Frame<'a>,
        state: &mut State,
        name: &str,
        receiver: ValId,
        first: Option<ValId>,
        holds: bool,
    ) {
        match (name, holds) {
            (
                "isdigit" | "isnumeric" | "isdecimal" | "isalnum" | "isalpha" | "isidentifier",
                true,
            ) => self.establish(state, receiver, Bits::ALL),
            ("endswith" | "endsWith", true) => {
                if first.is_some_and(|f| self.is_quote(f)) {
                    self.establish(state, receiver, Bits::QUOTE_LAST);
                }
                if first.is_some_and(|f| self.deep_labels(state, f).is_empty()) {
                    self.establish(state, receiver, self.models.ending_rules);
                }
            }
            ("startswith" | "startsWith", false) => {
                let text = first.and_then(|f| self.arena.get(f).konst);
                let text = text.and_then(|k| self.konst_text(k));
                match text.as_deref() {
                    Some("//") => self.establish(state, receiver, Bits::NOT_TWO_SLASHES),
                    Some("..") => {
                        if let Some((Derivation::Relative, whole)) =
                            self.arena.get(receiver).derived
                        {
                            self.establish(state, whole, Bits::INSIDE);
                        }
                    }
                    _ => {}
                }
            }
            ("startswith" | "startsWith" | "is_relative_to", true) => {
                if let Some(prefix) = first {
                    if self.is_quote(prefix) {
                        self.establish(state, receiver, Bits::QUOTE_FIRST);
                    }
                    self.assume_prefix(state, receiver, prefix);
                }
            }
            ("equals" | "equalsIgnoreCase" | "contentEquals", true) => {
                if let Some(other) = first {
                    self.assume_equal(state, receiver, other);
                    self.assume_equal(state, other, receiver);
                }
            }
            ("isEmpty" | "isBlank", true) if first.is_none() => {
                self.establish(state, receiver, Bits::ALL);
            }
            // `text.matches(regex)`, `pattern.matcher(text).matches()`.
            ("matches" | "find" | "lookingAt", _)
                if self.module.language == trueline_syntax::ir::Language::Java =>
            {
                let whole = if name == "matches" {
                    Anchors::Whole
                } else {
                    Anchors::None
                };
                match first {
                    Some(pattern) => self.assume_regex(state, pattern, receiver, whole, holds),
                    None => self.assume_matcher(state, receiver, whole, holds),
                }
            }
            // `kind = KINDS.get(x)` and there is one: `x` is a key that the program wrote.
            ("get", true) => {
                let keys_are_written = self.only_object(receiver).is_some_and(|object| {
                    state
                        .contents(object)
                        .is_some_and(|c| !c.entries.is_empty() && c.rest == ValId::UNDEF)
                });
                if let Some(key) = first
                    && keys_are_written
                {
                    self.establish(state, key, Bits::ALL);
                }
            }
            (
                "includes" | "has" | "containsKey" | "hasOwnProperty" | "contains" | "__contains__",
                _,
            ) => {
                if let Some(item) = first {
                    self.assume_member(state, item, receiver, holds);
                }
            }
            ("test" | "fullmatch" | "match" | "search", _) => {
                let Some(text) = first else { return };
                let (pattern, text) = match self.pattern_of(state, receiver) {
                    Some(pattern) => (pattern, text),
                    // `text.match(/…/)`
                    None => match self.pattern_of(state, text) {
                        Some(pattern) => (pattern, receiver),
                        None => return,
                    },
                };
                let anchors = match name {
                    "fullmatch" => Anchors::Whole,
                    "match" if self.module.language == trueline_syntax::ir::Language::Python => {
                        Anchors::Start
                    }
                    _ => Anchors::None,
                };
                self.assume_regex(state, pattern, text, anchors, holds);
            }
            _ => {}
        }
        let _ = frame;
    }

    /// Whether a question goes to a function that is not in sight, or not understood, and whose name
    /// says that it checks.
    pub(super) fn may_vouch(&mut self, target: ValId, name: Option<Symbol>) -> bool {
        let mut last = name;
        for atom in &self.arena.get(target).atoms.clone() {
            match atom {
                Atom::Path(path) if self.paths.entry(*path).is_none() => {
                    last = self.paths.last(*path).or(last);
                }
                Atom::Access(_) => {}
                Atom::Func(id) | Atom::Bound(id, _) => return self.sounds_sure(*id),
                _ => return false,
            }
        }
        last.is_some_and(|last| {
            words(self.names.text(last)).any(|w| VOUCHING.contains(&w.as_str()))
        })
    }

    /// Whether a function in sight is named after a thorough check, of which nothing was understood.
    fn sounds_sure(&mut self, id: FuncId) -> bool {
        let Some(function) = self.function(id) else {
            return false;
        };
        let name: Vec<String> = words(self.names.text(function.name)).collect();
        let asks = |list: &[&str]| name.iter().any(|w| list.contains(&w.as_str()));
        asks(THOROUGH)
            && !asks(OF_KINDS)
            && self
                .summarize(id)
                .is_some_and(|summary| summary.on_true.iter().all(|told| told.1 == Bits::NONE))
    }

    fn is_quote(&self, value: ValId) -> bool {
        let text = self.arena.get(value).konst.and_then(|k| self.konst_text(k));
        matches!(text.as_deref(), Some("'" | "\""))
    }

    /// Whether a folder that something must be in is the program's choice: a parameter may be it, whose
    /// caller chose it, and so did who runs the program.
    fn is_chosen_place(&mut self, state: &State, place: ValId) -> bool {
        let labels = self.deep_labels(state, place);
        // One part of a path, and an identifier under which a record was found, lead to no other folder.
        labels.iter().all(|l| match self.arena.source_of(l.source) {
            _ if l.cleared.has(Bits::FOUND) || l.cleared.has(Bits::SEGMENT) => true,
            Some(Source::Access(_)) => true,
            Some(Source::Site { kind, .. }) => self.control(kind) == Control::Local,
            None => false,
        })
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
