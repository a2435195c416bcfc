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
