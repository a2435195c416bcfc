//! Attestations: any verdict as an in-toto statement in a signed DSSE envelope, chained to the one before it.
//!
//! [`statement`], [`envelope`] and [`chain`] are pure: bytes in, bytes or a document out. [`log`] keeps entries under a
//! git reference, [`folder`] as files; [`anchor`] reads what somebody else keeps of the head. [`controls`] says which
//! controls of a standard are answered by what, for an auditor. No clock: the time of an attestation is given.

pub mod anchor;
pub mod chain;
pub mod controls;
pub mod envelope;
mod error;
pub mod folder;
pub mod key;
pub mod log;
pub mod notes;
pub mod statement;

pub use error::AttestError;
pub use key::{SigningKey, TrustedKeys};
