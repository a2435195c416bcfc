//! Statements without jumps of their own: declarations, blocks, expressions.

use tree_sitter::Node;

use super::{Lowering, field, span};
use crate::ir::{Op, Terminator};

impl<'t> Lowering<'t> {
    /// A block with a scope of its own.
    pub(super) fn block(&mut self, block: Node<'t>) {
        self.builder.push_scope();
        for statement in self.children(block) {
            self.statement(statement);
        }
        self.builder.pop_scope();
    }

    pub(super) fn statement(&mut self, node: Node<'t>) {
        match node.kind() {
            "block" | "constructor_body" => self.block(node),
            "local_variable_declaration" => self.local_variables(node),
            "expression_statement" => {
                for child in self.children(node) {
                    self.expression(child);
                }
            }
            "if_statement" => self.if_statement(node),
            "while_statement" => self.while_statement(node),
            "do_statement" => self.do_statement(node),
            "for_statement" => self.for_statement(node),
            "enhanced_for_statement" => self.for_each(node),
            "switch_expression" => {
                self.switch(node, false);
            }
            "try_statement" | "try_with_resources_statement" => self.try_statement(node),
            "labeled_statement" => self.labelled(node),
            "break_statement" | "continue_statement" => self.jump(node),
            "yield_statement" => self.yield_statement(node),
            "return_statement" => {
                let value = node.named_child(0).filter(|c| !super::is_comment(*c));
                match value {
                    Some(value) if self.is_logical(value) => self.return_answer(value),
                    value => {
                        let value = value.map(|value| self.expression(value));
                        self.leave_by_return(value);
                    }
                }
            }
            "throw_statement" => {
                let value = node.named_child(0).map(|value| self.expression(value));
                self.builder.terminate(Terminator::Throw(value));
            }
            "synchronized_statement" => {
                for child in self.children(node) {
                    if child.kind() == "block" {
                        self.block(child);
                    } else {
                        self.expression(child);
                    }
                }
            }
            "assert_statement" => {
                // Assertions are off unless the machine is told otherwise: nothing rests on them.
                for child in self.children(node) {
                    self.expression(child);
                }
            }
            "explicit_constructor_invocation" => self.constructor_call(node),
            "class_declaration"
            | "interface_declaration"
            | "enum_declaration"
            | "record_declaration" => self.type_declaration(node),
            "import_declaration" | "package_declaration" | "annotation_type_declaration" => {}
            _ if node.is_error() => {
                for child in self.children(node) {
                    if child.kind().ends_with("_statement")
                        || child.kind().ends_with("_declaration")
                        || matches!(child.kind(), "block" | "ERROR" | "method_invocation")
                    {
                        self.statement(child);
                    }
                }
            }
            _ => {
                self.expression(node);
            }
        }
    }

    fn local_variables(&mut self, node: Node<'t>) {
        let of = field(node, "type");
        for declarator in self.fields(node, "declarator") {
            let Some(name) = field(declarator, "name") else {
                continue;
            };
            let value = field(declarator, "value").map(|value| self.expression(value));
            let symbol = self.symbol_of(name);
            let is_array = field(declarator, "dimensions").is_some();
            let var = self.builder.declare(symbol);
            if let Some(value) = value {
                let value = match of {
                    Some(of) if !is_array => self.typed(value, of, span(declarator)),
                    _ => value,
                };
                self.builder.emit_to(var, Op::Copy(value), span(declarator));
            }
        }
    }
}
