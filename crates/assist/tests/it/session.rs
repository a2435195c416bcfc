//! A repository in a temporary folder, and a client that is connected to the server of it.

use std::path::Path;
use std::process::Command;

use rmcp::model::{CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, Tool};
use rmcp::service::{RoleClient, RunningService};
use rmcp::{ServiceError, ServiceExt as _};
use serde_json::Value;
use trueline_assist::{Options, Server, Writing};
use trueline_scan::ReadingOptions;

pub(crate) const UNSAFE_VIEW: &str = "\
import sqlite3
from flask import Flask, request

app = Flask(__name__)


@app.route(\"/user\")
def user():
    name = request.args.get(\"name\")
    db = sqlite3.connect(\"app.db\")
    rows = db.execute(\"SELECT id FROM users WHERE name = '\" + name + \"'\").fetchall()
    return {\"rows\": rows}
";

pub(crate) struct Repository {
    folder: tempfile::TempDir,
}

impl Repository {
    pub(crate) fn new() -> Self {
        let repository = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        repository.git(&["init", "--quiet", "--initial-branch=main", "."]);
        repository.git(&["config", "user.name", "Dev"]);
        repository.git(&["config", "user.email", "dev@example.org"]);
        repository.write("README.md", "# Demo\n").commit("start");
        repository
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn write(&self, path: &str, text: &str) -> &Self {
        let full = self.path().join(path);
        std::fs::create_dir_all(full.parent().unwrap()).unwrap();
        std::fs::write(full, text).unwrap();
        self
    }

    pub(crate) fn commit(&self, message: &str) -> &Self {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "--message", message]);
        self
    }

    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        let output = Command::new("git")
            .args(["-c", "commit.gpgsign=false"])
            .args(arguments)
            .current_dir(self.path())
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_SYSTEM", "/dev/null")
            .output()
            .unwrap();
        assert!(output.status.success(), "git {arguments:?}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}

/// A client of the server of a repository.
pub(crate) struct Session {
    runtime: tokio::runtime::Runtime,
    client: Option<RunningService<RoleClient, ()>>,
}

impl Session {
    pub(crate) fn open(repository: &Repository, writing: Writing) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .thread_stack_size(64 << 20)
            .enable_time()
            .build()
            .unwrap();
        let server = Server::new(Options {
            path: repository.path().to_owned(),
            writing,
            reading: ReadingOptions {
                threads: 2,
                cache: false,
                local_sessions: None,
            },
        })
        .unwrap();
        let client = runtime.block_on(async {
            let (near, far) = tokio::io::duplex(1 << 16);
            tokio::spawn(async move {
                if let Ok(running) = server.serve(far).await {
                    drop(running.waiting().await);
                }
            });
            ().serve(near).await.unwrap()
        });
        Self {
            runtime,
            client: Some(client),
        }
    }

    pub(crate) fn reading(repository: &Repository) -> Self {
        Self::open(repository, Writing::Refused)
    }

    pub(crate) fn tools(&self) -> Vec<Tool> {
        let client = self.client.as_ref().unwrap();
        self.runtime.block_on(client.list_all_tools()).unwrap()
    }

    pub(crate) fn raw(
        &self,
        tool: &str,
        arguments: &Value,
    ) -> Result<CallToolResult, ServiceError> {
        let client = self.client.as_ref().unwrap();
        let mut request = CallToolRequestParams::new(tool.to_owned());
        request.arguments = arguments.as_object().cloned();
        let response = self.runtime.block_on(client.call_tool(request))?;
        Ok(completed(response))
    }

    /// The data and the text of an answer.
    pub(crate) fn call(&self, tool: &str, arguments: &Value) -> (Value, String) {
        let result = self.raw(tool, arguments).unwrap();
        let text = text(&result);
        assert_ne!(result.is_error, Some(true), "{text}");
        (result.structured_content.unwrap(), text)
    }

    /// The text of an error.
    pub(crate) fn refused(&self, tool: &str, arguments: &Value) -> String {
        let result = self.raw(tool, arguments).unwrap();
        assert_eq!(result.is_error, Some(true), "{result:?}");
        text(&result)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if let Some(client) = self.client.take() {
            drop(self.runtime.block_on(client.cancel()));
        }
    }
}

fn completed(response: impl Into<CallToolResponse>) -> CallToolResult {
    match response.into() {
        CallToolResponse::Complete(result) => result,
        other => panic!("{other:?}"),
    }
}

fn text(result: &CallToolResult) -> String {
    let texts = result.content.iter().filter_map(ContentBlock::as_text);
    texts.map(|text| text.text.as_str()).collect()
}
