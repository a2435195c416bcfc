//! Which names a function binds: in Python, a name assigned anywhere in a function is local to all
//! of it, unless declared `global` or `nonlocal`.

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{ExceptHandler, Expr, Identifier, Pattern, Stmt};
use rustc_hash::FxHashSet;

use super::Lowering;

impl Lowering {
    /// Declares in the module what any function declares `global`.
    pub(super) fn declare_globals(&mut self, body: &[Stmt]) {
        let mut names = Names {
            everywhere: true,
            ..Names::default()
        };
        names.statements(body);
        for name in names.global.ordered {
            let symbol = self.builder.intern(name);
            self.builder.declare_in_function(symbol);
        }
    }

    /// Declares the names that a body binds, before any of it is lowered.
    pub(super) fn declare_names(&mut self, body: &[Stmt]) {
        let mut names = Names::default();
        names.statements(body);
        if self.has_walrus {
            names.visit_body(body);
        }
        for name in &names.global.ordered {
            let symbol = self.builder.intern(name);
            let var = self.builder.capture_global(symbol);
            self.builder.bind(symbol, var);
        }
        for name in names.bound {
            if !names.global.known.contains(name) && !names.nonlocal.known.contains(name) {
                let symbol = self.builder.intern(name);
                self.builder.declare_in_function(symbol);
            }
        }
    }

    /// Declares the names of an assignment target in the innermost scope (comprehensions).
    pub(super) fn declare_target(&mut self, target: &Expr) {
        let mut names = Names::default();
        names.target(target);
        for name in names.bound {
            let symbol = self.builder.intern(name);
            self.builder.declare(symbol);
        }
    }

    /// Declares what assignment expressions in a lambda's body bind.
    pub(super) fn declare_walruses(&mut self, body: &Expr) {
        if !self.has_walrus {
            return;
        }
        let mut names = Names::default();
        names.visit_expr(body);
        for name in names.bound {
            let symbol = self.builder.intern(name);
            self.builder.declare_in_function(symbol);
        }
    }
}

/// Names that a statement declares to live elsewhere, in order.
#[derive(Default)]
struct Declared<'a> {
    ordered: Vec<&'a str>,
    known: FxHashSet<&'a str>,
}

impl<'a> Declared<'a> {
    fn add(&mut self, names: &'a [Identifier]) {
        for name in names {
            if self.known.insert(name.as_str()) {
                self.ordered.push(name.as_str());
            }
        }
    }
}

#[derive(Default)]
struct Names<'a> {
    bound: Vec<&'a str>,
    global: Declared<'a>,
    nonlocal: Declared<'a>,
    /// Also look into functions and classes.
    everywhere: bool,
}

impl<'a> Names<'a> {
    fn statements(&mut self, body: &'a [Stmt]) {
        let mut pending: Vec<std::slice::Iter<'a, Stmt>> = vec![body.iter()];
        while let Some(rest) = pending.last_mut() {
            let Some(statement) = rest.next() else {
                pending.pop();
                continue;
            };
            self.statement(statement, &mut pending);
        }
    }

    fn statement(&mut self, statement: &'a Stmt, pending: &mut Vec<std::slice::Iter<'a, Stmt>>) {
        match statement {
            Stmt::FunctionDef(def) => {
                self.bound.push(def.name.as_str());
                pending.extend(self.everywhere.then(|| def.body.iter()));
            }
            Stmt::ClassDef(def) => {
                self.bound.push(def.name.as_str());
                pending.extend(self.everywhere.then(|| def.body.iter()));
            }
            Stmt::Assign(assign) => assign.targets.iter().for_each(|t| self.target(t)),
            Stmt::AugAssign(assign) => self.target(&assign.target),
            Stmt::AnnAssign(assign) => self.target(&assign.target),
            Stmt::TypeAlias(alias) => self.target(&alias.name),
            Stmt::Delete(delete) => delete.targets.iter().for_each(|t| self.target(t)),
            Stmt::For(each) => {
                self.target(&each.target);
                pending.push(each.orelse.iter());
                pending.push(each.body.iter());
            }
            Stmt::While(each) => {
                pending.push(each.orelse.iter());
                pending.push(each.body.iter());
            }
            Stmt::If(choice) => {
                for clause in choice.elif_else_clauses.iter().rev() {
                    pending.push(clause.body.iter());
                }
                pending.push(choice.body.iter());
            }
            Stmt::With(with) => {
                for item in &with.items {
                    if let Some(target) = &item.optional_vars {
                        self.target(target);
                    }
                }
                pending.push(with.body.iter());
            }
            Stmt::Match(choice) => {
                for case in choice.cases.iter().rev() {
                    self.pattern(&case.pattern);
                    pending.push(case.body.iter());
                }
            }
            Stmt::Try(attempt) => {
                pending.push(attempt.finalbody.iter());
                pending.push(attempt.orelse.iter());
                for ExceptHandler::ExceptHandler(handler) in attempt.handlers.iter().rev() {
                    if let Some(name) = &handler.name {
                        self.bound.push(name.as_str());
                    }
                    pending.push(handler.body.iter());
                }
                pending.push(attempt.body.iter());
            }
            Stmt::Import(import) => {
                for alias in &import.names {
                    let name = alias.asname.as_ref().map_or_else(
                        || alias.name.as_str().split('.').next().unwrap_or_default(),
                        |name| name.as_str(),
                    );
                    self.bound.push(name);
                }
            }
            Stmt::ImportFrom(import) => {
                for alias in &import.names {
                    let name = alias.asname.as_ref().unwrap_or(&alias.name).as_str();
                    if name != "*" {
                        self.bound.push(name);
                    }
                }
            }
            Stmt::Global(outer) => self.global.add(&outer.names),
            Stmt::Nonlocal(outer) => self.nonlocal.add(&outer.names),
            Stmt::Return(_)
            | Stmt::Raise(_)
            | Stmt::Assert(_)
            | Stmt::Expr(_)
            | Stmt::Pass(_)
            | Stmt::Break(_)
            | Stmt::Continue(_)
            | Stmt::IpyEscapeCommand(_) => {}
        }
    }

    fn target(&mut self, target: &'a Expr) {
        match target {
            Expr::Name(name) => self.bound.push(name.id.as_str()),
            Expr::Tuple(tuple) => tuple.elts.iter().for_each(|t| self.target(t)),
            Expr::List(list) => list.elts.iter().for_each(|t| self.target(t)),
            Expr::Starred(starred) => self.target(&starred.value),
            _ => {}
        }
    }

    fn pattern(&mut self, pattern: &'a Pattern) {
        match pattern {
            Pattern::MatchValue(_) | Pattern::MatchSingleton(_) => {}
            Pattern::MatchSequence(sequence) => {
                sequence.patterns.iter().for_each(|p| self.pattern(p));
            }
            Pattern::MatchMapping(mapping) => {
                mapping.patterns.iter().for_each(|p| self.pattern(p));
                self.bound
                    .extend(mapping.rest.iter().map(Identifier::as_str));
            }
            Pattern::MatchClass(class) => {
                class
                    .arguments
                    .patterns
                    .iter()
                    .for_each(|p| self.pattern(p));
                for keyword in &class.arguments.keywords {
                    self.pattern(&keyword.pattern);
                }
            }
            Pattern::MatchStar(star) => self.bound.extend(star.name.iter().map(Identifier::as_str)),
            Pattern::MatchAs(capture) => {
                if let Some(inner) = &capture.pattern {
                    self.pattern(inner);
                }
                self.bound
                    .extend(capture.name.iter().map(Identifier::as_str));
            }
            Pattern::MatchOr(choice) => choice.patterns.iter().for_each(|p| self.pattern(p)),
        }
    }
}

/// Finds the targets of assignment expressions, which bind in the function around comprehensions.
impl<'a> Visitor<'a> for Names<'a> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::FunctionDef(def) => {
                for decorator in &def.decorator_list {
                    self.visit_decorator(decorator);
                }
                self.visit_parameters(&def.parameters);
            }
            Stmt::ClassDef(def) => {
                for decorator in &def.decorator_list {
                    self.visit_decorator(decorator);
                }
                if let Some(arguments) = &def.arguments {
                    self.visit_arguments(arguments);
                }
            }
            _ => visitor::walk_stmt(self, statement),
        }
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Lambda(lambda) => {
                if let Some(parameters) = &lambda.parameters {
                    self.visit_parameters(parameters);
                }
            }
            Expr::Named(named) => {
                self.target(&named.target);
                self.visit_expr(&named.value);
            }
            _ => visitor::walk_expr(self, expr),
        }
    }
}
