//! What the function that makes a call does with its result, as far as it is plain to see: which parts
//! it reads, whether it only keeps it, or only picks one of a few by it.
//!
//! A short walk over one function; whatever it does not understand counts as any use.

use trueline_syntax::ir::{
    Arg, BinaryOp, Callee, Const, Instr, Op, Operand, Symbol, Terminator, UnaryOp, Var, VarHome,
};

use super::destinations::each_operand;
use super::names::words;
use super::{Analyzer, Frame};

/// Variables that a walk follows.
const MAX_VARIABLES: usize = 16;
/// Words of functions that write down what a program does.
const LOGGING: &[&str] = &[
    "log", "logs", "logger", "logging", "trace", "span", "metric", "metrics",
];

/// Calls that read a text as a number.
const NUMBERS: &[&str] = &[
    "int",
    "parseint",
    "bigint",
    "number",
    "from_bytes",
    "frombytes",
];

/// What a use of a variable is taken for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    /// As asked.
    Fits,
    /// It is what is made of it that counts.
    Follow,
    /// Anything else.
    Other,
}

impl<'a> Analyzer<'a> {
    /// Whether of the result of the present call only these parts are read, or what is read goes to
    /// the log alone.
    pub(super) fn reads_only(&self, frame: &Frame<'a>, parts: &[String]) -> bool {
        let Some(result) = self.result_of(frame) else {
            return false;
        };
        self.each_use(frame, result, &|instr, var| {
            let Some(part) = self.part_read(&instr.op, var) else {
                return Use::Other;
            };
            let named = parts.iter().any(|w| w == self.names.text(part));
            let logged = || {
                let log = |i: &'a Instr, _: Var| {
                    if self.is_logging(frame, &i.op) {
                        Use::Fits
                    } else {
                        Use::Other
                    }
                };
                instr.dst.is_some_and(|dst| self.each_use(frame, dst, &log))
            };
            if named || logged() {
                Use::Fits
            } else {
                Use::Other
            }
        })
    }

    /// Whether the result of the present call only becomes an entry of a map: a query that somebody
    /// else answers.
    pub(super) fn is_only_kept(&self, frame: &Frame<'a>) -> bool {
        let Some(result) = self.result_of(frame) else {
            return false;
        };
        self.each_use(frame, result, &|instr, var| {
            let is = |value: &Operand| *value == Operand::Var(var);
            match &instr.op {
                Op::StoreField { value, .. } | Op::StoreIndex { value, .. } if is(value) => {
                    Use::Fits
                }
                Op::Map { entries } if entries.iter().any(|(_, value)| is(value)) => Use::Fits,
                // `{ $in: [value] }`
                Op::Sequence { .. } => Use::Follow,
                _ => Use::Other,
            }
        })
    }

    /// Whether the result of the present call only picks one of a few: a bucket, a shard.
    pub(super) fn is_only_a_share(&self, frame: &Frame<'a>) -> bool {
        let Some(result) = self.result_of(frame) else {
            return false;
        };
        self.each_use(frame, result, &|instr, var| {
            let is = |value: &Operand| *value == Operand::Var(var);
            match &instr.op {
                Op::Binary {
                    op: BinaryOp::Mod,
                    left,
                    ..
                } if is(left) => Use::Fits,
                Op::Slice { base, .. } | Op::Index { base, .. } if is(base) => Use::Follow,
                Op::Call { callee, args } => match callee {
                    Callee::Method { receiver, .. } if is(receiver) => Use::Follow,
                    Callee::Method { name, .. }
                        if args.iter().any(|a| is(&a.value)) && self.reads_number(*name) =>
                    {
                        Use::Follow
                    }
                    Callee::Function(Operand::Var(called)) => {
                        let called = frame.function.vars.get(called.0 as usize);
                        if called.is_some_and(|c| self.reads_number(c.name)) {
                            Use::Follow
                        } else {
                            Use::Other
                        }
                    }
                    _ => Use::Other,
                },
                _ => Use::Other,
            }
        })
    }

    fn reads_number(&self, name: Symbol) -> bool {
        NUMBERS.contains(&self.names.text(name).to_lowercase().as_str())
    }

    fn result_of(&self, frame: &Frame<'a>) -> Option<Var> {
        if self.replayed.is_some() {
            return None;
        }
        let block = frame.function.blocks.get(frame.block.0 as usize)?;
        block.instrs.get(frame.instr as usize)?.dst
    }

    /// Whether a variable is used in this function and all its uses are as asked. Copies are
    /// followed; to ask whether it is there is no use.
    fn each_use(&self, frame: &Frame<'a>, var: Var, kind: &dyn Fn(&'a Instr, Var) -> Use) -> bool {
        let mut seen = vec![var];
        let mut at = 0;
        let mut fits = false;
        while let Some(var) = seen.get(at).copied() {
            at += 1;
            if seen.len() > MAX_VARIABLES || self.outlives(frame, var) {
                return false;
            }
            for block in &frame.function.blocks {
                for instr in &block.instrs {
                    let mut used = false;
                    each_operand(&instr.op, &mut |o| used |= *o == Operand::Var(var));
                    if !used {
                        continue;
                    }
                    let kind = match &instr.op {
                        Op::Copy(_) | Op::Typed { .. } | Op::Await(_) => Use::Follow,
                        Op::IsAbsent { .. }
                        | Op::Unary {
                            op: UnaryOp::Not, ..
                        } => continue,
                        _ => kind(instr, var),
                    };
                    match (kind, instr.dst) {
                        (Use::Fits, _) => fits = true,
                        (Use::Follow, Some(dst)) => {
                            if !seen.contains(&dst) {
                                seen.push(dst);
                            }
                        }
                        (Use::Follow | Use::Other, _) => return false,
                    }
                }
                if block.terminator == Terminator::Return(Some(Operand::Var(var))) {
                    return false;
                }
            }
        }
        fits
    }

    /// Whether another function reads a variable.
    fn outlives(&self, frame: &Frame<'a>, var: Var) -> bool {
        let own = frame.function.vars.get(var.0 as usize);
        own.is_none_or(|v| !matches!(v.home, VarHome::Local | VarHome::Temporary))
            || self.module.functions.iter().any(|f| {
                f.vars.iter().any(|v| {
                    v.home
                        == VarHome::Captured {
                            function: frame.id,
                            var,
                        }
                })
            })
    }

    /// The part that an instruction reads of a variable: `v["exp"]`, `v.exp`, `v.get("exp")`.
    fn part_read(&self, op: &Op, var: Var) -> Option<Symbol> {
        let is = |value: &Operand| *value == Operand::Var(var);
        match op {
            Op::Field { base, name } if is(base) => Some(*name),
            Op::Index {
                base,
                index: Operand::Const(Const::Str(key)),
            } if is(base) => Some(*key),
            Op::Call {
                callee: Callee::Method { receiver, name },
                args,
            } if is(receiver) && self.names.text(*name) == "get" => match args.as_slice() {
                [
                    Arg {
                        value: Operand::Const(Const::Str(key)),
                        ..
                    },
                    ..,
                ] => Some(*key),
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether an instruction only writes down what it is given.
    fn is_logging(&self, frame: &Frame<'a>, op: &Op) -> bool {
        let named =
            |name: Symbol| words(self.names.text(name)).any(|w| LOGGING.contains(&w.as_str()));
        match op {
            Op::Call { callee, .. } => match callee {
                Callee::Method { name, .. } => named(*name),
                Callee::Function(Operand::Var(var)) => frame
                    .function
                    .vars
                    .get(var.0 as usize)
                    .is_some_and(|v| named(v.name)),
                _ => false,
            },
            _ => false,
        }
    }
}
