//! Keys and passwords in the settings of Spring: `application*.properties` and `application*.yml`.
//!
//! A value that is read from the environment is none, and what stands in for a variable that is not set
//! is one only where the key signs. Settings for development and tests are left alone, and so is what
//! the settings for production of the same folder read from the environment.

use std::collections::{BTreeMap, BTreeSet};

use trueline_facts::{Finding, Fix, Location, Position, RepoPath};
use trueline_syntax::lines::LineIndex;

use crate::analysis::{SIGNING_FIX, SIGNING_MESSAGE, is_of_development, is_signing_key, words};
use crate::report::fingerprint;
use crate::rules::Rule;
use crate::rules::format::SecretSpec;

/// Parts of a key that are looked at for what it is, from its end.
const MAX_PARTS: usize = 3;

/// A setting with its value.
#[derive(Debug)]
struct Setting {
    /// `app.jwt.secret`.
    key: String,
    /// Bytes of the value in the file.
    at: (usize, usize),
    value: String,
}

/// What a value is.
#[derive(Debug, PartialEq, Eq)]
enum Value<'v> {
    /// It stands there.
    Written(&'v str),
    /// It stands in for a variable that is not set.
    StandIn(&'v str),
    /// It comes from elsewhere.
    Elsewhere,
}

/// Whether a file is the settings of a Spring application.
#[must_use]
pub fn is_settings(path: &RepoPath) -> bool {
    let path = path.display();
    let name = path.rsplit('/').next().unwrap_or(&path);
    let Some((stem, end)) = name.rsplit_once('.') else {
        return false;
    };
    let named = |head: &str| {
        let rest = stem.strip_prefix(head);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    };
    matches!(end, "properties" | "yml" | "yaml") && (named("application") || named("bootstrap"))
}

/// The findings in the settings of a tree, by file.
pub(crate) fn findings(
    rule: &Rule,
    becomes: &str,
    spec: &SecretSpec,
    files: &[(RepoPath, String)],
) -> Vec<Finding> {
    // Keys that the settings for production of a folder take from elsewhere.
    let mut overridden: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (path, text) in files {
        let path = path.display();
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", &path));
        if words(name).any(|w| matches!(w.as_str(), "prod" | "production")) {
            let keys = settings(name, text).into_iter();
            let keys = keys.filter(|s| value(&s.value) == Value::Elsewhere);
            let known = overridden.entry(folder.to_owned()).or_default();
            known.extend(keys.map(|s| s.key));
        }
    }
    let mut found = Vec::new();
    for (path, text) in files {
        let shown = path.display();
        let (folder, name) = shown.rsplit_once('/').unwrap_or(("", &shown));
        if is_of_development(folder) || is_of_development(name) || name.contains("example") {
            continue;
        }
        let lines = LineIndex::new(text);
        let nothing = BTreeSet::new();
        let overridden = overridden.get(folder).unwrap_or(&nothing);
        for setting in settings(name, text) {
            if overridden.contains(&setting.key) {
                continue;
            }
            let Some(message) = judge(becomes, spec, &setting) else {
                continue;
            };
            let position = |byte: usize| {
                let (line, column) = lines.position(text, byte as u32);
                Position { line, column }
            };
            let start = position(setting.at.0);
            let line = lines.line_text(text, start.line);
            let head = line.get(..line.find([':', '=']).map_or(0, |at| at + 1));
            found.push(Finding {
                rule: rule.id.clone(),
                engine: "trueline".to_owned(),
                cwe: rule.cwe.clone(),
                severity: rule.severity,
                confidence: rule.confidence,
                tier: rule.tier,
                message,
                location: Location {
                    path: path.clone(),
                    start,
                    end: position(setting.at.1),
                    snippet: format!("{}…", head.unwrap_or("")),
                },
                symbol: setting.key.clone(),
                trace: Vec::new(),
                fix: Some(Fix {
                    description: SIGNING_FIX.to_owned(),
                    patch: None,
                }),
                fingerprint: fingerprint(rule.id.as_str(), path, &setting.key, &setting.key, 0),
                origin: None,
                suppression: None,
                reported: None,
            });
        }
    }
    // One key set twice in one file is one finding.
    let mut known = BTreeSet::new();
    found.retain(|f: &Finding| known.insert(f.fingerprint.as_str().to_owned()));
    found
}

/// What is said of a setting, if its value is a secret.
fn judge(becomes: &str, spec: &SecretSpec, setting: &Setting) -> Option<String> {
    let (text, written) = match value(&setting.value) {
        Value::Written(text) => (text, true),
        Value::StandIn(text) => (text, false),
        Value::Elsewhere => return None,
    };
    let parts: Vec<&str> = setting.key.split('.').collect();
    let signs = (1..=MAX_PARTS.min(parts.len())).any(|count| {
        let end = parts.get(parts.len() - count..).unwrap_or_default();
        is_signing_key(&end.join("."))
    });
    let key = setting.key.replace('`', "'");
    if signs && text.chars().count() >= spec.min_length {
        return Some(SIGNING_MESSAGE.replace("{place}", &key));
    }
    let name = parts.last().copied().unwrap_or("");
    let secret = written
        && crate::secret::names_secret(spec, name)
        && crate::secret::is_secret(spec, name, text);
    let known = !crate::credential::find(spec, text).is_empty();
    (secret || known).then(|| format!("`{key}` {becomes}."))
}

/// What a value is: a text, a hole, or a hole with a text for the case that nothing fills it.
fn value(text: &str) -> Value<'_> {
    let Some(hole) = text.strip_prefix("${").and_then(|t| t.strip_suffix('}')) else {
        // Encrypted, put together from others, or filled in when it is built.
        let elsewhere = text.is_empty()
            || text.contains("${")
            || text.starts_with("ENC(")
            || text.starts_with("{cipher}")
            || text.starts_with(['<', '@', '#', '*', '|', '>', '['])
            || text.contains("classpath:")
            || text.contains("file:");
        return if elsewhere {
            Value::Elsewhere
        } else {
            Value::Written(text)
        };
    };
    match hole.split_once(':') {
        Some((_, default)) if !default.is_empty() && !default.contains("${") => {
            Value::StandIn(default)
        }
        _ => Value::Elsewhere,
    }
}

/// The settings of a file, without those of a part that is for development.
fn settings(name: &str, text: &str) -> Vec<Setting> {
    if name.ends_with(".properties") {
        return properties(text);
    }
    let mut all = Vec::new();
    let mut from = 0;
    for part in text.split("\n---") {
        let for_development = part.lines().any(|line| {
            let line = line.trim();
            let heads = ["on-profile:", "profiles:"];
            let profile = heads.iter().find_map(|head| line.strip_prefix(head));
            profile.is_some_and(is_of_development)
        });
        if !for_development {
            all.extend(yaml(part, from));
        }
        from += part.len() + "\n---".len();
    }
    all
}

fn properties(text: &str) -> Vec<Setting> {
    let mut all = Vec::new();
    let mut from = 0;
    for line in text.split('\n') {
        let begin = from;
        from += line.len() + 1;
        if line.trim_start().starts_with(['#', '!']) {
            continue;
        }
        let Some(sign) = line.find(['=', ':']) else {
            continue;
        };
        let (key, rest) = line.split_at(sign);
        let rest = rest.get(1..).unwrap_or("");
        let value = rest.trim();
        let at = begin + sign + 1 + (rest.len() - rest.trim_start().len());
        all.push(Setting {
            key: key.trim().to_owned(),
            at: (at, at + value.len()),
            value: value.to_owned(),
        });
    }
    all
}

/// Keys and plain values of block mappings; `from` is where the text begins in its file.
fn yaml(text: &str, from: usize) -> Vec<Setting> {
    let mut all = Vec::new();
    let mut path: Vec<(usize, String)> = Vec::new();
    let mut begin = from;
    for line in text.split('\n') {
        let start = begin;
        begin += line.len() + 1;
        let indent = line.len() - line.trim_start().len();
        let code = line.trim_start();
        if code.is_empty() || code.starts_with(['#', '-']) {
            continue;
        }
        let Some((key, rest)) = code.split_once(':') else {
            continue;
        };
        if !rest.is_empty() && !rest.starts_with([' ', '\r']) {
            continue;
        }
        while path.last().is_some_and(|(outer, _)| *outer >= indent) {
            path.pop();
        }
        let plain = match rest.find(" #") {
            Some(comment) => rest.get(..comment).unwrap_or(rest),
            None => rest,
        };
        let quoted = plain.trim();
        let value = quoted.trim_matches(['"', '\'']);
        let key = key.trim().trim_matches(['"', '\'']);
        let keys = path.iter().map(|(_, key)| key.as_str()).chain([key]);
        let whole = keys.collect::<Vec<_>>().join(".");
        if value.is_empty() {
            path.push((indent, key.to_owned()));
            continue;
        }
        let at = start + line.find(value).unwrap_or(0);
        all.push(Setting {
            key: whole,
            at: (at, at + value.len()),
            value: value.to_owned(),
        });
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_keys_are_written_with_dots() {
        let text =
            "spring:\n  datasource:\n    password: \"a b\" # why\njwt:\n  secret: ${JWT:x}\n";
        let found: Vec<(String, &str)> = yaml(text, 0)
            .into_iter()
            .map(|s| (s.key, &text[s.at.0..s.at.1]))
            .collect();
        assert_eq!(
            found,
            [
                ("spring.datasource.password".to_owned(), "a b"),
                ("jwt.secret".to_owned(), "${JWT:x}")
            ]
        );
    }

    #[test]
    fn a_hole_with_a_text_stands_in() {
        assert_eq!(value("${JWT_SECRET:abc}"), Value::StandIn("abc"));
        assert_eq!(value("${JWT_SECRET}"), Value::Elsewhere);
        assert_eq!(value("${JWT_SECRET:}"), Value::Elsewhere);
        assert_eq!(value("ENC(abc)"), Value::Elsewhere);
        assert_eq!(value("abc"), Value::Written("abc"));
    }
}
