//! Repositories that were made to do harm, or that are damaged: nothing leads out of the tree,
//! nothing runs for long, and every gap has a reason.

use std::fs;
use std::sync::atomic::AtomicBool;

use trueline_facts::RepoPath;
use trueline_history::model::History;
use trueline_history::repository::{Gap, HistoryError, Repository};
use trueline_history::walk::{Options, Silent, blame, read};

use crate::evidence::fused;
use crate::repo::Repo;
use crate::walk::lose;

fn history(repo: &Repo) -> History {
    let repository = Repository::discover(repo.path()).unwrap();
    let never = AtomicBool::new(false);
    read(
        &repository,
        None,
        &Options::default(),
        None,
        &never,
        &Silent,
    )
    .unwrap()
}

/// Writes a tree as it is, without git's checks; its id.
fn tree(repo: &Repo, entries: &[(&str, &[u8], &str)]) -> String {
    let mut raw = Vec::new();
    for (mode, name, id) in entries {
        raw.extend_from_slice(mode.as_bytes());
        raw.push(b' ');
        raw.extend_from_slice(name);
        raw.push(0);
        for pair in id.as_bytes().chunks(2) {
            raw.push(u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap());
        }
    }
    repo.git_with(
        &["hash-object", "-t", "tree", "-w", "--literally", "--stdin"],
        &raw,
    )
}

fn commit_tree(repo: &Repo, tree: &str) {
    let commit = repo.git(&["commit-tree", "-m", "hostile", tree]);
    repo.git(&["update-ref", "HEAD", &commit]);
}

#[test]
fn names_that_lead_out_of_the_tree_are_left_out_and_said_so() {
    let names: [&[u8]; 8] = [
        b"",
        b".",
        b"..",
        b".git",
        b".GiT",
        b"../../outside",
        b"/etc/passwd",
        b"a/b",
    ];
    for name in names {
        let repo = Repo::new();
        let blob = repo.git_with(&["hash-object", "-w", "--stdin"], b"line\n");
        let inner = tree(&repo, &[("100644", b"file", &blob)]);
        for root in [
            tree(
                &repo,
                &[("100644", name, &blob), ("100644", b"good", &blob)],
            ),
            tree(
                &repo,
                &[("40000", name, &inner), ("100644", b"good", &blob)],
            ),
        ] {
            commit_tree(&repo, &root);
            let history = history(&repo);
            let shown: Vec<String> = history.paths.iter().map(ToString::to_string).collect();
            assert_eq!(shown, ["good"], "{name:?}");
            assert!(
                history
                    .diagnostics
                    .iter()
                    .any(|d| d.code == "files-unlisted"),
                "{name:?}"
            );
            let repository = Repository::discover(repo.path()).unwrap();
            let mut inside = name.to_vec();
            inside.extend_from_slice(b"/file");
            for path in [name.to_vec(), inside] {
                let path = RepoPath::new(path);
                assert_eq!(repository.head_file(&path).unwrap(), None, "{path}");
                let never = AtomicBool::new(false);
                let blamed = blame(&repository, None, &[path], &Options::default(), &never);
                assert!(matches!(blamed, Err(HistoryError::NotAFile { .. })));
            }
        }
    }
}

#[test]
fn a_damaged_repository_is_not_taken_for_a_folder_without_one() {
    let corrupt: [fn(&Repo); 3] = [
        |repo| repo.write(".git/config", "[core\nnonsense"),
        |repo| fs::remove_file(repo.path().join(".git/HEAD")).unwrap(),
        |repo| fs::remove_dir_all(repo.path().join(".git/objects")).unwrap(),
    ];
    for corrupt in corrupt {
        let mut repo = Repo::new();
        repo.write("src/a.rs", "1\n");
        repo.commit("one");
        corrupt(&repo);
        let error = Repository::discover(&repo.path().join("src")).unwrap_err();
        assert!(matches!(error, HistoryError::Damaged { .. }), "{error}");
        let shown = error.to_string();
        assert!(shown.contains("is a git repository that cannot be opened: "));
    }
}

#[test]
fn an_empty_git_directory_is_no_repository() {
    let directory = tempfile::tempdir().unwrap();
    fs::create_dir(directory.path().join(".git")).unwrap();
    let error = Repository::discover(directory.path()).unwrap_err();
    assert!(matches!(error, HistoryError::NotARepository { .. }));
}

#[test]
fn a_file_of_head_that_cannot_be_read_says_why() {
    let mut repo = Repo::new();
    repo.write("large", &"x".repeat((5 << 20) + 1));
    repo.write("small", "x\n");
    repo.write("gone", "y\n");
    repo.commit("one");
    let id = repo.git(&["rev-parse", "HEAD:gone"]);
    let (folder, name) = id.split_at(2);
    fs::remove_file(repo.path().join(".git/objects").join(folder).join(name)).unwrap();
    let repository = Repository::discover(repo.path()).unwrap();
    let read = |path: &str| repository.head_file(&RepoPath::from(path));
    assert_eq!(read("small").unwrap().unwrap(), b"x\n");
    assert_eq!(read("none").unwrap(), None);
    for (path, expected) in [("large", Gap::TooLarge), ("gone", Gap::Missing)] {
        let error = read(path).unwrap_err();
        assert!(
            matches!(&error, HistoryError::Unavailable { why, .. } if *why == expected),
            "{error}"
        );
    }
    assert_eq!(
        read("large").unwrap_err().to_string(),
        "HEAD has `large`, but it is too large"
    );
}

fn record(revision: &str, files: &str) -> String {
    format!(
        r#"{{"tool":{{"name":"cursor"}},"vcs":{{"type":"git","revision":"{revision}"}},"files":[{files}]}}"#
    )
}

fn traced_file(ranges: &str) -> String {
    format!(
        r#"{{"path":"a.txt","conversations":[{{"contributor":{{"type":"ai"}},"ranges":[{ranges}]}}]}}"#
    )
}

#[test]
fn traces_that_ask_for_the_same_lines_without_end_are_cut_and_said_so() {
    let mut repo = Repo::new();
    let base = repo.commit("base");
    repo.write("a.txt", &"x\n".repeat(60_000));
    repo.commit("work");
    let ranges = vec![r#"{"start_line":1,"end_line":60000}"#; 6_000].join(",");
    let lines = [record(&base, &traced_file(&ranges)), "not json".to_owned()];
    repo.write(".agent-trace/traces.jsonl", &lines.join("\n"));
    repo.commit("traces");
    assert_eq!(fused(&repo).codes(), ["trace-unreadable", "traces-cut"]);
}

#[test]
fn more_records_than_are_read_are_said_so() {
    let mut repo = Repo::new();
    repo.write(".agent-trace/traces.jsonl", &"{}\n".repeat((1 << 18) + 1));
    repo.commit("traces");
    assert!(fused(&repo).codes().contains(&"traces-cut"));
}

#[test]
fn a_version_that_no_trace_fits_is_compared_once() {
    let mut repo = Repo::new();
    for n in 0..1_500 {
        repo.write(&format!("file-with-a-long-name-{n}"), "");
    }
    repo.write("a.txt", "one\n");
    let first = repo.commit("base");
    repo.write("b.txt", "one\n");
    repo.commit("another file");
    let files = vec![traced_file(r#"{"start_line":9,"end_line":9}"#); 5_000].join(",");
    repo.write(".agent-trace/traces.jsonl", &record(&first, &files));
    repo.commit("traces");
    let read = fused(&repo);
    assert_eq!(read.codes(), Vec::<&str>::new());
}

#[test]
fn a_lost_tree_does_not_make_up_a_trace_file() {
    for spec in ["HEAD^{tree}", "HEAD:.agent-trace"] {
        let mut repo = Repo::new();
        repo.write("a.txt", "one\n");
        repo.write(".agent-trace/notes.txt", "no trace\n");
        repo.commit("base");
        assert_eq!(fused(&repo).codes(), Vec::<&str>::new());
        lose(&repo, spec);
        let read = fused(&repo);
        assert_eq!(read.codes(), ["traces-not-known"], "{spec}");
        let told = &read.origins.diagnostics[0];
        assert_eq!(told.path, None, "{spec}");
        assert!(told.message.contains("cannot be told"), "{}", told.message);
        assert!(told.message.contains("git fsck"), "{}", told.message);
    }
}

#[test]
fn a_record_of_a_version_that_is_lost_is_told_and_says_nothing() {
    let mut repo = Repo::new();
    repo.write("a.txt", "one\n");
    let base = repo.commit("base");
    repo.write("a.txt", "one\nagent\n");
    let range = r#"{"start_line":2,"end_line":2}"#;
    repo.write(
        ".agent-trace/traces.jsonl",
        &record(&base, &traced_file(range)),
    );
    repo.commit("work");
    repo.write("a.txt", "one\nagent\nby hand\n");
    repo.commit("more");
    assert!(fused(&repo).file("a.txt").contains("cursor"));
    let (path, content) = lose(&repo, "HEAD~:a.txt");
    let read = fused(&repo);
    assert_eq!(read.codes(), ["traces-unverified"]);
    let told = &read.origins.diagnostics[0].message;
    assert!(told.contains("1 version of a file"), "{told}");
    assert!(!read.file("a.txt").contains("cursor"));
    std::fs::write(path, content).unwrap();
    assert_eq!(fused(&repo).codes(), Vec::<&str>::new());
}

#[test]
fn a_record_whose_first_version_is_lost_is_not_taken_for_the_next_commit_s() {
    let mut repo = Repo::new();
    repo.write("a.txt", "one\n");
    let base = repo.commit("base");
    repo.write("a.txt", "one\nagent\n");
    let range = r#"{"start_line":2,"end_line":2}"#;
    let first = record(&base, &traced_file(range));
    repo.write(".agent-trace/traces.jsonl", &first);
    repo.commit("work");
    // By hand, and a record of another file comes with it.
    repo.write("a.txt", "one\nby hand\n");
    let other = record(&base, &traced_file(range).replace("a.txt", "b.txt"));
    repo.write(".agent-trace/traces.jsonl", &format!("{first}\n{other}"));
    repo.commit("by hand");
    assert_eq!(fused(&repo).file("a.txt").matches("cursor").count(), 0);
    lose(&repo, "HEAD~:.agent-trace/traces.jsonl");
    assert_eq!(fused(&repo).file("a.txt").matches("cursor").count(), 0);
}
