//! Lines of the work tree that HEAD has: edits that are not committed have no origin yet.
//!
//! Pure: the content of a file at HEAD and now in, a map between their lines out.

use crate::walk::lines::LineDiffer;

/// For the lines of a file now: the line of HEAD that each is, if HEAD has it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LineMap {
    /// Runs of lines that both have, in order.
    kept: Vec<Kept>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Kept {
    now: u32,
    head: u32,
    len: u32,
}

impl LineMap {
    /// The map of a file that was not touched.
    #[must_use]
    pub fn identity() -> Self {
        Self {
            kept: vec![Kept {
                now: 0,
                head: 0,
                len: u32::MAX,
            }],
        }
    }

    /// Compares the contents by git's own line diff. Line ends that only differ by a carriage
    /// return are the same: git may convert them on checkout.
    #[must_use]
    pub fn between(head: &[u8], now: &[u8]) -> Self {
        if head == now {
            return Self::identity();
        }
        let (head, now) = (
            without_carriage_returns(head),
            without_carriage_returns(now),
        );
        let mut kept = Vec::new();
        let (mut at_head, mut at_now) = (0, 0);
        for hunk in LineDiffer::default().hunks(&head, &now) {
            if hunk.after.start > at_now {
                kept.push(Kept {
                    now: at_now,
                    head: at_head,
                    len: hunk.after.start - at_now,
                });
            }
            at_head = hunk.before.end;
            at_now = hunk.after.end;
        }
        kept.push(Kept {
            now: at_now,
            head: at_head,
            len: u32::MAX - at_now,
        });
        Self { kept }
    }

    /// The line of HEAD that a line of now is; both count from 0.
    #[must_use]
    pub fn head_line(&self, now: u32) -> Option<u32> {
        let at = self.kept.partition_point(|k| k.now <= now).checked_sub(1)?;
        let kept = self.kept.get(at)?;
        (now - kept.now < kept.len).then(|| kept.head + (now - kept.now))
    }
}

fn without_carriage_returns(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for (at, byte) in text.iter().enumerate() {
        if *byte != b'\r' || text.get(at + 1) != Some(&b'\n') {
            out.push(*byte);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edited_and_new_lines_are_not_of_head() {
        let map = LineMap::between(b"a\nb\nc\n", b"a\nx\nc\nd\n");
        let lines: Vec<_> = (0..4).map(|l| map.head_line(l)).collect();
        assert_eq!(lines, [Some(0), None, Some(2), None]);
    }

    #[test]
    fn line_ends_that_git_converts_do_not_count() {
        let map = LineMap::between(b"a\nb\n", b"a\r\nb\r\n");
        assert_eq!((map.head_line(0), map.head_line(1)), (Some(0), Some(1)));
    }
}
