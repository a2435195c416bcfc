//! Any tool that can start a program: git-ai's `agent-v1` form, and two more types for shells.
//!
//! `type` is `human` (before an agent's edit), `ai_agent` (after it), `known_human` (a person saved
//! in an editor), `pre_shell_command` or `post_shell_command`.

use std::path::Path;

use serde_json::Value;

use super::fields::{call, command, directory, event, model, path, paths, session, text, write};
use crate::event::{Change, Edit, Event, Moment, Report};

pub(super) fn events(value: &Value, here: &Path) -> Vec<Event> {
    let tool = text(value, &["agent_name", "tool", "agent"]).unwrap_or("unspecified");
    let mut who = session(tool, value, &["conversation_id", "session_id"]);
    who.model = model(value);
    let cwd = directory(value, &["repo_working_dir", "cwd"], here);
    let one = |moment: Moment| event(who.clone(), cwd.clone(), call(value), moment);
    let edited = |names: &[&str]| {
        let files = names.iter().find_map(|name| value.get(name).map(paths));
        let dirty = value.get("dirty_files").and_then(Value::as_object);
        files
            .unwrap_or_default()
            .into_iter()
            .map(|file| Edit {
                change: dirty
                    .and_then(|dirty| dirty.iter().find(|(name, _)| path(name) == file))
                    .and_then(|(_, content)| content.as_str())
                    .map_or(Change::Untold, |content| Change::Whole(content.into())),
                path: file,
            })
            .collect::<Vec<_>>()
    };
    match text(value, &["type", "hook_event_name"]).unwrap_or_default() {
        // The agent is not named yet; the files are.
        "human" => write(edited(&["will_edit_filepaths"]), Report::Paired)
            .map_or_else(Vec::new, |action| one(Moment::Before(action))),
        "ai_agent" => write(edited(&["edited_filepaths"]), Report::Paired)
            .map_or_else(Vec::new, |action| one(Moment::After(action))),
        "known_human" => {
            let files = value.get("edited_filepaths").map(paths).unwrap_or_default();
            if files.is_empty() {
                Vec::new()
            } else {
                one(Moment::Saved(files))
            }
        }
        "pre_shell_command" => {
            command(value, &["command"]).map_or_else(Vec::new, |action| one(Moment::Before(action)))
        }
        "post_shell_command" => {
            command(value, &["command"]).map_or_else(Vec::new, |action| one(Moment::After(action)))
        }
        _ => Vec::new(),
    }
}
