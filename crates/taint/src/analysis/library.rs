//! Behaviour of builtins that tables cannot say: containers, text, paths and URLs.

use trueline_syntax::ir::{ArgKind, IterKind, Language, Symbol};

use super::alphabet::{found_characters, rejected_alphabet};
use super::call::Call;
use super::names::MAX_TEXT;
use super::special::Special;
use super::state::{Contents, Key, State};
use super::transfer::clear_all;
use super::value::{self, Atom, Derivation, Konst, Labels, PathId, StepKind, ValId, Value};
use super::{Analyzer, Frame, ObjectKind};
use crate::models::Bits;

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
    fn keys_of(&mut self, state: &State, from: ValId) -> ValId {
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

    fn join_path(
        &mut self,
        frame: &Frame<'a>,
        state: &mut State,
        path: PathId,
        call: &Call<'_, 'a>,
    ) -> ValId {
        let mut labels = Labels::new();
        // `path.join` of Node treats a later absolute part as relative.
        let replaces = self.module.language == Language::Python
            || self.paths.text(path).ends_with(".Path.resolve");
        let mut began = false;
        if (self.paths.text(path).ends_with(".joinpath") || self.names_method(path))
            && let Some(receiver) = call.receiver
        {
            labels = self.deep_labels(state, receiver);
            began = true;
        }
        let began_before = began;
        let mut prefix = None;
        for (at, argument) in call.passed.iter().enumerate() {
            let mut part = self.deep_labels(state, argument.value);
            if began {
                clear_all(&mut part, Bits::PLACED);
            }
            if began && !replaces {
                clear_all(&mut part, Bits::RELATIVE);
            }
            value::add_labels(&mut labels, &part);
            // Whatever comes first, unless it is empty, what follows stands below it.
            began |= self
                .constant_text(argument.value)
                .is_none_or(|text| !text.is_empty());
            if at == 0 {
                prefix = self.arena.get(argument.value).prefix;
            }
        }
        // Joining cleans the path; `pathlib` and Java keep it as it is.
        let script = matches!(
            self.module.language,
            Language::JavaScript | Language::TypeScript
        );
        if self.is_go() || script {
            clear_all(&mut labels, Bits::NORMALISED);
        }
        if !labels.is_empty() {
            self.advance(&mut labels, frame.span, StepKind::Join);
        }
        let mut value = Value {
            labels,
            prefix,
            ..Value::default()
        };
        if self.module.language == Language::Java {
            let kind = self.place_type(path);
            value.atoms.push(kind);
            if let [only] = call.passed
                && !began_before
            {
                value.derived = Some((Derivation::SameText, only.value));
            }
        } else if self.paths.text(path).starts_with("pathlib.") {
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
        // `filepath.Clean("/" + name)`: no `..` climbs above the root.
        let rooted = call.passed.first().is_some_and(|p| {
            let known = self.arena.get(p.value);
            known.konst.is_none() && known.prefix.is_some_and(|p| self.names.text(p) == "/")
        });
        if self.is_go() && rooted && self.paths.text(path).ends_with(".Clean") {
            clear_all(&mut labels, Bits::NO_DOTDOT);
        }
        let mut derived = None;
        if self.module.language == Language::Java {
            atoms = vec![self.place_type(path)];
            derived = call.receiver.map(|from| (Derivation::SameText, from));
        }
        if !labels.is_empty() {
            self.advance(&mut labels, frame.span, StepKind::Join);
        }
        let mut value = Value {
            labels,
            derived,
            ..Value::default()
        };
        atoms.sort_unstable();
        value::add_atoms(&mut value.atoms, &atoms);
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
        if let Some(joined) = self.joined_onto_unknown(frame, state, receiver, name, call) {
            return Some(joined);
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

    /// `folder.joinpath(name)`: only a path of `pathlib` has this method, wherever the folder is from.
    fn joined_onto_unknown(
        &mut self,
        frame: &Frame<'a>,
        state: &mut State,
        receiver: ValId,
        name: Symbol,
        call: &Call<'_, 'a>,
    ) -> Option<ValId> {
        if self.module.language != Language::Python || self.names.text(name) != "joinpath" {
            return None;
        }
        for atom in self.arena.get(receiver).atoms.clone() {
            match atom {
                Atom::Access(_) | Atom::Text => {}
                // What no model knows.
                Atom::Path(path) => {
                    let child = self.paths.child(path, name, &self.names);
                    let known = self.paths.entry(child).is_some()
                        || self.paths.special(child).is_some()
                        || self.paths.entry(path).is_some();
                    if known {
                        return None;
                    }
                }
                _ => return None,
            }
        }
        let path = self.paths.absolute("pathlib.Path.joinpath", name);
        Some(self.join_path(frame, state, path, call))
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

    fn text_method(
        &mut self,
        frame: &mut Frame<'a>,
        state: &mut State,
        receiver: ValId,
        name: Symbol,
        call: &Call<'_, 'a>,
    ) -> Option<ValId> {
        let first = call.passed.first().map(|p| p.value);
        let text = self.names.text(name).to_owned();
        if let Some(made) = self.java_text(frame, state, receiver, &text, call) {
            return Some(made);
        }
        let text = text.as_str();
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
            "split" | "rsplit" if self.cuts_at_dots(call) => {
                self.cut_at_dots(frame, receiver, name, call.passed.len() > 1)
            }
            "rsplit" | "split" | "rpartition" if self.module.language == Language::Python => {
                self.split_text(frame, receiver, name, call)
            }
            "isdigit" | "isalnum" | "isalpha" | "isnumeric" | "isdecimal" | "isidentifier"
            | "startswith" | "endswith" | "startsWith" | "endsWith" | "find" | "rfind"
            | "index" | "indexOf" | "lastIndexOf" | "count" | "includes" | "charCodeAt"
            | "codePointAt" | "localeCompare"
                if !call.passed.iter().any(|p| self.is_function(p.value)) =>
            {
                // An unknown receiver may be a collection: `find` then gives an element.
                let script = self.module.language != Language::Python;
                if text == "find" && (script || self.arena.get(receiver).atoms.is_empty()) {
                    return None;
                }
                let known = first.and_then(|f| self.contains_text(text, receiver, f));
                Some(self.arena.boolean(known))
            }
            "format" if self.is_text(receiver) => {
                if !self.arena.get(receiver).labels.is_empty()
                    && let Some(entry) = self.paths.method(name, &self.names)
                {
                    self.check_sinks(frame, state, &entry.sinks, true, call);
                }
                Some(self.str_format(frame, state, receiver, call))
            }
            "join" if self.module.language == Language::Python => {
                let list = first?;
                let mut labels = self.deep_labels(state, list);
                let own = self.deep_labels(state, receiver);
                value::add_labels(&mut labels, &own);
                if let Some(object) = self.only_object(list) {
                    Some(self.joined_text(frame, state, object, labels))
                } else {
                    self.advance(&mut labels, frame.span, StepKind::Join);
                    let mut value = Value {
                        labels,
                        ..Value::default()
                    };
                    value.atoms.push(Atom::Text);
                    Some(self.arena.add(value))
                }
            }
            "replace" | "replaceAll" => self.replaced(state, receiver, call),
            _ => None,
        }
    }

    /// The answer of `text.includes(part)` and its like, where both are constant.
    fn contains_text(&self, method: &str, receiver: ValId, part: ValId) -> Option<bool> {
        let text = self.arena.get(receiver).konst?;
        let part = self.arena.get(part).konst?;
        let (text, part) = (self.konst_text(text)?, self.konst_text(part)?);
        match method {
            "includes" => Some(text.contains(&part)),
            "startsWith" | "startswith" => Some(text.starts_with(&part)),
            "endsWith" | "endswith" => Some(text.ends_with(&part)),
            _ => None,
        }
    }

    /// Pieces of text: what a guard says of one, it says of the ending of the whole.
    fn split_text(
        &mut self,
        frame: &Frame<'a>,
        receiver: ValId,
        name: Symbol,
        call: &Call<'_, 'a>,
    ) -> Option<ValId> {
        let mut labels = self.arena.get(receiver).labels.clone();
        if labels.is_empty() {
            return None;
        }
        self.advance(&mut labels, frame.span, StepKind::Call(name));
        clear_all(&mut labels, self.models.structure_rules);
        let by = call.passed.first().map(|p| self.arena.get(p.value).konst);
        let by = by.flatten().and_then(|k| self.konst_text(k));
        let derived = match self.arena.get(receiver).derived {
            Some((Derivation::UrlHost, url)) if by.as_deref() == Some("@") => {
                (Derivation::UrlHost, url)
            }
            _ => (Derivation::Ending, receiver),
        };
        Some(self.arena.add(Value {
            labels,
            derived: Some(derived),
            ..Value::default()
        }))
    }

    /// `text.replace(a, b)`: without `a`, if all of them go and `b` does not bring it back.
    pub(super) fn replaced(
        &mut self,
        state: &mut State,
        receiver: ValId,
        call: &Call<'_, 'a>,
    ) -> Option<ValId> {
        let [from, to] = call.passed else { return None };
        if let Some(clean) = self.replaced_pattern(state, receiver, from.value, to.value) {
            return Some(clean);
        }
        let all = matches!(
            self.module.language,
            Language::Python | Language::Go | Language::Java
        ) || call
            .name
            .is_some_and(|n| self.names.text(n) == "replaceAll");
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
        let doubled = self.names.text(by) == part.repeat(2);
        if all && doubled {
            clear_all(&mut labels, self.cleared_by_doubling(&part));
        }
        let mut value = Value {
            labels,
            ..Value::default()
        };
        value.atoms.push(Atom::Text);
        Some(self.arena.add(value))
    }

    /// `name.replace('"', '""')`: a name of a table or column that goes between such quotes.
    fn cleared_by_doubling(&self, quote: &str) -> Bits {
        match self.models.rule_index("sql-injection") {
            Some(rule) if matches!(quote, "\"" | "`" | "]") => Bits::rule(rule),
            _ => Bits::NONE,
        }
    }

    /// `re.sub(pattern, by, text)`: without the characters that the pattern finds, or with those only
    /// that it does not.
    pub(super) fn substituted(
        &mut self,
        state: &State,
        pattern: ValId,
        by: ValId,
        text: ValId,
    ) -> Option<ValId> {
        let compiled = self.pattern_of(state, pattern).unwrap_or(pattern);
        let known = |value: ValId| {
            let konst = self.arena.get(value).konst;
            konst.and_then(|k| self.konst_text(k))
        };
        let (source, by) = (known(compiled)?, known(by)?);
        // A repeat of what is found counts as one find.
        let mut cleared = Bits::NONE;
        if let Some(mut kept) = rejected_alphabet(&source) {
            kept.add_text(&by);
            cleared = self.cleared_by_alphabet(&kept);
        } else {
            let found = found_characters(&source)?;
            for c in found.characters().filter(|c| !by.contains(*c)) {
                cleared = cleared.or(self.cleared_by_absence(&c.to_string()));
            }
        }
        let mut labels = self.deep_labels(state, text);
        clear_all(&mut labels, cleared);
        clear_all(&mut labels, self.models.structure_rules);
        let mut value = Value {
            labels,
            ..Value::default()
        };
        value.atoms.push(Atom::Text);
        Some(self.arena.add(value))
    }

    /// `text.replace(/[<>]/g, "")`: without the characters that the pattern finds, or with those only
    /// that it does not.
    fn replaced_pattern(
        &mut self,
        state: &State,
        receiver: ValId,
        pattern: ValId,
        by: ValId,
    ) -> Option<ValId> {
        let object = self.only_object(pattern)?;
        let flags = state.contents(object)?.get(Key::At(1))?;
        let text = |value: ValId| {
            let konst = self.arena.get(value).konst;
            konst.and_then(|k| self.konst_text(k))
        };
        if !text(flags)?.contains('g') {
            return None;
        }
        let source = text(self.pattern_of(state, pattern)?)?;
        let labels = self.deep_labels(state, by);
        if !labels.is_empty() {
            return None;
        }
        // A function answers for each character with what stands in its table.
        let by = self.arena.get(by).konst.and_then(|k| self.konst_text(k));
        let by = by.unwrap_or_default();
        let mut cleared = Bits::NONE;
        if let Some(mut kept) = rejected_alphabet(&source) {
            kept.add_text(&by);
            cleared = self.cleared_by_alphabet(&kept);
        } else {
            let found = found_characters(&source)?;
            for c in found.characters().filter(|c| !by.contains(*c)) {
                cleared = cleared.or(self.cleared_by_absence(&c.to_string()));
            }
            if let Some(only) = found.only()
                && by == only.to_string().repeat(2)
            {
                cleared = cleared.or(self.cleared_by_doubling(&only.to_string()));
            }
            if by.contains("$&") {
                // Each is there still, with something before it: only a pattern cares.
                let pattern = self.models.rule_index("regex-denial-of-service");
                cleared = cleared.both(pattern.map_or(Bits::NONE, Bits::rule));
            }
        }
        let mut labels = self.deep_labels(state, receiver);
        clear_all(&mut labels, cleared);
        clear_all(&mut labels, self.models.structure_rules);
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
