//! Gemini CLI: `BeforeTool` and `AfterTool`.

use std::path::Path;

use serde_json::Value;

use super::fields::{
    FILE, call, command, directory, edits, event, member, other, path, session, text, write,
};
use crate::event::{Action, Event, Moment, Report};

pub(super) fn events(value: &Value, here: &Path) -> Vec<Event> {
    let who = session("gemini", value, &["session_id"]);
    let cwd = directory(value, &["cwd"], here);
    let moment = match text(value, &["hook_event_name"]) {
        Some("BeforeTool") => Moment::Before,
        Some("AfterTool") => Moment::After,
        Some("AfterAgent" | "SessionEnd") => return event(who, cwd, None, Moment::Ended),
        _ => return Vec::new(),
    };
    let name = text(value, &["tool_name"]).unwrap_or_default();
    let input = member(value, &["tool_input"]);
    // What it writes for itself alone is known and nobody's.
    let not_known = || {
        edits(&input)
            .is_empty()
            .then(|| other(name, &input))
            .flatten()
    };
    match action(name, &input, value).or_else(not_known) {
        Some(action) => event(who, cwd, call(value), moment(action)),
        None => Vec::new(),
    }
}

fn action(name: &str, input: &Value, value: &Value) -> Option<Action> {
    match name {
        "write_file" | "WriteFile" | "replace" | "Edit" => {
            let mut told = edits(input);
            // Its own scratch files are no part of anybody's project.
            told.retain(|edit| !edit.path.to_string_lossy().contains("/.gemini/tmp/"));
            write(told, Report::Paired)
        }
        "run_shell_command" | "shell" | "Shell" => command(input, &["command"]),
        "read_file" | "ReadFile" => Some(Action::Read(vec![path(
            text(input, &["absolute_path"]).or_else(|| text(input, &FILE))?,
        )])),
        _ => {
            let context = value.get("mcp_context")?;
            Some(Action::McpCall {
                server: text(context, &["server_name", "server"])
                    .unwrap_or_default()
                    .into(),
                tool: text(context, &["tool_name"]).unwrap_or(name).into(),
                arguments: input.clone(),
            })
        }
    }
}
