//! The program as its users run it: real repositories, made by git in a temporary folder.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod agents;
mod artifacts;
mod attest;
mod bench;
mod blame;
mod cache;
mod capture;
mod evasion;
mod evidence;
mod fix;
mod forge;
mod gate;
mod guard;
mod hostile;
mod ignored;
mod init;
mod interrupt;
mod learn;
mod mcp;
mod newcomer;
mod past;
mod pipelines;
mod practice;
mod repository;
mod rules;
mod sandbox;
mod scan;
mod searched;
mod shown;
mod skills;
mod stats;
mod suppress;
mod threats;
