//! The server as clients start it: a process, its pipes, and the SDK's own client at the other end.

use std::process::Stdio;

use rmcp::ServiceExt as _;
use rmcp::model::{CallToolRequestParams, CallToolResponse};
use serde_json::{Value, json};

use crate::repository::{Repository, UNSAFE_VIEW};

#[test]
fn a_client_of_the_sdk_lists_and_calls_every_tool() {
    let repository = Repository::new();
    repository.write("README.md", "# Demo\n").commit("start");
    repository.write("app.py", UNSAFE_VIEW).commit("view");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let mut server = tokio::process::Command::new(env!("CARGO_BIN_EXE_trueline"))
            .args(["mcp", "--no-cache"])
            .current_dir(repository.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let pipes = (server.stdout.take().unwrap(), server.stdin.take().unwrap());
        let client = ().serve(pipes).await.unwrap();
        let tools = client.list_all_tools().await.unwrap();
        let names: Vec<String> = tools.iter().map(|tool| tool.name.to_string()).collect();
        let call = async |name: &str, arguments: Value| {
            let mut request = CallToolRequestParams::new(name.to_owned());
            request.arguments = arguments.as_object().cloned();
            let response: CallToolResponse = client.call_tool(request).await.unwrap().into();
            match response {
                CallToolResponse::Complete(result) => result,
                other => panic!("{other:?}"),
            }
        };
        let checked = call("check_diff", json!({"base": "HEAD~1"})).await;
        let data = checked.structured_content.unwrap();
        assert_eq!(data["findings"][0]["rule"], "sql-injection", "{data}");
        let fingerprint = data["findings"][0]["fingerprint"].clone();
        for (name, arguments, is_error) in [
            ("check_diff", json!({}), false),
            (
                "explain_finding",
                json!({ "fingerprint": fingerprint }),
                false,
            ),
            ("policy_for_path", json!({"path": "app.py"}), false),
            ("suggest_fix", json!({ "fingerprint": fingerprint }), false),
            ("record_provenance", json!({"tool": "claude"}), true),
        ] {
            assert!(names.contains(&name.to_owned()));
            let result = call(name, arguments).await;
            assert_eq!(result.is_error, Some(is_error), "{name}: {result:?}");
        }
        assert_eq!(names.len(), 5);
        client.cancel().await.unwrap();
        let ended = server.wait_with_output().await.unwrap();
        assert_eq!(ended.status.code(), Some(0));
        assert_eq!(String::from_utf8_lossy(&ended.stderr), "");
    });
}

#[test]
fn a_place_that_is_not_there_is_told_before_anything_is_served() {
    let repository = Repository::new();
    let run = repository.trueline(&["mcp", "not/there"]);
    assert_eq!(run.code(), 2, "{}", run.stderr());
    assert!(run.stderr().contains("not/there"));
    assert_eq!(run.stdout(), "");
}
