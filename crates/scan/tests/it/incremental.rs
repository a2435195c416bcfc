//! What is analysed again after a change, and that nothing else can tell a memory from none.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;
use std::time::{Duration, SystemTime};

use trueline_scan::Changed;

use crate::tree::{Tree, analyzed, rescan, shown};

const VIEWS: &str = "from flask import Flask, request\nfrom store import find\nfrom words import upper\n\napp = Flask(__name__)\n\n\n@app.route(\"/\")\ndef index():\n    return upper(find(request.args[\"q\"]))\n";
const STORE: &str = "import sqlite3\n\n\ndef find(name):\n    return sqlite3.connect(\"x\").execute(\"select \" + name)\n";
const WORDS: &str = "def upper(text):\n    return text\n\n\ndef other(text):\n    return text\n";

fn project() -> Tree {
    Tree::of(&[
        ("views.py", VIEWS),
        ("store.py", STORE),
        ("words.py", WORDS),
        ("alone.py", "print(1)\n"),
    ])
}

fn rules(outcome: &trueline_scan::ScanOutcome) -> Vec<String> {
    let findings = outcome.report.findings.iter();
    findings.map(|f| f.rule.to_string()).collect()
}

#[test]
fn nothing_is_analysed_again_when_nothing_changed() {
    let tree = project();
    let first = tree.fresh(2);
    assert_eq!(analyzed(&first).len(), 4);
    assert!(rules(&first).contains(&"sql-injection".to_owned()));
    let second = tree.fresh(1);
    assert_eq!(analyzed(&second), Vec::<String>::new());
    assert_eq!(shown(&second), shown(&first));
    assert_eq!(shown(&second), shown(&tree.without_memory()));
}

#[test]
fn an_edit_that_leaves_the_interface_alone_is_one_analysis() {
    let tree = project();
    tree.fresh(2);
    // Lines move, and a body grows.
    let edited = WORDS.replacen("    return", "    print()\n    return", 1);
    tree.write("words.py", &format!("# words\n{edited}"));
    let outcome = tree.fresh(2);
    assert_eq!(analyzed(&outcome), ["words.py"]);
    assert_eq!(shown(&outcome), shown(&tree.without_memory()));
}

#[test]
fn an_edit_that_changes_what_a_function_does_reaches_its_callers_only() {
    let tree = project();
    let mut scanner = tree.scanner(false);
    rescan(&mut scanner, Changed::Anything);
    tree.write("store.py", &STORE.replace("\" + name", "?\", (name,)"));
    let edited = [tree.path("store.py")];
    let outcome = rescan(&mut scanner, Changed::Files(&edited));
    assert_eq!(analyzed(&outcome), ["store.py", "views.py"]);
    assert!(!rules(&outcome).contains(&"sql-injection".to_owned()));
    assert_eq!(shown(&outcome), shown(&tree.without_memory()));
}

#[test]
fn files_that_come_and_go_concern_those_that_import_them() {
    let tree = project();
    let mut scanner = tree.scanner(true);
    rescan(&mut scanner, Changed::Anything);
    tree.remove("store.py");
    let edited = [tree.path("store.py")];
    let outcome = rescan(&mut scanner, Changed::Files(&edited));
    assert_eq!(analyzed(&outcome), ["views.py"]);
    assert_eq!(shown(&outcome), shown(&tree.without_memory()));
    tree.write("store.py", STORE);
    let outcome = rescan(&mut scanner, Changed::Files(&edited));
    assert_eq!(analyzed(&outcome), ["store.py", "views.py"]);
    assert_eq!(shown(&outcome), shown(&tree.without_memory()));
    // Nobody imports it by a name that could mean the new file.
    tree.write("more/unrelated.py", "x = 1\n");
    let outcome = tree.fresh(2);
    assert_eq!(analyzed(&outcome), ["more/unrelated.py"]);
    assert_eq!(shown(&outcome), shown(&tree.without_memory()));
}

#[test]
fn one_member_of_a_cycle_is_analysed_alone_when_its_interface_stays() {
    let member = |other: &str, body: &str| {
        format!(
            "import {other}\n\n\ndef call(x):\n    return {other}.pass_on(x)\n\n\ndef pass_on(x):\n    {body}\n    return x\n"
        )
    };
    let tree = Tree::of(&[
        ("a.py", &member("b", "print(1)")),
        ("b.py", &member("c", "print(1)")),
        ("c.py", &member("a", "print(1)")),
    ]);
    tree.fresh(2);
    tree.write("b.py", &member("c", "print(2)"));
    let outcome = tree.fresh(2);
    assert_eq!(analyzed(&outcome), ["b.py"]);
    assert_eq!(shown(&outcome), shown(&tree.without_memory()));
}

#[test]
fn a_damaged_or_missing_cache_changes_nothing_but_the_time() {
    let tree = project();
    let expected = shown(&tree.fresh(2));
    for at in 0..tree.segments().len() {
        for damage in 0..3 {
            let segments = tree.segments();
            let segment = segments.get(at).unwrap();
            let mut bytes = fs::read(segment).unwrap();
            match damage {
                0 => fs::remove_file(segment).unwrap(),
                1 => fs::write(segment, &bytes[..bytes.len() / 2]).unwrap(),
                _ => {
                    *bytes.last_mut().unwrap() ^= 1;
                    fs::write(segment, bytes).unwrap();
                }
            }
            // Something is analysed, so that interfaces are wanted.
            tree.write("views.py", &format!("{VIEWS}# {at} {damage}\n"));
            tree.fresh(2);
            tree.write("views.py", VIEWS);
            assert_eq!(shown(&tree.fresh(2)), expected, "{at} {damage}");
        }
    }
    assert_eq!(shown(&tree.without_memory()), expected);
}

#[test]
fn segments_of_different_runs_are_not_put_together() {
    let tree = project();
    tree.fresh(2);
    let kept: Vec<(std::path::PathBuf, Vec<u8>)> = tree
        .segments()
        .into_iter()
        .map(|path| (path.clone(), fs::read(path).unwrap()))
        .collect();
    for (name, text) in [
        ("store.py", "def find(name):\n    return 1\n"),
        ("words.py", STORE),
    ] {
        tree.write(name, text);
    }
    let expected = shown(&tree.without_memory());
    assert_eq!(shown(&tree.fresh(2)), expected);
    for (path, bytes) in kept {
        let now = fs::read(&path).unwrap();
        fs::write(&path, bytes).unwrap();
        tree.write("views.py", &format!("{VIEWS}\n"));
        tree.fresh(2);
        tree.write("views.py", VIEWS);
        assert_eq!(shown(&tree.fresh(2)), expected, "{path:?}");
        fs::write(&path, now).unwrap();
    }
}

#[test]
fn scans_at_the_same_time_do_not_disturb_each_other() {
    let tree = project();
    let expected = shown(&tree.without_memory());
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                for _ in 0..3 {
                    assert_eq!(shown(&tree.fresh(1)), expected);
                }
            });
        }
    });
}

#[test]
#[cfg(unix)]
fn an_edit_that_keeps_size_and_time_of_change_is_seen() {
    use std::os::unix::fs::MetadataExt as _;

    let tree = project();
    let long_ago = SystemTime::UNIX_EPOCH + Duration::from_hours(300_000);
    let path = tree.root().join("store.py");
    let set_back = || {
        let file = fs::File::options().write(true).open(&path).unwrap();
        file.set_modified(long_ago).unwrap();
    };
    let changed = || {
        let state = fs::metadata(&path).unwrap();
        (state.ctime(), state.ctime_nsec())
    };
    set_back();
    // Files at rest are taken for what they were by their state alone.
    tree.at_rest(2);
    let before = changed();
    let edited = STORE.replace("\"select \" + name", "'select',(name,)");
    assert_eq!(edited.len(), STORE.len(), "{edited}");
    // The clock of the file system is coarse; this test has no two seconds to spare.
    while changed() == before {
        tree.write("store.py", &edited);
        set_back();
    }
    let outcome = tree.at_rest(2);
    assert!(analyzed(&outcome).contains(&"store.py".to_owned()));
    assert_eq!(shown(&outcome), shown(&tree.without_memory()));
}

#[test]
fn own_rules_and_their_edits_count() {
    let tree = project();
    let mut scanner = tree.scanner(true);
    rescan(&mut scanner, Changed::Anything);
    let builtin = fs::read_to_string(
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules/sql-injection.toml"),
    )
    .unwrap();
    let own = builtin.replacen("\"sql-injection\"", "\"own-injection\"", 1);
    tree.write(".trueline/rules/own-injection.toml", &own);
    let edited = [tree.path(".trueline/rules/own-injection.toml")];
    let outcome = rescan(&mut scanner, Changed::Files(&edited));
    assert_eq!(shown(&outcome), shown(&tree.without_memory()));
    assert!(rules(&outcome).contains(&"own-injection".to_owned()));
    tree.remove(".trueline/rules/own-injection.toml");
    let outcome = rescan(&mut scanner, Changed::Anything);
    assert_eq!(shown(&outcome), shown(&tree.without_memory()));
}

/// A thousand modules in one circle: rounds are few, and each looks at each module once.
#[test]
fn a_long_cycle_of_imports_costs_no_more_than_its_rounds() {
    let count = 1000;
    let files: BTreeMap<String, String> = (0..count)
        .map(|at| {
            let next = (at + 1) % count;
            let text = format!("import m{next}\n\n\ndef call(x):\n    return m{next}.call(x)\n");
            (format!("m{at}.py"), text)
        })
        .collect();
    let tree = Tree::new(&files);
    let outcome = tree.fresh(2);
    assert_eq!(analyzed(&outcome).len(), count);
    assert!(outcome.analyses <= 3 * count as u64, "{}", outcome.analyses);
    let restless = outcome.report.diagnostics.iter();
    assert!(restless.filter(|d| d.code == "import-cycle-budget").count() <= 1);
    assert_eq!(shown(&tree.fresh(1)), shown(&outcome));
}

#[test]
fn secrets_of_the_source_are_not_stored() {
    let password = "h7kPq2zz-x91Lm";
    let key = "AKIAQ3EGV4TZ5WMNPL7K";
    let tree = Tree::of(&[
        (
            "settings.py",
            &format!(
                "DB_PASSWORD = \"{password}\"\nKEY = \"{key}\"\nNAME = \"shop-of-a-name\"\n\n\ndef login(user):\n    return run(\"mysql \" + user, password=\"{password}\")\n"
            ),
        ),
        (
            "shop.py",
            "import os\nfrom flask import Flask, request\nfrom settings import *\nimport settings\n\napp = Flask(__name__)\napp.config[\"SECRET_KEY\"] = settings.DB_PASSWORD\nOTHER = KEY\nTITLE = NAME\n\n\n@app.route(\"/\")\ndef index():\n    os.system(request.args[\"q\"])\n    return settings.login(request.args[\"u\"])\n",
        ),
        (
            "again.py",
            "from shop import OTHER, TITLE\n\nprint(OTHER, TITLE)\n",
        ),
    ]);
    let first = tree.fresh(2);
    assert!(rules(&first).contains(&"hard-coded-secret".to_owned()));
    let stored: Vec<u8> = tree
        .segments()
        .iter()
        .flat_map(|path| fs::read(path).unwrap())
        .collect();
    let holds = |text: &str| stored.windows(text.len()).any(|w| w == text.as_bytes());
    assert!(holds("shop-of-a-name"), "constants are stored");
    assert!(!holds(password) && !holds(key));
    // What was not stored is found anew, and nothing else is.
    let second = tree.fresh(2);
    assert_eq!(analyzed(&second), ["settings.py"]);
    assert_eq!(shown(&second), shown(&first));
    assert_eq!(shown(&second), shown(&tree.without_memory()));
    // In a running process it is known.
    let mut scanner = tree.scanner(true);
    rescan(&mut scanner, Changed::Anything);
    let edited = [tree.path("again.py")];
    tree.write("again.py", "from shop import OTHER\n\nprint(OTHER)\n");
    let outcome = rescan(&mut scanner, Changed::Files(&edited));
    assert_eq!(analyzed(&outcome), ["again.py"]);
    assert_eq!(shown(&outcome), shown(&tree.without_memory()));
}

#[test]
fn a_work_tree_that_is_looked_at_again_tells_what_a_first_scan_tells() {
    let tree = project();
    let mut scanner = tree.scanner(false);
    rescan(&mut scanner, Changed::WorkTree);
    let again = rescan(&mut scanner, Changed::WorkTree);
    assert_eq!(analyzed(&again), Vec::<String>::new());
    tree.write("store.py", &STORE.replace("\" + name", "?\", (name,)"));
    tree.write("more.py", "x = 1\n");
    let outcome = rescan(&mut scanner, Changed::WorkTree);
    assert_eq!(analyzed(&outcome), ["more.py", "store.py", "views.py"]);
    assert_eq!(shown(&outcome), shown(&tree.without_memory()));
    // HEAD moves: who wrote the lines is read again.
    for arguments in [
        &["add", "--all"][..],
        &["commit", "--quiet", "--message", "all"],
    ] {
        let status = Command::new("git")
            .args(["-c", "user.name=Dev", "-c", "user.email=dev@example.org"])
            .args(["-c", "commit.gpgsign=false"])
            .args(arguments)
            .current_dir(tree.root())
            .status()
            .unwrap();
        assert!(status.success());
    }
    let outcome = rescan(&mut scanner, Changed::WorkTree);
    assert_eq!(analyzed(&outcome), Vec::<String>::new());
    assert!(outcome.report.repository.head.is_some());
    assert_eq!(shown(&outcome), shown(&tree.without_memory()));
}
