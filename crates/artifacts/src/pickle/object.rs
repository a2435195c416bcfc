//! Objects that opcodes change: items that are added, state that is set, and the calls that hide in both.
//! What a state holds is looked at in [`super::state`].

use trueline_facts::artifact::Verdict;

use super::collect::LOST;
use super::judge::REMOVER;
use super::machine::{MANY_NODES, Machine, SAMPLE, SMALL_SAMPLE, Step, WORK_A_STATE};
use super::readings::Reading;
use super::state::is_text;
use super::value::{Kind, Node, NodeId, Value};
use crate::technique;

impl Machine {
    pub(super) fn sample(&self) -> usize {
        if self.nodes.len() > MANY_NODES {
            SMALL_SAMPLE
        } else {
            SAMPLE
        }
    }

    pub(super) fn container(&mut self, kind: Kind, mut items: Vec<Value>) {
        if self.is_lean {
            self.stack.push(Value::Dropped);
            return;
        }
        if kind == Kind::Dict {
            let value = self.node(Node::Container {
                kind,
                items: Vec::new(),
                cut: false,
            });
            self.stack.push(value);
            self.set_items(value, &items);
            return;
        }
        let limit = self.sample().max(SAMPLE * usize::from(kind == Kind::Tuple));
        let cut = items.len() > limit;
        let weight = self.weight(&items);
        let far = items.split_off(limit.min(items.len()));
        items.shrink_to_fit();
        let value = self.node(Node::Container { kind, items, cut });
        self.keep_far(value, far.into_iter());
        self.grow(value, weight);
        self.stack.push(value);
    }

    pub(super) fn weight(&self, items: &[Value]) -> f32 {
        items
            .iter()
            .map(|item| match item {
                Value::Node(NodeId(id)) => self.weights.get(*id as usize).copied().unwrap_or(1.0),
                _ => 1.0,
            })
            .sum()
    }

    /// A few opcodes that unfold to very many objects: whoever prints, compares or copies the result hangs.
    pub(super) fn grow(&mut self, value: Value, by: f32) {
        let Value::Node(NodeId(id)) = value else {
            return;
        };
        let Some(weight) = self.weights.get_mut(id as usize) else {
            return;
        };
        *weight += by;
        let opcodes = self.opcodes as f32;
        if *weight > (opcodes * opcodes * 4.0).max(1e9) {
            self.find(
                Verdict::Suspicious,
                technique::PICKLE_EXPONENTIAL,
                "containers hold each other so that a few bytes unfold to more than a thousand million objects"
                    .to_owned(),
                None,
            );
        }
    }

    /// APPEND(S) and ADDITEMS: on a container its items, on anything else a call of its method.
    pub(super) fn extend(&mut self, target: Value, items: &[Value], methods: &[&str]) {
        let limit = self.sample();
        let weight = self.weight(items);
        match self.get_node_mut(target) {
            Some(Node::Container {
                items: kept, cut, ..
            }) => {
                let room = limit.saturating_sub(kept.len());
                // Most lists of very many hold one item.
                if kept.capacity() == 0 {
                    kept.reserve_exact(items.len().min(room));
                }
                kept.extend(items.iter().take(room));
                *cut |= items.len() > room;
                self.keep_far(target, items.iter().skip(room).copied());
                self.grow(target, weight);
            }
            Some(Node::Call(_)) => self.call_bound(target, methods, items),
            Some(Node::Global { .. }) => self.overwritten(target, "adds to", items),
            _ => {}
        }
    }

    pub(super) fn set_items(&mut self, target: Value, items: &[Value]) {
        let weight = self.weight(items);
        for pair in items.chunks_exact(2) {
            self.look_for_settings(pair[0], pair[1]);
        }
        self.look_beside_target(items);
        match self.get_node(target) {
            Some(Node::Container {
                kind: Kind::Dict, ..
            }) => {
                self.keep_pairs(target, items);
                self.grow(target, weight);
            }
            Some(Node::Container { .. }) => self.find(
                Verdict::Suspicious,
                technique::PICKLE_ITEM,
                "items are set on what is no dict".to_owned(),
                None,
            ),
            Some(Node::Call(_)) => {
                self.keep_pairs(target, items);
                self.item_of_call(target);
                self.call_bound(target, &["__setitem__"], items);
            }
            Some(Node::Global { .. } | Node::Attribute { .. } | Node::Partial { .. }) => {
                self.overwritten(target, "sets items of", items);
            }
            _ => {}
        }
    }

    /// Keeps a sample of pairs, and of the others those that could matter if the dict becomes a state.
    fn keep_pairs(&mut self, target: Value, items: &[Value]) {
        let limit = self.sample() * 2;
        let len = match self.get_node(target) {
            Some(Node::Container { items, .. }) => items.len(),
            Some(Node::Call(called)) => called.items.len(),
            _ => return,
        };
        let room = limit.saturating_sub(len).min(items.len());
        let (near, far) = items.split_at(room);
        let named = far.chunks_exact(2).filter(|pair| is_text(pair[0]));
        self.keep_far(target, named.map(|pair| pair[1]));
        let mut extra: Vec<Value> = Vec::new();
        for pair in far.chunks_exact(2) {
            if !self.matters_in_state(pair[0], pair[1]) {
                continue;
            }
            let Some(left) = self.extra_left.checked_sub(1) else {
                self.lost = Some("dicts hold more functions than are kept");
                break;
            };
            self.extra_left = left;
            extra.extend(pair);
        }
        match self.get_node_mut(target) {
            Some(Node::Container {
                items: kept, cut, ..
            }) => {
                kept.extend(near);
                kept.extend(extra);
                *cut |= !far.is_empty();
            }
            Some(Node::Call(called)) => {
                called.items.extend(near);
                called.items.extend(extra);
            }
            _ => {}
        }
    }

    /// Calls what BUILD bound under the name of a method that an opcode uses.
    pub(super) fn call_bound(&mut self, target: Value, methods: &[&str], items: &[Value]) {
        let bound = match self.get_node(target) {
            Some(Node::Call(called)) => called
                .bound
                .iter()
                .find(|(name, _)| methods.contains(name))
                .map(|(_, value)| *value),
            _ => None,
        };
        if let Some(callee) = bound {
            self.call(callee, items.to_vec(), 0);
        }
    }

    pub(super) fn build(&mut self, target: Value, state: Value) -> Step {
        if self.is_lean {
            return Ok(());
        }
        self.extra_work += WORK_A_STATE;
        if matches!(state, Value::Dropped) {
            self.lost.get_or_insert(LOST);
        }
        let setter = match self.get_node(target) {
            Some(Node::Call(called)) => called
                .bound
                .iter()
                .find(|(name, _)| *name == "__setstate__")
                .map(|(_, value)| *value),
            Some(Node::Global { .. } | Node::Attribute { .. }) => {
                self.overwritten(target, "sets attributes of", &[state]);
                None
            }
            Some(Node::Partial { .. }) => {
                self.build_partial(target, state);
                None
            }
            _ => None,
        };
        if let Some(callee) = setter {
            self.call(callee, vec![state], 0);
            return Ok(());
        }
        self.check_remover(target, state);
        let bound = self.given_state(target, state);
        if let Some(Node::Call(called)) = self.get_node_mut(target) {
            for (name, value) in bound {
                called.bound.retain(|(known, _)| *known != name);
                called.bound.push((name, value));
            }
            called.state = Some(state);
        }
        if self.reading != Reading::Any {
            return Ok(());
        }
        self.splice(target, state)
    }

    /// The state of an object that removes a file: harmless where it says that it keeps it.
    fn check_remover(&mut self, target: Value, state: Value) {
        let is_remover = match self.get_node(target) {
            Some(Node::Call(called)) => self.full_name(called.callee).as_deref() == Some(REMOVER),
            _ => false,
        };
        if !is_remover {
            return;
        }
        let keeps = match self.get_node(state) {
            Some(Node::Container {
                kind: Kind::Dict,
                items,
                cut: false,
            }) => {
                items.chunks_exact(2).all(|pair| {
                    self.short_text(pair[0], 16).as_deref() != Some("delete")
                        || matches!(pair[1], Value::Bool(false))
                }) && items
                    .chunks_exact(2)
                    .any(|pair| self.short_text(pair[0], 16).as_deref() == Some("delete"))
            }
            _ => false,
        };
        if !keeps {
            self.find(
                Verdict::Malicious,
                technique::PICKLE_CALL,
                format!("makes a {REMOVER} that removes a file when it is dropped"),
                None,
            );
        }
    }

    /// Could calling it do something? Objects of unknown classes count: they may define `__call__`.
    pub(crate) fn is_callable(&self, value: Value) -> bool {
        matches!(
            self.get_node(value),
            Some(Node::Global { .. } | Node::Partial { .. } | Node::Attribute { .. })
        ) || self.is_own_code(value)
    }
}
