//! Objects that opcodes change: items that are added, state that is set, and the calls that hide in both.

use trueline_facts::artifact::Verdict;

use super::judge::REMOVER;
use super::machine::{Machine, Step};
use super::value::{Kind, Node, Value};
use crate::code::dangerous_word;
use crate::{names, technique};

/// Attributes of an object that are kept because they can be called.
const MAX_BOUND: usize = 128;
/// Values of one state that are read as expressions.
const MAX_STATE_TEXTS: usize = 64;

impl Machine {
    /// APPEND(S) and ADDITEMS: on a container its items, on anything else a call of its method.
    pub(super) fn extend(&mut self, target: Value, items: &[Value], methods: &[&str]) {
        let limit = self.sample();
        let weight = self.weight(items);
        match self.get_node_mut(target) {
            Some(Node::Container {
                items: kept, cut, ..
            }) => {
                let room = limit.saturating_sub(kept.len());
                kept.extend(items.iter().take(room));
                *cut |= items.len() > room;
                self.grow(target, weight);
            }
            Some(Node::Call(_)) => self.call_bound(target, methods, items),
            Some(Node::Global { .. }) => self.overwritten(target, "adds to", items),
            _ => {}
        }
    }

    pub(super) fn set_items(&mut self, target: Value, items: &[Value]) {
        let limit = self.sample() * 2;
        let weight = self.weight(items);
        match self.get_node_mut(target) {
            Some(Node::Container {
                kind: Kind::Dict,
                items: kept,
                cut,
            }) => {
                let room = limit.saturating_sub(kept.len());
                kept.extend(items.iter().take(room));
                *cut |= items.len() > room;
                self.grow(target, weight);
            }
            Some(Node::Container { .. }) => self.find(
                Verdict::Suspicious,
                technique::PICKLE_ITEM,
                "items are set on what is no dict".to_owned(),
                None,
            ),
            Some(Node::Call(_)) => {
                self.item_of_call(target);
                self.call_bound(target, &["__setitem__"], items);
            }
            Some(Node::Global { .. } | Node::Attribute { .. } | Node::Partial { .. }) => {
                self.overwritten(target, "sets items of", items);
            }
            _ => {}
        }
    }

    /// Calls what BUILD bound under the name of a method that an opcode uses.
    pub(super) fn call_bound(&mut self, target: Value, methods: &[&str], items: &[Value]) {
        let bound = match self.get_node(target) {
            Some(Node::Call(called)) => called
                .bound
                .iter()
                .find(|(name, _)| methods.contains(&&**name))
                .map(|(_, value)| *value),
            _ => None,
        };
        if let Some(callee) = bound {
            self.call(callee, items.to_vec(), 0);
        }
    }

    pub(super) fn build(&mut self, target: Value, state: Value) -> Step {
        let setter = match self.get_node(target) {
            Some(Node::Call(called)) => called
                .bound
                .iter()
                .find(|(name, _)| &**name == "__setstate__")
                .map(|(_, value)| *value),
            Some(Node::Global { .. } | Node::Attribute { .. }) => {
                self.overwritten(target, "sets attributes of", &[state]);
                None
            }
            Some(Node::Partial { .. }) => {
                self.build_partial(target, state);
                None
            }
            _ => None,
        };
        if let Some(callee) = setter {
            self.call(callee, vec![state], 0);
            return Ok(());
        }
        self.run_by_state(state);
        self.check_remover(target, state);
        let bound = self.bound_names(state);
        if let Some((name, _)) = bound.iter().find(|(_, value)| self.runs_programs(*value)) {
            self.find(
                Verdict::Malicious,
                technique::PICKLE_HOOK,
                format!(
                    "the state of an object binds {name} to a function that runs programs or code"
                ),
                None,
            );
        }
        for (name, _) in &bound {
            if names::is_hook(name) {
                self.find(
                    Verdict::Malicious,
                    technique::PICKLE_HOOK,
                    format!("the state of an object binds {name} to something that can be called"),
                    None,
                );
            }
        }
        if let Some(Node::Call(called)) = self.get_node_mut(target) {
            if called.bound.len() < MAX_BOUND {
                called.bound.extend(bound);
            }
            called.state = Some(state);
        }
        self.splice(target, state)
    }

    /// The state of an object that removes a file: harmless where it says that it keeps it.
    fn check_remover(&mut self, target: Value, state: Value) {
        let is_remover = match self.get_node(target) {
            Some(Node::Call(called)) => self.full_name(called.callee).as_deref() == Some(REMOVER),
            _ => false,
        };
        if !is_remover {
            return;
        }
        let keeps = match self.get_node(state) {
            Some(Node::Container {
                kind: Kind::Dict,
                items,
                cut: false,
            }) => {
                items.chunks_exact(2).all(|pair| {
                    self.short_text(pair[0], 16).as_deref() != Some("delete")
                        || matches!(pair[1], Value::Bool(false))
                }) && items
                    .chunks_exact(2)
                    .any(|pair| self.short_text(pair[0], 16).as_deref() == Some("delete"))
            }
            _ => false,
        };
        if !keeps {
            self.find(
                Verdict::Malicious,
                technique::PICKLE_CALL,
                format!("makes a {REMOVER} that removes a file when it is dropped"),
                None,
            );
        }
    }

    /// Text in a state that the object's class runs: more than the functions that its library writes there?
    fn run_by_state(&mut self, state: Value) {
        let Some(Node::Container {
            kind: Kind::Dict,
            items,
            ..
        }) = self.get_node(state)
        else {
            return;
        };
        let items = items.clone();
        let given = MAX_STATE_TEXTS.min(self.state_texts_left);
        let mut left = given;
        let expression = items
            .chunks_exact(2)
            .find_map(|pair| self.expression_in(pair[1], 0, &mut left));
        self.state_texts_left -= given - left;
        if let Some((text, what)) = expression {
            self.find(
                Verdict::Suspicious,
                technique::PICKLE_CALL_CODE,
                format!("the state of an object holds an expression that {what}: classes that evaluate theirs run it in ordinary use"),
                Some(text),
            );
        }
        let found = items.chunks_exact(2).find_map(|pair| {
            let key = self.short_text(pair[0], 64).filter(|k| names::is_run(k))?;
            let text = self.head(pair[1], 1 << 16)?;
            let text = String::from_utf8_lossy(&text);
            let word = text
                .split(|c: char| !c.is_alphanumeric() && c != '_')
                .find(|word| *word == "import" || dangerous_word(word))?;
            Some((key, word.to_owned()))
        });
        let formula = items.chunks_exact(2).find_map(|pair| {
            // Classes of statsmodels and formulaic evaluate it again when their state is set.
            self.short_text(pair[0], 32)
                .filter(|key| matches!(&**key, "formula" | "formula_str" | "_formula"))?;
            let text = self.short_text(pair[1], 1 << 14)?;
            called_word(&text)
        });
        if let Some(word) = formula {
            self.find(
                Verdict::Malicious,
                technique::PICKLE_CALL_CODE,
                format!("the state of an object has a formula, which is evaluated when it is set and uses {word}"),
                None,
            );
        }
        if let Some((key, word)) = found {
            self.find(
                Verdict::Malicious,
                technique::PICKLE_CALL_CODE,
                format!(
                    "setting the state of an object runs the text under {key}, which uses {word}"
                ),
                None,
            );
        }
    }

    /// A text in the state of an object that is an expression which reaches outside, also in its lists.
    fn expression_in(
        &self,
        value: Value,
        depth: usize,
        left: &mut usize,
    ) -> Option<(String, String)> {
        *left = left.checked_sub(1)?;
        if let Some(text) = self.short_text(value, 1024) {
            let what = crate::python::expression_reaches(&text)?;
            return Some((text, what));
        }
        match self.get_node(value) {
            Some(Node::Container { items, .. }) if depth < 4 => items
                .iter()
                .take(MAX_STATE_TEXTS)
                .find_map(|item| self.expression_in(*item, depth + 1, left)),
            _ => None,
        }
    }

    /// Keys of a state (a dict, or a pair of dicts) whose values can be called.
    pub(super) fn bound_names(&self, state: Value) -> Vec<(Box<str>, Value)> {
        let mut found = Vec::new();
        let mut dicts = vec![state];
        if let Some(Node::Container {
            kind: Kind::Tuple,
            items,
            ..
        }) = self.get_node(state)
        {
            dicts = items.iter().take(2).copied().collect();
        }
        for dict in dicts {
            let Some(Node::Container {
                kind: Kind::Dict,
                items,
                ..
            }) = self.get_node(dict)
            else {
                continue;
            };
            for pair in items.chunks_exact(2) {
                if self.is_callable(pair[1])
                    && let Some(name) = self.short_text(pair[0], 256)
                {
                    found.push((name.into(), pair[1]));
                }
            }
        }
        found
    }

    /// Could calling it do something? Objects of unknown classes count: they may define `__call__`.
    pub(crate) fn is_callable(&self, value: Value) -> bool {
        matches!(
            self.get_node(value),
            Some(Node::Global { .. } | Node::Partial { .. } | Node::Attribute { .. })
        ) || self.is_own_code(value)
    }
}

/// A word of code that is called or led on from: columns of a table may have the same names.
fn called_word(text: &str) -> Option<String> {
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_alphanumeric() || c == '_') {
        rest = &rest[start..];
        let end = rest
            .find(|c: char| !c.is_alphanumeric() && c != '_')
            .unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        let is_used = after.trim_start().starts_with(['(', '.', '[']);
        if word.starts_with("__") || is_used && dangerous_word(word) {
            return Some(word.to_owned());
        }
        rest = after;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::called_word;

    #[test]
    fn words_of_code_in_a_formula_are_those_that_are_called() {
        assert_eq!(called_word("open ~ close + np.log(sys)"), None);
        assert_eq!(called_word("y ~ C(os) + I(x ** 2)"), None);
        assert_eq!(called_word("y ~ I(os.system('x'))").as_deref(), Some("os"));
        assert_eq!(called_word("y ~ eval ('1')").as_deref(), Some("eval"));
        assert_eq!(called_word("y ~ x.__class__").as_deref(), Some("__class__"));
    }
}
