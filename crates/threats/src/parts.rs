//! The components of an application, and which of them lead to which.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use sha2::{Digest, Sha256};
use trueline_facts::Location;
use trueline_facts::surface::{ComponentKind, ComponentUse};
use trueline_facts::threat::{Component, Element, Flow, Zone};

use crate::graph::{Graph, Node};

/// Places and details that are kept of one component or flow.
pub(crate) const MAX_EVIDENCE: usize = 5;
const MAX_DETAILS: usize = 12;

/// A component while the model is made.
pub(crate) struct Part<'a> {
    pub(crate) component: Component,
    pub(crate) kind: Option<ComponentKind>,
    /// Functions that use it; for a process, those where it begins.
    pub(crate) nodes: BTreeSet<Node>,
    pub(crate) uses: Vec<(Node, &'a ComponentUse)>,
    /// Tools: for agents of others.
    pub(crate) is_offered: bool,
}

/// All components, and what leads where.
pub(crate) struct Parts<'a> {
    pub(crate) graph: Graph<'a>,
    pub(crate) all: Vec<Part<'a>>,
    pub(crate) flows: Vec<Flow>,
    /// What each component leads to, in the order of `all`.
    pub(crate) reaches: Vec<BTreeSet<Node>>,
}

/// 12 hexadecimal digits over texts.
pub(crate) fn id(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    let mut id = String::new();
    for byte in hash.finalize().iter().take(6) {
        let _ = write!(id, "{byte:02x}");
    }
    id
}

struct Look {
    name: String,
    element: Element,
    zone: Zone,
}

/// What a use is a use of.
fn look(kind: ComponentKind, one: &ComponentUse) -> Look {
    let (element, zone) = match kind {
        ComponentKind::Entry
        | ComponentKind::Terminal
        | ComponentKind::Agent
        | ComponentKind::Tool
        | ComponentKind::McpServer
        | ComponentKind::Control => (Element::Process, Zone::Application),
        ComponentKind::Content => (Element::External, Zone::Outside),
        ComponentKind::Model => (Element::External, Zone::Model),
        ComponentKind::VectorStore
        | ComponentKind::Memory
        | ComponentKind::Database
        | ComponentKind::Files => (Element::Store, Zone::Resources),
        ComponentKind::Command | ComponentKind::Interpreter => (Element::Process, Zone::Resources),
        ComponentKind::McpClient | ComponentKind::Network => (Element::External, Zone::Services),
    };
    let name = match kind {
        ComponentKind::Entry if one.operation == "route" => "web application".to_owned(),
        ComponentKind::Terminal => "command-line program".to_owned(),
        ComponentKind::Tool => format!("tool {}", one.name),
        ComponentKind::McpClient => "MCP servers of others".to_owned(),
        ComponentKind::Network => match &one.detail {
            Some(host) => host.clone(),
            None => format!("{} services", one.name),
        },
        _ => one.name.clone(),
    };
    Look {
        name,
        element,
        zone,
    }
}

impl<'a> Parts<'a> {
    pub(crate) fn of(graph: Graph<'a>) -> Self {
        let mut by_key: BTreeMap<(ComponentKind, String), Part<'a>> = BTreeMap::new();
        let uses: Vec<(Node, &'a ComponentUse)> = graph
            .uses()
            .filter(|(_, u)| u.kind != ComponentKind::Control)
            .collect();
        let serving: BTreeSet<usize> = uses
            .iter()
            .filter(|(_, u)| u.kind == ComponentKind::McpServer)
            .map(|(n, _)| n.file)
            .collect();
        for (node, one) in uses {
            let Look {
                name,
                element,
                zone,
            } = look(one.kind, one);
            let part = by_key
                .entry((one.kind, name.clone()))
                .or_insert_with(|| Part {
                    component: Component {
                        id: id(&[&format!("{:?}", one.kind), &name]),
                        name,
                        element,
                        kind: Some(one.kind),
                        zone,
                        details: Vec::new(),
                        evidence: Vec::new(),
                        uses: 0,
                    },
                    kind: Some(one.kind),
                    nodes: BTreeSet::new(),
                    uses: Vec::new(),
                    is_offered: false,
                });
            let has_prefix = matches!(one.operation.split('.').next(), Some("mcp" | "server"));
            part.is_offered |= one.kind == ComponentKind::Tool
                && (has_prefix && one.operation.contains('.') || serving.contains(&node.file));
            part.nodes.insert(node);
            part.uses.push((node, one));
        }
        let mut own = Self {
            graph,
            all: by_key.into_values().collect(),
            flows: Vec::new(),
            reaches: Vec::new(),
        };
        for part in &mut own.all {
            finish(part);
        }
        own.add_loop();
        own.add_rest();
        own.reaches = own
            .all
            .iter()
            .map(|p| own.graph.reach_of(&p.nodes))
            .collect();
        own.connect();
        own
    }

    /// Components of a kind, by their position.
    pub(crate) fn of_kind(&self, kinds: &[ComponentKind]) -> Vec<usize> {
        (0..self.all.len())
            .filter(|at| self.all[*at].kind.is_some_and(|k| kinds.contains(&k)))
            .collect()
    }

    /// Whether one component leads to another.
    pub(crate) fn leads(&self, from: usize, to: usize) -> bool {
        self.reaches[from]
            .iter()
            .any(|n| self.all[to].nodes.contains(n))
    }

    pub(crate) fn reach(&self, from: usize) -> &BTreeSet<Node> {
        &self.reaches[from]
    }

    /// Places where a component is used by what another one leads to.
    pub(crate) fn places(&self, from: usize, to: usize) -> Vec<Location> {
        let reach = &self.reaches[from];
        let places = self.all[to].uses.iter().filter(|(n, _)| reach.contains(n));
        places
            .map(|(_, u)| u.location.clone())
            .take(MAX_EVIDENCE)
            .collect()
    }

    /// Two components that one function leads to, or one to the other.
    pub(crate) fn meet(&self, a: usize, b: usize) -> bool {
        if self.leads(a, b) || self.leads(b, a) {
            return true;
        }
        let callers = self.graph.callers(&self.all[a].nodes);
        let others = self.graph.callers(&self.all[b].nodes);
        callers.intersection(&others).next().is_some()
    }

    /// The processes that a program begins with.
    pub(crate) fn processes(&self) -> Vec<usize> {
        (0..self.all.len())
            .filter(|at| {
                let part = &self.all[*at];
                match part.kind {
                    None => part.component.element == Element::Process,
                    Some(kind) => matches!(kind, ComponentKind::Entry | ComponentKind::Terminal),
                }
            })
            .collect()
    }

    /// A model that is given tools without a framework is an agent as well.
    fn add_loop(&mut self) {
        let own_tools = self
            .all
            .iter()
            .any(|p| p.kind == Some(ComponentKind::Tool) && !p.is_offered);
        if !own_tools || !self.of_kind(&[ComponentKind::Agent]).is_empty() {
            return;
        }
        let mut nodes = BTreeSet::new();
        let mut uses = Vec::new();
        for at in self.of_kind(&[ComponentKind::Model]) {
            nodes.extend(self.all[at].nodes.iter().copied());
            uses.extend(self.all[at].uses.iter().copied());
        }
        if nodes.is_empty() {
            return;
        }
        let mut part = process("tool-calling loop", Some(ComponentKind::Agent), nodes);
        part.uses = uses;
        finish(&mut part);
        self.all.push(part);
    }

    /// What nothing that begins leads to belongs to a process of its own: the rest of the program.
    fn add_rest(&mut self) {
        let mut begun = BTreeSet::new();
        for part in &self.all {
            if matches!(
                part.kind,
                Some(ComponentKind::Entry | ComponentKind::Terminal | ComponentKind::Tool)
            ) {
                begun.extend(self.graph.reach_of(&part.nodes));
            }
        }
        let kinds = [
            ComponentKind::Model,
            ComponentKind::Agent,
            ComponentKind::VectorStore,
            ComponentKind::Memory,
            ComponentKind::Database,
            ComponentKind::Command,
            ComponentKind::Interpreter,
            ComponentKind::Network,
            ComponentKind::Content,
            ComponentKind::McpClient,
        ];
        let mut nodes = BTreeSet::new();
        let mut uses = Vec::new();
        for at in self.of_kind(&kinds) {
            for (node, one) in &self.all[at].uses {
                if !begun.contains(node) {
                    nodes.insert(*node);
                    uses.push((*node, *one));
                }
            }
        }
        if nodes.is_empty() {
            return;
        }
        let mut part = process("application code", None, nodes);
        part.uses = uses;
        finish(&mut part);
        self.all.push(part);
    }

    /// As [`Self::leads`], by calls alone: the body of a tool's file makes things for others as well.
    pub(crate) fn leads_by_function(&self, from: usize, to: usize) -> bool {
        let part = &self.all[from];
        let by_class = part
            .uses
            .iter()
            .any(|(_, u)| capability(u).is_some_and(|k| Some(k) == self.all[to].kind));
        by_class
            || part.nodes.iter().any(|n| {
                let reach = self.graph.reach(*n);
                reach.iter().any(|r| self.all[to].nodes.contains(r))
            })
    }
}

/// What a ready-made tool does, by its name.
pub(crate) fn capability(one: &ComponentUse) -> Option<ComponentKind> {
    if one.kind != ComponentKind::Tool {
        return None;
    }
    let name = one.operation.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|w| name.contains(w));
    if has(&["shell", "terminal", "bash"]) {
        Some(ComponentKind::Command)
    } else if has(&["repl", "codeinterpreter", "codeexecut"]) {
        Some(ComponentKind::Interpreter)
    } else if has(&["writefile", "filemanagement", "filewriter", "deletefile"]) {
        Some(ComponentKind::Files)
    } else if has(&["sql"]) {
        Some(ComponentKind::Database)
    } else if has(&[
        "search", "requests", "browser", "scrape", "http", "gmail", "tavily",
    ]) {
        Some(ComponentKind::Network)
    } else {
        None
    }
}

fn process<'a>(name: &str, kind: Option<ComponentKind>, nodes: BTreeSet<Node>) -> Part<'a> {
    Part {
        component: Component {
            id: id(&["Process", name]),
            name: name.to_owned(),
            element: Element::Process,
            kind,
            zone: Zone::Application,
            details: Vec::new(),
            evidence: Vec::new(),
            uses: 0,
        },
        kind,
        nodes,
        uses: Vec::new(),
        is_offered: false,
    }
}

/// Places and details of the uses.
fn finish(part: &mut Part<'_>) {
    part.uses
        .sort_by(|(a, x), (b, y)| (&x.location, a).cmp(&(&y.location, b)));
    let details: BTreeSet<&String> = part
        .uses
        .iter()
        .filter_map(|(_, u)| u.detail.as_ref())
        .collect();
    let is_named_so = |d: &&&String| ***d != part.component.name;
    part.component.details = details
        .iter()
        .filter(is_named_so)
        .take(MAX_DETAILS)
        .map(|d| (*d).clone())
        .collect();
    let mut places: Vec<Location> = part.uses.iter().map(|(_, u)| u.location.clone()).collect();
    places.dedup();
    part.component.uses = places.len() as u64;
    places.truncate(MAX_EVIDENCE);
    part.component.evidence = places;
}
