//! Where a repository's cache is: below its git directory, or in the user's cache directory when
//! that cannot be written.

use std::path::PathBuf;

use trueline_cache::{Cache, DEFAULT_LIMIT_BYTES, user_directory};
use trueline_facts::{Diagnostic, Level};
use trueline_history::repository::Repository;

/// Version of everything below the directory: another version never reads it.
const VERSION_DIRECTORY: &str = "v1";

/// Opens the cache; without one the run goes on, slower, and says so.
pub(crate) fn open(repository: &Repository, diagnostics: &mut Vec<Diagnostic>) -> Option<Cache> {
    let common = repository.common_dir();
    let common = common.canonicalize().unwrap_or(common);
    let mut directories = vec![common.join("trueline").join(VERSION_DIRECTORY)];
    directories.extend(
        user_directory(
            std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from),
            std::env::home_dir(),
            &common,
        )
        .map(|d| d.join(VERSION_DIRECTORY)),
    );
    match Cache::open(&directories, DEFAULT_LIMIT_BYTES) {
        Ok(cache) => Some(cache),
        Err(error) => {
            diagnostics.push(Diagnostic::new(
                Level::Note,
                "cache-unavailable",
                format!("{error}; the next run will take as long as this one"),
            ));
            None
        }
    }
}
