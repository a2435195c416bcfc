//! The names by which components are known, from `rules/components`: one file a language.

use serde::Deserialize;
use trueline_facts::surface::ComponentKind;
use trueline_syntax::ir::Language;

use super::super::{SurfaceError, is_within};

/// Component files: name and text.
pub const COMPONENT_FILES: &[(&str, &str)] = &[
    (
        "components/javascript.toml",
        include_str!("../../../../../rules/components/javascript.toml"),
    ),
    (
        "components/python.toml",
        include_str!("../../../../../rules/components/python.toml"),
    ),
];

/// Parts of a package or a client that hold data and send nothing.
const DATA: &[&str] = &["models", "types", "headers", "exceptions", "errors"];

/// Methods of texts and lists: what a library's types describe is asked nothing by them.
const OF_VALUES: &[&str] = &[
    "endsWith",
    "startsWith",
    "includes",
    "toLowerCase",
    "toUpperCase",
    "toString",
    "trim",
    "split",
    "replace",
    "slice",
    "join",
    "map",
    "forEach",
    "endswith",
    "startswith",
    "lower",
    "upper",
    "strip",
    "model_dump",
    "model_dump_json",
];

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    component: Vec<Known>,
    #[serde(default)]
    act: Vec<KnownAct>,
}

/// Methods by which something is done with a component, whatever its class.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KnownAct {
    pub(super) kind: ComponentKind,
    /// `*` at the end stands for any end.
    calls: Vec<String>,
    /// Words of which the receiver's name has one; none means any.
    #[serde(default)]
    pub(super) receivers: Vec<String>,
    /// Words that its name must not have.
    #[serde(default)]
    pub(super) except: Vec<String>,
}

impl KnownAct {
    /// Whether a method of this name is one of them.
    pub(super) fn is_done_by(&self, method: &str) -> bool {
        self.calls.iter().any(|c| fits(c, method))
    }
}

/// Whether a name is the pattern; `*` at its end stands for any end.
fn fits(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => pattern == name,
    }
}

#[derive(Debug, Default)]
struct Names {
    known: Vec<Known>,
    acts: Vec<KnownAct>,
}

/// One component and what its uses are called.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "a row of the table: each is a key of its own"
)]
pub(super) struct Known {
    pub(super) kind: ComponentKind,
    /// Empty: the use names itself.
    pub(super) name: String,
    #[serde(default)]
    pub(super) remote: bool,
    /// Beginnings of dotted paths.
    #[serde(default)]
    within: Vec<String>,
    /// Last names of such paths; none means any.
    #[serde(default)]
    calls: Vec<String>,
    /// Whole dotted paths.
    #[serde(default)]
    exact: Vec<String>,
    /// Last names of calls on objects that cannot be traced, where the file imports `within`.
    #[serde(default)]
    tails: Vec<String>,
    #[serde(default)]
    pub(super) decorators: Vec<String>,
    /// Imports beside which the decorators mean this.
    #[serde(default)]
    pub(super) imports: Vec<String>,
    /// The use belongs to the function that it is given.
    #[serde(default)]
    pub(super) wraps_function: bool,
    /// Methods that are uses by their names alone, where the program has the component anyway; `*` at
    /// the end stands for any end.
    #[serde(default)]
    pub(super) assumed: Vec<String>,
    /// Words of which the receiver of those has one; none means any.
    #[serde(default)]
    pub(super) receivers: Vec<String>,
    /// A tool for the agents of others.
    #[serde(default)]
    pub(super) offered: bool,
    /// Agents: whose model it asks where the call names none that says so.
    #[serde(default)]
    pub(super) asks: String,
    /// Agents: the call may name its model by a text, `openai:gpt-5`.
    #[serde(default)]
    pub(super) model_by_name: bool,
}

impl Known {
    /// Whether a call of this path is a use.
    pub(super) fn is_called(&self, path: &str) -> bool {
        if self.exact.iter().any(|e| e == path) {
            return true;
        }
        let last = path.rsplit(['.', '/']).next();
        self.within.iter().any(|w| is_within(path, w))
            && match self.calls.as_slice() {
                // Any call is a use, but for those that only make what is sent.
                [] => {
                    !path.split('.').any(|part| DATA.contains(&part))
                        && !last.is_some_and(|l| l.starts_with('_') || OF_VALUES.contains(&l))
                }
                calls => last.is_some_and(|l| calls.iter().any(|c| c == l)),
            }
    }

    /// Whether a path ends as its uses do: `OpenAI.audio.speech.create` is `speech.create`.
    pub(super) fn is_ended_so(&self, path: &str) -> bool {
        let ends = |tail: &String| {
            path.strip_suffix(tail.as_str())
                .is_some_and(|rest| rest.ends_with('.'))
        };
        self.tails.iter().any(ends) && self.within.iter().any(|w| is_within(path, root(w)))
    }

    /// Whether a method of this name is a use where the program has the component anyway.
    pub(super) fn is_assumed(&self, method: &str) -> bool {
        self.assumed.iter().any(|a| fits(a, method))
    }

    /// Whether a path is any method of a client that one of the calls makes: `Speech.voices.search`.
    pub(super) fn is_asked_by(&self, path: &str) -> bool {
        let Some((of, _)) = path.rsplit_once('.') else {
            return false;
        };
        let makes = |part: &str| {
            part.starts_with(char::is_uppercase) && self.calls.iter().any(|c| c == part)
        };
        self.kind == ComponentKind::Network
            && self.name != "HTTP"
            && self.within.iter().any(|w| is_within(path, w))
            && of.split('.').any(makes)
            && !path.split('.').any(|part| DATA.contains(&part))
    }

    /// Whether a path is a method of what one of the calls makes: `AgentExecutor.from_agent_and_tools`.
    pub(super) fn is_made_by(&self, path: &str) -> bool {
        let mut last = path.rsplit(['.', '/']).take(2);
        self.within.iter().any(|w| is_within(path, w))
            && last.any(|l| self.calls.iter().any(|c| c == l))
    }

    /// Whether a call that ends so, on an object of unknown origin, is a use.
    pub(super) fn ends_so<'i>(
        &self,
        tail: &str,
        mut imports: impl Iterator<Item = &'i str>,
    ) -> bool {
        self.tails.iter().any(|t| {
            tail.strip_suffix(t.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        }) && imports.any(|i| self.within.iter().any(|w| is_within(i, root(w))))
    }
}

/// The package of a dotted path: its first name, with the scope of npm.
fn root(path: &str) -> &str {
    let from = path
        .find('/')
        .filter(|_| path.starts_with('@'))
        .map_or(0, |at| at + 1);
    let end = path
        .get(from..)
        .and_then(|rest| rest.find(['.', '/']))
        .map_or(path.len(), |at| from + at);
    path.get(..end).unwrap_or(path)
}

/// All of them.
#[derive(Debug)]
pub(crate) struct Components {
    python: Names,
    javascript: Names,
}

impl Components {
    /// Those inside the binary.
    pub(crate) fn builtin() -> Result<Self, SurfaceError> {
        let mut own = Self {
            python: Names::default(),
            javascript: Names::default(),
        };
        for (file, text) in COMPONENT_FILES {
            let read: File = toml::from_str(text).map_err(|source| SurfaceError {
                file: (*file).to_owned(),
                source,
            })?;
            let names = match *file {
                "components/python.toml" => &mut own.python,
                _ => &mut own.javascript,
            };
            names.known = read.component;
            names.acts = read.act;
        }
        Ok(own)
    }

    fn names(&self, language: Language) -> Option<&Names> {
        match language {
            Language::Python => Some(&self.python),
            Language::JavaScript | Language::TypeScript => Some(&self.javascript),
            Language::Go | Language::Java => None,
        }
    }

    pub(super) fn language(&self, language: Language) -> &[Known] {
        self.names(language).map_or(&[], |n| &n.known)
    }

    pub(super) fn acts(&self, language: Language) -> &[KnownAct] {
        self.names(language).map_or(&[], |n| &n.acts)
    }
}
