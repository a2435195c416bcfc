//! Squashed branches whose commits are still here: which of them added each line of the squash.
//!
//! A squash is tied to its branch by the ids that `git merge --squash` lists in its message, by the
//! number in its subject (`(#12)` and `refs/pull/12/head`) or by a branch whose tip has the very
//! same tree. Numbers of other trackers and repeated work look alike, so the branch must also be older and account for most of what the squash adds. Its
//! lines are compared with the branch's tip and followed to the commit of the branch that added
//! them; that commit's note and signs then speak for the line, labelled `inferred`. Lines that do
//! not match keep the squash's own signs.

mod ancestry;
mod branch;
mod lines;

use std::sync::atomic::{AtomicBool, Ordering};

use bstr::{BString, ByteSlice};
use gix::ObjectId;
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;
use trueline_authorship::message::{Sign, folded};
use trueline_facts::{Diagnostic, Level, ToolId};

use self::branch::{Branch, MAX_BRANCH, read_branch};
use super::CommitEvidence;
use super::agreement::{self, Share};
use super::branch_lines::BranchCommit;
use super::locate::{Located, subject};
use super::refs::Refs;
use super::rewritten::{Earlier, Mark, Versions};
use super::witnesses::{self, Bearing};
use crate::model::{Commit, CommitIx, History};
use crate::repository::Repository;

pub(super) use self::ancestry::Ancestry;
pub(super) use self::branch::{Read, branch_of, read_commit};
pub(super) use self::lines::{SquashLines, refine};

/// Commits of branches read for one history, so that a repository with very many pull requests
/// does not cost more than its own history does.
const MAX_COMMITS: usize = 400_000;
/// Branches read between two looks at that limit.
const BATCH: usize = 512;

/// A commit of this history that squashes a branch which is still here.
#[derive(Clone, Debug)]
pub(super) struct Squash {
    /// The squash.
    pub(super) commit: CommitIx,
    /// The branch: children before parents, the tip first.
    pub(super) branch: Vec<Original>,
    /// Trees and parents of the same commits.
    pub(super) links: Vec<BranchCommit>,
    /// Lines of the branch that others had added before, as
    /// [`line_hash`](super::agreement::line_hash) has them: it does not speak for these.
    pub(super) older: FxHashSet<u64>,
    pub(super) own_signs: OwnSigns,
    pub(super) tie: Tie,
}

/// What ties a commit to the work that it repeats.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Tie {
    /// A number, a tree, or git's own words.
    Stated,
    /// Content, and whatever marks they share: a file that the work made is not followed to another
    /// name.
    Content,
    /// A number, and too little content to let the work speak. What it shows only takes lines out of
    /// what the trailers of the squash may cover.
    Doubted,
}

/// What becomes of the signs of a squash on lines that its branch explains.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum OwnSigns {
    /// They stay, for tools that no commit of the branch names.
    Beside,
    /// It only brings back what had been there: they say who did that.
    Replaced,
}

/// A commit of a squashed branch.
#[derive(Clone, Debug)]
pub(super) struct Original {
    pub(super) id: ObjectId,
    /// Signs in its identities and message, as far as they count for the squash.
    pub(super) signs: Vec<Sign>,
    /// The tools that its identities and message name, whether that counts or not.
    pub(super) names: SmallVec<[ToolId; 1]>,
    /// How these signs bear on its lines.
    pub(super) bearing: Bearing,
    /// Noted commits that it was before it was rewritten.
    pub(super) versions: Versions,
    mark: Mark,
}

impl Original {
    pub(super) fn new(id: ObjectId, read: Read, earlier: &Earlier) -> Self {
        Self {
            id,
            versions: earlier.versions(&read.mark, id, read.tree, read.time),
            bearing: if read.squash {
                Bearing::OriginalSquash
            } else {
                Bearing::Original
            },
            names: read.signs.iter().map(|sign| sign.tool.clone()).collect(),
            signs: read.signs,
            mark: read.mark,
        }
    }

    /// Whether author or subject are those of a commit that may squash it.
    fn is_kin(&self, commit: &Commit) -> bool {
        let by = commit.author.email.eq_ignore_ascii_case(self.mark.email());
        let own = self.mark.subject();
        by || !own.is_empty() && subject(&commit.message).starts_with(own)
    }
}

/// What is known of the squashes of a history.
#[derive(Clone, Debug, Default)]
pub(super) struct Squashes {
    /// Commits that are known to stand for a branch, and the heads of those branches.
    pub(super) paired: Vec<(CommitIx, ObjectId)>,
    /// Those of them whose branch tells nothing, so that nobody looked whether it is theirs: the
    /// number may be another tracker's.
    pub(super) silent: FxHashMap<CommitIx, ObjectId>,
    /// Those whose branches are here and hold evidence of their own, by commit.
    pub(super) refined: Vec<Squash>,
    /// Those whose branches may be another's, by commit.
    pub(super) doubted: Vec<Squash>,
    /// Commits whose number leads to a branch of more than one commit, whatever their message
    /// shows.
    pub(super) of_several: Vec<CommitIx>,
}

/// A commit and the head of the branch that it may be a squash of.
#[derive(Clone, Copy, Debug)]
struct Pair {
    commit: CommitIx,
    head: ObjectId,
    /// Its message names the head, by id or number, rather than that their trees are the same: then
    /// a branch of several commits makes it a squash. The same tree may also be a rebase's.
    named: bool,
}

/// What is known before branches are read.
pub(super) struct Known<'k> {
    pub(super) refs: &'k Refs,
    pub(super) located: &'k Located,
    pub(super) earlier: &'k Earlier,
    /// Signs of every commit of the history.
    pub(super) commits: &'k [CommitEvidence],
}

/// Finds the squashes whose branches are here.
pub(super) fn find(
    repo: &Repository,
    history: &History,
    known: &Known<'_>,
    interrupt: &AtomicBool,
    diagnostics: &mut Vec<Diagnostic>,
) -> Squashes {
    let Known {
        refs,
        located,
        earlier,
        commits,
    } = *known;
    let ancestry = Ancestry::new(history);
    let pairs = pair_with_heads(repo, history, refs, &ancestry);
    let mut squashes = Squashes::default();
    let (mut read, mut unread, mut looked_at) = (0, 0_usize, 0);
    // Who merges a branch as it is squashes nothing.
    let is_squash_of_head = |pair: &Pair| pair.named && ancestry.ix(pair.head).is_none();
    for batch in pairs.chunks(BATCH) {
        if read > MAX_COMMITS || interrupt.load(Ordering::Relaxed) {
            break;
        }
        looked_at += batch.len();
        let found: Vec<_> = batch
            .par_iter()
            .map_init(
                || repo.local(),
                |repo, pair| {
                    let branch = read_branch(repo, *pair, &ancestry, refs, earlier);
                    let standing = branch.standing(repo, history, *pair, located);
                    (*pair, branch, standing)
                },
            )
            .collect();
        for (pair, branch, standing) in found {
            let commit = pair.commit;
            let squashes_head = is_squash_of_head(&pair);
            let (mut branch, links) = match branch {
                Branch::Commits(branch, links) => (branch, links),
                Branch::TooLong => {
                    unread += usize::from(squashes_head);
                    read += MAX_BRANCH;
                    squashes.paired.push((commit, pair.head));
                    if squashes_head {
                        squashes.of_several.push(commit);
                    }
                    continue;
                }
                Branch::GoesOn | Branch::Younger => continue,
            };
            read += branch.len();
            let mut changes = links.iter().filter(|link| link.parents.len() < 2);
            // This only ever makes its own signs weaker: the number is enough.
            if squashes_head && changes.nth(1).is_some() {
                squashes.of_several.push(commit);
            }
            if standing == Standing::Another {
                continue;
            }
            if standing == Standing::Doubtful {
                for original in &mut branch {
                    original.signs.clear();
                }
                squashes.doubted.push(Squash {
                    commit,
                    branch,
                    links,
                    older: FxHashSet::default(),
                    own_signs: OwnSigns::Beside,
                    tie: Tie::Doubted,
                });
                continue;
            }
            squashes.paired.push((commit, pair.head));
            if standing == Standing::Silent {
                squashes.silent.insert(commit, pair.head);
            }
            // Two commits of the same tree that both name an author: each speaks for itself.
            let own = &commits[commit.0 as usize].signs;
            let twins =
                branch.len() == 1 && !pair.named && own.iter().any(witnesses::speaks_of_author);
            // A trailer speaks of lines that nobody looked at; a note only of its own.
            if twins || standing == Standing::Partly {
                for original in &mut branch {
                    original.signs.clear();
                }
            }
            if matches!(standing, Standing::Evident | Standing::Partly) {
                squashes.refined.push(Squash {
                    commit,
                    branch,
                    links,
                    older: FxHashSet::default(),
                    own_signs: OwnSigns::Beside,
                    tie: Tie::Stated,
                });
            }
        }
    }
    let rest = pairs.get(looked_at..).unwrap_or_default().iter();
    unread += rest.filter(|pair| is_squash_of_head(pair)).count();
    // What an interrupt left out is told elsewhere.
    if unread > 0 && !interrupt.load(Ordering::Relaxed) {
        diagnostics.push(not_refined(unread));
    }
    squashes
}

fn not_refined(squashes: usize) -> Diagnostic {
    Diagnostic::new(
        Level::Note,
        "squash-not-refined",
        format!(
            "{} too long, or one of too many, to be followed: the lines keep the evidence of the squash",
            match squashes {
                1 => "the branch of 1 squash is".to_owned(),
                many => format!("the branches of {many} squashes are each"),
            }
        ),
    )
}

/// Each squash with the head of its branch, newest squash first.
fn pair_with_heads(
    repo: &Repository,
    history: &History,
    refs: &Refs,
    ancestry: &Ancestry<'_>,
) -> Vec<Pair> {
    let outside: Vec<&(BString, ObjectId)> = refs
        .heads
        .iter()
        .filter(|(_, id)| ancestry.ix(*id).is_none())
        .collect();
    let trees: Vec<Option<(ObjectId, i64)>> = outside
        .par_iter()
        .map_init(
            || repo.local(),
            |repo, (_, id)| {
                let commit = repo.try_find_object(*id).ok()??.try_into_commit().ok()?;
                Some((commit.tree_id().ok()?.detach(), commit.time().ok()?.seconds))
            },
        )
        .collect();
    // Who had a tree first made it.
    let mut by_tree: FxHashMap<ObjectId, (i64, ObjectId)> = FxHashMap::default();
    for ((_, id), tree) in outside.iter().zip(trees) {
        if let Some((tree, time)) = tree {
            let first = by_tree.entry(tree).or_insert((time, *id));
            *first = (*first).min((time, *id));
        }
    }
    let mut within: FxHashMap<ObjectId, (i64, CommitIx)> = FxHashMap::default();
    for (ix, commit) in history.commits.iter().enumerate() {
        if by_tree.contains_key(&commit.tree) {
            let here = (commit.committer_time.0, CommitIx(ix as u32));
            let first = within.entry(commit.tree).or_insert(here);
            *first = (*first).min(here);
        }
    }
    // Nor may a branch speak for what another commit of this history had before it.
    let of_same_tree = |ix: CommitIx, tree: &ObjectId| {
        let (time, head) = by_tree.get(tree)?;
        let (earlier, by) = within.get(tree)?;
        (*by == ix || earlier > time).then_some(*head)
    };
    let local = repo.local();
    let mut pairs = Vec::new();
    for (ix, commit) in history.commits.iter().enumerate() {
        if commit.is_merge() {
            continue;
        }
        let ix = CommitIx(ix as u32);
        let named = named_head(&local, refs, &commit.message);
        if let Some(head) = named.or_else(|| of_same_tree(ix, &commit.tree)) {
            pairs.push(Pair {
                commit: ix,
                head,
                named: named.is_some(),
            });
        }
    }
    pairs
}

/// The head of the branch that a message says was squashed.
fn named_head(repo: &gix::Repository, refs: &Refs, message: &[u8]) -> Option<ObjectId> {
    let numbered = || refs.requests.get(&squash_number(message)?).copied();
    first_listed(repo, message).or_else(numbered)
}

/// The newest of the commits that a squash lists by their ids, of those that are here.
fn first_listed(repo: &gix::Repository, message: &[u8]) -> Option<ObjectId> {
    let listed = folded(message).into_iter();
    let mut ids = listed.filter_map(|folded| ObjectId::from_hex(folded.id).ok());
    ids.find(|id| {
        let header = repo.try_find_header(*id).ok().flatten();
        header.is_some_and(|header| header.kind() == gix::objs::Kind::Commit)
    })
}

/// `12` of a subject that ends in `(#12)` or `(!12)`.
pub(super) fn squash_number(message: &[u8]) -> Option<u64> {
    let inner = subject(message).strip_suffix(b")")?;
    let open = inner.rfind_byte(b'(')?;
    let number = &inner[open + 1..];
    let digits = number
        .strip_prefix(b"#")
        .or_else(|| number.strip_prefix(b"!"))?;
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    digits.to_str().ok()?.parse().ok()
}

/// A message as forges write them for several commits folded into one: a request number, and
/// either a list of their subjects or more than one co-author; or git's own `merge --squash`.
pub(super) fn is_squash(message: &[u8]) -> bool {
    if !folded(message).is_empty() {
        return true;
    }
    let subject = subject(message);
    // Bitbucket and Azure DevOps say what they do.
    let is_stated = subject.starts_with(b"Merged in ") && subject.contains_str("(pull request #")
        || subject
            .strip_prefix(b"Merged PR ")
            .is_some_and(|rest| rest.first().is_some_and(u8::is_ascii_digit));
    if is_stated {
        return true;
    }
    // GitHub draws a line below the list of subjects; its number may have been edited out.
    let is_listed = message.lines().any(|line| line == b"---------");
    if squash_number(message).is_none() && !is_listed {
        return false;
    }
    let mut subjects = 0;
    let mut coauthors: SmallVec<[&[u8]; 4]> = SmallVec::new();
    for line in message.lines() {
        let line = line.trim();
        if line.starts_with(b"* ") {
            subjects += 1;
        } else if line.len() > 15 && line[..15].eq_ignore_ascii_case(b"co-authored-by:") {
            let who = line[15..].trim();
            if !coauthors.contains(&who) {
                coauthors.push(who);
            }
        }
    }
    subjects > 1 || coauthors.len() > 1
}

/// What a branch is to a commit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Standing {
    /// It may be its branch, and tells nothing of its own.
    Silent,
    /// It is its branch, and holds evidence.
    Evident,
    /// The number says so, and half of its content or most of the branch's: a squash that met
    /// conflicts or came with other work, or the number is another tracker's.
    Partly,
    /// The number says so, and the few lines that they share are what any program may have.
    Doubtful,
    /// Its content is another.
    Another,
}

impl Branch {
    fn standing(
        &self,
        repo: &gix::Repository,
        history: &History,
        pair: Pair,
        located: &Located,
    ) -> Standing {
        let Self::Commits(branch, links) = self else {
            return Standing::Another;
        };
        let evident = |o: &Original| {
            !o.signs.is_empty() || !o.versions.is_empty() || located.by_commit.contains_key(&o.id)
        };
        if !branch.iter().any(evident) {
            return Standing::Silent;
        }
        let landed = history.commit(pair.commit);
        match agreement::accounted(repo, history, pair.commit, links) {
            Share::Most => Standing::Evident,
            Share::Half | Share::Within if pair.named => Standing::Partly,
            Share::Few if pair.named && branch.iter().any(|o| o.is_kin(landed)) => {
                Standing::Evident
            }
            Share::Few | Share::Scrap if pair.named => Standing::Doubtful,
            Share::Half | Share::Within | Share::Few | Share::Scrap | Share::Little => {
                Standing::Another
            }
        }
    }
}

/// The noted commits of these branches, and those that their commits were before, whose notes
/// must be kept while reading.
pub(super) fn noted(squashes: &[Squash], located: &Located) -> FxHashSet<ObjectId> {
    squashes
        .iter()
        .flat_map(|squash| &squash.branch)
        .flat_map(|original| {
            let versions = original.versions.iter().map(|version| version.id);
            versions.chain([original.id])
        })
        .filter(|id| located.by_commit.contains_key(id))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_subject_that_ends_in_a_number_names_a_request() {
        assert_eq!(squash_number(b"Fix it (#12)\n\nbody"), Some(12));
        assert_eq!(squash_number(b"Fix it (!7)"), Some(7));
        assert_eq!(squash_number(b"Fix (#12) it"), None);
        assert_eq!(squash_number(b"Fix it (#)"), None);
        assert_eq!(squash_number(b"Fix it (#1a)"), None);
    }

    #[test]
    fn squashes_are_known_by_the_words_of_their_forge() {
        assert!(is_squash(b"Merged in feature/x (pull request #12)\n\nfeat"));
        assert!(is_squash(b"Merged PR 123: feat: x"));
        assert!(is_squash(
            b"feat: x\n\nSquashed commit of the following:\n\ncommit 0123456789\n\n    a\n"
        ));
        assert!(is_squash(
            b"feat: x\n\n* a\n\n* b\n\n---------\n\nCo-authored-by: A <a@b>"
        ));
        assert!(is_squash(b"feat: x (#1)\n\n* a\n\n* b"));
        assert!(!is_squash(b"feat: x\n\n* a\n* b"));
        assert!(!is_squash(b"Merged in the morning"));
    }
}
