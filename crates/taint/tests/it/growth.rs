//! Work grows with the text and not with its square: generated functions and files, twice as long.

use std::fmt::Write as _;

use trueline_syntax::ir::Language;
use trueline_taint::Engine;

use crate::engine::analyze;

/// A text of a size.
type Shape = fn(usize) -> String;

fn repeated(times: usize, piece: impl Fn(usize) -> String) -> String {
    (0..times).fold(String::new(), |mut text, at| {
        let _ = write!(text, "{}", piece(at));
        text
    })
}

fn python(before: &str, body: &str) -> String {
    format!(
        "import os\nfrom flask import Flask, request\napp = Flask(__name__)\n{before}@app.route('/')\ndef f():\n    q = request.args['q']\n{body}    os.system(q)\n"
    )
}

fn javascript(before: &str, body: &str) -> String {
    format!(
        "const app = require('express')(); const cp = require('child_process');\n{before}app.get('/', (req, res) => {{\n  let q = req.query.q;\n{body}  cp.exec(q);\n}});\n"
    )
}

fn java(before: &str, body: &str) -> String {
    format!(
        "import javax.servlet.http.*;\nclass A extends HttpServlet {{\n{before}  public void doGet(HttpServletRequest request, HttpServletResponse response) {{\n    String q = request.getParameter(\"q\");\n{body}    Runtime.getRuntime().exec(q);\n  }}\n}}\n"
    )
}

fn go(before: &str, body: &str) -> String {
    format!(
        "package main\nimport (\"net/http\"; \"os/exec\")\n{before}func h(w http.ResponseWriter, r *http.Request) {{\n  q := r.URL.Query().Get(\"q\")\n{body}  exec.Command(\"sh\", \"-c\", q).Run()\n}}\n"
    )
}

const SHAPES: &[(Language, &str, Shape)] = &[
    (Language::Python, "branches", |n| {
        python(
            "",
            &repeated(n, |at| format!("    if c{at}: q = q + 'x'\n")),
        )
    }),
    (Language::Python, "loops", |n| {
        python(
            "",
            &repeated(n, |at| format!("    for x{at} in q: y = y + x{at}\n")),
        )
    }),
    (Language::Python, "try", |n| {
        python(
            "",
            &"    try: g(q)\n    except E: h(q)\n    finally: k(q)\n".repeat(n),
        )
    }),
    (Language::Python, "guards", |n| {
        python(
            "",
            &repeated(n, |at| {
                format!("    if q in A{at} or not q.isdigit(): return\n")
            }),
        )
    }),
    (Language::Python, "dictionary", |n| {
        python(
            "",
            &format!(
                "    d = {{}}\n{}",
                repeated(n, |at| format!("    d['k{at}'] = q\n"))
            ),
        )
    }),
    (Language::Python, "chain of calls", |n| {
        python(
            &repeated(n, |at| {
                format!("def f{at}(x): return f{}(x) + f{}(x)\n", at + 1, at + 2)
            }),
            "    f0(q)\n",
        )
    }),
    (Language::Python, "circle of calls", |n| {
        python(
            &repeated(n, |at| {
                format!(
                    "def f{at}(x): return f{}(x) + f{}(x)\n",
                    (at + 1) % n,
                    at * 7 % n
                )
            }),
            "    f0(q)\n",
        )
    }),
    (Language::Python, "loops in loops", |n| {
        let depth = n / 8;
        let heads = repeated(depth, |at| {
            format!("{}for x{at} in q:\n", " ".repeat(at + 4))
        });
        python(
            "",
            &format!("{heads}{}q = q + 'x'\n", " ".repeat(depth + 4)),
        )
    }),
    (Language::Python, "methods", |n| {
        python(
            &format!(
                "class C:\n{}",
                repeated(n, |at| format!(
                    "    def m{at}(self, x):\n        self.a{at} = x\n        os.system(self.a{})\n",
                    (at + 1) % n
                ))
            ),
            "    C().m0(q)\n",
        )
    }),
    (Language::Python, "classes", |n| {
        python(
            &repeated(n, |at| {
                format!(
                    "class C{at}(C{}):\n    def m{at}(self, x): self.k(x)\n",
                    at + 1
                )
            }),
            "    C0().m0(q)\n",
        )
    }),
    (Language::JavaScript, "branches", |n| {
        javascript(
            "",
            &repeated(n, |at| format!("  if (c{at}) {{ q = q + 'x'; }}\n")),
        )
    }),
    (Language::JavaScript, "cases", |n| {
        javascript(
            "",
            &format!(
                "  switch (q) {{\n{}  }}\n",
                repeated(n, |at| format!("  case '{at}': x = q; break;\n"))
            ),
        )
    }),
    (Language::JavaScript, "callbacks", |n| {
        javascript(
            "",
            &repeated(n, |at| {
                format!("  db.get('a', (e, r{at}) => {{ cp.exec(r{at} + q); }});\n")
            }),
        )
    }),
    (Language::JavaScript, "closures", |n| {
        javascript(
            "",
            &repeated(n, |at| {
                format!("  function g{at}() {{ return q + g{}(); }}\n", (at + 1) % n)
            }),
        )
    }),
    (Language::JavaScript, "ways out of finally", |n| {
        javascript(
            "",
            &format!(
                "  try {{\n{}  }} finally {{\n{}  }}\n",
                repeated(n, |at| format!("  if (a{at}) return q;\n")),
                "  k(q);\n".repeat(n)
            ),
        )
    }),
    (Language::TypeScript, "classes", |n| {
        repeated(n, |at| {
            format!(
                "export class C{at} extends C{} {{ m(x: string) {{ return this.k(x); }} }}\n",
                at + 1
            )
        })
    }),
    (Language::Java, "branches", |n| {
        java(
            "",
            &repeated(n, |at| format!("    if (c{at}) {{ q = q + \"x\"; }}\n")),
        )
    }),
    (Language::Java, "chain of calls", |n| {
        java(
            &repeated(n, |at| {
                format!(
                    "  String f{at}(String x) {{ return f{}(x) + f{}(x); }}\n",
                    at + 1,
                    at + 2
                )
            }),
            "    f0(q);\n",
        )
    }),
    (Language::Java, "fields", |n| {
        java(
            &repeated(n, |at| {
                format!(
                    "  private String a{at}; void s{at}(String x) {{ a{at} = x; }} String g{at}() {{ return a{at}; }}\n"
                )
            }),
            "    s0(q);\n",
        )
    }),
    (Language::Java, "ways out of finally", |n| {
        java(
            "",
            &format!(
                "    try {{\n{}    }} finally {{\n{}    }}\n",
                repeated(n, |at| format!("    if (a{at}) return;\n")),
                "    k(q);\n".repeat(n)
            ),
        )
    }),
    (Language::Go, "branches", |n| {
        go(
            "",
            &repeated(n, |at| format!("  if c{at} {{ q = q + \"x\" }}\n")),
        )
    }),
    (Language::Go, "jumps", |n| {
        go(
            "",
            &repeated(n, |at| {
                format!(
                    "l{at}:\n  if a{at} {{ goto l{} }}\n  q = q + \"a\"\n",
                    at * 7 % n
                )
            }),
        )
    }),
    (Language::Go, "methods", |n| {
        go(
            &repeated(n, |at| {
                format!(
                    "func (t *T) m{at}(x string) {{ t.a{at} = x; t.m{}(t.a{}) }}\n",
                    (at + 1) % n,
                    (at + 3) % n
                )
            }),
            "  t.m0(q)\n",
        )
    }),
    (Language::Go, "deferred calls", |n| {
        go(
            "",
            &format!(
                "{}{}",
                "  defer k(q)\n".repeat(n),
                repeated(n, |at| format!("  if a{at} {{ return }}\n"))
            ),
        )
    }),
];

#[test]
fn twice_the_text_is_about_twice_the_work() {
    let engine = Engine::builtin().unwrap();
    let mut wrong = Vec::new();
    for (language, name, shape) in SHAPES {
        let work = |size| analyze(&engine, *language, &shape(size)).work;
        let (once, twice) = (work(400), work(800));
        // Some shapes cost a logarithm more; a square would be four times as much.
        if twice > 3 * once {
            wrong.push(format!("{language}, {name}: {once} steps, then {twice}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_table_of_keys_is_not_searched_for_each_of_them() {
    let engine = Engine::builtin().unwrap();
    let lines = |n| {
        repeated(n, |at| {
            format!("exports.a{at} = {{ jwtSecret: \"cat-of-a-key\" }};\n")
        })
    };
    let table = |n| {
        let entries = repeated(n, |at| {
            format!("  a{at}: {{ jwtSecret: \"cat-of-a-key\" }},\n")
        });
        format!("module.exports = {{\n{entries}}};\n")
    };
    for text in [lines(3000), table(3000)] {
        // Ends, and says so of as many as it looks at.
        let found = analyze(&engine, Language::JavaScript, &text).findings.len();
        assert!((1..=200).contains(&found), "{found}");
    }
}
