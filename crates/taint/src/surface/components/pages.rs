//! Pages that run in a browser, and the addresses of the application that they ask.

use trueline_facts::surface::{ComponentKind, ComponentUse};
use trueline_syntax::ir::{Arg, BinaryOp, FormatPart, FuncId, Language, Op, Operand};

use super::objects::instructions;
use super::{MAX_SNIPPET, Reader};

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
        let named = self.text_named(id, args, &["api", "url", "path"]);
        let first = args.first().and_then(|a| self.below(id, &a.value));
        let found = named.filter(|n| is_path(n)).map(str::to_owned).or(first)?;
        Some(found.chars().take(MAX_SNIPPET).collect())
    }

    fn below(&self, id: FuncId, operand: &'a Operand) -> Option<String> {
        if let Some(text) = self.terms.text(id, operand) {
            return is_path(text).then(|| text.to_owned());
        }
        let unknown = |text: &str| is_path(text).then(|| format!("*{text}"));
        match self.terms.operation(id, operand)? {
            (_, Op::Format { parts }) => match (parts.first()?, parts.get(1)) {
                (FormatPart::Text(text), _) => {
                    let text = self.module.text(*text);
                    is_path(text).then(|| text.to_owned())
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
                Some(text) => is_path(text).then(|| text.to_owned()),
                None => unknown(self.terms.text(at, right)?),
            },
            _ => None,
        }
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
