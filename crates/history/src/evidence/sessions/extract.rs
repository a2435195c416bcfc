//! From a transcript to the lines that an agent inserted, as hashes.
//!
//! Only calls of editing tools are looked at, and of their results whether they failed and what the file
//! held before: prompts and answers are passed over. Of an edit that replaces text only the new lines
//! count; of a patch only the `+` lines.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Component, Path, PathBuf};

use bstr::ByteSlice as _;
use serde_json::Value;
use trueline_authorship::{note, tools};
use trueline_facts::{ModelId, SessionId, ToolId};

use super::discover::{Form, Transcript};
use super::line_hash;
use super::outcome::{self, Outcome};
use crate::evidence::objects::added_lines;

/// A transcript larger than this is skipped.
const MAX_TRANSCRIPT: u64 = 64 << 20;
/// A line of a transcript longer than this is skipped; images are pasted into some.
const MAX_LINE: u64 = 16 << 20;
/// Values that are looked at in the arguments of one call.
const MAX_VALUES: usize = 10_000;
/// Calls that wait for their result; agents make a handful at once.
const MAX_WAITING: usize = 100;

/// The agent of a transcript, at one point of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Session {
    pub(super) tool: ToolId,
    pub(super) model: Option<ModelId>,
    /// Hashed, as notes have it.
    pub(super) id: Option<SessionId>,
}

/// Receives path, agent, time and hashed lines of each passage that was inserted.
pub(super) type Sink<'s> = dyn FnMut(Vec<u8>, &Session, Option<i64>, Vec<u64>) + 's;

/// Reads one transcript. What comes before an error was good.
pub(super) fn read(
    transcript: &Transcript,
    roots: &[PathBuf],
    sink: &mut Sink<'_>,
) -> io::Result<()> {
    let file = File::open(&transcript.path)?;
    if file.metadata()?.len() > MAX_TRANSCRIPT {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    let tool = match transcript.form {
        Form::Claude => "claude",
        Form::Codex => "codex",
        Form::Copilot => "github-copilot",
        Form::Gemini => "gemini",
        Form::Aider => "aider",
    };
    let mut reader = Reader {
        roots,
        sink,
        session: Session {
            tool: tools::fold(tool),
            model: None,
            id: None,
        },
        directory: transcript.base.clone(),
        time: None,
        before: None,
        waiting: Vec::new(),
    };
    match transcript.form {
        Form::Claude | Form::Codex | Form::Copilot => {
            let read = for_each_line(file, |line| {
                if let Ok(value) = serde_json::from_slice::<Value>(line) {
                    reader.message(&value, transcript.form);
                }
            });
            for waiting in std::mem::take(&mut reader.waiting) {
                reader.went(waiting, None);
            }
            read
        }
        Form::Gemini => {
            let document: Value = serde_json::from_reader(BufReader::new(file))?;
            reader.context(&document);
            for message in document["messages"].as_array().into_iter().flatten() {
                reader.context(message);
                for call in message["toolCalls"].as_array().into_iter().flatten() {
                    if let Outcome::Done { before } = outcome::of_gemini(call) {
                        reader.before = before;
                        reader.call(&call["args"]);
                    }
                }
            }
            Ok(())
        }
        Form::Aider => {
            let mut text = Vec::new();
            BufReader::new(file).read_to_end(&mut text)?;
            reader.markdown(&text);
            Ok(())
        }
    }
}

fn for_each_line(file: File, mut visit: impl FnMut(&[u8])) -> io::Result<()> {
    let mut reader = BufReader::new(file);
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = (&mut reader).take(MAX_LINE).read_until(b'\n', &mut line)?;
        if read == 0 {
            return Ok(());
        }
        if line.ends_with(b"\n") || (line.len() as u64) < MAX_LINE {
            visit(&line);
        } else {
            reader.skip_until(b'\n')?;
        }
    }
}

struct Reader<'r> {
    roots: &'r [PathBuf],
    sink: &'r mut Sink<'r>,
    session: Session,
    directory: Option<PathBuf>,
    time: Option<i64>,
    /// What the file of the call held, if its result says.
    before: Option<String>,
    /// Calls whose result was not read yet.
    waiting: Vec<Waiting>,
}

/// A call, and what was so when it was made.
struct Waiting {
    id: String,
    arguments: Value,
    session: Session,
    directory: Option<PathBuf>,
    time: Option<i64>,
}

impl Reader<'_> {
    /// Its result decides about a call; one without a name has none.
    fn begins(&mut self, id: &Value, arguments: &Value) {
        let Some(id) = id.as_str() else {
            self.before = None;
            return self.call(arguments);
        };
        if self.waiting.len() == MAX_WAITING {
            let oldest = self.waiting.remove(0);
            self.went(oldest, None);
        }
        self.waiting.push(Waiting {
            id: id.to_owned(),
            arguments: arguments.clone(),
            session: self.session.clone(),
            directory: self.directory.clone(),
            time: self.time,
        });
    }

    fn went(&mut self, call: Waiting, before: Option<String>) {
        let session = std::mem::replace(&mut self.session, call.session);
        let directory = std::mem::replace(&mut self.directory, call.directory);
        let time = std::mem::replace(&mut self.time, call.time);
        self.before = before;
        self.call(&call.arguments);
        (self.session, self.directory, self.time) = (session, directory, time);
    }

    fn message(&mut self, value: &Value, form: Form) {
        self.context(value);
        for (id, outcome) in outcome::results(value, form) {
            let at = self.waiting.iter().rposition(|waiting| waiting.id == id);
            if let Some(at) = at {
                let call = self.waiting.remove(at);
                if let Outcome::Done { before } = outcome {
                    self.went(call, before);
                }
            }
        }
        match form {
            Form::Claude => {
                self.context(&value["message"]);
                if value["type"] != "assistant" {
                    return;
                }
                for part in value["message"]["content"].as_array().into_iter().flatten() {
                    if part["type"] == "tool_use" {
                        self.begins(&part["id"], &part["input"]);
                    }
                }
            }
            Form::Codex => {
                // Older versions wrote the item without an envelope.
                let item = value.get("payload").unwrap_or(value);
                self.context(item);
                let is_call = matches!(
                    item["type"].as_str(),
                    Some("function_call" | "custom_tool_call" | "local_shell_call")
                );
                if is_call {
                    self.begins(&item["call_id"], item);
                }
            }
            Form::Copilot => {
                let data = &value["data"];
                self.context(data);
                if value["type"] == "tool.execution_start" {
                    self.begins(&data["toolCallId"], &data["arguments"]);
                }
            }
            Form::Gemini | Form::Aider => {}
        }
    }

    /// Takes over what a message says of directory, model, session and time.
    fn context(&mut self, value: &Value) {
        let text = |names: &[&str]| names.iter().find_map(|name| value[*name].as_str());
        if let Some(directory) = text(&["cwd", "workspaceRoot"]) {
            self.directory = Some(PathBuf::from(directory));
        }
        if let Some(model) =
            text(&["model", "currentModel", "selectedModel"]).and_then(tools::model)
        {
            self.session.model = Some(model);
        }
        if let Some(time) = text(&["timestamp"]).and_then(|t| t.parse::<jiff::Timestamp>().ok()) {
            self.time = Some(time.as_second());
        }
        let id = text(&["sessionId", "session_id", "conversationId"]).or_else(|| {
            let opens = value["originator"].is_string() || value["cli_version"].is_string();
            opens.then(|| value["id"].as_str()).flatten()
        });
        if let Some(id) = id {
            let key = note::session_key(self.session.tool.as_str(), id);
            self.session.id = Some(SessionId::new(key));
        }
    }

    /// Looks for edits in the arguments of a call, wherever the tool puts them.
    fn call(&mut self, arguments: &Value) {
        let mut todo = vec![arguments.clone()];
        let mut looked_at = 0;
        while let Some(value) = todo.pop() {
            looked_at += 1;
            if looked_at > MAX_VALUES {
                return;
            }
            match value {
                Value::String(text) => {
                    if text.contains("*** Begin Patch") {
                        match serde_json::from_str::<Value>(&text) {
                            Ok(inner @ (Value::Object(_) | Value::Array(_))) => todo.push(inner),
                            _ => self.patch(&text),
                        }
                    } else if text.starts_with('{')
                        && let Ok(inner @ Value::Object(_)) = serde_json::from_str(&text)
                    {
                        todo.push(inner);
                    }
                }
                Value::Array(items) => todo.extend(items.into_iter().rev()),
                Value::Object(_) => {
                    if !self.edit(&value)
                        && let Value::Object(members) = value
                    {
                        todo.extend(members.into_iter().map(|member| member.1).rev());
                    }
                }
                _ => {}
            }
        }
    }

    /// An object that names a file and what was put into it.
    fn edit(&mut self, value: &Value) -> bool {
        let text = |value: &Value, names: &[&str]| {
            names
                .iter()
                .find_map(|name| value[*name].as_str().map(str::to_owned))
        };
        let path = text(
            value,
            &[
                "file_path",
                "filePath",
                "path",
                "notebook_path",
                "target_file",
            ],
        );
        let Some(path) = path.and_then(|path| self.inside(&path)) else {
            return false;
        };
        let old = ["old_string", "old_str", "oldString"];
        let new = ["new_string", "new_str", "newString", "new_source"];
        if let Some(edits) = value["edits"].as_array() {
            for edit in edits {
                let before = text(edit, &old).unwrap_or_default();
                if let Some(after) = text(edit, &new) {
                    self.replaced(&path, before.as_bytes(), after.as_bytes());
                }
            }
            return true;
        }
        let (before, after) = if let Some(after) = text(value, &new) {
            (text(value, &old), after)
        } else if let Some(whole) = text(value, &["content", "file_text"]) {
            (self.before.take(), whole)
        } else {
            return false;
        };
        let before = before.unwrap_or_default();
        self.replaced(&path, before.as_bytes(), after.as_bytes());
        true
    }

    fn replaced(&mut self, path: &[u8], before: &[u8], after: &[u8]) {
        let lines: Vec<&[u8]> = bstr::ByteSlice::lines(after).collect();
        // Where the texts end says nothing of the line's end in the file.
        let whole = |text: &[u8]| [text.trim_end_with(|c| c == '\n'), b"\n"].concat();
        for range in added_lines(&whole(before), &whole(after)) {
            let added = lines.get(range.start as usize..range.end as usize);
            self.emit(path, added.unwrap_or_default().iter().copied());
        }
    }

    fn patch(&mut self, text: &str) {
        let mut path: Option<Vec<u8>> = None;
        let mut added: Vec<&[u8]> = Vec::new();
        for line in text.lines().chain(["*** End Patch"]) {
            if let (Some(_), Some(inserted)) = (&path, line.strip_prefix('+')) {
                added.push(inserted.as_bytes());
                continue;
            }
            if let Some(path) = &path {
                let lines = std::mem::take(&mut added);
                self.emit(path, lines.into_iter());
            }
            let file = ["*** Add File: ", "*** Update File: ", "*** Move to: "]
                .iter()
                .find_map(|start| line.strip_prefix(start));
            if let Some(file) = file {
                path = self.inside(file.trim());
            } else if line.starts_with("*** Delete File: ") {
                path = None;
            }
        }
    }

    /// aider: a path, a fence, and between markers the text before and after.
    fn markdown(&mut self, text: &[u8]) {
        let mut before: Vec<u8> = Vec::new();
        let mut after: Vec<u8> = Vec::new();
        let mut recent: [&[u8]; 2] = [b"", b""];
        let mut at = Part::Outside;
        let mut path = None;
        for line in text.lines_with_terminator() {
            let bare = line.trim_end();
            match at {
                Part::Outside => {
                    if bare.starts_with(b"<<<<<<< SEARCH") {
                        let named = recent.iter().rev().find(|l| !l.starts_with(b"```"));
                        path = named
                            .and_then(|name| name.to_str().ok())
                            .and_then(|name| self.inside(name.trim_matches(['`', '*', ' '])));
                        before.clear();
                        after.clear();
                        at = Part::Before;
                    } else if let Some(model) = bare
                        .strip_prefix(b"> Model: ")
                        .and_then(|rest| rest.split_str(" ").next())
                    {
                        self.session.model = tools::model(&model.to_str_lossy());
                    } else if !bare.is_empty() {
                        recent = [recent[1], bare];
                    }
                }
                Part::Before if bare.starts_with(b"=======") => at = Part::After,
                Part::Before => before.extend_from_slice(line),
                Part::After if bare.starts_with(b">>>>>>> REPLACE") => {
                    if let Some(path) = &path {
                        self.replaced(path, &before, &after);
                    }
                    at = Part::Outside;
                }
                Part::After => after.extend_from_slice(line),
            }
        }
    }

    fn emit<'l>(&mut self, path: &[u8], lines: impl Iterator<Item = &'l [u8]>) {
        let hashes: Vec<u64> = lines.map(line_hash).collect();
        if !hashes.is_empty() {
            (self.sink)(path.to_vec(), &self.session, self.time, hashes);
        }
    }

    /// The path within the repository that a transcript's path stands for.
    fn inside(&self, path: &str) -> Option<Vec<u8>> {
        let path = path.strip_prefix("file://").unwrap_or(path);
        let path = match &self.directory {
            Some(directory) => directory.join(path),
            None => PathBuf::from(path),
        };
        let path = without_dots(&path)?;
        let relative = self
            .roots
            .iter()
            .find_map(|root| path.strip_prefix(root).ok())?;
        let parts: Vec<&[u8]> = relative
            .components()
            .map(|part| part.as_os_str().as_encoded_bytes())
            .collect();
        (!parts.is_empty()).then(|| parts.join(&b'/'))
    }
}

#[derive(Clone, Copy)]
enum Part {
    Outside,
    Before,
    After,
}

/// Resolves `.` and `..` by name alone: nothing on disk is looked at.
fn without_dots(path: &Path) -> Option<PathBuf> {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                if !out.pop() {
                    return None;
                }
            }
            other => out.push(other),
        }
    }
    Some(out)
}
