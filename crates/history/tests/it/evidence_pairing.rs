//! Which commits may speak for another one: those that it repeats, never those that merely look
//! like it.

use insta::assert_snapshot;

use crate::evidence::{CLAUDE, SESSION, fused, git_ai, note, numbered};
use crate::repo::Repo;

/// `count` lines that no other text has.
pub(crate) fn lines(name: &str, count: u32) -> String {
    let lines: Vec<String> = (1..=count)
        .map(|n| format!("{name} has a line of its own, number {n}\n"))
        .collect();
    lines.concat()
}

/// A main line with `a.txt`, and a branch `work` at the same commit; `main` is checked out.
fn base() -> Repo {
    let mut repo = Repo::new();
    repo.write("a.txt", &lines("base", 5));
    repo.commit("base");
    repo.git(&["branch", "work"]);
    repo
}

fn attest(repo: &Repo, commit: &str, path: &str, range: &str) {
    let head = format!("{path}\n  s_11111111111111::t_22222222222222 {range}\n");
    note(repo, commit, &git_ai(&head, "1.5.0", SESSION));
}

/// Commits what is in the work tree again, with these arguments, a minute later.
fn amend(repo: &mut Repo, arguments: &[&str]) {
    repo.tick();
    repo.git(&["add", "-A"]);
    repo.git(&[&["commit", "-q", "--amend"], arguments].concat());
}

#[test]
fn a_branch_that_repeats_a_commit_later_does_not_speak_for_it() {
    let mut repo = base();
    repo.write("b.txt", &lines("by hand", 5));
    repo.commit("Work of a person");
    repo.write("later.txt", "more\n");
    repo.commit("later");
    repo.git(&["checkout", "-q", "work"]);
    repo.git(&["checkout", "main~1", "--", "b.txt"]);
    repo.commit(&format!("Port it\n\n{CLAUDE}"));
    repo.git(&["checkout", "-q", "main"]);
    assert_snapshot!(fused(&repo).file("b.txt"), @"1-5    unknown");
}

#[test]
fn a_branch_made_earlier_by_the_clock_of_its_author_does_not_speak_for_older_work() {
    let mut repo = base();
    repo.write("b.txt", &lines("by hand", 5));
    repo.commit("Work of a person");
    repo.git(&["checkout", "-q", "work"]);
    repo.git(&["checkout", "main", "--", "b.txt"]);
    repo.commit(&format!("Port it\n\n{CLAUDE}"));
    repo.git(&["checkout", "-q", "main"]);
    // The whole main line is committed anew, as after a change of its root.
    repo.tick();
    repo.git(&["commit", "-q", "--amend", "--no-edit"]);
    assert_snapshot!(fused(&repo).file("b.txt"), @"1-5    unknown");
}

#[test]
fn a_number_of_another_tracker_does_not_tie_a_commit_to_a_request() {
    let mut repo = base();
    repo.git(&["checkout", "-q", "work"]);
    repo.write(
        "b.txt",
        &format!("}}\nreturn None\nimport os\nx = 1\n{}", lines("agent", 2)),
    );
    repo.commit(&format!("Agent's\n\n{CLAUDE}"));
    repo.git(&["update-ref", "refs/pull/7/head", "HEAD"]);
    repo.git(&["checkout", "-q", "main"]);
    repo.git(&["branch", "-q", "-D", "work"]);
    repo.write(
        "b.txt",
        "import os\nx = 1\nreturn None\n}\nwords of a person\n",
    );
    repo.commit("Fix upstream bug (#7)");
    assert_snapshot!(fused(&repo).file("b.txt"), @"1-5    unknown");
}

#[test]
fn a_scrap_of_a_request_does_not_make_a_commit_with_its_number_the_squash_of_it() {
    let imports = "import os\nimport sys\nfrom typing import Any\nimport json\n";
    let mut repo = base();
    repo.git(&["checkout", "-q", "work"]);
    repo.write("b.txt", &format!("{imports}{}", lines("agent", 20)));
    repo.write("version.txt", "version = 2\n");
    repo.commit("Work of an agent");
    attest(&repo, "HEAD", "b.txt", "1-24");
    repo.git(&["update-ref", "refs/pull/7/head", "HEAD"]);
    repo.git(&["checkout", "-q", "main"]);
    repo.git(&["branch", "-q", "-D", "work"]);
    // The author is the same, every line is one of the request, one file is just as there.
    repo.write("b.txt", imports);
    repo.write("version.txt", "version = 2\n");
    repo.commit("Fix imports (#7)");
    let origins = fused(&repo);
    assert_snapshot!(origins.file("b.txt"), @"1-4    unknown");
    assert_snapshot!(origins.file("version.txt"), @"1-1    unknown");
}

#[test]
fn a_request_that_is_younger_than_the_commit_with_its_number_is_not_its_own() {
    let mut repo = base();
    repo.write("b.txt", &lines("by hand", 5));
    repo.commit("Work of a person (#7)");
    repo.git(&["checkout", "-q", "work"]);
    repo.git(&["checkout", "main", "--", "b.txt"]);
    repo.commit(&format!("Port it\n\n{CLAUDE}"));
    repo.git(&["update-ref", "refs/pull/7/head", "HEAD"]);
    repo.git(&["checkout", "-q", "main"]);
    assert_snapshot!(fused(&repo).file("b.txt"), @"1-5    unknown");
}

#[test]
fn of_two_branches_with_the_same_lines_the_older_counts() {
    let mut repo = base();
    repo.git(&["checkout", "-q", "-b", "hand"]);
    repo.write("b.txt", &lines("by hand", 5));
    repo.commit("Work of a person");
    repo.git(&["checkout", "-q", "work"]);
    repo.git(&["checkout", "hand", "--", "b.txt"]);
    repo.commit(&format!("Port it\n\n{CLAUDE}"));
    repo.git(&["checkout", "-q", "main"]);
    repo.write("b.txt", &format!("{}one more\n", lines("by hand", 5)));
    repo.commit("Landed");
    assert_snapshot!(fused(&repo).file("b.txt"), @"1-6    unknown");
}

/// `b.txt` of four lines, attested, and the commit that has them, about to be rewritten.
fn noted() -> (Repo, String) {
    let mut repo = base();
    repo.write("b.txt", &lines("agent", 4));
    let commit = repo.commit("first");
    attest(&repo, &commit, "b.txt", "1-4");
    (repo, commit)
}

const KEPT: &str = "1-4    cursor/gpt-5 Medium [Note Inferred Medium refs/notes/ai]\n";

#[test]
fn a_reworded_commit_keeps_the_note_left_behind() {
    let (mut repo, _) = noted();
    amend(&mut repo, &["-m", "reworded"]);
    repo.write("z.txt", "z\n");
    repo.commit("later");
    assert_eq!(fused(&repo).file("b.txt"), KEPT);
}

#[test]
fn a_commit_with_another_author_or_time_keeps_the_note_left_behind() {
    let (mut repo, _) = noted();
    amend(&mut repo, &["--no-edit", "--reset-author"]);
    assert_eq!(fused(&repo).file("b.txt"), KEPT);
    let (mut repo, _) = noted();
    amend(&mut repo, &["--no-edit", "--author=New <new@example.org>"]);
    assert_eq!(fused(&repo).file("b.txt"), KEPT);
}

#[test]
fn a_commit_reworded_with_a_line_more_keeps_the_note_and_not_for_that_line() {
    let (mut repo, commit) = noted();
    repo.git(&["branch", "keep", &commit]);
    repo.write("b.txt", &format!("{}by hand\n", lines("agent", 4)));
    amend(&mut repo, &["-m", "reworded"]);
    assert_eq!(
        fused(&repo).file("b.txt"),
        format!("{KEPT}5-5    unknown\n")
    );
}

#[test]
fn a_commit_reworded_without_its_trailer_is_known_by_the_branch_that_kept_it() {
    let mut repo = base();
    repo.write("b.txt", &lines("agent", 4));
    repo.commit(&format!("first\n\n{CLAUDE}"));
    repo.git(&["branch", "keep"]);
    repo.write("b.txt", &format!("{}by hand\n", lines("agent", 4)));
    amend(&mut repo, &["-m", "mine"]);
    assert_snapshot!(fused(&repo).file("b.txt"), @r"
    1-4    claude/claude-opus-4-5 Medium [Identity Inferred Medium Co-authored-by]
    5-5    unknown
    ");
}

#[test]
fn a_squash_without_number_and_with_a_line_more_is_known_by_its_branch() {
    let mut repo = base();
    repo.git(&["checkout", "-q", "work"]);
    repo.write("b.txt", &lines("agent", 4));
    let commit = repo.commit("first part");
    attest(&repo, &commit, "b.txt", "1-4");
    repo.write(
        "b.txt",
        &format!("{}{}", lines("agent", 4), lines("by hand", 2)),
    );
    repo.commit("second part");
    repo.git(&["checkout", "-q", "main"]);
    repo.write("a.txt", &lines("base", 6));
    repo.commit("main moves on");
    repo.git(&["merge", "-q", "--squash", "work"]);
    repo.write(
        "b.txt",
        &format!("{}{}extra\n", lines("agent", 4), lines("by hand", 2)),
    );
    repo.commit("Feature");
    assert_eq!(
        fused(&repo).file("b.txt"),
        format!("{KEPT}5-7    unknown\n")
    );
}

#[test]
fn a_few_lines_in_common_do_not_make_a_rewrite() {
    let mut repo = base();
    repo.git(&["checkout", "-q", "work"]);
    repo.write(
        "b.txt",
        &format!("{}{}", numbered(1..=3), lines("agent", 7)),
    );
    repo.commit(&format!("agent's\n\n{CLAUDE}"));
    repo.git(&["checkout", "-q", "main"]);
    repo.write(
        "b.txt",
        &format!("{}{}", numbered(1..=3), lines("by hand", 7)),
    );
    repo.commit("by hand");
    assert_snapshot!(fused(&repo).file("b.txt"), @"1-10   unknown");
}

#[test]
fn what_the_revert_of_a_revert_brings_back_has_its_first_evidence() {
    let (mut repo, commit) = noted();
    repo.write("a.txt", &lines("base", 6));
    repo.commit("main moves on");
    repo.tick();
    repo.git(&["revert", "--no-edit", &commit]);
    repo.tick();
    repo.git(&["revert", "--no-edit", "HEAD"]);
    assert_eq!(fused(&repo).file("b.txt"), KEPT);
    let mut repo = base();
    repo.write("b.txt", &lines("agent", 4));
    repo.commit(&format!("first\n\n{CLAUDE}"));
    repo.tick();
    repo.git(&["revert", "--no-edit", "HEAD"]);
    repo.tick();
    repo.git(&["revert", "--no-edit", "HEAD"]);
    assert_snapshot!(fused(&repo).file("b.txt"), @"1-4    claude/claude-opus-4-5 Medium [Identity Inferred Medium Co-authored-by]");
}

/// The licence header of the house, as every file has it.
const HEADER: &str = "# Copyright of the house, all rights reserved\n# Licensed under the terms of the house\n\
# you may not use this file but as they say\n# a copy of them came with it\n";

/// A house whose files all begin with its header.
fn house() -> Repo {
    let mut repo = Repo::new();
    for name in ["one", "two"] {
        repo.write(
            &format!("src/{name}.py"),
            &format!("{HEADER}{}", lines(name, 4)),
        );
    }
    repo.commit("The house");
    repo
}

#[test]
fn the_header_of_the_house_ties_no_file_to_an_agents_one() {
    let mut repo = house();
    repo.git(&["checkout", "-q", "-b", "left"]);
    repo.write("src/x.py", &format!("{HEADER}{}", lines("agent", 3)));
    repo.commit("Work of an agent");
    attest(&repo, "HEAD", "src/x.py", "1-7");
    repo.git(&["update-ref", "refs/pull/7/head", "HEAD"]);
    repo.git(&["checkout", "-q", "main"]);
    repo.write("src/x.py", &format!("{HEADER}{}", lines("by hand", 3)));
    repo.commit("Dates");
    repo.write("src/y.py", &format!("{HEADER}{}", lines("of a person", 3)));
    repo.commit("Parse dates (#7)");
    let origins = fused(&repo);
    assert_snapshot!(origins.file("src/x.py"), @"1-7    unknown");
    assert_snapshot!(origins.file("src/y.py"), @"1-7    unknown");
}

#[test]
fn a_noted_copy_that_is_younger_does_not_speak_for_what_it_copied() {
    let mut repo = base();
    repo.write("b.txt", &lines("by hand", 5));
    repo.commit("Work of a person");
    repo.git(&["checkout", "-q", "work"]);
    repo.tick();
    repo.git(&["cherry-pick", "main"]);
    attest(&repo, "HEAD", "b.txt", "1-5");
    repo.git(&["checkout", "-q", "main"]);
    assert_snapshot!(fused(&repo).file("b.txt"), @"1-5    unknown");
}

#[test]
fn an_agent_that_brings_back_what_was_reverted_did_not_write_it() {
    let mut repo = base();
    repo.write("b.txt", &lines("by hand", 5));
    repo.commit("Work of a person");
    repo.git(&["revert", "--no-edit", "HEAD"]);
    repo.tick();
    let back = repo.git(&["rev-parse", "HEAD"]);
    repo.git(&["revert", "--no-edit", "HEAD"]);
    repo.tick();
    let words = format!(
        "Bring it back\n\nThis reverts commit {}.\n\n{CLAUDE}",
        back.trim()
    );
    amend(&mut repo, &["-m", &words]);
    assert_snapshot!(fused(&repo).file("b.txt"), @"1-5    unknown");
    // With words left from it, another work is the agent's own.
    repo.write("c.txt", &lines("new", 5));
    repo.commit(&words);
    assert_snapshot!(
        fused(&repo).file("c.txt"),
        @"1-5    claude/claude-opus-4-5 Medium [Identity Direct Medium Co-authored-by]"
    );
}

#[test]
fn imports_in_common_do_not_tie_two_commits_of_one_second() {
    let imports = "import os\nimport sys\nfrom typing import Any\n";
    let mut repo = base();
    repo.git(&["checkout", "-q", "work"]);
    repo.write("b.py", &format!("{imports}{}", lines("agent", 5)));
    let noted = repo.commit("Work of an agent");
    attest(&repo, &noted, "b.py", "1-8");
    let time = repo.git(&["log", "-1", "--format=%aI", &noted]);
    repo.git(&["checkout", "-q", "main"]);
    repo.write("b.py", &format!("{imports}{}", lines("by hand", 5)));
    repo.commit("Work of a person");
    amend(
        &mut repo,
        &["--no-edit", &format!("--date={}", time.trim())],
    );
    assert_snapshot!(fused(&repo).file("b.py"), @"1-8    unknown");
}
