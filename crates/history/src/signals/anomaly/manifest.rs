//! The entries of dependency manifests: package names and the versions asked for.
//!
//! Only what names an outside package counts; entries that point into the same repository
//! (`path`, `workspace`, `link:`) do not. Some formats also pin what their entries need in turn, and say so: those
//! are no decision of whoever edits the file. A manifest that does not parse has no entries, and the caller treats
//! the change as not understood.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use bstr::ByteSlice;
use regex::Regex;
use trueline_facts::RepoPath;

/// Package name to what is asked of it; empty where nothing is.
pub(in crate::signals) type Packages = BTreeMap<String, String>;

/// Manifests above this are generated or hostile.
pub(in crate::signals) const LARGEST: usize = 1 << 20;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Format {
    Cargo,
    Npm,
    Pyproject,
    Requirements,
    GoMod,
    Maven,
    Gradle,
    Composer,
    Gemfile,
}

/// Folders of test data.
const DATA: [&[u8]; 6] = [
    b"fixtures",
    b"__fixtures__",
    b"testdata",
    b"test-data",
    b"test_data",
    b"resources",
];
const TESTS: [&[u8]; 3] = [b"test", b"tests", b"__tests__"];

/// Is it test data, not what the product or its tests depend on? What lies right
/// in a folder of tests is the tests' own; what lies deeper is what they are run on.
pub(in crate::signals) fn is_test_data(path: &RepoPath) -> bool {
    let mut folders = path.as_bytes().split(|byte| *byte == b'/');
    folders.next_back();
    let folders: Vec<&[u8]> = folders.collect();
    folders.iter().enumerate().any(|(at, folder)| {
        DATA.contains(folder) || TESTS.contains(folder) && at + 1 < folders.len()
    })
}

/// Does it lie in a folder of test data? Such files are what tests are run on: they steer no agent of this repository. Narrower than
/// [`is_test_data`]: instructions in a folder of resources, or deep in the tests, are read by agents that work there.
pub(in crate::signals) fn is_fixture(path: &RepoPath) -> bool {
    let mut folders = path.as_bytes().split(|byte| *byte == b'/');
    folders.next_back();
    folders.any(|folder| folder != b"resources" && DATA.contains(&folder))
}

/// Is it a dependency manifest by its name?
pub(in crate::signals) fn is_manifest(path: &RepoPath) -> bool {
    format(path).is_some()
}

fn format(path: &RepoPath) -> Option<Format> {
    let name = path.file_name();
    Some(match &**name {
        b"Cargo.toml" => Format::Cargo,
        b"package.json" => Format::Npm,
        b"pyproject.toml" => Format::Pyproject,
        b"go.mod" => Format::GoMod,
        b"pom.xml" => Format::Maven,
        b"build.gradle" | b"build.gradle.kts" => Format::Gradle,
        b"composer.json" => Format::Composer,
        b"Gemfile" => Format::Gemfile,
        other if other.starts_with(b"requirements") && other.ends_with(b".txt") => {
            Format::Requirements
        }
        _ => return None,
    })
}

/// The entries of a manifest without those that only others need; `None` as for [`packages`].
pub(in crate::signals) fn direct_packages(path: &RepoPath, content: &[u8]) -> Option<Packages> {
    let mut found = packages(path, content)?;
    let text = content.to_str().ok()?;
    match format(path)? {
        Format::GoMod => go_mod(text, |module, _, remark| {
            let words: Vec<&str> = remark.split_whitespace().collect();
            if matches!(words.as_slice(), ["indirect"] | ["indirect;", ..]) {
                found.remove(module);
            }
        }),
        Format::Requirements => compiled(text, |line| {
            let mut indirect = Packages::new();
            requirement(line, &mut indirect);
            found.retain(|name, _| !indirect.contains_key(name));
        }),
        _ => {}
    }
    Some(found)
}

/// The entries of a manifest; `None` when it is none, is too large or does not parse.
pub(in crate::signals) fn packages(path: &RepoPath, content: &[u8]) -> Option<Packages> {
    if content.len() > LARGEST {
        return None;
    }
    let text = content.to_str().ok()?;
    let mut found = Packages::new();
    match format(path)? {
        Format::Cargo => cargo(&text.parse().ok()?, &mut found),
        Format::Pyproject => pyproject(&text.parse().ok()?, &mut found),
        Format::Npm => {
            let sections = [
                "dependencies",
                "devDependencies",
                "peerDependencies",
                "optionalDependencies",
            ];
            json_sections(&serde_json::from_str(text).ok()?, &sections, &mut found);
        }
        Format::Composer => {
            let sections = ["require", "require-dev"];
            json_sections(&serde_json::from_str(text).ok()?, &sections, &mut found);
        }
        Format::Requirements => text.lines().for_each(|line| requirement(line, &mut found)),
        Format::GoMod => go_mod(text, |module, version, _| {
            found.insert(module.to_owned(), version.to_owned());
        }),
        Format::Maven => maven(text, &mut found),
        Format::Gradle => capture(&GRADLE, text, &mut found),
        Format::Gemfile => capture(&GEMFILE, text, &mut found),
    }
    Some(found)
}

/// The type of a package URL that a manifest's entries are of.
pub(in crate::signals) fn purl_type(path: &RepoPath) -> Option<&'static str> {
    Some(match format(path)? {
        Format::Cargo => "cargo",
        Format::Npm => "npm",
        Format::Pyproject | Format::Requirements => "pypi",
        Format::GoMod => "golang",
        Format::Maven | Format::Gradle => "maven",
        Format::Composer => "composer",
        Format::Gemfile => "gem",
    })
}

fn cargo(manifest: &toml::Table, found: &mut Packages) {
    let mut tables: Vec<&toml::Table> = vec![manifest];
    tables.extend(manifest.get("workspace").and_then(toml::Value::as_table));
    if let Some(targets) = manifest.get("target").and_then(toml::Value::as_table) {
        tables.extend(targets.values().filter_map(toml::Value::as_table));
    }
    for table in tables {
        for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let Some(entries) = table.get(section).and_then(toml::Value::as_table) else {
                continue;
            };
            for (name, wanted) in entries {
                if let Some(details) = wanted.as_table() {
                    if details.contains_key("path") || details.contains_key("workspace") {
                        continue;
                    }
                    // An entry under another name is of the package that it names.
                    let name = details
                        .get("package")
                        .and_then(toml::Value::as_str)
                        .unwrap_or(name);
                    let parts: Vec<&str> = ["version", "git", "rev", "tag", "branch"]
                        .iter()
                        .filter_map(|key| details.get(*key)?.as_str())
                        .collect();
                    found.insert(name.to_owned(), parts.join(" "));
                } else {
                    found.insert(name.clone(), wanted.as_str().unwrap_or_default().to_owned());
                }
            }
        }
    }
}

fn pyproject(manifest: &toml::Table, found: &mut Packages) {
    let table = |keys: &[&str]| {
        let (first, rest) = keys.split_first()?;
        rest.iter()
            .try_fold(manifest.get(*first)?, |at, key| at.get(key))
    };
    let lists = [
        table(&["project", "dependencies"]),
        table(&["build-system", "requires"]),
    ];
    let groups = [
        table(&["project", "optional-dependencies"]),
        table(&["dependency-groups"]),
    ];
    let grouped = groups
        .into_iter()
        .flatten()
        .filter_map(toml::Value::as_table)
        .flat_map(toml::Table::values);
    for list in lists.into_iter().flatten().chain(grouped) {
        for line in list.as_array().into_iter().flatten() {
            requirement(line.as_str().unwrap_or_default(), found);
        }
    }
    let poetry = table(&["tool", "poetry", "group"])
        .and_then(toml::Value::as_table)
        .into_iter()
        .flat_map(toml::Table::values)
        .filter_map(|group| group.get("dependencies"));
    for entries in table(&["tool", "poetry", "dependencies"])
        .into_iter()
        .chain(poetry)
        .filter_map(toml::Value::as_table)
    {
        for (name, wanted) in entries {
            if name != "python" && wanted.get("path").is_none() {
                let version = wanted.as_str().or_else(|| wanted.get("version")?.as_str());
                found.insert(name.clone(), version.unwrap_or_default().to_owned());
            }
        }
    }
}

fn json_sections(manifest: &serde_json::Value, sections: &[&str], found: &mut Packages) {
    for entries in sections
        .iter()
        .filter_map(|section| manifest.get(section)?.as_object())
    {
        for (name, wanted) in entries {
            let wanted = wanted.as_str().unwrap_or_default();
            let inside = ["workspace:", "file:", "link:", "portal:"];
            if !inside.iter().any(|prefix| wanted.starts_with(prefix)) {
                found.insert(name.clone(), wanted.to_owned());
            }
        }
    }
}

/// One line of `requirements.txt`, or one PEP 508 string.
fn requirement(line: &str, found: &mut Packages) {
    let line = line.split(" #").next().unwrap_or_default().trim();
    let end = line
        .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')))
        .unwrap_or(line.len());
    let (name, wanted) = line.split_at(end);
    if name.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        found.insert(
            name.to_ascii_lowercase().replace(['_', '.'], "-"),
            wanted.trim().trim_end_matches('\\').trim_end().to_owned(),
        );
    }
}

/// Calls `indirect` with the lines that pip-compile or uv wrote for what other packages need. They say where each
/// line comes from: `# via flask`, or `# via` and a list below it.
fn compiled<'t>(text: &'t str, mut indirect: impl FnMut(&'t str)) {
    let mut entry = None;
    let mut sources: Vec<&str> = Vec::new();
    let mut finish = |entry: Option<&'t str>, sources: &[&str]| {
        // A file (`-r requirements.in`, `shop (pyproject.toml)`) asks for what is direct.
        let is_package = |source: &&str| !source.contains([' ', '/', '(']);
        if !sources.is_empty() && sources.iter().all(is_package) {
            entry.into_iter().for_each(&mut indirect);
        }
    };
    let mut in_list = false;
    for line in text.lines() {
        let (wanted, remark) = match line.split_once('#') {
            Some((before, remark)) if before.is_empty() || before.ends_with([' ', '\t']) => {
                (before.trim(), Some(remark.trim()))
            }
            _ => (line.trim(), None),
        };
        if !wanted.is_empty() && !wanted.starts_with("--hash") {
            finish(entry, &sources);
            entry = Some(line);
            sources.clear();
            in_list = false;
        }
        let Some(remark) = remark else { continue };
        let list = match remark.strip_prefix("via") {
            Some(list) if list.is_empty() || list.starts_with(' ') => {
                in_list = true;
                list
            }
            _ if in_list => remark,
            _ => continue,
        };
        let list = list.split(',').map(str::trim);
        // A file of constraints asks for nothing.
        sources.extend(list.filter(|source| !source.is_empty() && !source.starts_with("-c ")));
    }
    finish(entry, &sources);
}

/// Calls `entry` with module, version and remark of each requirement.
fn go_mod<'t>(text: &'t str, mut entry: impl FnMut(&'t str, &'t str, &'t str)) {
    let mut in_block = false;
    for line in text.lines() {
        let (line, remark) = line.split_once("//").unwrap_or((line, ""));
        let line = line.trim();
        let wanted = if in_block {
            if line == ")" {
                in_block = false;
                continue;
            }
            line
        } else {
            let Some(rest) = line.strip_prefix("require") else {
                continue;
            };
            if rest.trim() == "(" {
                in_block = true;
                continue;
            }
            rest.trim()
        };
        if let Some((module, version)) = wanted.split_once(char::is_whitespace) {
            entry(module, version.trim(), remark);
        }
    }
}

static MAVEN: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?s)<dependency>(.*?)</dependency>").ok());
static EXCLUSIONS: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?s)<exclusions>.*?</exclusions>").ok());
static GRADLE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"(?m)^\s*\w*(?:[iI]mplementation|api|[cC]ompileOnly|[rR]untimeOnly|kapt|ksp)\s*\(?\s*["']([^"':\s]+:[^"':\s]+)(?::([^"'\s]+))?["']"#).ok()
});
static GEMFILE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"(?m)^\s*gem\s+["']([^"']+)["'](?:\s*,\s*["']([^"']*)["'])?"#).ok()
});

/// The entries of a `pom.xml`, as `group:artifact`; a group that is a property is kept as it is written.
fn maven(text: &str, found: &mut Packages) {
    let (Some(entries), Some(exclusions)) = (MAVEN.as_ref(), EXCLUSIONS.as_ref()) else {
        return;
    };
    for entry in entries.captures_iter(text) {
        let entry = exclusions.replace_all(entry.get(1).map_or("", |m| m.as_str()), "");
        let element = |name: &str| {
            let (_, rest) = entry.split_once(&format!("<{name}>"))?;
            let (value, _) = rest.split_once(&format!("</{name}>"))?;
            Some(value.trim()).filter(|value| !value.is_empty())
        };
        let Some(artifact) = element("artifactId") else {
            continue;
        };
        let name = match element("groupId") {
            Some(group) => format!("{group}:{artifact}"),
            None => artifact.to_owned(),
        };
        found.insert(name, element("version").unwrap_or_default().to_owned());
    }
}

fn capture(pattern: &LazyLock<Option<Regex>>, text: &str, found: &mut Packages) {
    let Some(pattern) = pattern.as_ref() else {
        return;
    };
    for entry in pattern.captures_iter(text) {
        let part = |ix| entry.get(ix).map_or("", |m| m.as_str()).to_owned();
        found.insert(part(1), part(2));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn names(path: &str, content: &str) -> Vec<String> {
        packages(&RepoPath::from(path), content.as_bytes())
            .unwrap()
            .into_iter()
            .map(|(name, wanted)| format!("{name} {wanted}").trim().to_owned())
            .collect()
    }

    #[test]
    fn manifests_that_tests_are_run_on_are_no_dependencies() {
        for path in [
            "test/ecosystem/llm/pyproject.toml",
            "crates/x/resources/Cargo.toml",
            "fixtures/package.json",
        ] {
            assert!(is_test_data(&RepoPath::from(path)), "{path}");
        }
        for path in [
            "tests/requirements.txt",
            "package.json",
            "apps/test-runner/package.json",
        ] {
            assert!(!is_test_data(&RepoPath::from(path)), "{path}");
        }
    }

    #[test]
    fn cargo_entries_leave_out_the_workspaces_own_packages() {
        let text = r#"
            [package]
            name = "x"
            version = "1.0.0"
            [dependencies]
            serde = { version = "1", features = ["derive"] }
            own = { version = "1.0.0", path = "../own" }
            shared.workspace = true
            [target.'cfg(unix)'.dependencies]
            libc = "0.2"
            [workspace.dependencies]
            gix = { git = "https://example.org/gix", rev = "abc" }
        "#;
        assert_eq!(
            names("crates/x/Cargo.toml", text),
            ["gix https://example.org/gix abc", "libc 0.2", "serde 1"]
        );
    }

    #[test]
    fn each_format_yields_its_entries() {
        let npm = r#"{"name":"x","dependencies":{"a":"^1","own":"workspace:*"},"devDependencies":{"b":"2"}}"#;
        assert_eq!(names("package.json", npm), ["a ^1", "b 2"]);
        let python = "[project]\ndependencies = ['Flask>=3', 'ruff']\n[dependency-groups]\ndev = ['py_test==8']\n[tool.poetry.dependencies]\npython = '^3'\nhttpx = {version = '1'}\n";
        assert_eq!(
            names("pyproject.toml", python),
            ["flask >=3", "httpx 1", "py-test ==8", "ruff"]
        );
        let requirements =
            "# all\n-r base.txt\nDjango==5.0 # web\nrequests[socks]>=2 \\\n    --hash=sha256:00\n";
        assert_eq!(
            names("requirements-dev.txt", requirements),
            ["django ==5.0", "requests [socks]>=2"]
        );
        let go = "module x\nrequire one.org/a v1.0.0\nrequire (\n\ttwo.org/b v2.0.0 // indirect\n)\nreplace two.org/b => ../b\n";
        assert_eq!(
            names("go.mod", go),
            ["one.org/a v1.0.0", "two.org/b v2.0.0"]
        );
        let maven = "<dependencies><dependency><groupId>g</groupId><artifactId>a</artifactId><version>1</version></dependency></dependencies>";
        assert_eq!(names("pom.xml", maven), ["g:a 1"]);
        let excluding = "<dependency><exclusions><exclusion><groupId>x</groupId><artifactId>y</artifactId></exclusion></exclusions>\n\
            <groupId> ${project.groupId} </groupId><artifactId>core</artifactId></dependency><dependency><artifactId>bare</artifactId></dependency>";
        assert_eq!(
            names("pom.xml", excluding),
            ["${project.groupId}:core", "bare"]
        );
        let gradle =
            "dependencies {\n  implementation(\"g:a:1.0\")\n  testImplementation 'g:t:2'\n}";
        assert_eq!(names("build.gradle.kts", gradle), ["g:a 1.0", "g:t 2"]);
        assert_eq!(names("Gemfile", "gem 'rails', '~> 8'\n"), ["rails ~> 8"]);
        let php = r#"{"require":{"php":">=8","a/b":"1"}}"#;
        assert_eq!(names("composer.json", php), ["a/b 1", "php >=8"]);
    }

    fn direct(path: &str, content: &str) -> Vec<String> {
        let found = direct_packages(&RepoPath::from(path), content.as_bytes()).unwrap();
        found.into_keys().collect()
    }

    #[test]
    fn what_only_other_packages_need_is_no_direct_dependency() {
        let go = "module x\nrequire one.org/a v1.0.0\nrequire two.org/b v2.0.0 //indirect\nrequire (\n\tthree.org/c v1.0.0 // indirect\n\tfour.org/d v1.0.0 // indirectly wanted too\n\tfive.org/e v1.0.0 // see issue 3\n)\n";
        assert_eq!(
            direct("go.mod", go),
            ["five.org/e", "four.org/d", "one.org/a"]
        );
        assert_eq!(names("go.mod", go).len(), 5);
        let pip = "#\n# This file is autogenerated by pip-compile\n#\n\
            --index-url https://example.org/simple\n\n\
            blinker==1.9.0\n    # via flask\n\
            flask[async]==3.1.0\n    # via -r requirements.in\n\
            jinja2==3.1.4\n    # via\n    #   -r requirements.in\n    #   flask\n\
            markupsafe==3.0.2 \\\n    --hash=sha256:00 \\\n    --hash=sha256:01\n    # via\n    #   -c constraints.txt\n    #   jinja2\n    #   werkzeug\n\
            werkzeug==3.1.3  # via flask, flask-login\n\
            gunicorn==23.0.0  # via shop (pyproject.toml)\n\
            redis==5.2.0  # via the queue\n\
            rich==13.9.4\n";
        assert_eq!(
            direct("requirements.txt", pip),
            ["flask", "gunicorn", "jinja2", "redis", "rich"]
        );
        assert_eq!(names("requirements.txt", pip).len(), 8);
    }

    #[test]
    fn a_remark_that_names_no_package_leaves_an_entry_direct() {
        for line in [
            "django==5.0 # web",
            "django==5.0 # viable until 5.1",
            "# via nothing\ndjango==5.0",
            "django @ https://example.org/django.zip#via",
            "django==5.0\n# asked for by\n# sales",
        ] {
            assert_eq!(direct("requirements.txt", line), ["django"], "{line}");
        }
    }

    #[test]
    fn lock_files_are_no_manifests() {
        for path in [
            "package-lock.json",
            "npm-shrinkwrap.json",
            "pnpm-lock.yaml",
            "yarn.lock",
            "go.sum",
            "Cargo.lock",
            "poetry.lock",
            "uv.lock",
            "composer.lock",
            "Gemfile.lock",
            "gradle.lockfile",
        ] {
            assert!(!is_manifest(&RepoPath::from(path)), "{path}");
        }
    }

    #[test]
    fn what_does_not_parse_is_not_understood_rather_than_empty() {
        assert!(packages(&RepoPath::from("package.json"), b"{").is_none());
        assert!(packages(&RepoPath::from("Cargo.toml"), b"\xff").is_none());
        assert!(packages(&RepoPath::from("src/main.rs"), b"").is_none());
    }

    #[test]
    fn every_pattern_compiles() {
        assert!(MAVEN.is_some() && EXCLUSIONS.is_some() && GRADLE.is_some() && GEMFILE.is_some());
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(name in "(Cargo|pyproject)\\.toml|package\\.json|go\\.mod|pom\\.xml|requirements\\.txt|Gemfile", bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            let path = RepoPath::from(name.as_str());
            let _ = packages(&path, &bytes);
            let _ = direct_packages(&path, &bytes);
        }

        #[test]
        fn any_requirement_line_yields_at_most_one_name(line in "\\PC{0,40}") {
            let mut found = Packages::new();
            requirement(&line, &mut found);
            prop_assert!(found.len() <= 1);
        }
    }
}
