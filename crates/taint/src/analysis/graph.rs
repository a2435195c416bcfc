//! Orders and definitions of a function's control-flow graph. Iterative: graphs can be deep.

use smallvec::SmallVec;
use trueline_syntax::ir::{BlockId, Function, Terminator, Var};

/// The only definition of each variable, where there is only one and it is not a parameter.
pub(super) fn single_definitions(function: &Function) -> Vec<Option<(BlockId, u32)>> {
    let mut defs = vec![None; function.vars.len()];
    let mut many = vec![false; function.vars.len()];
    for param in &function.params {
        if let Some(slot) = many.get_mut(param.var.0 as usize) {
            *slot = true;
        }
    }
    for (block, body) in function.blocks.iter().enumerate() {
        for (at, instr) in body.instrs.iter().enumerate() {
            let Some(Var(var)) = instr.dst else { continue };
            let (Some(def), Some(many)) = (defs.get_mut(var as usize), many.get_mut(var as usize))
            else {
                continue;
            };
            if def.is_some() || *many {
                *many = true;
                *def = None;
            } else {
                *def = Some((BlockId(block as u32), at as u32));
            }
        }
    }
    defs
}

/// The block before each block, where there is only one and it leads there by its end alone.
pub(super) fn only_predecessors(function: &Function) -> Vec<Option<BlockId>> {
    let mut before = vec![None; function.blocks.len()];
    let mut many = vec![false; function.blocks.len()];
    if let Some(entry) = many.first_mut() {
        *entry = true;
    }
    for at in 0..function.blocks.len() {
        let block = BlockId(at as u32);
        let handler = function.blocks.get(at).and_then(|b| b.handler);
        for target in successors(function, block) {
            let target = target.0 as usize;
            let (Some(slot), Some(many)) = (before.get_mut(target), many.get_mut(target)) else {
                continue;
            };
            *many |= slot.is_some() || handler.is_some_and(|h| h.0 as usize == target);
            *slot = Some(block);
        }
    }
    for (slot, many) in before.iter_mut().zip(many) {
        if many {
            *slot = None;
        }
    }
    before
}

pub(super) fn successors(function: &Function, block: BlockId) -> SmallVec<[BlockId; 3]> {
    let mut out = SmallVec::new();
    let Some(body) = function.blocks.get(block.0 as usize) else {
        return out;
    };
    // The handler first, so that it comes late in reverse post-order.
    out.extend(body.handler);
    match &body.terminator {
        Terminator::Goto(target) => out.push(*target),
        Terminator::Branch {
            then, otherwise, ..
        } => out.extend([*otherwise, *then]),
        Terminator::Return(_) | Terminator::Throw(_) | Terminator::Unreachable => {}
    }
    out
}

/// Reachable blocks, each before its successors but for loops. Iterative: graphs can be deep.
pub(super) fn reverse_post_order(function: &Function) -> Vec<BlockId> {
    let mut seen = vec![false; function.blocks.len()];
    let mut order = Vec::new();
    let mut stack = Vec::new();
    if let Some(first) = seen.first_mut() {
        *first = true;
        stack.push((BlockId(0), successors(function, BlockId(0)), 0_usize));
    }
    while let Some((block, next, at)) = stack.last_mut() {
        if let Some(target) = next.get(*at).copied() {
            *at += 1;
            if let Some(slot) = seen.get_mut(target.0 as usize)
                && !*slot
            {
                *slot = true;
                stack.push((target, successors(function, target), 0));
            }
        } else {
            order.push(*block);
            stack.pop();
        }
    }
    order.reverse();
    order
}

/// Which blocks (by rank) may be entered again after they ran: those inside a back edge's range.
pub(super) fn revisited(function: &Function, order: &[BlockId], rank: &[u32]) -> Vec<bool> {
    let mut again = vec![0_i32; order.len() + 1];
    for (at, block) in order.iter().enumerate() {
        for target in successors(function, *block) {
            let to = rank.get(target.0 as usize).copied().unwrap_or(u32::MAX) as usize;
            if to <= at {
                if let Some(slot) = again.get_mut(to) {
                    *slot += 1;
                }
                if let Some(slot) = again.get_mut(at + 1) {
                    *slot -= 1;
                }
            }
        }
    }
    let mut open = 0;
    again
        .iter()
        .take(order.len())
        .map(|delta| {
            open += delta;
            open > 0
        })
        .collect()
}
