//! Starts a sandbox and watches over it: pipes with caps, the clock, the end of everything inside.
//!
//! One thread of the caller's process belongs to each sandbox. It alone holds the launcher's
//! socket; when it lets go, by its own will or because the caller dies, everything inside ends.

use std::path::{Component, Path, PathBuf};
use std::sync::OnceLock;

use crate::error::SandboxError;
use crate::isolation::{Isolation, Part, Refusal};
use crate::outcome::Outcome;
use crate::spec::Spec;

#[cfg(target_os = "linux")]
mod pipes;
#[cfg(target_os = "linux")]
mod supervise;

static LAUNCHER: OnceLock<PathBuf> = OnceLock::new();

/// Turns this process into a launcher if it was started as one, and then does not return. Call it
/// first thing in `main`, before any thread is started.
pub fn launch_if_asked() {
    #[cfg(target_os = "linux")]
    if std::env::args_os()
        .nth(1)
        .is_some_and(|first| first == crate::launch::ARGUMENT)
    {
        crate::launch::run();
    }
}

/// Names the program that is started as a launcher, one that calls [`launch_if_asked`]; by default
/// this very one. Only the first call counts.
pub fn set_launcher(program: impl Into<PathBuf>) {
    LAUNCHER.get_or_init(|| program.into());
}

#[cfg(target_os = "linux")]
pub use supervise::{NetworkHandle, Running};

#[cfg(not(target_os = "linux"))]
mod elsewhere;
#[cfg(not(target_os = "linux"))]
pub use elsewhere::{NetworkHandle, Running};

/// Starts a program in a sandbox, and returns when it has been started.
pub fn spawn(spec: &Spec) -> Result<Running, SandboxError> {
    if spec.argv.is_empty() {
        return Err(SandboxError::NoProgram);
    }
    check_places(spec)?;
    #[cfg(target_os = "linux")]
    return supervise::start(spec, supervise::Task::Program);
    #[cfg(not(target_os = "linux"))]
    return Err(elsewhere::refusal().into());
}

/// Starts a program in a sandbox and waits for its end.
pub fn run(spec: &Spec) -> Result<Outcome, SandboxError> {
    spawn(spec)?.wait()
}

/// Builds a sandbox in full, without a program.
pub(crate) fn try_isolation() -> Result<Isolation, Refusal> {
    #[cfg(target_os = "linux")]
    {
        let spec = Spec::new(Vec::<std::ffi::OsString>::new());
        supervise::start(&spec, supervise::Task::Trial)
            .and_then(Running::wait)
            .map(|outcome| outcome.isolation)
            .map_err(|error| match error {
                SandboxError::Refused(refusal) => refusal,
                other => Refusal {
                    part: Part::Launcher,
                    why: other.to_string(),
                },
            })
    }
    #[cfg(not(target_os = "linux"))]
    Err(elsewhere::refusal())
}

fn check_places(spec: &Spec) -> Result<(), SandboxError> {
    let mut taken: Vec<&Path> = Vec::new();
    for inside in spec.mounts.iter().map(crate::spec::Mount::inside) {
        let wrong = |why| {
            Err(SandboxError::Inside {
                path: inside.clone(),
                why,
            })
        };
        if !inside.is_absolute() {
            return wrong("it must be absolute");
        }
        if inside.components().any(|part| part == Component::ParentDir) {
            return wrong("it goes upwards");
        }
        if ["/", "/proc", "/dev", "/etc", "/usr"]
            .iter()
            .any(|own| inside == Path::new(own))
        {
            return wrong("the sandbox has its own there");
        }
        if taken.contains(&inside.as_path()) {
            return wrong("it is taken by another mount");
        }
        taken.push(inside);
    }
    Ok(())
}
