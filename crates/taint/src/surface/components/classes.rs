//! Which classes the objects are of that variables of a file and fields of its classes hold, as far as
//! one sees them made: `this.store = new Store()`, `search = new SearchTool()` in a function.

use std::collections::{BTreeMap, BTreeSet};

use trueline_facts::surface::{Client, ComponentKind, FunctionSurface, Role};
use trueline_syntax::ir::{Callee, FuncId, FunctionKind, Op, Operand, Terminator, Var, VarHome};

use super::Reader;
use super::catalogue::Known;
use super::objects::{blank, instructions};

/// Classes of one variable or field that are followed.
const MAX_CLASSES: usize = 4;
/// Parts and assignments that are followed from one operand.
const MAX_PARTS: usize = 16;
/// Functions of the file that are followed to what they return.
const MAX_RESULTS: u8 = 4;

/// Dotted paths of classes, by what holds their objects.
#[derive(Default, Debug)]
pub(super) struct Holders {
    variables: BTreeMap<Var, BTreeSet<String>>,
    /// By class and field.
    fields: BTreeMap<(u32, String), BTreeSet<String>>,
    /// Rows of the table of components, by class and field.
    clients: BTreeMap<(u32, String), usize>,
}

/// Clients whose every method sends something; those of models also make other models.
pub(super) const fn is_client(kind: ComponentKind) -> bool {
    matches!(
        kind,
        ComponentKind::Network
            | ComponentKind::Objects
            | ComponentKind::Database
            | ComponentKind::VectorStore
            | ComponentKind::Memory
            | ComponentKind::McpClient
    )
}

impl<'a> Reader<'a> {
    pub(super) fn holders(&self) -> Holders {
        let mut own = Holders::default();
        for (at, function) in self.module.functions.iter().enumerate() {
            let id = FuncId(at as u32);
            for instr in instructions(function) {
                if let Op::StoreField { base, name, value } = &instr.op
                    && let Some(class) = self.own_class(id, base)
                {
                    let field = (class, self.module.text(*name).to_owned());
                    for path in self.classes_of(id, value) {
                        own.fields.entry(field.clone()).or_default().insert(path);
                    }
                    if let Some(row) = self.client_made(id, value, MAX_RESULTS) {
                        own.clients.insert(field, row);
                    }
                }
                let home = instr
                    .dst
                    .and_then(|dst| function.vars.get(dst.0 as usize))
                    .map(|decl| decl.home);
                let Some(VarHome::Captured {
                    function: FuncId(0),
                    var,
                }) = home
                else {
                    continue;
                };
                let made = match &instr.op {
                    Op::Call { callee, .. } => self.class_path(id, callee),
                    Op::Copy(value) | Op::Await(value) => self.made_as(id, value),
                    _ => None,
                };
                if let Some(path) = made {
                    own.variables.entry(var).or_default().insert(path);
                }
            }
        }
        own
    }

    /// Paths of the methods that a call on such an object may be.
    pub(super) fn methods_held(
        &self,
        id: FuncId,
        receiver: &'a Operand,
        name: &str,
    ) -> Vec<String> {
        let classes = match self.terms.operation(id, receiver) {
            Some((at, Op::Field { base, name })) => self.own_class(at, base).and_then(|class| {
                let field = (class, self.module.text(*name).to_owned());
                self.held.fields.get(&field)
            }),
            _ => match self.terms.base(id, receiver) {
                Some((FuncId(0), var)) => self.held.variables.get(&var),
                _ => None,
            },
        };
        let chosen;
        let classes = if classes.is_none() {
            chosen = self.classes_of(id, receiver);
            Some(&chosen).filter(|c| c.len() > 1)
        } else {
            classes
        };
        let few = classes.filter(|c| c.len() <= MAX_CLASSES);
        let paths = few.into_iter().flatten();
        paths.map(|path| format!("{path}.{name}")).collect()
    }

    /// The component whose client a field of the class at hand holds.
    pub(super) fn client_held(&self, id: FuncId, receiver: &'a Operand) -> Option<&'a Known> {
        let (at, Op::Field { base, name }) = self.terms.operation(id, receiver)? else {
            return None;
        };
        let class = self.own_class(at, base)?;
        let field = (class, self.module.text(*name).to_owned());
        let row = self.held.clients.get(&field)?;
        self.known.get(*row)
    }

    /// The component whose client a function of this file returned, which the variable holds.
    pub(super) fn client_returned(&self, id: FuncId, receiver: &'a Operand) -> Option<&'a Known> {
        let (at, Op::Call { callee, .. }) = self.terms.operation(id, receiver)? else {
            return None;
        };
        let Callee::Function(called) = callee else {
            return None;
        };
        self.terms.closure(at, called)?;
        let row = self.client_made(id, receiver, MAX_RESULTS)?;
        self.known.get(row)
    }

    /// The component whose client a function returns.
    pub(super) fn returns(&self, id: FuncId) -> Option<Client> {
        let function = self.module.functions.get(id.0 as usize)?;
        let row = function
            .blocks
            .iter()
            .find_map(|block| match &block.terminator {
                Terminator::Return(Some(given)) => self.client_made(id, given, MAX_RESULTS),
                _ => None,
            })?;
        self.known.get(row).map(|known| Client {
            kind: known.kind,
            name: known.name.clone(),
        })
    }

    /// The imported function that returned an object, or the object of which this is a part.
    pub(super) fn maker(&self, id: FuncId, receiver: &'a Operand) -> Option<String> {
        let (mut at, mut operand) = (id, receiver);
        for _ in 0..MAX_PARTS {
            match self.terms.operation(at, operand)? {
                (of, Op::Field { base, .. }) => (at, operand) = (of, base),
                (of, Op::Call { callee, .. }) => {
                    let Callee::Function(_) = callee else {
                        return None;
                    };
                    let path = self.terms.callee(of, callee)?;
                    let is_function = path
                        .rsplit(['.', '/'])
                        .next()
                        .is_some_and(|last| last.starts_with(char::is_lowercase));
                    return (is_function && self.is_imported(Some(&path))).then_some(path);
                }
                _ => return None,
            }
        }
        None
    }

    /// The path by which a method is called that the class at hand has from an imported one: `self.tool(f)`
    /// in a class of a library's server.
    pub(super) fn inherited_path(&self, id: FuncId, callee: &'a Callee) -> Option<String> {
        let (receiver, name) = match callee {
            Callee::Method { receiver, name } => (receiver, name),
            Callee::Super { name } => {
                let base = self.imported_base(self.class_around(id)?)?;
                return Some(format!("{base}.{}", self.module.text(*name)));
            }
            Callee::Function(_) | Callee::New(_) => return None,
        };
        let class = self.own_class(id, receiver).or_else(|| {
            let (at, Op::Call { callee, .. }) = self.terms.operation(id, receiver)? else {
                return None;
            };
            let (Callee::Function(made) | Callee::New(made)) = callee else {
                return None;
            };
            match self.terms.operation(at, made)? {
                (_, Op::ClassValue(class)) => Some(class.0),
                _ => None,
            }
        })?;
        let name = self.module.text(*name);
        if self.method_of(class, name).is_some() {
            return None;
        }
        let base = self.imported_base(class)?;
        Some(format!("{base}.{name}"))
    }

    /// The path of a method that is not called here: `super().search`.
    pub(super) fn method_above(&self, id: FuncId, operand: &Operand) -> Option<String> {
        let (at, Op::Field { base, name }) = self.terms.operation(id, operand)? else {
            return None;
        };
        let (of, Op::Call { callee, .. }) = self.terms.operation(at, base)? else {
            return None;
        };
        let is_super = self.terms.callee(of, callee).is_some_and(|p| p == "super");
        let class = self.class_around(of).filter(|_| is_super)?;
        let base = self.imported_base(class)?;
        Some(format!("{base}.{}", self.module.text(*name)))
    }

    fn imported_base(&self, class: u32) -> Option<String> {
        let mut bases = self.bases_of(class).into_iter();
        bases.find(|base| self.is_imported(Some(base)))
    }

    /// The functions that a variable may be which is assigned several times, also within what wraps them.
    pub(super) fn may_be(&self, id: FuncId, operand: &Operand) -> Vec<FuncId> {
        let mut found: Vec<FuncId> = Vec::new();
        let mut seen: BTreeSet<(u32, Var)> = BTreeSet::new();
        let mut todo: Vec<(FuncId, &Operand)> = vec![(id, operand)];
        while let Some((at, operand)) = todo.pop() {
            if let Some(one) = self.terms.closure(at, operand) {
                if !found.contains(&one) {
                    found.push(one);
                }
                continue;
            }
            let Some((of, var)) = self.terms.base(at, operand) else {
                continue;
            };
            if seen.len() == MAX_PARTS || !seen.insert((of.0, var)) {
                continue;
            }
            let Some(function) = self.module.functions.get(of.0 as usize) else {
                continue;
            };
            for instr in instructions(function).filter(|i| i.dst == Some(var)) {
                match &instr.op {
                    Op::Copy(inner) | Op::Typed { value: inner, .. } => todo.push((of, inner)),
                    Op::Call { args, .. } => todo.extend(args.iter().map(|a| (of, &a.value))),
                    Op::Closure(one) => found.push(*one),
                    _ => {}
                }
            }
        }
        found
    }

    /// The row of the component that a value is made as, also by a function of this file that returns it.
    fn client_made(&self, id: FuncId, value: &'a Operand, depth: u8) -> Option<usize> {
        let depth = depth.checked_sub(1)?;
        let row = |path: &str| {
            self.known
                .iter()
                .position(|k| is_client(k.kind) && !k.wraps_function && k.is_called(path))
        };
        let Some((at, op)) = self.terms.operation(id, value) else {
            let path = self.terms.path(id, value)?;
            return row(&path);
        };
        let Op::Call { callee, .. } = op else {
            return None;
        };
        if let Some(path) = self.terms.callee(at, callee)
            && let Some(found) = row(&path)
        {
            return Some(found);
        }
        let own = match callee {
            Callee::Function(operand) => self.terms.closure(at, operand),
            Callee::Method { receiver, name } => {
                let class = self.own_class(at, receiver)?;
                self.method_of(class, self.module.text(*name))
            }
            Callee::New(_) | Callee::Super { .. } => None,
        }?;
        let function = self.module.functions.get(own.0 as usize)?;
        function
            .blocks
            .iter()
            .find_map(|block| match &block.terminator {
                Terminator::Return(Some(given)) => self.client_made(own, given, depth),
                _ => None,
            })
    }

    /// The imported classes that a value may be an object of: each of those that its variable is given.
    pub(super) fn classes_of(&self, id: FuncId, value: &'a Operand) -> BTreeSet<String> {
        if let Some(path) = self.made_as(id, value) {
            return BTreeSet::from([path]);
        }
        let Some((at, var)) = self.terms.base(id, value) else {
            return BTreeSet::new();
        };
        let Some(function) = self.module.functions.get(at.0 as usize) else {
            return BTreeSet::new();
        };
        let given = instructions(function).filter(|i| i.dst == Some(var));
        given
            .filter_map(|i| match &i.op {
                Op::Call { callee, .. } => self.class_path(at, callee),
                Op::Copy(inner) | Op::Await(inner) => self.made_as(at, inner),
                _ => None,
            })
            .collect()
    }

    /// The method of a class of this file.
    pub(super) fn method_of(&self, class: u32, name: &str) -> Option<FuncId> {
        let class = self.module.classes.get(class as usize)?;
        let mut methods = class.methods.iter();
        let found = methods.find(|(method, _)| self.module.text(*method) == name);
        found.map(|(_, function)| *function)
    }

    /// Bases of the class at hand, where the receiver is its object and the class has no such method itself.
    pub(super) fn inherited(&self, id: FuncId, receiver: &'a Operand, name: &str) -> Vec<String> {
        match self.own_class(id, receiver) {
            Some(class) if self.method_of(class, name).is_none() => self.bases_of(class),
            _ => Vec::new(),
        }
    }

    /// Bases of a class of this file: its own names, or paths of imported ones.
    pub(super) fn bases_of(&self, class: u32) -> Vec<String> {
        let class = self.module.classes.get(class as usize);
        let bases = class.into_iter().flat_map(|c| &c.bases);
        bases
            .map(|base| {
                let written = self.module.text(*base);
                let head = written.split('.').next().unwrap_or(written);
                let rest = written.get(head.len()..).unwrap_or_default();
                let operand = self.names.get(head).map(|v| Operand::Var(*v));
                let path = operand.filter(|o| {
                    let made = self.terms.operation(FuncId(0), o);
                    matches!(made, Some((_, Op::Import { .. })))
                });
                let path = path.and_then(|o| self.terms.path(FuncId(0), &o));
                path.map_or_else(|| written.to_owned(), |path| format!("{path}{rest}"))
            })
            .collect()
    }

    /// A node of each class, and what the file's classes are made from.
    pub(super) fn class_nodes(&mut self) {
        let module = self.module;
        for (at, class) in module.classes.iter().enumerate() {
            let name = module.text(class.qualified);
            if name.is_empty() {
                continue;
            }
            let body = module.functions.iter().position(|f| {
                f.kind == FunctionKind::ClassBody && f.class.is_some_and(|c| c.0 == at as u32)
            });
            let node = match body {
                Some(body) => body as u32,
                None => self.node(FunctionSurface {
                    symbol: name.to_owned(),
                    ..blank(Role::Function)
                }),
            };
            self.class_node.insert(at as u32, node);
            let bases = self.bases_of(at as u32);
            self.class_bases.insert(name.to_owned(), bases);
        }
    }

    /// The class of which the operand is the object at hand: `self`, `this`.
    fn own_class(&self, id: FuncId, operand: &'a Operand) -> Option<u32> {
        if let Some((at, Op::This)) = self.terms.operation(id, operand) {
            return self.class_around(at);
        }
        let (at, var) = self.terms.base(id, operand)?;
        let function = self.module.functions.get(at.0 as usize)?;
        let first = function.params.first()?;
        (function.kind == FunctionKind::Method
            && first.var == var
            && matches!(self.module.text(first.name), "self" | "cls"))
        .then(|| function.class.map(|c| c.0))?
    }

    /// The function that an operand is, also one of the class at hand: `self.answer`.
    pub(super) fn given(&self, id: FuncId, operand: &'a Operand) -> Option<FuncId> {
        if let Some(own) = self.terms.closure(id, operand) {
            return Some(own);
        }
        let (at, Op::Field { base, name }) = self.terms.operation(id, operand)? else {
            return None;
        };
        let name = self.module.text(*name);
        if let Some(class) = self.own_class(at, base) {
            return self.method_of(class, name);
        }
        // A method of an object that a class of this file makes.
        let (of, Op::Call { callee, .. }) = self.terms.operation(at, base)? else {
            return None;
        };
        let (Callee::Function(made) | Callee::New(made)) = callee else {
            return None;
        };
        let (_, Op::ClassValue(class)) = self.terms.operation(of, made)? else {
            return None;
        };
        self.method_of(class.0, name)
    }

    /// Paths of the methods that an operand may be: those of an object of an imported class.
    pub(super) fn bound(&self, id: FuncId, operand: &'a Operand) -> Vec<String> {
        let Some((at, Op::Field { base, name })) = self.terms.operation(id, operand) else {
            return Vec::new();
        };
        let name = self.module.text(*name);
        let held = self.methods_held(at, base, name);
        if !held.is_empty() {
            return held;
        }
        let classes = self.classes_of(at, base).into_iter();
        classes.map(|path| format!("{path}.{name}")).collect()
    }

    pub(super) fn class_around(&self, id: FuncId) -> Option<u32> {
        let mut at = self.module.functions.get(id.0 as usize);
        while let Some(function) = at {
            if let Some(class) = function.class {
                return Some(class.0);
            }
            at = function
                .parent
                .and_then(|p| self.module.functions.get(p.0 as usize));
        }
        None
    }

    /// The imported class of which a value is an object: one that is made here, or a parameter's type.
    fn made_as(&self, id: FuncId, value: &'a Operand) -> Option<String> {
        match self.terms.operation(id, value) {
            Some((at, Op::Call { callee, .. })) => self.class_path(at, callee),
            Some(_) => None,
            None => {
                let path = self.terms.path(id, value)?;
                self.is_imported(Some(&path)).then_some(path)
            }
        }
    }

    fn class_path(&self, id: FuncId, callee: &'a Callee) -> Option<String> {
        let path = self.terms.callee(id, callee)?;
        let last = path.rsplit(['.', '/']).next()?;
        (last.starts_with(char::is_uppercase) && self.is_imported(Some(&path))).then_some(path)
    }
}
