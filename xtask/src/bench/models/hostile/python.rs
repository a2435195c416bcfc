//! Python beside a model: arguments that unpack long lists, texts and names that grow, lambdas in lambdas, scopes, lists in
//! lists, look-ups that find nothing.

use std::ops::Range;

use super::{Files, MB, fill};

fn joined(of: Range<usize>, text: impl Fn(usize) -> String) -> String {
    of.map(text).collect::<Vec<_>>().concat()
}

pub(super) fn files() -> Files {
    let numbers = format!("a=[{}]\n", "0,".repeat(3_000));
    let text = format!("a='{}'\n", "y".repeat(65_000));
    let lines = |head: &str, line: &str| fill(head.as_bytes(), line.as_bytes(), b"");
    let stars = joined(0..64, |n| format!("from m{n:02} import *\n"));
    let lambdas = joined(1..40, |n| format!("a{n}=lambda:(a{0}(),a{0}())\n", n - 1));
    let lambdas = format!("a0=lambda:0\n{lambdas}");
    let fields = format!("a='{}'\n", "%s".repeat(64));
    let filled = format!(
        "{fields}t='{}'\nb=[{}]\n",
        "y".repeat(5_000),
        "t,".repeat(64)
    );
    let long_name = format!("import os\nx=os.{}\n", "n".repeat(MB / 2));
    let parameters = joined(0..50_000, |n| format!("p{n},"));
    let nested = joined(0..100, |n| format!("{}def f():\n", " ".repeat(n)));
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
            let names = joined(0..120_000, |n| format!("x{n:05}\n"));
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
