//! Notes that are signed, and what shows when somebody writes into them.

use super::world::{CLAUDE, CODEX, Clone};

const PUBLIC: &str = "../ada.key.pub";

fn verify(clone: &Clone) -> (Option<i32>, String) {
    let run = clone.trueline(&["hook", "verify", "--keys", PUBLIC], b"");
    (run.status.code(), String::from_utf8(run.stdout).unwrap())
}

fn with_key() -> Clone {
    let clone = Clone::new();
    let made = clone.trueline(&["attest", "keygen", "../ada.key"], b"");
    assert!(made.status.success(), "{made:?}");
    clone.git(&["config", "trueline.noteKey", "../ada.key"]);
    clone
}

fn rewrite_note(clone: &Clone, commit: &str, note: &str) {
    let file = clone.path().parent().unwrap().join("note");
    std::fs::write(&file, note).unwrap();
    let file = file.to_str().unwrap();
    clone.git(&[
        "notes",
        "--ref",
        "refs/notes/ai",
        "add",
        "-f",
        "-F",
        file,
        commit,
    ]);
}

#[test]
fn hooks_sign_what_they_write_also_through_rewrites() {
    let clone = with_key();
    clone.agent(CLAUDE, "a.py", 0, 5);
    clone.commit("one");
    clone.agent(CODEX, "a.py", 2, 3);
    clone.git(&["commit", "--quiet", "--all", "--amend", "-m", "two"]);
    clone.assert_whole();
    let (code, told) = verify(&clone);
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains("signed by SHA256:"), "{told}");
    assert!(told.contains("1 of 1 note signed whole"), "{told}");
}

#[test]
fn a_note_that_somebody_without_a_key_wrote_into_is_told_by_lines() {
    let clone = with_key();
    clone.agent(CLAUDE, "a.py", 0, 5);
    let head = clone.commit("one");
    let note = clone.note(&head);
    // A line that nobody gave to the agent, and an agent with another name.
    let more = note.replacen(" 1-5\n", " 1-5,7\n", 1);
    let other = note.replace("\"tool\":\"claude\"", "\"tool\":\"cursor\"");
    for (forged, left) in [(more, "1 of 6 lines"), (other, "5 of 5 lines")] {
        assert_ne!(forged, note);
        rewrite_note(&clone, &head, &forged);
        let (code, told) = verify(&clone);
        assert_eq!(code, Some(1), "{told}");
        assert!(
            told.contains("FORGED or unsigned") && told.contains(left),
            "{told}"
        );
    }
    // Without its signature it is a note as any other, and says so.
    let start = note.find("\"trueline_signatures\"").unwrap();
    let bare = format!("{}\"x\":1}}", &note[..start]);
    rewrite_note(&clone, &head, &bare);
    let (code, told) = verify(&clone);
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains("not signed"), "{told}");
    // Whoever vouches for it afterwards says so by hand.
    let run = clone.trueline(&["hook", "sign"], b"");
    assert!(run.status.success(), "{run:?}");
    assert_eq!(verify(&clone).0, Some(0));
}

#[test]
fn lines_that_were_taken_out_of_a_signed_note_are_told() {
    let clone = with_key();
    clone.agent(CLAUDE, "a.py", 0, 5);
    let head = clone.commit("one");
    let note = clone.note(&head);
    let file_gone = note.replacen("a.py\n", "", 1);
    let entry = file_gone.find("---").unwrap();
    for (cut, gone) in [
        (note.replacen(" 1-5\n", " 1-2,5\n", 1), "2 lines"),
        (file_gone[entry..].to_owned(), "5 lines"),
    ] {
        assert_ne!(cut, note);
        rewrite_note(&clone, &head, &cut);
        let (code, told) = verify(&clone);
        assert_eq!(code, Some(1), "{told}");
        let expected = format!("CUT: {gone} that were signed are not in it any more");
        assert!(told.contains(&expected), "{told}");
        assert!(told.contains("0 of 1 note signed whole"), "{told}");
    }
    // Who has a key may take lines out, and vouches for what is left.
    let run = clone.trueline(&["hook", "sign"], b"");
    assert!(run.status.success(), "{run:?}");
    rewrite_note(&clone, &head, &note);
    let run = clone.trueline(&["hook", "sign"], b"");
    assert!(run.status.success(), "{run:?}");
    assert_eq!(verify(&clone).0, Some(0));
}

#[test]
fn a_note_that_was_removed_is_told_where_the_log_of_attestations_knows_it() {
    let clone = with_key();
    clone.write(
        ".trueline/attest.keys",
        &std::fs::read_to_string(clone.path().join(PUBLIC)).unwrap(),
    );
    let base = clone.commit("keys");
    clone.agent(CLAUDE, "a.py", 0, 5);
    let one = clone.commit("one");
    let (code, told) = verify(&clone);
    assert_eq!(code, Some(0), "{told}");
    assert!(
        told.contains("cannot be known: there is no log of attestations here"),
        "{told}"
    );
    let range = format!("{base}..HEAD");
    let gate = ["gate", &range, "--attest", "--key", "../ada.key"];
    let run = clone.trueline(&gate, b"");
    assert!(run.status.success(), "{run:?}");
    clone.agent(CLAUDE, "b.py", 0, 3);
    let two = clone.commit("two");
    let (code, told) = verify(&clone);
    assert_eq!(code, Some(0), "{told}");
    assert!(
        told.contains(
            "knows the notes of 1 of 4 commits; whether others were removed cannot be known"
        ),
        "{told}"
    );

    // The first is known to have been there, the second is not.
    let note = clone.note(&one);
    for commit in [&one, &two] {
        clone.git(&["notes", "--ref", "refs/notes/ai", "remove", commit]);
    }
    let (code, told) = verify(&clone);
    assert_eq!(code, Some(1), "{told}");
    let removed =
        format!("{one:.10}  REMOVED: a note about 5 lines was there (entry 1 of the log)");
    assert!(told.contains(&removed), "{told}");
    assert!(!told.contains(&two[..10]), "{told}");

    // An unsigned one with fewer lines in its place.
    let start = note.find("\"trueline_signatures\"").unwrap();
    let unsigned = format!("{}\"x\":1}}", &note[..start]).replacen(" 1-5\n", " 1-4\n", 1);
    rewrite_note(&clone, &one, &unsigned);
    let (code, told) = verify(&clone);
    assert_eq!(code, Some(1), "{told}");
    assert!(
        told.contains("1 line fewer than entry 1 of the log knows"),
        "{told}"
    );
    rewrite_note(&clone, &one, &note);
    assert_eq!(verify(&clone).0, Some(0));
}

#[test]
fn a_key_that_cannot_be_used_stops_no_commit_and_is_told() {
    let clone = Clone::new();
    clone.git(&["config", "trueline.noteKey", "../nowhere.key"]);
    clone.agent(CLAUDE, "a.py", 0, 5);
    clone.commit("one");
    assert_eq!(clone.assert_whole().ai, 5);
    let run = clone.trueline(&["hook", "status"], b"");
    let told = String::from_utf8(run.stdout).unwrap();
    assert!(told.contains("a note was not signed"), "{told}");
    let run = clone.trueline(&["hook", "verify"], b"");
    assert_eq!(run.status.code(), Some(2), "{run:?}");
    let told = String::from_utf8(run.stderr).unwrap();
    assert!(told.contains(".trueline/notes.keys"), "{told}");
}
