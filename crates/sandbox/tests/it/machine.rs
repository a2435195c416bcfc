//! This machine: its probe program, and whether it can isolate at all.

use std::path::PathBuf;
use std::sync::Once;

use trueline_sandbox::{Outcome, Running, SandboxError, Spec};

/// Names the probe program where the built one cannot be reached.
pub(crate) const PROBE: &str = "TRUELINE_SANDBOX_PROBE";

/// The program that is tested with, on this machine.
pub(crate) fn probe_program() -> PathBuf {
    std::env::var_os(PROBE).map_or_else(|| env!("CARGO_BIN_EXE_sandbox-probe").into(), Into::into)
}

/// A specification that runs a probe.
pub(crate) fn probe(arguments: &[&str]) -> Spec {
    static LAUNCHER: Once = Once::new();
    LAUNCHER.call_once(|| trueline_sandbox::set_launcher(probe_program()));
    let argv = ["/opt/probe"].iter().chain(arguments).copied();
    Spec::new(argv).read_only(probe_program(), "/opt/probe")
}

/// Starts it; none where this machine cannot isolate, which is asserted and told.
pub(crate) fn spawn(spec: &Spec) -> Option<Running> {
    match trueline_sandbox::spawn(spec) {
        Err(SandboxError::Refused(refusal)) => {
            let probed = trueline_sandbox::probe().expect_err("refused, yet it can isolate");
            assert_eq!(probed.part, refusal.part);
            eprintln!("NOT TESTED, this machine cannot isolate: {refusal}");
            None
        }
        other => Some(other.unwrap()),
    }
}

/// Runs it to its end; none as in `spawn`.
pub(crate) fn run(spec: &Spec) -> Option<Outcome> {
    spawn(spec).map(|running| running.wait().unwrap())
}
