//! What a team asks of models: a licence of its list, a model card, content that it looked at.

use std::path::{Path, PathBuf};

use trueline_facts::RepoPath;
use trueline_facts::artifact::{Artifact, Breach, Demand};

use super::Hashes;
use super::cards::{Cards, all_listed};
use super::files::has_name_of_weights;
use crate::config::ModelDemands;

/// Formats of configuration and text: no model by themselves.
const NOT_WEIGHTS: &[&str] = &[
    "json",
    "yaml",
    "chat-template",
    "xml",
    "git-lfs-pointer",
    "dvc-pointer",
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
        let file = files
            .binary_search_by(|(path, _)| path.cmp(&artifact.path))
            .ok()
            .and_then(|at| Some(files.get(at)?.1.as_path()));
        let is_model = is_model(artifact, file);
        if is_model || !artifact.formats.is_empty() {
            cards.read(artifact);
        }
        if artifact.sha256.is_none() && (hashes == Hashes::All || !asked.vetted.is_empty()) {
            artifact.sha256 = file.and_then(|file| trueline_artifacts::sha256_of(file).ok());
        }
        let hash = artifact.sha256.as_ref();
        artifact.vetted = hash.is_some_and(|hash| asked.vetted.contains(hash));
        if artifact.vetted {
            // Somebody looked at it: whatever it is, they need not be told what to do with it.
            artifact.advice = None;
        }
        if is_model {
            artifact.breaches = breaches(artifact, asked);
        }
    }
}

/// What is asked of models is asked of it: by what it holds, and where that is of no known format, by its name. Text
/// is no model, whatever it is called.
fn is_model(artifact: &Artifact, file: Option<&Path>) -> bool {
    if artifact.formats.is_empty() {
        let is_text =
            || file.is_some_and(|file| trueline_artifacts::is_text(file).unwrap_or(false));
        return artifact.size > 0 && has_name_of_weights(&artifact.path) && !is_text();
    }
    let mut formats = artifact.formats.iter();
    formats.any(|format| !NOT_WEIGHTS.contains(&format.as_str()))
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
    if artifact.vetted {
        // Who vetted it may expect that nothing is asked any more.
        for breach in &mut breaches {
            breach
                .message
                .push_str("; that it is vetted settles what it does, not this");
        }
    }
    breaches
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifacts::findings;

    #[test]
    fn a_vetted_file_has_no_verdict_to_gate_and_keeps_its_demands() {
        let base = tempfile::tempdir().unwrap();
        let file = base.path().join("m.pkl");
        std::fs::write(&file, b"cos\nsystem\n(S'echo x'\ntR.").unwrap();
        let path = RepoPath::from("m.pkl");
        let rules = |asked: &ModelDemands| {
            let mut artifacts = [trueline_artifacts::check_file(&file, path.clone()).unwrap()];
            let files = [(path.clone(), file.clone())];
            judge(&mut artifacts, &files, asked, base.path(), Hashes::Small);
            findings::of(&artifacts[0])
                .into_iter()
                .map(|finding| (finding.rule.as_str().to_owned(), finding.message))
                .collect::<Vec<_>>()
        };
        let hash = trueline_artifacts::sha256_of(&file).unwrap();
        let mut asked = ModelDemands {
            licences: None,
            model_card: false,
            vetted: vec![hash],
        };
        assert!(rules(&asked).is_empty());
        asked.licences = Some(vec!["mit".to_owned()]);
        asked.model_card = true;
        let found = rules(&asked);
        assert_eq!(found.len(), 2);
        for (rule, message) in &found {
            assert_eq!(rule, "model-policy");
            assert!(
                message.ends_with("vetted settles what it does, not this"),
                "{message}"
            );
        }
        asked.vetted.clear();
        let found = rules(&asked);
        assert!(found.iter().all(|(_, message)| !message.contains("vetted")));
        assert_eq!(found.len(), 3);
    }

    #[test]
    fn demands_hold_for_models_of_formats_that_are_not_known() {
        let asked = ModelDemands {
            licences: Some(vec!["mit".to_owned()]),
            model_card: true,
            vetted: Vec::new(),
        };
        let raw: Vec<u8> = (0..200u32).map(|i| (i * 7919 % 251) as u8).collect();
        let plan = [b"ftrt", &[0; 60][..]].concat();
        let pointer = b"outs:\n- md5: 00\n  path: a.pkl\n".to_vec();
        for (name, bytes, count) in [
            ("pytorch_model.bin", raw.clone(), 2),
            ("engine.plan", plan, 2),
            ("model.ort", raw.clone(), 2),
            (
                "text.bin",
                b"Nothing but prose, with a caf\xc3\xa9.\n".to_vec(),
                0,
            ),
            ("notes.weights", "\u{e9}".repeat(1 << 20).into_bytes(), 0),
            ("om.om", b"cut \xc3".to_vec(), 2),
            (
                "prose-then-data.bin",
                [vec![b'a'; 3 << 20], raw.clone()].concat(),
                2,
            ),
            ("list.pdiparams", b"one\ntwo\n".to_vec(), 0),
            ("train.plan", b"first this\n".to_vec(), 0),
            ("notes", raw.clone(), 0),
            ("README.md", b"# Read me\n".to_vec(), 0),
            ("a.pkl.dvc", pointer, 0),
            ("chat_template.jinja", b"{{ a }}".to_vec(), 0),
        ] {
            let base = tempfile::tempdir().unwrap();
            let file = base.path().join(name);
            std::fs::write(&file, bytes).unwrap();
            let path = RepoPath::from(name);
            let mut artifacts = [trueline_artifacts::check_file(&file, path.clone()).unwrap()];
            judge(
                &mut artifacts,
                &[(path, file)],
                &asked,
                base.path(),
                Hashes::Small,
            );
            let [artifact] = &artifacts;
            assert_eq!(artifact.breaches.len(), count, "{artifact:?}");
        }
    }
}
