//! References of a document to its own values, as `OmegaConf` reads them: `${a.b}`, also in the middle of a text and in
//! each other. What a reference calls is judged by what it stands for; what stands in another file stays open.

use std::borrow::Cow;

use serde_json::{Map, Value};

/// References of one text that are followed, and the bytes of a text.
const MAX_STEPS: usize = 64;
const MAX_TEXT: usize = 1 << 10;
/// Work on all references of a document.
const MAX_WORK: usize = 4 << 20;

pub(super) struct References<'d> {
    document: &'d Value,
    left: usize,
}

impl<'d> References<'d> {
    pub(super) const fn new(document: &'d Value) -> Self {
        Self {
            document,
            left: MAX_WORK,
        }
    }

    /// A text of the object `around` with what its references stand for.
    pub(super) fn resolved<'t>(
        &mut self,
        text: &'t str,
        around: &Map<String, Value>,
    ) -> Cow<'t, str> {
        if !text.contains("${") || text.len() > MAX_TEXT {
            return Cow::Borrowed(text);
        }
        let mut out = text.to_owned();
        let mut from = 0;
        for _ in 0..MAX_STEPS {
            let Some(close) = out.get(from..).and_then(|rest| rest.find('}')) else {
                break;
            };
            let close = from + close;
            let Some(rest) = self.left.checked_sub(out.len() + MAX_STEPS) else {
                break;
            };
            self.left = rest;
            // The innermost first.
            let found = out[..close].rfind("${").and_then(|open| {
                let value = self.value_of(out[open + 2..close].trim(), around)?;
                Some((open, value))
            });
            match found {
                Some((open, value)) if out.len() + value.len() <= MAX_TEXT => {
                    out.replace_range(open..=close, &value);
                    from = open;
                }
                _ => from = close + 1,
            }
        }
        Cow::Owned(out)
    }

    fn value_of(&self, name: &str, around: &Map<String, Value>) -> Option<String> {
        let (name, default) = match name.strip_prefix("oc.select:") {
            Some(rest) => match rest.split_once(',') {
                Some((name, default)) => (name.trim(), Some(default.trim())),
                None => (rest.trim(), None),
            },
            None => (name, None),
        };
        let path = name.replace('[', ".").replace([']', '\'', '"'], "");
        let found = match path.strip_prefix('.') {
            Some(beside) if !name.starts_with('[') => {
                let (first, rest) = beside.split_once('.').unwrap_or((beside, ""));
                around.get(first).and_then(|value| walk(value, rest))
            }
            _ => walk(self.document, path.trim_start_matches('.')),
        };
        match found {
            Some(Value::String(text)) => Some(text.clone()),
            Some(Value::Number(number)) => Some(number.to_string()),
            Some(Value::Bool(is_true)) => Some(is_true.to_string()),
            _ => default.map(|text| text.trim_matches(['"', '\'']).to_owned()),
        }
    }
}

/// The value at a path of names and places.
fn walk<'d>(value: &'d Value, path: &str) -> Option<&'d Value> {
    path.split('.')
        .filter(|_| !path.is_empty())
        .try_fold(value, |value, name| match value {
            Value::Object(map) => map.get(name),
            Value::Array(items) => items.get(name.parse::<usize>().ok()?),
            _ => None,
        })
}

#[cfg(test)]
mod tests {
    use trueline_facts::RepoPath;
    use trueline_facts::artifact::Verdict;

    fn verdict(text: &str) -> Verdict {
        crate::check_bytes(text.as_bytes().to_vec(), RepoPath::from("config.yaml")).verdict
    }

    #[test]
    fn what_a_reference_stands_for_is_called() {
        for text in [
            "fn: os.system\nmodel:\n  _target_: ${fn}\n  command: x\n",
            "a:\n  b: subprocess\nmodel:\n  _target_: ${a.b}.call\n",
            "a: [{b: os.system}]\nmodel: {_target_: '${a[0].b}'}\n",
            "a: b\nb: system\nmodel:\n  _target_: os.${${a}}\n",
            "a: ${b}\nb: ${c}\nc: os.system\nmodel:\n  _target_: ${a}\n",
            "model:\n  fn: os.system\n  _target_: ${.fn}\n",
            "a: os.system\nmodel:\n  _target_: '${oc.select:a}'\n",
            "model:\n  _target_: '${oc.select:a,os.system}'\n",
            "a: os.system\nmodel:\n  _target_: hydra.utils.get_method\n  path: ${a}\n",
            "a: os.system\nmodel:\n  _target_: functools.partial\n  _args_: ['${a}']\n",
        ] {
            assert_eq!(verdict(text), Verdict::Malicious, "{text}");
        }
        for text in [
            "fn: torch.nn.Linear\nmodel:\n  _target_: ${fn}\n  in_features: 1\n",
            "a: torch\nmodel:\n  _target_: ${a}.nn.Linear\n",
        ] {
            assert_eq!(verdict(text), Verdict::Clean, "{text}");
        }
        for text in [
            "model:\n  _target_: ${elsewhere}\n",
            "a: ${b}\nb: ${a}\nmodel:\n  _target_: ${a}\n",
            "a: ${a}${a}\nmodel:\n  _target_: ${a}\n",
            "a: {b: c}\nmodel:\n  _target_: ${a}\n",
            "model:\n  _target_: '${oc.env:NAME}'\n",
        ] {
            assert_eq!(verdict(text), Verdict::Unknown, "{text}");
        }
    }

    #[test]
    fn many_references_take_no_more_time_than_a_few() {
        let mut text = "a: '${b}${b}${b}'\nb: '${c}${c}${c}'\nc: x.y\nlist:\n".to_owned();
        for _ in 0..5_000 {
            text.push_str("  - {_target_: '${a}${a}${a}'}\n");
        }
        assert_eq!(verdict(&text), Verdict::Unknown);
    }
}
