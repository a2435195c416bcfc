//! The subject of a commit taken apart: tags, emoji, the type of a conventional commit, and the
//! words that follow them.

use trueline_facts::usage::Purpose;

use super::words::WORDS;

/// A subject in lower case, taken apart.
pub(super) struct Subject<'s> {
    /// What its type, tag or emoji says.
    pub(super) kind: Option<Purpose>,
    pub(super) scope: Option<Purpose>,
    /// `chore` says no more than that it is upkeep.
    pub(super) is_chore: bool,
    /// `revert: …` quotes what it takes back.
    pub(super) is_revert: bool,
    /// What follows tags, type and emoji, without a trailing `(#123)`.
    pub(super) text: &'s str,
}

impl<'s> Subject<'s> {
    pub(super) fn of(line: &'s str) -> Self {
        let (mut kind, mut text) = untagged(without_number(line.trim()));
        if !text.starts_with(|c: char| c.is_ascii_alphanumeric())
            && let Some((rest, purpose)) = WORDS
                .emoji
                .iter()
                .find_map(|(emoji, purpose)| Some((text.strip_prefix(&**emoji)?, *purpose)))
        {
            kind = Some(purpose);
            text = untagged(rest.trim_start_matches(['\u{fe0f}', ' '])).1;
        }
        let mut subject = Self {
            kind,
            scope: None,
            is_chore: false,
            is_revert: false,
            text,
        };
        if let Some((head, rest)) = text.split_once(':') {
            let head = head.trim_end_matches('!');
            let (word, scope) = match head.split_once('(') {
                Some((word, scope)) => (word, scope.strip_suffix(')').unwrap_or_default()),
                None => (head, ""),
            };
            let word = word.trim();
            if let Some(purpose) = WORDS.types.get(word) {
                subject.kind = Some(*purpose);
                subject.is_chore = word == "chore";
                subject.is_revert = word == "revert";
                let mut scopes = scope.split([',', '/', ' ']);
                subject.scope = scopes.find_map(|scope| WORDS.scopes.get(scope.trim()).copied());
                subject.text = rest.trim();
            }
        }
        subject
    }
}

/// Without a trailing `(#123)`.
fn without_number(subject: &str) -> &str {
    match subject
        .strip_suffix(')')
        .and_then(|head| head.rsplit_once("(#"))
    {
        Some((head, number)) if number.bytes().all(|b| b.is_ascii_digit()) => head.trim_end(),
        _ => subject,
    }
}

/// Without leading `[tags]`, and what the first telling tag says.
fn untagged(mut text: &str) -> (Option<Purpose>, &str) {
    let mut said = None;
    while let Some((tag, rest)) = text
        .strip_prefix('[')
        .and_then(|inner| inner.split_once(']'))
    {
        said = said.or_else(|| WORDS.types.get(tag.trim_matches(['`', ' '])).copied());
        text = rest.trim_start_matches([':', ' ']);
    }
    (said, text)
}
