//! A helper that is passed what it calls: the sink is one place, in the helper, and is counted once.

use std::collections::BTreeMap;

use trueline_syntax::ir::Language;
use trueline_taint::{Engine, UnitFindings};

use crate::engine::{analyze, found};
use crate::projects;

/// Findings and exposed sites of a file, as `line rule`.
fn told(language: Language, code: &str) -> (Vec<String>, Vec<String>) {
    let analysis = analyze(&Engine::builtin().unwrap(), language, code);
    let sites = analysis.sites.iter();
    let sites = sites.map(|s| format!("{} {}", s.start.line, s.rule));
    (found(&analysis.findings), sites.collect())
}

/// The same of a rule in the files of a project.
fn told_of(rule: &str, files: &[(&str, &str)]) -> Vec<String> {
    let files: BTreeMap<String, String> = files
        .iter()
        .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
        .collect();
    let line = |(path, found): (trueline_facts::RepoPath, UnitFindings)| {
        let findings = found.findings.iter().filter(|f| f.rule.as_str() == rule);
        let findings: Vec<u32> = findings.map(|f| f.location.start.line).collect();
        let sites = found.sites.iter().filter(|s| s.rule.as_str() == rule);
        let sites: Vec<u32> = sites.map(|s| s.start.line).collect();
        format!("{}: {findings:?} of {sites:?}", path.display())
    };
    let engine = Engine::builtin().unwrap();
    projects::analyze(&engine, &files, 2)
        .into_iter()
        .map(line)
        .collect()
}

const PYTHON: &str = r#"import sqlite3
from flask import Flask, request

app = Flask(__name__)

def run(conn, query):
    return str(conn.execute(query).fetchall())

@app.route("/a")
def first():
    conn = sqlite3.connect("shop.db")
    return run(conn, "SELECT * FROM t WHERE n = '" + request.args["n"] + "'")

@app.route("/b")
def second():
    conn = sqlite3.connect("shop.db")
    return run(conn, "SELECT * FROM t WHERE m = '" + request.args["m"] + "'")

@app.route("/c")
def safe():
    conn = sqlite3.connect("shop.db")
    return run(conn, "SELECT * FROM t")
"#;

#[test]
fn a_sink_of_a_helper_in_python_is_one_finding_and_one_site() {
    for name in ["conn", "x"] {
        let code = PYTHON.replace("run(conn, query)", &format!("run({name}, query)"));
        let code = code.replace("conn.execute(", &format!("{name}.execute("));
        let (findings, sites) = told(Language::Python, &code);
        assert_eq!(findings, ["7 sql-injection"], "{name}");
        let sites: Vec<_> = sites.iter().filter(|s| s.contains("sql")).collect();
        assert_eq!(sites, ["7 sql-injection"], "{name}");
    }
}

#[test]
fn a_sink_of_a_helper_in_javascript_is_one_finding_and_one_site() {
    for name in ["db", "x"] {
        let code = format!(
            r#"const express = require("express");
const mysql = require("mysql");
const app = express();

function run({name}, text) {{
  return {name}.query(text);
}}

app.get("/a", (req, res) => {{
  const connection = mysql.createConnection({{}});
  run(connection, "SELECT * FROM t WHERE n = '" + req.query.n + "'");
  res.end();
}});

app.get("/b", (req, res) => {{
  const connection = mysql.createConnection({{}});
  run(connection, "SELECT * FROM t WHERE m = '" + req.query.m + "'");
  res.end();
}});
"#
        );
        let (findings, sites) = told(Language::JavaScript, &code);
        assert_eq!(findings, ["6 sql-injection"], "{name}");
        let sites: Vec<_> = sites.iter().filter(|s| s.contains("sql")).collect();
        assert_eq!(sites, ["6 sql-injection"], "{name}");
    }
}

#[test]
fn a_sink_of_a_helper_in_go_is_one_finding_and_one_site() {
    for kind in ["*sql.DB", "querier"] {
        let code = format!(
            r#"package shop

import (
	"database/sql"
	"net/http"
)

type querier interface {{
	Query(text string, args ...any) (*sql.Rows, error)
}}

func run(db {kind}, text string) {{
	db.Query(text)
}}

func handle(w http.ResponseWriter, r *http.Request) {{
	db, _ := sql.Open("mysql", "shop")
	run(db, "SELECT * FROM t WHERE n = '"+r.URL.Query().Get("n")+"'")
	run(db, "SELECT * FROM t WHERE m = '"+r.URL.Query().Get("m")+"'")
}}
"#
        );
        let (findings, sites) = told(Language::Go, &code);
        assert_eq!(findings, ["13 sql-injection"], "{kind}");
        let sites: Vec<_> = sites.iter().filter(|s| s.contains("sql")).collect();
        assert_eq!(sites, ["13 sql-injection"], "{kind}");
    }
}

#[test]
fn a_sink_of_a_helper_in_java_is_one_finding_and_one_site() {
    for kind in ["Statement", "T"] {
        let code = format!(
            r#"import java.sql.Connection;
import java.sql.Statement;
import javax.servlet.http.HttpServlet;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;

public class Example extends HttpServlet {{
    private Connection connection;

    private static <T extends Statement> void run({kind} statement, String text) throws Exception {{
        statement.executeQuery(text);
    }}

    protected void doGet(HttpServletRequest request, HttpServletResponse response) throws Exception {{
        Statement statement = connection.createStatement();
        run(statement, "SELECT * FROM t WHERE n = '" + request.getParameter("n") + "'");
        run(statement, "SELECT * FROM t WHERE m = '" + request.getParameter("m") + "'");
    }}
}}
"#
        );
        let (findings, sites) = told(Language::Java, &code);
        assert_eq!(findings, ["11 sql-injection"], "{kind}");
        let sites: Vec<_> = sites.iter().filter(|s| s.contains("sql")).collect();
        assert_eq!(sites, ["11 sql-injection"], "{kind}");
    }
}

#[test]
fn the_trace_of_such_a_finding_leads_into_the_helper() {
    let analysis = analyze(&Engine::builtin().unwrap(), Language::Python, PYTHON);
    let [finding] = analysis.findings.as_slice() else {
        panic!("{:?}", analysis.findings);
    };
    let steps: Vec<String> = finding
        .trace
        .iter()
        .map(|step| format!("{} {}", step.location.start.line, step.message))
        .collect();
    assert_eq!(
        steps,
        [
            "12 source: parameters of the request",
            "12 joined to other text",
            "12 joined to other text",
            "12 passed to `run`",
            "7 sink"
        ]
    );
    assert_eq!(finding.symbol, "run");
}

#[test]
fn a_sink_of_a_helper_in_another_file_is_one_finding_and_one_site_there() {
    let helper =
        |name: &str| format!("def run({name}, query):\n    return {name}.execute(query)\n");
    let views = PYTHON.replace(
        "def run(conn, query):\n    return str(conn.execute(query).fetchall())\n",
        "from helper import run\n",
    );
    let views = views.as_str();
    for name in ["conn", "x"] {
        assert_eq!(
            told_of(
                "sql-injection",
                &[
                    ("helper.py", helper(name).as_str()),
                    ("other.py", views),
                    ("views.py", views)
                ]
            ),
            [
                "helper.py: [2] of [2]",
                "other.py: [] of []",
                "views.py: [] of []"
            ],
            "{name}"
        );
    }
    let helper =
        "function run(db, text) {\n  return db.query(text);\n}\nmodule.exports = { run };\n";
    let views = r#"const app = require("express")();
const mysql = require("mysql");
const { run } = require("./helper");
app.get("/", (req, res) => {
  run(mysql.createConnection({}), "SELECT * FROM t WHERE n = '" + req.query.n + "'");
});
"#;
    assert_eq!(
        told_of(
            "sql-injection",
            &[("helper.js", helper), ("views.js", views)]
        ),
        ["helper.js: [2] of [2]", "views.js: [] of []"]
    );
}

#[test]
fn a_call_of_a_helper_that_may_be_weak_is_one_site_in_its_file() {
    let helper = "def fetch(session, url):\n    return session.get(url)\n";
    let views = "import requests\nfrom helper import fetch\n\ndef load():\n    return fetch(requests.Session(), \"https://example.org/a\")\n";
    assert_eq!(
        told_of(
            "tls-verification-disabled",
            &[("helper.py", helper), ("views.py", views)]
        ),
        ["helper.py: [] of [2]", "views.py: [] of []"]
    );
}

#[test]
fn a_function_that_is_passed_and_called_is_told_of_where_it_is_named() {
    let code = r#"import os
from flask import request

def call(function, text):
    return function(text)

def handle():
    return call(os.system, "ping " + request.args["host"])
"#;
    let (findings, sites) = told(Language::Python, code);
    assert_eq!(findings, ["8 command-injection"]);
    assert_eq!(sites, ["8 command-injection"]);
}
