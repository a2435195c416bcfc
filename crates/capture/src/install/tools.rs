//! Which file each tool reads its hooks from, and what is put there.
//!
//! The command asks for the program first: a tool for which a missing program is a refusal (Copilot)
//! must not be stopped by a settings file that was shared with somebody who has no `trueline`.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::json;
use crate::payload::Dialect;

/// By this our entries are found again.
pub(super) const MARK: &str = "trueline hook run ";

/// Whose settings.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scope {
    /// Of this repository: files in its work tree.
    Repository,
    /// Of the user: files in the home directory.
    User,
}

/// The settings file of a tool, below the work tree or the home directory.
pub(super) fn file(dialect: Dialect, scope: Scope) -> Option<&'static str> {
    Some(match (dialect, scope) {
        (Dialect::Claude, _) => ".claude/settings.json",
        (Dialect::Cursor, _) => ".cursor/hooks.json",
        (Dialect::Copilot, Scope::Repository) => ".github/hooks/trueline.json",
        (Dialect::Copilot, Scope::User) => ".copilot/hooks/trueline.json",
        (Dialect::Codex, _) => ".codex/hooks.json",
        (Dialect::Gemini, _) => ".gemini/settings.json",
        (Dialect::Windsurf, Scope::Repository) => ".windsurf/hooks.json",
        (Dialect::Windsurf, Scope::User) => ".codeium/windsurf/hooks.json",
        (Dialect::OpenCode, Scope::Repository) => ".opencode/plugins/trueline.js",
        (Dialect::OpenCode, Scope::User) => ".config/opencode/plugins/trueline.js",
        (Dialect::Generic, _) => return None,
    })
}

/// Does something here or at home say that the tool is in use?
pub(super) fn is_used(dialect: Dialect, root: &Path, home: Option<&Path>) -> bool {
    let (here, there): (&[&str], &[&str]) = match dialect {
        Dialect::Claude => (&[".claude", "CLAUDE.md"], &[".claude"]),
        Dialect::Cursor => (&[".cursor", ".cursorrules"], &[".cursor"]),
        Dialect::Copilot => (
            &[
                ".github/hooks",
                ".github/copilot-instructions.md",
                ".github/copilot",
            ],
            &[".copilot"],
        ),
        Dialect::Codex => (&[".codex"], &[".codex"]),
        Dialect::Gemini => (&[".gemini", "GEMINI.md"], &[".gemini"]),
        Dialect::Windsurf => (&[".windsurf", ".windsurfrules"], &[".codeium/windsurf"]),
        Dialect::OpenCode => (
            &[".opencode", "opencode.json", "opencode.jsonc"],
            &[".config/opencode"],
        ),
        Dialect::Generic => (&[], &[]),
    };
    here.iter().any(|name| root.join(name).exists())
        || home.is_some_and(|home| there.iter().any(|name| home.join(name).exists()))
}

/// The settings with our hooks in them. `None`: they are in no form that can be added to.
pub(super) fn with_hooks(dialect: Dialect, text: &str) -> Option<String> {
    let command = format!(
        "command -v trueline >/dev/null 2>&1 || exit 0; {MARK}{}",
        dialect.name()
    );
    let grouped = |matcher: Option<&str>, timeout: u32| -> Value {
        let hook = json!({"type": "command", "command": command, "timeout": timeout});
        match matcher {
            Some(matcher) => json!({"matcher": matcher, "hooks": [hook]}),
            None => json!({"hooks": [hook]}),
        }
    };
    let mut text = text.to_owned();
    match dialect {
        Dialect::Claude => {
            let tools = "Edit|Write|MultiEdit|NotebookEdit|Bash|mcp__.*";
            let read = "Edit|Write|MultiEdit|NotebookEdit|Bash|Read|mcp__.*";
            text = put(&text, "PreToolUse", &grouped(Some(read), 10))?;
            text = put(&text, "PostToolUse", &grouped(Some(tools), 10))?;
            put(&text, "Stop", &grouped(None, 10))
        }
        Dialect::Codex => {
            text = put(&text, "PreToolUse", &grouped(None, 10))?;
            text = put(&text, "PostToolUse", &grouped(None, 10))?;
            put(&text, "Stop", &grouped(None, 10))
        }
        Dialect::Gemini => {
            // Hooks are off unless this is set; the time-out is in milliseconds.
            text = json::set(&text, &["tools", "enableHooks"], &json!(true))?;
            let tools = "write_file|replace|run_shell_command|read_file|mcp_.*";
            let before = "write_file|replace|run_shell_command|read_file|mcp_.*";
            text = put(&text, "BeforeTool", &grouped(Some(before), 10_000))?;
            text = put(&text, "AfterTool", &grouped(Some(tools), 10_000))?;
            put(&text, "AfterAgent", &grouped(None, 10_000))
        }
        Dialect::Copilot => {
            let hook = json!({"type": "command", "command": command, "timeoutSec": 10});
            text = json::set(&text, &["version"], &json!(1))?;
            for event in ["PreToolUse", "PostToolUse", "Stop"] {
                text = put(&text, event, &hook)?;
            }
            Some(text)
        }
        Dialect::Cursor => {
            let hook = json!({"command": command});
            text = json::set(&text, &["version"], &json!(1))?;
            for event in [
                "preToolUse",
                "postToolUse",
                "afterFileEdit",
                "beforeShellExecution",
                "afterShellExecution",
                "beforeMCPExecution",
                "beforeReadFile",
                "stop",
            ] {
                text = put(&text, event, &hook)?;
            }
            Some(text)
        }
        Dialect::Windsurf => {
            let hook = json!({"command": command, "show_output": false});
            for event in [
                "pre_write_code",
                "post_write_code",
                "pre_run_command",
                "post_run_command",
                "pre_read_code",
                "pre_mcp_tool_use",
                "post_mcp_tool_use",
            ] {
                text = put(&text, event, &hook)?;
            }
            Some(text)
        }
        Dialect::OpenCode => Some(PLUGIN.to_owned()),
        Dialect::Generic => None,
    }
}

fn put(text: &str, event: &str, hook: &Value) -> Option<String> {
    if json::holds(text, &["hooks", event], MARK) {
        return Some(text.to_owned());
    }
    json::add(text, &["hooks", event], hook)
}

/// The settings without our hooks.
pub(super) fn without_hooks(dialect: Dialect, text: &str) -> Option<String> {
    match dialect {
        Dialect::OpenCode => Some(String::new()),
        _ => json::remove(text, MARK),
    }
}

/// The directories that a settings file needs, for the ones that are not there yet.
pub(super) fn missing_folders(file: &Path) -> Vec<PathBuf> {
    let mut missing: Vec<PathBuf> = file
        .ancestors()
        .skip(1)
        .take_while(|folder| !folder.exists())
        .map(Path::to_owned)
        .collect();
    missing.reverse();
    missing
}

const PLUGIN: &str = r#"// Written by `trueline hook install`; `trueline hook uninstall` takes it away.
// Tells trueline which files a tool call writes, before and after. It stops a call only if the guard
// of trueline.toml says so: a failure or a late answer lets it go on.
import { spawn } from "node:child_process";

const tell = (payload) =>
  new Promise((done) => {
    const child = spawn("trueline", ["hook", "run", "opencode"], {
      stdio: ["pipe", "pipe", "ignore"],
    });
    let said = "";
    child.stdout.on("data", (part) => (said += part));
    const late = setTimeout(() => child.kill(), 2000);
    const end = () => {
      clearTimeout(late);
      try {
        done(JSON.parse(said));
      } catch {
        done({});
      }
    };
    child.on("error", end);
    child.on("close", end);
    child.stdin.on("error", () => {});
    child.stdin.end(JSON.stringify(payload));
  });

export const Trueline = async ({ directory }) => ({
  "tool.execute.before": async (input, output) => {
    const answer = await tell({
      hook_event_name: "tool.execute.before",
      session_id: input.sessionID,
      tool_use_id: input.callID,
      tool_name: input.tool,
      tool_input: output.args,
      cwd: directory,
    });
    if (answer.decision === "deny") throw new Error(answer.reason);
  },
  "tool.execute.after": async (input) =>
    tell({
      hook_event_name: "tool.execute.after",
      session_id: input.sessionID,
      tool_use_id: input.callID,
      tool_name: input.tool,
      tool_input: input.args,
      cwd: directory,
    }),
});
"#;
