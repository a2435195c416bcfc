//! What a dotted Python name means to whoever unpickles it: dangerous, vetted, or not known.
//!
//! The lists are data (`data/names.toml`, `data/data_classes.toml`). The longest entry that a name begins with decides;
//! between equals the dangerous one. What a module that reaches outside has of exceptions, enumerations and named
//! tuples holds data alone, and its methods stay what the module is. Attribute walks (`torch.serialization` + `os.system`) are followed before the lists are asked.

use std::sync::LazyLock;

use rustc_hash::{FxHashMap, FxHashSet};
use serde::Deserialize;

mod code;
mod moved;
mod words;

pub(crate) use code::{danger, families, is_data};
pub(crate) use moved::{canonical, of_dill, resolve};

pub(crate) use words::{
    ends_outward, is_compiler, is_evaluator, is_opener, is_outward, is_settings, reaches_out,
};

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
    /// A class of a part of a package whose classes hold data, as the files that the package writes have them.
    DataClass,
    /// A class of a known package that such files do not have.
    PackageClass,
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
    idle: Vec<String>,
    run: Vec<String>,
    stateful: Vec<String>,
    inert: Vec<String>,
    acting: Vec<String>,
}

#[derive(Deserialize)]
struct Vetted {
    verbs: Vec<String>,
    plain: Vec<String>,
    names: Vec<String>,
    holders: Vec<String>,
    audited: Vec<String>,
    keepers: Vec<String>,
    known: Vec<String>,
    stdlib: Vec<String>,
    outward: Vec<String>,
    openers: Vec<String>,
    opening: Vec<String>,
    evaluators: Vec<String>,
    places: Vec<String>,
    containers: Vec<String>,
}

/// What `data/data_classes.py` wrote.
#[derive(Deserialize)]
struct DataClasses {
    classes: Vec<String>,
    members: Vec<String>,
}

#[derive(Debug, Default)]
struct Names {
    families: Vec<(String, String)>,
    danger: FxHashMap<String, usize>,
    vetted: FxHashSet<String>,
    /// Names that hold data alone, whatever their module does.
    plain: FxHashSet<String>,
    /// Packages and their parts whose classes hold data.
    holders: FxHashSet<String>,
    audited: FxHashSet<String>,
    /// Vetted functions that keep what they are handed and do not call it.
    keepers: FxHashSet<String>,
    known: FxHashSet<String>,
    stdlib: FxHashSet<String>,
    /// Words in the names of classes that open, fetch or run something when they are made.
    outward: FxHashSet<String>,
    /// Classes that open what a text names, and words in the names of such classes.
    openers: FxHashSet<String>,
    opening: FxHashSet<String>,
    evaluators: FxHashSet<String>,
    /// Parts of the names of modules that read, write, fetch or serve.
    places: FxHashSet<String>,
    /// Arrays, tables and vocabularies, which evaluate nothing of the texts that they hold.
    containers: FxHashSet<String>,
    escapes: FxHashSet<String>,
    aliases: FxHashSet<String>,
    hooks: FxHashSet<String>,
    idle: FxHashSet<String>,
    run: FxHashSet<String>,
    stateful: FxHashSet<String>,
    /// Classes that only hold their state, and what has classes that act without being called.
    inert: FxHashSet<String>,
    acting: FxHashSet<String>,
    verbs: FxHashSet<String>,
}

impl Names {
    fn load() -> Self {
        // The files are part of the program, and a test reads them; unreadable ones would vet nothing.
        let data = toml::from_str::<Data>(include_str!("../data/names.toml"));
        let classes = toml::from_str::<DataClasses>(include_str!("../data/data_classes.toml"));
        let (Ok(data), Ok(classes)) = (data, classes) else {
            return Self::default();
        };
        let mut names = Self {
            vetted: data.vetted.names.into_iter().collect(),
            plain: data
                .vetted
                .plain
                .into_iter()
                .chain(classes.classes)
                .chain(classes.members)
                .collect(),
            holders: data.vetted.holders.into_iter().collect(),
            outward: data.vetted.outward.into_iter().collect(),
            openers: data.vetted.openers.into_iter().collect(),
            opening: data.vetted.opening.into_iter().collect(),
            evaluators: data.vetted.evaluators.into_iter().collect(),
            places: data.vetted.places.into_iter().collect(),
            containers: data.vetted.containers.into_iter().collect(),
            audited: data.vetted.audited.into_iter().collect(),
            keepers: data.vetted.keepers.into_iter().collect(),
            known: data.vetted.known.into_iter().collect(),
            verbs: data.vetted.verbs.into_iter().collect(),
            stdlib: data.vetted.stdlib.into_iter().collect(),
            escapes: data.escapes.names.into_iter().collect(),
            aliases: data.escapes.aliases.into_iter().collect(),
            hooks: data.escapes.hooks.into_iter().collect(),
            idle: data.escapes.idle.into_iter().collect(),
            run: data.escapes.run.into_iter().collect(),
            stateful: data.escapes.stateful.into_iter().collect(),
            inert: data.escapes.inert.into_iter().collect(),
            acting: data.escapes.acting.into_iter().collect(),
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

/// Is the class listed by its own name or that of its module, and not with a whole package?
pub(crate) fn is_listed(module: &str, name: &str) -> bool {
    let full = format!("{module}.{name}");
    [module, &full]
        .into_iter()
        .any(|entry| NAMES.holders.contains(entry) || NAMES.vetted.contains(entry))
}

/// Does a part of a package vouch for it that is vetted, and no entry of its own?
pub(crate) fn is_of_vetted_part(module: &str, name: &str) -> bool {
    let full = format!("{module}.{name}");
    let mut prefix = full.as_str();
    while let Some(dot) = prefix.rfind('.') {
        prefix = &prefix[..dot];
        if NAMES.vetted.contains(prefix) {
            return true;
        }
    }
    false
}

/// Is it a function that is vetted with the module or the part of a package that it stands in, and not by its own name?
pub(crate) fn is_vetted_with_others(module: &str, name: &str) -> bool {
    let full = format!("{module}.{name}");
    !is_class_name(name) && !NAMES.vetted.contains(&full) && !NAMES.plain.contains(&full)
}

/// Does it keep functions and classes that it is handed, and calls none of them: `defaultdict`, `partial`, `isinstance`?
pub(crate) fn is_keeper(module: &str, name: &str) -> bool {
    NAMES.keepers.contains(module) || NAMES.keepers.contains(&format!("{module}.{name}"))
}

/// Is it an array, a table or a vocabulary, or a function that makes one: are texts in it data to whoever loads it?
pub(crate) fn is_container(module: &str, name: &str) -> bool {
    let full = format!("{module}.{name}");
    let ends = full.match_indices('.').map(|(at, _)| at);
    ends.chain([full.len()])
        .any(|end| NAMES.containers.contains(&full[..end]))
        && !matches!(standing(module, name), Standing::Dangerous { .. })
}

/// Is it a package whose functions were looked through?
pub(crate) fn is_audited(module: &str) -> bool {
    NAMES
        .audited
        .contains(module.split('.').next().unwrap_or(module))
}

/// Is it the name of an exception? Those of sockets, FTP and the like are written small.
pub(crate) fn is_exception(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or(name);
    let is_class = last
        .trim_start_matches('_')
        .starts_with(|c: char| c.is_uppercase());
    let by_end = ["Error", "Exception", "Warning"]
        .iter()
        .any(|end| last.ends_with(end));
    // A function of that name writes a log.
    let parent = name.rsplit('.').nth(1).unwrap_or_default();
    is_class && by_end || last == "error" && matches!(parent, "" | "IMAP4")
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

/// Does it say nothing of a file that it imports the name and does not call it?
pub(crate) fn is_idle(module: &str, name: &str) -> bool {
    NAMES.idle.contains(&format!("{module}.{name}"))
}

/// Is the text under that key of an object's state run as code?
pub(crate) fn is_run(key: &str) -> bool {
    NAMES.run.contains(key)
}

/// Is it a module of the standard library, or of a package that is known, which does nothing when it is imported?
pub(crate) fn is_inert_module(module: &str) -> bool {
    let top = module.split('.').next().unwrap_or(module);
    let is_known = is_stdlib(module) || NAMES.audited.contains(top) || NAMES.known.contains(top);
    is_known
        && !matches!(module, "this" | "__phello__")
        && !matches!(standing(module, ""), Standing::Dangerous { .. })
}

/// Does a class that reaches outside do nothing when it is made from a state, without a call of it?
pub(crate) fn is_stateful(module: &str, name: &str) -> bool {
    NAMES.stateful.contains(&format!("{module}.{name}"))
}

/// Is it a class of a module that reaches outside which only holds its state when it is made from one?
pub(crate) fn is_inert(module: &str, name: &str) -> bool {
    NAMES.inert.contains(&format!("{module}.{name}"))
}

/// Could an object of the class act when it is made, given a state or dropped, without a call of the class?
pub(crate) fn may_act(module: &str, name: &str) -> bool {
    if !is_class_name(name) || module.starts_with('_') {
        return true;
    }
    let full = format!("{module}.{name}");
    full.match_indices('.')
        .map(|(at, _)| at)
        .chain([full.len()])
        .any(|end| NAMES.acting.contains(&full[..end]))
}

/// Is it a module of the standard library?
pub(crate) fn is_stdlib(module: &str) -> bool {
    NAMES
        .stdlib
        .contains(module.split('.').next().unwrap_or(module))
}

/// Does the class hold data alone though its module reaches outside?
pub(crate) fn is_plain(module: &str, name: &str) -> bool {
    NAMES.plain.contains(&format!("{module}.{name}"))
}

/// Whether the last part of a name is written as classes are.
fn is_class_name(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or(name);
    last.trim_start_matches('_')
        .starts_with(|c: char| c.is_uppercase())
}

/// Whether a name leads through something that is no class: a module that the vetted one has
/// imported (`enum`, `bltns.setattr`).
fn passes_a_module(name: &str) -> bool {
    name.rsplit_once('.')
        .is_some_and(|(owner, _)| !owner.split('.').all(is_class_name))
}

/// Is a call of `module.name` an attack?
pub(crate) fn is_dangerous(module: &str, name: &str) -> bool {
    matches!(standing(module, name), Standing::Dangerous { .. })
}

/// Judges `module.name`, both as the loader would resolve them.
pub(crate) fn standing(module: &str, name: &str) -> Standing {
    let names = &*NAMES;
    let (module, name) = resolve(module, name);
    // Of Python 2, whatever the protocol says.
    let module = if module == "__builtin__" {
        "builtins".to_owned()
    } else {
        module
    };
    if name.split('.').any(|part| names.escapes.contains(part)) && name != "__dict__.get" {
        return INTROSPECTION;
    }
    let full = if name.is_empty() {
        module.clone()
    } else {
        format!("{module}.{name}")
    };
    if names.plain.contains(&full) {
        return Standing::Vetted;
    }
    // Every enumeration has it from `Enum`, whatever its module.
    if name.ends_with("._convert_")
        && let Some(at) = names.danger.get("enum.Enum._convert_")
    {
        return names.dangerous(*at);
    }
    // An exception of a package keeps its message and does nothing with it.
    let package = module.split('.').next().unwrap_or(&module);
    if (names.audited.contains(package) || names.known.contains(package))
        && is_exception(&name)
        && !passes_a_module(&name)
        && !names.danger.contains_key(&full)
    {
        return Standing::Vetted;
    }
    // Longest first.
    let mut prefix = full.as_str();
    loop {
        if let Some(at) = names.danger.get(prefix) {
            // An exception tells what happened in its module and does nothing of it.
            let is_log = prefix == "distutils" && name == "error";
            if prefix.len() < full.len() && is_exception(&name) && !is_log {
                return Standing::Vetted;
            }
            // Classes of Python's own tests do what their names say; what runs the tests has entries of its own.
            if prefix == "test" && is_class_name(&name) && !passes_a_module(&name) {
                return Standing::UnvettedClass;
            }
            return names.dangerous(*at);
        }
        if names.vetted.contains(prefix) {
            // A class is vetted for what its state is, not for every method it has.
            let is_exact = prefix.len() == full.len();
            let top = prefix.split('.').next().unwrap_or(prefix);
            let is_stdlib = names.stdlib.contains(top);
            let last = name.rsplit('.').next().unwrap_or(&name);
            return if is_exact {
                Standing::Vetted
            } else if passes_a_module(&name) {
                match names.danger.get(format!("builtins.{last}").as_str()) {
                    Some(at) => names.dangerous(*at),
                    None => Standing::Unvetted,
                }
            } else if reaches_out(&name) {
                BY_VERB
            } else if !is_stdlib
                && !is_class_name(last)
                && !is_rebuilder(last)
                && !last.starts_with("__pyx_unpickle_")
            {
                // A part of a package is vetted for its classes: its functions and their methods are as good as
                // what it imports.
                Standing::KnownPackage
            } else if is_class_name(last) && !is_stdlib {
                // Made from data alone: what it is given is looked at.
                Standing::DataClass
            } else {
                Standing::Vetted
            };
        }
        if names.holders.contains(prefix) {
            let last = name.rsplit('.').next().unwrap_or(&name);
            // A class of a class is one; a class below something else is of another module.
            if is_class_name(last) && !passes_a_module(&name) {
                return Standing::DataClass;
            }
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
    let is_class = is_class_name(last);
    let is_log = last == "error" && matches!(top, "logging" | "distutils");
    if top == "builtins" && is_class || names.stdlib.contains(top) && is_exception(&name) && !is_log
    {
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
            Standing::PackageClass
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
pub(crate) fn is_rebuilder(name: &str) -> bool {
    [
        "_rebuild",
        "_reconstruct",
        "_unpickle",
        "_restore",
        "_recreate",
        "_from_",
        "_new_",
        "_make_",
        "_create_",
        "_get_",
        "newObj",
        "rebuild",
        "reconstruct",
        "unpickle",
    ]
    .iter()
    .any(|start| name.starts_with(start))
        || ["_gen", "_ctor", "_constructor", "_factory", "_unpickle"]
            .iter()
            .any(|end| name.ends_with(end))
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
    fn packages_that_run_programs_or_code_of_other_languages_are_told() {
        for (module, name, of) in [
            ("ptyprocess", "PtyProcess.spawn", "process"),
            ("win32com.client", "Dispatch", "process"),
            ("matplotlib", "_get_executable_info", "process"),
            ("lupa", "LuaRuntime", "evaluate"),
            ("py_mini_racer", "MiniRacer", "evaluate"),
            ("juliacall", "Main.seval", "evaluate"),
            ("matlab.engine", "start_matlab", "evaluate"),
            ("tvm.runtime", "load_module", "native"),
            ("openvino", "Core", "native"),
            ("rpyc", "connect", "network"),
        ] {
            assert_eq!(family(module, name), Some(of), "{module}.{name}");
        }
        // What files of the same packages hold is data.
        assert_eq!(family("matlab", "double"), None);
        assert_eq!(family("pyspark.ml.linalg", "DenseVector"), None);
    }

    #[test]
    fn the_longest_entry_decides() {
        assert_eq!(standing("os", "stat_result"), Standing::Vetted);
        assert_eq!(family("os", "stat"), Some("system"));
        assert_eq!(family("os", "system"), Some("process"));
        assert_eq!(standing("inspect", "Parameter"), Standing::Vetted);
        assert_eq!(family("numpy", "load"), Some("loader"));
    }

    #[test]
    fn classes_of_tests_are_no_code_and_what_runs_tests_is() {
        assert_eq!(
            standing("test.datetimetester", "PicklableFixedOffset"),
            Standing::UnvettedClass
        );
        assert_eq!(family("test.autotest", "X"), Some("import"));
        assert_eq!(family("test.test_os", "run"), Some("import"));
        assert_eq!(family("test.support", "run_code"), Some("import"));
    }

    #[test]
    fn exceptions_and_enumerations_of_modules_that_reach_outside_hold_data() {
        for (module, name) in [
            ("subprocess", "CalledProcessError"),
            ("http", "HTTPStatus"),
            ("socket", "gaierror"),
            ("imaplib", "IMAP4.error"),
            ("requests.models", "Response"),
            ("urllib.parse", "ParseResult"),
            ("shutil", "Error"),
            ("queue", "Empty"),
            ("binascii", "Error"),
            // Members by their own names, and what `os.stat` gives, as Python 2 writes it.
            ("socket", "AF_INET"),
            ("signal", "SIGTERM"),
            ("ssl", "PROTOCOL_TLS"),
            ("os", "_make_stat_result"),
            ("os", "_make_statvfs_result"),
        ] {
            let found = standing(module, name);
            assert!(
                matches!(found, Standing::Vetted | Standing::UnvettedClass),
                "{module}.{name}: {found:?}"
            );
        }
        // What such a class does is another matter.
        assert_eq!(family("requests.sessions", "Session.get"), Some("network"));
        assert_eq!(family("subprocess", "Popen"), Some("process"));
        assert_eq!(family("http.client", "HTTPConnection"), Some("network"));
        assert_eq!(family("socket", "AF_INET.real"), Some("network"));
        assert_eq!(family("signal", "signal"), Some("thread"));
        assert_eq!(family("os", "_make_environ"), Some("system"));
        assert_eq!(family("distutils.log", "error"), Some("import"));
    }

    #[test]
    fn functions_under_names_of_six_are_what_they_were() {
        assert_eq!(family("six.moves.builtins", "eval"), Some("evaluate"));
        assert_eq!(
            family("botocore.vendored.six.moves", "getoutput"),
            Some("process")
        );
        assert_eq!(family("six.moves", "cPickle.loads"), Some("loader"));
        assert_eq!(standing("notsix.moves", "getoutput"), Standing::Unknown);
    }

    #[test]
    fn a_reason_says_what_the_name_does() {
        assert_eq!(family("builtins", "print"), Some("output"));
        assert_eq!(family("sys", "exit"), Some("exit"));
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
        // Python 3 writes its `UserDict` so below protocol 3.
        let (module, name) = canonical("UserDict", "IterableUserDict", 2);
        assert_eq!(standing(&module, &name), Standing::Vetted);
        assert_eq!(canonical("UserDict", "IterableUserDict", 4).0, "UserDict");
    }
}
