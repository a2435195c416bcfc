//! Exceptions whose path no file has: most often a slip of the pen, or a file that moved.
//!
//! Pure: the caller lists the files. What is said is advice to whoever writes the exception; no verdict depends on it.

use bstr::ByteSlice;
use trueline_facts::RepoPath;

use super::{Exception, ExceptionScope};
use crate::document::distance;
use crate::zone::{globs, matches};

/// Files that are compared letter by letter.
const MOST_COMPARED: usize = 5_000;

impl Exception {
    /// What is to be said if the exception is about a path that none of the files has.
    #[must_use]
    pub fn path_warning(&self, files: &[RepoPath]) -> Option<String> {
        let ExceptionScope::Path(glob) = &self.scope else {
            return None;
        };
        let compiled = globs(&[(glob.clone(), toml_span::Span::new(0, 0))], "path").ok()?;
        if files.iter().any(|file| matches(&compiled, file)) {
            return None;
        }
        let hint = nearest(glob, files).map_or_else(String::new, |near| {
            format!("; the nearest is `{}`", near.display())
        });
        Some(format!(
            "{}: no file matches `{glob}`, so it answers nothing{hint}",
            self.id
        ))
    }
}

/// The file that was most probably meant: one of the same name, else one that is written almost so.
fn nearest<'f>(glob: &str, files: &'f [RepoPath]) -> Option<&'f RepoPath> {
    let wanted = glob.trim_start_matches('/').trim_end_matches('/');
    let name = wanted.rsplit('/').next()?;
    if name.is_empty() || name.contains(['*', '?', '[']) {
        // Of a pattern the folder is what can be mistaken.
        let fixed: Vec<&str> = wanted
            .split('/')
            .take_while(|part| !part.contains(['*', '?', '[']))
            .collect();
        let fixed = fixed.join("/");
        return (!fixed.is_empty())
            .then(|| closest(&fixed, files, folder))
            .flatten();
    }
    let namesakes: Vec<&RepoPath> = files
        .iter()
        .filter(|file| file.file_name().as_bytes() == name.as_bytes())
        .collect();
    let to = |file: &&RepoPath| distance(wanted, &file.display());
    namesakes
        .into_iter()
        .take(MOST_COMPARED)
        .min_by_key(to)
        .or_else(|| closest(wanted, files, |path| path.display().into_owned()))
}

fn folder(path: &RepoPath) -> String {
    let text = path.display();
    text.rsplit_once('/')
        .map_or_else(String::new, |(folder, _)| folder.to_owned())
}

/// The file whose text is fewest letters away, a third of the letters at most.
fn closest<'f>(
    wanted: &str,
    files: &'f [RepoPath],
    text: impl Fn(&RepoPath) -> String,
) -> Option<&'f RepoPath> {
    let wide = wanted.chars().count() / 3;
    files
        .iter()
        .filter(|file| text(file).chars().count().abs_diff(wanted.chars().count()) <= wide)
        .take(MOST_COMPARED)
        .map(|file| (distance(wanted, &text(file)), file))
        .filter(|(away, _)| *away <= wide)
        .min()
        .map(|(_, file)| file)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(glob: &str) -> Option<String> {
        let files = [
            "src/auth/login.py",
            "src/legacy/view.py",
            "web/view.ts",
            "docs/a.md",
        ]
        .map(RepoPath::from);
        nearest(glob, &files).map(|file| file.display().into_owned())
    }

    #[test]
    fn a_moved_file_a_slip_and_a_folder_are_recognised_and_nothing_else_is() {
        assert_eq!(
            near("src/old/view.py").as_deref(),
            Some("src/legacy/view.py")
        );
        assert_eq!(
            near("/src/auth/logn.py").as_deref(),
            Some("src/auth/login.py")
        );
        assert_eq!(near("src/legcy/**").as_deref(), Some("src/legacy/view.py"));
        assert_eq!(near("src/legcy/").as_deref(), None);
        assert_eq!(near("**"), None);
        assert_eq!(near("vendor/zlib/inflate.c"), None);
    }
}
