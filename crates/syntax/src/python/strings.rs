//! Literals of text: bytes, f-strings, t-strings, implicit concatenation.

use ruff_python_ast::{
    ConversionFlag, ExprBytesLiteral, ExprFString, ExprTString, FStringPart, InterpolatedElement,
    InterpolatedStringElement, InterpolatedStringElements,
};
use ruff_text_size::Ranged;

use super::expressions::positional;
use super::{Lowering, span};
use crate::ir::{Callee, Const, FormatPart, Op, Operand, Var};

impl Lowering {
    /// Bytes as their Latin-1 text.
    pub(super) fn bytes(&mut self, literal: &ExprBytesLiteral) -> Const {
        let text: String = literal.value.bytes().map(char::from).collect();
        Const::Bytes(self.builder.intern(&text))
    }

    pub(super) fn f_string(&mut self, string: &ExprFString, dst: Option<Var>) -> Operand {
        let mut parts = Parts::default();
        for part in &string.value {
            match part {
                FStringPart::Literal(literal) => parts.text.push_str(&literal.value),
                FStringPart::FString(string) => self.elements(&string.elements, &mut parts),
            }
        }
        self.format(parts, dst, span(string.range()))
    }

    /// A template is not a string: who uses it sees text and values apart.
    pub(super) fn t_string(&mut self, string: &ExprTString, dst: Option<Var>) -> Operand {
        let at = span(string.range());
        let mut parts = Parts::default();
        for part in &string.value {
            self.elements(&part.elements, &mut parts);
        }
        let import = Op::Import {
            module: self.builder.intern("string.templatelib"),
            member: Some(self.builder.intern("Template")),
        };
        let template = self.builder.emit_temp(import, at);
        let args = self
            .finish_parts(parts)
            .into_iter()
            .map(|part| match part {
                FormatPart::Text(text) => positional(Operand::Const(Const::Str(text))),
                FormatPart::Value(value) => positional(value),
            })
            .collect();
        let callee = Callee::Function(template);
        self.put(dst, Op::Call { callee, args }, at)
    }

    fn elements(&mut self, elements: &InterpolatedStringElements, parts: &mut Parts) {
        for element in elements {
            match element {
                InterpolatedStringElement::Literal(literal) => parts.text.push_str(&literal.value),
                InterpolatedStringElement::Interpolation(field) => self.field(field, parts),
            }
        }
    }

    fn field(&mut self, field: &InterpolatedElement, parts: &mut Parts) {
        let at = span(field.range());
        let mut value = self.expr(&field.expression);
        let mut conversion = field.conversion;
        if let Some(debug) = &field.debug_text {
            parts.text.push_str(debug.as_str());
            // `{x=}` shows the representation, unless told how to format.
            if conversion == ConversionFlag::None && field.format_spec.is_none() {
                conversion = ConversionFlag::Repr;
            }
        }
        match conversion {
            ConversionFlag::None | ConversionFlag::Str => {}
            ConversionFlag::Repr => value = self.builtin_call("repr", [value], at),
            ConversionFlag::Ascii => value = self.builtin_call("ascii", [value], at),
        }
        if let Some(specification) = &field.format_spec {
            let mut inner = Parts::default();
            self.elements(&specification.elements, &mut inner);
            let specification = self.format(inner, None, at);
            value = self.builtin_call("format", [value, specification], at);
        }
        self.finish_text(parts);
        parts.done.push(FormatPart::Value(value));
    }

    fn format(&mut self, parts: Parts, dst: Option<Var>, at: crate::ir::Span) -> Operand {
        if parts.done.is_empty() {
            return self.text(&parts.text);
        }
        let parts = self.finish_parts(parts);
        self.put(dst, Op::Format { parts }, at)
    }

    fn finish_parts(&mut self, mut parts: Parts) -> Vec<FormatPart> {
        self.finish_text(&mut parts);
        parts.done
    }

    fn finish_text(&mut self, parts: &mut Parts) {
        if !parts.text.is_empty() {
            let text = self.builder.intern(&parts.text);
            parts.done.push(FormatPart::Text(text));
            parts.text.clear();
        }
    }
}

/// A formatted string so far.
#[derive(Default)]
struct Parts {
    done: Vec<FormatPart>,
    /// Text since the last value.
    text: String,
}
