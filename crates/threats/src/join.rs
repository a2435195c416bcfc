//! Joins tools that are only described (a name, a text, a schema) to the functions that do their work: a
//! branch or an entry of a table for that name, else the one function that is called so.

use std::collections::{BTreeMap, BTreeSet};

use trueline_facts::surface::{ComponentUse, Role};

use crate::graph::{Graph, Node};

/// What a description is called by the reader of components.
const DESCRIPTIONS: &[&str] = &["description", "mcp.description", "mcp.Tool"];
/// Words around the name of a tool in the name of the function that does its work.
const BEFORE: &[&str] = &[
    "handle", "run", "execute", "do", "tool", "call", "on", "perform",
];
const AFTER: &[&str] = &["tool", "handler", "func", "impl", "function"];

/// Where the work of described tools is done.
pub(crate) struct Homes {
    cases: BTreeMap<String, Vec<Node>>,
    functions: BTreeMap<String, BTreeSet<Node>>,
}

impl Homes {
    pub(crate) fn of(graph: &Graph<'_>) -> Self {
        let mut own = Self {
            cases: BTreeMap::new(),
            functions: BTreeMap::new(),
        };
        for (node, function) in graph.nodes() {
            if let (Role::Case, Some(case)) = (function.role, &function.case) {
                own.cases.entry(normal(case)).or_default().push(node);
            }
            let last = function.symbol.rsplit('.').next().unwrap_or_default();
            if function.role == Role::Function && !last.is_empty() {
                for name in names(last) {
                    own.functions.entry(name).or_default().insert(node);
                }
            }
        }
        own
    }

    /// Functions that do what a description speaks of; `None` if the use is no description.
    pub(crate) fn find(
        &self,
        graph: &Graph<'_>,
        node: Node,
        one: &ComponentUse,
    ) -> Option<Vec<Node>> {
        if !DESCRIPTIONS.contains(&one.operation.as_str()) {
            return None;
        }
        let name = normal(&one.name);
        // A branch may be chosen by the name of the variable that describes the tool.
        let described = graph.function(node).filter(|f| f.role == Role::Object);
        let variable = described.map(|f| normal(&f.symbol)).unwrap_or_default();
        let cases = self.cases.get(&name).or_else(|| self.cases.get(&variable));
        if let Some(cases) = cases {
            let near = |case: &Node| {
                let paths = graph.path(node).zip(graph.path(*case));
                paths.map_or(0, |(a, b)| {
                    if a == b {
                        usize::MAX
                    } else {
                        common(&a.to_string(), &b.to_string())
                    }
                })
            };
            let best = cases.iter().map(near).max().unwrap_or(0);
            return Some(cases.iter().copied().filter(|c| near(c) == best).collect());
        }
        let found = self.functions.get(&name);
        let only = found.filter(|f| f.len() == 1).into_iter().flatten();
        Some(only.copied().collect())
    }
}

fn common(a: &str, b: &str) -> usize {
    let parts = a.split('/').zip(b.split('/'));
    parts.take_while(|(a, b)| a == b).count()
}

/// A name without the marks that languages write differently.
fn normal(name: &str) -> String {
    let letters = name.chars().filter(|c| c.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

/// The names of tools that a function of this name may do the work of.
fn names(function: &str) -> Vec<String> {
    let whole = normal(function);
    let start = BEFORE.iter().find_map(|b| whole.strip_prefix(b));
    let end = AFTER.iter().find_map(|a| whole.strip_suffix(a));
    let mut found: Vec<String> = [start, end]
        .into_iter()
        .flatten()
        .filter(|n| n.len() > 3)
        .map(ToOwned::to_owned)
        .collect();
    found.push(whole);
    found
}
