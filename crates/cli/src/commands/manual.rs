//! Completions and manual pages, made from the definition of the command line itself.

use std::path::Path;

use anyhow::{Context, Result};
use clap::CommandFactory as _;

use crate::Ended;
use crate::arguments::Arguments;
use crate::output;

const NAME: &str = "trueline";

pub(crate) fn completions(shell: clap_complete::Shell) -> Result<Ended> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), NAME, &mut text);
    output::write(&text, None)?;
    Ok(Ended::Pass)
}

/// A page for the program and one for each command that is shown.
pub(crate) fn pages(folder: &Path) -> Result<Ended> {
    let mut command = Arguments::command();
    command.build();
    page(folder, NAME, command.clone())?;
    for child in command.get_subcommands().filter(|c| !c.is_hide_set()) {
        if child.get_name() != "help" {
            page(
                folder,
                &format!("{NAME}-{}", child.get_name()),
                child.clone(),
            )?;
        }
    }
    Ok(Ended::Pass)
}

fn page(folder: &Path, name: &str, command: clap::Command) -> Result<()> {
    let mut text = Vec::new();
    clap_mangen::Man::new(command)
        .title(name)
        .render(&mut text)
        .context("a manual page")?;
    output::write(&text, Some(&folder.join(format!("{name}.1"))))
}
