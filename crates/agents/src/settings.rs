//! Settings of agents and editors: which parts of a document are servers, permissions, hooks, environment, tasks.
//!
//! Tools copy each other's keys, so keys are looked for in every settings file; what a key means is in the submodules.

mod environment;
mod hooks;
mod permissions;
pub(crate) mod servers;
mod tasks;

pub(crate) use self::tasks::{BYPASS_FLAGS, is_installer};

use crate::discovery::Format;
use crate::document::{Broken, Node, parse};
use crate::finding::Found;
use crate::manifest::Installed;
use servers::Server;

/// Checks a settings file; gives back the servers that it configures.
pub(crate) fn check(
    format: Format,
    installed: &Installed,
    found: &mut Found<'_>,
) -> Result<Vec<Server>, Broken> {
    let document = parse(format, found.file.text)?;
    let servers = servers::read(&document, found.file.path);
    for server in &servers {
        servers::check(server, installed, found);
    }
    permissions::check(&document, found);
    hooks::check(&document, installed, found);
    environment::check(&document, found);
    tasks::automatic(&document, found);
    Ok(servers)
}

/// Checks the tasks of an editor.
pub(crate) fn check_tasks(found: &mut Found<'_>) -> Result<(), Broken> {
    let document = parse(Format::Json, found.file.text)?;
    tasks::check(&document, found);
    Ok(())
}

/// Checks a development container.
pub(crate) fn check_container(found: &mut Found<'_>) -> Result<Vec<Server>, Broken> {
    let document = parse(Format::Json, found.file.text)?;
    tasks::lifecycle(&document, found);
    environment::check(&document, found);
    let servers = document
        .path(&["customizations", "vscode", "mcp"])
        .map(|node| servers::read(node, found.file.path))
        .unwrap_or_default();
    if let Some(settings) = document.path(&["customizations", "vscode", "settings"]) {
        permissions::check(settings, found);
    }
    Ok(servers)
}

/// Checks what a `package.json` runs when its packages are installed. One that cannot be read is for its own tool.
pub(crate) fn check_manifest(found: &mut Found<'_>) {
    if found.file.path.file_name() == "package.json"
        && let Ok(document) = parse(Format::Json, found.file.text)
    {
        tasks::installed(&document, found);
    }
}

/// Checks the shell of `direnv`.
pub(crate) fn check_envrc(found: &mut Found<'_>) {
    tasks::entered(found);
    environment::exported(found);
}

/// The text of a node, or that of its parts, joined as a shell would be given them.
pub(crate) fn command_text(node: &Node) -> Option<String> {
    match node.text() {
        Some(text) => Some(text.to_owned()),
        None if !node.items().is_empty() => Some(
            node.texts()
                .iter()
                .filter_map(|n| n.text())
                .collect::<Vec<_>>()
                .join(" "),
        ),
        None => None,
    }
}
