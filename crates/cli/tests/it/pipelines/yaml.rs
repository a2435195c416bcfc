//! As much of YAML as the Action and the templates are written in: maps and lists by their indentation, lists and texts
//! on one line, and blocks of lines. Anything else is a mistake in those files and fails the test.

use serde_json::{Map, Value};

struct Line<'t> {
    depth: usize,
    text: &'t str,
    /// As it stands in the file, for blocks.
    raw: &'t str,
}

/// Reads a document.
pub(super) fn read(text: &str) -> Value {
    let lines: Vec<Line<'_>> = text
        .lines()
        .map(|raw| {
            let trimmed = raw.trim_start();
            Line {
                depth: raw.len() - trimmed.len(),
                text: without_comment(trimmed).trim_end(),
                raw,
            }
        })
        .collect();
    let (value, end) = block(&lines, 0, 0);
    assert_eq!(end, lines.len(), "not read to its end: {}", lines[end].raw);
    value
}

/// A comment begins a line or follows a blank, outside of quotes.
fn without_comment(text: &str) -> &str {
    let mut quote = None;
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        match quote {
            Some(open) if c == open => quote = None,
            None if c == '\'' || c == '"' => quote = Some(c),
            None if c == '#' && before == ' ' => return &text[..at],
            _ => {}
        }
        before = c;
    }
    text
}

fn next(lines: &[Line<'_>], mut at: usize) -> usize {
    while lines.get(at).is_some_and(|line| line.text.is_empty()) {
        at += 1;
    }
    at
}

/// The map or list whose entries stand at the depth of its first line, which is at least `least`.
fn block(lines: &[Line<'_>], from: usize, least: usize) -> (Value, usize) {
    let mut at = next(lines, from);
    let Some(first) = lines.get(at).filter(|line| line.depth >= least) else {
        return (Value::Null, at);
    };
    let depth = first.depth;
    if first.text == "-" || first.text.starts_with("- ") {
        let mut items = Vec::new();
        while let Some(line) = lines
            .get(at)
            .filter(|line| line.depth == depth && line.text.starts_with('-'))
        {
            let inner = line.text[1..].trim_start();
            let (item, end) = if key_of(inner).is_some() {
                entries(
                    lines,
                    at,
                    depth + line.text.len() - inner.len(),
                    Some(inner),
                )
            } else if inner == "|" {
                lines_of(lines, at + 1, depth)
            } else {
                (scalar(inner), next(lines, at + 1))
            };
            items.push(item);
            at = end;
        }
        return (items.into(), at);
    }
    entries(lines, at, depth, None)
}

/// The entries of a map; the first may stand behind the dash of a list.
fn entries(lines: &[Line<'_>], from: usize, depth: usize, first: Option<&str>) -> (Value, usize) {
    let mut map = Map::new();
    let mut at = from;
    let mut first = first;
    while let Some(line) = lines.get(at) {
        let text = match first.take() {
            Some(text) => text,
            None if line.depth == depth && !line.text.starts_with("- ") => line.text,
            None => break,
        };
        let (key, rest) = key_of(text).unwrap_or_else(|| panic!("no entry: {}", line.raw));
        let (value, end) = match rest {
            "|" => lines_of(lines, at + 1, depth),
            "" => {
                let (value, end) = block(lines, at + 1, depth + 1);
                (value, end)
            }
            rest => (scalar(rest), next(lines, at + 1)),
        };
        assert!(map.insert(key.to_owned(), value).is_none(), "{key} twice");
        at = end;
    }
    (map.into(), at)
}

/// A block of lines deeper than its key.
fn lines_of(lines: &[Line<'_>], from: usize, depth: usize) -> (Value, usize) {
    let first = next(lines, from);
    let inner = lines.get(first).map_or(depth + 1, |line| line.depth);
    let mut out = String::new();
    let mut at = from;
    while let Some(line) = lines
        .get(at)
        .filter(|line| line.raw.trim().is_empty() || line.depth >= inner && inner > depth)
    {
        out.push_str(line.raw.get(inner..).unwrap_or_default());
        out.push('\n');
        at += 1;
    }
    (Value::String(out), next(lines, at))
}

fn key_of(text: &str) -> Option<(&str, &str)> {
    let (key, rest) = text
        .split_once(": ")
        .or_else(|| Some((text.strip_suffix(':')?, "")))?;
    let is_key = !key.is_empty()
        && key
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'));
    is_key.then_some((key, rest.trim()))
}

fn scalar(text: &str) -> Value {
    let text = text.trim();
    if let Some(inner) = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')) {
        return inner.split(',').map(scalar).collect::<Vec<_>>().into();
    }
    for quote in ['\'', '"'] {
        let inner = text
            .strip_prefix(quote)
            .and_then(|inner| inner.strip_suffix(quote));
        if let Some(inner) = inner {
            return Value::String(inner.to_owned());
        }
    }
    match text {
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        _ => Value::String(text.to_owned()),
    }
}

#[test]
fn what_the_files_are_written_in_is_read() {
    let text = "# top\na:\n  b: 'x: y' # why\n  list: [p, q]\n\nsteps:\n  - id: one\n    run: |\n      echo a\n\n      echo b\n  - uses: x\nlast: \"#no\"\nscript:\n  - run it --fast\n  - |\n    if x; then\n      # why\n      y\n    fi\n  - end\n";
    assert_eq!(
        read(text),
        serde_json::json!({
            "a": {"b": "x: y", "list": ["p", "q"]},
            "steps": [{"id": "one", "run": "echo a\n\necho b\n"}, {"uses": "x"}],
            "last": "#no",
            "script": ["run it --fast", "if x; then\n  # why\n  y\nfi\n", "end"],
        })
    );
}
