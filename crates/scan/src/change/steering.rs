//! What steers agents, CI and the judging itself, as a change leaves it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

use regex::Regex;
use trueline_agents::{Format, Kind};
use trueline_facts::change::{
    AgentConfigurationChange, AuthorKind, Change, ConfigurationKind, ExceptionChange, FileStatus,
    Pinning, Trigger, WorkflowChange,
};
use trueline_facts::{Diagnostic, Level, RepoPath};
use trueline_history::range::{Entry, EntryDelta};
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
    entries: &[EntryDelta],
    judging: &Judging,
    diagnostics: &mut Vec<Diagnostic>,
) {
    for entry in entries {
        odd(change, entry);
    }
    for file in of.files {
        let path = file.path();
        if is_policy(path) {
            change.policy_changed.push(path.clone());
            diagnostics.extend(invalid(file));
        }
        if let Some(previous) = &file.delta.previous {
            moved_away(change, file, previous, of);
        }
        if path.as_bytes() == EXCEPTIONS_FILE.as_bytes() {
            exceptions(change, file, judging, diagnostics);
        }
        if is_workflow(path) {
            change.workflows.push(workflow(file, of));
            continue;
        }
        match trueline_agents::kind(path) {
            Some(kind) if steers(kind) => change
                .agent_configuration
                .push(configuration(file, kind, of, change)),
            Some(_) | None => {}
        }
    }
    change.agent_configuration.sort();
    change.workflows.sort();
    change.policy_changed.sort();
    change.policy_changed.dedup();
}

/// What steered under a name that is gone: a policy that is moved judges nobody any more, and permissions that are moved
/// bind nobody.
fn moved_away(change: &mut Change, file: &Changed, previous: &RepoPath, of: &Surroundings<'_>) {
    if is_policy(previous) {
        change.policy_changed.push(previous.clone());
    }
    let steered = trueline_agents::kind(previous).filter(|kind| steers(*kind));
    let Some(kind) = steered.filter(|_| !trueline_agents::kind(file.path()).is_some_and(steers))
    else {
        return;
    };
    let mut gone = configuration(file, kind, of, change);
    gone.path = previous.clone();
    gone.status = FileStatus::Deleted;
    if let Kind::Settings(format) = kind {
        gone.kind = section(file.before.as_deref(), None, format);
    }
    change.agent_configuration.push(gone);
}

/// A link or a submodule in the place of what steers agents, CI or the judging: nobody reads what it leads to, so it
/// may be the gravest thing that could stand there.
fn odd(change: &mut Change, entry: &EntryDelta) {
    let path = &entry.path;
    let status = match (entry.before, entry.after) {
        (None, _) => FileStatus::Added,
        (_, None) => FileStatus::Deleted,
        _ => FileStatus::Modified,
    };
    if is_policy(path) {
        change.policy_changed.push(path.clone());
    }
    if entry.after.is_none_or(|after| after == Entry::File) {
        // What stands there now is looked at as a file.
        return;
    }
    if is_workflow(path) {
        change.workflows.push(WorkflowChange {
            path: path.clone(),
            status,
            high_impact: vec![Trigger {
                what: "a link that is not followed".to_owned(),
                line: 0,
            }],
        });
    } else if trueline_agents::kind(path).is_some_and(steers) {
        let listed = change.files.iter().find(|file| file.path == *path);
        change.agent_configuration.push(AgentConfigurationChange {
            path: path.clone(),
            status,
            kind: ConfigurationKind::Hooks,
            origin: listed.map_or(AuthorKind::Unknown, |file| file.origin),
            pinning: Pinning::NothingToPin,
            unpinned_line: None,
        });
    }
}

/// Whether files of a kind steer agents.
const fn steers(kind: Kind) -> bool {
    !matches!(
        kind,
        Kind::Source(_) | Kind::Manifest | Kind::ToolList | Kind::CodeOwners | Kind::Workflow
    )
}

/// File systems that do not tell the cases of letters apart take either for the same.
fn is_policy(path: &RepoPath) -> bool {
    let bytes = path.as_bytes();
    let top = bytes.split(|byte| *byte == b'/').next().unwrap_or(bytes);
    bytes.eq_ignore_ascii_case(POLICY_FILE.as_bytes())
        || top.eq_ignore_ascii_case(POLICY_FOLDER.as_bytes())
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
        Kind::Settings(format) => section(file.before.as_deref(), file.after.as_deref(), format),
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
        &[
            "hooks",
            "notify",
            "command",
            "commands",
            "statusLine",
            "fileSuggestion",
            "apiKeyHelper",
            "awsAuthRefresh",
            "awsCredentialExport",
            "gcpAuthRefresh",
            "otelHeadersHelper",
        ],
    ),
    (
        ConfigurationKind::Servers,
        &[
            "mcpServers",
            "mcp_servers",
            "servers",
            "mcp",
            "context_servers",
            "enableAllProjectMcpServers",
            "enabledMcpjsonServers",
            "disabledMcpjsonServers",
            "allowedMcpServers",
            "deniedMcpServers",
            "enabledPlugins",
            "extraKnownMarketplaces",
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
            "permissionMode",
            "defaultMode",
            "disableAllHooks",
            "additionalDirectories",
        ],
    ),
];

/// What settings call a program by, wherever they name one.
const RUNS: [&str; 4] = ["command", "cmd", "exec", "script"];

/// Whether a value names a program that is run.
fn runs(key: &str, value: Option<&serde_json::Value>) -> bool {
    let ends = ["Helper", "Command"];
    match value {
        Some(serde_json::Value::String(_)) => {
            RUNS.contains(&key) || ends.iter().any(|end| key.ends_with(end))
        }
        Some(serde_json::Value::Object(map)) => {
            map.iter().any(|(key, value)| runs(key, Some(value)))
        }
        Some(serde_json::Value::Array(all)) => all.iter().any(|value| runs(key, Some(value))),
        _ => false,
    }
}

/// The gravest section that differs. A file that does not parse is taken for the gravest thing that
/// its text names.
fn section(before: Option<&str>, after: Option<&str>, format: Format) -> ConfigurationKind {
    let parsed = |text: Option<&str>| parse(text.unwrap_or_default(), format);
    if let (Some(before), Some(after)) = (parsed(before), parsed(after)) {
        for (kind, keys) in SECTIONS {
            if keys.iter().any(|key| before.get(*key) != after.get(*key)) {
                return kind;
            }
        }
        // A key that is not known runs something if it looks like it.
        let differs = |key: &&String| before.get(*key) != after.get(*key);
        let mut keys = before.keys().chain(after.keys()).filter(differs);
        return if keys.any(|key| runs(key, after.get(key))) {
            ConfigurationKind::Hooks
        } else {
            ConfigurationKind::Other
        };
    }
    let text = after.or(before).unwrap_or_default();
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
    let is_action = matches!(&**path.file_name(), b"action.yml" | b"action.yaml");
    path.as_bytes() == b".gitlab-ci.yml"
        || trueline_agents::kind(path) == Some(Kind::Workflow)
        || (path.as_bytes().starts_with(b".github/actions/") && is_action)
}

/// Words of workflows that let outsiders in or hand out what is guarded.
const HIGH_IMPACT: [(&str, &str); 8] = [
    ("pull_request_target", "pull_request_target"),
    ("workflow_run", "workflow_run"),
    ("issue_comment", "issue_comment"),
    ("repository_dispatch", "repository_dispatch"),
    ("self-hosted", "self-hosted"),
    ("write-all", "permissions: write-all"),
    ("secrets: inherit", "secrets: inherit"),
    ("environment:", "environment"),
];

/// A right that is granted: `contents: write`, `"id-token":  write`, in a block or in braces.
static GRANTED: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?:^|[\s{,])([a-z][a-z-]*) ?: ?write(?:$|[\s},])").ok());
/// Secrets, whole or one of them.
static SECRETS: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?:^|[^\w.-])secrets ?(?:\. ?(\w+)|[\[)])").ok());

fn workflow(file: &Changed, of: &Surroundings<'_>) -> WorkflowChange {
    let mut high_impact = Vec::new();
    let text = file.after.as_deref().unwrap_or_default();
    for (line, number) in text.lines().zip(1..) {
        if of.written.line(file.path(), number).is_some() {
            let found = gained(line).into_iter();
            high_impact.extend(found.map(|what| Trigger { what, line: number }));
        }
    }
    // Without it a run has the rights that the repository gives by default.
    let limits = |text: &str| {
        let code = text.lines().map(plain);
        code.filter(|line| line.starts_with("permissions:")).count()
    };
    if limits(file.before.as_deref().unwrap_or_default()) > limits(text)
        && file.status() != FileStatus::Deleted
    {
        high_impact.push(Trigger {
            what: "every right that no permissions block limits".to_owned(),
            line: 0,
        });
    }
    if file.unread.is_some() {
        high_impact.push(Trigger {
            what: "a content that cannot be read".to_owned(),
            line: 0,
        });
    }
    WorkflowChange {
        path: file.path().clone(),
        status: file.status(),
        high_impact,
    }
}

/// A line of YAML without its comment, without quotes, and with single blanks.
fn plain(line: &str) -> String {
    let code = if line.trim_start().starts_with('#') {
        ""
    } else {
        line.split(" #").next().unwrap_or_default()
    };
    let code = code.replace(['"', '\''], "");
    let words: Vec<&str> = code.split_whitespace().collect();
    words.join(" ")
}

/// What a line of a workflow lets in or hands out.
fn gained(line: &str) -> Vec<String> {
    let code = plain(line);
    let mut found: Vec<String> = HIGH_IMPACT
        .iter()
        .filter(|(word, _)| code.contains(word))
        .map(|(_, what)| (*what).to_owned())
        .collect();
    let granted = GRANTED.as_ref().into_iter();
    let granted = granted.flat_map(|form| form.captures_iter(&code));
    found.extend(granted.map(|right| format!("{}: write", &right[1])));
    // The token that every run has grants what `permissions` says and nothing more.
    let mut named = SECRETS
        .as_ref()
        .into_iter()
        .flat_map(|form| form.captures_iter(&code))
        .map(|found| found.get(1).map_or("", |name| name.as_str()) != "GITHUB_TOKEN");
    if named.any(|is_one| is_one) {
        found.push("a secret".to_owned());
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rights_and_secrets_are_seen_however_they_are_written() {
        for (line, what) in [
            ("  contents:  write", "contents: write"),
            ("  \"actions\": write", "actions: write"),
            (
                "permissions: {contents: read, id-token:  write}",
                "id-token: write",
            ),
            ("permissions: write-all", "permissions: write-all"),
            ("    env: {A: \"${{ toJSON(secrets) }}\"}", "a secret"),
            ("    A: ${{ secrets[format('A')] }}", "a secret"),
            ("    A: ${{ secrets.DEPLOY_KEY }}", "a secret"),
        ] {
            assert_eq!(gained(line), [what], "{line}");
        }
        for line in [
            "  contents: read",
            "    A: ${{ secrets.GITHUB_TOKEN }}",
            "# contents: write",
            "  run: echo overwrite: writes",
            "  run: no secrets-here",
        ] {
            assert!(gained(line).is_empty(), "{line}: {:?}", gained(line));
        }
    }

    #[test]
    fn a_key_that_runs_a_program_is_a_hook_whatever_it_is_called() {
        let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        assert!(runs(
            "x",
            Some(&value(r#"{"type": "command", "command": "a"}"#))
        ));
        assert!(runs("newHelper", Some(&value(r#""sh -c a""#))));
        assert!(!runs("theme", Some(&value(r#""dark""#))));
    }
}
