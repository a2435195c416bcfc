//! Which components the functions of a file use, and which functions call which: what a threat model
//! is derived from. Names only, no dataflow; a file is read by itself.

mod catalogue;
mod tools;

use std::collections::{BTreeMap, BTreeSet};

use trueline_facts::surface::{ComponentKind, ComponentUse, FileSurface, FunctionSurface};
use trueline_facts::{Location, Position, RepoPath};
use trueline_syntax::ir::{
    Arg, ArgKind, Callee, Const, FuncId, FunctionKind, Module, Op, Operand, Span,
};
use trueline_syntax::lines::LineIndex;

pub use self::catalogue::COMPONENT_FILES;
pub(crate) use self::catalogue::Components;
use self::catalogue::Known;
use super::terms::Terms;
use super::{Control, MAX_SNIPPET, Surface, is_within};
use crate::analysis::last_name;
use crate::purpose::Purpose;

/// Uses of one file that are kept, and names called elsewhere of one function.
const MAX_USES: usize = 2_000;
const MAX_CALLS: usize = 500;
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
    let terms = Terms::new(module);
    let mut reader = Reader {
        known: known.language(module.language),
        imports: terms.imports(),
        terms,
        path,
        text,
        module,
        lines: LineIndex::new(text),
        methods: BTreeMap::new(),
        by_name: BTreeMap::new(),
        functions: Vec::new(),
    };
    let purpose = Purpose::of(path, module);
    if !matches!(purpose, Purpose::Test | Purpose::Once | Purpose::Installed) {
        reader.read(surface);
    }
    FileSurface {
        path: path.clone(),
        functions: reader.functions,
    }
}

struct Reader<'a> {
    known: &'a [Known],
    terms: Terms<'a>,
    path: &'a RepoPath,
    text: &'a str,
    module: &'a Module,
    lines: LineIndex,
    imports: BTreeSet<String>,
    methods: BTreeMap<&'a str, Vec<u32>>,
    by_name: BTreeMap<&'a str, Vec<u32>>,
    functions: Vec<FunctionSurface>,
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
            self.functions.push(FunctionSurface {
                symbol: self.symbol(FuncId(at as u32)),
                calls: Vec::new(),
                calls_elsewhere: Vec::new(),
                uses: Vec::new(),
            });
        }
        for at in 0..self.module.functions.len() {
            self.function(FuncId(at as u32));
        }
        self.described_tools();
        self.routes(surface);
        self.file_routes();
        let mut left = MAX_USES;
        for function in &mut self.functions {
            function.calls.sort_unstable();
            function.calls.dedup();
            function.calls_elsewhere.sort();
            function.calls_elsewhere.dedup();
            function.calls_elsewhere.truncate(MAX_CALLS);
            function
                .uses
                .sort_by(|a, b| (&a.location, a).cmp(&(&b.location, b)));
            function.uses.dedup();
            function.uses.truncate(left);
            left -= function.uses.len();
        }
    }

    fn function(&mut self, id: FuncId) {
        let module = self.module;
        let Some(function) = module.functions.get(id.0 as usize) else {
            return;
        };
        self.decorated(id);
        let is_body = matches!(
            function.kind,
            FunctionKind::Module | FunctionKind::ClassBody
        );
        for instr in function.blocks.iter().flat_map(|b| &b.instrs) {
            match &instr.op {
                Op::Call { callee, args } => self.call(id, callee, args, instr.span),
                // A function within a function is there to be called by it; those of a file or of a
                // class are only defined by it.
                Op::Closure(inner) if !is_body => self.calls(id, inner.0),
                _ => {}
            }
        }
    }

    fn calls(&mut self, id: FuncId, callee: u32) {
        if callee != id.0
            && let Some(own) = self.functions.get_mut(id.0 as usize)
        {
            own.calls.push(callee);
        }
    }

    fn call(&mut self, id: FuncId, callee: &'a Callee, args: &'a [Arg], span: Span) {
        let path = self.terms.callee(id, callee);
        self.edges(id, callee, path.as_deref(), args);
        let tail = self.tail(id, callee);
        let known = self.known;
        let found = known
            .iter()
            .find(|k| path.as_deref().is_some_and(|p| k.is_called(p)))
            .or_else(|| {
                known
                    .iter()
                    .find(|k| k.ends_so(&tail, self.imports.iter().map(String::as_str)))
            });
        let Some(found) = found else {
            return;
        };
        let named = path.as_deref().unwrap_or(&tail);
        let operation = last_name(named)
            .rsplit('/')
            .next()
            .unwrap_or(named)
            .to_owned();
        let name = if found.kind == ComponentKind::Tool {
            self.tool_name(id, &operation, args)
        } else {
            found.name.clone()
        };
        let mut controls = Vec::new();
        if self.limits(id, args) {
            controls.push("limit".to_owned());
        }
        let one = ComponentUse {
            kind: found.kind,
            name,
            detail: self.detail(id, found.kind, args),
            remote: found.remote,
            operation,
            controls,
            location: self.location(span),
        };
        let homes: Vec<u32> = if found.wraps_function {
            let given = args.iter().flat_map(|a| self.functions_in(id, &a.value));
            given.collect()
        } else {
            Vec::new()
        };
        if homes.is_empty() {
            self.uses(id.0, one);
        } else {
            for home in homes {
                self.uses(home, one.clone());
            }
        }
    }

    fn uses(&mut self, function: u32, one: ComponentUse) {
        if let Some(own) = self.functions.get_mut(function as usize) {
            own.uses.push(one);
        }
    }

    /// What a call leads to.
    fn edges(&mut self, id: FuncId, callee: &'a Callee, path: Option<&str>, args: &'a [Arg]) {
        match callee {
            Callee::Function(operand) => match self.terms.closure(id, operand) {
                Some(own) => self.calls(id, own.0),
                None => self.elsewhere(id, path),
            },
            Callee::New(_) => self.elsewhere(id, path),
            Callee::Method { name, .. } => {
                let name = self.module.text(*name);
                if self.is_imported(path) {
                    self.elsewhere(id, path);
                } else if let Some(own) = self.methods.get(name) {
                    for method in own.clone() {
                        self.calls(id, method);
                    }
                } else {
                    self.elsewhere(id, Some(&format!(".{name}")));
                }
            }
            Callee::Super { .. } => {}
        }
        // A function that is handed on is called by whoever takes it.
        let is_body = id.0 == 0;
        if !is_body {
            for arg in args {
                if let Some(given) = self.terms.closure(id, &arg.value) {
                    self.calls(id, given.0);
                }
            }
        }
    }

    fn is_imported(&self, path: Option<&str>) -> bool {
        path.is_some_and(|path| self.imports.iter().any(|i| is_within(path, i)))
    }

    fn elsewhere(&mut self, id: FuncId, path: Option<&str>) {
        let Some(path) = path else {
            return;
        };
        if let Some(own) = self.functions.get_mut(id.0 as usize) {
            own.calls_elsewhere.push(path.to_owned());
        }
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
        if let Some(one) = self.terms.closure(id, operand) {
            return vec![one.0];
        }
        let Some((at, entries)) = self.terms.entries(id, operand) else {
            return Vec::new();
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
            ComponentKind::Network => {
                let first = args.first().and_then(|a| self.terms.text(id, &a.value));
                let url =
                    first.or_else(|| self.text_named(id, args, &["url", "baseURL", "base_url"]))?;
                host(url)
            }
            _ => None,
        }
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
                location: self.location(decorator.span),
            };
            self.uses(id.0, one);
        }
    }

    /// Routes that other machines can ask, with what stands before them.
    fn routes(&mut self, surface: &Surface) {
        for route in &surface.routes {
            let mut handlers: Vec<u32> = self
                .by_name
                .get(route.handler.as_str())
                .cloned()
                .unwrap_or_default();
            if handlers.is_empty() {
                let (from, to) = (route.place.location.start, route.place.location.end);
                handlers = (1..self.module.functions.len() as u32)
                    .filter(|at| {
                        let function = self.module.functions.get(*at as usize);
                        function.is_some_and(|f| {
                            let start = self.position(f.span.start);
                            f.name.0 == 0
                                || self.module.text(f.name).is_empty()
                                    && from <= start
                                    && start < to
                        })
                    })
                    .collect();
            }
            if handlers.is_empty() {
                handlers.push(0);
            }
            let method = if route.methods.is_empty() {
                "ANY".to_owned()
            } else {
                route.methods.join(",")
            };
            let mut controls: Vec<String> = Vec::new();
            for control in route.guarded_by.iter().chain(&route.checks) {
                controls.push(match control {
                    Control::Authentication => "authentication".to_owned(),
                    Control::RateLimit => "rate limit".to_owned(),
                    Control::SizeLimit => "size limit".to_owned(),
                    Control::CsrfProtection | Control::SecurityHeaders => continue,
                });
            }
            controls.sort();
            controls.dedup();
            for handler in handlers {
                self.uses(
                    handler,
                    ComponentUse {
                        kind: ComponentKind::Entry,
                        name: "web routes".to_owned(),
                        detail: Some(format!("{method} {}", route.path)),
                        remote: false,
                        operation: "route".to_owned(),
                        controls: controls.clone(),
                        location: route.place.location.clone(),
                    },
                );
            }
        }
    }

    /// Routes of Next.js: the file's place is the path, its exported functions are the methods.
    fn file_routes(&mut self) {
        let path = self.path.display().into_owned();
        let Some((folder, file)) = path.rsplit_once('/') else {
            return;
        };
        let is_route = matches!(file, "route.ts" | "route.js" | "route.tsx" | "route.mjs");
        let is_page = folder.split('/').any(|f| f == "pages")
            && folder.contains("pages/api")
            && self.module.language != trueline_syntax::ir::Language::Python;
        if !is_route && !is_page {
            return;
        }
        let under = if is_route { "app/" } else { "pages/" };
        let Some((_, rest)) = path.rsplit_once(under) else {
            return;
        };
        let place = rest
            .rsplit_once(['/', '.'])
            .map_or(rest, |(place, _)| place);
        for (at, function) in self.module.functions.iter().enumerate().skip(1) {
            let name = self.module.text(function.name);
            let method = match METHODS.iter().find(|m| **m == name) {
                Some(method) if is_route => *method,
                _ if is_page && name == "handler" => "ANY",
                _ => continue,
            };
            let one = ComponentUse {
                kind: ComponentKind::Entry,
                name: "web routes".to_owned(),
                detail: Some(format!("{method} /{place}")),
                remote: false,
                operation: "route".to_owned(),
                controls: Vec::new(),
                location: self.location(function.span),
            };
            self.uses(at as u32, one);
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

/// The host of an address.
fn host(url: &str) -> Option<String> {
    let rest = url.split_once("://")?.1;
    let host = rest.split(['/', '?', '#', ':']).next()?;
    (!host.is_empty() && host.contains('.')).then(|| host.to_ascii_lowercase())
}
