//! What evidence makes of repositories built with git: every kind of witness, and every trap.

#![expect(clippy::unwrap_used, reason = "a step that fails fails the test")]

use std::fmt::Write as _;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use insta::assert_snapshot;
use trueline_facts::{Author, HumanBasis, Origin, RepoPath};
use trueline_history::evidence::{AgentHomes, EvidenceOptions, NotesRead, OriginIx, Origins, fuse};
use trueline_history::model::History;
use trueline_history::repository::Repository;
use trueline_history::walk::{Deaths, Options, PathFilter, Silent, read};

use crate::repo::Repo;

pub(crate) const CLAUDE: &str = "Co-authored-by: Claude Opus 4.5 <noreply@anthropic.com>";

pub(crate) struct Read {
    pub(crate) history: History,
    pub(crate) origins: Origins,
}

pub(crate) fn fused(repo: &Repo) -> Read {
    fused_with(repo.path(), &EvidenceOptions::default())
}

fn fused_with(path: &Path, options: &EvidenceOptions) -> Read {
    let repository = Repository::discover(path).unwrap();
    let never = AtomicBool::new(false);
    let walk = Options {
        deaths: Deaths::TracedExcept(PathFilter {
            name: "none",
            contains: |_| false,
        }),
        ..Options::default()
    };
    let history = read(&repository, None, &walk, None, &never, &Silent).unwrap();
    let origins = fuse(&repository, &history, options, &never);
    // Whoever asks for lines alone is told the same of them.
    let of_lines = EvidenceOptions {
        notes: NotesRead::OfLines,
        ..options.clone()
    };
    let own = fuse(&repository, &history, &of_lines, &never);
    assert_eq!(own.files, origins.files);
    assert_eq!(own.deaths, origins.deaths);
    assert_eq!(own.origins, origins.origins);
    Read { history, origins }
}

impl Read {
    /// The origins of a file: line ranges, who, and the witnesses.
    pub(crate) fn file(&self, path: &str) -> String {
        let path = RepoPath::from(path);
        let file = self
            .origins
            .files
            .iter()
            .find(|file| *self.history.path(file.path) == path)
            .unwrap();
        let mut out = String::new();
        let mut next = 0;
        for run in &file.runs {
            assert_eq!(run.start, next, "runs cover the file without gaps");
            next += run.len;
            let lines = format!("{}-{}", run.start + 1, run.start + run.len);
            writeln!(out, "{lines:6} {}", shown(self.origins.origin(run.origin))).unwrap();
        }
        out
    }

    pub(crate) fn codes(&self) -> Vec<&str> {
        self.origins
            .diagnostics
            .iter()
            .map(|d| d.code.as_str())
            .collect()
    }
}

fn shown(origin: &Origin) -> String {
    let mut out = match &origin.author {
        Author::Ai {
            tool,
            model,
            human_touched,
            ..
        } => {
            let model = model.as_ref().map_or("-", |m| m.as_str());
            let touched = if *human_touched { " touched" } else { "" };
            format!("{tool}/{model}{touched}")
        }
        Author::Human {
            basis: HumanBasis::Observed,
        } => "human observed".to_owned(),
        Author::Human {
            basis: HumanBasis::Asserted,
        } => "human asserted".to_owned(),
        Author::Unknown => "unknown".to_owned(),
    };
    if !origin.evidence.is_empty() {
        write!(out, " {:?}", origin.confidence).unwrap();
    }
    for e in &origin.evidence {
        write!(
            out,
            " [{:?} {:?} {:?} {}]",
            e.class, e.reach, e.confidence, e.source
        )
        .unwrap();
    }
    out
}

pub(crate) fn note(repo: &Repo, commit: &str, text: &str) {
    note_in(repo, "refs/notes/ai", commit, text);
}

fn note_in(repo: &Repo, reference: &str, commit: &str, text: &str) {
    let blob = repo.git_with(&["hash-object", "-w", "--stdin"], text.as_bytes());
    repo.git(&[
        "notes", "--ref", reference, "add", "-f", "-C", &blob, commit,
    ]);
}

/// A note: the head as given, and metadata of the kinds that its keys need.
pub(crate) fn git_ai(head: &str, version: &str, members: &str) -> String {
    format!(
        "{head}---\n{{\"schema_version\":\"authorship/3.0.0\",\"git_ai_version\":\"{version}\",\
         \"base_commit_sha\":\"\",{members}}}"
    )
}

pub(crate) const SESSION: &str = r#""prompts":{},"sessions":{"s_11111111111111":{"agent_id":{"tool":"cursor","id":"c","model":"gpt-5"}}}"#;

pub(crate) fn numbered(range: std::ops::RangeInclusive<u32>) -> String {
    range.fold(String::new(), |mut text, n| {
        writeln!(text, "line number {n}").unwrap();
        text
    })
}

fn commit_as(repo: &mut Repo, name: &str, email: &str, message: &str) -> String {
    repo.tick();
    repo.git(&["add", "-A"]);
    repo.git(&[
        "-c",
        "advice.all=false",
        "commit",
        "-q",
        "--author",
        &format!("{name} <{email}>"),
        "-m",
        message,
    ]);
    repo.head()
}

#[test]
fn every_kind_of_key_gives_its_author_and_confidence() {
    let mut repo = Repo::new();
    repo.write("a.txt", &numbered(1..=12));
    let commit = repo.commit("add");
    let head = "a.txt\n  s_11111111111111::t_22222222222222 1-2\n  h_33333333333333 3\n  \
                4444444444444444 4,6\n  5555555 5\n  ai_agent 7\n  s_99999999999999 8\n";
    let members = r#""humans":{"h_33333333333333":{"author":"Ada <ada@example.com>"}},
        "sessions":{"s_11111111111111":{"agent_id":{"tool":"cursor","id":"c","model":"gpt-5"}}},
        "prompts":{"4444444444444444":{"agent_id":{"tool":"claude","id":"x","model":"claude-opus-4-5"},"overriden_lines":2,"total_additions":2,"total_deletions":0,"accepted_lines":0},
                   "5555555":{"agent_id":{"tool":"codex-cloud","id":"y","model":"unknown"},"overriden_lines":0,"total_additions":1,"total_deletions":0,"accepted_lines":1}}"#;
    note(&repo, &commit, &git_ai(head, "1.5.0", members));
    let read = fused(&repo);
    assert_snapshot!(read.file("a.txt"), @r"
    1-2    cursor/gpt-5 High [Note Direct High refs/notes/ai]
    3-3    human observed High [Note Direct High refs/notes/ai]
    4-4    claude/claude-opus-4-5 touched High [Note Direct High refs/notes/ai]
    5-5    codex/- High [Note Direct High refs/notes/ai]
    6-6    claude/claude-opus-4-5 touched High [Note Direct High refs/notes/ai]
    7-7    unknown Low [Unexplained Direct Low refs/notes/ai: an entry with a key of a form that no version describes]
    8-8    unknown Low [Unexplained Direct Low refs/notes/ai: entry s_99999999999999 stands for a session that no metadata of the note describes]
    9-12   unknown
    ");
    let counts = read.origins.notes;
    assert_eq!(
        (counts.read, counts.unreadable, counts.reachable),
        (1, 0, 1)
    );
    assert_eq!(
        (
            counts.foreign_keys,
            counts.unknown_keys,
            counts.absent_paths
        ),
        (1, 1, 0)
    );
    let attested: Vec<_> = read.origins.commits[0]
        .attested
        .iter()
        .map(|a| (a.tool.as_str(), a.lines))
        .collect();
    assert_eq!(attested, [("claude", 2), ("codex", 1), ("cursor", 2)]);
}

#[test]
fn newer_notes_are_trusted_less() {
    let mut repo = Repo::new();
    repo.write("a.txt", &numbered(1..=3));
    let commit = repo.commit("add");
    let head = "a.txt\n  s_11111111111111::t_22222222222222 1\n  h_33333333333333 2\n";
    let members =
        format!("{SESSION},\"humans\":{{\"h_33333333333333\":{{\"author\":\"A <a@b>\"}}}}");
    note(
        &repo,
        &commit,
        &git_ai(head, "development:1.6.24", &members),
    );
    assert_snapshot!(fused(&repo).file("a.txt"), @r"
    1-1    cursor/gpt-5 Medium [Note Direct Medium refs/notes/ai]
    2-2    human asserted Medium [Note Direct Medium refs/notes/ai]
    3-3    unknown
    ");
}

#[test]
fn an_entry_that_nothing_explains_is_listed_and_names_nobody() {
    let mut repo = Repo::new();
    repo.write("a.txt", &numbered(1..=6));
    let commit = repo.commit("add");
    let head = "a.txt\n  s_11111111111111::t_22222222222222 1\n  h_33333333333333 1-2\n  \
                s_99999999999999::t_22222222222222 3\n  7777777777777777 4\n  who@example.org 5\n";
    note(&repo, &commit, &git_ai(head, "1.5.0", SESSION));
    let read = fused(&repo);
    assert_snapshot!(read.file("a.txt"), @r"
    1-1    cursor/gpt-5 High [Note Direct High refs/notes/ai]
    2-2    unknown Low [Unexplained Direct Low refs/notes/ai: entry h_33333333333333 stands for a person whom no metadata of the note names]
    3-3    unknown Low [Unexplained Direct Low refs/notes/ai: entry s_99999999999999 stands for a session that no metadata of the note describes]
    4-4    unknown Low [Unexplained Direct Low refs/notes/ai: entry 7777777777777777 stands for a prompt that no note here describes]
    5-5    unknown Low [Unexplained Direct Low refs/notes/ai: an entry with a key of a form that no version describes]
    6-6    unknown
    ");
    let without: Vec<bool> = read
        .origins
        .origins
        .iter()
        .map(Origin::has_evidence)
        .collect();
    assert_eq!(without.iter().filter(|known| **known).count(), 1);
}

#[test]
fn of_overlapping_entries_the_last_one_that_is_explained_wins() {
    let mut repo = Repo::new();
    repo.write("a.txt", &numbered(1..=6));
    let commit = repo.commit("add");
    let head = "a.txt\n  s_11111111111111::t_22222222222222 1-6\n  h_33333333333333 3-4\n  \
                s_99999999999999::t_22222222222222 4-5\n";
    let members =
        format!("{SESSION},\"humans\":{{\"h_33333333333333\":{{\"author\":\"A <a@b>\"}}}}");
    note(&repo, &commit, &git_ai(head, "1.5.0", &members));
    assert_snapshot!(fused(&repo).file("a.txt"), @r"
    1-2    cursor/gpt-5 High [Note Direct High refs/notes/ai]
    3-4    human observed High [Note Direct High refs/notes/ai]
    5-6    cursor/gpt-5 High [Note Direct High refs/notes/ai]
    ");
}

#[test]
fn a_legacy_key_is_explained_by_the_newest_other_note() {
    let mut repo = Repo::new();
    let record = |tool: &str| {
        format!(
            r#""prompts":{{"4444444444444444":{{"agent_id":{{"tool":"{tool}","id":"x","model":"unknown"}}}}}}"#
        )
    };
    repo.write("other.txt", "x\n");
    let older = repo.commit("older");
    note(&repo, &older, &git_ai("", "1.0.0", &record("cursor")));
    repo.write("other.txt", "y\n");
    let newer = repo.commit("newer");
    note(&repo, &newer, &git_ai("", "1.0.0", &record("claude")));
    repo.write("a.txt", "hello\n");
    let commit = repo.commit("add");
    let lost = "  7777777777777777 1\n";
    let head = format!("a.txt\n  4444444444444444 1\n{lost}gone.txt\n{lost}");
    note(&repo, &commit, &git_ai(&head, "1.0.0", "\"prompts\":{}"));
    let read = fused(&repo);
    assert_snapshot!(read.file("a.txt"), @"1-1    claude/- High [Note Direct High refs/notes/ai]");
    assert_eq!(read.origins.notes.foreign_keys, 2);
    assert_eq!(read.origins.notes.absent_paths, 1);
}

#[test]
fn a_note_is_found_at_the_path_and_line_that_its_commit_had() {
    let mut repo = Repo::new();
    repo.write("old.txt", &numbered(1..=8));
    let commit = repo.commit("add");
    note(
        &repo,
        &commit,
        &git_ai(
            "old.txt\n  s_11111111111111::t_22222222222222 5-8\n",
            "1.5.0",
            SESSION,
        ),
    );
    repo.git(&["mv", "old.txt", "new.txt"]);
    repo.commit("rename");
    repo.write("new.txt", &format!("on top\n{}", numbered(1..=8)));
    repo.commit("shift");
    assert_snapshot!(fused(&repo).file("new.txt"), @r"
    1-1    unknown
    2-5    unknown
    6-9    cursor/gpt-5 High [Note Direct High refs/notes/ai]
    ");
}

#[test]
fn notes_of_any_fan_out_are_found() {
    let mut repo = Repo::new();
    let mut paths = String::new();
    for (fan_out, name) in ["a.txt", "b.txt", "c.txt"].into_iter().enumerate() {
        repo.write(name, "one line\n");
        let commit = repo.commit(name);
        let text = git_ai(
            &format!("{name}\n  s_11111111111111::t_22222222222222 1\n"),
            "1.5.0",
            SESSION,
        );
        let blob = repo.git_with(&["hash-object", "-w", "--stdin"], text.as_bytes());
        let path = match fan_out {
            0 => commit,
            1 => format!("{}/{}", &commit[..2], &commit[2..]),
            _ => format!("{}/{}/{}", &commit[..2], &commit[2..4], &commit[4..]),
        };
        writeln!(paths, "100644 {blob} 0\t{path}").unwrap();
    }
    let index = repo.beside("index");
    let index = format!("core.worktree={}", index.display());
    repo.git(&["read-tree", "--empty"]);
    repo.git_with(
        &["-c", &index, "update-index", "--index-info"],
        paths.as_bytes(),
    );
    let tree = repo.git(&["write-tree"]);
    repo.git(&["read-tree", "HEAD"]);
    let tip = repo.git(&["commit-tree", &tree, "-m", "notes"]);
    repo.git(&["update-ref", "refs/notes/ai", &tip]);
    let read = fused(&repo);
    assert_eq!(read.origins.notes.read, 3);
    for name in ["a.txt", "b.txt", "c.txt"] {
        assert!(read.file(name).contains("cursor/gpt-5"), "{name}");
    }
}

#[test]
fn the_same_note_in_a_remote_copy_is_one_witness_and_the_local_one_wins() {
    let mut repo = Repo::new();
    repo.write("a.txt", "one\ntwo\n");
    let commit = repo.commit("add");
    let local = git_ai(
        "a.txt\n  s_11111111111111::t_22222222222222 1-2\n",
        "1.5.0",
        SESSION,
    );
    note(&repo, &commit, &local);
    let members = SESSION.replace("cursor", "claude");
    let remote = git_ai(
        "a.txt\n  s_11111111111111::t_22222222222222 2\n",
        "1.5.0",
        &members,
    );
    note_in(&repo, "refs/notes/ai-remote/origin", &commit, &remote);
    note_in(&repo, "refs/notes/ai-remote/other", &commit, &local);
    note_in(&repo, "refs/notes/ai-stash", &commit, "not a note");
    let read = fused(&repo);
    assert_snapshot!(read.file("a.txt"), @r"
    1-1    cursor/gpt-5 High [Note Direct High refs/notes/ai]
    2-2    cursor/gpt-5 High [Note Direct High refs/notes/ai] [Note Direct High refs/notes/ai-remote/origin]
    ");
    assert_eq!(read.origins.notes.unreadable, 0);
}

/// Where git-ai keeps its notes on a server, that copy is the only one here.
#[test]
fn a_copy_of_notes_for_display_is_read_and_gives_way_to_the_notes() {
    let mut repo = Repo::new();
    repo.write("a.txt", "one\ntwo\n");
    let commit = repo.commit("add");
    let of = |members: &str| {
        let attested = "a.txt\n  s_11111111111111::t_22222222222222 1-2\n";
        git_ai(attested, "1.5.0", members)
    };
    note_in(&repo, "refs/notes/ai-display", &commit, &of(SESSION));
    assert_snapshot!(fused(&repo).file("a.txt"), @"1-2    cursor/gpt-5 High [Note Direct High refs/notes/ai-display]");
    let claude = SESSION.replace("cursor", "claude");
    note_in(&repo, "refs/notes/ai", &commit, &of(&claude));
    let read = fused(&repo).file("a.txt");
    assert!(read.starts_with("1-2    claude/"), "{read}");
}

#[test]
fn a_broken_note_is_counted_and_described_and_costs_nothing_else() {
    let mut repo = Repo::new();
    repo.write("a.txt", "one\n");
    let broken = repo.commit("broken");
    note(&repo, &broken, "a.txt\n  s_11111111111111 1\nno divider");
    repo.write("b.txt", "one\n");
    let commit = repo.commit("whole");
    note(
        &repo,
        &commit,
        &git_ai(
            "b.txt\n  s_11111111111111::t_22222222222222 1\n",
            "1.5.0",
            SESSION,
        ),
    );
    let read = fused(&repo);
    assert_eq!(
        (read.origins.notes.read, read.origins.notes.unreadable),
        (1, 1)
    );
    assert_eq!(read.codes(), ["note-unreadable"]);
    assert!(read.origins.diagnostics[0].message.contains(&broken));
    assert_eq!(read.file("a.txt"), "1-1    unknown\n");
    assert!(read.file("b.txt").contains("cursor"));
}

#[test]
fn a_note_with_a_bad_range_keeps_what_that_cannot_touch_and_says_so() {
    let mut repo = Repo::new();
    repo.write("a.txt", "one\ntwo\n");
    repo.write("b.txt", "one\n");
    let commit = repo.commit("partly");
    let entry = "s_11111111111111::t_22222222222222";
    let head = format!("a.txt\n  {entry} 1\n  {entry} 9-1\n  {entry} 2\nb.txt\n  {entry} 1\n");
    note(&repo, &commit, &git_ai(&head, "1.5.0", SESSION));
    let read = fused(&repo);
    let counts = read.origins.notes;
    assert_eq!((counts.read, counts.unreadable), (1, 0));
    assert_eq!(read.codes(), ["note-partly-read"]);
    assert!(read.origins.diagnostics[0].message.contains("`9-1`"));
    let lines = read.file("a.txt");
    assert!(lines.starts_with("1-1    unknown"), "{lines}");
    assert!(lines.contains("2-2    cursor"), "{lines}");
    assert!(read.file("b.txt").contains("cursor"));
}

#[test]
fn the_oldest_storage_is_read() {
    let mut repo = Repo::new();
    repo.write("a.txt", "one\ntwo\nthree\n");
    let commit = repo.commit("add");
    let text = r#"{"files":{"a.txt":{"file":"a.txt","authors":[{"author":"Claude Code","lines":[1,[2,2]]},{"author":"Ada","lines":[3]}]}},"schema_version":"authorship/0.0.1"}"#;
    let blob = repo.git_with(&["hash-object", "-w", "--stdin"], text.as_bytes());
    repo.git(&["update-ref", &format!("refs/ai/authorship/{commit}"), &blob]);
    let read = fused(&repo);
    let counts = read.origins.notes;
    assert_eq!((counts.read, counts.reachable), (0, 0));
    assert_eq!((counts.read_oldest, counts.reachable_oldest), (1, 1));
    assert_snapshot!(read.file("a.txt"), @r"
    1-2    claude/- Medium [Note Direct Medium refs/ai/authorship]
    3-3    human asserted Low [Note Direct Low refs/ai/authorship]
    ");
}

#[test]
fn a_trailer_fills_only_lines_without_evidence_of_their_own_and_raises_nothing() {
    let mut repo = Repo::new();
    repo.write("a.txt", &numbered(1..=3));
    let commit = repo.commit(&format!("add\n\n{CLAUDE}"));
    let head = "a.txt\n  s_11111111111111::t_22222222222222 1\n  h_33333333333333 2\n";
    let members = r#""prompts":{},"sessions":{"s_11111111111111":{"agent_id":{"tool":"claude","id":"c","model":"claude-opus-4-5"}}},
        "humans":{"h_33333333333333":{"author":"A <a@b>"}}"#;
    note(&repo, &commit, &git_ai(head, "1.6.10", members));
    assert_snapshot!(fused(&repo).file("a.txt"), @r"
    1-1    claude/claude-opus-4-5 Medium [Note Direct Medium refs/notes/ai] [Identity Direct Medium Co-authored-by]
    2-2    human observed High [Note Direct High refs/notes/ai] [Identity Direct Medium Co-authored-by]
    3-3    claude/claude-opus-4-5 Medium [Identity Direct Medium Co-authored-by]
    ");
}

#[test]
fn an_editor_s_default_stamp_is_a_hint_and_not_an_author() {
    let mut repo = Repo::new();
    repo.write("a.txt", "one\n");
    repo.commit("add\n\nCo-authored-by: Copilot <copilot@github.com>");
    let read = fused(&repo);
    assert_snapshot!(read.file("a.txt"), @"1-1    unknown Low [Hint Direct Low Co-authored-by]");
}

#[test]
fn people_who_work_for_an_ai_company_are_people() {
    let mut repo = Repo::new();
    repo.write("a.txt", "one\n");
    repo.commit("add\n\nCo-authored-by: Charlie Marsh <charliemarsh@openai.com>");
    repo.write("b.txt", "one\n");
    commit_as(&mut repo, "Micha", "micha@openai.com", "add another");
    let read = fused(&repo);
    assert_eq!(read.file("a.txt"), "1-1    unknown\n");
    assert_eq!(read.file("b.txt"), "1-1    unknown\n");
}

#[test]
fn a_mailmap_does_not_turn_an_agent_into_its_operator() {
    let mut repo = Repo::new();
    repo.write(
        ".mailmap",
        "Ada <ada@example.com> <noreply@anthropic.com>\n",
    );
    repo.commit("map");
    repo.write("a.txt", "one\n");
    commit_as(&mut repo, "Claude", "noreply@anthropic.com", "add");
    let read = fused(&repo);
    assert_eq!(read.history.persons.len(), 1);
    assert_snapshot!(read.file("a.txt"), @"1-1    claude/- Medium [Identity Direct Medium author]");
}

#[test]
fn a_squash_without_its_branch_is_low_evidence() {
    let mut repo = Repo::new();
    repo.write("a.txt", "one\n");
    repo.commit(&format!(
        "Feature (#3)\n\n* first part\n\n* second part\n\n{CLAUDE}"
    ));
    let read = fused(&repo);
    assert!(read.origins.commits[0].squash);
    assert_snapshot!(read.file("a.txt"), @"1-1    claude/claude-opus-4-5 Low [Identity Direct Low Co-authored-by]");
}

/// A branch of three commits (by hand, by Claude, noted), squashed onto a main line that moved.
fn squashed(with_branch: bool) -> Repo {
    let mut repo = Repo::new();
    repo.write("a.txt", &numbered(1..=3));
    repo.commit("base");
    repo.git(&["checkout", "-q", "-b", "work"]);
    let by_hand = format!("{}by hand one\nby hand two\n", numbered(1..=3));
    repo.write("a.txt", &by_hand);
    repo.commit("first part");
    repo.write("a.txt", &format!("{by_hand}by claude one\nby claude two\n"));
    repo.commit(&format!("second part\n\n{CLAUDE}"));
    repo.write("b.txt", "noted one\nnoted two\n");
    let noted = repo.commit("third part");
    note(
        &repo,
        &noted,
        &git_ai(
            "b.txt\n  s_11111111111111::t_22222222222222 2\n",
            "1.5.0",
            SESSION,
        ),
    );
    repo.git(&["checkout", "-q", "main"]);
    repo.write("a.txt", &format!("moved on\n{}", numbered(1..=3)));
    repo.commit("main moves on");
    repo.tick();
    repo.git(&["merge", "-q", "--squash", "work"]);
    repo.commit(&format!(
        "Feature (#3)\n\n* first part\n\n* second part\n\n{CLAUDE}"
    ));
    if with_branch {
        let tip = repo.git(&["rev-parse", "work"]);
        repo.git(&["update-ref", "refs/pull/3/head", &tip]);
    }
    repo.git(&["branch", "-q", "-D", "work"]);
    repo
}

#[test]
fn lines_of_a_squash_are_told_apart_by_its_branch() {
    let read = fused(&squashed(true));
    assert_snapshot!(read.file("a.txt"), @r"
    1-1    unknown
    2-4    unknown
    5-6    unknown
    7-8    claude/claude-opus-4-5 Medium [Identity Inferred Medium Co-authored-by]
    ");
    assert_snapshot!(read.file("b.txt"), @r"
    1-1    unknown
    2-2    cursor/gpt-5 Medium [Note Inferred Medium refs/notes/ai]
    ");
}

#[test]
fn without_the_branch_all_lines_of_a_squash_share_its_trailer() {
    let read = fused(&squashed(false));
    assert_snapshot!(read.file("a.txt"), @r"
    1-1    unknown
    2-4    unknown
    5-8    claude/claude-opus-4-5 Low [Identity Direct Low Co-authored-by]
    ");
}

#[test]
fn a_note_that_a_rebase_left_behind_is_matched_by_content() {
    let mut repo = Repo::new();
    repo.write("a.txt", &numbered(1..=4));
    repo.commit("base");
    repo.git(&["checkout", "-q", "-b", "work"]);
    repo.write(
        "a.txt",
        &format!("{}added one\nadded two\n", numbered(1..=4)),
    );
    let noted = repo.commit("add two lines");
    note(
        &repo,
        &noted,
        &git_ai(
            "a.txt\n  s_11111111111111::t_22222222222222 5-6\n",
            "1.5.0",
            SESSION,
        ),
    );
    repo.git(&["checkout", "-q", "main"]);
    repo.write("a.txt", &format!("new first\n{}", numbered(1..=4)));
    repo.commit("main moves on");
    repo.tick();
    repo.git(&["checkout", "-q", "work"]);
    repo.git(&["rebase", "-q", "main"]);
    assert_ne!(repo.head(), noted);
    let read = fused(&repo);
    assert_snapshot!(read.file("a.txt"), @r"
    1-1    unknown
    2-5    unknown
    6-7    cursor/gpt-5 Medium [Note Inferred Medium refs/notes/ai]
    ");
    assert_eq!(read.origins.notes.reachable, 0);
}

#[test]
fn lines_that_an_amend_changed_lose_the_note_it_left_behind() {
    let mut repo = Repo::new();
    repo.write("a.txt", "first line\nsecond line\nthird line\n");
    let noted = repo.commit("add");
    note(
        &repo,
        &noted,
        &git_ai(
            "a.txt\n  s_11111111111111::t_22222222222222 1-3\n",
            "1.5.0",
            SESSION,
        ),
    );
    repo.write("a.txt", "first line\nanother line\nthird line\n");
    repo.git(&["commit", "-q", "-a", "--amend", "--no-edit"]);
    assert_ne!(repo.head(), noted);
    assert_snapshot!(fused(&repo).file("a.txt"), @r"
    1-1    cursor/gpt-5 Medium [Note Inferred Medium refs/notes/ai]
    2-2    unknown
    3-3    cursor/gpt-5 Medium [Note Inferred Medium refs/notes/ai]
    ");
}

#[test]
fn another_commit_with_the_same_subject_gets_no_foreign_note() {
    let mut repo = Repo::new();
    repo.write("a.txt", "first line\n");
    let noted = repo.commit("wip");
    note(
        &repo,
        &noted,
        &git_ai(
            "a.txt\n  s_11111111111111::t_22222222222222 1\n",
            "1.5.0",
            SESSION,
        ),
    );
    repo.git(&["update-ref", "-d", "HEAD"]);
    repo.commit("wip");
    assert_eq!(fused(&repo).file("a.txt"), "1-1    unknown\n");
}

#[test]
fn a_trace_counts_where_a_child_of_its_revision_added_the_lines() {
    let mut repo = Repo::new();
    repo.write("a.txt", &numbered(1..=4));
    let base = repo.commit("base");
    repo.write("a.txt", &format!("{}one\ntwo\nthree\n", numbered(1..=4)));
    repo.commit("work");
    let record = |ranges: &str, kind: &str| {
        format!(
            r#"{{"version":"1.0","id":"0","timestamp":"2026-01-25T10:00:00Z","tool":{{"name":"cursor"}},"vcs":{{"type":"git","revision":"{base}"}},"files":[{{"path":"a.txt","conversations":[{{"contributor":{{"type":"{kind}","model_id":"openai/gpt-5"}},"ranges":[{ranges}]}}]}}]}}"#
        )
    };
    let lines = [
        record(r#"{"start_line":5,"end_line":6}"#, "ai"),
        record(r#"{"start_line":1,"end_line":3}"#, "ai"),
        record(r#"{"start_line":7,"end_line":7}"#, "mixed"),
        "not json".to_owned(),
    ];
    repo.write(".agent-trace/traces.jsonl", &lines.join("\n"));
    repo.commit("traces");
    let read = fused(&repo);
    assert_snapshot!(read.file("a.txt"), @r"
    1-4    unknown
    5-6    cursor/gpt-5 Medium [Trace Direct Medium .agent-trace/traces.jsonl]
    7-7    cursor/gpt-5 touched Medium [Trace Direct Medium .agent-trace/traces.jsonl]
    ");
    assert_eq!(read.codes(), ["trace-unreadable"]);
}

/// A record of Cursor's that lines of `a.txt` were written on `base`.
fn record(base: &str, first: u32, last: u32) -> String {
    format!(
        r#"{{"tool":{{"name":"cursor"}},"vcs":{{"type":"git","revision":"{base}"}},"files":[{{"path":"a.txt","conversations":[{{"contributor":{{"type":"ai"}},"ranges":[{{"start_line":{first},"end_line":{last}}}]}}]}}]}}"#
    ) + "\n"
}

#[test]
fn a_trace_speaks_of_the_commit_that_brought_it_after_a_squash_or_rebase_too() {
    let base_text = numbered(1..=4);
    let agent = "agent one\nagent two\n";
    // Somebody's commit comes between the base and the squash, at the same place.
    let mut repo = Repo::new();
    repo.write("a.txt", &base_text);
    let base = repo.commit("base");
    repo.write("a.txt", &format!("{base_text}hand one\nhand two\n"));
    repo.commit("by hand");
    repo.write("a.txt", &format!("{base_text}hand one\nhand two\n{agent}"));
    repo.write(".agent-trace/traces.jsonl", &record(&base, 5, 6));
    repo.commit("work, squashed");
    assert_snapshot!(fused(&repo).file("a.txt"), @r"
    1-4    unknown
    5-6    unknown
    7-8    cursor/- Medium [Trace Direct Medium .agent-trace/traces.jsonl]
    ");
    // A rebase moves the lines.
    let mut repo = Repo::new();
    repo.write("a.txt", &base_text);
    let base = repo.commit("base");
    repo.git(&["checkout", "-q", "-b", "work"]);
    repo.write("a.txt", &format!("{base_text}{agent}"));
    repo.write(".agent-trace/traces.jsonl", &record(&base, 5, 6));
    repo.commit("work");
    repo.git(&["checkout", "-q", "main"]);
    repo.write("a.txt", &format!("on top\n{base_text}"));
    repo.commit("by hand");
    repo.git(&["checkout", "-q", "work"]);
    repo.tick();
    repo.git(&["rebase", "-q", "main"]);
    assert_snapshot!(fused(&repo).file("a.txt"), @r"
    1-1    unknown
    2-5    unknown
    6-7    cursor/- Medium [Trace Direct Medium .agent-trace/traces.jsonl]
    ");
}

#[test]
fn a_trace_says_nothing_of_another_child_of_its_revision() {
    let mut repo = Repo::new();
    repo.write("a.txt", &numbered(1..=4));
    let base = repo.commit("base");
    repo.git(&["checkout", "-q", "-b", "hand"]);
    repo.write("a.txt", &format!("top\n{}", numbered(1..=4)));
    repo.commit("by hand");
    repo.git(&["checkout", "-q", "main"]);
    repo.write("a.txt", &format!("{}agent\n", numbered(1..=4)));
    repo.write(".agent-trace/traces.jsonl", &record(&base, 1, 5));
    repo.commit("work");
    repo.git(&["merge", "-q", "-m", "merge", "hand"]);
    assert_snapshot!(fused(&repo).file("a.txt"), @r"
    1-1    unknown
    2-5    unknown
    6-6    cursor/- Low [Trace Direct Low .agent-trace/traces.jsonl]
    ");
}

#[test]
fn a_note_that_git_copied_to_a_rewritten_commit_speaks_of_the_lines_that_it_was_written_for() {
    let mut repo = Repo::new();
    repo.write("a.txt", "header\n");
    repo.commit("base");
    repo.write("a.txt", "header\nagent one\nagent two\n");
    let first = repo.commit("work");
    let text = git_ai(
        "a.txt\n  s_11111111111111::t_22222222222222 2-3\n",
        "1.5.0",
        SESSION,
    );
    let text = text.replace(
        "\"base_commit_sha\":\"\"",
        &format!("\"base_commit_sha\":\"{first}\""),
    );
    note(&repo, &first, &text);
    repo.tick();
    repo.write(
        "a.txt",
        "header\nby hand\nby hand too\nagent one\nagent two\n",
    );
    repo.git(&["add", "-A"]);
    repo.git(&["commit", "-q", "--amend", "--no-edit"]);
    repo.git(&["notes", "--ref=ai", "copy", &first, "HEAD"]);
    assert_snapshot!(fused(&repo).file("a.txt"), @r"
    1-1    unknown
    2-3    unknown
    4-5    cursor/gpt-5 Medium [Note Inferred Medium refs/notes/ai]
    ");
}

#[test]
fn a_note_and_a_trace_that_disagree_are_both_kept() {
    let mut repo = Repo::new();
    repo.write("other.txt", "x\n");
    let base = repo.commit("base");
    repo.write("a.txt", "one\ntwo\n");
    let commit = repo.commit("work");
    note(
        &repo,
        &commit,
        &git_ai(
            "a.txt\n  s_11111111111111::t_22222222222222 2\n",
            "1.5.0",
            SESSION,
        ),
    );
    repo.write(".agent-trace/traces.jsonl", &format!(
        r#"{{"tool":{{"name":"claude"}},"vcs":{{"type":"git","revision":"{base}"}},"files":[{{"path":"a.txt","conversations":[{{"contributor":{{"type":"ai"}},"ranges":[{{"start_line":2,"end_line":2}}]}}]}}]}}"#
    ));
    repo.commit("traces");
    assert_snapshot!(fused(&repo).file("a.txt"), @r"
    1-1    unknown
    2-2    cursor/gpt-5 High [Note Direct High refs/notes/ai] [Trace Direct Medium .agent-trace/traces.jsonl]
    ");
}

#[test]
fn a_checkpoint_names_the_agent_behind_its_trailer() {
    let mut repo = Repo::new();
    repo.git(&["checkout", "-q", "--orphan", "entire/checkpoints/v1"]);
    repo.write(
        "a3/b2c4d5e6f7/metadata.json",
        r#"{"checkpoint_id":"a3b2c4d5e6f7"}"#,
    );
    repo.write(
        "a3/b2c4d5e6f7/0/metadata.json",
        r#"{"agent":"Claude Code","session_id":"s","initial_attribution":{"agent_lines":3,"total_committed":4}}"#,
    );
    repo.write("a3/b2c4d5e6f7/0/full.jsonl", "never read");
    repo.write(
        "bb/b2c4d5e6f7/0/metadata.json",
        r#"{"agent":"Gemini CLI","initial_attribution":{"agent_lines":0,"total_committed":4}}"#,
    );
    repo.write(
        "dd/b2c4d5e6f7/0/metadata.json",
        r#"{"agent":"Claude Code","initial_attribution":{"agent_lines":1,"total_committed":4}}"#,
    );
    repo.commit("checkpoints");
    repo.git(&["checkout", "-q", "--orphan", "main"]);
    repo.git(&["rm", "-q", "-rf", "."]);
    repo.write("a.txt", "one\n");
    repo.commit("add\n\nEntire-Checkpoint: a3b2c4d5e6f7");
    repo.write("b.txt", "one\n");
    repo.commit("add b\n\nEntire-Checkpoint: bbb2c4d5e6f7");
    repo.write("c.txt", "one\n");
    repo.commit("add c\n\nEntire-Checkpoint: ccb2c4d5e6f7");
    repo.write("d.txt", "one\n");
    repo.commit(&format!(
        "add d\n\nEntire-Checkpoint: ddb2c4d5e6f7\n{CLAUDE}"
    ));
    let read = fused(&repo);
    // By its own count the agent wrote a quarter of it: the trailer may be about any of the lines, and is an upper bound.
    let few = read.file("d.txt");
    assert!(
        few.contains("claude/") && few.contains(" Low [Identity"),
        "{few}"
    );
    assert_snapshot!(read.file("a.txt"), @"1-1    claude/- Medium [Checkpoint Direct Medium Entire-Checkpoint]");
    assert_snapshot!(read.file("b.txt"), @"1-1    unknown Low [Checkpoint Direct Low Entire-Checkpoint]");
    assert_snapshot!(read.file("c.txt"), @"1-1    unspecified/- Medium [Checkpoint Direct Medium Entire-Checkpoint]");
}

#[test]
fn a_merged_branch_s_name_is_a_hint_on_its_own_commits_only() {
    let mut repo = Repo::new();
    repo.write("a.txt", "one\n");
    repo.commit("base");
    repo.git(&["checkout", "-q", "-b", "copilot/fix-it"]);
    repo.write("b.txt", "one\n");
    repo.commit("on the branch");
    repo.git(&["checkout", "-q", "main"]);
    repo.write("c.txt", "one\n");
    repo.commit("on main");
    repo.tick();
    repo.git(&[
        "merge",
        "-q",
        "--no-ff",
        "-m",
        "Merge pull request #1 from me/copilot/fix-it",
        "copilot/fix-it",
    ]);
    let read = fused(&repo);
    assert_eq!(read.file("a.txt"), "1-1    unknown\n");
    assert_snapshot!(read.file("b.txt"), @"1-1    unknown Low [Hint Direct Medium branch]");
    assert_eq!(read.file("c.txt"), "1-1    unknown\n");
}

#[test]
fn lines_older_than_a_shallow_clone_have_no_evidence_of_its_oldest_commit() {
    let mut repo = Repo::new();
    repo.write("a.txt", "one\n");
    repo.commit("by hand");
    repo.write("a.txt", "one\ntwo\n");
    repo.commit(&format!("by claude\n\n{CLAUDE}"));
    let clone = repo.beside("clone");
    let from = format!("file://{}", repo.path().display());
    let to = clone.display().to_string();
    repo.git(&["clone", "-q", "--depth", "1", &from, &to]);
    let read = fused_with(&clone, &EvidenceOptions::default());
    assert_eq!(read.file("a.txt"), "1-2    unknown\n");
    assert!(fused(&repo).file("a.txt").contains("2-2    claude"));
}

#[test]
fn a_note_that_names_more_lines_than_its_commit_added_is_not_believed_where_history_is_cut() {
    let mut repo = Repo::new();
    repo.write("a.txt", "one\n");
    repo.commit("by hand");
    repo.write("a.txt", "one\ntwo\n");
    let commit = repo.commit("by an agent");
    let said = "a.txt\n  s_11111111111111::t_22222222222222 1-2\n";
    note(&repo, &commit, &git_ai(said, "1.5.0", SESSION));
    let whole = fused(&repo).file("a.txt");
    assert!(whole.starts_with("1-1    unknown\n2-2 "), "{whole}");
    let clone = repo.beside("clone");
    let from = format!("file://{}", repo.path().display());
    let to = clone.display().to_string();
    repo.git(&["clone", "-q", "--depth", "1", &from, &to]);
    repo.git(&[
        "-C",
        &to,
        "fetch",
        "-q",
        "origin",
        "refs/notes/ai:refs/notes/ai",
    ]);
    let read = fused_with(&clone, &EvidenceOptions::default());
    assert_eq!(read.file("a.txt"), "1-2    unknown\n");
    assert_eq!(read.origins.notes.reachable, 1);
}

#[test]
fn dead_lines_have_the_origin_that_they_had_alive() {
    let mut repo = Repo::new();
    repo.write("a.txt", &numbered(1..=6));
    let commit = repo.commit("add");
    note(
        &repo,
        &commit,
        &git_ai(
            "a.txt\n  s_11111111111111::t_22222222222222 2-4\n",
            "1.5.0",
            SESSION,
        ),
    );
    repo.write("a.txt", "line number 6\n");
    repo.commit("remove");
    let read = fused(&repo);
    let dead: Vec<_> = read
        .origins
        .deaths
        .iter()
        .map(|part| (part.len, read.origins.origin(part.origin).is_ai()))
        .collect();
    assert_eq!(dead, [(1, false), (3, true), (1, false)]);
    let total: u32 = read.history.deaths.iter().map(|d| d.len).sum();
    assert_eq!(
        total,
        read.origins.deaths.iter().map(|d| d.len).sum::<u32>()
    );
}

#[test]
fn the_answer_does_not_depend_on_the_number_of_threads() {
    let repo = squashed(true);
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| fused(&repo).origins)
    };
    assert_eq!(on(1), on(4));
}

#[test]
fn an_interrupt_is_told_and_nobody_is_named_while_a_note_may_name_another() {
    let mut repo = Repo::new();
    repo.write("a.txt", "one\n");
    let commit = repo.commit(&format!("add\n\n{CLAUDE}"));
    note(
        &repo,
        &commit,
        &git_ai(
            "a.txt\n  s_11111111111111::t_22222222222222 1\n",
            "1.5.0",
            SESSION,
        ),
    );
    let repository = Repository::discover(repo.path()).unwrap();
    let history = fused(&repo).history;
    let now = AtomicBool::new(true);
    let origins = fuse(&repository, &history, &EvidenceOptions::default(), &now);
    assert!(origins.diagnostics.iter().any(|d| d.code == "interrupted"));
    assert_eq!(origins.files[0].runs[0].origin, OriginIx::UNKNOWN);
    assert!(!origins.commits[0].signs.is_empty());
}

fn transcript(home: &Path, path: &str, lines: &[String]) {
    let path = home.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, lines.join("\n")).unwrap();
}

fn claude_write(root: &Path, file: &str, time: &str, content: &str) -> String {
    serde_json::json!({
        "type": "assistant", "sessionId": "abc", "timestamp": time, "cwd": root,
        "message": {"model": "claude-opus-4-5", "content": [
            {"type": "text", "text": "I will write line number 9 and line number 10"},
            {"type": "tool_use", "name": "Write", "input": {"file_path": root.join(file), "content": content}},
        ]},
    })
    .to_string()
}

#[test]
fn transcripts_are_read_with_consent_only_and_match_by_content_and_time() {
    let mut repo = Repo::new();
    repo.write("a.txt", &numbered(1..=8));
    repo.write("short.txt", "}\n}\n}\n");
    repo.commit("add");
    repo.write("later.txt", &numbered(1..=4));
    repo.commit("add later");
    let home = repo.beside("home");
    let root = repo.path().canonicalize().unwrap();
    transcript(
        &home,
        ".claude/projects/x/abc.jsonl",
        &[
            claude_write(
                &root,
                "a.txt",
                "2023-11-14T22:13:21Z",
                &format!("  {}", numbered(3..=6)),
            ),
            claude_write(&root, "short.txt", "2023-11-14T22:13:21Z", "}\n}\n}\n"),
            // Written again after it was committed: no proof of who wrote it first.
            claude_write(&root, "later.txt", "2031-01-01T00:00:00Z", &numbered(1..=4)),
            "not json".to_owned(),
        ],
    );
    let options = EvidenceOptions {
        local_sessions: Some(AgentHomes::below(&home)),
        ..EvidenceOptions::default()
    };
    assert_eq!(fused(&repo).file("a.txt"), "1-8    unknown\n");
    let read = fused_with(repo.path(), &options);
    assert_snapshot!(read.file("a.txt"), @r"
    1-2    unknown
    3-6    claude/claude-opus-4-5 Medium [LocalSession Inferred Medium transcript on this machine]
    7-8    unknown
    ");
    assert_eq!(read.file("short.txt"), "1-3    unknown\n");
    assert_eq!(read.file("later.txt"), "1-4    unknown\n");
}

#[test]
fn a_refused_call_wrote_nothing_and_a_file_written_anew_held_lines_of_others() {
    let mut repo = Repo::new();
    repo.write("refused.txt", &numbered(1..=4));
    repo.write("anew.txt", &numbered(1..=8));
    repo.write("asked.txt", &numbered(1..=4));
    repo.commit("add");
    let home = repo.beside("home");
    let root = repo.path().canonicalize().unwrap();
    let write = |file: &str, id: &str, content: &str| {
        let whole = claude_write(&root, file, "2023-11-14T22:13:20Z", content);
        let mut whole: serde_json::Value = serde_json::from_str(&whole).unwrap();
        whole["message"]["content"][1]["id"] = id.into();
        whole.to_string()
    };
    let result = |id: &str, failed: bool, before: Option<&str>| {
        serde_json::json!({
            "type": "user", "timestamp": "2023-11-14T22:13:20Z", "cwd": root,
            "message": {"content": [{"type": "tool_result", "tool_use_id": id, "is_error": failed}]},
            "toolUseResult": {"originalFile": before},
        })
        .to_string()
    };
    transcript(
        &home,
        ".claude/projects/x/abc.jsonl",
        &[
            write("refused.txt", "one", &numbered(1..=4)),
            write("anew.txt", "two", &numbered(1..=8)),
            result("two", false, Some(&numbered(1..=4))),
            result("one", true, None),
            // The last call of a session that was cut.
            write("asked.txt", "three", &numbered(1..=4)),
        ],
    );
    let options = EvidenceOptions {
        local_sessions: Some(AgentHomes::below(&home)),
        ..EvidenceOptions::default()
    };
    let read = fused_with(repo.path(), &options);
    assert_eq!(read.file("refused.txt"), "1-4    unknown\n");
    assert_snapshot!(read.file("anew.txt"), @r"
    1-4    unknown
    5-8    claude/claude-opus-4-5 Medium [LocalSession Inferred Medium transcript on this machine]
    ");
    assert_snapshot!(read.file("asked.txt"), @r"
    1-4    claude/claude-opus-4-5 Medium [LocalSession Inferred Medium transcript on this machine]
    ");
}

#[test]
fn patches_of_codex_and_blocks_of_aider_count_their_new_lines() {
    let mut repo = Repo::new();
    repo.write(
        "a.txt",
        "kept line number one\nfresh line number one\nfresh line number two\nfresh line number three\n",
    );
    repo.write(
        "b.txt",
        "alone: one long line that stands nowhere else in this file\nshort\n",
    );
    repo.commit("add");
    let root = repo.path().canonicalize().unwrap();
    let home = repo.beside("home");
    let patch = "*** Begin Patch\n*** Update File: a.txt\n@@\n kept line number one\n\
                 +fresh line number one\n+fresh line number two\n+fresh line number three\n*** End Patch";
    let arguments = serde_json::json!({"command": ["apply_patch", patch]}).to_string();
    transcript(
        &home,
        ".codex/sessions/2023/11/14/rollout-1.jsonl",
        &[
            serde_json::json!({"type": "session_meta", "payload": {"id": "u", "cwd": root, "originator": "cli"}}).to_string(),
            serde_json::json!({"type": "turn_context", "payload": {"model": "gpt-5-codex"}}).to_string(),
            serde_json::json!({"timestamp": "2023-11-14T22:13:20Z", "type": "response_item",
                "payload": {"type": "function_call", "name": "shell", "arguments": arguments}}).to_string(),
        ],
    );
    std::fs::write(
        root.join(".aider.chat.history.md"),
        "> Model: gpt-4o with diff edit format\n\n#### do it\n\nb.txt\n```\n<<<<<<< SEARCH\nshort\n=======\n\
         alone: one long line that stands nowhere else in this file\nshort\n>>>>>>> REPLACE\n```\n",
    )
    .unwrap();
    let options = EvidenceOptions {
        local_sessions: Some(AgentHomes::below(&home)),
        ..EvidenceOptions::default()
    };
    let read = fused_with(repo.path(), &options);
    assert_snapshot!(read.file("a.txt"), @r"
    1-1    unknown
    2-4    codex/gpt-5-codex Medium [LocalSession Inferred Medium transcript on this machine]
    ");
    assert_snapshot!(read.file("b.txt"), @r"
    1-1    aider/gpt-4o Low [LocalSession Inferred Low transcript on this machine]
    2-2    unknown
    ");
}
