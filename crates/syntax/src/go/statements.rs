//! Statements.

use tree_sitter::Node;

use super::{Lowering, field, span};
use crate::ir::{Const, Operand};

impl<'t> Lowering<'t> {
    /// The statements of a block, in the scope that is open.
    pub(super) fn statements_of(&mut self, block: Node<'t>) {
        for child in self.children(block) {
            if child.kind() == "statement_list" {
                for statement in self.children(child) {
                    self.statement(statement);
                }
            } else {
                self.statement(child);
            }
        }
    }

    /// A block with a scope of its own.
    pub(super) fn block(&mut self, block: Node<'t>) {
        self.builder.push_scope();
        self.statements_of(block);
        self.builder.pop_scope();
    }

    pub(super) fn statement(&mut self, node: Node<'t>) {
        match node.kind() {
            "expression_statement" | "go_statement" => {
                if let Some(expression) = node.named_child(0) {
                    self.expression_statement(expression);
                }
            }
            "short_var_declaration" => self.short_var_declaration(node),
            "assignment_statement" => self.assignment(node),
            "inc_statement" => self.step(node, "+"),
            "dec_statement" => self.step(node, "-"),
            "send_statement" => self.send(node),
            "var_declaration" => self.var_declaration(node),
            "const_declaration" => self.const_declaration(node),
            "type_declaration" => self.type_declaration(node),
            "block" => self.block(node),
            "if_statement" => self.if_statement(node),
            "for_statement" => self.for_statement(node),
            "expression_switch_statement" => self.switch_statement(node),
            "type_switch_statement" => self.type_switch(node),
            "select_statement" => self.select_statement(node),
            "labeled_statement" => self.labeled(node),
            "return_statement" => self.return_statement(node),
            "break_statement" | "continue_statement" | "goto_statement" => self.jump(node),
            "defer_statement" => self.defer(node),
            "comment" | "empty_statement" | "fallthrough_statement" | "ERROR" => {
                if node.is_error() {
                    self.recovered(node);
                }
            }
            // Text that does not parse may leave a declaration in a block.
            "function_declaration"
            | "method_declaration"
            | "import_declaration"
            | "package_clause" => {}
            _ => self.expression_statement(node),
        }
    }

    fn expression_statement(&mut self, node: Node<'t>) {
        if node.kind() == "identifier" {
            return;
        }
        self.expression(node);
    }

    /// What is left of text that the parser gave up on.
    fn recovered(&mut self, node: Node<'t>) {
        for child in self.children(node) {
            let kind = child.kind();
            if kind.ends_with("_statement")
                || kind.ends_with("_declaration")
                || matches!(kind, "call_expression" | "block" | "ERROR")
            {
                self.statement(child);
            }
        }
    }

    fn return_statement(&mut self, node: Node<'t>) {
        let mut values = Vec::new();
        if let Some(list) = node.named_child(0)
            && list.kind() != "comment"
        {
            values = self.list(list);
        }
        if let [only] = values.as_slice()
            && self.is_logical(*only)
        {
            // What is known on each way to the answer stays known.
            let (then, otherwise) = (self.builder.new_block(), self.builder.new_block());
            self.condition(*only, then, otherwise);
            for (block, answer) in [(then, true), (otherwise, false)] {
                self.builder.switch_to(block);
                let answer = Operand::Const(Const::Bool(answer));
                self.return_values(vec![answer], span(node));
            }
            return;
        }
        let values = values.into_iter().map(|value| self.expression(value));
        let values = values.collect();
        self.return_values(values, span(node));
    }

    /// The statement that an `if` or `for` begins with.
    pub(super) fn initializer(&mut self, node: Node<'t>) {
        if let Some(initializer) = field(node, "initializer") {
            self.statement(initializer);
        }
    }
}
