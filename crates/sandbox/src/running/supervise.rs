//! The caller's side on Linux: a thread for each sandbox.

use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{AddressFamily, Shutdown, SockFlag, SockType, shutdown, socketpair};
use nix::unistd::pipe2;

use super::LAUNCHER;
use super::pipes::{Input, Pipe, Pipes, Stream};
use crate::cgroup::Groups;
use crate::compose::compose;
use crate::error::SandboxError;
use crate::identity::Identity;
use crate::isolation::{Isolation, Refusal};
use crate::launch;
use crate::outcome::{Captured, LimitHit, Outcome, Status};
use crate::plan::Event;
use crate::spec::{Limits, Spec};

/// To build a sandbox takes milliseconds; a machine that takes longer than this is stuck.
const BUILDING: Duration = Duration::from_secs(30);
/// After its end was ordered. The kernel ends all processes inside at once.
const ENDING: Duration = Duration::from_secs(10);

/// What the launcher is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Task {
    Program,
    /// Build everything, run nothing.
    Trial,
}

/// The network of a running sandbox, to be joined by another. It stays as long as this does.
#[derive(Clone, Debug)]
pub struct NetworkHandle(Arc<OwnedFd>);

impl NetworkHandle {
    pub(super) fn descriptor(&self) -> RawFd {
        self.0.as_raw_fd()
    }
}

/// A sandboxed program that was started. Dropped, it is ended.
#[derive(Debug)]
pub struct Running {
    shared: Arc<Shared>,
    network: NetworkHandle,
    launcher: u32,
    thread: Option<thread::JoinHandle<()>>,
    wake: OwnedFd,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    network: Option<NetworkHandle>,
    ended: Option<Result<Outcome, SandboxError>>,
    alive: bool,
    killed: bool,
    stdout: Captured,
    stderr: Captured,
    channel: Captured,
    live: Option<UnixStream>,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Running {
    /// Its network, for `Network::Join`.
    #[must_use]
    pub fn network(&self) -> NetworkHandle {
        self.network.clone()
    }

    /// What it has printed so far.
    #[must_use]
    pub fn stdout(&self) -> Captured {
        self.shared.lock().stdout.clone()
    }

    /// What it has printed to standard error so far.
    #[must_use]
    pub fn stderr(&self) -> Captured {
        self.shared.lock().stderr.clone()
    }

    /// What it has written to its channel so far.
    #[must_use]
    pub fn channel(&self) -> Captured {
        self.shared.lock().channel.clone()
    }

    /// The caller's end of a live channel, once. It ends when all inside have closed theirs.
    #[must_use]
    pub fn take_channel(&self) -> Option<UnixStream> {
        self.shared.lock().live.take()
    }

    /// Whether the program has not ended yet.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        self.shared.lock().alive
    }

    /// The process id of the launcher: everything inside ends with it.
    #[must_use]
    pub const fn launcher_id(&self) -> u32 {
        self.launcher
    }

    /// Ends everything inside. `wait` tells the rest.
    pub fn kill(&self) {
        self.shared.lock().killed = true;
        // A thread that is gone has nothing left to end.
        let _ = nix::unistd::write(&self.wake, b"k");
    }

    /// Waits until it has ended, at most this long; says whether it has.
    #[must_use]
    pub fn wait_at_most(&self, time: Duration) -> bool {
        let state = self.shared.lock();
        let waited = self
            .shared
            .changed
            .wait_timeout_while(state, time, |state| state.ended.is_none());
        waited
            .unwrap_or_else(PoisonError::into_inner)
            .0
            .ended
            .is_some()
    }

    /// Waits until it has ended, and everything that it started with it.
    pub fn wait(mut self) -> Result<Outcome, SandboxError> {
        self.join();
        let ended = self.shared.lock().ended.take();
        ended.unwrap_or_else(|| Err(SandboxError::Launcher(io::Error::other("its thread ended"))))
    }

    fn join(&mut self) {
        if let Some(thread) = self.thread.take() {
            // What it panicked about is told by the missing outcome.
            let _ = thread.join();
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.thread.is_some() {
            self.kill();
            self.join();
        }
    }
}

/// Builds a sandbox and returns when its program has been started.
pub(super) fn start(spec: &Spec, task: Task) -> Result<Running, SandboxError> {
    let (supervisor, wake) = Supervisor::launch(spec, task)?;
    let shared = Arc::clone(&supervisor.shared);
    let launcher = supervisor.launcher.id();
    let thread = thread::Builder::new()
        .name("sandbox".to_owned())
        .spawn(move || supervisor.run())
        .map_err(SandboxError::Launcher)?;
    let mut state = shared.lock();
    while state.network.is_none() && state.ended.is_none() {
        state = shared
            .changed
            .wait(state)
            .unwrap_or_else(PoisonError::into_inner);
    }
    if let Some(network) = state.network.take() {
        drop(state);
        return Ok(Running {
            shared,
            network,
            launcher,
            thread: Some(thread),
            wake,
        });
    }
    let ended = state.ended.take();
    drop(state);
    let _ = thread.join();
    match ended {
        Some(Err(error)) => Err(error),
        _ => Err(SandboxError::Launcher(io::Error::other("it was ended"))),
    }
}

struct Supervisor {
    shared: Arc<Shared>,
    launcher: Child,
    socket: Option<OwnedFd>,
    pipes: Vec<Pipe>,
    /// What is still to be written to the program's standard input.
    input: Option<Input>,
    wake: OwnedFd,
    network: Option<NetworkHandle>,
    groups: Groups,
    limits: Limits,
    isolation: Isolation,
    /// Free for others once everything inside has ended.
    _identity: Identity,
    started: Option<Instant>,
    deadline: Instant,
    ending: bool,
    limits_hit: Vec<LimitHit>,
    result: Option<Result<(Status, u64), SandboxError>>,
    ended_at: Option<Instant>,
}

impl Supervisor {
    fn launch(spec: &Spec, task: Task) -> Result<(Self, OwnedFd), SandboxError> {
        let identity = spec.identity.clone().map_or_else(Identity::new, Ok)?;
        let mut groups = Groups::new(spec.limits.mem_mb << 20, spec.limits.pids);
        let failed = |error: Errno| SandboxError::Launcher(error.into());
        let (socket, theirs) = socketpair(
            AddressFamily::Unix,
            SockType::SeqPacket,
            None,
            SockFlag::SOCK_CLOEXEC,
        )
        .map_err(failed)?;
        let mut pipes = Pipes::open(spec).map_err(SandboxError::Launcher)?;
        let (woken, wake) = pipe2(OFlag::O_CLOEXEC | OFlag::O_NONBLOCK).map_err(failed)?;
        let program = LAUNCHER
            .get()
            .map_or("/proc/self/exe".as_ref(), |path| path.as_path());
        let launcher = Command::new(program)
            .arg(launch::ARGUMENT)
            .env_clear()
            // An interrupt at the terminal is the caller's to deal with.
            .process_group(0)
            .stdin(Stdio::from(theirs))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(SandboxError::Launcher)?;
        groups.add(launcher.id());
        let plan = compose(spec, task == Task::Program, &identity, &groups);
        let descriptors = pipes.descriptors(&spec.network);
        let mut supervisor = Self {
            shared: Arc::new(Shared {
                state: Mutex::new(State {
                    alive: true,
                    live: pipes.live.take(),
                    ..State::default()
                }),
                changed: Condvar::new(),
            }),
            launcher,
            socket: Some(socket),
            pipes: std::mem::take(&mut pipes.outer),
            input: pipes.input.take(),
            wake: woken,
            network: None,
            isolation: Isolation {
                kernel: crate::compose::kernel().to_owned(),
                dropped_to: identity.uid(),
                memory: groups.memory_limiter(),
                pids: groups.pids_limiter(),
                landlock: None,
                procfs: false,
            },
            groups,
            limits: spec.limits.clone(),
            _identity: identity,
            started: None,
            deadline: Instant::now() + BUILDING,
            ending: false,
            limits_hit: Vec::new(),
            result: None,
            ended_at: None,
        };
        if let Some(socket) = &supervisor.socket
            && let Err(error) = launch::send_with(socket.as_fd(), &plan, &descriptors)
        {
            supervisor.finish();
            // It was gone before it heard a word.
            let gone = error.kind() == io::ErrorKind::BrokenPipe;
            let error = if gone { supervisor.silent() } else { error };
            return Err(SandboxError::Launcher(error));
        }
        Ok((supervisor, wake))
    }

    fn run(mut self) {
        while self.is_open() {
            self.wait_for_news();
        }
        self.finish();
        let outcome = self.outcome();
        let mut state = self.shared.lock();
        state.alive = false;
        state.ended = Some(outcome);
        drop(state);
        self.shared.changed.notify_all();
    }

    fn is_open(&self) -> bool {
        self.socket.is_some() || self.pipes.iter().any(|pipe| pipe.end.is_some())
    }

    /// One round: waits for the next thing to happen and deals with it.
    fn wait_for_news(&mut self) {
        let mut watched = vec![PollFd::new(self.wake.as_fd(), PollFlags::POLLIN)];
        let socket = self.socket.as_ref().map(|fd| {
            watched.push(PollFd::new(fd.as_fd(), PollFlags::POLLIN));
            watched.len() - 1
        });
        let input = self.input.as_ref().map(|(fd, _)| {
            watched.push(PollFd::new(fd.as_fd(), PollFlags::POLLOUT));
            watched.len() - 1
        });
        let pipes: Vec<Option<usize>> = self
            .pipes
            .iter()
            .map(|pipe| {
                pipe.end.as_ref().map(|fd| {
                    watched.push(PollFd::new(fd.as_fd(), PollFlags::POLLIN));
                    watched.len() - 1
                })
            })
            .collect();
        let left = self.deadline.saturating_duration_since(Instant::now());
        // Rounded up, so that a deadline is over when its time has come.
        let left = PollTimeout::try_from(left + Duration::from_millis(1));
        if poll(&mut watched, left.unwrap_or(PollTimeout::MAX)).is_err() {
            return;
        }
        let ready: Vec<bool> = watched
            .iter()
            .map(|fd| fd.revents().is_none_or(|events| !events.is_empty()))
            .collect();
        drop(watched);
        let is_ready = |place: Option<usize>| place.is_some_and(|place| ready[place]);
        if ready[0] {
            let _ = nix::unistd::read(&self.wake, &mut [0; 8]);
            self.end();
        }
        if is_ready(socket) {
            self.hear();
        }
        if is_ready(input) {
            self.feed();
        }
        for (number, place) in pipes.into_iter().enumerate() {
            if is_ready(place) {
                self.drain(number);
            }
        }
        if Instant::now() >= self.deadline {
            self.too_late();
        }
    }

    fn too_late(&mut self) {
        if self.ending {
            // The kernel did not end it, or something else holds a pipe open: nothing more comes.
            let _ = self.launcher.kill();
            self.socket = None;
            self.pipes.iter_mut().for_each(|pipe| pipe.end = None);
            return;
        }
        if self.started.is_some() {
            self.hit(LimitHit::Wall);
        } else if self.result.is_none() {
            let slow = io::Error::new(io::ErrorKind::TimedOut, "the sandbox is not built in time");
            self.result = Some(Err(SandboxError::Launcher(slow)));
        }
        self.end();
    }

    fn hit(&mut self, limit: LimitHit) {
        if !self.limits_hit.contains(&limit) {
            self.limits_hit.push(limit);
        }
    }

    /// Orders the end of everything inside.
    fn end(&mut self) {
        if !self.ending {
            self.ending = true;
            self.deadline = Instant::now() + ENDING;
            if let Some(socket) = &self.socket {
                // The launcher reads the end of the socket; what it still says is heard.
                let _ = shutdown(socket.as_raw_fd(), Shutdown::Write);
            }
        }
    }

    fn hear(&mut self) {
        let Some(socket) = &self.socket else { return };
        let (packet, descriptors) = match launch::receive(socket.as_fd()) {
            Ok((packet, descriptors)) if !packet.is_empty() => (packet, descriptors),
            _ => {
                self.socket = None;
                // Everything inside has ended: what is in the pipes now is all there will be.
                self.deadline = self.deadline.min(Instant::now() + ENDING);
                self.ending = true;
                return;
            }
        };
        match serde_json::from_slice(&packet) {
            Ok(Event::Network) => {
                let network = descriptors.into_iter().next();
                self.network = network.map(|network| NetworkHandle(Arc::new(network)));
            }
            Ok(event) => self.note(event),
            Err(error) => self.fail(SandboxError::Launcher(error.into())),
        }
    }

    fn fail(&mut self, error: SandboxError) {
        if !matches!(self.result, Some(Err(_))) {
            self.result = Some(Err(error));
        }
    }

    fn note(&mut self, event: Event) {
        let system = io::Error::from_raw_os_error;
        match event {
            Event::Refused { part, why } => self.fail(Refusal { part, why }.into()),
            Event::Host { path, errno } => self.fail(SandboxError::Host {
                path: path.into(),
                error: system(errno),
            }),
            Event::Start { program, errno } => self.fail(SandboxError::Start {
                program,
                error: system(errno),
            }),
            Event::Ready { landlock, procfs } => self.ready(landlock, procfs),
            Event::Network => {}
            Event::Memory => self.hit(LimitHit::Memory),
            Event::Ended {
                code,
                signal,
                cpu_ms,
            } => {
                self.ended_at = Some(Instant::now());
                self.shared.lock().alive = false;
                let status = signal.map_or(Status::Exited(code.unwrap_or(0)), Status::Signalled);
                if self.result.is_none() {
                    self.result = Some(Ok((status, cpu_ms)));
                }
            }
        }
    }

    fn ready(&mut self, landlock: Option<u8>, procfs: bool) {
        let now = Instant::now();
        self.isolation.landlock = landlock;
        self.isolation.procfs = procfs;
        self.started = Some(now);
        if !self.ending {
            self.deadline = now + Duration::from_secs(self.limits.wall_s);
        }
        self.shared.lock().network = self.network.take();
        self.shared.changed.notify_all();
    }

    fn feed(&mut self) {
        let Some((pipe, left)) = &mut self.input else {
            return;
        };
        match nix::unistd::write(&*pipe, left) {
            Ok(written) => {
                left.drain(..written);
            }
            Err(Errno::EAGAIN | Errno::EINTR) => return,
            // The program does not read on.
            Err(_) => left.clear(),
        }
        if left.is_empty() {
            self.input = None;
        }
    }

    fn drain(&mut self, number: usize) {
        let mut chunk = [0; 16 << 10];
        let pipe = &mut self.pipes[number];
        let Some(end) = &pipe.end else { return };
        let read = match nix::unistd::read(end, &mut chunk) {
            Ok(0) => {
                pipe.end = None;
                return;
            }
            Ok(read) => read,
            Err(Errno::EAGAIN | Errno::EINTR) => return,
            Err(_) => {
                pipe.end = None;
                return;
            }
        };
        let (stream, cap) = (pipe.stream, pipe.cap);
        let mut state = self.shared.lock();
        let captured = match stream {
            Stream::Stdout => &mut state.stdout,
            Stream::Stderr => &mut state.stderr,
            Stream::Channel => &mut state.channel,
        };
        let room = cap - captured.bytes.len();
        captured.bytes.extend_from_slice(&chunk[..read.min(room)]);
        captured.truncated |= read > room;
        let over = captured.truncated;
        drop(state);
        if over {
            self.hit(stream.limit());
            self.end();
        }
    }

    /// Waits for the launcher, which ends after everything inside has.
    fn finish(&mut self) {
        self.socket = None;
        let _ = self.launcher.wait();
    }

    fn outcome(&mut self) -> Result<Outcome, SandboxError> {
        if self.groups.memory_hit() {
            self.hit(LimitHit::Memory);
        }
        if self.groups.pids_hit() {
            self.hit(LimitHit::Pids);
        }
        let ended = self.result.take().transpose()?;
        let killed = self.shared.lock().killed;
        let ended_by_us = killed || !self.limits_hit.is_empty();
        let (status, cpu_ms) = match ended {
            Some(ended) => ended,
            None if ended_by_us => (Status::Signalled(libc::SIGKILL as u8), 0),
            None => return Err(SandboxError::Launcher(self.silent())),
        };
        match status {
            Status::Signalled(signal) if i32::from(signal) == libc::SIGXFSZ => {
                self.hit(LimitHit::FileSize);
            }
            Status::Signalled(signal)
                if i32::from(signal) == libc::SIGXCPU
                    || (i32::from(signal) == libc::SIGKILL
                        && cpu_ms >= self.limits.cpu_s * 1000) =>
            {
                self.hit(LimitHit::Cpu);
            }
            _ => {}
        }
        let status = if killed && self.limits_hit.is_empty() && ended.is_none() {
            Status::Killed
        } else {
            status
        };
        let until = self.ended_at.unwrap_or_else(Instant::now);
        let mut state = self.shared.lock();
        Ok(Outcome {
            status,
            limits_hit: self.limits_hit.clone(),
            stdout: std::mem::take(&mut state.stdout),
            stderr: std::mem::take(&mut state.stderr),
            channel: std::mem::take(&mut state.channel),
            wall: self.started.map_or(Duration::ZERO, |from| until - from),
            isolation: self.isolation.clone(),
        })
    }

    fn silent(&self) -> io::Error {
        io::Error::other(if self.started.is_some() {
            "it ended without a word"
        } else {
            "it ended without a word; a program that uses sandboxes calls `launch_if_asked` first in `main`"
        })
    }
}
