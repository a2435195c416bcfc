//! Schemas of validators (`zod`, `joi`, `yup`): what they let through has the types of their fields.
//!
//! A schema of an object is kept with its fields; validating gives an object with these fields and
//! no others, of which those that no free text passes are numbers to the analysis.

use trueline_syntax::ir::{Language, Symbol};

use super::call::Call;
use super::names::words;
use super::state::{Contents, Key, State};
use super::transfer::clear_all;
use super::value::{Atom, Derivation, Konst, ObjId, PathId, ValId};
use super::{Analyzer, Frame, ObjectKind};
use crate::models::Bits;

/// Kinds of fields that no free text passes.
const CHECKED: &[&str] = &[
    "number",
    "int",
    "bigint",
    "boolean",
    "bool",
    "date",
    "enum",
    "nativeEnum",
    "literal",
    "uuid",
    "guid",
    "cuid",
    "cuid2",
    "ulid",
    "nanoid",
    "datetime",
    "valid",
    "oneOf",
    "hex",
    "alphanum",
    "isoDate",
];
const LIBRARIES: &[&str] = &["zod", "joi", "yup"];
/// Methods of a schema after which its pattern says nothing.
const CHANGING: &[&str] = &[
    "or",
    "transform",
    "catch",
    "pipe",
    "array",
    "and",
    "allow",
    "when",
];
/// Schemas inside of schemas.
const MAX_NESTING: u8 = 4;

impl<'a> Analyzer<'a> {
    /// `z.object({ … })`.
    pub(super) fn make_schema(
        &mut self,
        frame: &Frame<'a>,
        state: &mut State,
        path: PathId,
        call: &Call<'_, 'a>,
    ) -> Option<ValId> {
        let fields = self.only_object(call.passed.first()?.value)?;
        let contents = state.contents(fields)?.clone();
        let object = self.allocate(frame, ObjectKind::Instance(path), 7);
        *state.contents_mut(object) = contents;
        Some(self.arena.single(Atom::Object(object)))
    }

    /// A method of a schema.
    pub(super) fn schema_method(
        &mut self,
        frame: &mut Frame<'a>,
        state: &mut State,
        object: ObjId,
        receiver: ValId,
        name: Symbol,
        call: &Call<'_, 'a>,
    ) -> Option<ValId> {
        let of_joi = match self.object_kind(object)? {
            ObjectKind::Instance(path) => self.paths.text(path).starts_with("joi"),
            _ => return None,
        };
        match self.names.text(name) {
            "parse" | "parseAsync" | "validateSync" | "attempt" | "cast" => {
                let input = call.passed.first()?.value;
                Some(self.validated(frame, state, object, input, 0))
            }
            "validate" | "validateAsync" if !of_joi || self.names.text(name) == "validateAsync" => {
                let input = call.passed.first()?.value;
                Some(self.validated(frame, state, object, input, 0))
            }
            "safeParse" | "safeParseAsync" | "validate" => {
                let input = call.passed.first()?.value;
                let value = self.validated(frame, state, object, input, 0);
                let result = self.allocate(frame, ObjectKind::Map, 8);
                let mut contents = Contents::default();
                let truth = self.arena.single(Atom::Number);
                for (name, value) in [("data", value), ("value", value), ("success", truth)] {
                    contents.set(Key::Name(self.names.intern(name)), value);
                }
                *state.contents_mut(result) = contents;
                Some(self.arena.single(Atom::Object(result)))
            }
            "strict" | "partial" | "required" | "strip" | "refine" | "superRefine" | "describe"
            | "optional" | "nullable" | "default" | "options" | "unknown" | "noUnknown"
            | "openapi" | "readonly" | "brand" | "label" => Some(receiver),
            _ => None,
        }
    }

    /// What a schema that is not in sight lets through: its keys are those that somebody wrote down.
    pub(super) fn let_through(
        &mut self,
        frame: &mut Frame<'a>,
        state: &mut State,
        receiver: ValId,
        name: Symbol,
        call: &Call<'_, 'a>,
    ) -> Option<ValId> {
        let known = self.arena.get(receiver);
        if known.atoms.iter().any(|a| matches!(a, Atom::Object(_))) {
            return None;
        }
        let python = self.module.language == Language::Python;
        let nested = match self.names.text(name) {
            "model_dump" if python => false,
            "dict" if python && !known.atoms.iter().any(|a| matches!(a, Atom::Path(_))) => false,
            "safeParse" | "safeParseAsync" if !python => true,
            "parse" | "parseAsync" if !python => {
                let schema = self.receiver_name(frame, call.callee)?;
                let last = words(&schema).last()?;
                if last != "schema" {
                    return None;
                }
                false
            }
            _ => return None,
        };
        let input = if python {
            receiver
        } else {
            call.passed.first()?.value
        };
        let labels = self.deep_labels(state, input);
        if labels.is_empty() {
            return None;
        }
        let object = self.allocate(frame, ObjectKind::Map, 9);
        let rest = self.arena.tainted(labels);
        let keys = self.arena.single(Atom::Text);
        *state.contents_mut(object) = Contents {
            rest,
            keys,
            ..Contents::default()
        };
        let value = self.arena.single(Atom::Object(object));
        if !nested {
            return Some(value);
        }
        let result = self.allocate(frame, ObjectKind::Map, 8);
        let mut contents = Contents {
            rest,
            ..Contents::default()
        };
        contents.set(Key::Name(self.names.intern("data")), value);
        *state.contents_mut(result) = contents;
        Some(self.arena.single(Atom::Object(result)))
    }

    /// What a schema makes of input.
    fn validated(
        &mut self,
        frame: &mut Frame<'a>,
        state: &mut State,
        schema: ObjId,
        input: ValId,
        nesting: u8,
    ) -> ValId {
        let fields = state.contents(schema).cloned().unwrap_or_default();
        let sub = 2_000_u32.saturating_add(schema.0);
        let object = self.allocate(frame, ObjectKind::Map, sub);
        let mut contents = Contents::default();
        for (key, kind) in &fields.entries {
            let Key::Name(name) = key else { continue };
            let value = if self.is_checked_schema(*kind) {
                self.arena.single(Atom::Number)
            } else {
                let part = self.field(frame, state, input, *name);
                match self.only_object(*kind) {
                    Some(inner)
                        if nesting < MAX_NESTING
                            && matches!(self.object_kind(inner), Some(ObjectKind::Instance(_))) =>
                    {
                        self.validated(frame, state, inner, part, nesting + 1)
                    }
                    _ => {
                        let mut labels = self.deep_labels(state, part);
                        clear_all(&mut labels, self.models.structure_rules);
                        clear_all(&mut labels, self.cleared_by_schema(*kind));
                        self.arena.tainted(labels)
                    }
                }
            };
            contents.set(*key, value);
        }
        if fields.rest != ValId::UNDEF {
            contents.rest = self.part(input, super::value::Selector::Any);
        }
        *state.contents_mut(object) = contents;
        self.arena.single(Atom::Object(object))
    }

    /// The constant pattern that a field of a schema must match: `z.string().regex(/^[a-z]+$/).max(9)`.
    pub(super) fn pattern_of_schema(
        &self,
        state: &State,
        schema: PathId,
        call: &Call<'_, 'a>,
    ) -> Option<ValId> {
        let text = self.paths.text(schema);
        let (of, last) = text.rsplit_once('.')?;
        let root = of.split(['.', '/']).next()?;
        if !LIBRARIES.contains(&root) || !self.calls_back() {
            return None;
        }
        if matches!(last, "regex" | "pattern" | "matches") {
            let given = call.passed.first()?.value;
            let pattern = self.pattern_of(state, given).unwrap_or(given);
            return match self.arena.get(pattern).konst {
                Some(Konst::Str(_)) => Some(pattern),
                _ => None,
            };
        }
        match self.arena.get(call.receiver?).derived {
            Some((Derivation::Found, pattern)) if !CHANGING.contains(&last) => Some(pattern),
            _ => None,
        }
    }

    /// What the pattern of a field answers for.
    fn cleared_by_schema(&self, schema: ValId) -> Bits {
        let Some((Derivation::Found, pattern)) = self.arena.get(schema).derived else {
            return Bits::NONE;
        };
        match self.arena.get(pattern).konst {
            Some(Konst::Str(pattern)) => self.cleared_by_whole(self.names.text(pattern)),
            _ => Bits::NONE,
        }
    }

    fn is_checked_schema(&self, schema: ValId) -> bool {
        let known = self.arena.get(schema);
        if matches!(known.konst, Some(Konst::Null)) {
            return false;
        }
        known.atoms.iter().any(|atom| match atom {
            Atom::Path(path) => self
                .paths
                .text(*path)
                .split('.')
                .skip(1)
                .any(|part| CHECKED.contains(&part)),
            _ => false,
        })
    }
}
