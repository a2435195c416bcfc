//! What `git merge --squash` leaves behind: a list of the folded commits in the message, or nothing
//! but their content.

use std::fmt::Write as _;
use std::sync::atomic::AtomicBool;

use insta::assert_snapshot;
use trueline_history::evidence::{EvidenceOptions, fuse};
use trueline_history::repository::Repository;

use crate::evidence::{CLAUDE, SESSION, fused, git_ai, note};
use crate::evidence_pairing::lines;
use crate::repo::{EPOCH, Repo};

/// A branch `work`: a person's commit, an agent's, one that a note attests. `main` has moved on.
fn branched() -> Repo {
    let mut repo = Repo::new();
    repo.write("a.txt", &lines("base", 6));
    repo.write("b.txt", &lines("other", 6));
    repo.commit("base");
    repo.git(&["checkout", "-q", "-b", "work"]);
    repo.write("person.txt", &lines("by hand", 6));
    repo.commit("Work of a person");
    repo.write("agent.txt", &lines("agent", 4));
    repo.write(
        "a.txt",
        &[lines("base", 6), lines("also agent", 3)].concat(),
    );
    repo.commit(&format!("Work of an agent\n\n{CLAUDE}"));
    repo.write("noted.txt", &lines("noted", 4));
    let noted = repo.commit("Noted work");
    let head = "noted.txt\n  s_11111111111111::t_22222222222222 2-3\n";
    note(&repo, &noted, &git_ai(head, "1.5.0", SESSION));
    repo.git(&["checkout", "-q", "main"]);
    repo.write("b.txt", &[lines("main", 2), lines("other", 6)].concat());
    repo.commit("main moves on");
    repo
}

/// `git merge --squash`, then a commit with git's own message, which `title` comes before.
fn squash(repo: &mut Repo, title: &str) {
    repo.tick();
    repo.git(&["merge", "-q", "--squash", "work"]);
    let message = std::fs::read_to_string(repo.path().join(".git/SQUASH_MSG")).unwrap();
    assert!(message.starts_with("Squashed commit of the following:"));
    repo.git(&["commit", "-q", "-m", &format!("{title}{message}")]);
}

const FILES: [&str; 4] = ["person.txt", "agent.txt", "noted.txt", "a.txt"];

fn all(repo: &Repo) -> String {
    let read = fused(repo);
    let files = FILES.map(|path| format!("{path}\n{}", read.file(path)));
    files.concat()
}

#[test]
fn the_commits_that_git_lists_in_a_squash_tell_its_lines_apart_when_no_branch_has_them() {
    let [plain, titled] = ["", "Add the feature\n\n"].map(|title| {
        let mut repo = branched();
        squash(&mut repo, title);
        repo.git(&["branch", "-q", "-D", "work"]);
        assert!(fused(&repo).origins.commits[0].squash);
        all(&repo)
    });
    assert_eq!(plain, titled);
    assert_snapshot!(plain, @r"
    person.txt
    1-6    unknown
    agent.txt
    1-4    claude/claude-opus-4-5 Medium [Identity Inferred Medium Co-authored-by]
    noted.txt
    1-1    unknown
    2-3    cursor/gpt-5 Medium [Note Inferred Medium refs/notes/ai]
    4-4    unknown
    a.txt
    1-6    unknown
    7-9    claude/claude-opus-4-5 Medium [Identity Inferred Medium Co-authored-by]
    ");
}

#[test]
fn a_squash_is_a_commit_of_the_tools_whose_lines_it_repeats_and_of_no_others() {
    let mut repo = branched();
    squash(&mut repo, "");
    repo.git(&["update-ref", "refs/pull/1/head", "work"]);
    // The message would name the agent by its list: what only lines show is asked for here.
    repo.git(&["commit", "-q", "--amend", "-m", "Add the feature (#1)"]);
    let head = fused(&repo);
    let evidence = &head.origins.commits[0];
    assert!(evidence.is_ai() && evidence.signs.is_empty() && evidence.attested.is_empty());
    let credited: Vec<_> = evidence
        .inferred
        .iter()
        .map(|lines| {
            let model = lines
                .model
                .as_ref()
                .map_or("unstated", |model| model.as_str());
            (lines.tool.as_str(), model, lines.lines)
        })
        .collect();
    assert_eq!(
        credited,
        [("claude", "claude-opus-4-5", 7), ("cursor", "gpt-5", 2)]
    );
    // The person's commit before it repeats nothing.
    assert!(!head.origins.commits[1].is_ai());

    // Lines that died within the window count as well: the squash had them.
    repo.git(&["rm", "-q", "agent.txt", "noted.txt"]);
    repo.write("a.txt", &lines("base", 6));
    repo.commit("all of it goes");
    let later = fused(&repo);
    assert_eq!(later.origins.commits[1].inferred, evidence.inferred);
    assert!(!later.origins.commits[0].is_ai());
}

#[test]
fn a_squash_whose_commits_are_gone_is_spoken_for_by_its_list_and_weakly() {
    let mut repo = branched();
    squash(&mut repo, "");
    // A clone has what main has and no more.
    let clone = Repo::new();
    clone.git(&["fetch", "-q", repo.path().to_str().unwrap(), "main"]);
    clone.git(&["reset", "-q", "--hard", "FETCH_HEAD"]);
    assert_snapshot!(all(&clone), @r"
    person.txt
    1-6    claude/claude-opus-4-5 Low [Identity Direct Low Co-authored-by]
    agent.txt
    1-4    claude/claude-opus-4-5 Low [Identity Direct Low Co-authored-by]
    noted.txt
    1-4    claude/claude-opus-4-5 Low [Identity Direct Low Co-authored-by]
    a.txt
    1-6    unknown
    7-9    claude/claude-opus-4-5 Low [Identity Direct Low Co-authored-by]
    ");
}

#[test]
fn a_list_that_a_message_took_from_another_squash_ties_its_commits_to_no_other_work() {
    let mut repo = branched();
    squash(&mut repo, "");
    let message = repo.git(&["log", "-1", "--format=%B"]);
    repo.write("later.txt", &lines("later, by hand", 8));
    repo.commit(&message);
    let read = fused(&repo);
    // No more than its own words say, which is little.
    assert_snapshot!(read.file("later.txt"), @"1-8    claude/claude-opus-4-5 Low [Identity Direct Low Co-authored-by]");
}

#[test]
fn a_squash_of_a_branch_that_renamed_a_file_keeps_the_lines_that_a_note_gives_to_a_person() {
    let person = r#""prompts":{},"humans":{"h_33333333333333":{"author":"Ada <ada@example.com>"}}"#;
    let mut repo = Repo::new();
    repo.write("old.txt", &lines("base", 40));
    repo.write("b.txt", &lines("other", 6));
    repo.commit("base");
    repo.git(&["checkout", "-q", "-b", "work"]);
    repo.git(&["mv", "old.txt", "new.txt"]);
    repo.write(
        "new.txt",
        &[lines("base", 40), lines("by hand", 8)].concat(),
    );
    let noted = repo.commit("Move and add");
    let head = "new.txt\n  h_33333333333333 41-48\n";
    note(&repo, &noted, &git_ai(head, "1.5.0", person));
    repo.write("c.txt", &lines("agent", 4));
    repo.commit(&format!("More\n\n{CLAUDE}"));
    repo.git(&["checkout", "-q", "main"]);
    repo.write("b.txt", &[lines("main", 2), lines("other", 6)].concat());
    repo.commit("main moves on");
    repo.tick();
    repo.git(&["merge", "-q", "--squash", "work"]);
    repo.git(&["commit", "-q", "-m", &format!("Feature\n\n{CLAUDE}")]);
    let read = fused(&repo);
    assert_snapshot!(format!("{}{}", read.file("new.txt"), read.file("c.txt")), @r"
    1-40   unknown
    41-48  human observed Medium [Note Inferred Medium refs/notes/ai]
    1-4    claude/claude-opus-4-5 Low [Identity Direct Low Co-authored-by]
    ");
}

#[test]
fn few_lines_of_a_request_that_landed_are_not_covered_by_the_trailer_of_another_of_its_commits() {
    let mut repo = Repo::new();
    repo.write("a.txt", &lines("base", 6));
    repo.commit("base");
    repo.git(&["checkout", "-q", "-b", "work"]);
    repo.write("person.txt", &lines("by hand", 4));
    repo.commit("Work of a person");
    repo.write("agent.txt", &lines("agent", 20));
    repo.commit(&format!("Work of an agent\n\n{CLAUDE}"));
    repo.git(&["update-ref", "refs/pull/3/head", "HEAD"]);
    repo.git(&["checkout", "-q", "main"]);
    repo.git(&["branch", "-q", "-D", "work"]);
    // Only a part of it came in.
    repo.write("person.txt", &lines("by hand", 4));
    repo.commit(&format!("Feature (#3)\n\n* a\n\n* b\n\n{CLAUDE}"));
    assert_snapshot!(fused(&repo).file("person.txt"), @"1-4    unknown");
}

/// A branch adds eight lines to a file, which `main` has under another name and mostly rewritten by the
/// time that the request lands with the first `landed` of them.
fn landed_elsewhere(landed: u32) -> String {
    let mut repo = Repo::new();
    repo.write("old.txt", &lines("base", 10));
    repo.commit("base");
    repo.git(&["checkout", "-q", "-b", "work"]);
    repo.write("old.txt", &[lines("base", 10), lines("agent", 8)].concat());
    let noted = repo.commit("Noted work");
    let head = "old.txt\n  s_11111111111111::t_22222222222222 11-18\n";
    note(&repo, &noted, &git_ai(head, "1.5.0", SESSION));
    repo.git(&["update-ref", "refs/pull/3/head", "HEAD"]);
    repo.git(&["checkout", "-q", "main"]);
    repo.git(&["branch", "-q", "-D", "work"]);
    repo.git(&["mv", "old.txt", "new.txt"]);
    let rewritten = [lines("main", 30), lines("base", 2)].concat();
    repo.write("new.txt", &rewritten);
    repo.commit("Rewrite under another name");
    repo.write("new.txt", &[rewritten, lines("agent", landed)].concat());
    repo.commit("Feature (#3)");
    fused(&repo).file("new.txt")
}

#[test]
fn lines_of_a_request_are_known_in_a_file_that_was_renamed_and_rewritten_meanwhile() {
    assert_snapshot!(landed_elsewhere(8), @r"
    1-32   unknown
    33-40  cursor/gpt-5 Medium [Note Inferred Medium refs/notes/ai]
    ");
}

#[test]
fn a_few_lines_of_a_request_in_a_file_of_another_name_tell_nothing() {
    assert_snapshot!(landed_elsewhere(4), @r"
    1-32   unknown
    33-36  unknown
    ");
}

#[test]
fn a_branch_does_not_speak_for_a_commit_whose_tree_another_of_this_history_had_before() {
    let mut repo = Repo::new();
    repo.write("a.txt", &lines("base", 6));
    repo.commit("base");
    for (branch, message) in [
        ("by-hand", "Work of a person"),
        ("copy", &*format!("The same, again\n\n{CLAUDE}")),
        ("later", "The same, once more"),
    ] {
        repo.git(&["checkout", "-q", "-b", branch, "main"]);
        repo.write("w.txt", &lines("work", 9));
        repo.commit(message);
    }
    let first = repo.git(&["rev-parse", "by-hand"]);
    repo.git(&["branch", "-q", "-D", "by-hand"]);
    let alone = fused(&repo);
    repo.tick();
    repo.git(&["merge", "-q", "-m", "both", first.trim()]);
    let merged = fused(&repo);
    assert_snapshot!(format!("{}{}", alone.file("w.txt"), merged.file("w.txt")), @r"
    1-9    claude/claude-opus-4-5 Medium [Identity Inferred Medium Co-authored-by]
    1-9    unknown
    ");
}

/// A branch of very many commits on top of `base`, of which the last has these lines in `file`.
fn long_branch(repo: &Repo, reference: &str, base: &str, file: &str, count: usize) -> String {
    let mut stream = String::new();
    let mut text = String::new();
    for n in 0..count {
        writeln!(text, "line {n}").unwrap();
        let from = match n {
            0 => format!("from {base}\n"),
            _ => String::new(),
        };
        write!(
            stream,
            "commit {reference}\ncommitter Ada <ada@example.com> {EPOCH} +0000\ndata 4\npart\n{from}\
             M 100644 inline {file}\ndata {}\n{text}\n",
            text.len()
        )
        .unwrap();
    }
    repo.git_with(&["fast-import", "--quiet"], stream.as_bytes());
    text
}

#[test]
fn squashes_that_are_not_followed_are_counted_and_nothing_else_is() {
    let mut repo = Repo::new();
    repo.write("a.txt", "one\n");
    let base = repo.commit("base");
    let text = long_branch(&repo, "refs/pull/3/head", &base, "b.txt", 260);
    repo.write("b.txt", &text);
    let squash = repo.commit("Feature (#3)");
    // Another long branch ends in a tree that some commit has, too: that makes no squash of it.
    let text = long_branch(&repo, "refs/heads/mirror", &squash, "c.txt", 260);
    let mirror = repo.git(&["rev-parse", "mirror^{tree}"]);
    repo.write("c.txt", &text);
    repo.commit("more");
    assert_eq!(repo.git(&["rev-parse", "HEAD^{tree}"]), mirror);
    let read = fused(&repo);
    assert_eq!(read.codes(), ["squash-not-refined"]);
    let told = &read.origins.diagnostics[0].message;
    assert!(
        told.starts_with("the branch of 1 squash is too long"),
        "{told}"
    );
    // An interrupt looks at none, and says so itself.
    let repository = Repository::discover(repo.path()).unwrap();
    let now = AtomicBool::new(true);
    let stopped = fuse(
        &repository,
        &read.history,
        &EvidenceOptions::default(),
        &now,
    );
    let codes: Vec<&str> = stopped
        .diagnostics
        .iter()
        .map(|d| d.code.as_str())
        .collect();
    assert_eq!(codes, ["interrupted"]);
}
