//! Cursor: `preToolUse` and `postToolUse`, with `afterFileEdit`, shell and MCP events beside them.
//!
//! Both kinds fire for one call. That counts nothing twice: what an edit changed is seen in the
//! file, once, whoever tells of it. Of a command only the first kind tells the call's id, so that it
//! is left out: then both are told to be the same call by its command line.

use std::path::Path;

use serde_json::Value;

use super::fields::{
    FILE, call, command, directory, edits, event, member, other, path, paths, session, text, write,
};
use crate::event::{Action, Event, Moment, Report};

pub(super) fn events(value: &Value, here: &Path) -> Vec<Event> {
    let who = session("cursor", value, &["conversation_id", "session_id"]);
    let root = value
        .get("workspace_roots")
        .map(paths)
        .and_then(|roots| roots.into_iter().next());
    let here = root.as_deref().unwrap_or(here);
    let cwd = directory(value, &["cwd"], here);
    let one = |moment: Moment| {
        let call = match &moment {
            // A reading has two kinds of event as well, of which one has no id: it counts once in what the model
            // does for one prompt.
            Moment::Before(Action::Read(_)) => text(value, &["generation_id"]).map(Into::into),
            Moment::Before(action) | Moment::After(action) if is_told_twice(action) => None,
            _ => call(value),
        };
        event(who.clone(), cwd.clone(), call, moment)
    };
    match text(value, &["hook_event_name"]).unwrap_or_default() {
        "preToolUse" => tool(value).map_or_else(Vec::new, |a| one(Moment::Before(a))),
        "postToolUse" => tool(value).map_or_else(Vec::new, |a| one(Moment::After(a))),
        "beforeShellExecution" => shell(value).map_or_else(Vec::new, |a| one(Moment::Before(a))),
        "afterShellExecution" => shell(value).map_or_else(Vec::new, |a| one(Moment::After(a))),
        "beforeMCPExecution" => one(Moment::Before(mcp(value))),
        "afterMCPExecution" => one(Moment::After(mcp(value))),
        "afterFileEdit" => {
            write(edits(value), Report::AfterOnly).map_or_else(Vec::new, |a| one(Moment::After(a)))
        }
        "beforeReadFile" => {
            let attached = value.get("attachments").and_then(Value::as_array);
            let files: Vec<_> = std::iter::once(value)
                .chain(attached.into_iter().flatten())
                .filter_map(|one| text(one, &FILE).map(path))
                .collect();
            if files.is_empty() {
                Vec::new()
            } else {
                one(Moment::Before(Action::Read(files)))
            }
        }
        "stop" | "sessionEnd" => one(Moment::Ended),
        _ => Vec::new(),
    }
}

fn tool(value: &Value) -> Option<Action> {
    let input = member(value, &["tool_input"]);
    let name = text(value, &["tool_name"])?;
    known(name, &input).or_else(|| other(name, &input))
}

fn known(name: &str, input: &Value) -> Option<Action> {
    match name {
        "Write" | "StrReplace" | "ApplyPatch" | "Edit" | "MultiEdit" | "EditNotebook" => {
            write(edits(input), Report::Paired)
        }
        "Delete" => {
            let mut gone = edits(input);
            for edit in &mut gone {
                edit.change = crate::event::Change::Delete;
            }
            write(gone, Report::Paired)
        }
        "Shell" => command(input, &["command"]),
        "Read" => Some(Action::Read(vec![path(text(input, &FILE)?)])),
        name => name.strip_prefix("MCP:").map(|tool| Action::McpCall {
            server: "".into(),
            tool: tool.into(),
            arguments: input.clone(),
        }),
    }
}

/// Calls that have events of their own beside those of every tool.
fn is_told_twice(action: &Action) -> bool {
    matches!(action, Action::Command { .. } | Action::McpCall { .. })
}

fn shell(value: &Value) -> Option<Action> {
    command(value, &["command"])
}

/// The arguments are an object, or in older builds a text that holds one.
fn mcp(value: &Value) -> Action {
    Action::McpCall {
        server: text(value, &["server", "server_name", "url"])
            .unwrap_or_default()
            .into(),
        tool: text(value, &["tool_name"]).unwrap_or_default().into(),
        arguments: member(value, &["tool_input"]),
    }
}
