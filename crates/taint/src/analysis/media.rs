//! What kind of content an answer is: text that a browser does not read as HTML is harmless there.

use smallvec::SmallVec;
use trueline_syntax::ir::{Callee, Const, FuncId, Function, Op, Operand, Symbol};

use super::call::Call;
use super::state::{Key, State};
use super::value::{AccessId, Atom, Konst, Source, ValId};
use super::{Analyzer, Frame};
use crate::models::MediaType;

/// The header that says what kind of content follows, as the state keeps it.
const CONTENT_TYPE: &str = "content-type";
/// Kinds that text may begin with and go on with parameters only.
const WHOLE: &[&str] = &[
    "text/html",
    "text/plain",
    "text/css",
    "text/csv",
    "text/javascript",
    "application/json",
    "application/javascript",
    "application/xhtml+xml",
    "image/svg+xml",
];
/// Methods of the same object that are looked through for the header.
const MAX_METHODS: usize = 16;

/// The kind of content of an answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Media {
    /// Nothing says so.
    Unknown,
    /// A browser runs scripts in it.
    Markup,
    /// It does not.
    Plain,
    /// The caller chooses it.
    Chosen(AccessId),
}

/// Whether a browser runs scripts in content of a type.
pub(super) fn is_markup(kind: &str) -> bool {
    kind.contains("html") || kind.contains("svg")
}

impl<'a> Analyzer<'a> {
    /// Remembers what kind of content a call gives its receiver.
    pub(super) fn note_media_type(
        &mut self,
        state: &mut State,
        kind: MediaType,
        call: &Call<'_, 'a>,
    ) {
        let Some(receiver) = call.receiver else {
            return;
        };
        let value = match kind {
            MediaType::Kind => call.passed.first().map(|p| p.value),
            MediaType::Header => self.content_type_of(state, call),
        };
        if let Some(value) = value {
            let key = Key::Name(self.names.intern(CONTENT_TYPE));
            self.store(state, receiver, Some(key), ValId::UNDEF, value);
        }
    }

    /// The content type among headers: `set("Content-Type", value)`, or an object of them.
    pub(super) fn content_type_of(&self, state: &State, call: &Call<'_, 'a>) -> Option<ValId> {
        let is_name = |name: Symbol| {
            let name = self.names.text(name);
            name.eq_ignore_ascii_case(CONTENT_TYPE) || name == "contentType"
        };
        for (at, argument) in call.passed.iter().enumerate() {
            if let Some(Konst::Str(name)) = self.arena.get(argument.value).konst
                && is_name(name)
            {
                return call.passed.get(at + 1).map(|p| p.value);
            }
            let contents = self
                .only_object(argument.value)
                .and_then(|o| state.contents(o));
            let entry = contents.and_then(|c| {
                c.entries
                    .iter()
                    .find(|(key, _)| matches!(key, Key::Name(name) if is_name(*name)))
            });
            if let Some((_, value)) = entry {
                return Some(*value);
            }
        }
        None
    }

    /// Whether the answer is known to be no HTML.
    pub(super) fn is_not_html(&mut self, state: &State, receiver: Option<ValId>) -> bool {
        self.media_type_is(state, receiver, |t| {
            !t.contains("html") && !t.contains("svg")
        })
    }

    /// What kind of content an answer has. Where the models say that it must be declared, the function
    /// that writes it is looked through for the header, too.
    pub(super) fn media_of(
        &mut self,
        frame: &Frame<'a>,
        state: &State,
        declared: bool,
        receiver: Option<ValId>,
    ) -> Media {
        let mut found = Media::Unknown;
        let mut values = self.media_values(state, receiver);
        if declared && values.is_empty() {
            values = self.written_media(frame, state);
        }
        for value in values {
            let one = match self.media_text(value) {
                Some(text) if is_markup(&text) => Media::Markup,
                Some(_) => Media::Plain,
                None => match self.media_parameter(value) {
                    Some(access) => Media::Chosen(access),
                    None => Media::Unknown,
                },
            };
            // Of several ways to answer the one that shows HTML counts.
            found = match (found, one) {
                (Media::Markup, _) | (_, Media::Markup) => Media::Markup,
                (Media::Chosen(access), _) | (_, Media::Chosen(access)) => Media::Chosen(access),
                (Media::Unknown, other) | (other, Media::Unknown) => other,
                (Media::Plain, Media::Plain) => Media::Plain,
            };
        }
        found
    }

    /// The constant text of a content type, as far as its parameters.
    pub(super) fn media_text(&self, value: ValId) -> Option<String> {
        let known = self.arena.get(value);
        let text = if let Some(konst) = known.konst {
            self.konst_text(konst)?
        } else {
            // `text/html; charset=` and what follows.
            let prefix = self.names.text(known.prefix?);
            match prefix.split_once(';') {
                Some((kind, _)) => kind.to_owned(),
                None => WHOLE.contains(&prefix).then(|| prefix.to_owned())?,
            }
        };
        Some(text.to_ascii_lowercase())
    }

    /// The parameter that a content type is, or begins with.
    pub(super) fn media_parameter(&self, value: ValId) -> Option<AccessId> {
        let known = self.arena.get(value);
        let begins = known.prefix.is_some_and(|p| !self.names.text(p).is_empty());
        match known.labels.as_slice() {
            [only] if !begins => match self.arena.source_of(only.source) {
                Some(Source::Access(access)) => Some(access),
                _ => None,
            },
            _ => None,
        }
    }

    /// Content types that a function, or a method of its object that it calls, sends as a header:
    /// `self.send_header("Content-Type", kind)`.
    fn written_media(&mut self, frame: &Frame<'a>, state: &State) -> SmallVec<[ValId; 2]> {
        let mut values: SmallVec<[ValId; 2]> = SmallVec::new();
        for value in self.headers_in(frame.function) {
            let value = match value {
                Operand::Const(constant) => self.constant(constant),
                Operand::Var(_) => self.read(frame, state, value),
            };
            values.push(value);
        }
        let Some(class) = frame.function.class.filter(|_| values.is_empty()) else {
            return values;
        };
        let instrs = frame.function.blocks.iter().flat_map(|b| &b.instrs);
        let called: SmallVec<[FuncId; 4]> = instrs
            .filter_map(|i| match &i.op {
                Op::Call {
                    callee: Callee::Method { name, .. },
                    ..
                } => self.method_of(class, *name),
                _ => None,
            })
            .take(MAX_METHODS)
            .collect();
        for id in called {
            let Some(function) = self.function(id) else {
                continue;
            };
            for value in self.headers_in(function) {
                if let Operand::Const(constant) = value {
                    values.push(self.constant(constant));
                }
            }
        }
        values
    }

    /// What is given for the content type in calls of the form `set("Content-Type", value)`.
    fn headers_in(&self, function: &'a Function) -> SmallVec<[&'a Operand; 2]> {
        let instrs = function.blocks.iter().flat_map(|b| &b.instrs);
        instrs
            .filter_map(|i| match &i.op {
                Op::Call { args, .. } => match args.as_slice() {
                    [name, value] => match &name.value {
                        Operand::Const(Const::Str(name))
                            if self.names.text(*name).eq_ignore_ascii_case(CONTENT_TYPE) =>
                        {
                            Some(&value.value)
                        }
                        _ => None,
                    },
                    _ => None,
                },
                _ => None,
            })
            .collect()
    }

    /// Content types that calls before gave to an answer.
    fn media_values(&mut self, state: &State, receiver: Option<ValId>) -> SmallVec<[ValId; 2]> {
        let key = Key::Name(self.names.intern(CONTENT_TYPE));
        let Some(receiver) = receiver else {
            return SmallVec::new();
        };
        let known = self.arena.get(receiver);
        known
            .atoms
            .iter()
            .filter_map(|atom| {
                let object = match atom {
                    Atom::Object(object) => Some(*object),
                    Atom::Access(access) => self.access_objects.get(access).copied(),
                    _ => None,
                };
                state.contents(object?)?.get(key)
            })
            .collect()
    }

    pub(super) fn media_type_is(
        &mut self,
        state: &State,
        receiver: Option<ValId>,
        is: impl Fn(&str) -> bool,
    ) -> bool {
        let Some(receiver) = receiver else {
            return false;
        };
        let key = Key::Name(self.names.intern(CONTENT_TYPE));
        self.arena.get(receiver).atoms.iter().any(|atom| {
            let object = match atom {
                Atom::Object(object) => Some(*object),
                Atom::Access(access) => self.access_objects.get(access).copied(),
                _ => None,
            };
            let value = object
                .and_then(|o| state.contents(o))
                .and_then(|c| c.get(key));
            let text = value
                .and_then(|v| self.arena.get(v).konst)
                .and_then(|k| self.konst_text(k));
            text.is_some_and(|t| is(&t.to_ascii_lowercase()))
        })
    }

    /// Whether an answer is told after it was made that it is no HTML: `response.mimetype = …`,
    /// `response.headers["Content-Type"] = …`.
    pub(super) fn is_given_plain_type(&self, frame: &Frame<'a>, answer: &Operand) -> bool {
        let plain = |value: &Operand| match value {
            Operand::Const(Const::Str(text)) => {
                !self.names.text(*text).to_ascii_lowercase().contains("html")
            }
            _ => false,
        };
        let mut instrs = frame.function.blocks.iter().flat_map(|b| &b.instrs);
        instrs.any(|instr| match &instr.op {
            Op::StoreField { base, name, value } => {
                base == answer
                    && matches!(self.names.text(*name), "mimetype" | "content_type")
                    && plain(value)
            }
            Op::StoreIndex { base, index, value } => {
                let of_answer = matches!(Self::definition(frame, base),
                    Some(Op::Field { base, name })
                        if base == answer && self.names.text(*name) == "headers");
                let typed = matches!(index, Operand::Const(Const::Str(header))
                    if self.names.text(*header).eq_ignore_ascii_case(CONTENT_TYPE));
                of_answer && typed && plain(value)
            }
            _ => false,
        })
    }

    pub(super) fn has_plain_type(&self, headers: &[(Key, ValId)]) -> bool {
        headers.iter().any(|(key, value)| {
            let Key::Name(name) = key else { return false };
            self.names.text(*name).eq_ignore_ascii_case("content-type")
                && self
                    .arena
                    .get(*value)
                    .konst
                    .and_then(|k| self.konst_text(k))
                    .is_some_and(|text| !text.to_ascii_lowercase().contains("html"))
        })
    }
}
