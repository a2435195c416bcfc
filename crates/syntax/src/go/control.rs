//! Statements that steer: conditions, loops, `switch`, `select`, labels and jumps.

use tree_sitter::Node;

use super::operands::null;
use super::{Lowering, field, span};
use crate::ir::{BlockId, CompareOp, IterKind, Op, Operand, Span, Symbol, Terminator};

/// A statement that a jump can leave or go on with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    label: Option<Symbol>,
    break_to: BlockId,
    /// Only of loops.
    continue_to: Option<BlockId>,
}

impl<'t> Lowering<'t> {
    pub(super) fn goto(&mut self, block: BlockId) {
        self.builder.terminate(Terminator::Goto(block));
    }

    pub(super) fn if_statement(&mut self, node: Node<'t>) {
        let after = self.builder.new_block();
        let mut scopes = 0;
        let mut next = Some(node);
        // `else if` nests as deep as it is long.
        while let Some(node) = next.take() {
            self.builder.push_scope();
            scopes += 1;
            self.initializer(node);
            let then = self.builder.new_block();
            let alternative = field(node, "alternative");
            let otherwise = match alternative {
                Some(_) => self.builder.new_block(),
                None => after,
            };
            match field(node, "condition") {
                Some(condition) => self.condition(condition, then, otherwise),
                None => self.goto(then),
            }
            self.builder.switch_to(then);
            if let Some(body) = field(node, "consequence") {
                self.block(body);
            }
            self.goto(after);
            let Some(alternative) = alternative else {
                break;
            };
            self.builder.switch_to(otherwise);
            if alternative.kind() == "if_statement" {
                next = Some(alternative);
            } else {
                self.block(alternative);
                self.goto(after);
            }
        }
        for _ in 0..scopes {
            self.builder.pop_scope();
        }
        self.builder.switch_to(after);
    }

    pub(super) fn for_statement(&mut self, node: Node<'t>) {
        let label = self.context().label.take();
        let Some(body) = field(node, "body") else {
            return;
        };
        let head = self.children(node).into_iter().find(|child| *child != body);
        self.builder.push_scope();
        match head.map(|head| (head.kind(), head)) {
            Some(("range_clause", clause)) => self.range(clause, body, label),
            Some(("for_clause", clause)) => {
                self.initializer(clause);
                let condition = field(clause, "condition");
                let update = field(clause, "update");
                self.plain_loop(condition, update, body, label);
            }
            Some((_, condition)) => self.plain_loop(Some(condition), None, body, label),
            None => self.plain_loop(None, None, body, label),
        }
        self.builder.pop_scope();
    }

    fn plain_loop(
        &mut self,
        condition: Option<Node<'t>>,
        update: Option<Node<'t>>,
        body: Node<'t>,
        label: Option<Symbol>,
    ) {
        let (head, inside, after) = (
            self.builder.new_block(),
            self.builder.new_block(),
            self.builder.new_block(),
        );
        let continue_to = match update {
            Some(_) => self.builder.new_block(),
            None => head,
        };
        self.builder.goto_and_switch(head);
        match condition {
            Some(condition) => self.condition(condition, inside, after),
            None => self.goto(inside),
        }
        self.builder.switch_to(inside);
        self.framed(label, after, Some(continue_to), |lowering| {
            lowering.block(body);
        });
        self.goto(continue_to);
        if let Some(update) = update {
            self.builder.switch_to(continue_to);
            self.statement(update);
            self.goto(head);
        }
        self.builder.switch_to(after);
    }

    /// `for k, v := range xs`
    fn range(&mut self, clause: Node<'t>, body: Node<'t>, label: Option<Symbol>) {
        let at = span(clause);
        let Some(right) = field(clause, "right") else {
            return;
        };
        let iterable = self.expression(right);
        let (head, inside, after) = (
            self.builder.new_block(),
            self.builder.new_block(),
            self.builder.new_block(),
        );
        self.builder.goto_and_switch(head);
        let op = Op::HasNext {
            iterable: iterable.clone(),
        };
        let more = self.builder.emit_temp(op, at);
        self.branch(more, inside, after);
        self.builder.switch_to(inside);
        let lefts = match field(clause, "left") {
            Some(left) => self.list(left),
            None => Vec::new(),
        };
        let declares = (0..clause.child_count())
            .filter_map(|at| clause.child(at))
            .any(|child| child.kind() == ":=");
        let elements_first = lefts.len() == 1 && self.is_channel(right);
        for (position, left) in lefts.into_iter().enumerate() {
            let kind = if position == 0 && !elements_first {
                IterKind::Keys
            } else {
                IterKind::Elements
            };
            if self.text_of(left) == "_" {
                continue;
            }
            let op = Op::Next {
                iterable: iterable.clone(),
                kind,
            };
            let value = self.builder.emit_temp(op, span(left));
            if declares {
                if let Some(var) = self.declare_name(left) {
                    self.builder.emit_to(var, Op::Copy(value), span(left));
                }
            } else {
                self.assign_to(left, value, at);
            }
        }
        self.framed(label, after, Some(head), |lowering| lowering.block(body));
        self.goto(head);
        self.builder.switch_to(after);
    }

    fn is_channel(&self, node: Node<'t>) -> bool {
        let name = match node.kind() {
            "selector_expression" => field(node, "field").map(|name| self.text_of(name)),
            _ => Some(self.text_of(node)),
        };
        name.is_some_and(|name| self.channels.contains(name))
    }

    fn framed(
        &mut self,
        label: Option<Symbol>,
        break_to: BlockId,
        continue_to: Option<BlockId>,
        body: impl FnOnce(&mut Self),
    ) {
        self.context().frames.push(Frame {
            label,
            break_to,
            continue_to,
        });
        body(self);
        self.context().frames.pop();
    }

    pub(super) fn switch_statement(&mut self, node: Node<'t>) {
        let label = self.context().label.take();
        self.builder.push_scope();
        self.initializer(node);
        let value = field(node, "value").map(|value| {
            let operand = self.expression(value);
            (operand, span(value))
        });
        let cases = self.cases(node);
        let after = self.builder.new_block();
        let bodies: Vec<BlockId> = cases.iter().map(|_| self.builder.new_block()).collect();
        let mut default = after;
        for (case, body) in cases.iter().zip(&bodies) {
            if case.kind() == "default_case" {
                default = *body;
                continue;
            }
            let Some(list) = field(*case, "value") else {
                continue;
            };
            for test in self.list(list) {
                let next = self.builder.new_block();
                match &value {
                    Some((left, _)) => {
                        let right = self.expression(test);
                        let op = Op::Compare {
                            op: CompareOp::Eq,
                            left: left.clone(),
                            right,
                        };
                        let holds = self.builder.emit_temp(op, span(test));
                        self.branch(holds, *body, next);
                    }
                    None => self.condition(test, *body, next),
                }
                self.builder.switch_to(next);
            }
        }
        self.goto(default);
        self.case_bodies(label, &cases, &bodies, after, |_, _| {});
        self.builder.pop_scope();
        self.builder.switch_to(after);
    }

    fn cases(&mut self, node: Node<'t>) -> Vec<Node<'t>> {
        let mut cases = self.children(node);
        cases.retain(|child| {
            matches!(
                child.kind(),
                "expression_case" | "default_case" | "type_case" | "communication_case"
            )
        });
        cases
    }

    /// The statements of cases, each of which leaves the whole, or falls through to the next.
    fn case_bodies(
        &mut self,
        label: Option<Symbol>,
        cases: &[Node<'t>],
        bodies: &[BlockId],
        after: BlockId,
        mut first: impl FnMut(&mut Self, Node<'t>),
    ) {
        for (at, (case, body)) in cases.iter().zip(bodies).enumerate() {
            self.builder.switch_to(*body);
            self.builder.push_scope();
            first(self, *case);
            let mut falls = false;
            self.framed(label, after, None, |lowering| {
                for child in lowering.children(*case) {
                    if child.kind() != "statement_list" {
                        continue;
                    }
                    for statement in lowering.children(child) {
                        falls = statement.kind() == "fallthrough_statement";
                        lowering.statement(statement);
                    }
                }
            });
            self.builder.pop_scope();
            let next = bodies.get(at + 1).copied().filter(|_| falls);
            self.goto(next.unwrap_or(after));
        }
    }

    /// `switch v := x.(type)`
    pub(super) fn type_switch(&mut self, node: Node<'t>) {
        let label = self.context().label.take();
        self.builder.push_scope();
        self.initializer(node);
        let value = match field(node, "value") {
            Some(value) => self.expression(value),
            None => null(),
        };
        let alias = match field(node, "alias") {
            Some(alias) => self.list(alias).into_iter().next(),
            None => None,
        };
        let cases = self.cases(node);
        let after = self.builder.new_block();
        let bodies: Vec<BlockId> = cases.iter().map(|_| self.builder.new_block()).collect();
        let mut default = after;
        for (case, body) in cases.iter().zip(&bodies) {
            if case.kind() == "default_case" {
                default = *body;
                continue;
            }
            for of in self.fields(*case, "type") {
                let next = self.builder.new_block();
                let holds = if self.text_of(of) == "nil" {
                    let op = Op::Compare {
                        op: CompareOp::Eq,
                        left: value.clone(),
                        right: null(),
                    };
                    self.builder.emit_temp(op, span(of))
                } else {
                    self.is_of_type(value.clone(), of, span(of))
                };
                self.branch(holds, *body, next);
                self.builder.switch_to(next);
            }
        }
        self.goto(default);
        self.case_bodies(label, &cases, &bodies, after, |lowering, case| {
            let Some(alias) = alias else { return };
            let types = lowering.fields(case, "type");
            let bound = match types.as_slice() {
                [only] => lowering.typed(value.clone(), *only, span(*only)),
                _ => value.clone(),
            };
            if let Some(var) = lowering.declare_name(alias) {
                lowering.builder.emit_to(var, Op::Copy(bound), span(alias));
            }
        });
        self.builder.pop_scope();
        self.builder.switch_to(after);
    }

    /// Whichever communication can go on: none is preferred.
    pub(super) fn select_statement(&mut self, node: Node<'t>) {
        let label = self.context().label.take();
        let cases = self.cases(node);
        let after = self.builder.new_block();
        let bodies: Vec<BlockId> = cases.iter().map(|_| self.builder.new_block()).collect();
        for body in bodies.iter().take(bodies.len().saturating_sub(1)) {
            let next = self.builder.new_block();
            let ready = self
                .builder
                .emit_temp(Op::HasNext { iterable: null() }, span(node));
            self.branch(ready, *body, next);
            self.builder.switch_to(next);
        }
        // `select {}` blocks for ever.
        match bodies.last() {
            Some(last) => self.goto(*last),
            None => self.builder.terminate(Terminator::Throw(None)),
        }
        self.case_bodies(label, &cases, &bodies, after, |lowering, case| {
            if let Some(communication) = field(case, "communication") {
                lowering.communication(communication);
            }
        });
        self.builder.switch_to(after);
    }

    fn communication(&mut self, node: Node<'t>) {
        if node.kind() == "send_statement" {
            self.send(node);
            return;
        }
        let Some(right) = field(node, "right") else {
            return;
        };
        let at = span(node);
        let value = self.expression(right);
        let lefts = match field(node, "left") {
            Some(left) => self.list(left),
            None => return,
        };
        let declares = (0..node.child_count())
            .filter_map(|at| node.child(at))
            .any(|child| child.kind() == ":=");
        for (position, left) in lefts.into_iter().enumerate() {
            let value = if position == 0 {
                value.clone()
            } else {
                let op = Op::HasNext {
                    iterable: value.clone(),
                };
                self.builder.emit_temp(op, at)
            };
            if declares {
                if let Some(var) = self.declare_name(left) {
                    self.builder.emit_to(var, Op::Copy(value), at);
                }
            } else {
                self.assign_to(left, value, at);
            }
        }
    }

    // Labels and jumps.

    pub(super) fn labeled(&mut self, node: Node<'t>) {
        let Some(name) = field(node, "label") else {
            return;
        };
        let label = self.symbol_of(name);
        let block = self.label_block(label);
        self.context()
            .missing_labels
            .retain(|missing| *missing != block);
        self.builder.goto_and_switch(block);
        self.context().label = Some(label);
        for child in self.children(node) {
            if child != name {
                self.statement(child);
            }
        }
        self.context().label = None;
    }

    fn label_block(&mut self, label: Symbol) -> BlockId {
        if let Some(block) = self.context().labels.get(&label) {
            return *block;
        }
        let block = self.builder.new_block();
        self.context().labels.insert(label, block);
        self.context().missing_labels.push(block);
        block
    }

    /// Ends the blocks of labels that are jumped to and stand nowhere: the text does not compile.
    pub(super) fn end_missing_labels(&mut self) {
        let current = self.builder.current();
        for block in std::mem::take(&mut self.context().missing_labels) {
            self.builder.switch_to(block);
            self.builder.terminate(Terminator::Throw(None));
        }
        self.builder.switch_to(current);
    }

    pub(super) fn jump(&mut self, node: Node<'t>) {
        let label = node.named_child(0).map(|label| self.symbol_of(label));
        let target = match (node.kind(), label) {
            ("goto_statement", Some(label)) => Some(self.label_block(label)),
            ("continue_statement", label) => self
                .context()
                .frames
                .iter()
                .rev()
                .filter(|frame| label.is_none() || frame.label == label)
                .find_map(|frame| frame.continue_to),
            (_, label) => self
                .context()
                .frames
                .iter()
                .rev()
                .find(|frame| label.is_none() || frame.label == label)
                .map(|frame| frame.break_to),
        };
        // A jump that leads nowhere does not compile.
        if let Some(target) = target {
            self.goto(target);
        }
    }

    /// Assigns to something that is not declared here.
    fn assign_to(&mut self, left: Node<'t>, value: Operand, at: Span) {
        let target = self.target(left);
        self.assign(target, value, at);
    }
}
