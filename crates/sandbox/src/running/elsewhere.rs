//! Systems without Linux namespaces: nothing is run, so nothing of this can exist.

use std::convert::Infallible;

use crate::error::SandboxError;
use crate::isolation::{Part, Refusal};
use crate::outcome::{Captured, Outcome};

/// The network of a running sandbox; there are none here.
#[derive(Clone, Debug)]
pub struct NetworkHandle(Infallible);

/// A running sandbox; there are none here.
#[derive(Debug)]
pub struct Running(Infallible);

#[expect(missing_docs, reason = "documented where they do something")]
impl Running {
    #[must_use]
    pub fn network(&self) -> NetworkHandle {
        match self.0 {}
    }
    #[must_use]
    pub fn stdout(&self) -> Captured {
        match self.0 {}
    }
    #[must_use]
    pub fn stderr(&self) -> Captured {
        match self.0 {}
    }
    #[must_use]
    pub fn channel(&self) -> Captured {
        match self.0 {}
    }
    #[cfg(unix)]
    #[must_use]
    pub fn take_channel(&self) -> Option<std::os::unix::net::UnixStream> {
        match self.0 {}
    }
    #[must_use]
    pub fn is_alive(&self) -> bool {
        match self.0 {}
    }
    #[must_use]
    pub fn launcher_id(&self) -> u32 {
        match self.0 {}
    }
    pub fn kill(&self) {
        match self.0 {}
    }
    #[must_use]
    pub fn wait_at_most(&self, _time: std::time::Duration) -> bool {
        match self.0 {}
    }
    pub fn wait(self) -> Result<Outcome, SandboxError> {
        match self.0 {}
    }
}

pub(super) fn refusal() -> Refusal {
    Refusal {
        part: Part::Platform,
        why: "sandboxes are made of Linux namespaces; use Linux, or Linux in a virtual machine"
            .to_owned(),
    }
}
