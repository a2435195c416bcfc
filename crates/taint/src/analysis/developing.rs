//! Whether a place in the text of a file is in a branch that is only taken while the program is
//! written: what the conditions around it ask, and whether it is in the branch or in the other one.

use trueline_syntax::ir::Span;

use super::names::words;

/// Lines before a place in which a condition may stand that it depends on.
const MAX_BEFORE: usize = 3;
/// Words of conditions that hold where the program serves.
const SERVING: &[&str] = &["prod", "production"];
/// Words of conditions that only hold while the program is written.
const DEVELOPING: &[&str] = &[
    "debug",
    "dev",
    "develop",
    "development",
    "devel",
    "test",
    "tests",
    "testing",
    "local",
    "localhost",
    "ci",
    "example",
    "examples",
    "sample",
    "demo",
    "mock",
    "e2e",
    "stub",
];

/// How blocks are marked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Blocks {
    Braces,
    Indentation,
}

/// Whether a place is in a branch for development.
pub(crate) fn is_developing(text: &str, span: Span, blocks: Blocks) -> bool {
    let start = span.start as usize;
    let (Some(before), Some(after)) = (text.get(..start), text.get(span.end as usize..)) else {
        return false;
    };
    let own = before.rfind('\n').map_or(0, |at| at + 1);
    if blocks == Blocks::Indentation && chosen_inline(before.get(own..).unwrap_or(""), after) {
        return true;
    }
    let mut line = own;
    for _ in 0..=MAX_BEFORE {
        let region = before.get(line..).unwrap_or("");
        if asked_in(region, blocks) || blocks == Blocks::Braces && chosen(region) {
            return true;
        }
        let Some(newline) = line.checked_sub(1) else {
            return false;
        };
        line = before
            .get(..newline)
            .and_then(|t| t.rfind('\n'))
            .map_or(0, |at| at + 1);
    }
    false
}

/// Whether the condition on the first line of a region is still open at its end.
fn asked_in(region: &str, blocks: Blocks) -> bool {
    let line = region.lines().next().unwrap_or("");
    if line.trim_start().starts_with(['#', '*']) || line.trim_start().starts_with("//") {
        return false;
    }
    let Some((at, keyword)) = keyword(line) else {
        return false;
    };
    let rest = region.get(at + keyword.len()..).unwrap_or("");
    if keyword == "case" {
        let (condition, body) = rest.split_once(':').unwrap_or((rest, ""));
        let left = body.lines().any(|l| {
            ["break", "return", "case ", "default"]
                .iter()
                .any(|w| l.trim_start().starts_with(w))
        });
        return !left && !body.contains('}') && says_developing(condition) == Some(true);
    }
    let found = match blocks {
        Blocks::Braces => in_braces(rest),
        Blocks::Indentation => indented(line, region.get(line.len()..).unwrap_or(""), rest),
    };
    found.is_some_and(|(condition, then)| tells(condition, then))
}

/// The last word of a line that begins a condition, and where it stands.
fn keyword(line: &str) -> Option<(usize, &'static str)> {
    let whole = |at: usize, word: &str| {
        let letter = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '$' | '"' | '\'');
        let before = line.get(..at).and_then(|t| t.chars().next_back());
        let after = line.get(at + word.len()..).and_then(|t| t.chars().next());
        !before.is_some_and(letter) && matches!(after, Some(' ' | '('))
    };
    ["if", "elif", "case"]
        .into_iter()
        .filter_map(|word| {
            let mut places = line.match_indices(word).map(|(at, _)| at);
            places.find(|at| whole(*at, word)).map(|at| (at, word))
        })
        .max_by_key(|(at, _)| *at)
}

/// The condition that is open at the end of code which begins after `if`, and whether that is its
/// first branch.
fn in_braces(code: &str) -> Option<(&str, bool)> {
    let trimmed = code.trim_start();
    let (condition, body) = if trimmed.starts_with('(') {
        let end = closing(trimmed)?;
        (trimmed.get(1..end)?, trimmed.get(end + 1..)?)
    } else {
        trimmed
            .split_once('{')
            .map(|(c, _)| (c, trimmed.get(c.len()..).unwrap_or("")))?
    };
    let first = body.lines().next().unwrap_or("").trim();
    if !body.trim_start().starts_with('{') {
        // One statement, on the same line or on the next.
        let lines = body.lines().count();
        let last = if first.is_empty() { 2 } else { 1 };
        return (lines <= last && !body.contains(';')).then_some((condition, true));
    }
    let mut then = true;
    let mut depth = 0_usize;
    for (at, c) in outside_texts(body) {
        match c {
            '{' => depth += 1,
            '}' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    let rest = body.get(at + 1..).unwrap_or("").trim_start();
                    if !rest.starts_with("else") {
                        return None;
                    }
                    then = false;
                }
            }
            _ => {}
        }
    }
    (depth > 0).then_some((condition, then))
}

/// The same where blocks are indented: the line of the condition, what is below, what follows `if`.
fn indented<'t>(line: &str, below: &str, rest: &'t str) -> Option<(&'t str, bool)> {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let first = rest.lines().next().unwrap_or("");
    let (condition, body) = first
        .split_once(": ")
        .or_else(|| first.trim_end().strip_suffix(':').map(|c| (c, "")))?;
    if below.is_empty() {
        return (!body.is_empty()).then_some((condition, true));
    }
    let mut then = true;
    let lines = below.lines().filter(|l| !l.trim().is_empty());
    for next in lines {
        let deeper = indent(next) > indent(line);
        let other =
            next.trim_start().starts_with("else:") || next.trim_start().starts_with("elif ");
        match (deeper, indent(next) == indent(line) && other) {
            (true, _) => {}
            (false, true) => then = false,
            (false, false) => return None,
        }
    }
    Some((condition, then))
}

/// `asks ? "…" : other`, up to the text.
fn chosen(region: &str) -> bool {
    let marks: Vec<(usize, char)> = outside_texts(region).collect();
    let question = marks.iter().rev().find(|(at, c)| {
        let next = region.get(at + 1..).and_then(|t| t.chars().next());
        let before = region.get(..*at).and_then(|t| t.chars().next_back());
        *c == '?' && !matches!(next, Some('?' | '.' | ':')) && before != Some('?')
    });
    let Some((at, _)) = question else {
        return false;
    };
    let condition = region.get(..*at).unwrap_or("");
    let condition = condition
        .rsplit(['=', ';', '{'])
        .next()
        .map_or(condition, |last| {
            // The mark of a comparison is part of the condition.
            let from = condition.find(" = ").map_or(0, |at| at + 3);
            let whole = condition.get(from..).unwrap_or(last);
            if whole.contains([';', '{']) {
                last
            } else {
                whole
            }
        });
    let body = region.get(at + 1..).unwrap_or("");
    if body.contains(';')
        || body
            .lines()
            .skip(1)
            .any(|l| !l.trim_start().starts_with(['?', ':']))
    {
        return false;
    }
    let other = marks.iter().any(|(mark, c)| mark > at && *c == ':');
    tells(condition, !other)
}

/// `"…" if asks else other`, `other if asks else "…"`.
fn chosen_inline(before: &str, after: &str) -> bool {
    let after = after.lines().next().unwrap_or("");
    let after = after.trim_start_matches(['"', '\'']);
    if let Some(rest) = after.trim_start().strip_prefix("if ")
        && let Some((condition, _)) = rest.split_once(" else ")
    {
        return tells(condition, true);
    }
    let Some((head, tail)) = before.rsplit_once(" else ") else {
        return false;
    };
    let quoted = tail.chars().all(|c| matches!(c, '"' | '\'' | 'b' | ' '));
    let condition = head.rsplit_once(" if ").map(|(_, condition)| condition);
    quoted && condition.is_some_and(|condition| tells(condition, false))
}

/// Whether the branch of a condition that holds, or that does not, is for development.
fn tells(condition: &str, holds: bool) -> bool {
    let either = condition.contains("||") || condition.contains(" or ");
    let both = condition.contains("&&") || condition.contains(" and ");
    let mut parts = condition
        .split("||")
        .flat_map(|part| part.split("&&"))
        .flat_map(|part| part.split(" or "))
        .flat_map(|part| part.split(" and "))
        .map(|part| says_developing(part) == Some(holds));
    if holds && either || !holds && both {
        parts.all(|says| says)
    } else {
        parts.any(|says| says)
    }
}

/// Whether a question without `and` and `or` is answered with yes only in development, or with no.
fn says_developing(question: &str) -> Option<bool> {
    let own: Vec<String> = words(question).collect();
    let has = |list: &[&str]| own.iter().any(|w| list.contains(&w.as_str()));
    let developing = match (has(DEVELOPING), has(SERVING)) {
        (true, false) => true,
        (false, true) => false,
        _ => return None,
    };
    let bare = question.trim_start_matches([' ', '(']);
    let negations = [
        question.contains("!="),
        bare.starts_with('!'),
        has(&["not", "false"]),
    ];
    let negated = negations.iter().filter(|is| **is).count() % 2 == 1;
    Some(developing != negated)
}

/// Where the parenthesis closes that a text begins with.
fn closing(code: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, c) in outside_texts(code) {
        match c {
            '(' => depth += 1,
            ')' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

/// The characters of code that are in no text.
fn outside_texts(code: &str) -> impl Iterator<Item = (usize, char)> {
    let mut open: Option<char> = None;
    code.char_indices().filter(move |(_, c)| match open {
        Some(quote) => {
            if *c == quote || *c == '\n' && quote != '`' {
                open = None;
            }
            false
        }
        None if matches!(c, '"' | '\'' | '`') => {
            open = Some(*c);
            false
        }
        None => true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn developing(text: &str, blocks: Blocks) -> bool {
        let start = text.find("KEY").map_or(0, |at| at as u32);
        is_developing(text, Span::new(start, start + 3), blocks)
    }

    #[test]
    fn a_branch_for_development_holds_what_is_in_it() {
        for text in [
            "if (env !== \"production\") {\n  s = \"KEY\";\n}",
            "if (env === 'development') s = 'KEY';",
            "if (isDev)\n  s = 'KEY';",
            "if (env === \"production\") {\n  s = load();\n} else {\n  s = \"KEY\";\n}",
            "if !isProduction() {\n  s = \"KEY\"\n}",
            "s = env === \"production\" ? load() : \"KEY\";",
            "s = isDev ? \"KEY\" : load();",
            "switch (env) {\n  case \"development\":\n    s = \"KEY\";",
        ] {
            assert!(developing(text, Blocks::Braces), "{text}");
        }
        for text in [
            "if DEBUG:\n    s = \"KEY\"\n",
            "if not PRODUCTION: s = \"KEY\"\n",
            "if env == \"production\":\n    s = load()\nelse:\n    s = \"KEY\"\n",
            "s = \"KEY\" if DEBUG else load()\n",
            "s = load() if PROD else \"KEY\"\n",
        ] {
            assert!(developing(text, Blocks::Indentation), "{text}");
        }
    }

    #[test]
    fn a_branch_that_is_closed_or_serves_does_not() {
        for text in [
            "if (env === \"production\") {\n  trust();\n}\ns = \"KEY\";",
            "if (isDev) {\n  show();\n}\ns = \"KEY\";",
            "if (isDev) { show(); }\ns = \"KEY\";",
            "if (isDev) show();\ns = \"KEY\";",
            "if (env === \"production\") {\n  s = \"KEY\";\n}",
            "if (isDev) {\n  s = load();\n} else {\n  s = \"KEY\";\n}",
            "s = env === \"production\" ? \"KEY\" : load();",
            "a = isDev ? 1 : 2\ns = \"KEY\"",
            "switch (env) {\n  case \"development\":\n    break;\n  default: s = \"KEY\";",
        ] {
            assert!(!developing(text, Blocks::Braces), "{text}");
        }
        for text in [
            "if DEBUG:\n    show()\ns = \"KEY\"\n",
            "if PRODUCTION:\n    s = \"KEY\"\n",
            "if DEBUG:\n    s = load()\nelse:\n    s = \"KEY\"\n",
            "s = load() if DEBUG else \"KEY\"\n",
        ] {
            assert!(!developing(text, Blocks::Indentation), "{text}");
        }
    }
}
