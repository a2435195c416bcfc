//! Lines that a unified diff shows on its new side: comments elsewhere are refused, and the whole review with them.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

/// Lines by path, from 1.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ChangedLines(BTreeMap<String, Vec<RangeInclusive<u32>>>);

impl ChangedLines {
    /// Reads what `git diff` prints. Paths that git quotes are passed over: nothing is said on them.
    #[must_use]
    pub fn parse(diff: &str) -> Self {
        let mut lines: BTreeMap<String, Vec<RangeInclusive<u32>>> = BTreeMap::new();
        let mut path: Option<String> = None;
        // Lines of a hunk that are still to come: within them nothing is a header.
        let mut left = (0_u32, 0_u32);
        for line in diff.lines() {
            if left != (0, 0) {
                match line.as_bytes().first() {
                    Some(b'+') => left.1 = left.1.saturating_sub(1),
                    Some(b'-') => left.0 = left.0.saturating_sub(1),
                    Some(b'\\') => {}
                    _ => left = (left.0.saturating_sub(1), left.1.saturating_sub(1)),
                }
                continue;
            }
            if let Some(name) = line.strip_prefix("+++ ") {
                path = name.strip_prefix("b/").map(str::to_owned);
            } else if let Some((old, (start, count))) = hunk(line) {
                left = (old, count);
                if let Some(path) = &path
                    && count > 0
                {
                    let last = start.saturating_add(count - 1);
                    lines.entry(path.clone()).or_default().push(start..=last);
                }
            }
        }
        Self(lines)
    }

    /// Does one hunk show all these lines?
    #[must_use]
    pub fn show(&self, path: &str, lines: &RangeInclusive<u32>) -> bool {
        self.0.get(path).is_some_and(|hunks| {
            hunks
                .iter()
                .any(|hunk| hunk.contains(lines.start()) && hunk.contains(lines.end()))
        })
    }
}

/// `@@ -a,b +c,d @@`: how many old lines, and the new ones.
fn hunk(line: &str) -> Option<(u32, (u32, u32))> {
    let rest = line.strip_prefix("@@ -")?;
    let (old, rest) = rest.split_once(" +")?;
    let (new, _) = rest.split_once(" @@")?;
    let pair = |text: &str| match text.split_once(',') {
        Some((start, count)) => Some((start.parse().ok()?, count.parse().ok()?)),
        None => Some((text.parse().ok()?, 1)),
    };
    let (_, old_count): (u32, u32) = pair(old)?;
    Some((old_count, pair(new)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hunks_are_read_and_what_is_in_them_is_no_header() {
        let diff = "diff --git a/a.py b/a.py\n--- a/a.py\n+++ b/a.py\n@@ -1,2 +1,3 @@ def f():\n x\n-y\n++++ b/evil.py\n+@@ -1 +9,9 @@\n@@ -9 +10,0 @@\n-gone\ndiff --git a/b.py b/b.py\n+++ b/b.py\n@@ -0,0 +1 @@\n+z\n";
        let lines = ChangedLines::parse(diff);
        assert!(lines.show("a.py", &(1..=3)));
        assert!(!lines.show("a.py", &(3..=4)) && !lines.show("a.py", &(9..=9)));
        assert!(lines.show("b.py", &(1..=1)) && !lines.show("evil.py", &(9..=9)));
    }
}
