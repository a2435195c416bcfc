//! Source text as tokens with their places, for edits.
//!
//! The representation keeps the places of instructions but not of every operand; an edit needs the
//! text itself. Comments and blanks are no tokens; a text literal is one token, with its prefix and
//! whatever code is put into it. What is lexed wrongly (a regular expression taken for a division)
//! costs a fix, never a wrong edit: every patch is parsed and scanned again.

use std::ops::Range;

use trueline_syntax::ir::Language;

/// Code in texts in code that is followed.
const MAX_NESTING: u8 = 16;

/// What a token is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// A name, keyword or number.
    Word,
    /// A text literal.
    Text,
    /// An operator or bracket.
    Mark,
}

/// A token.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) kind: Kind,
    /// First byte.
    pub(super) start: usize,
    /// One past the last byte.
    pub(super) end: usize,
    /// Open brackets around it.
    pub(super) depth: u16,
    /// Of a bracket: the index of its other half.
    pub(super) pair: Option<usize>,
}

/// A text literal taken apart.
#[derive(Clone, Debug)]
pub(super) struct Literal<'a> {
    pub(super) prefix: &'a str,
    pub(super) quote: &'a str,
    /// Text as written, and code put into it.
    pub(super) pieces: Vec<Piece>,
}

/// A piece of a text literal, by its bytes.
#[derive(Clone, Debug)]
pub(super) enum Piece {
    Text(Range<usize>),
    Hole(Range<usize>),
}

/// Lexed source.
#[derive(Debug)]
pub(super) struct Code<'a> {
    pub(super) text: &'a str,
    pub(super) language: Language,
    pub(super) tokens: Vec<Token>,
}

const MARKS: [&str; 28] = [
    "===", "!==", "**=", "...", "//=", ">>=", "<<=", "&&=", "||=", "??=", "==", "!=", "<=", ">=",
    "=>", "->", ":=", "+=", "-=", "*=", "/=", "%=", "**", "//", "?.", "??", "&&", "||",
];

impl<'a> Code<'a> {
    pub(super) fn new(text: &'a str, language: Language) -> Self {
        let mut code = Self {
            text,
            language,
            tokens: Vec::new(),
        };
        code.lex();
        code
    }

    pub(super) fn is_python(&self) -> bool {
        self.language == Language::Python
    }

    pub(super) fn is_javascript(&self) -> bool {
        matches!(self.language, Language::JavaScript | Language::TypeScript)
    }

    /// How lines end.
    pub(super) fn line_end(&self) -> &'static str {
        if self.text.contains("\r\n") {
            "\r\n"
        } else {
            "\n"
        }
    }

    /// The text of a token; empty past the end.
    pub(super) fn at(&self, index: usize) -> &'a str {
        self.tokens
            .get(index)
            .map_or("", |t| self.slice(t.start..t.end))
    }

    pub(super) fn kind(&self, index: usize) -> Option<Kind> {
        self.tokens.get(index).map(|t| t.kind)
    }

    pub(super) fn slice(&self, bytes: Range<usize>) -> &'a str {
        self.text.get(bytes).unwrap_or("")
    }

    /// The bytes of a run of tokens.
    pub(super) fn bytes(&self, run: &Range<usize>) -> Range<usize> {
        match (
            self.tokens.get(run.start),
            run.end
                .checked_sub(1)
                .and_then(|last| self.tokens.get(last)),
        ) {
            (Some(first), Some(last)) if run.start < run.end => first.start..last.end,
            _ => 0..0,
        }
    }

    /// The source of a run of tokens.
    pub(super) fn source(&self, run: &Range<usize>) -> &'a str {
        self.slice(self.bytes(run))
    }

    /// The tokens that lie within bytes.
    pub(super) fn run(&self, bytes: &Range<usize>) -> Range<usize> {
        let start = self.tokens.partition_point(|t| t.start < bytes.start);
        let end = self.tokens.partition_point(|t| t.end <= bytes.end);
        start..end.max(start)
    }

    /// Whether a line ends between two neighbouring tokens.
    pub(super) fn breaks_before(&self, index: usize) -> bool {
        let Some(before) = index.checked_sub(1).and_then(|b| self.tokens.get(b)) else {
            return true;
        };
        self.tokens.get(index).is_none_or(|t| {
            let gap = self.slice(before.end..t.start);
            gap.contains('\n') && !gap.contains("\\\n") && !gap.contains("\\\r\n")
        })
    }

    fn lex(&mut self) {
        let mut at = 0;
        let mut open: Vec<usize> = Vec::new();
        while let Some(start) = self.next(at) {
            let (kind, end) = self.token(start, 0);
            let end = end.max(start + 1);
            let mark = if kind == Kind::Mark {
                self.slice(start..end)
            } else {
                ""
            };
            let mut pair = None;
            let index = self.tokens.len();
            if matches!(mark, ")" | "]" | "}") {
                pair = open.pop();
                if let Some(other) = pair.and_then(|other| self.tokens.get_mut(other)) {
                    other.pair = Some(index);
                }
            }
            self.tokens.push(Token {
                kind,
                start,
                end,
                depth: open.len() as u16,
                pair,
            });
            if matches!(mark, "(" | "[" | "{") {
                open.push(index);
            }
            at = end;
        }
    }

    /// Where the next token starts.
    fn next(&self, mut at: usize) -> Option<usize> {
        loop {
            let rest = self.text.get(at..)?;
            let c = rest.chars().next()?;
            if c.is_whitespace() || c == '\\' || c == '\u{feff}' {
                at += c.len_utf8();
            } else if self.is_python() && c == '#' || !self.is_python() && rest.starts_with("//") {
                at += rest.find('\n').unwrap_or(rest.len());
            } else if !self.is_python() && rest.starts_with("/*") {
                at += rest.find("*/").map_or(rest.len(), |end| end + 2);
            } else {
                return Some(at);
            }
        }
    }

    /// The kind and end of the token that starts at a byte.
    fn token(&self, start: usize, nesting: u8) -> (Kind, usize) {
        let rest = self.slice(start..self.text.len());
        let word: usize = rest
            .chars()
            .take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '$'))
            .map(char::len_utf8)
            .sum();
        let after = rest.get(word..).unwrap_or("");
        let quoted = after.starts_with(['"', '\'']) || after.starts_with('`') && !self.is_python();
        let prefix = rest.get(..word).unwrap_or("");
        if quoted && (word == 0 || self.is_python() && is_prefix(prefix)) {
            return (Kind::Text, self.text_end(start + word, prefix, nesting));
        }
        if word > 0 {
            // A number may have a point in it.
            let number = prefix.starts_with(|c: char| c.is_ascii_digit())
                && after.starts_with('.')
                && after[1..].starts_with(|c: char| c.is_ascii_digit());
            let more: usize = if number {
                1 + after[1..]
                    .chars()
                    .take_while(char::is_ascii_alphanumeric)
                    .count()
            } else {
                0
            };
            return (Kind::Word, start + word + more);
        }
        if self.is_javascript()
            && rest.starts_with('/')
            && self.expects_value()
            && let Some(end) = regex_end(rest)
        {
            return (Kind::Word, start + end);
        }
        let mark = MARKS
            .iter()
            .find(|m| rest.starts_with(**m) && (self.is_python() || **m != "//"));
        let length = mark.map_or_else(
            || rest.chars().next().map_or(1, char::len_utf8),
            |m| m.len(),
        );
        (Kind::Mark, start + length)
    }

    /// Whether a value, not an operator, comes next: a slash then begins a regular expression.
    fn expects_value(&self) -> bool {
        match self.tokens.last() {
            None => true,
            Some(last) if last.kind == Kind::Mark => {
                !matches!(self.slice(last.start..last.end), ")" | "]" | "}")
            }
            Some(last) => matches!(
                self.slice(last.start..last.end),
                "return" | "typeof" | "case" | "in" | "of" | "await" | "yield"
            ),
        }
    }

    /// The end of the text literal whose quotes stand at a byte.
    fn text_end(&self, quote_at: usize, prefix: &str, nesting: u8) -> usize {
        let quote = self.quote(quote_at);
        let mut at = quote_at + quote.len();
        let holes = self.holes(prefix, quote);
        let raw = quote == "`" && self.language == Language::Go;
        while let Some(rest) = self.text.get(at..).filter(|r| !r.is_empty()) {
            if rest.starts_with(quote) {
                return at + quote.len();
            }
            let c = rest.chars().next().unwrap_or(' ');
            if c == '\\' && !raw {
                at += 1 + rest.chars().nth(1).map_or(0, char::len_utf8);
            } else if c == '\n' && quote.len() == 1 && quote != "`" {
                return at;
            } else if let Some(opening) = hole_opening(rest, holes) {
                at = self.hole_end(at + opening, nesting);
            } else if holes == Holes::Formatted
                && (rest.starts_with("{{") || rest.starts_with("}}"))
            {
                at += 2;
            } else {
                at += c.len_utf8();
            }
        }
        self.text.len()
    }

    /// One past the bracket that closes the hole whose code starts at a byte.
    fn hole_end(&self, mut at: usize, nesting: u8) -> usize {
        if nesting >= MAX_NESTING {
            return self.text.len();
        }
        let mut open = 0_u32;
        while let Some(start) = self.next(at) {
            let (kind, end) = self.token(start, nesting + 1);
            if kind == Kind::Mark {
                match self.slice(start..end) {
                    "{" | "(" | "[" => open += 1,
                    "}" if open == 0 => return end,
                    "}" | ")" | "]" => open = open.saturating_sub(1),
                    _ => {}
                }
            }
            at = end.max(start + 1);
        }
        self.text.len()
    }

    fn quote(&self, at: usize) -> &'a str {
        let rest = self.slice(at..self.text.len());
        let triple = self.is_python() && (rest.starts_with("\"\"\"") || rest.starts_with("'''"))
            || self.language == Language::Java && rest.starts_with("\"\"\"");
        rest.get(..if triple { 3 } else { 1 }).unwrap_or("")
    }

    fn holes(&self, prefix: &str, quote: &str) -> Holes {
        if quote == "`" && self.is_javascript() {
            Holes::Template
        } else if prefix.contains(['f', 'F']) {
            Holes::Formatted
        } else {
            Holes::None
        }
    }

    /// Takes a text literal apart.
    pub(super) fn literal(&self, index: usize) -> Option<Literal<'a>> {
        let token = self.tokens.get(index).filter(|t| t.kind == Kind::Text)?;
        let source = self.slice(token.start..token.end);
        let prefix_len = source.find(['"', '\'', '`'])?;
        let prefix = source.get(..prefix_len)?;
        let quote = self.quote(token.start + prefix_len);
        let body = token.start + prefix_len + quote.len()..token.end.checked_sub(quote.len())?;
        if body.start > body.end || !source.ends_with(quote) {
            return None;
        }
        let holes = self.holes(prefix, quote);
        let mut pieces = Vec::new();
        let (mut at, mut from) = (body.start, body.start);
        while at < body.end {
            let rest = self.slice(at..body.end);
            if let Some(opening) = hole_opening(rest, holes) {
                if from < at {
                    pieces.push(Piece::Text(from..at));
                }
                let end = self.hole_end(at + opening, 0);
                if end > body.end {
                    return None;
                }
                pieces.push(Piece::Hole(at + opening..end - 1));
                (at, from) = (end, end);
                continue;
            }
            let c = rest.chars().next()?;
            let doubled =
                holes == Holes::Formatted && (rest.starts_with("{{") || rest.starts_with("}}"));
            at += match c {
                '\\' => 1 + rest.chars().nth(1).map_or(0, char::len_utf8),
                _ if doubled => 2,
                _ => c.len_utf8(),
            };
        }
        if from < body.end {
            pieces.push(Piece::Text(from..body.end));
        }
        Some(Literal {
            prefix,
            quote,
            pieces,
        })
    }

    /// The commas' pieces of what stands between two brackets.
    pub(super) fn items(&self, open: usize) -> Vec<Range<usize>> {
        let Some(close) = self.tokens.get(open).and_then(|t| t.pair) else {
            return Vec::new();
        };
        self.split(&(open + 1..close), &[","])
            .into_iter()
            .map(|(run, _)| run)
            .filter(|run| run.start < run.end)
            .collect()
    }

    /// A run of tokens at marks of its own level: the pieces with the index of the mark after each.
    pub(super) fn split(
        &self,
        run: &Range<usize>,
        marks: &[&str],
    ) -> Vec<(Range<usize>, Option<usize>)> {
        let mut pieces = Vec::new();
        let mut from = run.start;
        let mut at = run.start;
        while at < run.end {
            let Some(token) = self.tokens.get(at) else {
                break;
            };
            if token.kind == Kind::Mark {
                let mark = self.at(at);
                if matches!(mark, "(" | "[" | "{") {
                    at = token.pair.unwrap_or(run.end).max(at) + 1;
                    continue;
                }
                if marks.contains(&mark) {
                    pieces.push((from..at, Some(at)));
                    from = at + 1;
                }
            }
            at += 1;
        }
        pieces.push((from..run.end.max(from), None));
        pieces
    }
}

/// How code is put into a text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Holes {
    None,
    Template,
    Formatted,
}

fn hole_opening(rest: &str, holes: Holes) -> Option<usize> {
    match holes {
        Holes::Template if rest.starts_with("${") => Some(2),
        Holes::Formatted if rest.starts_with('{') && !rest.starts_with("{{") => Some(1),
        _ => None,
    }
}

fn is_prefix(word: &str) -> bool {
    word.len() <= 2 && word.chars().all(|c| "rRbBuUfF".contains(c))
}

/// The length of a regular expression with its flags, on one line.
fn regex_end(rest: &str) -> Option<usize> {
    let mut class = false;
    let mut chars = rest.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            '\n' => return None,
            '\\' => {
                chars.next();
            }
            '[' => class = true,
            ']' => class = false,
            '/' if !class => {
                let flags = rest.get(at + 1..).unwrap_or("");
                let length = flags.chars().take_while(char::is_ascii_alphabetic).count();
                return Some(at + 1 + length);
            }
            _ => {}
        }
    }
    None
}
