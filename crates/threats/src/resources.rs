//! Resources that are known by more than their own calls: what ready-made tools bring with them, stores
//! behind a common interface, and which way data goes.

use std::collections::{BTreeMap, BTreeSet};

use trueline_facts::surface::{ComponentKind, ComponentUse};
use trueline_facts::threat::{Element, Zone};

use crate::graph::{Graph, Node};
use crate::parts::{Look, Part, capability, entry};

type ByKey<'a> = BTreeMap<(ComponentKind, String), Part<'a>>;

/// Name of a vector store that is only known to be one.
const SOME_STORE: &str = "vector store";
/// Beginnings and ends of operations that write, and that read.
const WRITE: &[&str] = &[
    "write",
    "append",
    "unlink",
    "rm",
    "remove",
    "rename",
    "mkdir",
    "copy",
    "output",
    "move",
    "delete",
    "create",
    "add",
    "aadd",
    "upsert",
    "insert",
    "put",
    "aput",
    "save",
    "from_documents",
    "from_texts",
    "fromDocuments",
    "fromTexts",
    "index",
    "afrom_",
    "update",
    "store",
    "truncate",
    "set_",
    "fput",
    "upload",
    "persist",
];
const READ: &[&str] = &[
    "read",
    "list",
    "walk",
    "search",
    "similarity",
    "asimilarity",
    "max_marginal",
    "query",
    "get",
    "aget",
    "retrieve",
    "aretrieve",
    "invoke",
    "ainvoke",
    "astream",
    "stream",
    "fetch",
    "load",
    "glob",
    "rglob",
    "iterdir",
    "opendir",
    "scandir",
    "fget",
    "download",
];

/// Which way data goes, by the operations.
pub(crate) struct Ways {
    pub(crate) there: bool,
    pub(crate) back: bool,
}

impl Ways {
    /// Both ways, unless all operations are known to go one way.
    pub(crate) fn of<'o>(operations: impl Iterator<Item = &'o str>) -> Self {
        let mut own = Self {
            there: false,
            back: false,
        };
        let mut known = true;
        for operation in operations {
            let begins = |words: &[&str]| words.iter().any(|w| operation.starts_with(w));
            let writes =
                begins(WRITE) || operation == "open.write" || operation == "createWriteStream";
            let reads = begins(READ) && !writes
                || operation == "open.read"
                || operation == "createReadStream";
            own.there |= writes && operation != "createReadStream";
            own.back |= reads;
            known &= writes || reads;
        }
        if !known || !own.there && !own.back {
            own = Self {
                there: true,
                back: true,
            };
        }
        own
    }
}

type Uses<'a> = Vec<(Node, &'a ComponentUse)>;

/// Takes out the ready-made tools that the code of a file runs itself: they are no tools of a model but a way to what
/// they work with.
pub(crate) fn asked(uses: Uses<'_>) -> (Uses<'_>, Uses<'_>) {
    let runs = |one: &ComponentUse| {
        let mut parts = one.operation.split('.');
        one.kind == ComponentKind::Tool
            && capability(one).is_some()
            && parts
                .next()
                .is_some_and(|class| class.starts_with(char::is_uppercase))
            && parts.next().is_some()
    };
    let known: BTreeSet<(usize, &str)> = uses
        .iter()
        .filter(|(_, one)| runs(one))
        .map(|(node, one)| (node.file, one.name.as_str()))
        .collect();
    let (asked, rest): (Uses<'_>, Uses<'_>) = uses.into_iter().partition(|(node, one)| {
        one.kind == ComponentKind::Tool && known.contains(&(node.file, one.name.as_str()))
    });
    (
        asked.into_iter().filter(|(_, one)| runs(one)).collect(),
        rest,
    )
}

/// A ready-made tool brings what it works with: its own calls are in a library. So do those that code runs itself.
pub(crate) fn of_ready_tools<'a>(by_key: &mut ByKey<'a>, asked: &[(Node, &'a ComponentUse)]) {
    let mut found: Vec<(ComponentKind, &str, Node, &'a ComponentUse)> = Vec::new();
    let tools = by_key
        .values()
        .filter(|p| p.kind == Some(ComponentKind::Tool));
    for (node, one) in tools.flat_map(|t| &t.uses).chain(asked) {
        if let Some(kind) = capability(one) {
            found.push((kind, service(kind, one), *node, one));
        }
    }
    for (kind, name, node, one) in found {
        let (element, zone) = match kind {
            ComponentKind::Network => (Element::External, Zone::Services),
            ComponentKind::Command | ComponentKind::Interpreter => {
                (Element::Process, Zone::Resources)
            }
            _ => (Element::Store, Zone::Resources),
        };
        let look = Look {
            name: name.to_owned(),
            element,
            zone,
        };
        let part = entry(by_key, kind, look);
        part.nodes.insert(node);
        part.uses.push((node, one));
    }
}

/// What a ready-made tool works with.
fn service(kind: ComponentKind, one: &ComponentUse) -> &'static str {
    let name = one.operation.to_ascii_lowercase();
    match kind {
        ComponentKind::Command => "shell commands",
        ComponentKind::Interpreter => "Python interpreter",
        ComponentKind::Files => "files",
        ComponentKind::Database => "SQL database",
        _ if name.contains("search") || name.contains("tavily") => "web search services",
        _ if name.contains("mail") => "mail services",
        _ => "HTTP services",
    }
}

/// A store of which the code speaks through a common interface is the one that it makes.
pub(crate) fn one_store<'a>(by_key: &mut ByKey<'a>, graph: &Graph<'a>) {
    let key = (ComponentKind::VectorStore, SOME_STORE.to_owned());
    let named: Vec<(ComponentKind, String)> = by_key
        .keys()
        .filter(|k| k.0 == ComponentKind::VectorStore && **k != key)
        .cloned()
        .collect();
    if named.is_empty() {
        return;
    }
    let Some(mut some) = by_key.remove(&key) else {
        return;
    };
    let mut left: Vec<(Node, &'a ComponentUse)> = Vec::new();
    for (node, one) in std::mem::take(&mut some.uses) {
        let reach = graph.reach([node]);
        let mut own: Vec<&(ComponentKind, String)> = named
            .iter()
            .filter(|k| {
                by_key
                    .get(*k)
                    .is_some_and(|p| p.nodes.iter().any(|n| reach.contains_key(n)))
            })
            .collect();
        if let ([only], true) = (named.as_slice(), own.is_empty()) {
            own.push(only);
        }
        if own.is_empty() {
            left.push((node, one));
        }
        for key in own.into_iter().cloned().collect::<Vec<_>>() {
            if let Some(part) = by_key.get_mut(&key) {
                part.nodes.insert(node);
                part.uses.push((node, one));
            }
        }
    }
    if !left.is_empty() {
        some.nodes = left.iter().map(|(n, _)| *n).collect::<BTreeSet<Node>>();
        some.uses = left;
        by_key.insert(key, some);
    }
}
