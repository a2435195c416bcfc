//! What a call means: the name that is called, and what it is given.

use trueline_facts::artifact::Verdict;

use super::foldable::is_foldable;
use super::looks::MAX_DEPTH;
use super::machine::{Blob, Machine, WORK_AGAIN};
use super::value::{Node, Text, Value};
use crate::code::{Code, dangerous_word};
use crate::names::{self, Standing};
use crate::technique;

/// Removes a file when it is dropped, if its state says so; answers of `urllib` that failed hold one.
pub(super) const REMOVER: &str = "tempfile._TemporaryFileCloser";
/// Looks that the copy of a text takes.
const LOOKS_A_COPY: u32 = 7;
/// Constants kept for a look inside.
const MAX_BLOBS: usize = 20_000;

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
            let harmless_alone = family == "by-name"
                || names::is_idle(module, name)
                || joined(module, name) == REMOVER
                || names::is_stateful(module, name)
                || family == "code-object"
                || names::is_exception(name);
            if !harmless_alone {
                let full = joined(module, name);
                // A class does nothing until it is called; of those that only hold data objects are kept.
                let verdict = if names::is_inert(module, name) {
                    Verdict::Unknown
                } else {
                    Verdict::Suspicious
                };
                self.find(
                    verdict,
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
        let standing = match names::standing(module, name) {
            // What is made without a call of its own is a class, however its name is written.
            Standing::KnownPackage if self.is_made() && names::is_of_vetted_part(module, name) => {
                Standing::DataClass
            }
            standing => standing,
        };
        match standing {
            Standing::Dangerous {
                family: "code-object",
                ..
            } => self.code_object(callee, &full, args),
            Standing::Dangerous {
                family: "overwrite",
                reason,
            } => {
                let call = self.show_call(callee, args);
                self.find(
                    Verdict::Malicious,
                    technique::PICKLE_OVERWRITE,
                    format!(
                        "loading it calls {full}, which {reason}: code that runs later is changed"
                    ),
                    Some(call),
                );
            }
            Standing::Dangerous {
                family: "by-name", ..
            } if folded => {}
            // What it does is said by its state.
            Standing::Dangerous { .. }
                if args.is_empty()
                    && (full == REMOVER
                        || self.is_only_made(args) && names::is_stateful(module, name)) => {}
            // Without a call of its `__init__` a class does nothing, unless it is one of those that act then.
            Standing::Dangerous { family, reason }
                if self.is_only_made(args)
                    && self.is_made()
                    && family != "by-name"
                    && (names::is_inert(module, name) || !names::may_act(module, name)) =>
            {
                let call = self.show_call(callee, args);
                self.find(
                    if names::is_inert(module, name) {
                        Verdict::Unknown
                    } else {
                        Verdict::Suspicious
                    },
                    technique::PICKLE_CALL_UNKNOWN,
                    format!("loading it makes {} {full} from its state without calling the class, which {reason}", article(&full)),
                    Some(call),
                );
            }
            Standing::Dangerous { .. } if self.is_local_files(&full, args) => {
                let call = self.show_call(callee, args);
                self.find(
                    Verdict::Unknown,
                    technique::PICKLE_CALL_UNKNOWN,
                    "loading it makes what reads files of this machine or of its memory: nothing happens until it is used".to_owned(),
                    Some(call),
                );
                return;
            }
            Standing::Dangerous { family, reason } => {
                let call = self.show_call(callee, args);
                self.find(
                    Verdict::Malicious,
                    technique::PICKLE_CALL,
                    format!("loading it calls {full} ({family}: {reason})"),
                    Some(call),
                );
            }
            Standing::DataClass if !self.is_only_made(args) && names::is_outward(module, name) => {
                self.outward(callee, &full, args);
            }
            Standing::DataClass | Standing::PackageClass
                if names::is_opener(module, name) && self.holds_text(args) =>
            {
                self.outward(callee, &full, args);
            }
            Standing::DataClass | Standing::PackageClass | Standing::KnownPackage
                if names::is_evaluator(module, name)
                    && self.may_name_a_place(args, 0)
                    && self.code_in(args, 0) == Code::No =>
            {
                let call = self.show_call(callee, args);
                self.find(
                    Verdict::Suspicious,
                    technique::PICKLE_CALL_CODE,
                    format!(
                        "loading it makes {} {full} from text, which its library evaluates",
                        article(&full)
                    ),
                    Some(call),
                );
            }
            // Of a package's classes that were not looked at one by one a word like that is too much.
            Standing::DataClass
                if !self.is_made()
                    && !names::is_listed(module, name)
                    && self.may_name_a_place(args, 0)
                    && self.code_in(args, 0) == Code::No =>
            {
                self.with_place(callee, &full, args);
            }
            Standing::DataClass
                if !self.is_made()
                    && !names::is_listed(module, name)
                    && self.holds_text(args)
                    && !self.names_a_place(args)
                    && self.code_in(args, 0) == Code::No =>
            {
                let call = self.show_call(callee, args);
                self.find(
                    Verdict::Unknown,
                    technique::PICKLE_CALL_UNKNOWN,
                    format!("loading it calls {full} with words: what its class does with them was not looked at"),
                    Some(call),
                );
            }
            Standing::DataClass if self.names_a_place(args) => {
                let call = self.show_call(callee, args);
                self.find(
                    Verdict::Suspicious,
                    technique::PICKLE_CALL_CODE,
                    format!(
                        "loading it makes {} {full} from a path, an address or a command",
                        article(&full)
                    ),
                    Some(call),
                );
            }
            // Some of them evaluate text, however deep it lies in what they are made from.
            Standing::DataClass if self.code_in(args, 0) == Code::Yes => {
                let call = self.show_call(callee, args);
                self.find(
                    Verdict::Malicious,
                    technique::PICKLE_CALL_CODE,
                    format!(
                        "loading it makes {} {full} from text that is code",
                        article(&full)
                    ),
                    Some(call),
                );
            }
            // Its neighbours vouch for what it does with data. Helpers that make a class or a function may run the text
            // that they make it of.
            Standing::Vetted
                if !folded
                    && !is_foldable(&full)
                    && names::is_vetted_with_others(module, name)
                    && (self.code_in(args, 0) != Code::No
                        || self.names_a_place(args)
                        || !self.is_made() && self.holds_import(args, 0)) =>
            {
                let verdict = match self.code_in(args, 0) {
                    Code::Yes => Verdict::Malicious,
                    _ => Verdict::Suspicious,
                };
                let call = self.show_call(callee, args);
                self.find(
                    verdict,
                    technique::PICKLE_CALL_CODE,
                    format!(
                        "loading it calls {full}, which was not looked at by itself, with text that looks like code, a command or a path"
                    ),
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
            // Opens, fetches or runs what a plain word names.
            Standing::PackageClass | Standing::UnvettedClass | Standing::KnownPackage
                if !self.is_only_made(args) && names::is_outward(module, name) =>
            {
                self.outward(callee, &full, args);
            }
            Standing::PackageClass | Standing::UnvettedClass | Standing::KnownPackage
                if (self.may_name_a_place(args, 0)
                    || self.is_odd_call(standing, module, name, args))
                    && self.code_in(args, 0) == Code::No =>
            {
                self.with_place(callee, &full, args);
            }
            Standing::PackageClass
            | Standing::UnvettedClass
            | Standing::KnownPackage
            | Standing::Unknown => {
                self.unknown_calls += u64::from(standing == Standing::Unknown);
                let verdict = match self.code_in(args, 0) {
                    // Whoever is handed a line that imports runs it.
                    Code::No if !self.is_made() && self.holds_import(args, 0) => {
                        Verdict::Suspicious
                    }
                    // Whose it is is not known; its name says that it opens, runs or fetches something.
                    Code::No
                        if names::reaches_out(name)
                            || self.holds_text(args)
                                && !self.is_only_made(args)
                                && !names::is_settings(name)
                                && (names::ends_outward(name)
                                    || names::is_compiler(module, name)
                                    || names::is_outward(module, name)) =>
                    {
                        Verdict::Suspicious
                    }
                    Code::No => Verdict::Unknown,
                    Code::Maybe => Verdict::Suspicious,
                    Code::Yes => Verdict::Malicious,
                };
                let technique = if self.code_in(args, 0) == Code::No {
                    technique::PICKLE_CALL_UNKNOWN
                } else {
                    technique::PICKLE_CALL_CODE
                };
                let call = self.show_call(callee, args);
                let with = if technique == technique::PICKLE_CALL_UNKNOWN {
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
        let passes = self.holds_dangerous(args);
        if passes && !(folded && is_foldable(&full)) {
            let call = self.show_call(callee, args);
            self.find(
                Verdict::Malicious,
                technique::PICKLE_PASSES_DANGEROUS,
                format!("loading it hands a dangerous function to {full}"),
                Some(call),
            );
        }
        if !folded && !self.is_made() {
            self.judge_handed(module, name, args);
        }
        for arg in args {
            self.blob(*arg);
        }
    }

    /// A function that starts programs or evaluates text: nothing that data refers to.
    pub(super) fn runs_programs(&self, value: Value) -> bool {
        let Some(Node::Global { module, name }) = self.get_node(value) else {
            return false;
        };
        match &**module {
            "os" | "posix" | "nt" => [
                "system",
                "popen",
                "exec",
                "spawn",
                "posix_spawn",
                "startfile",
            ]
            .iter()
            .any(|start| name.starts_with(start)),
            "builtins" => matches!(&**name, "eval" | "exec" | "compile" | "__import__"),
            "subprocess" | "pty" | "commands" | "runpy" | "code" | "ctypes" => {
                !names::is_exception(name) && !names::is_plain(module, name) && !name.is_empty()
            }
            _ => false,
        }
    }

    /// A function made of code in the file.
    pub(super) fn is_own_code(&self, value: Value) -> bool {
        let Some(Node::Call(called)) = self.get_node(value) else {
            return false;
        };
        self.full_name(called.callee).is_some_and(|full| {
            matches!(
                full.as_str(),
                "types.FunctionType"
                    | "types.LambdaType"
                    | "dill._dill._create_function"
                    | "cloudpickle._make_function"
                    | "cloudpickle.cloudpickle._make_function"
                    | "cloudpickle.cloudpickle._make_skel_func"
                    | "cloudpickle.cloudpickle._fill_function"
            )
        })
    }

    /// A class made of code in the file.
    pub(super) fn is_own_class(&self, value: Value) -> bool {
        let Some(Node::Call(called)) = self.get_node(value) else {
            return false;
        };
        match self.get_node(called.callee) {
            Some(Node::Global { module, name }) => {
                matches!(
                    names::standing(module, name),
                    Standing::Dangerous {
                        family: "code-object",
                        ..
                    }
                ) && (name.contains("class") || name.contains("type") || name.contains("enum"))
            }
            _ => false,
        }
    }

    /// Functions and classes made of code in the file: what names does the code use?
    pub(super) fn code_object(&mut self, callee: Value, full: &str, args: &[Value]) {
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

    pub(super) fn texts(&self, value: Value, depth: usize, out: &mut Vec<String>) {
        if depth > MAX_DEPTH || out.len() > 4096 || !self.may_look(depth) {
            return;
        }
        if let Some(bytes) = self.bytes(value, 1 << 14) {
            // A copy costs more than a look.
            let left = self.looks_left.get();
            self.looks_left.set(left.saturating_sub(LOOKS_A_COPY));
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

    pub(super) fn add_extension(&mut self, args: &[Value]) {
        let name = args.first().and_then(|m| self.text(*m));
        let attribute = args.get(1).and_then(|n| self.text(*n));
        self.find(
            Verdict::Suspicious,
            technique::PICKLE_EXTENSION,
            "registers a name under an extension code while it is loaded".to_owned(),
            None,
        );
        if let (Some(module), Some(name), Some(Value::Int(code))) = (name, attribute, args.get(2)) {
            self.extensions.insert(*code, (module, name));
        }
    }

    pub(super) fn set_attribute(&mut self, callee: Value, args: &[Value]) {
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
    pub(super) fn new_type(&mut self, callee: Value, args: &[Value]) {
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

    /// Keeps a constant that may hold another file.
    pub(super) fn blob(&mut self, value: Value) {
        if self.is_lean || self.blobs.len() >= MAX_BLOBS {
            return;
        }
        let Some(place) = value.place() else {
            return;
        };
        if !self.seen_blobs.insert(place) {
            return;
        }
        self.extra_work += WORK_AGAIN;
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
}

/// The article of a name.
fn article(name: &str) -> &'static str {
    let first = name.trim_start_matches('_').chars().next();
    if first.is_some_and(|c| "aeioAEIO".contains(c)) {
        "an"
    } else {
        "a"
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
