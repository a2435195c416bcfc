//! Notes and trailers behind rewritten and squashed commits: what the random histories of
//! `fuzz_evidence` found, each reduced to the least that shows it.

use insta::assert_snapshot;

use crate::evidence::{CLAUDE, SESSION, fused, git_ai, note, numbered};
use crate::repo::Repo;

/// Attests lines of a file to the agent of [`SESSION`].
fn attest(repo: &Repo, commit: &str, path: &str, lines: &str) {
    let head = format!("{path}\n  s_11111111111111::t_22222222222222 {lines}\n");
    note(repo, commit, &git_ai(&head, "1.5.0", SESSION));
}

fn amend(repo: &mut Repo) -> String {
    repo.tick();
    repo.git(&["add", "-A"]);
    repo.git(&["commit", "-q", "--amend", "--no-edit"]);
    repo.head()
}

/// A main line with `a.txt` of three lines, and a branch `work` on it, checked out.
fn branched() -> Repo {
    let mut repo = Repo::new();
    repo.write("a.txt", &numbered(1..=3));
    repo.commit("base");
    repo.git(&["checkout", "-q", "-b", "work"]);
    repo
}

/// Squashes `work` onto `main`, with its head kept under the number of the squash.
fn squash(repo: &mut Repo, message: &str) -> String {
    repo.git(&["update-ref", "refs/pull/3/head", "work"]);
    repo.git(&["checkout", "-q", "main"]);
    repo.tick();
    repo.git(&["merge", "-q", "--squash", "work"]);
    repo.commit(message)
}

#[test]
fn a_squash_whose_message_lists_nothing_is_known_by_the_branch_of_its_number() {
    let mut repo = branched();
    repo.write("b.txt", "by hand\n");
    repo.commit("first part");
    repo.write("c.txt", "by hand, too\n");
    repo.commit("second part");
    repo.git(&["update-ref", "refs/pull/3/head", "work"]);
    repo.git(&["checkout", "-q", "main"]);
    repo.git(&["merge", "-q", "--squash", "work"]);
    repo.write("d.txt", "resolved\n");
    repo.commit(&format!("Feature (#3)\n\n{CLAUDE}"));
    repo.git(&["branch", "-q", "-D", "work"]);
    let read = fused(&repo);
    assert!(read.origins.commits[0].squash);
    let low = "1-1    claude/claude-opus-4-5 Low [Identity Direct Low Co-authored-by]\n";
    assert_eq!(read.file("d.txt"), low);
}

#[test]
fn a_branch_built_on_a_commit_is_not_squashed_by_it() {
    let mut repo = branched();
    repo.write("b.txt", "one\n");
    repo.commit(&format!("Feature (#3)\n\n{CLAUDE}"));
    repo.git(&["checkout", "-q", "main"]);
    repo.git(&["merge", "-q", "--ff-only", "work"]);
    repo.git(&["checkout", "-q", "work"]);
    for name in ["c.txt", "d.txt"] {
        repo.write(name, "two\n");
        repo.commit(name);
    }
    repo.git(&["update-ref", "refs/pull/3/head", "work"]);
    repo.git(&["checkout", "-q", "main"]);
    let read = fused(&repo);
    assert!(!read.origins.commits[0].squash);
    assert_snapshot!(read.file("b.txt"), @"1-1    claude/claude-opus-4-5 Medium [Identity Direct Medium Co-authored-by]");
}

#[test]
fn what_names_an_author_comes_before_a_hint_on_the_original() {
    let mut repo = branched();
    repo.write("b.txt", "one\n");
    repo.commit("first part\n\nCo-authored-by: Copilot <copilot@github.com>");
    squash(
        &mut repo,
        &format!("Feature (#3)\n\n* first part\n\n* second part\n\n{CLAUDE}"),
    );
    assert_snapshot!(fused(&repo).file("b.txt"), @"1-1    claude/claude-opus-4-5 Low [Identity Direct Low Co-authored-by] [Hint Inferred Low Co-authored-by]");
}

#[test]
fn a_note_of_its_own_does_not_hide_the_one_left_behind() {
    let mut repo = Repo::new();
    repo.write("a.txt", "first\n");
    let first = repo.commit("add");
    attest(&repo, &first, "a.txt", "1");
    repo.write("a.txt", "first\nsecond\n");
    amend(&mut repo);
    repo.write("a.txt", "first\nsecond\nthird\n");
    let last = amend(&mut repo);
    attest(&repo, &last, "a.txt", "3");
    assert_snapshot!(fused(&repo).file("a.txt"), @r"
    1-1    cursor/gpt-5 Medium [Note Inferred Medium refs/notes/ai]
    2-2    unknown
    3-3    cursor/gpt-5 High [Note Direct High refs/notes/ai]
    ");
}

#[test]
fn every_earlier_version_of_a_commit_is_looked_at() {
    let mut repo = Repo::new();
    repo.write("a.txt", "first\n");
    let first = repo.commit("add");
    attest(&repo, &first, "a.txt", "1");
    repo.write("a.txt", "first\nsecond\n");
    let second = amend(&mut repo);
    attest(&repo, &second, "a.txt", "2");
    repo.write("a.txt", "first\nsecond\nthird\n");
    amend(&mut repo);
    assert_snapshot!(fused(&repo).file("a.txt"), @r"
    1-1    cursor/gpt-5 Medium [Note Inferred Medium refs/notes/ai]
    2-2    cursor/gpt-5 Medium [Note Inferred Medium refs/notes/ai]
    3-3    unknown
    ");
}

#[test]
fn a_file_that_an_amend_moved_keeps_the_note_left_behind() {
    let mut repo = Repo::new();
    repo.write("a.txt", &numbered(1..=6));
    let noted = repo.commit("add");
    attest(&repo, &noted, "a.txt", "2-3");
    repo.git(&["mv", "a.txt", "b.txt"]);
    repo.write("b.txt", &format!("on top\n{}", numbered(1..=6)));
    amend(&mut repo);
    assert_snapshot!(fused(&repo).file("b.txt"), @r"
    1-2    unknown
    3-4    cursor/gpt-5 Medium [Note Inferred Medium refs/notes/ai]
    5-7    unknown
    ");
}

#[test]
fn a_file_that_an_amend_replaced_by_another_loses_the_note() {
    let mut repo = Repo::new();
    repo.write("a.txt", &numbered(1..=6));
    let noted = repo.commit("add");
    attest(&repo, &noted, "a.txt", "1-6");
    repo.git(&["rm", "-q", "a.txt"]);
    repo.write(
        "b.txt",
        &format!("{}{}", numbered(1..=2), numbered(11..=18)),
    );
    amend(&mut repo);
    assert_snapshot!(fused(&repo).file("b.txt"), @"1-10   unknown");
}

#[test]
fn a_note_that_a_rebase_left_behind_counts_through_a_squash() {
    let mut repo = branched();
    repo.write("b.txt", "one\ntwo\n");
    let noted = repo.commit("first part");
    attest(&repo, &noted, "b.txt", "2");
    repo.git(&["checkout", "-q", "main"]);
    repo.write("a.txt", &numbered(1..=4));
    repo.commit("main moves on");
    repo.git(&["checkout", "-q", "work"]);
    repo.tick();
    repo.git(&["rebase", "-q", "main"]);
    squash(&mut repo, "Feature (#3)");
    repo.git(&["branch", "-q", "-D", "work"]);
    assert_snapshot!(fused(&repo).file("b.txt"), @r"
    1-1    unknown
    2-2    cursor/gpt-5 Medium [Note Inferred Medium refs/notes/ai]
    ");
}

#[test]
fn a_note_on_the_source_of_a_cherry_pick_counts_though_the_source_is_history_too() {
    let mut repo = branched();
    repo.write("b.txt", "one\n");
    let noted = repo.commit("fix");
    attest(&repo, &noted, "b.txt", "1");
    repo.git(&["checkout", "-q", "main"]);
    repo.tick();
    repo.git(&["cherry-pick", "work"]);
    repo.tick();
    repo.git(&["merge", "-q", "--no-edit", "work"]);
    let file = fused(&repo).file("b.txt");
    assert_snapshot!(file, @"1-1    cursor/gpt-5 Medium [Note Inferred Medium refs/notes/ai]");
}

#[test]
fn a_squashed_branch_that_was_merged_later_still_tells_its_lines_apart() {
    let mut repo = branched();
    repo.write("b.txt", "by hand\n");
    repo.commit("first part");
    repo.write("b.txt", "by hand\nby claude\n");
    repo.commit(&format!("second part\n\n{CLAUDE}"));
    squash(&mut repo, "Feature (#3)");
    repo.tick();
    repo.git(&["merge", "-q", "--no-edit", "work"]);
    assert_snapshot!(fused(&repo).file("b.txt"), @r"
    1-1    unknown
    2-2    claude/claude-opus-4-5 Medium [Identity Inferred Medium Co-authored-by]
    ");
}

#[test]
fn a_file_that_was_moved_where_the_squash_went_is_found_in_the_branch() {
    let mut repo = branched();
    repo.write("a.txt", &format!("{}by hand\n", numbered(1..=3)));
    repo.commit("first part");
    repo.write("a.txt", &format!("{}by hand\nby claude\n", numbered(1..=3)));
    repo.commit(&format!("second part\n\n{CLAUDE}"));
    repo.git(&["checkout", "-q", "main"]);
    repo.git(&["mv", "a.txt", "moved.txt"]);
    repo.commit("move");
    squash(&mut repo, "Feature (#3)");
    repo.git(&["branch", "-q", "-D", "work"]);
    assert_snapshot!(fused(&repo).file("moved.txt"), @r"
    1-3    unknown
    4-4    unknown
    5-5    claude/claude-opus-4-5 Medium [Identity Inferred Medium Co-authored-by]
    ");
}

#[test]
fn an_agent_that_reverts_wrote_nothing_of_what_comes_back() {
    let lines = "by hand one\nby hand two\nby hand three\n";
    for words in [
        "Revert \"Remove it (#2)\"\n\nThis reverts commit {id}.",
        "Revert \"Remove it (#2)\" (#3)\n\nReverts acme/app#2",
        "Revert \"Remove it (#2)\"",
    ] {
        let mut repo = Repo::new();
        repo.write("a.txt", lines);
        repo.commit("By hand");
        repo.write("a.txt", "");
        let removed = repo.commit("Remove it (#2)");
        repo.write("a.txt", lines);
        let words = words.replace("{id}", &removed);
        repo.commit(&format!("{words}\n\n{CLAUDE}"));
        let file = fused(&repo).file("a.txt");
        assert!(file.starts_with("1-3    unknown"), "{words}: {file}");
        // Other work under such words is the agent's.
        repo.write("b.txt", "new one\nnew two\n");
        repo.commit(&format!("{words}\n\n{CLAUDE}"));
        let file = fused(&repo).file("b.txt");
        assert!(file.starts_with("1-2    claude"), "{words}: {file}");
    }
}

#[test]
fn the_note_of_a_merge_that_is_still_here_speaks_for_the_commit_that_it_was_replayed_as() {
    let mut repo = branched();
    repo.write("b.txt", &numbered(10..=12));
    repo.commit("work");
    repo.git(&["checkout", "-q", "-b", "other", "main"]);
    repo.write("c.txt", &numbered(20..=22));
    repo.commit("other");
    repo.git(&["checkout", "-q", "main"]);
    repo.tick();
    repo.git(&["merge", "-q", "--no-ff", "--no-commit", "work"]);
    repo.write("m.txt", &numbered(30..=35));
    let merge = repo.commit("Merge the work and what it needs");
    attest(&repo, &merge, "m.txt", "1-6");
    repo.git(&["checkout", "-q", "other"]);
    repo.tick();
    repo.git(&["cherry-pick", "-m", "1", "main"]);
    repo.tick();
    repo.git(&["merge", "-q", "--no-edit", "main"]);
    assert_snapshot!(fused(&repo).file("m.txt"), @"1-6    cursor/gpt-5 Medium [Note Inferred Medium refs/notes/ai]");
}

#[test]
fn a_note_that_an_amended_merge_left_behind_counts_for_what_the_merge_added() {
    let mut repo = branched();
    repo.write("b.txt", &numbered(10..=12));
    repo.commit("work");
    repo.git(&["checkout", "-q", "main"]);
    repo.write("c.txt", &numbered(20..=22));
    repo.commit("main moves on");
    repo.tick();
    repo.git(&["merge", "-q", "--no-ff", "--no-commit", "work"]);
    repo.write("m.txt", &numbered(30..=35));
    let merge = repo.commit("Merge the work and what it needs");
    attest(&repo, &merge, "m.txt", "1-4");
    repo.tick();
    let message = format!("Merge the work and what it needs\n\n{CLAUDE}");
    repo.git(&["commit", "-q", "--amend", "-m", &message]);
    let read = fused(&repo);
    assert_snapshot!(format!("{}{}", read.file("m.txt"), read.file("b.txt")), @r"
    1-4    cursor/gpt-5 Medium [Note Inferred Medium refs/notes/ai] [Identity Direct Medium Co-authored-by]
    5-6    claude/claude-opus-4-5 Medium [Identity Direct Medium Co-authored-by]
    1-3    unknown
    ");
}

/// A branch with noted work, squashed as request 3 on a branch that is squashed as request 4.
fn squash_of_a_squash(inner: &str) -> Repo {
    let mut repo = branched();
    repo.write("b.txt", &numbered(10..=17));
    let noted = repo.commit("noted work");
    attest(&repo, &noted, "b.txt", "1-8");
    repo.write("c.txt", &numbered(20..=22));
    repo.commit("more");
    repo.git(&["checkout", "-q", "-b", "outer", "main"]);
    repo.write("d.txt", &numbered(30..=32));
    repo.commit("first part");
    repo.tick();
    repo.git(&["merge", "-q", "--squash", "work"]);
    repo.commit(&format!("Inner (#3)\n\n* noted work\n\n* more\n\n{CLAUDE}"));
    repo.git(&["update-ref", "refs/pull/4/head", "outer"]);
    repo.git(&["update-ref", "refs/pull/3/head", inner]);
    repo.git(&["checkout", "-q", "main"]);
    repo.tick();
    repo.git(&["merge", "-q", "--squash", "outer"]);
    repo.commit(&format!(
        "Outer (#4)\n\n* first part\n\n* Inner\n\n{CLAUDE}"
    ));
    repo.git(&["branch", "-q", "-D", "work", "outer"]);
    repo
}

#[test]
fn a_squash_of_a_squash_is_followed_to_the_first_branch() {
    let repo = squash_of_a_squash("work");
    let read = fused(&repo);
    assert_snapshot!(read.file("b.txt"), @"1-8    cursor/gpt-5 Medium [Note Inferred Medium refs/notes/ai]");
    assert_snapshot!(format!("{}{}", read.file("c.txt"), read.file("d.txt")), @r"
    1-3    unknown
    1-3    unknown
    ");
}

#[test]
fn a_squash_on_a_branch_is_not_followed_to_work_that_its_number_names_by_chance() {
    // The number is another tracker's: it leads to a commit that has nothing of it.
    let repo = squash_of_a_squash("main");
    assert_snapshot!(fused(&repo).file("c.txt"), @"1-3    claude/claude-opus-4-5 Low [Identity Inferred Low Co-authored-by]");
}
