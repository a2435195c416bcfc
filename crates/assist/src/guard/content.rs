//! What a file would hold after a call, worked out as the tool would.
//!
//! Where that cannot be told (a text to replace that is not there, a patch that does not fit), the
//! new text is looked at by itself: less is known, and what it shows alone still counts.

use trueline_capture::event::{Change, PatchLine, Replacement};

use super::reasons::Counted;

/// The longest content that is looked at, in bytes.
pub(super) const LONGEST: usize = 1 << 20;

/// What a file would hold.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Content {
    /// What it holds now: what is there is not new, wherever the new text goes.
    pub(super) before: Option<String>,
    /// What it would hold, or the new text.
    pub(super) after: String,
    /// Which of the two.
    pub(super) counted: Counted,
}

/// The new content is longer than what is looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct TooLong;

/// `None`: nothing is told about the content.
pub(super) fn proposed(before: Option<&str>, change: &Change) -> Result<Option<Content>, TooLong> {
    // Tools give line ends as they like.
    let before = before.map(|text| text.replace("\r\n", "\n"));
    let whole = match change {
        Change::Delete | Change::Untold => return Ok(None),
        Change::Whole(text) => Some(text.to_string()),
        Change::Replace(all) => replaced(before.as_deref().unwrap_or_default(), all)?,
        Change::Patch(lines) => patched(before.as_deref().unwrap_or_default(), lines),
        Change::Sketch(_) => None,
    };
    let (after, counted) = match whole {
        Some(after) => (after, Counted::InFile),
        None => (new_text(change), Counted::InNewText),
    };
    let content = Content {
        before,
        after,
        counted,
    };
    if content.after.len() > LONGEST {
        return Err(TooLong);
    }
    Ok(Some(content))
}

/// Every place of a text is replaced: a tool that takes only one fails where there are more.
fn replaced(before: &str, all: &[Replacement]) -> Result<Option<String>, TooLong> {
    let mut text = before.to_owned();
    for one in all {
        let old = one.old.replace("\r\n", "\n");
        let new = one.new.replace("\r\n", "\n");
        if old.is_empty() {
            // How tools make a file.
            if text.is_empty() {
                text = new;
                continue;
            }
            return Ok(None);
        }
        let places = text.matches(&old).count();
        if places == 0 {
            return Ok(None);
        }
        if text.len().saturating_add(places.saturating_mul(new.len())) > 2 * LONGEST {
            return Err(TooLong);
        }
        text = text.replace(&old, &new);
    }
    Ok(Some(text))
}

/// The text after a patch; `None` if it does not fit.
fn patched(before: &str, lines: &[PatchLine]) -> Option<String> {
    let text: Vec<&str> = before.lines().collect();
    let mut out: Vec<&str> = Vec::with_capacity(text.len() + lines.len());
    let mut at = 0;
    for part in lines.split(|line| *line == PatchLine::Elsewhere) {
        let there: Vec<&str> = part
            .iter()
            .filter_map(|line| match line {
                PatchLine::Kept(text) | PatchLine::Removed(text) => Some(&**text),
                PatchLine::Added(_) | PatchLine::Elsewhere => None,
            })
            .collect();
        if part.is_empty() {
            continue;
        }
        if there.is_empty() && !text.is_empty() {
            // New lines without a word about where they go.
            return None;
        }
        let found = find(text.get(at..)?, &there)?;
        out.extend(text.get(at..at + found)?);
        out.extend(part.iter().filter_map(|line| match line {
            PatchLine::Kept(text) | PatchLine::Added(text) => Some(&**text),
            PatchLine::Removed(_) | PatchLine::Elsewhere => None,
        }));
        at += found + there.len();
    }
    out.extend(text.get(at..)?);
    let mut after = out.join("\n");
    after.push('\n');
    Some(after)
}

/// Where lines stand, blanks at their ends aside.
fn find(text: &[&str], lines: &[&str]) -> Option<usize> {
    if lines.is_empty() {
        return Some(0);
    }
    let same = |(a, b): (&&str, &&str)| a.trim_end() == b.trim_end();
    text.windows(lines.len())
        .position(|window| window.iter().zip(lines).all(same))
}

fn new_text(change: &Change) -> String {
    match change {
        Change::Whole(text) => text.to_string(),
        Change::Replace(all) => {
            let texts: Vec<&str> = all.iter().map(|one| &*one.new).collect();
            texts.join("\n")
        }
        Change::Patch(lines) => {
            let added: Vec<&str> = lines.iter().filter_map(PatchLine::added).collect();
            added.join("\n")
        }
        // What is left out is said in a comment.
        Change::Sketch(text) => {
            let told = text
                .lines()
                .filter(|line| !line.contains("...existing code..."));
            told.collect::<Vec<_>>().join("\n")
        }
        Change::Delete | Change::Untold => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(before: Option<&str>, change: &Change) -> (String, Counted) {
        let content = proposed(before, change).unwrap().unwrap();
        (content.after, content.counted)
    }

    fn replacements(all: &[(&str, &str)]) -> Change {
        let all = all.iter().map(|(old, new)| Replacement {
            old: (*old).into(),
            new: (*new).into(),
        });
        Change::Replace(all.collect())
    }

    fn patch(text: &str) -> Change {
        let lines = text.lines().map(|line| match line.split_at(1) {
            ("+", rest) => PatchLine::Added(rest.into()),
            ("-", rest) => PatchLine::Removed(rest.into()),
            ("@", _) => PatchLine::Elsewhere,
            (_, rest) => PatchLine::Kept(rest.into()),
        });
        Change::Patch(lines.collect())
    }

    #[test]
    fn texts_are_replaced_one_after_the_other() {
        let change = replacements(&[("a", "bb"), ("bb", "c")]);
        assert_eq!(
            after(Some("a\r\na\r\n"), &change),
            ("c\nc\n".to_owned(), Counted::InFile)
        );
        let change = replacements(&[("", "new\n")]);
        assert_eq!(after(None, &change), ("new\n".to_owned(), Counted::InFile));
        let change = replacements(&[("not there", "new")]);
        assert_eq!(
            after(Some("a\n"), &change),
            ("new".to_owned(), Counted::InNewText)
        );
    }

    #[test]
    fn a_patch_goes_where_its_lines_stand() {
        let text = "one\ntwo\nthree\nfour\n";
        assert_eq!(
            after(Some(text), &patch("@\n one\n-two\n+2\n@ x\n four\n+five\n")),
            ("one\n2\nthree\nfour\nfive\n".to_owned(), Counted::InFile)
        );
        assert_eq!(
            after(None, &patch("+one\n+two\n")),
            ("one\ntwo\n".to_owned(), Counted::InFile)
        );
        for apart in ["@\n-six\n+6\n", "@\n four\n@\n-one\n+6\n", "@\n+6\n"] {
            assert_eq!(
                after(Some(text), &patch(apart)),
                ("6".to_owned(), Counted::InNewText),
                "{apart}"
            );
        }
    }

    #[test]
    fn a_sketch_is_looked_at_alone() {
        let change = Change::Sketch("def f():\n    # ...existing code...\n    return 1".into());
        assert_eq!(
            after(Some("def f():\n    pass\n"), &change),
            ("def f():\n    return 1".to_owned(), Counted::InNewText)
        );
    }

    #[test]
    fn what_would_grow_without_end_is_not_made() {
        let change = replacements(&[("a", &"b".repeat(LONGEST))]);
        assert_eq!(proposed(Some("aaa"), &change), Err(TooLong));
        let change = Change::Whole("x".repeat(LONGEST + 1).into());
        assert_eq!(proposed(None, &change), Err(TooLong));
    }
}
