//! Functions that are nothing but called, by their name, in this file: where.
//!
//! A function that is passed on, returned, exported or registered may be called from anywhere, and is
//! left out.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;
use trueline_syntax::ir::{BlockId, Callee, FuncId, Module, Op, Operand, Terminator, Var, VarHome};

use super::destinations::each_operand;

/// Calls of functions: the caller and the block.
pub(super) type Callers = FxHashMap<FuncId, Vec<(FuncId, BlockId)>>;

/// The calls of each function that only calls use.
pub(super) fn callers(module: &Module) -> Callers {
    let named = named_functions(module);
    let mut calls = Callers::default();
    let mut escaped: BTreeSet<FuncId> = module
        .exports
        .iter()
        .filter_map(|e| named.get(&(FuncId(0), e.var)).copied())
        .collect();
    for (at, function) in module.functions.iter().enumerate() {
        let id = FuncId(at as u32);
        let known = |operand: &Operand| {
            let Operand::Var(var) = operand else {
                return None;
            };
            let home = function.vars.get(var.0 as usize)?.home;
            let key = match home {
                VarHome::Captured { function, var } => (function, var),
                VarHome::Local | VarHome::Temporary => (id, *var),
                VarHome::Global => return None,
            };
            named.get(&key).copied()
        };
        for (at, block) in function.blocks.iter().enumerate() {
            for instr in &block.instrs {
                let mut called = None;
                if let Op::Call {
                    callee: Callee::Function(target),
                    ..
                } = &instr.op
                    && let Some(function) = known(target)
                {
                    let places = calls.entry(function).or_default();
                    places.push((id, BlockId(at as u32)));
                    called = Some(target);
                }
                // The name that a function gets is no use of it.
                if matches!(&instr.op, Op::Copy(Operand::Var(from))
                    if instr.dst.is_some_and(|dst| named.contains_key(&(id, dst))) && named.contains_key(&(id, *from)))
                {
                    continue;
                }
                each_operand(&instr.op, &mut |operand| {
                    // The callee comes first.
                    if called.take_if(|target| *target == operand).is_none() {
                        escaped.extend(known(operand));
                    }
                });
            }
            if let Terminator::Return(Some(value)) | Terminator::Throw(Some(value)) =
                &block.terminator
            {
                escaped.extend(known(value));
            }
        }
    }
    calls.retain(|id, _| !escaped.contains(id));
    calls
}

/// The variables that hold a function and nothing else.
fn named_functions(module: &Module) -> FxHashMap<(FuncId, Var), FuncId> {
    let mut named: FxHashMap<(FuncId, Var), FuncId> = FxHashMap::default();
    let mut other: BTreeSet<(FuncId, Var)> = BTreeSet::new();
    for (at, function) in module.functions.iter().enumerate() {
        let id = FuncId(at as u32);
        for instr in function.blocks.iter().flat_map(|b| &b.instrs) {
            let Some(dst) = instr.dst else { continue };
            let held = match &instr.op {
                Op::Closure(inner) => Some(*inner),
                Op::Copy(Operand::Var(from)) => named.get(&(id, *from)).copied(),
                _ => None,
            };
            let key = match function.vars.get(dst.0 as usize).map(|v| v.home) {
                Some(VarHome::Captured { function, var }) => (function, var),
                _ => (id, dst),
            };
            match (held, named.get(&key)) {
                (Some(held), None) => {
                    named.insert(key, held);
                }
                (Some(held), Some(known)) if held == *known => {}
                _ => {
                    other.insert(key);
                }
            }
        }
    }
    named.retain(|key, _| !other.contains(key));
    named
}
