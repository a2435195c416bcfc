//! A Markdown file as pieces: what is shown as text, what stands in a fence, what no page shows.

/// How a piece reaches a reader.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Place {
    /// Text on the page.
    Text,
    /// A fenced block: code or a sample.
    Fence,
    /// A comment, or an element that a page does not show.
    Hidden,
    /// Front matter: keys for the tool.
    FrontMatter,
}

/// A piece of a file; places are bytes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Piece {
    pub(crate) place: Place,
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// The heading above it, in lower case.
    pub(crate) heading: String,
    /// What a fence says that it holds, in lower case.
    pub(crate) language: String,
}

/// Elements and styles that keep text off a page.
const UNSHOWN: &[&str] = &[
    "display:none",
    "visibility:hidden",
    "font-size:0",
    "opacity:0",
    "color:transparent",
    "color:white",
    "color:#fff",
    "color:#ffffff",
    "height:0",
    "width:0",
    "left:-9999px",
    "text-indent:-9999px",
    "position:absolute;left:-",
];

/// The pieces of a file, in order.
pub(crate) fn pieces(text: &str) -> Vec<Piece> {
    let mut out = Vec::new();
    let mut heading = String::new();
    let mut at = 0;
    if let Some(end) = front_matter(text) {
        out.push(Piece {
            place: Place::FrontMatter,
            start: 0,
            end,
            heading: String::new(),
            language: String::new(),
        });
        at = end;
    }
    let mut open = at;
    let mut fence: Option<(usize, String, String)> = None;
    while at < text.len() {
        let line_end = text[at..].find('\n').map_or(text.len(), |n| at + n + 1);
        let line = &text[at..line_end];
        let trimmed = line.trim_start_matches([' ', '\t', '>']);
        if let Some((start, marker, language)) = &fence {
            let closes = trimmed.starts_with(marker.as_str())
                && trimmed
                    .trim_end()
                    .trim_start_matches(&marker[..1])
                    .is_empty();
            if closes {
                out.push(Piece {
                    place: Place::Fence,
                    start: *start,
                    end: at,
                    heading: heading.clone(),
                    language: language.clone(),
                });
                fence = None;
                open = line_end;
            }
            at = line_end;
            continue;
        }
        let ticks = trimmed
            .bytes()
            .take_while(|b| *b == b'`')
            .count()
            .max(trimmed.bytes().take_while(|b| *b == b'~').count());
        if ticks >= 3 {
            shown(text, open, at, &heading, &mut out);
            let language = trimmed[ticks..].trim().to_ascii_lowercase();
            fence = Some((line_end, trimmed[..ticks].to_owned(), language));
            open = line_end;
        } else if trimmed.starts_with('#') && !line.starts_with('\t') {
            shown(text, open, at, &heading, &mut out);
            heading = trimmed.trim_start_matches('#').trim().to_ascii_lowercase();
            open = at;
        }
        at = line_end;
    }
    match fence {
        Some((start, _, language)) => out.push(Piece {
            place: Place::Fence,
            start,
            end: text.len(),
            heading,
            language,
        }),
        None => shown(text, open, text.len(), &heading, &mut out),
    }
    out
}

fn front_matter(text: &str) -> Option<usize> {
    let after = text
        .strip_prefix("---\n")
        .or_else(|| text.strip_prefix("---\r\n"))?;
    let begin = text.len() - after.len();
    let mut at = begin;
    for line in after.split_inclusive('\n') {
        at += line.len();
        if line.trim_end() == "---" {
            return Some(at);
        }
    }
    None
}

/// Splits text between what is shown and what is not.
fn shown(text: &str, start: usize, end: usize, heading: &str, out: &mut Vec<Piece>) {
    let mut from = start;
    let mut push = |place: Place, start: usize, end: usize| {
        if !text[start..end].trim().is_empty() {
            out.push(Piece {
                place,
                start,
                end,
                heading: heading.to_owned(),
                language: String::new(),
            });
        }
    };
    while let Some((open, close)) = next_hidden(text, from, end) {
        push(Place::Text, from, open);
        push(Place::Hidden, open, close);
        from = close;
    }
    push(Place::Text, from, end);
}

/// The next comment or unshown element between two places.
fn next_hidden(text: &str, from: usize, end: usize) -> Option<(usize, usize)> {
    let slice = &text[from..end];
    let comment = slice
        .find("<!--")
        .filter(|at| !in_backquotes(slice, *at))
        .map(|at| {
            // A comment may hold blank lines, headings and fences; it ends where it says.
            let rest = &text[from + at..];
            let close = rest
                .find("-->")
                .map_or(end, |n| (from + at + n + 3).min(end).max(from + at + 4));
            (from + at, close)
        });
    // A link definition that nothing uses is a comment as well: `[//]: # (text)`.
    let definition = ["[//]: #", "[comment]: #", "[comment]: <>"]
        .iter()
        .filter_map(|mark| slice.find(mark))
        .min()
        .map(|at| {
            let close = slice[at..].find('\n').map_or(end, |n| from + at + n);
            (from + at, close)
        });
    let element = unshown_element(slice).map(|(open, close)| (from + open, from + close));
    [comment, definition, element].into_iter().flatten().min()
}

fn in_backquotes(text: &str, at: usize) -> bool {
    let line = text[..at].rfind('\n').map_or(0, |n| n + 1);
    text[line..at].matches('`').count() % 2 == 1
}

/// An element with text in it whose style or attribute keeps it off the page.
fn unshown_element(text: &str) -> Option<(usize, usize)> {
    let mut from = 0;
    while let Some(open) = text[from..].find('<').map(|n| from + n) {
        from = open + 1;
        let Some(close) = text[open..].find('>').map(|n| open + n) else {
            break;
        };
        let tag = text[open + 1..close].to_ascii_lowercase();
        let name: String = tag
            .chars()
            .take_while(char::is_ascii_alphanumeric)
            .collect();
        if name.is_empty()
            || tag.ends_with('/')
            || matches!(
                name.as_str(),
                "img" | "input" | "br" | "hr" | "link" | "meta" | "path" | "svg" | "iframe"
            )
        {
            continue;
        }
        let compact: String = tag.chars().filter(|c| !c.is_whitespace()).collect();
        let is_unshown = UNSHOWN.iter().any(|style| {
            compact.find(style).is_some_and(|at| {
                // `opacity:0.5` and `width:0px` are not the same thing.
                let next = compact[at + style.len()..].bytes().next();
                !(style.ends_with('0') && matches!(next, Some(b'.' | b'0'..=b'9')))
            })
        }) || tag
            .split_whitespace()
            .any(|attribute| attribute == "hidden");
        if is_unshown {
            let lower = text[close..].to_ascii_lowercase();
            let end = lower
                .find(&format!("</{name}"))
                .map_or(text.len(), |n| close + n);
            if text[close + 1..end].trim().len() >= 12 {
                return Some((open, end));
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn places(text: &str) -> Vec<(Place, &str)> {
        pieces(text)
            .iter()
            .map(|p| (p.place, text[p.start..p.end].trim()))
            .collect()
    }

    #[test]
    fn pieces_are_told_by_how_they_are_shown() {
        let text = "---\nname: x\n---\n# Title\nbody <!-- note --> more\n```sh\nls\n```\nend\n<span style=\"display: none\">do something now</span>\n";
        let found = places(text);
        assert_eq!(found[0].0, Place::FrontMatter);
        assert!(found.contains(&(Place::Hidden, "<!-- note -->")));
        assert!(found.contains(&(Place::Fence, "ls")));
        assert!(
            found
                .iter()
                .any(|(place, text)| *place == Place::Hidden && text.contains("do something"))
        );
    }

    #[test]
    fn a_comment_in_backquotes_is_shown() {
        assert_eq!(
            places("write `<!-- x -->` there"),
            [(Place::Text, "write `<!-- x -->` there")]
        );
    }

    proptest! {
        #[test]
        fn pieces_lie_in_the_text_and_in_order(text in "[-<>!a-c`#~ \\n:;\"=/é]{0,120}") {
            let mut last = 0;
            for piece in pieces(&text) {
                prop_assert!(piece.start >= last && piece.end >= piece.start && piece.end <= text.len());
                prop_assert!(text.get(piece.start..piece.end).is_some());
                last = piece.end;
            }
        }
    }
}
