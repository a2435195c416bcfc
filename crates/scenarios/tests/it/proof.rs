//! The fixtures are proven, and a proof fails when a part is not as it is declared.

use std::path::{Path, PathBuf};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use trueline_facts::RuleId;
use trueline_scenarios::verify::{Proof, ProofOptions, ProofStatus, prove, unfinished};
use trueline_scenarios::{Catalogue, Ground, Scenario, Tree};

pub(crate) fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

pub(crate) fn files(fixture: &str) -> Tree {
    Tree::read(&fixtures().join(fixture)).unwrap()
}

/// A fixture with something else in its `scenario.toml`.
pub(crate) fn changed(fixture: &str, replace: &str, with: &str) -> Scenario {
    let mut files = files(fixture);
    let text = files.text("scenario.toml").unwrap();
    assert!(text.contains(replace), "{replace}");
    files.insert("scenario.toml", text.replace(replace, with));
    Scenario::new(files, fixture).unwrap()
}

/// A sandboxed ground, its launcher a program of this crate; none where this machine cannot isolate.
pub(crate) fn ground() -> Option<Ground> {
    static NAMED: Once = Once::new();
    NAMED.call_once(|| {
        trueline_sandbox::set_launcher(env!("CARGO_BIN_EXE_trueline-scenarios-launcher"));
    });
    match Ground::isolated() {
        Ok(ground) => Some(ground),
        Err(refused) => {
            let refusal = trueline_sandbox::probe().unwrap_err();
            assert_eq!(refused.to_string(), refusal.to_string());
            eprintln!("NOT TESTED, this machine cannot isolate: {refusal}");
            None
        }
    }
}

fn proof(scenario: &Scenario) -> Option<Proof> {
    let ground = ground()?;
    let options = ProofOptions {
        ground: &ground,
        jobs: 2,
        repeats: 1,
        interrupt: &AtomicBool::new(false),
    };
    prove(scenario, options, &|_| {})
}

/// The parts that are not as they must be.
fn wrong(scenario: &Scenario) -> Option<Vec<String>> {
    let proof = proof(scenario)?;
    let wrong = proof.parts.into_iter().filter(|part| !part.ok);
    Some(
        wrong
            .map(|part| format!("{}: {}", part.subject, part.detail.unwrap_or_default()))
            .collect(),
    )
}

#[test]
fn fixtures_are_proven() {
    let catalogue = Catalogue::read(&fixtures()).unwrap();
    assert!(catalogue.broken().is_empty(), "{:?}", catalogue.broken());
    for scenario in catalogue.scenarios() {
        let Some(proof) = proof(scenario) else { return };
        assert_eq!(proof.status, ProofStatus::Proven, "{proof:#?}");
    }
}

#[test]
fn a_proof_that_was_interrupted_is_none() {
    let Some(ground) = ground() else { return };
    let scenario = Scenario::new(files("py-join-call"), "py-join-call").unwrap();
    let interrupt = AtomicBool::new(false);
    let options = ProofOptions {
        ground: &ground,
        jobs: 2,
        repeats: 1,
        interrupt: &interrupt,
    };
    let tried = std::cell::RefCell::new(Vec::new());
    let proof = prove(&scenario, options, &|part| {
        tried.borrow_mut().push(part.to_owned());
        // While the second part runs.
        if tried.borrow().len() == 2 {
            interrupt.store(true, Ordering::SeqCst);
        }
    });
    assert_eq!(proof, None);
    assert_eq!(tried.into_inner(), ["vulnerable", "reference"]);
}

#[test]
fn a_new_scenario_is_proven_as_it_stands() {
    let folder = tempfile::tempdir().unwrap();
    let id = trueline_scenarios::ScenarioId::new("py-new-one").unwrap();
    trueline_scenarios::learn::scaffold::write(&id, folder.path()).unwrap();
    let catalogue = Catalogue::read(folder.path()).unwrap();
    assert!(catalogue.broken().is_empty(), "{:?}", catalogue.broken());
    let Some(proof) = proof(catalogue.get("py-new-one").unwrap()) else {
        return;
    };
    assert_eq!(proof.status, ProofStatus::Proven, "{proof:#?}");
}

#[test]
fn a_fix_that_is_still_exploited_is_no_proof() {
    let mut files = files("py-search-http");
    let vulnerable = files.text("vulnerable/app.py").unwrap();
    files.insert(
        "fixes/reference/app.py",
        vulnerable
            .replace("LIKE '%", "LIKE ? AND name LIKE '%")
            .replace("').fetchall", "', ('%',)).fetchall"),
    );
    let scenario = Scenario::new(files, "py-search-http").unwrap();
    let Some(wrong) = wrong(&scenario) else {
        return;
    };
    assert!(
        wrong.iter().any(|w| w.starts_with("reference:")),
        "{wrong:?}"
    );
}

#[test]
fn a_distractor_that_fails_for_another_reason_is_no_proof() {
    let mut files = files("py-search-http");
    files.insert(
        "distractors/escape-quotes/app.py",
        "raise SystemExit('a typo')",
    );
    let Some(wrong) = wrong(&Scenario::new(files, "py-search-http").unwrap()) else {
        return;
    };
    assert_eq!(wrong.len(), 1, "{wrong:?}");
    assert!(wrong[0].starts_with("distractor escape-quotes: exploit `reads the table of secrets` should succeed and is unknown: "), "{wrong:?}");
}

#[test]
fn tests_that_a_mutant_passes_are_no_proof() {
    let mut files = files("py-search-http");
    let lenient = "from tester import functional\n\n\n@functional(\"answers\")\ndef answers(t):\n    t.get('/search?name=Ann')\n";
    files.insert("tests/functional.py", lenient);
    let Some(wrong) = wrong(&Scenario::new(files, "py-search-http").unwrap()) else {
        return;
    };
    let subjects: Vec<&str> = wrong
        .iter()
        .filter_map(|w| Some(w.split_once(':')?.0))
        .collect();
    assert_eq!(
        subjects,
        [
            "mutant always 500",
            "mutant always 403",
            "mutant always 200",
            "mutant finds nobody"
        ]
    );
}

#[test]
fn an_exploit_without_a_control_is_unknown_on_the_fix() {
    let mut files = files("py-search-http");
    let exploit = files.text("tests/exploit.py").unwrap();
    let without: Vec<&str> = exploit
        .lines()
        .filter(|line| !line.contains("t.control"))
        .collect();
    files.insert("tests/exploit.py", without.join("\n"));
    let Some(wrong) = wrong(&Scenario::new(files, "py-search-http").unwrap()) else {
        return;
    };
    assert_eq!(wrong.len(), 1, "{wrong:?}");
    assert!(wrong[0].contains("has no positive control"), "{wrong:?}");
}

#[test]
fn a_missing_runtime_is_skipped_with_its_reason() {
    let scenario = changed(
        "py-search-http",
        "python = \">=3.9\"",
        "python = \">=3.9\", node = \">=999\"",
    );
    let Some(proof) = proof(&scenario) else {
        return;
    };
    assert_eq!(proof.status, ProofStatus::Skipped);
    let why = proof.message.unwrap();
    assert!(why.starts_with("node >=999 is needed"), "{why}");
}

#[test]
fn tests_that_do_not_load_are_an_error_and_no_verdict() {
    let Some(ground) = ground() else { return };
    let mut files = files("py-search-http");
    let text = files.text("tests/functional.py").unwrap();
    files.insert(
        "tests/functional.py",
        format!("import no_such_module\n{text}"),
    );
    let scenario = Scenario::new(files, "py-search-http").unwrap();
    let options = trueline_scenarios::CheckOptions {
        ground: &ground,
        seed: 1,
        jobs: 2,
    };
    let report = trueline_scenarios::check(&scenario, &scenario.vulnerable(), options);
    assert_eq!(report.status, trueline_scenarios::CheckStatus::Error);
    let message = report.message.unwrap();
    assert!(
        message.contains("tests/functional.py: functional.py:1: ModuleNotFoundError"),
        "{message}"
    );
}

#[test]
fn a_declared_mutant_that_does_not_compile_proves_nothing() {
    let mut files = files("py-search-http");
    let definition = files.text("scenario.toml").unwrap();
    // A compiler that knows whether the syntax is right.
    let built = definition.replace(
        "port = ",
        "build = [\"python3\", \"-m\", \"py_compile\", \"app.py\"]\nport = ",
    );
    assert_ne!(built, definition);
    let declared = |name: &str, with: &str| {
        format!(
            "\n[[mutant]]\nname = \"{name}\"\nfile = \"app.py\"\nreplace = \"import sqlite3\"\nwith = \"{with}\"\n"
        )
    };
    let broken = declared("does not compile", "import (");
    let sound = declared("has no database", "import json as sqlite3");
    files.insert("scenario.toml", format!("{built}{broken}{sound}"));
    let Some(wrong) = wrong(&Scenario::new(files, "py-search-http").unwrap()) else {
        return;
    };
    assert_eq!(wrong.len(), 1, "{wrong:?}");
    assert!(
        wrong[0].starts_with("mutant does not compile: it does not compile"),
        "{wrong:?}"
    );
}

/// What is unfinished in the files of a scenario.
fn lacks(files: Tree, id: &str) -> Vec<String> {
    let scenario = Scenario::new(files, id).unwrap();
    let rules = [RuleId::new("sql-injection"), RuleId::new("path-traversal")];
    unfinished(&scenario, Path::new("s"), &rules)
        .iter()
        .map(ToString::to_string)
        .collect()
}

#[test]
fn a_finished_scenario_lacks_nothing() {
    for fixture in ["py-search-http", "py-join-call"] {
        assert_eq!(lacks(files(fixture), fixture), Vec::<String>::new());
    }
}

#[test]
fn what_is_missing_empty_or_unknown_is_told_with_its_place() {
    let id = "py-search-http";
    let mut without = files(id).without("learn/hint2.md");
    without.insert("learn/hint3.md", " \n");
    without.insert("learn/debrief.md", "");
    without.insert("distractors/escape-quotes/why.md", "\n");
    let text = without.text("scenario.toml").unwrap();
    let text = text
        .replace("[\"sql-injection\"]", "[\n  \"sql-injecton\",\n]")
        .replace("a search for our customers, please", "")
        .replace("minutes = 8", "minutes = 0")
        .replace("cwe = [89]", "cwe = [89, 99999]");
    without.insert("scenario.toml", text);
    let exploits = without.text("tests/exploit.py").unwrap();
    without.insert(
        "tests/exploit.py",
        format!("{exploits}\n\n@exploit(\"nothing\", cwe=99999)\ndef nothing(t):\n    pass\n"),
    );
    let told = lacks(without, id);
    for part in [
        "s/distractors/escape-quotes/why.md:1: the file is empty: it says why this fix does not hold",
        "s/learn/debrief.md:1: the file is empty",
        "s/learn/hint2.md:1: the file is missing: three hints lead",
        "s/learn/hint3.md:1: the file is empty",
        "s/scenario.toml:7: CWE-99999 is in no class of weaknesses",
        "s/scenario.toml:9: there is no rule `sql-injecton`: did you mean `sql-injection`?",
        "s/scenario.toml:13: `minutes` says",
        "`prompt` is empty",
    ] {
        let count = told.iter().filter(|told| told.contains(part)).count();
        assert_eq!(count, 1, "{part}: {told:#?}");
    }
    assert_eq!(told.len(), 8, "{told:#?}");
}

#[test]
fn what_is_left_of_the_template_is_told_line_by_line() {
    let folder = tempfile::tempdir().unwrap();
    let files = |id: &str| {
        let id = trueline_scenarios::ScenarioId::new(id).unwrap();
        let written = trueline_scenarios::learn::scaffold::write(&id, folder.path()).unwrap();
        Tree::read(&written.folder).unwrap()
    };
    let mut new = files("py-new-one");
    let told = lacks(new.clone(), "py-new-one");
    for part in [
        "`title` is still the template's",
        "`prompt` is still the template's",
        "s/learn/brief.md:1: still the template's text",
        "s/spec/text.md:1: still",
        "s/distractors/strip-dots/why.md:1: still",
        "s/review/1.toml:1: still",
    ] {
        assert!(
            told.iter().any(|told| told.contains(part)),
            "{part}: {told:#?}"
        );
    }
    // Half of a text is not written anew either.
    let brief = new.text("learn/brief.md").unwrap();
    new.insert(
        "learn/brief.md",
        brief.replace("# The name that was a path", "# Mine\n"),
    );
    let told = lacks(new, "py-new-one");
    assert!(
        told.iter()
            .any(|told| told.starts_with("s/learn/brief.md:4: still")),
        "{told:#?}"
    );
    // A copy of an exercise teaches what that teaches.
    let told = lacks(files("js-my-idea"), "js-my-idea");
    assert!(
        told.iter()
            .any(|told| told.starts_with("s/learn/brief.md:1: still")),
        "{told:#?}"
    );
}

#[test]
fn no_built_in_exercise_is_taken_for_unfinished() {
    for scenario in Catalogue::builtin().scenarios() {
        let rules = &scenario.definition.rules;
        let lacking = unfinished(scenario, Path::new("scenarios"), rules);
        assert!(lacking.is_empty(), "{}: {lacking:#?}", scenario.id);
    }
}
