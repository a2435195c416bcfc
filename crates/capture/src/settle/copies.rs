//! What a command copies: its lines belong to whoever wrote them where they came from.
//!
//! The command's own words name the source; without that likeness decides nothing. A file that is what a
//! source is, or a new one of which at least half is, has that source as what it was before: what stays keeps
//! its owner, and what the command changed on the way is new.

use gix::ObjectId;
use trueline_facts::RepoPath;

use super::{Settling, noted};
use crate::ledger::{Owner, Tracked};
use crate::lines::{Line, origins};
use crate::queue::FileState;
use crate::snapshot::joined;
use crate::trace::{Bound, Traced};

/// Sources of one command that are looked at.
const MOST_SOURCES: usize = 4_000;

impl Settling<'_> {
    /// Gives files that a command copied the owners of their sources; who changed them since then is told later.
    pub(super) fn copied(&mut self, files: &[FileState], named: &[RepoPath]) {
        if named.is_empty() {
            return;
        }
        let mut looked_at = 0;
        for file in files {
            let Some(lines) = file.state.and_then(|id| self.store.lines(id)) else {
                continue;
            };
            let before = match self.ledger.files.get(&file.path) {
                Some(known) if !known.absent => known.lines.clone(),
                _ => self.head_lines(&file.path),
            };
            if lines.is_empty() || lines == before {
                continue;
            }
            let mut best: Option<(usize, RepoPath, Vec<Line>)> = None;
            for source in sources(&file.path, named) {
                looked_at += 1;
                if looked_at > MOST_SOURCES {
                    return;
                }
                let there = self.present(&source);
                let kept = origins(&there, &lines).iter().flatten().count();
                let is_copy = there == lines || (before.is_empty() && kept * 2 >= lines.len());
                if is_copy && kept > best.as_ref().map_or(0, |(most, _, _)| *most) {
                    best = Some((kept, source, there));
                }
            }
            if let Some((_, source, there)) = best {
                let tracked = self.as_there(&source, &there);
                self.ledger.files.insert(file.path.clone(), tracked);
            }
        }
    }

    /// A file as it was last seen, or as HEAD has it.
    fn present(&mut self, path: &RepoPath) -> Vec<Line> {
        match self.ledger.files.get(path) {
            Some(known) => known.lines.clone(),
            None => self.head_lines(path),
        }
    }

    /// A source with the owners of its lines; of committed ones those that notes name.
    fn as_there(&mut self, path: &RepoPath, lines: &[Line]) -> Tracked {
        if let Some(known) = self.ledger.files.get(path) {
            let mut tracked = known.clone();
            tracked.mark = 0;
            return tracked;
        }
        let wanted: Vec<u32> = (0..lines.len() as u32).collect();
        let traced = match ObjectId::from_hex(self.ledger.ground.head.as_bytes()) {
            Ok(head) => self.objects.trace(head, path, &wanted, &Bound::Roots),
            Err(_) => std::collections::BTreeMap::new(),
        };
        let owners = wanted.iter().map(|line| match traced.get(line) {
            Some(Traced::Noted(commit, key)) => noted(*commit, key),
            _ => Owner::Unknown,
        });
        let owners: Vec<Owner> = owners.collect();
        Tracked {
            owners: owners
                .iter()
                .map(|owner| self.ledger.intern(owner))
                .collect(),
            lines: lines.to_vec(),
            mark: 0,
            absent: false,
        }
    }
}

/// Where a file may have been copied from: a file that the command names, or one in a folder that it names, where
/// it also names the file or a folder around it.
fn sources(path: &RepoPath, named: &[RepoPath]) -> Vec<RepoPath> {
    let whole = path.as_bytes();
    // What comes below the folder that was copied to: the work tree itself has no name.
    let below = |to: &RepoPath| {
        let rest = whole.strip_prefix(to.as_bytes())?;
        rest.is_empty()
            .then_some(rest)
            .or_else(|| rest.strip_prefix(b"/"))
    };
    let rests: Vec<&[u8]> = named.iter().filter_map(below).chain([whole]).collect();
    let mut found = Vec::new();
    for from in named.iter().filter(|from| *from != path) {
        found.push(from.clone());
        for rest in rests.iter().filter(|rest| !rest.is_empty()) {
            let mut parts = rest.splitn(2, |byte| *byte == b'/');
            // `cp -r a b` makes `b/a` where there is a `b`.
            let deeper = parts.nth(1);
            for rest in std::iter::once(*rest).chain(deeper) {
                found.push(RepoPath::new(joined(from.as_bytes(), rest)));
            }
        }
    }
    found.retain(|source| source != path);
    found.sort_unstable();
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_what_the_command_names_and_what_lies_there() {
        let of = |path: &str, named: &[&str]| {
            let named: Vec<RepoPath> = named.iter().map(|name| RepoPath::from(*name)).collect();
            let found = sources(&RepoPath::from(path), &named);
            found.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert!(of("b.py", &["a.py", "b.py"]).contains(&"a.py".to_owned()));
        assert!(of("to/x/y.py", &["from", "to"]).contains(&"from/x/y.py".to_owned()));
        assert!(of("to/from/y.py", &["from", "to"]).contains(&"from/y.py".to_owned()));
        assert!(of("y.py", &["deep/y.py"]).contains(&"deep/y.py".to_owned()));
        assert!(!of("b.py", &["a.py", "b.py"]).contains(&"b.py".to_owned()));
    }
}
