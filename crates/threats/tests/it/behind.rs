//! What stands behind a call: servers that are classes, clients that functions return, methods that others run, tools that
//! code asks itself, and who asks an agent that nothing in the program starts.

use crate::{flows, has, lacks, model, places};

const SHELF: &str = r#"
from qdrant_client import AsyncQdrantClient, models

class Shelf:
    def __init__(self, where):
        self._client = AsyncQdrantClient(location=where)

    async def put_book(self, text):
        await self._client.upsert(collection_name="books", points=[models.PointStruct(id=1, vector=[1.0], payload={})])

    async def look_up(self, words):
        return await self._client.query_points(collection_name="books", query=words)
"#;

const CLASS_SERVER: &str = r#"
from fastmcp import FastMCP
from .shelf import Shelf
from .wrap import with_defaults

class LibraryServer(FastMCP):
    def __init__(self, where):
        self.shelf = Shelf(where)
        super().__init__(name="library")
        self.offer()

    def offer(self):
        async def lend(title: str) -> str:
            await self.shelf.put_book(title)
            return title

        async def find(words: str) -> list:
            return await self.shelf.look_up(words)

        chosen = find
        if self.shelf:
            chosen = with_defaults(chosen, {"words": ""})
        self.tool(chosen, name="find-book")
        self.tool(lend, name="lend-book")
"#;

const STARTER: &str = r"
import argparse

def main():
    parser = argparse.ArgumentParser()
    args = parser.parse_args()
    from .server import server
    server.run(transport=args)
";

#[test]
fn a_class_below_a_librarys_server_is_one_with_the_tools_that_it_gives_itself() {
    let model = model(&[
        ("library/shelf.py", SHELF),
        ("library/library.py", CLASS_SERVER),
        (
            "library/server.py",
            "from .library import LibraryServer\nserver = LibraryServer(\"here\")\n",
        ),
        ("library/main.py", STARTER),
    ]);
    has(&model, "agents of others -> MCP server");
    has(&model, "MCP server -> tool find-book");
    has(&model, "MCP server -> tool lend-book");
    // Each tool at its own call, and what only makes points is no use of the store.
    assert_eq!(
        places(&model, "tool find-book", "Qdrant"),
        ["library/shelf.py:12"]
    );
    assert_eq!(
        places(&model, "tool lend-book", "Qdrant"),
        ["library/shelf.py:9"]
    );
    // Whoever starts the server does not ask what stands behind it.
    has(&model, "operator -> command-line program");
    lacks(&model, "command-line program -> Qdrant");
    lacks(&model, "MCP server -> Qdrant");
}

#[test]
fn a_class_that_is_below_none_is_no_server() {
    let code = CLASS_SERVER.replace("(FastMCP)", "(dict)");
    let model = model(&[("library/shelf.py", SHELF), ("library/library.py", &code)]);
    lacks(&model, "agents of others -> MCP server");
    assert!(flows(&model).iter().all(|f| !f.contains("tool find-book")));
}

#[test]
fn a_client_that_a_function_of_another_file_returned_is_asked_where_it_is_asked() {
    let client = r#"
import { Exa } from "exa-js";
export function headers(tool: string) {
  return { "x-tool": tool };
}
function base(key?: string) {
  if (!key) {
    const open = new Exa("none");
    open.headers.delete("x-api-key");
    return open;
  }
  return new Exa(key);
}
export function openSearch(key?: string) {
  const search = base(key);
  return search;
}
"#;
    let tool = r#"
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { openSearch, headers } from "./client.js";
import { again } from "./again.js";
export function register(server: McpServer, name?: string) {
  server.tool(name || "look_up", "Looks things up on the web", {}, async ({ words }) => {
    const search = openSearch("k");
    const named = headers("x");
    named.toString();
    return await again(() => search.request("/search", words));
  });
}
export const server = new McpServer({ name: "finder", version: "1" });
register(server);
"#;
    let model = model(&[("src/client.ts", client), ("src/tool.ts", tool)]);
    assert_eq!(
        places(&model, "tool look_up", "web search services"),
        ["src/tool.ts:10"]
    );
    has(&model, "web search services -> tool look_up");
}

#[test]
fn a_method_that_others_are_given_to_run_is_run_where_it_is_handed_on() {
    let code = r#"
import asyncio
from fastapi import FastAPI
from langchain_community.vectorstores.pgvector import PGVector

app = FastAPI()

class Shelves(PGVector):
    async def find_books(self, words):
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(None, super().similarity_search, words)

shelves = Shelves("postgresql://here", None)

@app.get("/books")
async def books(words: str):
    return await shelves.find_books(words)
"#;
    let model = model(&[("app/main.py", code)]);
    let stores: Vec<String> = flows(&model)
        .into_iter()
        .filter(|f| f.starts_with("web application -> ") && !f.ends_with("user"))
        .collect();
    let [only] = stores.as_slice() else {
        panic!("one store in {:#?}", flows(&model));
    };
    let store = only.trim_start_matches("web application -> ");
    assert_eq!(places(&model, store, "web application"), ["app/main.py:11"]);
}

const SEARCH_TOOL: &str = r#"
from langchain_community.tools.tavily_search import TavilySearchResults
from langchain_openai import ChatOpenAI
from langgraph.prebuilt import create_react_agent

async def look(words: str):
    """Looks on the web."""
    ready = TavilySearchResults(max_results=3)
    return await ready.ainvoke({"query": words})

agent = create_react_agent(ChatOpenAI(model="gpt-4o"), tools=[look])
"#;

#[test]
fn a_ready_made_tool_that_code_asks_itself_is_a_way_to_its_service() {
    let model = model(&[("agent.py", SEARCH_TOOL)]);
    assert_eq!(
        places(&model, "tool look", "web search services"),
        ["agent.py:9"]
    );
    has(&model, "web search services -> tool look");
    assert!(
        model
            .components
            .iter()
            .all(|c| c.name != "tool TavilySearchResults"),
        "{:#?}",
        model.components
    );
}

#[test]
fn a_ready_made_tool_that_an_agent_is_given_stays_the_agents() {
    let code = SEARCH_TOOL.replace("tools=[look]", "tools=[TavilySearchResults(max_results=1)]");
    let code = code.replace(
        "    return await ready.ainvoke({\"query\": words})\n",
        "    return []\n",
    );
    let model = model(&[("agent.py", &code)]);
    has(&model, "tool TavilySearchResults -> web search services");
}

#[test]
fn an_agent_that_nothing_in_the_program_asks_is_asked_from_outside() {
    let alone = model(&[("agent.py", SEARCH_TOOL)]);
    has(&alone, "user -> LangChain agent");
    let served = format!(
        "{SEARCH_TOOL}\nfrom fastapi import FastAPI\napp = FastAPI()\n\n@app.post('/ask')\nasync def ask(text: str):\n    return await agent.ainvoke(text)\n"
    );
    let served = model(&[("agent.py", &served)]);
    has(&served, "web application -> LangChain agent");
    lacks(&served, "user -> LangChain agent");
}

#[test]
fn a_search_among_the_tools_of_a_hosted_model_is_the_models() {
    let code = r#"
from google import genai
from fastapi import FastAPI
app = FastAPI()
client = genai.Client(api_key="k")

@app.post("/ask")
def ask(text: str):
    answer = client.models.generate_content(
        model="gemini", contents=text, config={"tools": [{"google_search": {}}]},
    )
    return answer.text
"#;
    let searching = model(&[("app.py", code)]);
    has(&searching, "Google Gemini -> web search services");
    has(&searching, "web search services -> Google Gemini");
    lacks(&searching, "web application -> web search services");
    let plain = model(&[("app.py", &code.replace("google_search", "my_function"))]);
    assert!(flows(&plain).iter().all(|f| !f.contains("web search")));
}

#[test]
fn a_server_reads_the_files_that_it_sets_itself_up_with() {
    let code = r#"
import { readFileSync } from "node:fs";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
function guide() {
  return readFileSync("guide.md", "utf8");
}
function setUp(server: any) {
  const text = guide();
  server.prompt("help", "Help", {}, async () => ({ messages: [{ role: "user", content: text }] }));
}
export function main() {
  const server = new McpServer({ name: "s", version: "1" });
  setUp(server);
}
main();
"#;
    let model = model(&[("src/main.ts", code)]);
    assert_eq!(places(&model, "files", "MCP server"), ["src/main.ts:5"]);
}

#[test]
fn functions_of_a_host_below_api_are_routes_and_dynamic_imports_are_read() {
    let code = r#"
import type { Redis } from "@upstash/redis";
let redis: Redis | null = null;
async function open() {
  const [{ Ratelimit }, { Redis }] = await Promise.all([
    import("@upstash/ratelimit"),
    import("@upstash/redis"),
  ]);
  redis = new Redis({ url: "https://here", token: "t" });
}
async function remember(key: string) {
  await open();
  await redis!.set(key, "1");
}
async function handle(request: Request) {
  await remember(request.url);
  return new Response("ok");
}
export { handle as POST };
"#;
    let served = model(&[("api/note.ts", code)]);
    has(&served, "user -> web application");
    assert_eq!(
        places(&served, "web application", "Redis"),
        ["api/note.ts:13"]
    );
    // Elsewhere a file with such exports is no route.
    let elsewhere = model(&[("src/note.ts", code)]);
    lacks(&elsewhere, "user -> web application");
}

#[test]
fn what_a_command_only_makes_for_a_page_is_the_pages() {
    let pipeline = r#"
from llama_index.llms.openai import OpenAI

class Desk:
    def __init__(self):
        self.voice = OpenAI(model="gpt-4o")

    def answer(self, text):
        return self.voice.complete(text)
"#;
    let page = r#"
import gradio as gr

class Page:
    def __init__(self, desk):
        self.desk = desk

    def tell(self, text):
        return self.desk.answer(text)

    def build(self):
        with gr.Blocks() as page:
            text = gr.Textbox(label="Ask")
            text.submit(self.tell, inputs=[text])
        return page
"#;
    let main = r"
import argparse
from .desk import Desk
from .page import Page
args = argparse.ArgumentParser().parse_args()
Page(Desk()).build().launch()
";
    let model = model(&[
        ("bot/desk.py", pipeline),
        ("bot/page.py", page),
        ("bot/__main__.py", main),
    ]);
    has(&model, "web user interface -> LlamaIndex model");
    lacks(&model, "command-line program -> LlamaIndex model");
}

#[test]
fn a_model_that_embeds_in_the_program_itself_is_no_service() {
    let code = r#"
from fastembed import TextEmbedding
from fastmcp import FastMCP
server = FastMCP("s")

class Vectors:
    def __init__(self):
        self.model = TextEmbedding("small")

    def of_text(self, text):
        return list(self.model.query_embed([text]))

vectors = Vectors()

@server.tool()
def near(text: str):
    """Near texts."""
    return vectors.of_text(text)
"#;
    let model = model(&[("server.py", code)]);
    assert_eq!(
        places(&model, "tool near", "local embeddings"),
        ["server.py:11"]
    );
    let zone = model
        .components
        .iter()
        .find(|c| c.name == "local embeddings");
    assert_eq!(
        zone.map(|c| c.zone),
        Some(trueline_facts::threat::Zone::Resources)
    );
    assert!(
        model.threats.iter().all(|t| t.rule != "excessive-agency"),
        "{:#?}",
        model.threats
    );
}

#[test]
fn tools_that_a_table_holds_are_called_by_its_keys_and_a_hook_asks_its_own_route() {
    let route = r#"
import { openai } from "@ai-sdk/openai";
import { streamText, tool } from "ai";
import { note, look } from "@/lib/notes";
export async function POST(req: Request) {
  const { messages } = await req.json();
  const lookUp = tool({ description: "Looks up", execute: async ({ text }) => look(text) });
  return streamText({
    model: openai("gpt-4o"),
    messages,
    tools: {
      keepNote: tool({ description: "Keeps", execute: async ({ text }) => note(text) }),
      lookUp,
    },
  });
}
"#;
    let notes = r#"
import { drizzle } from "drizzle-orm/postgres-js";
const db = drizzle("postgres://here");
export const note = async (text: string) => {
  await db.insert(text);
};
export const look = async (text: string) => {
  return await db.select(text);
};
"#;
    let page = r#"
import { useChat } from "ai/react";
export default function Chat() {
  const { messages } = useChat({ maxSteps: 3 });
  return <ul>{messages.map((m) => <li>{m.content}</li>)}</ul>;
}
"#;
    let files = [
        ("app/api/chat/route.ts", route),
        ("lib/notes.ts", notes),
        ("app/page.tsx", page),
    ];
    let own = model(&files);
    assert_eq!(
        places(&own, "tool keepNote", "SQL database"),
        ["lib/notes.ts:5"]
    );
    assert_eq!(
        places(&own, "tool lookUp", "SQL database"),
        ["lib/notes.ts:8"]
    );
    has(&own, "web pages -> web application");
    let told = page.replace("maxSteps: 3", "transport: elsewhere");
    let elsewhere = model(&[files[0], files[1], ("app/page.tsx", &told)]);
    lacks(&elsewhere, "web pages -> web application");
}

#[test]
fn any_method_of_a_services_client_is_a_question_to_it() {
    let code = r#"
from pathlib import Path
from elevenlabs.client import ElevenLabs
from mcp.server.fastmcp import FastMCP
client = ElevenLabs(api_key="k")
server = FastMCP("voices")

@server.tool()
def list_agents():
    """Lists them."""
    return client.conversational_ai.agents.list()

@server.tool()
def hear(name: str):
    """Hears a file."""
    file_path = where(name)
    with file_path.open("rb") as f:
        return len(f.read())

@server.tool()
def headers():
    """What is sent."""
    return client.headers.copy()
"#;
    let model = model(&[("server.py", code)]);
    assert_eq!(
        places(&model, "tool list_agents", "speech services"),
        ["server.py:11"]
    );
    assert!(places(&model, "tool headers", "speech services").is_empty());
}

#[test]
fn a_static_method_that_nobody_calls_does_nothing() {
    let code = r#"
import requests
from fastapi import FastAPI
app = FastAPI()

class Weights:
    @staticmethod
    def fetch_weights(host):
        return requests.post(host)

class Other:
    @staticmethod
    def ask_host(host):
        return requests.get(host)

@app.get("/ask")
def ask(host: str):
    return Other.ask_host(host)
"#;
    let model = model(&[("app.py", code)]);
    assert_eq!(
        places(&model, "web application", "HTTP services"),
        ["app.py:14"]
    );
    lacks(&model, "application code -> HTTP services");
}

#[test]
fn what_a_librarys_type_describes_is_asked_nothing() {
    let code = r#"
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import type { RunEvent } from "exa-js";
import { Exa } from "exa-js";
const search = new Exa("k");
export const server = new McpServer({ name: "s", version: "1" });
function told(event: RunEvent) {
  return event.kind.endsWith(".done");
}
server.tool("run_search", "Runs one", {}, async ({ words }) => {
  const found = await search.searchAndContents(words);
  return told(found);
});
"#;
    let model = model(&[("src/main.ts", code)]);
    assert_eq!(
        places(&model, "tool run_search", "web search services"),
        ["src/main.ts:11"]
    );
}
