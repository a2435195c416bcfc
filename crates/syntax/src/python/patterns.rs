//! `match`: each pattern becomes tests that branch to the next case, and captures.

use ruff_python_ast::{
    Expr, Pattern, PatternMatchClass, PatternMatchMapping, PatternMatchOr, PatternMatchSequence,
    Singleton, StmtMatch,
};
use ruff_text_size::Ranged;

use super::{Lowering, element, int, signed, span};
use crate::ir::{BlockId, CompareOp, Const, Op, Operand, Span};

impl Lowering {
    pub(super) fn match_statement(&mut self, choice: &StmtMatch) {
        let subject = self.snapshot(&choice.subject);
        let after = self.builder.new_block();
        for case in &choice.cases {
            let next = self.builder.new_block();
            self.pattern(&case.pattern, &subject, next);
            if let Some(guard) = &case.guard {
                let body = self.builder.new_block();
                self.condition(guard, body, next);
                self.builder.switch_to(body);
            }
            self.statements(&case.body);
            self.goto(after);
            self.builder.switch_to(next);
        }
        self.builder.goto_and_switch(after);
    }

    /// Goes on if `subject` matches, with names captured; otherwise to `fails`.
    fn pattern(&mut self, pattern: &Pattern, subject: &Operand, fails: BlockId) {
        let at = span(pattern.range());
        match pattern {
            Pattern::MatchValue(value) => {
                let right = self.expr(&value.value);
                self.test(CompareOp::Eq, subject.clone(), right, fails, at);
            }
            Pattern::MatchSingleton(singleton) => {
                let right = Operand::Const(match singleton.value {
                    Singleton::None => Const::Null,
                    Singleton::True => Const::Bool(true),
                    Singleton::False => Const::Bool(false),
                });
                self.test(CompareOp::Is, subject.clone(), right, fails, at);
            }
            Pattern::MatchSequence(sequence) => self.sequence_pattern(sequence, subject, fails),
            Pattern::MatchMapping(mapping) => self.mapping_pattern(mapping, subject, fails),
            Pattern::MatchClass(class) => self.class_pattern(class, subject, fails),
            // Only inside a sequence, which handles it; here after a syntax error.
            Pattern::MatchStar(star) => {
                if let Some(name) = &star.name {
                    self.capture(name.as_str(), Op::Copy(subject.clone()), at);
                }
            }
            Pattern::MatchAs(capture) => {
                if let Some(inner) = &capture.pattern {
                    self.pattern(inner, subject, fails);
                }
                if let Some(name) = &capture.name {
                    self.capture(name.as_str(), Op::Copy(subject.clone()), at);
                }
            }
            Pattern::MatchOr(choice) => self.or_pattern(choice, subject, fails),
        }
    }

    fn or_pattern(&mut self, choice: &PatternMatchOr, subject: &Operand, fails: BlockId) {
        let Some((last, first)) = choice.patterns.split_last() else {
            return;
        };
        let matched = self.builder.new_block();
        for alternative in first {
            let next = self.builder.new_block();
            self.pattern(alternative, subject, next);
            self.goto(matched);
            self.builder.switch_to(next);
        }
        self.pattern(last, subject, fails);
        self.builder.goto_and_switch(matched);
    }

    fn sequence_pattern(
        &mut self,
        sequence: &PatternMatchSequence,
        subject: &Operand,
        fails: BlockId,
    ) {
        let at = span(sequence.range());
        let count = sequence.patterns.len();
        let right = int(signed(count));
        self.test(CompareOp::Matches, subject.clone(), right, fails, at);
        let star = sequence
            .patterns
            .iter()
            .position(|pattern| matches!(pattern, Pattern::MatchStar(_)));
        for (position, pattern) in sequence.patterns.iter().enumerate() {
            let here = span(pattern.range());
            let part = element(subject.clone(), position, count, star);
            if let Pattern::MatchStar(rest) = pattern {
                if let Some(name) = &rest.name {
                    self.capture(name.as_str(), part, here);
                }
            } else {
                self.part(pattern, part, fails, here);
            }
        }
    }

    fn mapping_pattern(
        &mut self,
        mapping: &PatternMatchMapping,
        subject: &Operand,
        fails: BlockId,
    ) {
        let at = span(mapping.range());
        let right = int(signed(mapping.keys.len()));
        self.test(CompareOp::Matches, subject.clone(), right, fails, at);
        for (key, pattern) in mapping.keys.iter().zip(&mapping.patterns) {
            let here = span(pattern.range());
            let index = self.expr(key);
            self.test(CompareOp::In, index.clone(), subject.clone(), fails, here);
            let base = subject.clone();
            self.part(pattern, Op::Index { base, index }, fails, here);
        }
        if let Some(rest) = &mapping.rest {
            self.capture(rest.as_str(), Op::Copy(subject.clone()), at);
        }
    }

    fn class_pattern(&mut self, class: &PatternMatchClass, subject: &Operand, fails: BlockId) {
        let at = span(class.range());
        let right = self.expr(&class.cls);
        self.test(CompareOp::Matches, subject.clone(), right, fails, at);
        let positional = &class.arguments.patterns;
        for (position, pattern) in positional.iter().enumerate() {
            let here = span(pattern.range());
            if positional.len() == 1 && matches_itself(&class.cls) {
                self.pattern(pattern, subject, fails);
                continue;
            }
            let part = Op::Index {
                base: subject.clone(),
                index: int(signed(position)),
            };
            self.part(pattern, part, fails, here);
        }
        for keyword in &class.arguments.keywords {
            let field = Op::Field {
                base: subject.clone(),
                name: self.builder.intern(keyword.attr.as_str()),
            };
            self.part(&keyword.pattern, field, fails, span(keyword.range()));
        }
    }

    /// Matches a part of the subject.
    fn part(&mut self, pattern: &Pattern, part: Op, fails: BlockId, at: Span) {
        if let Pattern::MatchAs(capture) = pattern
            && capture.pattern.is_none()
        {
            if let Some(name) = &capture.name {
                self.capture(name.as_str(), part, at);
            }
            return;
        }
        let part = self.builder.emit_temp(part, at);
        self.pattern(pattern, &part, fails);
    }

    fn capture(&mut self, name: &str, op: Op, at: Span) {
        let var = self.name(name);
        self.builder.emit_to(var, op, at);
    }

    fn test(&mut self, op: CompareOp, left: Operand, right: Operand, fails: BlockId, at: Span) {
        let holds = self.builder.emit_temp(Op::Compare { op, left, right }, at);
        let next = self.builder.new_block();
        self.branch(holds, next, fails);
        self.builder.switch_to(next);
    }
}

/// `str(x)` as a pattern binds the subject itself; so do the other builtins of this list.
fn matches_itself(class: &Expr) -> bool {
    matches!(class, Expr::Name(name) if matches!(
        name.id.as_str(),
        "bool" | "bytearray" | "bytes" | "dict" | "float" | "frozenset" | "int" | "list" | "set"
            | "str" | "tuple"
    ))
}
