//! The Action and the GitLab template as their platforms run them: the steps are taken out of the YAML, run in order with
//! the environment of the platform, and what they leave is held against what the platform accepts.

mod accepted;
mod expression;
mod yaml;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Map, Value, json};
use tempfile::TempDir;

use crate::forge::{Forge, ROOT, TOKEN, has_programs};
use crate::repository::{CLAUDE, Repository, SAFE_VIEW, UNSAFE_VIEW};
use accepted::{code_quality, comment, sarif, sast, summary};

fn document(path: &str) -> Value {
    yaml::read(&std::fs::read_to_string(Path::new(ROOT).join(path)).unwrap())
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// A runner of GitHub's with one job.
struct Job<'a> {
    repository: &'a Repository,
    forge: Forge,
    folder: TempDir,
    /// `inputs`, `github`, `steps`.
    context: Value,
    variables: Vec<(String, String)>,
    path: Vec<String>,
    log: String,
}

impl<'a> Job<'a> {
    fn new(repository: &'a Repository, event_name: &str, event: &Value) -> Self {
        let action = document("action.yml");
        let mut inputs = Map::new();
        for (name, input) in action["inputs"].as_object().unwrap() {
            inputs.insert(
                name.clone(),
                input.get("default").cloned().unwrap_or(json!("")),
            );
        }
        inputs.insert("program".to_owned(), json!(env!("CARGO_BIN_EXE_trueline")));
        // The default is an expression of its own.
        inputs.insert("token".to_owned(), json!(TOKEN));
        Self {
            repository,
            forge: Forge::start(),
            folder: TempDir::new().unwrap(),
            context: json!({
                "inputs": inputs,
                "github": {"event_name": event_name, "event": event, "token": TOKEN},
                "steps": {},
            }),
            variables: Vec::new(),
            path: Vec::new(),
            log: String::new(),
        }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.file(name)).unwrap_or_default()
    }

    /// Runs all steps. Whether the job succeeded, and which steps ran.
    fn run(&mut self) -> (bool, Vec<String>) {
        let action = document("action.yml");
        assert_eq!(action["runs"]["using"], "composite");
        let event = self.context["github"]["event"].to_string();
        std::fs::write(self.file("event.json"), event).unwrap();
        let mut ran = Vec::new();
        for (at, step) in action["runs"]["steps"]
            .as_array()
            .unwrap()
            .iter()
            .enumerate()
        {
            let name = match (text(step, "name"), text(step, "id")) {
                ("", "") => format!("step {at}"),
                ("", id) => id.to_owned(),
                (name, _) => name.to_owned(),
            };
            let condition = text(step, "if");
            if !condition.is_empty() && !expression::holds(condition, &self.context) {
                continue;
            }
            let succeeded = self.step(step, &name);
            let outcome = if succeeded { "success" } else { "failure" };
            let outputs = self.outputs();
            let id = text(step, "id");
            if !id.is_empty() {
                self.context["steps"][id] = json!({"outcome": outcome, "outputs": outputs});
            }
            ran.push(name);
            if !succeeded && step.get("continue-on-error") != Some(&json!(true)) {
                return (false, ran);
            }
        }
        (true, ran)
    }

    fn step(&mut self, step: &Value, name: &str) -> bool {
        let script = self.file("step.sh");
        std::fs::write(&script, text(step, "run")).unwrap();
        assert_eq!(text(step, "shell"), "sh", "{name}");
        for file in ["env", "output", "path"] {
            std::fs::write(self.file(file), "").unwrap();
        }
        let head = self.repository.git(&["rev-parse", "HEAD"]);
        let own: Vec<(String, String)> = step
            .get("env")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
            .map(|(key, value)| {
                let value = value.as_str().unwrap_or_default();
                (key.clone(), expression::filled(value, &self.context))
            })
            .collect();
        let inherited = std::env::var("PATH").unwrap_or_default();
        let path: Vec<&str> = self
            .path
            .iter()
            .rev()
            .map(String::as_str)
            .chain([inherited.as_str()])
            .collect();
        let output = Command::new("sh")
            .arg("-e")
            .arg(&script)
            .current_dir(self.repository.path())
            .env_remove("TRUELINE")
            .env("PATH", path.join(":"))
            .env("GITHUB_ACTIONS", "true")
            .env("GITHUB_ACTION_PATH", ROOT)
            .env("RUNNER_TEMP", self.folder.path())
            .env("GITHUB_ENV", self.file("env"))
            .env("GITHUB_OUTPUT", self.file("output"))
            .env("GITHUB_PATH", self.file("path"))
            .env("GITHUB_STEP_SUMMARY", self.file("step-summary.md"))
            .env("GITHUB_EVENT_PATH", self.file("event.json"))
            .env(
                "GITHUB_EVENT_NAME",
                text(&self.context["github"], "event_name"),
            )
            .env("GITHUB_API_URL", &self.forge.url)
            .env("GITHUB_REPOSITORY", "acme/shop")
            .env("GITHUB_SHA", head.trim())
            .env("GITHUB_REF", "refs/pull/7/merge")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_SYSTEM", "/dev/null")
            .env("HOME", self.folder.path())
            .env("NO_PROXY", "*")
            .envs(self.variables.iter().cloned())
            .envs(own)
            .output()
            .unwrap();
        let told = format!(
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        assert!(!told.contains(TOKEN), "{name} tells the token: {told}");
        let _ = write!(self.log, "== {name}\n{told}");
        for line in self.read("env").lines() {
            let (key, value) = line.split_once('=').unwrap();
            self.variables.push((key.to_owned(), value.to_owned()));
        }
        self.path
            .extend(self.read("path").lines().map(str::to_owned));
        output.status.success()
    }

    fn outputs(&self) -> Value {
        let text = self.read("output");
        let pairs = text.lines().filter_map(|line| line.split_once('='));
        pairs
            .map(|(key, value)| (key.to_owned(), json!(value)))
            .collect::<Map<String, Value>>()
            .into()
    }
}

/// A base with a policy and a branch whose AI commit brings an injection.
fn change(mode: &str) -> (Repository, String) {
    let repository = Repository::new();
    repository
        .write("app.py", SAFE_VIEW)
        .write(
            "trueline.toml",
            format!("schema = 1\n[gates]\nsevere-finding = \"{mode}\"\n"),
        )
        .commit("view");
    let base = repository.git(&["rev-parse", "HEAD"]).trim().to_owned();
    repository
        .write("app.py", UNSAFE_VIEW)
        .commit(&format!("look up by name\n\n{CLAUDE}"));
    (repository, base)
}

fn pull_request(repository: &Repository, base: &str) -> Value {
    let head = repository.git(&["rev-parse", "HEAD"]).trim().to_owned();
    json!({"pull_request": {
        "number": 7, "title": "t", "body": null, "user": {"login": "dev", "type": "User"},
        "base": {"sha": base, "ref": "main"}, "head": {"sha": head},
    }})
}

#[test]
fn the_action_runs_a_pull_request_from_its_yaml_and_what_it_leaves_is_accepted() {
    if !has_programs() {
        return;
    }
    let (repository, base) = change("block");
    let event = pull_request(&repository, &base);
    let mut job = Job::new(&repository, "pull_request", &event);
    let (succeeded, ran) = job.run();
    assert_eq!(
        ran,
        [
            "where",
            "Install",
            "Scan",
            "Upload to code scanning",
            "Gate",
            "Comment",
            "Suggest",
            "Verdict"
        ],
        "{}",
        job.log
    );
    // The gate blocks, and only the last step says so: the comment was written before.
    assert!(!succeeded, "{}", job.log);
    assert_eq!(job.context["steps"]["gate"]["outcome"], "failure");
    let folder = job.context["steps"]["where"]["outputs"]["folder"].clone();
    assert_eq!(folder, json!(job.file("trueline").to_str().unwrap()));
    let state = job.forge.state.lock().unwrap();
    assert_eq!(state.refused, Vec::<String>::new());
    sarif(&state.uploads[0]);
    summary(&job.read("step-summary.md"));
    let told = &state.comments[&1].1;
    comment(told);
    assert!(told.contains("severe-finding"), "{told}");
    for one in state.reviews[0]["comments"].as_array().unwrap() {
        comment(one["body"].as_str().unwrap());
    }
    assert!(
        job.read("trueline/scan.html")
            .starts_with("<!doctype html>")
    );
}

#[test]
fn the_action_passes_where_nothing_blocks_and_keeps_history_on_schedule() {
    if !has_programs() {
        return;
    }
    let (repository, base) = change("comment");
    let event = pull_request(&repository, &base);
    let mut job = Job::new(&repository, "pull_request", &event);
    let (succeeded, ran) = job.run();
    assert!(
        succeeded && !ran.contains(&"Verdict".to_owned()),
        "{}",
        job.log
    );
    let remote = TempDir::new().unwrap();
    let path = remote.path().to_str().unwrap();
    repository.git(&["init", "--quiet", "--bare", path]);
    repository.git(&["remote", "add", "origin", path]);
    let mut job = Job::new(&repository, "schedule", &json!({"schedule": "17 5 * * 1"}));
    let (succeeded, ran) = job.run();
    assert!(succeeded, "{}", job.log);
    assert!(ran.contains(&"Keep history".to_owned()), "{}", job.log);
    let state = job.forge.state.lock().unwrap();
    assert!(state.comments.is_empty() && state.reviews.is_empty());
    sarif(&state.uploads[0]);
    summary(&job.read("step-summary.md"));
    let kept = repository.git(&["ls-tree", "--name-only", "refs/trueline/history"]);
    assert_eq!(kept.lines().count(), 1, "{kept}");
}

/// Runs a job of the GitLab template; `None` if its rules leave it out.
fn gitlab(
    repository: &Repository,
    name: &str,
    variables: &[(&str, &str)],
) -> Option<(bool, String)> {
    let template = document("forge/gitlab/trueline.gitlab-ci.yml");
    let job = &template[name];
    let base = &template[text(job, "extends")];
    let of = |key: &str| {
        job.get(key)
            .or_else(|| base.get(key))
            .cloned()
            .unwrap_or(Value::Null)
    };
    let variable = |name: &str| {
        let name = name.trim().trim_start_matches('$');
        variables
            .iter()
            .find(|(key, _)| *key == name)
            .map_or("", |(_, value)| value)
    };
    let runs = of("rules").as_array().unwrap().iter().any(|rule| {
        let (left, right) = text(rule, "if").split_once("==").unwrap();
        let right = right.trim();
        match right.strip_prefix('"') {
            Some(quoted) => variable(left) == quoted.trim_end_matches('"'),
            None => variable(left) == variable(right) && !variable(left).is_empty(),
        }
    });
    if !runs {
        return None;
    }
    let mut script = String::from("set -eu\n");
    for key in ["before_script", "script"] {
        for line in of(key).as_array().unwrap() {
            script.push_str(line.as_str().unwrap());
            script.push('\n');
        }
    }
    let program = Path::new(env!("CARGO_BIN_EXE_trueline")).parent().unwrap();
    let path = format!(
        "{}:{}",
        program.display(),
        std::env::var("PATH").unwrap_or_default()
    );
    let mut settings: Vec<(String, String)> = Vec::new();
    for of in [&template["variables"], &of("variables")] {
        for (key, value) in of.as_object().unwrap() {
            settings.push((key.clone(), value.as_str().unwrap().to_owned()));
        }
    }
    let output = Command::new("sh")
        .arg("-c")
        .arg(&script)
        .current_dir(repository.path())
        .env("PATH", path)
        .env("CI", "true")
        .env("GITLAB_CI", "true")
        .env("CI_PROJECT_DIR", repository.path())
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .envs(settings)
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    let told = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    // What the job promises to leave, it leaves, also if it fails.
    let artifacts = of("artifacts");
    let paths = artifacts["paths"].as_array().into_iter().flatten();
    let reports = artifacts["reports"].as_object().into_iter().flatten();
    for file in paths.chain(reports.map(|(_, file)| file)) {
        let file = file.as_str().unwrap();
        assert!(repository.path().join(file).is_file(), "{file}: {told}");
    }
    Some((output.status.success(), told))
}

/// The remote that a runner clones from, whose main branch stands at a commit.
fn origin(repository: &Repository, main: &str) -> TempDir {
    let remote = TempDir::new().unwrap();
    let path = remote.path().to_str().unwrap();
    repository.git(&["init", "--quiet", "--bare", path]);
    repository.git(&["remote", "add", "origin", path]);
    repository.git(&[
        "push",
        "--quiet",
        "origin",
        &format!("{main}:refs/heads/main"),
    ]);
    remote
}

#[test]
fn a_merge_request_is_judged_by_the_branch_that_it_goes_into_and_by_its_reviews() {
    if !has_programs() {
        return;
    }
    let repository = Repository::new();
    repository
        .write("src/auth/login.py", SAFE_VIEW)
        .commit("begin");
    let fork = repository.git(&["rev-parse", "HEAD"]).trim().to_owned();
    repository
        .write(
            "trueline.toml",
            "[zone.auth]\npaths = [\"src/auth/**\"]\n[gates]\nai-in-sensitive-zone = \"block\"\n",
        )
        .commit("policy");
    let main = repository.git(&["rev-parse", "HEAD"]).trim().to_owned();
    // It left the branch before there was a policy.
    repository.git(&["switch", "--quiet", "--detach", &fork]);
    repository
        .write(
            "src/auth/login.py",
            format!("{SAFE_VIEW}\n\ndef more():\n    return 1\n"),
        )
        .commit(&format!("feat: more\n\n{CLAUDE}"));
    let head = repository.git(&["rev-parse", "HEAD"]).trim().to_owned();
    let _origin = origin(&repository, &main);
    let forge = Forge::start();
    forge.state.lock().unwrap().merge_request = json!({
        "iid": 3, "title": "t", "description": "", "target_branch": "main", "author": {"username": "dev"}, "sha": head,
        "diff_refs": {"base_sha": fork, "head_sha": head, "start_sha": fork},
    });
    let run = |token: &str| {
        let variables = [
            ("CI_PIPELINE_SOURCE", "merge_request_event"),
            ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main"),
            ("CI_MERGE_REQUEST_PROJECT_ID", "5"),
            ("CI_MERGE_REQUEST_IID", "3"),
            ("CI_API_V4_URL", forge.url.as_str()),
            ("TRUELINE_GITLAB_TOKEN", token),
            ("NO_PROXY", "*"),
        ];
        let (succeeded, told) = gitlab(&repository, "trueline_gate", &variables).unwrap();
        assert!(!told.contains(TOKEN), "{told}");
        (succeeded, told)
    };
    // Without reviews nobody can tell, and it says what is missing.
    let (succeeded, told) = run("");
    assert!(
        !succeeded && told.contains("no TRUELINE_GITLAB_TOKEN"),
        "{told}"
    );
    for (approved_by, passes) in [
        (vec![], false),
        (vec!["dev"], false),
        (vec!["project_5_bot_0a1b2c", "GitLabDuo"], false),
        (vec!["eve"], true),
    ] {
        forge.state.lock().unwrap().approved_by = approved_by.clone();
        let (succeeded, told) = run(TOKEN);
        assert_eq!(succeeded, passes, "{approved_by:?}: {told}");
        assert!(told.contains("ai-in-sensitive-zone") || passes, "{told}");
    }
    let state = forge.state.lock().unwrap();
    assert_eq!(state.refused, Vec::<String>::new());
}

#[test]
fn the_jobs_for_model_files_run_as_the_page_shows_them() {
    if !has_programs() {
        return;
    }
    let page = std::fs::read_to_string(Path::new(ROOT).join("docs/ci.md")).unwrap();
    let (_, section) = page.split_once("\n## Model files\n").unwrap();
    let (section, _) = section.split_once("\n## ").unwrap();
    let jobs: Vec<Value> = section
        .split("```yaml\n")
        .skip(1)
        .map(|block| yaml::read(block.split("```").next().unwrap()))
        .collect();
    let lines = |list: &Value, key: Option<&str>| -> Vec<String> {
        let entries = list.as_array().unwrap().iter();
        let lines = entries.filter_map(|entry| key.map_or(Some(entry), |key| entry.get(key)));
        let lines = lines.filter_map(Value::as_str).map(str::to_owned);
        lines.filter(|line| line.starts_with("trueline ")).collect()
    };
    let github = lines(&jobs[0]["jobs"]["models"]["steps"], Some("run"));
    let gitlab = lines(&jobs[1]["trueline_models"]["script"], None);
    assert!(
        github.len() == 3 && gitlab.len() == 3,
        "{github:?} {gitlab:?}"
    );
    let repository = Repository::new();
    repository.write("models/calls.pkl", "cos\nsystem\n(S'echo x'\ntR.");
    let program = Path::new(env!("CARGO_BIN_EXE_trueline")).parent().unwrap();
    let path = std::env::var("PATH").unwrap_or_default();
    for line in github.iter().chain(&gitlab) {
        let output = Command::new("sh")
            .args(["-e", "-c", line])
            .current_dir(repository.path())
            .env("PATH", format!("{}:{path}", program.display()))
            .env("GITHUB_STEP_SUMMARY", repository.path().join("summary.md"))
            .output()
            .unwrap();
        let gates = line.contains("--fail-on");
        assert_eq!(
            output.status.code(),
            Some(i32::from(gates)),
            "{line}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    let read = |name: &str| std::fs::read_to_string(repository.path().join(name)).unwrap();
    let report = |name: &str| -> Value { serde_json::from_str(&read(name)).unwrap() };
    summary(&read("summary.md"));
    assert_eq!(report("models.sarif")["version"], "2.1.0");
    code_quality(&report("gl-code-quality-report.json"));
    sast(&report("gl-sast-report.json"));
    let reports = &jobs[1]["trueline_models"]["artifacts"]["reports"];
    assert_eq!(reports["codequality"], "gl-code-quality-report.json");
    assert_eq!(reports["sast"], "gl-sast-report.json");
}

#[test]
fn the_gitlab_template_runs_a_merge_request_from_its_yaml_and_its_reports_are_accepted() {
    if !has_programs() {
        return;
    }
    let (repository, base) = change("block");
    let variables = [
        ("CI_PIPELINE_SOURCE", "merge_request_event"),
        ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main"),
        ("CI_DEFAULT_BRANCH", "main"),
    ];
    let _origin = origin(&repository, &base);
    let (succeeded, told) = gitlab(&repository, "trueline_sast", &variables).unwrap();
    assert!(succeeded, "{told}");
    let report = |name: &str| -> Value {
        let text = std::fs::read_to_string(repository.path().join(name)).unwrap();
        serde_json::from_str(&text).unwrap()
    };
    code_quality(&report("gl-code-quality-report.json"));
    sast(&report("gl-sast-report.json"));
    let (succeeded, told) = gitlab(&repository, "trueline_gate", &variables).unwrap();
    assert!(!succeeded && told.contains("severe-finding"), "{told}");
    // On the default branch the gate has nothing to judge, and the scan runs.
    let branch = [
        ("CI_PIPELINE_SOURCE", "push"),
        ("CI_COMMIT_BRANCH", "main"),
        ("CI_DEFAULT_BRANCH", "main"),
    ];
    assert!(gitlab(&repository, "trueline_gate", &branch).is_none());
    assert!(gitlab(&repository, "trueline_sast", &branch).is_some_and(|(succeeded, _)| succeeded));
    let other = [
        ("CI_PIPELINE_SOURCE", "push"),
        ("CI_COMMIT_BRANCH", "topic"),
        ("CI_DEFAULT_BRANCH", "main"),
    ];
    assert!(gitlab(&repository, "trueline_sast", &other).is_none());
}
