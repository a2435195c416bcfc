//! The expressions of GitHub's workflows, as far as the Action uses them: dotted names, texts, `==`, `&&`, `||`,
//! parentheses.

use serde_json::Value;

/// The text that takes the place of each `${{ … }}`.
pub(super) fn filled(text: &str, context: &Value) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${{") {
        let (expression, after) = after.split_once("}}").unwrap();
        out.push_str(before);
        out.push_str(&as_text(&value(expression, context)));
        rest = after;
    }
    out.push_str(rest);
    out
}

/// Whether the condition of a step holds.
pub(super) fn holds(condition: &str, context: &Value) -> bool {
    let value = value(condition, context);
    !matches!(value, Value::Null | Value::Bool(false)) && value != Value::String(String::new())
}

fn as_text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn value(expression: &str, context: &Value) -> Value {
    let tokens = tokens(expression);
    let mut at = 0;
    let value = either(&tokens, &mut at, context);
    assert_eq!(at, tokens.len(), "not read to its end: {expression}");
    value
}

fn tokens(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            ' ' => {}
            '(' | ')' => out.push(c.to_string()),
            '=' | '&' | '|' => {
                assert_eq!(chars.next(), Some(c), "in {text}");
                out.push(format!("{c}{c}"));
            }
            '\'' => {
                let inner: String = chars.by_ref().take_while(|c| *c != '\'').collect();
                out.push(format!("'{inner}"));
            }
            _ => {
                let mut name = c.to_string();
                while let Some(c) = chars.next_if(|c| c.is_alphanumeric() || "._-".contains(*c)) {
                    name.push(c);
                }
                out.push(name);
            }
        }
    }
    out
}

fn either(tokens: &[String], at: &mut usize, context: &Value) -> Value {
    let mut left = both(tokens, at, context);
    while tokens.get(*at).is_some_and(|t| t == "||") {
        *at += 1;
        let right = both(tokens, at, context);
        left = if left == Value::Bool(true) {
            left
        } else {
            right
        };
    }
    left
}

fn both(tokens: &[String], at: &mut usize, context: &Value) -> Value {
    let mut left = equal(tokens, at, context);
    while tokens.get(*at).is_some_and(|t| t == "&&") {
        *at += 1;
        let right = equal(tokens, at, context);
        left = if left == Value::Bool(true) {
            right
        } else {
            left
        };
    }
    left
}

fn equal(tokens: &[String], at: &mut usize, context: &Value) -> Value {
    let left = one(tokens, at, context);
    if tokens.get(*at).is_some_and(|t| t == "==") {
        *at += 1;
        let right = one(tokens, at, context);
        return Value::Bool(as_text(&left) == as_text(&right));
    }
    left
}

fn one(tokens: &[String], at: &mut usize, context: &Value) -> Value {
    let token = &tokens[*at];
    *at += 1;
    if token == "(" {
        let inner = either(tokens, at, context);
        assert_eq!(tokens.get(*at).map(String::as_str), Some(")"));
        *at += 1;
        return inner;
    }
    if let Some(text) = token.strip_prefix('\'') {
        return Value::String(text.to_owned());
    }
    let pointer = format!("/{}", token.replace('.', "/"));
    context.pointer(&pointer).cloned().unwrap_or(Value::Null)
}

#[test]
fn names_comparisons_and_parentheses_are_understood() {
    let context = serde_json::json!({"a": {"b-c": "x"}, "n": 7});
    assert_eq!(
        filled("<${{ a.b-c }}|${{ n }}|${{ a.none }}>", &context),
        "<x|7|>"
    );
    for (condition, expected) in [
        ("a.b-c == 'x'", true),
        ("a.b-c == 'y'", false),
        ("n == '7' && (a.b-c == 'y' || a.b-c == 'x')", true),
        ("n == '8' || a.none", false),
    ] {
        assert_eq!(holds(condition, &context), expected, "{condition}");
    }
}
