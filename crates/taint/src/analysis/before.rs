//! What surely stands before a part of a text that is put together piece by piece, whatever the pieces
//! that are not known hold: `name + "_" + part` does not begin with the part, and after
//! `base + "/find?q="` a part chooses no host, and between single quotes a shell reads no command in
//! a part whose own quotes are escaped.

use trueline_syntax::ir::{BinaryOp, Const, Language, Op, Operand};

use super::value::ValId;
use super::{Analyzer, Frame};
use crate::models::Bits;

/// Sums within sums that are gone through.
const MAX_PARTS: usize = 16;

/// The rule about what a shell reads.
const SHELL_RULE: &str = "command-injection";

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
        // Whatever stands before `?` or `#`, what follows them chooses no host.
        if self.is_query(right) && !self.runs_script(left.1) {
            cleared = cleared.or(self.models.url_rules);
        }
        let known = &self.arena.get(right).labels;
        if known.iter().all(|l| l.cleared.has(Bits::SHELL_ESCAPED)) {
            let before = self.written_before(frame, left.0);
            cleared = cleared.or(self.cleared_in_quotes(&before));
        }
        if cleared == Bits::NONE {
            return right;
        }
        self.arena.refine(right, cleared)
    }

    /// Whether a value is surely the query or the fragment of an address, with the mark before it.
    pub(super) fn is_query(&self, value: ValId) -> bool {
        let prefix = self.arena.get(value).prefix;
        prefix.is_some_and(|p| self.names.text(p).starts_with(['?', '#']))
    }

    /// Whether an address begins with a scheme of which the rest is run or shown.
    fn runs_script(&self, value: ValId) -> bool {
        let prefix = self.arena.get(value).prefix.map(|p| self.names.text(p));
        prefix.is_some_and(|p| {
            let p = p.trim_start().to_ascii_lowercase();
            p.starts_with("javascript:") || p.starts_with("data:")
        })
    }

    /// The rule that a text cannot violate whose own single quotes are escaped, behind a text that leaves
    /// one of a shell open.
    pub(super) fn cleared_in_quotes(&self, before: &str) -> Bits {
        match self.models.rule_index(SHELL_RULE) {
            Some(rule) if opens_single_quote(before) => Bits::rule(rule),
            _ => Bits::NONE,
        }
    }

    /// What the program wrote before a part of a sum, without the parts that it did not write.
    fn written_before(&self, frame: &Frame<'a>, operand: &Operand) -> String {
        let mut parts: Vec<&str> = Vec::new();
        let mut operand = operand;
        for _ in 0..MAX_PARTS {
            match operand {
                Operand::Const(Const::Str(text)) => {
                    parts.push(self.names.text(*text));
                    break;
                }
                Operand::Const(_) => break,
                Operand::Var(_) => {}
            }
            match Self::definition(frame, operand) {
                Some(Op::Copy(inner)) => operand = inner,
                Some(Op::Binary {
                    op: BinaryOp::Add,
                    left,
                    right,
                }) => {
                    if let Operand::Const(Const::Str(text)) = right {
                        parts.push(self.names.text(*text));
                    }
                    operand = left;
                }
                _ => break,
            }
        }
        parts.reverse();
        parts.concat()
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

/// Whether a command ends within single quotes, where a shell takes every other character as it is.
fn opens_single_quote(command: &str) -> bool {
    let mut open: Option<char> = None;
    let mut chars = command.chars();
    while let Some(c) = chars.next() {
        match (open, c) {
            (Some('\''), '\'') => open = None,
            (Some('\''), _) => {}
            (_, '\\') => {
                chars.next();
            }
            (Some(quote), c) if c == quote => open = None,
            (None, '\'' | '"') => open = Some(c),
            _ => {}
        }
    }
    open == Some('\'')
}

#[cfg(test)]
mod tests {
    use super::opens_single_quote;

    #[test]
    fn a_quote_is_open_where_a_shell_would_read_on() {
        for command in [
            "echo '",
            "git -C '/a b' commit -m '",
            "echo \"it's\" '",
            r"echo \' 'a",
        ] {
            assert!(opens_single_quote(command), "{command}");
        }
        for command in [
            "echo ",
            "echo ''",
            "echo \"it's ",
            r"echo \'",
            "sh -c \"echo '",
        ] {
            assert!(!opens_single_quote(command), "{command}");
        }
    }
}
