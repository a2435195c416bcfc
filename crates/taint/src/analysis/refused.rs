//! Texts that the program refuses as a key or password: `if secret == "changeme": raise`, the default
//! that must be changed. It is no secret where it stands as the default, in this file or another one,
//! nor where it is compared.
//!
//! A comparison refuses when what runs next, without another question, ends the program or the call:
//! it throws, exits, returns an error or "no", or notes an error in a list of them.

use trueline_syntax::ir::{
    Callee, CompareOp, Const, FormatPart, Function, Instr, Op, Operand, Terminator, UnaryOp, Var,
};

use super::names::words;
use super::state::State;
use super::value::{Konst, ValId};
use super::{Analyzer, Frame};
use crate::digest::Digest;
use crate::purpose::Purpose;

/// Blocks in a row that are looked at behind a comparison.
const MAX_BLOCKS: usize = 6;
/// Copies and negations between a comparison and the branch that it decides.
const MAX_COPIES: usize = 6;
/// Texts of one list.
const MAX_TEXTS: usize = 64;
/// Calls that end the program, by their last name.
const ENDS: &[&str] = &[
    "exit", "_exit", "Exit", "abort", "Abort", "panic", "halt", "die", "Fatal", "Fatalf",
    "Fatalln", "fatal", "Panic", "Panicf", "Panicln",
];
/// Methods that put something into a list.
const ADDS: &[&str] = &["append", "push", "add", "addError", "reject", "rejectValue"];
/// Words in the name of a list of errors.
const ERRORS: &[&str] = &[
    "error",
    "errors",
    "err",
    "errs",
    "problem",
    "problems",
    "issue",
    "issues",
    "violation",
    "violations",
    "failure",
    "failures",
];
/// What stands in a list of these names is said and no more.
const SAID: &[&str] = &[
    "warn", "warning", "warnings", "message", "messages", "log", "logs", "info", "note", "notes",
    "hint", "hints",
];
/// Words of a sentence that says what must not be.
const DEMANDS: &[&str] = &["must", "cannot", "forbidden", "required", "refused"];

impl<'a> Analyzer<'a> {
    /// A comparison: the texts of its sides are refused if who is equal to them does not get on.
    pub(super) fn note_refused(
        &mut self,
        frame: &Frame<'a>,
        state: &State,
        (op, left, right): (CompareOp, ValId, ValId),
        made: &Instr,
    ) {
        let texts = match op {
            CompareOp::Eq | CompareOp::Is => vec![left, right],
            CompareOp::In => self.texts_in(state, right),
            _ => return,
        };
        self.refuse(frame, &texts, made);
    }

    /// The same for a question that is a call: `DEFAULT.equals(key)`, `WEAK.includes(key)`.
    pub(super) fn note_refused_call(
        &mut self,
        frame: &mut Frame<'a>,
        state: &State,
        (callee, args): (&'a Callee, &'a [trueline_syntax::ir::Arg]),
        made: &Instr,
    ) {
        let (Callee::Method { receiver, name }, [first]) = (callee, args) else {
            return;
        };
        match self.names.text(*name) {
            "equals" | "equalsIgnoreCase" | "contentEquals" => {
                let texts = [
                    self.read(frame, state, receiver),
                    self.read(frame, state, &first.value),
                ];
                self.refuse(frame, &texts, made);
            }
            "includes" | "contains" | "has" => {
                let list = self.read(frame, state, receiver);
                let texts = self.texts_in(state, list);
                self.refuse(frame, &texts, made);
            }
            _ => {}
        }
    }

    fn texts_in(&self, state: &State, list: ValId) -> Vec<ValId> {
        let contents = self.only_object(list).and_then(|o| state.contents(o));
        let entries = contents.map(|c| c.entries.iter().map(|e| e.1).chain([c.rest]));
        entries.into_iter().flatten().take(MAX_TEXTS).collect()
    }

    fn refuse(&mut self, frame: &Frame<'a>, texts: &[ValId], made: &Instr) {
        if matches!(self.purpose, Purpose::Test | Purpose::Aside) {
            return;
        }
        let Some((_, spec)) = self.secret_rule() else {
            return;
        };
        let digests: Vec<Digest> = texts
            .iter()
            .filter_map(|text| match self.arena.get(*text).konst? {
                Konst::Str(text) | Konst::Bytes(text) => Some(self.names.text(text)),
                _ => None,
            })
            .filter(|text| text.len() >= spec.min_length)
            .map(|text| Digest::of(text.as_bytes()))
            .collect();
        if digests.iter().all(|digest| self.refused.contains(digest)) {
            return;
        }
        if made
            .dst
            .is_some_and(|dst| self.is_refusal(frame.function, dst))
        {
            self.refused.extend(digests);
        }
    }

    /// Whether a function does not go on where a condition holds.
    fn is_refusal(&self, function: &Function, condition: Var) -> bool {
        let mut same = vec![(condition, true)];
        let instrs = || function.blocks.iter().flat_map(|b| &b.instrs);
        for _ in 0..MAX_COPIES {
            let more: Vec<(Var, bool)> = instrs()
                .filter_map(|instr| {
                    let (from, keeps) = match &instr.op {
                        Op::Copy(Operand::Var(from)) => (from, true),
                        Op::Unary {
                            op: UnaryOp::Not,
                            operand: Operand::Var(from),
                        } => (from, false),
                        _ => return None,
                    };
                    let known = same.iter().find(|(var, _)| var == from)?;
                    Some((instr.dst?, known.1 == keeps))
                })
                .filter(|found| !same.contains(found))
                .collect();
            if more.is_empty() {
                break;
            }
            same.extend(more);
        }
        function.blocks.iter().any(|block| match &block.terminator {
            Terminator::Branch {
                condition: Operand::Var(var),
                then,
                ..
            } => same.contains(&(*var, true)) && self.ends(function, then.0),
            _ => false,
        })
    }

    /// Whether what begins at a block leads to no good end, without another question.
    fn ends(&self, function: &Function, block: u32) -> bool {
        let mut at = block;
        for step in 0..MAX_BLOCKS {
            let Some(block) = function.blocks.get(at as usize) else {
                return false;
            };
            // Behind the first block other ways may come in.
            if step == 0 && block.instrs.iter().any(|i| self.is_refusing(function, i)) {
                return true;
            }
            match &block.terminator {
                Terminator::Goto(next) if self.is_only_way(function, next.0) => at = next.0,
                Terminator::Throw(_) => return true,
                Terminator::Return(Some(answer)) => return self.says_no(function, answer),
                _ => return false,
            }
        }
        false
    }

    fn is_only_way(&self, function: &Function, block: u32) -> bool {
        let leads = |terminator: &Terminator| match terminator {
            Terminator::Goto(to) => usize::from(to.0 == block),
            Terminator::Branch {
                then, otherwise, ..
            } => usize::from(then.0 == block) + usize::from(otherwise.0 == block),
            _ => 0,
        };
        let _ = self;
        let ways: usize = function.blocks.iter().map(|b| leads(&b.terminator)).sum();
        ways == 1
    }

    /// `sys.exit(1)`, `errors.append("… must be changed")`.
    fn is_refusing(&self, function: &Function, instr: &Instr) -> bool {
        let Op::Call { callee, args } = &instr.op else {
            return false;
        };
        let (list, name) = match callee {
            Callee::Method { receiver, name } => (Some(receiver), self.names.text(*name)),
            Callee::Function(Operand::Var(var)) => {
                let name = function.vars.get(var.0 as usize).map(|v| v.name);
                let name = name.map_or("", |name| self.names.text(name));
                (args.first().map(|a| &a.value), name)
            }
            _ => return false,
        };
        if ENDS.contains(&name) {
            return true;
        }
        let said = args.last().map(|a| &a.value);
        ADDS.contains(&name)
            && list.is_some_and(|list| {
                let own: Vec<String> = words(self.list_name(function, list)).collect();
                let has = |of: &[&str]| own.iter().any(|w| of.contains(&w.as_str()));
                has(ERRORS) || !has(SAID) && said.is_some_and(|said| self.demands(function, said))
            })
    }

    /// What a variable or field is called.
    fn list_name(&self, function: &Function, operand: &Operand) -> &str {
        let mut operand = operand;
        for _ in 0..MAX_COPIES {
            let Operand::Var(var) = operand else {
                return "";
            };
            let name = function.vars.get(var.0 as usize).map(|v| v.name);
            let name = name.map_or("", |name| self.names.text(name));
            if !name.is_empty() {
                return name;
            }
            let instrs = function.blocks.iter().flat_map(|b| &b.instrs);
            let mut made = instrs.filter(|i| i.dst == Some(*var));
            match made.next().map(|i| &i.op) {
                Some(Op::Copy(inner)) => operand = inner,
                Some(Op::Field { name, .. }) => return self.names.text(*name),
                _ => return "",
            }
        }
        ""
    }

    fn demands(&self, function: &Function, said: &Operand) -> bool {
        let asks = |text: &str| words(text).any(|w| DEMANDS.contains(&w.as_str()));
        match said {
            Operand::Const(Const::Str(text)) => asks(self.names.text(*text)),
            Operand::Const(_) => false,
            Operand::Var(var) => {
                let instrs = function.blocks.iter().flat_map(|b| &b.instrs);
                let mut made = instrs.filter(|i| i.dst == Some(*var));
                match made.next().map(|i| &i.op) {
                    Some(Op::Format { parts }) => parts.iter().any(|part| match part {
                        FormatPart::Text(text) => asks(self.names.text(*text)),
                        FormatPart::Value(_) => false,
                    }),
                    _ => false,
                }
            }
        }
    }

    /// `return False`, and an error of Go.
    fn says_no(&self, function: &Function, answer: &Operand) -> bool {
        if let Operand::Const(constant) = answer {
            return *constant == Const::Bool(false);
        }
        if !self.is_go() {
            return false;
        }
        let declared = function.returns.map_or("", |r| self.names.text(r));
        if declared == "error" {
            return true;
        }
        let Operand::Var(var) = answer else {
            return false;
        };
        let instrs = function.blocks.iter().flat_map(|b| &b.instrs);
        let mut made = instrs.filter(|i| i.dst == Some(*var));
        match made.next().map(|i| &i.op) {
            Some(Op::Sequence { elements, .. }) => match elements.last() {
                Some(trueline_syntax::ir::Element::One(last)) => matches!(last, Operand::Var(_)),
                _ => false,
            },
            _ => false,
        }
    }
}
