//! What the functions that code names do: those that no model needs, wherever they stand, and those that only tell
//! something where they run as soon as the code is imported.
//!
//! What reaches outside is the list of dangers that pickles are judged by (`data/names.toml`); `data/code.toml` says what
//! of it is normal in code.

use std::sync::LazyLock;

use rustc_hash::{FxHashMap, FxHashSet};
use serde::Deserialize;

use crate::names;

/// When a call says something of the code.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum When {
    /// Wherever it stands; worse where an import runs it.
    Always,
    /// Where an import runs it: functions of models fetch and write files.
    AtImport,
    /// The same, and there it is no more than odd.
    OddAtImport,
    /// Where an import runs it: it loads a file, which has its own record.
    Loads,
}

/// What a function does to the outside.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Reach {
    pub(super) does: &'static str,
    pub(super) when: When,
    family: &'static str,
}

/// Parts of a name that are looked up.
const MAX_PARTS: usize = 8;

const OUTSIDE: &str = "reaches outside of the model";
pub(super) const COMPUTED: &str = "calls what a computed name stands for";

static INTERPRETER: Reach = Reach {
    does: "reaches into the interpreter",
    when: When::Always,
    family: "introspection",
};
static FRAME: Reach = Reach {
    does: "reaches into the interpreter",
    when: When::OddAtImport,
    family: "introspection",
};
static ANY: Reach = Reach {
    does: COMPUTED,
    when: When::Always,
    family: "computed",
};
static ODD: Reach = Reach {
    does: COMPUTED,
    when: When::OddAtImport,
    family: "computed",
};

/// Modules that other modules hand on: `torch.os.system`.
pub(super) const CORE: &[&str] = &[
    "os",
    "subprocess",
    "sys",
    "builtins",
    "importlib",
    "ctypes",
    "socket",
    "shutil",
    "pty",
    "runpy",
    "marshal",
    "pickle",
];

#[derive(Deserialize)]
struct Data {
    families: Families,
    does: FxHashMap<String, String>,
    always: Listed,
    at_import: Listed,
    odd: Listed,
    loads: Listed,
    ordinary: Listed,
    methods: FxHashMap<String, Vec<String>>,
    methods_at_import: FxHashMap<String, Vec<String>>,
}

#[derive(Deserialize)]
struct Families {
    reaches: FxHashSet<String>,
    odd: FxHashSet<String>,
    loads: FxHashSet<String>,
}

#[derive(Deserialize)]
struct Listed {
    modules: Vec<String>,
    names: Vec<String>,
    #[serde(default)]
    by_verb: Vec<String>,
    #[serde(default)]
    verbs: FxHashSet<String>,
}

/// What an entry says of names that begin with it.
#[derive(Clone, Copy, Debug)]
struct Mark {
    /// Nothing where it is ordinary.
    when: Option<When>,
    kind: Entry,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Entry {
    /// All that it has, and not the module itself.
    Module,
    Name,
    /// What of it is called like a verb.
    ByVerb,
}

#[derive(Default)]
struct Lists {
    marks: FxHashMap<String, Mark>,
    verbs: FxHashMap<When, FxHashSet<String>>,
    families: FxHashMap<String, When>,
    /// Families of names that the list of dangers has with others.
    does: FxHashMap<String, String>,
    methods: FxHashMap<String, Reach>,
}

static LISTS: LazyLock<Lists> = LazyLock::new(Lists::load);
/// What each family does, for each time that it may count.
static REACHES: LazyLock<FxHashMap<(&'static str, When), Reach>> = LazyLock::new(|| {
    let whens = [When::Always, When::AtImport, When::OddAtImport, When::Loads];
    let families = names::families().chain([("", OUTSIDE)]);
    families
        .flat_map(|(family, does)| whens.map(|when| ((family, when), Reach { does, when, family })))
        .collect()
});

impl Lists {
    fn load() -> Self {
        // The file is part of the program, and a test reads it.
        let Ok(data) = toml::from_str::<Data>(include_str!("../../data/code.toml")) else {
            return Self::default();
        };
        let mut lists = Self {
            does: data.does,
            ..Self::default()
        };
        for (listed, when) in [
            (data.ordinary, None),
            (data.always, Some(When::Always)),
            (data.at_import, Some(When::AtImport)),
            (data.odd, Some(When::OddAtImport)),
            (data.loads, Some(When::Loads)),
        ] {
            for (names, kind) in [
                (listed.modules, Entry::Module),
                (listed.names, Entry::Name),
                (listed.by_verb, Entry::ByVerb),
            ] {
                let marks = names.into_iter().map(|name| (name, Mark { when, kind }));
                lists.marks.extend(marks);
            }
            if let Some(when) = when {
                lists.verbs.insert(when, listed.verbs);
            }
        }
        for (families, when) in [
            (data.families.reaches, When::AtImport),
            (data.families.odd, When::OddAtImport),
            (data.families.loads, When::Loads),
        ] {
            let families = families.into_iter().map(|family| (family, when));
            lists.families.extend(families);
        }
        for (methods, when) in [
            (data.methods, When::Always),
            (data.methods_at_import, When::AtImport),
        ] {
            for (family, methods) in methods {
                if let Some(reach) = reach(&family, when) {
                    let methods = methods.into_iter().map(|method| (method, *reach));
                    lists.methods.extend(methods);
                }
            }
        }
        lists
    }
}

fn reach(family: &str, when: When) -> Option<&'static Reach> {
    let (family, _) = names::families().find(|(name, _)| *name == family)?;
    REACHES.get(&(family, when))
}

/// The name as its own module has it.
pub(super) fn canonical(name: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in name.split('.') {
        match part {
            // The names of a module are its attributes.
            "__dict__" => {}
            // A function of C is a method of its module.
            "__self__" if parts.len() > 1 => {
                parts.pop();
            }
            "posix" | "nt" if parts.is_empty() => parts.push("os"),
            "__builtin__" | "__builtins__" | "f_builtins" => {
                parts.clear();
                parts.push("builtins");
            }
            _ => {
                if parts == ["sys", "modules"]
                    && !matches!(
                        part,
                        "?" | "get"
                            | "pop"
                            | "items"
                            | "keys"
                            | "values"
                            | "setdefault"
                            | "update"
                            | "copy"
                            | "__getitem__"
                    )
                {
                    parts.clear();
                }
                parts.push(if matches!(part, "posix" | "nt") && parts.is_empty() {
                    "os"
                } else {
                    part
                });
            }
        }
    }
    // What a library imported is the module that it is called; what follows is of that module, as in `socket.socket`.
    let inner = 1..parts.len().saturating_sub(1).max(1);
    if let Some(at) = parts
        .get(inner)
        .and_then(|inner| inner.iter().rposition(|part| CORE.contains(part)))
    {
        parts.drain(..=at);
    }
    // A package that another one brings along is itself: `pip._vendor.requests`.
    if let Some(at) = parts
        .iter()
        .position(|part| matches!(*part, "_vendor" | "vendored" | "extern" | "externals"))
        && at > 0
        && parts.len() > at + 1
    {
        parts.drain(..=at);
    }
    match parts.first() {
        Some(&"multiprocess") => parts[0] = "multiprocessing",
        Some(&"_pickle" | &"cPickle") => parts[0] = "pickle",
        _ => {}
    }
    parts.join(".")
}

/// Exceptions, and types of `ctypes`.
fn is_harmless(full: &str) -> bool {
    let last = full.rsplit('.').next().unwrap_or(full);
    full.starts_with("ctypes.c_")
        || names::is_data(full)
        || matches!(last, "timeout" | "error" | "herror" | "gaierror")
        || last.ends_with("Expired")
}

/// What a name of a module does when it is called.
pub(super) fn of(full: &str) -> Option<&'static Reach> {
    if full
        .split('.')
        .any(|part| matches!(part, "__globals__" | "__subclasses__" | "__builtins__"))
    {
        return Some(&INTERPRETER);
    }
    // A computed name of a module that reaches outside.
    if let Some(module) = full.strip_suffix(".?") {
        let family = names::danger(module).and_then(|danger| LISTS.families.get(danger.family));
        return if CORE.contains(&module) && !matches!(module, "pickle" | "sys") {
            Some(&ANY)
        } else if family == Some(&When::AtImport) && names::is_stdlib(module) {
            Some(&ODD)
        } else {
            None
        };
    }
    let mut entry = beginning(full);
    loop {
        let is_whole = entry.len() == full.len();
        if let Some(mark) = LISTS.marks.get(entry) {
            let when = mark.when?;
            let is_none = match mark.kind {
                Entry::Module => is_whole || is_harmless(full),
                Entry::Name => !is_whole && is_harmless(full),
                Entry::ByVerb => is_whole || !is_verb(full, when),
            };
            return if is_none { None } else { listed(full, when) };
        }
        if let Some(danger) = names::danger(entry) {
            let top = full.split('.').next().unwrap_or(full);
            let when = *LISTS.families.get(danger.family)?;
            let is_own = names::is_stdlib(top) || top.starts_with('_');
            // The name of a module alone, or of a package that was not looked through here.
            let is_none = !is_own || is_whole && !full.contains('.') || is_harmless(full);
            return if is_none {
                None
            } else {
                REACHES.get(&(danger.family, when))
            };
        }
        entry = &entry[..entry.rfind('.')?];
    }
}

/// As many parts of a name as entries of the lists have, and more.
fn beginning(full: &str) -> &str {
    let end = full.match_indices('.').nth(MAX_PARTS - 1);
    end.map_or(full, |(at, _)| &full[..at])
}

/// With what the list of dangers says that such a name does.
fn listed(full: &str, when: When) -> Option<&'static Reach> {
    let mut entry = beginning(full);
    let family = loop {
        if let Some(family) = LISTS.does.get(entry) {
            break family.as_str();
        }
        if let Some(danger) = names::danger(entry) {
            break danger.family;
        }
        match entry.rfind('.') {
            Some(dot) => entry = &entry[..dot],
            None => break "",
        }
    };
    REACHES.get(&(family, when))
}

fn is_verb(full: &str, when: When) -> bool {
    let last = full.rsplit('.').next().unwrap_or(full);
    LISTS
        .verbs
        .get(&when)
        .is_some_and(|verbs| verbs.contains(last))
}

/// Does a function that is handed on, and not called, tell as much as a call?
pub(super) fn tells_when_handed_on(full: &str, reach: &Reach) -> bool {
    let by_time = match reach.when {
        When::Always => true,
        When::AtImport => matches!(reach.family, "process" | "evaluate" | "native" | "import"),
        When::OddAtImport | When::Loads => false,
    };
    by_time
        && reach.does != COMPUTED
        && !matches!(
            full,
            "types.FunctionType" | "types.CodeType" | "types.LambdaType"
        )
}

/// What a method of that name does, of whatever it is one.
pub(super) fn of_method(name: &str) -> Option<&'static Reach> {
    LISTS.methods.get(name)
}

/// An attribute that leads into the interpreter, called or not.
pub(super) fn of_attribute(name: &str) -> Option<&'static Reach> {
    match name {
        "__globals__" | "__subclasses__" | "__builtins__" | "f_builtins" | "func_globals" => {
            Some(&INTERPRETER)
        }
        "gi_frame" | "cr_frame" | "ag_frame" | "f_globals" => Some(&FRAME),
        _ => None,
    }
}

/// An attribute through which code is put in the place of other code.
pub(super) fn is_code_of(attribute: &str) -> bool {
    matches!(
        attribute,
        "__code__" | "__globals__" | "__builtins__" | "__closure__" | "func_code"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn when(name: &str) -> Option<When> {
        of(name).map(|reach| reach.when)
    }

    #[test]
    fn the_lists_are_readable_and_name_families_that_there_are() {
        assert!(LISTS.marks.len() > 200 && LISTS.methods.len() > 30);
        for family in LISTS.families.keys() {
            assert!(
                names::families().any(|(name, _)| name == family),
                "{family}"
            );
        }
    }

    #[test]
    fn the_longest_entry_decides_of_both_lists() {
        assert_eq!(when("subprocess.run"), Some(When::Always));
        assert_eq!(when("subprocess.PIPE"), None);
        assert_eq!(when("subprocess.CalledProcessError"), None);
        assert_eq!(when("multiprocessing.Pool"), None);
        assert_eq!(
            when("multiprocessing.util.spawnv_passfds"),
            Some(When::Always)
        );
        assert_eq!(
            when("multiprocessing.connection.Client"),
            Some(When::AtImport)
        );
        assert_eq!(when("timeit.timeit"), Some(When::AtImport));
        assert_eq!(when("timeit.default_timer"), None);
        assert_eq!(when("timeit"), None);
        assert_eq!(when("pickle.load"), Some(When::Loads));
        assert_eq!(when("requests.Session"), None);
        assert_eq!(when("requests.Session.post"), Some(When::AtImport));
        assert_eq!(when("huggingface_hub.dataclasses.strict"), None);
        assert_eq!(
            when("huggingface_hub.hf_hub_download"),
            Some(When::OddAtImport)
        );
    }

    #[test]
    fn classes_in_capitals_are_no_constants() {
        for name in [
            "smtplib.SMTP",
            "ftplib.FTP",
            "cffi.FFI",
            "poplib.POP3",
            "ctypes.CDLL",
            "ctypes.CFUNCTYPE",
            "ctypes.pythonapi.PyRun_SimpleString",
        ] {
            assert_eq!(when(name), Some(When::Always), "{name}");
        }
    }

    #[test]
    fn types_of_c_reach_nothing() {
        for name in ["ctypes._Pointer", "ctypes.POINTER", "ctypes.byref"] {
            assert_eq!(when(name), None, "{name}");
        }
    }

    #[test]
    fn functions_of_c_lead_to_their_module() {
        assert_eq!(canonical("builtins.len.__self__.exec"), "builtins.exec");
        assert_eq!(canonical("sys._getframe.f_builtins.exec"), "builtins.exec");
        assert_eq!(canonical("torch.os.system"), "os.system");
        assert_eq!(canonical("pip._vendor.requests.get"), "requests.get");
        assert_eq!(when(&canonical("pip._vendor.pyparsing.Literal")), None);
        assert_eq!(when("pip._internal.main"), Some(When::Always));
    }
}
