//! Functions that are handed to others: `accumulate(items, f)`, `nsmallest(1, items, f)`, `ref(object, f)`. Whoever gets
//! one may call it, so it is judged as if it were called with the other arguments; a few only keep what they get.

use super::machine::Machine;
use super::value::{Kind, Node, Value};
use crate::names::{self, Standing};

/// Functions of one call that are judged.
const MAX_HANDED: usize = 64;
/// Looks that judging one of them takes, and for each argument of the call: what is looked up by its name costs more
/// than a value.
const LOOKS_A_FUNCTION: usize = 64;
const LOOKS_AN_ARGUMENT: usize = 8;
/// Containers in containers of a call of the standard library.
const MAX_DEPTH: usize = 2;

impl Machine {
    /// Judges the functions and classes among the arguments of `module.name` as called.
    pub(super) fn judge_handed(&mut self, module: &str, name: &str, args: &[Value]) {
        if self.handing || names::is_keeper(module, name) {
            return;
        }
        let is_stdlib = names::is_stdlib(module);
        let mut handed = Vec::new();
        for arg in args {
            let is_keywords = matches!(
                self.get_node(*arg),
                Some(Node::Container {
                    kind: Kind::Dict,
                    ..
                })
            );
            let depth = if is_stdlib {
                MAX_DEPTH
            } else {
                usize::from(is_keywords)
            };
            self.functions_in(*arg, depth, &mut handed);
        }
        if handed.len() > MAX_HANDED {
            self.lost = Some("a call is handed more functions than are looked at");
            handed.truncate(MAX_HANDED);
        }
        if handed.is_empty() {
            return;
        }
        self.handing = true;
        for value in handed {
            // Each is judged with all arguments.
            let cost = LOOKS_A_FUNCTION + LOOKS_AN_ARGUMENT * args.len();
            let cost = u32::try_from(cost).unwrap_or(u32::MAX);
            let left = self.looks_left.get();
            self.looks_left.set(left.saturating_sub(cost));
            if left < cost {
                break;
            }
            let others: Vec<Value> = args
                .iter()
                .copied()
                .filter(|arg| !matches!((arg, value), (Value::Node(a), Value::Node(b)) if *a == b))
                .collect();
            self.judge_as_called(value, module, is_stdlib, others);
        }
        self.handing = false;
    }

    fn functions_in(&self, value: Value, depth: usize, out: &mut Vec<Value>) {
        match self.get_node(value) {
            Some(Node::Global { .. } | Node::Partial { .. } | Node::Attribute { .. }) => {
                out.push(value);
            }
            Some(Node::Call(_)) if self.is_own_code(value) => out.push(value),
            Some(Node::Container { items, .. }) if depth > 0 => {
                for item in items {
                    if !self.may_look(MAX_DEPTH) {
                        return;
                    }
                    self.functions_in(*item, depth - 1, out);
                }
            }
            _ => {}
        }
    }

    fn judge_as_called(&mut self, value: Value, by: &str, is_stdlib: bool, mut args: Vec<Value>) {
        let mut callee = value;
        // What a partial calls, with what it holds.
        for _ in 0..8 {
            let Some(Node::Partial {
                callee: inner,
                args: held,
                keywords,
            }) = self.get_node(callee)
            else {
                break;
            };
            let (inner, keywords) = (*inner, *keywords);
            args.splice(0..0, held.iter().copied());
            if !matches!(keywords, Value::None) {
                args.push(keywords);
            }
            callee = inner;
        }
        let (module, name) = match self.get_node(callee) {
            Some(Node::Global { module, name }) => (module.clone(), name.clone()),
            // A method of something that was made while loading, or code of the file.
            Some(Node::Attribute { .. } | Node::Call(_)) if is_stdlib => {
                self.unresolved(callee, &args);
                return;
            }
            _ => return,
        };
        if name.is_empty() {
            return;
        }
        let standing = names::standing(&module, &name);
        let top = |module: &str| module.split('.').next().unwrap_or_default().to_owned();
        let is_harmless = match standing {
            Standing::Vetted | Standing::DataClass => true,
            // A library hands its own functions on to itself.
            Standing::KnownPackage | Standing::PackageClass => top(&module) == top(by),
            // Handing it on is reported; these two are not among what that counts.
            Standing::Dangerous { family, .. } => {
                !is_stdlib || !matches!(family, "by-name" | "code-object")
            }
            _ => false,
        };
        if !is_harmless {
            self.judge(callee, &module, &name, &args, false);
        }
    }
}
