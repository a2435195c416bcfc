//! Where flows are seen.

use std::fmt::Write as _;

use crate::{has, lacks, model, places};

#[test]
fn a_model_is_asked_where_it_is_called_not_where_it_is_made() {
    let maker = r#"
from langchain_openai import ChatOpenAI

class Makers:
    def small(self):
        return ChatOpenAI(model="gpt-4o-mini")
"#;
    let routes = r#"
from flask import Flask, request
from house.makers import Makers

app = Flask(__name__)

@app.post("/tell")
def tell():
    voice = Makers().small()
    prompt = "Tell: " + request.json["what"]
    return voice.invoke(prompt).content
"#;
    let model = model(&[("house/makers.py", maker), ("house/routes.py", routes)]);
    assert_eq!(
        places(&model, "web application", "LangChain model"),
        ["house/routes.py:11"]
    );
}

#[test]
fn all_places_and_routes_are_kept_and_routes_to_a_model_come_first() {
    let mut code = String::from(
        "from flask import Flask, request\nfrom openai import OpenAI\n\napp = Flask(__name__)\nclient = OpenAI()\n",
    );
    for n in 0..20 {
        let _ = write!(
            code,
            "\n@app.get(\"/a{n:02}\")\ndef a{n}():\n    return \"{n}\"\n"
        );
    }
    for n in 0..7 {
        let _ = write!(
            code,
            "\n@app.post(\"/zz{n}\")\ndef z{n}():\n    return client.chat.completions.create(model=\"gpt-4o\", messages=request.json)\n"
        );
    }
    let model = model(&[("app.py", &code)]);
    assert_eq!(places(&model, "web application", "OpenAI").len(), 7);
    let entry = model
        .components
        .iter()
        .find(|c| c.name == "web application");
    let entry = entry.unwrap();
    assert_eq!(entry.details.len(), 27);
    assert!(
        entry.details[..7].iter().all(|d| d.starts_with("POST /zz")),
        "{:?}",
        entry.details
    );
}

#[test]
fn speech_embeddings_and_object_stores_are_services_of_their_own() {
    let code = r#"
import boto3
from flask import Flask, request
from openai import OpenAI

app = Flask(__name__)
voice = OpenAI()
bucket = boto3.client("s3")

@app.post("/listen")
def listen():
    bucket.put_object(Bucket="b", Key=request.args["name"], Body=request.data)
    heard = voice.audio.transcriptions.create(model="whisper-1", file=request.data)
    return voice.embeddings.create(model="e", input=heard.text).data
"#;
    let found = model(&[("app.py", code)]);
    has(&found, "web application -> speech services");
    has(&found, "web application -> embeddings services");
    has(&found, "web application -> object store");
    // What is only stored is not fetched; and none of it is a prompt.
    lacks(&found, "object store -> web application");
    lacks(&found, "web application -> OpenAI");
}

#[test]
fn a_store_behind_a_common_interface_is_told_once() {
    let code = r#"
from flask import Flask, request
from langchain_chroma import Chroma

app = Flask(__name__)

def opened():
    return Chroma(collection_name="x")

@app.get("/near")
def near():
    return opened().similarity_search(request.args["q"])
"#;
    let model = model(&[("app.py", code)]);
    has(&model, "web application -> Chroma");
    let stores = model.components.iter().filter(|c| c.name.contains("store"));
    assert_eq!(stores.count(), 0);
    assert_eq!(places(&model, "web application", "Chroma"), ["app.py:12"]);
}

#[test]
fn a_client_that_is_given_a_key_is_a_service_of_its_package() {
    let code = r#"
from fastapi import FastAPI
from ferry_timetables import TimetableClient
from harbour.settings import Settings, KEY

app = FastAPI()

@app.get("/next")
def next_ferry(port: str):
    Settings(api_key=KEY)
    return TimetableClient(api_key=KEY).departures(port)
"#;
    let model = model(&[("harbour/app.py", code)]);
    has(&model, "web application -> ferry_timetables services");
    // A class of the program itself is none.
    assert!(
        !model
            .components
            .iter()
            .any(|c| c.name.starts_with("harbour"))
    );
}

#[test]
fn what_is_done_with_a_page_counts_where_the_program_has_a_browser() {
    let open = r#"
import { chromium } from "playwright";
export async function opened() { return (await chromium.launch()).newPage(); }
"#;
    let tool = r#"
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
const host = new McpServer({ name: "pages", version: "1" });
host.tool("read_page", async ({ url, page }) => { await page.goto(url); return page.content(); });
"#;
    let with = model(&[("src/open.ts", open), ("src/tool.ts", tool)]);
    has(&with, "tool read_page -> browser services");
    let without = model(&[("src/tool.ts", tool)]);
    lacks(&without, "tool read_page -> browser services");
}
