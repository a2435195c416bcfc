//! Which references hold evidence: notes, the oldest note storage, branch and pull-request heads,
//! checkpoint branches. One pass over all references; nothing is peeled or followed but commits.
//!
//! Not read: `refs/notes/ai-stash` (keyed by stash commits, which are no part of history). Read last:
//! `refs/notes/ai-display`, the copy that git-ai makes for `git log` where its notes are kept on a server.

use bstr::{BString, ByteSlice};
use gix::ObjectId;
use rustc_hash::FxHashMap;
use trueline_facts::{Diagnostic, Level};

/// The references that hold evidence, each list in a fixed order.
#[derive(Clone, Debug, Default)]
pub(super) struct Refs {
    /// Notes references and their tips: `refs/notes/ai`, then `ai-remote/*`, then the others.
    pub(super) notes: Vec<(String, ObjectId)>,
    /// Commit and note blob of each `refs/ai/authorship/<commit>`.
    pub(super) oldest: Vec<(ObjectId, ObjectId)>,
    /// Heads of branches and pull requests, by name.
    pub(super) heads: Vec<(BString, ObjectId)>,
    /// Heads of requests by their number.
    pub(super) requests: FxHashMap<u64, ObjectId>,
    /// Tips of `entire/checkpoints/v1`, local first.
    pub(super) checkpoints: Vec<ObjectId>,
}

const NOTES: &str = "refs/notes/ai";
const OLDEST: &[u8] = b"refs/ai/authorship/";
const CHECKPOINTS: &[u8] = b"entire/checkpoints/v1";

/// Lists the references of a repository that may hold evidence.
pub(super) fn list(repo: &gix::Repository, diagnostics: &mut Vec<Diagnostic>) -> Refs {
    let mut found = Refs::default();
    let mut unreadable = 0_u32;
    match repo.references() {
        Ok(platform) => match platform.all() {
            Ok(all) => {
                for reference in all {
                    let Ok(reference) = reference else {
                        unreadable += 1;
                        continue;
                    };
                    // A symbolic reference repeats another one.
                    let Some(target) = reference.try_id() else {
                        continue;
                    };
                    found.take(reference.name().as_bstr(), target.detach());
                }
            }
            Err(_) => unreadable += 1,
        },
        Err(_) => unreadable += 1,
    }
    if unreadable > 0 {
        diagnostics.push(Diagnostic::new(
            Level::Warning,
            "reference-unreadable",
            match unreadable {
                1 => "1 reference could not be read: evidence behind it is missing".to_owned(),
                more => {
                    format!("{more} references could not be read: evidence behind them is missing")
                }
            },
        ));
    }
    found
        .notes
        .sort_by(|a, b| (rank(&a.0), &a.0).cmp(&(rank(&b.0), &b.0)));
    found.oldest.sort_unstable();
    found.heads.sort_unstable();
    for (name, id) in &found.heads {
        if let Some(number) = request_number(name) {
            found.requests.entry(number).or_insert(*id);
        }
    }
    found
}

/// Which notes reference wins where several speak of a commit; lower is first.
fn rank(name: &str) -> u8 {
    match name.strip_prefix(NOTES) {
        Some("") => 0,
        Some(rest) if rest.starts_with("-remote/") => 1,
        Some("-display") => 3,
        _ => 2,
    }
}

impl Refs {
    fn take(&mut self, name: &bstr::BStr, target: ObjectId) {
        if let Some(rest) = name.strip_prefix(NOTES.as_bytes()) {
            let other_meaning = rest.starts_with(b"-stash");
            let boundary = rest.is_empty() || matches!(rest[0], b'-' | b'/');
            if boundary && !other_meaning {
                self.notes.push((name.to_string(), target));
            }
        } else if let Some(hex) = name.strip_prefix(OLDEST) {
            if let Ok(commit) = ObjectId::from_hex(hex) {
                self.oldest.push((commit, target));
            }
        } else if let Some(branch) = branch_name(name) {
            if branch == CHECKPOINTS {
                // `refs/heads/` sorts before `refs/remotes/`, so the local one comes first.
                self.checkpoints.push(target);
            } else {
                self.heads.push((name.to_owned(), target));
            }
        } else if is_request_head(name) {
            self.heads.push((name.to_owned(), target));
        }
    }
}

/// The branch that a reference of a local or remote branch stands for.
pub(super) fn branch_name(reference: &[u8]) -> Option<&[u8]> {
    if let Some(branch) = reference.strip_prefix(b"refs/heads/") {
        return Some(branch);
    }
    let rest = reference.strip_prefix(b"refs/remotes/")?;
    let slash = rest.find_byte(b'/')?;
    Some(&rest[slash + 1..])
}

fn is_request_head(name: &[u8]) -> bool {
    request_number(name).is_some()
}

/// `N` of `refs/pull/N/head` and `refs/merge-requests/N/head`.
pub(super) fn request_number(name: &[u8]) -> Option<u64> {
    let rest = name
        .strip_prefix(b"refs/pull/")
        .or_else(|| name.strip_prefix(b"refs/merge-requests/"))?;
    let digits = rest.strip_suffix(b"/head")?;
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    digits.to_str().ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_notes_that_speak_of_history_are_taken() {
        let mut refs = Refs::default();
        let id = ObjectId::empty_blob(gix::hash::Kind::Sha1);
        for name in [
            "refs/notes/ai-remote/origin",
            "refs/notes/ai-stash",
            "refs/notes/ai-display",
            "refs/notes/aircraft",
            "refs/notes/commits",
            "refs/notes/ai",
        ] {
            refs.take(name.into(), id);
        }
        let names: Vec<_> = refs.notes.iter().map(|n| n.0.as_str()).collect();
        assert_eq!(
            names,
            [
                "refs/notes/ai-remote/origin",
                "refs/notes/ai-display",
                "refs/notes/ai"
            ]
        );
        assert!(rank("refs/notes/ai") < rank("refs/notes/ai-remote/origin"));
        assert!(rank("refs/notes/ai-team") < rank("refs/notes/ai-display"));
    }

    #[test]
    fn a_request_head_gives_its_number() {
        assert_eq!(request_number(b"refs/pull/12/head"), Some(12));
        assert_eq!(request_number(b"refs/merge-requests/7/head"), Some(7));
        assert_eq!(request_number(b"refs/pull/12/merge"), None);
        assert_eq!(request_number(b"refs/pull//head"), None);
        assert_eq!(request_number(b"refs/pull/1x/head"), None);
    }
}
