//! What stands at the top of a file: imports, types, functions, variables, constants. Type, variable
//! and constant declarations inside functions are lowered here too.

use tree_sitter::Node;

use super::functions::Receiver;
use super::{Lowering, field, span};
use crate::ir::{
    Callee, Class, ClassId, Const, Decorator, Export, FieldDecl, FuncId, Op, Operand, Symbol, Var,
};

impl<'t> Lowering<'t> {
    /// Lowers a file and says what it exports.
    pub(super) fn file(&mut self, root: Node<'t>) -> Vec<Export> {
        let items = self.items(root);
        for item in &items {
            match item.kind() {
                "package_clause" => {
                    let name = item.named_child(0).map(|name| self.symbol_of(name));
                    if let Some(name) = name {
                        self.builder.set_package(name);
                    }
                }
                "import_declaration" => self.import_declaration(*item),
                _ => {}
            }
        }
        let exports = self.declare_package_names(&items);
        for item in &items {
            if item.kind() == "type_declaration" {
                self.type_declaration(*item);
            }
        }
        let mut entries = Vec::new();
        let mut functions = Vec::new();
        for item in &items {
            match item.kind() {
                "function_declaration" => functions.extend(self.package_function(*item)),
                "method_declaration" => self.method(*item),
                _ => {}
            }
        }
        for (name, id, at) in functions {
            let is_entry = matches!(self.text_of(name), "init" | "main" | "_");
            let symbol = self.symbol_of(name);
            if self.text_of(name) == "init" || self.text_of(name) == "_" {
                let closure = self.builder.emit_temp(Op::Closure(id), at);
                if self.text_of(name) == "init" {
                    entries.push((closure, at));
                }
                continue;
            }
            let var = self.builder.resolve(symbol);
            self.builder.emit_to(var, Op::Closure(id), at);
            if is_entry && self.is_main_package() {
                entries.push((Operand::Var(var), at));
            }
        }
        for item in &items {
            match item.kind() {
                "import_declaration"
                | "package_clause"
                | "type_declaration"
                | "function_declaration"
                | "method_declaration" => {}
                _ => self.statement(*item),
            }
        }
        for (entry, at) in entries {
            let call = Op::Call {
                callee: Callee::Function(entry),
                args: Vec::new(),
            };
            self.builder.emit(call, at);
        }
        self.end_missing_labels();
        exports
    }

    /// The top of the tree; what stands inside text that the parser gave up on counts too.
    fn items(&mut self, root: Node<'t>) -> Vec<Node<'t>> {
        let mut items = Vec::new();
        for child in self.children(root) {
            if child.is_error() {
                items.extend(self.children(child));
            } else {
                items.push(child);
            }
        }
        items
    }

    fn is_main_package(&mut self) -> bool {
        self.builder
            .package()
            .is_some_and(|name| self.builder.text(name) == "main")
    }

    /// Declares the names of the package that this file declares: functions may use them before.
    fn declare_package_names(&mut self, items: &[Node<'t>]) -> Vec<Export> {
        let mut exports = Vec::new();
        for item in items {
            let mut names = Vec::new();
            match item.kind() {
                "function_declaration" => names.extend(field(*item, "name")),
                "type_declaration" => {
                    for spec in self.children(*item) {
                        let Some(name) = field(spec, "name") else {
                            continue;
                        };
                        names.push(name);
                        self.note_shape(spec);
                    }
                }
                "var_declaration" | "const_declaration" => {
                    for spec in self.specs(*item) {
                        names.extend(self.declared(spec));
                    }
                }
                _ => {}
            }
            for name in names {
                if matches!(self.text_of(name), "_" | "init") {
                    continue;
                }
                let symbol = self.symbol_of(name);
                let var = self.builder.declare(symbol);
                exports.push(Export { name: symbol, var });
            }
        }
        exports
    }

    /// Remembers what a named type is made of.
    fn note_shape(&mut self, spec: Node<'t>) {
        let (Some(name), Some(of)) = (field(spec, "name"), field(spec, "type")) else {
            return;
        };
        let shape = self.shape(of);
        let name = self.text_of(name);
        self.shapes.insert(name, shape);
    }

    /// The names that a `var` or `const` specification declares.
    fn declared(&mut self, spec: Node<'t>) -> Vec<Node<'t>> {
        let mut names = self.fields(spec, "name");
        names.retain(|name| name.kind() == "identifier");
        names
    }

    fn specs(&mut self, node: Node<'t>) -> Vec<Node<'t>> {
        let mut specs = Vec::new();
        for child in self.children(node) {
            if child.kind() == "var_spec_list" {
                specs.extend(self.children(child));
            } else {
                specs.push(child);
            }
        }
        specs.retain(|spec| matches!(spec.kind(), "var_spec" | "const_spec"));
        specs
    }

    // Types.

    /// Binds the types of a declaration.
    pub(super) fn type_declaration(&mut self, node: Node<'t>) {
        for spec in self.children(node) {
            let (Some(name), Some(of)) = (field(spec, "name"), field(spec, "type")) else {
                continue;
            };
            self.note_shape(spec);
            let symbol = self.symbol_of(name);
            let var = self.builder.declare(symbol);
            let at = span(spec);
            if spec.kind() == "type_alias"
                && matches!(of.kind(), "type_identifier" | "qualified_type")
            {
                let value = self.type_value(of);
                self.builder.emit_to(var, Op::Copy(value), at);
                continue;
            }
            let class = self.class_of_type(spec, symbol, of);
            let text = self.text_of(name);
            self.classes.insert(text, class);
            self.builder.emit_to(var, Op::ClassValue(class), at);
        }
    }

    fn class_of_type(&mut self, spec: Node<'t>, name: Symbol, of: Node<'t>) -> ClassId {
        let mut bases = Vec::new();
        let mut fields = Vec::new();
        match of.kind() {
            "struct_type" => {
                for declaration in self.field_declarations(of) {
                    self.struct_field(declaration, &mut fields, &mut bases);
                }
            }
            "interface_type" => {
                for member in self.children(of) {
                    self.interface_member(member, &mut fields, &mut bases);
                }
            }
            _ => {}
        }
        self.builder.add_class(Class {
            name,
            qualified: name,
            bases,
            fields,
            methods: Vec::new(),
            decorators: Vec::new(),
            span: span(spec),
        })
    }

    fn struct_field(
        &mut self,
        declaration: Node<'t>,
        fields: &mut Vec<FieldDecl>,
        bases: &mut Vec<Symbol>,
    ) {
        let Some(of) = field(declaration, "type") else {
            return;
        };
        let annotation = self.type_name(of);
        let decorators = match field(declaration, "tag") {
            Some(tag) => self.tags(tag),
            None => Vec::new(),
        };
        let names = self.fields(declaration, "name");
        if names.is_empty() {
            bases.extend(annotation);
            let name = self.bare_name(of);
            fields.push(FieldDecl {
                name: self.builder.intern(name),
                annotation,
                decorators,
                span: span(declaration),
            });
            return;
        }
        for name in names {
            self.note_channel(name, Some(of));
            fields.push(FieldDecl {
                name: self.symbol_of(name),
                annotation,
                decorators: decorators.clone(),
                span: span(name),
            });
        }
    }

    fn interface_member(
        &mut self,
        member: Node<'t>,
        fields: &mut Vec<FieldDecl>,
        bases: &mut Vec<Symbol>,
    ) {
        match (member.kind(), field(member, "name")) {
            ("method_elem", Some(name)) => {
                let annotation = field(member, "result").and_then(|of| self.result_type(of));
                let decorator = Decorator {
                    name: self.builder.intern("method"),
                    args: Vec::new(),
                    keywords: Vec::new(),
                    span: span(name),
                };
                fields.push(FieldDecl {
                    name: self.symbol_of(name),
                    annotation,
                    decorators: vec![decorator],
                    span: span(member),
                });
            }
            ("type_elem", _) => {
                let members = self.children(member);
                // A union is a constraint, not a base.
                if let [only] = members.as_slice() {
                    bases.extend(self.type_name(*only));
                }
            }
            _ => {}
        }
    }

    /// `json:"name" binding:"required"` as decorators.
    fn tags(&mut self, node: Node<'t>) -> Vec<Decorator> {
        let Some(Const::Str(text)) = self.literal(node) else {
            return Vec::new();
        };
        let text = self.builder.text(text).to_owned();
        let mut rest = text.trim_start();
        let mut tags = Vec::new();
        while let Some((key, after)) = rest.split_once(":\"") {
            let Some((value, after)) = after.split_once('"') else {
                break;
            };
            let value = self.builder.intern(value);
            tags.push(Decorator {
                name: self.builder.intern(key.trim()),
                args: vec![Some(Const::Str(value))],
                keywords: Vec::new(),
                span: span(node),
            });
            rest = after.trim_start();
        }
        tags
    }

    /// The value of a type as something that is called or copied.
    pub(super) fn type_value(&mut self, node: Node<'t>) -> Operand {
        match node.kind() {
            "qualified_type" => {
                let (Some(package), Some(name)) = (field(node, "package"), field(node, "name"))
                else {
                    return super::operands::null();
                };
                let package = self.text_of(package);
                let base = Operand::Var(self.name(package));
                let name = self.symbol_of(name);
                self.builder.emit_temp(Op::Field { base, name }, span(node))
            }
            "generic_type" => match field(node, "type") {
                Some(inner) => self.type_value(inner),
                None => super::operands::null(),
            },
            _ => {
                let name = self.text_of(node);
                Operand::Var(self.name(name))
            }
        }
    }

    // Functions.

    fn package_function(&mut self, node: Node<'t>) -> Option<(Node<'t>, FuncId, crate::ir::Span)> {
        let name = field(node, "name")?;
        let symbol = self.symbol_of(name);
        let id = self.function(node, symbol, symbol, Receiver::None);
        Some((name, id, span(node)))
    }

    /// A method: of the class of its receiver, which is made if the type is declared elsewhere.
    fn method(&mut self, node: Node<'t>) {
        let (Some(name), Some(list)) = (field(node, "name"), field(node, "receiver")) else {
            return;
        };
        let receiver = self.children(list).into_iter().next();
        let of = receiver.and_then(|receiver| field(receiver, "type"));
        let type_name = of.map_or("", |of| self.bare_name(of));
        let symbol = self.symbol_of(name);
        let text = format!("{type_name}.{}", self.text_of(name));
        let qualified = self.builder.intern(&text);
        let known = self.classes.get(type_name).copied();
        let class = known.unwrap_or_else(|| {
            let bare = self.builder.intern(type_name);
            self.builder.add_class(Class {
                name: bare,
                qualified: bare,
                bases: Vec::new(),
                fields: Vec::new(),
                methods: Vec::new(),
                decorators: Vec::new(),
                span: span(node),
            })
        });
        self.classes.insert(type_name, class);
        let receiver = match receiver {
            Some(receiver) => Receiver::Declared(class, receiver),
            None => Receiver::None,
        };
        let id = self.function(node, symbol, qualified, receiver);
        if let Some(class) = self.builder.class(class) {
            class.methods.push((symbol, id));
        }
    }

    // Variables and constants.

    /// `var a, b T = x, y`
    pub(super) fn var_declaration(&mut self, node: Node<'t>) {
        for spec in self.specs(node) {
            let names = self.declared(spec);
            let of = field(spec, "type");
            for name in &names {
                self.note_channel(*name, of);
            }
            match field(spec, "value") {
                Some(values) => {
                    let values = self.list(values);
                    self.define(&names, &values, of, span(spec));
                }
                None => {
                    for name in names {
                        let var = self.declare_name(name);
                        let zero = match of {
                            Some(of) => self.zero(of, var, span(spec)),
                            None => Some(super::operands::null()),
                        };
                        if let (Some(var), Some(zero)) = (var, zero) {
                            self.builder.emit_to(var, Op::Copy(zero), span(name));
                        }
                    }
                }
            }
        }
    }

    /// The variable of a name that is declared here; none for `_`.
    pub(super) fn declare_name(&mut self, name: Node<'t>) -> Option<Var> {
        if self.text_of(name) == "_" {
            return None;
        }
        let symbol = self.symbol_of(name);
        Some(self.builder.declare(symbol))
    }

    /// `const ( a = iota; b )`: what has no value repeats the one before.
    pub(super) fn const_declaration(&mut self, node: Node<'t>) {
        let mut value = None;
        let mut of = None;
        for (at, spec) in self.specs(node).into_iter().enumerate() {
            let names = self.declared(spec);
            if let Some(own) = field(spec, "value") {
                value = Some(own);
                of = field(spec, "type");
            }
            let Some(value) = value else { continue };
            let outer = self.iota.replace(i64::try_from(at).unwrap_or(i64::MAX));
            let values = self.list(value);
            self.define(&names, &values, of, span(spec));
            self.iota = outer;
        }
    }
}
