//! The cases of `tests/cases`: every built-in gate with pass, comment, block, undetermined and
//! exception.

use std::path::PathBuf;

use trueline_policy::cases::{Case, parse, run};
use trueline_policy::{PlainNames, gate};

/// The files of cases, by name.
pub(crate) fn files() -> Vec<(String, String)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut names: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    names.sort();
    names
        .into_iter()
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, std::fs::read_to_string(path).unwrap())
        })
        .filter(|(name, _)| cfg!(feature = "rego") || name != "rego.md")
        .collect()
}

#[test]
fn every_case_has_the_verdict_that_it_expects() {
    let mut cases = 0;
    let mut failures = Vec::new();
    for (name, text) in files() {
        let report = run(&name, &text, None, &PlainNames).unwrap();
        cases += report.cases;
        failures.extend(report.failures);
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(cases > 190, "only {cases} cases ran");
}

#[test]
fn every_built_in_gate_has_all_kinds_of_cases() {
    let files = files();
    for row in gate::defaults() {
        let (name, text) = files
            .iter()
            .find(|(name, _)| *name == format!("{}.md", row.id))
            .unwrap_or_else(|| panic!("{} has no cases", row.id));
        let cases = parse(name, text).unwrap();
        let expects = |gate: &str, verdict: &str, case: &Case| {
            let has = |what: &str, value: &str| {
                case.expected
                    .iter()
                    .any(|e| e.what == what && e.value == value)
            };
            has(row.id, gate) && has("verdict", verdict)
        };
        for (gate, verdict) in [
            ("pass", "pass"),
            ("fail", "comment"),
            ("fail", "block"),
            ("undetermined", "undetermined"),
        ] {
            assert!(
                cases.iter().any(|case| expects(gate, verdict, case)),
                "{}: no case in which the gate is {gate} and the verdict {verdict}",
                row.id
            );
        }
        let excepted = |case: &Case| {
            case.expected
                .iter()
                .any(|e| e.what == "exception known" && e.value == "used")
        };
        assert!(
            cases.iter().any(excepted),
            "{}: no case with an exception",
            row.id
        );
    }
}

#[test]
fn a_case_that_is_not_as_expected_says_where_and_what_instead() {
    let text = "# T\n\n## one\n\n```expect\nsecret: fail\nverdict: pass\n```\n";
    let report = run("t.md", text, None, &PlainNames).unwrap();
    insta::assert_snapshot!(report.failures.join("\n"), @"t.md:6: T / one: expected `secret: fail`, it is `pass`");
}

#[test]
fn files_that_are_no_cases_are_told() {
    let told = |text: &str| {
        run("t.md", text, None, &PlainNames)
            .unwrap_err()
            .to_string()
    };
    insta::assert_snapshot!(told("words"), @"t.md:1: there is no case: a heading of the second level (`## …`) opens one");
    insta::assert_snapshot!(told("## a\n"), @"t.md:1: `a` expects nothing: give it an `expect` block");
    insta::assert_snapshot!(told("## a\n```expect\nsecret pass\n```\n"), @"t.md:3: `secret pass` is no expectation: write `gate: pass`");
    insta::assert_snapshot!(told("## a\n```expect\n"), @"t.md:2: the block is not closed");
    insta::assert_snapshot!(told("## a\n```json facts\n{\n```\n```expect\nsecret: pass\n```\n"), @"t.md:4: the facts are no JSON object: EOF while parsing an object at line 2 column 0");
}
