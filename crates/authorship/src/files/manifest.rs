//! Libraries in dependency manifests: through which of them a product calls a model.
//!
//! Reads only names, never versions or URLs. Manifests that do not parse show nothing.

use std::sync::LazyLock;

use bstr::ByteSlice;
use rustc_hash::FxHashMap;
use serde::Deserialize;
use serde_json::Value;
use trueline_facts::ToolId;
use trueline_facts::shadow::SignalKind;

use super::ContentSign;

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    pub(super) library: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Row {
    pub(super) tool: Box<str>,
    #[serde(default)]
    pub(super) python: Vec<Box<str>>,
    #[serde(default)]
    pub(super) npm: Vec<Box<str>>,
    #[serde(default)]
    pub(super) go: Vec<Box<str>>,
    #[serde(default)]
    pub(super) rust: Vec<Box<str>>,
    #[serde(default)]
    pub(super) maven: Vec<Box<str>>,
}

pub(crate) const SOURCE: &str = include_str!("../../data/libraries.toml");

#[derive(Default)]
struct Names {
    exact: FxHashMap<Box<str>, Box<str>>,
    prefixes: Vec<(Box<str>, Box<str>)>,
}

impl Names {
    fn new<'t>(names: impl Iterator<Item = (&'t Box<str>, &'t Box<str>)>) -> Self {
        let mut all = Self::default();
        for (name, tool) in names {
            match name.strip_suffix('*') {
                Some(prefix) => all.prefixes.push((prefix.into(), tool.clone())),
                None => {
                    all.exact.insert(name.clone(), tool.clone());
                }
            }
        }
        all
    }

    fn sign(&self, name: &str) -> Option<ContentSign> {
        let tool = self.exact.get(name).or_else(|| {
            let prefixed = self
                .prefixes
                .iter()
                .find(|(prefix, _)| name.starts_with(&**prefix));
            prefixed.map(|(_, tool)| tool)
        })?;
        Some(ContentSign {
            tool: ToolId::new(tool.clone()),
            kind: SignalKind::Dependency,
            detail: name.to_owned(),
        })
    }
}

struct Libraries {
    python: Names,
    npm: Names,
    go: Names,
    rust: Names,
    maven: Names,
}

static LIBRARIES: LazyLock<Libraries> = LazyLock::new(|| {
    let table: Table = crate::table::embedded(SOURCE);
    let names = |of: fn(&Row) -> &Vec<Box<str>>| {
        Names::new(
            table
                .library
                .iter()
                .flat_map(|row| of(row).iter().map(move |n| (n, &row.tool))),
        )
    };
    Libraries {
        python: names(|row| &row.python),
        npm: names(|row| &row.npm),
        go: names(|row| &row.go),
        rust: names(|row| &row.rust),
        maven: names(|row| &row.maven),
    }
});

pub(super) fn package_json(content: &[u8]) -> Vec<ContentSign> {
    let Ok(json) = serde_json::from_slice::<Value>(content) else {
        return Vec::new();
    };
    [
        "dependencies",
        "devDependencies",
        "peerDependencies",
        "optionalDependencies",
    ]
    .iter()
    .filter_map(|section| json.get(section)?.as_object())
    .flat_map(|section| section.keys())
    .filter_map(|name| LIBRARIES.npm.sign(name))
    .collect()
}

pub(super) fn requirements(content: &[u8]) -> Vec<ContentSign> {
    content
        .lines()
        .filter_map(|line| python_requirement(line.to_str().ok()?))
        .collect()
}

/// The name at the head of a requirement: `langchain_openai[x]>=1 ; python_version > "3"`.
fn python_requirement(line: &str) -> Option<ContentSign> {
    let line = line.trim();
    let end = line
        .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')))
        .unwrap_or(line.len());
    LIBRARIES.python.sign(&python_name(line.get(..end)?))
}

/// PEP 503: lower case, runs of `-`, `_` and `.` are one `-`.
fn python_name(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for c in name.chars() {
        if matches!(c, '-' | '_' | '.') {
            if !out.ends_with('-') {
                out.push('-');
            }
        } else {
            out.push(c.to_ascii_lowercase());
        }
    }
    out
}

pub(super) fn pyproject(content: &[u8]) -> Vec<ContentSign> {
    let Some(root) = toml_table(content) else {
        return Vec::new();
    };
    let mut signs = Vec::new();
    let lists = |value: Option<&toml::Value>, signs: &mut Vec<ContentSign>| {
        let items = value.and_then(toml::Value::as_array).into_iter().flatten();
        signs.extend(items.filter_map(|item| python_requirement(item.as_str()?)));
    };
    let project = root.get("project").and_then(toml::Value::as_table);
    lists(
        project.and_then(|project| project.get("dependencies")),
        &mut signs,
    );
    let optional = project.and_then(|project| project.get("optional-dependencies"));
    for group in [optional, root.get("dependency-groups")] {
        for list in group
            .and_then(toml::Value::as_table)
            .into_iter()
            .flat_map(toml::Table::values)
        {
            lists(Some(list), &mut signs);
        }
    }
    let poetry = root.get("tool").and_then(|tool| tool.get("poetry"));
    let named = |value: Option<&toml::Value>, signs: &mut Vec<ContentSign>| {
        let keys = value
            .and_then(toml::Value::as_table)
            .into_iter()
            .flat_map(toml::Table::keys);
        signs.extend(keys.filter_map(|name| LIBRARIES.python.sign(&python_name(name))));
    };
    named(
        poetry.and_then(|poetry| poetry.get("dependencies")),
        &mut signs,
    );
    named(
        poetry.and_then(|poetry| poetry.get("dev-dependencies")),
        &mut signs,
    );
    let groups = poetry
        .and_then(|poetry| poetry.get("group"))
        .and_then(toml::Value::as_table);
    for group in groups.into_iter().flat_map(toml::Table::values) {
        named(group.get("dependencies"), &mut signs);
    }
    signs
}

pub(super) fn cargo_toml(content: &[u8]) -> Vec<ContentSign> {
    const SECTIONS: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];
    let Some(root) = toml_table(content) else {
        return Vec::new();
    };
    let mut signs = Vec::new();
    let mut tables = vec![&root];
    tables.extend(root.get("workspace").and_then(toml::Value::as_table));
    let targets = root.get("target").and_then(toml::Value::as_table);
    tables.extend(
        targets
            .into_iter()
            .flat_map(toml::Table::values)
            .filter_map(toml::Value::as_table),
    );
    for table in tables {
        for section in SECTIONS
            .iter()
            .filter_map(|section| table.get(*section)?.as_table())
        {
            for (name, dependency) in section {
                // `alias = { package = "real-name" }`
                let real = dependency
                    .get("package")
                    .and_then(toml::Value::as_str)
                    .unwrap_or(name);
                signs.extend(LIBRARIES.rust.sign(&real.replace('_', "-")));
            }
        }
    }
    signs
}

pub(super) fn go_mod(content: &[u8]) -> Vec<ContentSign> {
    let module = |line: &[u8]| {
        let line = line.to_str().ok()?.trim();
        if line.starts_with("//") || line.starts_with("module ") {
            return None;
        }
        let line = line
            .strip_prefix("require ")
            .unwrap_or(line)
            .trim_start_matches(['(', ' ']);
        LIBRARIES.go.sign(line.split_whitespace().next()?)
    };
    content.lines().filter_map(module).collect()
}

/// `<groupId>` followed by `<artifactId>`: the order of every pom, though XML does not demand it.
pub(super) fn pom(content: &[u8]) -> Vec<ContentSign> {
    let Ok(text) = content.to_str() else {
        return Vec::new();
    };
    let mut signs = Vec::new();
    for block in text.split("<groupId>").skip(1) {
        let Some((group, rest)) = block.split_once("</groupId>") else {
            continue;
        };
        let Some((_, rest)) = rest.split_once("<artifactId>") else {
            continue;
        };
        let Some((artifact, _)) = rest.split_once("</artifactId>") else {
            continue;
        };
        signs.extend(
            LIBRARIES
                .maven
                .sign(&format!("{}:{}", group.trim(), artifact.trim())),
        );
    }
    signs
}

/// Coordinates in quotes: `implementation("dev.langchain4j:langchain4j:1.0")`.
pub(super) fn gradle(content: &[u8]) -> Vec<ContentSign> {
    let Ok(text) = content.to_str() else {
        return Vec::new();
    };
    let code = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    let quoted = code.flat_map(|line| line.split(['"', '\'']).skip(1).step_by(2));
    quoted
        .filter_map(|coordinate| {
            let mut parts = coordinate.split(':');
            LIBRARIES
                .maven
                .sign(&format!("{}:{}", parts.next()?, parts.next()?))
        })
        .collect()
}

fn toml_table(content: &[u8]) -> Option<toml::Table> {
    content.to_str().ok()?.parse().ok()
}

/// JSON as editors write it: with comments and trailing commas.
pub(super) fn lenient_json(content: &[u8]) -> Option<Value> {
    if let Ok(value) = serde_json::from_slice(content) {
        return Some(value);
    }
    serde_json::from_slice(&without_comments(content)).ok()
}

fn without_comments(content: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(content.len());
    let mut rest = content;
    let mut in_string = false;
    while let Some((&byte, tail)) = rest.split_first() {
        if in_string {
            out.push(byte);
            if byte == b'\\'
                && let Some((&escaped, tail)) = tail.split_first()
            {
                out.push(escaped);
                rest = tail;
                continue;
            }
            in_string = byte != b'"';
            rest = tail;
        } else if rest.starts_with(b"//") {
            rest = rest
                .find_byte(b'\n')
                .and_then(|at| rest.get(at..))
                .unwrap_or_default();
        } else if rest.starts_with(b"/*") {
            rest = rest
                .find("*/")
                .and_then(|at| rest.get(at + 2..))
                .unwrap_or_default();
        } else {
            if matches!(byte, b']' | b'}') {
                while out.last().is_some_and(u8::is_ascii_whitespace) {
                    out.pop();
                }
                if out.last() == Some(&b',') {
                    out.pop();
                }
            }
            in_string = byte == b'"';
            out.push(byte);
            rest = tail;
        }
    }
    out
}
