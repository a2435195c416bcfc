//! What each opcode does to the stack, the memo and the objects.

use trueline_facts::artifact::Verdict;

use super::collect::{MAX_SPARSE_MEMO, is_plain};
use super::literal::{integer, raw_unicode_unescape, unescape, unquoted};
use super::machine::{Ended, Machine, Step, WORK_AGAIN};
use super::opcode as op;
use super::value::{Kind, Node, Text, Value};
use crate::technique;

/// Longest line of a text opcode.
const MAX_LINE: usize = 16 << 20;
/// Memo indices that no pickler writes: C allocates an array up to it.
const ABSURD_MEMO: u64 = 1 << 28;

impl Machine {
    pub(super) fn step(&mut self, byte: u8) -> Step {
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
                let value = self.with_line(|line| match line {
                    b"00" => Value::Bool(false),
                    b"01" => Value::Bool(true),
                    text => integer(text).map_or(Value::Opaque, Value::Int),
                })?;
                self.stack.push(value);
            }
            op::LONG => {
                let number =
                    self.with_line(|line| integer(line.strip_suffix(b"L").unwrap_or(line)))?;
                self.stack.push(number.map_or(Value::Opaque, Value::Int));
            }
            op::FLOAT => {
                let value = self.with_line(|line| {
                    let text = std::str::from_utf8(line).ok()?;
                    text.trim().parse().ok()
                })?;
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
            op::STRING if self.plain_text(true) => {}
            op::UNICODE if self.plain_text(false) => {}
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
                let is_whole = |from: &usize| self.gaps.last().is_none_or(|gap| gap.at <= *from);
                let from = from.filter(is_whole);
                let items = if let Some(from) = from.filter(|from| *from >= self.fence()) {
                    self.stack.split_off(from)
                } else {
                    let mut items = Vec::new();
                    for _ in 0..count {
                        items.push(self.pop()?);
                    }
                    items.reverse();
                    items
                };
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
                let index = self.with_line(|line| {
                    integer(line).and_then(|number| u64::try_from(number).ok())
                })?;
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
                let index = self.with_line(|line| {
                    integer(line).and_then(|number| u64::try_from(number).ok())
                })?;
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
                let value = self.global_of(module, name);
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
                    args.push(self.missing()?);
                }
                let callee = args.remove(0);
                let value = self.call(callee, args, 0);
                self.stack.push(value);
            }
            op::REDUCE | op::NEWOBJ => {
                let args = self.pop()?;
                let callee = self.pop()?;
                let args = if self.is_lean {
                    Vec::new()
                } else {
                    self.arguments(args)
                };
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

    pub(super) fn u8(&mut self) -> Result<u8, Ended> {
        self.cursor.u8().ok_or(Ended::Truncated)
    }

    pub(super) fn take<const N: usize>(&mut self) -> Result<[u8; N], Ended> {
        self.cursor.take().ok_or(Ended::Truncated)
    }

    pub(super) fn line(&mut self) -> Result<Vec<u8>, Ended> {
        let left = self.cursor.remaining();
        let mut line = self.cursor.line(MAX_LINE);
        // What is looked through for an end that is not there is work too.
        self.line_bytes += line
            .as_ref()
            .map_or(left.min(8 * MAX_LINE as u64), |l| l.len() as u64);
        if line.is_none() && self.has_long_lines && left > MAX_LINE as u64 {
            // Loaders read lines of any length. Nothing is computed from so long a text.
            line = self.cursor.long_line(MAX_LINE);
            self.line_bytes += left - self.cursor.remaining().min(left);
        }
        line.ok_or(Ended::Truncated)
    }

    /// What the line that begins here says.
    fn with_line<T>(&mut self, read: impl FnOnce(&[u8]) -> T) -> Result<T, Ended> {
        if let Some(line) = self.cursor.line_at_hand() {
            let (value, len) = (read(line), line.len() as u64);
            self.line_bytes += len;
            self.cursor.skip(len + 1).ok_or(Ended::Truncated)?;
            return Ok(value);
        }
        Ok(read(&self.line()?))
    }

    /// Pushes the text of the line that begins here, if it stands there as it is, without escapes.
    fn plain_text(&mut self, is_quoted: bool) -> bool {
        let Some(line) = self.cursor.line_at_hand() else {
            return false;
        };
        let (before, text) = match unquoted(line).filter(|_| is_quoted) {
            Some(inner) => (line.len() - line.trim_ascii_start().len() + 1, inner),
            None => (0, line),
        };
        if !text.is_ascii() || text.contains(&b'\\') {
            return false;
        }
        let (whole, len) = (line.len() as u64, text.len());
        let at = self.cursor.position() + before as u64;
        let is_expression =
            super::state::EXPRESSION.contains(&len) && Self::may_be_expression(text);
        let Ok(len) = u32::try_from(len) else {
            return false;
        };
        if self.cursor.skip(whole + 1).is_none() {
            return false;
        }
        self.line_bytes += whole;
        let value = Value::Span {
            kind: Text::Str,
            len,
            at,
        };
        if is_expression {
            self.keep_expression((at, len));
        }
        if !is_quoted {
            self.blob(value);
        }
        self.stack.push(value);
        true
    }

    /// The operands of GLOBAL and INST; a name that is no name is no pickle.
    pub(super) fn two_lines(&mut self) -> Result<(String, String), Ended> {
        self.extra_work += WORK_AGAIN;
        let module = String::from_utf8(self.line()?).map_err(|_| Ended::Malformed)?;
        let name = String::from_utf8(self.line()?).map_err(|_| Ended::Malformed)?;
        Ok((module, name))
    }

    /// A little-endian number of any length; large ones are opaque.
    pub(super) fn long(&mut self, len: u64) -> Step {
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
    pub(super) fn span(&mut self, kind: Text, len: u64) -> Step {
        let at = self.cursor.skip(len).ok_or(Ended::Truncated)?;
        let len = u32::try_from(len).unwrap_or(u32::MAX);
        let value = Value::Span { kind, len, at };
        if len >= 16 || (kind == Text::Bytes && len >= 4) {
            self.blob(value);
        }
        if kind == Text::Str && super::state::EXPRESSION.contains(&(len as usize)) {
            let is_one = self.cursor.with(at, len as usize, Self::may_be_expression);
            if is_one {
                self.keep_expression((at, len));
            }
        }
        self.stack.push(value);
        Ok(())
    }

    pub(super) fn get(&mut self, index: u64) -> Step {
        self.gets += 1;
        let dense = usize::try_from(index).ok();
        let value = dense
            .and_then(|i| self.memo.get(i).copied().flatten())
            .or_else(|| self.sparse_memo.get(&index).copied());
        let value = match value {
            Some(value) => value,
            // Of very many values those that are data have no entry.
            None if index < self.dropped_memo => Value::Dropped,
            None => self.missing()?,
        };
        self.stack.push(value);
        Ok(())
    }

    pub(super) fn put(&mut self, index: u64) -> Step {
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
        } else if at < self.memo.len() + 1024 && at < self.memo_limit {
            self.memo.resize(at + 1, None);
            self.memo[at] = Some(value);
            true
        } else if index < ABSURD_MEMO
            && (self.memo.len() + self.sparse_memo.len() >= self.memo_limit && is_plain(value)
                || self.sparse_memo.len() >= MAX_SPARSE_MEMO.min(self.memo_limit / 8))
        {
            // Indices go up, as a rule: what is above all entries needs no look.
            let is_above = index >= self.sparse_end;
            let had = !is_above && self.sparse_memo.remove(&index).is_some();
            let is_new = index >= self.dropped_memo && !had;
            self.dropped_memo = self.dropped_memo.max(index + 1);
            is_new
        } else {
            self.sparse_end = self.sparse_end.max(index + 1);
            self.sparse_memo.insert(index, value).is_none()
        };
        self.memo_len += u64::from(is_new);
        Ok(())
    }

    pub(super) fn extension(&mut self, code: i64) {
        self.gets += 1;
        let value = if let Some((module, name)) = self.extensions.get(&code).cloned() {
            self.global(&module, &name)
        } else {
            self.find(
                Verdict::Suspicious,
                technique::PICKLE_EXTENSION,
                format!(
                    "extension code {code} stands for a name that only the loading program knows"
                ),
                None,
            );
            Value::Opaque
        };
        self.stack.push(value);
    }

    pub(super) fn persistent(&mut self, id: Value) {
        self.gets += 1;
        self.persistent += 1;
        if self.is_dangerous(id, 0) {
            self.find(
                Verdict::Malicious,
                technique::PICKLE_PASSES_DANGEROUS,
                "hands a dangerous function to the loader as a persistent id".to_owned(),
                None,
            );
        }
        self.storage(id);
        let value = self.node(Node::Persistent(id));
        self.stack.push(value);
    }
}
