//! Where a check takes place: in our own sandbox, else in containers of an engine that is here, else nowhere.

use anyhow::Result;
use trueline_scenarios::Ground;
use trueline_scenarios::learn::LearnError;

use super::warn;
use crate::arguments::EngineArgument;

/// The isolated ground of this machine; a container engine only if it was asked for, or if there is nothing else.
#[cfg(unix)]
pub(super) fn isolated(asked: Option<EngineArgument>) -> Result<Ground> {
    use trueline_scenarios::Engine;

    let asked = asked.map(|engine| match engine {
        EngineArgument::Docker => Engine::Docker,
        EngineArgument::Podman => Engine::Podman,
    });
    if let Some(engine) = asked {
        let ground = Ground::contained(engine);
        return Ok(ground.map_err(|error| LearnError::Cannot(error.to_string()))?);
    }
    let refusal = match Ground::isolated() {
        Ok(ground) => return Ok(ground),
        Err(refusal) => refusal,
    };
    let mut silent = Vec::new();
    for engine in Engine::ALL {
        match Ground::contained(engine) {
            Ok(ground) => {
                warn(&format!(
                    "{refusal}; what you hand in runs in containers of {} instead",
                    engine.program()
                ));
                return Ok(ground);
            }
            Err(why) => silent.push(why.to_string()),
        }
    }
    Err(LearnError::NoIsolation(format!(
        "{refusal}; {}. `trueline doctor` says more; your own code you can run without isolation: --self-run",
        silent.join(", ")
    ))
    .into())
}

/// Elsewhere there is neither.
#[cfg(not(unix))]
pub(super) fn isolated(_: Option<EngineArgument>) -> Result<Ground> {
    let refusal = Ground::isolated();
    Ok(refusal.map_err(|error| {
        LearnError::NoIsolation(format!(
            "{error}; a Linux machine, real or virtual, runs exercises"
        ))
    })?)
}
