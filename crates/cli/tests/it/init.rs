//! `trueline init`: the policy file and the section of agents' rules files.

use crate::repository::{Repository, SAFE_VIEW, UNSAFE_VIEW};

fn read(repository: &Repository, path: &str) -> String {
    std::fs::read_to_string(repository.path().join(path)).unwrap()
}

fn with_weakness() -> Repository {
    let repository = Repository::new();
    repository.write("app.py", UNSAFE_VIEW).commit("view");
    repository
}

fn init(repository: &Repository, more: &[&str]) -> String {
    let arguments: Vec<&str> = ["init", "--agents", "--policy-only"]
        .iter()
        .chain(if more.contains(&"--dry-run") {
            &[][..]
        } else {
            &["--yes"]
        })
        .chain(more)
        .copied()
        .collect();
    let run = repository.trueline(&arguments);
    assert_eq!(run.code(), 0, "{}", run.stderr());
    run.stdout()
}

/// Rules of the findings about the section.
fn told(repository: &Repository, more: &[&str]) -> Vec<String> {
    let arguments: Vec<&str> = ["scan", "--only", "agents", "--format", "json"]
        .iter()
        .chain(more)
        .copied()
        .collect();
    let report = repository.trueline(&arguments).json();
    report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|f| f["rule"] == "weakened-security-section")
        .map(|f| f["message"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn a_policy_file_is_written_once() {
    let repository = Repository::new();
    // Nobody is there to ask: nothing is written.
    let run = repository.trueline(&["init", "--policy-only"]);
    assert_eq!(run.code(), 2);
    assert!(run.stderr().contains("--yes"), "{}", run.stderr());
    assert!(!repository.path().join("trueline.toml").exists());
    let run = repository.trueline(&["init", "--policy-only", "--yes"]);
    assert_eq!(run.code(), 0);
    assert!(
        run.stdout().contains("+++ b/trueline.toml"),
        "{}",
        run.stdout()
    );
    assert!(
        run.stdout().ends_with("written trueline.toml\n"),
        "{}",
        run.stdout()
    );
    assert!(read(&repository, "trueline.toml").contains("schema = 1"));
    assert_eq!(repository.trueline(&["scan"]).code(), 0);
    repository.write("trueline.toml", "schema = 1\n");
    let run = repository.trueline(&["init", "--policy-only"]);
    assert_eq!((run.code(), run.stdout().as_str()), (0, ""));
    assert_eq!(read(&repository, "trueline.toml"), "schema = 1\n");
    assert!(!repository.path().join("AGENTS.md").exists());
}

#[test]
fn the_section_names_what_went_wrong_here_and_writing_it_again_changes_nothing() {
    let repository = with_weakness();
    repository.write(
        "trueline.toml",
        "[tools]\napproved = [\"claude\"]\n[scan]\nexclude = [\"gen/**\"]\n",
    );
    init(&repository, &[]);
    let text = read(&repository, "AGENTS.md");
    for part in [
        "- `sql-injection`: Write `execute(",
        "Python, with Flask",
        "`claude`",
        "`gen/**`",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(text.len() < 4_000, "{}", text.len());
    assert_eq!(init(&repository, &[]), "");
    assert_eq!(read(&repository, "AGENTS.md"), text);
    // Nothing in it alarms our own check, of either tier.
    let report = repository
        .trueline(&["scan", "--only", "agents", "--all", "--format", "json"])
        .json();
    assert_eq!(report["findings"].as_array().unwrap().len(), 0, "{report}");
    // What was learnt stays when it is mended.
    repository.write("app.py", SAFE_VIEW);
    init(&repository, &[]);
    assert!(read(&repository, "AGENTS.md").contains("- `sql-injection`: "));
}

#[test]
fn files_that_are_there_get_it_and_keep_all_else() {
    let repository = with_weakness();
    let claude = "# Claude\r\n\r\nBe kind.   \r\n";
    let copilot = "# Copilot\n\nNo line end";
    repository
        .write("CLAUDE.md", claude)
        .write(".github/copilot-instructions.md", copilot);
    let out = init(&repository, &[]);
    assert!(!out.contains("AGENTS.md"), "{out}");
    let (now, other) = (
        read(&repository, "CLAUDE.md"),
        read(&repository, ".github/copilot-instructions.md"),
    );
    assert!(
        now.starts_with(claude) && now.ends_with("<!-- trueline:end -->\r\n"),
        "{now}"
    );
    assert!(!now.replace("\r\n", "").contains('\n'));
    assert!(other.starts_with(copilot));
    init(&repository, &["--file", "docs/ai.md"]);
    assert!(read(&repository, "docs/ai.md").starts_with("<!-- trueline:begin v1 sha256="));
}

#[test]
fn a_dry_run_prints_a_diff_and_writes_nothing() {
    let repository = with_weakness();
    repository.write("AGENTS.md", "# Rules\n");
    let out = init(&repository, &["--dry-run"]);
    assert!(
        out.contains("+++ b/AGENTS.md") && out.contains("+- `sql-injection`: "),
        "{out}"
    );
    assert!(out.contains("+++ b/trueline.toml"), "{out}");
    assert_eq!(read(&repository, "AGENTS.md"), "# Rules\n");
    assert!(!repository.path().join("trueline.toml").exists());
}

#[test]
fn an_edited_section_is_a_finding_and_so_is_one_that_says_less() {
    let repository = with_weakness();
    init(&repository, &[]);
    repository.commit("rules");
    assert_eq!(told(&repository, &[]), Vec::<String>::new());
    let text = read(&repository, "AGENTS.md");
    // Edited by hand: told in every scan, also where only changed lines count.
    repository.write("AGENTS.md", text.replace("hostile", "friendly"));
    for more in [&[][..], &["--diff", "HEAD"]] {
        assert!(told(&repository, more)[0].contains("edited by hand"));
    }
    // Taken out: nothing is left to see but the change.
    repository.write("AGENTS.md", "# Rules\n");
    assert_eq!(told(&repository, &[]), Vec::<String>::new());
    assert!(told(&repository, &["--diff", "HEAD"])[0].contains("was taken out"));
    std::fs::remove_file(repository.path().join("AGENTS.md")).unwrap();
    assert!(told(&repository, &["--diff", "HEAD"])[0].contains("the file with the section"));
    // Written anew by the program, but with less: with a right digest.
    repository.write("app.py", SAFE_VIEW);
    init(&repository, &[]);
    assert_eq!(told(&repository, &[]), Vec::<String>::new());
    assert!(told(&repository, &["--diff", "HEAD"])[0].contains("nothing of `sql-injection`"));
    repository.write("AGENTS.md", text);
    assert_eq!(told(&repository, &["--diff", "HEAD"]), Vec::<String>::new());
}

#[test]
fn what_cannot_be_written_is_told_and_left_alone() {
    let repository = with_weakness();
    repository.write("AGENTS.md", "<!-- trueline:begin v1 sha256=00 -->\n");
    let run = repository.trueline(&["init", "--agents", "--yes"]);
    assert_eq!(run.code(), 2);
    assert!(
        run.stderr()
            .contains("AGENTS.md: line 1: a section of trueline begins that never ends"),
        "{}",
        run.stderr()
    );
    for file in ["../x.md", "/x.md", "."] {
        let run = repository.trueline(&["init", "--agents", "--yes", "--file", file]);
        assert_eq!(run.code(), 2, "{}", run.stderr());
    }
}

#[cfg(unix)]
#[test]
fn links_are_not_written_through() {
    let repository = with_weakness();
    repository.write("AGENTS.md", "# Rules\n");
    std::os::unix::fs::symlink("AGENTS.md", repository.path().join("CLAUDE.md")).unwrap();
    let run = repository.trueline(&["init", "--agents", "--yes"]);
    assert_eq!(run.code(), 0);
    assert!(
        run.stderr().contains("CLAUDE.md is a link"),
        "{}",
        run.stderr()
    );
    assert!(repository.path().join("CLAUDE.md").is_symlink());
}

/// The step that installs the program, run as it stands in the job.
fn refuses_an_unchecked_program(workflow: &str) {
    let step = workflow
        .split("name: Install\n        run: |\n")
        .nth(1)
        .unwrap();
    let step = step.split("      - name:").next().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let run = std::process::Command::new("bash")
        .args(["-e", "-c", step])
        .current_dir(folder.path())
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("HOME", folder.path())
        .env("TRUELINE_SHA256", "")
        .env("TRUELINE_ARCHIVE", "file:///nowhere")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&run.stderr);
    assert_eq!(run.status.code(), Some(1), "{said}");
    assert!(said.contains("TRUELINE_SHA256 is empty"), "{said}");
    assert_eq!(folder.path().read_dir().unwrap().count(), 0);
}

#[test]
fn a_repository_gets_a_job_and_a_hook_file_that_observe_and_a_second_run_changes_nothing() {
    let repository = with_weakness();
    repository
        .write("CLAUDE.md", "# Claude\n")
        .write(".github/dependabot.yml", "version: 2\n")
        .commit("more");
    let run = repository.trueline(&["init", "--pre-commit", "--yes"]);
    assert_eq!(run.code(), 0, "{}", run.stderr());
    assert!(!repository.path().join(".git/hooks/pre-commit").exists());
    let workflow = read(&repository, ".github/workflows/trueline.yml");
    for line in workflow.lines() {
        if let Some((_, used)) = line.split_once("uses: ") {
            let commit = used.split('@').nth(1).unwrap().split(' ').next().unwrap();
            assert!(commit.len() == 40 && commit.bytes().all(|b| b.is_ascii_hexdigit()));
        }
        assert!(!line.contains("run:") || !line.contains("${{"), "{line}");
    }
    assert!(workflow.contains("${{ github.event.pull_request.base.sha }}"));
    assert!(
        run.stderr().contains("fill in TRUELINE_SHA256"),
        "{}",
        run.stderr()
    );
    refuses_an_unchecked_program(&workflow);
    assert!(workflow.contains("run: trueline gate --pr \"$GITHUB_EVENT_PATH\""));
    assert!(read(&repository, "trueline.toml").contains("# What steers agents here: CLAUDE.md."));
    assert!(read(&repository, "trueline.toml").contains("Python (1)"));
    assert!(read(&repository, "trueline.toml").contains("#:approved = [\"claude\"]"));
    // What it wrote runs, stops nothing that was there, and alarms none of our own checks.
    repository.commit("init");
    let hook = read(&repository, ".pre-commit-config.yaml");
    let entry = hook
        .lines()
        .find_map(|line| line.trim().strip_prefix("entry: trueline "));
    let arguments: Vec<&str> = entry.unwrap().split_whitespace().collect();
    assert_eq!(repository.trueline(&arguments).code(), 0);
    let report = repository
        .trueline(&["scan", "--only", "agents", "--all", "--format", "json"])
        .json();
    let in_jobs = report["findings"].as_array().unwrap().iter();
    let in_jobs = in_jobs.filter(|f| {
        f["location"]["path"]
            .as_str()
            .unwrap()
            .contains("trueline.yml")
    });
    assert_eq!(in_jobs.count(), 0, "{report}");
    // Who has the file has the hook: git's own stay as they are.
    let again = repository.trueline(&["init", "--yes"]);
    assert_eq!((again.code(), again.stdout().as_str()), (0, ""));
}

#[cfg(unix)]
#[test]
fn git_hooks_judge_by_the_policy_keep_what_was_there_and_are_taken_away_again() {
    use std::os::unix::fs::PermissionsExt;

    let repository = with_weakness();
    let hooks = repository.path().join(".git/hooks");
    let theirs = hooks.join("pre-commit");
    std::fs::create_dir_all(&hooks).unwrap();
    std::fs::write(
        &theirs,
        "#!/bin/sh\necho ran >>.git/theirs\n[ ! -e forbidden ]\n",
    )
    .unwrap();
    std::fs::set_permissions(&theirs, PermissionsExt::from_mode(0o755)).unwrap();
    let before = std::fs::read(&theirs).unwrap();
    let run = repository.trueline(&["init", "--yes"]);
    assert_eq!(run.code(), 0, "{}", run.stderr());
    for shown in [
        "+++ ",
        "gate --staged --quiet",
        "pre-push",
        "--remove-hooks",
    ] {
        assert!(run.stdout().contains(shown), "{shown}: {}", run.stdout());
    }
    assert!(!repository.path().join(".pre-commit-config.yaml").exists());
    let again = repository.trueline(&["init", "--yes"]);
    assert_eq!((again.code(), again.stdout().as_str()), (0, ""));

    // It observes: a commit with a secret goes through, and so does the hook that was there.
    let secret = "KEY = \"ghp_1a2B3c4D5e6F7g8H9i0J1k2L3m4N5o6P7q8R\"\n";
    repository.write("one.py", secret).commit("one");
    assert!(repository.path().join(".git/theirs").exists());
    let try_commit = || {
        let mut git = std::process::Command::new("git");
        git.args(["commit", "--quiet", "--all", "--message", "x"]);
        let output = git.current_dir(repository.path()).output().unwrap();
        output.status.success()
    };
    // A gate that blocks stops it, and the no of the hook that was there still counts.
    repository
        .write("trueline.toml", "[gates]\nsecret = \"block\"\n")
        .commit("policy");
    repository.write("two.py", secret.replace("1a2B", "9z8Y"));
    repository.git(&["add", "--all"]);
    assert!(!try_commit());
    std::fs::remove_file(repository.path().join("two.py")).unwrap();
    repository.write("forbidden", "");
    repository.git(&["add", "--all"]);
    assert!(!try_commit());
    std::fs::remove_file(repository.path().join("forbidden")).unwrap();

    // What was committed past the hook is stopped before it is pushed.
    let remote = tempfile::TempDir::new().unwrap();
    let path = remote.path().to_str().unwrap();
    repository.git(&["init", "--quiet", "--bare", path]);
    repository.git(&["remote", "add", "origin", path]);
    repository.git(&["push", "--quiet", "origin", "HEAD:refs/heads/main"]);
    repository.git(&["fetch", "--quiet", "origin"]);
    repository.write("three.py", secret.replace("1a2B", "7w6V"));
    repository.git(&["add", "--all"]);
    repository.git(&["commit", "--quiet", "--no-verify", "--message", "three"]);
    let push = |target: &str| {
        let mut git = std::process::Command::new("git");
        git.args(["push", "--quiet", "origin", target]);
        let output = git.current_dir(repository.path()).output().unwrap();
        output.status.success()
    };
    assert!(!push("HEAD:refs/heads/topic"));

    let gone = repository.trueline(&["init", "--remove-hooks", "--yes"]);
    assert_eq!(gone.code(), 0, "{}", gone.stderr());
    assert_eq!(std::fs::read(&theirs).unwrap(), before);
    assert!(!hooks.join("pre-push").exists() && !hooks.join("pre-commit.before-gate").exists());
    assert!(push("HEAD:refs/heads/topic"));
    let nothing = repository.trueline(&["init", "--remove-hooks", "--yes"]);
    assert!(
        nothing.stdout().contains("no hooks"),
        "{}",
        nothing.stdout()
    );
}

#[cfg(unix)]
#[test]
fn git_hooks_go_together_with_those_that_record_authorship_whichever_came_first() {
    for init_first in [true, false] {
        let repository = with_weakness();
        repository.write("CLAUDE.md", "# Claude\n").commit("claude");
        let init = || repository.trueline(&["init", "--yes"]);
        let record = || {
            let run = ["hook", "install", "--tool", "claude", "--share", "--yes"];
            repository.trueline(&run)
        };
        let runs = if init_first {
            [init(), record()]
        } else {
            [record(), init()]
        };
        for run in &runs {
            assert_eq!(run.code(), 0, "{}", run.stderr());
        }
        repository
            .write("trueline.toml", "[gates]\nsecret = \"block\"\n")
            .commit("policy");
        let secret = "KEY = \"ghp_1a2B3c4D5e6F7g8H9i0J1k2L3m4N5o6P7q8R\"\n";
        repository.write("one.py", secret);
        repository.git(&["add", "--all"]);
        repository.git(&["branch", "--quiet", "base"]);
        repository.git(&["commit", "--quiet", "--no-verify", "--message", "one"]);
        let mut push = std::process::Command::new("sh");
        push.arg(repository.path().join(".git/hooks/pre-push"));
        push.args(["origin", "x"]).current_dir(repository.path());
        push.stdin(std::process::Stdio::piped());
        let mut push = push.spawn().unwrap();
        let head = repository.git(&["rev-parse", "HEAD"]);
        // `main` is what changes go into here, and it is HEAD itself: another name for the base.
        repository.git(&["update-ref", "refs/remotes/origin/main", "base"]);
        repository.git(&["config", "remote.origin.url", "x"]);
        let line = format!("HEAD {} refs/heads/topic {}\n", head.trim(), "0".repeat(40));
        std::io::Write::write_all(&mut push.stdin.take().unwrap(), line.as_bytes()).unwrap();
        assert_eq!(
            push.wait().unwrap().code(),
            Some(1),
            "init first: {init_first}"
        );
        let gone = repository.trueline(&["init", "--remove-hooks", "--yes"]);
        assert_eq!(gone.code(), 0, "{}", gone.stderr());
        let left = repository.trueline(&["hook", "uninstall", "--yes"]);
        assert_eq!(left.code(), 0, "{}", left.stderr());
        for name in [
            "pre-push",
            "pre-push.before-trueline",
            "pre-push.before-gate",
        ] {
            assert!(
                !repository.path().join(".git/hooks").join(name).exists(),
                "{name}"
            );
        }
    }
}

#[test]
fn a_pipeline_that_is_there_stays_as_it_is_and_the_note_says_what_to_add() {
    let repository = with_weakness();
    repository.write(".gitlab-ci.yml", "test:\n  script: [make]\n");
    let run = repository.trueline(&["init", "--yes"]);
    assert_eq!(run.code(), 0);
    assert_eq!(
        read(&repository, ".gitlab-ci.yml"),
        "test:\n  script: [make]\n"
    );
    assert!(
        run.stderr()
            .contains(".gitlab-ci.yml is there: it stays as it is; add the jobs"),
        "{}",
        run.stderr()
    );
    let other = Repository::new();
    other.git(&[
        "remote",
        "add",
        "origin",
        "https://gitlab.com/acme/shop.git",
    ]);
    assert_eq!(other.trueline(&["init", "--yes"]).code(), 0);
    let job = read(&other, ".gitlab-ci.yml");
    assert!(job.contains("gl-sast-report.json") && job.contains("trueline gate \"refs/remotes/"));
}
