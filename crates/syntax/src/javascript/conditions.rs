//! Conditions become branches, so that the guards of a path can be read off its edges.
//!
//! Chains of one operator are taken apart as lists: generated code has them by the thousand.

use oxc_ast::ast::{ConditionalExpression, Expression, LogicalExpression};
use oxc_span::GetSpan;
use oxc_syntax::operator::{LogicalOperator, UnaryOperator};

use super::{Dest, Lowering, at};
use crate::ir::{BlockId, CompareOp, Const, Op, Operand, Span, Terminator};

impl<'a> Lowering<'a> {
    /// Ends the present block by going to `then` if the expression holds, else to `otherwise`.
    pub(super) fn branch_on(
        &mut self,
        expression: &'a Expression<'a>,
        mut then: BlockId,
        mut otherwise: BlockId,
    ) {
        let mut expression = transparent(expression);
        loop {
            match expression {
                Expression::UnaryExpression(e) if e.operator == UnaryOperator::LogicalNot => {
                    std::mem::swap(&mut then, &mut otherwise);
                    expression = transparent(&e.argument);
                }
                Expression::LogicalExpression(e) if e.operator != LogicalOperator::Coalesce => {
                    let (last, before) = chain(e);
                    for part in before {
                        let next = self.builder.new_block();
                        match e.operator {
                            LogicalOperator::And => self.branch_deeper(part, next, otherwise),
                            _ => self.branch_deeper(part, then, next),
                        }
                        self.builder.switch_to(next);
                    }
                    expression = transparent(last);
                }
                Expression::SequenceExpression(e) => {
                    let Some((last, before)) = e.expressions.split_last() else {
                        break;
                    };
                    for part in before {
                        self.lower_into(part, Dest::Drop);
                    }
                    expression = transparent(last);
                }
                _ => break,
            }
        }
        let condition = self.lower_value(expression);
        self.builder.terminate(Terminator::Branch {
            condition,
            then,
            otherwise,
        });
    }

    fn branch_deeper(&mut self, part: &'a Expression<'a>, then: BlockId, otherwise: BlockId) {
        if self.is_too_deep() {
            // `lower_value` turns it into an unknown.
            let condition = self.lower_value(part);
            self.builder.terminate(Terminator::Branch {
                condition,
                then,
                otherwise,
            });
            return;
        }
        self.depth += 1;
        self.branch_on(part, then, otherwise);
        self.depth -= 1;
    }

    pub(super) fn lower_conditional(
        &mut self,
        expression: &'a ConditionalExpression<'a>,
        dest: Dest,
    ) -> Operand {
        let then = self.builder.new_block();
        let otherwise = self.builder.new_block();
        let after = self.builder.new_block();
        let arm = self.arm(dest);
        self.branch_on(&expression.test, then, otherwise);
        for (block, value) in [
            (then, &expression.consequent),
            (otherwise, &expression.alternate),
        ] {
            self.builder.switch_to(block);
            self.lower_into(value, arm);
            self.builder.terminate(Terminator::Goto(after));
        }
        self.builder.switch_to(after);
        result(arm)
    }

    pub(super) fn lower_logical(
        &mut self,
        expression: &'a LogicalExpression<'a>,
        dest: Dest,
    ) -> Operand {
        let (last, before) = chain(expression);
        let after = self.builder.new_block();
        let arm = self.arm(dest);
        for part in before {
            let next = self.builder.new_block();
            if let (Dest::Drop, LogicalOperator::And) = (arm, expression.operator) {
                self.branch_deeper(part, next, after);
            } else if let (Dest::Drop, LogicalOperator::Or) = (arm, expression.operator) {
                self.branch_deeper(part, after, next);
            } else {
                let value = self.lower_value(part);
                self.short_circuit(
                    expression.operator,
                    value,
                    arm,
                    (next, after),
                    at(part.span()),
                );
            }
            self.builder.switch_to(next);
        }
        self.lower_into(last, arm);
        self.builder.goto_and_switch(after);
        result(arm)
    }

    /// Goes to `next` if the operator needs its right side, else takes `value` as the result and
    /// goes to `after`.
    pub(super) fn short_circuit(
        &mut self,
        operator: LogicalOperator,
        value: Operand,
        arm: Dest,
        (next, after): (BlockId, BlockId),
        span: Span,
    ) {
        let short = self.builder.new_block();
        let (condition, then, otherwise) = match operator {
            LogicalOperator::And => (value.clone(), next, short),
            LogicalOperator::Or => (value.clone(), short, next),
            LogicalOperator::Coalesce => (self.is_nullish(value.clone(), span), next, short),
        };
        self.builder.terminate(Terminator::Branch {
            condition,
            then,
            otherwise,
        });
        self.builder.switch_to(short);
        if let Dest::Into(var) = arm {
            self.builder.emit_to(var, Op::Copy(value), span);
        }
        self.builder.terminate(Terminator::Goto(after));
    }

    pub(super) fn is_nullish(&mut self, value: Operand, span: Span) -> Operand {
        self.builder.emit_temp(
            Op::Compare {
                op: CompareOp::Eq,
                left: value,
                right: Operand::Const(Const::Null),
            },
            span,
        )
    }

    /// Where the arms of a choice put their values: a variable that joins them.
    fn arm(&mut self, dest: Dest) -> Dest {
        match dest {
            Dest::Value => Dest::Into(self.builder.temp()),
            Dest::Drop | Dest::Into(_) => dest,
        }
    }
}

fn result(arm: Dest) -> Operand {
    match arm {
        Dest::Into(var) => Operand::Var(var),
        Dest::Drop | Dest::Value => Operand::Const(Const::Null),
    }
}

/// The operands of `a && b && c`: the last, and those before it in order. Only the left side of one
/// operator is taken apart; a nested chain of another stays an operand.
fn chain<'a>(
    expression: &'a LogicalExpression<'a>,
) -> (&'a Expression<'a>, Vec<&'a Expression<'a>>) {
    let mut before = Vec::new();
    let mut left = &expression.left;
    while let Expression::LogicalExpression(inner) = left
        && inner.operator == expression.operator
    {
        before.push(&inner.right);
        left = &inner.left;
    }
    before.push(left);
    before.reverse();
    (&expression.right, before)
}

/// The expression inside type assertions, which mean nothing at run time.
pub(super) fn transparent<'a>(expression: &'a Expression<'a>) -> &'a Expression<'a> {
    expression.get_inner_expression()
}
