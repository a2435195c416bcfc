//! The text form of protocol buffers: messages in brackets, fields by name. Texts are read with their escapes, lists
//! item by item; nothing recurses.

use std::borrow::Cow;

/// Messages in messages.
const MAX_DEPTH: usize = 1_000;

/// What stands there, in order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Event<'t> {
    /// A message begins, under the name of its field.
    Open(&'t str),
    Close,
    /// A field and its value: of a text its bytes, of anything else how it is written.
    Value(&'t str, Cow<'t, [u8]>),
}

/// Reads a text; ends where it nests too deep.
#[derive(Debug)]
pub(crate) struct Events<'t> {
    text: &'t str,
    at: usize,
    /// The field whose value comes next.
    field: Option<&'t str>,
    /// What is open: a list of values of a field, or a message.
    open: Vec<Option<&'t str>>,
    /// It nests deeper than is read.
    pub(crate) is_cut: bool,
}

pub(crate) fn events(text: &str) -> Events<'_> {
    Events {
        text,
        at: 0,
        field: None,
        open: Vec::new(),
        is_cut: false,
    }
}

impl<'t> Events<'t> {
    fn rest(&self) -> &'t [u8] {
        &self.text.as_bytes()[self.at..]
    }

    /// To what is no sign between values either.
    fn skip_signs(&mut self) {
        loop {
            self.skip_space();
            match self.rest().first() {
                Some(b',' | b';' | b':') => self.at += 1,
                _ => return,
            }
        }
    }

    /// To what is neither space nor comment.
    fn skip_space(&mut self) {
        while let Some(byte) = self.rest().first() {
            match byte {
                b'#' => {
                    let rest = self.rest();
                    self.at += memchr::memchr(b'\n', rest).unwrap_or(rest.len());
                }
                b' ' | b'\t' | b'\r' | b'\n' | 0x0b | 0x0c => self.at += 1,
                _ => return,
            }
        }
    }

    /// The field of a value, which stands for it once unless a list is open.
    fn take_field(&mut self) -> &'t str {
        match (self.field.take(), self.open.last()) {
            (Some(field), _) => field,
            (None, Some(Some(list))) => list,
            _ => "",
        }
    }

    /// Pieces of a text that stand one after the other are one.
    fn text(&mut self) -> Cow<'t, [u8]> {
        let mut whole: Cow<'t, [u8]> = Cow::Borrowed(&[]);
        while let Some(quote @ (b'"' | b'\'')) = self.rest().first() {
            let inner = &self.rest()[1..];
            let mut end = 0;
            while let Some(found) = inner
                .get(end..)
                .and_then(|rest| memchr::memchr2(*quote, b'\\', rest))
            {
                end += found;
                if inner[end] != b'\\' {
                    break;
                }
                end += 2;
            }
            let end = match inner.get(end) {
                Some(byte) if byte == quote => end,
                _ => inner.len(),
            };
            self.at = (self.at + end + 2).min(self.text.len());
            let piece = &inner[..end];
            let piece = if piece.contains(&b'\\') {
                Cow::Owned(unescaped(piece))
            } else {
                Cow::Borrowed(piece)
            };
            if whole.is_empty() {
                whole = piece;
            } else {
                whole.to_mut().extend_from_slice(&piece);
            }
            self.skip_space();
        }
        whole
    }
}

impl<'t> Iterator for Events<'t> {
    type Item = Event<'t>;

    fn next(&mut self) -> Option<Event<'t>> {
        loop {
            self.skip_signs();
            let byte = *self.rest().first()?;
            let is_list = matches!(self.open.last(), Some(Some(_)));
            match byte {
                b'{' | b'<' => {
                    if self.open.len() >= MAX_DEPTH {
                        self.is_cut = true;
                        self.at = self.text.len();
                        return None;
                    }
                    self.at += 1;
                    let field = self.take_field();
                    self.open.push(None);
                    return Some(Event::Open(field));
                }
                b'}' | b'>' => {
                    self.at += 1;
                    self.field = None;
                    while let Some(Some(_)) = self.open.last() {
                        self.open.pop();
                    }
                    if self.open.pop().is_some() {
                        return Some(Event::Close);
                    }
                }
                b'[' => {
                    self.at += 1;
                    if let Some(field) = self.field.take() {
                        if self.open.len() < MAX_DEPTH {
                            self.open.push(Some(field));
                        }
                    } else {
                        // The name of an extension.
                        let rest = &self.text[self.at..];
                        let end = memchr::memchr2(b']', b'\n', rest.as_bytes());
                        let end = end.unwrap_or(rest.len());
                        self.field = Some(&rest[..end]);
                        self.at = (self.at + end + 1).min(self.text.len());
                    }
                }
                b']' => {
                    self.at += 1;
                    if is_list {
                        self.open.pop();
                    }
                }
                b'"' | b'\'' => {
                    let text = self.text();
                    return Some(Event::Value(self.take_field(), text));
                }
                _ => {
                    let is_end = |c: char| {
                        c.is_ascii_whitespace()
                            || matches!(
                                c,
                                '\u{b}'
                                    | ','
                                    | ';'
                                    | ':'
                                    | '{'
                                    | '}'
                                    | '['
                                    | ']'
                                    | '<'
                                    | '>'
                                    | '"'
                                    | '\''
                                    | '#'
                            )
                    };
                    let rest = &self.text[self.at..];
                    let word = &rest[..rest.find(is_end).unwrap_or(rest.len())];
                    // White space of other kinds is none here.
                    self.at += word.len().max(1);
                    if self.field.is_none() && !is_list {
                        self.field = Some(word);
                    } else {
                        let field = self.take_field();
                        return Some(Event::Value(field, Cow::Borrowed(word.as_bytes())));
                    }
                }
            }
        }
    }
}

/// Escapes of C, undone.
fn unescaped(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    let digits = |from: usize, most: usize, radix: u32| {
        let len = text[from.min(text.len())..]
            .iter()
            .take(most)
            .take_while(|b| char::from(**b).is_digit(radix))
            .count();
        let digits = std::str::from_utf8(text.get(from..from + len)?).ok()?;
        Some((u32::from_str_radix(digits, radix).ok()?, len))
    };
    while let Some(byte) = text.get(at) {
        at += 1;
        if *byte != b'\\' {
            out.push(*byte);
            continue;
        }
        let Some(kind) = text.get(at) else { break };
        at += 1;
        let plain = match kind {
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'a' => 7,
            b'b' => 8,
            b'f' => 12,
            b'v' => 11,
            b'x' | b'X' => {
                if let Some((value, len)) = digits(at, 2, 16) {
                    out.push(value as u8);
                    at += len;
                }
                continue;
            }
            b'u' | b'U' => {
                let most = if *kind == b'u' { 4 } else { 8 };
                if let Some((value, len)) = digits(at, most, 16) {
                    let c = char::from_u32(value).unwrap_or(char::REPLACEMENT_CHARACTER);
                    out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                    at += len;
                }
                continue;
            }
            b'0'..=b'7' => {
                if let Some((value, len)) = digits(at - 1, 3, 8) {
                    out.push(value as u8);
                    at += len - 1;
                }
                continue;
            }
            other => *other,
        };
        out.push(plain);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        events(text)
            .map(|event| match event {
                Event::Open(name) => format!("{name}("),
                Event::Close => ")".to_owned(),
                Event::Value(name, value) => format!("{name}={} ", String::from_utf8_lossy(&value)),
            })
            .collect()
    }

    #[test]
    fn messages_lists_and_texts_are_read_as_their_library_reads_them() {
        assert_eq!(
            shown(
                "a: 1 # {\nb { c: \"x\\x2fy\\057z\" 'w' } d < e: [1, 2]; f: -1.5 > g [{h: E}, {}]"
            ),
            "a=1 b(c=x/y/zw )d(e=1 e=2 f=-1.5 )g(h=E )g()"
        );
        // Only texts that nothing stands between are one.
        assert_eq!(shown("a: ['x', \"y\" 'z'] b: 'v'; 'w'"), "a=x a=yz b=v =w ");
        assert_eq!(shown("[a.b/c]\u{c}{ d\u{b}: 1 } e: ''"), "a.b/c(d=1 )e= ");
        assert_eq!(shown("a{b:\"\\u00e4\\\"\"}"), "a(b=ä\" )");
    }

    #[test]
    fn what_is_broken_ends() {
        for text in [
            "a: \"x",
            "a: 'x\\",
            "}}}]",
            "[",
            "a: [",
            "\"",
            "ä\u{a0}b",
            "a: \"\\",
            "{{{:",
        ] {
            let _ = shown(text);
        }
        let mut deep = events("{".repeat(5_000).leak());
        assert_eq!(deep.by_ref().count(), MAX_DEPTH);
        assert!(deep.is_cut);
    }
}
