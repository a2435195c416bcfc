//! Loops that check: one that leaves the function when an element is not good has, where it ends,
//! seen that all of them are.
//!
//! What guards have established of the element is noted at each way back to the loop's head; what
//! all of these have in common holds where the loop ends. Before a way back is known that is
//! everything (no element was seen, so none was bad), and it only becomes less.

use smallvec::SmallVec;
use trueline_syntax::ir::{
    BlockId, Callee, CompareOp, Function, Instr, IterKind, Op, Operand, Terminator,
};

use super::alphabet::Alphabet;
use super::outcomes::Outcome;
use super::state::State;
use super::value::{Atom, Labels, ValId};
use super::{Analyzer, Frame};
use crate::models::Bits;

/// Blocks of a loop, and after it, that are looked at.
const MAX_BLOCKS: usize = 192;

/// What is known of one loop.
#[derive(Clone, Debug)]
pub(super) struct Rounds {
    /// It can only be left where it ends, or together with its function.
    checks: bool,
    /// What held at each way back.
    ways: Vec<(BlockId, Vec<(ValId, Bits)>)>,
}

impl<'a> Analyzer<'a> {
    /// Notes what holds where rounds of loops end; gives the heads to which that is news.
    pub(super) fn note_rounds(
        frame: &mut Frame<'a>,
        next: &[(BlockId, State)],
        rank: &[u32],
        at: u32,
    ) -> SmallVec<[u32; 1]> {
        let mut heads = SmallVec::new();
        for (target, state) in next {
            let to = rank.get(target.0 as usize).copied();
            if let Some(to) = to.filter(|to| *to <= at)
                && Self::note_round(frame, *target, state)
            {
                heads.push(to);
            }
        }
        heads
    }

    fn note_round(frame: &mut Frame<'a>, head: BlockId, state: &State) -> bool {
        let from = frame.block;
        let Some(rounds) = frame.rounds.get_mut(&head) else {
            return false;
        };
        if !rounds.checks {
            return false;
        }
        match rounds.ways.iter_mut().find(|way| way.0 == from) {
            Some(way) if way.1.as_slice() == state.facts.as_slice() => false,
            Some(way) => {
                way.1 = state.facts.to_vec();
                true
            }
            None => {
                rounds.ways.push((from, state.facts.to_vec()));
                true
            }
        }
    }

    /// A loop has gone through all elements.
    pub(super) fn assume_gone_through(
        &mut self,
        frame: &mut Frame<'a>,
        state: &mut State,
        iterable: &Operand,
    ) {
        let head = frame.block;
        let function = frame.function;
        let rounds = frame.rounds.entry(head).or_insert_with(|| Rounds {
            checks: checks(function, head),
            ways: Vec::new(),
        });
        if !rounds.checks {
            return;
        }
        let collection = self.read(frame, state, iterable);
        let element = self.next_element(state, collection, IterKind::Elements);
        let element = self.arena.unrefined(element);
        let told = |way: &(BlockId, Vec<(ValId, Bits)>)| {
            let known = way.1.iter().find(|fact| fact.0 == element);
            known.map_or(Bits::NONE, |fact| fact.1)
        };
        let ways = frame.rounds.get(&head).map_or(&[][..], |r| &r.ways);
        let all = ways.iter().map(told).fold(Bits::ALL, Bits::both);
        state.add_fact(element, all);
    }

    /// `LIST.every((x) => GOOD.includes(x))` that holds, `LIST.some((x) => !GOOD.includes(x))` that does not.
    pub(super) fn assume_each(&mut self, state: &mut State, list: ValId, asks: ValId, holds: bool) {
        let element = self.next_element(state, list, IterKind::Elements);
        let element = self.arena.unrefined(element);
        let outcome = (!holds).then_some(Outcome::Empty);
        let cleared = self.told_of_first(asks, outcome);
        state.add_fact(element, cleared);
    }

    /// What a text is made of that joins the elements of a list: what is known of each of them counts.
    pub(super) fn labels_of_each(&mut self, state: &State, list: ValId) -> Labels {
        let known = self.arena.get(list);
        let opaque = |atom: &Atom| matches!(atom, Atom::Object(_));
        if known.labels.is_empty() || known.atoms.iter().any(opaque) {
            return self.deep_labels(state, list);
        }
        let element = self.next_element(state, list, IterKind::Elements);
        let element = self.refined(state, element);
        self.deep_labels(state, element)
    }

    /// `all(x in GOOD for x in list)` that holds, `any(x not in GOOD for x in list)` that does not: what
    /// is asked of one element in a loop without a filter.
    pub(super) fn assume_comprehension(
        &mut self,
        frame: &mut Frame<'a>,
        state: &mut State,
        list: &Operand,
        holds: bool,
        nesting: u8,
    ) {
        let function = frame.function;
        let made = |instr: &'a Instr| match &instr.op {
            Op::Call {
                callee: Callee::Method { receiver, .. },
                args,
            } if receiver == list => args.first().map(|a| &a.value),
            _ => None,
        };
        let asked = function.blocks.iter().find_map(|block| {
            let answer = block.instrs.iter().find_map(made)?;
            let next = block.instrs.first()?;
            let Op::Next { iterable, kind } = &next.op else {
                return None;
            };
            let whole = (*kind == IterKind::Elements).then_some(iterable);
            Some((next.dst?, answer, whole))
        });
        let Some((element, answer, whole)) = asked else {
            return;
        };
        let element = self.raw(frame, state, &Operand::Var(element));
        let mut seen = state.clone();
        self.assume(frame, &mut seen, answer, holds, nesting + 1);
        state.add_fact(element, seen.fact(element).unwrap_or(Bits::NONE));
        // `all(c in "0123456789abcdef" for c in text)`: a text of these characters.
        let Some(Op::Compare { op, right, .. }) = Self::definition(frame, answer) else {
            return;
        };
        if holds != (*op == CompareOp::In) || !matches!(op, CompareOp::In | CompareOp::NotIn) {
            return;
        }
        let among = self.raw(frame, state, right);
        if let (Some(text), Some(whole)) = (self.constant_text(among), whole) {
            let whole = self.raw(frame, state, whole);
            let cleared = self.cleared_by_alphabet(&Alphabet::of(&text));
            self.establish(state, whole, cleared);
        }
    }
}

/// Whether a loop has a question in it, and no way to go on behind it before it ends.
fn checks(function: &Function, head: BlockId) -> bool {
    let block = |id: BlockId| function.blocks.get(id.0 as usize);
    let Some(Terminator::Branch {
        then, otherwise, ..
    }) = block(head).map(|b| &b.terminator)
    else {
        return false;
    };
    let around = block(head).and_then(|b| b.handler);
    let (Some(inside), Some(behind)) = (
        reachable(function, *then, head, around),
        reachable(function, *otherwise, head, around),
    ) else {
        return false;
    };
    let body = || inside.iter().filter_map(|id| block(*id));
    let goes_round = inside
        .iter()
        .any(|id| super::graph::successors(function, *id).contains(&head));
    // Who goes through keys asks nothing about what is under them.
    let of_keys = |instr: &Instr| match instr.op {
        Op::Next { kind, .. } => kind == IterKind::Keys,
        _ => false,
    };
    goes_round
        && inside.iter().all(|id| behind.binary_search(id).is_err())
        && body().any(|b| matches!(b.terminator, Terminator::Branch { .. }))
        && !body().flat_map(|b| &b.instrs).any(of_keys)
}

/// The blocks that come after one, but not after the loop's head, ascending; `None` for too many.
fn reachable(
    function: &Function,
    from: BlockId,
    head: BlockId,
    around: Option<BlockId>,
) -> Option<Vec<BlockId>> {
    let mut found: Vec<BlockId> = Vec::new();
    let mut open = vec![from];
    while let Some(id) = open.pop() {
        let Err(at) = found.binary_search(&id) else {
            continue;
        };
        if id == head {
            continue;
        }
        if found.len() >= MAX_BLOCKS {
            return None;
        }
        found.insert(at, id);
        open.extend(
            super::graph::successors(function, id)
                .into_iter()
                .filter(|next| Some(*next) != around),
        );
    }
    Some(found)
}
