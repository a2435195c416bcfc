//! Attribution after each operation that rewrites history.

use super::world::{CLAUDE, CODEX, CURSOR, Clone, GEMINI, Writer};

/// Three commits by two agents and a person.
fn worked() -> Clone {
    let clone = Clone::new();
    clone.person("app.py", 0, 10);
    clone.commit("base");
    clone.agent(CLAUDE, "app.py", 3, 4);
    clone.commit("one");
    clone.agent(CODEX, "app.py", 9, 2);
    clone.agent(CODEX, "lib.py", 0, 5);
    clone.person("app.py", 0, 2);
    clone.commit("two");
    clone.agent(GEMINI, "lib.py", 2, 3);
    clone.commit("three");
    let compared = clone.assert_whole();
    assert_eq!(compared.ai, 14);
    clone
}

fn same_as_before(clone: &Clone) {
    assert_eq!(clone.assert_whole().ai, 14);
}

#[test]
fn amend() {
    let clone = worked();
    clone.agent(CURSOR, "lib.py", 0, 1);
    clone.git(&["add", "--all"]);
    clone.git(&["commit", "--quiet", "--amend", "-m", "three, amended"]);
    assert_eq!(clone.assert_whole().ai, 15);
    clone.git(&["commit", "--quiet", "--amend", "-m", "only words"]);
    assert_eq!(clone.assert_whole().ai, 15);
}

#[test]
fn rebase() {
    let clone = worked();
    clone.git(&["checkout", "--quiet", "-b", "other", "HEAD~3"]);
    clone.person("app.py", 10, 3);
    clone.person("elsewhere.py", 0, 3);
    clone.commit("meanwhile");
    clone.git(&["checkout", "--quiet", "main"]);
    clone.git(&["rebase", "--quiet", "other"]);
    same_as_before(&clone);
}

#[test]
fn interactive_squash_reorder_and_drop() {
    let clone = worked();
    clone.agent(CLAUDE, "gone.py", 0, 2);
    clone.commit("to be dropped");
    clone.agent(CURSOR, "app.py", 5, 1);
    clone.commit("fixup! one");
    clone.git_edited(
        "sed -i -e '/to be dropped/d'",
        &[
            "rebase",
            "--quiet",
            "--interactive",
            "--autosquash",
            "HEAD~5",
        ],
    );
    assert_eq!(clone.git(&["rev-list", "--count", "HEAD"]), "5");
    assert_eq!(clone.assert_whole().ai, 15);
}

#[test]
fn cherry_pick() {
    let clone = worked();
    clone.git(&["checkout", "--quiet", "-b", "other", "HEAD~3"]);
    clone.person("app.py", 10, 3);
    clone.commit("meanwhile");
    clone.git(&["cherry-pick", "main~2", "main~1", "main"]);
    same_as_before(&clone);
}

#[test]
fn revert_and_revert_of_the_revert() {
    let clone = worked();
    clone.git(&["revert", "--no-edit", "HEAD"]);
    assert_eq!(clone.assert_whole().ai, 11);
    clone.git(&["revert", "--no-edit", "HEAD"]);
    same_as_before(&clone);
}

#[test]
fn a_revert_brings_deleted_lines_back_with_their_owners() {
    let clone = worked();
    clone.git(&["rm", "--quiet", "lib.py"]);
    clone.write("app.py", "");
    clone.commit("away with it");
    assert_eq!(clone.compare().ai, 0);
    clone.git(&["revert", "--no-edit", "HEAD"]);
    same_as_before(&clone);
}

#[test]
fn squash_merge() {
    let clone = worked();
    clone.git(&["checkout", "--quiet", "-b", "release", "HEAD~3"]);
    clone.person("other.py", 0, 3);
    clone.commit("meanwhile");
    clone.git(&["merge", "--quiet", "--squash", "main"]);
    clone.git(&["commit", "--quiet", "-m", "squashed"]);
    same_as_before(&clone);
}

#[test]
fn squash_on_the_forge() {
    let clone = worked();
    clone.git(&["checkout", "--quiet", "-b", "trunk", "HEAD~3"]);
    clone.person("other.py", 0, 3);
    clone.commit("meanwhile");
    // As a forge does it: no hook of ours runs.
    let off = ["-c", "core.hooksPath=/dev/null"];
    clone.git(&[off[0], off[1], "merge", "--quiet", "--squash", "main"]);
    clone.git(&[off[0], off[1], "commit", "--quiet", "-m", "two (#7)"]);
    assert_eq!(clone.compare().kept, 0);
    let run = clone.trueline(&["hook", "run", "squash", "main~3..main"], b"");
    assert!(run.status.success(), "{run:?}");
    same_as_before(&clone);
    let run = clone.trueline(&["hook", "run", "squash", "no-such..main"], b"");
    assert_eq!(run.status.code(), Some(2));
}

#[test]
fn rebase_on_the_forge() {
    let clone = worked();
    clone.git(&["checkout", "--quiet", "-b", "trunk", "HEAD~3"]);
    clone.person("other.py", 0, 3);
    clone.commit("meanwhile");
    clone.git(&[
        "-c",
        "core.hooksPath=/dev/null",
        "cherry-pick",
        "main~3..main",
    ]);
    assert_eq!(clone.compare().kept, 0);
    let run = clone.trueline(
        &["hook", "run", "squash", "main~3..main", "HEAD~3..HEAD"],
        b"",
    );
    assert!(run.status.success(), "{run:?}");
    same_as_before(&clone);
}

#[test]
fn stash_and_pop() {
    let clone = worked();
    clone.agent(CURSOR, "app.py", 4, 3);
    clone.git(&["stash", "--quiet"]);
    clone.agent(CLAUDE, "app.py", 0, 1);
    clone.commit("meanwhile");
    clone.git(&["stash", "pop", "--quiet"]);
    clone.commit("popped");
    assert_eq!(clone.assert_whole().ai, 18);
}

#[test]
fn reset_soft_and_commit_again() {
    let clone = worked();
    clone.agent(CURSOR, "lib.py", 0, 1);
    clone.git(&["reset", "--quiet", "--soft", "HEAD~3"]);
    clone.commit("all in one");
    assert_eq!(clone.assert_whole().ai, 15);
}

#[test]
fn reset_mixed_goes_on_with_an_agent() {
    let clone = worked();
    clone.git(&["reset", "--quiet", "HEAD~2"]);
    clone.agent(CURSOR, "lib.py", 0, 1);
    clone.agent(CURSOR, "app.py", 0, 1);
    clone.commit("again");
    assert_eq!(clone.assert_whole().ai, 16);
}

#[test]
fn what_a_hard_reset_took_is_not_resurrected() {
    let clone = worked();
    let dropped = clone.read("lib.py");
    clone.git(&["reset", "--quiet", "--hard", "HEAD~3"]);
    // Somebody types some of it again.
    let again: String = dropped
        .lines()
        .take(4)
        .fold(String::new(), |text, line| text + line + "\n");
    clone.write("lib.py", &(again + &clone.lines(Writer::Person, 1)));
    clone.commit("by hand");
    assert_eq!(clone.compare().kept, 0);
}

/// A person types what git took away, word for word, after a hook that saw it gone.
fn retyped_after(reset: impl FnOnce(&Clone)) {
    let clone = Clone::new();
    clone.person("app.py", 0, 4);
    clone.commit("base");
    clone.agent(CLAUDE, "app.py", 2, 4);
    clone.agent(CODEX, "new.py", 0, 3);
    let taken = ["app.py", "new.py"].map(|file| (file, clone.read(file)));
    reset(&clone);
    for (file, text) in &taken {
        assert_ne!(clone.read(file), *text);
        clone.retyped(text);
        clone.write(file, text);
    }
    clone.agent(CURSOR, "other.py", 0, 1);
    clone.commit("typed again");
    let compared = clone.assert_whole();
    assert_eq!(compared.ai, 1);
}

#[test]
fn what_a_hook_saw_gone_after_a_hard_reset_or_a_dropped_stash_is_hers_who_types_it_again() {
    let reset = |clone: &Clone, to: &str| {
        clone.git(&["reset", "--quiet", "--hard", to]);
    };
    // Of what was not committed: by an agent's command, and by a person before one.
    retyped_after(|clone| {
        clone.git(&["add", "--all"]);
        clone.command(CLAUDE, "git reset --hard", || reset(clone, "HEAD"));
    });
    retyped_after(|clone| {
        clone.git(&["add", "--all"]);
        reset(clone, "HEAD");
        clone.command(CURSOR, "ls", || {});
    });
    // Of a commit that was taken back.
    retyped_after(|clone| {
        clone.commit("to be taken back");
        clone.command(CLAUDE, "git reset --hard HEAD~1", || reset(clone, "HEAD~1"));
    });
    retyped_after(|clone| {
        clone.commit("to be taken back");
        reset(clone, "HEAD~1");
        clone.command(CURSOR, "ls", || {});
    });
    // Of a stash that was dropped.
    retyped_after(|clone| {
        clone.git(&["stash", "--quiet", "--include-untracked"]);
        clone.command(CURSOR, "ls", || {});
        clone.git(&["stash", "drop", "--quiet"]);
        clone.command(CURSOR, "ls", || {});
    });
    // By two resets, of which the first leaves the text.
    retyped_after(|clone| {
        clone.commit("to be taken back");
        clone.git(&["reset", "--quiet", "--soft", "HEAD~1"]);
        clone.command(CURSOR, "ls", || {});
        reset(clone, "HEAD");
        clone.command(CURSOR, "ls", || {});
    });
}

#[test]
fn renames_before_and_after_the_commit() {
    let clone = worked();
    clone.agent(CURSOR, "new.py", 0, 6);
    clone.git(&["add", "new.py"]);
    clone.git(&["mv", "new.py", "moved.py"]);
    clone.git(&["mv", "app.py", "src.py"]);
    clone.agent(CURSOR, "src.py", 2, 1);
    clone.commit("renamed");
    assert_eq!(clone.assert_whole().ai, 21);
    clone.command(CLAUDE, "mv moved.py again.py", || {
        std::fs::rename(clone.path().join("moved.py"), clone.path().join("again.py")).unwrap();
    });
    clone.agent(CLAUDE, "again.py", 3, 2);
    clone.commit("by a command");
    assert_eq!(clone.assert_whole().ai, 23);
}

#[test]
fn a_conflict_that_an_agent_resolves() {
    let clone = worked();
    clone.git(&["checkout", "--quiet", "-b", "other", "HEAD~3"]);
    clone.person("app.py", 3, 2);
    clone.commit("in the same place");
    clone.git(&["checkout", "--quiet", "main"]);
    let rebase = clone.try_git(&["rebase", "--quiet", "other"]);
    assert!(!rebase.status.success());
    let resolved: String = clone
        .read("app.py")
        .lines()
        .filter(|line| !line.starts_with(['<', '=', '>']))
        .fold(String::new(), |text, line| text + line + "\n");
    let new = clone.lines(Writer::Ai("claude"), 1);
    clone.agent_writes(CLAUDE, "app.py", &(resolved + &new), || {});
    clone.git(&["add", "app.py"]);
    clone.git(&["-c", "core.editor=true", "rebase", "--continue"]);
    let compared = clone.compare();
    assert!(compared.wrong.is_empty(), "{:?}", compared.wrong);
    assert_eq!(compared.ai, 15);
    assert!(compared.kept >= 14, "{:?}", compared.lost);
}

#[test]
fn notes_of_two_clones_become_one_without_conflict() {
    let ours = worked();
    let theirs = ours.cloned("Bob");
    ours.git(&["push", "--quiet", "origin", "main"]);
    ours.agent(CLAUDE, "ours.py", 0, 3);
    ours.commit("ours");
    theirs.git(&["pull", "--quiet", "origin", "main"]);
    theirs.agent(CODEX, "theirs.py", 0, 3);
    theirs.commit("theirs");
    theirs.git(&["push", "--quiet", "origin", "main"]);
    for clone in [&theirs, &ours, &theirs] {
        let run = clone.trueline(&["hook", "run", "share"], b"");
        assert!(run.status.success(), "{run:?}");
    }
    ours.git(&[
        "pull",
        "--quiet",
        "--no-rebase",
        "--no-edit",
        "origin",
        "main",
    ]);
    assert_eq!(ours.assert_whole().ai, 20);
    ours.git(&["push", "--quiet", "origin", "main"]);
    theirs.git(&["pull", "--quiet", "origin", "main"]);
    assert_eq!(theirs.assert_whole().ai, 20);
    let tree = |clone: &Clone| clone.git(&["rev-parse", "refs/notes/ai^{tree}"]);
    assert_eq!(tree(&ours), tree(&theirs));
}

#[test]
fn both_speak_of_one_commit_and_neither_is_lost() {
    let ours = worked();
    let theirs = ours.cloned("Bob");
    let head = ours.git(&["rev-parse", "HEAD"]);
    let note = |session: &str, line: u32| {
        format!(
            "README.md\n  {session}::t_22222222222222 {line}\n---\n{{\"schema_version\":\"authorship/3.0.0\",\"base_commit_sha\":\"\",\"prompts\":{{}},\"sessions\":{{\"{session}\":{{\"agent_id\":{{\"tool\":\"devin\",\"id\":\"x\",\"model\":\"m\"}},\"custom_attributes\":{{\"team\":\"blue\"}}}}}}}}"
        )
    };
    for (clone, session, line) in [
        (&ours, "s_11111111111111", 1),
        (&theirs, "s_33333333333333", 2),
    ] {
        let file = clone.path().parent().unwrap().join("note");
        std::fs::write(&file, note(session, line)).unwrap();
        let blob = clone.git(&["hash-object", "-w", file.to_str().unwrap()]);
        clone.git(&[
            "notes",
            "--ref",
            "refs/notes/ai",
            "add",
            "-f",
            "-C",
            &blob,
            &head,
        ]);
        let run = clone.trueline(&["hook", "run", "share"], b"");
        assert!(run.status.success(), "{run:?}");
    }
    ours.trueline(&["hook", "run", "share"], b"");
    for clone in [&ours, &theirs] {
        let note = clone.note(&head);
        assert!(
            note.contains("s_11111111111111") && note.contains("s_33333333333333"),
            "{note}"
        );
        assert!(note.contains("\"team\":\"blue\""), "{note}");
    }
}

#[test]
fn a_stash_that_is_applied_and_stays_in_the_list_keeps_its_writers() {
    let clone = Clone::new();
    clone.person("a.py", 0, 4);
    clone.commit("base");
    clone.agent(CLAUDE, "a.py", 2, 3);
    clone.git(&["stash", "--quiet"]);
    clone.git(&["stash", "apply", "--quiet"]);
    clone.git(&["checkout", "--quiet", "--", "a.py"]);
    clone.git(&["stash", "apply", "--quiet"]);
    clone.commit("applied twice");
    assert_eq!(clone.assert_whole().ai, 3);
}

#[test]
fn what_was_staged_stays_its_writers_when_the_rest_is_stashed() {
    for amend in [false, true] {
        let clone = Clone::new();
        clone.person("a.py", 0, 8);
        clone.person("b.py", 0, 4);
        clone.commit("base");
        clone.agent(CLAUDE, "c.py", 0, 1);
        clone.commit("another");
        clone.agent(CLAUDE, "a.py", 7, 2);
        clone.git(&["add", "a.py"]);
        clone.agent(CURSOR, "a.py", 2, 2);
        clone.agent(CURSOR, "b.py", 3, 2);
        clone.git(&["stash", "--quiet", "--keep-index"]);
        let commit: &[&str] = if amend {
            &["commit", "--quiet", "--amend", "--no-edit"]
        } else {
            &["commit", "--quiet", "-m", "the staged part"]
        };
        clone.git(commit);
        assert_eq!(clone.assert_whole().ai, 3, "{amend}");
        clone.git(&["stash", "pop", "--quiet"]);
        clone.commit("the rest");
        assert_eq!(clone.assert_whole().ai, 7, "{amend}");
    }
}
