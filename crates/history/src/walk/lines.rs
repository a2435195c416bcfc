//! The line diff that `git blame` computes: Myers with git's heuristics, the indent slider, and
//! the common tail cut off in blocks beforehand, which decides where a slider may come to rest.

use std::hash::Hasher;
use std::ops::Range;

use gix::diff::blob::{Algorithm, Diff, IndentHeuristic, IndentLevel, Token};
use rustc_hash::FxHasher;

/// Lines `before` of the old content were replaced by lines `after` of the new one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Hunk {
    pub(crate) before: Range<u32>,
    pub(crate) after: Range<u32>,
}

/// Git cuts the common tail in blocks of this size before it diffs without context lines.
const TAIL_BLOCK: usize = 1024;

/// Tabs count as this many columns for the indent heuristic.
const TAB_WIDTH: u8 = 8;

/// Working memory of one thread's line diffs.
#[derive(Default)]
pub(crate) struct LineDiffer {
    diff: Diff,
    before: Vec<Token>,
    after: Vec<Token>,
    /// Where each distinct line lies: in the old content or behind it in the new one.
    lines: Vec<(bool, Range<usize>)>,
    /// Open addressing: hash and line number plus one; zero is free.
    table: Vec<(u32, u32)>,
}

impl std::fmt::Debug for LineDiffer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LineDiffer").finish_non_exhaustive()
    }
}

impl LineDiffer {
    /// What turns `before` into `after`, in order.
    pub(crate) fn hunks(&mut self, before: &[u8], after: &[u8]) -> Vec<Hunk> {
        let cut = common_tail(before, after);
        let before = &before[..before.len() - cut];
        let after = &after[..after.len() - cut];
        let head = common_head(before, after);

        self.before.clear();
        self.after.clear();
        self.lines.clear();
        self.table.clear();
        let estimate = (before.len() + after.len() - head) / 16 + 16;
        self.table.resize(estimate.next_power_of_two(), (0, 0));

        self.intern(before, after, false, 0..head);
        self.after.extend_from_slice(&self.before);
        self.intern(before, after, false, head..before.len());
        self.intern(before, after, true, head..after.len());

        self.diff.compute_with(
            Algorithm::Myers,
            &self.before,
            &self.after,
            self.lines.len() as u32,
        );
        let lines = &self.lines;
        let heuristic = IndentHeuristic::new(|token: Token| {
            let line = lines
                .get(token.0 as usize)
                .and_then(|(new, range)| if *new { after } else { before }.get(range.clone()))
                .unwrap_or_default();
            IndentLevel::for_ascii_line(line.iter().copied(), TAB_WIDTH)
        });
        self.diff
            .postprocess_with(&self.before, &self.after, heuristic);
        self.diff
            .hunks()
            .map(|hunk| Hunk {
                before: hunk.before,
                after: hunk.after,
            })
            .collect()
    }

    fn intern(&mut self, before: &[u8], after: &[u8], new: bool, range: Range<usize>) {
        let content = if new { after } else { before };
        let mut start = range.start;
        while start < range.end {
            let end = memchr::memchr(b'\n', &content[start..range.end])
                .map_or(range.end, |newline| start + newline + 1);
            let line = &content[start..end];
            let token = self.token(before, after, new, start..end, line);
            if new {
                self.after.push(token);
            } else {
                self.before.push(token);
            }
            start = end;
        }
    }

    fn token(
        &mut self,
        before: &[u8],
        after: &[u8],
        new: bool,
        range: Range<usize>,
        line: &[u8],
    ) -> Token {
        if self.lines.len() * 2 >= self.table.len() {
            self.grow();
        }
        let mut hasher = FxHasher::default();
        hasher.write(line);
        let hash = (hasher.finish() >> 32) as u32;
        let mask = self.table.len() - 1;
        let mut slot = hash as usize & mask;
        loop {
            let (seen, number) = self.table[slot];
            if number == 0 {
                self.lines.push((new, range));
                let number = self.lines.len() as u32;
                self.table[slot] = (hash, number);
                return Token(number - 1);
            }
            if seen == hash {
                let (in_after, at) = &self.lines[number as usize - 1];
                let other = if *in_after { after } else { before };
                if other[at.clone()] == *line {
                    return Token(number - 1);
                }
            }
            slot = (slot + 1) & mask;
        }
    }

    fn grow(&mut self) {
        let old = std::mem::take(&mut self.table);
        self.table.resize(old.len() * 2, (0, 0));
        let mask = self.table.len() - 1;
        for (hash, number) in old.into_iter().filter(|(_, number)| *number != 0) {
            let mut slot = hash as usize & mask;
            while self.table[slot].1 != 0 {
                slot = (slot + 1) & mask;
            }
            self.table[slot] = (hash, number);
        }
    }
}

/// Bytes of whole blocks that both end in, less the part up to the next line end.
fn common_tail(a: &[u8], b: &[u8]) -> usize {
    let smaller = a.len().min(b.len());
    let mut cut = 0;
    while cut + TAIL_BLOCK <= smaller
        && a[a.len() - cut - TAIL_BLOCK..a.len() - cut]
            == b[b.len() - cut - TAIL_BLOCK..b.len() - cut]
    {
        cut += TAIL_BLOCK;
    }
    let tail = &a[a.len() - cut..];
    cut - memchr::memchr(b'\n', tail).map_or(tail.len(), |newline| newline + 1)
}

/// Bytes of the whole lines that both begin with.
fn common_head(a: &[u8], b: &[u8]) -> usize {
    const BLOCK: usize = 256;
    let smaller = a.len().min(b.len());
    let mut same = 0;
    while same + BLOCK <= smaller && a[same..same + BLOCK] == b[same..same + BLOCK] {
        same += BLOCK;
    }
    while same < smaller && a[same] == b[same] {
        same += 1;
    }
    memchr::memrchr(b'\n', &a[..same]).map_or(0, |newline| newline + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn apply(before: &[u8], after: &[u8], hunks: &[Hunk]) -> Vec<u8> {
        let old: Vec<&[u8]> = before.split_inclusive(|b| *b == b'\n').collect();
        let new: Vec<&[u8]> = after.split_inclusive(|b| *b == b'\n').collect();
        let mut out = Vec::new();
        let mut at = 0usize;
        for hunk in hunks {
            out.extend(old[at..hunk.before.start as usize].concat());
            out.extend(new[hunk.after.start as usize..hunk.after.end as usize].concat());
            at = hunk.before.end as usize;
        }
        out.extend(old[at..].concat());
        out
    }

    #[test]
    fn a_replaced_line_is_one_hunk() {
        let hunks = LineDiffer::default().hunks(b"a\nb\nc\n", b"a\nx\nc\n");
        assert_eq!(
            hunks,
            [Hunk {
                before: 1..2,
                after: 1..2
            }]
        );
    }

    #[test]
    fn an_ambiguous_insertion_rests_where_git_puts_it() {
        let before = b"def a():\n    pass\n\ndef c():\n    pass\n";
        let after = b"def a():\n    pass\n\ndef b():\n    pass\n\ndef c():\n    pass\n";
        let hunks = LineDiffer::default().hunks(before, after);
        assert_eq!(
            hunks,
            [Hunk {
                before: 3..3,
                after: 3..6
            }]
        );
    }

    #[test]
    fn a_missing_last_newline_makes_another_line() {
        let hunks = LineDiffer::default().hunks(b"a\nb", b"a\nb\n");
        assert_eq!(
            hunks,
            [Hunk {
                before: 1..2,
                after: 1..2
            }]
        );
    }

    proptest! {
        #[test]
        fn hunks_turn_the_old_content_into_the_new(
            before in "([ab]{0,2}\n){0,400}[ab]{0,2}",
            after in "([ab]{0,2}\n){0,400}[ab]{0,2}",
        ) {
            let hunks = LineDiffer::default().hunks(before.as_bytes(), after.as_bytes());
            prop_assert_eq!(apply(before.as_bytes(), after.as_bytes(), &hunks), after.as_bytes());
        }

        #[test]
        fn equal_heads_and_tails_of_any_length_are_not_hunks(
            head in 0usize..300, middle in "[xy\n]{0,20}", tail in 0usize..3000,
        ) {
            let text = |inner: &str| {
                let mut all = "head\n".repeat(head);
                all.push_str(inner);
                all.push('\n');
                all.push_str(&"t\n".repeat(tail));
                all
            };
            let (before, after) = (text("one"), text(&middle));
            let hunks = LineDiffer::default().hunks(before.as_bytes(), after.as_bytes());
            prop_assert_eq!(apply(before.as_bytes(), after.as_bytes(), &hunks), after.as_bytes());
        }
    }
}
