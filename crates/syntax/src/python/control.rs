//! Statements that steer: conditions, loops, `with`, `try`, and the jumps that leave them.

use ruff_python_ast::{
    BoolOp, ExceptHandler, Expr, Stmt, StmtFor, StmtIf, StmtTry, StmtWhile, StmtWith, UnaryOp,
    WithItem,
};
use ruff_text_size::Ranged;

use super::expressions::compare_op;
use super::{Lowering, int, signed, span};
use crate::ir::{BlockId, CompareOp, Const, IterKind, Op, Operand, Span, Terminator, Var};

/// A way out of statements.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Jump {
    Break,
    Continue,
    Return,
}

/// A statement that a jump out of it must respect.
#[derive(Debug)]
pub(super) enum Frame {
    Loop {
        break_to: BlockId,
        continue_to: BlockId,
    },
    With {
        context: Operand,
        at: Span,
    },
    Finally(Finally),
}

/// A `try` whose `finally` is run on every way out.
#[derive(Debug)]
pub(super) struct Finally {
    /// Where the body of `finally` begins, for all ways out but falling through.
    entry: BlockId,
    /// Says after it where to go on: [`FELL_THROUGH`], [`RAISED`], or [`FIRST_JUMP`] and up.
    way_out: Var,
    /// What is returned after it.
    returned: Var,
    /// The jumps that came through.
    jumps: Vec<Jump>,
}

const FELL_THROUGH: i64 = 0;
const RAISED: i64 = 1;
const FIRST_JUMP: i64 = 2;

/// `finally` in `finally`: from this depth on, one copy serves all ways out, so that the size of the
/// result stays in proportion to the text.
const MAX_COPIED_FINALLY: u32 = 2;

/// Statements around a `with` from which on it is only entered: people do not nest them so deep, and
/// every jump looks at all of them.
const MAX_FRAMES: usize = 1_000;

/// Context managers that one jump is seen to leave, so that many jumps out of many of them do not
/// multiply.
const MAX_EXITS: u32 = 64;

impl Lowering {
    /// Branches on an expression. `not`, `and`, `or` and chained comparisons become edges.
    pub(super) fn condition(&mut self, test: &Expr, then: BlockId, otherwise: BlockId) {
        match test {
            Expr::UnaryOp(unary) if unary.op == UnaryOp::Not => {
                self.condition(&unary.operand, otherwise, then);
            }
            Expr::BoolOp(op) => {
                let Some((last, first)) = op.values.split_last() else {
                    return;
                };
                for value in first {
                    let next = self.builder.new_block();
                    match op.op {
                        BoolOp::And => self.condition(value, next, otherwise),
                        BoolOp::Or => self.condition(value, then, next),
                    }
                    self.builder.switch_to(next);
                }
                self.condition(last, then, otherwise);
            }
            Expr::Compare(compare) if compare.ops.len() > 1 => {
                let at = span(compare.range());
                let mut left = self.expr(&compare.left);
                for (op, right) in compare.ops.iter().zip(&compare.comparators) {
                    let right = self.expr(right);
                    let op = Op::Compare {
                        op: compare_op(*op),
                        left,
                        right: right.clone(),
                    };
                    let holds = self.builder.emit_temp(op, at);
                    let next = self.builder.new_block();
                    self.branch(holds, next, otherwise);
                    self.builder.switch_to(next);
                    left = right;
                }
                self.builder.terminate(Terminator::Goto(then));
            }
            other => {
                let condition = self.expr(other);
                self.branch(condition, then, otherwise);
            }
        }
    }

    pub(super) fn branch(&mut self, condition: Operand, then: BlockId, otherwise: BlockId) {
        self.builder.terminate(Terminator::Branch {
            condition,
            then,
            otherwise,
        });
    }

    pub(super) fn goto(&mut self, block: BlockId) {
        self.builder.terminate(Terminator::Goto(block));
    }

    pub(super) fn if_statement(&mut self, choice: &StmtIf) {
        let after = self.builder.new_block();
        let then = self.builder.new_block();
        let mut otherwise = self.builder.new_block();
        self.condition(&choice.test, then, otherwise);
        self.builder.switch_to(then);
        self.statements(&choice.body);
        self.goto(after);
        for clause in &choice.elif_else_clauses {
            self.builder.switch_to(otherwise);
            otherwise = self.builder.new_block();
            if let Some(test) = &clause.test {
                let then = self.builder.new_block();
                self.condition(test, then, otherwise);
                self.builder.switch_to(then);
            }
            self.statements(&clause.body);
            self.goto(after);
        }
        self.builder.switch_to(otherwise);
        self.builder.goto_and_switch(after);
    }

    pub(super) fn while_loop(&mut self, each: &StmtWhile) {
        let head = self.builder.new_block();
        let body = self.builder.new_block();
        let orelse = self.builder.new_block();
        let after = self.builder.new_block();
        self.builder.goto_and_switch(head);
        self.condition(&each.test, body, orelse);
        self.builder.switch_to(body);
        self.loop_body(&each.body, head, after);
        self.builder.switch_to(orelse);
        self.statements(&each.orelse);
        self.builder.goto_and_switch(after);
    }

    pub(super) fn for_loop(&mut self, each: &StmtFor) {
        let iterable = self.snapshot(&each.iter);
        let at = span(each.iter.range());
        let head = self.builder.new_block();
        let orelse = self.builder.new_block();
        let after = self.builder.new_block();
        self.builder.goto_and_switch(head);
        self.next_element(&iterable, &each.target, each.is_async, orelse, at);
        self.loop_body(&each.body, head, after);
        self.builder.switch_to(orelse);
        self.statements(&each.orelse);
        self.builder.goto_and_switch(after);
    }

    fn loop_body(&mut self, body: &[Stmt], head: BlockId, after: BlockId) {
        self.context().frames.push(Frame::Loop {
            break_to: after,
            continue_to: head,
        });
        self.statements(body);
        self.context().frames.pop();
        self.goto(head);
    }

    /// The head of a loop over elements: goes to `exhausted`, or on with the target assigned.
    pub(super) fn next_element(
        &mut self,
        iterable: &Operand,
        target: &Expr,
        is_async: bool,
        exhausted: BlockId,
        at: Span,
    ) {
        let body = self.builder.new_block();
        let more = Op::HasNext {
            iterable: iterable.clone(),
        };
        let more = self.builder.emit_temp(more, at);
        self.branch(more, body, exhausted);
        self.builder.switch_to(body);
        let next = Op::Next {
            iterable: iterable.clone(),
            kind: IterKind::Elements,
        };
        if let (Expr::Name(name), false) = (target, is_async) {
            let var = self.name(name.id.as_str());
            self.builder.emit_to(var, next, at);
        } else {
            let mut element = self.builder.emit_temp(next, at);
            if is_async {
                element = self.builder.emit_temp(Op::Await(element), at);
            }
            self.assign(target, element, at);
        }
    }

    /// `with a, b: body` is `with a: with b: body`.
    pub(super) fn with(&mut self, with: &StmtWith) {
        let mut entered: Vec<(&WithItem, Operand, BlockId)> = Vec::with_capacity(with.items.len());
        for item in &with.items {
            let at = span(item.context_expr.range());
            let context = self.snapshot(&item.context_expr);
            let mut value = self.builder.emit_temp(Op::Enter(context.clone()), at);
            if with.is_async {
                value = self.builder.emit_temp(Op::Await(value), at);
            }
            if let Some(target) = &item.optional_vars {
                self.assign(target, value, at);
            }
            if self.context().frames.len() >= MAX_FRAMES {
                continue;
            }
            let raised = self.builder.new_block();
            self.context().frames.push(Frame::With {
                context: context.clone(),
                at,
            });
            self.builder.push_handler(raised);
            entered.push((item, context, raised));
        }
        self.statements(&with.body);
        for (item, context, raised) in entered.into_iter().rev() {
            let at = span(item.context_expr.range());
            let falls_through = self.builder.is_reachable();
            self.builder.pop_handler();
            self.context().frames.pop();
            self.builder.emit(Op::Exit(context.clone()), at);
            if falls_through && !suppresses(&item.context_expr) {
                self.builder.dissolve_handler(raised);
                continue;
            }
            let after = self.builder.new_block();
            self.goto(after);
            self.builder.switch_to(raised);
            let exception = self.builder.emit_temp(Op::Caught, at);
            let suppressed = self.builder.emit_temp(Op::Exit(context), at);
            let rethrow = self.builder.new_block();
            self.branch(suppressed, after, rethrow);
            self.builder.switch_to(rethrow);
            self.builder.terminate(Terminator::Throw(Some(exception)));
            self.builder.switch_to(after);
        }
    }

    pub(super) fn try_statement(&mut self, attempt: &StmtTry) {
        if attempt.finalbody.is_empty() {
            self.try_except(attempt);
            return;
        }
        let at = span(attempt.range());
        let entry = self.builder.new_block();
        let raised = self.builder.new_block();
        let after = self.builder.new_block();
        let temporaries = [(); 3].map(|()| self.temporary());
        let [way_out, returned, exception] = temporaries;
        self.context().frames.push(Frame::Finally(Finally {
            entry,
            way_out,
            returned,
            jumps: Vec::new(),
        }));
        self.builder.push_handler(raised);
        self.try_except(attempt);
        self.builder.pop_handler();
        let jumps = match self.context().frames.pop() {
            Some(Frame::Finally(finally)) => finally.jumps,
            _ => Vec::new(),
        };

        let copies = self.context().finally_depth < MAX_COPIED_FINALLY;
        self.context().finally_depth += 1;
        if copies {
            self.statements(&attempt.finalbody);
            self.goto(after);
        } else {
            self.leave_by(way_out, FELL_THROUGH, entry, at);
        }
        self.builder.switch_to(raised);
        self.builder.emit_to(exception, Op::Caught, at);
        self.leave_by(way_out, RAISED, entry, at);
        self.builder.switch_to(entry);
        self.statements(&attempt.finalbody);
        self.context().finally_depth -= 1;

        if !copies {
            let next = self.on_way_out(way_out, FELL_THROUGH, at);
            self.goto(after);
            self.builder.switch_to(next);
        }
        for (number, jump) in (FIRST_JUMP..).zip(jumps) {
            let next = self.on_way_out(way_out, number, at);
            let value = (jump == Jump::Return).then_some(Operand::Var(returned));
            self.jump(jump, value, at);
            self.builder.switch_to(next);
        }
        let exception = Operand::Var(exception);
        self.builder.terminate(Terminator::Throw(Some(exception)));
        self.builder.switch_to(after);
    }

    fn temporary(&mut self) -> Var {
        self.builder.temp()
    }

    fn leave_by(&mut self, way_out: Var, number: i64, entry: BlockId, at: Span) {
        self.builder.emit_to(way_out, Op::Copy(int(number)), at);
        self.goto(entry);
    }

    /// Goes on where the way out is `number`; the result is where it is not.
    fn on_way_out(&mut self, way_out: Var, number: i64, at: Span) -> BlockId {
        let (here, next) = (self.builder.new_block(), self.builder.new_block());
        let same = Op::Compare {
            op: CompareOp::Eq,
            left: Operand::Var(way_out),
            right: int(number),
        };
        let same = self.builder.emit_temp(same, at);
        self.branch(same, here, next);
        self.builder.switch_to(here);
        next
    }

    fn try_except(&mut self, attempt: &StmtTry) {
        if attempt.handlers.is_empty() {
            self.statements(&attempt.body);
            self.statements(&attempt.orelse);
            return;
        }
        let raised = self.builder.new_block();
        let after = self.builder.new_block();
        self.builder.push_handler(raised);
        self.statements(&attempt.body);
        self.builder.pop_handler();
        self.statements(&attempt.orelse);
        self.goto(after);
        self.builder.switch_to(raised);
        let exception = self.builder.emit_temp(Op::Caught, span(attempt.range()));
        for ExceptHandler::ExceptHandler(handler) in &attempt.handlers {
            let at = span(handler.range());
            let next = self.builder.new_block();
            if let Some(class) = &handler.type_ {
                let right = self.expr(class);
                let caught = Op::Compare {
                    op: CompareOp::InstanceOf,
                    left: exception.clone(),
                    right,
                };
                let caught = self.builder.emit_temp(caught, span(class.range()));
                let body = self.builder.new_block();
                self.branch(caught, body, next);
                self.builder.switch_to(body);
            }
            if let Some(name) = &handler.name {
                let var = self.name(name.as_str());
                self.builder.emit_to(var, Op::Copy(exception.clone()), at);
            }
            self.statements(&handler.body);
            self.goto(after);
            self.builder.switch_to(next);
        }
        self.builder.terminate(Terminator::Throw(Some(exception)));
        self.builder.switch_to(after);
    }

    /// Leaves statements by `jump`, through every `with` and `finally` on the way.
    pub(super) fn jump(&mut self, jump: Jump, value: Option<Operand>, at: Span) {
        if !self.builder.is_reachable() {
            return;
        }
        let mut exits = 0;
        let mut level = self.context().frames.len();
        while level > 0 {
            level -= 1;
            match &mut self.context().frames[level] {
                Frame::Loop {
                    break_to,
                    continue_to,
                } => {
                    let target = match jump {
                        Jump::Break => *break_to,
                        Jump::Continue => *continue_to,
                        Jump::Return => continue,
                    };
                    self.goto(target);
                    return;
                }
                Frame::With { .. } if exits == MAX_EXITS => {}
                Frame::With { context, at } => {
                    exits += 1;
                    let (op, at) = (Op::Exit(context.clone()), *at);
                    self.builder.emit(op, at);
                }
                Frame::Finally(finally) => {
                    let known = finally.jumps.iter().position(|known| *known == jump);
                    let position = known.unwrap_or(finally.jumps.len());
                    if known.is_none() {
                        finally.jumps.push(jump);
                    }
                    let (entry, way_out, returned) =
                        (finally.entry, finally.way_out, finally.returned);
                    if jump == Jump::Return {
                        let value = value.unwrap_or(Operand::Const(Const::Null));
                        self.builder.emit_to(returned, Op::Copy(value), at);
                    }
                    self.leave_by(way_out, FIRST_JUMP + signed(position), entry, at);
                    return;
                }
            }
        }
        // `break` outside of a loop is a syntax error; it leaves the function here.
        self.builder.terminate(Terminator::Return(value));
    }
}

/// Is a context manager known to swallow exceptions by its name?
fn suppresses(context: &Expr) -> bool {
    let Expr::Call(call) = context else {
        return false;
    };
    let name = match &*call.func {
        Expr::Name(name) => name.id.as_str(),
        Expr::Attribute(attribute) => attribute.attr.as_str(),
        _ => return false,
    };
    matches!(name, "suppress" | "raises")
}
