//! What a pickle can no longer use is dropped, so that a file of many objects takes no more memory than a small one.
//!
//! Calls are judged when they happen, so plain data says nothing later: objects that nothing leads to are freed, and
//! of very many values on the stack or in the memo those that are data alone become [`Value::Dropped`]. Names, functions
//! and whatever holds one are kept. When that is not enough the machine goes on without what it had
//! ([`Machine::forget`]): the calls that follow are still seen, and that something was left out is told.

use rustc_hash::FxHashMap;

use super::machine::Machine;
use super::value::{Node, NodeId, Text, Value};
use crate::names::{self, Standing};

/// Nodes from which on it is worth to look for those that are not needed:
/// looking costs more than it saves where a file has a few million. Unit tests have less.
pub(super) const FIRST_COLLECTION: usize = if cfg!(test) { 1 << 17 } else { 1 << 22 };
/// Values on the stack, and marks, from which on data between them is dropped.
pub(super) const FIRST_SQUEEZE: usize = FIRST_COLLECTION;
/// Nodes that are needed, from which on the memo keeps no data.
const MANY_NEEDED: usize = 1 << 20;
/// Values that stay at both ends of a run on the stack: what containers keep of it, and what opcodes are busy with.
const ENDS: usize = 64;
/// Containers inside of each other of what counts as data.
const MAX_DEPTH: usize = 12;
/// Entries of the memo that stand one after the other and may be data, and others.
pub(super) const MAX_DATA_MEMO: usize = 16 << 20;
pub(super) const MAX_SPARSE_MEMO: usize = 2 << 20;
/// What stays of the stack and of the marks when the machine forgets.
const STAYS: usize = 1 << 12;
/// Bytes that are read at once for the texts of values.
const READ_AHEAD: usize = 1 << 16;
/// Longest text that may be the name of something.
const NAME: u32 = 256;

/// What is told when values that a call needs were dropped.
pub(super) const LOST: &str = "it has more objects than are kept, and uses some of them again";
/// And when the machine had to forget.
const FORGOTTEN: &str =
    "it has more objects than can be followed: what comes behind them was read without them";

/// Values that were dropped between others on the stack.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gap {
    /// Index of the value above them.
    pub(super) at: usize,
    pub(super) count: u64,
}

/// What is known of nodes while values are dropped: are they data, and are objects of those that are names.
struct Known {
    nodes: Vec<Data>,
    names: FxHashMap<u32, bool>,
    /// Bytes of the file, and where they begin.
    ahead: (u64, Vec<u8>),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Data {
    Open,
    Yes,
    No,
}

impl Machine {
    /// Makes room if there are very many values.
    pub(super) fn tidy(&mut self) {
        if self.stack.len().max(self.marks.len()) >= self.squeeze_at {
            self.squeeze();
            self.squeeze_at =
                (2 * self.stack.len().max(self.marks.len())).max(self.first_collection);
        }
        if self.free.is_empty() && self.nodes.len() >= self.collect_at {
            self.squeeze();
            let mut needed = self.collect();
            if needed > MANY_NEEDED.min(self.first_collection / 2) {
                self.drop_data_of_memo();
                needed = self.collect();
            }
            self.collect_at = (2 * needed)
                .min(needed + self.first_collection)
                .max(self.first_collection());
        }
        let needed = (self.nodes.len() - self.free.len())
            .max(self.stack.len())
            .max(self.marks.len());
        if needed > self.objects {
            self.forget();
        }
    }

    /// A large memo is not looked through for a few nodes.
    fn first_collection(&self) -> usize {
        self.first_collection
            .max((self.memo.len() + self.sparse_memo.len()) / 4)
    }

    /// Goes on with the names that it knows and the top of the stack alone.
    pub(super) fn forget(&mut self) {
        self.lost.get_or_insert(FORGOTTEN);
        self.is_forgetful = true;
        let below = self.stack.len().saturating_sub(STAYS);
        self.stack.drain(..below);
        self.gaps.clear();
        let marks = self.marks.len().saturating_sub(STAYS);
        self.marks.drain(..marks);
        for mark in &mut self.marks {
            *mark = mark.saturating_sub(below);
        }
        let is_name = |nodes: &[Node], value: Value| match value {
            Value::Node(NodeId(id)) => matches!(
                nodes.get(id as usize),
                Some(Node::Global { .. } | Node::Attribute { .. } | Node::Partial { .. })
            ),
            Value::Span { len, .. } => len <= NAME,
            Value::Made { .. } => true,
            _ => false,
        };
        let nodes = std::mem::take(&mut self.nodes);
        for value in self.memo.iter_mut().flatten() {
            if !is_name(&nodes, *value) {
                *value = Value::Dropped;
            }
        }
        self.sparse_memo.retain(|_, value| is_name(&nodes, *value));
        self.nodes = nodes;
        let needed = self.collect();
        if needed > self.objects / 2 {
            // Names that hold each other.
            self.memo.fill(Some(Value::Dropped));
            self.sparse_memo.clear();
            self.stack.fill(Value::Dropped);
            self.globals_of.clear();
            self.global_count = 0;
            self.names.clear();
            self.collect();
        }
        self.collect_at = self.first_collection();
        self.squeeze_at = self.first_collection;
    }

    /// Frees the nodes that nothing leads to; how many are left.
    fn collect(&mut self) -> usize {
        self.extra_work += self.nodes.len() as u64 / 4;
        let mut needed = vec![false; self.nodes.len()];
        let roots: Vec<Value> = self
            .stack
            .iter()
            .chain(self.memo.iter().flatten())
            .chain(self.sparse_memo.values())
            .chain(self.names.values())
            .chain(
                self.globals_of
                    .values()
                    .flat_map(|of| of.values().map(|v| &v.1)),
            )
            .filter(|value| matches!(value, Value::Node(_)))
            .copied()
            .collect();
        self.mark_needed(roots, &mut needed);
        // Whatever leads to a state no more can add nothing to it.
        let (open, closed) = std::mem::take(&mut self.states)
            .into_iter()
            .partition(|(state, _)| is_needed(&needed, *state));
        self.look_at_these(closed);
        self.states = open;
        needed.resize(self.nodes.len(), true);
        let bound: Vec<Value> = self
            .seen_states
            .values()
            .flat_map(|seen| seen.methods.iter().map(|m| m.1))
            .collect();
        self.mark_needed(bound, &mut needed);
        self.seen_states.retain(|id, _| needed[*id as usize]);
        self.far_texts.retain(|id, _| needed[*id as usize]);
        self.quiet.retain(|key| needed[key.0 as usize]);
        self.judged.retain(|key| needed[key.0 as usize]);
        self.dangers
            .borrow_mut()
            .retain(|id, _| needed[*id as usize]);
        self.free.clear();
        for (at, node) in self.nodes.iter_mut().enumerate() {
            if !needed[at] {
                *node = Node::Freed;
                self.free.push(at as u32);
            }
        }
        self.nodes.len() - self.free.len()
    }

    fn mark_needed(&self, mut open: Vec<Value>, needed: &mut [bool]) {
        while let Some(value) = open.pop() {
            let Value::Node(NodeId(id)) = value else {
                continue;
            };
            match needed.get_mut(id as usize) {
                Some(known) if !*known => *known = true,
                _ => continue,
            }
            match &self.nodes[id as usize] {
                Node::Container { items, .. } => open.extend(items),
                Node::Call(called) => {
                    open.push(called.callee);
                    open.extend(&called.args);
                    open.extend(&called.items);
                    open.extend(called.bound.iter().map(|bound| bound.1));
                    open.extend(called.state);
                }
                Node::Partial {
                    callee,
                    args,
                    keywords,
                } => {
                    open.extend([*callee, *keywords]);
                    open.extend(args);
                }
                Node::Attribute { of, .. } => open.push(*of),
                Node::Persistent(id) => open.push(*id),
                Node::Global { .. } | Node::Freed => {}
            }
        }
    }

    /// Drops data that stands between other values on the stack.
    fn squeeze(&mut self) {
        if self.stack.len() <= 4 * ENDS {
            return;
        }
        let mut known = self.nothing_known();
        let mut gaps = Vec::new();
        let mut pending = 0;
        let mut old_gaps = std::mem::take(&mut self.gaps).into_iter().peekable();
        // In place, since room is what there is none of: what stays moves down to `kept`.
        let mut stack = std::mem::take(&mut self.stack);
        let mut marks = std::mem::take(&mut self.marks);
        let mut kept = 0;
        let mut from = 0;
        for at_mark in 0..=marks.len() {
            let to = marks.get(at_mark).copied().unwrap_or(stack.len());
            let mut at = from;
            while at < to {
                while let Some(gap) = old_gaps.next_if(|gap| gap.at <= at) {
                    pending += gap.count;
                }
                let is_inside = at >= from + ENDS && at + 1 + ENDS < to && (at - from) % 2 == 0;
                if is_inside
                    && self.is_data(stack[at], 0, &mut known)
                    && self.is_data(stack[at + 1], 0, &mut known)
                    && old_gaps.peek().is_none_or(|gap| gap.at != at + 1)
                {
                    for value in &stack[at..at + 2] {
                        let place = value.place();
                        self.more_expressions |=
                            place.is_some_and(|place| self.expressions.contains(&place));
                    }
                    pending += 2;
                    at += 2;
                    continue;
                }
                if pending > 0 {
                    gaps.push(Gap {
                        at: kept,
                        count: std::mem::take(&mut pending),
                    });
                }
                stack[kept] = stack[at];
                kept += 1;
                at += 1;
            }
            from = to;
            if let Some(mark) = marks.get_mut(at_mark) {
                // Values that were dropped right below a mark stay there.
                while let Some(gap) = old_gaps.next_if(|gap| gap.at <= to) {
                    pending += gap.count;
                }
                if pending > 0 {
                    gaps.push(Gap {
                        at: kept,
                        count: std::mem::take(&mut pending),
                    });
                }
                *mark = kept;
            }
        }
        pending += old_gaps.map(|gap| gap.count).sum::<u64>();
        if pending > 0 {
            gaps.push(Gap {
                at: kept,
                count: pending,
            });
        }
        stack.truncate(kept);
        self.stack = stack;
        self.marks = marks;
        self.gaps = gaps;
    }

    fn drop_data_of_memo(&mut self) {
        let mut known = self.nothing_known();
        let mut memo = std::mem::take(&mut self.memo);
        for value in memo.iter_mut().flatten() {
            if matches!(value, Value::Node(_)) && self.is_data(*value, 0, &mut known) {
                *value = Value::Dropped;
            }
        }
        self.memo = memo;
        let mut sparse = std::mem::take(&mut self.sparse_memo);
        sparse.retain(|_, value| {
            !matches!(value, Value::Node(_)) || !self.is_data(*value, 0, &mut known)
        });
        self.sparse_memo = sparse;
    }

    /// Is it nothing that a later opcode could call, and no key that says what a state does?
    fn is_data(&self, value: Value, depth: usize, known: &mut Known) -> bool {
        let id = match value {
            Value::Node(NodeId(id)) => id as usize,
            Value::Span {
                len,
                kind: Text::Str,
                at,
            } if len <= 64 => {
                return !super::state::is_key_that_matters(self.text_at(at, len, known));
            }
            Value::Made { .. } => {
                return self
                    .short_text(value, 64)
                    .is_none_or(|text| !super::state::is_key_that_matters(&text));
            }
            _ => return true,
        };
        match known.nodes.get(id) {
            Some(Data::Yes) => return true,
            Some(Data::Open) if depth < MAX_DEPTH => {}
            _ => return false,
        }
        // What leads to itself is no data until it is shown to be.
        known.nodes[id] = Data::No;
        let is_data = match &self.nodes[id] {
            Node::Container { items, .. } => items
                .iter()
                .all(|item| self.is_data(*item, depth + 1, known)),
            Node::Call(called) => {
                called.bound.is_empty()
                    && self.holds_data(called.callee, known)
                    && called
                        .args
                        .iter()
                        .chain(&called.items)
                        .chain(&called.state)
                        .all(|arg| {
                            self.holds_data(*arg, known) || self.is_data(*arg, depth + 1, known)
                        })
            }
            Node::Freed => true,
            _ => false,
        };
        if is_data {
            known.nodes[id] = Data::Yes;
        }
        is_data
    }

    fn nothing_known(&self) -> Known {
        Known {
            nodes: vec![Data::Open; self.nodes.len()],
            names: FxHashMap::default(),
            ahead: (0, Vec::new()),
        }
    }

    /// A text of the file; empty if it is none. Values are asked for in the order in which they stand there: one
    /// read for many.
    fn text_at<'k>(&self, at: u64, len: u32, known: &'k mut Known) -> &'k str {
        let len = len as usize;
        let place = |(start, bytes): &(u64, Vec<u8>)| {
            let from = usize::try_from(at.checked_sub(*start)?).ok()?;
            (from + len <= bytes.len()).then_some(from..from + len)
        };
        if place(&known.ahead).is_none() {
            known.ahead = (at, self.cursor.bytes(at, READ_AHEAD));
        }
        let bytes = place(&known.ahead).and_then(|place| known.ahead.1.get(place));
        bytes
            .and_then(|bytes| std::str::from_utf8(bytes).ok())
            .unwrap_or_default()
    }

    /// Is it the name of a class or function whose objects are data, or of a class that nobody knows?
    fn holds_data(&self, value: Value, known: &mut Known) -> bool {
        let (Value::Node(NodeId(id)), Some(Node::Global { module, name })) =
            (value, self.get_node(value))
        else {
            return false;
        };
        *known
            .names
            .entry(id)
            .or_insert_with(|| match names::standing(module, name) {
                Standing::Vetted | Standing::DataClass | Standing::PackageClass => true,
                Standing::Unknown => name
                    .rsplit('.')
                    .next()
                    .is_some_and(|last| last.starts_with(|c: char| c.is_uppercase())),
                _ => false,
            })
    }
}

/// Does the memo need no entry of its own for a value, when it has very many?
pub(super) const fn is_plain(value: Value) -> bool {
    match value {
        Value::Node(_) | Value::Made { .. } => false,
        Value::Span { len, kind, .. } => len > NAME || matches!(kind, Text::Bytes),
        _ => true,
    }
}

fn is_needed(needed: &[bool], value: Value) -> bool {
    match value {
        Value::Node(NodeId(id)) => needed.get(id as usize).copied().unwrap_or(true),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pickle::machine::Ended;
    use crate::source::{Cursor, Source};
    use trueline_facts::artifact::Verdict;

    const CALL: &[u8] = b"cposix\nsystem\n(U\x06echo xtR.";

    fn machine(parts: &[&[u8]]) -> Machine {
        let file = [b"\x80\x02", &parts.concat()[..]].concat();
        Machine::new(Cursor::new(Source::of_bytes(file), 0))
    }

    fn many(item: &[u8], count: usize) -> Vec<u8> {
        item.repeat(count)
    }

    #[test]
    fn a_call_behind_very_many_values_is_seen() {
        let start = b"](";
        for (item, end) in [
            (&b"K\x01"[..], &b"e"[..]),
            (b"}U\x01aK\x01s", b"e"),
            (b"U\x04wordN", b"e"),
            (b"(", b"N"),
            (b"(N", b""),
            (b"]q\x01", b"e"),
        ] {
            let mut machine = machine(&[start, &many(item, 3 * FIRST_SQUEEZE), end, CALL]);
            assert_eq!(machine.run(), Ended::Stop, "{item:?}");
            assert_eq!(machine.worst, Verdict::Malicious, "{item:?}");
            assert!(machine.nodes.len() < 2 * FIRST_COLLECTION, "{item:?}");
        }
    }

    #[test]
    fn a_call_is_seen_when_all_else_was_forgotten() {
        // Lists of functions are no data that could be dropped by itself.
        let items: Vec<u8> = (1..=2 * FIRST_COLLECTION as u32)
            .flat_map(|at| [&b"]h\x00ar"[..], &at.to_le_bytes()].concat())
            .collect();
        let mut machine = machine(&[b"cshop.models\nmake\nq\x00(", &items, b"l", CALL]);
        machine.objects = 1000;
        assert_eq!(machine.run(), Ended::Stop);
        assert_eq!(machine.worst, Verdict::Malicious);
        assert_eq!(machine.lost, Some(FORGOTTEN));
    }

    #[test]
    fn names_below_dropped_values_do_not_hide_a_call() {
        let padding = many(b"K\x01", 3 * FIRST_SQUEEZE);
        let drops = many(b"0", 3 * FIRST_SQUEEZE);
        // At the bottom the names stay; further up what they were is not known, and that is told.
        for before in [&b""[..], &many(b"N", 200)] {
            let names = b"U\x05posixU\x06system";
            let mut machine = machine(&[before, names, &padding, &drops, b"\x93(U\x06echo xtR."]);
            assert_eq!(machine.run(), Ended::Stop);
            assert_eq!(machine.worst, Verdict::Malicious);
        }
        // What a call is given and was dropped makes its verdict unsure.
        let mut machine = machine(&[
            &many(b"N", 200),
            b"(U\x06echo xt",
            &padding,
            &drops,
            b"q\x07cshop.models\nmake\nh\x07R.",
        ]);
        assert_eq!(machine.run(), Ended::Stop);
        assert_eq!(machine.lost, Some(LOST));
    }

    #[test]
    fn functions_among_very_many_values_stay() {
        // A dict with a hook far behind is the state of an object.
        let pairs = many(b"U\x01aK\x01", FIRST_SQUEEZE);
        let mut machine = machine(&[
            b"cshop.models\nC\n)\x81}(",
            &pairs,
            b"U\x0c__setstate__cposix\nsystem\n",
            &pairs,
            b"ub.",
        ]);
        assert_eq!(machine.run(), Ended::Stop);
        assert_eq!(machine.worst, Verdict::Malicious);
    }

    #[test]
    fn states_of_very_many_objects_are_looked_at() {
        let object = b"cshop.models\nC\n)\x81}U\x01aK\x01sb";
        let bad = b"cshop.models\nC\n)\x81}U\x01aU\x21__import__('os').system('echo x')sb";
        let file = [
            &many(object, FIRST_COLLECTION)[..],
            bad,
            &many(object, FIRST_COLLECTION),
        ];
        let mut all = machine(&[b"](", &file.concat(), b"e."]);
        assert_eq!(all.run(), Ended::Stop);
        assert!(all.worst >= Verdict::Suspicious);
        assert!(all.states.len() <= FIRST_COLLECTION);
        let mut harmless = machine(&[b"](", &many(object, 2 * FIRST_COLLECTION), b"e."]);
        assert_eq!(harmless.run(), Ended::Stop);
        assert_eq!(harmless.worst, Verdict::Unknown);
    }

    #[test]
    fn what_a_memo_leads_to_stays() {
        let function = b"cposix\nsystem\nq\x050(U\x06echo xtq\x060";
        let padding = many(b"}U\x01aK\x01s", 3 * FIRST_COLLECTION);
        let mut machine = machine(&[function, b"](", &padding, b"e0h\x05h\x06R."]);
        assert_eq!(machine.run(), Ended::Stop);
        assert_eq!(machine.worst, Verdict::Malicious);
        assert_eq!(machine.lost, None);
    }
}
