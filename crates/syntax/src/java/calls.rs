//! Calls: of methods, of constructors, and what makes functions: lambdas and method references.

use tree_sitter::Node;

use super::literals::null;
use super::{Lowering, field, span};
use crate::ir::{ArgKind, Callee, Op, Operand, Terminator};

impl<'t> Lowering<'t> {
    pub(super) fn invocation(&mut self, node: Node<'t>) -> Operand {
        let Some(name) = field(node, "name") else {
            return null();
        };
        let at = span(node);
        let symbol = self.symbol_of(name);
        let callee = match field(node, "object") {
            Some(object) if object.kind() == "super" => Callee::Super { name: symbol },
            Some(object) => {
                let receiver = self.receiver(object);
                Callee::Method {
                    receiver,
                    name: symbol,
                }
            }
            None => {
                if let Some(receiver) = self.own_method(symbol, at) {
                    Callee::Method {
                        receiver,
                        name: symbol,
                    }
                } else if let Some(function) = self.static_import(self.text_of(name), at) {
                    Callee::Function(function)
                } else {
                    // A method of a base class.
                    let receiver = self.emit(Op::This, node);
                    Callee::Method {
                        receiver,
                        name: symbol,
                    }
                }
            }
        };
        let args = match field(node, "arguments") {
            Some(list) => self.arguments(list),
            None => Vec::new(),
        };
        // A name of an enum is one of those that the program wrote.
        if self.text_of(name) == "valueOf"
            && let Some(object) = field(node, "object")
            && self
                .types
                .get(self.text_of(object))
                .is_some_and(|own| own.is_enum)
            && let [arg] = args.as_slice()
        {
            let of = self.builder.intern("enum");
            let value = arg.value.clone();
            return self.builder.emit_temp(Op::Typed { value, of }, at);
        }
        self.builder.emit_temp(Op::Call { callee, args }, at)
    }

    /// The receiver of a call. Long chains of calls nest to the left; they are as deep as they are
    /// long, and lowered in a loop.
    fn receiver(&mut self, object: Node<'t>) -> Operand {
        let mut chain = Vec::new();
        let mut at = object;
        while at.kind() == "method_invocation"
            && let Some(inner) = field(at, "object")
            && inner.kind() != "super"
        {
            chain.push(at);
            at = inner;
        }
        let mut value = self.expression(at);
        for call in chain.into_iter().rev() {
            let Some(name) = field(call, "name") else {
                continue;
            };
            let name = self.symbol_of(name);
            let args = match field(call, "arguments") {
                Some(list) => self.arguments(list),
                None => Vec::new(),
            };
            let callee = Callee::Method {
                receiver: value,
                name,
            };
            value = self
                .builder
                .emit_temp(Op::Call { callee, args }, span(call));
        }
        value
    }

    /// `new T(…)`, with or without a body.
    pub(super) fn creation(&mut self, node: Node<'t>) -> Operand {
        let Some(of) = field(node, "type") else {
            return null();
        };
        let body = self.children_of(node, "class_body").first().copied();
        let class = match body {
            Some(body) => {
                let base = match self.type_name(of) {
                    Some(base) => base,
                    None => self.symbol_of(of),
                };
                self.anonymous_class(base, body)
            }
            None => self.type_value(of),
        };
        let args = match field(node, "arguments") {
            Some(list) => self.arguments(list),
            None => Vec::new(),
        };
        self.emit(
            Op::Call {
                callee: Callee::New(class),
                args,
            },
            node,
        )
    }

    pub(super) fn lambda(&mut self, node: Node<'t>) -> Operand {
        self.begin_lambda(span(node));
        match field(node, "parameters") {
            Some(one) if one.kind() == "identifier" => {
                self.parameters_of_one(one);
            }
            list => self.parameters(list),
        }
        if let Some(body) = field(node, "body") {
            if body.kind() == "block" {
                self.block(body);
            } else if self.is_logical(body) {
                self.return_answer(body);
            } else {
                let value = self.expression(body);
                self.builder.terminate(Terminator::Return(Some(value)));
            }
        }
        self.contexts.pop();
        let id = self.builder.end_function();
        self.emit(Op::Closure(id), node)
    }

    fn parameters_of_one(&mut self, name: Node<'t>) {
        let symbol = self.symbol_of(name);
        let var = self.builder.declare(symbol);
        self.builder.function().params.push(crate::ir::Param {
            var,
            name: symbol,
            kind: crate::ir::ParamKind::Positional,
            has_default: false,
            annotation: None,
            decorators: Vec::new(),
            span: span(name),
        });
    }

    /// `this::check`, `String::trim`, `User::new`.
    pub(super) fn method_reference(&mut self, node: Node<'t>) -> Operand {
        let children = self.children(node);
        let Some(base) = children.first().copied() else {
            return null();
        };
        let last = node
            .child_count()
            .checked_sub(1)
            .and_then(|at| node.child(at));
        let base = self.expression(base);
        match last {
            Some(name) if name.kind() == "identifier" => {
                let name = self.symbol_of(name);
                self.emit(Op::Field { base, name }, node)
            }
            _ => base,
        }
    }

    /// `this(…)` and `super(…)`.
    pub(super) fn constructor_call(&mut self, node: Node<'t>) {
        let name = self.builder.intern("constructor");
        let callee = match field(node, "constructor") {
            Some(which) if which.kind() == "this" => {
                let receiver = self.emit(Op::This, node);
                Callee::Method { receiver, name }
            }
            _ => Callee::Super { name },
        };
        let args = match field(node, "arguments") {
            Some(list) => self.arguments(list),
            None => Vec::new(),
        };
        debug_assert!(args.iter().all(|a| a.kind == ArgKind::Positional));
        self.builder.emit(Op::Call { callee, args }, span(node));
    }
}
