//! What a team asks of models: a licence of its list, a model card, content that it looked at.

use std::path::{Path, PathBuf};

use trueline_facts::RepoPath;
use trueline_facts::artifact::{Artifact, Breach, Demand};

use super::Hashes;
use super::cards::{Cards, all_listed};
use crate::config::ModelDemands;

/// Formats of configuration and text: no model by themselves.
const NOT_WEIGHTS: &[&str] = &[
    "json",
    "yaml",
    "chat-template",
    "xml",
    "git-lfs-pointer",
    "script",
    "keras-json",
];

/// Reads cards and licences, and compares them with what is asked. `files` are sorted by path, the paths of records
/// start at `base`.
pub(super) fn judge(
    artifacts: &mut [Artifact],
    files: &[(RepoPath, PathBuf)],
    asked: &ModelDemands,
    base: &Path,
    hashes: Hashes,
) {
    let mut cards = Cards::new(base);
    for artifact in artifacts {
        cards.read(artifact);
        if artifact.sha256.is_none() && (hashes == Hashes::All || !asked.vetted.is_empty()) {
            artifact.sha256 = files
                .binary_search_by(|(path, _)| path.cmp(&artifact.path))
                .ok()
                .and_then(|at| trueline_artifacts::sha256_of(&files.get(at)?.1).ok());
        }
        let hash = artifact.sha256.as_ref();
        artifact.vetted = hash.is_some_and(|hash| asked.vetted.contains(hash));
        if artifact.vetted {
            // Somebody looked at it: whatever it is, they need not be told what to do with it.
            artifact.advice = None;
        }
        let is_model = artifact
            .formats
            .iter()
            .any(|format| !NOT_WEIGHTS.contains(&format.as_str()));
        if is_model {
            artifact.breaches = breaches(artifact, asked);
        }
    }
}

fn breaches(artifact: &Artifact, asked: &ModelDemands) -> Vec<Breach> {
    let mut breaches = Vec::new();
    if let Some(allowed) = &asked.licences {
        let declared = artifact.licence.as_deref();
        let is_allowed = declared.is_some_and(|own| all_listed(own, allowed));
        if !is_allowed {
            breaches.push(Breach {
                demand: Demand::Licence,
                message: match declared {
                    Some(own) => format!("its licence is {own}, which the team does not list"),
                    None => "it declares no licence, neither in the file nor in a card beside it"
                        .to_owned(),
                },
            });
        }
    }
    if asked.model_card && artifact.model_card.is_none() {
        breaches.push(Breach {
            demand: Demand::ModelCard,
            message: "no model card (README.md) stands beside it".to_owned(),
        });
    }
    breaches
}
