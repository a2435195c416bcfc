//! How a command line that contradicts itself is refused: the parser's own usage line repeats the half of it that came
//! first, as if that were all that the command takes, so the command's whole usage stands in its place.

use clap::error::ErrorKind;
use clap::{Command, CommandFactory as _};

use crate::arguments::Arguments;

/// Says what is wrong and ends.
pub(crate) fn refuse(error: &clap::Error) -> ! {
    if error.kind() == ErrorKind::ArgumentConflict {
        let mut command = Arguments::command();
        // Gives each command its full name.
        command.build();
        if let Err(error) = with_whole_usage(command).try_get_matches() {
            error.exit();
        }
    }
    error.exit()
}

fn with_whole_usage(mut command: Command) -> Command {
    let usage = command.render_usage().to_string();
    let usage = usage.trim_start_matches("Usage: ").to_owned();
    command
        .override_usage(usage)
        .mut_subcommands(with_whole_usage)
}
