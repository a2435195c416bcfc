//! What comes with the code: tests, documents, model files, silenced findings.
//!
//! Told by names and texts of added lines; nothing runs, nothing is looked up.

use std::sync::LazyLock;

use bstr::ByteSlice;
use regex::Regex;
use trueline_authorship::generated;
use trueline_facts::RepoPath;
use trueline_facts::change::{
    AddedSuppression, AuthorKind, Change, ChangedModel, FactName, FileClass, Hunk, PublicItem,
};
use trueline_history::signals::dependencies;

use super::lines::Written;
use super::{Changed, judge, unknown};
use crate::baseline::Baseline;
use crate::packages::PackageData;
use crate::place::Place;
use crate::{artifacts, suppress};

/// Lines that a comment before a name, or a docstring after it, may be away.
const NEAR: usize = 12;

/// What a change is made of.
pub(super) struct Surroundings<'a> {
    pub(super) place: &'a Place,
    pub(super) files: &'a [Changed],
    pub(super) written: &'a Written,
    /// Files that tell of packages.
    pub(super) packages: &'a PackageData,
}

/// Adds tests, documents, models and silenced findings.
pub(super) fn add(change: &mut Change, of: &Surroundings<'_>) {
    tests(change, of);
    docs(change, of);
    models(change, of);
    suppressions(change, of);
    if of.written.blind && !change.hunks.is_empty() {
        unknown(
            change,
            FactName::Origins,
            "nothing was recorded while these lines were written: `trueline hook install` lets AI tools tell",
        );
    }
}

/// What a file is, by its path.
pub(crate) fn class(path: &RepoPath) -> FileClass {
    let bytes = path.as_bytes();
    if generated::is_generated(bytes) {
        return FileClass::Generated;
    }
    if dependencies::is_manifest(path) {
        return FileClass::Manifest;
    }
    if is_test(path) {
        return FileClass::Test;
    }
    let extension = path.extension().to_ascii_lowercase();
    if matches!(&*extension, b"md" | b"rst" | b"adoc" | b"txt" | b"mdx") {
        return FileClass::Docs;
    }
    if trueline_syntax::language_of(bytes).is_some() || is_source(&extension) {
        return FileClass::Source;
    }
    FileClass::Other
}

/// Extensions of source code that has no front end.
fn is_source(extension: &[u8]) -> bool {
    const KNOWN: [&[u8]; 22] = [
        b"rs", b"c", b"h", b"cc", b"cpp", b"hpp", b"cs", b"kt", b"kts", b"swift", b"rb", b"php",
        b"scala", b"m", b"mm", b"dart", b"lua", b"pl", b"ex", b"exs", b"vue", b"svelte",
    ];
    KNOWN.contains(&extension)
}

fn is_test(path: &RepoPath) -> bool {
    const FOLDERS: [&[u8]; 7] = [
        b"test",
        b"tests",
        b"__tests__",
        b"spec",
        b"specs",
        b"testdata",
        b"e2e",
    ];
    let mut parts: Vec<&[u8]> = path.as_bytes().split(|byte| *byte == b'/').collect();
    let name = parts.pop().unwrap_or_default();
    parts.iter().any(|folder| FOLDERS.contains(folder)) || tested_stem(name).is_some()
}

/// The name of what a test file tests: `app` of `test_app.py`, `app.spec.ts`, `AppTest.java`.
fn tested_stem(name: &[u8]) -> Option<String> {
    let name = name.to_str().ok()?;
    let stem = name.split('.').next().unwrap_or(name);
    for marker in [".test.", ".spec.", ".cy.", ".e2e."] {
        if name.contains(marker) {
            return Some(stem.to_lowercase());
        }
    }
    let bare = stem
        .strip_prefix("test_")
        .or_else(|| stem.strip_suffix("_test"))
        .or_else(|| stem.strip_suffix("_spec"))
        .or_else(|| stem.strip_suffix("Tests"))
        .or_else(|| stem.strip_suffix("Test"))
        .or_else(|| stem.strip_suffix("Spec"))
        .or_else(|| stem.strip_suffix("IT"))?;
    (!bare.is_empty()).then(|| bare.to_lowercase())
}

fn stem(path: &RepoPath) -> String {
    let name = path.file_name().to_str_lossy().into_owned();
    name.split('.').next().unwrap_or(&name).to_lowercase()
}

fn folder(path: &RepoPath) -> &[u8] {
    let bytes = path.as_bytes();
    bytes.rfind_byte(b'/').map_or(b"", |slash| &bytes[..slash])
}

/// The folder of the package that a file or a test lies in: what is before `src`, `lib` or a folder of
/// tests.
fn package(path: &RepoPath) -> Vec<u8> {
    const INNER: [&[u8]; 8] = [
        b"src",
        b"lib",
        b"test",
        b"tests",
        b"__tests__",
        b"spec",
        b"specs",
        b"app",
    ];
    let parts = folder(path).split(|byte| *byte == b'/');
    let outer: Vec<&[u8]> = parts.take_while(|part| !INNER.contains(part)).collect();
    outer.join(&b'/')
}

fn tests(change: &mut Change, of: &Surroundings<'_>) {
    let touched: Vec<&Changed> = of
        .files
        .iter()
        .filter(|file| file.class == FileClass::Test && file.delta.after.is_some())
        .collect();
    let lines = |file: &&Changed| {
        of.written
            .counts
            .get(file.path())
            .map_or(0, |(added, _)| *added)
    };
    change.tests.added_lines = touched.iter().map(lines).sum();
    change.tests.touched = touched.iter().map(|file| file.path().clone()).collect();
    let covers = |test: &RepoPath, source: &RepoPath| {
        let name = test.file_name();
        tested_stem(name) == Some(stem(source))
            || stem(test) == stem(source)
            || folder(test) == folder(source)
            || (package(test) == package(source) && !package(source).is_empty())
    };
    let mut without: Vec<RepoPath> = Vec::new();
    for file in of
        .files
        .iter()
        .filter(|file| file.class == FileClass::Source)
    {
        let path = file.path();
        let mut own = of.written.hunks.iter().filter(|hunk| hunk.path == *path);
        if !own.any(|hunk| hunk.origin == AuthorKind::Ai) {
            continue;
        }
        let has_inner = added(file, of.written).any(|(_, line, _)| {
            let line = line.trim();
            line == "#[test]" || line == "#[cfg(test)]" || line.starts_with(">>> ")
        });
        let mut tests = change.tests.touched.iter();
        if !has_inner && !tests.any(|test| covers(test, path)) {
            without.push(path.clone());
        }
    }
    change.tests.ai_code_without_tests = without;
}

/// Added lines of a file: number from 1, text, hunk.
pub(super) fn added<'f>(
    file: &'f Changed,
    written: &'f Written,
) -> impl Iterator<Item = (u32, &'f str, &'f Hunk)> {
    let text = file.after.as_deref().unwrap_or_default();
    text.lines()
        .zip(1..)
        .filter_map(|(line, number)| Some((number, line, written.line(file.path(), number)?)))
}

static RUST: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"^\s*pub (?:async |unsafe |const )*(?:fn|struct|enum|trait|type|union) ([A-Za-z_]\w*)",
    )
    .ok()
});
static PYTHON: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^(?: {4})?(?:async )?(?:def|class) ([A-Za-z]\w*)").ok());
static SCRIPT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"^\s*export (?:default )?(?:async )?(?:abstract )?(?:function\*?|class|interface|enum) ([A-Za-z_$][\w$]*)").ok()
});
static GO: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^(?:func (?:\([^)]*\) )?|type )([A-Z]\w*)").ok());
static JAVA: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"^\s*public (?:(?:static|final|abstract|synchronized|sealed) )*(?:class |interface |enum |record |[\w<>\[\], ]+ )([A-Za-z_]\w*)\s*[({<]").ok()
});

/// How public names and their documents are told in a language.
enum Docs {
    /// A comment of these beginnings stands above.
    Above(&'static LazyLock<Option<Regex>>, &'static [&'static str]),
    /// A docstring stands below.
    Below(&'static LazyLock<Option<Regex>>),
}

fn docs_of(path: &RepoPath) -> Option<Docs> {
    Some(match &**path.extension() {
        b"rs" => Docs::Above(&RUST, &["///", "#[doc", "/**", "*/"]),
        b"py" => Docs::Below(&PYTHON),
        b"ts" | b"tsx" | b"js" | b"jsx" | b"mjs" | b"mts" => Docs::Above(&SCRIPT, &["*/", "//"]),
        b"go" => Docs::Above(&GO, &["//", "*/"]),
        b"java" => Docs::Above(&JAVA, &["*/", "//", "@Override"]),
        _ => return None,
    })
}

fn docs(change: &mut Change, of: &Surroundings<'_>) {
    change.docs.touched = of
        .files
        .iter()
        .filter(|file| file.class == FileClass::Docs && file.delta.after.is_some())
        .map(|file| file.path().clone())
        .collect();
    let mut unread = false;
    for file in of
        .files
        .iter()
        .filter(|file| file.class == FileClass::Source)
    {
        let Some(docs) = docs_of(file.path()) else {
            unread |= of
                .written
                .hunks
                .iter()
                .any(|hunk| hunk.path == *file.path());
            continue;
        };
        let text = file.after.as_deref().unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        for (number, line, hunk) in added(file, of.written) {
            let at = number as usize - 1;
            let name = match &docs {
                Docs::Above(regex, marks) => {
                    named(regex, line).filter(|_| !has_comment_above(&lines, at, marks))
                }
                Docs::Below(regex) => {
                    named(regex, line).filter(|_| !has_docstring_below(&lines, at))
                }
            };
            if let Some(name) = name {
                change.docs.public_without_docs.push(PublicItem {
                    path: file.path().clone(),
                    line: number,
                    name: name.to_owned(),
                    origin: hunk.origin,
                });
            }
        }
    }
    change.docs.public_without_docs.sort();
    if unread && change.docs.public_without_docs.is_empty() {
        unknown(
            change,
            FactName::PublicDocs,
            "public names are told in Rust, Python, JavaScript, TypeScript, Go and Java only",
        );
    }
}

fn named<'l>(regex: &LazyLock<Option<Regex>>, line: &'l str) -> Option<&'l str> {
    let found = regex.as_ref()?.captures(line)?.get(1)?.as_str();
    (!found.starts_with('_')).then_some(found)
}

/// A comment right above, past attributes and decorators.
fn has_comment_above(lines: &[&str], at: usize, marks: &[&str]) -> bool {
    for line in lines[..at].iter().rev().take(NEAR) {
        let line = line.trim();
        if marks
            .iter()
            .any(|mark| line.starts_with(mark) || line.ends_with(mark))
        {
            return true;
        }
        if !(line.starts_with("#[") || line.starts_with('@')) {
            return false;
        }
    }
    false
}

/// A docstring after the end of the signature.
fn has_docstring_below(lines: &[&str], at: usize) -> bool {
    let mut in_signature = true;
    for line in lines[at..].iter().take(NEAR) {
        let line = line.trim();
        if in_signature {
            let code = line.split(" #").next().unwrap_or(line).trim_end();
            in_signature = !code.ends_with(':');
            continue;
        }
        if line.is_empty() {
            continue;
        }
        let plain = line.trim_start_matches(['r', 'R', 'u', 'b', 'f']);
        return plain.starts_with("\"\"\"") || plain.starts_with("'''") || plain.starts_with('"');
    }
    false
}

fn models(change: &mut Change, of: &Surroundings<'_>) {
    let repository = of.place.repository();
    for file in of.files {
        let path = file.path();
        let Some(after) = file.delta.after.filter(|_| artifacts::is_model_file(path)) else {
            continue;
        };
        let bytes = repository.and_then(|repository| repository.blob(after));
        let artifact = match bytes {
            Some(bytes) if !is_pointer(&bytes) => {
                Some(trueline_artifacts::check_bytes(bytes, path.clone()))
            }
            // Larger than a blob that is read: the work tree's file, if it is the same.
            _ => artifacts::of_work_tree(of.place, path),
        };
        change.models.push(match artifact {
            Some(artifact) => ChangedModel {
                path: path.clone(),
                format: artifact.formats.join(", "),
                verdict: Some(artifact.verdict),
                reason: artifact
                    .reasons
                    .iter()
                    .max_by_key(|reason| reason.verdict)
                    .map_or_else(String::new, |reason| crate::redacted(&reason.message)),
            },
            None => ChangedModel {
                path: path.clone(),
                format: String::new(),
                verdict: None,
                reason: String::new(),
            },
        });
    }
    change.models.sort();
    if change.models.iter().any(|model| model.verdict.is_none()) {
        unknown(
            change,
            FactName::Models,
            "the content of a model file is not here: fetch it (`git lfs pull`) and check the commit out",
        );
    }
}

/// Stands for content that is kept elsewhere.
fn is_pointer(bytes: &[u8]) -> bool {
    bytes.starts_with(b"version https://git-lfs.github.com/spec/")
}

/// Comments by which other tools are told to be quiet.
const FOREIGN: [(&str, &str); 7] = [
    ("nosec", "bandit"),
    ("nosemgrep", "semgrep"),
    ("NOSONAR", "sonar"),
    ("codeql[", "codeql"),
    ("lgtm[", "codeql"),
    ("gitleaks:allow", "gitleaks"),
    ("eslint-disable", "eslint"),
];

fn suppressions(change: &mut Change, of: &Surroundings<'_>) {
    for file in of.files {
        let path = file.path();
        let text = file.after.as_deref().unwrap_or_default();
        if judge::is_baseline(path) {
            let before = judge::baseline_entries(file.before.as_deref().unwrap_or_default());
            let after = Baseline::parse(text);
            for (rule, of_path, fingerprint) in after.iter().flat_map(Baseline::entries) {
                if !before.contains(fingerprint) {
                    change.suppressions.push(AddedSuppression {
                        path: of_path.clone(),
                        line: 0,
                        rules: vec![rule.to_string()],
                        reason: "an entry of the baseline".to_owned(),
                        origin: AuthorKind::Unknown,
                    });
                }
            }
            continue;
        }
        if !matches!(
            file.class,
            FileClass::Source | FileClass::Test | FileClass::Other
        ) {
            continue;
        }
        for comment in suppress::comments(text) {
            if let Some(hunk) = of.written.line(path, comment.line) {
                change.suppressions.push(AddedSuppression {
                    path: path.clone(),
                    line: comment.line,
                    rules: comment.rules.clone(),
                    reason: comment.reason.clone(),
                    origin: hunk.origin,
                });
            }
        }
        for (number, line, hunk) in added(file, of.written) {
            let comment = ["#", "//", "/*", "<!--"]
                .iter()
                .filter_map(|mark| Some(line.split_once(mark)?.1))
                .max_by_key(|comment| comment.len());
            let Some(comment) = comment else { continue };
            if let Some((_, tool)) = FOREIGN.iter().find(|(mark, _)| comment.contains(mark)) {
                change.suppressions.push(AddedSuppression {
                    path: path.clone(),
                    line: number,
                    rules: vec![(*tool).to_owned()],
                    reason: crate::redacted(comment.trim()),
                    origin: hunk.origin,
                });
            }
        }
    }
    change.suppressions.sort();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_told_apart_by_their_names() {
        let class = |path: &str| super::class(&RepoPath::from(path));
        assert_eq!(class("src/app.py"), FileClass::Source);
        assert_eq!(class("src/test_app.py"), FileClass::Test);
        assert_eq!(class("tests/data/x.json"), FileClass::Test);
        assert_eq!(class("web/app.spec.ts"), FileClass::Test);
        assert_eq!(class("src/AppTest.java"), FileClass::Test);
        assert_eq!(class("src/contest.py"), FileClass::Source);
        assert_eq!(class("requirements.txt"), FileClass::Manifest);
        assert_eq!(class("README.md"), FileClass::Docs);
        assert_eq!(class("src/lib.rs"), FileClass::Source);
        assert_eq!(class("img/logo.png"), FileClass::Other);
        assert_eq!(class("package-lock.json"), FileClass::Generated);
    }

    #[test]
    fn documents_are_seen_above_and_below() {
        assert!(has_comment_above(
            &["/// Pays.", "#[must_use]", "pub fn pay() {}"],
            2,
            &["///"]
        ));
        assert!(!has_comment_above(
            &["/// Pays.", "", "pub fn pay() {}"],
            2,
            &["///"]
        ));
        assert!(has_docstring_below(
            &["def pay(a,", "        b):  # now", "    \"\"\"Pays.\"\"\""],
            0
        ));
        assert!(!has_docstring_below(&["def pay(a):", "    return a"], 0));
        assert_eq!(named(&RUST, "    pub async fn pay<T>() {"), Some("pay"));
        assert_eq!(named(&RUST, "    pub(crate) fn pay() {"), None);
        assert_eq!(named(&PYTHON, "def _pay():"), None);
        assert_eq!(named(&SCRIPT, "export async function pay() {"), Some("pay"));
        assert_eq!(named(&GO, "func (s *Shop) Pay() {"), Some("Pay"));
        assert_eq!(named(&GO, "func pay() {"), None);
        assert_eq!(
            named(&JAVA, "    public static void pay(int a) {"),
            Some("pay")
        );
    }
}
