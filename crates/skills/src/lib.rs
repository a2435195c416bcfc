//! Skill of a person or an assistant, with its uncertainty.
//!
//! Attempts, reviews and fixes come in as evidence; a joint normal belief over languages and weakness
//! classes comes out, always as an interval. What one person's belief says reaches nobody else except
//! through `disclose` (one cell, shared by its owner).

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
pub mod practise;
pub mod profile;
pub mod retention;
pub mod simulation;
pub mod store;
pub mod subject;
pub mod update;
pub mod weakness;
