//! Files of one person: private, appended to, deleted without a trace.

use std::fs;
use std::path::PathBuf;

use trueline_skills::decisions::{Event, What};
use trueline_skills::store::{Environment, Store};

use crate::world::{day, record};

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
    assert_eq!(store.read().unwrap().0.rows.len(), 1);
    assert_eq!(store.delete().unwrap().len(), 2);
    let left: Vec<_> = fs::read_dir(folder.path().join("data")).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
    let (reading, decisions) = store.read().unwrap();
    assert_eq!(reading.rows, []);
    assert_eq!(decisions, trueline_skills::decisions::Decisions::default());
    assert_eq!(store.delete().unwrap(), Vec::<PathBuf>::new());
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
