//! The launcher: this program, started again with an empty environment, builds the sandbox.
//!
//! Three processes, each a fork of the one before and none with a second thread. The launcher gives
//! up root, makes the namespaces and waits. Its child is process 1 inside: it builds the root file
//! system ([`root`]) and reaps ([`first`]). The grandchild confines itself for good ([`confine`])
//! and becomes the program. Whatever cannot be had ends all three with a refusal, told on the
//! socket that is standard input. When that socket closes, everything inside ends.

mod calls;
mod confine;
mod first;
mod mail;
mod root;
mod usage;

use std::fs::{self, File};
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sched::{CloneFlags, setns, unshare};
use nix::sys::prctl;
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Gid, Pid, Uid, getegid, geteuid, pipe2, setgroups, setresgid, setresuid};

use crate::isolation::Part;
use crate::plan::{Event, Plan};
use calls::{Fork, Patience};

pub(crate) use calls::standard_input;
pub(crate) use mail::{receive, send, send_with};

/// The user and group that a sandboxed program sees itself as.
const INSIDE_ID: u32 = 1000;

/// The first argument of a launcher. No user types it: without a socket at standard input it does nothing.
pub(crate) const ARGUMENT: &str = "__trueline-sandbox-launcher";

/// Why the launcher stops, as it is told to the caller.
pub(crate) struct Stop(Event);

type Step<T> = Result<T, Stop>;

/// Turns an error of the system into a refusal that names the part.
fn missing<E: Into<io::Error>>(part: Part, what: &'static str) -> impl FnOnce(E) -> Stop {
    move |error| {
        Stop(Event::Refused {
            part,
            why: format!("{what}: {}", error.into()),
        })
    }
}

/// What came with the plan.
struct Descriptors {
    stdin: OwnedFd,
    stdout: OwnedFd,
    stderr: OwnedFd,
    channel: Option<OwnedFd>,
    network: Option<OwnedFd>,
    /// Keeps the number of the program's channel free until it is put there.
    _reserved: File,
}

/// Runs the launcher to its end.
pub(crate) fn run() -> ! {
    let code = match launch() {
        Ok(()) => 0,
        Err(Stop(event)) => {
            // A caller that is gone needs no answer.
            let _ = send(standard_input(), &event);
            1
        }
    };
    calls::exit_now(code)
}

fn launch() -> Step<()> {
    calls::close_from(3).map_err(missing(Part::Launcher, "descriptors cannot be closed"))?;
    let (plan, descriptors) = take_plan()?;
    let network = descriptors.network.as_ref();
    let root_outside = geteuid().is_root();
    let mut sources = None;
    if root_outside {
        if let Some(network) = network {
            join(network, CloneFlags::CLONE_NEWNET)?;
        }
        // As root, since a toolchain may lie where its unprivileged self cannot go.
        match unshare(CloneFlags::CLONE_NEWNS) {
            Ok(()) => sources = Some(root::stage(&plan)?),
            // Root of a container, without root's rights: it goes on as ordinary users do.
            Err(Errno::EPERM) => {}
            Err(error) => return Err(missing(Part::Namespaces, "no mount namespace")(error)),
        }
        give_up_root(&plan)?;
    }
    let (uid, gid) = (geteuid(), getegid());
    // The network belongs to a user namespace around the innermost one. A sandbox that joins it
    // becomes a sibling of the first: neither has any right over the other.
    if network.is_none() {
        unshare(CloneFlags::CLONE_NEWUSER).map_err(missing(
            Part::UserNamespace,
            "no user namespace; the system may forbid them to ordinary users",
        ))?;
        map_ids(uid, gid)?;
        unshare(CloneFlags::CLONE_NEWNET)
            .map_err(missing(Part::Namespaces, "no network namespace"))?;
        calls::loopback_up().map_err(missing(Part::Loopback, "it cannot be brought up"))?;
    } else if let Some(network) = network
        && !root_outside
    {
        let owner = calls::owner_of(network.as_fd())
            .map_err(missing(Part::JoinedNetwork, "whose it is cannot be told"))?;
        join(&owner, CloneFlags::CLONE_NEWUSER)?;
        join(network, CloneFlags::CLONE_NEWNET)?;
    }
    let (uid, gid) = (geteuid(), getegid());
    unshare(CloneFlags::CLONE_NEWUSER).map_err(missing(
        Part::UserNamespace,
        "no user namespace within another",
    ))?;
    map_ids(uid, gid)?;
    unshare(
        CloneFlags::CLONE_NEWNS
            | CloneFlags::CLONE_NEWPID
            | CloneFlags::CLONE_NEWIPC
            | CloneFlags::CLONE_NEWUTS
            | CloneFlags::CLONE_NEWCGROUP,
    )
    .map_err(missing(
        Part::Namespaces,
        "no mount, process, IPC, host name and control group namespaces",
    ))?;
    tell_network().map_err(missing(Part::Namespaces, "the network cannot be told"))?;
    // Before there is a child: its end must not be missed.
    calls::block_child_signal();
    let (alive, ends_with_us) =
        pipe2(OFlag::O_CLOEXEC).map_err(missing(Part::Launcher, "no pipe"))?;
    match calls::fork().map_err(missing(Part::Launcher, "no process"))? {
        Fork::Child => {
            drop(ends_with_us);
            first::run(&plan, descriptors, sources, &alive)
        }
        Fork::Parent(child) => {
            drop(descriptors);
            wait(Pid::from_raw(child));
            Ok(())
        }
    }
}

fn take_plan() -> Step<(Plan, Descriptors)> {
    let broken = |what: &str| {
        Stop(Event::Refused {
            part: Part::Launcher,
            why: what.to_owned(),
        })
    };
    // The first number that is free after the three standard ones.
    let reserved = File::open("/dev/null").map_err(missing(Part::Launcher, "no null device"))?;
    let (packet, descriptors) =
        receive(standard_input()).map_err(missing(Part::Launcher, "no plan came"))?;
    let plan: Plan =
        serde_json::from_slice(&packet).map_err(|_| broken("the plan is not understood"))?;
    let mut descriptors = descriptors.into_iter();
    let mut next = || {
        descriptors
            .next()
            .ok_or_else(|| broken("a descriptor is missing"))
    };
    let taken = Descriptors {
        stdin: next()?,
        stdout: next()?,
        stderr: next()?,
        channel: plan.channel.then(&mut next).transpose()?,
        network: plan.joins_network.then(&mut next).transpose()?,
        _reserved: reserved,
    };
    Ok((plan, taken))
}

/// Hands the present network namespace to the caller, for others to join.
fn tell_network() -> io::Result<()> {
    let network = File::open("/proc/self/ns/net")?;
    send_with(standard_input(), &Event::Network, &[network.as_raw_fd()])
}

fn join(namespace: &OwnedFd, kind: CloneFlags) -> Step<()> {
    setns(namespace, kind).map_err(missing(Part::JoinedNetwork, "it cannot be joined"))
}

/// Becomes an unprivileged user for good. It must happen before the user namespace is made: its
/// processes are this user outside, and only so can they write to nothing that is root's.
fn give_up_root(plan: &Plan) -> Step<()> {
    let part = Part::UnprivilegedId;
    let id = plan.uid.filter(|uid| *uid != 0).ok_or_else(|| {
        Stop(Event::Refused {
            part,
            why: "none was given".to_owned(),
        })
    })?;
    let (uid, gid) = (Uid::from_raw(id), Gid::from_raw(id));
    setgroups(&[]).map_err(missing(part, "groups cannot be left"))?;
    setresgid(gid, gid, gid).map_err(missing(part, "the group id cannot be taken"))?;
    setresuid(uid, uid, uid).map_err(missing(part, "the user id cannot be taken"))?;
    if setresuid(Uid::from_raw(0), Uid::from_raw(0), Uid::from_raw(0)) != Err(Errno::EPERM) {
        return Err(Stop(Event::Refused {
            part,
            why: "root could be had again".to_owned(),
        }));
    }
    // A process that changed its id may not write the maps of its namespace otherwise.
    prctl::set_dumpable(true).map_err(missing(part, "the process cannot be made ordinary"))
}

/// Maps one user and one group, both unprivileged outside, and no others.
fn map_ids(uid: Uid, gid: Gid) -> Step<()> {
    let write = |file: &str, text: String| {
        fs::write(file, text).map_err(missing(Part::UserNamespace, "ids cannot be mapped"))
    };
    write("/proc/self/setgroups", "deny".to_owned())?;
    write("/proc/self/uid_map", format!("{INSIDE_ID} {uid} 1"))?;
    write("/proc/self/gid_map", format!("{INSIDE_ID} {gid} 1"))
}

/// Waits until process 1, and with it everything inside, has ended; ends it when the caller is
/// gone or says so by closing the socket.
fn wait(first: Pid) {
    if watch_socket(first).is_err() {
        let _ = kill(first, Signal::SIGKILL);
        let _ = calls::reap(Patience::Wait);
    }
}

/// Returns when process 1 has ended; an error if it is to be ended.
fn watch_socket(first: Pid) -> io::Result<()> {
    let ended = nix::sys::signalfd::SignalFd::with_flags(
        &Signal::SIGCHLD.into(),
        nix::sys::signalfd::SfdFlags::SFD_CLOEXEC,
    )?;
    loop {
        if calls::reap(Patience::Look)?.is_some_and(|child| child.pid == first.as_raw()) {
            return Ok(());
        }
        let mut watched = [
            PollFd::new(standard_input(), PollFlags::POLLIN),
            PollFd::new(ended.as_fd(), PollFlags::POLLIN),
        ];
        match poll(&mut watched, PollTimeout::NONE) {
            Ok(_) | Err(Errno::EINTR) => {}
            Err(error) => return Err(error.into()),
        }
        let ready = |number: usize| watched[number].any().unwrap_or(false);
        let (said, child) = (ready(0), ready(1));
        if child {
            ended.read_signal()?;
        }
        if said {
            // The caller says nothing after its plan: this is the end of the socket.
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}

/// The number under which the socket is kept from becoming the program's standard input.
fn keep_socket() -> io::Result<OwnedFd> {
    standard_input().try_clone_to_owned().inspect(|kept| {
        debug_assert!(kept.as_raw_fd() > 2);
    })
}
