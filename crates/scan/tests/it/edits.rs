//! Random projects under random edits: whatever is remembered, the outcome is that of a scan from
//! scratch. `TRUELINE_FUZZ_STEPS` raises the number of edits, `TRUELINE_FUZZ_SEED` shifts them.

use std::collections::BTreeMap;

use trueline_scan::{Changed, Scanner};

use crate::tree::{Tree, rescan, shown};

const STEPS: u64 = 96;
/// Edits of one project before the next one is made.
const STEPS_PER_PROJECT: u64 = 12;
const MODULES: u64 = 6;
const FUNCTIONS: u64 = 3;
/// Files of the Go package, and Java classes.
const PACKAGED: u64 = 4;

/// `SplitMix64`: the same choices everywhere.
struct Choices(u64);

impl Choices {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

fn python(choices: &mut Choices, own: u64) -> String {
    let other = |choices: &mut Choices| {
        let at = choices.below(MODULES);
        if at == own { (at + 1) % MODULES } else { at }
    };
    let mut head = String::from("import os\nfrom flask import Flask, request\n");
    let mut body = String::from("app = Flask(__name__)\n");
    for _ in 0..choices.below(3) {
        let at = other(choices);
        let f = choices.below(FUNCTIONS);
        head += &match choices.below(5) {
            0 => format!("from app import m{at}\n"),
            1 => format!("from app.m{at} import *\n"),
            2 => format!("from .m{at} import f{f} as g{f}\n"),
            3 => format!("from app.m{at} import f{f}\n"),
            _ => format!("import app.m{at}\n"),
        };
    }
    for f in 0..FUNCTIONS {
        let at = other(choices);
        let g = choices.below(FUNCTIONS);
        let inner = match choices.below(8) {
            0 => "return request.args[\"q\"]".to_owned(),
            1 => "return x".to_owned(),
            2 => "return int(x)".to_owned(),
            3 => "os.system(\"ls \" + x)\n    return x".to_owned(),
            4 => format!("from app import m{at}\n    return m{at}.f{g}(x)"),
            5 => format!("from .m{at} import f{g}\n    return f{g}(x) + g{g}(x)"),
            6 => "Box.kept = x\n    return Box().get(x)".to_owned(),
            _ => "os.system(x)  # trueline: ignore[command-injection] a person typed it\n    return x"
                .to_owned(),
        };
        body += &format!("\n\ndef f{f}(x=None):\n    {inner}\n");
    }
    if choices.below(2) == 0 {
        let at = other(choices);
        let f = choices.below(FUNCTIONS);
        let g = choices.below(FUNCTIONS);
        body += &format!(
            "\n\n@app.route(\"/{own}\")\ndef view():\n    from app import m{at}\n    return m{at}.f{f}(f{g}(request.args[\"a\"]))\n"
        );
    }
    let base = if choices.below(3) == 0 {
        let at = other(choices);
        head += &format!("from app import m{at} as base\n");
        "(base.Box)"
    } else {
        ""
    };
    body += &format!("\n\nclass Box{base}:\n    def get(self, x):\n        return x\n");
    // A default password, and a file that refuses it: what one says of it counts in the other.
    body += match choices.below(6) {
        0 => "\nADMIN_PASSWORD = os.environ.get(\"ADMIN_PASSWORD\", \"adminadmin_123!\")\n",
        1 => {
            "\n\ndef start(password):\n    if password == \"adminadmin_123!\":\n        raise SystemExit(1)\n"
        }
        _ => "",
    };
    head + &body
}

fn javascript(choices: &mut Choices, own: u64) -> String {
    let at = (own + 1 + choices.below(MODULES - 1)) % MODULES;
    let f = choices.below(FUNCTIONS);
    let mut text = match choices.below(4) {
        0 => format!("import {{ f{f} as g }} from './n{at}';\n"),
        1 => format!(
            "export * from './n{at}.js';\nimport * as all from './n{at}.js';\nconst g = all.f{f};\n"
        ),
        2 => format!("const {{ f{f}: g }} = require('./n{at}');\n"),
        _ => "const g = (x) => x;\n".to_owned(),
    };
    text += "import express from 'express';\nimport { exec } from 'child_process';\nconst app = express();\n";
    for f in 0..FUNCTIONS {
        let inner = match choices.below(4) {
            0 => "return g(x);",
            1 => "exec('ls ' + x); return x;",
            2 => "return parseInt(x, 10);",
            _ => "return x;",
        };
        text += &format!("export function f{f}(x) {{\n  {inner}\n}}\n");
    }
    if choices.below(2) == 0 {
        text += "app.get('/', (req, res) => { res.send(g(f1(req.query.q))); });\n";
    }
    text
}

/// One of the files of a package: a type of its own, an interface that any may implement, calls of
/// what others declare.
fn go(choices: &mut Choices, own: u64) -> String {
    let at = (own + 1 + choices.below(PACKAGED - 1)) % PACKAGED;
    let g = choices.below(FUNCTIONS);
    let package = if choices.below(9) == 0 {
        "other"
    } else {
        "store"
    };
    let mut text = format!(
        "package {package}\n\nimport (\n\t\"net/http\"\n\t\"os/exec\"\n)\n\ntype T{own} struct {{\n\tnext *T{at}\n\tdoer Doer\n\tName string\n}}\n\n"
    );
    if own == 0 || choices.below(6) == 0 {
        let more = if choices.below(2) == 0 {
            "\tRun(x string) string\n"
        } else {
            ""
        };
        text += &format!("type Doer interface {{\n\tDo(x string) string\n{more}}}\n\n");
    }
    for f in 0..FUNCTIONS {
        let inner = match choices.below(7) {
            0 => "return x".to_owned(),
            1 => "exec.Command(\"sh\", \"-c\", x).Run()\n\treturn x".to_owned(),
            2 => format!("return F{at}{g}(x)"),
            3 => format!("return t.next.M{g}(x)"),
            4 => "return t.doer.Do(x)".to_owned(),
            5 => format!("t = New{at}()\n\treturn t.M{g}(x)"),
            _ => "return \"fixed\"".to_owned(),
        };
        let on = if choices.below(4) == 0 { at } else { own };
        text += &format!(
            "func (t *T{on}) M{f}(x string) string {{\n\t{inner}\n}}\n\nfunc F{own}{f}(x string) string {{\n\tt := New{own}()\n\t{inner}\n}}\n\n"
        );
    }
    if choices.below(2) == 0 {
        text += &format!("func (t *T{own}) Do(x string) string {{\n\treturn F{at}{g}(x)\n}}\n\n");
    }
    text += &format!("func New{own}() *T{own} {{\n\treturn &T{own}{{}}\n}}\n\n");
    if choices.below(2) == 0 {
        text += &format!(
            "func Handle{own}(w http.ResponseWriter, r *http.Request) {{\n\tNew{at}().M{g}(r.FormValue(\"q\"))\n\tF{at}{g}(r.FormValue(\"p\"))\n}}\n"
        );
    }
    text
}

fn java(choices: &mut Choices, own: u64) -> String {
    let at = (own + 1 + choices.below(PACKAGED - 1)) % PACKAGED;
    let g = choices.below(FUNCTIONS);
    let package = if choices.below(9) == 0 {
        "com.b"
    } else {
        "com.a"
    };
    let head = match choices.below(5) {
        0 => format!("public interface J{own}"),
        1 => format!("public abstract class J{own} extends J{at}"),
        2 => format!("@Service\npublic class J{own} implements J{at}"),
        3 => format!("@RestController\npublic class J{own}"),
        _ => format!("public class J{own} extends J{at}"),
    };
    let mut text = format!(
        "package {package};\n\nimport com.b.*;\nimport org.springframework.web.bind.annotation.*;\n\n{head} {{\n"
    );
    if head.contains("interface") {
        for f in 0..FUNCTIONS {
            text += &format!("    String m{f}(String x);\n");
        }
        return text + "}\n";
    }
    text +=
        &format!("    @Autowired\n    private J{at} next;\n    static String kept = \"a\";\n\n");
    for f in 0..FUNCTIONS {
        let inner = match choices.below(7) {
            0 => "return x;".to_owned(),
            1 => "Runtime.getRuntime().exec(\"ls \" + x); return x;".to_owned(),
            2 => format!("return next.m{g}(x);"),
            3 => format!("return new J{at}().m{g}(x);"),
            4 => format!("return m{g}(x) + J{at}.kept;"),
            5 => {
                text += &format!("    public abstract String m{f}(String x);\n\n");
                continue;
            }
            _ => "return String.valueOf(Integer.parseInt(x));".to_owned(),
        };
        let mapping = if choices.below(3) == 0 {
            format!(
                "    @GetMapping(\"/{own}/{f}\")\n    public String m{f}(@RequestParam String x)"
            )
        } else {
            format!("    public String m{f}(String x)")
        };
        text += &format!("{mapping} {{\n        {inner}\n    }}\n\n");
    }
    text + "}\n"
}

/// What a name of the project holds, as chosen.
fn text_of(choices: &mut Choices, name: &str) -> String {
    let own = name
        .bytes()
        .filter(u8::is_ascii_digit)
        .fold(0, |number, digit| number * 10 + u64::from(digit - b'0'));
    let ending = name.rsplit_once('.').map(|(_, ending)| ending);
    match name {
        "app/__init__.py" => match choices.below(3) {
            0 => String::new(),
            1 => format!("from .m{} import *\n", choices.below(MODULES)),
            _ => format!("from app.m{0} import f1 as m{0}\n", choices.below(MODULES)),
        },
        "package.json" => format!("{{\"name\": \"n{}\"}}\n", choices.below(3)),
        "go.mod" => format!("module example.com/n{}\n", choices.below(3)),
        _ if name.starts_with("app/") => python(choices, own),
        _ if ending == Some("go") => go(choices, own),
        _ if ending == Some("java") => java(choices, own),
        _ => javascript(choices, own),
    }
}

fn names() -> Vec<String> {
    let mut names = vec!["app/__init__.py".to_owned(), "package.json".to_owned()];
    for at in 0..MODULES {
        names.push(format!("app/m{at}.py"));
        names.push(format!("web/n{at}.js"));
    }
    names.push("go.mod".to_owned());
    for at in 0..PACKAGED {
        names.push(format!("store/t{at}.go"));
        names.push(format!("src/com/a/J{at}.java"));
    }
    names
}

fn edit(choices: &mut Choices, tree: &Tree, files: &mut BTreeMap<String, String>) -> Vec<String> {
    let names = names();
    let name = names[choices.below(names.len() as u64) as usize].clone();
    let mut edited = vec![name.clone()];
    let known = files.get(&name).cloned();
    match (known, choices.below(8)) {
        (Some(_), 0) => {
            files.remove(&name);
            tree.remove(&name);
            return edited;
        }
        (Some(text), 1) => {
            // To another place of the same kind; what stands there is lost.
            let end = name.rsplit('.').next().unwrap();
            let others: Vec<&String> = names.iter().filter(|n| n.ends_with(end)).collect();
            let to = others[choices.below(others.len() as u64) as usize].clone();
            files.remove(&name);
            tree.remove(&name);
            tree.write(&to, &text);
            files.insert(to.clone(), text);
            edited.push(to);
            return edited;
        }
        (Some(text), 2) => {
            let text = format!("\n{text}");
            tree.write(&name, &text);
            files.insert(name, text);
        }
        (Some(text), 3) => {
            let comment = if name.ends_with("py") { "#" } else { "//" };
            let text = format!("{text}{comment} {}\n", choices.below(100));
            tree.write(&name, &text);
            files.insert(name, text);
        }
        _ => {
            let text = text_of(choices, &name);
            tree.write(&name, &text);
            files.insert(name, text);
        }
    }
    edited
}

#[test]
fn after_any_edit_the_outcome_is_that_of_a_scan_without_memory() {
    let steps = number("TRUELINE_FUZZ_STEPS").unwrap_or(STEPS);
    let seed = number("TRUELINE_FUZZ_SEED").unwrap_or(1);
    let mut findings = 0;
    let mut remembered = 0;
    for project in 0..steps.div_ceil(STEPS_PER_PROJECT) {
        let mut choices = Choices(seed.wrapping_mul(1_000_003).wrapping_add(project));
        let mut files = BTreeMap::new();
        for name in names() {
            if choices.below(4) > 0 {
                let text = text_of(&mut choices, &name);
                files.insert(name, text);
            }
        }
        let tree = Tree::new(&files);
        let mut running: Scanner = tree.scanner(false);
        rescan(&mut running, Changed::Anything);
        for step in 0..STEPS_PER_PROJECT.min(steps) {
            let mut edited = edit(&mut choices, &tree, &mut files);
            if choices.below(3) == 0 {
                edited.extend(edit(&mut choices, &tree, &mut files));
            }
            let scratch = tree.without_memory();
            let expected = shown(&scratch);
            let paths: Vec<_> = edited.iter().map(|name| tree.path(name)).collect();
            let changed = match choices.below(4) {
                0 => Changed::Anything,
                _ => Changed::Files(&paths),
            };
            let context =
                || format!("seed {seed}, project {project}, step {step}: {edited:?}\n{files:#?}");
            let here = rescan(&mut running, changed);
            assert!(shown(&here) == expected, "running: {}", context());
            let fresh = tree.fresh(1 + choices.below(2) as usize);
            assert!(shown(&fresh) == expected, "fresh: {}", context());
            findings += scratch.report.findings.len();
            remembered += scratch.analyzed.len().saturating_sub(here.analyzed.len());
        }
    }
    // The projects say something, and the memory spares something.
    assert!(
        findings as u64 > steps && remembered as u64 > steps,
        "{findings} {remembered}"
    );
}
