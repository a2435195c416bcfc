//! Names that the imports of Python code give to modules that reach outside, and to their functions.
//!
//! Statements come from the lines of the parent module; what is kept answers whether a later statement calls one of
//! them. Harmless modules are not kept, so they cannot fill the room.

use std::collections::BTreeMap;

/// Names that are kept of one file; no model's code has nearly as many.
pub(super) const MAX_NAMES: usize = 4096;

/// A module, and the functions that reach outside; all of them where none is listed.
type Module = (&'static str, &'static [&'static str]);

/// Modules that reach outside, and the functions of those that do other things as well.
const MODULES: &[Module] = &[
    (
        "os",
        &[
            "system",
            "popen",
            "execv",
            "execve",
            "execl",
            "execvp",
            "spawnl",
            "spawnv",
            "fork",
            "posix_spawn",
        ],
    ),
    ("posix", &[]),
    ("subprocess", &[]),
    ("pty", &[]),
    ("socket", &["socket", "create_connection"]),
    ("ctypes", &["CDLL", "cdll", "windll", "PyDLL"]),
    ("runpy", &[]),
    ("marshal", &[]),
    ("urllib.request", &[]),
    ("builtins", &["exec", "eval", "compile", "__import__"]),
    ("code", &[]),
    ("shutil", &["rmtree"]),
];

#[derive(Clone, Copy, PartialEq)]
enum Meaning {
    Function(&'static str),
    Module(Module),
}

/// What dangerous modules and functions are called in one file.
#[derive(Default)]
pub(super) struct Names {
    // By name, and not searched one by one: the cost of a line must not grow with the names.
    kept: BTreeMap<String, Vec<Meaning>>,
    /// Were there more than are kept?
    pub(super) is_full: bool,
    /// An import that goes on in the next line.
    open: String,
    in_parentheses: bool,
}

/// Does an import begin there? `raise a \\ from b()` is none.
pub(super) fn is_import(statement: &str) -> bool {
    let statement = statement.trim_start();
    let first = statement.split_whitespace().next().unwrap_or_default();
    match first {
        "import" => true,
        "from" => {
            let module = statement[first.len()..].trim_start();
            let end = module
                .find(|c: char| c.is_whitespace() || c == '(')
                .unwrap_or(module.len());
            let rest = module[end..].trim_start();
            rest.starts_with("import") || rest.starts_with('\\') || module.starts_with('\\')
        }
        _ => false,
    }
}

impl Names {
    /// Takes a statement that is an import, or begins one. Lines that go on with one are taken as well, but read as
    /// statements too: what only looks like an import must not hide what follows.
    pub(super) fn take_import(&mut self, statement: &str) -> bool {
        let begins = is_import(statement);
        if begins && !self.open.trim_end().ends_with('\\') {
            self.open.clear();
            self.in_parentheses = false;
        }
        let goes_on = !self.open.is_empty();
        if !goes_on && !begins {
            return false;
        }
        self.open.push(' ');
        self.open.push_str(statement);
        self.in_parentheses =
            (self.in_parentheses || statement.contains('(')) && !statement.contains(')');
        if !self.in_parentheses && !statement.trim_end().ends_with('\\') {
            let import = std::mem::take(&mut self.open).replace(['(', ')', '\\'], " ");
            self.note(import.trim_start());
        }
        !goes_on
    }

    /// Notes what an import names.
    fn note(&mut self, import: &str) {
        let Some(rest) = import.strip_prefix("from") else {
            for (name, given) in words(import.trim_start_matches("import")) {
                if given != name
                    && let Some(module) = MODULES.iter().find(|(module, _)| *module == name)
                {
                    self.push(given, Meaning::Module(*module));
                }
            }
            return;
        };
        let rest = rest.trim_start();
        let Some((module, rest)) = rest.split_once(char::is_whitespace) else {
            return;
        };
        let Some((module, functions)) = MODULES.iter().find(|(name, _)| *name == module) else {
            return;
        };
        let Some(imported) = rest.trim_start().strip_prefix("import") else {
            return;
        };
        for (name, given) in words(imported) {
            if name == "*" {
                for function in *functions {
                    self.push(function, Meaning::Function(module));
                }
            } else if (functions.is_empty() || functions.contains(&name))
                && !name.ends_with("Error")
            {
                self.push(given, Meaning::Function(module));
            }
        }
    }

    fn push(&mut self, given: &str, meaning: Meaning) {
        if let Some(meanings) = self.kept.get_mut(given) {
            // No more than there are modules, twice.
            if !meanings.contains(&meaning) {
                meanings.push(meaning);
            }
        } else if self.kept.len() < MAX_NAMES {
            self.kept.insert(given.to_owned(), vec![meaning]);
        } else {
            self.is_full = true;
        }
    }

    /// The module of which the statement calls something by a name that an import gave.
    pub(super) fn find_call(&self, statement: &str) -> Option<&'static str> {
        if self.kept.is_empty() {
            return None;
        }
        let mut rest = statement;
        let mut before = ' ';
        while let Some(c) = rest.chars().next() {
            let (word, after) = split_word(rest);
            if word.is_empty() {
                rest = &rest[c.len_utf8()..];
                if !c.is_whitespace() {
                    before = c;
                }
                continue;
            }
            if before != '.'
                && let Some(meanings) = self.kept.get(word)
                && let Some(module) = meanings.iter().find_map(|meaning| meaning.of_call(after))
            {
                return Some(module);
            }
            before = ' ';
            rest = after;
        }
        None
    }
}

impl Meaning {
    /// The module, if what follows the name is a call.
    fn of_call(self, after: &str) -> Option<&'static str> {
        let after = after.trim_start();
        match self {
            Self::Function(module) => after.starts_with('(').then_some(module),
            Self::Module((module, functions)) => {
                let after = after.strip_prefix('.')?;
                if functions.is_empty() {
                    return Some(module);
                }
                let (function, after) = split_word(after.trim_start());
                let is_called = after.trim_start().starts_with('(');
                (is_called && functions.contains(&function)).then_some(module)
            }
        }
    }
}

/// A name at the beginning of the text, and what follows it.
fn split_word(text: &str) -> (&str, &str) {
    let end = text
        .find(|c: char| !(c.is_alphanumeric() || c == '_'))
        .unwrap_or(text.len());
    text.split_at(end)
}

/// Names of an import with what they are called from then on.
fn words(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.split(',').filter_map(|part| {
        let mut words = part.split_whitespace();
        let name = words.next()?;
        let given = match (words.next(), words.next()) {
            (Some("as"), Some(given)) => given,
            _ => name,
        };
        Some((name, given))
    })
}
