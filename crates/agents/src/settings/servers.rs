//! MCP servers as clients configure them: what is started or called, with what, and what is wrong with it.

use sha2::{Digest, Sha256};
use trueline_facts::{RepoPath, Severity};

use crate::command::{Command, Joint, Pin, Script, Word, launch};
use crate::document::{Node, Value};
use crate::finding::{Draft, Found, hexadecimal};
use crate::manifest::Installed;
use crate::rule::Id;
use crate::secret;
use crate::unicode::mixed_scripts;

/// A configured server; places are bytes of its file.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Server {
    pub(crate) name: String,
    pub(crate) path: RepoPath,
    /// Its key.
    pub(crate) place: (usize, usize),
    /// The program and its arguments.
    pub(crate) words: Vec<Word>,
    pub(crate) url: Option<Word>,
    /// Environment and headers.
    pub(crate) given: Vec<Given>,
    pub(crate) approved: Vec<Word>,
    pub(crate) is_trusted: bool,
    pub(crate) is_disabled: bool,
}

/// A value that a server is given.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Given {
    pub(crate) name: String,
    pub(crate) value: Word,
    pub(crate) is_header: bool,
}

impl Server {
    /// What an approval speaks of: the program, its arguments, the address, and the names of what it is given.
    pub(crate) fn digest(&self) -> String {
        let mut hash = Sha256::new();
        for word in &self.words {
            hash.update(word.text.as_bytes());
            hash.update([0]);
        }
        hash.update([1]);
        hash.update(self.url.as_ref().map_or("", |url| &url.text).as_bytes());
        let mut names: Vec<&str> = self.given.iter().map(|given| given.name.as_str()).collect();
        names.sort_unstable();
        for name in names {
            hash.update([2]);
            hash.update(name.as_bytes());
        }
        hexadecimal(&hash.finalize())
    }

    pub(crate) fn command(&self) -> Command {
        Command {
            words: self.words.clone(),
            joint: Joint::None,
            assignments: Vec::new(),
            inputs: Vec::new(),
        }
    }
}

/// The servers of a document, wherever a client keeps them.
pub(crate) fn read(document: &Node, path: &RepoPath) -> Vec<Server> {
    let mut out = Vec::new();
    for trail in [
        &["mcpServers"][..],
        &["servers"],
        &["mcp_servers"],
        &["mcp", "servers"],
        &["mcp"],
        &["context_servers"],
        &["amp.mcpServers"],
        &["settings", "mcp", "servers"],
        &["extensions"],
        &["projects"],
    ] {
        let Some(node) = document.path(trail) else {
            continue;
        };
        if trail == ["projects"] {
            for (_, project) in node.entries() {
                out.extend(
                    project
                        .get("mcpServers")
                        .map(|servers| listed(servers, path))
                        .unwrap_or_default(),
                );
            }
        } else {
            out.extend(listed(node, path));
        }
    }
    // A plugin's file may be the bare map.
    if out.is_empty() && path.file_name() == ".mcp.json" {
        out.extend(listed(document, path));
    }
    out
}

fn listed(node: &Node, path: &RepoPath) -> Vec<Server> {
    let named = node
        .entries()
        .iter()
        .filter_map(|(key, body)| server(&key.name, (key.start, key.end), body, path));
    let unnamed = node.items().iter().filter_map(|body| {
        let name = body.get("name")?;
        server(name.text()?, (name.start, name.end), body, path)
    });
    named.chain(unnamed).collect()
}

fn server(name: &str, place: (usize, usize), body: &Node, path: &RepoPath) -> Option<Server> {
    let command = body.get("command").or_else(|| body.get("cmd"));
    let url = ["url", "httpUrl", "serverUrl", "uri"]
        .iter()
        .find_map(|key| body.get(key));
    if command.is_none() && url.is_none() {
        return None;
    }
    let mut words: Vec<Word> = Vec::new();
    let mut arguments = body.get("args").or_else(|| body.get("arguments"));
    match command.map(|node| (node, &node.value)) {
        Some((node, Value::Text(text))) => words.extend(split(node, text)),
        Some((node, Value::List(_))) => words.extend(node.texts().into_iter().filter_map(word)),
        // Zed's shape.
        Some((node, Value::Map(_))) => {
            words.extend(node.get("path").and_then(word));
            arguments = node.get("args").or(arguments);
        }
        _ => {}
    }
    words.extend(
        arguments
            .map(|node| {
                node.texts()
                    .into_iter()
                    .filter_map(word)
                    .collect::<Vec<_>>()
            })
            .unwrap_or_default(),
    );
    let mut given = Vec::new();
    for (key, is_header) in [
        ("env", false),
        ("environment", false),
        ("envs", false),
        ("headers", true),
        ("http_headers", true),
        ("requestInit", true),
    ] {
        let Some(map) = body.get(key) else { continue };
        let map = map.get("headers").unwrap_or(map);
        for (name, value) in map.entries() {
            given.extend(word(value).map(|value| Given {
                name: name.name.clone(),
                value,
                is_header,
            }));
        }
    }
    if let Some(token) = body.get("bearer_token").and_then(word) {
        given.push(Given {
            name: "bearer_token".to_owned(),
            value: token,
            is_header: true,
        });
    }
    let approved = ["autoApprove", "alwaysAllow", "auto_approve"]
        .iter()
        .filter_map(|key| body.get(key))
        .flat_map(Node::texts)
        .filter_map(word)
        .collect();
    Some(Server {
        name: name.to_owned(),
        path: path.clone(),
        place,
        words,
        url: url.and_then(word),
        given,
        approved,
        is_trusted: body.get("trust").is_some_and(Node::is_true),
        is_disabled: body.get("disabled").is_some_and(Node::is_true)
            || body
                .get("enabled")
                .is_some_and(|n| n.value == Value::Bool(false)),
    })
}

fn word(node: &Node) -> Option<Word> {
    Some(Word {
        text: node.text()?.to_owned(),
        start: node.start,
        end: node.end,
    })
}

/// A command may hold its arguments.
fn split(node: &Node, text: &str) -> Vec<Word> {
    let script = Script::read(text);
    match script.commands.as_slice() {
        [one] if one.assignments.is_empty() && one.words.len() > 1 && !text.contains('\\') => one
            .words
            .iter()
            .map(|w| Word {
                text: w.text.clone(),
                start: node.start,
                end: node.end,
            })
            .collect(),
        _ => vec![Word {
            text: text.to_owned(),
            start: node.start,
            end: node.end,
        }],
    }
}

/// Checks one server.
pub(crate) fn check(server: &Server, installed: &Installed, found: &mut Found<'_>) {
    let command = server.command();
    started(server, &command, installed, found);
    remote(server, found);
    given_secrets(server, found);
    reach(server, &command, found);
    if let Some(letter) = mixed_scripts(&server.name) {
        found.add(Draft::new(Id::ConfusableName, server.place, format!("the server's name holds \"{letter}\", which is no Latin letter and looks like one")).symbol(&server.name));
    }
    if server.approved.iter().any(|word| word.text == "*") || server.is_trusted {
        found.add(
            Draft::new(
                Id::ApprovalBypass,
                server.place,
                format!(
                    "every tool of the server `{}` is called without a question",
                    server.name
                ),
            )
            .symbol(&server.name),
        );
    } else if let Some(first) = server.approved.iter().find(|word| {
        [
            "exec", "run", "shell", "command", "write", "delete", "edit", "push", "send", "create",
            "update", "eval",
        ]
        .iter()
        .any(|verb| word.text.to_ascii_lowercase().contains(verb))
    }) {
        found.add(
            Draft::new(
                Id::ApprovalBypass,
                (first.start, first.end),
                format!(
                    "`{}` of the server `{}` changes things and is called without a question",
                    first.text, server.name
                ),
            )
            .severity(Severity::Medium)
            .uncertain()
            .symbol(&server.name),
        );
    }
}

fn started(server: &Server, command: &Command, installed: &Installed, found: &mut Found<'_>) {
    if let Some(launch) = launch(command)
        && !installed.contains(&launch.name)
    {
        let range = (launch.package.start, launch.package.end);
        match launch.pin {
            Pin::Floating => found.add(
                Draft::new(Id::UnpinnedServer, range, format!("the server `{}` is whatever version of `{}` is newest when the agent starts", server.name, launch.name)).symbol(&server.name),
            ),
            Pin::Movable => found.add(
                Draft::new(Id::UnpinnedServer, range, format!("the tag of `{}` can be moved to other code", launch.name)).uncertain().symbol(&server.name),
            ),
            Pin::Fixed | Pin::Local => {}
        }
    }
    let program = command.program().unwrap_or_default();
    let risks = Script::of(server.words.clone()).risks();
    for risk in &risks {
        found.add(
            Draft::new(
                risk.id,
                (risk.start, risk.end),
                format!("starting the server `{}` {}", server.name, risk.message),
            )
            .severity(Severity::Critical)
            .symbol(&server.name),
        );
    }
    let is_shell = matches!(
        program.as_str(),
        "sh" | "bash" | "zsh" | "dash" | "fish" | "powershell" | "pwsh" | "cmd"
    );
    let is_interpreter = matches!(
        program.as_str(),
        "python" | "python3" | "node" | "deno" | "bun" | "perl" | "ruby" | "php"
    );
    let Some(code) = command
        .inline_code()
        .filter(|_| (is_shell || is_interpreter) && risks.is_empty())
    else {
        return;
    };
    let range = (code.start, code.end);
    let inner = Script::read(&code.text);
    // `cmd /c npx …` is how Windows starts a script; `sh -c` with one plain command is a detour, no danger.
    let is_plain = is_shell
        && inner.commands.len() <= 1
        && !code.text.contains("$(")
        && !code.text.contains('`');
    if program == "cmd" && is_plain {
        return;
    }
    if is_plain
        || (is_shell
            && inner.commands.iter().all(|c| {
                matches!(
                    c.program().as_deref(),
                    Some(
                        "cd" | "exec"
                            | "source"
                            | "."
                            | "export"
                            | "npx"
                            | "node"
                            | "uv"
                            | "python"
                            | "python3"
                            | "uvx"
                            | "set"
                    ) | None
                )
            }))
    {
        if let Some(one) = inner
            .commands
            .iter()
            .find_map(launch)
            .filter(|l| l.pin == Pin::Floating && !installed.contains(&l.name))
        {
            found.add(Draft::new(Id::UnpinnedServer, range, format!("the server `{}` is whatever version of `{}` is newest when the agent starts", server.name, one.name)).symbol(&server.name));
        } else {
            found.add(
                Draft::new(
                    Id::ShellServer,
                    range,
                    format!("the server `{}` is started through a shell", server.name),
                )
                .severity(Severity::Low)
                .uncertain()
                .symbol(&server.name),
            );
        }
        return;
    }
    found.add(
        Draft::new(
            Id::ShellServer,
            range,
            format!(
                "the server `{}` is code in an argument of `{program}`: nobody reviews it as code",
                server.name
            ),
        )
        .symbol(&server.name),
    );
}

#[expect(
    clippy::case_sensitive_file_extension_comparisons,
    reason = "ends of a host's name, not of a file's"
)]
fn remote(server: &Server, found: &mut Found<'_>) {
    let from_proxy = server
        .words
        .iter()
        .find(|w| w.text.starts_with("http://") || w.text.starts_with("https://"));
    let Some(url) = server.url.as_ref().or(from_proxy) else {
        return;
    };
    let range = (url.start, url.end);
    let host = url.text.split("://").nth(1).unwrap_or_default();
    let is_local = [
        "localhost",
        "127.",
        "0.0.0.0",
        "[::1]",
        "host.docker.internal",
        "$",
    ]
    .iter()
    .any(|local| host.starts_with(local));
    if url.text.starts_with("http://") && !is_local {
        let is_internal = host.split(['/', ':']).next().is_some_and(|name| {
            !name.contains('.')
                || name.ends_with(".local")
                || name.ends_with(".internal")
                || name.ends_with(".svc")
        });
        let draft = Draft::new(Id::InsecureServerTransport, range, format!("the server `{}` is reached without TLS: whoever is on the way reads and changes what it says", server.name)).symbol(&server.name);
        found.add(if is_internal {
            draft.uncertain()
        } else {
            draft
        });
    }
    if let Some((_, query)) = url.text.split_once('?')
        && let Some(pair) = query.split('&').find(|pair| {
            pair.split_once('=').is_some_and(|(name, value)| {
                secret::names_secret(name) && secret::is_literal(value) && value.len() >= 8
            })
        })
    {
        let name = pair.split('=').next().unwrap_or_default();
        found.add(
            Draft::new(Id::SecretInAgentConfiguration, range, format!("the address of the server `{}` carries a secret in `{name}`: addresses are logged everywhere", server.name)).symbol(&server.name),
        );
    }
}

fn given_secrets(server: &Server, found: &mut Found<'_>) {
    for given in &server.given {
        let is_secret = secret::is_known(&given.value.text)
            || ((secret::names_secret(&given.name)
                || (given.is_header && secret::is_credential_header(&given.name)))
                && secret::is_random(secret::without_scheme(&given.value.text)));
        if is_secret {
            let what = if given.is_header {
                "header"
            } else {
                "variable"
            };
            found.add(
                Draft::new(
                    Id::SecretInAgentConfiguration,
                    (given.value.start, given.value.end),
                    format!(
                        "the {what} `{}` of the server `{}` holds a secret in plain text",
                        given.name, server.name
                    ),
                )
                .symbol(&server.name),
            );
        }
    }
    let mut words = server.words.iter().peekable();
    while let Some(word) = words.next() {
        let named = word
            .text
            .strip_prefix("--")
            .or_else(|| word.text.strip_prefix('-'));
        let (name, value) = match named.and_then(|n| n.split_once('=')) {
            Some((name, value)) => (name.to_owned(), Some((value.to_owned(), word))),
            None => (
                named.unwrap_or_default().to_owned(),
                words.peek().map(|next| (next.text.clone(), *next)),
            ),
        };
        let by_name =
            value.filter(|(value, _)| secret::names_secret(&name) && secret::is_random(value));
        // `-e NAME=value` of a container.
        let by_variable = word.text.split_once('=').filter(|(name, value)| {
            !name.starts_with('-') && secret::names_secret(name) && secret::is_random(value)
        });
        let place = if secret::is_known(&word.text) || by_variable.is_some() {
            Some(word)
        } else {
            by_name.as_ref().map(|(_, word)| *word)
        };
        if let Some(place) = place {
            found.add(Draft::new(Id::SecretInAgentConfiguration, (place.start, place.end), format!("an argument of the server `{}` is a secret in plain text: every process list shows it", server.name)).symbol(&server.name));
        }
    }
}

/// How much of the machine a server gets.
fn reach(server: &Server, command: &Command, found: &mut Found<'_>) {
    let program = command.program().unwrap_or_default();
    let is_container = matches!(program.as_str(), "docker" | "podman" | "nerdctl");
    let is_filesystem = server.words.iter().any(|w| w.text.contains("filesystem"))
        || server.name.contains("filesystem");
    for (at, word) in server.words.iter().enumerate() {
        let text = word.text.as_str();
        let mount = text
            .strip_prefix("--volume=")
            .or_else(|| text.strip_prefix("-v="))
            .or_else(|| {
                let before = at.checked_sub(1).and_then(|b| server.words.get(b));
                before
                    .filter(|b| {
                        is_container && matches!(b.text.as_str(), "-v" | "--volume" | "--mount")
                    })
                    .map(|_| text)
            });
        let source = mount.map(|m| {
            m.split(',')
                .find_map(|p| p.strip_prefix("source=").or_else(|| p.strip_prefix("src=")))
                .unwrap_or_else(|| m.split(':').next().unwrap_or(m))
        });
        let what = if text.contains("docker.sock") {
            Some("the socket of Docker: with it a container can do all that the machine can")
        } else if is_container && text == "--privileged" {
            Some("every privilege of the machine")
        } else if source.is_some_and(is_everything)
            || (is_filesystem && at > 0 && is_everything(text))
        {
            Some("the whole disk or home folder")
        } else {
            None
        };
        if let Some(what) = what {
            found.add(
                Draft::new(
                    Id::BroadAgentAccess,
                    (word.start, word.end),
                    format!("the server `{}` gets {what}", server.name),
                )
                .symbol(&server.name),
            );
        } else if is_container && matches!(text, "--network=host" | "--net=host" | "--pid=host") {
            found.add(
                Draft::new(
                    Id::BroadAgentAccess,
                    (word.start, word.end),
                    format!("the server `{}` shares the machine's `{text}`", server.name),
                )
                .uncertain()
                .symbol(&server.name),
            );
        }
    }
}

fn is_everything(path: &str) -> bool {
    let path = path.trim_end_matches(['/', '\\']);
    matches!(
        path,
        "" | "~"
            | "$HOME"
            | "${HOME}"
            | "${env:HOME}"
            | "%USERPROFILE%"
            | "${userHome}"
            | "C:"
            | "/home"
            | "/Users"
            | "/root"
            | "/etc"
    ) || (path.starts_with("/home/") || path.starts_with("/Users/"))
        && path.matches('/').count() == 2
}
