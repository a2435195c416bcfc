//! Values and objects of other files, brought into the arena of this one by index, each once.
//!
//! What an index leads to is bounded by the interface that it comes from.

use trueline_syntax::ir::{Span, Symbol, Var};

use crate::analysis::state::{Contents, Key};
use crate::analysis::value::{
    self, AccessId, Atom, Konst, Label, ObjId, Root, Selector, Source, SourceId, StepId, ValId,
    Value,
};
use crate::analysis::{Analyzer, ObjectKind};
use crate::interface::{self as portable};
use crate::project::Target;

impl Analyzer<'_> {
    fn bring_text(&mut self, at: usize, text: u32) -> Symbol {
        match self.interface(at) {
            Some(interface) => self.names.intern(interface.text(text)),
            None => self.names.intern(""),
        }
    }

    fn bring_path(&mut self, at: usize, text: u32) -> value::PathId {
        let interface = self.interface(at);
        let text = interface.as_ref().map_or("", |i| i.text(text));
        let last = self
            .names
            .intern(text.rsplit(['.', '/']).next().unwrap_or(text));
        self.paths.absolute(text, last)
    }

    pub(super) fn bring_value(&mut self, at: usize, index: u32) -> ValId {
        if index <= ValId::UNKNOWN.0 {
            return ValId(index);
        }
        if let Some(known) = self
            .elsewhere
            .loaded
            .get(at)
            .and_then(|l| l.values.get(&index))
        {
            return *known;
        }
        let Some(interface) = self.interface(at) else {
            return ValId::UNKNOWN;
        };
        let Some(portable) = interface.values.get(index as usize) else {
            return ValId::UNKNOWN;
        };
        // A method bound to what holds it meets itself again: nothing for now.
        self.remember_value(at, index, ValId::UNKNOWN);
        let mut value = Value {
            konst: portable.constant.map(|c| match c {
                portable::Constant::Str(text) => Konst::Str(self.bring_text(at, text)),
                portable::Constant::Bytes(text) => Konst::Bytes(self.bring_text(at, text)),
                portable::Constant::Int(number) => Konst::Int(number),
                portable::Constant::Float(bits) => Konst::Float(bits),
                portable::Constant::Bool(truth) => Konst::Bool(truth),
                portable::Constant::Null => Konst::Null,
            }),
            prefix: portable.prefix.map(|p| self.bring_text(at, p)),
            ..Value::default()
        };
        for atom in &portable.atoms {
            if let Some(atom) = self.bring_atom(at, *atom) {
                value::add_atoms(&mut value.atoms, &[atom]);
            }
        }
        for label in &portable.labels {
            if let Some(label) = self.bring_label(at, label) {
                value::add_labels(&mut value.labels, &[label]);
            }
        }
        let id = self.known_value(value);
        self.remember_value(at, index, id);
        id
    }

    /// The id of a value that has one by what it is, so that it stays the same value.
    fn known_value(&mut self, value: Value) -> ValId {
        if let (Some(konst), []) = (value.konst, value.labels.as_slice()) {
            return self.arena.constant(konst);
        }
        if value.konst.is_none()
            && value.prefix.is_none()
            && let [atom] = value.atoms.as_slice()
        {
            match (atom, value.labels.as_slice()) {
                (Atom::Access(access), [label])
                    if label.step == StepId::NONE
                        && label.cleared == crate::models::Bits::NONE
                        && self.arena.source_of(label.source) == Some(Source::Access(*access)) =>
                {
                    return self.arena.access_value(*access);
                }
                (Atom::Access(_), _) => {}
                (_, []) => return self.arena.single(*atom),
                _ => {}
            }
        }
        if value.atoms.is_empty() && value.labels.is_empty() && value.prefix.is_none() {
            return ValId::UNKNOWN;
        }
        self.arena.add(value)
    }

    fn remember_value(&mut self, at: usize, index: u32, value: ValId) {
        if let Some(loaded) = self.elsewhere.loaded.get_mut(at) {
            loaded.values.insert(index, value);
        }
    }

    fn bring_atom(&mut self, at: usize, atom: portable::Atom) -> Option<Atom> {
        Some(match atom {
            portable::Atom::Path(text) => Atom::Path(self.bring_path(at, text)),
            portable::Atom::Object(object) => Atom::Object(self.bring_object(at, object)?),
            portable::Atom::Access(access) => Atom::Access(self.bring_access(at, access)?),
            portable::Atom::Func(function) => Atom::Func(self.bring_function(at, function)?),
            portable::Atom::Bound(function, receiver) => {
                let function = self.bring_function(at, function)?;
                Atom::Bound(function, self.bring_value(at, receiver))
            }
            portable::Atom::Class(class) => Atom::Class(self.bring_class(at, class)?),
            portable::Atom::Number => Atom::Number,
            portable::Atom::Text => Atom::Text,
            portable::Atom::Module(file) => {
                let unit = self.unit_at(at, file)?;
                Atom::Object(self.module_object(Target::Unit(unit)))
            }
            portable::Atom::Folder(text) => {
                let folder = self.interface(at)?.text(text).into();
                Atom::Object(self.module_object(Target::Folder(folder)))
            }
        })
    }

    fn bring_label(&mut self, at: usize, label: &portable::Label) -> Option<Label> {
        let source = match label.source {
            portable::Source::Access(access) => {
                let access = self.bring_access(at, access)?;
                self.arena.source(Source::Access(access))
            }
            portable::Source::Site(index) => self.bring_source(at, index)?,
        };
        Some(Label {
            source,
            cleared: label.cleared,
            step: self.bring_trace(at, label.trace),
            guesses: label.guesses,
        })
    }

    fn bring_source(&mut self, at: usize, index: u32) -> Option<SourceId> {
        if let Some(known) = self.elsewhere.loaded.get(at)?.sources.get(&index) {
            return Some(*known);
        }
        let interface = self.interface(at)?;
        let site = interface.sources.get(index as usize)?;
        let function = self.bring_function(at, site.function)?;
        let source = self.arena.source(Source::Site {
            function,
            span: Span::new(site.span.0, site.span.1),
            kind: site.kind,
        });
        if self.elsewhere_function(function).is_some() {
            self.elsewhere.quotes.insert(source, site.quote.clone());
        }
        self.elsewhere
            .loaded
            .get_mut(at)?
            .sources
            .insert(index, source);
        Some(source)
    }

    pub(super) fn bring_trace(&mut self, at: usize, index: u32) -> StepId {
        let Some(loaded) = self.elsewhere.loaded.get(at) else {
            return StepId::NONE;
        };
        if let Some(known) = loaded.traces.get(&index) {
            return *known;
        }
        let length = loaded
            .interface
            .traces
            .get(index as usize)
            .map_or(0, Vec::len);
        let step = if length == 0 {
            StepId::NONE
        } else {
            let trace = self.elsewhere.traces.len() as u32;
            self.elsewhere.traces.push((at, index));
            self.arena.elsewhere_step(trace, length as u16)
        };
        if let Some(loaded) = self.elsewhere.loaded.get_mut(at) {
            loaded.traces.insert(index, step);
        }
        step
    }

    pub(super) fn bring_access(&mut self, at: usize, index: u32) -> Option<AccessId> {
        if let Some(known) = self.elsewhere.loaded.get(at)?.accesses.get(&index) {
            return Some(*known);
        }
        let interface = self.interface(at)?;
        let id = match *interface.accesses.get(index as usize)? {
            portable::Access::Root(written) => {
                let root = match written {
                    portable::Root::Param(function, position) => {
                        Root::Param(self.bring_function(at, function)?, position)
                    }
                    portable::Root::This(function) => {
                        Root::This(self.bring_function(at, function)?)
                    }
                    portable::Root::Captured(function, var) => {
                        Root::Captured(self.bring_function(at, function)?, Var(var))
                    }
                };
                let id = self.arena.root(root);
                self.remember_access(at, index, id);
                if let portable::Root::Captured(function, var) = written
                    && let Root::Captured(owner, own) = root
                    && function.file == 0
                    && self.elsewhere_function(owner).is_some()
                    && let Some(value) = interface.slot(function.id, var)
                {
                    let value = self.bring_value(at, value);
                    self.slots.entry((owner, own)).or_insert(value);
                }
                id
            }
            portable::Access::Child(parent, selector) => {
                let parent = self.bring_access(at, parent)?;
                let selector = match selector {
                    portable::Selector::Name(name) => Selector::Name(self.bring_text(at, name)),
                    portable::Selector::At(position) => Selector::At(position),
                    portable::Selector::Any => Selector::Any,
                    portable::Selector::Key => Selector::Key,
                    portable::Selector::Entry => Selector::Entry,
                    portable::Selector::Called => Selector::Called,
                };
                self.arena.child(parent, selector)
            }
        };
        self.remember_access(at, index, id);
        Some(id)
    }

    fn remember_access(&mut self, at: usize, index: u32, id: AccessId) {
        if let Some(loaded) = self.elsewhere.loaded.get_mut(at) {
            loaded.accesses.insert(index, id);
        }
    }

    pub(super) fn bring_object(&mut self, at: usize, index: u32) -> Option<ObjId> {
        if let Some(known) = self.elsewhere.loaded.get(at)?.objects.get(&index) {
            return Some(*known);
        }
        let interface = self.interface(at)?;
        let object = interface.objects.get(index as usize)?;
        let id = ObjId(self.objects.len() as u32);
        self.objects.push(ObjectKind::Map);
        self.elsewhere.loaded.get_mut(at)?.objects.insert(index, id);
        let kind = match object.kind {
            portable::ObjectKind::List => ObjectKind::List,
            portable::ObjectKind::Set => ObjectKind::Set,
            portable::ObjectKind::Map => ObjectKind::Map,
            portable::ObjectKind::Partial => ObjectKind::Partial,
            portable::ObjectKind::Instance(text) => ObjectKind::Instance(self.bring_path(at, text)),
            portable::ObjectKind::Class(class) => match self.bring_class(at, class) {
                Some(class) => ObjectKind::Class(class),
                None => ObjectKind::Map,
            },
            portable::ObjectKind::Access(access) => {
                ObjectKind::Access(self.bring_access(at, access)?)
            }
        };
        if let Some(slot) = self.objects.get_mut(id.0 as usize) {
            *slot = kind;
        }
        if object.shared.is_some() {
            self.elsewhere.arrived.push((id, at, index));
        }
        Some(id)
    }

    pub(super) fn bring_contents(&mut self, at: usize, contents: &portable::Contents) -> Contents {
        let mut own = Contents {
            rest: self.bring_value(at, contents.rest),
            keys: self.bring_value(at, contents.keys),
            len: contents.len,
            ..Contents::default()
        };
        for (key, value) in &contents.entries {
            let key = self.bring_key(at, *key);
            let value = self.bring_value(at, *value);
            own.set(key, value);
        }
        own
    }

    pub(super) fn bring_key(&mut self, at: usize, key: portable::Key) -> Key {
        match key {
            portable::Key::Name(name) => Key::Name(self.bring_text(at, name)),
            portable::Key::At(position) => Key::At(position),
        }
    }
}
