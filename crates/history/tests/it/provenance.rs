//! Who wrote the lines of a [`World`], what its commits tell of it, and what may be concluded.
//!
//! An [`Account`] gives every operation a maker: an agent whose lines a note attests, an agent
//! that only leaves a trailer, a person whose typing a note attests, or nobody known. Operations
//! that rewrite keep or lose notes as real ones do. What an origin may say follows from the
//! operations and from the table of the fusion alone, never from a diff or a repository.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use trueline_facts::{Author, Confidence, Evidence, EvidenceClass, Grain, HumanBasis, Origin};

use crate::model::{At, Source, Token, Tree, World, time_of};

const TRAILER: &str = "Co-authored-by: Codex <noreply@openai.com>\n";
const LIST_OF_GIT: &str = "Squashed commit of the following:";
const MODEL: &str = "claude-opus-4-5";
/// Things that look like a sign and name no author.
const TRAPS: [&str; 4] = [
    "",
    "The benchmark I generated with Claude shows it.\n",
    "Co-authored-by: Micha <micha@openai.com>\n",
    "Co-authored-by: Copilot <copilot@github.com>\n",
];

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Writer {
    /// An agent; a note attests its lines.
    Claude,
    /// An agent; a trailer names it.
    Codex,
    /// A person; a note attests the lines.
    Human,
    /// Whoever it was, nothing tells.
    Nobody,
}

/// A note: the lines that it attests.
struct Note {
    /// Before recovered entries and asserted humans.
    old: bool,
    lines: BTreeMap<u32, Writer>,
}

/// A commit as its metadata tell it.
struct Told {
    author: usize,
    time: i64,
    message: String,
    trailer: bool,
    /// It hides several commits.
    squash: bool,
    /// Nothing but content ties it to what it repeats.
    untied: bool,
    note: Option<Note>,
}

/// A reference that keeps commits which no branch has.
struct Kept {
    name: String,
    at: At,
    /// The commit with which it came into being.
    since: At,
}

/// Where the evidence about a line is, if the repository still links it with the line.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Whereabouts {
    NoteHere,
    TrailerHere,
    NoteBeforeRewrite,
    NoteBehindSquash,
    TrailerBehindSquash,
    TrailerOfSquash,
    /// Its file stands elsewhere, and by git's rules for renames it is not the same file.
    Displaced,
    /// Behind a rewrite or squash that content alone tells.
    Untied,
    /// The same, and the evidence is about the commit, which that one is not.
    UntiedTrailer,
    /// Behind a squash, and there again behind a squash, or removed and put back by others.
    Roundabout,
}

impl Whereabouts {
    /// Whether nothing but content tells.
    pub(crate) fn is_untied(self) -> bool {
        matches!(self, Self::Untied | Self::UntiedTrailer)
    }

    /// Whether it takes more than looking at the commit that added the line, and no more than
    /// the fusion promises to do.
    pub(crate) fn is_inferred(self) -> bool {
        use Whereabouts::{NoteBeforeRewrite, NoteBehindSquash, TrailerBehindSquash};
        matches!(
            self,
            NoteBeforeRewrite | NoteBehindSquash | TrailerBehindSquash
        )
    }
}

/// How people rewrite commits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Habits {
    /// As git and forges do it by themselves: an amend or rebase keeps author and author's time, a
    /// squash gets the number of its request.
    Usual,
    /// Also other authors and times, squashes without a number or with that of another tracker.
    Careless,
}

pub(crate) struct Account<'w> {
    world: &'w World,
    habits: Habits,
    told: Vec<Told>,
    kept: Vec<Kept>,
    writers: BTreeMap<u32, Writer>,
    /// The head of each squash that is kept under its number.
    linked: BTreeMap<At, At>,
    random: u64,
}

/// What is there when a repository is read.
pub(crate) struct Scene {
    pub(crate) tip: At,
    /// References beside the branch that is read.
    heads: Vec<(String, At)>,
    /// Commits whose objects are there.
    here: BTreeSet<At>,
    /// Commits that the tip descends from.
    history: BTreeSet<At>,
}

impl<'w> Account<'w> {
    pub(crate) fn of(world: &'w World, seed: u64, habits: Habits) -> Self {
        let mut account = Self {
            world,
            habits,
            told: Vec::new(),
            kept: Vec::new(),
            writers: BTreeMap::new(),
            linked: BTreeMap::new(),
            random: seed.wrapping_mul(0xD134_2543_DE82_EF95) | 1,
        };
        for at in 0..world.commits.len() {
            let told = match world.commits[at].source {
                Source::Own => account.own(at),
                Source::Copy(_) => account.copied(at),
                Source::Rewrite(source) => account.rewrite(at, source),
                Source::Squash { ours, theirs } => account.squash(at, ours, theirs),
            };
            account.told.push(told);
        }
        account
    }

    pub(crate) fn log(&self) -> String {
        let mut log = String::new();
        for (at, (told, commit)) in self.told.iter().zip(&self.world.commits).enumerate() {
            let noted = told.note.as_ref().map(|note| note.lines.len());
            let head = self.linked.get(&at);
            writeln!(
                log,
                "{at} <- {:?}: {} [noted {noted:?}, trailer {}, squash {}, head {head:?}]",
                commit.parents, commit.operation, told.trailer, told.squash,
            )
            .unwrap();
        }
        for kept in &self.kept {
            writeln!(log, "{} is {}, since {}", kept.name, kept.at, kept.since).unwrap();
        }
        log
    }

    fn below(&mut self, limit: usize) -> usize {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        (self.random.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11) as usize % limit
    }

    fn fresh(&self, at: At) -> Vec<u32> {
        tokens(&self.world.commits[at].tree)
            .filter(|token| token.maker == at)
            .map(|token| token.number)
            .collect()
    }

    /// A note about the new lines of a commit; not all of them are observed.
    fn attest(&mut self, at: At, mostly: Writer) -> BTreeMap<u32, Writer> {
        let mut lines = BTreeMap::new();
        for token in self.fresh(at) {
            let writer = match self.below(20) {
                0..3 => Writer::Nobody,
                3..6 => Writer::Human,
                _ => mostly,
            };
            self.writers.insert(token, writer);
            if writer != Writer::Nobody {
                lines.insert(token, writer);
            }
        }
        lines
    }

    fn write(&mut self, at: At, writer: Writer) {
        for token in self.fresh(at) {
            self.writers.insert(token, writer);
        }
    }

    fn note(&mut self, lines: BTreeMap<u32, Writer>) -> Note {
        let old = self.below(2) == 0;
        Note { old, lines }
    }

    fn own(&mut self, at: At) -> Told {
        let author = self.below(3);
        let mut told = Told {
            author,
            time: time_of(1_600_000_000, at),
            message: String::new(),
            trailer: false,
            squash: false,
            untied: false,
            note: None,
        };
        let subject = match self.below(10) {
            _ if self.world.commits[at].parents.len() > 1 => "Merge branch 'codex/work'".into(),
            // Two commits that a rewrite could confuse.
            0 if at > 0 => {
                told.time = time_of(1_600_000_000, at - 1);
                "wip".to_owned()
            }
            1 | 2 => "wip".to_owned(),
            _ => format!("work {at}"),
        };
        told.message = format!("{subject}\n\n");
        match self.below(20) {
            0..6 => {
                let lines = self.attest(at, Writer::Claude);
                told.note = Some(self.note(lines));
            }
            6..10 => {
                let lines = self.attest(at, Writer::Human);
                told.note = Some(self.note(lines));
            }
            10..15 => {
                self.write(at, Writer::Codex);
                told.trailer = true;
                told.message += TRAILER;
            }
            _ => {
                self.write(at, Writer::Nobody);
                told.message += TRAPS[self.below(TRAPS.len())];
            }
        }
        told
    }

    /// A tree of others, that an agent commits as its own work.
    fn copied(&mut self, at: At) -> Told {
        self.keep(format!("refs/heads/copy{at}"), at, at);
        Told {
            author: self.below(3),
            time: time_of(1_600_000_000, at),
            message: format!("Port {at}\n\n{TRAILER}"),
            trailer: true,
            squash: false,
            untied: false,
            note: None,
        }
    }

    /// An amend, or a step of a rebase: author, author's time and message stay, but for some.
    fn rewrite(&mut self, at: At, source: At) -> Told {
        let was = &self.told[source];
        let mut told = Told {
            author: was.author,
            time: was.time,
            message: was.message.clone(),
            trailer: was.trailer,
            squash: was.squash,
            untied: false,
            note: None,
        };
        match self.below(12) {
            // `--amend -m`: a trailer goes with the old words.
            0 if !told.squash => {
                told.message = format!("reworded {at}\n\n");
                told.trailer = false;
                told.untied = self.habits == Habits::Careless;
            }
            1 | 2 if self.habits == Habits::Usual => {}
            // `--amend --author`, `--amend --reset-author`.
            1 => {
                told.author = (told.author + 1) % 3;
                told.untied = true;
            }
            2 => {
                told.time = time_of(1_600_000_000, at);
                told.untied = true;
            }
            _ => {}
        }
        if self.below(2) == 0 {
            let name = format!("refs/pull/{}/head", 100_000 + at);
            self.keep(name, source, at);
        }
        match self.below(10) {
            // A tool that moves notes with the lines runs here, and may have seen new ones.
            0..3 => {
                let there: BTreeSet<u32> = tokens(&self.world.commits[at].tree)
                    .map(|token| token.number)
                    .collect();
                let mut lines = self.attest(at, Writer::Claude);
                if let Some(note) = &self.told[source].note {
                    let moved = note.lines.iter().filter(|(token, _)| there.contains(token));
                    lines.extend(moved.map(|(token, writer)| (*token, *writer)));
                }
                told.note = Some(self.note(lines));
            }
            3 if !told.trailer && !told.squash => {
                self.write(at, Writer::Codex);
                told.trailer = true;
                write!(told.message, "\n{TRAILER}").unwrap();
            }
            _ => self.write(at, Writer::Nobody),
        }
        told
    }

    fn squash(&mut self, at: At, ours: At, theirs: At) -> Told {
        let branch: Vec<At> = self.branch(ours, theirs);
        let subjects: Vec<&str> = branch
            .iter()
            .map(|at| self.told[*at].message.lines().next().unwrap())
            .collect();
        let squash = branch.len() > 1;
        let mut trailer = branch.iter().any(|at| self.told[*at].trailer);
        let mut message = match &subjects[..] {
            [one] => format!("{one} (#{at})\n\n"),
            _ => format!("Topic (#{at})\n\n"),
        };
        let list = subjects.iter().fold(String::new(), |list, subject| {
            format!("{list}* {subject}\n\n")
        });
        let keep = self.below(10) < 6;
        let is_careless = self.habits == Habits::Careless;
        let by_git = squash && self.below(6) == 0;
        let untied = is_careless && self.below(6) == 0 && !by_git;
        if untied {
            message = message.replace(&format!(" (#{at})"), "");
        }
        match self.below(6) {
            _ if by_git => {
                let title = ["", "Topic\n\n"][self.below(2)];
                message = format!("{title}{}", self.list_of_git(ours, theirs));
            }
            _ if !squash => {}
            // Says nothing of its commits; only its head does.
            1 if keep => {}
            _ => message += &list,
        }
        if keep && (untied || by_git) {
            self.keep(format!("refs/heads/topic{at}"), theirs, at);
            if by_git {
                self.linked.insert(at, theirs);
            }
        } else if keep {
            self.keep(format!("refs/pull/{at}/head"), theirs, at);
            self.linked.insert(at, theirs);
        } else if is_careless && self.below(2) == 0 {
            // The number is that of another tracker.
            let another = self.below(at);
            self.keep(format!("refs/pull/{at}/head"), another, at);
        }
        if by_git {
            trailer = message.lines().any(is_read_trailer);
        } else if trailer && self.below(7) == 0 {
            trailer = false;
        } else if trailer {
            message += TRAILER;
        }
        let note = (self.below(7) == 0).then(|| {
            let there: BTreeSet<u32> = tokens(&self.world.commits[at].tree)
                .map(|token| token.number)
                .collect();
            let lines = branch
                .iter()
                .filter_map(|at| self.told[*at].note.as_ref())
                .flat_map(|note| &note.lines)
                .filter(|(token, _)| there.contains(token))
                .map(|(token, writer)| (*token, *writer))
                .collect();
            self.note(lines)
        });
        self.write(at, Writer::Nobody);
        Told {
            author: self.below(3),
            time: time_of(1_600_000_000, at),
            trailer,
            // Without a number, a list of subjects is any list.
            squash: squash && !untied,
            untied,
            message,
            note,
        }
    }

    /// What `git merge --squash` writes: every commit that it folds, merges as well, newest first.
    fn list_of_git(&self, ours: At, theirs: At) -> String {
        let ours = self.world.ancestors(ours);
        let theirs = self.world.ancestors(theirs);
        let folded: Vec<At> = theirs.difference(&ours).copied().collect();
        folded
            .iter()
            .rev()
            .fold(format!("{LIST_OF_GIT}\n\n"), |mut list, at| {
                let told = &self.told[*at];
                let author = told.author;
                write!(
                    list,
                    "commit {{id {at}}}\nAuthor: D{author} <d{author}@example.com>\n\
                 Date:   Thu Jan 1 00:00:00 2026 +0000\n\n"
                )
                .unwrap();
                for line in told.message.lines() {
                    writeln!(list, "    {line}").unwrap();
                }
                list + "\n"
            })
    }

    fn keep(&mut self, name: String, at: At, since: At) {
        self.kept.push(Kept { name, at, since });
    }

    /// What `theirs` has and `ours` has not, but for merges.
    fn branch(&self, ours: At, theirs: At) -> Vec<At> {
        let ours = self.world.ancestors(ours);
        let theirs = self.world.ancestors(theirs);
        theirs
            .difference(&ours)
            .copied()
            .filter(|at| self.world.commits[*at].parents.len() < 2)
            .collect()
    }

    /// A repository with one branch at `tip`, some of the other branches, and what was kept.
    pub(crate) fn scene(&mut self, tip: At, branches: &[At], commits: usize) -> Scene {
        let mut heads: Vec<(String, At)> = self
            .kept
            .iter()
            .filter(|kept| kept.since < commits)
            .map(|kept| (kept.name.clone(), kept.at))
            .collect();
        for (nth, head) in branches.iter().enumerate() {
            if self.below(2) == 0 {
                heads.push((format!("refs/heads/b{nth}"), *head));
            }
        }
        let history = self.world.ancestors(tip);
        let mut here = history.clone();
        for (_, head) in &heads {
            here.extend(self.world.ancestors(*head));
        }
        Scene {
            tip,
            heads,
            here,
            history,
        }
    }

    /// A stream for `git fast-import`: the commits of a scene, its references, and all notes,
    /// also those about commits that are not there.
    pub(crate) fn fast_import(&self, epoch: i64, scene: &Scene, ids: &[String]) -> Vec<u8> {
        let commits = scene.here.iter().map(|at| self.commit(epoch, *at, ids));
        let mut stream: String = commits.collect();
        writeln!(stream, "reset refs/heads/main\nfrom :{}\n", scene.tip + 1).unwrap();
        for (name, at) in &scene.heads {
            writeln!(stream, "reset {name}\nfrom :{}\n", at + 1).unwrap();
        }
        stream.push_str("commit refs/notes/ai\ncommitter n <n@n> 1 +0000\ndata 0\n\n");
        for (at, id) in ids.iter().enumerate() {
            let Some(note) = &self.told[at].note else {
                continue;
            };
            let text = self.note_text(at, note);
            let (directory, rest) = id.split_at(2);
            writeln!(stream, "M 100644 inline {directory}/{rest}").unwrap();
            writeln!(stream, "data {}\n{text}", text.len()).unwrap();
        }
        stream.push_str("done\n");
        stream.into_bytes()
    }

    pub(crate) fn len(&self) -> usize {
        self.told.len()
    }

    /// A commit as a part of a stream, with the ids of those before it.
    pub(crate) fn commit(&self, epoch: i64, at: At, ids: &[String]) -> String {
        let mut stream = String::new();
        let (commit, told) = (&self.world.commits[at], &self.told[at]);
        let (author, written) = (told.author, told.time);
        let time = time_of(epoch, at);
        if commit.parents.is_empty() {
            // Else the commit before it would become its parent.
            stream.push_str("reset refs/heads/main\n\n");
        }
        writeln!(stream, "commit refs/heads/main\nmark :{}", at + 1).unwrap();
        writeln!(
            stream,
            "author D{author} <d{author}@example.com> {written} +0000"
        )
        .unwrap();
        writeln!(stream, "committer Ada <ada@example.com> {time} +0000").unwrap();
        let message = with_ids(&told.message, ids);
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
        stream
    }

    fn note_text(&self, at: At, note: &Note) -> String {
        let mut text = String::new();
        let (mut sessions, mut humans) = (BTreeSet::new(), BTreeSet::new());
        for (path, file) in &self.world.commits[at].tree {
            let mut entries: BTreeMap<String, Vec<usize>> = BTreeMap::new();
            for (line, token) in (1..).zip(&file.tokens) {
                let key = match note.lines.get(&token.number) {
                    Some(Writer::Claude) => {
                        sessions.insert(session(token.maker));
                        format!("{}::t_{at:014x}", session(token.maker))
                    }
                    Some(Writer::Human) => {
                        humans.insert(token.maker);
                        format!("h_{:014x}", token.maker)
                    }
                    _ => continue,
                };
                entries.entry(key).or_default().push(line);
            }
            if entries.is_empty() {
                continue;
            }
            writeln!(text, "{path}").unwrap();
            for (key, lines) in entries {
                let runs: Vec<String> = lines
                    .chunk_by(|a, b| a + 1 == *b)
                    .map(|run| format!("{}-{}", run[0], run[run.len() - 1]))
                    .collect();
                writeln!(text, "  {key} {}", runs.join(",")).unwrap();
            }
        }
        let version = if note.old { "1.5.0" } else { "1.6.24" };
        let sessions: Vec<String> = sessions
            .iter()
            .map(|key| {
                format!(r#""{key}":{{"agent_id":{{"tool":"claude","id":"c","model":"{MODEL}"}}}}"#)
            })
            .collect();
        let humans: Vec<String> = humans
            .iter()
            .map(|maker| format!(r#""h_{maker:014x}":{{"author":"D <d@example.com>"}}"#))
            .collect();
        write!(
            text,
            "---\n{{\"schema_version\":\"authorship/3.0.0\",\"git_ai_version\":\"{version}\",\
             \"base_commit_sha\":\"\",\"prompts\":{{}},\"sessions\":{{{}}},\"humans\":{{{}}}}}",
            sessions.join(","),
            humans.join(",")
        )
        .unwrap();
        text
    }

    pub(crate) fn writer(&self, token: Token) -> Writer {
        self.writers[&token.number]
    }

    fn attested(&self, at: At, token: Token) -> Option<Writer> {
        let note = self.told[at].note.as_ref()?;
        note.lines.get(&token.number).copied()
    }

    /// Whether a commit itself put the line into its tree.
    fn put(&self, at: At, token: Token) -> bool {
        tokens(&self.world.commits[at].tree).any(|t| t == token)
            && self.world.origins(at, token.number).contains(&at)
    }

    /// The head of the squash that a commit is or repeats, if its number still leads there.
    fn head(&self, mut at: At) -> Option<At> {
        loop {
            match self.world.commits[at].source {
                Source::Own | Source::Copy(_) => return None,
                Source::Rewrite(source) => at = source,
                Source::Squash { .. } => return self.linked.get(&at).copied(),
            }
        }
    }

    /// The commits that a commit stands for: not itself, nor what it descends from.
    fn stands_for(&self, scene: &Scene, of: At) -> BTreeSet<At> {
        let mut seen = BTreeSet::new();
        let mut todo = vec![of];
        while let Some(at) = todo.pop() {
            let more = match self.world.commits[at].source {
                Source::Rewrite(source) => vec![source],
                Source::Squash { ours, theirs } if self.linked.contains_key(&at) => {
                    self.branch(ours, theirs)
                }
                Source::Own | Source::Copy(_) | Source::Squash { .. } => Vec::new(),
            };
            todo.extend(more.into_iter().filter(|at| seen.insert(*at)));
        }
        // Lines of its own past had died before: that they came back is work of its own.
        let past = self.world.ancestors(of);
        seen.retain(|at| scene.here.contains(at) && !past.contains(at));
        seen
    }

    /// Whether most of what a commit adds, clearly more than half, was added by the branch of its number:
    /// else the number may be another tracker's.
    fn is_accounted(&self, added: At, head: At) -> bool {
        let past = self.world.ancestors(added);
        let (mut accounted, mut whole) = (0, 0);
        for token in tokens(&self.world.commits[added].tree) {
            if self.world.origins(added, token.number).contains(&added) {
                whole += 1;
                let theirs = self.world.same_file(head, added, token) == Some(true) && {
                    let mut origins = self.world.origins(head, token.number).iter();
                    origins.all(|at| !past.contains(at))
                };
                accounted += usize::from(theirs);
            }
        }
        accounted * 10 >= whole * 8
    }

    /// What a commit was made of, itself included, by whatever operation.
    fn lineage(&self, of: At) -> BTreeSet<At> {
        let mut seen = BTreeSet::from([of]);
        let mut todo = vec![of];
        while let Some(at) = todo.pop() {
            let more = match self.world.commits[at].source {
                Source::Rewrite(source) => vec![source],
                Source::Squash { ours, theirs } => {
                    let ours = self.world.ancestors(ours);
                    let theirs = self.world.ancestors(theirs);
                    theirs.difference(&ours).copied().collect()
                }
                Source::Own | Source::Copy(_) => Vec::new(),
            };
            todo.extend(more.into_iter().filter(|at| seen.insert(*at)));
        }
        seen
    }

    /// Whom a line may have come from: what its commit was made of and, where a rewrite took a file as the
    /// other side has it, whoever had put this very line there.
    fn brought_from(&self, added: At, token: Token) -> BTreeSet<At> {
        let made_of = self.lineage(added);
        let has = |at: &&At| tokens(&self.world.commits[**at].tree).any(|t| t == token);
        let mut from = made_of.clone();
        for at in made_of.iter().filter(has) {
            let put = self.world.origins(*at, token.number).iter();
            from.extend(put.flat_map(|at| self.lineage(*at)));
        }
        let past = self.world.ancestors(added);
        from.retain(|at| *at == added || !past.contains(at));
        from
    }

    /// Whether an operation on the way to a commit left content alone to tell what it repeats.
    fn is_untied(&self, of: At) -> bool {
        let mut line = self.lineage(of).into_iter();
        line.any(|at| self.told[at].untied)
    }

    /// Where evidence about a line that `origin` added can be found.
    pub(crate) fn whereabouts(
        &self,
        scene: &Scene,
        origin: At,
        token: Token,
    ) -> Option<Whereabouts> {
        let told = &self.told[origin];
        let by_trailer = match self.writer(token) {
            Writer::Nobody => return None,
            Writer::Codex => true,
            Writer::Claude | Writer::Human => false,
        };
        if self.attested(origin, token).is_some() {
            return Some(Whereabouts::NoteHere);
        }
        if by_trailer && told.trailer && !told.squash {
            return Some(Whereabouts::TrailerHere);
        }
        let before = self.stands_for(scene, origin);
        if self.is_untied(origin) {
            let known = |at: &At| {
                let told = &self.told[*at];
                scene.here.contains(at)
                    && if by_trailer {
                        told.trailer && !told.squash && self.put(*at, token)
                    } else {
                        self.attested(*at, token).is_some()
                    }
            };
            let past = self.world.ancestors(origin);
            let line = self.lineage(origin).into_iter();
            let mut known = line.filter(|at| known(at) && !past.contains(at));
            known.next()?;
            return Some(if by_trailer {
                Whereabouts::UntiedTrailer
            } else {
                Whereabouts::Untied
            });
        }
        let known = |at: At| {
            let told = &self.told[at];
            let trailer = told.trailer && !told.squash && self.put(at, token);
            if by_trailer {
                trailer
            } else {
                self.attested(at, token).is_some()
            }
        };
        let same = |old: At, new: At| self.world.same_file(old, new, token) == Some(true);
        let Some(head) = self.head(origin) else {
            if by_trailer {
                return told.trailer.then_some(Whereabouts::TrailerOfSquash);
            }
            let mut notes = before.into_iter().filter(|at| known(*at)).peekable();
            notes.peek()?;
            return Some(if notes.any(|at| same(at, origin)) {
                Whereabouts::NoteBeforeRewrite
            } else {
                Whereabouts::Displaced
            });
        };
        if !before.into_iter().any(known) {
            return None;
        }
        if !self.is_accounted(origin, head) {
            return Some(if by_trailer {
                Whereabouts::UntiedTrailer
            } else {
                Whereabouts::Untied
            });
        }
        if !same(head, origin) {
            return Some(Whereabouts::Displaced);
        }
        let reaches = |at: At| {
            known(at)
                || !by_trailer
                    && self
                        .rewritten_into(at)
                        .into_iter()
                        .any(|old| scene.here.contains(&old) && known(old) && same(old, at))
        };
        let mut added = self.world.origins(head, token.number).iter();
        Some(match (added.all(|at| reaches(*at)), by_trailer) {
            (false, _) => Whereabouts::Roundabout,
            (true, true) => Whereabouts::TrailerBehindSquash,
            (true, false) => Whereabouts::NoteBehindSquash,
        })
    }

    /// The commits that were rewritten one after the other until they were this one.
    fn rewritten_into(&self, mut at: At) -> Vec<At> {
        let mut chain = Vec::new();
        while let Source::Rewrite(source) = self.world.commits[at].source {
            chain.push(source);
            at = source;
        }
        chain
    }

    /// Whether the origin agrees with who wrote the line.
    pub(crate) fn is_kept(&self, token: Token, origin: &Origin) -> bool {
        match (self.writer(token), &origin.author) {
            (Writer::Claude, Author::Ai { tool, .. }) => tool.as_str() == "claude",
            (Writer::Codex, Author::Ai { tool, .. }) => tool.as_str() == "codex",
            (Writer::Human, Author::Human { .. }) | (Writer::Nobody, Author::Unknown) => true,
            _ => false,
        }
    }

    /// What is wrong with the origin of a line that `added` added.
    pub(crate) fn objection(
        &self,
        scene: &Scene,
        added: At,
        token: Token,
        origin: &Origin,
        at_of: impl Fn(&Evidence) -> At,
    ) -> Option<&'static str> {
        for evidence in &origin.evidence {
            let at = at_of(evidence);
            if !scene.here.contains(&at) {
                return Some("evidence on a commit that is not here");
            }
            match evidence.class {
                EvidenceClass::Note if self.attested(at, token).is_none() => {
                    return Some("a note that does not attest the line");
                }
                EvidenceClass::Identity if !self.told[at].trailer => {
                    return Some("a trailer that is not there");
                }
                EvidenceClass::Identity
                    if self.writer(token) != Writer::Codex
                        && !self.lineage(at).contains(&token.maker)
                        && self
                            .lineage(at)
                            .is_disjoint(&self.brought_from(added, token)) =>
                {
                    return Some("the trailer of a commit that this one does not repeat");
                }
                EvidenceClass::Identity if at != added && !self.put(at, token) => {
                    return Some("the trailer of a commit that did not add the line");
                }
                EvidenceClass::Note | EvidenceClass::Identity | EvidenceClass::Hint => {}
                _ => return Some("evidence of a kind that the world does not have"),
            }
        }
        if origin.author == Author::Unknown {
            return None;
        }
        let Some(first) = origin.evidence.first() else {
            return Some("an author without evidence");
        };
        let at = at_of(first);
        if first.grain == Grain::Line {
            return self.line_objection(added, at, token, origin);
        }
        let by_note = matches!(self.writer(token), Writer::Claude | Writer::Human);
        if by_note && self.is_shown(scene, added, token) {
            return Some("the trailer of a commit for a line that a note shows to be another's");
        }
        let codex = matches!(&origin.author, Author::Ai { tool, .. } if tool.as_str() == "codex");
        if !codex || first.class != EvidenceClass::Identity {
            return Some("an author whom no commit names");
        }
        if at == added {
            return self.own_trailer_objection(scene, added, token, origin.confidence);
        }
        if self.world.ancestors(added).contains(&at) {
            return Some("the trailer of a commit that was there before");
        }
        (origin.confidence > Confidence::Medium).then_some("a trailer of high confidence")
    }

    /// Whether the world shows plainly who wrote a line: on the commit itself, or behind it where
    /// only git's own doings lie between.
    fn is_shown(&self, scene: &Scene, added: At, token: Token) -> bool {
        let place = self.whereabouts(scene, added, token);
        place.is_some_and(|place| place == Whereabouts::NoteHere || place.is_inferred())
    }

    fn line_objection(
        &self,
        added: At,
        at: At,
        token: Token,
        origin: &Origin,
    ) -> Option<&'static str> {
        let old = self.told[at].note.as_ref().is_some_and(|note| note.old);
        let most = if old && at == added {
            Confidence::High
        } else {
            Confidence::Medium
        };
        if origin.confidence > most {
            return Some("a note of too high confidence");
        }
        let right = match (&origin.author, self.writer(token)) {
            (Author::Human { basis }, Writer::Human) => {
                *basis
                    == if old {
                        HumanBasis::Observed
                    } else {
                        HumanBasis::Asserted
                    }
            }
            (
                Author::Ai {
                    tool,
                    session: Some(known),
                    ..
                },
                Writer::Claude,
            ) => tool.as_str() == "claude" && known.as_str() == session(token.maker),
            _ => false,
        };
        (!right).then_some("somebody else wrote the line")
    }

    /// The trailer of a commit speaks for all lines that it added; that of a squash weakly, and
    /// not for lines that its branch shows to be another's.
    fn own_trailer_objection(
        &self,
        scene: &Scene,
        added: At,
        token: Token,
        confidence: Confidence,
    ) -> Option<&'static str> {
        let told = &self.told[added];
        if !told.squash {
            return (confidence > Confidence::Medium).then_some("a trailer of high confidence");
        }
        let head = self
            .head(added)
            .filter(|head| !scene.history.contains(head))
            // Put elsewhere, a squash may find all but one of its commits there.
            .filter(|head| self.branch(added, *head).len() > 1);
        let listed = told.message.contains("\n* ") || told.message.contains(LIST_OF_GIT);
        if confidence > Confidence::Low && (listed || head.is_some()) {
            return Some("the trailer of a squash of more than low confidence");
        }
        let head = head.filter(|head| self.is_accounted(added, *head))?;
        let same_path = |(path, file): (&String, &crate::model::File)| {
            file.tokens.contains(&token)
                && self.world.commits[head]
                    .tree
                    .get(path)
                    .is_some_and(|there| there.tokens.contains(&token))
        };
        let shown = self.world.commits[added].tree.iter().any(same_path);
        let outside = |at: &At| !scene.history.contains(at);
        let theirs = shown && self.world.origins(head, token.number).iter().all(outside);
        let named = self
            .world
            .ancestors(head)
            .into_iter()
            .any(|at| outside(&at) && self.told[at].trailer);
        // A forge copies trailers: on a line of the commit that bore it, or of one that is here and was
        // rewritten into it, it is the witness of that commit.
        let bore = |at: &At| self.told[*at].trailer && !self.told[*at].squash;
        let bore_before = |at: At| {
            let mut before = self.rewritten_into(at).into_iter();
            before.any(|old| scene.here.contains(&old) && bore(&old) && self.put(old, token))
        };
        let copied = || {
            let mut added = self.world.origins(head, token.number).iter();
            added.all(|at| bore(at) || bore_before(*at))
        };
        (theirs && named && !copied())
            .then_some("the trailer of a squash whose branch shows who wrote the line")
    }
}

/// Whether a line of a squash by git is the trailer of a commit that it folds itself. What stands deeper
/// is quoted.
fn is_read_trailer(line: &str) -> bool {
    line.strip_prefix("    ") == Some(TRAILER.trim_end())
}

/// The text with the id in place of each `{id 12}`.
fn with_ids(text: &str, ids: &[String]) -> String {
    let mut parts = text.split("{id ");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        let (at, rest) = part.split_once('}').unwrap();
        format!("{text}{}{rest}", ids[at.parse::<At>().unwrap()])
    })
}

fn session(maker: At) -> String {
    format!("s_{maker:014x}")
}

fn tokens(tree: &Tree) -> impl Iterator<Item = Token> {
    tree.values().flat_map(|file| file.tokens.iter().copied())
}
