//! The skill model as other crates see it: what they can get of a person, and what they cannot.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod outside;
