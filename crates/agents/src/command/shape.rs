//! What a command is, by its words: its program, whom it speaks to, what it writes and runs.

use super::risk::INTERPRETERS;
use super::{Command, Word};

impl Command {
    pub(crate) fn start(&self) -> usize {
        self.assignments
            .first()
            .or_else(|| self.words.first())
            .map_or(0, |word| word.start)
    }

    pub(crate) fn end(&self) -> usize {
        self.words
            .last()
            .or_else(|| self.assignments.last())
            .map_or(0, |word| word.end)
    }

    /// The program's name, without folders and `sudo`, in lower case.
    pub(crate) fn program(&self) -> Option<String> {
        self.program_word().map(|word| {
            let name = word
                .text
                .rsplit(['/', '\\'])
                .next()
                .unwrap_or_default()
                .to_ascii_lowercase();
            name.strip_suffix(".exe")
                .or_else(|| name.strip_suffix(".cmd"))
                .map_or(name.clone(), str::to_owned)
        })
    }

    pub(super) fn program_word(&self) -> Option<&Word> {
        self.words.iter().find(|word| {
            !matches!(
                word.text.as_str(),
                "sudo"
                    | "exec"
                    | "nohup"
                    | "time"
                    | "command"
                    | "then"
                    | "do"
                    | "!"
                    | "{"
                    | "if"
                    | "while"
                    | "$"
                    | "%"
                    | ">"
            ) && !word.text.starts_with('-')
                || word.text == "-"
        })
    }

    pub(crate) fn names_remote(&self) -> bool {
        self.host().is_some_and(|host| {
            !["localhost", "127.0.0.1", "0.0.0.0", "[::1]"]
                .iter()
                .any(|local| host.starts_with(local))
        }) || self
            .words
            .iter()
            .skip(1)
            .any(|w| w.text.starts_with('$') && w.text.to_ascii_lowercase().contains("url"))
    }

    /// The first address, without its scheme.
    pub(crate) fn host(&self) -> Option<String> {
        self.words.iter().find_map(|word| {
            let at = word.text.find("://")?;
            let scheme = word.text[..at]
                .rsplit(|c: char| !c.is_ascii_alphanumeric())
                .next()?;
            if !matches!(scheme, "http" | "https" | "ftp" | "ws" | "wss") {
                return None;
            }
            let rest: String = word.text[at + 3..]
                .chars()
                .take_while(|c| {
                    c.is_ascii_alphanumeric()
                        || matches!(c, '.' | '-' | ':' | '[' | ']' | '/' | '_')
                })
                .collect();
            let host = rest.split('/').next().unwrap_or_default().to_owned();
            // Some services are told by their path.
            Some(if rest.contains("/api/webhooks") || rest.contains("/bot") {
                rest
            } else {
                host
            })
        })
    }

    pub(super) fn is_insecure(&self) -> bool {
        self.words.iter().any(|w| {
            w.text.starts_with("http://")
                || matches!(
                    w.text.as_str(),
                    "-k" | "--insecure" | "--no-check-certificate"
                )
        })
    }

    /// Does an interpreter take its program from a pipe?
    pub(super) fn reads_code_from_input(&self) -> bool {
        let mut words = self
            .words
            .iter()
            .skip_while(|w| Some(*w) != self.program_word())
            .skip(1)
            .peekable();
        // `python -m json.tool`, `node -e …`, `bash script.sh` take it from elsewhere; `bash -s --` does not.
        match words.peek().map(|w| w.text.as_str()) {
            None | Some("-" | "-s" | "/dev/stdin") => true,
            Some(flag) => {
                flag.starts_with('-')
                    && !matches!(
                        flag,
                        "-m" | "-c" | "-e" | "-p" | "-n" | "-pe" | "-ne" | "--eval" | "-r"
                    )
                    && self.words.iter().skip(1).all(|w| {
                        w.text.starts_with('-') || self.words.iter().any(|s| s.text == "-s")
                    })
            }
        }
    }

    /// The code of `-c`, `-e`, `/c`.
    pub(crate) fn inline_code(&self) -> Option<&Word> {
        let at = self.words.iter().position(|w| {
            matches!(
                w.text.as_str(),
                "-c" | "-e"
                    | "-lc"
                    | "-ic"
                    | "-lic"
                    | "-ec"
                    | "-xc"
                    | "--eval"
                    | "/c"
                    | "/C"
                    | "-Command"
                    | "-command"
                    | "-EncodedCommand"
            )
        })?;
        self.words.get(at + 1)
    }

    pub(super) fn written_file(&self) -> Option<String> {
        let option = self
            .words
            .iter()
            .position(|w| matches!(w.text.as_str(), "-o" | "--output" | "-O" | "-OutFile" | ">"))
            .and_then(|at| self.words.get(at + 1));
        let name = option
            .map(|w| w.text.clone())
            .filter(|name| !name.starts_with("http") && name != "-" && name != "/dev/null");
        name.or_else(|| {
            let address = self.words.iter().find(|w| w.text.contains("://"))?;
            let is_named = self.program().as_deref() == Some("wget")
                || self.words.iter().any(|w| {
                    matches!(
                        w.text.as_str(),
                        "-O" | "-LO" | "-sLO" | "-fsSLO" | "--remote-name"
                    )
                });
            is_named.then(|| {
                address
                    .text
                    .rsplit('/')
                    .next()
                    .unwrap_or_default()
                    .to_owned()
            })
        })
    }

    pub(super) fn runs_file(&self, file: &str) -> bool {
        let base = file.rsplit('/').next().unwrap_or(file);
        if base.is_empty() {
            return false;
        }
        let is_it = |word: &Word| {
            word.text == file
                || word.text.strip_prefix("./") == Some(file)
                || word.text.rsplit('/').next() == Some(base)
        };
        let program = self.program_word();
        program.is_some_and(is_it)
            || (self
                .program()
                .is_some_and(|p| INTERPRETERS.contains(&p.as_str()))
                && self
                    .words
                    .iter()
                    .skip(1)
                    .find(|w| !w.text.starts_with('-'))
                    .is_some_and(is_it))
    }
}
