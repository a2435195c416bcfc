//! The gates of a policy that a control can rest on: their modes as `trueline.toml` writes them.
//!
//! Read from the text of the file alone. A gate that observes says nothing to anybody, so only one that comments or
//! blocks is evidence.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::{Table, Value};

/// A gate that a control rests on: `severe-finding`, `severe-finding:block`, `*:block`.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(from = "String")]
pub struct GateAsk {
    /// Its id; `*` is any.
    pub gate: String,
    /// Commenting is not enough.
    pub must_block: bool,
}

impl From<String> for GateAsk {
    fn from(text: String) -> Self {
        match text.strip_suffix(":block") {
            Some(gate) => Self {
                gate: gate.to_owned(),
                must_block: true,
            },
            None => Self {
                gate: text,
                must_block: false,
            },
        }
    }
}

impl GateAsk {
    /// Several, for people: one of them is enough.
    pub(super) fn list(asked: &[Self]) -> String {
        let one = |ask: &Self| {
            let gate = match ask.gate.as_str() {
                "*" => "any gate".to_owned(),
                gate => format!("`{gate}`"),
            };
            let mode = if ask.must_block {
                "block"
            } else {
                "comment or block"
            };
            format!("{gate} in {mode}")
        };
        asked.iter().map(one).collect::<Vec<_>>().join(", or ")
    }
}

/// What a gate does when it fails.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Mode {
    Comment,
    Block,
}

/// Gates that speak, with the controls that a team's own say they answer.
#[derive(Debug, Default)]
pub(super) struct Modes {
    of: BTreeMap<String, (Mode, Vec<String>, String)>,
}

impl Modes {
    /// Of a policy's text.
    pub(super) fn read(policy: &Table) -> Self {
        let mode = |value: Option<&Value>| match value?.as_str()? {
            "comment" => Some(Mode::Comment),
            "block" => Some(Mode::Block),
            _ => None,
        };
        let mut of = BTreeMap::new();
        let built_in = policy.get("gates").and_then(Value::as_table);
        for (id, value) in built_in.into_iter().flatten() {
            let set = value.get("mode").filter(|_| value.is_table());
            if let Some(mode) = mode(set.or(Some(value))) {
                of.insert(id.clone(), (mode, Vec::new(), format!("`gates.{id}`")));
            }
        }
        let own = policy.get("gate").and_then(Value::as_array);
        for gate in own.into_iter().flatten() {
            let id = gate.get("id").and_then(Value::as_str);
            if let (Some(id), Some(mode)) = (id, mode(gate.get("mode"))) {
                let controls = gate.get("controls").and_then(Value::as_array);
                let controls = controls.into_iter().flatten().filter_map(Value::as_str);
                let controls = controls.map(str::to_owned).collect();
                of.insert(id.to_owned(), (mode, controls, format!("gate `{id}`")));
            }
        }
        Self { of }
    }

    /// Those of the asked ones that speak loudly enough, and a team's own that answer the control; with their place.
    pub(super) fn speaking(&self, asked: &[GateAsk], control: &str) -> BTreeMap<&String, String> {
        let must_block = asked.iter().all(|ask| ask.must_block);
        let enough = |mode: Mode, must_block: bool| mode == Mode::Block || !must_block;
        self.of
            .iter()
            .filter(|(id, (mode, controls, _))| {
                let named = asked.iter().any(|ask| {
                    (ask.gate == **id || ask.gate == "*") && enough(*mode, ask.must_block)
                });
                let answers = controls
                    .iter()
                    .any(|answered| answered.rsplit('-').next() == Some(control));
                named || answers && enough(*mode, must_block)
            })
            .map(|(id, (mode, _, place))| {
                let mode = match mode {
                    Mode::Comment => "comment",
                    Mode::Block => "block",
                };
                (id, format!("{place} in {mode}"))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gate_that_observes_is_no_evidence_and_one_that_must_block_has_to() {
        let policy = "[gates]\nsecret = \"observe\"\nsevere-finding = \"comment\"\n[gates.self-approval]\nmode = \"block\"\n\
                      [gates.policy-change]\nreviews = 2\n\
                      [[gate]]\nid = \"own\"\nmode = \"block\"\ncontrols = [\"aisvs:v1.0-AC.4.3\"]\n";
        let modes = Modes::read(&policy.parse().unwrap());
        let speaking = |asked: &[&str], control: &str| -> Vec<String> {
            let asked: Vec<GateAsk> = asked.iter().map(|ask| (*ask).to_owned().into()).collect();
            modes
                .speaking(&asked, control)
                .into_keys()
                .cloned()
                .collect()
        };
        assert_eq!(speaking(&["secret"], "AC.3.1"), Vec::<String>::new());
        assert_eq!(
            speaking(&["policy-change"], "AC.11.2"),
            Vec::<String>::new()
        );
        assert_eq!(speaking(&["severe-finding"], "AC.4.2"), ["severe-finding"]);
        assert_eq!(
            speaking(&["severe-finding:block"], "AC.4.2"),
            Vec::<String>::new()
        );
        assert_eq!(speaking(&["severe-finding:block"], "AC.4.3"), ["own"]);
        assert_eq!(
            speaking(&["self-approval:block"], "AC.8.1"),
            ["self-approval"]
        );
        assert_eq!(speaking(&["*:block"], "AC.1.2"), ["own", "self-approval"]);
    }
}
