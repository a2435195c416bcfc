//! Process 1 of a sandbox: starts the program, reaps what it leaves, tells how it ended.
//!
//! It cannot be signalled from inside (process 1 has no handlers) nor looked into (it is not
//! dumpable). When it ends, by itself or because the launcher does, the kernel ends all inside.

use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::prctl;
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, sethostname, setsid};

use super::calls::{self, Fork, Patience, Reaped};
use super::root::{self, Sources};
use super::usage::{Processes, Usage};
use super::{Descriptors, Step, Stop, confine, missing, send, standard_input};
use crate::isolation::{MemoryLimiter, Part};
use crate::plan::{Event, Plan};

/// How often memory is added up where no control group does it.
const WATCH_EVERY: Duration = Duration::from_millis(10);

pub(super) fn run(
    plan: &Plan,
    descriptors: Descriptors,
    sources: Option<Sources>,
    launcher: &OwnedFd,
) -> ! {
    let event = match hold(plan, descriptors, sources, launcher) {
        Ok(event) | Err(Stop(event)) => event,
    };
    let _ = send(standard_input(), &event);
    calls::exit_now(0)
}

fn hold(
    plan: &Plan,
    descriptors: Descriptors,
    sources: Option<Sources>,
    launcher: &OwnedFd,
) -> Step<Event> {
    let dies_with_launcher = || {
        prctl::set_pdeathsig(Signal::SIGKILL)
            .map_err(missing(Part::Launcher, "its end cannot be tied to ours"))
    };
    dies_with_launcher()?;
    // It may have died before its end was tied to ours: then its end of the pipe is closed.
    let mut end = [PollFd::new(launcher.as_fd(), PollFlags::empty())];
    if poll(&mut end, PollTimeout::ZERO).is_ok_and(|hung_up| hung_up > 0) {
        calls::exit_now(1);
    }
    setsid().map_err(missing(Part::Namespaces, "no session"))?;
    sethostname("sandbox").map_err(missing(Part::Namespaces, "no host name"))?;
    let watched = plan.memory == MemoryLimiter::Watch;
    // While the machine's process list can still be reached.
    let outer = watched.then(Processes::outer);
    let root = root::build(plan, sources)?;
    let processes = outer
        .map(|outer| {
            if root.procfs {
                Processes::inner()
            } else {
                outer
            }
        })
        .transpose()
        .map_err(missing(
            Part::Memory,
            "neither a control group nor a process list is there to bound it by",
        ))?;
    calls::block_child_signal();
    let program = match calls::fork().map_err(missing(Part::Launcher, "no process"))? {
        Fork::Child => confine::become_program(plan, &descriptors, &root),
        Fork::Parent(program) => program,
    };
    // The pipes end when the program and its children have closed them.
    drop(descriptors);
    prctl::set_dumpable(false).map_err(missing(Part::Capabilities, "process 1 stays open"))?;
    calls::keep_capabilities(calls::SYS_PTRACE)
        .map_err(missing(Part::Capabilities, "process 1 keeps them"))?;
    dies_with_launcher()?;
    let ended = match processes {
        Some(processes) => watch(
            program,
            plan.mem_bytes,
            Usage::new(processes, &root.scratch),
        ),
        None => reap_until(program),
    };
    // What it left behind, so that its use of the processor is counted as well.
    let _ = kill(Pid::from_raw(-1), Signal::SIGKILL);
    while let Ok(Some(_)) = calls::reap(Patience::Wait) {}
    Ok(Event::Ended {
        code: ended.code,
        signal: ended.signal,
        cpu_ms: calls::cpu_of_children_ms(),
    })
}

/// What is told when the kernel gives no answer: the program is gone and nobody knows how.
const LOST: Reaped = Reaped {
    pid: 0,
    code: None,
    signal: Some(9),
};

fn reap_until(program: i32) -> Reaped {
    loop {
        match calls::reap(Patience::Wait) {
            Ok(Some(child)) if child.pid == program => return child,
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => return LOST,
        }
    }
}

fn watch(program: i32, limit: u64, mut usage: Usage<'_>) -> Reaped {
    loop {
        match calls::reap(Patience::Look) {
            Ok(Some(child)) if child.pid == program => return child,
            Ok(Some(_)) => continue,
            Ok(None) => {}
            Err(_) => return LOST,
        }
        if usage.exceeds(limit) {
            let _ = kill(Pid::from_raw(-1), Signal::SIGKILL);
            let _ = send(standard_input(), &Event::Memory);
            return reap_until(program);
        }
        calls::child_signal(WATCH_EVERY);
    }
}
