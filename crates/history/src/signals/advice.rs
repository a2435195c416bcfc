//! What would raise evidence coverage: the exact settings and commands, chosen from what is absent.

use std::collections::BTreeMap;

use trueline_authorship::{files, tools};
use trueline_facts::usage::{Advice, LineShares};
use trueline_facts::{EvidenceClass, ToolId};

use super::Source;
use super::view::View;
use crate::model::Completeness;

/// From this coverage on there is nothing to advise.
const ENOUGH: f64 = 0.98;
/// Tools that say nothing in commits by a setting of their own, and that hooks can record.
const RECORDED: [&str; 4] = ["cursor", "gemini", "opencode", "windsurf"];

pub(super) fn advice(
    view: &View<'_>,
    source: &dyn Source,
    recent_by_tool: &BTreeMap<ToolId, u64>,
    recent: &LineShares,
) -> Vec<Advice> {
    // Where an interrupt ended the reading, nothing tells what is missing.
    let is_cut = view.history.completeness == Completeness::Whole
        && view.history.commits.iter().any(|c| c.parents_missing);
    let is_shallow = || {
        let mut said = view.history.diagnostics.iter();
        said.any(|d| d.code == "history-shallow")
    };
    let known = recent.known();
    if !is_cut && recent.total > 0 && known as f64 >= ENOUGH * recent.total as f64 {
        return Vec::new();
    }
    let around = &view.options.surroundings;
    let mut list = Vec::new();
    if is_cut && is_shallow() {
        add(
            &mut list,
            None,
            "History is cut off here (shallow clone), so who wrote older lines cannot be known; this brings the rest",
            "git fetch --unshallow".to_owned(),
        );
    } else if is_cut {
        add(
            &mut list,
            None,
            "Commits are missing or damaged here, so who wrote older lines cannot be known; this names them, a fresh clone has them",
            "git fsck".to_owned(),
        );
    }
    // What is known to be there comes before what may be.
    if let (Some(remote), false) = (&around.remote, around.has_checkpoints)
        && names_checkpoints(view)
    {
        add(
            &mut list,
            None,
            "Commits name checkpoints of entire.io; their branch, which tells the agent of each, is not here",
            format!(
                "git fetch {remote} entire/checkpoints/v1:refs/remotes/{remote}/entire/checkpoints/v1"
            ),
        );
    }
    if let (Some(remote), false) = (&around.remote, around.has_notes_ref) {
        add(
            &mut list,
            None,
            "Authorship notes of colleagues may already be on the server; this brings them here",
            format!("git fetch {remote} refs/notes/ai:refs/notes/ai"),
        );
    }
    list.extend(of_tools(view, source, recent_by_tool));
    if view.origins.notes.read == 0 {
        add(
            &mut list,
            None,
            "Line-level evidence from now on, for all common agents and editors (git-ai writes the same notes)",
            "trueline hook install".to_owned(),
        );
    }
    if !around.reads_local_sessions {
        add(
            &mut list,
            None,
            "Agents on this machine keep transcripts; with your consent their lines are matched, and nothing leaves the machine",
            "trueline scan --local-sessions".to_owned(),
        );
    }
    add(
        &mut list,
        None,
        "You know best what you wrote with which tool; saying so takes a moment",
        "trueline declare RANGE --tool TOOL".to_owned(),
    );
    list
}

/// Adds an advice, for a tool where it is about one.
fn add(list: &mut Vec<Advice>, tool: Option<&str>, what: &str, how: String) {
    list.push(Advice {
        tool: tool.map(ToolId::new),
        what: what.to_owned(),
        how,
    });
}

/// The switches of tools that are set up here and of which nothing recent is known.
fn of_tools(
    view: &View<'_>,
    source: &dyn Source,
    recent_by_tool: &BTreeMap<ToolId, u64>,
) -> Vec<Advice> {
    let mut list = Vec::new();
    for (tool, switch) in switched_off(view, source) {
        add(
            &mut list,
            Some(tool),
            "A setting in this repository hides which commits an agent wrote; without it they name themselves",
            switch,
        );
    }
    let silent = |tool: &str| {
        is_set_up(view, tool) && !recent_by_tool.keys().any(|known| known.as_str() == tool)
    };
    if silent("claude") {
        add(
            &mut list,
            Some("claude"),
            "Claude Code is set up here but no recent line names it; its commits can say so themselves",
            r#"in ~/.claude/settings.json remove "includeCoAuthoredBy": false and an empty "attribution": {"commit": ""}"#
                .to_owned(),
        );
    }
    if silent("github-copilot") {
        add(
            &mut list,
            Some("github-copilot"),
            "GitHub Copilot is set up here but no recent line names it; its CLI can add a trailer",
            r#"in ~/.copilot/settings.json set "includeCoAuthoredBy": true"#.to_owned(),
        );
    }
    if silent("codex") {
        add(
            &mut list,
            Some("codex"),
            "Codex is set up here but no recent line names it; it can add a trailer",
            "in ~/.codex/config.toml set command_attribution = true".to_owned(),
        );
    }
    for tool in RECORDED {
        if silent(tool) {
            let name = tools::display_name(&ToolId::new(tool)).into_owned();
            add(
                &mut list,
                Some(tool),
                &format!(
                    "{name} is set up here but no recent line names it; what it writes can be recorded as it is written"
                ),
                format!("trueline hook install --tool {tool}"),
            );
        }
    }
    list
}

fn names_checkpoints(view: &View<'_>) -> bool {
    let mut signs = view.origins.commits.iter().flat_map(|c| &c.signs);
    signs.any(|sign| sign.class == EvidenceClass::Checkpoint)
}

/// Has a tool configuration in HEAD's tree?
fn is_set_up(view: &View<'_>, tool: &str) -> bool {
    view.history.files.iter().any(|file| {
        files::path_signs(view.history.path(file.path).as_bytes())
            .iter()
            .any(|sign| sign.tool.as_str() == tool)
    })
}

/// Settings in HEAD's tree that keep an agent's name out of commits, each with its agent.
fn switched_off(view: &View<'_>, source: &dyn Source) -> Vec<(&'static str, String)> {
    const SETTINGS: [(&[u8], &str); 3] = [
        (b".claude/settings.json", "claude"),
        (b".claude/settings.local.json", "claude"),
        (b".copilot/settings.json", "github-copilot"),
    ];
    let mut found = Vec::new();
    for file in &view.history.files {
        let path = view.history.path(file.path);
        let known = SETTINGS.iter().find(|known| known.0 == path.as_bytes());
        let Some((_, tool)) = known else {
            continue;
        };
        let Some(settings) = source
            .blob(file.blob)
            .and_then(|content| serde_json::from_slice::<serde_json::Value>(&content).ok())
        else {
            continue;
        };
        if settings.get("includeCoAuthoredBy") == Some(&serde_json::Value::Bool(false)) {
            found.push((
                *tool,
                format!(r#"in {path} remove "includeCoAuthoredBy": false"#),
            ));
        }
        let commit = settings.get("attribution").and_then(|a| a.get("commit"));
        if commit.and_then(serde_json::Value::as_str) == Some("") {
            found.push((
                *tool,
                format!(r#"in {path} remove "attribution": {{"commit": ""}}"#),
            ));
        }
    }
    found
}
