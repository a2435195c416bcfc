//! A file as a list of line hashes: enough to tell which lines of one state are those of another,
//! and not enough to read them.
//!
//! The hash is keyed by a secret of the repository's capture folder, so that short lines cannot be
//! looked up in a table. Its low bits are replaced by the line's indentation, which git's diff
//! heuristics need, and by how much the line has to say for itself. Line ends do not count: git may
//! convert them on checkout.

use std::fmt;
use std::ops::Range;

use gix::diff::blob::{Algorithm, Diff, IndentHeuristic, IndentLevel, Token};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// A file larger than this is not looked at; the same limit as for findings and blame.
pub(crate) const LARGEST_FILE: u64 = 5 << 20;

/// A file with more lines than this is not looked at.
const MOST_LINES: usize = 100_000;

/// Columns of a blank line, and where counting stops.
const BLANK: u8 = u8::MAX;
const DEEPEST: u8 = 200;

/// The secret that line hashes are keyed with.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct LineKey(pub(crate) [u8; 16]);

impl fmt::Debug for LineKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LineKey(…)")
    }
}

/// Letters and digits of own words that are counted.
const MOST_TELLING: u32 = 15;

/// A line: 52 bits of its keyed hash, the letters of its own words and its indentation.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub(crate) struct Line(pub(crate) u64);

/// Lines that two states have in common: `len` lines from `old` and from `new`, counted from 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Kept {
    pub(crate) old: u32,
    pub(crate) new: u32,
    pub(crate) len: u32,
}

impl LineKey {
    /// The lines of a text; `None` for what has none to speak of: binary, too large.
    pub(crate) fn lines(&self, content: &[u8]) -> Option<Vec<Line>> {
        if content.len() as u64 > LARGEST_FILE || is_binary(content) {
            return None;
        }
        let mut lines = Vec::with_capacity(content.len() / 32 + 1);
        for line in texts(content) {
            if lines.len() == MOST_LINES {
                return None;
            }
            lines.push(self.line(line));
        }
        Some(lines)
    }

    pub(crate) fn line(&self, text: &[u8]) -> Line {
        let digest = Sha256::new()
            .chain_update(self.0)
            .chain_update(text)
            .finalize();
        let mut hash = [0; 8];
        for (to, from) in hash.iter_mut().zip(digest) {
            *to = from;
        }
        let says = u64::from(telling(text)) << 8 | u64::from(indent(text));
        Line(u64::from_be_bytes(hash) & !0xfff | says)
    }
}

impl Line {
    /// Letters and digits of words that are this line's own, up to a few: `}` and `return None` have none.
    pub(crate) const fn telling(self) -> u32 {
        (self.0 >> 8 & 0xf) as u32
    }
}

/// The lines of a text without their ends.
pub(crate) fn texts(content: &[u8]) -> impl Iterator<Item = &[u8]> {
    // An empty file has no line; a file of one line end has one, which is empty.
    let empty = content.is_empty();
    content
        .strip_suffix(b"\n")
        .unwrap_or(content)
        .split(|byte| *byte == b'\n')
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line))
        .skip(usize::from(empty))
}

/// A NUL byte where git looks for one.
pub(crate) fn is_binary(content: &[u8]) -> bool {
    memchr::memchr(0, content.get(..8000).unwrap_or(content)).is_some()
}

fn indent(text: &[u8]) -> u8 {
    let mut columns = 0_u8;
    for byte in text {
        match byte {
            b' ' => columns = columns.saturating_add(1),
            b'\t' => columns = columns / 8 * 8 + 8,
            _ => return columns.min(DEEPEST),
        }
        if columns >= DEEPEST {
            return DEEPEST;
        }
    }
    BLANK
}

/// Letters and digits in words that are not those of many languages.
fn telling(text: &[u8]) -> u32 {
    let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || !byte.is_ascii();
    let mut found = 0;
    for word in text.split(|byte| !is_letter(byte)) {
        if !is_common(word) {
            found += word.len() as u32;
        }
        if found >= MOST_TELLING {
            return MOST_TELLING;
        }
    }
    found
}

/// Letters of the longest of [`WORDS`].
const LONGEST: usize = 10;
/// In the order of their bytes.
const WORDS: [&str; 92] = [
    "abstract",
    "and",
    "args",
    "as",
    "assert",
    "async",
    "await",
    "begin",
    "bool",
    "boolean",
    "break",
    "case",
    "catch",
    "char",
    "class",
    "const",
    "continue",
    "def",
    "default",
    "defer",
    "del",
    "do",
    "done",
    "double",
    "elif",
    "else",
    "elseif",
    "end",
    "endif",
    "enum",
    "err",
    "error",
    "esac",
    "except",
    "export",
    "extends",
    "false",
    "fi",
    "final",
    "finally",
    "float",
    "fn",
    "for",
    "from",
    "func",
    "function",
    "go",
    "if",
    "impl",
    "implements",
    "import",
    "in",
    "include",
    "int",
    "interface",
    "is",
    "lambda",
    "let",
    "loop",
    "main",
    "match",
    "mod",
    "mut",
    "name",
    "new",
    "nil",
    "none",
    "not",
    "null",
    "or",
    "package",
    "pass",
    "private",
    "pub",
    "public",
    "raise",
    "return",
    "self",
    "static",
    "string",
    "struct",
    "switch",
    "then",
    "this",
    "throw",
    "true",
    "try",
    "type",
    "use",
    "var",
    "void",
    "while",
];

/// A word of the grammars that most code is written in, or of what every file of it begins with.
fn is_common(word: &[u8]) -> bool {
    let mut lower = [0; LONGEST];
    let Some(lower) = lower.get_mut(..word.len()) else {
        return false;
    };
    lower.copy_from_slice(word);
    lower.make_ascii_lowercase();
    let lower: &[u8] = lower;
    WORDS
        .binary_search_by(|known| known.as_bytes().cmp(lower))
        .is_ok()
}

fn level(line: Line) -> IndentLevel {
    let columns = (line.0 & 0xff) as u8;
    let text = (columns != BLANK).then_some(b'x');
    let spaces = if columns == BLANK { 0 } else { columns };
    IndentLevel::for_ascii_line(
        std::iter::repeat_n(b' ', usize::from(spaces)).chain(text),
        8,
    )
}

/// What turns `old` into `new`: ranges of each, in order. Git's default diff.
pub(crate) fn hunks(old: &[Line], new: &[Line]) -> Vec<(Range<u32>, Range<u32>)> {
    let mut ids: FxHashMap<Line, u32> = FxHashMap::default();
    let mut lines: Vec<Line> = Vec::new();
    let mut tokens = |all: &[Line]| -> Vec<Token> {
        all.iter()
            .map(|line| {
                Token(*ids.entry(*line).or_insert_with(|| {
                    lines.push(*line);
                    lines.len() as u32 - 1
                }))
            })
            .collect()
    };
    let (before, after) = (tokens(old), tokens(new));
    let mut diff = Diff::default();
    diff.compute_with(Algorithm::Myers, &before, &after, lines.len() as u32);
    let heuristic = IndentHeuristic::new(|token: Token| {
        level(lines.get(token.0 as usize).copied().unwrap_or(Line(0)))
    });
    diff.postprocess_with(&before, &after, heuristic);
    diff.hunks().map(|hunk| (hunk.before, hunk.after)).collect()
}

/// The lines that survive from `old` to `new`, in order.
pub(crate) fn kept(old: &[Line], new: &[Line]) -> Vec<Kept> {
    let mut kept = Vec::new();
    let (mut old_at, mut new_at) = (0, 0);
    let mut keep = |old: u32, new: u32, len: u32| {
        if len > 0 {
            kept.push(Kept { old, new, len });
        }
    };
    for (before, after) in hunks(old, new) {
        keep(old_at, new_at, before.start - old_at);
        old_at = before.end;
        new_at = after.end;
    }
    keep(old_at, new_at, old.len() as u32 - old_at);
    kept
}

/// For each line of `new`, counted from 0: the line of `old` that it is.
pub(crate) fn origins(old: &[Line], new: &[Line]) -> Vec<Option<u32>> {
    let mut map = vec![None; new.len()];
    for run in kept(old, new) {
        for at in 0..run.len {
            if let Some(slot) = map.get_mut((run.new + at) as usize) {
                *slot = Some(run.old + at);
            }
        }
    }
    map
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: LineKey = LineKey([7; 16]);

    #[test]
    fn line_ends_do_not_count_and_a_last_line_needs_none() {
        assert_eq!(KEY.lines(b"a\r\nb"), KEY.lines(b"a\nb\n"));
        assert_eq!(KEY.lines(b"").unwrap().len(), 0);
        assert_eq!(KEY.lines(b"\n").unwrap().len(), 1);
        assert_eq!(KEY.lines(b"a\n\n").unwrap().len(), 2);
        assert_eq!(KEY.lines(b"a\0b"), None);
    }

    #[test]
    fn another_key_gives_other_hashes() {
        assert_ne!(KEY.lines(b"pw"), LineKey([8; 16]).lines(b"pw"));
    }

    #[test]
    fn a_line_tells_by_its_own_words() {
        let telling = |text: &str| KEY.line(text.as_bytes()).telling();
        for nothing in [
            "",
            "    }",
            "    return None",
            "\t\tpass",
            "} else {",
            "try:",
            "if err != nil {",
        ] {
            assert_eq!(telling(nothing), 0, "{nothing}");
        }
        assert_eq!(telling("    return total"), 5);
        assert_eq!(telling("    grund = prüfe(wert)"), 15);
        assert_eq!(telling("import os"), 2);
        assert_ne!(KEY.line(b"a = 1"), KEY.line(b"b = 1"));
    }

    #[test]
    fn each_line_finds_its_older_self() {
        let (old, new) = (
            KEY.lines(b"a\nb\nc\n").unwrap(),
            KEY.lines(b"a\nx\nc\nd\n").unwrap(),
        );
        assert_eq!(origins(&old, &new), [Some(0), None, Some(2), None]);
    }

    #[test]
    fn an_inserted_block_ends_where_git_would_end_it() {
        let old = KEY
            .lines(b"fn a() {\n    1\n}\n\nfn c() {\n    3\n}\n")
            .unwrap();
        let new = KEY
            .lines(b"fn a() {\n    1\n}\n\nfn b() {\n    2\n}\n\nfn c() {\n    3\n}\n")
            .unwrap();
        assert_eq!(hunks(&old, &new), [(4..4, 4..8)]);
    }
}
