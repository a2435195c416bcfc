//! `trueline scan`: findings with origins, in every format and place.

use serde_json::Value;

use crate::repository::{CLAUDE, Repository, SAFE_VIEW, UNSAFE_VIEW};

fn with_an_unsafe_view() -> Repository {
    let repository = Repository::new();
    repository
        .write("README.md", "# app\n")
        .commit("docs: start")
        .write("app.py", UNSAFE_VIEW)
        .commit(&format!("feat: look users up\n\n{CLAUDE}"));
    repository
}

fn rules(report: &Value) -> Vec<&str> {
    report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| f["rule"].as_str().unwrap())
        .collect()
}

#[test]
fn a_weakness_is_found_and_its_line_has_an_origin() {
    let repository = with_an_unsafe_view();
    let report = repository.trueline(&["scan", "--format", "json"]).json();
    assert_eq!(report["schema"], "trueline.scan/1");
    assert_eq!(rules(&report), ["sql-injection"]);
    let finding = &report["findings"][0];
    assert_eq!(finding["location"]["path"], "app.py");
    assert_eq!(finding["location"]["start"]["line"], 11);
    assert_eq!(finding["origin"]["kind"], "ai");
    assert_eq!(finding["origin"]["tool"], "claude");
    assert_eq!(finding["origin"]["model"], "claude-opus-4-5");
    assert_eq!(finding["origin"]["evidence"][0]["grain"], "commit");
    let rate = report["weaknesses"]
        .as_array()
        .unwrap()
        .iter()
        .find(|r| r["rule"] == "sql-injection")
        .unwrap();
    assert_eq!(rate["known_ai"]["hits"], 1);
    assert_eq!(rate["known_ai"]["of"], 1);
    assert_eq!(rate["not_known_ai"]["of"], 0);
}

#[test]
fn a_parameterised_query_is_an_exposed_site_without_a_finding() {
    let repository = Repository::new();
    repository.write("app.py", SAFE_VIEW).commit("feat: safe");
    let report = repository.trueline(&["scan", "--format", "json"]).json();
    assert_eq!(rules(&report), Vec::<&str>::new());
    assert_eq!(report["weaknesses"][0]["not_known_ai"]["of"], 1);
}

#[test]
fn fail_on_sets_the_exit_code() {
    let repository = with_an_unsafe_view();
    assert_eq!(
        repository.trueline(&["scan", "--fail-on", "high"]).code(),
        1
    );
    repository.write("app.py", SAFE_VIEW).commit("fix: bind");
    assert_eq!(repository.trueline(&["scan", "--fail-on", "low"]).code(), 0);
}

#[test]
fn diff_reports_only_lines_that_the_base_does_not_have() {
    let repository = with_an_unsafe_view();
    repository.git(&["checkout", "--quiet", "-b", "work"]);
    repository
        .write("other.py", UNSAFE_VIEW.replace("/user", "/other"))
        .commit("feat: another");
    let report = repository
        .trueline(&["scan", "--diff", "main", "--format", "json"])
        .json();
    assert_eq!(rules(&report), ["sql-injection"]);
    assert_eq!(report["findings"][0]["location"]["path"], "other.py");
    assert!(report["diff_base"].is_string());
}

#[test]
fn diff_counts_lines_that_are_not_committed() {
    let repository = with_an_unsafe_view();
    repository.write("new.py", UNSAFE_VIEW);
    let report = repository
        .trueline(&["scan", "--diff", "HEAD", "--format", "json"])
        .json();
    assert_eq!(report["findings"].as_array().unwrap().len(), 1);
    let finding = &report["findings"][0];
    assert_eq!(finding["location"]["path"], "new.py");
    assert_eq!(finding["origin"]["kind"], "unknown");
}

#[test]
fn an_edit_above_a_line_does_not_change_its_origin() {
    let repository = with_an_unsafe_view();
    repository.write("app.py", format!("# a comment\n\n{UNSAFE_VIEW}"));
    let report = repository.trueline(&["scan", "--format", "json"]).json();
    assert_eq!(report["findings"][0]["location"]["start"]["line"], 13);
    assert_eq!(report["findings"][0]["origin"]["tool"], "claude");
}

#[test]
fn imported_findings_get_origins() {
    let repository = with_an_unsafe_view();
    repository.write(
        "../other.sarif",
        r#"{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"Other"}},"results":[{"ruleId":"x1","level":"error",
        "message":{"text":"m"},"locations":[{"physicalLocation":{"artifactLocation":{"uri":"app.py"},"region":{"startLine":9}}}]}]}]}"#,
    );
    let report = repository
        .trueline(&["scan", "--import", "../other.sarif", "--format", "json"])
        .json();
    let imported = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .find(|f| f["engine"] == "Other")
        .unwrap();
    assert_eq!(imported["origin"]["tool"], "claude");
    assert_eq!(
        imported["location"]["snippet"],
        "    name = request.args.get(\"name\")"
    );
    std::fs::remove_file(repository.path().join("../other.sarif")).unwrap();
}

#[test]
fn outside_git_weaknesses_are_checked_and_origins_are_not_claimed() {
    let folder = Repository::plain();
    folder.write("app.py", UNSAFE_VIEW);
    let report = folder.trueline(&["scan", "--format", "json"]).json();
    assert_eq!(rules(&report), ["sql-injection"]);
    assert!(report["usage"].is_null());
    assert!(report["findings"][0]["origin"].is_null());
    assert_eq!(report["diagnostics"][0]["code"], "outside-git");
}

#[test]
fn a_repository_without_evidence_says_what_it_cannot_know() {
    let repository = Repository::new();
    repository.write("app.py", SAFE_VIEW).commit("feat: safe");
    let run = repository.trueline(&["scan"]);
    assert_eq!(run.code(), 0, "{}", run.stderr());
    let text = run.stdout();
    assert!(text.contains("unknown, which is not zero"), "{text}");
    assert!(text.contains("trueline declare"), "{text}");
}

#[test]
fn the_result_does_not_depend_on_threads_or_cache() {
    let repository = with_an_unsafe_view();
    let run = |more: &[&str]| {
        let mut arguments = vec!["scan", "--format", "json"];
        arguments.extend(more);
        repository.trueline(&arguments).stdout()
    };
    let cold = run(&["--threads", "1"]);
    assert_eq!(run(&["--threads", "4"]), cold);
    assert_eq!(run(&["--no-cache"]), cold);
    let sarif = |n| {
        repository
            .trueline(&["scan", "--format", "sarif", "--threads", n])
            .stdout()
    };
    assert_eq!(sarif("1"), sarif("4"));
}

#[test]
fn every_format_has_the_finding() {
    let repository = with_an_unsafe_view();
    for format in ["terminal", "json", "sarif", "markdown", "html"] {
        let run = repository.trueline(&["scan", "--format", format]);
        assert_eq!(run.code(), 0, "{}", run.stderr());
        assert!(run.stdout().contains("sql-injection"), "{format}");
        assert!(!run.stdout().contains("dev@example.org"), "{format}");
    }
}

#[test]
fn output_goes_to_a_file_and_the_screen_stays_quiet() {
    let repository = with_an_unsafe_view();
    let run = repository.trueline(&["scan", "--format", "html", "-o", ".git/report.html"]);
    assert_eq!((run.code(), run.stdout().as_str()), (0, ""));
    let page = std::fs::read_to_string(repository.path().join(".git/report.html")).unwrap();
    assert!(page.starts_with("<!doctype html>") || page.starts_with("<!DOCTYPE html>"));
}

#[test]
fn sarif_has_github_s_line_hash_and_the_origin() {
    let repository = with_an_unsafe_view();
    let log = repository.trueline(&["scan", "--format", "sarif"]).json();
    let result = &log["runs"][0]["results"][0];
    assert!(result["partialFingerprints"]["primaryLocationLineHash"].is_string());
    assert!(result["partialFingerprints"]["trueline/v1"].is_string());
    assert_eq!(result["properties"]["origin"]["tool"], "claude");
    assert!(result["codeFlows"][0]["threadFlows"][0]["locations"].is_array());
}

#[test]
fn a_folder_of_a_repository_can_be_scanned_alone() {
    let repository = with_an_unsafe_view();
    repository
        .write("web/view.py", UNSAFE_VIEW)
        .commit("feat: web");
    let report = repository
        .trueline(&["scan", "web", "--format", "json"])
        .json();
    let paths: Vec<&Value> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| &f["location"]["path"])
        .collect();
    assert_eq!(paths, ["web/view.py"]);
}

#[test]
fn excluded_paths_are_not_scanned() {
    let repository = with_an_unsafe_view();
    repository.write(
        "trueline.toml",
        "schema = 1\n[scan]\nexclude = [\"app.py\"]\n",
    );
    let report = repository.trueline(&["scan", "--format", "json"]).json();
    assert_eq!(rules(&report), Vec::<&str>::new());
}

#[test]
fn a_wrong_configuration_is_exit_2_with_its_line() {
    let repository = with_an_unsafe_view();
    repository.write("trueline.toml", "schema = 1\n[scann]\n");
    let run = repository.trueline(&["scan"]);
    assert_eq!(run.code(), 2);
    assert!(
        run.stderr().contains("trueline.toml:2:2"),
        "{}",
        run.stderr()
    );
    assert!(
        run.stderr().contains("did you mean `scan`?"),
        "{}",
        run.stderr()
    );
}

#[test]
fn rules_are_listed_and_explained() {
    let folder = Repository::plain();
    let list = folder.trueline(&["rules", "list"]);
    assert!(list.stdout().contains("sql-injection"));
    let page = folder.trueline(&["rules", "explain", "sql-injection"]);
    assert_eq!(page.code(), 0);
    let wrong = folder.trueline(&["rules", "explain", "sql-injektion"]);
    assert_eq!(wrong.code(), 2);
    assert!(wrong.stderr().contains("did you mean `sql-injection`?"));
}

#[test]
fn diff_does_not_report_lines_that_a_squash_merge_brought_to_the_base() {
    let repository = with_an_unsafe_view();
    repository.git(&["checkout", "--quiet", "-b", "work"]);
    repository
        .write("other.py", UNSAFE_VIEW.replace("/user", "/other"))
        .commit("feat: another");
    repository.git(&["checkout", "--quiet", "main"]);
    repository.git(&["merge", "--quiet", "--squash", "work"]);
    repository.commit("feat: another (#1)");
    repository.git(&["checkout", "--quiet", "work"]);
    let report = repository
        .trueline(&["scan", "--diff", "main", "--format", "json"])
        .json();
    assert_eq!(rules(&report), Vec::<&str>::new());
}
