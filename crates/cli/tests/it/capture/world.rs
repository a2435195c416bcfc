//! Repositories with hooks installed, agents and persons who write in them, and the account of who
//! wrote what.
//!
//! Every line is unique, so that its text alone says who wrote it; where it is asked for, lines that any text has
//! stand between them. What the notes say is read by `git blame` and a reader of the note's head that shares no code
//! with ours.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::rc::Rc;

use serde_json::{Value, json};
use tempfile::TempDir;

/// Who wrote a line.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum Writer {
    /// An agent, by the tool that notes name.
    Ai(&'static str),
    /// A person.
    Person,
    /// A tool's call that hooks cannot follow: nobody is named, or the tool.
    Unfollowed(&'static str),
}

/// An agent none of whose lines is ever kept.
pub(crate) const THROWN_AWAY: Tool = Tool {
    dialect: "generic",
    name: "thrown-away",
};

/// Lines that any text has.
const COMMON: [&str; 6] = [
    "}",
    "    pass",
    "",
    "    return None",
    "    try:",
    "    else:",
];

/// How a tool's payloads look.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Tool {
    /// As `hook run` names it.
    pub(crate) dialect: &'static str,
    /// As notes name it.
    pub(crate) name: &'static str,
}

pub(crate) const CLAUDE: Tool = Tool {
    dialect: "claude",
    name: "claude",
};
pub(crate) const CURSOR: Tool = Tool {
    dialect: "cursor",
    name: "cursor",
};
pub(crate) const CODEX: Tool = Tool {
    dialect: "codex",
    name: "codex",
};
pub(crate) const GEMINI: Tool = Tool {
    dialect: "gemini",
    name: "gemini",
};
pub(crate) const COPILOT: Tool = Tool {
    dialect: "copilot",
    name: "github-copilot",
};
pub(crate) const WINDSURF: Tool = Tool {
    dialect: "windsurf",
    name: "windsurf",
};
pub(crate) const OPENCODE: Tool = Tool {
    dialect: "opencode",
    name: "opencode",
};
pub(crate) const TOOLS: [Tool; 7] = [CLAUDE, CURSOR, CODEX, GEMINI, COPILOT, WINDSURF, OPENCODE];

/// Everything that happens: who wrote which line, and when.
#[derive(Default)]
pub(crate) struct Account {
    next: Cell<u32>,
    writers: RefCell<BTreeMap<String, Writer>>,
    clock: Cell<i64>,
    calls: Cell<u32>,
    /// Lines that are like others stand between the unique ones.
    repeats: Cell<bool>,
}

/// A clone in which hooks are installed.
pub(crate) struct Clone {
    root: PathBuf,
    person: &'static str,
    account: Rc<Account>,
    folder: Rc<TempDir>,
}

/// What notes say of the lines of HEAD.
#[derive(Debug, Default)]
pub(crate) struct Compared {
    /// Lines of agents.
    pub(crate) ai: usize,
    /// Of those, lines that a note gives to that agent.
    pub(crate) kept: usize,
    /// Lines of persons that a note gives to a person.
    pub(crate) people: usize,
    /// Lines with another writer than they have: said so in words.
    pub(crate) wrong: Vec<String>,
    /// Lines of agents without a note.
    pub(crate) lost: Vec<String>,
    /// Lines that are like others, and those of them that have the name of a line beside them, or of none.
    pub(crate) common: usize,
    pub(crate) named_as_beside: usize,
    pub(crate) named_otherwise: usize,
}

impl Writer {
    fn is_called(self, name: &str) -> bool {
        match self {
            Self::Ai(tool) | Self::Unfollowed(tool) => tool == name,
            Self::Person => name == "person",
        }
    }
}

impl Account {
    /// A new line by somebody.
    fn line(&self, writer: Writer) -> String {
        let number = self.next.get();
        self.next.set(number + 1);
        let text = format!(
            "line_{number:05} = {}",
            number.wrapping_mul(2_654_435_761) % 9_973
        );
        self.writers.borrow_mut().insert(text.clone(), writer);
        text
    }

    pub(crate) fn writer(&self, line: &str) -> Option<Writer> {
        self.writers.borrow().get(line.trim()).copied()
    }

    /// Lines that any text has, after a unique one.
    fn common(&self) -> impl Iterator<Item = &'static str> {
        let number = self.next.get();
        let count = if self.repeats.get() { number % 3 } else { 0 };
        (0..count).map(move |at| {
            COMMON[(number.wrapping_mul(2_654_435_761) >> 7) as usize % 5 + at as usize % 2]
        })
    }

    fn call(&self) -> String {
        self.calls.set(self.calls.get() + 1);
        format!("call-{}", self.calls.get())
    }
}

impl Clone {
    /// A repository with one commit, and hooks for git.
    pub(crate) fn new() -> Self {
        let clone = Self::bare_of_hooks();
        clone.write("README.md", "A project.\n");
        clone.git(&["add", "--all"]);
        clone.git(&["commit", "--quiet", "-m", "begin"]);
        clone.install();
        clone
    }

    /// An empty repository without hooks.
    pub(crate) fn bare_of_hooks() -> Self {
        let folder = TempDir::new().unwrap();
        let root = folder.path().canonicalize().unwrap().join("work");
        std::fs::create_dir(&root).unwrap();
        let account = Rc::new(Account::default());
        account.clock.set(1_767_225_600);
        let clone = Self {
            root,
            person: "Ada",
            account,
            folder: Rc::new(folder),
        };
        clone.git(&["init", "--quiet", "--initial-branch=main"]);
        clone.identify();
        clone
    }

    /// Hooks of git alone: the tests run the tools' hooks themselves.
    pub(crate) fn install(&self) {
        let run = self.trueline(&["hook", "install", "--tool", "claude", "--yes"], b"");
        assert!(run.status.success(), "{run:?}");
        std::fs::write(self.root.join(".git/info/exclude"), ".claude\n").unwrap();
    }

    /// A clone of this one by somebody else, with hooks; and a remote that both know as `origin`.
    pub(crate) fn cloned(&self, person: &'static str) -> Self {
        let remote = self.root.parent().unwrap().join("remote.git");
        if !remote.exists() {
            let remote = remote.to_str().unwrap();
            self.git(&["clone", "--quiet", "--bare", ".", remote]);
            self.git(&["remote", "add", "origin", remote]);
            self.git(&["fetch", "--quiet", "origin"]);
        }
        let root = self.root.parent().unwrap().join(person);
        self.git(&[
            "clone",
            "--quiet",
            remote.to_str().unwrap(),
            root.to_str().unwrap(),
        ]);
        let clone = Self {
            root,
            person,
            account: Rc::clone(&self.account),
            folder: Rc::clone(&self.folder),
        };
        clone.identify();
        clone.install();
        clone
    }

    fn identify(&self) {
        self.git(&["config", "user.name", self.person]);
        let email = format!("{}@example.org", self.person.to_lowercase());
        self.git(&["config", "user.email", &email]);
        self.git(&["config", "commit.gpgsign", "false"]);
        self.git(&["config", "gc.auto", "0"]);
        // Else a process a commit that finds nothing to do.
        self.git(&["config", "maintenance.auto", "false"]);
        self.git(&["config", "core.autocrlf", "false"]);
        self.git(&["config", "protocol.file.allow", "always"]);
        self.git(&["config", "advice.detachedHead", "false"]);
        self.git(&["config", "merge.conflictStyle", "merge"]);
    }

    pub(crate) fn path(&self) -> &Path {
        &self.root
    }

    fn environment(&self, command: &mut Command) {
        self.account.clock.set(self.account.clock.get() + 60);
        let date = format!("{} +0000", self.account.clock.get());
        let program = Path::new(env!("CARGO_BIN_EXE_trueline"));
        let path = std::env::var("PATH").unwrap_or_default();
        command
            .current_dir(&self.root)
            .env(
                "PATH",
                format!("{}:{path}", program.parent().unwrap().display()),
            )
            .env("HOME", self.root.parent().unwrap())
            .env(
                "XDG_CONFIG_HOME",
                self.root.parent().unwrap().join("config"),
            )
            .env("XDG_CACHE_HOME", self.root.parent().unwrap().join("cache"))
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_SYSTEM", "/dev/null")
            .env("GIT_AUTHOR_DATE", &date)
            .env("GIT_COMMITTER_DATE", &date)
            .env("GIT_EDITOR", "true")
            .env("GIT_SEQUENCE_EDITOR", "true");
    }

    /// Runs git; fails the test if git fails.
    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        let output = self.try_git(arguments);
        assert!(
            output.status.success(),
            "git {arguments:?} in {}: {}{}",
            self.root.display(),
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    pub(crate) fn try_git(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new("git");
        command.args(arguments);
        self.environment(&mut command);
        command.output().unwrap()
    }

    /// Runs git with another editor for lists of commits.
    pub(crate) fn git_edited(&self, editor: &str, arguments: &[&str]) -> String {
        let mut command = Command::new("git");
        command.args(arguments);
        self.environment(&mut command);
        command.env("GIT_SEQUENCE_EDITOR", editor);
        let output = command.output().unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Runs the program with something on its standard input.
    pub(crate) fn trueline(&self, arguments: &[&str], input: &[u8]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_trueline"));
        command.args(arguments);
        self.environment(&mut command);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A program that does not read its input may be gone before it is written.
        let _ = child.stdin.take().unwrap().write_all(input);
        child.wait_with_output().unwrap()
    }

    /// A tool's hook: it must pass and print nothing but what lets the tool go on.
    pub(crate) fn hook(&self, tool: Tool, payload: &Value) {
        let run = self.trueline(
            &["hook", "run", tool.dialect],
            payload.to_string().as_bytes(),
        );
        assert_eq!(run.status.code(), Some(0), "{payload}: {run:?}");
        let expected = if tool == CURSOR { "{}\n" } else { "" };
        assert_eq!(String::from_utf8_lossy(&run.stdout), expected);
    }

    pub(crate) fn write(&self, file: &str, content: &str) {
        let path = self.root.join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    pub(crate) fn read(&self, file: &str) -> String {
        std::fs::read_to_string(self.root.join(file)).unwrap_or_default()
    }

    /// New lines by somebody, as a text.
    pub(crate) fn lines(&self, writer: Writer, count: usize) -> String {
        let mut text = String::new();
        for _ in 0..count {
            text += &(self.account.line(writer) + "\n");
            for common in self.account.common() {
                text.push_str(common);
                text.push('\n');
            }
        }
        text
    }

    /// From here on, lines that any text has stand between the unique ones.
    pub(crate) fn repeat_lines(&self) {
        self.account.repeats.set(true);
    }

    /// What a person writes who has the same to do: other lines of her own, the same that any text has.
    pub(crate) fn alike(&self, text: &str) -> String {
        text.lines()
            .map(|line| match self.account.writer(line) {
                Some(_) => self.account.line(Writer::Person) + "\n",
                None => format!("{line}\n"),
            })
            .collect()
    }

    /// A text that was taken away is a person's from here on, who types it again word for word.
    pub(crate) fn retyped(&self, text: &str) {
        for line in text
            .lines()
            .filter(|line| self.account.writer(line).is_some())
        {
            let mut writers = self.account.writers.borrow_mut();
            writers.insert(line.trim().to_owned(), Writer::Person);
        }
    }

    /// A person adds lines after `at` lines of a file; nobody looks.
    pub(crate) fn person(&self, file: &str, at: usize, count: usize) {
        let new = self.lines(Writer::Person, count);
        self.write(file, &inserted(&self.read(file), at, &new));
    }

    /// An agent adds lines after `at` lines of a file, by its tool for edits, or as a new file.
    pub(crate) fn agent(&self, tool: Tool, file: &str, at: usize, count: usize) {
        let new = self.lines(Writer::Ai(tool.name), count);
        let before = self.read(file);
        let after = inserted(&before, at, &new);
        self.agent_writes(tool, file, &after, || {});
    }

    /// An agent gives a file another content; what else happens between its hooks is in `meanwhile`.
    pub(crate) fn agent_writes(
        &self,
        tool: Tool,
        file: &str,
        after: &str,
        meanwhile: impl FnOnce(),
    ) {
        let before = self.read(file);
        let call = self.account.call();
        let payload = |moment| payload(tool, moment, &call, &self.root, file, &before, after);
        self.hook(tool, &payload(Moment::Before));
        self.write(file, after);
        meanwhile();
        self.hook(tool, &payload(Moment::After));
    }

    /// The same, and each hook fires twice; if `late`, the first one's second time is after the write.
    pub(crate) fn agent_writes_twice_told(&self, tool: Tool, file: &str, after: &str, late: bool) {
        let before = self.read(file);
        let call = self.account.call();
        let payload = |moment| payload(tool, moment, &call, &self.root, file, &before, after);
        self.hook(tool, &payload(Moment::Before));
        if !late {
            self.hook(tool, &payload(Moment::Before));
        }
        self.write(file, after);
        if late {
            self.hook(tool, &payload(Moment::Before));
        }
        self.hook(tool, &payload(Moment::After));
        self.hook(tool, &payload(Moment::After));
    }

    /// Claude Code calls a tool that hooks cannot follow, which writes a file.
    pub(crate) fn unfollowed(&self, name: &str, file: &str, after: &str, told_after: bool) {
        let call = self.account.call();
        let payload = |event: &str| {
            json!({
                "session_id": "claude-session", "cwd": self.root, "hook_event_name": event, "tool_name": name,
                "tool_use_id": call, "tool_input": {"path": self.root.join(file), "text": after},
            })
        };
        self.hook(CLAUDE, &payload("PreToolUse"));
        self.write(file, after);
        if told_after {
            self.hook(CLAUDE, &payload("PostToolUse"));
        }
    }

    /// What a tool tells before and after it gives a file another content.
    pub(crate) fn told(&self, tool: Tool, file: &str, before: &str, after: &str) -> [Value; 2] {
        let call = self.account.call();
        [Moment::Before, Moment::After]
            .map(|moment| payload(tool, moment, &call, &self.root, file, before, after))
    }

    /// A repository in a folder of this one, with hooks.
    pub(crate) fn within(&self, folder: &str) -> Self {
        let clone = Self {
            root: self.root.join(folder),
            person: self.person,
            account: Rc::clone(&self.account),
            folder: Rc::clone(&self.folder),
        };
        clone.identify();
        let run = clone.trueline(&["hook", "install", "--tool", "claude", "--yes"], b"");
        assert!(run.status.success(), "{run:?}");
        clone
    }

    /// What a tool tells before it gives a file another content.
    pub(crate) fn before_write(&self, tool: Tool, file: &str, after: &str) -> Value {
        let before = self.read(file);
        let call = self.account.call();
        payload(
            tool,
            Moment::Before,
            &call,
            &self.root,
            file,
            &before,
            after,
        )
    }

    /// What a tool tells before it runs a command.
    pub(crate) fn before_command(&self, tool: Tool, text: &str) -> Value {
        let call = self.account.call();
        command_payload(tool, Moment::Before, &call, &self.root, text)
    }

    /// An agent runs a command, whose effect is what `effect` does.
    pub(crate) fn command(&self, tool: Tool, text: &str, effect: impl FnOnce()) {
        let call = self.account.call();
        self.hook(
            tool,
            &command_payload(tool, Moment::Before, &call, &self.root, text),
        );
        effect();
        self.hook(
            tool,
            &command_payload(tool, Moment::After, &call, &self.root, text),
        );
    }

    /// Commits everything; its id.
    pub(crate) fn commit(&self, message: &str) -> String {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "-m", message]);
        self.git(&["rev-parse", "HEAD"])
    }

    pub(crate) fn files(&self) -> Vec<String> {
        self.git(&["ls-tree", "-r", "--name-only", "HEAD"])
            .lines()
            .filter(|name| Path::new(name).extension().is_some_and(|end| end == "py"))
            .map(str::to_owned)
            .collect()
    }

    /// The note of a commit, or nothing.
    pub(crate) fn note(&self, commit: &str) -> String {
        let output = self.try_git(&["notes", "--ref", "refs/notes/ai", "show", commit]);
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// The notes of all commits of HEAD, read by one process: a fuzzer asks for thousands.
    fn notes(&self) -> BTreeMap<String, String> {
        let ref_of_notes = "--notes=refs/notes/ai";
        let log = self.git(&["log", ref_of_notes, "--format=%x01%H%n%N", "HEAD"]);
        log.split('\u{1}')
            .filter_map(|one| one.split_once('\n'))
            .map(|(commit, note)| (commit.to_owned(), note.to_owned()))
            .collect()
    }

    /// What the notes say of every line of HEAD, beside the account.
    pub(crate) fn compare(&self) -> Compared {
        let mut compared = Compared::default();
        let texts = self.notes();
        let mut notes: BTreeMap<String, Option<Heads>> = BTreeMap::new();
        for file in self.files() {
            let blame = self.git(&["blame", "--line-porcelain", "HEAD", "--", &file]);
            let lines = blamed(&blame);
            let writers: Vec<_> = lines
                .iter()
                .map(|line| self.account.writer(&line.text))
                .collect();
            for (at, line) in lines.iter().enumerate() {
                let heads = notes.entry(line.commit.clone()).or_insert_with(|| {
                    Heads::parse(texts.get(&line.commit).map_or("", String::as_str))
                });
                let said = heads
                    .as_ref()
                    .and_then(|heads| heads.writer(&line.file, line.number));
                let place = format!("{file}: {} ({})", line.text, &line.commit[..8]);
                if said == Some(THROWN_AWAY.name) {
                    compared
                        .wrong
                        .push(format!("{place}: nobody's that was kept"));
                }
                let Some(writer) = writers[at] else {
                    compared.common += 1;
                    if let Some(said) = said {
                        // Which of two like lines is the new one is the diff's choice.
                        let above = writers[..at].iter().rev().flatten().take(3);
                        let mut beside = above.chain(writers[at..].iter().flatten().take(3));
                        if beside.any(|writer| writer.is_called(said)) {
                            compared.named_as_beside += 1;
                        } else {
                            compared.named_otherwise += 1;
                        }
                    }
                    continue;
                };
                match (writer, said) {
                    (Writer::Ai(tool), said) => {
                        compared.ai += 1;
                        match said {
                            None => compared.lost.push(place),
                            Some(said) if said == tool => compared.kept += 1,
                            Some(said) => {
                                compared.wrong.push(format!("{place}: {tool}, not {said}"));
                            }
                        }
                    }
                    (Writer::Person | Writer::Unfollowed(_), None) => {}
                    (Writer::Unfollowed(tool), said) if said == Some(tool) => {}
                    (Writer::Unfollowed(tool), Some(said)) => {
                        let wrong = format!("{place}: {tool} unseen, not {said}");
                        compared.wrong.push(wrong);
                    }
                    (Writer::Person, Some("person")) => compared.people += 1,
                    (Writer::Person, Some(said)) => {
                        compared
                            .wrong
                            .push(format!("{place}: a person, not {said}"));
                    }
                }
            }
        }
        compared
    }

    /// Every line of an agent is known, and no line has a wrong name.
    pub(crate) fn assert_whole(&self) -> Compared {
        let compared = self.compare();
        assert!(compared.wrong.is_empty(), "{:#?}", compared.wrong);
        assert!(
            compared.lost.is_empty(),
            "{:#?}\n{}",
            compared.lost,
            self.git(&["log", "--oneline", "--graph", "--all"])
        );
        compared
    }
}

fn inserted(before: &str, at: usize, new: &str) -> String {
    let mut lines: Vec<&str> = before.lines().collect();
    let at = at.min(lines.len());
    let new: Vec<&str> = new.lines().collect();
    lines.splice(at..at, new);
    lines
        .iter()
        .fold(String::new(), |text, line| text + line + "\n")
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Moment {
    Before,
    After,
}

/// The payload of an edit, in the tool's own shape: the part that changes, or the whole file.
#[expect(clippy::too_many_lines, reason = "one arm a tool")]
fn payload(
    tool: Tool,
    moment: Moment,
    call: &str,
    root: &Path,
    file: &str,
    before: &str,
    after: &str,
) -> Value {
    let path = root.join(file);
    let cwd = root.to_str().unwrap();
    let claude_shaped = |event: [&str; 2], name: &str, input: Value| {
        let event = if moment == Moment::Before {
            event[0]
        } else {
            event[1]
        };
        json!({
            "session_id": format!("{}-session", tool.name), "cwd": cwd, "hook_event_name": event,
            "tool_name": name, "tool_input": input, "tool_use_id": call,
        })
    };
    let edit = replacement(before, after);
    let pair = ["PreToolUse", "PostToolUse"];
    match (tool.dialect, edit) {
        ("claude", Some((old, new))) => claude_shaped(
            pair,
            "Edit",
            json!({"file_path": path, "old_string": old, "new_string": new, "replace_all": false}),
        ),
        ("claude", None) => {
            claude_shaped(pair, "Write", json!({"file_path": path, "content": after}))
        }
        ("codex", _) => {
            let text = patch(file, before, after);
            let mut payload = claude_shaped(pair, "apply_patch", json!({"command": text}));
            payload["model"] = json!("gpt-5.5-codex");
            payload["turn_id"] = json!("turn");
            payload
        }
        ("gemini", Some((old, new))) => claude_shaped(
            ["BeforeTool", "AfterTool"],
            "replace",
            json!({"file_path": path, "old_string": old, "new_string": new}),
        ),
        ("gemini", None) => claude_shaped(
            ["BeforeTool", "AfterTool"],
            "write_file",
            json!({"file_path": path, "content": after}),
        ),
        ("copilot", Some((old, new))) => claude_shaped(
            pair,
            "str_replace_editor",
            json!({"path": path, "old_str": old, "new_str": new}),
        ),
        ("copilot", None) => {
            claude_shaped(pair, "create", json!({"path": path, "file_text": after}))
        }
        ("cursor", edit) => {
            let event = if moment == Moment::Before {
                "preToolUse"
            } else {
                "postToolUse"
            };
            let (name, input) = match edit {
                Some((old, new)) => (
                    "StrReplace",
                    json!({"path": path, "old_string": old, "new_string": new}),
                ),
                None => ("Write", json!({"file_path": path, "contents": after})),
            };
            json!({
                "conversation_id": "cursor-conversation", "generation_id": "g", "model": "gpt-5.2",
                "hook_event_name": event, "cursor_version": "2.4.1", "workspace_roots": [cwd],
                "tool_name": name, "tool_input": input, "tool_use_id": call,
            })
        }
        ("windsurf", edit) => {
            let (old, new) = edit.unwrap_or(("", after));
            let name = if moment == Moment::Before {
                "pre_write_code"
            } else {
                "post_write_code"
            };
            json!({
                "agent_action_name": name, "trajectory_id": "trajectory", "execution_id": call,
                "model_name": "SWE-1", "timestamp": "2026-01-01T00:00:00Z",
                "tool_info": {"file_path": path, "edits": [{"old_string": old, "new_string": new}]},
            })
        }
        ("opencode", edit) => {
            let event = match moment {
                Moment::Before => "tool.execute.before",
                Moment::After => "tool.execute.after",
            };
            let (name, input) = match edit {
                Some((old, new)) => (
                    "edit",
                    json!({"filePath": path, "oldString": old, "newString": new}),
                ),
                None => ("write", json!({"filePath": path, "content": after})),
            };
            json!({
                "hook_event_name": event, "session_id": "opencode-session", "tool_use_id": call,
                "tool_name": name, "tool_input": input, "cwd": cwd,
            })
        }
        ("generic", _) if moment == Moment::Before => {
            json!({"type": "human", "repo_working_dir": cwd, "will_edit_filepaths": [file]})
        }
        ("generic", _) => json!({
            "type": "ai_agent", "repo_working_dir": cwd, "agent_name": tool.name, "model": "m-1",
            "conversation_id": "thrown-away-session", "edited_filepaths": [file], "dirty_files": {file: after},
        }),
        (other, _) => panic!("no payload for {other}"),
    }
}

/// A patch as Codex writes it, without lines that stay.
fn patch(file: &str, before: &str, after: &str) -> String {
    let head = if before.is_empty() {
        format!("*** Add File: {file}")
    } else {
        format!("*** Update File: {file}\n@@")
    };
    // What is alike at both ends stays.
    let (old, new): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let alike =
        |pairs: &mut dyn Iterator<Item = (&&str, &&str)>| pairs.take_while(|(a, b)| a == b).count();
    let head_of_both = alike(&mut old.iter().zip(&new));
    let (old, new) = (&old[head_of_both..], &new[head_of_both..]);
    let tail = alike(&mut old.iter().rev().zip(new.iter().rev()));
    let gone = old[..old.len() - tail].iter();
    let new = new[..new.len() - tail].iter();
    let mut lines = vec!["*** Begin Patch".to_owned(), head];
    lines.extend(gone.map(|line| format!("-{line}")));
    lines.extend(new.map(|line| format!("+{line}")));
    lines.push("*** End Patch\n".to_owned());
    lines.join("\n")
}

/// The smallest replacement of whole lines that turns one text into the other.
fn replacement<'t>(before: &'t str, after: &'t str) -> Option<(&'t str, &'t str)> {
    if before.is_empty() || after.is_empty() {
        return None;
    }
    let common: usize = before
        .split_inclusive('\n')
        .zip(after.split_inclusive('\n'))
        .take_while(|(a, b)| a == b)
        .map(|(a, _)| a.len())
        .sum();
    let (old, new) = (&before[common..], &after[common..]);
    let tail: usize = old
        .split_inclusive('\n')
        .rev()
        .zip(new.split_inclusive('\n').rev())
        .take_while(|(a, b)| a == b)
        .map(|(a, _)| a.len())
        .sum();
    let (old, new) = (&old[..old.len() - tail], &new[..new.len() - tail]);
    (!old.is_empty()).then_some((old, new))
}

fn command_payload(tool: Tool, moment: Moment, call: &str, root: &Path, text: &str) -> Value {
    let cwd = root.to_str().unwrap();
    let before = moment == Moment::Before;
    match tool.dialect {
        "cursor" => json!({
            "conversation_id": "cursor-conversation", "model": "gpt-5.2", "cursor_version": "2.4.1",
            "hook_event_name": if before { "beforeShellExecution" } else { "afterShellExecution" },
            "workspace_roots": [cwd], "command": text, "cwd": cwd,
        }),
        "gemini" => json!({
            "session_id": "gemini-session", "cwd": cwd,
            "hook_event_name": if before { "BeforeTool" } else { "AfterTool" },
            "tool_name": "run_shell_command", "tool_input": {"command": text},
        }),
        "windsurf" => json!({
            "agent_action_name": if before { "pre_run_command" } else { "post_run_command" },
            "trajectory_id": "trajectory", "execution_id": call,
            "tool_info": {"command_line": text, "cwd": cwd},
        }),
        dialect => json!({
            "session_id": format!("{}-session", tool.name), "cwd": cwd, "tool_use_id": call,
            "hook_event_name": if before { "PreToolUse" } else { "PostToolUse" },
            "tool_name": if dialect == "opencode" { "bash" } else { "Bash" },
            "tool_input": {"command": text},
        }),
    }
}

struct Blamed {
    commit: String,
    file: String,
    number: u32,
    text: String,
}

/// Git's own line porcelain.
fn blamed(text: &str) -> Vec<Blamed> {
    let mut out = Vec::new();
    let (mut commit, mut number, mut file) = (String::new(), 0, String::new());
    for line in text.lines() {
        if let Some(content) = line.strip_prefix('\t') {
            out.push(Blamed {
                commit: commit.clone(),
                file: file.clone(),
                number,
                text: content.to_owned(),
            });
        } else if let Some(name) = line.strip_prefix("filename ") {
            name.clone_into(&mut file);
        } else {
            let mut words = line.split(' ');
            let first = words.next().unwrap_or_default();
            if first.len() == 40 && first.bytes().all(|b| b.is_ascii_hexdigit()) {
                first.clone_into(&mut commit);
                number = words.next().unwrap().parse().unwrap();
            }
        }
    }
    out
}

/// File, key and line ranges.
type Entry = (String, String, Vec<(u32, u32)>);

/// A note, read by the words of its specification.
struct Heads {
    entries: Vec<Entry>,
    tools: BTreeMap<String, String>,
}

impl Heads {
    fn parse(note: &str) -> Option<Self> {
        let (head, metadata) = note.split_once("---\n")?;
        let metadata: Value = serde_json::from_str(metadata).unwrap();
        assert_eq!(metadata["schema_version"], "authorship/3.0.0");
        let mut tools = BTreeMap::new();
        for (key, session) in metadata["sessions"].as_object().into_iter().flatten() {
            let tool = session["agent_id"]["tool"].as_str().unwrap();
            tools.insert(key.clone(), tool.to_owned());
        }
        for key in metadata["humans"].as_object().into_iter().flatten() {
            tools.insert(key.0.clone(), "person".to_owned());
        }
        let mut file = String::new();
        let mut entries = Vec::new();
        for line in head.lines() {
            match line.strip_prefix("  ") {
                None => line.trim_matches('"').clone_into(&mut file),
                Some(entry) => {
                    let (key, ranges) = entry.split_once(' ').unwrap();
                    let ranges = ranges.split(',').map(|range| {
                        let (first, last) = range.split_once('-').unwrap_or((range, range));
                        (first.parse().unwrap(), last.parse().unwrap())
                    });
                    let key = key.split("::").next().unwrap();
                    entries.push((file.clone(), key.to_owned(), ranges.collect()));
                }
            }
        }
        Some(Self { entries, tools })
    }

    /// The last entry that covers a line wins.
    fn writer(&self, file: &str, line: u32) -> Option<&str> {
        self.entries
            .iter()
            .rev()
            .filter(|(of, _, ranges)| {
                of == file
                    && ranges
                        .iter()
                        .any(|(first, last)| (*first..=*last).contains(&line))
            })
            .find_map(|(_, key, _)| self.tools.get(key).map(String::as_str))
    }
}
