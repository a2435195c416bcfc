//! Which classes the objects are of that variables of a file and fields of its classes hold, as far as
//! one sees them made: `this.store = new Store()`, `search = new SearchTool()` in a function.

use std::collections::{BTreeMap, BTreeSet};

use trueline_syntax::ir::{Callee, FuncId, FunctionKind, Op, Operand, Var, VarHome};

use super::Reader;
use super::objects::instructions;

/// Classes of one variable or field that are followed.
const MAX_CLASSES: usize = 4;

/// Dotted paths of classes, by what holds their objects.
#[derive(Default, Debug)]
pub(super) struct Holders {
    variables: BTreeMap<Var, BTreeSet<String>>,
    /// By class and field.
    fields: BTreeMap<(u32, String), BTreeSet<String>>,
}

impl<'a> Reader<'a> {
    pub(super) fn holders(&self) -> Holders {
        let mut own = Holders::default();
        for (at, function) in self.module.functions.iter().enumerate() {
            let id = FuncId(at as u32);
            for instr in instructions(function) {
                if let Op::StoreField { base, name, value } = &instr.op
                    && let Some(class) = self.own_class(id, base)
                    && let Some(path) = self.made_as(id, value)
                {
                    let field = (class, self.module.text(*name).to_owned());
                    own.fields.entry(field).or_default().insert(path);
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
        let few = classes.filter(|c| c.len() <= MAX_CLASSES);
        let paths = few.into_iter().flatten();
        paths.map(|path| format!("{path}.{name}")).collect()
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
        let class = self.own_class(at, base)?;
        let class = self.module.classes.get(class as usize)?;
        let mut methods = class.methods.iter();
        let found = methods.find(|(method, _)| method == name);
        found.map(|(_, function)| *function)
    }

    fn class_around(&self, id: FuncId) -> Option<u32> {
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
