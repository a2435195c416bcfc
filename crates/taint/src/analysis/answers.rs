//! Functions of the program that ask a language model, told by their names: `ask_model`, `call_llm`.
//!
//! What they return is what a model wrote, whatever way leads to it: a library, a gateway of one's own,
//! a request that is put together by hand.

use trueline_syntax::ir::{FuncId, Language};

use super::names::words;
use super::value::{self, ValId};
use super::{Analyzer, Frame};
use crate::models::Bits;

/// Words for models, and for asking one.
const MODELS: &[&str] = &[
    "llm",
    "gpt",
    "chatgpt",
    "claude",
    "openai",
    "anthropic",
    "gemini",
    "ollama",
    "mistral",
];
const ASKING: &[&str] = &[
    "ask", "call", "query", "prompt", "invoke", "chat", "complete", "generate", "run",
];
/// The same for `model`, which is also a word for tables and for what somebody trains.
const ASKING_MODEL: &[&str] = &["ask", "prompt", "query", "call"];

impl<'a> Analyzer<'a> {
    /// A value that a function returned, with what its name says of it.
    pub(super) fn answer_of_model(
        &mut self,
        frame: &Frame<'a>,
        id: FuncId,
        answer: ValId,
    ) -> ValId {
        let known = self.arena.get(answer);
        if known.is_number() || known.konst.is_some() || !self.asks_a_model(id) {
            return answer;
        }
        let Some(kind) = self.model_output() else {
            return answer;
        };
        let label = self.source_label(frame.id, frame.span, kind);
        let mut value = self.arena.get(answer).clone();
        value::add_labels(&mut value.labels, &[label]);
        self.arena.add(value)
    }

    fn asks_a_model(&self, id: FuncId) -> bool {
        let Some(function) = self.function(id) else {
            return false;
        };
        let name = self.names.text(function.name);
        if name.len() < 6 || function.params.is_empty() {
            return false;
        }
        let all: Vec<String> = words(name).collect();
        let first = |list: &[&str]| all.iter().position(|w| list.contains(&w.as_str()));
        // `call_llm`, `llm_call`; what builds the query for a table of calls asks nobody.
        let asks = match (first(MODELS), first(ASKING)) {
            (Some(model), Some(asking)) => asking < model || (model, asking) == (0, 1),
            _ => false,
        };
        asks || all.last().is_some_and(|w| w == "model")
            && all
                .first()
                .is_some_and(|w| ASKING_MODEL.contains(&w.as_str()))
    }

    /// The kind of source that the output of a model is.
    fn model_output(&self) -> Option<u16> {
        let rule = Bits::rule(self.models.rule_index("unsafe-model-output")?);
        if !self.models.own_source_rules.has(rule) || self.module.language == Language::Java {
            return None;
        }
        let kinds = self.models.source_kinds.iter();
        let at = kinds
            .clone()
            .position(|kind| kind.cleared == Bits::ALL.without(rule))?;
        u16::try_from(at).ok()
    }
}
