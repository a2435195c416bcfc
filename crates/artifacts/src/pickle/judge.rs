//! What a call means: the name that is called, and what it is given.

use trueline_facts::artifact::Verdict;

use super::fold::is_foldable;
use super::machine::{Blob, Ended, Machine};
use super::value::{Kind, Node, Text, Value};
use crate::names::{self, Standing};
use crate::technique;

/// Depth and number of values looked at in arguments.
const MAX_DEPTH: usize = 6;
/// Constants kept for a look inside.
const MAX_BLOBS: usize = 20_000;

/// How much a text looks like code or a command.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Code {
    No,
    Maybe,
    Yes,
}

impl Machine {
    /// A name was looked up; importing it already runs its module.
    pub(super) fn imported(&mut self, module: &str, name: &str) {
        if !plain_name(module) || !(name.is_empty() || plain_name(name)) {
            let odd = !module.is_ascii() || !name.is_ascii();
            if odd {
                self.find(
                    Verdict::Suspicious,
                    technique::PICKLE_NAME,
                    format!("the name {module}.{name} is not plain: it may look like another one"),
                    None,
                );
            }
            return;
        }
        if let Standing::Dangerous { family, reason } = names::standing(module, name) {
            // Functions that only show or read are often kept as callbacks.
            let harmless_alone = (module == "builtins"
                && matches!(name, "print" | "input" | "help" | "vars" | "dir"))
                || family == "code-object"
                || is_exception(name);
            if !harmless_alone {
                let full = joined(module, name);
                self.find(
                    Verdict::Suspicious,
                    technique::PICKLE_IMPORT,
                    format!("imports {full}, which {reason}"),
                    None,
                );
            }
        }
    }

    /// Judges a call of `module.name`.
    pub(super) fn judge(
        &mut self,
        callee: Value,
        module: &str,
        name: &str,
        args: &[Value],
        folded: bool,
    ) {
        let full = joined(module, name);
        let standing = names::standing(module, name);
        match standing {
            Standing::Dangerous {
                family: "code-object",
                ..
            } => self.code_object(callee, &full, args),
            Standing::Dangerous { family, reason } => {
                let call = self.show_call(callee, args);
                self.find(
                    Verdict::Malicious,
                    technique::PICKLE_CALL,
                    format!("loading it calls {full} ({family}: {reason})"),
                    Some(call),
                );
            }
            Standing::Vetted | Standing::DataClass => {
                if full == "copyreg.add_extension" {
                    self.add_extension(args);
                }
            }
            _ if folded || is_foldable(&full) => {}
            _ if full == "copyreg.add_extension" => self.add_extension(args),
            _ if full == "builtins.setattr" => self.set_attribute(callee, args),
            _ if full == "builtins.type" => self.new_type(callee, args),
            Standing::Unvetted => {
                let verdict = match self.code_in(args, 0) {
                    Code::No => Verdict::Suspicious,
                    _ => Verdict::Malicious,
                };
                let call = self.show_call(callee, args);
                self.find(
                    verdict,
                    technique::PICKLE_CALL_STDLIB,
                    format!("loading it calls {full}, which no data of its library needs"),
                    Some(call),
                );
            }
            Standing::UnvettedClass | Standing::KnownPackage | Standing::Unknown => {
                let verdict = match self.code_in(args, 0) {
                    Code::No => Verdict::Unknown,
                    Code::Maybe => Verdict::Suspicious,
                    Code::Yes => Verdict::Malicious,
                };
                let technique = if verdict == Verdict::Unknown {
                    technique::PICKLE_CALL_UNKNOWN
                } else {
                    technique::PICKLE_CALL_CODE
                };
                let call = self.show_call(callee, args);
                let with = if verdict == Verdict::Unknown {
                    ", which is not known here"
                } else {
                    ", which is not known here, with text that looks like code or a command"
                };
                self.find(
                    verdict,
                    technique,
                    format!("loading it calls {full}{with}"),
                    Some(call),
                );
            }
        }
        let passes = args.iter().any(|arg| self.is_dangerous(*arg, 0));
        if passes && !(folded && is_foldable(&full)) {
            let call = self.show_call(callee, args);
            self.find(
                Verdict::Malicious,
                technique::PICKLE_PASSES_DANGEROUS,
                format!("loading it hands a dangerous function to {full}"),
                Some(call),
            );
        }
        for arg in args {
            self.blob(*arg);
        }
    }

    /// Is it, or does it hold, a function whose call would be an attack?
    pub(super) fn is_dangerous(&self, value: Value, depth: usize) -> bool {
        if depth > MAX_DEPTH {
            return false;
        }
        match self.get_node(value) {
            Some(Node::Global { module, name }) => {
                matches!(names::standing(module, name), Standing::Dangerous { family, .. } if family != "code-object")
                    && !is_exception(name)
                    && !(&**module == "builtins"
                        && matches!(&**name, "print" | "input" | "help" | "vars" | "dir"))
            }
            Some(Node::Partial { callee, args }) => {
                self.is_dangerous(*callee, depth + 1)
                    || args.iter().any(|arg| self.is_dangerous(*arg, depth + 1))
            }
            Some(Node::Attribute { of, name }) => {
                (names::is_escape(name)
                    && !matches!(
                        &**name,
                        "__call__" | "__init__" | "__self__" | "__func__" | "__module__"
                    ))
                    || self.is_dangerous(*of, depth + 1)
            }
            Some(Node::Container { items, .. }) if depth < 3 => items
                .iter()
                .take(32)
                .any(|item| self.is_dangerous(*item, depth + 1)),
            _ => false,
        }
    }

    /// Functions and classes made of code in the file: what names does the code use?
    fn code_object(&mut self, callee: Value, full: &str, args: &[Value]) {
        let mut names = Vec::new();
        for arg in args {
            self.texts(*arg, 0, &mut names);
        }
        let bad = names.iter().find(|name| dangerous_word(name));
        let call = self.show_call(callee, args);
        match bad {
            Some(name) => {
                let message = format!("loading it builds code with {full} that uses {name}");
                self.find(
                    Verdict::Malicious,
                    technique::PICKLE_CODE_OBJECT,
                    message,
                    Some(call),
                );
            }
            None => self.find(
                Verdict::Suspicious,
                technique::PICKLE_CODE_OBJECT,
                format!("loading it builds code with {full} out of bytes in the file"),
                Some(call),
            ),
        }
    }

    fn texts(&self, value: Value, depth: usize, out: &mut Vec<String>) {
        if depth > MAX_DEPTH || out.len() > 4096 {
            return;
        }
        if let Some(bytes) = self.bytes(value, 1 << 14) {
            if let Ok(text) = String::from_utf8(bytes) {
                out.push(text);
            }
            return;
        }
        match self.get_node(value) {
            Some(Node::Container { items, .. }) => {
                for item in items {
                    self.texts(*item, depth + 1, out);
                }
            }
            Some(Node::Global { module, name }) => out.push(joined(module, name)),
            Some(Node::Call(called)) => {
                for item in &called.args {
                    self.texts(*item, depth + 1, out);
                }
            }
            _ => {}
        }
    }

    fn add_extension(&mut self, args: &[Value]) {
        let name = args.first().and_then(|m| self.text(*m));
        let attribute = args.get(1).and_then(|n| self.text(*n));
        self.find(
            Verdict::Suspicious,
            technique::PICKLE_EXTENSION,
            "registers a name under an extension code while it is loaded".to_owned(),
            None,
        );
        if let (Some(module), Some(name), Some(Value::Int(code))) = (name, attribute, args.get(2)) {
            let value = self.global(&module, &name);
            self.extensions.insert(*code, value);
        }
    }

    fn set_attribute(&mut self, callee: Value, args: &[Value]) {
        let name = args.get(1).and_then(|n| self.text(*n));
        let on_name = args.first().is_some_and(|of| {
            matches!(
                self.get_node(*of),
                Some(Node::Global { .. } | Node::Attribute { .. })
            )
        });
        let hook = name.as_deref().is_some_and(names::is_hook);
        let verdict = if on_name || hook {
            Verdict::Malicious
        } else {
            Verdict::Suspicious
        };
        let call = self.show_call(callee, args);
        self.find(
            verdict,
            technique::PICKLE_OVERWRITE,
            format!("sets an attribute while it is loaded: {call}"),
            Some(call.clone()),
        );
    }

    /// `type(name, bases, dict)` makes a class; with one argument it only asks.
    fn new_type(&mut self, callee: Value, args: &[Value]) {
        if args.len() < 3 {
            return;
        }
        let call = self.show_call(callee, args);
        let verdict = if self.is_dangerous(args[2], 0) {
            Verdict::Malicious
        } else {
            Verdict::Suspicious
        };
        self.find(
            verdict,
            technique::PICKLE_HOOK,
            format!("makes a class while it is loaded: {call}"),
            Some(call.clone()),
        );
    }

    /// A module, class or function is changed in place.
    pub(super) fn overwritten(&mut self, target: Value, what: &str, with: &[Value]) {
        let shown = self.show(target, 0);
        let with: Vec<String> = with.iter().take(4).map(|v| self.show(*v, 0)).collect();
        self.find(
            Verdict::Malicious,
            technique::PICKLE_OVERWRITE,
            format!("{what} {shown} while it is loaded: code that runs later is changed"),
            Some(format!("{shown} <- {}", with.join(", "))),
        );
    }

    /// Items are set on an object: ordinary for classes like dicts, an attack on a tensor.
    pub(super) fn item_of_call(&mut self, target: Value) {
        let Some(Node::Call(called)) = self.get_node(target) else {
            return;
        };
        let callee = called.callee;
        let Some(full) = self.full_name(callee) else {
            return;
        };
        if full.starts_with("torch._utils._rebuild") || full.starts_with("torch._tensor._rebuild") {
            self.find(
                Verdict::Suspicious,
                technique::PICKLE_ITEM,
                "items are set on a tensor".to_owned(),
                None,
            );
        }
        if matches!(
            full.as_str(),
            "builtins.vars"
                | "builtins.globals"
                | "builtins.locals"
                | "sys.modules"
                | "sys.__dict__"
        ) {
            self.overwritten(target, "sets items of", &[]);
        }
    }

    /// After BUILD of joblib's array wrapper the array follows in the file itself.
    pub(super) fn splice(&mut self, target: Value, state: Value) -> Result<(), Ended> {
        let wrapper = match self.get_node(target) {
            Some(Node::Call(called)) => self.full_name(called.callee),
            _ => None,
        };
        if !wrapper.is_some_and(|name| {
            name.ends_with("numpy_pickle.NumpyArrayWrapper")
                && (name.starts_with("joblib.") || name.starts_with("sklearn.externals.joblib."))
        }) {
            return Ok(());
        }
        let Some(Node::Container {
            kind: Kind::Dict,
            items,
            ..
        }) = self.get_node(state)
        else {
            return Ok(());
        };
        let items = items.clone();
        let field = |machine: &Self, name: &str| {
            items
                .chunks_exact(2)
                .find(|pair| machine.text(pair[0]).as_deref() == Some(name))
                .map(|pair| pair[1])
        };
        let Some((item_size, has_objects)) = field(self, "dtype").and_then(|d| self.dtype(d))
        else {
            return Ok(());
        };
        let mut count: u64 = 1;
        if let Some(shape) = field(self, "shape") {
            for dimension in self.arguments(shape) {
                if let Value::Int(size) = dimension {
                    let size = u64::try_from(size).map_err(|_| Ended::Malformed)?;
                    count = count.checked_mul(size).ok_or(Ended::Malformed)?;
                }
            }
        }
        self.spliced_arrays += 1;
        // The array stands outside of the frames, in the file itself.
        self.frame_end = None;
        if has_objects {
            let mut inner = Self::new(super::machine_cursor(&self.cursor));
            inner.extensions = std::mem::take(&mut self.extensions);
            let nested = self.spliced_arrays > 10_000;
            let ended = if nested { Ended::Budget } else { inner.run() };
            self.extensions = std::mem::take(&mut inner.extensions);
            self.worst = self.worst.max(inner.worst);
            self.findings.append(&mut inner.findings);
            self.calls += inner.calls;
            self.opcodes += inner.opcodes;
            self.cursor.seek(inner.cursor.position());
            return if ended == Ended::Stop {
                Ok(())
            } else {
                Err(ended)
            };
        }
        if matches!(
            field(self, "numpy_array_alignment_bytes"),
            Some(Value::Int(_))
        ) {
            let padding = self.cursor.u8().ok_or(Ended::Truncated)?;
            self.cursor.skip(padding.into()).ok_or(Ended::Truncated)?;
        }
        let bytes = count.checked_mul(item_size).ok_or(Ended::Malformed)?;
        self.cursor.skip(bytes).ok_or(Ended::Truncated)?;
        Ok(())
    }

    /// Bytes of an item of a pickled `numpy.dtype`, and whether items are objects.
    fn dtype(&self, value: Value) -> Option<(u64, bool)> {
        let Node::Call(called) = self.get_node(value)? else {
            return None;
        };
        if self.full_name(called.callee)? != "numpy.dtype" {
            return None;
        }
        let text = self.text(*called.args.first()?)?;
        let text = text.trim_start_matches(['<', '>', '|', '=']);
        let kind = text.chars().next()?;
        let number: u64 = text[kind.len_utf8()..].parse().ok().unwrap_or(1);
        let mut size = if kind == 'U' {
            number.checked_mul(4)?
        } else {
            number
        };
        let mut has_objects = kind == 'O';
        if let Some(state) = called.state
            && let Some(Node::Container { items, .. }) = self.get_node(state)
        {
            if let Some(Value::Int(bytes)) = items.get(5)
                && let Ok(bytes) = u64::try_from(*bytes)
            {
                size = bytes;
            }
            if let Some(Value::Int(flags)) = items.get(7) {
                has_objects |= flags & 1 != 0;
            }
        }
        Some((size, has_objects))
    }

    /// Keeps a constant that may hold another file.
    pub(super) fn blob(&mut self, value: Value) {
        if self.blobs.len() >= MAX_BLOBS {
            return;
        }
        let (len, head) = match value {
            Value::Span { len, at, .. } => (len as usize, self.cursor.head::<4>(at)),
            Value::Made { index, .. } => match self.made.get(index as usize) {
                Some(bytes) => (bytes.len(), bytes.get(..4).and_then(|h| h.try_into().ok())),
                None => return,
            },
            _ => return,
        };
        let is_text = matches!(
            value,
            Value::Span {
                kind: Text::Str,
                ..
            } | Value::Made {
                kind: Text::Str,
                ..
            }
        );
        if head.is_some_and(|head| super::nested::worth_a_look(head, len, is_text)) {
            self.blobs.push(Blob {
                value,
                offset: self.at,
            });
        }
    }

    /// Do the arguments hold text that looks like code or a command?
    fn code_in(&self, values: &[Value], depth: usize) -> Code {
        let mut worst = Code::No;
        for value in values.iter().take(32) {
            let found = match self.text(*value) {
                Some(text) => code_like(&text),
                None => match self.get_node(*value) {
                    Some(Node::Container { items, .. }) if depth < 3 => {
                        self.code_in(items, depth + 1)
                    }
                    _ => match self.bytes(*value, 1 << 14) {
                        Some(bytes) => code_like(&String::from_utf8_lossy(&bytes)),
                        None => Code::No,
                    },
                },
            };
            worst = worst.max(found);
        }
        worst
    }
}

fn joined(module: &str, name: &str) -> String {
    if name.is_empty() {
        module.to_owned()
    } else {
        format!("{module}.{name}")
    }
}

/// ASCII identifiers with dots.
fn plain_name(name: &str) -> bool {
    !name.is_empty()
        && name.bytes().all(|b| {
            b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'<' | b'>' | b'(' | b')')
        })
}

/// Exceptions of dangerous modules are kept in results of grid searches and the like.
fn is_exception(name: &str) -> bool {
    ["Error", "Exception", "Warning", "Timeout"]
        .iter()
        .any(|end| name.ends_with(end))
}

/// A word of code that reaches outside of it.
fn dangerous_word(word: &str) -> bool {
    const WORDS: &[&str] = &[
        "os",
        "system",
        "popen",
        "subprocess",
        "Popen",
        "check_output",
        "check_call",
        "eval",
        "exec",
        "compile",
        "__import__",
        "import_module",
        "importlib",
        "socket",
        "urlopen",
        "urllib",
        "urllib.request",
        "requests",
        "open",
        "builtins",
        "ctypes",
        "shutil",
        "pty",
        "spawn",
        "execve",
        "execv",
        "runpy",
        "marshal",
        "loads",
        "pickle",
        "sys",
        "getattr",
        "globals",
        "base64",
        "b64decode",
        "threading",
        "http.client",
        "webbrowser",
        "posix",
        "nt",
        "os.system",
        "builtins.eval",
        "builtins.exec",
        "posix.system",
        "subprocess.Popen",
        "remove",
        "unlink",
        "rmtree",
        "write_text",
        "write_bytes",
        "environ",
        "getenv",
        "code",
        "pdb",
        "tempfile",
    ];
    WORDS.contains(&word)
}

fn code_like(text: &str) -> Code {
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
