//! GitHub Copilot: the command line (`camelCase` or Claude-shaped) and VS Code (Claude-shaped).
//!
//! VS Code tells of a write before the file is on the disk, so that its reports are `Early`. The
//! command line names tools in lower case and, from 1.0.62 on, puts patch text where arguments were.

use std::path::Path;

use serde_json::Value;

use super::fields::{
    call, command, directory, edits, event, mcp, member, named_files, other, path, paths, session,
    text, write,
};
use crate::event::{Action, Change, Edit, Event, Moment, Report};

const CONVERSATION: [&str; 4] = [
    "chat_session_id",
    "session_id",
    "chatSessionId",
    "sessionId",
];

pub(super) fn events(value: &Value, here: &Path) -> Vec<Event> {
    if text(value, &["transcript_path", "transcriptPath"]).is_some_and(|p| p.contains(".claude/")) {
        return Vec::new();
    }
    let editor = is_editor(value);
    let tool = if editor {
        "github-copilot"
    } else {
        "github-copilot-cli"
    };
    let who = session(tool, value, &CONVERSATION);
    let cwd = directory(value, &["cwd", "workspace_folder", "workspaceFolder"], here);
    let report = if editor {
        Report::Early
    } else {
        Report::Paired
    };
    let name = text(value, &["hook_event_name", "hookEventName", "eventName"]);
    let after = match name {
        Some("PreToolUse" | "preToolUse") => false,
        Some("PostToolUse" | "postToolUse") => true,
        Some("before_edit" | "after_edit") => return legacy(value, who, cwd, name),
        Some("Stop" | "agentStop" | "sessionEnd" | "SessionEnd") => {
            return event(who, cwd, None, Moment::Ended);
        }
        Some(_) => return Vec::new(),
        // camelCase payloads of the command line do not name their event: a result is told after.
        None => value.get("toolResult").is_some() || value.get("tool_result").is_some(),
    };
    let moment = if after { Moment::After } else { Moment::Before };
    let input = member(value, &["tool_input", "toolArgs", "toolInput", "tool_args"]);
    let name = text(value, &["tool_name", "toolName"]).unwrap_or_default();
    match action(name, &input, value, report).or_else(|| other(name, &input)) {
        Some(action) => event(who, cwd, call(value), moment(action)),
        None => Vec::new(),
    }
}

/// VS Code gives a transcript, the command line does not.
fn is_editor(value: &Value) -> bool {
    const EDITOR: [&str; 6] = [
        "transcript_path",
        "transcriptPath",
        "chat_session_path",
        "chatSessionPath",
        "extensionId",
        "workspace_folder",
    ];
    EDITOR
        .iter()
        .any(|name| value.get(name).is_some_and(|v| !v.is_null()))
}

fn action(name: &str, input: &Value, value: &Value, report: Report) -> Option<Action> {
    let lower = name.to_ascii_lowercase();
    match lower.as_str() {
        "run_in_terminal" | "bash" | "powershell" | "runinterminal" => {
            command(input, &["command", "cmd"])
        }
        "view" | "read" | "read_file" | "readfile" => {
            let files = named_files(input);
            (!files.is_empty()).then_some(Action::Read(files))
        }
        "delete_file" => {
            let gone = named_files(input).into_iter().map(|path| Edit {
                path,
                change: Change::Delete,
            });
            write(gone.collect(), report)
        }
        _ if is_write(&lower) => {
            let mut told = edits(input);
            if let (Some(code), [one]) = (text(input, &["code"]), told.as_mut_slice())
                && one.change == Change::Untold
            {
                one.change = Change::Sketch(code.into());
            }
            if told.is_empty() {
                let files = named_files(input).into_iter().chain(
                    value
                        .get("tool_response")
                        .map(named_files)
                        .unwrap_or_default(),
                );
                told = files
                    .map(|path| Edit {
                        path,
                        change: Change::Untold,
                    })
                    .collect();
            }
            write(told, report)
        }
        _ => mcp(name, input),
    }
}

fn is_write(name: &str) -> bool {
    matches!(
        name,
        "create"
            | "create_file"
            | "str_replace"
            | "str_replace_editor"
            | "insert_edit_into_file"
            | "replace_string_in_file"
            | "multi_replace_string_in_file"
            | "apply_patch"
            | "git_apply_patch"
            | "rename_file"
            | "move_file"
    ) || ["edit", "write", "replace"]
        .iter()
        .any(|word| name.starts_with(word))
}

/// The form of the old extension: which files, and their content after the edit.
fn legacy(
    value: &Value,
    who: crate::event::Session,
    cwd: std::path::PathBuf,
    name: Option<&str>,
) -> Vec<Event> {
    let dirty = value.get("dirty_files").and_then(Value::as_object);
    let files = ["edited_filepaths", "will_edit_filepaths"]
        .iter()
        .find_map(|name| value.get(name).map(paths))
        .unwrap_or_default();
    let after = name == Some("after_edit");
    let told = files
        .into_iter()
        .map(|file| Edit {
            change: dirty
                .and_then(|dirty| {
                    let content = dirty
                        .iter()
                        .find(|(name, _)| path(name) == file)?
                        .1
                        .as_str()?;
                    after.then(|| Change::Whole(content.into()))
                })
                .unwrap_or(Change::Untold),
            path: file,
        })
        .collect();
    let moment = if after { Moment::After } else { Moment::Before };
    match write(told, Report::Early) {
        Some(action) => event(who, cwd, call(value), moment(action)),
        None => Vec::new(),
    }
}
