//! JSON as editors and agents read it: comments, commas at the end, and the quotes and bare keys of JSON5.

use super::{Broken, Key, MAX_DEPTH, Node, Value};

pub(super) fn parse(text: &str) -> Result<Node, Broken> {
    let mut reader = Reader {
        text,
        at: if text.starts_with('\u{feff}') { 3 } else { 0 },
    };
    reader.blank()?;
    let node = reader.value(0)?;
    reader.blank()?;
    if reader.at < text.len() {
        return Err(reader.broken("something follows the document"));
    }
    Ok(node)
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl Reader<'_> {
    fn broken(&self, why: &'static str) -> Broken {
        Broken { at: self.at, why }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Space and comments.
    fn blank(&mut self) -> Result<(), Broken> {
        loop {
            let rest = &self.text[self.at..];
            if rest.starts_with("//") {
                self.at += rest.find('\n').unwrap_or(rest.len());
            } else if rest.starts_with("/*") {
                let end = rest
                    .find("*/")
                    .ok_or_else(|| self.broken("a comment does not end"))?;
                self.at += end + 2;
            } else {
                match rest.chars().next() {
                    Some(c) if c.is_whitespace() || c == '\u{feff}' => self.at += c.len_utf8(),
                    _ => return Ok(()),
                }
            }
        }
    }

    fn value(&mut self, depth: usize) -> Result<Node, Broken> {
        if depth > MAX_DEPTH {
            return Err(self.broken("it nests too deeply"));
        }
        let start = self.at;
        let value = match self.peek() {
            Some(b'{') => self.map(depth)?,
            Some(b'[') => self.list(depth)?,
            Some(quote @ (b'"' | b'\'')) => Value::Text(self.quoted(quote)?),
            Some(b) if b.is_ascii_alphanumeric() || matches!(b, b'-' | b'+' | b'.') => {
                let word = self.word();
                match word {
                    "null" => Value::Null,
                    "true" => Value::Bool(true),
                    "false" => Value::Bool(false),
                    _ if word.bytes().any(|b| b.is_ascii_digit())
                        || word.ends_with("Infinity")
                        || word == "NaN" =>
                    {
                        Value::Number(word.to_owned())
                    }
                    _ => {
                        self.at = start;
                        return Err(self.broken("no value of JSON"));
                    }
                }
            }
            _ => return Err(self.broken("a value is missing")),
        };
        Ok(Node {
            start,
            end: self.at,
            value,
        })
    }

    fn map(&mut self, depth: usize) -> Result<Value, Broken> {
        self.at += 1;
        let mut entries = Vec::new();
        loop {
            self.blank()?;
            if self.peek() == Some(b'}') {
                self.at += 1;
                return Ok(Value::Map(entries));
            }
            let start = self.at;
            let name = match self.peek() {
                Some(quote @ (b'"' | b'\'')) => self.quoted(quote)?,
                Some(b) if b.is_ascii_alphanumeric() || matches!(b, b'_' | b'$') => {
                    self.word().to_owned()
                }
                _ => return Err(self.broken("a key is missing")),
            };
            let key = Key {
                name,
                start,
                end: self.at,
            };
            self.blank()?;
            if self.peek() != Some(b':') {
                return Err(self.broken("a colon is missing"));
            }
            self.at += 1;
            self.blank()?;
            let node = self.value(depth + 1)?;
            entries.push((key, node));
            self.blank()?;
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => {}
                _ => return Err(self.broken("a comma or a closing brace is missing")),
            }
        }
    }

    fn list(&mut self, depth: usize) -> Result<Value, Broken> {
        self.at += 1;
        let mut items = Vec::new();
        loop {
            self.blank()?;
            if self.peek() == Some(b']') {
                self.at += 1;
                return Ok(Value::List(items));
            }
            items.push(self.value(depth + 1)?);
            self.blank()?;
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => {}
                _ => return Err(self.broken("a comma or a closing bracket is missing")),
            }
        }
    }

    fn word(&mut self) -> &str {
        let start = self.at;
        while self.peek().is_some_and(|b| {
            b.is_ascii_alphanumeric() || matches!(b, b'_' | b'$' | b'-' | b'+' | b'.')
        }) {
            self.at += 1;
        }
        &self.text[start..self.at]
    }

    fn quoted(&mut self, quote: u8) -> Result<String, Broken> {
        self.at += 1;
        let mut out = String::new();
        loop {
            let rest = &self.text[self.at..];
            let Some(c) = rest.chars().next() else {
                return Err(self.broken("a text does not end"));
            };
            self.at += c.len_utf8();
            match c {
                '\\' => self.escape(&mut out)?,
                c if c.is_ascii() && c as u8 == quote => return Ok(out),
                c => out.push(c),
            }
        }
    }

    fn escape(&mut self, out: &mut String) -> Result<(), Broken> {
        let Some(c) = self.text[self.at..].chars().next() else {
            return Err(self.broken("a text does not end"));
        };
        self.at += c.len_utf8();
        match c {
            'n' => out.push('\n'),
            't' => out.push('\t'),
            'r' => out.push('\r'),
            'b' => out.push('\u{8}'),
            'f' => out.push('\u{c}'),
            'u' => {
                let first = self.unit()?;
                let low = if (0xd800..0xdc00).contains(&first)
                    && self.text[self.at..].starts_with("\\u")
                {
                    let before = self.at;
                    self.at += 2;
                    match self.unit()? {
                        low if (0xdc00..0xe000).contains(&low) => Some(low),
                        _ => {
                            self.at = before;
                            None
                        }
                    }
                } else {
                    None
                };
                let scalar = low.map_or(first, |low| {
                    0x1_0000 + ((first - 0xd800) << 10) + (low - 0xdc00)
                });
                out.push(char::from_u32(scalar).unwrap_or('\u{fffd}'));
            }
            c => out.push(c),
        }
        Ok(())
    }

    fn unit(&mut self) -> Result<u32, Broken> {
        let digits = self
            .text
            .get(self.at..self.at + 4)
            .filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()));
        let unit = digits.and_then(|d| u32::from_str_radix(d, 16).ok());
        self.at += if unit.is_some() { 4 } else { 0 };
        unit.ok_or_else(|| self.broken("an escape needs four digits"))
    }
}
