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
/// A measurement that waits so long is one, however little it ran.
const LONGEST: Duration = Duration::from_millis(200);
/// Fewer measurements say nothing, unless they took long.
const LEAST: usize = 4;
const LONG: Duration = Duration::from_millis(400);
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

/// A stretch of time.
pub(crate) type Stretch = (Instant, Instant);

impl Burst {
    fn is_within(&self, (from, to): Stretch) -> bool {
        self.at <= to && self.at + self.ran + self.waited >= from
    }
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
                if now.0.saturating_sub(before.0) >= WORK
                    || at.elapsed() >= LONGEST
                    || self.is_over.load(Ordering::Relaxed)
                {
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

    /// In words, how little of a core there was in that of the stretches that had least; none where it was enough, or
    /// nobody knows.
    pub(crate) fn too_little(&self, stretches: &[Stretch]) -> Option<String> {
        let bursts = self.bursts.lock().ok()?;
        let share = stretches
            .iter()
            .filter_map(|stretch| share(bursts.iter().filter(|burst| burst.is_within(*stretch))))
            .min_by(f64::total_cmp)?;
        (share < TOO_LITTLE).then(|| {
            format!(
                "this machine was busy with other work: a program that needed a whole core got {:.0} % of it",
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
    let is_enough = count >= LEAST || ran + waited >= LONG;
    (is_enough && whole > 0.0).then(|| ran.as_secs_f64() / whole)
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
        let since = |pace: &Pace| pace.too_little(&[(then, Instant::now())]);
        let said = since(&pace(&[(1, 9); LEAST]));
        assert!(said.is_some_and(|said| said.contains("10 %")));
        assert_eq!(since(&pace(&[(4, 1); LEAST])), None);
        // One that waited long says as much as several.
        assert!(since(&pace(&[(5, 395)])).is_some());
    }

    #[test]
    fn a_wait_is_judged_by_how_busy_it_was_meanwhile_and_not_by_the_quiet_around_it() {
        let second = |n: u64| Duration::from_secs(n);
        let began = Instant::now();
        let bursts = (0..60).map(|tenth| Burst {
            at: began + Duration::from_millis(100 * tenth),
            ran: Duration::from_millis(4),
            waited: Duration::from_millis(if (20..30).contains(&tenth) { 90 } else { 0 }),
        });
        let pace = Pace {
            bursts: Mutex::new(bursts.collect()),
            is_over: AtomicBool::new(false),
        };
        let whole = (began, began + second(6));
        assert!(
            pace.too_little(&[(began + second(2), began + second(3))])
                .is_some()
        );
        assert!(
            pace.too_little(&[(began + second(4), began + second(6))])
                .is_none()
        );
        assert_eq!(
            pace.too_little(&[whole, (began + second(2), began + second(3))]),
            pace.too_little(&[(began + second(2), began + second(3))])
        );
    }

    #[test]
    fn few_measurements_and_those_of_before_say_nothing() {
        let now = Instant::now();
        let soon = now + Duration::from_secs(1);
        assert_eq!(pace(&[(1, 9); LEAST - 1]).too_little(&[(now, soon)]), None);
        let busy = pace(&[(1, 9); LEAST]);
        let later = soon + Duration::from_secs(1);
        assert_eq!(busy.too_little(&[(soon, later)]), None);
        assert_eq!(Pace::default().too_little(&[(now, soon)]), None);
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
