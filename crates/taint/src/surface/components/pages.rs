//! Pages that run in a browser, and the addresses of the application that they ask.

use trueline_facts::surface::{ComponentKind, ComponentUse};
use trueline_syntax::ir::{Arg, BinaryOp, FormatPart, FuncId, Language, Op, Operand, Span, Symbol};

use super::objects::instructions;
use super::{MAX_SNIPPET, Reader, host};
use crate::analysis::last_name;

/// Hooks of pages with the route of their own application that each asks, unless told otherwise.
const HOOKS: &[(&str, &str)] = &[
    ("useChat", "/api/chat"),
    ("useCompletion", "/api/completion"),
    ("useAssistant", "/api/assistant"),
];

impl<'a> Reader<'a> {
    /// Functions that make parts of a page, and the scripts of files that are pages.
    pub(super) fn pages(&mut self) {
        if self.module.language == Language::Python {
            return;
        }
        let module = self.module;
        for (at, function) in module.functions.iter().enumerate() {
            let element = instructions(function).find(|i| matches!(i.op, Op::Element { .. }));
            if let Some(element) = element {
                let one = page(self.location(element.span));
                self.uses(at as u32, one);
            }
        }
        let extension = self.path.extension();
        if matches!(&**extension, b"vue" | b"svelte") {
            let span = module.functions.first().map(|f| f.span).unwrap_or_default();
            for at in 0..module.functions.len() {
                let one = page(self.location(span));
                self.uses(at as u32, one);
            }
        }
    }

    /// An address below the own origin, `/api/chat`; after a beginning that is not known `*/api/chat`.
    pub(super) fn own_address(&self, id: FuncId, args: &'a [Arg]) -> Option<String> {
        if self.module.language == Language::Python {
            return None;
        }
        let named = args.iter().find_map(|arg| {
            let (at, entries) = self.terms.entries(id, &arg.value)?;
            let mut entries = entries.into_iter();
            entries.find_map(|(key, value)| {
                let is_address = matches!(key, "api" | "url" | "path");
                is_address.then(|| self.below(at, value)).flatten()
            })
        });
        let first = args.first().and_then(|a| self.below(id, &a.value));
        let found = named.or(first)?;
        Some(found.chars().take(MAX_SNIPPET).collect())
    }

    /// The route that a hook asks which is told none.
    pub(super) fn usual_address(&self, id: FuncId, hook: &str, args: &'a [Arg]) -> Option<String> {
        let route = HOOKS.iter().find(|(name, _)| *name == hook)?.1;
        // With a transport of its own it asks elsewhere.
        let is_told = args.iter().any(|arg| {
            let entries = self.terms.entries(id, &arg.value);
            let told = |(_, entries): (FuncId, Vec<(&str, &Operand)>)| {
                entries
                    .iter()
                    .any(|(key, _)| matches!(*key, "api" | "transport" | "fetch"))
            };
            entries.is_some_and(told)
        });
        (!is_told).then(|| route.to_owned())
    }

    /// A part of a page that a package makes: `<Analytics />`.
    pub(super) fn shown(&mut self, home: u32, path: &str, span: Span) {
        let known = self.known;
        let Some(found) = known
            .iter()
            .find(|k| k.kind == ComponentKind::Network && k.is_called(path))
        else {
            return;
        };
        let one = ComponentUse {
            name: found.name.clone(),
            operation: last_name(path).to_owned(),
            ..asked(self.location(span))
        };
        self.uses(home, one);
    }

    /// A script or a frame that a page has from elsewhere.
    pub(super) fn script(
        &mut self,
        id: FuncId,
        home: u32,
        tag: &str,
        attributes: &'a [(Option<Symbol>, Operand)],
        span: Span,
    ) {
        if !matches!(tag, "script" | "Script" | "iframe") {
            return;
        }
        let source = attributes.iter().find_map(|(name, value)| {
            let is_source = name.is_some_and(|n| self.module.text(n) == "src");
            is_source.then(|| self.address(id, value)).flatten()
        });
        let Some(host) = source.and_then(host) else {
            return;
        };
        let one = ComponentUse {
            name: "HTTP".to_owned(),
            detail: Some(host),
            operation: "script".to_owned(),
            ..asked(self.location(span))
        };
        self.uses(home, one);
    }

    fn below(&self, id: FuncId, operand: &'a Operand) -> Option<String> {
        let unknown = |text: &str| is_path(text).then(|| format!("*{text}"));
        if let Some(text) = self.terms.text(id, operand) {
            return match of_this_machine(text) {
                Some(path) => unknown(path),
                None => is_path(text).then(|| text.to_owned()),
            };
        }
        match self.terms.operation(id, operand)? {
            (_, Op::Format { parts }) => match (parts.first()?, parts.get(1)) {
                (FormatPart::Text(text), _) => {
                    let text = self.module.text(*text);
                    match (of_this_machine(text), parts.get(2)) {
                        (Some(path), _) if !path.is_empty() => unknown(path),
                        // A scheme, a host that is not known, a path.
                        (_, Some(FormatPart::Text(path))) if text.ends_with("://") => {
                            unknown(self.module.text(*path))
                        }
                        _ => is_path(text).then(|| text.to_owned()),
                    }
                }
                (FormatPart::Value(_), Some(FormatPart::Text(text))) => {
                    unknown(self.module.text(*text))
                }
                (FormatPart::Value(_), _) => None,
            },
            (
                at,
                Op::Binary {
                    op: BinaryOp::Add,
                    left,
                    right,
                },
            ) => match self.terms.text(at, left) {
                Some(text) => match of_this_machine(text) {
                    Some(path) => unknown(path),
                    None => is_path(text).then(|| text.to_owned()),
                },
                None => unknown(self.terms.text(at, right)?),
            },
            _ => None,
        }
    }
}

/// What follows the host in an address of the machine at hand: `http://localhost:8000/chat`.
fn of_this_machine(text: &str) -> Option<&str> {
    let (scheme, rest) = text.split_once("://")?;
    let (host, _) = rest.split_once([':', '/']).unwrap_or((rest, ""));
    let is_own = matches!(host, "localhost" | "127.0.0.1" | "0.0.0.0");
    (is_own && matches!(scheme, "http" | "https" | "ws" | "wss"))
        .then(|| rest.find('/').and_then(|at| rest.get(at..)).unwrap_or(""))
}

/// A request that a page makes by what it shows.
fn asked(location: trueline_facts::Location) -> ComponentUse {
    ComponentUse {
        kind: ComponentKind::Network,
        remote: true,
        ..page(location)
    }
}

fn page(location: trueline_facts::Location) -> ComponentUse {
    ComponentUse {
        kind: ComponentKind::Page,
        name: "web pages".to_owned(),
        detail: None,
        remote: false,
        operation: "page".to_owned(),
        controls: Vec::new(),
        is_assumed: false,
        location,
    }
}

/// `/chat`, and neither `//host/chat` nor `/` alone.
fn is_path(text: &str) -> bool {
    text.starts_with('/') && text.len() > 1 && !text.starts_with("//")
}
