//! YAML of models: Hydra's targets, and tags that make Python objects. A document is read as its loader reads it;
//! what is no YAML is looked at line by line.

use trueline_facts::artifact::Verdict;

use crate::inspection::{Inspection, printable};
use crate::names::{self, Standing};
use crate::technique;
use crate::text::{self, named_argument, named_call, target};
use crate::zip::leads_outside;

mod foreign;
mod tree;

use tree::Ending;

/// Tags of Python's own that hold data.
const HARMLESS: &[&str] = &[
    "python/tuple",
    "python/none",
    "python/bool",
    "python/int",
    "python/float",
    "python/str",
    "python/unicode",
    "python/bytes",
    "python/list",
    "python/dict",
    "python/complex",
    "python/long",
];

/// Longer texts are looked at by lines alone: a parser keeps all of a flow collection before it gives it out, at up
/// to five hundred bytes a byte.
const MAX_READ: usize = 256 << 10;

/// Inspects YAML; `name` is the file's.
pub(crate) fn inspect(inspection: &mut Inspection, name: &str, text: &str) {
    if text.len() > MAX_READ {
        let extension = name.rsplit('.').next().unwrap_or_default();
        if ["yaml", "yml"]
            .iter()
            .any(|yaml| extension.eq_ignore_ascii_case(yaml))
        {
            inspection.report(
                Verdict::Unknown,
                technique::BUDGET,
                0,
                "YAML of more than 256 KB was looked at by lines alone",
            );
        }
        by_lines(inspection, text);
        return;
    }
    let Some(left) = inspection.yaml_left.checked_sub(text.len() as u64) else {
        inspection.report(
            Verdict::Unknown,
            technique::BUDGET,
            0,
            "not all YAML was parsed: together it is far longer than the file, and the rest was looked at by lines alone",
        );
        by_lines(inspection, text);
        return;
    };
    inspection.yaml_left = left;
    let tree = tree::read(text, inspection.value_bytes());
    for (tag, at) in &tree.tags {
        if let Some((verb, named)) = made(tag) {
            make(inspection, verb, &unescaped(named));
            continue;
        }
        if let Some((verdict, what)) = foreign::of(tag) {
            of_other(inspection, tag, *at, verdict, what);
            continue;
        }
        let kind = tag.trim_start_matches('!');
        let kind = kind.strip_prefix("tag:yaml.org,2002:").unwrap_or(kind);
        if !HARMLESS.contains(&kind) {
            tagged(inspection, tag, *at);
        }
    }
    if tree.more_tags {
        inspection.report(
            Verdict::Unknown,
            technique::BUDGET,
            0,
            "there are more kinds of tags than are looked at",
        );
    }
    for document in &tree.documents {
        text::yaml(inspection, name, document);
    }
    match tree.ending {
        Ending::Whole => {}
        // Half a file, lines of JSON, another language: what can be found by lines is looked for.
        Ending::Broken => by_lines(inspection, text),
        Ending::TooDeep => {
            inspection.report(
                Verdict::Suspicious,
                technique::SERVER_PATH,
                0,
                "YAML that nests so deep that loaders overflow",
            );
            by_lines(inspection, text);
        }
        Ending::TooMuch => {
            inspection.report(
                Verdict::Unknown,
                technique::BUDGET,
                0,
                "the YAML was not read to its end: it has more values than are made of a file of this size",
            );
            by_lines(inspection, text);
        }
    }
}

/// What a tag of `SpeechBrain`'s YAML makes, calls, names or reads.
fn made(tag: &str) -> Option<(&str, &str)> {
    let (verb, named) = tag.trim_start_matches('!').split_once(':')?;
    let is_known = matches!(
        verb,
        "new" | "apply" | "applyref" | "name" | "module" | "include"
    );
    (tag.starts_with('!') && is_known && !named.is_empty()).then_some((verb, named))
}

fn make(inspection: &mut Inspection, verb: &str, named: &str) {
    if verb == "include" {
        if leads_outside(named) || named.starts_with('~') || named.contains("://") {
            inspection.report(
                Verdict::Suspicious,
                technique::INDEX_PATH,
                0,
                format!(
                    "the configuration includes {}, outside of its folder",
                    printable(named)
                ),
            );
        }
        return;
    }
    // Recipes seed what makes random numbers.
    let (module, name) = named.rsplit_once('.').unwrap_or(("builtins", named));
    let is_seed = matches!(
        names::standing(module, name),
        Standing::Dangerous {
            family: "global-state",
            ..
        }
    );
    if !is_seed {
        target(inspection, named, false);
    }
}

fn tagged(inspection: &mut Inspection, tag: &str, at: u64) {
    inspection.report(
        Verdict::Malicious,
        technique::YAML_TAG,
        at,
        format!(
            "the tag {} makes a Python object when the file is loaded",
            printable(tag)
        ),
    );
}

fn of_other(inspection: &mut Inspection, tag: &str, at: u64, verdict: Verdict, what: &str) {
    inspection.report(
        verdict,
        technique::YAML_FOREIGN,
        at,
        format!("the tag {} {what}", printable(tag)),
    );
}

/// Escapes of YAML's double-quoted texts and of its tags, undone.
fn unescaped(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find(['\\', '%']) {
        out.push_str(&rest[..at]);
        let tail = &rest[at..];
        let (digits, from) = if tail.starts_with("\\x") {
            (tail.get(2..4), 4)
        } else if tail.starts_with("\\u") {
            (tail.get(2..6), 6)
        } else if tail.starts_with('%') {
            (tail.get(1..3), 3)
        } else {
            (None, 0)
        };
        let c = digits
            .and_then(|d| u32::from_str_radix(d, 16).ok())
            .and_then(char::from_u32);
        if let (Some(c), Some(tail)) = (c, tail.get(from..)) {
            out.push(c);
            rest = tail;
        } else {
            let mut chars = tail.chars();
            out.extend(chars.next());
            rest = chars.as_str();
        }
    }
    out.push_str(rest);
    out
}

/// By lines: Hydra targets and tags that make Python objects.
fn by_lines(inspection: &mut Inspection, text: &str) {
    let Some(left) = inspection.yaml_lines_left.checked_sub(text.len() as u64) else {
        inspection.report(
            Verdict::Unknown,
            technique::BUDGET,
            0,
            "not all YAML was looked at: together it is far longer than the file",
        );
        return;
    };
    inspection.yaml_lines_left = left;
    let mut offset = 0u64;
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let plain;
        let line_len = line.len() as u64;
        let line = if line.contains(['\\', '%']) {
            plain = unescaped(line);
            plain.as_str()
        } else {
            line
        };
        let code = line.split(" #").next().unwrap_or(line);
        let is_comment = code.trim_start().starts_with('#');
        // No tag stands without it, and most lines have none.
        if !is_comment && code.contains('!') {
            for tag in ["!!python/", "!python/", "tag:yaml.org,2002:python/"] {
                if let Some(at) = code.find(tag) {
                    let rest: String = code[at..]
                        .chars()
                        .take_while(|c| !c.is_whitespace())
                        .collect();
                    let kind = rest.trim_start_matches('!');
                    let kind = kind.strip_prefix("tag:yaml.org,2002:").unwrap_or(kind);
                    if !HARMLESS.contains(&kind) {
                        tagged(inspection, &rest, offset);
                    }
                }
            }
            for verb in ["!new:", "!apply:", "!applyref:", "!name:", "!include:"] {
                for (at, _) in code.match_indices(verb) {
                    let tag = code[at..].split([' ', ',', ']', '}']).next();
                    if let Some((verb, named)) = tag.and_then(made) {
                        make(inspection, verb, named);
                    }
                }
            }
            for (at, _) in code.match_indices('!') {
                let before = code[..at].chars().next_back();
                let is_first = before.is_none_or(|c| c.is_whitespace() || "[{,:".contains(c));
                let tag = code[at..].split([' ', ',', ']', '}', '>']).next();
                if let Some(tag) = tag.filter(|_| is_first)
                    && let Some((verdict, what)) = foreign::of(tag)
                {
                    of_other(inspection, tag, offset, verdict, what);
                }
            }
        }
        if !is_comment {
            let mut rest = code;
            while let Some(at) = rest.find("_target_") {
                let after = rest[at + 8..].trim_start_matches(['"', '\'']).trim_start();
                let Some(value) = after.strip_prefix(':') else {
                    break;
                };
                let value = value.trim_start().trim_start_matches(['"', '\'']);
                let is_computed = value.starts_with("${");
                let value: String = value
                    .chars()
                    .take_while(|c| {
                        c.is_alphanumeric()
                            || matches!(c, '_' | '.')
                            || is_computed && !matches!(c, '}' | '"')
                    })
                    .collect();
                if !value.is_empty() {
                    target(inspection, &value, false);
                } else if let Some(next) = lines.peek() {
                    // The value stands on the next line.
                    let value = next.trim().trim_matches(['"', '\'']);
                    if !value.is_empty() && !value.contains([':', ' ']) {
                        target(inspection, value, false);
                    }
                }
                rest = after;
            }
            let key_value = code.trim_start().split_once(':');
            if let Some((key, value)) = key_value {
                let value = value.trim().trim_matches(['"', '\'']);
                let key = key.trim_matches(['"', '\'', '-', ' ']);
                if matches!(
                    key,
                    "path" | "_args_" | "func" | "method" | "function" | "callable"
                ) {
                    for name in
                        value.split(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | '.'))
                    {
                        named_argument(inspection, name);
                    }
                }
                if matches!(key, "target" | "class_path") {
                    named_call(inspection, value);
                }
                if key == "loader_module" && !value.starts_with("mlflow.") && !value.is_empty() {
                    target(inspection, &format!("{value}.load"), true);
                }
                if key == "license" && !value.is_empty() {
                    inspection.licence = Some(value.to_owned());
                }
                if key == "trust_remote_code" && value == "true" {
                    inspection.report(
                        Verdict::Unknown,
                        technique::REMOTE_CODE,
                        offset,
                        "the configuration asks for trust_remote_code",
                    );
                }
            }
        }
        offset += line_len + 1;
    }
}
