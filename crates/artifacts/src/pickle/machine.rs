//! The bounded symbolic pickle machine: stack, marks, memo, and what each opcode does to them.
//!
//! It follows the C unpickler where that differs from its documentation: PROTO may come anywhere, INT takes any
//! base, dotted names are walked from protocol 4 on, INST and OBJ call functions, a prefix before an error has
//! run. Where a loader would give up on an argument the machine goes on with an opaque value: seeing more is safe.

use rustc_hash::FxHashMap;
use trueline_facts::artifact::Verdict;

use super::opcode as op;
use super::value::{Called, Kind, Node, NodeId, Text, Value};
use crate::names;
use crate::source::Cursor;
use crate::technique::{self, Technique};

/// Items kept of a container.
const SAMPLE: usize = 64;
/// And when a pickle has very many containers.
const SMALL_SAMPLE: usize = 4;
const MANY_NODES: usize = 1 << 20;
/// Nodes of one pickle: about 1 GB at the very most, for files of such a size.
const MAX_NODES: usize = 24 << 20;
/// Longest line of a text opcode.
const MAX_LINE: usize = 16 << 20;
/// Highest memo index that is kept in a vector.
const DENSE_MEMO: usize = 1 << 26;
/// Findings kept of one pickle.
const MAX_FINDINGS: usize = 256;
/// Values that calls may copy from their argument tuples.
const MAX_COPIED: usize = 4 << 20;
/// Memo indices that no pickler writes: C allocates an array up to it.
const ABSURD_MEMO: u64 = 1 << 28;

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
pub(crate) struct Machine {
    pub(crate) cursor: Cursor,
    pub(crate) nodes: Vec<Node>,
    /// What each node unfolds to when it is walked as a tree.
    weights: Vec<f32>,
    pub(crate) made: Vec<Box<[u8]>>,
    stack: Vec<Value>,
    marks: Vec<usize>,
    memo: Vec<Option<Value>>,
    sparse_memo: FxHashMap<u64, Value>,
    memo_len: u64,
    pub(crate) protocol: u8,
    pub(crate) extensions: FxHashMap<i64, Value>,
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
    copied: usize,
    /// Offset of the running opcode.
    pub(crate) at: u64,
    pub(crate) opcode: u8,
    pub(crate) spliced_arrays: u64,
    pub(crate) persistent: u64,
    /// The first values of the pickle, to tell formats apart.
    pub(crate) result: Option<Value>,
}

type Step = Result<(), Ended>;

impl Machine {
    pub(crate) fn new(cursor: Cursor) -> Self {
        Self {
            cursor,
            nodes: Vec::new(),
            weights: Vec::new(),
            made: Vec::new(),
            stack: Vec::new(),
            marks: Vec::new(),
            memo: Vec::new(),
            sparse_memo: FxHashMap::default(),
            memo_len: 0,
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
            copied: 0,
            at: 0,
            opcode: 0,
            spliced_arrays: 0,
            persistent: 0,
            result: None,
        }
    }

    /// Runs to STOP or to what stops it.
    pub(crate) fn run(&mut self) -> Ended {
        loop {
            self.at = self.cursor.position();
            let Some(byte) = self.cursor.u8() else {
                return Ended::Truncated;
            };
            self.opcode = byte;
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
            self.opcodes += 1;
            if let Some(end) = self.frame_end {
                self.check_frame(byte, end);
            }
            if self.nodes.len() > MAX_NODES {
                return Ended::Budget;
            }
        }
    }

    fn check_frame(&mut self, byte: u8, end: u64) {
        let position = self.cursor.position();
        if position < end {
            return;
        }
        if position > end && byte != op::FRAME {
            self.straddled(end);
        }
        self.frame_end = None;
    }

    fn straddled(&mut self, end: u64) {
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

    fn step(&mut self, byte: u8) -> Step {
        match byte {
            op::PROTO => self.protocol = self.u8()?,
            op::FRAME => {
                let len = u64::from_le_bytes(self.take()?);
                let position = self.cursor.position();
                let end = position.saturating_add(len);
                if let Some(open) = self.frame_end
                    && open > position
                {
                    self.straddled(open);
                }
                if end > self.cursor.source().len() {
                    self.find(
                        Verdict::Clean,
                        technique::PICKLE_FRAME,
                        "a frame is longer than the file: the C loader refuses it, the Python loader does not".to_owned(),
                        None,
                    );
                }
                self.frame_end = Some(end);
            }
            op::MARK => self.marks.push(self.stack.len()),
            op::POP => {
                // C: a POP right after a MARK takes the mark away.
                if self.marks.last() == Some(&self.stack.len()) {
                    self.marks.pop();
                } else {
                    self.pop()?;
                }
            }
            op::POP_MARK => {
                self.pop_mark()?;
            }
            op::DUP => {
                let top = self.top()?;
                self.stack.push(top);
            }
            op::NONE => self.stack.push(Value::None),
            op::NEWTRUE => self.stack.push(Value::Bool(true)),
            op::NEWFALSE => self.stack.push(Value::Bool(false)),
            op::INT => {
                let line = self.line()?;
                self.stack.push(match line.as_slice() {
                    b"00" => Value::Bool(false),
                    b"01" => Value::Bool(true),
                    text => integer(text).map_or(Value::Opaque, Value::Int),
                });
            }
            op::LONG => {
                let mut line = self.line()?;
                if line.last() == Some(&b'L') {
                    line.pop();
                }
                self.stack
                    .push(integer(&line).map_or(Value::Opaque, Value::Int));
            }
            op::FLOAT => {
                let line = self.line()?;
                let value = std::str::from_utf8(&line)
                    .ok()
                    .and_then(|t| t.trim().parse().ok());
                self.stack.push(value.map_or(Value::Opaque, Value::Float));
            }
            op::BININT => {
                let value = i32::from_le_bytes(self.take()?);
                self.stack.push(Value::Int(value.into()));
            }
            op::BININT1 => {
                let value = self.u8()?;
                self.stack.push(Value::Int(value.into()));
            }
            op::BININT2 => {
                let value = u16::from_le_bytes(self.take()?);
                self.stack.push(Value::Int(value.into()));
            }
            op::LONG1 => {
                let len = self.u8()?;
                self.long(len.into())?;
            }
            op::LONG4 => {
                let len = i32::from_le_bytes(self.take()?);
                self.long(u64::try_from(len).map_err(|_| Ended::Malformed)?)?;
            }
            op::BINFLOAT => {
                let value = f64::from_be_bytes(self.take()?);
                self.stack.push(Value::Float(value));
            }
            op::STRING => {
                let line = self.line()?;
                let inner = unquoted(&line).unwrap_or(&line);
                let value = self.make(Text::Str, unescape(inner));
                self.stack.push(value);
            }
            op::UNICODE => {
                let line = self.line()?;
                let value = self.make(Text::Str, raw_unicode_unescape(&line));
                self.blob(value);
                self.stack.push(value);
            }
            op::BINSTRING => {
                let len = i32::from_le_bytes(self.take()?);
                self.span(Text::Str, u64::try_from(len).map_err(|_| Ended::Malformed)?)?;
            }
            op::SHORT_BINSTRING | op::SHORT_BINUNICODE => {
                let len = self.u8()?;
                self.span(Text::Str, len.into())?;
            }
            op::BINUNICODE => {
                let len = u32::from_le_bytes(self.take()?);
                self.span(Text::Str, len.into())?;
            }
            op::BINUNICODE8 => {
                let len = u64::from_le_bytes(self.take()?);
                self.span(Text::Str, len)?;
            }
            op::SHORT_BINBYTES => {
                let len = self.u8()?;
                self.span(Text::Bytes, len.into())?;
            }
            op::BINBYTES => {
                let len = u32::from_le_bytes(self.take()?);
                self.span(Text::Bytes, len.into())?;
            }
            op::BINBYTES8 | op::BYTEARRAY8 => {
                let len = u64::from_le_bytes(self.take()?);
                self.span(Text::Bytes, len)?;
            }
            op::NEXT_BUFFER => self.stack.push(Value::Opaque),
            op::READONLY_BUFFER => {
                self.top()?;
            }
            op::EMPTY_TUPLE => self.container(Kind::Tuple, Vec::new()),
            op::EMPTY_LIST => self.container(Kind::List, Vec::new()),
            op::EMPTY_DICT => self.container(Kind::Dict, Vec::new()),
            op::EMPTY_SET => self.container(Kind::Set, Vec::new()),
            op::TUPLE1 | op::TUPLE2 | op::TUPLE3 => {
                let count = usize::from(byte - op::TUPLE1) + 1;
                let from = self.stack.len().checked_sub(count);
                let from = from
                    .filter(|from| *from >= self.fence())
                    .ok_or(Ended::Malformed)?;
                let items = self.stack.split_off(from);
                self.container(Kind::Tuple, items);
            }
            op::TUPLE => {
                let items = self.pop_mark()?;
                self.container(Kind::Tuple, items);
            }
            op::LIST => {
                let items = self.pop_mark()?;
                self.container(Kind::List, items);
            }
            op::DICT => {
                let items = self.pop_mark()?;
                self.container(Kind::Dict, items);
            }
            op::FROZENSET => {
                let items = self.pop_mark()?;
                self.container(Kind::FrozenSet, items);
            }
            op::APPEND => {
                let item = self.pop()?;
                let list = self.top()?;
                self.extend(list, &[item], &["append", "extend"]);
            }
            op::APPENDS => {
                let items = self.pop_mark()?;
                let list = self.top()?;
                self.extend(list, &items, &["extend", "append"]);
            }
            op::ADDITEMS => {
                let items = self.pop_mark()?;
                let set = self.top()?;
                self.extend(set, &items, &["update", "add"]);
            }
            op::SETITEM => {
                let value = self.pop()?;
                let key = self.pop()?;
                let dict = self.top()?;
                self.set_items(dict, &[key, value]);
            }
            op::SETITEMS => {
                let items = self.pop_mark()?;
                let dict = self.top()?;
                self.set_items(dict, &items);
            }
            op::GET => {
                let line = self.line()?;
                let index = integer(&line).and_then(|i| u64::try_from(i).ok());
                self.get(index.ok_or(Ended::Malformed)?)?;
            }
            op::BINGET => {
                let index = self.u8()?;
                self.get(index.into())?;
            }
            op::LONG_BINGET => {
                let index = u32::from_le_bytes(self.take()?);
                self.get(index.into())?;
            }
            op::PUT => {
                let line = self.line()?;
                let index = integer(&line).and_then(|i| u64::try_from(i).ok());
                self.put(index.ok_or(Ended::Malformed)?)?;
            }
            op::BINPUT => {
                let index = self.u8()?;
                self.put(index.into())?;
            }
            op::LONG_BINPUT => {
                let index = u32::from_le_bytes(self.take()?);
                self.put(index.into())?;
            }
            op::MEMOIZE => self.put(self.memo_len)?,
            op::GLOBAL => {
                let (module, name) = self.two_lines()?;
                let value = self.global(&module, &name);
                self.stack.push(value);
            }
            op::STACK_GLOBAL => {
                let name = self.pop()?;
                let module = self.pop()?;
                let value = match (self.text(module), self.text(name)) {
                    (Some(module), Some(name)) => self.global(&module, &name),
                    // Loaders refuse what is no text; a computed text that we could not follow stays open.
                    _ => Value::Opaque,
                };
                self.stack.push(value);
            }
            op::INST => {
                let (module, name) = self.two_lines()?;
                let args = self.pop_mark()?;
                let callee = self.global(&module, &name);
                let value = self.call(callee, args, 0);
                self.stack.push(value);
            }
            op::OBJ => {
                let mut args = self.pop_mark()?;
                if args.is_empty() {
                    return Err(Ended::Malformed);
                }
                let callee = args.remove(0);
                let value = self.call(callee, args, 0);
                self.stack.push(value);
            }
            op::REDUCE | op::NEWOBJ => {
                let args = self.pop()?;
                let callee = self.pop()?;
                let args = self.arguments(args);
                let value = self.call(callee, args, 0);
                self.stack.push(value);
            }
            op::NEWOBJ_EX => {
                let keywords = self.pop()?;
                let args = self.pop()?;
                let callee = self.pop()?;
                let mut args = self.arguments(args);
                if !self.is_empty_container(keywords) {
                    args.push(keywords);
                }
                let value = self.call(callee, args, 0);
                self.stack.push(value);
            }
            op::BUILD => {
                let state = self.pop()?;
                let target = self.top()?;
                self.build(target, state)?;
            }
            op::PERSID => {
                let line = self.line()?;
                let id = self.make(Text::Str, line);
                self.persistent(id);
            }
            op::BINPERSID => {
                let id = self.pop()?;
                self.persistent(id);
            }
            op::EXT1 => {
                let code = self.u8()?;
                self.extension(code.into());
            }
            op::EXT2 => {
                let code = u16::from_le_bytes(self.take()?);
                self.extension(code.into());
            }
            op::EXT4 => {
                let code = i32::from_le_bytes(self.take()?);
                self.extension(code.into());
            }
            other => return Err(Ended::UnknownOpcode(other)),
        }
        Ok(())
    }

    fn u8(&mut self) -> Result<u8, Ended> {
        self.cursor.u8().ok_or(Ended::Truncated)
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], Ended> {
        self.cursor.take().ok_or(Ended::Truncated)
    }

    fn line(&mut self) -> Result<Vec<u8>, Ended> {
        self.cursor.line(MAX_LINE).ok_or(Ended::Truncated)
    }

    /// The operands of GLOBAL and INST; a name that is no name is no pickle.
    fn two_lines(&mut self) -> Result<(String, String), Ended> {
        let module = String::from_utf8(self.line()?).map_err(|_| Ended::Malformed)?;
        let name = String::from_utf8(self.line()?).map_err(|_| Ended::Malformed)?;
        Ok((module, name))
    }

    fn fence(&self) -> usize {
        self.marks.last().copied().unwrap_or(0)
    }

    fn pop(&mut self) -> Result<Value, Ended> {
        if self.stack.len() <= self.fence() {
            return Err(Ended::Malformed);
        }
        self.stack.pop().ok_or(Ended::Malformed)
    }

    fn top(&self) -> Result<Value, Ended> {
        if self.stack.len() <= self.fence() {
            return Err(Ended::Malformed);
        }
        self.stack.last().copied().ok_or(Ended::Malformed)
    }

    fn pop_mark(&mut self) -> Result<Vec<Value>, Ended> {
        let mark = self.marks.pop().ok_or(Ended::Malformed)?;
        if mark > self.stack.len() {
            return Err(Ended::Malformed);
        }
        Ok(self.stack.split_off(mark))
    }

    /// A little-endian number of any length; large ones are opaque.
    fn long(&mut self, len: u64) -> Step {
        let at = self.cursor.skip(len).ok_or(Ended::Truncated)?;
        let value = if len <= 8 {
            let bytes = self.cursor.source().read(at, len as usize);
            let negative = bytes.last().is_some_and(|b| b & 0x80 != 0);
            let mut wide = [if negative { 0xff } else { 0 }; 8];
            wide[..bytes.len()].copy_from_slice(&bytes);
            Value::Int(i64::from_le_bytes(wide))
        } else {
            Value::Opaque
        };
        self.stack.push(value);
        Ok(())
    }

    /// Text or bytes that stay where they are.
    fn span(&mut self, kind: Text, len: u64) -> Step {
        let at = self.cursor.skip(len).ok_or(Ended::Truncated)?;
        let len = u32::try_from(len).unwrap_or(u32::MAX);
        let value = Value::Span { kind, len, at };
        if len >= 16 || (kind == Text::Bytes && len >= 4) {
            self.blob(value);
        }
        self.stack.push(value);
        Ok(())
    }

    fn node(&mut self, node: Node) -> Value {
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

    fn get_node_mut(&mut self, value: Value) -> Option<&mut Node> {
        match value {
            Value::Node(NodeId(id)) => self.nodes.get_mut(id as usize),
            _ => None,
        }
    }

    pub(crate) fn make(&mut self, kind: Text, bytes: Vec<u8>) -> Value {
        let index = self.made.len() as u32;
        self.made.push(bytes.into_boxed_slice());
        Value::Made { kind, index }
    }

    fn sample(&self) -> usize {
        if self.nodes.len() > MANY_NODES {
            SMALL_SAMPLE
        } else {
            SAMPLE
        }
    }

    fn container(&mut self, kind: Kind, mut items: Vec<Value>) {
        let limit = self.sample().max(SAMPLE * usize::from(kind == Kind::Tuple));
        let cut = items.len() > limit;
        let weight = self.weight(&items);
        items.truncate(limit);
        items.shrink_to_fit();
        let value = self.node(Node::Container { kind, items, cut });
        self.grow(value, weight);
        self.stack.push(value);
    }

    fn weight(&self, items: &[Value]) -> f32 {
        items
            .iter()
            .map(|item| match item {
                Value::Node(NodeId(id)) => self.weights.get(*id as usize).copied().unwrap_or(1.0),
                _ => 1.0,
            })
            .sum()
    }

    /// A few opcodes that unfold to very many objects: whoever prints, compares or copies the result hangs.
    fn grow(&mut self, value: Value, by: f32) {
        let Value::Node(NodeId(id)) = value else {
            return;
        };
        let Some(weight) = self.weights.get_mut(id as usize) else {
            return;
        };
        *weight += by;
        let opcodes = self.opcodes as f32;
        if *weight > (opcodes * opcodes * 4.0).max(1e9) {
            self.find(
                Verdict::Suspicious,
                technique::PICKLE_EXPONENTIAL,
                "containers hold each other so that a few bytes unfold to more than a thousand million objects"
                    .to_owned(),
                None,
            );
        }
    }

    /// The items of an argument tuple (or list: the Python loader takes both).
    pub(crate) fn arguments(&mut self, args: Value) -> Vec<Value> {
        let copied = self.copied;
        match self.get_node(args) {
            Some(Node::Container { items, .. }) => {
                let limit = if copied > MAX_COPIED {
                    SMALL_SAMPLE
                } else {
                    SAMPLE
                };
                let items: Vec<Value> = items.iter().take(limit).copied().collect();
                self.copied += items.len();
                items
            }
            _ => vec![args],
        }
    }

    fn is_empty_container(&self, value: Value) -> bool {
        matches!(self.get_node(value), Some(Node::Container { items, .. }) if items.is_empty())
    }

    fn get(&mut self, index: u64) -> Step {
        let dense = usize::try_from(index).ok();
        let value = dense
            .and_then(|i| self.memo.get(i).copied().flatten())
            .or_else(|| self.sparse_memo.get(&index).copied())
            .ok_or(Ended::Malformed)?;
        self.stack.push(value);
        Ok(())
    }

    fn put(&mut self, index: u64) -> Step {
        let value = self.top()?;
        if index >= ABSURD_MEMO {
            self.find(
                Verdict::Suspicious,
                technique::PICKLE_MEMO,
                format!("memo index {index}: a loader in C allocates an array up to it"),
                None,
            );
        }
        let at = usize::try_from(index).unwrap_or(usize::MAX);
        let is_new = if at < self.memo.len() {
            self.memo[at].replace(value).is_none()
        } else if at < self.memo.len() + 1024 && at < DENSE_MEMO {
            self.memo.resize(at + 1, None);
            self.memo[at] = Some(value);
            true
        } else {
            self.sparse_memo.insert(index, value).is_none()
        };
        self.memo_len += u64::from(is_new);
        Ok(())
    }

    /// A global as the loader of the current protocol finds it.
    pub(crate) fn global(&mut self, module: &str, name: &str) -> Value {
        self.globals += 1;
        let (module, name) = names::canonical(module, name, self.protocol);
        let (module, name) = names::resolve(&module, &name);
        self.imported(&module, &name);
        self.node(Node::Global {
            module: module.into(),
            name: name.into(),
        })
    }

    fn extension(&mut self, code: i64) {
        let value = self.extensions.get(&code).copied();
        if value.is_none() {
            self.find(
                Verdict::Suspicious,
                technique::PICKLE_EXTENSION,
                format!(
                    "extension code {code} stands for a name that only the loading program knows"
                ),
                None,
            );
        }
        self.stack.push(value.unwrap_or(Value::Opaque));
    }

    fn persistent(&mut self, id: Value) {
        self.persistent += 1;
        let value = self.node(Node::Persistent(id));
        self.stack.push(value);
    }

    /// APPEND(S) and ADDITEMS: on a container its items, on anything else a call of its method.
    fn extend(&mut self, target: Value, items: &[Value], methods: &[&str]) {
        let limit = self.sample();
        let weight = self.weight(items);
        match self.get_node_mut(target) {
            Some(Node::Container {
                items: kept, cut, ..
            }) => {
                let room = limit.saturating_sub(kept.len());
                kept.extend(items.iter().take(room));
                *cut |= items.len() > room;
                self.grow(target, weight);
            }
            Some(Node::Call(_)) => self.call_bound(target, methods, items),
            Some(Node::Global { .. }) => self.overwritten(target, "adds to", items),
            _ => {}
        }
    }

    fn set_items(&mut self, target: Value, items: &[Value]) {
        let limit = self.sample() * 2;
        let weight = self.weight(items);
        match self.get_node_mut(target) {
            Some(Node::Container {
                kind: Kind::Dict,
                items: kept,
                cut,
            }) => {
                let room = limit.saturating_sub(kept.len());
                kept.extend(items.iter().take(room));
                *cut |= items.len() > room;
                self.grow(target, weight);
            }
            Some(Node::Container { .. }) => self.find(
                Verdict::Suspicious,
                technique::PICKLE_ITEM,
                "items are set on what is no dict".to_owned(),
                None,
            ),
            Some(Node::Call(_)) => {
                self.item_of_call(target);
                self.call_bound(target, &["__setitem__"], items);
            }
            Some(Node::Global { .. } | Node::Attribute { .. } | Node::Partial { .. }) => {
                self.overwritten(target, "sets items of", items);
            }
            _ => {}
        }
    }

    /// Calls what BUILD bound under the name of a method that an opcode uses.
    fn call_bound(&mut self, target: Value, methods: &[&str], items: &[Value]) {
        let bound = match self.get_node(target) {
            Some(Node::Call(called)) => called
                .bound
                .iter()
                .find(|(name, _)| methods.contains(&&**name))
                .map(|(_, value)| *value),
            _ => None,
        };
        if let Some(callee) = bound {
            self.call(callee, items.to_vec(), 0);
        }
    }

    fn build(&mut self, target: Value, state: Value) -> Step {
        let setter = match self.get_node(target) {
            Some(Node::Call(called)) => called
                .bound
                .iter()
                .find(|(name, _)| &**name == "__setstate__")
                .map(|(_, value)| *value),
            Some(Node::Global { .. } | Node::Attribute { .. }) => {
                self.overwritten(target, "sets attributes of", &[state]);
                None
            }
            Some(Node::Partial { .. }) => {
                self.build_partial(target, state);
                None
            }
            _ => None,
        };
        if let Some(callee) = setter {
            self.call(callee, vec![state], 0);
            return Ok(());
        }
        let bound = self.bound_names(state);
        for (name, _) in &bound {
            if names::is_hook(name) {
                self.find(
                    Verdict::Malicious,
                    technique::PICKLE_HOOK,
                    format!("the state of an object binds {name} to something that can be called"),
                    None,
                );
            }
        }
        if let Some(Node::Call(called)) = self.get_node_mut(target) {
            called.bound.extend(bound);
            called.state = Some(state);
        }
        self.splice(target, state)
    }

    /// Keys of a state (a dict, or a pair of dicts) whose values can be called.
    fn bound_names(&self, state: Value) -> Vec<(Box<str>, Value)> {
        let mut found = Vec::new();
        let mut dicts = vec![state];
        if let Some(Node::Container {
            kind: Kind::Tuple,
            items,
            ..
        }) = self.get_node(state)
        {
            dicts = items.iter().take(2).copied().collect();
        }
        for dict in dicts {
            let Some(Node::Container {
                kind: Kind::Dict,
                items,
                ..
            }) = self.get_node(dict)
            else {
                continue;
            };
            for pair in items.chunks_exact(2) {
                if self.is_callable(pair[1])
                    && let Some(name) = self.text(pair[0])
                {
                    found.push((name.into(), pair[1]));
                }
            }
        }
        found
    }

    /// Could calling it do something? Objects of unknown classes count: they may define `__call__`.
    pub(crate) fn is_callable(&self, value: Value) -> bool {
        matches!(
            self.get_node(value),
            Some(Node::Global { .. } | Node::Partial { .. } | Node::Attribute { .. })
        )
    }

    /// The text of a constant of at most 64 KiB.
    pub(crate) fn text(&self, value: Value) -> Option<String> {
        match value {
            Value::Span {
                kind: Text::Str, ..
            }
            | Value::Made {
                kind: Text::Str, ..
            } => String::from_utf8(self.bytes(value, 1 << 16)?).ok(),
            _ => None,
        }
    }

    /// The bytes of a text or bytes constant, if it has at most `limit`.
    pub(crate) fn bytes(&self, value: Value, limit: usize) -> Option<Vec<u8>> {
        match value {
            Value::Span { len, at, .. } if len as usize <= limit => {
                Some(self.cursor.bytes(at, len as usize))
            }
            Value::Made { index, .. } => self
                .made
                .get(index as usize)
                .filter(|bytes| bytes.len() <= limit)
                .map(|bytes| bytes.to_vec()),
            _ => None,
        }
    }

    pub(crate) fn find(
        &mut self,
        verdict: Verdict,
        technique: Technique,
        message: String,
        call: Option<String>,
    ) {
        self.worst = self.worst.max(verdict);
        let repeated = self
            .findings
            .iter()
            .any(|f| f.technique == technique && f.message == message && f.verdict == verdict);
        if repeated || self.findings.len() >= MAX_FINDINGS {
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
            bound: Vec::new(),
            state: None,
        })))
    }
}

/// An integer as `int(text, 0)` takes it.
fn integer(text: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(text).ok()?.trim().replace('_', "");
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(&text)),
    };
    let lower = digits.to_ascii_lowercase();
    let value = if let Some(hex) = lower.strip_prefix("0x") {
        i64::from_str_radix(hex, 16)
    } else if let Some(octal) = lower.strip_prefix("0o") {
        i64::from_str_radix(octal, 8)
    } else if let Some(binary) = lower.strip_prefix("0b") {
        i64::from_str_radix(binary, 2)
    } else {
        lower.parse()
    };
    value.ok().map(|v| if negative { -v } else { v })
}

fn unquoted(line: &[u8]) -> Option<&[u8]> {
    let line = line.trim_ascii();
    let quote = *line.first()?;
    if line.len() < 2 || (quote != b'\'' && quote != b'"') || line.last() != Some(&quote) {
        return None;
    }
    line.get(1..line.len() - 1)
}

/// Backslash escapes of a Python 2 string.
fn unescape(text: &[u8]) -> Vec<u8> {
    if !text.contains(&b'\\') {
        return text.to_vec();
    }
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        at += 1;
        if *byte != b'\\' {
            out.push(*byte);
            continue;
        }
        let Some(escape) = text.get(at) else { break };
        at += 1;
        match escape {
            b'n' => out.push(b'\n'),
            b't' => out.push(b'\t'),
            b'r' => out.push(b'\r'),
            b'a' => out.push(7),
            b'b' => out.push(8),
            b'f' => out.push(12),
            b'v' => out.push(11),
            b'\n' => {}
            b'x' => {
                let digits = text
                    .get(at..at + 2)
                    .and_then(|d| std::str::from_utf8(d).ok());
                if let Some(value) = digits.and_then(|d| u8::from_str_radix(d, 16).ok()) {
                    out.push(value);
                    at += 2;
                }
            }
            b'0'..=b'7' => {
                let mut value = u32::from(escape - b'0');
                for _ in 0..2 {
                    let Some(digit) = text.get(at).filter(|d| (b'0'..=b'7').contains(d)) else {
                        break;
                    };
                    value = value * 8 + u32::from(digit - b'0');
                    at += 1;
                }
                out.push(value as u8);
            }
            other => out.push(*other),
        }
    }
    out
}

/// `\uXXXX` and `\UXXXXXXXX`, everything else Latin-1, as UTF-8.
fn raw_unicode_unescape(line: &[u8]) -> Vec<u8> {
    if line.is_ascii() && !line.contains(&b'\\') {
        return line.to_vec();
    }
    let mut out = String::with_capacity(line.len());
    let mut at = 0;
    while let Some(byte) = line.get(at) {
        at += 1;
        let count = match (byte, line.get(at)) {
            (b'\\', Some(b'u')) => 4,
            (b'\\', Some(b'U')) => 8,
            _ => 0,
        };
        let digits = line
            .get(at + 1..at + 1 + count)
            .filter(|d| !d.is_empty())
            .and_then(|d| std::str::from_utf8(d).ok());
        let escaped = digits
            .and_then(|d| u32::from_str_radix(d, 16).ok())
            .and_then(char::from_u32);
        if let Some(c) = escaped {
            out.push(c);
            at += 1 + count;
        } else {
            out.push(char::from(*byte));
        }
    }
    out.into_bytes()
}
