//! Destructuring of declared names: parameters, variables, loop heads, caught exceptions.

use oxc_ast::ast::{ArrayPattern, AssignmentPattern, BindingPattern, Expression, ObjectPattern};

use super::names::Naming;
use super::operands::{Place, integer};
use super::{Dest, Lowering, at};
use crate::ir::{Op, Operand, Span, Terminator, Var};

impl<'a> Lowering<'a> {
    /// Takes a value apart into names that are declared already.
    pub(super) fn bind_pattern(&mut self, pattern: &'a BindingPattern<'a>, value: Operand) {
        match pattern {
            BindingPattern::BindingIdentifier(name) => {
                let symbol = self.intern(name.name.as_str());
                let var = self.builder.resolve(symbol);
                if value != Operand::Var(var) {
                    self.builder.emit_to(var, Op::Copy(value), at(name.span));
                }
            }
            BindingPattern::ObjectPattern(pattern) => self.bind_object(pattern, &value),
            BindingPattern::ArrayPattern(pattern) => self.bind_array(pattern, &value),
            BindingPattern::AssignmentPattern(pattern) => self.bind_default(pattern, value),
        }
    }

    fn bind_object(&mut self, pattern: &'a ObjectPattern<'a>, value: &Operand) {
        let mut taken = Vec::new();
        for property in &pattern.properties {
            let (key, name) = self.lower_key(&property.key);
            if pattern.rest.is_some() {
                taken.push(key.clone());
            }
            let part = Place::key(value, key, name);
            self.bind_part(&property.value, &part, at(property.span));
        }
        if let Some(rest) = &pattern.rest {
            let others = self.rest_of_object(value, taken, at(rest.span));
            self.bind_pattern(&rest.argument, others);
        }
    }

    fn bind_array(&mut self, pattern: &'a ArrayPattern<'a>, value: &Operand) {
        for (index, element) in pattern.elements.iter().enumerate() {
            if let Some(element) = element {
                let span = at(oxc_span::GetSpan::span(element));
                self.bind_part(element, &Place::position(value, index), span);
            }
        }
        if let Some(rest) = &pattern.rest {
            let others = self.rest_of_array(value, pattern.elements.len(), at(rest.span));
            self.bind_pattern(&rest.argument, others);
        }
    }

    fn bind_default(&mut self, pattern: &'a AssignmentPattern<'a>, value: Operand) {
        let span = at(pattern.span);
        if let BindingPattern::BindingIdentifier(name) = &pattern.left {
            let symbol = self.intern(name.name.as_str());
            let var = self.builder.resolve(symbol);
            self.default_into(
                var,
                Op::Copy(value),
                &pattern.right,
                Naming::Bound(symbol),
                span,
            );
        } else {
            let var = self.builder.temp();
            let naming = Naming::Anonymous;
            self.default_into(var, Op::Copy(value), &pattern.right, naming, span);
            self.bind_pattern(&pattern.left, Operand::Var(var));
        }
    }

    fn bind_part(&mut self, pattern: &'a BindingPattern<'a>, part: &Place, span: Span) {
        if let BindingPattern::BindingIdentifier(name) = pattern {
            let symbol = self.intern(name.name.as_str());
            let var = self.builder.resolve(symbol);
            self.builder.emit_to(var, part.read(), span);
        } else {
            let value = self.builder.emit_temp(part.read(), span);
            self.bind_pattern(pattern, value);
        }
    }

    /// `var` becomes what `op` gives, or the default if that is undefined.
    pub(super) fn default_into(
        &mut self,
        var: Var,
        op: Op,
        default: &'a Expression<'a>,
        naming: Naming<'a>,
        span: Span,
    ) {
        let given = match op {
            Op::Copy(given) => given,
            part => self.builder.emit_temp(part, span),
        };
        let condition = self.is_nullish(given.clone(), span);
        let absent = self.builder.new_block();
        let present = self.builder.new_block();
        let after = self.builder.new_block();
        self.builder.terminate(Terminator::Branch {
            condition,
            then: absent,
            otherwise: present,
        });
        self.builder.switch_to(absent);
        self.lower_named(default, naming, Dest::Into(var));
        self.builder.terminate(Terminator::Goto(after));
        self.builder.switch_to(present);
        self.builder.emit_to(var, Op::Copy(given), span);
        self.builder.goto_and_switch(after);
    }

    /// `...rest` of an object: a copy without the keys that were taken.
    pub(super) fn rest_of_object(
        &mut self,
        value: &Operand,
        taken: Vec<Operand>,
        span: Span,
    ) -> Operand {
        let entries = vec![(None, value.clone())];
        let rest = self.builder.emit_temp(Op::Map { entries }, span);
        for index in taken {
            let base = rest.clone();
            self.builder.emit(Op::Delete { base, index }, span);
        }
        rest
    }

    pub(super) fn rest_of_array(&mut self, value: &Operand, from: usize, span: Span) -> Operand {
        let op = Op::Slice {
            base: value.clone(),
            low: Some(integer(from)),
            high: None,
        };
        self.builder.emit_temp(op, span)
    }
}
