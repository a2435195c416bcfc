//! Assignments: what is assigned to, and several values taken apart.

use tree_sitter::Node;

use super::operands::{binary_op, int};
use super::{Lowering, field, span};
use crate::ir::{CompareOp, Op, Operand, Span, Var};

/// Something that is assigned to, with what it is a part of already evaluated.
#[derive(Clone, Debug)]
pub(super) enum Target {
    Nothing,
    Var(Var),
    Field(Operand, crate::ir::Symbol),
    Index(Operand, Operand),
    /// What a pointer points to, and the variable that holds the pointer.
    Pointed(Operand),
}

impl<'t> Lowering<'t> {
    /// `a, b := x, y` and `var a, b T = x, y`.
    pub(super) fn define(
        &mut self,
        names: &[Node<'t>],
        values: &[Node<'t>],
        of: Option<Node<'t>>,
        at: Span,
    ) {
        if let ([name], [value]) = (names, values)
            && value.kind() == "func_literal"
        {
            let symbol = self.symbol_of(*name);
            let closure = self.function_literal(*value, Some(symbol));
            if let Some(var) = self.declare_name(*name) {
                self.builder.emit_to(var, Op::Copy(closure), at);
            }
            return;
        }
        if let [name] = names
            && let [value] = values
            && self.makes_channel(*value)
        {
            let name = self.text_of(*name);
            self.channels.insert(name);
        }
        let values = self.values(names.len(), values, at);
        let of = of.and_then(|of| self.type_name(of));
        for (name, value) in names.iter().zip(values) {
            let Some(var) = self.declare_name(*name) else {
                continue;
            };
            let op = match of {
                Some(of) => Op::Typed { value, of },
                None => Op::Copy(value),
            };
            self.builder.emit_to(var, op, at);
        }
    }

    fn makes_channel(&self, value: Node<'t>) -> bool {
        value.kind() == "call_expression"
            && field(value, "function").is_some_and(|f| self.text_of(f) == "make")
            && field(value, "arguments")
                .and_then(|a| a.named_child(0))
                .is_some_and(|of| of.kind() == "channel_type")
    }

    pub(super) fn short_var_declaration(&mut self, node: Node<'t>) {
        let (Some(left), Some(right)) = (field(node, "left"), field(node, "right")) else {
            return;
        };
        let names = self.list(left);
        let values = self.list(right);
        self.define(&names, &values, None, span(node));
    }

    pub(super) fn assignment(&mut self, node: Node<'t>) {
        let (Some(left), Some(right)) = (field(node, "left"), field(node, "right")) else {
            return;
        };
        let operator = field(node, "operator").map_or("=", |op| self.text_of(op));
        let (lefts, rights) = (self.list(left), self.list(right));
        let at = span(node);
        if operator != "=" {
            if let ([left], [right]) = (lefts.as_slice(), rights.as_slice()) {
                self.compound(*left, operator.trim_end_matches('='), *right, at);
            }
            return;
        }
        let targets: Vec<Target> = lefts.iter().map(|left| self.target(*left)).collect();
        let values = self.values(lefts.len(), &rights, at);
        for (target, value) in targets.into_iter().zip(values) {
            self.assign(target, value, at);
        }
    }

    /// `x op= y`
    fn compound(&mut self, left: Node<'t>, operator: &str, right: Node<'t>, at: Span) {
        let target = self.target(left);
        let old = self.load(&target, at);
        let right = self.expression(right);
        let value = self.combined(operator, old, right, at);
        self.assign(target, value, at);
    }

    /// `x++`, `x--`
    pub(super) fn step(&mut self, node: Node<'t>, operator: &str) {
        let Some(operand) = node.named_child(0) else {
            return;
        };
        let target = self.target(operand);
        let old = self.load(&target, span(node));
        let value = self.combined(operator, old, int(1), span(node));
        self.assign(target, value, span(node));
    }

    fn combined(&mut self, operator: &str, left: Operand, right: Operand, at: Span) -> Operand {
        match binary_op(operator) {
            Some(op) => self.builder.emit_temp(Op::Binary { op, left, right }, at),
            None => self
                .builder
                .emit_unknown("assignment_statement", vec![left, right], at),
        }
    }

    pub(super) fn target(&mut self, node: Node<'t>) -> Target {
        match node.kind() {
            "identifier" => match self.text_of(node) {
                "_" => Target::Nothing,
                name => Target::Var(self.name(name)),
            },
            "selector_expression" => {
                let (Some(base), Some(name)) = (field(node, "operand"), field(node, "field"))
                else {
                    return Target::Nothing;
                };
                let base = self.expression(base);
                Target::Field(base, self.symbol_of(name))
            }
            "index_expression" => {
                let (Some(base), Some(index)) = (field(node, "operand"), field(node, "index"))
                else {
                    return Target::Nothing;
                };
                let base = self.expression(base);
                let index = self.expression(index);
                Target::Index(base, index)
            }
            "parenthesized_expression" => match node.named_child(0) {
                Some(inner) => self.target(inner),
                None => Target::Nothing,
            },
            "unary_expression" => match field(node, "operand") {
                Some(inner) => Target::Pointed(self.expression(inner)),
                None => Target::Nothing,
            },
            _ => {
                self.expression(node);
                Target::Nothing
            }
        }
    }

    fn load(&mut self, target: &Target, at: Span) -> Operand {
        match target.clone() {
            Target::Nothing => super::operands::null(),
            Target::Var(var) => Operand::Var(var),
            Target::Pointed(value) => value,
            Target::Field(base, name) => self.builder.emit_temp(Op::Field { base, name }, at),
            Target::Index(base, index) => self.builder.emit_temp(Op::Index { base, index }, at),
        }
    }

    pub(super) fn assign(&mut self, target: Target, value: Operand, at: Span) {
        match target {
            Target::Nothing => {}
            Target::Var(var) => self.builder.emit_to(var, Op::Copy(value), at),
            Target::Field(base, name) => {
                self.builder.emit(Op::StoreField { base, name, value }, at);
            }
            Target::Index(base, index) => {
                self.builder.emit(Op::StoreIndex { base, index, value }, at);
            }
            Target::Pointed(base) => {
                let index = self.some_index(&base, at);
                let store = Op::StoreIndex {
                    base: base.clone(),
                    index,
                    value: value.clone(),
                };
                self.builder.emit(store, at);
                if let Operand::Var(var) = base {
                    self.builder.emit_to(var, Op::Copy(value), at);
                }
            }
        }
    }

    /// As many values as there are to assign to.
    fn values(&mut self, count: usize, values: &[Node<'t>], at: Span) -> Vec<Operand> {
        if let [only] = values
            && count > 1
        {
            return self.several(count, *only, at);
        }
        let many = values.len() > 1;
        values
            .iter()
            .map(|value| {
                let operand = self.expression(*value);
                // `a, b = b, a`: all are read before the first is written.
                if many && matches!(operand, Operand::Var(_)) {
                    return self.builder.emit_temp(Op::Copy(operand), at);
                }
                operand
            })
            .collect()
    }

    /// One expression of several values.
    fn several(&mut self, count: usize, value: Node<'t>, at: Span) -> Vec<Operand> {
        let mut inner = value;
        while inner.kind() == "parenthesized_expression"
            && let Some(child) = inner.named_child(0)
        {
            inner = child;
        }
        match inner.kind() {
            "index_expression" => {
                let (Some(base), Some(index)) = (field(inner, "operand"), field(inner, "index"))
                else {
                    return Vec::new();
                };
                let base = self.expression(base);
                let index = self.expression(index);
                let found = self.builder.emit_temp(
                    Op::Compare {
                        op: CompareOp::In,
                        left: index.clone(),
                        right: base.clone(),
                    },
                    at,
                );
                let element = self
                    .builder
                    .emit_temp(Op::Index { base, index }, span(inner));
                vec![element, found]
            }
            "type_assertion_expression" => {
                let (Some(operand), Some(of)) = (field(inner, "operand"), field(inner, "type"))
                else {
                    return Vec::new();
                };
                let value = self.expression(operand);
                let holds = self.is_of_type(value.clone(), of, at);
                let typed = self.typed(value, of, span(inner));
                vec![typed, holds]
            }
            "unary_expression"
                if field(inner, "operator").is_some_and(|op| self.text_of(op) == "<-") =>
            {
                let Some(channel) = field(inner, "operand") else {
                    return Vec::new();
                };
                let channel = self.expression(channel);
                let element = self.receive(channel.clone(), span(inner));
                let open = self
                    .builder
                    .emit_temp(Op::HasNext { iterable: channel }, at);
                vec![element, open]
            }
            _ => {
                let tuple = self.expression(inner);
                // At the very place of the call, by which a part of a tuple is told from an element.
                let at = span(inner);
                (0..count)
                    .map(|position| {
                        let op = Op::Index {
                            base: tuple.clone(),
                            index: int(position),
                        };
                        self.builder.emit_temp(op, at)
                    })
                    .collect()
            }
        }
    }
}
