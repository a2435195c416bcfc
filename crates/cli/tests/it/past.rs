//! The policy over what was merged: backtest, suggest, imported reviews, requests for tools.

use serde_json::{Value, json};

use crate::repository::{CLAUDE, Repository, SAFE_VIEW, UNSAFE_VIEW};

/// A branch with a history: an unsafe view by a tool that is fixed later, a merge, a revert.
fn history() -> Repository {
    let repository = Repository::new();
    repository
        .write("src/app.py", "import os\n")
        .write(".gitignore", "no-home/\n")
        .commit("begin");
    repository
        .write("src/app.py", UNSAFE_VIEW)
        .commit(&format!("feat: users\n\n{CLAUDE}"));
    repository.wait(5);
    repository.git(&["switch", "--quiet", "--create", "work"]);
    repository
        .write("src/auth/login.py", "def login(name):\n    return name\n")
        .commit(&format!("feat: log in\n\n{CLAUDE}"));
    repository
        .write(
            "src/auth/login.py",
            "def login(name):\n    return name.strip()\n",
        )
        .commit("feat: blanks do not count");
    repository.git(&["switch", "--quiet", "main"]);
    repository.git(&["merge", "--quiet", "--no-ff", "--no-edit", "work"]);
    repository.wait(5);
    repository
        .write("src/app.py", SAFE_VIEW)
        .commit("fix: the name is bound");
    repository.wait(100);
    repository
        .write("README.md", "# App\n")
        .commit("docs: readme");
    repository
}

fn gate<'r>(report: &'r Value, id: &str) -> &'r Value {
    let gates = report["gates"].as_array().unwrap();
    gates.iter().find(|gate| gate["id"] == id).unwrap()
}

#[test]
fn a_backtest_says_what_gates_would_have_said_and_what_became_of_it() {
    let repository = history();
    let report = repository
        .trueline(&["policy", "backtest", "--format", "json"])
        .json();
    assert_eq!(report["schema"], "trueline.backtest/1");
    // A merge is one change, and the first commit is one too.
    assert_eq!(report["changes"], 5, "{report:#}");
    let severe = gate(&report, "severe-finding");
    assert_eq!(severe["would_comment"]["hits"], 1, "{severe:#}");
    assert_eq!(severe["would_comment"]["of"], 5);
    assert_eq!(severe["outcomes"][0]["within_days"], 14);
    assert_eq!(severe["outcomes"][0]["bad_when_fired"]["hits"], 1);
    assert_eq!(severe["outcomes"][0]["fired_when_bad"]["of"], 1);
    let ai = &report["origins"][0];
    assert_eq!(
        (ai["origin"].as_str(), ai["changes"].as_u64()),
        (Some("ai"), Some(2))
    );
    let tests = gate(&report, "ai-code-without-tests");
    assert_eq!(tests["would_comment"]["hits"], 2, "{tests:#}");
    let text = repository.trueline(&["policy", "backtest"]).stdout();
    assert!(
        text.contains("flows across files are not replayed"),
        "{text}"
    );
    // Warm or cold, the same bytes.
    let again = repository
        .trueline(&["policy", "backtest", "--format", "json"])
        .json();
    assert_eq!(report, again);
    let cold = repository
        .trueline(&[
            "policy",
            "backtest",
            "--format",
            "json",
            "--no-cache",
            "--threads",
            "1",
        ])
        .json();
    assert_eq!(report, cold);
    let page = repository
        .trueline(&["policy", "backtest", "--format", "html"])
        .stdout();
    assert!(page.contains("severe-finding") && page.contains("Content-Security-Policy"));
}

#[test]
fn lines_of_a_merged_branch_are_those_of_its_commits() {
    let repository = history();
    repository.write("p.toml", "[zone.auth]\npaths = [\"src/auth/**\"]\n[[gate]]\nid = \"few\"\ncheck = \"lines\"\norigin = [\"ai\"]\nzones = [\"auth\"]\nat-most = 0\n");
    let report = repository
        .trueline(&[
            "policy", "backtest", "--policy", "p.toml", "--format", "json",
        ])
        .json();
    let few = gate(&report, "few");
    assert_eq!(few["would_comment"]["hits"], 1, "{few:#}");
    // Two lines came with the merge; a person rewrote one of them before.
    assert!(
        few["latest"][0]["reason"].as_str().unwrap().contains("1 "),
        "{few:#}"
    );
    let zone = &report["zones"][0];
    assert_eq!(
        (zone["changes"].as_u64(), zone["with_ai"].as_u64()),
        (Some(1), Some(1))
    );
}

#[test]
fn a_range_and_a_policy_that_cannot_be_read_are_told() {
    let repository = history();
    let wrong = repository.trueline(&["policy", "backtest", "nowhere..main"]);
    assert_eq!(wrong.code(), 2);
    let first = repository.git(&["rev-list", "--max-parents=0", "HEAD"]);
    let range = format!("{}..HEAD", first.trim());
    let report = repository
        .trueline(&["policy", "backtest", &range, "--format", "json"])
        .json();
    assert_eq!(report["changes"], 4);
    repository.write("bad.toml", "[gates]\nsecrte = \"block\"\n");
    let bad = repository.trueline(&["policy", "backtest", "--policy", "bad.toml"]);
    assert_eq!(bad.code(), 2);
    assert!(
        bad.stderr().contains("did you mean `secret`?"),
        "{}",
        bad.stderr()
    );
}

#[test]
fn a_suggestion_is_written_without_touching_what_is_there() {
    let repository = history();
    let text = repository.trueline(&["policy", "suggest"]).stdout();
    assert!(
        text.contains("[zone.auth]") && text.contains("/src/auth/**"),
        "{text}"
    );
    assert!(text.contains("of 5 changes"), "{text}");
    assert!(
        text.contains("person-") && !text.contains("dev@example.org"),
        "{text}"
    );
    assert!(!text.contains("= \"block\""), "{text}");
    let named = repository
        .trueline(&["policy", "suggest", "--names"])
        .stdout();
    assert!(
        named.contains("champions = [\"dev@example.org\"]"),
        "{named}"
    );
    repository.write("trueline.toml", "# ours\n[gates]\nsecret = \"block\"\n");
    let run = repository.trueline(&["policy", "suggest", "--write"]);
    assert_eq!(run.code(), 0, "{}", run.stderr());
    assert!(run.stdout().contains("+[zone.auth]"), "{}", run.stdout());
    let written = std::fs::read_to_string(repository.path().join("trueline.toml")).unwrap();
    assert!(
        written.starts_with("# ours\n[gates]\nsecret = \"block\"\n"),
        "{written}"
    );
    let again = repository.trueline(&["policy", "suggest", "--write"]);
    assert_eq!(again.stdout(), "");
    assert_eq!(
        repository
            .trueline(&["policy", "explain", "--policy", "trueline.toml"])
            .code(),
        0
    );
    let document = repository
        .trueline(&["policy", "suggest", "--format", "json"])
        .json();
    assert_eq!(document["schema"], "trueline.suggestion/1");
}

#[test]
fn imported_reviews_make_gates_that_ask_for_them_decidable() {
    let repository = history();
    repository.write("p.toml", "[zone.auth]\npaths = [\"src/auth/**\"]\n");
    let ask = |repository: &Repository| {
        let arguments = [
            "policy", "backtest", "--policy", "p.toml", "--format", "json",
        ];
        let report = repository.trueline(&arguments).json();
        let zone = gate(&report, "ai-in-sensitive-zone");
        (
            zone["would_comment"]["hits"].as_u64().unwrap(),
            zone["undetermined"].as_u64().unwrap(),
            report["review_delay"].clone(),
        )
    };
    assert_eq!((ask(&repository).0, ask(&repository).1), (0, 1));
    let merge = repository.git(&["rev-parse", "HEAD~2"]).trim().to_owned();
    let head = repository.git(&["rev-parse", "work"]).trim().to_owned();
    let request = |commit: &str, by: &str| {
        json!({
            "pull_request": {"number": 1, "merged_at": "2026-01-06T01:00:00Z", "merge_commit_sha": merge,
                "created_at": "2026-01-06T00:00:00Z", "title": "Log in", "body": "Generated with [Claude Code](https://claude.com/claude-code)",
                "head": {"sha": head}, "base": {"ref": "main"}, "user": {"login": "dev", "type": "User"}},
            "reviews": [{"user": {"login": by, "type": "User"}, "state": "APPROVED", "commit_id": commit,
                "submitted_at": "2026-01-06T00:30:00Z"}]
        })
    };
    let import = |entry: &Value| {
        repository.write(".git/export.json", entry.to_string());
        let run = repository.trueline(&["import", "reviews", ".git/export.json"]);
        assert_eq!(run.code(), 0, "{}", run.stderr());
        run.stdout()
    };
    let said = import(&request(&head, "ann"));
    assert!(
        said.contains("1 new") && said.contains("commits of 1 are here"),
        "{said}"
    );
    let (fired, undetermined, delay) = ask(&repository);
    assert_eq!((fired, undetermined), (0, 0));
    assert_eq!(delay["median_hours"], 0.5);
    // On a commit before the last, or by the author: no other pair of eyes.
    assert!(
        import(&request("0000000000000000000000000000000000000001", "ann")).contains("1 changed")
    );
    assert_eq!(ask(&repository).0, 1);
    import(&request(&head, "dev"));
    assert_eq!(ask(&repository).0, 1);
    // Names of people do not come into reports, texts are not kept at all.
    let kept =
        std::fs::read_to_string(repository.path().join(".git/trueline/reviews.json")).unwrap();
    assert!(
        kept.contains("claude") && !kept.contains("Generated with"),
        "{kept}"
    );
    let wrong = repository.write(".git/export.json", "{\"x\": 1}");
    let run = wrong.trueline(&["import", "reviews", ".git/export.json"]);
    assert_eq!(run.code(), 2);
    assert!(run.stderr().contains("pull_request"), "{}", run.stderr());
}

#[test]
fn a_gate_takes_reviews_that_were_imported() {
    let repository = history();
    let merge = repository.git(&["rev-parse", "HEAD~2"]).trim().to_owned();
    let head = repository.git(&["rev-parse", "work"]).trim().to_owned();
    let entry = json!({
        "merge_request": {"iid": 7, "merge_commit_sha": merge, "diff_refs": {"head_sha": head},
            "target_branch": "main", "author": {"username": "dev"}, "created_at": "2026-01-06T00:00:00Z"},
        "approvals": {"approved_by": [{"user": {"username": "ann"}}]}
    });
    repository.write(".git/export.json", entry.to_string());
    assert_eq!(
        repository
            .trueline(&["import", "reviews", ".git/export.json"])
            .code(),
        0
    );
    let range = format!("{merge}~1..{head}");
    let facts = repository
        .trueline(&["gate", &range, "--format", "facts"])
        .json();
    assert_eq!(facts["reviews"][0]["state"], "approved", "{facts:#}");
    assert_eq!(facts["repository"]["branch"], "main");
}

#[test]
fn a_verdict_as_sarif_is_no_finding_and_counts_once() {
    let repository = Repository::new();
    repository
        .write("trueline.toml", "[gates]\nsevere-finding = \"block\"\n")
        .write("src/app.py", SAFE_VIEW)
        .commit("begin");
    repository.git(&["switch", "--quiet", "--create", "work"]);
    repository
        .write("src/app.py", UNSAFE_VIEW)
        .commit("feat: view");
    let run = repository.trueline(&["gate", "main..HEAD", "--format", "sarif"]);
    assert_eq!(run.code(), 1);
    let log: Value = serde_json::from_str(&run.stdout()).unwrap();
    let one = &log["runs"][0];
    assert_eq!(one["automationDetails"]["id"], "trueline/gate/");
    assert_eq!(one["results"].as_array().unwrap().len(), 1, "{one:#}");
    assert_eq!(one["results"][0]["ruleId"], "severe-finding");
    let place = &one["results"][0]["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "src/app.py");
    assert!(place["region"]["startLine"].as_u64().unwrap() > 1);
    assert!(one["results"][0]["partialFingerprints"]["primaryLocationLineHash"].is_string());
    let file = repository.path().join(".git/gate.sarif");
    std::fs::write(&file, run.stdout()).unwrap();
    let file = file.to_str().unwrap();
    let alone = repository
        .trueline(&["gate", "main..HEAD", "--format", "facts"])
        .json();
    let beside =
        repository.trueline(&["gate", "main..HEAD", "--import", file, "--format", "facts"]);
    let facts: Value = serde_json::from_str(&beside.stdout()).unwrap();
    assert_eq!(facts["findings"], alone["findings"]);
    // A log of our own scan with the same finding moved: the fingerprint says that it is the same.
    let scan = repository.path().join(".git/scan.sarif");
    let scan = scan.to_str().unwrap();
    repository.trueline(&["scan", ".", "--format", "sarif", "--output", scan]);
    let text = std::fs::read_to_string(scan).unwrap();
    let mut log: Value = serde_json::from_str(&text).unwrap();
    let results = log["runs"][0]["results"].as_array_mut().unwrap();
    for result in results {
        result["ruleId"] = json!("another-name");
    }
    std::fs::write(scan, log.to_string()).unwrap();
    let beside =
        repository.trueline(&["gate", "main..HEAD", "--import", scan, "--format", "facts"]);
    let facts: Value = serde_json::from_str(&beside.stdout()).unwrap();
    let severe = facts["findings"].as_array().unwrap().iter();
    let severe =
        severe.filter(|finding| finding["rule"] == "another-name" && finding["severity"] == "high");
    assert_eq!(severe.count(), 0, "{facts:#}");
}

#[test]
fn a_request_for_a_tool_is_a_file_to_edit_together() {
    let repository = Repository::new();
    repository
        .write(
            "trueline.toml",
            "[tools]\napproved = [\"claude\"]\npurposes = [\"test\"]\n",
        )
        .commit("begin");
    let run = repository.trueline(&[
        "policy",
        "request",
        "aider",
        "--purpose",
        "test,fix",
        "--data",
        "internal",
    ]);
    assert_eq!(run.code(), 0, "{}", run.stderr());
    let text =
        std::fs::read_to_string(repository.path().join(".trueline/requests/aider.md")).unwrap();
    assert!(
        text.contains("approved = [\"claude\", \"aider\"]"),
        "{text}"
    );
    assert!(text.contains("purposes = [\"test\", \"fix\"]"), "{text}");
    assert!(text.contains("AI is not allowed for `fix`"), "{text}");
    let again = repository.trueline(&["policy", "request", "aider", "--purpose", "test"]);
    assert_eq!(again.code(), 2);
    let typo = repository.trueline(&[
        "policy",
        "request",
        "aider",
        "--purpose",
        "tset",
        "--dry-run",
    ]);
    assert_eq!(typo.code(), 2);
    assert!(
        typo.stderr().contains("did you mean `test`?"),
        "{}",
        typo.stderr()
    );
}

#[test]
fn what_is_staged_is_found_folder_by_folder() {
    let repository = Repository::new();
    for at in 0..30 {
        repository.write(&format!("src/a{}/m{at}.py", at % 5), format!("x = {at}\n"));
    }
    repository
        .write("gone/one.py", "one = 1\n")
        .write("moved.py", "a = 1\nb = 2\nc = 3\n");
    repository.commit("begin");
    // Git writes trees, and with them what the index knows of folders, when it commits.
    repository.git(&["status"]);
    repository
        .write("src/a1/m1.py", "x = 1\ny = 2\n")
        .write("src/a9/new.py", "n = 1\n");
    repository.git(&["rm", "--quiet", "-r", "gone"]);
    repository.git(&["mv", "moved.py", "src/a2/moved.py"]);
    repository.git(&["add", "--all"]);
    let facts = repository
        .trueline(&["gate", "--staged", "--format", "facts"])
        .json();
    let files: Vec<(String, String)> = facts["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| {
            let text = |key: &str| file[key].as_str().unwrap().to_owned();
            (text("path"), text("status"))
        })
        .collect();
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(p, s)| (p.as_str(), s.as_str()))
        .collect();
    assert_eq!(
        files,
        [
            ("gone/one.py", "deleted"),
            ("src/a1/m1.py", "modified"),
            ("src/a2/moved.py", "renamed"),
            ("src/a9/new.py", "added"),
        ]
    );
    // A file takes the place of a folder, and the other way round.
    repository.commit("next");
    repository.git(&["rm", "--quiet", "-r", "src/a3"]);
    repository
        .write("src/a3", "now a file\n")
        .git(&["rm", "--quiet", "--cached", "src/a4/m4.py"]);
    std::fs::remove_file(repository.path().join("src/a4/m4.py")).unwrap();
    repository.write("src/a4/m4.py/inner.py", "i = 1\n");
    repository.git(&["add", "--all"]);
    let facts = repository
        .trueline(&["gate", "--staged", "--format", "facts"])
        .json();
    let git = repository.git(&["diff", "--cached", "--name-only", "--no-renames"]);
    let mut known: Vec<&str> = git.lines().collect();
    let mut ours: Vec<&str> = Vec::new();
    for file in facts["files"].as_array().unwrap() {
        ours.push(file["path"].as_str().unwrap());
        ours.extend(file["previous_path"].as_str());
    }
    known.sort_unstable();
    ours.sort_unstable();
    assert_eq!(ours, known);
}

#[test]
fn stats_count_reviews_that_were_imported() {
    let repository = history();
    let told = |repository: &Repository| {
        let report = repository.trueline(&["stats", "--format", "json"]).json();
        report["repositories"][0]["health"]["review"]["told"].clone()
    };
    assert_eq!(told(&repository), Value::Null);
    let merge = repository.git(&["rev-parse", "HEAD~2"]).trim().to_owned();
    let head = repository.git(&["rev-parse", "work"]).trim().to_owned();
    let import = |by: &str, kind: &str| {
        let entry = json!({
            "pull_request": {"number": 1, "merged_at": "2026-01-06T01:00:00Z", "merge_commit_sha": merge,
                "created_at": "2026-01-06T00:00:00Z", "title": "Log in", "body": "",
                "head": {"sha": head}, "base": {"ref": "main"}, "user": {"login": "dev", "type": "User"}},
            "reviews": [{"user": {"login": by, "type": kind}, "state": "APPROVED", "commit_id": head,
                "submitted_at": "2026-01-06T00:30:00Z"}]
        });
        repository.write(".git/export.json", entry.to_string());
        let run = repository.trueline(&["import", "reviews", ".git/export.json"]);
        assert_eq!(run.code(), 0, "{}", run.stderr());
    };
    // The two commits that the merge brought in; the window of health ends at HEAD, so all of them are old enough or not
    // together.
    for (by, kind, approved) in [("dev", "User", 0), ("helper", "Bot", 0), ("ann", "User", 2)] {
        import(by, kind);
        let told = told(&repository);
        assert_eq!(
            (&told["hits"], &told["of"]),
            (&json!(approved), &json!(2)),
            "{by}"
        );
    }
    let page = repository.trueline(&["stats"]).stdout();
    assert!(page.contains("whose reviews were imported"), "{page}");
}
