//! Fields of a struct of Go that get their values after it is made: `c := new(http.Cookie)`, and then
//! `c.Secure = true`. Where in the function that is does not matter: a field that is set under a
//! condition was thought of, as one that a literal gives a condition.

use smallvec::SmallVec;
use trueline_syntax::ir::{ArgKind, Callee, Const, Op, Operand, UnaryOp, Var};

use super::call::{Call, Passed};
use super::value::{Konst, ValId};
use super::{Analyzer, Frame};

/// The arguments of a call and the fields that are set later.
pub(super) type Fields = SmallVec<[Passed; 8]>;

impl<'a> Analyzer<'a> {
    /// What the struct that a call makes is given at once and later. What is turned off later is not
    /// given.
    pub(super) fn with_later_fields(&mut self, frame: &Frame<'a>, call: &Call<'_, 'a>) -> Fields {
        let mut fields: Fields = call.passed.iter().copied().collect();
        if !self.is_go() || self.replayed.is_some() || !matches!(call.callee, Some(Callee::New(_)))
        {
            return fields;
        }
        let block = frame.function.blocks.get(frame.block.0 as usize);
        let made = block.and_then(|b| b.instrs.get(frame.instr as usize)?.dst);
        let mut names: SmallVec<[Var; 4]> = made.into_iter().collect();
        for instr in frame.function.blocks.iter().flat_map(|b| &b.instrs) {
            match &instr.op {
                Op::Copy(Operand::Var(from)) if names.contains(from) => names.extend(instr.dst),
                Op::StoreField {
                    base: Operand::Var(base),
                    name,
                    value,
                } if names.contains(base) => {
                    let value = self.written_constant(frame, value);
                    if self.arena.get(value).konst != Some(Konst::Bool(false)) {
                        let kind = ArgKind::Keyword(*name);
                        fields.push(Passed { kind, value });
                    }
                }
                _ => {}
            }
        }
        fields
    }

    /// The constant that an operand is where it is written, or anything.
    fn written_constant(&mut self, frame: &Frame<'a>, operand: &Operand) -> ValId {
        match operand {
            Operand::Const(constant) => self.constant(constant),
            Operand::Var(_) => match Self::definition(frame, operand) {
                Some(Op::Unary {
                    op: UnaryOp::Neg,
                    operand: Operand::Const(Const::Int(number)),
                }) => {
                    let number = number.saturating_neg();
                    self.arena.constant(Konst::Int(number))
                }
                _ => ValId::UNKNOWN,
            },
        }
    }
}
