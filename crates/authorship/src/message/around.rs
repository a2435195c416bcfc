//! What stands around a line that looks like a tool's signature: a sentence that goes on, or words
//! that lead up to a quotation, make it text about signatures, which signs nothing.

use bstr::ByteSlice;

use super::signs::key_value;

/// Words between a signature and what else was done: `and reviewed by Ann`, `via Happy`.
const JOINING: [&str; 6] = ["and", "by", "then", "using", "via", "with"];
/// Words that belong to names of tools and models, as people write them in lower case.
const OF_NAMES: [&str; 15] = [
    "agent", "ai", "cli", "code", "desktop", "flash", "haiku", "high", "max", "mini", "opus",
    "plugin", "pro", "sonnet", "thinking",
];

/// For each line whether the paragraph above leads up to its own, which is not the last one.
pub(super) fn quotations(lines: &[&[u8]]) -> Vec<bool> {
    let is_blank = |line: &[u8]| line.trim().is_empty();
    let last_blank = lines.iter().rposition(|line| is_blank(line)).unwrap_or(0);
    let mut latest: &[u8] = b"";
    let mut above: &[u8] = b"";
    let mut quoted = Vec::with_capacity(lines.len());
    for (at, line) in lines.iter().enumerate() {
        quoted.push(at < last_blank && above.trim_end().ends_with(b":"));
        if is_blank(line) {
            above = latest;
        } else {
            latest = line;
        }
    }
    quoted
}

/// The line after one, if it goes on with the same sentence.
pub(super) fn next_of_sentence<'l>(lines: &[&'l [u8]], at: usize) -> &'l [u8] {
    let next = lines.get(at + 1).copied().unwrap_or_default();
    let goes_on = next.first().is_some_and(u8::is_ascii_lowercase) && key_value(next).is_none();
    if goes_on { next } else { b"" }
}

/// Whether what follows the name of a tool makes a sentence about it: `is banned`, `in any message`.
/// More of its name does not, nor what else was done: `Code, edited by hand`.
pub(super) fn is_sentence(tail: &[u8], next: &[u8]) -> bool {
    let tail = [tail, b" ", next].concat();
    let tail = tail.to_str_lossy();
    let mut inside = false;
    // May a participle stand here?
    let mut joined = false;
    for whole in tail.split_whitespace() {
        let opens = whole.starts_with('(') || whole.contains("](");
        if inside || opens {
            inside = !whole.contains(')');
            joined = true;
            continue;
        }
        let word = whole.trim_matches(|c: char| !c.is_alphanumeric());
        let is_name = word.starts_with(char::is_uppercase)
            || word.contains(|c: char| c.is_ascii_digit() || matches!(c, '/' | '.' | '_'))
            || OF_NAMES.binary_search(&word).is_ok();
        let is_participle = word.ends_with("ed") || word.ends_with("written");
        if word.is_empty() {
            // A dash, or the end of what the name began: it joins.
        } else if JOINING.contains(&word) {
            joined = true;
            continue;
        } else if is_participle && joined {
            return false;
        } else if !is_name {
            return true;
        }
        if whole.ends_with(['.', '!', '?']) {
            return false;
        }
        joined = word.is_empty() || whole.ends_with([',', ';', ':', ')']);
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_that_are_searched_are_sorted() {
        assert!(OF_NAMES.is_sorted());
    }

    #[test]
    fn more_of_a_name_and_what_else_was_done_is_no_sentence() {
        for tail in [
            "",
            ".",
            " Code",
            " code (Opus 4.5)",
            " Sonnet 4.5.",
            ", edited by hand",
            " and reviewed by Ann",
            " Code. The tests are mine.",
            " Code via [Happy](https://x.y)",
            "4-5. Reviewed manually.",
            " - then rewritten",
            " with gpt-5",
        ] {
            assert!(!is_sentence(tail.as_bytes(), b""), "{tail}");
        }
        for tail in [
            " is banned",
            " in any message",
            " and nobody else",
            " lines are gone.",
            ", which we do not allow",
            " team members in 2019",
            " removed from the footer",
        ] {
            assert!(is_sentence(tail.as_bytes(), b""), "{tail}");
            assert!(is_sentence(b"", tail.trim().as_bytes()), "{tail}");
        }
        assert!(!is_sentence(b"", b"and reviewed by Ann"));
        assert!(!is_sentence(b",", b"reviewed by Ann"));
    }
}
