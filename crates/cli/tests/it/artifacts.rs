//! `trueline scan --only artifacts`: model files, one record a file.

use crate::repository::Repository;

/// Protocol 0: `os.system('echo x')` while it is loaded. Inert: nothing here loads it.
const CALLS_A_PROGRAM: &[u8] = b"cos\nsystem\n(S'echo x'\ntR.";
/// Protocol 2: `{'epoch': 1}`.
const PLAIN_DATA: &[u8] = b"\x80\x02}X\x05\x00\x00\x00epochK\x01s.";

fn with_two_pickles() -> Repository {
    let folder = Repository::plain();
    folder
        .write("models/calls.pkl", CALLS_A_PROGRAM)
        .write("models/plain.pkl", PLAIN_DATA);
    folder
}

#[test]
fn a_pickle_that_calls_a_program_is_malicious_and_one_of_plain_data_is_clean() {
    let report = with_two_pickles()
        .trueline(&["scan", "--only", "artifacts", "models", "--format", "json"])
        .json();
    assert_eq!(report["schema"], "trueline.artifacts/1");
    let verdicts: Vec<(&str, &str)> = report["artifacts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|a| (a["path"].as_str().unwrap(), a["verdict"].as_str().unwrap()))
        .collect();
    assert_eq!(
        verdicts,
        [
            ("models/calls.pkl", "malicious"),
            ("models/plain.pkl", "clean")
        ]
    );
    let reason = &report["artifacts"][0]["reasons"][0];
    assert_eq!(reason["call"], "os.system('echo x')");
}

#[test]
fn a_malicious_model_fails_a_run_that_is_to_fail_and_a_clean_one_does_not() {
    let folder = with_two_pickles();
    let code = |path: &str| {
        folder
            .trueline(&["scan", "--only", "artifacts", path, "--fail-on", "critical"])
            .code()
    };
    assert_eq!(code("models/calls.pkl"), 1);
    assert_eq!(code("models/plain.pkl"), 0);
}

#[test]
fn a_plain_scan_shows_the_malicious_model_and_its_rule_is_explained() {
    let folder = with_two_pickles();
    let report = folder.trueline(&["scan", "--format", "json"]).json();
    let findings: Vec<(&str, &str)> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| {
            let path = f["location"]["path"].as_str().unwrap();
            (f["rule"].as_str().unwrap(), path)
        })
        .collect();
    assert_eq!(findings, [("unsafe-model-file", "models/calls.pkl")]);
    let page = folder.trueline(&["rules", "explain", "unsafe-model-file"]);
    assert_eq!(page.code(), 0, "{}", page.stderr());
    assert!(page.stdout().contains("safetensors"), "{}", page.stdout());
}

#[test]
fn no_format_of_a_plain_scan_quotes_bytes_of_a_model_as_a_line() {
    let folder = Repository::plain();
    folder
        .write(
            "models/calls.pkl",
            b"cos\nsystem\n(S'echo \x1b[31mx\x07'\ntR.",
        )
        .write(
            "models/calls.bin",
            b"\x80\x02X\x06\x00\x00\x00QUOTED0cos\nsystem\n(S'echo x'\ntR.",
        );
    for format in ["terminal", "json", "markdown", "html", "sarif"] {
        let report = folder.trueline(&["scan", "--format", format]).stdout();
        assert!(report.contains("calls.pkl"), "{format}: {report}");
        assert!(!report.contains("QUOTED"), "{format}: {report}");
        let raw = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
        assert!(!report.contains(raw), "{format}: {report:?}");
    }
    let report = folder.trueline(&["scan", "--format", "json"]).json();
    for finding in report["findings"].as_array().unwrap() {
        assert!(finding["location"].get("snippet").is_none(), "{finding}");
    }
}

#[cfg(unix)]
#[test]
fn each_name_of_a_file_has_its_record() {
    let folder = Repository::plain();
    folder
        .write("hub/models--a--b/blobs/1f", CALLS_A_PROGRAM)
        .write("kept/a.bin", CALLS_A_PROGRAM);
    for commit in ["c1", "c2"] {
        let snapshot = folder
            .path()
            .join("hub/models--a--b/snapshots")
            .join(commit);
        std::fs::create_dir_all(&snapshot).unwrap();
        std::os::unix::fs::symlink("../../blobs/1f", snapshot.join("model.bin")).unwrap();
    }
    let kept = folder.path().join("kept");
    std::fs::hard_link(kept.join("a.bin"), kept.join("b.bin")).unwrap();
    std::os::unix::fs::symlink("a.bin", kept.join("c.bin")).unwrap();
    let report = folder
        .trueline(&[
            "scan",
            "--only",
            "artifacts",
            "hub",
            "kept",
            "--format",
            "json",
        ])
        .json();
    let paths: Vec<&str> = report["artifacts"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|artifact| artifact["path"].as_str())
        .collect();
    assert_eq!(
        paths,
        [
            "hub/models--a--b/snapshots/c1/model.bin",
            "hub/models--a--b/snapshots/c2/model.bin",
            "kept/a.bin",
            "kept/b.bin",
            "kept/c.bin",
        ]
    );
}

#[cfg(unix)]
#[test]
fn a_snapshot_of_a_cache_is_read_through_its_links_and_no_further() {
    let folder = Repository::plain();
    folder
        .write("hub/models--a--b/blobs/1f", CALLS_A_PROGRAM)
        .write("hub/models--c--d/blobs/2f", CALLS_A_PROGRAM);
    let snapshot = folder.path().join("hub/models--a--b/snapshots/main");
    std::fs::create_dir_all(&snapshot).unwrap();
    std::os::unix::fs::symlink("../../blobs/1f", snapshot.join("model.bin")).unwrap();
    std::os::unix::fs::symlink("../../../models--c--d/blobs/2f", snapshot.join("other.bin"))
        .unwrap();
    let path = "hub/models--a--b/snapshots/main";
    let report = folder
        .trueline(&["scan", "--only", "artifacts", path, "--format", "json"])
        .json();
    let artifacts = report["artifacts"].as_array().unwrap();
    assert_eq!(artifacts.len(), 1, "{report}");
    assert_eq!(artifacts[0]["path"], format!("{path}/model.bin"));
    assert_eq!(artifacts[0]["verdict"], "malicious");
    assert_eq!(report["diagnostics"][0]["code"], "link-not-followed");
}

#[test]
fn code_that_a_configuration_has_loaders_run_is_judged_under_any_name() {
    const STARTS_A_PROGRAM: &[u8] = b"import os\ndef setup():\n    os.system('echo x')\n";
    let folder = Repository::plain();
    folder
        .write(
            "net/config.json",
            r#"{"auto_map": {"AutoModel": "modeling_net.Net"}}"#,
        )
        .write(
            "net/modeling_net.py",
            "from .helpers import setup\nclass Net: pass\n",
        )
        .write("net/helpers.py", STARTS_A_PROGRAM)
        .write("app/config.json", r#"{"debug": true}"#)
        .write("app/helpers.py", STARTS_A_PROGRAM);
    let report = folder
        .trueline(&["scan", "--only", "artifacts", ".", "--format", "json"])
        .json();
    let verdict = |path: &str| {
        report["artifacts"]
            .as_array()
            .unwrap()
            .iter()
            .find(|artifact| artifact["path"] == path)
            .map(|artifact| artifact["verdict"].as_str().unwrap().to_owned())
    };
    assert_eq!(verdict("net/helpers.py").as_deref(), Some("suspicious"));
    assert_eq!(verdict("app/helpers.py").as_deref(), Some("clean"));
}

#[cfg(unix)]
#[test]
fn what_is_no_file_is_named_and_a_gate_does_not_pass_over_it() {
    let folder = Repository::plain();
    folder.write("models/plain.pkl", PLAIN_DATA);
    let _socket =
        std::os::unix::net::UnixListener::bind(folder.path().join("models/m.pkl")).unwrap();
    let arguments = ["scan", "--only", "artifacts", "models", "--fail-on", "low"];
    let run = folder.trueline(&arguments);
    assert_eq!(run.code(), 2, "{}", run.stderr());
    assert!(run.stdout().contains("a pipe, a socket or a device"));
}

#[test]
fn a_run_that_checks_no_file_says_so_and_does_not_pass() {
    let folder = Repository::plain();
    std::fs::create_dir(folder.path().join("empty")).unwrap();
    let run = folder.trueline(&["scan", "--only", "artifacts", "empty"]);
    assert_eq!(run.code(), 2, "{}", run.stderr());
    assert!(run.stderr().contains("no file was checked"));
}

#[test]
fn what_the_team_asks_of_models_is_gated_and_what_it_vetted_is_not() {
    let folder = with_two_pickles();
    folder.write(
        "trueline.toml",
        "[artifacts]\nlicences = [\"mit\"]\nmodel-card = \"required\"\n",
    );
    let code = |path: &str, limit: &str| {
        folder
            .trueline(&["scan", "--only", "artifacts", path, "--fail-on", limit])
            .code()
    };
    assert_eq!(code("models/plain.pkl", "medium"), 1);
    assert_eq!(code("models/plain.pkl", "high"), 0);
    folder.write("models/README.md", "---\nlicense: mit\n---\n# A model\n");
    assert_eq!(code("models", "medium"), 1);
    std::fs::remove_file(folder.path().join("models/calls.pkl")).unwrap();
    assert_eq!(code("models", "medium"), 0);

    folder.write("models/calls.pkl", CALLS_A_PROGRAM);
    let report = folder
        .trueline(&[
            "scan",
            "--only",
            "artifacts",
            "models/calls.pkl",
            "--format",
            "json",
        ])
        .json();
    let hash = report["artifacts"][0]["sha256"].as_str().unwrap();
    folder.write(
        "trueline.toml",
        format!("[artifacts]\nvetted = [\"sha256:{hash}\"]\n"),
    );
    assert_eq!(code("models/calls.pkl", "low"), 0);
}

#[test]
fn models_are_printed_as_markdown_and_as_a_page() {
    let folder = with_two_pickles();
    let print = |format: &str| {
        folder
            .trueline(&["scan", "--only", "artifacts", "models", "--format", format])
            .stdout()
    };
    let markdown = print("markdown");
    assert!(markdown.contains("1 malicious, 1 clean"), "{markdown}");
    assert!(
        markdown.contains("<code>models/calls.pkl</code>"),
        "{markdown}"
    );
    let page = print("html");
    assert!(page.contains("models/calls.pkl") && page.ends_with("</html>\n"));
}

#[test]
fn a_model_that_was_clean_is_read_again_when_it_changed() {
    let folder = with_two_pickles();
    let count = || {
        let report = folder.trueline(&["scan", "--format", "json"]).json();
        report["findings"].as_array().unwrap().len()
    };
    assert_eq!(count(), 1);
    assert_eq!(count(), 1);
    folder.write("models/plain.pkl", CALLS_A_PROGRAM);
    assert_eq!(count(), 2);
}

#[test]
fn the_card_beside_a_model_is_seen_by_every_scan_and_for_a_single_file() {
    let folder = with_two_pickles();
    std::fs::remove_file(folder.path().join("models/calls.pkl")).unwrap();
    folder
        .write(
            "trueline.toml",
            "[artifacts]\nlicences = [\"mit\", \"apache-2.0\"]\nmodel-card = \"required\"\n",
        )
        .write("models/unet/weights.pkl", PLAIN_DATA);
    let policy = || {
        let report = folder.trueline(&["scan", "--format", "json"]).json();
        report["findings"].as_array().unwrap().len()
    };
    assert_eq!(policy(), 4);
    // In small letters, with a list, at the root of the model's repository.
    folder.write(
        "models/readme.md",
        "---\nlicense:\n- mit\n- apache-2.0\n---\n# A model\n",
    );
    assert_eq!(policy(), 0);
    let report = folder
        .trueline(&[
            "scan",
            "--only",
            "artifacts",
            "models/unet/weights.pkl",
            "--format",
            "json",
        ])
        .json();
    let record = &report["artifacts"][0];
    assert_eq!(record["model_card"], "models/readme.md");
    assert_eq!(record["licence"], "mit, apache-2.0");
    assert_eq!(record["breaches"], serde_json::Value::Null);
    folder.write("models/readme.md", "---\nlicense: [mit, gpl-3.0]\n---\n");
    assert_eq!(policy(), 2);
}

#[test]
fn what_is_unknown_is_of_low_severity_everywhere() {
    let folder = Repository::plain();
    folder.write("own.pkl", b"\x80\x02cshop.nets\nNet\n)\x81.");
    let run = |arguments: &[&str]| folder.trueline(&[&["scan"][..], arguments].concat());
    let only = ["--only", "artifacts", "."];
    assert_eq!(
        run(&[&only[..], &["--fail-on", "medium"]].concat()).code(),
        0
    );
    assert_eq!(run(&[&only[..], &["--fail-on", "low"]].concat()).code(), 1);
    let log = run(&[&only[..], &["--format", "sarif"]].concat()).json();
    assert_eq!(log["runs"][0]["results"][0]["level"], "note");
    assert_eq!(run(&["--all", "--fail-on", "medium"]).code(), 0);
    assert_eq!(run(&["--all", "--fail-on", "low"]).code(), 1);
}

#[test]
fn a_log_says_where_in_which_file_of_the_repository_and_of_others() {
    let folder = with_two_pickles();
    folder.write(".git/HEAD", "ref: refs/heads/main\n");
    let other = with_two_pickles();
    let outside = other.path().join("models/calls.pkl");
    let log = folder
        .trueline(&[
            "scan",
            "--only",
            "artifacts",
            "models/../models/calls.pkl",
            outside.to_str().unwrap(),
            "--format",
            "sarif",
        ])
        .json();
    let results = log["runs"][0]["results"].as_array().unwrap();
    let places: Vec<_> = results
        .iter()
        .map(|result| &result["locations"][0]["physicalLocation"]["artifactLocation"])
        .collect();
    let full = places.iter().find(|p| p["uriBaseId"].is_null()).unwrap();
    assert!(
        full["uri"].as_str().unwrap().starts_with("file:///"),
        "{full}"
    );
    let (at, own) = places
        .iter()
        .enumerate()
        .find(|(_, p)| p["uriBaseId"] == "%SRCROOT%")
        .unwrap();
    assert_eq!(own["uri"], "models/calls.pkl");
    let properties = &results[at]["properties"];
    assert_eq!(properties["technique"], "pickle-call-dangerous");
    assert_eq!(properties["call"], "os.system('echo x')");
    assert_eq!(properties["sha256"].as_str().unwrap().len(), 64);
    assert!(properties["offset"].as_u64().unwrap() > 0);
    let region = &results[at]["locations"][0]["physicalLocation"]["region"];
    assert_eq!(region["byteOffset"], properties["offset"]);
    assert_eq!(region["byteLength"], 1);
    let run = &log["runs"][0];
    assert_eq!(run["automationDetails"]["id"], "trueline/trueline:models/");
}

#[test]
fn a_place_in_what_a_file_unpacks_to_is_no_byte_of_the_file() {
    let folder = Repository::plain();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut packed, CALLS_A_PROGRAM).unwrap();
    folder.write("calls.pkl.gz", packed.finish().unwrap());
    let log = folder
        .trueline(&["scan", "--only", "artifacts", ".", "--format", "sarif"])
        .json();
    let result = &log["runs"][0]["results"][0];
    assert!(result["properties"]["offset"].as_u64().unwrap() > 0);
    let region = &result["locations"][0]["physicalLocation"]["region"];
    assert!(region["startLine"] == 1 && region["byteOffset"].is_null());
}

#[test]
fn models_are_reported_to_gitlab() {
    let folder = Repository::new();
    folder
        .write("models/calls.pkl", CALLS_A_PROGRAM)
        .write("models/own.pkl", b"\x80\x02cshop.nets\nNet\n)\x81.")
        .write("models/plain.pkl", PLAIN_DATA)
        .commit("models");
    let below = folder.path().join("models");
    let report = |format: &str| {
        folder
            .trueline_in(
                &below,
                &["scan", "--only", "artifacts", ".", "--format", format],
            )
            .json()
    };
    let issues = report("gitlab-codequality");
    let told: Vec<(&str, &str)> = issues
        .as_array()
        .unwrap()
        .iter()
        .map(|issue| {
            let path = issue["location"]["path"].as_str().unwrap();
            (path, issue["severity"].as_str().unwrap())
        })
        .collect();
    assert_eq!(
        told,
        [("models/calls.pkl", "blocker"), ("models/own.pkl", "minor")]
    );
    let document = report("gitlab-sast");
    assert_eq!(document["scan"]["status"], "success");
    // The time of the commit, so that the same models give the same file.
    let format = "--date=format:%Y-%m-%dT%H:%M:%S";
    let time = folder.git(&["log", "-1", format, "--format=%cd"]);
    assert_eq!(document["scan"]["start_time"], time.trim());
    let first = &document["vulnerabilities"][0];
    assert_eq!(first["location"]["file"], "models/calls.pkl");
    assert_eq!(first["severity"], "Critical");
    let arguments = [
        "scan",
        "--only",
        "artifacts",
        ".",
        "--format",
        "gitlab-sast",
    ];
    let gate = folder.trueline(&[&arguments[..], &["--fail-on", "critical"]].concat());
    assert_eq!(gate.code(), 1);
}

#[test]
fn a_pointer_is_fetched_by_its_path_from_the_root_of_its_repository() {
    const POINTER: &str = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n";
    let folder = Repository::new();
    folder.write("models/a,b/large.bin", POINTER);
    let below = folder.path().join("models/a,b");
    let advice = |run: crate::repository::Run| {
        let report = run.json();
        report["artifacts"][0]["advice"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let arguments = [
        "scan",
        "--only",
        "artifacts",
        "large.bin",
        "--format",
        "json",
    ];
    // A list of patterns has commas.
    let pattern = "lfs pull --include 'models/a?b/large.bin' fetches";
    let told = advice(folder.trueline_in(&below, &arguments));
    assert!(told.contains(&format!("git {pattern}")), "{told}");
    let elsewhere = Repository::new();
    let full = below.join("large.bin");
    let arguments = [
        "scan",
        "--only",
        "artifacts",
        full.to_str().unwrap(),
        "--format",
        "json",
    ];
    let told = advice(elsewhere.trueline(&arguments));
    let root = folder.path().to_str().unwrap();
    assert!(told.contains(&format!("git -C {root} {pattern}")), "{told}");
}

#[test]
fn a_gate_does_not_pass_on_what_it_did_not_see() {
    let folder = with_two_pickles();
    std::fs::remove_file(folder.path().join("models/calls.pkl")).unwrap();
    let gate = || {
        folder.trueline(&[
            "scan",
            "--only",
            "artifacts",
            "models",
            "--fail-on",
            "critical",
        ])
    };
    assert_eq!(gate().code(), 0);
    folder.write(
        "models/large.safetensors",
        "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n",
    );
    let run = gate();
    assert_eq!(run.code(), 2, "{}", run.stdout());
    assert!(run.stdout().contains("git lfs pull"), "{}", run.stdout());
    assert!(
        run.stderr().contains("the gate does not pass"),
        "{}",
        run.stderr()
    );
    std::fs::remove_file(folder.path().join("models/large.safetensors")).unwrap();
    assert_eq!(gate().code(), 0);
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("gone.bin", folder.path().join("models/a.bin")).unwrap();
        assert_eq!(gate().code(), 2);
        // What it saw counts first.
        folder.write("models/calls.pkl", CALLS_A_PROGRAM);
        assert_eq!(gate().code(), 1);
    }
}

#[test]
fn the_rules_of_models_are_listed() {
    let folder = Repository::plain();
    let list = folder.trueline(&["rules", "list"]).stdout();
    for rule in ["unsafe-model-file", "model-policy"] {
        assert!(list.contains(rule), "{list}");
    }
}

#[test]
fn the_sample_of_the_documentation_is_read_as_it_stands() {
    let page = include_str!("../../../../docs/models.md");
    let (_, after) = page.split_once("```toml\n").unwrap();
    let (sample, _) = after.split_once("```").unwrap();
    let folder = with_two_pickles();
    folder.write("trueline.toml", sample);
    let run = folder.trueline(&["scan", "--only", "artifacts", "models/plain.pkl"]);
    assert_eq!(run.code(), 0, "{}", run.stderr());
}
