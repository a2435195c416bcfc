//! `trueline mcp`: answers for AI agents.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use anyhow::Result;
use trueline_assist::{Options, Writing, serve};

use crate::Ended;
use crate::arguments::Mcp;

pub(crate) fn run(arguments: &Mcp, interrupt: &Arc<AtomicBool>) -> Result<Ended> {
    let options = Options {
        path: arguments.path.clone(),
        writing: if arguments.allow_write {
            Writing::Allowed
        } else {
            Writing::Refused
        },
        reading: super::reading(&arguments.reading)?,
    };
    serve(options, interrupt)?;
    Ok(Ended::Pass)
}
