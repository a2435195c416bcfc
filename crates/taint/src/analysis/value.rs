//! The abstract domain: what a value may be, its constant, and the taint that it carries.
//!
//! Values live in one arena per module and are immutable, so a state is a vector of small ids:
//! copying one is a `memcpy` and joining two mostly compares ids. The same id on two variables
//! means the same abstract value, which is what lets a guard on one refine the other.

use rustc_hash::FxHashMap;
use smallvec::SmallVec;
use trueline_syntax::ir::{ClassId, FuncId, Span, Symbol, Var};

use crate::models::Bits;

/// Selectors of an access path, sources of a value and alternatives of a value are capped: the
/// caps keep summaries small and are the same on every run.
pub(super) const MAX_SELECTORS: u8 = 6;
const MAX_SOURCES: usize = 8;
const MAX_ATOMS: usize = 8;

/// A value in the arena.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct ValId(pub(super) u32);

impl ValId {
    /// Not assigned on this path: the neutral element of a join.
    pub(super) const UNDEF: Self = Self(0);
    /// Anything, free of taint.
    pub(super) const UNKNOWN: Self = Self(1);
}

/// A dotted name in the arena.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct PathId(pub(super) u32);

/// An abstract object: one per allocating instruction.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct ObjId(pub(super) u32);

/// An access path from a parameter, receiver or captured variable.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct AccessId(pub(super) u32);

/// Where taint comes from.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct SourceId(pub(super) u32);

/// A link of a trace; the links before it are in the arena.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct StepId(pub(super) u32);

impl StepId {
    pub(super) const NONE: Self = Self(0);
}

/// A constant.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Konst {
    Str(Symbol),
    Bytes(Symbol),
    Int(i64),
    /// By its bits, so that constants are comparable.
    Float(u64),
    Bool(bool),
    Null,
}

/// One thing that a value may be.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) enum Atom {
    /// A thing of a library, or what a call of it returns: `flask.request.args`.
    Path(PathId),
    /// An object that this module allocates.
    Object(ObjId),
    /// What a caller passes.
    Access(AccessId),
    /// A function of this module.
    Func(FuncId),
    /// A method of this module with its receiver.
    Bound(FuncId, ValId),
    /// A class of this module.
    Class(ClassId),
    /// A number, date, UUID or truth value: carries no text that an attacker chooses.
    Number,
    /// Text.
    Text,
}

/// How a value was made of another, as far as guards care.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Derivation {
    /// The text without its first and last character.
    Inner,
    /// The same text up to case and surrounding blanks.
    SameText,
    /// The place that a path leads to.
    Resolved,
    /// The text in which something else stands for each of this part.
    Without(Symbol),
    /// The ending of a file's name, or the pieces that it is one of.
    Ending,
    /// A URL taken apart.
    Url,
    /// The host of a URL taken apart.
    UrlHost,
    /// The scheme of a URL taken apart.
    UrlScheme,
    /// Its JSON text.
    Json,
    /// A path as seen from a folder.
    Relative,
    /// The pieces of text between its dots.
    BetweenDots,
    /// Text cut in two at its last dot.
    AtLastDot,
    /// The first word of a command line that was cut into words.
    FirstOf,
    /// What a constant pattern, which the value names, found.
    Found,
    /// The answer of a method of something unknown.
    Answered,
}

/// Taint of one source.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Label {
    /// Where it comes from.
    pub(super) source: SourceId,
    /// The rules that it can no longer violate.
    pub(super) cleared: Bits,
    /// How it got here.
    pub(super) step: StepId,
    /// How many calls of unknown functions it went through.
    pub(super) guesses: u8,
}

/// Labels by source, ascending.
pub(super) type Labels = SmallVec<[Label; 2]>;

/// What is known of a value.
#[derive(Clone, Default, Debug)]
pub(super) struct Value {
    pub(super) konst: Option<Konst>,
    /// Alternatives, ascending; empty is "anything".
    pub(super) atoms: SmallVec<[Atom; 1]>,
    pub(super) labels: Labels,
    /// Constant text that the value begins with.
    pub(super) prefix: Option<Symbol>,
    pub(super) derived: Option<(Derivation, ValId)>,
}

impl Value {
    pub(super) fn of(atom: Atom) -> Self {
        let mut value = Self::default();
        value.atoms.push(atom);
        value
    }

    pub(super) fn constant(konst: Konst) -> Self {
        let mut value = Self {
            konst: Some(konst),
            ..Self::default()
        };
        match konst {
            Konst::Str(text) => {
                value.prefix = Some(text);
                value.atoms.push(Atom::Text);
            }
            Konst::Bytes(_) => value.atoms.push(Atom::Text),
            Konst::Int(_) | Konst::Float(_) | Konst::Bool(_) => value.atoms.push(Atom::Number),
            Konst::Null => {}
        }
        value
    }

    /// Surely no text of an attacker's choosing.
    pub(super) fn is_number(&self) -> bool {
        !self.atoms.is_empty() && self.atoms.iter().all(|a| *a == Atom::Number)
    }

    pub(super) fn is_null(&self) -> bool {
        self.konst == Some(Konst::Null)
    }

    pub(super) fn same(&self, other: &Self) -> bool {
        self.konst == other.konst
            && self.prefix == other.prefix
            && self.derived == other.derived
            && self.atoms == other.atoms
            && self.labels.len() == other.labels.len()
            && self
                .labels
                .iter()
                .zip(&other.labels)
                .all(|(a, b)| a.source == b.source && a.cleared == b.cleared)
    }
}

/// Unions labels: an attacker needs one way in, so cleared rules intersect; the first trace stays.
pub(super) fn add_labels(into: &mut Labels, from: &[Label]) {
    for label in from {
        match into.binary_search_by_key(&label.source, |l| l.source) {
            Ok(at) => {
                if let Some(own) = into.get_mut(at) {
                    own.cleared = own.cleared.both(label.cleared);
                    own.guesses = own.guesses.min(label.guesses);
                }
            }
            Err(at) if into.len() < MAX_SOURCES => into.insert(at, *label),
            // Smallest ids stay, so the outcome does not depend on the order of joins.
            Err(at) if at < MAX_SOURCES => {
                into.pop();
                into.insert(at, *label);
            }
            Err(_) => {}
        }
    }
}

pub(super) fn add_atoms(into: &mut SmallVec<[Atom; 1]>, from: &[Atom]) {
    for atom in from {
        if let Err(at) = into.binary_search(atom)
            && into.len() < MAX_ATOMS
        {
            into.insert(at, *atom);
        }
    }
}

/// What a label stands for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Source {
    /// Input that enters at a place of this module; the kind indexes the models' source kinds.
    Site {
        function: FuncId,
        span: Span,
        kind: u16,
    },
    /// What a caller passes.
    Access(AccessId),
}

/// Where an access path starts.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(super) enum Root {
    /// A parameter, by position in [`trueline_syntax::ir::Function::params`].
    Param(FuncId, u16),
    /// JavaScript's `this`.
    This(FuncId),
    /// A variable of an enclosing function.
    Captured(FuncId, Var),
}

/// One step of an access path.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) enum Selector {
    /// An attribute or constant key.
    Name(Symbol),
    /// A constant position.
    At(i64),
    /// Any element.
    Any,
    /// Any key: who chose what is under a key did not choose the key.
    Key,
    /// The result of calling it.
    Called,
    /// What stands under a key that is not known: of a map of Python no key, as going through it gives.
    Entry,
}

/// A node of the access-path tree.
#[derive(Clone, Copy, Debug)]
pub(super) struct Access {
    pub(super) root: Root,
    /// The path without its last selector, and that selector.
    pub(super) parent: Option<(AccessId, Selector)>,
    pub(super) depth: u8,
}

/// What happened to tainted text at one place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum StepKind {
    Source,
    Join,
    Format,
    Call(Symbol),
    /// Into a function of this module as an argument; the link inside is the callee's last.
    Into(FuncId, StepId),
    /// A trace inside another file: an index of those that were brought in.
    Elsewhere(u32),
}

/// A link of a trace.
#[derive(Clone, Copy, Debug)]
pub(super) struct StepNode {
    pub(super) prev: StepId,
    pub(super) span: Span,
    pub(super) kind: StepKind,
    pub(super) depth: u16,
}

/// All values, paths, sources and steps of one module.
#[derive(Debug)]
pub(super) struct Arena {
    /// Joins of values that differ.
    pub(super) joins: u64,
    values: Vec<Value>,
    constants: FxHashMap<Konst, ValId>,
    single: FxHashMap<Atom, ValId>,
    sources: Vec<Source>,
    source_ids: FxHashMap<Source, SourceId>,
    accesses: Vec<Access>,
    access_ids: FxHashMap<(AccessId, Selector), AccessId>,
    roots: FxHashMap<Root, AccessId>,
    steps: Vec<StepNode>,
    refined: FxHashMap<(ValId, Bits), ValId>,
    unrefined: FxHashMap<ValId, ValId>,
    marked: FxHashMap<(ValId, Bits), ValId>,
    /// Parts of values that are only known as a whole.
    pub(super) parts: FxHashMap<(ValId, Selector), ValId>,
    /// What going through values gives, elements or keys.
    pub(super) gone_through: FxHashMap<(ValId, Selector), ValId>,
    /// What loops read, by function, variable and what they go through.
    pub(super) elements: FxHashMap<(FuncId, Var, ValId), ValId>,
    /// Fields read in a function, so that two reads of `request.args` are one value there and a
    /// guard on the first holds for the second. Another function has its own: a source is named
    /// where it is read.
    pub(super) reads: FxHashMap<(FuncId, ValId, Selector), ValId>,
}

impl Arena {
    pub(super) fn new() -> Self {
        Self {
            joins: 0,
            values: vec![Value::default(), Value::default()],
            constants: FxHashMap::default(),
            single: FxHashMap::default(),
            sources: Vec::new(),
            source_ids: FxHashMap::default(),
            accesses: Vec::new(),
            access_ids: FxHashMap::default(),
            roots: FxHashMap::default(),
            steps: vec![StepNode {
                prev: StepId::NONE,
                span: Span::default(),
                kind: StepKind::Join,
                depth: 0,
            }],
            refined: FxHashMap::default(),
            unrefined: FxHashMap::default(),
            marked: FxHashMap::default(),
            parts: FxHashMap::default(),
            gone_through: FxHashMap::default(),
            elements: FxHashMap::default(),
            reads: FxHashMap::default(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.values.len() + self.steps.len()
    }

    pub(super) fn get(&self, id: ValId) -> &Value {
        self.values
            .get(id.0 as usize)
            .unwrap_or(&self.values[ValId::UNKNOWN.0 as usize])
    }

    pub(super) fn add(&mut self, value: Value) -> ValId {
        self.values.push(value);
        ValId(self.values.len() as u32 - 1)
    }

    pub(super) fn constant(&mut self, konst: Konst) -> ValId {
        if let Some(id) = self.constants.get(&konst) {
            return *id;
        }
        let id = self.add(Value::constant(konst));
        self.constants.insert(konst, id);
        id
    }

    /// The value that is surely this and nothing else.
    pub(super) fn single(&mut self, atom: Atom) -> ValId {
        if let Some(id) = self.single.get(&atom) {
            return *id;
        }
        let id = self.add(Value::of(atom));
        self.single.insert(atom, id);
        id
    }

    pub(super) fn boolean(&mut self, known: Option<bool>) -> ValId {
        match known {
            Some(known) => self.constant(Konst::Bool(known)),
            None => self.single(Atom::Number),
        }
    }

    /// An unnamed value that only carries taint.
    pub(super) fn tainted(&mut self, labels: Labels) -> ValId {
        if labels.is_empty() {
            return ValId::UNKNOWN;
        }
        self.add(Value {
            labels,
            ..Value::default()
        })
    }

    pub(super) fn join(&mut self, a: ValId, b: ValId) -> ValId {
        if a == b || b == ValId::UNDEF {
            return a;
        }
        if a == ValId::UNDEF {
            return b;
        }
        self.joins += 1;
        let (left, right) = (self.get(a), self.get(b));
        let mut joined = Value {
            konst: (left.konst == right.konst).then_some(left.konst).flatten(),
            prefix: (left.prefix == right.prefix)
                .then_some(left.prefix)
                .flatten(),
            derived: (left.derived == right.derived)
                .then_some(left.derived)
                .flatten(),
            atoms: left.atoms.clone(),
            labels: left.labels.clone(),
        };
        // An unknown alternative is forgotten: `x = None` or an unmodelled call beside a known
        // type keeps the type, which is what the code goes on to use.
        add_atoms(&mut joined.atoms, &right.atoms);
        let dirty = !joined.labels.is_empty() || !right.labels.is_empty();
        if dirty && joined.is_number() && !(left.is_number() && right.is_number()) {
            joined.atoms.clear();
        }
        add_labels(&mut joined.labels, &right.labels);
        if joined.same(left) {
            return a;
        }
        if joined.same(right) {
            return b;
        }
        self.add(joined)
    }

    pub(super) fn source(&mut self, source: Source) -> SourceId {
        if let Some(id) = self.source_ids.get(&source) {
            return *id;
        }
        let id = SourceId(self.sources.len() as u32);
        self.sources.push(source);
        self.source_ids.insert(source, id);
        id
    }

    pub(super) fn source_of(&self, id: SourceId) -> Option<Source> {
        self.sources.get(id.0 as usize).copied()
    }

    pub(super) fn root(&mut self, root: Root) -> AccessId {
        if let Some(id) = self.roots.get(&root) {
            return *id;
        }
        let id = AccessId(self.accesses.len() as u32);
        self.accesses.push(Access {
            root,
            parent: None,
            depth: 0,
        });
        self.roots.insert(root, id);
        id
    }

    /// The path with one more selector; a full path stays as it is and so stands for all below it.
    pub(super) fn child(&mut self, id: AccessId, selector: Selector) -> AccessId {
        let Some(parent) = self.accesses.get(id.0 as usize).copied() else {
            return id;
        };
        if parent.depth >= MAX_SELECTORS {
            return id;
        }
        if let Some(child) = self.access_ids.get(&(id, selector)) {
            return *child;
        }
        let child = AccessId(self.accesses.len() as u32);
        self.accesses.push(Access {
            root: parent.root,
            parent: Some((id, selector)),
            depth: parent.depth + 1,
        });
        self.access_ids.insert((id, selector), child);
        child
    }

    pub(super) fn access(&self, id: AccessId) -> Option<Access> {
        self.accesses.get(id.0 as usize).copied()
    }

    /// The value of an access path inside the function that it belongs to.
    pub(super) fn access_value(&mut self, id: AccessId) -> ValId {
        let atom = Atom::Access(id);
        if let Some(value) = self.single.get(&atom) {
            return *value;
        }
        let source = self.source(Source::Access(id));
        let mut value = Value::of(atom);
        value.labels.push(Label {
            source,
            cleared: Bits::NONE,
            step: StepId::NONE,
            guesses: 0,
        });
        let value = self.add(value);
        self.single.insert(atom, value);
        value
    }

    pub(super) fn step(&mut self, prev: StepId, span: Span, kind: StepKind) -> StepId {
        let depth = self.steps.get(prev.0 as usize).map_or(0, |s| s.depth);
        self.steps.push(StepNode {
            prev,
            span,
            kind,
            depth: depth.saturating_add(1),
        });
        StepId(self.steps.len() as u32 - 1)
    }

    /// A link that stands for a trace of so many links in another file.
    pub(super) fn elsewhere_step(&mut self, trace: u32, length: u16) -> StepId {
        self.steps.push(StepNode {
            prev: StepId::NONE,
            span: Span::default(),
            kind: StepKind::Elsewhere(trace),
            depth: length,
        });
        StepId(self.steps.len() as u32 - 1)
    }

    pub(super) fn step_of(&self, id: StepId) -> Option<StepNode> {
        if id == StepId::NONE {
            return None;
        }
        self.steps.get(id.0 as usize).copied()
    }

    /// The same value, with rules cleared by a guard.
    pub(super) fn refine(&mut self, id: ValId, cleared: Bits) -> ValId {
        if self.get(id).labels.is_empty() {
            return id;
        }
        if let Some(known) = self.refined.get(&(id, cleared)) {
            return *known;
        }
        let mut value = self.get(id).clone();
        for label in &mut value.labels {
            label.cleared = label.cleared.or(cleared);
        }
        let refined = self.add(value);
        self.refined.insert((id, cleared), refined);
        let origin = self.unrefined(id);
        self.unrefined.insert(refined, origin);
        refined
    }

    /// A value whose taint of some sources (of all, if none is named) cannot violate some rules wherever
    /// it is: unlike what a guard refined, it stays so.
    pub(super) fn marked(&mut self, id: ValId, cleared: Bits, of: &[SourceId]) -> ValId {
        if self.get(id).labels.is_empty() {
            return id;
        }
        if let Some(known) = self.marked.get(&(id, cleared)) {
            return *known;
        }
        let mut value = self.get(id).clone();
        for label in &mut value.labels {
            if of.is_empty() || of.contains(&label.source) {
                label.cleared = label.cleared.or(cleared);
            }
        }
        let marked = self.add(value);
        self.marked.insert((id, cleared), marked);
        marked
    }

    /// The value before guards refined it.
    pub(super) fn unrefined(&self, id: ValId) -> ValId {
        self.unrefined.get(&id).copied().unwrap_or(id)
    }
}
