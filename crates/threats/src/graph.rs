//! Which functions lead to which, over files: what a function runs, and what makes the objects that it
//! works with.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use trueline_facts::surface::{
    Act, Client, ComponentKind, ComponentUse, FileSurface, FunctionSurface, Role,
};

use crate::resolve::{Index, Known, Override};

/// Steps that are followed from one function.
const MAX_STEPS: usize = 12;

/// A function of a file: positions in [`FileSurface`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Node {
    pub(crate) file: usize,
    pub(crate) function: usize,
}

/// How one function leads to another.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Edge {
    /// Runs it, as far as it runs itself.
    Calls(Node),
    /// Gives it to somebody who runs it.
    HandsOn(Node),
    /// Works with what it made, long before.
    MadeBy(Node),
}

/// What was reached, and how.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Way {
    /// It has run: what it made is there, what it did then is past.
    Made,
    /// It runs.
    Runs,
}

/// Functions that are reached.
pub(crate) type Reach = BTreeMap<Node, Way>;

/// All functions with what they lead to.
pub(crate) struct Graph<'a> {
    files: &'a [FileSurface],
    edges: BTreeMap<Node, Vec<Edge>>,
    reverse: BTreeMap<Node, Vec<Node>>,
    /// Methods that stand in for one where an object of their class is made.
    overrides: BTreeMap<Node, Vec<Override>>,
    /// The components whose clients the functions return that made what something is done with.
    clients: BTreeMap<(usize, &'a str), &'a Client>,
    /// Names that functions call or hand on of which no definition was found.
    unresolved: BTreeMap<Node, Vec<&'a str>>,
}

impl<'a> Graph<'a> {
    pub(crate) fn of(files: &'a [FileSurface]) -> Self {
        let index = Index::of(files);
        let mut edges: BTreeMap<Node, Vec<Edge>> = BTreeMap::new();
        let mut reverse: BTreeMap<Node, Vec<Node>> = BTreeMap::new();
        let overrides = index.overrides();
        for (method, others) in &overrides {
            for other in others {
                reverse.entry(other.method).or_default().push(*method);
            }
        }
        let inherited = index.constructors();
        let mut clients: BTreeMap<(usize, &'a str), &'a Client> = BTreeMap::new();
        let mut unresolved: BTreeMap<Node, Vec<&'a str>> = BTreeMap::new();
        for (file, surface) in files.iter().enumerate() {
            for (at, function) in surface.functions.iter().enumerate() {
                let from = Node { file, function: at };
                for path in function.acts.iter().filter_map(|a| a.made_by.as_deref()) {
                    if let Some(client) = index.client(file, path) {
                        clients.insert((file, path), client);
                    }
                }
                let mut to = edges_of(&index, surface, file, function);
                let names = function.calls_elsewhere.iter().chain(&function.mentions);
                let names = names.map(String::as_str);
                let open = names.filter(|name| index.resolve(file, name).is_empty());
                let open: Vec<&str> = open.collect();
                if !open.is_empty() {
                    unresolved.insert(from, open);
                }
                let bases = inherited.get(&from).into_iter().flatten();
                to.extend(bases.copied().map(Edge::MadeBy));
                for edge in &to {
                    reverse.entry(edge.to()).or_default().push(from);
                }
                let to: Vec<Edge> = to.into_iter().filter(|e| e.to() != from).collect();
                if !to.is_empty() {
                    edges.insert(from, to);
                }
            }
        }
        Self {
            files,
            edges,
            reverse,
            overrides,
            clients,
            unresolved,
        }
    }

    /// Names that a function calls or hands on of which no definition was found.
    pub(crate) fn unresolved(&self, node: Node) -> impl Iterator<Item = &'a str> {
        self.unresolved.get(&node).into_iter().flatten().copied()
    }

    /// The component of which the object is a client that an act of this function is done with.
    pub(crate) fn client_of(&self, node: Node, act: &Act) -> Option<&'a Client> {
        let path = act.made_by.as_deref()?;
        self.clients.get(&(node.file, path)).copied()
    }

    /// Every function with its uses.
    pub(crate) fn uses(&self) -> impl Iterator<Item = (Node, &'a ComponentUse)> {
        self.nodes()
            .flat_map(|(node, f)| f.uses.iter().map(move |u| (node, u)))
    }

    /// Every function.
    pub(crate) fn nodes(&self) -> impl Iterator<Item = (Node, &'a FunctionSurface)> {
        self.files.iter().enumerate().flat_map(|(file, surface)| {
            let functions = surface.functions.iter().enumerate();
            functions.map(move |(function, f)| (Node { file, function }, f))
        })
    }

    /// What functions lead to, themselves included.
    pub(crate) fn reach(&self, from: impl IntoIterator<Item = Node>) -> Reach {
        self.follow(from, |_| true)
    }

    /// As [`Self::reach_of`], not through any of these.
    pub(crate) fn reach_without(&self, from: &BTreeSet<Node>, not: &BTreeSet<Node>) -> Reach {
        let mut seen = self.follow(from.iter().copied(), |n| !not.contains(&n));
        with_bodies(&mut seen);
        seen
    }

    /// As [`Self::reach_without`], but for the bodies of files: what is led to by parts alone.
    pub(crate) fn reach_through(&self, from: &BTreeSet<Node>, not: &BTreeSet<Node>) -> Reach {
        self.follow(from.iter().copied(), |n| !not.contains(&n))
    }

    /// Functions that one hands on.
    pub(crate) fn given_by(&self, node: Node) -> Vec<Node> {
        let edges = self.edges.get(&node).into_iter().flatten();
        edges
            .filter_map(|edge| match edge {
                Edge::HandsOn(to) => Some(*to),
                Edge::Calls(_) | Edge::MadeBy(_) => None,
            })
            .collect()
    }

    /// What is led to by functions that these are given to run: the steps of an agent, the handlers of a
    /// server.
    pub(crate) fn handed_on(&self, of: &BTreeSet<Node>, not: &BTreeSet<Node>) -> Reach {
        let mut given: BTreeSet<Node> = BTreeSet::new();
        let mut objects: BTreeSet<Node> = of.clone();
        let mut todo: Vec<Node> = of.iter().copied().collect();
        while let Some(node) = todo.pop() {
            for edge in self.edges.get(&node).into_iter().flatten() {
                match edge {
                    Edge::HandsOn(to) => {
                        if !not.contains(to) {
                            given.insert(*to);
                        }
                    }
                    Edge::MadeBy(to) if self.role(*to) == Some(Role::Object) => {
                        if !not.contains(to) && objects.insert(*to) {
                            todo.push(*to);
                        }
                    }
                    Edge::Calls(_) | Edge::MadeBy(_) => {}
                }
            }
        }
        self.follow(given, |n| !not.contains(&n))
    }

    fn follow(&self, from: impl IntoIterator<Item = Node>, enters: impl Fn(Node) -> bool) -> Reach {
        let mut seen = Reach::new();
        let mut todo: VecDeque<(Node, Way, usize)> = VecDeque::new();
        for node in from {
            if seen.insert(node, Way::Runs).is_none() {
                todo.push_back((node, Way::Runs, 0));
            }
        }
        // Methods of classes of which no object is seen yet, by what makes one.
        let mut waiting: BTreeMap<Node, Vec<(Node, Way, usize)>> = BTreeMap::new();
        while let Some((node, way, steps)) = todo.pop_front() {
            let mut next: Vec<(Node, Way, usize)> = waiting.get(&node).cloned().unwrap_or_default();
            if steps < MAX_STEPS {
                for other in self.overrides.get(&node).into_iter().flatten() {
                    let entry = (other.method, way, steps + 1);
                    if other.makers.iter().any(|m| seen.contains_key(m)) {
                        next.push(entry);
                    } else {
                        for maker in &other.makers {
                            waiting.entry(*maker).or_default().push(entry);
                        }
                    }
                }
            }
            for (to, way, steps) in next {
                if seen.get(&to).is_none_or(|k| *k < way) && enters(to) {
                    seen.insert(to, way);
                    todo.push_back((to, way, steps));
                }
            }
            if steps == MAX_STEPS {
                continue;
            }
            for edge in self.edges.get(&node).into_iter().flatten() {
                let next = match edge {
                    // An object runs what it was given; a constructor has only registered it.
                    Edge::HandsOn(_) if self.role(node) == Some(Role::Object) => Way::Runs,
                    Edge::Calls(_) | Edge::HandsOn(_) => way,
                    Edge::MadeBy(_) => Way::Made,
                };
                let known = seen.get(&edge.to()).copied();
                if known.is_none_or(|k| k < next) && enters(edge.to()) {
                    seen.insert(edge.to(), next);
                    todo.push_back((edge.to(), next, steps + 1));
                }
            }
        }
        seen
    }

    /// As [`Self::reach`], with the bodies of the files that this comes by: they set up what the
    /// functions use.
    pub(crate) fn reach_of(&self, nodes: &BTreeSet<Node>) -> Reach {
        let mut seen = self.reach(nodes.iter().copied());
        with_bodies(&mut seen);
        seen
    }

    /// Functions that lead to one of these, those included.
    pub(crate) fn callers(&self, of: &BTreeSet<Node>) -> BTreeSet<Node> {
        let mut seen = of.clone();
        let mut todo: VecDeque<(Node, usize)> = of.iter().map(|n| (*n, 0)).collect();
        while let Some((node, steps)) = todo.pop_front() {
            if steps == MAX_STEPS {
                continue;
            }
            for from in self.reverse.get(&node).into_iter().flatten() {
                if seen.insert(*from) {
                    todo.push_back((*from, steps + 1));
                }
            }
        }
        seen
    }

    /// Whether something else than these leads here.
    pub(crate) fn is_led_to(&self, node: Node, not: &BTreeSet<Node>) -> bool {
        self.reverse.get(&node).is_some_and(|from| {
            // The body runs what makes its objects, whether somebody wants them or not.
            from.iter()
                .filter(|f| !not.contains(f))
                .any(|f| f.function != 0 || self.role(node) != Some(Role::Object))
        })
    }

    /// Names that the function calls and its file does not define.
    pub(crate) fn calls(&self, node: Node) -> impl Iterator<Item = &'a str> {
        self.function(node)
            .into_iter()
            .flat_map(|f| f.calls_elsewhere.iter().map(String::as_str))
    }

    pub(crate) fn function(&self, node: Node) -> Option<&'a FunctionSurface> {
        self.files.get(node.file)?.functions.get(node.function)
    }

    pub(crate) fn role(&self, node: Node) -> Option<Role> {
        self.function(node).map(|f| f.role)
    }

    /// The path of its file.
    pub(crate) fn path(&self, node: Node) -> Option<&'a trueline_facts::RepoPath> {
        self.files.get(node.file).map(|f| &f.path)
    }
}

fn with_bodies(seen: &mut Reach) {
    let bodies: Vec<Node> = seen
        .keys()
        .map(|n| Node {
            file: n.file,
            function: 0,
        })
        .collect();
    for body in bodies {
        seen.entry(body).or_insert(Way::Made);
    }
}

impl Edge {
    const fn to(self) -> Node {
        match self {
            Self::Calls(node) | Self::HandsOn(node) | Self::MadeBy(node) => node,
        }
    }
}

/// Whether a use in a function that is reached so counts: what was done once, when an object was made,
/// is not done by who works with it.
pub(crate) const fn counts(way: Way, kind: ComponentKind) -> bool {
    matches!(way, Way::Runs)
        || matches!(
            kind,
            ComponentKind::Model
                | ComponentKind::Agent
                | ComponentKind::Tool
                | ComponentKind::McpServer
                | ComponentKind::McpClient
                | ComponentKind::VectorStore
                | ComponentKind::Memory
                | ComponentKind::Database
                | ComponentKind::Objects
        )
}

fn edges_of(
    index: &Index<'_>,
    surface: &FileSurface,
    file: usize,
    function: &FunctionSurface,
) -> BTreeSet<Edge> {
    let own = |at: &u32| {
        let function = *at as usize;
        (function < surface.functions.len()).then_some(Node { file, function })
    };
    let mut to: BTreeSet<Edge> = BTreeSet::new();
    to.extend(function.calls.iter().filter_map(own).map(Edge::Calls));
    to.extend(function.hands_on.iter().filter_map(own).map(Edge::HandsOn));
    to.extend(function.made_by.iter().filter_map(own).map(Edge::MadeBy));
    for called in &function.calls_elsewhere {
        for known in index.resolve(file, called) {
            to.insert(match known {
                Known::Function(node) | Known::Constructor(node) => Edge::Calls(node),
                Known::Object(node) => Edge::MadeBy(node),
            });
        }
    }
    for annotated in &function.types {
        for known in index.resolve(file, annotated) {
            if let Known::Object(node) = known {
                to.insert(Edge::MadeBy(node));
            }
        }
    }
    for mentioned in &function.mentions {
        for known in index.resolve(file, mentioned) {
            match known {
                Known::Function(node) => to.insert(Edge::HandsOn(node)),
                // Who has a class in hand, in a table for example, makes objects of it.
                Known::Object(node) | Known::Constructor(node) => to.insert(Edge::MadeBy(node)),
            };
        }
    }
    to
}
