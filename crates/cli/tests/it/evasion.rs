//! The gate against those who would pass it by: reviewers who had a part in the code, exceptions that somebody
//! permits to themselves, older policies, modules that do not end, clones that lack the base.

use serde_json::{Value, json};

use crate::gate::{ZONES, facts, gate, judged_by, outcome_of, verdict};
use crate::repository::{CLAUDE, Repository, SAFE_VIEW, UNSAFE_VIEW};

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
        run.stdout().contains("is not known: the commit that"),
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
