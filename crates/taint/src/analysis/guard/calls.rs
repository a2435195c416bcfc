//! Calls as guards: validators of this module and of libraries, methods that ask.

use trueline_syntax::ir::{Arg, Callee, FuncId, Operand, Symbol};

use super::{OF_KINDS, THOROUGH, VOUCHING};
use crate::analysis::alphabet::Anchors;
use crate::analysis::names::words;
use crate::analysis::outcomes::Outcome;
use crate::analysis::state::State;
use crate::analysis::value::{Atom, Derivation, Source, ValId};
use crate::analysis::{Analyzer, Frame};
use crate::models::Bits;
use crate::rules::format::Control;

impl<'a> Analyzer<'a> {
    pub(super) fn assume_call(
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
        let Some((target, receiver)) = self.target_of(frame, state, callee) else {
            return;
        };
        let name = match callee {
            Callee::Method { name, .. } => Some(*name),
            _ => None,
        };
        let path = self.path_of(target);
        if let (Some(receiver), Some(name)) = (receiver, name) {
            let name = self.names.text(name).to_owned();
            self.assume_method(frame, state, &name, receiver, first, holds);
            if let ("some" | "anyMatch", true, [asks]) = (name.as_str(), holds, args) {
                self.assume_any(frame, state, receiver, &asks.value);
            }
            if let ("every" | "allMatch", true, [asks]) | ("some" | "anyMatch", false, [asks]) =
                (name.as_str(), holds, args)
            {
                let asks = self.read(frame, state, &asks.value);
                self.assume_each(state, receiver, asks, holds);
            }
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
            "all" | "any" if holds == (path == "all") => {
                if let [list] = args {
                    self.assume_comprehension(frame, state, &list.value, holds, nesting);
                }
            }
            "isinstance" if holds => self.assume_instance(frame, state, args),
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
        if !holds {
            self.assume_outcome(frame, state, callee, args, Outcome::Empty);
        }
        if holds {
            state.known_sender |= self.asks_for_a_code(target, receiver, path);
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

    /// `isinstance(x, int)`
    fn assume_instance(&mut self, frame: &Frame<'a>, state: &mut State, args: &'a [Arg]) {
        let [value, kind] = args else { return };
        let value = self.raw(frame, state, Self::main_way(frame, &value.value));
        let kind = self.raw(frame, state, &kind.value);
        let cleared = match self.path_of(kind).as_deref() {
            Some("int" | "float" | "bool" | "uuid.UUID") => Bits::ALL,
            Some("str") => self.models.structure_rules,
            _ => return,
        };
        self.establish(state, value, cleared);
    }

    /// Whether a call compares codes, or enters a function that does.
    fn asks_for_a_code(&mut self, target: ValId, receiver: Option<ValId>, path: &str) -> bool {
        if matches!(
            path,
            "hmac.compare_digest"
                | "secrets.compare_digest"
                | "crypto.timingSafeEqual"
                | "crypto/hmac.Equal"
        ) {
            return true;
        }
        let entered = self.only_function(target, receiver);
        entered
            .and_then(|(id, _)| self.summarize(id))
            .is_some_and(|summary| summary.checks_codes)
    }

    /// What a call enters, and the value that it is a method of.
    pub(in crate::analysis) fn target_of(
        &mut self,
        frame: &mut Frame<'a>,
        state: &State,
        callee: &Callee,
    ) -> Option<(ValId, Option<ValId>)> {
        match callee {
            Callee::Method { receiver, name } => {
                let receiver = self.raw(frame, state, receiver);
                let target = self.field(frame, state, receiver, *name);
                Some((target, Some(receiver)))
            }
            Callee::Function(operand) => Some((self.raw(frame, state, operand), None)),
            Callee::New(_) | Callee::Super { .. } => None,
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
    pub(in crate::analysis) fn may_vouch(&mut self, target: ValId, name: Option<Symbol>) -> bool {
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
    pub(in crate::analysis) fn sounds_sure(&mut self, id: FuncId) -> bool {
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
    pub(super) fn is_chosen_place(&mut self, state: &State, place: ValId) -> bool {
        let labels = self.deep_labels(state, place);
        // One part of a path, and an identifier under which a record was found, lead to no other folder.
        labels.iter().all(|l| match self.arena.source_of(l.source) {
            _ if l.cleared.has(Bits::FOUND) || l.cleared.has(Bits::SEGMENT) => true,
            Some(Source::Access(_)) => true,
            Some(Source::Site { kind, .. }) => self.control(kind) == Control::Local,
            None => false,
        })
    }
}
