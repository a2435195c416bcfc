//! Tools that are described to a model: classes with a tool's base, and the JSON descriptions that
//! model interfaces take (`{"name", "description", "parameters"}`).

use std::collections::BTreeMap;

use trueline_facts::surface::{ComponentKind, ComponentUse, Role};
use trueline_syntax::ir::{Arg, ArgKind, Const, FuncId, Op, Operand, Span};

use super::Reader;
use super::classes::is_client;
use super::objects::{Owner, blank, instructions, text_of};
use crate::analysis::last_name;

/// Base classes of tools.
const BASES: &[&str] = &[
    "BaseTool",
    "StructuredTool",
    "Tool",
    "DynamicTool",
    "MCPTool",
];
/// Their methods that do the work.
const WORKERS: &[&str] = &[
    "_run", "_arun", "run", "arun", "forward", "execute", "call", "_call", "__call__", "invoke",
];
/// Members of which one says what a tool may be given.
const SCHEMAS: &[&str] = &[
    "parameters",
    "input_schema",
    "inputSchema",
    "args_schema",
    "function",
];
/// Members of which one does the work.
const WORK: &[&str] = &[
    "handler",
    "execute",
    "run",
    "call",
    "func",
    "function",
    "fn",
    "callback",
    "cb",
    "invoke",
    "action",
    "implementation",
    "handle",
    "coroutine",
];
/// Beginnings of what searches are called among the tools of hosted models.
const HOSTED: &[&str] = &["web_search", "google_search"];
const MAX_NAME: usize = 80;

impl<'a> Reader<'a> {
    /// The name that a tool is given where it is made, or the class's.
    pub(super) fn tool_name(&self, id: FuncId, operation: &str, args: &'a [Arg]) -> String {
        let named = self.text_named(id, args, &["name"]).or_else(|| {
            args.iter()
                .filter(|a| a.kind == ArgKind::Positional)
                .find_map(|a| self.terms.text(id, &a.value).filter(|t| is_name(t)))
        });
        if let Some(name) = named {
            return name.to_owned();
        }
        // `name || "read_page"`
        let chosen = args
            .iter()
            .filter(|a| a.kind == ArgKind::Positional)
            .find_map(|a| self.texts(id, &a.value).into_iter().next());
        if let Some(name) = chosen {
            return name;
        }
        let given = args
            .iter()
            .flat_map(|a| self.functions_in(id, &a.value))
            .filter_map(|f| self.module.functions.get(f as usize))
            .map(|f| self.module.text(f.name))
            .find(|name| !name.is_empty());
        // A function that is only called what all of them are called is named by what holds the tool.
        let held = self.held_as.get(&args.as_ptr());
        match (given, held) {
            (Some(name), Some(held)) if WORK.contains(&name) => return (*held).to_owned(),
            (Some(name), _) => return name.to_owned(),
            (None, Some(held)) if operation == "tool" => return (*held).to_owned(),
            (None, _) => {}
        }
        // A class that describes what the model may answer.
        let class = args
            .first()
            .and_then(|a| match self.terms.operation(id, &a.value) {
                Some((_, Op::ClassValue(class))) => {
                    let class = self.module.classes.get(class.0 as usize)?;
                    Some(self.module.text(class.name).to_owned())
                }
                Some((_, Op::Import { .. })) => {
                    let path = self.terms.path(id, &a.value)?;
                    let last = last_name(&path);
                    last.starts_with(char::is_uppercase)
                        .then(|| last.to_owned())
                }
                _ => None,
            });
        class.unwrap_or_else(|| operation.to_owned())
    }

    /// Functions that a model or an agent is given in a list, without more: their name is the tool's.
    pub(super) fn plain_tools(&mut self, id: FuncId, args: &'a [Arg], span: Span) {
        let mut lists: Vec<(FuncId, &'a Operand)> = Vec::new();
        for arg in args {
            let is_tools = match arg.kind {
                ArgKind::Keyword(key) => self.module.text(key) == "tools",
                ArgKind::Positional => true,
                _ => false,
            };
            if !is_tools {
                continue;
            }
            lists.push((id, &arg.value));
            if let Some((at, entries)) = self.terms.entries(id, &arg.value) {
                let own = entries.into_iter().filter(|(key, _)| *key == "tools");
                lists.extend(own.map(|(_, value)| (at, value)));
            }
        }
        let mut found: Vec<(FuncId, &'a Operand)> = Vec::new();
        for (at, list) in lists {
            if let Some((of, elements)) = self.terms.elements(at, list) {
                found.extend(elements.into_iter().map(|e| (of, e)));
            }
        }
        for (at, operand) in found {
            self.plain_tool(at, operand, span);
        }
    }

    /// Tools that whoever hosts the model runs for it: `{"type": "web_search"}`, `{"google_search": {}}`.
    pub(super) fn hosted_tools(&mut self, id: FuncId, home: u32, args: &'a [Arg]) {
        let mut lists: Vec<(FuncId, &'a Operand)> = Vec::new();
        for arg in args {
            match arg.kind {
                ArgKind::Keyword(key) if self.module.text(key) == "tools" => {
                    lists.push((id, &arg.value));
                }
                // Options, or options within options: `config: { tools: [...] }`.
                _ => {
                    let mut todo = vec![(id, &arg.value, 0)];
                    while let Some((at, operand, depth)) = todo.pop() {
                        if let Some((of, _)) = self.terms.elements(at, operand) {
                            lists.push((of, operand));
                        }
                        let Some((of, entries)) = self.terms.entries(at, operand) else {
                            continue;
                        };
                        for (key, value) in entries {
                            match key {
                                "tools" => lists.push((of, value)),
                                "config" if depth == 0 => todo.push((of, value, 1)),
                                _ => {}
                            }
                        }
                    }
                }
            }
        }
        for (at, list) in lists {
            let Some((of, elements)) = self.terms.elements(at, list) else {
                continue;
            };
            for element in elements {
                let Some((inner, Op::Map { .. })) = self.terms.operation(of, element) else {
                    continue;
                };
                let Some((inner, entries)) = self.terms.entries(inner, element) else {
                    continue;
                };
                let searches = entries.iter().any(|(key, value)| {
                    HOSTED.contains(key)
                        || *key == "type"
                            && self
                                .terms
                                .text(inner, value)
                                .is_some_and(|kind| HOSTED.iter().any(|h| kind.starts_with(h)))
                });
                let span = self.span_of(of, element);
                if let Some(span) = span.filter(|_| searches) {
                    let one = ComponentUse {
                        kind: ComponentKind::Network,
                        name: "web search".to_owned(),
                        detail: None,
                        remote: true,
                        operation: "hosted".to_owned(),
                        controls: Vec::new(),
                        is_assumed: false,
                        location: self.location(span),
                    };
                    self.uses(home, one);
                }
            }
        }
    }

    /// Where an operand is made.
    fn span_of(&self, id: FuncId, operand: &Operand) -> Option<Span> {
        let (at, var) = self.terms.base(id, operand)?;
        let function = self.module.functions.get(at.0 as usize)?;
        let mut own = instructions(function).filter(|i| i.dst == Some(var));
        own.next().map(|i| i.span)
    }

    fn plain_tool(&mut self, id: FuncId, operand: &'a Operand, given: Span) {
        let own = match self.terms.operation(id, operand) {
            Some((_, Op::Closure(_) | Op::Field { .. })) => self.given(id, operand),
            _ => None,
        };
        let function = own.and_then(|f| self.module.functions.get(f.0 as usize));
        let (name, span) = match function {
            Some(function) if function.decorators.is_empty() => {
                (self.module.text(function.name).to_owned(), function.span)
            }
            Some(_) => return,
            None => match self.imported(id, operand) {
                Some(path) => (last_name(&path).to_owned(), given),
                None => return,
            },
        };
        if !is_name(&name) || name.starts_with(char::is_uppercase) {
            return;
        }
        let one = ComponentUse {
            kind: ComponentKind::Tool,
            name,
            detail: None,
            remote: false,
            operation: "function".to_owned(),
            controls: Vec::new(),
            is_assumed: false,
            location: self.location(span),
        };
        let home = if let Some(function) = own {
            function.0
        } else {
            let mut case = blank(Role::Case);
            case.symbol = self.symbol(id);
            case.mentions.extend(self.imported(id, operand));
            self.node(case)
        };
        self.uses(home, one);
    }

    /// What calls are held as, by their arguments: the key of a table, else the variable.
    pub(super) fn holding(&self) -> BTreeMap<*const Arg, &'a str> {
        let module = self.module;
        let mut held: BTreeMap<*const Arg, &'a str> = BTreeMap::new();
        for function in &module.functions {
            for instr in instructions(function) {
                let decl = instr.dst.and_then(|dst| function.vars.get(dst.0 as usize));
                let name = decl.map(|d| module.text(d.name)).unwrap_or_default();
                if let (Op::Call { args, .. }, false) = (&instr.op, name.is_empty())
                    && !args.is_empty()
                {
                    held.insert(args.as_ptr(), name);
                }
            }
        }
        for (at, function) in module.functions.iter().enumerate() {
            for instr in instructions(function) {
                let Op::Map { entries } = &instr.op else {
                    continue;
                };
                for (key, value) in entries {
                    let Some(Operand::Const(Const::Str(key))) = key else {
                        continue;
                    };
                    let key = module.text(*key);
                    if let Some((_, Op::Call { args, .. })) =
                        self.terms.operation(FuncId(at as u32), value)
                        && is_name(key)
                        && !args.is_empty()
                    {
                        held.insert(args.as_ptr(), key);
                    }
                }
            }
        }
        held
    }

    pub(super) fn described_tools(&mut self, owners: &[Option<Owner>]) {
        self.classes();
        self.classes_of_libraries();
        self.descriptions(owners);
    }

    fn classes(&mut self) {
        let module = self.module;
        for class in &module.classes {
            let is_tool = class
                .bases
                .iter()
                .any(|b| BASES.contains(&last_name(module.text(*b))));
            if !is_tool {
                continue;
            }
            let one = ComponentUse {
                kind: ComponentKind::Tool,
                name: module.text(class.name).to_owned(),
                detail: None,
                remote: false,
                operation: "class".to_owned(),
                controls: Vec::new(),
                is_assumed: false,
                location: self.location(class.span),
            };
            for (name, method) in &class.methods {
                if WORKERS.contains(&module.text(*name)) {
                    self.uses(method.0, one.clone());
                }
            }
        }
    }

    /// Classes below a library's server, store or client are such ones: their constructors make them.
    fn classes_of_libraries(&mut self) {
        let module = self.module;
        let known = self.known;
        for (at, class) in module.classes.iter().enumerate() {
            let bases = self.bases_of(at as u32);
            let found = known.iter().find_map(|k| {
                let fits = k.kind == ComponentKind::McpServer || is_client(k.kind);
                let base = bases.iter().find(|b| fits && k.is_called(b))?;
                Some((k, last_name(base).to_owned()))
            });
            let Some((found, base)) = found else {
                continue;
            };
            let one = ComponentUse {
                kind: found.kind,
                name: found.name.clone(),
                detail: None,
                remote: found.remote,
                operation: base,
                controls: Vec::new(),
                is_assumed: false,
                location: self.location(class.span),
            };
            let made = ["__init__", "constructor"]
                .iter()
                .find_map(|name| self.method_of(at as u32, name));
            let home = made.map(|f| f.0);
            if let Some(home) = home.or_else(|| self.class_node.get(&(at as u32)).copied()) {
                self.uses(home, one);
            }
        }
    }

    /// Descriptions in map literals. They belong to the function that they name as the one that works,
    /// else to the one of the same name, if the file has it.
    fn descriptions(&mut self, owners: &[Option<Owner>]) {
        let module = self.module;
        for (at, function) in module.functions.iter().enumerate() {
            let id = FuncId(at as u32);
            for (nth, instr) in instructions(function).enumerate() {
                let Op::Map { entries } = &instr.op else {
                    continue;
                };
                let Some((name, offered)) = self.described(id, entries) else {
                    continue;
                };
                let mut one = ComponentUse {
                    kind: ComponentKind::Tool,
                    name: name.to_owned(),
                    detail: None,
                    remote: false,
                    operation: "description".to_owned(),
                    controls: Vec::new(),
                    is_assumed: false,
                    location: self.location(instr.span),
                };
                if offered {
                    "mcp.description".clone_into(&mut one.operation);
                }
                let mut homes = self.workers(id, entries);
                if homes.is_empty() {
                    homes = self.by_name.get(name).cloned().unwrap_or_default();
                }
                if homes.is_empty() {
                    let owner = match owners.get(nth) {
                        Some(Some(owner)) if id.0 == 0 => owner.node,
                        _ => id.0,
                    };
                    homes.push(owner);
                }
                for home in homes {
                    self.uses(home, one.clone());
                }
            }
        }
    }

    /// The functions that do the work of a described tool, by its members.
    fn workers(&mut self, id: FuncId, entries: &'a [(Option<Operand>, Operand)]) -> Vec<u32> {
        let mut own = Vec::new();
        let mut elsewhere = Vec::new();
        for (key, value) in entries {
            let Some(Operand::Const(key)) = key else {
                continue;
            };
            if !text_of(self.module, key).is_some_and(|k| WORK.contains(&k)) {
                continue;
            }
            match self.terms.closure(id, value) {
                Some(function) => own.push(function.0),
                None => elsewhere.extend(self.imported(id, value)),
            }
        }
        if own.is_empty() && !elsewhere.is_empty() {
            let mut case = blank(Role::Case);
            case.symbol = self.symbol(id);
            case.mentions = elsewhere;
            own.push(self.node(case));
        }
        own
    }

    fn described(
        &self,
        id: FuncId,
        entries: &'a [(Option<Operand>, Operand)],
    ) -> Option<(&'a str, bool)> {
        let member = |wanted: &[&str]| {
            entries.iter().find_map(|(key, value)| match key {
                Some(Operand::Const(Const::Str(key))) => {
                    wanted.contains(&self.module.text(*key)).then_some(value)
                }
                _ => None,
            })
        };
        member(&["description"])?;
        member(SCHEMAS)?;
        let name = self.terms.text(id, member(&["name"])?)?;
        let offered = member(&["inputSchema"]).is_some();
        is_name(name).then_some((name, offered))
    }
}

/// Whether a text can be the name of a tool.
pub(super) fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= MAX_NAME
        && text
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/'))
}
