//! Steps of an agent's graph as components of their own: what each works on, and which hands its state to
//! which.

use std::collections::{BTreeMap, BTreeSet};

use trueline_facts::Location;
use trueline_facts::surface::{ComponentKind, ComponentUse};

use crate::acts::locations;
use crate::flows::{Draft, Roles};
use crate::graph::Node;
use crate::parts::Parts;

/// Steps below this number are no graph that one would draw.
const MIN_STEPS: usize = 2;

/// Which step comes after which.
#[derive(Default)]
pub(crate) struct Sequence<'a> {
    /// By the names of both.
    named: Vec<(&'a str, &'a str, &'a Location)>,
    /// By the function that goes on, and the name of where it goes.
    from: Vec<(Node, &'a str, &'a Location)>,
}

impl<'a> Sequence<'a> {
    /// Takes the edges out of the uses; without a graph that is worth drawing also the steps.
    pub(crate) fn of(uses: Vec<(Node, &'a ComponentUse)>) -> (Self, Vec<(Node, &'a ComponentUse)>) {
        let mut own = Self::default();
        let mut rest: Vec<(Node, &'a ComponentUse)> = Vec::new();
        let mut steps: BTreeSet<&'a str> = BTreeSet::new();
        for (node, one) in uses {
            if one.kind != ComponentKind::Step {
                rest.push((node, one));
                continue;
            }
            let to = one.detail.as_deref().unwrap_or_default();
            match one.operation.as_str() {
                "edge" => own.named.push((&one.name, to, &one.location)),
                "goto" => own.from.push((node, to, &one.location)),
                _ => {
                    steps.insert(&one.name);
                    rest.push((node, one));
                }
            }
        }
        own.named
            .retain(|(a, b, _)| steps.contains(a) && steps.contains(b) && a != b);
        own.from.retain(|(_, b, _)| steps.contains(b));
        if steps.len() < MIN_STEPS || own.named.is_empty() && own.from.is_empty() {
            rest.retain(|(_, one)| one.kind != ComponentKind::Step);
            return (Self::default(), rest);
        }
        (own, rest)
    }
}

impl Parts<'_> {
    pub(crate) fn of_steps(&self, roles: &Roles, draft: &mut Draft) {
        let steps = self.of_kind(&[ComponentKind::Step]);
        let mut by_name: BTreeMap<&str, usize> = BTreeMap::new();
        for &step in &steps {
            for (_, one) in &self.all[step].uses {
                by_name.insert(&one.name, step);
            }
        }
        let mut after: BTreeMap<(usize, usize), Vec<Location>> = BTreeMap::new();
        for (from, to, place) in &self.sequence.named {
            if let (Some(from), Some(to)) = (by_name.get(from), by_name.get(to)) {
                after
                    .entry((*from, *to))
                    .or_default()
                    .push((*place).clone());
            }
        }
        for (node, to, place) in &self.sequence.from {
            let Some(&to) = by_name.get(to) else {
                continue;
            };
            for &from in steps.iter().filter(|s| **s != to) {
                let reach = self.graph.handed_on(&self.all[from].nodes, &roles.work);
                if self.all[from].nodes.contains(node) || reach.contains_key(node) {
                    after.entry((from, to)).or_default().push((*place).clone());
                }
            }
        }
        for ((from, to), places) in after {
            draft.add(from, to, "the graph's state", places);
        }
        for &step in &steps {
            self.of_step(step, roles, draft);
        }
    }

    /// What one step works on: the functions that it runs, not what their constructors once made.
    fn of_step(&self, step: usize, roles: &Roles, draft: &mut Draft) {
        let reach = self.graph.reach_through(&self.all[step].nodes, &roles.work);
        for &m in &roles.models {
            if self.is_in(&reach, m) && self.works_on(&reach, m) {
                let places = locations(self.spots(&reach, m));
                draft.add(step, m, "prompts", places.clone());
                draft.add(m, step, "answers", places);
            }
        }
        for &r in roles.resources.iter().chain(&roles.files) {
            if self.is_in(&reach, r) && self.works_on(&reach, r) {
                self.use_of(step, r, &reach, draft);
            }
        }
    }
}
