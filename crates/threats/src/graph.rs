//! Which functions lead to which, over files. Calls within a file are known; a call elsewhere is
//! resolved by the path it was imported by, and a method by its name where only one function has it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use trueline_facts::surface::{ComponentUse, FileSurface};

/// Calls that are followed from one function.
const MAX_STEPS: usize = 8;
/// Shortest name of a method by which a function is found in another file.
const MIN_METHOD: usize = 5;
/// Names that too many things have.
const COMMON: &[&str] = &[
    "append", "close", "create", "delete", "execute", "fetch", "filter", "format", "handle",
    "invoke", "items", "start", "update", "write", "query", "commit", "search", "strip", "split",
    "values", "lower", "upper", "encode", "decode", "forEach", "reduce", "concat", "includes",
    "toString", "slice", "replace", "trim", "render", "process", "parse", "request", "insert",
    "remove",
];
const ENDINGS: &[&str] = &[
    ".py",
    "/__init__.py",
    ".ts",
    ".tsx",
    ".js",
    ".jsx",
    ".mjs",
    ".cjs",
    ".mts",
    "/index.ts",
    "/index.tsx",
    "/index.js",
    "/index.mjs",
];

/// A function of a file: positions in [`FileSurface`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Node {
    pub(crate) file: usize,
    pub(crate) function: usize,
}

/// All functions with what they call.
pub(crate) struct Graph<'a> {
    files: &'a [FileSurface],
    edges: BTreeMap<Node, Vec<Node>>,
}

impl<'a> Graph<'a> {
    pub(crate) fn of(files: &'a [FileSurface]) -> Self {
        let index = Index::of(files);
        let mut edges: BTreeMap<Node, Vec<Node>> = BTreeMap::new();
        for (file, surface) in files.iter().enumerate() {
            for (at, function) in surface.functions.iter().enumerate() {
                let from = Node { file, function: at };
                let mut to: BTreeSet<Node> = function
                    .calls
                    .iter()
                    .map(|f| Node {
                        file,
                        function: *f as usize,
                    })
                    .filter(|n| n.function < surface.functions.len())
                    .collect();
                // A method works with what the constructor made.
                if let Some((class, _)) = function.symbol.rsplit_once('.')
                    && let Some(made) = index.by_symbol.get(file)
                {
                    to.extend(constructor(made, class).map(|function| Node { file, function }));
                }
                for called in &function.calls_elsewhere {
                    to.extend(index.resolve(file, called));
                }
                to.remove(&from);
                if !to.is_empty() {
                    edges.insert(from, to.into_iter().collect());
                }
            }
        }
        Self { files, edges }
    }

    /// Every function with its uses.
    pub(crate) fn uses(&self) -> impl Iterator<Item = (Node, &'a ComponentUse)> {
        self.files.iter().enumerate().flat_map(|(file, surface)| {
            surface
                .functions
                .iter()
                .enumerate()
                .flat_map(move |(function, f)| {
                    f.uses.iter().map(move |u| (Node { file, function }, u))
                })
        })
    }

    /// What a function leads to, itself included.
    pub(crate) fn reach(&self, from: Node) -> BTreeSet<Node> {
        let mut seen = BTreeSet::from([from]);
        let mut todo = VecDeque::from([(from, 0)]);
        while let Some((node, steps)) = todo.pop_front() {
            if steps == MAX_STEPS {
                continue;
            }
            for next in self.edges.get(&node).into_iter().flatten() {
                if seen.insert(*next) {
                    todo.push_back((*next, steps + 1));
                }
            }
        }
        seen
    }

    /// What functions lead to, with the bodies of the files that this comes by: they make the objects
    /// that the functions use.
    pub(crate) fn reach_of(&self, nodes: &BTreeSet<Node>) -> BTreeSet<Node> {
        let mut seen: BTreeSet<Node> = nodes.iter().flat_map(|n| self.reach(*n)).collect();
        let bodies: Vec<Node> = seen
            .iter()
            .map(|n| Node {
                file: n.file,
                function: 0,
            })
            .collect();
        seen.extend(bodies);
        seen
    }

    /// Functions that lead to one of these, those included.
    pub(crate) fn callers(&self, of: &BTreeSet<Node>) -> BTreeSet<Node> {
        let mut seen = of.clone();
        let mut grown = true;
        let mut rounds = 0;
        while grown && rounds < MAX_STEPS {
            grown = false;
            rounds += 1;
            for (from, to) in &self.edges {
                if !seen.contains(from) && to.iter().any(|n| seen.contains(n)) {
                    seen.insert(*from);
                    grown = true;
                }
            }
        }
        seen
    }

    /// Names that the function calls and its file does not define.
    pub(crate) fn calls(&self, node: Node) -> impl Iterator<Item = &'a str> {
        self.files
            .get(node.file)
            .and_then(|f| f.functions.get(node.function))
            .into_iter()
            .flat_map(|f| f.calls_elsewhere.iter().map(String::as_str))
    }

    /// The path of its file.
    pub(crate) fn path(&self, node: Node) -> Option<&'a trueline_facts::RepoPath> {
        self.files.get(node.file).map(|f| &f.path)
    }
}

/// Where names are defined.
struct Index<'a> {
    paths: Vec<String>,
    /// By the last segment of a file's module path, to find candidates fast.
    by_stem: BTreeMap<String, Vec<usize>>,
    by_symbol: Vec<BTreeMap<&'a str, usize>>,
    methods: BTreeMap<&'a str, Vec<Node>>,
}

impl<'a> Index<'a> {
    fn of(files: &'a [FileSurface]) -> Self {
        let mut own = Self {
            paths: files.iter().map(|f| f.path.to_string()).collect(),
            by_stem: BTreeMap::new(),
            by_symbol: Vec::new(),
            methods: BTreeMap::new(),
        };
        for (file, surface) in files.iter().enumerate() {
            for module in modules(&own.paths[file]) {
                let stem = module.rsplit('/').next().unwrap_or(module).to_owned();
                own.by_stem.entry(stem).or_default().push(file);
            }
            let mut symbols = BTreeMap::new();
            for (at, function) in surface.functions.iter().enumerate() {
                if function.symbol.is_empty() {
                    continue;
                }
                symbols.entry(function.symbol.as_str()).or_insert(at);
                let last = function.symbol.rsplit('.').next().unwrap_or_default();
                own.methods
                    .entry(last)
                    .or_default()
                    .push(Node { file, function: at });
            }
            own.by_symbol.push(symbols);
        }
        own
    }

    fn resolve(&self, from: usize, called: &str) -> Option<Node> {
        if let Some(method) = called.strip_prefix('.').filter(|m| !m.contains(['.', '/'])) {
            return self.only_method(method);
        }
        let is_path = called.contains('/');
        let cut = if is_path {
            // `./lib/llm.ask`: the module ends at the first dot after the last slash.
            let slash = called.rfind('/').map_or(0, |at| at + 1);
            let file = called.get(slash..)?;
            slash + file.find('.')?
        } else {
            0
        };
        if is_path {
            let (module, member) = called.split_at_checked(cut)?;
            return self.member(from, module, member.trim_start_matches('.'));
        }
        // `app.llm.Client.ask`: which part is the module is not written.
        let dots: Vec<usize> = called.match_indices('.').map(|(at, _)| at).collect();
        dots.iter().rev().find_map(|at| {
            let (module, member) = called.split_at_checked(*at)?;
            let bare = module.trim_start_matches('.');
            if bare.is_empty() {
                return None;
            }
            self.member(
                from,
                &bare.replace('.', "/"),
                member.trim_start_matches('.'),
            )
        })
    }

    fn member(&self, from: usize, module: &str, member: &str) -> Option<Node> {
        let module = module
            .trim_start_matches("../")
            .trim_start_matches("./")
            .trim_start_matches("@/")
            .trim_start_matches("~/");
        let module = module.rsplit_once("../").map_or(module, |(_, rest)| rest);
        let module = ENDINGS
            .iter()
            .find_map(|e| module.strip_suffix(e))
            .unwrap_or(module);
        let stem = module.rsplit('/').next()?;
        let near = self.paths.get(from)?;
        let mut found: Vec<usize> = self
            .by_stem
            .get(stem)?
            .iter()
            .copied()
            .filter(|file| {
                modules(&self.paths[*file]).any(|m| {
                    m == module
                        || m.strip_suffix(module)
                            .is_some_and(|rest| rest.ends_with('/'))
                })
            })
            .collect();
        // The nearest one, by the folders that the two paths have in common.
        found.sort_by_key(|file| std::cmp::Reverse(common(near, &self.paths[*file])));
        let file = found.into_iter().next()?;
        let symbols = self.by_symbol.get(file)?;
        // A class that is called is its constructor; its body has run long before.
        let at = constructor(symbols, member).or_else(|| symbols.get(member).copied());
        // What is no function is an object that the body of the file makes.
        let function = at.unwrap_or(0);
        Some(Node { file, function })
    }

    fn only_method(&self, name: &str) -> Option<Node> {
        if name.len() < MIN_METHOD || COMMON.contains(&name) {
            return None;
        }
        match self.methods.get(name)?.as_slice() {
            [only] => Some(*only),
            _ => None,
        }
    }
}

fn constructor(symbols: &BTreeMap<&str, usize>, class: &str) -> Option<usize> {
    ["__init__", "constructor"]
        .iter()
        .find_map(|name| symbols.get(format!("{class}.{name}").as_str()))
        .copied()
}

/// The module paths that a file answers to: without its ending, and without `/index`.
fn modules(path: &str) -> impl Iterator<Item = &str> {
    ENDINGS.iter().filter_map(|e| path.strip_suffix(e))
}

fn common(a: &str, b: &str) -> usize {
    a.split('/')
        .zip(b.split('/'))
        .take_while(|(a, b)| a == b)
        .count()
}
