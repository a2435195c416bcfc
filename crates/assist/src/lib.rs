//! Trueline where code is written: an MCP server that agents ask, the guard that answers before they act ([`guard`]), and
//! the section of their rules files that says what went wrong here before ([`init`]).
//!
//! Requests of the protocol in, answers of `trueline_scan` out: findings on changed lines, explanations, what the
//! team's policy says, fixes that are not applied. Read-only unless it is allowed to write notes. What an agent reads
//! here was often written by strangers: all of it is bounded, made visible, and marked as data.

mod answer;
mod arguments;
mod error;
pub mod guard;
pub mod init;
mod server;
mod tools;
mod view;
mod workspace;

pub use crate::error::AssistError;
pub use crate::server::{Server, serve};
pub use crate::workspace::{Options, Writing};
