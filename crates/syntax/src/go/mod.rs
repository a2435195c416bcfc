//! Go: from the tree of `tree-sitter-go` to the representation.
//!
//! The parser is error tolerant: a file with syntax errors is lowered as far as it was understood
//! and its errors are recorded. Choices that a reader of the result must know:
//!
//! - Import paths are written without major versions (`/v2`, `.v3`), so that models name a library
//!   once. Types are named by import path: `net/http.Request`; those of the package itself by their
//!   bare name. Pointers and type arguments are dropped; a slice of numbers is named by the number.
//! - The module body binds imports, types and functions, evaluates package-level variables in the
//!   order of the text, and calls `init` and, in package `main`, `main`.
//! - A method's receiver is its first parameter. The class of a method is made in each file that
//!   has methods of the type; only the file that declares the type gives it fields and bases.
//! - Embedded types are bases. The methods of an interface, which have no body, are fields with a
//!   decorator `method`. Struct tags are decorators named by their key, with the value as argument.
//! - `&x` and `*x` are `x`; a store through a pointer is a store at an unknown index and gives the
//!   pointer's variable the value. A value of a struct type is made by [`Callee::New`](crate::ir::Callee::New)
//!   with its fields as keywords; the zero value likewise, without any.
//! - Several results are a tuple that is taken apart. `v, ok := m[k]` gives `ok` the value of `k in m`;
//!   of a type assertion, of [`CompareOp::InstanceOf`](crate::ir::CompareOp::InstanceOf).
//! - A channel is a container: sending stores at an unknown index, receiving takes the next element.
//!   An unknown index is the result of [`Op::HasNext`](crate::ir::Op::HasNext).
//! - Deferred calls run, last first, where the function is left; what they are applied to is
//!   evaluated where `defer` stands. `go f(x)` is a call whose result is dropped.
//! - `panic` throws, `recover` is what was caught.

mod calls;
mod control;
mod declarations;
mod expressions;
mod functions;
mod imports;
mod literals;
mod operands;
mod statements;
mod targets;
mod types;

use rustc_hash::{FxHashMap, FxHashSet};
use tree_sitter::{Node, TreeCursor};

use crate::builder::{Exports, ModuleBuilder};
use crate::ir::{BlockId, ClassId, Language, Module, Op, Operand, Span, Symbol, Var};
use crate::limits::go::endless_comment;
use crate::lines::count_not_blank;
use crate::tree::{field, parse, span, syntax_errors};
use crate::{Refused, Source};

use control::Frame;
use types::Shape;

/// Lowers one file.
pub(crate) fn lower(source: Source<'_>) -> Result<Module, Refused> {
    let endless = endless_comment(source.text.as_bytes());
    let text = source.text.get(..endless.unwrap_or(source.text.len()));
    let text = text.unwrap_or(source.text);
    let tree = parse(&tree_sitter_go::LANGUAGE.into(), text)?;
    let mut builder = ModuleBuilder::new(Language::Go);
    let empty = builder.intern("");
    let root = tree.root_node();
    let mut lowering = Lowering {
        builder,
        text,
        cursor: root.walk(),
        contexts: vec![Context::new(empty)],
        imports: FxHashMap::default(),
        shapes: FxHashMap::default(),
        classes: FxHashMap::default(),
        channels: FxHashSet::default(),
        iota: None,
    };
    syntax_errors(&mut lowering.builder, root);
    if let Some(at) = endless {
        let rest = Span::new(at as u32, source.text.len() as u32);
        let message = "the comment has no end".to_owned();
        lowering.builder.syntax_error(rest, message);
    }
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
    /// The functions being lowered, outermost first.
    contexts: Vec<Context>,
    /// Import paths by the name that the file gives them.
    imports: FxHashMap<&'t str, Symbol>,
    /// What the named types of the file are made of.
    shapes: FxHashMap<&'t str, Shape<'t>>,
    /// Classes by the name of their type.
    classes: FxHashMap<&'t str, ClassId>,
    /// Names that the file declares as channels.
    channels: FxHashSet<&'t str>,
    /// The value of `iota`, inside a constant declaration.
    iota: Option<i64>,
}

/// What is known of a function while its body is lowered.
struct Context {
    qualified: Symbol,
    /// The statements around the present one that can be left by a jump.
    frames: Vec<Frame>,
    /// Where labels stand.
    labels: FxHashMap<Symbol, BlockId>,
    /// Those that have been jumped to and not been seen.
    missing_labels: Vec<BlockId>,
    /// The label of the statement that comes next.
    label: Option<Symbol>,
    /// Named results, for a bare `return`.
    results: Vec<Var>,
    /// Calls to make on leaving, in the order of the text.
    deferred: Vec<(Op, Span)>,
    /// Where functions with deferred calls are left, and what they return.
    exit: Option<(BlockId, Var)>,
}

impl Context {
    fn new(qualified: Symbol) -> Self {
        Self {
            qualified,
            frames: Vec::new(),
            labels: FxHashMap::default(),
            missing_labels: Vec::new(),
            label: None,
            results: Vec::new(),
            deferred: Vec::new(),
            exit: None,
        }
    }
}

impl<'t> Lowering<'t> {
    fn context(&mut self) -> &mut Context {
        let last = self.contexts.len() - 1;
        &mut self.contexts[last]
    }

    /// The text of a node.
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
                if child.is_named() && child.kind() != "comment" {
                    children.push(child);
                }
                if !self.cursor.goto_next_sibling() {
                    break;
                }
            }
        }
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

    /// The expressions of a list, or the one expression that a node is.
    fn list(&mut self, node: Node<'t>) -> Vec<Node<'t>> {
        if node.kind() == "expression_list" {
            self.children(node)
        } else {
            vec![node]
        }
    }

    /// The variable that a name means here.
    fn name(&mut self, name: &str) -> Var {
        let symbol = self.builder.intern(name);
        self.builder.resolve(symbol)
    }

    /// An index of a container that is not known.
    fn some_index(&mut self, of: &Operand, at: Span) -> Operand {
        let op = Op::HasNext {
            iterable: of.clone(),
        };
        self.builder.emit_temp(op, at)
    }
}
