//! Patches: what they promise for any text, and what programs do before and after them.

use std::path::Path;
use std::process::Command;

use proptest::prelude::*;
use trueline_syntax::ir::Language;
use trueline_syntax::{Source, lower, with_deep_stack};
use trueline_taint::Engine;

use crate::engine::{analyze, mend};

/// A program whose own assertions hold before and after its patches.
struct Program {
    name: &'static str,
    language: Language,
    /// Modules that it imports and that may not be installed: name and text.
    modules: &'static [(&'static str, &'static str)],
    code: &'static str,
}

const FLASK: (&str, &str) = (
    "flask.py",
    "class request:\n    args = {'name': 'ada', 'id': '1', 'file': 'a b', 'e': '[1, 2]'}\n    data = b'a: 1'\n",
);

const YAML: (&str, &str) = (
    "yaml.py",
    "class Loader: pass\ndef load(text, Loader=None): return dict([text.decode().split(': ')])\ndef safe_load(text): return load(text)\n",
);

const TABLE: &str = "
import sqlite3
from flask import request

connection = sqlite3.connect(':memory:')
connection.execute('CREATE TABLE users (id INTEGER, name TEXT)')
connection.execute(\"INSERT INTO users VALUES (1, 'ada'), (2, 'bob')\")
name = request.args['name']
";

#[expect(clippy::too_many_lines, reason = "a table")]
fn programs() -> Vec<Program> {
    let python = |name, modules, code| Program {
        name,
        language: Language::Python,
        modules,
        code,
    };
    let node = |name, code| Program {
        name,
        language: Language::JavaScript,
        modules: &[],
        code,
    };
    vec![
        python(
            "a query by f-string",
            &[FLASK],
            "rows = connection.execute(f\"SELECT id FROM users WHERE name = '{name}'\").fetchall()\nassert rows == [(1,)], rows\n",
        ),
        python(
            "a query by percent",
            &[FLASK],
            "rows = connection.execute(\"SELECT id FROM users WHERE name = '%s'\" % name).fetchall()\nassert rows == [(1,)], rows\n",
        ),
        python(
            "a query by format",
            &[FLASK],
            "rows = connection.execute(\"SELECT id FROM users WHERE name = '{}' AND id = {}\".format(name, request.args['id'])).fetchall()\nassert rows == [(1,)], rows\n",
        ),
        python(
            "a query by joins, in a variable",
            &[FLASK],
            "def find(name):\n    query = \"SELECT id FROM users WHERE name LIKE '%\" + name + \"%'\"\n    return connection.execute(query).fetchall()\nassert find(request.args['name']) == [(1,)]\n",
        ),
        python(
            "an insert over two lines",
            &[FLASK],
            "connection.execute(\n    f\"INSERT INTO users (id, name) \"\n    f\"VALUES (3, '{name}')\"\n)\nassert connection.execute('SELECT count(*) FROM users').fetchone() == (3,)\n",
        ),
        python(
            "a command",
            &[FLASK],
            "import subprocess\nfrom flask import request\nname = request.args['name']\nout = subprocess.check_output(f\"cat {name}\", shell=True)\nassert out == b'ada', out\n",
        ),
        python(
            "a command with quotes",
            &[FLASK],
            "import subprocess\nfrom flask import request\nname = request.args['name']\nout = subprocess.run(\"cat './\" + name + \"'\", shell=True, capture_output=True).stdout\nassert out == b'ada', out\n",
        ),
        python(
            "a document of YAML",
            &[FLASK, YAML],
            "import yaml\nfrom flask import request\nassert yaml.load(request.data, Loader=yaml.Loader) == {'a': '1'}\n",
        ),
        python(
            "a token",
            &[],
            "import random\ndef make_token():\n    return ''.join(random.choice('ab') for _ in range(8))\ntoken = make_token()\nassert len(token) == 8 and set(token) <= {'a', 'b'}\n",
        ),
        python(
            "a session number",
            &[],
            "import random\nsession_token = random.randint(3, 5)\nassert 3 <= session_token <= 5\n",
        ),
        python(
            "a signature",
            &[],
            "import hashlib, hmac\ndef is_ours(given):\n    return hmac.new(b'k', b'x', hashlib.sha256).hexdigest() == given\nassert is_ours(hmac.new(b'k', b'x', hashlib.sha256).hexdigest())\nassert not is_ours('0')\n",
        ),
        python(
            "a literal",
            &[FLASK],
            "from flask import request\nvalue = eval(request.args['e'])\nassert value == [1, 2]\n",
        ),
        python(
            "a mode of a file",
            &[],
            "import os\nos.chmod('ada', 0o777)\nassert os.stat('ada').st_mode & 0o700 == 0o700\n",
        ),
        python(
            "a page",
            &[FLASK],
            "from flask import request\nfrom flask import Flask\napp = Flask(__name__)\n@app.route('/')\ndef hello():\n    name = request.args['name']\n    return f'<h1>{name}</h1>'\nassert hello() == '<h1>ada</h1>'\n",
        ),
        node(
            "a command",
            "const assert = require('assert');\nconst { execSync } = require('child_process');\nmodule.exports = (req, res) => {\n  const out = execSync(`cat ${req.query.name}`, { encoding: 'utf8' });\n  assert.strictEqual(out, 'ada');\n};\nmodule.exports({ query: { name: 'ada' } });\n",
        ),
        node(
            "a command with a callback",
            "const assert = require('assert');\nconst { exec } = require('child_process');\nmodule.exports = (req, res) => {\n  exec('cat ' + req.query.name, (err, out) => assert.strictEqual(out, 'ada'));\n};\nmodule.exports({ query: { name: 'ada' } });\n",
        ),
        node(
            "a signature",
            "const assert = require('assert');\nconst crypto = require('crypto');\nfunction verify(given) {\n  const expected = crypto.createHmac('sha256', 'k').update('x').digest('hex');\n  return expected === given;\n}\nassert(verify(crypto.createHmac('sha256', 'k').update('x').digest('hex')));\nassert(!verify('0'.repeat(64)));\n",
        ),
        node(
            "a token",
            "const assert = require('assert');\nconst sessionToken = Math.random();\nassert(sessionToken >= 0 && sessionToken < 1);\n",
        ),
        node(
            "an agent",
            "const assert = require('assert');\nconst https = require('https');\nconst agent = new https.Agent({ rejectUnauthorized: false, keepAlive: true });\nassert(agent.keepAlive);\n",
        ),
        node(
            "a query of pg",
            "const assert = require('assert');\nconst pg = (() => { try { return require('pg'); } catch { return { Pool: class { query(text, values = []) {\n  return text.replace(/\\$(\\d+)/g, (_, at) => `'${values[at - 1]}'`); } } }; } })();\nconst { Pool } = pg;\nconst pool = new Pool();\nmodule.exports = (req, res) => {\n  const sent = pool.query(`SELECT * FROM users WHERE name = '${req.query.name}'`);\n  assert.strictEqual(sent, \"SELECT * FROM users WHERE name = 'ada'\");\n};\nmodule.exports({ query: { name: 'ada' } });\n",
        ),
        node(
            "a cookie",
            "const assert = require('assert');\nmodule.exports = (req, res) => {\n  res.cookie('session', 'x', { httpOnly: true, secure: false });\n};\nlet set;\nmodule.exports({}, { cookie: (name, value, options) => { set = [name, value, options.httpOnly]; } });\nassert.deepStrictEqual(set, ['session', 'x', true]);\n",
        ),
    ]
}

#[test]
fn programs_do_after_their_patches_what_they_did_before() {
    let engine = Engine::builtin().unwrap();
    let mut wrong = Vec::new();
    for program in programs() {
        let interpreter = match program.language {
            Language::Python => "python3",
            _ => "node",
        };
        let table = if program.name.contains("query by") || program.name.contains("insert") {
            TABLE.trim_start()
        } else {
            ""
        };
        let before = format!("{table}{}", program.code);
        let after = mend(&engine, program.language, &before);
        if after == before {
            wrong.push(format!("{}: nothing was patched", program.name));
            continue;
        }
        let left = analyze(&engine, program.language, &after).findings;
        let left: Vec<&str> = left.iter().map(|f| f.rule.as_str()).collect();
        if !left.is_empty() {
            wrong.push(format!("{}: {left:?} in\n{after}", program.name));
        }
        for (when, code) in [("before", &before), ("after", &after)] {
            if let Err(error) = run(interpreter, &program, code) {
                wrong.push(format!("{}, {when}: {error}\n{code}", program.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Runs a program; one without its interpreter on this machine counts as right.
fn run(interpreter: &str, program: &Program, code: &str) -> Result<(), String> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!(
        "{interpreter}-{}",
        program.name.replace([' ', ','], "-")
    ));
    std::fs::create_dir_all(&folder).unwrap();
    for (name, text) in program.modules {
        let extra = if *name == "flask.py" {
            "class Flask:\n    def __init__(self, name): pass\n    def route(self, path): return lambda view: view\n"
        } else {
            ""
        };
        std::fs::write(folder.join(name), format!("{text}{extra}")).unwrap();
    }
    // What commands read.
    std::fs::write(folder.join("ada"), "ada").unwrap();
    let file = folder.join("program");
    std::fs::write(&file, code).unwrap();
    let Ok(output) = Command::new(interpreter)
        .arg(&file)
        .current_dir(&folder)
        .output()
    else {
        return Ok(());
    };
    if output.status.success() {
        return Ok(());
    }
    Err(String::from_utf8_lossy(&output.stderr).into_owned())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_query_of_any_shape_is_bound_or_left(
        table in "[a-z]{1,6}",
        column in "[a-z]{1,6}",
        form in 0..4_usize,
        quoted in any::<bool>(),
        tail in "( ORDER BY id| AND x = 'it''s'| LIMIT 5|)",
        line in prop_oneof![Just("\n"), Just("\r\n")],
    ) {
        let engine = Engine::builtin().unwrap();
        let q = if quoted { "'" } else { "" };
        let head = format!("SELECT * FROM {table} WHERE {column} = {q}");
        let query = match form {
            0 => format!("f\"{head}{{value}}{q}{tail}\""),
            1 => format!("\"{head}%s{q}{tail}\" % value"),
            2 => format!("\"{head}{{}}{q}{tail}\".format(value)"),
            _ => format!("\"{head}\" + value + \"{q}{tail}\""),
        };
        let code = format!(
            "# café{line}import sqlite3{line}from flask import request{line}{line}def find():{line}    value = request.args[\"v\"]{line}    return sqlite3.connect(\"x\").execute({query}).fetchall(){line}"
        );
        let fixed = mend(&engine, Language::Python, &code);
        let left = analyze(&engine, Language::Python, &fixed).findings;
        prop_assert!(left.is_empty(), "{fixed}");
        prop_assert_eq!(&mend(&engine, Language::Python, &fixed), &fixed);
        let place = code.find(&query).unwrap();
        prop_assert!(fixed.starts_with(&code[..place]));
        prop_assert!(fixed.ends_with(&code[place + query.len()..]));
    }

    #[test]
    fn any_text_is_patched_without_a_panic(
        text in "[a-z'\"`${}()\\[\\]:#/*\\\\ \n,.=%+f]{0,80}"
    ) {
        let engine = Engine::builtin().unwrap();
        for (language, path, head) in [
            (Language::Python, "a.py", "import sqlite3, os\nfrom flask import request\nos.system("),
            (Language::JavaScript, "a.js", "const { exec } = require('child_process');\nexec("),
            (Language::Go, "a.go", "package a\nimport \"os/exec\"\nfunc f() { exec.Command("),
        ] {
            let code = format!("{head}{text})");
            with_deep_stack(|| {
                if let Ok(module) = lower(language, Source { path, text: &code }) {
                    let mut findings = engine
                        .analyze_file(&trueline_facts::RepoPath::from(path), &code, &module)
                        .findings;
                    engine.add_patches(path, &code, &module, &mut findings);
                }
            });
        }
    }
}
