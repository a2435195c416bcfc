//! Python code beside a model that loaders run: classes that `auto_map` names (`modeling_x.py`), handlers of servers.
//!
//! Read by lines and words, never as a program: what the code calls of processes, evaluation, sockets and native
//! code, and whether it stands outside of every function, where an import is enough to run it.

use trueline_facts::artifact::Verdict;

use crate::code::is_payload;
use crate::inspection::{Inspection, printable};
use crate::technique;

mod imports;

use imports::{MAX_NAMES, Names};

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

/// Calls that no model needs to be made: the text of one, what it does, and whether it must stand alone (`eval(`, and
/// not `model.eval(`).
const CALLS: &[(&str, &str, bool)] = &[
    ("os.system(", "starts programs", false),
    ("os.popen(", "starts programs", false),
    ("os.exec", "starts programs", false),
    ("os.spawn", "starts programs", false),
    ("os.posix_spawn", "starts programs", false),
    ("os.fork(", "starts programs", false),
    ("subprocess.", "starts programs", false),
    ("Popen(", "starts programs", true),
    ("check_output(", "starts programs", true),
    ("getoutput(", "starts programs", true),
    ("pty.spawn(", "starts programs", false),
    ("exec(", "runs text as code", true),
    ("eval(", "runs text as code", true),
    ("__import__(", "imports what a text names", true),
    ("marshal.loads(", "runs code that is kept as bytes", false),
    ("runpy.", "runs code", false),
    ("urllib.request.", "talks to the network", false),
    ("urlopen(", "talks to the network", true),
    ("urlretrieve(", "talks to the network", true),
    ("socket.socket(", "talks to the network", false),
    ("socket.create_connection(", "talks to the network", false),
    ("http.client.", "talks to the network", false),
    ("ftplib.", "talks to the network", false),
    ("smtplib.", "talks to the network", false),
    ("paramiko.", "talks to the network", false),
    ("ctypes.", "calls native code", false),
    ("shutil.rmtree(", "removes files", false),
    ("pickle.loads(", "loads a pickle", false),
    (".system(", "starts programs", false),
    (".popen(", "starts programs", false),
    ("__builtins__", "reaches into the interpreter", false),
    ("__subclasses__", "reaches into the interpreter", false),
    ("__globals__", "reaches into the interpreter", false),
];
/// Of these only a statement outside of every function tells: functions of tokenizers fetch and write files.
const AT_IMPORT: &[(&str, &str)] = &[
    ("requests.", "talks to the network"),
    ("httpx.", "talks to the network"),
    ("os.environ[", "changes the environment"),
    ("os.remove(", "removes files"),
    ("os.unlink(", "removes files"),
    ("open(", "opens a file"),
    ("hf_hub_download(", "talks to the network"),
];

/// Inspects the text of such a file.
pub(crate) fn inspect(inspection: &mut Inspection, code: &str, len: u64) {
    inspection.report(
        Verdict::Unknown,
        technique::AUTO_MAP,
        0,
        "Python code beside a model, which loaders run (with trust_remote_code, or as a handler): read it as you read a program",
    );
    if len > MAX_CODE as u64 {
        inspection.report(
            Verdict::Unknown,
            technique::BUDGET,
            0,
            "code of more than 4 MB was not read to its end",
        );
    }
    let mut offset = 0u64;
    let mut told = 0;
    let mut worst_told = Verdict::Clean;
    let mut open: Option<&str> = None;
    let mut names = Names::default();
    // Indentation of the outermost function: what stands below it runs when it is called.
    let mut function: Option<usize> = None;
    for line in code.split_inclusive('\n') {
        let start = offset;
        offset += line.len() as u64;
        let bare = without_texts(line, &mut open);
        let trimmed = bare.trim();
        if trimmed.is_empty() {
            continue;
        }
        let indent = bare.len() - bare.trim_start().len();
        if function.is_some_and(|of| indent <= of) {
            function = None;
        }
        let is_function = trimmed.starts_with("def ") || trimmed.starts_with("async def ");
        // What follows the head of a function on its own line belongs to it as well.
        let runs_now = function.is_none() && !is_function;
        if function.is_none() && is_function {
            function = Some(indent);
        }
        for statement in statements(&bare) {
            if names.take_import(statement) {
                continue;
            }
            let Some((call, does)) = find_call(statement, &names, runs_now) else {
                continue;
            };
            let is_mild = matches!(does, "changes the environment" | "opens a file");
            let verdict = if runs_now && !is_mild || is_payload(line) {
                Verdict::Malicious
            } else {
                Verdict::Suspicious
            };
            told += 1;
            // Many calls of one kind must not hide a worse one.
            if told > MAX_TOLD && verdict <= worst_told {
                continue;
            }
            worst_told = worst_told.max(verdict);
            inspection.report_call(
                verdict,
                technique::MODEL_CODE,
                start,
                format!(
                    "the model's code uses {}, which {does}{}",
                    call.trim_end_matches(['(', '.', '[']),
                    if runs_now {
                        ", as soon as it is imported"
                    } else {
                        ""
                    }
                ),
                Some(printable(line.trim())),
            );
        }
    }
    if names.is_full {
        inspection.report(
            Verdict::Suspicious,
            technique::BUDGET,
            0,
            format!("the code gives more than {MAX_NAMES} names to modules that reach outside: calls by the others were not followed"),
        );
    }
}

/// Statements of a line without texts. An import behind the colon of a branch is one of its own.
fn statements(bare: &str) -> impl Iterator<Item = &str> {
    bare.split(';').flat_map(|part| {
        let (head, import) = match part.rsplit_once(':') {
            Some((head, tail)) if imports::is_import(tail) => (head, Some(tail)),
            _ => (part, None),
        };
        std::iter::once(head).chain(import)
    })
}

/// The call of a statement that tells most, and what it does.
fn find_call(
    statement: &str,
    names: &Names,
    runs_now: bool,
) -> Option<(&'static str, &'static str)> {
    names
        .find_call(statement)
        .map(|of| (of, "reaches outside under another name"))
        .or_else(|| {
            CALLS
                .iter()
                .find(|(call, _, alone)| has_call(statement, call, *alone))
                .map(|(call, does, _)| (*call, *does))
        })
        .or_else(|| {
            AT_IMPORT
                .iter()
                .find(|(call, _)| runs_now && has_call(statement, call, true))
                .copied()
        })
}

/// Does the call stand there, as a name of its own?
fn has_call(line: &str, call: &str, alone: bool) -> bool {
    // Most statements are short, and a search costs more to begin than to end.
    if line.len() < call.len() {
        return false;
    }
    memchr::memmem::find_iter(line.as_bytes(), call.as_bytes()).any(|at| {
        let before = line.as_bytes()[..at].last().copied().unwrap_or(b' ');
        let is_part = (before.is_ascii_alphanumeric() || before == b'_') && !call.starts_with('.');
        !(is_part || alone && before == b'.')
    })
}

/// A line with its comments and the content of its texts left out; `open` is the mark of a text over several lines.
fn without_texts(line: &str, open: &mut Option<&str>) -> String {
    const MARKS: [&str; 4] = ["\"\"\"", "'''", "\"", "'"];
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(c) = rest.chars().next() {
        let next = &rest[c.len_utf8()..];
        if let Some(mark) = *open {
            rest = if c == '\\' {
                next.get(next.chars().next().map_or(0, char::len_utf8)..)
                    .unwrap_or_default()
            } else if let Some(after) = rest.strip_prefix(mark) {
                *open = None;
                after
            } else {
                next
            };
            continue;
        }
        if c == '#' {
            break;
        }
        if let Some(mark) = MARKS.iter().find(|mark| rest.starts_with(**mark)) {
            *open = Some(mark);
            rest = &rest[mark.len()..];
            continue;
        }
        out.push(c);
        rest = next;
    }
    // A text of one line ends with it, if no backslash takes it on.
    let end = line.trim_end_matches(['\n', '\r']);
    let backslashes = end.len() - end.trim_end_matches('\\').len();
    if backslashes.is_multiple_of(2) && open.is_some_and(|mark| mark.len() == 1) {
        *open = None;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(code: &str) -> Verdict {
        let mut inspection = Inspection::new(code.len() as u64);
        inspect(&mut inspection, code, code.len() as u64);
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
    fn names_past_the_bound_are_told() {
        use std::fmt::Write as _;
        let told = |names: usize, given: fn(usize) -> usize| {
            let mut code = String::from("import os as a");
            for n in 0..names {
                let _ = write!(code, ", os as a{}", given(n));
            }
            let mut inspection = Inspection::new(code.len() as u64);
            inspect(&mut inspection, &code, code.len() as u64);
            let (verdict, reasons, _) = inspection.into_parts();
            let is_told = reasons.iter().any(|r| r.technique == technique::BUDGET.id);
            (verdict, is_told)
        };
        assert_eq!(told(MAX_NAMES, |n| n), (Verdict::Suspicious, true));
        assert_eq!(told(MAX_NAMES - 1, |n| n), (Verdict::Unknown, false));
        // The same name again is no other name.
        assert_eq!(told(4 * MAX_NAMES, |n| n % 9), (Verdict::Unknown, false));
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
    fn names_of_code_that_loaders_import() {
        assert!(is_model_code("modeling_x.py") && is_model_code("handler.py"));
        assert!(!is_model_code("train.py") && !is_model_code("modeling_x.txt"));
    }
}
