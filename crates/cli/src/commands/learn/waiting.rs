//! Says that something still runs, once it takes longer than a moment: a program that hangs looks like one of ours
//! that does otherwise. On standard error; on a terminal one line that counts and then goes away.

use std::io::{IsTerminal as _, Write as _};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

/// What takes no longer needs no words.
const MOMENT: Duration = Duration::from_secs(2);
/// How often the line counts.
const TICK: Duration = Duration::from_secs(1);

/// Does the work, and says so while it takes long.
pub(super) fn tell_while<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let (done, wait) = channel::<()>();
    thread::scope(|scope| {
        let teller = scope.spawn(move || {
            let started = Instant::now();
            let counts = std::io::stderr().is_terminal();
            let mut told = false;
            while wait.recv_timeout(if told { TICK } else { MOMENT })
                == Err(RecvTimeoutError::Timeout)
            {
                let seconds = started.elapsed().as_secs();
                let text =
                    format!("{what}: {seconds} s so far, the program is slow to answer or hangs");
                // A closed standard error changes nothing.
                let _ = match (counts, told) {
                    (true, _) => write!(std::io::stderr(), "\r\u{1b}[K{text}"),
                    (false, false) => writeln!(std::io::stderr(), "{text}"),
                    (false, true) => Ok(()),
                };
                told = true;
            }
            if told && counts {
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
