//! What stands before all routes of a router: `app.use(limiter)`, `app.addHook("preHandler", authenticate)`.
//! A router that is put below another guards nothing, whatever it is called.

use trueline_syntax::ir::{Arg, ArgKind, FuncId, Operand, Span};

use super::{Control, Reader, contains_words};
use crate::analysis::words;

/// Words of what only holds routes.
const ROUTERS: &[&str] = &[
    "router",
    "routers",
    "routes",
    "route",
    "routing",
    "blueprint",
    "blueprints",
    "bp",
    "controller",
    "controllers",
    "urls",
    "endpoints",
];
/// Options of a router that say where it answers or how it is documented.
const DESCRIBES: &[&str] = &[
    "prefix",
    "router",
    "blueprint",
    "tags",
    "url_prefix",
    "name",
    "responses",
    "url_path",
];
/// Last parts of addresses where one comes in: what is put there answers, and guards nothing.
const COMES_IN: &[&str] = &["auth", "authentication", "login", "signin", "oauth"];
/// Options of a router that ask before its routes.
const HOOKS: &[&str] = &["preHandler", "onRequest", "middleware", "guard"];
/// Libraries that give requests a method to ask who is calling, and ask nobody by themselves.
const ONLY_OFFER: &[&str] = &[
    "@fastify/jwt",
    "fastify-jwt",
    "@fastify/auth",
    "@fastify/cookie",
    "@fastify/session",
    "@fastify/oauth2",
];

impl<'a> Reader<'a> {
    /// `app.use(limiter)`: a control for everything behind the receiver.
    pub(super) fn install(
        &mut self,
        id: FuncId,
        receiver: &Operand,
        name: &str,
        args: &'a [Arg],
        span: Span,
    ) {
        let mut router = self.terms.variable(id, receiver).unwrap_or_default();
        // `app.use("/admin", requireLogin)` holds below that path.
        let below = args.first().and_then(|a| self.terms.text(id, &a.value));
        let comes_in = below.is_some_and(|path| {
            let last = path.rsplit('/').next().unwrap_or(path);
            path.starts_with('/') && COMES_IN.contains(&last)
        });
        if let Some(below) = below.filter(|path| path.len() > 1 && path.starts_with('/')) {
            router = format!("{router} {below}");
        }
        // What is put below another with a guard is guarded by the guard: only that is read.
        let nests = matches!(name, "include_router" | "register_blueprint");
        let pieces = arguments(self.slice(span));
        let holds_routes = |piece: &str| {
            let head = piece.split('(').next().unwrap_or("");
            // `controllers.requireLogin` is none: what it is called comes last.
            let last = words(head).last();
            last.is_some_and(|w| ROUTERS.contains(&w.as_str()))
        };
        let paths: Vec<bool> = args
            .iter()
            .map(|arg| {
                self.terms
                    .path(id, &arg.value)
                    .is_some_and(|p| is_of_routes(&p))
            })
            .collect();
        let holds_routes =
            |at: usize, piece: &str| holds_routes(piece) || paths.get(at) == Some(&true);
        // `app.use("/api/auth", authApi)`; of several, those before the last one may ask.
        let common = self.common;
        let limits = |piece: &str| {
            let own: Vec<String> = words(piece).collect();
            let mut evidence = common.evidence.iter();
            evidence.any(|(control, evidence)| {
                *control != Control::Authentication && contains_words(&own, &evidence.words)
            })
        };
        let last = pieces.len().saturating_sub(1);
        let answers = |at: usize, piece: &str| comes_in && at > 0 && at == last && !limits(piece);
        let holds_routes = |at: usize, piece: &str| answers(at, piece) || holds_routes(at, piece);
        let is_router = nests || pieces.iter().enumerate().any(|(at, p)| holds_routes(at, p));
        let mut mentioned = Vec::new();
        if is_router {
            for (at, piece) in pieces.iter().enumerate() {
                let option = piece.split('=').next().unwrap_or("").trim();
                let text = piece.starts_with(['"', '\'', '`', '{', 'f'])
                    && piece.contains(['"', '\'', '`', '{'])
                    && !piece.contains('(')
                    && !HOOKS.iter().any(|hook| piece.contains(hook));
                let own = nests && !piece.contains('=');
                if !(own || text || holds_routes(at, piece) || DESCRIBES.contains(&option)) {
                    mentioned.extend(words(piece));
                    mentioned.push(String::new());
                }
            }
            for arg in args {
                if let ArgKind::Keyword(option) = arg.kind
                    && !DESCRIBES.contains(&self.module.text(option))
                {
                    self.terms.mentioned(id, &arg.value, &mut mentioned);
                }
            }
        } else {
            for arg in args {
                if arg.kind != ArgKind::Positional || !self.offers(id, &arg.value) {
                    self.terms.mentioned(id, &arg.value, &mut mentioned);
                }
            }
            // Names of arguments that resolve to nothing still stand in the source.
            mentioned.extend(words(self.slice(span)));
        }
        // What reads who is logged in from a session lets everybody else through.
        let has = |word: &str| mentioned.iter().any(|m| m == word);
        if has("passport") && (has("initialize") || has("session")) {
            return;
        }
        let offers = args.first().is_some_and(|arg| self.offers(id, &arg.value));
        // A session whose cookie goes to every site is no protection.
        let everywhere = has("none") && has("site") && !has("csrf");
        for (control, evidence) in &self.common.evidence {
            if (everywhere && *control == Control::CsrfProtection)
                || (offers && *control == Control::Authentication)
            {
                continue;
            }
            if contains_words(&mentioned, &evidence.words) {
                self.surface.installs.push((router.clone(), *control));
            }
        }
    }

    /// Whether an argument is a library that only offers to ask.
    fn offers(&self, id: FuncId, value: &Operand) -> bool {
        let path = self.terms.path(id, value);
        path.is_some_and(|path| {
            ONLY_OFFER.iter().any(|offer| {
                path.strip_prefix(offer)
                    .is_some_and(|rest| rest.is_empty() || rest == ".default")
            })
        })
    }
}

/// Whether an imported path is a module of routes itself: `./routes/auth`, `../routes/auth.router`.
fn is_of_routes(path: &str) -> bool {
    let last = path.rsplit('/').next().unwrap_or(path);
    let member = last.split_once('.').map(|(_, member)| member);
    path.starts_with(['.', '@', '~'])
        && words(path).any(|w| ROUTERS.contains(&w.as_str()))
        && member.is_none_or(|m| matches!(m, "default" | "router" | "routes"))
}

/// The arguments of a call as they are written.
fn arguments(code: &str) -> Vec<&str> {
    let Some((_, inside)) = code.split_once('(') else {
        return Vec::new();
    };
    let mut found = Vec::new();
    let mut depth = 0_u32;
    let mut from = 0;
    for (at, c) in inside.char_indices() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' if depth == 0 => {
                found.extend(inside.get(from..at).map(str::trim));
                return found;
            }
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                found.extend(inside.get(from..at).map(str::trim));
                from = at + 1;
            }
            _ => {}
        }
    }
    found.extend(inside.get(from..).map(str::trim));
    found
}

#[cfg(test)]
mod tests {
    use super::arguments;

    #[test]
    fn arguments_are_told_apart_by_commas_outside_of_brackets() {
        let code = "app.use(\"/a\", f(1, 2), [b, c])";
        assert_eq!(arguments(code), ["\"/a\"", "f(1, 2)", "[b, c]"]);
        assert_eq!(arguments("app"), Vec::<&str>::new());
    }
}
