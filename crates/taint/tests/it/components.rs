//! Components of a file: what is read from source for a threat model.

use trueline_facts::RepoPath;
use trueline_facts::surface::{ComponentKind, FileSurface};
use trueline_syntax::{Source, language_of};
use trueline_taint::Engine;

fn read(path: &str, code: &str) -> FileSurface {
    let language = language_of(path.as_bytes()).unwrap();
    let source = Source { path, text: code };
    let module = trueline_syntax::lower(language, source).unwrap();
    let engine = Engine::builtin().unwrap();
    engine.components(&RepoPath::from(path), code, &module)
}

/// Function, kind, name and detail of each use.
fn uses(path: &str, code: &str) -> Vec<(String, ComponentKind, String, String)> {
    read(path, code)
        .functions
        .into_iter()
        .flat_map(|f| {
            f.uses.into_iter().map(move |u| {
                let detail = u.detail.unwrap_or_default();
                (f.symbol.clone(), u.kind, u.name, detail)
            })
        })
        .collect()
}

fn one(
    symbol: &str,
    kind: ComponentKind,
    name: &str,
    detail: &str,
) -> (String, ComponentKind, String, String) {
    (symbol.to_owned(), kind, name.to_owned(), detail.to_owned())
}

#[test]
fn a_model_is_known_by_its_library_and_by_the_end_of_a_call_on_a_field() {
    let code = r#"
from openai import OpenAI

class Assistant:
    def __init__(self):
        self.client = OpenAI()

    def ask(self, question):
        return self.client.chat.completions.create(model="gpt-4o", messages=question)

def other(database):
    return database.completions.create(1)
"#;
    let found = uses("app/assistant.py", code);
    assert!(
        found.contains(&one(
            "Assistant.ask",
            ComponentKind::Model,
            "OpenAI",
            "gpt-4o"
        )),
        "{found:?}"
    );
    // Without the library in the file the same words mean nothing.
    assert!(
        uses(
            "app/x.py",
            &code.replace("from openai import OpenAI\n", "OpenAI = object\n")
        )
        .is_empty()
    );
}

#[test]
fn a_tool_belongs_to_the_function_that_does_its_work() {
    let code = r#"
from langchain.agents import Tool
from langchain_core.tools import tool

def look_up(name):
    return name

finder = Tool(name="Finder", func=look_up, description="finds")

@tool
def remove(path: str):
    """Removes a file."""
    return path
"#;
    let found = uses("tools.py", code);
    assert_eq!(
        found,
        [
            one("look_up", ComponentKind::Tool, "Finder", ""),
            one("remove", ComponentKind::Tool, "remove", ""),
        ]
    );
}

#[test]
fn a_decorator_of_that_name_is_no_tool_without_a_library_of_tools() {
    let code = "from mine import tool\n\n@tool\ndef remove(path):\n    return path\n";
    assert!(uses("tools.py", code).is_empty());
}

#[test]
fn described_tools_belong_to_the_function_of_their_name() {
    let code = r#"
import subprocess

TOOLS = [{"name": "run_tests", "description": "Runs the tests", "input_schema": {"type": "object"}}]

def run_tests(arguments):
    return subprocess.run(["make", "test"])
"#;
    let found = uses("agent.py", code);
    assert!(
        found.contains(&one("run_tests", ComponentKind::Tool, "run_tests", "")),
        "{found:?}"
    );
    assert!(found.contains(&one(
        "run_tests",
        ComponentKind::Command,
        "shell commands",
        ""
    )));
    // A record with a name and a description is none.
    let plain = r#"THING = {"name": "run_tests", "description": "Runs the tests", "price": 3}"#;
    assert!(uses("agent.py", plain).is_empty());
}

#[test]
fn routes_are_entries_of_their_handlers_with_what_guards_them() {
    let code = r#"
const express = require("express");
const app = express();
app.post("/ask", requireAuth, async (req, res) => { res.json(await answer(req.body.q)); });
app.get("/health", health);
function health(req, res) { res.send("ok"); }
async function answer(q) { const r = await fetch("https://api.example.com/v1/x"); return r.json(); }
"#;
    let surface = read("server.js", code);
    let entries: Vec<_> = surface
        .functions
        .iter()
        .flat_map(|f| f.uses.iter().map(move |u| (f, u)))
        .filter(|(_, u)| u.kind == ComponentKind::Entry)
        .collect();
    assert_eq!(entries.len(), 2, "{surface:#?}");
    let ask = entries
        .iter()
        .find(|(_, u)| u.detail.as_deref() == Some("POST /ask"))
        .unwrap();
    assert_eq!(ask.1.controls, ["authentication"]);
    let called: Vec<&str> = ask
        .0
        .calls
        .iter()
        .map(|c| surface.functions[*c as usize].symbol.as_str())
        .collect();
    assert!(called.contains(&"answer"), "{called:?}");
    let health = entries
        .iter()
        .find(|(_, u)| u.detail.as_deref() == Some("GET /health"))
        .unwrap();
    assert_eq!(
        (health.0.symbol.as_str(), health.1.controls.len()),
        ("health", 0)
    );
    let network = surface
        .functions
        .iter()
        .flat_map(|f| &f.uses)
        .find(|u| u.kind == ComponentKind::Network);
    assert_eq!(network.unwrap().detail.as_deref(), Some("api.example.com"));
}

#[test]
fn test_files_have_no_components() {
    let code = "import subprocess\n\ndef test_it():\n    subprocess.run(['ls'])\n";
    assert!(uses("tests/test_it.py", code).is_empty());
    assert_eq!(uses("app/it.py", code).len(), 1);
}
