//! The scripts of the Action, run step by step against a fixture repository and a forge that listens on this machine;
//! and what they must never do.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::repository::{CLAUDE, Repository, SAFE_VIEW, UNSAFE_VIEW};

pub(crate) const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
pub(crate) const TOKEN: &str = "not-a-secret";

/// Comments by id with their author, reviews and uploads, as a forge keeps them.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) comments: BTreeMap<u64, (String, String)>,
    review_comments: Vec<Value>,
    pub(crate) reviews: Vec<Value>,
    pub(crate) uploads: Vec<Value>,
    /// Reviews that persons gave.
    given: Vec<Value>,
    pub(crate) refused: Vec<String>,
    /// GitLab's answers: the merge request, and who approved it.
    pub(crate) merge_request: Value,
    pub(crate) approved_by: Vec<&'static str>,
    /// As for the token of a fork.
    read_only: bool,
}

pub(crate) struct Forge {
    pub(crate) url: String,
    pub(crate) state: Arc<Mutex<State>>,
}

impl Forge {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        // Ends with the process: nothing of it outlives the test binary.
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                answer(stream, &shared);
            }
        });
        Self { url, state }
    }
}

fn answer(stream: TcpStream, state: &Mutex<State>) {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    if reader.read_line(&mut line).is_err() {
        return;
    }
    let mut words = line.split_whitespace();
    let (method, target) = (
        words.next().unwrap_or_default().to_owned(),
        words.next().unwrap_or_default().to_owned(),
    );
    let (mut length, mut authorised) = (0, false);
    loop {
        let mut header = String::new();
        if reader.read_line(&mut header).is_err() || header.trim().is_empty() {
            break;
        }
        let lower = header.to_ascii_lowercase();
        if let Some(value) = lower.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
        authorised |= header.trim() == format!("Authorization: Bearer {TOKEN}");
        authorised |= header.trim() == format!("PRIVATE-TOKEN: {TOKEN}");
    }
    let mut body = vec![0; length];
    if reader.read_exact(&mut body).is_err() {
        return;
    }
    let (status, told) = if authorised {
        handle(&mut state.lock().unwrap(), &method, &target, &body)
    } else {
        ("401 Unauthorized", json!({"message": "no token"}))
    };
    let told = told.to_string();
    let _ = write!(
        reader.into_inner(),
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{told}",
        told.len()
    );
}

fn handle(state: &mut State, method: &str, target: &str, body: &[u8]) -> (&'static str, Value) {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let parsed: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
    let text = |value: &Value| value["body"].as_str().unwrap_or_default().to_owned();
    if state.read_only && method != "GET" {
        return ("403 Forbidden", json!({"message": "not accessible"}));
    }
    match (method, path) {
        ("GET", "/repos/acme/shop/issues/7/comments") => {
            let page = query.rsplit_once("page=").map_or("1", |(_, page)| page);
            let page: usize = page.parse().unwrap_or(1);
            let all: Vec<Value> = state
                .comments
                .iter()
                .skip((page - 1) * 100)
                .take(100)
                .map(|(id, (author, body))| json!({"id": id, "user": {"login": author}, "body": body}))
                .collect();
            ("200 OK", all.into())
        }
        ("POST", "/repos/acme/shop/issues/7/comments") => {
            let id = state.comments.keys().max().map_or(1, |id| id + 1);
            let ours = ("github-actions[bot]".to_owned(), text(&parsed));
            state.comments.insert(id, ours);
            ("201 Created", json!({"id": id}))
        }
        ("PATCH", path) if path.starts_with("/repos/acme/shop/issues/comments/") => {
            let id: u64 = path.rsplit('/').next().unwrap_or_default().parse().unwrap();
            state.comments.get_mut(&id).unwrap().1 = text(&parsed);
            ("200 OK", json!({"id": id}))
        }
        ("GET", "/repos/acme/shop/pulls/7/comments") => {
            ("200 OK", state.review_comments.clone().into())
        }
        ("GET", "/repos/acme/shop/pulls/7/reviews") => {
            let page = query.rsplit_once("&page=").map_or("1", |(_, page)| page);
            let page: usize = page.parse().unwrap_or(1);
            let page = state.given.iter().skip((page - 1) * 100).take(100);
            ("200 OK", page.cloned().collect::<Vec<Value>>().into())
        }
        ("POST", "/repos/acme/shop/pulls/7/reviews") => {
            let comments = parsed["comments"].as_array().cloned().unwrap_or_default();
            state.review_comments.extend(comments);
            state.reviews.push(parsed);
            ("200 OK", json!({"id": 1}))
        }
        ("GET", "/projects/5/merge_requests/3") => ("200 OK", state.merge_request.clone()),
        ("GET", "/projects/5/merge_requests/3/approvals") => {
            let by = state.approved_by.iter();
            let by: Vec<Value> = by.map(|name| json!({"user": {"username": name}})).collect();
            ("200 OK", json!({"approved_by": by}))
        }
        ("POST", "/repos/acme/shop/code-scanning/sarifs") => {
            state.uploads.push(parsed);
            ("202 Accepted", json!({"id": "u"}))
        }
        _ => {
            state.refused.push(format!("{method} {target}"));
            ("404 Not Found", json!({"message": "no such thing"}))
        }
    }
}

/// Whether the programs are here that runners of a forge have.
pub(crate) fn has_programs() -> bool {
    for program in ["curl", "sh"] {
        if Command::new(program).arg("--help").output().is_err() {
            let told = "SKIPPED: a program is missing, so the scripts of the Action did not run";
            let _ = writeln!(std::io::stderr(), "{told}: {program}");
            return false;
        }
    }
    true
}

struct Runner<'a> {
    repository: &'a Repository,
    forge: Forge,
    folder: TempDir,
    base: String,
}

impl<'a> Runner<'a> {
    /// Nothing where a program is missing that runners of the forge have.
    fn new(repository: &'a Repository, base: &str) -> Option<Self> {
        has_programs().then(|| Self {
            repository,
            forge: Forge::start(),
            folder: TempDir::new().unwrap(),
            base: base.to_owned(),
        })
    }

    fn run(&self, script: &str, more: &[(&str, &str)]) -> (i32, String) {
        let head = self.repository.git(&["rev-parse", "HEAD"]);
        let output = Command::new("sh")
            .arg(format!("{ROOT}/forge/github/{script}.sh"))
            .current_dir(self.repository.path())
            .env("TRUELINE", env!("CARGO_BIN_EXE_trueline"))
            .env("OUT", self.folder.path())
            .env("GITHUB_API_URL", &self.forge.url)
            .env("GITHUB_REPOSITORY", "acme/shop")
            .env("GITHUB_TOKEN", TOKEN)
            .env("GITHUB_SHA", "f".repeat(40))
            .env("GITHUB_REF", "refs/pull/7/merge")
            .env("GITHUB_STEP_SUMMARY", self.file("step-summary.md"))
            .env("PR_NUMBER", "7")
            .env("BASE_SHA", &self.base)
            .env("HEAD_SHA", head.trim())
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_SYSTEM", "/dev/null")
            .env("HOME", self.folder.path())
            .env("NO_PROXY", "*")
            .envs(more.iter().copied())
            .output()
            .unwrap();
        let told = format!(
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        assert!(!told.contains(TOKEN), "{script} tells the token: {told}");
        (output.status.code().unwrap(), told)
    }

    fn passes(&self, script: &str, more: &[(&str, &str)]) -> String {
        let (code, told) = self.run(script, more);
        assert_eq!(code, 0, "{script}: {told}");
        told
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.file(name)).unwrap()
    }
}

/// A repository whose head adds an injection to a safe view.
fn pull_request() -> (Repository, String) {
    let repository = Repository::new();
    repository.write("app.py", SAFE_VIEW).commit("view");
    let base = repository.git(&["rev-parse", "HEAD"]).trim().to_owned();
    repository
        .write("app.py", UNSAFE_VIEW)
        .commit(&format!("look up by name\n\n{CLAUDE}"));
    (repository, base)
}

#[test]
fn an_approval_on_the_second_page_of_reviews_is_seen() {
    let repository = Repository::new();
    let policy = "[zone.all]\npaths = [\"**\"]\n[gates]\nai-in-sensitive-zone = \"block\"\n";
    repository
        .write("trueline.toml", policy)
        .write("app.py", SAFE_VIEW)
        .commit("begin");
    let base = repository.git(&["rev-parse", "HEAD"]).trim().to_owned();
    repository
        .write("app.py", format!("{SAFE_VIEW}\n\nLIMIT = 3\n"))
        .commit(&format!("limit\n\n{CLAUDE}"));
    let Some(runner) = Runner::new(&repository, &base) else {
        return;
    };
    let by = |login: String, state: &str| json!({"id": 1, "user": {"login": login, "type": "User"}, "state": state});
    let comments = (0..100).map(|at| by(format!("reader{at}"), "COMMENTED"));
    runner.forge.state.lock().unwrap().given = comments.collect();
    assert_eq!(runner.run("gate", &[]).0, 1);
    let approval = by("eve".to_owned(), "APPROVED");
    runner.forge.state.lock().unwrap().given.push(approval);
    let told = runner.passes("gate", &[]);
    assert!(!told.contains("not known"), "{told}");
}

#[test]
fn a_pull_request_gets_one_comment_that_is_edited_one_review_and_an_upload() {
    let (repository, base) = pull_request();
    let Some(runner) = Runner::new(&repository, &base) else {
        return;
    };
    // Somebody else wrote the marker first, and there are many comments.
    {
        let mut state = runner.forge.state.lock().unwrap();
        for id in 1..=130 {
            let body = "<!-- trueline:scan -->\nmine".to_owned();
            state.comments.insert(id, ("mallory".to_owned(), body));
        }
    }
    runner.passes("scan", &[]);
    for name in ["scan.json", "scan.sarif", "scan.html", "changes.json"] {
        assert!(runner.file(name).exists(), "{name}");
    }
    assert!(runner.read("step-summary.md").contains("SQL"));
    runner.passes("sarif", &[]);
    runner.passes("comment", &[]);
    runner.passes("suggest", &[]);
    {
        let state = runner.forge.state.lock().unwrap();
        assert_eq!(state.refused, Vec::<String>::new());
        assert_eq!(state.comments.len(), 131);
        assert!(
            state.comments[&131].1.contains("app.py:11"),
            "{}",
            state.comments[&131].1
        );
        assert!(
            state
                .comments
                .range(..=130)
                .all(|(_, (_, body))| body.ends_with("mine"))
        );
        let upload = &state.uploads[0];
        // What is checked out is the head, whatever the event names.
        let head = repository.git(&["rev-parse", "HEAD"]);
        assert_eq!(upload["ref"], "refs/pull/7/head");
        assert_eq!(upload["commit_sha"], head.trim());
        // Base64 of what gzip writes.
        assert!(upload["sarif"].as_str().unwrap().starts_with("H4sI"));
        let comment = &state.reviews[0]["comments"][0];
        assert_eq!(state.reviews[0]["event"], "COMMENT");
        assert_eq!(
            (&comment["path"], &comment["line"]),
            (&json!("app.py"), &json!(11))
        );
        let body = comment["body"].as_str().unwrap();
        assert!(
            body.contains("```suggestion\n    rows = db.execute(\"SELECT id FROM users WHERE name = ?\", (name,)).fetchall()\n```"),
            "{body}"
        );
    }
    // Again: nothing is said twice.
    runner.passes("comment", &[]);
    let told = runner.passes("suggest", &[]);
    assert!(told.contains("nothing new"), "{told}");
    // Mended: the same comment says so.
    repository.write("app.py", SAFE_VIEW).commit("bind");
    runner.passes("scan", &[]);
    runner.passes("comment", &[]);
    let state = runner.forge.state.lock().unwrap();
    assert_eq!((state.comments.len(), state.reviews.len()), (131, 1));
    assert!(!state.comments[&131].1.contains("app.py:11"));
}

#[test]
fn a_gate_that_blocks_fails_its_step_and_stands_in_the_comment_with_the_head_of_the_log() {
    let repository = Repository::new();
    repository.trueline(&["attest", "keygen", ".git/ci.key"]);
    let key = std::fs::read_to_string(repository.path().join(".git/ci.key")).unwrap();
    let public = std::fs::read_to_string(repository.path().join(".git/ci.key.pub")).unwrap();
    repository
        .write("app.py", SAFE_VIEW)
        .write(
            "trueline.toml",
            "schema = 1\n[gates]\nsevere-finding = \"block\"\n",
        )
        .write(".trueline/attest.keys", public)
        .commit("view");
    let remote = TempDir::new().unwrap();
    let path = remote.path().to_str().unwrap();
    repository.git(&["init", "--quiet", "--bare", path]);
    repository.git(&["remote", "add", "origin", path]);
    let base = repository.git(&["rev-parse", "HEAD"]).trim().to_owned();
    repository.write("app.py", UNSAFE_VIEW).commit("look up");
    let Some(runner) = Runner::new(&repository, &base) else {
        return;
    };
    let head = repository.git(&["rev-parse", "HEAD"]).trim().to_owned();
    let event = json!({"pull_request": {
        "number": 7, "title": "t", "body": null, "user": {"login": "dev", "type": "User"},
        "base": {"sha": base, "ref": "main"}, "head": {"sha": head},
    }});
    std::fs::write(runner.file("event.json"), event.to_string()).unwrap();
    let event = runner.file("event.json");
    let environment = [
        ("GITHUB_EVENT_PATH", event.to_str().unwrap()),
        ("ATTEST_KEY", key.as_str()),
    ];
    runner.passes("scan", &[]);
    let (code, told) = runner.run("gate", &environment);
    assert_eq!(code, 1, "{told}");
    assert!(!runner.file("attest.key").exists());
    runner.passes("comment", &[]);
    let state = runner.forge.state.lock().unwrap();
    assert_eq!(state.refused, Vec::<String>::new());
    let body = &state.comments[&1].1;
    assert!(
        body.contains("severe-finding") && body.contains("the last is `sha256:"),
        "{body}"
    );
    // The forge has the log, and the step ran with the review that it knows of.
    let there = Command::new("git")
        .args([
            "--git-dir",
            path,
            "rev-list",
            "--count",
            "refs/trueline/attestations",
        ])
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&there.stdout).trim(), "1");
}

#[test]
fn a_fork_whose_token_may_only_read_gets_its_reports_and_the_job_goes_on() {
    let (repository, base) = pull_request();
    let Some(runner) = Runner::new(&repository, &base) else {
        return;
    };
    runner.forge.state.lock().unwrap().read_only = true;
    runner.passes("scan", &[]);
    for script in ["sarif", "comment", "suggest"] {
        let told = runner.passes(script, &[]);
        assert!(told.contains("did not take"), "{script}: {told}");
    }
    assert!(runner.read("step-summary.md").contains("SQL"));
}

#[test]
fn a_push_gets_reports_and_no_comment() {
    let (repository, _) = pull_request();
    let Some(runner) = Runner::new(&repository, "") else {
        return;
    };
    for script in ["scan", "comment", "suggest", "gate"] {
        runner.passes(script, &[("PR_NUMBER", "")]);
    }
    let state = runner.forge.state.lock().unwrap();
    assert!(state.comments.is_empty() && state.reviews.is_empty());
}

#[test]
fn what_comes_from_the_event_is_a_number_or_nothing() {
    let (repository, base) = pull_request();
    let Some(runner) = Runner::new(&repository, &base) else {
        return;
    };
    let hostile = "7; touch owned; $(touch owned)";
    for script in ["scan", "comment", "suggest", "gate"] {
        runner.passes(
            script,
            &[
                ("PR_NUMBER", hostile),
                ("BASE_SHA", hostile),
                ("HEAD_SHA", hostile),
            ],
        );
    }
    assert!(!repository.path().join("owned").exists());
}

#[test]
fn a_shallow_clone_says_what_to_fetch() {
    let (repository, _) = pull_request();
    let Some(runner) = Runner::new(&repository, &"0123456789".repeat(4)) else {
        return;
    };
    let (code, told) = runner.run("scan", &[]);
    assert_eq!(code, 2);
    assert!(told.contains("fetch-depth: 0"), "{told}");
}

#[test]
fn a_schedule_keeps_the_last_scans_under_one_reference() {
    let (repository, _) = pull_request();
    let remote = TempDir::new().unwrap();
    let path = remote.path().to_str().unwrap();
    repository.git(&["init", "--quiet", "--bare", path]);
    repository.git(&["remote", "add", "origin", path]);
    let Some(runner) = Runner::new(&repository, "") else {
        return;
    };
    let kept = || {
        let listed = repository.git(&["ls-tree", "--name-only", "refs/trueline/history"]);
        listed.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    let environment = [("PR_NUMBER", ""), ("KEEP", "2")];
    for n in 0..3 {
        repository
            .write("more.py", format!("x = {n}\n"))
            .commit("more");
        runner.passes("scan", &environment);
        runner.passes("history", &environment);
    }
    assert_eq!(kept().len(), 2);
    let told = runner.passes("history", &environment);
    assert!(told.contains("kept already"), "{told}");
    let count = repository.git(&["rev-list", "--count", "refs/trueline/history"]);
    assert_eq!(count.trim(), "1");
    // The forge has it, and the summary shows it.
    let there = Command::new("git")
        .args([
            "--git-dir",
            path,
            "ls-tree",
            "--name-only",
            "refs/trueline/history",
        ])
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&there.stdout).lines().count(), 2);
    let trend = runner.read("trend.md");
    assert_eq!(
        trend
            .lines()
            .filter(|line| line.starts_with("| 2026"))
            .count(),
        2,
        "{trend}"
    );
}

#[test]
fn action_and_templates_let_no_expression_into_a_command() {
    let text = |path: &str| std::fs::read_to_string(Path::new(ROOT).join(path)).unwrap();
    let action = text("action.yml");
    let mut in_run = None;
    for line in action.lines() {
        let depth = line.len() - line.trim_start().len();
        if in_run.is_some_and(|run| !line.trim().is_empty() && depth <= run) {
            in_run = None;
        }
        let begins = line
            .trim_start()
            .trim_start_matches("- ")
            .starts_with("run:");
        if begins {
            in_run = Some(depth);
        }
        assert!(in_run.is_none() || !line.contains("${{"), "{line}");
        // Other actions by their commit alone.
        if let Some((_, used)) = line.split_once("uses:") {
            let commit = used.trim().rsplit('@').next().unwrap_or_default();
            let commit = commit.split_whitespace().next().unwrap_or_default();
            assert!(
                commit.len() == 40 && commit.bytes().all(|b| b.is_ascii_hexdigit()),
                "{line}"
            );
        }
    }
    // Every script that it names is there, and so is every option that hooks and templates give.
    for script in action.split("forge/github/").skip(1) {
        let name = script.split('"').next().unwrap_or_default();
        assert!(
            Path::new(ROOT).join("forge/github").join(name).exists(),
            "{name}"
        );
    }
    let hooks = text(".pre-commit-hooks.yaml");
    let repository = Repository::new();
    repository.write("app.py", UNSAFE_VIEW);
    repository.commit("first");
    for entry in hooks
        .lines()
        .filter_map(|line| line.trim().strip_prefix("entry: trueline "))
    {
        let arguments: Vec<&str> = entry.split_whitespace().collect();
        let run = repository.trueline(&arguments);
        assert_eq!(run.code(), 0, "{entry}: {}", run.stderr());
    }
    let template = text("forge/gitlab/trueline.gitlab-ci.yml");
    let commands = template
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- trueline scan "));
    for command in commands {
        let arguments: Vec<&str> = std::iter::once("scan")
            .chain(command.split_whitespace())
            .collect();
        let run = repository.trueline(&arguments);
        assert_eq!(run.code(), 0, "{command}: {}", run.stderr());
    }
    for report in ["gl-code-quality-report.json", "gl-sast-report.json"] {
        let written = std::fs::read_to_string(repository.path().join(report)).unwrap();
        assert!(written.contains("sql-injection"), "{report}: {written}");
        assert!(template.contains(report));
    }
}

#[test]
fn the_hook_of_pre_commit_stops_a_weakness_before_it_is_committed() {
    let repository = Repository::new();
    repository.write("app.py", SAFE_VIEW).commit("view");
    repository.write("app.py", UNSAFE_VIEW);
    let hooks = std::fs::read_to_string(Path::new(ROOT).join(".pre-commit-hooks.yaml")).unwrap();
    let entry = hooks
        .lines()
        .find_map(|line| line.trim().strip_prefix("entry: trueline "));
    let arguments: Vec<&str> = entry.unwrap().split_whitespace().collect();
    assert_eq!(repository.trueline(&arguments).code(), 1);
}
