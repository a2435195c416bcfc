//! Finished control-flow graphs, made small and put in order, so that the analysis has fewer places
//! to join and can take blocks as they come. Works on the blocks of one function, in linear time
//! and without recursion.

use rustc_hash::FxHashMap;

use crate::ir::{Block, BlockId, Terminator};

/// A block that is not ended yet.
pub(crate) const fn fresh_block(handler: Option<BlockId>) -> Block {
    Block {
        instrs: Vec::new(),
        terminator: Terminator::Unreachable,
        handler,
    }
}

/// Replaces handlers that turned out not to be needed by those around them.
pub(crate) fn redirect_handlers(
    blocks: &mut [Block],
    mut dissolved: Vec<(BlockId, Option<BlockId>)>,
) {
    if dissolved.is_empty() {
        return;
    }
    // A handler is made after the one around it, so that one is settled already.
    dissolved.sort_unstable_by_key(|(handler, _)| *handler);
    let mut settled: FxHashMap<BlockId, Option<BlockId>> = FxHashMap::default();
    for (handler, outer) in dissolved {
        let end = outer.and_then(|outer| settled.get(&outer).copied().unwrap_or(Some(outer)));
        settled.insert(handler, end);
    }
    for block in blocks {
        if let Some(end) = block.handler.and_then(|handler| settled.get(&handler)) {
            block.handler = *end;
        }
    }
}

/// Tidies a finished graph: drops blocks that control cannot come to, skips empty ones that only
/// jump on, joins straight lines, and numbers what is left in reverse post-order.
pub(crate) fn tidy(blocks: &mut Vec<Block>) {
    let landings = landings(blocks);
    for block in &mut *blocks {
        block.handler = block.handler.map(|handler| landings[handler.0 as usize]);
        for target in targets_mut(&mut block.terminator) {
            *target = landings[target.0 as usize];
        }
        if is_quiet(block) {
            block.handler = None;
        }
    }
    join_straight_lines(blocks);
    let order = reverse_post_order(blocks);
    let mut renumbered = vec![BlockId(0); blocks.len()];
    for (new, old) in order.iter().enumerate() {
        renumbered[*old] = BlockId(new as u32);
    }
    *blocks = order
        .into_iter()
        .map(|old| {
            let mut block = std::mem::replace(&mut blocks[old], fresh_block(None));
            block.handler = block.handler.map(|h| renumbered[h.0 as usize]);
            for target in targets_mut(&mut block.terminator) {
                *target = renumbered[target.0 as usize];
            }
            block
        })
        .collect();
}

/// Appends to each reachable block what only it jumps to, if both raise to the same place.
fn join_straight_lines(blocks: &mut [Block]) {
    let order = reverse_post_order(blocks);
    let mut entries = vec![0_u32; blocks.len()];
    entries[0] = 1;
    for block in &order {
        let block = &mut blocks[*block];
        for target in targets_mut(&mut block.terminator) {
            entries[target.0 as usize] += 1;
        }
        if let Some(handler) = block.handler {
            // Never joined: it is come to from the middle of a block.
            entries[handler.0 as usize] += 2;
        }
    }
    for head in order {
        while let Terminator::Goto(BlockId(next)) = blocks[head].terminator {
            let next = next as usize;
            let joins = next != head
                && entries[next] == 1
                && (blocks[next].handler == blocks[head].handler
                    || is_quiet(&blocks[head])
                    || is_quiet(&blocks[next]));
            if !joins {
                break;
            }
            let mut tail = std::mem::replace(&mut blocks[next], fresh_block(None));
            let head = &mut blocks[head];
            if is_quiet(head) {
                head.handler = tail.handler;
            }
            head.instrs.append(&mut tail.instrs);
            head.terminator = tail.terminator;
        }
    }
}

/// Can nothing in a block raise?
fn is_quiet(block: &Block) -> bool {
    block.instrs.is_empty() && !matches!(block.terminator, Terminator::Throw(_))
}

fn reverse_post_order(blocks: &mut [Block]) -> Vec<usize> {
    let mut seen = vec![false; blocks.len()];
    let mut finished = Vec::with_capacity(blocks.len());
    // Blocks to enter, and again to leave once all that follows has been left.
    let mut pending = vec![(0_usize, false)];
    while let Some((block, entered)) = pending.pop() {
        if entered {
            finished.push(block);
            continue;
        }
        if std::mem::replace(&mut seen[block], true) {
            continue;
        }
        pending.push((block, true));
        // What is entered last comes first: the way that is taken when a condition holds, before
        // the other way, before the handler.
        let block = &mut blocks[block];
        pending.extend(targets_mut(&mut block.terminator).map(|t| (t.0 as usize, false)));
        pending.extend(block.handler.map(|handler| (handler.0 as usize, false)));
    }
    finished.reverse();
    finished
}

/// Where a jump to each block ends up. Empty blocks that jump in a circle are left as they are.
fn landings(blocks: &[Block]) -> Vec<BlockId> {
    let mut landings: Vec<Option<BlockId>> = vec![None; blocks.len()];
    let mut path = Vec::new();
    for start in 0..blocks.len() {
        let mut at = BlockId(start as u32);
        let end = loop {
            if let Some(known) = landings[at.0 as usize] {
                break known;
            }
            // Holds for now; a path that comes back here has gone in a circle.
            landings[at.0 as usize] = Some(at);
            path.push(at);
            match &blocks[at.0 as usize] {
                Block {
                    instrs,
                    terminator: Terminator::Goto(next),
                    ..
                } if instrs.is_empty() => at = *next,
                _ => break at,
            }
        };
        for passed in path.drain(..) {
            landings[passed.0 as usize] = Some(end);
        }
    }
    landings
        .into_iter()
        .enumerate()
        .map(|(index, landing)| landing.unwrap_or(BlockId(index as u32)))
        .collect()
}

fn targets_mut(terminator: &mut Terminator) -> impl Iterator<Item = &mut BlockId> {
    let (first, second) = match terminator {
        Terminator::Goto(target) => (Some(target), None),
        Terminator::Branch {
            then, otherwise, ..
        } => (Some(then), Some(otherwise)),
        Terminator::Return(_) | Terminator::Throw(_) | Terminator::Unreachable => (None, None),
    };
    first.into_iter().chain(second)
}
