//! Reading and writing parts of values: attributes, elements, slices.
//!
//! A read of a part that is only known as a whole carries the taint of the whole; stores are strong
//! where the object is known for sure.

use trueline_syntax::ir::{Language, Symbol};

use super::bindings::characters_of;
use super::state::{Key, State};
use super::transfer::clear_all;
use super::value::{
    self, Atom, Derivation, Konst, Labels, ObjId, PathId, Root, Selector, ValId, Value,
};
use super::{Analyzer, Frame, ObjectKind};

/// How deep containers are searched for taint.
const DEEP: u8 = 3;

impl<'a> Analyzer<'a> {
    /// Labels of a part of a value: those of the whole, but for what an access path names better.
    pub(super) fn part_labels(&mut self, base: ValId) -> Labels {
        let known = self.arena.get(base);
        if known.labels.is_empty() {
            return Labels::new();
        }
        let own: smallvec::SmallVec<[value::AccessId; 2]> = known
            .atoms
            .iter()
            .filter_map(|a| match a {
                Atom::Access(id) => Some(*id),
                _ => None,
            })
            .collect();
        let mut labels = known.labels.clone();
        if !own.is_empty() {
            labels.retain(|l| {
                !matches!(self.arena.source_of(l.source),
                    Some(value::Source::Access(id)) if own.contains(&id))
            });
        }
        labels
    }

    /// Labels of a value and of what it holds.
    pub(super) fn deep_labels(&mut self, state: &State, id: ValId) -> Labels {
        let mut labels = self.arena.get(id).labels.clone();
        let mut seen: smallvec::SmallVec<[ObjId; 8]> = smallvec::SmallVec::new();
        self.collect_labels(state, id, DEEP, &mut seen, &mut labels);
        labels
    }

    pub(super) fn collect_labels(
        &self,
        state: &State,
        id: ValId,
        depth: u8,
        seen: &mut smallvec::SmallVec<[ObjId; 8]>,
        labels: &mut Labels,
    ) {
        for atom in &self.arena.get(id).atoms {
            let object = match atom {
                Atom::Object(object) => *object,
                Atom::Access(access) => match self.access_objects.get(access) {
                    Some(object) => *object,
                    None => continue,
                },
                _ => continue,
            };
            if depth == 0 || seen.contains(&object) {
                continue;
            }
            seen.push(object);
            let Some(contents) = state.contents(object) else {
                continue;
            };
            let values = contents
                .entries
                .iter()
                .map(|e| e.1)
                .chain([contents.rest, contents.keys]);
            for value in values {
                value::add_labels(labels, &self.arena.get(value).labels);
                self.collect_labels(state, value, depth - 1, seen, labels);
            }
        }
    }

    /// `base.name`.
    pub(super) fn field(
        &mut self,
        frame: &mut Frame<'a>,
        state: &State,
        base: ValId,
        name: Symbol,
    ) -> ValId {
        let key = (frame.id, base, Selector::Name(name));
        let atoms = self.arena.get(base).atoms.clone();
        let mut pure = true;
        for atom in &atoms {
            pure &= match atom {
                Atom::Path(_) | Atom::Text | Atom::Number => true,
                // Unless something was stored in it, what a caller passes reads the same every time.
                Atom::Access(access) => {
                    let stored = self.access_objects.get(access);
                    stored.is_none_or(|o| state.contents(*o).is_none())
                        && self.receiver_class(*access).is_none()
                }
                _ => false,
            };
        }
        if pure && let Some(part) = self.arena.reads.get(&key).copied() {
            return self.refined(state, part);
        }
        if let Some(length) = self.length_of(base, name) {
            return length;
        }
        let mut checked = false;
        for atom in &atoms {
            checked |= matches!(atom, Atom::Access(a) if self.is_checked_field(*a, name));
        }
        if checked {
            return self.arena.single(Atom::Number);
        }
        let mut labels = self.labels_of_field(base, name);
        if let Some(kind) = self.parameters_of_page(base, name) {
            let label = self.source_label(frame.id, frame.span, kind);
            value::add_labels(&mut labels, &[label]);
        }
        let derived = self.derive_field(base, name);
        let own_method = self.is_method_of_receiver(&atoms, name);
        for atom in &atoms {
            let Atom::Path(path) = atom else { continue };
            let child = self.paths.child(*path, name, &self.names);
            if let Some(entry) = self.paths.entry(child) {
                super::transfer::clear_all(&mut labels, entry.clears);
            }
        }
        let mut result = if labels.is_empty() && derived.is_none() && !atoms.is_empty() {
            ValId::UNDEF
        } else {
            self.arena.add(Value {
                labels,
                derived,
                ..Value::default()
            })
        };
        for atom in &atoms {
            let part = match atom {
                Atom::Path(_) if own_method => continue,
                Atom::Path(path) => {
                    if let Some(value) = self.own_export(*path, name) {
                        value
                    } else {
                        let child = self.paths.child(*path, name, &self.names);
                        let entry = self.paths.entry(child);
                        if let Some(entry) = entry
                            && result != ValId::UNDEF
                        {
                            let mut whole = self.arena.get(result).clone();
                            clear_all(&mut whole.labels, entry.clears);
                            result = self.arena.add(whole);
                        }
                        let child = match entry.and_then(|e| e.alias.as_deref()) {
                            Some(alias) => {
                                let last = self.names.intern(super::entry::last_name(alias));
                                self.paths.absolute(alias, last)
                            }
                            None => child,
                        };
                        let value = self.arena.single(Atom::Path(child));
                        self.with_source(frame, value)
                    }
                }
                Atom::Object(object) => self.object_field(frame, state, base, *object, name),
                Atom::Access(access) => self.access_field(state, base, *access, name),
                Atom::Class(class) => self.class_attribute(*class, name, None),
                _ => continue,
            };
            result = self.arena.join(result, part);
        }
        if result == ValId::UNDEF {
            result = ValId::UNKNOWN;
        }
        if derived.is_some() && self.arena.get(result).derived != derived {
            let mut value = self.arena.get(result).clone();
            value.derived = derived;
            result = self.arena.add(value);
        }
        result = self.with_beginning(result);
        result = self.own_address(result, name);
        if pure && !self.depends_on_place(result) {
            self.arena.reads.insert(key, result);
        }
        self.refined(state, result)
    }

    /// Whether a class of the program that extends one of a library has a method of this name: it stands
    /// before what the library would answer.
    fn is_method_of_receiver(&self, atoms: &[Atom], name: Symbol) -> bool {
        atoms.iter().any(|atom| match atom {
            Atom::Access(access) => self
                .own_class(*access)
                .is_some_and(|class| self.method_of(class, name).is_some()),
            _ => false,
        })
    }

    /// Labels of an attribute: those of the whole, but for what its name says.
    fn labels_of_field(&mut self, base: ValId, name: Symbol) -> Labels {
        let mut labels = self.part_labels(base);
        let name = self.names.text(name);
        // Whatever host an address has, its query is what the sender wrote.
        if matches!(name, "searchParams" | "query" | "RawQuery")
            && matches!(self.arena.get(base).derived, Some((Derivation::Url, _)))
        {
            let of_hosts = self.models.url_rules;
            for label in &mut labels {
                label.cleared = label.cleared.without(of_hosts);
            }
        }
        // One member of what a service of unknown kind answered: mostly what the service made.
        if matches!(
            self.arena.get(base).derived,
            Some((Derivation::Answered, _))
        ) {
            for label in &mut labels {
                label.guesses = label.guesses.max(2);
            }
        }
        if name == "filename" {
            self.name_of_upload(&mut labels);
        }
        self.parts_of_source(name, &mut labels);
        if !labels.is_empty()
            && let Some(bits) = self.tables.clean_fields.get(name)
        {
            clear_all(&mut labels, *bits);
        }
        labels
    }

    /// What a source says of its parts: some of them the program chose, some are names without folders.
    fn parts_of_source(&self, name: &str, labels: &mut Labels) {
        let paths = self.models.path_rules;
        labels.retain(|label| {
            let Some(value::Source::Site { kind, .. }) = self.arena.source_of(label.source) else {
                return true;
            };
            let Some(kind) = self.models.source_kinds.get(usize::from(kind)) else {
                return true;
            };
            if kind.name_fields.iter().any(|field| field == name) {
                label.cleared = label.cleared.or(paths);
            }
            !kind.own_fields.iter().any(|field| field == name)
        });
    }

    /// The client chooses the name of an upload, unlike the place where what it holds is kept.
    fn name_of_upload(&self, labels: &mut Labels) {
        let paths = self.models.path_rules;
        for label in labels {
            let Some(value::Source::Site { kind, .. }) = self.arena.source_of(label.source) else {
                continue;
            };
            let kind = self.models.source_kinds.get(usize::from(kind));
            if kind.is_some_and(|k| k.cleared.has(paths)) {
                label.cleared = label.cleared.without(paths);
            }
        }
    }

    /// `exports.name` and `module.exports.name`: what this file has put there.
    fn own_export(&mut self, path: value::PathId, name: Symbol) -> Option<ValId> {
        if self.module.language == Language::Python
            || !matches!(self.paths.text(path), "exports" | "module.exports")
        {
            return None;
        }
        let export = self.module.exports.iter().find(|e| e.name == name)?;
        let body = trueline_syntax::ir::FuncId(0);
        let slot = self.slots.get(&(body, export.var)).copied();
        slot.or_else(|| self.binding_value(body, export.var))
    }

    /// The length of text or of a list is a number.
    fn length_of(&mut self, base: ValId, name: Symbol) -> Option<ValId> {
        if name != self.symbols.length
            || self.module.language == Language::Python
            || self.is_own_method(base, name)
        {
            return None;
        }
        let known = self.arena.get(base);
        let of_list = |atom: &Atom| match atom {
            Atom::Text => true,
            Atom::Object(object) => self.object_kind(*object) == Some(ObjectKind::List),
            Atom::Access(access) => self
                .arena
                .access(*access)
                .is_some_and(|a| a.parent.is_some() || !matches!(a.root, Root::This(_))),
            _ => !known.labels.is_empty() && matches!(atom, Atom::Path(_)),
        };
        let only = known.atoms.iter().all(of_list);
        let some = !known.atoms.is_empty() || !known.labels.is_empty();
        (only && some).then(|| self.arena.single(Atom::Number))
    }

    /// The host or scheme of a URL that was taken apart.
    pub(super) fn derive_field(&self, base: ValId, name: Symbol) -> Option<(Derivation, ValId)> {
        if self.names.text(name) == "suffix" {
            return Some((Derivation::Ending, base));
        }
        let (Derivation::Url, _) = self.arena.get(base).derived? else {
            return None;
        };
        match self.names.text(name) {
            "netloc" | "hostname" | "host" | "origin" | "Host" | "Hostname" => {
                Some((Derivation::UrlHost, base))
            }
            "scheme" | "protocol" | "Scheme" => Some((Derivation::UrlScheme, base)),
            _ => None,
        }
    }

    pub(super) fn object_field(
        &mut self,
        frame: &mut Frame<'a>,
        state: &State,
        base: ValId,
        object: ObjId,
        name: Symbol,
    ) -> ValId {
        let contents = state.contents(object);
        if let Some(value) = contents.and_then(|c| c.get(Key::Name(name))) {
            return value;
        }
        let rest = contents.map_or(ValId::UNDEF, |c| c.rest);
        match self.object_kind(object) {
            Some(ObjectKind::Class(class)) => {
                let attribute = self.class_attribute(class, name, Some(base));
                let rest = if self.is_validated(class, name) {
                    self.arena.refine(rest, crate::models::Bits::ALL)
                } else {
                    rest
                };
                match self.declared_field(class, name) {
                    Some(declared) if attribute == ValId::UNDEF => {
                        match self.class_named(declared).filter(|_| rest == ValId::UNDEF) {
                            Some(of) => self.object_in_field(class, name, of),
                            None => self.declared(declared, rest),
                        }
                    }
                    _ => self.arena.join(attribute, rest),
                }
            }
            Some(ObjectKind::Instance(path)) => {
                let child = self.paths.child(path, name, &self.names);
                let value = self.arena.single(Atom::Path(child));
                let value = self.with_source(frame, value);
                self.arena.join(value, rest)
            }
            Some(ObjectKind::Module(module)) => {
                let member = self.module_member(module, name);
                self.arena.join(member, rest)
            }
            Some(ObjectKind::Map) => rest,
            _ => ValId::UNDEF,
        }
    }

    pub(super) fn access_field(
        &mut self,
        state: &State,
        base: ValId,
        access: value::AccessId,
        name: Symbol,
    ) -> ValId {
        if let Some(object) = self.access_objects.get(&access)
            && let Some(value) = state.contents(*object).and_then(|c| c.get(Key::Name(name)))
        {
            return value;
        }
        let child = self.arena.child(access, Selector::Name(name));
        let mut value = self.arena.access_value(child);
        // What was filled in as a whole.
        if self.is_go()
            && let Some(object) = self.access_objects.get(&access)
            && let Some(rest) = state.contents(*object).map(|c| c.rest)
        {
            value = self.arena.join(value, rest);
        }
        if let Some(class) = self.receiver_class(access) {
            if let Some(of) = self.declared_field(class, name) {
                value = self.typed(value, of);
            }
            let attribute = self.class_attribute(class, name, Some(base));
            value = self.overlay(value, attribute);
            for class in self.lineage(class) {
                let known = match self.elsewhere_class(class) {
                    Some(_) => self.elsewhere_field(class, name),
                    None => self.fields.get(&(class, name)).copied(),
                };
                if let Some(known) = known {
                    value = self.overlay(value, known);
                }
            }
            if let Some(declared) = self.declared_field(class, name) {
                value = self.declared(declared, value);
            }
        }
        value
    }

    /// A value in a place that is declared to be of a type.
    fn declared(&mut self, of: Symbol, value: ValId) -> ValId {
        if value == ValId::UNDEF {
            return self.typed(ValId::UNKNOWN, of);
        }
        self.typed(value, of)
    }

    /// A symbol with what is known of it from elsewhere in the class.
    pub(super) fn overlay(&mut self, symbol: ValId, known: ValId) -> ValId {
        if known <= ValId::UNKNOWN {
            return symbol;
        }
        let known = self.arena.get(known).clone();
        let mut value = self.arena.get(symbol).clone();
        value::add_atoms(&mut value.atoms, &known.atoms);
        let sites: Labels = known
            .labels
            .iter()
            .filter(|l| {
                matches!(
                    self.arena.source_of(l.source),
                    Some(value::Source::Site { .. })
                )
            })
            .copied()
            .collect();
        value::add_labels(&mut value.labels, &sites);
        value.konst = known.konst;
        value.prefix = known.prefix;
        if value.labels == self.arena.get(symbol).labels
            && value.atoms == self.arena.get(symbol).atoms
            && value.konst.is_none()
        {
            return symbol;
        }
        self.arena.add(value)
    }

    /// The class of what an access path leads to: of the receiver of the method that is being
    /// analysed, or by declared types.
    pub(super) fn receiver_class(
        &mut self,
        access: value::AccessId,
    ) -> Option<trueline_syntax::ir::ClassId> {
        if let Some(own) = self.own_class(access) {
            return Some(own);
        }
        if !self.has_packages() {
            return None;
        }
        let node = self.arena.access(access)?;
        let of = match (node.parent, node.root) {
            (Some((base, Selector::Name(name))), _) => {
                let class = self.receiver_class(base)?;
                self.declared_field(class, name)?
            }
            (None, Root::Param(id, at)) => {
                let param = self.function(id)?.params.get(usize::from(at))?;
                param.annotation?
            }
            // A parameter of a function around a closure.
            (None, Root::Captured(id, var)) => {
                let function = self.function(id)?;
                let at = function.params.iter().position(|p| p.var == var)?;
                if at == 0 && self.has_receiver(function) {
                    return function.class;
                }
                function.params.get(at)?.annotation?
            }
            _ => return None,
        };
        self.class_named(of)
    }

    /// The type that is written for what an access path leads to: that of a field or of a parameter.
    pub(super) fn written_type(&mut self, access: value::AccessId) -> Option<Symbol> {
        let node = self.arena.access(access)?;
        match (node.parent, node.root) {
            (Some((base, Selector::Name(name))), _) => {
                let class = self.receiver_class(base)?;
                self.declared_field(class, name)
            }
            (None, Root::Param(id, at)) => {
                let param = self.function(id)?.params.get(usize::from(at))?;
                param.annotation
            }
            _ => None,
        }
    }

    /// The class whose method is being analysed, if the path is its receiver.
    pub(super) fn own_class(
        &self,
        access: value::AccessId,
    ) -> Option<trueline_syntax::ir::ClassId> {
        let access = self.arena.access(access)?;
        match access.root {
            _ if access.parent.is_some() => None,
            Root::Param(id, 0) => {
                let function = self.function(id)?;
                self.has_receiver(function).then_some(function.class)?
            }
            Root::This(id) => self.function(id)?.class,
            _ => None,
        }
    }

    pub(super) fn this(&mut self, frame: &Frame<'a>) -> ValId {
        let access = self.arena.root(Root::This(frame.id));
        self.arena.access_value(access)
    }

    /// Remembers what methods put into attributes of `self`.
    pub(super) fn note_field(&mut self, target: ValId, name: Symbol, stored: ValId) {
        let atoms = self.arena.get(target).atoms.clone();
        for atom in atoms {
            let class = match atom {
                Atom::Access(access) => self.receiver_class(access),
                Atom::Object(object) => match self.object_kind(object) {
                    Some(ObjectKind::Class(class)) => Some(class),
                    _ => None,
                },
                _ => None,
            };
            let Some(class) = class else { continue };
            let known = self
                .fields
                .get(&(class, name))
                .copied()
                .unwrap_or(ValId::UNDEF);
            let joined = self.arena.join(known, stored);
            self.fields.insert((class, name), joined);
        }
    }

    /// Marks a path that is a source.
    pub(super) fn with_source(&mut self, frame: &Frame<'a>, value: ValId) -> ValId {
        if let [Atom::Path(path)] = self.arena.get(value).atoms.as_slice()
            && let Some(text) = characters_of(self.module.language, self.paths.text(*path))
        {
            let text = self.names.intern(text);
            return self.arena.constant(Konst::Str(text));
        }
        let kinds: smallvec::SmallVec<[(u16, crate::models::Bits); 1]> = self
            .arena
            .get(value)
            .atoms
            .iter()
            .filter_map(|atom| match atom {
                Atom::Path(path) => self.paths.entry(*path),
                _ => None,
            })
            .flat_map(|entry| entry.sources.iter().map(|kind| (*kind, entry.clears)))
            .filter(|(kind, _)| !self.is_asked_source(frame, *kind))
            .collect();
        let mut value = value;
        for (kind, clears) in kinds {
            let mut label = self.source_label(frame.id, frame.span, kind);
            if self.reading_passed > 0 {
                self.passed_sources.insert(label.source);
            }
            label.cleared = label.cleared.or(clears);
            let mut marked = self.arena.get(value).clone();
            value::add_labels(&mut marked.labels, &[label]);
            value = self.arena.add(marked);
        }
        self.with_beginning(value)
    }

    /// Whether a condition around the place asks for what a source shows: `if app.debug`.
    pub(super) fn is_asked_source(&self, frame: &Frame<'a>, kind: u16) -> bool {
        let kind = self.models.source_kinds.get(usize::from(kind));
        kind.is_some_and(|k| self.asked_for(frame, &k.asked))
    }

    /// `if (development) answer.stack = error.stack`, of what a caller passes.
    pub(super) fn is_asked_field(&self, frame: &Frame<'a>, base: ValId, name: Symbol) -> bool {
        let atoms = &self.arena.get(base).atoms;
        atoms.iter().any(|atom| matches!(atom, Atom::Access(_)))
            && self
                .tables
                .asked_fields
                .get(self.names.text(name))
                .is_some_and(|asked| self.asked_for(frame, asked))
    }

    /// Whether a value is of a source of which the condition around each place says something.
    fn depends_on_place(&self, value: ValId) -> bool {
        let asked = |path: PathId| {
            let entry = self.paths.entry(path);
            entry.is_some_and(|entry| {
                entry.sources.iter().any(|kind| {
                    let kind = self.models.source_kinds.get(usize::from(*kind));
                    kind.is_some_and(|kind| !kind.asked.is_empty())
                })
            })
        };
        let atoms = &self.arena.get(value).atoms;
        atoms
            .iter()
            .any(|atom| matches!(atom, Atom::Path(path) if asked(*path)))
    }

    /// `location.hash` begins with `#`, whoever wrote what follows.
    fn with_beginning(&mut self, value: ValId) -> ValId {
        let known = self.arena.get(value);
        let [Atom::Path(path)] = known.atoms.as_slice() else {
            return value;
        };
        let begins = self.paths.entry(*path).and_then(|e| e.begins.as_deref());
        let Some(begins) = begins.filter(|_| known.prefix.is_none()) else {
            return value;
        };
        let mut known = known.clone();
        known.prefix = Some(self.names.intern(begins));
        self.arena.add(known)
    }

    /// The key that a constant index names.
    pub(super) fn key_of(&self, index: ValId) -> Option<Key> {
        match self.arena.get(index).konst? {
            Konst::Str(name) => Some(Key::Name(name)),
            Konst::Int(at) => Some(Key::At(at)),
            Konst::Bool(at) => Some(Key::At(i64::from(at))),
            _ => None,
        }
    }

    /// `base[index]`.
    pub(super) fn index(
        &mut self,
        frame: &mut Frame<'a>,
        state: &State,
        base: ValId,
        index: ValId,
    ) -> ValId {
        if let Some(folded) = self.fold_index(base, index) {
            return folded;
        }
        let key = self.key_of(index);
        if self.module.language != Language::Python
            && let Some(Key::Name(name)) = key
        {
            return self.field(frame, state, base, name);
        }
        let selector = match key {
            Some(Key::Name(name)) => Selector::Name(name),
            Some(Key::At(at)) => Selector::At(at),
            None => Selector::Any,
        };
        let place = self.arena.get(index).is_number();
        let of_passed = match selector {
            Selector::Any if self.module.language == Language::Python && !place => Selector::Entry,
            selector => selector,
        };
        let atoms = self.arena.get(base).atoms.clone();
        let mut result = ValId::UNDEF;
        for atom in &atoms {
            let part = match atom {
                Atom::Object(object) => {
                    let part = self.object_index(state, *object, key);
                    // A key that is not there gives the zero value.
                    let map = self.object_kind(*object) == Some(ObjectKind::Map);
                    if self.is_go() && map && key.is_none() && part != ValId::UNDEF {
                        self.unconstant(part)
                    } else {
                        part
                    }
                }
                Atom::Access(access) => {
                    let overlay = self
                        .access_objects
                        .get(access)
                        .and_then(|o| state.contents(*o))
                        .and_then(|c| key.and_then(|k| c.get(k)));
                    if let Some(value) = overlay {
                        value
                    } else {
                        let child = self.arena.child(*access, of_passed);
                        self.arena.access_value(child)
                    }
                }
                _ => continue,
            };
            result = self.arena.join(result, part);
        }
        let mut own = self.part(base, selector);
        if let Selector::Name(name) = selector {
            own = self.own_address(own, name);
        }
        let result = if own > ValId::UNKNOWN || result == ValId::UNDEF {
            self.arena.join(result, own)
        } else {
            result
        };
        self.refined(state, result)
    }

    /// The part of a value that is only known as a whole.
    pub(super) fn part(&mut self, base: ValId, selector: Selector) -> ValId {
        if let Some(part) = self.arena.parts.get(&(base, selector)) {
            return *part;
        }
        let labels = self.part_labels(base);
        let part = match self.piece(base, selector, labels.clone()) {
            Some(piece) => self.arena.add(piece),
            // The program of a command line that was cut into words.
            None if selector == Selector::At(0)
                && !labels.is_empty()
                && self.path_of(base).as_deref() == Some("shlex.split") =>
            {
                self.arena.add(Value {
                    labels,
                    derived: Some((Derivation::FirstOf, base)),
                    ..Value::default()
                })
            }
            None => self.arena.tainted(labels),
        };
        self.arena.parts.insert((base, selector), part);
        part
    }

    pub(super) fn object_index(&mut self, state: &State, object: ObjId, key: Option<Key>) -> ValId {
        let Some(contents) = state.contents(object) else {
            return ValId::UNDEF;
        };
        let Some(key) = key else {
            let contents = contents.clone();
            return contents.any(&mut self.arena);
        };
        let key = match (key, contents.len) {
            (Key::At(at), Some(len)) if at < 0 => Key::At(at.saturating_add(len)),
            (key, _) => key,
        };
        match contents.get(key) {
            Some(value) => value,
            None if matches!(key, Key::At(at) if at < 0) => {
                let contents = contents.clone();
                contents.any(&mut self.arena)
            }
            None => contents.rest,
        }
    }

    /// `base[low:high]`.
    pub(super) fn slice(
        &mut self,
        frame: &Frame<'a>,
        state: &State,
        base: ValId,
        low: Option<ValId>,
        high: Option<ValId>,
    ) -> ValId {
        if let Some(folded) = self.fold_slice(base, low, high) {
            return folded;
        }
        let Some(object) = self.only_object(base) else {
            let known = |id: Option<ValId>| id.and_then(|v| self.arena.get(v).konst);
            let inner = known(low) == Some(Konst::Int(1)) && known(high) == Some(Konst::Int(-1));
            let derived = inner.then_some((Derivation::Inner, base));
            let from_start = low.is_none_or(|l| self.arena.get(l).konst == Some(Konst::Int(0)));
            let prefix = self
                .arena
                .get(base)
                .prefix
                .filter(|_| from_start && high.is_none());
            let labels = self.arena.get(base).labels.clone();
            if labels.is_empty() && prefix.is_none() {
                return ValId::UNKNOWN;
            }
            return self.arena.add(Value {
                labels,
                prefix,
                derived,
                ..Value::default()
            });
        };
        let Some(contents) = state.contents(object).cloned() else {
            return ValId::UNKNOWN;
        };
        let start = match low.map(|l| self.arena.get(l).konst) {
            None => Some(0),
            Some(Some(Konst::Int(at))) if at >= 0 => Some(at),
            Some(_) => None,
        };
        let _ = frame;
        match (start, high) {
            (Some(start), None) if contents.len.is_some() && start == 0 => base,
            _ => {
                let any = contents.any(&mut self.arena);
                let mut value = Value::default();
                value.labels.clone_from(&self.arena.get(any).labels);
                self.arena.add(value)
            }
        }
    }

    /// The object that a value surely is.
    pub(super) fn only_object(&self, value: ValId) -> Option<ObjId> {
        match self.arena.get(value).atoms.as_slice() {
            [Atom::Object(object)] => Some(*object),
            _ => None,
        }
    }

    /// What iterating over a value gives.
    pub(super) fn next_element(
        &mut self,
        state: &State,
        iterable: ValId,
        kind: trueline_syntax::ir::IterKind,
    ) -> ValId {
        let keys = kind == trueline_syntax::ir::IterKind::Keys;
        let atoms = self.arena.get(iterable).atoms.clone();
        // The letters of a text are numbers there: who goes through them chooses among them.
        if self.is_go() && atoms.contains(&Atom::Text) {
            return self.arena.single(Atom::Number);
        }
        let mut result = ValId::UNDEF;
        for atom in &atoms {
            let part = match atom {
                Atom::Object(object) => {
                    let Some(contents) = state.contents(*object).cloned() else {
                        continue;
                    };
                    let map = self.object_kind(*object) == Some(ObjectKind::Map);
                    if keys || map && self.module.language == Language::Python {
                        contents.keys
                    } else {
                        contents.any(&mut self.arena)
                    }
                }
                Atom::Access(access) => {
                    let selector = if keys { Selector::Key } else { Selector::Any };
                    let child = self.arena.child(*access, selector);
                    self.arena.access_value(child)
                }
                _ => continue,
            };
            result = self.arena.join(result, part);
        }
        let own = self.part(iterable, Selector::Any);
        let result = self.arena.join(result, own);
        // An element is not the same value as the one that a constant index reads.
        if self.arena.get(result).konst.is_some() {
            return self.unconstant(result);
        }
        if atoms.iter().any(|a| matches!(a, Atom::Object(_))) {
            return result;
        }
        // Every loop over the same value reads the same, so that what one has asked holds in the next.
        let key = (iterable, if keys { Selector::Key } else { Selector::Any });
        match self.arena.gone_through.get(&key).copied() {
            Some(before) if self.arena.get(before).same(self.arena.get(result)) => before,
            _ => {
                self.arena.gone_through.insert(key, result);
                result
            }
        }
    }

    /// `target[key] = stored`.
    pub(super) fn store(
        &mut self,
        state: &mut State,
        target: ValId,
        key: Option<Key>,
        index: ValId,
        stored: ValId,
    ) {
        let atoms = self.arena.get(target).atoms.clone();
        let sure = atoms.len() == 1;
        for atom in atoms {
            let object = match atom {
                Atom::Object(object) => object,
                Atom::Access(access) => self.access_object(access),
                _ => continue,
            };
            let contents = state.contents(object);
            let key = match (key, contents.and_then(|c| c.len)) {
                (Some(Key::At(at)), Some(len)) if at < 0 => Some(Key::At(at.saturating_add(len))),
                (key, _) => key,
            };
            if let Some(key) = key {
                let old = contents.and_then(|c| c.get(key)).unwrap_or(ValId::UNDEF);
                let value = if sure {
                    stored
                } else {
                    self.arena.join(old, stored)
                };
                state.contents_mut(object).set(key, value);
            } else {
                let (rest, keys) =
                    contents.map_or((ValId::UNDEF, ValId::UNDEF), |c| (c.rest, c.keys));
                let rest = self.arena.join(rest, stored);
                // A place in a list of Go is a number, whatever was counted to get there.
                let index = if self.is_go() && self.object_kind(object) == Some(ObjectKind::List) {
                    ValId::UNDEF
                } else {
                    index
                };
                let keys = self.arena.join(keys, index);
                let contents = state.contents_mut(object);
                contents.rest = rest;
                contents.keys = keys;
            }
        }
    }

    /// Copies the entries of one map into another.
    pub(super) fn spread_into(&mut self, state: &mut State, into: ObjId, from: ValId) {
        let labels = self.arena.get(from).labels.clone();
        let target = self.arena.single(Atom::Object(into));
        if let Some(object) = self.only_object(from)
            && let Some(contents) = state.contents(object).cloned()
        {
            for (key, value) in &contents.entries {
                self.store(state, target, Some(*key), ValId::UNDEF, *value);
            }
            if contents.rest != ValId::UNDEF {
                self.store(state, target, None, contents.keys, contents.rest);
            }
        }
        if !labels.is_empty() {
            let first = state
                .contents(into)
                .is_none_or(|c| c.entries.is_empty() && c.rest == ValId::UNDEF);
            let passed = matches!(self.arena.get(from).atoms.as_slice(), [Atom::Access(_)]);
            let value = self.arena.tainted(labels);
            self.store(state, target, None, value, value);
            if first && passed {
                let contents = state.contents_mut(into);
                contents.spread = Some((from, contents.rest));
            }
        }
    }
}
