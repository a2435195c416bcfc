//! CI jobs: the actions that they use, the commands that they run and the keys that they hand over. YAML
//! is read as such, so that quotes, `{…}` and folded texts mean what they mean to the forge; a Jenkinsfile,
//! and what is no YAML, line by line.

use bstr::ByteSlice;
use saphyr_parser::{Event, Parser};
use trueline_facts::shadow::SignalKind;

use super::content::sign;
use super::{CiRow, ContentSign, FILES, KeyRow};

/// A job of more parts than that is read line by line.
const MAX_EVENTS: usize = 200_000;
/// The same for one that nests deeper.
const MAX_DEPTH: usize = 100;

/// What a file that describes jobs shows. Comments do not count.
pub(super) fn signs(path: &[u8], content: &[u8]) -> Vec<ContentSign> {
    let is_yaml = path.ends_with(b".yml") || path.ends_with(b".yaml");
    let text = content.to_str().ok().filter(|_| is_yaml);
    match text.and_then(yaml) {
        Some(signs) => signs,
        None => content.lines().flat_map(line).collect(),
    }
}

/// What the texts of a YAML file show; `None` where it cannot be read to its end.
fn yaml(text: &str) -> Option<Vec<ContentSign>> {
    let mut signs = Vec::new();
    // Of each open map the key whose value is awaited; lists have none.
    let mut open: Vec<Slot> = Vec::new();
    for (count, event) in Parser::new_from_str(text).enumerate() {
        if count > MAX_EVENTS || open.len() > MAX_DEPTH {
            return None;
        }
        match event.ok()?.0 {
            Event::MappingStart(..) => {
                take(&mut open);
                open.push(Slot::Key);
            }
            Event::SequenceStart(..) => {
                take(&mut open);
                open.push(Slot::Item);
            }
            Event::MappingEnd | Event::SequenceEnd => {
                open.pop();
            }
            Event::Alias(_) => {
                take(&mut open);
            }
            Event::Scalar(scalar, ..) => {
                if let Some(slot) = open.last_mut().filter(|slot| slot.awaits_key()) {
                    *slot = Slot::Value(scalar.into_owned());
                } else {
                    let key = take(&mut open);
                    signs.extend(value(key.as_deref(), &scalar));
                }
            }
            _ => {}
        }
    }
    Some(signs)
}

/// What comes next inside a list or a map.
enum Slot {
    Item,
    Key,
    Value(String),
}

impl Slot {
    const fn awaits_key(&self) -> bool {
        matches!(self, Self::Key)
    }
}

/// The key of the value that comes now; the map then awaits its next key. A map or a list in the
/// place of a key has no name.
fn take(open: &mut [Slot]) -> Option<String> {
    let slot = open.last_mut()?;
    match std::mem::replace(slot, Slot::Item) {
        Slot::Item => None,
        Slot::Key => {
            *slot = Slot::Value(String::new());
            None
        }
        Slot::Value(key) => {
            *slot = Slot::Key;
            Some(key)
        }
    }
}

/// Keys of forges whose texts are command lines; so are texts in a list.
const COMMANDS: [&str; 10] = [
    "after_script",
    "bash",
    "before_script",
    "cmd",
    "command",
    "commands",
    "powershell",
    "pwsh",
    "run",
    "script",
];

/// A text under a key, or in a list.
fn value(key: Option<&str>, text: &str) -> Vec<ContentSign> {
    let text = text.trim();
    if text.contains('\n') {
        // A script: its lines are commands, and comments of the shell.
        let lines = text.lines().filter_map(without_comment);
        return lines.flat_map(|line| commands(line, line)).collect();
    }
    match key {
        Some("uses" | "repository") => action(text).into_iter().collect(),
        Some(key) if !COMMANDS.contains(&key) => commands(&format!("{key}: {text}"), ""),
        _ => {
            let line = without_comment(text);
            line.map_or_else(Vec::new, |line| commands(line, line))
        }
    }
}

/// What a line says, without what is said to people only.
fn without_comment(line: &str) -> Option<&str> {
    let line = line.trim();
    if line.starts_with('#') || line.starts_with("//") {
        return None;
    }
    line.split(" #").next()
}

/// `uses:`, command lines and keys of a line; comments do not count.
fn line(line: &[u8]) -> Vec<ContentSign> {
    let Some(line) = line.to_str().ok().and_then(without_comment) else {
        return Vec::new();
    };
    let item = line.strip_prefix("- ").unwrap_or(line).trim_start();
    let named = item
        .strip_prefix("uses:")
        .or_else(|| item.strip_prefix("repository:"));
    match named {
        Some(name) => action(name).into_iter().collect(),
        None => commands(item, item.strip_prefix("run:").unwrap_or(item)),
    }
}

/// An action that is used; it may be checked out and used from there.
fn action(name: &str) -> Option<ContentSign> {
    let name = name.trim().trim_matches(['"', '\'']);
    let name = name.split('@').next().unwrap_or(name);
    let used = |row: &&CiRow| {
        let mut known = row.uses.iter();
        known.any(|known| known.eq_ignore_ascii_case(name))
    };
    let row = FILES.table.ci.iter().find(used)?;
    Some(sign(&row.tool, SignalKind::CiJob, name))
}

/// What a line runs and hands over; `command` is what a shell reads of it.
fn commands(item: &str, command: &str) -> Vec<ContentSign> {
    let called = called_programs(command);
    let commands = FILES.table.ci.iter().filter_map(|row| {
        let by_words = row.runs.iter().find(|command| mentions(item, command));
        let by_name = || row.commands.iter().find(|name| called.contains(&&***name));
        let command = by_words.or_else(by_name)?;
        Some(sign(&row.tool, SignalKind::CiJob, command.trim_end()))
    });
    commands.chain(handed_keys(item)).collect()
}

/// Words that run a program that need not be installed.
const RUNNERS: [&str; 9] = [
    "bunx", "dlx", "npx", "pipx", "pnpm", "run", "sudo", "timeout", "uvx",
];
/// Words with which an agent's program is given a task; options and quoted texts do as well.
const TASKS: [&str; 4] = ["ask", "chat", "exec", "run"];

/// The programs that a command line runs with something to do. Prose that begins with the name of one
/// goes on with a word.
fn called_programs(line: &str) -> Vec<&str> {
    let commands = line.split(['|', ';', '&']);
    let called = commands.filter_map(|command| {
        let is_before = |word: &&str| {
            let is_variable = word
                .split_once('=')
                .is_some_and(|(name, _)| name.bytes().all(|b| b.is_ascii_uppercase() || b == b'_'));
            let is_duration = word
                .bytes()
                .all(|b| b.is_ascii_digit() || b == b's' || b == b'm');
            RUNNERS.contains(word) || is_variable || is_duration || word.starts_with('-')
        };
        let mut words = command.split_whitespace().skip_while(is_before);
        let (program, task) = (words.next()?, words.next()?);
        let is_task = TASKS.contains(&task) || task.starts_with(['-', '"', '\'', '$']);
        let name = program.rsplit('/').next().unwrap_or(program);
        is_task.then_some(name)
    });
    called.collect()
}

/// Keys of AI services that a line hands over: `openai-api-key: ${{ secrets.OPENAI_API_KEY }}`,
/// `--key "$OPENAI_API_KEY"`. What the line gives as text is never copied out of it.
fn handed_keys(line: &str) -> Vec<ContentSign> {
    let names = |text: &str| -> Vec<&'static KeyRow> {
        let text = text.to_ascii_uppercase().replace('-', "_");
        let named = |row: &&KeyRow| row.names.iter().any(|name| ends_name(&text, name));
        FILES.table.key.iter().filter(named).collect()
    };
    // A stored secret under any name, given to a variable or an input that names the service.
    let is_stored = line.contains("secrets.") || line.contains("credentials(");
    let mut handed: Vec<&KeyRow> = if is_stored { names(line) } else { Vec::new() };
    for (at, _) in line.match_indices('$') {
        let rest = line.get(at + 1..).unwrap_or_default();
        let rest = rest.trim_start_matches(['{', '(']);
        let name = rest.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
        handed.extend(names(name.into_iter().next().unwrap_or_default()));
    }
    let shown = |row: &KeyRow| {
        let name = row.names.first()?;
        Some(sign(&row.tool, SignalKind::CiJob, name))
    };
    handed.into_iter().filter_map(shown).collect()
}

/// Some name in the text is this one, or ends with it after an underscore: `TESTS_OPENAI_API_KEY`.
fn ends_name(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(at, _)| {
        let before = text.get(..at).and_then(|head| head.chars().next_back());
        let after = text
            .get(at + name.len()..)
            .and_then(|tail| tail.chars().next());
        !before.is_some_and(char::is_alphanumeric)
            && !after.is_some_and(|c| c.is_alphanumeric() || c == '_')
    })
}

/// The command stands in the line as words of its own.
fn mentions(line: &str, command: &str) -> bool {
    line.match_indices(command).any(|(at, _)| {
        let before = line.get(..at).and_then(|head| head.chars().next_back());
        let after = line
            .get(at + command.len()..)
            .and_then(|tail| tail.chars().next());
        let is_word =
            |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || matches!(c, '-' | '_'));
        !is_word(before) && (command.ends_with(' ') || !is_word(after))
    })
}
