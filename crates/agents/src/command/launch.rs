//! Programs that fetch a package and run it (`npx`, `uvx`, `docker run`, …): which package, and is its version fixed?

use super::{Command, Word};

/// Whether the same code comes tomorrow.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Pin {
    /// A version, a digest or a commit.
    Fixed,
    /// A tag that can be moved, as of an image.
    Movable,
    /// Whatever is newest.
    Floating,
    /// A file or folder of this machine.
    Local,
}

/// A package that is fetched and run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Launch {
    pub(crate) package: Word,
    /// Its name without the version.
    pub(crate) name: String,
    pub(crate) pin: Pin,
}

/// The package that a command fetches, if it does.
pub(crate) fn launch(command: &Command) -> Option<Launch> {
    let program = command.program()?;
    let words: Vec<&Word> = command
        .words
        .iter()
        .skip_while(|w| !w.text.to_ascii_lowercase().contains(&program))
        .skip(1)
        .collect();
    match program.as_str() {
        "npx" | "bunx" | "pnpx" => npm(&words),
        "bun" if first_is(&words, "x") => npm(&words[1..]),
        "npm" if first_is(&words, "exec") || first_is(&words, "x") => npm(&words[1..]),
        "pnpm" | "yarn" if first_is(&words, "dlx") => npm(&words[1..]),
        "deno" if first_is(&words, "run") => words
            .iter()
            .find(|w| {
                w.text.starts_with("npm:")
                    || w.text.starts_with("jsr:")
                    || w.text.starts_with("https://")
            })
            .map(|w| {
                if w.text.starts_with("https://") {
                    Launch {
                        package: (*w).clone(),
                        name: w.text.clone(),
                        pin: if w.text.contains('@') {
                            Pin::Fixed
                        } else {
                            Pin::Floating
                        },
                    }
                } else {
                    npm_spec(w, &w.text[4..])
                }
            }),
        "uvx" | "pipx" | "uv" => python(&program, &words),
        "docker" | "podman" | "nerdctl" if first_is(&words, "run") => image(&words[1..]),
        "cmd"
            if words
                .first()
                .is_some_and(|w| w.text.eq_ignore_ascii_case("/c")) =>
        {
            wrapped(&words[1..])
        }
        "env" | "cross-env" => wrapped(&words),
        _ => None,
    }
}

/// A launcher behind another word: `cmd /c npx …`.
fn wrapped(words: &[&Word]) -> Option<Launch> {
    let words: Vec<Word> = words
        .iter()
        .skip_while(|w| w.text.contains('='))
        .map(|w| (*w).clone())
        .collect();
    let first = words.first()?;
    if words.len() == 1 && first.text.contains(' ') {
        let inner = super::Script::read(&first.text);
        let mut found = launch(inner.commands.first()?)?;
        found.package.start = first.start;
        found.package.end = first.end;
        return Some(found);
    }
    launch(&Command {
        words,
        joint: super::Joint::None,
        assignments: Vec::new(),
        inputs: Vec::new(),
    })
}

fn first_is(words: &[&Word], text: &str) -> bool {
    words.first().is_some_and(|w| w.text == text)
}

fn npm(words: &[&Word]) -> Option<Launch> {
    let mut at = 0;
    while let Some(word) = words.get(at) {
        match word.text.as_str() {
            "-p" | "--package" => return words.get(at + 1).map(|w| npm_spec(w, &w.text)),
            "--no-install" | "--no" | "--offline" | "-c" | "--call" => return None,
            text if text.starts_with("--package=") => {
                return Some(npm_spec(word, &text["--package=".len()..]));
            }
            text if text.starts_with('-') => at += 1,
            text => return Some(npm_spec(word, text)),
        }
    }
    None
}

fn npm_spec(word: &Word, spec: &str) -> Launch {
    if is_path(spec) || spec.starts_with("file:") {
        return Launch {
            package: word.clone(),
            name: spec.to_owned(),
            pin: Pin::Local,
        };
    }
    if spec.contains("://")
        || spec.starts_with("github:")
        || spec.starts_with("git+")
        || (spec.contains('/') && !spec.starts_with('@'))
    {
        return Launch {
            package: word.clone(),
            name: spec.to_owned(),
            pin: git_pin(spec),
        };
    }
    let (name, version) = match spec.char_indices().skip(1).find(|(_, c)| *c == '@') {
        Some((at, _)) => (&spec[..at], Some(&spec[at + 1..])),
        None => (spec, None),
    };
    Launch {
        package: word.clone(),
        name: name.to_owned(),
        pin: version.map_or(Pin::Floating, version_pin),
    }
}

fn version_pin(version: &str) -> Pin {
    let version = version.trim_start_matches(['=', 'v']);
    let parts = version
        .split(['.', '-', '+'])
        .take_while(|p| p.bytes().all(|b| b.is_ascii_digit()) && !p.is_empty())
        .count();
    if version.starts_with("${") || version.starts_with('$') {
        return Pin::Fixed;
    }
    if parts >= 3 {
        Pin::Fixed
    } else {
        Pin::Floating
    }
}

fn python(program: &str, words: &[&Word]) -> Option<Launch> {
    let mut at = match (
        program,
        words.first().map(|w| w.text.as_str()),
        words.get(1).map(|w| w.text.as_str()),
    ) {
        ("uvx", ..) => 0,
        ("pipx", Some("run"), _) => 1,
        ("uv", Some("tool"), Some("run")) => 2,
        // `uv run --with PACKAGE`; without it the project itself runs.
        ("uv", Some("run"), _) => {
            let with = words
                .iter()
                .position(|w| w.text == "--with" || w.text == "--from")?;
            return words.get(with + 1).map(|w| python_spec(w, &w.text));
        }
        _ => return None,
    };
    while let Some(word) = words.get(at) {
        match word.text.as_str() {
            "--from" | "--spec" | "--with" => {
                return words.get(at + 1).map(|w| python_spec(w, &w.text));
            }
            "--python" | "-p" | "--index-url" | "--default-index" | "--refresh-package"
            | "--directory" | "-i" => at += 2,
            text if text.starts_with("--from=") => {
                return Some(python_spec(word, &text["--from=".len()..]));
            }
            text if text.starts_with('-') => at += 1,
            text => return Some(python_spec(word, text)),
        }
    }
    None
}

fn python_spec(word: &Word, spec: &str) -> Launch {
    let launch = |name: &str, pin: Pin| Launch {
        package: word.clone(),
        name: name.to_owned(),
        pin,
    };
    if spec.contains("://") {
        return launch(spec, git_pin(spec));
    }
    if is_path(spec) {
        return launch(spec, Pin::Local);
    }
    let name: String = spec
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
        .collect();
    let rest = spec[name.len()..]
        .split_once(']')
        .map_or(&spec[name.len()..], |(_, rest)| rest);
    let pin = match rest.strip_prefix("==").or_else(|| rest.strip_prefix('@')) {
        Some(version)
            if !version.contains('*')
                && version
                    .bytes()
                    .next()
                    .is_some_and(|b| b.is_ascii_digit() || b == b'v' || b == b'$') =>
        {
            Pin::Fixed
        }
        _ => Pin::Floating,
    };
    launch(&name, pin)
}

fn git_pin(spec: &str) -> Pin {
    let reference = spec.rsplit(['@', '#']).next().unwrap_or_default();
    let is_commit =
        (7..=64).contains(&reference.len()) && reference.bytes().all(|b| b.is_ascii_hexdigit());
    if is_commit {
        Pin::Fixed
    } else if reference
        .trim_start_matches('v')
        .split('.')
        .filter(|p| p.bytes().all(|b| b.is_ascii_digit()) && !p.is_empty())
        .count()
        >= 2
        && !reference.contains('/')
    {
        Pin::Movable
    } else {
        Pin::Floating
    }
}

#[expect(
    clippy::case_sensitive_file_extension_comparisons,
    reason = "launchers compare them so"
)]
fn is_path(text: &str) -> bool {
    text.starts_with(['.', '/', '~', '$'])
        || text.contains('\\')
        || text.get(1..3) == Some(":\\")
        || text.ends_with(".js")
        || text.ends_with(".ts")
        || text.ends_with(".py")
}

/// Options of `docker run` that take a value.
const VALUES: &[&str] = &[
    "-e",
    "--env",
    "-v",
    "--volume",
    "--mount",
    "-p",
    "--publish",
    "--name",
    "--network",
    "--net",
    "-w",
    "--workdir",
    "-u",
    "--user",
    "--env-file",
    "--entrypoint",
    "--platform",
    "-l",
    "--label",
    "--add-host",
    "-h",
    "--hostname",
    "--memory",
    "-m",
    "--cpus",
    "--security-opt",
    "--cap-add",
    "--cap-drop",
    "--device",
    "--gpus",
    "--pull",
    "--restart",
    "--tmpfs",
    "--ulimit",
];

fn image(words: &[&Word]) -> Option<Launch> {
    let mut at = 0;
    while let Some(word) = words.get(at) {
        if VALUES.contains(&word.text.as_str()) {
            at += 2;
        } else if word.text.starts_with('-') {
            at += 1;
        } else {
            let text = word.text.as_str();
            let last = text.rsplit('/').next().unwrap_or(text);
            let (name, pin) = if let Some((name, _)) = text.split_once("@sha256:") {
                (name, Pin::Fixed)
            } else if let Some((_, tag)) = last.split_once(':') {
                (
                    &text[..text.len() - tag.len() - 1],
                    if tag == "latest" {
                        Pin::Floating
                    } else {
                        Pin::Movable
                    },
                )
            } else {
                (text, Pin::Floating)
            };
            return Some(Launch {
                package: (*word).clone(),
                name: name.to_owned(),
                pin,
            });
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::Script;

    fn pin(text: &str) -> Option<(String, Pin)> {
        let script = Script::read(text);
        launch(&script.commands[0]).map(|found| (found.name, found.pin))
    }

    #[test]
    fn a_version_a_digest_or_a_commit_fixes_a_package() {
        for (text, name, expected) in [
            ("npx -y @acme/server", "@acme/server", Pin::Floating),
            ("npx -y @acme/server@latest", "@acme/server", Pin::Floating),
            ("npx -y @acme/server@1.2.3", "@acme/server", Pin::Fixed),
            ("npx -y server@^1", "server", Pin::Floating),
            ("bunx server@2.0.0-beta.1", "server", Pin::Fixed),
            ("cmd /c npx -y server", "server", Pin::Floating),
            ("pnpm dlx server", "server", Pin::Floating),
            ("uvx mcp-server-git", "mcp-server-git", Pin::Floating),
            ("uvx mcp-server-git==0.6.2", "mcp-server-git", Pin::Fixed),
            (
                "uvx --from git+https://github.com/a/b@0123456789abcdef0123456789abcdef01234567 tool",
                "git+https://github.com/a/b@0123456789abcdef0123456789abcdef01234567",
                Pin::Fixed,
            ),
            (
                "uvx --from git+https://github.com/a/b tool",
                "git+https://github.com/a/b",
                Pin::Floating,
            ),
            (
                "docker run -i --rm -e A -v /a:/b mcp/git",
                "mcp/git",
                Pin::Floating,
            ),
            (
                "docker run --rm ghcr.io/a/b:latest",
                "ghcr.io/a/b",
                Pin::Floating,
            ),
            ("docker run ghcr.io/a/b:1.4", "ghcr.io/a/b", Pin::Movable),
            ("docker run a/b@sha256:00", "a/b", Pin::Fixed),
            ("npx ./server.js", "./server.js", Pin::Local),
        ] {
            assert_eq!(pin(text), Some((name.to_owned(), expected)), "{text}");
        }
        for text in [
            "node server.js",
            "uv run server.py",
            "npx --no-install tool",
            "python -m server",
        ] {
            assert_eq!(pin(text), None, "{text}");
        }
    }
}
