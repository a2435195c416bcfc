//! Squashed branches whose commits are still here: which of them added each line of the squash.
//!
//! A squash is tied to its branch by the number in its subject (`(#12)` and `refs/pull/12/head`)
//! or by a branch whose tip has the very same tree. Numbers of other trackers and repeated work
//! look alike, so the branch must also be older and account for most of what the squash adds. Its
//! lines are compared with the branch's tip and followed to the commit of the branch that added
//! them; that commit's note and signs then speak for the line, labelled `inferred`. Lines that do
//! not match keep the squash's own signs.

use std::borrow::Cow;
use std::collections::BinaryHeap;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use bstr::{BString, ByteSlice};
use gix::ObjectId;
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;
use trueline_authorship::message::{CommitText, Identity, Sign, signs};
use trueline_facts::{Diagnostic, Level};

use super::CommitEvidence;
use super::agreement::{self, Share};
use super::attest;
use super::branch_lines::{self, BranchCommit, BranchParent, Seg};
use super::claims::{Claim, Layer, Place, Span, within};
use super::locate::{Located, subject};
use super::moved;
use super::notes::Shelf;
use super::objects;
use super::overlay::commit_id;
use super::refs::{Refs, request_number};
use super::rewritten::{self, Earlier, Mark, Versions};
use super::witnesses::{self, Bearing};
use crate::model::{Commit, CommitIx, History, PathIx};
use crate::repository::Repository;

/// A branch with more commits than this is not followed: what it would tell about a squash of
/// such size is little, and the walk must stay bounded.
const MAX_BRANCH: usize = 250;
/// Commits of branches read for one history, so that a repository with very many pull requests
/// does not cost more than its own history does.
const MAX_COMMITS: usize = 400_000;
/// Commits looked at to tell whether a squash descends from another commit.
const MAX_ANCESTRY: usize = 10_000;
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
}

/// A commit of a squashed branch.
#[derive(Clone, Debug)]
pub(super) struct Original {
    pub(super) id: ObjectId,
    /// Signs in its identities and message.
    pub(super) signs: Vec<Sign>,
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
            versions: earlier.versions(&read.mark, id, read.tree),
            bearing: if read.squash {
                Bearing::OriginalSquash
            } else {
                Bearing::Original
            },
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

/// Lines of a squash, by the commit of the branch that added them.
#[derive(Clone, Debug)]
pub(super) struct SquashLines {
    /// Index of the squash among those that were refined.
    pub(super) squash: u32,
    /// The squash and the file.
    pub(super) place: Place,
    /// What the notes of the branch say.
    pub(super) layers: Vec<Layer<Claim>>,
    /// Index into [`Squash::branch`] of the commit that added the lines.
    pub(super) originals: Layer<u32>,
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
    /// Commits whose number leads to a branch of more than one commit, whatever their message
    /// shows.
    pub(super) of_several: Vec<CommitIx>,
}

/// A commit and the head of the branch that it may be a squash of.
#[derive(Clone, Copy, Debug)]
struct Pair {
    commit: CommitIx,
    head: ObjectId,
    /// Its subject has the number of the head, rather than that their trees are the same: then a
    /// branch of several commits makes it a squash. The same tree may also be a rebase's.
    numbered: bool,
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
    let (mut read, mut too_long, mut looked_at) = (0, 0_usize, 0);
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
                    let branch = read_branch(repo, *pair, &ancestry, earlier);
                    let standing = branch.standing(repo, history, *pair, located);
                    (*pair, branch, standing)
                },
            )
            .collect();
        for (pair, branch, standing) in found {
            let commit = pair.commit;
            // Who merges a branch as it is squashes nothing.
            let squashes_head = pair.numbered && ancestry.ix(pair.head).is_none();
            let (mut branch, links) = match branch {
                Branch::Commits(branch, links) => (branch, links),
                Branch::TooLong => {
                    too_long += 1;
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
            squashes.paired.push((commit, pair.head));
            if standing == Standing::Silent {
                squashes.silent.insert(commit, pair.head);
            }
            // Two commits of the same tree that both name an author: each speaks for itself.
            let own = &commits[commit.0 as usize].signs;
            let twins =
                branch.len() == 1 && !pair.numbered && own.iter().any(witnesses::speaks_of_author);
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
                });
            }
        }
    }
    let unread = pairs.len() - looked_at + too_long;
    if unread > 0 {
        diagnostics.push(Diagnostic::new(
            Level::Note,
            "squash-not-refined",
            format!(
                "{unread} squashed branches are too long or too many to be followed: their lines \
                 keep the evidence of the squash commit"
            ),
        ));
    }
    squashes
}

/// Which commits of a history descend from which.
pub(super) struct Ancestry<'h> {
    history: &'h History,
    by_id: FxHashMap<ObjectId, CommitIx>,
    /// Is it a first parent of a first parent and so on of HEAD?
    main_line: Vec<bool>,
}

impl<'h> Ancestry<'h> {
    pub(super) fn new(history: &'h History) -> Self {
        let ids = history.commits.iter().zip(0..);
        let mut main_line = vec![false; history.commits.len()];
        let mut at = (!history.commits.is_empty()).then_some(CommitIx(0));
        while let Some(ix) = at {
            main_line[ix.0 as usize] = true;
            at = history.commit(ix).parents.first().copied();
        }
        Self {
            history,
            by_id: ids.map(|(c, ix)| (c.id, CommitIx(ix))).collect(),
            main_line,
        }
    }

    pub(super) fn is_on_main_line(&self, ix: CommitIx) -> bool {
        self.main_line[ix.0 as usize]
    }

    fn ix(&self, id: ObjectId) -> Option<CommitIx> {
        self.by_id.get(&id).copied()
    }

    /// Whether `commit` descends from `other`, or is the same. Also yes when that is too far to
    /// follow: what a squash already had is never credited to its branch.
    pub(super) fn descends(&self, commit: CommitIx, other: CommitIx) -> bool {
        // Children come before parents.
        if commit >= other {
            return commit == other;
        }
        let on_main_line = |ix: CommitIx| self.main_line[ix.0 as usize];
        if on_main_line(commit) && on_main_line(other) {
            return true;
        }
        let mut seen = FxHashSet::default();
        let mut todo = vec![commit];
        while let Some(ix) = todo.pop() {
            if ix == other || seen.len() > MAX_ANCESTRY {
                return true;
            }
            let parents = self.history.commit(ix).parents.iter().copied();
            todo.extend(parents.filter(|parent| *parent <= other && seen.insert(*parent)));
        }
        false
    }
}

/// Each squash with the head of its branch, newest squash first.
fn pair_with_heads(
    repo: &Repository,
    history: &History,
    refs: &Refs,
    ancestry: &Ancestry<'_>,
) -> Vec<Pair> {
    let mut by_number: FxHashMap<u64, ObjectId> = FxHashMap::default();
    for (name, id) in &refs.heads {
        if let Some(number) = request_number(name) {
            by_number.entry(number).or_insert(*id);
        }
    }
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
    let mut pairs = Vec::new();
    for (ix, commit) in history.commits.iter().enumerate() {
        if commit.is_merge() {
            continue;
        }
        let numbered = squash_number(&commit.message).and_then(|number| by_number.get(&number));
        let head = numbered.copied();
        if let Some(head) = head.or_else(|| by_tree.get(&commit.tree).map(|first| first.1)) {
            pairs.push(Pair {
                commit: CommitIx(ix as u32),
                head,
                numbered: numbered.is_some(),
            });
        }
    }
    pairs
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
    if message.starts_with(b"Squashed commit of the following:") {
        return true;
    }
    if squash_number(message).is_none() {
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

/// A commit that is not in the history at hand.
#[derive(Clone, Debug)]
pub(super) struct Read {
    pub(super) tree: ObjectId,
    pub(super) parents: SmallVec<[ObjectId; 2]>,
    /// When it was committed.
    pub(super) time: i64,
    /// When its author wrote it.
    pub(super) written: i64,
    pub(super) signs: Vec<Sign>,
    pub(super) mark: Mark,
    /// Its message is that of a squash.
    squash: bool,
}

pub(super) fn read_commit(repo: &gix::Repository, id: ObjectId) -> Option<Read> {
    let commit = repo.try_find_object(id).ok()??.try_into_commit().ok()?;
    let decoded = commit.decode().ok()?;
    let (author, committer) = (decoded.author().ok()?, decoded.committer().ok()?);
    Some(Read {
        tree: decoded.tree(),
        parents: decoded.parents().collect(),
        time: committer.seconds(),
        written: author.seconds(),
        squash: is_squash(decoded.message),
        mark: Mark::new(author.email, author.seconds(), decoded.message),
        signs: signs(&CommitText {
            author: Identity {
                name: author.name,
                email: author.email,
            },
            committer: Identity {
                name: committer.name,
                email: committer.email,
            },
            message: decoded.message,
            time: author.seconds(),
        }),
    })
}

/// What a squash may stand for.
enum Branch {
    /// Commits that the squash does not descend from, and how they hang together.
    Commits(Vec<Original>, Vec<BranchCommit>),
    TooLong,
    /// The branch was built on the commit itself, which therefore does not squash it.
    GoesOn,
    /// The branch was written or committed after the commit.
    Younger,
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
            Share::Half | Share::Within if pair.numbered => Standing::Partly,
            Share::Few if pair.numbered && branch.iter().any(|o| o.is_kin(landed)) => {
                Standing::Evident
            }
            Share::Half | Share::Within | Share::Few | Share::Scrap | Share::Little => {
                Standing::Another
            }
        }
    }
}

fn read_branch(
    repo: &gix::Repository,
    Pair { commit, head, .. }: Pair,
    ancestry: &Ancestry<'_>,
    earlier: &Earlier,
) -> Branch {
    let mut read: FxHashMap<ObjectId, Read> = FxHashMap::default();
    let mut base: FxHashMap<ObjectId, ObjectId> = FxHashMap::default();
    let mut todo = vec![head];
    while let Some(id) = todo.pop() {
        if base.contains_key(&id) || read.contains_key(&id) {
            continue;
        }
        if let Some(ix) = ancestry.ix(id).filter(|ix| ancestry.descends(commit, *ix)) {
            if ix == commit {
                return Branch::GoesOn;
            }
            base.insert(id, ancestry.history.commit(ix).tree);
            continue;
        }
        if read.len() == MAX_BRANCH {
            return Branch::TooLong;
        }
        let Some(commit) = read_commit(repo, id) else {
            continue;
        };
        todo.extend(commit.parents.iter().copied());
        read.insert(id, commit);
    }
    let landed = ancestry.history.commit(commit);
    let first_written = read.values().map(|c| c.written).min();
    if read.values().any(|c| c.time > landed.committer_time.0)
        || first_written.is_some_and(|first| first > landed.author_time.0)
    {
        return Branch::Younger;
    }
    let order = children_first(head, &read);
    let index: FxHashMap<ObjectId, u32> = order
        .iter()
        .enumerate()
        .map(|(ix, id)| (*id, ix as u32))
        .collect();
    let (branch, links) = order
        .into_iter()
        .filter_map(|id| {
            let commit = read.remove(&id)?;
            let parents = commit
                .parents
                .iter()
                .map(|parent| match (index.get(parent), base.get(parent)) {
                    (Some(ix), _) => BranchParent::Branch(*ix),
                    (None, Some(tree)) => BranchParent::Base(*tree),
                    (None, None) => BranchParent::Missing,
                })
                .collect();
            let links = BranchCommit {
                tree: commit.tree,
                parents,
            };
            Some((Original::new(id, commit, earlier), links))
        })
        .unzip();
    Branch::Commits(branch, links)
}

/// The commits of a branch that a commit may have squashed, if the branch is older and ends before.
pub(super) fn branch_of(
    repo: &gix::Repository,
    commit: CommitIx,
    head: ObjectId,
    ancestry: &Ancestry<'_>,
    earlier: &Earlier,
) -> Option<(Vec<Original>, Vec<BranchCommit>)> {
    let numbered = false;
    let pair = Pair {
        commit,
        head,
        numbered,
    };
    match read_branch(repo, pair, ancestry, earlier) {
        Branch::Commits(branch, links) => Some((branch, links)),
        Branch::TooLong | Branch::GoesOn | Branch::Younger => None,
    }
}

fn children_first(head: ObjectId, read: &FxHashMap<ObjectId, Read>) -> Vec<ObjectId> {
    let mut children: FxHashMap<ObjectId, u32> = FxHashMap::default();
    for parent in read.values().flat_map(|c| &c.parents) {
        *children.entry(*parent).or_default() += 1;
    }
    let mut order = Vec::with_capacity(read.len());
    let mut free = BinaryHeap::new();
    if let Some(tip) = read.get(&head) {
        free.push((tip.time, head));
    }
    while let Some((_, id)) = free.pop() {
        order.push(id);
        for parent in read.get(&id).iter().flat_map(|c| &c.parents) {
            if let (Some(waiting), Some(commit)) = (children.get_mut(parent), read.get(parent)) {
                *waiting -= 1;
                if *waiting == 0 {
                    free.push((commit.time, *parent));
                }
            }
        }
    }
    order
}

/// Follows the wanted lines of each squash into its branch.
pub(super) fn refine(
    repo: &Repository,
    history: &History,
    squashes: &[Squash],
    shelf: &Shelf,
    stores: &[String],
    wanted: &FxHashMap<CommitIx, Vec<PathIx>>,
) -> Vec<SquashLines> {
    let branches: Vec<WholeBranch<'_>> = squashes.iter().map(WholeBranch::new).collect();
    let tasks: Vec<(u32, &WholeBranch<'_>, PathIx)> = branches
        .iter()
        .zip(0..)
        .flat_map(|(branch, ix)| {
            let squash = branch.squash;
            let paths = wanted.get(&squash.commit).map_or(&[][..], Vec::as_slice);
            paths.iter().map(move |path| (ix, branch, *path))
        })
        .collect();
    tasks
        .into_par_iter()
        .map_init(
            || repo.local(),
            |repo, (ix, branch, path)| {
                let mut lines = refine_file(repo, history, branch, path, shelf, stores)?;
                lines.squash = ix;
                Some(lines)
            },
        )
        .flatten()
        .collect()
}

/// A squash, and all lines that its branch added, read once some file needs them.
struct WholeBranch<'s> {
    squash: &'s Squash,
    lines: OnceLock<BranchLines>,
}

/// The lines of a branch, by the commits that added them, the oldest first.
#[derive(Default)]
struct BranchLines {
    sides: Vec<moved::Side>,
    /// Commit and path of each of them.
    places: Vec<(u32, Vec<u8>)>,
}

impl<'s> WholeBranch<'s> {
    fn new(squash: &'s Squash) -> Self {
        let lines = OnceLock::new();
        Self { squash, lines }
    }

    fn lines(&self, repo: &gix::Repository) -> &BranchLines {
        self.lines.get_or_init(|| {
            let mut found = BranchLines::default();
            let links = &self.squash.links;
            for (at, link) in links.iter().enumerate().rev() {
                let before = match *link.parents.as_slice() {
                    [] => None,
                    [BranchParent::Base(tree)] => Some(tree),
                    [BranchParent::Branch(ix)] => match links.get(ix as usize) {
                        Some(parent) => Some(parent.tree),
                        None => continue,
                    },
                    _ => continue,
                };
                let files = agreement::differing_files(repo, before, link.tree);
                for file in files.unwrap_or_default() {
                    let Some((text, ranges)) = agreement::gained(repo, &file) else {
                        continue;
                    };
                    let is_asked = |line: u32| ranges.iter().any(|range| range.contains(&line));
                    found
                        .sides
                        .push(moved::Side::new(&text, at as u32, is_asked));
                    found.places.push((at as u32, file.path));
                }
            }
            found
        })
    }

    /// Lines that the squash added to a file and that the branch has in another one.
    fn moved_into(
        &self,
        repo: &gix::Repository,
        history: &History,
        file: &[u8],
        explained: &[branch_lines::Added],
    ) -> Vec<branch_lines::Added> {
        let commit = history.commit(self.squash.commit);
        let after = objects::file_at(repo, commit.tree, file).ok().flatten();
        let Some(after) = after.filter(|_| !commit.parents_missing) else {
            return Vec::new();
        };
        let parent = commit
            .parents
            .first()
            .map(|parent| history.commit(*parent).tree);
        let before = parent.and_then(|tree| objects::file_at(repo, tree, file).ok()?);
        let changed = agreement::ChangedFile {
            path: file.to_vec(),
            before,
            after,
        };
        let Some((text, ranges)) = agreement::gained(repo, &changed) else {
            return Vec::new();
        };
        let is_explained = |line: u32| {
            let at = explained.partition_point(|a| a.seg.dst + a.seg.len <= line);
            explained.get(at).is_some_and(|a| a.seg.dst <= line)
        };
        let side = moved::Side::new(&text, 0, |line| {
            ranges.iter().any(|range| range.contains(&line)) && !is_explained(line)
        });
        if !side.is_asked() {
            return Vec::new();
        }
        let lines = self.lines(repo);
        let found = moved::find(&lines.sides, &[side]);
        let found = found.into_iter().map(|block| {
            let (commit, path) = lines.places[block.old_file].clone();
            branch_lines::Added {
                seg: Seg {
                    dst: block.new,
                    src: block.old,
                    len: block.len,
                },
                commit,
                path,
            }
        });
        found.collect()
    }
}

fn refine_file(
    repo: &gix::Repository,
    history: &History,
    branch: &WholeBranch<'_>,
    path: PathIx,
    shelf: &Shelf,
    stores: &[String],
) -> Option<SquashLines> {
    let squash = branch.squash;
    let name = history.path(path).as_bytes();
    let mut added = in_same_file(repo, history, squash, name).unwrap_or_default();
    added.extend(branch.moved_into(repo, history, name, &added));
    added.sort_unstable_by_key(|lines| lines.seg);
    if !squash.older.is_empty() {
        let here = objects::file_at(repo, history.commit(squash.commit).tree, name).ok()??;
        added = without_older(added, &objects::text(repo, here).ok()?, &squash.older);
    }
    if added.is_empty() {
        return None;
    }
    let mut originals: Layer<u32> = Vec::with_capacity(added.len());
    let mut found: Vec<Layer<Claim>> = Vec::new();
    let mut known: FxHashMap<(u32, &[u8]), Vec<Layer<Claim>>> = FxHashMap::default();
    for lines in &added {
        originals.push(Span {
            first: lines.seg.dst,
            end: lines.seg.dst + lines.seg.len,
            what: lines.commit,
        });
        let layers = known
            .entry((lines.commit, lines.path.as_slice()))
            .or_insert_with(|| {
                let (ix, path) = (lines.commit as usize, lines.path.as_slice());
                let (original, tree) = (&squash.branch[ix], squash.links[ix].tree);
                let mut layers = vec![note_layer(original.id, path, shelf, stores)];
                for version in &original.versions {
                    let carried =
                        rewritten::carry_from(repo, version, tree, &[((), path)], shelf, stores);
                    layers.extend(carried.into_iter().map(|((), layer)| layer));
                }
                layers
            });
        for (nth, layer) in layers.iter().enumerate() {
            if found.len() == nth {
                found.push(Layer::new());
            }
            let indexed: Vec<Span<u32>> = layer
                .iter()
                .enumerate()
                .map(|(ix, span)| Span {
                    first: span.first,
                    end: span.end,
                    what: ix as u32,
                })
                .collect();
            for span in within(&indexed, lines.seg.src, lines.seg.src + lines.seg.len) {
                found[nth].push(Span {
                    first: lines.seg.dst + (span.first - lines.seg.src),
                    end: lines.seg.dst + (span.end - lines.seg.src),
                    what: layer[span.what as usize].what.clone(),
                });
            }
        }
    }
    Some(SquashLines {
        squash: 0,
        place: (squash.commit, path),
        layers: found,
        originals,
    })
}

/// Takes out the lines that others had added before.
fn without_older(
    added: Vec<branch_lines::Added>,
    text: &[u8],
    older: &FxHashSet<u64>,
) -> Vec<branch_lines::Added> {
    let lines: Vec<&[u8]> = text.lines().collect();
    let is_older = |at: u32| {
        let line = lines.get(at as usize);
        line.is_some_and(|line| older.contains(&agreement::line_hash(line)))
    };
    let mut left = Vec::with_capacity(added.len());
    for whole in added {
        let (mut at, end) = (whole.seg.dst, whole.seg.dst + whole.seg.len);
        while at < end {
            let len = (at..end).take_while(|line| !is_older(*line)).count() as u32;
            if len > 0 {
                left.push(branch_lines::Added {
                    seg: Seg {
                        dst: at,
                        src: whole.seg.src + (at - whole.seg.dst),
                        len,
                    },
                    ..whole.clone()
                });
            }
            at += len + 1;
        }
    }
    left
}

/// The lines of a file of a squash that the branch has in the same file, renamed or not.
fn in_same_file(
    repo: &gix::Repository,
    history: &History,
    squash: &Squash,
    name: &[u8],
) -> Option<Vec<branch_lines::Added>> {
    let tip = squash.links.first()?;
    let here = objects::file_at(repo, history.commit(squash.commit).tree, name).ok()??;
    // The squash may have met a rename on the side that it was put onto.
    let (name, there) = if let Some(there) = objects::file_at(repo, tip.tree, name).ok()? {
        (Cow::Borrowed(name), there)
    } else {
        let tree = history.commit(squash.commit).tree;
        let (name, there) = branch_lines::rename_source(repo, tip.tree, tree, here)?;
        (Cow::Owned(name), there)
    };
    let new = objects::text(repo, here).ok()?;
    let segments = if here == there {
        let len = crate::repository::count_lines(&new);
        vec![Seg {
            dst: 0,
            src: 0,
            len,
        }]
    } else {
        let old = objects::text(repo, there).ok()?;
        objects::kept_lines(&old, &new)
            .iter()
            .map(|k| Seg {
                dst: k.new,
                src: k.old,
                len: k.len,
            })
            .collect()
    };
    Some(branch_lines::blame(repo, &squash.links, &name, segments))
}

/// What the strongest note on a commit of a branch says of one of its files.
fn note_layer(id: ObjectId, path: &[u8], shelf: &Shelf, stores: &[String]) -> Layer<Claim> {
    let mut layer = Layer::new();
    let commit = commit_id(id);
    for stored in shelf.notes.get(&id).into_iter().flatten() {
        attest::for_each_block(stored, &shelf.prompts, |block, ranges| {
            if layer.is_empty() && block.as_bytes() == path {
                layer = attest::layer(ranges, &stores[stored.store as usize], &commit)
                    .into_iter()
                    .map(|span| Span {
                        what: span.what.inferred(),
                        ..span
                    })
                    .collect();
            }
        });
    }
    layer
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
}
