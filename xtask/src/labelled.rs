//! Public sets of attacks on agents, as the files that `agents` reads: from a checkout to a folder that
//! `cargo run -p trueline-agents --example score -- FOLDER` counts.
//!
//! Nothing of the sets is kept here. A tool that a task puts into a server becomes a `tools/list` of its
//! own; sources are copied below the name of their class, away from folders that say "test" or "eval".

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::ValueEnum;
use serde_json::{Value, json};

/// A set, by its repository.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Set {
    /// `cisco-ai-defense/mcp-scanner`: servers of fourteen classes, by what they do.
    McpScanner,
    /// `xjzzzzzzzz/MCPSafety`: descriptions that its tasks put into real servers.
    McpSafety,
    /// `dongsenzhang/MSB`: servers whose tools attack.
    Msb,
}

/// Writes a set into a folder that is not there yet.
pub(crate) fn run(set: Set, checkout: &Path, to: &Path) -> Result<()> {
    if to.exists() {
        bail!("{} is there already; name a new folder", to.display());
    }
    let written = match set {
        Set::McpScanner => copied(&checkout.join("evals/behavioral-analysis/data"), to, |_| {
            true
        })?,
        Set::McpSafety => tasks(checkout, to)?,
        // The server as it was before the attack, and its variants, whose names say how they attack.
        Set::Msb => copied(&checkout.join("data/tools/attack_tools"), to, |path| {
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            name.contains('-')
        })?,
    };
    if written == 0 {
        bail!("{} holds nothing of that set", checkout.display());
    }
    println!("{written} files in {}", to.display());
    Ok(())
}

fn files(folder: &Path, extension: &str) -> Result<Vec<PathBuf>> {
    let mut waiting = vec![folder.to_owned()];
    let mut found = Vec::new();
    while let Some(folder) = waiting.pop() {
        let entries = fs::read_dir(&folder).with_context(|| folder.display().to_string())?;
        for entry in entries {
            let entry = entry?;
            let path = entry.path();
            if entry.file_type()?.is_dir() {
                waiting.push(path);
            } else if path.extension().is_some_and(|is| is == extension) {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

fn copied(from: &Path, to: &Path, wanted: impl Fn(&Path) -> bool) -> Result<usize> {
    let mut count = 0;
    for path in files(from, "py")? {
        if wanted(&path) {
            let target = to.join(path.strip_prefix(from)?);
            write(&target, &fs::read(&path)?)?;
            count += 1;
        }
    }
    Ok(count)
}

/// Each changed or added tool of each task, by class of attack.
fn tasks(checkout: &Path, to: &Path) -> Result<usize> {
    let mut count = 0;
    for path in files(&checkout.join("mcpuniverse/benchmark/configs"), "json")? {
        // What is no JSON is no task.
        let Ok(task) = serde_json::from_slice::<Value>(&fs::read(&path)?) else {
            continue;
        };
        let class: String = task["attack_category"]
            .as_str()
            .unwrap_or("other")
            .chars()
            .map(|c| {
                if c.is_ascii_alphanumeric() {
                    c.to_ascii_lowercase()
                } else {
                    '-'
                }
            })
            .collect();
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let changed = task["mcp_server_modifications"].as_array();
        let changed = changed
            .into_iter()
            .flatten()
            .map(|tool| (&tool["tool_name"], &tool["modification_description"]));
        let added = &task["mcp_server_additions"];
        let added = (&added["tool_name"], &added["description"]);
        let all = changed.chain([added]).enumerate();
        for (at, (tool, description)) in all {
            let (Some(tool), Some(description)) = (tool.as_str(), description.as_str()) else {
                continue;
            };
            let list = json!({"tools": [{
                "name": tool,
                "description": description,
                "inputSchema": {"type": "object"},
            }]});
            let target = to.join(&class).join(format!("{name}-{at}.tools.json"));
            write(&target, list.to_string().as_bytes())?;
            count += 1;
        }
    }
    Ok(count)
}

fn write(path: &Path, content: &[u8]) -> Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, content).with_context(|| path.display().to_string())
}
