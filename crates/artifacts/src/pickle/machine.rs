//! The bounded symbolic pickle machine: stack, marks, memo, and what each opcode does to them.
//!
//! It follows the C unpickler where that differs from its documentation: PROTO may come anywhere, INT takes any
//! base, dotted names are walked from protocol 4 on, INST and OBJ call functions, a prefix before an error has
//! run. Where a loader would give up on an argument the machine goes on with an opaque value: seeing more is safe.

use std::cell::{Cell, RefCell};

use rustc_hash::{FxHashMap, FxHashSet};
use trueline_facts::artifact::Verdict;

use super::collect::{FIRST_COLLECTION, FIRST_SQUEEZE, Gap, LOST, MAX_DATA_MEMO};
use super::opcode as op;
use super::readings::{MAX_FORKED, Reading};
use super::state::{MAX_FAR, SeenState, StateLooks};
use super::value::{Called, Node, NodeId, Place, Text, Value};
use super::weights_only;
use crate::code::Code;
use crate::names;
use crate::source::Cursor;
use crate::technique::{self, Technique};

/// Items kept of a container.
pub(super) const SAMPLE: usize = 64;
/// And when a pickle has very many containers.
pub(super) const SMALL_SAMPLE: usize = 4;
pub(super) const MANY_NODES: usize = 1 << 20;
/// Nodes of one pickle that are needed, and values on its stack, from which on it goes on without them.
const MAX_OBJECTS: usize = 4 << 20;
/// Arrays of objects inside of each other: each has a machine of its own.
pub(super) const MAX_ARRAYS: u32 = 8;
/// Names that are one value each.
const MAX_GLOBALS: usize = 1 << 12;
/// Names that are remembered by the texts they are made of; short ones cost less than remembering.
const MAX_NAMES: usize = 1 << 16;
const LONG_NAME: u32 = 32;
/// Values in arguments that are looked at for dangerous functions and code.
pub(super) const MAX_LOOKS: u32 = 4 << 20;
/// Findings kept of one pickle.
pub(super) const MAX_FINDINGS: usize = 256;
/// Bytes that all computations of a pickle read and make.
const MAX_FOLDED_BYTES: usize = 8 << 20;
/// Calls that are written out for messages.
const MAX_SHOWN: u32 = 500;
/// Bytes of lines that cost what an opcode does.
pub(super) const LINE_RATIO: u64 = 64;
/// As how many opcodes an object counts, a name that is looked up, a text that is computed, a call that is judged, one
/// that was judged before, and a state that is set: as long as they take, with what is kept of them.
const WORK_AN_OBJECT: u64 = 5;
const WORK_A_NAME: u64 = 50;
pub(super) const WORK_A_TEXT: u64 = 24;
pub(super) const WORK_A_CALL: u64 = 50;
pub(super) const WORK_AGAIN: u64 = 8;
pub(super) const WORK_A_STATE: u64 = 36;
/// Computed texts that a machine may have which keeps no objects any more.
const MAX_LEAN_TEXTS: usize = 1 << 20;
/// Longest name of a module or in one, and how many parts it may have.
const MAX_NAME: usize = 256;
const MAX_PARTS: usize = 16;
/// Items that containers keep beyond their samples.
const MAX_EXTRA: usize = 1 << 18;
/// Values that calls may copy from their argument tuples.
const MAX_COPIED: usize = 4 << 20;

/// Texts by where they stand and how long they are; `None` for what is no text.
type Texts = FxHashMap<(u64, u32), Option<Box<str>>>;

/// Names of a module, with the protocol under which they were looked up.
type Globals = FxHashMap<Box<str>, (u8, Value)>;

/// How a pickle ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Ended {
    Stop,
    /// End of input before STOP.
    Truncated,
    UnknownOpcode(u8),
    /// The stack, the marks or the memo did not have what an opcode needs.
    Malformed,
    Budget,
}

/// Something seen while it ran.
#[derive(Clone, Debug)]
pub(crate) struct Finding {
    pub(crate) verdict: Verdict,
    pub(crate) technique: Technique,
    pub(crate) offset: u64,
    pub(crate) message: String,
    pub(crate) call: Option<String>,
}

/// A constant that should be looked into when the pickle is done.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Blob {
    pub(crate) value: Value,
    pub(crate) offset: u64,
}

/// The machine and what it has seen.
#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each says something else of the run"
)]
pub(crate) struct Machine {
    pub(crate) cursor: Cursor,
    pub(crate) nodes: Vec<Node>,
    /// What each node unfolds to when it is walked as a tree.
    pub(super) weights: Vec<f32>,
    pub(crate) made: Vec<Box<[u8]>>,
    /// Nodes that may be used again, and when it is worth to look for more.
    pub(super) free: Vec<u32>,
    pub(super) collect_at: usize,
    pub(super) squeeze_at: usize,
    /// Nodes from which on it looks for those that are not needed.
    pub(super) first_collection: usize,
    /// Entries of the memo that are kept as a list.
    pub(super) memo_limit: usize,
    /// Work beside the opcodes: objects, calls, names and texts that were made.
    pub(super) extra_work: u64,
    /// Work that may still be done, and what of it is left to the lean way.
    pub(super) work_left: u64,
    pub(super) reserve: u64,
    /// Only names and calls of them are followed: objects are kept no more.
    pub(super) is_lean: bool,
    /// What is missing may have been dropped.
    pub(super) is_forgetful: bool,
    /// Callees whose call with numbers alone said nothing, by node and opcode.
    pub(super) quiet: FxHashSet<(u32, u8)>,
    /// Names whose call with no arguments was judged, by node and opcode: the same call says nothing more.
    pub(super) judged: FxHashSet<(u32, u8)>,
    /// Times that something was found, also the same again.
    pub(super) finds: u64,
    pub(super) state_looks: StateLooks,
    pub(super) stack: Vec<Value>,
    /// Where values of it were dropped, from below.
    pub(super) gaps: Vec<Gap>,
    pub(super) marks: Vec<usize>,
    pub(super) memo: Vec<Option<Value>>,
    pub(super) sparse_memo: FxHashMap<u64, Value>,
    /// No entry of it is at this index or above.
    pub(super) sparse_end: u64,
    pub(super) memo_len: u64,
    /// Below it entries of the memo may be missing that are data.
    pub(super) dropped_memo: u64,
    pub(crate) protocol: u8,
    /// Modules and names that the pickles of the file registered under codes.
    pub(crate) extensions: FxHashMap<i64, (String, String)>,
    pub(crate) frame_end: Option<u64>,
    pub(crate) findings: Vec<Finding>,
    pub(crate) worst: Verdict,
    pub(crate) opcodes: u64,
    /// Calls of anything at all, vetted or not.
    pub(crate) calls: u64,
    pub(crate) globals: u64,
    pub(crate) blobs: Vec<Blob>,
    /// Where a frame was left by force: another reading begins there.
    pub(crate) other_readings: Vec<u64>,
    pub(crate) fold_left: u32,
    /// Bytes that computations may still read and make.
    pub(super) fold_bytes_left: usize,
    /// Something was not computed for want of it.
    pub(super) exhausted: bool,
    /// Calls that are still written out for messages.
    pub(super) shows_left: Cell<u32>,
    /// Values in arguments that are still looked at.
    pub(super) looks_left: Cell<u32>,
    #[cfg(test)]
    pub(super) looks_taken: Cell<u64>,
    /// Names whose call would be an attack, by their nodes.
    pub(super) dangers: RefCell<FxHashMap<u32, bool>>,
    /// States of objects: where they were set, and how much of each was looked at.
    pub(super) states: Vec<(Value, u64)>,
    pub(super) seen_states: FxHashMap<u32, SeenState>,
    /// Texts that could be expressions, and whether there were more than are kept.
    pub(super) expressions: FxHashSet<Place>,
    pub(super) more_expressions: bool,
    /// Those of them that their containers do not keep, and how many more are remembered.
    pub(super) far_texts: FxHashMap<u32, Vec<Value>>,
    pub(super) far_left: usize,
    /// Items past the sample that may still be kept.
    pub(super) extra_left: usize,
    /// What was left out for want of room or looks.
    pub(super) lost: Option<&'static str>,
    /// Bytes of lines that were read, also of those that have no end.
    pub(super) line_bytes: u64,
    /// Lines are read however long they are: it stands where a loader begins.
    pub(super) has_long_lines: bool,
    /// Nodes that may still be copied for other readings of the same bytes.
    pub(super) fork_left: usize,
    /// A function that another was given is being judged.
    pub(super) handing: bool,
    /// Whose eyes it reads with.
    pub(super) reading: Reading,
    /// Values that were taken from the memo, or from what the loading program knows.
    pub(super) gets: u64,
    /// The first name, or else an opcode, that torch refuses where it loads weights alone.
    pub(super) refused: Option<Box<str>>,
    pub(super) refused_opcode: Option<u8>,
    /// Calls of what is of no package that is known.
    pub(super) unknown_calls: u64,
    /// Opcodes that may still run.
    pub(super) steps_left: u64,
    /// Nodes, and values on the stack, that it may have.
    pub(super) objects: usize,
    /// Arrays of objects around it.
    pub(super) arrays: u32,
    /// Names by their modules.
    pub(super) globals_of: FxHashMap<Box<str>, Globals>,
    pub(super) global_count: usize,
    /// Names by the texts of their modules and their own, and the protocol.
    pub(super) names: FxHashMap<(Place, Place, u8), Value>,
    /// Constants that are kept for a look inside.
    pub(super) seen_blobs: FxHashSet<(u64, u32)>,
    /// Short texts by their place.
    pub(super) texts: RefCell<Texts>,
    /// How much the constants that were given to calls look like code.
    pub(super) code_of: RefCell<FxHashMap<(u64, u32), Code>>,
    /// Storages of a torch file: key and bytes that the pickle says they have.
    pub(super) storages: Vec<(String, u64)>,
    pub(super) copied: usize,
    /// Offset of the running opcode.
    pub(crate) at: u64,
    pub(crate) opcode: u8,
    pub(crate) spliced_arrays: u64,
    pub(crate) persistent: u64,
    /// The first values of the pickle, to tell formats apart.
    pub(crate) result: Option<Value>,
}

pub(super) type Step = Result<(), Ended>;

impl Machine {
    pub(crate) fn new(cursor: Cursor) -> Self {
        Self {
            cursor,
            nodes: Vec::new(),
            weights: Vec::new(),
            made: Vec::new(),
            stack: Vec::new(),
            gaps: Vec::new(),
            free: Vec::new(),
            collect_at: FIRST_COLLECTION,
            squeeze_at: FIRST_SQUEEZE,
            first_collection: FIRST_COLLECTION,
            memo_limit: MAX_DATA_MEMO,
            extra_work: 0,
            work_left: u64::MAX,
            reserve: 0,
            is_lean: false,
            is_forgetful: false,
            quiet: FxHashSet::default(),
            judged: FxHashSet::default(),
            finds: 0,
            state_looks: StateLooks::default(),
            marks: Vec::new(),
            memo: Vec::new(),
            sparse_memo: FxHashMap::default(),
            sparse_end: 0,
            memo_len: 0,
            dropped_memo: 0,
            protocol: 0,
            extensions: FxHashMap::default(),
            frame_end: None,
            findings: Vec::new(),
            worst: Verdict::Clean,
            opcodes: 0,
            calls: 0,
            globals: 0,
            blobs: Vec::new(),
            other_readings: Vec::new(),
            fold_left: 100_000,
            fold_bytes_left: MAX_FOLDED_BYTES,
            exhausted: false,
            shows_left: Cell::new(MAX_SHOWN),
            looks_left: Cell::new(MAX_LOOKS),
            #[cfg(test)]
            looks_taken: Cell::new(0),
            dangers: RefCell::default(),
            states: Vec::new(),
            seen_states: FxHashMap::default(),
            expressions: FxHashSet::default(),
            more_expressions: false,
            far_texts: FxHashMap::default(),
            far_left: MAX_FAR,
            extra_left: MAX_EXTRA,
            lost: None,
            line_bytes: 0,
            has_long_lines: false,
            fork_left: MAX_FORKED,
            handing: false,
            reading: Reading::Any,
            gets: 0,
            refused: None,
            refused_opcode: None,
            unknown_calls: 0,
            steps_left: u64::MAX,
            objects: MAX_OBJECTS,
            arrays: 0,
            globals_of: FxHashMap::default(),
            global_count: 0,
            names: FxHashMap::default(),
            seen_blobs: FxHashSet::default(),
            texts: RefCell::default(),
            code_of: RefCell::default(),
            storages: Vec::new(),
            copied: 0,
            at: 0,
            opcode: 0,
            spliced_arrays: 0,
            persistent: 0,
            result: None,
        }
    }

    /// Runs to STOP or to what stops it, then looks at what objects were given as their states.
    pub(crate) fn run(&mut self) -> Ended {
        let ended = self.run_opcodes();
        self.look_at_states();
        ended
    }

    fn run_opcodes(&mut self) -> Ended {
        loop {
            self.at = self.cursor.position();
            let Some(byte) = self.cursor.u8() else {
                return Ended::Truncated;
            };
            self.opcode = byte;
            if self.refused_opcode.is_none() && !weights_only::reads(byte) {
                self.refused_opcode = Some(byte);
            }
            if byte == op::STOP {
                self.opcodes += 1;
                self.result = self.stack.last().copied();
                return if self.stack.is_empty() {
                    Ended::Malformed
                } else {
                    Ended::Stop
                };
            }
            if let Err(ended) = self.step(byte) {
                return ended;
            }
            if self.reading == Reading::Probe && op::CALLS.contains(&byte) {
                self.calls += 1;
            }
            self.opcodes += 1;
            if let Some(end) = self.frame_end {
                self.check_frame(byte, end);
            }
            let work = self.work();
            if self.opcodes > self.steps_left || work > self.work_left {
                return Ended::Budget;
            }
            if !self.is_lean && work.saturating_add(self.reserve) > self.work_left {
                self.go_lean();
            }
            if self.nodes.len() >= self.collect_at && self.free.is_empty()
                || self.stack.len().max(self.marks.len()) >= self.squeeze_at
            {
                self.tidy();
            }
        }
    }

    /// What the run took so far, in opcodes.
    pub(super) const fn work(&self) -> u64 {
        self.opcodes + self.line_bytes / LINE_RATIO + self.extra_work
    }

    pub(super) fn check_frame(&mut self, byte: u8, end: u64) {
        let position = self.cursor.position();
        if position < end {
            return;
        }
        if position > end && byte != op::FRAME {
            self.straddled(end);
        }
        self.frame_end = None;
    }

    pub(super) fn straddled(&mut self, end: u64) {
        self.find(
            Verdict::Suspicious,
            technique::PICKLE_FRAME,
            "an argument crosses the end of its frame: C and Python loaders read different bytes"
                .to_owned(),
            None,
        );
        if self.other_readings.len() < 16 {
            self.other_readings.push(end);
        }
    }

    pub(super) fn fence(&self) -> usize {
        self.marks.last().copied().unwrap_or(0)
    }

    pub(super) fn pop(&mut self) -> Result<Value, Ended> {
        if self.stack.len() <= self.fence() {
            return self.missing();
        }
        if let Some(gap) = self.gaps.last_mut()
            && gap.at == self.stack.len()
        {
            gap.count -= 1;
            if gap.count == 0 {
                self.gaps.pop();
            }
            return Ok(Value::Dropped);
        }
        self.stack.pop().ok_or(Ended::Malformed)
    }

    /// What the stack or the memo does not have.
    pub(super) fn missing(&self) -> Result<Value, Ended> {
        if self.reading == Reading::Probe {
            Ok(Value::Opaque)
        } else if self.is_forgetful {
            Ok(Value::Dropped)
        } else {
            Err(Ended::Malformed)
        }
    }

    pub(super) fn top(&self) -> Result<Value, Ended> {
        if self.stack.len() <= self.fence() {
            return self.missing();
        }
        if self
            .gaps
            .last()
            .is_some_and(|gap| gap.at == self.stack.len())
        {
            return Ok(Value::Dropped);
        }
        self.stack.last().copied().ok_or(Ended::Malformed)
    }

    pub(super) fn pop_mark(&mut self) -> Result<Vec<Value>, Ended> {
        let Some(mark) = self.marks.pop() else {
            self.missing()?;
            return Ok(Vec::new());
        };
        if mark > self.stack.len() {
            return Err(Ended::Malformed);
        }
        while self.gaps.last().is_some_and(|gap| gap.at > mark) {
            self.gaps.pop();
            if matches!(self.opcode, op::INST | op::OBJ) {
                self.lost.get_or_insert(LOST);
            }
        }
        Ok(self.stack.split_off(mark))
    }

    pub(super) fn node(&mut self, node: Node) -> Value {
        if self.is_lean && !matches!(node, Node::Global { .. } | Node::Attribute { .. }) {
            return Value::Dropped;
        }
        self.extra_work += WORK_AN_OBJECT;
        if let Some(id) = self.free.pop() {
            self.nodes[id as usize] = node;
            self.weights[id as usize] = 1.0;
            return Value::Node(NodeId(id));
        }
        let id = NodeId(self.nodes.len() as u32);
        self.nodes.push(node);
        self.weights.push(1.0);
        Value::Node(id)
    }

    pub(crate) fn push_node(&mut self, node: Node) -> Value {
        self.node(node)
    }

    pub(crate) fn get_node(&self, value: Value) -> Option<&Node> {
        match value {
            Value::Node(NodeId(id)) => self.nodes.get(id as usize),
            _ => None,
        }
    }

    pub(super) fn get_node_mut(&mut self, value: Value) -> Option<&mut Node> {
        match value {
            Value::Node(NodeId(id)) => self.nodes.get_mut(id as usize),
            _ => None,
        }
    }

    pub(crate) fn make(&mut self, kind: Text, bytes: Vec<u8>) -> Value {
        self.extra_work += WORK_A_TEXT + bytes.len() as u64 / LINE_RATIO;
        if self.is_lean && (bytes.len() > MAX_NAME || self.made.len() >= MAX_LEAN_TEXTS) {
            return Value::Dropped;
        }
        let index = self.made.len() as u32;
        if kind == Text::Str && Self::may_be_expression(&bytes) {
            self.keep_expression((u64::MAX, index));
        }
        self.made.push(bytes.into_boxed_slice());
        Value::Made { kind, index }
    }

    /// The items of an argument tuple (or list: the Python loader takes both).
    pub(crate) fn arguments(&mut self, args: Value) -> Vec<Value> {
        let copied = self.copied;
        match self.get_node(args) {
            Some(Node::Container { items, cut, .. }) => {
                let limit = if copied > MAX_COPIED {
                    SMALL_SAMPLE
                } else {
                    SAMPLE
                };
                let is_cut = *cut || items.len() > limit;
                let items: Vec<Value> = items.iter().take(limit).copied().collect();
                self.copied += items.len();
                if is_cut {
                    self.lost = Some("a call has more arguments than are looked at");
                }
                items
            }
            _ => vec![args],
        }
    }

    pub(super) fn is_empty_container(&self, value: Value) -> bool {
        matches!(self.get_node(value), Some(Node::Container { items, .. }) if items.is_empty())
    }

    /// A global as the loader of the current protocol finds it.
    ///
    /// The same name is one value, however often it stands there.
    pub(crate) fn global(&mut self, module: &str, name: &str) -> Value {
        self.globals += 1;
        let known = self.globals_of.get(module).and_then(|of| of.get(name));
        if let Some((protocol, value)) = known
            && *protocol == self.protocol
        {
            return *value;
        }
        let value = self.new_global(module, name);
        if self.global_count < MAX_GLOBALS {
            self.global_count += 1;
            let of = self.globals_of.entry(module.into()).or_default();
            of.insert(name.into(), (self.protocol, value));
        }
        value
    }

    fn new_global(&mut self, module: &str, name: &str) -> Value {
        self.extra_work += WORK_A_NAME;
        if module.len().max(name.len()) > MAX_NAME || name.split('.').count() > MAX_PARTS {
            self.find(
                Verdict::Suspicious,
                technique::PICKLE_NAME,
                "a name of more than 256 characters or 16 parts: nobody writes it, and checking it is work".to_owned(),
                None,
            );
            return Value::Opaque;
        }
        let (module, name) = names::canonical(module, name, self.protocol);
        if self.refused.is_none() && !weights_only::allows(&module, &name) {
            self.refused = Some(format!("{module}.{name}").into());
        }
        let (module, name) = names::resolve(&module, &name);
        self.imported(&module, &name);
        self.node(Node::Global {
            module: module.into(),
            name: name.into(),
        })
    }

    /// The same of texts on the stack: a memo may name the same ones very often.
    pub(super) fn global_of(&mut self, module: Value, name: Value) -> Value {
        let long = |value: Value| value.place().filter(|place| place.1 > LONG_NAME);
        let is_long = long(module).or(long(name)).is_some();
        let places = module.place().zip(name.place());
        let key = places
            .filter(|_| is_long)
            .map(|(module, name)| (module, name, self.protocol));
        if let Some(known) = key.and_then(|key| self.names.get(&key)) {
            self.globals += 1;
            return *known;
        }
        let value = match (self.text(module), self.text(name)) {
            (Some(module), Some(name)) => self.global(&module, &name),
            _ if self.is_lean => Value::Dropped,
            // Loaders refuse what is no text; a computed text that we could not follow stays open.
            _ => self.node(Node::Attribute {
                of: module,
                name: super::foldable::COMPUTED.into(),
            }),
        };
        if let Some(key) = key
            && self.names.len() < MAX_NAMES
        {
            self.names.insert(key, value);
        }
        value
    }

    pub(crate) fn find(
        &mut self,
        verdict: Verdict,
        technique: Technique,
        message: String,
        call: Option<String>,
    ) {
        self.worst = self.worst.max(verdict);
        self.finds += 1;
        if self.findings.len() >= MAX_FINDINGS {
            return;
        }
        let repeated = self
            .findings
            .iter()
            .any(|f| f.technique == technique && f.message == message && f.verdict == verdict);
        if repeated {
            return;
        }
        self.findings.push(Finding {
            verdict,
            technique,
            offset: self.at,
            message,
            call,
        });
    }

    /// Records a call or construction as a value.
    pub(crate) fn called(&mut self, callee: Value, args: Vec<Value>) -> Value {
        self.node(Node::Call(Box::new(Called {
            callee,
            args,
            items: Vec::new(),
            bound: Vec::new(),
            state: None,
        })))
    }
}
