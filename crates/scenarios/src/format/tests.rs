//! Which tests a file declares, read from its text: the engine lists and starts them before any of it runs.

use std::sync::LazyLock;

use regex::Regex;
use trueline_facts::Cwe;

use super::{Malformed, line_at};

/// A declared exploit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DeclaredExploit {
    /// Its name.
    pub name: String,
    /// The weakness that it shows.
    pub cwe: Cwe,
}

fn decorators(name: &str) -> Option<Regex> {
    Regex::new(&format!(
        r#"(?m)^@{name}\(\s*(?:"((?:[^"\\\n]|\\.)*)"|'((?:[^'\\\n]|\\.)*)')\s*(?:,\s*cwe\s*=\s*([0-9]+)\s*)?,?\s*\)|^@{name}\b"#
    ))
    .ok()
}

static FUNCTIONAL: LazyLock<Option<Regex>> = LazyLock::new(|| decorators("functional"));
static EXPLOIT: LazyLock<Option<Regex>> = LazyLock::new(|| decorators("exploit"));

/// Names of the functional tests.
pub fn functional(text: &str, file: &str) -> Result<Vec<String>, Malformed> {
    let found = declared(text, file, FUNCTIONAL.as_ref())?;
    Ok(found.into_iter().map(|(name, _, _)| name).collect())
}

/// The exploits.
pub fn exploits(text: &str, file: &str) -> Result<Vec<DeclaredExploit>, Malformed> {
    declared(text, file, EXPLOIT.as_ref())?
        .into_iter()
        .map(|(name, cwe, line)| match cwe {
            Some(cwe) => Ok(DeclaredExploit { name, cwe }),
            None => Err(Malformed {
                file: file.to_owned(),
                line,
                message: "an exploit names its weakness: @exploit(\"name\", cwe=89)".to_owned(),
            }),
        })
        .collect()
}

type Declared = (String, Option<Cwe>, usize);

fn declared(text: &str, file: &str, pattern: Option<&Regex>) -> Result<Vec<Declared>, Malformed> {
    let mut found: Vec<Declared> = Vec::new();
    for captures in pattern.into_iter().flat_map(|p| p.captures_iter(text)) {
        let line = line_at(text, captures.get(0).map_or(0, |all| all.start()));
        let wrong = |message: String| Malformed {
            file: file.to_owned(),
            line,
            message,
        };
        let name = captures.get(1).or_else(|| captures.get(2));
        let Some(name) = name.map(|name| unescaped(name.as_str())) else {
            return Err(wrong(
                "write the name as a literal in the decorator: @functional(\"name\") or @exploit(\"name\", cwe=89)"
                    .to_owned(),
            ));
        };
        if found.iter().any(|(known, _, _)| *known == name) {
            return Err(wrong(format!("two tests are called `{name}`")));
        }
        let cwe = captures.get(3).and_then(|n| n.as_str().parse().ok());
        found.push((name, cwe.map(Cwe), line));
    }
    Ok(found)
}

/// The escapes that names have in practice.
fn unescaped(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        out.push(match (c, c == '\\') {
            (_, true) => chars.next().unwrap_or('\\'),
            (c, false) => c,
        });
    }
    out
}
