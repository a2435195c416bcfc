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

const DESK: &str = r#"
from agents import Agent, Runner, function_tool
from fastapi import FastAPI

app = FastAPI()

@function_tool
def look_up_order(number: str) -> str:
    import requests
    return requests.get("https://orders.example.com/" + number).text

@function_tool
def refund(number: str) -> str:
    import requests
    return requests.post("https://money.example.com/").text

orders = Agent(name="Orders", model="gpt-5", tools=[look_up_order])
money = Agent(name="Money", model="gpt-5", tools=[refund, look_up_order])
triage = Agent(name="Triage", handoffs=[orders, money])

@app.post("/ask")
async def ask(text: str):
    return await Runner.run(triage, text)
"#;

#[test]
fn several_agents_of_one_framework_are_told_apart_with_their_tools_and_who_hands_work_to_whom() {
    let model = model(&[("desk/main.py", DESK)]);
    has(&model, "web application -> agent Triage");
    has(&model, "agent Triage -> web application");
    has(&model, "agent Triage -> agent Orders");
    has(&model, "agent Triage -> agent Money");
    has(&model, "agent Orders -> tool look_up_order");
    has(&model, "agent Money -> tool refund");
    // A tool that two share is both's.
    has(&model, "agent Money -> tool look_up_order");
    // What is another's is not one's own.
    lacks(&model, "agent Orders -> tool refund");
    lacks(&model, "agent Triage -> tool refund");
    lacks(&model, "agent Orders -> agent Triage");
    lacks(&model, "web application -> agent Orders");
    // The same with what an agent is generic in; and a tool that none is given is nobody's.
    let generic = DESK.replace("Agent(name", "Agent[Context](name");
    let found = crate::model(&[("desk/main.py", &generic)]);
    has(&found, "agent Triage -> agent Orders");
    has(&found, "agent Money -> tool refund");
    let given = DESK.replace("tools=[refund, look_up_order]", "tools=[]");
    let found = crate::model(&[("desk/main.py", &given)]);
    lacks(&found, "agent Triage -> tool refund");
    lacks(&found, "agent Money -> tool refund");
    // The model is named by a text, or is the one that the framework asks by itself.
    has(&model, "agent Orders -> OpenAI");
    has(&model, "agent Triage -> OpenAI");
    lacks(&model, "web application -> OpenAI Agents");
}

#[test]
fn handoffs_that_are_set_later_count_and_one_agent_alone_keeps_the_name_of_its_framework() {
    let later = DESK.replace(", handoffs=[orders, money]", "").replace(
        "@app.post",
        "triage.handoffs = [orders]\norders.handoffs.append(triage)\n\n@app.post",
    );
    let found = model(&[("desk/main.py", &later)]);
    has(&found, "agent Triage -> agent Orders");
    has(&found, "agent Orders -> agent Triage");
    lacks(&found, "agent Triage -> agent Money");
    let alone = r#"
from agents import Agent, Runner

helper = Agent(name="Helper")

def main():
    print(Runner.run_sync(helper, input("> ")).final_output)

if __name__ == "__main__":
    main()
"#;
    let found = model(&[("cli.py", alone)]);
    has(&found, "command-line program -> OpenAI Agents");
    has(&found, "OpenAI Agents -> OpenAI");
}

#[test]
fn agents_that_one_function_makes_are_told_apart_too() {
    let crew = r#"
from langgraph.prebuilt import create_react_agent
from langgraph_supervisor import create_supervisor
from langchain_openai import ChatOpenAI
from langchain_core.tools import tool

@tool
def web(query: str) -> str:
    """Searches."""
    return query

@tool
def ledger(entry: str) -> str:
    """Books."""
    return entry

def build():
    model = ChatOpenAI(model="gpt-5")
    scout = create_react_agent(model, [web], name="scout")
    clerk = create_react_agent(model, [ledger], name="clerk")
    return create_supervisor([scout, clerk], model=model).compile()

def main():
    print(build().invoke({"messages": [input("> ")]}))

if __name__ == "__main__":
    main()
"#;
    let found = model(&[("crew.py", crew)]);
    has(&found, "agent scout -> tool web");
    has(&found, "agent clerk -> tool ledger");
    lacks(&found, "agent scout -> tool ledger");
    lacks(&found, "agent clerk -> tool web");
}

#[test]
fn a_page_asks_the_routes_of_the_application_wherever_they_are_written() {
    let page = r#"
import { useState } from "react";
import { send } from "./api";

export default function Chat() {
  const [text, setText] = useState("");
  return <form onSubmit={() => send(text)}><input value={text} onChange={(e) => setText(e.target.value)} /></form>;
}
"#;
    let api = r#"
const BASE = import.meta.env.VITE_API;

export async function send(text) {
  const answer = await fetch(`${BASE}/v1/chat`, { method: "POST", body: text });
  return answer.json();
}
"#;
    let server = r#"
from fastapi import FastAPI
from openai import OpenAI

app = FastAPI()

@app.post("/chat")
def chat(text: str):
    return OpenAI().responses.create(model="gpt-5", input=text)
"#;
    let found = model(&[
        ("web/src/Chat.tsx", page),
        ("web/src/api.js", api),
        ("server/main.py", server),
    ]);
    has(&found, "user -> web pages");
    has(&found, "web pages -> web application");
    has(&found, "web application -> web pages");
    assert_eq!(
        places(&found, "web pages", "web application"),
        ["web/src/api.js:5"]
    );
    // It is no service elsewhere.
    lacks(&found, "web pages -> HTTP services");
    lacks(&found, "application code -> HTTP services");
    // Another path is.
    let far = api.replace("/v1/chat", "/projects");
    let found = model(&[
        ("web/src/Chat.tsx", page),
        ("web/src/api.js", &far),
        ("server/main.py", server),
    ]);
    lacks(&found, "web pages -> web application");
    has(&found, "web pages -> HTTP services");
    // A page that asks nothing has nobody before it.
    let still = "export default function About() {\n  return <p>We sell tea.</p>;\n}\n";
    let found = model(&[("web/src/About.tsx", still), ("server/main.py", server)]);
    lacks(&found, "user -> web pages");
}
