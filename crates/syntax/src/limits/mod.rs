//! What is refused before a parser sees it: too large, minified, nested too deep.
//!
//! Parsers and everything that walks or drops their trees recurse, and a stack overflow aborts the
//! process: no `catch_unwind` helps. So the text is scanned first, in one pass over its bytes and
//! without recursion, for an upper bound of the depth of its tree. Strings and comments are
//! skipped: exactly in Python; in JavaScript, where regular expressions and JSX text cannot be
//! told apart without parsing, nearly so, with a second, blind count behind it.

pub(crate) mod go;
mod javascript;
mod python;

use memchr::{memchr_iter, memchr3_iter};

use crate::ir::Language;
use crate::lines::LineIndex;
use crate::{MinifiedBy, Refused, Source};

/// Bytes of the largest file that is read.
pub const MAX_BYTES: usize = 5_000_000;
/// Levels that brackets, blocks and operators of one expression may nest.
pub const MAX_NESTING: u32 = 2_000;
/// Bytes from which [`MAX_MEAN_LINE`] applies.
pub const MINIFIED_FROM: usize = 20_000;
/// Bytes that lines have at most on average, if written by people.
pub const MAX_MEAN_LINE: usize = 500;
/// Bytes of the longest line that people write. Only for JavaScript and TypeScript: the other languages
/// are not minified, and a huge literal in them is a thing to look into.
pub const MAX_LINE: usize = 50_000;

/// Operators of a chain (`a + b + c`) that count as one level. Such a chain nests only to the left,
/// is lowered in a loop, and what drops or searches its tree needs little stack; formulas and lists
/// of alternatives with thousands of operators are written by people.
const OPERATORS_PER_LEVEL: u32 = 8;

/// Levels of the blind count: high, because brackets in strings count in it.
const MAX_BLIND_NESTING: u32 = 10 * MAX_NESTING;

/// Refuses what cannot be parsed safely or is not worth it.
pub(crate) fn check(language: Language, source: Source<'_>) -> Result<(), Refused> {
    let bytes = source.text.as_bytes();
    if bytes.len() > MAX_BYTES {
        return Err(Refused::TooLarge {
            bytes: bytes.len(),
            limit: MAX_BYTES,
        });
    }
    let too_deep_at = match language {
        Language::Go => go::too_deep(bytes).or_else(|| blindly_too_deep(bytes)),
        Language::Python => python::too_deep(bytes),
        // Comments, texts and operators are JavaScript's; a text block counts as code, which only
        // makes the bound higher.
        Language::Java => {
            javascript::too_deep(source.path, bytes).or_else(|| blindly_too_deep(bytes))
        }
        Language::JavaScript | Language::TypeScript => {
            if let Some(reason) = minified(bytes) {
                return Err(Refused::Minified { reason });
            }
            javascript::too_deep(source.path, bytes).or_else(|| blindly_too_deep(bytes))
        }
    };
    match too_deep_at {
        None => Ok(()),
        Some(at) => Err(Refused::TooDeep {
            line: LineIndex::new(source.text).line(at as u32),
            limit: MAX_NESTING,
        }),
    }
}

fn minified(bytes: &[u8]) -> Option<MinifiedBy> {
    let mut start = 0;
    let mut lines = 0;
    for end in memchr_iter(b'\n', bytes).chain(std::iter::once(bytes.len())) {
        lines += 1;
        if end - start > MAX_LINE {
            return Some(MinifiedBy::Line {
                line: lines as u32,
                bytes: end - start,
            });
        }
        start = end + 1;
    }
    let mean = bytes.len() / lines;
    (bytes.len() > MINIFIED_FROM && mean > MAX_MEAN_LINE)
        .then_some(MinifiedBy::MeanLine { bytes: mean })
}

/// Brackets counted without regard to strings, for text that fools the scan.
fn blindly_too_deep(bytes: &[u8]) -> Option<usize> {
    memchr3_iter(b'(', b'[', b'{', bytes).nth(MAX_BLIND_NESTING as usize)?;
    let mut depth = 0_u32;
    bytes.iter().position(|byte| {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth > MAX_BLIND_NESTING
    })
}

impl Level {
    const NONE: Self = Self {
        opener: 0,
        chain: 0,
        operand: 0,
        operators: 0,
        elements: 0,
    };
}

/// An upper bound of how deep the tree is at one point of the text.
///
/// Every open bracket is a level. Between brackets, what the present expression nests in is a
/// level too (`not not a`, `- - x`, `a.b.c`, `f()()`), until a separator ends the expression.
/// Binary operators count less: see [`OPERATORS_PER_LEVEL`].
#[derive(Debug)]
struct Nesting {
    /// The open brackets, each with what was counted before it opened.
    outer: Vec<Level>,
    present: Level,
    total: u32,
}

#[derive(Clone, Copy, Debug)]
struct Level {
    opener: u8,
    /// What the present expression nests in: prefixes, branches, lambdas, chains of operators.
    chain: u32,
    /// What the present operand nests in: attributes, calls, signs, powers.
    operand: u32,
    /// Binary operators of the present expression.
    operators: u32,
    /// JSX elements that are open.
    elements: u32,
}

impl Nesting {
    const fn new() -> Self {
        Self {
            outer: Vec::new(),
            present: Level::NONE,
            total: 0,
        }
    }

    fn open(&mut self, opener: u8) {
        self.outer.push(self.present);
        self.present = Level {
            opener,
            ..Level::NONE
        };
        self.total += 1;
    }

    /// Closes the innermost bracket if it was opened by `opener`. Any other closing bracket counts
    /// for nothing, which can only make the bound higher.
    fn close(&mut self, opener: u8) -> bool {
        if self.present.opener != opener {
            return false;
        }
        let Some(outer) = self.outer.pop() else {
            return false;
        };
        self.total -= self.present.chain + self.present.operand + self.present.elements + 1;
        self.present = outer;
        true
    }

    fn link(&mut self) {
        self.present.chain += 1;
        self.total += 1;
    }

    fn link_operand(&mut self) {
        self.present.operand += 1;
        self.total += 1;
    }

    /// A binary operator between operands: what the one before it nests in is done with.
    fn operator(&mut self) {
        self.total -= self.present.operand;
        self.present.operand = 0;
        self.present.operators += 1;
        if self.present.operators.is_multiple_of(OPERATORS_PER_LEVEL) {
            self.link();
        }
    }

    fn end_expression(&mut self) {
        self.total -= self.present.chain + self.present.operand;
        self.present.chain = 0;
        self.present.operand = 0;
        self.present.operators = 0;
    }

    fn open_element(&mut self) {
        self.present.elements += 1;
        self.total += 1;
    }

    /// Whether an element was open.
    fn close_element(&mut self) -> bool {
        let open = self.present.elements > 0;
        if open {
            self.present.elements -= 1;
            self.total -= 1;
        }
        open
    }

    const fn is_too_deep(&self) -> bool {
        self.total > MAX_NESTING
    }
}

const fn opener_of(closer: u8) -> u8 {
    match closer {
        b')' => b'(',
        b']' => b'[',
        _ => b'{',
    }
}

const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || byte >= 0x80
}
