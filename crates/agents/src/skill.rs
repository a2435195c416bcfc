//! What lies beside a skill's head: programs without source, archives, scripts that hide or hand over.

use std::sync::LazyLock;

use regex::bytes::{Regex, RegexBuilder};
use trueline_facts::{RepoPath, Severity};

use crate::command::{self, Script};
use crate::discovery::Kind;
use crate::finding::{Draft, Found};
use crate::prose;
use crate::rule::Id;
use crate::settings::is_installer;

/// First bytes of programs and of code without source.
const PROGRAMS: &[(&[u8], &str)] = &[
    (b"\x7fELF", "a program for Linux"),
    (b"MZ", "a program for Windows"),
    (b"\xcf\xfa\xed\xfe", "a program for macOS"),
    (b"\xca\xfe\xba\xbe", "a program for macOS or a Java class"),
    (b"\0asm", "a WebAssembly program"),
];
/// Names of code without source and of archives.
const OPAQUE: &[(&str, &str, bool)] = &[
    ("pyc", "Python code without its source", true),
    ("pyo", "Python code without its source", true),
    ("so", "a library without source", true),
    ("dylib", "a library without source", true),
    ("dll", "a library without source", true),
    ("exe", "a program without source", true),
    ("class", "Java code without its source", true),
    ("jar", "Java code without its source", true),
    ("zip", "an archive", false),
    ("tar", "an archive", false),
    ("gz", "an archive", false),
    ("7z", "an archive", false),
    ("rar", "an archive", false),
];

/// Patterns of scripts that do what no skill needs: read against the text in lower case.
const DECODES_AND_RUNS: &str = r"\b(?:exec|eval|compile|function|__import__)\s*\([^\n]{0,200}(?:b64decode|b85decode|a85decode|fromhex|unhexlify|decompress|codecs\.decode|atob\s*\(|buffer\.from\s*\([^\n]{0,120}base64|marshal\.loads|rot13|fromcharcode)";
const DECODES: &str =
    r"(?:b64decode|b85decode|fromhex|unhexlify|marshal\.loads|atob\s*\(|zlib\.decompress)";
const RUNS: &str = r"(?:^|[^.\w])(?:exec|eval)\s*\(\s*[a-z_]";
const DUMPS_ENVIRONMENT: &str = r"(?:os\.environ\.items\s*\(|dumps\s*\(\s*(?:dict\s*\()?\s*os\.environ|for\s+\w+(?:\s*,\s*\w+)?\s+in\s+os\.environ|json\.stringify\s*\(\s*process\.env|object\.(?:entries|keys)\s*\(\s*process\.env)";
const SECRET_FILES: &str = r#"(?:\.ssh[/\\"']|id_rsa|id_ed25519|\.aws[/\\"']|\.netrc|\.npmrc|\.pypirc|\.git-credentials|/etc/shadow|\.kube/config|\.docker/config|login data|wallet\.dat|cookies\.sqlite|\.gnupg)"#;
const SENDS: &str = r"(?:requests\.(?:post|put|get|request)|urlopen|urllib\.request|http\.client|httpx\.|aiohttp|socket\.socket|fetch\s*\(\s*[`'\x22]https?|axios\.|https?\.request\s*\(|xmlhttprequest|smtplib|ftplib|paramiko|curl\s)";

struct Patterns {
    decodes_and_runs: Option<Regex>,
    decodes: Option<Regex>,
    runs: Option<Regex>,
    dumps: Option<Regex>,
    files: Option<Regex>,
    sends: Option<Regex>,
}

static PATTERNS: LazyLock<Patterns> = LazyLock::new(|| {
    let build = |pattern: &str| {
        RegexBuilder::new(pattern)
            .unicode(false)
            .multi_line(true)
            .build()
            .ok()
    };
    Patterns {
        decodes_and_runs: build(DECODES_AND_RUNS),
        decodes: build(DECODES),
        runs: build(RUNS),
        dumps: build(DUMPS_ENVIRONMENT),
        files: build(SECRET_FILES),
        sends: build(SENDS),
    }
});

pub(crate) fn check(found: &mut Found<'_>) {
    let path = found.file.path;
    let extension = path.extension().to_ascii_lowercase();
    let extension = String::from_utf8_lossy(&extension).into_owned();
    if let Some((_, what)) = PROGRAMS
        .iter()
        .find(|(magic, _)| found.file.head.starts_with(magic))
    {
        found.add(Draft::new(
            Id::SkillPayload,
            (0, 0),
            format!("the skill brings {what}: nobody can read what it does"),
        ));
        return;
    }
    // Whether its source is there only the other files say.
    if source_of(path).is_some() {
        return;
    }
    if let Some((_, what, certain)) = OPAQUE.iter().find(|(name, ..)| *name == extension) {
        let draft = Draft::new(
            Id::SkillPayload,
            (0, 0),
            format!("the skill brings {what}: nobody can read what it does"),
        );
        found.add(if *certain {
            draft
        } else {
            draft.severity(Severity::Medium).uncertain()
        });
        return;
    }
    if found.file.kind == Kind::SkillBinary {
        return;
    }
    match extension.as_str() {
        "md" | "mdx" | "txt" => prose::check(found),
        "sh" | "bash" | "zsh" | "ps1" => shell(found),
        "yaml" | "yml" | "json" | "toml" => collecting(found),
        "py" | "js" | "mjs" | "cjs" | "ts" | "rb" | "pl" => script(found),
        _ => {}
    }
}

/// The source that Python compiled `__pycache__/name.cpython-311.pyc` from.
pub(crate) fn source_of(path: &RepoPath) -> Option<Vec<u8>> {
    let path = path.as_bytes();
    let (folder, name) = path.split_at(path.iter().rposition(|b| *b == b'/')?);
    let name = name.strip_suffix(b".pyc")?;
    let tag = name.iter().position(|b| *b == b'.')?;
    let folder = folder.strip_suffix(b"__pycache__")?;
    if !folder.is_empty() && !folder.ends_with(b"/") {
        return None;
    }
    let stem = name.get(1..tag)?;
    Some([folder, stem, b".py"].concat())
}

/// Compiled Python in a skill; with its source beside it Python made it, as it does whenever that runs.
pub(crate) fn compiled(has_source: bool, found: &mut Found<'_>) {
    found.add(if has_source {
        Draft::new(
            Id::SkillPayload,
            (0, 0),
            "the skill brings compiled Python beside its source: nobody sees whether it was made of it"
                .to_owned(),
        )
        .severity(Severity::Medium)
        .uncertain()
    } else {
        Draft::new(
            Id::SkillPayload,
            (0, 0),
            "the skill brings Python code without its source: nobody can read what it does".to_owned(),
        )
    });
}

fn shell(found: &mut Found<'_>) {
    for risk in Script::read(found.file.text).risks() {
        let draft = Draft::new(
            risk.id,
            (risk.start, risk.end),
            format!("a script of the skill {}", risk.message),
        );
        let words = &found.file.text[risk.start..risk.end];
        let is_usual = risk.id == Id::DownloadAndRun
            && !risk.is_suspicious
            && is_installer(&risk.message, words);
        found.add(if is_usual { draft.uncertain() } else { draft });
    }
}

/// An address in a configuration that shows its requests to whoever made it.
fn collecting(found: &mut Found<'_>) {
    let mut start = 0;
    for line in found.file.text.split_inclusive('\n') {
        if line.contains("://") && command::collects(line) {
            found.add(Draft::new(
                Id::SkillPayload,
                (start, start + line.trim_end().len()),
                "the skill speaks to a host that collects requests".to_owned(),
            ));
        }
        start += line.len();
    }
}

/// Where a text in lower case decodes something and runs it.
pub(crate) fn decodes_and_runs(lower: &str) -> Option<(usize, usize)> {
    let pattern = PATTERNS.decodes_and_runs.as_ref()?;
    let found = pattern.find(lower.as_bytes())?;
    Some((found.start(), found.end()))
}

/// Where a text in lower case takes all variables of its environment.
pub(crate) fn dumps_environment(lower: &str) -> Option<(usize, usize)> {
    let found = PATTERNS.dumps.as_ref()?.find(lower.as_bytes())?;
    Some((found.start(), found.end()))
}

fn script(found: &mut Found<'_>) {
    collecting(found);
    let lower = found.file.text.to_ascii_lowercase();
    let at = |pattern: &Option<Regex>| {
        pattern
            .as_ref()
            .and_then(|p| p.find(lower.as_bytes()))
            .map(|m| (m.start(), m.end()))
    };
    let p = &*PATTERNS;
    if let Some(place) = at(&p.decodes_and_runs) {
        found.add(Draft::new(
            Id::SkillPayload,
            place,
            "a script of the skill decodes something and runs it".to_owned(),
        ));
    } else if at(&p.decodes).is_some()
        && let Some(place) = at(&p.runs)
    {
        found.add(Draft::new(
            Id::SkillPayload,
            place,
            "a script of the skill decodes something and runs code that is made at run time"
                .to_owned(),
        ));
    }
    if let Some(place) = at(&p.dumps).or_else(|| at(&p.files))
        && at(&p.sends).is_some()
    {
        found.add(Draft::new(
            Id::SkillPayload,
            place,
            "a script of the skill collects secrets and speaks to the network".to_owned(),
        ));
    }
}
