//! What arguments hold: functions whose call would be an attack, and text that is code.
//!
//! The same containers can be handed on by every few bytes of a pickle. What stands directly in a call is looked at in
//! any case; everything below takes looks from a budget of the whole file, and nothing is looked at twice that need not be.

use super::machine::Machine;
use super::value::{Node, NodeId, Value};
use crate::code::{Code, code_like};
use crate::names::{self, Standing};

/// Depth and number of values looked at in arguments.
pub(super) const MAX_DEPTH: usize = 6;
/// Arguments of a call that are looked at for dangerous functions, and for code, whatever was looked at before.
const FREE_FUNCTIONS: usize = 16;
const FREE_TEXTS: usize = 32;

impl Machine {
    /// Takes one look from the budget; what stands directly in a call is always looked at.
    pub(super) fn may_look(&self, depth: usize) -> bool {
        #[cfg(test)]
        self.looks_taken.set(self.looks_taken.get() + 1);
        let left = self.looks_left.get();
        self.looks_left.set(left.saturating_sub(1));
        left > 0 || depth == 0
    }

    fn has_looks(&self) -> bool {
        self.looks_left.get() > 0
    }

    /// Is a function among the arguments whose call would be an attack?
    pub(super) fn holds_dangerous(&self, args: &[Value]) -> bool {
        args.iter()
            .enumerate()
            .take_while(|(at, _)| *at < FREE_FUNCTIONS || self.has_looks())
            .any(|(_, arg)| self.is_dangerous(*arg, 0))
    }

    /// Is it, or does it hold, a function whose call would be an attack?
    pub(super) fn is_dangerous(&self, value: Value, depth: usize) -> bool {
        if depth > MAX_DEPTH || !self.may_look(depth) {
            return false;
        }
        match self.get_node(value) {
            Some(Node::Global { module, name }) => {
                let known = match value {
                    Value::Node(NodeId(id)) => self.dangers.borrow().get(&id).copied(),
                    _ => None,
                };
                known.unwrap_or_else(|| {
                    let is_dangerous = is_attack(module, name);
                    if let Value::Node(NodeId(id)) = value {
                        self.dangers.borrow_mut().insert(id, is_dangerous);
                    }
                    is_dangerous
                })
            }
            Some(Node::Partial {
                callee,
                args,
                keywords,
            }) => {
                self.is_dangerous(*callee, depth + 1)
                    || self
                        .while_looks_last(args)
                        .chain([keywords])
                        .any(|arg| self.is_dangerous(*arg, depth + 1))
            }
            Some(Node::Attribute { of, name }) => {
                (names::is_escape(name)
                    && !matches!(
                        &**name,
                        "__call__" | "__init__" | "__self__" | "__func__" | "__module__"
                    ))
                    || self.is_dangerous(*of, depth + 1)
            }
            Some(Node::Container { items, .. }) if depth < 3 => self
                .while_looks_last(items)
                .any(|item| self.is_dangerous(*item, depth + 1)),
            _ => false,
        }
    }

    fn while_looks_last<'v>(&'v self, values: &'v [Value]) -> impl Iterator<Item = &'v Value> {
        values.iter().take_while(|_| self.has_looks())
    }

    /// Do the arguments hold text that looks like code or a command?
    pub(super) fn code_in(&self, values: &[Value], depth: usize) -> Code {
        let mut worst = Code::No;
        for (at, value) in values.iter().enumerate() {
            if (at >= FREE_TEXTS || depth > 0) && !self.may_look(MAX_DEPTH) {
                break;
            }
            let found = match self.get_node(*value) {
                Some(Node::Container { items, .. }) if depth < 3 => self.code_in(items, depth + 1),
                _ => self.code_of(*value),
            };
            worst = worst.max(found);
        }
        worst
    }

    /// Is a text among the arguments that begins with a line which imports something, as a program or the settings of
    /// one do?
    pub(super) fn holds_import(&self, values: &[Value], depth: usize) -> bool {
        for (at, value) in values.iter().enumerate() {
            if (at >= FREE_TEXTS || depth > 0) && !self.may_look(MAX_DEPTH) {
                return false;
            }
            let found = match self.get_node(*value) {
                Some(Node::Container { items, .. }) if depth < 3 => {
                    self.holds_import(items, depth + 1)
                }
                _ => self
                    .head(*value, 512)
                    .is_some_and(|bytes| begins_with_import(&String::from_utf8_lossy(&bytes))),
            };
            if found {
                return true;
            }
        }
        false
    }

    /// Does a constant look like code? Each is read once.
    fn code_of(&self, value: Value) -> Code {
        let Some(place) = value.place() else {
            return Code::No;
        };
        if let Some(code) = self.code_of.borrow().get(&place) {
            return *code;
        }
        let code = self.head(value, 4096).map_or(Code::No, |bytes| {
            code_like(&String::from_utf8_lossy(&bytes))
        });
        self.code_of.borrow_mut().insert(place, code);
        code
    }
}

/// `import x`, `import x as y`, `from x.y import z`, and nothing else on the line.
fn begins_with_import(text: &str) -> bool {
    let line = text
        .trim_start()
        .split(['\n', ';', '#'])
        .next()
        .unwrap_or_default();
    let mut words = line.split_whitespace();
    let first = words.next();
    let is_name = |word: &str| {
        word.split('.').all(|part| {
            part.starts_with(|c: char| c.is_alphabetic() || c == '_')
                && part.chars().all(|c| c.is_alphanumeric() || c == '_')
        })
    };
    let rest: Vec<&str> = words.collect();
    match (first, rest.as_slice()) {
        (Some("import"), [name]) => name.split(',').all(is_name),
        (Some("import"), [name, "as", given]) => is_name(name) && is_name(given),
        (Some("import"), [before @ .., last]) => {
            is_name(last)
                && before
                    .iter()
                    .all(|n| n.strip_suffix(',').is_some_and(is_name))
        }
        (Some("from"), [module, "import", _, ..]) => is_name(module),
        _ => false,
    }
}

/// Is a call of it an attack?
fn is_attack(module: &str, name: &str) -> bool {
    matches!(names::standing(module, name), Standing::Dangerous { family, .. } if !matches!(family, "code-object" | "by-name"))
        && !names::is_exception(name)
        && !(module == "builtins" && matches!(name, "print" | "input" | "help" | "vars" | "dir"))
}

#[cfg(test)]
mod tests {
    use crate::pickle::machine::{Ended, MAX_LOOKS, Machine};
    use crate::source::{Cursor, Source};

    /// `heapq.merge` of many lists of functions, called again and again.
    fn lists_handed_on(calls: usize, function: &[u8]) -> Machine {
        let list = [&b"]("[..], &function.repeat(64), b"e"].concat();
        let file = [
            &b"\x80\x02cheapq\nmerge\nq\x000("[..],
            &list.repeat(60),
            b"tq\x010",
            &b"h\x00h\x01R0".repeat(calls),
            b"N.",
        ]
        .concat();
        let mut machine = Machine::new(Cursor::new(Source::of_bytes(file), 0));
        assert_eq!(machine.run(), Ended::Stop);
        machine
    }

    #[test]
    fn lines_that_import_are_told_from_words() {
        for text in [
            "import antigravity",
            "import a.b as c",
            "import a, b",
            " import a\nx = 1",
            "import a; a.b()",
            "from a.b import (c",
            "from a import *",
        ] {
            assert!(super::begins_with_import(text), "{text}");
        }
        for text in [
            "import",
            "imports of goods",
            "import goods from abroad",
            "from here to there",
            "important",
            "import 5",
            "a import b",
        ] {
            assert!(!super::begins_with_import(text), "{text}");
        }
    }

    #[test]
    fn every_look_below_the_arguments_is_paid_for() {
        let budget = u64::from(MAX_LOOKS);
        let calls = 5_000;
        let machine = lists_handed_on(calls, b"cm\nf\n");
        assert_eq!(machine.looks_left.get(), 0);
        // What is free: a few arguments of each call, not what they hold.
        let taken = machine.looks_taken.get();
        let free = calls as u64 * 200;
        assert!(taken < 2 * budget + free, "{taken} looks");
        // Twice as many calls cost no more than their own arguments.
        let more = lists_handed_on(2 * calls, b"cm\nf\n").looks_taken.get() - taken;
        assert!(more < 2 * free, "{more} more looks");
    }

    #[test]
    fn a_name_is_one_value_however_often_it_stands_there() {
        let of = |times: usize| {
            let file = [&b"\x80\x02"[..], &b"cm\nf\n".repeat(times), b"N."].concat();
            let mut machine = Machine::new(Cursor::new(Source::of_bytes(file), 0));
            assert_eq!(machine.run(), Ended::Stop);
            machine
        };
        assert_eq!(of(10_000).nodes.len(), of(1).nodes.len());
        assert_eq!(of(10_000).globals, 10_000);
        // What a name of Python 2 stands for depends on the protocol.
        let file = b"\x80\x02c__builtin__\neval\n\x80\x04c__builtin__\neval\nN.";
        let mut machine = Machine::new(Cursor::new(Source::of_bytes(file.to_vec()), 0));
        assert_eq!(machine.run(), Ended::Stop);
        assert_eq!(machine.nodes.len(), 2);
    }

    #[test]
    fn a_dangerous_function_in_a_list_is_seen_before_looks_run_out() {
        let machine = lists_handed_on(1, b"cos\nsystem\n");
        assert_eq!(machine.worst, trueline_facts::artifact::Verdict::Malicious);
    }
}
