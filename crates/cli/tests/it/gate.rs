//! The gate end to end: real repositories, the policy of their base, and what the program says.

use serde_json::{Value, json};

use crate::repository::{CLAUDE, Repository, Run, SAFE_VIEW, UNSAFE_VIEW};

const ZONES: &str = "[zone.auth]\npaths = [\"src/auth/**\"]\nchampions = [\"@ann\"]\n";

/// A repository whose main branch has this policy; HEAD is on a branch of it.
fn judged_by(policy: &str) -> Repository {
    let repository = Repository::new();
    repository
        .write("trueline.toml", policy)
        .write("src/app.py", SAFE_VIEW)
        .commit("begin");
    repository.git(&["switch", "--quiet", "--create", "work"]);
    repository
}

fn gate(repository: &Repository, more: &[&str]) -> Run {
    let mut arguments = vec!["gate", "main..HEAD", "--now", "2026-02-01"];
    arguments.extend(more);
    repository.trueline(&arguments)
}

fn verdict(run: &Run) -> Value {
    serde_json::from_str(&run.stdout()).unwrap_or_else(|_| panic!("{}", run.stderr()))
}

fn outcome_of<'v>(verdict: &'v Value, gate: &str) -> &'v str {
    let gates = verdict["gates"].as_array().unwrap();
    let found = gates.iter().find(|g| g["id"] == gate).unwrap();
    found["outcome"].as_str().unwrap()
}

fn facts(repository: &Repository, more: &[&str]) -> Value {
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

/// What two ways of telling the reviews of a request make of them.
fn told_alike(repository: &Repository, document: &Value) -> Value {
    let file = repository.path().join(".git/request.json");
    std::fs::write(&file, document.to_string()).unwrap();
    let file = file.to_str().unwrap();
    let at_hand = repository.trueline(&[
        "gate",
        "--pr",
        file,
        "--now",
        "2026-02-01",
        "--format",
        "facts",
    ]);
    let at_hand: Value = serde_json::from_str(&at_hand.stdout()).unwrap();
    let import = repository.trueline(&["import", "reviews", file]);
    assert_eq!(import.code(), 0, "{}", import.stderr());
    let kept = facts(repository, &[]);
    for key in ["author", "requesters", "reviews"] {
        assert_eq!(at_hand[key], kept[key], "{key}");
    }
    at_hand
}

#[test]
fn who_had_a_part_in_the_code_is_no_other_pair_of_eyes_however_the_reviews_are_told() {
    let begin = || {
        let policy = format!("{ZONES}[gates]\nai-in-sensitive-zone = \"block\"\n");
        let repository = judged_by(&policy);
        repository.write("src/auth/login.py", "def login():\n    return True\n");
        repository
    };
    let request = |repository: &Repository, login: &str, kind: &str, by: &str| {
        let of = |rev: &str| repository.git(&["rev-parse", rev]).trim().to_owned();
        json!({"pull_request": {
                "number": 1, "title": "t", "body": null, "user": {"login": login, "type": kind},
                "assignees": [{"login": "Copilot", "type": "Bot"}, {"login": "Zoe", "type": "User"}],
                "base": {"sha": of("main"), "ref": "main"}, "head": {"sha": of("HEAD"), "ref": "work"}},
               "reviews": [{"user": {"login": by, "type": "User"}, "state": "APPROVED", "commit_id": of("HEAD")}]})
    };
    let independent = |facts: &Value| facts["reviews"][0]["requester"] == false;
    // An author beside the author.
    let repository = begin();
    repository.commit(&format!(
        "feat: login\n\nCo-authored-by: Bob Smith <bob@example.org>\n{CLAUDE}"
    ));
    for (by, is_other) in [("bob", false), ("Bob-Smith", false), ("eve", true)] {
        let facts = told_alike(&repository, &request(&repository, "ann", "User", by));
        assert_eq!(independent(&facts), is_other, "{by}");
    }
    // Forges' own addresses are those of an account, and nobody is the forge by its address alone.
    for (name, address, account) in [
        ("bob", "noreply@github.com", "bob"),
        ("B.", "12345+bob@users.noreply.github.com", "bob"),
        ("B.", "12345-bob@users.noreply.gitlab.com", "bob"),
    ] {
        let repository = begin();
        repository.git(&["add", "--all"]);
        let author = format!("{name} <{address}>");
        let message = format!("feat: login\n\n{CLAUDE}");
        repository.git(&[
            "commit",
            "--quiet",
            "--author",
            &author,
            "--message",
            &message,
        ]);
        let own = told_alike(&repository, &request(&repository, "ann", "User", account));
        assert!(!independent(&own), "{author}");
        let other = told_alike(&repository, &request(&repository, "ann", "User", "eve"));
        assert!(independent(&other), "{author}");
    }
    // An agent opened it: who is assigned to it asked for it.
    let repository = begin();
    repository.commit(&format!("feat: login\n\n{CLAUDE}"));
    for (by, is_other) in [("zoe", false), ("eve", true)] {
        let facts = told_alike(&repository, &request(&repository, "Copilot", "Bot", by));
        assert_eq!(facts["author"]["kind"], "agent");
        assert_eq!(independent(&facts), is_other, "{by}");
    }
}

#[test]
fn a_merge_request_is_judged_by_the_branch_that_it_goes_into() {
    let repository = Repository::new();
    repository.write("src/app.py", SAFE_VIEW).commit("begin");
    let of = |rev: &str| repository.git(&["rev-parse", rev]).trim().to_owned();
    let fork = of("HEAD");
    repository
        .write("trueline.toml", "[gates]\nsevere-finding = \"block\"\n")
        .commit("policy");
    let start = of("HEAD");
    repository.git(&["switch", "--quiet", "--detach", &fork]);
    repository.write("src/app.py", UNSAFE_VIEW).commit("view");
    let request = |start: &str, more: &Value| {
        let mut document = json!({"merge_request": {
            "diff_refs": {"base_sha": fork, "head_sha": of("HEAD"), "start_sha": start},
            "target_branch": "main", "author": {"username": "dev"}}, "approvals": {"approved_by": []}});
        document
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        let file = repository.path().join(".git/mr.json");
        std::fs::write(&file, document.to_string()).unwrap();
        repository.trueline(&[
            "gate",
            "--pr",
            file.to_str().unwrap(),
            "--now",
            "2026-02-01",
        ])
    };
    let run = request(&start, &json!({}));
    assert_eq!(run.code(), 1, "{}", run.stdout() + &run.stderr());
    // What the forge tells may be older than the branch: who gives the file can name it.
    assert_eq!(request(&fork, &json!({})).code(), 0);
    assert_eq!(request(&fork, &json!({"base": "main"})).code(), 1);
}

#[test]
fn an_exception_that_its_approver_committed_has_no_effect() {
    let committed_by = |author: &str, approver: &str| {
        let repository = judged_by("[gates]\nsevere-finding = \"block\"\n");
        repository.git(&["switch", "--quiet", "main"]);
        let text = format!(
            "schema = 1\n[[exception]]\nid = \"old\"\ngate = \"severe-finding\"\npath = \"src/**\"\nowner = \"carl@example.org\"\n\
             approver = \"{approver}\"\nreason = \"r\"\ncreated = \"2026-01-20\"\nexpires = \"2026-02-20\"\n"
        );
        repository.write(".trueline/exceptions.toml", text);
        repository.git(&["add", "--all"]);
        repository.git(&[
            "commit",
            "--quiet",
            "--author",
            author,
            "--message",
            "exception",
        ]);
        // What is written beside it, and reasons, are no new permission.
        let file = repository.path().join(".trueline/exceptions.toml");
        let text = std::fs::read_to_string(&file).unwrap();
        repository.write(
            ".trueline/exceptions.toml",
            text.replace("\"r\"", "\"a better reason\""),
        );
        repository.write("other.txt", "x").commit("words");
        repository.git(&["switch", "--quiet", "work"]);
        repository.git(&["merge", "--quiet", "--ff-only", "main"]);
        repository.write("src/app.py", UNSAFE_VIEW).commit("view");
        repository
    };
    for (author, approver, code) in [
        ("Ann <ann@example.org>", "ann@example.org", 1),
        (
            "Someone Else <Ann+x@example.org>",
            "Ann Smith <ann@example.org>",
            1,
        ),
        ("Ann <1+ann@users.noreply.github.com>", "@ann", 1),
        ("Ann <ann@example.org>", "bob@example.org", 0),
        // The name beside an address says nothing.
        (
            "bob@example.org <ann@example.org>",
            "Ann <bob@example.org>",
            0,
        ),
    ] {
        let repository = committed_by(author, approver);
        let run = gate(&repository, &[]);
        assert_eq!(run.code(), code, "{author}, {approver}: {}", run.stdout());
        let says = run.stdout().contains("committed it as well");
        assert_eq!(says, code == 1, "{}", run.stdout());
    }
    // Where history does not tell, it says so.
    let repository = committed_by("Ann <ann@example.org>", "ann@example.org");
    let clone = Repository::plain();
    let url = format!("file://{}", repository.path().display());
    clone.git(&[
        "clone", "--quiet", "--depth", "2", "--branch", "work", &url, ".",
    ]);
    clone.git(&["branch", "--quiet", "main", "HEAD~1"]);
    let run = gate(&clone, &[]);
    assert_eq!(run.code(), 0, "{}", run.stdout() + &run.stderr());
    assert!(
        run.stdout()
            .contains("is not known: the commit that brought it"),
        "{}",
        run.stdout()
    );
    // Who runs the command will commit it.
    let own = repository.trueline(&[
        "exception",
        "add",
        "mine",
        "--gate",
        "secret",
        "--path",
        "src/app.py",
        "--owner",
        "carl@example.org",
        "--approver",
        "Dev <dev@example.org>",
        "--reason",
        "r",
        "--now",
        "2026-01-20",
    ]);
    assert_eq!(own.code(), 2);
    assert!(
        own.stderr().contains("you would commit it"),
        "{}",
        own.stderr()
    );
}

#[cfg(unix)]
#[test]
fn a_module_that_cannot_be_ended_leaves_its_gate_undetermined_and_the_verdict_is_written() {
    let policy = "[[gate]]\nid = \"own\"\ncheck = \"rego\"\nfile = \".trueline/gates/own.rego\"\nmode = \"block\"\n";
    let began = std::time::Instant::now();
    for (rule, why) in [
        (
            "f(x) := f(x + 1)\n\ndeny contains \"x\" if {\n    f(1)\n}\n",
            "recursed",
        ),
        (
            "deny contains \"x\" if {\n    count(numbers.range(1, 2000000000)) > 0\n}\n",
            "memory",
        ),
        (
            "deny contains \"x\" if {\n    count(numbers.range(1, 200000000)) > 0\n}\n",
            "it was stopped",
        ),
    ] {
        let repository = Repository::new();
        repository
            .write("trueline.toml", policy)
            .write("app.py", SAFE_VIEW)
            .write(
                ".trueline/gates/own.rego",
                format!("package trueline.gate\n\n{rule}"),
            )
            .commit("begin");
        repository.git(&["switch", "--quiet", "--create", "work"]);
        repository.write("app.py", "x = 1\n").commit("change");
        let run = gate(&repository, &["--format", "json"]);
        assert_eq!(run.code(), 1, "{rule}: {}", run.stderr());
        let verdict = verdict(&run);
        assert_eq!(outcome_of(&verdict, "own"), "undetermined", "{rule}");
        let gates = verdict["gates"].as_array().unwrap();
        let own = gates.iter().find(|gate| gate["id"] == "own").unwrap();
        assert!(own["because"].as_str().unwrap().contains(why), "{own}");
        // Nothing is left lying about.
        assert!(!repository.path().join("core").exists());
    }
    assert!(began.elapsed().as_secs() < 60);
}

#[test]
fn a_module_answers_from_its_own_process() {
    let policy = "[[gate]]\nid = \"own\"\ncheck = \"rego\"\nfile = \".trueline/gates/own.rego\"\nmode = \"block\"\n";
    let repository = Repository::new();
    repository
        .write("trueline.toml", policy)
        .write("app.py", SAFE_VIEW)
        .write(
            ".trueline/gates/own.rego",
            "package trueline.gate\n\ndeny contains msg if {\n    some f in input.files\n    msg := sprintf(\"%s changes\", [f.path])\n}\n",
        )
        .commit("begin");
    repository.git(&["switch", "--quiet", "--create", "work"]);
    repository.write("app.py", "x = 1\n").commit("change");
    let run = gate(&repository, &[]);
    assert_eq!(run.code(), 1, "{}", run.stderr());
    assert!(run.stdout().contains("app.py changes"), "{}", run.stdout());
}

#[test]
fn a_shallow_clone_of_one_branch_says_what_to_fetch_instead_of_passing() {
    let repository = judged_by("[gates]\nsevere-finding = \"block\"\n");
    repository.write("src/app.py", UNSAFE_VIEW).commit("view");
    let clone = Repository::plain();
    let url = format!("file://{}", repository.path().display());
    clone.git(&[
        "clone", "--quiet", "--depth", "1", "--branch", "work", &url, ".",
    ]);
    let run = clone.trueline(&["gate"]);
    assert_eq!(run.code(), 2, "{}", run.stdout());
    assert!(
        run.stderr().contains("git fetch --unshallow origin"),
        "{}",
        run.stderr()
    );
}

#[test]
fn a_reference_whose_commit_is_lost_is_not_called_rebased() {
    let repository = judged_by("");
    repository.write("a.py", "x = 1\n").commit("one");
    let lost = repository.git(&["rev-parse", "HEAD"]);
    repository.git(&["branch", "--quiet", "kept"]);
    repository.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    let (folder, file) = lost.trim().split_at(2);
    std::fs::remove_file(
        repository
            .path()
            .join(".git/objects")
            .join(folder)
            .join(file),
    )
    .unwrap();
    let run = repository.trueline(&["gate", "kept..HEAD"]);
    assert_eq!(run.code(), 2, "{}", run.stdout());
    assert!(
        run.stderr().contains("missing or damaged"),
        "{}",
        run.stderr()
    );
}

#[test]
fn a_hook_at_each_commit_is_silent_when_there_is_nothing_to_say() {
    let repository = judged_by("[gates]\nsecret = \"comment\"\n");
    repository.write("a.py", "x = 1\n");
    repository.git(&["add", "--all"]);
    let quiet = || repository.trueline(&["gate", "--staged", "--quiet", "--now", "2026-02-01"]);
    assert_eq!(quiet().stdout(), "");
    repository.write(
        "b.py",
        "KEY = \"ghp_1a2B3c4D5e6F7g8H9i0J1k2L3m4N5o6P7q8R\"\n",
    );
    repository.git(&["add", "--all"]);
    let told = quiet().stdout();
    assert!(told.contains("It is not committed yet"), "{told}");
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
