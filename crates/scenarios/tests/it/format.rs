//! What is wrong with a scenario is told with its file, its line and what was meant; nothing panics.

use proptest::prelude::*;
use trueline_scenarios::format::{Definition, ReviewItem, tests};
use trueline_scenarios::{Catalogue, Scenario};

use crate::proof::{files, fixtures};

/// The error of a fixture whose `scenario.toml` was changed.
fn error(replace: &str, with: &str) -> String {
    let mut files = files("py-search-http");
    let text = files.text("scenario.toml").unwrap();
    assert!(text.contains(replace), "{replace}");
    files.insert("scenario.toml", text.replace(replace, with));
    Scenario::new(files, "py-search-http")
        .unwrap_err()
        .to_string()
}

#[test]
fn mistakes_point_at_their_line_and_name_what_was_meant() {
    let told = [
        error("minutes = 8", "minuts = 8"),
        error("class = \"injection\"", "class = \"injektion\""),
        error("language = \"python\"", "language = \"cobol\""),
        error("minutes = 8", "minutes = \"eight\""),
        error("cwe = [89]", "cwe = []"),
        error("port = 5000", ""),
        error("editable = [\"app.py\"]", "editable = [\"../app.py\"]"),
        error("editable = [\"app.py\"]", "editable = [\"main.py\"]"),
        error(
            "exploit = \"reads the table of secrets\"",
            "exploit = \"reads secrets\"",
        ),
        error("id = \"py-search-http\"", "id = \"py-search\""),
        error("cwe = [89]", "cwe = [89, 22]"),
        error("name = \"escape-quotes\"", "name = \"escape-double\""),
        error("difficulty = 0.0", "difficulty = 90.0"),
        error("[[mutant]]", "[[mutant"),
    ];
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn limits_within_which_nothing_can_run_are_told_with_their_line() {
    let tree = files("py-search-http");
    let file = tree.text("scenario.toml").unwrap();
    let line = |key: &str| 1 + file.lines().position(|line| line.starts_with(key)).unwrap();
    let port = error("port = 5000", "port = 0");
    assert!(
        port.contains(&format!(
            "scenario.toml:{}: port is a number from 1 to 65535",
            line("port")
        )),
        "{port}"
    );
    for (given, wanted) in [
        ("{ cpu_s = 0 }", "limits: cpu_s = 0: seconds from 1 to 3600"),
        (
            "{ wall_s = 0 }",
            "limits: wall_s = 0: seconds from 1 to 3600",
        ),
        (
            "{ mem_mb = 1 }",
            "limits: mem_mb = 1: megabytes from 16 to 65536",
        ),
        (
            "{ pids = 4000000000 }",
            "limits: pids = 4000000000: processes and threads from 2 to 4096",
        ),
    ] {
        let told = error(
            "port = 5000",
            &format!("port = 5000\nbuild_limits = {given}"),
        );
        let at = format!("scenario.toml:{}: build_{wanted}", line("port") + 1);
        assert!(told.contains(&at), "{told}");
    }
}

#[test]
fn an_id_says_what_it_is() {
    let told = error("id = \"py-search-http\"", "id = \"no-prefix\"");
    assert!(
        told.contains("scenario.toml:1: `no-prefix` does not say what it is: it begins with `py-`"),
        "{told}"
    );
}

#[test]
fn tests_are_declared_by_literals() {
    let wrong = |text| tests::exploits(text, "exploit.py").unwrap_err().to_string();
    assert_eq!(
        wrong("\n@exploit(NAME, cwe=89)\ndef x(t): pass"),
        "exploit.py:2: write the name as a literal in the decorator: @functional(\"name\") or @exploit(\"name\", cwe=89)"
    );
    assert_eq!(
        wrong("@exploit(\"a\")"),
        "exploit.py:1: an exploit names its weakness: @exploit(\"name\", cwe=89)"
    );
    assert_eq!(
        wrong("@exploit(\"a\", cwe=1)\n@exploit('a', cwe=2)"),
        "exploit.py:2: two tests are called `a`"
    );
    let found =
        tests::exploits("@exploit(\n    \"it's \\\"x\\\"\",\n    cwe=22,\n)\n", "e").unwrap();
    assert_eq!(found[0].name, "it's \"x\"");
}

#[test]
fn one_broken_scenario_hides_no_other() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["py-search-http", "py-join-call"] {
        files(name).write(&folder.path().join(name)).unwrap();
    }
    std::fs::write(folder.path().join("py-join-call/scenario.toml"), "id = 1").unwrap();
    let catalogue = Catalogue::read(folder.path()).unwrap();
    assert_eq!(catalogue.scenarios().len(), 1);
    assert_eq!(catalogue.broken().len(), 1);
    let near = catalogue.get("py-serch-http").unwrap_err().to_string();
    assert!(near.contains("did you mean `py-search-http`?"), "{near}");
}

#[cfg(unix)]
#[test]
fn links_and_pipes_are_no_part_of_a_scenario() {
    let folder = tempfile::tempdir().unwrap();
    let scenario = folder.path().join("py-search-http");
    files("py-search-http").write(&scenario).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", scenario.join("vulnerable/passwd")).unwrap();
    let catalogue = Catalogue::read(folder.path()).unwrap();
    let told = catalogue.broken()[0].to_string();
    assert!(told.contains("a symbolic link"), "{told}");
}

#[test]
fn review_items_name_lines_that_their_diff_adds() {
    let text = std::fs::read_to_string(fixtures().join("py-search-http/review/1.toml")).unwrap();
    ReviewItem::parse(&text, "1.toml").unwrap();
    let told = ReviewItem::parse(
        &text.replace("start = 4, end = 5", "start = 9, end = 9"),
        "1.toml",
    )
    .unwrap_err();
    insta::assert_snapshot!(told.to_string(), @"1.toml:17: lines 9 to 9 of app.py are not among those that the diff adds (4 to 5)");
}

proptest! {
    #[test]
    fn no_text_makes_a_parser_panic(text in "(?s).{0,300}", line in "[a-z_]{1,12} ?= ?.{0,40}") {
        let base = std::fs::read_to_string(fixtures().join("py-search-http/scenario.toml")).unwrap();
        let _ = Definition::parse(&text, "x");
        let _ = Definition::parse(&format!("{base}\n{line}"), "x");
        let _ = ReviewItem::parse(&text, "x");
        let _ = tests::functional(&text, "x");
        let _ = tests::exploits(&format!("@exploit({text}"), "x");
    }
}
