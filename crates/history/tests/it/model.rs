//! An independent model of where lines come from: every line is a unique token, so content is
//! identity, and the expectation follows from the trees of the model alone, never from a diff.
//!
//! A [`World`] is a history of commits made by random operations (edits, renames, merges with
//! resolutions, squashes, rebases, cherry-picks, amends, reverts, copies). Tokens of a file carry a
//! position and files are always sorted by it, so two versions never disagree about order.
//! Evidence can be modelled on top: a token knows the operation that made it ([`Token::maker`]).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::rc::Rc;

/// Committer time of a commit of a world, six hours after the one before.
pub(crate) fn time_of(epoch: i64, at: At) -> i64 {
    epoch + 6 * 3600 * i64::try_from(at).unwrap()
}

/// Number of a commit in [`World::commits`].
pub(crate) type At = usize;

/// A line that exists once in the world, however often it is copied.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Token {
    /// Place among the tokens of its file; the file is sorted by it.
    pub(crate) position: u64,
    pub(crate) number: u32,
    /// The commit whose operation made it up: what evidence about this line would speak of.
    pub(crate) maker: At,
}

/// A version of a file. Lines never move between files; files may be renamed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct File {
    pub(crate) identity: u32,
    pub(crate) tokens: Vec<Token>,
}

pub(crate) type Tree = BTreeMap<String, File>;

/// Commits that may be named as the origin of a token.
type Origins = Rc<BTreeSet<At>>;

pub(crate) struct Commit {
    pub(crate) parents: Vec<At>,
    pub(crate) tree: Tree,
    pub(crate) operation: String,
    pub(crate) source: Source,
    /// For each token of the tree, the valid answers.
    origins: BTreeMap<u32, Origins>,
}

/// What a commit repeats of others that it does not descend from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Source {
    /// Nothing: it is work of its own.
    Own,
    /// One commit: an amend, or a step of a rebase or cherry-pick.
    Rewrite(At),
    /// All that one tip has and the other has not.
    Squash { ours: At, theirs: At },
    /// Nothing, though its tree is that of another commit, which somebody copied.
    Copy(At),
}

/// Whether a parent hands a token to a child.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Handed {
    Yes,
    No,
    /// So close to git's threshold for renames that both answers are valid.
    Perhaps,
}

pub(crate) struct World {
    pub(crate) commits: Vec<Commit>,
    pub(crate) branches: Vec<At>,
    random: u64,
    tokens: u32,
    files: u32,
}

impl World {
    pub(crate) fn new(seed: u64) -> Self {
        let mut world = Self {
            commits: Vec::new(),
            branches: Vec::new(),
            random: seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1,
            tokens: 0,
            files: 0,
        };
        let mut tree = Tree::new();
        for _ in 0..3 {
            world.add_file(&mut tree);
        }
        let root = world.commit(Vec::new(), tree, "root".to_owned());
        world.branches.push(root);
        world
    }

    /// The operations so far, to be printed with the seed when a test fails.
    pub(crate) fn log(&self) -> String {
        let mut log = String::new();
        for (at, commit) in self.commits.iter().enumerate() {
            writeln!(log, "{at} <- {:?}: {}", commit.parents, commit.operation).unwrap();
        }
        log
    }

    /// Valid answers for a token of a commit.
    pub(crate) fn origins(&self, at: At, token: u32) -> &BTreeSet<At> {
        &self.commits[at].origins[&token]
    }

    /// Tokens that a commit removed from its only parent; `None` in place of a certain answer.
    pub(crate) fn deaths(&self, at: At) -> BTreeMap<u32, bool> {
        let mut deaths = BTreeMap::new();
        if let [parent] = self.commits[at].parents[..] {
            for (path, file) in &self.commits[parent].tree {
                for token in &file.tokens {
                    let number = token.number;
                    let handed = self.commits[at]
                        .tree
                        .iter()
                        .find(|(_, f)| f.tokens.iter().any(|t| t.number == number))
                        .map_or(Handed::No, |(to, _)| self.handed(parent, path, at, to));
                    if handed != Handed::Yes {
                        deaths.insert(number, handed == Handed::No);
                    }
                }
            }
        }
        deaths
    }

    /// The history as a stream for `git fast-import`; marks are commit numbers plus one.
    pub(crate) fn fast_import(&self, epoch: i64) -> Vec<u8> {
        let mut stream = String::new();
        for (at, commit) in self.commits.iter().enumerate() {
            let message = format!("{at}: {}", commit.operation);
            let time = time_of(epoch, at);
            writeln!(stream, "commit refs/heads/c{at}\nmark :{}", at + 1).unwrap();
            writeln!(stream, "committer Ada <ada@example.com> {time} +0000").unwrap();
            writeln!(stream, "data {}\n{message}", message.len()).unwrap();
            for (nth, parent) in commit.parents.iter().enumerate() {
                let word = if nth == 0 { "from" } else { "merge" };
                writeln!(stream, "{word} :{}", parent + 1).unwrap();
            }
            stream.push_str("deleteall\n");
            for (path, file) in &commit.tree {
                let content = file.content();
                writeln!(stream, "M 100644 inline {path}").unwrap();
                writeln!(stream, "data {}\n{content}", content.len()).unwrap();
            }
        }
        stream.push_str("done\n");
        stream.into_bytes()
    }

    /// Does one random operation on one random branch.
    pub(crate) fn step(&mut self) {
        let branch = self.below(self.branches.len());
        let tip = self.branches[branch];
        let other = self.below(self.branches.len());
        let other = self.branches[other];
        let new = match self.below(100) {
            45..52 => {
                let new = self.edit(self.commits[tip].parents.clone(), tip, "amend");
                self.commits[new].source = Source::Rewrite(tip);
                new
            }
            52..57 => self.revert(tip),
            57..72 if other != tip => self.merge(tip, other, vec![tip, other], "merge"),
            72..78 if other != tip => {
                let new = self.merge(tip, other, vec![tip], "squash");
                let (ours, theirs) = (tip, other);
                self.commits[new].source = Source::Squash { ours, theirs };
                new
            }
            78..84 if other != tip => self.rebase(tip, other),
            84..89 if other != tip => self.replay(other, tip, "cherry-pick"),
            89..94 if self.branches.len() < 5 => {
                let from = self.below(self.commits.len());
                self.branches.push(from);
                return;
            }
            94..96 if self.branches.len() > 1 => {
                self.branches.remove(branch);
                return;
            }
            96..99 if self.branches.len() < 6 => {
                self.copy(tip);
                return;
            }
            _ => self.edit(vec![tip], tip, "edit"),
        };
        self.branches[branch] = new;
    }

    /// A new branch, beside a commit of this one, whose only commit has the tree of that commit.
    fn copy(&mut self, tip: At) {
        let ancestors: Vec<At> = self.ancestors(tip).into_iter().collect();
        let of = ancestors[self.below(ancestors.len())];
        let [parent] = self.commits[of].parents[..] else {
            return;
        };
        let tree = self.commits[of].tree.clone();
        let new = self.commit(vec![parent], tree, format!("copy of {of}"));
        self.commits[new].source = Source::Copy(of);
        self.branches.push(new);
    }

    fn edit(&mut self, parents: Vec<At>, from: At, name: &str) -> At {
        let mut tree = self.commits[from].tree.clone();
        let mut done = name.to_owned();
        for _ in 0..=self.below(3) {
            let paths: Vec<String> = tree.keys().cloned().collect();
            let path = &paths[self.below(paths.len())];
            match self.below(20) {
                0..2 if paths.len() < 14 => done += &self.add_file(&mut tree),
                2 if paths.len() > 2 => {
                    tree.remove(path);
                    write!(done, " delete {path}").unwrap();
                }
                3..6 => {
                    let mut file = tree.remove(path).unwrap();
                    let to = self.free_path(&tree);
                    if self.below(2) == 0 {
                        self.change(&mut file, 2);
                    }
                    write!(done, " rename {path} {to}").unwrap();
                    tree.insert(to, file);
                }
                _ => {
                    let mut file = tree.remove(path).unwrap();
                    self.change(&mut file, 6);
                    write!(done, " change {path}").unwrap();
                    tree.insert(path.clone(), file);
                }
            }
        }
        self.commit(parents, tree, done)
    }

    /// Puts one file back to a version of some ancestor.
    fn revert(&mut self, tip: At) -> At {
        let ancestors: Vec<At> = self.ancestors(tip).into_iter().collect();
        let source = ancestors[self.below(ancestors.len())];
        let mut tree = self.commits[tip].tree.clone();
        let paths: Vec<String> = self.commits[source].tree.keys().cloned().collect();
        let path = &paths[self.below(paths.len())];
        let file = self.commits[source].tree[path].clone();
        tree.retain(|_, f| f.identity != file.identity);
        tree.insert(path.clone(), file);
        self.commit(vec![tip], tree, format!("revert {path} to {source}"))
    }

    fn merge(&mut self, ours: At, theirs: At, parents: Vec<At>, name: &str) -> At {
        let common: BTreeSet<At> = self
            .ancestors(ours)
            .intersection(&self.ancestors(theirs))
            .copied()
            .collect();
        let base = common.last().map(|at| self.commits[*at].tree.clone());
        let base = base.unwrap_or_default();
        let theirs_tree = self.commits[theirs].tree.clone();
        let mut tree = self.three_way(&base, &self.commits[ours].tree.clone(), &theirs_tree);
        if self.below(4) == 0 {
            // A resolution by hand: something that neither side has.
            let paths: Vec<String> = tree.keys().cloned().collect();
            let path = &paths[self.below(paths.len())];
            let mut file = tree.remove(path).unwrap();
            self.change(&mut file, 2);
            tree.insert(path.clone(), file);
        }
        self.commit(parents, tree, format!("{name} of {ours} and {theirs}"))
    }

    /// Replays what `source` did against its first parent on top of `onto`.
    fn replay(&mut self, source: At, onto: At, name: &str) -> At {
        let base = self.commits[source].parents.first().copied();
        let base = base.map_or_else(Tree::new, |at| self.commits[at].tree.clone());
        let ours = self.commits[onto].tree.clone();
        let theirs = self.commits[source].tree.clone();
        let tree = self.three_way(&base, &ours, &theirs);
        let new = self.commit(vec![onto], tree, format!("{name} {source} onto {onto}"));
        self.commits[new].source = Source::Rewrite(source);
        new
    }

    fn rebase(&mut self, tip: At, onto: At) -> At {
        let done = self.ancestors(onto);
        let mut chain = Vec::new();
        let mut at = tip;
        while !done.contains(&at) && chain.len() < 6 {
            chain.push(at);
            match self.commits[at].parents.first() {
                Some(parent) => at = *parent,
                None => break,
            }
        }
        chain
            .into_iter()
            .rev()
            .fold(onto, |onto, source| self.replay(source, onto, "rebase"))
    }

    fn three_way(&mut self, base: &Tree, ours: &Tree, theirs: &Tree) -> Tree {
        let by_identity = |tree: &Tree| -> BTreeMap<u32, (String, File)> {
            tree.iter()
                .map(|(path, file)| (file.identity, (path.clone(), file.clone())))
                .collect()
        };
        let (base, ours, theirs) = (by_identity(base), by_identity(ours), by_identity(theirs));
        let identities: BTreeSet<u32> = ours.keys().chain(theirs.keys()).copied().collect();
        let mut merged = Tree::new();
        for identity in identities {
            let was = base.get(&identity);
            let kept = match (ours.get(&identity), theirs.get(&identity)) {
                (Some(a), Some(b)) => {
                    let path = if was.is_some_and(|w| w.0 == a.0) {
                        &b.0
                    } else {
                        &a.0
                    };
                    let file = match self.below(8) {
                        0 => a.1.clone(),
                        1 => b.1.clone(),
                        _ => union(was.map(|w| &w.1), &a.1, &b.1),
                    };
                    Some((path.clone(), file))
                }
                // One side has it: new there, or deleted on the other.
                (Some(one), None) | (None, Some(one)) => {
                    (was.is_none() || self.below(3) == 0).then(|| one.clone())
                }
                (None, None) => None,
            };
            if let Some((path, file)) = kept
                && !file.tokens.is_empty()
            {
                merged.entry(path).or_insert(file);
            }
        }
        if merged.is_empty() {
            self.add_file(&mut merged);
        }
        merged
    }

    fn commit(&mut self, parents: Vec<At>, tree: Tree, operation: String) -> At {
        let at = self.commits.len();
        self.commits.push(Commit {
            parents,
            tree,
            operation,
            source: Source::Own,
            origins: BTreeMap::new(),
        });
        let commit = &self.commits[at];
        let mut origins = BTreeMap::new();
        for (path, file) in &commit.tree {
            let handed: Vec<(At, Handed)> = commit
                .parents
                .iter()
                .filter_map(|parent| {
                    let (from, _) = self.commits[*parent]
                        .tree
                        .iter()
                        .find(|(_, f)| f.identity == file.identity)?;
                    Some((*parent, self.handed(*parent, from, at, path)))
                })
                .collect();
            for token in &file.tokens {
                let mut valid = BTreeSet::new();
                let mut certain = false;
                for (parent, handed) in &handed {
                    if *handed != Handed::No
                        && let Some(older) = self.commits[*parent].origins.get(&token.number)
                    {
                        valid.extend(older.iter().copied());
                        certain |= *handed == Handed::Yes;
                    }
                }
                if !certain {
                    valid.insert(at);
                }
                origins.insert(token.number, Rc::new(valid));
            }
        }
        self.commits[at].origins = origins;
        at
    }

    /// Whether a line that two commits have in some file is, by git's rules for renames, a line of
    /// the same file; `None` where both answers are valid.
    pub(crate) fn same_file(&self, old: At, new: At, token: Token) -> Option<bool> {
        let path = |at: At| {
            let mut files = self.commits[at].tree.iter();
            files.find(|(_, file)| file.tokens.contains(&token))
        };
        let (Some((from, _)), Some((to, _))) = (path(old), path(new)) else {
            return Some(false);
        };
        match self.handed(old, from, new, to) {
            Handed::Yes => Some(true),
            Handed::No => Some(false),
            Handed::Perhaps => None,
        }
    }

    /// Whether lines of `from` in a parent count as lines of `to` in the child.
    fn handed(&self, parent: At, from: &str, child: At, to: &str) -> Handed {
        let (old, new) = (&self.commits[parent].tree, &self.commits[child].tree);
        if from == to {
            return Handed::Yes;
        }
        if old.contains_key(to) || new.contains_key(from) {
            return Handed::No;
        }
        let (a, b) = (&old[from].tokens, &new[to].tokens);
        let shared = a.iter().filter(|t| b.contains(t)).count();
        let share = 100 * shared / a.len().max(b.len()).max(1);
        match share {
            0..45 => Handed::No,
            45..55 => Handed::Perhaps,
            _ => Handed::Yes,
        }
    }

    pub(crate) fn ancestors(&self, at: At) -> BTreeSet<At> {
        let mut seen = BTreeSet::from([at]);
        let mut todo = vec![at];
        while let Some(next) = todo.pop() {
            todo.extend(
                self.commits[next]
                    .parents
                    .iter()
                    .filter(|parent| seen.insert(**parent)),
            );
        }
        seen
    }

    fn add_file(&mut self, tree: &mut Tree) -> String {
        self.files += 1;
        let mut file = File {
            identity: self.files,
            tokens: Vec::new(),
        };
        for _ in 0..=self.below(3) + 2 {
            self.change(&mut file, 8);
        }
        let path = self.free_path(tree);
        tree.insert(path.clone(), file);
        format!(" add {path}")
    }

    fn free_path(&mut self, tree: &Tree) -> String {
        loop {
            let directory = ["", "src/", "src/deep/", "lib/"][self.below(4)];
            let path = format!("{directory}f{}", self.below(40));
            if !tree.contains_key(&path) {
                return path;
            }
        }
    }

    /// Inserts up to `most` lines somewhere and perhaps removes some; never leaves a file empty.
    fn change(&mut self, file: &mut File, most: usize) {
        if file.tokens.len() > 4 && self.below(2) == 0 {
            let start = self.below(file.tokens.len());
            let end = (start + 1 + self.below(most)).min(file.tokens.len());
            if end - start < file.tokens.len() {
                file.tokens.drain(start..end);
            }
        }
        let at = self.below(file.tokens.len() + 1);
        let below = at.checked_sub(1).map_or(0, |i| file.tokens[i].position);
        let above = file.tokens.get(at).map_or(u64::MAX, |t| t.position);
        let count = 1 + self.below(most) as u64;
        let gap = (above - below) / (count + 1);
        // A little chance keeps tokens apart that two branches insert at the same place.
        let jitter = self.random() % (gap / 2).max(1);
        if gap > 4 {
            for nth in 0..count {
                self.tokens += 1;
                let token = Token {
                    position: below + gap * (nth + 1) - jitter,
                    number: self.tokens,
                    maker: self.commits.len(),
                };
                file.tokens.push(token);
            }
            file.tokens.sort_unstable();
        }
    }

    /// A number below `limit`, which is not zero.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        (self.random() % limit as u64) as usize
    }

    fn random(&mut self) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11
    }
}

impl File {
    pub(crate) fn content(&self) -> String {
        self.tokens
            .iter()
            .fold(String::new(), |mut content, token| {
                writeln!(content, "{:08}", token.number).unwrap();
                content
            })
    }
}

/// What is on both sides or was added on one of them.
fn union(base: Option<&File>, ours: &File, theirs: &File) -> File {
    let was = |token: &Token| base.is_some_and(|b| b.tokens.contains(token));
    let tokens: BTreeSet<Token> = ours
        .tokens
        .iter()
        .chain(&theirs.tokens)
        .filter(|t| !was(t) || (ours.tokens.contains(t) && theirs.tokens.contains(t)))
        .copied()
        .collect();
    File {
        identity: ours.identity,
        tokens: tokens.into_iter().collect(),
    }
}
