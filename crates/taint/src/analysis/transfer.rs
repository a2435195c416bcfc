//! What one instruction does to the state.

use trueline_syntax::ir::{
    BinaryOp, CompareOp, Const, Element, FormatPart, FuncId, Instr, Language, Op, Operand,
    SequenceKind, Symbol, UnaryOp, VarHome,
};

use super::state::{Key, State};
use super::value::{self, Atom, Konst, Labels, ObjId, StepKind, ValId, Value};
use super::{Analyzer, Frame, ObjectKind};
use crate::models::Bits;

/// The last name of a path that stands for the pieces that a stream is read in.
pub(super) const PIECES: &str = "*";

impl<'a> Analyzer<'a> {
    /// Interprets one instruction.
    #[expect(clippy::too_many_lines, reason = "one arm per instruction")]
    pub(super) fn step(&mut self, frame: &mut Frame<'a>, state: &mut State, instr: &'a Instr) {
        let value = match &instr.op {
            Op::Field { base, name } => {
                let base = self.read(frame, state, base);
                match self.get_accessor(frame, state, base, *name) {
                    Some(value) => value,
                    None if self.is_asked_field(frame, base, *name) => ValId::UNKNOWN,
                    None => {
                        let read = self.field(frame, state, base, *name);
                        self.part_of_request(frame, state, base, *name, read)
                    }
                }
            }
            Op::StoreField { base, name, value } => {
                let target = self.read(frame, state, base);
                let stored = self.read(frame, state, value);
                self.check_field_sink(frame, state, *name, stored);
                self.check_property_sink(frame, state, target, *name, stored);
                self.check_weak_field(frame, *name, stored);
                self.check_index_sink(frame, state, base, target, ValId::UNKNOWN, stored);
                self.check_secret(frame, *name, stored);
                if self.set_accessor(frame, state, target, *name, stored) {
                    return;
                }
                self.store(state, target, Some(Key::Name(*name)), ValId::UNDEF, stored);
                self.note_field(target, *name, stored);
                return;
            }
            Op::Index {
                base: operand,
                index: at,
            } => {
                let base = self.read(frame, state, operand);
                if let Some(part) = self.tuple_part(frame, state, operand, base, at) {
                    part
                } else {
                    let index = self.read(frame, state, at);
                    self.index(frame, state, base, index)
                }
            }
            Op::StoreIndex { base, index, value } => {
                let target = self.read(frame, state, base);
                let index = self.read(frame, state, index);
                let stored = self.read(frame, state, value);
                self.check_index_sink(frame, state, base, target, index, stored);
                let key = self.key_of(index);
                if let Some(Key::Name(name)) = key {
                    self.check_secret(frame, name, stored);
                    if self.module.language != Language::Python {
                        self.check_field_sink(frame, state, name, stored);
                    }
                }
                self.store(state, target, key, index, stored);
                return;
            }
            Op::Slice { base, low, high } => {
                let after_dot =
                    high.is_none() && low.as_ref().is_some_and(|low| self.is_last_dot(frame, low));
                let base = self.read(frame, state, base);
                let low = low.as_ref().map(|v| self.read(frame, state, v));
                let high = high.as_ref().map(|v| self.read(frame, state, v));
                let part = self.slice(frame, state, base, low, high);
                if after_dot {
                    self.without_dots(part)
                } else {
                    part
                }
            }
            Op::Delete { base, index } => {
                let base = self.read(frame, state, base);
                let index = self.read(frame, state, index);
                if let (Some(object), Some(key)) = (self.only_object(base), self.key_of(index)) {
                    state.contents_mut(object).remove(key);
                }
                return;
            }
            Op::Call { callee, args } => {
                self.check_asked_password_call(frame, callee, args);
                self.note_refused_call(frame, state, (callee, args), instr);
                let result = self.call(frame, state, callee, args);
                self.cut_by_call(frame, callee, args, result)
            }
            Op::Binary { op, left, right } => {
                let first = self.read(frame, state, left);
                let second = self.read(frame, state, right);
                let second = self.behind(frame, *op, (left, first), second);
                self.binary(frame, state, *op, first, second)
            }
            Op::Compare { op, left, right } => {
                if matches!(op, CompareOp::Eq | CompareOp::NotEq) {
                    self.check_asked_password(frame, left, right);
                }
                let left = self.read(frame, state, left);
                let right = self.read(frame, state, right);
                if matches!(op, CompareOp::Eq | CompareOp::NotEq) {
                    self.check_comparison(frame, left, right);
                }
                self.note_refused(frame, state, (*op, left, right), instr);
                let known = self.compare(state, *op, left, right);
                self.arena.boolean(known)
            }
            Op::Unary { op, operand } => {
                let operand = self.read(frame, state, operand);
                self.unary(*op, operand)
            }
            Op::Format { parts } => self.format(frame, state, parts),
            Op::Sequence { kind, elements } => self.sequence(frame, state, *kind, elements),
            Op::Map { entries } => self.map(frame, state, entries),
            Op::Closure(id) => self.arena.single(Atom::Func(*id)),
            Op::ClassValue(id) => self.arena.single(Atom::Class(*id)),
            Op::Import { module, member } => {
                let value = self.import(*module, *member);
                self.with_source(frame, value)
            }
            Op::This => self.this(frame),
            Op::Next { iterable, kind } => {
                let iterable = self.read(frame, state, iterable);
                self.next_of_loop(frame, state, instr, iterable, *kind)
            }
            Op::HasNext { .. } | Op::IsAbsent { .. } => self.arena.single(Atom::Number),
            Op::Copy(operand) | Op::Enter(operand) => self.read(frame, state, operand),
            Op::Await(operand) => {
                let value = self.read(frame, state, operand);
                self.awaited(state, value)
            }
            Op::Typed { value, of } => {
                let value = self.read(frame, state, value);
                self.typed(value, *of)
            }
            Op::Yield(operand) => {
                // A generator's consumer sees every element: collected as the return value.
                if let Some(operand) = operand {
                    let value = self.read(frame, state, operand);
                    frame.ret = self.arena.join(frame.ret, value);
                }
                ValId::UNKNOWN
            }
            Op::Exit(_) => return,
            Op::Caught => {
                let thrown = frame.thrown.get(&frame.block).copied();
                self.caught(thrown)
            }
            Op::Element {
                attributes,
                children,
                ..
            } => self.element(frame, state, attributes, children),
            Op::Unknown { operands, .. } => {
                let mut labels = Labels::new();
                for operand in operands {
                    let value = self.read(frame, state, operand);
                    value::add_labels(&mut labels, &self.deep_labels(state, value));
                }
                self.arena.tainted(labels)
            }
        };
        let Some(dst) = instr.dst else { return };
        if let Op::Copy(from) = &instr.op {
            self.check_fallback(frame, dst, from);
        }
        self.write(frame, state, dst, value);
    }

    /// The next element of a loop: the same value each time that the loop is gone through, so that a
    /// guard on it in one round holds for what is read of it in that round.
    fn next_of_loop(
        &mut self,
        frame: &Frame<'a>,
        state: &State,
        instr: &Instr,
        iterable: ValId,
        kind: trueline_syntax::ir::IterKind,
    ) -> ValId {
        let element = self.next_element(state, iterable, kind);
        let element = self.piece_of_stream(frame, iterable, element);
        let opaque = |a: &Atom| matches!(a, Atom::Object(_));
        let known = self.arena.get(iterable);
        if known.labels.is_empty() || known.atoms.iter().any(opaque) {
            return element;
        }
        let Some(dst) = instr.dst else { return element };
        let key = (frame.id, dst, iterable);
        match self.arena.elements.get(&key).copied() {
            Some(before) if self.arena.get(before).same(self.arena.get(element)) => before,
            _ => {
                self.arena.elements.insert(key, element);
                element
            }
        }
    }

    /// What a handler catches: an error of some kind, in JavaScript with a `stack`.
    fn caught(&mut self, thrown: Option<ValId>) -> ValId {
        if !self.calls_back() {
            return thrown.unwrap_or(ValId::UNKNOWN);
        }
        let last = self.names.intern("Error");
        let error = self.paths.absolute("Error", last);
        let error = self.arena.single(Atom::Path(error));
        match thrown {
            Some(thrown) => self.arena.join(thrown, error),
            None => error,
        }
    }

    /// What a loop over a thing of a library reads, where the models name that: `for await (const chunk
    /// of request)`.
    pub(super) fn piece_of_stream(
        &mut self,
        frame: &Frame<'a>,
        iterable: ValId,
        element: ValId,
    ) -> ValId {
        let mut element = element;
        for atom in self.arena.get(iterable).atoms.clone() {
            let Atom::Path(path) = atom else { continue };
            let piece = self.names.intern(PIECES);
            let piece = self.paths.child(path, piece, &self.names);
            if self.paths.entry(piece).is_some() {
                let read = self.arena.single(Atom::Path(piece));
                let read = self.with_source(frame, read);
                element = self.arena.join(element, read);
            }
        }
        element
    }

    fn write(
        &mut self,
        frame: &mut Frame<'a>,
        state: &mut State,
        dst: trueline_syntax::ir::Var,
        value: ValId,
    ) {
        let value = if value == ValId::UNDEF {
            ValId::UNKNOWN
        } else {
            value
        };
        state.env.set(dst.0 as usize, value);
        let Some(decl) = frame.function.vars.get(dst.0 as usize).copied() else {
            return;
        };
        match decl.home {
            VarHome::Local => {
                self.check_secret(frame, decl.name, value);
                self.note_slot(frame.id, dst, value);
            }
            VarHome::Captured { function, var } => {
                self.check_secret(frame, decl.name, value);
                self.note_slot(function, var, value);
                frame.summary.capture(&mut self.arena, function, var, value);
            }
            VarHome::Temporary | VarHome::Global => {}
        }
    }

    /// Remembers what a variable held, for functions that read it from outside.
    pub(super) fn note_slot(&mut self, owner: FuncId, var: trueline_syntax::ir::Var, value: ValId) {
        if !self.bindings.has_inner(owner) {
            return;
        }
        let known = self
            .slots
            .get(&(owner, var))
            .copied()
            .unwrap_or(ValId::UNDEF);
        let joined = self.arena.join(known, value);
        self.slots.insert((owner, var), joined);
    }

    pub(super) fn constant(&mut self, constant: &Const) -> ValId {
        let konst = match constant {
            Const::Str(text) => Konst::Str(*text),
            Const::Bytes(text) => Konst::Bytes(*text),
            Const::Int(number) => Konst::Int(*number),
            Const::Float(number) => Konst::Float(number.to_bits()),
            Const::Bool(truth) => Konst::Bool(*truth),
            Const::Null => Konst::Null,
            Const::List(_) => return ValId::UNKNOWN,
        };
        self.arena.constant(konst)
    }

    pub(super) fn binary(
        &mut self,
        frame: &Frame<'a>,
        state: &mut State,
        op: BinaryOp,
        left: ValId,
        right: ValId,
    ) -> ValId {
        if let Some(folded) = self.fold_binary(op, left, right) {
            return folded;
        }
        let numbers = self.arena.get(left).is_number() && self.arena.get(right).is_number();
        let arithmetic = op != BinaryOp::Add && self.module.language != Language::Python;
        if numbers || arithmetic {
            return self.arena.single(Atom::Number);
        }
        if op == BinaryOp::Mul && self.module.language == Language::Python {
            return self.repeated(state, left, right);
        }
        if op == BinaryOp::Add
            && let (Some(a), Some(b)) = (self.only_object(left), self.only_object(right))
        {
            return self.concatenated(frame, state, a, b);
        }
        if op == BinaryOp::Add
            && self.module.language == Language::Python
            && let Some(list) = self.only_object(left)
            && self.object_kind(list) == Some(ObjectKind::List)
        {
            return self.lengthened(frame, state, list, right);
        }
        // `pathlib`: in JavaScript a division was a number above.
        let path_join = op == BinaryOp::Div;
        let mut labels = Labels::new();
        for (at, side) in [left, right].into_iter().enumerate() {
            let mut part = self.deep_labels(state, side);
            // What comes after something constant cannot be an absolute path or choose a host; a
            // path join starts afresh at an absolute right side.
            if at == 1 && op == BinaryOp::Add && self.begins_constant(left) {
                clear_all(&mut part, Bits::RELATIVE);
            }
            if at == 1 && path_join {
                clear_all(&mut part, Bits::PLACED);
            }
            if at == 1
                && op == BinaryOp::Add
                && (self.is_go() && self.holds_host(left) || self.begins_with_host(left))
            {
                clear_all(&mut part, self.models.url_rules);
            }
            value::add_labels(&mut labels, &part);
        }
        if op == BinaryOp::Mod && self.begins_constant(left) {
            clear_all(&mut labels, self.relative_unless_first(left));
        }
        let prefix = match op {
            BinaryOp::Add => self.joined_prefix(left, right),
            BinaryOp::Mod => self.percent_prefix(left),
            _ => None,
        };
        if labels.is_empty() && prefix.is_none() {
            return match op {
                BinaryOp::Add | BinaryOp::Mod if self.is_text(left) || self.is_text(right) => {
                    self.arena.single(Atom::Text)
                }
                BinaryOp::Div => self.path_value(left),
                _ => ValId::UNKNOWN,
            };
        }
        self.advance(&mut labels, frame.span, StepKind::Join);
        if self.is_text(left) || self.is_text(right) {
            clear_all(&mut labels, self.models.structure_rules);
        }
        let mut value = Value {
            labels,
            prefix,
            ..Value::default()
        };
        if path_join {
            // `pathlib`: the result is what the left side is.
            let atoms = self.arena.get(left).atoms.clone();
            value::add_atoms(&mut value.atoms, &atoms);
        } else if op == BinaryOp::Add || op == BinaryOp::Mod {
            value.atoms.push(Atom::Text);
        }
        self.arena.add(value)
    }

    fn path_value(&mut self, left: ValId) -> ValId {
        let atoms = self.arena.get(left).atoms.clone();
        if atoms.iter().any(|a| matches!(a, Atom::Path(_))) {
            let mut value = Value::default();
            value::add_atoms(&mut value.atoms, &atoms);
            return self.arena.add(value);
        }
        ValId::UNKNOWN
    }

    pub(super) fn is_text(&self, id: ValId) -> bool {
        let value = self.arena.get(id);
        value.prefix.is_some() || value.atoms.as_slice() == [Atom::Text]
    }

    /// Whether text begins with something that the program chose.
    pub(super) fn begins_constant(&self, id: ValId) -> bool {
        let value = self.arena.get(id);
        match value.prefix {
            Some(prefix) => !self.names.text(prefix).is_empty(),
            // A variable that no input reaches, such as a base folder.
            None => value.labels.is_empty() && !value.is_null(),
        }
    }

    /// Whether an address begins with a host that is not constant: what follows it does not choose
    /// one.
    pub(super) fn holds_host(&self, id: ValId) -> bool {
        let value = self.arena.get(id);
        value.konst.is_none()
            && match value.prefix {
                Some(prefix) => self.names.text(prefix).contains("://"),
                None => value.labels.iter().all(|l| self.is_symbolic(l)),
            }
    }

    /// Whether text begins with an address whose host the program fixes: what is put after it chooses
    /// none.
    fn begins_with_host(&self, id: ValId) -> bool {
        let prefix = self.arena.get(id).prefix;
        prefix.is_some_and(|p| super::sink::fixes_host(self.names.text(p)))
    }

    fn relative_unless_first(&self, template: ValId) -> Bits {
        match self.arena.get(template).prefix {
            Some(text) if self.names.text(text).starts_with('%') => Bits::NONE,
            _ => Bits::RELATIVE,
        }
    }

    fn joined_prefix(&mut self, left: ValId, right: ValId) -> Option<Symbol> {
        let left = self.arena.get(left);
        if let Some(Konst::Str(first)) = left.konst
            && let Some(second) = self.arena.get(right).prefix
        {
            let text = format!("{}{}", self.names.text(first), self.names.text(second));
            return (text.len() <= super::names::MAX_TEXT).then(|| self.names.intern(&text));
        }
        let chosen = left.labels.is_empty() && !left.is_null() && !left.is_number();
        let second = self.arena.get(right).prefix;
        match (left.prefix, second) {
            (None, Some(second)) if chosen && left.konst.is_none() => {
                let text = format!("{}{}", super::sink::SOME_TEXT, self.names.text(second));
                (text.len() <= super::names::MAX_TEXT).then(|| self.names.intern(&text))
            }
            (Some(first), Some(second)) if chosen => {
                let text = format!(
                    "{}{}{}",
                    self.names.text(first),
                    super::sink::SOME_TEXT,
                    self.names.text(second)
                );
                (text.len() <= super::names::MAX_TEXT)
                    .then(|| self.names.intern(&text))
                    .or(left.prefix)
            }
            (first, _) => first,
        }
    }

    fn percent_prefix(&mut self, template: ValId) -> Option<Symbol> {
        let text = self.arena.get(template).prefix?;
        let text = self.names.text(text);
        let head = text.split('%').next().unwrap_or(text).to_owned();
        Some(self.names.intern(&head))
    }

    fn unary(&mut self, op: UnaryOp, operand: ValId) -> ValId {
        match op {
            UnaryOp::Not => {
                let truth = self.truth(operand).map(|t| !t);
                self.arena.boolean(truth)
            }
            UnaryOp::Neg => match self.arena.get(operand).konst {
                Some(Konst::Int(n)) => match n.checked_neg() {
                    Some(n) => self.arena.constant(Konst::Int(n)),
                    None => self.arena.single(Atom::Number),
                },
                _ => self.arena.single(Atom::Number),
            },
            UnaryOp::TypeOf => self.arena.single(Atom::Text),
            UnaryOp::Plus | UnaryOp::Invert => self.arena.single(Atom::Number),
        }
    }

    /// A formatted string.
    fn format(&mut self, frame: &mut Frame<'a>, state: &State, parts: &[FormatPart]) -> ValId {
        let mut labels = Labels::new();
        let mut text = String::new();
        // The whole text, as far as what follows may depend on it.
        let mut shape = String::new();
        let mut constant = true;
        let mut chosen = true;
        let mut began = false;
        for part in parts {
            match part {
                FormatPart::Text(symbol) => {
                    let more = self.names.text(*symbol);
                    if chosen {
                        text.push_str(more);
                    }
                    if shape.len() <= super::names::MAX_TEXT {
                        shape.push_str(more);
                    }
                    began = true;
                }
                FormatPart::Value(operand) => {
                    let id = self.read(frame, state, operand);
                    let mut part = self.deep_labels(state, id);
                    if began {
                        clear_all(&mut part, Bits::RELATIVE);
                    }
                    let shown = shape.trim_start().to_ascii_lowercase();
                    let script = shown.starts_with("javascript:") || shown.starts_with("data:");
                    if super::sink::fixes_host(&shape) || self.is_query(id) && !script {
                        clear_all(&mut part, self.models.url_rules);
                    }
                    if part.iter().any(|l| l.cleared.has(Bits::SHELL_ESCAPED)) {
                        let quoted = self.cleared_in_quotes(&shape);
                        for label in &mut part {
                            if label.cleared.has(Bits::SHELL_ESCAPED) {
                                label.cleared = label.cleared.or(quoted);
                            }
                        }
                    }
                    let free = !part.is_empty();
                    value::add_labels(&mut labels, &part);
                    let value = self.arena.get(id);
                    let known = value.konst.and_then(|k| self.konst_text(k));
                    let more = match (&known, value.prefix) {
                        (Some(known), _) => known.clone(),
                        (None, Some(prefix)) => {
                            format!("{}{}", self.names.text(prefix), super::sink::SOME_TEXT)
                        }
                        (None, None) => super::sink::SOME_TEXT.to_string(),
                    };
                    if chosen {
                        if known.is_none() && free {
                            chosen = false;
                            if let Some(prefix) = value.prefix {
                                text.push_str(self.names.text(prefix));
                            }
                        } else {
                            text.push_str(&more);
                        }
                    }
                    constant &= known.is_some();
                    if shape.len() <= super::names::MAX_TEXT {
                        shape.push_str(&more);
                    }
                    began |= self.begins_constant(id);
                }
            }
            chosen &= text.len() <= super::names::MAX_TEXT;
            constant &= chosen;
        }
        let symbol = self.names.intern(&text);
        if constant && labels.is_empty() {
            return self.arena.constant(Konst::Str(symbol));
        }
        self.advance(&mut labels, frame.span, StepKind::Format);
        clear_all(&mut labels, self.models.structure_rules);
        let mut value = Value {
            labels,
            prefix: Some(symbol),
            ..Value::default()
        };
        value.atoms.push(Atom::Text);
        self.arena.add(value)
    }

    fn sequence(
        &mut self,
        frame: &mut Frame<'a>,
        state: &mut State,
        kind: SequenceKind,
        elements: &[Element],
    ) -> ValId {
        let object_kind = match kind {
            SequenceKind::Set => ObjectKind::Set,
            SequenceKind::List | SequenceKind::Tuple => ObjectKind::List,
        };
        let mut contents = super::state::Contents::default();
        let mut len = Some(0_i64);
        for element in elements {
            match (element, len) {
                (Element::One(operand), Some(at)) => {
                    let value = self.read(frame, state, operand);
                    contents.entries.push((Key::At(at), value));
                    len = Some(at + 1);
                }
                (Element::One(operand), None) => {
                    let value = self.read(frame, state, operand);
                    contents.rest = self.arena.join(contents.rest, value);
                }
                (Element::Spread(operand), _) => {
                    let value = self.read(frame, state, operand);
                    let spread = self.only_object(value).and_then(|o| state.contents(o));
                    if let (Some(at), Some((spread, more))) =
                        (len, spread.and_then(|c| Some((c, c.len?))))
                        && contents.entries.len() + spread.entries.len() < 256
                    {
                        for (key, value) in &spread.entries {
                            if let Key::At(own) = key {
                                contents.entries.push((Key::At(at + own), *value));
                            }
                        }
                        len = Some(at + more);
                        continue;
                    }
                    let element =
                        self.next_element(state, value, trueline_syntax::ir::IterKind::Elements);
                    contents.rest = self.arena.join(contents.rest, element);
                    len = None;
                }
            }
        }
        contents.len = len;
        let object = self.allocate(frame, object_kind, 0);
        *state.contents_mut(object) = contents;
        self.arena.single(Atom::Object(object))
    }

    fn map(
        &mut self,
        frame: &mut Frame<'a>,
        state: &mut State,
        entries: &[(Option<Operand>, Operand)],
    ) -> ValId {
        let object = self.allocate(frame, ObjectKind::Map, 0);
        *state.contents_mut(object) = super::state::Contents::default();
        let target = self.arena.single(Atom::Object(object));
        for (key, operand) in entries {
            let value = self.read(frame, state, operand);
            match key {
                Some(key) => {
                    let index = self.read(frame, state, key);
                    let key = self.key_of(index);
                    if let Some(Key::Name(name)) = key {
                        self.check_secret(frame, name, value);
                        if self.module.language != Language::Python {
                            self.check_field_sink(frame, state, name, value);
                        }
                    }
                    self.store(state, target, key, index, value);
                }
                None => self.spread_into(state, object, value),
            }
        }
        target
    }

    fn element(
        &mut self,
        frame: &mut Frame<'a>,
        state: &State,
        attributes: &[(Option<Symbol>, Operand)],
        children: &[Operand],
    ) -> ValId {
        for (name, operand) in attributes {
            let value = self.read(frame, state, operand);
            if let Some(name) = name {
                self.check_attribute_sink(frame, state, *name, value);
            }
        }
        for child in children {
            self.read(frame, state, child);
        }
        // JSX escapes what it shows; the element itself is not text.
        ValId::UNKNOWN
    }

    fn repeated(&mut self, state: &State, left: ValId, right: ValId) -> ValId {
        // `["%s"] * n` and `"?" * n`: the elements stay what they are.
        let sequence = if self.arena.get(left).is_number() {
            right
        } else {
            left
        };
        if self.only_object(sequence).is_some() {
            return sequence;
        }
        let labels = self.deep_labels(state, sequence);
        if labels.is_empty() && self.is_text(sequence) {
            return self.arena.single(Atom::Text);
        }
        self.arena.tainted(labels)
    }

    /// `[…] + […]`.
    /// `["git", "add"] + names`: what the list begins with stays where it is.
    fn lengthened(
        &mut self,
        frame: &Frame<'a>,
        state: &mut State,
        list: ObjId,
        more: ValId,
    ) -> ValId {
        let mut joined = state.contents(list).cloned().unwrap_or_default();
        let mut labels = self.deep_labels(state, more);
        self.advance(&mut labels, frame.span, StepKind::Join);
        let element = if labels.is_empty() {
            ValId::UNKNOWN
        } else {
            self.arena.tainted(labels)
        };
        joined.rest = self.arena.join(joined.rest, element);
        joined.len = None;
        let object = self.allocate(frame, ObjectKind::List, 0);
        *state.contents_mut(object) = joined;
        self.arena.single(Atom::Object(object))
    }

    fn concatenated(&mut self, frame: &Frame<'a>, state: &mut State, a: ObjId, b: ObjId) -> ValId {
        let (Some(first), Some(second)) = (state.contents(a), state.contents(b)) else {
            return ValId::UNKNOWN;
        };
        let (mut joined, second) = (first.clone(), second.clone());
        if let (Some(offset), Some(len)) = (joined.len, second.len) {
            for (key, value) in &second.entries {
                if let Key::At(at) = key {
                    joined.set(Key::At(at.saturating_add(offset)), *value);
                }
            }
            joined.len = offset.checked_add(len);
        } else {
            joined.blur(&mut self.arena);
            let any = second.any(&mut self.arena);
            joined.rest = self.arena.join(joined.rest, any);
        }
        let object = self.allocate(frame, ObjectKind::List, 0);
        *state.contents_mut(object) = joined;
        self.arena.single(Atom::Object(object))
    }
}

/// Clears rules on every label.
pub(super) fn clear_all(labels: &mut Labels, cleared: Bits) {
    for label in labels {
        label.cleared = label.cleared.or(cleared);
    }
}
