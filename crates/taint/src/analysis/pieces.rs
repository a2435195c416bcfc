//! Pieces of text that cannot hold certain characters, because of how the text was cut: what follows
//! the last dot has no dot in it, the ending of a file's name no slash either.

use trueline_syntax::ir::{Arg, BinaryOp, Callee, Const, Language, Op, Operand, Symbol};

use super::alphabet::{Group, group_alphabet, groups};
use super::call::Call;
use super::state::{Contents, State};
use super::transfer::clear_all;
use super::value::{Atom, Derivation, Konst, Labels, PathId, Selector, StepKind, ValId, Value};
use super::{Analyzer, Frame, ObjectKind};
use crate::models::Bits;

/// Copies that are followed to the call that gave a position.
const MAX_COPIES: usize = 4;

impl<'a> Analyzer<'a> {
    /// Whether a call of `split` or `rsplit` cuts at every dot, or in two at the last.
    pub(super) fn cuts_at_dots(&self, call: &Call<'_, 'a>) -> bool {
        let text = |at: usize| {
            let value = call.passed.get(at)?.value;
            self.konst_text(self.arena.get(value).konst?)
        };
        let by_dots = match text(0).as_deref() {
            Some(".") => self.module.language != Language::Java,
            Some("\\.") => self.module.language == Language::Java,
            _ => false,
        };
        let name = call.name.map(|name| self.names.text(name));
        by_dots
            && (call.passed.len() == 1
                || name == Some("rsplit")
                    && call.passed.len() == 2
                    && text(1).as_deref() == Some("1"))
    }

    /// The list that such a call gives.
    pub(super) fn cut_at_dots(
        &mut self,
        frame: &Frame<'a>,
        receiver: ValId,
        name: Symbol,
        in_two: bool,
    ) -> Option<ValId> {
        let mut labels = self.arena.get(receiver).labels.clone();
        if labels.is_empty() {
            return None;
        }
        self.advance(&mut labels, frame.span, StepKind::Call(name));
        clear_all(&mut labels, self.models.structure_rules);
        let how = if in_two {
            Derivation::AtLastDot
        } else {
            Derivation::BetweenDots
        };
        Some(self.arena.add(Value {
            labels,
            derived: Some((how, receiver)),
            ..Value::default()
        }))
    }

    /// What is known of a piece because of the way its whole was cut.
    pub(super) fn piece(&self, base: ValId, selector: Selector, labels: Labels) -> Option<Value> {
        let known = self.arena.get(base);
        let (how, whole) = known.derived?;
        let last = matches!(selector, Selector::At(1 | -1));
        let cleared = match how {
            Derivation::BetweenDots => Bits::NO_DOTDOT,
            Derivation::AtLastDot if last => Bits::NO_DOTDOT,
            // `os.path.splitext(name)[1]`
            Derivation::Ending
                if last && self.path_of(base).as_deref() == Some("os.path.splitext") =>
            {
                Bits::NO_DOTDOT.or(self.models.path_rules)
            }
            Derivation::Ending | Derivation::AtLastDot => Bits::NONE,
            // `netloc.rpartition("@")[2]`: the host without who asks.
            Derivation::UrlHost if matches!(selector, Selector::At(2 | -1)) => {
                return Some(Value {
                    labels,
                    derived: Some((Derivation::UrlHost, whole)),
                    ..Value::default()
                });
            }
            // `match[1]`
            Derivation::Found => {
                let group = match selector {
                    Selector::At(at) => Group::Number(usize::try_from(at).ok()?),
                    Selector::Name(name) => Group::Name(self.names.text(name)),
                    Selector::Any | Selector::Key | Selector::Called | Selector::Entry => {
                        return None;
                    }
                };
                let mut labels = labels;
                clear_all(&mut labels, self.cleared_by_group(whole, &group));
                return Some(Value {
                    labels,
                    ..Value::default()
                });
            }
            _ => return None,
        };
        let mut labels = labels;
        clear_all(&mut labels, cleared);
        Some(Value {
            labels,
            derived: Some((Derivation::Ending, whole)),
            ..Value::default()
        })
    }

    /// `name.split(".").pop()`.
    pub(super) fn taken_piece(
        &mut self,
        receiver: ValId,
        name: Symbol,
        call: &Call<'_, 'a>,
    ) -> Option<ValId> {
        let (Derivation::BetweenDots, _) = self.arena.get(receiver).derived? else {
            return None;
        };
        let selector = match self.names.text(name) {
            "pop" | "getLast" => Selector::At(-1),
            "shift" | "getFirst" => Selector::At(0),
            "at" => match call.passed.first().map(|p| self.arena.get(p.value).konst) {
                Some(Some(Konst::Int(at))) => Selector::At(at),
                _ => Selector::Any,
            },
            _ => return None,
        };
        Some(self.part(receiver, selector))
    }

    /// The constant pattern that a call looks for in text, if it answers with what it found.
    pub(super) fn searched_pattern(
        &self,
        state: &State,
        path: Option<PathId>,
        call: &Call<'_, 'a>,
    ) -> Option<ValId> {
        let last = match (call.name, path) {
            (Some(name), _) => name,
            (None, Some(path)) => self.paths.last(path)?,
            (None, None) => return None,
        };
        let name = self.names.text(last);
        let given = call.passed.first().map(|p| p.value);
        let pattern = match self.module.language {
            Language::Python if matches!(name, "match" | "fullmatch" | "search") => call
                .receiver
                .and_then(|r| self.pattern_of(state, r))
                .or(given),
            Language::JavaScript | Language::TypeScript if matches!(name, "exec" | "match") => call
                .receiver
                .and_then(|r| self.pattern_of(state, r))
                .or_else(|| self.pattern_of(state, given?)),
            Language::Go if name == "FindStringSubmatch" => {
                call.receiver.and_then(|r| self.pattern_of(state, r))
            }
            _ => None,
        }?;
        matches!(self.arena.get(pattern).konst, Some(Konst::Str(_))).then_some(pattern)
    }

    /// The rules that what a group of a constant pattern matched cannot violate.
    fn cleared_by_group(&self, pattern: ValId, group: &Group<'_>) -> Bits {
        let Some(Konst::Str(pattern)) = self.arena.get(pattern).konst else {
            return Bits::NONE;
        };
        match group_alphabet(self.names.text(pattern), group) {
            Some(alphabet) => self.cleared_by_alphabet(&alphabet),
            None => Bits::NONE,
        }
    }

    /// `found.group(1)`, `found.groups()`.
    pub(super) fn found_group(
        &mut self,
        frame: &Frame<'a>,
        state: &mut State,
        receiver: ValId,
        name: Symbol,
        call: &Call<'_, 'a>,
    ) -> Option<ValId> {
        let (Derivation::Found, pattern) = self.arena.get(receiver).derived? else {
            return None;
        };
        if self.module.language != Language::Python {
            return None;
        }
        let mut labels = self.arena.get(receiver).labels.clone();
        self.advance(&mut labels, frame.span, StepKind::Call(name));
        match (self.names.text(name), call.passed) {
            ("group", [only]) => {
                let cleared = match self.arena.get(only.value).konst? {
                    Konst::Int(at) => {
                        let group = Group::Number(usize::try_from(at).ok()?);
                        self.cleared_by_group(pattern, &group)
                    }
                    Konst::Str(name) => {
                        self.cleared_by_group(pattern, &Group::Name(self.names.text(name)))
                    }
                    _ => return None,
                };
                clear_all(&mut labels, cleared);
                Some(self.arena.tainted(labels))
            }
            ("groups", []) => {
                let Some(Konst::Str(text)) = self.arena.get(pattern).konst else {
                    return None;
                };
                let count = groups(self.names.text(text)).len();
                let values: Vec<ValId> = (1..=count)
                    .map(|at| {
                        let mut own = labels.clone();
                        clear_all(&mut own, self.cleared_by_group(pattern, &Group::Number(at)));
                        self.arena.tainted(own)
                    })
                    .collect();
                let object = self.allocate(frame, ObjectKind::List, 8);
                *state.contents_mut(object) = Contents::list(values.into_iter());
                Some(self.arena.single(Atom::Object(object)))
            }
            _ => None,
        }
    }

    /// `name.substring(name.lastIndexOf(".") + 1)`: no dot is left but a first one.
    pub(super) fn cut_by_call(
        &mut self,
        frame: &Frame<'a>,
        callee: &Callee,
        args: &[Arg],
        value: ValId,
    ) -> ValId {
        let Callee::Method { name, .. } = callee else {
            return value;
        };
        let cuts = matches!(self.names.text(*name), "substring" | "slice" | "substr");
        match args {
            [only] if cuts && self.is_last_dot(frame, &only.value) => self.without_dots(value),
            _ => value,
        }
    }

    pub(super) fn without_dots(&mut self, value: ValId) -> ValId {
        let known = self.arena.get(value);
        if known.labels.is_empty() {
            return value;
        }
        let mut known = known.clone();
        clear_all(&mut known.labels, Bits::NO_DOTDOT);
        self.arena.add(known)
    }

    /// Whether a number is the place of the last dot of some text, or the one after it.
    pub(super) fn is_last_dot(&self, frame: &Frame<'a>, operand: &Operand) -> bool {
        let mut operand = operand;
        for _ in 0..MAX_COPIES {
            match Self::definition(frame, operand) {
                Some(Op::Copy(inner) | Op::Typed { value: inner, .. }) => operand = inner,
                Some(Op::Binary {
                    op: BinaryOp::Add,
                    left,
                    right: Operand::Const(Const::Int(1)),
                }) => operand = left,
                Some(Op::Call {
                    callee: Callee::Method { name, .. },
                    args,
                }) => {
                    let last = matches!(
                        self.names.text(*name),
                        "lastIndexOf" | "rfind" | "rindex" | "LastIndex" | "LastIndexByte"
                    );
                    let dot = args.last().is_some_and(|a| match &a.value {
                        Operand::Const(Const::Str(text)) => self.names.text(*text) == ".",
                        Operand::Const(Const::Int(code)) => *code == i64::from(b'.'),
                        _ => false,
                    });
                    return last && dot;
                }
                _ => return false,
            }
        }
        false
    }
}
