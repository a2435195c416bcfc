//! Which components the functions of a file use, and which functions call which: what a threat model
//! is derived from. Names only, no dataflow; a file is read by itself.

mod agents;
mod cases;
mod catalogue;
mod classes;
mod edges;
mod objects;
mod pages;
mod routes;
mod steps;
mod tools;
mod uses;

use std::collections::{BTreeMap, BTreeSet};

use trueline_facts::surface::{ComponentKind, ComponentUse, FileSurface, FunctionSurface, Role};
use trueline_facts::{Location, Position, RepoPath};
use trueline_syntax::ir::{
    Arg, ArgKind, Callee, Const, FormatPart, FuncId, Module, Op, Operand, Span, Var,
};
use trueline_syntax::lines::LineIndex;

pub use self::catalogue::COMPONENT_FILES;
pub(crate) use self::catalogue::Components;
use self::catalogue::{Known, KnownAct};
use self::classes::Holders;
use self::objects::blank;
use super::terms::Terms;
use super::{MAX_SNIPPET, Surface, is_within};
use crate::analysis::last_name;
use crate::purpose::Purpose;

/// Uses of one file that are kept, and names called elsewhere of one function.
const MAX_USES: usize = 2_000;
const MAX_CALLS: usize = 500;
/// What one function does with objects of unknown classes.
const MAX_ACTS: usize = 100;
/// Decorators by which nobody else calls a function.
const PLAIN: &[&str] = &[
    "staticmethod",
    "classmethod",
    "abstractmethod",
    "override",
    "lru_cache",
    "cache",
];
/// First lines of a file that say that it is generated.
const GENERATED_LINES: usize = 10;
/// Names that end a call on an object of unknown origin.
const TAIL: usize = 3;
/// Names of functions that answer requests because their file is a route.
const METHODS: &[&str] = &["GET", "POST", "PUT", "PATCH", "DELETE"];
/// Words for how much an answer may cost.
const LIMITS: &[&str] = &[
    "max_tokens",
    "max_output_tokens",
    "max_completion_tokens",
    "maxTokens",
    "maxOutputTokens",
    "max_new_tokens",
    "num_predict",
    "max_iterations",
    "maxIterations",
    "recursion_limit",
    "max_turns",
    "maxTurns",
    "maxSteps",
    "stopWhen",
    "max_execution_time",
];

/// The components of a file. Test files have none.
pub(crate) fn components(
    known: &Components,
    surface: &Surface,
    path: &RepoPath,
    text: &str,
    module: &Module,
) -> FileSurface {
    let terms = Terms::with_types(module);
    let mut reader = Reader {
        known: known.language(module.language),
        known_acts: known.acts(module.language),
        imports: terms.imports(),
        names: terms.names(),
        terms,
        path,
        text,
        module,
        lines: LineIndex::new(text),
        methods: BTreeMap::new(),
        by_name: BTreeMap::new(),
        object_of: BTreeMap::new(),
        agent_of: BTreeMap::new(),
        handlers: BTreeSet::new(),
        held: Holders::default(),
        held_as: BTreeMap::new(),
        decorators: BTreeSet::new(),
        functions: Vec::new(),
        imported: BTreeMap::new(),
        renamed: BTreeMap::new(),
        reexported: Vec::new(),
        class_bases: BTreeMap::new(),
        class_node: BTreeMap::new(),
    };
    let purpose = Purpose::of(path, module);
    let is_read = !matches!(purpose, Purpose::Test | Purpose::Once | Purpose::Installed);
    if is_read && !is_of_others(path, text) {
        reader.read(surface);
    }
    FileSurface {
        path: path.clone(),
        functions: reader.functions,
        imported: reader.imported,
        renamed: reader.renamed,
        reexported: reader.reexported,
        classes: reader.class_bases,
    }
}

struct Reader<'a> {
    known: &'a [Known],
    known_acts: &'a [KnownAct],
    terms: Terms<'a>,
    /// Variables of the file's body.
    names: BTreeMap<&'a str, Var>,
    path: &'a RepoPath,
    text: &'a str,
    module: &'a Module,
    lines: LineIndex,
    imports: BTreeSet<String>,
    methods: BTreeMap<&'a str, Vec<u32>>,
    by_name: BTreeMap<&'a str, Vec<u32>>,
    /// Nodes of the objects that the body makes.
    object_of: BTreeMap<Var, u32>,
    /// Nodes of agents, by the call that makes each.
    agent_of: BTreeMap<*const Callee, u32>,
    /// Functions that requests call, not whoever defines or registers them.
    handlers: BTreeSet<u32>,
    /// Classes of what variables and fields hold.
    held: Holders,
    /// What the results of calls are held as, by the arguments of each.
    held_as: BTreeMap<*const Arg, &'a str>,
    /// Where decorators of functions stand.
    decorators: BTreeSet<(u32, u32)>,
    functions: Vec<FunctionSurface>,
    imported: BTreeMap<String, String>,
    renamed: BTreeMap<String, String>,
    reexported: Vec<String>,
    /// Classes with their bases.
    class_bases: BTreeMap<String, Vec<String>>,
    /// Nodes of classes: reached where an object is made.
    class_node: BTreeMap<u32, u32>,
}

impl<'a> Reader<'a> {
    fn read(&mut self, surface: &Surface) {
        for (at, function) in self.module.functions.iter().enumerate() {
            let name = self.module.text(function.name);
            if function.class.is_some() {
                self.methods.entry(name).or_default().push(at as u32);
            }
            if !name.is_empty() {
                self.by_name.entry(name).or_default().push(at as u32);
            }
            let role = if at == 0 { Role::Body } else { Role::Function };
            self.functions.push(FunctionSurface {
                symbol: self.symbol(FuncId(at as u32)),
                is_decorated: function
                    .decorators
                    .iter()
                    .any(|d| !PLAIN.contains(&last_name(self.module.text(d.name)))),
                returns: self.returns(FuncId(at as u32)),
                ..blank(role)
            });
            let spans = function.decorators.iter().map(|d| d.span);
            self.decorators.extend(spans.map(|s| (s.start, s.end)));
        }
        for route in &surface.routes {
            let own = self.handlers(route);
            self.handlers.extend(own);
        }
        self.class_nodes();
        self.held = self.holders();
        self.held_as = self.holding();
        let owners = self.objects();
        let taken = self.cases();
        for at in 0..self.module.functions.len() {
            self.function(FuncId(at as u32), &owners, &taken);
        }
        // The body runs what makes its objects.
        let made: Vec<u32> = self.object_of.values().copied().collect();
        if let Some(body) = self.functions.first_mut() {
            body.calls.extend(made);
        }
        self.described_tools(&owners);
        self.routes(surface);
        self.file_routes();
        self.pages();
        self.exports();
        self.settle();
    }

    /// Order, and bounds.
    fn settle(&mut self) {
        let mut left = MAX_USES;
        for function in &mut self.functions {
            function.calls.sort_unstable();
            function.calls.dedup();
            function.calls_elsewhere.sort();
            function.calls_elsewhere.dedup();
            function.calls_elsewhere.truncate(MAX_CALLS);
            function.hands_on.sort_unstable();
            function.hands_on.dedup();
            function.made_by.sort_unstable();
            function.made_by.dedup();
            function.mentions.sort();
            function.mentions.dedup();
            function.mentions.truncate(MAX_CALLS);
            function.types.sort();
            function.types.dedup();
            function.types.truncate(MAX_CALLS);
            function.acts.sort();
            function.acts.dedup();
            function
                .uses
                .sort_by(|a, b| (&a.location, a).cmp(&(&b.location, b)));
            function.uses.dedup();
            function.uses.truncate(left);
            left -= function.uses.len();
        }
    }

    pub(super) fn uses(&mut self, function: u32, one: ComponentUse) {
        if let Some(own) = self.functions.get_mut(function as usize) {
            own.uses.push(one);
        }
    }

    /// Adds a node beside the functions of the module.
    fn node(&mut self, one: FunctionSurface) -> u32 {
        self.functions.push(one);
        (self.functions.len() - 1) as u32
    }

    /// The last names of a call: `completions.create` of `self.client.chat.completions.create()`.
    fn tail(&self, id: FuncId, callee: &'a Callee) -> String {
        let Callee::Method { receiver, name } = callee else {
            return String::new();
        };
        let mut names = vec![self.module.text(*name)];
        let (mut at, mut operand) = (id, receiver);
        while names.len() < TAIL {
            match self.terms.operation(at, operand) {
                Some((function, Op::Field { base, name })) => {
                    names.push(self.module.text(*name));
                    (at, operand) = (function, base);
                }
                _ => break,
            }
        }
        names.reverse();
        names.join(".")
    }

    /// Functions among the arguments of a call, also inside of lists and option objects.
    fn functions_in(&self, id: FuncId, operand: &'a Operand) -> Vec<u32> {
        if let Some(one) = self.given(id, operand) {
            return vec![one.0];
        }
        let Some((at, entries)) = self.terms.entries(id, operand) else {
            return self.may_be(id, operand).into_iter().map(|f| f.0).collect();
        };
        entries
            .into_iter()
            .filter_map(|(_, value)| self.terms.closure(at, value))
            .map(|f| f.0)
            .collect()
    }

    /// The text under one of these names, among keywords and in option objects.
    fn text_named(&self, id: FuncId, args: &'a [Arg], names: &[&str]) -> Option<&'a str> {
        args.iter().find_map(|arg| match arg.kind {
            ArgKind::Keyword(key) if names.contains(&self.module.text(key)) => {
                self.terms.text(id, &arg.value)
            }
            ArgKind::Positional => {
                let (at, entries) = self.terms.entries(id, &arg.value)?;
                entries.into_iter().find_map(|(key, value)| {
                    names
                        .contains(&key)
                        .then(|| self.terms.text(at, value))
                        .flatten()
                })
            }
            _ => None,
        })
    }

    fn detail(&self, id: FuncId, kind: ComponentKind, args: &'a [Arg]) -> Option<String> {
        match kind {
            ComponentKind::Model => {
                let names = ["model", "model_name", "modelId", "model_id", "modelName"];
                let model = self.text_named(id, args, &names);
                model.map(|m| m.chars().take(MAX_SNIPPET).collect())
            }
            ComponentKind::Entry => {
                let first = args.first().and_then(|a| self.terms.text(id, &a.value))?;
                first.starts_with('/').then(|| format!("ANY {first}"))
            }
            ComponentKind::Agent => self.agent_name(id, args),
            ComponentKind::Network => {
                if let Some(own) = self.own_address(id, args) {
                    return Some(own);
                }
                let first = args.first().and_then(|a| self.address(id, &a.value));
                let url =
                    first.or_else(|| self.text_named(id, args, &["url", "baseURL", "base_url"]))?;
                host(url)
            }
            _ => None,
        }
    }

    /// A text, or what one begins with that is put together: enough of an address to have its host.
    fn address(&self, id: FuncId, operand: &'a Operand) -> Option<&'a str> {
        if let Some(text) = self.terms.text(id, operand) {
            return Some(text);
        }
        let start = match self.terms.operation(id, operand)? {
            (at, Op::Binary { left, .. }) => self.terms.text(at, left)?,
            (_, Op::Format { parts }) => match parts.first()? {
                FormatPart::Text(text) => self.module.text(*text),
                FormatPart::Value(_) => return None,
            },
            _ => return None,
        };
        let (_, rest) = start.split_once("://")?;
        rest.contains(['/', '?', '#']).then_some(start)
    }

    /// Whether a call says how much it may cost.
    fn limits(&self, id: FuncId, args: &'a [Arg]) -> bool {
        args.iter().any(|arg| match arg.kind {
            ArgKind::Keyword(key) => LIMITS.contains(&self.module.text(key)),
            ArgKind::Positional => self
                .terms
                .entries(id, &arg.value)
                .is_some_and(|(_, entries)| entries.iter().any(|(key, _)| LIMITS.contains(key))),
            _ => false,
        })
    }

    /// Uses by the decorators of a function.
    fn decorated(&mut self, id: FuncId) {
        let module = self.module;
        let Some(function) = module.functions.get(id.0 as usize) else {
            return;
        };
        for decorator in &function.decorators {
            let written = module.text(decorator.name);
            let last = last_name(written);
            let known = self.known;
            let Some(found) = known.iter().find(|k| {
                let offered = last == "tool" && matches!(written.split('.').next(), Some("mcp"));
                k.decorators.iter().any(|d| d == last)
                    && (offered
                        || self
                            .imports
                            .iter()
                            .any(|i| k.imports.iter().any(|w| is_within(i, w))))
            }) else {
                continue;
            };
            let given = decorator.keywords.iter().find_map(|(key, value)| {
                (module.text(*key) == "name")
                    .then_some(value.as_ref())
                    .flatten()
            });
            let given = given.or_else(|| decorator.args.first().and_then(Option::as_ref));
            let name = match given {
                Some(Const::Str(text)) if found.name.is_empty() => module.text(*text),
                _ if found.name.is_empty() => module.text(function.name),
                _ => &found.name,
            };
            let one = ComponentUse {
                kind: found.kind,
                name: name.to_owned(),
                detail: None,
                remote: found.remote,
                operation: written.to_owned(),
                controls: Vec::new(),
                is_assumed: false,
                location: self.location(decorator.span),
            };
            self.uses(id.0, one);
        }
    }

    fn location(&self, span: Span) -> Location {
        let start = self.position(span.start);
        Location {
            path: self.path.clone(),
            start,
            end: self.position(span.end.max(span.start)),
            snippet: self
                .lines
                .line_text(self.text, start.line)
                .trim_end()
                .chars()
                .take(MAX_SNIPPET)
                .collect(),
        }
    }

    fn position(&self, byte: u32) -> Position {
        let (line, column) = self.lines.position(self.text, byte);
        Position { line, column }
    }

    fn symbol(&self, id: FuncId) -> String {
        let mut at = self.module.functions.get(id.0 as usize);
        while let Some(function) = at {
            let name = self.module.text(function.qualified);
            if !name.is_empty() {
                return name.to_owned();
            }
            at = function
                .parent
                .and_then(|p| self.module.functions.get(p.0 as usize));
        }
        String::new()
    }
}

/// Whether a file was copied or generated: no part of what the application's people made.
fn is_of_others(path: &RepoPath, text: &str) -> bool {
    let path = path.display().to_lowercase();
    let folders = path.rsplit_once('/').map_or("", |(folders, _)| folders);
    let mut folders = folders.split('/');
    if folders.next() == Some("vendor")
        || folders.any(|f| matches!(f, "_vendor" | "vendored" | "__generated__" | "generated"))
    {
        return true;
    }
    let mut head = text.lines().take(GENERATED_LINES);
    head.any(|line| {
        let line = line.trim_start();
        let is_comment = line.starts_with("//") || line.starts_with(['#', '*', '/']);
        is_comment
            && (line.contains("@generated")
                || line.contains("DO NOT EDIT")
                || line.contains("This file is auto-generated")
                || line.contains("This file was automatically generated"))
    })
}

/// The host of an address.
fn host(url: &str) -> Option<String> {
    let rest = url.split_once("://")?.1;
    let host = rest.split(['/', '?', '#', ':']).next()?;
    (!host.is_empty() && host.contains('.')).then(|| host.to_ascii_lowercase())
}
