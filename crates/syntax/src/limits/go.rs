//! The depth of Go text: brackets, operators, prefixes, selectors, nested types.

use memchr::memmem;

use super::{Nesting, is_word, opener_of};

/// Where the text nests too deep.
pub(super) fn too_deep(bytes: &[u8]) -> Option<usize> {
    let mut scan = Scan::new(bytes);
    while scan.at < bytes.len() {
        let before = scan.at;
        scan.token();
        if scan.nesting.is_too_deep() {
            return Some(before);
        }
    }
    None
}

/// Where a comment begins that does not end. The parser would look for its end again and again.
pub(crate) fn endless_comment(bytes: &[u8]) -> Option<usize> {
    let last = memmem::rfind(bytes, b"/*")?;
    if memmem::find(bytes.get(last + 2..)?, b"*/").is_some() {
        return None;
    }
    let mut scan = Scan::new(bytes);
    while scan.at < bytes.len() {
        let before = scan.at;
        let opens = bytes
            .get(before..)
            .is_some_and(|rest| rest.starts_with(b"/*"));
        scan.token();
        if opens && scan.at > bytes.len() {
            return Some(before);
        }
    }
    None
}

struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
    nesting: Nesting,
    /// The token before ends an operand: what follows is a binary operator, or the next statement.
    after_operand: bool,
}

impl<'a> Scan<'a> {
    const fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            at: 0,
            nesting: Nesting::new(),
            after_operand: false,
        }
    }

    fn token(&mut self) {
        let byte = self.bytes[self.at];
        match byte {
            b' ' | b'\t' | b'\r' => self.at += 1,
            b'\n' => {
                self.at += 1;
                if self.after_operand {
                    self.end();
                }
            }
            b'/' if self.next() == Some(b'/') => self.skip_to(b"\n"),
            b'/' if self.next() == Some(b'*') => {
                self.at += 2;
                self.skip_to(b"*/");
                self.at += 2;
            }
            b'"' | b'\'' => self.quoted(byte),
            b'`' => {
                self.at += 1;
                self.skip_to(b"`");
                self.at += 1;
                self.after_operand = true;
            }
            _ if is_word(byte) => self.word(),
            _ => self.punctuation(byte),
        }
    }

    fn next(&self) -> Option<u8> {
        self.bytes.get(self.at + 1).copied()
    }

    fn end(&mut self) {
        self.nesting.end_expression();
        self.after_operand = false;
    }

    /// To the beginning of a text, or to the end of all.
    fn skip_to(&mut self, end: &[u8]) {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        self.at += memmem::find(rest, end).unwrap_or(rest.len());
    }

    fn quoted(&mut self, quote: u8) {
        self.at += 1;
        while let Some(byte) = self.bytes.get(self.at) {
            self.at += 1;
            match byte {
                b'\\' => self.at += 1,
                // Neither strings nor runes go on in the next line.
                b'\n' => break,
                byte if *byte == quote => break,
                _ => {}
            }
        }
        self.after_operand = true;
    }

    fn word(&mut self) {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let length = rest
            .iter()
            .position(|byte| !is_word(*byte))
            .unwrap_or(rest.len());
        match rest.get(..length).unwrap_or_default() {
            b"case" | b"default" | b"else" => self.end(),
            b"chan" | b"func" | b"map" => {
                self.nesting.link();
                self.after_operand = false;
            }
            _ => self.after_operand = true,
        }
        self.at += length;
    }

    fn punctuation(&mut self, byte: u8) {
        self.at += 1;
        match byte {
            b'(' | b'[' | b'{' => {
                self.nesting.open(byte);
                self.after_operand = false;
            }
            b')' | b']' | b'}' => {
                // What a call or an index is applied to is one level below it; so is the element of
                // a slice type.
                if self.nesting.close(opener_of(byte)) && byte != b'}' {
                    self.nesting.link_operand();
                }
                self.after_operand = true;
            }
            b',' | b';' => self.end(),
            b'.' => {
                self.nesting.link_operand();
                self.after_operand = false;
            }
            b':' => {
                self.nesting.link();
                self.after_operand = false;
            }
            _ => {
                let doubled = self.after_operand
                    && matches!(byte, b'&' | b'|' | b'<' | b'>' | b'+' | b'-')
                    && self.bytes.get(self.at) == Some(&byte);
                self.at += usize::from(doubled);
                while self.bytes.get(self.at) == Some(&b'=') {
                    self.at += 1;
                }
                if self.after_operand {
                    self.nesting.operator();
                } else {
                    self.nesting.link_operand();
                }
                self.after_operand = false;
            }
        }
    }
}
