//! The depth of Python text: brackets, indentation, operators, nested f-strings.
//!
//! Follows the lexical rules of Python 3.14, so that no string can hide a bracket from it.

use super::{Nesting, is_word, opener_of};

/// What the bytes at hand are part of.
#[derive(Clone, Copy, Debug)]
enum Within {
    /// The text of an f-string or t-string.
    Text(Quote),
    /// A replacement field; the text goes on when its `{` closes.
    Field(Quote),
    /// The format specification of a field.
    Specification(Quote),
}

#[derive(Clone, Copy, Debug)]
struct Quote {
    byte: u8,
    triple: bool,
    raw: bool,
}

/// The opener that marks a replacement field, which only `}` closes.
const FIELD: u8 = b'f';

/// Where the text nests too deep.
pub(super) fn too_deep(bytes: &[u8]) -> Option<usize> {
    Scan::new(bytes).run()
}

struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
    nesting: Nesting,
    indents: Vec<u32>,
    within: Vec<Within>,
    line_start: bool,
    /// The token before was an operand: an operator after it is binary.
    after_operand: bool,
}

impl<'a> Scan<'a> {
    const fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            at: 0,
            nesting: Nesting::new(),
            indents: Vec::new(),
            within: Vec::new(),
            line_start: true,
            after_operand: false,
        }
    }

    fn run(&mut self) -> Option<usize> {
        while self.at < self.bytes.len() {
            let before = self.at;
            match self.within.last() {
                Some(Within::Text(quote)) => self.text(*quote),
                Some(Within::Specification(quote)) => self.specification(*quote),
                Some(Within::Field(_)) | None => self.code(),
            }
            if self.nesting.is_too_deep() {
                return Some(before);
            }
        }
        None
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.at + ahead).copied()
    }

    fn code(&mut self) {
        if self.line_start {
            self.line_start = false;
            if self.nesting.outer.len() == self.indents.len() {
                self.indentation();
            }
        }
        let Some(byte) = self.peek(0) else { return };
        match byte {
            b'\n' => {
                self.at += 1;
                self.line_start = true;
                if self.nesting.outer.len() == self.indents.len() {
                    self.nesting.end_expression();
                }
            }
            b'\\' => self.at += 2,
            b'#' => self.skip_to_line_end(),
            b'"' | b'\'' => self.string(byte, b""),
            b'(' | b'[' | b'{' => {
                self.at += 1;
                self.nesting.open(byte);
                self.after_operand = false;
            }
            b'}' if self.nesting.present.opener == FIELD => {
                self.at += 1;
                self.nesting.close(FIELD);
                self.within.pop();
                self.after_operand = true;
            }
            b')' | b']' | b'}' => {
                self.at += 1;
                if self.nesting.close(opener_of(byte)) {
                    // What a call or a subscript is applied to is one level below it.
                    self.nesting.link_operand();
                }
                self.after_operand = true;
            }
            b':' if self.nesting.present.opener == FIELD => {
                self.at += 1;
                if let Some(Within::Field(quote)) = self.within.last().copied() {
                    self.within.push(Within::Specification(quote));
                }
            }
            b',' | b';' | b':' => {
                self.at += 1;
                if byte != b':' {
                    self.nesting.end_expression();
                }
                self.after_operand = false;
            }
            b'.' => {
                self.at += 1;
                self.nesting.link_operand();
            }
            b'*' if self.peek(1) == Some(b'*') => {
                self.at += 2;
                self.nesting.link_operand();
                self.after_operand = false;
            }
            b'+' | b'-' | b'*' | b'/' | b'%' | b'@' | b'&' | b'|' | b'^' | b'~' | b'<' | b'>'
            | b'=' | b'!' => {
                self.at += 1;
                if std::mem::take(&mut self.after_operand) {
                    self.nesting.operator();
                } else {
                    // A sign, or the rest of an operator of two characters.
                    self.nesting.link_operand();
                }
            }
            _ if is_word(byte) => self.word(),
            _ => self.at += 1,
        }
    }

    fn word(&mut self) {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let length = rest
            .iter()
            .position(|byte| !is_word(*byte))
            .unwrap_or(rest.len());
        let word = rest.get(..length).unwrap_or_default();
        self.at += length;
        self.after_operand = false;
        match word {
            b"and" | b"or" | b"in" | b"is" => self.nesting.operator(),
            b"not" | b"lambda" | b"if" | b"else" | b"for" | b"yield" => self.nesting.link(),
            b"await" => self.nesting.link_operand(),
            // No expression goes on over these: after a bracket that was never closed, this keeps
            // a syntax error from looking like depth.
            b"def" | b"class" | b"return" | b"import" | b"raise" | b"while" | b"try" | b"with"
            | b"assert" | b"pass" => self.nesting.end_expression(),
            _ => {
                self.after_operand = true;
                if length <= 2
                    && let Some(quote @ (b'"' | b'\'')) = self.peek(0)
                {
                    self.string(quote, word);
                }
            }
        }
    }

    /// A string literal, from its opening quote.
    fn string(&mut self, byte: u8, prefix: &[u8]) {
        self.after_operand = true;
        let triple = self.peek(1) == Some(byte) && self.peek(2) == Some(byte);
        let has = |letter: u8| prefix.iter().any(|p| p.eq_ignore_ascii_case(&letter));
        let quote = Quote {
            byte,
            triple,
            raw: has(b'r'),
        };
        self.at += if triple { 3 } else { 1 };
        if has(b'f') || has(b't') {
            self.within.push(Within::Text(quote));
        } else {
            self.plain_string(quote);
        }
    }

    fn plain_string(&mut self, quote: Quote) {
        while let Some(byte) = self.peek(0) {
            match byte {
                b'\\' => self.at += 2,
                b'\n' if !quote.triple => return,
                _ if self.ends(quote) => return,
                _ => self.at += 1,
            }
        }
    }

    /// Whether the string ends here; if so, its end is consumed.
    fn ends(&mut self, quote: Quote) -> bool {
        let width = if quote.triple { 3 } else { 1 };
        let ends = (0..width).all(|ahead| self.peek(ahead) == Some(quote.byte));
        if ends {
            self.at += width;
        }
        ends
    }

    fn text(&mut self, quote: Quote) {
        while let Some(byte) = self.peek(0) {
            match byte {
                b'\\' => self.escape(quote),
                b'\n' if !quote.triple => {
                    self.within.pop();
                    return;
                }
                b'{' if self.peek(1) == Some(b'{') => self.at += 2,
                b'{' => {
                    self.at += 1;
                    self.enter_field(quote);
                    return;
                }
                _ if self.ends(quote) => {
                    self.within.pop();
                    return;
                }
                _ => self.at += 1,
            }
        }
    }

    fn specification(&mut self, quote: Quote) {
        while let Some(byte) = self.peek(0) {
            match byte {
                b'{' => {
                    self.at += 1;
                    self.enter_field(quote);
                    return;
                }
                // The field's own code mode closes it.
                b'}' => {
                    self.within.pop();
                    return;
                }
                b'\\' => self.escape(quote),
                b'\n' if !quote.triple => {
                    self.within.pop();
                    return;
                }
                b if b == quote.byte && !quote.triple => {
                    self.within.pop();
                    return;
                }
                _ => self.at += 1,
            }
        }
    }

    fn enter_field(&mut self, quote: Quote) {
        self.nesting.open(FIELD);
        self.within.push(Within::Field(quote));
    }

    /// A backslash in an f-string: it never hides a brace, but for `\N{…}`.
    fn escape(&mut self, quote: Quote) {
        match self.peek(1) {
            Some(b'{' | b'}') => self.at += 1,
            Some(b'N') if !quote.raw && self.peek(2) == Some(b'{') => {
                while !matches!(self.peek(0), None | Some(b'}' | b'\n')) {
                    self.at += 1;
                }
                self.at += 1;
            }
            _ => self.at += 2,
        }
    }

    fn skip_to_line_end(&mut self) {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        self.at += memchr::memchr(b'\n', rest).unwrap_or(rest.len());
    }

    /// Opens and closes blocks at the start of a logical line.
    fn indentation(&mut self) {
        let mut column = 0;
        loop {
            match self.peek(0) {
                Some(b' ') => column += 1,
                Some(b'\t') => column = (column / 8 + 1) * 8,
                Some(b'\x0c') => column = 0,
                // Blank lines and comments say nothing about blocks.
                None | Some(b'\n' | b'\r' | b'#') => return,
                Some(_) => break,
            }
            self.at += 1;
        }
        while self.indents.last().is_some_and(|open| *open > column) {
            self.indents.pop();
            self.nesting.close(0);
        }
        if column > self.indents.last().copied().unwrap_or(0) {
            self.indents.push(column);
            self.nesting.open(0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Brackets and strings still open at the end.
    fn left_open(text: &str) -> usize {
        let mut scan = Scan::new(text.as_bytes());
        assert_eq!(scan.run(), None, "{text}");
        scan.nesting.outer.len() - scan.indents.len() + scan.within.len()
    }

    #[test]
    fn strings_end_where_python_ends_them() {
        for text in [
            r#"x = "(" + '(' + """(" (""" + '''(' ('''"#,
            r#"x = r"\\" + '(' + "\"(" + rb'\'(' + u'(' "#,
            "x = '( \n(y)",
            "x = '( \\\n( '",
            r#"x = f"{a['(']}(" + f'{b:({c}(}' + f"{{(" + f"\{d}" + rf"\{e}(" "#,
            r#"x = f"\N{LEFT PARENTHESIS}(" + f'{f"{g!r:>{h}}("}(' + t"{i}(" "#,
            "x = f\"\"\"{\n y # (\n}(\"\"\"",
            "# ( ' \"\nx = {'a': f'{y}'}",
            "x = f'{y:%H:%M}(' + f'{lambda: 1}('",
            "def f():\n    if x:\n        return (1)\n  # (\n    y\nz",
        ] {
            assert_eq!(left_open(text), 0, "{text}");
        }
        assert_eq!(left_open("f(["), 2);
        assert_eq!(left_open("f'{("), 4, "a string, a field and two brackets");
    }
}
