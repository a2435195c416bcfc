//! Files that steer an AI agent appeared or changed.
//!
//! Teams edit their agent instructions often, so an edit alone says little. Reported are: a family
//! of configuration that the repository never had; a change of configuration that *runs* things
//! (hooks, MCP servers, permissions) after a quiet time; a change of instructions after a long
//! quiet time; and a change far larger than the others of the last half year.

use std::collections::{BTreeMap, BTreeSet};

use trueline_facts::health::{Anomaly, AnomalyKind};
use trueline_facts::time::DAY;
use trueline_facts::{CommitId, RepoPath, Timestamp, ToolId};

use super::robust::{guard, sort_descending, whole};
use super::timeline::Timeline;
use super::{MONTH, budget, counted};

/// Configuration that runs things changed last so many days ago.
const QUIET_RUNNING: i64 = 90;
/// Any configuration of agents changed last so many days ago.
const QUIET: i64 = 150;
/// After a report, further changes of the same tool belong to it for so many days.
const FOLLOW_UP: i64 = 14;
/// A change of instructions below this many lines is never called large.
const SMALLEST: f64 = 100.0;
/// Sizes are compared over so many days.
const PAST: i64 = 182;

/// One file of agent configuration changed by one commit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::signals) struct Steering {
    /// The commit.
    pub(in crate::signals) id: CommitId,
    /// Its committer time, in seconds.
    pub(in crate::signals) time: i64,
    /// The tool that reads the file.
    pub(in crate::signals) tool: ToolId,
    /// The file.
    pub(in crate::signals) path: RepoPath,
    /// The file is gone after the commit.
    pub(in crate::signals) deleted: bool,
    /// Lines added and removed, where counted.
    pub(in crate::signals) lines: u64,
}

/// What a file belongs to: `.claude` and everything in it that runs, `agents.md` in any folder, …
type Family = (ToolId, String, bool);

impl Steering {
    fn family(&self) -> Family {
        let text = self.path.display().to_lowercase();
        let mut parts = text.split('/').skip_while(|part| !part.starts_with('.'));
        let stem = match (parts.next(), parts.next()) {
            (Some(".github"), Some(inner)) => format!(".github/{inner}"),
            (Some(part), _) => part.to_owned(),
            (None, _) => text.rsplit('/').next().unwrap_or(&text).to_owned(),
        };
        (self.tool.clone(), stem, runs(&text))
    }
}

/// Does this configuration start programs or grant rights, rather than only speak to the model?
fn runs(lower_path: &str) -> bool {
    const NAMES: [&str; 15] = [
        "settings.json",
        "settings.local.json",
        "hooks.json",
        "mcp.json",
        ".mcp.json",
        "mcp_config.json",
        "mcpservers.json",
        "config.toml",
        "config.json",
        "config.yaml",
        "environment.json",
        "opencode.json",
        "opencode.jsonc",
        "firebender.json",
        "copilot-setup-steps.yml",
    ];
    let name = lower_path.rsplit('/').next().unwrap_or(lower_path);
    NAMES.contains(&name)
        || lower_path.split('/').any(|part| part == "hooks")
        || [".sh", ".py", ".js", ".ts", ".mjs", ".ps1"]
            .iter()
            .any(|ending| name.ends_with(ending))
}

/// All configuration that one commit changed.
struct Change<'a> {
    files: Vec<&'a Steering>,
    day: i64,
    lines: f64,
}

impl Change<'_> {
    fn report(&self, value: f64, threshold: f64, reason: String) -> Option<Anomaly> {
        let first = self.files.first()?;
        Some(Anomaly {
            kind: AnomalyKind::AgentConfigurationChange,
            time: Timestamp(first.time),
            commit: Some(first.id.clone()),
            value,
            threshold,
            reason,
            false_alarms_per_month: budget::AGENT_CONFIGURATION,
        })
    }
}

pub(super) fn judge(timeline: &Timeline) -> Vec<Anomaly> {
    let mut anomalies: Vec<Anomaly> = Vec::new();
    let mut known: BTreeSet<Family> = BTreeSet::new();
    let mut last_running: Option<i64> = None;
    let mut last_any: Option<i64> = None;
    let mut reported: BTreeMap<ToolId, i64> = BTreeMap::new();
    let mut sizes: Vec<(i64, f64)> = Vec::new();
    for change in changes(&timeline.steering) {
        let day = change.day;
        let in_window = day >= timeline.first_day() && timeline.judges(day);
        let follows_up = change.files.iter().any(|file| {
            reported
                .get(&file.tool)
                .is_some_and(|last| day - last <= FOLLOW_UP)
        });
        let novel: Vec<&Steering> = change
            .files
            .iter()
            .copied()
            .filter(|file| !file.deleted && !known.contains(&file.family()))
            .collect();
        let running = change
            .files
            .iter()
            .find(|f| runs(&f.path.display().to_lowercase()));
        let quiet = |last: Option<i64>| last.map(|last| day - last);
        let found = if let Some(file) = novel.iter().find(|file| file.family().2 || !follows_up) {
            let what = if file.family().2 {
                "agent configuration that can run programs or grant rights"
            } else {
                "file of agent instructions"
            };
            let reason = format!(
                "{} is the first {what} of its kind here; the commit changes {} that steer{} agents.",
                file.path,
                counted(change.files.len(), "file"),
                if change.files.len() == 1 { "s" } else { "" },
            );
            change.report(novel.len() as f64, 0.0, reason)
        } else if follows_up {
            None
        } else if let (Some(file), Some(days)) = (
            running,
            quiet(last_running).filter(|days| *days >= QUIET_RUNNING),
        ) {
            let reason = format!(
                "{} can run programs or grant rights to agents and changed after {days} quiet days (reported from {QUIET_RUNNING} on).",
                file.path,
            );
            change.report(days as f64, QUIET_RUNNING as f64, reason)
        } else if let (Some(file), Some(days)) = (
            change.files.first(),
            quiet(last_any).filter(|days| *days >= QUIET),
        ) {
            let reason = format!(
                "{} steers agents and changed after {days} quiet days (reported from {QUIET} on).",
                file.path,
            );
            change.report(days as f64, QUIET as f64, reason)
        } else {
            large(&change, &sizes)
        };
        if let Some(anomaly) = found.filter(|_| in_window) {
            // What is set up in one day is one event.
            match anomalies.last_mut() {
                Some(last) if last.time.0.div_euclid(DAY) == day => {
                    last.reason = format!("{} {}", last.reason, anomaly.reason);
                }
                _ => anomalies.push(anomaly),
            }
            for file in &change.files {
                reported.insert(file.tool.clone(), day);
            }
        }
        known.extend(change.files.iter().map(|file| file.family()));
        last_any = Some(day);
        if running.is_some() {
            last_running = Some(day);
        }
        sizes.push((day, change.lines));
    }
    anomalies
}

fn large(change: &Change<'_>, sizes: &[(i64, f64)]) -> Option<Anomaly> {
    let mut past: Vec<f64> = sizes
        .iter()
        .filter(|(day, _)| change.day - day <= PAST)
        .map(|(_, lines)| *lines)
        .collect();
    sort_descending(&mut past);
    // A third of this detector's budget goes to sizes, the rest to what is new or long quiet.
    let spared = whole(budget::AGENT_CONFIGURATION / 3.0 * PAST as f64 / MONTH);
    let threshold = (guard(&past, spared) * 2.0).max(SMALLEST);
    if change.lines <= threshold {
        return None;
    }
    let file = change.files.iter().max_by_key(|file| file.lines)?;
    let reason = format!(
        "{} lines of agent configuration changed, most of them in {}; by the {} of the last half year, up to {threshold:.0} are usual.",
        super::count(change.lines),
        file.path,
        counted(past.len(), "change"),
    );
    change.report(change.lines, threshold, reason)
}

/// Groups files by commit; the commits stay oldest first.
fn changes(steering: &[Steering]) -> impl Iterator<Item = Change<'_>> {
    steering.chunk_by(|a, b| a.id == b.id).map(|files| Change {
        files: files.iter().collect(),
        day: files.first().map_or(0, |f| f.time.div_euclid(DAY)),
        lines: files.iter().map(|f| f.lines).sum::<u64>() as f64,
    })
}
