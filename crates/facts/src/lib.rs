//! The shared vocabulary of Trueline: what the crates exchange and what is written out.
//!
//! Nouns only: origins, findings, usage, health, changes, verdicts and the documents made of them, with
//! their JSON schemas. No I/O, no rendering, no judging: producers fill these types, front ends print them.

pub mod artifact;
pub mod attempt;
pub mod attestation;
pub mod backtest;
pub mod bench;
pub mod blame;
pub mod canonical;
pub mod change;
pub mod code;
pub mod commit;
pub mod control;
pub mod diagnostic;
pub mod doctor;
pub mod exercise;
pub mod finding;
pub mod health;
pub mod learn;
pub mod origin;
pub mod path;
pub mod person;
pub mod pipeline;
pub mod proportion;
pub mod scan;
pub mod shadow;
pub mod skill;
pub mod stats;
pub mod suggestion;
pub mod surface;
pub mod threat;
pub mod time;
pub mod tool;
pub mod usage;
pub mod verdict;

pub use commit::CommitId;
pub use diagnostic::{Diagnostic, Level};
pub use finding::{
    Applicability, Confidence, Cwe, Edit, Finding, Fingerprint, Fix, Location, Patch, Position,
    Related, Reported, RuleId, Severity, Step, Suppression, Tier,
};
pub use origin::{Author, Evidence, EvidenceClass, Grain, HumanBasis, Named, Origin, Reach};
pub use path::RepoPath;
pub use person::{Person, Pseudonym};
pub use proportion::Proportion;
pub use time::Timestamp;
pub use tool::{ModelId, SessionId, ToolId};
