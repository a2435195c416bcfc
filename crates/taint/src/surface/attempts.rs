//! Whether a file limits attempts to log in. A limit is something that counts: a library, a middleware, a
//! field of failures that is kept. Words of a log, of a mail or of a loop that tries the network again are
//! none.

use std::collections::BTreeSet;

use trueline_syntax::ir::{ArgKind, Callee, Const, Op, Operand};

use super::catalogue::Evidence;
use super::{Control, MAX_WORDS, Reader, contains_words};
use crate::analysis::words;

/// Words of paths of files that speak for a whole application.
const OF_ALL: &[&str] = &[
    "middleware",
    "middlewares",
    "security",
    "auth",
    "limit",
    "limits",
    "limiter",
    "limiting",
    "ratelimit",
    "throttle",
    "throttler",
    "throttling",
    "guard",
    "guards",
    "interceptor",
    "interceptors",
    "filter",
    "filters",
    "config",
    "configs",
    "settings",
    "core",
    "common",
    "lib",
    "utils",
    "util",
    "shared",
    "extensions",
    "plugins",
    "router",
    "routes",
    "server",
    "proxy",
    "gateway",
    "cache",
    "redis",
];
/// Words beside which a limit is one on attempts.
const OF_ATTEMPTS: &[&str] = &[
    "login",
    "logins",
    "signin",
    "password",
    "passwords",
    "passwd",
    "otp",
    "totp",
    "mfa",
    "2fa",
    "brute",
    "lockout",
    "attempt",
    "attempts",
];

/// Words of names and paths of what asks for a password or a code, or counts who tries one.
const ASKS_FOR_SECRET: &[&str] = &[
    "login", "logins", "signin", "otp", "totp", "mfa", "2fa", "brute", "lockout", "password",
];
/// Words of paths of what bounds something.
const BOUNDS: &[&str] = &[
    "attempt",
    "attempts",
    "auth",
    "limit",
    "limits",
    "limiter",
    "lock",
    "lockout",
    "throttle",
    "guard",
    "middleware",
    "middlewares",
    "interceptor",
    "filter",
    "filters",
    "security",
];
/// Words of calls that tell somebody what happened.
const TELLS: &[&str] = &[
    "log",
    "logger",
    "logging",
    "audit",
    "track",
    "event",
    "events",
    "activity",
    "activities",
    "emit",
    "notify",
    "info",
    "warn",
    "warning",
    "error",
    "debug",
    "print",
    "println",
    "printf",
    "metric",
    "metrics",
    "counter",
    "trace",
];
/// What sentences to a visitor say of a limit.
const SAID: &[&str] = &["too many", "locked", "exceeded", "rate limit"];
/// How statements for a database begin.
const STATEMENTS: &[&str] = &[
    "select ", "update ", "insert ", "delete ", "create ", "alter ",
];

impl Reader<'_> {
    /// Whether a limit that the file speaks of may hold for attempts to log in: it belongs to the whole
    /// application, comes from a library, or stands beside what logs in. A limit on what one feature
    /// costs does not.
    pub(super) fn limits_attempts(&self) -> bool {
        let path = self.path.display();
        let imports = self.imports.iter().flat_map(|import| words(import));
        let symbols = self.module.symbols.iter().filter(|s| s.len() <= MAX_WORDS);
        !self.surface.applications.is_empty()
            || self
                .surface
                .installs
                .iter()
                .any(|(_, c)| *c == Control::RateLimit)
            || words(&path).any(|w| OF_ALL.contains(&w.as_str()))
            || self
                .controls_in(&imports.collect::<Vec<_>>())
                .contains(&Control::RateLimit)
            || symbols
                .flat_map(|symbol| words(symbol))
                .any(|w| OF_ATTEMPTS.contains(&w.as_str()))
    }

    /// Whether a name or text speaks of a limit that holds for attempts.
    pub(super) fn speaks_of_limit(
        &self,
        symbol: &str,
        own: &[String],
        evidence: &Evidence,
        events: &BTreeSet<&str>,
    ) -> bool {
        let plainly = contains_words(own, &evidence.words);
        if !plainly && !contains_words(own, &evidence.beside) {
            return false;
        }
        if symbol.trim().contains(char::is_whitespace) {
            let lower = symbol.trim_start().to_lowercase();
            return SAID.iter().any(|said| lower.contains(said))
                || STATEMENTS.iter().any(|verb| lower.starts_with(verb));
        }
        // What happened is told, and nothing counts it: `"failed_login"`, `log_failed_login`.
        let told = own.iter().any(|w| TELLS.contains(&w.as_str()))
            && own.iter().any(|w| matches!(w.as_str(), "failed" | "fail"));
        if told || events.contains(symbol) {
            return false;
        }
        plainly || self.asks_for_secret()
    }

    /// Texts that are only given to what writes a log or an audit.
    pub(super) fn events(&self) -> BTreeSet<&str> {
        let mut found = BTreeSet::new();
        for function in &self.module.functions {
            for instr in function.blocks.iter().flat_map(|b| &b.instrs) {
                let Op::Call { callee, args } = &instr.op else {
                    continue;
                };
                let called = match callee {
                    Callee::Method { name, .. } => self.module.text(*name),
                    _ => self.slice(instr.span).split('(').next().unwrap_or(""),
                };
                if !words(called).any(|w| TELLS.contains(&w.as_str())) {
                    continue;
                }
                for arg in args {
                    if let (
                        ArgKind::Positional | ArgKind::Keyword(_),
                        Operand::Const(Const::Str(text)),
                    ) = (arg.kind, &arg.value)
                    {
                        found.insert(self.module.text(*text));
                    }
                }
            }
        }
        found
    }

    /// Whether the file asks for passwords or codes, or is made to bound something.
    fn asks_for_secret(&self) -> bool {
        let path = self.path.display();
        let mut of_path = words(&path);
        let symbols = self.module.symbols.iter();
        of_path.any(|w| BOUNDS.contains(&w.as_str()) || ASKS_FOR_SECRET.contains(&w.as_str()))
            || symbols
                .filter(|s| s.len() <= MAX_WORDS && !s.contains(char::is_whitespace))
                .flat_map(|symbol| words(symbol))
                .any(|w| ASKS_FOR_SECRET.contains(&w.as_str()))
    }
}
