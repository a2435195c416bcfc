//! The tools of the server, one module each: what it takes, what it gives back, what it does.

mod check_diff;
mod explain_finding;
mod policy_for_path;
mod record_provenance;
mod suggest_fix;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use rmcp::model::{JsonObject, Tool, ToolAnnotations};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::answer::Answer;
use crate::error::CallError;
use crate::workspace::{Options, Workspace};

/// A tool.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Name {
    CheckDiff,
    ExplainFinding,
    PolicyForPath,
    SuggestFix,
    RecordProvenance,
}

impl Name {
    pub(crate) const ALL: [Self; 5] = [
        Self::CheckDiff,
        Self::ExplainFinding,
        Self::PolicyForPath,
        Self::SuggestFix,
        Self::RecordProvenance,
    ];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::CheckDiff => "check_diff",
            Self::ExplainFinding => "explain_finding",
            Self::PolicyForPath => "policy_for_path",
            Self::SuggestFix => "suggest_fix",
            Self::RecordProvenance => "record_provenance",
        }
    }

    pub(crate) fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tool| tool.as_str() == name)
    }

    /// As `tools/list` tells it.
    pub(crate) fn tool(self) -> Tool {
        match self {
            Self::CheckDiff => describe::<check_diff::Input, check_diff::Output>(
                self,
                "Check changed lines",
                "Finds weaknesses on the lines that the work tree changes, committed or not, against a base (HEAD by \
                 default), with the way of the data and a hint how to mend each. Call it after editing and before \
                 committing. The second call only looks at what changed since the first.",
                reads(),
            ),
            Self::ExplainFinding => describe::<explain_finding::Input, explain_finding::Output>(
                self,
                "Explain a finding or rule",
                "Explains a finding by its fingerprint, or a rule by its id: why it matters, the way of the data in \
                 steps, code with the weakness and code without it.",
                reads(),
            ),
            Self::PolicyForPath => describe::<policy_for_path::Input, policy_for_path::Output>(
                self,
                "Policy for a file",
                "Says what the team's trueline.toml means for a file, whether the file is scanned and why not, which \
                 rules look at it, which findings its comments answer, the zones that it lies in, and whether the guard \
                 lets an agent write it. Call it before you write where you have not written yet.",
                reads(),
            ),
            Self::SuggestFix => describe::<suggest_fix::Input, suggest_fix::Output>(
                self,
                "Suggest a fix",
                "Gives the fix of a finding as a unified diff, tried on a copy in memory: the finding is gone and \
                 nothing new is found. It is not applied.",
                reads(),
            ),
            Self::RecordProvenance => {
                describe::<record_provenance::Input, record_provenance::Output>(
                    self,
                    "Record which AI tool wrote commits",
                    "Writes an authorship note on commits of the present git user that says which AI tool wrote \
                     their lines. Refused unless the server was started with --allow-write.",
                    ToolAnnotations::new()
                        .read_only(false)
                        .destructive(false)
                        .idempotent(true)
                        .open_world(false),
                )
            }
        }
    }

    /// Answers a call.
    pub(crate) fn call(
        self,
        arguments: JsonObject,
        workspace: &mut Workspace,
        options: &Options,
        interrupt: &AtomicBool,
    ) -> Result<Answer, CallError> {
        match self {
            Self::CheckDiff => check_diff::call(&read(arguments)?, workspace, interrupt),
            Self::ExplainFinding => explain_finding::call(&read(arguments)?, workspace, interrupt),
            Self::PolicyForPath => policy_for_path::call(&read(arguments)?, workspace),
            Self::SuggestFix => suggest_fix::call(&read(arguments)?, workspace, interrupt),
            Self::RecordProvenance => {
                record_provenance::call(&read(arguments)?, workspace, options)
            }
        }
    }
}

fn read<T: DeserializeOwned>(arguments: JsonObject) -> Result<T, CallError> {
    Ok(serde_json::from_value(Value::Object(arguments))?)
}

fn reads() -> ToolAnnotations {
    ToolAnnotations::new()
        .read_only(true)
        .destructive(false)
        .idempotent(true)
        .open_world(false)
}

fn describe<Input: JsonSchema + 'static, Output: JsonSchema + 'static>(
    name: Name,
    title: &str,
    description: &'static str,
    annotations: ToolAnnotations,
) -> Tool {
    let mut tool = Tool::new(name.as_str(), description, JsonObject::new())
        .with_title(title)
        .with_input_schema::<Input>()
        .with_output_schema::<Output>()
        .with_annotations(annotations);
    tool.input_schema = Arc::new(without_formats((*tool.input_schema).clone()));
    tool.output_schema = tool
        .output_schema
        .map(|schema| Arc::new(without_formats((*schema).clone())));
    tool
}

/// A schema without the widths of its numbers, which are no formats of JSON Schema: clients warn of them.
fn without_formats(mut schema: JsonObject) -> JsonObject {
    fn go(value: &mut Value) {
        match value {
            Value::Object(fields) => {
                fields.retain(|name, format| {
                    name != "format" || !format.as_str().is_some_and(|f| f.contains("int"))
                });
                fields.values_mut().for_each(go);
            }
            Value::Array(items) => items.iter_mut().for_each(go),
            _ => {}
        }
    }
    schema.values_mut().for_each(go);
    schema
}
