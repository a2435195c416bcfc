//! Functions, methods and function literals: parameters, results, and what happens on leaving.

use tree_sitter::Node;

use super::{Context, Lowering, field, span};
use crate::ir::{
    Callee, ClassId, Element, FuncId, FunctionKind, Op, Operand, Param, ParamKind, SequenceKind,
    Span, Symbol, Terminator,
};

/// What a function is called on.
#[derive(Clone, Copy, Debug)]
pub(super) enum Receiver<'t> {
    None,
    /// A parameter declaration, and the class of its type.
    Declared(ClassId, Node<'t>),
}

impl<'t> Lowering<'t> {
    pub(super) fn function(
        &mut self,
        node: Node<'t>,
        name: Symbol,
        qualified: Symbol,
        receiver: Receiver<'t>,
    ) -> FuncId {
        let kind = match (receiver, node.kind()) {
            (Receiver::Declared(..), _) => FunctionKind::Method,
            (Receiver::None, "func_literal") => FunctionKind::Lambda,
            (Receiver::None, _) => FunctionKind::Function,
        };
        let id = self
            .builder
            .begin_function(name, qualified, kind, span(node));
        self.contexts.push(Context::new(qualified));
        let outer_iota = self.iota.take();
        if let Receiver::Declared(class, declaration) = receiver {
            self.builder.function().class = Some(class);
            self.parameter(declaration);
        }
        if let Some(list) = field(node, "parameters") {
            for declaration in self.children(list) {
                self.parameter(declaration);
            }
        }
        if let Some(result) = field(node, "result") {
            let returns = self.result_type(result);
            self.builder.function().returns = returns;
            self.named_results(result);
        }
        if let Some(body) = field(node, "body") {
            if self.defers(body) {
                let exit = self.builder.new_block();
                let returned = self.builder.temp();
                self.context().exit = Some((exit, returned));
            }
            self.statements_of(body);
            self.leave(node);
            self.end_missing_labels();
        }
        self.iota = outer_iota;
        self.contexts.pop();
        self.builder.end_function();
        id
    }

    /// The end of the body, and the calls that were put off until then.
    fn leave(&mut self, node: Node<'t>) {
        let at = Span::new(span(node).end, span(node).end);
        self.return_values(Vec::new(), at);
        let Some((exit, returned)) = self.context().exit.take() else {
            return;
        };
        self.builder.switch_to(exit);
        let deferred = std::mem::take(&mut self.context().deferred);
        for (op, at) in deferred.into_iter().rev() {
            self.builder.emit(op, at);
        }
        let value = Operand::Var(returned);
        self.builder.terminate(Terminator::Return(Some(value)));
    }

    /// Whether the body puts calls off, other than in functions inside it.
    fn defers(&mut self, body: Node<'t>) -> bool {
        let range = body.byte_range();
        let text = self.text.get(range).unwrap_or("");
        if !text.contains("defer") {
            return false;
        }
        let mut cursor = body.walk();
        loop {
            let kind = cursor.node().kind();
            if kind == "defer_statement" {
                return true;
            }
            if kind != "func_literal" && cursor.goto_first_child() {
                continue;
            }
            while !cursor.goto_next_sibling() {
                if !cursor.goto_parent() || cursor.node() == body {
                    return false;
                }
            }
        }
    }

    fn parameter(&mut self, declaration: Node<'t>) {
        let kind = match declaration.kind() {
            "parameter_declaration" => ParamKind::Positional,
            "variadic_parameter_declaration" => ParamKind::Rest,
            _ => return,
        };
        let of = field(declaration, "type");
        let annotation = of.and_then(|of| self.type_name(of));
        let names = self.fields(declaration, "name");
        if names.is_empty() {
            let name = self.builder.intern("");
            let var = self.builder.temp();
            self.add_param(var, name, kind, annotation, span(declaration));
        }
        for node in names {
            self.note_channel(node, of);
            let name = self.symbol_of(node);
            // Any number of parameters may be called `_`.
            let var = match self.declare_name(node) {
                Some(var) => var,
                None => self.builder.temp(),
            };
            self.add_param(var, name, kind, annotation, span(node));
        }
    }

    fn add_param(
        &mut self,
        var: crate::ir::Var,
        name: Symbol,
        kind: ParamKind,
        annotation: Option<Symbol>,
        at: Span,
    ) {
        self.builder.function().params.push(Param {
            var,
            name,
            kind,
            has_default: false,
            annotation,
            decorators: Vec::new(),
            span: at,
        });
    }

    /// The type of the result; of several, the first, if the others are errors or truth values.
    pub(super) fn result_type(&mut self, result: Node<'t>) -> Option<Symbol> {
        if result.kind() != "parameter_list" {
            return self.type_name(result);
        }
        let first = self.children(result).into_iter().next()?;
        self.type_name(field(first, "type")?)
    }

    fn named_results(&mut self, result: Node<'t>) {
        if result.kind() != "parameter_list" {
            return;
        }
        let mut results = Vec::new();
        for declaration in self.children(result) {
            let of = field(declaration, "type");
            for name in self.fields(declaration, "name") {
                let var = match self.declare_name(name) {
                    Some(var) => var,
                    None => self.builder.temp(),
                };
                let zero = of.and_then(|of| self.zero(of, Some(var), span(name)));
                if let Some(zero) = zero {
                    self.builder.emit_to(var, Op::Copy(zero), span(name));
                }
                results.push(var);
            }
        }
        self.context().results = results;
    }

    /// Leaves the function with values; with none, by the named results.
    pub(super) fn return_values(&mut self, mut values: Vec<Operand>, at: Span) {
        if values.is_empty() {
            values = self
                .context()
                .results
                .iter()
                .map(|var| Operand::Var(*var))
                .collect();
        } else if !self.context().results.is_empty() && self.context().results.len() == values.len()
        {
            // Deferred functions see what is returned under its name.
            let results = self.context().results.clone();
            for (var, value) in results.into_iter().zip(&values) {
                if Operand::Var(var) != *value {
                    self.builder.emit_to(var, Op::Copy(value.clone()), at);
                }
            }
        }
        let value = match values.len() {
            0 => None,
            1 => values.pop(),
            _ => {
                let elements = values.into_iter().map(Element::One).collect();
                let op = Op::Sequence {
                    kind: SequenceKind::Tuple,
                    elements,
                };
                Some(self.builder.emit_temp(op, at))
            }
        };
        match self.context().exit {
            Some((exit, returned)) => {
                let value = value.unwrap_or_else(super::operands::null);
                self.builder.emit_to(returned, Op::Copy(value), at);
                self.builder.terminate(Terminator::Goto(exit));
            }
            None => self.builder.terminate(Terminator::Return(value)),
        }
    }

    /// A function literal; `name` is the variable that it is bound to.
    pub(super) fn function_literal(&mut self, node: Node<'t>, name: Option<Symbol>) -> Operand {
        let (name, qualified) = match name {
            Some(name) => (name, name),
            None => (self.builder.intern(""), self.context().qualified),
        };
        let id = self.function(node, name, qualified, Receiver::None);
        self.builder.emit_temp(Op::Closure(id), span(node))
    }

    /// `defer f(x)`: what it is applied to is evaluated now.
    pub(super) fn defer(&mut self, node: Node<'t>) {
        let Some(call) = self.children(node).into_iter().next() else {
            return;
        };
        if call.kind() != "call_expression" {
            self.expression(call);
            return;
        }
        match self.prepared_call(call) {
            Some((callee, args)) => {
                let op = Op::Call { callee, args };
                self.context().deferred.push((op, span(call)));
            }
            None => {
                self.expression(call);
            }
        }
    }

    /// The callee and arguments of a call that is made later, kept from later assignments.
    fn prepared_call(&mut self, call: Node<'t>) -> Option<(Callee, Vec<crate::ir::Arg>)> {
        let (callee, mut args) = self.callee_and_arguments(call)?;
        for arg in &mut args {
            if let Operand::Var(_) = arg.value {
                arg.value = self
                    .builder
                    .emit_temp(Op::Copy(arg.value.clone()), span(call));
            }
        }
        Some((callee, args))
    }
}
