//! Signals from hand-built tables: no repository is needed to say what the figures must be.

use std::collections::BTreeMap;

use smallvec::SmallVec;
use trueline_authorship::message::{Automation, ReviewEvidence, ReviewSign, Role, Sign};
use trueline_facts::health::{AnomalyKind, OriginGroup};
use trueline_facts::pipeline::EntryKind;
use trueline_facts::shadow::{SignalKind, SignalState};
use trueline_facts::stats::{GroupBy, NoteCounts};
use trueline_facts::time::DAY;
use trueline_facts::usage::{LineShares, Purpose};
use trueline_facts::{
    Author, Confidence, Evidence, EvidenceClass, Grain, HumanBasis, ModelId, Origin, Proportion,
    Reach, RepoPath, Timestamp, ToolId,
};
use trueline_history::ObjectId;
use trueline_history::evidence::{
    CommitEvidence, DeathOrigin, FileOrigins, InferredLines, OriginIx, OriginRun, Origins,
};
use trueline_history::model::{
    Change, ChangeKind, Commit, CommitIx, Completeness, Death, Extent, FileContent, FileLines,
    History, KnownPerson, LineCounts, Mailmap, PathIx, PersonIx, RawIdentity, RunEnd,
};
use trueline_history::signals::{
    Grouping, SignalOptions, Signals, Source, Surroundings, Team, Unreadable,
};

const NOW: Timestamp = Timestamp(1_780_000_000);
/// Indices of [`Tables::new`]'s origins.
const UNKNOWN: OriginIx = OriginIx(0);
const CLAUDE_LINE: OriginIx = OriginIx(1);
const CODEX_COMMIT: OriginIx = OriginIx(2);
const HUMAN: OriginIx = OriginIx(3);

/// Blobs by their object id; ids are counted up.
#[derive(Debug, Default)]
struct Blobs(BTreeMap<ObjectId, Vec<u8>>);

impl Source for Blobs {
    fn blob(&self, id: ObjectId) -> Option<Vec<u8>> {
        self.0.get(&id).cloned()
    }

    fn at(&self, tree: ObjectId, _: &RepoPath) -> Result<Option<Vec<u8>>, Unreadable> {
        // The tests give a parent's manifest the id of the parent's tree.
        self.0.get(&tree).cloned().map(Some).ok_or(Unreadable)
    }
}

struct Tables {
    history: History,
    origins: Origins,
    blobs: Blobs,
    options: SignalOptions,
    ids: u32,
}

fn origin(author: Author, class: EvidenceClass, grain: Grain) -> Origin {
    Origin {
        author,
        confidence: Confidence::Medium,
        evidence: vec![Evidence {
            class,
            grain,
            reach: Reach::Direct,
            confidence: Confidence::Medium,
            source: "test".to_owned(),
            commit: None,
            names: None,
        }],
    }
}

fn ai(tool: &str) -> Author {
    Author::Ai {
        tool: ToolId::new(tool),
        model: None,
        session: None,
        human_touched: false,
    }
}

fn sign(tool: &str, role: Role) -> Sign {
    Sign {
        tool: ToolId::new(tool),
        model: Some(ModelId::new("some-model")),
        session: None,
        class: EvidenceClass::Identity,
        confidence: Confidence::High,
        source: "Co-authored-by",
        role,
        partial: false,
    }
}

impl Tables {
    /// A repository with HEAD only.
    fn new() -> Self {
        let mut tables = Self {
            history: History {
                commits: Vec::new(),
                persons: Vec::new(),
                mailmap: Mailmap::default(),
                paths: Vec::new(),
                files: Vec::new(),
                extent: Extent::Repository,
                changes: Vec::new(),
                unread: Vec::new(),
                deaths: Vec::new(),
                window_start: NOW.plus_days(-365),
                completeness: Completeness::Whole,
                diagnostics: Vec::new(),
            },
            origins: Origins {
                origins: vec![
                    Origin::unknown(),
                    origin(ai("claude"), EvidenceClass::Note, Grain::Line),
                    origin(ai("codex"), EvidenceClass::Identity, Grain::Commit),
                    origin(
                        Author::Human {
                            basis: HumanBasis::Observed,
                        },
                        EvidenceClass::Note,
                        Grain::Line,
                    ),
                ],
                files: Vec::new(),
                commits: Vec::new(),
                notes: NoteCounts::default(),
                deaths: Vec::new(),
                diagnostics: Vec::new(),
            },
            blobs: Blobs::default(),
            options: SignalOptions::default(),
            ids: 0,
        };
        tables.commit(0, "head@example.org");
        tables
    }

    fn id(&mut self) -> ObjectId {
        self.ids += 1;
        ObjectId::from_hex(format!("{:040x}", self.ids).as_bytes()).unwrap()
    }

    fn path(&mut self, path: &str) -> PathIx {
        let path = RepoPath::from(path);
        let known = self.history.paths.iter().position(|p| *p == path);
        PathIx(known.unwrap_or_else(|| {
            self.history.paths.push(path);
            self.history.paths.len() - 1
        }) as u32)
    }

    fn person(&mut self, email: &str) -> PersonIx {
        let known = self.history.persons.iter().position(|p| p.email == email);
        PersonIx(known.unwrap_or_else(|| {
            self.history.persons.push(KnownPerson {
                name: "Somebody".into(),
                email: email.into(),
            });
            self.history.persons.len() - 1
        }) as u32)
    }

    /// A commit so many days before HEAD, below the commits added before it.
    fn commit(&mut self, days_ago: i64, email: &str) -> CommitIx {
        let ix = CommitIx(self.history.commits.len() as u32);
        if let Some(child) = self.history.commits.last_mut() {
            child.parents = SmallVec::from_iter([ix]);
        }
        let time = NOW.plus_days(-days_ago);
        let commit = Commit {
            id: self.id(),
            tree: self.id(),
            parents: SmallVec::new(),
            parents_missing: false,
            person: self.person(email),
            author: RawIdentity::default(),
            committer: RawIdentity::default(),
            author_time: time,
            committer_time: time,
            message: "A change\n\nwith a body".into(),
        };
        self.history.commits.push(commit);
        self.origins.commits.push(CommitEvidence {
            signs: Vec::new(),
            noted: false,
            inferred: SmallVec::new(),
            attested: SmallVec::new(),
            squash: false,
            automation: None,
            review: ReviewEvidence::default(),
            purpose: Purpose::Unclear,
        });
        ix
    }

    fn signed(&mut self, days_ago: i64, tool: &str) -> CommitIx {
        let ix = self.commit(days_ago, "dev@example.org");
        self.evidence(ix).signs.push(sign(tool, Role::CoAuthor));
        ix
    }

    fn evidence(&mut self, ix: CommitIx) -> &mut CommitEvidence {
        &mut self.origins.commits[ix.0 as usize]
    }

    fn review(&mut self, ix: CommitIx, by: ReviewSign) {
        self.evidence(ix).review.signs.push(by);
    }

    /// A file of HEAD with runs of lines.
    fn file(&mut self, path: &str, runs: &[(u32, CommitIx, OriginIx)]) -> ObjectId {
        let path = self.path(path);
        let blob = self.id();
        let mut start = 0;
        let mut lines = Vec::new();
        for (len, commit, origin) in runs {
            lines.push(OriginRun {
                start,
                len: *len,
                origin: *origin,
                commit: *commit,
                original_path: path,
                original_start: start,
                end: RunEnd::Added,
            });
            start += len;
        }
        self.history.files.push(FileLines {
            path,
            blob,
            content: FileContent::Text(Vec::new()),
        });
        self.origins.files.push(FileOrigins { path, runs: lines });
        blob
    }

    fn head_text(&mut self, path: &str, text: &str) {
        let blob = self.file(path, &[]);
        self.blobs.0.insert(blob, text.as_bytes().to_vec());
    }

    fn change(&mut self, commit: CommitIx, path: &str, kind: ChangeKind, added: u32) -> ObjectId {
        let path = self.path(path);
        let blob = self.id();
        self.history.changes.push(Change {
            commit,
            path,
            kind,
            blob,
            lines: Some(LineCounts { added, removed: 0 }),
        });
        blob
    }

    fn death(&mut self, born: CommitIx, died: CommitIx, len: u32, origin: OriginIx) {
        let path = self.path("src/a.rs");
        self.history.deaths.push(Death {
            died,
            born: Some(born),
            path,
            original_start: 0,
            len,
        });
        self.origins.deaths.push(DeathOrigin {
            death: self.history.deaths.len() as u32 - 1,
            len,
            origin,
        });
    }

    fn signals(&mut self) -> Signals<'_> {
        self.history.changes.sort();
        Signals::new(&self.history, &self.origins, &self.blobs, &self.options)
    }
}

#[test]
fn usage_counts_lines_by_origin_and_generated_files_apart() {
    let mut tables = Tables::new();
    let new = tables.signed(10, "claude");
    let old = tables.commit(200, "dev@example.org");
    tables.file(
        "crates/a/src/deep/x.rs",
        &[(10, new, CLAUDE_LINE), (20, old, UNKNOWN)],
    );
    tables.file("y.rs", &[(5, old, CODEX_COMMIT), (3, new, HUMAN)]);
    tables.file("Cargo.lock", &[(1000, new, UNKNOWN)]);
    let usage = tables.signals().usage();
    let all = LineShares {
        total: 38,
        ai: 15,
        ai_line_level: 10,
        ai_tool_authored: 0,
        ai_transcripts: 0,
        ai_upper_bound: 0,
        human: 3,
        unknown: 20,
    };
    assert_eq!((usage.lines, usage.generated_lines), (all, 1000));
    assert_eq!(
        (usage.coverage.recent.hits, usage.coverage.recent.of),
        (13, 13)
    );
    assert_eq!((usage.coverage.all.hits, usage.coverage.all.of), (18, 38));
    let directories: Vec<String> = usage
        .directories
        .iter()
        .map(|d| format!("{}={}", d.path, d.lines.total))
        .collect();
    assert_eq!(
        directories,
        ["=38", "crates=30", "crates/a=30", "crates/a/src=30"]
    );
    let claude = &usage.tools[0];
    assert_eq!(
        (claude.tool.as_str(), claude.lines, claude.commits),
        ("claude", 10, 1)
    );
    assert_eq!(
        claude.models,
        BTreeMap::from([("some-model".to_owned(), 1)])
    );
    assert_eq!(claude.evidence, BTreeMap::from([(EvidenceClass::Note, 10)]));
    assert_eq!(claude.approved, None);
    let lines: u64 = usage.months.iter().map(|month| month.lines.total).sum();
    assert_eq!(lines, 38);
}

#[test]
fn since_leaves_out_older_lines_and_commits() {
    let mut tables = Tables::new();
    let new = tables.signed(10, "claude");
    let old = tables.signed(200, "codex");
    tables.file("y.rs", &[(5, old, CODEX_COMMIT), (3, new, CLAUDE_LINE)]);
    tables.options.since = Some(NOW.plus_days(-30));
    let usage = tables.signals().usage();
    assert_eq!((usage.lines.total, usage.lines.ai), (3, 3));
    assert_eq!(usage.tools.len(), 1);
    assert_eq!(usage.purposes.values().sum::<u64>(), 2);
}

#[test]
fn what_is_beside_coverage_is_counted_for_all_lines_and_for_the_recent_ones() {
    let mut tables = Tables::new();
    let new = tables.signed(10, "claude");
    let old = tables.signed(200, "claude");
    let hint = origin(Author::Unknown, EvidenceClass::Hint, Grain::Commit);
    let mut perhaps = origin(ai("codex"), EvidenceClass::Identity, Grain::Commit);
    perhaps.confidence = Confidence::Low;
    tables.origins.origins.extend([hint, perhaps]);
    let (hint, perhaps) = (OriginIx(4), OriginIx(5));
    tables.file("x.rs", &[(3, new, hint), (40, old, hint)]);
    tables.file("y.rs", &[(5, new, perhaps), (60, old, perhaps)]);
    // Lines of generated files count where it is known who wrote them.
    tables.file(
        "Cargo.lock",
        &[(7, new, CODEX_COMMIT), (80, old, HUMAN), (9, new, UNKNOWN)],
    );
    for (path, by) in [("a.txt", new), ("b.txt", old), ("c.txt", old)] {
        tables.file(path, &[]);
        tables.history.files.last_mut().unwrap().content = FileContent::TooLarge;
        tables.change(by, path, ChangeKind::Added, 0);
    }
    let coverage = tables.signals().usage().coverage;
    assert_eq!((coverage.recent_hinted, coverage.hinted), (3, 43));
    assert_eq!((coverage.recent_upper_bound, coverage.upper_bound), (5, 65));
    assert_eq!((coverage.recent_generated, coverage.generated), (7, 87));
    assert_eq!((coverage.recent_large_files, coverage.large_files), (1, 3));
    assert_eq!((coverage.recent.of, coverage.all.of), (8, 108));
    // Of lines with no known time none is recent.
    for run in &mut tables.origins.files[0].runs {
        run.end = RunEnd::Boundary;
    }
    let coverage = tables.signals().usage().coverage;
    assert_eq!((coverage.recent_hinted, coverage.hinted), (0, 43));
}

#[test]
fn a_reviewer_and_a_weak_hint_are_no_use_of_a_tool() {
    let mut tables = Tables::new();
    let commit = tables.commit(3, "dev@example.org");
    let weak = Sign {
        class: EvidenceClass::Hint,
        confidence: Confidence::Low,
        ..sign("github-copilot", Role::CoAuthor)
    };
    let evidence = tables.evidence(commit);
    evidence.signs = vec![sign("coderabbit", Role::Reviewer), weak];
    let signals = tables.signals();
    assert!(signals.usage().tools.is_empty());
    let entries = signals.pipeline(&signals.shadow_ai().0);
    assert_eq!(entries.len(), 1);
    assert_eq!(entries[0].kind, EntryKind::ReviewBot);
}

#[test]
fn advice_names_what_is_absent_and_stops_at_full_coverage() {
    let mut tables = Tables::new();
    let commit = tables.commit(3, "dev@example.org");
    tables.file("y.rs", &[(5, commit, UNKNOWN)]);
    tables.head_text(".claude/settings.json", r#"{"includeCoAuthoredBy": false}"#);
    tables.options.surroundings = Surroundings {
        remote: Some("origin".to_owned()),
        ..Surroundings::default()
    };
    let how = |tables: &mut Tables| -> Vec<String> {
        let usage = tables.signals().usage();
        usage.coverage.advice.into_iter().map(|a| a.how).collect()
    };
    let advice = how(&mut tables);
    assert_eq!(advice[0], "git fetch origin refs/notes/ai:refs/notes/ai");
    assert_eq!(
        advice[1],
        r#"in .claude/settings.json remove "includeCoAuthoredBy": false"#
    );
    assert!(
        advice
            .iter()
            .any(|how| how.contains("trueline hook install"))
    );
    assert!(advice.iter().any(|how| how.contains("--local-sessions")));
    assert!(advice.iter().any(|how| how.starts_with("trueline declare")));

    // Each tool that is set up and of which no line is known has a switch of its own.
    tables.head_text(".cursor/rules/a.mdc", "be kind");
    let switches: Vec<(Option<String>, String)> = {
        let usage = tables.signals().usage();
        let advice = usage.coverage.advice.into_iter();
        advice
            .map(|a| (a.tool.map(|tool| tool.to_string()), a.how))
            .collect()
    };
    let of = |tool: &str| {
        let named = switches
            .iter()
            .filter(|(known, _)| known.as_deref() == Some(tool));
        named.map(|(_, how)| how.as_str()).collect::<Vec<_>>()
    };
    assert_eq!(of("cursor"), ["trueline hook install --tool cursor"]);
    assert_eq!(of("claude").len(), 2);
    assert_eq!(of("gemini"), [""; 0]);

    tables.options.surroundings.has_notes_ref = true;
    tables.options.surroundings.reads_local_sessions = true;
    tables.origins.notes.read = 1;
    let advice = how(&mut tables);
    assert!(!advice.iter().any(|how| how.contains("git fetch")));
    assert!(!advice.iter().any(|how| how.contains("--local-sessions")));

    tables.origins.files[0].runs[0].origin = CLAUDE_LINE;
    assert!(how(&mut tables).is_empty());
}

#[test]
fn a_branch_of_checkpoints_that_commits_name_and_that_is_not_here_is_to_be_fetched() {
    let mut tables = Tables::new();
    let commit = tables.commit(3, "dev@example.org");
    tables.file("y.rs", &[(5, commit, UNKNOWN)]);
    tables.options.surroundings.remote = Some("origin".to_owned());
    let fetch = "git fetch origin entire/checkpoints/v1:refs/remotes/origin/entire/checkpoints/v1";
    let is_advised = |tables: &mut Tables| {
        let advice = tables.signals().usage().coverage.advice;
        advice.iter().any(|advice| advice.how == fetch)
    };
    assert!(!is_advised(&mut tables));
    let mut sign = sign("claude", Role::CoAuthor);
    sign.class = EvidenceClass::Checkpoint;
    tables.evidence(commit).signs.push(sign);
    assert!(is_advised(&mut tables));
    tables.options.surroundings.has_checkpoints = true;
    assert!(!is_advised(&mut tables));
}

#[test]
fn rework_looks_only_at_lines_old_enough_and_tells_the_groups_apart() {
    let mut tables = Tables::new();
    let young = tables.commit(5, "dev@example.org");
    let death = tables.commit(92, "dev@example.org");
    let born = tables.commit(100, "dev@example.org");
    let ancient = tables.commit(900, "dev@example.org");
    tables.file(
        "src/a.rs",
        &[
            (30, born, CLAUDE_LINE),
            (7, young, CLAUDE_LINE),
            (500, ancient, UNKNOWN),
        ],
    );
    tables.death(born, death, 10, CLAUDE_LINE);
    tables.death(born, young, 4, UNKNOWN);
    let health = tables.signals().health();
    let share = |group: OriginGroup, days: u32| {
        let rework = health
            .rework
            .iter()
            .find(|r| r.group == group && r.within_days == days)
            .unwrap();
        (rework.lines.hits, rework.lines.of)
    };
    // Dead after 8 days; the young lines cannot tell yet; the ancient ones are no part of it.
    assert_eq!(share(OriginGroup::KnownAi, 14), (10, 40));
    assert_eq!(share(OriginGroup::KnownAi, 90), (10, 40));
    // Dead after 95 days: no rework, and all of them were old enough.
    assert_eq!(share(OriginGroup::NotKnownAi, 90), (0, 4));
    let lines: Vec<u64> = health.survival.iter().map(|s| s.lines).collect();
    assert_eq!(lines, [47, 4]);
    assert_eq!(health.survival[1].half_life_days, Some(95));
}

#[test]
fn a_merge_of_a_pull_request_speaks_for_the_commits_that_it_brought_in() {
    // 0 = HEAD, a merge of 1 (mainline) and 2 (branch, on 3); 1 and 3 stand on 4.
    let mut tables = Tables::new();
    for days in 1..5 {
        tables.commit(days, "dev@example.org");
    }
    let parents: [&[u32]; 5] = [&[1, 2], &[4], &[3], &[4], &[]];
    for (commit, parents) in tables.history.commits.iter_mut().zip(parents) {
        commit.parents = parents.iter().map(|ix| CommitIx(*ix)).collect();
    }
    tables.review(CommitIx(0), ReviewSign::PullRequestMerge);
    tables.review(CommitIx(4), ReviewSign::SquashMerge);
    for ix in [1, 2] {
        tables
            .evidence(CommitIx(ix))
            .signs
            .push(sign("claude", Role::CoAuthor));
        tables.change(CommitIx(ix), "src/a.rs", ChangeKind::Modified, 900);
    }
    let review = tables.signals().health().review;
    // 2 and 3 came with the merge, 4 says so itself, 1 shows nothing; the merge is not counted.
    assert_eq!((review.commits.hits, review.commits.of), (3, 4));
    assert_eq!((review.ai_commits.hits, review.ai_commits.of), (1, 2));
    assert_eq!(review.large_unreviewed.len(), 1);
    let large = &review.large_unreviewed[0];
    assert_eq!(
        (large.added, large.files, large.subject.as_str()),
        (900, 1, "A change")
    );
}

#[test]
fn hotspots_change_much_and_often() {
    let mut tables = Tables::new();
    let commits: Vec<CommitIx> = (1..=3)
        .map(|days| tables.commit(days, "dev@example.org"))
        .collect();
    for path in ["often.rs", "once.rs", "Cargo.lock"] {
        tables.file(
            path,
            &[(10, commits[0], CLAUDE_LINE), (10, commits[1], UNKNOWN)],
        );
    }
    for commit in &commits {
        tables.change(*commit, "often.rs", ChangeKind::Modified, 5);
        tables.change(*commit, "Cargo.lock", ChangeKind::Modified, 500);
    }
    tables.change(commits[0], "once.rs", ChangeKind::Modified, 5000);
    let health = tables.signals().health();
    assert_eq!(health.hotspots.len(), 1);
    let hot = &health.hotspots[0];
    assert_eq!(
        (hot.path.display().as_ref(), hot.commits, hot.churn),
        ("often.rs", 3, 15)
    );
    assert_eq!((hot.ai.hits, hot.ai.of), (10, 20));
    assert_eq!((health.churn.commits, health.churn.added), (4, 5015));
}

#[test]
fn a_file_that_only_gets_another_name_is_no_churn_and_a_copy_is() {
    let mut tables = Tables::new();
    let renamed = tables.commit(1, "dev@example.org");
    let copied = tables.commit(2, "dev@example.org");
    tables.change(renamed, "old.rs", ChangeKind::Deleted, 1000);
    tables.change(renamed, "new.rs", ChangeKind::Added, 1000);
    tables.change(copied, "b.rs", ChangeKind::Added, 30);
    let changes = &mut tables.history.changes;
    let same = changes[0].blob;
    changes[1].blob = same;
    let churn = tables.signals().health().churn;
    assert_eq!((churn.added, churn.removed), (30, 0));
    tables.change(renamed, "c.rs", ChangeKind::Added, 1000);
    tables.history.changes.last_mut().unwrap().blob = same;
    tables.history.changes.sort();
    let churn = tables.signals().health().churn;
    assert_eq!((churn.added, churn.removed), (1030, 0));
}

#[test]
fn what_stands_in_a_folder_of_fixtures_steers_no_agent_of_the_repository() {
    let mut tables = Tables::new();
    let added = tables.commit(20, "dev@example.org");
    tables.commit(800, "dev@example.org");
    for path in [
        "pkg/aitool/fixtures/cursor-project/.cursorrules",
        "pkg/readers/testdata/.windsurf/extensions/extensions.json",
        "test-data/CLAUDE.md",
    ] {
        tables.change(added, path, ChangeKind::Added, 9);
        tables.file(path, &[(9, added, UNKNOWN)]);
    }
    let signals = tables.signals();
    assert_eq!(signals.shadow_ai().0.signals, []);
    assert_eq!(signals.health().anomalies, []);

    // Instructions that lie deep in the tests are for agents that work there.
    tables.change(added, "tests/unit/CLAUDE.md", ChangeKind::Added, 9);
    let signals = tables.signals();
    let found = signals.shadow_ai().0.signals;
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].tool.as_str(), "claude");
    assert_eq!(signals.health().anomalies.len(), 1);
}

#[test]
fn shadow_ai_finds_what_is_there_and_what_was_removed() {
    let mut tables = Tables::new();
    let removed = tables.commit(10, "dev@example.org");
    let added = tables.commit(40, "dev@example.org");
    tables.change(removed, ".cursorrules", ChangeKind::Deleted, 0);
    tables.change(added, ".cursorrules", ChangeKind::Added, 9);
    tables.change(added, "CLAUDE.md", ChangeKind::Added, 9);
    tables.file("CLAUDE.md", &[(9, added, UNKNOWN)]);
    tables.head_text(".gitignore", "target\n.aider*\n");
    tables.head_text(
        "package.json",
        r#"{"dependencies":{"openai":"4","@mistralai/mistralai":"1","lovable-tagger":"1"}}"#,
    );
    tables.options.approved = Some(vec![ToolId::new("claude")]);
    let signals = tables.signals();
    let (shadow, diagnostics) = signals.shadow_ai();
    assert!(diagnostics.is_empty());
    let cursor = shadow
        .signals
        .iter()
        .find(|signal| signal.tool.as_str() == "cursor")
        .unwrap();
    assert_eq!(cursor.state, SignalState::Deleted);
    assert_eq!(cursor.first_seen, Some(NOW.plus_days(-40)));
    assert_eq!(cursor.last_seen, Some(NOW.plus_days(-10)));
    let kind_of = |tool: &str| {
        let found = shadow.signals.iter().find(|s| s.tool.as_str() == tool);
        found.map(|s| (s.kind, s.state))
    };
    assert_eq!(
        kind_of("claude"),
        Some((SignalKind::Configuration, SignalState::Present))
    );
    assert_eq!(
        kind_of("aider"),
        Some((SignalKind::IgnoreLine, SignalState::Present))
    );
    // The library that the product calls is a door, but no shadow use of an assistant, whatever it shares a name
    // with; what an assistant left is.
    let unlisted: Vec<&str> = shadow.unlisted.iter().map(ToolId::as_str).collect();
    assert_eq!(unlisted, ["aider", "cursor", "lovable"]);
    let doors: Vec<(EntryKind, String)> = signals
        .pipeline(&shadow)
        .into_iter()
        .map(|entry| (entry.kind, entry.evidence.join("; ")))
        .collect();
    assert_eq!(
        doors[0],
        (
            EntryKind::Editor,
            ".cursorrules, no longer there".to_owned()
        )
    );
    assert!(
        doors
            .iter()
            .any(|(kind, _)| *kind == EntryKind::Application)
    );
}

/// A row of the table of files that show tools.
#[derive(serde::Deserialize)]
struct FileRow {
    tool: String,
    kind: SignalKind,
    paths: Vec<String>,
}

#[derive(serde::Deserialize)]
struct FileTable {
    file: Vec<FileRow>,
}

#[test]
fn every_row_of_the_file_table_counts_in_the_tree_in_removed_history_and_in_ignore_files() {
    let table = include_str!("../../../authorship/data/files.toml");
    let table: FileTable = toml::from_str(table).unwrap();
    let mut checked = 0;
    for row in &table.file {
        for pattern in &row.paths {
            let line = pattern.trim_start_matches('/');
            let path = match line.strip_suffix('/') {
                Some(folder) => format!("{}/x", folder.replace('*', "x")),
                None => line.replace('*', "x"),
            };
            let shown = |tables: &mut Tables, kind: SignalKind, state: SignalState| {
                let signals = tables.signals();
                let (shadow, _) = signals.shadow_ai();
                let mut all = shadow.signals.iter();
                let found = all.any(|s| {
                    let tool = s.tool.as_str() == row.tool;
                    tool && s.kind == kind && s.state == state
                });
                assert!(found, "{pattern} of {}: {:?}", row.tool, shadow.signals);
            };
            let mut tables = Tables::new();
            let added = tables.commit(40, "dev@example.org");
            tables.change(added, &path, ChangeKind::Added, 9);
            tables.file(&path, &[(9, added, UNKNOWN)]);
            shown(&mut tables, row.kind, SignalState::Present);

            let mut tables = Tables::new();
            let removed = tables.commit(10, "dev@example.org");
            let added = tables.commit(40, "dev@example.org");
            tables.change(removed, &path, ChangeKind::Deleted, 0);
            tables.change(added, &path, ChangeKind::Added, 9);
            shown(&mut tables, row.kind, SignalState::Deleted);

            for line in [line.to_owned(), format!("/{line}")] {
                let mut tables = Tables::new();
                tables.head_text(".gitignore", &format!("target\n{line}\n"));
                shown(&mut tables, SignalKind::IgnoreLine, SignalState::Present);
            }
            checked += 1;
        }
    }
    assert!(checked > 100, "{checked}");
}

#[test]
fn an_old_version_of_a_workflow_still_shows_the_tool_it_ran() {
    let mut tables = Tables::new();
    let removed = tables.commit(10, "dev@example.org");
    let added = tables.commit(40, "dev@example.org");
    let path = ".github/workflows/review.yml";
    let text = b"jobs:\n  r:\n    steps:\n      - uses: anthropics/claude-code-action@v1\n";
    for (commit, kind) in [(added, ChangeKind::Added), (removed, ChangeKind::Deleted)] {
        let blob = tables.change(commit, path, kind, 4);
        tables.blobs.0.insert(blob, text.to_vec());
    }
    let signals = tables.signals();
    let (shadow, _) = signals.shadow_ai();
    assert_eq!(shadow.signals.len(), 1);
    let job = &shadow.signals[0];
    assert_eq!(
        (job.kind, job.state),
        (SignalKind::CiJob, SignalState::Deleted)
    );
    assert_eq!(job.first_seen, Some(NOW.plus_days(-40)));
    assert!(
        shadow.unlisted.is_empty(),
        "nothing is unlisted while nothing is listed"
    );
    assert_eq!(signals.pipeline(&shadow)[0].kind, EntryKind::CiJob);
}

/// A squash without a trailer is as much the work of the tool as the commits that it repeats.
#[test]
fn lines_that_a_commit_repeats_from_a_tools_make_it_one_of_the_tools_commits() {
    let mut tables = Tables::new();
    let commit = tables.commit(3, "dev@example.org");
    tables.evidence(commit).inferred.push(InferredLines {
        tool: ToolId::new("codex"),
        model: Some(ModelId::new("gpt-5.5")),
        class: EvidenceClass::Note,
        lines: 900,
    });
    tables.change(commit, "big.rs", ChangeKind::Added, 900);
    let signals = tables.signals();
    let usage = signals.usage();
    assert_eq!(usage.tools[0].commits, 1);
    assert_eq!(
        usage.tools[0].models,
        BTreeMap::from([("gpt-5.5".to_owned(), 1)])
    );
    assert_eq!(usage.months[0].ai_commits, 1);
    let review = signals.health().review;
    assert_eq!(review.ai_commits, Proportion::new(0, 1));
    assert_eq!(review.large_unreviewed_count, 1);
    let doors = signals.pipeline(&signals.shadow_ai().0);
    assert_eq!((doors[0].commits, doors[0].hinted), (1, 0));
    assert_eq!(
        doors[0].evidence,
        ["lines of commits that it repeats (1 commit)"]
    );
}

#[test]
fn a_manifest_that_tests_are_run_on_is_no_use_of_ai() {
    let mut tables = Tables::new();
    let manifest = "[project]\ndependencies = ['openai']\n";
    tables.head_text("test/ecosystem/llm/pyproject.toml", manifest);
    assert_eq!(tables.signals().shadow_ai().0.signals, []);
    tables.head_text("pyproject.toml", manifest);
    assert_eq!(tables.signals().shadow_ai().0.signals.len(), 1);
}

/// The branch that an agent names is a way in, seen; that the agent wrote the commit nobody says.
#[test]
fn the_branch_of_an_agent_is_a_door_and_no_use_of_its_tool() {
    let mut tables = Tables::new();
    let commit = tables.commit(3, "dev@example.org");
    let branch = Sign {
        class: EvidenceClass::Hint,
        confidence: Confidence::Medium,
        source: "branch",
        ..sign("codex", Role::CoAuthor)
    };
    tables.evidence(commit).signs = vec![branch];
    tables.change(commit, "big.rs", ChangeKind::Added, 900);
    let signals = tables.signals();
    assert!(signals.usage().tools.is_empty());
    let health = signals.health();
    assert_eq!(health.review.ai_commits.of, 0);
    assert!(health.review.large_unreviewed.is_empty());
    let entries = signals.pipeline(&signals.shadow_ai().0);
    assert_eq!(entries.len(), 1);
    assert_eq!((entries[0].kind, entries[0].commits), (EntryKind::Agent, 1));
    assert_eq!(entries[0].evidence, ["branch (1 commit)"]);
}

#[test]
fn the_pipeline_counts_commits_and_the_unreviewed_among_them() {
    let mut tables = Tables::new();
    tables.signed(3, "claude");
    let reviewed = tables.signed(9, "claude");
    tables.review(reviewed, ReviewSign::Trailer("Reviewed-by"));
    let bot = tables.commit(12, "bot@example.org");
    tables.evidence(bot).automation = Some(Automation::DependencyBot("Dependabot"));
    let signals = tables.signals();
    let entries = signals.pipeline(&signals.shadow_ai().0);
    let claude = entries
        .iter()
        .find(|e| e.tool.as_str() == "claude")
        .unwrap();
    assert_eq!(
        (claude.kind, claude.commits, claude.unreviewed),
        (EntryKind::Agent, 2, 1)
    );
    assert_eq!(claude.first_seen, Some(NOW.plus_days(-9)));
    assert_eq!(claude.evidence, ["Co-authored-by (2 commits)"]);
    let bot = entries.iter().find(|e| e.kind == EntryKind::DependencyBot);
    assert_eq!(bot.unwrap().tool.as_str(), "dependabot");
}

#[test]
fn commits_that_only_a_branch_gives_to_a_tool_are_told_apart_at_its_door() {
    let mut tables = Tables::new();
    tables.signed(3, "codex");
    let branched = tables.commit(5, "dev@example.org");
    tables.evidence(branched).signs = vec![Sign {
        class: EvidenceClass::Hint,
        confidence: Confidence::Medium,
        source: "branch",
        ..sign("codex", Role::CoAuthor)
    }];
    let signals = tables.signals();
    let entries = signals.pipeline(&signals.shadow_ai().0);
    assert_eq!(entries.len(), 1);
    assert_eq!((entries[0].commits, entries[0].hinted), (2, 1));
    assert_eq!(signals.usage().tools[0].commits, 1);
}

#[test]
fn an_agent_that_committed_for_a_person_has_a_door_by_a_hint_and_a_default_stamp_has_none() {
    let mut tables = Tables::new();
    for source in ["committer", "branch"] {
        let commit = tables.commit(5, "dev@example.org");
        tables.evidence(commit).signs = vec![Sign {
            class: EvidenceClass::Hint,
            confidence: Confidence::Low,
            source,
            ..sign("claude", Role::Author)
        }];
    }
    let signals = tables.signals();
    let entries = signals.pipeline(&signals.shadow_ai().0);
    assert_eq!(entries.len(), 1);
    assert_eq!((entries[0].commits, entries[0].hinted), (1, 1));
    assert_eq!(entries[0].evidence, ["committer (1 commit)"]);
}

/// Teams of the given sizes, each person with two lines.
fn teams(sizes: &[(&str, u32)]) -> (Tables, Vec<Team>) {
    let mut tables = Tables::new();
    let mut runs = Vec::new();
    for (team, size) in sizes {
        for person in 0..*size {
            let commit = tables.commit(5, &format!("P{person}@{team}.example.org"));
            runs.push((2, commit, CLAUDE_LINE));
        }
    }
    tables.file("a.rs", &runs);
    let teams = sizes
        .iter()
        .map(|(team, _)| Team {
            name: (*team).to_owned(),
            emails: vec![format!("*@{team}.example.org")],
        })
        .collect();
    (tables, teams)
}

fn by_team(tables: &mut Tables, teams: Vec<Team>) -> (Vec<(String, u64)>, usize) {
    let mut grouping = Grouping::new(GroupBy::Team, teams);
    grouping.add(&tables.signals(), None);
    let (breakdown, diagnostics) = grouping.finish();
    let groups = breakdown
        .groups
        .into_iter()
        .map(|group| (group.name, group.lines.total))
        .collect();
    (groups, diagnostics.len())
}

#[test]
fn teams_below_five_persons_are_folded_together() {
    let (mut tables, list) = teams(&[("big", 5), ("four", 4), ("one", 1)]);
    let (groups, diagnostics) = by_team(&mut tables, list);
    let expected = [("big".to_owned(), 10), ("smaller groups".to_owned(), 10)];
    assert_eq!((groups.as_slice(), diagnostics), (&expected[..], 0));
}

#[test]
fn small_teams_that_are_few_even_together_take_the_smallest_other_team_with_them() {
    let (mut tables, list) = teams(&[("big", 7), ("other", 5), ("three", 3), ("one", 1)]);
    let (groups, diagnostics) = by_team(&mut tables, list);
    let expected = [("big".to_owned(), 14), ("smaller groups".to_owned(), 18)];
    assert_eq!((groups.as_slice(), diagnostics), (&expected[..], 0));
}

#[test]
fn a_few_persons_alone_are_left_out_and_said_so() {
    let (mut tables, list) = teams(&[("three", 3), ("one", 1)]);
    assert_eq!(by_team(&mut tables, list), (Vec::new(), 1));
}

#[test]
fn lines_of_bots_alone_hide_no_team() {
    let (mut tables, list) = teams(&[("big", 5), ("bots", 1)]);
    tables.evidence(CommitIx(6)).automation = Some(Automation::OtherBot);
    let (groups, diagnostics) = by_team(&mut tables, list);
    assert_eq!((groups, diagnostics), (vec![("big".to_owned(), 10)], 1));
}

#[test]
fn bots_and_agents_do_not_make_a_team_large_enough() {
    let (mut tables, list) = teams(&[("big", 5)]);
    tables.evidence(CommitIx(1)).automation = Some(Automation::OtherBot);
    assert_eq!(by_team(&mut tables, list), (Vec::new(), 1));
    let (mut tables, list) = teams(&[("big", 5)]);
    tables
        .evidence(CommitIx(1))
        .signs
        .push(sign("devin", Role::Author));
    assert_eq!(by_team(&mut tables, list), (Vec::new(), 1));
}

#[test]
fn every_breakdown_of_lines_adds_up_to_the_whole() {
    let (mut tables, list) = teams(&[("big", 7)]);
    let commit = tables.commit(80, "other@example.org");
    tables.file(
        "src/deep/er/b.rs",
        &[(11, commit, HUMAN), (5, commit, UNKNOWN)],
    );
    let total = tables.signals().usage().lines.total;
    for by in [
        GroupBy::Tool,
        GroupBy::Directory,
        GroupBy::Month,
        GroupBy::Purpose,
    ] {
        let mut grouping = Grouping::new(by, list.clone());
        grouping.add(&tables.signals(), Some("repo"));
        let (breakdown, _) = grouping.finish();
        let sum: u64 = breakdown.groups.iter().map(|group| group.lines.total).sum();
        assert_eq!(sum, total, "{by:?}");
        if by == GroupBy::Directory {
            let names: Vec<&str> = breakdown.groups.iter().map(|g| g.name.as_str()).collect();
            assert_eq!(names, ["repo/.", "repo/src/deep"]);
        }
    }
}

#[test]
fn months_count_the_same_commits_as_the_breakdown_by_month() {
    let mut tables = Tables::new();
    let first = tables.commit(10, "dev@example.org");
    let second = tables.commit(11, "dev@example.org");
    let elder = tables.commit(100, "dev@example.org");
    // Nothing of these stands: deleted, generated, empty.
    let gone = tables.commit(12, "dev@example.org");
    tables.commit(13, "dev@example.org");
    tables.file("a.rs", &[(3, first, HUMAN), (4, second, UNKNOWN)]);
    tables.file("b.rs", &[(5, elder, UNKNOWN), (6, first, CLAUDE_LINE)]);
    tables.file("Cargo.lock", &[(7, gone, UNKNOWN)]);
    let usage = tables.signals().usage();
    let mut grouping = Grouping::new(GroupBy::Month, Vec::new());
    grouping.add(&tables.signals(), None);
    let (breakdown, _) = grouping.finish();
    let groups: Vec<_> = breakdown
        .groups
        .into_iter()
        .map(|group| (group.name, group.lines, group.commits))
        .collect();
    let months: Vec<_> = usage
        .months
        .into_iter()
        .filter(|month| month.lines.total > 0)
        .map(|month| (month.month, month.lines, month.standing_commits))
        .collect();
    assert_eq!(months, groups);
    let standing: u64 = months.iter().map(|(.., commits)| commits).sum();
    assert_eq!(standing, 3);
}

#[test]
fn a_name_that_ends_in_a_word_is_a_translation_only_beside_others() {
    let mut tables = Tables::new();
    let commit = tables.commit(10, "dev@example.org");
    for (path, lines) in [
        ("locales/en/sign_in.yml", 1),
        ("messages/user_id.json", 2),
        ("messages/app_en.json", 4),
        ("messages/app_id.json", 800),
        ("messages/app_no.json", 1_600),
    ] {
        tables.file(path, &[(lines, commit, UNKNOWN)]);
    }
    let usage = tables.signals().usage();
    assert_eq!((usage.lines.total, usage.generated_lines), (7, 2_400));
}

#[test]
fn mine_are_the_lines_of_one_canonical_address() {
    let (mut tables, _) = teams(&[("big", 3)]);
    let mine = tables.signals().mine("p1@BIG.example.org");
    assert_eq!((mine.lines.total, mine.lines.ai, mine.commits), (2, 2, 1));
    assert_eq!(tables.signals().mine("nobody@example.org").lines.total, 0);
}

#[test]
fn mine_are_the_lines_of_every_address_that_the_mailmap_joins() {
    let (mut tables, _) = teams(&[("big", 3)]);
    tables.history.mailmap = Mailmap::parse(b"P <p1@big.example.org> <new@example.org>\n");
    let mine = tables.signals().mine("New@example.org");
    assert_eq!((mine.lines.total, mine.commits), (2, 1));
}

#[test]
fn subjects_of_large_changes_name_nobody() {
    let mut tables = Tables::new();
    let commit = tables.signed(4, "claude");
    tables.change(commit, "a.rs", ChangeKind::Modified, 900);
    let padding = "x".repeat(90);
    let message = format!("Merge pull request #7 from ada/fix {padding} ada@example.com");
    tables.history.commits[commit.0 as usize].message = message.into();
    let large = tables.signals().health().review.large_unreviewed;
    let subject = &large[0].subject;
    assert!(
        subject.starts_with("Merge pull request #7 xxx"),
        "{subject}"
    );
    assert!(!subject.contains("ada"), "{subject}");
}

#[test]
fn large_changes_without_review_are_counted_beyond_those_that_are_listed() {
    let mut tables = Tables::new();
    for day in 0..23 {
        let commit = tables.signed(4 + day, "claude");
        tables.change(commit, "a.rs", ChangeKind::Modified, 900);
    }
    let review = tables.signals().health().review;
    let listed = review.large_unreviewed.len();
    assert_eq!((listed, review.large_unreviewed_count), (20, 23));
    assert_eq!(review.unreviewed_beyond(listed), 3);
}

#[test]
fn subjects_do_not_name_those_who_commit_here() {
    let mut tables = Tables::new();
    let commit = tables.signed(4, "claude");
    tables.change(commit, "a.rs", ChangeKind::Modified, 900);
    let commits = &mut tables.history.commits;
    commits[commit.0 as usize].message = "Ada Lovelace's fix, not Ada Lovelacely".into();
    commits[commit.0 as usize].committer.name = "ada lovelace".into();
    let large = tables.signals().health().review.large_unreviewed;
    assert_eq!(large[0].subject, "[name]'s fix, not Ada Lovelacely");
}

#[test]
fn a_manifest_with_many_new_entries_and_a_new_mcp_server_are_out_of_the_ordinary() {
    let mut tables = Tables::new();
    let change = tables.commit(20, "dev@example.org");
    let parent = tables.commit(60, "dev@example.org");
    tables.commit(800, "dev@example.org");
    let blob = tables.change(change, "package.json", ChangeKind::Modified, 30);
    let entries: Vec<String> = (0..30).map(|n| format!(r#""package-{n}": "1""#)).collect();
    let text = format!(r#"{{"dependencies": {{{}}}}}"#, entries.join(","));
    tables.blobs.0.insert(blob, text.into_bytes());
    let tree = tables.history.commit(parent).tree;
    tables.blobs.0.insert(tree, b"{}".to_vec());
    tables.change(change, ".mcp.json", ChangeKind::Added, 12);
    let found = tables.signals().health().anomalies;
    let kinds: Vec<(AnomalyKind, f64)> = found.iter().map(|a| (a.kind, a.value)).collect();
    // One commit is one thing to look at.
    assert_eq!(kinds, [(AnomalyKind::AgentConfigurationChange, 1.0)]);
    assert_eq!(found[0].time.0, NOW.0 - 20 * DAY);
    insta::assert_snapshot!(found[0].reason, @".mcp.json is the first agent configuration that can run programs or grant rights of its kind here; the commit changes 1 file that steers agents. This commit changes 30 direct dependencies at once: 30 new, 0 removed, 0 with another version, in 1 manifest. No other change around it tells what is usual; up to 15 are never reported.");
}

#[test]
fn what_other_packages_bring_along_is_no_change_of_dependencies() {
    let modules = |remark: &str| -> String {
        let lines = (0..30).map(|n| format!("\texample.org/m{n} v1.0.0{remark}\n"));
        format!("module x\n\nrequire (\n{})\n", lines.collect::<String>())
    };
    for (remark, expected) in [(" // indirect", 0), ("", 1)] {
        let mut tables = Tables::new();
        let change = tables.commit(20, "dev@example.org");
        let parent = tables.commit(60, "dev@example.org");
        tables.commit(800, "dev@example.org");
        for path in ["go.sum", "package-lock.json", "Cargo.lock"] {
            tables.change(change, path, ChangeKind::Modified, 900);
        }
        let blob = tables.change(change, "go.mod", ChangeKind::Modified, 30);
        tables.blobs.0.insert(blob, modules(remark).into_bytes());
        let tree = tables.history.commit(parent).tree;
        tables.blobs.0.insert(tree, b"module x\n".to_vec());
        let found = tables.signals().health().anomalies;
        assert_eq!(found.len(), expected, "{remark}: {found:?}");
    }
}

/// Forty commits of ten lines, four days apart, below what was added before.
fn quiet_past(tables: &mut Tables) {
    for at in 0..40 {
        let commit = tables.commit(20 + 4 * at, "dev@example.org");
        tables.change(commit, "src/a.rs", ChangeKind::Modified, 10);
    }
}

fn large_commits(tables: &mut Tables) -> Vec<f64> {
    let anomalies = tables.signals().health().anomalies;
    anomalies
        .iter()
        .filter(|anomaly| anomaly.kind == AnomalyKind::LargeCommit)
        .map(|anomaly| anomaly.value)
        .collect()
}

#[test]
fn a_large_commit_that_only_moves_lines_is_nothing_out_of_the_ordinary() {
    let lines: Vec<String> = (0..5000).map(|n| format!("line {n}")).collect();
    let text = lines.join("\n");
    let indented = text.replace("line", "    line");
    let mut found = Vec::new();
    for (old, new) in [(text.as_str(), indented.as_str()), ("other\n", &text)] {
        let mut tables = Tables::new();
        let moves = tables.commit(10, "dev@example.org");
        quiet_past(&mut tables);
        let gone = tables.change(moves, "src/old.rs", ChangeKind::Deleted, 0);
        let come = tables.change(moves, "src/new.rs", ChangeKind::Added, 5000);
        for change in &mut tables.history.changes {
            if change.blob == gone {
                change.lines = Some(LineCounts {
                    added: 0,
                    removed: 5000,
                });
            }
        }
        tables.blobs.0.insert(gone, old.into());
        tables.blobs.0.insert(come, new.into());
        found.push(large_commits(&mut tables));
    }
    assert_eq!(found, [vec![], vec![5000.0]]);
}

#[test]
fn a_change_that_came_on_two_branches_is_reported_once() {
    let mut tables = Tables::new();
    let first = tables.commit(8, "dev@example.org");
    let second = tables.commit(10, "dev@example.org");
    quiet_past(&mut tables);
    for commit in [first, second] {
        tables.change(commit, "src/new.rs", ChangeKind::Added, 5000);
    }
    assert_eq!(large_commits(&mut tables).len(), 2);
    let written = tables.history.commits[second.0 as usize].author_time;
    tables.history.commits[first.0 as usize].author_time = written;
    assert_eq!(large_commits(&mut tables).len(), 1);
}

#[test]
fn large_commits_of_one_day_are_one_event() {
    let mut tables = Tables::new();
    let commits = [5000, 7000, 6000].map(|added| (tables.commit(10, "dev@example.org"), added));
    quiet_past(&mut tables);
    for (at, (commit, added)) in commits.into_iter().enumerate() {
        tables.history.commits[commit.0 as usize].message = format!("Part {at}").into();
        tables.change(commit, "src/new.rs", ChangeKind::Added, added);
    }
    assert_eq!(large_commits(&mut tables), [7000.0]);
}

#[test]
fn a_generated_workflow_runs_all_the_same_and_a_generated_manifest_declares_nothing() {
    let mut tables = Tables::new();
    let job = "jobs:\n  a:\n    steps:\n      - run: npm i -g @openai/codex\n";
    tables.head_text(".github/workflows/review.lock.yml", job);
    tables.head_text("out/requirements.txt", "openai\n");
    let shown = |tables: &mut Tables| -> Vec<String> {
        let signals = tables.signals().shadow_ai().0.signals;
        signals.iter().map(|sign| sign.tool.to_string()).collect()
    };
    assert_eq!(shown(&mut tables), ["codex", "openai"]);
    tables.head_text(
        ".gitattributes",
        "*.lock.yml linguist-generated\nout/* linguist-generated\n",
    );
    assert_eq!(shown(&mut tables), ["codex"]);
}

#[test]
fn settings_of_a_reviewer_are_a_door_of_reviews() {
    let mut tables = Tables::new();
    tables.head_text(".greptile/rules.md", "Be kind.\n");
    let signals = tables.signals();
    let entries = signals.pipeline(&signals.shadow_ai().0);
    assert_eq!(entries.len(), 1);
    assert_eq!(entries[0].kind, EntryKind::ReviewBot);
    assert_eq!(entries[0].tool.as_str(), "greptile");
}

#[test]
fn what_the_repository_declares_generated_is_nobodys_handwriting() {
    let mut tables = Tables::new();
    let commit = tables.commit(10, "dev@example.org");
    tables.file("api/schema.json", &[(900, commit, UNKNOWN)]);
    tables.file("src/a.rs", &[(100, commit, UNKNOWN)]);
    assert_eq!(tables.signals().usage().lines.total, 1000);
    tables.head_text("api/.gitattributes", "*.json linguist-generated\n");
    let usage = tables.signals().usage();
    assert_eq!((usage.lines.total, usage.generated_lines), (100, 900));
}

#[test]
fn a_history_without_commits_has_empty_signals() {
    let mut tables = Tables::new();
    tables.history.commits.clear();
    tables.history.persons.clear();
    tables.origins.commits.clear();
    let signals = tables.signals();
    assert_eq!(signals.usage().lines, LineShares::default());
    assert!(signals.health().anomalies.is_empty());
    let (shadow, _) = signals.shadow_ai();
    assert!(signals.pipeline(&shadow).is_empty());
}

#[test]
fn no_signal_names_a_person() {
    let (mut tables, list) = teams(&[("big", 6)]);
    let commit = tables.signed(4, "claude");
    tables.change(commit, "a.rs", ChangeKind::Modified, 900);
    let signals = tables.signals();
    let (shadow, _) = signals.shadow_ai();
    let mut grouping = Grouping::new(GroupBy::Team, list);
    grouping.add(&signals, None);
    let all = format!(
        "{:?}{:?}{:?}{:?}{:?}",
        signals.usage(),
        signals.health(),
        shadow,
        signals.pipeline(&shadow),
        grouping.finish()
    );
    assert!(!all.contains('@'), "{all}");
    assert!(!all.contains("Somebody"));
}

#[test]
fn at_least_are_lines_known_one_by_one_and_those_of_commits_that_a_tool_made_itself() {
    let mut tables = Tables::new();
    let commit = tables.signed(10, "codex");
    let mut made = origin(ai("codex"), EvidenceClass::Identity, Grain::Commit);
    made.evidence[0].source = "author".to_owned();
    tables.origins.origins.push(made);
    let lines = [
        (5, commit, CODEX_COMMIT),
        (3, commit, OriginIx(4)),
        (2, commit, CLAUDE_LINE),
    ];
    tables.file("x.rs", &lines);
    let lines = tables.signals().usage().lines;
    assert_eq!((lines.ai, lines.ai_at_least()), (10, 5));
    assert_eq!((lines.ai_of_shared_commits(), lines.known()), (5, 10));
}

#[test]
fn rework_compares_nobody_with_lines_of_which_only_a_squash_speaks() {
    let mut tables = Tables::new();
    let squash = tables.signed(200, "codex");
    let mut perhaps = origin(ai("codex"), EvidenceClass::Identity, Grain::Commit);
    perhaps.confidence = Confidence::Low;
    tables.origins.origins.push(perhaps);
    tables.file(
        "x.rs",
        &[
            (6, squash, OriginIx(4)),
            (2, squash, CODEX_COMMIT),
            (3, squash, UNKNOWN),
        ],
    );
    let health = tables.signals().health();
    assert_eq!(health.perhaps_ai_lines, 6);
    let of = |group| {
        let mut rework = health.rework.iter();
        rework.find(|one| one.group == group).unwrap().lines.of
    };
    assert_eq!(
        (of(OriginGroup::KnownAi), of(OriginGroup::NotKnownAi)),
        (2, 3)
    );
}

#[test]
fn what_a_whole_squash_names_is_an_upper_bound_and_no_known_line() {
    let mut tables = Tables::new();
    let squash = tables.signed(10, "codex");
    let mut perhaps = origin(ai("codex"), EvidenceClass::Identity, Grain::Commit);
    perhaps.confidence = Confidence::Low;
    tables.origins.origins.push(perhaps);
    let perhaps = OriginIx(4);
    tables.file("x.rs", &[(6, squash, perhaps), (2, squash, CODEX_COMMIT)]);
    tables.file("y.rs", &[(1, squash, HUMAN), (1, squash, UNKNOWN)]);
    let usage = tables.signals().usage();
    let lines = LineShares {
        total: 10,
        ai: 8,
        ai_line_level: 0,
        ai_tool_authored: 0,
        ai_transcripts: 0,
        ai_upper_bound: 6,
        human: 1,
        unknown: 1,
    };
    assert_eq!(usage.lines, lines);
    // A trailer of a single commit tells that a tool took part: evidence, and no lower bound.
    assert_eq!((lines.ai_at_least(), lines.known()), (0, 3));
    assert_eq!(
        (usage.coverage.all.hits, usage.coverage.recent.hits),
        (3, 3)
    );
    assert_eq!(usage.coverage.upper_bound, 6);
    assert_eq!(
        (usage.tools[0].lines, usage.tools[0].lines_upper_bound),
        (8, 6)
    );
}

#[test]
fn what_only_transcripts_name_is_known_and_no_lower_bound() {
    let mut tables = Tables::new();
    let commit = tables.commit(10, "dev@example.org");
    let transcript = origin(ai("claude"), EvidenceClass::LocalSession, Grain::Line);
    tables.origins.origins.push(transcript);
    tables.file(
        "x.rs",
        &[(6, commit, OriginIx(4)), (2, commit, CLAUDE_LINE)],
    );
    tables.file("y.rs", &[(1, commit, HUMAN), (1, commit, UNKNOWN)]);
    let usage = tables.signals().usage();
    let lines = LineShares {
        total: 10,
        ai: 8,
        ai_line_level: 2,
        ai_tool_authored: 0,
        ai_transcripts: 6,
        ai_upper_bound: 0,
        human: 1,
        unknown: 1,
    };
    assert_eq!(usage.lines, lines);
    assert_eq!((lines.ai_at_least(), lines.known()), (2, 9));
    assert_eq!(lines.ai_of_shared_commits(), 0);
    assert_eq!(usage.coverage.all.hits, 9);
    let tool = &usage.tools[0];
    assert_eq!((tool.lines, tool.lines_at_least), (8, 2));
}

#[test]
fn an_interrupted_reading_compares_nothing_with_its_past_and_takes_no_gap_for_damage() {
    let mut tables = Tables::new();
    let commit = tables.commit(10, "dev@example.org");
    quiet_past(&mut tables);
    tables.change(commit, "src/new.rs", ChangeKind::Added, 7000);
    let root = tables.commit(360, "dev@example.org");
    tables.history.commits[root.0 as usize].parents_missing = true;
    let told = |tables: &mut Tables| {
        let signals = tables.signals();
        let advice = signals.usage().coverage.advice;
        let fsck = advice.iter().any(|a| a.how == "git fsck");
        (signals.health().anomalies.len(), fsck)
    };
    let (anomalies, fsck) = told(&mut tables);
    assert!(anomalies > 0 && fsck);
    let health = tables.signals().health();
    assert!(health.churn.added > 0 && health.churn.unread == 0);
    assert!(!health.survival.is_empty() && !health.rework.is_empty());
    tables.history.completeness = Completeness::Interrupted;
    assert_eq!(told(&mut tables), (0, false));
    // What was not reached yet would look as if it had never been changed again.
    let health = tables.signals().health();
    let churn = health.churn;
    assert_eq!((churn.added, churn.removed), (0, 0));
    assert!(churn.commits > 0 && churn.unread == churn.commits);
    assert!(health.survival.is_empty() && health.rework.is_empty());
    assert!(health.hotspots.is_empty());
    assert_eq!((health.perhaps_ai_lines, health.unread_files), (0, 0));
}
