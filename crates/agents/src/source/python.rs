//! Python: decorators and the functions below them, `Tool(…)` and literals.

use super::tokens::What;
use super::{Reader, declared};
use crate::tool::{Parameter, Tool};

impl Reader<'_> {
    pub(super) fn python(&self) -> Vec<Tool> {
        let mut out = Vec::new();
        for at in 0..self.tokens.len() {
            if self.is_sign(at, '@') {
                out.extend(self.decorated(at));
            } else if self.is_name(at, "Tool") && self.is_sign(at + 1, '(') {
                if let Some(name) = self.keyed(at + 1, &["name"]) {
                    out.push(declared(
                        name,
                        self.keyed(at + 1, &["description"]),
                        self.properties(at + 1),
                    ));
                }
            } else if self.is_sign(at, '{') {
                out.extend(self.literal(at));
            }
        }
        out
    }

    /// `@server.tool(...)` and the function below it.
    fn decorated(&self, at: usize) -> Option<Tool> {
        let mut index = at + 1;
        let mut last = self.name(index)?;
        while self.is_sign(index + 1, '.')
            && let Some(name) = self.name(index + 2)
        {
            last = name;
            index += 2;
        }
        if !matches!(
            last,
            "tool"
                | "resource"
                | "prompt"
                | "mcp_tool"
                | "register_tool"
                | "kernel_function"
                | "function_tool"
        ) {
            return None;
        }
        index += 1;
        let arguments = self.is_sign(index, '(').then_some(index);
        if let Some(open) = arguments {
            index = self.close(open);
        }
        // More decorators may stand between.
        while self.is_sign(index, '@') {
            index += 1;
            while self.name(index).is_some() || self.is_sign(index, '.') {
                index += 1;
            }
            if self.is_sign(index, '(') {
                index = self.close(index);
            }
        }
        if self.is_name(index, "async") {
            index += 1;
        }
        if !self.is_name(index, "def") {
            return None;
        }
        let function = self.tokens.get(index + 1)?;
        let function_name = (
            self.name(index + 1)?.to_owned(),
            (function.start, function.end),
        );
        let open = index + 2;
        let close = self.close(open);
        let body = (close..close + 60).find(|i| self.is_sign(*i, ':'))? + 1;
        let docstring = match self.tokens.get(body).map(|t| &t.what) {
            Some(What::Text(_)) => self.text(body).map(|(text, place, _)| (text, place)),
            _ => None,
        };
        let named = arguments.and_then(|open| self.keyed(open, &["name"]));
        let described = arguments.and_then(|open| self.keyed(open, &["description"]));
        let parameters = self.signature(
            open,
            close,
            docstring.as_ref().map(|d| d.0.as_str()).unwrap_or_default(),
        );
        Some(declared(
            named.unwrap_or(function_name),
            described.or(docstring),
            parameters,
        ))
    }

    /// The parameters of a function, with what its docstring says of each.
    fn signature(&self, open: usize, close: usize, docstring: &str) -> Vec<Parameter> {
        let mut out = Vec::new();
        let mut depth = 0_usize;
        for at in open..close {
            match self.tokens.get(at).map(|t| &t.what) {
                Some(What::Sign('(' | '[' | '{')) => depth += 1,
                Some(What::Sign(')' | ']' | '}')) => depth = depth.saturating_sub(1),
                Some(What::Name(name))
                    if depth == 1
                        && (self.is_sign(at - 1, '(') || self.is_sign(at - 1, ','))
                        && !matches!(*name, "self" | "cls" | "ctx" | "context") =>
                {
                    let token = &self.tokens[at];
                    let next = (at + 1..close)
                        .find(|i| self.is_sign(*i, ','))
                        .unwrap_or(close);
                    let said = docstring.lines().find_map(|line| {
                        let rest = line
                            .trim()
                            .trim_start_matches([':', '-', '*', '`'])
                            .trim_start_matches("param ")
                            .strip_prefix(name)?;
                        let rest = rest.trim_start_matches('`');
                        let (_, text) = rest.split_once(':')?;
                        Some(text.trim().to_owned())
                    });
                    let annotated = (at..next).find_map(|i| {
                        self.text(i)
                            .filter(|_| {
                                matches!(self.tokens.get(i).map(|t| &t.what), Some(What::Text(_)))
                            })
                            .map(|t| t.0)
                    });
                    out.push(Parameter {
                        name: (*name).to_owned(),
                        description: said.or(annotated).unwrap_or_default(),
                        place: (token.start, token.end),
                    });
                }
                _ => {}
            }
        }
        out
    }
}
