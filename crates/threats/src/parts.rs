//! The components of an application, and which of them lead to which.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use sha2::{Digest, Sha256};
use trueline_facts::Location;
use trueline_facts::surface::{ComponentKind, ComponentUse, Role};
use trueline_facts::threat::{Component, Element, Flow, Zone};

use crate::acts::{Doing, doings, makes, only_prepares};
use crate::agents::{Agents, started};
use crate::graph::{Graph, Node, Reach, Way, counts};
use crate::join::Homes;
use crate::pages::{Routes, is_address};
use crate::resources;
use crate::steps::Sequence;

/// Places and details that are kept of one component, flow or threat: all, but for what no reader of the
/// document could work through. What is made for people shows the first of them.
pub(crate) const MAX_EVIDENCE: usize = 500;
const MAX_DETAILS: usize = 500;
/// What the tables call models that turn texts into vectors.
const EMBEDDINGS: &[&str] = &["embeddings", "local embeddings"];
/// Functions that only dead ones call are found round by round.
const MAX_ROUNDS: usize = 10;

/// A component while the model is made.
pub(crate) struct Part<'a> {
    pub(crate) component: Component,
    pub(crate) kind: Option<ComponentKind>,
    /// Functions that use it; for a process, those where it begins.
    pub(crate) nodes: BTreeSet<Node>,
    pub(crate) uses: Vec<(Node, &'a ComponentUse)>,
    /// Tools: for agents of others.
    pub(crate) is_offered: bool,
    /// Tools: described, and nothing that does their work or hands on the description was found.
    pub(crate) is_idle: bool,
}

/// All components, and what leads where.
pub(crate) struct Parts<'a> {
    pub(crate) graph: Graph<'a>,
    pub(crate) all: Vec<Part<'a>>,
    pub(crate) flows: Vec<Flow>,
    /// What each component leads to, in the order of `all`.
    pub(crate) reaches: Vec<Reach>,
    /// What is done with objects of unknown classes, with what the doers lead to.
    pub(crate) acts: Vec<Doing<'a>>,
    /// The routes that the application answers.
    pub(crate) routes: Routes,
    /// Which step of a graph comes after which.
    pub(crate) sequence: Sequence<'a>,
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

pub(crate) struct Look {
    pub(crate) name: String,
    pub(crate) element: Element,
    pub(crate) zone: Zone,
}

/// What a use is a use of.
fn look(kind: ComponentKind, one: &ComponentUse) -> Look {
    let (element, zone) = match kind {
        ComponentKind::Entry
        | ComponentKind::Terminal
        | ComponentKind::Agent
        | ComponentKind::Tool
        | ComponentKind::McpServer
        | ComponentKind::Step
        | ComponentKind::Control => (Element::Process, Zone::Application),
        ComponentKind::Page => (Element::Process, Zone::Outside),
        ComponentKind::Content => (Element::External, Zone::Outside),
        ComponentKind::Model => (Element::External, Zone::Model),
        ComponentKind::VectorStore
        | ComponentKind::Memory
        | ComponentKind::Database
        | ComponentKind::Objects
        | ComponentKind::Files => (Element::Store, Zone::Resources),
        ComponentKind::Command | ComponentKind::Interpreter => (Element::Process, Zone::Resources),
        // It runs in the program itself.
        ComponentKind::Network if !one.remote => (Element::Process, Zone::Resources),
        ComponentKind::McpClient | ComponentKind::Network => (Element::External, Zone::Services),
    };
    let name = match kind {
        ComponentKind::Entry if one.operation == "route" || one.name == "web routes" => {
            "web application".to_owned()
        }
        ComponentKind::Terminal => "command-line program".to_owned(),
        ComponentKind::Tool => format!("tool {}", one.name),
        ComponentKind::Step => format!("step {}", one.name),
        ComponentKind::McpClient => "MCP servers of others".to_owned(),
        ComponentKind::Network => match &one.detail {
            Some(host) if one.name == "HTTP" && !is_address(host) => host.clone(),
            _ if !one.remote => one.name.clone(),
            _ => format!("{} services", one.name),
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
        let certain: BTreeSet<(ComponentKind, &str)> = uses
            .iter()
            .filter(|(_, u)| !u.is_assumed)
            .map(|(_, u)| (u.kind, u.name.as_str()))
            .collect();
        let uses: Vec<_> = uses
            .into_iter()
            .filter(|(_, u)| certain.contains(&(u.kind, u.name.as_str())))
            .collect();
        let (sequence, uses) = Sequence::of(uses);
        let (asked, uses) = resources::asked(uses);
        let dead = dead(&graph);
        let serving: BTreeSet<usize> = uses
            .iter()
            .filter(|(_, u)| u.kind == ComponentKind::McpServer)
            .map(|(n, _)| n.file)
            .collect();
        let routes = Routes::of(&uses);
        let agents = Agents::of(&graph, &uses);
        let homes = Homes::of(&graph);
        let mut starts: Vec<(Node, &'a ComponentUse)> = Vec::new();
        let known: BTreeSet<Node> = uses
            .iter()
            .filter(|(_, u)| u.kind == ComponentKind::Tool && !is_plain(u))
            .map(|(n, _)| *n)
            .collect();
        for (node, one) in uses {
            // What asks the application itself is no service elsewhere.
            if routes.is_own(one) {
                continue;
            }
            // An agent that only a method makes which nobody calls is none.
            if one.kind == ComponentKind::Agent && dead.contains(&node) && is_method(&graph, node) {
                continue;
            }
            if agents.only_starts(one) {
                starts.push((node, one));
                continue;
            }
            let found = if is_plain(one) {
                let own = plain(&graph, node, &known);
                if own.is_empty() {
                    continue;
                }
                Some(own)
            } else {
                homes.find(&graph, node, one)
            };
            let is_idle = found.as_ref().is_some_and(Vec::is_empty) && !is_handed_on(&graph, node);
            let nodes = found
                .filter(|f| !f.is_empty())
                .unwrap_or_else(|| vec![node]);
            let mut seen = look(one.kind, one);
            if let Some(own) = agents.name(node, one) {
                seen.name = own;
            }
            let part = entry(&mut by_key, one.kind, seen);
            let has_prefix = matches!(one.operation.split('.').next(), Some("mcp" | "server"));
            part.is_offered |= one.kind == ComponentKind::Tool
                && (has_prefix && one.operation.contains('.') || serving.contains(&node.file));
            part.is_idle = is_idle && (part.is_idle || part.uses.is_empty());
            for node in nodes {
                part.nodes.insert(node);
                part.uses.push((node, one));
            }
        }
        started(&graph, &mut by_key, &starts);
        resources::of_ready_tools(&mut by_key, &asked);
        resources::one_store(&mut by_key, &graph);
        let acts = doings(&graph);
        let mut own = Self {
            graph,
            all: by_key.into_values().collect(),
            flows: Vec::new(),
            reaches: Vec::new(),
            acts,
            routes,
            sequence,
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
        own.routes_to_models_first();
        own.connect();
        own
    }

    /// Of routes, those that lead to a model are what a reader looks for.
    fn routes_to_models_first(&mut self) {
        let models = self.of_kind(&[ComponentKind::Model, ComponentKind::Agent]);
        for at in self.of_kind(&[ComponentKind::Entry]) {
            let mut first: BTreeSet<&str> = BTreeSet::new();
            for (node, one) in &self.all[at].uses {
                let reach = self.graph.reach([*node]);
                if models.iter().any(|m| self.is_in(&reach, *m))
                    && let Some(detail) = &one.detail
                {
                    first.insert(detail);
                }
            }
            let first: BTreeSet<String> = first.into_iter().map(ToOwned::to_owned).collect();
            let details = &mut self.all[at].component.details;
            details.sort_by_key(|d| (!first.contains(d), d.clone()));
        }
    }

    /// Components of a kind, by their position.
    pub(crate) fn of_kind(&self, kinds: &[ComponentKind]) -> Vec<usize> {
        (0..self.all.len())
            .filter(|at| self.all[*at].kind.is_some_and(|k| kinds.contains(&k)))
            .collect()
    }

    /// Whether one component leads to another.
    pub(crate) fn leads(&self, from: usize, to: usize) -> bool {
        self.is_in(&self.reaches[from], to)
    }

    /// Whether a component is used where something leads.
    pub(crate) fn is_in(&self, reach: &Reach, to: usize) -> bool {
        let part = &self.all[to];
        let Some(kind) = part.kind else {
            return part.nodes.iter().any(|n| reach.contains_key(n));
        };
        let is_used = |(n, one): &(Node, &ComponentUse)| {
            reach.get(n).is_some_and(|way| counts(*way, kind)) && !only_prepares(one)
        };
        part.uses.iter().any(is_used)
            || self.embeds(reach, to)
            || part.uses.is_empty()
                && part
                    .nodes
                    .iter()
                    .any(|n| reach.get(n).is_some_and(|way| counts(*way, kind)))
            // A client that was made before, and something is done with it.
            || kind == ComponentKind::Network
                && self.acts.iter().any(|d| {
                    d.act.kinds.contains(&kind)
                        && d.may_be(part)
                        && reach.get(&d.node) == Some(&Way::Runs)
                        && part
                            .uses
                            .iter()
                            .any(|(n, one)| makes(one) && d.reach.contains_key(n))
                })
    }

    /// Whether a store within reach was made with these embeddings: it asks for them whenever it is asked.
    pub(crate) fn embeds(&self, reach: &Reach, to: usize) -> bool {
        let part = &self.all[to];
        let is_made = |(n, one): &&(Node, &ComponentUse)| {
            EMBEDDINGS.contains(&one.name.as_str()) && makes(one) && reach.contains_key(n)
        };
        let made: Vec<&(Node, &ComponentUse)> = part.uses.iter().filter(is_made).collect();
        // LlamaIndex keeps the one that all its indexes ask in its settings.
        let with = |(m, one): &(Node, &ComponentUse), n: &Node| {
            m.file == n.file || one.operation.ends_with("Embedding")
        };
        !made.is_empty()
            && self.of_kind(&[ComponentKind::VectorStore]).iter().any(|s| {
                let uses = &self.all[*s].uses;
                uses.iter()
                    .any(|(n, _)| reach.contains_key(n) && made.iter().any(|m| with(m, n)))
            })
    }

    pub(crate) fn reach(&self, from: usize) -> &Reach {
        &self.reaches[from]
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
                    Some(kind) => matches!(
                        kind,
                        ComponentKind::Entry | ComponentKind::Terminal | ComponentKind::Page
                    ),
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
        let mut begun: BTreeSet<Node> = BTreeSet::new();
        let mut has_doors = false;
        for part in &self.all {
            if matches!(
                part.kind,
                Some(
                    ComponentKind::Entry
                        | ComponentKind::Terminal
                        | ComponentKind::Page
                        | ComponentKind::Tool
                        | ComponentKind::McpServer
                        | ComponentKind::Agent
                        | ComponentKind::Step
                )
            ) {
                has_doors |= part.kind != Some(ComponentKind::Tool);
                begun.extend(self.graph.reach_of(&part.nodes).into_keys());
            }
        }
        let dead = dead(&self.graph);
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
            ComponentKind::Objects,
        ];
        let mut nodes = BTreeSet::new();
        let mut uses = Vec::new();
        for at in self.of_kind(&kinds) {
            for (node, one) in &self.all[at].uses {
                // What only makes an object sends nothing, and what nobody calls does nothing.
                let runs =
                    !begun.contains(node) && !makes(one) && (!has_doors || !dead.contains(node));
                if runs {
                    nodes.insert(*node);
                    uses.push((*node, *one));
                }
            }
        }
        for doing in &self.acts {
            let node = doing.node;
            if !begun.contains(&node)
                && (!has_doors || !dead.contains(&node))
                && self.all.iter().any(|p| {
                    p.kind
                        .is_some_and(|k| kinds.contains(&k) && doing.act.kinds.contains(&k))
                        && doing.may_be(p)
                        && p.nodes.iter().any(|n| doing.reach.contains_key(n))
                })
            {
                nodes.insert(node);
            }
        }
        if nodes.is_empty() {
            return;
        }
        // Files that the same code reads and writes.
        let modules: BTreeSet<usize> = nodes.iter().map(|n| n.file).collect();
        for at in self.of_kind(&[ComponentKind::Files]) {
            for (node, _) in &self.all[at].uses {
                let is_beside = modules.contains(&node.file) && !begun.contains(node);
                if is_beside && (!has_doors || !dead.contains(node)) {
                    nodes.insert(*node);
                }
            }
        }
        let mut part = process("application code", None, nodes);
        part.uses = uses;
        finish(&mut part);
        self.all.push(part);
    }

    /// As [`Self::leads`], by calls alone: the body of a tool's file makes things for others as well.
    pub(crate) fn leads_by_function(&self, from: usize, to: usize) -> bool {
        self.is_in(&self.reach_by_function(from), to)
    }

    pub(crate) fn reach_by_function(&self, from: usize) -> Reach {
        let nodes = self.all[from].nodes.iter().copied();
        let work = nodes.filter(|n| self.graph.role(*n) != Some(Role::Body));
        self.graph.reach(work)
    }
}

/// Functions that nothing calls, hands on or names.
fn dead(graph: &Graph<'_>) -> BTreeSet<Node> {
    let mut dead: BTreeSet<Node> = BTreeSet::new();
    for _ in 0..MAX_ROUNDS {
        let live = || graph.nodes().filter(|(node, _)| !dead.contains(node));
        let named: BTreeSet<&str> = live()
            .flat_map(|(node, _)| graph.unresolved(node))
            .filter_map(|name| name.rsplit(['.', '/']).next())
            .collect();
        let found: BTreeSet<Node> = live()
            .filter(|(node, function)| {
                let last = function.symbol.rsplit('.').next().unwrap_or_default();
                function.role == Role::Function
                    && !last.is_empty()
                    // Frameworks call pages and default exports.
                    && last != "default"
                    && !last.starts_with(char::is_uppercase)
                    && !function.is_decorated
                    && !named.contains(last)
                    && !graph.is_led_to(*node, &dead)
            })
            .map(|(node, _)| node)
            .collect();
        if found.is_empty() {
            break;
        }
        dead.extend(found);
    }
    dead
}

/// Whether a function is a method of a class.
fn is_method(graph: &Graph<'_>, node: Node) -> bool {
    let function = graph.function(node);
    function.is_some_and(|f| f.role == Role::Function && f.symbol.contains('.'))
}

/// Whether a use says no more than that a function stands in a list of tools.
fn is_plain(one: &ComponentUse) -> bool {
    one.kind == ComponentKind::Tool && one.operation == "function"
}

/// The functions of such a use that are no tools by more than that.
fn plain(graph: &Graph<'_>, node: Node, known: &BTreeSet<Node>) -> Vec<Node> {
    let own = if graph.role(node) == Some(Role::Case) {
        graph.given_by(node)
    } else {
        vec![node]
    };
    own.into_iter().filter(|n| !known.contains(n)).collect()
}

/// Whether something leads to a description, or it stands where descriptions are handed out.
fn is_handed_on(graph: &Graph<'_>, node: Node) -> bool {
    graph.role(node) != Some(Role::Object) || graph.is_led_to(node, &BTreeSet::new())
}

/// The part of a kind and name; a new one if there is none yet.
pub(crate) fn entry<'m, 'a>(
    by_key: &'m mut BTreeMap<(ComponentKind, String), Part<'a>>,
    kind: ComponentKind,
    look: Look,
) -> &'m mut Part<'a> {
    let Look {
        name,
        element,
        zone,
    } = look;
    by_key.entry((kind, name.clone())).or_insert_with(|| Part {
        component: Component {
            id: id(&[&format!("{kind:?}"), &name]),
            name,
            element,
            kind: Some(kind),
            zone,
            details: Vec::new(),
            evidence: Vec::new(),
            uses: 0,
        },
        kind: Some(kind),
        nodes: BTreeSet::new(),
        uses: Vec::new(),
        is_offered: false,
        is_idle: false,
    })
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
        is_idle: false,
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
