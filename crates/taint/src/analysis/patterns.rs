//! Regular expressions as guards: what text may hold that one of them matches, or finds nothing in.

use super::Analyzer;
use super::alphabet::{
    Alphabet, Anchors, begins_with_one_slash, rejected_alphabet, whole_alphabet,
};
use super::state::State;
use super::value::{Derivation, Konst, ValId};
use crate::models::Bits;

/// Replacements that a text went through.
const MAX_REPLACED: usize = 4;

impl Analyzer<'_> {
    /// What a matcher of a compiled pattern says of the text that it was made for.
    pub(super) fn assume_matcher(
        &mut self,
        state: &mut State,
        matcher: ValId,
        anchors: Anchors,
        holds: bool,
    ) {
        let Some(object) = self.only_object(matcher) else {
            return;
        };
        let found = state.contents(object).and_then(|c| {
            Some((
                c.get(super::state::Key::At(0))?,
                c.get(super::state::Key::At(1))?,
            ))
        });
        if let Some((pattern, text)) = found {
            self.assume_regex(state, pattern, text, anchors, holds);
        }
    }

    /// The constant pattern of a compiled regular expression.
    pub(super) fn pattern_of(&self, state: &State, value: ValId) -> Option<ValId> {
        let object = self.only_object(value)?;
        let contents = state.contents(object)?;
        contents.get(super::state::Key::At(0))
    }

    pub(super) fn assume_regex(
        &mut self,
        state: &mut State,
        pattern: ValId,
        text: ValId,
        anchors: Anchors,
        holds: bool,
    ) {
        let pattern = match self.arena.get(pattern).konst {
            Some(Konst::Str(pattern)) => self.names.text(pattern).to_owned(),
            _ => match self
                .pattern_of(state, pattern)
                .map(|p| self.arena.get(p).konst)
            {
                Some(Some(Konst::Str(pattern))) => self.names.text(pattern).to_owned(),
                _ => return,
            },
        };
        if holds && begins_with_one_slash(&pattern) {
            let local = Bits::SLASH_FIRST.or(Bits::NOT_TWO_SLASHES);
            self.establish(state, text, local);
        }
        let alphabet = if holds {
            whole_alphabet(&pattern, anchors)
        } else {
            rejected_alphabet(&pattern)
        };
        if holds && anchors == Anchors::Whole && is_local_path(&pattern) {
            self.establish(state, text, self.models.url_rules);
        }
        let Some(alphabet) = alphabet else { return };
        let mut cleared = self.cleared_by_alphabet(&alphabet);
        if holds
            && alphabet.has('.')
            && alphabet.has('/')
            && let Some(dots) = super::backtracking::dots(&pattern)
        {
            if dots.single {
                cleared = cleared.or(Bits::NO_DOTDOT);
            }
            if dots.relative {
                cleared = cleared.or(Bits::RELATIVE);
            }
        }
        self.establish(state, text, cleared);
        self.establish_origin(state, text, alphabet);
    }

    /// What the characters of a text say of the one that it was made of by a replacement:
    /// `p.replace(".html", "").matches("\\d+")`.
    fn establish_origin(&mut self, state: &mut State, text: ValId, mut alphabet: Alphabet) {
        let mut text = self.arena.unrefined(text);
        for _ in 0..MAX_REPLACED {
            let Some((Derivation::Without(part), origin)) = self.arena.get(text).derived else {
                return;
            };
            alphabet.add_text(self.names.text(part));
            let cleared = self.cleared_by_alphabet(&alphabet);
            self.establish(state, origin, cleared);
            text = self.arena.unrefined(origin);
        }
    }

    /// The rules that text cannot violate which a pattern matches from its beginning to its end.
    pub(super) fn cleared_by_whole(&self, pattern: &str) -> Bits {
        whole_alphabet(pattern, Anchors::None)
            .map_or(Bits::NONE, |alphabet| self.cleared_by_alphabet(&alphabet))
    }

    /// The rules that text of these characters cannot violate.
    pub(super) fn cleared_by_alphabet(&self, alphabet: &Alphabet) -> Bits {
        let mut cleared = Bits::NONE;
        for (at, rule) in self.models.rules.iter().enumerate() {
            if !rule.danger.is_empty() && !rule.danger.chars().any(|c| alphabet.has(c)) {
                cleared = cleared.or(Bits::rule(at as u16));
            }
        }
        if !alphabet.has('.') {
            cleared = cleared.or(Bits::NO_DOTDOT);
        }
        if !alphabet.has('/') {
            cleared = cleared.or(Bits::RELATIVE);
            if !alphabet.has('\\') {
                cleared = cleared.or(Bits::SEGMENT);
            }
        }
        cleared
    }
}

/// Whether a pattern admits only what begins with a slash that is no second one's neighbour: an
/// address on this host.
fn is_local_path(pattern: &str) -> bool {
    let pattern = pattern.strip_prefix('^').unwrap_or(pattern);
    let Some(rest) = pattern.strip_prefix('/') else {
        return false;
    };
    if let Some(rest) = rest.strip_prefix("(?![") {
        return rest
            .split(']')
            .next()
            .is_some_and(|c| c.contains('/') && c.contains('\\'));
    }
    match rest.strip_prefix('[') {
        Some(class) => {
            let class = class.split(']').next().unwrap_or(class);
            !class.starts_with('^') && !class.contains(['/', '\\'])
        }
        None => rest.starts_with(|c: char| c.is_ascii_alphanumeric()),
    }
}
