//! Expressions. Chains of operators are lowered in a loop: they nest to the left, as deep as they
//! are long.

use tree_sitter::Node;

use super::literals::{binary_op, compare_op, null};
use super::{Lowering, field, span};
use crate::ir::{
    BinaryOp, BlockId, CompareOp, Const, Element, Op, Operand, SequenceKind, Span, Symbol,
    Terminator, UnaryOp,
};

/// Something that is assigned to, with what it is a part of already evaluated.
#[derive(Clone, Debug)]
pub(super) enum Target {
    Nothing,
    Var(crate::ir::Var),
    Field(Operand, Symbol),
    Index(Operand, Operand),
}

impl<'t> Lowering<'t> {
    /// The value of an expression.
    pub(super) fn expression(&mut self, node: Node<'t>) -> Operand {
        if let Some(constant) = self.literal(node) {
            return Operand::Const(constant);
        }
        match node.kind() {
            "identifier" => self.name_value(node),
            "this" | "super" => self.emit(Op::This, node),
            "parenthesized_expression" | "string_interpolation" => {
                match self.children(node).as_slice() {
                    [inner] => self.expression(*inner),
                    others => self.unknown(node, others),
                }
            }
            "binary_expression" => self.binary(node),
            "unary_expression" => self.unary(node),
            "update_expression" => self.update(node),
            "assignment_expression" => self.assignment(node),
            "ternary_expression" => self.ternary(node),
            "cast_expression" => self.cast(node),
            "instanceof_expression" => self.instance_of(node),
            "field_access" => self.field_access(node),
            "array_access" => {
                let (Some(base), Some(index)) = (field(node, "array"), field(node, "index")) else {
                    return null();
                };
                let base = self.expression(base);
                let index = self.expression(index);
                self.emit(Op::Index { base, index }, node)
            }
            "array_creation_expression" => {
                if let Some(value) = field(node, "value") {
                    return self.expression(value);
                }
                for child in self.children_of(node, "dimensions_expr") {
                    for size in self.children(child) {
                        self.expression(size);
                    }
                }
                self.list(Vec::new(), span(node))
            }
            "array_initializer" | "element_value_array_initializer" => {
                let elements = self.children(node);
                let values = elements.into_iter().map(|e| self.expression(e)).collect();
                self.list(values, span(node))
            }
            "method_invocation" => self.invocation(node),
            "object_creation_expression" => self.creation(node),
            "lambda_expression" => self.lambda(node),
            "method_reference" => self.method_reference(node),
            "class_literal" => match self.children(node).as_slice() {
                [of] => self.type_value(*of),
                _ => null(),
            },
            "switch_expression" => self.switch(node, true),
            "string_literal" | "template_expression" => {
                let inner = self.children(node);
                self.unknown(node, &inner)
            }
            "string_fragment" | "multiline_string_fragment" | "escape_sequence" => {
                let text = self.symbol_of(node);
                Operand::Const(Const::Str(text))
            }
            "underscore_pattern" => null(),
            kind if kind.ends_with("_type") || kind == "type_identifier" => self.type_value(node),
            _ => {
                let inner = self.children(node);
                self.unknown(node, &inner)
            }
        }
    }

    fn list(&mut self, values: Vec<Operand>, at: Span) -> Operand {
        let op = Op::Sequence {
            kind: SequenceKind::List,
            elements: values.into_iter().map(Element::One).collect(),
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
        let operator = self.operator(node);
        let value = self.expression(operand);
        let op = match (operator, &value) {
            ("-", Operand::Const(Const::Int(number))) => {
                if let Some(negative) = number.checked_neg() {
                    return Operand::Const(Const::Int(negative));
                }
                UnaryOp::Neg
            }
            ("-", Operand::Const(Const::Float(number))) => {
                return Operand::Const(Const::Float(-number));
            }
            ("-", _) => UnaryOp::Neg,
            ("!", _) => UnaryOp::Not,
            ("~", _) => UnaryOp::Invert,
            _ => UnaryOp::Plus,
        };
        self.emit(Op::Unary { op, operand: value }, node)
    }

    fn update(&mut self, node: Node<'t>) -> Operand {
        let Some(operand) = node.named_child(0) else {
            return null();
        };
        let first = node.child(0).map_or("", |c| self.text_of(c));
        let last = node
            .child_count()
            .checked_sub(1)
            .and_then(|at| node.child(at))
            .map_or("", |c| self.text_of(c));
        let op = if first == "--" || last == "--" {
            BinaryOp::Sub
        } else {
            BinaryOp::Add
        };
        let target = self.target(operand);
        let old = self.load(&target, span(node));
        let one = Operand::Const(Const::Int(1));
        let before = self.emit(Op::Copy(old.clone()), node);
        let new = self.emit(
            Op::Binary {
                op,
                left: old,
                right: one,
            },
            node,
        );
        self.assign(&target, new.clone(), span(node));
        if first == "++" || first == "--" {
            new
        } else {
            before
        }
    }

    fn assignment(&mut self, node: Node<'t>) -> Operand {
        let (Some(left), Some(right)) = (field(node, "left"), field(node, "right")) else {
            return null();
        };
        let operator = self.operator(node);
        let target = self.target(left);
        let at = span(node);
        let value = if operator == "=" {
            self.expression(right)
        } else {
            let old = self.load(&target, at);
            let right = self.expression(right);
            match binary_op(operator.trim_end_matches('=')) {
                Some(op) => self.builder.emit_temp(
                    Op::Binary {
                        op,
                        left: old,
                        right,
                    },
                    at,
                ),
                None => self
                    .builder
                    .emit_unknown("assignment_expression", vec![old, right], at),
            }
        };
        self.assign(&target, value.clone(), at);
        value
    }

    pub(super) fn target(&mut self, node: Node<'t>) -> Target {
        match node.kind() {
            "identifier" => {
                let symbol = self.symbol_of(node);
                if let Some(var) = self.local(symbol) {
                    return Target::Var(var);
                }
                self.own_field_target(node, symbol)
            }
            "field_access" => {
                let (Some(object), Some(name)) = (field(node, "object"), field(node, "field"))
                else {
                    return Target::Nothing;
                };
                if let Some(var) = self.static_var(object, name) {
                    return Target::Var(var);
                }
                let base = self.expression(object);
                Target::Field(base, self.symbol_of(name))
            }
            "array_access" => {
                let (Some(base), Some(index)) = (field(node, "array"), field(node, "index")) else {
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
            _ => {
                self.expression(node);
                Target::Nothing
            }
        }
    }

    fn load(&mut self, target: &Target, at: Span) -> Operand {
        match target.clone() {
            Target::Nothing => null(),
            Target::Var(var) => Operand::Var(var),
            Target::Field(base, name) => self.builder.emit_temp(Op::Field { base, name }, at),
            Target::Index(base, index) => self.builder.emit_temp(Op::Index { base, index }, at),
        }
    }

    pub(super) fn assign(&mut self, target: &Target, value: Operand, at: Span) {
        match target.clone() {
            Target::Nothing => {}
            Target::Var(var) => self.builder.emit_to(var, Op::Copy(value), at),
            Target::Field(base, name) => {
                self.builder.emit(Op::StoreField { base, name, value }, at);
            }
            Target::Index(base, index) => {
                self.builder.emit(Op::StoreIndex { base, index, value }, at);
            }
        }
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
            let left = value;
            value = match (binary_op(operator), compare_op(operator)) {
                (Some(op), _) => self.emit(Op::Binary { op, left, right }, node),
                (None, Some(op)) => self.emit(Op::Compare { op, left, right }, node),
                (None, None) => {
                    self.builder
                        .emit_unknown("binary_expression", vec![left, right], span(node))
                }
            };
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

    /// Returns a truth value: what is known on each way to the answer stays known.
    pub(super) fn return_answer(&mut self, node: Node<'t>) {
        let (then, otherwise) = (self.builder.new_block(), self.builder.new_block());
        self.condition(node, then, otherwise);
        for (block, answer) in [(then, true), (otherwise, false)] {
            self.builder.switch_to(block);
            self.leave_by_return(Some(Operand::Const(Const::Bool(answer))));
        }
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

    fn ternary(&mut self, node: Node<'t>) -> Operand {
        let (Some(condition), Some(yes), Some(no)) = (
            field(node, "condition"),
            field(node, "consequence"),
            field(node, "alternative"),
        ) else {
            return null();
        };
        let result = self.builder.temp();
        let (then, otherwise, after) = (
            self.builder.new_block(),
            self.builder.new_block(),
            self.builder.new_block(),
        );
        self.condition(condition, then, otherwise);
        for (block, value) in [(then, yes), (otherwise, no)] {
            self.builder.switch_to(block);
            let operand = self.expression(value);
            self.builder.emit_to(result, Op::Copy(operand), span(value));
            self.builder.terminate(Terminator::Goto(after));
        }
        self.builder.switch_to(after);
        Operand::Var(result)
    }

    fn cast(&mut self, node: Node<'t>) -> Operand {
        let (Some(of), Some(value)) = (field(node, "type"), field(node, "value")) else {
            return null();
        };
        let value = self.expression(value);
        self.typed(value, of, span(node))
    }

    /// A value that is declared to be of a type. Texts and objects are what they were.
    pub(super) fn typed(&mut self, value: Operand, of: Node<'t>, at: Span) -> Operand {
        // An array of a type is not of that type.
        if of.kind() == "array_type" {
            return value;
        }
        match self.type_name(of) {
            Some(of) if says_something(self.builder.text(of)) => {
                self.builder.emit_temp(Op::Typed { value, of }, at)
            }
            _ => value,
        }
    }

    fn instance_of(&mut self, node: Node<'t>) -> Operand {
        let Some(left) = field(node, "left") else {
            return null();
        };
        let value = self.expression(left);
        let mut right = null();
        if let Some(of) = field(node, "right") {
            if let Some(name) = field(node, "name") {
                let bound = self.typed(value.clone(), of, span(node));
                let symbol = self.symbol_of(name);
                let var = self.builder.declare(symbol);
                self.builder.emit_to(var, Op::Copy(bound), span(name));
            }
            if let Some(name) = self.type_name(of) {
                right = Operand::Const(Const::Str(name));
            }
        }
        if let Some(pattern) = field(node, "pattern") {
            self.bind_record(pattern, &value);
        }
        self.emit(
            Op::Compare {
                op: CompareOp::InstanceOf,
                left: value,
                right,
            },
            node,
        )
    }

    /// Binds the names of a record pattern: each component is a field of its position.
    pub(super) fn bind_record(&mut self, pattern: Node<'t>, value: &Operand) {
        for body in self.children_of(pattern, "record_pattern_body") {
            for (at, part) in (0..).zip(self.children(body)) {
                let index = Operand::Const(Const::Int(at));
                let component = self.emit(
                    Op::Index {
                        base: value.clone(),
                        index,
                    },
                    part,
                );
                if part.kind() == "record_pattern" {
                    self.bind_record(part, &component);
                    continue;
                }
                if let Some(name) = self.children_of(part, "identifier").last().copied() {
                    let symbol = self.symbol_of(name);
                    let var = self.builder.declare(symbol);
                    self.builder.emit_to(var, Op::Copy(component), span(name));
                }
            }
        }
    }

    fn field_access(&mut self, node: Node<'t>) -> Operand {
        let (Some(object), Some(name)) = (field(node, "object"), field(node, "field")) else {
            return null();
        };
        // `Outer.this`
        if name.kind() == "this" {
            return self.emit(Op::This, node);
        }
        if let Some(var) = self.static_var(object, name) {
            return Operand::Var(var);
        }
        let base = self.expression(object);
        let name = self.symbol_of(name);
        self.emit(Op::Field { base, name }, node)
    }
}

fn is_logical(operator: &str) -> bool {
    matches!(operator, "&&" | "||")
}

/// Whether a declared type tells more than that there is a value.
fn says_something(name: &str) -> bool {
    !matches!(
        name,
        "java.lang.String" | "java.lang.Object" | "java.lang.CharSequence" | "char" | "byte" | "T"
    )
}
