//! Skill of a person or an assistant, with its uncertainty.
//!
//! Attempts, reviews and fixes come in as evidence; a joint normal belief over languages and weakness
//! classes comes out, always as an interval. What one person's belief says reaches nobody else except
//! through `disclose` (one cell, shared by its owner).
//!
//! Other crates read no rows, tries or answers of a person (`cargo test --doc` proves it; of functions `tests/it` does):
//!
//! ```
//! fn told(reading: &trueline_skills::attempts::Reading) -> usize {
//!     reading.diagnostics.len()
//! }
//! ```
//!
//! ```compile_fail,E0616
//! fn rows(reading: &trueline_skills::attempts::Reading) -> usize {
//!     reading.rows.len()
//! }
//! ```
//!
//! ```compile_fail,E0616
//! fn tries(reading: &trueline_skills::attempts::Reading) -> usize {
//!     reading.tries.len()
//! }
//! ```
//!
//! ```compile_fail,E0616
//! fn said(reading: &trueline_skills::attempts::Reading) -> usize {
//!     reading.said.len()
//! }
//! ```
//!
//! ```compile_fail,E0616
//! fn records(reading: &trueline_skills::attempts::Reading) -> usize {
//!     reading.records.len()
//! }
//! ```

pub mod assistant;
pub mod attempts;
pub mod certainty;
pub mod day;
pub mod decisions;
pub mod disclose;
pub mod evidence;
pub mod exposure;
pub mod folded;
pub mod fsrs;
pub mod gaussian;
pub mod items;
pub mod ledger;
pub mod likelihood;
pub mod math;
pub mod model;
pub mod plain;
pub mod practise;
pub mod profile;
mod reader;
pub mod retention;
pub mod simulation;
pub mod store;
pub mod subject;
#[cfg(test)]
mod tests;
pub mod update;
pub mod weakness;
mod without;
