//! The depth of JavaScript and TypeScript text: brackets, operators, statements, JSX elements.
//!
//! Whether `/` divides or opens a regular expression, and whether `<` compares or opens an element,
//! is decided by the token before it, which is right for code that people write; a blind count in
//! the parent module stands behind it.

use super::{Nesting, is_word, opener_of};

/// Where the text nests too deep.
pub(super) fn too_deep(path: &str, bytes: &[u8]) -> Option<usize> {
    let plain_typescript = [".ts", ".mts", ".cts"]
        .iter()
        .any(|extension| path.ends_with(extension));
    Scan {
        bytes,
        at: 0,
        nesting: Nesting::new(),
        heads: Vec::new(),
        previous: Previous::Operator,
        newline: false,
        head_word: false,
        jsx: !plain_typescript,
    }
    .run()
}

/// The token before the one at hand, as far as it says what may follow.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Previous {
    /// An operator, a separator, the start: an operand follows.
    Operator,
    /// A name, a literal, `)`, `]`: an operator follows, or the next statement.
    Operand,
    /// `}`.
    Brace,
    /// `;`.
    Semicolon,
    /// The `)` of `if (…)`: a statement follows.
    Head,
    /// `.`: a property name follows, whatever it is called.
    Dot,
}

/// The opener that marks `${`; its `}` goes back to the template.
const TEMPLATE: u8 = b'$';

struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
    nesting: Nesting,
    /// Whether each open `(` is the head of a statement.
    heads: Vec<bool>,
    /// How many `${` are open.
    previous: Previous,
    newline: bool,
    /// The word before was `if`, `for`, `while`, `with`, `switch` or `catch`.
    head_word: bool,
    jsx: bool,
}

impl Scan<'_> {
    fn run(mut self) -> Option<usize> {
        while let Some(byte) = self.peek(0) {
            let before = self.at;
            self.token(byte);
            if self.nesting.is_too_deep() {
                return Some(before);
            }
        }
        None
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.at + ahead).copied()
    }

    fn token(&mut self, byte: u8) {
        match byte {
            b'\n' => {
                self.at += 1;
                self.newline = true;
            }
            b' ' | b'\t' | b'\r' => self.at += 1,
            b'/' if self.peek(1) == Some(b'/') => self.skip_past(b"\n", 2),
            b'/' if self.peek(1) == Some(b'*') => self.skip_past(b"*/", 2),
            _ if is_word(byte) || byte == b'#' => self.word(),
            _ => self.punctuation(byte),
        }
    }

    fn punctuation(&mut self, byte: u8) {
        let head_word = std::mem::take(&mut self.head_word);
        let newline = std::mem::take(&mut self.newline);
        // A decorator behind a block is that of the next declaration.
        if self.previous == Previous::Semicolon
            || (byte == b'@' && self.previous == Previous::Brace)
        {
            self.nesting.end_expression();
        }
        match byte {
            b'"' | b'\'' => {
                if newline && self.previous == Previous::Operand {
                    self.nesting.end_expression();
                }
                self.string(byte);
                self.previous = Previous::Operand;
            }
            b'`' => {
                self.at += 1;
                // A tagged template is applied like a call.
                self.nesting.link();
                self.template();
            }
            b'(' | b'[' | b'{' => {
                self.at += 1;
                self.nesting.open(byte);
                if byte == b'(' {
                    self.heads.push(head_word);
                }
                self.previous = Previous::Operator;
            }
            b')' | b']' | b'}' => self.closing(byte),
            b';' => {
                self.at += 1;
                self.previous = Previous::Semicolon;
            }
            b',' => {
                self.at += 1;
                self.nesting.end_expression();
                self.previous = Previous::Operator;
            }
            b'.' => {
                self.at += 1;
                self.nesting.link();
                self.previous = Previous::Dot;
            }
            b'/' => self.slash(newline),
            b'<' if self.jsx => self.less_than(),
            b'>' if self.jsx && self.nesting.present.elements > 0 => {
                self.at += 1;
                self.previous = Previous::Operator;
            }
            b'|' => {
                self.at += 1;
                self.nesting.operator();
                self.previous = Previous::Operator;
            }
            b'+' | b'-' | b'*' | b'%' | b'&' | b'^' | b'~' | b'<' | b'>' | b'=' | b'!' | b'?'
            | b':' | b'@' => {
                self.at += 1;
                self.rest_of_operator(byte);
                self.nesting.link();
                self.previous = Previous::Operator;
            }
            _ => self.at += 1,
        }
    }

    /// The second and third character of one operator: `=>`, `**`, `===`. Never those of two
    /// operators, such as `!!`.
    fn rest_of_operator(&mut self, first: u8) {
        let second = self.peek(0);
        let doubled = matches!(first, b'&' | b'*' | b'?' | b'+' | b'-') && second == Some(first);
        if doubled || (first == b'=' && second == Some(b'>')) {
            self.at += 1;
        }
        if !matches!(first, b':' | b'@' | b'~') {
            while self.peek(0) == Some(b'=') {
                self.at += 1;
            }
        }
    }

    fn closing(&mut self, byte: u8) {
        self.at += 1;
        if byte == b'}' && self.nesting.present.opener == TEMPLATE {
            self.nesting.close(TEMPLATE);
            self.template();
            return;
        }
        let closed = self.nesting.close(opener_of(byte));
        self.previous = match byte {
            b'}' => Previous::Brace,
            b')' if closed && self.heads.pop() == Some(true) => Previous::Head,
            _ => Previous::Operand,
        };
        if closed {
            // What a call or a subscript is applied to is one level below it.
            self.nesting.link();
        }
    }

    fn word(&mut self) {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let length = rest
            .iter()
            .skip(1)
            .position(|byte| !is_word(*byte))
            .map_or(rest.len(), |end| end + 1);
        let word = rest.get(..length).unwrap_or_default();
        self.at += length;
        let newline = std::mem::take(&mut self.newline);
        self.head_word = false;
        if self.previous == Previous::Dot {
            self.previous = Previous::Operand;
            return;
        }
        let goes_on = matches!(
            word,
            b"else" | b"in" | b"instanceof" | b"of" | b"as" | b"satisfies" | b"extends" | b"is"
        );
        let ended = match self.previous {
            Previous::Semicolon | Previous::Brace => !goes_on,
            Previous::Operand => newline && !goes_on,
            Previous::Operator | Previous::Head | Previous::Dot => false,
        };
        if ended || matches!(word, b"case" | b"default") {
            self.nesting.end_expression();
        }
        self.previous = match word {
            b"if" | b"for" | b"while" | b"with" | b"switch" | b"catch" => {
                self.head_word = true;
                self.nesting.link();
                Previous::Operator
            }
            b"typeof" | b"void" | b"delete" | b"await" | b"new" | b"yield" | b"in"
            | b"instanceof" | b"of" | b"as" | b"satisfies" | b"extends" | b"else" | b"do"
            | b"keyof" | b"readonly" | b"infer" | b"unique" | b"is" | b"asserts" => {
                self.nesting.link();
                Previous::Operator
            }
            b"return" | b"throw" | b"case" => Previous::Operator,
            _ => Previous::Operand,
        };
    }

    fn slash(&mut self, newline: bool) {
        if self.jsx && self.peek(1) == Some(b'>') && self.nesting.close_element() {
            self.at += 2;
            self.previous = Previous::Operand;
            return;
        }
        let regex = match self.previous {
            Previous::Operator | Previous::Semicolon | Previous::Head => true,
            Previous::Brace => newline,
            Previous::Operand | Previous::Dot => false,
        };
        self.at += 1;
        if regex && let Some(length) = self.regex_length() {
            self.at += length;
            self.previous = Previous::Operand;
        } else {
            self.nesting.link();
            self.previous = Previous::Operator;
        }
    }

    /// Bytes up to and with the closing `/`, if it is on this line.
    fn regex_length(&self) -> Option<usize> {
        let rest = self.bytes.get(self.at..)?;
        let mut in_class = false;
        let mut at = 0;
        loop {
            match *rest.get(at)? {
                b'\n' => return None,
                b'\\' => at += 1,
                b'[' => in_class = true,
                b']' => in_class = false,
                b'/' if !in_class => return Some(at + 1),
                _ => {}
            }
            at += 1;
        }
    }

    fn less_than(&mut self) {
        self.at += 1;
        let next = self.peek(0).unwrap_or(b' ');
        if next == b'/' && self.nesting.close_element() {
            self.at += 1;
            // The `>` of the closing tag must not be taken for an operator.
            if self.nesting.present.elements == 0 {
                self.skip_past(b">", 0);
                self.previous = Previous::Operand;
            }
            return;
        }
        let adjacent = self.previous == Previous::Operand && self.at >= 2 && {
            let before = self.bytes.get(self.at - 2).copied().unwrap_or(b' ');
            is_word(before) || before == b')'
        };
        let opens = is_word(next) || next == b'>';
        if opens && (!adjacent || self.nesting.present.elements > 0) {
            self.nesting.open_element();
        } else {
            self.nesting.link();
        }
        self.previous = Previous::Operator;
    }

    /// A string in quotes; the end of the line ends it too.
    fn string(&mut self, quote: u8) {
        self.at += 1;
        while let Some(byte) = self.peek(0) {
            match byte {
                b'\\' => self.at += 2,
                b'\n' => return,
                _ => {
                    self.at += 1;
                    if byte == quote {
                        return;
                    }
                }
            }
        }
    }

    /// The text of a template, up to its end or the next `${`.
    fn template(&mut self) {
        while let Some(byte) = self.peek(0) {
            match byte {
                b'\\' => self.at += 2,
                b'`' => {
                    self.at += 1;
                    self.previous = Previous::Operand;
                    return;
                }
                b'$' if self.peek(1) == Some(b'{') => {
                    self.at += 2;
                    self.nesting.open(TEMPLATE);
                    self.previous = Previous::Operator;
                    return;
                }
                _ => self.at += 1,
            }
        }
    }

    fn skip_past(&mut self, end: &[u8], from: usize) {
        let rest = self.bytes.get(self.at + from..).unwrap_or_default();
        let found = memchr::memmem::find(rest, end);
        self.newline |= end == b"\n"
            || memchr::memchr(b'\n', rest).is_some_and(|n| found.is_none_or(|f| n < f));
        self.at += from + found.map_or(rest.len(), |at| at + end.len());
    }
}
