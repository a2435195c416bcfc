//! One trial: fresh data, a fresh program, a tester that runs all functional tests or one exploit.
//!
//! The tester says what happened, this process judges. Nothing that the program can write to is read as a result.

use std::io::{Read, Write};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::format::tests::DeclaredExploit;
use crate::format::{Definition, Interface};
use crate::result::{ExploitOutcome, ExploitResult, FunctionalResult};
use crate::run::canary::CanaryKey;
use crate::run::data;
use crate::run::ground::{GroundError, Program, Socket, Stage, State};
use crate::run::pace::{Pace, Stretch};
use crate::run::protocol::{Answer, Doing, Event, Hello, Question, Said};
use crate::run::verdict::{Seen, judge};

/// A line of the tester may hold a response body; all of them together are bounded.
const LONGEST_LINE: usize = 16 << 20;
const MOST_BYTES: usize = 64 << 20;
const MOST_LOG_LINES: usize = 400;
/// What the tester needs beside the time of the tests.
const MARGIN: Duration = Duration::from_secs(5);
/// An answer that is told to be late has been waited for so long, or nearly.
const WAITED: Duration = Duration::from_secs(3);

/// What a trial is to find out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Work<'a> {
    Functional { stop_at_first_failure: bool },
    Exploit(&'a DeclaredExploit),
}

/// What it found out.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) functional: Vec<FunctionalResult>,
    pub(crate) exploit: Option<ExploitResult>,
    pub(crate) limits_hit: Vec<String>,
    /// The scenario's own tests, or the tester, failed.
    pub(crate) broken: Option<String>,
    /// The end of what the program printed.
    pub(crate) output: String,
    /// Time ran out for something, and this machine was too busy to blame the program for it.
    pub(crate) busy: Option<String>,
}

impl Found {
    /// An exploit that was not begun, or not ended, because the program does nothing that it should.
    pub(crate) fn not_tried(exploit: &DeclaredExploit) -> Self {
        Self {
            exploit: Some(ExploitResult {
                name: exploit.name.clone(),
                cwe: exploit.cwe,
                outcome: ExploitOutcome::Unknown,
                evidence: Some("not tried: nothing works yet".to_owned()),
                transcript: Vec::new(),
            }),
            ..Self::default()
        }
    }

    /// Whether every functional test failed: then no exploit can say anything, and nobody waits for it.
    pub(crate) fn works_in_nothing(&self) -> bool {
        !self.functional.is_empty() && self.functional.iter().all(|test| !test.pass)
    }
}

/// How long a trial may take in all.
pub(crate) fn wall(definition: &Definition) -> Duration {
    Duration::from_secs(u64::from(definition.limits.wall_s + definition.start_s)) + MARGIN
}

/// What trials that run at once share.
#[derive(Clone, Copy)]
pub(crate) struct Shared<'a> {
    /// The functional tests found that the program does nothing that it should.
    pub(crate) nothing_works: &'a AtomicBool,
    /// Trials whose program is late with an answer at this moment.
    pub(crate) late: &'a AtomicUsize,
    /// How much of a core there is.
    pub(crate) pace: &'a Pace,
}

/// Whether the program of one trial is late with an answer; at the trial's end it is no longer waited for.
struct Lateness<'a> {
    trials: &'a AtomicUsize,
    since: Option<Instant>,
    /// When it was waited for answers that were late.
    waits: Vec<Stretch>,
}

impl Lateness<'_> {
    fn set(&mut self, is_late: bool) {
        let now = Instant::now();
        match (self.since, is_late) {
            (None, true) => {
                self.trials.fetch_add(1, Ordering::Relaxed);
                self.since = Some(now.checked_sub(WAITED).unwrap_or(now));
            }
            (Some(since), false) => {
                self.trials.fetch_sub(1, Ordering::Relaxed);
                self.since = None;
                self.waits.push((since, now));
            }
            _ => {}
        }
    }
}

impl Drop for Lateness<'_> {
    fn drop(&mut self) {
        self.set(false);
    }
}

/// Plays a trial on a stage whose tester has been started.
pub(crate) fn play(
    stage: &mut dyn Stage,
    definition: &Definition,
    program: Option<&Program>,
    functional: &[String],
    work: Work<'_>,
    key: &CanaryKey,
    shared: Shared<'_>,
) -> Result<Found, GroundError> {
    let mut trial = Trial {
        program,
        key,
        lateness: Lateness {
            trials: shared.late,
            since: None,
            waits: Vec::new(),
        },
        seen: Seen::default(),
        log: Vec::new(),
        found: Found::default(),
        elsewhere: false,
    };
    let began = Instant::now();
    let deadline = began + wall(definition);
    let mut lines = Lines::new(stage.channel()).map_err(|source| GroundError::System {
        what: "the tester's socket",
        source,
    })?;
    let places = stage.places().clone();
    let shown = |path: &std::path::Path| path.display().to_string();
    let hello = Hello {
        mode: match work {
            Work::Functional { .. } => "functional",
            Work::Exploit(_) => "exploit",
        },
        name: match work {
            Work::Functional { .. } => None,
            Work::Exploit(exploit) => Some(&exploit.name),
        },
        cwe: match work {
            Work::Functional { .. } => None,
            Work::Exploit(exploit) => Some(exploit.cwe.0),
        },
        interface: definition.interface.word(),
        port: definition.port,
        canary_key: key.as_str(),
        tests: shown(&places.tests),
        data: shown(&places.data),
        private: shown(&places.private),
        app: shown(&places.app),
        seconds: definition.limits.wall_s,
        start_seconds: definition.start_s,
        stop_at_first_failure: matches!(
            work,
            Work::Functional {
                stop_at_first_failure: true
            }
        ),
    };
    let ended = trial.talk(stage, &mut lines, &hello, deadline, shared.nothing_works);
    let last = stage.stop();
    if let (Ok(Talk::Abandoned), Work::Exploit(exploit)) = (&ended, work) {
        return Ok(Found::not_tried(exploit));
    }
    trial.elsewhere = stage.lies_elsewhere();
    trial.note_end(&last, definition.interface);
    if let Err(why) = ended {
        let output = stage.tester_output();
        let tail = tail(&output, 1_500);
        trial.found.broken.get_or_insert_with(|| {
            if tail.is_empty() {
                why
            } else {
                format!("{why}: {tail}")
            }
        });
    }
    let ran_out = trial.seen.killed_by.iter().any(|limit| limit == "wall");
    trial.lateness.set(false);
    let mut stretches = std::mem::take(&mut trial.lateness.waits);
    if ran_out || !stretches.is_empty() {
        stretches.push((began, Instant::now()));
    }
    if !trial.used_up() {
        trial.found.busy = shared.pace.too_little(&stretches);
    }
    Ok(trial.judged(functional, work))
}

/// How the talk with a tester came to its end.
enum Talk {
    Ended,
    /// The program turned out to do nothing that it should.
    Abandoned,
}

struct Trial<'a> {
    program: Option<&'a Program>,
    key: &'a CanaryKey,
    lateness: Lateness<'a>,
    seen: Seen,
    log: Vec<String>,
    found: Found,
    /// The scenario has files that lie at other places here than in a sandbox.
    elsewhere: bool,
}

impl Trial<'_> {
    /// Answers the tester until it is done. The error says why it did not come to that.
    fn talk(
        &mut self,
        stage: &mut dyn Stage,
        lines: &mut Lines,
        hello: &Hello<'_>,
        deadline: Instant,
        nothing_works: &AtomicBool,
    ) -> Result<Talk, String> {
        lines.send(hello)?;
        loop {
            let line = match lines.next(Instant::now() + Duration::from_millis(100)) {
                Next::Line(line) => line,
                Next::Nothing => {
                    if stage.overflows() {
                        self.seen.killed_by.push("disk".to_owned());
                        let last = stage.stop();
                        self.note_end(&last, Interface::Http);
                    }
                    if hello.mode == "exploit" && nothing_works.load(Ordering::Relaxed) {
                        return Ok(Talk::Abandoned);
                    }
                    if Instant::now() > deadline {
                        self.lateness.set(true);
                        return Err("the tests did not end in time".to_owned());
                    }
                    continue;
                }
                Next::End => return Err("the tester ended before its tests".to_owned()),
                Next::TooMuch => return Err("the tester said more than 64 MB".to_owned()),
            };
            let said = serde_json::from_slice(&line)
                .map_err(|error| format!("the tester said what is no message: {error}"))?;
            match said {
                Said::Event(Event::End) => return Ok(Talk::Ended),
                Said::Event(event) => self.take(event),
                Said::Question(question) => {
                    let answer = self.answer(question, stage, deadline);
                    lines.send(&answer)?;
                }
            }
        }
    }

    fn take(&mut self, event: Event) {
        match event {
            Event::Log { line } => {
                if self.log.len() < MOST_LOG_LINES {
                    self.log.push(line);
                }
            }
            Event::Functional {
                name,
                passed,
                message,
                log,
            } => self.found.functional.push(FunctionalResult {
                name,
                pass: passed,
                msg: message,
                transcript: if passed { Vec::new() } else { log },
            }),
            Event::Control { ok, text } => self.seen.controls.push((ok, text)),
            Event::Succeeded { evidence } => {
                self.seen.evidence.get_or_insert(evidence);
            }
            Event::Raised { message } => {
                self.seen.raised.get_or_insert(message);
            }
            Event::Finished { alive } => self.seen.finished = Some(alive),
            Event::Late => self.lateness.set(true),
            Event::Answered => self.lateness.set(false),
            Event::Broken { message } => {
                self.found.broken.get_or_insert(message);
            }
            Event::End => {}
        }
    }

    fn answer(&mut self, question: Question, stage: &mut dyn Stage, deadline: Instant) -> Answer {
        match question {
            Question::Start { env } => {
                let Some(program) = self.program else {
                    return Answer::Error {
                        error: "this scenario has no program".to_owned(),
                    };
                };
                let mut program = program.clone();
                for value in program.env.values_mut() {
                    *value = self.key.fill(value);
                }
                program.env.extend(env);
                match stage.start(&program) {
                    Ok(()) => Answer::Done {},
                    Err(error) => Answer::Error {
                        error: format!("the program could not be started: {error}"),
                    },
                }
            }
            Question::Status => Answer::Doing(doing(stage.state())),
            Question::Wait { seconds } => {
                let seconds = if seconds.is_finite() {
                    seconds.clamp(0.0, 600.0)
                } else {
                    0.0
                };
                let until = deadline.min(Instant::now() + Duration::from_secs_f64(seconds));
                loop {
                    let now = stage.state();
                    if !now.running || Instant::now() >= until || stage.overflows() {
                        return Answer::Doing(doing(now));
                    }
                    std::thread::sleep(Duration::from_millis(5));
                }
            }
            Question::Stop => {
                let last = stage.stop();
                self.note_end(&last, Interface::Agent);
                Answer::Done {}
            }
            Question::Parse { form, text } => match data::parse(&form, &text) {
                Ok(value) => Answer::Value { value },
                Err(error) => Answer::Error { error },
            },
        }
    }

    /// Whether the program had what it may have, and wanted more: that is its own doing, however busy the machine is.
    fn used_up(&self) -> bool {
        let limits = self.seen.killed_by.iter().chain(&self.found.limits_hit);
        limits.into_iter().any(|limit| limit != "wall")
    }

    /// Keeps what the program's end says. A harness is meant to end; a server or a module is not.
    fn note_end(&mut self, state: &State, interface: Interface) {
        for limit in &state.limits_hit {
            if !self.found.limits_hit.contains(limit) {
                self.found.limits_hit.push(limit.clone());
            }
        }
        for limit in &state.killed_by {
            if !self.seen.killed_by.contains(limit) {
                self.seen.killed_by.push(limit.clone());
            }
        }
        let serves = matches!(interface, Interface::Http | Interface::Call);
        if let (true, Some(code), None) = (serves, state.exit, &self.seen.ended) {
            self.seen.ended = Some(format!("exit code {code}"));
        }
        let said = format!("{}{}", state.stdout, state.stderr);
        if !said.is_empty() {
            tail(&said, 2_000).clone_into(&mut self.found.output);
        }
    }

    fn judged(mut self, functional: &[String], work: Work<'_>) -> Found {
        for limit in &self.seen.killed_by {
            if !self.found.limits_hit.contains(limit) {
                self.found.limits_hit.push(limit.clone());
            }
        }
        match work {
            Work::Functional {
                stop_at_first_failure,
            } => self.complete(functional, stop_at_first_failure),
            Work::Exploit(exploit) => {
                let (outcome, evidence) = match &self.found.broken {
                    Some(broken) if self.seen.evidence.is_none() => {
                        (ExploitOutcome::Unknown, Some(broken.clone()))
                    }
                    _ => judge(&self.seen, exploit.cwe),
                };
                let (outcome, evidence) = match outcome {
                    // What it reaches for in the sandbox is not where it reaches here.
                    // Silence shows exhaustion only where it would have been heard.
                    ExploitOutcome::Succeeded
                        if self.found.busy.is_some()
                            && self.seen.evidence.is_none()
                            && self.seen.ended.is_none() =>
                    {
                        (ExploitOutcome::Unknown, self.found.busy.clone())
                    }
                    ExploitOutcome::Blocked if self.elsewhere => (
                        ExploitOutcome::Unknown,
                        Some("blocked, as far as it can be tried without isolation".to_owned()),
                    ),
                    outcome => (outcome, evidence),
                };
                self.found.exploit = Some(ExploitResult {
                    name: exploit.name.clone(),
                    cwe: exploit.cwe,
                    outcome,
                    evidence,
                    transcript: self.log,
                });
            }
        }
        self.found
    }

    /// A test that said nothing did not pass, whatever the reason.
    fn complete(&mut self, functional: &[String], stopped_early: bool) {
        let results = &mut self.found.functional;
        results.retain(|result| functional.contains(&result.name));
        let why = self
            .found
            .broken
            .as_deref()
            .unwrap_or("the test did not run");
        let cut_short = stopped_early && results.iter().any(|result| !result.pass);
        for name in functional {
            let ran = results.iter().any(|result| result.name == *name);
            if !ran && !cut_short {
                results.push(FunctionalResult {
                    name: name.clone(),
                    pass: false,
                    msg: Some(why.to_owned()),
                    transcript: Vec::new(),
                });
            }
        }
        if !self.seen.killed_by.is_empty() {
            results.push(FunctionalResult {
                name: "stays within its limits".to_owned(),
                pass: false,
                msg: Some(format!(
                    "the program was ended by: {}",
                    self.seen.killed_by.join(", ")
                )),
                transcript: Vec::new(),
            });
        }
    }
}

fn doing(state: State) -> Doing {
    Doing {
        running: state.running,
        exit: state.exit,
        stdout: state.stdout,
        stderr: state.stderr,
    }
}

/// The last so many bytes, at a character.
pub(crate) fn tail(text: &str, most: usize) -> &str {
    let text = text.trim_end();
    let mut start = text.len().saturating_sub(most);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    &text[start..]
}

enum Next {
    Line(Vec<u8>),
    Nothing,
    End,
    TooMuch,
}

/// Lines of a socket, read without blocking for long.
struct Lines {
    socket: Socket,
    buffer: Vec<u8>,
    searched: usize,
    taken: usize,
}

impl Lines {
    fn new(socket: &Socket) -> std::io::Result<Self> {
        let socket = socket.try_clone()?;
        socket.set_write_timeout(Some(Duration::from_secs(10)))?;
        Ok(Self {
            socket,
            buffer: Vec::new(),
            searched: 0,
            taken: 0,
        })
    }

    fn send<T: serde::Serialize>(&mut self, message: &T) -> Result<(), String> {
        let mut line = serde_json::to_vec(message).map_err(|error| error.to_string())?;
        line.push(b'\n');
        self.socket
            .write_all(&line)
            .map_err(|error| format!("the tester does not listen: {error}"))
    }

    fn next(&mut self, until: Instant) -> Next {
        loop {
            let end = self.buffer[self.searched..]
                .iter()
                .position(|byte| *byte == b'\n');
            if let Some(end) = end {
                let rest = self.buffer.split_off(self.searched + end + 1);
                let mut line = std::mem::replace(&mut self.buffer, rest);
                line.pop();
                self.searched = 0;
                return Next::Line(line);
            }
            self.searched = self.buffer.len();
            if self.buffer.len() > LONGEST_LINE || self.taken > MOST_BYTES {
                return Next::TooMuch;
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Next::Nothing;
            }
            let mut part = [0; 16_384];
            let read = self
                .socket
                .set_read_timeout(Some(left.max(Duration::from_millis(1))))
                .and_then(|()| self.socket.read(&mut part));
            match read {
                Ok(0) => return Next::End,
                Ok(size) => {
                    self.taken += size;
                    self.buffer.extend_from_slice(&part[..size]);
                }
                Err(error) => match error.kind() {
                    std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut => {
                        return Next::Nothing;
                    }
                    std::io::ErrorKind::Interrupted => {}
                    _ => return Next::End,
                },
            }
        }
    }
}
