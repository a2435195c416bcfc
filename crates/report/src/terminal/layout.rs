//! Ink, columns and wrapping. Widths are display columns of the visible text; ink is added last, so
//! that escape sequences never count.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::ops::Range;

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
        self.flow(2, &text);
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
        let indent = shown_width(prefix);
        let mut prefix = prefix.to_owned();
        for line in wrap(text, self.width().saturating_sub(indent)) {
            let text = self.ink(ink, &line);
            self.line(&format!("{prefix}{text}"));
            prefix = " ".repeat(indent);
        }
    }

    /// Wrapped text that may hold ink; further lines stand behind `indent` blanks.
    pub(super) fn flow(&mut self, indent: usize, text: &str) {
        let mut before = String::new();
        for line in wrap(text, self.width().saturating_sub(indent)) {
            self.line(&format!("{before}{line}"));
            before = " ".repeat(indent);
        }
    }

    /// A table, each row behind `indent` blanks. Where it is too wide, bars give way first, then a
    /// text that is longer than its column stands on a line of its own; then rows go on in a further
    /// line. Nothing is shortened: half a number is another number, and half a path leads nowhere.
    pub(super) fn table(&mut self, indent: usize, rows: &[Vec<Cell>]) {
        let mut columns = columns_of(rows);
        let room = self.width().saturating_sub(indent);
        let widths: Vec<usize> = columns.iter().map(|column| column.width).collect();
        fit(&mut columns, room);
        let room = room.saturating_sub(DEEPER);
        let lines = lines_of(&columns, room);
        if lines.len() > 1 {
            for line in &lines {
                widen(&mut columns, &widths, line.clone(), room);
            }
        }
        for row in rows {
            let mut indent = indent;
            for line in &lines {
                self.row(indent, row, &columns, line.clone());
                if indent == 0 || line.start == 0 {
                    indent += DEEPER;
                }
            }
        }
    }

    /// The cells of some columns on one line, which is left out where nothing stands on it and others are
    /// before it. What is too long for its column stands above it if it names the row, else beneath.
    fn row(&mut self, indent: usize, row: &[Cell], columns: &[Column], range: Range<usize>) {
        let mut line = " ".repeat(indent);
        let (mut is_empty, mut is_first, mut is_named) = (true, true, range.start > 0);
        let mut beneath = Vec::new();
        for (cell, column) in row.iter().zip(columns).take(range.end).skip(range.start) {
            if column.width == 0 {
                continue;
            }
            let mut text = match &cell.content {
                Content::Text(text) | Content::Whole(text) => Cow::Borrowed(text.as_str()),
                Content::Bar(share) => Cow::Owned(self.bar(*share, column.width)),
            };
            if text.width() > column.width {
                let long = std::mem::take(&mut text);
                if is_first {
                    self.hanging(&" ".repeat(indent), cell.ink, &long);
                    is_named = true;
                } else {
                    beneath.push((cell.ink, long));
                }
            }
            is_empty &= text.is_empty();
            let blank = " ".repeat(column.width.saturating_sub(text.width()));
            let inked = self.ink(cell.ink, &text);
            if !is_first {
                line.push_str("  ");
            }
            is_first = false;
            if cell.right {
                line.push_str(&blank);
                line.push_str(&inked);
            } else {
                line.push_str(&inked);
                line.push_str(&blank);
            }
        }
        let mut indent = indent;
        if !(is_empty && is_named) {
            self.line(&line);
            indent += DEEPER;
        }
        for (ink, text) in beneath {
            self.hanging(&" ".repeat(indent), ink, &text);
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

/// How much further the rest of a row that does not fit stands.
const DEEPER: usize = 4;
/// Columns of texts are not made narrower than this.
const LEAST_NAME: usize = 16;
/// A bar below this width says nothing.
const LEAST_BAR: usize = 8;
/// Width of a bar where there is room.
const BAR: usize = 20;

/// One cell of a table.
pub(super) struct Cell {
    content: Content,
    ink: Ink,
    right: bool,
}

enum Content {
    /// May stand on a line of its own.
    Text(String),
    /// Stays in its row.
    Whole(String),
    /// A share, drawn as wide as there is room.
    Bar(f64),
}

/// A left-aligned cell that stands on a line of its own where there is no room in its row.
pub(super) fn cell(text: impl Into<String>) -> Cell {
    Cell {
        content: Content::Text(text.into()),
        ink: Ink::Plain,
        right: false,
    }
}

/// A left-aligned cell that stays in its row.
pub(super) fn whole(text: impl Into<String>) -> Cell {
    Cell {
        content: Content::Whole(text.into()),
        ink: Ink::Plain,
        right: false,
    }
}

/// A right-aligned cell, for numbers.
pub(super) fn number(text: impl Into<String>) -> Cell {
    Cell {
        right: true,
        ..whole(text)
    }
}

/// A share drawn as a bar.
pub(super) const fn bar(share: f64) -> Cell {
    Cell {
        content: Content::Bar(share),
        ink: Ink::Plain,
        right: false,
    }
}

impl Cell {
    pub(super) const fn ink(mut self, ink: Ink) -> Self {
        self.ink = ink;
        self
    }
}

/// The width of a column, and to how little it may go.
struct Column {
    width: usize,
    least: usize,
    is_bar: bool,
}

fn columns_of(rows: &[Vec<Cell>]) -> Vec<Column> {
    let mut columns: Vec<Column> = Vec::new();
    for row in rows {
        for (index, cell) in row.iter().enumerate() {
            if columns.len() == index {
                columns.push(Column {
                    width: 0,
                    least: 0,
                    is_bar: false,
                });
            }
            let Some(column) = columns.get_mut(index) else {
                continue;
            };
            let (width, least) = match &cell.content {
                Content::Text(text) => (text.width(), text.width().min(LEAST_NAME)),
                Content::Whole(text) => (text.width(), text.width()),
                Content::Bar(_) => {
                    column.is_bar = true;
                    (BAR, LEAST_BAR)
                }
            };
            column.width = column.width.max(width);
            column.least = column.least.max(least);
        }
    }
    columns
}

fn total(columns: &[Column]) -> usize {
    let shown = columns.iter().filter(|column| column.width > 0);
    shown
        .map(|column| column.width + 2)
        .sum::<usize>()
        .saturating_sub(2)
}

/// Takes width from the bars, then from the widest name, as far as they may give.
fn fit(columns: &mut [Column], room: usize) {
    while total(columns) > room {
        let widest = columns
            .iter_mut()
            .filter(|column| column.width > column.least)
            .max_by_key(|column| (column.is_bar, column.width));
        let Some(column) = widest else { break };
        column.width -= 1;
    }
    if total(columns) > room {
        for column in columns.iter_mut().filter(|column| column.is_bar) {
            column.width = 0;
        }
    }
}

/// Gives the columns of one line of several the width back that they gave for the others.
fn widen(columns: &mut [Column], widths: &[usize], line: Range<usize>, room: usize) {
    let (Some(part), Some(widths)) = (columns.get_mut(line.clone()), widths.get(line)) else {
        return;
    };
    for (column, width) in part.iter_mut().zip(widths).filter(|(c, _)| !c.is_bar) {
        column.width = *width;
    }
    fit(part, room);
}

/// Which columns stand on one line together.
fn lines_of(columns: &[Column], room: usize) -> Vec<Range<usize>> {
    if total(columns) <= room + DEEPER {
        return std::iter::once(0..columns.len()).collect();
    }
    let mut lines = Vec::new();
    let (mut start, mut used) = (0, 0);
    for (index, column) in columns.iter().enumerate() {
        let needed = if column.width == 0 {
            0
        } else {
            column.width + 2
        };
        if index > start && used + needed > room + 2 {
            lines.push(start..index);
            (start, used) = (index, 0);
        }
        used += needed;
    }
    lines.push(start..columns.len());
    lines
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
    let mut used = 0;
    let mut out: String = text
        .chars()
        .take_while(|c| {
            used += c.width().unwrap_or(0);
            used <= room
        })
        .collect();
    out.push_str(mark);
    out
}

/// Columns of text that may hold escape sequences of [`Sheet::ink`] and [`Sheet::link`].
fn shown_width(text: &str) -> usize {
    let mut width = 0;
    let mut rest = text;
    while let Some((before, sequence)) = rest.split_once('\u{1b}') {
        width += before.width();
        let end = if sequence.starts_with(']') {
            sequence.find('\\')
        } else {
            sequence.find('m')
        };
        rest = end.and_then(|end| sequence.get(end + 1..)).unwrap_or("");
    }
    width + rest.width()
}

/// Text behind a prefix, wrapped at blanks; further lines stand under its beginning. Both may hold ink.
#[must_use]
pub fn hanging(prefix: &str, text: &str, width: u16) -> String {
    let indent = shown_width(prefix);
    let mut out = String::new();
    let mut before = Cow::Borrowed(prefix);
    for line in wrap(text, usize::from(width).saturating_sub(indent)) {
        out.push_str(format!("{before}{line}").trim_end_matches(' '));
        out.push('\n');
        before = Cow::Owned(" ".repeat(indent));
    }
    out
}

/// Messages of several lines, each wrapped at blanks behind the blanks that it begins with.
#[must_use]
pub fn wrapped(text: &str, width: u16) -> String {
    let line = |line: &str| {
        let (indent, rest) = line.split_at(line.len() - line.trim_start_matches(' ').len());
        hanging(indent, rest, width)
    };
    text.lines().map(line).collect()
}

/// How many columns a text takes; ink takes none.
#[must_use]
pub fn columns(text: &str) -> usize {
    shown_width(text)
}

/// Breaks at blanks; a word longer than the width stays whole, so that paths can be copied.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut used = 0;
    let mut words = text.split(' ').filter(|word| !word.is_empty()).peekable();
    while let Some(word) = words.next() {
        let mut word = Cow::Borrowed(word);
        // A number stays beside its unit.
        while let Some(unit) = words.next_if(|next| next.starts_with('%')) {
            word = Cow::Owned(format!("{word} {unit}"));
        }
        let w = shown_width(&word);
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
        assert_eq!(wrap("at least 59.3 %, so", 14), ["at least", "59.3 %, so"]);
        assert_eq!(
            wrap("a/very/long/path here", 5),
            ["a/very/long/path", "here"]
        );
    }

    #[test]
    fn what_hangs_stands_under_its_beginning_whatever_ink_is_before_it() {
        let prefix = format!("{}[1m1.{}[0m ", '\u{1b}', '\u{1b}');
        let text = hanging(&prefix, "one two three four", 40);
        assert_eq!(text, format!("{prefix}one two three four\n"));
        let text = hanging(&prefix, &"word ".repeat(12), 40);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 2, "{text}");
        assert_eq!(lines[1], "   word word word word word");
        let told = wrapped(
            "several begin so; write more of one:\n  3f2a9c5d0011 a/very/long/path/of/a/file.py:1 sql-injection",
            40,
        );
        let wanted = [
            "several begin so; write more of one:",
            "  3f2a9c5d0011",
            "  a/very/long/path/of/a/file.py:1",
            "  sql-injection",
        ];
        assert_eq!(told.lines().collect::<Vec<_>>(), wanted);
    }

    #[test]
    fn clipping_counts_wide_characters_as_two_columns() {
        assert_eq!(clip("日本語文", 5, true), "日本…");
        assert_eq!(clip("abc", 3, true), "abc");
    }

    fn drawn(width: u16, rows: &[Vec<Cell>]) -> String {
        let style = Style {
            width,
            ..Style::plain()
        };
        let mut sheet = Sheet::new(&style);
        sheet.table(2, rows);
        sheet.finish()
    }

    #[test]
    fn a_name_that_is_longer_than_its_column_stands_whole_above_its_row() {
        let row = |name: &str, lines| vec![cell(name), number(lines), number("7 commits")];
        let long = format!("src/{}/file.rs", "a".repeat(20));
        let rows = [row("src/a.rs", "1,234"), row(&long, "56"), row("b.rs", "7")];
        let wide = drawn(80, &rows);
        assert_eq!(wide.lines().count(), 3, "{wide}");
        let text = drawn(40, &rows);
        let wanted = [
            "  src/a.rs               1,234  7 commits",
            &format!("  {long}"),
            "                            56  7 commits",
            "  b.rs                       7  7 commits",
        ];
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), wanted.len(), "{text}");
        for (line, wanted) in lines.iter().zip(wanted) {
            let words = |text: &str| {
                text.split_whitespace()
                    .map(str::to_owned)
                    .collect::<Vec<_>>()
            };
            assert_eq!(words(line), words(wanted), "{text}");
        }
        assert_eq!(lines[0].width(), lines[2].width(), "{text}");
        let longer = "b".repeat(90);
        let text = drawn(40, &[row(&longer, "1,234")]);
        assert!(text.starts_with(&format!("  {longer}\n")), "{text}");
        assert_eq!(text.lines().count(), 2, "{text}");
    }

    #[test]
    fn a_text_that_is_longer_than_its_column_stands_whole_beneath_its_row() {
        let rows = [
            vec![cell("door"), number("12"), cell("here.yml")],
            vec![
                cell("other"),
                number(""),
                cell("KEY in .github/workflows/nightly.yml and 2 more"),
            ],
        ];
        let text = drawn(40, &rows);
        let wanted = [
            "  door   12  here.yml",
            "  other",
            "      KEY in",
            "      .github/workflows/nightly.yml and",
            "      2 more",
        ];
        assert_eq!(text.lines().collect::<Vec<_>>(), wanted);
        assert!(!text.contains(".. ") && !text.contains('…'), "{text}");
    }

    #[test]
    fn of_a_row_that_goes_on_what_is_too_long_takes_the_place_of_its_line() {
        let what = "somewhere/in/a/file.yml and 2 more";
        let rows = [vec![
            number("1,234,567 lines"),
            number("12,345 commits"),
            whole("2026-01 to 2026-08"),
            cell(what),
        ]];
        let text = drawn(60, &rows);
        let wanted = [
            "  1,234,567 lines  12,345 commits  2026-01 to 2026-08",
            &format!("      {what}"),
        ];
        assert_eq!(text.lines().collect::<Vec<_>>(), wanted);
        let text = drawn(48, &rows);
        let wanted = [
            "  1,234,567 lines  12,345 commits",
            "      2026-01 to 2026-08",
            &format!("          {what}"),
        ];
        assert_eq!(text.lines().collect::<Vec<_>>(), wanted);
    }

    #[test]
    fn bars_give_way_before_names_and_rows_go_on_when_nothing_else_helps() {
        let row = || {
            vec![
                cell("packages/server"),
                bar(0.5),
                number("AI at least 59.3 %"),
                number("12,345 lines"),
                number("67 commits"),
            ]
        };
        let wide = drawn(100, &[row()]);
        assert!(wide.contains("##########.........."), "{wide}");
        let narrow = drawn(60, &[row()]);
        assert!(!narrow.contains('#'), "{narrow}");
        for text in [&narrow, &drawn(40, &[row()])] {
            for part in [
                "packages/server",
                "AI at least 59.3 %",
                "12,345 lines",
                "67 commits",
            ] {
                assert!(text.contains(part), "{part} in {text}");
            }
        }
        assert!(drawn(40, &[row()]).lines().all(|line| line.width() <= 40));
    }

    #[test]
    fn ink_has_no_width() {
        assert_eq!(shown_width("\u{1b}[1mab\u{1b}[0m"), 2);
        assert_eq!(
            shown_width("\u{1b}]8;;https://example.org\u{1b}\\ab\u{1b}]8;;\u{1b}\\"),
            2
        );
    }
}
