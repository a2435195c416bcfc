//! Files of one person: private, appended to, deleted without a trace.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::decisions::{Event, What};
use crate::store::{Environment, Store};

use super::world::{CELL, day, record};

fn dispute(row: &str) -> Event {
    Event::new(
        day("2026-05-02"),
        What::Dispute {
            row: row.to_owned(),
            reason: None,
        },
    )
}

#[test]
fn what_was_decided_is_there_again_and_private() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::at(folder.path().join("data"));
    store.append(&dispute("01")).unwrap();
    store.append(&dispute("02")).unwrap();
    let (_, decisions) = store.read().unwrap();
    assert_eq!(decisions.disputed().len(), 2);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |path: PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(store.decisions_file()), 0o600);
        assert_eq!(mode(folder.path().join("data/skills")), 0o700);
    }
}

#[test]
fn a_line_that_was_cut_short_does_not_swallow_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::at(folder.path().to_owned());
    store.append(&dispute("01")).unwrap();
    let file = store.decisions_file();
    let whole = fs::read_to_string(&file).unwrap();
    fs::write(&file, format!("{whole}{}", &whole[..20])).unwrap();
    store.append(&dispute("02")).unwrap();
    let (reading, decisions) = store.read().unwrap();
    assert_eq!(decisions.disputed().len(), 2);
    assert_eq!(reading.diagnostics.len(), 1);
    assert!(
        reading.diagnostics[0].message.contains(":2:"),
        "{reading:?}"
    );
}

#[test]
fn deleting_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::at(folder.path().join("data"));
    fs::create_dir_all(folder.path().join("data/learn")).unwrap();
    fs::write(store.attempts_file(), record("01", "{}")).unwrap();
    store.append(&dispute("01")).unwrap();
    assert_eq!(store.read().unwrap().0.disputed.len(), 1);
    // What killed writers, damage and exercises under way leave.
    for left in [
        "learn/.tmpAb12",
        "learn/folded.json",
        "learn/folded.corrupt",
        "learn/folded.corrupt-2",
        "learn/lock",
        "learn/exercises/a.json",
        "learn/exercises/b.corrupt",
        "learn/reviews.corrupt-1",
        "learn/exercises/.tmpCd34",
        "skills/.tmpEf56",
    ] {
        let file = folder.path().join("data").join(left);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, "{}").unwrap();
    }
    assert_eq!(store.delete().unwrap().len(), 9);
    let left: Vec<_> = fs::read_dir(folder.path().join("data")).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
    let (reading, decisions) = store.read().unwrap();
    assert_eq!(reading.rows, []);
    assert_eq!(decisions, crate::decisions::Decisions::default());
    assert_eq!(store.delete().unwrap(), Vec::<PathBuf>::new());
}

#[test]
fn deleting_takes_nothing_that_is_not_ours() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::at(folder.path().to_owned());
    store.append(&dispute("01")).unwrap();
    for theirs in [
        "learn/rust.md",
        "learn/locksmith",
        "skills/tmp",
        "skills/decisions.md",
    ] {
        let file = folder.path().join(theirs);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, "theirs").unwrap();
    }
    assert_eq!(store.delete().unwrap(), [store.decisions_file()]);
    let left = |name: &str| fs::read_dir(folder.path().join(name)).unwrap().count();
    assert_eq!((left("learn"), left("skills")), (2, 2));
}

#[test]
fn shares_given_at_the_same_time_have_names_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::at(folder.path().to_owned());
    let share = |with: &str| {
        store
            .share(day("2026-05-02"), CELL, with, day("2026-06-02"))
            .unwrap()
    };
    std::thread::scope(|scope| {
        for person in 0..8 {
            scope.spawn(move || {
                for n in 0..8 {
                    let with = format!("person-{person}-{n}");
                    let given = share(&with);
                    assert_eq!(given.with.as_str(), with);
                }
            });
        }
    });
    let (reading, decisions) = store.read().unwrap();
    assert_eq!(reading.diagnostics, []);
    let names: BTreeSet<&str> = decisions.shares().iter().map(|s| s.id.as_str()).collect();
    assert_eq!(names.len(), 64);
}

#[test]
fn the_name_of_a_share_whose_line_is_gone_is_not_given_again() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::at(folder.path().to_owned());
    let share = || store.share(day("2026-05-02"), CELL, "ana", day("2026-06-02"));
    for name in ["s1", "s2", "s3"] {
        assert_eq!(share().unwrap().id, name);
    }
    let revoke = What::Revoke {
        share: "s3".to_owned(),
    };
    store
        .append(&Event::new(day("2026-05-02"), revoke))
        .unwrap();
    let file = store.decisions_file();
    let text = fs::read_to_string(&file).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    // The lines of the first and of the third share are taken out by hand.
    fs::write(&file, [lines[1], lines[3]].join("\n")).unwrap();
    assert_eq!(share().unwrap().id, "s4");
    // What cannot be read may be a share of any name.
    fs::write(&file, &text[..text.len() - 5]).unwrap();
    let told = share().unwrap_err();
    assert!(
        told.is_usage() && told.to_string().contains("decisions.jsonl:4"),
        "{told}"
    );
}

#[cfg(unix)]
#[test]
fn what_is_no_plain_file_is_told_with_advice_and_hangs_nobody() {
    use std::os::unix::fs::symlink;
    use std::process::Command;

    let place = |what: &dyn Fn(&Path)| {
        let folder = tempfile::tempdir().unwrap();
        for name in [
            "learn/attempts.jsonl",
            "learn/folded.json",
            "skills/decisions.jsonl",
        ] {
            let store = Store::at(folder.path().join(name.replace('/', "-")));
            let file = store.folder().join(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            what(&file);
            let told = store.read().unwrap_err();
            let text = told.to_string();
            assert!(told.is_usage(), "{text}");
            assert!(
                text.contains("TRUELINE_DATA_DIR") && text.contains(name),
                "{text}"
            );
        }
    };
    place(&|file| fs::create_dir(file).unwrap());
    place(&|file| {
        let made = Command::new("mkfifo").arg(file).status().unwrap();
        assert!(made.success());
    });
    place(&|file| {
        let other = file.with_extension("other");
        fs::write(&other, "").unwrap();
        symlink(other, file).unwrap();
    });
    place(&|file| symlink("/nowhere", file).unwrap());
    place(&|file| {
        // Without its bytes: a hole.
        fs::File::create(file)
            .unwrap()
            .set_len((64 << 20) + 1)
            .unwrap();
    });
    // A file where a folder of ours should be.
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("learn"), "").unwrap();
    let told = Store::at(folder.path().to_owned()).read().unwrap_err();
    assert!(
        told.is_usage() && told.to_string().contains("TRUELINE_DATA_DIR"),
        "{told}"
    );
    // A lock that is a pipe keeps nobody waiting.
    let folder = tempfile::tempdir().unwrap();
    let store = Store::at(folder.path().to_owned());
    fs::create_dir(folder.path().join("skills")).unwrap();
    let made = Command::new("mkfifo")
        .arg(folder.path().join("skills/lock"))
        .status()
        .unwrap();
    assert!(made.success());
    assert!(store.append(&dispute("01")).unwrap_err().is_usage());
}

#[test]
fn the_environment_says_where() {
    let given = Environment {
        data_dir: Some("/data".into()),
        ..Environment::default()
    };
    assert_eq!(
        Store::find(&given).unwrap().attempts_file(),
        PathBuf::from("/data/learn/attempts.jsonl")
    );
    assert!(Store::find(&Environment::default()).is_err());
    if cfg!(target_os = "linux") {
        let home = Environment {
            home: Some("/home/dev".into()),
            xdg_data_home: Some("relative".into()),
            ..Environment::default()
        };
        assert_eq!(
            Store::find(&home).unwrap().decisions_file(),
            PathBuf::from("/home/dev/.local/share/trueline/skills/decisions.jsonl")
        );
    }
}
