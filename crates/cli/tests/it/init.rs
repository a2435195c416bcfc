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
    let arguments: Vec<&str> = ["init", "--agents"].iter().chain(more).copied().collect();
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
    let run = repository.trueline(&["init"]);
    assert_eq!(
        (run.code(), run.stdout().as_str()),
        (0, "written trueline.toml\n")
    );
    assert!(read(&repository, "trueline.toml").contains("schema = 1"));
    assert_eq!(repository.trueline(&["scan"]).code(), 0);
    repository.write("trueline.toml", "schema = 1\n");
    let run = repository.trueline(&["init"]);
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
    let run = repository.trueline(&["init", "--agents"]);
    assert_eq!(run.code(), 2);
    assert!(
        run.stderr()
            .contains("AGENTS.md: line 1: a section of trueline begins that never ends"),
        "{}",
        run.stderr()
    );
    for file in ["../x.md", "/x.md", "."] {
        let run = repository.trueline(&["init", "--agents", "--file", file]);
        assert_eq!(run.code(), 2, "{}", run.stderr());
    }
}

#[cfg(unix)]
#[test]
fn links_are_not_written_through() {
    let repository = with_weakness();
    repository.write("AGENTS.md", "# Rules\n");
    std::os::unix::fs::symlink("AGENTS.md", repository.path().join("CLAUDE.md")).unwrap();
    let run = repository.trueline(&["init", "--agents"]);
    assert_eq!(run.code(), 0);
    assert!(
        run.stderr().contains("CLAUDE.md is a link"),
        "{}",
        run.stderr()
    );
    assert!(repository.path().join("CLAUDE.md").is_symlink());
}
