//! Getting text from outside into a page: HTML text and attributes, JSON inside a script element, and
//! the hashes by which the page's own policy admits its own style and script.

use std::fmt;

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::put;
use crate::words;

/// Text for HTML content and quoted attributes. What would be invisible or turn the text around is
/// spelt out first.
pub(super) struct Escaped<'a>(&'a str);

/// Escapes text from outside.
pub(super) const fn esc(text: &str) -> Escaped<'_> {
    Escaped(text)
}

/// Text of a heading: as [`esc`], and no line begins with the sign of a percentage.
pub(super) fn heading(text: &str) -> String {
    esc(text).to_string().replace(" %", "&nbsp;%")
}

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = words::visible(self.0);
        let mut rest = &*text;
        while let Some(at) = rest.find(['&', '<', '>', '"', '\'']) {
            let (plain, special) = rest.split_at(at);
            f.write_str(plain)?;
            f.write_str(match special.as_bytes().first() {
                Some(b'&') => "&amp;",
                Some(b'<') => "&lt;",
                Some(b'>') => "&gt;",
                Some(b'"') => "&quot;",
                _ => "&#39;",
            })?;
            rest = special.get(1..).unwrap_or_default();
        }
        f.write_str(rest)
    }
}

/// A sentence from outside: what stands between a pair of backticks is set as code.
pub(super) fn prose(text: &str) -> String {
    let pieces: Vec<_> = text.split('`').collect();
    // An odd number of backticks pairs nothing.
    if pieces.len().is_multiple_of(2) {
        return esc(text).to_string();
    }
    let mut out = String::with_capacity(text.len() + 32);
    for (index, piece) in pieces.iter().enumerate() {
        if index.is_multiple_of(2) {
            put!(out, "{}", esc(piece));
        } else {
            put!(out, "<code>{}</code>", esc(piece));
        }
    }
    out
}

/// JSON that neither ends the script element around it nor opens a comment in it.
pub(super) fn json(value: &impl Serialize) -> String {
    // Only strings can hold these characters, and in a string an escape means the same.
    let text = serde_json::to_string(value).unwrap_or_else(|_| "null".to_owned());
    let mut out = String::with_capacity(text.len() + text.len() / 16);
    let mut rest = text.as_str();
    while let Some(at) = rest.find(['<', '>', '&', '\u{2028}', '\u{2029}']) {
        let (plain, special) = rest.split_at(at);
        out.push_str(plain);
        let mut chars = special.chars();
        if let Some(c) = chars.next() {
            put!(out, "\\u{:04x}", u32::from(c));
        }
        rest = chars.as_str();
    }
    out.push_str(rest);
    out
}

/// `sha256-…` of an inline style or script, for the content security policy.
pub(super) fn csp_hash(text: &str) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digest = Sha256::digest(text.as_bytes());
    let mut out = String::from("sha256-");
    for chunk in digest.chunks(3) {
        let bits = chunk
            .iter()
            .fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte))
            << (8 * (3 - chunk.len()));
        for position in 0..4 {
            let digit = (bits >> (18 - 6 * position)) & 63;
            out.push(if position > chunk.len() {
                '='
            } else {
                DIGITS.get(digit as usize).copied().map_or('=', char::from)
            });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_leave_its_element_or_attribute() {
        assert_eq!(
            esc("</p>\"'&\u{0}\u{202e}").to_string(),
            "&lt;/p&gt;&quot;&#39;&amp;&lt;U+0000&gt;&lt;U+202E&gt;"
        );
    }

    #[test]
    fn backticks_in_pairs_set_code_and_escape_all_the_same() {
        assert_eq!(prose("a `<b>` c"), "a <code>&lt;b&gt;</code> c");
        assert_eq!(prose("it`s <b>"), "it`s &lt;b&gt;");
    }

    #[test]
    fn json_cannot_leave_its_script() {
        let text = json(&"</script><!--\u{2028}&");
        assert_eq!(text, "\"\\u003c/script\\u003e\\u003c!--\\u2028\\u0026\"");
    }

    #[test]
    fn the_policy_hash_is_base64_of_sha256() {
        assert_eq!(
            csp_hash(""),
            "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
        );
    }
}
