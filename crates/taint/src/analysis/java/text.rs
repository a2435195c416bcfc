//! Builders of text, formats and patterns of the JDK.

use trueline_syntax::ir::{BinaryOp, Language};

use super::{is_builder, known};
use crate::analysis::alphabet::rejected_alphabet;
use crate::analysis::call::Call;
use crate::analysis::state::{Contents, Key, State};
use crate::analysis::transfer::clear_all;
use crate::analysis::value::{self, Atom, Konst, Labels, ObjId, PathId, StepKind, ValId, Value};
use crate::analysis::{Analyzer, Frame, ObjectKind};
use crate::models::Bits;

impl<'a> Analyzer<'a> {
    pub(super) fn builder_method(
        &mut self,
        frame: &mut Frame<'a>,
        state: &mut State,
        object: ObjId,
        receiver: ValId,
        name: &str,
        call: &Call<'_, 'a>,
    ) -> Option<ValId> {
        let built = self.built_text(state, object);
        let first = call.passed.first().map(|p| p.value);
        let next = match name {
            "append" | "write" | "print" => self.binary(frame, state, BinaryOp::Add, built, first?),
            "toString" => return Some(built),
            "length" | "indexOf" | "lastIndexOf" | "isEmpty" | "capacity" => {
                return Some(self.arena.single(Atom::Number));
            }
            "setLength" if self.arena.get(first?).konst == Some(Konst::Int(0)) => {
                let empty = self.names.intern("");
                self.arena.constant(Konst::Str(empty))
            }
            "insert" | "replace" | "delete" | "deleteCharAt" | "setCharAt" | "setLength"
            | "reverse" => {
                let mut labels = self.arena.get(built).labels.clone();
                value::add_labels(&mut labels, &self.given_labels(state, call));
                let mut value = Value {
                    labels,
                    ..Value::default()
                };
                value.atoms.push(Atom::Text);
                self.arena.add(value)
            }
            _ => {
                let labels = self.arena.get(built).labels.clone();
                return Some(self.arena.tainted(labels));
            }
        };
        state.contents_mut(object).set(Key::At(0), next);
        Some(receiver)
    }

    fn built_text(&mut self, state: &State, object: ObjId) -> ValId {
        let contents = state.contents(object).cloned().unwrap_or_default();
        let text = contents.any(&mut self.arena);
        known(text)
    }

    /// `new StringBuilder(text)`.
    pub(in crate::analysis) fn new_builder(
        &mut self,
        frame: &Frame<'a>,
        state: &mut State,
        path: PathId,
        first: Option<ValId>,
    ) -> ValId {
        let empty = self.names.intern("");
        let empty = self.arena.constant(Konst::Str(empty));
        let start = match first {
            Some(first) if !self.arena.get(first).is_number() => {
                match self.arena.get(first).konst {
                    Some(Konst::Int(_)) => empty,
                    _ => first,
                }
            }
            _ => empty,
        };
        let object = self.allocate(frame, ObjectKind::Instance(path), 2);
        let mut contents = Contents::default();
        contents.set(Key::At(0), start);
        *state.contents_mut(object) = contents;
        self.arena.single(Atom::Object(object))
    }

    /// What is shown of a value where text is wanted: of a builder the text that it has built.
    pub(in crate::analysis) fn text_of_builder(&mut self, state: &State, value: ValId) -> ValId {
        if let Some(object) = self.only_object(value)
            && let Some(ObjectKind::Instance(path)) = self.object_kind(object)
            && is_builder(self.paths.text(path))
        {
            return self.built_text(state, object);
        }
        value
    }

    /// `String.format(template, …)`: what follows a constant beginning cannot choose a root or host.
    pub(in crate::analysis) fn java_format(
        &mut self,
        frame: &Frame<'a>,
        state: &State,
        template: ValId,
        given: &[crate::analysis::call::Passed],
    ) -> ValId {
        let head = self.arena.get(template).prefix.map(|t| {
            let text = self.names.text(t);
            text.split(['%', '{']).next().unwrap_or(text).to_owned()
        });
        let mut labels = Labels::new();
        for argument in given {
            if self.arena.get(argument.value).is_number() {
                continue;
            }
            value::add_labels(&mut labels, &self.deep_labels(state, argument.value));
        }
        if head.as_deref().is_some_and(|h| !h.is_empty()) {
            clear_all(&mut labels, Bits::RELATIVE);
        }
        value::add_labels(&mut labels, &self.arena.get(template).labels.clone());
        self.advance(&mut labels, frame.span, StepKind::Format);
        let prefix = head.map(|h| self.names.intern(&h));
        let mut value = Value {
            labels,
            prefix,
            ..Value::default()
        };
        value.atoms.push(Atom::Text);
        self.arena.add(value)
    }

    /// Methods of text.
    pub(in crate::analysis) fn java_text(
        &mut self,
        frame: &mut Frame<'a>,
        state: &mut State,
        receiver: ValId,
        name: &str,
        call: &Call<'_, 'a>,
    ) -> Option<ValId> {
        if self.module.language != Language::Java {
            return None;
        }
        for atom in self.arena.get(receiver).atoms.clone() {
            if let Atom::Access(access) = atom
                && self.receiver_class(access).is_some()
            {
                return None;
            }
        }
        let first = call.passed.first().map(|p| p.value);
        if let ("equals" | "equalsIgnoreCase" | "contentEquals", Some(other)) = (name, first) {
            self.check_comparison(frame, receiver, other);
        }
        match name {
            "equals"
            | "equalsIgnoreCase"
            | "contentEquals"
            | "isEmpty"
            | "isBlank"
            | "matches"
            | "contains"
            | "compareTo"
            | "compareToIgnoreCase"
            | "hashCode"
            | "length"
            | "isPresent"
            | "size"
            | "count"
            | "containsKey"
                if !call.passed.iter().any(|p| self.is_function(p.value)) =>
            {
                Some(self.arena.single(Atom::Number))
            }
            // Bytes that stand in the source.
            "getBytes" | "toCharArray" => match self.arena.get(receiver).konst {
                Some(Konst::Str(text)) => Some(self.arena.constant(Konst::Bytes(text))),
                _ => None,
            },
            "concat" => Some(self.binary(frame, state, BinaryOp::Add, receiver, first?)),
            "stripLeading" | "stripTrailing" | "intern" | "strip" => {
                if self.arena.get(receiver).labels.is_empty() {
                    return None;
                }
                Some(self.same_text(receiver))
            }
            "formatted" => Some(self.java_format(frame, state, receiver, call.passed)),
            "replaceAll" => {
                let [pattern, by] = call.passed else {
                    return None;
                };
                self.replaced_regex(state, receiver, pattern.value, by.value)
            }
            _ => None,
        }
    }

    /// `text.replaceAll("[^a-z]", "_")`: only the characters that are kept, and those put in.
    pub(in crate::analysis) fn replaced_regex(
        &mut self,
        state: &State,
        receiver: ValId,
        pattern: ValId,
        by: ValId,
    ) -> Option<ValId> {
        let text = |value: ValId| {
            let konst = self.arena.get(value).konst;
            konst.and_then(|k| self.konst_text(k))
        };
        let (pattern, by) = (text(pattern)?, text(by)?);
        let mut cleared = Bits::NONE;
        if let Some(alphabet) = rejected_alphabet(&pattern) {
            let may_have = |c: char| alphabet.has(c) || by.contains(c);
            for (at, rule) in self.models.rules.iter().enumerate() {
                if !rule.danger.is_empty() && !rule.danger.chars().any(may_have) {
                    cleared = cleared.or(Bits::rule(at as u16));
                }
            }
            if !may_have('.') {
                cleared = cleared.or(Bits::NO_DOTDOT);
            }
            if !may_have('/') {
                cleared = cleared.or(Bits::RELATIVE);
            }
        } else if pattern.chars().count() == 1 && !".^$*+?|()[]{}\\".contains(&pattern) {
            if !by.contains(&pattern) {
                cleared = self.cleared_by_absence(&pattern);
            }
        } else {
            return None;
        }
        let mut labels = self.deep_labels(state, receiver);
        clear_all(&mut labels, cleared);
        let mut value = Value {
            labels,
            ..Value::default()
        };
        value.atoms.push(Atom::Text);
        Some(self.arena.add(value))
    }
}
