//! Single-file components of Vue and Svelte: their script blocks are code, the rest is markup.
//!
//! What is no code is overwritten with blanks, so that every place stays where it is. An attribute
//! `v-html="text"` and a tag `{@html text}` write text into the page as it is: in their place stands
//! a function that assigns the text to `__html`, as JSX would.

/// What stands before the text that a component shows as HTML.
const SHOWN: &str = ";()=>_.__html=";

/// Whether a path is that of a single-file component.
pub(crate) fn is_component(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    [".vue", ".svelte"].iter().any(|end| path.ends_with(end))
}

/// The code of a component, at its own places.
pub(crate) fn code(text: &str) -> String {
    let mut code: Vec<u8> = text
        .bytes()
        .map(|byte| {
            if matches!(byte, b'\n' | b'\r') {
                byte
            } else {
                b' '
            }
        })
        .collect();
    let scripts = scripts(text);
    for (start, end) in &scripts {
        copy(&mut code, text, *start, *end);
    }
    let in_script = |at: usize| scripts.iter().any(|(start, end)| *start <= at && at < *end);
    for (start, end) in shown(text) {
        if !in_script(start) {
            show(&mut code, text, start, end);
        }
    }
    String::from_utf8(code).unwrap_or_default()
}

fn copy(code: &mut [u8], text: &str, start: usize, end: usize) {
    if let (Some(into), Some(from)) = (code.get_mut(start..end), text.as_bytes().get(start..end)) {
        into.copy_from_slice(from);
    }
}

/// Where script blocks are, without their tags; those of another type are data.
fn scripts(text: &str) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let lower = text.to_ascii_lowercase();
    let mut from = 0;
    while let Some(at) = lower.get(from..).and_then(|rest| rest.find("<script")) {
        let tag = from + at;
        let Some(head) = lower.get(tag..).and_then(|rest| rest.find('>')) else {
            break;
        };
        let start = tag + head + 1;
        let Some(len) = lower.get(start..).and_then(|rest| rest.find("</script")) else {
            break;
        };
        let attributes = lower.get(tag..start).unwrap_or("");
        let data = attributes.contains("type=")
            && !attributes.contains("module")
            && !attributes.contains("javascript")
            && !attributes.contains("typescript");
        if !data {
            found.push((start, start + len));
        }
        from = start + len;
    }
    found
}

/// The texts that are written into the page as they are.
fn shown(text: &str) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    for quote in ['"', '\''] {
        let begin = format!("v-html={quote}");
        for (at, _) in text.match_indices(begin.as_str()) {
            let start = at + begin.len();
            if let Some(len) = text.get(start..).and_then(|rest| rest.find(quote)) {
                found.push((start, start + len));
            }
        }
    }
    for (at, begin) in text.match_indices("{@html ") {
        let start = at + begin.len();
        let mut open = 0_usize;
        let end = text.get(start..).and_then(|rest| {
            rest.find(|c| {
                match c {
                    '{' => open += 1,
                    '}' if open == 0 => return true,
                    '}' => open -= 1,
                    _ => {}
                }
                false
            })
        });
        found.extend(end.map(|len| (start, start + len)));
    }
    found.sort_unstable();
    found
}

/// Puts a text that is shown into the code, if there is room before it on its line.
fn show(code: &mut [u8], text: &str, start: usize, end: usize) {
    let Some(before) = start.checked_sub(SHOWN.len()) else {
        return;
    };
    let shown = text.get(start..end).unwrap_or("");
    let room = code
        .get(before..start)
        .is_some_and(|room| room.iter().all(|b| *b == b' '));
    if !room || shown.contains(['\n', ';']) || shown.trim().is_empty() {
        return;
    }
    if let Some(into) = code.get_mut(before..start) {
        into.copy_from_slice(SHOWN.as_bytes());
    }
    copy(code, text, start, end);
    if let Some(closing) = code.get_mut(end) {
        *closing = b';';
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_stays_at_its_place_and_markup_goes() {
        let text = "<template>\n  <div class=\"ü\" v-html=\"note.text\"></div>\n</template>\n<script setup lang=\"ts\">\nconst note = read();\n</script>\n<style>a { b: c }</style>\n";
        let code = code(text);
        assert_eq!(code.len(), text.len());
        assert_eq!(
            code.split_whitespace().collect::<Vec<_>>().join(" "),
            ";()=>_.__html=note.text; const note = read();"
        );
        assert_eq!(code.lines().count(), text.lines().count());
        assert_eq!(code.find("note.text"), text.find("note.text"));
    }

    #[test]
    fn data_is_no_code_and_markup_may_be_broken() {
        assert_eq!(
            code("<script type=\"application/json\">{}</script>").trim(),
            ""
        );
        assert_eq!(code("<script>let a").trim(), "");
        assert_eq!(code("<p v-html=\"").trim(), "");
        let svelte = "<script>let a;</script>\n<section>{@html f({ a })}</section>";
        assert!(code(svelte).contains(";()=>_.__html=f({ a });"));
    }
}
