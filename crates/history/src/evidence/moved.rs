//! Lines that a rewrite or a squash put into another file, where no rename tells: found by
//! content.
//!
//! Asked only between versions of the same work, about lines that nothing else explains. A line
//! that is unique on both sides is an anchor, and its neighbours that agree belong to it. As for
//! git's own search for moved lines, a block needs so many letters and digits that it is no chance.

use bstr::ByteSlice;
use rustc_hash::FxHashMap;

use super::agreement::line_hash;

/// Letters and digits that a block needs, as in `git blame -M`.
const TELLING: u32 = 20;
/// Lines on either side: with more, nothing is looked for.
const MAX_LINES: usize = 100_000;

/// A file on one side.
#[derive(Clone, Debug)]
pub(super) struct Side {
    /// Which version of the work it is: of a line that several have, the first one's counts.
    pub(super) group: u32,
    lines: Vec<Line>,
}

#[derive(Clone, Copy, Debug)]
struct Line {
    hash: u64,
    letters: u32,
    is_asked: bool,
}

impl Side {
    /// The lines of a text; those from 0 that `is_asked` names take part.
    pub(super) fn new(text: &[u8], group: u32, is_asked: impl Fn(u32) -> bool) -> Self {
        let lines = text.lines().zip(0..).map(|(line, at)| {
            let letters = line
                .iter()
                .filter(|b| b.is_ascii_alphanumeric() || !b.is_ascii());
            Line {
                hash: line_hash(line),
                letters: letters.count() as u32,
                is_asked: is_asked(at),
            }
        });
        Self {
            group,
            lines: lines.collect(),
        }
    }

    pub(super) fn is_asked(&self) -> bool {
        self.lines.iter().any(|line| line.is_asked)
    }
}

/// Consecutive lines that stand in one file of the old side and in one of the new.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Moved {
    pub(super) old_file: usize,
    pub(super) old: u32,
    pub(super) new_file: usize,
    pub(super) new: u32,
    pub(super) len: u32,
}

/// The blocks of lines that both sides have, by their place on the new side.
pub(super) fn find(old: &[Side], new: &[Side]) -> Vec<Moved> {
    let size = |sides: &[Side]| sides.iter().map(|side| side.lines.len()).sum::<usize>();
    if size(old) > MAX_LINES || size(new) > MAX_LINES {
        return Vec::new();
    }
    let (there, here) = (unique(old), unique(new));
    let mut found = Vec::new();
    for (new_file, side) in new.iter().enumerate() {
        let mut free = 0;
        for (at, line) in side.lines.iter().enumerate() {
            let is_anchor = at >= free && here.get(&line.hash) == Some(&Some((new_file, at)));
            let Some((old_file, from)) = is_anchor
                .then(|| there.get(&line.hash).copied().flatten())
                .flatten()
            else {
                continue;
            };
            let theirs = &old[old_file].lines;
            let agree = |old: usize, new: usize| match (theirs.get(old), side.lines.get(new)) {
                (Some(old), Some(new)) => old.is_asked && new.is_asked && old.hash == new.hash,
                _ => false,
            };
            let mut before = 0;
            while before < from && before < at - free && agree(from - before - 1, at - before - 1) {
                before += 1;
            }
            let mut after = 1;
            while agree(from + after, at + after) {
                after += 1;
            }
            let block = at - before..at + after;
            free = block.end;
            let letters: u32 = side.lines[block.clone()].iter().map(|l| l.letters).sum();
            if letters >= TELLING {
                found.push(Moved {
                    old_file,
                    old: (from - before) as u32,
                    new_file,
                    new: block.start as u32,
                    len: block.len() as u32,
                });
            }
        }
    }
    found
}

/// Where each line that is asked for stands; `None` if more than once in one version.
fn unique(sides: &[Side]) -> FxHashMap<u64, Option<(usize, usize)>> {
    let mut index: FxHashMap<u64, (u32, Option<(usize, usize)>)> = FxHashMap::default();
    for (file, side) in sides.iter().enumerate() {
        for (at, line) in side.lines.iter().enumerate() {
            if !line.is_asked || line.letters == 0 {
                continue;
            }
            let place = (side.group, Some((file, at)));
            index
                .entry(line.hash)
                .and_modify(|(group, place)| {
                    if *group == side.group {
                        *place = None;
                    }
                })
                .or_insert(place);
        }
    }
    let places = index.into_iter();
    places.map(|(hash, (_, place))| (hash, place)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Side {
        Side::new(text.as_bytes(), 0, |_| true)
    }

    #[test]
    fn a_block_with_a_line_of_its_own_is_found_with_the_lines_around_it() {
        let old = all("{\nlet answer = compute_everything();\n}\nother\n");
        let new = all("x\n{\nlet answer = compute_everything();\n}\n{\n");
        let found = find(&[old], &[all("}\n"), new]);
        let expected = Moved {
            old_file: 0,
            old: 0,
            new_file: 1,
            new: 1,
            len: 3,
        };
        assert_eq!(found, [expected]);
    }

    #[test]
    fn what_stands_twice_or_says_little_is_not_found() {
        let line = "let answer = compute_everything();\n";
        assert_eq!(find(&[all(&line.repeat(2))], &[all(line)]), []);
        assert_eq!(find(&[all(line)], &[all(line), all(line)]), []);
        assert_eq!(find(&[all("import os\n")], &[all("import os\n")]), []);
    }

    #[test]
    fn of_several_versions_the_first_that_has_a_line_counts() {
        let line = "let answer = compute_everything();\n";
        let later = Side::new(line.as_bytes(), 1, |_| true);
        let found = find(&[all(line), later], &[all(line)]);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].old_file, 0);
    }
}
