//! The gate end to end: real repositories, the policy of their base, and what the program says.

use serde_json::{Value, json};

use crate::repository::{CLAUDE, Repository, Run, SAFE_VIEW, UNSAFE_VIEW};

pub(crate) const ZONES: &str = "[zone.auth]\npaths = [\"src/auth/**\"]\nchampions = [\"@ann\"]\n";

/// A repository whose main branch has this policy; HEAD is on a branch of it.
pub(crate) fn judged_by(policy: &str) -> Repository {
    let repository = Repository::new();
    repository
        .write("trueline.toml", policy)
        .write("src/app.py", SAFE_VIEW)
        .commit("begin");
    repository.git(&["switch", "--quiet", "--create", "work"]);
    repository
}

pub(crate) fn gate(repository: &Repository, more: &[&str]) -> Run {
    let mut arguments = vec!["gate", "main..HEAD", "--now", "2026-02-01"];
    arguments.extend(more);
    repository.trueline(&arguments)
}

pub(crate) fn verdict(run: &Run) -> Value {
    serde_json::from_str(&run.stdout()).unwrap_or_else(|_| panic!("{}", run.stderr()))
}

pub(crate) fn outcome_of<'v>(verdict: &'v Value, gate: &str) -> &'v str {
    let gates = verdict["gates"].as_array().unwrap();
    let found = gates.iter().find(|g| g["id"] == gate).unwrap();
    found["outcome"].as_str().unwrap()
}

pub(crate) fn facts(repository: &Repository, more: &[&str]) -> Value {
    let mut arguments = vec!["--format", "facts"];
    arguments.extend(more);
    gate(repository, &arguments).json()
}

#[test]
fn a_branch_that_is_its_own_base_is_not_said_to_have_passed() {
    let repository = judged_by("[gates]\nsevere-finding = \"block\"\n");
    for (format, said) in [
        ("terminal", "Nothing to judge: HEAD is the base"),
        ("markdown", "### Trueline gate: nothing to judge"),
    ] {
        let run = repository.trueline(&["gate", "main", "--format", format]);
        assert_eq!(run.code(), 0, "{}", run.stderr());
        assert!(run.stdout().contains(said), "{}", run.stdout());
        assert!(!run.stdout().contains("assed"), "{}", run.stdout());
    }
}

#[test]
fn a_log_of_our_own_scan_adds_only_what_the_gate_did_not_see() {
    let repository = judged_by("[gates]\nsevere-finding = \"block\"\n");
    repository
        .write("src/app.py", UNSAFE_VIEW)
        .commit("feat: view");
    let log = repository.path().join("../own.sarif");
    let log = log.to_str().unwrap();
    repository.trueline(&["scan", ".", "--format", "sarif", "--output", log]);
    let alone = gate(&repository, &[]).stdout();
    let beside = gate(&repository, &["--import", log]).stdout();
    assert!(alone.contains("1 new high or critical finding;"), "{alone}");
    assert!(
        beside.contains("1 new high or critical finding;"),
        "{beside}"
    );
}

#[test]
fn a_weakness_that_a_change_brings_blocks_it_and_says_the_easiest_way() {
    let repository = judged_by("[gates]\nsevere-finding = \"block\"\n");
    repository
        .write("src/app.py", UNSAFE_VIEW)
        .commit(&format!("feat: view\n\n{CLAUDE}"));
    let run = gate(&repository, &[]);
    assert_eq!(run.code(), 1, "{}", run.stderr());
    let text = run.stdout();
    assert!(text.starts_with("Blocked: 1 gate"), "{text}");
    assert!(
        text.contains("src/app.py:11: sql-injection (critical)"),
        "{text}"
    );
    assert!(text.contains("easiest: "), "{text}");
    assert!(
        text.contains("It says which AI tools had a part in it."),
        "{text}"
    );
    let facts = facts(&repository, &[]);
    assert_eq!(facts["schema"], "trueline.change/1");
    assert_eq!(facts["findings"][0]["origin"], "ai");
    assert_eq!(facts["findings"][0]["tool"], "claude");
    assert_eq!(facts["tools"][0]["disclosed"], true);
    assert_eq!(facts["size"]["added"]["ai"], 1);
}

#[test]
fn a_weakness_that_was_there_blocks_nobody_and_one_that_is_mended_is_well_done() {
    let repository = Repository::new();
    repository
        .write("trueline.toml", "[gates]\nsevere-finding = \"block\"\n")
        .write("src/app.py", UNSAFE_VIEW)
        .commit("begin");
    repository.git(&["switch", "--quiet", "--create", "work"]);
    repository
        .write("src/app.py", format!("{UNSAFE_VIEW}\n\n# the end\n"))
        .commit("docs: a remark");
    let run = gate(&repository, &["--format", "json"]);
    assert_eq!(
        (run.code(), outcome_of(&verdict(&run), "severe-finding")),
        (0, "pass")
    );
    repository
        .write("src/app.py", SAFE_VIEW)
        .commit("fix: bind");
    let run = gate(&repository, &[]);
    assert_eq!(run.code(), 0);
    assert!(
        run.stdout()
            .contains("takes away 1 weakness that was there before"),
        "{}",
        run.stdout()
    );
}

#[test]
fn a_change_cannot_soften_its_own_judge() {
    let repository = judged_by("[gates]\nsevere-finding = \"block\"\n");
    let silenced = UNSAFE_VIEW.replace(
        "    rows = db",
        "    # trueline: ignore[sql-injection] names are checked elsewhere\n    rows = db",
    );
    repository
        .write("src/app.py", &silenced)
        .write("trueline.toml", "[gates]\nsevere-finding = \"observe\"\n[scan]\nexclude = [\"src\"]\n")
        .write(
            ".trueline/exceptions.toml",
            "[[exception]]\nid = \"all\"\ngate = \"severe-finding\"\npath = \"**\"\nowner = \"a\"\napprover = \"b\"\n\
             reason = \"r\"\ncreated = \"2026-01-20\"\nexpires = \"2026-03-01\"\n",
        )
        .commit("feat: everything is fine");
    let reviews = repository.path().join(".git/reviews.json");
    std::fs::write(&reviews, "[]").unwrap();
    let reviews = reviews.to_str().unwrap();
    let run = gate(&repository, &["--reviews", reviews, "--format", "json"]);
    let verdict = verdict(&run);
    assert_eq!(run.code(), 1);
    assert_eq!(outcome_of(&verdict, "severe-finding"), "fail");
    assert_eq!(outcome_of(&verdict, "policy-change"), "fail");
    assert_eq!(outcome_of(&verdict, "suppression"), "fail");
    let facts = facts(&repository, &[]);
    assert_eq!(
        facts["policy_changed"],
        json!([".trueline/exceptions.toml", "trueline.toml"])
    );
    assert_eq!(
        facts["exceptions"],
        json!([{"id": "all", "status": "added"}])
    );
    assert_eq!(facts["suppressions"][0]["line"], 11);
    // A person who did not write it agrees: then the comment answers.
    std::fs::write(
        repository.path().join(".git/reviews.json"),
        r#"[{"user": {"login": "eve", "type": "User"}, "state": "APPROVED"}]"#,
    )
    .unwrap();
    assert_eq!(gate(&repository, &["--reviews", reviews]).code(), 0);
}

#[test]
fn an_exception_of_the_base_answers_until_it_is_over() {
    let repository = judged_by("[gates]\nsevere-finding = \"block\"\n");
    repository.git(&["switch", "--quiet", "main"]);
    let run = repository.trueline(&[
        "exception",
        "add",
        "legacy-view",
        "--gate",
        "severe-finding",
        "--path",
        "src/app.py",
        "--approver",
        "bob@example.org",
        "--reason",
        "it goes in March",
        "--days",
        "20",
        "--now",
        "2026-01-20",
    ]);
    assert_eq!(run.code(), 0, "{}", run.stderr());
    repository.commit("chore: exception");
    repository.git(&["switch", "--quiet", "work"]);
    repository.git(&["merge", "--quiet", "--ff-only", "main"]);
    repository
        .write("src/app.py", UNSAFE_VIEW)
        .commit("feat: view");
    let run = gate(&repository, &[]);
    assert_eq!(run.code(), 0, "{}", run.stdout());
    assert!(
        run.stdout()
            .contains("legacy-view: answers 1 reason of severe-finding"),
        "{}",
        run.stdout()
    );
    let late = repository.trueline(&["gate", "main..HEAD", "--now", "2026-03-01"]);
    assert_eq!(late.code(), 1);
    assert!(
        late.stdout().contains("legacy-view ended on 2026-02-09"),
        "{}",
        late.stdout()
    );
    let list = repository
        .trueline(&["exception", "list", "--now", "2026-02-05"])
        .stdout();
    assert!(
        list.starts_with("legacy-view: expires soon until 2026-02-09"),
        "{list}"
    );
    let renewed = repository.trueline(&[
        "exception",
        "renew",
        "legacy-view",
        "--approver",
        "eve@example.org",
        "--days",
        "30",
        "--now",
        "2026-02-09",
    ]);
    assert_eq!(renewed.code(), 0, "{}", renewed.stderr());
    let text =
        std::fs::read_to_string(repository.path().join(".trueline/exceptions.toml")).unwrap();
    assert!(
        text.contains("approver = \"eve@example.org\"")
            && text.contains("expires = \"2026-03-11\""),
        "{text}"
    );
}

#[test]
fn exceptions_that_break_a_rule_are_not_written() {
    let repository = judged_by("");
    let add = |more: &[&str]| {
        let mut arguments = vec![
            "exception",
            "add",
            "x",
            "--gate",
            "secret",
            "--reason",
            "r",
            "--now",
            "2026-01-20",
        ];
        arguments.extend(more);
        let run = repository.trueline(&arguments);
        assert_eq!(run.code(), 2, "{}", run.stdout());
        run.stderr()
    };
    assert!(
        add(&["--path", "a", "--approver", "dev@example.org"])
            .contains("somebody else has to agree")
    );
    for program in [
        "claude[bot]",
        "@project_42_bot_ab12",
        "Renovate <renovate-bot@example.org>",
    ] {
        assert!(
            add(&["--path", "a", "--approver", program]).contains("is an agent"),
            "{program}"
        );
    }
    assert!(
        add(&["--path", "a", "--approver", "b", "--days", "400"])
            .contains("at most 90 are allowed")
    );
    assert!(add(&["--approver", "b"]).contains("exactly one of --finding, --path and --purl"));
    assert!(!repository.path().join(".trueline").exists());
}

#[test]
fn ai_code_in_a_zone_needs_another_person() {
    let policy = format!("{ZONES}[gates]\nai-in-sensitive-zone = \"block\"\n");
    let repository = judged_by(&policy);
    repository
        .write("src/auth/login.py", "def login():\n    return True\n")
        .commit(&format!("feat: login\n\n{CLAUDE}"));
    let unknown = gate(&repository, &[]);
    assert_eq!(unknown.code(), 1);
    assert!(
        unknown
            .stdout()
            .contains("reviews not known: git does not keep reviews"),
        "{}",
        unknown.stdout()
    );
    let describe = |reviews: &str| {
        let text = format!(
            r#"{{"schema": "trueline.pull-request/1", "base": "main", "head": "work", "branch": "main",
                 "author": "dev", "requester": "ann", "description": "made with Claude", "reviews": {reviews}}}"#
        );
        let file = repository.path().join(".git/pr.json");
        std::fs::write(&file, text).unwrap();
        repository.trueline(&[
            "gate",
            "--pr",
            file.to_str().unwrap(),
            "--now",
            "2026-02-01",
            "--format",
            "json",
        ])
    };
    let head = repository.git(&["rev-parse", "HEAD"]);
    let of = |by: &str, commit: &str| {
        format!(
            r#"[{{"by": "{by}", "state": "approved", "commit": "{}"}}]"#,
            commit.trim()
        )
    };
    let outcome = |run: &Run| outcome_of(&verdict(run), "ai-in-sensitive-zone").to_owned();
    assert_eq!(outcome(&describe("[]")), "fail");
    // The author, the requester, whoever committed under an address of that name, an agent, a stale one.
    assert_eq!(outcome(&describe(&of("dev", &head))), "fail");
    assert_eq!(outcome(&describe(&of("Ann", &head))), "fail");
    for program in [
        "claude[bot]",
        "project_42_bot_ab12",
        "group_9_bot_zz",
        "GitLabDuo",
        "service_account_group_3_abc",
        "dependabot",
        "renovate-bot",
        "devin-ai-integration",
        "coderabbitai",
    ] {
        let run = describe(&of(program, &head));
        assert_eq!(outcome(&run), "fail", "{program}");
        assert_eq!(
            outcome_of(&verdict(&run), "self-approval"),
            "fail",
            "{program}"
        );
    }
    assert_eq!(outcome(&describe(&of("eve", &"0".repeat(40)))), "fail");
    let passed = describe(&of("eve", &head));
    assert_eq!((passed.code(), outcome(&passed).as_str()), (0, "pass"));
    let verdict = verdict(&describe("[]"));
    let gate = verdict["gates"]
        .as_array()
        .unwrap()
        .iter()
        .find(|g| g["id"] == "ai-in-sensitive-zone")
        .unwrap();
    assert_eq!(gate["reasons"][0]["ask"], json!(["@ann"]));
    assert_eq!(gate["reasons"][0]["path"], "src/auth/login.py");
}

#[test]
fn forges_are_read_as_they_answer() {
    let repository = judged_by(&format!(
        "{ZONES}[gates]\nai-in-sensitive-zone = \"block\"\n"
    ));
    repository
        .write("src/auth/login.py", "def login():\n    return True\n")
        .commit(&format!("feat: login\n\n{CLAUDE}"));
    let base = repository.git(&["rev-parse", "main"]).trim().to_owned();
    let head = repository.git(&["rev-parse", "HEAD"]).trim().to_owned();
    let run = |document: &Value| {
        let file = repository.path().join(".git/pr.json");
        std::fs::write(&file, document.to_string()).unwrap();
        let run = repository.trueline(&[
            "gate",
            "--pr",
            file.to_str().unwrap(),
            "--now",
            "2026-02-01",
        ]);
        (run.code(), run.stdout() + &run.stderr())
    };
    let github = |state: &str| {
        json!({"pull_request": {"base": {"sha": base, "ref": "main"}, "head": {"sha": head}, "user": {"login": "dev", "type": "User"}, "title": "t", "body": null},
               "reviews": [{"user": {"login": "eve", "type": "User"}, "state": state, "commit_id": head}]})
    };
    assert_eq!(run(&github("APPROVED")).0, 0);
    assert_eq!(run(&github("COMMENTED")).0, 1);
    let gitlab = |approved: Value| {
        json!({"merge_request": {"diff_refs": {"base_sha": base, "head_sha": head}, "target_branch": "main", "author": {"username": "dev"}},
               "approvals": {"approved_by": approved}})
    };
    assert_eq!(run(&gitlab(json!([{"user": {"username": "eve"}}]))).0, 0);
    assert_eq!(run(&gitlab(json!([]))).0, 1);
    let (code, told) = run(&json!({"title": "x"}));
    assert_eq!(code, 2);
    assert!(told.contains("a description has `base`"), "{told}");
}

#[test]
fn what_is_staged_is_judged_before_it_is_a_commit() {
    let repository = judged_by(
        "[gates]\nsevere-finding = \"block\"\nai-in-sensitive-zone = \"block\"\nsecret = \"block\"\n[zone.all]\npaths = [\"**\"]\n",
    );
    repository.write("src/app.py", UNSAFE_VIEW);
    let nothing = repository.trueline(&["gate", "--staged", "--now", "2026-02-01"]);
    assert_eq!(nothing.code(), 0, "{}", nothing.stdout());
    repository.git(&["add", "src/app.py"]);
    let run = repository.trueline(&[
        "gate",
        "--staged",
        "--now",
        "2026-02-01",
        "--format",
        "json",
    ]);
    assert_eq!(run.code(), 1);
    let verdict = verdict(&run);
    assert_eq!(outcome_of(&verdict, "severe-finding"), "fail");
    assert_eq!(outcome_of(&verdict, "policy-change"), "pass");
    // The work tree does not count, the index does.
    repository.write("src/app.py", SAFE_VIEW);
    assert_eq!(repository.trueline(&["gate", "--staged"]).code(), 1);
    // A hook of `git commit --all` is told of another index.
    repository.write(
        ".git/hooks/pre-commit",
        format!(
            "#!/bin/sh\nexec {} gate --staged\n",
            env!("CARGO_BIN_EXE_trueline")
        ),
    );
    repository.git(&["config", "core.hooksPath", ".git/hooks"]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let hook = repository.path().join(".git/hooks/pre-commit");
        std::fs::set_permissions(hook, std::fs::Permissions::from_mode(0o755)).unwrap();
        repository.git(&["reset", "--quiet"]);
        repository.write("src/app.py", UNSAFE_VIEW);
        let refused = std::process::Command::new("git")
            .args(["commit", "--quiet", "--all", "--message", "feat: view"])
            .current_dir(repository.path())
            .output()
            .unwrap();
        assert!(
            !refused.status.success(),
            "the hook of a commit of everything must see everything"
        );
        let told = String::from_utf8_lossy(&refused.stderr).into_owned()
            + &String::from_utf8_lossy(&refused.stdout);
        assert!(told.contains("Blocked"), "{told}");
    }
    // The very first commit has no base: the built-in gates observe.
    let first = Repository::new();
    first.write("app.py", UNSAFE_VIEW);
    first.git(&["add", "app.py"]);
    assert_eq!(first.trueline(&["gate", "--staged"]).code(), 0);
}

#[test]
fn facts_of_a_change_are_told() {
    let repository = judged_by("");
    repository
        .write("requirements.txt", "flask==3.0\nleftpad-py>=1\n")
        .write(
            "src/pay.py",
            "def pay(amount):\n    return amount  # nosec\n",
        )
        .write("tests/test_other.py", "def test_it():\n    assert True\n")
        .write(
            ".mcp.json",
            r#"{"mcpServers": {"a": {"command": "npx", "args": ["-y", "some-server"]}}}"#,
        )
        .write(
            ".github/workflows/ci.yml",
            "on: pull_request_target\npermissions:\n  contents: write\njobs: {}\n",
        )
        .write("model.pkl", b"cos\nsystem\n(S'id'\ntR.")
        .commit(&format!(
            "feat: pay\n\n{CLAUDE}\nSigned-off-by: Claude <noreply@anthropic.com>"
        ));
    let facts = facts(&repository, &[]);
    let names: Vec<&str> = facts["dependencies"]
        .as_array()
        .unwrap()
        .iter()
        .map(|d| d["purl"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["pkg:pypi/flask", "pkg:pypi/leftpad-py"]);
    assert_eq!(facts["dependencies"][1]["line"], 2);
    assert_eq!(
        facts["tests"]["ai_code_without_tests"],
        json!(["src/pay.py"])
    );
    assert_eq!(facts["docs"]["public_without_docs"][0]["name"], "pay");
    assert_eq!(facts["suppressions"][0]["rules"], json!(["bandit"]));
    assert_eq!(facts["agent_configuration"][0]["kind"], "servers");
    assert_eq!(facts["agent_configuration"][0]["pinning"], "unpinned");
    let impact: Vec<&str> = facts["workflows"][0]["high_impact"]
        .as_array()
        .unwrap()
        .iter()
        .map(|t| t["what"].as_str().unwrap())
        .collect();
    assert_eq!(impact, ["pull_request_target", "contents: write"]);
    assert_eq!(facts["models"][0]["verdict"], "malicious");
    assert_eq!(facts["commits"][0]["signing_agents"], json!(["claude"]));
    let unknown: Vec<&str> = facts["not_known"]
        .as_array()
        .unwrap()
        .iter()
        .map(|n| n["fact"].as_str().unwrap())
        .collect();
    for fact in [
        "reviews",
        "dependency-existence",
        "dependency-vulnerabilities",
        "cross-file-findings",
    ] {
        assert!(unknown.contains(&fact), "{unknown:?}");
    }
}

#[test]
fn findings_of_other_tools_count_on_the_lines_of_the_change() {
    let repository = judged_by("[gates]\nsevere-finding = \"block\"\n");
    repository
        .write("src/app.py", format!("{SAFE_VIEW}x = 1\n"))
        .commit("feat: x");
    let log = |line: u32| {
        let log = json!({"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "other", "rules": [{"id": "r1"}]}},
            "results": [{"ruleId": "r1", "level": "error", "message": {"text": "bad"},
                "locations": [{"physicalLocation": {"artifactLocation": {"uri": "src/app.py"}, "region": {"startLine": line}}}]}]}]});
        let file = repository.path().join(".git/other.sarif");
        std::fs::write(&file, log.to_string()).unwrap();
        gate(&repository, &["--import", file.to_str().unwrap()]).code()
    };
    assert_eq!(log(13), 1);
    assert_eq!(log(2), 0);
}

#[test]
fn the_same_change_gives_the_same_bytes_with_and_without_a_cache() {
    let repository = judged_by("[gates]\nsevere-finding = \"comment\"\n");
    repository
        .write("src/app.py", UNSAFE_VIEW)
        .commit(&format!("feat: view\n\n{CLAUDE}"));
    let cold = gate(&repository, &["--format", "json", "--no-cache"]).stdout();
    let first = gate(&repository, &["--format", "json"]).stdout();
    let second = gate(&repository, &["--format", "json", "--threads", "1"]).stdout();
    assert!(!cold.is_empty());
    assert_eq!(cold, first);
    assert_eq!(first, second);
}

#[test]
fn ranges_that_are_not_there_say_what_to_fetch() {
    let repository = judged_by("");
    repository.write("a.py", "a = 1\n").commit("a");
    let told = |arguments: &[&str]| {
        let run = repository.trueline(arguments);
        assert_eq!(run.code(), 2, "{}", run.stdout());
        run.stderr()
    };
    let gone = told(&["gate", "0123456789012345678901234567890123456789..HEAD"]);
    assert!(
        gone.contains("if the branch was rebased, its old commits are gone"),
        "{gone}"
    );
    let remote = told(&["gate", "origin/main..HEAD"]);
    assert!(
        remote.contains("git fetch origin +refs/heads/main:refs/remotes/origin/main"),
        "{remote}"
    );
    repository.write("b.py", "b = 1\n").commit("b");
    let shallow = Repository::new();
    let url = format!("file://{}", repository.path().display());
    shallow.git(&[
        "fetch",
        "--quiet",
        "--depth=1",
        &url,
        "work:refs/remotes/origin/work",
    ]);
    shallow.git(&[
        "fetch",
        "--quiet",
        "--depth=1",
        &url,
        "main:refs/remotes/origin/main",
    ]);
    shallow.git(&["switch", "--quiet", "--detach", "origin/work"]);
    let run = shallow.trueline(&["gate", "origin/main..HEAD"]);
    assert_eq!(run.code(), 2, "{}", run.stdout());
    assert!(
        run.stderr().contains("git fetch --unshallow origin"),
        "{}",
        run.stderr()
    );
    assert!(run.stderr().contains("fetch-depth: 0"), "{}", run.stderr());
    let plain = Repository::plain();
    assert_eq!(plain.trueline(&["gate", "main..HEAD"]).code(), 2);
}

#[test]
fn a_base_that_went_on_is_compared_where_the_two_parted() {
    let repository = judged_by("[gates]\nsevere-finding = \"block\"\n");
    repository.write("b.py", "b = 1\n").commit("feat: b");
    repository.git(&["switch", "--quiet", "main"]);
    repository
        .write("src/app.py", UNSAFE_VIEW)
        .commit("feat: of somebody else");
    repository.git(&["switch", "--quiet", "work"]);
    let facts = facts(&repository, &[]);
    let paths: Vec<&str> = facts["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| f["path"].as_str().unwrap())
        .collect();
    assert_eq!(paths, ["b.py"]);
    assert_eq!(facts["diagnostics"][0]["code"], "range-diverged");
    assert!(facts["range"]["fork"].is_string());
}

#[test]
fn a_wrong_policy_is_told_with_its_place_and_can_be_replaced() {
    let repository = judged_by("[gates]\nsecrets = \"block\"\n");
    repository.write("a.py", "a = 1\n").commit("a");
    let run = gate(&repository, &[]);
    assert_eq!(run.code(), 2);
    assert!(
        run.stderr().contains(
            "trueline.toml:2:1: there is no built-in gate `secrets`; did you mean `secret`?"
        ),
        "{}",
        run.stderr()
    );
    let own = repository.path().join(".git/own.toml");
    std::fs::write(&own, "[gates]\nsecret = \"block\"\n").unwrap();
    assert_eq!(
        gate(&repository, &["--policy", own.to_str().unwrap()]).code(),
        0
    );
    // A change that breaks the policy is told, and judged by the one that it breaks.
    let good = judged_by("");
    good.write("trueline.toml", "[gates]\nsecrets = \"block\"\n")
        .commit("chore: policy");
    let facts = facts(&good, &[]);
    assert_eq!(facts["diagnostics"][0]["code"], "policy-invalid");
}

#[test]
fn a_policy_explains_itself_and_runs_its_cases() {
    let repository = judged_by(&format!("{ZONES}[gates]\nsecret = \"block\"\n"));
    let list = repository.trueline(&["policy", "explain"]).stdout();
    assert!(list.contains("block    secret"), "{list}");
    assert!(list.contains("zone auth: src/auth/**; ask @ann"), "{list}");
    let page = repository
        .trueline(&["policy", "explain", "--gate", "secret"])
        .stdout();
    assert!(
        page.contains("Mode      block") && page.contains("trueline.toml:"),
        "{page}"
    );
    let wrong = repository.trueline(&["policy", "explain", "--gate", "secrets"]);
    assert_eq!(wrong.code(), 2);
    repository
        .write("src/app.py", UNSAFE_VIEW)
        .commit("feat: view");
    let why = repository
        .trueline(&["policy", "explain", "main..HEAD", "--now", "2026-02-01"])
        .stdout();
    assert!(
        why.contains("severe-finding (observe, fail)") && why.contains("secret (block, pass)"),
        "{why}"
    );
    repository.write(
        ".trueline/cases/secrets.md",
        "# Ours\n\n## a quiet change\n\n```expect\nsecret: pass\n```\n\n## wrong\n\n```expect\nsecret: fail\n```\n",
    );
    let run = repository.trueline(&["policy", "test"]);
    assert_eq!(run.code(), 1, "{}", run.stderr());
    assert!(
        run.stdout()
            .contains("expected `secret: fail`, it is `pass`"),
        "{}",
        run.stdout()
    );
    assert!(
        run.stdout()
            .contains("2 cases, 2 expectations, 1 not as expected"),
        "{}",
        run.stdout()
    );
}

#[test]
fn markdown_opens_with_what_was_done_well_and_escapes_what_came_from_a_repository() {
    let repository = judged_by("[gates]\nsevere-finding = \"comment\"\n");
    repository
        .write("src/@all [x](y).py", UNSAFE_VIEW)
        .commit(&format!("feat: view\n\n{CLAUDE}"));
    let run = gate(&repository, &["--format", "markdown"]);
    assert_eq!(run.code(), 0);
    let text = run.stdout();
    assert!(
        text.starts_with(
            "<!-- trueline:gate -->\n### Trueline gate: passed, with comments\n\n- ✓ "
        ),
        "{text}"
    );
    assert!(text.contains("**Easiest way:**"), "{text}");
    assert!(!text.contains("\n@all"), "{text}");
}

#[test]
fn a_verdict_can_be_signed_and_checked() {
    let repository = judged_by("[gates]\nsevere-finding = \"block\"\n");
    repository
        .write("src/app.py", UNSAFE_VIEW)
        .commit("feat: view");
    let key = repository.path().join(".git/ci.key");
    let key = key.to_str().unwrap();
    let made = repository.trueline(&["attest", "keygen", key]);
    assert_eq!(made.code(), 0, "{}", made.stderr());
    // A verdict that blocks is signed as well.
    let run = gate(&repository, &["--attest", "--key", key]);
    assert_eq!(run.code(), 1, "{}", run.stderr());
    let public = format!("{key}.pub");
    let checked = repository.trueline(&["attest", "verify", "--keys", &public, "--format", "json"]);
    let text = checked.stdout();
    assert!(
        text.contains(repository.git(&["rev-parse", "HEAD"]).trim()),
        "{text}{}",
        checked.stderr()
    );
    let staged = repository.trueline(&["gate", "--staged", "--attest", "--key", key]);
    assert_eq!(staged.code(), 2);
    // A softer policy gives another verdict, and who checks it sees whose policy it was.
    let verify = |more: &[&str]| {
        let mut arguments = vec!["attest", "verify", "--keys", &public, "--commit", "HEAD"];
        arguments.extend(more);
        repository.trueline(&arguments)
    };
    let right = verdict(&gate(&repository, &["--format", "json"]));
    let main = repository.git(&["rev-parse", "main"]).trim().to_owned();
    assert_eq!(
        right["policy_from"],
        json!({"kind": "base", "commit": main})
    );
    assert!(
        right["engine_digest"]
            .as_str()
            .unwrap()
            .starts_with("sha256:")
    );
    let right = right["policy_digest"].as_str().unwrap();
    assert!(verify(&[]).stdout().contains("policy: trueline.toml at "));
    let soft = repository.path().join(".git/soft.toml");
    std::fs::write(&soft, "schema = 1\n").unwrap();
    let soft = soft.to_str().unwrap();
    let run = gate(&repository, &["--policy", soft, "--attest", "--key", key]);
    assert_eq!(run.code(), 0, "{}", run.stderr());
    let run = verify(&[]);
    assert_eq!(run.code(), 0, "{}", run.stdout());
    assert!(
        run.stdout()
            .contains("policy: a file that was given (soft.toml), not the base's"),
        "{}",
        run.stdout()
    );
    let run = verify(&["--policy-digest", right]);
    assert_eq!(run.code(), 1, "{}", run.stdout());
    assert!(
        run.stdout().contains("not the one that was asked for"),
        "{}",
        run.stdout()
    );
}

/// Advisories on `flask` before 2.2.5 and on all of `evil-tool`, for `PyPI` and npm.
fn advisories(repository: &Repository) {
    let advisory = |id: &str, ecosystem: &str, name: &str, events: &Value| {
        json!({"id": id, "affected": [{"package": {"ecosystem": ecosystem, "name": name},
            "ranges": [{"type": "ECOSYSTEM", "events": events}]}]})
        .to_string()
    };
    let fixed = json!([{"introduced": "0"}, {"fixed": "2.2.5"}]);
    let all = json!([{"introduced": "0"}]);
    repository
        .write(
            ".git/osv/PyPI/X-1.json",
            advisory("X-1", "PyPI", "Flask", &fixed),
        )
        .write(
            ".git/osv/npm/MAL-2.json",
            advisory("MAL-2", "npm", "evil-tool", &all),
        )
        .write(".git/names/pypi.txt", "flask\nrequests\n");
}

#[test]
fn dependencies_are_judged_by_advisories_and_lists_that_are_given_and_by_nothing_else() {
    let repository = judged_by(
        "[gates]\nvulnerable-dependency = \"block\"\nnonexistent-dependency = \"block\"\n",
    );
    advisories(&repository);
    let given = ["--advisories", ".git/osv", "--package-names", ".git/names"];
    let judged = |more: &[&str]| {
        let mut arguments = vec!["--format", "json"];
        arguments.extend(more);
        verdict(&gate(&repository, &arguments))
    };
    repository
        .write("requirements.txt", "flask==2.2.5\nrequests==2.0\n")
        .commit("feat: serve");
    let sound = judged(&given);
    assert_eq!(outcome_of(&sound, "vulnerable-dependency"), "pass");
    assert_eq!(outcome_of(&sound, "nonexistent-dependency"), "pass");
    // Nobody told: nobody knows, and a gate that blocks does not pass.
    let untold = judged(&[]);
    assert_eq!(outcome_of(&untold, "vulnerable-dependency"), "undetermined");
    assert_eq!(
        outcome_of(&untold, "nonexistent-dependency"),
        "undetermined"
    );
    assert_eq!(untold["outcome"], "block");
    // An old version, a made-up name, and a range that no lock file settles.
    repository
        .write(
            "requirements.txt",
            "flask==2.2.4\nrequests==2.0\nflask-login-helper==1.0\n",
        )
        .commit("feat: log in");
    let weak = judged(&given);
    assert_eq!(outcome_of(&weak, "vulnerable-dependency"), "fail");
    assert_eq!(outcome_of(&weak, "nonexistent-dependency"), "fail");
    let told = weak.to_string();
    assert!(
        told.contains("pkg:pypi/flask 2.2.4 has known vulnerabilities: X-1"),
        "{told}"
    );
    assert!(
        told.contains("pkg:pypi/flask-login-helper does not exist"),
        "{told}"
    );
    repository
        .write("requirements.txt", "flask>=2\n")
        .commit("chore: any version");
    assert_eq!(
        outcome_of(&judged(&given), "vulnerable-dependency"),
        "undetermined"
    );
    // A lock file settles it, and what comes with a dependency counts as well.
    let lock = |flask: &str| {
        format!(
            "[[package]]\nname = \"flask\"\nversion = \"{flask}\"\nsource = {{ registry = \"x\" }}\n"
        )
    };
    repository
        .write("uv.lock", lock("3.0.0"))
        .commit("chore: lock");
    assert_eq!(outcome_of(&judged(&given), "vulnerable-dependency"), "pass");
    repository
        .write("uv.lock", lock("2.0.0"))
        .commit("chore: back");
    let locked = judged(&given);
    assert_eq!(outcome_of(&locked, "vulnerable-dependency"), "fail");
    repository
        .write(
            "package-lock.json",
            json!({"packages": {"node_modules/evil-tool": {"version": "9.0.0"}}}).to_string(),
        )
        .commit("chore: more");
    let told = judged(&given).to_string();
    assert!(
        told.contains("pkg:npm/evil-tool 9.0.0 is reported as malicious: MAL-2"),
        "{told}"
    );
}

#[test]
fn files_about_packages_that_cannot_be_read_are_told_and_nothing_is_judged() {
    let repository = judged_by("");
    repository
        .write("requirements.txt", "flask==2.2.5\n")
        .write(".git/empty/readme.txt", "x")
        .write(".git/osv/broken.json", "{")
        .commit("feat: serve");
    for (arguments, told) in [
        (["--advisories", ".git/none"], ".git/none"),
        (
            ["--advisories", ".git/empty"],
            "no advisory in OSV's format",
        ),
        (["--package-names", ".git/empty"], "pypi.txt"),
        (
            ["--package-names", ".git/empty/readme.txt"],
            "called after its registry",
        ),
    ] {
        let run = gate(&repository, &arguments);
        assert_eq!(run.code(), 2, "{arguments:?}: {}", run.stdout());
        assert!(run.stderr().contains(told), "{}", run.stderr());
    }
    advisories(&repository);
    let facts = facts(&repository, &["--advisories", ".git/osv"]);
    let told = facts["diagnostics"].to_string();
    assert!(told.contains("advisories-unreadable"), "{told}");
    // It may be about any package, so silence of the others is no answer.
    let unknown = facts["not_known"].to_string();
    assert!(
        unknown.contains("1 of the given advisories could not be read"),
        "{unknown}"
    );
}

#[test]
fn an_exception_about_a_path_that_nothing_has_is_told_with_the_nearest() {
    let repository = judged_by("");
    let add = |id: &str, path: &str| {
        let run = repository.trueline(&[
            "exception",
            "add",
            id,
            "--gate",
            "secret",
            "--path",
            path,
            "--approver",
            "bob@example.org",
            "--reason",
            "r",
            "--now",
            "2026-01-20",
        ]);
        assert_eq!(run.code(), 0, "{}", run.stderr());
        run.stderr()
    };
    let told = add("moved", "lib/app.py");
    assert!(
        told.contains("no file matches `lib/app.py`") && told.contains("`src/app.py`"),
        "{told}"
    );
    assert!(!add("there", "src/*.py").contains("warning"));
    let list = repository
        .trueline(&["exception", "list", "--now", "2026-01-21"])
        .stdout();
    assert_eq!(list.matches("warning: moved: no file").count(), 1, "{list}");
    assert_eq!(list.matches("warning:").count(), 1, "{list}");
}

#[test]
fn a_gate_that_only_observes_is_named_with_the_command_that_shows_what_it_says() {
    let repository = judged_by("[gates]\nsevere-finding = \"observe\"\n");
    repository
        .write("src/app.py", UNSAFE_VIEW)
        .commit("feat: view");
    let said = gate(&repository, &[]).stdout();
    let words: Vec<&str> = said.split_whitespace().collect();
    let said = words.join(" ");
    assert!(said.contains("`severe-finding`"), "{said}");
    assert!(
        said.contains("`trueline policy explain main..HEAD`"),
        "{said}"
    );
    let run = repository.trueline(&["policy", "explain", "main..HEAD"]);
    assert!(run.stdout().contains("sql-injection"), "{}", run.stdout());
}
