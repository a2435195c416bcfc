//! Behaviour of builtins that tables cannot say: containers, text, paths and URLs.

use trueline_syntax::ir::{ArgKind, IterKind, Language, Symbol};

use super::call::Call;
use super::names::MAX_TEXT;
use super::state::{Contents, Key, State};
use super::transfer::clear_all;
use super::value::{self, Atom, Derivation, Konst, Labels, ObjId, PathId, StepKind, ValId, Value};
use super::{Analyzer, Frame, ObjectKind};
use crate::models::Bits;

/// Builtins with a meaning of their own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Special {
    /// `os.path.join`, `path.join`: an absolute later part replaces the earlier ones.
    JoinPath,
    /// `os.path.realpath`, `path.resolve`: the first argument, or the receiver, without `..`.
    Normalise,
    /// `str`, `String`: the same text.
    SameText,
    /// `urlparse`, `new URL`.
    ParseUrl,
    /// `re.compile`, `new RegExp`.
    Pattern,
    /// `list`, `set`, `new Set`: the elements of another container.
    CopyElements,
    /// `dict`, `new Map`.
    CopyEntries,
    /// `Object.keys`.
    Keys,
    /// `Object.assign`.
    Assign,
    /// `getattr(object, "name")`.
    GetAttribute,
    /// `flask.make_response`: the body, apart from its headers.
    FirstOfTuple,
}

impl Special {
    /// The meaning of a path.
    pub(super) fn of(language: Language, path: &str) -> Option<Self> {
        match language {
            Language::Python => Some(match path {
                "os.path.join" | "posixpath.join" | "ntpath.join" | "pathlib.Path"
                | "pathlib.PurePath" | "pathlib.Path.joinpath" | "werkzeug.utils.safe_join_none" => {
                    Self::JoinPath
                }
                "os.path.realpath" | "os.path.abspath" | "os.path.normpath"
                | "pathlib.Path.resolve" | "pathlib.Path.absolute" => Self::Normalise,
                "str" | "pathlib.Path.as_posix" | "os.fspath" | "os.path.expanduser" => {
                    Self::SameText
                }
                "urllib.parse.urlparse" | "urllib.parse.urlsplit" => Self::ParseUrl,
                "re.compile" => Self::Pattern,
                "list" | "tuple" | "set" | "frozenset" | "sorted" | "reversed" => {
                    Self::CopyElements
                }
                "dict" | "collections.OrderedDict" => Self::CopyEntries,
                "getattr" => Self::GetAttribute,
                "flask.make_response" => Self::FirstOfTuple,
                _ => return None,
            }),
            Language::JavaScript | Language::TypeScript => Some(match path {
                "path.join" | "path.posix.join" => Self::JoinPath,
                "path.resolve" | "path.normalize" | "fs.realpathSync" | "fs.realpath" => {
                    Self::Normalise
                }
                "String" | "decodeURI" => Self::SameText,
                "URL" | "url.parse" | "url.URL" => Self::ParseUrl,
                "RegExp" => Self::Pattern,
                "Set" | "Array.from" | "Object.values" => Self::CopyElements,
                "Map" | "Object.fromEntries" => Self::CopyEntries,
                "Object.keys" => Self::Keys,
                "Object.assign" => Self::Assign,
                "Object.freeze" => Self::SameText,
                _ => return None,
            }),
        }
    }
}

impl<'a> Analyzer<'a> {
    /// Calls of builtins with a meaning of their own.
    pub(super) fn special_call(
        &mut self,
        frame: &mut Frame<'a>,
        state: &mut State,
        path: PathId,
        call: &Call<'_, 'a>,
    ) -> Option<ValId> {
        let special = self.paths.special(path)?;
        let first = call.passed.first().map(|p| p.value);
        match special {
            Special::JoinPath => Some(self.join_path(frame, state, path, call)),
            Special::Normalise => Some(self.normalise(frame, state, path, call)),
            Special::SameText => {
                let from = if self.names_method(path) {
                    call.receiver?
                } else {
                    first?
                };
                if call.passed.len() > 1 {
                    return None;
                }
                let known = self.arena.get(from);
                if known.labels.is_empty() || self.only_object(from).is_some() {
                    return Some(from);
                }
                Some(self.same_text(from))
            }
            Special::ParseUrl => {
                let from = first?;
                let labels = self.deep_labels(state, from);
                let mut value = Value {
                    labels,
                    derived: Some((Derivation::Url, from)),
                    ..Value::default()
                };
                value.atoms.push(Atom::Path(path));
                Some(self.arena.add(value))
            }
            Special::Pattern => {
                let object = self.allocate(frame, ObjectKind::Instance(path), 2);
                let mut contents = Contents::default();
                if let Some(pattern) = first {
                    contents.set(Key::At(0), pattern);
                }
                *state.contents_mut(object) = contents;
                Some(self.arena.single(Atom::Object(object)))
            }
            Special::CopyElements => {
                let from = match first {
                    Some(from) => from,
                    None => ValId::UNDEF,
                };
                if let Some(object) = self.only_object(from)
                    && self.object_kind(object) == Some(ObjectKind::List)
                {
                    return Some(self.copy_object(frame, state, object, ObjectKind::List));
                }
                let element = self.next_element(state, from, IterKind::Elements);
                let mut contents = Contents::default();
                if first.is_none() {
                    contents.len = Some(0);
                } else {
                    contents.rest = element;
                }
                let object = self.allocate(frame, ObjectKind::List, 2);
                *state.contents_mut(object) = contents;
                Some(self.arena.single(Atom::Object(object)))
            }
            Special::CopyEntries => {
                let object = self.allocate(frame, ObjectKind::Map, 2);
                *state.contents_mut(object) = Contents::default();
                let target = self.arena.single(Atom::Object(object));
                for argument in call.passed {
                    match argument.kind {
                        ArgKind::Keyword(name) => self.store(
                            state,
                            target,
                            Some(Key::Name(name)),
                            ValId::UNDEF,
                            argument.value,
                        ),
                        _ => self.spread_into(state, object, argument.value),
                    }
                }
                Some(target)
            }
            Special::Keys => {
                let keys = self.next_element(state, first?, IterKind::Keys);
                let object = self.allocate(frame, ObjectKind::List, 2);
                let contents = Contents {
                    rest: keys,
                    ..Contents::default()
                };
                *state.contents_mut(object) = contents;
                Some(self.arena.single(Atom::Object(object)))
            }
            Special::Assign => {
                let target = first?;
                let object = self.only_object(target)?;
                for argument in call.passed.iter().skip(1) {
                    self.spread_into(state, object, argument.value);
                }
                Some(target)
            }
            Special::GetAttribute => {
                let name = call.passed.get(1)?.value;
                match self.arena.get(name).konst {
                    Some(Konst::Str(name)) => Some(self.field(frame, state, first?, name)),
                    _ => None,
                }
            }
            Special::FirstOfTuple => {
                let object = self.only_object(first?)?;
                let body = state.contents(object)?.get(Key::At(0))?;
                let labels = self.arena.get(body).labels.clone();
                Some(self.arena.tainted(labels))
            }
        }
    }

    /// Whether a path ends in a method rather than a function: `pathlib.Path.resolve`.
    fn names_method(&self, path: PathId) -> bool {
        self.paths.text(path).starts_with("pathlib.Path.")
    }

    pub(super) fn same_text(&mut self, from: ValId) -> ValId {
        let known = self.arena.get(from);
        let mut value = Value {
            labels: known.labels.clone(),
            prefix: known.prefix,
            derived: Some((Derivation::SameText, from)),
            ..Value::default()
        };
        value.atoms.push(Atom::Text);
        self.arena.add(value)
    }

    fn join_path(
        &mut self,
        frame: &Frame<'a>,
        state: &mut State,
        path: PathId,
        call: &Call<'_, 'a>,
    ) -> ValId {
        let mut labels = Labels::new();
        // `path.join` of Node treats a later absolute part as relative.
        let replaces = self.module.language == Language::Python;
        let mut began = false;
        if self.paths.text(path).ends_with(".joinpath")
            && let Some(receiver) = call.receiver
        {
            labels = self.deep_labels(state, receiver);
            began = true;
        }
        let mut prefix = None;
        for (at, argument) in call.passed.iter().enumerate() {
            let mut part = self.deep_labels(state, argument.value);
            if began && !replaces {
                clear_all(&mut part, Bits::RELATIVE);
            }
            value::add_labels(&mut labels, &part);
            began |= self.begins_constant(argument.value);
            if at == 0 {
                prefix = self.arena.get(argument.value).prefix;
            }
        }
        if !labels.is_empty() {
            self.advance(&mut labels, frame.span, StepKind::Join);
        }
        let mut value = Value {
            labels,
            prefix,
            ..Value::default()
        };
        if self.paths.text(path).starts_with("pathlib.") {
            let text = "pathlib.Path";
            let last = self.names.intern("Path");
            let path = self.paths.absolute(text, last);
            value.atoms.push(Atom::Path(path));
            if let [only] = call.passed
                && value.derived.is_none()
            {
                value.derived = Some((Derivation::SameText, only.value));
            }
        } else {
            value.atoms.push(Atom::Text);
        }
        self.arena.add(value)
    }

    fn normalise(
        &mut self,
        frame: &Frame<'a>,
        state: &mut State,
        path: PathId,
        call: &Call<'_, 'a>,
    ) -> ValId {
        let mut labels = Labels::new();
        let mut atoms = Vec::new();
        if self.names_method(path) {
            if let Some(receiver) = call.receiver {
                labels = self.deep_labels(state, receiver);
                atoms.extend(self.arena.get(receiver).atoms.iter().copied());
            }
        } else {
            for argument in call.passed {
                let part = self.deep_labels(state, argument.value);
                value::add_labels(&mut labels, &part);
            }
            atoms.push(Atom::Text);
        }
        if labels.is_empty() && call.passed.len() == 1 && !self.names_method(path) {
            return self.arena.single(Atom::Text);
        }
        clear_all(&mut labels, Bits::NORMALISED);
        if !labels.is_empty() {
            self.advance(&mut labels, frame.span, StepKind::Join);
        }
        let mut value = Value {
            labels,
            ..Value::default()
        };
        atoms.sort_unstable();
        value::add_atoms(&mut value.atoms, &atoms);
        self.arena.add(value)
    }

    fn copy_object(
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

    /// Methods of containers and text.
    pub(super) fn builtin_method(
        &mut self,
        frame: &mut Frame<'a>,
        state: &mut State,
        receiver: ValId,
        name: Symbol,
        call: &Call<'_, 'a>,
    ) -> Option<ValId> {
        if let Some(object) = self.only_object(receiver) {
            return match self.object_kind(object)? {
                ObjectKind::List | ObjectKind::Set => {
                    self.list_method(frame, state, object, receiver, name, call)
                }
                ObjectKind::Map => self.map_method(frame, state, object, receiver, name, call),
                ObjectKind::Instance(path) => {
                    self.store_method(state, path, object, receiver, name, call)
                }
                ObjectKind::Class(_) | ObjectKind::Access(_) => None,
            };
        }
        let known = self.arena.get(receiver);
        let plain = known
            .atoms
            .iter()
            .all(|a| matches!(a, Atom::Text | Atom::Number | Atom::Access(_)));
        if plain || known.konst.is_some() {
            return self.text_method(frame, state, receiver, name, call);
        }
        if matches!(known.atoms.as_slice(), [Atom::Func(_) | Atom::Bound(..)]) {
            return self.function_method(frame, state, receiver, name, call);
        }
        None
    }

    /// `f.call(this, a)`, `f.apply(this, list)`, `f.bind(this)`.
    fn function_method(
        &mut self,
        frame: &mut Frame<'a>,
        state: &mut State,
        receiver: ValId,
        name: Symbol,
        call: &Call<'_, 'a>,
    ) -> Option<ValId> {
        if self.module.language == Language::Python {
            return None;
        }
        let passed: Vec<super::call::Passed> = match self.names.text(name) {
            "call" => call.passed.get(1..).unwrap_or_default().to_vec(),
            "apply" => call
                .passed
                .get(1)
                .map(|list| super::call::Passed {
                    kind: ArgKind::Spread,
                    value: list.value,
                })
                .into_iter()
                .collect(),
            "bind" => return Some(receiver),
            _ => return None,
        };
        let inner = Call {
            target: receiver,
            receiver: call.passed.first().map(|p| p.value),
            name: None,
            callee: None,
            passed: &passed,
            args: &[],
        };
        Some(self.invoke(frame, state, &inner))
    }

    fn list_method(
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
                let at = match (first.map(|f| self.arena.get(f).konst), self.names.text(name)) {
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
            "includes" | "indexOf" | "index" | "count" | "lastIndexOf" | "some" | "every" | "has" => {
                if call.passed.iter().any(|p| self.is_function(p.value)) {
                    return None;
                }
                Some(self.arena.single(Atom::Number))
            }
            _ => None,
        }
    }

    fn is_function(&self, value: ValId) -> bool {
        self.arena
            .get(value)
            .atoms
            .iter()
            .any(|a| matches!(a, Atom::Func(_) | Atom::Bound(..)))
    }

    fn joined_text(
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

    fn push(&mut self, state: &mut State, object: ObjId, value: ValId) {
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

    fn insert(&mut self, state: &mut State, object: ObjId, at: Option<i64>, value: ValId) {
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
    fn take(&mut self, state: &mut State, object: ObjId, at: Option<i64>) -> ValId {
        let mut contents = state.contents(object).cloned().unwrap_or_default();
        let result = match (at, contents.len) {
            (Some(at), Some(len)) => {
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
            }
            _ => {
                let any = contents.any(&mut self.arena);
                contents.blur(&mut self.arena);
                any
            }
        };
        *state.contents_mut(object) = contents;
        if result == ValId::UNDEF {
            ValId::UNKNOWN
        } else {
            result
        }
    }

    fn map_method(
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

    fn unconstant_deep(&mut self, value: ValId) -> ValId {
        if value == ValId::UNDEF {
            return ValId::UNKNOWN;
        }
        self.arena.join(value, ValId::UNKNOWN)
    }

    /// Two-level stores such as `configparser`: section, option, value.
    fn store_method(
        &mut self,
        state: &mut State,
        path: PathId,
        object: ObjId,
        receiver: ValId,
        name: Symbol,
        call: &Call<'_, 'a>,
    ) -> Option<ValId> {
        if !self.paths.text(path).ends_with("configparser.ConfigParser") {
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

    fn text_method(
        &mut self,
        frame: &mut Frame<'a>,
        state: &mut State,
        receiver: ValId,
        name: Symbol,
        call: &Call<'_, 'a>,
    ) -> Option<ValId> {
        let first = call.passed.first().map(|p| p.value);
        let text = self.names.text(name);
        match text {
            "lower" | "upper" | "strip" | "lstrip" | "rstrip" | "casefold" | "title"
            | "toLowerCase" | "toUpperCase" | "trim" | "trimStart" | "trimEnd" | "toString"
            | "normalize" => {
                let known = self.arena.get(receiver);
                if known.labels.is_empty() || text.ends_with("strip") && first.is_some() {
                    return None;
                }
                Some(self.same_text(receiver))
            }
            "isdigit" | "isalnum" | "isalpha" | "isnumeric" | "isdecimal" | "isidentifier"
            | "startswith" | "endswith" | "startsWith" | "endsWith" | "find" | "rfind" | "index"
            | "indexOf" | "lastIndexOf" | "count" | "includes" | "charCodeAt" | "codePointAt"
            | "localeCompare"
                if !call.passed.iter().any(|p| self.is_function(p.value)) =>
            {
                // An unknown receiver may be a collection: `find` then gives an element.
                if text == "find" && self.arena.get(receiver).atoms.is_empty() {
                    return None;
                }
                Some(self.arena.single(Atom::Number))
            }
            "format" if self.is_text(receiver) => Some(self.str_format(frame, state, receiver, call)),
            "join" if self.module.language == Language::Python => {
                let list = first?;
                let mut labels = self.deep_labels(state, list);
                let own = self.deep_labels(state, receiver);
                value::add_labels(&mut labels, &own);
                match self.only_object(list) {
                    Some(object) => Some(self.joined_text(frame, state, object, labels)),
                    None => {
                        self.advance(&mut labels, frame.span, StepKind::Join);
                        let mut value = Value {
                            labels,
                            ..Value::default()
                        };
                        value.atoms.push(Atom::Text);
                        Some(self.arena.add(value))
                    }
                }
            }
            "replace" | "replaceAll" => self.replaced(state, receiver, call),
            _ => None,
        }
    }

    /// `text.replace(a, b)`: without `a`, if all of them go and `b` does not bring it back.
    fn replaced(
        &mut self,
        state: &mut State,
        receiver: ValId,
        call: &Call<'_, 'a>,
    ) -> Option<ValId> {
        let [from, to] = call.passed else { return None };
        let all = self.module.language == Language::Python
            || call.name.is_some_and(|n| self.names.text(n) == "replaceAll");
        let (Some(Konst::Str(part)), Some(Konst::Str(by))) = (
            self.arena.get(from.value).konst,
            self.arena.get(to.value).konst,
        ) else {
            return None;
        };
        let part = self.names.text(part).to_owned();
        if let Some(Konst::Str(text)) = self.arena.get(receiver).konst {
            let text = self.names.text(text);
            let by = self.names.text(by).to_owned();
            let done = if all {
                text.replace(&part, &by)
            } else {
                text.replacen(&part, &by, 1)
            };
            if done.len() > MAX_TEXT {
                return None;
            }
            let symbol = self.names.intern(&done);
            return Some(self.arena.constant(Konst::Str(symbol)));
        }
        // Taking out `../` leaves a new one of `....//`; a single character does not come back.
        let single = part.chars().count() == 1 && !self.names.text(by).contains(&part);
        let mut labels = self.deep_labels(state, receiver);
        if all && single {
            let cleared = self.cleared_by_absence(&part);
            clear_all(&mut labels, cleared);
        }
        let mut value = Value {
            labels,
            ..Value::default()
        };
        value.atoms.push(Atom::Text);
        Some(self.arena.add(value))
    }

    /// `"… {} …".format(…)`
    fn str_format(
        &mut self,
        frame: &Frame<'a>,
        state: &mut State,
        receiver: ValId,
        call: &Call<'_, 'a>,
    ) -> ValId {
        let template = self.arena.get(receiver).prefix;
        let template = template.map(|t| self.names.text(t).to_owned());
        let head = template
            .as_deref()
            .map(|t| t.split('{').next().unwrap_or(t).to_owned());
        let mut labels = self.arena.get(receiver).labels.clone();
        let mut given = Labels::new();
        for argument in call.passed {
            value::add_labels(&mut given, &self.deep_labels(state, argument.value));
        }
        if head.as_deref().is_some_and(|h| !h.is_empty()) {
            clear_all(&mut given, Bits::RELATIVE);
        }
        value::add_labels(&mut labels, &given);
        let prefix = head.map(|h| self.names.intern(&h));
        self.advance(&mut labels, frame.span, StepKind::Format);
        let mut value = Value {
            labels,
            prefix,
            ..Value::default()
        };
        value.atoms.push(Atom::Text);
        self.arena.add(value)
    }
}
