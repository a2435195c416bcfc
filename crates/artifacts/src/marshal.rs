//! Words of marshalled Python code: names and short constants, whatever the version of the format.
//!
//! Not a decoder: every place that could be a short text is taken, so nothing is missed and some noise is seen.

use crate::code::{dangerous_word, is_code};

/// Texts of 2 to 64 printable bytes with their length before them.
pub(crate) fn words(code: &[u8]) -> Vec<String> {
    let mut words = Vec::new();
    for at in 0..code.len() {
        let (len, start) = match code[at] & 0x7f {
            // Short ASCII, and interned.
            b'z' | b'Z' => match code.get(at + 1) {
                Some(len) => (usize::from(*len), at + 2),
                None => continue,
            },
            b's' | b'u' | b't' | b'a' | b'A' => match code.get(at + 1..at + 5) {
                Some([a, b, 0, 0]) => (usize::from(*a) | usize::from(*b) << 8, at + 5),
                _ => continue,
            },
            _ => continue,
        };
        if !(2..=64).contains(&len) {
            continue;
        }
        let Some(text) = code.get(start..start + len) else {
            continue;
        };
        if text.iter().all(|b| (0x20..0x7f).contains(b)) {
            let text = String::from_utf8_lossy(text).into_owned();
            if !words.contains(&text) && words.len() < 1000 {
                words.push(text);
            }
        }
    }
    words
}

/// A word that reaches outside of the model.
pub(crate) fn dangerous(words: &[String]) -> Option<&str> {
    words.iter().map(String::as_str).find(|word| {
        dangerous_word(word)
            || is_code(word)
            || matches!(
                *word,
                "print" | "input" | "remove" | "__globals__" | "__builtins__"
            )
    })
}
