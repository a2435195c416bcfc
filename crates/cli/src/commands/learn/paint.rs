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

    /// Prose in paragraphs, wrapped; headings bold, code as it is.
    pub(super) fn prose(self, markdown: &str) -> String {
        let width = usize::from(self.style.width).min(96) - 2;
        let mut out = String::new();
        let mut paragraph = String::new();
        let mut hang = "";
        let mut code = false;
        for line in markdown.lines() {
            let trimmed = line.trim();
            if trimmed.starts_with("```") {
                Self::flush(&mut paragraph, hang, width, &mut out);
                hang = "";
                code = !code;
                continue;
            }
            if code {
                out.push_str("    ");
                out.push_str(line);
                out.push('\n');
                continue;
            }
            let item = trimmed.starts_with("- ") || trimmed.starts_with("* ");
            let table = trimmed.starts_with('|');
            if trimmed.is_empty() || item || table || trimmed.starts_with('#') {
                Self::flush(&mut paragraph, hang, width, &mut out);
                hang = "";
            }
            if trimmed.is_empty() {
                if !out.is_empty() && !out.ends_with("\n\n") {
                    out.push('\n');
                }
            } else if let Some(heading) = trimmed.strip_prefix('#') {
                out.push_str(&self.bold(heading.trim_start_matches('#').trim()));
                out.push('\n');
            } else if table {
                out.push_str("  ");
                out.push_str(trimmed);
                out.push('\n');
            } else {
                if item {
                    hang = "  ";
                } else if !paragraph.is_empty() {
                    paragraph.push(' ');
                }
                paragraph.push_str(trimmed);
            }
        }
        Self::flush(&mut paragraph, hang, width, &mut out);
        while out.ends_with("\n\n") {
            out.pop();
        }
        out
    }

    fn flush(paragraph: &mut String, hang: &str, width: usize, out: &mut String) {
        if paragraph.is_empty() {
            return;
        }
        let plain = without_emphasis(paragraph);
        let mut line = String::new();
        for word in plain.split_whitespace() {
            let full = line.chars().count() + 1 + word.chars().count() > width;
            if full && !line.trim().is_empty() {
                out.push_str(&line);
                out.push('\n');
                hang.clone_into(&mut line);
            } else if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        out.push_str(&line);
        out.push('\n');
        paragraph.clear();
    }
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
}
