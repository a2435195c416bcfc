//! Permissions: what an agent may do without asking.

use trueline_facts::Severity;

use crate::document::{Node, Value};
use crate::finding::{Draft, Found};
use crate::rule::Id;

/// Keys that switch every question off, with what they say when set so.
const SWITCHES: &[(&str, &str)] = &[
    (
        "chat.tools.autoApprove",
        "every tool of the chat is run without a question",
    ),
    (
        "chat.tools.global.autoApprove",
        "every tool of the chat is run without a question",
    ),
    (
        "chat.agent.autoApprove",
        "every tool of the chat is run without a question",
    ),
    (
        "dangerouslySkipPermissions",
        "every permission prompt is skipped",
    ),
    (
        "skipDangerousModePermissionPrompt",
        "the warning of the mode without prompts is skipped",
    ),
    (
        "allowDangerouslySkipPermissions",
        "the mode without prompts is allowed",
    ),
    (
        "enableAllProjectMcpServers",
        "every server of the repository's `.mcp.json` is started without a question",
    ),
    ("yolo", "every question is switched off"),
    ("yoloMode", "every question is switched off"),
    ("autoAccept", "tools are accepted without a question"),
    ("trustAllTools", "every tool is trusted"),
    ("yes-always", "every question is answered with yes"),
    (
        "alwaysAllowExecute",
        "every command is run without a question",
    ),
    (
        "cursor.agent.enableAutoRun",
        "commands are run without a question",
    ),
];

pub(crate) fn check(document: &Node, found: &mut Found<'_>) {
    document.walk(&mut |trail, node| {
        let name = trail.last().copied().unwrap_or_default();
        let range = (node.start, node.end);
        if let Some((_, what)) = SWITCHES.iter().find(|(key, _)| *key == name)
            && node.is_true()
        {
            found.add(Draft::new(Id::ApprovalBypass, range, (*what).to_owned()).symbol(name));
        }
        let text = node.text().unwrap_or_default();
        match name {
            "defaultMode" if text == "bypassPermissions" => {
                found.add(
                    Draft::new(
                        Id::ApprovalBypass,
                        range,
                        "every permission prompt is off for whoever opens this repository"
                            .to_owned(),
                    )
                    .severity(Severity::Critical)
                    .symbol(name),
                );
            }
            "approval_policy" | "approvalMode" | "approval_mode" | "approvalPolicy"
                if matches!(text, "never" | "yolo" | "full-auto") =>
            {
                let unconfined =
                    document.get("sandbox_mode").and_then(Node::text) == Some("danger-full-access");
                let draft = Draft::new(
                    Id::ApprovalBypass,
                    range,
                    format!("the agent never asks (`{name}` is `{text}`)"),
                )
                .symbol(name);
                found.add(if unconfined || text == "yolo" {
                    draft.severity(Severity::Critical)
                } else {
                    draft
                });
            }
            "sandbox_mode" if text == "danger-full-access" => {
                found.add(
                    Draft::new(
                        Id::ApprovalBypass,
                        range,
                        "commands run outside of the sandbox".to_owned(),
                    )
                    .symbol(name),
                );
            }
            "permission" if trail.len() == 1 && text == "allow" => {
                found.add(
                    Draft::new(
                        Id::ApprovalBypass,
                        range,
                        "everything is allowed without a question".to_owned(),
                    )
                    .symbol(name),
                );
            }
            "bash" | "*" if trail.len() == 2 && trail[0] == "permission" && text == "allow" => {
                found.add(
                    Draft::new(
                        Id::ApprovalBypass,
                        range,
                        "every shell command is allowed without a question".to_owned(),
                    )
                    .symbol(name),
                );
            }
            "chat.tools.terminal.autoApprove" | "autoApprove" => patterns(node, found),
            "allow" | "allowed" | "allowedTools" | "allowed_tools" | "autoApprovedTools" => {
                allowed(node, found);
            }
            _ => {}
        }
    });
}

/// Patterns of commands that an editor runs by itself.
fn patterns(node: &Node, found: &mut Found<'_>) {
    for (key, value) in node.entries() {
        let all = matches!(
            key.name.as_str(),
            "/.*/" | "/^.*$/" | "*" | "/.*/s" | ".*" | "/.+/" | "/^/"
        );
        let is_on = value.is_true() || value.get("approve").is_some_and(Node::is_true);
        if all && is_on {
            found.add(
                Draft::new(
                    Id::ApprovalBypass,
                    (key.start, value.end),
                    "every command in the terminal is run without a question".to_owned(),
                )
                .symbol(&key.name),
            );
        }
    }
}

/// Programs that run whatever they are given.
const RUNS_ANYTHING: &[&str] = &[
    "sh", "bash", "zsh", "python", "python3", "node", "perl", "ruby", "eval", "sudo", "npx", "uvx",
    "xargs", "env", "docker", "ssh", "deno", "bun",
];
/// Programs that reach the network or destroy.
const REACHES_OUT: &[&str] = &[
    "curl", "wget", "nc", "rm", "dd", "chmod", "chown", "kill", "scp",
];

/// Entries of an allow list, in the shape `Tool(pattern)`.
fn allowed(node: &Node, found: &mut Found<'_>) {
    for entry in node.texts() {
        let Some(text) = entry.text() else { continue };
        let range = (entry.start, entry.end);
        let (tool, pattern) = match text.split_once('(') {
            Some((tool, rest)) => (tool.trim(), rest.trim_end().trim_end_matches(')')),
            None => (text.trim(), ""),
        };
        let is_shell = matches!(
            tool,
            "Bash"
                | "Shell"
                | "bash"
                | "shell"
                | "PowerShell"
                | "run_shell_command"
                | "ShellTool"
                | "execute_bash"
        );
        let everything = matches!(pattern, "" | "*" | ":*" | "**" | "*:*");
        if text == "*" {
            found.add(
                Draft::new(
                    Id::ApprovalBypass,
                    range,
                    "every tool is allowed without a question".to_owned(),
                )
                .severity(Severity::Critical)
                .symbol(text),
            );
        } else if is_shell && everything {
            found.add(
                Draft::new(
                    Id::ApprovalBypass,
                    range,
                    format!("`{text}` allows every shell command without a question"),
                )
                .symbol(text),
            );
        } else if is_shell {
            let program = pattern.split([' ', ':']).next().unwrap_or_default();
            let rest = pattern[program.len()..].trim_start_matches([':', ' ']);
            let open = rest.is_empty() && !pattern.contains(' ') && pattern.ends_with('*')
                || matches!(rest, "*" | "**" | "-c *" | "-c:*" | "-e *");
            if RUNS_ANYTHING.contains(&program) && open {
                found.add(
                    Draft::new(
                        Id::ApprovalBypass,
                        range,
                        format!(
                            "`{program}` runs whatever it is given: `{text}` allows every command"
                        ),
                    )
                    .severity(Severity::Medium)
                    .uncertain()
                    .symbol(text),
                );
            } else if REACHES_OUT.contains(&program) && open {
                found.add(
                    Draft::new(
                        Id::ApprovalBypass,
                        range,
                        format!("`{text}` allows any use of `{program}` without a question"),
                    )
                    .severity(Severity::Low)
                    .uncertain()
                    .symbol(text),
                );
            }
        } else if matches!(tool, "Read" | "Edit" | "Write")
            && matches!(
                pattern,
                "/**" | "//**" | "~/**" | "/*" | "~/*" | "~/.ssh/**" | "~/.aws/**"
            )
        {
            found.add(
                Draft::new(
                    Id::BroadAgentAccess,
                    range,
                    format!("`{text}` reaches every file of the machine or the home folder"),
                )
                .symbol(text),
            );
        }
    }
    if let Value::Bool(true) = node.value {
        found.add(Draft::new(
            Id::ApprovalBypass,
            (node.start, node.end),
            "everything is allowed without a question".to_owned(),
        ));
    }
}
