//! Agents one by one: the name that each is given, a node of its own, and the model that it asks by a name.

use trueline_facts::surface::{ComponentKind, ComponentUse, Role};
use trueline_syntax::ir::{Arg, ArgKind, Callee, FuncId, Op, Span};

use super::catalogue::Known;
use super::objects::Owner;
use super::{MAX_SNIPPET, Reader};

/// Arguments that an agent is named by.
const NAMES: &[&str] = &["name", "supervisor_name", "agent_name", "role"];
/// Longest name of one.
const LONGEST_NAME: usize = 40;
/// Whose models have names that begin so.
const VENDORS: &[(&str, &str)] = &[
    ("anthropic", "Anthropic"),
    ("azure", "Azure OpenAI"),
    ("bedrock", "Amazon Bedrock"),
    ("claude", "Anthropic"),
    ("cohere", "Cohere"),
    ("deepseek", "DeepSeek"),
    ("gemini", "Google Gemini"),
    ("google", "Google Gemini"),
    ("gpt", "OpenAI"),
    ("groq", "Groq"),
    ("mistral", "Mistral"),
    ("ollama", "Ollama"),
    ("openai", "OpenAI"),
    ("xai", "xAI"),
];

impl<'a> Reader<'a> {
    /// What an agent is called where it is made.
    pub(super) fn agent_name(&self, id: FuncId, args: &'a [Arg]) -> Option<String> {
        let positional = args
            .first()
            .filter(|a| a.kind == ArgKind::Positional)
            .and_then(|a| self.terms.text(id, &a.value));
        let named = self.text_named(id, args, NAMES).or(positional)?.trim();
        let is_name = !named.is_empty()
            && named.chars().count() <= LONGEST_NAME
            && !named.contains([':', '/', '\n', '{']);
        is_name.then(|| named.to_owned())
    }

    /// The node of one agent: an object's own if it is the object, else one beside its neighbours.
    pub(super) fn agent_node(
        &mut self,
        id: FuncId,
        owner: Owner,
        callee: &'a Callee,
        args: &'a [Arg],
    ) -> u32 {
        let home = self.functions.get(owner.node as usize);
        let is_own = home.is_some_and(|home| {
            home.role == Role::Object && !home.uses.iter().any(|u| u.kind == ComponentKind::Agent)
        });
        // What nobody names is what its function or file is there for.
        let node = if is_own || self.agent_name(id, args).is_none() {
            owner.node
        } else {
            let alone = self.alone(id, owner.node, args);
            let own = Owner {
                node: alone,
                hands_on: true,
            };
            self.edges(id, own, callee, None, args);
            for arg in args {
                let base = self.terms.base(id, &arg.value);
                let object = base.filter(|(at, _)| at.0 == 0);
                if let Some(node) = object.and_then(|(_, var)| self.object_of.get(&var).copied()) {
                    self.made_by(alone, node);
                } else if let Some(path) = self.imported(id, &arg.value) {
                    self.mentions(alone, path);
                }
            }
            alone
        };
        self.agent_of.insert(std::ptr::from_ref(callee), node);
        node
    }

    /// Another agent among the parts of one: it is worked with, and its parts are its own.
    pub(super) fn agent_made(&self, op: &'a Op) -> Option<u32> {
        let Op::Call { callee, .. } = op else {
            return None;
        };
        self.agent_of.get(&std::ptr::from_ref(callee)).copied()
    }

    /// The model that an agent asks by itself: one that is named by a text, or its framework's usual one.
    pub(super) fn agents_model(
        &self,
        id: FuncId,
        known: &Known,
        args: &'a [Arg],
        span: Span,
    ) -> Option<ComponentUse> {
        if known.asks.is_empty() && !known.model_by_name {
            return None;
        }
        let named = self
            .text_named(id, args, &["model", "llm", "model_id"])
            .or_else(|| {
                let first = args.first().filter(|a| a.kind == ArgKind::Positional)?;
                let text = self.terms.text(id, &first.value)?;
                text.contains([':', '/']).then_some(text)
            });
        let has_object = args.iter().any(|arg| match arg.kind {
            ArgKind::Keyword(key) => {
                matches!(self.module.text(key), "model" | "llm" | "model_client")
                    && self.terms.text(id, &arg.value).is_none()
                    && self
                        .terms
                        .operation(id, &arg.value)
                        .is_some_and(|(_, op)| matches!(op, Op::Call { .. }))
            }
            _ => false,
        });
        let vendor = named.and_then(|named| {
            let named = named.to_ascii_lowercase();
            let found = VENDORS.iter().find(|(start, _)| named.starts_with(start));
            found.map(|(_, vendor)| (*vendor).to_owned())
        });
        let name = vendor.or_else(|| {
            let usual = !known.asks.is_empty() && !has_object;
            usual.then(|| known.asks.clone())
        })?;
        Some(ComponentUse {
            kind: ComponentKind::Model,
            name,
            detail: named.map(|m| m.chars().take(MAX_SNIPPET).collect()),
            remote: true,
            operation: "agent".to_owned(),
            controls: Vec::new(),
            is_assumed: false,
            location: self.location(span),
        })
    }
}
