//! Where a repository's cache is: below its git directory, or in the user's cache directory when
//! that cannot be written.

use std::path::{Path, PathBuf};

use trueline_cache::{Cache, Candidate, DEFAULT_LIMIT_BYTES, user_directory};
use trueline_facts::{Diagnostic, Level};
use trueline_history::repository::Repository;

/// Version of everything below the directory: another version never reads it.
const VERSION_DIRECTORY: &str = "v1";

/// Opens the cache; without one the run goes on, slower, and says so.
pub(crate) fn open(repository: &Repository, diagnostics: &mut Vec<Diagnostic>) -> Option<Cache> {
    let common = repository.common_dir();
    let common = common.canonicalize().unwrap_or(common);
    let mut candidates = vec![Candidate::new(&common, "trueline").join(VERSION_DIRECTORY)];
    candidates.extend(of_user(&common));
    opened(&candidates, diagnostics)
}

/// Opens the cache of a folder outside of git: in the user's cache directory.
pub(crate) fn open_outside_git(root: &Path, diagnostics: &mut Vec<Diagnostic>) -> Option<Cache> {
    let candidates: Vec<Candidate> = of_user(root).into_iter().collect();
    opened(&candidates, diagnostics)
}

fn of_user(path: &Path) -> Option<Candidate> {
    let directory = user_directory(
        std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from),
        std::env::home_dir(),
        path,
    )?;
    Some(directory.join(VERSION_DIRECTORY))
}

fn opened(candidates: &[Candidate], diagnostics: &mut Vec<Diagnostic>) -> Option<Cache> {
    let cache = Cache::open(candidates, DEFAULT_LIMIT_BYTES).ok();
    if cache.is_none() {
        // The error would name paths of this machine, which documents do not.
        diagnostics.push(Diagnostic::new(
            Level::Note,
            "cache-unavailable",
            "neither the git directory nor the user's cache directory can be written: the next \
             run will take as long as this one",
        ));
    }
    cache
}
