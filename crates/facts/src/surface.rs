//! What an application is made of, as its code shows it: the components that a threat model speaks of
//! and the functions that use them. Read from source by `taint`, judged by `threats`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Location, RepoPath};

/// What a component is.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum ComponentKind {
    /// Where somebody's input comes in from outside: a route, a chat platform, a page.
    Entry,
    /// Where whoever runs the program types.
    Terminal,
    /// A page that runs in somebody's browser and asks the application.
    Page,
    /// Documents and pages that somebody else wrote.
    Content,
    /// A language model.
    Model,
    /// A loop in which a model chooses tools.
    Agent,
    /// Something that a model may have done.
    Tool,
    /// Offers tools to the agents of others.
    McpServer,
    /// Takes tools from others.
    McpClient,
    /// Texts found by likeness.
    VectorStore,
    /// What an agent keeps between turns.
    Memory,
    /// A database.
    Database,
    /// Files kept by a storage service.
    Objects,
    /// The shell or other programs.
    Command,
    /// Runs text as code.
    Interpreter,
    /// The file system.
    Files,
    /// Services elsewhere.
    Network,
    /// A measure against misuse.
    Control,
    /// A function that is a node of an agent's graph.
    Step,
}

/// One use of a component, at a place.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ComponentUse {
    /// What it is.
    pub kind: ComponentKind,
    /// What people call it: `OpenAI`, `SQLite`, the name of a tool, the path of a route.
    pub name: String,
    /// What tells it from others of its kind: the model's id, a host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// It runs on somebody else's machine.
    pub remote: bool,
    /// What the use does, in the words of the call: `similarity_search`, `execute`.
    pub operation: String,
    /// Controls that the use itself carries: `authentication`, `limit`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub controls: Vec<String>,
    /// Known by the words of the call alone: it counts where the program has the component anyway.
    #[serde(default, skip_serializing_if = "is_false")]
    pub is_assumed: bool,
    /// Where.
    pub location: Location,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
const fn is_false(value: &bool) -> bool {
    !*value
}

/// What a piece of code is.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// The body of the file.
    Body,
    /// A function, a method, or the body of a class.
    Function,
    /// A variable of the file's body, with the calls that make it and fill it.
    Object,
    /// What is done when a name that somebody chose is a certain text: a branch of a function, or an
    /// entry of a table.
    Case,
}

/// Something done with an object whose class is not in sight: `assistant.invoke(...)`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Act {
    /// The kinds of component that this is done with, ascending.
    pub kinds: Vec<ComponentKind>,
    /// The method.
    pub operation: String,
    /// Imported function that made the object, where that is seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_by: Option<String>,
    /// Where.
    pub location: Location,
}

/// A component whose client a function returns: `def open_store(): return Store(...)`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Client {
    /// What it is.
    pub kind: ComponentKind,
    /// The component's name.
    pub name: String,
}

/// A function, what it uses and what it calls.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct FunctionSurface {
    /// Innermost named definitions joined by `.`; empty for the body of the file.
    pub symbol: String,
    /// What it is.
    pub role: Role,
    /// The text of a [`Role::Case`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<String>,
    /// Something else calls it by its decorators.
    pub is_decorated: bool,
    /// Functions of the same file that it calls or defines, by their index.
    pub calls: Vec<u32>,
    /// Names that it calls and the file does not define: dotted paths, or a method's name after a dot.
    pub calls_elsewhere: Vec<String>,
    /// Functions of the same file that it hands on, for others to call.
    pub hands_on: Vec<u32>,
    /// Objects, constructors and bodies of classes of the same file that make what it works with.
    pub made_by: Vec<u32>,
    /// Imported names that it works with or hands on without calling them.
    pub mentions: Vec<String>,
    /// Imported names that its parameters are annotated with.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub types: Vec<String>,
    /// Components that it uses, in order of place.
    pub uses: Vec<ComponentUse>,
    /// What it does with objects of unknown classes, in order of place.
    pub acts: Vec<Act>,
    /// The component whose client it returns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub returns: Option<Client>,
}

/// The functions of one file that use components or call others.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct FileSurface {
    /// The file.
    pub path: RepoPath,
    /// Its functions; the first is the body of the file.
    pub functions: Vec<FunctionSurface>,
    /// Names that it hands to importers from elsewhere, with the paths that they came by.
    pub imported: BTreeMap<String, String>,
    /// Names that importers know one of its definitions by, where the two differ.
    pub renamed: BTreeMap<String, String>,
    /// Modules of which it hands on everything.
    pub reexported: Vec<String>,
    /// Its classes with their bases: names of this file, or dotted paths that they were imported by.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub classes: BTreeMap<String, Vec<String>>,
}
