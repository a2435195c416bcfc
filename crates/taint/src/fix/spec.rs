//! Fixes as data: the `[[patch]]` tables of rule files.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use trueline_facts::Applicability;

use crate::rules::format::LanguageName;

/// A way to mend findings of a rule.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FixSpec {
    pub(crate) language: LanguageName,
    /// What it does: "Use `yaml.safe_load`".
    pub(crate) title: String,
    pub(crate) applicability: Applicability,
    /// Dotted paths of the callables that it is for.
    #[serde(default)]
    pub(crate) calls: Vec<String>,
    /// Names of methods of any receiver.
    #[serde(default)]
    pub(crate) methods: Vec<String>,
    /// Attributes that are assigned to.
    #[serde(default)]
    pub(crate) fields: Vec<String>,
    /// It is only for files that import one of these.
    #[serde(default)]
    pub(crate) imports: Vec<String>,
    /// What is done, all of it or nothing.
    pub(crate) steps: Vec<StepSpec>,
}

/// One typed edit of a call.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum StepSpec {
    /// Write this in place of the call: `{import}` is the name of the module to import, `{name}`
    /// the method's own name, `{receiver}` what stands before it, `{arguments}` the arguments.
    Replace {
        #[serde(default)]
        import: Option<String>,
        with: String,
    },
    /// Take keywords (properties of an options object) away that have one of these values; an
    /// empty list means any value. One of them must be there.
    Remove(BTreeMap<String, Vec<String>>),
    /// Give a keyword (property) this value, in place of a constant or added.
    Set {
        name: String,
        value: String,
        /// The position of the options object, where options are an object.
        #[serde(default)]
        options: Option<usize>,
    },
    /// Put other constants in place of constants in the arguments, whatever their quotes.
    Constants(BTreeMap<String, String>),
    /// Take the right to write from everybody but the owner in a constant file mode.
    OwnerMayWrite,
    /// Nothing, but the call must have so many arguments by position: what is put in needs them.
    Positional(usize),
    /// Assign this instead.
    Assign(String),
    /// Assign to this attribute instead.
    Field(String),
    /// Bind the values that a query is built from as parameters.
    BindParameters { style: Placeholder, pass: Passing },
    /// Call the program of a shell command itself, with its arguments as a list.
    ArgumentList { pass: ListPassing },
    /// Compare in constant time.
    CompareWith {
        import: String,
        /// With `{left}` and `{right}`.
        equal: String,
    },
    /// Read a secret from the environment: `{name}` stands for the variable.
    Environment {
        #[serde(default)]
        import: Option<String>,
        with: String,
    },
    /// Wrap every value that a text is built from: `{value}` stands for it, `{text}`
    /// for it made text.
    WrapValues {
        /// The argument; none if the place is the text itself.
        #[serde(default)]
        at: Option<usize>,
        #[serde(default)]
        import: Option<String>,
        with: String,
    },
}

/// How a driver writes a place for a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Placeholder {
    /// `?`
    Question,
    /// `%s`
    Percent,
    /// `$1`
    Dollar,
    /// `:name`
    Name,
}

/// How values are passed beside a query.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Passing {
    /// `(a, b)` as the next argument.
    Tuple,
    /// `[a, b]` as the next argument.
    List,
    /// `a, b` as the next arguments.
    Arguments,
    /// `{"a": a}` as the next argument of the call around.
    OuterMap,
    /// `replacements: [a]` in the options object.
    Replacements,
    /// The arguments of the call that follows: `prepare(q).all(a)`.
    NextCall,
    /// `.setParameter("a", a)` after the call.
    SetParameter,
}

/// How an argument list is passed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ListPassing {
    /// `["program", a]` in place of the command.
    List,
    /// `"program", [a]` in place of the command.
    ProgramAndList,
    /// `"program", a` in place of `"sh", "-c", command`.
    AfterShell,
    /// `new String[] {"program", a}` in place of the command.
    StringArray,
}
