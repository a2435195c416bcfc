//! Declaring one's own commits: what is written, what is refused, how it reads back.

#![expect(clippy::unwrap_used, reason = "a step that fails fails the test")]

use std::sync::atomic::AtomicBool;

use trueline_facts::{Author, Confidence, ModelId, ToolId};
use trueline_history::declare::{
    Declaration, DeclareError, Declared, Earlier, Mode, NOTES_REF, Outcome, declare,
};
use trueline_history::evidence::{EvidenceOptions, Origins, fuse};
use trueline_history::repository::Repository;
use trueline_history::walk::{Options, Silent, read};

use crate::repo::Repo;

fn repo() -> Repo {
    let repo = Repo::new();
    repo.git(&["config", "user.name", "Ada"]);
    repo.git(&["config", "user.email", "ADA@example.com"]);
    repo
}

fn claude() -> Declaration {
    Declaration {
        tool: ToolId::new("claude"),
        model: Some(ModelId::new("claude-opus-4-5")),
    }
}

fn run(repo: &Repo, range: Option<&str>, mode: Mode) -> Result<Vec<Declared>, DeclareError> {
    let repository = Repository::discover(repo.path()).unwrap();
    declare(&repository, range, &claude(), Earlier::Refuse, mode)
}

fn origins(repo: &Repo) -> Origins {
    let repository = Repository::discover(repo.path()).unwrap();
    let never = AtomicBool::new(false);
    let history = read(
        &repository,
        None,
        &Options::default(),
        None,
        &never,
        &Silent,
    )
    .unwrap();
    fuse(&repository, &history, &EvidenceOptions::default(), &never)
}

#[test]
fn a_declared_commit_reads_back_with_medium_confidence() {
    let mut repo = repo();
    repo.write("a b.txt", "one\ntwo\n");
    repo.commit("base");
    repo.write("a b.txt", "one\ntwo\nthree\n");
    repo.write("bin", "\0");
    let commit = repo.commit("work");
    let declared = run(&repo, None, Mode::Write).unwrap();
    assert_eq!(declared[0].outcome, Outcome::Added);
    assert_eq!(declared[0].lines, [("a b.txt".into(), 1)]);
    let note = repo.git(&["notes", "--ref", NOTES_REF, "show", &commit]);
    assert_eq!(note.as_bytes(), declared[0].note);
    assert!(note.starts_with("\"a b.txt\"\n  s_"), "{note}");
    assert!(note.contains("\"trueline\":\"declared\""));
    let origins = origins(&repo);
    let last = origins.files[0].runs.last().unwrap();
    let origin = origins.origin(last.origin);
    assert!(matches!(&origin.author, Author::Ai { tool, .. } if tool.as_str() == "claude"));
    assert_eq!((last.len, origin.confidence), (1, Confidence::Medium));
    let again = run(&repo, None, Mode::Write).unwrap();
    assert_eq!(again[0].outcome, Outcome::Unchanged);
}

#[test]
fn a_dry_run_writes_nothing() {
    let mut repo = repo();
    repo.write("a.txt", "one\n");
    repo.commit("work");
    let declared = run(&repo, None, Mode::DryRun).unwrap();
    assert_eq!(declared[0].outcome, Outcome::Added);
    assert_eq!(repo.git(&["for-each-ref", NOTES_REF]), "");
}

#[test]
fn a_range_leaves_out_merges_and_what_came_before() {
    let mut repo = repo();
    repo.write("a.txt", "one\n");
    repo.commit("base");
    repo.git(&["checkout", "-q", "-b", "work"]);
    repo.write("b.txt", "one\n");
    let on_branch = repo.commit("on the branch");
    repo.git(&["checkout", "-q", "main"]);
    repo.write("c.txt", "one\n");
    let on_main = repo.commit("on main");
    repo.tick();
    repo.git(&["merge", "-q", "--no-ff", "-m", "merge", "work"]);
    let declared = run(&repo, Some("HEAD~2..HEAD"), Mode::DryRun).unwrap();
    let mut commits: Vec<_> = declared
        .iter()
        .map(|d| d.commit.to_hex().to_string())
        .collect();
    commits.sort();
    let mut expected = [on_branch, on_main];
    expected.sort();
    assert_eq!(commits, expected);
    assert!(matches!(
        run(&repo, None, Mode::Write),
        Err(DeclareError::Empty { .. })
    ));
    assert!(matches!(
        run(&repo, Some("HEAD~1...HEAD"), Mode::Write),
        Err(DeclareError::Range { .. })
    ));
}

#[test]
fn nobody_declares_for_somebody_else() {
    let mut repo = repo();
    repo.write("a.txt", "one\n");
    repo.commit("base");
    repo.write("a.txt", "one\ntwo\n");
    repo.tick();
    repo.git(&[
        "commit",
        "-q",
        "-a",
        "-m",
        "work",
        "--author",
        "Bob <bob@example.com>",
    ]);
    let error = run(&repo, Some("HEAD~1..HEAD"), Mode::Write).unwrap_err();
    assert!(
        matches!(error, DeclareError::NotYours { count: 1, .. }),
        "{error}"
    );
    assert_eq!(repo.git(&["for-each-ref", NOTES_REF]), "");
    // As everywhere else: the repository's own configuration names more of it.
    std::fs::write(
        repo.path().join(".git/people"),
        "Ada <ada@example.com> <bob@example.com>\n",
    )
    .unwrap();
    repo.git(&["config", "mailmap.file", ".git/people"]);
    assert!(run(&repo, Some("HEAD~1..HEAD"), Mode::DryRun).is_ok());
    repo.git(&["config", "--unset", "mailmap.file"]);
    assert!(run(&repo, Some("HEAD~1..HEAD"), Mode::DryRun).is_err());
    repo.write(".mailmap", "Ada <ada@example.com> <bob@example.com>\n");
    repo.commit("Bob is Ada's other address");
    assert!(run(&repo, Some("HEAD~2..HEAD"), Mode::Write).is_ok());
}

#[test]
fn a_note_that_exists_is_added_to_and_keeps_the_last_word() {
    let mut repo = repo();
    repo.write("a.txt", "one\ntwo\n");
    let commit = repo.commit("work");
    let note = "a.txt\n  s_11111111111111::t_22222222222222 1\n---\n{\"schema_version\":\"authorship/3.0.0\",\"base_commit_sha\":\"\",\"prompts\":{},\"logical_commit_id\":\"kept\",\"sessions\":{\"s_11111111111111\":{\"agent_id\":{\"tool\":\"cursor\",\"id\":\"c\",\"model\":\"gpt-5\"}}}}";
    let blob = repo.git_with(&["hash-object", "-w", "--stdin"], note.as_bytes());
    repo.git(&["notes", "--ref", NOTES_REF, "add", "-C", &blob, &commit]);
    let declared = run(&repo, None, Mode::Write).unwrap();
    assert_eq!(declared[0].outcome, Outcome::Merged);
    assert!(
        repo.git(&["notes", "--ref", NOTES_REF, "show"])
            .contains("\"logical_commit_id\":\"kept\"")
    );
    let origins = origins(&repo);
    let tools: Vec<_> = origins.files[0]
        .runs
        .iter()
        .map(|run| origins.origin(run.origin).tool().map(ToolId::as_str))
        .collect();
    assert_eq!(tools, [Some("cursor"), Some("claude")]);
}

#[test]
fn a_note_that_cannot_be_read_is_left_alone() {
    let mut repo = repo();
    repo.write("a.txt", "one\n");
    let commit = repo.commit("work");
    let blob = repo.git_with(&["hash-object", "-w", "--stdin"], b"not a note");
    repo.git(&["notes", "--ref", NOTES_REF, "add", "-C", &blob, &commit]);
    let error = run(&repo, None, Mode::Write).unwrap_err();
    assert!(
        matches!(error, DeclareError::ExistingNote { .. }),
        "{error}"
    );
    assert_eq!(
        repo.git(&["notes", "--ref", NOTES_REF, "show"]),
        "not a note"
    );
}

#[test]
fn without_an_address_nothing_is_declared() {
    let mut repo = repo();
    repo.write("a.txt", "one\n");
    repo.commit("work");
    repo.git(&["config", "user.email", ""]);
    let error = run(&repo, None, Mode::Write).unwrap_err();
    assert!(matches!(error, DeclareError::NoIdentity), "{error}");
}

#[cfg(unix)]
#[test]
fn no_hook_of_the_repository_runs() {
    use std::os::unix::fs::PermissionsExt;

    let mut repo = repo();
    repo.write("a.txt", "one\n");
    repo.commit("work");
    let trace = repo.beside("ran");
    let hook = repo.path().join(".git/hooks/reference-transaction");
    std::fs::create_dir_all(hook.parent().unwrap()).unwrap();
    std::fs::write(&hook, format!("#!/bin/sh\ntouch '{}'\n", trace.display())).unwrap();
    std::fs::set_permissions(&hook, PermissionsExt::from_mode(0o755)).unwrap();
    run(&repo, None, Mode::Write).unwrap();
    assert!(repo.git(&["for-each-ref", NOTES_REF]).contains(NOTES_REF));
    assert!(!trace.exists());
}
