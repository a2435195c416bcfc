//! OpenCode: what our plugin forwards from `tool.execute.before` and `tool.execute.after`.

use std::path::Path;

use serde_json::Value;

use super::fields::{
    FILE, call, command, directory, edits, event, member, other, path, session, text, write,
};
use crate::event::{Action, Event, Moment, Report};

pub(super) fn events(value: &Value, here: &Path) -> Vec<Event> {
    let who = session("opencode", value, &["session_id", "sessionID"]);
    let cwd = directory(value, &["cwd", "directory"], here);
    let moment = match text(value, &["hook_event_name"]) {
        Some("PreToolUse" | "tool.execute.before") => Moment::Before,
        Some("PostToolUse" | "tool.execute.after") => Moment::After,
        Some("session.idle" | "Stop") => return event(who, cwd, None, Moment::Ended),
        _ => return Vec::new(),
    };
    let input = member(value, &["tool_input", "args"]);
    let name = text(value, &["tool_name", "tool"]).unwrap_or_default();
    let action = match name {
        "write" | "edit" | "multiedit" | "patch" | "apply_patch" => {
            write(edits(&input), Report::Paired)
        }
        "bash" | "shell" => command(&input, &["command"]),
        "read" => text(&input, &FILE).map(|file| Action::Read(vec![path(file)])),
        _ => None,
    };
    match action.or_else(|| other(name, &input)) {
        Some(action) => event(who, cwd, call(value), moment(action)),
        None => Vec::new(),
    }
}
