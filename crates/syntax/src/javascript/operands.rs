//! Operands that must keep the value they had when they were read, and places that are read and
//! written. JavaScript evaluates from left to right; an operand that names a variable is read when
//! its instruction runs, which is later.

use super::Lowering;
use crate::ir::{BlockId, Const, Instr, Op, Operand, Span, Symbol};

impl Lowering<'_> {
    /// Remembers where an operand was read.
    pub(super) fn hold(&mut self, operand: Operand) -> Held {
        let block = self.builder.current();
        let instrs = self
            .builder
            .function()
            .blocks
            .get(block.0 as usize)
            .map_or(0, |block| block.instrs.len());
        Held {
            operand,
            block,
            instrs,
            assigned: self.context().assigned.len(),
        }
    }

    /// Keeps aside those variables that have been assigned since they were read: a copy is put
    /// where the read was. This is rare (`f(i, i++)`), so nothing is copied beforehand.
    pub(super) fn settle(&mut self, held: &mut [Held]) {
        for one in held.iter_mut().rev() {
            let Operand::Var(var) = one.operand else {
                continue;
            };
            let since = self.context().assigned.get(one.assigned..);
            if !since.is_some_and(|assigned| assigned.contains(&var)) {
                continue;
            }
            let kept = self.builder.temp();
            let copy = Instr {
                dst: Some(kept),
                op: Op::Copy(Operand::Var(var)),
                span: Span::default(),
            };
            let blocks = &mut self.builder.function().blocks;
            if let Some(block) = blocks.get_mut(one.block.0 as usize) {
                let index = one.instrs.min(block.instrs.len());
                block.instrs.insert(index, copy);
                one.operand = Operand::Var(kept);
            }
        }
    }
}

/// An operand and the point where it was read.
pub(super) struct Held {
    pub(super) operand: Operand,
    block: BlockId,
    instrs: usize,
    assigned: usize,
}

/// A part of a value: a member that is read or written, or a piece of one that is taken apart.
pub(super) enum Place {
    Field { base: Operand, name: Symbol },
    Index { base: Operand, index: Operand },
}

impl Place {
    /// An element of a sequence.
    pub(super) fn position(base: &Operand, index: usize) -> Self {
        Self::Index {
            base: base.clone(),
            index: integer(index),
        }
    }

    /// What a key of an object pattern takes.
    pub(super) fn key(base: &Operand, key: Operand, name: Option<Symbol>) -> Self {
        let base = base.clone();
        match name {
            Some(name) => Self::Field { base, name },
            None => Self::Index { base, index: key },
        }
    }

    pub(super) fn read(&self) -> Op {
        match self {
            Self::Field { base, name } => Op::Field {
                base: base.clone(),
                name: *name,
            },
            Self::Index { base, index } => Op::Index {
                base: base.clone(),
                index: index.clone(),
            },
        }
    }

    pub(super) fn write(self, value: Operand) -> Op {
        match self {
            Self::Field { base, name } => Op::StoreField { base, name, value },
            Self::Index { base, index } => Op::StoreIndex { base, index, value },
        }
    }
}

/// A position. Files are far shorter than any limit of the conversion.
pub(super) fn integer(position: usize) -> Operand {
    Operand::Const(Const::Int(i64::try_from(position).unwrap_or(i64::MAX)))
}
