//! Routes: by decorator (`@app.post("/login")`, `@PostMapping`), by call (`router.post("/login", auth,
//! handler)`) and by chain (`router.route("/x").get(f).post(auth, g)`).

use std::collections::BTreeSet;

use trueline_syntax::ir::{
    Arg, ArgKind, Callee, ClassId, Const, Decorator, FuncId, Function, Op, Operand, Span,
};

use super::{Application, Control, Reader, Route};
use crate::analysis::{Blocks, is_developing, last_name, words};

/// Longest function before a handler that is read as text.
const MAX_GUARD: usize = 600;

impl<'a> Reader<'a> {
    /// Routes and installs by the decorators of a function.
    pub(super) fn decorated(&mut self, id: FuncId, function: &'a Function) {
        let class = function.class;
        if let Some(class) = class.and_then(|c| self.module.classes.get(c.0 as usize)) {
            for decorator in &class.decorators {
                let name = last_name(self.module.text(decorator.name));
                if let Some(framework) = self.names.application_decorators.get(name) {
                    let place = self.place(decorator.span, id);
                    self.surface.applications.push(Application {
                        framework: framework.clone(),
                        place,
                    });
                }
            }
        }
        for (at, decorator) in function.decorators.iter().enumerate() {
            let written = self.module.text(decorator.name);
            let name = last_name(written);
            if self.names.install_decorators.iter().any(|d| d == name) {
                let mut own: Vec<String> = words(self.module.text(function.name)).collect();
                own.extend(self.called_words(id));
                let router = written.split('.').next().unwrap_or("").to_owned();
                for control in self.controls_in(&own) {
                    self.surface.installs.push((router.clone(), control));
                }
            }
            let Some(method) = self.names.route_decorators.get(name) else {
                continue;
            };
            if !self.imports_any(&self.names.route_imports) {
                continue;
            }
            let Some(path) = self.decorator_path(decorator, class) else {
                continue;
            };
            let methods = self.decorator_methods(decorator, method);
            let mut guarded_by = self.guards_of(function, Some(at));
            if let Some(class) = class.and_then(|c| self.module.classes.get(c.0 as usize)) {
                for other in &class.decorators {
                    if self.only_describes(other) {
                        continue;
                    }
                    let own: Vec<String> = words(self.slice(other.span)).collect();
                    guarded_by.extend(self.controls_in(&own));
                }
            }
            let own: Vec<String> = words(self.slice(decorator.span)).collect();
            // `dependencies=[Depends(current_user)]` stands in the decorator itself.
            if decorator.keywords.iter().any(|(k, _)| {
                matches!(
                    self.module.text(*k),
                    "dependencies" | "preHandler" | "middlewares"
                )
            }) {
                guarded_by.extend(self.controls_in(&own));
            }
            let router = match class.and_then(|c| self.module.classes.get(c.0 as usize)) {
                Some(class) => self.module.text(class.name).to_owned(),
                None => written.split('.').next().unwrap_or("").to_owned(),
            };
            let (checks, writes) = self.handler(id);
            let place = self.place(decorator.span, id);
            self.surface.routes.push(Route {
                methods,
                path,
                handler: self.module.text(function.name).to_owned(),
                router,
                guarded_by: guarded_by.into_iter().collect(),
                checks,
                writes: Some(writes),
                place,
            });
        }
    }

    /// Controls named by a function's other decorators and by its parameters.
    fn guards_of(&self, function: &Function, skip: Option<usize>) -> BTreeSet<Control> {
        let mut found = BTreeSet::new();
        for (at, decorator) in function.decorators.iter().enumerate() {
            if Some(at) != skip && !self.only_describes(decorator) {
                let own: Vec<String> = words(self.slice(decorator.span)).collect();
                found.extend(self.controls_in(&own));
            }
        }
        for param in &function.params {
            // A body of a type called `AuthRequest` is no guard: only what is injected counts.
            for decorator in &param.decorators {
                let name = last_name(self.module.text(decorator.name));
                let own: Vec<String> = match name {
                    "Depends" | "Security" => words(self.slice(decorator.span)).collect(),
                    _ => words(name).collect(),
                };
                found.extend(self.controls_in(&own));
            }
            if let Some(annotation) = param.annotation {
                let own: Vec<String> = words(last_name(self.module.text(annotation))).collect();
                let is_user = matches!(
                    own.as_slice(),
                    [.., a, b] if a == "current" && matches!(b.as_str(), "user" | "admin" | "superuser")
                ) || matches!(own.as_slice(), [one] if one == "principal")
                    || own == ["authentication"];
                if is_user {
                    found.insert(Control::Authentication);
                }
            }
        }
        found
    }

    /// Whether a decorator only says where a handler answers, or what its documentation says: the words
    /// in it are no guard.
    fn only_describes(&self, decorator: &Decorator) -> bool {
        let name = last_name(self.module.text(decorator.name));
        let answers = self.names.route_decorators.contains_key(name)
            || self.names.controller_decorators.iter().any(|c| c == name);
        answers || self.names.describing_decorators.iter().any(|d| d == name)
    }

    fn decorator_path(&self, decorator: &Decorator, class: Option<ClassId>) -> Option<String> {
        let own = first_text(self, decorator);
        let Some(class) = class.and_then(|c| self.module.classes.get(c.0 as usize)) else {
            // A function's decorator without a path is something else of the same name.
            return own.filter(|p| p.is_empty() || p.starts_with('/'));
        };
        let controller = class.decorators.iter().find(|d| {
            let name = last_name(self.module.text(d.name));
            self.names.controller_decorators.iter().any(|c| c == name)
        });
        let Some(controller) = controller else {
            return own.filter(|p| p.starts_with('/'));
        };
        let prefixes = class.decorators.iter().filter_map(|d| {
            let name = last_name(self.module.text(d.name));
            (d.span == controller.span || name == "RequestMapping")
                .then(|| first_text(self, d))
                .flatten()
        });
        let parts = prefixes.chain(own);
        let joined: Vec<String> = parts
            .map(|p| p.trim_matches('/').to_owned())
            .filter(|p| !p.is_empty())
            .collect();
        Some(format!("/{}", joined.join("/")))
    }

    fn decorator_methods(&self, decorator: &Decorator, fixed: &str) -> Vec<String> {
        if !fixed.is_empty() {
            return vec![fixed.to_owned()];
        }
        let listed = decorator
            .keywords
            .iter()
            .find(|(k, _)| matches!(self.module.text(*k), "methods" | "method"));
        match listed {
            None if decorator.keywords.is_empty() && self.module.language.as_str() == "java" => {
                Vec::new()
            }
            None => vec!["GET".to_owned()],
            Some((_, Some(Const::List(list)))) => list
                .iter()
                .filter_map(|c| match c {
                    Const::Str(text) => Some(self.module.text(*text).to_ascii_uppercase()),
                    _ => None,
                })
                .collect(),
            Some((_, Some(Const::Str(text)))) => vec![self.module.text(*text).to_ascii_uppercase()],
            Some(_) => {
                let source = self.slice(decorator.span).to_ascii_uppercase();
                ["GET", "POST", "PUT", "PATCH", "DELETE"]
                    .into_iter()
                    .filter(|m| source.contains(m))
                    .map(ToOwned::to_owned)
                    .collect()
            }
        }
    }

    /// Routes by call.
    pub(super) fn registered(
        &mut self,
        id: FuncId,
        receiver: &'a Operand,
        name: &str,
        args: &'a [Arg],
        span: Span,
    ) {
        let Some(method) = self.names.route_calls.get(name) else {
            return;
        };
        if !self.imports_any(&self.names.route_imports) && !self.has_typed_router(id, receiver) {
            return;
        }
        let positional: Vec<&'a Operand> = args
            .iter()
            .filter(|a| a.kind == ArgKind::Positional)
            .map(|a| &a.value)
            .collect();
        let chained = self.chain_path(id, receiver);
        let direct = || {
            let (first, rest) = positional.split_first()?;
            let path = self.terms.text(id, first)?;
            // `POST /login` as the standard library of Go has it.
            let is_path = path.starts_with('/') || path.contains(" /") || path == "*";
            (is_path && !rest.is_empty()).then(|| (path.to_owned(), rest))
        };
        let Some((path, handlers)) = chained
            .map(|path| (path, positional.as_slice()))
            .or_else(direct)
        else {
            return;
        };
        let Some((last, before)) = handlers.split_last() else {
            return;
        };
        if self.is_for_development(id, before, span) {
            return;
        }
        let (method, path) = match path.split_once(' ') {
            Some((verb, rest)) if method.is_empty() => (verb.to_owned(), rest.to_owned()),
            _ => (method.clone(), path),
        };
        let mut guarded_by = BTreeSet::new();
        for operand in before {
            let mut own = Vec::new();
            self.terms.mentioned(id, operand, &mut own);
            self.hooks(id, operand, &mut own);
            guarded_by.extend(self.controls_in(&own));
        }
        // A wrapper around the handler: `requireAuth(handler)`.
        let handler_function = self.terms.closure(id, last);
        let handler = self
            .terms
            .path(id, last)
            .map(|p| last_name(&p).to_owned())
            .or_else(|| self.terms.variable(id, last))
            .unwrap_or_default();
        let wraps = self.terms.wraps(id, last);
        if wraps {
            let mut own = Vec::new();
            self.terms.wrappers(id, last, &mut own);
            guarded_by.extend(self.controls_in(&own));
        }
        let facts = handler_function.map(|f| self.handler(f));
        let place = self.place(span, id);
        let router = self.terms.variable(id, receiver).unwrap_or_default();
        self.surface.routes.push(Route {
            methods: if name == "add_url_rule" {
                self.rule_methods(id, args)
            } else if method.is_empty() {
                Vec::new()
            } else {
                vec![method]
            },
            path,
            handler: if wraps { String::new() } else { handler },
            router,
            guarded_by: guarded_by.into_iter().collect(),
            checks: facts.as_ref().map(|f| f.0.clone()).unwrap_or_default(),
            writes: facts.map(|f| f.1),
            place,
        });
    }

    /// The words of what the options of a route put before its handler: `{ preHandler: app.authenticate }`.
    fn hooks(&self, id: FuncId, options: &'a Operand, into: &mut Vec<String>) {
        let Some((at, entries)) = self.terms.entries(id, options) else {
            return;
        };
        for (key, value) in entries {
            match key {
                "preHandler" | "onRequest" | "preValidation" | "preParsing" => {
                    into.extend(self.terms.hook(at, value));
                }
                // `config: { rateLimit: { max: 5 } }` of Fastify.
                "config" => {
                    let settings = self.terms.entries(at, value);
                    for (name, _) in settings.into_iter().flat_map(|(_, entries)| entries) {
                        into.extend(words(name));
                        into.push(String::new());
                    }
                }
                _ => {}
            }
            into.push(String::new());
        }
    }

    /// Whether a route is only there while the program is written: under a condition, or behind a function
    /// that answers and leaves in production.
    fn is_for_development(&self, id: FuncId, before: &[&'a Operand], span: Span) -> bool {
        let blocks = match self.module.language.as_str() {
            "python" => Blocks::Indentation,
            _ => Blocks::Braces,
        };
        is_developing(self.text, span, blocks)
            || before.iter().any(|operand| {
                let named = self.terms.variable(id, operand).is_some_and(|name| {
                    let own: Vec<String> = words(&name).collect();
                    let mut pairs = own.iter().zip(own.iter().skip(1));
                    pairs.any(|(first, second)| {
                        matches!(first.as_str(), "dev" | "development" | "test") && second == "only"
                    })
                });
                let function = self.terms.closure(id, operand);
                let function = function.and_then(|f| self.module.functions.get(f.0 as usize));
                let text = function
                    .and_then(|f| self.text.get(f.span.start as usize..f.span.end as usize));
                named || text.is_some_and(|t| t.len() < MAX_GUARD && t.contains("NODE_ENV"))
            })
    }

    /// The methods of Flask's `add_url_rule`: those that it lists, those of a class, or GET.
    fn rule_methods(&self, id: FuncId, args: &'a [Arg]) -> Vec<String> {
        let named = |wanted: &str| {
            let named = args.iter().find(|a| match a.kind {
                ArgKind::Keyword(name) => self.module.text(name) == wanted,
                _ => false,
            });
            named.map(|a| &a.value)
        };
        if let Some(listed) = named("methods") {
            let Some((at, elements)) = self.terms.elements(id, listed) else {
                return Vec::new();
            };
            let texts = elements.iter().filter_map(|e| self.terms.text(at, e));
            return texts.map(str::to_ascii_uppercase).collect();
        }
        let of_class = args.iter().any(|a| {
            matches!(
                self.terms.operation(id, &a.value),
                Some((_, Op::Call { callee: Callee::Method { name, .. }, .. }))
                    if self.module.text(*name) == "as_view"
            )
        });
        if of_class {
            return Vec::new();
        }
        vec!["GET".to_owned()]
    }

    /// Whether a receiver is a parameter of a router's type: `app: FastifyInstance`, of which the import
    /// is erased.
    fn has_typed_router(&self, id: FuncId, receiver: &Operand) -> bool {
        let Some((owner, var)) = self.terms.base(id, receiver) else {
            return false;
        };
        let Some(function) = self.module.functions.get(owner.0 as usize) else {
            return false;
        };
        let mut types = function
            .params
            .iter()
            .filter(|p| p.var == var)
            .filter_map(|p| p.annotation);
        types.any(|of| {
            let of = last_name(self.module.text(of));
            self.names.router_types.iter().any(|t| t == of)
        })
    }

    /// The path of `app.route("/x")` that a chain of handlers begins with.
    fn chain_path(&self, id: FuncId, receiver: &'a Operand) -> Option<String> {
        let mut at = id;
        let mut receiver = receiver;
        for _ in 0..16 {
            let (function, op) = self.terms.operation(at, receiver)?;
            let Op::Call {
                callee:
                    Callee::Method {
                        receiver: inner,
                        name,
                    },
                args,
            } = op
            else {
                return None;
            };
            let name = self.module.text(*name);
            if self.names.chains.iter().any(|c| c == name) {
                let path = self.terms.text(function, &args.first()?.value)?;
                return Some(path.to_owned());
            }
            if !self.names.route_calls.contains_key(name) {
                return None;
            }
            (at, receiver) = (function, inner);
        }
        None
    }
}

/// The first text of a decorator: its path.
fn first_text(reader: &Reader<'_>, decorator: &Decorator) -> Option<String> {
    let text = |c: &Const| match c {
        Const::Str(text) => Some(reader.module.text(*text).to_owned()),
        Const::List(list) => match list.first() {
            Some(Const::Str(text)) => Some(reader.module.text(*text).to_owned()),
            _ => None,
        },
        _ => None,
    };
    if let Some(first) = decorator.args.first() {
        return first.as_ref().and_then(text);
    }
    let named = decorator
        .keywords
        .iter()
        .find(|(k, _)| matches!(reader.module.text(*k), "path" | "value" | "rule"));
    match named {
        Some((_, value)) => value.as_ref().and_then(text),
        None => Some(String::new()),
    }
}
