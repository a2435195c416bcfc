//! A command for a shell, as a program with its arguments: only where the shell did nothing but cut
//! the text into words.

use trueline_syntax::ir::Language;

use super::parts::{Part, Style, parts};
use super::spec::ListPassing;
use super::{Change, Fixer, Outcome, Place};

/// Words that are no programs but the shell's own.
const BUILTINS: [&str; 16] = [
    "cd", "export", "source", ".", "set", "unset", "alias", "exec", "eval", "ulimit", "umask",
    "type", "command", "builtin", "exit", "if",
];

/// Programs that take `--` for the end of their options.
const ENDS_OPTIONS: [&str; 38] = [
    "cat",
    "chgrp",
    "chmod",
    "chown",
    "cp",
    "curl",
    "cut",
    "df",
    "diff",
    "du",
    "file",
    "grep",
    "gunzip",
    "gzip",
    "head",
    "host",
    "ln",
    "ls",
    "md5sum",
    "mkdir",
    "mv",
    "ping",
    "ping6",
    "readlink",
    "rm",
    "rmdir",
    "sha256sum",
    "sort",
    "stat",
    "tail",
    "tar",
    "touch",
    "traceroute",
    "uniq",
    "unzip",
    "wc",
    "wget",
    "whois",
];

impl Fixer<'_> {
    pub(super) fn argument_list(&self, place: &Place, pass: ListPassing) -> Option<Outcome> {
        let code = &self.code;
        let at = if pass == ListPassing::AfterShell {
            let first = self.positional(place, 0)?;
            let second = self.positional(place, 1)?;
            let word = |run| code.source(run).trim_matches(['"', '`']);
            let shell = word(&first.value).rsplit('/').next().unwrap_or("");
            if !matches!(shell, "sh" | "bash")
                || word(&second.value) != "-c"
                || self.positional(place, 3).is_some()
            {
                return None;
            }
            2
        } else {
            0
        };
        let command = self.positional(place, at)?;
        let built = self.built(&command.value)?;
        let style = Style::of(code, &built.run);
        let shell = pass != ListPassing::StringArray;
        let (words, may_vanish) = words(&parts(code, &built.run)?, shell)?;
        let (program, rest) = words.split_first()?;
        let [Part::Text(program_text)] = program.as_slice() else {
            return None;
        };
        if BUILTINS.contains(&program_text.as_str()) || program_text.contains('=') {
            return None;
        }
        let program_name = program_text.rsplit('/').next().unwrap_or("");
        // A value that begins with a dash would be read as an option.
        let bare = rest
            .iter()
            .position(|word| matches!(word.first(), Some(Part::Value(_))));
        let option =
            |word: &Vec<Part>| matches!(word.first(), Some(Part::Text(t)) if t.starts_with('-'));
        let guarded = bare.is_some_and(|at| {
            ENDS_OPTIONS.contains(&program_name)
                && !rest.iter().skip(at).any(option)
                && !at
                    .checked_sub(1)
                    .and_then(|b| rest.get(b))
                    .is_some_and(option)
        });
        let program = style.text(program_text);
        let mut rest: Vec<String> = rest.iter().map(|word| self.word(word, style)).collect();
        if let Some(at) = bare.filter(|_| guarded) {
            rest.insert(at, style.text("--"));
        }
        let rest = rest.join(", ");
        let comma = if rest.is_empty() { "" } else { ", " };
        let text = match pass {
            ListPassing::List => format!("[{program}{comma}{rest}]"),
            ListPassing::ProgramAndList => format!("{program}, [{rest}]"),
            ListPassing::AfterShell => format!("{program}{comma}{rest}"),
            ListPassing::StringArray => format!("new String[] {{{program}{comma}{rest}}}"),
        };
        let mut changes = Vec::new();
        // One value after the other cannot be given to a variable.
        if built.before && pass != ListPassing::List {
            return None;
        }
        if built.read && built.before {
            return None;
        }
        let mut bytes = code.bytes(&built.run);
        if pass == ListPassing::AfterShell {
            bytes.start = code.bytes(&self.positional(place, 0)?.run).start;
        }
        changes.push(Change::new(bytes, &text));
        Some(Outcome {
            changes,
            // An empty value was no argument for the shell, and is one now.
            uncertain: may_vanish,
        })
    }

    fn word(&self, word: &[Part], style: Style) -> String {
        match word {
            [Part::Value(value)] => match self.code.language {
                Language::Python if !value.joined && !value.code.starts_with("str(") => {
                    format!("str({})", value.code)
                }
                Language::JavaScript | Language::TypeScript
                    if !value.code.starts_with("String(") =>
                {
                    format!("String({})", value.code)
                }
                Language::Java => format!("String.valueOf({})", value.code),
                _ => value.code.clone(),
            },
            word => style.build(word),
        }
    }
}

/// The words of a command, and whether one of them is nothing but a value without quotes around it;
/// `None` if a shell does more with it than cut it.
fn words(parts: &[Part], shell: bool) -> Option<(Vec<Vec<Part>>, bool)> {
    let mut words: Vec<Vec<Part>> = Vec::new();
    let mut word: Vec<Part> = Vec::new();
    let mut may_vanish = false;
    let vanishes = |word: &[Part]| word.iter().all(|part| matches!(part, Part::Value(_)));
    let mut open = false;
    let mut quote: Option<char> = None;
    for part in parts {
        let text = match part {
            Part::Value(value) => {
                open = true;
                word.push(Part::Value(value.clone()));
                continue;
            }
            Part::Text(text) => text,
        };
        for c in text.chars() {
            match (quote, c) {
                (Some(q), c) if c == q => quote = None,
                (Some('"'), '$' | '`' | '\\') => return None,
                (Some(_), c) => push(&mut word, c),
                (None, '\'' | '"') if shell => {
                    quote = Some(c);
                    open = true;
                    if word.is_empty() {
                        word.push(Part::Text(String::new()));
                    }
                }
                (None, ' ' | '\t') => {
                    if open {
                        may_vanish |= vanishes(&word);
                        words.push(std::mem::take(&mut word));
                    }
                    open = false;
                }
                (None, c) if shell && "|&;<>()$`\\*?[]{}#~!\n".contains(c) => return None,
                (None, c) if c.is_control() => return None,
                (None, c) => {
                    open = true;
                    push(&mut word, c);
                }
            }
        }
    }
    if quote.is_some() {
        return None;
    }
    if open {
        may_vanish |= vanishes(&word);
        words.push(word);
    }
    for word in &mut words {
        if word.len() > 1 {
            word.retain(|p| !matches!(p, Part::Text(text) if text.is_empty()));
        }
    }
    Some((words, may_vanish))
}

fn push(word: &mut Vec<Part>, c: char) {
    match word.last_mut() {
        Some(Part::Text(text)) => text.push(c),
        _ => word.push(Part::Text(c.to_string())),
    }
}
