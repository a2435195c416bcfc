//! A team's own rules: found beside the built-in ones, and tested by their examples.

use crate::repository::Repository;

const RULE: &str = r#"schema = 1
id = "acme-unchecked-transfer"
title = "Money is moved without the ledger"
cwe = [840]
severity = "high"
confidence = "high"
tier = "shown"
becomes = "moves money without the ledger"
fix = "Call `ledger.transfer`."

[docs]
what = "Input that reaches the bank's interface directly."
why = "Transfers that the ledger does not see cannot be undone."

[[sink]]
language = "python"
calls = ["acme_bank.transfer"]

[[examples]]
language = "python"
code = '''
from flask import request
import acme_bank

def pay():
    acme_bank.transfer(request.args["to"])
'''

[[counterexamples]]
language = "python"
code = '''
import acme_bank

def pay():
    acme_bank.transfer("treasury")
'''
"#;

const CODE: &str = "from flask import request
import acme_bank

def pay():
    acme_bank.transfer(request.args[\"to\"])
";

#[test]
fn a_rule_of_the_team_runs_with_the_built_in_ones() {
    let repository = Repository::new();
    repository
        .write(".trueline/rules/transfer.toml", RULE)
        .write("pay.py", CODE)
        .commit("feat: pay");
    let report = repository.trueline(&["scan", "--format", "json"]).json();
    assert_eq!(report["findings"][0]["rule"], "acme-unchecked-transfer");
}

#[test]
fn the_examples_of_a_rule_run_as_its_test() {
    let repository = Repository::new();
    repository.write(".trueline/rules/transfer.toml", RULE);
    let outcome = repository.trueline(&["rules", "test", "--format", "json"]);
    assert_eq!(outcome.code(), 0);
    let report = outcome.json();
    assert_eq!(report["rules"][0], "acme-unchecked-transfer");
    assert_eq!(report["examples"], 2);

    let broken = RULE.replace("acme_bank.transfer\"]", "acme_bank.send\"]");
    repository.write(".trueline/rules/transfer.toml", broken);
    let outcome = repository.trueline(&["rules", "test", "--format", "json"]);
    assert_eq!(outcome.code(), 1);
    let report: serde_json::Value = serde_json::from_str(&outcome.stdout()).unwrap();
    assert_eq!(report["failures"].as_array().unwrap().len(), 1);
}

#[test]
fn a_broken_rule_names_its_file_and_ends_the_run() {
    let repository = Repository::new();
    repository
        .write(".trueline/rules/mine.toml", "schema = 1\nidd = \"x\"\n")
        .write("pay.py", CODE)
        .commit("feat: pay");
    let outcome = repository.trueline(&["scan"]);
    assert_eq!(outcome.code(), 2);
    assert!(
        outcome.stderr().contains(".trueline/rules/mine.toml"),
        "{}",
        outcome.stderr()
    );
}

#[test]
fn an_unknown_key_of_a_rule_names_the_nearest_and_not_all_others() {
    let repository = Repository::new();
    repository.write(
        ".trueline/rules/transfer.toml",
        RULE.replace("severity =", "severty ="),
    );
    let run = repository.trueline(&["rules", "test"]);
    assert_eq!(run.code(), 2);
    let told = run.stderr();
    assert!(told.contains("did you mean `severity`?"), "{told}");
    assert!(!told.contains("counterexamples"), "{told}");
}
