//! Keys that sign, encrypt or authenticate and are written into the source, also where they only stand
//! in for a variable that is not set: `process.env.JWT_SECRET || "…"`.
//!
//! What is a placeholder elsewhere works as such a key like any other text, so that the names decide
//! and not how random the text looks. A file that refuses to run with the key is left alone, and so
//! is code for development.

use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};
use trueline_facts::RepoPath;
use trueline_syntax::ir::{
    ArgKind, Callee, Const, Function, Instr, Language, Op, Operand, Span, Symbol, Var, VarHome,
};

use super::Analyzer;
use super::developing::{Blocks, is_developing};
use super::doors::{is_own_door, names_door, opens_door, stops_without};
use super::names::words;
use super::sink::{Reached, SinkRef};
use crate::purpose::Purpose;
use crate::rules::format::Control;

/// What is said of a key that signs, encrypts or authenticates.
pub(crate) const SIGNING_MESSAGE: &str = "`{place}` holds a key that signs, encrypts or authenticates: whoever reads the source can do the same.";
pub(crate) const SIGNING_FIX: &str = "Read the key from the environment or a secret store without a text to fall back on, refuse to start when it is missing, and change it: it is in the history now.";

/// Definitions followed from one operand.
const MAX_DEPTH: u8 = 4;
/// Bytes of a call or read that are looked at for words.
const MAX_READ: usize = 160;
/// Lines after a condition on the key in which the program may stop.
const MAX_REFUSAL: usize = 4;
/// Texts under names of keys that are looked at in a file: one with more is a table of them.
const MAX_KEYS: usize = 200;
/// Lines around a place in which what it belongs to is named.
const MAX_BESIDE: usize = 4;

/// Words that names of such keys consist of.
const OF_KEYS: &[&str] = &[
    "secret",
    "key",
    "secretkey",
    "jwtsecret",
    "jwt",
    "session",
    "sessions",
    "cookie",
    "cookies",
    "auth",
    "nextauth",
    "signing",
    "sign",
    "encryption",
    "encrypt",
    "hmac",
    "flask",
    "django",
    "csrf",
    "token",
    "tokens",
    "refresh",
    "access",
    "app",
    "server",
    "backend",
    "default",
    "fallback",
    "webhook",
    "express",
    "hash",
    "internal",
];
/// Of them, those that say what the key is for.
const PURPOSES: &[&str] = &[
    "jwt",
    "jwtsecret",
    "session",
    "sessions",
    "cookie",
    "cookies",
    "auth",
    "nextauth",
    "signing",
    "sign",
    "encryption",
    "encrypt",
    "hmac",
    "flask",
    "django",
    "csrf",
    "token",
    "tokens",
    "refresh",
    "webhook",
];
/// Of them, those that make a key of what is called so, without `secret`.
const KEY_PURPOSES: &[&str] = &["signing", "encryption", "encrypt", "hmac"];
/// Words of what reads a setting.
const READS: &[&str] = &[
    "env",
    "getenv",
    "environ",
    "environment",
    "config",
    "settings",
    "viper",
    "property",
    "conf",
];
/// Words of conditions on a key.
const ASKS: &[&str] = &["if", "assert", "unless", "validator", "refine"];
/// What a program does that will not run so.
const REFUSALS: &[&str] = &[
    "raise ",
    "throw ",
    "throw(",
    "exit(",
    "fatal",
    "panic(",
    "abort(",
    "die(",
    "Exception(",
    "errors.New",
    "Errorf(",
];
/// Modules that sign with what is only called a secret key.
const SIGNERS: &[&str] = &[
    "flask",
    "quart",
    "jwt",
    "jose",
    "itsdangerous",
    "starlette",
    "fastapi",
    "authlib",
    "pydantic_settings",
    "jsonwebtoken",
    "express-session",
    "cookie-session",
    "io.jsonwebtoken",
    "com.auth0.jwt",
    "github.com/golang-jwt/jwt",
    "github.com/dgrijalva/jwt-go",
    "django",
];
/// Texts of files that are the settings of a framework which signs with them.
const SETTINGS: &[&str] = &["INSTALLED_APPS", "SQLALCHEMY_", "BaseSettings"];
/// Methods that take a key: its place among the arguments, and a module that the file imports.
const TAKES_KEY: &[(&str, usize, &[&str])] = &[
    ("sign", 1, &["jsonwebtoken"]),
    ("verify", 1, &["jsonwebtoken"]),
    ("encode", 1, &["jwt", "jose", "authlib"]),
    ("decode", 1, &["jwt", "jose", "authlib"]),
    (
        "SignedString",
        0,
        &["github.com/golang-jwt/jwt", "github.com/dgrijalva/jwt-go"],
    ),
    ("signWith", 1, &["io.jsonwebtoken"]),
    ("setSigningKey", 0, &["io.jsonwebtoken"]),
    ("HMAC256", 0, &["com.auth0.jwt"]),
    ("HMAC512", 0, &["com.auth0.jwt"]),
];

/// How a name says that what it holds is such a key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Says {
    /// By itself: `JWT_SECRET`.
    Plainly,
    /// In a file that signs: `SECRET_KEY`, which is half of an account elsewhere.
    BesideSigner,
}

/// Where the key is found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Found {
    /// It is the value of the name.
    Own,
    /// It stands in for a setting of the name.
    StandIn,
    /// It is passed to what signs.
    Passed,
    /// It stands in for a setting whose value lets requests in.
    Door,
}

type Definitions<'a> = FxHashMap<Var, Vec<&'a Instr>>;

impl<'a> Analyzer<'a> {
    /// Reports keys in the text of the file that sign, encrypt or authenticate.
    pub(super) fn check_signing_keys(&mut self, path: &RepoPath) {
        let path = path.display();
        let (folders, name) = path.rsplit_once('/').unwrap_or(("", &path));
        let stem = name.split('.').next().unwrap_or(name);
        let folder = folders.rsplit('/').next().unwrap_or("");
        if self.purpose != Purpose::Served
            || is_of_development(stem)
            || is_of_development(folder)
            || folder.contains("example")
        {
            return;
        }
        let module = self.module;
        for function in &module.functions {
            let mut defs: Definitions<'a> = FxHashMap::default();
            for instr in function.blocks.iter().flat_map(|b| &b.instrs) {
                if let Some(dst) = instr.dst {
                    defs.entry(dst).or_default().push(instr);
                }
            }
            for instr in function.blocks.iter().flat_map(|b| &b.instrs) {
                self.check_own(function, &defs, instr);
                if let Op::Call { callee, args } = &instr.op {
                    self.check_setting(&defs, instr, args);
                    self.check_passed(&defs, instr, callee, args);
                }
            }
            let mut several: Vec<_> = defs.values().filter(|ways| ways.len() > 1).collect();
            several.sort_by_key(|ways| ways.first().map(|i| i.span));
            for ways in several {
                self.check_stand_in(&defs, ways);
            }
        }
        if self.module.language == Language::Java {
            self.check_injected();
        }
    }

    /// `app.secret_key = "…"`, `JWT_SECRET: str = "…"`, `{ jwtSecret: "…" }`.
    fn check_own(&mut self, function: &Function, defs: &Definitions<'a>, instr: &'a Instr) {
        let result = instr.dst.map(Operand::Var);
        let mut named: Vec<(Symbol, &Operand)> = Vec::new();
        let constant = |key: &Operand| match key {
            Operand::Const(Const::Str(key)) => Some(*key),
            _ => None,
        };
        match &instr.op {
            Op::StoreField { name, value, .. } => named.push((*name, value)),
            Op::StoreIndex { index, value, .. } => {
                named.extend(constant(index).map(|name| (name, value)));
            }
            Op::Map { entries } => {
                for (key, value) in entries {
                    let name = key.as_ref().and_then(constant);
                    named.extend(name.map(|name| (name, value)));
                }
            }
            Op::Call { args, .. } => {
                for arg in args {
                    if let ArgKind::Keyword(name) = arg.kind {
                        named.push((name, &arg.value));
                    }
                }
                // `key = Field(default="…")`.
                let decl = instr.dst.and_then(|dst| function.vars.get(dst.0 as usize));
                named.extend(decl.zip(result.as_ref()).map(|(d, value)| (d.name, value)));
            }
            Op::Copy(value) | Op::Typed { value, .. } => {
                let decl = instr.dst.and_then(|dst| function.vars.get(dst.0 as usize));
                let own = |home| matches!(home, VarHome::Local | VarHome::Captured { .. });
                named.extend(decl.filter(|d| own(d.home)).map(|d| (d.name, value)));
            }
            _ => {}
        }
        for (name, value) in named {
            let name = self.module.text(name);
            let own: Vec<String> = words(name).collect();
            // What such a class holds is read from the environment, and this stands in for it.
            if is_own_door(name) && self.text.contains("BaseSettings") {
                if let Some((text, at)) = self.literal(defs, value, instr.span)
                    && self.is_door(name, &text)
                {
                    self.note_key(name, &text, at, Found::Door);
                }
                continue;
            }
            let Some(says) = says_key(&own) else { continue };
            // Half of an account at a service, in what its makers write for trying it.
            if own
                .iter()
                .all(|w| matches!(w.as_str(), "access" | "token" | "secret"))
            {
                continue;
            }
            let Some((text, at)) = self.literal(defs, value, instr.span) else {
                continue;
            };
            let flask = name == "secret_key" && matches!(instr.op, Op::StoreField { .. });
            let repeats = words(&text).all(|w| own.contains(&w)) && !(flask && self.signs());
            if repeats || text.contains(char::is_whitespace) || says_nothing(&text) {
                continue;
            }
            if says == Says::BesideSigner && !self.signs() {
                continue;
            }
            self.note_key(name, &text, at, Found::Own);
        }
    }

    /// `os.environ.get("SECRET_KEY", "…")`, `getEnv("JWT_SECRET", "…")`, `z.string().default("…")`.
    fn check_setting(
        &mut self,
        defs: &Definitions<'a>,
        instr: &'a Instr,
        args: &'a [trueline_syntax::ir::Arg],
    ) {
        if !self.reads_setting(instr.span) {
            return;
        }
        let positional = |at: usize| {
            let mut found = args.iter().filter(|a| a.kind == ArgKind::Positional);
            found.nth(at).map(|a| &a.value)
        };
        let Some(Operand::Const(Const::Str(name))) = positional(0) else {
            return;
        };
        let default = args.iter().find_map(|a| match a.kind {
            ArgKind::Keyword(word) if self.module.text(word) == "default" => Some(&a.value),
            _ => None,
        });
        let Some(default) = default.or_else(|| positional(1)) else {
            return;
        };
        let name = self.module.text(*name);
        if let Some((text, at)) = self.literal(defs, default, instr.span) {
            if self.is_setting_of_key(name) {
                self.note_key(name, &text, at, Found::StandIn);
            } else if self.is_door(name, &text) {
                self.note_key(name, &text, at, Found::Door);
            }
        }
    }

    /// `jwt.sign(claims, "…")`, `session({ secret: "…" })`.
    fn check_passed(
        &mut self,
        defs: &Definitions<'a>,
        instr: &'a Instr,
        callee: &'a Callee,
        args: &'a [trueline_syntax::ir::Arg],
    ) {
        let written = self.called(instr.span);
        if let Callee::Method { name, .. } = callee {
            let name = self.module.text(*name);
            for (method, at, modules) in TAKES_KEY {
                let owner = !matches!(*method, "encode" | "decode" | "sign" | "verify")
                    || written.to_lowercase().contains("jwt")
                    || written.to_lowercase().contains("jsonwebtoken");
                if *method != name || !owner || !self.imports_one(modules) {
                    continue;
                }
                let mut positional = args.iter().filter(|a| a.kind == ArgKind::Positional);
                let Some(key) = positional.nth(*at) else {
                    continue;
                };
                if let Some((text, at)) = self.literal(defs, &key.value, instr.span)
                    && !text.is_empty()
                {
                    self.note_key("", &text, at, Found::Passed);
                }
            }
        }
        let session = matches!(written, "session" | "expressSession" | "cookieSession");
        if session && self.imports_one(&["express-session", "cookie-session"]) {
            let options = args.first().and_then(|a| only(defs, &a.value));
            let Some(Op::Map { entries }) = options.map(|i| &i.op) else {
                return;
            };
            for (key, value) in entries {
                let Some(Operand::Const(Const::Str(key))) = key else {
                    continue;
                };
                if self.module.text(*key) == "secret"
                    && let Some((text, at)) = self.literal(defs, value, instr.span)
                {
                    self.note_key("", &text, at, Found::Passed);
                }
            }
        }
    }

    /// `process.env.JWT_SECRET || "…"`: a text on one of the ways to a variable, and a setting on another.
    fn check_stand_in(&mut self, defs: &Definitions<'a>, ways: &[&'a Instr]) {
        let setting = ways
            .iter()
            .find_map(|way| self.setting(defs, way, MAX_DEPTH));
        let Some(name) = setting else {
            return;
        };
        let signs = self.is_setting_of_key(&name);
        if !signs && !names_door(&name) {
            return;
        }
        for way in ways {
            let (Op::Copy(value) | Op::Typed { value, .. }) = &way.op else {
                continue;
            };
            if let Some((text, at)) = self.literal(defs, value, way.span) {
                if signs {
                    self.note_key(&name, &text, at, Found::StandIn);
                } else if self.is_door(&name, &text) {
                    self.note_key(&name, &text, at, Found::Door);
                }
            }
        }
    }

    /// `@Value("${jwt.secret:…}")`.
    fn check_injected(&mut self) {
        const OPEN: &str = "@Value(\"${";
        for (at, _) in self.text.match_indices(OPEN) {
            let from = at + OPEN.len();
            let inside = self
                .text
                .get(from..)
                .and_then(|rest| rest.split('}').next());
            let Some((name, default)) = inside.and_then(|inside| inside.split_once(':')) else {
                continue;
            };
            if !default.contains(['"', '\n', '{', '#']) && self.is_setting_of_key(name) {
                let start = (from + name.len() + 1) as u32;
                let span = Span::new(start, start + default.len() as u32);
                self.note_key(name, default, span, Found::StandIn);
            }
        }
    }

    /// The name of the setting that a definition reads.
    fn setting(&self, defs: &Definitions<'a>, instr: &Instr, depth: u8) -> Option<String> {
        let depth = depth.checked_sub(1)?;
        let name = match &instr.op {
            Op::Copy(value) | Op::Typed { value, .. } | Op::Await(value) => {
                return self.setting(defs, only(defs, value)?, depth);
            }
            Op::Field { name, .. }
            | Op::Index {
                index: Operand::Const(Const::Str(name)),
                ..
            } => *name,
            Op::Call { args, .. } => match args.first().map(|a| &a.value) {
                Some(Operand::Const(Const::Str(name))) => *name,
                _ => return None,
            },
            _ => return None,
        };
        self.reads_setting(instr.span)
            .then(|| self.module.text(name).to_owned())
    }

    /// The text that an operand is, also as bytes, and where it stands within a piece of code.
    fn literal(
        &mut self,
        defs: &Definitions<'a>,
        operand: &Operand,
        within: Span,
    ) -> Option<(String, Span)> {
        let (text, within) = self.constant_of(defs, operand, within, MAX_DEPTH)?;
        if self.keys.searched >= MAX_KEYS {
            return None;
        }
        self.keys.searched += 1;
        let code = self.text.get(within.start as usize..within.end as usize)?;
        let quoted = |at: usize| {
            let before = code.get(..at).and_then(|c| c.chars().next_back());
            let after = code.get(at + text.len()..).and_then(|c| c.chars().next());
            before == after && matches!(before, Some('"' | '\'' | '`'))
        };
        let (at, _) = code
            .match_indices(text)
            .filter(|(at, _)| quoted(*at))
            .last()?;
        let start = within.start + at as u32;
        Some((text.to_owned(), Span::new(start, start + text.len() as u32)))
    }

    fn constant_of(
        &self,
        defs: &Definitions<'a>,
        operand: &Operand,
        within: Span,
        depth: u8,
    ) -> Option<(&'a str, Span)> {
        let depth = depth.checked_sub(1)?;
        if let Operand::Const(Const::Str(text) | Const::Bytes(text)) = operand {
            let text = self.module.text(*text);
            return (!text.is_empty()).then_some((text, within));
        }
        let instr = only(defs, operand)?;
        match &instr.op {
            Op::Copy(value) | Op::Typed { value, .. } => {
                self.constant_of(defs, value, instr.span, depth)
            }
            // `[]byte("…")`, `Buffer.from("…")`, `Field(default="…")`.
            Op::Call { args, callee } => {
                let called = self.called(instr.span);
                let converts = self.converts_text(callee, called);
                let encodes = match callee {
                    Callee::Method { receiver, name }
                        if matches!(self.module.text(*name), "encode" | "getBytes" | "default") =>
                    {
                        if self.module.text(*name) == "default" {
                            None
                        } else {
                            Some(receiver)
                        }
                    }
                    _ => None,
                };
                if let Some(receiver) = encodes
                    && let Some(found) = self.constant_of(defs, receiver, instr.span, depth)
                {
                    return Some(found);
                }
                let named = |kind| match kind {
                    ArgKind::Keyword(word) => self.module.text(word) == "default",
                    ArgKind::Positional => true,
                    _ => false,
                };
                // `z.string().default("…")`.
                let defaults = matches!(callee, Callee::Method { name, .. } if self.module.text(*name) == "default");
                if !converts && !defaults {
                    return None;
                }
                let value = args.iter().find(|a| named(a.kind))?;
                self.constant_of(defs, &value.value, instr.span, depth)
            }
            _ => None,
        }
    }

    /// Whether a call makes the same key in another form of its argument. What only asks a value for
    /// its text is given the name of an encoding: `randomBytes(32).toString("hex")`.
    fn converts_text(&self, callee: &Callee, written: &str) -> bool {
        const CONVERTERS: &[&str] = &["byte", "bytes", "buffer", "field", "encoder", "secret"];
        let has = |name: &str, list: &[&str]| words(name).any(|w| list.contains(&w.as_str()));
        let Callee::Method { name, .. } = callee else {
            return has(written, CONVERTERS);
        };
        match self.module.text(*name) {
            "encode" => has(written, &["encoder"]),
            name @ ("from" | "of" | "wrap" | "valueOf") => {
                written.ends_with(name) && has(written, CONVERTERS)
            }
            name => has(name, CONVERTERS),
        }
    }

    /// The code of what is called, up to its arguments.
    fn called(&self, span: Span) -> &'a str {
        let code = self.text.get(span.start as usize..span.end as usize);
        let code = code.unwrap_or("");
        code.split(['(', '<']).next().unwrap_or("").trim()
    }

    fn reads_setting(&self, span: Span) -> bool {
        let code = self.text.get(span.start as usize..span.end as usize);
        let code = code.unwrap_or("");
        let end = code
            .char_indices()
            .nth(MAX_READ)
            .map_or(code.len(), |(at, _)| at);
        let head = code.get(..end).unwrap_or(code);
        let head = head.split(['"', '\'']).next().unwrap_or("");
        words(head).any(|word| READS.contains(&word.as_str()))
    }

    /// Whether a setting lets requests in: it is compared with what one sends, or nobody else gives it out.
    fn is_door(&self, name: &str, text: &str) -> bool {
        names_door(name)
            && (is_own_door(name) || opens_door(self.text, name, text))
            && !stops_without(self.text, name, text)
    }

    fn is_setting_of_key(&self, name: &str) -> bool {
        let own: Vec<String> = words(name).collect();
        let alone = matches!(own.as_slice(), [one] if one == "secret") && self.signs();
        alone || says_key(&own).is_some()
    }

    /// Whether the file signs, or is the settings of what does.
    fn signs(&self) -> bool {
        self.imports_one(SIGNERS) || SETTINGS.iter().any(|s| self.text.contains(s))
    }

    fn imports_one(&self, modules: &[&str]) -> bool {
        self.imports.iter().any(|import| {
            modules.iter().any(|module| {
                let rest = import.strip_prefix(module);
                rest.is_some_and(|r| r.is_empty() || r.starts_with(['.', '/']))
            })
        })
    }

    fn note_key(&mut self, name: &str, text: &str, span: Span, found: Found) {
        let Some((rule, _)) = self.secret_rule() else {
            return;
        };
        self.sites.insert((rule, span));
        if is_no_key(text, found)
            || self.is_for_development(span)
            || self.is_half_of_account(name, span)
            || !matches!(found, Found::Passed | Found::Door) && self.refuses(name, text)
            || matches!(found, Found::Passed | Found::StandIn) && self.stands_in_refused(span)
        {
            return;
        }
        if let Some(symbol) = self.key_index().symbols.get(text) {
            self.secrets.insert(*symbol);
        }
        let new = Reached {
            function: self.innermost(span),
            sink: SinkRef::SigningKey,
            label: None,
            control: Control::Local,
            parameter: None,
            depth: 0,
        };
        self.reached.entry((rule, None, span)).or_insert(new);
    }

    /// Whether a place is in a class, function or branch that is there for development.
    fn is_for_development(&self, span: Span) -> bool {
        let holds = |outer: Span| outer.start <= span.start && span.end <= outer.end;
        let module = self.module;
        let classes = module.classes.iter().filter(|c| holds(c.span));
        let functions = module.functions.iter().skip(1).filter(|f| holds(f.span));
        let mut around = classes.map(|c| c.name).chain(functions.map(|f| f.name));
        if around.any(|name| is_of_development(module.text(name))) {
            return true;
        }
        let blocks = match module.language {
            Language::Python => Blocks::Indentation,
            _ => Blocks::Braces,
        };
        is_developing(self.text, span, blocks)
    }

    /// `ACCESS_KEY` beside `SECRET_KEY`: what a service gave out, which signs nothing of the program's.
    fn is_half_of_account(&self, name: &str, span: Span) -> bool {
        let own: Vec<String> = words(name).collect();
        if says_key(&own) != Some(Says::BesideSigner) {
            return false;
        }
        let start = span.start as usize;
        let before = self
            .text
            .get(..start)
            .unwrap_or("")
            .lines()
            .rev()
            .take(MAX_BESIDE);
        let after = self
            .text
            .get(start..)
            .unwrap_or("")
            .lines()
            .take(MAX_BESIDE);
        before.chain(after).any(|line| {
            let own: Vec<String> = words(line).collect();
            let pair = |a: &str| {
                own.windows(2)
                    .any(|w| matches!(w, [x, y] if x == a && y == "key"))
            };
            let begins = matches!(own.as_slice(), [a, b, ..] if b == "key" && matches!(a.as_str(), "api" | "public"));
            pair("access") || begins
        })
    }

    /// `secret || "dev"`, where the program stopped before without the secret.
    fn stands_in_refused(&mut self, span: Span) -> bool {
        let start = span.start as usize;
        let before = self.text.get(..start).unwrap_or("");
        let line = before.rfind('\n').map_or(0, |at| at + 1);
        let line = self.text.get(line..span.end as usize).unwrap_or("");
        let heads = ["||", "??", " or "]
            .iter()
            .filter_map(|op| line.rsplit_once(op));
        let head = heads.map(|(head, _)| head).max_by_key(|head| head.len());
        let name = head.and_then(|head| {
            let own = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$');
            head.trim_end().rsplit(|c: char| !own(c)).next()
        });
        let (Some(name), Some(function)) = (name, self.function(self.innermost(span))) else {
            return false;
        };
        let from = function.span.start as usize;
        let above = self.text.get(from..start).unwrap_or("");
        // Read anew for each stand-in: what is asked so far above is not worth a walk of its own.
        !name.is_empty()
            && above.len() <= 1 << 15
            && KeyIndex::new(above, std::iter::empty())
                .asked
                .contains(&plain(name))
    }

    /// Whether the file stops when the key is missing or is this one.
    fn refuses(&mut self, name: &str, text: &str) -> bool {
        let index = self.key_index();
        index.asked.contains(&plain(name)) || index.texts.contains(text)
    }

    fn key_index(&mut self) -> Rc<KeyIndex<'a>> {
        let (module, text) = (self.module, self.text);
        let index = self.keys.index.get_or_insert_with(|| {
            Rc::new(KeyIndex::new(text, module.symbols.iter().map(|s| &**s)))
        });
        Rc::clone(index)
    }
}

/// What the search for keys of a file has found and done so far.
#[derive(Default, Debug)]
pub(super) struct Keys<'a> {
    /// Texts under names of keys that were searched in the code.
    searched: usize,
    /// Made when the first key is found.
    index: Option<Rc<KeyIndex<'a>>>,
}

/// What is asked of a whole file, once and not for each key.
#[derive(Debug)]
struct KeyIndex<'a> {
    symbols: FxHashMap<&'a str, Symbol>,
    /// Names in conditions after which the program stops, without marks and capitals.
    asked: FxHashSet<String>,
    /// Texts in such conditions.
    texts: FxHashSet<&'a str>,
}

impl<'a> KeyIndex<'a> {
    fn new(text: &'a str, symbols: impl Iterator<Item = &'a str>) -> Self {
        let mut index = Self {
            symbols: FxHashMap::default(),
            asked: FxHashSet::default(),
            texts: FxHashSet::default(),
        };
        for (at, symbol) in symbols.enumerate() {
            index.symbols.entry(symbol).or_insert(Symbol(at as u32));
        }
        let lines: Vec<&'a str> = text.lines().collect();
        let stops: Vec<bool> = lines
            .iter()
            .map(|line| REFUSALS.iter().any(|r| line.contains(r)))
            .collect();
        for (at, line) in lines.iter().enumerate() {
            let stopped = stops.iter().skip(at).take(MAX_REFUSAL + 1).any(|s| *s);
            if !stopped || !words(line).any(|w| ASKS.contains(&w.as_str())) {
                continue;
            }
            for chain in line.split(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | '-' | '.'))
            {
                // `config.jwt.secret` is also `jwt.secret`.
                let ends = chain
                    .match_indices('.')
                    .filter_map(|(at, _)| chain.get(at + 1..));
                let names = std::iter::once(chain).chain(ends.take(MAX_DEPTH.into()));
                index
                    .asked
                    .extend(names.map(plain).filter(|n| !n.is_empty()));
            }
            for quote in ['"', '\'', '`'] {
                index.texts.extend(line.split(quote).skip(1).step_by(2));
            }
        }
        index
    }
}

/// A name without marks and capitals.
fn plain(name: &str) -> String {
    let letters = name.chars().filter(|c| c.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

/// Whether the name of a setting says that it holds a key that signs, encrypts or authenticates.
pub(crate) fn is_signing_key(name: &str) -> bool {
    let own: Vec<String> = words(name).collect();
    says_key(&own) == Some(Says::Plainly)
}

/// The only definition of a variable.
fn only<'a>(defs: &Definitions<'a>, operand: &Operand) -> Option<&'a Instr> {
    let Operand::Var(var) = operand else {
        return None;
    };
    match defs.get(var)?.as_slice() {
        [one] => Some(*one),
        _ => None,
    }
}

/// How the words of a name say that it holds a key that signs, encrypts or authenticates.
fn says_key(own: &[String]) -> Option<Says> {
    let has = |list: &[&str]| own.iter().any(|w| list.contains(&w.as_str()));
    if !own.iter().all(|w| OF_KEYS.contains(&w.as_str())) {
        return None;
    }
    if has(&["jwtsecret"]) || has(&["secret", "secretkey"]) && has(PURPOSES) {
        return Some(Says::Plainly);
    }
    if has(&["key"]) && has(KEY_PURPOSES) {
        return Some(Says::Plainly);
    }
    let pair = own
        .windows(2)
        .any(|w| matches!(w, [a, b] if a == "secret" && b == "key"));
    (pair || has(&["secretkey"])).then_some(Says::BesideSigner)
}

/// Whether a name has a word of development, tests or examples.
pub(crate) fn is_of_development(name: &str) -> bool {
    const ASIDE: &[&str] = &[
        "dev",
        "develop",
        "development",
        "devel",
        "local",
        "test",
        "tests",
        "testing",
        "ci",
        "sample",
        "samples",
        "demo",
        "mock",
        "mocks",
        "e2e",
        "stub",
    ];
    words(name).any(|word| ASIDE.contains(&word.as_str()))
}

/// Whether a text is the name of something, or a hole for it.
fn is_no_key(text: &str, found: Found) -> bool {
    let lower = text.to_lowercase();
    let hole = text.contains("${")
        || text.contains("{{")
        || text.starts_with(['<', '$', '%', '/', '.'])
        || text.contains("://")
        || text.matches('/').count() > 1
        || text.chars().all(|c| c == '*' || c == '.' || c == 'x');
    let nothing = matches!(
        lower.as_str(),
        "none" | "null" | "undefined" | "redacted" | "string" | "text" | "password" | "hidden"
    );
    let of_env = found == Found::Own
        && text
            .chars()
            .all(|c| c.is_ascii_uppercase() || matches!(c, '_' | '0'..='9'))
        && !words(text).any(|w| matches!(w.as_str(), "your" | "change" | "here" | "replace"));
    text.trim().is_empty() || hole || nothing || of_env
}

/// Whether a text that stands under the name of a key only tells where the key is.
fn says_nothing(text: &str) -> bool {
    words(text).any(|w| {
        matches!(
            w.as_str(),
            "env" | "header" | "param" | "column" | "required" | "invalid"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(name: &str) -> Option<Says> {
        says_key(&words(name).collect::<Vec<_>>())
    }

    #[test]
    fn names_tell_what_a_key_is_for() {
        for name in [
            "JWT_SECRET",
            "jwtSecretKey",
            "SESSION_SECRET",
            "FLASK_SECRET_KEY",
            "jwt.secret",
            "ENCRYPTION_KEY",
        ] {
            assert_eq!(says(name), Some(Says::Plainly), "{name}");
        }
        assert_eq!(says("SECRET_KEY"), Some(Says::BesideSigner));
        for name in [
            "STRIPE_SECRET_KEY",
            "API_KEY",
            "SESSION_KEY",
            "jwt_key",
            "CLIENT_SECRET",
            "jwtSecretName",
            "DB_SECRET",
        ] {
            assert_eq!(says(name), None, "{name}");
        }
    }

    #[test]
    fn a_hole_for_a_key_is_no_key() {
        assert!(is_no_key("${JWT_SECRET}", Found::Own));
        assert!(is_no_key("JWT_SIGNING_SECRET", Found::Own));
        assert!(!is_no_key("YOUR_SECRET_KEY_HERE", Found::Own));
        assert!(!is_no_key("dev-secret-change-me", Found::StandIn));
    }
}
