//! Lines of UTF-16 in which a byte of a letter is the one that ends lines elsewhere: 上 is U+4E0A.

use std::sync::atomic::AtomicBool;

use trueline_facts::Finding;
use trueline_scan::{ScanOutcome, Silent, scan};

use crate::changes::{by_claude, commit};
use crate::tree::Tree;

const TOKEN: &str = concat!("ghp", "_1a2B3c4D5e6F7g8H9i0J1k2L3m4N5o6P7q8R");
const ORDERS: [(&str, fn(u16) -> [u8; 2]); 2] =
    [("le", u16::to_le_bytes), ("be", u16::to_be_bytes)];

/// With its mark.
fn utf16(text: &str, order: fn(u16) -> [u8; 2]) -> Vec<u8> {
    let units = "\u{feff}".encode_utf16().chain(text.encode_utf16());
    units.flat_map(order).collect()
}

fn since_last_commit(tree: &Tree) -> ScanOutcome {
    let mut request = tree.request(false, 1);
    request.diff = Some("HEAD~1".to_owned());
    scan(&request, &Silent, &AtomicBool::new(false)).unwrap()
}

fn places(findings: &[Finding]) -> Vec<String> {
    let mut places: Vec<String> = findings
        .iter()
        .map(|finding| {
            let location = &finding.location;
            format!("{}:{}", location.path.display(), location.start.line)
        })
        .collect();
    places.sort();
    places
}

#[test]
fn a_new_finding_below_any_letter_of_utf16_is_one_of_the_change() {
    let head = "# 上上上\n# 上ਁĊ\nimport hashlib\n";
    let old = format!("{head}def f(x):\n    return x\n");
    let new = format!("{old}password = \"Zq8xV2mN7pLr4TbW9sKd\"\n");
    let tree = Tree::of(&[]);
    for text in [&old, &new] {
        for (name, order) in ORDERS {
            tree.write(&format!("{name}.py"), utf16(text, order));
        }
        tree.write("utf8.py", text);
        commit(&tree, "feat: x");
    }
    let found = since_last_commit(&tree).report.findings;
    assert_eq!(places(&found), ["be.py:6", "le.py:6", "utf8.py:6"]);
}

#[test]
fn a_guard_that_goes_from_utf16_opens_what_stood_there() {
    let with = |guard: &str| {
        format!(
            "from flask import request, Flask\nimport sqlite3\napp = Flask(__name__)\n\n# 上\n@app.route('/x')\n\
             def x():\n    q = request.args['q']\n{guard}    \
             return sqlite3.connect('a').execute('SELECT * FROM t WHERE a = ' + q).fetchall()\n"
        )
    };
    let tree = Tree::of(&[]);
    for text in [with("    q = str(int(q))\n"), with("")] {
        for (name, order) in ORDERS {
            tree.write(&format!("{name}.py"), utf16(&text, order));
        }
        commit(&tree, "feat: x");
    }
    let found = since_last_commit(&tree).report.findings;
    assert_eq!(places(&found), ["be.py:9", "le.py:9"]);
}

#[test]
fn a_finding_in_utf16_has_the_origin_of_its_own_line_or_none() {
    // So long that git, which looks for a zero at the beginning, takes the file for text.
    let first = format!("{}\n", "上".repeat(4_001));
    let other = format!("{}\n", "上".repeat(3));
    let tree = Tree::of(&[]);
    for (name, order) in ORDERS {
        tree.write(&format!("{name}.ps1"), utf16(&first, order));
        let both = format!("{first}call 上 -t {TOKEN}\n");
        tree.write(&format!("both-{name}.ps1"), utf16(&both, order));
    }
    commit(&tree, "feat: x");
    for (name, order) in ORDERS {
        let text = format!("{first}{other}call -t {TOKEN}\n");
        tree.write(&format!("{name}.ps1"), utf16(&text, order));
        let both = format!("{first}call 上 -t {TOKEN} x\n");
        tree.write(&format!("both-{name}.ps1"), utf16(&both, order));
    }
    by_claude(&tree);
    let found = tree.without_memory().report.findings;
    assert_eq!(
        places(&found),
        ["be.ps1:3", "both-be.ps1:2", "both-le.ps1:2", "le.ps1:3"]
    );
    for finding in &found {
        let origin = finding.origin.as_ref().unwrap();
        let is_of_both = finding.location.path.display().starts_with("both");
        assert_eq!(origin.is_known_ai(), !is_of_both, "{finding:?}");
    }
}
