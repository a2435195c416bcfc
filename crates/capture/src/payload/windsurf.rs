//! Windsurf's Cascade hooks: an action name and `tool_info`.

use std::path::Path;

use serde_json::Value;

use super::fields::{
    FILE, call, command, directory, edits, event, member, other, path, session, text, write,
};
use crate::event::{Action, Event, Moment, Report};

pub(super) fn events(value: &Value, here: &Path) -> Vec<Event> {
    let who = session("windsurf", value, &["trajectory_id"]);
    let info = member(value, &["tool_info"]);
    let cwd = directory(&info, &["cwd"], here);
    let call = call(value).or_else(|| call_of(&info));
    let name = text(value, &["agent_action_name"]).unwrap_or_default();
    let (moment, what): (fn(Action) -> Moment, &str) = match name.split_once('_') {
        Some(("pre", what)) => (Moment::Before, what),
        Some(("post", what)) => (Moment::After, what),
        _ => return Vec::new(),
    };
    let action = match what {
        "write_code" => write(edits(&info), Report::Paired).or_else(|| other(what, &info)),
        "run_command" => {
            command(&info, &["command_line", "command"]).or_else(|| other(what, &info))
        }
        "mcp_tool_use" => Some(Action::McpCall {
            server: text(&info, &["mcp_server_name"]).unwrap_or_default().into(),
            tool: text(&info, &["mcp_tool_name"]).unwrap_or_default().into(),
            arguments: member(&info, &["mcp_tool_arguments"]),
        }),
        "read_code" => text(&info, &FILE).map(|file| Action::Read(vec![path(file)])),
        "cascade_response" => return event(who, cwd, None, Moment::Ended),
        _ => None,
    };
    match action {
        Some(action) => event(who, cwd, call, moment(action)),
        None => Vec::new(),
    }
}

fn call_of(info: &Value) -> Option<Box<str>> {
    call(info)
}
