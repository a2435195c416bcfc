//! As much grammar as it takes: where sentences end, whether an order is spoken, turned round or only quoted.

/// The order before which these words stand is spoken to somebody: they end as an order begins.
pub(super) fn is_imperative(before: &[u8]) -> bool {
    const OPENERS: [&str; 30] = [
        "must",
        "should",
        "shall",
        "please",
        "always",
        "now",
        "then",
        "and",
        "also",
        "first",
        "will",
        "immediately",
        "instead",
        "just",
        "simply",
        "need to",
        "have to",
        "are to",
        "want you to",
        "instructed to",
        "required to",
        "important",
        "or",
        "note",
        "user",
        "to",
        "you",
        "system",
        "assistant",
        "completely",
    ];
    let before = String::from_utf8_lossy(before);
    let before = before.trim_end_matches(|c: char| {
        c.is_whitespace() || matches!(c, '*' | '_' | '`' | '#' | '-' | '>' | '"' | '\'')
    });
    if before.is_empty()
        || before.ends_with([
            ',', ':', ';', '(', '.', '!', '?', ')', ']', '|', '>', '\u{94}',
        ])
        || before
            .bytes()
            .last()
            .is_some_and(|b| b.is_ascii_digit() || !b.is_ascii())
    {
        return true;
    }
    let is_infinitive = before.ends_with(" to")
        && ![
            "need to", "have to", "are to", "you to", "ed to", "sure to", "order to",
        ]
        .iter()
        .any(|end| before.ends_with(end));
    !is_infinitive
        && OPENERS.iter().any(|word| {
            before.strip_suffix(word).is_some_and(|rest| {
                rest.bytes()
                    .next_back()
                    .is_none_or(|b| !b.is_ascii_alphanumeric())
            })
        })
}

/// Words shortly before that turn an order round.
pub(super) fn is_negated(text: &str, at: usize) -> bool {
    const WINDOW: usize = 40;
    let mut from = at.saturating_sub(WINDOW);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    let before = &text[from..at];
    NEGATIONS.iter().any(|word| before.contains(word))
}

/// Words that turn an order round.
const NEGATIONS: &[&str] = &[
    "never",
    "do not",
    "don't",
    "dont ",
    "must not",
    "should not",
    "shouldn't",
    "cannot",
    "can't",
    "avoid",
    "refuse",
    "mustn't",
    "forbidden",
    "prohibited",
    "not to ",
    "no one",
    "won't",
    "will not",
];

/// "Never push without telling the user" asks for openness.
pub(super) fn is_double_negative(text: &str, (start, end): (usize, usize)) -> bool {
    text.get(start..end)
        .is_some_and(|found| found.starts_with("without"))
        && NEGATIONS.iter().any(|word| text[..start].contains(word))
        || text
            .get(start..end)
            .is_some_and(|found| found.contains("without"))
            && [
                "do not",
                "don't",
                "never",
                "must not",
                "should not",
                "avoid",
            ]
            .iter()
            .any(|n| text[start..end].starts_with(n))
}

/// Does a place lie between quotes or backquotes of its sentence?
pub(super) fn is_quoted(text: &str, at: usize) -> bool {
    is_in_quotes(text, at) || text[..at].matches('`').count() % 2 == 1
}

/// Does a place lie between quotes of its sentence? Backquotes are none: they set off paths and commands.
pub(super) fn is_in_quotes(text: &str, at: usize) -> bool {
    let before = &text[..at];
    before.matches('"').count() % 2 == 1
        || before.matches(['“', '„']).count() > before.matches(['”']).count()
        || before.matches('«').count() > before.matches('»').count()
        || before.matches('‘').count() > before.matches('’').count()
        || single_quotes(before)
}

/// Is a single quote open at the end of a text? One within a word is an apostrophe.
fn single_quotes(before: &str) -> bool {
    let bytes = before.as_bytes();
    let mut open = false;
    for (at, _) in before.match_indices('\'') {
        let last = at.checked_sub(1).and_then(|at| bytes.get(at)).copied();
        let next = bytes.get(at + 1).copied();
        let begins = last.is_none_or(|b| b.is_ascii_whitespace() || b == b'(');
        let ends = next.is_none_or(|b| !b.is_ascii_alphanumeric());
        open = if open { !ends } else { begins && !ends };
    }
    open
}

/// Is the verb at a place spoken as an order to whoever reads: not in quotes, not turned round, not told of others?
pub(super) fn is_order(text: &str, verb: usize) -> bool {
    // Others do it, or it was done.
    const SUBJECTS: [&str; 20] = [
        " can ",
        " could ",
        " may ",
        " might ",
        " would ",
        " we ",
        " they ",
        " users ",
        " people ",
        " lets ",
        " allows ",
        " who ",
        " was ",
        " were ",
        " been ",
        " once ",
        " i ",
        " did ",
        " does ",
        " able to ",
    ];
    const LATER: [&str; 5] = ["has to", "needs to", "is to", "remember to", "ought to"];
    if is_quoted(text, verb) {
        return false;
    }
    let clause = &text[clause_start(text, verb)..verb];
    if NEGATIONS.iter().any(|word| clause.contains(word)) {
        return false;
    }
    let padded = format!(" {clause}");
    if SUBJECTS.iter().any(|word| padded.contains(word)) || padded.starts_with(" it ") {
        return false;
    }
    let before =
        text[..verb].trim_end_matches(|c: char| c.is_whitespace() || matches!(c, '*' | '_'));
    let before = without_adverbs(before);
    is_imperative(before.as_bytes())
        || LATER.iter().any(|end| before.ends_with(end))
        || is_adverbial(clause)
}

/// "In the same step", "at the end of each run": words between the beginning of a clause and its verb.
fn is_adverbial(clause: &str) -> bool {
    const PREPOSITIONS: [&str; 10] = [
        "in", "at", "on", "after", "before", "during", "for", "with", "while", "upon",
    ];
    const DETERMINERS: [&str; 9] = [
        "the", "a", "an", "this", "that", "each", "every", "your", "our",
    ];
    let mut words = clause
        .split_whitespace()
        .skip_while(|word| matches!(*word, "and" | "then" | "also" | "-" | "*"));
    let begins = words
        .next()
        .is_some_and(|word| PREPOSITIONS.contains(&word));
    let rest: Vec<&str> = words.collect();
    let ends = rest.last().is_some_and(|word| {
        !DETERMINERS.contains(word)
            && !PREPOSITIONS.contains(word)
            && *word != "of"
            && *word != "to"
    });
    begins && ends && (2..=7).contains(&rest.len())
}

/// Where the clause that a place lies in begins. After a comma the same "do not" goes on only in a list of verbs.
fn clause_start(text: &str, at: usize) -> usize {
    let before = &text[..at];
    let mut start = 0;
    for end in ["; ", ". ", ": ", " but ", " instead ", " – ", " — "] {
        if let Some(found) = before.rfind(end) {
            start = start.max(found + end.len());
        }
    }
    if let Some(comma) = text[start..at].rfind(", ") {
        let after = text[start + comma..]
            .split([';', ':'])
            .next()
            .unwrap_or_default();
        let is_list = after.contains(" or ") || after.contains(" nor ");
        if !is_list {
            start += comma + 2;
        }
    }
    // "Do not wait for an answer and send it": what follows is its own order only behind a comma or "then".
    match text[start..at].rfind(" and then ") {
        Some(then) => start + then,
        None => start,
    }
}

/// A text without the adverbs at its end.
fn without_adverbs(text: &str) -> &str {
    const ADVERBS: [&str; 10] = [
        "also",
        "then",
        "first",
        "next",
        "afterwards",
        "always",
        "instead",
        "now",
        "simply",
        "just",
    ];
    let mut text = text;
    for _ in 0..3 {
        let word = text
            .rsplit(|c: char| c.is_whitespace() || c == ',')
            .next()
            .unwrap_or_default();
        let is_adverb = ADVERBS.contains(&word) || (word.len() > 4 && word.ends_with("ly"));
        if !is_adverb {
            break;
        }
        let rest = text[..text.len() - word.len()].trim_end();
        // "Always" alone begins an order.
        if rest.is_empty() {
            return rest;
        }
        text = rest;
    }
    text
}

/// The sentences of a text, as ranges of bytes. A blank line, a list item and a heading end one as a full stop does.
pub(super) fn sentences(text: &str) -> Vec<(usize, usize)> {
    let bytes = text.as_bytes();
    let mut out = Vec::new();
    let mut start = 0;
    let mut at = 0;
    while at < bytes.len() {
        let next = bytes.get(at + 1).copied();
        let ends = match bytes[at] {
            b'.' | b'!' | b'?' => {
                let abbreviated = matches!(
                    bytes.get(at.saturating_sub(3)..at),
                    Some(b"e.g" | b"i.e" | b" vs")
                );
                next.is_none_or(|b| {
                    b.is_ascii_whitespace() || matches!(b, b'"' | b'\'' | b'<' | b'*' | b')')
                }) && !abbreviated
            }
            b'\n' => {
                let rest = text[at + 1..].trim_start_matches([' ', '\t']);
                rest.is_empty()
                    || rest.starts_with(['\n', '\r', '-', '*', '+', '#', '|', '>', '<', '`'])
                    || starts_numbered(rest)
            }
            _ => false,
        };
        at += 1;
        if ends {
            push(text, start, at, &mut out);
            start = at;
        }
    }
    push(text, start, bytes.len(), &mut out);
    out
}

fn starts_numbered(text: &str) -> bool {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    digits > 0 && digits < 4 && matches!(text.as_bytes().get(digits), Some(b'.' | b')'))
}

/// Longest sentence that is read as one: a wall of words is cut.
const MAX_SENTENCE: usize = 1_500;

fn push(text: &str, start: usize, end: usize, out: &mut Vec<(usize, usize)>) {
    let mut from = start;
    while from < end {
        let to = crate::text::floor(text, (from + MAX_SENTENCE).min(end));
        let to = if to <= from { end } else { to };
        if !text[from..to].trim().is_empty() {
            out.push((from, to));
        }
        from = to;
    }
}
