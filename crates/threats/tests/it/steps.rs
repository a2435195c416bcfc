//! Graphs of agents, classes with bases, and clients that fields hold.

use crate::{flows, has, lacks, model, places};

const NODES: &str = r#"
from langchain_openai import ChatOpenAI

class Desk:
    def __init__(self):
        self.voice = ChatOpenAI(model="gpt-4o-mini")

    def draft(self, state):
        return {"text": self.voice.invoke(state["ask"]).content}

    def check(self, state):
        return {"good": len(state["text"]) > 3}

    def send(self, state):
        return state
"#;

#[test]
fn bound_methods_are_steps_and_edges_say_which_comes_after_which() {
    let graph = r#"
from langgraph.graph import END, StateGraph
from .desk import Desk

class Office:
    def __init__(self):
        desk = Desk()
        graph = StateGraph(dict)
        graph.add_node("draft", desk.draft)
        graph.add_node("check", desk.check)
        graph.add_node("send", desk.send)
        graph.set_entry_point("draft")
        graph.add_edge("draft", "check")
        graph.add_conditional_edges("check", desk.choose, {"good": "send", "bad": "draft", "stop": END})
        self.app = graph.compile()
"#;
    let model = model(&[("office/desk.py", NODES), ("office/graph.py", graph)]);
    has(&model, "step draft -> step check");
    has(&model, "step check -> step send");
    has(&model, "step check -> step draft");
    lacks(&model, "step send -> step draft");
    // Only the step that asks the model, at the place where it does.
    assert_eq!(
        places(&model, "step draft", "LangChain model"),
        ["office/desk.py:9"]
    );
    lacks(&model, "step check -> LangChain model");
}

#[test]
fn steps_and_edges_that_a_loop_adds_are_read() {
    let graph = r#"
from langgraph.graph import StateGraph

def look(state):
    return state

def read(state):
    return state

def tell(state):
    return state

graph = StateGraph(dict)
for name, work in [("look", look), ("read", read)]:
    graph.add_node(name, work)
graph.add_node("tell", tell)
for before in ["look", "read"]:
    graph.add_edge(before, "tell")
"#;
    let model = model(&[("graph.py", graph)]);
    has(&model, "step look -> step tell");
    has(&model, "step read -> step tell");
    lacks(&model, "step look -> step read");
}

#[test]
fn a_step_that_names_the_next_one_leads_there() {
    let graph = r#"
import { StateGraph, Command } from "@langchain/langgraph";
async function plan(state) {
  return new Command({ goto: "act", update: state });
}
async function act(state) {
  return state;
}
export const graph = new StateGraph({}).addNode("plan", plan).addNode("act", act).compile();
"#;
    let model = model(&[("src/graph.ts", graph)]);
    has(&model, "step plan -> step act");
    lacks(&model, "step act -> step plan");
}

#[test]
fn functions_without_edges_between_them_are_no_steps() {
    let code = r#"
import networkx
graph = networkx.Graph()
graph.add_node("a", size=1)
graph.add_edge("a", "b")
"#;
    assert!(flows(&model(&[("net.py", code)])).is_empty());
}

#[test]
fn a_method_of_a_base_runs_the_one_that_stands_in_for_it_where_its_class_is_made() {
    let base = r"
class Advice:
    def advise(self, what):
        return self._think(what)

    def _think(self, what):
        raise NotImplementedError
";
    let asks = r#"
from openai import OpenAI
from .base import Advice

class Asking(Advice):
    def _think(self, what):
        return OpenAI().chat.completions.create(model="gpt-4o", messages=what)
"#;
    let counts = r"
from .base import Advice

class Counting(Advice):
    def _think(self, what):
        return len(what)
";
    let server = r#"
from mcp.server.fastmcp import FastMCP
from .asks import Asking
from .counts import Counting

mcp = FastMCP("advice")

@mcp.tool()
def wise(what: str, way: str):
    if way == "ask":
        advice = Asking()
    else:
        advice = Counting()
    return advice.advise(what)

@mcp.tool()
def plain(what: str):
    advice = Counting()
    return advice.advise(what)
"#;
    let model = model(&[
        ("advice/base.py", base),
        ("advice/asks.py", asks),
        ("advice/counts.py", counts),
        ("advice/server.py", server),
    ]);
    assert_eq!(places(&model, "tool wise", "OpenAI"), ["advice/asks.py:7"]);
    lacks(&model, "tool plain -> OpenAI");
}

#[test]
fn a_client_that_a_method_returns_into_a_field_sends_what_its_methods_send() {
    let mail = r#"
from googleapiclient.discovery import build

class Mail:
    def __init__(self):
        self.service = self._opened()

    def _opened(self):
        return build("gmail", "v1")

    def newest(self):
        return self.service.users().messages().list(userId="me").execute()

    def nothing(self):
        return []
"#;
    let app = r#"
from fastapi import FastAPI
from house.mail import Mail

app = FastAPI()

class Desk:
    def __init__(self):
        self.mail = Mail()

    def read(self):
        return self.mail.newest()

@app.get("/mail")
def read_mail():
    return Desk().read()
"#;
    let model = model(&[("house/mail.py", mail), ("house/app.py", app)]);
    let mut found = places(&model, "web application", "Google APIs services");
    found.dedup();
    assert_eq!(found, ["house/mail.py:12"]);
}

#[test]
fn a_branch_may_be_chosen_by_the_name_of_a_description_elsewhere() {
    let tools = r#"
export const ReadPageTool = { name: "read-page", description: "Reads", inputSchema: { type: "object" } };
export const ReadFileTool = { name: "read-file", description: "Reads", inputSchema: { type: "object" } };
"#;
    let server = r#"
import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import fs from "fs";
import * as tools from "./tools.js";
export function serve() {
  const server = new Server({ name: "reader", version: "1" });
  server.setRequestHandler("list", async () => ({ tools: Object.values(tools) }));
  server.setRequestHandler("call", async (request) => {
    const { name, arguments: args } = request.params;
    switch (name) {
      case tools.ReadPageTool.name:
        return await (await fetch(args.url)).text();
      case tools.ReadFileTool.name:
        return fs.readFileSync(args.path, "utf8");
      default:
        throw new Error("unknown");
    }
  });
}
"#;
    let model = model(&[("src/tools.ts", tools), ("src/server.ts", server)]);
    has(&model, "tool read-page -> HTTP services");
    has(&model, "files -> tool read-file");
    lacks(&model, "tool read-file -> HTTP services");
}

#[test]
fn one_package_of_many_parts_is_told_by_its_parts() {
    let route = r#"
import { OpenAI, VectorStoreIndex, ContextChatEngine, Settings } from "llamaindex";
import { kv } from "@vercel/kv";
export async function POST(request) {
  Settings.chunkSize = 512;
  const llm = new OpenAI({ model: "gpt-4o" });
  const index = await VectorStoreIndex.fromDocuments([]);
  const engine = new ContextChatEngine({ chatModel: llm, retriever: index.asRetriever() });
  await kv.set("last", 1);
  return engine.chat({ message: await request.text() });
}
"#;
    let page = r#"
import { useChat } from "ai/react";
export default function Page() {
  const { backend } = useConfig();
  const chat = useChat({ api: `${backend}/api/chat` });
  localStorage.setItem("seen", "1");
  return <main>{chat.messages}</main>;
}
"#;
    let model = model(&[("app/api/chat/route.ts", route), ("app/page.tsx", page)]);
    has(&model, "web application -> LlamaIndex model");
    has(&model, "web application -> LlamaIndex index");
    has(&model, "web application -> key-value store");
    has(&model, "web pages -> web application");
    has(&model, "web pages -> browser storage");
    lacks(&model, "web pages -> HTTP services");
}

#[test]
fn what_was_copied_or_generated_is_none_of_the_application() {
    let code = "from openai import OpenAI\n\ndef ask(q):\n    return OpenAI().chat.completions.create(model=\"m\", messages=q)\n\nask(1)\n";
    has(
        &model(&[("own/ask.py", code)]),
        "application code -> OpenAI",
    );
    assert!(flows(&model(&[("vendor/ask.py", code)])).is_empty());
    let generated = format!("# Code generated by a compiler. DO NOT EDIT.\n{code}");
    assert!(flows(&model(&[("own/ask.py", &generated)])).is_empty());
}
