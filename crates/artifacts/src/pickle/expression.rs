//! What trying a text as an expression may cost, and whether it can be one at all: most texts in states of objects are
//! words and sentences.

/// Work of an operator that makes much of little: it repeats, spreads, joins or formats.
const AMPLIFIED: usize = 4096;

/// About what parsing and following a text costs; `None` if it is no expression for certain.
pub(crate) fn cost(text: &str) -> Option<usize> {
    if is_prose(text.as_bytes()) {
        return None;
    }
    let signs = memchr::memchr2_iter(b'*', b'%', text.as_bytes()).count();
    let words = [
        "for ", "join", "format", "replace", "map", "{", "ljust", "center", "pad",
    ]
    .iter()
    .map(|word| memchr::memmem::find_iter(text.as_bytes(), word).count())
    .sum::<usize>();
    Some(text.len() + (signs + words) * AMPLIFIED)
}

/// Two words side by side, outside of quotes and comments, of which neither is one of Python's own: no expression and
/// no statement has them.
fn is_prose(text: &[u8]) -> bool {
    let mut at = 0;
    // The word before, if nothing but a space stands behind it.
    let mut before: &[u8] = b"";
    while let Some(byte) = text.get(at) {
        match byte {
            b'#' => {
                let Some(end) = memchr::memchr(b'\n', &text[at..]) else {
                    return false;
                };
                at += end;
                before = b"";
            }
            b'\'' | b'"' => {
                // In formatted text quotes may stand in quotes.
                let is_formatted = before
                    .iter()
                    .any(|b| matches!(b, b'f' | b'F' | b't' | b'T'));
                match end_of_quote(text, at) {
                    Some(end) if !is_formatted => at = end,
                    _ => return false,
                }
                before = b"";
            }
            b'A'..=b'Z' | b'a'..=b'z' | b'_' => {
                let len = text[at..]
                    .iter()
                    .take_while(|b| b.is_ascii_alphanumeric() || **b == b'_')
                    .count();
                let word = &text[at..at + len];
                if !before.is_empty() && !is_keyword(before) && !is_keyword(word) {
                    // A quote right behind makes the word a prefix, and a letter of another script goes on.
                    return text
                        .get(at + len)
                        .is_none_or(|b| b.is_ascii() && !matches!(b, b'\'' | b'"'));
                }
                before = word;
                at += len;
                if text.get(at) != Some(&b' ') && !matches!(text.get(at), Some(b'\'' | b'"')) {
                    before = b"";
                }
                continue;
            }
            b' ' => {}
            b'0'..=b'9' => {
                // Numbers have letters of their own.
                at += text[at..]
                    .iter()
                    .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.'))
                    .count();
                before = b"";
                continue;
            }
            _ if !byte.is_ascii() => return false,
            _ => before = b"",
        }
        at += 1;
    }
    false
}

/// The last quote of a text in quotes that begins at a place.
fn end_of_quote(text: &[u8], start: usize) -> Option<usize> {
    let quote = text[start];
    let triple = [quote; 3];
    let is_long = text[start..].starts_with(&triple);
    let mut at = start + if is_long { 3 } else { 1 };
    loop {
        match *text.get(at)? {
            b'\\' => at += 1,
            b'\n' if !is_long => return None,
            byte if byte == quote => {
                if !is_long {
                    return Some(at);
                }
                if text[at..].starts_with(&triple) {
                    return Some(at + 2);
                }
            }
            _ => {}
        }
        at += 1;
    }
}

fn is_keyword(word: &[u8]) -> bool {
    [
        "and", "as", "assert", "async", "await", "case", "class", "def", "del", "elif", "else",
        "except", "exec", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda",
        "match", "nonlocal", "not", "or", "print", "raise", "return", "try", "type", "while",
        "with", "yield", "None", "True", "False", "pass", "break", "continue",
    ]
    .iter()
    .any(|keyword| keyword.as_bytes() == word)
}

#[cfg(test)]
mod tests {
    use super::{cost, is_prose};

    #[test]
    fn sentences_are_no_expressions() {
        for text in [
            "The probability (of __x__) is given by x",
            "Parameters\n----------\nx : array_like (n, 2)\n    Some text",
            "see os.path (and open) for the details",
        ] {
            assert!(is_prose(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn what_may_be_an_expression_is_tried() {
        for text in [
            "__import__('os').system('rm -rf x')",
            "__import__('os').system('''it's a word''')",
            "eval(\"a b\") if x else y",
            "x # some words here\n(1)",
            "f'{x['a b']}'",
            "[y for y in open('a b')]",
            "not x or lambda y: z",
            "0x1f or b 'x y'",
            "import os",
            "print (x)",
            "x if\ty else z",
            "don't say a b",
        ] {
            assert!(!is_prose(text.as_bytes()), "{text}");
        }
        assert!(cost("__(*('a'*4096),*('a'*4096))") > cost("__import__('os').system('x')"));
    }
}
