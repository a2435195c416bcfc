//! Expressions: the dispatch, operators, member access, literals with parts.

use oxc_ast::ast::{
    ArrayExpression, ArrayExpressionElement, BinaryExpression, ChainElement, Expression,
    ImportExpression, MemberExpression, ObjectExpression, ObjectProperty, ObjectPropertyKind,
    PropertyKey, PropertyKind, TemplateLiteral, UnaryExpression, YieldExpression,
};
use oxc_span::GetSpan;
use oxc_syntax::operator::{BinaryOperator, UnaryOperator};

use super::literals;
use super::names::Naming;
use super::operands::Place;
use super::{Dest, Lowering, MAX_DEPTH, at};
use crate::ir::{
    Arg, ArgKind, BinaryOp, BlockId, Callee, CompareOp, Const, Element, FormatPart, IterKind, Op,
    Operand, SequenceKind, Span, Symbol, Terminator, UnaryOp,
};

impl<'a> Lowering<'a> {
    pub(super) fn lower_value(&mut self, expression: &'a Expression<'a>) -> Operand {
        self.lower_into(expression, Dest::Value)
    }

    pub(super) fn is_too_deep(&self) -> bool {
        self.depth >= MAX_DEPTH
    }

    pub(super) fn lower_into(&mut self, expression: &'a Expression<'a>, dest: Dest) -> Operand {
        if self.is_too_deep() {
            let span = at(expression.span());
            let value = self.builder.emit_unknown("too deep", Vec::new(), span);
            return self.deliver(dest, value, span);
        }
        self.depth += 1;
        let value = self.dispatch_expression(expression, dest);
        self.depth -= 1;
        value
    }

    /// One call per arm keeps the stack frame of this recursion small.
    fn dispatch_expression(&mut self, expression: &'a Expression<'a>, dest: Dest) -> Operand {
        match expression {
            Expression::Identifier(e) => {
                let value = self.read_name(e.name.as_str());
                self.deliver(dest, value, at(e.span))
            }
            Expression::BooleanLiteral(_)
            | Expression::NullLiteral(_)
            | Expression::NumericLiteral(_)
            | Expression::BigIntLiteral(_)
            | Expression::StringLiteral(_) => self.lower_literal(expression, dest),
            Expression::RegExpLiteral(_) => self.lower_regexp(expression, dest),
            Expression::TemplateLiteral(e) => self.lower_template(e, dest),
            Expression::TaggedTemplateExpression(e) => self.lower_tagged_template(e, dest),
            Expression::CallExpression(e) => self.lower_call(e, dest),
            Expression::NewExpression(e) => self.lower_new(e, dest),
            Expression::ImportExpression(e) => self.lower_dynamic_import(e, dest),
            Expression::ComputedMemberExpression(_)
            | Expression::StaticMemberExpression(_)
            | Expression::PrivateFieldExpression(_) => self.lower_member(expression, dest),
            Expression::ChainExpression(e) => self.lower_chain(&e.expression, dest),
            Expression::AssignmentExpression(e) => self.lower_assignment(e, dest),
            Expression::UpdateExpression(e) => self.lower_update(e, dest),
            Expression::BinaryExpression(e) => self.lower_binary(e, dest),
            Expression::LogicalExpression(e) => self.lower_logical(e, dest),
            Expression::ConditionalExpression(e) => self.lower_conditional(e, dest),
            Expression::UnaryExpression(e) => self.lower_unary(e, dest),
            Expression::SequenceExpression(e) => self.lower_sequence(&e.expressions, dest),
            Expression::ArrayExpression(e) => self.lower_array(e, dest),
            Expression::ObjectExpression(e) => self.lower_object(e, dest),
            Expression::ArrowFunctionExpression(_)
            | Expression::FunctionExpression(_)
            | Expression::ClassExpression(_) => {
                self.lower_named(expression, Naming::Anonymous, dest)
            }
            Expression::AwaitExpression(e) => {
                let value = self.lower_value(&e.argument);
                self.produce(dest, Op::Await(value), at(e.span))
            }
            Expression::YieldExpression(e) => self.lower_yield(e, dest),
            Expression::ThisExpression(e) => {
                let value = self.read_this();
                self.deliver(dest, value, at(e.span))
            }
            Expression::JSXElement(e) => self.lower_element(e, dest),
            Expression::JSXFragment(e) => self.lower_fragment(e, dest),
            _ => self.dispatch_rare(expression, dest),
        }
    }

    fn dispatch_rare(&mut self, expression: &'a Expression<'a>, dest: Dest) -> Operand {
        match expression {
            Expression::ParenthesizedExpression(e) => self.lower_into(&e.expression, dest),
            Expression::TSAsExpression(e) => self.lower_into(&e.expression, dest),
            Expression::TSSatisfiesExpression(e) => self.lower_into(&e.expression, dest),
            Expression::TSTypeAssertion(e) => self.lower_into(&e.expression, dest),
            Expression::TSNonNullExpression(e) => self.lower_into(&e.expression, dest),
            Expression::TSInstantiationExpression(e) => self.lower_into(&e.expression, dest),
            Expression::PrivateInExpression(e) => {
                let name = self.private_name(e.left.name.as_str());
                let right = self.lower_value(&e.right);
                let left = Operand::Const(Const::Str(name));
                let op = CompareOp::In;
                self.produce(dest, Op::Compare { op, left, right }, at(e.span))
            }
            Expression::ImportMeta(e) => self.lower_global("import.meta", at(e.span), dest),
            Expression::NewTarget(e) => self.lower_global("new.target", at(e.span), dest),
            // A bare `super` stands only before `.`, `[` or `(`, which are lowered with it.
            Expression::Super(e) => {
                let value = self.read_this();
                self.deliver(dest, value, at(e.span))
            }
            Expression::V8IntrinsicExpression(e) => {
                let args = self.lower_args(&e.arguments);
                let operands = args.into_iter().map(|arg| arg.value).collect();
                let span = at(e.span);
                let value = self
                    .builder
                    .emit_unknown("V8IntrinsicExpression", operands, span);
                self.deliver(dest, value, span)
            }
            other => {
                let span = at(other.span());
                let value = self.builder.emit_unknown("Expression", Vec::new(), span);
                self.deliver(dest, value, span)
            }
        }
    }

    pub(super) fn read_name(&mut self, name: &str) -> Operand {
        if name == "undefined" {
            return Operand::Const(Const::Null);
        }
        let symbol = self.intern(name);
        if symbol == self.words.arguments {
            self.note_arguments();
        }
        Operand::Var(self.builder.resolve(symbol))
    }

    pub(super) fn lower_global(&mut self, name: &str, span: Span, dest: Dest) -> Operand {
        let symbol = self.intern(name);
        let value = Operand::Var(self.builder.resolve(symbol));
        self.deliver(dest, value, span)
    }

    pub(super) fn text_const(&mut self, text: &str) -> Operand {
        Operand::Const(Const::Str(self.builder.intern(text)))
    }

    fn lower_literal(&mut self, expression: &'a Expression<'a>, dest: Dest) -> Operand {
        let value = literals::constant(expression, &mut self.builder).unwrap_or(Const::Null);
        self.deliver(dest, Operand::Const(value), at(expression.span()))
    }

    fn lower_regexp(&mut self, expression: &'a Expression<'a>, dest: Dest) -> Operand {
        let span = at(expression.span());
        let Expression::RegExpLiteral(literal) = expression else {
            return Operand::Const(Const::Null);
        };
        let flags = literal.regex.flags.to_string();
        let pattern = self.text_const(literal.regex.pattern.text.as_str());
        let flags = self.text_const(&flags);
        let class = self.intern("RegExp");
        let class = Operand::Var(self.builder.resolve(class));
        let op = Op::Call {
            callee: Callee::New(class),
            args: vec![positional(pattern), positional(flags)],
        };
        // Without a reader it has no effect, but it is a call: keep its value.
        let dest = match dest {
            Dest::Drop => Dest::Value,
            other => other,
        };
        self.produce(dest, op, span)
    }

    pub(super) fn lower_template(
        &mut self,
        template: &'a TemplateLiteral<'a>,
        dest: Dest,
    ) -> Operand {
        let span = at(template.span);
        if template.expressions.is_empty() {
            let text = template.quasis.first().map_or("", literals::cooked);
            let value = self.text_const(text);
            return self.deliver(dest, value, span);
        }
        let mut parts = Vec::with_capacity(template.quasis.len() * 2);
        for (index, quasi) in template.quasis.iter().enumerate() {
            let text = literals::cooked(quasi);
            if !text.is_empty() {
                parts.push(FormatPart::Text(self.intern(text)));
            }
            if let Some(expression) = template.expressions.get(index) {
                parts.push(FormatPart::Value(self.lower_value(expression)));
            }
        }
        self.produce(dest, Op::Format { parts }, span)
    }

    fn lower_sequence(&mut self, expressions: &'a [Expression<'a>], dest: Dest) -> Operand {
        let Some((last, before)) = expressions.split_last() else {
            return Operand::Const(Const::Null);
        };
        for expression in before {
            self.lower_into(expression, Dest::Drop);
        }
        self.lower_into(last, dest)
    }

    fn lower_chain(&mut self, chain: &'a ChainElement<'a>, dest: Dest) -> Operand {
        match chain {
            ChainElement::CallExpression(call) => self.lower_call(call, dest),
            ChainElement::TSNonNullExpression(e) => self.lower_into(&e.expression, dest),
            other => match other.as_member_expression() {
                Some(member) => self.lower_member_expression(member, dest),
                None => Operand::Const(Const::Null),
            },
        }
    }

    fn lower_member(&mut self, expression: &'a Expression<'a>, dest: Dest) -> Operand {
        match expression.as_member_expression() {
            Some(member) => self.lower_member_expression(member, dest),
            None => Operand::Const(Const::Null),
        }
    }

    pub(super) fn lower_member_expression(
        &mut self,
        member: &'a MemberExpression<'a>,
        dest: Dest,
    ) -> Operand {
        let place = self.lower_place(member);
        let op = place.read();
        self.produce(dest, op, at(member.span()))
    }

    /// The object and key of a member expression, evaluated once.
    pub(super) fn lower_place(&mut self, member: &'a MemberExpression<'a>) -> Place {
        let base = self.lower_value(member.object());
        match member {
            MemberExpression::StaticMemberExpression(m) => Place::Field {
                base,
                name: self.intern(m.property.name.as_str()),
            },
            MemberExpression::PrivateFieldExpression(m) => Place::Field {
                base,
                name: self.private_name(m.field.name.as_str()),
            },
            MemberExpression::ComputedMemberExpression(m) => {
                if let Some(name) = literals::text(&m.expression) {
                    return Place::Field {
                        base,
                        name: self.intern(name),
                    };
                }
                let mut held = [self.hold(base)];
                let index = self.lower_value(&m.expression);
                self.settle(&mut held);
                let [held] = held;
                Place::Index {
                    base: held.operand,
                    index,
                }
            }
        }
    }

    pub(super) fn private_name(&mut self, name: &str) -> Symbol {
        let mut text = String::with_capacity(name.len() + 1);
        text.push('#');
        text.push_str(name);
        self.intern(&text)
    }

    fn lower_binary(&mut self, expression: &'a BinaryExpression<'a>, dest: Dest) -> Operand {
        // `a + b + c + …` leans to the left as deep as it is long.
        let mut spine = vec![expression];
        while let Some(Expression::BinaryExpression(inner)) = spine.last().map(|e| &e.left) {
            spine.push(inner);
        }
        let Some(innermost) = spine.last() else {
            return Operand::Const(Const::Null);
        };
        let mut left = self.lower_value(&innermost.left);
        while let Some(step) = spine.pop() {
            let mut held = [self.hold(left)];
            let right = self.lower_value(&step.right);
            self.settle(&mut held);
            let [held] = held;
            let op = binary(step.operator, held.operand, right);
            let dest = if spine.is_empty() { dest } else { Dest::Value };
            left = self.produce(dest, op, at(step.span));
        }
        left
    }

    fn lower_unary(&mut self, expression: &'a UnaryExpression<'a>, dest: Dest) -> Operand {
        let span = at(expression.span);
        if let Some(value) = literals::constant_unary(expression, &mut self.builder) {
            return self.deliver(dest, Operand::Const(value), span);
        }
        let op = match expression.operator {
            UnaryOperator::LogicalNot => UnaryOp::Not,
            UnaryOperator::UnaryNegation => UnaryOp::Neg,
            UnaryOperator::UnaryPlus => UnaryOp::Plus,
            UnaryOperator::BitwiseNot => UnaryOp::Invert,
            UnaryOperator::Typeof => UnaryOp::TypeOf,
            UnaryOperator::Void => {
                self.lower_into(&expression.argument, Dest::Drop);
                return self.deliver(dest, Operand::Const(Const::Null), span);
            }
            UnaryOperator::Delete => {
                self.lower_delete(&expression.argument, span);
                return self.deliver(dest, Operand::Const(Const::Bool(true)), span);
            }
        };
        let operand = self.lower_value(&expression.argument);
        self.produce(dest, Op::Unary { op, operand }, span)
    }

    fn lower_delete(&mut self, argument: &'a Expression<'a>, span: Span) {
        let argument = argument.get_inner_expression();
        let member = match argument {
            Expression::ChainExpression(chain) => chain.expression.as_member_expression(),
            other => other.as_member_expression(),
        };
        let Some(member) = member else {
            self.lower_into(argument, Dest::Drop);
            return;
        };
        let (base, index) = match self.lower_place(member) {
            Place::Field { base, name } => (base, Operand::Const(Const::Str(name))),
            Place::Index { base, index } => (base, index),
        };
        self.builder.emit(Op::Delete { base, index }, span);
    }

    fn lower_array(&mut self, array: &'a ArrayExpression<'a>, dest: Dest) -> Operand {
        let mut held = Vec::with_capacity(array.elements.len());
        for element in &array.elements {
            let operand = match element {
                ArrayExpressionElement::SpreadElement(e) => self.lower_value(&e.argument),
                ArrayExpressionElement::Elision(_) => Operand::Const(Const::Null),
                other => match other.as_expression() {
                    Some(e) => self.lower_value(e),
                    None => Operand::Const(Const::Null),
                },
            };
            held.push(self.hold(operand));
        }
        self.settle(&mut held);
        let elements = array
            .elements
            .iter()
            .zip(held)
            .map(|(element, held)| match element {
                ArrayExpressionElement::SpreadElement(_) => Element::Spread(held.operand),
                _ => Element::One(held.operand),
            })
            .collect();
        let kind = SequenceKind::List;
        self.produce(dest, Op::Sequence { kind, elements }, at(array.span))
    }

    fn lower_object(&mut self, object: &'a ObjectExpression<'a>, dest: Dest) -> Operand {
        let mut entries = Vec::with_capacity(object.properties.len());
        for property in &object.properties {
            match property {
                ObjectPropertyKind::SpreadProperty(spread) => {
                    entries.push((None, self.lower_value(&spread.argument)));
                }
                ObjectPropertyKind::ObjectProperty(property) => {
                    let (key, value) = self.lower_property(property);
                    entries.push((Some(key), value));
                }
            }
        }
        self.produce(dest, Op::Map { entries }, at(object.span))
    }

    fn lower_property(&mut self, property: &'a ObjectProperty<'a>) -> (Operand, Operand) {
        let (key, name) = self.lower_key(&property.key);
        let naming = match name {
            Some(name) => Naming::Property(name),
            None => Naming::Anonymous,
        };
        match property.kind {
            PropertyKind::Init => {
                let value = self.lower_named(&property.value, naming, Dest::Value);
                (key, value)
            }
            PropertyKind::Get => {
                let getter = self.lower_named(&property.value, naming, Dest::Value);
                let op = Op::Call {
                    callee: Callee::Function(getter),
                    args: Vec::new(),
                };
                let value = self.builder.emit_temp(op, at(property.span));
                (key, value)
            }
            PropertyKind::Set => {
                let setter = self.lower_named(&property.value, naming, Dest::Value);
                let key = match name {
                    Some(name) => {
                        let text = format!("set {}", self.builder.text(name));
                        self.text_const(&text)
                    }
                    None => key,
                };
                (key, setter)
            }
        }
    }

    /// A key as an operand and, if it is constant text, as a name.
    pub(super) fn lower_key(&mut self, key: &'a PropertyKey<'a>) -> (Operand, Option<Symbol>) {
        let name = match key {
            PropertyKey::StaticIdentifier(name) => Some(self.intern(name.name.as_str())),
            PropertyKey::PrivateIdentifier(name) => Some(self.private_name(name.name.as_str())),
            other => other
                .as_expression()
                .and_then(literals::text)
                .map(|text| self.intern(text)),
        };
        match (name, key.as_expression()) {
            (Some(name), _) => (Operand::Const(Const::Str(name)), Some(name)),
            (None, Some(expression)) => (self.lower_value(expression), None),
            (None, None) => (Operand::Const(Const::Null), None),
        }
    }

    fn lower_dynamic_import(&mut self, import: &'a ImportExpression<'a>, dest: Dest) -> Operand {
        let span = at(import.span);
        if let Some(options) = &import.options {
            self.lower_into(options, Dest::Drop);
        }
        if let Some(module) = literals::text(&import.source) {
            let module = self.intern(module);
            let member = None;
            return self.produce(dest, Op::Import { module, member }, span);
        }
        let source = self.lower_value(&import.source);
        let callee = self.lower_global("import", span, Dest::Value);
        let op = Op::Call {
            callee: Callee::Function(callee),
            args: vec![positional(source)],
        };
        self.produce(dest, op, span)
    }

    fn lower_yield(&mut self, expression: &'a YieldExpression<'a>, dest: Dest) -> Operand {
        let span = at(expression.span);
        let value = expression.argument.as_ref().map(|e| self.lower_value(e));
        let Some(iterable) = value.clone().filter(|_| expression.delegate) else {
            return self.produce(dest, Op::Yield(value), span);
        };
        let head = self.builder.new_block();
        let body = self.builder.new_block();
        let after: BlockId = self.builder.new_block();
        self.builder.goto_and_switch(head);
        let condition = self.builder.emit_temp(
            Op::HasNext {
                iterable: iterable.clone(),
            },
            span,
        );
        self.builder.terminate(Terminator::Branch {
            condition,
            then: body,
            otherwise: after,
        });
        self.builder.switch_to(body);
        let next = Op::Next {
            iterable: iterable.clone(),
            kind: IterKind::Elements,
        };
        let element = self.builder.emit_temp(next, span);
        self.builder.emit(Op::Yield(Some(element)), span);
        self.builder.terminate(Terminator::Goto(head));
        self.builder.switch_to(after);
        // What the inner generator returns comes from it as well.
        self.deliver(dest, iterable, span)
    }
}

pub(super) const fn positional(value: Operand) -> Arg {
    Arg {
        kind: ArgKind::Positional,
        value,
    }
}

fn binary(operator: BinaryOperator, left: Operand, right: Operand) -> Op {
    use BinaryOperator as B;
    let compare = |op| Op::Compare {
        op,
        left: left.clone(),
        right: right.clone(),
    };
    let op = match operator {
        B::Equality | B::StrictEquality => return compare(CompareOp::Eq),
        B::Inequality | B::StrictInequality => return compare(CompareOp::NotEq),
        B::LessThan => return compare(CompareOp::Lt),
        B::LessEqualThan => return compare(CompareOp::LtE),
        B::GreaterThan => return compare(CompareOp::Gt),
        B::GreaterEqualThan => return compare(CompareOp::GtE),
        B::In => return compare(CompareOp::In),
        B::Instanceof => return compare(CompareOp::InstanceOf),
        B::Addition => BinaryOp::Add,
        B::Subtraction => BinaryOp::Sub,
        B::Multiplication => BinaryOp::Mul,
        B::Division => BinaryOp::Div,
        B::Remainder => BinaryOp::Mod,
        B::Exponential => BinaryOp::Pow,
        B::ShiftLeft => BinaryOp::Shl,
        B::ShiftRight | B::ShiftRightZeroFill => BinaryOp::Shr,
        B::BitwiseAnd => BinaryOp::BitAnd,
        B::BitwiseOR => BinaryOp::BitOr,
        B::BitwiseXOR => BinaryOp::BitXor,
    };
    Op::Binary { op, left, right }
}
