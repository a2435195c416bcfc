//! What builtins of JavaScript hand to the functions that they are given, and what they make of
//! the answers: methods of arrays and promises, and event emitters.
//!
//! A promise is the value that it resolves to, so `then` calls its function with its receiver.

use smallvec::SmallVec;
use trueline_syntax::ir::{ArgKind, IterKind, Language, Symbol};

use super::call::{Call, Passed};
use super::outcomes::Outcome;
use super::state::{Contents, Key, State};
use super::value::{AccessId, Atom, Konst, Root, ValId};
use super::{Analyzer, Frame, ObjectKind};
use crate::models::Bits;

/// Rounds in which the accumulator of a `reduce` settles.
const REDUCE_ROUNDS: usize = 2;
/// Elements of a list that is spread into the arguments of a call.
const MAX_SPREAD: i64 = 16;

impl<'a> Analyzer<'a> {
    pub(super) fn calls_back(&self) -> bool {
        matches!(
            self.module.language,
            Language::JavaScript | Language::TypeScript
        )
    }

    /// A method of an array or a promise that takes a function.
    pub(super) fn callback_method(
        &mut self,
        frame: &mut Frame<'a>,
        state: &mut State,
        receiver: ValId,
        name: Symbol,
        call: &Call<'_, 'a>,
    ) -> Option<ValId> {
        if !self.calls_back() {
            return None;
        }
        let function = call.passed.first()?.value;
        let name = self.names.text(name).to_owned();
        if name == "then" || name == "catch" || name == "finally" {
            return self.promise_method(frame, state, receiver, &name, call);
        }
        if name == "emit" {
            return self.emit(frame, state, receiver, call);
        }
        if matches!(name.as_str(), "on" | "once" | "addListener") {
            return self.listen(receiver, call);
        }
        let known = matches!(
            name.as_str(),
            "forEach"
                | "map"
                | "flatMap"
                | "filter"
                | "find"
                | "findLast"
                | "findIndex"
                | "findLastIndex"
                | "some"
                | "every"
                | "reduce"
                | "reduceRight"
                | "sort"
                | "toSorted"
        );
        if !known || !self.is_callable(function) || !self.may_be_array(receiver) {
            return None;
        }
        let element = self.next_element(state, receiver, IterKind::Elements);
        let keys = match self.only_object(receiver).map(|o| (o, self.object_kind(o))) {
            Some((object, Some(ObjectKind::Map))) if name == "forEach" => {
                state.contents(object).map(|c| c.keys)
            }
            Some((_, Some(ObjectKind::Map))) => return None,
            _ => None,
        };
        let number = self.arena.single(Atom::Number);
        let at = keys.unwrap_or(number);
        let passed: SmallVec<[ValId; 4]> = SmallVec::from_slice(&[element, at, receiver]);
        match name.as_str() {
            "forEach" => {
                self.call_function(frame, state, function, &passed);
                Some(ValId::UNKNOWN)
            }
            "map" => {
                let made = self.call_function(frame, state, function, &passed);
                Some(self.list_of(frame, state, made))
            }
            "flatMap" => {
                let made = self.call_function(frame, state, function, &passed);
                let element = match self.only_object(made) {
                    Some(_) => self.next_element(state, made, IterKind::Elements),
                    None => made,
                };
                Some(self.list_of(frame, state, element))
            }
            "filter" => {
                self.call_function(frame, state, function, &passed);
                let kept = self.accepted(function, element);
                Some(self.list_of(frame, state, kept))
            }
            "find" | "findLast" => {
                self.call_function(frame, state, function, &passed);
                Some(self.accepted(function, element))
            }
            "reduce" | "reduceRight" => {
                let mut all = call.passed.get(1).map_or(element, |p| p.value);
                for _ in 0..REDUCE_ROUNDS {
                    let passed = [all, element, number, receiver];
                    let next = self.call_function(frame, state, function, &passed);
                    let joined = self.arena.join(all, next);
                    if joined == all {
                        break;
                    }
                    all = joined;
                }
                Some(all)
            }
            "sort" | "toSorted" => {
                self.call_function(frame, state, function, &[element, element]);
                if let Some(object) = self.only_object(receiver)
                    && let Some(mut contents) = state.contents(object).cloned()
                {
                    contents.blur(&mut self.arena);
                    *state.contents_mut(object) = contents;
                }
                Some(receiver)
            }
            _ => {
                self.call_function(frame, state, function, &passed);
                Some(number)
            }
        }
    }

    fn promise_method(
        &mut self,
        frame: &mut Frame<'a>,
        state: &mut State,
        receiver: ValId,
        name: &str,
        call: &Call<'_, 'a>,
    ) -> Option<ValId> {
        let receiver = self.awaited(state, receiver);
        let own = self.arena.get(receiver).atoms.clone();
        if own
            .iter()
            .any(|a| matches!(a, Atom::Func(_) | Atom::Bound(..) | Atom::Class(_)))
        {
            return None;
        }
        let first = call.passed.first()?.value;
        let second = call.passed.get(1).map(|p| p.value);
        if !self.is_callable(first) && !second.is_some_and(|s| self.is_callable(s)) {
            return None;
        }
        let reason = self.deep_labels(state, receiver);
        let last = self.names.intern("Error");
        let error = self.paths.absolute("Error", last);
        let reason = self.arena.add(super::value::Value {
            labels: reason,
            ..super::value::Value::of(Atom::Path(error))
        });
        match name {
            "then" => {
                let mut result = if self.is_callable(first) {
                    self.call_function(frame, state, first, &[receiver])
                } else {
                    receiver
                };
                if let Some(second) = second.filter(|s| self.is_callable(*s)) {
                    let other = self.call_function(frame, state, second, &[reason]);
                    result = self.arena.join(result, other);
                }
                Some(result)
            }
            "catch" => {
                let other = self.call_function(frame, state, first, &[reason]);
                Some(self.arena.join(receiver, other))
            }
            _ => {
                self.call_function(frame, state, first, &[]);
                Some(receiver)
            }
        }
    }

    /// `new Promise((resolve, reject) => …)`: what its function settles it with, now or later.
    pub(super) fn new_promise(
        &mut self,
        frame: &mut Frame<'a>,
        state: &mut State,
        function: ValId,
    ) -> ValId {
        let object = self.allocate(frame, ObjectKind::Resolver, 7);
        *state.contents_mut(object) = Contents::default();
        let resolve = self.arena.single(Atom::Object(object));
        self.call_function(frame, state, function, &[resolve, ValId::UNKNOWN]);
        resolve
    }

    /// What a promise comes to.
    pub(super) fn awaited(&mut self, state: &State, value: ValId) -> ValId {
        let known = self.arena.get(value);
        let is_promise = |atom: &Atom| match atom {
            Atom::Object(object) => self.object_kind(*object) == Some(ObjectKind::Resolver),
            _ => false,
        };
        if !known.atoms.iter().any(is_promise) {
            return value;
        }
        let mut rest = known.clone();
        let promises: SmallVec<[Atom; 2]> = rest.atoms.iter().copied().filter(is_promise).collect();
        rest.atoms.retain(|atom| !promises.contains(atom));
        let mut result = if rest.atoms.is_empty() && rest.labels.is_empty() {
            ValId::UNDEF
        } else {
            self.arena.add(rest)
        };
        for promise in promises {
            if let Atom::Object(object) = promise
                && let Some(settled) = state.contents(object).map(|c| c.rest)
            {
                result = self.arena.join(result, settled);
            }
        }
        if result == ValId::UNDEF {
            return ValId::UNKNOWN;
        }
        result
    }

    pub(super) fn settle_promise(
        &mut self,
        state: &mut State,
        object: super::value::ObjId,
        call: &Call<'_, 'a>,
    ) {
        let Some(value) = call.passed.first().map(|p| p.value) else {
            return;
        };
        let known = state.contents(object).map_or(ValId::UNDEF, |c| c.rest);
        let joined = self.arena.join(known, value);
        state.contents_mut(object).rest = joined;
    }

    /// `request.on("data", f)`: what a stream of the models is read in goes to the function.
    pub(super) fn read_stream(
        &mut self,
        frame: &mut Frame<'a>,
        state: &mut State,
        path: super::value::PathId,
        call: &Call<'_, 'a>,
    ) -> Option<ValId> {
        if !self.calls_back() {
            return None;
        }
        let text = self.paths.text(path);
        let (stream, method) = text.rsplit_once('.')?;
        let pieces = format!("{stream}.{}", super::transfer::PIECES);
        if !matches!(method, "on" | "once" | "addListener")
            || !self.tables.paths.contains_key(pieces.as_str())
        {
            return None;
        }
        let [event, function] = call.passed else {
            return None;
        };
        let event = self.arena.get(event.value).konst;
        let event = event.and_then(|k| self.konst_text(k))?;
        if !self.is_function(function.value) {
            return None;
        }
        let piece = match event.as_str() {
            "data" => {
                let last = self.names.intern(super::transfer::PIECES);
                let path = self.paths.absolute(&pieces, last);
                let piece = self.arena.single(Atom::Path(path));
                self.with_source(frame, piece)
            }
            _ => ValId::UNKNOWN,
        };
        self.call_function(frame, state, function.value, &[piece]);
        Some(call.receiver.unwrap_or(ValId::UNKNOWN))
    }

    /// `emitter.on("name", f)`: what is emitted under the name goes to the function.
    fn listen(&mut self, receiver: ValId, call: &Call<'_, 'a>) -> Option<ValId> {
        let [event, function] = call.passed else {
            return None;
        };
        let Some(Konst::Str(event)) = self.arena.get(event.value).konst else {
            return None;
        };
        if !self.is_emitter(receiver) || !self.is_function(function.value) {
            return None;
        }
        let known = self.listeners.entry(event).or_default();
        if !known.contains(&function.value) {
            known.push(function.value);
        }
        Some(receiver)
    }

    fn emit(
        &mut self,
        frame: &mut Frame<'a>,
        state: &mut State,
        receiver: ValId,
        call: &Call<'_, 'a>,
    ) -> Option<ValId> {
        let Some(Konst::Str(event)) = self.arena.get(call.passed.first()?.value).konst else {
            return None;
        };
        if !self.is_emitter(receiver) {
            return None;
        }
        let functions = self.listeners.get(&event)?.clone();
        let passed: SmallVec<[ValId; 4]> = call.passed.iter().skip(1).map(|p| p.value).collect();
        for function in functions {
            self.call_function(frame, state, function, &passed);
        }
        Some(self.arena.single(Atom::Number))
    }

    fn is_emitter(&self, receiver: ValId) -> bool {
        let inherits = |class: trueline_syntax::ir::ClassId| {
            let class = self.class(class);
            class.is_some_and(|c| {
                c.bases
                    .iter()
                    .any(|b| self.names.text(*b).ends_with("EventEmitter"))
            })
        };
        self.arena
            .get(receiver)
            .atoms
            .iter()
            .any(|atom| match atom {
                Atom::Path(path) => matches!(
                    self.paths.text(*path),
                    "events" | "events.EventEmitter" | "eventemitter3"
                ),
                Atom::Object(object) => match self.object_kind(*object) {
                    Some(ObjectKind::Class(class)) => inherits(class),
                    _ => false,
                },
                Atom::Access(access) => self.own_class(*access).is_some_and(inherits),
                _ => false,
            })
    }

    /// What runs a function elsewhere with the arguments that follow it: `asyncio.to_thread(f, a)`.
    pub(super) fn run_elsewhere(
        &mut self,
        frame: &mut Frame<'a>,
        state: &mut State,
        name: Symbol,
        call: &Call<'_, 'a>,
    ) -> Option<ValId> {
        if self.module.language != Language::Python {
            return None;
        }
        let at = match self.names.text(name) {
            "to_thread" | "run_sync" | "submit" | "run_in_threadpool" => 0,
            "run_in_executor" => 1,
            _ => return None,
        };
        let function = call.passed.get(at)?.value;
        if !self.is_callable(function) {
            return None;
        }
        let inner = Call {
            target: function,
            receiver: None,
            name: None,
            callee: None,
            passed: &call.passed[at + 1..],
        };
        let dead = frame.dead;
        let result = self.invoke(frame, state, &inner);
        frame.dead = dead;
        Some(if result == ValId::UNDEF {
            ValId::UNKNOWN
        } else {
            result
        })
    }

    /// `Thread(target=f, args=(a, b))`: a function that gets each of the arguments in its own place.
    pub(super) fn run_beside(
        &mut self,
        frame: &mut Frame<'a>,
        state: &mut State,
        call: &Call<'_, 'a>,
    ) -> Option<ValId> {
        if self.module.language != Language::Python {
            return None;
        }
        let mut paths = self.arena.get(call.target).atoms.iter();
        let timer = paths.find_map(|atom| match atom {
            Atom::Path(path) => match self.paths.text(*path) {
                "threading.Thread" | "multiprocessing.Process" => Some(false),
                "threading.Timer" => Some(true),
                _ => None,
            },
            _ => None,
        })?;
        let keyword = |wanted: &str| {
            let mut all = call.passed.iter();
            all.find_map(|p| match p.kind {
                ArgKind::Keyword(name) if self.names.text(name) == wanted => Some(p.value),
                _ => None,
            })
        };
        let place = |at: usize| {
            let found = call.passed.get(at)?;
            (found.kind == ArgKind::Positional).then_some(found.value)
        };
        let (function, args) = if timer {
            let function = keyword("function").or_else(|| place(1))?;
            (function, keyword("args").or_else(|| place(2)))
        } else {
            (keyword("target")?, keyword("args"))
        };
        if !self.is_callable(function) || keyword("kwargs").is_some() {
            return None;
        }
        let values = match args {
            Some(args) => {
                let contents = state.contents(self.only_object(args)?)?;
                let len = contents.len.filter(|len| *len <= MAX_SPREAD)?;
                (0..len)
                    .map(|at| contents.get(Key::At(at)).unwrap_or(ValId::UNKNOWN))
                    .collect()
            }
            None => Vec::new(),
        };
        self.call_function(frame, state, function, &values);
        Some(ValId::UNKNOWN)
    }

    /// Calls a function with values; that it never returns says nothing of the code after.
    pub(super) fn call_function(
        &mut self,
        frame: &mut Frame<'a>,
        state: &mut State,
        target: ValId,
        values: &[ValId],
    ) -> ValId {
        for atom in &self.arena.get(target).atoms {
            if let Atom::Func(id) | Atom::Bound(id, _) = atom {
                self.called_by.insert((*id, frame.id));
            }
        }
        let dead = frame.dead;
        let library = self
            .arena
            .get(target)
            .atoms
            .iter()
            .all(|a| matches!(a, Atom::Path(_)));
        // `map(Number)`: what follows the element does not matter to functions of libraries.
        let count = if library { 1 } else { values.len() };
        let passed: SmallVec<[Passed; 4]> = values
            .iter()
            .take(count)
            .map(|value| Passed {
                kind: ArgKind::Positional,
                value: if *value == ValId::UNDEF {
                    ValId::UNKNOWN
                } else {
                    *value
                },
            })
            .collect();
        let call = Call {
            target,
            receiver: None,
            name: None,
            callee: None,
            passed: &passed,
        };
        let result = self.invoke(frame, state, &call);
        frame.dead = dead;
        if result == ValId::UNDEF {
            ValId::UNKNOWN
        } else {
            result
        }
    }

    /// A function of this module, or one of a library that the models know.
    fn is_callable(&self, value: ValId) -> bool {
        self.arena.get(value).atoms.iter().any(|atom| match atom {
            Atom::Func(_) | Atom::Bound(..) => true,
            Atom::Path(path) => {
                let entry = self.paths.entry(*path);
                entry.is_some_and(|e| e.sources.is_empty()) || self.paths.special(*path).is_some()
            }
            _ => false,
        })
    }

    /// Whether a method named as one of arrays may be one: not of an object of this module, nor of
    /// a library itself.
    fn may_be_array(&self, receiver: ValId) -> bool {
        self.arena
            .get(receiver)
            .atoms
            .iter()
            .all(|atom| match atom {
                Atom::Object(object) => !matches!(
                    self.object_kind(*object),
                    Some(ObjectKind::Class(_) | ObjectKind::Partial)
                ),
                Atom::Path(path) => self.paths.text(*path).contains('.'),
                Atom::Access(access) => self.own_class(*access).is_none(),
                Atom::Func(_) | Atom::Bound(..) | Atom::Class(_) => false,
                Atom::Number | Atom::Text => true,
            })
    }

    /// An element for which a function answered something true.
    pub(super) fn accepted(&mut self, function: ValId, element: ValId) -> ValId {
        match self.told_of_first(function, None) {
            Bits::NONE => element,
            cleared => self.arena.refine(element, cleared),
        }
    }

    /// What an answer of a function (something true, if no other is named) says of its first argument.
    pub(super) fn told_of_first(&mut self, function: ValId, outcome: Option<Outcome>) -> Bits {
        let atoms = self.arena.get(function).atoms.clone();
        let [Atom::Func(id) | Atom::Bound(id, _)] = atoms.as_slice() else {
            return Bits::NONE;
        };
        let Some(summary) = self.summarize(*id) else {
            return Bits::NONE;
        };
        let is_first = |access: AccessId| {
            let access = self.arena.access(access);
            access.is_some_and(|a| a.parent.is_none() && a.root == Root::Param(*id, 0))
        };
        let told: SmallVec<[Bits; 2]> = match outcome {
            None => {
                let told = summary.on_true.iter().filter(|told| is_first(told.0));
                told.map(|told| told.1).collect()
            }
            Some(outcome) => {
                let told = summary.on_outcome.iter();
                let told = told.filter(|told| told.0 == outcome && is_first(told.1));
                told.map(|told| told.2).collect()
            }
        };
        told.iter().fold(Bits::NONE, |all, one| all.or(*one))
    }

    /// A new list of which any element is this.
    pub(super) fn list_of(
        &mut self,
        frame: &Frame<'a>,
        state: &mut State,
        element: ValId,
    ) -> ValId {
        let object = self.allocate(frame, ObjectKind::List, 5);
        *state.contents_mut(object) = Contents {
            rest: element,
            ..Contents::default()
        };
        self.arena.single(Atom::Object(object))
    }

    /// Arguments with lists of known length spread out.
    pub(super) fn spread_arguments(
        &self,
        state: &State,
        passed: SmallVec<[Passed; 4]>,
    ) -> SmallVec<[Passed; 4]> {
        if !passed.iter().any(|p| p.kind == ArgKind::Spread) {
            return passed;
        }
        let mut flat = SmallVec::new();
        for argument in passed {
            let contents = self
                .only_object(argument.value)
                .and_then(|o| state.contents(o));
            match contents.and_then(|c| Some((c, c.len?))) {
                Some((contents, len)) if argument.kind == ArgKind::Spread && len <= MAX_SPREAD => {
                    flat.extend((0..len).map(|at| Passed {
                        kind: ArgKind::Positional,
                        value: contents.get(Key::At(at)).unwrap_or(ValId::UNKNOWN),
                    }));
                }
                _ => flat.push(argument),
            }
        }
        flat
    }

    /// `f.bind(receiver, a)`: a function that has its first arguments already.
    pub(super) fn bind(
        &mut self,
        frame: &Frame<'a>,
        state: &mut State,
        function: ValId,
        call: &Call<'_, 'a>,
    ) -> ValId {
        let atoms = self.arena.get(function).atoms.clone();
        let [atom] = atoms.as_slice() else {
            return function;
        };
        let receiver = call.passed.first().map(|p| p.value);
        let bound = match (atom, receiver) {
            (Atom::Func(id), Some(receiver)) if !self.arena.get(receiver).is_null() => {
                self.arena.single(Atom::Bound(*id, receiver))
            }
            _ => function,
        };
        let given = call.passed.get(1..).unwrap_or_default();
        if given.is_empty() || given.iter().any(|p| p.kind != ArgKind::Positional) {
            return bound;
        }
        let object = self.allocate(frame, ObjectKind::Partial, 6);
        *state.contents_mut(object) = Contents {
            rest: bound,
            ..Contents::list(given.iter().map(|p| p.value))
        };
        self.arena.single(Atom::Object(object))
    }

    /// Calls what [`Self::bind`] made.
    pub(super) fn call_partial(
        &mut self,
        frame: &mut Frame<'a>,
        state: &mut State,
        object: super::value::ObjId,
        call: &Call<'_, 'a>,
    ) -> Option<ValId> {
        let contents = state.contents(object)?.clone();
        let mut passed: SmallVec<[Passed; 4]> = contents
            .entries
            .iter()
            .map(|(_, value)| Passed {
                kind: ArgKind::Positional,
                value: *value,
            })
            .collect();
        passed.extend(call.passed.iter().copied());
        let inner = Call {
            target: contents.rest,
            passed: &passed,
            ..*call
        };
        Some(self.invoke(frame, state, &inner))
    }
}
