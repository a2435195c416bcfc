//! Checkpoints of entire.io: which agent stands behind a commit's `Entire-Checkpoint` trailer.
//!
//! The trailer alone names no agent; the branch `entire/checkpoints/v1` does, and counts the
//! agent's lines, where it was fetched. Only `metadata.json` files are opened: transcripts and
//! prompts lie beside them and are never read. A checkpoint speaks of a whole commit.

use std::collections::BTreeMap;

use gix::ObjectId;
use gix::objs::{Kind, TreeRefIter};
use trueline_authorship::checkpoint::{
    CheckpointId, CheckpointMetadata, Trailer, parse_metadata, trailers,
};
use trueline_authorship::message::{Role, Sign};
use trueline_authorship::tools::UNSPECIFIED;
use trueline_facts::{Confidence, Diagnostic, EvidenceClass, Level, SessionId, ToolId};

use super::refs::Refs;
use super::{CommitEvidence, objects};
use crate::model::History;
use crate::repository::Gap;

/// Sessions of one checkpoint that are looked at; real ones have a handful.
const MAX_SESSIONS: usize = 64;
/// A metadata file is a few kilobytes.
const MAX_METADATA: u64 = 1 << 20;

/// Puts agents and counts from the checkpoint branch into the signs of commits.
pub(super) fn add(
    repo: &gix::Repository,
    history: &History,
    refs: &Refs,
    commits: &mut [CommitEvidence],
    diagnostics: &mut Vec<Diagnostic>,
) {
    let roots: Vec<ObjectId> = refs
        .checkpoints
        .iter()
        .filter_map(|tip| Some(repo.find_object(*tip).ok()?.peel_to_tree().ok()?.id))
        .collect();
    let mut damaged = 0_u32;
    for (commit, evidence) in history.commits.iter().zip(commits) {
        let Some(at) = evidence.signs.iter().position(is_checkpoint) else {
            continue;
        };
        let mut sessions = Vec::new();
        for trailer in trailers(&commit.message) {
            if let Trailer::Checkpoint(id) = trailer {
                for root in &roots {
                    let found = read_checkpoint(repo, *root, &id, &mut damaged);
                    if !found.is_empty() {
                        sessions.extend(found);
                        break;
                    }
                }
            }
        }
        if !sessions.is_empty() {
            let trailer = evidence.signs.remove(at);
            let named = by_tool(&sessions, &trailer);
            // The count is nearer to the lines than a trailer beside it, which says that the agent took part.
            let is_minor = |sign: &Sign| {
                let mut few = named
                    .iter()
                    .filter(|named| named.confidence == Confidence::Low);
                sign.role != Role::Author && few.any(|named| named.tool == sign.tool)
            };
            for sign in &mut evidence.signs {
                sign.partial |= is_minor(sign);
            }
            evidence.signs.extend(named);
        }
    }
    if damaged > 0 {
        diagnostics.push(Diagnostic::new(
            Level::Note,
            "checkpoint-unreadable",
            format!("{damaged} metadata files of entire.io checkpoints could not be read"),
        ));
    }
}

fn is_checkpoint(sign: &Sign) -> bool {
    sign.class == EvidenceClass::Checkpoint
}

/// One sign for each agent of the sessions. An agent that by the checkpoint's own count wrote less
/// than half of the commit is a sign too weak to name the author of all of it.
fn by_tool(sessions: &[CheckpointMetadata], trailer: &Sign) -> Vec<Sign> {
    let mut tools: BTreeMap<ToolId, (bool, Option<SessionId>)> = BTreeMap::new();
    for session in sessions {
        let tool = session
            .agent
            .clone()
            .unwrap_or_else(|| trailer.tool.clone());
        let wrote = session.attribution.is_none_or(|counts| !counts.is_minor());
        let known = tools.entry(tool).or_default();
        known.0 |= wrote;
        if known.1.is_none() {
            known.1.clone_from(&session.session);
        }
    }
    // An unnamed agent beside a named one is mostly the same: older versions did not say.
    if tools.len() > 1 {
        tools.remove(&ToolId::new(UNSPECIFIED));
    }
    tools
        .into_iter()
        .map(|(tool, (wrote, session))| Sign {
            tool,
            session: session.or_else(|| trailer.session.clone()),
            confidence: if wrote {
                trailer.confidence
            } else {
                Confidence::Low
            },
            ..trailer.clone()
        })
        .collect()
}

fn read_checkpoint(
    repo: &gix::Repository,
    root: ObjectId,
    id: &CheckpointId,
    damaged: &mut u32,
) -> Vec<CheckpointMetadata> {
    match session_files(repo, root, id) {
        Ok(files) => files
            .into_iter()
            .filter_map(|file| {
                let metadata = objects::blob(repo, file, MAX_METADATA)
                    .ok()
                    .and_then(|bytes| parse_metadata(&bytes).ok());
                *damaged += u32::from(metadata.is_none());
                metadata
            })
            .collect(),
        Err(Gap::Missing) => Vec::new(),
        Err(Gap::Damaged | Gap::TooLarge) => {
            *damaged += 1;
            Vec::new()
        }
    }
}

/// The `metadata.json` of each session of a checkpoint; of the checkpoint itself if it has none.
fn session_files(
    repo: &gix::Repository,
    root: ObjectId,
    id: &CheckpointId,
) -> Result<Vec<ObjectId>, Gap> {
    let mut at = root;
    for name in id.folder().split('/') {
        let entries = tree(repo, at)?;
        at = entries
            .into_iter()
            .find(|e| e.0 == name.as_bytes())
            .ok_or(Gap::Missing)?
            .1;
    }
    let mut own = Vec::new();
    let mut sessions = Vec::new();
    for (name, entry) in tree(repo, at)? {
        if name == b"metadata.json" {
            own.push(entry);
        } else if name.iter().all(u8::is_ascii_digit)
            && sessions.len() < MAX_SESSIONS
            && let Some(file) = objects::file_at(repo, entry, b"metadata.json")?
        {
            sessions.push(file);
        }
    }
    Ok(if sessions.is_empty() { own } else { sessions })
}

fn tree(repo: &gix::Repository, id: ObjectId) -> Result<Vec<(Vec<u8>, ObjectId)>, Gap> {
    let object = repo
        .try_find_object(id)
        .map_err(|_| Gap::Damaged)?
        .ok_or(Gap::Missing)?;
    if object.kind != Kind::Tree {
        return Err(Gap::Missing);
    }
    TreeRefIter::from_bytes(&object.data, id.kind())
        .map(|entry| {
            let entry = entry.map_err(|_| Gap::Damaged)?;
            Ok((entry.filename.to_vec(), entry.oid.to_owned()))
        })
        .collect()
}
