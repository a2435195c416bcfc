//! What a tool is told before it acts, in its own words: go on, ask a person, or no and why.
//!
//! Tools differ in what they understand and in what they take silence, an unknown word or a broken
//! answer for. Where one cannot ask a person, the answer is no, and the words say that a person may
//! do it: an answer that a tool drops would be a yes.

use serde_json::{Value, json};

use super::fields::text;
use super::{Dialect, json as parsed};

/// What is said to an action that is about to happen.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reply {
    /// Nothing stands against it. Whatever else the tool asks, it asks still.
    Allow,
    /// A person decides, and this is what for.
    Ask(String),
    /// No, and why.
    Deny(String),
}

/// How a hook's process ends.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answer {
    /// For its standard output: nothing, or one JSON object.
    pub stdout: String,
    /// For its standard error.
    pub stderr: String,
    /// Its exit code.
    pub code: u8,
}

/// What a tool must be told, given the payload that it sent.
#[must_use]
pub fn answer(dialect: Dialect, payload: &[u8], reply: &Reply) -> Answer {
    let (may_ask, why) = match reply {
        Reply::Allow => return printed(dialect.go_on()),
        Reply::Ask(why) => (true, why.as_str()),
        Reply::Deny(why) => (false, why.as_str()),
    };
    let payload = parsed(payload).unwrap_or(Value::Null);
    let asks = may_ask && can_ask(dialect, &payload);
    let why = if may_ask && !asks {
        format!("{why}\n{NOBODY_ASKED}")
    } else {
        why.to_owned()
    };
    let word = if asks { "ask" } else { "deny" };
    let claude_shaped = json!({
        "hookEventName": "PreToolUse",
        "permissionDecision": word,
        "permissionDecisionReason": why,
    });
    let object = match dialect {
        Dialect::Claude | Dialect::Codex => json!({"hookSpecificOutput": claude_shaped}),
        // The command line reads the flat form, VS Code the nested one; each passes over the other's.
        Dialect::Copilot if text(&payload, &["hook_event_name"]).is_some() => json!({
            "permissionDecision": word,
            "permissionDecisionReason": why,
            "hookSpecificOutput": claude_shaped,
        }),
        Dialect::Copilot => json!({"permissionDecision": word, "permissionDecisionReason": why}),
        // Older builds know the other spelling.
        Dialect::Cursor => json!({
            "permission": word,
            "user_message": why,
            "agent_message": why,
            "userMessage": why,
            "agentMessage": why,
        }),
        Dialect::Gemini | Dialect::OpenCode | Dialect::Generic => {
            json!({"decision": word, "reason": why})
        }
        Dialect::Windsurf => {
            return Answer {
                stdout: String::new(),
                stderr: format!("{why}\n"),
                code: 2,
            };
        }
    };
    printed(&format!("{object}\n"))
}

/// Said where a tool knows no question: the agent passes it on.
const NOBODY_ASKED: &str =
    "This tool cannot ask a person here, so the answer is no: tell the user, who may do it.";

fn printed(text: &str) -> Answer {
    Answer {
        stdout: text.to_owned(),
        stderr: String::new(),
        code: 0,
    }
}

/// Whether a tool puts a question to a person, rather than taking it for a yes or a failure.
fn can_ask(dialect: Dialect, payload: &Value) -> bool {
    match dialect {
        Dialect::Claude | Dialect::Copilot | Dialect::Generic => true,
        // Commands and calls of MCP servers have an event of their own, which asks. The general one
        // takes the word and may not act on it, and for a write there is no other.
        Dialect::Cursor => {
            let event = text(payload, &["hook_event_name"]);
            let tool = text(payload, &["tool_name"]).unwrap_or_default();
            event != Some("preToolUse") || tool == "Shell" || tool.starts_with("MCP:")
        }
        Dialect::Codex | Dialect::Gemini | Dialect::Windsurf | Dialect::OpenCode => false,
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    #[test]
    fn each_tool_is_told_in_its_own_words() {
        let cases = [
            (Dialect::Claude, r#"{"hook_event_name": "PreToolUse"}"#),
            (
                Dialect::Cursor,
                r#"{"hook_event_name": "preToolUse", "tool_name": "Write"}"#,
            ),
            (
                Dialect::Cursor,
                r#"{"hook_event_name": "beforeShellExecution"}"#,
            ),
            (
                Dialect::Cursor,
                r#"{"hook_event_name": "preToolUse", "tool_name": "Shell"}"#,
            ),
            (Dialect::Copilot, r#"{"toolName": "bash"}"#),
            (Dialect::Copilot, r#"{"hook_event_name": "PreToolUse"}"#),
            (
                Dialect::Codex,
                r#"{"hook_event_name": "PreToolUse", "turn_id": "t"}"#,
            ),
            (Dialect::Gemini, r#"{"hook_event_name": "BeforeTool"}"#),
            (
                Dialect::Windsurf,
                r#"{"agent_action_name": "pre_write_code"}"#,
            ),
            (
                Dialect::OpenCode,
                r#"{"hook_event_name": "tool.execute.before"}"#,
            ),
            (Dialect::Generic, r#"{"type": "human"}"#),
        ];
        let mut told = String::new();
        for (dialect, payload) in cases {
            writeln!(told, "{dialect} {payload}").unwrap();
            for reply in [
                Reply::Allow,
                Reply::Ask("what for".to_owned()),
                Reply::Deny("why not".to_owned()),
            ] {
                let answer = answer(dialect, payload.as_bytes(), &reply);
                let Answer {
                    stdout,
                    stderr,
                    code,
                } = answer;
                writeln!(told, "  {code} {stdout:?} {stderr:?}").unwrap();
            }
        }
        insta::assert_snapshot!(told);
    }

    #[test]
    fn an_answer_is_one_object_on_one_line_whatever_the_payload() {
        for dialect in Dialect::ALL {
            for payload in [&b""[..], b"[]", b"{\"hook_event_name\": 1}", b"\xff"] {
                let answer = answer(dialect, payload, &Reply::Deny("a\n\"b\"".to_owned()));
                if dialect == Dialect::Windsurf {
                    assert_eq!((answer.stdout.as_str(), answer.code), ("", 2));
                    continue;
                }
                let object: Value = serde_json::from_str(&answer.stdout).unwrap();
                assert!(object.is_object());
                assert_eq!(answer.stdout.lines().count(), 1);
                assert!(answer.stdout.contains("\"deny\""));
                assert_eq!(answer.code, 0);
            }
        }
    }
}
