//! Claude Code: `PreToolUse` and `PostToolUse`.
//!
//! Cursor and VS Code run Claude's hooks as well as their own; those calls are passed over, or
//! each edit would be counted twice, under two names.

use std::path::Path;

use serde_json::Value;

use super::fields::{
    call, command, directory, edits, event, mcp, member, other, paths, session, text, write,
};
use crate::event::{Action, Event, Moment, Report, Session};

pub(super) fn events(value: &Value, here: &Path) -> Vec<Event> {
    if is_of_another_tool(value) {
        return Vec::new();
    }
    let who = session("claude", value, &["session_id"]);
    claude_shaped(who, value, here)
}

/// Events of a payload in the shape that Claude Code made and others took over.
pub(super) fn claude_shaped(who: Session, value: &Value, here: &Path) -> Vec<Event> {
    let cwd = directory(value, &["cwd"], here);
    let moment = match text(value, &["hook_event_name", "hookEventName"]) {
        Some("PreToolUse") => Moment::Before,
        Some("PostToolUse") => Moment::After,
        Some("Stop" | "SubagentStop" | "SessionEnd") => {
            return event(who, cwd, None, Moment::Ended);
        }
        _ => return Vec::new(),
    };
    let input = member(value, &["tool_input", "toolInput"]);
    let name = text(value, &["tool_name", "toolName"]).unwrap_or_default();
    match action(name, &input).or_else(|| other(name, &input)) {
        Some(action) => event(who, cwd, call(value), moment(action)),
        None => Vec::new(),
    }
}

fn action(name: &str, input: &Value) -> Option<Action> {
    match name {
        "Write" | "Edit" | "MultiEdit" | "NotebookEdit" => write(edits(input), Report::Paired),
        "Bash" => command(input, &["command", "cmd"]),
        "Read" | "NotebookRead" => {
            let file = input
                .get("file_path")
                .or_else(|| input.get("notebook_path"))?;
            Some(Action::Read(paths(file)))
        }
        _ => mcp(name, input),
    }
}

fn is_of_another_tool(value: &Value) -> bool {
    if value.get("cursor_version").is_some() {
        return true;
    }
    match text(value, &["transcript_path"]) {
        Some(path) => {
            let path = path.to_lowercase();
            let copilot = path.contains("github.copilot") || path.contains("github copilot");
            path.contains(".cursor") || (copilot && !path.contains(".claude"))
        }
        None => value.get("extensionId").is_some(),
    }
}
