//! Which component a call is a use of: by the path of what is called, by the end of the call, by what is
//! done with an object of unknown class, by a key that a client is given.

use trueline_facts::surface::{Act, ComponentKind, ComponentUse, Role};
use trueline_syntax::ir::{Arg, ArgKind, Callee, FuncId, Op, Operand, Span};

use super::catalogue::Known;
use super::objects::{Owner, blank, operands};
use super::{MAX_ACTS, Reader};
use crate::analysis::{last_name, words};

/// Parts of an object that are followed.
const MAX_PARTS: usize = 64;
/// Arguments that say that somebody else runs what is made.
const KEYS: &[&str] = &[
    "api_key",
    "apiKey",
    "apikey",
    "access_token",
    "accessToken",
    "api_token",
];
/// Methods of a client by which nothing is asked any more.
const ENDS: &[&str] = &["close", "aclose", "disconnect", "shutdown", "flush", "quit"];
/// What may be asked by any of its methods, where a function that returns it is seen.
const CLIENTS: [ComponentKind; 5] = [
    ComponentKind::VectorStore,
    ComponentKind::Database,
    ComponentKind::Objects,
    ComponentKind::McpClient,
    ComponentKind::Network,
];
/// Methods by which code runs a ready-made tool itself.
const ASKS: &[&str] = &["invoke", "ainvoke", "run", "arun", "_run", "_arun", "call"];
/// Who runs a function that it is given, now or later, and gives its result.
const RUNNERS: &[&str] = &[
    "run_in_executor",
    "to_thread",
    "run_in_threadpool",
    "run_sync",
    "submit",
    "partial",
    "map",
    "starmap",
    "apply_async",
    "sync_to_async",
];
/// Packages that are usually a program's own.
const OWN: &[&str] = &[
    "src", "app", "lib", "libs", "core", "utils", "config", "settings", "backend", "server",
    "services", "common", "models", "api", "tools", "agents",
];

impl<'a> Reader<'a> {
    pub(super) fn call(
        &mut self,
        id: FuncId,
        owner: Owner,
        callee: &'a Callee,
        args: &'a [Arg],
        span: Span,
    ) {
        let path = self.terms.callee(id, callee);
        self.edges(id, owner, callee, path.as_deref(), args);
        let path = path.or_else(|| self.inherited_path(id, callee));
        if self.is_decorator(id, path.as_deref(), args, span) {
            return;
        }
        let tail = self.tail(id, callee);
        let found = self.found(path.as_deref(), &tail);
        let binds = matches!(callee, Callee::Method { name, .. }
            if matches!(self.module.text(*name), "bind_tools" | "bindTools"));
        if binds || found.is_some_and(|f| f.kind == ComponentKind::Agent) {
            self.plain_tools(id, args, span);
        }
        if binds
            || found.is_some_and(|f| matches!(f.kind, ComponentKind::Agent | ComponentKind::Model))
        {
            self.hosted_tools(id, owner.node, args);
        }
        self.step(id, owner, callee, path.as_deref(), args, span);
        let Some(found) = found else {
            self.unknown(id, owner.node, callee, path.as_deref(), args, span);
            return;
        };
        let named = path.as_deref().unwrap_or(&tail);
        let last = last_name(named).rsplit('/').next().unwrap_or(named);
        let operation = self.operation(id, found.kind, last, args);
        let name = if found.kind == ComponentKind::Tool {
            // `QueryEngineTool.from_defaults` makes a QueryEngineTool.
            let made = named.rsplit(['.', '/']).take(2);
            let class = made.into_iter().find(|l| l.starts_with(char::is_uppercase));
            self.tool_name(id, class.unwrap_or(last), args)
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
            detail: self
                .detail(id, found.kind, args)
                .or_else(|| self.usual_address(id, last, args)),
            remote: found.remote,
            operation: if found.offered {
                format!("mcp.{operation}")
            } else {
                operation
            },
            controls,
            is_assumed: false,
            location: self.location(span),
        };
        if found.wraps_function {
            let homes = self.wrapped(id, args);
            for home in &homes {
                self.uses(*home, one.clone());
            }
            if homes.is_empty() {
                let alone = self.alone(id, owner.node, args);
                self.uses(alone, one);
            }
            return;
        }
        if one.kind == ComponentKind::Agent {
            let node = self.agent_node(id, owner, callee, args);
            if let Some(model) = self.agents_model(id, found, args, span) {
                self.uses(node, model);
            }
            self.uses(node, one);
            return;
        }
        // A program begins where it asks, not with what it was answered.
        let begins = matches!(one.kind, ComponentKind::Entry | ComponentKind::Terminal);
        let home = if begins { id.0 } else { owner.node };
        if one.kind == ComponentKind::Tool {
            // One that the code runs itself is given to no model.
            let class = named.rsplit(['.', '/']).nth(1);
            if let Some(class) = class.filter(|_| ASKS.contains(&last)) {
                let operation = format!("{class}.{last}");
                self.uses(home, ComponentUse { operation, ..one });
                return;
            }
            let alone = self.alone(id, home, args);
            self.uses(alone, one);
            return;
        }
        self.uses(home, one);
    }

    /// The row of the table that a call is a use of, by its path or the end of it.
    fn found(&self, path: Option<&str>, tail: &str) -> Option<&'a Known> {
        let known = self.known;
        let by = |fits: &dyn Fn(&Known, &str) -> bool| {
            known.iter().find(|k| path.is_some_and(|p| fits(k, p)))
        };
        by(&Known::is_ended_so)
            .or_else(|| by(&Known::is_called))
            .or_else(|| {
                known
                    .iter()
                    .find(|k| k.ends_so(tail, self.imports.iter().map(String::as_str)))
            })
            .or_else(|| by(&|k, p| k.is_made_by(p) && self.is_use(k.kind, last_name(p))))
            .or_else(|| by(&|k, p| k.is_asked_by(p) && !ENDS.contains(&last_name(p))))
    }

    /// A call that no row of the table speaks of: it may be one on an object that something is known of.
    fn unknown(
        &mut self,
        id: FuncId,
        home: u32,
        callee: &'a Callee,
        path: Option<&str>,
        args: &'a [Arg],
        span: Span,
    ) {
        let sent = match callee {
            Callee::Method { receiver, name } => {
                self.sent(id, receiver, self.module.text(*name), span)
            }
            _ => None,
        };
        if let Some(one) = sent {
            self.uses(home, one);
        } else if let Some(one) = self
            .assumed(id, callee, args, span)
            .or_else(|| self.service(id, path?, args, span))
        {
            self.uses(home, one);
        }
        if let Callee::Method { receiver, name } = callee {
            self.act(id, home, receiver, self.module.text(*name), span);
        }
        self.run_by_others(id, home, callee, args, span);
    }

    /// The functions that a call is given, also those of other files.
    fn wrapped(&mut self, id: FuncId, args: &'a [Arg]) -> Vec<u32> {
        let own: Vec<u32> = args
            .iter()
            .flat_map(|a| self.functions_in(id, &a.value))
            .collect();
        if !own.is_empty() {
            return own;
        }
        let mut paths: Vec<String> = Vec::new();
        for arg in args {
            paths.extend(self.imported(id, &arg.value));
            if let Some((at, entries)) = self.terms.entries(id, &arg.value) {
                let values = entries.into_iter().map(|(_, value)| value);
                paths.extend(values.filter_map(|value| self.imported(at, value)));
            }
        }
        if paths.is_empty() {
            return Vec::new();
        }
        let mut case = blank(Role::Case);
        case.symbol = self.symbol(id);
        case.mentions = paths;
        vec![self.node(case)]
    }

    /// A node for one object among those that a function or a list makes: it does what its arguments do,
    /// not what its neighbours do.
    pub(super) fn alone(&mut self, id: FuncId, home: u32, args: &'a [Arg]) -> u32 {
        let mut node = blank(Role::Object);
        node.symbol = self.symbol(id);
        let alone = self.node(node);
        self.made_by(home, alone);
        let owner = Owner {
            node: alone,
            hands_on: true,
        };
        let mut todo: Vec<(FuncId, &'a Operand)> = args.iter().map(|a| (id, &a.value)).collect();
        let mut seen = 0;
        while let Some((at, operand)) = todo.pop() {
            seen += 1;
            let Some((of, op)) = self
                .terms
                .operation(at, operand)
                .filter(|_| seen < MAX_PARTS)
            else {
                continue;
            };
            if let Some(agent) = self.agent_made(op) {
                self.made_by(alone, agent);
                continue;
            }
            // One of many is not what all of them were made by.
            let is_one = matches!(op, Op::Next { .. } | Op::HasNext { .. } | Op::Index { .. });
            if of != id && of.0 == 0 || is_one {
                continue;
            }
            if let Op::Call { callee, args } = op {
                let path = self.terms.callee(of, callee);
                self.edges(of, owner, callee, path.as_deref(), args);
            }
            self.works_with(of, owner, op, Span::default());
            operands(op, &mut |inner| todo.push((of, inner)));
        }
        alone
    }

    /// Whether a call is only the decorator of a function, which [`Reader::decorated`] reads.
    fn is_decorator(&self, id: FuncId, path: Option<&str>, args: &'a [Arg], span: Span) -> bool {
        let within = |d: &(u32, u32)| d.0 <= span.start && span.end <= d.1;
        self.decorators.iter().any(within)
            || args.iter().any(|a| {
                let given = self.terms.operation(id, &a.value);
                let Some((_, Op::Closure(inner))) = given else {
                    return false;
                };
                let inner = self.module.functions.get(inner.0 as usize);
                let names = inner.into_iter().flat_map(|f| &f.decorators);
                let mut lasts = names.map(|d| last_name(self.module.text(d.name)));
                path.is_some_and(|p| lasts.any(|l| l == last_name(p)))
            })
    }

    /// What a use does, in the words of the call; of files also whether it writes.
    fn operation(&self, id: FuncId, kind: ComponentKind, last: &str, args: &'a [Arg]) -> String {
        if kind != ComponentKind::Files || last != "open" {
            return last.to_owned();
        }
        let mode = args
            .get(1)
            .and_then(|a| self.terms.text(id, &a.value))
            .or_else(|| self.text_named(id, args, &["mode"]))
            .unwrap_or("r");
        opened(mode).to_owned()
    }

    /// Whether a method of a component's object is a use of it.
    fn is_use(&self, kind: ComponentKind, method: &str) -> bool {
        ["from", "create", "load", "connect", "build"]
            .iter()
            .any(|start| method.starts_with(start))
            || self
                .known_acts
                .iter()
                .any(|a| a.kind == kind && a.is_done_by(method))
    }

    /// Something done with an object that nothing is known of, or that a function made which is known elsewhere.
    fn act(&mut self, id: FuncId, home: u32, receiver: &'a Operand, method: &str, span: Span) {
        let known = self.known_acts;
        let mut kinds: Vec<ComponentKind> = Vec::new();
        for act in known.iter().filter(|act| act.is_done_by(method)) {
            let own = self.receiver(id, receiver).unwrap_or_default();
            let has = |list: &[String]| words(&own).any(|w| list.contains(&w));
            if (act.receivers.is_empty() || has(&act.receivers)) && !has(&act.except) {
                kinds.push(act.kind);
            }
        }
        let made_by = self
            .maker(id, receiver)
            .filter(|_| kinds.is_empty() && !ENDS.contains(&method));
        if made_by.is_some() {
            kinds.extend(CLIENTS);
        }
        if kinds.is_empty() {
            return;
        }
        kinds.sort_unstable();
        kinds.dedup();
        let location = self.location(span);
        if let Some(own) = self.functions.get_mut(home as usize)
            && own.acts.len() < MAX_ACTS
        {
            own.acts.push(Act {
                kinds,
                operation: method.to_owned(),
                made_by,
                location,
            });
        }
    }

    /// A method that is handed to somebody who runs it: `run_in_executor(pool, store.search, query)`.
    fn run_by_others(
        &mut self,
        id: FuncId,
        home: u32,
        callee: &'a Callee,
        args: &'a [Arg],
        span: Span,
    ) {
        let runner = match callee {
            Callee::Method { name, .. } => Some(self.module.text(*name).to_owned()),
            Callee::Function(function) => self
                .terms
                .path(id, function)
                .map(|path| last_name(&path).to_owned()),
            Callee::New(_) | Callee::Super { .. } => None,
        };
        if !runner.is_some_and(|r| RUNNERS.contains(&r.trim_start_matches('_'))) {
            return;
        }
        for arg in args {
            let Some((at, Op::Field { base, name })) = self.terms.operation(id, &arg.value) else {
                continue;
            };
            let method = self.module.text(*name);
            let path = self.terms.path(id, &arg.value);
            let path = path.or_else(|| self.method_above(id, &arg.value));
            let known = self.known;
            let found = known
                .iter()
                .find(|k| !k.wraps_function && path.as_ref().is_some_and(|p| k.is_called(p)));
            if let Some(one) = found {
                let one = self.plainly(one, method, span);
                self.uses(home, one);
            } else if let Some(one) = self.sent(at, base, method, span) {
                self.uses(home, one);
            } else {
                self.act(at, home, base, method, span);
            }
        }
    }

    fn plainly(&self, known: &Known, operation: &str, span: Span) -> ComponentUse {
        ComponentUse {
            kind: known.kind,
            name: known.name.clone(),
            detail: None,
            remote: known.remote,
            operation: operation.to_owned(),
            controls: Vec::new(),
            is_assumed: false,
            location: self.location(span),
        }
    }

    /// A method of a client that a field of the class holds, or that a function of the file returned.
    fn sent(
        &self,
        id: FuncId,
        receiver: &'a Operand,
        method: &str,
        span: Span,
    ) -> Option<ComponentUse> {
        let found = self
            .client_held(id, receiver)
            .or_else(|| self.client_returned(id, receiver))?;
        let sends = match found.kind {
            ComponentKind::Network if found.name != "HTTP" => !ENDS.contains(&method),
            kind => self.is_use(kind, method),
        };
        sends.then(|| self.plainly(found, method, span))
    }

    /// A use by the words of the call alone.
    fn assumed(
        &self,
        id: FuncId,
        callee: &'a Callee,
        args: &'a [Arg],
        span: Span,
    ) -> Option<ComponentUse> {
        let Callee::Method { receiver, name } = callee else {
            return None;
        };
        let method = self.module.text(*name);
        let found = self.known.iter().find(|k| {
            k.is_assumed(method)
                && (k.receivers.is_empty()
                    || self
                        .receiver(id, receiver)
                        .is_some_and(|r| words(&r).any(|w| k.receivers.contains(&w))))
        })?;
        let operation = match (found.kind, method, args.first()) {
            (ComponentKind::Files, "open", Some(first)) => {
                opened(self.terms.text(id, &first.value).unwrap_or("r"))
            }
            (ComponentKind::Files, "open", None) => opened("r"),
            _ => method,
        };
        Some(ComponentUse {
            is_assumed: true,
            ..self.plainly(found, operation, span)
        })
    }

    /// A client of a service that no table knows: a class of a package that is given a key.
    fn service(&self, id: FuncId, path: &str, args: &'a [Arg], span: Span) -> Option<ComponentUse> {
        let head = path.trim_start_matches('@');
        let package = head.split(['.', '/']).next()?;
        let last = last_name(path).rsplit('/').next()?;
        let is_own = path.starts_with(['.', '/', '~'])
            || path.starts_with("@/")
            || OWN.contains(&package)
            || self.path.display().split('/').any(|part| part == package);
        if is_own || !last.starts_with(char::is_uppercase) || !self.is_imported(Some(path)) {
            return None;
        }
        let keyed = args.iter().any(|arg| match arg.kind {
            ArgKind::Keyword(key) => KEYS.contains(&self.module.text(key)),
            ArgKind::Positional => self
                .terms
                .entries(id, &arg.value)
                .is_some_and(|(_, entries)| entries.iter().any(|(key, _)| KEYS.contains(key))),
            _ => false,
        });
        keyed.then(|| ComponentUse {
            kind: ComponentKind::Network,
            name: package.to_owned(),
            detail: None,
            remote: true,
            operation: last.to_owned(),
            controls: Vec::new(),
            is_assumed: false,
            location: self.location(span),
        })
    }

    /// What a receiver is called: its variable, or the field that it is.
    fn receiver(&self, id: FuncId, receiver: &'a Operand) -> Option<String> {
        match self.terms.operation(id, receiver) {
            Some((_, Op::Field { name, .. })) => Some(self.module.text(*name).to_owned()),
            _ => self.terms.variable(id, receiver),
        }
    }
}

/// What it is to open a file in a mode.
fn opened(mode: &str) -> &'static str {
    let writes = mode.contains(['w', 'a', 'x', '+']) && mode.len() <= 4;
    if writes { "open.write" } else { "open.read" }
}
