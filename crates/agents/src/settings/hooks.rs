//! Hooks: commands that a tool runs by itself while an agent works.

use trueline_facts::Severity;

use crate::command::{Pin, Script, launch};
use crate::document::Node;
use crate::finding::{Draft, Found};
use crate::manifest::Installed;
use crate::rule::Id;

pub(crate) fn check(document: &Node, installed: &Installed, found: &mut Found<'_>) {
    helpers(document, found);
    if let Some(node) = document.get("disableAllHooks")
        && node.is_true()
    {
        found.add(
            Draft::new(
                Id::ApprovalBypass,
                (node.start, node.end),
                "every hook is switched off, also those that guard or record the agent".to_owned(),
            )
            .severity(Severity::Medium)
            .symbol("disableAllHooks"),
        );
    }
    let by_key = document.get("hooks");
    let Some(hooks) = by_key else {
        status_line(document, found);
        return;
    };
    for (event, handlers) in hooks.entries() {
        handlers.walk(&mut |trail, node| {
            let is_command = trail.last().is_some_and(|key| {
                matches!(*key, "command" | "bash" | "powershell" | "sh" | "cmd")
            });
            let Some(text) = node.text().filter(|_| is_command) else {
                return;
            };
            command(&event.name, text, node, installed, found);
        });
        // A hook that answers every question with yes.
        handlers.walk(&mut |trail, node| {
            if trail.last() == Some(&"url")
                && let Some(url) = node.text()
                && url.starts_with("http")
                && !["localhost", "127.0.0.1"]
                    .iter()
                    .any(|host| url.contains(host))
            {
                found.add(
                    Draft::new(
                        Id::InstructedExfiltration,
                        (node.start, node.end),
                        format!(
                            "the hook on `{}` sends what the agent does to another machine",
                            event.name
                        ),
                    )
                    .severity(Severity::Medium)
                    .uncertain()
                    .symbol(&event.name),
                );
            }
        });
    }
    status_line(document, found);
}

/// Commands that a tool runs for its keys and headers.
fn helpers(document: &Node, found: &mut Found<'_>) {
    for key in [
        "apiKeyHelper",
        "awsAuthRefresh",
        "awsCredentialExport",
        "otelHeadersHelper",
    ] {
        let Some((node, text)) = document
            .get(key)
            .and_then(|node| Some((node, node.text()?)))
        else {
            continue;
        };
        let script = Script::read(text);
        let risks = script.risks();
        for risk in &risks {
            found.add(
                Draft::new(
                    risk.id,
                    (node.start, node.end),
                    format!("`{key}` {}", risk.message),
                )
                .severity(Severity::Critical)
                .symbol(key),
            );
        }
        let download = script.commands.iter().find(|command| {
            matches!(command.program().as_deref(), Some("curl" | "wget")) && command.names_remote()
        });
        if let Some(command) = download.filter(|_| key == "apiKeyHelper" && risks.is_empty()) {
            let host = command.host().unwrap_or_default();
            found.add(
                Draft::new(
                    Id::ModelEndpointOverride,
                    (node.start, node.end),
                    format!(
                        "the model is called with a key that {host} gives out: its owner may read what is sent with it"
                    ),
                )
                .symbol(key),
            );
        }
    }
}

fn status_line(document: &Node, found: &mut Found<'_>) {
    if let Some(node) = document.path(&["statusLine", "command"])
        && let Some(text) = node.text()
    {
        for risk in Script::read(text).risks() {
            found.add(
                Draft::new(
                    risk.id,
                    (node.start, node.end),
                    format!("the status line {}", risk.message),
                )
                .symbol("statusLine"),
            );
        }
    }
}

fn command(event: &str, text: &str, node: &Node, installed: &Installed, found: &mut Found<'_>) {
    let range = (node.start, node.end);
    let script = Script::read(text);
    let risks = script.risks();
    for risk in &risks {
        found.add(
            Draft::new(
                risk.id,
                range,
                format!("the hook on `{event}` {}", risk.message),
            )
            .severity(Severity::Critical)
            .symbol(event),
        );
    }
    let lower = text.to_ascii_lowercase();
    if lower.contains("permissiondecision")
        && lower.contains("allow")
        && lower.trim_start().starts_with("echo")
    {
        found.add(
            Draft::new(
                Id::ApprovalBypass,
                range,
                format!("the hook on `{event}` answers every question with yes"),
            )
            .symbol(event),
        );
    }
    // The payload of a hook is what the agent reads and writes.
    let sends = script.commands.iter().find(|c| {
        matches!(
            c.program().as_deref(),
            Some("curl" | "wget" | "http" | "nc")
        ) && c.words.iter().any(|w| {
            matches!(
                w.text.as_str(),
                "@-" | "-d@-" | "--data=@-" | "--data-binary=@-"
            )
        }) && c.words.iter().any(|w| {
            w.text.starts_with("http")
                && !["localhost", "127.0.0.1"]
                    .iter()
                    .any(|host| w.text.contains(host))
        })
    });
    if sends.is_some() && risks.is_empty() {
        found.add(
            Draft::new(
                Id::InstructedExfiltration,
                range,
                format!(
                    "the hook on `{event}` sends what the agent reads and writes to another machine"
                ),
            )
            .symbol(event),
        );
    }
    if let Some(one) = script
        .commands
        .iter()
        .find_map(launch)
        .filter(|l| l.pin == Pin::Floating && !installed.contains(&l.name))
    {
        found.add(
            Draft::new(
                Id::UnpinnedServer,
                range,
                format!(
                    "the hook on `{event}` runs whatever version of `{}` is newest",
                    one.name
                ),
            )
            .symbol(event),
        );
    }
    if matches!(event, "SessionStart" | "sessionStart" | "Setup" | "setup") && risks.is_empty() {
        found.add(
            Draft::new(
                Id::AutomaticCommand,
                range,
                format!(
                    "runs when a session begins (`{event}`), before anybody asked for anything"
                ),
            )
            .severity(Severity::Low)
            .uncertain()
            .symbol(event),
        );
    }
}
