//! Calls of known packages with words that may be files, addresses or expressions: who is called decides how little
//! of a word is enough.

use trueline_facts::artifact::Verdict;

use super::machine::Machine;
use super::opcode as op;
use super::value::{Kind, Node, Value};
use crate::code::{Code, code_like};
use crate::names::{self, Standing};
use crate::technique;

/// A depth at which every look is taken from the budget.
const MAX_DEPTH: usize = 2;

impl Machine {
    pub(super) fn outward(&mut self, callee: Value, full: &str, args: &[Value]) {
        let verdict = match self.code_in(args, 0) {
            Code::Yes => Verdict::Malicious,
            _ => Verdict::Suspicious,
        };
        let call = self.show_call(callee, args);
        self.find(
            verdict,
            technique::PICKLE_CALL_PLACE,
            format!(
                "loading it calls {full}, which by its name or module opens, fetches or starts what it is given"
            ),
            Some(call),
        );
    }

    pub(super) fn with_place(&mut self, callee: Value, full: &str, args: &[Value]) {
        let call = self.show_call(callee, args);
        self.find(
            Verdict::Suspicious,
            technique::PICKLE_CALL_PLACE,
            format!(
                "loading it calls {full} with what may be a file, an address or an expression: read what that does in its library"
            ),
            Some(call),
        );
    }

    /// Is a file system made that has the files of this machine, or none but its own? Making one opens nothing.
    pub(super) fn is_local_files(&self, full: &str, args: &[Value]) -> bool {
        if full == "pyarrow._fs.FileSystem._from_uri" {
            return matches!(args, [place] if self
                .short_text(*place, 1 << 10)
                .is_some_and(|place| place.starts_with("file:///")));
        }
        match (full, args) {
            // Opened when it is entered.
            ("fsspec.core.OpenFile", [_, ..]) => return !self.holds_dangerous(args),
            // Neither looks for its folder nor makes it.
            ("fsspec.mapping.FSMap", [_, _, Value::Bool(false), Value::Bool(false), ..]) => {
                return !self.holds_dangerous(args);
            }
            ("fsspec.spec.make_instance", _) => {}
            _ => return false,
        }
        let Some(class) = args.first().and_then(|class| self.full_name(*class)) else {
            return false;
        };
        match class.as_str() {
            "fsspec.implementations.local.LocalFileSystem"
            | "fsspec.implementations.memory.MemoryFileSystem" => {
                !args[1..].iter().any(|arg| self.is_dangerous(*arg, 0))
            }
            // Of the files of another one.
            "fsspec.implementations.dirfs.DirFileSystem" => {
                self.is_empty_container(args.get(1).copied().unwrap_or(Value::None))
                    && args
                        .get(2)
                        .is_some_and(|given| self.has_local_target(*given))
            }
            _ => false,
        }
    }

    fn has_local_target(&self, given: Value) -> bool {
        let Some(Node::Container {
            kind: Kind::Dict,
            items,
            cut: false,
        }) = self.get_node(given)
        else {
            return false;
        };
        let mut is_local = false;
        for pair in items.chunks_exact(2) {
            match self.short_text(pair[0], 32).as_deref() {
                Some("path") => {}
                Some("target_protocol") => {
                    is_local = self.short_text(pair[1], 32).is_some_and(|protocol| {
                        matches!(protocol.as_str(), "file" | "local" | "memory")
                    });
                }
                _ => return false,
            }
        }
        is_local
    }

    /// Does the opcode make an object without calling the `__init__` of its class?
    pub(super) fn is_made(&self) -> bool {
        matches!(self.opcode, op::NEWOBJ | op::NEWOBJ_EX)
    }

    /// Does the opcode make an object without calling the `__init__` of its class, and without arguments? Loaders do
    /// so for all whose class has no say in it, and what it holds comes later as its state.
    pub(super) fn is_only_made(&self, args: &[Value]) -> bool {
        args.is_empty() && matches!(self.opcode, op::NEWOBJ | op::NEWOBJ_EX | op::INST | op::OBJ)
    }

    /// A call that no object of a known package is put together by, with a text that it may open or run: a function
    /// that is not named for that, or a class whose objects are not kept so.
    pub(super) fn is_odd_call(
        &self,
        standing: Standing,
        module: &str,
        name: &str,
        args: &[Value],
    ) -> bool {
        let last = name.rsplit('.').next().unwrap_or(name);
        // Of one text an enumeration is made.
        let is_odd = match standing {
            Standing::KnownPackage => !names::is_rebuilder(last),
            Standing::PackageClass => {
                names::is_opener(module, name) || names::is_audited(module) || args.len() > 1
            }
            _ => false,
        };
        is_odd && !self.is_made() && self.holds_text(args)
    }

    /// Values one after the other; those behind the first few take looks from the budget.
    fn looked_at<'v>(
        &'v self,
        values: &'v [Value],
        free: usize,
    ) -> impl Iterator<Item = &'v Value> {
        values
            .iter()
            .enumerate()
            .take_while(move |(at, _)| *at < free || self.may_look(MAX_DEPTH))
            .map(|(_, value)| value)
    }

    /// Is a path, an address or code among the arguments?
    pub(super) fn names_a_place(&self, args: &[Value]) -> bool {
        self.looked_at(args, 8).any(|arg| {
            self.short_text(*arg, 1 << 10).is_some_and(|text| {
                let is_path =
                    (text.starts_with('/') || text.starts_with("~/") || text.starts_with("../"))
                        && text.len() > 2
                        && !text.contains([' ', '\n']);
                is_path || code_like(&text) != Code::No
            })
        })
    }

    /// Is a text among the arguments, or in what names them?
    pub(super) fn holds_text(&self, args: &[Value]) -> bool {
        self.looked_at(args, 16)
            .any(|arg| match self.get_node(*arg) {
                Some(Node::Container { items, .. }) => self.looked_at(items, 0).any(|item| {
                    self.short_text(*item, 1 << 10)
                        .is_some_and(|t| !t.is_empty())
                }),
                _ => self
                    .short_text(*arg, 1 << 10)
                    .is_some_and(|text| !text.is_empty()),
            })
    }

    /// Could a text among the arguments be a file, an address or an expression? Of classes that are not known to hold
    /// data a word with a dot, a slash, a colon or a bracket is enough.
    pub(super) fn may_name_a_place(&self, args: &[Value], depth: usize) -> bool {
        let free = if depth == 0 { 16 } else { 0 };
        self.looked_at(args, free)
            .any(|arg| match self.get_node(*arg) {
                Some(Node::Container { items, .. }) if depth < 3 => {
                    self.may_name_a_place(items, depth + 1)
                }
                _ => self
                    .short_text(*arg, 1 << 10)
                    .is_some_and(|text| is_place_like(&text)),
            })
    }
}

/// `x.pt`, `host:80`, `owner/name`, `sqlite:x`, `f(x)`; not numbers, dates, dtypes and sentences.
fn is_place_like(text: &str) -> bool {
    let is_number = |text: &str| {
        text.bytes().all(|b| {
            b.is_ascii_digit()
                || matches!(
                    b,
                    b'.' | b'-' | b'+' | b':' | b'e' | b'E' | b'T' | b'Z' | b'/'
                )
        })
    };
    if text.len() < 3 || text.contains(['\n', ' ']) && !text.contains('(') || is_number(text) {
        return false;
    }
    let bytes = text.as_bytes();
    let between = |at: usize| {
        at > 0
            && bytes[at - 1].is_ascii_alphanumeric()
            && bytes.get(at + 1).is_some_and(u8::is_ascii_alphanumeric)
    };
    (0..bytes.len()).any(|at| match bytes[at] {
        b'/' | b'\\' => bytes.len() > 2,
        b'.' => between(at),
        b':' => at > 0 && bytes[at - 1].is_ascii_alphanumeric(),
        b'(' => at > 0 && (bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] == b'_'),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::is_place_like;

    #[test]
    fn places_are_told_from_numbers_dates_and_words() {
        for text in ["x.pt", "host:80", "owner/name", "sqlite:x", "f(1)", "C:\\x"] {
            assert!(is_place_like(text), "{text}");
        }
        for text in [
            "no",
            "adamw_torch",
            "1.5",
            "2020-01-01T00:00:00",
            "<f8",
            "a sentence. Another",
            "datetime64[ns]",
        ] {
            assert!(!is_place_like(text), "{text}");
        }
    }
}
