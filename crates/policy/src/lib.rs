//! Policies and what they say about changes: typed gates over the facts of a change document.
//!
//! A [`Policy`] is read from `trueline.toml` and `.trueline/exceptions.toml`, each mistake with its
//! place. [`evaluate()`] takes a policy and a change and gives a verdict: no clock, no network, no
//! repository; the same input gives the same bytes. It depends on `facts` alone and never sees
//! `scan`, so that anything that has change documents can be judged.

pub mod backtest;
pub mod cases;
pub mod document;
mod evaluate;
pub mod exceptions;
pub mod gate;
mod policy;
#[cfg(feature = "rego")]
pub mod rego;
mod request;
pub mod suggest;
mod zone;

pub use evaluate::{evaluate, evaluate_all};
pub use exceptions::{EXCEPTIONS_FILE, Exception, ExceptionLimits, Exceptions};
pub use gate::{Gate, GateId};
pub use policy::{Approved, Names, PlainNames, Policy, PolicyError, SECTIONS};
pub use request::{REQUESTS_FOLDER, Standing, ToolRequest};
pub use zone::{AgentAnswer, Zone, Zones};

/// The file that a policy is read from, at the root of the repository.
pub const POLICY_FILE: &str = "trueline.toml";
/// The folder of what else says how changes are judged.
pub const POLICY_FOLDER: &str = ".trueline";
