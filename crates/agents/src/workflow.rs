//! Agents in CI: who can make them run, with whose words, and what they may do then.

use trueline_facts::Severity;

use crate::discovery::Format;
use crate::document::{Broken, Node, parse};
use crate::finding::{Draft, Found};
use crate::rule::Id;

/// Actions that run an agent.
const ACTIONS: &[&str] = &[
    "anthropics/claude-code-action",
    "anthropics/claude-code-base-action",
    "google-github-actions/run-gemini-cli",
    "google-gemini/gemini-cli-action",
    "openai/codex-action",
    "actions/ai-inference",
    "sst/opencode/github",
    "anomalyco/opencode/github",
    "qodo-ai/pr-agent",
    "codium-ai/pr-agent",
    "coderabbitai/ai-pr-reviewer",
    "aider-chat/aider-action",
    "block/goose",
];
/// Programs that are agents.
const PROGRAMS: &[&str] = &[
    "claude",
    "codex",
    "gemini",
    "aider",
    "opencode",
    "copilot",
    "cursor-agent",
    "goose",
    "amp",
    "qwen",
    "crush",
    "droid",
];
/// Events that a stranger can cause, and that run with the repository's secrets.
const OPEN_EVENTS: &[&str] = &[
    "issues",
    "issue_comment",
    "pull_request_target",
    "discussion",
    "discussion_comment",
    "pull_request_review",
    "pull_request_review_comment",
    "fork",
    "watch",
];
/// Words of a stranger.
const FOREIGN: &[&str] = &[
    "github.event.issue.title",
    "github.event.issue.body",
    "github.event.comment.body",
    "github.event.pull_request.title",
    "github.event.pull_request.body",
    "github.event.discussion.title",
    "github.event.discussion.body",
    "github.event.review.body",
    "github.event.review_comment.body",
    "github.event.pull_request.head.ref",
    "github.head_ref",
    "github.event.head_commit.message",
    "github.event.commits",
];
/// Conditions that let only known persons in.
const GUARDS: &[&str] = &[
    "author_association",
    "github.actor ==",
    "github.event.comment.user.login ==",
    "github.event.sender.login ==",
    "github.event.issue.user.login ==",
    "contains(fromjson(",
    "github.event.label.name",
    "github.repository_owner ==",
    "head.repo.full_name == github.repository",
    "head.repo.fork == false",
    "permission",
];

/// Checks a workflow.
pub(crate) fn check(found: &mut Found<'_>) -> Result<(), Broken> {
    let text = found.file.text;
    // Most workflows have no agent in them: they are not parsed.
    if !ACTIONS.iter().any(|a| text.contains(a)) && !PROGRAMS.iter().any(|p| text.contains(p)) {
        return Ok(());
    }
    let document = parse(Format::Yaml, text)?;
    let events = events(&document);
    for (job_key, job) in document.get("jobs").map(Node::entries).unwrap_or_default() {
        let steps = job.get("steps").map(Node::items).unwrap_or_default();
        for step in steps {
            let Some(agent) = agent(step) else { continue };
            step_of_agent(&agent, step, job, &document, &events, &job_key.name, found);
        }
    }
    Ok(())
}

/// The events that strangers can cause, with their place.
fn events(document: &Node) -> Vec<(String, (usize, usize))> {
    // YAML 1.1 reads the key `on` as true.
    let Some(on) = document.get("on").or_else(|| document.get("true")) else {
        return Vec::new();
    };
    let mut named: Vec<(String, (usize, usize))> = on
        .texts()
        .iter()
        .map(|n| (n.text().unwrap_or_default().to_owned(), (n.start, n.end)))
        .collect();
    named.extend(
        on.entries()
            .iter()
            .map(|(key, _)| (key.name.clone(), (key.start, key.end))),
    );
    named.retain(|(name, _)| OPEN_EVENTS.contains(&name.as_str()));
    named
}

struct Agent<'n> {
    name: String,
    place: &'n Node,
    is_claude_action: bool,
}

fn agent(step: &Node) -> Option<Agent<'_>> {
    if let Some(uses) = step.get("uses")
        && let Some(text) = uses.text()
    {
        let action = ACTIONS.iter().find(|a| {
            text.strip_prefix(**a)
                .is_some_and(|rest| rest.starts_with(['@', '/']))
        })?;
        return Some(Agent {
            name: (*action).to_owned(),
            place: uses,
            is_claude_action: *action == "anthropics/claude-code-action",
        });
    }
    let run = step.get("run")?;
    let script = crate::command::Script::read(run.text()?);
    let program = script.commands.iter().find_map(|command| {
        let launched = crate::command::launch(command).map(|l| l.name);
        let program = command.program()?;
        let package = launched.as_deref().unwrap_or_default();
        let known = PROGRAMS
            .iter()
            .find(|p| **p == program)
            .map(|p| (*p).to_owned())
            .or_else(|| {
                [
                    "@anthropic-ai/claude-code",
                    "@openai/codex",
                    "@google/gemini-cli",
                    "opencode-ai",
                ]
                .iter()
                .find(|p| **p == package)
                .map(|p| (*p).to_owned())
            })?;
        // `claude --version` and `claude mcp add` do no work.
        let works = command.words.iter().skip(1).any(|w| {
            matches!(
                w.text.as_str(),
                "-p" | "--print"
                    | "exec"
                    | "run"
                    | "--prompt"
                    | "--message"
                    | "-m"
                    | "--yolo"
                    | "--full-auto"
                    | "--execute"
                    | "-x"
            ) || w.text.starts_with("--dangerously")
        });
        works.then_some(known)
    })?;
    Some(Agent {
        name: program,
        place: run,
        is_claude_action: false,
    })
}

fn step_of_agent(
    agent: &Agent<'_>,
    step: &Node,
    job: &Node,
    document: &Node,
    events: &[(String, (usize, usize))],
    job_name: &str,
    found: &mut Found<'_>,
) {
    let range = (agent.place.start, agent.place.end);
    let mut all = String::new();
    let mut foreign = None;
    step.walk(&mut |_, node| {
        if let Some(text) = node.text() {
            all.push_str(text);
            all.push('\n');
            let said = text
                .contains("${{")
                .then(|| FOREIGN.iter().find(|name| text.contains(**name)))
                .flatten();
            foreign = foreign.or_else(|| said.map(|name| (*name, (node.start, node.end))));
        }
    });
    let is_guarded = [step.get("if"), job.get("if")]
        .into_iter()
        .flatten()
        .any(|node| {
            let condition = node.text().unwrap_or_default().to_ascii_lowercase();
            GUARDS.iter().any(|guard| condition.contains(guard))
        });
    let everybody = all.lines().any(|line| line.trim() == "*")
        && (step
            .path(&["with", "allowed_non_write_users"])
            .and_then(Node::text)
            == Some("*"));
    let unrestricted = crate::settings::BYPASS_FLAGS
        .iter()
        .any(|flag| all.contains(*flag))
        || all.contains("Bash(*)")
        || all.contains("danger-full-access")
        || all.contains("safety-strategy: unsafe")
        || step.path(&["with", "safety-strategy"]).and_then(Node::text) == Some("unsafe");
    let writes = [document.get("permissions"), job.get("permissions")]
        .into_iter()
        .flatten()
        .any(|node| {
            node.text() == Some("write-all")
                || node
                    .entries()
                    .iter()
                    .any(|(key, value)| value.text() == Some("write") && key.name != "id-token")
        });
    // The action for Claude lets only those in who may write, unless told otherwise.
    let is_open = !events.is_empty() && !is_guarded && (!agent.is_claude_action || everybody);
    let steps = events
        .first()
        .map(|(name, place)| {
            crate::finding::step(found.file, *place, format!("anybody can cause `{name}`"))
        })
        .into_iter()
        .collect::<Vec<_>>();
    if is_open {
        let what = match (unrestricted, writes) {
            (true, _) => "with every question switched off",
            (false, true) => "with a token that can write",
            (false, false) => "with the secrets of the repository",
        };
        let mut trace = steps;
        trace.push(crate::finding::step(
            found.file,
            range,
            "the agent runs".to_owned(),
        ));
        let severity = if unrestricted || writes {
            Severity::High
        } else {
            Severity::Medium
        };
        found.add(Draft::new(Id::UntrustedAgentWorkflow, range, format!("a stranger can make `{}` run (job `{job_name}`) {what}, and his words are what it reads", agent.name)).severity(severity).trace(trace).symbol(job_name));
    } else if let Some((name, place)) = foreign {
        let mut draft = Draft::new(
            Id::UntrustedAgentWorkflow,
            place,
            format!(
                "`{name}` is put into the prompt of `{}`: whoever writes it speaks to the agent",
                agent.name
            ),
        )
        .severity(Severity::Medium)
        .symbol(job_name);
        draft.trace = steps;
        found.add(if is_guarded || events.is_empty() {
            draft.uncertain()
        } else {
            draft
        });
    } else if unrestricted {
        found.add(
            Draft::new(
                Id::ApprovalBypass,
                range,
                format!(
                    "`{}` runs in CI with every question switched off",
                    agent.name
                ),
            )
            .severity(Severity::Medium)
            .uncertain()
            .symbol(job_name),
        );
    }
    if let Some(reference) = step
        .get("uses")
        .and_then(Node::text)
        .and_then(|uses| uses.rsplit_once('@'))
        .map(|(_, r)| r)
        && !(reference.len() >= 40 && reference.bytes().all(|b| b.is_ascii_hexdigit()))
        && matches!(reference, "main" | "master" | "beta" | "latest" | "dev")
    {
        found.add(
            Draft::new(
                Id::UnpinnedServer,
                range,
                format!(
                    "the action `{}` is whatever its branch `{reference}` holds",
                    agent.name
                ),
            )
            .uncertain()
            .symbol(job_name),
        );
    }
}
