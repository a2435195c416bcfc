//! The statements of code, in the order in which an import runs them; bodies of functions after them, those first that
//! the import calls.

use std::collections::BTreeMap;
use std::rc::Rc;

use ruff_python_ast::{
    ExceptHandler, Expr, Parameters, Pattern, Stmt, StmtClassDef, StmtFunctionDef, StmtIf,
    StmtImportFrom,
};
use ruff_text_size::Ranged;
use rustc_hash::{FxHashMap, FxHashSet};

use super::reach::{self, When};
use super::value::{self, Value, Values};

/// Names that are kept of one file.
const MAX_NAMES: usize = 1 << 16;
/// Expressions in each other that are followed.
pub(super) const MAX_DEPTH: usize = 120;
/// Findings that are kept of one file.
const MAX_FINDINGS: usize = 20_000;
/// Elements of a list that a loop over it is read with.
const MAX_TURNS: usize = 64;
/// What a module is named by, which is `__main__` in the one that is started.
const MODULE_NAME: &str = "__name__";
/// Modules all of whose names are imported, that are kept.
const MAX_STARS: usize = 64;

/// Something that the code does to the outside.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Finding {
    pub(super) what: String,
    /// Does an import of the code run it?
    pub(super) runs_now: bool,
    pub(super) kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Kind {
    /// Harmless in many programs, and odd where an import runs it.
    Mild,
    /// No model needs it.
    Reaches,
    /// A text that can only be meant to be run.
    Payload,
}

pub(super) struct Scope<'c> {
    parent: Option<usize>,
    names: FxHashMap<Rc<str>, Values<'c>>,
    /// Names of it that are those of the module.
    outer: FxHashSet<Rc<str>>,
    /// Functions in a class do not see its names.
    is_class: bool,
}

struct Function<'c> {
    node: &'c StmtFunctionDef,
    scope: usize,
    is_called: bool,
    is_done: bool,
}

/// What `if __name__ == "__main__"` is to an import.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Guard {
    /// There is none yet.
    Unmet,
    /// Nothing below it runs.
    Met,
    /// The code gives the name itself, so that it may run.
    Void,
}

/// Who gives the module its name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Naming {
    /// Whoever imports it.
    Loader,
    /// The code itself.
    Own,
}

pub(super) struct Walk<'c> {
    guard: Guard,
    naming: Naming,
    pub(super) scopes: Vec<Scope<'c>>,
    functions: Vec<Function<'c>>,
    /// Those that an import calls, and whose bodies are yet to be read.
    called: Vec<usize>,
    /// Methods of the classes of the code.
    classes: Vec<FxHashMap<Rc<str>, usize>>,
    /// What is given to attributes of objects, by the names of those.
    pub(super) attributes: FxHashMap<Rc<str>, Values<'c>>,
    /// Modules all of whose names are imported.
    pub(super) stars: Vec<Rc<str>>,
    pub(super) scope: usize,
    pub(super) runs_now: bool,
    /// Names are mentioned and not handed on: types, exceptions.
    pub(super) is_quiet: bool,
    pub(super) depth: usize,
    pub(super) steps_left: usize,
    names_left: usize,
    /// Something was met that is not followed, of a kind of which there are too many.
    is_cut: bool,
    /// By place.
    pub(super) findings: BTreeMap<(u32, String), Finding>,
}

impl<'c> Walk<'c> {
    pub(super) fn of(body: &'c [Stmt], len: usize) -> Self {
        let walk = Self::with(body, len, Guard::Unmet);
        // The code says itself what it is named: what it guards with that may run.
        if walk.naming == Naming::Own && walk.guard == Guard::Met {
            return Self::with(body, len, Guard::Void);
        }
        walk
    }

    fn with(body: &'c [Stmt], len: usize, guard: Guard) -> Self {
        let mut walk = Self {
            guard,
            naming: Naming::Loader,
            scopes: Vec::new(),
            functions: Vec::new(),
            called: Vec::new(),
            classes: Vec::new(),
            attributes: FxHashMap::default(),
            stars: Vec::new(),
            scope: 0,
            runs_now: true,
            is_quiet: false,
            depth: 0,
            steps_left: len.saturating_mul(6).saturating_add(300_000),
            names_left: MAX_NAMES,
            is_cut: false,
            findings: BTreeMap::new(),
        };
        walk.open_scope(None, false);
        walk.statements(body);
        // Those that the import calls may call others; those that nothing calls come last.
        let mut next = 0;
        loop {
            if let Some(at) = walk.called.pop() {
                walk.body(at);
            } else if next < walk.functions.len() {
                if !walk.functions[next].is_done {
                    walk.body(next);
                }
                next += 1;
            } else {
                break;
            }
        }
        walk
    }

    /// Was all of it followed?
    pub(super) const fn is_whole(&self) -> bool {
        self.steps_left > 0 && self.names_left > 0 && !self.is_cut
    }

    /// Takes what a computation costs from the steps.
    pub(super) fn charge(&mut self, values: &[Value<'c>]) {
        let cost: usize = values
            .iter()
            .map(|value| match value {
                Value::Text(text) => text.len() / 8,
                Value::Bytes(bytes) => bytes.len() / 8,
                Value::List(items) => items.len(),
                Value::Pairs(pairs) => pairs.len(),
                _ => 0,
            })
            .sum();
        self.steps_left = self.steps_left.saturating_sub(cost);
    }

    pub(super) fn open_scope(&mut self, parent: Option<usize>, is_class: bool) -> usize {
        self.scopes.push(Scope {
            parent,
            names: FxHashMap::default(),
            outer: FxHashSet::default(),
            is_class,
        });
        self.scopes.len() - 1
    }

    /// The names of a scope begin anew, as with each element of a comprehension.
    pub(super) fn forget(&mut self, scope: usize) {
        if let Some(scope) = self.scopes.get_mut(scope) {
            self.names_left += scope.names.len();
            scope.names.clear();
        }
    }

    fn body(&mut self, at: usize) {
        let Function {
            node,
            scope,
            is_called,
            ..
        } = self.functions[at];
        self.functions[at].is_done = true;
        self.scope = scope;
        self.runs_now = is_called;
        self.statements(&node.body);
    }

    /// A function of the code is called, with what.
    pub(super) fn call_function(&mut self, at: usize, given: &[Values<'c>], skip: usize) {
        let Some(function) = self.functions.get_mut(at) else {
            return;
        };
        if self.runs_now && !function.is_called {
            function.is_called = true;
            self.called.push(at);
        }
        let (node, scope) = (function.node, function.scope);
        let parameters = node.parameters.iter_non_variadic_params().skip(skip);
        for (parameter, values) in parameters.zip(given) {
            if !values.is_empty() {
                self.bind(scope, parameter.name().as_str(), values.clone());
            }
        }
    }

    /// A class of the code is made, or an object of it.
    pub(super) fn call_class(&mut self, class: usize, given: &[Values<'c>]) {
        for method in ["__new__", "__init__", "__post_init__", "__call__"] {
            if let Some(function) = self.method(class, method) {
                self.call_function(function, given, 1);
            }
        }
    }

    pub(super) fn method(&self, class: usize, name: &str) -> Option<usize> {
        self.classes.get(class)?.get(name).copied()
    }

    pub(super) fn lookup(&self, name: &str) -> Option<&Values<'c>> {
        let mut at = Some(self.scope);
        let mut is_own = true;
        while let Some(scope) = at.and_then(|at| self.scopes.get(at)) {
            if (is_own || !scope.is_class)
                && let Some(values) = scope.names.get(name)
            {
                return Some(values);
            }
            is_own = false;
            at = scope.parent;
        }
        None
    }

    pub(super) fn bind(&mut self, scope: usize, name: &str, values: Values<'c>) {
        self.note_naming(name);
        let scope = if self.scopes[scope].outer.contains(name) {
            0
        } else {
            scope
        };
        let names = &mut self.scopes[scope].names;
        if let Some(known) = names.get_mut(name) {
            value::join(known, values);
        } else if self.names_left > 0 {
            self.names_left -= 1;
            names.insert(name.into(), values);
        }
    }

    /// Something of this name is given a value.
    pub(super) fn note_naming(&mut self, name: &str) {
        if name == MODULE_NAME {
            self.naming = Naming::Own;
        }
    }

    pub(super) fn tell(&mut self, at: &impl Ranged, kind: Kind, what: String) {
        let runs_now = self.runs_now;
        // Many that are odd must not hide one that is worse.
        let is_worst = kind > Kind::Mild && runs_now || kind == Kind::Payload;
        let limit = if is_worst {
            2 * MAX_FINDINGS
        } else {
            MAX_FINDINGS
        };
        if self.findings.len() >= limit {
            self.is_cut = true;
            return;
        }
        let finding = Finding {
            what: what.clone(),
            runs_now,
            kind,
        };
        self.findings
            .entry((at.range().start().to_u32(), what))
            .and_modify(|known| {
                known.runs_now |= runs_now;
                known.kind = known.kind.max(kind);
            })
            .or_insert(finding);
    }

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
                let values = value::operate(of.op, &left, &right);
                self.assign(&of.target, &values);
            }
            Stmt::AnnAssign(of) => {
                self.quietly(&of.annotation);
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
                    if let Pattern::MatchAs(pattern) = &case.pattern
                        && let Some(name) = &pattern.name
                    {
                        self.bind(self.scope, name.as_str(), values.clone());
                    }
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
                    self.bind(self.scope, given, value::name(means));
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

    fn optional(&mut self, expression: Option<&'c Expr>) {
        if let Some(expression) = expression {
            self.expression(expression);
        }
    }

    /// An expression that mentions types.
    pub(super) fn quietly(&mut self, expression: &'c Expr) -> Values<'c> {
        let was = std::mem::replace(&mut self.is_quiet, true);
        let values = self.expression(expression);
        self.is_quiet = was;
        values
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
                self.bind(self.scope, given.as_str(), Vec::new());
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
                let module = value_name(module);
                if !self.stars.contains(&module) {
                    if self.stars.len() < MAX_STARS {
                        self.stars.push(module);
                    } else {
                        self.is_cut = true;
                    }
                }
                continue;
            }
            let given = alias
                .asname
                .as_ref()
                .map_or(name, ruff_python_ast::Identifier::as_str);
            self.bind(self.scope, given, value::name(&format!("{module}.{name}")));
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
            self.quietly(returns);
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
            self.bind(scope, parameter.name().as_str(), Vec::new());
        }
        let at = self.functions.len();
        self.functions.push(Function {
            node,
            scope,
            is_called: false,
            is_done: false,
        });
        self.bind(self.scope, node.name.as_str(), vec![Value::Function(at)]);
        for decorator in node.decorator_list.iter().rev() {
            self.called_with(&decorator.expression, &[vec![Value::Function(at)]]);
        }
    }

    pub(super) fn parameters(&mut self, parameters: &'c Parameters) {
        for parameter in parameters.iter_non_variadic_params() {
            if let Some(default) = parameter.default() {
                self.expression(default);
            }
            if let Some(annotation) = &parameter.parameter.annotation {
                self.quietly(annotation);
            }
        }
    }

    fn class(&mut self, node: &'c StmtClassDef) {
        let mut makers: Vec<usize> = Vec::new();
        if let Some(arguments) = &node.arguments {
            for base in &arguments.args {
                for value in self.quietly(base) {
                    if let Value::Class(class) = value {
                        makers.extend(self.method(class, "__init_subclass__"));
                    }
                }
            }
            for keyword in &arguments.keywords {
                for value in self.quietly(&keyword.value) {
                    match value {
                        // A metaclass makes the class right now.
                        Value::Class(class) => {
                            makers.extend(
                                ["__new__", "__init__", "__prepare__", "__call__"]
                                    .iter()
                                    .filter_map(|name| self.method(class, name)),
                            );
                        }
                        Value::Function(function) => makers.push(function),
                        Value::Name(name) => self.judge_call(&keyword.value, &name, &[]),
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
        self.bind(self.scope, node.name.as_str(), vec![Value::Class(class)]);
        for decorator in node.decorator_list.iter().rev() {
            self.called_with(&decorator.expression, &[vec![Value::Class(class)]]);
        }
    }

    pub(super) fn assign(&mut self, target: &'c Expr, values: &Values<'c>) {
        match target {
            Expr::Name(name) => self.bind(self.scope, name.id.as_str(), values.clone()),
            Expr::Starred(of) => self.assign(&of.value, values),
            Expr::Tuple(of) => self.assign_each(&of.elts, values),
            Expr::List(of) => self.assign_each(&of.elts, values),
            Expr::Attribute(of) => {
                let to = self.quietly(&of.value);
                for value in to {
                    if let Value::Name(name) = value
                        && matches!(
                            &*name,
                            "builtins" | "os" | "subprocess" | "importlib" | "sys"
                        )
                        && !matches!(
                            of.attr.as_str(),
                            "path" | "argv" | "stdout" | "stderr" | "dont_write_bytecode"
                        )
                    {
                        self.tell(
                            target,
                            Kind::Reaches,
                            format!("changes {name}.{}, which other code calls", of.attr),
                        );
                    }
                }
                if !values.is_empty() {
                    value::join(
                        self.attributes.entry(of.attr.as_str().into()).or_default(),
                        values.clone(),
                    );
                }
            }
            Expr::Subscript(of) => {
                let to = self.quietly(&of.value);
                let key = self.expression(&of.slice);
                if let Some(key) = value::as_text(&key) {
                    self.note_naming(&key);
                }
                let is_environment = to
                    .iter()
                    .any(|v| matches!(v, Value::Name(n) if &**n == "os.environ"));
                if is_environment
                    && let Some(key) = value::as_text(&key)
                    && reach::steers(&key)
                {
                    self.tell(
                        target,
                        Kind::Mild,
                        format!(
                            "sets {key}, which changes what programs load or whom they talk to"
                        ),
                    );
                }
            }
            _ => {}
        }
    }

    fn assign_each(&mut self, targets: &'c [Expr], values: &Values<'c>) {
        self.charge(values);
        let items = value::elements(values);
        for (at, target) in targets.iter().enumerate() {
            let item = items
                .as_ref()
                .and_then(|items| items.get(at))
                .cloned()
                .unwrap_or_default();
            self.assign(target, &item);
        }
    }

    /// A loop over the value: the target stands for each of its elements.
    pub(super) fn assign_elements(&mut self, target: &'c Expr, values: &Values<'c>) {
        self.charge(values);
        let mut all = Vec::new();
        for item in value::elements(values)
            .unwrap_or_default()
            .into_iter()
            .take(MAX_TURNS)
        {
            if matches!(target, Expr::Tuple(_) | Expr::List(_)) {
                self.assign(target, &item);
            }
            value::join(&mut all, item);
        }
        if !matches!(target, Expr::Tuple(_) | Expr::List(_)) || all.is_empty() {
            self.assign(target, &all);
        }
    }

    /// What a name of a module does, called here.
    pub(super) fn judge_call(&mut self, at: &impl Ranged, name: &str, given: &[Values<'c>]) {
        let Some(reach) = reach::of(name) else {
            if name == "builtins.open" || name == "io.open" {
                self.judge_open(at, given);
            }
            return;
        };
        if reach.when == When::AtImport && !self.runs_now {
            return;
        }
        self.tell(
            at,
            Kind::Reaches,
            format!("uses {name}, which {}", reach.does),
        );
    }

    /// Files that an import opens: to write, or outside of the model's folder.
    fn judge_open(&mut self, at: &impl Ranged, given: &[Values<'c>]) {
        if !self.runs_now {
            return;
        }
        let mode = given.get(1).map(value::as_text);
        let writes = match &mode {
            None => false,
            Some(None) => true,
            Some(Some(mode)) => mode.contains(['w', 'a', 'x', '+']),
        };
        let place = given.first().and_then(value::as_text);
        let is_outside =
            place.is_some_and(|place| place.starts_with(['/', '~']) || place.starts_with(".."));
        if writes || is_outside {
            self.tell(
                at,
                Kind::Mild,
                "opens a file to write, or outside of its folder".to_owned(),
            );
        }
    }
}

fn value_name(module: &str) -> Rc<str> {
    reach::canonical(module).into()
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
