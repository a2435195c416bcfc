//! Which paths hold generated, vendored or lock files or translations: nobody's handwriting, so they
//! are counted apart from shares of authorship.
//!
//! Names only; `linguist-generated` in `.gitattributes` is for whoever reads the repository. A name that could also
//! be a word (`user_id.json`) is a translation only beside the same name in another language: [`Neighbours`].

mod translation;

use std::sync::LazyLock;

use serde::Deserialize;

use crate::files::glob::Patterns;
pub use translation::Neighbours;
use translation::Translations;

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Table {
    generated: Vec<Row>,
    translations: Translations,
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

/// Whether a file is generated, vendored, a lock file or a translation, by its path alone; [`Neighbours`] know more
/// translations.
#[must_use]
pub fn is_generated(path: &[u8]) -> bool {
    GENERATED.patterns.rows(path).next().is_some() || GENERATED.translations.has(path)
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
