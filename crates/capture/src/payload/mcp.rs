//! What the arguments of an MCP call say that it does, where they say it plainly: a command, a write.
//!
//! Servers name tools and arguments as they like; only names that have one usual meaning are read. A call whose
//! arguments mean something else by them (a search with a `path`, a file in a repository on a server) is none.

use serde_json::Value;

use super::fields::{FILE, change, edits, path, shell_text, text, texts};
use crate::event::{Action, Change, Edit, Report, Write};

/// The actions that a call's arguments tell, with the same shape as those of an agent's own tools.
#[must_use]
pub fn meant(tool: &str, arguments: &Value) -> Vec<Action> {
    let mut actions = Vec::new();
    actions.extend(command(tool, arguments));
    actions.extend(write(tool, arguments));
    actions
}

/// Texts that the arguments give to a database.
#[must_use]
pub fn statements(arguments: &Value) -> Vec<&str> {
    ["sql", "query", "statement", "sql_query", "sqlQuery"]
        .iter()
        .filter_map(|name| arguments.get(*name)?.as_str())
        .collect()
}

/// Whether the name of a tool has one of these words.
fn is_named(tool: &str, words: &[&str]) -> bool {
    let mut parts = String::new();
    for c in tool.chars() {
        if c.is_uppercase() {
            parts.push('_');
        }
        parts.extend(c.to_lowercase());
    }
    parts
        .split(|c: char| !c.is_alphanumeric())
        .any(|part| words.contains(&part))
}

fn command(tool: &str, arguments: &Value) -> Option<Action> {
    let given = [
        "command",
        "cmd",
        "command_line",
        "commandLine",
        "shell_command",
    ]
    .iter()
    .find_map(|name| arguments.get(*name));
    // A script is one of a shell only where the tool is.
    let is_shell = || {
        is_named(
            tool,
            &["shell", "bash", "sh", "terminal", "command", "cmd", "exec"],
        )
    };
    let given = given.or_else(|| {
        let named = ["script", "code", "input"].iter();
        named
            .filter_map(|name| arguments.get(*name))
            .find(|_| is_shell())
    })?;
    let text = match given {
        Value::String(text) => {
            let words = arguments.get("args").and_then(Value::as_array);
            match words {
                // The program, and its words beside it.
                Some(words) if !text.contains(char::is_whitespace) => {
                    let mut all = vec![text.as_str()];
                    all.extend(texts(words));
                    shell_text(&all)
                }
                _ => text.clone(),
            }
        }
        Value::Array(words) => shell_text(&texts(words)),
        _ => return None,
    };
    (!text.is_empty()).then(|| Action::Command {
        text: text.into(),
        background: false,
    })
}

fn write(tool: &str, arguments: &Value) -> Option<Action> {
    // The file lies in a repository on a server, not here.
    if arguments.get("repo").is_some() || arguments.get("repository").is_some() {
        return None;
    }
    let file = |edit: Edit| {
        Some(Action::Write(Write {
            edits: vec![edit],
            report: Report::Paired,
        }))
    };
    let moved = text(arguments, &["destination", "new_path", "newPath"]);
    if let Some(to) = moved.filter(|_| is_named(tool, &["move", "rename", "copy"])) {
        return file(Edit {
            path: path(to),
            change: Change::Untold,
        });
    }
    if is_named(tool, &["delete", "remove", "unlink"])
        && let Some(gone) = text(arguments, &FILE)
    {
        return file(Edit {
            path: path(gone),
            change: Change::Delete,
        });
    }
    let told: Vec<Edit> = edits(arguments)
        .into_iter()
        .filter(|edit| edit.change != Change::Untold)
        .collect();
    if !told.is_empty() {
        return Some(Action::Write(Write {
            edits: told,
            report: Report::Paired,
        }));
    }
    // Several files in one call.
    let all = arguments.get("files")?.as_array()?;
    let edits: Vec<Edit> = all
        .iter()
        .take(256)
        .filter_map(|one| {
            Some(Edit {
                path: path(text(one, &FILE)?),
                change: change(one),
            })
        })
        .filter(|edit| edit.change != Change::Untold)
        .collect();
    (!edits.is_empty()).then_some(Action::Write(Write {
        edits,
        report: Report::Paired,
    }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(tool: &str, arguments: &Value) -> Vec<String> {
        let actions = meant(tool, arguments).into_iter();
        actions
            .map(|action| match action {
                Action::Command { text, .. } => format!("runs {text}"),
                Action::Write(write) => {
                    let edits = write.edits.iter().map(|edit| {
                        let change = match &edit.change {
                            Change::Whole(text) => format!("whole {text}"),
                            Change::Replace(all) => format!("new {}", all[0].new),
                            Change::Delete => "gone".to_owned(),
                            _ => "untold".to_owned(),
                        };
                        format!("{} {change}", edit.path.display())
                    });
                    edits.collect::<Vec<_>>().join(", ")
                }
                other => format!("{other:?}"),
            })
            .collect()
    }

    #[test]
    fn arguments_that_are_a_command_or_a_write_are_read_as_one() {
        for (tool, arguments, action) in [
            (
                "run_command",
                json!({"command": "rm -rf ~"}),
                "runs rm -rf ~",
            ),
            (
                "execute",
                json!({"cmd": ["bash", "-c", "a | b"]}),
                "runs a | b",
            ),
            (
                "run",
                json!({"command": "git", "args": ["commit", "-m", "a b"]}),
                "runs git commit -m 'a b'",
            ),
            ("runShell", json!({"script": "ls; rm x"}), "runs ls; rm x"),
            (
                "write_file",
                json!({"path": "a.py", "content": "x"}),
                "a.py whole x",
            ),
            (
                "edit_file",
                json!({"path": "a.py", "edits": [{"oldText": "a", "newText": "b"}]}),
                "a.py new b",
            ),
            ("deleteFile", json!({"path": "a.py"}), "a.py gone"),
            (
                "move_file",
                json!({"source": "a", "destination": "infra/b"}),
                "infra/b untold",
            ),
            (
                "write_files",
                json!({"files": [{"path": "a", "content": "1"}, {"path": "b", "content": "2"}]}),
                "a whole 1, b whole 2",
            ),
        ] {
            assert_eq!(told(tool, &arguments), [action], "{tool} {arguments}");
        }
    }

    #[test]
    fn arguments_that_mean_something_else_are_left_alone() {
        for (tool, arguments) in [
            ("read_file", json!({"path": "a.py"})),
            ("search", json!({"path": "src", "query": "rm -rf"})),
            ("run_python", json!({"code": "print(1)"})),
            (
                "create_file",
                json!({"owner": "o", "repo": "r", "path": "a", "content": "x"}),
            ),
            ("post_message", json!({"channel": "c", "text": "rm -rf ~"})),
            ("remove_label", json!({"label": "x"})),
            ("command", json!("rm -rf ~")),
            ("run", json!({"command": 7})),
        ] {
            assert!(told(tool, &arguments).is_empty(), "{tool} {arguments}");
        }
    }

    #[test]
    fn what_is_given_to_a_database_is_found() {
        assert_eq!(
            statements(&json!({"sql": "DROP TABLE t", "limit": 5})),
            ["DROP TABLE t"]
        );
        assert!(statements(&json!({"text": "DROP TABLE t"})).is_empty());
    }
}
