//! The file and its types: what they declare, and in which order they are lowered.

use rustc_hash::{FxHashMap, FxHashSet};
use tree_sitter::Node;

use super::expressions::Target;
use super::names::OwnType;
use super::{Lowering, field, span};
use crate::ir::{
    Arg, ArgKind, Callee, Class, ClassId, Export, FieldDecl, Op, Operand, Span, Symbol, Var,
};

/// A class while its members are lowered.
pub(super) struct ClassScope {
    pub(super) id: ClassId,
    pub(super) qualified: Symbol,
    /// The variable of the module body that holds it; none for anonymous and local classes.
    pub(super) name: Option<Symbol>,
    /// Fields of objects.
    pub(super) fields: FxHashSet<Symbol>,
    /// Static fields, by name: their variables in the module body.
    pub(super) statics: FxHashMap<Symbol, Symbol>,
    /// Methods by name: static or not.
    pub(super) methods: FxHashMap<Symbol, bool>,
    /// It extends or implements something.
    pub(super) has_bases: bool,
}

const TYPES: &[&str] = &[
    "class_declaration",
    "interface_declaration",
    "enum_declaration",
    "record_declaration",
    "annotation_type_declaration",
];

impl<'t> Lowering<'t> {
    /// Lowers a file and says what it exports.
    pub(super) fn file(&mut self, root: Node<'t>) -> Vec<Export> {
        let mut items = Vec::new();
        for child in self.children(root) {
            if child.is_error() {
                items.extend(self.children(child));
            } else {
                items.push(child);
            }
        }
        for item in &items {
            match item.kind() {
                "package_declaration" => {
                    let name = self
                        .children(*item)
                        .into_iter()
                        .find(|c| matches!(c.kind(), "identifier" | "scoped_identifier"));
                    if let Some(name) = name {
                        let name = self.symbol_of(name);
                        self.builder.set_package(name);
                    }
                }
                "import_declaration" => self.import(*item),
                _ => {}
            }
        }
        let mut exports = Vec::new();
        for item in &items {
            if TYPES.contains(&item.kind()) {
                self.declare_type(*item, &mut exports);
            }
        }
        for item in &items {
            match item.kind() {
                kind if TYPES.contains(&kind) => self.type_declaration(*item),
                "package_declaration" | "import_declaration" | "module_declaration" => {}
                // Code outside of a class: what is left of a file that does not parse.
                _ => self.statement(*item),
            }
        }
        exports
    }

    /// Declares a type and those inside it, so that members can speak of them before they come.
    fn declare_type(&mut self, node: Node<'t>, exports: &mut Vec<Export>) {
        let Some(name) = field(node, "name") else {
            return;
        };
        let symbol = self.symbol_of(name);
        let var = self.builder.declare_in_function(symbol);
        exports.push(Export { name: symbol, var });
        let text = self.text_of(name);
        self.types.insert(
            text,
            OwnType {
                name: symbol,
                is_enum: node.kind() == "enum_declaration",
            },
        );
        for member in self.members(node) {
            if TYPES.contains(&member.kind()) {
                self.declare_type(member, exports);
            }
        }
    }

    /// The members of a type.
    fn members(&mut self, node: Node<'t>) -> Vec<Node<'t>> {
        let Some(body) = field(node, "body") else {
            return Vec::new();
        };
        let mut members = Vec::new();
        for child in self.children(body) {
            if child.kind() == "enum_body_declarations" || child.is_error() {
                members.extend(self.children(child));
            } else {
                members.push(child);
            }
        }
        members
    }

    /// Binds a type that [`Self::declare_type`] declared.
    pub(super) fn type_declaration(&mut self, node: Node<'t>) {
        let Some(name) = field(node, "name") else {
            return;
        };
        let symbol = self.symbol_of(name);
        let outer = self.classes.last().map(|c| c.qualified);
        let qualified = match outer {
            Some(outer) => {
                let text = format!("{}.{}", self.builder.text(outer), self.text_of(name));
                self.builder.intern(&text)
            }
            None => symbol,
        };
        let bases = self.bases(node);
        let members = self.members(node);
        let components = match field(node, "parameters") {
            Some(list) if node.kind() == "record_declaration" => self.children(list),
            _ => Vec::new(),
        };
        let id = self.class(node, symbol, qualified, bases, &members, &components);
        let is_local = !self.types.contains_key(self.text_of(name));
        let var = if is_local {
            self.builder.declare(symbol)
        } else {
            self.builder.resolve(symbol)
        };
        self.builder.emit_to(var, Op::ClassValue(id), span(node));
        self.enter_class(
            id,
            qualified,
            (!is_local).then_some(symbol),
            &members,
            &components,
        );
        self.class_members(node, &members, &components);
        self.classes.pop();
    }

    fn bases(&mut self, node: Node<'t>) -> Vec<Symbol> {
        let mut bases = Vec::new();
        if let Some(superclass) = field(node, "superclass") {
            for of in self.children(superclass) {
                bases.extend(self.type_name(of));
            }
        }
        let mut lists: Vec<Node<'t>> = field(node, "interfaces").into_iter().collect();
        lists.extend(self.children_of(node, "extends_interfaces"));
        for list in lists {
            for inner in self.children(list) {
                for of in self.children(inner) {
                    bases.extend(self.type_name(of));
                }
            }
        }
        bases
    }

    fn class(
        &mut self,
        node: Node<'t>,
        name: Symbol,
        qualified: Symbol,
        bases: Vec<Symbol>,
        members: &[Node<'t>],
        components: &[Node<'t>],
    ) -> ClassId {
        let mut fields = Vec::new();
        for member in members {
            if !matches!(member.kind(), "field_declaration" | "constant_declaration") {
                continue;
            }
            let annotation = field(*member, "type").and_then(|of| self.field_type(of));
            let decorators = self.annotations(*member);
            for declarator in self.fields(*member, "declarator") {
                let Some(name) = field(declarator, "name") else {
                    continue;
                };
                fields.push(FieldDecl {
                    name: self.symbol_of(name),
                    annotation,
                    decorators: decorators.clone(),
                    span: span(declarator),
                });
            }
        }
        for component in components {
            let Some(name) = field(*component, "name") else {
                continue;
            };
            fields.push(FieldDecl {
                name: self.symbol_of(name),
                annotation: field(*component, "type").and_then(|of| self.field_type(of)),
                decorators: self.annotations(*component),
                span: span(*component),
            });
        }
        let decorators = self.annotations(node);
        self.builder.add_class(Class {
            name,
            qualified,
            bases,
            fields,
            methods: Vec::new(),
            decorators,
            span: span(node),
        })
    }

    /// Notes what a class declares and makes it the innermost one.
    fn enter_class(
        &mut self,
        id: ClassId,
        qualified: Symbol,
        name: Option<Symbol>,
        members: &[Node<'t>],
        components: &[Node<'t>],
    ) {
        let has_bases = self.builder.class(id).is_some_and(|c| !c.bases.is_empty());
        let mut scope = ClassScope {
            id,
            qualified,
            name,
            fields: FxHashSet::default(),
            statics: FxHashMap::default(),
            methods: FxHashMap::default(),
            has_bases,
        };
        for member in members {
            match member.kind() {
                "field_declaration" | "constant_declaration" => {
                    let is_static = member.kind() == "constant_declaration"
                        || self.has_modifier(*member, "static");
                    for declarator in self.fields(*member, "declarator") {
                        let Some(name) = field(declarator, "name") else {
                            continue;
                        };
                        let symbol = self.symbol_of(name);
                        if is_static {
                            let var = self.static_name(qualified, self.text_of(name));
                            scope.statics.insert(symbol, var);
                        } else {
                            scope.fields.insert(symbol);
                        }
                    }
                }
                "enum_constant" => {
                    if let Some(name) = field(*member, "name") {
                        let symbol = self.symbol_of(name);
                        let var = self.static_name(qualified, self.text_of(name));
                        scope.statics.insert(symbol, var);
                    }
                }
                "method_declaration" => {
                    if let Some(name) = field(*member, "name") {
                        let symbol = self.symbol_of(name);
                        let is_static = self.has_modifier(*member, "static");
                        let known = scope.methods.entry(symbol).or_insert(is_static);
                        *known &= is_static;
                    }
                }
                _ => {}
            }
        }
        for component in components {
            if let Some(name) = field(*component, "name") {
                let symbol = self.symbol_of(name);
                scope.fields.insert(symbol);
            }
        }
        self.classes.push(scope);
    }

    fn static_name(&mut self, class: Symbol, name: &str) -> Symbol {
        let text = format!("{}.{name}", self.builder.text(class));
        self.builder.intern(&text)
    }

    /// An anonymous class; gives the operand of the class.
    pub(super) fn anonymous_class(&mut self, base: Symbol, body: Node<'t>) -> Operand {
        let empty = self.builder.intern("");
        let outer = self.classes.last().map_or(empty, |c| c.qualified);
        let members = self.children(body);
        let id = self.builder.add_class(Class {
            name: empty,
            qualified: outer,
            bases: vec![base],
            fields: Vec::new(),
            methods: Vec::new(),
            decorators: Vec::new(),
            span: span(body),
        });
        let value = self.emit(Op::ClassValue(id), body);
        self.enter_class(id, outer, None, &members, &[]);
        self.class_members(body, &members, &[]);
        self.classes.pop();
        value
    }

    /// The value of an enum constant: an object of the enum.
    pub(super) fn enum_constant(&mut self, node: Node<'t>) {
        let Some(name) = field(node, "name") else {
            return;
        };
        let symbol = self.symbol_of(name);
        let Some((class, target)) = self.classes.last().and_then(|c| {
            let target = c.statics.get(&symbol).copied()?;
            Some((c.name?, target))
        }) else {
            return;
        };
        let class = self.module_var(class);
        let args = match field(node, "arguments") {
            Some(list) => self.arguments(list),
            None => Vec::new(),
        };
        let op = Op::Call {
            callee: Callee::New(class),
            args,
        };
        let value = self.emit(op, node);
        self.set_static(target, value, span(node));
    }

    pub(super) fn set_static(&mut self, name: Symbol, value: Operand, at: Span) {
        let Operand::Var(var) = self.module_var(name) else {
            return;
        };
        self.builder.emit_to(var, Op::Copy(value), at);
    }

    /// A field of one of the classes around, by a bare name.
    pub(super) fn own_field(&mut self, _text: &str, name: Symbol, at: Span) -> Option<Operand> {
        match self.find_field(name)? {
            Found::Static(var) => Some(self.module_var(var)),
            Found::Instance => {
                let base = self.builder.emit_temp(Op::This, at);
                Some(self.builder.emit_temp(Op::Field { base, name }, at))
            }
        }
    }

    pub(super) fn own_field_target(&mut self, node: Node<'t>, name: Symbol) -> Target {
        match self.find_field(name) {
            Some(Found::Static(var)) => match self.module_var(var) {
                Operand::Var(var) => Target::Var(var),
                Operand::Const(_) => Target::Nothing,
            },
            // A field of a base class, if it is not declared here.
            Some(Found::Instance) | None => {
                let base = self.emit(Op::This, node);
                Target::Field(base, name)
            }
        }
    }

    fn find_field(&self, name: Symbol) -> Option<Found> {
        self.classes.iter().rev().find_map(|class| {
            if let Some(var) = class.statics.get(&name) {
                return Some(Found::Static(*var));
            }
            class.fields.contains(&name).then_some(Found::Instance)
        })
    }

    /// `Config.LIMIT`: a static field of a class of this file, by the class's name.
    pub(super) fn static_var(&mut self, object: Node<'t>, name: Node<'t>) -> Option<Var> {
        if object.kind() != "identifier" {
            return None;
        }
        let text = self.text_of(object);
        let own = *self.types.get(text)?;
        let symbol = self.builder.intern(text);
        if self.local(symbol).is_some() {
            return None;
        }
        let var = self.static_name(own.name, self.text_of(name));
        match self.module_var(var) {
            Operand::Var(var) => Some(var),
            Operand::Const(_) => None,
        }
    }

    /// Whether the innermost class extends or implements something.
    pub(super) fn inherits(&self) -> bool {
        self.classes.last().is_some_and(|c| c.has_bases)
    }

    /// A method of one of the classes around that is called without a receiver: the receiver.
    pub(super) fn own_method(&mut self, name: Symbol, at: Span) -> Option<Operand> {
        let found = self.classes.iter().rev().find_map(|class| {
            class
                .methods
                .get(&name)
                .map(|is_static| (*is_static, class.name))
        });
        match found {
            Some((true, Some(class))) => Some(self.module_var(class)),
            Some(_) => Some(self.builder.emit_temp(Op::This, at)),
            None => None,
        }
    }

    /// Arguments of a call.
    pub(super) fn arguments(&mut self, list: Node<'t>) -> Vec<Arg> {
        self.children(list)
            .into_iter()
            .map(|arg| Arg {
                kind: ArgKind::Positional,
                value: self.expression(arg),
            })
            .collect()
    }
}

enum Found {
    Static(Symbol),
    Instance,
}
