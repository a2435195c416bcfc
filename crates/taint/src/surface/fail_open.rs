//! Checks that let through when they fail: a function whose name says that it decides, and that
//! answers yes, or calls the next handler, where it handles an exception.

use std::collections::BTreeSet;

use trueline_syntax::ir::{
    Block, BlockId, Callee, Const, FuncId, Function, Op, Operand, Span, Terminator,
};

use super::{Reader, contains_words};
use crate::analysis::words;

/// Words of a name that turn its answer round: yes means that nobody gets in.
const REFUSING: &[&str] = &[
    "expired",
    "expire",
    "expires",
    "invalid",
    "revoked",
    "blocked",
    "banned",
    "denied",
    "locked",
    "disabled",
    "missing",
    "not",
    "no",
    "un",
    "needs",
    "requires",
    "required",
    "blacklisted",
    "denylisted",
    "malicious",
    "stale",
    "limited",
    "reject",
    "refuse",
];

/// Libraries that only pages use.
const IN_BROWSERS: &[&str] = &[
    "react-router-dom",
    "react-dom",
    "vue",
    "vue-router",
    "pinia",
    "svelte",
];

/// Blocks between a handler and the end.
const MAX_STEPS: usize = 6;

impl<'a> Reader<'a> {
    pub(super) fn fail_open(&mut self, id: FuncId, function: &'a Function) {
        let own: Vec<String> = words(self.module.text(function.name)).collect();
        if own.is_empty() || !contains_words(&own, &self.common.deciders) || self.runs_in_browsers()
        {
            return;
        }
        let refuses = own.iter().any(|w| REFUSING.contains(&w.as_str()));
        let handling = only_in_handlers(function);
        let next = function
            .params
            .iter()
            .find(|p| self.module.text(p.name) == "next")
            .map(|p| p.var);
        for at in &handling {
            let Some(block) = function.blocks.get(at.0 as usize) else {
                continue;
            };
            let passes = block.instrs.iter().find(|i| match &i.op {
                Op::Call {
                    callee: Callee::Function(Operand::Var(called)),
                    args,
                } => Some(*called) == next && args.is_empty(),
                _ => false,
            });
            let through = !refuses && falls_through(function, &handling, block);
            let span = match (passes, &block.terminator) {
                (Some(call), _) => call.span,
                // A bare `return True` has no place of its own: the function's head stands for it.
                (None, Terminator::Return(Some(value)))
                    if !refuses
                        && is_true(function, value)
                        && !is_asked_again(function, &handling, *at) =>
                {
                    let head = Span::new(function.span.start, function.span.start);
                    block.instrs.last().map_or(head, |i| i.span)
                }
                // The handler goes on to the yes at the end.
                (None, Terminator::Goto(_)) if through => {
                    let head = Span::new(function.span.start, function.span.start);
                    block.instrs.last().map_or(head, |i| i.span)
                }
                _ => continue,
            };
            self.weak(
                "fail-open",
                true,
                "When the check itself fails with an exception, it lets the caller through.",
                span,
                id,
            );
        }
    }
}

impl Reader<'_> {
    /// Whether the file is part of a page: what is decided there stops nobody.
    fn runs_in_browsers(&self) -> bool {
        self.imports.iter().any(|import| {
            import.starts_with("react.use")
                || import.starts_with("react.default.use")
                || IN_BROWSERS.iter().any(|m| super::is_within(import, m))
        })
    }
}

/// Whether a block of a handler leads straight to a `return True` that the good way leads to as well, in
/// a function that also says no.
fn falls_through(function: &Function, handling: &BTreeSet<BlockId>, from: &Block) -> bool {
    let mut at = from;
    for _ in 0..MAX_STEPS {
        let Terminator::Goto(to) = &at.terminator else {
            return false;
        };
        let Some(next) = function.blocks.get(to.0 as usize) else {
            return false;
        };
        if !handling.contains(to) {
            let says_no = |b: &Block| {
                matches!(
                    &b.terminator,
                    Terminator::Return(Some(Operand::Const(Const::Bool(false))))
                )
            };
            return matches!(&next.terminator, Terminator::Return(Some(value)) if is_true(function, value))
                && next.instrs.len() <= 1
                && function.blocks.iter().any(says_no);
        }
        at = next;
    }
    false
}

/// Whether a handler comes to a block only if another check that it made says so:
/// `catch { if (await askDevice()) return true; }`. What is asked of the exception is no check.
fn is_asked_again(function: &Function, handling: &BTreeSet<BlockId>, to: BlockId) -> bool {
    handling.iter().any(|from| {
        let body = function.blocks.get(from.0 as usize);
        let Some(Terminator::Branch {
            condition,
            then,
            otherwise,
        }) = body.map(|b| &b.terminator)
        else {
            return false;
        };
        then != otherwise
            && (*then == to || *otherwise == to)
            && is_checked(function, handling, condition)
    })
}

/// Whether a condition is the answer of a call in a handler that is given nothing of the exception.
fn is_checked(function: &Function, handling: &BTreeSet<BlockId>, condition: &Operand) -> bool {
    let mut at = condition.clone();
    for _ in 0..MAX_STEPS {
        let Operand::Var(var) = at else { return false };
        let mut made = handling.iter().filter_map(|block| {
            let body = function.blocks.get(block.0 as usize)?;
            body.instrs.iter().find(|i| i.dst == Some(var))
        });
        let (Some(instr), None) = (made.next(), made.next()) else {
            return false;
        };
        at = match &instr.op {
            Op::Copy(inner)
            | Op::Await(inner)
            | Op::Field { base: inner, .. }
            | Op::Unary { operand: inner, .. }
            | Op::Typed { value: inner, .. } => inner.clone(),
            Op::Call { callee, args } => {
                let receiver = match callee {
                    Callee::Method { receiver, .. } => Some(receiver),
                    _ => None,
                };
                let mut given = args.iter().map(|a| &a.value).chain(receiver);
                return !given.any(|operand| is_of_exception(function, operand, MAX_STEPS));
            }
            _ => return false,
        };
    }
    false
}

/// Whether a value is the caught exception, a part of it, or made of it.
fn is_of_exception(function: &Function, operand: &Operand, depth: usize) -> bool {
    let (Operand::Var(var), Some(depth)) = (operand, depth.checked_sub(1)) else {
        return false;
    };
    let mut instrs = function.blocks.iter().flat_map(|b| &b.instrs);
    let is = |inner: &Operand| is_of_exception(function, inner, depth);
    match instrs.find(|i| i.dst == Some(*var)).map(|i| &i.op) {
        Some(Op::Caught) => true,
        Some(Op::Copy(inner) | Op::Field { base: inner, .. } | Op::Typed { value: inner, .. }) => {
            is(inner)
        }
        Some(Op::Call { callee, args }) => {
            let receiver = match callee {
                Callee::Method { receiver, .. } => Some(receiver),
                _ => None,
            };
            args.iter().map(|a| &a.value).chain(receiver).any(is)
        }
        _ => false,
    }
}

fn is_true(function: &Function, value: &Operand) -> bool {
    match value {
        Operand::Const(Const::Bool(true)) => true,
        Operand::Var(var) => {
            let mut defs = function
                .blocks
                .iter()
                .flat_map(|b| &b.instrs)
                .filter(|i| i.dst == Some(*var));
            let first = defs.next();
            defs.next().is_none()
                && first
                    .is_some_and(|i| matches!(&i.op, Op::Copy(Operand::Const(Const::Bool(true)))))
        }
        Operand::Const(_) => false,
    }
}

/// Blocks that control comes to only by an exception.
fn only_in_handlers(function: &Function) -> BTreeSet<BlockId> {
    let mut normal = BTreeSet::from([BlockId(0)]);
    let mut work = vec![BlockId(0)];
    while let Some(at) = work.pop() {
        let Some(block) = function.blocks.get(at.0 as usize) else {
            continue;
        };
        let next: &[BlockId] = match &block.terminator {
            Terminator::Goto(to) => &[*to],
            Terminator::Branch {
                then, otherwise, ..
            } => &[*then, *otherwise],
            Terminator::Return(_) | Terminator::Throw(_) | Terminator::Unreachable => &[],
        };
        for to in next {
            if normal.insert(*to) {
                work.push(*to);
            }
        }
    }
    (0..function.blocks.len() as u32)
        .map(BlockId)
        .filter(|b| !normal.contains(b))
        .collect()
}
