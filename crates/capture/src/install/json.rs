//! Adding to and taking from a JSON text without touching the rest of it: comments, order, spaces
//! and line ends stay as its owner wrote them.
//!
//! Reads what tools accept as settings, which is JSON with comments and trailing commas.

use std::ops::Range;

use serde_json::Value;

/// Values within values that are followed.
const DEEPEST: usize = 64;

#[derive(Debug)]
struct Node {
    span: Range<usize>,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Object(Vec<(String, Range<usize>, Node)>),
    Array(Vec<Node>),
    Other,
}

/// Puts `element` at the end of the list at `path`, making what is missing on the way. `None`: the
/// text is no JSON object, or something on the way is of another kind.
pub(super) fn add(text: &str, path: &[&str], element: &Value) -> Option<String> {
    let text = if text.trim().is_empty() { "{}\n" } else { text };
    let root = parse(text)?;
    let mut at = &root;
    let mut rest = path;
    while let [name, more @ ..] = rest {
        let Kind::Object(members) = &at.kind else {
            return None;
        };
        let Some((_, _, node)) = members.iter().find(|(key, _, _)| key == name) else {
            break;
        };
        at = node;
        rest = more;
    }
    let indent = indent(text, &root);
    let depth = path.len() - rest.len();
    match (&at.kind, rest) {
        (Kind::Array(items), []) => {
            let last = items.last().map(|item| item.span.end);
            let value = pretty(element, &indent, depth + 1);
            Some(insert(text, at, last, &value, &indent, depth + 1))
        }
        (Kind::Object(members), [name, more @ ..]) => {
            let mut value = Value::Array(vec![element.clone()]);
            for name in more.iter().rev() {
                value = Value::Object([((*name).to_owned(), value)].into_iter().collect());
            }
            let member = format!("\"{name}\": {}", pretty(&value, &indent, depth + 1));
            let last = members.last().map(|(_, _, node)| node.span.end);
            Some(insert(text, at, last, &member, &indent, depth + 1))
        }
        _ => None,
    }
}

/// Sets a member that is not there yet; what is there stays.
pub(super) fn set(text: &str, path: &[&str], value: &Value) -> Option<String> {
    let text = if text.trim().is_empty() { "{}\n" } else { text };
    let root = parse(text)?;
    let mut at = &root;
    let indent = indent(text, &root);
    for (depth, name) in path.iter().enumerate() {
        let Kind::Object(members) = &at.kind else {
            return None;
        };
        if let Some((_, _, node)) = members.iter().find(|(key, _, _)| key == name) {
            at = node;
            continue;
        }
        let mut value = value.clone();
        for name in path.iter().skip(depth + 1).rev() {
            value = Value::Object([((*name).to_owned(), value)].into_iter().collect());
        }
        let member = format!("\"{name}\": {}", pretty(&value, &indent, depth + 1));
        let last = members.last().map(|(_, _, node)| node.span.end);
        return Some(insert(text, at, last, &member, &indent, depth + 1));
    }
    Some(text.to_owned())
}

/// Does what stands at `path` contain `mark`?
pub(super) fn holds(text: &str, path: &[&str], mark: &str) -> bool {
    find(text, path)
        .and_then(|span| text.get(span))
        .is_some_and(|part| part.contains(mark))
}

/// The place of what stands at `path`.
pub(super) fn find(text: &str, path: &[&str]) -> Option<Range<usize>> {
    let root = parse(text)?;
    let mut at = &root;
    for name in path {
        let Kind::Object(members) = &at.kind else {
            return None;
        };
        at = members
            .iter()
            .find_map(|(key, _, node)| (key == name).then_some(node))?;
    }
    Some(at.span.clone())
}

/// Takes out every list element that contains `mark`, and lists and objects that are empty then.
pub(super) fn remove(text: &str, mark: &str) -> Option<String> {
    let mut text = text.to_owned();
    // One at a time: places move.
    for _ in 0..256 {
        let root = parse(&text)?;
        let Some(span) = marked(&text, &root, mark, None) else {
            return Some(text);
        };
        text.replace_range(span, "");
    }
    None
}

/// The place to cut out for the first element that contains the mark; if it is alone in its list,
/// the list goes with its name, and so on up.
fn marked(
    text: &str,
    node: &Node,
    mark: &str,
    whole: Option<Range<usize>>,
) -> Option<Range<usize>> {
    let holds = |node: &Node| {
        text.get(node.span.clone())
            .is_some_and(|part| part.contains(mark))
    };
    match &node.kind {
        Kind::Object(members) => {
            let (at, (_, key, value)) = members
                .iter()
                .enumerate()
                .find(|(_, (_, _, value))| holds(value))?;
            let span = with_comma(
                text,
                key.start..value.span.end,
                node,
                at + 1 == members.len(),
            );
            let alone = members.len() == 1;
            let up = match (alone, whole) {
                (true, Some(whole)) => whole,
                _ => span,
            };
            marked(text, value, mark, Some(up))
        }
        Kind::Array(items) => {
            let (at, item) = items.iter().enumerate().find(|(_, item)| holds(item))?;
            // A group of several hooks: ours alone goes.
            if let Kind::Object(members) = &item.kind
                && let Some((_, _, inner)) = members.iter().find(|(_, _, value)| {
                    matches!(&value.kind, Kind::Array(all) if all.len() > 1) && holds(value)
                })
            {
                return marked(text, inner, mark, None);
            }
            match whole {
                Some(whole) if items.len() == 1 => Some(whole),
                _ => Some(with_comma(
                    text,
                    item.span.clone(),
                    node,
                    at + 1 == items.len(),
                )),
            }
        }
        Kind::Other => None,
    }
}

/// An element with the comma and the spaces that go with it.
fn with_comma(text: &str, span: Range<usize>, around: &Node, last: bool) -> Range<usize> {
    let bytes = text.as_bytes();
    if last {
        let mut start = span.start;
        while start > around.span.start + 1 && bytes[start - 1].is_ascii_whitespace() {
            start -= 1;
        }
        if bytes[start - 1] == b',' {
            start -= 1;
        }
        return start..span.end;
    }
    let mut end = span.end;
    while end < around.span.end && bytes[end] != b',' {
        end += 1;
    }
    end += 1;
    while end < around.span.end && bytes[end].is_ascii_whitespace() {
        end += 1;
    }
    span.start..end
}

fn insert(
    text: &str,
    around: &Node,
    last: Option<usize>,
    value: &str,
    indent: &str,
    depth: usize,
) -> String {
    let end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let value = value.replace('\n', end);
    let inner = indent.repeat(depth);
    let mut out = text.to_owned();
    if let Some(last) = last {
        // A trailing comma that is there already does for ours.
        let rest = text.get(last..around.span.end).unwrap_or_default();
        let comma = trailing_comma(rest);
        let at = comma.map_or(last, |offset| last + offset + 1);
        let sep = if comma.is_some() { "" } else { "," };
        out.insert_str(at, &format!("{sep}{end}{inner}{value}"));
        return out;
    }
    let outer = indent.repeat(depth.saturating_sub(1));
    let filled = format!("{end}{inner}{value}{end}{outer}");
    let (open, close) = (around.span.start + 1, around.span.end - 1);
    if text.get(open..close).unwrap_or_default().trim().is_empty() {
        out.replace_range(open..close, &filled);
    } else {
        // Only comments in it.
        out.insert_str(close, &filled);
    }
    out
}

fn trailing_comma(rest: &str) -> Option<usize> {
    let mut reader = Reader {
        text: rest.as_bytes(),
        at: 0,
    };
    reader.skip();
    (reader.peek() == Some(b',')).then_some(reader.at)
}

fn pretty(value: &Value, indent: &str, depth: usize) -> String {
    let text = serde_json::to_string_pretty(value).unwrap_or_default();
    let mut out = String::new();
    for (at, line) in text.lines().enumerate() {
        if at > 0 {
            out.push('\n');
            out.push_str(&indent.repeat(depth));
        }
        let spaces = line.len() - line.trim_start().len();
        out.push_str(&indent.repeat(spaces / 2));
        out.push_str(line.trim_start());
    }
    out
}

/// The indentation of the text: that of the first member of its root.
fn indent(text: &str, root: &Node) -> String {
    if let Kind::Object(members) = &root.kind
        && let Some((_, key, _)) = members.first()
    {
        let before = text.get(..key.start).unwrap_or_default();
        if let Some(line) = before.rfind('\n') {
            let indent = before.get(line + 1..).unwrap_or_default();
            if !indent.is_empty() && indent.chars().all(|c| c == ' ' || c == '\t') {
                return indent.to_owned();
            }
        }
    }
    "  ".to_owned()
}

struct Reader<'t> {
    text: &'t [u8],
    at: usize,
}

fn parse(text: &str) -> Option<Node> {
    let mut reader = Reader {
        text: text.as_bytes(),
        at: 0,
    };
    if text.starts_with('\u{feff}') {
        reader.at = 3;
    }
    let node = reader.value(0)?;
    reader.skip();
    let whole = reader.at == text.len() && matches!(node.kind, Kind::Object(_));
    whole.then_some(node)
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    /// Spaces and comments.
    fn skip(&mut self) {
        loop {
            match (self.peek(), self.text.get(self.at + 1)) {
                (Some(byte), _) if byte.is_ascii_whitespace() => self.at += 1,
                (Some(b'/'), Some(b'/')) => {
                    while self.peek().is_some_and(|byte| byte != b'\n') {
                        self.at += 1;
                    }
                }
                (Some(b'/'), Some(b'*')) => {
                    self.at += 2;
                    while self.at < self.text.len()
                        && !self
                            .text
                            .get(self.at..)
                            .is_some_and(|rest| rest.starts_with(b"*/"))
                    {
                        self.at += 1;
                    }
                    self.at = (self.at + 2).min(self.text.len());
                }
                _ => return,
            }
        }
    }

    fn value(&mut self, depth: usize) -> Option<Node> {
        if depth > DEEPEST {
            return None;
        }
        self.skip();
        let start = self.at;
        let kind = match self.peek()? {
            b'{' => {
                self.at += 1;
                let mut members = Vec::new();
                loop {
                    self.skip();
                    if self.peek()? == b'}' {
                        self.at += 1;
                        break Kind::Object(members);
                    }
                    let key = self.string()?;
                    let name = serde_json::from_slice(self.text.get(key.clone())?).ok()?;
                    self.skip();
                    if self.peek()? != b':' {
                        return None;
                    }
                    self.at += 1;
                    members.push((name, key, self.value(depth + 1)?));
                    self.comma(b'}')?;
                }
            }
            b'[' => {
                self.at += 1;
                let mut items = Vec::new();
                loop {
                    self.skip();
                    if self.peek()? == b']' {
                        self.at += 1;
                        break Kind::Array(items);
                    }
                    items.push(self.value(depth + 1)?);
                    self.comma(b']')?;
                }
            }
            b'"' => {
                self.string()?;
                Kind::Other
            }
            _ => {
                while self
                    .peek()
                    .is_some_and(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
                {
                    self.at += 1;
                }
                if self.at == start {
                    return None;
                }
                Kind::Other
            }
        };
        Some(Node {
            span: start..self.at,
            kind,
        })
    }

    fn comma(&mut self, close: u8) -> Option<()> {
        self.skip();
        match self.peek()? {
            b',' => self.at += 1,
            byte if byte == close => {}
            _ => return None,
        }
        Some(())
    }

    fn string(&mut self) -> Option<Range<usize>> {
        let start = self.at;
        if self.peek()? != b'"' {
            return None;
        }
        self.at += 1;
        loop {
            match self.peek()? {
                b'\\' => self.at += 2,
                b'"' => {
                    self.at += 1;
                    return Some(start..self.at);
                }
                _ => self.at += 1,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_element_is_added_and_the_rest_stays() {
        let text = "{\n    // mine\n    \"model\": \"x\",\n    \"hooks\": {\n        \"Stop\": [\n            { \"a\": 1 }, // last\n        ]\n    },\n}\n";
        let added = add(text, &["hooks", "Stop"], &json!({"command": "ours"})).unwrap();
        assert_eq!(
            added,
            "{\n    // mine\n    \"model\": \"x\",\n    \"hooks\": {\n        \"Stop\": [\n            { \"a\": 1 },\n            {\n                \"command\": \"ours\"\n            } // last\n        ]\n    },\n}\n"
        );
        let added = add(text, &["hooks", "Pre"], &json!({"command": "ours"})).unwrap();
        assert!(
            added.contains("        ],\n        \"Pre\": [\n            {\n"),
            "{added}"
        );
    }

    #[test]
    fn what_is_missing_is_made() {
        let made = add("", &["hooks", "Stop"], &json!("ours")).unwrap();
        assert_eq!(
            made,
            "{\n  \"hooks\": {\n    \"Stop\": [\n      \"ours\"\n    ]\n  }\n}\n"
        );
        assert_eq!(add("[]", &["hooks"], &json!(1)), None);
        assert_eq!(add("{\"hooks\": 3}", &["hooks", "Stop"], &json!(1)), None);
    }

    #[test]
    fn taking_out_undoes_adding() {
        for text in [
            "{\"hooks\": {\"Stop\": [1]}}",
            "{\n  \"a\": 1\n}\n",
            "{\r\n\t\"hooks\": {\r\n\t\t\"Pre\": []\r\n\t}\r\n}\r\n",
            "{\"a\": {}, \"hooks\": {\"Stop\": [{\"hooks\": [\"theirs\"]}]}}",
        ] {
            let added = add(text, &["hooks", "Stop"], &json!({"hooks": ["ours"]})).unwrap();
            let back = remove(&added, "ours").unwrap();
            let read = |text: &str| serde_json::from_str::<Value>(text).unwrap();
            assert_eq!(read(&back), read(text), "{added}\n{back}");
        }
    }

    #[test]
    fn a_hook_in_a_group_of_several_goes_alone() {
        let text = "{\"hooks\": {\"Stop\": [{\"hooks\": [\"theirs\", \"ours\"]}]}}";
        assert_eq!(
            remove(text, "ours").unwrap(),
            "{\"hooks\": {\"Stop\": [{\"hooks\": [\"theirs\"]}]}}"
        );
    }
}
