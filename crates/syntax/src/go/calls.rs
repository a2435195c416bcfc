//! Calls, and the functions that the language predeclares.

use tree_sitter::Node;

use super::operands::{null, positional};
use super::types::is_predeclared;
use super::{Lowering, field, span};
use crate::ir::{Arg, ArgKind, Callee, IterKind, Op, Operand, SequenceKind, Span, Terminator};

impl<'t> Lowering<'t> {
    pub(super) fn call(&mut self, node: Node<'t>) -> Operand {
        let at = span(node);
        if let Some(result) = self.conversion(node) {
            return result;
        }
        if let Some(result) = self.predeclared(node) {
            return result;
        }
        match self.callee_and_arguments(node) {
            Some((callee, args)) => self.builder.emit_temp(Op::Call { callee, args }, at),
            None => null(),
        }
    }

    /// What a call calls, and with what. `None` where a conversion or a predeclared function that is
    /// not called at all stands.
    pub(super) fn callee_and_arguments(&mut self, node: Node<'t>) -> Option<(Callee, Vec<Arg>)> {
        let function = field(node, "function")?;
        let function = unwrapped(function);
        let callee = match function.kind() {
            "selector_expression" => {
                let (operand, name) = (field(function, "operand")?, field(function, "field")?);
                let receiver = self.expression(operand);
                Callee::Method {
                    receiver,
                    name: self.symbol_of(name),
                }
            }
            _ => Callee::Function(self.expression(function)),
        };
        let args = match field(node, "arguments") {
            Some(list) => self.arguments(list),
            None => Vec::new(),
        };
        Some((callee, args))
    }

    fn arguments(&mut self, list: Node<'t>) -> Vec<Arg> {
        let mut args = Vec::new();
        for argument in self.children(list) {
            let spread = argument.kind() == "variadic_argument";
            let value = self.expression(argument);
            let kind = if spread {
                ArgKind::Spread
            } else {
                ArgKind::Positional
            };
            args.push(Arg { kind, value });
        }
        args
    }

    fn argument_nodes(&mut self, node: Node<'t>) -> Vec<Node<'t>> {
        match field(node, "arguments") {
            Some(list) => self.children(list),
            None => Vec::new(),
        }
    }

    /// `T(x)` and `(*T)(x)`.
    fn conversion(&mut self, node: Node<'t>) -> Option<Operand> {
        let function = field(node, "function")?;
        let arguments = self.argument_nodes(node);
        let [argument] = arguments.as_slice() else {
            return None;
        };
        let named = unwrapped(function);
        let is_pointer = function.kind() == "parenthesized_expression"
            && named.kind() == "unary_expression"
            && field(named, "operator").is_some_and(|op| self.text_of(op) == "*")
            && field(named, "operand")
                .is_some_and(|of| matches!(of.kind(), "identifier" | "selector_expression"));
        let is_type = match named.kind() {
            "identifier" => {
                let name = self.text_of(named);
                let symbol = self.builder.intern(name);
                if is_predeclared(name) {
                    self.is_global(symbol)
                } else {
                    self.shapes.contains_key(name) && !self.is_global(symbol)
                }
            }
            kind => kind.ends_with("_type"),
        };
        if !is_type && !is_pointer {
            return None;
        }
        let value = self.expression(*argument);
        Some(self.typed(value, named, span(node)))
    }

    /// `make`, `new`, `delete`, `copy`, `panic` and `recover`. The others are calls of a name.
    fn predeclared(&mut self, node: Node<'t>) -> Option<Operand> {
        let function = field(node, "function")?;
        if function.kind() != "identifier" {
            return None;
        }
        let name = self.text_of(function);
        if !matches!(
            name,
            "make" | "new" | "delete" | "copy" | "panic" | "recover" | "clear" | "close"
        ) {
            return None;
        }
        let symbol = self.builder.intern(name);
        if !self.is_global(symbol) {
            return None;
        }
        let at = span(node);
        let arguments = self.argument_nodes(node);
        match (name, arguments.as_slice()) {
            ("make", [of, sizes @ ..]) => {
                for size in sizes {
                    self.expression(*size);
                }
                Some(self.made(*of, at))
            }
            ("new", [of]) => self.zero(*of, None, at).or(Some(null())),
            ("delete", [base, index]) => {
                let base = self.expression(*base);
                let index = self.expression(*index);
                self.builder.emit(Op::Delete { base, index }, at);
                Some(null())
            }
            ("copy", [to, from]) => {
                let base = self.expression(*to);
                let iterable = self.expression(*from);
                let op = Op::Next {
                    iterable,
                    kind: IterKind::Elements,
                };
                let value = self.builder.emit_temp(op, at);
                let index = self.some_index(&base, at);
                let count = index.clone();
                self.builder.emit(Op::StoreIndex { base, index, value }, at);
                Some(count)
            }
            ("panic", [value]) => {
                let value = self.expression(*value);
                self.builder.terminate(Terminator::Throw(Some(value)));
                Some(null())
            }
            ("recover", []) => Some(self.builder.emit_temp(Op::Caught, at)),
            ("clear" | "close", [value]) => {
                self.expression(*value);
                Some(null())
            }
            _ => None,
        }
    }

    /// `make(T)`
    fn made(&mut self, of: Node<'t>, at: Span) -> Operand {
        use super::types::Shape;
        match self.shape(of) {
            Shape::Map(_) => self.builder.emit_temp(
                Op::Map {
                    entries: Vec::new(),
                },
                at,
            ),
            Shape::List(_) | Shape::Channel => self.builder.emit_temp(
                Op::Sequence {
                    kind: SequenceKind::List,
                    elements: Vec::new(),
                },
                at,
            ),
            // A type of another file: `make(http.Header)`.
            Shape::Struct(_) | Shape::Other => {
                let class = self.type_value(of);
                let op = Op::Call {
                    callee: Callee::New(class),
                    args: Vec::new(),
                };
                self.builder.emit_temp(op, at)
            }
        }
    }

    /// `ch <- x`
    pub(super) fn send(&mut self, node: Node<'t>) {
        let (Some(channel), Some(value)) = (field(node, "channel"), field(node, "value")) else {
            return;
        };
        let base = self.expression(channel);
        let value = self.expression(value);
        let index = self.some_index(&base, span(node));
        self.builder
            .emit(Op::StoreIndex { base, index, value }, span(node));
    }

    /// An argument list of values already lowered.
    pub(super) fn new_of(&mut self, class: Operand, args: Vec<Arg>, at: Span) -> Operand {
        let op = Op::Call {
            callee: Callee::New(class),
            args,
        };
        self.builder.emit_temp(op, at)
    }

    pub(super) fn positional_args(values: Vec<Operand>) -> Vec<Arg> {
        values.into_iter().map(positional).collect()
    }
}

/// What stands in parentheses.
fn unwrapped(node: Node<'_>) -> Node<'_> {
    let mut at = node;
    while at.kind() == "parenthesized_expression"
        && let Some(inner) = at.named_child(0)
    {
        at = inner;
    }
    at
}
