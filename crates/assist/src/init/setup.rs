//! What a repository gets beside its policy: a job of its pipeline and a hook, where it has none; and what is said where
//! it has.
//!
//! A file that is there is never written into: pipelines are programs, and only their owners know what order means in
//! them. The lines to add are in the note.

use trueline_facts::RepoPath;

use super::around::{Around, Forge};
use super::write::{self, There};
use super::{Plan, PlannedFile};

const WORKFLOW: &str = ".github/workflows/trueline.yml";
const GITLAB: &str = ".gitlab-ci.yml";
const PRE_COMMIT: &str = ".pre-commit-config.yaml";
/// The version that files pin.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Adds the files to the plan.
pub(super) fn plan(plan: &mut Plan, around: &Around) {
    match around.forge {
        Some(Forge::GitHub) => add(plan, WORKFLOW, &workflow(), None),
        Some(Forge::GitLab) => add(
            plan,
            GITLAB,
            &gitlab(),
            Some("add the jobs of docs/ci.md to it"),
        ),
        None => plan.notes.push(
            "no forge in sight, so no job was written; docs/ci.md has those of GitHub and GitLab"
                .to_owned(),
        ),
    }
    add(
        plan,
        PRE_COMMIT,
        &pre_commit(),
        Some("add the hook of docs/ci.md to it"),
    );
}

fn add(plan: &mut Plan, path: &str, text: &str, advice: Option<&str>) {
    let path = RepoPath::from(path);
    match write::look(&plan.root, &path) {
        There::Nothing => plan.files.push(PlannedFile {
            path,
            before: None,
            after: text.to_owned(),
        }),
        There::File | There::Other => {
            // Ours, from an earlier run or by hand: nothing to say.
            let there = write::read(&plan.root, &path, super::MAX_BYTES);
            let names_us = matches!(&there, Ok(Some(text)) if text.contains("trueline"));
            if !names_us {
                let advice = advice.map_or(String::new(), |advice| format!("; {advice}"));
                plan.notes
                    .push(format!("{path} is there: it stays as it is{advice}"));
            }
        }
    }
}

/// What the policy says about tools and languages that were seen, as comments: a policy is the team's.
pub(super) fn policy(template: &str, around: &Around) -> String {
    let mut text = template.to_owned();
    if !around.languages.is_empty() {
        let seen: Vec<String> = around
            .languages
            .iter()
            .map(|(name, count)| format!("{name} ({count})"))
            .collect();
        let line = format!("\n# Seen here, by files: {}.\n", seen.join(", "));
        text = text.replacen("\nschema = 1\n", &format!("{line}schema = 1\n"), 1);
    }
    if !around.tools.is_empty() {
        let seen: Vec<String> = around
            .tools
            .iter()
            .map(|tool| format!("{:?}", tool.as_str()))
            .collect();
        text = text.replacen(
            "#:approved = [\"claude\", \"copilot\"]",
            &format!("#:approved = [{}]", seen.join(", ")),
            1,
        );
    }
    text
}

/// A job that looks at pull requests and at the main branch and stops nothing.
fn workflow() -> String {
    format!(
        r#"# Written by `trueline init`. It observes: no finding fails it. To make one fail, add `--fail-on high` to a scan.
# The Action of Trueline's own repository also comments on pull requests: docs/ci.md there.
name: trueline
on:
  pull_request:
  push:
    branches: [main, master]

permissions:
  contents: read

jobs:
  scan:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683 # v4.2.2
        with:
          # Who wrote a line is known from all of history.
          fetch-depth: 0
          persist-credentials: false
      - name: Install
        run: pip install --quiet "trueline=={VERSION}"
      - name: Scan
        env:
          BASE: ${{{{ github.event.pull_request.base.sha }}}}
        run: |
          trueline scan . --quiet --format html --output trueline.html
          if [ -n "$BASE" ]; then
            trueline scan . --quiet --diff "$BASE" --format markdown >>"$GITHUB_STEP_SUMMARY"
          else
            trueline scan . --quiet --format markdown >>"$GITHUB_STEP_SUMMARY"
          fi
"#
    )
}

fn gitlab() -> String {
    format!(
        r#"# Written by `trueline init`. It observes: no finding fails it. To make one fail, add `--fail-on high` to a scan.
trueline:
  image: python:3.12-slim
  variables:
    # Who wrote a line is known from all of history.
    GIT_DEPTH: '0'
  script:
    - pip install --quiet "trueline=={VERSION}"
    - trueline scan . --quiet --format gitlab-codequality --output gl-code-quality-report.json
    - trueline scan . --quiet --format gitlab-sast --output gl-sast-report.json
  artifacts:
    when: always
    reports:
      codequality: gl-code-quality-report.json
      sast: gl-sast-report.json
"#
    )
}

fn pre_commit() -> String {
    r"# Written by `trueline init`, for https://pre-commit.com: `pre-commit install` switches it on for a clone.
repos:
  - repo: local
    hooks:
      - id: trueline
        name: trueline (what you are about to commit, judged by trueline.toml)
        entry: trueline gate --staged --quiet
        language: system
        pass_filenames: false
        require_serial: true
"
    .to_owned()
}
