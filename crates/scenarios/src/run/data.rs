//! Files of `file` scenarios as JSON: YAML, TOML and Dockerfiles, parsed here so that testers need no library.
//!
//! The texts are what a learner or an assistant handed in: sizes, depth and what aliases grow to are bounded.

use saphyr_parser::{Event, Parser, ScalarStyle};
use serde_json::{Map, Number, Value, json};

const LARGEST: usize = 1 << 20;
const DEEPEST: usize = 100;
const MOST_NODES: usize = 100_000;

/// Reads a text in a form; the error names the line.
pub(crate) fn parse(form: &str, text: &str) -> Result<Value, String> {
    if text.len() > LARGEST {
        return Err("larger than 1 MB".to_owned());
    }
    match form {
        "yaml" => yaml(text),
        "toml" => toml::from_str::<Value>(text).map_err(|error| {
            let line = error
                .span()
                .map_or(1, |span| 1 + text[..span.start].matches('\n').count());
            format!("line {line}: {}", error.message())
        }),
        "dockerfile" => Ok(dockerfile(text)),
        _ => Err(format!("`{form}` is no form that is read")),
    }
}

/// A collection that is not closed yet.
struct Open {
    anchor: usize,
    value: Value,
    key: Option<String>,
}

/// The first document. `on`, `yes` and the like stay texts, as YAML 1.2 has it.
fn yaml(text: &str) -> Result<Value, String> {
    let mut open: Vec<Open> = Vec::new();
    let mut anchors: Map<String, Value> = Map::new();
    let mut nodes = 0;
    let mut done = None;
    for event in Parser::new_from_str(text) {
        let (event, span) =
            event.map_err(|error| format!("line {}: {}", error.marker().line(), error.info()))?;
        let at = |why: &str| Err(format!("line {}: {why}", span.start.line()));
        let (anchor, value) = match event {
            Event::Scalar(text, style, anchor, _) => (anchor, scalar(&text, style)),
            Event::Alias(anchor) => {
                let value = anchors.get(&anchor.to_string()).cloned();
                // A copy counts in full, so that aliases of aliases cannot grow without end.
                nodes += value.as_ref().map_or(0, count);
                (0, value.unwrap_or(Value::Null))
            }
            Event::SequenceStart(anchor, _) | Event::MappingStart(anchor, _) => {
                if open.len() >= DEEPEST {
                    return at("nested deeper than 100");
                }
                let value = if matches!(event, Event::SequenceStart(..)) {
                    json!([])
                } else {
                    json!({})
                };
                open.push(Open {
                    anchor,
                    value,
                    key: None,
                });
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => match open.pop() {
                Some(closed) => (closed.anchor, closed.value),
                None => continue,
            },
            Event::DocumentEnd => break,
            _ => continue,
        };
        nodes += 1;
        if nodes > MOST_NODES {
            return at("more than 100,000 values");
        }
        if anchor > 0 {
            anchors.insert(anchor.to_string(), value.clone());
        }
        match open.last_mut() {
            None => done = Some(value),
            Some(parent) => match &mut parent.value {
                Value::Array(items) => items.push(value),
                Value::Object(map) => match parent.key.take() {
                    None => {
                        parent.key = Some(match value {
                            Value::String(key) => key,
                            other => other.to_string(),
                        });
                    }
                    Some(key) if map.contains_key(&key) => {
                        return at(&format!("the key `{key}` is there twice"));
                    }
                    Some(key) => {
                        map.insert(key, value);
                    }
                },
                _ => {}
            },
        }
    }
    Ok(done.unwrap_or(Value::Null))
}

fn count(value: &Value) -> usize {
    let mut todo = vec![value];
    let mut nodes = 0;
    while let Some(value) = todo.pop() {
        nodes += 1;
        match value {
            Value::Array(items) => todo.extend(items),
            Value::Object(map) => todo.extend(map.values()),
            _ => {}
        }
    }
    nodes
}

fn scalar(text: &str, style: ScalarStyle) -> Value {
    if style != ScalarStyle::Plain {
        return Value::String(text.to_owned());
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return Value::Bool(true),
        "false" | "False" | "FALSE" => return Value::Bool(false),
        _ => {}
    }
    let starts = text
        .trim_start_matches(['-', '+'])
        .starts_with(|c: char| c.is_ascii_digit());
    if starts {
        if let Ok(number) = text.parse::<i64>() {
            return Value::Number(number.into());
        }
        if let Some(number) = text.parse().ok().and_then(Number::from_f64) {
            return Value::Number(number);
        }
    }
    Value::String(text.to_owned())
}

/// Instructions as they are written, continued lines joined by one blank, here-documents with their bodies.
fn dockerfile(text: &str) -> Value {
    let escape = if directive(text) == Some('`') {
        '`'
    } else {
        '\\'
    };
    let mut instructions = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let mut whole = line.to_owned();
        while whole.ends_with(escape) {
            whole.pop();
            // Comments and empty lines within are no part of the instruction.
            let more = lines
                .by_ref()
                .map(|(_, l)| l.trim())
                .find(|l| !l.is_empty() && !l.starts_with('#'));
            let Some(more) = more else { break };
            whole.truncate(whole.trim_end().len());
            whole.push(' ');
            whole.push_str(more);
        }
        let (instruction, value) = whole
            .split_once(char::is_whitespace)
            .unwrap_or((&whole, ""));
        let mut value = value.trim().to_owned();
        if let Some(end) = here_document(&value) {
            for (_, line) in lines.by_ref() {
                if line.trim() == end {
                    break;
                }
                value.push('\n');
                value.push_str(line);
            }
        }
        instructions.push(json!({
            "instruction": instruction.to_ascii_uppercase(),
            "value": value,
            "line": number + 1,
        }));
    }
    Value::Array(instructions)
}

fn directive(text: &str) -> Option<char> {
    let first = text.lines().next()?.trim().strip_prefix('#')?;
    let (name, value) = first.split_once('=')?;
    (name.trim().eq_ignore_ascii_case("escape")).then(|| value.trim().chars().next())?
}

fn here_document(value: &str) -> Option<String> {
    let after = value.split_once("<<")?.1.trim_start_matches('-');
    let word: String = after
        .trim_start_matches(['"', '\''])
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
        .collect();
    (!word.is_empty()).then_some(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workflows_read_as_they_run() {
        let value = yaml("on:\n  pull_request_target:\njobs:\n  a: &x\n    steps: [ {run: \"1\"}, 2, 1.5, yes ]\n  b: *x\n").unwrap();
        assert_eq!(
            value.to_string(),
            r#"{"jobs":{"a":{"steps":[{"run":"1"},2,1.5,"yes"]},"b":{"steps":[{"run":"1"},2,1.5,"yes"]}},"on":{"pull_request_target":null}}"#
        );
    }

    #[test]
    fn aliases_do_not_explode() {
        let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for i in 1..12 {
            let refs = vec![format!("*a{}", i - 1); 10].join(", ");
            text.extend([
                "a",
                &i.to_string(),
                ": &a",
                &i.to_string(),
                " [",
                &refs,
                "]\n",
            ]);
        }
        assert!(yaml(&text).unwrap_err().contains("100,000"));
        assert!(yaml(&"[".repeat(5_000)).is_err());
        assert!(yaml("a: 1\na: 2").unwrap_err().contains("line 2"));
    }

    #[test]
    fn dockerfiles_join_what_is_one_instruction() {
        let value = dockerfile(
            "# c\nfrom a AS b\nRUN x \\\n  # within\n  && y\nRUN <<EOF\nz\nEOF\nUSER app\n",
        );
        assert_eq!(
            value.to_string(),
            r#"[{"instruction":"FROM","line":2,"value":"a AS b"},{"instruction":"RUN","line":3,"value":"x && y"},{"instruction":"RUN","line":6,"value":"<<EOF\nz"},{"instruction":"USER","line":9,"value":"app"}]"#
        );
    }
}
