//! Secrets that are known by their form alone: access keys and tokens of services, private keys.
//!
//! The forms are data of the rule. A text of such a form is a placeholder if it says so, repeats
//! itself, or runs through the alphabet.

use crate::rules::format::{Alphabet, FormSpec, SecretSpec};
use crate::secret::entropy;

/// Bytes that are looked through for the body of a private key.
const MAX_KEY: usize = 4_000;
/// Bytes around a token in which something says that it is public.
const MAX_BESIDE: usize = 400;
/// Characters of base64 that a private key has at least.
const MIN_KEY: usize = 64;

/// Where secrets of known forms stand in a text, as (start, end).
pub(crate) fn find(spec: &SecretSpec, text: &str) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    for form in &spec.form {
        for begin in &form.begins {
            for (at, _) in text.match_indices(begin.as_str()) {
                let whole = match form.alphabet {
                    Alphabet::Key => private_key(text, at),
                    _ => token(spec, form, text, at, begin.len()),
                };
                found.extend(whole.map(|end| (at, end)));
            }
        }
    }
    found.sort_unstable();
    found.dedup_by(|later, earlier| later.0 < earlier.1);
    found
}

/// The end of a secret that begins at a place, and whether it is a private key.
pub(crate) fn at(spec: &SecretSpec, text: &str, at: usize) -> Option<(usize, bool)> {
    let rest = text.get(at..)?;
    spec.form.iter().find_map(|form| {
        let mut begins = form.begins.iter();
        let begin = begins.find(|begin| rest.starts_with(begin.as_str()))?;
        match form.alphabet {
            Alphabet::Key => private_key(text, at).map(|end| (end, true)),
            _ => token(spec, form, text, at, begin.len()).map(|end| (end, false)),
        }
    })
}

fn token(spec: &SecretSpec, form: &FormSpec, text: &str, at: usize, begin: usize) -> Option<usize> {
    let before = text.get(..at)?.chars().next_back();
    if before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '/' | '.')) {
        return None;
    }
    let rest = text.get(at + begin..)?;
    let len = rest
        .find(|c: char| !form.alphabet.has(c))
        .unwrap_or(rest.len());
    let body = rest.get(..len)?;
    if is_explained(text, at) {
        return None;
    }
    let fits = len >= form.length
        && form.longest.is_none_or(|longest| len <= longest)
        && form.contains.as_deref().is_none_or(|c| body.contains(c));
    if !fits || entropy(body) < form.min_entropy || runs_through(body) || is_public(form, text, at)
    {
        return None;
    }
    let whole = text.get(at..at + begin + len)?;
    let lower = whole.to_lowercase();
    let placeholder = |p: &&String| p.len() > 3 && lower.contains(p.as_str());
    if spec.placeholders.iter().any(|p| placeholder(&p)) || lower.contains("xxx") {
        return None;
    }
    Some(at + begin + len)
}

/// Whether the line before a token says that it is an example.
fn is_explained(text: &str, at: usize) -> bool {
    let before = text.get(..at).unwrap_or("");
    let line = before.rsplit('\n').next().unwrap_or("").to_lowercase();
    ["e.g.", "for example", "such as"]
        .iter()
        .any(|w| line.contains(w))
}

/// Whether what stands around a token says that everyone may read it: it only names a project.
fn is_public(form: &FormSpec, text: &str, at: usize) -> bool {
    if form.public_beside.is_empty() {
        return false;
    }
    let mut from = at.saturating_sub(MAX_BESIDE);
    while !text.is_char_boundary(from) {
        from -= 1;
    }
    let mut to = text.len().min(at + MAX_BESIDE);
    while !text.is_char_boundary(to) {
        to += 1;
    }
    let around = text.get(from..to).unwrap_or("");
    form.public_beside
        .iter()
        .any(|p| around.contains(p.as_str()))
}

/// Whether a text at a place is of a form that is public there.
pub(crate) fn is_public_form(spec: &SecretSpec, text: &str, at: usize) -> bool {
    let rest = text.get(at..).unwrap_or("");
    spec.form.iter().any(|form| {
        form.begins.iter().any(|b| rest.starts_with(b.as_str())) && is_public(form, text, at)
    })
}

/// Whether most characters follow the one before them: `abcdef…`, `123456…`.
pub(crate) fn runs_through(text: &str) -> bool {
    let bytes = text.as_bytes();
    let follows = bytes
        .windows(2)
        .filter(|pair| matches!(pair, [a, b] if *b == a.wrapping_add(1)))
        .count();
    follows * 2 > bytes.len()
}

/// The end of a private key that begins at a place, if its body is there: code that only knows the
/// first line of keys has none.
fn private_key(text: &str, at: usize) -> Option<usize> {
    let rest = text.get(at..)?;
    let head = rest.get(..64.min(rest.len())).unwrap_or(rest);
    let kind = head.find("PRIVATE KEY-----")? + "PRIVATE KEY-----".len();
    let mut body = String::new();
    let mut end = kind;
    let mut chars = rest.get(kind..)?.char_indices().peekable();
    while let Some((offset, c)) = chars.next() {
        if offset > MAX_KEY {
            break;
        }
        match c {
            'A'..='Z' | 'a'..='z' | '0'..='9' | '+' | '/' | '=' => body.push(c),
            // Line ends, written out or joined: `\n`, `" +`.
            '\\' => {
                chars.next_if(|(_, next)| matches!(next, 'n' | 'r' | 't' | '\\' | '\n' | '\r'))?;
            }
            '"' | '\'' | '`' | ' ' | '\t' | '\r' | '\n' | ',' | '(' | ')' => {}
            _ => break,
        }
        end = kind + offset + c.len_utf8();
    }
    (body.len() >= MIN_KEY && entropy(&body) > 4.0 && !runs_through(&body)).then_some(at + end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_through_the_alphabet_is_no_secret() {
        assert!(runs_through("abcdefghijklmnopqrstuvwxyz0123456789"));
        assert!(!runs_through("q8Zk2LmP0vTxYb7WnR4sJd6HfGcAeUi1oK3"));
    }

    #[test]
    fn the_first_line_of_a_key_is_no_key() {
        let head = concat!("-----BEGIN RSA PRIV", "ATE KEY-----");
        assert_eq!(private_key(head, 0), None);
        assert_eq!(private_key(&format!("{head}\\n...\\n"), 0), None);
        let body = "MIICXAIBAAKBgQDNwqLEe9wgTXCbC7+RPdDbBbeqjdbs4kOPOIGzqLpXvJXlxxW8";
        assert!(private_key(&format!("{head}\\r\\n{body}\\n"), 0).is_some());
    }
}
