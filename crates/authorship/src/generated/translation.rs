//! Translations in formats that people write too, known by a locale in the path: a folder or a file named by one, or a
//! name that ends in one.
//!
//! Codes of languages are also words (`in`, `id`, `no`) and sizes (`sm`, `lg`), so that `sign_in.json` and `user_id.json`
//! look like translations. Where the path alone does not tell, the same name in another language does.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use serde::Deserialize;

use super::{GENERATED, is_generated};

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct Translations {
    folders: Vec<Box<str>>,
    ends: Vec<Box<str>>,
    code_folders: Vec<Box<str>>,
    code_ends: Vec<Box<str>>,
    catalogue_ends: Vec<Box<str>>,
    /// Two letters each, with spaces between.
    languages: Box<str>,
    /// Those of them that mean something else as well.
    words: Box<str>,
    #[cfg_attr(not(test), expect(dead_code, reason = "rows are tested against them"))]
    examples: Vec<Box<str>>,
    #[cfg_attr(not(test), expect(dead_code, reason = "rows are tested against them"))]
    counterexamples: Vec<Box<str>>,
    #[cfg_attr(not(test), expect(dead_code, reason = "rows are tested against them"))]
    families: Vec<Vec<Box<str>>>,
    #[cfg_attr(not(test), expect(dead_code, reason = "rows are tested against them"))]
    strangers: Vec<Vec<Box<str>>>,
}

/// Paths of one tree or change, of which some are the same text in several languages.
#[derive(Debug, Default)]
pub struct Neighbours {
    /// What stands around a locale, and the locales that stand there.
    families: BTreeMap<Family, BTreeSet<Box<[u8]>>>,
}

/// A path before and after its locale.
type Family = (Box<[u8]>, Box<[u8]>);

/// A locale in a path.
struct Mark {
    at: Range<usize>,
    language: Language,
    /// How much the path alone tells.
    stands_alone: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Language {
    /// Mostly the language that is translated from: no translation, but a sign that others beside it are.
    English,
    /// Also a word, so that it shows nothing about others.
    Word,
    Other,
}

impl Neighbours {
    /// Takes the paths that may stand beside each other.
    #[must_use]
    pub fn of<'p>(paths: impl IntoIterator<Item = &'p [u8]>) -> Self {
        let mut families: BTreeMap<Family, BTreeSet<Box<[u8]>>> = BTreeMap::new();
        for path in paths {
            for mark in GENERATED.translations.marks(path) {
                if mark.language != Language::Word {
                    let locale = Box::from(&path[mark.at.clone()]);
                    families
                        .entry(mark.family(path))
                        .or_default()
                        .insert(locale);
                }
            }
        }
        Self { families }
    }

    /// Whether a file is generated, vendored, a lock file or a translation, by its path and by these.
    #[must_use]
    pub fn is_generated(&self, path: &[u8]) -> bool {
        is_generated(path)
            || GENERATED.translations.marks(path).iter().any(|mark| {
                let others = self.families.get(&mark.family(path));
                mark.language != Language::English
                    && others
                        .is_some_and(|all| all.iter().any(|other| **other != path[mark.at.clone()]))
            })
    }
}

impl Mark {
    fn family(&self, path: &[u8]) -> Family {
        (
            Box::from(&path[..self.at.start]),
            Box::from(&path[self.at.end..]),
        )
    }
}

impl Translations {
    pub(super) fn has(&self, path: &[u8]) -> bool {
        self.marks(path).iter().any(|mark| mark.stands_alone)
    }

    /// The locales in what follows the first folder of translations: folders, and the file.
    fn marks(&self, path: &[u8]) -> Vec<Mark> {
        let mut marks = Vec::new();
        let ends_in = |ends: &[Box<str>]| ends.iter().any(|end| path.ends_with(end.as_bytes()));
        let folders = if ends_in(&self.ends) {
            &self.folders
        } else if ends_in(&self.code_ends) {
            &self.code_folders
        } else {
            return marks;
        };
        let mut is_below = false;
        for at in pieces(path, 0..path.len(), b'/') {
            if !is_below {
                is_below = folders
                    .iter()
                    .any(|name| name.as_bytes() == &path[at.clone()]);
            } else if at.end < path.len() {
                marks.extend(self.whole(path, at));
            } else {
                self.name(path, at, ends_in(&self.catalogue_ends), &mut marks);
            }
        }
        marks
    }

    /// A file: `de.json`, `common.de.json`, `messages_de.properties`.
    fn name(&self, path: &[u8], file: Range<usize>, is_catalogue: bool, marks: &mut Vec<Mark>) {
        let dot = path[file.clone()].iter().rposition(|&b| b == b'.');
        let stem = file.start..dot.map_or(file.end, |dot| file.start + dot);
        for piece in pieces(path, stem, b'.') {
            marks.extend(self.whole(path, piece.clone()));
            for from in piece.clone().filter(|&at| path[at] == b'_') {
                let at = from + 1..piece.end;
                let Some(language) = self.language(&path[at.clone()]) else {
                    continue;
                };
                // `config_dev_US` and `sign_in_US` end like `messages_pt_BR`.
                let names_region =
                    at.len() > 2 && matches!(path.get(at.start + 2), Some(b'_' | b'-'));
                marks.push(Mark {
                    at,
                    language,
                    stands_alone: language == Language::Other && (names_region || is_catalogue),
                });
            }
        }
    }

    /// A folder, or what stands between dots, that is a locale and nothing else.
    fn whole(&self, path: &[u8], at: Range<usize>) -> Option<Mark> {
        let language = self.language(&path[at.clone()])?;
        let stands_alone = match language {
            Language::English => false,
            Language::Word => at.len() > 2,
            Language::Other => true,
        };
        Some(Mark {
            at,
            language,
            stands_alone,
        })
    }

    /// The language of `de`, `pt-BR`, `zh_Hant_TW`, `es-419`, `fil-PH`. Three letters alone are mostly a word.
    fn language(&self, name: &[u8]) -> Option<Language> {
        let mut subtags = name.split(|b| matches!(b, b'-' | b'_'));
        let language = subtags.next().unwrap_or_default();
        let is_in = |list: &str| {
            list.split_whitespace()
                .any(|known| known.as_bytes() == language)
        };
        let language = match language.len() {
            2 if language == b"en" => Language::English,
            2 if is_in(&self.words) => Language::Word,
            2 if is_in(&self.languages) => Language::Other,
            3 if name.len() > 3 && language.iter().all(u8::is_ascii_lowercase) => Language::Other,
            _ => return None,
        };
        let is_tag = |tag: &[u8]| {
            matches!(tag.len(), 2..=4)
                && (tag.iter().all(u8::is_ascii_digit)
                    || tag.first().is_some_and(u8::is_ascii_uppercase)
                        && tag.iter().all(u8::is_ascii_alphabetic))
        };
        subtags.all(is_tag).then_some(language)
    }
}

/// Where the pieces of a part of a path are that a byte separates.
fn pieces(path: &[u8], part: Range<usize>, separator: u8) -> impl Iterator<Item = Range<usize>> {
    let mut start = part.start;
    path[part]
        .split(move |&b| b == separator)
        .map(move |piece| {
            let at = start..start + piece.len();
            start = at.end + 1;
            at
        })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{SOURCE, Table};
    use super::*;

    #[test]
    fn translations_that_their_path_alone_tells_are_known_and_near_misses_are_not() {
        let table: Table = toml::from_str(SOURCE).unwrap();
        let Translations {
            examples,
            counterexamples,
            ..
        } = table.translations;
        assert!(!examples.is_empty() && !counterexamples.is_empty());
        for path in &examples {
            assert!(is_generated(path.as_bytes()), "{path}");
        }
        for path in &counterexamples {
            let alone = Neighbours::of([path.as_bytes()]);
            assert!(!alone.is_generated(path.as_bytes()), "{path}");
        }
    }

    #[test]
    fn a_locale_that_is_also_a_word_counts_only_beside_the_same_name_in_another_language() {
        let table: Table = toml::from_str(SOURCE).unwrap();
        let Translations {
            families,
            strangers,
            ..
        } = table.translations;
        let of = |family: &[Box<str>]| {
            let together = Neighbours::of(family.iter().map(|path| path.as_bytes()));
            let paths = family.iter().map(|path| path.as_bytes());
            paths
                .map(|path| together.is_generated(path))
                .collect::<Vec<_>>()
        };
        for family in &families {
            // The first is the original.
            let found = of(family);
            assert!(
                !found[0] && found[1..].iter().all(|is| *is),
                "{family:?}: {found:?}"
            );
        }
        for family in &strangers {
            assert!(of(family).iter().all(|is| !is), "{family:?}");
        }
    }

    #[test]
    fn every_word_is_the_code_of_a_language() {
        let table: Table = toml::from_str(SOURCE).unwrap();
        let Translations {
            languages, words, ..
        } = table.translations;
        for word in words.split_whitespace() {
            assert!(
                languages.split_whitespace().any(|known| known == word),
                "{word}"
            );
        }
    }

    proptest! {
        #[test]
        fn no_path_makes_it_panic(path in proptest::collection::vec(prop_oneof![
            Just(b'/'), Just(b'.'), Just(b'_'), Just(b'-'), any::<u8>()
        ], 0..24)) {
            let mut path = path;
            path.splice(0..0, *b"i18n/");
            path.extend_from_slice(b".json");
            let _ = Neighbours::of([&*path]).is_generated(&path);
        }
    }
}
