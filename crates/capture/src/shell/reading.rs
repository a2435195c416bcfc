//! Which files a command line shows to whoever runs it: those that simple programs of reading are given, what is
//! redirected into any, and what git shows of a revision.
//!
//! Read by words alone. What is put together at run time, or found by a program itself (`grep -r`), is not seen.

/// Programs that show the files they are given.
const READERS: [&str; 30] = [
    "cat",
    "tac",
    "nl",
    "rev",
    "head",
    "tail",
    "less",
    "more",
    "most",
    "bat",
    "batcat",
    "view",
    "strings",
    "xxd",
    "od",
    "hd",
    "hexdump",
    "base64",
    "base32",
    "cut",
    "sort",
    "uniq",
    "paste",
    "fold",
    "column",
    "diff",
    "zcat",
    "type",
    "get-content",
    "gc",
];
/// Those whose first word is what they look for or do.
const SEEKERS: [&str; 14] = [
    "grep",
    "egrep",
    "fgrep",
    "zgrep",
    "rg",
    "ag",
    "ack",
    "sed",
    "awk",
    "gawk",
    "jq",
    "yq",
    "select-string",
    "sls",
];
const SHELLS: [&str; 5] = ["sh", "bash", "zsh", "dash", "ksh"];
/// Words before a program.
const BEFORE: [&str; 9] = [
    "sudo", "command", "env", "time", "nice", "nohup", "then", "do", "exec",
];
/// Shells within shells that are followed.
const DEEPEST: usize = 3;

/// A file that is read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ReadFile {
    /// As the command names it, after the folders that it went to.
    pub(crate) path: String,
    /// Out of a revision of git: it need not be in the work tree.
    pub(crate) of_git: bool,
}

/// The files that a command line reads.
pub(crate) fn read(command: &str) -> Vec<ReadFile> {
    let mut files = Vec::new();
    collect(command, 0, &mut files);
    files
}

fn collect(text: &str, depth: usize, files: &mut Vec<ReadFile>) {
    let mut folder = String::new();
    for words in commands(text) {
        let (plain, redirected) = parts(&words);
        files.extend(redirected.iter().map(|path| below(&folder, path)));
        let start = plain.iter().position(|word| {
            !BEFORE.contains(word) && !word.starts_with('-') && !is_assignment(word)
        });
        let Some((program, rest)) = start.and_then(|start| plain.get(start..)?.split_first())
        else {
            continue;
        };
        let name = program.rsplit(['/', '\\']).next().unwrap_or(program);
        let name = name.to_ascii_lowercase();
        let name = name.strip_suffix(".exe").unwrap_or(&name);
        let mut values = rest.iter().filter(|word| !word.starts_with('-'));
        if name == "cd" || name == "pushd" {
            folder = below(&folder, values.next().copied().unwrap_or("~")).path;
        } else if READERS.contains(&name) {
            files.extend(values.map(|word| below(&folder, word)));
        } else if SEEKERS.contains(&name) {
            let is_told = rest
                .iter()
                .any(|word| matches!(*word, "-e" | "-f" | "--regexp" | "--file" | "--expression"));
            let in_place = name == "sed" && rest.iter().any(|word| word.starts_with("-i"));
            if !in_place {
                let values = values.skip(usize::from(!is_told));
                files.extend(values.map(|word| below(&folder, word)));
            }
        } else if SHELLS.contains(&name) && depth < DEEPEST {
            let code = rest
                .iter()
                .skip_while(|word| !(word.starts_with('-') && word.ends_with('c')))
                .nth(1);
            if let Some(code) = code {
                collect(code, depth + 1, files);
            }
        } else if name == "git" && rest.iter().any(|word| matches!(*word, "show" | "cat-file")) {
            files.extend(values.filter_map(|word| {
                let (_, path) = word.split_once(':').filter(|(_, path)| !path.is_empty())?;
                Some(ReadFile {
                    path: path.to_owned(),
                    of_git: true,
                })
            }));
        }
    }
}

fn below(folder: &str, path: &str) -> ReadFile {
    ReadFile {
        path: if folder.is_empty() || path.starts_with(['/', '~', '$']) {
            path.to_owned()
        } else {
            format!("{folder}/{path}")
        },
        of_git: false,
    }
}

fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    })
}

/// The words of a command, and the files that are redirected into it.
fn parts(words: &[Word]) -> (Vec<&str>, Vec<&str>) {
    let (mut plain, mut read): (Vec<&str>, Vec<&str>) = (Vec::new(), Vec::new());
    let mut mark: Option<&Word> = None;
    for word in words {
        match (mark.take(), word) {
            (None, Word::Text(text)) => plain.push(text),
            (_, Word::From | Word::To) => mark = Some(word),
            (Some(Word::From), Word::Text(text)) => read.push(text),
            (Some(_), Word::Text(_)) => {}
        }
    }
    (plain, read)
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Word {
    Text(String),
    /// `<`: the next word is read.
    From,
    /// `>`, `<<`, `<<<`: the next word is no file that is read.
    To,
}

/// The commands of a line as words without their quotes.
fn commands(text: &str) -> Vec<Vec<Word>> {
    let mut all: Vec<Vec<Word>> = Vec::new();
    let mut now: Vec<Word> = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None | Some('"'), '\\') => {
                if let Some(next) = chars.next() {
                    word.get_or_insert_default().push(next);
                }
            }
            (None, ';' | '|' | '&' | '\n' | '(' | ')' | '`' | '{' | '}') => {
                now.extend(word.take().map(Word::Text));
                all.push(std::mem::take(&mut now));
            }
            (None, '<') => {
                let mut mark = Word::From;
                while chars.next_if_eq(&'<').is_some() {
                    mark = Word::To;
                }
                now.extend(word.take().map(Word::Text));
                now.push(mark);
            }
            (None, '>') => {
                while chars.next_if(|c| matches!(c, '>' | '&')).is_some() {}
                now.extend(word.take().map(Word::Text));
                now.push(Word::To);
            }
            (None, c) if c.is_whitespace() => now.extend(word.take().map(Word::Text)),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    now.extend(word.take().map(Word::Text));
    all.push(now);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(command: &str) -> Vec<String> {
        read(command).into_iter().map(|file| file.path).collect()
    }

    #[test]
    fn files_that_simple_commands_show_are_told() {
        for (command, expected) in [
            ("cat .env", &[".env"][..]),
            (
                "cat 'my notes.txt' \"b c\" d\\ e",
                &["my notes.txt", "b c", "d e"],
            ),
            (
                "sudo head -n 5 /etc/passwd | tail -2",
                &["5", "/etc/passwd"],
            ),
            ("grep -n KEY .env config/a.ini", &[".env", "config/a.ini"]),
            ("rg TOKEN .env | cut -d= -f2", &[".env"]),
            ("sed -n 1,20p secrets.yaml", &["secrets.yaml"]),
            ("jq .token ~/.config/x.json >out", &["~/.config/x.json"]),
            (
                "cd deploy && cat .env; cat /etc/hosts",
                &["deploy/.env", "/etc/hosts"],
            ),
            ("while read -r line; do echo $line; done < .env", &[".env"]),
            ("bash -lc 'cat .env'", &[".env"]),
            ("X=1 cat .env > out.txt", &[".env"]),
            ("echo $(cat .env) | wc", &[".env"]),
            ("git show HEAD~2:deploy/.env", &["deploy/.env"]),
            ("diff .env .env.example", &[".env", ".env.example"]),
        ] {
            assert_eq!(of(command), expected, "{command}");
        }
    }

    #[test]
    fn commands_that_show_no_file_tell_none() {
        for command in [
            "ls -la",
            "cp .env .env.bak",
            "echo cat .env",
            "sed -i s/a/b/ .env",
            "grep .env",
            "cat <<E\n.env\nE",
            "cat <<< .env",
            "git show HEAD",
            "rm .env",
            "cat > .env",
            "printf '%s' 'cat .env'",
            "",
            "bash -c",
            "git log -- .env",
        ] {
            let read = of(command);
            assert!(
                !read.iter().any(|f| f.contains(".env")),
                "{command}: {read:?}"
            );
        }
    }
}
