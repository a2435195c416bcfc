//! States of objects: what BUILD binds under names that code calls or runs, and texts that classes evaluate later.
//!
//! Each key of a state is looked at once, however often the state is set; texts when the pickle has ended, since a list
//! in a state may be filled after it was set.

use std::ops::RangeInclusive;

use rustc_hash::FxHashSet;
use trueline_facts::artifact::Verdict;

use super::machine::{Machine, WORK_A_TEXT};
use super::value::{Kind, Node, NodeId, Place, Text, Value};
use crate::code::dangerous_word;
use crate::{names, technique};

/// Bytes of a text that is tried as an expression.
pub(super) const EXPRESSION: RangeInclusive<usize> = 5..=4096;
/// Such texts that are remembered, and the work on those that are parsed.
const MAX_EXPRESSIONS: usize = 1 << 17;
const MAX_PARSED: usize = 4 << 20;
/// Such texts that are remembered of containers which do not keep them.
pub(super) const MAX_FAR: usize = 1 << 17;
/// Values of all states that are looked at when the pickle has ended.
const MAX_VALUES: usize = 8 << 20;
/// Text that classes run: more than its library writes there.
const MAX_RUN: usize = 1 << 16;
const MAX_FORMULA: usize = 1 << 14;

/// Methods that opcodes call on objects.
const METHODS: &[&str] = &[
    "append",
    "extend",
    "update",
    "add",
    "__setitem__",
    "__setstate__",
];

/// What of a dict that was a state is known.
#[derive(Clone, Debug, Default)]
pub(super) struct SeenState {
    /// Its texts are looked at when the pickle has ended.
    is_kept: bool,
    /// Values that were looked at.
    len: usize,
    /// Methods that it binds.
    pub(super) methods: Vec<(&'static str, Value)>,
}

/// What may still be looked at of states, and what was.
#[derive(Clone, Debug)]
pub(super) struct StateLooks {
    values_left: usize,
    parse_left: usize,
    tried: FxHashSet<Place>,
    /// Texts of what a state holds were not kept.
    is_cut: bool,
}

impl Default for StateLooks {
    fn default() -> Self {
        Self {
            values_left: MAX_VALUES,
            parse_left: MAX_PARSED,
            tried: FxHashSet::default(),
            is_cut: false,
        }
    }
}

impl Machine {
    /// The dicts of a state: itself, or those of a pair.
    fn dicts_of(&self, state: Value) -> Vec<Value> {
        match self.get_node(state) {
            Some(Node::Container {
                kind: Kind::Tuple,
                items,
                ..
            }) => items.iter().take(2).copied().collect(),
            _ => vec![state],
        }
    }

    /// Keys and values by turns of a dict, also of a call that makes one.
    fn pairs(&mut self, dict: Value, from: usize) -> Vec<Value> {
        match self.get_node(dict) {
            Some(Node::Container {
                kind: Kind::Dict,
                items,
                ..
            }) => items.get(from..).unwrap_or_default().to_vec(),
            Some(Node::Call(called)) if self.looks_left.get() > 0 => {
                let mut pairs: Vec<Value> = Vec::new();
                for arg in &called.args {
                    match self.get_node(*arg) {
                        Some(Node::Container {
                            kind: Kind::Dict,
                            items,
                            ..
                        }) => pairs.extend(items),
                        Some(Node::Container { items, .. }) => {
                            for item in items {
                                if let Some(Node::Container { items, .. }) = self.get_node(*item)
                                    && let [key, value] = items.as_slice()
                                {
                                    pairs.extend([*key, *value]);
                                }
                            }
                        }
                        _ => {}
                    }
                }
                pairs.extend(&called.items);
                let cost = u32::try_from(pairs.len()).unwrap_or(u32::MAX);
                let left = self.looks_left.get();
                self.looks_left.set(left.saturating_sub(cost));
                pairs.drain(..from.min(pairs.len()));
                pairs
            }
            _ => Vec::new(),
        }
    }

    /// Keys and values of a state in the order in which they are set: the last of a name counts.
    pub(super) fn fields_of(&mut self, state: Value) -> Vec<Value> {
        let mut fields = Vec::new();
        for dict in self.dicts_of(state) {
            fields.extend(self.pairs(dict, 0));
        }
        fields
    }

    /// Is something of a state not known, since it has more keys than are kept?
    pub(super) fn is_cut(&self, state: Value) -> bool {
        self.dicts_of(state).iter().any(|dict| {
            matches!(
                self.get_node(*dict),
                Some(Node::Container { cut: true, .. })
            )
        })
    }

    /// An object is given a state; the methods that opcodes call and that the state binds.
    pub(super) fn given_state(
        &mut self,
        object: Value,
        state: Value,
    ) -> Vec<(&'static str, Value)> {
        if let Value::Node(NodeId(id)) = state
            && !self.seen_states.get(&id).is_some_and(|seen| seen.is_kept)
            && !self.keeps_text_as_data(object)
        {
            self.states.push((state, self.at));
            self.seen_states.entry(id).or_default().is_kept = true;
        }
        let mut methods = Vec::new();
        for dict in self.dicts_of(state) {
            self.look_at_keys(dict);
            if let Value::Node(NodeId(id)) = dict
                && let Some(seen) = self.seen_states.get(&id)
            {
                methods.extend(&seen.methods);
            }
        }
        methods
    }

    /// Is it an array or a table, which evaluates nothing of what it holds? An object is made by its class, or by a
    /// function that is given one.
    fn keeps_text_as_data(&self, object: Value) -> bool {
        let is_container = |value: Value| match self.get_node(value) {
            Some(Node::Global { module, name }) => names::is_container(module, name),
            _ => false,
        };
        let Some(Node::Call(called)) = self.get_node(object) else {
            return false;
        };
        is_container(called.callee)
            && called
                .args
                .iter()
                .filter(|arg| matches!(self.get_node(**arg), Some(Node::Global { .. })))
                .all(|class| is_container(*class))
    }

    /// Remembers texts that a container does not keep and that may be expressions.
    pub(super) fn keep_far(&mut self, container: Value, texts: impl Iterator<Item = Value>) {
        let Value::Node(NodeId(id)) = container else {
            return;
        };
        if self.expressions.is_empty() {
            return;
        }
        for text in texts {
            let Some(place) = text.place() else { continue };
            if !self.expressions.contains(&place) {
                continue;
            }
            let Some(left) = self.far_left.checked_sub(1) else {
                self.more_expressions = true;
                return;
            };
            self.far_left = left;
            self.far_texts.entry(id).or_default().push(text);
        }
    }

    /// Looks at the keys of a dict that were added since it was looked at last.
    fn look_at_keys(&mut self, dict: Value) {
        let Value::Node(NodeId(id)) = dict else {
            return;
        };
        let from = self.seen_states.get(&id).map_or(0, |seen| seen.len);
        let fresh = self.pairs(dict, from);
        for pair in fresh.chunks_exact(2) {
            let method = self.key_of_state(pair[0], pair[1]);
            let seen = self.seen_states.entry(id).or_default();
            seen.len += 2;
            if let Some(name) = method {
                seen.methods.retain(|(known, _)| *known != name);
                seen.methods.push((name, pair[1]));
            }
        }
    }

    /// One key of a state: is it a name that code calls or runs? The method that opcodes call, if it is one.
    fn key_of_state(&mut self, key: Value, value: Value) -> Option<&'static str> {
        if self.is_callable(value) {
            let name = self.short_text(key, 256)?;
            if self.runs_programs(value) {
                self.find(
                    Verdict::Malicious,
                    technique::PICKLE_HOOK,
                    format!(
                        "the state of an object binds {name} to a function that runs programs or code"
                    ),
                    None,
                );
            }
            if names::is_hook(&name) {
                self.find(
                    Verdict::Malicious,
                    technique::PICKLE_HOOK,
                    format!("the state of an object binds {name} to something that can be called"),
                    None,
                );
            }
            return METHODS.iter().find(|method| **method == name).copied();
        }
        if is_text(value) {
            self.text_of_state(key, value);
        }
        None
    }

    /// Text in a state that the object's class runs: more than the functions that its library writes there?
    fn text_of_state(&mut self, key: Value, value: Value) {
        let Some(key) = self
            .short_text(key, 64)
            .filter(|key| is_run_or_formula(key))
        else {
            return;
        };
        let is_run = names::is_run(&key);
        let limit = if is_run { MAX_RUN } else { MAX_FORMULA };
        let Some(text) = self.head(value, limit + 1) else {
            return;
        };
        if text.len() > limit {
            self.find(
                Verdict::Suspicious,
                technique::PICKLE_CALL_CODE,
                format!("the text under {key} in the state of an object, which its class runs, is longer than is read"),
                None,
            );
        }
        let text = String::from_utf8_lossy(&text);
        if !is_run {
            // Classes of statsmodels and formulaic evaluate it again when their state is set.
            if let Some(word) = called_word(&text) {
                self.find(
                    Verdict::Malicious,
                    technique::PICKLE_CALL_CODE,
                    format!("the state of an object has a formula, which is evaluated when it is set and uses {word}"),
                    None,
                );
            }
            return;
        }
        let word = text
            .split(|c: char| !c.is_alphanumeric() && c != '_')
            .find(|word| *word == "import" || dangerous_word(word));
        if let Some(word) = word {
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

    /// Must a pair be kept however many a dict has? What can be called is, and what a class runs.
    pub(super) fn matters_in_state(&self, key: Value, value: Value) -> bool {
        match value {
            Value::Node(_) => self.is_callable(value),
            _ if is_text(value) => self
                .short_text(key, 64)
                .is_some_and(|key| is_run_or_formula(&key)),
            _ => false,
        }
    }

    /// What every expression has that reaches outside: a bracket or a name of Python's own.
    pub(super) fn may_be_expression(text: &[u8]) -> bool {
        EXPRESSION.contains(&text.len())
            && (memchr::memchr(b'(', text).is_some() || memchr::memmem::find(text, b"__").is_some())
    }

    pub(super) fn keep_expression(&mut self, place: Place) {
        self.extra_work += WORK_A_TEXT;
        if self.expressions.len() < MAX_EXPRESSIONS && !self.is_lean {
            self.expressions.insert(place);
        } else {
            self.more_expressions = true;
        }
    }

    /// Texts in all states, also in their lists, and keys that were added after a state was set.
    pub(super) fn look_at_states(&mut self) {
        let states = std::mem::take(&mut self.states);
        self.look_at_these(states);
        self.look_at_rest();
    }

    /// The same of states that nothing can be added to any more.
    pub(super) fn look_at_these(&mut self, states: Vec<(Value, u64)>) {
        if states.is_empty() {
            return;
        }
        let end = self.at;
        let mut looks = std::mem::take(&mut self.state_looks);
        let mut seen: FxHashSet<u32> = FxHashSet::default();
        let mut stack = Vec::new();
        for (state, at) in states {
            self.at = at;
            for dict in self.dicts_of(state) {
                self.look_at_keys(dict);
                let pairs = match self.get_node(dict) {
                    Some(Node::Call(_)) => self.pairs(dict, 0),
                    _ => Vec::new(),
                };
                stack.extend(values_of(&pairs));
            }
            if self.expressions.is_empty() {
                continue;
            }
            stack.push(state);
            while let Some(value) = stack.pop() {
                if let Some(place) = value.place() {
                    if self.expressions.contains(&place) && looks.tried.insert(place) {
                        self.try_expression(
                            value,
                            &mut looks.parse_left,
                            "the state of an object holds",
                        );
                    }
                    continue;
                }
                let Value::Node(NodeId(id)) = value else {
                    continue;
                };
                if !seen.insert(id) {
                    continue;
                }
                let (items, is_dict) = match self.get_node(value) {
                    Some(Node::Container { kind, items, cut }) => {
                        looks.is_cut |= cut;
                        (items, *kind == Kind::Dict)
                    }
                    Some(Node::Call(called)) => (&called.items, true),
                    _ => continue,
                };
                let far = self.far_texts.get(&id).map_or(&[][..], Vec::as_slice);
                let Some(rest) = looks.values_left.checked_sub(items.len() + far.len()) else {
                    self.lost = Some("states of objects hold more values than are looked at");
                    continue;
                };
                looks.values_left = rest;
                stack.extend(far);
                if is_dict {
                    stack.extend(values_of(items));
                } else {
                    stack.extend(items);
                }
            }
        }
        self.at = end;
        self.state_looks = looks;
    }

    /// Texts that states may hold and that were not kept.
    fn look_at_rest(&mut self) {
        // What was left out of containers that are none of a state says nothing.
        if !self.state_looks.is_cut || !self.more_expressions {
            return;
        }
        let mut looks = std::mem::take(&mut self.state_looks);
        self.lost = Some("states of objects hold more texts than are looked at");
        // What was not kept may have been any text of the pickle.
        let mut rest: Vec<Place> = self
            .expressions
            .iter()
            .filter(|place| !looks.tried.contains(*place))
            .copied()
            .collect();
        rest.sort_unstable();
        for (at, len) in rest {
            let value = if at == u64::MAX {
                Value::Made {
                    kind: Text::Str,
                    index: len,
                }
            } else {
                Value::Span {
                    kind: Text::Str,
                    len,
                    at,
                }
            };
            let what = "states of objects hold more than is kept, and the pickle has";
            if !self.try_expression(value, &mut looks.parse_left, what) {
                break;
            }
        }
    }

    /// Notes a text that is an expression which reaches outside; whether more may be tried.
    fn try_expression(&mut self, value: Value, left: &mut usize, where_: &str) -> bool {
        let Some(text) = self.short_text(value, *EXPRESSION.end()) else {
            return true;
        };
        let Some(cost) = super::expression::cost(&text) else {
            return true;
        };
        let Some(rest) = left.checked_sub(cost) else {
            self.lost = Some("states of objects hold more texts than are looked at");
            return false;
        };
        if let Some(what) = crate::python::expression_reaches(&text) {
            self.find(
                Verdict::Suspicious,
                technique::PICKLE_CALL_CODE,
                format!("{where_} an expression that {what}: classes that evaluate theirs run it in ordinary use"),
                Some(text),
            );
        }
        *left = rest;
        true
    }
}

/// The values of a dict; its keys are words of whoever made it, and so is what stands under numbers: a vocabulary.
fn values_of(pairs: &[Value]) -> impl Iterator<Item = Value> {
    pairs
        .chunks_exact(2)
        .filter(|pair| is_text(pair[0]) || !is_text(pair[1]))
        .map(|pair| pair[1])
}

pub(super) const fn is_text(value: Value) -> bool {
    matches!(value, Value::Span { .. } | Value::Made { .. })
}

/// A key that says something with what stands under it, which can be called or not.
pub(super) fn is_key_that_matters(key: &str) -> bool {
    is_run_or_formula(key) || key == "user_dir"
}

fn is_run_or_formula(key: &str) -> bool {
    names::is_run(key) || matches!(key, "formula" | "formula_str" | "_formula")
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
    use crate::pickle::machine::{Ended, Machine};
    use crate::source::{Cursor, Source};

    fn run(parts: &[&[u8]]) -> Machine {
        let file = [b"\x80\x02", &parts.concat()[..], b"."].concat();
        let mut machine = Machine::new(Cursor::new(Source::of_bytes(file), 0));
        assert_eq!(machine.run(), Ended::Stop);
        machine
    }

    #[test]
    fn keys_of_a_state_are_looked_at_once() {
        let keys: Vec<u8> = (0..64)
            .flat_map(|at| format!("U\x03k{at:02}h\x02").into_bytes())
            .collect();
        let state = [b"cbuiltins\nlen\nq\x020}(", &keys[..], b"uq\x000"].concat();
        let before = run(&[&state, b"]h\x00b"]).looks_left.get();
        let often = run(&[&state, b"]", &b"h\x00b".repeat(50_000)]);
        assert_eq!(often.looks_left.get(), before);
        assert_eq!(often.seen_states.len(), 1);
        // Nor does an object keep them.
        let objects = b"cm\nC\n)\x81h\x00b0".repeat(1000);
        assert_eq!(run(&[&state, &objects, b"N"]).seen_states.len(), 1);
    }

    #[test]
    fn a_state_of_pairs_takes_looks_each_time_until_none_are_left() {
        let pairs = [&b"]("[..], &b"(h\x02h\x02t".repeat(64), b"e"].concat();
        let state = [
            b"cbuiltins\nlen\nq\x020]ccollections\nOrderedDict\n(",
            &pairs.repeat(60)[..],
            b"tRq\x000",
        ]
        .concat();
        let machine = run(&[&state, &b"h\x00b".repeat(2000)]);
        assert_eq!(machine.looks_left.get(), 0);
    }

    #[test]
    fn functions_that_are_handed_on_take_looks() {
        let arguments = [&b"("[..], &b"cm\nf\n".repeat(60), b"tq\x010"].concat();
        let machine = run(&[
            b"cheapq\nmerge\nq\x000",
            &arguments,
            &b"h\x00h\x01R0".repeat(500),
            b"N",
        ]);
        assert_eq!(machine.looks_left.get(), 0);
    }

    #[test]
    fn words_of_code_in_a_formula_are_those_that_are_called() {
        assert_eq!(called_word("open ~ close + np.log(sys)"), None);
        assert_eq!(called_word("y ~ C(os) + I(x ** 2)"), None);
        assert_eq!(called_word("y ~ I(os.system('x'))").as_deref(), Some("os"));
        assert_eq!(called_word("y ~ eval ('1')").as_deref(), Some("eval"));
        assert_eq!(called_word("y ~ x.__class__").as_deref(), Some("__class__"));
    }
}
