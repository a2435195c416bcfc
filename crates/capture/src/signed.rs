//! Notes of a range of commits, for who signs them or looks at signatures; and a note put in the place of another.
//!
//! Keys are not known here: what is signed and by whom is the caller's.

use gix::ObjectId;

use crate::lines::LineKey;
use crate::notes;
use crate::objects::Objects;
use crate::place::Place;
use crate::settle::{SettleError, Settling};
use crate::worktree;

/// Commits of a range that are looked at.
const MOST_COMMITS: usize = 1_000_000;

/// A commit's note.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Noted {
    /// The commit, in hexadecimal.
    pub commit: String,
    /// The note as it stands there.
    pub note: Vec<u8>,
}

/// The notes of the commits that a range names, newest first; of others nothing is said.
pub fn notes_of(place: &Place, range: &str) -> Result<Vec<Noted>, SettleError> {
    let asked = ["rev-list", "--end-of-options", range, "--"];
    let listed = notes::git(place, "rev-list", &asked, None)?;
    let repo = worktree::open(place).ok_or(SettleError::Repository)?;
    // No line of a file is looked at.
    let mut objects = Objects::new(repo, LineKey([0; 16]));
    let mut found = Vec::new();
    for line in listed.split(|byte| *byte == b'\n').take(MOST_COMMITS) {
        let Ok(commit) = ObjectId::from_hex(line) else {
            continue;
        };
        if let Some(note) = objects.note_bytes(commit) {
            let commit = commit.to_hex().to_string();
            found.push(Noted { commit, note });
        }
    }
    Ok(found)
}

/// The commits that a range names, newest first.
pub fn commits_of(place: &Place, range: &str) -> Result<Vec<String>, SettleError> {
    let asked = ["rev-list", "--end-of-options", range, "--"];
    let listed = notes::git(place, "rev-list", &asked, None)?;
    let listed = String::from_utf8_lossy(&listed);
    Ok(listed
        .lines()
        .take(MOST_COMMITS)
        .map(str::to_owned)
        .collect())
}

/// A setting of git as it holds here, a file's name with `~` written out.
#[must_use]
pub fn git_setting(place: &Place, name: &str) -> Option<String> {
    let asked = notes::git_plain(place, &["config", "--type=path", "--get", name]).ok()?;
    let value = String::from_utf8(asked).ok()?;
    let value = value.trim_end_matches(['\r', '\n']);
    (!value.is_empty()).then(|| value.to_owned())
}

/// Writes a note in the place of the one that was read; whether that one was still there.
pub fn replace_note(place: &Place, read: &Noted, note: &[u8]) -> Result<bool, SettleError> {
    let Ok(commit) = ObjectId::from_hex(read.commit.as_bytes()) else {
        return Ok(false);
    };
    let mut settling = Settling::begin(place)?;
    if settling.objects.note_bytes(commit).as_deref() != Some(&*read.note) {
        return Ok(false);
    }
    notes::write(place, commit, note)?;
    Ok(true)
}
