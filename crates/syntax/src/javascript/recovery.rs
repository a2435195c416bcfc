//! A second chance for text that the parser gives up on: it then gives nothing at all, and one
//! broken function would hide the whole file.
//!
//! The top-level statement where it stopped is overwritten by spaces, so that all places stay what
//! they are, and brackets that are missing at the end are added. What was overwritten is counted as
//! not understood. Where statements begin is guessed from the left margin; a wrong guess costs
//! attempts, of which there are few.

use crate::ir::{Class, Decorator, Function, Module, Span};

/// Parses of one broken file.
const MAX_ATTEMPTS: usize = 16;

/// Text that is made parsable step by step.
pub(super) struct Repair {
    text: String,
    /// Length of the text before anything was added to its end.
    given: usize,
    attempts: usize,
    overwritten: Vec<Span>,
}

impl Repair {
    pub(super) fn new(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            given: text.len(),
            attempts: 0,
            overwritten: Vec::new(),
        }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn overwritten(&self) -> &[Span] {
        &self.overwritten
    }

    /// Takes away the cause of an error that starts at `place`. `false` if there is no more to try.
    pub(super) fn mend(&mut self, place: u32, message: &str) -> bool {
        self.attempts += 1;
        if self.attempts > MAX_ATTEMPTS {
            return false;
        }
        match missing_at_end(message) {
            Some(bracket) => {
                // On a line of its own: the last may be a comment.
                self.text.push('\n');
                self.text.push_str(bracket);
                true
            }
            None => self.overwrite(place as usize),
        }
    }

    fn overwrite(&mut self, place: usize) -> bool {
        let place = place.min(self.given.saturating_sub(1));
        let bytes = self.text.as_bytes();
        let mut start = 0;
        let mut end = self.given;
        for (index, _) in memchr::memchr_iter(b'\n', bytes)
            .map(|newline| newline + 1)
            .filter_map(|index| Some((index, bytes.get(index)?)))
            .filter(|(_, first)| begins_statement(**first))
        {
            if index <= place {
                start = index;
            } else {
                end = index.min(self.given);
                break;
            }
        }
        let Some(statement) = self.text.get(start..end) else {
            return false;
        };
        if statement.trim().is_empty() {
            return false;
        }
        let blank: String = statement
            .bytes()
            .map(|byte| if byte == b'\n' { '\n' } else { ' ' })
            .collect();
        self.text.replace_range(start..end, &blank);
        self.overwritten.push(Span::new(start as u32, end as u32));
        true
    }

    /// Moves what reaches into the added text back to the end of the given text.
    pub(super) fn clamp(&self, module: &mut Module) {
        let end = self.given as u32;
        if self.text.len() == self.given {
            return;
        }
        for function in &mut module.functions {
            clamp_function(function, end);
        }
        for Class {
            span,
            decorators,
            fields,
            ..
        } in &mut module.classes
        {
            clamp(span, end);
            clamp_decorators(decorators, end);
            for field in fields {
                clamp(&mut field.span, end);
                clamp_decorators(&mut field.decorators, end);
            }
        }
        for unknown in &mut module.coverage.unknown {
            clamp(&mut unknown.span, end);
        }
    }
}

fn clamp(span: &mut Span, end: u32) {
    span.start = span.start.min(end);
    span.end = span.end.min(end);
}

fn clamp_decorators(decorators: &mut [Decorator], end: u32) {
    for decorator in decorators {
        clamp(&mut decorator.span, end);
    }
}

fn clamp_function(function: &mut Function, end: u32) {
    clamp(&mut function.span, end);
    clamp_decorators(&mut function.decorators, end);
    for param in &mut function.params {
        clamp_decorators(&mut param.decorators, end);
    }
    for block in &mut function.blocks {
        for instr in &mut block.instrs {
            clamp(&mut instr.span, end);
        }
    }
}

/// The bracket that the parser missed at the end of the text: the message ends in
/// ``Expected `}` but found `EOF` ``.
fn missing_at_end(message: &str) -> Option<&'static str> {
    let (expected, _) = message.split_once(" but found `EOF`")?;
    let token = expected.strip_suffix('`')?.rsplit('`').next()?;
    ["}", ")", "]"]
        .into_iter()
        .find(|bracket| *bracket == token)
}

/// Whether a line that starts with this byte, unindented, may start a statement.
const fn begins_statement(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || !byte.is_ascii()
        || matches!(
            byte,
            b'_' | b'$' | b'@' | b'(' | b'[' | b'{' | b'"' | b'\'' | b'#'
        )
}
