//! Ink, columns and wrapping. Widths are display columns of the visible text; ink is added last, so
//! that escape sequences never count.

use std::fmt::Write as _;

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use crate::Style;

/// Narrower than this nothing would be legible, so it is the least that is assumed.
const MIN_WIDTH: usize = 40;

/// Column of the text beside a section label.
pub(super) const LABEL: usize = 11;

/// What a piece of text means, as a colour.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Ink {
    Plain,
    Strong,
    Faint,
    Critical,
    High,
    Medium,
    Low,
    Good,
    Ai,
    Human,
}

impl Ink {
    /// The 16 basic colours follow the reader's own theme; only bright black is avoided as too dim.
    const fn code(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Strong => "1",
            Self::Faint => "2",
            Self::Critical => "1;31",
            Self::High => "31",
            Self::Medium => "33",
            Self::Low | Self::Human => "36",
            Self::Good => "32",
            Self::Ai => "35",
        }
    }
}

/// The page being written.
pub(super) struct Sheet<'s> {
    pub(super) style: &'s Style,
    out: String,
}

impl<'s> Sheet<'s> {
    pub(super) const fn new(style: &'s Style) -> Self {
        Self {
            style,
            out: String::new(),
        }
    }

    pub(super) fn finish(self) -> String {
        self.out
    }

    pub(super) fn width(&self) -> usize {
        usize::from(self.style.width).max(MIN_WIDTH)
    }

    /// Text in an ink, if colours are wanted.
    pub(super) fn ink(&self, ink: Ink, text: &str) -> String {
        if self.style.color && ink != Ink::Plain && !text.is_empty() {
            format!("\u{1b}[{}m{text}\u{1b}[0m", ink.code())
        } else {
            text.to_owned()
        }
    }

    /// Text that leads to a web page, where the terminal can show links.
    pub(super) fn link(&self, url: &str, text: &str) -> String {
        if self.style.hyperlinks {
            format!("\u{1b}]8;;{url}\u{1b}\\{text}\u{1b}]8;;\u{1b}\\")
        } else {
            text.to_owned()
        }
    }

    /// One line as it is.
    pub(super) fn line(&mut self, text: &str) {
        self.out.push_str(text.trim_end_matches(' '));
        self.out.push('\n');
    }

    /// An empty line, never two, never first.
    pub(super) fn gap(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with("\n\n") {
            self.out.push('\n');
        }
    }

    /// A heading over a block.
    pub(super) fn heading(&mut self, text: &str) {
        self.gap();
        let text = self.ink(Ink::Strong, text);
        self.line(&text);
    }

    /// Wrapped text behind a label in the left column; further lines hang under the text.
    pub(super) fn labelled(&mut self, label: &str, ink: Ink, text: &str) {
        let mut label = pad(label, LABEL);
        for line in wrap(text, self.width().saturating_sub(LABEL)) {
            let text = self.ink(ink, &line);
            let head = self.ink(Ink::Strong, &label);
            self.line(&format!("{head}{text}"));
            label = " ".repeat(LABEL);
        }
    }

    /// Wrapped text with a first prefix and spaces under it.
    pub(super) fn hanging(&mut self, prefix: &str, ink: Ink, text: &str) {
        let indent = prefix.width();
        let mut prefix = prefix.to_owned();
        for line in wrap(text, self.width().saturating_sub(indent)) {
            let text = self.ink(ink, &line);
            self.line(&format!("{prefix}{text}"));
            prefix = " ".repeat(indent);
        }
    }

    /// A table, each row behind `indent` blanks.
    pub(super) fn table(&mut self, indent: usize, rows: &[Vec<Cell>]) {
        let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
        let mut widths = vec![0_usize; columns];
        for row in rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.text.width());
            }
        }
        shrink(&mut widths, self.width().saturating_sub(indent));
        for row in rows {
            let mut line = " ".repeat(indent);
            for (index, (cell, width)) in row.iter().zip(&widths).enumerate() {
                let text = clip(&cell.text, *width, self.style.unicode);
                let blank = " ".repeat(width.saturating_sub(text.width()));
                let inked = self.ink(cell.ink, &text);
                if index > 0 {
                    line.push_str("  ");
                }
                if cell.right {
                    line.push_str(&blank);
                    line.push_str(&inked);
                } else {
                    line.push_str(&inked);
                    line.push_str(&blank);
                }
            }
            self.line(&line);
        }
    }

    /// `1,200 of 3,400` with a bar before it where the terminal can draw one.
    pub(super) fn bar(&self, share: f64, cells: usize) -> String {
        let (full, empty) = if self.style.unicode {
            ('█', '░')
        } else {
            ('#', '.')
        };
        #[expect(
            clippy::cast_sign_loss,
            reason = "the share is clamped to 0..=1 before"
        )]
        let filled = (share.clamp(0.0, 1.0) * cells as f64).round() as usize;
        let mut out = String::new();
        for cell in 0..cells {
            out.push(if cell < filled { full } else { empty });
        }
        out
    }

    /// The separator of short facts on one line.
    pub(super) const fn dot(&self) -> &'static str {
        if self.style.unicode { " · " } else { " - " }
    }
}

/// One cell of a table.
pub(super) struct Cell {
    text: String,
    ink: Ink,
    right: bool,
}

/// A left-aligned cell.
pub(super) fn cell(text: impl Into<String>) -> Cell {
    Cell {
        text: text.into(),
        ink: Ink::Plain,
        right: false,
    }
}

/// A right-aligned cell, for numbers.
pub(super) fn number(text: impl Into<String>) -> Cell {
    Cell {
        right: true,
        ..cell(text)
    }
}

impl Cell {
    pub(super) const fn ink(mut self, ink: Ink) -> Self {
        self.ink = ink;
        self
    }
}

/// Takes width from the widest column until the row fits; no column goes below eight.
fn shrink(widths: &mut [usize], room: usize) {
    let gaps = widths.len().saturating_sub(1) * 2;
    let mut excess = (widths.iter().sum::<usize>() + gaps).saturating_sub(room);
    while excess > 0 {
        let Some(widest) = widths.iter_mut().max() else {
            return;
        };
        if *widest <= 8 {
            return;
        }
        *widest -= 1;
        excess -= 1;
    }
}

/// Pads on the right to a display width.
pub(super) fn pad(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(text.width())))
}

/// Shortens to a display width, with a mark that something is missing.
pub(super) fn clip(text: &str, width: usize, unicode: bool) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mark = if unicode { "…" } else { ".." };
    let room = width.saturating_sub(mark.width());
    let mut out = String::new();
    let mut used = 0;
    for c in text.chars() {
        let w = c.width().unwrap_or(0);
        if used + w > room {
            break;
        }
        used += w;
        out.push(c);
    }
    out.push_str(mark);
    out
}

/// Breaks at blanks; a word longer than the width stays whole, so that paths can be copied.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut used = 0;
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let w = word.width();
        if used > 0 && used + 1 + w > width {
            lines.push(std::mem::take(&mut line));
            used = 0;
        }
        if used > 0 {
            line.push(' ');
            used += 1;
        }
        let _ = write!(line, "{word}");
        used += w;
    }
    if used > 0 || lines.is_empty() {
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrapping_keeps_every_word_and_the_width() {
        let lines = wrap("one two three four", 9);
        assert_eq!(lines, ["one two", "three", "four"]);
        assert_eq!(wrap("", 9), [""]);
        assert_eq!(
            wrap("a/very/long/path here", 5),
            ["a/very/long/path", "here"]
        );
    }

    #[test]
    fn clipping_counts_wide_characters_as_two_columns() {
        assert_eq!(clip("日本語文", 5, true), "日本…");
        assert_eq!(clip("abc", 3, true), "abc");
    }

    #[test]
    fn a_table_that_is_too_wide_takes_from_its_widest_column() {
        let style = Style {
            width: 40,
            ..Style::plain()
        };
        let mut sheet = Sheet::new(&style);
        sheet.table(2, &[vec![cell("a".repeat(60)), number("1,234")]]);
        let text = sheet.finish();
        assert_eq!(text.trim_end().width(), 40);
        assert!(text.ends_with("  1,234\n"), "{text}");
    }
}
