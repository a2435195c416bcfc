//! What a team asks of models: a licence of its list, a model card, content that it looked at. The card beside a
//! model and its licence are read here.

use std::fs;
use std::path::{Path, PathBuf};

use bstr::ByteSlice;
use trueline_facts::RepoPath;
use trueline_facts::artifact::{Artifact, Breach, Demand};

use crate::config::ModelDemands;

/// A model card is read so far.
const MAX_CARD: usize = 64 << 10;
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

/// Reads cards and licences, and compares them with what is asked. `files` are sorted by path.
pub(super) fn judge(
    artifacts: &mut [Artifact],
    files: &[(RepoPath, PathBuf)],
    asked: &ModelDemands,
) {
    for artifact in artifacts {
        card(artifact, files);
        if !asked.vetted.is_empty() {
            let at = files.binary_search_by(|(path, _)| path.cmp(&artifact.path));
            let hash = artifact.sha256.clone().or_else(|| {
                let (_, file) = files.get(at.ok()?)?;
                trueline_artifacts::sha256_of(file).ok()
            });
            artifact.vetted = hash.is_some_and(|hash| asked.vetted.contains(&hash));
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
        let is_allowed =
            declared.is_some_and(|own| allowed.iter().any(|a| a.eq_ignore_ascii_case(own)));
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

/// The model card beside a model and the licence that it declares.
fn card(artifact: &mut Artifact, files: &[(RepoPath, PathBuf)]) {
    if artifact.formats.is_empty() || artifact.path.file_name() == "README.md" {
        return;
    }
    let folder = match artifact.path.as_bstr().rfind_byte(b'/') {
        Some(slash) => &artifact.path.as_bytes()[..=slash],
        None => b"",
    };
    let card = RepoPath::new([folder, b"README.md"].concat());
    let Ok(at) = files.binary_search_by(|(path, _)| path.cmp(&card)) else {
        return;
    };
    if artifact.licence.is_none() {
        artifact.licence = files.get(at).and_then(|(_, file)| declared_licence(file));
    }
    artifact.model_card = Some(card);
}

fn declared_licence(card: &Path) -> Option<String> {
    let mut bytes = Vec::new();
    let file = fs::File::open(card).ok()?;
    std::io::Read::read_to_end(&mut std::io::Read::take(file, MAX_CARD as u64), &mut bytes).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    let head = text.strip_prefix("---")?.split("\n---").next()?.to_owned();
    head.lines().find_map(|line| {
        let value = line
            .strip_prefix("license:")?
            .trim()
            .trim_matches(['"', '\'']);
        (!value.is_empty()).then(|| value.to_owned())
    })
}
