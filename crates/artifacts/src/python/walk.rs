//! Code as an import runs it: its names, the functions that are called, and what was found.
//!
//! Statements run in their order; bodies of functions after them, those first that the import calls.

use std::collections::BTreeMap;
use std::rc::Rc;

use ruff_python_ast::{Stmt, StmtFunctionDef};
use ruff_text_size::Ranged;
use rustc_hash::{FxHashMap, FxHashSet};

use super::meter::Meter;
use super::reach::{Reach, When};
use super::value::Values;

/// Names that are kept of one file.
const MAX_NAMES: usize = 1 << 16;
/// Expressions in each other that are followed.
pub(super) const MAX_DEPTH: usize = 120;
/// Findings that are kept of one file.
const MAX_FINDINGS: usize = 2_000;
/// What a module is named by, which is `__main__` in the one that is started.
pub(super) const MODULE_NAME: &str = "__name__";
/// Scopes above one that a look-up passes for one step.
const SCOPES_A_STEP: usize = 4;

/// Something that the code does to the outside.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Finding {
    /// Does an import of the code run it?
    pub(super) runs_now: bool,
    pub(super) kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Kind {
    /// It loads a file that can run code.
    Loads,
    /// Harmless in many programs, and odd where an import runs it.
    Mild,
    /// No model needs it.
    Reaches,
    /// A text that can only be meant to be run.
    Payload,
}

pub(super) struct Scope<'c> {
    pub(super) parent: Option<usize>,
    pub(super) names: FxHashMap<Rc<str>, Values<'c>>,
    /// Names of it that are those of the module.
    pub(super) outer: FxHashSet<Rc<str>>,
    /// Functions in a class do not see its names.
    pub(super) is_class: bool,
    /// Something that is kept stands in it: a lambda, a function.
    is_held: bool,
}

pub(super) struct Function<'c> {
    pub(super) node: &'c StmtFunctionDef,
    pub(super) scope: usize,
    is_called: bool,
    is_done: bool,
}

/// What `if __name__ == "__main__"` is to an import.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Guard {
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
    pub(super) guard: Guard,
    naming: Naming,
    pub(super) scopes: Vec<Scope<'c>>,
    functions: Vec<Function<'c>>,
    /// Those that an import calls, and whose bodies are yet to be read.
    called: Vec<usize>,
    /// Methods of the classes of the code.
    pub(super) classes: Vec<FxHashMap<Rc<str>, usize>>,
    /// What is given to attributes of objects, by the names of those.
    pub(super) attributes: FxHashMap<Rc<str>, Values<'c>>,
    /// Modules all of whose names are imported, and what names of them were found to be.
    pub(super) stars: Vec<Rc<str>>,
    pub(super) of_stars: FxHashMap<Rc<str>, Values<'c>>,
    pub(super) scope: usize,
    pub(super) runs_now: bool,
    /// Names are mentioned and not handed on: types, exceptions.
    pub(super) is_quiet: bool,
    pub(super) depth: usize,
    pub(super) meter: Meter,
    names_left: usize,
    /// By place and what it does.
    pub(super) findings: BTreeMap<(u32, Rc<str>), Finding>,
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
            of_stars: FxHashMap::default(),
            scope: 0,
            runs_now: true,
            is_quiet: false,
            depth: 0,
            meter: Meter::of(len),
            names_left: MAX_NAMES,
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
        self.meter.is_whole() && self.names_left > 0
    }

    pub(super) fn open_scope(&mut self, parent: Option<usize>, is_class: bool) -> usize {
        self.meter.charge(4);
        self.scopes.push(Scope {
            parent,
            names: FxHashMap::default(),
            outer: FxHashSet::default(),
            is_class,
            is_held: false,
        });
        self.scopes.len() - 1
    }

    /// Something that is kept stands in the scope.
    pub(super) fn hold(&mut self, scope: usize) {
        if let Some(scope) = self.scopes.get_mut(scope) {
            scope.is_held = true;
        }
    }

    /// The scope is left; nothing is kept of it but what stands in it.
    pub(super) fn close_scope(&mut self, scope: usize) {
        if scope + 1 == self.scopes.len() && !self.scopes[scope].is_held {
            self.names_left += self.scopes[scope].names.len();
            self.scopes.pop();
        }
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

    /// A function that the code has.
    pub(super) fn add_function(&mut self, node: &'c StmtFunctionDef, scope: usize) -> usize {
        self.functions.push(Function {
            node,
            scope,
            is_called: false,
            is_done: false,
        });
        self.functions.len() - 1
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
            self.meter.charge(1);
            if !values.is_empty() {
                self.bind(scope, parameter.name().as_str(), values);
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

    pub(super) fn lookup(&mut self, name: &str) -> Option<Values<'c>> {
        let mut at = Some(self.scope);
        let mut is_own = true;
        let mut passed = 0;
        let mut found = None;
        while let Some(scope) = at.and_then(|at| self.scopes.get(at)) {
            if (is_own || !scope.is_class)
                && let Some(values) = scope.names.get(name)
            {
                found = Some(values.clone());
                break;
            }
            is_own = false;
            passed += 1;
            at = scope.parent;
        }
        self.meter.charge(name.len() / 32 + passed / SCOPES_A_STEP);
        found
    }

    /// The scope that a name of this scope is one of.
    pub(super) fn owner(&self, scope: usize, name: &str) -> usize {
        if self.scopes[scope].outer.contains(name) {
            0
        } else {
            scope
        }
    }

    pub(super) fn bind(&mut self, scope: usize, name: &str, values: &Values<'c>) {
        self.note_naming(name);
        self.meter.charge(name.len() / 32);
        let scope = self.owner(scope, name);
        let names = &mut self.scopes[scope].names;
        if let Some(known) = names.get_mut(name) {
            self.meter.join(known, values);
        } else if self.names_left > 0 {
            self.names_left -= 1;
            names.insert(name.into(), values.clone());
        }
    }

    /// Something of this name is given a value.
    pub(super) fn note_naming(&mut self, name: &str) {
        if name == MODULE_NAME {
            self.naming = Naming::Own;
        }
    }

    pub(super) fn tell(&mut self, at: &impl Ranged, kind: Kind, what: &str) {
        let runs_now = self.runs_now;
        let key = (at.range().start().to_u32(), what.into());
        if let Some(known) = self.findings.get_mut(&key) {
            known.runs_now |= runs_now;
            known.kind = known.kind.max(kind);
            return;
        }
        // Many that are odd must not hide one that is worse.
        let is_worst = kind > Kind::Mild && runs_now || kind == Kind::Payload;
        let limit = if is_worst {
            2 * MAX_FINDINGS
        } else {
            MAX_FINDINGS
        };
        if self.findings.len() >= limit {
            self.meter.give_up();
            return;
        }
        self.findings.insert(key, Finding { runs_now, kind });
    }

    /// Tells of what reaches outside, where that says something.
    pub(super) fn tell_reach(&mut self, at: &impl Ranged, reach: &Reach, does: &str, name: &str) {
        let kind = match reach.when {
            When::Always | When::AtImport => Kind::Reaches,
            When::OddAtImport => Kind::Mild,
            When::Loads => Kind::Loads,
        };
        if reach.when == When::Always || self.runs_now {
            self.tell(
                at,
                kind,
                &format!("{does} {}, which {}", shown(name), reach.does),
            );
        }
    }
}

/// A name, as much of it as is read.
fn shown(name: &str) -> &str {
    &name[..name.floor_char_boundary(200)]
}
