//! Looking things up in a payload that may name them in several ways, or not at all.

use std::path::{Path, PathBuf};

use serde_json::Value;
use trueline_authorship::tools;
use trueline_facts::ModelId;

use crate::event::{Action, Change, Edit, Event, Moment, Replacement, Report, Session, Write};

/// Files that one payload may name.
const MOST_PATHS: usize = 256;

/// The first of the names that holds a text which is not empty.
pub(super) fn text<'v>(value: &'v Value, names: &[&str]) -> Option<&'v str> {
    names
        .iter()
        .filter_map(|name| value.get(name)?.as_str())
        .find(|text| !text.is_empty())
}

/// The first of the names that is there. A member that holds JSON as a text is opened.
pub(super) fn member(value: &Value, names: &[&str]) -> Value {
    let found = names.iter().find_map(|name| value.get(name));
    match found {
        Some(Value::String(inner)) => {
            serde_json::from_str(inner).unwrap_or_else(|_| Value::String(inner.clone()))
        }
        Some(found) => found.clone(),
        None => Value::Null,
    }
}

/// A path as payloads write it: perhaps a `file:` address, perhaps `/c:/…` on Windows.
pub(super) fn path(text: &str) -> PathBuf {
    let text = text
        .strip_prefix("file://localhost")
        .or_else(|| text.strip_prefix("file://"))
        .unwrap_or(text);
    let bytes = text.as_bytes();
    let drive =
        bytes.len() > 2 && bytes[0] == b'/' && bytes[1].is_ascii_alphabetic() && bytes[2] == b':';
    PathBuf::from(if drive { &text[1..] } else { text })
}

/// Every text in a list or a single text, as paths.
pub(super) fn paths(value: &Value) -> Vec<PathBuf> {
    match value {
        Value::String(one) if !one.is_empty() => match serde_json::from_str::<Vec<String>>(one) {
            Ok(many) => many.iter().map(|one| path(one)).collect(),
            Err(_) => vec![path(one)],
        },
        Value::Array(many) => many
            .iter()
            .filter_map(Value::as_str)
            .filter(|one| !one.is_empty())
            .take(MOST_PATHS)
            .map(path)
            .collect(),
        _ => Vec::new(),
    }
}

/// The directory a payload names, else where the hook was started.
pub(super) fn directory(value: &Value, names: &[&str], here: &Path) -> PathBuf {
    text(value, names).map_or_else(|| here.to_owned(), |text| here.join(path(text)))
}

pub(super) fn model(value: &Value) -> Option<ModelId> {
    match value.get("model").or_else(|| value.get("model_name"))? {
        Value::String(name) => tools::model(name),
        // Cline and others: provider and slug.
        Value::Object(parts) => ["slug", "id", "name"]
            .iter()
            .find_map(|key| tools::model(parts.get(*key)?.as_str()?)),
        _ => None,
    }
}

/// Who it is, from the usual names of the fields.
pub(super) fn session(tool: &str, value: &Value, conversation: &[&str]) -> Session {
    let transcript = text(
        value,
        &[
            "transcript_path",
            "transcriptPath",
            "chat_session_path",
            "chatSessionPath",
        ],
    );
    let conversation = text(value, conversation).or_else(|| {
        transcript
            .map(Path::new)
            .and_then(Path::file_stem)
            .and_then(std::ffi::OsStr::to_str)
    });
    Session {
        tool: tools::fold(tool),
        conversation: conversation.unwrap_or("unnamed").into(),
        model: model(value),
        transcript: transcript.map(path),
    }
}

/// The id of a call, by which before and after are told to be the same.
pub(super) fn call(value: &Value) -> Option<Box<str>> {
    text(
        value,
        &[
            "tool_use_id",
            "toolUseId",
            "tool_call_id",
            "toolCallId",
            "execution_id",
            "call_id",
        ],
    )
    .map(Into::into)
}

/// The names that tools use for the file of a call.
pub(super) const FILE: [&str; 12] = [
    "file_path",
    "filePath",
    "path",
    "filepath",
    "notebook_path",
    "target_file",
    "targetFile",
    "relative_workspace_path",
    "uri",
    "fileName",
    "file_name",
    "filename",
];

/// What the usual fields say of a write: whole content, texts replaced, or nothing.
pub(super) fn change(input: &Value) -> Change {
    if let Some(Value::Array(edits)) = input.get("edits") {
        let replaced: Vec<Replacement> = edits.iter().filter_map(replacement).collect();
        if !replaced.is_empty() && replaced.len() == edits.len() {
            return Change::Replace(replaced);
        }
    }
    if let Some(one) = replacement(input) {
        return Change::Replace(vec![one]);
    }
    for name in ["content", "contents", "file_text", "fileText", "new_source"] {
        if let Some(content) = input.get(name).and_then(Value::as_str) {
            // A cell of a notebook is not its whole file; one that goes has no text.
            return if name == "new_source" {
                match input.get("edit_mode").and_then(Value::as_str) {
                    Some("delete") => Change::Untold,
                    _ => Change::Sketch(content.into()),
                }
            } else {
                Change::Whole(content.into())
            };
        }
    }
    Change::Untold
}

fn replacement(input: &Value) -> Option<Replacement> {
    let old = [
        "old_string",
        "oldString",
        "old_str",
        "oldStr",
        "oldText",
        "old_text",
    ]
    .iter()
    .find_map(|name| input.get(name)?.as_str())?;
    let new = [
        "new_string",
        "newString",
        "new_str",
        "newStr",
        "newText",
        "new_text",
    ]
    .iter()
    .find_map(|name| input.get(name)?.as_str())?;
    Some(Replacement {
        old: old.into(),
        new: new.into(),
    })
}

/// The edit of a call that names one file, or those of a patch in it.
pub(super) fn edits(input: &Value) -> Vec<Edit> {
    for name in ["patch", "input", "command", "patchText", "patch_text"] {
        let patch = match input {
            Value::String(text) => Some(text.as_str()),
            _ => input.get(name).and_then(Value::as_str),
        };
        if let Some(patch) = patch.filter(|patch| super::patch::is_patch(patch)) {
            return super::patch::edits(patch);
        }
    }
    // VS Code: several files in one call.
    if let Some(Value::Array(all)) = input.get("replacements") {
        let each = all.iter().take(MOST_PATHS).filter_map(|one| {
            Some(Edit {
                path: path(text(one, &FILE)?),
                change: change(one),
            })
        });
        return each.collect();
    }
    match text(input, &FILE) {
        Some(file) => vec![Edit {
            path: path(file),
            change: change(input),
        }],
        None => Vec::new(),
    }
}

/// Files that a payload names anywhere, where its shape is not known. Depth and number are bounded.
pub(crate) fn named_files(value: &Value) -> Vec<PathBuf> {
    const NAMES: [&str; 11] = [
        "file_path",
        "filepath",
        "path",
        "fspath",
        "files",
        "filepaths",
        "file_paths",
        "filePath",
        "fsPath",
        "filePaths",
        "uri",
    ];
    let mut found = Vec::new();
    let mut waiting = vec![(value, 0_u32)];
    while let Some((value, depth)) = waiting.pop() {
        if depth > 8 || found.len() >= MOST_PATHS {
            break;
        }
        match value {
            Value::Object(members) => {
                for (name, member) in members {
                    if NAMES.contains(&name.as_str()) {
                        found.extend(paths(member));
                    }
                    waiting.push((member, depth + 1));
                }
            }
            Value::Array(items) => waiting.extend(items.iter().map(|item| (item, depth + 1))),
            _ => {}
        }
    }
    found.sort();
    found.dedup();
    found
}

/// `mcp__server__tool`, as Claude and Codex name tools of MCP servers.
pub(super) fn mcp(name: &str, input: &Value) -> Option<Action> {
    let (server, tool) = name.strip_prefix("mcp__")?.split_once("__")?;
    Some(Action::McpCall {
        server: server.into(),
        tool: tool.into(),
        arguments: input.clone(),
    })
}

pub(super) fn command(input: &Value, names: &[&str]) -> Option<Action> {
    let text = match names.iter().find_map(|name| input.get(name))? {
        Value::String(text) => text.clone(),
        // Codex's `shell` takes a list of words.
        Value::Array(words) => shell_text(&texts(words)),
        _ => return None,
    };
    // Each tool has its own word for it.
    let background = [
        "run_in_background",
        "runInBackground",
        "is_background",
        "isBackground",
    ]
    .iter()
    .any(|name| input.get(name).and_then(Value::as_bool) == Some(true))
        || crate::shell::goes_on(&text);
    Some(Action::Command {
        text: text.into(),
        background,
    })
}

/// A call that is not understood. Those whose names say that they only look, ask or plan are passed over, and
/// those that start another agent, whose own calls are told.
pub(super) fn other(name: &str, input: &Value) -> Option<Action> {
    const LOOKING: [&str; 14] = [
        "read", "view", "list", "search", "find", "get", "fetch", "web", "todo", "ask", "grep",
        "glob", "think", "plan",
    ];
    const PASSED_OVER: [&str; 19] = [
        "ls",
        "task",
        "agent",
        "skill",
        "exitplanmode",
        "enterplanmode",
        "updateplan",
        "updatetodo",
        "managetodolist",
        "switchmode",
        "reportintent",
        "requestuserinput",
        "bashoutput",
        "taskoutput",
        "killshell",
        "killbash",
        "stopbash",
        "spawnagent",
        "waitagent",
    ];
    let folded: String = name
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect();
    let passed = folded.is_empty()
        || LOOKING.iter().any(|word| folded.starts_with(word))
        || folded.ends_with("search")
        || PASSED_OVER.contains(&folded.as_str());
    (!passed).then(|| Action::Other {
        tool: name.into(),
        arguments: input.clone(),
    })
}

/// The texts of a list, in order.
pub(super) fn texts(list: &[Value]) -> Vec<&str> {
    list.iter().filter_map(Value::as_str).collect()
}

/// A list of words as a shell text. What a shell is given to run is that text itself; words that no shell reads are
/// quoted, so that whoever reads the text finds the same words again.
pub(super) fn shell_text(words: &[&str]) -> String {
    if let Some(code) = code_of_shell(words) {
        return code.to_owned();
    }
    let quoted: Vec<String> = words.iter().map(|word| quoted(word)).collect();
    quoted.join(" ")
}

/// `TEXT` of `bash -lc TEXT`, where nothing else follows.
fn code_of_shell<'w>(words: &[&'w str]) -> Option<&'w str> {
    let [program, options @ .., code] = words else {
        return None;
    };
    let name = program.rsplit(['/', '\\']).next()?.to_ascii_lowercase();
    let takes_code: fn(&str) -> bool = match name.strip_suffix(".exe").unwrap_or(&name) {
        "sh" | "bash" | "zsh" | "dash" | "ksh" | "ash" | "fish" => {
            |option| option.starts_with('-') && !option.starts_with("--") && option.ends_with('c')
        }
        "powershell" | "pwsh" => {
            |option| option.eq_ignore_ascii_case("-command") || option.eq_ignore_ascii_case("-c")
        }
        "cmd" => |option| option.eq_ignore_ascii_case("/c"),
        _ => return None,
    };
    let (last, before) = options.split_last()?;
    let is_option = |word: &&str| word.starts_with(['-', '+', '/']);
    (takes_code(last) && before.iter().all(is_option)).then_some(*code)
}

/// A word as a shell reads it again.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "-_./:=@%+,".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

pub(super) fn write(edits: Vec<Edit>, report: Report) -> Option<Action> {
    (!edits.is_empty()).then_some(Action::Write(Write { edits, report }))
}

pub(super) fn event(
    session: Session,
    cwd: PathBuf,
    call: Option<Box<str>>,
    moment: Moment,
) -> Vec<Event> {
    vec![Event {
        session,
        cwd,
        call,
        moment,
    }]
}
