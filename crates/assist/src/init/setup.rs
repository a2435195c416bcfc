//! What a repository gets beside its policy: a job of its pipeline and a hook, where it has none; and what is said where
//! it has.
//!
//! A file that is there is never written into: pipelines are programs, and only their owners know what order means in
//! them. The lines to add are in the note.

use trueline_capture::Place;
use trueline_capture::install::gate;
use trueline_facts::RepoPath;

use super::around::{Around, Forge};
use super::write::{self, There};
use super::{Hooks, InitError, InitRequest, Plan, PlannedFile};

const WORKFLOW: &str = ".github/workflows/trueline.yml";
const GITLAB: &str = ".gitlab-ci.yml";
const PRE_COMMIT: &str = ".pre-commit-config.yaml";
/// The version that files pin.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Adds the files and hooks to the plan.
pub(super) fn plan(
    plan: &mut Plan,
    around: &Around,
    request: &InitRequest,
) -> Result<(), InitError> {
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
    if plan
        .files
        .iter()
        .any(|file| file.after.contains("TRUELINE_SHA256: ''"))
    {
        plan.notes.push(FILL_IN.to_owned());
    }
    let pre_commit_is_there =
        write::look(&plan.root, &RepoPath::from(PRE_COMMIT)) != There::Nothing;
    if request.hooks == Hooks::PreCommit || pre_commit_is_there {
        // It owns git's hooks: another of ours would judge everything twice.
        add(
            plan,
            PRE_COMMIT,
            &pre_commit(),
            Some("add the hook of docs/ci.md to it"),
        );
        return Ok(());
    }
    let Some(place) = Place::around(&plan.root) else {
        plan.notes
            .push("there is no git repository here, so no hook was written".to_owned());
        return Ok(());
    };
    plan.hooks = gate::plan(&place, &request.program)?;
    plan.notes.append(&mut plan.hooks.notices);
    Ok(())
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
    if !around.steering.is_empty() {
        let line = format!(
            "\n# What steers agents here: {}.\nschema = 1\n",
            around.steering.join(", ")
        );
        text = text.replacen("\nschema = 1\n", &line, 1);
    }
    if !around.tools.is_empty() {
        let seen: Vec<String> = around
            .tools
            .iter()
            .map(|tool| format!("{:?}", tool.as_str()))
            .collect();
        text = text.replacen(
            "#:approved = [\"claude\", \"github-copilot\"]",
            &format!("#:approved = [{}]", seen.join(", ")),
            1,
        );
    }
    text
}

/// How a job gets the program: the archive of a release, and only with its digest.
const INSTALL: &str = r#"if [ -z "$TRUELINE_SHA256" ]; then
  echo "trueline: TRUELINE_SHA256 is empty, so the program would run unchecked: fill it in from the SHA256SUMS of the release" >&2
  exit 1
fi
mkdir -p "$HOME/trueline"
curl --silent --show-error --fail --location --retry 3 --output trueline.tar.gz "$TRUELINE_ARCHIVE"
echo "$TRUELINE_SHA256  trueline.tar.gz" | sha256sum --check --quiet
tar --extract --gzip --file trueline.tar.gz --directory "$HOME/trueline" --strip-components 1
rm trueline.tar.gz
"$HOME/trueline/trueline" --version
"#;

fn archive() -> String {
    format!(
        "https://github.com/trueline-dev/trueline/releases/download/v{VERSION}/trueline-{VERSION}-x86_64-unknown-linux-gnu.tar.gz"
    )
}

/// Indents the lines of a block.
fn indented(text: &str, blanks: usize) -> String {
    text.lines().fold(String::new(), |all, line| {
        all + &" ".repeat(blanks) + line + "\n"
    })
}

const SOURCE: &str = "\
# The program comes from the archive of a release; its digest stands in SHA256SUMS beside it. From source instead:\n\
# `cargo install --locked --path crates/cli` in a clone of Trueline's repository, and that program in place of this one.\n";

/// What is left to do for whoever commits the job.
const FILL_IN: &str = "fill in TRUELINE_SHA256 in the job, from the SHA256SUMS of the release: without it the job fails";

/// A job that looks at pull requests and at the main branch and stops what the policy says.
fn workflow() -> String {
    format!(
        r#"# Written by `trueline init`. No finding fails the scan (`--fail-on high` would), and no gate blocks until trueline.toml
# says so. The Action of Trueline's own repository also comments on pull requests: docs/ci.md there.
{SOURCE}name: trueline
on:
  pull_request:
  push:
    branches: [main, master]

permissions:
  contents: read

jobs:
  scan:
    runs-on: ubuntu-latest
    env:
      TRUELINE_ARCHIVE: {archive}
      # Fill it in: without it the job fails.
      TRUELINE_SHA256: ''
    steps:
      - uses: actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683 # v4.2.2
        with:
          # Who wrote a line is known from all of history.
          fetch-depth: 0
          persist-credentials: false
          ref: ${{{{ github.event.pull_request.head.sha || github.sha }}}}
      - name: Install
        run: |
{install}          echo "$HOME/trueline" >>"$GITHUB_PATH"
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
      - name: Gate
        if: github.event_name == 'pull_request'
        run: trueline gate --pr "$GITHUB_EVENT_PATH" --format markdown >>"$GITHUB_STEP_SUMMARY"
"#,
        archive = archive(),
        install = indented(INSTALL, 10),
    )
}

fn gitlab() -> String {
    format!(
        r#"# Written by `trueline init`. No finding fails the scan (`--fail-on high` would), and no gate blocks until trueline.toml
# says so. The template of Trueline's own repository also gives reviews to the gates: docs/ci.md there.
{SOURCE}.trueline:
  image: python:3.12
  variables:
    TRUELINE_ARCHIVE: {archive}
    # Fill it in: without it the job fails.
    TRUELINE_SHA256: ''
    # Who wrote a line is known from all of history.
    GIT_DEPTH: '0'
  before_script:
    - |
{install}    - export PATH="$HOME/trueline:$PATH"

trueline_scan:
  extends: .trueline
  script:
    - trueline scan . --quiet --format gitlab-codequality --output gl-code-quality-report.json
    - trueline scan . --quiet --format gitlab-sast --output gl-sast-report.json
  artifacts:
    when: always
    reports:
      codequality: gl-code-quality-report.json
      sast: gl-sast-report.json

trueline_gate:
  extends: .trueline
  script:
    # What judges is the branch that the request goes into, as it is now.
    - git fetch --quiet origin "+refs/heads/$CI_MERGE_REQUEST_TARGET_BRANCH_NAME:refs/remotes/origin/$CI_MERGE_REQUEST_TARGET_BRANCH_NAME"
    - trueline gate "refs/remotes/origin/$CI_MERGE_REQUEST_TARGET_BRANCH_NAME..HEAD"
  rules:
    - if: $CI_PIPELINE_SOURCE == "merge_request_event"
"#,
        archive = archive(),
        install = indented(INSTALL, 6),
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
