//! Which names a function, a block or a list of statements declares, found before it is lowered.
//!
//! `var` belongs to the function; `let`, `const`, `class`, `enum` and functions to the block; a
//! function may be called before the line that defines it.

use oxc_ast::ast::{
    BindingPattern, Declaration, ExportDefaultDeclarationKind, ForStatementInit, ForStatementLeft,
    Function as FunctionNode, ImportDeclarationSpecifier, Statement, VariableDeclaration,
};

use super::functions::Signature;
use super::names::Names;
use super::{Lowering, Strictness, at};
use crate::ir::{FunctionKind, Op, Symbol};

impl<'a> Lowering<'a> {
    /// Declares the names of a pattern in the innermost scope.
    pub(super) fn declare_pattern(&mut self, pattern: &'a BindingPattern<'a>) {
        let mut pending = vec![pattern];
        while let Some(pattern) = pending.pop() {
            match pattern {
                BindingPattern::BindingIdentifier(name) => {
                    let symbol = self.intern(name.name.as_str());
                    self.builder.declare(symbol);
                }
                BindingPattern::ObjectPattern(object) => {
                    pending.extend(object.rest.as_ref().map(|rest| &rest.argument));
                    pending.extend(object.properties.iter().rev().map(|p| &p.value));
                }
                BindingPattern::ArrayPattern(array) => {
                    pending.extend(array.rest.as_ref().map(|rest| &rest.argument));
                    pending.extend(array.elements.iter().rev().flatten());
                }
                BindingPattern::AssignmentPattern(default) => pending.push(&default.left),
            }
        }
    }

    /// Declares all names of a variable declaration in the innermost scope, unless they are `var`,
    /// which the function has declared.
    pub(super) fn declare_variables(&mut self, declaration: &'a VariableDeclaration<'a>) {
        // `declare const x` says that `x` comes from elsewhere.
        if declaration.kind.is_var() || declaration.declare {
            return;
        }
        for declarator in &declaration.declarations {
            self.declare_pattern(&declarator.id);
        }
    }

    /// Declares what a list of statements declares for its block.
    pub(super) fn declare_lexical(&mut self, body: &'a [Statement<'a>]) {
        for statement in body {
            match statement {
                Statement::VariableDeclaration(d) => self.declare_variables(d),
                Statement::ImportDeclaration(d) => {
                    for specifier in d.specifiers.iter().flatten() {
                        let local = match specifier {
                            ImportDeclarationSpecifier::ImportSpecifier(s) => &s.local,
                            ImportDeclarationSpecifier::ImportDefaultSpecifier(s) => &s.local,
                            ImportDeclarationSpecifier::ImportNamespaceSpecifier(s) => &s.local,
                        };
                        self.declare_text(local.name.as_str());
                    }
                }
                Statement::ExportDeclaration(d) => self.declare_declaration(&d.declaration),
                Statement::ExportDefaultDeclaration(d) => match &d.declaration {
                    ExportDefaultDeclarationKind::FunctionDeclaration(f) => {
                        self.declare_function(f);
                    }
                    ExportDefaultDeclarationKind::ClassDeclaration(class) => {
                        if let Some(id) = &class.id {
                            self.declare_text(id.name.as_str());
                        }
                    }
                    _ => {}
                },
                other => {
                    if let Some(declaration) = other.as_declaration() {
                        self.declare_declaration(declaration);
                    }
                }
            }
        }
    }

    fn declare_declaration(&mut self, declaration: &'a Declaration<'a>) {
        if declaration.declare() {
            return;
        }
        match declaration {
            Declaration::VariableDeclaration(d) => self.declare_variables(d),
            Declaration::FunctionDeclaration(f) => self.declare_function(f),
            Declaration::ClassDeclaration(class) => {
                if let Some(id) = &class.id {
                    self.declare_text(id.name.as_str());
                }
            }
            Declaration::TSEnumDeclaration(d) => self.declare_text(d.id.name.as_str()),
            Declaration::TSNamespaceDeclaration(d) => self.declare_text(d.id.name.as_str()),
            Declaration::TSImportEqualsDeclaration(d) => self.declare_text(d.id.name.as_str()),
            Declaration::TSTypeAliasDeclaration(_)
            | Declaration::TSInterfaceDeclaration(_)
            | Declaration::TSExternalModuleDeclaration(_)
            | Declaration::TSGlobalDeclaration(_) => {}
        }
    }

    fn declare_text(&mut self, name: &str) {
        let symbol = self.intern(name);
        self.builder.declare(symbol);
    }

    fn declare_function(&mut self, function: &'a FunctionNode<'a>) {
        if let (Some(id), Some(_)) = (&function.id, &function.body) {
            let name = self.intern(id.name.as_str());
            if !self.context().functions_of_blocks.contains(&name) {
                self.builder.declare(name);
            }
        }
    }

    /// Declares the `var`s of a function, wherever they stand in it, in the innermost scope. In
    /// sloppy code the functions of its blocks are among them (annex B.3.3 of the standard).
    pub(super) fn declare_vars(&mut self, body: &'a [Statement<'a>]) {
        let mut pending = Vec::new();
        for statement in body {
            // A function of the list itself is declared with its block.
            if matches!(statement, Statement::FunctionDeclaration(_)) {
                continue;
            }
            pending.push(statement);
            self.declare_vars_of(&mut pending);
        }
    }

    fn declare_vars_of(&mut self, pending: &mut Vec<&'a Statement<'a>>) {
        while let Some(statement) = pending.pop() {
            match statement {
                Statement::FunctionDeclaration(function) => self.declare_in_sloppy(function),
                Statement::VariableDeclaration(d) => self.declare_var(d),
                Statement::ExportDeclaration(d) => {
                    if let Declaration::VariableDeclaration(d) = &d.declaration {
                        self.declare_var(d);
                    }
                }
                Statement::BlockStatement(s) => pending.extend(s.body.iter().rev()),
                Statement::IfStatement(s) => {
                    pending.extend(&s.alternate);
                    pending.push(&s.consequent);
                }
                Statement::ForStatement(s) => {
                    if let Some(ForStatementInit::VariableDeclaration(d)) = &s.init {
                        self.declare_var(d);
                    }
                    pending.push(&s.body);
                }
                Statement::ForInStatement(s) => {
                    self.declare_var_head(&s.left);
                    pending.push(&s.body);
                }
                Statement::ForOfStatement(s) => {
                    self.declare_var_head(&s.left);
                    pending.push(&s.body);
                }
                Statement::WhileStatement(s) => pending.push(&s.body),
                Statement::DoWhileStatement(s) => pending.push(&s.body),
                Statement::LabeledStatement(s) => pending.push(&s.body),
                Statement::WithStatement(s) => pending.push(&s.body),
                Statement::SwitchStatement(s) => {
                    for case in s.cases.iter().rev() {
                        pending.extend(case.consequent.iter().rev());
                    }
                }
                Statement::TryStatement(s) => {
                    if let Some(finalizer) = &s.finalizer {
                        pending.extend(finalizer.body.iter().rev());
                    }
                    if let Some(handler) = &s.handler {
                        pending.extend(handler.body.body.iter().rev());
                    }
                    pending.extend(s.block.body.iter().rev());
                }
                _ => {}
            }
        }
    }

    fn declare_in_sloppy(&mut self, function: &'a FunctionNode<'a>) {
        if self.strictness == Strictness::Sloppy
            && let (Some(id), Some(_)) = (&function.id, &function.body)
        {
            let name = self.intern(id.name.as_str());
            self.builder.declare(name);
            self.context().functions_of_blocks.push(name);
        }
    }

    fn declare_var_head(&mut self, head: &'a ForStatementLeft<'a>) {
        if let ForStatementLeft::VariableDeclaration(declaration) = head {
            self.declare_var(declaration);
        }
    }

    fn declare_var(&mut self, declaration: &'a VariableDeclaration<'a>) {
        if declaration.kind.is_var() && !declaration.declare {
            for declarator in &declaration.declarations {
                self.declare_pattern(&declarator.id);
            }
        }
    }

    /// Gives the functions of a list of statements their values.
    pub(super) fn hoist_functions(&mut self, body: &'a [Statement<'a>]) {
        for statement in body {
            match statement {
                Statement::FunctionDeclaration(function) => {
                    self.lower_function_declaration(function);
                }
                Statement::ExportDeclaration(d) => {
                    if let Declaration::FunctionDeclaration(function) = &d.declaration
                        && let Some(name) = self.lower_function_declaration(function)
                    {
                        self.export_local(name, name);
                    }
                }
                Statement::ExportDefaultDeclaration(d) => {
                    if let ExportDefaultDeclarationKind::FunctionDeclaration(function) =
                        &d.declaration
                    {
                        self.hoist_default(function);
                    }
                }
                _ => {}
            }
        }
    }

    fn hoist_default(&mut self, function: &'a FunctionNode<'a>) {
        let default = self.words.default;
        if let Some(name) = self.lower_function_declaration(function) {
            self.export_local(default, name);
        } else if function.body.is_some() {
            self.builder.declare(default);
            let names = self.named(default);
            self.lower_declared(function, names, default);
            self.export_local(default, default);
        }
    }

    /// The name that a function declaration defines; signatures without a body define none.
    fn lower_function_declaration(&mut self, function: &'a FunctionNode<'a>) -> Option<Symbol> {
        let id = function.id.as_ref()?;
        function.body.as_ref()?;
        let name = self.intern(id.name.as_str());
        let names = self.named(name);
        self.lower_declared(function, names, name);
        Some(name)
    }

    fn lower_declared(&mut self, function: &'a FunctionNode<'a>, names: Names, name: Symbol) {
        let span = at(function.span);
        let signature = Signature {
            names,
            kind: FunctionKind::Function,
            class: None,
            span,
        };
        let id = self.lower_function(function, &signature);
        let var = self.builder.resolve(name);
        self.builder.emit_to(var, Op::Closure(id), span);
        self.note_object(var);
    }
}
