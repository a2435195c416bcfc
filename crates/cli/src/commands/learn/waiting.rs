//! Says that something still runs, once it takes longer than a moment, and what keeps it waiting: a program that hangs
//! looks like one of ours that does otherwise. On standard error; on a terminal one line that counts and then goes away.

use std::io::{IsTerminal as _, Write as _};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

/// What takes no longer needs no words.
const MOMENT: Duration = Duration::from_secs(2);
/// How often it is looked whether there is something to say.
const LOOK: Duration = Duration::from_millis(200);

/// What is said of a program that owes an answer.
const LATE: &str = "the program is slow to answer or hangs";

/// What is to be said after so long, if anything. A late answer is late already.
fn text(what: &str, elapsed: Duration, is_late: bool) -> Option<String> {
    let seconds = elapsed.as_secs();
    match (is_late, elapsed < MOMENT) {
        (true, _) => Some(format!("{what}: {seconds} s so far, {LATE}")),
        (false, true) => None,
        (false, false) => Some(format!("{what}: {seconds} s so far")),
    }
}

/// Does the work, and says so while it takes long. `is_kept_waiting` tells whether a program owes an answer meanwhile:
/// that the work as a whole takes long is none of the program's fault.
pub(super) fn tell_while<T>(
    what: &str,
    is_kept_waiting: impl Fn() -> bool + Send,
    work: impl FnOnce() -> T,
) -> T {
    let (done, wait) = channel::<()>();
    thread::scope(|scope| {
        let teller = scope.spawn(move || {
            let started = Instant::now();
            let counts = std::io::stderr().is_terminal();
            let mut told: Vec<String> = Vec::new();
            while wait.recv_timeout(LOOK) == Err(RecvTimeoutError::Timeout) {
                let Some(text) = text(what, started.elapsed(), is_kept_waiting()) else {
                    continue;
                };
                // A pipe is told once of each, and a terminal what is new.
                let is_new = |known: &String| {
                    if counts {
                        *known != text
                    } else {
                        known.contains(LATE) != text.contains(LATE)
                    }
                };
                if !told.iter().all(is_new) {
                    continue;
                }
                // A closed standard error changes nothing.
                let _ = if counts {
                    write!(std::io::stderr(), "\r\u{1b}[K{text}")
                } else {
                    writeln!(std::io::stderr(), "{text}")
                };
                told.push(text);
            }
            if counts && !told.is_empty() {
                let _ = write!(std::io::stderr(), "\r\u{1b}[K");
            }
        });
        let result = work();
        drop(done);
        // It ends by itself; its last write comes before whatever is printed next.
        let _ = teller.join();
        result
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn that_it_takes_long_is_none_of_the_programs_fault() {
        let said = |seconds, is_late| text("Running", Duration::from_secs(seconds), is_late);
        assert_eq!(said(1, false), None);
        assert_eq!(said(9, false).as_deref(), Some("Running: 9 s so far"));
        assert_eq!(
            said(9, true).as_deref(),
            Some("Running: 9 s so far, the program is slow to answer or hangs")
        );
    }
}
