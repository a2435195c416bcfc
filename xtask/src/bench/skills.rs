//! `cargo xtask bench skills`: the skill model on simulated people and on a public data set. The work is
//! done by an example of crate `skills`, built with optimisation.

use std::path::Path;
use std::process::Command;

use anyhow::{Result, bail};

use super::build_example;

/// What the folder of the data set holds.
const FILES: [&str; 3] = [
    "preprocessed_data_train.csv",
    "preprocessed_data_test.csv",
    "q_mat.npz",
];

/// Runs both checks, or says why one was not run.
pub(crate) fn skills(data: Option<&Path>) -> Result<()> {
    if let Some(folder) = data
        && let Some(missing) = FILES.iter().find(|file| !folder.join(file).is_file())
    {
        bail!(
            "{} holds no {missing}; --data names data/assistments09 of theophilegervet/learner-performance-prediction",
            folder.display()
        );
    }
    let program = build_example("trueline-skills", "bench")?;
    run(Command::new(&program).arg("people"))?;
    if let Some(folder) = data {
        return run(Command::new(&program).arg("assistments").arg(folder));
    }
    println!(
        "ASSISTments 2009 was not run: --data names data/assistments09 of \
         theophilegervet/learner-performance-prediction, which is not part of this repository"
    );
    Ok(())
}

fn run(command: &mut Command) -> Result<()> {
    if !command.status()?.success() {
        bail!("the check failed");
    }
    Ok(())
}
