//! Text for a learner's terminal: colours where they are wanted, wrapped prose, Markdown read aloud.

use trueline_report::Style;

/// Paints as the terminal wants it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Paint {
    style: Style,
}

impl Paint {
    pub(super) const fn new(style: Style) -> Self {
        Self { style }
    }

    fn coloured(self, code: &str, text: &str) -> String {
        if self.style.color {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }

    pub(super) fn bold(self, text: &str) -> String {
        self.coloured("1", text)
    }

    pub(super) fn dim(self, text: &str) -> String {
        self.coloured("2", text)
    }

    pub(super) fn good(self, text: &str) -> String {
        self.coloured("32", text)
    }

    pub(super) fn bad(self, text: &str) -> String {
        self.coloured("31", text)
    }

    pub(super) fn unsure(self, text: &str) -> String {
        self.coloured("33", text)
    }

    /// A mark of one column: passed, failed, not known.
    pub(super) fn mark(self, passed: Option<bool>) -> String {
        let (good, bad, unsure) = if self.style.unicode {
            ("✓", "✗", "?")
        } else {
            ("+", "x", "?")
        };
        match passed {
            Some(true) => self.good(good),
            Some(false) => self.bad(bad),
            None => self.unsure(unsure),
        }
    }

    pub(super) const fn width(self) -> u16 {
        self.style.width
    }

    /// Text behind a prefix, wrapped at blanks: further lines stand under its beginning.
    pub(super) fn hanging(self, prefix: &str, text: &str) -> String {
        hung(prefix, text, self.style.width)
    }

    /// A line of a transcript behind its mark: wrapped at blanks, and within what is too long for a line, so that nothing
    /// stands where the terminal puts it.
    pub(super) fn record(self, line: &str) -> String {
        use trueline_report::terminal::{columns, hanging};

        let prefix = format!("      {} ", self.dim("|"));
        let room = usize::from(self.style.width)
            .saturating_sub(columns(&prefix))
            .max(1);
        let mut text = String::new();
        let mut used = 0;
        for c in line.chars() {
            let wide = columns(c.encode_utf8(&mut [0; 4]));
            if c == ' ' {
                used = 0;
            } else if used + wide > room {
                text.push(' ');
                used = wide;
            } else {
                used += wide;
            }
            text.push(c);
        }
        hanging(&prefix, &self.dim(&text), self.style.width)
    }

    /// Lines of a message, each wrapped at blanks behind the blanks that it begins with.
    pub(super) fn told(self, text: &str) -> String {
        let line = |line: &str| {
            let (indent, rest) = line.split_at(line.len() - line.trim_start_matches(' ').len());
            self.hanging(indent, rest)
        };
        text.lines().map(line).collect()
    }

    /// A line of code behind a prefix: broken at blanks where it is too wide, with all of its own blanks.
    pub(super) fn code(
        self,
        prefix: &str,
        line: &str,
        ink: impl Fn(Self, &str) -> String,
    ) -> String {
        let indent = trueline_report::terminal::columns(prefix);
        let room = usize::from(self.style.width).saturating_sub(indent);
        let mut out = String::new();
        let mut before = prefix.to_owned();
        for piece in pieces(line, room) {
            out.push_str(&before);
            out.push_str(&ink(self, piece));
            out.push('\n');
            // Or the rest would look like a line of its own.
            let mark = if self.style.unicode { "…  " } else { ".. " };
            let blanks = " ".repeat(indent + BROKEN - 3);
            before = format!("{blanks}{}", self.dim(mark));
        }
        out
    }

    /// Prose in paragraphs, wrapped; headings bold, code as it is.
    pub(super) fn prose(self, markdown: &str) -> String {
        let width = self.style.width.min(96) - 2;
        let mut out = String::new();
        let mut paragraph = String::new();
        let mut item = "";
        let mut code = false;
        for line in markdown.lines() {
            let trimmed = line.trim();
            if trimmed.starts_with("```") {
                Self::flush(&mut paragraph, &mut item, width, &mut out);
                code = !code;
                continue;
            }
            if code {
                out.push_str("    ");
                out.push_str(line);
                out.push('\n');
                continue;
            }
            let begins = begin_of_item(trimmed);
            let table = trimmed.starts_with('|');
            if trimmed.is_empty() || !begins.is_empty() || table || trimmed.starts_with('#') {
                Self::flush(&mut paragraph, &mut item, width, &mut out);
            }
            if trimmed.is_empty() {
                if !out.is_empty() && !out.ends_with("\n\n") {
                    out.push('\n');
                }
            } else if let Some(heading) = trimmed.strip_prefix('#') {
                let heading = heading.trim_start_matches('#').trim();
                out.push_str(&hung("", &self.bold(heading), width));
            } else if table {
                out.push_str("  ");
                out.push_str(trimmed);
                out.push('\n');
            } else {
                if !begins.is_empty() {
                    item = begins;
                } else if !paragraph.is_empty() {
                    paragraph.push(' ');
                }
                paragraph.push_str(trimmed.strip_prefix(begins).unwrap_or(trimmed));
            }
        }
        Self::flush(&mut paragraph, &mut item, width, &mut out);
        while out.ends_with("\n\n") {
            out.pop();
        }
        out
    }

    fn flush(paragraph: &mut String, item: &mut &str, width: u16, out: &mut String) {
        if !paragraph.is_empty() {
            let plain: Vec<String> = without_emphasis(paragraph)
                .split_whitespace()
                .map(str::to_owned)
                .collect();
            out.push_str(&hung(item, &plain.join(" "), width));
        }
        *item = "";
        paragraph.clear();
    }
}

/// How much further the rest of a broken line of code stands.
const BROKEN: usize = 4;

/// `- `, `* ` or `2. ` where a line begins an item of a list; else nothing.
fn begin_of_item(line: &str) -> &str {
    let marks = ["- ", "* "];
    if let Some(mark) = marks.into_iter().find(|mark| line.starts_with(mark)) {
        return mark;
    }
    let digits = line.len() - line.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    match line.get(digits..digits + 2) {
        Some(". ") if digits > 0 => line.get(..digits + 2).unwrap_or_default(),
        _ => "",
    }
}

/// Stands for a blank at which nothing is broken.
const FIXED_BLANK: &str = "\u{a0}";

/// Wrapped text behind a prefix. What stands in backticks is a command or a piece of code that somebody copies: it
/// stays whole where it fits into a line.
fn hung(prefix: &str, text: &str, width: u16) -> String {
    use trueline_report::terminal::{columns, hanging};

    let room = usize::from(width).saturating_sub(columns(prefix));
    let parts: Vec<&str> = text.split('`').collect();
    let is_code = |at: usize| at % 2 == 1 && at + 1 < parts.len();
    let kept = parts.iter().enumerate().map(|(at, part)| {
        // With its backticks, and what follows the second.
        if is_code(at) && columns(part) + 4 <= room {
            part.replace(' ', FIXED_BLANK)
        } else {
            (*part).to_owned()
        }
    });
    let kept: Vec<String> = kept.collect();
    hanging(prefix, &kept.join("`"), width).replace(FIXED_BLANK, " ")
}

/// A line in pieces that fit, broken before a blank; whole where it has none.
fn pieces(line: &str, room: usize) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = line;
    let mut room = room;
    while trueline_report::terminal::columns(rest) > room {
        // The blanks at its beginning are its place, and no place to break it.
        let begin = rest.len() - rest.trim_start_matches([' ', '+', '-', '\t']).len();
        let fits = rest
            .char_indices()
            .skip_while(|(at, _)| *at <= begin)
            .filter(|(_, c)| *c == ' ')
            .take_while(|(at, _)| {
                let head = rest.get(..*at).unwrap_or_default();
                trueline_report::terminal::columns(head) <= room
            })
            .last();
        let Some((at, _)) = fits else { break };
        let (head, tail) = rest.split_at(at);
        pieces.push(head);
        rest = tail.trim_start_matches(' ');
        if pieces.len() == 1 {
            room = room.saturating_sub(BROKEN);
        }
    }
    pieces.push(rest);
    pieces
}

/// Markdown's asterisks say how a voice sounds; a terminal without italics is better off without them. Those within
/// code, and those that stand alone, mean something else.
fn without_emphasis(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut code = false;
    let mut out = String::new();
    for (at, c) in chars.iter().enumerate() {
        code ^= *c == '`';
        let blank = |at: Option<&char>| at.is_none_or(|c| c.is_whitespace());
        let alone =
            blank(at.checked_sub(1).and_then(|at| chars.get(at))) && blank(chars.get(at + 1));
        if *c != '*' || code || alone {
            out.push(*c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_wraps_and_lists_hang() {
        let style = Style {
            width: 40,
            ..Style::plain()
        };
        let text = Paint::new(style).prose(
            "# Title\nOne *short* line and **another** one that is longer than forty.\n\n- an item that goes on and on and on\n  and on\n- `SELECT * FROM x`\n\n```\ncode   as it is\n```\n",
        );
        assert_eq!(
            text,
            "Title\nOne short line and another one that is\nlonger than forty.\n\n- an item that goes on and on and on\nand on\n- `SELECT * FROM x`\n\n    code   as it is\n".replace("\nand on", "\n  and on")
        );
    }

    fn narrow() -> Paint {
        Paint::new(Style {
            width: 40,
            ..Style::plain()
        })
    }

    #[test]
    fn a_command_in_backticks_stays_whole_where_it_fits() {
        let text = narrow().told("Begin it with `trueline learn start py-sql-search` or later.");
        assert_eq!(
            text,
            "Begin it with\n`trueline learn start py-sql-search` or\nlater.\n"
        );
        let long = format!("`{}`", "word ".repeat(12));
        assert!(narrow().told(&long).lines().count() > 1);
        // Half a pair is no code.
        assert_eq!(narrow().told("one ` and no more"), "one ` and no more\n");
    }

    #[test]
    fn a_record_is_broken_within_a_word_that_is_too_long() {
        let line = format!("POST /x name={} -> 200", "y".repeat(70));
        let text = narrow().record(&line);
        let wanted = [
            "      | POST /x".to_owned(),
            format!("        name={}", "y".repeat(27)),
            format!("        {}", "y".repeat(32)),
            format!("        {} -> 200", "y".repeat(11)),
        ];
        assert_eq!(text.lines().collect::<Vec<_>>(), wanted);
    }

    #[test]
    fn numbered_items_stay_lines_of_their_own() {
        let text = narrow().prose("Steps:\n1. one\n2. two that goes on and on and on and on\n");
        assert_eq!(
            text,
            "Steps:\n1. one\n2. two that goes on and on and on and\n   on\n"
        );
    }

    #[test]
    fn code_that_is_too_wide_is_broken_at_blanks_and_keeps_its_place() {
        let line = "+    rows = db.execute(query, [name, place, day])";
        let text = narrow().code("  12 ", line, |_, piece| piece.to_owned());
        assert_eq!(
            text,
            "  12 +    rows = db.execute(query,\n      .. [name, place, day])\n"
        );
        let word = format!("+{}", "x".repeat(60));
        let text = narrow().code("", &word, |_, piece| piece.to_owned());
        assert_eq!(text, format!("{word}\n"), "a path is never cut");
    }
}
