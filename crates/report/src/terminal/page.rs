//! A page of prose and code, as `rules explain` shows it: the Markdown stays Markdown, its prose is
//! broken at the width of the terminal. Code, tables and headings keep their lines.

use super::layout::wrap;
use crate::Style;

/// Breaks the prose of a Markdown page at the width of `style`.
#[must_use]
pub fn page(markdown: &str, style: Style) -> String {
    let width = usize::from(style.width);
    let mut out = String::with_capacity(markdown.len());
    let mut in_code = false;
    for line in markdown.lines() {
        let is_fence = line.trim_start().starts_with("```");
        in_code ^= is_fence;
        if in_code || is_fence || line.starts_with(['|', '#', ' ']) {
            out.push_str(line);
            out.push('\n');
            continue;
        }
        let hang = if line.starts_with("- ") { "  " } else { "" };
        for (at, part) in wrap(line, width - hang.len()).iter().enumerate() {
            if at > 0 {
                out.push_str(hang);
            }
            out.push_str(part);
            out.push('\n');
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_is_broken_and_code_is_not() {
        let style = Style {
            width: 40,
            ..Style::plain()
        };
        let text = "# A heading that is longer than forty columns is one line\n\n\
                    Prose that is longer than forty columns is broken at blanks.\n\n\
                    - An entry of a list is broken, too, and hangs.\n\n\
                    ```py\nx = \"code of more than forty columns is left as it is\"\n```\n";
        insta::assert_snapshot!(page(text, style), @r#"
        # A heading that is longer than forty columns is one line

        Prose that is longer than forty columns
        is broken at blanks.

        - An entry of a list is broken, too,
          and hangs.

        ```py
        x = "code of more than forty columns is left as it is"
        ```
        "#);
    }
}
