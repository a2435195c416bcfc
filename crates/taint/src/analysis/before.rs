//! What surely stands before a part of a text that is put together piece by piece, whatever the pieces
//! that are not known hold: `name + "_" + part` does not begin with the part, and after
//! `base + "/find?q="` a part chooses no host.

use trueline_syntax::ir::{BinaryOp, Const, Language, Op, Operand};

use super::value::ValId;
use super::{Analyzer, Frame};
use crate::models::Bits;

/// Sums within sums that are gone through.
const MAX_PARTS: usize = 16;

/// What stands before.
#[derive(Clone, Copy, Default, Debug)]
struct Before {
    /// At least one character that the program wrote.
    text: bool,
    /// A character that ends the host of an address, after something else.
    path: bool,
}

impl<'a> Analyzer<'a> {
    /// The right side of a sum, without what it cannot do behind its left side.
    pub(super) fn behind(
        &mut self,
        frame: &Frame<'a>,
        op: BinaryOp,
        left: (&Operand, ValId),
        right: ValId,
    ) -> ValId {
        if op != BinaryOp::Add || self.arena.get(right).labels.is_empty() {
            return right;
        }
        let before = self.stands_before(frame, left.0);
        let mut cleared = Bits::NONE;
        if before.text {
            cleared = cleared.or(Bits::RELATIVE);
        }
        // The beginning is as safe as what it is made of: its own sources go on with it.
        if before.path && self.module.language == Language::Java && self.holds_host(left.1) {
            cleared = cleared.or(self.models.url_rules);
        }
        if cleared == Bits::NONE {
            return right;
        }
        self.arena.refine(right, cleared)
    }

    fn stands_before(&self, frame: &Frame<'a>, operand: &Operand) -> Before {
        let mut before = Before::default();
        let mut operand = operand;
        for _ in 0..MAX_PARTS {
            match Self::definition(frame, operand) {
                Some(Op::Copy(inner)) => operand = inner,
                Some(Op::Binary {
                    op: BinaryOp::Add,
                    left,
                    right,
                }) => {
                    if let Operand::Const(Const::Str(text)) = right {
                        let text = self.names.text(*text);
                        before.text |= !text.is_empty();
                        before.path |= text.starts_with(['/', '?', '#']) && !text.starts_with("//");
                    }
                    operand = left;
                }
                _ => break,
            }
        }
        before
    }
}
