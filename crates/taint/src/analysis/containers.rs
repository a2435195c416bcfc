//! Methods of lists, maps and two-level stores, by position and key.
//!
//! What is at a known position or key stays apart from the rest; an unknown one blurs them.

use trueline_syntax::ir::{ArgKind, IterKind, Language, Symbol};

use super::call::Call;
use super::state::{Contents, Key, State};
use super::value::{self, Atom, Konst, Labels, ObjId, PathId, StepKind, ValId, Value};
use super::{Analyzer, Frame, ObjectKind};

impl<'a> Analyzer<'a> {
    pub(super) fn copy_object(
        &mut self,
        frame: &Frame<'a>,
        state: &mut State,
        from: ObjId,
        kind: ObjectKind,
    ) -> ValId {
        let contents = state.contents(from).cloned().unwrap_or_default();
        let object = self.allocate(frame, kind, 3);
        *state.contents_mut(object) = contents;
        self.arena.single(Atom::Object(object))
    }

    #[expect(clippy::too_many_lines, reason = "one arm per method")]
    pub(super) fn list_method(
        &mut self,
        frame: &mut Frame<'a>,
        state: &mut State,
        object: ObjId,
        receiver: ValId,
        name: Symbol,
        call: &Call<'_, 'a>,
    ) -> Option<ValId> {
        let first = call.passed.first().map(|p| p.value);
        let len = state.contents(object)?.len;
        let null = self.arena.constant(Konst::Null);
        if self.names.text(name) == "slice"
            && let Some(part) = self.sliced(frame, state, object, call)
        {
            return Some(part);
        }
        match self.names.text(name) {
            "append" | "push" | "add" => {
                for argument in call.passed {
                    self.push(state, object, argument.value);
                }
                Some(null)
            }
            "insert" | "unshift" => {
                let (at, value) = if call.passed.len() > 1 {
                    (first, call.passed.get(1)?.value)
                } else {
                    (None, first?)
                };
                let at = match at.map(|a| self.arena.get(a).konst) {
                    None => Some(0),
                    Some(Some(Konst::Int(at))) => Some(at),
                    Some(_) => None,
                };
                self.insert(state, object, at, value);
                Some(null)
            }
            "extend" => {
                let other = first?;
                if let Some(from) = self.only_object(other)
                    && let Some(contents) = state.contents(from).cloned()
                    && contents.len.is_some()
                {
                    for (_, value) in &contents.entries {
                        self.push(state, object, *value);
                    }
                } else {
                    let element = self.next_element(state, other, IterKind::Elements);
                    state.contents_mut(object).len = None;
                    self.push(state, object, element);
                }
                Some(null)
            }
            "pop" | "shift" => {
                let python = self.module.language == Language::Python;
                let at = match (
                    first.map(|f| self.arena.get(f).konst),
                    self.names.text(name),
                ) {
                    (_, "shift") => Some(0),
                    (Some(Some(Konst::Int(at))), _) if python => Some(at),
                    (None, _) => len.map(|l| l - 1),
                    _ => None,
                };
                Some(self.take(state, object, at))
            }
            "clear" => {
                *state.contents_mut(object) = Contents {
                    len: Some(0),
                    ..Contents::default()
                };
                Some(null)
            }
            "remove" | "reverse" | "sort" => {
                let mut contents = state.contents(object)?.clone();
                contents.blur(&mut self.arena);
                *state.contents_mut(object) = contents;
                Some(receiver)
            }
            "copy" => Some(self.copy_object(frame, state, object, ObjectKind::List)),
            "at" => match first.map(|f| self.arena.get(f).konst) {
                Some(Some(Konst::Int(at))) => {
                    Some(self.object_index(state, object, Some(Key::At(at))))
                }
                _ => None,
            },
            "entries" | "keys" if self.module.language != Language::Python => {
                let number = self.arena.single(Atom::Number);
                if self.names.text(name) == "keys" {
                    return Some(self.list_of(frame, state, number));
                }
                let element = state.contents(object)?.clone().any(&mut self.arena);
                Some(self.list_of_pairs(frame, state, number, element))
            }
            "concat" | "slice" | "splice" | "flat" | "fill" => {
                let contents = state.contents(object)?.clone();
                let mut all = contents.any(&mut self.arena);
                for argument in call.passed {
                    let part = if self.only_object(argument.value).is_some() {
                        self.next_element(state, argument.value, IterKind::Elements)
                    } else {
                        argument.value
                    };
                    if self.arena.get(part).is_number() {
                        continue;
                    }
                    all = self.arena.join(all, part);
                }
                let copy = self.allocate(frame, ObjectKind::List, 3);
                *state.contents_mut(copy) = Contents {
                    rest: all,
                    ..Contents::default()
                };
                Some(self.arena.single(Atom::Object(copy)))
            }
            "join" => {
                // JavaScript: `list.join(separator)`.
                let mut labels = self.deep_labels(state, receiver);
                if let Some(separator) = first {
                    let more = self.deep_labels(state, separator);
                    value::add_labels(&mut labels, &more);
                }
                Some(self.joined_text(frame, state, object, labels))
            }
            "includes" | "indexOf" | "index" | "count" | "lastIndexOf" | "some" | "every"
            | "has" => {
                if call.passed.iter().any(|p| self.is_function(p.value)) {
                    return None;
                }
                Some(self.arena.single(Atom::Number))
            }
            _ => None,
        }
    }

    /// `list.slice(low, high)` of known places.
    fn sliced(
        &mut self,
        frame: &Frame<'a>,
        state: &mut State,
        object: ObjId,
        call: &Call<'_, 'a>,
    ) -> Option<ValId> {
        let contents = state.contents(object)?;
        let len = contents.len?;
        let place = |at: usize, default: i64| match call.passed.get(at) {
            None => Some(default),
            Some(passed) => match self.arena.get(passed.value).konst? {
                Konst::Int(at) if at < 0 => Some(at.saturating_add(len).max(0)),
                Konst::Int(at) => Some(at.min(len)),
                _ => None,
            },
        };
        let (low, high) = (place(0, 0)?, place(1, len)?);
        let mut part = Contents {
            len: Some((high - low).max(0)),
            ..Contents::default()
        };
        for (key, value) in &contents.entries {
            if let Key::At(at) = key
                && (low..high).contains(at)
            {
                part.set(Key::At(at - low), *value);
            }
        }
        let copy = self.allocate(frame, ObjectKind::List, 3);
        *state.contents_mut(copy) = part;
        Some(self.arena.single(Atom::Object(copy)))
    }

    /// A list of pairs of which any is this.
    pub(super) fn list_of_pairs(
        &mut self,
        frame: &Frame<'a>,
        state: &mut State,
        first: ValId,
        second: ValId,
    ) -> ValId {
        let pair = self.allocate(frame, ObjectKind::List, 4);
        *state.contents_mut(pair) = Contents {
            entries: vec![(Key::At(0), first), (Key::At(1), second)],
            len: Some(2),
            ..Contents::default()
        };
        let pair = self.arena.single(Atom::Object(pair));
        self.list_of(frame, state, pair)
    }

    pub(super) fn is_function(&self, value: ValId) -> bool {
        self.arena
            .get(value)
            .atoms
            .iter()
            .any(|a| matches!(a, Atom::Func(_) | Atom::Bound(..)))
    }

    pub(super) fn joined_text(
        &mut self,
        frame: &Frame<'a>,
        state: &State,
        object: ObjId,
        mut labels: Labels,
    ) -> ValId {
        let first = state.contents(object).and_then(|c| c.get(Key::At(0)));
        let prefix = first.and_then(|f| self.arena.get(f).prefix);
        if labels.is_empty() && prefix.is_none() {
            return self.arena.single(Atom::Text);
        }
        self.advance(&mut labels, frame.span, StepKind::Join);
        let mut value = Value {
            labels,
            prefix,
            ..Value::default()
        };
        value.atoms.push(Atom::Text);
        self.arena.add(value)
    }

    pub(super) fn push(&mut self, state: &mut State, object: ObjId, value: ValId) {
        let rest = state.contents(object).map_or(ValId::UNDEF, |c| c.rest);
        let joined = self.arena.join(rest, value);
        let contents = state.contents_mut(object);
        match contents.len {
            Some(len) if contents.entries.len() < 256 => {
                contents.set(Key::At(len), value);
                contents.len = Some(len.saturating_add(1));
            }
            _ => {
                contents.len = None;
                contents.rest = joined;
            }
        }
    }

    pub(super) fn insert(
        &mut self,
        state: &mut State,
        object: ObjId,
        at: Option<i64>,
        value: ValId,
    ) {
        let mut contents = state.contents(object).cloned().unwrap_or_default();
        match (at, contents.len) {
            (Some(at), Some(len)) if (0..=len).contains(&at) => {
                for (key, _) in &mut contents.entries {
                    if let Key::At(own) = key
                        && *own >= at
                    {
                        *own = own.saturating_add(1);
                    }
                }
                contents.set(Key::At(at), value);
                contents.len = Some(len.saturating_add(1));
            }
            _ => {
                contents.blur(&mut self.arena);
                contents.rest = self.arena.join(contents.rest, value);
            }
        }
        *state.contents_mut(object) = contents;
    }

    /// Removes and returns an element.
    pub(super) fn take(&mut self, state: &mut State, object: ObjId, at: Option<i64>) -> ValId {
        let mut contents = state.contents(object).cloned().unwrap_or_default();
        let result = if let (Some(at), Some(len)) = (at, contents.len) {
            let at = if at < 0 { at.saturating_add(len) } else { at };
            let taken = contents.get(Key::At(at)).unwrap_or(contents.rest);
            contents.remove(Key::At(at));
            for (key, _) in &mut contents.entries {
                if let Key::At(own) = key
                    && *own > at
                {
                    *own -= 1;
                }
            }
            contents.len = Some(len.saturating_sub(1).max(0));
            taken
        } else {
            let any = contents.any(&mut self.arena);
            contents.blur(&mut self.arena);
            any
        };
        *state.contents_mut(object) = contents;
        if result == ValId::UNDEF {
            ValId::UNKNOWN
        } else {
            result
        }
    }

    pub(super) fn map_method(
        &mut self,
        frame: &mut Frame<'a>,
        state: &mut State,
        object: ObjId,
        receiver: ValId,
        name: Symbol,
        call: &Call<'_, 'a>,
    ) -> Option<ValId> {
        let first = call.passed.first().map(|p| p.value);
        let second = call.passed.get(1).map(|p| p.value);
        // A function kept in the object is called, not the builtin.
        if state
            .contents(object)
            .and_then(|c| c.get(Key::Name(name)))
            .is_some_and(|v| self.is_function(v))
        {
            return None;
        }
        match self.names.text(name) {
            "get" | "pop" | "setdefault" => {
                let found = self.index(frame, state, receiver, first?);
                let known = self.key_of(first?).is_some_and(|key| {
                    state.contents(object).is_some_and(|c| c.get(key).is_some())
                });
                let default = second.filter(|_| !known);
                if self.names.text(name) == "setdefault"
                    && let Some(default) = default
                {
                    let key = self.key_of(first?);
                    self.store(state, receiver, key, first?, default);
                }
                let value = self.arena.join(found, default.unwrap_or(ValId::UNDEF));
                Some(if value == ValId::UNDEF {
                    ValId::UNKNOWN
                } else {
                    value
                })
            }
            "set" if self.module.language != Language::Python => {
                let key = self.key_of(first?);
                self.store(state, receiver, key, first?, second?);
                Some(receiver)
            }
            "update" => {
                for argument in call.passed {
                    match argument.kind {
                        ArgKind::Keyword(name) => self.store(
                            state,
                            receiver,
                            Some(Key::Name(name)),
                            ValId::UNDEF,
                            argument.value,
                        ),
                        _ => self.spread_into(state, object, argument.value),
                    }
                }
                Some(self.arena.constant(Konst::Null))
            }
            "copy" => Some(self.copy_object(frame, state, object, ObjectKind::Map)),
            "keys" => {
                let keys = state.contents(object)?.keys;
                let list = self.allocate(frame, ObjectKind::List, 3);
                *state.contents_mut(list) = Contents {
                    rest: keys,
                    ..Contents::default()
                };
                Some(self.arena.single(Atom::Object(list)))
            }
            "values" | "entries" | "items" => {
                let contents = state.contents(object)?.clone();
                let any = contents.any(&mut self.arena);
                let value = self.unconstant_deep(any);
                let pairs = self.names.text(name) != "values";
                let list = self.allocate(frame, ObjectKind::List, 3);
                let rest = if pairs {
                    let pair = self.allocate(frame, ObjectKind::List, 4);
                    *state.contents_mut(pair) = Contents {
                        entries: vec![(Key::At(0), contents.keys), (Key::At(1), value)],
                        len: Some(2),
                        ..Contents::default()
                    };
                    self.arena.single(Atom::Object(pair))
                } else {
                    value
                };
                *state.contents_mut(list) = Contents {
                    rest,
                    ..Contents::default()
                };
                Some(self.arena.single(Atom::Object(list)))
            }
            "has" | "hasOwnProperty" | "__contains__" => Some(self.arena.single(Atom::Number)),
            _ => None,
        }
    }

    pub(super) fn unconstant_deep(&mut self, value: ValId) -> ValId {
        if value == ValId::UNDEF {
            return ValId::UNKNOWN;
        }
        self.arena.join(value, ValId::UNKNOWN)
    }

    /// Two-level stores such as `configparser`: section, option, value.
    pub(super) fn store_method(
        &mut self,
        state: &mut State,
        path: PathId,
        object: ObjId,
        receiver: ValId,
        name: Symbol,
        call: &Call<'_, 'a>,
    ) -> Option<ValId> {
        if self.paths.text(path) == "xml.sax.make_parser" {
            return self.parser_method(state, receiver, name, call);
        }
        if self.paths.text(path) != "configparser.ConfigParser" {
            return None;
        }
        let key = |analyzer: &mut Self| {
            let section = analyzer.arena.get(call.passed.first()?.value).konst?;
            let option = analyzer.arena.get(call.passed.get(1)?.value).konst?;
            let text = format!(
                "{}\u{0}{}",
                analyzer.konst_text(section)?,
                analyzer.konst_text(option)?
            );
            Some(Key::Name(analyzer.names.intern(&text)))
        };
        match self.names.text(name) {
            "set" => {
                let key = key(self);
                let index = call.passed.get(1)?.value;
                let value = call.passed.get(2)?.value;
                self.store(state, receiver, key, index, value);
                Some(self.arena.constant(Konst::Null))
            }
            "get" => {
                let contents = state.contents(object)?.clone();
                let value = match key(self) {
                    Some(key) => contents.get(key).unwrap_or(contents.rest),
                    None => contents.any(&mut self.arena),
                };
                Some(if value == ValId::UNDEF {
                    ValId::UNKNOWN
                } else {
                    value
                })
            }
            _ => None,
        }
    }

    /// `parser.setFeature(feature, truth)` of SAX: the feature becomes an entry by its last name.
    pub(super) fn parser_method(
        &mut self,
        state: &mut State,
        receiver: ValId,
        name: Symbol,
        call: &Call<'_, 'a>,
    ) -> Option<ValId> {
        let [feature, value] = call.passed else {
            return None;
        };
        if self.names.text(name) != "setFeature" {
            return None;
        }
        let known = self.arena.get(feature.value);
        let external = match known.konst {
            Some(Konst::Str(text)) => self.names.text(text).ends_with("external-general-entities"),
            _ => self
                .path_of(feature.value)
                .is_some_and(|p| p.ends_with("feature_external_ges")),
        };
        if external {
            let key = self.names.intern("external-general-entities");
            self.store(
                state,
                receiver,
                Some(Key::Name(key)),
                ValId::UNDEF,
                value.value,
            );
        }
        Some(self.arena.constant(Konst::Null))
    }
}
