//! Tests of the history crate against repositories that they build with `git`.

mod declare;
mod evidence;
#[cfg(test)]
mod evidence_lookalikes;
mod evidence_pairing;
mod evidence_rewrites;
#[cfg(test)]
mod evidence_squash;
#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod fuzz_evidence;
#[cfg(test)]
mod gaps;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod model;
#[cfg(test)]
mod provenance;
#[cfg(test)]
mod repo;
#[cfg(test)]
mod signals;
#[cfg(test)]
mod walk;
