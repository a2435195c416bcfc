//! Checks in sight that throw and of which nothing was understood but their name: they vouch for what
//! the throw depends on, and for nothing else that they are given.

use rustc_hash::{FxHashMap, FxHashSet};
use trueline_syntax::ir::{BlockId, Function, Instr, Op, Operand, Terminator, Var, VarHome};

use super::Call;
use crate::analysis::Analyzer;
use crate::analysis::Frame;
use crate::analysis::destinations::each_operand;
use crate::analysis::state::State;
use crate::analysis::summary::Application;
use crate::models::Bits;

/// Blocks of a function that is looked into.
const MAX_BLOCKS: usize = 200;

impl<'a> Analyzer<'a> {
    /// `assert_safe_url(url)`: a check in sight that throws, and of which nothing was understood.
    pub(super) fn assume_asserted(
        &mut self,
        frame: &Frame<'a>,
        state: &mut State,
        call: &Call<'_, 'a>,
    ) {
        let Some((id, receiver)) = self.only_function(call.target, call.receiver) else {
            return;
        };
        if !self.sounds_sure(id) {
            return;
        }
        let Some(summary) = self.summarize(id) else {
            return;
        };
        let Some(function) = self.function(id) else {
            return;
        };
        if summary.thrown.is_none() || !summary.on_return.is_empty() {
            return;
        }
        let asked: Vec<usize> = if (1..=MAX_BLOCKS).contains(&function.blocks.len()) {
            let asked = self.asked_before_throwing(function);
            let params = function.params.iter().enumerate();
            params
                .filter(|(_, param)| asked.contains(&param.var))
                .map(|(at, _)| at)
                .collect()
        } else {
            // In another file: what it is named after comes first.
            vec![usize::from(
                self.has_receiver(function) && receiver.is_some(),
            )]
        };
        let application = Application::new(id, &summary, receiver, call.passed);
        for at in asked {
            let at = u16::try_from(at).unwrap_or(u16::MAX);
            let value = self.argument(frame, state, &application, at);
            if call.passed.iter().any(|passed| passed.value == value) {
                self.establish(state, value, Bits::VOUCHED);
            }
        }
    }

    /// The variables that decide whether a function throws.
    fn asked_before_throwing(&self, function: &'a Function) -> FxHashSet<Var> {
        let stops = stopping(function);
        let stopped = |block: BlockId| stops.get(block.0 as usize).copied().unwrap_or(false);
        let mut made: FxHashMap<Var, Vec<(usize, &'a Instr)>> = FxHashMap::default();
        let mut open: Vec<Var> = Vec::new();
        let mut see = |operand: &Operand| {
            if let Operand::Var(var) = operand {
                open.push(*var);
            }
        };
        let throws_itself = stops.iter().any(|stops| *stops);
        for (at, block) in function.blocks.iter().enumerate() {
            match &block.terminator {
                Terminator::Branch {
                    condition,
                    then,
                    otherwise,
                } if stopped(*then) != stopped(*otherwise) => see(condition),
                _ => {}
            }
            let caught = block.handler.map_or(!throws_itself, stopped);
            for instr in &block.instrs {
                if caught && matches!(instr.op, Op::Call { .. }) {
                    each_operand(&instr.op, &mut see);
                }
                if let Some(dst) = instr.dst {
                    made.entry(dst).or_default().push((at, instr));
                }
            }
        }
        let mut asked = FxHashSet::default();
        while let Some(var) = open.pop() {
            if !asked.insert(var) {
                continue;
            }
            let ways = made.get(&var).map_or(&[][..], Vec::as_slice);
            for (at, instr) in ways {
                each_operand(&instr.op, &mut |operand| {
                    if let Operand::Var(var) = operand {
                        open.push(*var);
                    }
                });
                if let Op::Closure(inner) = &instr.op
                    && let Some(inner) = self.module.functions.get(inner.0 as usize)
                {
                    // Of those around it, it cannot hold one that is not here.
                    open.extend(inner.vars.iter().filter_map(|decl| match decl.home {
                        VarHome::Captured { var, .. } => Some(var),
                        _ => None,
                    }));
                }
                if ways.len() > 1 {
                    // `if (listed(x)) { good = true; }`
                    open.extend(function.blocks.iter().filter_map(|b| match &b.terminator {
                        Terminator::Branch {
                            condition: Operand::Var(condition),
                            then,
                            otherwise,
                        } if [then, otherwise].iter().any(|to| to.0 as usize == *at) => {
                            Some(*condition)
                        }
                        _ => None,
                    }));
                }
            }
        }
        asked
    }
}

/// The blocks from which a function can only throw.
fn stopping(function: &Function) -> Vec<bool> {
    let mut stops = vec![false; function.blocks.len()];
    for _ in 0..function.blocks.len() {
        let mut changed = false;
        for (at, block) in function.blocks.iter().enumerate().rev() {
            let to = |block: &BlockId| stops.get(block.0 as usize).copied().unwrap_or(false);
            let now = match &block.terminator {
                Terminator::Throw(_) => block.handler.is_none_or(|handler| to(&handler)),
                Terminator::Goto(next) => to(next),
                Terminator::Branch {
                    then, otherwise, ..
                } => to(then) && to(otherwise),
                Terminator::Return(_) | Terminator::Unreachable => false,
            };
            if let Some(stops) = stops.get_mut(at)
                && now
                && !*stops
            {
                *stops = true;
                changed = true;
            }
        }
        if !changed {
            break;
        }
    }
    stops
}
