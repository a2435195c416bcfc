//! Python code beside a model that loaders run: classes that `auto_map` names (`modeling_x.py`), handlers of servers.
//!
//! Read by lines and words, never as a program: what the code calls of processes, evaluation, sockets and native
//! code, and whether it stands outside of every function, where an import is enough to run it.

use trueline_facts::artifact::Verdict;

use crate::code::is_payload;
use crate::inspection::{Inspection, printable};
use crate::technique;

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
    let mut open: Option<&str> = None;
    // What dangerous modules and functions are called in this file, and what they are.
    let mut names: Vec<(String, &'static str)> = Vec::new();
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
        let at_import = function.is_none();
        if at_import && (trimmed.starts_with("def ") || trimmed.starts_with("async def ")) {
            function = Some(indent);
        }
        if trimmed.starts_with("import ") || trimmed.starts_with("from ") {
            renamed(trimmed, &mut names);
            continue;
        }
        let by_other_name = names
            .iter()
            .find(|(name, _)| has_call(&bare, name, true))
            .map(|(_, of)| (*of, "reaches outside under another name"));
        let called = by_other_name.or_else(|| {
            CALLS
                .iter()
                .find(|(call, _, alone)| has_call(&bare, call, *alone))
                .map(|(call, does, _)| (*call, *does))
        });
        let called = called.or_else(|| {
            AT_IMPORT
                .iter()
                .find(|(call, _)| at_import && has_call(&bare, call, true))
                .copied()
        });
        let Some((call, does)) = called else {
            continue;
        };
        told += 1;
        if told > MAX_TOLD {
            return;
        }
        let runs_now = at_import && !trimmed.starts_with("def ") && !trimmed.starts_with('@');
        let is_mild = matches!(does, "changes the environment" | "opens a file");
        let verdict = if runs_now && !is_mild || is_payload(line) {
            Verdict::Malicious
        } else {
            Verdict::Suspicious
        };
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

/// Modules that reach outside, and the functions of those that do other things as well.
const MODULES: &[(&str, &[&str])] = &[
    (
        "os",
        &[
            "system",
            "popen",
            "execv",
            "execve",
            "execl",
            "execvp",
            "spawnl",
            "spawnv",
            "fork",
            "posix_spawn",
        ],
    ),
    ("posix", &[]),
    ("subprocess", &[]),
    ("pty", &[]),
    ("socket", &["socket", "create_connection"]),
    ("ctypes", &["CDLL", "cdll", "windll", "PyDLL"]),
    ("runpy", &[]),
    ("marshal", &[]),
    ("urllib.request", &[]),
    ("builtins", &["exec", "eval", "compile", "__import__"]),
    ("code", &[]),
    ("shutil", &["rmtree"]),
];

/// Notes the names that an import gives to them.
fn renamed(import: &str, names: &mut Vec<(String, &'static str)>) {
    const MAX_NAMES: usize = 64;
    let words = |text: &str| -> Vec<(String, String)> {
        text.trim_matches(['(', ')', ' '])
            .split(',')
            .filter_map(|part| {
                let mut words = part.split_whitespace();
                let name = words.next()?.to_owned();
                let given = match (words.next(), words.next()) {
                    (Some("as"), Some(given)) => given.to_owned(),
                    _ => name.clone(),
                };
                Some((name, given))
            })
            .collect()
    };
    if let Some((module, imported)) = import
        .strip_prefix("from ")
        .and_then(|rest| rest.split_once(" import "))
    {
        let Some((module, functions)) = MODULES.iter().find(|(name, _)| *name == module.trim())
        else {
            return;
        };
        for (name, given) in words(imported) {
            let is_meant = functions.is_empty() || functions.contains(&name.as_str());
            if is_meant && !name.ends_with("Error") && names.len() < MAX_NAMES {
                names.push((format!("{given}("), module));
            }
        }
        return;
    }
    for (name, given) in words(import.trim_start_matches("import ")) {
        let known = MODULES.iter().find(|(module, _)| *module == name);
        if let Some((module, functions)) = known
            && given != name
        {
            for function in *functions {
                names.push((format!("{given}.{function}("), module));
            }
            if functions.is_empty() {
                names.push((format!("{given}."), module));
            }
        }
    }
}

/// Does the call stand there, as a name of its own?
fn has_call(line: &str, call: &str, alone: bool) -> bool {
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
    // A text of one line ends with it.
    if open.is_some_and(|mark| mark.len() == 1) {
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
