//! Calls: functions, methods, `new`, `super`, `require` and tagged templates.

use oxc_ast::ast::{
    Argument, CallExpression, ChainElement, Expression, MemberExpression, NewExpression,
    TaggedTemplateExpression,
};

use super::expressions::positional;
use super::literals;
use super::names::Naming;
use super::operands::{Held, Place};
use super::{Dest, Lowering, at};
use crate::ir::{Arg, ArgKind, Callee, Element, Op, Operand, SequenceKind, Span, Symbol, VarHome};

/// What is called, and the arguments that the way of calling adds.
struct Called {
    callee: Callee,
    before: Vec<Arg>,
}

impl From<Callee> for Called {
    fn from(callee: Callee) -> Self {
        Self {
            callee,
            before: Vec::new(),
        }
    }
}

impl<'a> Lowering<'a> {
    pub(super) fn lower_call(&mut self, call: &'a CallExpression<'a>, dest: Dest) -> Operand {
        let span = at(call.span);
        if let Some(module) = self.required_module(call) {
            let member = None;
            return self.produce(dest, Op::Import { module, member }, span);
        }
        let Called { callee, mut before } = self.lower_callee(&call.callee);
        let (callee, args) = self.with_args(callee, |lowering| {
            let label = Naming::Callback {
                callee: &call.callee,
                arguments: &call.arguments,
            };
            lowering.lower_callback_args(&call.arguments, label)
        });
        before.extend(args);
        self.produce(
            dest,
            Op::Call {
                callee,
                args: before,
            },
            span,
        )
    }

    /// Lowers arguments while what is called keeps the value it had.
    fn with_args(
        &mut self,
        callee: Callee,
        lower: impl FnOnce(&mut Self) -> Vec<Arg>,
    ) -> (Callee, Vec<Arg>) {
        let operand = match &callee {
            Callee::Function(operand) | Callee::New(operand) => operand.clone(),
            Callee::Method { receiver, .. } => receiver.clone(),
            Callee::Super { .. } => return (callee, lower(self)),
        };
        let mut held = [self.hold(operand)];
        let args = lower(self);
        self.settle(&mut held);
        let [Held { operand, .. }] = held;
        let callee = match callee {
            Callee::Function(_) => Callee::Function(operand),
            Callee::New(_) => Callee::New(operand),
            Callee::Method { name, .. } => Callee::Method {
                receiver: operand,
                name,
            },
            Callee::Super { name } => Callee::Super { name },
        };
        (callee, args)
    }

    fn lower_callee(&mut self, callee: &'a Expression<'a>) -> Called {
        let callee = callee.get_inner_expression();
        match callee {
            Expression::Super(_) => Callee::Super {
                name: self.words.constructor,
            }
            .into(),
            Expression::ChainExpression(chain) => match &chain.expression {
                // `(a?.b)()` calls `b` on `a`.
                ChainElement::CallExpression(_) | ChainElement::TSNonNullExpression(_) => {
                    Callee::Function(self.lower_value(callee)).into()
                }
                other => match other.as_member_expression() {
                    Some(member) => self.lower_method(member),
                    None => Callee::Function(self.lower_value(callee)).into(),
                },
            },
            other => match other.as_member_expression() {
                Some(member) => self.lower_method(member),
                None => {
                    Callee::Function(self.lower_named(other, Naming::Anonymous, Dest::Value)).into()
                }
            },
        }
    }

    fn lower_method(&mut self, member: &'a MemberExpression<'a>) -> Called {
        let of_super = matches!(member.object().get_inner_expression(), Expression::Super(_));
        match self.lower_place(member) {
            Place::Field { name, .. } if of_super => Callee::Super { name }.into(),
            Place::Field { base, name } => Callee::Method {
                receiver: base,
                name,
            }
            .into(),
            Place::Index { base, index } => {
                let op = Op::Index {
                    base: base.clone(),
                    index,
                };
                let span = at(oxc_span::GetSpan::span(member));
                let function = self.builder.emit_temp(op, span);
                Called {
                    callee: Callee::Method {
                        receiver: function,
                        name: self.intern("call"),
                    },
                    before: vec![positional(base)],
                }
            }
        }
    }

    pub(super) fn lower_args(&mut self, arguments: &'a [Argument<'a>]) -> Vec<Arg> {
        self.lower_callback_args(arguments, Naming::Anonymous)
    }

    fn lower_callback_args(
        &mut self,
        arguments: &'a [Argument<'a>],
        naming: Naming<'a>,
    ) -> Vec<Arg> {
        let mut held = Vec::with_capacity(arguments.len());
        for argument in arguments {
            let operand = match argument {
                Argument::SpreadElement(spread) => self.lower_value(&spread.argument),
                other => match other.as_expression() {
                    Some(expression) => self.lower_named(expression, naming, Dest::Value),
                    None => continue,
                },
            };
            held.push(self.hold(operand));
        }
        self.settle(&mut held);
        arguments
            .iter()
            .zip(held)
            .map(|(argument, held)| Arg {
                kind: match argument {
                    Argument::SpreadElement(_) => ArgKind::Spread,
                    _ => ArgKind::Positional,
                },
                value: held.operand,
            })
            .collect()
    }

    pub(super) fn lower_new(&mut self, new: &'a NewExpression<'a>, dest: Dest) -> Operand {
        let class = self.lower_value(&new.callee);
        let (callee, args) = self.with_args(Callee::New(class), |lowering| {
            let label = Naming::Callback {
                callee: &new.callee,
                arguments: &new.arguments,
            };
            lowering.lower_callback_args(&new.arguments, label)
        });
        self.produce(dest, Op::Call { callee, args }, at(new.span))
    }

    pub(super) fn lower_tagged_template(
        &mut self,
        tagged: &'a TaggedTemplateExpression<'a>,
        dest: Dest,
    ) -> Operand {
        let span = at(tagged.span);
        let Called { callee, mut before } = self.lower_callee(&tagged.tag);
        let (callee, args) = self.with_args(callee, |lowering| {
            let elements = tagged
                .quasi
                .quasis
                .iter()
                .map(|quasi| Element::One(lowering.text_const(quasi.value.raw.as_str())))
                .collect();
            let kind = SequenceKind::List;
            let quasis = lowering
                .builder
                .emit_temp(Op::Sequence { kind, elements }, at(tagged.quasi.span));
            let mut held = vec![lowering.hold(quasis)];
            for expression in &tagged.quasi.expressions {
                let value = lowering.lower_value(expression);
                held.push(lowering.hold(value));
            }
            lowering.settle(&mut held);
            held.into_iter()
                .map(|held| positional(held.operand))
                .collect()
        });
        before.extend(args);
        self.produce(
            dest,
            Op::Call {
                callee,
                args: before,
            },
            span,
        )
    }

    /// The module that `require("module")` names, if `require` is Node's.
    fn required_module(&mut self, call: &'a CallExpression<'a>) -> Option<Symbol> {
        let Expression::Identifier(name) = &call.callee else {
            return None;
        };
        if name.name != "require" {
            return None;
        }
        let [argument] = call.arguments.as_slice() else {
            return None;
        };
        let module = literals::text(argument.as_expression()?)?;
        self.is_global("require").then(|| self.intern(module))
    }

    /// Whether a name is declared nowhere in this file.
    pub(super) fn is_global(&mut self, name: &str) -> bool {
        let symbol = self.intern(name);
        let var = self.builder.resolve(symbol);
        self.builder
            .function()
            .vars
            .get(var.0 as usize)
            .is_some_and(|decl| decl.home == VarHome::Global)
    }

    /// A call whose result nobody reads.
    pub(super) fn emit_call(&mut self, function: Operand, args: Vec<Operand>, span: Span) {
        let op = Op::Call {
            callee: Callee::Function(function),
            args: args.into_iter().map(positional).collect(),
        };
        self.builder.emit(op, span);
    }
}
