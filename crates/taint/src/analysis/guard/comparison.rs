//! Comparisons as guards: equality, membership, parents of paths, positions in text.

use trueline_syntax::ir::{Callee, CompareOp, Const, Element, Language, Op, Operand, UnaryOp};

use crate::analysis::alphabet::Alphabet;
use crate::analysis::state::{Key, State};
use crate::analysis::value::{Atom, Konst, Label, Root, Source, ValId};
use crate::analysis::{Analyzer, Frame};
use crate::models::Bits;
use crate::rules::format::Control;

impl<'a> Analyzer<'a> {
    /// A value that is empty or absent is harmless.
    pub(super) fn assume_empty(
        &mut self,
        frame: &mut Frame<'a>,
        state: &mut State,
        condition: &Operand,
    ) {
        if let Operand::Var(_) = condition {
            let value = self.raw(frame, state, condition);
            if !self.arena.get(value).labels.is_empty() || self.arena.get(value).derived.is_some() {
                self.establish(state, value, Bits::ALL);
            }
        }
    }

    pub(super) fn assume_comparison(
        &mut self,
        frame: &mut Frame<'a>,
        state: &mut State,
        (op, left, right): (CompareOp, &'a Operand, &'a Operand),
        holds: bool,
        nesting: u8,
    ) {
        let a = self.raw(frame, state, left);
        let b = self.raw(frame, state, right);
        match (op, holds) {
            (CompareOp::In | CompareOp::NotIn, _) => {
                let inside = holds == (op == CompareOp::In);
                if inside {
                    self.assume_parent(frame, state, a, right);
                }
                self.assume_member(state, a, b, inside);
            }
            (CompareOp::Eq | CompareOp::Is | CompareOp::NotEq | CompareOp::IsNot, _) => {
                let equal = holds == matches!(op, CompareOp::Eq | CompareOp::Is);
                if self.arena.get(b).is_null() || self.truth(b).is_some_and(|_| self.is_boolean(b))
                {
                    if self.is_go() && self.arena.get(b).is_null() {
                        if equal {
                            self.assume_success(frame, state, left);
                        }
                        return;
                    }
                    // `m is None`, `f(x) === true`: the truth of the left side.
                    let truth = if self.truth(b) == Some(true) {
                        equal
                    } else {
                        !equal
                    };
                    self.assume(frame, state, left, truth, nesting + 1);
                    return;
                }
                if self.position_of(frame, state, left, b, op, holds) {
                    return;
                }
                // `reason != ""`
                if self.constant_text(b).is_some_and(|text| text.is_empty()) {
                    self.assume(frame, state, left, !equal, nesting + 1);
                }
                self.assume_letter(frame, state, left, b, equal);
                self.assume_kind(frame, state, left, b, equal);
                if equal {
                    if let Some(Op::Unary {
                        op: UnaryOp::TypeOf,
                        operand,
                    }) = Self::definition(frame, left)
                        && self
                            .arena
                            .get(b)
                            .konst
                            .and_then(|k| self.konst_text(k))
                            .is_some_and(|t| matches!(t.as_str(), "number" | "boolean" | "bigint"))
                    {
                        let value = self.raw(frame, state, operand);
                        self.establish(state, value, Bits::ALL);
                    }
                    self.assume_known_sender(frame, state, (left, a), (right, b));
                    self.assume_text(frame, state, left, b);
                    self.assume_own_parent(frame, state, left, b);
                    self.assume_own_parent(frame, state, right, a);
                    self.assume_common_path(frame, state, left, b);
                    self.assume_common_path(frame, state, right, a);
                    self.assume_own_beginning(frame, state, left, b);
                    self.assume_own_beginning(frame, state, right, a);
                    self.assume_equal(state, a, b);
                    self.assume_equal(state, b, a);
                }
            }
            (CompareOp::Lt | CompareOp::LtE | CompareOp::Gt | CompareOp::GtE, _) => {
                self.position_of(frame, state, left, b, op, holds);
            }
            (CompareOp::InstanceOf | CompareOp::Matches, _) => {}
        }
    }

    /// `task.type === "page"`: of the records that a variable may be, those of this kind, or of the others.
    fn assume_kind(
        &mut self,
        frame: &Frame<'a>,
        state: &mut State,
        left: &Operand,
        kind: ValId,
        equal: bool,
    ) {
        let Some(Konst::Str(wanted)) = self.arena.get(kind).konst else {
            return;
        };
        let (base, name) = match Self::definition(frame, left) {
            Some(
                Op::Field { base, name }
                | Op::Index {
                    base,
                    index: Operand::Const(Const::Str(name)),
                },
            ) => (base, *name),
            _ => return,
        };
        let Operand::Var(var) = base else { return };
        let Some(value) = state.env.get(var.0 as usize) else {
            return;
        };
        let known = self.arena.get(value);
        let is_object = |atom: &Atom| matches!(atom, Atom::Object(_));
        if known.atoms.len() < 2 || !known.atoms.iter().all(is_object) {
            return;
        }
        let may_be = |atom: &Atom| {
            let Atom::Object(object) = atom else {
                return true;
            };
            let own = state.contents(*object);
            let own = own.and_then(|c| c.get(Key::Name(name)));
            match own.and_then(|own| self.arena.get(own).konst) {
                Some(Konst::Str(own)) => (own == wanted) == equal,
                _ => true,
            }
        };
        let mut left = known.clone();
        left.atoms.retain(|atom| may_be(atom));
        if left.atoms.is_empty() || left.atoms.len() == known.atoms.len() {
            return;
        }
        let left = self.arena.add(left);
        state.env.set(var.0 as usize, left);
    }

    /// `base in path.parents`: the path is inside of a folder that the program chose.
    fn assume_parent(
        &mut self,
        frame: &mut Frame<'a>,
        state: &mut State,
        base: ValId,
        parents: &'a Operand,
    ) {
        let Some(Op::Field { base: path, name }) = Self::definition(frame, parents) else {
            return;
        };
        if self.names.text(*name) == "parents" && self.deep_labels(state, base).is_empty() {
            let path = self.raw(frame, state, path);
            self.establish(state, path, Bits::INSIDE);
        }
    }

    /// `path.parent == base`, `os.path.dirname(path) == base`: likewise.
    fn assume_own_parent(
        &mut self,
        frame: &mut Frame<'a>,
        state: &mut State,
        side: &'a Operand,
        base: ValId,
    ) {
        let path = match Self::definition(frame, side) {
            Some(Op::Field { base, name }) if self.names.text(*name) == "parent" => base,
            Some(Op::Call {
                callee: Callee::Method { name, .. },
                args,
            }) if self.names.text(*name) == "dirname" => match args.as_slice() {
                [only] => &only.value,
                _ => return,
            },
            _ => return,
        };
        if base == ValId::UNKNOWN && self.module.language != Language::Python
            || !self.deep_labels(state, base).is_empty()
        {
            return;
        }
        let path = self.raw(frame, state, path);
        self.establish(state, path, Bits::INSIDE.or(Bits::NORMALISED));
    }

    /// `os.path.commonpath([base, path]) == base`: likewise.
    fn assume_common_path(
        &mut self,
        frame: &mut Frame<'a>,
        state: &mut State,
        call: &'a Operand,
        base: ValId,
    ) {
        let Some(Op::Call {
            callee: Callee::Method { receiver, name },
            args,
        }) = Self::definition(frame, call)
        else {
            return;
        };
        if self.names.text(*name) != "commonpath" || !self.is_chosen_place(state, base) {
            return;
        }
        let library = self.raw(frame, state, receiver);
        if self.path_of(library).as_deref() != Some("os.path") {
            return;
        }
        let list = args
            .first()
            .and_then(|list| Self::definition(frame, &list.value));
        let Some(Op::Sequence { elements, .. }) = list else {
            return;
        };
        for element in elements {
            let (Element::One(element) | Element::Spread(element)) = element;
            let path = self.raw(frame, state, element);
            self.establish(state, path, Bits::INSIDE);
        }
    }

    /// `path[:len(base)] == base`, `path.slice(0, base.length) === base`: the path begins with the folder.
    fn assume_own_beginning(
        &mut self,
        frame: &mut Frame<'a>,
        state: &mut State,
        side: &'a Operand,
        base: ValId,
    ) {
        let is_start = |low: &Operand| matches!(low, Operand::Const(Const::Int(0)));
        let (path, end) = match Self::definition(frame, side) {
            Some(Op::Slice {
                base,
                low,
                high: Some(high),
            }) if low.as_ref().is_none_or(is_start) => (base, high),
            Some(Op::Call {
                callee: Callee::Method { receiver, name },
                args,
            }) if matches!(self.names.text(*name), "slice" | "substring" | "substr") => {
                match args.as_slice() {
                    [low, high] if is_start(&low.value) => (receiver, &high.value),
                    _ => return,
                }
            }
            _ => return,
        };
        let measured = match Self::definition(frame, end) {
            Some(Op::Field { base, name }) if self.names.text(*name) == "length" => base,
            Some(Op::Call { callee, args }) => match (callee, args.as_slice()) {
                (Callee::Method { receiver, name }, []) if self.names.text(*name) == "length" => {
                    receiver
                }
                (Callee::Function(function), [only]) => {
                    let function = self.raw(frame, state, function);
                    if self.path_of(function).as_deref() != Some("len") {
                        return;
                    }
                    &only.value
                }
                _ => return,
            },
            _ => return,
        };
        if self.raw(frame, state, measured) == base {
            let path = self.raw(frame, state, path);
            self.assume_prefix(state, path, base);
        }
    }

    /// `typeof x === "string"`: text is no operator of a query.
    fn assume_text(
        &mut self,
        frame: &mut Frame<'a>,
        state: &mut State,
        left: &Operand,
        kind: ValId,
    ) {
        let Some(Op::Unary {
            op: UnaryOp::TypeOf,
            operand,
        }) = Self::definition(frame, left)
        else {
            return;
        };
        let kind = self.arena.get(kind).konst.and_then(|k| self.konst_text(k));
        if kind.as_deref() == Some("string") {
            let value = self.raw(frame, state, operand);
            self.establish(state, value, self.models.structure_rules);
        }
    }

    /// `text.find(part) == -1`, `LIST.indexOf(x) >= 0`.
    fn position_of(
        &mut self,
        frame: &mut Frame<'a>,
        state: &mut State,
        left: &Operand,
        number: ValId,
        op: CompareOp,
        holds: bool,
    ) -> bool {
        let Some(Konst::Int(number)) = self.arena.get(number).konst else {
            return false;
        };
        let Some(Op::Call {
            callee: Callee::Method { receiver, name },
            args,
        }) = Self::definition(frame, left)
        else {
            return false;
        };
        if !matches!(
            self.names.text(*name),
            "indexOf" | "find" | "rfind" | "lastIndexOf" | "search" | "count"
        ) {
            return false;
        }
        let found = match (op, number) {
            (CompareOp::Eq, -1) | (CompareOp::Lt, 0) => !holds,
            (CompareOp::NotEq | CompareOp::Gt, -1) | (CompareOp::GtE, 0) => holds,
            (CompareOp::Gt, 0) if self.names.text(*name) == "count" => holds,
            (CompareOp::Eq, 0) if self.names.text(*name) == "count" => !holds,
            _ => return true,
        };
        if let Some(argument) = args.first() {
            let receiver = self.raw(frame, state, receiver);
            let item = self.raw(frame, state, &argument.value);
            self.assume_member(state, item, receiver, found);
        }
        true
    }

    pub(super) fn assume_equal(&mut self, state: &mut State, value: ValId, to: ValId) {
        let other = self.arena.get(to);
        // The folder itself is inside of the folder; which one that is, the caller chose.
        let own = &self.arena.get(value).labels;
        let resolved = |labels: &[Label]| labels.iter().all(|l| l.cleared.has(Bits::NORMALISED));
        let normalised =
            resolved(&other.labels) || !own.is_empty() && resolved(own) && *own != other.labels;
        if !other.labels.is_empty()
            && normalised
            && other.labels.iter().all(|l| self.is_symbolic(l))
        {
            self.establish(state, value, Bits::INSIDE);
            return;
        }
        let other = self.arena.get(to);
        let settings = other
            .labels
            .iter()
            .all(|l| match self.arena.source_of(l.source) {
                Some(Source::Site { kind, .. }) => self.control(kind) == Control::Local,
                Some(Source::Access(_)) | None => false,
            });
        let chosen = other.labels.is_empty() && (other.konst.is_some() || to != ValId::UNKNOWN);
        if chosen {
            // What the program chose is inside of what it chose.
            self.establish(state, value, Bits::ALL.or(Bits::INSIDE));
        } else if settings {
            // A place that no visitor chose is the folder meant, or one inside of it.
            self.establish(state, value, Bits::INSIDE);
        }
    }

    /// `item in collection`, or `part in text`.
    pub(in crate::analysis) fn assume_member(
        &mut self,
        state: &mut State,
        item: ValId,
        of: ValId,
        holds: bool,
    ) {
        let part = match self.arena.get(item).konst {
            Some(Konst::Str(text)) => Some(self.names.text(text).to_owned()),
            _ => None,
        };
        if let Some(part) = part {
            if !holds {
                self.establish_absent(state, of, &part);
            }
            return;
        }
        if !holds {
            return;
        }
        // `c in "-_."`: one of these marks, which may be the very ones that an attack needs.
        let marks = match self.arena.get(of).konst {
            Some(Konst::Str(text)) => Some(self.names.text(text)),
            _ => None,
        };
        if let Some(marks) = marks.filter(|m| !m.contains(char::is_alphanumeric)) {
            let cleared = self.cleared_by_alphabet(&Alphabet::of(marks));
            self.establish(state, item, cleared);
            return;
        }
        let labels = self.deep_labels(state, of);
        if labels.is_empty() {
            self.establish(state, item, Bits::ALL);
            return;
        }
        let root = |label: &Label| match self.arena.source_of(label.source) {
            Some(Source::Access(access)) => self.arena.access(access).map(|a| a.root),
            _ => None,
        };
        let of_own_object = |label: &Label| match root(label) {
            Some(Root::This(_)) => true,
            // A field of what a method of Go is called on.
            Some(Root::Param(id, 0)) if self.is_go() => {
                let field = match self.arena.source_of(label.source) {
                    Some(Source::Access(access)) => self.arena.access(access),
                    _ => None,
                };
                field.is_some_and(|f| f.parent.is_some())
                    && self.function(id).is_some_and(|f| self.has_receiver(f))
            }
            _ => false,
        };
        if labels.iter().all(of_own_object) {
            self.establish(state, item, Bits::ALL);
            return;
        }
        // A list that a caller chose, or that was looked up for something that was asked; not one
        // made of this.
        let own = &self.arena.get(item).labels;
        let apart = |label: &Label| {
            let other = own.iter().all(|other| other.source != label.source);
            other && (label.guesses > 0 || matches!(root(label), Some(Root::Param(..))))
        };
        if labels.iter().all(apart) {
            self.establish(state, item, Bits::VOUCHED);
        }
    }
}
