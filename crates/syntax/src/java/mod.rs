//! Java: from the tree of `tree-sitter-java` to the representation.
//!
//! The parser is error tolerant: a file with syntax errors is lowered as far as it was understood
//! and its errors are recorded. Choices that a reader of the result must know:
//!
//! - Types are named in full where the file's imports, its own declarations or `java.lang` decide it
//!   (`java.sql.Statement`), and as written otherwise. Type arguments and array brackets are dropped.
//! - The module body imports, binds the types of the file, and evaluates static fields, which are its
//!   variables under the name `Class.field`. Enum constants are static fields.
//! - A method has no parameter for its receiver: `this` is [`Op::This`]. A call without a receiver is a
//!   call on `this`, or on the class if the method is static. Constructors are called `constructor`
//!   and begin with the initialisers of fields; a class without one gets one for them.
//! - A variable of a declared type is [`Op::Typed`]; `String` and `Object` say nothing new.
//! - A lambda is a closure; a method reference reads the method as a field. Methods of anonymous
//!   classes are functions inside the one that makes the object.
//! - A method whose annotation is SQL with values put in has the body that it stands for ([`mapped`]).
//! - `x instanceof T t` binds `t` before the branch. An array is a list.

mod calls;
mod classes;
mod control;
mod expressions;
mod literals;
mod mapped;
mod members;
mod names;
mod statements;

use rustc_hash::FxHashMap;
use tree_sitter::{Node, TreeCursor};

use crate::builder::{Exports, ModuleBuilder};
use crate::copies::Copies;
use crate::ir::{Language, Module, Op, Operand, Symbol};
use crate::lines::count_not_blank;
use crate::tree::{field, parse, span, syntax_errors};
use crate::{Refused, Source};

use self::classes::ClassScope;
use self::control::Frame;
use self::names::Imports;

/// Lowers one file.
pub(crate) fn lower(source: Source<'_>) -> Result<Module, Refused> {
    let tree = parse(&tree_sitter_java::LANGUAGE.into(), source.text)?;
    let root = tree.root_node();
    let mut lowering = Lowering {
        builder: ModuleBuilder::new(Language::Java),
        text: source.text,
        cursor: root.walk(),
        imports: Imports::default(),
        types: FxHashMap::default(),
        classes: Vec::new(),
        contexts: vec![Context::default()],
        copies: Copies::of(source.text),
    };
    syntax_errors(&mut lowering.builder, root);
    let exports = lowering.file(root);
    let lines = count_not_blank(source.text);
    Ok(lowering.builder.finish(Exports::Named(exports), lines))
}

/// The walk over one file's tree.
struct Lowering<'t> {
    builder: ModuleBuilder,
    text: &'t str,
    /// One cursor for all lists of children: making one allocates.
    cursor: TreeCursor<'t>,
    imports: Imports,
    /// The types of the file by simple name.
    types: FxHashMap<&'t str, names::OwnType>,
    /// The classes being lowered, outermost first.
    classes: Vec<ClassScope>,
    /// The functions being lowered, outermost first.
    contexts: Vec<Context<'t>>,
    copies: Copies,
}

/// What is known of a function while its body is lowered.
#[derive(Default)]
struct Context<'t> {
    /// What surrounds the present statement, outermost first.
    frames: Vec<Frame<'t>>,
    /// The label of the statement that comes next.
    label: Option<Symbol>,
}

impl<'t> Lowering<'t> {
    fn context(&mut self) -> &mut Context<'t> {
        let last = self.contexts.len() - 1;
        &mut self.contexts[last]
    }

    fn text_of(&self, node: Node<'t>) -> &'t str {
        self.text.get(node.byte_range()).unwrap_or("")
    }

    fn symbol_of(&mut self, node: Node<'t>) -> Symbol {
        let text = self.text_of(node);
        self.builder.intern(text)
    }

    /// The named children of a node but for comments.
    fn children(&mut self, node: Node<'t>) -> Vec<Node<'t>> {
        self.cursor.reset(node);
        let mut children = Vec::new();
        if self.cursor.goto_first_child() {
            loop {
                let child = self.cursor.node();
                if child.is_named() && !is_comment(child) {
                    children.push(child);
                }
                if !self.cursor.goto_next_sibling() {
                    break;
                }
            }
        }
        children
    }

    /// The named children of a kind.
    fn children_of(&mut self, node: Node<'t>, kind: &str) -> Vec<Node<'t>> {
        let mut children = self.children(node);
        children.retain(|child| child.kind() == kind);
        children
    }

    /// The children of a node in a field that repeats.
    fn fields(&mut self, node: Node<'t>, field: &str) -> Vec<Node<'t>> {
        self.cursor.reset(node);
        let mut children = Vec::new();
        if self.cursor.goto_first_child() {
            loop {
                let child = self.cursor.node();
                if child.is_named() && self.cursor.field_name() == Some(field) {
                    children.push(child);
                }
                if !self.cursor.goto_next_sibling() {
                    break;
                }
            }
        }
        children
    }

    /// What is not understood, with every value in it.
    fn unknown(&mut self, node: Node<'t>, inner: &[Node<'t>]) -> Operand {
        let operands = inner.iter().map(|child| self.expression(*child)).collect();
        let kind = if node.is_error() {
            "ERROR"
        } else if node.kind() == "template_expression" {
            "template_expression"
        } else {
            "_expression"
        };
        self.builder.emit_unknown(kind, operands, span(node))
    }

    fn emit(&mut self, op: Op, node: Node<'t>) -> Operand {
        self.builder.emit_temp(op, span(node))
    }
}

fn is_comment(node: Node<'_>) -> bool {
    matches!(node.kind(), "line_comment" | "block_comment")
}
