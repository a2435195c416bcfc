//! What a file shows to the files that import it: values, classes and the summaries of functions,
//! in a form that depends on no arena.
//!
//! `analysis::export` makes it when a file has been analysed, `analysis::elsewhere` brings what is
//! used of it into the analysis of another file. Texts, places and values are tables that the rest
//! points into, so that an interface is small and can be kept after all else of its file is gone.
//! Everything is in a fixed order: equal interfaces are equal bytes.

use serde::{Deserialize, Serialize};
use trueline_facts::{Location, RepoPath};
use trueline_syntax::ir::ParamKind;

use crate::models::Bits;

/// Index into [`Interface::texts`].
pub(crate) type TextIx = u32;
/// Index into [`Interface::values`].
pub(crate) type ValueIx = u32;
/// Index into [`Interface::objects`].
pub(crate) type ObjectIx = u32;
/// Index into [`Interface::accesses`].
pub(crate) type AccessIx = u32;

/// What a file shows to others.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Interface {
    pub(crate) texts: Vec<Box<str>>,
    /// Files that the rest speaks of; the first is its own.
    pub(crate) files: Vec<RepoPath>,
    /// Names that can be imported, ascending by text.
    pub(crate) exports: Vec<(TextIx, ValueIx)>,
    /// Modules whose names are exported as well.
    pub(crate) all_of: Vec<u32>,
    pub(crate) values: Vec<Value>,
    pub(crate) objects: Vec<Object>,
    pub(crate) accesses: Vec<Access>,
    pub(crate) sources: Vec<SourceSite>,
    pub(crate) steps: Vec<TraceStep>,
    /// Traces as indices of steps.
    pub(crate) traces: Vec<Vec<u32>>,
    pub(crate) places: Vec<SinkPlace>,
    /// By their index in the file, ascending.
    pub(crate) functions: Vec<Function>,
    /// By their index in the file, ascending.
    pub(crate) classes: Vec<Class>,
    /// What variables of functions hold that functions made inside them read: function, variable,
    /// value; ascending.
    pub(crate) slots: Vec<(u32, u32, ValueIx)>,
}

/// A constant.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub(crate) enum Constant {
    Str(TextIx),
    Bytes(TextIx),
    Int(i64),
    Float(u64),
    Bool(bool),
    Null,
}

/// A function or class: the index of its file in [`Interface::files`], and its own there.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub(crate) struct Ref {
    pub(crate) file: u32,
    pub(crate) id: u32,
}

/// One thing that a value may be.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub(crate) enum Atom {
    Path(TextIx),
    Object(ObjectIx),
    Access(AccessIx),
    Func(Ref),
    Bound(Ref, ValueIx),
    Class(Ref),
    Number,
    Text,
    /// A file as a module.
    Module(u32),
    /// A folder of modules.
    Folder(TextIx),
}

/// Taint of one source.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub(crate) struct Label {
    pub(crate) source: Source,
    pub(crate) cleared: Bits,
    /// Index into [`Interface::traces`].
    pub(crate) trace: u32,
    pub(crate) guesses: u8,
}

/// Where taint comes from.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub(crate) enum Source {
    /// Index into [`Interface::sources`].
    Site(u32),
    Access(AccessIx),
}

/// A value.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Value {
    pub(crate) constant: Option<Constant>,
    pub(crate) atoms: Vec<Atom>,
    pub(crate) labels: Vec<Label>,
    pub(crate) prefix: Option<TextIx>,
}

/// An object and, if it outlives the functions that use it, what it holds.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Object {
    pub(crate) kind: ObjectKind,
    pub(crate) shared: Option<Contents>,
}

/// What an object is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) enum ObjectKind {
    List,
    Set,
    Map,
    Partial,
    Instance(TextIx),
    Class(Ref),
    Access(AccessIx),
}

/// A key of an object.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) enum Key {
    Name(TextIx),
    At(i64),
}

/// What an object holds; see `analysis::state::Contents`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Contents {
    pub(crate) entries: Vec<(Key, ValueIx)>,
    pub(crate) rest: ValueIx,
    pub(crate) keys: ValueIx,
    pub(crate) len: Option<i64>,
}

/// Where an access path starts.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub(crate) enum Root {
    Param(Ref, u16),
    This(Ref),
    Captured(Ref, u32),
}

/// One step of an access path.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub(crate) enum Selector {
    Name(TextIx),
    At(i64),
    Any,
    Key,
    Called,
    Entry,
}

/// An access path.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub(crate) enum Access {
    Root(Root),
    Child(AccessIx, Selector),
}

/// A place where input enters.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct SourceSite {
    pub(crate) function: Ref,
    pub(crate) span: (u32, u32),
    /// Index of the models' source kinds.
    pub(crate) kind: u16,
    /// The code there; empty for a parameter.
    pub(crate) quote: Box<str>,
}

/// A link of a trace, ready to be shown.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub(crate) struct TraceStep {
    pub(crate) location: Location,
    pub(crate) message: String,
}

/// A sink, with what a finding there says of it.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub(crate) struct SinkPlace {
    pub(crate) function: Ref,
    pub(crate) span: (u32, u32),
    pub(crate) location: Location,
    pub(crate) symbol: String,
    pub(crate) tokens: String,
    pub(crate) quote: String,
    /// A secret of the source is in these: who uses them is not stored.
    pub(crate) is_secret: bool,
}

/// Which sink it is; see `analysis::sink::SinkRef`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) enum SinkKind {
    Model { index: u16, by_form: bool },
    Returned,
    Weak { index: u16, context: bool },
    Comparison { index: u16 },
    Secret,
}

/// A parameter that reaches a sink.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Sink {
    pub(crate) rule: u16,
    pub(crate) kind: SinkKind,
    /// Index into [`Interface::places`].
    pub(crate) place: u32,
    pub(crate) access: AccessIx,
    pub(crate) cleared: Bits,
    pub(crate) trace: u32,
    pub(crate) guesses: u8,
    pub(crate) whole: bool,
    pub(crate) media: Option<AccessIx>,
}

/// What a caller passes is called; see `analysis::summary::CallOfParameter`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Call {
    pub(crate) access: AccessIx,
    pub(crate) passed: Vec<ValueIx>,
    /// Where, as an index of the places, if it may be a sink.
    pub(crate) place: Option<u32>,
}

/// What a caller may find of an answer; see `analysis::outcomes::Outcome`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) enum Outcome {
    Empty,
    Part(Key, bool),
}

/// What a function does; see `analysis::summary::Summary`.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Summary {
    pub(crate) ret: Option<ValueIx>,
    pub(crate) thrown: Option<ValueIx>,
    pub(crate) sinks: Vec<Sink>,
    pub(crate) heap: Vec<(ObjectIx, Contents)>,
    pub(crate) stored: Vec<(AccessIx, ObjectIx)>,
    pub(crate) calls: Vec<Call>,
    pub(crate) on_return: Vec<(AccessIx, Bits)>,
    pub(crate) on_true: Vec<(AccessIx, Bits)>,
    pub(crate) on_outcome: Vec<(Outcome, AccessIx, Bits)>,
    pub(crate) checks_codes: bool,
    pub(crate) never: bool,
}

/// A parameter.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Param {
    pub(crate) name: TextIx,
    pub(crate) kind: PassedAs,
    pub(crate) has_default: bool,
}

/// How a parameter is passed; see [`ParamKind`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) enum PassedAs {
    Positional,
    KeywordOnly,
    Rest,
    KeywordRest,
}

impl From<ParamKind> for PassedAs {
    fn from(kind: ParamKind) -> Self {
        match kind {
            ParamKind::Positional => Self::Positional,
            ParamKind::KeywordOnly => Self::KeywordOnly,
            ParamKind::Rest => Self::Rest,
            ParamKind::KeywordRest => Self::KeywordRest,
        }
    }
}

impl From<PassedAs> for ParamKind {
    fn from(kind: PassedAs) -> Self {
        match kind {
            PassedAs::Positional => Self::Positional,
            PassedAs::KeywordOnly => Self::KeywordOnly,
            PassedAs::Rest => Self::Rest,
            PassedAs::KeywordRest => Self::KeywordRest,
        }
    }
}

/// What a function is, as far as its callers care.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) enum Receiver {
    /// A method with a receiver.
    Method,
    /// A method without one.
    Static,
    /// No method.
    None,
}

/// A function.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Function {
    pub(crate) id: u32,
    pub(crate) name: TextIx,
    pub(crate) qualified: TextIx,
    pub(crate) receiver: Receiver,
    pub(crate) params: Vec<Param>,
    pub(crate) is_async: bool,
    pub(crate) is_generator: bool,
    pub(crate) summary: Summary,
}

/// A class.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Class {
    pub(crate) id: u32,
    pub(crate) name: TextIx,
    pub(crate) qualified: TextIx,
    /// Names of base classes as written.
    pub(crate) bases: Vec<TextIx>,
    /// Those of them that are classes of the project.
    pub(crate) known_bases: Vec<Ref>,
    /// Fields with a declared type or annotations.
    pub(crate) declared: Vec<DeclaredField>,
    pub(crate) methods: Vec<(TextIx, u32)>,
    /// Names of the class's body.
    pub(crate) attributes: Vec<(TextIx, ValueIx)>,
    /// What methods put into attributes of instances.
    pub(crate) fields: Vec<(TextIx, ValueIx)>,
}

/// A field of a class as it is declared.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct DeclaredField {
    pub(crate) name: TextIx,
    /// The name of its type, or the key of a type of the project.
    pub(crate) of: Option<TextIx>,
    /// Its annotations, with their first text.
    pub(crate) decorators: Vec<(TextIx, Option<TextIx>)>,
}

impl Interface {
    /// As bytes; equal interfaces are equal bytes.
    pub(crate) fn encode(&self) -> Vec<u8> {
        // Numbers, texts and lists of them: nothing that the format refuses.
        postcard::to_stdvec(self).unwrap_or_default()
    }

    /// The inverse; `None` for bytes that are none.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        postcard::from_bytes(bytes).ok()
    }

    pub(crate) fn text(&self, at: TextIx) -> &str {
        self.texts.get(at as usize).map_or("", |t| t)
    }

    pub(crate) fn export(&self, name: &str) -> Option<ValueIx> {
        let at = self
            .exports
            .binary_search_by(|(text, _)| self.text(*text).cmp(name))
            .ok()?;
        self.exports.get(at).map(|e| e.1)
    }

    pub(crate) fn function(&self, id: u32) -> Option<&Function> {
        let at = self.functions.binary_search_by_key(&id, |f| f.id).ok()?;
        self.functions.get(at)
    }

    pub(crate) fn class(&self, id: u32) -> Option<&Class> {
        let at = self.classes.binary_search_by_key(&id, |c| c.id).ok()?;
        self.classes.get(at)
    }

    pub(crate) fn slot(&self, function: u32, var: u32) -> Option<ValueIx> {
        let at = self
            .slots
            .binary_search_by_key(&(function, var), |s| (s.0, s.1))
            .ok()?;
        self.slots.get(at).map(|s| s.2)
    }
}
