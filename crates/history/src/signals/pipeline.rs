//! Where AI enters: editors, agents, CI jobs, review bots, dependency bots and the product itself,
//! each with what it rests on and how many of its commits show no sign of review.

use std::collections::BTreeMap;

use trueline_authorship::message::{Automation, Role};
use trueline_authorship::tools;
use trueline_facts::pipeline::{Entry, EntryKind};
use trueline_facts::shadow::{ShadowAi, SignalKind, SignalState};
use trueline_facts::{EvidenceClass, Timestamp, ToolId};

use crate::model::CommitIx;

use super::shadow::writes;
use super::view::View;

/// Tools that people use inside an editor, by their canonical ids; all others are agents.
const IN_EDITORS: [&str; 18] = [
    "amazon-q",
    "antigravity",
    "augment",
    "cody",
    "continue",
    "cursor",
    "firebender",
    "github-copilot",
    "jetbrains-ai",
    "junie",
    "kilo",
    "kiro",
    "roo",
    "supermaven",
    "tabnine",
    "trae",
    "windsurf",
    "zed",
];

/// Tools that comment on changes and write none.
const REVIEWERS: [&str; 5] = ["coderabbit", "ellipsis", "greptile", "qodo", "sourcery"];

#[derive(Default)]
struct Door {
    /// What it rests on, and how many commits say so; paths count as none.
    evidence: BTreeMap<String, u64>,
    first: Option<Timestamp>,
    last: Option<Timestamp>,
    commits: u64,
    hinted: u64,
    unreviewed: u64,
}

impl Door {
    fn seen(&mut self, first: Option<Timestamp>, last: Option<Timestamp>) {
        self.first = self.first.into_iter().chain(first).min();
        self.last = self.last.into_iter().chain(last).max();
    }

    fn entry(self, (kind, tool): (EntryKind, ToolId)) -> Entry {
        let mut evidence: Vec<(String, u64)> = self.evidence.into_iter().collect();
        evidence.sort_by(|a, b| (b.1, &a.0).cmp(&(a.1, &b.0)));
        Entry {
            kind,
            tool,
            evidence: evidence
                .into_iter()
                .map(|(what, commits)| match commits {
                    0 => what,
                    1 => format!("{what} (1 commit)"),
                    _ => format!("{what} ({commits} commits)"),
                })
                .collect(),
            first_seen: self.first,
            last_seen: self.last,
            commits: self.commits,
            hinted: self.hinted,
            unreviewed: self.unreviewed,
        }
    }
}

pub(super) fn pipeline(view: &View<'_>, shadow: &ShadowAi) -> Vec<Entry> {
    let mut doors: BTreeMap<(EntryKind, ToolId), Door> = BTreeMap::new();
    for (ix, _) in view.commits() {
        let used = view.tools(ix);
        for ((kind, tool), evidence) in through(view, ix) {
            let writes = matches!(kind, EntryKind::Agent | EntryKind::Editor);
            let is_hint = writes && used.iter().all(|(used, _)| **used != tool);
            let door = doors.entry((kind, tool)).or_default();
            door.hinted += u64::from(is_hint);
            door.commits += 1;
            door.unreviewed += u64::from(!view.is_reviewed(ix));
            let time = Some(view.time(ix));
            door.seen(time, time);
            for what in evidence {
                *door.evidence.entry(what).or_default() += 1;
            }
        }
    }
    for signal in &shadow.signals {
        if !writes(&signal.tool) {
            continue;
        }
        let kind = match signal.kind {
            SignalKind::Dependency => EntryKind::Application,
            SignalKind::CiJob => EntryKind::CiJob,
            SignalKind::Extension => EntryKind::Editor,
            SignalKind::Configuration | SignalKind::Residue => kind_of(&signal.tool),
            // Nobody can tell from an ignored path whether the tool is let in or kept out.
            SignalKind::IgnoreLine => continue,
        };
        let gone = match signal.state {
            SignalState::Present => "",
            SignalState::Deleted => ", no longer there",
        };
        let what = match &signal.detail {
            Some(detail) => format!("{detail} in {}{gone}", signal.path),
            None => format!("{}{gone}", signal.path),
        };
        let door = doors.entry((kind, signal.tool.clone())).or_default();
        door.evidence.entry(what).or_default();
        door.seen(signal.first_seen, signal.last_seen);
    }
    doors
        .into_iter()
        .map(|(key, door)| door.entry(key))
        .collect()
}

/// The doors that a commit came through, each once, with what says so.
fn through(view: &View<'_>, commit: CommitIx) -> BTreeMap<(EntryKind, ToolId), Vec<String>> {
    let evidence = view.origins.commit(commit);
    let mut doors: BTreeMap<(EntryKind, ToolId), Vec<String>> = BTreeMap::new();
    let mut add = |kind: EntryKind, tool: ToolId, what: String| {
        let known = doors.entry((kind, tool)).or_default();
        if !known.contains(&what) {
            known.push(what);
        }
    };
    for lines in &evidence.attested {
        let what = "line-level note or trace".to_owned();
        add(kind_of(&lines.tool), lines.tool.clone(), what);
    }
    for lines in &evidence.inferred {
        let what = match lines.class {
            EvidenceClass::LocalSession => "transcript on this machine",
            _ => "lines of commits that it repeats",
        };
        add(kind_of(&lines.tool), lines.tool.clone(), what.to_owned());
    }
    for sign in &evidence.signs {
        let kind = match sign.role {
            Role::Reviewer => EntryKind::ReviewBot,
            // An agent that committed for a person is a hint of its lines, and so of its door.
            _ if !sign.stands_alone() && sign.source != "committer" => continue,
            Role::Author => EntryKind::Agent,
            // The branches that a tool names are those of its agent.
            _ if sign.class == EvidenceClass::Hint => EntryKind::Agent,
            Role::CoAuthor | Role::Disclosure => kind_of(&sign.tool),
        };
        let what = match sign.class {
            EvidenceClass::Checkpoint => "entire.io checkpoint".to_owned(),
            _ => sign.source.to_owned(),
        };
        add(kind, sign.tool.clone(), what);
    }
    merge_doors(&mut doors);
    let mut add = |kind: EntryKind, tool: ToolId, what: String| {
        doors.entry((kind, tool)).or_default().push(what);
    };
    let bot = match evidence.automation {
        Some(Automation::DependencyBot(name)) => Some((EntryKind::DependencyBot, name)),
        Some(Automation::ReviewBot(name)) => Some((EntryKind::ReviewBot, name)),
        Some(Automation::CiBot(_) | Automation::OtherBot) | None => None,
    };
    if let Some((kind, name)) = bot {
        let tool = tools::known(name)
            .unwrap_or_else(|| ToolId::new(name.to_lowercase().replace([' ', '.', '_'], "-")));
        add(kind, tool, "author".to_owned());
    }
    doors
}

/// A commit of a tool's agent that also bears the signs that its editor leaves came through one door.
fn merge_doors(doors: &mut BTreeMap<(EntryKind, ToolId), Vec<String>>) {
    let agents: Vec<ToolId> = doors
        .keys()
        .filter(|(kind, _)| *kind == EntryKind::Agent)
        .map(|(_, tool)| tool.clone())
        .collect();
    for tool in agents {
        if let Some(also) = doors.remove(&(EntryKind::Editor, tool.clone())) {
            let whole = doors.entry((EntryKind::Agent, tool)).or_default();
            for what in also {
                if !whole.contains(&what) {
                    whole.push(what);
                }
            }
        }
    }
}

fn kind_of(tool: &ToolId) -> EntryKind {
    if IN_EDITORS.binary_search(&tool.as_str()).is_ok() {
        EntryKind::Editor
    } else if REVIEWERS.binary_search(&tool.as_str()).is_ok() {
        EntryKind::ReviewBot
    } else {
        EntryKind::Agent
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_of_tools_are_sorted_and_name_known_tools() {
        assert!(IN_EDITORS.is_sorted());
        assert!(REVIEWERS.is_sorted());
        for tool in IN_EDITORS.into_iter().chain(REVIEWERS) {
            assert_eq!(tools::fold(tool).as_str(), tool);
            assert!(tools::known(tool).is_some(), "{tool}");
        }
    }

    #[test]
    fn agents_and_editors_are_told_apart() {
        assert_eq!(kind_of(&ToolId::new("cursor")), EntryKind::Editor);
        assert_eq!(kind_of(&ToolId::new("claude")), EntryKind::Agent);
    }
}
