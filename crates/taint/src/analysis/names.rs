//! Names of one module: folded texts, and dotted paths with what the models say of them.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;
use trueline_syntax::ir::{Language, Module, Symbol};

use super::special::Special;
use super::value::PathId;
use crate::models::{Entry, LanguageModels};

/// A path of more names than this is one thing with all that is below it. The longest of the models has
/// ten.
const MAX_PATH: u8 = 10;
const BELOW: &str = "…";
/// Folded text longer than this is not a constant any more.
pub(super) const MAX_TEXT: usize = 4_096;

/// The symbols of a module and those made by folding.
#[derive(Debug)]
pub(super) struct Names<'a> {
    module: &'a Module,
    extra: Vec<Box<str>>,
    ids: FxHashMap<Box<str>, Symbol>,
}

impl<'a> Names<'a> {
    pub(super) fn new(module: &'a Module) -> Self {
        let ids = module
            .symbols
            .iter()
            .enumerate()
            .map(|(at, text)| (text.clone(), Symbol(at as u32)))
            .collect();
        Self {
            module,
            extra: Vec::new(),
            ids,
        }
    }

    pub(super) fn text(&self, symbol: Symbol) -> &str {
        let at = symbol.0 as usize;
        let own = self.module.symbols.len();
        if at < own {
            self.module.text(symbol)
        } else {
            self.extra.get(at - own).map_or("", |t| t)
        }
    }

    pub(super) fn intern(&mut self, text: &str) -> Symbol {
        if let Some(symbol) = self.ids.get(text) {
            return *symbol;
        }
        let symbol = Symbol((self.module.symbols.len() + self.extra.len()) as u32);
        self.extra.push(text.into());
        self.ids.insert(text.into(), symbol);
        symbol
    }
}

#[derive(Debug)]
struct PathNode<'a> {
    text: Box<str>,
    last: Symbol,
    depth: u8,
    entry: Option<&'a Entry>,
    store: bool,
    special: Option<Special>,
}

/// Dotted paths.
#[derive(Debug)]
pub(super) struct Paths<'a> {
    language: Language,
    models: &'a LanguageModels,
    nodes: Vec<PathNode<'a>>,
    children: FxHashMap<(PathId, Symbol), PathId>,
    by_text: FxHashMap<Box<str>, PathId>,
    methods: FxHashMap<Symbol, Option<&'a Entry>>,
    /// Library types that the file may name by their last part, with the whole names.
    aliases: FxHashMap<&'a str, &'a str>,
}

impl<'a> Paths<'a> {
    pub(super) fn new(
        language: Language,
        models: &'a LanguageModels,
        imports: &BTreeSet<Box<str>>,
    ) -> Self {
        let packages: BTreeSet<String> = imports.iter().map(|i| unified(language, i)).collect();
        let aliases = models
            .types
            .iter()
            .filter_map(|full| {
                full.rsplit_once('.')
                    .map(|(package, last)| (full, package, last))
            })
            .filter(|(_, package, _)| packages.contains(*package))
            .map(|(full, _, last)| (last, full.as_ref()))
            .collect();
        Self {
            language,
            models,
            nodes: Vec::new(),
            children: FxHashMap::default(),
            by_text: FxHashMap::default(),
            methods: FxHashMap::default(),
            aliases,
        }
    }

    /// The whole name of a type that the models know.
    pub(super) fn library_type(&self, text: &str) -> Option<String> {
        let text = unified(self.language, text);
        if self.models.types.contains(text.as_str()) {
            return Some(text);
        }
        self.aliases
            .get(text.as_str())
            .map(|full| (*full).to_owned())
    }

    /// The path of a text such as `os.path`; `last` is the symbol of its last name.
    pub(super) fn absolute(&mut self, text: &str, last: Symbol) -> PathId {
        if let Some(id) = self.by_text.get(text) {
            return *id;
        }
        if self.language == Language::Java {
            let whole = match self.aliases.get(text) {
                Some(full) => (*full).to_owned(),
                None => unified(self.language, text),
            };
            if whole != text {
                let id = self.absolute(&whole, last);
                self.by_text.insert(text.into(), id);
                return id;
            }
        }
        let id = PathId(self.nodes.len() as u32);
        self.nodes.push(PathNode {
            text: text.into(),
            last,
            depth: depth_of(text),
            entry: self.models.paths.get(text),
            store: self.models.stores.contains(text),
            special: Special::of(self.language, text),
        });
        self.by_text.insert(text.into(), id);
        id
    }

    pub(super) fn child(&mut self, parent: PathId, name: Symbol, names: &Names<'_>) -> PathId {
        if let Some(id) = self.children.get(&(parent, name)) {
            return *id;
        }
        let Some(node) = self.nodes.get(parent.0 as usize) else {
            return parent;
        };
        if node.depth > MAX_PATH {
            return parent;
        }
        // What is below is not what a longest path itself is.
        let last = if node.depth == MAX_PATH {
            BELOW
        } else {
            names.text(name)
        };
        let text = format!("{}.{last}", node.text);
        let id = self.absolute(&text, name);
        self.children.insert((parent, name), id);
        id
    }

    pub(super) fn text(&self, id: PathId) -> &str {
        self.nodes.get(id.0 as usize).map_or("", |n| &n.text)
    }

    pub(super) fn last(&self, id: PathId) -> Option<Symbol> {
        self.nodes.get(id.0 as usize).map(|n| n.last)
    }

    pub(super) fn entry(&self, id: PathId) -> Option<&'a Entry> {
        self.nodes.get(id.0 as usize).and_then(|n| n.entry)
    }

    pub(super) fn special(&self, id: PathId) -> Option<Special> {
        self.nodes.get(id.0 as usize).and_then(|n| n.special)
    }

    /// Whether a value of this type is kept as an object.
    pub(super) fn is_store(&self, id: PathId) -> bool {
        self.nodes.get(id.0 as usize).is_some_and(|n| n.store)
    }

    /// What the models say of a method of unknown receivers.
    pub(super) fn method(&mut self, name: Symbol, names: &Names<'_>) -> Option<&'a Entry> {
        let models = self.models;
        *self
            .methods
            .entry(name)
            .or_insert_with(|| models.methods.get(names.text(name)))
    }
}

/// How many names a path has, as far as that matters: whatever is below the longest is one deeper.
fn depth_of(text: &str) -> u8 {
    let names = text.split('.').count().min(usize::from(MAX_PATH)) as u8;
    names + u8::from(names == MAX_PATH && text.ends_with(BELOW))
}

/// A name of Jakarta EE by its older name: both are the same to the models.
fn unified(language: Language, text: &str) -> String {
    match text.strip_prefix("jakarta.") {
        Some(rest) if language == Language::Java => format!("javax.{rest}"),
        _ => text.to_owned(),
    }
}

/// The part of a path that names the library: the first name; in Java, where names begin with the
/// reversed domain of their maker, the first two.
pub(crate) fn root_of(language: Language, path: &str) -> &str {
    let first = path.split('.').next().unwrap_or(path);
    if language == Language::Go {
        return crate::models::library_of(path);
    }
    if language != Language::Java || matches!(first, "java" | "javax") {
        return first;
    }
    let second = path
        .get(first.len() + 1..)
        .and_then(|rest| rest.split('.').next());
    let end = first.len() + second.map_or(0, |s| s.len() + 1);
    path.get(..end).unwrap_or(path)
}

/// The dotted path of an imported thing.
pub(crate) fn import_path(language: Language, module: &str, member: Option<&str>) -> String {
    let module = match language {
        Language::Python | Language::Go | Language::Java => module,
        Language::JavaScript | Language::TypeScript => {
            let bare = module.strip_prefix("node:").unwrap_or(module);
            bare.strip_suffix("/promises").unwrap_or(bare)
        }
    };
    match member {
        None | Some("*" | "default" | "") => module.to_owned(),
        Some(member) => format!("{module}.{member}"),
    }
}

/// Splits an identifier into lower-case words: `dbConn`, `db_conn` → `db`, `conn`; `CSRFToken` →
/// `csrf`, `token`.
pub(crate) fn words(name: &str) -> impl Iterator<Item = String> {
    let mut all = Vec::new();
    let mut word = String::new();
    let mut before: Option<char> = None;
    let mut chars = name.chars().peekable();
    while let Some(c) = chars.next() {
        let after_lower = before.is_some_and(|b| b.is_lowercase() || b.is_numeric());
        let ends_acronym = before.is_some_and(char::is_uppercase)
            && chars.peek().is_some_and(|n| n.is_lowercase());
        let starts = c.is_uppercase() && (after_lower || ends_acronym);
        if (!c.is_alphanumeric() || starts) && !word.is_empty() {
            all.push(std::mem::take(&mut word));
        }
        if c.is_alphanumeric() {
            word.extend(c.to_lowercase());
        }
        before = Some(c);
    }
    if !word.is_empty() {
        all.push(word);
    }
    all.into_iter()
}
