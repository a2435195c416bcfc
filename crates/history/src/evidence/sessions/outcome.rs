//! What became of a call: whether its tool wrote anything, and what the file held before. A call that was
//! refused or failed put no line anywhere, and who writes a file anew did not write what stood in it.
//!
//! From the results in a transcript. A call without one counts as done: the transcript may end there.

use serde_json::Value;

use super::discover::Form;

/// What the result of a call says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Outcome {
    /// Refused, interrupted or failed.
    Failed,
    /// Done, on a file that held this, where the result says.
    Done { before: Option<String> },
}

/// The results in one message, by the id of their call.
pub(super) fn results(message: &Value, form: Form) -> Vec<(&str, Outcome)> {
    match form {
        Form::Claude => of_claude(message),
        Form::Codex => {
            let item = message.get("payload").unwrap_or(message);
            let is_result = item["type"]
                .as_str()
                .is_some_and(|kind| kind.ends_with("_call_output"));
            let id = item["call_id"].as_str().filter(|_| is_result);
            id.map(|id| (id, of_codex(&item["output"])))
                .into_iter()
                .collect()
        }
        Form::Copilot => {
            let data = &message["data"];
            let is_result = message["type"] == "tool.execution_complete";
            let id = data["toolCallId"].as_str().filter(|_| is_result);
            id.map(|id| (id, done(data["success"] != false, None)))
                .into_iter()
                .collect()
        }
        Form::Gemini | Form::Aider => Vec::new(),
    }
}

/// Gemini's record of a call holds its result.
pub(super) fn of_gemini(call: &Value) -> Outcome {
    let failed = matches!(call["status"].as_str(), Some("error" | "cancelled"));
    done(!failed, call["resultDisplay"]["originalContent"].as_str())
}

fn of_claude(message: &Value) -> Vec<(&str, Outcome)> {
    if message["type"] != "user" {
        return Vec::new();
    }
    let parts = message["message"]["content"].as_array();
    let results: Vec<&Value> = parts
        .into_iter()
        .flatten()
        .filter(|part| part["type"] == "tool_result")
        .collect();
    // Beside the results of several calls it cannot be told whose this is.
    let before = message["toolUseResult"]["originalFile"]
        .as_str()
        .filter(|_| results.len() == 1);
    results
        .into_iter()
        .filter_map(|part| {
            let id = part["tool_use_id"].as_str()?;
            Some((id, done(part["is_error"] != true, before)))
        })
        .collect()
}

/// Its output is an object, text, or text that holds an object.
fn of_codex(output: &Value) -> Outcome {
    let parsed = output
        .as_str()
        .and_then(|text| serde_json::from_str::<Value>(text).ok());
    let value = parsed.as_ref().unwrap_or(output);
    let code = value["metadata"]["exit_code"].as_i64();
    let text = value["output"]
        .as_str()
        .or_else(|| value["content"].as_str())
        .or_else(|| value.as_str())
        .unwrap_or_default();
    let told = text
        .strip_prefix("Exit code: ")
        .and_then(|rest| rest.lines().next()?.trim().parse::<i64>().ok());
    let refused = ["apply_patch verification failed", "rejected by user"]
        .iter()
        .any(|words| text.lines().next().unwrap_or_default().contains(words));
    let failed =
        value["success"] == false || code.or(told).is_some_and(|code| code != 0) || refused;
    done(!failed, None)
}

fn done(done: bool, before: Option<&str>) -> Outcome {
    if done {
        Outcome::Done {
            before: before.map(str::to_owned),
        }
    } else {
        Outcome::Failed
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn refused_and_failed_calls_are_known_in_each_form() {
        let failed = [
            (
                Form::Claude,
                json!({"type": "user", "message": {"content": [
                    {"type": "tool_result", "tool_use_id": "c", "is_error": true, "content": "no"}]}}),
            ),
            (
                Form::Codex,
                json!({"payload": {"type": "function_call_output", "call_id": "c",
                    "output": "{\"output\":\"sh: no\",\"metadata\":{\"exit_code\":1}}"}}),
            ),
            (
                Form::Codex,
                json!({"type": "custom_tool_call_output", "call_id": "c", "output": "patch rejected by user"}),
            ),
            (
                Form::Codex,
                json!({"payload": {"type": "function_call_output", "call_id": "c", "output": "Exit code: 2\nno"}}),
            ),
            (
                Form::Copilot,
                json!({"type": "tool.execution_complete", "data": {"toolCallId": "c", "success": false}}),
            ),
        ];
        for (form, message) in &failed {
            assert_eq!(
                results(message, *form),
                [("c", Outcome::Failed)],
                "{message}"
            );
        }
        assert_eq!(of_gemini(&json!({"status": "cancelled"})), Outcome::Failed);
    }

    #[test]
    fn what_a_file_held_is_taken_over_and_success_is_no_failure() {
        let message = json!({"type": "user", "toolUseResult": {"originalFile": "a\n"}, "message": {"content": [
            {"type": "tool_result", "tool_use_id": "c", "content": "rejected by user, says the file"}]}});
        let before = Some("a\n".to_owned());
        assert_eq!(
            results(&message, Form::Claude),
            [("c", Outcome::Done { before })]
        );
        let output = json!({"payload": {"type": "function_call_output", "call_id": "c",
            "output": "Exit code: 0\nthe patch was rejected by user, says the test"}});
        assert_eq!(
            results(&output, Form::Codex),
            [("c", Outcome::Done { before: None })]
        );
        let gemini =
            json!({"status": "success", "resultDisplay": {"originalContent": "b", "fileDiff": ""}});
        let before = Some("b".to_owned());
        assert_eq!(of_gemini(&gemini), Outcome::Done { before });
    }
}
