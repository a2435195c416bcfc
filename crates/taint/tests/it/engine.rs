//! The engine's own promises: findings, traces, fingerprints, sites, determinism.

use trueline_facts::{Applicability, Finding, RepoPath, Tier};
use trueline_syntax::ir::Language;
use trueline_syntax::{Source, lower, with_deep_stack};
use trueline_taint::{Engine, FileAnalysis};

/// Lowers and analyses a text, and asks what its application is missing.
pub(crate) fn analyze_application(engine: &Engine, language: Language, code: &str) -> FileAnalysis {
    let path = path_of(language);
    with_deep_stack(|| {
        let module = lower(language, Source { path, text: code }).unwrap();
        let path = RepoPath::from(path);
        let mut analysis = engine.analyze_file(&path, code, &module);
        let surface = engine.surface(&path, code, &module);
        let (missing, _) = engine.missing_controls(&[&surface], &[path]);
        analysis.findings.extend(missing);
        analysis.findings.sort_by_key(|f| f.location.start);
        analysis
    })
}

fn path_of(language: Language) -> &'static str {
    match language {
        Language::Python => "app/example.py",
        Language::Java => "app/Example.java",
        Language::JavaScript => "app/example.jsx",
        Language::TypeScript => "app/example.tsx",
        Language::Go => "app/example.go",
    }
}

/// Lowers and analyses a text.
pub(crate) fn analyze(engine: &Engine, language: Language, code: &str) -> FileAnalysis {
    let path = path_of(language);
    with_deep_stack(|| {
        let module = lower(language, Source { path, text: code }).unwrap();
        engine.analyze_file(&RepoPath::from(path), code, &module)
    })
}

/// Findings as `line rule` with the tier if it is not the default.
pub(crate) fn found(findings: &[Finding]) -> Vec<String> {
    findings
        .iter()
        .map(|f| {
            let tier = if f.tier == Tier::All { " (all)" } else { "" };
            format!("{} {}{tier}", f.location.start.line, f.rule)
        })
        .collect()
}

fn python(code: &str) -> FileAnalysis {
    analyze(&Engine::builtin().unwrap(), Language::Python, code)
}

const QUERY: &str = r#"from flask import request
import sqlite3

def build(name):
    return f"SELECT * FROM users WHERE name = '{name}'"

def find():
    connection = sqlite3.connect("shop.db")
    sql = build(request.args["name"])
    return connection.execute(sql).fetchall()
"#;

#[test]
fn a_finding_says_where_it_comes_from_and_how_it_got_there() {
    let analysis = python(QUERY);
    let [finding] = analysis.findings.as_slice() else {
        panic!("{:?}", found(&analysis.findings));
    };
    let steps: Vec<String> = finding
        .trace
        .iter()
        .map(|s| {
            format!(
                "{}: {} | {}",
                s.location.start.line,
                s.message,
                s.location.snippet.trim()
            )
        })
        .collect();
    insta::assert_snapshot!(format!("{}\n{}\n{}", finding.message, finding.symbol, steps.join("\n")), @r#"
    `request.args` (parameters of the request) becomes part of an SQL query in `connection.execute`.
    find
    9: source: parameters of the request | sql = build(request.args["name"])
    9: passed to `build` | sql = build(request.args["name"])
    5: put into text | return f"SELECT * FROM users WHERE name = '{name}'"
    10: sink | return connection.execute(sql).fetchall()
    "#);
}

#[test]
fn the_source_of_a_parameter_is_where_it_stands() {
    let engine = Engine::builtin().unwrap();
    let flask = r#"from flask import Flask
import os

app = Flask(__name__)

@app.route("/run/<first>/<name>")
def run(first,
        name):
    os.system("x " + name)
"#;
    let fastapi = r#"from fastapi import FastAPI
import os

app = FastAPI()

@app.get("/run/{name}")
async def run(
    first: int,
    name: str,
):
    os.system("x " + name)
"#;
    let nest = r"import { Controller, Get, Param } from '@nestjs/common';
import { exec } from 'child_process';

@Controller('run')
export class Run {
  @Get(':name')
  run(
    @Param('first') first: number,
    @Param('name') name: string,
  ) {
    exec('x ' + name);
  }
}
";
    let spring = r#"import org.springframework.web.bind.annotation.*;

@RestController
class Run {
    @GetMapping("/run/{name}")
    void run(
        @PathVariable int first,
        @PathVariable String name
    ) throws Exception {
        Runtime.getRuntime().exec("x " + name);
    }
}
"#;
    for (language, code) in [
        (Language::Python, flask),
        (Language::Python, fastapi),
        (Language::TypeScript, nest),
        (Language::Java, spring),
    ] {
        let analysis = analyze(&engine, language, code);
        let finding = analysis
            .findings
            .iter()
            .find(|f| f.rule.as_str() == "command-injection")
            .unwrap();
        let source = &finding.trace.first().unwrap().location;
        let line = code.lines().nth(source.start.line as usize - 1).unwrap();
        let at = source.start.column as usize - 1;
        let end = source.end.column as usize - 1;
        assert_eq!(line.get(at..end), Some("name"), "{code}: {line}");
        assert!(!line.contains("first"), "{code}: {line}");
    }
}

#[test]
fn edits_elsewhere_keep_a_fingerprint_and_edits_of_the_sink_do_not() {
    let print = |code: &str| -> Vec<String> {
        python(code)
            .findings
            .iter()
            .map(|f| f.fingerprint.as_str().to_owned())
            .collect()
    };
    let before = print(QUERY);
    assert_eq!(before.len(), 1);
    // Lines above, comments, layout and quotes, the source and the trace: the same weakness.
    let moved = format!("# a comment\n\n{QUERY}");
    assert_eq!(print(&moved), before);
    let reflowed = QUERY.replace("execute(sql)", "execute(\n        sql,  # text\n    )");
    assert_eq!(print(&reflowed), before);
    let other_source = QUERY.replace("request.args[\"name\"]", "request.form[\"user\"]");
    assert_eq!(print(&other_source), before);
    // Another function, another argument: another weakness.
    assert_ne!(print(&QUERY.replace("def find()", "def search()")), before);
    assert_ne!(
        print(&QUERY.replace("execute(sql)", "execute(sql + '')")),
        before
    );
}

#[test]
fn the_fingerprint_of_version_1_does_not_change() {
    let analysis = python(QUERY);
    insta::assert_snapshot!(analysis.findings[0].fingerprint.as_str(), @"c1512d568ec0e461829fdca70ac6c527");
}

#[test]
fn equal_sinks_of_one_function_have_fingerprints_of_their_own() {
    let code = r#"import os
from flask import request

def twice():
    host = request.args["host"]
    os.system("ping " + host)
    os.system("ping " + host)
"#;
    let findings = python(code).findings;
    assert_eq!(findings.len(), 2);
    assert_ne!(findings[0].fingerprint, findings[1].fingerprint);
}

#[test]
fn a_view_that_renders_a_template_is_no_exposed_site() {
    let view = |answer: &str| {
        format!(
            "from flask import Flask, render_template, request\n\napp = Flask(__name__)\n\n\n\
             @app.route(\"/\")\ndef index():\n    return {answer}\n"
        )
    };
    let shown = |answer: &str| {
        let sites = python(&view(answer)).sites;
        sites
            .iter()
            .any(|site| site.rule.as_str() == "cross-site-scripting")
    };
    assert!(shown(r#""<p>" + "hello""#));
    assert!(!shown(
        r#"render_template("index.html", name=request.args["name"])"#
    ));
    assert!(!shown(r#"render_template("gone.html"), 404"#));
}

#[test]
fn a_secret_is_told_by_the_name_that_holds_it() {
    for (line, told) in [
        (
            r#"connect(user="billing_admin", password="Vq8!kd92hsLq0zX", host="db.internal")"#,
            r#"`password="…"` holds"#,
        ),
        (
            r#"get("https://a.example.com", {"X-Team": "payments", "api_key": "Vq8!kd92hsLq0zX"})"#,
            r#"`"api_key": "…"` holds"#,
        ),
    ] {
        let findings = python(&format!("{line}\n")).findings;
        let [finding] = findings.as_slice() else {
            panic!("{line}: {findings:?}");
        };
        assert!(finding.message.starts_with(told), "{}", finding.message);
        let shown = format!("{finding:?}");
        assert!(!shown.contains("Vq8"), "{shown}");
    }
}

#[test]
fn safe_calls_of_a_sink_are_exposed_sites() {
    let code = r#"import sqlite3

def count():
    connection = sqlite3.connect("shop.db")
    return connection.execute("SELECT count(*) FROM users").fetchone()
"#;
    let analysis = python(code);
    assert!(analysis.findings.is_empty());
    let sites: Vec<String> = analysis
        .sites
        .iter()
        .map(|s| format!("{} {}:{}", s.rule, s.start.line, s.start.column))
        .collect();
    assert_eq!(sites, ["sql-injection 5:12"]);
}

#[test]
fn a_secret_is_found_and_never_shown() {
    let analysis = python("API_KEY = \"k9Lq27ZpXw41Rt\"\n");
    assert_eq!(found(&analysis.findings), ["1 hard-coded-secret"]);
    let text = format!("{:?}", analysis.findings);
    assert!(!text.contains("k9Lq27"), "{text}");
}

#[test]
fn recursion_ends_and_keeps_the_flow() {
    let code = r#"import os
from flask import request

def even(n, text):
    return text if n == 0 else odd(n - 1, text)

def odd(n, text):
    return text if n == 1 else even(n - 1, text)

def handle():
    os.system(even(10, request.args["x"]))
"#;
    assert_eq!(found(&python(code).findings), ["11 command-injection"]);
}

/// A function of random assignments among four names, each of which soon depends on itself.
fn tangled(language: Language, mut seed: u64) -> String {
    let mut pick = |of: &[&str]| -> String {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        of[(seed >> 33) as usize % of.len()].to_owned()
    };
    let names = ["a", "b", "c", "d"];
    let values: &[&str] = match language {
        Language::Python => &[
            "{}", "{}", "f({})", "{}.g", "{}.h()", "[{}]", "{}[0]", "await {}",
        ],
        Language::Go => &["{}", "{}", "f({})", "{}.G", "{}.H()", "{}[0]", "&{}"],
        _ => &["{}", "{}", "f({})", "{}.g", "{}.h()", "{}[0]", "new F({})"],
    };
    let mut lines = Vec::new();
    for _ in 0..12 {
        let value = pick(values).replace("{}", &pick(&names));
        let name = pick(&names);
        lines.push(
            match (language, pick(&["set", "set", "ask", "use"]).as_str()) {
                (Language::Python, "ask") => format!("if {name}: {name} = {value}"),
                (Language::Python, "use") => {
                    format!("match {name}:\n        case str({name}): app.route({name})({value})")
                }
                (Language::Python, _) => format!("{name} = {value}"),
                (Language::Go, "ask") => format!("if {name} == nil {{ {name} = {value} }}"),
                (Language::Go, "use") => format!("json.Unmarshal({value}, {name})"),
                (_, "ask") => format!("if ({name} == null) {{ {name} = {value}; }}"),
                (_, "use") => format!("app.use({name}, {value});"),
                (_, _) => format!("{name} = {value};"),
            },
        );
    }
    let body = lines.join("\n    ");
    match language {
        Language::Python => format!("async def e(f, app):\n    {body}\n    return a\n"),
        Language::Go => format!("package p\nfunc e(r *http.Request) {{\n    {body}\n}}\n"),
        Language::Java => {
            format!("class E {{ Object e(Object a) {{\n    {body}\n    return a; }} }}\n")
        }
        _ => format!(
            "async function e(f, app) {{\n    let a, b, c, d;\n    {body}\n    return a;\n}}\n"
        ),
    }
}

#[test]
fn variables_that_are_copies_of_themselves_do_not_trap_the_analysis() {
    let engine = Engine::builtin().unwrap();
    for language in [
        Language::Python,
        Language::JavaScript,
        Language::TypeScript,
        Language::Java,
        Language::Go,
    ] {
        for seed in 0..150 {
            analyze_application(&engine, language, &tangled(language, seed));
        }
    }
    let code = "def f(x):\n    match x:\n        case str(x):\n            return str(x)\n";
    analyze_application(&engine, Language::Python, code);
}

#[test]
fn the_same_text_gives_the_same_bytes() {
    let first = format!("{:?}", python(QUERY));
    for _ in 0..3 {
        assert_eq!(format!("{:?}", python(QUERY)), first);
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]

    #[test]
    fn any_text_is_analysed_without_a_panic(code in r#"([a-z]{1,3}|[ \n\t(){}\[\]=.,:'"+%]|def |class |return |if |for |in |=> |async |await |yield |lambda |import )*"#) {
        let engine = Engine::builtin().unwrap();
        for language in [Language::Python, Language::JavaScript, Language::TypeScript] {
            with_deep_stack(|| {
                if let Ok(module) = lower(language, Source { path: "x.tsx", text: &code }) {
                    let first = engine.analyze_file(&RepoPath::from("x.tsx"), &code, &module);
                    let again = engine.analyze_file(&RepoPath::from("x.tsx"), &code, &module);
                    assert_eq!(first, again);
                }
            });
        }
    }
}

#[test]
fn nothing_of_a_secret_is_quoted_whatever_stands_around_it() {
    let secret = "h7!kPq2zzW9x";
    let codes = [
        (
            Language::Python,
            format!("password = \"{secret}\\\"{secret}\"\n"),
        ),
        (
            Language::Python,
            format!("a = '''\nit's''', 1; password = \"{secret}\"\n"),
        ),
        (
            Language::Python,
            format!("connect(user='{secret}', password='{secret}')\n"),
        ),
        (
            Language::JavaScript,
            format!("const a = `\nit's`, password = '{secret}';\n"),
        ),
        (
            Language::JavaScript,
            format!("const password = \"\\\n{secret}\";\n"),
        ),
        (
            Language::JavaScript,
            format!("const o = {{ 'password': `{secret}`, b: 'x' }};\n"),
        ),
    ];
    let engine = Engine::builtin().unwrap();
    let mut reported = 0;
    for (language, code) in codes {
        let findings = analyze(&engine, language, &code).findings;
        for finding in findings {
            assert_eq!(finding.rule.as_str(), "hard-coded-secret");
            reported += 1;
            let shown = format!("{} {:?}", finding.message, finding.location.snippet);
            assert!(!shown.contains("h7!k"), "{code}{shown}");
            assert!(!shown.contains("zzW9x"), "{code}{shown}");
        }
    }
    assert!(reported >= 4, "{reported}");
}

#[test]
fn sinks_that_differ_behind_two_slashes_have_their_own_fingerprints() {
    let print = |url: &str| {
        let code = format!(
            "const express = require('express');\nconst app = express();\napp.get('/', (req, res) => {{\n  const a = req.query.a, b = req.query.b;\n  fetch(`{url}`);\n}});\n"
        );
        let findings = analyze(&Engine::builtin().unwrap(), Language::JavaScript, &code).findings;
        assert_eq!(findings.len(), 1, "{:?}", found(&findings));
        findings[0].fingerprint.clone()
    };
    assert_ne!(print("http://${a}/x"), print("http://${b}/zzz"));
}

/// Applies one patch after the other until there is none.
pub(crate) fn mend(engine: &Engine, language: Language, code: &str) -> String {
    const MOST: usize = 60;
    let mut code = code.to_owned();
    for _ in 0..MOST {
        let mut findings = analyze(engine, language, &code).findings;
        let next = with_deep_stack(|| {
            let path = path_of(language);
            let module = lower(language, Source { path, text: &code }).unwrap();
            engine.add_patches(path, &code, &module, &mut findings);
            let mut patches = findings
                .iter()
                .filter_map(|f| f.fix.as_ref()?.patch.as_ref());
            patches.find_map(|patch| trueline_taint::apply(&code, &patch.edits))
        });
        match next {
            Some(fixed) => code = fixed,
            None => break,
        }
    }
    code
}

#[test]
fn a_list_of_arguments_is_no_safe_fix_where_an_empty_value_was_no_argument() {
    let engine = Engine::builtin().unwrap();
    let offered = |command: &str| {
        let code = format!(
            "const {{ exec }} = require('child_process');\nconst app = require('express')();\n\
             app.get('/', (req, res) => {{ exec({command}); res.end(); }});\n"
        );
        let language = Language::JavaScript;
        let mut findings = analyze(&engine, language, &code).findings;
        with_deep_stack(|| {
            let path = path_of(language);
            let module = lower(language, Source { path, text: &code }).unwrap();
            engine.add_patches(path, &code, &module, &mut findings);
        });
        let mut patches = findings
            .iter()
            .filter(|f| f.rule.as_str() == "command-injection")
            .filter_map(|f| Some(f.fix.as_ref()?.patch.as_ref()?.applicability));
        patches.next()
    };
    assert_eq!(
        offered("'ls ' + req.query.dir"),
        Some(Applicability::Unsafe)
    );
    assert_eq!(
        offered("`ls ${req.query.dir} -l`"),
        Some(Applicability::Unsafe)
    );
    assert_eq!(
        offered("\"ls '\" + req.query.dir + \"'\""),
        Some(Applicability::Safe)
    );
    assert_eq!(
        offered("'ls /srv/' + req.query.dir"),
        Some(Applicability::Safe)
    );
}

#[test]
fn a_limit_on_what_one_feature_costs_is_none_on_logins() {
    const APP: &str = "from fastapi import FastAPI\napp = FastAPI()\n\n@app.post(\"/login\")\ndef login(body):\n    return tokens.make(users.find(body.name, body.password))\n";
    const COSTS: &str =
        "def run(user, code):\n    check_rate_limit(user)\n    return sandbox.run(code)\n";
    let engine = Engine::builtin().unwrap();
    let missing = |files: &[(&str, &str)]| {
        with_deep_stack(|| {
            let surfaces: Vec<_> = files
                .iter()
                .map(|(path, code)| {
                    let module = lower(Language::Python, Source { path, text: code }).unwrap();
                    engine.surface(&RepoPath::from(*path), code, &module)
                })
                .collect();
            let paths: Vec<RepoPath> = files.iter().map(|f| RepoPath::from(f.0)).collect();
            let (found, _) = engine.missing_controls(&surfaces.iter().collect::<Vec<_>>(), &paths);
            found
                .iter()
                .filter(|f| f.rule.as_str() == "missing-rate-limit")
                .count()
        })
    };
    assert_eq!(missing(&[("app/main.py", APP)]), 1);
    let beside = [("app/main.py", APP), ("app/services/runs.py", COSTS)];
    assert_eq!(missing(&beside), 1);
    let for_all = [("app/main.py", APP), ("app/middleware/runs.py", COSTS)];
    assert_eq!(missing(&for_all), 0);
}

#[test]
fn a_file_of_made_up_answers_protects_nothing() {
    let engine = Engine::builtin().unwrap();
    let code = "const uid = () => Math.random().toString(36).slice(2);
export function answer(path) {
  if (path === '/tokens') return { id: uid(), token: 'demo_' + uid() };
}
";
    let shown = |path: &str| {
        let module = lower(Language::JavaScript, Source { path, text: code }).unwrap();
        let analysis = engine.analyze_file(&RepoPath::from(path), code, &module);
        let mut findings = analysis.findings.into_iter();
        findings.any(|f| f.rule.as_str() == "weak-random" && f.tier == Tier::Shown)
    };
    assert!(shown("src/lib/tokens.js"));
    assert!(!shown("src/lib/demo.js"));
    assert!(!shown("src/lib/mockTokens.js"));
}

#[test]
fn a_step_stands_where_a_function_makes_its_call_and_not_where_that_is_called() {
    let analysis = python(
        r#"from aiohttp import web
class Pages():
    def application(self):
        pages = web.Application()
        async def publish(request):
            form = await request.post()
            return web.HTTPFound(pages.router["page"].polish(form["name"]))
        pages.router.add_post("/publish", publish)
        return pages
"#,
    );
    let steps = analysis.findings.iter().flat_map(|f| &f.trace);
    let polish = steps.filter(|s| s.message.contains("polish"));
    let lines: Vec<u32> = polish.map(|s| s.location.start.line).collect();
    assert!(!lines.is_empty());
    assert!(lines.iter().all(|line| *line == 7), "{lines:?}");
}

#[test]
fn a_source_that_is_read_of_what_is_passed_is_not_called_by_the_call() {
    let engine = Engine::builtin().unwrap();
    let code = r#"package main

import (
	"net/http"
	"os/exec"
)

func run(r *http.Request) {
	exec.Command("sh", "-c", r.FormValue("command")).Run()
}

func main() {
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		run(r)
	})
}
"#;
    let analysis = analyze(&engine, Language::Go, code);
    let messages: Vec<&str> = analysis
        .findings
        .iter()
        .map(|f| f.message.as_str())
        .collect();
    assert!(!messages.is_empty());
    assert!(
        messages
            .iter()
            .all(|message| !message.starts_with("`run(r)`")),
        "{messages:?}"
    );
}

#[test]
fn a_short_function_that_calls_itself_by_a_variable_around_it_is_followed_to_the_end() {
    let engine = Engine::builtin().unwrap();
    let code = r#"package main

import (
	"net/http"
	"os/exec"
)

func text(n *Node) string {
	var out string
	var walk func(*Node)
	walk = func(node *Node) {
		if node.Kind == 1 {
			out += node.Data
		}
		for c := node.First; c != nil; c = c.Next {
			walk(c)
		}
	}
	walk(n)
	return out
}

func run(w http.ResponseWriter, r *http.Request) {
	exec.Command("sh", "-c", text(&Node{Data: r.FormValue("command")})).Run()
}
"#;
    let analysis = analyze(&engine, Language::Go, code);
    let told: Vec<&str> = analysis.diagnostics.iter().map(|d| &*d.message).collect();
    assert!(told.is_empty(), "{told:?}");
    assert_eq!(found(&analysis.findings), ["24 command-injection"]);
}
