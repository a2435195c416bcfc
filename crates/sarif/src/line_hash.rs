//! `primaryLocationLineHash`: GitHub's own hash of a line and what follows it.
//!
//! The upload action fills it in when it is absent, the REST API does not; so it is computed here,
//! to the letter of the action's algorithm: a rolling hash over a window of 100 UTF-16 code units
//! without blanks, taken when the line's first unit leaves the window.

use std::collections::HashMap;

const WINDOW: usize = 100;
const FACTOR: u64 = 37;
/// 37 to the power of [`WINDOW`], modulo 2^64.
const FACTOR_OUT: u64 = 0xe59c_d09a_331c_db71;
const END_OF_FILE: u16 = u16::MAX;

/// The hash of each line, first line first; a line without a character of its own still has one.
#[must_use]
pub fn line_hashes(text: &str) -> Vec<String> {
    let mut state = Rolling::new();
    let mut after_cr = false;
    for unit in text.encode_utf16() {
        match unit {
            0x20 | 0x09 => after_cr = false,
            0x0a if after_cr => after_cr = false,
            0x0d => {
                after_cr = true;
                state.feed(0x0a);
            }
            other => {
                after_cr = false;
                state.feed(other);
            }
        }
    }
    state.feed(END_OF_FILE);
    state.flush();
    state.hashes
}

struct Rolling {
    window: [u16; WINDOW],
    /// For each slot of the window: does a line start there?
    starts: [bool; WINDOW],
    at: usize,
    hash: u64,
    at_line_start: bool,
    seen: HashMap<u64, u32>,
    /// Lines leave the window in order, so their hashes are pushed in order.
    hashes: Vec<String>,
}

impl Rolling {
    fn new() -> Self {
        Self {
            window: [0; WINDOW],
            starts: [false; WINDOW],
            at: 0,
            hash: 0,
            at_line_start: true,
            seen: HashMap::new(),
            hashes: Vec::new(),
        }
    }

    fn feed(&mut self, unit: u16) {
        self.emit_leaving();
        if self.at_line_start {
            self.at_line_start = false;
            self.starts[self.at] = true;
        }
        if unit == 0x0a {
            self.at_line_start = true;
        }
        self.roll(unit);
    }

    fn flush(&mut self) {
        for _ in 0..WINDOW {
            self.emit_leaving();
            self.roll(0);
        }
    }

    fn emit_leaving(&mut self) {
        if std::mem::take(&mut self.starts[self.at]) {
            let count = self.seen.entry(self.hash).or_insert(0);
            *count += 1;
            self.hashes.push(format!("{:x}:{count}", self.hash));
        }
    }

    fn roll(&mut self, unit: u16) {
        let leaving = std::mem::replace(&mut self.window[self.at], unit);
        self.hash = self
            .hash
            .wrapping_mul(FACTOR)
            .wrapping_add(u64::from(unit))
            .wrapping_sub(FACTOR_OUT.wrapping_mul(u64::from(leaving)));
        self.at = (self.at + 1) % WINDOW;
    }
}

#[cfg(test)]
mod tests {
    use super::line_hashes;

    #[test]
    fn an_empty_file_has_one_line() {
        assert_eq!(line_hashes(""), ["c129715d7a2bc9a3:1"]);
    }

    #[test]
    fn blanks_do_not_count() {
        assert_eq!(
            line_hashes(" a\nb\n  \t\tc\n d"),
            [
                "271789c17abda88f:1",
                "54703d4cd895b18:1",
                "180aee12dab6264:1",
                "a23a3dc5e078b07b:1"
            ]
        );
    }

    #[test]
    fn equal_lines_are_numbered_and_line_ends_do_not_matter() {
        let text = "Lorem ipsum dolor sit amet.\n".repeat(10);
        let hashes = line_hashes(&text);
        assert_eq!(hashes[0], "a7f2ff13bc495cf2:1");
        assert_eq!(hashes[5], "a7f2ff13bc495cf2:6");
        assert_eq!(
            hashes[6..],
            [
                "a7f2ff1481e87703:1",
                "a9cf91f7bbf1862b:1",
                "55ec222b86bcae53:1",
                "cc97dc7b1d7d8f7b:1",
                "c129715d7a2bc9a3:1"
            ]
        );
        assert_eq!(line_hashes(&text.replace('\n', "\r\n")), hashes);
        assert_eq!(line_hashes(&text.replace('\n', "\r")), hashes);
    }
}
