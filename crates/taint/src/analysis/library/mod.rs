//! Behaviour of builtins that tables cannot say: containers, text, paths and URLs.

mod paths;
mod text;

use super::call::Call;
use super::special::Special;
use super::state::{Contents, Key, State};
use super::transfer::clear_all;
use super::value::{self, Atom, Derivation, Konst, ObjId, PathId, StepKind, ValId, Value};
use super::{Analyzer, Frame, ObjectKind};
use crate::models::Bits;
use trueline_syntax::ir::{ArgKind, IterKind, Language, Symbol};

impl<'a> Analyzer<'a> {
    /// Calls of builtins with a meaning of their own.
    #[expect(clippy::too_many_lines, reason = "one arm per builtin")]
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
                if self.paths.text(path) == "Object.freeze" {
                    return Some(from);
                }
                let known = self.arena.get(from);
                if known.labels.is_empty() || self.only_object(from).is_some() {
                    return Some(from);
                }
                Some(self.same_text(from))
            }
            Special::ParseUrl => {
                let from = first?;
                let mut labels = self.deep_labels(state, from);
                for argument in call.passed.iter().skip(1) {
                    value::add_labels(&mut labels, &self.deep_labels(state, argument.value));
                }
                let java = self.module.language == Language::Java;
                let prefix = self.arena.get(from).prefix.filter(|_| java);
                let mut value = Value {
                    labels,
                    prefix,
                    derived: Some((Derivation::Url, from)),
                    ..Value::default()
                };
                let kind = match self.paths.text(path) {
                    "java.net.URI.create" => {
                        let last = self.names.intern("URI");
                        self.paths.absolute("java.net.URI", last)
                    }
                    _ => path,
                };
                value.atoms.push(Atom::Path(kind));
                Some(self.arena.add(value))
            }
            Special::JoinUrl => {
                let parts = first?;
                let mut labels = self.deep_labels(state, parts);
                let host = self
                    .only_object(parts)
                    .and_then(|o| state.contents(o))
                    .and_then(|c| c.get(Key::At(1)));
                if host.is_some_and(|host| self.arena.get(host).konst.is_some()) {
                    clear_all(&mut labels, self.models.url_rules);
                }
                self.advance(&mut labels, frame.span, StepKind::Join);
                let mut value = Value {
                    labels,
                    ..Value::default()
                };
                value.atoms.push(Atom::Text);
                Some(self.arena.add(value))
            }
            Special::Pattern => {
                let object = self.allocate(frame, ObjectKind::Instance(path), 2);
                let mut contents = Contents::default();
                for (at, argument) in (0..2).zip(call.passed) {
                    contents.set(Key::At(at), argument.value);
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
                let keys = self.keys_of(state, first?);
                let object = self.allocate(frame, ObjectKind::List, 2);
                let contents = Contents {
                    rest: keys,
                    ..Contents::default()
                };
                *state.contents_mut(object) = contents;
                Some(self.arena.single(Atom::Object(object)))
            }
            Special::Identity => first,
            Special::ListOf => Some(self.list_of_arguments(frame, state, call)),
            Special::MapOf => Some(self.map_of_arguments(frame, state, call)),
            Special::Builder => Some(self.new_builder(frame, state, path, first)),
            Special::Yaml => {
                let safe = call.passed.iter().any(|p| {
                    self.path_of(p.value)
                        .is_some_and(|path| path.ends_with("SafeConstructor"))
                });
                if safe {
                    let object = self.allocate(frame, ObjectKind::Instance(path), 2);
                    *state.contents_mut(object) = Contents::default();
                    let target = self.arena.single(Atom::Object(object));
                    self.secure(state, target);
                    return Some(target);
                }
                Some(self.arena.single(Atom::Path(path)))
            }
            Special::Format => {
                let template = first?;
                // A locale may come first.
                let known = self.arena.get(template).prefix.is_some();
                let skip = if known || call.passed.len() < 2 { 1 } else { 2 };
                let template = call.passed.get(skip - 1)?.value;
                let given = call.passed.get(skip..).unwrap_or_default();
                Some(self.java_format(frame, state, template, given))
            }
            Special::SamePlace => {
                let from = call.receiver?;
                let mut value = self.arena.get(from).clone();
                value.derived = Some((Derivation::SameText, from));
                if self.module.language == Language::Java {
                    value.atoms.clear();
                    let kind = self.place_type(path);
                    value.atoms.push(kind);
                }
                Some(self.arena.add(value))
            }
            Special::AnyElement => Some(self.next_element(state, first?, IterKind::Elements)),
            Special::Entries => {
                let from = first?;
                let keys = self.keys_of(state, from);
                let element = self.next_element(state, from, IterKind::Elements);
                Some(self.list_of_pairs(frame, state, keys, element))
            }
            Special::Numbered => {
                let element = self.next_element(state, first?, IterKind::Elements);
                let number = self.arena.single(Atom::Number);
                Some(self.list_of_pairs(frame, state, number, element))
            }
            Special::FromEntries => Some(self.map_of_pairs(frame, state, call)),
            Special::Schema => self.make_schema(frame, state, path, call),
            Special::RelativePath => {
                let path = call.passed.get(1)?.value;
                let labels = self.deep_labels(state, path);
                let mut value = Value {
                    labels,
                    derived: Some((Derivation::Relative, path)),
                    ..Value::default()
                };
                value.atoms.push(Atom::Text);
                Some(self.arena.add(value))
            }
            Special::ToJson => {
                let from = first?;
                let mut labels = self.deep_labels(state, from);
                let cleared = self.paths.entry(path).map_or(Bits::NONE, |e| e.clears);
                clear_all(&mut labels, cleared);
                let mut value = Value {
                    labels,
                    derived: Some((Derivation::Json, from)),
                    ..Value::default()
                };
                value.atoms.push(Atom::Text);
                Some(self.arena.add(value))
            }
            Special::FromJson => {
                let text = first?;
                if let Some((Derivation::Json, from)) = self.arena.get(text).derived {
                    return Some(from);
                }
                // Text may hold any structure.
                let mut labels = self.deep_labels(state, text);
                if labels.is_empty() {
                    return None;
                }
                for label in &mut labels {
                    label.cleared = label.cleared.without(self.models.structure_rules);
                }
                let name = self.paths.last(path)?;
                self.advance(&mut labels, frame.span, StepKind::Call(name));
                let mut value = Value {
                    labels,
                    ..Value::default()
                };
                value.atoms.push(Atom::Path(path));
                Some(self.arena.add(value))
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
            Special::AskedAddress => {
                let named = call.passed.iter().find(|p| match p.kind {
                    ArgKind::Keyword(name) => self.names.text(name) == "url",
                    _ => false,
                });
                let from = named.map_or(first?, |p| p.value);
                let mut value = Value {
                    labels: self.deep_labels(state, from),
                    prefix: self.arena.get(from).prefix,
                    ..Value::default()
                };
                value.atoms.push(Atom::Path(path));
                Some(self.arena.add(value))
            }
            Special::Substitute => {
                let [pattern, by, text, ..] = call.passed else {
                    return None;
                };
                self.substituted(state, pattern.value, by.value, text.value)
            }
            Special::Computed => {
                let function = first.filter(|f| self.is_function(*f))?;
                Some(self.call_function(frame, state, function, &[]))
            }
            Special::ReadWhole => {
                let stream = first?;
                let whole = self.piece_of_stream(frame, stream, ValId::UNDEF);
                (whole != ValId::UNDEF).then_some(whole)
            }
            Special::Promise => {
                let function = first.filter(|f| self.is_function(*f))?;
                Some(self.new_promise(frame, state, function))
            }
            other => self.go_call(frame, state, path, other, call),
        }
    }

    /// The address of a page is of its own site, but what it holds when taken apart is not.
    pub(super) fn parameters_of_page(&self, base: ValId, name: Symbol) -> Option<u16> {
        let (Derivation::Url, address) = self.arena.get(base).derived? else {
            return None;
        };
        if !matches!(self.names.text(name), "searchParams" | "search" | "hash") {
            return None;
        }
        let path = self.path_of(address)?;
        if self.module.language == Language::Python
            || !path.ends_with("location.href") && path != "document.URL"
        {
            return None;
        }
        let entry = self.tables.paths.get("location.search")?;
        entry.sources.first().copied()
    }

    /// Any key of an object: those that the program wrote are clean text.
    pub(in crate::analysis) fn keys_of(&mut self, state: &State, from: ValId) -> ValId {
        let keys = self.next_element(state, from, IterKind::Keys);
        let written = self.only_object(from).and_then(|o| state.contents(o));
        if written.is_none_or(|c| c.entries.is_empty()) {
            return keys;
        }
        let text = self.arena.single(Atom::Text);
        self.arena.join(keys, text)
    }

    /// A map of a list of pairs, or of another map.
    fn map_of_pairs(
        &mut self,
        frame: &mut Frame<'a>,
        state: &mut State,
        call: &Call<'_, 'a>,
    ) -> ValId {
        let object = self.allocate(frame, ObjectKind::Map, 2);
        *state.contents_mut(object) = Contents::default();
        let target = self.arena.single(Atom::Object(object));
        let Some(from) = call.passed.first().map(|p| p.value) else {
            return target;
        };
        let list = self
            .only_object(from)
            .filter(|o| self.object_kind(*o) == Some(ObjectKind::List))
            .and_then(|o| state.contents(o).cloned());
        let Some(list) = list else {
            self.spread_into(state, object, from);
            return target;
        };
        let pairs = list.entries.iter().map(|e| e.1).chain([list.rest]);
        for pair in pairs.filter(|p| *p != ValId::UNDEF) {
            let key = self.pair_part(state, pair, 0);
            let value = self.pair_part(state, pair, 1);
            let name = self.key_of(key);
            self.store(state, target, name, key, value);
        }
        target
    }

    fn pair_part(&mut self, state: &State, pair: ValId, at: i64) -> ValId {
        match self.only_object(pair) {
            Some(object) => self.object_index(state, object, Some(Key::At(at))),
            None => self.part(pair, value::Selector::At(at)),
        }
    }

    /// Whether a path ends in a method rather than a function: `pathlib.Path.resolve`.
    fn names_method(&self, path: PathId) -> bool {
        let text = self.paths.text(path);
        text.starts_with("pathlib.Path.")
            || text.starts_with("java.io.File.")
            || text.starts_with("java.nio.file.Path.") && text != "java.nio.file.Path.of"
    }

    /// What a call about places in Java gives: a file, a path, an address or text.
    fn place_type(&mut self, path: PathId) -> Atom {
        let text = match self.paths.text(path).rsplit('.').next().unwrap_or("") {
            "File" | "toFile" | "getCanonicalFile" | "getAbsoluteFile" => "java.io.File",
            "get" | "of" | "resolve" | "resolveSibling" | "toPath" | "normalize" | "toRealPath"
            | "toAbsolutePath" => "java.nio.file.Path",
            "toURL" => "java.net.URL",
            "toURI" => "java.net.URI",
            _ => return Atom::Text,
        };
        let last = self.names.intern(super::entry::last_name(text));
        Atom::Path(self.paths.absolute(text, last))
    }

    pub(super) fn same_text(&mut self, from: ValId) -> ValId {
        let known = self.arena.get(from);
        let mut value = Value {
            labels: known.labels.clone(),
            prefix: known.prefix,
            derived: Some((Derivation::SameText, from)),
            ..Value::default()
        };
        clear_all(&mut value.labels, self.models.structure_rules);
        value.atoms.push(Atom::Text);
        self.arena.add(value)
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
        // Lists, maps and text of Go have no methods of their own.
        if self.is_go() {
            return None;
        }
        if self.is_own_method(receiver, name) {
            return None;
        }
        if let Some(made) = self.java_method(frame, state, receiver, name, call) {
            return Some(made);
        }
        if let Some(object) = self.only_object(receiver) {
            return match self.object_kind(object)? {
                ObjectKind::List | ObjectKind::Set => {
                    self.list_method(frame, state, object, receiver, name, call)
                }
                ObjectKind::Map => self.map_method(frame, state, object, receiver, name, call),
                ObjectKind::Instance(path) if self.paths.special(path) == Some(Special::Schema) => {
                    self.schema_method(frame, state, object, receiver, name, call)
                }
                ObjectKind::Instance(path)
                    if self.paths.special(path) == Some(Special::Pattern)
                        && self.names.text(name) == "sub" =>
                {
                    let [by, text, ..] = call.passed else {
                        return None;
                    };
                    self.substituted(state, receiver, by.value, text.value)
                }
                ObjectKind::Instance(path) => {
                    self.store_method(state, path, object, receiver, name, call)
                }
                ObjectKind::Class(_)
                | ObjectKind::Partial
                | ObjectKind::Resolver
                | ObjectKind::Access(_)
                | ObjectKind::Module(_) => None,
            };
        }
        if let Some(object) = self.one_of_maps(frame, state, receiver, name) {
            let receiver = self.arena.single(Atom::Object(object));
            return self.map_method(frame, state, object, receiver, name, call);
        }
        if let Some(entry) = self.entry_of_passed(frame, state, receiver, name, call) {
            return Some(entry);
        }
        if let Some(joined) = self.joined_onto_unknown(frame, state, receiver, name, call) {
            return Some(joined);
        }
        if let Some(resolved) = self.resolved_unknown(frame, state, receiver, name, call) {
            return Some(resolved);
        }
        if let Some(piece) = self.taken_piece(receiver, name, call) {
            return Some(piece);
        }
        if let Some(group) = self.found_group(frame, state, receiver, name, call) {
            return Some(group);
        }
        let atoms = self.arena.get(receiver).atoms.clone();
        // What a library returned may be text, if nothing is known of its method of this name.
        let tainted = !self.arena.get(receiver).labels.is_empty();
        let plain = atoms.iter().all(|a| match a {
            Atom::Text | Atom::Number | Atom::Access(_) => true,
            Atom::Path(path) if tainted => {
                let child = self.paths.child(*path, name, &self.names);
                self.paths.entry(child).is_none() && self.paths.special(child).is_none()
            }
            _ => false,
        });
        let known = self.arena.get(receiver);
        if plain || known.konst.is_some() {
            return self.text_method(frame, state, receiver, name, call);
        }
        if matches!(known.atoms.as_slice(), [Atom::Func(_) | Atom::Bound(..)]) {
            return self.function_method(frame, state, receiver, name, call);
        }
        None
    }

    /// `config.get("system", {})` of what a caller passes: what it holds under that key, and not what it
    /// holds under others.
    fn entry_of_passed(
        &mut self,
        frame: &mut Frame<'a>,
        state: &State,
        receiver: ValId,
        name: Symbol,
        call: &Call<'_, 'a>,
    ) -> Option<ValId> {
        if self.module.language != Language::Python || self.names.text(name) != "get" {
            return None;
        }
        let atoms = &self.arena.get(receiver).atoms;
        // `config.get("system", {}).get("folder")`: the map that stands in for what is not there.
        let fits = |atom: &Atom| match atom {
            Atom::Access(access) => self.own_class(*access).is_none(),
            Atom::Object(object) => self.object_kind(*object) == Some(ObjectKind::Map),
            _ => false,
        };
        let passed = atoms.iter().any(|a| matches!(a, Atom::Access(_)));
        if !passed || !atoms.iter().all(fits) {
            return None;
        }
        let (key, default) = match call.passed {
            [key] => (key, None),
            [key, default] => (key, Some(default)),
            _ => return None,
        };
        let plain = call.passed.iter().all(|p| p.kind == ArgKind::Positional);
        if !plain {
            return None;
        }
        let Some(Konst::Str(text)) = self.arena.get(key.value).konst else {
            return None;
        };
        // A name, not an address that a client asks.
        if self.names.text(text).contains(['/', ':']) {
            return None;
        }
        let found = self.index(frame, state, receiver, key.value);
        let default = default.map_or(ValId::UNDEF, |d| d.value);
        Some(self.arena.join(found, default))
    }

    /// A map with all that any of the maps holds that a value may be, for a method that only reads:
    /// `(TABLE if key == "all" else {key: TABLE.get(key)}).items()`.
    fn one_of_maps(
        &mut self,
        frame: &Frame<'a>,
        state: &mut State,
        receiver: ValId,
        name: Symbol,
    ) -> Option<ObjId> {
        if !matches!(
            self.names.text(name),
            "get" | "keys" | "values" | "items" | "entries" | "has" | "copy"
        ) {
            return None;
        }
        let known = self.arena.get(receiver);
        if known.atoms.len() < 2 || !known.labels.is_empty() {
            return None;
        }
        let mut maps = Vec::new();
        for atom in &known.atoms {
            match atom {
                Atom::Object(object) if self.object_kind(*object) == Some(ObjectKind::Map) => {
                    maps.push(*object);
                }
                _ => return None,
            }
        }
        let mut all = Contents::default();
        for map in maps {
            let contents = state.contents(map)?.clone();
            for (key, value) in contents.entries {
                let known = all.get(key).unwrap_or(ValId::UNDEF);
                all.set(key, self.arena.join(known, value));
            }
            all.rest = self.arena.join(all.rest, contents.rest);
            all.keys = self.arena.join(all.keys, contents.keys);
        }
        let object = self.allocate(frame, ObjectKind::Map, 6);
        *state.contents_mut(object) = all;
        Some(object)
    }

    /// Whether a method of Java is one that the program wrote for the declared type of its receiver, as
    /// `mapper.count(id)` is: it only has the name of one of text or lists.
    pub(super) fn is_own_method(&mut self, receiver: ValId, name: Symbol) -> bool {
        if self.module.language != Language::Java {
            return false;
        }
        let atoms = self.arena.get(receiver).atoms.clone();
        atoms.iter().any(|atom| match atom {
            Atom::Access(access) => self
                .receiver_class(*access)
                .is_some_and(|class| self.method_of(class, name).is_some()),
            _ => false,
        })
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
            "bind" => return Some(self.bind(frame, state, receiver, call)),
            _ => return None,
        };
        let passed = self.spread_arguments(state, passed.into());
        let inner = Call {
            target: receiver,
            receiver: call.passed.first().map(|p| p.value),
            name: None,
            callee: None,
            passed: &passed,
        };
        Some(self.invoke(frame, state, &inner))
    }
}
