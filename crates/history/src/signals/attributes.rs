//! Files that the repository itself declares generated or vendored, in the `.gitattributes` files of
//! HEAD (`linguist-generated`, `linguist-vendored`). What it declares goes before what a path looks
//! like: `-linguist-generated` says that people write the file.
//!
//! Only files of the tree count: what a reader keeps in `.git/info` must not change a report.

use bstr::{BStr, ByteSlice};
use gix::attrs::StateRef;
use gix::attrs::parse::Kind;
use gix::glob::Pattern;
use gix::glob::pattern::Case;
use gix::glob::wildmatch::Mode;

use crate::model::History;

use super::Source;

/// Longest file of attributes that is read, in lines; longer ones are read up to there.
const MOST_LINES: usize = 10_000;

/// What `.gitattributes` files say about paths.
#[derive(Debug, Default)]
pub(super) struct Declared {
    /// Outermost folder first; within a file in its order. The last that matches decides.
    rules: Vec<Rule>,
}

#[derive(Debug)]
struct Rule {
    /// The folder of the file, with a slash at its end; empty at the root.
    folder: Vec<u8>,
    pattern: Pattern,
    generated: bool,
}

impl Declared {
    pub(super) fn read(history: &History, source: &dyn Source) -> Self {
        let mut files: Vec<(&[u8], Vec<u8>)> = history
            .files
            .iter()
            .filter_map(|file| {
                let path = history.path(file.path).as_bytes();
                let folder = path.strip_suffix(b".gitattributes")?;
                let is_named_so = folder.is_empty() || folder.ends_with(b"/");
                let content = is_named_so.then(|| source.blob(file.blob))??;
                Some((folder, content))
            })
            .collect();
        files.sort_by_key(|(folder, _)| (folder.find_iter(b"/").count(), *folder));
        let rules = files
            .iter()
            .flat_map(|(folder, content)| rules(folder, content))
            .collect();
        Self { rules }
    }

    /// Whether a path is declared generated or vendored; `None` where nothing is said about it.
    pub(super) fn is_generated(&self, path: &[u8]) -> Option<bool> {
        let matches = |rule: &&Rule| {
            let Some(inner) = path.strip_prefix(rule.folder.as_slice()) else {
                return false;
            };
            let name = memchr::memrchr(b'/', inner).map(|at| at + 1);
            rule.pattern.matches_repo_relative_path(
                BStr::new(inner),
                name,
                Some(false),
                Case::Sensitive,
                Mode::NO_MATCH_SLASH_LITERAL,
            )
        };
        let rule = self.rules.iter().rev().find(matches)?;
        Some(rule.generated)
    }
}

/// The lines that say something; lines that cannot be understood say nothing.
fn rules<'a>(folder: &'a [u8], content: &'a [u8]) -> impl Iterator<Item = Rule> + 'a {
    gix::attrs::parse(content)
        .take(MOST_LINES)
        .filter_map(|line| {
            let (Kind::Pattern(pattern), attributes, _) = line.ok()? else {
                return None;
            };
            let mut said = None;
            for attribute in attributes.filter_map(Result::ok) {
                if !matches!(
                    attribute.name.as_str(),
                    "linguist-generated" | "linguist-vendored"
                ) {
                    continue;
                }
                let here = match attribute.state {
                    StateRef::Set => true,
                    StateRef::Unset => false,
                    StateRef::Value(value) => value.as_bstr() != "false",
                    StateRef::Unspecified => continue,
                };
                said = Some(said.unwrap_or(false) || here);
            }
            Some(Rule {
                folder: folder.to_vec(),
                pattern,
                generated: said?,
            })
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn declared(files: &[(&str, &str)]) -> Declared {
        Declared {
            rules: files
                .iter()
                .flat_map(|(folder, text)| rules(folder.as_bytes(), text.as_bytes()))
                .collect(),
        }
    }

    #[test]
    fn the_last_line_that_speaks_of_a_path_decides() {
        let declared = declared(&[
            (
                "",
                "# generated\n*.html linguist-language=django\n**/openapi*.json linguist-generated\nlibs/** linguist-vendored=true\nlibs/ours.c -linguist-vendored\n/top.rs linguist-generated=false\n",
            ),
            ("app/", "*.json linguist-generated=false\n"),
        ]);
        let of = |path: &str| declared.is_generated(path.as_bytes());
        assert_eq!(of("a/b/openapi_page.json"), Some(true));
        assert_eq!(of("openapi.json"), Some(true));
        assert_eq!(of("app/openapi.json"), Some(false));
        assert_eq!(of("libs/x/y.c"), Some(true));
        assert_eq!(of("libs/ours.c"), Some(false));
        assert_eq!(of("top.rs"), Some(false));
        assert_eq!(of("inner/top.rs"), None);
        assert_eq!(of("page.html"), None);
    }

    #[test]
    fn broken_lines_say_nothing() {
        let declared = declared(&[(
            "",
            "\"unclosed linguist-generated\n!neg linguist-generated\n\u{0}\n",
        )]);
        assert_eq!(declared.is_generated(b"neg"), None);
    }
}
