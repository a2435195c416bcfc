//! What a file takes from other modules and what it offers to them, in both module systems.

use oxc_ast::ast::{
    AssignmentTarget, BindingIdentifier, Declaration, ExportAllDeclaration, ExportDeclaration,
    ExportDefaultDeclaration, ExportDefaultDeclarationKind, ExportFromDeclaration,
    ExportNamedDeclaration, Expression, ImportDeclaration, ImportDeclarationSpecifier,
    ImportOrExportKind, ObjectPropertyKind, Statement, TSImportEqualsDeclaration,
    TSModuleReference, TSTypeName,
};

use super::names::Naming;
use super::{Dest, Lowering, at};
use crate::ir::{Const, Export, Op, Operand, Span, Symbol, Var, VarHome};

impl<'a> Lowering<'a> {
    /// Imports run before everything else of a module. Those of types only are kept: annotations
    /// name them.
    pub(super) fn hoist_imports(&mut self, body: &'a [Statement<'a>]) {
        for statement in body {
            if let Statement::ImportDeclaration(import) = statement {
                self.lower_import(import);
            }
        }
    }

    fn lower_import(&mut self, import: &'a ImportDeclaration<'a>) {
        let module = self.intern(import.source.value.as_str());
        let Some(specifiers) = &import.specifiers else {
            let member = None;
            let op = Op::Import { module, member };
            self.builder.emit(op, at(import.span));
            return;
        };
        for specifier in specifiers {
            let (local, member, span) = match specifier {
                ImportDeclarationSpecifier::ImportSpecifier(s) => {
                    let member = self.intern(s.imported.name().as_str());
                    (&s.local, Some(member), at(s.span))
                }
                ImportDeclarationSpecifier::ImportDefaultSpecifier(s) => {
                    (&s.local, Some(self.words.default), at(s.span))
                }
                ImportDeclarationSpecifier::ImportNamespaceSpecifier(s) => {
                    (&s.local, None, at(s.span))
                }
            };
            let var = self.own_name(local);
            self.builder
                .emit_to(var, Op::Import { module, member }, span);
        }
    }

    /// `import x = require("m")`, `import x = A.B`.
    pub(super) fn lower_import_equals(&mut self, import: &'a TSImportEqualsDeclaration<'a>) {
        let span = at(import.span);
        let var = self.own_name(&import.id);
        let op = match &import.module_reference {
            TSModuleReference::ExternalModuleReference(reference) => Op::Import {
                module: self.intern(reference.expression.value.as_str()),
                member: None,
            },
            TSModuleReference::IdentifierReference(name) => {
                Op::Copy(self.read_name(name.name.as_str()))
            }
            TSModuleReference::QualifiedName(qualified) => {
                let mut segments = vec![qualified.right.name.as_str()];
                let mut left = &qualified.left;
                while let TSTypeName::QualifiedName(inner) = left {
                    segments.push(inner.right.name.as_str());
                    left = &inner.left;
                }
                let mut value = match left {
                    TSTypeName::IdentifierReference(name) => self.read_name(name.name.as_str()),
                    _ => self.read_this(),
                };
                for segment in segments.into_iter().rev() {
                    let name = self.intern(segment);
                    let op = Op::Field { base: value, name };
                    value = self.builder.emit_temp(op, span);
                }
                Op::Copy(value)
            }
        };
        self.builder.emit_to(var, op, span);
    }

    fn own_name(&mut self, name: &BindingIdentifier<'_>) -> Var {
        let symbol = self.intern(name.name.as_str());
        self.builder.resolve(symbol)
    }

    // ECMAScript exports.

    pub(super) fn lower_export_declaration(&mut self, export: &'a ExportDeclaration<'a>) {
        let declaration = &export.declaration;
        if declaration.declare() {
            return;
        }
        self.lower_declaration(declaration);
        if let Declaration::VariableDeclaration(variables) = declaration {
            for declarator in &variables.declarations {
                for name in declarator.id.get_binding_identifiers() {
                    self.export_same(name.name.as_str());
                }
            }
        } else if !matches!(declaration, Declaration::FunctionDeclaration(_))
            && let Some(name) = declaration.id()
        {
            self.export_same(name.name.as_str());
        }
    }

    fn export_same(&mut self, name: &str) {
        let name = self.intern(name);
        self.export_local(name, name);
    }

    pub(super) fn lower_export_default(&mut self, export: &'a ExportDefaultDeclaration<'a>) {
        let default = self.words.default;
        match &export.declaration {
            ExportDefaultDeclarationKind::ClassDeclaration(class) if class.id.is_some() => {
                self.lower_class_declaration(class);
                if let Some(id) = &class.id {
                    let name = self.intern(id.name.as_str());
                    self.export_local(default, name);
                }
            }
            ExportDefaultDeclarationKind::ClassDeclaration(class) => {
                let var = self.builder.declare(default);
                let names = self.named(default);
                self.lower_class(class, names, var);
                self.export_local(default, default);
            }
            // The first was hoisted, the second has no value.
            ExportDefaultDeclarationKind::FunctionDeclaration(_)
            | ExportDefaultDeclarationKind::TSInterfaceDeclaration(_) => {}
            other => {
                if let Some(expression) = other.as_expression() {
                    let var = self.builder.declare(default);
                    self.lower_named(expression, Naming::Bound(default), Dest::Into(var));
                    self.export_local(default, default);
                }
            }
        }
    }

    pub(super) fn lower_export_names(&mut self, export: &'a ExportNamedDeclaration<'a>) {
        if export.export_kind == ImportOrExportKind::Type {
            return;
        }
        for specifier in &export.specifiers {
            if specifier.export_kind == ImportOrExportKind::Value {
                let exported = self.intern(specifier.exported.name().as_str());
                let local = self.intern(specifier.local.name().as_str());
                self.export_local(exported, local);
            }
        }
    }

    pub(super) fn lower_export_from(&mut self, export: &'a ExportFromDeclaration<'a>) {
        if export.export_kind == ImportOrExportKind::Type {
            return;
        }
        let module = self.intern(export.source.value.as_str());
        for specifier in &export.specifiers {
            if specifier.export_kind == ImportOrExportKind::Value {
                let name = self.intern(specifier.exported.name().as_str());
                let member = Some(self.intern(specifier.local.name().as_str()));
                self.reexport(name, Op::Import { module, member }, at(specifier.span));
            }
        }
    }

    pub(super) fn lower_export_all(&mut self, export: &'a ExportAllDeclaration<'a>) {
        if export.export_kind == ImportOrExportKind::Type {
            return;
        }
        let module = self.intern(export.source.value.as_str());
        let (name, member) = match &export.exported {
            Some(name) => (self.intern(name.name().as_str()), None),
            None => (self.words.star, Some(self.words.star)),
        };
        self.reexport(name, Op::Import { module, member }, at(export.span));
    }

    fn reexport(&mut self, name: Symbol, op: Op, span: Span) {
        let var = self.builder.temp();
        self.builder.emit_to(var, op, span);
        self.export(name, var);
    }

    /// Exports a variable of the module body. What stands in a function, which only broken text has,
    /// is exported by nobody.
    fn export(&mut self, name: Symbol, var: Var) {
        if self.contexts.len() == 1 {
            self.exports.push(Export { name, var });
        }
    }

    /// Exports a name of the module body or of a namespace. A name without a value here (a type) is
    /// not exported.
    pub(super) fn export_local(&mut self, exported: Symbol, local: Symbol) {
        let var = self.builder.resolve(local);
        // A function in a namespace exports nothing, but in broken text.
        let here = self.builder.function_id();
        let namespace = self.namespaces.last().filter(|(at, _)| *at == here);
        if let Some((_, namespace)) = namespace {
            let op = Op::StoreField {
                base: Operand::Var(*namespace),
                name: exported,
                value: Operand::Var(var),
            };
            self.builder.emit(op, Span::default());
            return;
        }
        let home = self.builder.function().vars.get(var.0 as usize);
        if home.is_some_and(|decl| decl.home == VarHome::Local) {
            self.export(exported, var);
        }
    }

    // CommonJS exports.

    /// Notes that an assignment which has just been lowered exports its value.
    pub(super) fn note_export(
        &mut self,
        target: &'a AssignmentTarget<'a>,
        right: &'a Expression<'a>,
        value: &Operand,
        span: Span,
    ) {
        let member = target
            .as_simple_assignment_target()
            .and_then(|target| target.as_member_expression());
        let Some(member) = member else {
            return;
        };
        let Some(name) = member.static_property_name() else {
            return;
        };
        match member.object().get_inner_expression() {
            Expression::Identifier(object)
                if object.name == "module" && name == "exports" && self.is_global("module") =>
            {
                self.export_whole_module(right, value, span);
            }
            Expression::Identifier(object)
                if object.name == "exports" && self.is_global("exports") =>
            {
                self.export_property(name, Op::Copy(value.clone()), span);
            }
            Expression::StaticMemberExpression(object)
                if object.property.name == "exports"
                    && object.object.is_specific_id("module")
                    && self.is_global("module") =>
            {
                self.export_property(name, Op::Copy(value.clone()), span);
            }
            _ => {}
        }
    }

    /// `module.exports = value`, `export = value`.
    pub(super) fn export_whole_module(
        &mut self,
        right: &'a Expression<'a>,
        value: &Operand,
        span: Span,
    ) {
        let whole = self.intern("module.exports");
        let default = self.words.default;
        let var = self.builder.capture_global(whole);
        self.builder.emit_to(var, Op::Copy(value.clone()), span);
        self.export_captured(whole, var);
        self.export_captured(default, var);
        let Expression::ObjectExpression(object) = right.get_inner_expression() else {
            return;
        };
        for property in &object.properties {
            if let ObjectPropertyKind::ObjectProperty(property) = property
                && let Some(key) = property.key.static_name()
            {
                let name = self.intern(&key);
                let base = value.clone();
                self.export_property(&key, Op::Field { base, name }, at(property.span));
            }
        }
    }

    fn export_property(&mut self, name: &str, op: Op, span: Span) {
        // Compilers announce exports by `exports.x = void 0`.
        if op == Op::Copy(Operand::Const(Const::Null)) {
            return;
        }
        let symbol = self.intern(&format!("exports.{name}"));
        let name = self.intern(name);
        let var = self.builder.capture_global(symbol);
        self.builder.emit_to(var, op, span);
        self.export_captured(name, var);
    }

    /// Exports what a variable, seen from the present function, is in the module body.
    fn export_captured(&mut self, name: Symbol, var: Var) {
        let decl = self.builder.function().vars.get(var.0 as usize).copied();
        let var = match decl.map(|decl| decl.home) {
            Some(VarHome::Captured { var, .. }) => var,
            _ => var,
        };
        self.exports.push(Export { name, var });
    }
}
