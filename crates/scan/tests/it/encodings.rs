//! Lines of UTF-16 in which a byte of a letter is the one that ends lines elsewhere: 上 is U+4E0A.

use std::sync::atomic::AtomicBool;

use trueline_facts::Finding;
use trueline_scan::{ScanOutcome, Silent, scan};

use crate::changes::{by_claude, commit};
use crate::tree::Tree;

const TOKEN: &str = concat!("ghp", "_1a2B3c4D5e6F7g8H9i0J1k2L3m4N5o6P7q8R");
const ORDERS: [(&str, Order); 2] = [("le", u16::to_le_bytes), ("be", u16::to_be_bytes)];

type Order = fn(u16) -> [u8; 2];

/// With its mark.
fn utf16(text: &str, order: Order) -> Vec<u8> {
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
            tree.write_bytes(&format!("{name}.py"), &utf16(text, order));
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
            tree.write_bytes(&format!("{name}.py"), &utf16(&text, order));
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
        tree.write_bytes(&format!("{name}.ps1"), &utf16(&first, order));
        let both = format!("{first}call 上 -t {TOKEN}\n");
        tree.write_bytes(&format!("both-{name}.ps1"), &utf16(&both, order));
    }
    commit(&tree, "feat: x");
    for (name, order) in ORDERS {
        let text = format!("{first}{other}call -t {TOKEN}\n");
        tree.write_bytes(&format!("{name}.ps1"), &utf16(&text, order));
        let both = format!("{first}call 上 -t {TOKEN} x\n");
        tree.write_bytes(&format!("both-{name}.ps1"), &utf16(&both, order));
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

#[test]
fn what_another_tool_says_of_a_secret_is_left_out_where_its_line_cannot_be_read() {
    let latin1 = "# x\nsecret = \"p\u{e4}ssw\u{f6}rd-Q7x9Zk2ml1\"\n";
    let latin1: Vec<u8> = latin1.chars().map(|c| c as u8).collect();
    let bare = "// caf\u{e9} x\nvar p = \"Vq8xV2mN7pLr4TbW9sKd\";\n";
    let tree = Tree::of(&[]);
    tree.write_bytes("latin1.py", &latin1);
    tree.write_bytes("bare.cs", &utf16(bare, u16::to_le_bytes)[2..]);
    // Most of its beginning is not of ASCII.
    let far = bare.replace(" x", &"\u{4e0a}".repeat(400));
    let far = far.replace("Vq8xV2mN7pLr4TbW9sKd", "kd92hsLq0zXVq8w7");
    tree.write_bytes("far.cs", &utf16(&far, u16::to_be_bytes)[2..]);
    commit(&tree, "feat: x");
    let result = |path: &str, value: &str| {
        format!(
            r#"{{"ruleId": "hardcoded-password", "message": {{"text": "password {value} found"}},
            "locations": [{{"physicalLocation": {{"artifactLocation": {{"uri": "{path}"}},
            "region": {{"startLine": 2}}}}}}]}}"#
        )
    };
    let results = [
        result("latin1.py", "p\u{e4}ssw\u{f6}rd-Q7x9Zk2ml1"),
        result("bare.cs", "Vq8xV2mN7pLr4TbW9sKd"),
        result("far.cs", "kd92hsLq0zXVq8w7"),
        result("gone.cs", "h7kPq2zz1Lm4Rt"),
    ];
    let log = format!(
        r#"{{"version": "2.1.0", "runs": [{{"tool": {{"driver": {{"name": "semgrep"}}}}, "results": [{}]}}]}}"#,
        results.join(", ")
    );
    let logs = tempfile::tempdir().unwrap();
    let file = logs.path().join("log.sarif");
    std::fs::write(&file, log).unwrap();
    let mut request = tree.request(false, 1);
    request.imports = vec![file];
    let outcome = scan(&request, &Silent, &AtomicBool::new(false)).unwrap();
    let shown = crate::tree::shown(&outcome);
    for part in ["Q7x9Zk2", "Vq8xV2m", "TbW9sKd", "kd92", "h7kPq"] {
        assert!(!shown.contains(part), "{part}: {shown}");
    }
    let messages = |path: &str| -> Vec<&str> {
        let findings = outcome.report.findings.iter();
        let of_file =
            findings.filter(|f| f.engine == "semgrep" && f.location.path.display() == path);
        of_file.map(|finding| finding.message.as_str()).collect()
    };
    assert_eq!(messages("bare.cs"), ["password [redacted] found"]);
    assert_eq!(messages("gone.cs"), ["password [redacted] found"]);
    for path in ["latin1.py", "far.cs"] {
        let [message] = messages(path)[..] else {
            panic!("{path}: {:?}", messages(path));
        };
        assert!(message.contains("hardcoded-password"), "{message}");
        assert!(message.contains("left out"), "{message}");
    }
}
