//! What the standard library of Java does to values that tables cannot say: lists and maps by
//! position and key, texts that are built piece by piece, responses and parsers that are set up
//! before they are used, accessors that are not written out (records, generated ones).

mod collections;
mod text;

use super::call::Call;
use super::special::Special;
use super::state::{Contents, Key, State};
use super::value::{self, Atom, Derivation, Konst, Labels, ObjId, PathId, ValId, Value};
use super::{Analyzer, Frame, ObjectKind};
use trueline_syntax::ir::{ClassId, Language, Symbol};

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
        if let Some(gone) = self.keys_of_passed(frame, state, receiver, &text, call) {
            return Some(gone);
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

    /// `data.keySet()` of a map that a caller passes: who chose what is under a key did not choose the
    /// key.
    fn keys_of_passed(
        &mut self,
        frame: &mut Frame<'a>,
        state: &mut State,
        receiver: ValId,
        name: &str,
        call: &Call<'_, 'a>,
    ) -> Option<ValId> {
        if !matches!(name, "keySet" | "entrySet") || !call.passed.is_empty() {
            return None;
        }
        let atoms = &self.arena.get(receiver).atoms;
        let access = atoms.iter().find_map(|atom| match atom {
            Atom::Access(access) => Some(*access),
            _ => None,
        })?;
        let mut keys = self.keys_of(state, receiver);
        let own = self.access_objects.get(&access);
        let own = own.and_then(|o| state.contents(*o)).cloned();
        if let Some(own) = &own {
            keys = self.arena.join(keys, own.keys);
        }
        if name == "keySet" {
            return Some(self.list_of(frame, state, keys));
        }
        let kind = trueline_syntax::ir::IterKind::Elements;
        let mut element = self.next_element(state, receiver, kind);
        if let Some(own) = own {
            let any = own.any(&mut self.arena);
            element = self.arena.join(element, any);
        }
        Some(self.list_of_pairs(frame, state, keys, element))
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
        if kind == "java.util.regex.Pattern.compile" && name == "replaceAll" {
            let contents = state.contents(object)?;
            let (pattern, text) = (contents.get(Key::At(0))?, contents.get(Key::At(1))?);
            let [by] = call.passed else { return None };
            return self.replaced_regex(state, text, pattern, by.value);
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
