//! What a value is worth after the program has asked about it elsewhere: an identifier under which a
//! record was found, text whose code was checked.
//!
//! Neither is a proof, so they move findings to the tier for guesses.

use trueline_syntax::ir::{Arg, Callee, CompareOp, Function, Op, Operand};

use super::names::words;
use super::state::State;
use super::{Analyzer, Frame};
use crate::models::Bits;

/// First words of the names of functions that find a record.
const FINDING: &[&str] = &[
    "get", "find", "fetch", "load", "lookup", "look", "retrieve", "query", "select", "read",
    "first", "one", "scalar", "scalars", "where", "filter", "execute", "all",
];
/// Words at the end of a name that stands for an identifier.
const IDENTIFIERS: &[&str] = &["id", "ids", "uuid", "guid", "pk"];
/// Calls of a chain, and maps inside of maps, that are looked through.
const MAX_DEPTH: u8 = 6;
/// Functions that compare codes, by their names.
const COMPARING_CODES: &[&str] = &[
    "timingSafeEqual",
    "compare_digest",
    "ConstantTimeCompare",
    "isEqual",
];

impl<'a> Analyzer<'a> {
    /// `work = get_work(work_id)` and there is one: `work_id` is the identifier of a record.
    pub(super) fn assume_found(
        &mut self,
        frame: &mut Frame<'a>,
        state: &mut State,
        callee: &'a Callee,
        args: &'a [Arg],
        depth: u8,
    ) {
        let name = match callee {
            Callee::Method { name, .. } => Some(self.names.text(*name).to_owned()),
            Callee::Function(operand) => self.operand_name(frame, operand),
            Callee::New(_) | Callee::Super { .. } => None,
        };
        let finds = name.is_some_and(|name| {
            words(&name)
                .next()
                .is_some_and(|first| FINDING.contains(&first.as_str()))
        });
        if !finds || depth > MAX_DEPTH {
            return;
        }
        for argument in args {
            self.assume_identifies(frame, state, &argument.value, depth);
        }
        if let Callee::Method { receiver, .. } = callee
            && let Some(Op::Call { callee, args }) = Self::definition(frame, receiver)
        {
            self.assume_found(frame, state, callee, args, depth + 1);
        }
    }

    /// What a record was looked up with: `work_id`, `Work.id == x`, `{ where: { id: x } }`.
    fn assume_identifies(
        &mut self,
        frame: &mut Frame<'a>,
        state: &mut State,
        operand: &'a Operand,
        depth: u8,
    ) {
        if depth > MAX_DEPTH {
            return;
        }
        if self.is_identifier(frame, operand) {
            let value = self.raw(frame, state, operand);
            self.establish(state, value, Bits::FOUND);
            return;
        }
        match Self::definition(frame, operand) {
            Some(Op::Compare {
                op: CompareOp::Eq,
                left,
                right,
            }) if self.is_identifier(frame, left) => {
                let value = self.raw(frame, state, right);
                self.establish(state, value, Bits::FOUND);
            }
            Some(Op::Map { entries }) => {
                for (key, value) in entries {
                    let key = key.as_ref().map(|key| self.raw(frame, state, key));
                    let key = key.and_then(|key| self.arena.get(key).konst);
                    let key = key.and_then(|key| self.konst_text(key)).unwrap_or_default();
                    if is_identifier(&key) {
                        let value = self.raw(frame, state, value);
                        self.establish(state, value, Bits::FOUND);
                    } else {
                        self.assume_identifies(frame, state, value, depth + 1);
                    }
                }
            }
            Some(Op::Call { callee, args }) => {
                self.assume_found(frame, state, callee, args, depth + 1);
            }
            _ => {}
        }
    }

    fn is_identifier(&self, frame: &Frame<'a>, operand: &Operand) -> bool {
        self.operand_name(frame, operand)
            .is_some_and(|name| is_identifier(&name))
    }

    /// Whether a function compares codes in a way that tells nothing by its time: what it gives back
    /// after that was written by who knows the key.
    pub(super) fn checks_codes(&self, function: &Function) -> bool {
        let mut instrs = function.blocks.iter().flat_map(|b| &b.instrs);
        instrs.any(|instr| {
            let Op::Call { callee, .. } = &instr.op else {
                return false;
            };
            let name = match callee {
                Callee::Method { name, .. } => *name,
                Callee::Function(Operand::Var(var)) => match function.vars.get(var.0 as usize) {
                    Some(decl) => decl.name,
                    None => return false,
                },
                _ => return false,
            };
            COMPARING_CODES.contains(&self.names.text(name))
        })
    }
}

/// Whether a name ends in a word for an identifier.
fn is_identifier(name: &str) -> bool {
    let last = words(name).last();
    last.is_some_and(|last| IDENTIFIERS.contains(&last.as_str()))
}
