//! `trueline threats`: from code to components, flows and threats, and what people decide about them.

use serde_json::Value;

use crate::repository::Repository;

const AGENT: &str = r#"
import sqlite3
import subprocess

from flask import Flask, request
from langchain_openai import ChatOpenAI
from langchain.agents import AgentExecutor, create_tool_calling_agent
from langchain_core.tools import tool

app = Flask(__name__)

@tool
def find_order(number: str) -> str:
    """Finds an order."""
    database = sqlite3.connect("orders.db")
    return str(database.execute("SELECT * FROM orders WHERE number = ?", [number]).fetchall())

@tool
def run_script(name: str) -> str:
    """Runs a script of the house."""
    return subprocess.run(["./scripts/" + name], capture_output=True, text=True).stdout

@tool
def add(a: int, b: int) -> int:
    """Adds."""
    return a + b

def assistant():
    model = ChatOpenAI(model="gpt-4o")
    tools = [find_order, run_script, add]
    agent = create_tool_calling_agent(model, tools, None)
    return AgentExecutor(agent=agent, tools=tools)

@app.route("/ask", methods=["POST"])
def ask():
    return assistant().invoke({"input": request.json["question"]})["output"]

@app.route("/health")
def health():
    return "ok"
"#;

fn with_agent() -> Repository {
    let repository = Repository::new();
    repository
        .write("shop/app.py", AGENT)
        .commit("feat: assistant");
    repository
}

fn model(repository: &Repository, more: &[&str]) -> Value {
    let mut arguments = vec!["threats", "--format", "json", "--now", "2026-11-29"];
    arguments.extend(more);
    repository.trueline(&arguments).json()
}

fn name<'m>(model: &'m Value, id: &Value) -> &'m str {
    let mut components = model["components"].as_array().unwrap().iter();
    components.find(|c| c["id"] == *id).unwrap()["name"]
        .as_str()
        .unwrap()
}

fn flows(model: &Value) -> Vec<(&str, &str)> {
    let flows = model["flows"].as_array().unwrap().iter();
    flows
        .map(|f| (name(model, &f["from"]), name(model, &f["to"])))
        .collect()
}

fn threat<'m>(model: &'m Value, title: &str) -> &'m Value {
    let mut threats = model["threats"].as_array().unwrap().iter();
    threats
        .find(|t| t["title"].as_str().unwrap().contains(title))
        .unwrap_or_else(|| panic!("no `{title}` in {model:#}"))
}

#[test]
fn an_agent_with_tools_is_a_model_of_its_parts_and_their_flows() {
    let repository = with_agent();
    let model = model(&repository, &[]);
    assert_eq!(model["schema"], "trueline.threats/1");
    let flows = flows(&model);
    for flow in [
        ("user", "web application"),
        ("web application", "LangChain agent"),
        ("LangChain agent", "LangChain model"),
        ("LangChain agent", "tool find_order"),
        ("tool find_order", "SQLite"),
        ("tool run_script", "shell commands"),
    ] {
        assert!(flows.contains(&flow), "{flow:?} is missing in {flows:#?}");
    }
    // A tool leads to what it uses, not to what its neighbours use.
    assert!(!flows.contains(&("tool add", "SQLite")));
    assert!(!flows.contains(&("tool find_order", "shell commands")));
    let shell = threat(&model, "tool run_script lets a model use shell commands");
    assert_eq!(shell["severity"], "critical");
    assert_eq!(shell["state"], "open");
    assert_eq!(shell["evidence"][0]["path"], "shop/app.py");
    let titles: Vec<&str> = model["threats"]
        .as_array()
        .unwrap()
        .iter()
        .map(|t| t["title"].as_str().unwrap())
        .collect();
    assert!(
        !titles.iter().any(|t| t.contains("tool add lets")),
        "{titles:#?}"
    );
    // Who asks is not known at the one route that reaches the agent; the other reaches nothing.
    let open = threat(&model, "without a login");
    assert_eq!(open["evidence"].as_array().unwrap().len(), 1);
}

#[test]
fn a_threat_keeps_its_id_when_lines_move_closes_with_the_code_and_opens_again() {
    let repository = with_agent();
    let before = model(&repository, &[]);
    let id = threat(&before, "run_script lets")["id"].clone();
    std::fs::write(repository.path().join("../before.json"), before.to_string()).unwrap();
    repository.write("shop/app.py", format!("# moved\n# down\n{AGENT}"));
    assert_eq!(
        threat(&model(&repository, &[]), "run_script lets")["id"],
        id
    );
    // Without the tool the threat is gone, and told to be.
    let (start, end) = (
        AGENT.find("@tool\ndef run_script").unwrap(),
        AGENT.find("@tool\ndef add").unwrap(),
    );
    let without = format!("{}{}", &AGENT[..start], &AGENT[end..]).replace("run_script, ", "");
    repository.write("shop/app.py", &without);
    let after = model(&repository, &["--compare", "../before.json"]);
    let closed = after["closed"].as_array().unwrap();
    assert!(closed.iter().any(|c| c["id"] == id), "{closed:#?}");
    repository.write("shop/app.py", AGENT);
    assert_eq!(
        threat(&model(&repository, &[]), "run_script lets")["id"],
        id
    );
}

#[test]
fn decisions_stand_until_their_day_and_are_told_when_nothing_is_left_to_decide() {
    let repository = with_agent();
    let id = threat(&model(&repository, &[]), "run_script lets")["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let decision = |id: &str, expires: &str| {
        format!(
            "[[decision]]\nthreat = \"{id}\"\nstate = \"accepted\"\nowner = \"ada\"\nreason = \"scripts are read-only\"\nexpires = \"{expires}\"\n"
        )
    };
    repository.write(".trueline/threats.toml", decision(&id, "2026-12-31"));
    assert_eq!(
        threat(&model(&repository, &[]), "run_script lets")["state"],
        "accepted"
    );
    repository.write(".trueline/threats.toml", decision(&id, "2026-11-28"));
    let late = model(&repository, &[]);
    assert_eq!(threat(&late, "run_script lets")["state"], "open");
    assert!(
        late["diagnostics"]
            .to_string()
            .contains("ended on 2026-11-28")
    );
    repository.write(
        ".trueline/threats.toml",
        decision("000000000000", "2026-12-31"),
    );
    assert!(
        model(&repository, &[])["diagnostics"]
            .to_string()
            .contains("threat-decision-unused")
    );
    // An acceptance without an end, or of nobody, is refused with what is wrong.
    for (wrong, said) in [
        (
            decision(&id, "2026-12-31").replace("expires = \"2026-12-31\"\n", ""),
            "needs `expires",
        ),
        (decision(&id, "soon"), "is no day"),
        (
            decision(&id, "2026-12-31").replace("ada", " "),
            "needs an owner",
        ),
        (decision(&id, "2026-12-31").replace("owner", "ower"), "ower"),
    ] {
        repository.write(".trueline/threats.toml", &wrong);
        let run = repository.trueline(&["threats"]);
        assert_eq!(run.code(), 2, "{}", run.stderr());
        assert!(run.stderr().contains(said), "{}", run.stderr());
    }
}

#[test]
fn every_format_is_written_and_open_threats_can_fail_a_job() {
    let repository = with_agent();
    let markdown = repository
        .trueline(&["threats", "--format", "markdown"])
        .stdout();
    assert!(markdown.contains("```mermaid\nflowchart LR\n"));
    assert!(
        repository
            .trueline(&["threats", "--format", "svg"])
            .stdout()
            .starts_with("<svg ")
    );
    assert!(
        repository
            .trueline(&["threats"])
            .stdout()
            .contains("Open threats")
    );
    let tml = repository.trueline(&["threats", "--format", "tml"]).json();
    for key in [
        "version",
        "scope",
        "trust_zones",
        "trust_boundaries",
        "actors",
        "components",
        "data_stores",
        "data_sets",
        "data_flows",
    ] {
        assert!(!tml[key].is_null(), "{key}");
    }
    // Every end of a flow is defined under its kind.
    for flow in tml["data_flows"].as_array().unwrap() {
        for end in ["source", "destination"] {
            let list = match flow[end]["type"].as_str().unwrap() {
                "actor" => "actors",
                "data-store" => "data_stores",
                _ => "components",
            };
            let defined = tml[list].as_array().unwrap().iter();
            assert_eq!(
                defined
                    .filter(|c| c["symbolic_name"] == flow[end]["object"])
                    .count(),
                1,
                "{flow}"
            );
        }
    }
    assert_eq!(
        repository
            .trueline(&["threats", "--fail-on", "critical"])
            .code(),
        1
    );
    let empty = Repository::new();
    empty.write("a.py", "x = 1\n").commit("feat: a");
    assert_eq!(empty.trueline(&["threats", "--fail-on", "low"]).code(), 0);
    assert!(
        empty
            .trueline(&["threats"])
            .stdout()
            .contains("Nothing was found")
    );
}

#[test]
fn code_in_languages_that_are_not_read_is_told_first() {
    let repository = Repository::new();
    repository
        .write("src/main.rs", "fn main() {}\n")
        .write("cmd/serve.go", "package main\n\nfunc main() {}\n")
        .write("cmd/more.go", "package main\n")
        .commit("feat: a server");
    let model = model(&repository, &[]);
    let first = model["diagnostics"][0]["message"].as_str().unwrap();
    assert!(first.contains("Go (2), Rust (1)"), "{first}");
    let page = repository.trueline(&["threats", "--format", "markdown"]);
    let page = page.stdout();
    let told = page.find("None of the code here is read");
    let rest = page.find("Nothing was found");
    assert!(told.is_some() && told < rest, "{page}");
    // With code that is read, no such word.
    repository.write("app.py", "x = 1\n").commit("feat: more");
    let model = self::model(&repository, &[]);
    let told = model["diagnostics"].as_array().into_iter().flatten();
    assert!(
        told.map(|d| &d["code"])
            .all(|code| code != "threat-languages-unread")
    );
}
