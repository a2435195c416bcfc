//! A password that is asked for and stands in the source: `if password == "…"`, `"…".equals(password)`.
//! Whoever reads the code can log in.

use trueline_syntax::ir::{Arg, Callee, Const, Language, Op, Operand, Symbol};

use super::names::words;
use super::{Analyzer, Frame};

/// What the last word of a name says of what people type to show who they are.
const PASSWORDS: &[&str] = &["password", "passwd", "pwd", "passphrase", "passcode"];
/// Copies between a name and where it is compared.
const MAX_COPIES: usize = 4;

impl<'a> Analyzer<'a> {
    /// A comparison of a value with another one.
    pub(super) fn check_asked_password(
        &mut self,
        frame: &Frame<'a>,
        left: &Operand,
        right: &Operand,
    ) {
        for (named, literal) in [(left, right), (right, left)] {
            let Operand::Const(constant @ Const::Str(_)) = literal else {
                continue;
            };
            let Some(name) = self.name_of(frame, named) else {
                continue;
            };
            let last = words(self.names.text(name)).last();
            if last.is_some_and(|last| PASSWORDS.contains(&last.as_str())) {
                let value = self.constant(constant);
                self.check_secret(frame, name, value);
            }
        }
    }

    /// `"…".equals(password)` of Java.
    pub(super) fn check_asked_password_call(
        &mut self,
        frame: &Frame<'a>,
        callee: &Callee,
        args: &[Arg],
    ) {
        if let (Callee::Method { receiver, name }, [other]) = (callee, args)
            && self.module.language == Language::Java
            && matches!(self.names.text(*name), "equals" | "contentEquals")
        {
            self.check_asked_password(frame, receiver, &other.value);
        }
    }

    /// What a value is called: a variable, a field, a key, what a getter gives.
    fn name_of(&self, frame: &Frame<'a>, operand: &Operand) -> Option<Symbol> {
        let mut operand = operand;
        for _ in 0..MAX_COPIES {
            let Operand::Var(var) = operand else {
                return None;
            };
            let declared = frame.function.vars.get(var.0 as usize)?.name;
            if !self.names.text(declared).is_empty() {
                return Some(declared);
            }
            match Self::definition(frame, operand)? {
                Op::Copy(inner) | Op::Await(inner) | Op::Typed { value: inner, .. } => {
                    operand = inner;
                }
                Op::Field { name, .. } => return Some(*name),
                Op::Index {
                    index: Operand::Const(Const::Str(key)),
                    ..
                } => return Some(*key),
                Op::Call { callee, args } => {
                    return match (callee, args.as_slice()) {
                        (Callee::Method { name, .. }, []) => Some(*name),
                        (Callee::Method { .. }, [only]) => match &only.value {
                            Operand::Const(Const::Str(key)) => Some(*key),
                            _ => None,
                        },
                        _ => None,
                    };
                }
                _ => return None,
            }
        }
        None
    }
}
