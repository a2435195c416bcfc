//! Gates that ask for another pair of eyes: on zones, large changes, and what steers agents, CI and
//! the judging itself.

use trueline_facts::change::{
    Change, ChangedFile, ConfigurationKind, EntryKind, FactName, FileStatus, Hunk, Pinning,
    PrincipalKind, Review, ZoneId,
};
use trueline_facts::verdict::Reason;

use super::{Case, Judged, at, counted};
use crate::gate::ReviewAsk;

/// What the reviews of a change come to.
enum Reviewed {
    Enough,
    /// How many are there.
    TooFew(u64),
    NotKnown,
}

/// Does an agent propose the change, and nothing say for whom? Then one approval may be of whoever asked,
/// and of two one is not.
fn is_for_nobody(case: Case<'_>) -> bool {
    let author = case.change.author.as_ref();
    author.is_some_and(|author| author.kind == PrincipalKind::Agent)
        && case.change.requesters.is_empty()
}

/// How many persons have to approve.
fn wanted(case: Case<'_>, ask: ReviewAsk) -> u64 {
    let more = ask.at_least > 0 && is_for_nobody(case);
    u64::from(ask.at_least) + u64::from(more)
}

fn reviewed(case: Case<'_>, ask: ReviewAsk) -> Reviewed {
    let approvals: Vec<&Review> = case
        .change
        .reviews
        .iter()
        .filter(|review| review.is_independent_approval())
        .collect();
    let mut persons: Vec<_> = approvals.iter().map(|review| &review.by.id).collect();
    persons.sort();
    persons.dedup();
    let by_owner = |review: &&Review| review.codeowner == Some(true);
    let enough = persons.len() as u64 >= wanted(case, ask)
        && (!ask.codeowner || approvals.iter().any(by_owner));
    if enough {
        Reviewed::Enough
    } else if case.knows(FactName::Reviews) {
        Reviewed::TooFew(persons.len() as u64)
    } else {
        Reviewed::NotKnown
    }
}

fn asked(case: Case<'_>, ask: ReviewAsk) -> String {
    let owner = if ask.codeowner {
        ", one of them an owner of the code"
    } else {
        ""
    };
    let unnamed = if is_for_nobody(case) {
        " (one more than the policy asks for, because an agent proposes it and nothing says who asked: assign it to them)"
    } else {
        ""
    };
    format!(
        "{} by persons who did not ask for the code{owner}{unnamed}",
        counted(wanted(case, ask), "approval")
    )
}

fn to_pass(case: Case<'_>, ask: ReviewAsk) -> String {
    format!("{}, on the last commit", asked(case, ask))
}

/// Judges things that want a review: `what` says what they are.
fn judge(case: Case<'_>, ask: ReviewAsk, what: &str, wanting: Vec<Reason>) -> Judged {
    if wanting.is_empty() {
        return Judged::pass(format!("no {what}"));
    }
    match reviewed(case, ask) {
        Reviewed::Enough => Judged::pass(format!("{what}: {} given", asked(case, ask))),
        Reviewed::TooFew(there) => Judged {
            because: format!("{what}: {there} of {}", asked(case, ask)),
            reasons: wanting,
            missing: Vec::new(),
        },
        Reviewed::NotKnown => Judged::missing(
            FactName::Reviews,
            format!(
                "{what}: {} wanted, and reviews are not known",
                asked(case, ask)
            ),
        ),
    }
}

pub(super) fn zones(case: Case<'_>, ask: ReviewAsk) -> Judged {
    if case.policy.zones.is_empty() && case.gate.line.is_none() {
        return Judged::pass("no zone is defined");
    }
    let inside =
        |hunk: &&Hunk| !hunk.zones.is_empty() && case.scope().takes(hunk.origin, &hunk.zones);
    let hunks: Vec<&Hunk> = case.change.hunks.iter().filter(inside).collect();
    let touched: Vec<&ChangedFile> = case
        .change
        .files
        .iter()
        .filter(|file| is_touched(case, file))
        .collect();
    let is_silent = hunks.is_empty() && touched.is_empty();
    if is_silent && case.asks_origin() && !case.knows(FactName::Origins) {
        return Judged::missing(FactName::Origins, "nobody knows who wrote the lines");
    }
    let mut wanting: Vec<Reason> = Vec::new();
    for zone in case.policy.zones.iter() {
        let in_zone = hunks.iter().filter(|hunk| hunk.zones.contains(&zone.id));
        let taken = case.scope().takes_zones(std::slice::from_ref(&zone.id));
        let mut lines = 0;
        let mut first: Option<&Hunk> = None;
        for hunk in in_zone.filter(|_| taken) {
            lines += u64::from(hunk.lines);
            first = first.or(Some(hunk));
        }
        let of_zone = touched.iter().filter(|file| file.zones.contains(&zone.id));
        let without_lines: Vec<&ChangedFile> = of_zone.filter(|_| taken).copied().collect();
        let ids = [zone.id.clone()];
        let said = zone
            .why
            .as_ref()
            .map_or_else(String::new, |why| format!(" ({why})"));
        if let Some(first) = first {
            let what = if case.asks_origin() {
                "AI-written line"
            } else {
                "added line"
            };
            let reason = case.reason(
                format!(
                    "{} in zone `{}`{said} without another person's review",
                    counted(lines, what),
                    zone.id
                ),
                to_pass(case, ask),
                easiest(case, &ids),
                &ids,
            );
            wanting.push(at(reason, &first.path, first.start));
        }
        for file in without_lines {
            let reason = case.reason(
                format!(
                    "{} in zone `{}`{said} without another person's review",
                    done_to(case, file),
                    zone.id
                ),
                to_pass(case, ask),
                easiest(case, &ids),
                &ids,
            );
            wanting.push(at(reason, &file.path, 0));
        }
    }
    judge(case, ask, "changes in sensitive zones", wanting)
}

/// Was a file changed by whom the gate looks at, without a line in it that would say so? What is taken away, moved,
/// or replaced by something without lines leaves none.
fn is_touched(case: Case<'_>, file: &ChangedFile) -> bool {
    let has_line = || {
        let mut hunks = case.change.hunks.iter();
        hunks.any(|hunk| hunk.path == file.path && case.scope().takes_origin(hunk.origin))
    };
    !file.zones.is_empty() && case.scope().takes(file.origin, &file.zones) && !has_line()
}

/// What was done to a file in which no added line tells.
fn done_to(case: Case<'_>, file: &ChangedFile) -> String {
    let by = if case.asks_origin() { " by AI" } else { "" };
    let moved = file
        .previous_path
        .as_ref()
        .map(|previous| format!("a file moved from {}", previous.display()));
    let what = match (file.status, file.entry) {
        (FileStatus::Deleted, _) => format!("a {} removed", file.entry.as_str()),
        (_, EntryKind::Link | EntryKind::Submodule) => {
            format!("a {} put in place", file.entry.as_str())
        }
        _ if file.removed > 0 => format!("{} taken away", counted(file.removed, "line")),
        _ => moved.unwrap_or_else(|| "a file without lines changed".to_owned()),
    };
    format!("{what}{by}")
}

fn easiest(case: Case<'_>, zones: &[ZoneId]) -> String {
    match case.ask(zones).as_slice() {
        [] => "Ask somebody who did not ask the tool for it to look at these lines.".to_owned(),
        [one] => format!("Ask {one} for a review of these lines."),
        [one, ..] => format!("Ask {one} or another champion for a review of these lines."),
    }
}

pub(super) fn large(case: Case<'_>, max_lines: u32, ask: ReviewAsk) -> Judged {
    let counted_lines = |hunk: &&Hunk| {
        hunk.class != trueline_facts::change::FileClass::Generated
            && case.scope().takes(hunk.origin, &hunk.zones)
    };
    let hunks: Vec<&Hunk> = case.change.hunks.iter().filter(counted_lines).collect();
    let lines: u64 = hunks.iter().map(|hunk| u64::from(hunk.lines)).sum();
    if lines <= u64::from(max_lines) {
        if case.lacks(FactName::Origins) {
            return Judged::missing(
                FactName::Origins,
                format!(
                    "{} in scope, and more that cannot be counted",
                    counted(lines, "line")
                ),
            );
        }
        let unknown: u64 = case.change.size.added.unknown;
        if case.asks_origin()
            && !case.knows(FactName::Origins)
            && lines + unknown > u64::from(max_lines)
        {
            return Judged::missing(FactName::Origins, "nobody knows who wrote the lines");
        }
        return Judged::pass(format!(
            "{} in scope, at most {max_lines} go without review{}",
            counted(lines, "line"),
            left_out(case.change)
        ));
    }
    let mut per_file: Vec<(&trueline_facts::RepoPath, u64, u32)> = Vec::new();
    for hunk in &hunks {
        match per_file.last_mut() {
            Some((path, lines, _)) if **path == hunk.path => *lines += u64::from(hunk.lines),
            _ => per_file.push((&hunk.path, u64::from(hunk.lines), hunk.start)),
        }
    }
    let largest = per_file
        .iter()
        .max_by_key(|(path, lines, _)| (*lines, std::cmp::Reverse(*path)));
    let reason = case.reason(
        format!("{lines} AI-written lines in one change, more than {max_lines}, without another person's review"),
        format!("{}; or at most {max_lines} AI-written lines", to_pass(case, ask)),
        "Split it into changes that a reviewer takes in at one sitting, the riskiest first.",
        &[],
    );
    let reason = match largest {
        Some((path, _, start)) => at(reason, path, *start),
        None => reason,
    };
    judge(case, ask, "a large AI change", vec![reason])
}

/// Lines that no gate on size counts: a file's name alone says that a program wrote it, or others did.
pub(super) fn left_out(change: &Change) -> String {
    match change.size.generated {
        0 => String::new(),
        lines => format!(
            "; {} in generated, vendored or lock files not counted",
            counted(lines, "line")
        ),
    }
}

pub(super) fn agent_configuration(case: Case<'_>, ask: ReviewAsk) -> Judged {
    if !case.knows(FactName::AgentConfiguration) {
        return Judged::missing(
            FactName::AgentConfiguration,
            "nobody knows which files steer agents",
        );
    }
    let mut unpinned = Vec::new();
    let mut wanting = Vec::new();
    for file in &case.change.agent_configuration {
        if !case.scope().takes_origin(file.origin) {
            continue;
        }
        let zones = case.policy.zones.ids(&file.path);
        if !case.scope().takes_zones(&zones) {
            continue;
        }
        if file.pinning == Pinning::Unpinned && file.status != FileStatus::Deleted {
            let reason = case.reason(
                format!("{} runs something without an exact version", file.path.display()),
                "every server and program that it starts names an exact version or digest",
                "Add the version that you tested (`name@1.2.3`), then `trueline scan --write-lock`.",
                &zones,
            );
            unpinned.push(at(reason, &file.path, file.unpinned_line.unwrap_or(0)));
        }
        let what = match file.kind {
            ConfigurationKind::Hooks => "programs that run when an agent acts",
            ConfigurationKind::Permissions => "what agents may do",
            ConfigurationKind::Servers => "which servers agents may call",
            ConfigurationKind::Instructions | ConfigurationKind::Other => continue,
        };
        let reason = case.reason(
            format!("{} changes {what}", file.path.display()),
            to_pass(case, ask),
            easiest(case, &zones),
            &zones,
        );
        wanting.push(at(reason, &file.path, 0));
    }
    let reviewed = judge(
        case,
        ask,
        "change of hooks, servers or permissions of agents",
        wanting,
    );
    let mut reasons = unpinned;
    let because = if reasons.is_empty() {
        reviewed.because
    } else {
        format!(
            "{} not pinned; {}",
            counted(reasons.len() as u64, "file"),
            reviewed.because
        )
    };
    reasons.extend(reviewed.reasons);
    Judged {
        because,
        reasons,
        missing: reviewed.missing,
    }
}

pub(super) fn workflows(case: Case<'_>, ask: ReviewAsk) -> Judged {
    if !case.knows(FactName::Workflows) {
        return Judged::missing(FactName::Workflows, "nobody knows what CI runs");
    }
    let mut wanting = Vec::new();
    for file in &case.change.workflows {
        let zones = case.policy.zones.ids(&file.path);
        if !case.scope().takes_zones(&zones) {
            continue;
        }
        for trigger in &file.high_impact {
            let reason = case.reason(
                format!("{} gains `{}`", file.path.display(), trigger.what),
                to_pass(case, ask),
                easiest(case, &zones),
                &zones,
            );
            wanting.push(at(reason, &file.path, trigger.line));
        }
    }
    judge(case, ask, "high-impact change of CI", wanting)
}

pub(super) fn suppressions(case: Case<'_>, ask: ReviewAsk) -> Judged {
    let wanting = case
        .change
        .suppressions
        .iter()
        .filter_map(|added| {
            let zones = case.policy.zones.ids(&added.path);
            case.scope().takes(added.origin, &zones).then(|| {
                let reason = case.reason(
                    format!("findings of {} are silenced: {}", added.rules.join(", "), said(&added.reason)),
                    to_pass(case, ask),
                    "Mend the finding if it takes no longer than explaining it; else ask for a review of the reason.",
                    &zones,
                );
                at(reason, &added.path, added.line)
            })
        })
        .collect();
    judge(case, ask, "silenced findings", wanting)
}

fn said(reason: &str) -> &str {
    if reason.is_empty() {
        "no reason given"
    } else {
        reason
    }
}

pub(super) fn policy(case: Case<'_>, ask: ReviewAsk) -> Judged {
    let wanting = case
        .change
        .policy_changed
        .iter()
        .map(|path| {
            let zones = case.policy.zones.ids(path);
            let reason = case.reason(
                format!(
                    "{} says how changes are judged; this change was judged by the version of its base",
                    path.display()
                ),
                to_pass(case, ask),
                easiest(case, &zones),
                &zones,
            );
            at(reason, path, 0)
        })
        .collect();
    judge(case, ask, "change of the policy", wanting)
}
