//! Names that come from other files.

use crate::{has, lacks, model};

const ROUTES: &str = r#"
from flask import Flask, request
from desk.brain import reply

app = Flask(__name__)

@app.post("/talk")
def talk():
    return reply(request.json["text"])
"#;
const BRAIN: &str = r"
from desk.providers import make_model

def reply(text):
    return make_model().invoke(text)
";
const CLIENT: &str = r#"
from langchain_openai import ChatOpenAI

def make_model():
    return ChatOpenAI(model="gpt-4o-mini")

def other():
    return None
"#;

#[test]
fn a_package_hands_on_what_its_files_define() {
    for init in [
        "from .client import make_model\n",
        "from desk.providers.client import *\n",
    ] {
        let model = model(&[
            ("desk/routes.py", ROUTES),
            ("desk/brain.py", BRAIN),
            ("desk/providers/__init__.py", init),
            ("desk/providers/client.py", CLIENT),
        ]);
        has(&model, "web application -> LangChain model");
    }
}

#[test]
fn a_package_that_does_not_hand_it_on_leads_nowhere() {
    let model = model(&[
        ("desk/routes.py", ROUTES),
        ("desk/brain.py", BRAIN),
        ("desk/providers/__init__.py", "from .client import other\n"),
        ("desk/providers/client.py", CLIENT),
    ]);
    lacks(&model, "web application -> LangChain model");
}

#[test]
fn modules_of_typescript_are_found_by_the_ending_that_they_get_and_through_barrels() {
    let routes = r#"
import express from "express";
import { summarise, Counter } from "../lib/index.js";
const app = express();
app.post("/summary", async (req, res) => { res.json(await summarise(req.body.text)); });
app.get("/count", (req, res) => { res.json(new Counter().next()); });
"#;
    let barrel =
        "export * from \"./summary.service.js\";\nexport { Counter } from \"./counter.js\";\n";
    let service = r#"
import OpenAI from "openai";
const client = new OpenAI();
export async function summarise(text: string) {
  return client.chat.completions.create({ model: "gpt-4o", messages: [{ role: "user", content: text }] });
}
"#;
    let counter = r#"
import { writeFileSync } from "node:fs";
export class Counter { next() { writeFileSync("n", "1"); return 1; } }
"#;
    let all = [
        ("src/http/routes.ts", routes),
        ("src/lib/index.ts", barrel),
        ("src/lib/summary.service.ts", service),
        ("src/lib/counter.ts", counter),
    ];
    has(&model(&all), "web application -> OpenAI");
    // Without the barrel's line the name is nobody's.
    let without = barrel.replace("export * from \"./summary.service.js\";\n", "");
    let mut less = all;
    less[1].1 = &without;
    lacks(&model(&less), "web application -> OpenAI");
}

#[test]
fn a_default_export_is_what_its_importers_call() {
    let route = r#"
import ask from "@/lib/ask";
export async function POST(request: Request) { return Response.json(await ask(await request.text())); }
"#;
    let ask = r#"
import Anthropic from "@anthropic-ai/sdk";
export default async function answer(text: string) {
  return new Anthropic().messages.create({ model: "claude", max_tokens: 9, messages: [] });
}
"#;
    let model = model(&[("app/api/ask/route.ts", route), ("lib/ask.ts", ask)]);
    has(&model, "web application -> Anthropic");
}

const FACTORY: &str = r#"
from flask import Flask, request
from library.stores import open_store

app = Flask(__name__)

@app.get("/find")
def find():
    return open_store(request.args["kind"]).look_for_texts(request.args["q"])
"#;

#[test]
fn a_method_of_a_few_classes_leads_to_all_of_them() {
    let class = |name: &str, import: &str, made: &str| {
        format!(
            "{import}\n\nclass {name}:\n    def look_for_texts(self, q):\n        return {made}.query(q)\n"
        )
    };
    let stores = class("Near", "import chromadb", "chromadb.Client()");
    let far = class("Far", "import lancedb", "lancedb.connect('x')");
    let stub = "def open_store(kind):\n    return REGISTRY[kind]\n";
    let files = [
        ("library/app.py", FACTORY.to_owned()),
        ("library/near.py", stores),
        ("library/far.py", far),
        ("library/stores.py", stub.to_owned()),
    ];
    let as_text = |files: &[(&'static str, String)]| -> trueline_facts::threat::ThreatModel {
        let all: Vec<(&str, &str)> = files.iter().map(|(p, t)| (*p, t.as_str())).collect();
        model(&all)
    };
    let found = as_text(&files);
    has(&found, "web application -> Chroma");
    has(&found, "web application -> LanceDB");
    // A name that many classes have says nothing.
    let mut many = files.to_vec();
    for path in ["library/a.py", "library/b.py", "library/c.py"] {
        many.push((path, class("Other", "", "dict()")));
    }
    let found = as_text(&many);
    lacks(&found, "web application -> Chroma");
}

#[test]
fn what_a_framework_hands_to_a_handler_is_followed_and_objects_are_known_by_their_annotation() {
    let routes = r#"
from fastapi import Depends, FastAPI
from sqlalchemy.orm import Session
from shop.data import session_of_request

app = FastAPI()

@app.post("/orders")
def order(text: str, work: Session = Depends(session_of_request)):
    work.add(text)
    work.commit()

@app.get("/health")
def health():
    return "ok"
"#;
    let data = r#"
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker

engine = create_engine("sqlite://")
make = sessionmaker(engine)

def session_of_request():
    work = make()
    yield work
"#;
    let found = model(&[("shop/routes.py", routes), ("shop/data.py", data)]);
    has(&found, "web application -> SQL database");
    let places = crate::places(&found, "web application", "SQL database");
    assert!(
        places.contains(&"shop/routes.py:10".to_owned()),
        "{places:?}"
    );
    assert!(
        !places.iter().any(|p| p.starts_with("shop/data.py:5")),
        "{places:?}"
    );
    // The same words on an object of one's own are no database.
    let own = routes
        .replace(
            "from sqlalchemy.orm import Session\n",
            "from shop.boxes import Session\n",
        )
        .replace("from shop.data import", "from shop.boxes import");
    let boxes = "class Session:\n    pass\n\ndef session_of_request():\n    return Session()\n";
    let found = model(&[("shop/routes.py", &own), ("shop/boxes.py", boxes)]);
    lacks(&found, "web application -> SQL database");
}

#[test]
fn an_alias_of_what_a_framework_hands_over_is_followed_in_this_file_and_from_another() {
    let deps = r#"
from typing import Annotated
from fastapi import Depends
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

engine = create_engine("sqlite://")

def open_session():
    with Session(engine) as session:
        yield session

Work = Annotated[Session, Depends(open_session)]
Plain = Annotated[str, "a word"]
"#;
    let routes = r#"
from fastapi import FastAPI
from shop.deps import Plain, Work

app = FastAPI()

@app.post("/orders")
def order(text: str, work: Work):
    keep(work, text)
"#;
    let found = model(&[("shop/routes.py", routes), ("shop/deps.py", deps)]);
    has(&found, "web application -> SQL database");
    let near = miss(&found_plain(routes), deps);
    lacks(&near, "web application -> SQL database");
}

fn found_plain(routes: &str) -> String {
    routes.replace("work: Work", "work: Plain")
}

fn miss(routes: &str, deps: &str) -> trueline_facts::threat::ThreatModel {
    model(&[("shop/routes.py", routes), ("shop/deps.py", deps)])
}
