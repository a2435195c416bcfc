//! Symbolic values of the pickle machine: small, copied by value, text and bytes kept as places in the input.
//!
//! Containers keep a sample of their items, and what of the rest could matter in a state: calls are judged when they
//! happen, never by walking the result. Where a computation or a look needed more than the sample, that is reported.

/// Index of a [`Node`] in its machine.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct NodeId(pub(crate) u32);

/// A value as far as it is known without running anything.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Value {
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    /// Text or bytes in the input.
    Span {
        kind: Text,
        len: u32,
        at: u64,
    },
    /// Text or bytes that were computed.
    Made {
        kind: Text,
        index: u32,
    },
    Node(NodeId),
    /// A number too large to matter, a buffer from outside, or what a computation could not tell.
    Opaque,
    /// Data that was not kept, since there was very much of it.
    Dropped,
}

/// Where a text or bytes stand: an offset and a length, or an index of those that were computed.
pub(crate) type Place = (u64, u32);

impl Value {
    /// Of a text or bytes.
    pub(crate) const fn place(self) -> Option<Place> {
        match self {
            Self::Span { len, at, .. } => Some((at, len)),
            Self::Made { index, .. } => Some((u64::MAX, index)),
            _ => None,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Text {
    Str,
    Bytes,
}

/// Kinds of containers that opcodes build.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    List,
    Tuple,
    Dict,
    Set,
    FrozenSet,
}

/// What is not a constant.
#[derive(Clone, Debug)]
pub(crate) enum Node {
    /// A sample of items; keys and values by turns for dicts.
    Container {
        kind: Kind,
        items: Vec<Value>,
        /// There were more.
        cut: bool,
    },
    /// `module.name`, as the loader resolves it. With an empty name the module itself.
    Global { module: Box<str>, name: Box<str> },
    /// The result of a call.
    Call(Box<Called>),
    /// `functools.partial`, bound and other deferred calls: what they call, the first arguments, and a dict of those
    /// with names.
    Partial {
        callee: Value,
        args: Vec<Value>,
        keywords: Value,
    },
    /// An attribute of something that is not known.
    Attribute { of: Value, name: Box<str> },
    /// What the loader's `persistent_load` gives.
    Persistent(Value),
    /// Room for another one.
    Freed,
}

/// A call or construction that happened.
#[derive(Clone, Debug)]
pub(crate) struct Called {
    pub(crate) callee: Value,
    pub(crate) args: Vec<Value>,
    /// A sample of what was set on it as on a dict, keys and values by turns.
    pub(crate) items: Vec<Value>,
    /// Methods that opcodes use, as far as BUILD bound something else under their names.
    pub(crate) bound: Vec<(&'static str, Value)>,
    /// The state of the last BUILD.
    pub(crate) state: Option<Value>,
}
