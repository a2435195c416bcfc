//! The statements of code, in the order in which an import runs them.

use std::rc::Rc;

use ruff_python_ast::{
    ExceptHandler, Expr, Parameters, Stmt, StmtClassDef, StmtFunctionDef, StmtIf, StmtImportFrom,
};
use rustc_hash::FxHashMap;

use super::reach;
use super::value::{self, Value, Values};
use super::walk::{Guard, Kind, MODULE_NAME, Walk};

/// Modules all of whose names are imported, that are kept.
const MAX_STARS: usize = 64;

impl<'c> Walk<'c> {
    pub(super) fn statements(&mut self, body: &'c [Stmt]) {
        for statement in body {
            self.statement(statement);
        }
    }

    fn statement(&mut self, statement: &'c Stmt) {
        match statement {
            Stmt::FunctionDef(function) => self.function(function),
            Stmt::ClassDef(class) => self.class(class),
            Stmt::Return(of) => self.optional(of.value.as_deref()),
            Stmt::Delete(of) => {
                for target in &of.targets {
                    self.quietly(target);
                }
            }
            Stmt::TypeAlias(_) => {}
            Stmt::Assign(of) => {
                let values = self.expression(&of.value);
                for target in &of.targets {
                    self.assign(target, &values);
                }
            }
            Stmt::AugAssign(of) => {
                let left = self.quietly(&of.target);
                let right = self.expression(&of.value);
                let values = value::operate(&mut self.meter, of.op, &left, &right);
                self.assign(&of.target, &values);
            }
            Stmt::AnnAssign(of) => {
                self.annotation(&of.annotation);
                if let Some(value) = &of.value {
                    let values = self.expression(value);
                    self.assign(&of.target, &values);
                }
            }
            Stmt::For(of) => {
                let values = self.expression(&of.iter);
                self.assign_elements(&of.target, &values);
                self.statements(&of.body);
                self.statements(&of.orelse);
            }
            Stmt::While(of) => {
                self.expression(&of.test);
                self.statements(&of.body);
                self.statements(&of.orelse);
            }
            Stmt::If(of) => self.branch(of),
            Stmt::With(of) => {
                for item in &of.items {
                    let values = self.expression(&item.context_expr);
                    if let Some(target) = &item.optional_vars {
                        self.assign(target, &values);
                    }
                }
                self.statements(&of.body);
            }
            Stmt::Match(of) => {
                let values = self.expression(&of.subject);
                for case in &of.cases {
                    self.pattern(&of.subject, &case.pattern, &values);
                    self.optional(case.guard.as_deref());
                    self.statements(&case.body);
                }
            }
            Stmt::Raise(of) => {
                self.optional(of.exc.as_deref());
                self.optional(of.cause.as_deref());
            }
            Stmt::Try(of) => {
                self.statements(&of.body);
                for handler in &of.handlers {
                    let ExceptHandler::ExceptHandler(handler) = handler;
                    if let Some(kind) = &handler.type_ {
                        self.quietly(kind);
                    }
                    self.statements(&handler.body);
                }
                self.statements(&of.orelse);
                self.statements(&of.finalbody);
            }
            Stmt::Assert(of) => {
                self.expression(&of.test);
                self.optional(of.msg.as_deref());
            }
            Stmt::Import(of) => {
                for alias in &of.names {
                    let name = alias.name.as_str();
                    let (given, means) = if let Some(given) = &alias.asname {
                        (given.as_str(), name)
                    } else {
                        let top = name.split('.').next().unwrap_or(name);
                        (top, top)
                    };
                    let values = self.meter.name(means);
                    self.bind(self.scope, given, &values);
                }
            }
            Stmt::ImportFrom(of) => self.import_from(of),
            Stmt::Global(of) => {
                self.outer(of.names.iter().map(ruff_python_ast::Identifier::as_str));
            }
            Stmt::Nonlocal(of) => {
                self.outer(of.names.iter().map(ruff_python_ast::Identifier::as_str));
            }
            Stmt::Expr(of) => {
                // A text alone is a note.
                if !matches!(&*of.value, Expr::StringLiteral(_)) {
                    self.expression(&of.value);
                }
            }
            Stmt::Pass(_) | Stmt::Break(_) | Stmt::Continue(_) | Stmt::IpyEscapeCommand(_) => {}
        }
    }

    fn outer(&mut self, names: impl Iterator<Item = &'c str>) {
        let scope = self.scope;
        if scope != 0 {
            self.scopes[scope].outer.extend(names.map(Rc::from));
        }
    }

    fn import_from(&mut self, of: &'c StmtImportFrom) {
        if of.level > 0 {
            // Of the code beside it, which has its own record.
            for alias in &of.names {
                let given = alias.asname.as_ref().unwrap_or(&alias.name);
                self.bind(self.scope, given.as_str(), &Values::default());
            }
            return;
        }
        let module = of
            .module
            .as_ref()
            .map_or("", ruff_python_ast::Identifier::as_str);
        for alias in &of.names {
            let name = alias.name.as_str();
            if name == "*" {
                self.star(module);
                continue;
            }
            let given = alias
                .asname
                .as_ref()
                .map_or(name, ruff_python_ast::Identifier::as_str);
            let values = self.meter.part(module, name);
            self.bind(self.scope, given, &values);
        }
    }

    /// All names of a module are imported.
    fn star(&mut self, module: &str) {
        let module: Rc<str> = reach::canonical(module).into();
        if self.stars.contains(&module) {
            return;
        }
        if self.stars.len() < MAX_STARS {
            self.stars.push(module);
            self.of_stars.clear();
        } else {
            self.meter.give_up();
        }
    }

    fn branch(&mut self, of: &'c StmtIf) {
        let was = self.runs_now;
        self.expression(&of.test);
        // What stands below `if __name__ == "__main__"` is no part of an import.
        if self.guard != Guard::Void && is_main_guard(&of.test) {
            self.guard = Guard::Met;
            self.runs_now = false;
        }
        self.statements(&of.body);
        self.runs_now = was;
        for clause in &of.elif_else_clauses {
            self.optional(clause.test.as_ref());
            self.statements(&clause.body);
        }
    }

    fn function(&mut self, node: &'c StmtFunctionDef) {
        self.parameters(&node.parameters);
        if let Some(returns) = &node.returns {
            self.annotation(returns);
        }
        // A class is no scope to the functions in it, but what they are defaulted and decorated with is read in it.
        let mut parent = self.scope;
        while self.scopes[parent].is_class
            && let Some(outer) = self.scopes[parent].parent
        {
            parent = outer;
        }
        let scope = self.open_scope(Some(parent), false);
        for parameter in &node.parameters {
            self.bind(scope, parameter.name().as_str(), &Values::default());
        }
        let at = self.add_function(node, scope);
        self.hold(scope);
        self.hold(parent);
        let function = self.meter.one(Value::Function(at));
        self.bind(self.scope, node.name.as_str(), &function);
        for decorator in node.decorator_list.iter().rev() {
            self.called_with(&decorator.expression, std::slice::from_ref(&function));
        }
    }

    pub(super) fn parameters(&mut self, parameters: &'c Parameters) {
        for parameter in parameters.iter_non_variadic_params() {
            self.meter.charge(1);
            if let Some(default) = parameter.default() {
                self.expression(default);
            }
            if let Some(annotation) = &parameter.parameter.annotation {
                self.annotation(annotation);
            }
        }
    }

    /// Types; a text in them is evaluated by whoever asks for what the types are.
    fn annotation(&mut self, annotation: &'c Expr) {
        self.quietly(annotation);
        let mut stack = vec![annotation];
        while let Some(expression) = stack.pop() {
            match expression {
                Expr::StringLiteral(text) => {
                    let Some(what) = super::expression_reaches(text.value.to_str()) else {
                        continue;
                    };
                    self.tell(
                        expression,
                        Kind::Reaches,
                        &format!("has an annotation that {what}"),
                    );
                }
                Expr::Subscript(of) => stack.extend([&*of.value, &*of.slice]),
                Expr::BinOp(of) => stack.extend([&*of.left, &*of.right]),
                Expr::Tuple(of) => stack.extend(&of.elts),
                Expr::List(of) => stack.extend(&of.elts),
                _ => {}
            }
        }
    }

    fn class(&mut self, node: &'c StmtClassDef) {
        let mut makers: Vec<usize> = Vec::new();
        if let Some(arguments) = &node.arguments {
            for base in &arguments.args {
                for value in self.quietly(base).iter() {
                    if let Value::Class(class) = value {
                        makers.extend(self.method(*class, "__init_subclass__"));
                    }
                }
            }
            for keyword in &arguments.keywords {
                for value in self.quietly(&keyword.value).iter() {
                    match value {
                        // A metaclass makes the class right now.
                        Value::Class(class) => {
                            makers.extend(
                                ["__new__", "__init__", "__prepare__", "__call__"]
                                    .iter()
                                    .filter_map(|name| self.method(*class, name)),
                            );
                        }
                        Value::Function(function) => makers.push(*function),
                        Value::Name(name) => self.judge_call(&keyword.value, name, &[]),
                        _ => {}
                    }
                }
            }
        }
        for maker in makers {
            self.call_function(maker, &[], 0);
        }
        let outer = self.scope;
        let scope = self.open_scope(Some(outer), true);
        self.scope = scope;
        self.statements(&node.body);
        self.hold(scope);
        self.scope = outer;
        let methods: FxHashMap<Rc<str>, usize> = self.scopes[scope]
            .names
            .iter()
            .filter_map(|(name, values)| {
                values.iter().rev().find_map(|value| match value {
                    Value::Function(at) => Some((name.clone(), *at)),
                    _ => None,
                })
            })
            .collect();
        self.classes.push(methods);
        let class = self.classes.len() - 1;
        let class = self.meter.one(Value::Class(class));
        self.bind(self.scope, node.name.as_str(), &class);
        for decorator in node.decorator_list.iter().rev() {
            self.called_with(&decorator.expression, std::slice::from_ref(&class));
        }
    }
}

fn is_main_guard(test: &Expr) -> bool {
    let Expr::Compare(compare) = test else {
        return false;
    };
    let is_name = |e: &Expr| matches!(e, Expr::Name(name) if name.id.as_str() == MODULE_NAME);
    let is_main =
        |e: &Expr| matches!(e, Expr::StringLiteral(text) if text.value.to_str() == "__main__");
    let equals = matches!(&*compare.ops, [ruff_python_ast::CmpOp::Eq]);
    equals
        && compare.comparators.len() == 1
        && (is_name(&compare.left) && is_main(&compare.comparators[0])
            || is_main(&compare.left) && is_name(&compare.comparators[0]))
}
