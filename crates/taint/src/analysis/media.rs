//! What kind of content an answer is: text that a browser does not read as HTML is harmless there.

use trueline_syntax::ir::{Const, Op, Operand, Symbol};

use super::call::Call;
use super::state::{Key, State};
use super::value::{Atom, Konst, ValId};
use super::{Analyzer, Frame};
use crate::models::MediaType;

/// The header that says what kind of content follows, as the state keeps it.
const CONTENT_TYPE: &str = "content-type";

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

    /// Whether the answer was declared to be HTML.
    pub(super) fn is_html(&mut self, state: &State, receiver: Option<ValId>) -> bool {
        self.media_type_is(state, receiver, |t| t.contains("html"))
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
