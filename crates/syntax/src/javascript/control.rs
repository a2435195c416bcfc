//! Jumps: what `return`, `break`, `continue` and exceptions leave on their way out.
//!
//! A `finally` block is copied to every way out of its `try`, because joining the ways would make
//! code after it look reachable from an early `return`. The copies share a budget; when it is spent
//! the jump skips the block, which is counted as not understood.

use oxc_ast::ast::{BlockStatement, TryStatement};

use super::{Lowering, at};
use crate::ir::{BlockId, Op, Operand, Span, Symbol, Terminator, Var};

/// A function that is being lowered.
pub(super) struct Context<'a> {
    /// What surrounds the present statement, outermost first.
    pub(super) frames: Vec<Frame<'a>>,
    /// Labels of the statement that comes next.
    pub(super) labels: Vec<Symbol>,
    /// Whose `this` it has.
    pub(super) receiver: Receiver,
    pub(super) uses_this: bool,
    pub(super) uses_arguments: bool,
    /// Functions that sloppy blocks declare for the whole function.
    pub(super) functions_of_blocks: Vec<Symbol>,
    /// Variables that expressions assigned so far, for operands that were read before.
    pub(super) assigned: Vec<Var>,
}

/// Whose `this` and `arguments` a function has.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Receiver {
    Own,
    /// An arrow function's.
    Parents,
}

impl Context<'_> {
    pub(super) const fn function() -> Self {
        Self::with(Receiver::Own)
    }

    pub(super) const fn with(receiver: Receiver) -> Self {
        Self {
            frames: Vec::new(),
            labels: Vec::new(),
            receiver,
            uses_this: false,
            uses_arguments: false,
            functions_of_blocks: Vec::new(),
            assigned: Vec::new(),
        }
    }
}

/// Something that a jump can aim at or must leave in order.
pub(super) enum Frame<'a> {
    Loop {
        labels: Vec<Symbol>,
        break_to: BlockId,
        continue_to: BlockId,
    },
    Switch {
        break_to: BlockId,
    },
    Labelled {
        labels: Vec<Symbol>,
        break_to: BlockId,
    },
    /// Exceptions go here.
    Handler(BlockId),
    Finally(&'a BlockStatement<'a>),
}

/// Which way a jump goes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Jump {
    Break,
    Continue,
}

impl<'a> Lowering<'a> {
    pub(super) fn context(&mut self) -> &mut Context<'a> {
        let last = self.contexts.len() - 1;
        &mut self.contexts[last]
    }

    pub(super) fn frames(&mut self) -> &mut Vec<Frame<'a>> {
        &mut self.context().frames
    }

    pub(super) fn leave_by_return(&mut self, value: Option<Operand>, span: Span) {
        self.leave(0, Terminator::Return(value), span);
    }

    pub(super) fn leave_by_jump(&mut self, jump: Jump, label: Option<Symbol>, span: Span) {
        let aim = self
            .frames()
            .iter()
            .enumerate()
            .rev()
            .find_map(|(index, frame)| Some((index, target(frame, jump, label)?)));
        // A jump without an aim is a syntax error; what follows it is not reached.
        match aim {
            Some((index, block)) => self.leave(index + 1, Terminator::Goto(block), span),
            None => self.builder.terminate(Terminator::Return(None)),
        }
    }

    /// Ends the present block after running the `finally` blocks of all frames from `depth` on.
    fn leave(&mut self, depth: usize, terminator: Terminator, span: Span) {
        let runs_code = self
            .frames()
            .get(depth..)
            .is_some_and(|left| left.iter().any(|f| matches!(f, Frame::Finally(_))));
        if !runs_code {
            self.builder.terminate(terminator);
            return;
        }
        let mut left = Vec::new();
        while self.frames().len() > depth {
            let Some(frame) = self.frames().pop() else {
                break;
            };
            match &frame {
                Frame::Handler(_) => self.builder.pop_handler(),
                Frame::Finally(block) => self.copy_of_finally(block, span),
                Frame::Loop { .. } | Frame::Switch { .. } | Frame::Labelled { .. } => {}
            }
            left.push(frame);
        }
        self.builder.terminate(terminator);
        while let Some(frame) = left.pop() {
            if let Frame::Handler(block) = &frame {
                self.builder.push_handler(*block);
            }
            self.frames().push(frame);
        }
    }

    fn copy_of_finally(&mut self, block: &'a BlockStatement<'a>, span: Span) {
        let size = block.span.size() as usize;
        if self.copies.take(size) {
            self.lower_block(&block.body);
        } else {
            self.builder
                .emit_unknown("TryStatement.finalizer", Vec::new(), span);
        }
    }

    pub(super) fn lower_try(&mut self, statement: &'a TryStatement<'a>) {
        let after = self.builder.new_block();
        let finalizer = statement.finalizer.as_deref();
        let raised = finalizer.map(|block| {
            let raised = self.builder.new_block();
            self.frames().push(Frame::Finally(block));
            self.begin_handler(raised);
            raised
        });
        match statement.handler.as_deref() {
            Some(clause) => {
                let joined = self.builder.new_block();
                let caught = self.builder.new_block();
                self.begin_handler(caught);
                self.lower_block(&statement.block.body);
                self.end_handler();
                self.builder.goto_and_switch(joined);
                let end_of_body = self.builder.current();
                self.builder.switch_to(caught);
                self.builder.push_scope();
                if let Some(param) = &clause.param {
                    self.declare_pattern(&param.pattern);
                    let value = self.builder.emit_temp(Op::Caught, at(param.span));
                    self.bind_pattern(&param.pattern, value);
                }
                self.lower_block(&clause.body.body);
                self.builder.pop_scope();
                self.builder.terminate(Terminator::Goto(joined));
                self.builder.switch_to(end_of_body);
            }
            None => self.lower_block(&statement.block.body),
        }
        if let (Some(block), Some(raised)) = (finalizer, raised) {
            self.end_handler();
            self.frames().pop();
            self.lower_block(&block.body);
            self.builder.terminate(Terminator::Goto(after));
            self.builder.switch_to(raised);
            let exception = self.builder.emit_temp(Op::Caught, at(block.span));
            self.copy_of_finally(block, at(block.span));
            self.builder.terminate(Terminator::Throw(Some(exception)));
            self.builder.switch_to(after);
        } else {
            self.builder.goto_and_switch(after);
        }
    }

    fn begin_handler(&mut self, block: BlockId) {
        self.builder.push_handler(block);
        self.frames().push(Frame::Handler(block));
    }

    fn end_handler(&mut self) {
        self.frames().pop();
        self.builder.pop_handler();
    }
}

/// The block that a jump reaches in a frame, if it aims at that frame.
fn target(frame: &Frame<'_>, jump: Jump, label: Option<Symbol>) -> Option<BlockId> {
    let named = |labels: &[Symbol]| label.is_none_or(|label| labels.contains(&label));
    match (frame, jump) {
        (
            Frame::Loop {
                labels, break_to, ..
            },
            Jump::Break,
        ) if named(labels) => Some(*break_to),
        (
            Frame::Loop {
                labels,
                continue_to,
                ..
            },
            Jump::Continue,
        ) if named(labels) => Some(*continue_to),
        (Frame::Switch { break_to }, Jump::Break) if label.is_none() => Some(*break_to),
        (Frame::Labelled { labels, break_to }, Jump::Break) if label.is_some() && named(labels) => {
            Some(*break_to)
        }
        _ => None,
    }
}
