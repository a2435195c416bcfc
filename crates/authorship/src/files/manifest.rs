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
    #[serde(default)]
    pub(super) gem: Vec<Box<str>>,
    #[serde(default)]
    pub(super) composer: Vec<Box<str>>,
    #[serde(default)]
    pub(super) nuget: Vec<Box<str>>,
    /// No library that the product calls: what a tool leaves in what it wrote.
    #[serde(default)]
    pub(super) scaffold: bool,
}

pub(crate) const SOURCE: &str = include_str!("../../data/libraries.toml");

#[derive(Default)]
struct Names {
    exact: FxHashMap<Box<str>, &'static Row>,
    prefixes: Vec<(Box<str>, &'static Row)>,
}

impl Names {
    fn new(names: impl Iterator<Item = (&'static Box<str>, &'static Row)>) -> Self {
        let mut all = Self::default();
        for (name, row) in names {
            match name.strip_suffix('*') {
                Some(prefix) => all.prefixes.push((prefix.into(), row)),
                None => {
                    all.exact.insert(name.clone(), row);
                }
            }
        }
        all
    }

    fn sign(&self, name: &str) -> Option<ContentSign> {
        let row = self.exact.get(name).or_else(|| {
            let prefixed = self
                .prefixes
                .iter()
                .find(|(prefix, _)| name.starts_with(&**prefix));
            prefixed.map(|(_, row)| row)
        })?;
        Some(ContentSign {
            tool: ToolId::new(row.tool.clone()),
            kind: if row.scaffold {
                SignalKind::Residue
            } else {
                SignalKind::Dependency
            },
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
    gem: Names,
    composer: Names,
    nuget: Names,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| crate::table::embedded(SOURCE));

static LIBRARIES: LazyLock<Libraries> = LazyLock::new(|| {
    let names = |of: fn(&'static Row) -> &'static Vec<Box<str>>| {
        let rows = TABLE.library.iter();
        Names::new(rows.flat_map(|row| of(row).iter().map(move |name| (name, row))))
    };
    Libraries {
        python: names(|row| &row.python),
        npm: names(|row| &row.npm),
        go: names(|row| &row.go),
        rust: names(|row| &row.rust),
        maven: names(|row| &row.maven),
        gem: names(|row| &row.gem),
        composer: names(|row| &row.composer),
        nuget: names(|row| &row.nuget),
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

/// `openai = "*"` in a Pipfile.
pub(super) fn pipfile(content: &[u8]) -> Vec<ContentSign> {
    let Some(root) = toml_table(content) else {
        return Vec::new();
    };
    ["packages", "dev-packages"]
        .iter()
        .filter_map(|section| root.get(*section)?.as_table())
        .flat_map(toml::Table::keys)
        .filter_map(|name| LIBRARIES.python.sign(&python_name(name)))
        .collect()
}

/// What `install_requires` and `extras_require` list.
pub(super) fn setup_cfg(content: &[u8]) -> Vec<ContentSign> {
    let mut signs = Vec::new();
    let (mut section, mut listing) = ("", false);
    for line in content.lines().filter_map(|line| line.to_str().ok()) {
        let is_indented = line.starts_with([' ', '\t']);
        let text = line.trim();
        if text.starts_with('[') {
            (section, listing) = (text, false);
            continue;
        }
        let requirement = if is_indented {
            listing.then_some(text)
        } else {
            let (key, value) = text.split_once('=').unwrap_or((text, ""));
            listing = section == "[options]" && key.trim() == "install_requires"
                || section == "[options.extras_require]";
            listing.then_some(value)
        };
        for one in requirement
            .into_iter()
            .flat_map(|list| list.split(';').take(1))
        {
            signs.extend(python_requirement(one));
        }
    }
    signs
}

/// Texts in quotes in the lists of `install_requires` and `extras_require`.
pub(super) fn setup_py(content: &[u8]) -> Vec<ContentSign> {
    let Ok(text) = content.to_str() else {
        return Vec::new();
    };
    let mut signs = Vec::new();
    for argument in ["install_requires", "extras_require"] {
        for (at, _) in text.match_indices(argument) {
            let list = text.get(at + argument.len()..).unwrap_or_default();
            let list = list
                .trim_start()
                .strip_prefix(['=', ':'])
                .unwrap_or_default();
            for quoted in bracketed(list).split(['"', '\'']).skip(1).step_by(2) {
                signs.extend(python_requirement(quoted));
            }
        }
    }
    signs
}

/// The bracket that a text begins with, up to where it is closed.
fn bracketed(text: &str) -> &str {
    let mut depth = 0_u32;
    for (at, c) in text.trim_start().char_indices() {
        match c {
            '[' | '{' | '(' => depth += 1,
            ']' | '}' | ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return text.trim_start().get(..at).unwrap_or_default();
        }
    }
    ""
}

/// Items of a conda environment, those of pip among them.
pub(super) fn conda(content: &[u8]) -> Vec<ContentSign> {
    content
        .lines()
        .filter_map(|line| python_requirement(line.to_str().ok()?.trim().strip_prefix("- ")?))
        .collect()
}

/// `gem "openai"`.
pub(super) fn gemfile(content: &[u8]) -> Vec<ContentSign> {
    content
        .lines()
        .filter_map(|line| {
            let named = line.to_str().ok()?.trim().strip_prefix("gem")?;
            let named = named.trim_start_matches([' ', '(']);
            LIBRARIES.gem.sign(named.split(['"', '\'']).nth(1)?)
        })
        .collect()
}

pub(super) fn composer_json(content: &[u8]) -> Vec<ContentSign> {
    let Ok(json) = serde_json::from_slice::<Value>(content) else {
        return Vec::new();
    };
    ["require", "require-dev"]
        .iter()
        .filter_map(|section| json.get(section)?.as_object())
        .flat_map(|section| section.keys())
        .filter_map(|name| LIBRARIES.composer.sign(name))
        .collect()
}

/// `<PackageReference Include="OpenAI" Version="2.0" />`.
pub(super) fn msbuild(content: &[u8]) -> Vec<ContentSign> {
    let Ok(text) = content.to_str() else {
        return Vec::new();
    };
    let named = text.split('<').filter_map(|element| {
        let rest = ["PackageReference", "PackageVersion"]
            .iter()
            .find_map(|name| element.strip_prefix(name))?;
        let (_, value) = rest.split_once("Include=")?;
        value.split(['"', '\'']).nth(1)
    });
    // Names are the same whatever their case.
    named
        .filter_map(|name| LIBRARIES.nuget.sign(&name.to_ascii_lowercase()))
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
