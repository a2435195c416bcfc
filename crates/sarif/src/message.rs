//! Texts of strangers: message templates are filled in one pass, control characters taken out,
//! lengths limited.

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
