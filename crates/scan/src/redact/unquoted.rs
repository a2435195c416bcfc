//! Values without quotes on one line, and which of them must not be shown: what follows `=` or `:` in a script, in
//! settings or among the arguments of a command, and the word after a flag that asks for a secret.
//!
//! What the language is nobody asks here. A value is hidden if its name says that it is a secret, or if it may be one
//! by itself; names, commands, words, addresses and paths stay.

use std::ops::Range;

use trueline_taint::may_be_secret;

use super::SHORTEST_VALUE;
use super::quotes::says_secret;

/// No word is so long.
const LONG_WORD: usize = 20;
const QUOTES: [char; 3] = ['"', '\'', '`'];
/// Bytes of a value from which on it is hidden unseen, whatever it is: lines without end must not take time without end.
const LONG_VALUE: usize = 1024;
/// Bytes before a sign in which its name and its address are sought.
const LOOK_BACK: usize = 512;

/// A sign on a line, and the value after it.
pub(super) struct Assigned<'l> {
    line: &'l str,
    sign: usize,
    /// Its first word.
    pub(super) value: Range<usize>,
}

/// The values after each `=` and `:` that do not begin with a quote.
pub(super) fn assigned(line: &str) -> impl Iterator<Item = Assigned<'_>> {
    const OF_SIGN: [char; 4] = ['=', ':', '>', '~'];
    let signs = line.match_indices(['=', ':']);
    // Signs within a word have the end of the word.
    let mut word = 0..0;
    signs.filter_map(move |(sign, _)| {
        if line.get(..sign)?.ends_with(OF_SIGN) {
            return None;
        }
        let after = line.get(sign + 1..)?;
        let after = after.trim_start_matches(OF_SIGN).trim_start();
        let start = line.len() - after.len();
        if !word.contains(&start) {
            word = start..start + word_end(after);
        }
        let end = word.end;
        (end > start).then_some(Assigned {
            line,
            sign,
            value: start..end,
        })
    })
}

/// What may be a secret of a line, in no order; ranges may overlap.
pub(super) fn suspicious(line: &str) -> Vec<Range<usize>> {
    let found = assigned(line).filter_map(|assigned| assigned.hidden());
    found.chain(after_flags(line)).collect()
}

impl<'l> Assigned<'l> {
    fn text(&self) -> &'l str {
        self.line.get(self.value.clone()).unwrap_or_default()
    }

    fn before(&self) -> &'l str {
        let from = self.sign.saturating_sub(LOOK_BACK);
        let from = self.line.ceil_char_boundary(from);
        self.line.get(from..self.sign).unwrap_or_default()
    }

    /// The name of the value: `a.b-c` of `"a.b-c" => `.
    fn name(&self) -> &'l str {
        let is_sign = |c: char| c.is_whitespace() || "=:+?|!<>~*".contains(c);
        let before = self.before().trim_end_matches(is_sign);
        let before = before.trim_end_matches(|c| QUOTES.contains(&c) || c == ']');
        let begin = before.rfind(|c: char| !is_of_name(c));
        let begin = begin.map(|at| at + before.get(at..).map_or(0, first_len));
        before.get(begin.unwrap_or_default()..).unwrap_or_default()
    }

    /// Whether the name says that the value is a secret.
    pub(super) fn is_named(&self) -> bool {
        // `Token::new` is a path.
        let is_path = self.before().ends_with(':')
            || self
                .line
                .get(self.sign..)
                .is_some_and(|l| l.starts_with("::"));
        let name = self.name();
        // `max_tokens=4096` counts them.
        let counts = name.to_ascii_lowercase().ends_with("tokens")
            && self.text().chars().all(|c| c.is_ascii_digit());
        !is_path && !counts && says_secret(name)
    }

    /// The sign stands in an address, whose password is known by its form.
    fn is_of_address(&self) -> bool {
        let is_end = |c: char| c.is_whitespace() || QUOTES.contains(&c);
        let word = self.before().rsplit(is_end).next().unwrap_or_default();
        let within = word.split_once("://").map(|(_, within)| within);
        let from = self.line.get(self.sign..).unwrap_or_default();
        from.starts_with("://")
            || within.is_some_and(|within| !within.contains(['?', '#', '&', ',', ';']))
    }

    fn hidden(&self) -> Option<Range<usize>> {
        if self.is_of_address() {
            return None;
        }
        if self.value.len() > LONG_VALUE {
            return Some(self.value.clone());
        }
        let scheme = is_scheme(self.text());
        let is_named = scheme || self.is_named();
        let mut value = self.value.clone();
        value.start += opening(self.text(), is_named);
        let text = self.line.get(value.clone()).unwrap_or_default();
        let opens = value.start > self.value.start;
        if (opens || !is_named) && begins_entry(text) || is_reference(text) || text.is_empty() {
            return None;
        }
        if !is_named {
            return may_be(text).then_some(value);
        }
        let is_plain = is_keyword(text) || is_public_address(text);
        let is_spaced = self
            .line
            .get(..self.value.start)?
            .ends_with(char::is_whitespace);
        if is_spaced || scheme {
            value.end = self.end_of_words(value.end, scheme);
        }
        let is_short = self.line.get(value.clone())?.chars().count() < SHORTEST_VALUE;
        let is_one = value.end == self.value.end;
        (!is_one || !is_plain && !is_short).then_some(value)
    }

    /// Where the words end that a secret is made of: `Bearer …`, a pass phrase.
    fn end_of_words(&self, first: usize, scheme: bool) -> usize {
        let mut end = first;
        loop {
            let rest = self.line.get(end..).unwrap_or_default();
            let word = rest.trim_start();
            let start = end + rest.len() - word.len();
            let len = word_end(word);
            let text = word.get(..len).unwrap_or_default();
            let pieces = |c: char| "(){}[]".contains(c);
            let is_code = text.contains(pieces) && !text.split(pieces).any(may_be_secret);
            let is_key = scheme && end == first && len > 0;
            let is_other = !text.contains(char::is_alphanumeric)
                || text.starts_with(['#', '-'])
                || text.starts_with("//")
                || begins_entry(word)
                || is_code;
            if start == end || is_other && !is_key {
                return end;
            }
            end = start + len;
        }
    }
}

/// The words after `--password` and the like.
fn after_flags(line: &str) -> impl Iterator<Item = Range<usize>> {
    let starts = line.match_indices('-').map(|(at, _)| at);
    let starts = starts.filter(|at| {
        let before = line.get(..*at).unwrap_or_default();
        before.is_empty() || before.ends_with(char::is_whitespace)
    });
    starts.filter_map(|at| {
        let flag = line.get(at..)?;
        let end = flag.find(|c: char| !is_of_name(c))?;
        let rest = flag.get(end..)?;
        let word = rest.trim_start();
        let start = line.len() - word.len();
        let text = word.get(..word_end(word))?;
        let is_value = word.len() < rest.len()
            && !text.starts_with('-')
            && text.chars().count() >= SHORTEST_VALUE
            && !is_reference(text)
            && !is_public_address(text);
        (is_value && says_secret(flag.get(..end)?)).then_some(start..start + text.len())
    })
}

fn is_of_name(c: char) -> bool {
    c.is_alphanumeric() || "_-.$".contains(c)
}

fn first_len(text: &str) -> usize {
    text.chars().next().map_or(0, char::len_utf8)
}

/// Where a word ends: at a space or quote, or where a sign parts it from what follows. Signs within it are its own,
/// because keys are made of any.
fn word_end(text: &str) -> usize {
    for (at, c) in text.char_indices() {
        if c.is_whitespace() || QUOTES.contains(&c) {
            return trimmed(text, at);
        }
        if matches!(c, ',' | ';' | '&' | '|' | '}' | ')' | ']') {
            let after = text.get(at + 1..).unwrap_or_default();
            let ends = after.chars().next();
            let ends = ends.is_none_or(|c| c.is_whitespace() || QUOTES.contains(&c));
            if ends || begins_entry(after) {
                return trimmed(text, at);
            }
        }
    }
    trimmed(text, text.len())
}

/// A word without what closes something that was opened before it.
fn trimmed(text: &str, end: usize) -> usize {
    let word = text.get(..end).unwrap_or_default();
    word.trim_end_matches([',', ';', ')', ']', '}']).len()
}

/// Whether a text begins with a name and a sign.
fn begins_entry(text: &str) -> bool {
    let text = text.trim_start_matches(|c| "{([-".contains(c) || QUOTES.contains(&c));
    let end = text.find(|c: char| !is_of_name(c)).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let rest = rest.trim_start_matches(|c| QUOTES.contains(&c) || c == ' ');
    !name.is_empty() && rest.starts_with(['=', ':']) && !may_be_secret(name)
}

/// How much of a value only opens it: brackets, and the name of what is called. Where the name says that the value is
/// a secret, only a name with a dot is taken for that of a function.
fn opening(value: &str, is_named: bool) -> usize {
    const OPEN: [char; 3] = ['(', '[', '{'];
    let mut at = 0;
    loop {
        let rest = value.get(at..).unwrap_or_default();
        let end = rest.find(OPEN).unwrap_or_default();
        let called = rest.get(..end).unwrap_or_default();
        let is_function = called
            .chars()
            .all(|c| c.is_alphanumeric() || "_.:".contains(c))
            && (!is_named || called.is_empty() || called.contains('.'))
            && !may_be_secret(called);
        if !rest.contains(OPEN) || !is_function {
            return at;
        }
        at += end + 1;
    }
}

/// `$NAME`, `${NAME}`, `$(…`, `${{ … }}`: of a program, not of a file.
fn is_reference(text: &str) -> bool {
    let Some(name) = text.strip_prefix('$') else {
        return false;
    };
    let inner = name.trim_start_matches(['{', '(']);
    let is_name = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    inner.is_empty() && !name.is_empty()
        || inner.starts_with(|c: char| c.is_ascii_uppercase() || c == '_')
            && inner.trim_end_matches(['}', ')']).chars().all(is_name)
}

fn is_keyword(text: &str) -> bool {
    const WORDS: [&str; 18] = [
        "null",
        "None",
        "true",
        "false",
        "True",
        "False",
        "undefined",
        "string",
        "String",
        "number",
        "boolean",
        "bool",
        "bytes",
        "Bearer",
        "await",
        "optional",
        "required",
        "self",
    ];
    WORDS.contains(&text)
}

/// The first word of a header's value.
fn is_scheme(text: &str) -> bool {
    ["bearer", "basic", "token", "digest"]
        .iter()
        .any(|scheme| text.eq_ignore_ascii_case(scheme))
}

fn is_public_address(text: &str) -> bool {
    text.contains("://")
        && !text.contains('@')
        && !text.split(['/', '?', '&', '=']).any(may_be_secret)
}

/// Whether a value under any name may be a secret.
fn may_be(value: &str) -> bool {
    // The parts of an address have signs of their own.
    if value.contains("://") {
        return false;
    }
    if value.starts_with(['/', '~']) || value.starts_with("./") || value.starts_with("../") {
        return value.split('/').any(may_be_secret);
    }
    // Words and short numbers: a region, a version, an image.
    let mut words = value.split(['-', '_', '.', ':', '/', ',']);
    let are_words = words.all(|word| {
        let is_number = word.len() <= SHORTEST_VALUE && word.bytes().all(|b| b.is_ascii_digit());
        is_number
            || word.len() < LONG_WORD && word.bytes().all(|b| b.is_ascii_lowercase())
            || word.len() < LONG_WORD && word.bytes().all(|b| b.is_ascii_uppercase())
    });
    !are_words && may_be_secret(value)
}
