//! What an agent is told before it acts: go on, ask a person, or no and why.
//!
//! Events of hooks in, decisions out. The gates are those of `[guard]` in the committed
//! `trueline.toml`; without one there is no guard and nothing is looked at. A check that fails lets
//! the action through, unless the team wants its gate closed: an agent that cannot work is worse than
//! one finding that the scan reports later. Reasons are for the agent: what, where, and how to mend it.

mod content;
mod reasons;
mod tree;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use trueline_capture::event::{Action, Change, Edit, Event, Moment, Report, Session, Write};
use trueline_capture::payload::{Reply, mcp};
use trueline_facts::ToolId;
use trueline_scan::config::{Answer, Gate, Guard};
use trueline_scan::{Harm, ScanError, command_harm, statement_harm};

use self::tree::{Tree, Trees};

/// Reasons that are told.
const REASONS: usize = 5;

/// What is said to an action.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Decision {
    /// Nothing stands against it.
    #[default]
    Allow,
    /// A person decides: what about.
    Ask(Vec<String>),
    /// No: why.
    Deny(Vec<String>),
}

impl Decision {
    /// As it is said to a tool.
    #[must_use]
    pub fn reply(&self) -> Reply {
        match self {
            Self::Allow => Reply::Allow,
            Self::Ask(reasons) => Reply::Ask(reasons::asked(reasons)),
            Self::Deny(reasons) => Reply::Deny(reasons::denied(reasons)),
        }
    }
}

/// What is said to what a tool is about to do. Events that tell of something else are passed over.
#[must_use]
pub fn decide(events: &[Event]) -> Decision {
    // Which gates are closed is not known where the configuration itself cannot be read.
    let verdicts = catch_unwind(AssertUnwindSafe(|| {
        let mut verdicts = Vec::new();
        for event in events {
            if let Moment::Before(action) = &event.moment {
                verdicts.extend(judge(event, action));
            }
        }
        verdicts
    }));
    sum(verdicts.unwrap_or_default())
}

/// What is said to a write of a file whatever would be written; `None`: nothing guards it. The answer is that of
/// [`decide`] itself, so that who asks before hears what the hook will say.
#[must_use]
pub(crate) fn beforehand(root: &Path, file: &Path) -> Option<Decision> {
    let event = Event {
        session: Session {
            tool: ToolId::new("mcp"),
            conversation: "".into(),
            model: None,
            transcript: None,
        },
        cwd: root.to_owned(),
        call: None,
        moment: Moment::Before(Action::Write(Write {
            edits: vec![Edit {
                path: file.to_owned(),
                change: Change::Untold,
            }],
            report: Report::Paired,
        })),
    };
    catch_unwind(AssertUnwindSafe(|| tree::guards(root, file)))
        .unwrap_or_default()
        .then(|| decide(&[event]))
}

/// What one gate says, and why.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Verdict {
    answer: Answer,
    reason: String,
}

/// The most severe answer, with all reasons: the worst first.
fn sum(mut verdicts: Vec<Verdict>) -> Decision {
    verdicts.retain(|verdict| verdict.answer != Answer::Allow);
    verdicts.sort_by_key(|verdict| std::cmp::Reverse(verdict.answer));
    let Some(worst) = verdicts.first().map(|verdict| verdict.answer) else {
        return Decision::Allow;
    };
    let mut reasons: Vec<String> = Vec::new();
    for verdict in verdicts {
        if !reasons.contains(&verdict.reason) {
            reasons.push(verdict.reason);
        }
    }
    if reasons.len() > REASONS {
        let more = reasons.len() - REASONS;
        reasons.truncate(REASONS);
        reasons.push(format!("and {more} more of the kind"));
    }
    match worst {
        Answer::Allow => Decision::Allow,
        Answer::Ask => Decision::Ask(reasons),
        Answer::Deny => Decision::Deny(reasons),
    }
}

fn judge(event: &Event, action: &Action) -> Vec<Verdict> {
    let trees = Trees::around(&event.absolute(Path::new("")));
    let own = trees.own();
    match action {
        Action::Write(write) => tree::judge(event, write, &trees),
        Action::Command { text, .. } => own.map_or_else(Vec::new, |tree| command(tree, text)),
        Action::McpCall {
            server,
            tool,
            arguments,
        } => {
            let mut verdicts = own.map_or_else(Vec::new, |tree| {
                let name = format!("{server}/{tool}");
                let mut verdicts = call(tree, &name, &arguments.to_string());
                verdicts.extend(statements(tree, arguments));
                verdicts
            });
            // What it does by another's hand is judged as what the agent does by its own.
            for meant in mcp::meant(tool, arguments) {
                verdicts.extend(match &meant {
                    Action::Write(write) => tree::judge(event, write, &trees),
                    Action::Command { text, .. } => {
                        own.map_or_else(Vec::new, |tree| command(tree, text))
                    }
                    Action::McpCall { .. } | Action::Read(_) | Action::Other { .. } => Vec::new(),
                });
            }
            verdicts
        }
        Action::Read(_) | Action::Other { .. } => Vec::new(),
    }
}

fn call(tree: &Tree, name: &str, arguments: &str) -> Vec<Verdict> {
    let guard = &tree.guarding.guard;
    check(guard, &[Gate::Secrets], || {
        let lines = tree.ahead.secret_lines(None, arguments)?;
        let reason = (!lines.is_empty()).then(|| reasons::secret_argument(name));
        Ok(reason
            .into_iter()
            .map(|reason| verdict(guard, Gate::Secrets, reason))
            .collect())
    })
}

/// What a call has a database do.
fn statements(tree: &Tree, arguments: &serde_json::Value) -> Vec<Verdict> {
    let guard = &tree.guarding.guard;
    check(guard, &[Gate::Commands], || {
        let harms = mcp::statements(arguments)
            .into_iter()
            .filter_map(statement_harm);
        Ok(harms
            .map(|found| {
                let reason = reasons::command(Gate::Commands, &found.message);
                verdict(guard, Gate::Commands, reason)
            })
            .collect())
    })
}

fn command(tree: &Tree, text: &str) -> Vec<Verdict> {
    let guard = &tree.guarding.guard;
    let mut verdicts = packages(tree, text);
    verdicts.extend(check(guard, &[Gate::Commands, Gate::Configuration], || {
        let harms = command_harm(text).into_iter();
        Ok(harms
            .map(|found| {
                let gate = match found.harm {
                    Harm::SendsSecrets | Harm::RunsWhatItFetches | Harm::Destroys => Gate::Commands,
                    Harm::WeakensGuard => Gate::Configuration,
                };
                verdict(guard, gate, reasons::command(gate, &found.message))
            })
            .collect())
    }));
    verdicts
}

/// A package that does not exist is an invention, or a trap that somebody laid for one.
fn packages(tree: &Tree, text: &str) -> Vec<Verdict> {
    let guard = &tree.guarding.guard;
    check(guard, &[Gate::Packages], || {
        let missing = tree.ahead.missing_packages(&guard.package_names, text)?;
        let reasons = missing
            .iter()
            .map(|(kind, name)| reasons::no_package(kind, name));
        Ok(reasons
            .map(|reason| verdict(guard, Gate::Packages, reason))
            .collect())
    })
}

fn verdict(guard: &Guard, gate: Gate, reason: String) -> Verdict {
    Verdict {
        answer: guard.answer(gate),
        reason,
    }
}

/// Runs the check of some gates, unless all of them are off. Its failure is a no where one of them is
/// closed.
fn check(
    guard: &Guard,
    gates: &[Gate],
    look: impl FnOnce() -> Result<Vec<Verdict>, ScanError>,
) -> Vec<Verdict> {
    if gates
        .iter()
        .all(|gate| guard.answer(*gate) == Answer::Allow)
    {
        return Vec::new();
    }
    match catch_unwind(AssertUnwindSafe(look)) {
        Ok(Ok(verdicts)) => verdicts,
        Ok(Err(_)) | Err(_) => failed(guard, gates),
    }
}

fn failed(guard: &Guard, gates: &[Gate]) -> Vec<Verdict> {
    let closed = gates
        .iter()
        .filter(|gate| guard.closed.contains(gate) && guard.answer(**gate) != Answer::Allow);
    closed
        .map(|gate| Verdict {
            answer: Answer::Deny,
            reason: reasons::failed(*gate),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard(closed: &[Gate]) -> Guard {
        let mut guard = Guard::default();
        guard.closed = closed.to_vec();
        guard
    }

    #[test]
    fn a_check_that_fails_lets_go_on_unless_its_gate_is_closed() {
        for closed in [&[][..], &[Gate::Commands]] {
            let open = check(&guard(closed), &[Gate::Code], || panic!("a fault of ours"));
            assert_eq!(open, []);
        }
        let shut = check(&guard(&[Gate::Code]), &[Gate::Secrets, Gate::Code], || {
            panic!("a fault of ours")
        });
        insta::assert_debug_snapshot!(sum(shut));
        let shut = check(&guard(&[Gate::Code]), &[Gate::Code], || {
            Err(ScanError::OwnRules("broken".to_owned()))
        });
        assert!(matches!(sum(shut), Decision::Deny(_)));
    }

    #[test]
    fn the_most_severe_answer_wins_and_its_reasons_come_first() {
        let said = |answer, reason: &str| Verdict {
            answer,
            reason: reason.to_owned(),
        };
        assert_eq!(
            sum(vec![
                said(Answer::Ask, "a"),
                said(Answer::Deny, "b"),
                said(Answer::Allow, "c"),
                said(Answer::Ask, "a"),
            ]),
            Decision::Deny(vec!["b".to_owned(), "a".to_owned()])
        );
        assert_eq!(sum(vec![said(Answer::Allow, "c")]), Decision::Allow);
        let many = (0..9).map(|n| said(Answer::Ask, &n.to_string())).collect();
        let Decision::Ask(reasons) = sum(many) else {
            panic!("nobody is asked");
        };
        assert_eq!(reasons.last().unwrap(), "and 4 more of the kind");
        assert_eq!(reasons.len(), REASONS + 1);
    }

    /// A repository with a guard and a zone, and what is said in it to a call of an MCP server.
    fn said_to_call(tool: &str, arguments: &serde_json::Value) -> Decision {
        let folder = tempfile::tempdir().unwrap();
        let guarded =
            "[guard]\n[zone.infra]\npaths = [\"infra/**\"]\nagents = \"deny\"\nwhy = \"theirs\"\n";
        std::fs::write(folder.path().join("trueline.toml"), guarded).unwrap();
        for words in [
            &["init", "-q"][..],
            &["add", "."],
            &[
                "-c",
                "user.name=t",
                "-c",
                "user.email=t@t",
                "commit",
                "-qm",
                "begin",
            ],
        ] {
            let git = std::process::Command::new("git")
                .current_dir(folder.path())
                .args(words)
                .status();
            assert!(git.unwrap().success());
        }
        let payload = serde_json::json!({
            "session_id": "s", "cwd": folder.path(), "hook_event_name": "PreToolUse",
            "tool_name": tool, "tool_input": arguments,
        });
        decide(&trueline_capture::payload::parse(
            trueline_capture::payload::Dialect::Claude,
            payload.to_string().as_bytes(),
            folder.path(),
        ))
    }

    #[test]
    fn a_call_of_an_mcp_server_is_judged_by_what_its_arguments_do() {
        use serde_json::json;
        for (tool, arguments, asks) in [
            (
                "mcp__shell__run_command",
                json!({"command": "rm -rf ~"}),
                true,
            ),
            ("mcp__db__query", json!({"sql": "DROP TABLE users"}), true),
            (
                "mcp__fs__write_file",
                json!({"path": ".mcp.json", "content": "{}"}),
                true,
            ),
            (
                "mcp__fs__write_file",
                json!({"path": "infra/a.tf", "content": "x"}),
                false,
            ),
            ("mcp__fs__delete_file", json!({"path": "infra/a.tf"}), false),
        ] {
            let said = said_to_call(tool, &arguments);
            let is_as_told = match said {
                Decision::Ask(_) => asks,
                Decision::Deny(_) => !asks,
                Decision::Allow => false,
            };
            assert!(is_as_told, "{tool} {arguments}: {said:?}");
        }
        let unsafe_code = "import sqlite3\nfrom flask import request\ndef f(c):\n    name = request.args['n']\n    c.execute(f\"select * from t where n = '{name}'\")\n";
        let said = said_to_call(
            "mcp__fs__write_file",
            &json!({"path": "v.py", "content": unsafe_code}),
        );
        assert!(matches!(said, Decision::Deny(_)), "{said:?}");
    }

    #[test]
    fn a_call_of_an_mcp_server_that_does_no_harm_goes_on() {
        use serde_json::json;
        for (tool, arguments) in [
            ("mcp__shell__run_command", json!({"command": "cargo test"})),
            ("mcp__db__query", json!({"sql": "select * from users"})),
            (
                "mcp__search__find",
                json!({"query": "how does DROP TABLE work"}),
            ),
            ("mcp__fs__read_file", json!({"path": "infra/a.tf"})),
            (
                "mcp__fs__write_file",
                json!({"path": "a.py", "content": "x = 1\n"}),
            ),
            (
                "mcp__github__create_file",
                json!({"owner": "o", "repo": "r", "path": "infra/a.tf", "content": "x"}),
            ),
        ] {
            assert_eq!(
                said_to_call(tool, &arguments),
                Decision::Allow,
                "{tool} {arguments}"
            );
        }
    }
}
