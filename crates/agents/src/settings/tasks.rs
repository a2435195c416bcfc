//! Commands that run because a folder is opened, entered or built as a container.

use trueline_facts::Severity;

use super::command_text;
use crate::command::{Script, unasked_agent};
use crate::document::Node;
use crate::finding::{Draft, Found};
use crate::rule::Id;

/// Tasks of an editor.
pub(crate) fn check(document: &Node, found: &mut Found<'_>) {
    for task in document.get("tasks").map(Node::items).unwrap_or_default() {
        let run_on = task.path(&["runOptions", "runOn"]);
        let label = task
            .get("label")
            .or_else(|| task.get("taskName"))
            .and_then(Node::text)
            .unwrap_or("task");
        let command = task
            .get("command")
            .and_then(command_text)
            .unwrap_or_default();
        let arguments = task.get("args").and_then(command_text).unwrap_or_default();
        let line = format!("{command} {arguments}");
        let risks = Script::read(&line).risks();
        if let Some(node) = run_on.filter(|n| n.text() == Some("folderOpen")) {
            let mut draft = Draft::new(
                Id::AutomaticCommand,
                (node.start, node.end),
                format!(
                    "the task `{label}` runs as soon as the folder is opened: {}",
                    crate::text::shown(&line)
                ),
            )
            .symbol(label);
            if task.path(&["presentation", "reveal"]).and_then(Node::text) == Some("never")
                || task.get("hide").is_some_and(Node::is_true)
            {
                draft.message.push_str(" (and its terminal is hidden)");
                draft = draft.severity(Severity::High);
            }
            found.add(draft);
        }
        for risk in risks {
            let node = task.get("command").unwrap_or(task);
            let draft = Draft::new(
                risk.id,
                (node.start, node.end),
                format!("the task `{label}` {}", risk.message),
            )
            .symbol(label);
            found.add(if run_on.is_some() {
                draft.severity(Severity::Critical)
            } else {
                draft
            });
        }
    }
    bypass_flags(document, found);
}

/// Switches that let tasks run by themselves.
pub(crate) fn automatic(document: &Node, found: &mut Found<'_>) {
    if let Some(node) = document
        .get("task.allowAutomaticTasks")
        .or_else(|| document.path(&["settings", "task.allowAutomaticTasks"]))
        && node.is_true()
    {
        found.add(
            Draft::new(
                Id::AutomaticCommand,
                (node.start, node.end),
                "tasks of the folder run without a question when it is opened".to_owned(),
            )
            .symbol("task.allowAutomaticTasks"),
        );
    }
}

/// Hosts from which tools are installed by a pipe into a shell, as their vendors say.
const INSTALLERS: &[&str] = &[
    "sh.rustup.rs",
    "astral.sh",
    "get.docker.com",
    "nodesource.com",
    "install.python-poetry.org",
    "raw.githubusercontent.com",
    "github.com",
    "bun.sh",
    "bun.com",
    "deno.land",
    "vercel.app",
    "get.pnpm.io",
    "ohmyz.sh",
    "starship.rs",
    "claude.ai",
    "cursor.com",
    "opencode.ai",
    "mise.run",
    "mise.jdx.dev",
    "get.helm.sh",
    "just.systems",
    "foundry.paradigm.xyz",
    "determinate.systems",
    "nixos.org",
    "get.sdkman.io",
    "dot.net",
    "aka.ms",
    "google.com",
    "tailscale.com",
    "fly.io",
    "taskfile.dev",
    "moonrepo.dev",
    "pkgx.sh",
    "get.jetify.com",
    "pixi.sh",
    "ollama.com",
    "dagger.io",
    "duckdb.org",
    "wasmtime.dev",
    "volta.sh",
    "doppler.com",
    "microsoft.com",
    "git.io",
    "yarnpkg.com",
    "haskell.org",
    "encore.dev",
    "get.k3s.io",
    "rvm.io",
    "brew.sh",
    "pulumi.com",
    "ohmyposh.dev",
    "zed.dev",
    "warp.dev",
    "hf.co",
    "ampcode.com",
    "kiro.dev",
    "buf.build",
    "temporal.download",
    "railway.com",
    "gh.io",
];

/// Of these, those where anybody can have a page, and whose pages there install tools.
const ANYBODYS: &[&str] = &[
    "raw.githubusercontent.com",
    "github.com",
    "vercel.app",
    "git.io",
];
const PAGES: &[&str] = &[
    "homebrew/install",
    "nvm-sh/nvm",
    "ohmyzsh/ohmyzsh",
    "helm/helm",
    "golangci/golangci-lint",
    "astral-sh/",
    "pyenv/pyenv-installer",
    "rbenv/",
    "asdf-vm/",
    "aquasecurity/",
    "anchore/",
    "k3d-io/k3d",
    "kubernetes-sigs/",
    "cli/cli",
    "denoland/",
    "oven-sh/",
    "rust-lang/",
    "cargo-bins/cargo-binstall",
    "fnm.vercel.app",
];

/// Is what runs there the installer of a vendor? `words` are the command.
pub(crate) fn is_installer(message: &str, words: &str) -> bool {
    let lower = words.to_ascii_lowercase();
    let host = message.rsplit_once(" from ").map_or("", |(_, host)| host);
    is_of_vendor(message)
        && !host.is_empty()
        && (!ANYBODYS.iter().any(|name| host.ends_with(name))
            || PAGES.iter().any(|page| lower.contains(page)))
}

/// Whether a risk's message ends in the name of such a host, or in none: then it is not known.
fn is_of_vendor(message: &str) -> bool {
    let host = message.rsplit_once(" from ").map_or("", |(_, host)| host);
    let host = host.split(':').next().unwrap_or(host);
    host.is_empty()
        || INSTALLERS.iter().any(|known| {
            host.strip_suffix(known)
                .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        })
}

/// Commands of a container's life.
pub(crate) fn lifecycle(document: &Node, found: &mut Found<'_>) {
    for key in [
        "initializeCommand",
        "onCreateCommand",
        "updateContentCommand",
        "postCreateCommand",
        "postStartCommand",
        "postAttachCommand",
    ] {
        let Some(node) = document.get(key) else {
            continue;
        };
        let mut parts = vec![node];
        parts.extend(node.entries().iter().map(|(_, below)| below));
        for part in parts {
            let Some(text) = command_text(part) else {
                continue;
            };
            for risk in Script::read(&text).risks() {
                let draft = Draft::new(
                    risk.id,
                    (part.start, part.end),
                    format!("`{key}` {}", risk.message),
                )
                .symbol(key);
                // In the container installers of vendors are how tools come in; on the machine itself they are not.
                let is_usual = risk.id == Id::DownloadAndRun && is_of_vendor(&risk.message);
                found.add(
                    if key == "initializeCommand" || risk.is_suspicious || !is_usual {
                        draft
                    } else {
                        draft.uncertain()
                    },
                );
            }
        }
        if key == "initializeCommand" {
            found.add(
                Draft::new(
                    Id::AutomaticCommand,
                    (node.start, node.end),
                    "`initializeCommand` runs on the machine itself, not in the container"
                        .to_owned(),
                )
                .uncertain()
                .symbol(key),
            );
        }
    }
    for argument in document.get("runArgs").map(Node::texts).unwrap_or_default() {
        if argument.text() == Some("--privileged") {
            found.add(
                Draft::new(
                    Id::BroadAgentAccess,
                    (argument.start, argument.end),
                    "the container gets every privilege of the machine".to_owned(),
                )
                .uncertain()
                .symbol("runArgs"),
            );
        }
    }
    bypass_flags(document, found);
}

/// Scripts that a package manager runs by itself.
pub(crate) fn installed(manifest: &Node, found: &mut Found<'_>) {
    for key in [
        "preinstall",
        "install",
        "postinstall",
        "prepare",
        "prepublish",
    ] {
        let Some((node, text)) = manifest
            .path(&["scripts", key])
            .and_then(|node| Some((node, node.text()?)))
        else {
            continue;
        };
        if let Some(message) = unasked_agent(text) {
            found.add(
                Draft::new(
                    Id::ApprovalBypass,
                    (node.start, node.end),
                    format!("installing the packages (`{key}`) {message}"),
                )
                .severity(Severity::Critical)
                .symbol(key),
            );
        }
    }
}

/// Shell that runs when a folder is entered.
pub(crate) fn entered(found: &mut Found<'_>) {
    for risk in Script::read(found.file.text).risks() {
        found.add(Draft::new(
            risk.id,
            (risk.start, risk.end),
            format!("entering the folder {}", risk.message),
        ));
    }
}

/// Options that switch every question of an agent off.
pub(crate) const BYPASS_FLAGS: &[&str] = &[
    "--dangerously-skip-permissions",
    "--dangerously-bypass-approvals-and-sandbox",
    "--yolo",
    "--allow-all-tools",
    "--trust-all-tools",
    "--dangerously-allow-all",
    "--approval-mode=yolo",
    "--yes-always",
    "--permission-mode=bypassPermissions",
    "--auto-approve-everything",
];

fn bypass_flags(document: &Node, found: &mut Found<'_>) {
    document.walk(&mut |_, node| {
        if let Some(flag) = node
            .text()
            .and_then(|text| BYPASS_FLAGS.iter().find(|flag| text.contains(**flag)))
        {
            found.add(
                Draft::new(
                    Id::ApprovalBypass,
                    (node.start, node.end),
                    format!("an agent is started with `{flag}`"),
                )
                .symbol(flag),
            );
        }
    });
}
