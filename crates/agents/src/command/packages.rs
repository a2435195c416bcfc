//! Packages that a shell text is about to install: of which kind, and by which name.
//!
//! Only what is asked of a kind's public registry by a name that can be read here. A path, an address, an option
//! for another registry, a file of names, a name that is put together at run time: of none of these can be said whether
//! it exists, and none is told.

use super::harm::each_command;
use super::{Command, Pin, launch};

/// Packages of one text that are told.
const MOST: usize = 100;

/// A package that a command asks a registry for.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct AskedPackage {
    /// The type of its package URL.
    pub kind: &'static str,
    /// Its name; for a folder of a Go module all names that the module may have, the longest first.
    pub names: Vec<String>,
}

/// The packages that a shell text is about to install, or to fetch and run.
#[must_use]
pub fn asked_packages(text: &str) -> Vec<AskedPackage> {
    let mut found = Vec::new();
    each_command(text, &mut |command| {
        found.extend(of_command(command).unwrap_or_default());
    });
    found.sort();
    found.dedup();
    found.truncate(MOST);
    found
}

/// Programs that install, without the digits of their versions; the words after which names come; and of what kind.
const INSTALLS: &[(&str, &[&str], &str)] = &[
    ("pip", &["install"], "pypi"),
    ("pip", &["download"], "pypi"),
    ("pip", &["wheel"], "pypi"),
    ("python", &["-m", "pip", "install"], "pypi"),
    ("python", &["-m", "pip", "download"], "pypi"),
    ("py", &["-m", "pip", "install"], "pypi"),
    ("uv", &["pip", "install"], "pypi"),
    ("uv", &["tool", "install"], "pypi"),
    ("uv", &["add"], "pypi"),
    ("poetry", &["add"], "pypi"),
    ("pdm", &["add"], "pypi"),
    ("rye", &["add"], "pypi"),
    ("pipenv", &["install"], "pypi"),
    ("pipx", &["install"], "pypi"),
    ("npm", &["install"], "npm"),
    ("npm", &["i"], "npm"),
    ("npm", &["add"], "npm"),
    ("npm", &["in"], "npm"),
    ("pnpm", &["add"], "npm"),
    ("pnpm", &["install"], "npm"),
    ("pnpm", &["i"], "npm"),
    ("bun", &["add"], "npm"),
    ("bun", &["install"], "npm"),
    ("bun", &["i"], "npm"),
    ("yarn", &["add"], "npm"),
    ("yarn", &["global", "add"], "npm"),
    ("cargo", &["add"], "cargo"),
    ("cargo", &["install"], "cargo"),
    ("go", &["get"], "golang"),
    ("go", &["install"], "golang"),
    ("gem", &["install"], "gem"),
    ("gem", &["i"], "gem"),
    ("bundle", &["add"], "gem"),
    ("composer", &["require"], "composer"),
];

/// Options of pip and uv that take a value.
const PYTHON_VALUES: &[&str] = &[
    "-r",
    "--requirement",
    "-c",
    "--constraint",
    "-e",
    "--editable",
    "-t",
    "--target",
    "--prefix",
    "--root",
    "--platform",
    "--python-version",
    "--implementation",
    "--abi",
    "--progress-bar",
    "--log",
    "--proxy",
    "--timeout",
    "--retries",
    "--cert",
    "--upgrade-package",
    "-P",
    "--python",
    "-p",
    "--extra",
    "--optional",
    "--group",
    "-G",
    "--tag",
    "--rev",
    "--branch",
    "--with-requirements",
    "--package",
    "--directory",
    "--project",
    "--no-binary",
    "--only-binary",
    "--config-setting",
    "-C",
    "--cache-dir",
    "--suffix",
    "--pip-args",
    "--override",
    "--exclude-newer",
    "--resolution",
    "--prerelease",
    "--build-constraint",
    "--bounds",
    "--dest",
    "-d",
    "--wheel-dir",
    "-w",
    "--src",
];
/// By which they are told to ask somebody else.
const PYTHON_ELSEWHERE: &[&str] = &[
    "-i",
    "--index-url",
    "--extra-index-url",
    "-f",
    "--find-links",
    "--no-index",
    "--index",
    "--default-index",
    "--source",
    "--git",
];
const NPM_VALUES: &[&str] = &[
    "-w",
    "--workspace",
    "--prefix",
    "-C",
    "--dir",
    "--filter",
    "-F",
    "--cwd",
    "--cache",
    "--tag",
    "--omit",
    "--include",
    "--loglevel",
    "--install-strategy",
    "--cpu",
    "--os",
    "--libc",
    "--save-prefix",
    "--modules-folder",
    "--network-timeout",
    "--mutex",
    "--before",
    "--backend",
];
const CARGO_VALUES: &[&str] = &[
    "-F",
    "--features",
    "--rename",
    "--target",
    "--bin",
    "--example",
    "--root",
    "-p",
    "--package",
    "--manifest-path",
    "--profile",
    "-j",
    "--jobs",
    "--vers",
    "--version",
    "--target-dir",
    "--color",
    "-Z",
    "--config",
    "--message-format",
];
const GEM_VALUES: &[&str] = &[
    "-v",
    "--version",
    "-i",
    "--install-dir",
    "-n",
    "--bindir",
    "-P",
    "-g",
    "--group",
    "--platform",
];
const NPM_ELSEWHERE: &[&str] = &["--registry", "--scope", "--userconfig"];
const CARGO_ELSEWHERE: &[&str] = &["--git", "--path", "--registry", "--index"];
const GO_VALUES: &[&str] = &["-C", "-modfile", "-tags", "-ldflags"];
const GEM_ELSEWHERE: &[&str] = &[
    "--source",
    "-s",
    "--clear-sources",
    "--git",
    "--github",
    "--path",
    "--local",
    "-l",
];
const COMPOSER_VALUES: &[&str] = &["-d", "--working-dir"];
const COMPOSER_ELSEWHERE: &[&str] = &["--repository"];
const NOTHING: &[&str] = &[];

/// `None`: it installs nothing, or nobody can say from where.
fn of_command(command: &Command) -> Option<Vec<AskedPackage>> {
    let registry_is_set = command.assignments.iter().any(|word| {
        let name = word.text.split('=').next().unwrap_or_default();
        let name = name.to_ascii_uppercase();
        name.contains("INDEX") || name.contains("REGISTRY") || name.contains("PROXY")
    });
    if registry_is_set {
        return None;
    }
    let program = command.program()?;
    let words = words(command);
    let bare = program.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    let asked = INSTALLS
        .iter()
        .find(|(of, first, _)| *of == bare && words.starts_with(first));
    let Some(&(_, first, kind)) = asked else {
        return launched(command, &program);
    };
    let (values, elsewhere) = match kind {
        "pypi" => (PYTHON_VALUES, PYTHON_ELSEWHERE),
        "npm" => (NPM_VALUES, NPM_ELSEWHERE),
        "cargo" => (CARGO_VALUES, CARGO_ELSEWHERE),
        "gem" => (GEM_VALUES, GEM_ELSEWHERE),
        "golang" => (GO_VALUES, NOTHING),
        _ => (COMPOSER_VALUES, COMPOSER_ELSEWHERE),
    };
    let words = words.get(first.len()..).unwrap_or_default();
    let specs = operands(words, values, elsewhere)?.into_iter();
    let packages = specs
        .filter(|spec| is_readable(spec))
        .filter_map(|spec| names_of(kind, spec))
        .map(|names| AskedPackage { kind, names });
    Some(packages.collect())
}

/// What is fetched to be run: `npx`, `uvx` …
fn launched(command: &Command, program: &str) -> Option<Vec<AskedPackage>> {
    let kind = match program {
        "npx" | "bunx" | "pnpx" | "npm" | "pnpm" | "yarn" | "bun" => "npm",
        "uvx" | "uv" | "pipx" => "pypi",
        _ => return None,
    };
    let is_elsewhere = command.words.iter().any(|word| {
        let option = word.text.split('=').next().unwrap_or_default();
        PYTHON_ELSEWHERE.contains(&option) || option == "--registry"
    });
    if is_elsewhere {
        return None;
    }
    let fetched = launch(command).filter(|fetched| fetched.pin != Pin::Local)?;
    let spec = Some(fetched.name.as_str()).filter(|spec| is_readable(spec))?;
    let names = names_of(kind, spec)?;
    Some(vec![AskedPackage { kind, names }])
}

/// The words after the program, up to where its output goes.
fn words(command: &Command) -> Vec<&str> {
    let mut words: Vec<&str> = command
        .words
        .iter()
        .skip_while(|word| Some(*word) != command.program_word())
        .skip(1)
        .map(|word| word.text.as_str())
        .collect();
    if let Some(at) = words.iter().position(|word| *word == ">") {
        words.truncate(at);
        // `2>`
        if words
            .last()
            .is_some_and(|word| word.len() == 1 && word.bytes().all(|b| b.is_ascii_digit()))
        {
            words.pop();
        }
    }
    words
}

/// What is no option and no value of one. `None`: another registry is asked.
fn operands<'w>(words: &[&'w str], values: &[&str], elsewhere: &[&str]) -> Option<Vec<&'w str>> {
    let mut out = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if !word.starts_with('-') {
            out.push(*word);
            continue;
        }
        let name = word.split('=').next().unwrap_or_default();
        if elsewhere.contains(&name) {
            return None;
        }
        if values.contains(word) {
            words.next();
        }
    }
    Some(out)
}

/// A name that stands there as it is: nothing of it is put together at run time.
fn is_readable(spec: &str) -> bool {
    !spec.contains(['$', '`', '{'])
}

fn names_of(kind: &str, spec: &str) -> Option<Vec<String>> {
    let is_address = spec.contains("://") || spec.starts_with("git+") || spec.contains(" @ ");
    let is_path = spec.starts_with(['.', '/', '~']) || spec.contains('\\');
    if is_address || is_path || spec.is_empty() {
        return None;
    }
    let name = match kind {
        "pypi" => python(spec)?,
        "npm" => npm(spec)?,
        "golang" => return go(spec),
        "composer" => spec
            .split([':', '=', ' '])
            .next()
            .filter(|name| name.contains('/'))?,
        _ => spec.split(['@', ':', ' ']).next()?,
    };
    let is_name = name.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '@')
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"@/._-~:".contains(&b));
    is_name.then(|| vec![name.to_owned()])
}

fn python(spec: &str) -> Option<&str> {
    const FILES: [&str; 6] = [".whl", ".gz", ".zip", ".txt", ".toml", ".bz2"];
    if spec.contains('/') || FILES.iter().any(|end| spec.ends_with(end)) {
        return None;
    }
    let end = spec.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '_' | '.'));
    spec.get(..end.unwrap_or(spec.len()))
}

fn npm(spec: &str) -> Option<&str> {
    // `mine@npm:theirs@1`
    let spec = spec.split_once("@npm:").map_or(spec, |(_, real)| real);
    let spec = spec.strip_prefix("npm:").unwrap_or(spec);
    let end = spec.char_indices().skip(1).find(|(_, c)| *c == '@');
    let (name, version) = spec.split_at(end.map_or(spec.len(), |(at, _)| at));
    let in_scope = name.starts_with('@');
    let is_elsewhere = name.contains(':') || version.contains([':', '/']);
    (!is_elsewhere && name.matches('/').count() == usize::from(in_scope)).then_some(name)
}

fn go(spec: &str) -> Option<Vec<String>> {
    let path = spec.split('@').next()?;
    let path = path.trim_end_matches("...").trim_end_matches('/');
    let parts: Vec<&str> = path.split('/').collect();
    // Without a dot in its first part it is of the standard library, or of this module.
    if parts.len() < 2 || !parts.first()?.contains('.') {
        return None;
    }
    Some(
        (2..=parts.len())
            .rev()
            .filter_map(|len| Some(parts.get(..len)?.join("/")))
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(text: &str) -> Vec<String> {
        let found = asked_packages(text).into_iter();
        found
            .map(|one| format!("{}:{}", one.kind, one.names.join("|")))
            .collect()
    }

    #[test]
    fn names_are_read_by_each_manager_s_own_words() {
        for (text, expected) in [
            ("pip install requests", "pypi:requests"),
            (
                "python3.12 -m pip install -q --upgrade 'Flask[async]>=3,<4' 2>&1 | tail -1",
                "pypi:Flask",
            ),
            (
                "pip3 install -r requirements.txt -t out left_pad",
                "pypi:left_pad",
            ),
            ("uv add --group dev pytest==8.1", "pypi:pytest"),
            ("uv pip install httpx > log", "pypi:httpx"),
            ("poetry add rich@^13", "pypi:rich"),
            ("pipx install ruff", "pypi:ruff"),
            ("uvx mcp-server-git==0.6.2", "pypi:mcp-server-git"),
            ("npm i -D left-pad@1.3.0", "npm:left-pad"),
            ("cd web && yarn add @acme/ui@latest", "npm:@acme/ui"),
            ("pnpm add mine@npm:theirs@2", "npm:theirs"),
            ("npx -y create-thing app", "npm:create-thing"),
            ("bunx cowsay hello", "npm:cowsay"),
            ("cargo add serde -F derive", "cargo:serde"),
            ("cargo install ripgrep@14.1.0 --locked", "cargo:ripgrep"),
            (
                "go get golang.org/x/tools/gopls@latest",
                "golang:golang.org/x/tools/gopls|golang.org/x/tools|golang.org/x",
            ),
            ("gem install rails -v 7.1", "gem:rails"),
            (
                "composer require monolog/monolog:^3",
                "composer:monolog/monolog",
            ),
            ("bash -c 'pip install inner'", "pypi:inner"),
            ("echo $(npm install hidden)", "npm:hidden"),
            ("timeout 60 pip install slow", "pypi:slow"),
        ] {
            assert_eq!(asked(text), [expected], "{text}");
        }
        assert_eq!(
            asked("npm install a b && pip install c a"),
            ["npm:a", "npm:b", "pypi:a", "pypi:c"]
        );
    }

    #[test]
    fn what_no_public_registry_is_asked_for_is_not_told() {
        for text in [
            "pip install -r requirements.txt",
            "pip install -e .",
            "pip install ./local dist/a-1.0-py3-none-any.whl",
            "pip install git+https://example.org/a/b",
            "pip install --index-url https://pypi.example.org/simple ours",
            "PIP_INDEX_URL=https://pypi.example.org/simple pip install ours",
            "pip install \"$NAME\"",
            "pip list",
            "npm install",
            "npm ci",
            "npm install --registry https://npm.example.org ours",
            "npm install user/repo github:a/b file:../x ../y https://example.org/x.tgz",
            "npx ./server.js",
            "yarn install",
            "cargo add --path ../mine mine",
            "cargo add --git https://example.org/x x",
            "cargo install --path .",
            "go get ./...",
            "go install ./cmd/tool",
            "go test net/http",
            "composer require ext-json",
            "docker run npm install",
            "echo pip install requests",
            "git commit -m 'pip install x'",
        ] {
            assert_eq!(asked(text), Vec::<String>::new(), "{text}");
        }
    }
}
