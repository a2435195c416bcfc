//! The cache and the number of threads leave no trace in any output.

use crate::repository::{CLAUDE, Repository, SAFE_VIEW};

fn package(dependency: &str) -> String {
    format!("{{\"dependencies\": {{\"{dependency}\": \"1.0.0\"}}}}\n")
}

/// Something of all that is kept between runs: lines, changes, deaths, contents, manifests.
fn with_everything() -> Repository {
    let repository = Repository::new();
    repository
        .write("view.py", "one = 1\ntwo = 2\nthree = 3\n")
        .write("package.json", package("left-pad"))
        .commit("feat: by hand")
        .write("view.py", SAFE_VIEW)
        .write("package.json", package("@anthropic-ai/sdk"))
        .write(".gitignore", "target/\n.aider*\n")
        .commit(&format!("feat: view\n\n{CLAUDE}"))
        .write("CLAUDE.md", "Use pytest.\n")
        .write(
            ".github/workflows/ci.yml",
            "jobs:\n  a:\n    steps:\n      - uses: anthropics/claude-code-action@v1\n",
        )
        .commit("docs: steer");
    repository
}

/// The documents of a run: they must not differ however they were made.
fn documents(repository: &Repository, options: &[&str]) -> Vec<String> {
    let commands: [&[&str]; 3] = [
        &["stats", "--format", "json"],
        &["blame", "view.py", "--format", "json"],
        &["scan", ".", "--format", "json"],
    ];
    commands
        .into_iter()
        .map(|command| repository.trueline(&[command, options].concat()).stdout())
        .collect()
}

/// What is there was cached at an earlier state; all ways give the same bytes.
fn same_in_all_ways(repository: &Repository, what: &str) {
    let cold = documents(repository, &["--no-cache", "--threads", "1"]);
    assert!(cold[0].contains("trueline.stats/1"), "{what}");
    for options in [
        // From the cache of the state before, then from the one of this state.
        &["--threads", "4"][..],
        &["--threads", "1"],
        &["--no-cache", "--threads", "4"],
    ] {
        assert_eq!(documents(repository, options), cold, "{what} {options:?}");
    }
    std::fs::remove_dir_all(repository.path().join(".git/trueline")).unwrap();
    assert_eq!(documents(repository, &[]), cold, "{what}, cache deleted");
}

#[test]
fn cold_warm_and_incremental_runs_and_any_number_of_threads_give_the_same_bytes() {
    let repository = with_everything();
    same_in_all_ways(&repository, "first");

    repository
        .write("package.json", package("openai"))
        .write("view.py", format!("{SAFE_VIEW}\n# more\n"))
        .commit("feat: another model");
    same_in_all_ways(&repository, "a commit later");

    let note = "view.py\n  s_11111111111111::t_22222222222222 1-20\n---\n{\"schema_version\":\
                \"authorship/3.0.0\",\"git_ai_version\":\"1.5.0\",\"base_commit_sha\":\"\",\"prompts\":{},\
                \"sessions\":{\"s_11111111111111\":{\"agent_id\":{\"tool\":\"cursor\",\"id\":\"c\",\
                \"model\":\"gpt-5\"}}}}";
    repository.git(&["notes", "--ref=refs/notes/ai", "add", "-m", note]);
    same_in_all_ways(&repository, "a note arrived");
    repository.git(&["notes", "--ref=refs/notes/ai", "remove", "HEAD"]);
    same_in_all_ways(&repository, "the note went away");

    repository.git(&["checkout", "--quiet", "-b", "side", "HEAD~2"]);
    repository
        .write("side.py", "side = 1\n")
        .write("package.json", package("langchain"))
        .commit(&format!("feat: side\n\n{CLAUDE}"));
    repository.git(&["checkout", "--quiet", "main"]);
    repository.git(&[
        "merge",
        "--quiet",
        "--no-ff",
        "-X",
        "ours",
        "-m",
        "Merge branch 'side'",
        "side",
    ]);
    same_in_all_ways(
        &repository,
        "a branch from before the cached commit was merged",
    );

    repository.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    repository.write("CLAUDE.md", "Use unittest.\n").git(&[
        "commit",
        "--quiet",
        "--all",
        "--amend",
        "-m",
        "feat: rewritten",
    ]);
    same_in_all_ways(&repository, "history was rewritten");
}
