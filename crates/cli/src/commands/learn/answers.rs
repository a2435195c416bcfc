//! What a learner types: lines of standard input, read beside everything else, so that a question and
//! the watching of files never wait for each other.

use std::cell::OnceCell;
use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};

/// What comes from standard input.
pub(super) enum News {
    Line(String),
    NoMoreLines,
}

/// The lines, read from the first question on.
#[derive(Default)]
pub(super) struct Answers(OnceCell<Receiver<News>>);

impl Answers {
    fn lines(&self) -> &Receiver<News> {
        self.0.get_or_init(lines)
    }

    /// The next line, if one comes within the time.
    pub(super) fn within(&self, wait: Duration) -> Option<News> {
        match self.lines().recv_timeout(wait) {
            Ok(news) => Some(news),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => {
                thread::sleep(wait);
                None
            }
        }
    }

    /// A question: the answer without its blanks, none at the end of input.
    pub(super) fn ask(&self, question: &str) -> Result<Option<String>> {
        let mut out = std::io::stdout();
        let width = crate::output::style(None).width;
        // One blank less, for the one before what is typed.
        let question = trueline_report::terminal::wrapped(question, width.saturating_sub(1));
        write!(out, "{} ", question.trim_end())
            .and_then(|()| out.flush())
            .context("standard output")?;
        let answer = match self.lines().recv() {
            Ok(News::Line(line)) => Some(line.trim().to_owned()),
            Ok(News::NoMoreLines) | Err(_) => None,
        };
        if !std::io::stdin().is_terminal() {
            // Nobody pressed Enter on this screen.
            writeln!(out).context("standard output")?;
        }
        Ok(answer)
    }

    /// A question that can be left: none at `q` and at the end of input, which both are no answer.
    pub(super) fn ask_or_leave(&self, question: &str) -> Result<Option<String>> {
        Ok(self.ask(question)?.filter(|answer| !is_leaving(answer)))
    }
}

/// What was typed to leave a question.
fn is_leaving(answer: &str) -> bool {
    answer.eq_ignore_ascii_case("q") || answer.eq_ignore_ascii_case("quit")
}

/// Whether a person sits at both ends: what is asked of a pipe may never be answered.
pub(super) fn somebody_is_there() -> bool {
    std::io::stdin().is_terminal() && std::io::stdout().is_terminal()
}

fn lines() -> Receiver<News> {
    let (send, receive) = channel();
    thread::spawn(move || {
        for line in std::io::stdin().lock().lines() {
            let Ok(line) = line else { break };
            if send.send(News::Line(line)).is_err() {
                return;
            }
        }
        // Whoever asked may be gone.
        let _ = send.send(News::NoMoreLines);
    });
    receive
}
