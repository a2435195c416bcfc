//! Shell text as commands and pipes, and what is risky in it: code from the network that is run, secrets that leave.
//!
//! Words keep their bytes. Nothing is expanded or run; what a word would become is not known, and is not guessed.

mod harm;
mod launch;
mod leak;
mod machine;
mod nested;
mod packages;
mod risk;
mod shape;
mod words;

pub use self::harm::{CommandHarm, Harm, command_harm, statement_harm};
pub(crate) use self::launch::{Pin, launch};
pub use self::machine::runs_by_itself;
pub(crate) use self::machine::unasked_agent;
pub use self::packages::{AskedPackage, asked_packages};
pub(crate) use self::risk::{Risk, collects};
use self::words::read_words;

/// A word with its bytes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Word {
    pub(crate) text: String,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// How a command is joined to the one before it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Joint {
    /// It begins by itself.
    None,
    /// It reads what the one before wrote.
    Pipe,
    /// It comes after it.
    Then,
}

/// A command: its words without assignments before them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Command {
    pub(crate) words: Vec<Word>,
    pub(crate) joint: Joint,
    /// `NAME=value` before the program.
    pub(crate) assignments: Vec<Word>,
    /// The words after `<`, `<<` and `<<<`: what it reads. They are among `words`, too.
    pub(crate) inputs: Vec<Word>,
}

/// A text of shell.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Script {
    pub(crate) commands: Vec<Command>,
}

impl Script {
    pub(crate) fn read(text: &str) -> Self {
        read_words(text)
    }

    /// A command given as a list: it is not read by a shell.
    pub(crate) fn of(words: Vec<Word>) -> Self {
        Self {
            commands: vec![Command {
                words,
                joint: Joint::None,
                assignments: Vec::new(),
                inputs: Vec::new(),
            }],
        }
    }
}
