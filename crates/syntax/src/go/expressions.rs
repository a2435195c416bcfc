//! Expressions. Chains of operators are lowered in a loop: they nest to the left, as deep as they
//! are long.

use tree_sitter::Node;

use super::operands::{binary_op, compare_op, null};
use super::types::is_predeclared;
use super::{Lowering, field, span};
use crate::ir::{
    BlockId, CompareOp, Const, IterKind, Op, Operand, Span, Symbol, Terminator, UnaryOp, VarHome,
};

impl<'t> Lowering<'t> {
    /// The value of an expression.
    pub(super) fn expression(&mut self, node: Node<'t>) -> Operand {
        if let Some(constant) = self.literal(node) {
            return Operand::Const(constant);
        }
        let at = span(node);
        match node.kind() {
            "identifier" | "type_identifier" | "package_identifier" | "iota" => {
                let name = self.text_of(node);
                Operand::Var(self.name(name))
            }
            "parenthesized_expression" | "variadic_argument" | "literal_element" => {
                match self.children(node).as_slice() {
                    [inner] => self.expression(*inner),
                    others => self.unknown(node, others),
                }
            }
            "selector_expression" => self.selector(node),
            "call_expression" => self.call(node),
            "binary_expression" => self.binary(node),
            "unary_expression" => self.unary(node),
            "index_expression" => {
                let (Some(base), Some(index)) = (field(node, "operand"), field(node, "index"))
                else {
                    return null();
                };
                // `Map[int]` instantiates.
                if self.is_type(index) {
                    return self.expression(base);
                }
                let base = self.expression(base);
                let index = self.expression(index);
                self.builder.emit_temp(Op::Index { base, index }, at)
            }
            "slice_expression" => {
                let Some(base) = field(node, "operand") else {
                    return null();
                };
                let base = self.expression(base);
                let low = field(node, "start").map(|low| self.expression(low));
                let high = field(node, "end").map(|high| self.expression(high));
                if let Some(capacity) = field(node, "capacity") {
                    self.expression(capacity);
                }
                self.builder.emit_temp(Op::Slice { base, low, high }, at)
            }
            "type_assertion_expression" | "type_conversion_expression" => {
                let (Some(operand), Some(of)) = (field(node, "operand"), field(node, "type"))
                else {
                    return null();
                };
                let value = self.expression(operand);
                self.typed(value, of, at)
            }
            "type_instantiation_expression" => match field(node, "type") {
                Some(of) => self.type_value(of),
                None => null(),
            },
            "composite_literal" => self.composite(node),
            "func_literal" => self.function_literal(node, None),
            // A type where a value stands: the argument of a generic function, `reflect.TypeFor`.
            "qualified_type" | "generic_type" => self.type_value(node),
            "pointer_type"
            | "slice_type"
            | "array_type"
            | "map_type"
            | "channel_type"
            | "function_type"
            | "struct_type"
            | "interface_type"
            | "parenthesized_type"
            | "negated_type"
            | "implicit_length_array_type" => null(),
            _ => {
                let inner = self.children(node);
                self.unknown(node, &inner)
            }
        }
    }

    /// What is not understood, with every value in it.
    pub(super) fn unknown(&mut self, node: Node<'t>, inner: &[Node<'t>]) -> Operand {
        let operands = inner.iter().map(|child| self.expression(*child)).collect();
        let kind = if node.is_error() {
            "ERROR"
        } else {
            "_expression"
        };
        self.builder.emit_unknown(kind, operands, span(node))
    }

    fn is_type(&self, node: Node<'t>) -> bool {
        match node.kind() {
            "identifier" | "type_identifier" => is_predeclared(self.text_of(node)),
            kind => kind.ends_with("_type"),
        }
    }

    fn selector(&mut self, node: Node<'t>) -> Operand {
        let (Some(operand), Some(name)) = (field(node, "operand"), field(node, "field")) else {
            return null();
        };
        let base = self.expression(operand);
        let name = self.symbol_of(name);
        self.builder.emit_temp(Op::Field { base, name }, span(node))
    }

    /// A value that is declared to be of a type. Texts, bytes and `any` are what they were.
    pub(super) fn typed(&mut self, value: Operand, of: Node<'t>, at: Span) -> Operand {
        match self.type_name(of) {
            Some(of)
                if !matches!(
                    self.builder.text(of),
                    "string" | "any" | "byte" | "rune" | "error"
                ) =>
            {
                self.builder.emit_temp(Op::Typed { value, of }, at)
            }
            _ => value,
        }
    }

    /// Whether a value is of a type, as a truth value.
    pub(super) fn is_of_type(&mut self, value: Operand, of: Node<'t>, at: Span) -> Operand {
        let name = match self.type_name(of) {
            Some(name) => name,
            None => self.symbol_of(of),
        };
        let op = Op::Compare {
            op: CompareOp::InstanceOf,
            left: value,
            right: Operand::Const(Const::Str(name)),
        };
        self.builder.emit_temp(op, at)
    }

    pub(super) fn receive(&mut self, channel: Operand, at: Span) -> Operand {
        let op = Op::Next {
            iterable: channel,
            kind: IterKind::Elements,
        };
        self.builder.emit_temp(op, at)
    }

    fn operator(&self, node: Node<'t>) -> &'t str {
        field(node, "operator").map_or("", |op| self.text_of(op))
    }

    fn unary(&mut self, node: Node<'t>) -> Operand {
        let Some(operand) = field(node, "operand") else {
            return null();
        };
        let at = span(node);
        let operator = self.operator(node);
        let value = self.expression(operand);
        let op = match operator {
            "!" => UnaryOp::Not,
            "^" => UnaryOp::Invert,
            "+" => UnaryOp::Plus,
            "-" => {
                // `-1` is a constant.
                match value {
                    Operand::Const(Const::Int(number)) => {
                        if let Some(negative) = number.checked_neg() {
                            return Operand::Const(Const::Int(negative));
                        }
                    }
                    Operand::Const(Const::Float(number)) => {
                        return Operand::Const(Const::Float(-number));
                    }
                    _ => {}
                }
                UnaryOp::Neg
            }
            "<-" => return self.receive(value, at),
            // An address is what it is the address of, but a value of its own.
            "&" if matches!(value, Operand::Var(_)) && operand.kind() == "identifier" => {
                return self.builder.emit_temp(Op::Copy(value), at);
            }
            "&" | "*" => return value,
            _ => {
                return self
                    .builder
                    .emit_unknown("unary_expression", vec![value], at);
            }
        };
        self.builder.emit_temp(Op::Unary { op, operand: value }, at)
    }

    fn binary(&mut self, node: Node<'t>) -> Operand {
        if is_logical(self.operator(node)) {
            return self.logical(node);
        }
        // Outermost first.
        let mut chain = vec![node];
        let mut left = field(node, "left");
        while let Some(inner) = left
            && inner.kind() == "binary_expression"
            && !is_logical(self.operator(inner))
        {
            chain.push(inner);
            left = field(inner, "left");
        }
        let Some(left) = left else { return null() };
        let mut value = self.expression(left);
        for node in chain.into_iter().rev() {
            let Some(right) = field(node, "right") else {
                continue;
            };
            let right = self.expression(right);
            let operator = self.operator(node);
            let at = span(node);
            let op = match (binary_op(operator), compare_op(operator)) {
                (Some(op), _) => Op::Binary {
                    op,
                    left: value,
                    right,
                },
                (None, Some(op)) => Op::Compare {
                    op,
                    left: value,
                    right,
                },
                (None, None) => {
                    value = self
                        .builder
                        .emit_unknown("binary_expression", vec![value, right], at);
                    continue;
                }
            };
            value = self.builder.emit_temp(op, at);
        }
        value
    }

    /// `a && b` as a value.
    fn logical(&mut self, node: Node<'t>) -> Operand {
        let at = span(node);
        let result = self.builder.temp();
        let (holds, fails, after) = (
            self.builder.new_block(),
            self.builder.new_block(),
            self.builder.new_block(),
        );
        self.condition(node, holds, fails);
        for (block, truth) in [(holds, true), (fails, false)] {
            self.builder.switch_to(block);
            let value = Operand::Const(Const::Bool(truth));
            self.builder.emit_to(result, Op::Copy(value), at);
            self.builder.terminate(Terminator::Goto(after));
        }
        self.builder.switch_to(after);
        Operand::Var(result)
    }

    /// Whether an expression is made of truth values by `&&` or `||`.
    pub(super) fn is_logical(&self, node: Node<'t>) -> bool {
        node.kind() == "binary_expression" && is_logical(self.operator(node))
    }

    /// Branches on an expression. `!`, `&&` and `||` become edges.
    pub(super) fn condition(&mut self, node: Node<'t>, then: BlockId, otherwise: BlockId) {
        match node.kind() {
            "parenthesized_expression" => match self.children(node).as_slice() {
                [inner] => self.condition(*inner, then, otherwise),
                _ => self.branch_on(node, then, otherwise),
            },
            "unary_expression" if self.operator(node) == "!" => match field(node, "operand") {
                Some(operand) => self.condition(operand, otherwise, then),
                None => self.branch_on(node, then, otherwise),
            },
            "binary_expression" if is_logical(self.operator(node)) => {
                let operator = self.operator(node);
                let mut operands = Vec::new();
                let mut left = node;
                while left.kind() == "binary_expression" && self.operator(left) == operator {
                    operands.extend(field(left, "right"));
                    let Some(inner) = field(left, "left") else {
                        break;
                    };
                    left = inner;
                }
                operands.push(left);
                operands.reverse();
                let Some((last, first)) = operands.split_last() else {
                    return;
                };
                for operand in first {
                    let next = self.builder.new_block();
                    if operator == "&&" {
                        self.condition(*operand, next, otherwise);
                    } else {
                        self.condition(*operand, then, next);
                    }
                    self.builder.switch_to(next);
                }
                self.condition(*last, then, otherwise);
            }
            _ => self.branch_on(node, then, otherwise),
        }
    }

    fn branch_on(&mut self, node: Node<'t>, then: BlockId, otherwise: BlockId) {
        let condition = self.expression(node);
        self.branch(condition, then, otherwise);
    }

    pub(super) fn branch(&mut self, condition: Operand, then: BlockId, otherwise: BlockId) {
        self.builder.terminate(Terminator::Branch {
            condition,
            then,
            otherwise,
        });
    }

    /// Whether a name is declared nowhere in this file: something that the language predeclares, or
    /// that another file of the package declares.
    pub(super) fn is_global(&mut self, name: Symbol) -> bool {
        let var = self.builder.resolve(name);
        self.builder
            .function()
            .vars
            .get(var.0 as usize)
            .is_some_and(|decl| decl.home == VarHome::Global)
    }
}

fn is_logical(operator: &str) -> bool {
    matches!(operator, "&&" | "||")
}
