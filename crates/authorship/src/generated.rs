//! Which paths hold generated, vendored or lock files or translations: nobody's handwriting, so they
//! are counted apart from shares of authorship.
//!
//! Names only; `linguist-generated` in `.gitattributes` is for whoever reads the repository.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::files::glob::Patterns;

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Table {
    generated: Vec<Row>,
    translations: Translations,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Translations {
    folders: Vec<Box<str>>,
    ends: Vec<Box<str>>,
    code_folders: Vec<Box<str>>,
    code_ends: Vec<Box<str>>,
    /// Two letters each, with spaces between.
    languages: Box<str>,
    #[cfg_attr(not(test), expect(dead_code, reason = "rows are tested against them"))]
    examples: Vec<Box<str>>,
    #[cfg_attr(not(test), expect(dead_code, reason = "rows are tested against them"))]
    counterexamples: Vec<Box<str>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "names the row for readers and tests")
    )]
    what: Box<str>,
    paths: Vec<Box<str>>,
    #[cfg_attr(not(test), expect(dead_code, reason = "rows are tested against them"))]
    examples: Vec<Box<str>>,
    #[cfg_attr(not(test), expect(dead_code, reason = "rows are tested against them"))]
    counterexamples: Vec<Box<str>>,
}

pub(crate) const SOURCE: &str = include_str!("../data/generated.toml");

struct Generated {
    patterns: Patterns,
    translations: Translations,
}

static GENERATED: LazyLock<Generated> = LazyLock::new(|| {
    let table: Table = crate::table::embedded(SOURCE);
    let rows = table.generated.iter().enumerate();
    let patterns =
        Patterns::new(rows.flat_map(|(ix, row)| row.paths.iter().map(move |path| (&**path, ix))));
    Generated {
        patterns,
        translations: table.translations,
    }
});

/// Whether a file is generated, vendored, a lock file or a translation, by its path.
#[must_use]
pub fn is_generated(path: &[u8]) -> bool {
    GENERATED.patterns.rows(path).next().is_some() || GENERATED.translations.has(path)
}

impl Translations {
    fn has(&self, path: &[u8]) -> bool {
        let ends_in = |ends: &[Box<str>]| ends.iter().any(|end| path.ends_with(end.as_bytes()));
        let folders = if ends_in(&self.ends) {
            &self.folders
        } else if ends_in(&self.code_ends) {
            &self.code_folders
        } else {
            return false;
        };
        let mut parts = path.split(|&b| b == b'/');
        let is_folder = |part: &[u8]| folders.iter().any(|name| name.as_bytes() == part);
        // What follows the first such folder: folders, and the file.
        if !parts.any(is_folder) {
            return false;
        }
        let mut parts = parts.peekable();
        while let Some(part) = parts.next() {
            let is_file = parts.peek().is_none();
            if self.is_foreign_locale(part) || is_file && self.is_named_by_locale(part) {
                return true;
            }
        }
        false
    }

    /// `de.json`, `common.de.json`, `messages_de.properties`.
    fn is_named_by_locale(&self, file: &[u8]) -> bool {
        let end = file.iter().rposition(|&b| b == b'.').unwrap_or(file.len());
        file[..end].split(|&b| b == b'.').any(|piece| {
            let suffixes = (0..piece.len()).filter(|&at| piece[at] == b'_');
            self.is_foreign_locale(piece)
                || suffixes
                    .map(|at| &piece[at + 1..])
                    .any(|suffix| self.is_foreign_locale(suffix))
        })
    }

    /// `de`, `pt-BR`, `zh_Hant_TW`, `es-419`, `fil-PH`, but not English. Three letters alone are mostly a word.
    fn is_foreign_locale(&self, name: &[u8]) -> bool {
        let mut subtags = name.split(|b| matches!(b, b'-' | b'_'));
        let language = subtags.next().unwrap_or_default();
        let is_language = match language.len() {
            2 => self
                .languages
                .split_whitespace()
                .any(|known| known.as_bytes() == language),
            3 => name.len() > 3 && language.iter().all(u8::is_ascii_lowercase),
            _ => false,
        };
        is_language
            && subtags.all(|tag| {
                matches!(tag.len(), 2..=4)
                    && (tag.iter().all(u8::is_ascii_digit)
                        || tag.first().is_some_and(u8::is_ascii_uppercase)
                            && tag.iter().all(u8::is_ascii_alphabetic))
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_loads_matches_its_examples_and_spares_its_counterexamples() {
        let table: Table = toml::from_str(SOURCE).unwrap();
        for row in &table.generated {
            assert!(
                !row.examples.is_empty() && !row.counterexamples.is_empty(),
                "{}",
                row.what
            );
            for path in &row.examples {
                assert!(is_generated(path.as_bytes()), "{path}");
            }
            for path in &row.counterexamples {
                assert!(!is_generated(path.as_bytes()), "{path}");
            }
        }
        for path in &table.translations.examples {
            assert!(is_generated(path.as_bytes()), "{path}");
        }
        for path in &table.translations.counterexamples {
            assert!(!is_generated(path.as_bytes()), "{path}");
        }
    }

    #[test]
    fn source_files_are_not_generated() {
        for path in [
            "src/main.rs",
            "lib/index.ts",
            "README.md",
            "a.lockfile.rs",
            "locales/app.json",
            "map/x.py",
        ] {
            assert!(!is_generated(path.as_bytes()), "{path}");
        }
    }
}
