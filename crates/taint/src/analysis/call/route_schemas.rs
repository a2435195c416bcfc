//! Schemas of routes (Fastify): what they let through before a handler runs.
//!
//! `app.get(path, { schema: { querystring: { properties: { sort: { enum: [...] } } } } }, handler)`: the
//! framework answers 400 for anything else. Reading `request.query` in that handler gives an object
//! of which the fields with a list, a number, a format or a pattern are as safe as these make them.

use trueline_syntax::ir::{FuncId, Symbol};

use super::Call;
use crate::analysis::state::{Contents, Key, State};
use crate::analysis::transfer::clear_all;
use crate::analysis::value::{Atom, Konst, Root, ValId};
use crate::analysis::{Analyzer, Frame, ObjectKind};
use crate::models::Bits;

/// The parts of a request by the names that a schema gives them, and those of the request.
const PARTS: &[(&str, &str)] = &[
    ("querystring", "query"),
    ("query", "query"),
    ("params", "params"),
    ("body", "body"),
];
/// Formats that no free text has.
const FORMATS: &[&str] = &[
    "uuid",
    "date",
    "time",
    "date-time",
    "duration",
    "ipv4",
    "ipv6",
];
/// Fields of one part that are kept.
const MAX_FIELDS: usize = 64;

/// A field of a part of the request with what its schema answers for.
#[derive(Clone, Debug)]
pub(in crate::analysis) struct CheckedField {
    part: &'static str,
    name: Symbol,
    /// `Bits::ALL`: no free text.
    cleared: Bits,
}

impl<'a> Analyzer<'a> {
    /// Remembers what the schema of a route says of its handler's request.
    pub(super) fn note_route_schema(&mut self, state: &State, call: &Call<'_, 'a>) {
        if !self.imports_any(&["fastify".to_owned()]) {
            return;
        }
        let mut checked = Vec::new();
        for argument in call.passed {
            let Some(schema) = self.under(state, argument.value, "schema") else {
                continue;
            };
            for (written, part) in PARTS {
                let properties = self
                    .under(state, schema, written)
                    .and_then(|of| self.under(state, of, "properties"));
                let contents = properties
                    .and_then(|p| self.only_object(p))
                    .and_then(|o| state.contents(o));
                let entries = contents.map_or(&[][..], |c| c.entries.as_slice());
                for (key, field) in entries.iter().take(MAX_FIELDS) {
                    let Key::Name(name) = key else { continue };
                    let cleared = self.cleared_by_property(state, *field);
                    if cleared != Bits::NONE {
                        checked.push(CheckedField {
                            part,
                            name: *name,
                            cleared,
                        });
                    }
                }
            }
        }
        if checked.is_empty() {
            return;
        }
        let handlers: Vec<FuncId> = call
            .passed
            .iter()
            .flat_map(|p| self.arena.get(p.value).atoms.iter())
            .filter_map(|atom| match atom {
                Atom::Func(id) | Atom::Bound(id, _) => Some(*id),
                _ => None,
            })
            .collect();
        for handler in handlers {
            // One that serves several routes is as safe as the last word on it: none.
            match self.route_schemas.entry(handler) {
                std::collections::hash_map::Entry::Vacant(slot) => {
                    slot.insert(checked.clone());
                }
                std::collections::hash_map::Entry::Occupied(mut slot) => {
                    let other = |own: &CheckedField| {
                        checked.iter().any(|c| {
                            c.part == own.part && c.name == own.name && c.cleared == own.cleared
                        })
                    };
                    slot.get_mut().retain(other);
                }
            }
        }
    }

    /// `request.query` in a handler whose route has a schema for it.
    pub(in crate::analysis) fn part_of_request(
        &mut self,
        frame: &mut Frame<'a>,
        state: &mut State,
        base: ValId,
        name: Symbol,
        read: ValId,
    ) -> ValId {
        let Some(known) = self.route_schemas.get(&frame.id) else {
            return read;
        };
        let part = self.names.text(name);
        let fields: Vec<CheckedField> = known.iter().filter(|c| c.part == part).cloned().collect();
        let first = Root::Param(frame.id, 0);
        let of_request = self.arena.get(base).atoms.iter().any(|atom| match atom {
            Atom::Access(access) => self
                .arena
                .access(*access)
                .is_some_and(|a| a.parent.is_none() && a.root == first),
            _ => false,
        });
        if fields.is_empty() || !of_request {
            return read;
        }
        let object = self.allocate(frame, ObjectKind::Map, 11);
        let mut contents = Contents {
            rest: read,
            keys: self.arena.single(Atom::Text),
            ..Contents::default()
        };
        for field in fields {
            let value = if field.cleared == Bits::ALL {
                self.arena.single(Atom::Number)
            } else {
                let value = self.field(frame, state, read, field.name);
                let mut labels = self.deep_labels(state, value);
                clear_all(&mut labels, field.cleared);
                self.arena.tainted(labels)
            };
            contents.set(Key::Name(field.name), value);
        }
        *state.contents_mut(object) = contents;
        self.arena.single(Atom::Object(object))
    }

    /// What the schema of one field answers for.
    fn cleared_by_property(&self, state: &State, schema: ValId) -> Bits {
        let text = |name: &str| {
            let value = self.under(state, schema, name)?;
            match self.arena.get(value).konst? {
                Konst::Str(text) => Some(self.names.text(text)),
                _ => None,
            }
        };
        let listed = |name: &str| {
            let list = self.under(state, schema, name)?;
            let contents = state.contents(self.only_object(list)?)?;
            let constant = |value: &ValId| self.arena.get(*value).konst.is_some();
            Some(contents.rest == ValId::UNDEF && contents.entries.iter().all(|e| constant(&e.1)))
        };
        let plain = matches!(text("type"), Some("integer" | "number" | "boolean"));
        let formed = text("format").is_some_and(|f| FORMATS.contains(&f));
        if plain || formed || listed("enum") == Some(true) {
            return Bits::ALL;
        }
        match text("pattern") {
            Some(pattern) => self.cleared_by_whole(pattern),
            None => Bits::NONE,
        }
    }

    /// What stands under a name in an object that is surely this one.
    fn under(&self, state: &State, value: ValId, name: &str) -> Option<ValId> {
        let contents = state.contents(self.only_object(value)?)?;
        contents.entries.iter().find_map(|(key, value)| match key {
            Key::Name(own) if self.names.text(*own) == name => Some(*value),
            _ => None,
        })
    }
}
