//! Members of a class: fields, methods, constructors, initialisers, annotations.

use tree_sitter::Node;

use super::{Context, Lowering, field, span};
use crate::ir::{Const, Decorator, FunctionKind, Op, Operand, Param, ParamKind, Span, Symbol};

impl<'t> Lowering<'t> {
    /// Lowers the members of the innermost class.
    pub(super) fn class_members(
        &mut self,
        node: Node<'t>,
        members: &[Node<'t>],
        components: &[Node<'t>],
    ) {
        // Types first: methods make objects of them.
        for member in members {
            if member.kind().ends_with("_declaration") && is_type(*member) {
                self.type_declaration(*member);
            }
        }
        let mut has_constructor = false;
        for member in members {
            match member.kind() {
                "method_declaration" => self.method(*member),
                "constructor_declaration" => {
                    has_constructor = true;
                    self.constructor(*member, members, components);
                }
                "compact_constructor_declaration" => {
                    has_constructor = true;
                    self.record_constructor(*member, Some(*member), members, components);
                }
                _ => {}
            }
        }
        let has_values = members.iter().any(|m| {
            matches!(m.kind(), "field_declaration" | "block") && !self.has_modifier(*m, "static")
        });
        if !has_constructor && (has_values || !components.is_empty()) {
            self.record_constructor(node, None, members, components);
        }
        for member in members {
            match member.kind() {
                "enum_constant" => self.enum_constant(*member),
                "field_declaration" | "constant_declaration" => self.static_fields(*member),
                "static_initializer" => {
                    for block in self.children_of(*member, "block") {
                        self.block(block);
                    }
                }
                _ => {}
            }
        }
    }

    pub(super) fn has_modifier(&mut self, node: Node<'t>, wanted: &str) -> bool {
        let Some(modifiers) = self.children_of(node, "modifiers").first().copied() else {
            return false;
        };
        (0..modifiers.child_count())
            .filter_map(|at| modifiers.child(at))
            .any(|child| child.kind() == wanted)
    }

    fn static_fields(&mut self, node: Node<'t>) {
        let of = field(node, "type");
        for declarator in self.fields(node, "declarator") {
            let (Some(name), Some(value)) = (field(declarator, "name"), field(declarator, "value"))
            else {
                continue;
            };
            let symbol = self.symbol_of(name);
            let Some(target) = self
                .classes
                .last()
                .and_then(|c| c.statics.get(&symbol).copied())
            else {
                continue;
            };
            let value = self.expression(value);
            let value = match of {
                Some(of) => self.typed(value, of, span(declarator)),
                None => value,
            };
            self.set_static(target, value, span(declarator));
        }
    }

    /// What runs at the beginning of every constructor.
    fn initialisers(&mut self, members: &[Node<'t>]) {
        for member in members {
            match member.kind() {
                "field_declaration" if !self.has_modifier(*member, "static") => {
                    let of = field(*member, "type");
                    for declarator in self.fields(*member, "declarator") {
                        let (Some(name), Some(value)) =
                            (field(declarator, "name"), field(declarator, "value"))
                        else {
                            continue;
                        };
                        let value = self.expression(value);
                        let value = match of {
                            Some(of) => self.typed(value, of, span(declarator)),
                            None => value,
                        };
                        let base = self.emit(Op::This, declarator);
                        let name = self.symbol_of(name);
                        self.builder
                            .emit(Op::StoreField { base, name, value }, span(declarator));
                    }
                }
                "block" => self.block(*member),
                _ => {}
            }
        }
    }

    fn method(&mut self, node: Node<'t>) {
        let Some(name) = field(node, "name") else {
            return;
        };
        let kind = if self.has_modifier(node, "static") {
            FunctionKind::StaticMethod
        } else {
            FunctionKind::Method
        };
        let symbol = self.symbol_of(name);
        let body = field(node, "body");
        self.begin_member(symbol, kind, node);
        let returns = field(node, "type").and_then(|of| self.type_name(of));
        self.builder.function().returns = returns;
        let parameters = field(node, "parameters");
        self.parameters(parameters);
        let has_body = match body {
            Some(body) => {
                self.block(body);
                true
            }
            None if self.mapped_statement(node) => true,
            // An abstract method does what those that implement it do.
            None => {
                self.builder.terminate(crate::ir::Terminator::Throw(None));
                false
            }
        };
        self.end_member(symbol, has_body);
    }

    fn constructor(&mut self, node: Node<'t>, members: &[Node<'t>], components: &[Node<'t>]) {
        let symbol = self.builder.intern("constructor");
        self.begin_member(symbol, FunctionKind::Method, node);
        let parameters = field(node, "parameters");
        self.parameters(parameters);
        let Some(body) = field(node, "body") else {
            self.end_member(symbol, true);
            return;
        };
        let statements = self.children(body);
        let delegates = statements.first().is_some_and(|first| {
            first.kind() == "explicit_constructor_invocation"
                && field(*first, "constructor").is_some_and(|c| c.kind() == "this")
        });
        if !delegates {
            self.initialisers(members);
        }
        let _ = components;
        self.builder.push_scope();
        for statement in statements {
            self.statement(statement);
        }
        self.builder.pop_scope();
        self.end_member(symbol, true);
    }

    /// The constructor that a record has by its components, or a class by its fields.
    fn record_constructor(
        &mut self,
        node: Node<'t>,
        compact: Option<Node<'t>>,
        members: &[Node<'t>],
        components: &[Node<'t>],
    ) {
        let symbol = self.builder.intern("constructor");
        self.begin_member(symbol, FunctionKind::Method, node);
        for component in components {
            self.parameter(*component);
        }
        self.initialisers(members);
        if let Some(body) = compact.and_then(|c| field(c, "body")) {
            self.block(body);
        }
        for component in components {
            let Some(name) = field(*component, "name") else {
                continue;
            };
            let name = self.symbol_of(name);
            let value = Operand::Var(self.builder.resolve(name));
            let base = self.emit(Op::This, *component);
            self.builder
                .emit(Op::StoreField { base, name, value }, span(*component));
        }
        self.end_member(symbol, true);
    }

    fn begin_member(&mut self, name: Symbol, kind: FunctionKind, node: Node<'t>) {
        let (id, class) = match self.classes.last() {
            Some(class) => (Some(class.id), class.qualified),
            None => (None, self.builder.intern("")),
        };
        let qualified = if self.builder.text(class).is_empty() {
            name
        } else {
            let text = format!("{}.{}", self.builder.text(class), self.builder.text(name));
            self.builder.intern(&text)
        };
        let decorators = self.annotations(node);
        self.builder
            .begin_function(name, qualified, kind, span(node));
        self.builder.function().class = id;
        self.builder.function().decorators = decorators;
        self.contexts.push(Context::default());
    }

    fn end_member(&mut self, name: Symbol, has_body: bool) {
        self.contexts.pop();
        let function = self.builder.end_function();
        let class = self.classes.last().map(|c| c.id);
        if let Some(class) = class.and_then(|id| self.builder.class(id))
            && has_body
        {
            class.methods.push((name, function));
        }
    }

    /// The parameters of a method or lambda.
    pub(super) fn parameters(&mut self, list: Option<Node<'t>>) {
        let Some(list) = list else { return };
        for parameter in self.children(list) {
            self.parameter(parameter);
        }
    }

    fn parameter(&mut self, node: Node<'t>) {
        let (name, of, kind) = match node.kind() {
            "formal_parameter" => (
                field(node, "name"),
                field(node, "type"),
                ParamKind::Positional,
            ),
            "spread_parameter" => {
                let children = self.children(node);
                let declarator = children.iter().find(|c| c.kind() == "variable_declarator");
                let of = children
                    .iter()
                    .find(|c| c.kind().ends_with("type") || c.kind().ends_with("type_identifier"));
                (
                    declarator.and_then(|d| field(*d, "name")),
                    of.copied(),
                    ParamKind::Rest,
                )
            }
            "identifier" => (Some(node), None, ParamKind::Positional),
            // `Outer this`
            _ => return,
        };
        let annotation = match of {
            // Whoever fills it in can only name one of the constants.
            Some(of)
                if self
                    .types
                    .get(self.text_of(of))
                    .is_some_and(|own| own.is_enum) =>
            {
                Some(self.builder.intern("enum"))
            }
            Some(of) => self.declared_type(of),
            None => None,
        };
        let decorators = self.annotations(node);
        let at = span(name.unwrap_or(node));
        let name = match name {
            Some(name) => self.symbol_of(name),
            None => self.builder.intern(""),
        };
        let var = self.builder.declare(name);
        self.builder.function().params.push(Param {
            var,
            name,
            kind,
            has_default: false,
            annotation,
            decorators,
            span: at,
        });
    }

    /// The annotations of a declaration.
    pub(super) fn annotations(&mut self, node: Node<'t>) -> Vec<Decorator> {
        let mut nodes = Vec::new();
        for child in self.children(node) {
            match child.kind() {
                "modifiers" => nodes.extend(self.children(child)),
                "annotation" | "marker_annotation" => nodes.push(child),
                _ => {}
            }
        }
        nodes
            .into_iter()
            .filter_map(|node| self.annotation(node))
            .collect()
    }

    fn annotation(&mut self, node: Node<'t>) -> Option<Decorator> {
        let name = field(node, "name")?;
        let name = self.symbol_of(name);
        let mut args = Vec::new();
        let mut keywords = Vec::new();
        if let Some(list) = field(node, "arguments") {
            for argument in self.children(list) {
                if argument.kind() == "element_value_pair" {
                    let (Some(key), Some(value)) =
                        (field(argument, "key"), field(argument, "value"))
                    else {
                        continue;
                    };
                    let value = self.constant(value);
                    keywords.push((self.symbol_of(key), value));
                } else {
                    args.push(self.constant(argument));
                }
            }
        }
        Some(Decorator {
            name,
            args,
            keywords,
            span: span(node),
        })
    }

    /// A constant without evaluating anything: a literal, a list or a sum of texts.
    fn constant(&mut self, node: Node<'t>) -> Option<Const> {
        if let Some(constant) = self.literal(node) {
            return Some(constant);
        }
        match node.kind() {
            "element_value_array_initializer" | "array_initializer" => {
                let mut list = Vec::new();
                for child in self.children(node) {
                    list.push(self.constant(child)?);
                }
                Some(Const::List(list))
            }
            "binary_expression" => {
                let left = field(node, "left").and_then(|n| self.constant(n))?;
                let right = field(node, "right").and_then(|n| self.constant(n))?;
                match (left, right) {
                    (Const::Str(left), Const::Str(right)) => {
                        let text =
                            format!("{}{}", self.builder.text(left), self.builder.text(right));
                        Some(Const::Str(self.builder.intern(&text)))
                    }
                    _ => None,
                }
            }
            "parenthesized_expression" => {
                let inner = node.named_child(0)?;
                self.constant(inner)
            }
            // `RequestMethod.POST`, `Roles.ADMIN`: the last name says it.
            "field_access" => {
                let name = field(node, "field")?;
                let text = self.text_of(name);
                Some(Const::Str(self.builder.intern(text)))
            }
            _ => None,
        }
    }

    /// A function for a lambda; the span is the whole expression.
    pub(super) fn begin_lambda(&mut self, at: Span) {
        let empty = self.builder.intern("");
        let class = self.classes.last().map(|c| c.id);
        self.builder
            .begin_function(empty, empty, FunctionKind::Lambda, at);
        self.builder.function().class = class;
        self.contexts.push(Context::default());
    }
}

fn is_type(node: Node<'_>) -> bool {
    matches!(
        node.kind(),
        "class_declaration"
            | "interface_declaration"
            | "enum_declaration"
            | "record_declaration"
            | "annotation_type_declaration"
    )
}
