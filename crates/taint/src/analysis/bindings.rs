//! What names of enclosing functions are bound to, read off without running anything.
//!
//! A function may be analysed before the code around it has run; names that are bound once, to a
//! definition, an import or a constant, mean the same whenever they are read.

use rustc_hash::FxHashMap;
use trueline_syntax::ir::{
    ClassId, Const, FuncId, Language, Module, Op, Operand, Symbol, Var, VarHome,
};

use super::Analyzer;
use super::names::import_path;
use super::value::{Atom, Konst, ValId};

/// What a variable is bound to.
#[derive(Clone, Debug)]
enum Bound {
    Func(FuncId),
    Class(ClassId),
    Import(Symbol, Option<Symbol>),
    Const(Const),
}

/// Bindings of variables by the function that owns them.
#[derive(Debug, Default)]
pub(super) struct Bindings {
    counts: FxHashMap<(FuncId, Var), u32>,
    bound: FxHashMap<(FuncId, Var), Bound>,
    /// Functions whose variables inner functions or their decorators may read.
    outer: Vec<bool>,
}

impl Bindings {
    pub(super) fn of(module: &Module) -> Self {
        let mut all = Self {
            outer: vec![false; module.functions.len()],
            ..Self::default()
        };
        if let Some(body) = all.outer.first_mut() {
            *body = true;
        }
        for function in &module.functions {
            if let Some(parent) = function.parent
                && let Some(slot) = all.outer.get_mut(parent.0 as usize)
            {
                *slot = true;
            }
        }
        for (at, function) in module.functions.iter().enumerate() {
            let id = FuncId(at as u32);
            for instr in function.blocks.iter().flat_map(|b| &b.instrs) {
                let Some(var) = instr.dst else { continue };
                let owner = match function.vars.get(var.0 as usize).map(|v| v.home) {
                    Some(VarHome::Local) => (id, var),
                    Some(VarHome::Captured { function, var }) => (function, var),
                    _ => continue,
                };
                *all.counts.entry(owner).or_default() += 1;
                let bound = match &instr.op {
                    Op::Closure(f) => Bound::Func(*f),
                    Op::ClassValue(c) => Bound::Class(*c),
                    Op::Import { module, member } => Bound::Import(*module, *member),
                    Op::Copy(Operand::Const(c)) => Bound::Const(c.clone()),
                    _ => continue,
                };
                // A definition wins over what a decorator makes of it or a fallback import.
                let known = all.bound.get(&owner);
                if known.is_none() || matches!(bound, Bound::Func(_) | Bound::Class(_)) {
                    all.bound.insert(owner, bound);
                }
            }
        }
        all
    }

    /// Whether something outside the function may read its variable.
    pub(super) fn has_inner(&self, owner: FuncId) -> bool {
        self.outer.get(owner.0 as usize).copied().unwrap_or(false)
    }

    /// How many instructions assign the variable.
    pub(super) fn count(&self, owner: FuncId, var: Var) -> u32 {
        self.counts.get(&(owner, var)).copied().unwrap_or(0)
    }
}

impl Analyzer<'_> {
    /// The value of a variable that is bound once.
    pub(super) fn binding_value(&mut self, owner: FuncId, var: Var) -> Option<ValId> {
        let count = self.bindings.count(owner, var);
        let bound = self.bindings.bound.get(&(owner, var))?.clone();
        match bound {
            Bound::Func(id) => Some(self.arena.single(Atom::Func(id))),
            Bound::Class(id) => Some(self.arena.single(Atom::Class(id))),
            Bound::Import(module, member) => Some(self.import(module, member)),
            Bound::Const(constant) if count == 1 => Some(self.constant(&constant)),
            Bound::Const(_) => None,
        }
    }

    /// The value of an import.
    pub(super) fn import(&mut self, module: Symbol, member: Option<Symbol>) -> ValId {
        if let Some(value) = self.import_elsewhere(module, member) {
            return value;
        }
        let member = member.map(|m| self.names.text(m).to_owned());
        let text = import_path(
            self.module.language,
            self.names.text(module),
            member.as_deref(),
        );
        if let Some(characters) = characters_of(self.module.language, &text) {
            let characters = self.names.intern(characters);
            return self.arena.constant(Konst::Str(characters));
        }
        let last = text.rsplit(['.', '/']).next().unwrap_or("").to_owned();
        let last = self.names.intern(&last);
        let path = self.paths.absolute(&text, last);
        self.arena.single(Atom::Path(path))
    }
}

/// The characters that a constant of Python's `string` names.
pub(super) fn characters_of(language: Language, path: &str) -> Option<&'static str> {
    if language != Language::Python {
        return None;
    }
    Some(match path.strip_prefix("string.")? {
        "digits" => "0123456789",
        "hexdigits" => "0123456789abcdefABCDEF",
        "octdigits" => "01234567",
        "ascii_lowercase" => "abcdefghijklmnopqrstuvwxyz",
        "ascii_uppercase" => "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        "ascii_letters" => "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
        _ => return None,
    })
}
