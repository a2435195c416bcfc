//! What the standard library of Go does that tables cannot say: results that are tuples, formatted
//! text, appended lists, answers whose content type decides how they are read, and questions.
//!
//! A library call gives its result as one value; the first part of its tuple is that value, and the
//! others carry taint only where the models name them (`strings.Cut.1`).

use trueline_syntax::ir::{
    Arg, ArgKind, ClassId, Const, FuncId, Language, Op, Operand, Symbol, Var,
};

use super::alphabet::Anchors;
use super::call::{Call, Passed};
use super::names::MAX_TEXT;
use super::special::Special;
use super::state::{Contents, Key, State};
use super::transfer::clear_all;
use super::value::{self, Atom, Derivation, Konst, Labels, PathId, StepKind, ValId, Value};
use super::{Analyzer, Frame, ObjectKind};
use crate::models::{Bits, Entry, Returns};

/// Copies of copies are followed this far; a variable can be a copy of itself.
const MAX_COPIES: usize = 8;

/// A part of text that is being put together.
#[derive(Clone, Copy, Debug)]
enum Piece<'t> {
    Text(&'t str),
    Value(ValId),
    /// Shown as a number, in quotes of the language, or not at all.
    Harmless,
}

impl<'a> Analyzer<'a> {
    pub(super) fn is_go(&self) -> bool {
        self.module.language == Language::Go
    }

    /// `base[at]` where it takes the result of a call apart: at the very place of the call.
    pub(super) fn tuple_part(
        &mut self,
        frame: &mut Frame<'a>,
        state: &State,
        operand: &Operand,
        base: ValId,
        index: &Operand,
    ) -> Option<ValId> {
        let Operand::Const(Const::Int(at)) = index else {
            return None;
        };
        if !self.is_go()
            || !matches!(Self::definition(frame, operand), Some(Op::Call { .. }))
            || Self::definition_span(frame, operand) != Some(frame.span)
        {
            return None;
        }
        let known = self.arena.get(base);
        // Tuples of functions of this file, and what callers pass, have their parts.
        if known.atoms.iter().any(|a| match a {
            Atom::Object(object) => {
                matches!(self.object_kind(*object), Some(ObjectKind::List))
            }
            Atom::Access(_) => true,
            _ => false,
        }) {
            return None;
        }
        if *at == 0 {
            return Some(base);
        }
        let path = known.atoms.iter().find_map(|a| match a {
            Atom::Path(path) => Some(*path),
            _ => None,
        });
        let name = self.names.intern(&at.to_string());
        let named = path.is_some_and(|path| {
            let part = self.paths.child(path, name, &self.names);
            self.paths.entry(part).is_some_and(|e| e.alias.is_some())
        });
        Some(if named {
            self.field(frame, state, base, name)
        } else {
            ValId::UNKNOWN
        })
    }

    /// Calls of builtins of Go.
    #[expect(clippy::too_many_lines, reason = "one arm per builtin")]
    pub(super) fn go_call(
        &mut self,
        frame: &mut Frame<'a>,
        state: &mut State,
        path: PathId,
        special: Special,
        call: &Call<'_, 'a>,
    ) -> Option<ValId> {
        let values: Vec<ValId> = call.passed.iter().map(|p| p.value).collect();
        let spread = call.passed.iter().any(|p| p.kind == ArgKind::Spread);
        match special {
            Special::Append => Some(self.append(frame, state, call.passed)),
            Special::Sprintf if !spread => {
                let (format, rest) = values.split_first()?;
                self.printf(frame, state, *format, rest)
            }
            Special::Write => {
                let (writer, rest) = values.split_first()?;
                let text = if self.paths.text(path) == "fmt.Fprintf" && !spread {
                    let (format, rest) = rest.split_first()?;
                    self.printf(frame, state, *format, rest)
                } else {
                    None
                };
                let text = if let Some(text) = text {
                    text
                } else {
                    let pieces: Vec<_> = rest.iter().map(|v| Piece::Value(*v)).collect();
                    self.pieces(frame, state, &pieces)
                };
                if let Some(object) = self.only_object(*writer)
                    && matches!(self.object_kind(object), Some(ObjectKind::Instance(_)))
                {
                    self.store(state, *writer, None, ValId::UNDEF, text);
                }
                let passed = [
                    Passed {
                        kind: ArgKind::Positional,
                        value: *writer,
                    },
                    Passed {
                        kind: ArgKind::Positional,
                        value: text,
                    },
                ];
                let written = Call {
                    passed: &passed,
                    ..*call
                };
                if let Some(entry) = self.paths.entry(path) {
                    self.check_sinks(frame, state, &entry.sinks, false, &written);
                }
                Some(self.arena.single(Atom::Number))
            }
            Special::JoinText => {
                let list = *values.first()?;
                let labels = self.deep_labels(state, list);
                let object = self.only_object(list)?;
                Some(self.joined_text(frame, state, object, labels))
            }
            Special::ReplaceText => {
                let all = match values.get(3) {
                    Some(count) => {
                        matches!(self.arena.get(*count).konst, Some(Konst::Int(n)) if n < 0)
                    }
                    None => true,
                };
                let (text, rest) = call.passed.split_first()?;
                if let Some(filled) = self.filled_template(frame, state, text.value, rest) {
                    return Some(filled);
                }
                if !all {
                    return None;
                }
                let inner = Call {
                    passed: rest.get(..2)?,
                    ..*call
                };
                self.replaced(state, text.value, &inner)
            }
            Special::PathFrom => Some(self.same_text(*values.get(1)?)),
            Special::UrlText => {
                let url = self.arena.get(call.receiver?);
                match url.derived {
                    Some((Derivation::Url, text)) => {
                        let text = self.refined(state, text);
                        Some(self.same_text(text))
                    }
                    _ => None,
                }
            }
            Special::UrlHostText => {
                let mut host = self.arena.get(call.target).clone();
                host.derived?;
                host.atoms.clear();
                host.atoms.push(Atom::Text);
                Some(self.arena.add(host))
            }
            Special::SetHeader => {
                let [name, value] = values.as_slice() else {
                    return None;
                };
                let is_type = self
                    .constant_text(*name)
                    .is_some_and(|n| n.eq_ignore_ascii_case("content-type"));
                if is_type
                    && let Some(super::Callee::Method { receiver, .. }) = call.callee
                    && let Some(Op::Call {
                        callee: super::Callee::Method { receiver, .. },
                        ..
                    }) = Self::definition(frame, receiver)
                {
                    let writer = self.read(frame, state, receiver);
                    let key = Key::Name(self.names.intern("content-type"));
                    self.store(state, writer, Some(key), ValId::UNDEF, *value);
                }
                Some(ValId::UNKNOWN)
            }
            _ => None,
        }
    }

    /// A parameter of an enclosing function, with its declared type.
    pub(super) fn declared_parameter(&mut self, owner: FuncId, var: Var, symbolic: ValId) -> ValId {
        let annotation = self
            .function(owner)
            .and_then(|f| f.params.iter().find(|p| p.var == var))
            .and_then(|p| p.annotation);
        match annotation {
            Some(of) => self.typed(symbolic, of),
            None => symbolic,
        }
    }

    /// What an address carries of which parts were set one by one: a path or query that somebody chose
    /// chooses no host.
    pub(super) fn labels_of_address(&mut self, state: &State, address: ValId) -> Option<Labels> {
        const BEHIND_HOST: &[&str] = &["Path", "RawPath", "RawQuery", "Fragment", "RawFragment"];
        if !self.imports.contains("net/url") && !self.imports.contains("net/http") {
            return None;
        }
        let known = self.arena.get(address).clone();
        let mut objects = known.atoms.iter().filter_map(|atom| match atom {
            Atom::Object(object) => Some(*object),
            Atom::Access(access) => self.access_objects.get(access).copied(),
            _ => None,
        });
        let (Some(object), None) = (objects.next(), objects.next()) else {
            return None;
        };
        let contents = state.contents(object)?.clone();
        let is_behind = |key: &Key, names: &super::names::Names<'_>| match key {
            Key::Name(name) => BEHIND_HOST.contains(&names.text(*name)),
            Key::At(_) => false,
        };
        if !contents
            .entries
            .iter()
            .any(|e| is_behind(&e.0, &self.names))
        {
            return None;
        }
        let mut labels = known.labels;
        for (key, value) in &contents.entries {
            let mut part = self.deep_labels(state, *value);
            if is_behind(key, &self.names) {
                clear_all(&mut part, self.models.url_rules);
            }
            value::add_labels(&mut labels, &part);
        }
        let rest = self.deep_labels(state, contents.rest);
        value::add_labels(&mut labels, &rest);
        Some(labels)
    }

    fn begins_with(&self, value: ValId, text: &str) -> bool {
        let prefix = self.arena.get(value).prefix;
        prefix.is_some_and(|p| self.names.text(p).starts_with(text))
    }

    /// Whether a framework that fills a struct refuses other texts than harmless ones for a field:
    /// its tag names a list, a number or an alphabet.
    pub(super) fn is_validated(&self, class: ClassId, name: Symbol) -> bool {
        let field = self.lineage(class).into_iter().find_map(|class| {
            let fields = &self.class(class)?.fields;
            fields.iter().find(|f| f.name == name)
        });
        let Some(field) = field else {
            return false;
        };
        field
            .decorators
            .iter()
            .filter(|d| matches!(self.names.text(d.name), "binding" | "validate"))
            .filter_map(|d| match d.args.first() {
                Some(Some(Const::Str(text))) => Some(self.names.text(*text)),
                _ => None,
            })
            .flat_map(|text| text.split(','))
            .any(|check| {
                let check = check.split('=').next().unwrap_or(check).trim();
                matches!(
                    check,
                    "oneof"
                        | "number"
                        | "numeric"
                        | "alpha"
                        | "alphanum"
                        | "uuid"
                        | "uuid4"
                        | "hexadecimal"
                        | "boolean"
                )
            })
    }

    pub(super) fn constant_text(&self, value: ValId) -> Option<String> {
        self.arena.get(value).konst.and_then(|k| self.konst_text(k))
    }

    /// `append(list, a, b...)`
    fn append(&mut self, frame: &mut Frame<'a>, state: &mut State, passed: &[Passed]) -> ValId {
        let Some((first, more)) = passed.split_first() else {
            return ValId::UNKNOWN;
        };
        let contents = match self.only_object(first.value) {
            Some(object) if self.object_kind(object) == Some(ObjectKind::List) => {
                state.contents(object).cloned().unwrap_or_default()
            }
            _ => {
                let null = self.arena.get(first.value).is_null();
                let labels = self.deep_labels(state, first.value);
                Contents {
                    len: null.then_some(0),
                    rest: if labels.is_empty() {
                        ValId::UNDEF
                    } else {
                        self.arena.tainted(labels)
                    },
                    ..Contents::default()
                }
            }
        };
        let object = self.allocate(frame, ObjectKind::List, 5);
        let mut elements = Vec::new();
        for argument in more {
            if argument.kind == ArgKind::Spread {
                let known = self
                    .only_object(argument.value)
                    .and_then(|o| state.contents(o))
                    .filter(|c| c.len.is_some() && c.rest == ValId::UNDEF)
                    .map(|c| c.entries.iter().map(|e| e.1).collect::<Vec<_>>());
                if let Some(values) = known {
                    elements.extend(values.into_iter().map(|v| (true, v)));
                } else {
                    let element = self.next_element(
                        state,
                        argument.value,
                        trueline_syntax::ir::IterKind::Elements,
                    );
                    elements.push((false, element));
                }
            } else {
                elements.push((true, argument.value));
            }
        }
        *state.contents_mut(object) = contents;
        for (one, value) in elements {
            if !one {
                state.contents_mut(object).len = None;
            }
            self.push(state, object, value);
        }
        self.arena.single(Atom::Object(object))
    }

    /// Text formatted by verbs. `None` where the format is not constant.
    fn printf(
        &mut self,
        frame: &Frame<'a>,
        state: &State,
        format: ValId,
        values: &[ValId],
    ) -> Option<ValId> {
        let format = self.constant_text(format)?;
        let mut pieces = Vec::new();
        let mut rest = format.as_str();
        let mut next = 0_usize;
        while let Some(at) = rest.find('%') {
            let (text, tail) = rest.split_at(at);
            pieces.push(Piece::Text(text));
            let tail = tail.get(1..).unwrap_or("");
            let flags = tail
                .find(|c: char| {
                    !matches!(c, '+' | '-' | '#' | ' ' | '.' | '0'..='9' | '[' | ']' | '*')
                })
                .unwrap_or(tail.len());
            let (written, tail) = tail.split_at(flags);
            next += written.matches('*').count();
            if let Some((_, index)) = written.split_once('[')
                && let Some(index) = index
                    .split(']')
                    .next()
                    .and_then(|i| i.parse::<usize>().ok())
            {
                next = index.saturating_sub(1);
            }
            let mut chars = tail.chars();
            match chars.next() {
                Some('%') => pieces.push(Piece::Text("%")),
                Some(
                    'd' | 't' | 'x' | 'X' | 'b' | 'o' | 'O' | 'e' | 'E' | 'f' | 'F' | 'g' | 'G'
                    | 'c' | 'U' | 'p' | 'T',
                ) => {
                    pieces.push(Piece::Harmless);
                    next += 1;
                }
                Some(_) => {
                    if let Some(value) = values.get(next) {
                        pieces.push(Piece::Value(*value));
                    }
                    next += 1;
                }
                None => {}
            }
            rest = chars.as_str();
        }
        pieces.push(Piece::Text(rest));
        Some(self.pieces(frame, state, &pieces))
    }

    /// Text put together of parts.
    fn pieces(&mut self, frame: &Frame<'a>, state: &State, pieces: &[Piece<'_>]) -> ValId {
        let mut labels = Labels::new();
        let mut text = String::new();
        let mut constant = true;
        let mut began = false;
        for piece in pieces {
            match piece {
                Piece::Text("") => {}
                Piece::Text(part) => {
                    if constant {
                        text.push_str(part);
                    }
                    began = true;
                }
                Piece::Harmless => {
                    constant = false;
                    began = true;
                }
                Piece::Value(id) => {
                    let mut part = self.deep_labels(state, *id);
                    if began {
                        clear_all(&mut part, Bits::RELATIVE);
                    }
                    // Something before it, after the scheme, is the host.
                    if !constant && (text.is_empty() || text.contains("://")) {
                        clear_all(&mut part, self.models.url_rules);
                    }
                    value::add_labels(&mut labels, &part);
                    if constant {
                        if let Some(more) = self.constant_text(*id) {
                            text.push_str(&more);
                        } else {
                            if let Some(prefix) = self.arena.get(*id).prefix {
                                text.push_str(self.names.text(prefix));
                            }
                            constant = false;
                        }
                    }
                    began |= self.begins_constant(*id);
                }
            }
            if text.len() > MAX_TEXT {
                constant = false;
            }
        }
        let symbol = self.names.intern(&text);
        if constant && labels.is_empty() {
            return self.arena.constant(Konst::Str(symbol));
        }
        self.advance(&mut labels, frame.span, StepKind::Format);
        let mut value = Value {
            labels,
            prefix: Some(symbol),
            ..Value::default()
        };
        value.atoms.push(Atom::Text);
        self.arena.add(value)
    }

    /// `strings.ReplaceAll(template, "{name}", value)` of a template that the program chose: what is
    /// put in its place chooses neither a root nor a host.
    fn filled_template(
        &mut self,
        frame: &Frame<'a>,
        state: &State,
        template: ValId,
        rest: &[Passed],
    ) -> Option<ValId> {
        let (marker, value) = (rest.first()?.value, rest.get(1)?.value);
        self.constant_text(marker)?;
        if !self.holds_host(template) || self.arena.get(value).konst.is_some() {
            return None;
        }
        let mut labels = self.deep_labels(state, value);
        if labels.is_empty() {
            return None;
        }
        clear_all(&mut labels, Bits::RELATIVE.or(self.models.url_rules));
        let held = self.deep_labels(state, template);
        value::add_labels(&mut labels, &held);
        self.advance(&mut labels, frame.span, StepKind::Join);
        let mut value = Value {
            labels,
            prefix: None,
            ..Value::default()
        };
        value.atoms.push(Atom::Text);
        Some(self.arena.add(value))
    }

    /// Whether text written to an answer is read as HTML: its content type says so or, without one,
    /// its beginning does, which the library looks at.
    pub(super) fn shows_html(&self, state: &State, call: &Call<'_, 'a>, value: ValId) -> bool {
        let writer = match call.passed {
            [writer, _] => Some(writer.value),
            _ => call.receiver,
        };
        let kind = writer.and_then(|w| self.content_type(state, w));
        if let Some(kind) = kind {
            return kind.contains("html");
        }
        let prefix = self.arena.get(value).prefix;
        let prefix = prefix.map_or("", |p| self.names.text(p).trim_start());
        prefix.is_empty() || prefix.starts_with('<')
    }

    fn content_type(&self, state: &State, writer: ValId) -> Option<String> {
        self.arena.get(writer).atoms.iter().find_map(|atom| {
            let object = match atom {
                Atom::Access(access) => *self.access_objects.get(access)?,
                Atom::Object(object) => *object,
                _ => return None,
            };
            let entries = &state.contents(object)?.entries;
            let kind = entries.iter().find(
                |e| matches!(e.0, Key::Name(name) if self.names.text(name) == "content-type"),
            )?;
            Some(
                self.constant_text(kind.1)
                    .unwrap_or_default()
                    .to_lowercase(),
            )
        })
    }

    /// Puts what a call reads into the arguments that it fills.
    pub(super) fn fill_arguments(
        &mut self,
        frame: &Frame<'a>,
        state: &mut State,
        model: &Entry,
        held: &Labels,
        call: &Call<'_, 'a>,
    ) {
        let mut labels = held.clone();
        for (at, argument) in call.passed.iter().enumerate() {
            if !model.fills.contains(&(at as u16)) {
                value::add_labels(&mut labels, &self.deep_labels(state, argument.value));
            }
        }
        for kind in &model.sources {
            let label = self.source_label(frame.id, frame.span, *kind);
            value::add_labels(&mut labels, &[label]);
        }
        if labels.is_empty() {
            return;
        }
        let filled = self.arena.tainted(labels);
        let args = match Self::present_instr(frame) {
            Some(Op::Call { callee, args })
                if call.callee.is_some_and(|own| std::ptr::eq(own, callee)) =>
            {
                args.as_slice()
            }
            _ => &[],
        };
        for (at, argument) in call.passed.iter().enumerate() {
            if !model.fills.contains(&(at as u16)) {
                continue;
            }
            let kept = self
                .arena
                .get(argument.value)
                .atoms
                .iter()
                .any(|a| matches!(a, Atom::Object(_) | Atom::Access(_)));
            if kept {
                self.store(state, argument.value, None, ValId::UNDEF, filled);
                continue;
            }
            // The variable whose address is passed.
            let mut operand = args.get(at).map(|a| &a.value);
            for _ in 0..MAX_COPIES {
                let Some(Operand::Var(var)) = operand else {
                    break;
                };
                state.env.set(var.0 as usize, filled);
                operand = match Self::definition(frame, &Operand::Var(*var)) {
                    Some(Op::Copy(inner)) => Some(inner),
                    _ => None,
                };
            }
        }
    }

    /// The instruction that is being interpreted.
    pub(super) fn present_instr(frame: &Frame<'a>) -> Option<&'a Op> {
        let block = frame.function.blocks.get(frame.block.0 as usize)?;
        block.instrs.get(frame.instr as usize).map(|i| &i.op)
    }

    /// What the outcome of a question of the standard library says.
    pub(super) fn assume_library(
        &mut self,
        frame: &Frame<'a>,
        state: &mut State,
        path: &str,
        receiver: Option<ValId>,
        args: &'a [Arg],
        holds: bool,
    ) {
        let mut values = Vec::new();
        for arg in args {
            values.push(self.raw(frame, state, &arg.value));
        }
        match (path, values.as_slice()) {
            ("strings.Contains" | "bytes.Contains", [text, part]) => {
                self.assume_member(state, *part, *text, holds);
            }
            ("strings.ContainsRune" | "strings.ContainsAny", [text, chars]) if !holds => {
                let chars = match self.arena.get(*chars).konst {
                    Some(Konst::Int(code)) => u32::try_from(code)
                        .ok()
                        .and_then(char::from_u32)
                        .map(String::from),
                    _ => self.constant_text(*chars),
                };
                for c in chars.unwrap_or_default().chars() {
                    self.establish_absent(state, *text, &c.to_string());
                }
            }
            ("strings.HasPrefix" | "bytes.HasPrefix", [text, prefix]) => {
                let known = self.constant_text(*prefix);
                match (known.as_deref(), holds) {
                    (Some("/"), true) => self.establish(state, *text, Bits::SLASH_FIRST),
                    (Some("/"), false) => self.establish(state, *text, Bits::RELATIVE),
                    (Some("//"), false) => self.establish(state, *text, Bits::NOT_TWO_SLASHES),
                    // `rel, err := filepath.Rel(base, path)`
                    _ if !holds && self.begins_with(*prefix, "..") => {
                        self.establish(state, *text, Bits::NORMALISED.or(Bits::INSIDE));
                    }
                    (_, true) => self.assume_prefix(state, *text, *prefix),
                    _ => {}
                }
            }
            ("path/filepath.IsAbs" | "path.IsAbs", [path]) if !holds => {
                self.establish(state, *path, Bits::RELATIVE);
            }
            ("slices.Contains", [list, item]) => self.assume_member(state, *item, *list, holds),
            ("regexp.MatchString" | "regexp.Match", [pattern, text]) => {
                self.assume_regex(state, *pattern, *text, Anchors::None, holds);
            }
            (path, [text])
                if receiver.is_some()
                    && matches!(path.rsplit('.').next(), Some("MatchString" | "Match")) =>
            {
                let pattern = receiver.and_then(|r| self.pattern_of(state, r));
                if let Some(pattern) = pattern {
                    self.assume_regex(state, pattern, *text, Anchors::None, holds);
                }
            }
            _ => {}
        }
    }

    /// `err == nil` of a call: what it was asked about is good.
    pub(super) fn assume_success(
        &mut self,
        frame: &mut Frame<'a>,
        state: &mut State,
        error: &'a Operand,
    ) {
        let mut call = error;
        for _ in 0..4 {
            match Self::definition(frame, call) {
                Some(Op::Copy(inner)) => call = inner,
                Some(Op::Index { base, .. }) => call = base,
                _ => break,
            }
        }
        let Some(Op::Call { callee, args }) = Self::definition(frame, call) else {
            return;
        };
        let Some((target, receiver)) = self.target_of(frame, state, callee) else {
            return;
        };
        let name = match callee {
            super::Callee::Method { name, .. } => Some(*name),
            _ => None,
        };
        let parses = self
            .entries_of(target, name)
            .iter()
            .any(|e| e.returns == Some(Returns::Number));
        if parses && let Some(text) = args.first() {
            let text = self.raw(frame, state, &text.value);
            self.establish(state, text, Bits::ALL);
        }
        self.assume_answers(frame, state, target, receiver, args);
        if self.may_vouch(target, name) {
            for argument in args {
                let value = self.raw(frame, state, &argument.value);
                self.establish(state, value, Bits::VOUCHED);
            }
        }
    }

    /// Whether what a function returns says that all is well: no error. `None` where it does not
    /// return errors.
    pub(super) fn is_success(
        &self,
        frame: &Frame<'a>,
        state: &State,
        value: ValId,
    ) -> Option<bool> {
        if !self.is_go() {
            return None;
        }
        let declared = frame.function.returns.map(|r| self.names.text(r));
        if declared == Some("error") {
            return Some(self.arena.get(value).is_null());
        }
        let contents = state.contents(self.only_object(value)?)?;
        let last = contents.get(Key::At(contents.len?.checked_sub(1)?))?;
        match self.arena.get(last).konst {
            Some(Konst::Null) => Some(true),
            Some(Konst::Bool(truth)) => Some(truth),
            _ => Some(false),
        }
    }
}
