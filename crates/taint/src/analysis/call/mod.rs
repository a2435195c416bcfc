//! Calls: what is called, with what, and what comes back.
//!
//! A function of this module is applied by its summary. A library call is looked up in the models;
//! one that no model knows passes taint from its arguments and receiver to its result, calls the
//! functions passed to it with what it holds, and is never a sink.

mod asserted;
mod classes;
mod handlers;
mod route_schemas;
mod unknown;

use super::state::State;
use super::summary::CallOfParameter;
use super::transfer::clear_all;
use super::value::{self, Atom, Labels, PathId, Root, Selector, ValId};
use super::{Analyzer, Frame, ObjectKind};
use crate::models::{Bits, Returns};
use smallvec::SmallVec;
use trueline_syntax::ir::{Arg, ArgKind, Callee, FuncId, Language, Op, Operand, Symbol};

pub(super) use self::route_schemas::CheckedField;

/// An argument with its value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Passed {
    pub(super) kind: ArgKind,
    pub(super) value: ValId,
}

/// The call being interpreted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call<'c, 'a> {
    pub(super) target: ValId,
    pub(super) receiver: Option<ValId>,
    pub(super) name: Option<Symbol>,
    pub(super) callee: Option<&'a Callee>,
    pub(super) passed: &'c [Passed],
}

/// Words in the name of an unknown function that say it cleans its argument: findings through it
/// are kept, in the tier for guesses.
const CLEANING: &[&str] = &[
    "sanitize",
    "sanitise",
    "sanitized",
    "sanitizer",
    "escape",
    "escaped",
    "clean",
    "purify",
    "encode",
    "quote",
    "validate",
    "validated",
    "strip",
    "safe",
    "whitelist",
    "allowlist",
    "hash",
    "slugify",
    "slug",
];

/// First words of the names of methods that find or change records: see [`Analyzer::looks_up`].
const LOOK_UPS: &[&str] = &[
    "get", "find", "fetch", "lookup", "query", "select", "search", "retrieve", "filter", "exists",
    "count", "create", "save", "update", "delete", "remove", "insert", "upsert", "list",
];

/// Classes that are looked through for a method.
const MAX_LINEAGE: usize = 32;

impl<'a> Analyzer<'a> {
    pub(super) fn call(
        &mut self,
        frame: &mut Frame<'a>,
        state: &mut State,
        callee: &'a Callee,
        args: &'a [Arg],
    ) -> ValId {
        let passed: SmallVec<[Passed; 4]> = args
            .iter()
            .map(|a| Passed {
                kind: a.kind,
                value: self.read(frame, state, &a.value),
            })
            .collect();
        let passed = self.spread_arguments(state, passed);
        for argument in &passed {
            if let ArgKind::Keyword(name) = argument.kind {
                self.check_secret(frame, name, argument.value);
            }
        }
        let mut call = Call {
            target: ValId::UNKNOWN,
            receiver: None,
            name: None,
            callee: Some(callee),
            passed: &passed,
        };
        let mut again = None;
        match callee {
            Callee::Method { receiver, name } => {
                let receiver = self.read(frame, state, receiver);
                call.receiver = Some(receiver);
                call.name = Some(*name);
                if let Some(result) = self.callback_method(frame, state, receiver, *name, &call) {
                    return self.refined(state, result);
                }
                if let Some(result) = self.run_elsewhere(frame, state, *name, &call) {
                    return self.refined(state, result);
                }
                if let Some(result) = self.let_through(frame, state, receiver, *name, &call) {
                    return self.refined(state, result);
                }
                self.check_backtracking(frame, state, receiver, *name, &call);
                again = self.repeatable(frame, receiver, *name, &passed);
                if let Some(known) = again.and_then(|key| self.arena.reads.get(&key).copied()) {
                    return self.refined(state, known);
                }
                if let Some(result) = self.builtin_method(frame, state, receiver, *name, &call) {
                    if let Some(key) = again {
                        self.arena.reads.insert(key, result);
                    }
                    return self.refined(state, result);
                }
                call.target = self.field(frame, state, receiver, *name);
            }
            Callee::Function(operand) | Callee::New(operand) => {
                call.target = self.read(frame, state, operand);
            }
            Callee::Super { name } => {
                call.target = self.super_method(frame, *name);
                call.name = Some(*name);
            }
        }
        self.check_default_secret(frame, &call);
        if let Some(result) = self.run_beside(frame, state, &call) {
            return self.refined(state, result);
        }
        let result = self.invoke(frame, state, &call);
        if let Some(key) = again {
            self.arena.reads.insert(key, result);
        }
        self.assume_asserted(frame, state, &call);
        // `path.relative_to(base)` raises unless the path is inside.
        if let (Some(receiver), Some(name), [base]) = (call.receiver, call.name, call.passed)
            && self.module.language == Language::Python
            && self.names.text(name) == "relative_to"
        {
            let path = self.arena.unrefined(receiver);
            if self.is_resolved(frame, callee) {
                self.establish(state, path, Bits::NORMALISED);
            }
            self.assume_prefix(state, path, base.value);
        }
        self.refined(state, result)
    }

    /// Whether the receiver of a call was made by `resolve()`, on one way at least.
    fn is_resolved(&self, frame: &Frame<'a>, callee: &Callee) -> bool {
        let Callee::Method {
            receiver: Operand::Var(var),
            ..
        } = callee
        else {
            return false;
        };
        let instrs = frame.function.blocks.iter().flat_map(|b| &b.instrs);
        let mut made = instrs.filter(|i| i.dst == Some(*var));
        made.any(|i| match &i.op {
            Op::Call {
                callee: Callee::Method { name, .. },
                ..
            } => self.names.text(*name) == "resolve",
            _ => false,
        })
    }

    /// The key of a text method with constant arguments: the same call on the same text gives the
    /// same value, so that a guard on the first holds for the second.
    fn repeatable(
        &mut self,
        frame: &Frame<'a>,
        receiver: ValId,
        name: Symbol,
        passed: &[Passed],
    ) -> Option<(FuncId, ValId, Selector)> {
        let known = self.arena.get(receiver);
        let text = self.names.text(name);
        let pure = matches!(
            text,
            "toLowerCase"
                | "toUpperCase"
                | "trim"
                | "split"
                | "slice"
                | "substring"
                | "toString"
                | "lower"
                | "upper"
                | "strip"
        );
        let opaque = |a: &Atom| matches!(a, Atom::Object(_) | Atom::Func(_) | Atom::Bound(..));
        if !pure || known.labels.is_empty() || known.atoms.iter().any(opaque) {
            return None;
        }
        let mut key = format!("{text}(");
        for argument in passed {
            let konst = self.arena.get(argument.value).konst?;
            key.push_str(&self.konst_text(konst)?);
            key.push(',');
        }
        let key = self.names.intern(&key);
        Some((frame.id, receiver, Selector::Name(key)))
    }

    /// Applies whatever the target may be and joins the results.
    pub(super) fn invoke(
        &mut self,
        frame: &mut Frame<'a>,
        state: &mut State,
        call: &Call<'_, 'a>,
    ) -> ValId {
        let atoms = self.arena.get(call.target).atoms.clone();
        if let Some(encoded) = self.encoded(&atoms, call) {
            return encoded;
        }
        let mut result = ValId::UNDEF;
        let mut known = false;
        for atom in &atoms {
            if let (Atom::Func(id) | Atom::Bound(id, _), Some(_)) = (atom, call.callee) {
                self.called_by.insert((*id, frame.id));
            }
            let one = match atom {
                Atom::Func(id) => {
                    let value = self.apply(frame, state, *id, call.receiver, call.passed);
                    self.answer_of_model(frame, *id, value)
                }
                Atom::Bound(id, receiver) => {
                    let value = self.apply(frame, state, *id, Some(*receiver), call.passed);
                    self.answer_of_model(frame, *id, value)
                }
                Atom::Class(class) => self.construct(frame, state, *class, call),
                Atom::Path(path) => self.library_call(frame, state, Some(*path), call),
                // Its type is known: the models answer for it.
                Atom::Access(_) if atoms.iter().any(|a| !matches!(a, Atom::Access(_))) => continue,
                Atom::Access(access) => {
                    frame.summary.note_call(CallOfParameter {
                        access: *access,
                        passed: call.passed.iter().map(|p| p.value).collect(),
                        place: Some(self.place(frame)),
                    });
                    let child = self.arena.child(*access, Selector::Called);
                    let value = self.arena.access_value(child);
                    let other = self.library_call(frame, state, None, call);
                    self.arena.join(value, other)
                }
                Atom::Object(object) => match self.object_kind(*object) {
                    Some(ObjectKind::Instance(path)) => {
                        self.library_call(frame, state, Some(path), call)
                    }
                    Some(ObjectKind::Class(class)) => {
                        let dunder = self.symbols.call;
                        match self.method_of(class, dunder) {
                            Some(id) => {
                                self.apply(frame, state, id, Some(call.target), call.passed)
                            }
                            None => continue,
                        }
                    }
                    Some(ObjectKind::Partial) => {
                        match self.call_partial(frame, state, *object, call) {
                            Some(value) => value,
                            None => continue,
                        }
                    }
                    Some(ObjectKind::Resolver) => {
                        self.settle_promise(state, *object, call);
                        ValId::UNKNOWN
                    }
                    _ => continue,
                },
                Atom::Text | Atom::Number => continue,
            };
            known = true;
            result = self.arena.join(result, one);
        }
        if known {
            result
        } else {
            self.library_call(frame, state, None, call)
        }
    }

    /// A code that must not be compared, in another form: `hex.EncodeToString(mac.Sum(nil))`.
    fn encoded(&self, target: &[Atom], call: &Call<'_, 'a>) -> Option<ValId> {
        let [Atom::Path(path)] = target else {
            return None;
        };
        self.paths.entry(*path).filter(|e| e.encodes)?;
        let code = |value: ValId| {
            let atoms = &self.arena.get(value).atoms;
            atoms.iter().any(|atom| {
                matches!(atom, Atom::Path(path)
                    if self.paths.entry(*path).is_some_and(|e| !e.comparisons.is_empty()))
            })
        };
        let mut passed = call.passed.iter().map(|p| p.value);
        passed.find(|value| code(*value))
    }

    /// A call into a library, or of something unknown.
    #[expect(
        clippy::too_many_lines,
        reason = "the steps of one call, in the order in which they can answer it"
    )]
    fn library_call(
        &mut self,
        frame: &mut Frame<'a>,
        state: &mut State,
        path: Option<PathId>,
        call: &Call<'_, 'a>,
    ) -> ValId {
        let entry = path.and_then(|p| self.paths.entry(p));
        if let Some(path) = path
            && self.paths.special(path).is_some()
        {
            if let Some(model) = entry {
                self.check_sinks(frame, state, &model.sinks, false, call);
            }
            if let Some(result) = self.special_call(frame, state, path, call) {
                return result;
            }
        }
        let by_name = if entry.is_none() {
            call.name.and_then(|n| self.paths.method(n, &self.names))
        } else {
            None
        };
        let model = entry.or(by_name);
        if let Some(model) = model {
            self.check_sinks(frame, state, &model.sinks, by_name.is_some(), call);
            self.check_weak_calls(frame, state, &model.weak_calls, call);
            frame.dead |= model.never;
            if model.compares
                && let [left, right] = call.passed
            {
                self.check_comparison(frame, left.value, right.value);
            }
            if let Some(kind) = model.media_type {
                self.note_media_type(state, kind, call);
            }
            if model.returns == Some(Returns::Receiver)
                && let Some(receiver) = call.receiver
            {
                return receiver;
            }
        }
        if let Some(path) = path
            && let Some(read) = self.read_stream(frame, state, path, call)
        {
            return read;
        }
        let opaque = model.is_some_and(|m| m.opaque)
            || model.is_none() && self.asks_store(path, call)
            || entry.is_none()
                && call
                    .name
                    .and_then(|n| self.paths.method(n, &self.names))
                    .is_some_and(|m| {
                        m.opaque
                            || !m.opaque_after.is_empty()
                                && self.comes_after(frame, call.callee, &m.opaque_after)
                    });
        for id in self.register_handlers(frame, state, call) {
            self.enter_elsewhere(frame, state, id);
        }
        let mut labels = self.arena.get(call.target).labels.clone();
        let symbolic: SmallVec<[value::AccessId; 2]> = self
            .arena
            .get(call.target)
            .atoms
            .iter()
            .filter_map(|a| match a {
                Atom::Access(id) => Some(*id),
                _ => None,
            })
            .collect();
        // What a caller passed and is called now is named by its own path; of what stands around a
        // closure, only if its type is not known.
        let typed = symbolic.len() < self.arena.get(call.target).atoms.len();
        labels.retain(|l| {
            let Some(value::Source::Access(id)) = self.arena.source_of(l.source) else {
                return true;
            };
            let root = self.arena.access(id).map(|a| a.root);
            typed && matches!(root, Some(Root::Captured(..))) || !symbolic.contains(&id)
        });
        // What a request gives is that very part of it, not what was read from it before.
        let is_source = model.is_some_and(|m| !m.sources.is_empty());
        // What a file holds is not its place.
        let of_file = opaque
            && call
                .name
                .is_some_and(|n| matches!(self.names.text(n), "read_text" | "read_bytes"));
        if is_source || of_file {
            labels.clear();
        }
        let mut holds = false;
        if let Some(receiver) = call.receiver
            && !is_source
            && !of_file
        {
            let own: SmallVec<[value::AccessId; 2]> = self.access_atoms(receiver);
            let address = match call.name.map(|name| self.names.text(name)) {
                Some("String") if self.is_go() && call.passed.is_empty() => {
                    self.labels_of_address(state, receiver)
                }
                _ => None,
            };
            let mut held = address.unwrap_or_else(|| self.deep_labels(state, receiver));
            held.retain(|l| {
                !matches!(self.arena.source_of(l.source),
                    Some(value::Source::Access(id)) if own.contains(&id))
            });
            holds = !held.is_empty();
            value::add_labels(&mut labels, &held);
        }
        if let Some(model) = model
            && !model.fills.is_empty()
        {
            self.fill_arguments(frame, state, model, &labels, call);
            return ValId::UNKNOWN;
        }
        let mut given = Labels::new();
        // What is found under a key is not the key.
        let by_key = self.module.language != Language::Java
            && entry.is_none()
            && call.receiver.is_some()
            && call
                .name
                .is_some_and(|n| matches!(self.names.text(n), "get" | "Get" | "getOrDefault"))
            && call
                .passed
                .first()
                .is_some_and(|key| self.only_object(key.value).is_none());
        for argument in call.passed.iter().skip(usize::from(by_key)) {
            value::add_labels(&mut given, &self.deep_labels(state, argument.value));
        }
        let nothing = Labels::new();
        let handed_on = if opaque { &nothing } else { &given };
        let mut returned = self.call_back(frame, state, call, &labels, handed_on);
        if let Some(model) = model {
            returned = self.arena.marked(returned, model.clears, &[]);
        }
        // `rows.map(r -> "?")`: what the function makes, whatever it was given.
        if self.maps_in_sight(call) {
            labels.clear();
        }
        if model.is_some_and(|m| m.stores)
            && let Some(receiver) = call.receiver
            && !given.is_empty()
        {
            let stored = self.arena.tainted(given.clone());
            self.store(state, receiver, None, ValId::UNDEF, stored);
        }
        if !opaque {
            if !given.is_empty() && self.is_guess(path, entry, call, holds) {
                let doubt = if self.sounds_cleaning(path, call) || self.looks_up(path, call) {
                    2
                } else {
                    1
                };
                for label in &mut given {
                    label.guesses = label.guesses.saturating_add(doubt);
                }
            }
            value::add_labels(&mut labels, &given);
        }
        if let Some(model) = model {
            clear_all(&mut labels, model.clears);
            if !call.passed.is_empty() {
                clear_all(&mut labels, model.clears_if_passed);
            }
            if model.clears_if_declared != Bits::NONE && self.is_passed_declared(frame) {
                clear_all(&mut labels, model.clears_if_declared);
            }
            for kind in &model.sources {
                if self.is_asked_source(frame, *kind) {
                    continue;
                }
                let label = self.source_label(frame.id, frame.span, *kind);
                if self.replayed.is_some() {
                    self.passed_sources.insert(label.source);
                }
                value::add_labels(&mut labels, &[label]);
            }
        }
        let decorated = self.decorated(call);
        // What a decorator makes of a class is that class still.
        if matches!(self.arena.get(decorated).atoms.as_slice(), [Atom::Class(_)]) {
            return decorated;
        }
        let value = self.result_value(frame, state, path, entry, labels, call);
        let value = self.arena.join(value, decorated);
        let value = self.arena.join(value, returned);
        match call.passed.first().map(|p| self.arena.get(p.value).konst) {
            Some(Some(value::Konst::Str(key))) if call.receiver.is_some() => {
                self.own_address(value, key)
            }
            _ => value,
        }
    }

    /// A header by which a browser says what site it talks to, or comes from: no other site can make a
    /// visitor's browser send another one, nor one of a program's own (`X-…`).
    pub(super) fn own_address(&mut self, value: ValId, key: Symbol) -> ValId {
        let labels = &self.arena.get(value).labels;
        if labels.is_empty() {
            return value;
        }
        let name = self.names.text(key).to_ascii_lowercase().replace('_', "-");
        let name = name.strip_prefix("http-").unwrap_or(&name);
        let rules = if name.starts_with("x-")
            || name.starts_with("hx-")
            || matches!(name, "host" | "forwarded")
        {
            self.models.own_header_rules
        } else if matches!(name, "referer" | "referrer") {
            self.models.own_address_rules
        } else {
            return value;
        };
        let of_headers = |label: &&value::Label| match self.arena.source_of(label.source) {
            Some(value::Source::Site { kind, .. }) => {
                let kind = self.models.source_kinds.get(usize::from(kind));
                kind.is_some_and(|kind| kind.what.starts_with("headers"))
            }
            _ => false,
        };
        let headers = labels.iter().filter(of_headers).map(|label| label.source);
        let headers: SmallVec<[value::SourceId; 2]> = headers.collect();
        if headers.is_empty() {
            return value;
        }
        self.arena.marked(value, rules, &headers)
    }

    /// Whether a stream of Java is mapped by a function in sight.
    fn maps_in_sight(&self, call: &Call<'_, 'a>) -> bool {
        let name = call.name.map_or("", |name| self.names.text(name));
        self.module.language == Language::Java
            && matches!(name, "map" | "mapToObj")
            && call.passed.len() == 1
            && call.passed.iter().all(|p| {
                let atoms = &self.arena.get(p.value).atoms;
                matches!(atoms.as_slice(), [Atom::Func(_) | Atom::Bound(..)])
            })
    }

    fn access_atoms(&self, value: ValId) -> SmallVec<[value::AccessId; 2]> {
        self.arena
            .get(value)
            .atoms
            .iter()
            .filter_map(|a| match a {
                Atom::Access(id) => Some(*id),
                _ => None,
            })
            .collect()
    }

    /// Whether the first argument of the present call is a parameter that is declared to be of some class:
    /// its attributes are those that the class declares.
    fn is_passed_declared(&self, frame: &Frame<'a>) -> bool {
        const OPEN: &[&str] = &[
            "Any",
            "Dict",
            "Mapping",
            "MutableMapping",
            "Namespace",
            "SimpleNamespace",
            "Request",
        ];
        let Some(Op::Call { args, .. }) = Self::present_instr(frame) else {
            return false;
        };
        let Some(Operand::Var(var)) = args.first().map(|a| &a.value) else {
            return false;
        };
        let mut params = frame.function.params.iter();
        let declared = params.find(|p| p.var == *var).and_then(|p| p.annotation);
        declared.is_some_and(|of| {
            let last = crate::analysis::entry::last_name(self.names.text(of));
            last.starts_with(char::is_uppercase) && !OPEN.contains(&last)
        })
    }

    /// Whether a method is called on what a call of one of these methods gave.
    fn comes_after(
        &self,
        frame: &Frame<'a>,
        callee: Option<&'a Callee>,
        methods: &[String],
    ) -> bool {
        let Some(Callee::Method { receiver, .. }) = callee else {
            return false;
        };
        let mut operand = receiver;
        for _ in 0..4 {
            match Self::definition(frame, operand) {
                Some(Op::Copy(inner) | Op::Await(inner)) => operand = inner,
                Some(Op::Call {
                    callee: Callee::Method { name, .. },
                    ..
                }) => return methods.iter().any(|m| m == self.names.text(*name)),
                _ => return false,
            }
        }
        false
    }

    /// The name of what a method is called on: of the variable, field or call that gave it.
    pub(super) fn receiver_name(
        &self,
        frame: &Frame<'a>,
        callee: Option<&'a Callee>,
    ) -> Option<String> {
        let Callee::Method { receiver, .. } = callee? else {
            return None;
        };
        self.operand_name(frame, receiver)
    }

    /// The name that the source gives to a value.
    pub(super) fn operand_name(
        &self,
        frame: &Frame<'a>,
        operand: &trueline_syntax::ir::Operand,
    ) -> Option<String> {
        let mut operand = operand;
        for _ in 0..4 {
            let Operand::Var(var) = operand else {
                return None;
            };
            let decl = frame.function.vars.get(var.0 as usize)?;
            let name = self.names.text(decl.name);
            if !name.is_empty() {
                return Some(name.to_owned());
            }
            match Self::definition(frame, operand)? {
                Op::Field { name, .. } => return Some(self.names.text(*name).to_owned()),
                Op::Call { callee, .. } => match callee {
                    Callee::Method { name, .. } => return Some(self.names.text(*name).to_owned()),
                    Callee::Function(inner) | Callee::New(inner) => operand = inner,
                    Callee::Super { .. } => return None,
                },
                Op::Copy(inner)
                | Op::Await(inner)
                | Op::Enter(inner)
                | Op::Typed { value: inner, .. } => operand = inner,
                Op::This => return Some("this".to_owned()),
                _ => return None,
            }
        }
        None
    }

    fn callee_name(&self, frame: &Frame<'a>, callee: Option<&'a Callee>) -> Option<Symbol> {
        match callee? {
            Callee::Method { name, .. } | Callee::Super { name } => Some(*name),
            Callee::Function(trueline_syntax::ir::Operand::Var(var)) => {
                let name = frame.function.vars.get(var.0 as usize)?.name;
                (!self.names.text(name).is_empty()).then_some(name)
            }
            _ => None,
        }
    }
}
