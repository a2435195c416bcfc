//! Agents that are kept in tables, handed around and built in the body of a file.

use crate::{flows, has, lacks, model, places};

const TRAVEL: &str = r#"
from langgraph.graph import END, StateGraph
from office.models import pick

def plan(state):
    return {"plan": pick().invoke(state["wish"])}

def price(state):
    import requests
    return {"price": requests.get("https://fares.example.com/").json()}

steps = StateGraph(dict)
steps.add_node("plan", plan)
steps.add_node("price", price)
travel = steps.compile()
"#;
const MODELS: &str = r#"
from langchain_anthropic import ChatAnthropic

def pick():
    return ChatAnthropic(model="claude-sonnet-4")
"#;
const REGISTRY: &str = r#"
from office.travel import travel

DESKS = {"travel": travel}

def desk(name):
    return DESKS[name]
"#;
const SERVICE: &str = r#"
from fastapi import FastAPI
from office.registry import desk

app = FastAPI()

@app.post("/{name}/ask")
async def ask(name: str, wish: str):
    who = desk(name)
    return await who.ainvoke({"wish": wish})

@app.get("/ping")
async def ping():
    return "pong"
"#;

fn office(service: &str) -> trueline_facts::threat::ThreatModel {
    model(&[
        ("office/travel.py", TRAVEL),
        ("office/models.py", MODELS),
        ("office/registry.py", REGISTRY),
        ("office/service.py", service),
    ])
}

#[test]
fn an_agent_in_a_table_is_given_tasks_by_whoever_looks_it_up() {
    let model = office(SERVICE);
    has(&model, "web application -> LangGraph");
    has(&model, "LangGraph -> LangChain model");
    has(&model, "LangGraph -> fares.example.com");
    assert_eq!(
        places(&model, "web application", "LangGraph"),
        ["office/service.py:10"]
    );
    assert_eq!(
        places(&model, "LangGraph", "LangChain model"),
        ["office/travel.py:6"]
    );
}

#[test]
fn a_service_that_does_not_look_it_up_gives_it_none() {
    let service = SERVICE
        .replace("who = desk(name)", "who = None")
        .replace("from office.registry import desk\n", "");
    let model = office(&service);
    lacks(&model, "web application -> LangGraph");
    lacks(&model, "web application -> LangChain model");
    // The graph still asks its model; that it is made is no task from anywhere.
    has(&model, "LangGraph -> LangChain model");
    assert!(
        !flows(&model)
            .iter()
            .any(|f| f.starts_with("application code -> LangGraph")),
        "{:#?}",
        flows(&model)
    );
}

#[test]
fn a_function_that_a_router_is_given_is_not_run_by_who_mentions_the_router() {
    let main = r#"
import sys
from fastapi import FastAPI
from office.registry import desk

app = FastAPI()

def ask(wish: str):
    return desk("travel").invoke({"wish": wish})

app.add_api_route("/ask", ask, methods=["POST"])

def main():
    name = input("port? ")
    print(app, name)

if __name__ == "__main__":
    main()
"#;
    let model = office(main);
    lacks(&model, "command-line program -> LangGraph");
    lacks(&model, "command-line program -> LangChain model");
}

#[test]
fn asyncio_runs_no_commands() {
    let code = r#"
import asyncio
import os

async def main():
    print(input("name? "), os.getcwd())

asyncio.run(main())
"#;
    let model_of = |code: &str| model(&[("main.py", code)]);
    assert!(!flows(&model_of(code)).iter().any(|f| f.contains("shell")));
    let shell = code.replace("os.getcwd()", "os.system(\"ls\")");
    has(&model_of(&shell), "command-line program -> shell commands");
    let process = code.replace(
        "os.getcwd()",
        "await asyncio.create_subprocess_shell(\"ls\")",
    );
    has(
        &model_of(&process),
        "command-line program -> shell commands",
    );
}

#[test]
fn functions_that_nothing_calls_carry_no_flows_of_an_application() {
    let code = r#"
from flask import Flask
from pypdf import PdfReader

app = Flask(__name__)

@app.get("/")
def index():
    return "hello"

def old_import(path):
    return older(path)

def older(path):
    return PdfReader(path).pages
"#;
    let model_of = |code: &str| model(&[("app.py", code)]);
    assert!(
        !flows(&model_of(code))
            .iter()
            .any(|f| f.contains("documents"))
    );
    // Handed to somebody, it may run.
    let used = format!("{code}\nimport tasks\ntasks.schedule(old_import)\n");
    has(&model_of(&used), "documents -> application code");
}

#[test]
fn two_agents_have_the_tools_that_each_is_given() {
    let code = r#"
import subprocess
import requests
from crewai import Agent as Member
from crewai.tools import tool
from langgraph.prebuilt import create_react_agent

@tool
def compile_code(path: str):
    return subprocess.run(["make", path])

@tool
def read_page(url: str):
    return requests.get(url).text

builder = Member(role="builder", tools=[compile_code])
reader = create_react_agent("openai:gpt-4o", tools=[read_page])
"#;
    let model = model(&[("team.py", code)]);
    has(&model, "CrewAI -> tool compile_code");
    has(&model, "LangChain agent -> tool read_page");
    lacks(&model, "CrewAI -> tool read_page");
    lacks(&model, "LangChain agent -> tool compile_code");
}

#[test]
fn a_graph_that_is_compiled_under_its_own_name_still_runs_its_steps_and_asks_people() {
    let code = r#"
from langchain_openai import ChatOpenAI
from langgraph.graph import StateGraph
from langgraph.types import interrupt
from langgraph_sdk import get_client

remote = get_client()

async def write(state):
    voice = ChatOpenAI(model="gpt-4o")

    async def once(text):
        return await voice.with_structured_output(dict).ainvoke(text)

    return {"text": await once(state["wish"])}

async def confirm(state):
    answer = interrupt([state["text"]])
    await remote.runs.create(None, "learn", input={"answer": answer})

letters = StateGraph(dict)
letters.add_node(write)
letters.add_node("confirm", confirm)
letters = letters.compile()
"#;
    let found = model(&[("letters.py", code)]);
    assert_eq!(
        places(&found, "LangGraph", "LangChain model"),
        ["letters.py:13"]
    );
    has(&found, "approver -> LangGraph");
    has(&found, "LangGraph -> LangGraph server services");
    // Without the step nobody is asked.
    let without = code.replace("letters.add_node(\"confirm\", confirm)\n", "");
    let found = model(&[("letters.py", &without)]);
    lacks(&found, "approver -> LangGraph");
}

#[test]
fn a_chained_graph_of_typescript_runs_its_steps() {
    let graph = r#"
import { StateGraph, START } from "@langchain/langgraph";
import fs from "fs/promises";
import { voice } from "./voice.js";
async function greet(state: any) { return (await voice("x/y")).invoke(state.name); }
async function seed(state: any) { return fs.readFile("seed.json", "utf-8"); }
async function unused(state: any) { return fs.writeFile("out.json", state); }
const builder = new StateGraph({}).addNode("seed", seed).addNode("greet", greet).addEdge(START, "seed");
export const graph = builder.compile().withConfig({ runName: "Greeting" });
"#;
    let voice = r#"
import { initChatModel } from "langchain/chat_models/universal";
export async function voice(name: string) { return await initChatModel(name, {}); }
"#;
    let found = model(&[("src/graph.ts", graph), ("src/voice.ts", voice)]);
    assert_eq!(
        places(&found, "LangChain agent", "LangChain model"),
        ["src/graph.ts:5"]
    );
    has(&found, "files -> LangChain agent");
    lacks(&found, "LangChain agent -> files");
}

#[test]
fn runs_on_a_graph_server_are_seen_where_they_are_asked_for() {
    let route = r#"
import { remote } from "@/lib/remote";
export async function POST(request: Request) {
  const stream = await remote().client.runs.stream("t", "a", { input: await request.json() });
  return new Response(stream as any);
}
"#;
    let lib = r#"
import { Client } from "@langchain/langgraph-sdk";
export const remote = () => ({ client: new Client({ apiUrl: "http://localhost:2024" }) });
"#;
    let found = model(&[("app/api/ask/route.ts", route), ("lib/remote.ts", lib)]);
    assert_eq!(
        places(&found, "web application", "LangGraph server services"),
        ["app/api/ask/route.ts:4"]
    );
    // Without the client in the program the same words are nobody's.
    let found = model(&[("app/api/ask/route.ts", route)]);
    assert!(!flows(&found).iter().any(|f| f.contains("LangGraph server")));
}

#[test]
fn tools_of_an_agent_that_a_graph_runs_are_not_the_graphs() {
    let code = r#"
from langgraph.graph import StateGraph
from langgraph.prebuilt import create_react_agent

def weigh(thing: str):
    return len(thing)

def file_under(thing: str):
    return thing

scale = create_react_agent("openai:gpt-4o", tools=[weigh])

def measure(state):
    return scale.invoke(state)

def sort(state):
    from langchain.chat_models import init_chat_model
    return init_chat_model("openai:gpt-4o").bind_tools([file_under]).invoke(state)

graph = StateGraph(dict)
graph.add_node("measure", measure)
graph.add_node("sort", sort)
graph = graph.compile()
"#;
    let model = model(&[("scales.py", code)]);
    has(&model, "LangChain agent -> tool weigh");
    has(&model, "LangGraph -> tool file_under");
    lacks(&model, "LangGraph -> tool weigh");
    lacks(&model, "LangChain agent -> tool file_under");
}
