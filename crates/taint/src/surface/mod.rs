//! The surface of an application, file by file: application objects, routes with what stands before
//! their handlers, and which controls the file speaks of.
//!
//! Read from the intermediate representation by the names in `rules/surface`; no dataflow. One file's
//! surface depends on that file alone, so it can be kept with it; [`crate::controls`] asks a whole
//! application what is missing.

mod attempts;
mod catalogue;
mod components;
mod cors;
mod fail_open;
mod forged;
mod handler;
mod installed;
mod next;
mod routes;
mod terms;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use trueline_facts::{Location, Position, RepoPath};
use trueline_syntax::ir::{Callee, FuncId, Function, Module, Op, Span};
use trueline_syntax::lines::LineIndex;

pub(crate) use self::catalogue::Catalogue;
use self::catalogue::{LanguageNames, Names};
pub use self::catalogue::{SURFACE_FILES, SurfaceError};
pub use self::components::COMPONENT_FILES;
pub(crate) use self::components::{Components, components};
use self::terms::Terms;
use crate::analysis::words;
use crate::purpose::Purpose;
use crate::tokens::normalised;

/// Longest snippet and longest text that is read for words, in characters.
const MAX_SNIPPET: usize = 200;
const MAX_WORDS: usize = 160;

/// A measure that an application takes against abuse.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Control {
    /// Headers that tell browsers what not to do.
    SecurityHeaders,
    /// Tokens, or cookies that other sites cannot make a browser send.
    CsrfProtection,
    /// A bound on how often something may be tried.
    RateLimit,
    /// A bound on what is read from a request.
    SizeLimit,
    /// Who asks is known.
    Authentication,
}

/// Something that is true of an application and decides which controls it needs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trait {
    /// A cookie says who asks.
    CookieSession,
    /// Its framework's protection against requests of other sites is switched off.
    CsrfOff,
    /// Pages for browsers.
    Html,
    /// Files or raw bodies are taken in.
    Upload,
    /// It answers its own machine only.
    Loopback,
    /// It answers other machines.
    Network,
    /// It has windows of its own.
    Desktop,
}

/// A piece of source that a finding can stand at.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Place {
    /// Where.
    pub location: Location,
    /// The innermost named definition around it.
    pub symbol: String,
    /// Its tokens, for the fingerprint.
    pub tokens: String,
}

/// An application object: `Flask(__name__)`, `express()`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Application {
    /// The framework's name.
    pub framework: String,
    /// Where it is made.
    pub place: Place,
}

/// A route with its handler.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Route {
    /// HTTP methods in upper case; none means any.
    pub methods: Vec<String>,
    /// Its path as written.
    pub path: String,
    /// The handler's name; empty for an anonymous one.
    pub handler: String,
    /// The object that it is registered on.
    pub router: String,
    /// Controls that stand before this handler alone.
    pub guarded_by: Vec<Control>,
    /// The handler checks by itself who asks, or bounds what it reads.
    pub checks: Vec<Control>,
    /// The handler changes stored data, as far as it is in sight; `None` if it is not.
    pub writes: Option<bool>,
    /// Where it is registered.
    pub place: Place,
}

/// A weakness that one file shows by itself.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct WeakSetting {
    /// The rule.
    pub rule: String,
    /// Whether it counts in the default tier.
    pub certain: bool,
    /// One sentence.
    pub message: String,
    /// Where.
    pub place: Place,
}

/// What one file shows of the applications it belongs to.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Surface {
    /// The file.
    pub path: RepoPath,
    /// Application objects.
    pub applications: Vec<Application>,
    /// Routes.
    pub routes: Vec<Route>,
    /// Routes that the file itself is (Next.js); one without a path is a middleware that asks before them.
    pub file_routes: Vec<Route>,
    /// Controls whose names or texts occur in it, ascending.
    pub mentions: Vec<Control>,
    /// Controls installed for all routes of a router (by its name) or of the application.
    pub installs: Vec<(String, Control)>,
    /// What is true of the application by this file, ascending.
    pub traits: Vec<Trait>,
    /// Weaknesses that need no other file.
    pub weak_settings: Vec<WeakSetting>,
}

impl Surface {
    /// Nothing in it says anything about an application.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.applications.is_empty()
            && self.routes.is_empty()
            && self.file_routes.is_empty()
            && self.mentions.is_empty()
            && self.installs.is_empty()
            && self.traits.is_empty()
            && self.weak_settings.is_empty()
    }
}

/// Functions that begin to answer requests.
const SERVING: &[&str] = &[
    "run",
    "listen",
    "serve",
    "ListenAndServe",
    "Run",
    "Start",
    "run_simple",
    "create_server",
    "start_server",
    "Config",
];
/// Libraries for windows on the desktop.
const DESKTOP: &[&str] = &[
    "webview",
    "PyQt5",
    "PyQt6",
    "PySide2",
    "PySide6",
    "tkinter",
    "customtkinter",
    "electron",
    "@tauri-apps/api",
    "@tauri-apps/plugin-dialog",
];

/// Whether the program serves whoever sits at its machine: it has windows, or answers that machine
/// alone, and nothing lets others in.
#[must_use]
pub fn serves_its_own_machine<'s>(surfaces: impl Iterator<Item = &'s Surface>) -> bool {
    let traits: BTreeSet<Trait> = surfaces.flat_map(|s| s.traits.iter().copied()).collect();
    let own = traits.contains(&Trait::Loopback) || traits.contains(&Trait::Desktop);
    own && !traits.contains(&Trait::Network)
}

/// Reads the surface of a file. Tests, scripts and what was put aside have none.
pub(crate) fn surface(
    catalogue: &Catalogue,
    path: &RepoPath,
    text: &str,
    module: &Module,
) -> Surface {
    let mut reader = Reader {
        names: catalogue.language(module.language),
        common: &catalogue.common,
        path,
        text,
        module,
        lines: LineIndex::new(text),
        terms: Terms::new(module),
        imports: BTreeSet::new(),
        surface: Surface {
            path: path.clone(),
            applications: Vec::new(),
            routes: Vec::new(),
            file_routes: Vec::new(),
            mentions: Vec::new(),
            installs: Vec::new(),
            traits: Vec::new(),
            weak_settings: Vec::new(),
        },
    };
    if Purpose::of(path, module) == Purpose::Served {
        reader.read();
    }
    reader.surface
}

struct Reader<'a> {
    names: &'a LanguageNames,
    common: &'a Names,
    path: &'a RepoPath,
    text: &'a str,
    module: &'a Module,
    lines: LineIndex,
    terms: Terms<'a>,
    imports: BTreeSet<String>,
    surface: Surface,
}

impl<'a> Reader<'a> {
    fn read(&mut self) {
        self.imports = self.terms.imports();
        self.mentions();
        for (at, function) in self.module.functions.iter().enumerate() {
            let id = FuncId(at as u32);
            self.decorated(id, function);
            for instr in function.blocks.iter().flat_map(|b| &b.instrs) {
                if let Op::Call { callee, args } = &instr.op {
                    self.call(id, callee, args, instr.span);
                }
            }
            self.fail_open(id, function);
        }
        self.file_routes();
        self.reflected_origin();
        self.shared_hosts();
        self.configured_origins();
        self.django_settings();
        if !self.limits_attempts() {
            let mentions = &mut self.surface.mentions;
            mentions.retain(|control| *control != Control::RateLimit);
        }
        let surface = &mut self.surface;
        // `finally` is lowered twice.
        surface.applications.dedup();
        surface.routes.sort_by(|a, b| {
            (&a.place.location.start, &a.path).cmp(&(&b.place.location.start, &b.path))
        });
        surface.routes.dedup();
        surface.installs.sort();
        surface.installs.dedup();
        surface
            .weak_settings
            .sort_by(|a, b| (&a.place.location, &a.rule).cmp(&(&b.place.location, &b.rule)));
        surface.weak_settings.dedup();
    }

    /// Controls and traits by the names and texts that occur anywhere in the file.
    fn mentions(&mut self) {
        let mut mentions = BTreeSet::new();
        let mut traits = BTreeSet::new();
        let events = self.events();
        for symbol in &self.module.symbols {
            if symbol.len() > MAX_WORDS {
                if looks_like_html(symbol) {
                    traits.insert(Trait::Html);
                }
                continue;
            }
            let own: Vec<String> = words(symbol).collect();
            let lower = symbol.to_ascii_lowercase();
            for (control, evidence) in &self.common.evidence {
                let says = match control {
                    Control::Authentication => false,
                    Control::RateLimit => self.speaks_of_limit(symbol, &own, evidence, &events),
                    _ => contains_words(&own, &evidence.words),
                };
                let says =
                    says || *control != Control::Authentication && evidence.texts.contains(&lower);
                if says {
                    mentions.insert(*control);
                }
            }
            if looks_like_html(symbol) || self.names.html.iter().any(|n| **n == **symbol) {
                traits.insert(Trait::Html);
            }
            if self.names.upload.iter().any(|n| **n == **symbol) {
                traits.insert(Trait::Upload);
            }
        }
        // What is written with a dot is looked for as it is written: a list may be called `files` too.
        let mut written = self.names.upload.iter().filter(|n| n.contains('.'));
        if written.any(|n| self.text.contains(n.as_str())) {
            traits.insert(Trait::Upload);
        }
        let imports = |modules: &[String]| {
            let mut imports = self.imports.iter();
            imports.any(|i| modules.iter().any(|module| is_within(i, module)))
        };
        if imports(&self.names.session) {
            traits.insert(Trait::CookieSession);
        }
        let symbols = &self.module.symbols;
        if symbols.iter().any(|s| s.eq_ignore_ascii_case("none"))
            && symbols.iter().any(|s| &**s == "same_site")
        {
            // `same_site="none"`: the cookie goes everywhere.
            let limits = ["lax", "strict", "csrf"];
            let limited = |s: &str| words(s).any(|w| limits.contains(&w.as_str()));
            if !symbols.iter().any(|s| s.len() <= MAX_WORDS && limited(s)) {
                mentions.remove(&Control::CsrfProtection);
            }
        } else if imports(&self.names.session_of_site) {
            mentions.insert(Control::CsrfProtection);
        }
        if self
            .imports
            .iter()
            .any(|i| DESKTOP.iter().any(|d| is_within(i, d)))
        {
            traits.insert(Trait::Desktop);
        }
        if self.lets_forms_of_others_in() {
            traits.extend([Trait::CookieSession, Trait::CsrfOff]);
        }
        self.surface.mentions = mentions.into_iter().collect();
        self.surface.traits = traits.into_iter().collect();
    }

    fn call(
        &mut self,
        id: FuncId,
        callee: &'a Callee,
        args: &'a [trueline_syntax::ir::Arg],
        span: Span,
    ) {
        let path = self.terms.callee(id, callee);
        if let Some(path) = &path
            && let Some(framework) = self.names.applications.get(path.as_str())
            && !self.listens_for_itself()
        {
            let place = self.place(span, id);
            self.surface.applications.push(Application {
                framework: framework.clone(),
                place,
            });
        }
        if let Some(path) = &path {
            self.check_cors(id, path, args, span);
        }
        if let Callee::Method { receiver, name } = callee {
            let name = self.module.text(*name);
            if self.names.installers.iter().any(|i| i == name) {
                self.install(id, receiver, name, args, span);
            }
            self.registered(id, receiver, name, args, span);
        }
        self.set_header(id, callee, args, span);
        let name = match callee {
            Callee::Method { name, .. } => Some(self.module.text(*name)),
            _ => path
                .as_deref()
                .map(|p| p.rsplit(['.', '/']).next().unwrap_or(p)),
        };
        if name.is_some_and(|name| SERVING.contains(&name)) {
            self.note_address(id, args);
        }
    }

    /// Which machines a server answers, if its address is written where it begins to.
    fn note_address(&mut self, id: FuncId, args: &'a [trueline_syntax::ir::Arg]) {
        for arg in args {
            let Some(text) = self.terms.text(id, &arg.value) else {
                continue;
            };
            let host = text.rsplit_once(':').map_or(text, |(host, _)| host);
            let reach = match host {
                "127.0.0.1" | "localhost" | "::1" | "[::1]" => Trait::Loopback,
                "0.0.0.0" | "::" | "[::]" => Trait::Network,
                _ => continue,
            };
            if !self.surface.traits.contains(&reach) {
                self.surface.traits.push(reach);
                self.surface.traits.sort();
            }
        }
    }

    /// Whether the file waits at any free port of this machine: a program's own door, for whoever runs
    /// it, as when a browser brings back the answer of a login.
    fn listens_for_itself(&self) -> bool {
        let mut texts = self.module.symbols.iter();
        texts.any(|t| matches!(&**t, "127.0.0.1:0" | "localhost:0" | "[::1]:0"))
    }

    /// Controls that words speak of.
    fn controls_in(&self, own: &[String]) -> BTreeSet<Control> {
        self.common
            .evidence
            .iter()
            .filter(|(_, evidence)| {
                contains_words(own, &evidence.words) || contains_words(own, &evidence.beside)
            })
            .map(|(control, _)| *control)
            .collect()
    }

    fn imports_any(&self, wanted: &[String]) -> bool {
        self.imports
            .iter()
            .any(|i| wanted.iter().any(|w| is_within(i, w)))
    }

    fn slice(&self, span: Span) -> &'a str {
        let text = self
            .text
            .get(span.start as usize..span.end as usize)
            .unwrap_or("");
        let end = text
            .char_indices()
            .nth(MAX_WORDS)
            .map_or(text.len(), |(at, _)| at);
        text.get(..end).unwrap_or(text)
    }

    fn place(&self, span: Span, id: FuncId) -> Place {
        let start = self.position(span.start);
        let snippet: String = self
            .lines
            .line_text(self.text, start.line)
            .trim_end()
            .chars()
            .take(MAX_SNIPPET)
            .collect();
        let text = self
            .text
            .get(span.start as usize..span.end as usize)
            .unwrap_or("");
        Place {
            location: Location {
                path: self.path.clone(),
                start,
                end: self.position(span.end.max(span.start)),
                snippet,
            },
            symbol: self.symbol(id),
            tokens: normalised(text, self.module.language),
        }
    }

    fn position(&self, byte: u32) -> Position {
        let (line, column) = self.lines.position(self.text, byte);
        Position { line, column }
    }

    fn symbol(&self, id: FuncId) -> String {
        let mut at = self.function(id);
        while let Some(function) = at {
            let name = self.module.text(function.qualified);
            if !name.is_empty() {
                return name.to_owned();
            }
            at = function.parent.and_then(|p| self.function(p));
        }
        String::new()
    }

    fn function(&self, id: FuncId) -> Option<&'a Function> {
        self.module.functions.get(id.0 as usize)
    }
}

/// Whether an imported path is a module or something in it.
fn is_within(import: &str, module: &str) -> bool {
    import
        .strip_prefix(module)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '/']))
}

/// Whether one of the phrases (`a_b` is two words that follow each other) occurs.
fn contains_words(own: &[String], phrases: &[Vec<String>]) -> bool {
    phrases.iter().any(|phrase| {
        own.windows(phrase.len().max(1))
            .any(|w| w == phrase.as_slice())
    })
}

fn looks_like_html(text: &str) -> bool {
    let head: String = text
        .trim_start()
        .chars()
        .take(32)
        .collect::<String>()
        .to_ascii_lowercase();
    [
        "<!doctype html",
        "<html",
        "<body",
        "<div",
        "<h1",
        "<form",
        "<p>",
    ]
    .iter()
    .any(|tag| head.starts_with(tag))
}
