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
//! - `x instanceof T t` binds `t` before the branch. An array is a list.

mod calls;
mod classes;
mod control;
mod expressions;
mod literals;
mod members;
mod names;
mod statements;

use rustc_hash::FxHashMap;
use tree_sitter::{Node, Parser, Tree, TreeCursor};

use crate::builder::{Exports, ModuleBuilder};
use crate::ir::{Language, Module, Op, Operand, Span, Symbol};
use crate::lines::count_not_blank;
use crate::{Refused, Source};

use self::classes::ClassScope;
use self::control::Frame;
use self::names::Imports;

/// The parser reports after a hundred steps; text that parses takes about one step for a token.
/// Recovering from errors in text that is not Java at all may take far more: then it is refused.
const BYTES_PER_ROUND: usize = 1;
const MIN_ROUNDS: usize = 2_000;

/// Lowers one file.
pub(crate) fn lower(source: Source<'_>) -> Result<Module, Refused> {
    let tree = parse(source.text)?;
    let root = tree.root_node();
    let mut lowering = Lowering {
        builder: ModuleBuilder::new(Language::Java),
        text: source.text,
        cursor: root.walk(),
        imports: Imports::default(),
        types: FxHashMap::default(),
        classes: Vec::new(),
        contexts: vec![Context::default()],
        finally_copies: 0,
    };
    lowering.syntax_errors(root);
    let exports = lowering.file(root);
    let lines = count_not_blank(source.text);
    Ok(lowering.builder.finish(Exports::Named(exports), lines))
}

fn parse(text: &str) -> Result<Tree, Refused> {
    let failed = |message: &str| Refused::ParserPanicked {
        message: message.to_owned(),
    };
    let mut parser = Parser::new();
    parser
        .set_language(&tree_sitter_java::LANGUAGE.into())
        .map_err(|error| failed(&error.to_string()))?;
    let limit = MIN_ROUNDS.max(text.len() / BYTES_PER_ROUND);
    let mut rounds = 0_usize;
    let mut progress = |_: &tree_sitter::ParseState| {
        rounds += 1;
        if rounds > limit {
            std::ops::ControlFlow::Break(())
        } else {
            std::ops::ControlFlow::Continue(())
        }
    };
    let options = tree_sitter::ParseOptions::new().progress_callback(&mut progress);
    let bytes = text.as_bytes();
    parser
        .parse_with_options(
            &mut |at, _| bytes.get(at..).unwrap_or_default(),
            None,
            Some(options),
        )
        .ok_or_else(|| failed("it could not make sense of the text"))
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
    /// How often `finally` blocks were copied.
    finally_copies: usize,
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

    /// Records what the parser skipped or made up, in the order of the text.
    fn syntax_errors(&mut self, root: Node<'t>) {
        if !root.has_error() {
            return;
        }
        let mut cursor = root.walk();
        loop {
            let node = cursor.node();
            if node.is_missing() {
                let message = format!("`{}` is missing", node.kind());
                self.builder.syntax_error(span(node), message);
            } else if node.is_error() {
                let message = "text that does not belong here".to_owned();
                self.builder.syntax_error(span(node), message);
            }
            if node.has_error() && cursor.goto_first_child() {
                continue;
            }
            while !cursor.goto_next_sibling() {
                if !cursor.goto_parent() {
                    return;
                }
            }
        }
    }

    fn emit(&mut self, op: Op, node: Node<'t>) -> Operand {
        self.builder.emit_temp(op, span(node))
    }
}

fn is_comment(node: Node<'_>) -> bool {
    matches!(node.kind(), "line_comment" | "block_comment")
}

fn span(node: Node<'_>) -> Span {
    Span::new(node.start_byte() as u32, node.end_byte() as u32)
}

/// A child in a field that every tree without errors has.
fn field<'t>(node: Node<'t>, name: &str) -> Option<Node<'t>> {
    node.child_by_field_name(name)
}
