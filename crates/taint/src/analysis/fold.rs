//! Constants: arithmetic, comparison, membership, indexing and slicing of what is known.

use trueline_syntax::ir::{BinaryOp, CompareOp, Language};

use super::names::MAX_TEXT;
use super::state::{Key, State};
use super::value::{Atom, Konst, ValId};
use super::{Analyzer, ObjectKind};

impl Analyzer<'_> {
    /// The text that a constant is shown as.
    pub(super) fn konst_text(&self, konst: Konst) -> Option<String> {
        match konst {
            Konst::Str(text) => Some(self.names.text(text).to_owned()),
            Konst::Int(number) => Some(number.to_string()),
            Konst::Bytes(_) | Konst::Float(_) | Konst::Bool(_) | Konst::Null => None,
        }
    }

    /// Whether a value is surely true or surely false.
    pub(super) fn truth(&self, id: ValId) -> Option<bool> {
        match self.arena.get(id).konst? {
            Konst::Bool(truth) => Some(truth),
            Konst::Int(number) => Some(number != 0),
            Konst::Float(bits) => Some(f64::from_bits(bits) != 0.0),
            Konst::Str(text) | Konst::Bytes(text) => Some(!self.names.text(text).is_empty()),
            Konst::Null => Some(false),
        }
    }

    pub(super) fn fold_binary(&mut self, op: BinaryOp, left: ValId, right: ValId) -> Option<ValId> {
        let (left, right) = (self.arena.get(left).konst?, self.arena.get(right).konst?);
        let folded = match (left, right) {
            (Konst::Int(a), Konst::Int(b)) => Konst::Int(self.fold_ints(op, a, b)?),
            (Konst::Str(a), Konst::Str(b)) if op == BinaryOp::Add => {
                let text = format!("{}{}", self.names.text(a), self.names.text(b));
                if text.len() > MAX_TEXT {
                    return None;
                }
                Konst::Str(self.names.intern(&text))
            }
            (Konst::Str(a), Konst::Int(b)) if op == BinaryOp::Mul => {
                let count = usize::try_from(b.max(0)).ok()?;
                let text = self.names.text(a);
                if text.len().checked_mul(count)? > MAX_TEXT {
                    return None;
                }
                let text = text.repeat(count);
                Konst::Str(self.names.intern(&text))
            }
            _ => return None,
        };
        Some(self.arena.constant(folded))
    }

    fn fold_ints(&self, op: BinaryOp, a: i64, b: i64) -> Option<i64> {
        match op {
            BinaryOp::Add => a.checked_add(b),
            BinaryOp::Sub => a.checked_sub(b),
            BinaryOp::Mul => a.checked_mul(b),
            BinaryOp::FloorDiv if b != 0 => {
                let quotient = a.checked_div(b)?;
                let inexact = a.checked_rem(b)? != 0;
                Some(quotient - i64::from(inexact && (a < 0) != (b < 0)))
            }
            BinaryOp::Mod if b != 0 => {
                let rest = a.checked_rem(b)?;
                let python = self.module.language == Language::Python;
                if python && rest != 0 && (rest < 0) != (b < 0) {
                    rest.checked_add(b)
                } else {
                    Some(rest)
                }
            }
            BinaryOp::Pow => a.checked_pow(u32::try_from(b).ok()?),
            BinaryOp::Shl => {
                a.checked_mul(1_i64.checked_shl(u32::try_from(b).ok().filter(|n| *n < 63)?)?)
            }
            BinaryOp::Shr => a.checked_shr(u32::try_from(b).ok()?),
            BinaryOp::BitAnd => Some(a & b),
            BinaryOp::BitOr => Some(a | b),
            BinaryOp::BitXor => Some(a ^ b),
            // A division may leave the whole numbers.
            BinaryOp::Div if b != 0 && a.checked_rem(b) == Some(0) => a.checked_div(b),
            BinaryOp::Div | BinaryOp::FloorDiv | BinaryOp::Mod | BinaryOp::MatMul => None,
        }
    }

    /// The outcome of a comparison, if it is known.
    pub(super) fn compare(
        &self,
        state: &State,
        op: CompareOp,
        left: ValId,
        right: ValId,
    ) -> Option<bool> {
        match op {
            CompareOp::In => self.member(state, left, right),
            CompareOp::NotIn => self.member(state, left, right).map(|m| !m),
            CompareOp::InstanceOf | CompareOp::Matches => None,
            CompareOp::Eq | CompareOp::Is => self.equal(left, right),
            CompareOp::NotEq | CompareOp::IsNot => self.equal(left, right).map(|e| !e),
            CompareOp::Lt | CompareOp::LtE | CompareOp::Gt | CompareOp::GtE => {
                let (a, b) = (self.arena.get(left).konst?, self.arena.get(right).konst?);
                let order = match (a, b) {
                    (Konst::Int(a), Konst::Int(b)) => a.cmp(&b),
                    (Konst::Str(a), Konst::Str(b)) => {
                        self.names.text(a).chars().cmp(self.names.text(b).chars())
                    }
                    (Konst::Float(a), Konst::Float(b)) => {
                        f64::from_bits(a).partial_cmp(&f64::from_bits(b))?
                    }
                    #[expect(
                        clippy::cast_precision_loss,
                        reason = "compared with a float, as the language does"
                    )]
                    (Konst::Int(a), Konst::Float(b)) => {
                        (a as f64).partial_cmp(&f64::from_bits(b))?
                    }
                    _ => return None,
                };
                Some(match op {
                    CompareOp::Lt => order.is_lt(),
                    CompareOp::LtE => order.is_le(),
                    CompareOp::Gt => order.is_gt(),
                    _ => order.is_ge(),
                })
            }
        }
    }

    fn equal(&self, left: ValId, right: ValId) -> Option<bool> {
        let (a, b) = (self.arena.get(left).konst, self.arena.get(right).konst);
        match (a?, b?) {
            (a, b) if a == b => Some(true),
            (Konst::Str(_), Konst::Str(_))
            | (Konst::Int(_), Konst::Int(_))
            | (Konst::Bool(_), Konst::Bool(_))
            | (Konst::Null, Konst::Str(_) | Konst::Int(_) | Konst::Bool(_))
            | (Konst::Str(_) | Konst::Int(_) | Konst::Bool(_), Konst::Null) => Some(false),
            // Loose equality across types is left open.
            _ => None,
        }
    }

    fn member(&self, state: &State, item: ValId, of: ValId) -> Option<bool> {
        let item_konst = self.arena.get(item).konst?;
        if let Some(Konst::Str(text)) = self.arena.get(of).konst {
            let Konst::Str(part) = item_konst else {
                return None;
            };
            return Some(self.names.text(text).contains(self.names.text(part)));
        }
        let object = self.only_object(of)?;
        let contents = state.contents(object)?;
        let whole = contents.rest == ValId::UNDEF && contents.keys == ValId::UNDEF;
        match self.object_kind(object)? {
            ObjectKind::Map => {
                let key = match item_konst {
                    Konst::Str(name) => Key::Name(name),
                    Konst::Int(at) => Key::At(at),
                    _ => return None,
                };
                contents.get(key).map(|_| true).or(whole.then_some(false))
            }
            ObjectKind::List | ObjectKind::Set => {
                let mut sure = whole && contents.len.is_some();
                for (_, value) in &contents.entries {
                    match self.arena.get(*value).konst {
                        Some(konst) if konst == item_konst => return Some(true),
                        Some(_) => {}
                        None => sure = false,
                    }
                }
                sure.then_some(false)
            }
            _ => None,
        }
    }

    /// A character of constant text.
    pub(super) fn fold_index(&mut self, base: ValId, index: ValId) -> Option<ValId> {
        let Some(Konst::Str(text)) = self.arena.get(base).konst else {
            return None;
        };
        let Some(Konst::Int(at)) = self.arena.get(index).konst else {
            // A part of text that no input reaches.
            return Some(self.arena.single(Atom::Text));
        };
        let text = self.names.text(text);
        let at = if at < 0 {
            i64::try_from(text.chars().count()).ok()?.checked_add(at)?
        } else {
            at
        };
        let found = text.chars().nth(usize::try_from(at).ok()?)?.to_string();
        let symbol = self.names.intern(&found);
        Some(self.arena.constant(Konst::Str(symbol)))
    }

    /// A slice of constant text.
    pub(super) fn fold_slice(
        &mut self,
        base: ValId,
        low: Option<ValId>,
        high: Option<ValId>,
    ) -> Option<ValId> {
        let Some(Konst::Str(text)) = self.arena.get(base).konst else {
            return None;
        };
        let text = self.names.text(text);
        let len = i64::try_from(text.chars().count()).ok()?;
        let bound = |id: Option<ValId>, default: i64| match id.map(|v| self.arena.get(v).konst) {
            None | Some(Some(Konst::Null)) => Some(default),
            Some(Some(Konst::Int(at))) if at < 0 => Some(at.saturating_add(len).max(0)),
            Some(Some(Konst::Int(at))) => Some(at.min(len)),
            Some(_) => None,
        };
        let (Some(from), Some(to)) = (bound(low, 0), bound(high, len)) else {
            return Some(self.arena.single(Atom::Text));
        };
        let (from, to) = (usize::try_from(from).ok()?, usize::try_from(to).ok()?);
        let slice: String = text
            .chars()
            .skip(from)
            .take(to.saturating_sub(from))
            .collect();
        let symbol = self.names.intern(&slice);
        Some(self.arena.constant(Konst::Str(symbol)))
    }
}
