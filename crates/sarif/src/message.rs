//! Texts of strangers: message templates are filled in one pass, links read, control characters taken
//! out, lengths limited.

use std::ops::Range;

use serde_json::Value;

/// Longer messages are cut.
pub(crate) const MAX_MESSAGE: usize = 2_000;
/// What follows in a longer message template is not read: it is read anew for each result.
const MAX_TEMPLATE: usize = 4 * MAX_MESSAGE;

/// A template with its placeholders filled (section 3.11.5), in one pass: what an argument says is
/// never read as a template. It stops where a message is cut anyway.
pub(crate) fn filled(template: &str, arguments: &[Value]) -> String {
    let mut out = String::new();
    let mut room = MAX_MESSAGE;
    let mut rest = &template[..template
        .char_indices()
        .nth(MAX_TEMPLATE)
        .map_or(template.len(), |(at, _)| at)];
    while room > 0
        && let Some(first) = rest.chars().next()
    {
        let after = &rest[first.len_utf8()..];
        if matches!(first, '{' | '}') && after.starts_with(first) {
            rest = &after[1..];
        } else if first == '{'
            && let Some((number, behind)) = after.split_once('}')
            && let Some(argument) = number.parse().ok().and_then(|n: usize| arguments.get(n))
        {
            for c in argument.as_str().unwrap_or("").chars().take(room) {
                out.push(c);
                room -= 1;
            }
            rest = behind;
            continue;
        } else {
            rest = after;
        }
        out.push(first);
        room -= 1;
    }
    out
}

/// Text of a stranger: control characters out, length limited.
pub(crate) fn clean(text: &str, limit: usize) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(limit)
        .collect()
}

/// The same for texts of many lines: help of a rule.
pub(crate) fn clean_page(text: &str, limit: usize) -> String {
    let kept = |c: char| !c.is_control() || matches!(c, '\n' | '\t');
    text.chars().filter(|c| kept(*c)).take(limit).collect()
}

/// Where an embedded link leads (section 3.11.6).
enum Target<'a> {
    Related(u32),
    Page(&'a str),
}

struct Link<'a> {
    /// All of it, in the message.
    span: Range<usize>,
    label: String,
    target: Target<'a>,
}

/// A message as text alone, and the message with the links that lead to places that are kept, if there are
/// any. `named` are the numbers of the result's related places, `kept` those of them that could be read.
pub(crate) fn without_links(
    message: &str,
    named: &[u32],
    kept: &[u32],
) -> (String, Option<String>) {
    let mut plain = String::with_capacity(message.len());
    let mut linked = String::with_capacity(message.len());
    let mut has_links = false;
    let mut from = 0;
    for link in links(message, named) {
        let before = message.get(from..link.span.start).unwrap_or_default();
        plain.push_str(before);
        linked.push_str(before);
        from = link.span.end;
        plain.push_str(&link.label);
        match link.target {
            Target::Related(id) if !kept.contains(&id) => linked.push_str(&link.label),
            Target::Page(page) if page != link.label => {
                plain.push_str(" (");
                plain.push_str(page);
                plain.push(')');
                has_links = true;
                linked.push_str(message.get(link.span).unwrap_or_default());
            }
            _ => {
                has_links = true;
                linked.push_str(message.get(link.span).unwrap_or_default());
            }
        }
    }
    let rest = message.get(from..).unwrap_or_default();
    plain.push_str(rest);
    linked.push_str(rest);
    (plain, has_links.then_some(linked))
}

/// The links of a message, in order and apart from each other. `names[0](1)` of code is none, unless the
/// result has a place of that number.
fn links<'a>(message: &'a str, named: &[u32]) -> Vec<Link<'a>> {
    let mut found: Vec<Link<'a>> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    let mut is_escaped = false;
    for (at, c) in message.char_indices() {
        if is_escaped {
            is_escaped = false;
            continue;
        }
        match c {
            '\\' => is_escaped = true,
            '[' => open.push(at),
            ']' => {
                let Some(begin) = open.pop() else { continue };
                let before = message.get(..begin).and_then(|t| t.chars().next_back());
                let in_code = before.is_some_and(|c| c.is_alphanumeric() || "_])".contains(c));
                let Some((target, length)) = target(message.get(at + 1..).unwrap_or_default())
                else {
                    continue;
                };
                if let Target::Related(id) = target
                    && in_code
                    && !named.contains(&id)
                {
                    continue;
                }
                found.retain(|link| link.span.start < begin);
                found.push(Link {
                    span: begin..at + 1 + length,
                    label: unescaped(message.get(begin + 1..at).unwrap_or_default()),
                    target,
                });
            }
            _ => {}
        }
    }
    // A bracket within the target of a link before it begins none.
    found.dedup_by(|next, last| next.span.start < last.span.end);
    found
}

/// What stands in parentheses after a label, and how long it is with them.
fn target(text: &str) -> Option<(Target<'_>, usize)> {
    let (inner, _) = text.strip_prefix('(')?.split_once(')')?;
    let length = inner.len() + 2;
    if let Ok(id) = inner.parse() {
        return Some((Target::Related(id), length));
    }
    is_page(inner).then_some((Target::Page(inner), length))
}

/// Whether a text is the address of a page, and nothing that acts when it is opened.
pub(crate) fn is_page(text: &str) -> bool {
    let is_web = text.starts_with("https://") || text.starts_with("http://");
    is_web
        && text.len() <= MAX_MESSAGE
        && !text.contains(|c: char| c.is_whitespace() || c.is_control())
}

/// A label without the strokes before its brackets.
fn unescaped(label: &str) -> String {
    let mut out = String::with_capacity(label.len());
    let mut rest = label.chars().peekable();
    while let Some(c) = rest.next() {
        if c == '\\'
            && let Some(next) = rest.next_if(|next| "[]\\".contains(*next))
        {
            out.push(next);
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_read_and_those_to_nowhere_become_their_labels() {
        for (message, named, kept, plain, linked) in [
            (
                "depends on a [value](1).",
                &[1][..],
                &[1][..],
                "depends on a value.",
                Some("depends on a [value](1)."),
            ),
            (
                "depends on a [value](1).",
                &[1],
                &[],
                "depends on a value.",
                None,
            ),
            (
                "depends on a [value](1).",
                &[],
                &[],
                "depends on a value.",
                None,
            ),
            (
                "[a](1) and [b](2)",
                &[1, 2],
                &[2],
                "a and b",
                Some("a and [b](2)"),
            ),
            (r"[x\[0\]](1)", &[1], &[1], "x[0]", Some(r"[x\[0\]](1)")),
            ("[x[0]](1)", &[1], &[1], "x[0]", Some("[x[0]](1)")),
            (
                "calls handlers[name](1)",
                &[],
                &[],
                "calls handlers[name](1)",
                None,
            ),
            (
                "[CVE-1](https://a.example/1) here",
                &[],
                &[],
                "CVE-1 (https://a.example/1) here",
                Some("[CVE-1](https://a.example/1) here"),
            ),
            (
                "[x](javascript:alert) [y](two words) [z](",
                &[],
                &[],
                "[x](javascript:alert) [y](two words) [z](",
                None,
            ),
            ("]](1)[[[", &[1], &[1], "]](1)[[[", None),
        ] {
            let (shown, kept) = without_links(message, named, kept);
            assert_eq!(
                (shown.as_str(), kept.as_deref()),
                (plain, linked),
                "{message}"
            );
        }
    }
}
