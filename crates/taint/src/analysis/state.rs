//! The state at one point of a function: variables, heap and what guards have established.
//!
//! Heap contents are copy-on-write. A join keeps what is known on both sides and unions taint.

use std::rc::Rc;

use smallvec::SmallVec;
use trueline_syntax::ir::Symbol;

use super::env::Env;
use super::value::{Arena, Konst, ObjId, ValId};
use crate::models::Bits;

/// A key of an object or container that is known exactly.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) enum Key {
    /// An attribute or text key.
    Name(Symbol),
    /// A position or number key.
    At(i64),
}

/// What an object holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Contents {
    /// Known keys, ascending.
    pub(super) entries: Vec<(Key, ValId)>,
    /// Everything stored under a key that is not known.
    pub(super) rest: ValId,
    /// The keys that are not known.
    pub(super) keys: ValId,
    /// The exact length of a list.
    pub(super) len: Option<i64>,
    /// What a caller passed and was copied into it first, with what `rest` was then: the caller may
    /// know what is under which key.
    pub(super) spread: Option<(ValId, ValId)>,
}

impl Default for Contents {
    fn default() -> Self {
        Self {
            entries: Vec::new(),
            rest: ValId::UNDEF,
            keys: ValId::UNDEF,
            len: None,
            spread: None,
        }
    }
}

impl Contents {
    /// A list of these and no more.
    pub(super) fn list(values: impl Iterator<Item = ValId>) -> Self {
        let entries: Vec<_> = (0_i64..)
            .zip(values)
            .map(|(at, value)| (Key::At(at), value))
            .collect();
        let len = entries.last().map_or(Some(0), |(key, _)| match key {
            Key::At(at) => Some(at + 1),
            Key::Name(_) => None,
        });
        Self {
            entries,
            len,
            ..Self::default()
        }
    }

    pub(super) fn get(&self, key: Key) -> Option<ValId> {
        self.entries
            .binary_search_by_key(&key, |e| e.0)
            .ok()
            .and_then(|at| self.entries.get(at))
            .map(|e| e.1)
    }

    pub(super) fn set(&mut self, key: Key, value: ValId) {
        match self.entries.binary_search_by_key(&key, |e| e.0) {
            Ok(at) => {
                if let Some(entry) = self.entries.get_mut(at) {
                    entry.1 = value;
                }
            }
            Err(at) => self.entries.insert(at, (key, value)),
        }
    }

    pub(super) fn remove(&mut self, key: Key) {
        self.entries.retain(|e| e.0 != key);
    }

    /// Forgets positions: all elements become one.
    pub(super) fn blur(&mut self, arena: &mut Arena) {
        let mut rest = self.rest;
        for (_, value) in self.entries.drain(..) {
            rest = arena.join(rest, value);
        }
        self.rest = rest;
        self.len = None;
    }

    /// Any element.
    pub(super) fn any(&self, arena: &mut Arena) -> ValId {
        self.entries
            .iter()
            .fold(self.rest, |all, (_, value)| arena.join(all, *value))
    }

    fn join(&self, other: &Self, arena: &mut Arena) -> Self {
        let mut entries = Vec::with_capacity(self.entries.len().max(other.entries.len()));
        let (mut left, mut right) = (
            self.entries.iter().peekable(),
            other.entries.iter().peekable(),
        );
        loop {
            match (left.peek(), right.peek()) {
                (Some(a), Some(b)) if a.0 == b.0 => {
                    entries.push((a.0, arena.join(a.1, b.1)));
                    left.next();
                    right.next();
                }
                (Some(a), Some(b)) if a.0 < b.0 => {
                    entries.push((a.0, maybe(a.1, arena)));
                    left.next();
                }
                (Some(a), None) => {
                    entries.push((a.0, maybe(a.1, arena)));
                    left.next();
                }
                (_, Some(b)) => {
                    entries.push((b.0, maybe(b.1, arena)));
                    right.next();
                }
                (None, None) => break,
            }
        }
        Self {
            entries,
            rest: arena.join(self.rest, other.rest),
            keys: arena.join(self.keys, other.keys),
            len: (self.len == other.len).then_some(self.len).flatten(),
            spread: (self.spread == other.spread)
                .then_some(self.spread)
                .flatten(),
        }
    }
}

/// An entry that is there on one side only: no longer a constant.
fn maybe(value: ValId, arena: &mut Arena) -> ValId {
    if arena.get(value).konst.is_none_or(|k| k == Konst::Null) {
        return value;
    }
    arena.join(value, ValId::UNKNOWN)
}

/// The heap: objects in ascending order.
pub(super) type Heap = Rc<Vec<(ObjId, Rc<Contents>)>>;

/// The state at one point.
#[derive(Clone, Debug)]
pub(super) struct State {
    pub(super) env: Env,
    /// Objects made or changed by this function.
    pub(super) heap: Heap,
    /// Objects of enclosing functions as they were at entry; never changed.
    pub(super) base: Heap,
    /// What guards have cleared, by value, ascending.
    pub(super) facts: SmallVec<[(ValId, Bits); 2]>,
    /// Who sent the request showed a secret of the program.
    pub(super) known_sender: bool,
}

impl State {
    pub(super) fn new(vars: usize) -> Self {
        Self {
            env: Env::new(vars),
            heap: Heap::default(),
            base: Heap::default(),
            facts: SmallVec::new(),
            known_sender: false,
        }
    }

    pub(super) fn contents(&self, object: ObjId) -> Option<&Contents> {
        find(&self.heap, object)
            .or_else(|| find(&self.base, object))
            .map(|c| &**c)
    }

    /// The contents of an object, to be changed; made empty if there are none yet.
    pub(super) fn contents_mut(&mut self, object: ObjId) -> &mut Contents {
        let heap = Rc::make_mut(&mut self.heap);
        let at = match heap.binary_search_by_key(&object, |e| e.0) {
            Ok(at) => at,
            Err(at) => {
                let contents = find(&self.base, object).cloned().unwrap_or_default();
                heap.insert(at, (object, contents));
                at
            }
        };
        Rc::make_mut(&mut heap[at].1)
    }

    pub(super) fn fact(&self, value: ValId) -> Option<Bits> {
        fact(&self.facts, value)
    }

    pub(super) fn add_fact(&mut self, value: ValId, cleared: Bits) {
        if value <= ValId::UNKNOWN || cleared == Bits::NONE {
            return;
        }
        match self.facts.binary_search_by_key(&value, |f| f.0) {
            Ok(at) => {
                if let Some(fact) = self.facts.get_mut(at) {
                    fact.1 = fact.1.or(cleared);
                }
            }
            Err(at) => self.facts.insert(at, (value, cleared)),
        }
    }

    /// Joins another state into this one; says whether this one changed.
    pub(super) fn join(&mut self, other: &Self, arena: &mut Arena) -> bool {
        let facts = &self.facts;
        let mut changed = self.env.join(&other.env, |own, theirs| {
            // What a guard cleared on one side stays cleared there: `if x not in LIST: x = y`.
            let cleared = fact(facts, own);
            let first = cleared.map_or(own, |c| arena.refine(own, c));
            let cleared = other.fact(theirs);
            let second = cleared.map_or(theirs, |c| arena.refine(theirs, c));
            arena.join(first, second)
        });
        if !Rc::ptr_eq(&self.heap, &other.heap) {
            changed |= self.join_heap(&other.heap, arena);
        }
        changed |= self.known_sender && !other.known_sender;
        self.known_sender &= other.known_sender;
        let before = self.facts.len();
        self.facts.retain_mut(|(value, cleared)| {
            let kept = other.fact(*value).map_or(Bits::NONE, |b| b.both(*cleared));
            changed |= kept != *cleared;
            *cleared = kept;
            kept != Bits::NONE
        });
        changed | (before != self.facts.len())
    }

    fn join_heap(&mut self, other: &Heap, arena: &mut Arena) -> bool {
        let mut changed = false;
        let mut joined = Vec::with_capacity(self.heap.len().max(other.len()));
        let (mut left, mut right) = (self.heap.iter().peekable(), other.iter().peekable());
        loop {
            match (left.peek(), right.peek()) {
                (Some(a), Some(b)) if a.0 == b.0 => {
                    joined.push((a.0, join_contents(&a.1, &b.1, arena, &mut changed)));
                    left.next();
                    right.next();
                }
                (Some(a), b) if b.is_none_or(|b| a.0 < b.0) => {
                    let contents = match find(&self.base, a.0) {
                        Some(before) => join_contents(&a.1, before, arena, &mut changed),
                        None => Rc::clone(&a.1),
                    };
                    joined.push((a.0, contents));
                    left.next();
                }
                (_, Some(b)) => {
                    changed = true;
                    let contents = match find(&self.base, b.0) {
                        Some(before) => join_contents(before, &b.1, arena, &mut changed),
                        None => Rc::clone(&b.1),
                    };
                    joined.push((b.0, contents));
                    right.next();
                }
                (Some(_) | None, None) => break,
            }
        }
        if changed {
            self.heap = Rc::new(joined);
        }
        changed
    }
}

fn fact(facts: &[(ValId, Bits)], value: ValId) -> Option<Bits> {
    let at = facts.binary_search_by_key(&value, |f| f.0).ok()?;
    facts.get(at).map(|f| f.1)
}

fn find(heap: &Heap, object: ObjId) -> Option<&Rc<Contents>> {
    let at = heap.binary_search_by_key(&object, |e| e.0).ok()?;
    heap.get(at).map(|e| &e.1)
}

fn join_contents(
    own: &Rc<Contents>,
    other: &Rc<Contents>,
    arena: &mut Arena,
    changed: &mut bool,
) -> Rc<Contents> {
    if Rc::ptr_eq(own, other) || own == other {
        return Rc::clone(own);
    }
    let both = own.join(other, arena);
    if both == **own {
        return Rc::clone(own);
    }
    *changed = true;
    Rc::new(both)
}
