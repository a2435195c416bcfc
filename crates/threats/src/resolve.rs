//! Which definition a name of one file is in another: by the path that it was imported by, by what files
//! hand on from others, and by names of methods that few classes have.

use std::collections::BTreeMap;

use trueline_facts::surface::{Client, FileSurface, Role};

use crate::graph::Node;

/// Shortest name of a method by which a function is found in another file.
const MIN_METHOD: usize = 5;
/// Classes that may have a method for it to lead to all of them.
const MAX_METHODS: usize = 4;
/// Files that a name is handed on through.
const MAX_HANDS: u8 = 5;
/// Names that too many things have.
const COMMON: &[&str] = &[
    "append",
    "close",
    "create",
    "delete",
    "execute",
    "fetch",
    "filter",
    "format",
    "handle",
    "invoke",
    "items",
    "start",
    "update",
    "write",
    "query",
    "commit",
    "search",
    "strip",
    "split",
    "values",
    "lower",
    "upper",
    "encode",
    "decode",
    "forEach",
    "reduce",
    "concat",
    "includes",
    "toString",
    "slice",
    "replace",
    "trim",
    "render",
    "process",
    "parse",
    "request",
    "insert",
    "remove",
    "ainvoke",
    "stream",
    "astream",
    "batch",
    "predict",
    "complete",
    "generate",
    "query",
    "chat",
    "call",
    "apply",
    "select",
    "connect",
    "close",
    "flush",
    "reset",
    "refresh",
    "build",
    "compile",
    "setup",
    "clear",
    "count",
    "exists",
    "validate",
    "commit",
    "rollback",
    "scalar",
    "scalars",
    "publish",
    "subscribe",
    "emit",
    "listen",
    "accept",
    "login",
    "logout",
    "print",
    "exception",
    "warning",
    "error",
    "debug",
    "info",
    "stringify",
    "isArray",
    "endsWith",
    "startsWith",
    "startswith",
    "endswith",
    "setdefault",
    "strftime",
    "isoformat",
    "group",
    "match",
    "search",
    "findall",
    "toISOString",
    "toLowerCase",
    "toUpperCase",
    "toFixed",
    "trimEnd",
    "padStart",
    "finally",
    "catch",
    "entries",
    "assign",
    "freeze",
    "flatMap",
    "every",
    "resolve",
    "reject",
    "status",
    "headers",
    "cookie",
    "cookies",
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

/// What a name is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Known {
    /// A function or a method.
    Function(Node),
    /// The constructor of a class.
    Constructor(Node),
    /// An object that the body of its file makes.
    Object(Node),
}

/// A method that stands in for one of a base class.
#[derive(Clone, Debug)]
pub(crate) struct Override {
    pub(crate) method: Node,
    /// What runs where an object of its class is made.
    pub(crate) makers: Vec<Node>,
}

/// Bases that are followed from a class.
const MAX_BASES: u8 = 6;

/// Where names are defined.
pub(crate) struct Index<'a> {
    files: &'a [FileSurface],
    paths: Vec<String>,
    /// By the last segment of a file's module path, to find candidates fast.
    by_stem: BTreeMap<String, Vec<usize>>,
    by_symbol: Vec<BTreeMap<&'a str, usize>>,
    methods: BTreeMap<&'a str, Vec<Node>>,
}

impl<'a> Index<'a> {
    pub(crate) fn of(files: &'a [FileSurface]) -> Self {
        let mut own = Self {
            files,
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
                if function.symbol.is_empty() || function.role == Role::Case {
                    continue;
                }
                symbols.entry(function.symbol.as_str()).or_insert(at);
                if let (Role::Function, Some((_, last))) =
                    (function.role, function.symbol.rsplit_once('.'))
                {
                    let found = own.methods.entry(last).or_default();
                    found.push(Node { file, function: at });
                }
            }
            own.by_symbol.push(symbols);
        }
        own
    }

    /// Methods of base classes with those of the classes below that have the same name.
    pub(crate) fn overrides(&self) -> BTreeMap<Node, Vec<Override>> {
        let mut found: BTreeMap<Node, Vec<Override>> = BTreeMap::new();
        for (file, surface) in self.files.iter().enumerate() {
            for class in surface.classes.keys() {
                let makers = self.makers(file, class);
                let above = self.above(file, class, MAX_BASES);
                let own = format!("{class}.");
                for (symbol, at) in &self.by_symbol[file] {
                    let Some(method) = symbol.strip_prefix(own.as_str()) else {
                        continue;
                    };
                    if method.contains('.') || matches!(method, "__init__" | "constructor") {
                        continue;
                    }
                    for (of, base) in &above {
                        let symbol = format!("{base}.{method}");
                        if let Some(over) = self.by_symbol[*of].get(symbol.as_str()) {
                            let over = Node {
                                file: *of,
                                function: *over,
                            };
                            let method = Node {
                                file,
                                function: *at,
                            };
                            found.entry(over).or_default().push(Override {
                                method,
                                makers: makers.clone(),
                            });
                        }
                    }
                }
            }
        }
        found
    }

    /// What makes the objects of a class beside its own constructor, by the node that makes them: the constructor that it
    /// has from its bases, and the bases.
    pub(crate) fn constructors(&self) -> BTreeMap<Node, Vec<Node>> {
        let mut found: BTreeMap<Node, Vec<Node>> = BTreeMap::new();
        for (file, surface) in self.files.iter().enumerate() {
            for class in surface.classes.keys() {
                let symbols = &self.by_symbol[file];
                let made = constructor(symbols, class);
                let Some(own) = made.or_else(|| symbols.get(class.as_str()).copied()) else {
                    continue;
                };
                let above = self.above(file, class, MAX_BASES);
                let node = |of: usize, function: usize| Node { file: of, function };
                let bodies = above.iter().filter_map(|(of, base)| {
                    let at = self.by_symbol[*of].get(base.as_str())?;
                    Some(node(*of, *at))
                });
                let first = above.iter().filter(|_| made.is_none());
                let first = first.filter_map(|(of, base)| {
                    Some(node(*of, constructor(&self.by_symbol[*of], base)?))
                });
                let own = found.entry(node(file, own)).or_default();
                own.extend(first.take(1).chain(bodies));
            }
        }
        found
    }

    fn makers(&self, file: usize, class: &str) -> Vec<Node> {
        let symbols = &self.by_symbol[file];
        let own = symbols.get(class).copied();
        let found = constructor(symbols, class).or(own).into_iter();
        found.map(|function| Node { file, function }).collect()
    }

    /// The classes above one, nearest first.
    fn above(&self, file: usize, class: &str, left: u8) -> Vec<(usize, String)> {
        let mut found: Vec<(usize, String)> = Vec::new();
        let Some(left) = left.checked_sub(1) else {
            return found;
        };
        let bases = self.files.get(file).and_then(|f| f.classes.get(class));
        for base in bases.into_iter().flatten() {
            let Some((of, name)) = self.class(file, base, MAX_HANDS) else {
                continue;
            };
            if of == file && name == class {
                continue;
            }
            let more = self.above(of, &name, left);
            found.push((of, name));
            found.extend(more);
        }
        found
    }

    /// The class that a name of this file or a path stands for.
    fn class(&self, from: usize, path: &str, hands: u8) -> Option<(usize, String)> {
        if self.files.get(from)?.classes.contains_key(path) {
            return Some((from, path.to_owned()));
        }
        let hands = hands.checked_sub(1)?;
        let (module, name) = path.rsplit_once('.')?;
        let bare = if module.contains('/') {
            module.to_owned()
        } else {
            module.trim_start_matches('.').replace('.', "/")
        };
        let file = self.file(from, &bare)?;
        let surface = self.files.get(file)?;
        if surface.classes.contains_key(name) {
            return Some((file, name.to_owned()));
        }
        if let Some(local) = surface.renamed.get(name)
            && surface.classes.contains_key(local)
        {
            return Some((file, local.clone()));
        }
        if let Some(path) = surface.imported.get(name) {
            return self.class(file, path, hands);
        }
        surface.reexported.iter().find_map(|module| {
            let joint = if module.ends_with('.') { "" } else { "." };
            self.class(file, &format!("{module}{joint}{name}"), hands)
        })
    }

    /// The component whose client a function returns.
    pub(crate) fn client(&self, from: usize, path: &str) -> Option<&'a Client> {
        let found = self.name(from, path, MAX_HANDS)?;
        let (Known::Function(node) | Known::Constructor(node) | Known::Object(node)) = found;
        let function = self.files.get(node.file)?.functions.get(node.function)?;
        function.returns.as_ref()
    }

    /// What a call of this name leads to.
    pub(crate) fn resolve(&self, from: usize, called: &str) -> Vec<Known> {
        if let Some(method) = called.strip_prefix('.').filter(|m| !m.contains(['.', '/'])) {
            let found = self.methods_of(method).into_iter();
            return found.map(Known::Function).collect();
        }
        if let Some(known) = self.name(from, called, MAX_HANDS) {
            return vec![known];
        }
        // A method of what a function of this program returns, or of what a class makes.
        let Some((maker, method)) = called.rsplit_once('.') else {
            return Vec::new();
        };
        if maker.is_empty() || self.name(from, maker, MAX_HANDS).is_none() {
            return Vec::new();
        }
        let found = self.methods_of(method).into_iter();
        found.map(Known::Function).collect()
    }

    fn name(&self, from: usize, called: &str, hands: u8) -> Option<Known> {
        let slash = called.rfind('/').map(|at| at + 1);
        let start = slash.unwrap_or(0);
        // `./lib/llm.service.ask`, `app.llm.Client.ask`: which part is the module is not written.
        let dots = called.match_indices('.').map(|(at, _)| at);
        let cuts: Vec<usize> = dots
            .filter(|at| *at >= start)
            .chain(slash.map(|_| called.len()))
            .collect();
        cuts.into_iter().rev().find_map(|at| {
            let (module, member) = called.split_at_checked(at)?;
            let member = member.trim_start_matches('.');
            if slash.is_some() {
                return self.member(from, module, member, hands);
            }
            let bare = module.trim_start_matches('.');
            if bare.is_empty() {
                // `from . import tools`, with what is meant in the member.
                return None;
            }
            self.member(from, &bare.replace('.', "/"), member, hands)
        })
    }

    fn member(&self, from: usize, module: &str, member: &str, hands: u8) -> Option<Known> {
        let file = self.file(from, module)?;
        self.within(file, member, hands)
    }

    fn file(&self, from: usize, module: &str) -> Option<usize> {
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
        let found = self.by_stem.get(stem)?.iter().copied().filter(|file| {
            *file != from
                && modules(&self.paths[*file]).any(|m| {
                    m == module
                        || m.strip_suffix(module)
                            .is_some_and(|rest| rest.ends_with('/'))
                })
        });
        // The nearest one, by the folders that the two paths have in common.
        found.max_by_key(|file| (common(near, &self.paths[*file]), std::cmp::Reverse(*file)))
    }

    /// What a file has or hands on under a name.
    fn within(&self, file: usize, member: &str, hands: u8) -> Option<Known> {
        let symbols = self.by_symbol.get(file)?;
        let surface = self.files.get(file)?;
        let member = if member.is_empty() { "default" } else { member };
        let node = |function: usize| Node { file, function };
        // A class that is called is its constructor; its body has run long before.
        if let Some(made) = constructor(symbols, member) {
            return Some(Known::Constructor(node(made)));
        }
        let known = |at: usize| match surface.functions.get(at).map(|f| f.role) {
            Some(Role::Object) => Known::Object(node(at)),
            _ => Known::Function(node(at)),
        };
        if let Some(at) = symbols.get(member) {
            return Some(known(*at));
        }
        let head = member.split('.').next().unwrap_or(member);
        let rest = member.get(head.len()..).unwrap_or_default();
        if let Some(local) = surface.renamed.get(head).filter(|l| *l != head) {
            return self.within(file, &format!("{local}{rest}"), hands.checked_sub(1)?);
        }
        if let Some(at) = symbols.get(head)
            && surface.functions.get(*at).map(|f| f.role) == Some(Role::Object)
        {
            return Some(known(*at));
        }
        // A method that a class has from one above it.
        if let Some((class, method)) = member.rsplit_once('.')
            && surface.classes.contains_key(class)
        {
            return self
                .above(file, class, MAX_BASES)
                .into_iter()
                .find_map(|(of, base)| {
                    let symbol = format!("{base}.{method}");
                    let at = self.by_symbol[of].get(symbol.as_str())?;
                    Some(Known::Function(Node {
                        file: of,
                        function: *at,
                    }))
                });
        }
        let hands = hands.checked_sub(1)?;
        if let Some(path) = surface.imported.get(head) {
            return self.name(file, &format!("{path}{rest}"), hands);
        }
        surface.reexported.iter().find_map(|module| {
            let joint = if module.ends_with('.') { "" } else { "." };
            self.name(file, &format!("{module}{joint}{member}"), hands)
        })
    }

    fn methods_of(&self, name: &str) -> Vec<Node> {
        if name.len() < MIN_METHOD || COMMON.contains(&name) {
            return Vec::new();
        }
        match self.methods.get(name) {
            Some(found) if found.len() <= MAX_METHODS => found.clone(),
            _ => Vec::new(),
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
