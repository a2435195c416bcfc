//! What an operand is, by following the only definition of each variable: dotted paths, constants,
//! functions, and the words that occur in it. Where a variable has several definitions: nothing.

use std::collections::{BTreeMap, BTreeSet};

use trueline_syntax::ir::{
    Callee, Const, Element, FuncId, Instr, Module, Op, Operand, Symbol, Var, VarHome,
};

use crate::analysis::{import_path, words};

/// Definitions followed from one operand.
const MAX_DEPTH: u8 = 12;

/// The variables of a module with their definitions.
pub(super) struct Terms<'a> {
    module: &'a Module,
    defs: Vec<Vec<Definition<'a>>>,
    /// Types of parameters, by function and variable, where they are asked for.
    types: BTreeMap<(FuncId, Var), String>,
}

#[derive(Clone, Copy)]
enum Definition<'a> {
    None,
    One(&'a Instr),
    Many,
}

impl<'a> Terms<'a> {
    pub(super) fn new(module: &'a Module) -> Self {
        let defs = module
            .functions
            .iter()
            .map(|function| {
                let mut defs = vec![Definition::None; function.vars.len()];
                for instr in function.blocks.iter().flat_map(|b| &b.instrs) {
                    let Some(slot) = instr.dst.and_then(|v| defs.get_mut(v.0 as usize)) else {
                        continue;
                    };
                    *slot = match slot {
                        Definition::None => Definition::One(instr),
                        // Code that is lowered twice defines a variable twice with the same.
                        Definition::One(known) if known.op == instr.op => Definition::One(known),
                        Definition::One(_) | Definition::Many => Definition::Many,
                    };
                }
                defs
            })
            .collect();
        Self {
            module,
            defs,
            types: BTreeMap::new(),
        }
    }

    /// As [`Self::new`]; a parameter is what its annotation says, if the file imports that.
    pub(super) fn with_types(module: &'a Module) -> Self {
        let mut own = Self::new(module);
        let names = own.names();
        let mut types = BTreeMap::new();
        for (at, function) in module.functions.iter().enumerate() {
            for param in &function.params {
                let Some(annotation) = param.annotation.map(|a| module.text(a)) else {
                    continue;
                };
                let head = annotation.split('.').next().unwrap_or(annotation);
                let rest = annotation.get(head.len()..).unwrap_or_default();
                if let Some((_, Op::Import { .. })) = names
                    .get(head)
                    .and_then(|v| own.operation(FuncId(0), &Operand::Var(*v)))
                    && let Some(path) = names
                        .get(head)
                        .and_then(|v| own.path(FuncId(0), &Operand::Var(*v)))
                {
                    types.insert((FuncId(at as u32), param.var), format!("{path}{rest}"));
                }
            }
        }
        own.types = types;
        own
    }

    /// The variables of the file's body, by name.
    pub(super) fn names(&self) -> BTreeMap<&'a str, Var> {
        let Some(body) = self.module.functions.first() else {
            return BTreeMap::new();
        };
        let named = body.vars.iter().enumerate().filter_map(|(at, decl)| {
            let name = self.module.text(decl.name);
            let own = decl.home == VarHome::Local && !name.is_empty();
            own.then_some((name, Var(at as u32)))
        });
        named.collect()
    }

    /// The function and variable that an operand is, seen through closures.
    pub(super) fn base(&self, id: FuncId, operand: &Operand) -> Option<(FuncId, Var)> {
        let Operand::Var(var) = operand else {
            return None;
        };
        match self.home(id, *var)?.1 {
            VarHome::Captured { function, var } => Some((function, var)),
            VarHome::Local | VarHome::Temporary => Some((id, *var)),
            VarHome::Global => None,
        }
    }

    /// Modules and members that the file imports, as dotted paths.
    pub(super) fn imports(&self) -> BTreeSet<String> {
        self.module
            .functions
            .iter()
            .flat_map(|f| &f.blocks)
            .flat_map(|b| &b.instrs)
            .filter_map(|i| self.import(&i.op))
            .collect()
    }

    fn import(&self, op: &Op) -> Option<String> {
        let Op::Import { module, member } = op else {
            return None;
        };
        Some(import_path(
            self.module.language,
            self.module.text(*module),
            member.map(|m| self.module.text(m)),
        ))
    }

    fn definition(&self, id: FuncId, var: Var) -> Option<&'a Instr> {
        match self.defs.get(id.0 as usize)?.get(var.0 as usize)? {
            Definition::One(instr) => Some(instr),
            Definition::None | Definition::Many => None,
        }
    }

    fn home(&self, id: FuncId, var: Var) -> Option<(Symbol, VarHome)> {
        let function = self.module.functions.get(id.0 as usize)?;
        let decl = function.vars.get(var.0 as usize)?;
        Some((decl.name, decl.home))
    }

    /// Where an operand is defined: the function and the instruction.
    fn origin(&self, id: FuncId, operand: &Operand) -> Option<(FuncId, &'a Instr)> {
        let Operand::Var(var) = operand else {
            return None;
        };
        if let Some((_, VarHome::Captured { function, var })) = self.home(id, *var) {
            return self.definition(function, var).map(|i| (function, i));
        }
        self.definition(id, *var).map(|i| (id, i))
    }

    /// What defines an operand, and in which function.
    pub(super) fn operation(&self, id: FuncId, operand: &Operand) -> Option<(FuncId, &'a Op)> {
        let mut found = self.origin(id, operand)?;
        for _ in 0..MAX_DEPTH {
            let (Op::Copy(inner) | Op::Await(inner)) = &found.1.op else {
                break;
            };
            let Some(next) = self.origin(found.0, inner) else {
                break;
            };
            found = next;
        }
        Some((found.0, &found.1.op))
    }

    /// The operand is a call that takes a function: a wrapper around a handler.
    pub(super) fn wraps(&self, id: FuncId, operand: &Operand) -> bool {
        matches!(self.operation(id, operand), Some((_, Op::Call { args, .. })) if !args.is_empty())
    }

    /// The words of the calls that stand around a handler: `requireAuth(limit(handler))`. What such a call
    /// is given beside it, as a service or a store, guards nothing.
    pub(super) fn wrappers(&self, id: FuncId, operand: &Operand, into: &mut Vec<String>) {
        let mut work = vec![(id, operand.clone())];
        for _ in 0..MAX_DEPTH {
            let Some((at, operand)) = work.pop() else {
                return;
            };
            let Some((at, Op::Call { callee, args })) = self.operation(at, &operand) else {
                continue;
            };
            let name = match callee {
                Callee::Function(called) | Callee::New(called) => self
                    .path(at, called)
                    .or_else(|| self.variable(at, called))
                    .unwrap_or_default(),
                Callee::Method { receiver, name } => {
                    let owner = self
                        .path(at, receiver)
                        .or_else(|| self.variable(at, receiver));
                    // What makes the handler is named for what it does, not for who it is made from.
                    let own = self.module.text(*name);
                    format!("{}.{own}", owner.unwrap_or_default())
                }
                Callee::Super { .. } => String::new(),
            };
            into.extend(words(&name));
            into.push(String::new());
            work.extend(args.iter().map(|arg| (at, arg.value.clone())));
        }
    }

    /// The words of what runs before a handler: a function, a method of the application, a call that makes
    /// one, or several of them.
    pub(super) fn hook(&self, id: FuncId, operand: &Operand) -> Vec<String> {
        let mut found = Vec::new();
        let mut work = vec![(id, operand.clone())];
        for _ in 0..MAX_DEPTH {
            let Some((at, operand)) = work.pop() else {
                break;
            };
            self.mentioned(at, &operand, &mut found);
            found.push(String::new());
            match self.operation(at, &operand) {
                Some((
                    _,
                    Op::Field { name, .. }
                    | Op::Call {
                        callee: Callee::Method { name, .. },
                        ..
                    },
                )) => found.extend(words(self.module.text(*name))),
                Some((inner, Op::Sequence { elements, .. })) => {
                    let each = elements.iter();
                    work.extend(
                        each.map(|(Element::One(e) | Element::Spread(e))| (inner, e.clone())),
                    );
                }
                _ => {}
            }
            found.push(String::new());
        }
        found
    }

    /// The name of the variable that an operand is.
    pub(super) fn variable(&self, id: FuncId, operand: &Operand) -> Option<String> {
        self.variable_within(id, operand, MAX_DEPTH)
    }

    fn variable_within(&self, id: FuncId, operand: &Operand, depth: u8) -> Option<String> {
        let depth = depth.checked_sub(1)?;
        let Operand::Var(var) = operand else {
            return None;
        };
        let (name, home) = self.home(id, *var)?;
        let name = self.module.text(name);
        if !name.is_empty() {
            return Some(name.to_owned());
        }
        if home != VarHome::Temporary {
            return None;
        }
        // A chain: `app.route("/x").get(f)`, `router.use(a).use(b)`, `this.app.use(a)`.
        match &self.definition(id, *var)?.op {
            Op::Call {
                callee: Callee::Method { receiver, .. },
                ..
            } => self.variable_within(id, receiver, depth),
            Op::Copy(inner) | Op::Await(inner) => self.variable_within(id, inner, depth),
            Op::Field { name, .. } => Some(self.module.text(*name).to_owned()),
            _ => None,
        }
    }

    /// The dotted path of an operand: what it was imported or called as.
    pub(super) fn path(&self, id: FuncId, operand: &Operand) -> Option<String> {
        self.path_within(id, operand, MAX_DEPTH)
    }

    fn path_within(&self, id: FuncId, operand: &Operand, depth: u8) -> Option<String> {
        let depth = depth.checked_sub(1)?;
        let Operand::Var(var) = operand else {
            return None;
        };
        if let Some(of) = self.base(id, operand).and_then(|b| self.types.get(&b)) {
            return Some(of.clone());
        }
        let Some((at, instr)) = self.origin(id, operand) else {
            let (name, home) = self.home(id, *var)?;
            return (home == VarHome::Global).then(|| self.module.text(name).to_owned());
        };
        match &instr.op {
            Op::Copy(inner) | Op::Await(inner) | Op::Enter(inner) => {
                self.path_within(at, inner, depth)
            }
            Op::Typed { value, of } => Some(
                self.path_within(at, value, depth)
                    .unwrap_or_else(|| self.module.text(*of).to_owned()),
            ),
            Op::Field { base, name } => Some(format!(
                "{}.{}",
                self.path_within(at, base, depth)?,
                self.module.text(*name)
            )),
            Op::Call { callee, args } => {
                let path = self.callee_within(at, callee, depth)?;
                match args.first() {
                    // The same function, with a promise for a result.
                    Some(first) if path == "util.promisify" => {
                        self.path_within(at, &first.value, depth)
                    }
                    _ => Some(path),
                }
            }
            op @ Op::Import { .. } => self.import(op),
            // `const [{ Store }] = await Promise.all([import("store")])`
            Op::Index {
                base,
                index: Operand::Const(Const::Int(nth)),
            } => {
                let nth = usize::try_from(*nth).ok()?;
                let (of, element) = self.awaited(at, base, nth, depth)?;
                self.path_within(of, element, depth)
            }
            _ => None,
        }
    }

    /// One of several that are waited for together. What is called may be what is asked for, as in
    /// `a, b = a.split()`: the depth goes on.
    fn awaited(
        &self,
        id: FuncId,
        operand: &Operand,
        nth: usize,
        depth: u8,
    ) -> Option<(FuncId, &'a Operand)> {
        let (at, Op::Call { callee, args }) = self.operation(id, operand)? else {
            return None;
        };
        if self.callee_within(at, callee, depth).as_deref() != Some("Promise.all") {
            return None;
        }
        let (of, elements) = self.elements(at, &args.first()?.value)?;
        elements.get(nth).map(|element| (of, *element))
    }

    /// The dotted path of what is called.
    pub(super) fn callee(&self, id: FuncId, callee: &Callee) -> Option<String> {
        self.callee_within(id, callee, MAX_DEPTH)
    }

    fn callee_within(&self, id: FuncId, callee: &Callee, depth: u8) -> Option<String> {
        match callee {
            Callee::Function(operand) | Callee::New(operand) => self
                .path_within(id, operand, depth)
                .or_else(|| self.generic_within(id, operand, depth)),
            Callee::Method { receiver, name } => Some(format!(
                "{}.{}",
                self.path_within(id, receiver, depth)?,
                self.module.text(*name)
            )),
            Callee::Super { .. } => None,
        }
    }

    /// The class of `Agent[Context](...)`, whatever stands in the brackets.
    fn generic_within(&self, id: FuncId, operand: &Operand, depth: u8) -> Option<String> {
        let (at, instr) = self.origin(id, operand)?;
        let Op::Index { base, .. } = &instr.op else {
            return None;
        };
        let path = self.path_within(at, base, depth)?;
        let last = path.rsplit(['.', '/']).next()?;
        last.starts_with(char::is_uppercase).then_some(path)
    }

    /// The constant that an operand is.
    pub(super) fn constant(&self, id: FuncId, operand: &'a Operand) -> Option<&'a Const> {
        let mut at = id;
        let mut operand = operand;
        for _ in 0..MAX_DEPTH {
            if let Operand::Const(known) = operand {
                return Some(known);
            }
            let (function, instr) = self.origin(at, operand)?;
            match &instr.op {
                Op::Copy(inner) => (at, operand) = (function, inner),
                _ => return None,
            }
        }
        None
    }

    /// The text that an operand is.
    pub(super) fn text(&self, id: FuncId, operand: &'a Operand) -> Option<&'a str> {
        match self.constant(id, operand)? {
            Const::Str(text) => Some(self.module.text(*text)),
            _ => None,
        }
    }

    /// The elements of a list or tuple literal.
    pub(super) fn elements(
        &self,
        id: FuncId,
        operand: &Operand,
    ) -> Option<(FuncId, Vec<&'a Operand>)> {
        let (at, op) = self.operation(id, operand)?;
        match op {
            Op::Sequence { elements, .. } => Some((
                at,
                elements
                    .iter()
                    .map(|(Element::One(e) | Element::Spread(e))| e)
                    .collect(),
            )),
            _ => None,
        }
    }

    /// The entries of a map literal with text keys.
    pub(super) fn entries(
        &self,
        id: FuncId,
        operand: &Operand,
    ) -> Option<(FuncId, Vec<(&'a str, &'a Operand)>)> {
        let (at, op) = self.operation(id, operand)?;
        match op {
            Op::Map { entries } => Some((
                at,
                entries
                    .iter()
                    .filter_map(|(key, value)| match key {
                        Some(Operand::Const(Const::Str(key))) => {
                            Some((self.module.text(*key), value))
                        }
                        _ => None,
                    })
                    .collect(),
            )),
            _ => None,
        }
    }

    /// The function that an operand is, looking through wrappers: `asyncHandler(f)`.
    pub(super) fn closure(&self, id: FuncId, operand: &Operand) -> Option<FuncId> {
        self.closure_within(id, operand, MAX_DEPTH)
    }

    fn closure_within(&self, id: FuncId, operand: &Operand, depth: u8) -> Option<FuncId> {
        let depth = depth.checked_sub(1)?;
        let (at, instr) = self.origin(id, operand)?;
        match &instr.op {
            Op::Closure(function) => Some(*function),
            Op::Copy(inner) | Op::Typed { value: inner, .. } => {
                self.closure_within(at, inner, depth)
            }
            Op::Call { args, .. } => args
                .iter()
                .find_map(|arg| self.closure_within(at, &arg.value, depth)),
            _ => None,
        }
    }

    /// The words of all names in an operand, not looking into functions.
    pub(super) fn mentioned(&self, id: FuncId, operand: &Operand, into: &mut Vec<String>) {
        self.mentioned_within(id, operand, into, MAX_DEPTH);
    }

    fn mentioned_within(&self, id: FuncId, operand: &Operand, into: &mut Vec<String>, depth: u8) {
        let Some(depth) = depth.checked_sub(1) else {
            return;
        };
        if let Some(path) = self.path(id, operand) {
            into.extend(words(&path));
        }
        if let Some(name) = self.variable(id, operand) {
            into.extend(words(&name));
        }
        let Some((at, instr)) = self.origin(id, operand) else {
            return;
        };
        match &instr.op {
            Op::Sequence { elements, .. } => {
                for Element::One(element) | Element::Spread(element) in elements {
                    self.mentioned_within(at, element, into, depth);
                }
            }
            Op::Call { args, .. } => {
                for arg in args {
                    self.mentioned_within(at, &arg.value, into, depth);
                }
            }
            Op::Copy(inner) => self.mentioned_within(at, inner, into, depth),
            _ => {}
        }
    }
}
