//! What one instruction does to the state.

use trueline_syntax::ir::{
    BinaryOp, Const, Element, FormatPart, FuncId, Instr, Language, Op, Operand, SequenceKind,
    Symbol, UnaryOp, VarHome,
};

use super::state::{Key, State};
use super::value::{
    self, Atom, Derivation, Konst, Labels, ObjId, Root, Selector, StepKind, ValId, Value,
};
use super::{Analyzer, Frame, ObjectKind};
use crate::models::Bits;

/// How deep containers are searched for taint.
const DEEP: u8 = 3;

impl<'a> Analyzer<'a> {
    /// Interprets one instruction.
    pub(super) fn step(&mut self, frame: &mut Frame<'a>, state: &mut State, instr: &'a Instr) {
        let value = match &instr.op {
            Op::Field { base, name } => {
                let base = self.read(frame, state, base);
                self.field(frame, state, base, *name)
            }
            Op::StoreField { base, name, value } => {
                let target = self.read(frame, state, base);
                let stored = self.read(frame, state, value);
                self.check_field_sink(frame, state, *name, stored, value);
                self.check_secret(frame, *name, stored);
                self.store(state, target, Some(Key::Name(*name)), ValId::UNDEF, stored);
                self.note_field(frame, target, *name, stored);
                return;
            }
            Op::Index { base, index } => {
                let base = self.read(frame, state, base);
                let index = self.read(frame, state, index);
                self.index(frame, state, base, index)
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
                        self.check_field_sink(frame, state, name, stored, value);
                    }
                }
                self.store(state, target, key, index, stored);
                return;
            }
            Op::Slice { base, low, high } => {
                let base = self.read(frame, state, base);
                let low = low.as_ref().map(|v| self.read(frame, state, v));
                let high = high.as_ref().map(|v| self.read(frame, state, v));
                self.slice(frame, state, base, low, high)
            }
            Op::Delete { base, index } => {
                let base = self.read(frame, state, base);
                let index = self.read(frame, state, index);
                if let (Some(object), Some(key)) = (self.only_object(base), self.key_of(index)) {
                    state.contents_mut(object).remove(key);
                }
                return;
            }
            Op::Call { callee, args } => self.call(frame, state, callee, args),
            Op::Binary { op, left, right } => {
                let left = self.read(frame, state, left);
                let right = self.read(frame, state, right);
                self.binary(frame, state, *op, left, right)
            }
            Op::Compare { op, left, right } => {
                let left = self.read(frame, state, left);
                let right = self.read(frame, state, right);
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
                self.next_element(state, iterable, *kind)
            }
            Op::HasNext { .. } | Op::IsAbsent { .. } => self.arena.single(Atom::Number),
            Op::Copy(operand) | Op::Await(operand) | Op::Enter(operand) => self.read(frame, state, operand),
            Op::Yield(operand) => {
                // A generator's consumer sees every element: collected as the return value.
                if let Some(operand) = operand {
                    let value = self.read(frame, state, operand);
                    frame.ret = self.arena.join(frame.ret, value);
                }
                ValId::UNKNOWN
            }
            Op::Exit(_) => return,
            Op::Caught => ValId::UNKNOWN,
            Op::Element {
                tag,
                attributes,
                children,
            } => self.element(frame, state, *tag, attributes, children),
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
        self.write(frame, state, dst, value);
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
        if let Some(slot) = state.env.get_mut(dst.0 as usize) {
            *slot = value;
        }
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
    fn note_slot(&mut self, owner: FuncId, var: trueline_syntax::ir::Var, value: ValId) {
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

    // Reading parts.

    /// Labels of a part of a value: those of the whole, but for what an access path names better.
    fn part_labels(&mut self, base: ValId) -> Labels {
        let known = self.arena.get(base);
        if known.labels.is_empty() {
            return Labels::new();
        }
        let own: smallvec::SmallVec<[value::AccessId; 2]> = known
            .atoms
            .iter()
            .filter_map(|a| match a {
                Atom::Access(id) => Some(*id),
                _ => None,
            })
            .collect();
        let mut labels = known.labels.clone();
        if !own.is_empty() {
            labels.retain(|l| {
                !matches!(self.arena.source_of(l.source),
                    Some(value::Source::Access(id)) if own.contains(&id))
            });
        }
        labels
    }

    /// Labels of a value and of what it holds.
    pub(super) fn deep_labels(&mut self, state: &State, id: ValId) -> Labels {
        let mut labels = self.arena.get(id).labels.clone();
        let mut seen: smallvec::SmallVec<[ObjId; 8]> = smallvec::SmallVec::new();
        self.collect_labels(state, id, DEEP, &mut seen, &mut labels);
        labels
    }

    fn collect_labels(
        &self,
        state: &State,
        id: ValId,
        depth: u8,
        seen: &mut smallvec::SmallVec<[ObjId; 8]>,
        labels: &mut Labels,
    ) {
        for atom in &self.arena.get(id).atoms {
            let object = match atom {
                Atom::Object(object) => *object,
                Atom::Access(access) => match self.access_objects.get(access) {
                    Some(object) => *object,
                    None => continue,
                },
                _ => continue,
            };
            if depth == 0 || seen.contains(&object) {
                continue;
            }
            seen.push(object);
            let Some(contents) = state.contents(object) else {
                continue;
            };
            let values = contents
                .entries
                .iter()
                .map(|e| e.1)
                .chain([contents.rest, contents.keys]);
            for value in values {
                value::add_labels(labels, &self.arena.get(value).labels);
                self.collect_labels(state, value, depth - 1, seen, labels);
            }
        }
    }

    /// `base.name`.
    pub(super) fn field(
        &mut self,
        frame: &mut Frame<'a>,
        state: &State,
        base: ValId,
        name: Symbol,
    ) -> ValId {
        let key = (base, Selector::Name(name));
        let atoms = self.arena.get(base).atoms.clone();
        let pure = atoms
            .iter()
            .all(|a| matches!(a, Atom::Path(_) | Atom::Text | Atom::Number));
        if pure && let Some(part) = self.arena.parts.get(&key).copied() {
            return self.refined(state, part);
        }
        let labels = self.part_labels(base);
        let derived = self.derive_field(base, name);
        let mut result = if labels.is_empty() && derived.is_none() && !atoms.is_empty() {
            ValId::UNDEF
        } else {
            self.arena.add(Value {
                labels,
                derived,
                ..Value::default()
            })
        };
        for atom in &atoms {
            let part = match atom {
                Atom::Path(path) => {
                    let child = self.paths.child(*path, name, &self.names);
                    let value = self.arena.single(Atom::Path(child));
                    self.with_source(frame, value)
                }
                Atom::Object(object) => self.object_field(frame, state, base, *object, name),
                Atom::Access(access) => self.access_field(frame, state, base, *access, name),
                Atom::Class(class) => self.class_attribute(*class, name, None),
                _ => continue,
            };
            result = self.arena.join(result, part);
        }
        if result == ValId::UNDEF {
            result = ValId::UNKNOWN;
        }
        if pure {
            self.arena.parts.insert(key, result);
        }
        self.refined(state, result)
    }

    /// The host or scheme of a URL that was taken apart.
    fn derive_field(&self, base: ValId, name: Symbol) -> Option<(Derivation, ValId)> {
        let (Derivation::Url, url) = self.arena.get(base).derived? else {
            return None;
        };
        match self.names.text(name) {
            "netloc" | "hostname" | "host" | "origin" => Some((Derivation::UrlHost, url)),
            "scheme" | "protocol" => Some((Derivation::UrlScheme, url)),
            _ => None,
        }
    }

    fn object_field(
        &mut self,
        frame: &mut Frame<'a>,
        state: &State,
        base: ValId,
        object: ObjId,
        name: Symbol,
    ) -> ValId {
        let contents = state.contents(object);
        if let Some(value) = contents.and_then(|c| c.get(Key::Name(name))) {
            return value;
        }
        let rest = contents.map_or(ValId::UNDEF, |c| c.rest);
        match self.object_kind(object) {
            Some(ObjectKind::Class(class)) => {
                let attribute = self.class_attribute(class, name, Some(base));
                self.arena.join(attribute, rest)
            }
            Some(ObjectKind::Instance(path)) => {
                let child = self.paths.child(path, name, &self.names);
                let value = self.arena.single(Atom::Path(child));
                let value = self.with_source(frame, value);
                self.arena.join(value, rest)
            }
            Some(ObjectKind::Map) => rest,
            _ => ValId::UNDEF,
        }
    }

    fn access_field(
        &mut self,
        frame: &Frame<'a>,
        state: &State,
        base: ValId,
        access: value::AccessId,
        name: Symbol,
    ) -> ValId {
        if let Some(object) = self.access_objects.get(&access)
            && let Some(value) = state
                .contents(*object)
                .and_then(|c| c.get(Key::Name(name)))
        {
            return value;
        }
        let child = self.arena.child(access, Selector::Name(name));
        let mut value = self.arena.access_value(child);
        if let Some(class) = self.receiver_class(frame, access) {
            let attribute = self.class_attribute(class, name, Some(base));
            let known = self.fields.get(&(class, name)).copied();
            for part in [Some(attribute), known].into_iter().flatten() {
                value = self.overlay(value, part);
            }
        }
        value
    }

    /// A symbol with what is known of it from elsewhere in the class.
    fn overlay(&mut self, symbol: ValId, known: ValId) -> ValId {
        if known <= ValId::UNKNOWN {
            return symbol;
        }
        let known = self.arena.get(known).clone();
        let mut value = self.arena.get(symbol).clone();
        value::add_atoms(&mut value.atoms, &known.atoms);
        let sites: Labels = known
            .labels
            .iter()
            .filter(|l| {
                matches!(
                    self.arena.source_of(l.source),
                    Some(value::Source::Site { .. })
                )
            })
            .copied()
            .collect();
        value::add_labels(&mut value.labels, &sites);
        value.konst = known.konst;
        value.prefix = known.prefix;
        if value.labels == self.arena.get(symbol).labels
            && value.atoms == self.arena.get(symbol).atoms
            && value.konst.is_none()
        {
            return symbol;
        }
        self.arena.add(value)
    }

    /// The class whose method is being analysed, if the path is its receiver.
    fn receiver_class(
        &self,
        _frame: &Frame<'a>,
        access: value::AccessId,
    ) -> Option<trueline_syntax::ir::ClassId> {
        let access = self.arena.access(access)?;
        if access.parent.is_some() {
            return None;
        }
        match access.root {
            Root::Param(id, 0) if self.module.language == Language::Python => {
                let function = self.function(id)?;
                self.has_receiver(function).then_some(function.class)?
            }
            Root::This(id) => self.function(id)?.class,
            _ => None,
        }
    }

    fn this(&mut self, frame: &Frame<'a>) -> ValId {
        let access = self.arena.root(Root::This(frame.id));
        self.arena.access_value(access)
    }

    /// Remembers what methods put into attributes of `self`.
    fn note_field(&mut self, frame: &Frame<'a>, target: ValId, name: Symbol, stored: ValId) {
        let atoms = self.arena.get(target).atoms.clone();
        for atom in atoms {
            let class = match atom {
                Atom::Access(access) => self.receiver_class(frame, access),
                Atom::Object(object) => match self.object_kind(object) {
                    Some(ObjectKind::Class(class)) => Some(class),
                    _ => None,
                },
                _ => None,
            };
            let Some(class) = class else { continue };
            let known = self
                .fields
                .get(&(class, name))
                .copied()
                .unwrap_or(ValId::UNDEF);
            let joined = self.arena.join(known, stored);
            self.fields.insert((class, name), joined);
        }
    }

    /// Marks a path that is a source.
    pub(super) fn with_source(&mut self, frame: &Frame<'a>, value: ValId) -> ValId {
        let kinds: smallvec::SmallVec<[u16; 1]> = self
            .arena
            .get(value)
            .atoms
            .iter()
            .filter_map(|atom| match atom {
                Atom::Path(path) => self.paths.entry(*path).and_then(|e| e.source),
                _ => None,
            })
            .collect();
        let mut value = value;
        for kind in kinds {
            let label = self.source_label(frame.id, frame.span, kind);
            let mut marked = self.arena.get(value).clone();
            value::add_labels(&mut marked.labels, &[label]);
            value = self.arena.add(marked);
        }
        value
    }

    /// The key that a constant index names.
    pub(super) fn key_of(&self, index: ValId) -> Option<Key> {
        match self.arena.get(index).konst? {
            Konst::Str(name) => Some(Key::Name(name)),
            Konst::Int(at) => Some(Key::At(at)),
            Konst::Bool(at) => Some(Key::At(i64::from(at))),
            _ => None,
        }
    }

    /// `base[index]`.
    pub(super) fn index(
        &mut self,
        frame: &mut Frame<'a>,
        state: &State,
        base: ValId,
        index: ValId,
    ) -> ValId {
        if let Some(folded) = self.fold_index(base, index) {
            return folded;
        }
        let key = self.key_of(index);
        if self.module.language != Language::Python
            && let Some(Key::Name(name)) = key
        {
            return self.field(frame, state, base, name);
        }
        let selector = match key {
            Some(Key::Name(name)) => Selector::Name(name),
            Some(Key::At(at)) => Selector::At(at),
            None => Selector::Any,
        };
        let atoms = self.arena.get(base).atoms.clone();
        let mut result = ValId::UNDEF;
        for atom in &atoms {
            let part = match atom {
                Atom::Object(object) => self.object_index(state, *object, key),
                Atom::Access(access) => {
                    let overlay = self
                        .access_objects
                        .get(access)
                        .and_then(|o| state.contents(*o))
                        .and_then(|c| key.and_then(|k| c.get(k)));
                    match overlay {
                        Some(value) => value,
                        None => {
                            let child = self.arena.child(*access, selector);
                            self.arena.access_value(child)
                        }
                    }
                }
                _ => continue,
            };
            result = self.arena.join(result, part);
        }
        let own = self.part(base, selector);
        let result = if own > ValId::UNKNOWN || result == ValId::UNDEF {
            self.arena.join(result, own)
        } else {
            result
        };
        self.refined(state, result)
    }

    /// The part of a value that is only known as a whole.
    fn part(&mut self, base: ValId, selector: Selector) -> ValId {
        if let Some(part) = self.arena.parts.get(&(base, selector)) {
            return *part;
        }
        let labels = self.part_labels(base);
        let part = self.arena.tainted(labels);
        self.arena.parts.insert((base, selector), part);
        part
    }

    fn object_index(&mut self, state: &State, object: ObjId, key: Option<Key>) -> ValId {
        let Some(contents) = state.contents(object) else {
            return ValId::UNDEF;
        };
        let Some(key) = key else {
            let contents = contents.clone();
            return contents.any(&mut self.arena);
        };
        let key = match (key, contents.len) {
            (Key::At(at), Some(len)) if at < 0 => Key::At(at.saturating_add(len)),
            (key, _) => key,
        };
        match contents.get(key) {
            Some(value) => value,
            None if matches!(key, Key::At(at) if at < 0) => {
                let contents = contents.clone();
                contents.any(&mut self.arena)
            }
            None => contents.rest,
        }
    }

    /// `base[low:high]`.
    fn slice(
        &mut self,
        frame: &Frame<'a>,
        state: &State,
        base: ValId,
        low: Option<ValId>,
        high: Option<ValId>,
    ) -> ValId {
        if let Some(folded) = self.fold_slice(base, low, high) {
            return folded;
        }
        let Some(object) = self.only_object(base) else {
            let from_start = low.is_none_or(|l| self.arena.get(l).konst == Some(Konst::Int(0)));
            let prefix = self.arena.get(base).prefix.filter(|_| from_start && high.is_none());
            let labels = self.arena.get(base).labels.clone();
            if labels.is_empty() && prefix.is_none() {
                return ValId::UNKNOWN;
            }
            return self.arena.add(Value {
                labels,
                prefix,
                ..Value::default()
            });
        };
        let Some(contents) = state.contents(object).cloned() else {
            return ValId::UNKNOWN;
        };
        let start = match low.map(|l| self.arena.get(l).konst) {
            None => Some(0),
            Some(Some(Konst::Int(at))) if at >= 0 => Some(at),
            Some(_) => None,
        };
        let _ = frame;
        match (start, high) {
            (Some(start), None) if contents.len.is_some() && start == 0 => base,
            _ => {
                let any = contents.any(&mut self.arena);
                let mut value = Value::default();
                value.labels.clone_from(&self.arena.get(any).labels);
                self.arena.add(value)
            }
        }
    }

    /// The object that a value surely is.
    pub(super) fn only_object(&self, value: ValId) -> Option<ObjId> {
        match self.arena.get(value).atoms.as_slice() {
            [Atom::Object(object)] => Some(*object),
            _ => None,
        }
    }

    /// What iterating over a value gives.
    pub(super) fn next_element(
        &mut self,
        state: &State,
        iterable: ValId,
        kind: trueline_syntax::ir::IterKind,
    ) -> ValId {
        let keys = kind == trueline_syntax::ir::IterKind::Keys;
        let atoms = self.arena.get(iterable).atoms.clone();
        let mut result = ValId::UNDEF;
        for atom in &atoms {
            let part = match atom {
                Atom::Object(object) => {
                    let Some(contents) = state.contents(*object).cloned() else {
                        continue;
                    };
                    let map = self.object_kind(*object) == Some(ObjectKind::Map);
                    if keys || map && self.module.language == Language::Python {
                        contents.keys
                    } else {
                        contents.any(&mut self.arena)
                    }
                }
                Atom::Access(access) => {
                    let child = self.arena.child(*access, Selector::Any);
                    self.arena.access_value(child)
                }
                _ => continue,
            };
            result = self.arena.join(result, part);
        }
        let own = self.part(iterable, Selector::Any);
        let result = self.arena.join(result, own);
        // An element is not the same value as the one that a constant index reads.
        if self.arena.get(result).konst.is_some() {
            return self.unconstant(result);
        }
        result
    }

    // Writing parts.

    /// `target[key] = stored`.
    pub(super) fn store(
        &mut self,
        state: &mut State,
        target: ValId,
        key: Option<Key>,
        index: ValId,
        stored: ValId,
    ) {
        let atoms = self.arena.get(target).atoms.clone();
        let sure = atoms.len() == 1;
        for atom in atoms {
            let object = match atom {
                Atom::Object(object) => object,
                Atom::Access(access) => self.access_object(access),
                _ => continue,
            };
            let contents = state.contents(object);
            let key = match (key, contents.and_then(|c| c.len)) {
                (Some(Key::At(at)), Some(len)) if at < 0 => Some(Key::At(at.saturating_add(len))),
                (key, _) => key,
            };
            match key {
                Some(key) => {
                    let old = contents.and_then(|c| c.get(key)).unwrap_or(ValId::UNDEF);
                    let value = if sure {
                        stored
                    } else {
                        self.arena.join(old, stored)
                    };
                    state.contents_mut(object).set(key, value);
                }
                None => {
                    let (rest, keys) = contents.map_or((ValId::UNDEF, ValId::UNDEF), |c| (c.rest, c.keys));
                    let rest = self.arena.join(rest, stored);
                    let keys = self.arena.join(keys, index);
                    let contents = state.contents_mut(object);
                    contents.rest = rest;
                    contents.keys = keys;
                }
            }
        }
    }

    // Building values.

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

    fn binary(
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
        let arithmetic = !matches!(
            op,
            BinaryOp::Add | BinaryOp::Mod | BinaryOp::Div | BinaryOp::Mul | BinaryOp::BitOr
        );
        if numbers || arithmetic && self.module.language != Language::Python {
            return self.arena.single(Atom::Number);
        }
        if op == BinaryOp::Div && self.module.language != Language::Python {
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
        left.prefix
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
        let mut constant = true;
        let mut began = false;
        for part in parts {
            match part {
                FormatPart::Text(symbol) => {
                    if constant {
                        text.push_str(self.names.text(*symbol));
                    }
                    began = true;
                }
                FormatPart::Value(operand) => {
                    let id = self.read(frame, state, operand);
                    let mut part = self.deep_labels(state, id);
                    if began {
                        clear_all(&mut part, Bits::RELATIVE);
                    }
                    value::add_labels(&mut labels, &part);
                    if constant {
                        let value = self.arena.get(id);
                        match value.konst.and_then(|k| self.konst_text(k)) {
                            Some(more) => text.push_str(&more),
                            None => {
                                if let Some(prefix) = value.prefix {
                                    text.push_str(self.names.text(prefix));
                                }
                                constant = false;
                            }
                        }
                    }
                    began |= self.begins_constant(id);
                }
            }
            constant &= text.len() <= super::names::MAX_TEXT;
        }
        let symbol = self.names.intern(&text);
        if constant && labels.is_empty() {
            return self.arena.constant(Konst::Str(symbol));
        }
        self.advance(&mut labels, frame.span, StepKind::Format);
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
                    let element = self.next_element(state, value, trueline_syntax::ir::IterKind::Elements);
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
                    }
                    self.store(state, target, key, index, value);
                }
                None => self.spread_into(state, object, value),
            }
        }
        target
    }

    /// Copies the entries of one map into another.
    pub(super) fn spread_into(&mut self, state: &mut State, into: ObjId, from: ValId) {
        let labels = self.arena.get(from).labels.clone();
        let target = self.arena.single(Atom::Object(into));
        if let Some(object) = self.only_object(from)
            && let Some(contents) = state.contents(object).cloned()
        {
            for (key, value) in &contents.entries {
                self.store(state, target, Some(*key), ValId::UNDEF, *value);
            }
            if contents.rest != ValId::UNDEF {
                self.store(state, target, None, contents.keys, contents.rest);
            }
        }
        if !labels.is_empty() {
            let value = self.arena.tainted(labels);
            self.store(state, target, None, value, value);
        }
    }

    fn element(
        &mut self,
        frame: &mut Frame<'a>,
        state: &State,
        tag: Symbol,
        attributes: &[(Option<Symbol>, Operand)],
        children: &[Operand],
    ) -> ValId {
        for (name, operand) in attributes {
            let value = self.read(frame, state, operand);
            if let Some(name) = name {
                self.check_attribute_sink(frame, state, tag, *name, value, operand);
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
    fn concatenated(&mut self, frame: &Frame<'a>, state: &mut State, a: ObjId, b: ObjId) -> ValId {
        let (Some(first), Some(second)) = (state.contents(a), state.contents(b)) else {
            return ValId::UNKNOWN;
        };
        let (mut joined, second) = (first.clone(), second.clone());
        match (joined.len, second.len) {
            (Some(offset), Some(len)) => {
                for (key, value) in &second.entries {
                    if let Key::At(at) = key {
                        joined.set(Key::At(at.saturating_add(offset)), *value);
                    }
                }
                joined.len = offset.checked_add(len);
            }
            _ => {
                joined.blur(&mut self.arena);
                let any = second.any(&mut self.arena);
                joined.rest = self.arena.join(joined.rest, any);
            }
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
