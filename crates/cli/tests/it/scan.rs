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
fn sites_with_less_certain_findings_alone_are_counted_until_they_are_reported() {
    let repository = Repository::new();
    let view = "from flask import make_response\n\n\ndef view():\n    response = make_response(\"ok\")\n    response.set_cookie(\"csrf_token\", \"x\")\n    response.set_cookie(\"theme\", \"dark\")\n    return response\n";
    repository.write("app.py", view).commit("feat: view");
    let rate = |arguments: &[&str]| {
        let report = repository.trueline(arguments).json();
        let rates = report["weaknesses"].as_array().unwrap();
        let rate = rates.iter().find(|rate| rate["rule"] == "insecure-cookie");
        rate.unwrap().clone()
    };
    let shown = rate(&["scan", "--format", "json"]);
    let group = &shown["not_known_ai"];
    assert_eq!((&group["hits"], &group["of"]), (&1.into(), &2.into()));
    assert_eq!(shown["uncertain"], 1);
    assert_eq!(
        shown["uncertain_sites"],
        serde_json::json!({ "known_ai": 0, "not_known_ai": 1, "perhaps_ai": 0 })
    );
    let all = rate(&["scan", "--all", "--format", "json"]);
    assert_eq!(all["not_known_ai"]["hits"], 2);
    assert_eq!(all.get("uncertain_sites"), None);
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
fn diff_names_where_a_base_that_went_on_was_left() {
    let repository = with_an_unsafe_view();
    let fork = repository.git(&["rev-parse", "HEAD"]).trim().to_owned();
    repository.git(&["checkout", "--quiet", "-b", "work"]);
    repository
        .write("other.py", UNSAFE_VIEW.replace("/user", "/other"))
        .commit("feat: another");
    repository.git(&["checkout", "--quiet", "main"]);
    repository.write("more.py", "x = 1\n").commit("feat: more");
    let tip = repository.git(&["rev-parse", "HEAD"]).trim().to_owned();
    repository.git(&["checkout", "--quiet", "work"]);
    let scan = |base, format| repository.trueline(&["scan", "--diff", base, "--format", format]);
    let report = scan("main", "json").json();
    assert_eq!(rules(&report), ["sql-injection"]);
    assert_eq!(report["diff_base"], tip.as_str());
    assert_eq!(report["diff_fork"], fork.as_str());
    assert_eq!(report["diff_name"], "main");
    let since = format!("changed since {}, where this left main", &fork[..10]);
    for format in ["terminal", "markdown", "html"] {
        let text = scan("main", format).stdout().replace("\n  ", " ");
        assert!(text.contains(&since), "{format}: {text}");
        assert!(!text.contains(&tip[..10]), "{format}: {text}");
    }
    let report = scan(&fork, "json").json();
    assert_eq!(report["diff_base"], fork.as_str());
    assert!(report["diff_fork"].is_null());
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

#[test]
fn a_scan_of_a_folder_speaks_of_the_folder_in_every_format() {
    let repository = with_an_unsafe_view();
    repository
        .write("web/note.py", "x = 1\n")
        .commit("feat: web");
    let report = repository
        .trueline(&["scan", "web", "--format", "json"])
        .json();
    assert_eq!(report["scanned_path"], "web");
    assert_eq!(report["usage"]["lines"]["total"], 1);
    assert_eq!(report["usage"]["lines"]["ai"], 0);
    let name = repository.path().file_name().unwrap().to_str().unwrap();
    for format in ["terminal", "markdown", "html"] {
        let text = repository
            .trueline(&["scan", "web", "--format", format])
            .stdout();
        // Markdown spells out characters that could format.
        let text = text.replace("&#46;", ".").replace("&#95;", "_");
        assert!(text.contains(&format!("{name}/web")), "{format}: {text}");
    }
    let sarif = repository
        .trueline(&["scan", "web", "--format", "sarif"])
        .json();
    assert_eq!(sarif["runs"][0]["properties"]["scannedPath"], "web");
    // Its upload must not replace that of the whole tree.
    assert_eq!(
        sarif["runs"][0]["automationDetails"]["id"],
        "trueline/trueline/web/"
    );
    let sarif = repository.trueline(&["scan", "--format", "sarif"]).json();
    assert_eq!(
        sarif["runs"][0]["automationDetails"]["id"],
        "trueline/trueline/"
    );
    let whole = repository.trueline(&["scan", "--format", "json"]).json();
    assert!(whole["scanned_path"].is_null());
}

#[test]
fn a_line_that_is_not_committed_says_so() {
    let repository = with_an_unsafe_view();
    repository.write("new.py", UNSAFE_VIEW);
    let report = repository.trueline(&["scan", "--format", "json"]).json();
    let new = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .find(|f| f["location"]["path"] == "new.py")
        .unwrap();
    assert_eq!(new["origin"]["kind"], "unknown");
    assert_eq!(new["origin"]["evidence"][0]["class"], "not-at-head");
    let text = repository.trueline(&["scan"]).stdout();
    assert!(text.contains("unknown: not committed yet"), "{text}");
}

#[test]
fn diff_says_that_shares_are_of_all_lines() {
    let repository = with_an_unsafe_view();
    repository.write("more.py", "x = 1\n").commit("feat: more");
    let text = repository.trueline(&["scan", "--diff", "HEAD~1"]).stdout();
    assert!(text.starts_with("No findings in the lines of "), "{text}");
    assert!(text.contains("not only of the changed ones"), "{text}");
}

/// A log of one result at each of these lines of a file.
fn sarif(path: &str, lines: &[u32]) -> String {
    let results: Vec<String> = lines
        .iter()
        .map(|line| {
            format!(
                r#"{{"ruleId":"x1","level":"error","message":{{"text":"m"}},"locations":[{{"physicalLocation":
                {{"artifactLocation":{{"uri":"{path}"}},"region":{{"startLine":{line}}}}}}}]}}"#
            )
        })
        .collect();
    format!(
        r#"{{"version":"2.1.0","runs":[{{"tool":{{"driver":{{"name":"Other"}}}},"results":[{}]}}]}}"#,
        results.join(",")
    )
}

#[test]
fn an_imported_result_counts_once_and_is_kept_when_its_place_is_gone() {
    let repository = with_an_unsafe_view();
    repository
        .write(".git/here.sarif", sarif("app.py", &[9, 900]))
        .write(".git/gone.sarif", sarif("gone.py", &[1]));
    let arguments = [
        "scan",
        "--import",
        ".git/here.sarif",
        "--import",
        ".git/here.sarif",
        "--import",
        ".git/gone.sarif",
        "--format",
        "json",
    ];
    let report = repository.trueline(&arguments).json();
    let imported: Vec<&Value> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|f| f["engine"] == "Other")
        .collect();
    assert_eq!(imported.len(), 3);
    let nowhere = |f: &&&Value| f["origin"]["evidence"][0]["source"] == "not in this tree";
    assert_eq!(imported.iter().filter(nowhere).count(), 2);
    let codes: Vec<&str> = report["diagnostics"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|d| d["code"].as_str())
        .collect();
    assert!(codes.contains(&"sarif-results-repeated"), "{codes:?}");
    let missing = codes.iter().filter(|c| **c == "imported-place-missing");
    assert_eq!(missing.count(), 2, "{codes:?}");
}

#[test]
fn an_imported_result_about_a_whole_file_has_no_author() {
    let repository = with_an_unsafe_view();
    let of = |region: &str| sarif("app.py", &[9]).replace(r#","region":{"startLine":9}"#, region);
    for region in [
        "",
        r#","region":{"startLine":0}"#,
        r#","region":{"charOffset":7}"#,
    ] {
        repository.write(".git/whole.sarif", of(region));
        let arguments = ["scan", "--import", ".git/whole.sarif", "--format", "json"];
        let report = repository.trueline(&arguments).json();
        let findings = report["findings"].as_array().unwrap();
        let imported = findings.iter().find(|f| f["engine"] == "Other").unwrap();
        assert_eq!(
            imported["origin"]["kind"], "unknown",
            "{region}: {imported}"
        );
        assert_eq!(imported["location"]["start"]["line"], 1);
    }
}

#[test]
fn files_that_are_not_there_are_told_with_what_to_do() {
    let repository = with_an_unsafe_view();
    for (arguments, hint) in [
        (["scan", "--import", "nosuch"], "give the SARIF file"),
        (["scan", "--baseline", "nosuch"], "--write-baseline"),
        (["scan", "--baseline", "/dev/zero"], "not a regular file"),
        (["scan", "--output", "no/such"], "create it first"),
        (["scan", "--output", ".git"], "name a file in it"),
        (["blame", "HEAD", "."], "unexpected argument"),
    ] {
        let run = repository.trueline(&arguments);
        assert_eq!(run.code(), 2, "{arguments:?}: {}", run.stderr());
        assert!(run.stderr().contains(hint), "{}", run.stderr());
    }
    let folder = repository.trueline(&["blame", "."]);
    assert_eq!(folder.code(), 2);
    assert!(folder.stderr().contains("a folder"), "{}", folder.stderr());
    let revision = repository.trueline(&["scan", "--diff", "HEAD~30"]);
    assert_eq!(revision.code(), 2);
    assert!(
        !revision.stderr().contains("delegate"),
        "{}",
        revision.stderr()
    );
}

#[test]
fn columns_set_the_width_and_no_number_is_cut() {
    let repository = with_an_unsafe_view();
    repository
        .write("packages/a-rather-long-name/src/deep/inside.py", "x = 1\n")
        .commit("feat: deep");
    let text = repository
        .trueline_with(&["stats", "--by", "directory"], &[("COLUMNS", "60")])
        .stdout();
    assert!(!text.contains(".. "), "{text}");
    for line in text.lines() {
        assert!(line.chars().count() <= 60, "{line}");
    }
}

#[test]
fn what_a_merge_brings_back_is_changed_and_what_the_base_removed_later_is_not() {
    let repository = Repository::new();
    repository.write("app.py", UNSAFE_VIEW).commit("feat: a");
    repository.git(&["branch", "fix"]);
    repository.git(&["checkout", "--quiet", "-b", "work"]);
    repository
        .write("app.py", format!("{UNSAFE_VIEW}# a note\n"))
        .commit("docs: note");
    repository.git(&["checkout", "--quiet", "fix"]);
    repository
        .write("app.py", SAFE_VIEW)
        .commit("fix: injection");
    repository.git(&["checkout", "--quiet", "work"]);
    // The branch has what the base removed after it began: no change of the branch's.
    let diff = ["scan", "--diff", "fix", "--fail-on", "high"];
    assert_eq!(repository.trueline(&diff).code(), 0);
    repository.git(&["merge", "--quiet", "-s", "ours", "-m", "merge", "fix"]);
    assert_eq!(repository.trueline(&diff).code(), 1);
}

#[test]
fn a_file_with_another_name_has_its_lines_still() {
    let repository = Repository::new();
    repository.write("app.py", UNSAFE_VIEW).commit("feat: a");
    repository.git(&["mv", "app.py", "views.py"]);
    let diff = ["scan", "--diff", "HEAD", "--fail-on", "high"];
    assert_eq!(repository.trueline(&diff).code(), 0);
    repository.write("views.py", format!("# moved\n{UNSAFE_VIEW}"));
    assert_eq!(repository.trueline(&diff).code(), 0);
    // A copy is new.
    repository.write("app.py", UNSAFE_VIEW);
    assert_eq!(repository.trueline(&diff).code(), 1);
}

#[test]
fn a_weakness_that_a_change_elsewhere_opens_is_a_change() {
    let head = "import os, shlex\nfrom flask import request\n\n";
    let diff = ["scan", "--diff", "HEAD", "--fail-on", "high"];
    let cases = [
        // The source comes, the sink stands.
        (
            "def run():\n    cmd = 'ls'\n    os.system(cmd)\n",
            "def run():\n    cmd = request.args.get('q')\n    os.system(cmd)\n",
        ),
        // A guard goes and leaves no line.
        (
            "def run():\n    cmd = request.args.get('q')\n    cmd = shlex.quote(cmd)\n    os.system('ls ' + cmd)\n",
            "def run():\n    cmd = request.args.get('q')\n    os.system('ls ' + cmd)\n",
        ),
        // An old helper gets a new caller.
        (
            "def helper(cmd):\n    os.system(cmd)\n\ndef a():\n    helper('ls')\n",
            "def helper(cmd):\n    os.system(cmd)\n\ndef a():\n    helper('ls')\n\ndef b():\n    helper(request.args.get('c'))\n",
        ),
    ];
    for (before, after) in cases {
        let repository = Repository::new();
        repository
            .write("app.py", format!("{head}{before}"))
            .commit("feat: safe");
        assert_eq!(repository.trueline(&diff).code(), 0, "{before}");
        repository.write("app.py", format!("{head}{after}"));
        assert_eq!(repository.trueline(&diff).code(), 1, "{after}");
        repository.commit("feat: unsafe");
        // What stood there already is none, also under another name of its function.
        repository.write(
            "app.py",
            format!("{head}{after}").replace("def run", "def start"),
        );
        assert_eq!(repository.trueline(&diff).code(), 0, "{after}");
    }
}

#[test]
fn what_package_managers_fill_is_left_out_and_what_is_committed_is_not_hidden() {
    let repository = Repository::new();
    repository
        .write("src/pyvenv.cfg", "")
        .write("src/app.py", UNSAFE_VIEW)
        .write("web/node_modules/own/app.py", UNSAFE_VIEW)
        .commit("feat: look users up");
    let report = repository.trueline(&["scan", "--format", "json"]).json();
    assert_eq!(rules(&report), ["sql-injection"]);
    assert_eq!(report["findings"][0]["location"]["path"], "src/app.py");
    let diagnostics = report["diagnostics"].as_array().unwrap();
    let told = diagnostics
        .iter()
        .find(|d| d["code"] == "installed-left-out")
        .unwrap();
    assert_eq!(told["level"], "warning");
    let message = told["message"].as_str().unwrap();
    assert!(
        message.contains("1 of its files are committed"),
        "{message}"
    );
}
