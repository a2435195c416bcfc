//! Tools and the functions that do their work.

use crate::{flows, has, lacks, model, places};

const CATALOGUE: &str = r#"
export const shelfTool = {
  name: "move_book",
  description: "Moves a book to another shelf",
  inputSchema: { type: "object", properties: { from: { type: "string" } } },
};
export const lostTool = {
  name: "lend_book",
  description: "Nobody registers this one",
  inputSchema: { type: "object" },
};
"#;
const SHELVES: &str = r#"
import { promisify } from "node:util";
import { exec } from "node:child_process";
import * as fs from "node:fs";
const shell = promisify(exec);
export async function relocate(args: any) {
  await shell(`mv ${args.from} ${args.to}`);
}
export function note(args: any) {
  fs.appendFileSync("log.txt", String(args.text));
}
"#;
const SERVER: &str = r#"
import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import { CallToolRequestSchema, ListToolsRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import { shelfTool } from "./catalogue.js";
import { relocate } from "./work/shelves.js";
const server = new Server({ name: "library", version: "1" }, {});
server.setRequestHandler(ListToolsRequestSchema, async () => ({ tools: [shelfTool] }));
server.setRequestHandler(CallToolRequestSchema, async (request) => {
  const wanted = request.params.name;
  switch (wanted) {
    case "move_book": {
      return await relocate(request.params.arguments);
    }
    default:
      throw new Error("unknown");
  }
});
"#;

fn library(server: &str) -> trueline_facts::threat::ThreatModel {
    model(&[
        ("src/catalogue.ts", CATALOGUE),
        ("src/work/shelves.ts", SHELVES),
        ("src/server.ts", server),
    ])
}

#[test]
fn a_described_tool_is_joined_to_the_function_that_a_dispatcher_calls_for_its_name() {
    for server in [
        SERVER.to_owned(),
        // Comparisons, and a table.
        SERVER.replace(
            "  switch (wanted) {\n    case \"move_book\": {\n      return await relocate(request.params.arguments);\n    }\n    default:\n      throw new Error(\"unknown\");\n  }",
            "  if (wanted === \"move_book\") { return await relocate(request.params.arguments); }",
        ),
        SERVER.replace(
            "  switch (wanted) {\n    case \"move_book\": {\n      return await relocate(request.params.arguments);\n    }\n    default:\n      throw new Error(\"unknown\");\n  }",
            "  return table[wanted](request.params.arguments);",
        ) + "const table = { move_book: relocate };\n",
    ] {
        let model = library(&server);
        has(&model, "agents of others -> MCP server");
        has(&model, "MCP server -> tool move_book");
        has(&model, "tool move_book -> shell commands");
        // The function beside it writes files; the tool does not.
        lacks(&model, "tool move_book -> files");
    }
}

#[test]
fn a_described_tool_that_nothing_hands_on_is_no_flow() {
    let model = library(SERVER);
    assert!(model.components.iter().any(|c| c.name == "tool lend_book"));
    lacks(&model, "MCP server -> tool lend_book");
}

#[test]
fn a_text_that_is_compared_with_something_else_than_a_name_joins_nothing() {
    // The state of a book is no choice of a tool.
    let server = SERVER
        .replace(
            "const wanted = request.params.name;",
            "const state = request.params.state;",
        )
        .replace("switch (wanted)", "switch (state)");
    let model = library(&server);
    lacks(&model, "tool move_book -> shell commands");
}

#[test]
fn python_servers_choose_by_comparing_as_well() {
    let server = r#"
import sqlite3
from mcp.server import Server
from mcp import types
from stock.counting import recount

server = Server("stock")

@server.list_tools()
async def offered() -> list[types.Tool]:
    return [
        types.Tool(name="count_stock", description="Counts", inputSchema={"type": "object"}),
        types.Tool(name="say_hello", description="Greets", inputSchema={"type": "object"}),
    ]

@server.call_tool()
async def dispatch(name: str, arguments: dict):
    if name == "count_stock":
        return recount(arguments["where"])
    elif name == "say_hello":
        return "hello"
    raise ValueError(name)
"#;
    let counting = r#"
import sqlite3

def recount(where):
    with sqlite3.connect("stock.db") as database:
        return database.execute("select count(*) from stock where place = '" + where + "'").fetchall()
"#;
    let model = model(&[("stock/server.py", server), ("stock/counting.py", counting)]);
    has(&model, "tool count_stock -> SQLite");
    has(&model, "MCP server -> tool say_hello");
    lacks(&model, "tool say_hello -> SQLite");
}

#[test]
fn a_registered_tool_belongs_to_a_handler_of_another_file() {
    let register = r#"
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { publish } from "./publish.js";
export function register(host: McpServer) {
  host.registerTool("publish_page", { description: "Publishes" }, publish);
}
"#;
    let publish = r#"
import axios from "axios";
export async function publish(page: any) { return axios.post("https://pages.example.org/new", page); }
export async function draft(page: any) { return eval(page); }
"#;
    let main = r#"
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { register } from "./register.js";
const host = new McpServer({ name: "pages", version: "1" });
register(host);
"#;
    let model = model(&[
        ("src/register.ts", register),
        ("src/publish.ts", publish),
        ("src/main.ts", main),
    ]);
    has(&model, "MCP server -> tool publish_page");
    has(&model, "tool publish_page -> pages.example.org");
    lacks(&model, "tool publish_page -> JavaScript interpreter");
}

#[test]
fn a_function_is_made_a_tool_by_a_call_as_by_a_decorator() {
    let code = r#"
import subprocess
from fastapi import FastAPI
from langchain.agents import create_agent
from langchain_core.tools import tool

app = FastAPI()

def restart_service(name: str) -> str:
    """Restarts a service."""
    return subprocess.run(["systemctl", "restart", name], capture_output=True).stdout

restart = tool(restart_service)
helper = create_agent("openai:gpt-4o", tools=[restart])

@app.post("/help")
async def help_me(question: str):
    return await helper.ainvoke({"messages": [question]})
"#;
    let model_of = |code: &str| model(&[("ops/main.py", code)]);
    let found = model_of(code);
    has(&found, "LangChain agent -> tool restart_service");
    has(&found, "tool restart_service -> shell commands");
    has(&found, "web application -> LangChain agent");
    // The tool's work is the tool's.
    lacks(&found, "web application -> shell commands");
    // A function called `tool` of one's own is none.
    let own = code.replace(
        "from langchain_core.tools import tool",
        "from ops.boxes import tool",
    );
    assert!(
        !flows(&model_of(&own))
            .iter()
            .any(|f| f.contains("tool restart_service"))
    );
}

#[test]
fn a_wrapper_that_a_tool_is_given_is_no_tool() {
    let code = r#"
from langchain_community.tools import WikipediaQueryRun
from langchain_community.utilities import WikipediaAPIWrapper
from langgraph.prebuilt import create_react_agent

pages = WikipediaAPIWrapper(top_k_results=1)
agent = create_react_agent("openai:gpt-4o", [WikipediaQueryRun(name="lexicon", api_wrapper=pages)])
"#;
    let model = model(&[("app.py", code)]);
    has(&model, "LangChain agent -> tool lexicon");
    assert!(!model.components.iter().any(|c| c.name.contains("Wrapper")));
}

#[test]
fn what_a_tool_only_writes_it_does_not_read() {
    let code = r#"
from pathlib import Path
from mcp.server.fastmcp import FastMCP

mcp = FastMCP("notes")

@mcp.tool()
def jot(text: str):
    with open("notes.txt", "a") as out:
        out.write(text)

@mcp.tool()
def recall():
    with open("notes.txt") as kept:
        return kept.read()
"#;
    let model = model(&[("notes.py", code)]);
    has(&model, "tool jot -> files");
    lacks(&model, "files -> tool jot");
    has(&model, "files -> tool recall");
    lacks(&model, "tool recall -> files");
}

#[test]
fn what_a_constructor_did_once_is_not_what_a_method_does() {
    let code = r#"
import httpx
from mcp.server.fastmcp import FastMCP

mcp = FastMCP("weather")

class Station:
    def __init__(self):
        with open("station.json", "w") as out:
            out.write("{}")
        self.http = httpx.Client()

    def temperature(self, place):
        return self.http.get("https://weather.example.org/" + place).text

station = Station()

@mcp.tool()
def temperature_at(place: str):
    return station.temperature(place)
"#;
    let model = model(&[("weather.py", code)]);
    has(&model, "tool temperature_at -> HTTP services");
    lacks(&model, "tool temperature_at -> files");
    assert_eq!(
        places(&model, "tool temperature_at", "HTTP services"),
        ["weather.py:14"]
    );
}

#[test]
fn a_tool_that_a_function_makes_does_what_it_is_given_not_what_the_function_does() {
    let code = r#"
import requests
from langchain_chroma import Chroma
from langchain_core.tools import create_retriever_tool
from langgraph.prebuilt import create_react_agent
from fastapi import FastAPI

app = FastAPI()

def shelf(name):
    return Chroma(collection_name=name).as_retriever()

@app.post("/ask")
def ask(name: str):
    catalogue = requests.get("https://catalogue.example.org/" + name).json()
    books = create_retriever_tool(shelf(name), "books", str(catalogue))
    return create_react_agent("openai:gpt-4o", [books]).invoke({"messages": [name]})
"#;
    let model = model(&[("library.py", code)]);
    has(&model, "LangChain agent -> tool books");
    has(&model, "tool books -> Chroma");
    lacks(&model, "tool books -> catalogue.example.org");
    has(&model, "web application -> catalogue.example.org");
}

#[test]
fn objects_of_classes_that_variables_and_fields_hold_lead_to_their_methods() {
    let handler = r#"
import { PrintTool, CountTool } from "./tools/index.js";
let printTool: PrintTool;
let countTool: CountTool;
function prepare(host: any) {
  if (!printTool) printTool = new PrintTool(host);
  if (!countTool) countTool = new CountTool(host);
}
export async function handle(name: string, args: any, host: any) {
  prepare(host);
  switch (name) {
    case "print_label": return await printTool.execute(args);
    case "count_labels": return await countTool.execute(args);
  }
}
"#;
    let print = r#"
import fs from "node:fs";
class Base { async guarded(work: any) { return work(); } }
export class PrintTool extends Base {
  async execute(args: any) { return this.guarded(async () => fs.writeFileSync(args.where, args.text)); }
}
"#;
    let count = r#"
import { Ledger } from "../ledger.js";
export class CountTool {
  private ledger: Ledger;
  constructor(host: any) { this.ledger = new Ledger(host); }
  async execute(args: any) { return this.ledger.select(args.what); }
}
"#;
    let ledger = r#"
import { exec } from "node:child_process";
export class Ledger { select(what: string) { return exec(`grep -c ${what} labels`); } }
"#;
    let server = r#"
import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import { CallToolRequestSchema, ListToolsRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import { handle } from "./handler.js";
const server = new Server({ name: "labels", version: "1" }, {});
server.setRequestHandler(ListToolsRequestSchema, async () => ({ tools: [
  { name: "print_label", description: "Prints", inputSchema: { type: "object" } },
  { name: "count_labels", description: "Counts", inputSchema: { type: "object" } },
] }));
server.setRequestHandler(CallToolRequestSchema, async (request) => handle(request.params.name, request.params.arguments, server));
"#;
    let barrel = "export * from \"./print.js\";\nexport * from \"./count.js\";\n";
    let model = model(&[
        ("src/server.ts", server),
        ("src/handler.ts", handler),
        ("src/ledger.ts", ledger),
        ("src/tools/index.ts", barrel),
        ("src/tools/print.ts", print),
        ("src/tools/count.ts", count),
    ]);
    has(&model, "tool print_label -> files");
    lacks(&model, "tool print_label -> shell commands");
    has(&model, "tool count_labels -> shell commands");
    lacks(&model, "tool count_labels -> files");
}

#[test]
fn names_that_a_function_imports_itself_are_followed_and_paths_need_no_class_in_sight() {
    let code = r#"
import asyncio
from pathlib import Path
from mcp.server.fastmcp import FastMCP

mcp = FastMCP("shelf")

def card(name):
    return Path("cards") / name

@mcp.tool()
async def file_away(name: str):
    from shelf.ledger import enter
    with open("log.txt", "a") as log:
        log.write(name)
    await asyncio.to_thread(enter, name)

@mcp.tool()
def look_at(name: str):
    return card(name).read_text()
"#;
    let ledger = r#"
import sqlite3

def enter(name):
    sqlite3.connect("shelf.db").execute("insert into shelf values (?)", [name])
"#;
    let model = model(&[("shelf/server.py", code), ("shelf/ledger.py", ledger)]);
    has(&model, "tool file_away -> SQLite");
    has(&model, "files -> tool look_at");
    lacks(&model, "tool look_at -> files");
    lacks(&model, "tool look_at -> SQLite");
}

#[test]
fn resources_and_prompts_of_a_server_are_its_own() {
    let code = r#"
import httpx
from mcp.server import Server

server = Server("news")

@server.read_resource()
async def read(uri):
    return httpx.get("https://news.example.org/" + str(uri)).text

def unused(uri):
    import subprocess
    return subprocess.run(["lynx", uri])
"#;
    let model = model(&[("news.py", code)]);
    has(&model, "agents of others -> MCP server");
    has(&model, "MCP server -> news.example.org");
    lacks(&model, "MCP server -> shell commands");
}

#[test]
fn methods_that_a_class_gives_away_do_the_work_and_its_client_sends() {
    let code = r#"
import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import { CallToolRequestSchema, ListToolsRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import axios from "axios";
import { spawn } from "node:child_process";

class Ferries {
  private server: Server;
  private axiosInstance;
  constructor() {
    this.server = new Server({ name: "ferries", version: "1" }, {});
    this.axiosInstance = axios.create({ headers: { accept: "json" } });
    this.server.setRequestHandler(ListToolsRequestSchema, async () => ({ tools: [
      { name: "next_ferry", description: "Says when", inputSchema: { type: "object" } },
    ] }));
    this.server.setRequestHandler(CallToolRequestSchema, async (request: any) => {
      switch (request.params.name) {
        case "next_ferry": return await this.next(request.params.arguments);
      }
    });
  }
  async next(args: any) { return this.axiosInstance.post(args.where, args); }
  async other(args: any) { return spawn(args.what); }
}
new Ferries();
"#;
    let found = model(&[("src/index.ts", code)]);
    has(&found, "tool next_ferry -> HTTP services");
    lacks(&found, "tool next_ferry -> shell commands");
    let agent = r#"
import sqlite3
import subprocess
from agents import Agent, Runner, function_tool
from fastapi import FastAPI

app = FastAPI()

class Desk:
    def __init__(self):
        self.helper = Agent(name="desk", tools=[function_tool(self.find_ticket)])

    async def find_ticket(self, number: str):
        return sqlite3.connect("t.db").execute("select * from t where n = ?", [number]).fetchone()

    async def purge(self):
        return subprocess.run(["rm", "t.db"])

    async def ask(self, text):
        return await Runner.run(self.helper, input=text)

@app.post("/ask")
async def ask(text: str):
    return await Desk().ask(text)
"#;
    let found = model(&[("desk/app.py", agent)]);
    has(&found, "web application -> OpenAI Agents");
    has(&found, "OpenAI Agents -> tool find_ticket");
    has(&found, "tool find_ticket -> SQLite");
    lacks(&found, "tool find_ticket -> shell commands");
}

#[test]
fn a_plain_function_in_a_list_of_tools_is_one() {
    let main = r#"
from langchain.chat_models import init_chat_model
from langgraph.graph import StateGraph
from garden import work
from garden.work import count_seeds, rake

def look(state):
    return open("garden.txt").read()

def step(state):
    model = init_chat_model("openai:gpt-4o").bind_tools([work.dig, rake, look])
    return {"messages": [model.invoke(state["messages"])]}

graph = StateGraph(dict)
graph.add_node("step", step)
others = [count_seeds]
"#;
    let work = r#"
import subprocess
from langchain_core.tools import tool

def dig(where: str):
    return subprocess.run(["dig", where])

@tool("rake_leaves")
def rake(where: str):
    """Rakes."""
    return where

def count_seeds(where: str):
    return where
"#;
    let model = model(&[("garden/main.py", main), ("garden/work.py", work)]);
    has(&model, "LangGraph -> tool dig");
    has(&model, "tool dig -> shell commands");
    has(&model, "files -> tool look");
    // What is a tool by its decorator is told once, by the name that it gives; a list of something else
    // makes none.
    has(&model, "LangGraph -> tool rake_leaves");
    assert!(!model.components.iter().any(|c| c.name == "tool rake"));
    assert!(
        !model
            .components
            .iter()
            .any(|c| c.name == "tool count_seeds")
    );
}
