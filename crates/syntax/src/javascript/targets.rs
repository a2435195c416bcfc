//! Assignments: to names, members and patterns, plain, compound and logical.

use oxc_ast::ast::{
    ArrayAssignmentTarget, AssignmentExpression, AssignmentTarget, AssignmentTargetMaybeDefault,
    AssignmentTargetProperty, Expression, MemberExpression, ObjectAssignmentTarget,
    SimpleAssignmentTarget, UpdateExpression,
};
use oxc_span::GetSpan;
use oxc_syntax::operator::{AssignmentOperator, LogicalOperator, UpdateOperator};

use super::names::Naming;
use super::operands::{Held, Place};
use super::{Dest, Lowering, at};
use crate::ir::{BinaryOp, Const, Op, Operand, Span, Symbol, Var};

/// What an assignment writes to, evaluated once.
enum Target {
    Name(Var, Symbol),
    Member(Place, Symbol),
    /// A pattern, or something that cannot be assigned to.
    Other,
}

impl<'a> Lowering<'a> {
    pub(super) fn lower_assignment(
        &mut self,
        assignment: &'a AssignmentExpression<'a>,
        dest: Dest,
    ) -> Operand {
        let span = at(assignment.span);
        let operator = assignment.operator;
        if let Some(logical) = operator.to_logical_operator() {
            return self.lower_logical_assignment(assignment, logical, dest);
        }
        let target = self.lower_target(&assignment.left);
        let Some(binary) = compound(operator) else {
            return self.lower_plain_assignment(assignment, target, dest);
        };
        match target {
            Target::Name(var, _) => {
                let mut held = [self.hold(Operand::Var(var))];
                let right = self.lower_value(&assignment.right);
                self.settle(&mut held);
                let [held] = held;
                let op = Op::Binary {
                    op: binary,
                    left: held.operand,
                    right,
                };
                self.context().assigned.push(var);
                self.builder.emit_to(var, op, span);
                self.deliver(dest, Operand::Var(var), span)
            }
            Target::Member(place, _) => {
                let left = self.builder.emit_temp(place.read(), span);
                let (place, right) =
                    self.around(place, |lowering| lowering.lower_value(&assignment.right));
                let op = Op::Binary {
                    op: binary,
                    left,
                    right,
                };
                let value = self.builder.emit_temp(op, span);
                self.builder.emit(place.write(value.clone()), span);
                self.deliver(dest, value, span)
            }
            Target::Other => {
                let value = self.lower_value(&assignment.right);
                self.deliver(dest, value, span)
            }
        }
    }

    fn lower_plain_assignment(
        &mut self,
        assignment: &'a AssignmentExpression<'a>,
        target: Target,
        dest: Dest,
    ) -> Operand {
        let span = at(assignment.span);
        match target {
            Target::Name(var, name) => {
                let value =
                    self.lower_named(&assignment.right, Naming::Bound(name), Dest::Into(var));
                self.context().assigned.push(var);
                self.deliver(dest, value, span)
            }
            Target::Member(place, name) => {
                let naming = Naming::Member {
                    target: &assignment.left,
                    name,
                };
                let (place, value) = self.around(place, |lowering| {
                    lowering.lower_named(&assignment.right, naming, Dest::Value)
                });
                self.builder.emit(place.write(value.clone()), span);
                self.note_export(&assignment.left, &assignment.right, &value, span);
                self.deliver(dest, value, span)
            }
            Target::Other => {
                let value = self.lower_value(&assignment.right);
                self.assign_target(&assignment.left, value.clone(), span);
                self.deliver(dest, value, span)
            }
        }
    }

    fn lower_logical_assignment(
        &mut self,
        assignment: &'a AssignmentExpression<'a>,
        operator: LogicalOperator,
        dest: Dest,
    ) -> Operand {
        let span = at(assignment.span);
        let target = self.lower_target(&assignment.left);
        let next = self.builder.new_block();
        let after = self.builder.new_block();
        let result = match target {
            Target::Name(var, name) => {
                let value = Operand::Var(var);
                self.short_circuit(operator, value.clone(), Dest::Drop, (next, after), span);
                self.builder.switch_to(next);
                self.lower_named(&assignment.right, Naming::Bound(name), Dest::Into(var));
                self.context().assigned.push(var);
                value
            }
            Target::Member(place, name) => {
                let joined = self.builder.temp();
                let present = self.builder.emit_temp(place.read(), span);
                let arm = Dest::Into(joined);
                self.short_circuit(operator, present, arm, (next, after), span);
                self.builder.switch_to(next);
                let naming = Naming::Member {
                    target: &assignment.left,
                    name,
                };
                let value = self.lower_named(&assignment.right, naming, arm);
                self.builder.emit(place.write(value.clone()), span);
                self.note_export(&assignment.left, &assignment.right, &value, span);
                value
            }
            Target::Other => {
                self.builder.goto_and_switch(next);
                self.lower_value(&assignment.right)
            }
        };
        self.builder.goto_and_switch(after);
        self.deliver(dest, result, span)
    }

    pub(super) fn lower_update(&mut self, update: &'a UpdateExpression<'a>, dest: Dest) -> Operand {
        let span = at(update.span);
        let op = match update.operator {
            UpdateOperator::Increment => BinaryOp::Add,
            UpdateOperator::Decrement => BinaryOp::Sub,
        };
        let step = |left| Op::Binary {
            op,
            left,
            right: Operand::Const(Const::Int(1)),
        };
        let needs_old = !update.prefix && !matches!(dest, Dest::Drop);
        let (old, new) = match self.lower_simple_target(&update.argument) {
            Target::Name(var, _) => {
                let mut old = Operand::Var(var);
                if needs_old {
                    old = self.builder.emit_temp(Op::Copy(old), span);
                }
                self.context().assigned.push(var);
                self.builder.emit_to(var, step(Operand::Var(var)), span);
                (old, Operand::Var(var))
            }
            Target::Member(place, _) => {
                let old = self.builder.emit_temp(place.read(), span);
                let new = self.builder.emit_temp(step(old.clone()), span);
                self.builder.emit(place.write(new.clone()), span);
                (old, new)
            }
            Target::Other => return self.deliver(dest, Operand::Const(Const::Null), span),
        };
        self.deliver(dest, if needs_old { old } else { new }, span)
    }

    /// Assigns a value that is there already to any target.
    pub(super) fn assign_target(
        &mut self,
        target: &'a AssignmentTarget<'a>,
        value: Operand,
        span: Span,
    ) {
        match target {
            AssignmentTarget::ArrayAssignmentTarget(target) => self.assign_array(target, &value),
            AssignmentTarget::ObjectAssignmentTarget(target) => self.assign_object(target, &value),
            _ => match self.lower_target(target) {
                Target::Name(var, _) => {
                    self.context().assigned.push(var);
                    self.builder.emit_to(var, Op::Copy(value), span);
                }
                Target::Member(place, _) => self.builder.emit(place.write(value), span),
                Target::Other => {}
            },
        }
    }

    fn assign_array(&mut self, target: &'a ArrayAssignmentTarget<'a>, value: &Operand) {
        for (index, element) in target.elements.iter().enumerate() {
            if let Some(element) = element {
                let part = Place::position(value, index);
                self.assign_maybe_default(element, &part, at(element.span()));
            }
        }
        if let Some(rest) = &target.rest {
            let span = at(rest.span);
            let others = self.rest_of_array(value, target.elements.len(), span);
            self.assign_target(&rest.target, others, span);
        }
    }

    fn assign_object(&mut self, target: &'a ObjectAssignmentTarget<'a>, value: &Operand) {
        let mut taken = Vec::new();
        for property in &target.properties {
            let span = at(property.span());
            match property {
                AssignmentTargetProperty::AssignmentTargetPropertyIdentifier(p) => {
                    let name = self.intern(p.binding.name.as_str());
                    taken.push(Operand::Const(Const::Str(name)));
                    let part = Place::Field {
                        base: value.clone(),
                        name,
                    };
                    let var = self.builder.resolve(name);
                    self.context().assigned.push(var);
                    match &p.init {
                        Some(default) => {
                            let naming = Naming::Bound(name);
                            self.default_into(var, part.read(), default, naming, span);
                        }
                        None => self.builder.emit_to(var, part.read(), span),
                    }
                }
                AssignmentTargetProperty::AssignmentTargetPropertyProperty(p) => {
                    let (key, name) = self.lower_key(&p.name);
                    taken.push(key.clone());
                    self.assign_maybe_default(&p.binding, &Place::key(value, key, name), span);
                }
            }
        }
        if let Some(rest) = &target.rest {
            let span = at(rest.span);
            let others = self.rest_of_object(value, taken, span);
            self.assign_target(&rest.target, others, span);
        }
    }

    fn assign_maybe_default(
        &mut self,
        target: &'a AssignmentTargetMaybeDefault<'a>,
        part: &Place,
        span: Span,
    ) {
        match target {
            AssignmentTargetMaybeDefault::AssignmentTargetWithDefault(target) => {
                let var = self.builder.temp();
                let naming = Naming::Anonymous;
                self.default_into(var, part.read(), &target.init, naming, span);
                self.assign_target(&target.binding, Operand::Var(var), span);
            }
            other => {
                if let Some(target) = other.as_assignment_target() {
                    let value = self.builder.emit_temp(part.read(), span);
                    self.assign_target(target, value, span);
                }
            }
        }
    }

    /// Lowers a right side while the place on the left stays what it was (`a.next = a = b`).
    fn around(
        &mut self,
        place: Place,
        lower: impl FnOnce(&mut Self) -> Operand,
    ) -> (Place, Operand) {
        match place {
            Place::Field { base, name } => {
                let mut held = [self.hold(base)];
                let value = lower(self);
                self.settle(&mut held);
                let [Held { operand: base, .. }] = held;
                (Place::Field { base, name }, value)
            }
            Place::Index { base, index } => {
                let mut held = [self.hold(base), self.hold(index)];
                let value = lower(self);
                self.settle(&mut held);
                let [Held { operand: base, .. }, Held { operand: index, .. }] = held;
                (Place::Index { base, index }, value)
            }
        }
    }

    fn lower_target(&mut self, target: &'a AssignmentTarget<'a>) -> Target {
        match target.as_simple_assignment_target() {
            Some(simple) => self.lower_simple_target(simple),
            None => Target::Other,
        }
    }

    fn lower_simple_target(&mut self, target: &'a SimpleAssignmentTarget<'a>) -> Target {
        match target {
            SimpleAssignmentTarget::AssignmentTargetIdentifier(name) => {
                let symbol = self.intern(name.name.as_str());
                Target::Name(self.builder.resolve(symbol), symbol)
            }
            SimpleAssignmentTarget::TSAsExpression(e) => self.lower_wrapped(&e.expression),
            SimpleAssignmentTarget::TSSatisfiesExpression(e) => self.lower_wrapped(&e.expression),
            SimpleAssignmentTarget::TSNonNullExpression(e) => self.lower_wrapped(&e.expression),
            SimpleAssignmentTarget::TSTypeAssertion(e) => self.lower_wrapped(&e.expression),
            other => match other.as_member_expression() {
                Some(member) => self.lower_member_target(member),
                None => Target::Other,
            },
        }
    }

    /// `(x as T) = …`.
    fn lower_wrapped(&mut self, expression: &'a Expression<'a>) -> Target {
        match expression.get_inner_expression() {
            Expression::Identifier(name) => {
                let symbol = self.intern(name.name.as_str());
                Target::Name(self.builder.resolve(symbol), symbol)
            }
            other => match other.as_member_expression() {
                Some(member) => self.lower_member_target(member),
                None => Target::Other,
            },
        }
    }

    fn lower_member_target(&mut self, member: &'a MemberExpression<'a>) -> Target {
        let place = self.lower_place(member);
        let name = match &place {
            Place::Field { name, .. } => *name,
            Place::Index { .. } => self.words.empty,
        };
        Target::Member(place, name)
    }
}

const fn compound(operator: AssignmentOperator) -> Option<BinaryOp> {
    use AssignmentOperator as A;
    Some(match operator {
        A::Addition => BinaryOp::Add,
        A::Subtraction => BinaryOp::Sub,
        A::Multiplication => BinaryOp::Mul,
        A::Division => BinaryOp::Div,
        A::Remainder => BinaryOp::Mod,
        A::Exponential => BinaryOp::Pow,
        A::ShiftLeft => BinaryOp::Shl,
        A::ShiftRight | A::ShiftRightZeroFill => BinaryOp::Shr,
        A::BitwiseOR => BinaryOp::BitOr,
        A::BitwiseXOR => BinaryOp::BitXor,
        A::BitwiseAnd => BinaryOp::BitAnd,
        A::Assign | A::LogicalOr | A::LogicalAnd | A::LogicalNullish => return None,
    })
}
