//! Where a component is put to work: at the calls on its object (`model.invoke(...)`), not where the object
//! is made.

use std::collections::BTreeSet;

use trueline_facts::Location;
use trueline_facts::surface::{Act, Client, ComponentKind, ComponentUse};

use crate::graph::{Graph, Node, Reach, Way, counts};
use crate::parts::{MAX_EVIDENCE, Part, Parts};

/// Functions with acts of which is followed what they lead to.
const MAX_DOINGS: usize = 5_000;

/// What the reader of components says of a service that is named among the tools of a hosted model.
const HOSTED: &str = "hosted";

/// Methods of cursors and connections, whatever made them.
const QUERIES: &[&str] = &[
    "execute",
    "executemany",
    "fetchone",
    "fetchall",
    "fetchrow",
    "fetchval",
    "scalars",
    "scalar",
];

/// Something done with an object, and what the doer leads to: the object's component is there.
pub(crate) struct Doing<'a> {
    pub(crate) node: Node,
    pub(crate) act: &'a Act,
    pub(crate) reach: std::rc::Rc<Reach>,
    /// The component whose client the object is known to be.
    client: Option<&'a Client>,
}

impl Doing<'_> {
    /// Whether it is done with this component, as far as it is known whose object that is.
    pub(crate) fn may_be(&self, part: &Part<'_>) -> bool {
        let Some(client) = self.client else {
            // A function of which nothing is known returned the object.
            return self.act.made_by.is_none();
        };
        part.kind == Some(client.kind) && part.uses.iter().any(|(_, one)| one.name == client.name)
    }
}

/// All of them.
pub(crate) fn doings<'a>(graph: &Graph<'a>) -> Vec<Doing<'a>> {
    let mut found = Vec::new();
    let doers = graph.nodes().filter(|(_, f)| !f.acts.is_empty());
    for (node, function) in doers.take(MAX_DOINGS) {
        let reach = std::rc::Rc::new(graph.reach([node]));
        found.extend(function.acts.iter().map(|act| Doing {
            node,
            act,
            reach: std::rc::Rc::clone(&reach),
            client: graph.client_of(node, act),
        }));
    }
    found
}

/// Whether a use only makes an object for others to work with.
pub(crate) fn makes(one: &ComponentUse) -> bool {
    let kept = matches!(
        one.kind,
        ComponentKind::Model
            | ComponentKind::Agent
            | ComponentKind::Memory
            | ComponentKind::VectorStore
            | ComponentKind::Database
            | ComponentKind::Objects
            | ComponentKind::McpClient
            | ComponentKind::Network
    );
    let name = one.operation.as_str();
    let is_class = name.chars().next().is_some_and(char::is_uppercase);
    let is_maker = [
        "init_",
        "initChatModel",
        "from_url",
        "from_uri",
        "from_env",
        "from_conn",
        "from_existing",
        "from_tools",
        "from_llm",
        "from_agent",
        "initialize",
        "createClient",
        "createPool",
        "createConnection",
        "createServerClient",
        "createReactAgent",
        "createAgent",
        "createToolCallingAgent",
        "entrypoint",
        "makeApiClient",
        "setRequestHandler",
        "createOpenAI",
        "sessionmaker",
        "async_sessionmaker",
        "connect",
        "getGenerativeModel",
        "from_pretrained",
        "pipeline",
        "get_or_create_collection",
        "get_collection",
        "create_collection",
        "load_local",
        "stdio_client",
        "sse_client",
        "streamablehttp_client",
        "fromExistingIndex",
        "getOrCreateCollection",
        "getCollection",
        "createMCPClient",
        "build",
    ]
    .iter()
    .any(|start| name.starts_with(start));
    let is_maker = is_maker
        || matches!(one.kind, ComponentKind::Agent | ComponentKind::Database)
            && name.starts_with("create_")
        || one.name == "HTTP" && matches!(name, "create" | "extend");
    kept && (is_class || is_maker)
        // A command of the Bedrock kind is sent where it stands.
        && !name.ends_with("Command")
        // What reports of itself, once it is there.
        && !name.ends_with("Exporter")
        && name != "CallbackHandler"
}

/// Whether it is asked by whoever hosts a model, when the model says so.
pub(crate) fn is_hosted(one: &ComponentUse) -> bool {
    one.operation == HOSTED
}

/// Whether a use makes a client by which nothing is sent yet.
pub(crate) fn only_prepares(one: &ComponentUse) -> bool {
    one.kind == ComponentKind::Network
        && (is_hosted(one) || one.operation.starts_with("make") || one.name == "HTTP" && makes(one))
}

/// One place where a component is used, and by what call.
pub(crate) struct Spot<'a> {
    pub(crate) location: Location,
    pub(crate) operation: &'a str,
}

impl<'a> Parts<'a> {
    /// Places where a component is used by what another one leads to.
    pub(crate) fn places(&self, from: usize, to: usize) -> Vec<Location> {
        locations(self.spots(&self.reaches[from], to))
    }

    /// Uses of a component within reach: what is done with it; where nothing is seen to be done, where
    /// it is made.
    pub(crate) fn spots(&self, reach: &Reach, to: usize) -> Vec<Spot<'a>> {
        let part = &self.all[to];
        let Some(kind) = part.kind else {
            return Vec::new();
        };
        let mut done: Vec<Spot<'a>> = Vec::new();
        let mut made: Vec<Spot<'a>> = Vec::new();
        for (node, one) in &part.uses {
            let Some(way) = reach.get(node).filter(|_| !is_hosted(one)) else {
                continue;
            };
            let is_embedded = makes(one) && self.embeds(reach, to);
            if !counts(*way, kind) && !is_embedded {
                continue;
            }
            let spot = Spot {
                location: one.location.clone(),
                operation: &one.operation,
            };
            if makes(one) {
                made.push(spot);
            } else if *way == Way::Runs || kind == ComponentKind::Agent {
                done.push(spot);
            } else {
                made.push(spot);
            }
        }
        if !matches!(
            kind,
            ComponentKind::Tool | ComponentKind::Files | ComponentKind::Command
        ) {
            done.extend(self.done_with(reach, to, kind));
        }
        if done.is_empty() { made } else { done }
    }

    /// Whether something is done with a component within reach, beyond making its object.
    pub(crate) fn works_on(&self, reach: &Reach, to: usize) -> bool {
        let Some(kind) = self.all[to].kind else {
            return false;
        };
        let mut uses = self.all[to].uses.iter();
        uses.any(|(n, one)| reach.get(n) == Some(&Way::Runs) && !makes(one) && !only_prepares(one))
            || self.done_with(reach, to, kind).next().is_some()
    }

    /// Acts within reach whose doers lead to the component, the innermost of them.
    fn done_with<'p>(
        &'p self,
        reach: &'p Reach,
        to: usize,
        kind: ComponentKind,
    ) -> impl Iterator<Item = Spot<'a>> + 'p {
        let part = &self.all[to];
        // A cursor that is handed in is the one database's.
        let is_only = kind == ComponentKind::Database && self.of_kind(&[kind]).len() == 1;
        let fits: Vec<&Doing<'a>> = self
            .acts
            .iter()
            .filter(|d| d.act.kinds.contains(&kind) && reach.get(&d.node) == Some(&Way::Runs))
            .filter(|d| d.may_be(part))
            .filter(|d| {
                part.nodes.iter().any(|n| d.reach.contains_key(n))
                    || is_only && QUERIES.contains(&d.act.operation.as_str())
            })
            .collect();
        let doers: BTreeSet<Node> = fits.iter().map(|d| d.node).collect();
        fits.into_iter()
            .filter(move |d| {
                doers
                    .iter()
                    .all(|other| *other == d.node || d.reach.get(other) != Some(&Way::Runs))
            })
            .map(|d| Spot {
                location: d.act.location.clone(),
                operation: &d.act.operation,
            })
    }
}

/// Each place once, in order.
pub(crate) fn locations(spots: Vec<Spot<'_>>) -> Vec<Location> {
    let places: BTreeSet<Location> = spots.into_iter().map(|s| s.location).collect();
    places.into_iter().take(MAX_EVIDENCE).collect()
}
