//! Several agents of one framework in one program: each is a component of its own, by the name that it is given or by
//! the code that makes it; those that others hand their work to are told from those that a process asks.

use std::collections::{BTreeMap, BTreeSet};

use trueline_facts::surface::{ComponentKind, ComponentUse, Role};

use crate::graph::{Graph, Node};
use crate::parts::{Part, Parts};

/// Beginnings of what makes an agent; other methods only start one that was made elsewhere.
const MAKES: &[&str] = &[
    "build",
    "create",
    "entrypoint",
    "from",
    "init",
    "load",
    "query",
];
/// Frameworks in which work that is handed over does not come back.
const HANDS_OVER: &[&str] = &["OpenAI Agents"];

fn only_starts(one: &ComponentUse) -> bool {
    let operation = one.operation.rsplit('.').next().unwrap_or_default();
    !operation.starts_with(char::is_uppercase)
        && !MAKES.iter().any(|start| operation.starts_with(start))
}

/// Names of agents, where a framework has several.
pub(crate) struct Agents {
    of: BTreeMap<(Node, String, String), String>,
    /// Frameworks with several, whose starts are no agents of their own.
    several: BTreeSet<String>,
}

fn key(one: &ComponentUse) -> (String, String) {
    (one.name.clone(), one.detail.clone().unwrap_or_default())
}

impl Agents {
    pub(crate) fn of(graph: &Graph<'_>, uses: &[(Node, &ComponentUse)]) -> Self {
        let made = uses
            .iter()
            .filter(|(_, one)| one.kind == ComponentKind::Agent && !only_starts(one));
        let mut names: BTreeMap<&str, BTreeMap<String, BTreeSet<Node>>> = BTreeMap::new();
        let mut of = BTreeMap::new();
        for (node, one) in made {
            let own = one.detail.clone().or_else(|| maker(graph, *node));
            let own = own.unwrap_or_default();
            names
                .entry(&one.name)
                .or_default()
                .entry(own.clone())
                .or_default()
                .insert(*node);
            let (framework, detail) = key(one);
            of.insert((*node, framework, detail), own);
        }
        let several = names
            .into_iter()
            .filter(|(_, own)| own.len() > 1)
            .map(|(framework, _)| framework.to_owned())
            .collect();
        Self { of, several }
    }

    /// What an agent is called, if its framework has more than one here.
    pub(crate) fn name(&self, node: Node, one: &ComponentUse) -> Option<String> {
        if one.kind != ComponentKind::Agent || !self.several.contains(&one.name) {
            return None;
        }
        let (framework, detail) = key(one);
        let own = self.of.get(&(node, framework, detail))?;
        (!own.is_empty()).then(|| format!("agent {own}"))
    }

    /// Whether a use only starts one of several agents that stand elsewhere.
    pub(crate) fn only_starts(&self, one: &ComponentUse) -> bool {
        one.kind == ComponentKind::Agent && only_starts(one) && self.several.contains(&one.name)
    }
}

/// Gives each start of an agent to the agents that it starts: those that its function leads to, not through another.
pub(crate) fn started<'a>(
    graph: &Graph<'a>,
    by_key: &mut BTreeMap<(ComponentKind, String), Part<'a>>,
    starts: &[(Node, &'a ComponentUse)],
) {
    let nodes: Vec<(String, BTreeSet<Node>)> = by_key
        .iter()
        .filter(|((kind, _), _)| *kind == ComponentKind::Agent)
        .map(|((_, name), part)| (name.clone(), part.nodes.clone()))
        .collect();
    for (node, one) in starts {
        for (name, own) in &nodes {
            let others = nodes.iter().filter(|(other, _)| other != name);
            let others: BTreeSet<Node> = others
                .flat_map(|(_, nodes)| nodes.difference(own).copied())
                .collect();
            let reach = graph.reach_through(&BTreeSet::from([*node]), &others);
            let part = by_key.get_mut(&(ComponentKind::Agent, name.clone()));
            if let Some(part) = part.filter(|part| {
                part.uses.iter().any(|(_, u)| u.name == one.name)
                    && own.iter().any(|n| reach.contains_key(n))
            }) {
                part.uses.push((*node, one));
            }
        }
    }
}

/// The variable, function or class that makes an agent.
fn maker(graph: &Graph<'_>, node: Node) -> Option<String> {
    let function = graph.function(node)?;
    if function.role == Role::Body {
        return None;
    }
    let mut parts = function.symbol.rsplit('.');
    let last = parts.next().filter(|last| !last.is_empty())?;
    let own = match last {
        "__init__" | "constructor" => parts.next()?,
        _ => last,
    };
    Some(own.to_owned())
}

impl Parts<'_> {
    /// Other agents that one leads to and hands work to: by its parts, not by a process that both stand in.
    pub(crate) fn sub_agents(
        &self,
        agent: usize,
        agents: &[usize],
        work: &BTreeSet<Node>,
    ) -> Vec<usize> {
        let own = &self.all[agent].nodes;
        let mut found = Vec::new();
        for &other in agents.iter().filter(|other| **other != agent) {
            let nodes = &self.all[other].nodes;
            // Two that one function makes are told apart by nothing.
            if !nodes.is_disjoint(own) {
                continue;
            }
            // Not through a third, whose that one is, nor by a tool, whose work it is.
            let between: BTreeSet<Node> = agents
                .iter()
                .filter(|a| **a != agent && **a != other)
                .flat_map(|a| self.all[*a].nodes.iter().copied())
                .chain(work.iter().copied())
                .filter(|n| !own.contains(n) && !nodes.contains(n))
                .collect();
            let reach = self.graph.reach_through(own, &between);
            if nodes.iter().any(|n| reach.contains_key(n)) {
                found.push(other);
            }
        }
        found
    }

    /// Whether what it hands over comes back to it.
    pub(crate) fn takes_back(&self, agent: usize) -> bool {
        let uses = &self.all[agent].uses;
        !uses
            .iter()
            .any(|(_, one)| HANDS_OVER.contains(&one.name.as_str()))
    }

    /// Agents that others hand work to, of which a process asks another that leads to them.
    pub(crate) fn is_behind(
        &self,
        process: usize,
        agent: usize,
        agents: &[usize],
        work: &BTreeSet<Node>,
    ) -> bool {
        agents.iter().any(|&before| {
            before != agent
                && self.leads(process, before)
                && self.sub_agents(before, agents, work).contains(&agent)
                && !self.sub_agents(agent, agents, work).contains(&before)
        })
    }
}
