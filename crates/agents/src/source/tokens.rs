//! Names, texts and signs of a source, without comments, space and numbers.

use crate::discovery::SourceLanguage;

/// A token; places are bytes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Token<'t> {
    pub(super) what: What<'t>,
    pub(super) start: usize,
    pub(super) end: usize,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum What<'t> {
    Name(&'t str),
    Text(String),
    Sign(char),
}

/// More tokens than that are not read: generated files have them.
const MAX_TOKENS: usize = 2_000_000;

/// A longer regular expression is a division.
const LONGEST_REGEX: usize = 4_096;

pub(super) fn tokens(language: SourceLanguage, text: &str) -> Vec<Token<'_>> {
    let mut lexer = Lexer {
        language,
        text,
        at: 0,
        out: Vec::new(),
    };
    while lexer.at < text.len() && lexer.out.len() < MAX_TOKENS {
        lexer.step();
    }
    lexer.out
}

struct Lexer<'t> {
    language: SourceLanguage,
    text: &'t str,
    at: usize,
    out: Vec<Token<'t>>,
}

impl<'t> Lexer<'t> {
    fn push(&mut self, what: What<'t>, start: usize) {
        self.out.push(Token {
            what,
            start,
            end: self.at,
        });
    }

    fn step(&mut self) {
        let rest = &self.text[self.at..];
        let start = self.at;
        let python = self.language == SourceLanguage::Python;
        let Some(c) = rest.chars().next() else { return };
        // Looked for only where a line matters: some files are one line.
        let line = || rest.find('\n').unwrap_or(rest.len());
        if c.is_whitespace() {
            self.at += c.len_utf8();
        } else if (python && c == '#') || (!python && rest.starts_with("//")) {
            self.at += line();
        } else if !python && rest.starts_with("/*") {
            self.at += rest.find("*/").map_or(rest.len(), |n| n + 2);
        } else if !python
            && c == '/'
            && self.language == SourceLanguage::JavaScript
            && self.expects_value()
        {
            self.regex(line().min(LONGEST_REGEX));
        } else if c == '"' || c == '\'' || (c == '`' && !python) {
            self.quoted(c, start, false);
        } else if c.is_alphabetic() || c == '_' || c == '$' {
            let length = rest
                .find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$'))
                .unwrap_or(rest.len());
            let name = &rest[..length];
            let follows = rest[length..].chars().next();
            self.at += length;
            let is_prefix = python
                && length <= 2
                && name.bytes().all(|b| b"rRbBuUfF".contains(&b))
                && matches!(follows, Some('"' | '\''));
            if is_prefix && let Some(quote) = follows {
                self.quoted(quote, start, name.contains(['r', 'R']));
            } else {
                self.push(What::Name(name), start);
            }
        } else if c.is_ascii_digit() {
            self.at += rest
                .find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.'))
                .unwrap_or(rest.len());
            // A number is a value: a slash behind it divides.
            self.push(What::Name(""), start);
        } else {
            self.at += c.len_utf8();
            self.push(What::Sign(c), start);
        }
    }

    /// Does a value come next? Then a slash opens a regular expression.
    fn expects_value(&self) -> bool {
        match self.out.last().map(|token| &token.what) {
            None => true,
            Some(What::Sign(c)) => !matches!(c, ')' | ']' | '}'),
            Some(What::Name(name)) => matches!(
                *name,
                "return" | "typeof" | "case" | "in" | "of" | "delete" | "void" | "throw" | "new"
            ),
            Some(What::Text(_)) => false,
        }
    }

    fn regex(&mut self, line: usize) {
        let bytes = self.text.as_bytes();
        let end = self.at + line;
        let mut at = self.at + 1;
        let mut in_class = false;
        while at < end {
            match bytes[at] {
                b'\\' => at += 1,
                b'[' => in_class = true,
                b']' => in_class = false,
                b'/' if !in_class => {
                    self.at = at + 1;
                    return;
                }
                _ => {}
            }
            at += 1;
        }
        // It was a division after all.
        let start = self.at;
        self.at += 1;
        self.push(What::Sign('/'), start);
    }

    fn quoted(&mut self, quote: char, start: usize, raw: bool) {
        let python = self.language == SourceLanguage::Python;
        let rest = &self.text[self.at..];
        let triple: String = std::iter::repeat_n(quote, 3).collect();
        let is_triple = python && rest.starts_with(&triple);
        let spans_lines = is_triple || quote == '`';
        let raw = raw || (quote == '`' && self.language == SourceLanguage::Go);
        self.at += if is_triple { 3 } else { 1 };
        let mut value = String::new();
        while let Some(c) = self.text[self.at..].chars().next() {
            let rest = &self.text[self.at..];
            if is_triple && rest.starts_with(&triple) {
                self.at += 3;
                break;
            }
            if !is_triple && c == quote {
                self.at += 1;
                break;
            }
            if c == '\n' && !spans_lines {
                break;
            }
            self.at += c.len_utf8();
            if c == '\\' && !raw {
                self.escape(&mut value);
            } else {
                value.push(c);
            }
        }
        self.push(What::Text(value), start);
    }

    fn escape(&mut self, value: &mut String) {
        let Some(c) = self.text[self.at..].chars().next() else {
            return;
        };
        self.at += c.len_utf8();
        let digits = match c {
            'x' => 2,
            'u' => 4,
            'U' => 8,
            _ => 0,
        };
        if digits > 0 {
            let rest = &self.text[self.at..];
            let (code, length) = match rest
                .strip_prefix('{')
                .and_then(|inner| inner.split_once('}'))
            {
                Some((code, _)) if c == 'u' => (code, code.len() + 2),
                _ => (rest.get(..digits).unwrap_or_default(), digits),
            };
            if let Some(decoded) = u32::from_str_radix(code, 16).ok().and_then(char::from_u32) {
                self.at += length;
                value.push(decoded);
                return;
            }
        }
        match c {
            'n' => value.push('\n'),
            't' => value.push('\t'),
            'r' => value.push('\r'),
            '\n' => {}
            c => value.push(c),
        }
    }
}
