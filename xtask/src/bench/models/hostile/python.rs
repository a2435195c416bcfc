//! Python beside a model: arguments that unpack long lists, texts and names that grow, lambdas in lambdas, scopes, lists in
//! lists, look-ups that find nothing.

use super::{Files, MB, fill};

pub(super) fn files() -> Files {
    let numbers = format!("a=[{}]\n", "0,".repeat(3_000));
    let text = format!("a='{}'\n", "y".repeat(65_000));
    let lines = |head: &str, line: &str| fill(head.as_bytes(), line.as_bytes(), b"");
    let stars: String = (0..64)
        .map(|n| format!("from m{n:02} import *\n"))
        .collect();
    let lambdas: String = (1..40)
        .map(|n| format!("a{n}=lambda:(a{0}(),a{0}())\n", n - 1))
        .collect();
    let lambdas = format!("a0=lambda:0\n{lambdas}");
    let fields = format!("a='{}'\n", "%s".repeat(64));
    let filled = format!(
        "{fields}t='{}'\nb=[{}]\n",
        "y".repeat(5_000),
        "t,".repeat(64)
    );
    let long_name = format!("import os\nx=os.{}\n", "n".repeat(MB / 2));
    let parameters: String = (0..50_000).map(|n| format!("p{n},")).collect();
    let nested: String = (0..100)
        .map(|n| format!("{}def f():\n", " ".repeat(n)))
        .collect();
    vec![
        (
            "modeling_arguments.py",
            fill(format!("{numbers}f(").as_bytes(), b"*a,", b")\n"),
        ),
        (
            "modeling_alternatives.py",
            lines(&format!("{numbers}b=[a]\n"), "b=[b,b,b]+b\n"),
        ),
        ("modeling_percent.py", lines(&filled, "x=a%b\n")),
        (
            "modeling_format.py",
            lines(&text, &format!("a.format({})\n", "'',".repeat(64))),
        ),
        ("modeling_long_name.py", lines(&long_name, "x.system()\n")),
        (
            "modeling_growing_name.py",
            lines("import os\n", "x=os.a\nos=x\n"),
        ),
        ("modeling_stars.py", lines(&stars, "x\n")),
        ("modeling_star_names.py", {
            let names: String = (0..120_000).map(|n| format!("x{n:05}\n")).collect();
            format!("{stars}{names}").into_bytes()
        }),
        ("modeling_places.py", lines(&text, "a[64000]\n")),
        (
            "modeling_wide_places.py",
            lines(&text.replace("yy", "y\u{e9}"), "a[32000]\n"),
        ),
        ("modeling_unpacked.py", lines(&text, "b,=a\n")),
        ("modeling_lambdas.py", lines(&lambdas, "a39()\n")),
        (
            "modeling_held.py",
            lines(
                &format!("{numbers}f=lambda x:lambda:x\n"),
                "[f(b) for b in a]\n",
            ),
        ),
        (
            "modeling_parameters.py",
            lines(&format!("f=lambda {parameters}:0\n"), "f()\n"),
        ),
        ("modeling_nesting.py", lines("x=0\n", "x=[x]\n")),
        ("modeling_filled.py", lines("x=[]\n", "x.append(len)\n")),
        ("modeling_keys.py", lines("x={}\n", "x['a']=getattr\n")),
        ("modeling_copies.py", lines(&numbers, "[b for b in a]\n")),
        ("modeling_joined.py", lines(&text, "a.join(a)\n")),
        ("modeling_replaced.py", lines(&text, "a.replace('z','')\n")),
        ("modeling_deep_names.py", {
            let head = format!("{nested}{}", " ".repeat(100));
            fill(head.as_bytes(), b"x;", b"\n")
        }),
        (
            "modeling_findings.py",
            lines("import os\ndef f():\n", " os.system(x)\n"),
        ),
        (
            "modeling_literals.py",
            lines(
                &numbers,
                &format!("[b'{}' for b in a]\n", "y".repeat(60_000)),
            ),
        ),
        (
            "modeling_reduced.py",
            lines(
                &format!("import functools\n{numbers}"),
                "functools.reduce(lambda p,q:[p,q],a)\n",
            ),
        ),
    ]
}
