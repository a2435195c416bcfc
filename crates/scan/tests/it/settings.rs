//! Keys in the settings of Spring, folders that package managers fill, and lines with several findings.

use trueline_facts::Tier;

use crate::tree::Tree;

const RESOURCES: &str = "src/main/resources";

fn places(tree: &Tree) -> Vec<String> {
    let outcome = tree.without_memory();
    let shown = outcome
        .report
        .findings
        .iter()
        .filter(|f| f.tier == Tier::Shown);
    shown
        .map(|f| {
            let at = &f.location;
            format!("{} {}:{}", f.rule, at.path.display(), at.start.line)
        })
        .collect()
}

fn one(name: &str, text: &str) -> Vec<String> {
    let path = format!("{RESOURCES}/{name}");
    places(&Tree::of(&[(path.as_str(), text)]))
}

#[test]
fn a_key_that_signs_is_found_in_settings() {
    let found = one(
        "application.properties",
        "spring.datasource.url=${URL}\njwt.secret=change-this-in-production-please\nadmin.password=t7#kQ9wLz2\n",
    );
    insta::assert_snapshot!(found.join("\n"), @r"
    hard-coded-secret src/main/resources/application.properties:2
    hard-coded-secret src/main/resources/application.properties:3
    ");
    let found = one(
        "application.yml",
        "app:\n  security:\n    jwt:\n      secret: ${JWT_SECRET:mySecretKeyForTokens}\n",
    );
    insta::assert_snapshot!(found.join("\n"), @"hard-coded-secret src/main/resources/application.yml:4");
}

#[test]
fn what_comes_from_elsewhere_or_is_for_development_is_no_finding() {
    for (name, text) in [
        (
            "application.properties",
            "jwt.secret=${JWT_SECRET}\nspring.datasource.password=${DB_PASSWORD:postgres1}\njwt.header=Authorization\njwt.expiration=86400000\n",
        ),
        (
            "application.yml",
            "jwt:\n  secret: ENC(k2j3h4k2j3h4)\n  secret-file: /run/secrets/jwt\n",
        ),
        (
            "application-dev.yml",
            "jwt:\n  secret: only-while-writing\n",
        ),
        ("application-test.properties", "jwt.secret=only-in-tests\n"),
        (
            "application.yml",
            "a: 1\n---\nspring.config.activate:\n  on-profile: dev\njwt:\n  secret: only-while-writing\n",
        ),
    ] {
        assert_eq!(one(name, text), Vec::<String>::new(), "{name}: {text}");
    }
}

#[test]
fn what_production_takes_from_elsewhere_is_no_finding() {
    let base = format!("{RESOURCES}/application.yml");
    let production = format!("{RESOURCES}/application-prod.yml");
    let written = "jwt:\n  secret: only-while-writing\n";
    let tree = Tree::of(&[
        (base.as_str(), written),
        (production.as_str(), "jwt:\n  secret: ${JWT_SECRET}\n"),
    ]);
    assert_eq!(places(&tree), Vec::<String>::new());
    tree.remove(&production);
    assert_eq!(places(&tree).len(), 1);
}

#[test]
fn the_value_of_a_setting_is_never_shown() {
    let path = format!("{RESOURCES}/application.properties");
    let tree = Tree::of(&[(path.as_str(), "jwt.secret=q8Zk2LmP0vTxYb7W\n")]);
    let outcome = tree.without_memory();
    assert!(!outcome.report.findings.is_empty());
    let written = serde_json::to_string(&outcome.report).unwrap() + &outcome.sarif().unwrap();
    assert!(!written.contains("q8Zk2LmP0vTxYb7W"));
}

#[test]
fn what_a_package_manager_installed_is_not_scanned() {
    let weak = "import os\n\ndef run(name):\n    os.system('x ' + input())\n";
    let tree = Tree::of(&[
        (".venv/lib/python3.12/site-packages/a/run.py", weak),
        ("api/env/pyvenv.cfg", "home = /usr/bin\n"),
        ("api/env/lib/run.py", weak),
        (
            "web/node_modules/a/run.js",
            "require('child_process').exec(process.argv[2])\n",
        ),
        ("api/run.py", "print(1)\n"),
        ("environment/env/run.py", "print(1)\n"),
    ]);
    let outcome = tree.without_memory();
    let parsed: u64 = outcome
        .report
        .sources
        .languages
        .values()
        .map(|row| row.parsed + row.partial + row.skipped)
        .sum();
    assert_eq!(parsed, 2);
    let notes = outcome.report.diagnostics.iter();
    let note = notes.filter(|d| d.code == "installed-left-out").count();
    assert_eq!(note, 1);
}

#[test]
fn two_findings_of_one_rule_on_one_line_are_one() {
    let code = "import os\nfrom flask import request\n\ndef run():\n    os.system(request.args['a']); os.system(request.args['b'])\n    os.system(request.args['c']); eval(request.args['d'])\n";
    insta::assert_snapshot!(places(&Tree::of(&[("run.py", code)])).join("\n"), @r"
    command-injection run.py:5
    command-injection run.py:6
    code-injection run.py:6
    ");
}
