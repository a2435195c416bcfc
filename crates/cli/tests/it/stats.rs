//! `trueline stats`: one and many repositories, breakdowns, privacy.

use crate::repository::{CLAUDE, Repository, SAFE_VIEW};

fn with_ai() -> Repository {
    let repository = Repository::new();
    repository
        .write("hand.py", "x = 1\n")
        .commit("feat: by hand")
        .write("ai.py", SAFE_VIEW)
        .commit(&format!("feat: view\n\n{CLAUDE}"))
        .write("CLAUDE.md", "Use pytest.\n")
        .commit("docs: steer");
    repository
}

#[test]
fn the_document_has_coverage_before_any_share() {
    let report = with_ai().trueline(&["stats", "--format", "json"]).json();
    assert_eq!(report["schema"], "trueline.stats/1");
    let one = &report["repositories"][0];
    let lines = SAFE_VIEW.lines().count();
    assert_eq!(one["usage"]["lines"]["ai"], lines);
    assert_eq!(one["usage"]["coverage"]["recent"]["hits"], lines);
    assert_eq!(one["usage"]["tools"][0]["tool"], "claude");
    assert_eq!(one["notes"]["read"], 0);
    let signal = &one["shadow_ai"]["signals"][0];
    assert_eq!(signal["path"], "CLAUDE.md");
}

#[test]
fn tools_that_the_policy_does_not_list_are_shadow_ai() {
    let repository = with_ai();
    repository.write(
        "trueline.toml",
        "schema = 1\n[tools]\napproved = [\"github-copilot\"]\n",
    );
    let report = repository.trueline(&["stats", "--format", "json"]).json();
    let shadow = &report["repositories"][0]["shadow_ai"];
    assert_eq!(shadow["unlisted"], serde_json::json!(["claude"]));
}

#[test]
fn many_repositories_make_one_page() {
    let (one, two) = (with_ai(), with_ai());
    let other = two.path().to_str().unwrap();
    let report = one
        .trueline(&["stats", ".", other, "--format", "json"])
        .json();
    assert_eq!(report["together"]["repositories"], 2);
    assert_eq!(
        report["together"]["lines"]["ai"],
        2 * SAFE_VIEW.lines().count()
    );
    for format in ["terminal", "markdown", "html"] {
        let run = one.trueline(&["stats", ".", other, "--format", format]);
        assert_eq!(run.code(), 0, "{}", run.stderr());
        assert!(!run.stdout().contains("dev@example.org"));
    }
}

#[test]
fn a_folder_of_a_repository_that_is_given_too_counts_once() {
    let repository = with_ai();
    repository
        .write("web/view.py", SAFE_VIEW)
        .write("website/view.py", SAFE_VIEW)
        .commit(&format!("feat: views\n\n{CLAUDE}"));
    let lines = |paths: &[&str]| {
        let mut arguments = vec!["stats", "--format", "json"];
        arguments.extend(paths);
        let report = repository.trueline(&arguments).json();
        report["together"]["lines"]["ai"].as_u64().unwrap()
    };
    let view = SAFE_VIEW.lines().count() as u64;
    assert_eq!(lines(&[".", "web"]), 3 * view);
    assert_eq!(lines(&["web", "."]), 3 * view);
    // A folder whose name begins alike is another one.
    assert_eq!(lines(&["web", "website"]), 2 * view);
}

#[test]
fn every_breakdown_is_answered() {
    let repository = with_ai();
    for by in ["tool", "directory", "month", "purpose"] {
        let report = repository
            .trueline(&["stats", "--by", by, "--format", "json"])
            .json();
        assert_eq!(report["breakdown"]["by"], by);
        assert!(!report["breakdown"]["groups"].as_array().unwrap().is_empty());
    }
}

#[test]
fn a_team_of_fewer_than_five_is_never_shown() {
    let repository = with_ai();
    repository.write(
        "trueline.toml",
        "schema = 1\n[[team]]\nname = \"tiny\"\nmembers = [\"*@example.org\"]\n",
    );
    let report = repository
        .trueline(&["stats", "--by", "team", "--format", "json"])
        .json();
    let text = report["breakdown"].to_string();
    assert!(!text.contains("tiny"), "{text}");
}

#[test]
fn mine_is_mine() {
    let repository = with_ai();
    let report = repository
        .trueline(&["stats", "--mine", "--format", "json"])
        .json();
    assert_eq!(report["mine"]["commits"], 3);
}

#[test]
fn since_takes_days_and_dates_and_refuses_the_rest() {
    let repository = with_ai();
    for since in ["30d", "2025-01-01"] {
        assert_eq!(repository.trueline(&["stats", "--since", since]).code(), 0);
    }
    let run = repository.trueline(&["stats", "--since", "-5d"]);
    assert_eq!(run.code(), 2);
    assert!(run.stderr().contains("(`90`, `90d`)"), "{}", run.stderr());
    let run = repository.trueline(&["stats", "--since", "yesterday"]);
    assert_eq!(run.code(), 2);
    assert!(run.stderr().contains("90d"), "{}", run.stderr());
}

#[test]
fn since_after_the_last_commit_is_a_mistake() {
    let repository = with_ai();
    let run = repository.trueline(&["stats", "--since", "2999-01-01"]);
    assert_eq!(run.code(), 2);
    assert!(
        run.stderr().contains("after the last commit"),
        "{}",
        run.stderr()
    );
}

#[test]
fn since_is_named_where_it_limits_lines_and_commits() {
    let repository = with_ai();
    repository.git(&[
        "-c",
        "user.name=Dev",
        "commit",
        "--quiet",
        "--allow-empty",
        "--message",
        "chore: nothing",
    ]);
    let report = repository
        .trueline(&["stats", "--since", "1d", "--format", "json"])
        .json();
    assert_eq!(report["since"], "1d");
    assert!(report["repositories"][0]["since"].is_string());
    let text = repository.trueline(&["stats", "--since", "1d"]).stdout();
    let first = text.lines().next().unwrap();
    assert!(first.contains("lines added since 20"), "{text}");
    assert!(!text.contains("of all lines"), "{text}");
}

#[test]
fn recent_lines_have_a_share_of_their_own() {
    let repository = with_ai();
    let report = repository.trueline(&["stats", "--format", "json"]).json();
    let usage = &report["repositories"][0]["usage"];
    assert_eq!(usage["recent_lines"]["ai"], SAFE_VIEW.lines().count());
    let known = usage["lines"]["ai"].as_u64().unwrap() + usage["lines"]["human"].as_u64().unwrap();
    assert_eq!(usage["coverage"]["all"]["hits"], known);
}

#[test]
fn mine_of_an_address_without_commits_says_which() {
    let repository = with_ai();
    repository.git(&["config", "user.email", "elsewhere@example.org"]);
    let text = repository.trueline(&["stats", "--mine"]).stdout();
    assert!(
        text.contains("no line here is of a commit by elsewhere@example.org"),
        "{text}"
    );
}

#[test]
fn by_team_without_teams_shows_how_to_list_them() {
    let run = with_ai().trueline(&["stats", "--by", "team"]);
    assert_eq!(run.code(), 2);
    assert!(
        run.stderr().contains("[[team]]\nname ="),
        "{}",
        run.stderr()
    );
}

#[test]
fn a_damaged_repository_is_named_and_takes_no_other_away() {
    let (one, two) = (with_ai(), with_ai());
    two.write(".git/HEAD", "no head at all\n");
    let other = two.path().to_str().unwrap();
    let name = two.path().file_name().unwrap().to_string_lossy();
    for format in ["terminal", "markdown", "html", "json"] {
        let run = one.trueline(&["stats", ".", other, "--format", format]);
        assert_eq!(run.code(), 3, "{}", run.stderr());
        assert!(run.stderr().contains(&*name), "{}", run.stderr());
        let out = run.stdout();
        assert!(out.contains("repository-unreadable"), "{format}: {out}");
        assert!(out.contains("is left out of every figure"), "{format}");
        assert!(!out.contains(other), "no path of this machine: {format}");
    }
    let alone = one.trueline(&["stats", other]);
    assert_eq!((alone.code(), alone.stdout().as_str()), (3, ""));
}

#[test]
fn a_reftable_is_named_with_what_helps() {
    let repository = with_ai();
    // As git leaves it for programs that know nothing of reftables.
    let config = std::fs::read_to_string(repository.path().join(".git/config")).unwrap();
    let config = config.replace("repositoryformatversion = 0", "repositoryformatversion = 1");
    repository
        .write(".git/HEAD", "ref: refs/heads/.invalid\n")
        .write(
            ".git/config",
            config + "[extensions]\n\trefstorage = reftable\n",
        );
    for command in [&["stats"][..], &["blame", "ai.py"]] {
        let run = repository.trueline(command);
        assert_eq!(run.code(), 3, "{}", run.stderr());
        let told = run.stderr();
        assert!(
            told.contains("git refs migrate --ref-format=files"),
            "{told}"
        );
        assert!(!told.contains("damaged"), "{told}");
    }
    let report = repository.trueline(&["scan", "--format", "json"]).json();
    assert!(report["diagnostics"].to_string().contains("reftable"));
    let text = repository.trueline(&["scan"]).stdout();
    assert!(!text.contains("git fsck"), "{text}");
}

#[test]
fn clones_of_one_repository_are_said_to_be_counted_twice() {
    let repository = with_ai();
    let url = format!("file://{}", repository.path().display());
    repository.git(&["clone", "--quiet", &url, ".git/clone"]);
    let clone = repository.path().join(".git/clone");
    let command = ["stats", ".", ".git/clone", "--format", "json"];
    let report = repository.trueline(&command).json();
    let told = |of: usize| {
        let all = report["repositories"][of]["diagnostics"]
            .as_array()
            .unwrap();
        all.iter().filter(|d| d["code"] == "same-history").count()
    };
    assert_eq!((told(0), told(1)), (0, 1), "{report}");
    let alone = repository.trueline_in(&clone, &["stats", "--format", "json"]);
    assert!(!alone.stdout().contains("same-history"));
}

#[test]
fn a_reference_that_holds_no_note_is_told() {
    let repository = with_ai();
    let told = || {
        let report = repository.trueline(&["stats", "--format", "json"]).json();
        report["repositories"][0]["diagnostics"]
            .to_string()
            .contains("notes-empty")
    };
    assert!(!told());
    repository.git(&["notes", "--ref=refs/notes/ai", "add", "-m", "x", "HEAD"]);
    assert!(!told(), "it is there and cannot be read");
    repository.git(&["notes", "--ref=refs/notes/ai", "remove", "HEAD"]);
    assert!(told());
}

#[test]
fn an_approved_tool_of_which_nothing_is_known_is_told() {
    let repository = Repository::new();
    repository
        .write(
            "trueline.toml",
            "schema = 1\n[tools]\napproved = [\"claude\", \"nonsense\"]\n",
        )
        .write("app.py", "a = 1\n")
        .commit("one");
    for command in ["stats", "scan"] {
        let report = repository
            .trueline(&[command, ".", "--format", "json"])
            .stdout();
        assert!(
            report.contains("approved-tool-unknown"),
            "{command}: {report}"
        );
        assert!(report.contains("names `nonsense`"), "{command}: {report}");
        assert!(!report.contains("names `claude`"), "{command}: {report}");
    }
    // A name that a line here has is known, however new it is.
    repository.trueline(&["declare", "--tool", "nonsense"]);
    for command in ["stats", "scan"] {
        let told = repository.trueline(&[command, ".", "--format", "json"]);
        let report = told.json();
        assert_eq!(report_tools(&report), ["nonsense"], "{command}: {report:#}");
        assert!(
            !told.stdout().contains("approved-tool-unknown"),
            "{command}: {report:#}"
        );
    }
}

/// The tools of the usage of a report of either command.
fn report_tools(report: &serde_json::Value) -> Vec<&str> {
    let one = report["repositories"].get(0).unwrap_or(report);
    let tools = one["usage"]["tools"].as_array().unwrap();
    tools
        .iter()
        .map(|one| one["tool"].as_str().unwrap())
        .collect()
}
