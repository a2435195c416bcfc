//! JavaScript and TypeScript imports: relative paths, aliases of `tsconfig.json`, packages of a
//! workspace.

use std::collections::BTreeMap;

use serde_json::Value;
use trueline_facts::RepoPath;

use super::{Project, UnitId, below, parent};

/// Extensions that an import leaves out, in the order in which they are tried.
const EXTENSIONS: &[&str] = &["ts", "tsx", "mts", "cts", "js", "jsx", "mjs", "cjs"];

/// Names that stand for folders.
#[derive(Debug, Default)]
pub(super) struct Aliases {
    /// By the folder of the `tsconfig.json`, longest first.
    configs: Vec<Config>,
    /// Folders of the workspace's packages by name, with their entry file.
    packages: BTreeMap<String, Package>,
}

#[derive(Debug)]
struct Config {
    folder: String,
    /// Where bare names are looked for first.
    base: Option<String>,
    /// `@app/*` → `src/app/*`, most specific first; folders are from the top of the tree.
    paths: Vec<(String, Vec<String>)>,
}

#[derive(Debug)]
struct Package {
    folder: String,
    entry: Option<String>,
}

impl Aliases {
    pub(super) fn read(manifests: &[(RepoPath, String)]) -> Self {
        let mut aliases = Self::default();
        for (path, text) in manifests {
            let Ok(path) = std::str::from_utf8(path.as_bytes()) else {
                continue;
            };
            if matches!(path.rsplit('/').next(), Some("go.mod" | "go.work")) {
                continue;
            }
            let folder = parent(path);
            let Ok(json) = serde_json::from_str::<Value>(&without_comments(text)) else {
                continue;
            };
            if path.ends_with("package.json") {
                let Some(name) = json.get("name").and_then(Value::as_str) else {
                    continue;
                };
                let entry = ["source", "module", "main"]
                    .iter()
                    .find_map(|key| json.get(key).and_then(Value::as_str))
                    .map(ToOwned::to_owned);
                aliases.packages.entry(name.to_owned()).or_insert(Package {
                    folder: folder.to_owned(),
                    entry,
                });
            } else if let Some(config) = config(folder, &json) {
                aliases.configs.push(config);
            }
        }
        aliases.configs.sort_by(|a, b| {
            b.folder
                .len()
                .cmp(&a.folder.len())
                .then(a.folder.cmp(&b.folder))
        });
        aliases
    }
}

fn config(folder: &str, json: &Value) -> Option<Config> {
    let options = json.get("compilerOptions")?;
    let base_url = options.get("baseUrl").and_then(Value::as_str);
    let base = base_url.and_then(|base| normal(folder, base));
    let mut paths = Vec::new();
    let listed = options.get("paths").and_then(Value::as_object);
    for (pattern, targets) in listed.into_iter().flatten() {
        let from = base.as_deref().unwrap_or(folder);
        let targets = targets.as_array().into_iter().flatten();
        let targets: Vec<String> = targets.filter_map(|t| normal(from, t.as_str()?)).collect();
        paths.push((pattern.clone(), targets));
    }
    paths.sort_by(|a, b| b.0.len().cmp(&a.0.len()).then(a.0.cmp(&b.0)));
    (base.is_some() || !paths.is_empty()).then(|| Config {
        folder: folder.to_owned(),
        base,
        paths,
    })
}

impl Project {
    pub(super) fn resolve_script(&self, from: &str, module: &str) -> Option<UnitId> {
        if module.starts_with('.') {
            return self.script(&normal(parent(from), module)?);
        }
        if module.starts_with('/') {
            return None;
        }
        for config in &self.scripts.configs {
            let inside = config.folder.is_empty()
                || from
                    .strip_prefix(config.folder.as_str())
                    .is_some_and(|rest| rest.starts_with('/'));
            if !inside {
                continue;
            }
            for (pattern, targets) in &config.paths {
                let Some(middle) = matched(pattern, module) else {
                    continue;
                };
                for target in targets {
                    let path = target.replacen('*', middle, 1);
                    if let Some(unit) = normal("", &path).and_then(|p| self.script(&p)) {
                        return Some(unit);
                    }
                }
            }
            if let Some(base) = &config.base
                && let Some(unit) = normal(base, module).and_then(|p| self.script(&p))
            {
                return Some(unit);
            }
        }
        self.workspace_package(module)
    }

    fn workspace_package(&self, module: &str) -> Option<UnitId> {
        let segments = if module.starts_with('@') { 2 } else { 1 };
        let end = module
            .match_indices('/')
            .nth(segments - 1)
            .map_or(module.len(), |(at, _)| at);
        let package = self.scripts.packages.get(module.get(..end)?)?;
        let rest = module.get(end..).unwrap_or("").trim_start_matches('/');
        if rest.is_empty() {
            let entry = package.entry.as_deref();
            return entry
                .and_then(|e| normal(&package.folder, e))
                .and_then(|p| self.script(&p))
                .or_else(|| self.script(&below(&package.folder, "src")))
                .or_else(|| self.script(&package.folder));
        }
        self.script(&below(&package.folder, rest))
            .or_else(|| self.script(&below(&below(&package.folder, "src"), rest)))
    }

    /// A file by a path that may lack its extension or name a folder.
    fn script(&self, path: &str) -> Option<UnitId> {
        let exact = self.at(path).filter(|_| has_extension(path));
        if exact.is_some() {
            return exact;
        }
        for extension in EXTENSIONS {
            if let Some(unit) = self.at(&format!("{path}.{extension}")) {
                return Some(unit);
            }
        }
        // TypeScript is imported by the name of what it will be compiled to.
        for (compiled, written) in [
            (".js", &["ts", "tsx"][..]),
            (".jsx", &["tsx"][..]),
            (".mjs", &["mts"][..]),
            (".cjs", &["cts"][..]),
        ] {
            if let Some(stem) = path.strip_suffix(compiled) {
                let found = written
                    .iter()
                    .find_map(|extension| self.at(&format!("{stem}.{extension}")));
                if found.is_some() {
                    return found;
                }
            }
        }
        EXTENSIONS
            .iter()
            .find_map(|extension| self.at(&below(path, &format!("index.{extension}"))))
    }
}

fn has_extension(path: &str) -> bool {
    path.rsplit_once('.')
        .is_some_and(|(_, extension)| EXTENSIONS.contains(&extension))
}

/// What a `*` of a pattern stands for, if the pattern matches.
fn matched<'m>(pattern: &str, module: &'m str) -> Option<&'m str> {
    match pattern.split_once('*') {
        None => (pattern == module).then_some(""),
        Some((head, tail)) => module.strip_prefix(head)?.strip_suffix(tail),
    }
}

/// A path relative to a folder without `.` and `..`; `None` if it leaves the tree.
pub(super) fn normal(folder: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|p| !p.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            other => parts.push(other),
        }
    }
    Some(parts.join("/"))
}

/// JSON without comments and trailing commas, which these files may have.
fn without_comments(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    let mut quoted = false;
    while let Some(c) = chars.next() {
        if quoted {
            out.push(c);
            match c {
                '\\' => out.extend(chars.next()),
                '"' => quoted = false,
                _ => {}
            }
            continue;
        }
        match c {
            '"' => {
                quoted = true;
                out.push(c);
            }
            '/' if chars.peek() == Some(&'/') => {
                for c in chars.by_ref() {
                    if c == '\n' {
                        break;
                    }
                }
            }
            '/' if chars.peek() == Some(&'*') => {
                let mut last = ' ';
                for c in chars.by_ref() {
                    if last == '*' && c == '/' {
                        break;
                    }
                    last = c;
                }
            }
            '}' | ']' => {
                let kept = out.trim_end().len();
                if out.get(..kept).is_some_and(|t| t.ends_with(',')) {
                    out.truncate(kept - 1);
                }
                out.push(c);
            }
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_trailing_commas_are_left_out_but_not_of_texts() {
        assert_eq!(
            without_comments("{ // a\n \"b\": \"//c\\\"\", /* d */ \"e\": [1,],\n}"),
            "{  \"b\": \"//c\\\"\",  \"e\": [1]}"
        );
    }

    #[test]
    fn paths_never_leave_the_tree() {
        assert_eq!(normal("a/b", "../c").as_deref(), Some("a/c"));
        assert_eq!(normal("a", "../../c"), None);
        assert_eq!(matched("@app/*", "@app/x/y"), Some("x/y"));
        assert_eq!(matched("@app/*", "@apps/x"), None);
    }
}
