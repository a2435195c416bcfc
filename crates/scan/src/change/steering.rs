//! What steers agents, CI and the judging itself, as a change leaves it.

use std::collections::BTreeMap;
use std::path::Path;

use trueline_agents::{Format, Kind};
use trueline_facts::change::{
    AgentConfigurationChange, AuthorKind, Change, ConfigurationKind, ExceptionChange, FileStatus,
    Pinning, Trigger, WorkflowChange,
};
use trueline_facts::{Diagnostic, Level, RepoPath};
use trueline_policy::{EXCEPTIONS_FILE, Exceptions, POLICY_FILE, POLICY_FOLDER};

use super::Changed;
use super::judge::Judging;
use super::parts::Surroundings;
use crate::config::{Config, KnownNames};

/// The rule that finds what names no exact version.
const UNPINNED: &str = "unpinned-mcp-server";

/// Adds what steers agents and CI, and what the change does to the policy.
pub(super) fn add(
    change: &mut Change,
    of: &Surroundings<'_>,
    judging: &Judging,
    diagnostics: &mut Vec<Diagnostic>,
) {
    for file in of.files {
        let path = file.path();
        if is_policy(path) {
            change.policy_changed.push(path.clone());
            diagnostics.extend(invalid(file));
        }
        if path.as_bytes() == EXCEPTIONS_FILE.as_bytes() {
            exceptions(change, file, judging, diagnostics);
        }
        if is_workflow(path) {
            change.workflows.push(workflow(file, of));
            continue;
        }
        match trueline_agents::kind(path) {
            Some(
                Kind::Source(_)
                | Kind::Manifest
                | Kind::ToolList
                | Kind::CodeOwners
                | Kind::Workflow,
            )
            | None => {}
            Some(kind) => change
                .agent_configuration
                .push(configuration(file, kind, of, change)),
        }
    }
    change.agent_configuration.sort();
    change.workflows.sort();
    change.policy_changed.sort();
}

fn is_policy(path: &RepoPath) -> bool {
    let bytes = path.as_bytes();
    bytes == POLICY_FILE.as_bytes()
        || bytes
            .strip_prefix(POLICY_FOLDER.as_bytes())
            .is_some_and(|rest| rest.starts_with(b"/"))
}

/// A policy that is wrong in the change would judge nobody any more once it is merged.
fn invalid(file: &Changed) -> Option<Diagnostic> {
    let is_root = file.path().as_bytes() == POLICY_FILE.as_bytes();
    let text = file.after.as_deref().filter(|_| is_root)?;
    let error = Config::parse(text, Path::new(POLICY_FILE)).err()?;
    let message = format!("this change makes the policy unreadable: {error}");
    Some(Diagnostic::new(Level::Error, "policy-invalid", message).at(file.path().clone()))
}

fn exceptions(
    change: &mut Change,
    file: &Changed,
    judging: &Judging,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let read = |text: Option<&str>| {
        let text = text.unwrap_or_default();
        Exceptions::parse(
            text,
            Path::new(EXCEPTIONS_FILE),
            &judging.policy.limits,
            &KnownNames,
        )
    };
    let after = match read(file.after.as_deref()) {
        Ok(after) => after,
        Err(error) => {
            let message = format!("this change makes the exceptions unreadable: {error}");
            diagnostics.push(
                Diagnostic::new(Level::Error, "exceptions-invalid", message)
                    .at(file.path().clone()),
            );
            return;
        }
    };
    for broken in &after.broken {
        let message = format!(
            "exception `{}` will have no effect: {}",
            broken.id, broken.message
        );
        diagnostics.push(
            Diagnostic::new(Level::Warning, "exception-invalid", message).at(file.path().clone()),
        );
    }
    let before = read(file.before.as_deref()).unwrap_or_default();
    let mut touched: BTreeMap<&str, FileStatus> = BTreeMap::new();
    for entry in &after.entries {
        match before.get(&entry.id) {
            None => {
                touched.insert(&entry.id, FileStatus::Added);
            }
            Some(old) if old.to_toml() != entry.to_toml() => {
                touched.insert(&entry.id, FileStatus::Modified);
            }
            Some(_) => {}
        }
    }
    for entry in before
        .entries
        .iter()
        .filter(|old| after.get(&old.id).is_none())
    {
        touched.insert(&entry.id, FileStatus::Deleted);
    }
    change.exceptions = touched
        .into_iter()
        .map(|(id, status)| ExceptionChange {
            id: id.to_owned(),
            status,
        })
        .collect();
}

fn configuration(
    file: &Changed,
    kind: Kind,
    of: &Surroundings<'_>,
    change: &Change,
) -> AgentConfigurationChange {
    let path = file.path();
    let authors = of.written.hunks.iter().filter(|hunk| hunk.path == *path);
    let authors: Vec<AuthorKind> = authors.map(|hunk| hunk.origin).collect();
    // What was there and is not pinned is no less so because this change left it.
    let unpinned = change
        .new_findings()
        .filter(|finding| finding.path == *path && finding.rule.as_str() == UNPINNED)
        .map(|finding| finding.line)
        .min();
    let holds = match kind {
        Kind::Settings(format) => section(file, format),
        Kind::Tasks | Kind::DevContainer | Kind::EnvRc => ConfigurationKind::Hooks,
        Kind::Instructions | Kind::Skill | Kind::SkillPart => ConfigurationKind::Instructions,
        _ => ConfigurationKind::Other,
    };
    AgentConfigurationChange {
        path: path.clone(),
        status: file.status(),
        kind: holds,
        origin: if authors.contains(&AuthorKind::Ai) {
            AuthorKind::Ai
        } else if authors.is_empty() || authors.contains(&AuthorKind::Unknown) {
            AuthorKind::Unknown
        } else {
            AuthorKind::Human
        },
        pinning: match (unpinned, holds) {
            (Some(_), _) => Pinning::Unpinned,
            (None, ConfigurationKind::Servers) => Pinning::Pinned,
            (None, _) => Pinning::NothingToPin,
        },
        unpinned_line: unpinned,
    }
}

/// Keys of settings, gravest first.
const SECTIONS: [(ConfigurationKind, &[&str]); 3] = [
    (
        ConfigurationKind::Hooks,
        &["hooks", "notify", "command", "commands"],
    ),
    (
        ConfigurationKind::Servers,
        &[
            "mcpServers",
            "mcp_servers",
            "servers",
            "mcp",
            "context_servers",
        ],
    ),
    (
        ConfigurationKind::Permissions,
        &[
            "permissions",
            "allow",
            "deny",
            "autoApprove",
            "approval_policy",
            "sandbox_mode",
            "sandbox",
            "tools",
            "coreTools",
            "trust",
            "env",
            "permission",
        ],
    ),
];

/// The gravest section that differs. A file that does not parse is taken for the gravest thing that
/// its text names.
fn section(file: &Changed, format: Format) -> ConfigurationKind {
    let parsed = |text: Option<&str>| parse(text.unwrap_or_default(), format);
    if let (Some(before), Some(after)) = (
        parsed(file.before.as_deref()),
        parsed(file.after.as_deref()),
    ) {
        for (kind, keys) in SECTIONS {
            if keys.iter().any(|key| before.get(*key) != after.get(*key)) {
                return kind;
            }
        }
        return ConfigurationKind::Other;
    }
    let text = file.after.as_deref().unwrap_or_default();
    let named = SECTIONS
        .iter()
        .find(|(_, keys)| keys.iter().any(|key| text.contains(key)));
    named.map_or(ConfigurationKind::Other, |(kind, _)| *kind)
}

fn parse(text: &str, format: Format) -> Option<serde_json::Map<String, serde_json::Value>> {
    if text.trim().is_empty() {
        return Some(serde_json::Map::new());
    }
    let value = match format {
        Format::Json => serde_json::from_str(text).ok()?,
        Format::Toml => serde_json::to_value(text.parse::<toml::Table>().ok()?).ok()?,
        Format::Yaml => return None,
    };
    match value {
        serde_json::Value::Object(map) => Some(map),
        _ => None,
    }
}

fn is_workflow(path: &RepoPath) -> bool {
    path.as_bytes() == b".gitlab-ci.yml"
        || trueline_agents::kind(path) == Some(Kind::Workflow)
        || (path.as_bytes().starts_with(b".github/actions/") && path.file_name() == "action.yml")
}

/// Words of workflows that let outsiders in or grant rights.
const HIGH_IMPACT: [(&str, &str); 13] = [
    ("pull_request_target", "pull_request_target"),
    ("workflow_run", "workflow_run"),
    ("issue_comment", "issue_comment"),
    ("repository_dispatch", "repository_dispatch"),
    ("self-hosted", "self-hosted"),
    ("id-token: write", "id-token: write"),
    ("contents: write", "contents: write"),
    ("packages: write", "packages: write"),
    ("write-all", "permissions: write-all"),
    ("secrets: inherit", "secrets: inherit"),
    ("secrets.", "a secret"),
    ("environment:", "environment"),
    ("pull-requests: write", "pull-requests: write"),
];

fn workflow(file: &Changed, of: &Surroundings<'_>) -> WorkflowChange {
    let mut high_impact = Vec::new();
    let text = file.after.as_deref().unwrap_or_default();
    for (line, number) in text.lines().zip(1..) {
        if of.written.line(file.path(), number).is_none() {
            continue;
        }
        let code = line.split(" #").next().unwrap_or_default().trim();
        if code.starts_with('#') {
            continue;
        }
        let found = HIGH_IMPACT.iter().find(|(word, _)| code.contains(word));
        // The token that every run has grants what `permissions` says and nothing more.
        if let Some((word, what)) = found
            && !(*word == "secrets." && code.contains("secrets.GITHUB_TOKEN"))
        {
            high_impact.push(Trigger {
                what: (*what).to_owned(),
                line: number,
            });
        }
    }
    WorkflowChange {
        path: file.path().clone(),
        status: file.status(),
        high_impact,
    }
}
