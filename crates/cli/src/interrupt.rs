//! What an interrupt or a request to end (SIGINT, SIGTERM) does.
//!
//! The first one sets a flag: the run stops where it is and prints its partial answer, marked. A run
//! that waits for something which does not come (a pipe, a network drive) never looks at the flag, so
//! the process ends by itself then; one that works on gets longer, and so does every one where the system does
//! not say which of the two it is (all but Linux). The second one ends it at once.

use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// What shells say of a program that an interrupt ended: there is no answer, not even a part of it.
const WITHOUT_ANSWER: i32 = 130;
/// For a run that uses no processor time.
const WAITING: Duration = Duration::from_secs(5);
/// For one that works: the parts of a large history are put together, or written to a slow reader.
const WORKING: Duration = Duration::from_secs(30);
/// Of processor time: a progress bar alone needs less in [`WAITING`].
const HARDLY_ANY: Duration = Duration::from_millis(50);

/// What is said when somebody leaves a question by an interrupt.
static LEFT: Mutex<String> = Mutex::new(String::new());

/// Has an interrupt say what comes of it, from now on: who leaves a question wants to know whether it waits.
pub(crate) fn when_left(text: &str) {
    if let Ok(mut left) = LEFT.lock() {
        text.clone_into(&mut left);
    }
}

fn say_goodbye() {
    let text = LEFT.try_lock().map(|left| left.clone());
    if let Ok(text) = text
        && !text.is_empty()
    {
        let _ = writeln!(std::io::stderr(), "\n{text}");
    }
}

/// Has interrupts set the flag. `at_once`: there is no partial answer to wait for.
///
/// Without the handler an interrupt ends the process at once, which loses nothing but the partial
/// answer: the cache is written aside and renamed.
#[expect(
    clippy::exit,
    reason = "the process ends where nothing looks at the flag"
)]
pub(crate) fn heed(flag: Arc<AtomicBool>, at_once: bool) {
    let _ = ctrlc::set_handler(move || {
        trueline_scan::stop_checking_models();
        if flag.swap(true, Ordering::SeqCst) || at_once {
            say_goodbye();
            std::process::exit(WITHOUT_ANSWER);
        }
        // In a thread of its own, so that the second signal is heard.
        let spawned = thread::Builder::new().spawn(end_if_stuck);
        if spawned.is_err() {
            std::process::exit(WITHOUT_ANSWER);
        }
    });
}

/// The process ends before this returns, by the run that saw the flag or here.
#[expect(
    clippy::exit,
    reason = "the process ends where nothing looks at the flag"
)]
fn end_if_stuck() {
    let (start, used) = (Instant::now(), processor_time());
    thread::sleep(WAITING);
    let works = match (used, processor_time()) {
        (Some(before), Some(now)) => now.saturating_sub(before) > HARDLY_ANY,
        _ => true,
    };
    if works {
        thread::sleep(WORKING.saturating_sub(start.elapsed()));
    }
    let _ = writeln!(
        std::io::stderr(),
        "trueline: interrupted while it waited or worked on; the answer is missing or cut off"
    );
    std::process::exit(WITHOUT_ANSWER);
}

/// What this process and the children that it waited for used so far, where the system tells it in a file: whose
/// children work, one after another, works as well.
fn processor_time() -> Option<Duration> {
    /// Linux tells it in hundredths of a second, whatever its own clock.
    const TICK: Duration = Duration::from_millis(10);
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The second field, the name, may hold anything, also spaces and brackets.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_ascii_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<u32>().ok();
    Some(TICK * (ticks()? + ticks()? + ticks()? + ticks()?))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn processor_time_grows_with_work() {
        let before = processor_time().unwrap();
        let start = Instant::now();
        let mut sum = 0_u64;
        while processor_time().unwrap() < before + HARDLY_ANY * 2 {
            sum = (0..100_000).fold(sum, |sum, next| std::hint::black_box(sum ^ next));
            assert!(start.elapsed() < Duration::from_mins(1), "{sum}");
        }
    }

    #[test]
    fn processor_time_grows_with_the_work_of_children() {
        let before = processor_time().unwrap();
        let busy = "i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done";
        let mut rounds = 0;
        while processor_time().unwrap() < before + HARDLY_ANY * 2 {
            let ended = std::process::Command::new("sh").args(["-c", busy]).status();
            assert!(ended.unwrap().success());
            rounds += 1;
            // This process does next to nothing meanwhile: without its children it would take thousands.
            assert!(rounds < 20);
        }
    }
}
