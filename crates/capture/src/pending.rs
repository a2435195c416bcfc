//! Whose lines are not committed yet, for who judges a change before it is a commit.
//!
//! Settles what hooks saw, then asks the ledger. Only origins go out: no hash, no content.

use trueline_facts::{
    Author, Confidence, Evidence, EvidenceClass, Grain, HumanBasis, Origin, Reach, RepoPath,
    SessionId, ToolId,
};

use crate::ledger::Owner;
use crate::observe;
use crate::place::Place;
use crate::queue::Store;
use crate::settle::{SettleError, Settling};

/// What is known of lines that are not committed.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Pending {
    /// For each content that was asked for: the origin of each line, where anybody was seen.
    pub lines: Vec<Vec<Option<Origin>>>,
    /// How often a tool read a file of a class of data since the last commit.
    pub reads: Vec<(ToolId, String, u64)>,
}

/// Whose the lines of these contents are; `None` where nothing is recorded in this repository.
pub fn pending(
    place: &Place,
    contents: &[(RepoPath, Vec<u8>)],
) -> Result<Option<Pending>, SettleError> {
    if !place.capture_dir().join("key").exists() {
        return Ok(None);
    }
    let key = observe::key(&Store::at(place.capture_dir()))?;
    let mut settling = Settling::begin(place)?;
    settling.fold()?;
    settling.stashed_now(&place.ground());
    if let Some(head) = settling.objects.head() {
        settling.arrive(head)?;
    }
    let mut found = Pending::default();
    for (path, content) in contents {
        let lines = key.lines(content).unwrap_or_default();
        let owners = match settling.ledger.files.get(path) {
            Some(file) => settling
                .ledger
                .owners_of(file, &lines, || settling.here(path)),
            None => vec![None; lines.len()],
        };
        found
            .lines
            .push(owners.into_iter().map(|owner| origin(&owner?)).collect());
    }
    let reads = settling.ledger.reads.iter();
    found.reads = reads
        .map(|((tool, class), times)| (tool.clone(), class.to_string(), *times))
        .collect();
    settling.finish()?;
    Ok(Some(found))
}

fn origin(owner: &Owner) -> Option<Origin> {
    let author = match owner {
        Owner::Agent(agent) => Author::Ai {
            tool: agent.tool.clone(),
            model: agent.model.clone(),
            session: Some(SessionId::new(agent.session.clone())),
            human_touched: false,
        },
        Owner::Person => Author::Human {
            basis: HumanBasis::Observed,
        },
        // Its note still speaks for a line of a commit that was taken back; it is not read here.
        Owner::Unknown | Owner::Committed | Owner::Noted { .. } => return None,
    };
    Some(Origin {
        author,
        confidence: Confidence::High,
        evidence: vec![Evidence {
            class: EvidenceClass::HookLog,
            grain: Grain::Line,
            reach: Reach::Direct,
            confidence: Confidence::High,
            source: "hook log".to_owned(),
            commit: None,
            names: None,
        }],
    })
}
