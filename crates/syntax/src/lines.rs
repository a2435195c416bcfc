//! Byte offsets to lines and columns, and back to the text of a line.
//!
//! Front ends speak in byte spans; people, SARIF and fingerprints speak in lines. Lines end at `\n`
//! (a `\r` before it belongs to the end), as in git and in editors; columns count Unicode scalar
//! values, and a byte order mark is in no column.

use memchr::memchr_iter;

pub(crate) const BYTE_ORDER_MARK: char = '\u{feff}';

/// Where the lines of one text begin.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LineIndex {
    starts: Vec<u32>,
}

impl LineIndex {
    /// Finds the lines of a text.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let first = if text.starts_with(BYTE_ORDER_MARK) {
            BYTE_ORDER_MARK.len_utf8() as u32
        } else {
            0
        };
        let mut starts = vec![first];
        starts.extend(memchr_iter(b'\n', text.as_bytes()).map(|at| at as u32 + 1));
        Self { starts }
    }

    /// The line of a byte, from 1. A byte past the end is on the last line.
    #[must_use]
    pub fn line(&self, byte: u32) -> u32 {
        (self.starts.partition_point(|start| *start <= byte) as u32).max(1)
    }

    /// Line and column of a byte, both from 1. A byte past the end, or inside a character, counts
    /// as the place just before it.
    #[must_use]
    pub fn position(&self, text: &str, byte: u32) -> (u32, u32) {
        let line = self.line(byte);
        let start = self.start(line);
        let end = text.floor_char_boundary(byte as usize).max(start);
        let column = text
            .get(start..end)
            .map_or(0, |before| before.chars().count());
        (line, column as u32 + 1)
    }

    /// The text of a line without its end; empty if there is no such line.
    #[must_use]
    pub fn line_text<'t>(&self, text: &'t str, line: u32) -> &'t str {
        if line == 0 || line > self.count() {
            return "";
        }
        let end = self
            .starts
            .get(line as usize)
            .map_or(text.len(), |next| *next as usize - 1);
        let found = text.get(self.start(line)..end).unwrap_or_default();
        found.strip_suffix('\r').unwrap_or(found)
    }

    /// The byte of a line and column, both from 1; the inverse of [`Self::position`]. `None` if
    /// there is no such place.
    #[must_use]
    pub fn byte(&self, text: &str, line: u32, column: u32) -> Option<u32> {
        if line == 0 || line > self.count() {
            return None;
        }
        let start = self.start(line);
        let rest = text.get(start..)?;
        let mut ends = rest.char_indices().map(|(at, _)| at).chain([rest.len()]);
        let at = ends.nth(column.checked_sub(1)? as usize)?;
        Some((start + at) as u32)
    }

    /// How many lines there are; a final line end starts one more, empty line.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.starts.len() as u32
    }

    fn start(&self, line: u32) -> usize {
        line.checked_sub(1)
            .and_then(|index| self.starts.get(index as usize))
            .map_or(0, |start| *start as usize)
    }
}

/// How many lines have something on them.
pub(crate) fn count_not_blank(text: &str) -> u32 {
    let bytes = text.as_bytes();
    let mut start = 0;
    let mut count = 0;
    for end in memchr_iter(b'\n', bytes).chain(std::iter::once(bytes.len())) {
        let line = bytes.get(start..end).unwrap_or_default();
        count += u32::from(!line.trim_ascii().is_empty());
        start = end + 1;
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_lines_end_at_line_feeds() {
        let text = "a\r\néx\n\nz";
        let index = LineIndex::new(text);
        assert_eq!(index.count(), 4);
        assert_eq!(index.position(text, 0), (1, 1));
        let x = text.find('x').map_or(0, |at| at as u32);
        assert_eq!(index.position(text, x), (2, 2));
        assert_eq!(index.position(text, x - 1), (2, 1), "inside the é");
        assert_eq!(index.position(text, 999), (4, 2));
        for byte in [0, 2, 3, 5] {
            let (line, column) = index.position(text, byte);
            assert_eq!(index.byte(text, line, column), Some(byte));
        }
        assert_eq!(index.byte(text, 9, 1), None);
        assert_eq!(index.line_text(text, 1), "a");
        assert_eq!(index.line_text(text, 2), "éx");
        assert_eq!(index.line_text(text, 3), "");
        assert_eq!(index.line_text(text, 4), "z");
        assert_eq!(index.line_text(text, 0), "");
        assert_eq!(index.line_text(text, 5), "");
    }

    #[test]
    fn a_byte_order_mark_takes_no_column() {
        let text = "\u{feff}ab";
        let index = LineIndex::new(text);
        assert_eq!(index.position(text, 3), (1, 1));
        assert_eq!(index.position(text, 0), (1, 1));
        assert_eq!(index.line_text(text, 1), "ab");
    }

    #[test]
    fn lines_of_white_space_are_blank() {
        assert_eq!(count_not_blank("a\n \t\r\n\nb"), 2);
        assert_eq!(count_not_blank(""), 0);
    }
}
