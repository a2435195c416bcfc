//! Cross-origin requests with credentials from anywhere: by the options of a library, or by a handler
//! that sends back the origin that it was asked from.

use trueline_syntax::ir::{Arg, ArgKind, Callee, Const, FuncId, Function, Op, Operand, Span};

use super::{Reader, WeakSetting};
use crate::analysis::{is_of_development, words};

/// The rule of both.
const RULE: &str = "permissive-cors";
/// Domains below which whoever asks is given a host.
const SHARED_HOSTS: &[&str] = &[
    "vercel.app",
    "netlify.app",
    "herokuapp.com",
    "github.io",
    "gitlab.io",
    "pages.dev",
    "workers.dev",
    "onrender.com",
    "web.app",
    "firebaseapp.com",
    "ngrok.io",
    "ngrok.app",
    "ngrok-free.app",
    "azurewebsites.net",
    "repl.co",
    "replit.app",
    "replit.dev",
    "surge.sh",
    "glitch.me",
    "fly.dev",
    "up.railway.app",
    "lovable.app",
    "cloudfront.net",
    "amplifyapp.com",
    "run.app",
    "appspot.com",
    "s3.amazonaws.com",
    "trycloudflare.com",
];

impl<'a> Reader<'a> {
    /// Looks at a call of a library that answers for cross-origin requests.
    pub(super) fn check_cors(&mut self, id: FuncId, path: &str, args: &'a [Arg], span: Span) {
        let names = self.names;
        for spec in &names.cors {
            // Frameworks take the class as an argument: `app.add_middleware(CORSMiddleware, …)`.
            let direct = spec.calls.iter().any(|c| c == path);
            let passed = args.iter().any(|a| {
                let made = matches!(
                    self.terms.operation(id, &a.value),
                    Some((_, Op::Call { .. }))
                );
                !made
                    && self
                        .terms
                        .path(id, &a.value)
                        .is_some_and(|p| spec.calls.contains(&p))
            });
            if !direct && !passed {
                continue;
            }
            let origins = self.option(id, args, &spec.origins);
            let open = match origins {
                Some((at, value)) => self.any_origin(at, value, spec.reflects_true),
                // By path: `resources = { "/*": { "origins": … } }`.
                None => match self.option(id, args, &spec.resources) {
                    Some((at, value)) => self.any_resource(at, value, &spec.origins),
                    None => spec.open_by_default,
                },
            };
            let credentials = self
                .option(id, args, &spec.credentials)
                .is_some_and(|(at, v)| self.terms.constant(at, v) == Some(&Const::Bool(true)));
            if open {
                let message = if credentials {
                    "Any web site may send requests with the visitor's cookies and read the answers."
                } else {
                    "Any web site may read the answers to requests without cookies."
                };
                self.weak(RULE, credentials, message, span, id);
            }
        }
    }

    /// The value of an option: a keyword, or a field of an object that is passed.
    fn option(
        &self,
        id: FuncId,
        args: &'a [Arg],
        wanted: &[String],
    ) -> Option<(FuncId, &'a Operand)> {
        for arg in args {
            if let ArgKind::Keyword(name) = arg.kind
                && wanted.iter().any(|w| w == self.module.text(name))
            {
                return Some((id, &arg.value));
            }
        }
        args.iter().find_map(|arg| {
            let (at, entries) = self.terms.entries(id, &arg.value)?;
            entries
                .into_iter()
                .find(|(key, _)| wanted.iter().any(|w| w == key))
                .map(|(_, value)| (at, value))
        })
    }

    /// Whether a map from paths to options opens one of them to any origin.
    fn any_resource(&self, id: FuncId, value: &'a Operand, origins: &[String]) -> bool {
        let Some((at, paths)) = self.terms.entries(id, value) else {
            return false;
        };
        paths.into_iter().any(|(_, options)| {
            let Some((at, options)) = self.terms.entries(at, options) else {
                return false;
            };
            let mut named = options
                .into_iter()
                .filter(|(key, _)| origins.iter().any(|o| o == key));
            match named.next() {
                Some((_, value)) => self.any_origin(at, value, false),
                None => false,
            }
        })
    }

    fn any_origin(&self, id: FuncId, value: &'a Operand, reflects_true: bool) -> bool {
        match self.terms.constant(id, value) {
            Some(Const::Str(text)) => self.module.text(*text) == "*",
            Some(Const::Bool(true)) => reflects_true,
            _ => self.terms.elements(id, value).is_some_and(|(at, list)| {
                list.iter()
                    .any(|e| self.terms.text(at, e).is_some_and(|t| t == "*"))
            }),
        }
    }

    /// Any origin and its cookies, let in by methods that one function calls one after the other.
    pub(super) fn configured_origins(&mut self) {
        let path = self.path.display();
        let file = path.rsplit('/').next().unwrap_or(&path);
        if is_of_development(file) {
            return;
        }
        for methods in &self.names.cors_methods {
            if !self.imports_any(&methods.imports) {
                continue;
            }
            for (at, function) in self.module.functions.iter().enumerate() {
                let id = FuncId(at as u32);
                let calls = || {
                    let instrs = function.blocks.iter().flat_map(|b| &b.instrs);
                    instrs.filter_map(|instr| match &instr.op {
                        Op::Call {
                            callee: Callee::Method { name, .. },
                            args,
                        } => Some((self.module.text(*name), args, instr.span)),
                        _ => None,
                    })
                };
                let any = calls().find(|(name, args, _)| {
                    methods.origins.iter().any(|m| m == name)
                        && args.iter().any(|arg| self.is_star(id, &arg.value))
                });
                let credentials = calls().any(|(name, args, _)| {
                    methods.credentials.iter().any(|m| m == name)
                        && args.first().is_some_and(|arg| {
                            self.terms.constant(id, &arg.value) == Some(&Const::Bool(true))
                        })
                });
                if let (Some((_, _, span)), true) = (any, credentials) {
                    self.weak(
                        RULE,
                        true,
                        "Any web site may send requests with the visitor's cookies and read the answers.",
                        span,
                        id,
                    );
                }
            }
        }
    }

    /// `"*"`, or a list that is made of it: `List.of("*")`.
    fn is_star(&self, id: FuncId, value: &'a Operand) -> bool {
        self.any_origin(id, value, false)
            || self
                .terms
                .operation(id, value)
                .is_some_and(|(at, op)| match op {
                    Op::Call { args, .. } => args
                        .iter()
                        .any(|arg| self.terms.text(at, &arg.value) == Some("*")),
                    _ => false,
                })
    }

    /// Notes a header that a handler sets.
    pub(super) fn set_header(
        &mut self,
        id: FuncId,
        callee: &'a Callee,
        args: &'a [Arg],
        span: Span,
    ) {
        let Callee::Method { name, .. } = callee else {
            return;
        };
        let name = self.module.text(*name);
        if !self.names.header_setters.iter().any(|s| s == name) {
            return;
        }
        let [header, value, ..] = args else { return };
        if let Some(header) = self.terms.text(id, &header.value) {
            self.header(id, header, &value.value, span);
        }
    }

    fn header(&mut self, id: FuncId, header: &str, value: &'a Operand, span: Span) {
        if !header.eq_ignore_ascii_case("access-control-allow-origin") {
            return;
        }
        let reflected = self.is_request_origin(id, value);
        if reflected && self.allows_credentials() {
            self.weak(
                RULE,
                true,
                "The answer names whatever origin asked as allowed, with cookies: any web site may read it.",
                span,
                id,
            );
        }
    }

    /// The settings of django-cors-headers: any origin, and cookies with it. What stands in a branch is for
    /// development, and so are files that say so.
    pub(super) fn django_settings(&mut self) {
        let path = self.path.display();
        let name = path.rsplit('/').next().unwrap_or(&path);
        if !self.text.contains("INSTALLED_APPS") || is_of_development(name) {
            return;
        }
        let Some(body) = self.module.functions.first() else {
            return;
        };
        let on = |wanted: &[&str]| {
            let mut instrs = body.blocks.iter().flat_map(|b| &b.instrs);
            instrs.find(|instr| {
                let decl = instr.dst.and_then(|dst| body.vars.get(dst.0 as usize));
                let line = self.lines.position(self.text, instr.span.start);
                let text = self.lines.line_text(self.text, line.0);
                decl.is_some_and(|decl| wanted.contains(&self.module.text(decl.name)))
                    && instr.op == Op::Copy(Operand::Const(Const::Bool(true)))
                    && !text.starts_with([' ', '\t'])
            })
        };
        let any = on(&["CORS_ALLOW_ALL_ORIGINS", "CORS_ORIGIN_ALLOW_ALL"]);
        let credentials = on(&["CORS_ALLOW_CREDENTIALS"]);
        if let (Some(any), Some(_)) = (any, credentials) {
            self.weak(
                RULE,
                true,
                "Any web site may send requests with the visitor's cookies and read the answers.",
                any.span,
                FuncId(0),
            );
        }
    }

    /// Headers stored by subscript: `response.headers["Access-Control-Allow-Origin"] = origin`.
    pub(super) fn reflected_origin(&mut self) {
        for (at, function) in self.module.functions.iter().enumerate() {
            let id = FuncId(at as u32);
            for instr in function.blocks.iter().flat_map(|b| &b.instrs) {
                if let Op::StoreIndex { index, value, .. } = &instr.op
                    && let Some(header) = self.terms.text(id, index)
                {
                    self.header(id, header, value, instr.span);
                }
            }
        }
    }

    /// The value is the request's own `Origin` header and nothing was asked of it in this function.
    fn is_request_origin(&self, id: FuncId, value: &'a Operand) -> bool {
        let known = self.terms.operation(id, value);
        let Some((at, op)) = known.or_else(|| self.but_for_a_default(id, value)) else {
            return false;
        };
        let read = match op {
            Op::Field { name, .. } => self.module.text(*name).eq_ignore_ascii_case("origin"),
            Op::Index { index, .. } => self
                .terms
                .text(at, index)
                .is_some_and(|t| t.eq_ignore_ascii_case("origin")),
            Op::Call { args, .. } => args.first().is_some_and(|a| {
                self.terms
                    .text(at, &a.value)
                    .is_some_and(|t| t.eq_ignore_ascii_case("origin"))
            }),
            _ => false,
        };
        // A comparison or look-up in the same function may be an allow-list.
        read && !self.function(id).is_some_and(|f| {
            f.blocks
                .iter()
                .flat_map(|b| &b.instrs)
                .any(|i| match &i.op {
                    Op::Compare { left, right, .. } => ![left, right]
                        .into_iter()
                        .any(|side| self.is_nothing_or_method(id, side)),
                    Op::Call { callee, .. } if self.asks_whether_allowed(f, callee) => true,
                    Op::Call {
                        callee: Callee::Method { name, .. },
                        ..
                    } => matches!(
                        self.module.text(*name),
                        "includes"
                            | "has"
                            | "indexOf"
                            | "test"
                            | "match"
                            | "some"
                            | "endsWith"
                            | "endswith"
                            | "startsWith"
                            | "startswith"
                            | "contains"
                            | "Contains"
                            | "HasSuffix"
                            | "MatchString"
                            | "find"
                    ),
                    _ => false,
                })
        })
    }

    /// The definition of a variable that is otherwise only given a constant: `if origin == "" { origin = "*" }`.
    fn but_for_a_default(&self, id: FuncId, value: &Operand) -> Option<(FuncId, &'a Op)> {
        let (at, var) = self.terms.base(id, value)?;
        let instrs = self.function(at)?.blocks.iter().flat_map(|b| &b.instrs);
        let mut found = None;
        for instr in instrs.filter(|i| i.dst == Some(var)) {
            match &instr.op {
                Op::Copy(Operand::Const(_)) => {}
                op if found.is_none_or(|known| known == op) => found = Some(op),
                _ => return None,
            }
        }
        match found? {
            Op::Copy(inner) => self.terms.operation(at, inner),
            op => Some((at, op)),
        }
    }

    /// What a comparison with says nothing about who asks: nothing at all, or an HTTP method.
    fn is_nothing_or_method(&self, id: FuncId, side: &'a Operand) -> bool {
        match self.terms.constant(id, side) {
            Some(Const::Str(text)) => matches!(
                self.module.text(*text),
                "" | "OPTIONS" | "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE"
            ),
            Some(Const::Null) => true,
            _ => false,
        }
    }

    /// Origins that are let in by the end of their host, where anybody can have a host that ends so:
    /// `origin.endsWith(".vercel.app")`.
    pub(super) fn shared_hosts(&mut self) {
        let header = |s: &str| s.eq_ignore_ascii_case("access-control-allow-origin");
        let by_hand = self.allows_credentials() && self.module.symbols.iter().any(|s| header(s));
        if !by_hand {
            return;
        }
        for (at, function) in self.module.functions.iter().enumerate() {
            let id = FuncId(at as u32);
            for instr in function.blocks.iter().flat_map(|b| &b.instrs) {
                let Op::Call {
                    callee: Callee::Method { receiver, name },
                    args,
                } = &instr.op
                else {
                    continue;
                };
                let name = self.module.text(*name);
                if !matches!(name, "endsWith" | "endswith" | "HasSuffix") {
                    continue;
                }
                let of_origin = std::iter::once(receiver)
                    .chain(args.first().map(|a| &a.value))
                    .filter_map(|operand| self.terms.variable(id, operand))
                    .any(|name| words(&name).any(|w| w == "origin"));
                let shared = args
                    .last()
                    .and_then(|a| self.terms.text(id, &a.value))
                    .is_some_and(|text| SHARED_HOSTS.contains(&text.trim_start_matches('.')));
                if of_origin && shared {
                    self.weak(
                        RULE,
                        true,
                        "Anybody can have a host that ends so: any web site there may send requests with the visitor's cookies and read the answers.",
                        instr.span,
                        id,
                    );
                }
            }
        }
    }

    /// `isOriginAllowed(origin)`
    fn asks_whether_allowed(&self, function: &Function, callee: &Callee) -> bool {
        let name = match callee {
            Callee::Method { name, .. } => *name,
            Callee::Function(Operand::Var(var)) => match function.vars.get(var.0 as usize) {
                Some(decl) => decl.name,
                None => return false,
            },
            _ => return false,
        };
        words(self.module.text(name)).any(|word| {
            matches!(
                word.as_str(),
                "allowed" | "permitted" | "trusted" | "valid" | "whitelisted" | "allowlisted"
            )
        })
    }

    fn allows_credentials(&self) -> bool {
        self.module
            .symbols
            .iter()
            .any(|s| s.eq_ignore_ascii_case("access-control-allow-credentials"))
    }

    pub(super) fn weak(
        &mut self,
        rule: &str,
        certain: bool,
        message: &str,
        span: Span,
        id: FuncId,
    ) {
        let place = self.place(span, id);
        self.surface.weak_settings.push(WeakSetting {
            rule: rule.to_owned(),
            certain,
            message: message.to_owned(),
            place,
        });
    }
}
