//! Lock files: which version of each package is installed.
//!
//! Read for the versions that manifests leave open, and for what comes with a dependency. A form that is not known has
//! no entries, and the caller says so.

use std::collections::BTreeSet;

use bstr::ByteSlice;
use serde_json::Value;
use trueline_facts::RepoPath;

use super::{Package, package};

/// A package at a version.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Locked {
    pub(crate) package: Package,
    pub(crate) version: String,
    /// As the file writes the name.
    pub(crate) name: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Format {
    /// `[[package]]` with name and version, of a type.
    Toml(&'static str),
    Npm,
    Yarn,
    Pipfile,
    Composer,
    Gemfile,
    Pnpm,
    Bun,
    Gradle,
    /// Known by its name alone.
    Unread,
}

fn format(path: &RepoPath) -> Option<Format> {
    Some(match &**path.file_name() {
        b"Cargo.lock" => Format::Toml("cargo"),
        b"poetry.lock" | b"uv.lock" | b"pdm.lock" | b"pylock.toml" => Format::Toml("pypi"),
        b"package-lock.json" | b"npm-shrinkwrap.json" => Format::Npm,
        b"yarn.lock" => Format::Yarn,
        b"Pipfile.lock" => Format::Pipfile,
        b"composer.lock" => Format::Composer,
        b"Gemfile.lock" => Format::Gemfile,
        b"pnpm-lock.yaml" => Format::Pnpm,
        b"bun.lock" => Format::Bun,
        b"gradle.lockfile" => Format::Gradle,
        // The binary form of Bun before 1.2.
        b"bun.lockb" => Format::Unread,
        _ => return None,
    })
}

/// Is it a lock file by its name?
pub(crate) fn is_lock(path: &RepoPath) -> bool {
    format(path).is_some()
}

/// The entries of a lock file; `None` where its form is not read or broken.
pub(crate) fn entries(path: &RepoPath, text: &str) -> Option<BTreeSet<Locked>> {
    let mut found = BTreeSet::new();
    let mut add = |kind: &'static str, name: &str, version: &str| {
        if let Some(package) = package(kind, name).filter(|_| !version.is_empty()) {
            found.insert(Locked {
                package,
                version: version.to_owned(),
                name: name.to_owned(),
            });
        }
    };
    match format(path)? {
        Format::Toml(kind) => {
            let table = text.parse::<toml::Table>().ok()?;
            let entries = ["package", "packages"]
                .iter()
                .filter_map(|key| table.get(*key)?.as_array())
                .flatten();
            for entry in entries {
                let text = |key: &str| entry.get(key).and_then(toml::Value::as_str);
                // The workspace's own packages come from no registry: Cargo gives those no source, uv a folder.
                let source = entry.get("source");
                let own = match kind {
                    "cargo" => !source.and_then(toml::Value::as_str).is_some_and(|source| {
                        source.starts_with("registry+") || source.starts_with("sparse+")
                    }),
                    _ => source.is_some_and(|source| {
                        ["editable", "virtual", "directory", "path"]
                            .iter()
                            .any(|key| source.get(*key).is_some())
                    }),
                };
                if let (Some(name), Some(version), false) = (text("name"), text("version"), own) {
                    add(kind, name, version);
                }
            }
        }
        Format::Npm => {
            let document: Value = serde_json::from_str(text).ok()?;
            npm(&document, &mut add);
        }
        Format::Yarn => yarn(text, &mut add),
        Format::Pipfile => {
            let document: Value = serde_json::from_str(text).ok()?;
            for entries in ["default", "develop"]
                .iter()
                .filter_map(|key| document.get(*key)?.as_object())
            {
                for (name, entry) in entries {
                    let version = entry.get("version").and_then(Value::as_str);
                    add(
                        "pypi",
                        name,
                        version.unwrap_or_default().trim_start_matches('='),
                    );
                }
            }
        }
        Format::Composer => {
            let document: Value = serde_json::from_str(text).ok()?;
            for entry in ["packages", "packages-dev"]
                .iter()
                .filter_map(|key| document.get(*key)?.as_array())
                .flatten()
            {
                let text = |key: &str| entry.get(key).and_then(Value::as_str).unwrap_or_default();
                add("composer", text("name"), text("version"));
            }
        }
        Format::Gemfile => gemfile(text, &mut add),
        Format::Pnpm => pnpm(text, &mut add)?,
        Format::Bun => bun(text, &mut add)?,
        Format::Gradle => gradle(text, &mut add),
        Format::Unread => return None,
    }
    Some(found)
}

fn npm(document: &Value, add: &mut impl FnMut(&'static str, &str, &str)) {
    let version = |entry: &Value| {
        let version = entry.get("version").and_then(Value::as_str);
        version.unwrap_or_default().to_owned()
    };
    if let Some(packages) = document.get("packages").and_then(Value::as_object) {
        for (place, entry) in packages {
            let Some((_, name)) = place.rsplit_once("node_modules/") else {
                continue;
            };
            if entry.get("link").and_then(Value::as_bool) == Some(true) {
                continue;
            }
            // An alias has the name of what it stands for beside it.
            let name = entry.get("name").and_then(Value::as_str).unwrap_or(name);
            add("npm", name, &version(entry));
        }
        return;
    }
    // The form of npm 6, whose entries nest; a reader of JSON bounds how deep.
    let mut open: Vec<&Value> = document.get("dependencies").into_iter().collect();
    while let Some(entries) = open.pop() {
        for (name, entry) in entries.as_object().into_iter().flatten() {
            let version = version(entry);
            if semver::Version::parse(&version).is_ok() {
                add("npm", name, &version);
            }
            open.extend(entry.get("dependencies"));
        }
    }
}

/// Of Yarn 1 (`version "1.0"`) and later ones (`version: 1.0`).
fn yarn(text: &str, add: &mut impl FnMut(&'static str, &str, &str)) {
    let mut name: Option<String> = None;
    for line in text.lines() {
        if !line.starts_with([' ', '#']) && line.trim_end().ends_with(':') {
            let first = line.trim_end().trim_end_matches(':');
            let first = first
                .split(", ")
                .next()
                .unwrap_or_default()
                .trim_matches('"');
            // What follows the name's own `@` is the range that was asked for.
            let at = first
                .get(1..)
                .and_then(|rest| rest.find('@'))
                .map(|at| at + 1);
            let Some((own, range)) = at.map(|at| first.split_at(at)) else {
                // What Yarn says of the file itself.
                name = None;
                continue;
            };
            let local = ["@workspace:", "@file:", "@link:", "@portal:", "@patch:"];
            let is_local = local.iter().any(|prefix| range.starts_with(prefix));
            name = (!is_local).then(|| match range.strip_prefix("@npm:") {
                // `alias@npm:real@^1`
                Some(real) if real.get(1..).is_some_and(|rest| rest.contains('@')) => {
                    let end = real
                        .get(1..)
                        .and_then(|rest| rest.find('@'))
                        .map_or(real.len(), |at| at + 1);
                    real[..end].to_owned()
                }
                _ => own.to_owned(),
            });
        } else if let Some(version) = line.strip_prefix("  version")
            && let Some(name) = name.take()
        {
            let version = version.trim_start_matches(':').trim().trim_matches('"');
            add("npm", &name, version);
        }
    }
}

/// `    name (1.2.3)` below `GEM`: four blanks are a package, six what it asks for.
fn gemfile(text: &str, add: &mut impl FnMut(&'static str, &str, &str)) {
    let mut in_gems = false;
    for line in text.lines() {
        if !line.starts_with(' ') {
            in_gems = line.trim() == "GEM";
            continue;
        }
        let Some(entry) = line
            .strip_prefix("    ")
            .filter(|entry| in_gems && !entry.starts_with(' '))
        else {
            continue;
        };
        if let Some((name, version)) = entry.split_once(" (") {
            // `1.2.3-x86_64-linux` is the version with a platform.
            let version = version.trim_end_matches(')');
            add("gem", name, version.split('-').next().unwrap_or(version));
        }
    }
}

/// The keys below `packages:`: `name@1.0.0` since version 9, `/name@1.0.0(peer@2.0.0)` in 6, `/name/1.0.0_peer@2.0.0`
/// in 5. `None` where no version of the form is said.
fn pnpm(text: &str, add: &mut impl FnMut(&'static str, &str, &str)) -> Option<()> {
    let says_version = |line: &str| line.starts_with("lockfileVersion:");
    if !text.lines().any(says_version) {
        return None;
    }
    let mut in_packages = false;
    for line in text.lines() {
        if !line.starts_with([' ', '#']) && !line.is_empty() {
            in_packages = line.trim_end() == "packages:";
            continue;
        }
        let Some(key) = line
            .strip_prefix("  ")
            .filter(|key| in_packages && !key.starts_with(' '))
            .map(str::trim_end)
            .and_then(|key| key.strip_suffix(':').or_else(|| key.strip_suffix(": {}")))
        else {
            continue;
        };
        let key = key.trim_matches(['\'', '"']);
        let key = key.split('(').next().unwrap_or(key);
        let entry = key.strip_prefix('/').unwrap_or(key);
        let scope = if entry.starts_with('@') {
            entry.find('/').map_or(0, |at| at + 1)
        } else {
            0
        };
        let (in_scope, rest) = entry.split_at(scope);
        let Some((name, version)) = rest.split_once(['@', '/']) else {
            continue;
        };
        // Version 5 hangs peers on with `_`, which a version never has; addresses and folders are no versions.
        let version = version.split('_').next().unwrap_or(version);
        if semver::Version::parse(version).is_ok() {
            add("npm", &format!("{in_scope}{name}"), version);
        }
    }
    Some(())
}

/// `packages` of Bun's text form, JSON with commas before closing brackets: the first item of an entry is `name@version`.
fn bun(text: &str, add: &mut impl FnMut(&'static str, &str, &str)) -> Option<()> {
    let document: Value = serde_json::from_str(&without_last_commas(text)).ok()?;
    for entry in document.get("packages")?.as_object()?.values() {
        let Some((name, version)) = entry
            .get(0)
            .and_then(Value::as_str)
            .and_then(|first| first.rsplit_once('@'))
        else {
            continue;
        };
        if semver::Version::parse(version).is_ok() {
            add("npm", name, version);
        }
    }
    Some(())
}

/// JSON as its standard has it: no comma before `]` or `}`.
fn without_last_commas(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut in_string = false;
    let mut is_escaped = false;
    // The comma that was met last, and nothing but blanks since.
    let mut comma: Option<usize> = None;
    for c in text.chars() {
        if in_string {
            in_string = is_escaped || c != '"';
            is_escaped = !is_escaped && c == '\\';
        } else if matches!(c, ']' | '}') {
            if let Some(at) = comma.take() {
                kept.remove(at);
            }
        } else if c == ',' {
            comma = Some(kept.len());
        } else if !c.is_whitespace() {
            comma = None;
            in_string = c == '"';
        }
        kept.push(c);
    }
    kept
}

/// `group:artifact:version=configurations`
fn gradle(text: &str, add: &mut impl FnMut(&'static str, &str, &str)) {
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let entry = line.split('=').next().unwrap_or_default().trim();
        let mut parts = entry.splitn(3, ':');
        if let (Some(group), Some(artifact), Some(version)) =
            (parts.next(), parts.next(), parts.next())
        {
            add("maven", &format!("{group}:{artifact}"), version);
        }
    }
}

/// The line, from 1, at which a lock file names an entry; 0 where it cannot be told.
pub(crate) fn line_of(text: &str, locked: &Locked) -> u32 {
    let mut named: Option<u32> = None;
    for (line, number) in text.lines().zip(1..) {
        let has_name = line.contains(&locked.name);
        if has_name && line.contains(&locked.version) {
            return number;
        }
        if has_name {
            named = Some(number);
        } else if line.contains(&locked.version)
            && let Some(named) = named.filter(|named| number - named <= 3)
        {
            return named;
        }
    }
    0
}

/// Does a lock file speak for the packages of a folder? It stands in it or above.
pub(crate) fn covers(lock: &RepoPath, manifest: &RepoPath) -> bool {
    let folder = |path: &RepoPath| {
        let bytes = path.as_bytes();
        let end = bytes.rfind_byte(b'/').map_or(0, |at| at + 1);
        bytes[..end].to_vec()
    };
    folder(manifest).starts_with(&folder(lock))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(path: &str, text: &str) -> Vec<String> {
        entries(&RepoPath::from(path), text)
            .unwrap()
            .into_iter()
            .map(|locked| {
                format!(
                    "{}/{} {}",
                    locked.package.0, locked.package.1, locked.version
                )
            })
            .collect()
    }

    #[test]
    fn each_format_yields_what_comes_from_a_registry() {
        let cargo = "[[package]]\nname = \"own\"\nversion = \"0.1.0\"\n[[package]]\nname = \"serde_json\"\nversion = \"1.0.1\"\nsource = \"registry+https://x\"\n\
                     [[package]]\nname = \"g\"\nversion = \"0.1.0\"\nsource = \"git+https://x\"\n";
        assert_eq!(read("Cargo.lock", cargo), ["cargo/serde-json 1.0.1"]);
        let uv = "[[package]]\nname = \"own\"\nversion = \"0\"\nsource = { editable = \".\" }\n[[package]]\nname = \"Flask\"\nversion = \"3.0.0\"\nsource = { registry = \"https://x\" }\n";
        assert_eq!(read("a/uv.lock", uv), ["pypi/flask 3.0.0"]);
        let npm = r#"{"packages": {"": {"version": "1.0.0"}, "node_modules/@a/b": {"version": "2.0.0"}, "node_modules/x/node_modules/y": {"version": "3.0.0"},
            "node_modules/own": {"link": true}, "packages/own": {"version": "1.0.0"}, "node_modules/z": {"name": "real", "version": "4.0.0"}}}"#;
        assert_eq!(
            read("package-lock.json", npm),
            ["npm/@a/b 2.0.0", "npm/real 4.0.0", "npm/y 3.0.0"]
        );
        let old = r#"{"dependencies": {"a": {"version": "1.0.0", "dependencies": {"b": {"version": "2.0.0"}}}, "c": {"version": "file:../c"}}}"#;
        assert_eq!(
            read("npm-shrinkwrap.json", old),
            ["npm/a 1.0.0", "npm/b 2.0.0"]
        );
        let yarn = "# yarn lockfile v1\n\n\"@a/b@^1.0.0\", \"@a/b@^1.1.0\":\n  version \"1.2.0\"\n  resolved \"x\"\n\nleft-pad@1.x:\n  version \"1.3.0\"\n";
        assert_eq!(
            read("yarn.lock", yarn),
            ["npm/@a/b 1.2.0", "npm/left-pad 1.3.0"]
        );
        let berry = "\"own@workspace:.\":\n  version: 0.0.0\n\n\"x@npm:^1.0.0\":\n  version: 1.0.5\n\n\"y@npm:real@^2.0.0\":\n  version: 2.0.1\n";
        assert_eq!(read("yarn.lock", berry), ["npm/real 2.0.1", "npm/x 1.0.5"]);
        let pip =
            r#"{"default": {"requests": {"version": "==2.0"}}, "develop": {"own": {"path": "."}}}"#;
        assert_eq!(read("Pipfile.lock", pip), ["pypi/requests 2.0"]);
        let php = r#"{"packages": [{"name": "a/B", "version": "v1.0"}]}"#;
        assert_eq!(read("composer.lock", php), ["composer/a/b v1.0"]);
        let gems = "PATH\n  specs:\n    own (0.1)\nGEM\n  specs:\n    rails (8.0.1)\n      rack (>= 3)\n    nokogiri (1.18.0-x86_64-linux)\nPLATFORMS\n    ruby\n";
        assert_eq!(
            read("Gemfile.lock", gems),
            ["gem/nokogiri 1.18.0", "gem/rails 8.0.1"]
        );
        let pnpm9 = "lockfileVersion: '9.0'\n\nimporters:\n\n  .:\n    dependencies:\n      a:\n        version: 1.0.0\n\npackages:\n\n  '@s/b@2.0.0':\n    resolution: {integrity: x}\n\n  \
                     a@1.0.0: {}\n\n  local@file:../local:\n    x: y\n\nsnapshots:\n\n  a@9.9.9:\n    x: y\n";
        assert_eq!(
            read("pnpm-lock.yaml", pnpm9),
            ["npm/@s/b 2.0.0", "npm/a 1.0.0"]
        );
        let pnpm6 = "lockfileVersion: '6.0'\npackages:\n\n  /@s/b@2.0.0(react@18.0.0):\n    x: y\n  /a@1.0.0-rc.1:\n    x: y\n";
        assert_eq!(
            read("pnpm-lock.yaml", pnpm6),
            ["npm/@s/b 2.0.0", "npm/a 1.0.0-rc.1"]
        );
        let pnpm5 = "lockfileVersion: 5.4\npackages:\n\n  /@s/b/2.0.0_react@18.0.0:\n    x: y\n  /a/1.0.0:\n    x: y\n";
        assert_eq!(
            read("pnpm-lock.yaml", pnpm5),
            ["npm/@s/b 2.0.0", "npm/a 1.0.0"]
        );
        let bun = "{\n  \"lockfileVersion\": 1,\n  \"packages\": {\n    \"@s/b\": [\"@s/b@2.0.0\", \"\", { \"bin\": \"a,}\", }, \"sha512-x\"],\n    \
                   \"own\": [\"own@workspace:own\", {}],\n    \"x/a\": [\"a@1.0.0\", \"\", {}, \"sha512-x\"],\n  }\n}\n";
        assert_eq!(read("bun.lock", bun), ["npm/@s/b 2.0.0", "npm/a 1.0.0"]);
        let gradle = "# This is a Gradle generated file\ng:a:1.0=compileClasspath,runtimeClasspath\ng.h:b:2.0-jre=x\nempty=annotationProcessor\n";
        assert_eq!(
            read("gradle.lockfile", gradle),
            ["maven/g.h:b 2.0-jre", "maven/g:a 1.0"]
        );
    }

    #[test]
    fn what_is_not_understood_is_not_empty() {
        for path in ["pnpm-lock.yaml", "bun.lock", "bun.lockb"] {
            assert!(entries(&RepoPath::from(path), "x").is_none(), "{path}");
            assert!(is_lock(&RepoPath::from(path)), "{path}");
        }
        assert!(entries(&RepoPath::from("Cargo.lock"), "[[").is_none());
        assert!(!is_lock(&RepoPath::from("package.json")));
    }

    #[test]
    fn an_entry_is_found_where_it_is_named() {
        let text = "[[package]]\nname = \"serde\"\nversion = \"1.0.1\"\n";
        let locked = entries(&RepoPath::from("uv.lock"), text).unwrap();
        assert_eq!(line_of(text, locked.first().unwrap()), 2);
        let lock = RepoPath::from("web/package-lock.json");
        assert!(covers(&lock, &RepoPath::from("web/app/package.json")));
        assert!(!covers(&lock, &RepoPath::from("package.json")));
        assert!(!covers(&lock, &RepoPath::from("website/package.json")));
    }
}
