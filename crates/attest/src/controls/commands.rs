//! Does a line of a pipeline run Trueline? Only where the program stands at the start of a command.
//!
//! A line is one of YAML, of a shell or of a Jenkinsfile: a key before it, quotes around it and a list of arguments are
//! looked through; what a command merely prints is not.

/// Commands of the program that look at a repository.
const COMMANDS: [&str; 6] = ["scan", "gate", "attest", "threats", "stats", "hook"];
/// Keys of pipelines whose value is a command.
const KEYS: [&str; 13] = [
    "run:",
    "script:",
    "before_script:",
    "after_script:",
    "entry:",
    "command:",
    "args:",
    "bash:",
    "sh:",
    "pwsh:",
    "powershell:",
    "cmd:",
    "steps:",
];
/// Words that start what follows them.
const STARTERS: [&str; 22] = [
    "if", "then", "else", "elif", "while", "until", "do", "!", "{", "exec", "command", "time",
    "nice", "nohup", "env", "sudo", "npx", "bunx", "uvx", "timeout", "pipx", "pnpm",
];
/// Second words of such starters.
const SECOND: [(&str, &str); 2] = [("pipx", "run"), ("pnpm", "dlx")];
/// Programs that take a line of commands as a quoted argument.
const SHELLS: [&str; 7] = ["sh", "bash", "zsh", "dash", "bat", "pwsh", "powershell"];
const PRINTERS: [&str; 3] = ["echo", "printf", "print"];
/// Lines in quotes in quotes are followed so far.
const DEEPEST: usize = 4;

struct Word {
    text: String,
    /// In quotes, and of several words.
    is_line: bool,
}

/// Does a line, without the dash of a list, run the program?
pub(super) fn runs(line: &str) -> bool {
    let key = KEYS.iter().find_map(|key| line.strip_prefix(key));
    line_runs(key.unwrap_or(line), 0)
}

fn line_runs(line: &str, depth: usize) -> bool {
    if depth > DEEPEST {
        return false;
    }
    let line = line.trim();
    let list = line
        .strip_prefix('[')
        .map(|list| list.strip_suffix(']').unwrap_or(list));
    if let Some(list) = list {
        // Arguments of one command, or a command each.
        let words = commands(&list.replace(',', " "));
        return words.iter().any(|words| {
            let prints = words
                .first()
                .is_some_and(|word| PRINTERS.contains(&word.text.as_str()));
            let line = |word: &Word| word.is_line && line_runs(&word.text, depth + 1);
            starts(words, depth) || !prints && words.iter().any(line)
        });
    }
    commands(line).iter().any(|words| starts(words, depth))
}

/// Does a command begin with the program, after what merely starts it?
fn starts(words: &[Word], depth: usize) -> bool {
    let mut after: Option<&str> = None;
    for (at, word) in words.iter().enumerate() {
        let text = word.text.as_str();
        if word.is_line {
            let is_asked = after.is_none_or(|starter| SHELLS.contains(&starter));
            return is_asked && line_runs(text, depth + 1);
        }
        let program = text.rsplit('/').next().unwrap_or_default();
        if program == "trueline" {
            let next = words.get(at + 1).map(|word| word.text.as_str());
            return next.is_some_and(|next| COMMANDS.contains(&next));
        }
        let is_second = after.is_some_and(|starter| SECOND.contains(&(starter, text)));
        let is_option = after.is_some()
            && (text.starts_with('-') || text.starts_with(|c: char| c.is_ascii_digit()));
        if is_assignment(text) || is_second || is_option {
            continue;
        }
        if STARTERS.contains(&text) || SHELLS.contains(&program) {
            after = Some(program);
            continue;
        }
        return false;
    }
    false
}

fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty()
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            && !name.starts_with(|c: char| c.is_ascii_digit())
    })
}

/// The commands of a line, each as its words; what is in quotes is not taken apart.
fn commands(line: &str) -> Vec<Vec<Word>> {
    let mut all: Vec<Vec<Word>> = vec![Vec::new()];
    let mut text = String::new();
    let mut quote: Option<char> = None;
    let (mut quoted, mut is_line) = (false, false);
    let mut before = ' ';
    for c in line.chars().chain([' ']) {
        if let Some(end) = quote {
            if c == end {
                quote = None;
            } else {
                is_line |= c.is_whitespace();
                text.push(c);
            }
            before = c;
            continue;
        }
        let opens = c == '(' && (before.is_whitespace() || before == '$' || before == '(');
        let ends = matches!(c, ';' | '&' | '|' | '`') || opens;
        if matches!(c, '"' | '\'') {
            // An assignment's value in quotes is no line of commands.
            quoted = text.is_empty();
            quote = Some(c);
        } else if ends || c.is_whitespace() || matches!(c, '(' | ')') {
            if opens && text.ends_with('$') {
                text.pop();
            }
            if !text.is_empty()
                && let Some(words) = all.last_mut()
            {
                words.push(Word {
                    text: std::mem::take(&mut text),
                    is_line: quoted && is_line,
                });
            }
            (quoted, is_line) = (false, false);
            if ends {
                all.push(Vec::new());
            }
        } else {
            text.push(c);
        }
        before = c;
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_stands_at_the_start_of_a_command() {
        for line in [
            "trueline gate",
            "run: trueline scan .",
            "script: [\"./bin/trueline\", \"gate\"]",
            "script: [\"make\", \"trueline gate --staged\"]",
            "RUST_LOG=info KEY=\"a b\" ./target/release/trueline gate",
            "run: npx --yes trueline scan",
            "make && trueline gate",
            "if ! trueline gate; then",
            "sh 'trueline scan .'",
            "sh('trueline scan .')",
            "run: bash -c \"cd x; trueline gate\"",
            "'trueline gate'",
            "OUT=$(trueline scan)",
            "timeout 60 trueline gate",
            "echo \"checks\"; trueline gate",
        ] {
            assert!(runs(line), "{line}");
        }
        for line in [
            "echo \"trueline gate is off\"",
            "run: echo trueline gate",
            "echo 'off; trueline gate'",
            "echo('trueline gate is off')",
            "script: [\"echo\", \"trueline gate is off\"]",
            "name: trueline gate",
            "NOTE=\"trueline gate\"",
            "grep trueline gate.log",
            "trueline --version",
            "run: mytrueline gate",
        ] {
            assert!(!runs(line), "{line}");
        }
    }
}
