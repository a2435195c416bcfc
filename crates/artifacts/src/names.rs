//! What a dotted Python name means to whoever unpickles it: dangerous, vetted, or not known.
//!
//! The lists are data (`data/names.toml`). The longest entry that a name begins with decides; between equals
//! the dangerous one. Attribute walks (`torch.serialization` + `os.system`) are followed before the lists are asked.

use std::sync::LazyLock;

use rustc_hash::{FxHashMap, FxHashSet};
use serde::Deserialize;

static NAMES: LazyLock<Names> = LazyLock::new(Names::load);

/// The judgement of a name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Standing {
    /// A call is an attack.
    Dangerous {
        /// What kind of danger.
        family: &'static str,
        /// What it does, as a verb phrase.
        reason: &'static str,
    },
    /// Needed to store data.
    Vetted,
    /// A class of a package whose classes hold data.
    DataClass,
    /// A function of a package that was looked through, or of the standard library, and not vetted.
    Unvetted,
    /// Of the standard library, looks like a class, not vetted.
    UnvettedClass,
    /// A function of a package that is known by name only.
    KnownPackage,
    /// Never heard of.
    Unknown,
}

#[derive(Deserialize)]
struct Data {
    danger: Vec<Family>,
    escapes: Escapes,
    vetted: Vetted,
}

#[derive(Deserialize)]
struct Family {
    #[serde(rename = "family")]
    kind: String,
    reason: String,
    modules: Vec<String>,
    names: Vec<String>,
}

#[derive(Deserialize)]
struct Escapes {
    names: Vec<String>,
    aliases: Vec<String>,
    hooks: Vec<String>,
}

#[derive(Deserialize)]
struct Vetted {
    verbs: Vec<String>,
    names: Vec<String>,
    audited: Vec<String>,
    known: Vec<String>,
    stdlib: Vec<String>,
}

#[derive(Debug, Default)]
struct Names {
    families: Vec<(String, String)>,
    danger: FxHashMap<String, usize>,
    vetted: FxHashSet<String>,
    audited: FxHashSet<String>,
    known: FxHashSet<String>,
    stdlib: FxHashSet<String>,
    escapes: FxHashSet<String>,
    aliases: FxHashSet<String>,
    hooks: FxHashSet<String>,
    verbs: FxHashSet<String>,
}

impl Names {
    fn load() -> Self {
        // The file is part of the program, and a test reads it; an unreadable one would vet nothing.
        let Ok(data) = toml::from_str::<Data>(include_str!("../data/names.toml")) else {
            return Self::default();
        };
        let mut names = Self {
            vetted: data.vetted.names.into_iter().collect(),
            audited: data.vetted.audited.into_iter().collect(),
            known: data.vetted.known.into_iter().collect(),
            verbs: data.vetted.verbs.into_iter().collect(),
            stdlib: data.vetted.stdlib.into_iter().collect(),
            escapes: data.escapes.names.into_iter().collect(),
            aliases: data.escapes.aliases.into_iter().collect(),
            hooks: data.escapes.hooks.into_iter().collect(),
            ..Self::default()
        };
        for family in data.danger {
            let at = names.families.len();
            names.families.push((family.kind, family.reason));
            for name in family.modules.into_iter().chain(family.names) {
                names.danger.entry(name).or_insert(at);
            }
        }
        names
    }

    fn dangerous(&'static self, at: usize) -> Standing {
        let (family, reason) = &self.families[at];
        Standing::Dangerous { family, reason }
    }
}

const BY_VERB: Standing = Standing::Dangerous {
    family: "by-name",
    reason: "by its name reads, writes, fetches or runs something",
};

/// Does the last part of a name say that calling it reaches outside: `load_model`, `from_pretrained`, `run`?
/// Classes do not count.
fn reaches_out(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or(name);
    let plain = last.trim_start_matches('_');
    if plain.starts_with(char::is_uppercase) {
        return false;
    }
    NAMES.verbs.contains(plain)
        || plain
            .split('_')
            .next()
            .is_some_and(|verb| verb.len() < plain.len() && NAMES.verbs.contains(verb))
}

const INTROSPECTION: Standing = Standing::Dangerous {
    family: "introspection",
    reason: "reaches internals of the interpreter",
};

/// Does an attribute of that name lead into the interpreter?
pub(crate) fn is_escape(name: &str) -> bool {
    NAMES.escapes.contains(name)
}

/// Would a key of that name in an object's state change what later steps call?
pub(crate) fn is_hook(name: &str) -> bool {
    NAMES.hooks.contains(name)
}

/// Is it a module of the standard library?
pub(crate) fn is_stdlib(module: &str) -> bool {
    NAMES
        .stdlib
        .contains(module.split('.').next().unwrap_or(module))
}

/// Follows a name through a harmless module to where it leads: (`torch`, `os.system`) is (`os`, `system`).
pub(crate) fn resolve(module: &str, name: &str) -> (String, String) {
    let parts: Vec<&str> = name.split('.').collect();
    let alias = parts.iter().rposition(|part| NAMES.aliases.contains(*part));
    match alias {
        Some(at) if parts[at] != module => {
            let module = canonical_module(parts[at].trim_start_matches('_'));
            (module.to_owned(), parts[at + 1..].join("."))
        }
        _ => (module.to_owned(), name.to_owned()),
    }
}

/// Judges `module.name`, both as the loader would resolve them.
pub(crate) fn standing(module: &str, name: &str) -> Standing {
    let names = &*NAMES;
    let (module, name) = resolve(module, name);
    if name.split('.').any(|part| names.escapes.contains(part)) && name != "__dict__.get" {
        return INTROSPECTION;
    }
    let full = if name.is_empty() {
        module.clone()
    } else {
        format!("{module}.{name}")
    };
    // Longest first.
    let mut prefix = full.as_str();
    loop {
        if let Some(at) = names.danger.get(prefix) {
            return names.dangerous(*at);
        }
        if names.vetted.contains(prefix) {
            // A class is vetted for what its state is, not for every method it has.
            let is_exact = prefix.len() == full.len();
            return if !is_exact && reaches_out(&name) {
                BY_VERB
            } else {
                Standing::Vetted
            };
        }
        match prefix.rfind('.') {
            Some(dot) => prefix = &prefix[..dot],
            None => break,
        }
    }
    let top = module.split('.').next().unwrap_or(&module);
    if top == "__torch__" {
        // Classes of a TorchScript archive: its own interpreter makes them.
        return Standing::DataClass;
    }
    let last = name.rsplit('.').next().unwrap_or(&name);
    let is_class = last
        .trim_start_matches('_')
        .starts_with(|c: char| c.is_uppercase());
    if top == "builtins" && is_class {
        // Exceptions.
        return Standing::Vetted;
    }
    if last.starts_with("__pyx_unpickle_")
        && (names.audited.contains(top) || names.known.contains(top))
    {
        return Standing::Vetted;
    }
    let is_known =
        names.audited.contains(top) || names.known.contains(top) || names.stdlib.contains(top);
    if is_known && !is_rebuilder(last) && reaches_out(&name) {
        return BY_VERB;
    }
    if names.audited.contains(top) || names.known.contains(top) {
        return if is_class {
            Standing::DataClass
        } else if names.audited.contains(top) && !is_rebuilder(last) {
            Standing::Unvetted
        } else {
            Standing::KnownPackage
        };
    }
    if names.stdlib.contains(top) {
        return if is_class && !top.starts_with('_') {
            Standing::UnvettedClass
        } else {
            Standing::Unvetted
        };
    }
    Standing::Unknown
}

/// Names that libraries give to the functions that put their objects together again.
fn is_rebuilder(name: &str) -> bool {
    [
        "_rebuild",
        "_reconstruct",
        "_unpickle",
        "_restore",
        "_from_",
        "_new_",
        "newObj",
    ]
    .iter()
    .any(|start| name.starts_with(start))
        || name.ends_with("_gen")
}

/// Python 2 names that loaders translate when the protocol is below 3.
pub(crate) fn canonical_module(module: &str) -> &str {
    match module {
        "__builtin__" | "exceptions" => "builtins",
        "commands" => "subprocess",
        "copy_reg" => "copyreg",
        "cPickle" => "pickle",
        "StringIO" | "cStringIO" => "io",
        "Queue" => "queue",
        "ConfigParser" => "configparser",
        "SocketServer" => "socketserver",
        "thread" => "_thread",
        "dummy_thread" => "_dummy_thread",
        "urllib2" | "urllib" => "urllib.request",
        "urlparse" => "urllib.parse",
        "httplib" => "http.client",
        "BaseHTTPServer" | "SimpleHTTPServer" | "CGIHTTPServer" => "http.server",
        "xmlrpclib" => "xmlrpc.client",
        "Tkinter" => "tkinter",
        "anydbm" | "whichdb" | "dbhash" | "gdbm" => "dbm",
        "UserDict" | "UserList" | "UserString" => "collections",
        "itertools" | "markupbase" | "repr" | "robotparser" | "_winreg" => module,
        "__main__" => "__main__",
        other => other,
    }
}

/// The pair that a loader of the protocol looks up.
pub(crate) fn canonical(module: &str, name: &str, protocol: u8) -> (String, String) {
    if protocol >= 3 {
        return (module.to_owned(), name.to_owned());
    }
    let pair = match (module, name) {
        ("__builtin__", "reduce") => ("functools", "reduce"),
        ("__builtin__", "xrange") => ("builtins", "range"),
        ("__builtin__", "intern") => ("sys", "intern"),
        ("__builtin__", "unichr") => ("builtins", "chr"),
        ("__builtin__", "basestring" | "unicode") => ("builtins", "str"),
        ("__builtin__", "long") => ("builtins", "int"),
        ("itertools", "izip") => ("builtins", "zip"),
        ("itertools", "imap") => ("builtins", "map"),
        ("itertools", "ifilter") => ("builtins", "filter"),
        ("os", "getcwdu") => ("os", "getcwd"),
        ("urllib", "quote" | "unquote" | "urlencode") => ("urllib.parse", name),
        _ => (canonical_module(module), name),
    };
    (pair.0.to_owned(), pair.1.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn family(module: &str, name: &str) -> Option<&'static str> {
        match standing(module, name) {
            Standing::Dangerous { family, .. } => Some(family),
            _ => None,
        }
    }

    #[test]
    fn the_data_is_readable() {
        assert!(NAMES.vetted.len() > 300);
        assert!(NAMES.danger.len() > 500);
    }

    #[test]
    fn a_name_is_followed_through_a_harmless_module() {
        assert_eq!(family("torch.serialization", "os.system"), Some("process"));
        assert_eq!(family("torch.nn.modules", "sys.modules"), Some("import"));
        assert_eq!(family("collections", "_sys.modules"), Some("import"));
    }

    #[test]
    fn a_method_that_loads_is_no_data_whatever_its_class() {
        assert_eq!(
            family("gensim.models", "KeyedVectors.load"),
            Some("by-name")
        );
        assert_eq!(family("catboost", "CatBoost.load_model"), Some("by-name"));
        assert_eq!(
            standing("torch.storage", "_load_from_bytes"),
            Standing::Vetted
        );
        assert_eq!(standing("shop.models", "load"), Standing::Unknown);
    }

    #[test]
    fn the_longest_entry_decides() {
        assert_eq!(standing("os", "stat_result"), Standing::Vetted);
        assert_eq!(family("os", "stat"), Some("process"));
        assert_eq!(standing("inspect", "Parameter"), Standing::Vetted);
        assert_eq!(family("numpy", "load"), Some("loader"));
    }

    #[test]
    fn attributes_that_lead_inside_are_dangerous_anywhere() {
        assert_eq!(family("mine", "Thing.__globals__"), Some("introspection"));
        assert_eq!(
            family("collections", "OrderedDict.__init__"),
            Some("introspection")
        );
    }

    #[test]
    fn classes_of_known_packages_are_data_and_their_functions_are_not_vetted() {
        assert_eq!(standing("sklearn.svm._classes", "SVC"), Standing::DataClass);
        assert_eq!(standing("sklearn.svm._classes", "fit"), Standing::Unvetted);
        assert_eq!(standing("shop.models", "Ranker"), Standing::Unknown);
    }

    #[test]
    fn python_2_names_are_those_of_python_3_below_protocol_3() {
        assert_eq!(canonical("__builtin__", "eval", 2).0, "builtins");
        assert_eq!(canonical("__builtin__", "eval", 4).0, "__builtin__");
    }
}
