//! What the standard library of Java does to values that tables cannot say: lists and maps by
//! position and key, texts that are built piece by piece, responses and parsers that are set up
//! before they are used, accessors that are not written out (records, generated ones).

use trueline_syntax::ir::{BinaryOp, ClassId, Language, Symbol};

use super::alphabet::rejected_alphabet;
use super::call::Call;
use super::special::Special;
use super::state::{Contents, Key, State};
use super::transfer::clear_all;
use super::value::{self, Atom, Derivation, Konst, Labels, ObjId, PathId, StepKind, ValId, Value};
use super::{Analyzer, Frame, ObjectKind};
use crate::models::{Bits, Returns};

const RESPONSE: &str = "javax.servlet.http.HttpServletResponse";

impl<'a> Analyzer<'a> {
    /// Methods with a meaning of their own.
    pub(super) fn java_method(
        &mut self,
        frame: &mut Frame<'a>,
        state: &mut State,
        receiver: ValId,
        name: Symbol,
        call: &Call<'_, 'a>,
    ) -> Option<ValId> {
        if self.module.language != Language::Java {
            return None;
        }
        let text = self.names.text(name).to_owned();
        if let Some(made) = self.stream_method(frame, state, receiver, &text, call) {
            return Some(made);
        }
        if let [Atom::Access(access)] = self.arena.get(receiver).atoms.clone().as_slice()
            && let Some(class) = self.receiver_class(*access)
            && let Some(value) = self.implied_accessor(frame, state, class, receiver, name, call)
        {
            return Some(value);
        }
        if let Some(object) = self.only_object(receiver) {
            return match self.object_kind(object)? {
                ObjectKind::List | ObjectKind::Set => {
                    self.java_list(state, object, receiver, &text, call)
                }
                ObjectKind::Map => self.java_map(frame, state, object, receiver, &text, call),
                ObjectKind::Instance(path) => {
                    self.java_instance(frame, state, (object, path), receiver, &text, call)
                }
                ObjectKind::Class(class) => {
                    self.implied_accessor(frame, state, class, receiver, name, call)
                }
                ObjectKind::Partial
                | ObjectKind::Resolver
                | ObjectKind::Access(_)
                | ObjectKind::Module(_) => None,
            };
        }
        if matches!(text.as_str(), "getHost" | "getAuthority")
            && let Some((Derivation::Url, _)) = self.arena.get(receiver).derived
        {
            let mut value = Value {
                labels: self.arena.get(receiver).labels.clone(),
                derived: Some((Derivation::UrlHost, receiver)),
                ..Value::default()
            };
            value.atoms.push(Atom::Text);
            return Some(self.arena.add(value));
        }
        if self.is_of_type(receiver, RESPONSE) {
            return self.response_method(frame, state, receiver, &text, call);
        }
        if matches!(text.as_str(), "append" | "insert")
            && (self.is_of_type(receiver, "java.lang.StringBuilder")
                || self.is_of_type(receiver, "java.lang.StringBuffer"))
        {
            let given = self.given_labels(state, call);
            if !given.is_empty() {
                let stored = self.arena.tainted(given);
                self.store(state, receiver, None, ValId::UNDEF, stored);
            }
            return Some(receiver);
        }
        None
    }

    fn given_labels(&mut self, state: &State, call: &Call<'_, 'a>) -> Labels {
        let mut given = Labels::new();
        for argument in call.passed {
            value::add_labels(&mut given, &self.deep_labels(state, argument.value));
        }
        given
    }

    fn is_of_type(&self, value: ValId, of: &str) -> bool {
        self.arena
            .get(value)
            .atoms
            .iter()
            .any(|atom| matches!(atom, Atom::Path(path) if self.paths.text(*path) == of))
    }

    /// `filter` keeps what its function accepts; `map` of a conversion to a number gives numbers.
    fn stream_method(
        &mut self,
        frame: &mut Frame<'a>,
        state: &mut State,
        receiver: ValId,
        name: &str,
        call: &Call<'_, 'a>,
    ) -> Option<ValId> {
        let [only] = call.passed else { return None };
        let function = only.value;
        match name {
            "map" | "mapToInt" | "mapToLong" | "mapToObj" => {
                let atoms = self.arena.get(function).atoms.clone();
                let [Atom::Path(path)] = atoms.as_slice() else {
                    return None;
                };
                let entry = self.paths.entry(*path)?;
                matches!(entry.returns, Some(Returns::Number))
                    .then(|| self.arena.single(Atom::Number))
            }
            "filter" if self.is_function(function) => {
                let list = self.only_object(receiver).is_some();
                let element = if list {
                    self.next_element(state, receiver, trueline_syntax::ir::IterKind::Elements)
                } else {
                    receiver
                };
                self.call_function(frame, state, function, &[element]);
                let kept = self.accepted(function, element);
                Some(if list {
                    self.list_of(frame, state, kept)
                } else {
                    kept
                })
            }
            _ => None,
        }
    }

    fn java_list(
        &mut self,
        state: &mut State,
        object: ObjId,
        receiver: ValId,
        name: &str,
        call: &Call<'_, 'a>,
    ) -> Option<ValId> {
        let first = call.passed.first().map(|p| p.value);
        let second = call.passed.get(1).map(|p| p.value);
        let number = self.arena.single(Atom::Number);
        let place = |analyzer: &Self, value: Option<ValId>| match value
            .map(|v| analyzer.arena.get(v).konst)
        {
            Some(Some(Konst::Int(at))) => Some(Key::At(at)),
            _ => None,
        };
        match name {
            "add" | "addElement" | "addLast" | "offer" | "offerLast" | "push" => {
                match (first, second) {
                    (Some(at), Some(item)) => {
                        let at = match self.arena.get(at).konst {
                            Some(Konst::Int(at)) => Some(at),
                            _ => None,
                        };
                        self.insert(state, object, at, item);
                    }
                    (Some(item), None) => self.push(state, object, item),
                    _ => return None,
                }
                Some(number)
            }
            "addFirst" | "offerFirst" => {
                self.insert(state, object, Some(0), first?);
                Some(number)
            }
            "addAll" => {
                let from = *call.passed.last()?;
                let element =
                    self.next_element(state, from.value, trueline_syntax::ir::IterKind::Elements);
                state.contents_mut(object).len = None;
                self.push(state, object, element);
                Some(number)
            }
            "get" | "elementAt" => {
                let key = place(self, first);
                let found = self.object_index(state, object, key);
                Some(known(found))
            }
            "set" | "setElementAt" => {
                let key = place(self, first);
                let item = second?;
                self.store(state, receiver, key, ValId::UNDEF, item);
                Some(ValId::UNKNOWN)
            }
            "getFirst" | "firstElement" | "getKey" | "getLeft" => {
                let found = self.object_index(state, object, Some(Key::At(0)));
                Some(known(found))
            }
            "getValue" | "getRight" => {
                let found = self.object_index(state, object, Some(Key::At(1)));
                Some(known(found))
            }
            "getLast" | "lastElement" => {
                let last = state.contents(object)?.len.map(|len| Key::At(len - 1));
                let found = self.object_index(state, object, last);
                Some(known(found))
            }
            "peek" | "peekFirst" | "peekLast" | "element" | "next" | "nextElement" | "previous"
            | "findFirst" | "findAny" => {
                let found = self.object_index(state, object, None);
                Some(known(found))
            }
            "remove" | "removeFirst" | "removeLast" | "pop" | "poll" | "pollFirst" | "pollLast" => {
                let mut contents = state.contents(object)?.clone();
                let any = contents.any(&mut self.arena);
                contents.blur(&mut self.arena);
                *state.contents_mut(object) = contents;
                Some(known(any))
            }
            "iterator" | "listIterator" | "elements" | "stream" | "parallelStream" | "toArray"
            | "toList" | "distinct" | "sorted" | "limit" | "skip" | "subList" | "reversed"
            | "clone" => {
                if call.passed.iter().any(|p| self.is_function(p.value)) && name != "sorted" {
                    return None;
                }
                Some(receiver)
            }
            "contains" | "containsAll" | "isEmpty" | "size" | "indexOf" | "lastIndexOf"
            | "hasNext" | "hasMoreElements" | "hashCode" | "count" => Some(number),
            _ => None,
        }
    }

    fn java_map(
        &mut self,
        frame: &mut Frame<'a>,
        state: &mut State,
        object: ObjId,
        receiver: ValId,
        name: &str,
        call: &Call<'_, 'a>,
    ) -> Option<ValId> {
        let first = call.passed.first().map(|p| p.value);
        let second = call.passed.get(1).map(|p| p.value);
        match name {
            "put" | "putIfAbsent" | "setProperty" | "replace" => {
                let key = self.key_of(first?);
                self.store(state, receiver, key, first?, second?);
                Some(ValId::UNKNOWN)
            }
            "putAll" => {
                self.spread_into(state, object, first?);
                Some(ValId::UNKNOWN)
            }
            "get" | "getOrDefault" | "getProperty" | "remove" => {
                let found = self.index(frame, state, receiver, first?);
                let known_key = self.key_of(first?).is_some_and(|key| {
                    state.contents(object).is_some_and(|c| c.get(key).is_some())
                });
                let default = second.filter(|_| !known_key).unwrap_or(ValId::UNDEF);
                let value = self.arena.join(found, default);
                Some(known(value))
            }
            "keySet" | "keys" | "propertyNames" => {
                let keys = state.contents(object)?.keys;
                Some(self.list_of(frame, state, known(keys)))
            }
            "entrySet" => {
                let contents = state.contents(object)?.clone();
                let any = contents.any(&mut self.arena);
                let any = self.unconstant_deep(any);
                Some(self.list_of_pairs(frame, state, known(contents.keys), any))
            }
            "containsKey" | "containsValue" | "contains" | "isEmpty" | "size" => {
                Some(self.arena.single(Atom::Number))
            }
            _ => None,
        }
    }

    /// A text that is built, or something that is set up before it is used.
    fn java_instance(
        &mut self,
        frame: &mut Frame<'a>,
        state: &mut State,
        (object, path): (ObjId, PathId),
        receiver: ValId,
        name: &str,
        call: &Call<'_, 'a>,
    ) -> Option<ValId> {
        let kind = self.paths.text(path).to_owned();
        if is_builder(&kind) {
            return self.builder_method(frame, state, object, receiver, name, call);
        }
        if kind == "java.util.regex.Pattern.compile" && name == "matcher" {
            let pattern = state.contents(object)?.get(Key::At(0))?;
            let text = call.passed.first()?.value;
            let matcher = self.allocate(frame, ObjectKind::Instance(path), 6);
            let mut contents = Contents::default();
            contents.set(Key::At(0), pattern);
            contents.set(Key::At(1), text);
            *state.contents_mut(matcher) = contents;
            return Some(self.arena.single(Atom::Object(matcher)));
        }
        if !self.paths.is_store(path) {
            return None;
        }
        match name {
            "setFeature" | "setProperty" | "setAttribute" => {
                let [setting, to] = call.passed else {
                    return None;
                };
                let setting = self.setting_name(setting.value);
                let is =
                    |word: &str| self.setting_name(to.value) == format!("javalangboolean{word}");
                let (true_word, false_word) = (is("true"), is("false"));
                let to = self.arena.get(to.value).konst;
                let on = to == Some(Konst::Bool(true)) || true_word;
                let off = to == Some(Konst::Bool(false)) || false_word;
                let empty = to
                    .and_then(|k| self.konst_text(k))
                    .is_some_and(|t| t.is_empty());
                let has = |part: &str| setting.contains(part);
                let closes = on && (has("disallowdoctypedecl") || has("secureprocessing"))
                    || off
                        && (has("externalgeneralentities")
                            || has("supportingexternalentities")
                            || has("supportdtd"))
                    || empty && has("accessexternaldtd");
                if closes {
                    self.secure(state, receiver);
                }
                Some(ValId::UNKNOWN)
            }
            "setObjectInputFilter"
            | "allowTypes"
            | "allowTypesByWildcard"
            | "allowTypesByRegExp"
            | "addPermission"
            | "denyTypes"
            | "setupDefaultSecurity" => {
                self.secure(state, receiver);
                Some(ValId::UNKNOWN)
            }
            "newDocumentBuilder" | "newSAXParser" | "getXMLReader" | "newTransformer" => {
                Some(receiver)
            }
            _ => None,
        }
    }

    pub(super) fn secure(&mut self, state: &mut State, receiver: ValId) {
        let key = self.names.intern("secure");
        let yes = self.arena.constant(Konst::Bool(true));
        self.store(state, receiver, Some(Key::Name(key)), ValId::UNDEF, yes);
    }

    /// The letters of a setting's name, whether it is a text or a constant of a class.
    fn setting_name(&self, value: ValId) -> String {
        let known = self.arena.get(value);
        let text = match known.konst.and_then(|k| self.konst_text(k)) {
            Some(text) => text,
            None => self.path_of(value).unwrap_or_default(),
        };
        text.chars()
            .filter(char::is_ascii_alphanumeric)
            .map(|c| c.to_ascii_lowercase())
            .collect()
    }

    fn builder_method(
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
    pub(super) fn new_builder(
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
    pub(super) fn text_of_builder(&mut self, state: &State, value: ValId) -> ValId {
        if let Some(object) = self.only_object(value)
            && let Some(ObjectKind::Instance(path)) = self.object_kind(object)
            && is_builder(self.paths.text(path))
        {
            return self.built_text(state, object);
        }
        value
    }

    /// A list of the arguments, or of the elements of the only one.
    pub(super) fn list_of_arguments(
        &mut self,
        frame: &Frame<'a>,
        state: &mut State,
        call: &Call<'_, 'a>,
    ) -> ValId {
        if let [only] = call.passed
            && let Some(object) = self.only_object(only.value)
            && self.object_kind(object) == Some(ObjectKind::List)
        {
            return only.value;
        }
        let contents = Contents::list(call.passed.iter().map(|p| p.value));
        let object = self.allocate(frame, ObjectKind::List, 2);
        *state.contents_mut(object) = contents;
        self.arena.single(Atom::Object(object))
    }

    /// `Map.of(key, value, …)`.
    pub(super) fn map_of_arguments(
        &mut self,
        frame: &Frame<'a>,
        state: &mut State,
        call: &Call<'_, 'a>,
    ) -> ValId {
        let object = self.allocate(frame, ObjectKind::Map, 2);
        *state.contents_mut(object) = Contents::default();
        let target = self.arena.single(Atom::Object(object));
        for pair in call.passed.chunks_exact(2) {
            let [key, item] = pair else { continue };
            let name = self.key_of(key.value);
            self.store(state, target, name, key.value, item.value);
        }
        target
    }

    /// `String.format(template, …)`: what follows a constant beginning cannot choose a root or host.
    pub(super) fn java_format(
        &mut self,
        frame: &Frame<'a>,
        state: &State,
        template: ValId,
        given: &[super::call::Passed],
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
    pub(super) fn java_text(
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
            "replaceAll" => self.replaced_regex(state, receiver, call),
            _ => None,
        }
    }

    /// `text.replaceAll("[^a-z]", "_")`: only the characters that are kept, and those put in.
    fn replaced_regex(
        &mut self,
        state: &State,
        receiver: ValId,
        call: &Call<'_, 'a>,
    ) -> Option<ValId> {
        let [pattern, by] = call.passed else {
            return None;
        };
        let text = |value: ValId| {
            let konst = self.arena.get(value).konst;
            konst.and_then(|k| self.konst_text(k))
        };
        let (pattern, by) = (text(pattern.value)?, text(by.value)?);
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

    /// The type of a response decides whether a browser reads what is written to it as HTML.
    fn response_method(
        &mut self,
        frame: &mut Frame<'a>,
        state: &mut State,
        receiver: ValId,
        name: &str,
        call: &Call<'_, 'a>,
    ) -> Option<ValId> {
        let key = self.names.intern("Content-Type");
        match name {
            "setContentType" => {
                let kind = call.passed.first()?.value;
                self.store(state, receiver, Some(Key::Name(key)), ValId::UNDEF, kind);
                None
            }
            "setHeader" | "addHeader" => {
                let [header, kind] = call.passed else {
                    return None;
                };
                let text = self.setting_name(header.value);
                if text.ends_with("contenttype") {
                    self.store(
                        state,
                        receiver,
                        Some(Key::Name(key)),
                        ValId::UNDEF,
                        kind.value,
                    );
                }
                None
            }
            "getWriter" | "getOutputStream" => {
                let kind = self.index_of_access(state, receiver, Key::Name(key))?;
                let text = self.setting_name(kind);
                let plain = [
                    "json",
                    "plain",
                    "csv",
                    "pdf",
                    "octetstream",
                    "excel",
                    "image",
                    "zip",
                ]
                .iter()
                .any(|part| text.contains(part));
                if !plain || text.contains("svg") {
                    return None;
                }
                let _ = frame;
                let last = self.names.intern("PlainWriter");
                let path = self.paths.absolute("javax.servlet.PlainWriter", last);
                Some(self.arena.single(Atom::Path(path)))
            }
            _ => None,
        }
    }

    fn index_of_access(&self, state: &State, value: ValId, key: Key) -> Option<ValId> {
        self.arena.get(value).atoms.iter().find_map(|atom| {
            let Atom::Access(access) = atom else {
                return None;
            };
            let object = self.access_objects.get(access)?;
            state.contents(*object)?.get(key)
        })
    }

    /// `record.name()`, and `getName()`, `setName(…)` where they are generated.
    fn implied_accessor(
        &mut self,
        frame: &mut Frame<'a>,
        state: &mut State,
        class: ClassId,
        receiver: ValId,
        name: Symbol,
        call: &Call<'_, 'a>,
    ) -> Option<ValId> {
        if self.method_of(class, name).is_some() {
            return None;
        }
        let text = self.names.text(name).to_owned();
        let property = |rest: &str| {
            let mut chars = rest.chars();
            let first = chars.next().filter(char::is_ascii_uppercase)?;
            Some(format!("{}{}", first.to_ascii_lowercase(), chars.as_str()))
        };
        let declared = |analyzer: &Self, field: &str| {
            let names = &analyzer.names;
            analyzer.lineage(class).into_iter().find_map(|class| {
                let fields = &analyzer.class(class)?.fields;
                let field = fields.iter().find(|f| names.text(f.name) == field)?;
                Some(field.name)
            })
        };
        if let [stored] = call.passed {
            let field = declared(self, &property(text.strip_prefix("set")?)?)?;
            self.store(
                state,
                receiver,
                Some(Key::Name(field)),
                ValId::UNDEF,
                stored.value,
            );
            return Some(receiver);
        }
        if !call.passed.is_empty() {
            return None;
        }
        let field = declared(self, &text).or_else(|| {
            let rest = text
                .strip_prefix("get")
                .or_else(|| text.strip_prefix("is"))?;
            declared(self, &property(rest)?)
        })?;
        Some(self.field(frame, state, receiver, field))
    }
}

/// The meaning of a path of Java's library.
pub(super) fn special(path: &str) -> Option<Special> {
    Some(match path {
        "java.lang.String.valueOf" | "java.lang.String" | "java.util.Objects.requireNonNull" => {
            Special::SameText
        }
        "java.net.URL" | "java.net.URI" | "java.net.URI.create" => Special::ParseUrl,
        "java.util.regex.Pattern.compile" => Special::Pattern,
        "java.util.Arrays.asList"
        | "java.util.Arrays.stream"
        | "java.util.List.of"
        | "java.util.Set.of"
        | "java.util.stream.Stream.of"
        | "java.util.Collections.singletonList"
        | "java.util.Collections.singleton" => Special::ListOf,
        "java.util.Map.of" => Special::MapOf,
        "java.util.Optional.of"
        | "java.util.Optional.ofNullable"
        | "java.util.List.copyOf"
        | "java.util.Set.copyOf"
        | "java.util.Map.copyOf"
        | "java.util.Collections.unmodifiableList"
        | "java.util.Collections.unmodifiableSet"
        | "java.util.Collections.unmodifiableMap"
        | "java.util.Collections.unmodifiableCollection" => Special::Identity,
        "java.lang.StringBuilder" | "java.lang.StringBuffer" | "java.io.StringWriter" => {
            Special::Builder
        }
        "org.yaml.snakeyaml.Yaml" => Special::Yaml,
        "java.lang.String.format" | "java.text.MessageFormat.format" => Special::Format,
        "java.io.File"
        | "java.nio.file.Paths.get"
        | "java.nio.file.Path.of"
        | "java.nio.file.Path.resolve"
        | "java.nio.file.Path.resolveSibling" => Special::JoinPath,
        "java.io.File.getCanonicalPath"
        | "java.io.File.getCanonicalFile"
        | "java.nio.file.Path.normalize"
        | "java.nio.file.Path.toRealPath" => Special::Normalise,
        "java.io.File.getPath"
        | "java.io.File.getAbsolutePath"
        | "java.io.File.getAbsoluteFile"
        | "java.io.File.toPath"
        | "java.io.File.toString"
        | "java.nio.file.Path.toAbsolutePath"
        | "java.nio.file.Path.toFile"
        | "java.nio.file.Path.toString"
        | "java.net.URI.toURL"
        | "java.net.URI.toString"
        | "java.net.URL.toURI"
        | "java.net.URL.toString" => Special::SamePlace,
        "java.util.ArrayList"
        | "java.util.LinkedList"
        | "java.util.HashSet"
        | "java.util.TreeSet"
        | "java.util.LinkedHashSet"
        | "java.util.Vector"
        | "java.util.ArrayDeque"
        | "java.util.Stack" => Special::CopyElements,
        "java.util.Properties"
        | "java.util.HashMap"
        | "java.util.LinkedHashMap"
        | "java.util.TreeMap"
        | "java.util.Hashtable"
        | "java.util.concurrent.ConcurrentHashMap" => Special::CopyEntries,
        _ => return None,
    })
}

fn is_builder(path: &str) -> bool {
    matches!(
        path,
        "java.lang.StringBuilder" | "java.lang.StringBuffer" | "java.io.StringWriter"
    )
}

fn known(value: ValId) -> ValId {
    if value == ValId::UNDEF {
        ValId::UNKNOWN
    } else {
        value
    }
}
