//! `explain_finding`: why a finding matters, how the data gets there, and what safe code looks like.

use std::fmt::Write as _;
use std::sync::atomic::AtomicBool;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use trueline_facts::{Finding, RepoPath};
use trueline_scan::{RuleExample, RulePage, ScanError};

use crate::answer::{Answer, QUOTED, quoted};
use crate::arguments::short;
use crate::error::CallError;
use crate::view::{FindingView, word};
use crate::workspace::Workspace;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Input {
    /// The fingerprint of a finding, as `check_diff` gives it. Either this or `rule`.
    fingerprint: Option<String>,
    /// The id of a rule, such as `sql-injection`.
    rule: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Output {
    /// Always `trueline.explanation/1`.
    schema: &'static str,
    /// The rule: why it matters, how to mend it, code with the weakness and without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<RulePage>,
    /// The finding, if a fingerprint was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    finding: Option<FindingView>,
    /// How the data gets there, a sentence a step, if a fingerprint was given.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    steps: Vec<String>,
}

pub(crate) fn call(
    input: &Input,
    workspace: &mut Workspace,
    interrupt: &AtomicBool,
) -> Result<Answer, CallError> {
    match (&input.fingerprint, &input.rule) {
        (Some(fingerprint), None) => {
            let fingerprint = short("fingerprint", fingerprint)?;
            let finding = workspace.finding(fingerprint, interrupt)?;
            of_finding(&finding, workspace)
        }
        (None, Some(rule)) => {
            let page = workspace.scanner.rule(short("rule", rule)?)?;
            let page = in_language(page, None);
            let text = page_text(&page);
            let output = Output {
                schema: "trueline.explanation/1",
                rule: Some(page),
                finding: None,
                steps: Vec::new(),
            };
            Answer::new(&output, &text)
        }
        _ => Err(CallError::argument(
            "fingerprint",
            "give either `fingerprint` or `rule`, and not both",
        )),
    }
}

fn of_finding(finding: &Finding, workspace: &Workspace) -> Result<Answer, CallError> {
    let page = match workspace.scanner.rule(finding.rule.as_str()) {
        Ok(page) => Some(in_language(page, Some(&finding.location.path))),
        Err(ScanError::NoRule { .. }) => None,
        Err(error) => return Err(error.into()),
    };
    let view = FindingView::of(finding);
    let steps: Vec<String> = view
        .trace
        .iter()
        .zip(1..)
        .map(|(step, number)| {
            format!(
                "{number}. {}:{}: {}",
                quoted(&step.path.display()),
                step.line,
                step.message
            )
        })
        .collect();
    let mut text = format!(
        "{} {} at {}:{}.",
        word(view.severity),
        view.rule,
        quoted(&view.path.display()),
        view.line
    );
    // Writing to a string cannot fail.
    if let Some(page) = &page {
        let _ = write!(text, "\n{}", page_text(page));
    }
    if !steps.is_empty() {
        let _ = write!(
            text,
            "\nThe data takes {} steps to get there: see `steps`.",
            steps.len() + view.steps_left_out
        );
    }
    let _ = write!(text, "\n{QUOTED}");
    let output = Output {
        schema: "trueline.explanation/1",
        rule: page,
        finding: Some(view),
        steps,
    };
    Answer::new(&output, &text)
}

/// A page with the examples that help with a file: those of its language, else the first.
fn in_language(mut page: RulePage, path: Option<&RepoPath>) -> RulePage {
    let languages: &[&str] = match path.map(|path| path.extension().to_ascii_lowercase()) {
        Some(extension) => match extension.as_slice() {
            b"py" | b"pyi" => &["python"],
            b"ts" | b"tsx" | b"mts" | b"cts" => &["typescript", "javascript"],
            b"js" | b"jsx" | b"mjs" | b"cjs" | b"vue" | b"svelte" => &["javascript", "typescript"],
            b"go" => &["go"],
            b"java" => &["java"],
            _ => &[],
        },
        None => &[],
    };
    let choose = |examples: &mut Vec<RuleExample>| {
        let at = languages
            .iter()
            .find_map(|language| examples.iter().position(|e| e.language == *language));
        let chosen = at.unwrap_or(0);
        let mut at = 0;
        examples.retain(|_| {
            at += 1;
            at == chosen + 1
        });
    };
    choose(&mut page.vulnerable);
    choose(&mut page.safe);
    page
}

fn page_text(page: &RulePage) -> String {
    let mut text = format!("{}: {}.", page.id, page.title);
    for part in [&page.why, &page.fix] {
        if !part.is_empty() {
            // Writing to a string cannot fail.
            let _ = write!(text, "\n{part}");
        }
    }
    text
}
