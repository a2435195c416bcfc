//! Methods whose body is the SQL of their annotation (MyBatis): `@Select("… ${name} …") T find(String name)`.
//!
//! `#{name}` is bound by the driver; `${name}` becomes part of the text before the driver sees it. A
//! method with the latter is lowered as if it were written out: the text with its values put in,
//! given to the annotation as a function. Without them it stays a method without a body.

use tree_sitter::Node;

use super::{Lowering, field};
use crate::ir::{
    Arg, ArgKind, Callee, Const, Decorator, FormatPart, Op, Operand, Param, Span, Terminator,
};

const PACKAGE: &str = "org.apache.ibatis.annotations";
/// Types without properties.
const PLAIN: &[&str] = &[
    "String",
    "CharSequence",
    "Object",
    "Integer",
    "Long",
    "Short",
    "Double",
    "Float",
    "Boolean",
    "BigDecimal",
    "BigInteger",
];
const STATEMENTS: &[&str] = &["Select", "Insert", "Update", "Delete"];

impl<'t> Lowering<'t> {
    /// Gives the method that has been begun the body that its annotations say.
    pub(super) fn mapped_statement(&mut self, node: Node<'t>) -> bool {
        let function = self.builder.function();
        let (decorators, params) = (function.decorators.clone(), function.params.clone());
        let is_plain = field(node, "parameters").is_some_and(|list| self.is_one_plain(list));
        let mut last = None;
        for decorator in &decorators {
            let Some(name) = self.statement_kind(decorator) else {
                continue;
            };
            let Some(text) = self.statement_text(decorator) else {
                continue;
            };
            if !text.contains("${") {
                continue;
            }
            let at = decorator.span;
            let parts = self.parts(&text, &params, is_plain, at);
            let value = self.builder.emit_temp(Op::Format { parts }, at);
            let callee = self.named_type(&format!("{PACKAGE}.{name}"), at);
            let op = Op::Call {
                callee: Callee::Function(callee),
                args: vec![Arg {
                    kind: ArgKind::Positional,
                    value,
                }],
            };
            last = Some(self.builder.emit_temp(op, at));
        }
        let is_mapped = last.is_some();
        if is_mapped {
            self.builder.terminate(Terminator::Return(last));
        }
        is_mapped
    }

    fn statement_kind(&self, decorator: &Decorator) -> Option<&'static str> {
        let written = self.builder.text(decorator.name);
        let simple = written.rsplit('.').next().unwrap_or(written);
        let kind = STATEMENTS.iter().find(|kind| **kind == simple)?;
        let whole = written.strip_suffix(simple)?.strip_suffix('.');
        let is_meant = match whole {
            Some(package) => package == PACKAGE,
            None => self.imports_type(PACKAGE, simple),
        };
        is_meant.then_some(*kind)
    }

    /// The text of an annotation: one, or several that are joined by spaces.
    fn statement_text(&self, decorator: &Decorator) -> Option<String> {
        let named = decorator
            .keywords
            .iter()
            .find(|(name, _)| self.builder.text(*name) == "value");
        let value = decorator.args.first().or(named.map(|(_, value)| value))?;
        match value.as_ref()? {
            Const::Str(text) => Some(self.builder.text(*text).to_owned()),
            Const::List(list) => {
                let texts = list.iter().filter_map(|item| match item {
                    Const::Str(text) => Some(self.builder.text(*text)),
                    _ => None,
                });
                Some(texts.collect::<Vec<_>>().join(" "))
            }
            _ => None,
        }
    }

    fn parts(&mut self, text: &str, params: &[Param], is_plain: bool, at: Span) -> Vec<FormatPart> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let Some((name, after)) = after.split_once('}') else {
                break;
            };
            parts.push(FormatPart::Text(self.builder.intern(before)));
            match self.named_value(name.trim(), params, is_plain, at) {
                Some(value) => parts.push(FormatPart::Value(value)),
                // A property of the configuration, or of a variable of the annotation's own.
                None => parts.push(FormatPart::Text(self.builder.intern(""))),
            }
            rest = after;
        }
        parts.push(FormatPart::Text(self.builder.intern(rest)));
        parts
    }

    /// What a name in a statement stands for: a parameter by its annotation, its own name or its
    /// place, a property of one, or of the only one.
    fn named_value(
        &mut self,
        name: &str,
        params: &[Param],
        is_plain: bool,
        at: Span,
    ) -> Option<Operand> {
        let mut segments = name
            .split('.')
            .map(|s| s.split(['[', ',']).next().unwrap_or(s));
        let first = segments.next()?;
        let by_place = || {
            let place: usize = first.strip_prefix("param")?.parse().ok()?;
            params.get(place.checked_sub(1)?)
        };
        let by_name = params
            .iter()
            .find(|param| self.statement_name(param) == first);
        let known = by_name.or_else(by_place);
        let (param, properties): (&Param, Vec<&str>) = match (known, params) {
            (Some(param), _) => (param, segments.collect()),
            // The only parameter, under any name.
            (None, [only]) if is_plain => (only, Vec::new()),
            (None, [only]) => (only, std::iter::once(first).chain(segments).collect()),
            _ => return None,
        };
        let mut value = Operand::Var(param.var);
        for property in properties {
            let name = self.builder.intern(property);
            value = self.builder.emit_temp(Op::Field { base: value, name }, at);
        }
        Some(value)
    }

    /// The name of a parameter in statements.
    fn statement_name(&self, param: &Param) -> &str {
        let given = param.decorators.iter().find_map(|decorator| {
            let name = self.builder.text(decorator.name);
            if name.rsplit('.').next() != Some("Param") {
                return None;
            }
            match decorator.args.first() {
                Some(Some(Const::Str(text))) => Some(self.builder.text(*text)),
                _ => None,
            }
        });
        given.unwrap_or_else(|| self.builder.text(param.name))
    }

    /// Whether a list of parameters is one that has no properties.
    fn is_one_plain(&mut self, list: Node<'t>) -> bool {
        let parameters = self.children(list);
        let [only] = parameters.as_slice() else {
            return false;
        };
        field(*only, "type").is_some_and(|of| {
            matches!(
                of.kind(),
                "integral_type" | "floating_point_type" | "boolean_type"
            ) || PLAIN.contains(&self.text_of(of))
        })
    }
}
