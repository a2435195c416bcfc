//! How much of a core whoever wants one gets here. Time limits are told in seconds of a clock: where other work keeps a
//! program from running, an answer that is late says nothing about the program.
//!
//! A thread of ours works a little now and then, and reads from the system how long it had to wait for a core. Nothing
//! that is tried can write to that. A program that keeps all cores busy itself can slow it down: then nothing is said of
//! that program, which is no verdict in its favour.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How long is worked, and how long rested: a twenty-fifth of a core, but longer than a turn at a core usually is.
const WORK: Duration = Duration::from_millis(4);
const REST: Duration = Duration::from_millis(96);
/// Fewer measurements say nothing.
const LEAST: usize = 4;
/// Below this share of a core a program is taken to be kept from running.
const TOO_LITTLE: f64 = 0.35;

/// What a stretch of work took.
#[derive(Clone, Copy, Debug)]
struct Burst {
    at: Instant,
    ran: Duration,
    waited: Duration,
}

/// Measures while trials run.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    bursts: Mutex<Vec<Burst>>,
    is_over: AtomicBool,
}

impl Pace {
    /// Measures until it is told to stop; at once where this system does not tell how long one waits.
    pub(crate) fn measure(&self) {
        while !self.is_over.load(Ordering::Relaxed) {
            let Some(before) = on_core() else { return };
            let at = Instant::now();
            let mut sum = 0_u64;
            // By its own time on a core: by the clock, waiting would count as work.
            let after = loop {
                for _ in 0..100_000 {
                    sum = std::hint::black_box(sum.wrapping_mul(31).wrapping_add(7));
                }
                let Some(now) = on_core() else { return };
                if now.0.saturating_sub(before.0) >= WORK || self.is_over.load(Ordering::Relaxed) {
                    break now;
                }
            };
            if let Ok(mut bursts) = self.bursts.lock() {
                bursts.push(Burst {
                    at,
                    ran: after.0.saturating_sub(before.0),
                    waited: after.1.saturating_sub(before.1),
                });
            }
            std::thread::park_timeout(REST);
        }
    }

    /// Ends the measuring; whoever measures is to be unparked.
    pub(crate) fn stop(&self) {
        self.is_over.store(true, Ordering::Relaxed);
    }

    /// In words, how little of a core there was since then; none where it was enough, or nobody knows.
    pub(crate) fn too_little_since(&self, then: Instant) -> Option<String> {
        let bursts = self.bursts.lock().ok()?;
        let share = share(bursts.iter().filter(|burst| burst.at >= then))?;
        (share < TOO_LITTLE).then(|| {
            format!(
                "this machine was busy with other work: what wants a core got {:.0} % of one",
                (share * 100.0).max(1.0)
            )
        })
    }
}

/// The share of a core, from so many measurements that it says something.
fn share<'a>(bursts: impl Iterator<Item = &'a Burst>) -> Option<f64> {
    let (mut count, mut ran, mut waited) = (0, Duration::ZERO, Duration::ZERO);
    for burst in bursts {
        count += 1;
        ran += burst.ran;
        waited += burst.waited;
    }
    let whole = (ran + waited).as_secs_f64();
    (count >= LEAST && whole > 0.0).then(|| ran.as_secs_f64() / whole)
}

/// How long this thread has run, and how long it has waited for a core while it could have run.
fn on_core() -> Option<(Duration, Duration)> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let mut parts = text
        .split_ascii_whitespace()
        .map(|part| part.parse().ok().map(Duration::from_nanos));
    Some((parts.next()??, parts.next()??))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pace(bursts: &[(u64, u64)]) -> Pace {
        let at = Instant::now();
        let bursts = bursts
            .iter()
            .map(|(ran, waited)| Burst {
                at,
                ran: Duration::from_millis(*ran),
                waited: Duration::from_millis(*waited),
            })
            .collect();
        Pace {
            bursts: Mutex::new(bursts),
            is_over: AtomicBool::new(false),
        }
    }

    #[test]
    fn who_waits_longer_than_it_runs_is_kept_from_running() {
        let then = Instant::now();
        let said = pace(&[(1, 9); LEAST]).too_little_since(then);
        assert!(said.is_some_and(|said| said.contains("10 %")));
        assert_eq!(pace(&[(4, 1); LEAST]).too_little_since(then), None);
    }

    #[test]
    fn few_measurements_and_those_of_before_say_nothing() {
        let then = Instant::now();
        assert_eq!(pace(&[(1, 9); LEAST - 1]).too_little_since(then), None);
        let busy = pace(&[(1, 9); LEAST]);
        assert_eq!(
            busy.too_little_since(Instant::now() + Duration::from_secs(1)),
            None
        );
        assert_eq!(Pace::default().too_little_since(then), None);
    }

    #[test]
    fn measuring_ends_when_it_is_told_to() {
        let pace = Pace::default();
        std::thread::scope(|scope| {
            let measuring = scope.spawn(|| pace.measure());
            std::thread::sleep(Duration::from_millis(20));
            pace.stop();
            measuring.thread().unpark();
        });
        let measured = pace.bursts.lock().is_ok_and(|bursts| !bursts.is_empty());
        assert_eq!(measured, on_core().is_some());
    }
}
