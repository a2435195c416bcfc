//! Control flow: branches, loops, `switch`, `try`, and the jumps that leave them.
//!
//! A `finally` block is copied to every way out of its `try`, because joining the ways would make
//! code after it look reachable from an early `return`. The copies share a budget; when it is spent
//! the jump skips the block, which is counted as not understood.

use tree_sitter::Node;

use super::{Lowering, field, span};
use crate::ir::{BlockId, CompareOp, Const, IterKind, Op, Operand, Symbol, Terminator, Var};

/// Something that a jump can aim at or must leave in order.
#[derive(Clone, Copy)]
pub(super) enum Frame<'t> {
    Loop {
        label: Option<Symbol>,
        break_to: BlockId,
        continue_to: BlockId,
    },
    Switch {
        label: Option<Symbol>,
        break_to: BlockId,
        /// Where `yield` puts its value.
        result: Option<Var>,
    },
    Labelled {
        label: Option<Symbol>,
        break_to: BlockId,
    },
    /// Exceptions go here.
    Handler(BlockId),
    Finally(Node<'t>),
}

impl<'t> Lowering<'t> {
    fn goto(&mut self, block: BlockId) {
        self.builder.terminate(Terminator::Goto(block));
    }

    fn in_scope(&mut self, statement: Node<'t>) {
        if statement.kind() == "block" {
            self.block(statement);
        } else {
            self.builder.push_scope();
            self.statement(statement);
            self.builder.pop_scope();
        }
    }

    pub(super) fn if_statement(&mut self, node: Node<'t>) {
        let after = self.builder.new_block();
        let mut node = node;
        // A chain of `else if` is a list, not a nest. Names that a condition binds stay visible.
        loop {
            let then = self.builder.new_block();
            let otherwise = self.builder.new_block();
            if let Some(condition) = field(node, "condition") {
                self.condition(condition, then, otherwise);
            }
            self.builder.switch_to(then);
            if let Some(consequence) = field(node, "consequence") {
                self.in_scope(consequence);
            }
            self.goto(after);
            self.builder.switch_to(otherwise);
            match field(node, "alternative") {
                Some(next) if next.kind() == "if_statement" => node = next,
                Some(last) => {
                    self.in_scope(last);
                    break;
                }
                None => break,
            }
        }
        self.builder.goto_and_switch(after);
    }

    fn begin_loop(&mut self, break_to: BlockId, continue_to: BlockId) {
        let label = self.context().label.take();
        self.context().frames.push(Frame::Loop {
            label,
            break_to,
            continue_to,
        });
    }

    fn loop_body(&mut self, node: Node<'t>, break_to: BlockId, continue_to: BlockId) {
        self.begin_loop(break_to, continue_to);
        if let Some(body) = field(node, "body") {
            self.in_scope(body);
        }
        self.context().frames.pop();
    }

    pub(super) fn while_statement(&mut self, node: Node<'t>) {
        let (head, body, after) = (
            self.builder.new_block(),
            self.builder.new_block(),
            self.builder.new_block(),
        );
        self.builder.goto_and_switch(head);
        if let Some(condition) = field(node, "condition") {
            self.condition(condition, body, after);
        }
        self.builder.switch_to(body);
        self.loop_body(node, after, head);
        self.goto(head);
        self.builder.switch_to(after);
    }

    pub(super) fn do_statement(&mut self, node: Node<'t>) {
        let (body, test, after) = (
            self.builder.new_block(),
            self.builder.new_block(),
            self.builder.new_block(),
        );
        self.builder.goto_and_switch(body);
        self.loop_body(node, after, test);
        self.builder.goto_and_switch(test);
        if let Some(condition) = field(node, "condition") {
            self.condition(condition, body, after);
        }
        self.builder.switch_to(after);
    }

    pub(super) fn for_statement(&mut self, node: Node<'t>) {
        self.builder.push_scope();
        for init in self.fields(node, "init") {
            self.statement(init);
        }
        let (head, body, step, after) = (
            self.builder.new_block(),
            self.builder.new_block(),
            self.builder.new_block(),
            self.builder.new_block(),
        );
        self.builder.goto_and_switch(head);
        match field(node, "condition") {
            Some(condition) => self.condition(condition, body, after),
            None => self.goto(body),
        }
        self.builder.switch_to(body);
        self.loop_body(node, after, step);
        self.builder.goto_and_switch(step);
        for update in self.fields(node, "update") {
            self.expression(update);
        }
        self.goto(head);
        self.builder.switch_to(after);
        self.builder.pop_scope();
    }

    pub(super) fn for_each(&mut self, node: Node<'t>) {
        let Some(value) = field(node, "value") else {
            return;
        };
        let at = span(value);
        let iterable = self.expression(value);
        self.builder.push_scope();
        let (head, body, after) = (
            self.builder.new_block(),
            self.builder.new_block(),
            self.builder.new_block(),
        );
        self.builder.goto_and_switch(head);
        let more = self.builder.emit_temp(
            Op::HasNext {
                iterable: iterable.clone(),
            },
            at,
        );
        self.branch(more, body, after);
        self.builder.switch_to(body);
        let next = Op::Next {
            iterable,
            kind: IterKind::Elements,
        };
        let element = self.builder.emit_temp(next, at);
        let element = match field(node, "type") {
            Some(of) => self.typed(element, of, at),
            None => element,
        };
        if let Some(name) = field(node, "name") {
            let symbol = self.symbol_of(name);
            let var = self.builder.declare(symbol);
            self.builder.emit_to(var, Op::Copy(element), span(name));
        }
        self.loop_body(node, after, head);
        self.goto(head);
        self.builder.switch_to(after);
        self.builder.pop_scope();
    }

    /// `switch` in both forms, as a statement or for its value.
    pub(super) fn switch(&mut self, node: Node<'t>, wants_value: bool) -> Operand {
        let label = self.context().label.take();
        let subject = match field(node, "condition") {
            Some(condition) => self.expression(condition),
            None => super::literals::null(),
        };
        let result = wants_value.then(|| self.builder.temp());
        let after = self.builder.new_block();
        let groups = match field(node, "body") {
            Some(body) => self.children(body),
            None => Vec::new(),
        };
        let bodies: Vec<BlockId> = groups.iter().map(|_| self.builder.new_block()).collect();
        self.builder.push_scope();
        let mut default = after;
        for (group, body) in groups.iter().zip(&bodies) {
            for label in self.children_of(*group, "switch_label") {
                if label.child(0).is_some_and(|c| c.kind() == "default") {
                    default = *body;
                    continue;
                }
                for test in self.children(label) {
                    self.case(test, &subject, *body);
                }
                if (0..label.child_count())
                    .filter_map(|at| label.child(at))
                    .any(|c| c.kind() == "default")
                {
                    default = *body;
                }
            }
        }
        self.goto(default);
        self.context().frames.push(Frame::Switch {
            label,
            break_to: after,
            result,
        });
        for (group, body) in groups.iter().zip(&bodies) {
            let is_rule = group.kind() == "switch_rule";
            if is_rule {
                self.builder.switch_to(*body);
            } else {
                // The present block is the end of the group before, which falls through.
                self.builder.goto_and_switch(*body);
            }
            for statement in self.children(*group) {
                match (statement.kind(), result) {
                    ("switch_label", _) => {}
                    ("expression_statement", Some(result)) if is_rule => {
                        if let Some(value) = statement.named_child(0) {
                            let operand = self.expression(value);
                            self.builder.emit_to(result, Op::Copy(operand), span(value));
                        }
                    }
                    _ => self.statement(statement),
                }
            }
            if is_rule {
                self.goto(after);
            }
        }
        self.context().frames.pop();
        self.builder.pop_scope();
        self.builder.goto_and_switch(after);
        result.map_or(super::literals::null(), Operand::Var)
    }

    /// One alternative of a label: goes to `body` if it holds, and on otherwise.
    fn case(&mut self, test: Node<'t>, subject: &Operand, body: BlockId) {
        let next = self.builder.new_block();
        let at = span(test);
        match test.kind() {
            "pattern" => {
                let inner = test.named_child(0);
                let holds = self.builder.emit_temp(
                    Op::Compare {
                        op: CompareOp::Matches,
                        left: subject.clone(),
                        right: super::literals::null(),
                    },
                    at,
                );
                if let Some(inner) = inner {
                    self.bind_pattern(inner, subject);
                }
                self.branch(holds, body, next);
            }
            "guard" => {
                // It belongs to the pattern before it, which went to the body already.
                if let Some(condition) = test.named_child(0) {
                    self.condition(condition, body, next);
                } else {
                    self.goto(next);
                }
            }
            _ => {
                // A bare name is a constant of the subject's enum.
                let right = if test.kind() == "identifier" {
                    let name = self.text_of(test);
                    let symbol = self.builder.intern(name);
                    match self.local(symbol) {
                        Some(var) => Operand::Var(var),
                        None => match self.own_field(name, symbol, at) {
                            Some(value) => value,
                            None => Operand::Const(Const::Str(symbol)),
                        },
                    }
                } else {
                    self.expression(test)
                };
                let holds = self.builder.emit_temp(
                    Op::Compare {
                        op: CompareOp::Eq,
                        left: subject.clone(),
                        right,
                    },
                    at,
                );
                self.branch(holds, body, next);
            }
        }
        self.builder.switch_to(next);
    }

    fn bind_pattern(&mut self, node: Node<'t>, subject: &Operand) {
        if node.kind() == "record_pattern" {
            self.bind_record(node, subject);
            return;
        }
        let children = self.children(node);
        if let [of, name] = children.as_slice() {
            let bound = self.typed(subject.clone(), *of, span(node));
            let symbol = self.symbol_of(*name);
            let var = self.builder.declare(symbol);
            self.builder.emit_to(var, Op::Copy(bound), span(*name));
        }
    }

    pub(super) fn yield_statement(&mut self, node: Node<'t>) {
        let value = node.named_child(0).map(|value| self.expression(value));
        let frame = self
            .context()
            .frames
            .iter()
            .enumerate()
            .rev()
            .find_map(|(at, frame)| match frame {
                Frame::Switch {
                    break_to,
                    result: Some(result),
                    ..
                } => Some((at, *break_to, *result)),
                _ => None,
            });
        if let (Some(value), Some((at, break_to, result))) = (value, frame) {
            self.builder.emit_to(result, Op::Copy(value), span(node));
            self.leave(at + 1, Terminator::Goto(break_to));
        }
    }

    pub(super) fn labelled(&mut self, node: Node<'t>) {
        let children = self.children(node);
        let [label, body] = children.as_slice() else {
            return;
        };
        let label = self.symbol_of(*label);
        if matches!(
            body.kind(),
            "while_statement"
                | "do_statement"
                | "for_statement"
                | "enhanced_for_statement"
                | "switch_expression"
        ) {
            self.context().label = Some(label);
            self.statement(*body);
            self.context().label = None;
            return;
        }
        let after = self.builder.new_block();
        self.context().frames.push(Frame::Labelled {
            label: Some(label),
            break_to: after,
        });
        self.in_scope(*body);
        self.context().frames.pop();
        self.builder.goto_and_switch(after);
    }

    pub(super) fn jump(&mut self, node: Node<'t>) {
        let label = node
            .named_child(0)
            .filter(|c| c.kind() == "identifier")
            .map(|l| self.symbol_of(l));
        let continues = node.kind() == "continue_statement";
        let aim = self
            .context()
            .frames
            .iter()
            .enumerate()
            .rev()
            .find_map(|(at, frame)| {
                let (own, target) = match frame {
                    Frame::Loop {
                        label,
                        break_to,
                        continue_to,
                    } => (label, if continues { continue_to } else { break_to }),
                    Frame::Switch {
                        label, break_to, ..
                    } if !continues => (label, break_to),
                    Frame::Labelled {
                        label: own,
                        break_to,
                    } if !continues && label.is_some() => (own, break_to),
                    _ => return None,
                };
                (label.is_none() || *own == label).then_some((at, *target))
            });
        // A jump without an aim does not compile; what follows it is not reached.
        match aim {
            Some((at, block)) => self.leave(at + 1, Terminator::Goto(block)),
            None => self.builder.terminate(Terminator::Return(None)),
        }
    }

    pub(super) fn leave_by_return(&mut self, value: Option<Operand>) {
        self.leave(0, Terminator::Return(value));
    }

    /// Ends the present block after running the `finally` blocks of all frames from `depth` on.
    fn leave(&mut self, depth: usize, terminator: Terminator) {
        let all = self.context().frames.clone();
        let mut opened = Vec::new();
        for (at, frame) in all.iter().enumerate().skip(depth).rev() {
            match frame {
                Frame::Handler(handler) => {
                    self.builder.pop_handler();
                    opened.push(*handler);
                }
                Frame::Finally(block) => {
                    self.context().frames.truncate(at);
                    if self.copies.take(block.byte_range().len()) {
                        self.block(*block);
                    } else {
                        self.builder
                            .emit_unknown("finally_clause", Vec::new(), span(*block));
                    }
                }
                _ => {}
            }
        }
        self.context().frames = all;
        self.builder.terminate(terminator);
        for handler in opened.into_iter().rev() {
            self.builder.push_handler(handler);
        }
    }

    pub(super) fn try_statement(&mut self, node: Node<'t>) {
        let catches = self.children_of(node, "catch_clause");
        let finally = self
            .children_of(node, "finally_clause")
            .first()
            .and_then(|clause| clause.named_child(0));
        let after = self.builder.new_block();
        if let Some(block) = finally {
            self.context().frames.push(Frame::Finally(block));
        }
        // Exceptions that no clause catches run `finally` and go on.
        let rethrow = finally.map(|_| self.builder.new_block());
        if let Some(rethrow) = rethrow {
            self.builder.push_handler(rethrow);
            self.context().frames.push(Frame::Handler(rethrow));
        }
        let handler = (!catches.is_empty()).then(|| self.builder.new_block());
        if let Some(handler) = handler {
            self.builder.push_handler(handler);
            self.context().frames.push(Frame::Handler(handler));
        }
        self.builder.push_scope();
        if let Some(resources) = field(node, "resources") {
            for resource in self.children(resources) {
                self.resource(resource);
            }
        }
        if let Some(body) = field(node, "body") {
            self.block(body);
        }
        self.builder.pop_scope();
        if handler.is_some() {
            self.context().frames.pop();
            self.builder.pop_handler();
        }
        let done = self.builder.new_block();
        self.goto(done);
        if let Some(handler) = handler {
            self.builder.switch_to(handler);
            let caught = self.builder.emit_temp(Op::Caught, span(node));
            for (at, clause) in catches.iter().enumerate() {
                let last = at + 1 == catches.len();
                let next = if last {
                    None
                } else {
                    let (body, next) = (self.builder.new_block(), self.builder.new_block());
                    let holds = self.builder.emit_temp(
                        Op::Compare {
                            op: CompareOp::Matches,
                            left: caught.clone(),
                            right: super::literals::null(),
                        },
                        span(*clause),
                    );
                    self.branch(holds, body, next);
                    self.builder.switch_to(body);
                    Some(next)
                };
                self.catch(*clause, &caught);
                self.goto(done);
                if let Some(next) = next {
                    self.builder.switch_to(next);
                }
            }
        }
        if let (Some(rethrow), Some(block)) = (rethrow, finally) {
            self.context().frames.pop();
            self.builder.pop_handler();
            self.context().frames.pop();
            self.builder.switch_to(rethrow);
            let caught = self.builder.emit_temp(Op::Caught, span(node));
            self.block(block);
            self.builder.terminate(Terminator::Throw(Some(caught)));
            self.builder.switch_to(done);
            self.block(block);
        } else {
            self.builder.switch_to(done);
        }
        self.builder.goto_and_switch(after);
    }

    fn resource(&mut self, node: Node<'t>) {
        let Some(value) = field(node, "value") else {
            // A variable that is there already.
            for child in self.children(node) {
                self.expression(child);
            }
            return;
        };
        let operand = self.expression(value);
        let operand = match field(node, "type") {
            Some(of) => self.typed(operand, of, span(node)),
            None => operand,
        };
        if let Some(name) = field(node, "name") {
            let symbol = self.symbol_of(name);
            let var = self.builder.declare(symbol);
            self.builder.emit_to(var, Op::Copy(operand), span(node));
        }
    }

    fn catch(&mut self, clause: Node<'t>, caught: &Operand) {
        self.builder.push_scope();
        for parameter in self.children_of(clause, "catch_formal_parameter") {
            if let Some(name) = field(parameter, "name") {
                let symbol = self.symbol_of(name);
                let var = self.builder.declare(symbol);
                self.builder
                    .emit_to(var, Op::Copy(caught.clone()), span(name));
            }
        }
        if let Some(body) = field(clause, "body") {
            self.block(body);
        }
        self.builder.pop_scope();
    }
}
