//! What the walk does with particular repositories: shapes of history, gaps, limits, the cache.

use std::fmt::Write as _;
use std::fs;
use std::num::NonZeroUsize;
use std::sync::atomic::AtomicBool;

use insta::assert_snapshot;
use trueline_cache::{Cache, Candidate};
use trueline_facts::RepoPath;
use trueline_history::model::{Completeness, FileContent, History, RunEnd};
use trueline_history::repository::{HistoryError, Repository};
use trueline_history::walk::{Deaths, Options, PathFilter, Silent, blame, read};

use crate::repo::Repo;

fn generated(path: &RepoPath) -> bool {
    path.extension() == "lock"
}

fn options() -> Options {
    Options {
        deaths: Deaths::TracedExcept(PathFilter {
            name: "lock",
            contains: generated,
        }),
        threads: NonZeroUsize::new(2),
        ..Options::default()
    }
}

fn history_with(repository: &Repository, options: &Options, cache: Option<&Cache>) -> History {
    read(
        repository,
        None,
        options,
        cache,
        &AtomicBool::new(false),
        &Silent,
    )
    .unwrap()
}

fn history(repo: &Repo) -> History {
    let repository = Repository::discover(repo.path()).unwrap();
    history_with(&repository, &options(), None)
}

fn subject(history: &History, commit: trueline_history::model::CommitIx) -> String {
    let message = history.commit(commit).message.to_string();
    message.lines().next().unwrap_or_default().to_owned()
}

/// One line per run: `file:first+count subject original:line`.
fn lines(history: &History) -> String {
    let mut out = String::new();
    for file in &history.files {
        let path = history.path(file.path);
        match &file.content {
            FileContent::Text(runs) => {
                for run in runs {
                    let end = match run.end {
                        RunEnd::Added => String::new(),
                        other => format!(" {other:?}"),
                    };
                    writeln!(
                        out,
                        "{path}:{}+{} {} {}:{}{end}",
                        run.start,
                        run.len,
                        subject(history, run.commit),
                        history.path(run.path),
                        run.original_start,
                    )
                    .unwrap();
                }
            }
            other => writeln!(out, "{path} {other:?}").unwrap(),
        }
    }
    out
}

fn changes(history: &History) -> String {
    let mut out = String::new();
    for change in &history.changes {
        let lines = change
            .lines
            .map_or("-".to_owned(), |l| format!("+{} -{}", l.added, l.removed));
        writeln!(
            out,
            "{}: {:?} {} {lines}",
            subject(history, change.commit),
            change.kind,
            history.path(change.path),
        )
        .unwrap();
    }
    out
}

fn deaths(history: &History) -> String {
    let mut out = String::new();
    for death in &history.deaths {
        writeln!(
            out,
            "{} removed {}:{}+{} of {}",
            subject(history, death.died),
            history.path(death.path),
            death.original_start,
            death.len,
            death
                .born
                .map_or("before the window".to_owned(), |born| subject(
                    history, born
                )),
        )
        .unwrap();
    }
    out
}

fn codes(history: &History) -> Vec<&str> {
    history
        .diagnostics
        .iter()
        .map(|d| d.code.as_str())
        .collect()
}

const TEN: &str = "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n";

#[test]
fn a_repository_without_commits_is_an_empty_history() {
    let history = history(&Repo::new());
    assert!(history.commits.is_empty() && history.files.is_empty());
    assert_eq!(history.completeness, Completeness::Whole);
}

#[test]
fn a_place_without_a_repository_is_an_error() {
    let directory = tempfile::tempdir().unwrap();
    let error = Repository::discover(directory.path()).unwrap_err();
    assert!(matches!(error, HistoryError::NotARepository { .. }));
}

#[test]
fn an_unknown_revision_is_an_error() {
    let mut repo = Repo::new();
    repo.commit("one");
    let repository = Repository::discover(repo.path()).unwrap();
    for rev in [
        "nothing",
        "HEAD~5",
        "main:absent",
        "0000000000000000000000000000000000000000",
    ] {
        let stop = AtomicBool::new(false);
        let error = read(&repository, Some(rev), &options(), None, &stop, &Silent).unwrap_err();
        assert!(
            matches!(error, HistoryError::UnknownRevision { .. }),
            "{rev}"
        );
    }
}

#[test]
fn lines_follow_edits_and_renames() {
    let mut repo = Repo::new();
    repo.write("a.txt", TEN);
    repo.commit("add");
    repo.write("a.txt", &TEN.replace("5\n", "five\n"));
    repo.commit("edit");
    fs::remove_file(repo.path().join("a.txt")).unwrap();
    repo.write(
        "dir/b.txt",
        &TEN.replace("5\n", "five\n").replace("9\n", "nine\n"),
    );
    repo.commit("rename");
    let history = history(&repo);
    assert_snapshot!(lines(&history), @"
    dir/b.txt:0+4 add a.txt:0
    dir/b.txt:4+1 edit a.txt:4
    dir/b.txt:5+3 add a.txt:5
    dir/b.txt:8+1 rename dir/b.txt:8
    dir/b.txt:9+1 add a.txt:9
    ");
    assert_snapshot!(changes(&history), @"
    rename: Deleted a.txt +0 -10
    rename: Added dir/b.txt +10 -0
    edit: Modified a.txt +1 -1
    add: Added a.txt +10 -0
    ");
    assert_snapshot!(deaths(&history), @"
    rename removed a.txt:8+1 of add
    edit removed a.txt:4+1 of add
    ");
}

#[test]
fn one_file_is_blamed_without_the_rest() {
    let mut repo = Repo::new();
    repo.write("dir/a.txt", TEN);
    repo.write("other.txt", "x\n");
    repo.commit("add");
    repo.write("other.txt", "y\n");
    repo.commit("elsewhere");
    repo.git(&["mv", "dir/a.txt", "b.txt"]);
    repo.commit("move");
    repo.write("b.txt", &TEN.replace("1\n", "one\n"));
    repo.commit("edit");
    let repository = Repository::discover(repo.path()).unwrap();
    let stop = AtomicBool::new(false);
    let go = |path: &str| blame(&repository, None, &[path.into()], &options(), &stop);
    let whole = lines(&history(&repo));
    let expected: String = whole
        .split_inclusive('\n')
        .filter(|line| line.starts_with("b.txt"))
        .collect();
    let blamed = go("b.txt").unwrap();
    assert_eq!(lines(&blamed.history), expected);
    // The edit looked into its parent; the commit that made the file had nowhere to look.
    let previous: Vec<_> = blamed
        .previous
        .iter()
        .map(|((commit, path), (parent, before))| (commit.0, path, parent.0, before))
        .collect();
    let path = RepoPath::from("b.txt");
    assert_eq!(previous, [(0, &path, 1, &path)]);
    for absent in ["dir", "dir/a.txt", "b.txt/x", ""] {
        let error = go(absent).unwrap_err();
        assert!(matches!(error, HistoryError::NotAFile { .. }), "{absent}");
    }
}

#[test]
fn lines_that_went_down_two_branches_meet_again() {
    let mut repo = Repo::new();
    repo.write("a", "1\n2\n7\n8\n");
    repo.commit("base");
    repo.write("a", "1\n2\n3\n4\n5\n6\n7\n8\n");
    repo.commit("middle");
    repo.git(&["checkout", "-q", "-b", "side"]);
    repo.write("a", "1\n2\n3\n5\n6\n7\n");
    repo.commit("without 4 and 8");
    repo.git(&["checkout", "-q", "main"]);
    repo.write("a", "2\n3\n4\n5\n8\n");
    repo.commit("without 1, 6 and 7");
    repo.tick();
    repo.git(&["merge", "-q", "-s", "ours", "--no-commit", "side"]);
    repo.write("a", "1\n2\n3\n4\n5\n6\n7\n8\nm\n");
    repo.commit("merge");
    assert_snapshot!(lines(&history(&repo)), @"
    a:0+2 base a:0
    a:2+4 middle a:2
    a:6+2 base a:2
    a:8+1 merge a:8
    ");
}

#[test]
fn a_merge_takes_a_whole_file_from_the_parent_that_has_it() {
    let mut repo = Repo::new();
    repo.write("a", "1\n2\n");
    repo.commit("base");
    repo.git(&["checkout", "-q", "-b", "side"]);
    repo.write("a", "1\nx\n2\n");
    repo.commit("side");
    repo.git(&["checkout", "-q", "main"]);
    repo.write("a", "1\nx\ny\n2\n");
    repo.commit("main");
    repo.tick();
    repo.git(&["merge", "-q", "-s", "ours", "--no-commit", "side"]);
    repo.git(&["checkout", "-q", "side", "--", "a"]);
    repo.commit("merge");
    assert_snapshot!(lines(&history(&repo)), @"
    a:0+1 base a:0
    a:1+1 side a:1
    a:2+1 base a:1
    ");
}

#[test]
fn what_is_not_text_has_no_lines() {
    let mut repo = Repo::new();
    repo.write("binary", "a\0b\n");
    repo.write("empty", "");
    repo.write("large", &"0123456789abcde\n".repeat(400_000));
    repo.write("text", "a");
    #[cfg(unix)]
    std::os::unix::fs::symlink("text", repo.path().join("link")).unwrap();
    repo.commit("add");
    let history = history(&repo);
    assert_snapshot!(lines(&history), @"
    binary Binary
    large TooLarge
    link NotAFile
    text:0+1 add text:0
    ");
    assert_eq!(codes(&history), ["blob-too-large"]);
}

#[test]
fn a_file_that_becomes_a_link_and_back_starts_anew() {
    let mut repo = Repo::new();
    repo.write("a", "1\n2\n");
    repo.commit("file");
    fs::remove_file(repo.path().join("a")).unwrap();
    std::os::unix::fs::symlink("nowhere", repo.path().join("a")).unwrap();
    repo.commit("link");
    fs::remove_file(repo.path().join("a")).unwrap();
    repo.write("a", "1\n2\n");
    repo.commit("file again");
    assert_snapshot!(lines(&history(&repo)), @"a:0+2 file again a:0");
}

#[test]
fn a_shallow_clone_ends_in_a_boundary() {
    let mut repo = Repo::new();
    repo.write("a", "1\n");
    repo.commit("one");
    repo.write("a", "1\n2\n");
    repo.commit("two");
    repo.write("a", "1\n2\n3\n");
    repo.commit("three");
    let clone = repo.beside("clone");
    let url = format!("file://{}", repo.path().display());
    repo.git(&["clone", "-q", "--depth", "2", &url, clone.to_str().unwrap()]);
    let repository = Repository::discover(&clone).unwrap();
    let history = history_with(&repository, &options(), None);
    assert_snapshot!(lines(&history), @"
    a:0+2 two a:0 Boundary
    a:2+1 three a:2
    ");
    assert_snapshot!(changes(&history), @"three: Modified a +1 -0");
    assert_eq!(codes(&history), ["history-shallow"]);
}

#[test]
fn bare_linked_and_nested_places_give_the_same_answer() {
    let mut repo = Repo::new();
    repo.write("dir/a", "1\n");
    repo.commit("one");
    let expected = lines(&history(&repo));
    let (bare, linked) = (repo.beside("bare.git"), repo.beside("linked"));
    let source = repo.path().to_str().unwrap().to_owned();
    repo.git(&["clone", "-q", "--bare", &source, bare.to_str().unwrap()]);
    repo.git(&[
        "worktree",
        "add",
        "-q",
        linked.to_str().unwrap(),
        "-b",
        "other",
    ]);
    for place in [
        bare,
        linked.clone(),
        linked.join("dir"),
        repo.path().join("dir"),
    ] {
        let repository = Repository::discover(&place).unwrap();
        let found = history_with(&repository, &options(), None);
        assert_eq!(lines(&found), expected, "{}", place.display());
    }
    let linked = Repository::discover(&linked).unwrap();
    assert!(linked.common_dir().join("objects").is_dir());
}

/// Removes a loose object from the repository.
/// Takes a loose object away; its file and what was in it.
pub(crate) fn lose(repo: &Repo, spec: &str) -> (std::path::PathBuf, Vec<u8>) {
    let id = repo.git(&["rev-parse", spec]);
    let path = repo
        .path()
        .join(".git/objects")
        .join(&id[..2])
        .join(&id[2..]);
    let content = fs::read(&path).unwrap();
    fs::remove_file(&path).unwrap();
    (path, content)
}

#[test]
fn a_missing_blob_makes_lines_unattributable_and_nothing_fails() {
    let mut repo = Repo::new();
    repo.write("a", "1\n");
    repo.write("b", "1\n");
    repo.commit("one");
    repo.write("a", "1\n2\n");
    repo.commit("two");
    repo.write("a", "1\n2\n3\n");
    repo.write("b", "1\nb\n");
    repo.commit("three");
    let (path, content) = lose(&repo, "HEAD~:a");
    let repository = Repository::discover(repo.path()).unwrap();
    let cache = Cache::open(&[Candidate::new(repo.beside("cache"), "")], 1 << 20).unwrap();
    let gaps = history_with(&repository, &options(), Some(&cache));
    assert_snapshot!(lines(&gaps), @"
    a:0+3 three a:0 Unattributable
    b:0+1 one b:0
    b:1+1 three b:1
    ");
    assert_eq!(codes(&gaps), ["lines-unattributable"]);

    // The stored answer holds only while the blob is missing.
    let again = Repository::discover(repo.path()).unwrap();
    assert_eq!(
        lines(&history_with(&again, &options(), Some(&cache))),
        lines(&gaps)
    );
    fs::write(path, content).unwrap();
    let restored = Repository::discover(repo.path()).unwrap();
    assert_snapshot!(lines(&history_with(&restored, &options(), Some(&cache))), @"
    a:0+1 one a:0
    a:1+1 two a:1
    a:2+1 three a:2
    b:0+1 one b:0
    b:1+1 three b:1
    ");
}

#[test]
fn a_missing_or_damaged_object_of_any_kind_is_a_gap() {
    for (spec, expected) in [
        ("HEAD~", "commit-unreadable"),
        ("HEAD~^{tree}", "trees-unreadable"),
        ("HEAD:d", "files-unlisted"),
        ("HEAD:d/b", "blob-"),
    ] {
        for damage in [false, true] {
            let mut repo = Repo::new();
            repo.write("a", "1\n");
            repo.commit("one");
            repo.write("a", "1\n2\n");
            repo.commit("two");
            repo.write("d/b", "b\n");
            repo.commit("three");
            let (path, _) = lose(&repo, spec);
            if damage {
                fs::write(path, b"not an object").unwrap();
            }
            let history = history(&repo);
            let expected = match (expected, damage) {
                ("blob-", true) => "blob-damaged",
                ("blob-", false) => "blob-missing",
                (code, _) => code,
            };
            assert!(
                codes(&history).contains(&expected),
                "{spec}: {:?}",
                codes(&history)
            );
            assert!(
                !lines(&history).contains("a:0+2 two"),
                "{spec} {}",
                lines(&history)
            );
        }
    }
}

#[test]
fn an_interrupted_walk_says_so_and_keeps_nothing() {
    let mut repo = Repo::new();
    repo.write("a", "1\n");
    repo.commit("one");
    repo.write("a", "1\n2\n");
    repo.commit("two");
    let repository = Repository::discover(repo.path()).unwrap();
    let cache = Cache::open(&[Candidate::new(repo.beside("cache"), "")], 1 << 20).unwrap();
    let stop = AtomicBool::new(true);
    let cut = read(&repository, None, &options(), Some(&cache), &stop, &Silent).unwrap();
    assert_eq!(cut.completeness, Completeness::Interrupted);
    assert_eq!(fs::read_dir(cache.directory()).unwrap().count(), 0);
}

#[test]
fn persons_are_joined_by_the_mailmap_of_the_commit() {
    let mut repo = Repo::new();
    repo.commit("one");
    repo.git(&[
        "commit",
        "-q",
        "--allow-empty",
        "--author",
        "ada <ADA@Example.com>",
        "-m",
        "two",
    ]);
    repo.git(&[
        "commit",
        "-q",
        "--allow-empty",
        "--author",
        "L <love@lace.org>",
        "-m",
        "three",
    ]);
    assert_eq!(history(&repo).persons.len(), 2);
    repo.write(
        ".mailmap",
        "Ada Lovelace <ada@example.com> <love@lace.org>\n",
    );
    repo.commit("map");
    let mapped = history(&repo);
    assert_eq!(mapped.persons.len(), 1);
    assert_eq!(mapped.commits[1].author.email, "love@lace.org");
    assert_eq!(mapped.canonical_email(b"Love@lace.org"), b"ada@example.com");
    assert_eq!(mapped.canonical_email(b"x@lace.org"), b"x@lace.org");
}

#[test]
fn mailmaps_that_the_configuration_names_come_after_that_of_the_commit() {
    let mut repo = Repo::new();
    repo.write(".mailmap", "Ada <ada@example.org> <ada@example.com>\n");
    repo.write("more.map", "Bob <bob@example.org> <b@example.com>\n");
    repo.commit("one");
    let canonical = |repo: &Repo, email: &[u8]| history(repo).canonical_email(email);
    assert_eq!(canonical(&repo, b"ada@example.com"), b"ada@example.org");
    assert_eq!(canonical(&repo, b"b@example.com"), b"b@example.com");
    repo.git(&["config", "mailmap.blob", "HEAD:more.map"]);
    assert_eq!(canonical(&repo, b"b@example.com"), b"bob@example.org");
    let file = repo.beside("third.map");
    std::fs::write(&file, "Ada <last@example.org> <ada@example.com>\n").unwrap();
    repo.git(&["config", "mailmap.file", file.to_str().unwrap()]);
    for (email, known) in [
        ("ada@example.com", "last@example.org"),
        ("b@example.com", "bob@example.org"),
    ] {
        assert_eq!(canonical(&repo, email.as_bytes()), known.as_bytes());
        let git = repo.git(&["check-mailmap", &format!("X <{email}>")]);
        assert!(git.ends_with(&format!("<{known}>")), "{git}");
    }
    // What is not there is left out.
    repo.git(&["config", "mailmap.file", "gone.map"]);
    repo.git(&["config", "mailmap.blob", "HEAD:gone.map"]);
    assert_eq!(canonical(&repo, b"ada@example.com"), b"ada@example.org");
}

#[test]
fn a_mailmap_of_the_work_tree_counts_as_in_git_before_it_is_committed() {
    let mut repo = Repo::new();
    repo.write(".mailmap", "Ada <old@example.org> <ada@example.com>\n");
    repo.commit("one");
    let agrees = |repo: &Repo, known: &str| {
        let git = repo.git(&["check-mailmap", "X <ada@example.com>"]);
        assert!(git.ends_with(&format!("<{known}>")), "{git}");
        assert_eq!(
            history(repo).canonical_email(b"ada@example.com"),
            known.as_bytes()
        );
    };
    agrees(&repo, "old@example.org");
    repo.write(".mailmap", "Ada <new@example.org> <ada@example.com>\n");
    agrees(&repo, "new@example.org");
    // One that is no file says nothing.
    std::fs::remove_file(repo.path().join(".mailmap")).unwrap();
    std::fs::create_dir(repo.path().join(".mailmap")).unwrap();
    assert_eq!(
        history(&repo).canonical_email(b"ada@example.com"),
        b"ada@example.com"
    );
    std::fs::remove_dir(repo.path().join(".mailmap")).unwrap();
    // Git has none then; a sparse work tree still stands for its commit.
    assert_eq!(
        history(&repo).canonical_email(b"ada@example.com"),
        b"old@example.org"
    );
}

#[test]
fn a_bare_repository_has_the_mailmap_of_its_tip_unless_it_names_another() {
    let mut repo = Repo::new();
    repo.write(".mailmap", "Ada <one@example.org> <ada@example.com>\n");
    repo.write("more.map", "Bob <bob@example.org> <b@example.com>\n");
    repo.commit("one");
    let bare = repo.beside("bare.git");
    repo.git(&["clone", "-q", "--bare", ".", bare.to_str().unwrap()]);
    let agrees = |email: &str, known: &str| {
        let git = repo.git_in(&bare, &["check-mailmap", &format!("X <{email}>")]);
        assert!(git.ends_with(&format!("<{known}>")), "{git}");
        let found = history_with(&Repository::discover(&bare).unwrap(), &options(), None);
        assert_eq!(found.canonical_email(email.as_bytes()), known.as_bytes());
    };
    agrees("ada@example.com", "one@example.org");
    repo.git_in(&bare, &["config", "mailmap.blob", "HEAD:more.map"]);
    agrees("ada@example.com", "ada@example.com");
    agrees("b@example.com", "bob@example.org");
}

#[test]
fn what_judges_a_change_knows_only_mailmaps_that_are_committed() {
    let mut repo = Repo::new();
    repo.write("a", "1\n");
    let first = repo.commit("one");
    repo.write("a", "1\n2\n");
    let second = repo.commit("two");
    repo.write(".mailmap", "Bob <bob@example.org> <ada@example.com>\n");
    let id = |hex: &str| gix::ObjectId::from_hex(hex.as_bytes()).unwrap();
    let range = trueline_history::walk::within(
        &Repository::discover(repo.path()).unwrap(),
        id(&second),
        &[id(&second), id(&first)],
        &["a".into()],
        &options(),
        &AtomicBool::new(false),
    )
    .unwrap();
    assert_eq!(
        range.canonical_email(b"ada@example.com"),
        b"ada@example.com"
    );
}

#[test]
fn replaced_commits_are_read_as_git_reads_them() {
    let mut repo = Repo::new();
    repo.write("a", "1\n");
    let first = repo.commit("one");
    repo.write("a", "1\n2\n");
    let second = repo.commit("two");
    repo.write("a", "1\n2\n3\n");
    repo.commit("three");
    let of_line_one = |repo: &Repo| repo.git(&["blame", "-l", "-s", "--root", "-L1,1", "a"]);
    assert!(of_line_one(&repo).starts_with(&first));
    repo.git(&["replace", "--graft", &second]);
    assert!(of_line_one(&repo).starts_with(&second));
    assert_snapshot!(lines(&history(&repo)), @"
    a:0+2 two a:0
    a:2+1 three a:2
    ");
    repo.git(&["replace", "-d", &second]);
    assert_snapshot!(lines(&history(&repo)), @"
    a:0+1 one a:0
    a:1+1 two a:1
    a:2+1 three a:2
    ");
}

#[test]
fn grafts_that_git_still_reads_are_told_and_their_successors_are_read() {
    let mut repo = Repo::new();
    repo.write("a", "1\n");
    repo.commit("one");
    repo.write("a", "1\n2\n");
    let second = repo.commit("two");
    let info = repo.path().join(".git/info");
    std::fs::create_dir_all(&info).unwrap();
    std::fs::write(info.join("grafts"), "# none yet\n\n").unwrap();
    assert!(codes(&history(&repo)).is_empty());
    std::fs::write(info.join("grafts"), format!("{second}\n")).unwrap();
    let told = history(&repo);
    assert_eq!(codes(&told), ["grafts-ignored"]);
    assert!(
        told.diagnostics[0]
            .message
            .contains("git replace --convert-graft-file")
    );
    repo.git(&["replace", "--convert-graft-file"]);
    let read = history(&repo);
    assert!(codes(&read).is_empty());
    assert_snapshot!(lines(&read), @"a:0+2 two a:0");
}

#[test]
fn deaths_end_at_the_window_and_skip_what_is_generated() {
    let mut repo = Repo::new();
    repo.write("a", "old\n1\n");
    repo.write("x.lock", "1\n");
    repo.commit("ancient");
    repo.write("a", "old\n1\nnew\n2\n");
    repo.commit_after(500, "recent");
    repo.write("a", "1\n2\n");
    repo.write("x.lock", "2\n");
    repo.commit_after(10, "clean");
    repo.git(&["rm", "-q", "x.lock"]);
    repo.git(&["mv", "a", "b"]);
    repo.commit("move");
    assert_snapshot!(deaths(&history(&repo)), @"
    clean removed a:0+1 of before the window
    clean removed a:2+1 of recent
    ");
}

#[test]
fn counts_are_made_for_the_window_only() {
    let mut repo = Repo::new();
    repo.write("a", "1\n2\n");
    repo.write("b", "a\0\n");
    repo.commit("ancient");
    repo.write("a", "1\n3\n4\n");
    repo.write("b", "b\0\n");
    repo.commit_after(500, "recent");
    assert_snapshot!(changes(&history(&repo)), @"
    recent: Modified a +2 -1
    recent: Modified b -
    ancient: Added a -
    ancient: Added b -
    ");
}

#[test]
fn a_tip_with_an_older_clock_widens_the_window_and_the_stored_answer_does_not_mislead() {
    let mut repo = Repo::new();
    repo.write("a", "1\n2\n");
    repo.commit("one");
    repo.write("a", "1\n3\n");
    repo.commit_after(400, "two");
    repo.write("a", "1\n4\n");
    repo.commit_after(400, "three");
    let cache = Cache::open(&[Candidate::new(repo.beside("cache"), "")], 1 << 20).unwrap();
    let repository = Repository::discover(repo.path()).unwrap();
    history_with(&repository, &options(), Some(&cache));
    repo.write("a", "1\n5\n");
    repo.commit_after(-300, "four");
    let later = Repository::discover(repo.path()).unwrap();
    let composed = history_with(&later, &options(), Some(&cache));
    let whole = history(&repo);
    assert_eq!(deaths(&composed), deaths(&whole));
    assert_eq!(changes(&composed), changes(&whole));
    assert_snapshot!(deaths(&whole), @"
    four removed a:1+1 of three
    three removed a:1+1 of two
    two removed a:1+1 of before the window
    ");
}

#[test]
fn a_force_push_is_answered_from_what_is_still_true() {
    let mut repo = Repo::new();
    repo.write("a", "1\n");
    repo.commit("one");
    let cache = Cache::open(&[Candidate::new(repo.beside("cache"), "")], 1 << 20).unwrap();
    let go = |repo: &Repo| {
        let repository = Repository::discover(repo.path()).unwrap();
        history_with(&repository, &options(), Some(&cache))
    };
    go(&repo);
    repo.write("a", "1\n2\n");
    repo.commit("two");
    go(&repo);
    repo.git(&["reset", "-q", "--hard", "HEAD~"]);
    repo.write("a", "1\n2\n3\n");
    repo.commit("instead");
    assert_eq!(lines(&go(&repo)), lines(&history(&repo)));
    repo.git(&["checkout", "-q", "--orphan", "fresh"]);
    repo.commit("fresh");
    assert_snapshot!(lines(&go(&repo)), @"a:0+3 fresh a:0");
}

#[test]
fn a_spoilt_segment_is_rebuilt() {
    let mut repo = Repo::new();
    repo.write("a", "1\n");
    repo.commit("one");
    let cache = Cache::open(&[Candidate::new(repo.beside("cache"), "")], 1 << 20).unwrap();
    let repository = Repository::discover(repo.path()).unwrap();
    let whole = history_with(&repository, &options(), Some(&cache));
    let segment = fs::read_dir(cache.directory())
        .unwrap()
        .next()
        .unwrap()
        .unwrap();
    let bytes = fs::read(segment.path()).unwrap();
    for spoilt in [&bytes[..bytes.len() / 2], b"", b"TRUELINE"] {
        fs::write(segment.path(), spoilt).unwrap();
        let again = history_with(&repository, &options(), Some(&cache));
        assert_eq!(lines(&again), lines(&whole));
        assert_eq!(fs::read(segment.path()).unwrap(), bytes);
    }
}
