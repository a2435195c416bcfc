//! Codex: Claude's shape, other tools. Its own file names come in a patch.

use std::path::Path;

use serde_json::Value;

use super::fields::{
    call, command, directory, edits, event, mcp, member, model, other, session, text, texts, write,
};
use crate::event::{Action, Event, Moment, Report};

pub(super) fn events(value: &Value, here: &Path) -> Vec<Event> {
    let mut who = session(
        "codex",
        value,
        &["session_id", "thread_id", "thread-id", "conversation_id"],
    );
    if &*who.conversation == "unnamed"
        && let Some(thread) = value
            .get("hook_event")
            .and_then(|e| text(e, &["thread_id"]))
    {
        who.conversation = thread.into();
    }
    who.model = model(value);
    let cwd = directory(value, &["cwd"], here);
    let moment = match text(value, &["hook_event_name"]) {
        Some("PreToolUse") => Moment::Before,
        Some("PostToolUse") => Moment::After,
        Some("Stop") => return event(who, cwd, None, Moment::Ended),
        _ => return Vec::new(),
    };
    let name = text(value, &["tool_name"]).unwrap_or_default();
    let input = member(value, &["tool_input"]);
    let call = call(value);
    let mut out = Vec::new();
    let mut push = |action: Option<Action>, nth: usize| {
        if let Some(action) = action {
            // Calls that are made together share an id: each needs its own.
            let call = call.as_deref().map(|call| match nth {
                0 => call.into(),
                nth => format!("{call}#{nth}").into(),
            });
            out.extend(event(who.clone(), cwd.clone(), call, moment(action)));
        }
    };
    match name.strip_prefix("functions.").unwrap_or(name) {
        "multi_tool_use.parallel" => {
            let uses = input.get("tool_uses").and_then(Value::as_array);
            for (nth, one) in uses.into_iter().flatten().take(64).enumerate() {
                let name = text(one, &["recipient_name", "tool_name"]).unwrap_or_default();
                let input = member(one, &["parameters", "tool_input"]);
                push(
                    action(name.strip_prefix("functions.").unwrap_or(name), &input),
                    nth,
                );
            }
        }
        name => push(action(name, &input), 0),
    }
    out
}

fn action(name: &str, input: &Value) -> Option<Action> {
    known(name, input).or_else(|| other(name, input))
}

fn known(name: &str, input: &Value) -> Option<Action> {
    match name {
        "apply_patch" | "Edit" | "Write" => write(edits(input), Report::Paired),
        "Bash" | "exec_command" | "shell" | "shell_command" | "local_shell" => {
            // `apply_patch` as words, or `apply_patch <<EOF` in a shell: the same tool by another door.
            if let Some(patch) = patch_of_words(input) {
                return write(super::patch::edits(patch), Report::Paired);
            }
            let command = command(input, &["command", "cmd"])?;
            if let Action::Command { text, .. } = &command
                && text.contains("apply_patch")
                && super::patch::is_patch(text)
            {
                return write(super::patch::edits(text), Report::Paired);
            }
            Some(command)
        }
        _ => mcp(name, input),
    }
}

/// The patch of `["apply_patch", PATCH]`, in its own letters.
fn patch_of_words(input: &Value) -> Option<&str> {
    let words = texts(input.get("command")?.as_array()?);
    let [program, patch] = words[..] else {
        return None;
    };
    (program.rsplit('/').next() == Some("apply_patch") && super::patch::is_patch(patch))
        .then_some(patch)
}
