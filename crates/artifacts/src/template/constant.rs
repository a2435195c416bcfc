//! Text that is put together from constant parts, as the template engine would do it, within what may be computed:
//! a few words that are put into each other can ask for any amount of text.

use std::collections::{BTreeMap, BTreeSet};

use super::capture::Macro;

/// Longest text that is computed or kept under a name: prompts are shorter.
pub(super) const MAX_TEXT: usize = 32 << 10;

/// The value of an expression, if it is constant text.
pub(super) type Folded = Option<String>;

/// Names that stand for constant text, and how much may still be computed.
#[derive(Debug, Default)]
pub(super) struct Constants {
    texts: BTreeMap<String, String>,
    /// Names of what somebody said.
    said: BTreeSet<String>,
    /// Macros by their names.
    macros: BTreeMap<String, Macro>,
    /// Bytes that may still be computed or copied.
    pub(super) left: u64,
    /// Something was not computed because it is too long, or too much was.
    pub(super) cut: bool,
}

impl Constants {
    pub(super) const fn new(left: u64) -> Self {
        Self {
            texts: BTreeMap::new(),
            said: BTreeSet::new(),
            macros: BTreeMap::new(),
            left,
            cut: false,
        }
    }

    /// Takes the cost of a text of `len` bytes from what is left; is it still allowed?
    pub(super) fn charge(&mut self, len: usize) -> bool {
        let left = self.left.checked_sub(len as u64);
        let is_allowed = len <= MAX_TEXT && left.is_some();
        if is_allowed {
            self.left = left.unwrap_or_default();
        } else {
            self.cut = true;
        }
        is_allowed
    }

    /// The text of a name, to look at.
    pub(super) fn look(&self, name: &str) -> Option<&String> {
        self.texts.get(name)
    }

    /// The text of a name, to work with.
    pub(super) fn get(&mut self, name: &str) -> Folded {
        let len = self.texts.get(name)?.len();
        if self.charge(len) {
            self.texts.get(name).cloned()
        } else {
            None
        }
    }

    /// From here on the name stands for the text.
    pub(super) fn set(&mut self, name: &str, text: &str) {
        if self.charge(text.len()) {
            self.texts.insert(name.to_owned(), text.to_owned());
        } else {
            self.texts.remove(name);
        }
    }

    /// From here on the name stands for what somebody said, or for something else.
    pub(super) fn set_said(&mut self, name: &str, is_said: bool) {
        if is_said {
            self.said.insert(name.to_owned());
        } else {
            self.said.remove(name);
        }
    }

    pub(super) fn is_said(&self, name: &str) -> bool {
        self.said.contains(name)
    }

    /// From here on a call of the name gives what the macro puts out.
    pub(super) fn set_macro(&mut self, name: &str, made: Macro) {
        if self.charge(made.len()) {
            self.macros.insert(name.to_owned(), made);
        } else {
            self.macros.remove(name);
        }
    }

    /// What a call of a macro puts out.
    pub(super) fn call_macro(&mut self, name: &str, given: &[Folded]) -> Folded {
        let len = self.macros.get(name)?.len();
        if !self.charge(len) {
            return None;
        }
        let text = self.macros.get(name)?.called(given);
        self.charge(text.len()).then_some(text)
    }

    /// From here on nothing is known of the name.
    pub(super) fn forget(&mut self, name: &str) {
        self.texts.remove(name);
    }
}

/// `'%s%s' % (a, b)`, also `%c`. What grows too long is left where it does.
pub(super) fn percent(format: &str, given: &[String]) -> Option<String> {
    let mut out = String::new();
    let mut given = given.iter();
    let mut rest = format;
    while let Some((before, after)) = rest.split_once('%') {
        out.push_str(before);
        let tail = after.strip_prefix(['s', 'c'])?;
        let value = given.next()?;
        match value.parse::<u32>().ok().and_then(char::from_u32) {
            Some(c) if after.starts_with('c') && value.len() > 1 => out.push(c),
            _ => out.push_str(value),
        }
        rest = tail;
        if out.len() > MAX_TEXT {
            return Some(out);
        }
    }
    out.push_str(rest);
    Some(out)
}

/// `'{}{1}'.format(a, b)`. What grows too long is left where it does.
pub(super) fn braces(format: &str, args: &[Folded]) -> Folded {
    let mut out = String::new();
    let mut next = 0;
    let mut rest = format;
    while let Some((before, after)) = rest.split_once('{') {
        let (index, tail) = after.split_once('}')?;
        out.push_str(before);
        let at = if index.is_empty() {
            next
        } else {
            index.parse().ok()?
        };
        next += 1;
        out.push_str(args.get(at)?.as_ref()?);
        rest = tail;
        if out.len() > MAX_TEXT {
            return Some(out);
        }
    }
    out.push_str(rest);
    Some(out)
}

/// How long a text gets when every `from` in it becomes `to`.
pub(super) fn replaced_len(text: &str, from: &str, to: &str) -> usize {
    let count = text.matches(from).count();
    (text.len() - count * from.len()).saturating_add(count.saturating_mul(to.len()))
}

/// How long texts get with another one between them.
pub(super) fn joined_len(lens: impl Iterator<Item = usize>, between: &str) -> usize {
    lens.fold(0, |all: usize, len| {
        all.saturating_add(len).saturating_add(between.len())
    })
}

/// The characters of a text with another one between them.
pub(super) fn spread(text: &str, between: &str) -> String {
    let mut out = String::new();
    for (at, c) in text.chars().enumerate() {
        if at > 0 {
            out.push_str(between);
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_computed_is_counted_and_has_a_length() {
        let mut constants = Constants::new(100);
        constants.set("a", &"x".repeat(40));
        assert_eq!(constants.get("a").map(|a| a.len()), Some(40));
        assert!(!constants.cut && constants.left == 20);
        assert_eq!(constants.get("a"), None);
        assert!(constants.cut);
        assert!(!Constants::new(u64::MAX).charge(MAX_TEXT + 1));
    }

    #[test]
    fn lengths_are_known_before_texts_are_made() {
        for (text, from, to) in [("aXbX", "X", "--"), ("abc", "", "-"), ("abc", "b", "")] {
            assert_eq!(replaced_len(text, from, to), text.replace(from, to).len());
        }
        assert_eq!(spread("abc", "--"), "a--b--c");
        let many = "{0}".repeat(1_000);
        let long = Some("x".repeat(1_000));
        let made = braces(&many, &[long]).unwrap_or_default();
        assert!(made.len() <= MAX_TEXT + 1_000, "{}", made.len());
    }
}
