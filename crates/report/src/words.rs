//! The words that all renderers share: counts, shares, intervals, origins, and text from outside
//! made visible. One place, so that the terminal, the comment and the page say the same.

mod shares;
mod sites;

use std::borrow::Cow;
use std::fmt::Write as _;
use std::ops::Range;

use trueline_facts::health::{
    AnomalyKind, Churn, Health, OriginGroup, Review, Rework, SurvivalPoint,
};
use trueline_facts::pipeline::EntryKind;
use trueline_facts::scan::WeaknessRate;
use trueline_facts::shadow::{SignalKind, SignalState};
use trueline_facts::stats::GroupBy;
use trueline_facts::usage::ToolUse;
use trueline_facts::{
    Applicability, Author, Confidence, Edit, EvidenceClass, Grain, HumanBasis, Level, Location,
    Named, Origin, Patch, Person, Proportion, Reach, Severity, ToolId,
};

use crate::answer::Standing;

pub(crate) use shares::{
    PERHAPS, ai_count, ai_floor, ai_floor_of, ai_grounds, ai_share, ai_share_of, ai_tag, shares,
};
pub(crate) use sites::SiteRate;

/// `12,345`.
pub(crate) fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// What stands in place of a secret in a snippet.
const MASK: &str = "[redacted]";

/// The characters of its snippet that a location means; `None` if it names no column. Where a secret was
/// masked the text is another one, and the mask next to the place is meant.
pub(crate) fn marked(location: &Location) -> Option<Range<usize>> {
    let Location {
        start,
        end,
        snippet,
        ..
    } = location;
    // A log of another tool that names only a line.
    if start == end && start.column <= 1 {
        return None;
    }
    let from = start.column.max(1) as usize - 1;
    let to = if end.line == start.line {
        (end.column.max(1) as usize - 1).max(from + 1)
    } else {
        usize::MAX
    };
    let masks = snippet
        .match_indices(MASK)
        .map(|(at, _)| snippet.get(..at).map_or(0, |before| before.chars().count()));
    let nearest = masks.min_by_key(|at| at.abs_diff(from));
    Some(match nearest {
        Some(at) if is_of_secret(location, at, from) => at..at + MASK.chars().count(),
        _ => from..to,
    })
}

/// Whether the text at a place was masked: it is the mask, or what was masked before moved it away.
fn is_of_secret(location: &Location, mask: usize, from: usize) -> bool {
    let before: String = location.snippet.chars().take(from).collect();
    let inside = (mask..mask + MASK.chars().count()).contains(&from);
    inside || from + 1 == mask || before.contains(MASK)
}

/// `282 commits`, `282 commits, 157 by a hint`.
pub(crate) fn commits_of_door(commits: u64, hinted: u64) -> String {
    let sure = counted(commits.saturating_sub(hinted), "commit");
    match hinted {
        0 => sure,
        _ => format!("{sure}, {} by a hint", count(hinted)),
    }
}

/// `1 finding`, `2 findings`.
#[must_use]
pub fn counted(n: u64, noun: &str) -> String {
    format!("{} {noun}{}", count(n), if n == 1 { "" } else { "s" })
}

/// A share for reading, rounded to a tenth; near none and near all with as many decimals as tell it
/// from them, so that a rounded figure never claims `0 %` or `100 %`.
pub(crate) fn percent(hits: u64, of: u64) -> String {
    if of == 0 {
        return "unknown".to_owned();
    }
    if hits == 0 {
        return "0 %".to_owned();
    }
    if hits >= of {
        return "100 %".to_owned();
    }
    // The smaller part is rounded and the larger one is its rest: together they are always 100 %.
    let is_smaller = hits <= of - hits;
    let rest = u128::from(hits.min(of - hits)) * 100;
    let of = u128::from(of);
    let decimals = (1..=LEAST).find(|n| (rest * 10_u128.pow(*n) * 2) >= of);
    let Some(decimals) = decimals else {
        let least = format!("0.{:0>1$}", 1, LEAST as usize);
        return if is_smaller {
            format!("< {least} %")
        } else {
            format!("> 99.{} %", "9".repeat(LEAST as usize))
        };
    };
    let unit = 10_u128.pow(decimals);
    let rounded = (rest * unit * 2 + of) / (of * 2);
    let value = if is_smaller {
        rounded
    } else {
        100 * unit - rounded
    };
    format!(
        "{}.{:0>width$} %",
        value / unit,
        value % unit,
        width = decimals as usize
    )
}

/// Most decimals of a share.
const LEAST: u32 = 3;

/// The 95 % interval: `8–48 %`.
pub(crate) fn interval(p: &Proportion, unicode: bool) -> String {
    let dash = if unicode { '–' } else { '-' };
    let (low, high) = (end(p.low), end(p.high));
    if low == high && p.low < p.high {
        return format!("{:.1}{dash}{:.1} %", p.low * 100.0, p.high * 100.0);
    }
    format!("{low}{dash}{high} %")
}

/// One end of an interval in percent, with a decimal where whole numbers would hide it.
fn end(share: f64) -> String {
    let value = share * 100.0;
    if value > 0.0 && value < 0.1 {
        format!("{value:.2}")
    } else if value > 0.0 && value < 9.95 {
        format!("{value:.1}")
    } else {
        format!("{value:.0}")
    }
}

/// A share that may be greater: `at least 40 %`. All is all.
pub(crate) fn at_least(p: &Proportion) -> String {
    let share = percent(p.hits, p.of);
    if p.hits == p.of {
        share
    } else {
        format!("at least {share}")
    }
}

/// What the commits of the window changed, as a sentence without a stop; `remark` says why it is not known.
pub(crate) fn churn(churn: &Churn, remark: &str) -> String {
    let commits = counted(churn.commits, "commit");
    let is_unread = churn.unread == churn.commits && churn.added + churn.removed == 0;
    if churn.commits == 0 && churn.cut > 0 && remark.is_empty() {
        return format!(
            "what {} changed, where history is cut off, is not known",
            counted(churn.cut, "commit")
        );
    }
    if !remark.is_empty() {
        return format!("{commits}{remark}");
    }
    let mut text = if churn.unread > 0 && is_unread {
        format!("{commits}; what they changed cannot be read here")
    } else {
        format!(
            "{commits} added {}{} and removed {}",
            if churn.unread > 0 { "at least " } else { "" },
            counted(churn.added, "line"),
            count(churn.removed)
        )
    };
    if churn.unread > 0 && !is_unread {
        let _ = write!(
            text,
            ", without changes of {} that cannot be read here",
            counted(churn.unread, "commit")
        );
    }
    if churn.cut > 0 {
        let _ = write!(
            text,
            "; what {} at the cut of history changed is not known",
            counted(churn.cut, "commit")
        );
    }
    text
}

/// What does not follow from changes that are not read, as a sentence without a stop; `None` where all are. `remark`
/// as for [`churn`].
pub(crate) fn unread_changes(health: &Health, remark: &str) -> Option<String> {
    if !remark.is_empty() {
        return Some("So rework, survival, hotspots and what is out of the ordinary are not given: what was read until then is not a fair part of all".to_owned());
    }
    if health.churn.unread == 0 {
        return None;
    }
    let mut text = if health.rework.is_empty() {
        "So rework, survival and what is out of the ordinary are not given: what can be read is not a fair part of all"
    } else {
        "So more may have been rewritten, and less may survive, than is said here"
    }
    .to_owned();
    if health.unread_files > 0 {
        let _ = write!(
            text,
            "; {} left out of the hotspots",
            match health.unread_files {
                1 => "1 file is".to_owned(),
                files => format!("{} are", counted(files, "file")),
            }
        );
    }
    Some(text)
}

/// Said below lines by month.
pub(crate) fn in_no_month(undated: u64) -> String {
    format!(
        "{} in no month: when they were added is not known",
        match undated {
            1 => "1 line is".to_owned(),
            _ => format!("{} are", counted(undated, "line")),
        }
    )
}

/// How much of a group was rewritten soon, as a sentence without a stop.
pub(crate) fn rework(rework: &Rework, unicode: bool) -> String {
    format!(
        "{}: {} rewritten within {} days ({}, {})",
        origin_group(rework.group),
        percent(rework.lines.hits, rework.lines.of),
        rework.within_days,
        of(&rework.lines),
        interval(&rework.lines, unicode)
    )
}

/// The share of lines that stand at an age, as a proportion of a thousand.
pub(crate) fn alive(point: &SurvivalPoint) -> (u64, u64) {
    #[expect(
        clippy::cast_sign_loss,
        reason = "the share is clamped to 0..=1 before"
    )]
    let alive = (point.alive.clamp(0.0, 1.0) * 1000.0).round() as u64;
    (alive, 1000)
}

/// What rework and survival leave out, as a sentence without a stop; `None` where nothing is or nothing is compared.
pub(crate) fn perhaps_ai_lines(health: &Health) -> Option<String> {
    let compares = health.rework.iter().any(|rework| rework.lines.of > 0)
        || health.survival.iter().any(|survival| survival.lines > 0);
    (compares && health.perhaps_ai_lines > 0).then(|| {
        let lines = counted(health.perhaps_ai_lines, "line");
        format!("In neither group: {lines} {PERHAPS}")
    })
}

/// How many large changes without review a list of so many leaves out, and where they stand; `None` where it has all.
pub(crate) fn more_unreviewed(review: &Review, listed: usize) -> Option<String> {
    let more = review.unreviewed_beyond(listed);
    let known = review.large_unreviewed.len();
    let newest = match review.unreviewed_beyond(known) {
        0 => String::new(),
        _ => format!(", the newest {}", count(known as u64)),
    };
    (more > 0).then(|| {
        format!(
            "and {} more without a sign of review (--format html or --format json lists them{newest})",
            count(more)
        )
    })
}

/// What is left out of the comparison of weaknesses per site; empty where nothing is.
pub(crate) fn perhaps_ai_sites<'r>(rates: impl IntoIterator<Item = &'r WeaknessRate>) -> String {
    let (mut hits, mut sites, mut uncertain) = (0, 0, 0);
    for rate in rates {
        hits += rate.perhaps_ai.hits;
        sites += rate.perhaps_ai.of;
        uncertain += rate.uncertain_sites.perhaps_ai;
    }
    if sites == 0 {
        return String::new();
    }
    format!(
        "In neither group: {} on lines {PERHAPS}, {} with a finding{}.",
        counted(sites, "site"),
        count(hits),
        match uncertain {
            0 => String::new(),
            _ => format!(" and {} with less certain ones", count(uncertain)),
        }
    )
}

/// Lines named for a tool: `12 lines`, `3 to 12 lines`, `up to 12 lines`.
pub(crate) fn of_tool(tool: &ToolUse) -> String {
    if tool.lines == 0 && tool.generated_lines + tool.large_files > 0 {
        return "no line that counts".to_owned();
    }
    if tool.lines == 0 {
        return "no line today".to_owned();
    }
    let lines = counted(tool.lines, "line");
    match tool.lines_at_least {
        least if least >= tool.lines => lines,
        0 => format!("up to {lines}"),
        least => format!("{} to {lines}", count(least)),
    }
}

/// `3 of 14`.
pub(crate) fn of(p: &Proportion) -> String {
    format!("{} of {}", count(p.hits), count(p.of))
}

pub(crate) const fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Low => "low",
        Severity::Medium => "medium",
        Severity::High => "high",
        Severity::Critical => "critical",
    }
}

/// Worst first.
pub(crate) const SEVERITIES: [Severity; 4] = [
    Severity::Critical,
    Severity::High,
    Severity::Medium,
    Severity::Low,
];

pub(crate) const fn confidence(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::Low => "low",
        Confidence::Medium => "medium",
        Confidence::High => "high",
    }
}

pub(crate) const fn level(level: Level) -> &'static str {
    match level {
        Level::Note => "note",
        Level::Warning => "warning",
        Level::Error => "error",
    }
}

pub(crate) const fn evidence_class(class: EvidenceClass) -> &'static str {
    match class {
        EvidenceClass::HookLog => "hook log",
        EvidenceClass::Note => "note",
        EvidenceClass::Trace => "trace",
        EvidenceClass::LocalSession => "local session",
        EvidenceClass::Identity => "identity",
        EvidenceClass::Checkpoint => "checkpoint",
        EvidenceClass::Convention => "convention",
        EvidenceClass::Hint => "hint",
        EvidenceClass::Unexplained => "unexplained",
        EvidenceClass::NotAtHead => "not at HEAD",
    }
}

pub(crate) const fn grain(grain: Grain) -> &'static str {
    match grain {
        Grain::Line => "these lines",
        Grain::Commit => "whole commit",
    }
}

pub(crate) const fn reach(reach: Reach) -> &'static str {
    match reach {
        Reach::Direct => "direct",
        Reach::Carried => "carried along diffs",
        Reach::Inferred => "inferred from content",
    }
}

pub(crate) const fn origin_group(group: OriginGroup) -> &'static str {
    match group {
        OriginGroup::KnownAi => "known AI",
        OriginGroup::NotKnownAi => "not known AI",
    }
}

pub(crate) const fn anomaly(kind: AnomalyKind) -> &'static str {
    match kind {
        AnomalyKind::VelocityBurst => "velocity burst",
        AnomalyKind::LargeCommit => "large commit",
        AnomalyKind::DependencyChange => "dependency change",
        AnomalyKind::AgentConfigurationChange => "agent configuration change",
        AnomalyKind::EvidenceLoss => "evidence loss",
    }
}

pub(crate) const fn entry(kind: EntryKind) -> &'static str {
    match kind {
        EntryKind::Editor => "editor",
        EntryKind::Agent => "agent",
        EntryKind::CiJob => "CI job",
        EntryKind::ReviewBot => "review bot",
        EntryKind::DependencyBot => "dependency bot",
        EntryKind::Application => "application",
    }
}

/// `5 CI jobs`, `2 applications`.
pub(crate) fn entries(kind: EntryKind, number: u64) -> String {
    counted(number, entry(kind))
}

pub(crate) const fn signal(kind: SignalKind) -> &'static str {
    match kind {
        SignalKind::Configuration => "configuration",
        SignalKind::Residue => "residue",
        SignalKind::IgnoreLine => "ignore line",
        SignalKind::Extension => "extension",
        SignalKind::CiJob => "CI job",
        SignalKind::Dependency => "dependency",
    }
}

pub(crate) const fn standing(standing: Standing) -> &'static str {
    match standing {
        Standing::NotListed => "not listed",
        Standing::NotJudged => "not judged",
        Standing::Approved => "approved",
    }
}

pub(crate) const fn signal_state(state: SignalState) -> &'static str {
    match state {
        SignalState::Present => "present",
        SignalState::Deleted => "only in history",
    }
}

pub(crate) const fn group_by(by: GroupBy) -> &'static str {
    match by {
        GroupBy::Tool => "tool",
        GroupBy::Directory => "directory",
        GroupBy::Month => "month",
        GroupBy::Purpose => "purpose",
        GroupBy::Team => "team",
    }
}

/// What a group of a breakdown is called.
pub(crate) fn group(by: GroupBy, name: &str) -> Cow<'_, str> {
    match (by, name) {
        (GroupBy::Tool, UNSPECIFIED) => Cow::Borrowed(NOT_NAMED),
        (GroupBy::Month | GroupBy::Purpose | GroupBy::Team, "unknown") => {
            Cow::Borrowed("commit not known")
        }
        _ => visible(name),
    }
}

/// Is it AI of which no tool is named?
pub(crate) fn is_unnamed(tool: &ToolId) -> bool {
    tool.as_str() == UNSPECIFIED
}

/// The short form that fits a gutter: `claude`, `human`, `unknown`.
pub(crate) fn origin_short(origin: &Origin) -> Cow<'_, str> {
    match &origin.author {
        Author::Ai { tool, .. } => self::tool(tool),
        Author::Human { .. } => Cow::Borrowed("human"),
        Author::Unknown => Cow::Borrowed("unknown"),
    }
}

/// The name in documents of a tool that evidence speaks of and does not name.
const UNSPECIFIED: &str = "unspecified";
const NOT_NAMED: &str = "a tool not named";

/// A tool by its name; several tools read the same files, and such a file names none of them.
pub(crate) fn tool(tool: &ToolId) -> Cow<'_, str> {
    match tool.as_str() {
        UNSPECIFIED => Cow::Borrowed(NOT_NAMED),
        name => visible(name),
    }
}

/// Who wrote it and how that is known: `written by claude (opus-4.5), note, high confidence`. Of evidence about a whole commit no more is
/// said than that the line stands in it: the tool may have written another part.
pub(crate) fn origin_phrase(origin: &Origin) -> String {
    let mut out = match &origin.author {
        Author::Ai {
            tool,
            model,
            human_touched,
            ..
        } => {
            let mut whom = self::tool(tool).into_owned();
            if let Some(model) = model {
                let _ = write!(whom, " ({})", visible(model.as_str()));
            }
            let mut who = if origin.is_line_level() {
                format!("written by {whom}")
            } else if origin.is_tool_authored() {
                format!("in a commit whose author is {whom}")
            } else if origin.is_upper_bound() {
                format!("in a squash or larger commit that {whom} took part in")
            } else {
                format!("in a commit that {whom} took part in")
            };
            if *human_touched {
                who.push_str(", edited by a person");
            }
            who
        }
        Author::Human { basis } => format!(
            "written by a person ({})",
            match basis {
                HumanBasis::Observed => "observed",
                HumanBasis::Asserted => "asserted",
            }
        ),
        Author::Unknown => "unknown".to_owned(),
    };
    match origin.evidence.first() {
        None if origin.author == Author::Unknown => out.push_str(": no evidence"),
        Some(best) if best.class == EvidenceClass::NotAtHead => {
            let _ = write!(out, ": {}", visible(&best.source));
        }
        None => {}
        Some(best) => {
            let _ = write!(out, ", {}", evidence_class(best.class));
            if best.grain == Grain::Commit {
                out.push_str(" of the whole commit");
            }
            match best.reach {
                Reach::Direct => {}
                Reach::Carried => out.push_str(", carried along diffs"),
                Reach::Inferred => out.push_str(", inferred from content"),
            }
            let _ = write!(out, ", {} confidence", confidence(origin.confidence));
        }
    }
    if let Some((witness, named)) = origin.disagreement() {
        let whom = match named {
            Named::Ai { tool } => self::tool(tool),
            Named::Human => Cow::Borrowed("a person"),
        };
        let of = match witness.grain {
            Grain::Line => "",
            Grain::Commit => " of the whole commit",
        };
        let class = evidence_class(witness.class);
        let _ = write!(out, "; witnesses disagree: {class}{of} names {whom}");
    }
    out
}

/// A person as the document shows one.
pub(crate) fn person(person: &Person) -> Cow<'_, str> {
    visible(person.name.as_deref().unwrap_or(person.pseudonym.as_str()))
}

/// Characters that a reader would not see or that would steer the display: controls, and the
/// bidirectional and invisible formatting characters of "Trojan Source" (CVE-2021-42574).
pub(crate) fn is_deceptive(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{061c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}')
}

/// Text from outside on one line: what would be invisible or steer the display is spelt out, white
/// space becomes blanks.
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_deceptive) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '\n' | '\r' | '\t' => out.push(' '),
            c if is_deceptive(c) => {
                let _ = write!(out, "<U+{:04X}>", u32::from(c));
            }
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// What a patch does and how it is applied.
pub(crate) fn patch(patch: &Patch) -> String {
    let (kind, flags) = match patch.applicability {
        Applicability::Safe => ("safe", "--fix"),
        Applicability::Unsafe => ("look at it first", "--fix --unsafe-fixes"),
    };
    format!("{} ({kind}): `trueline scan {flags}` tries it", patch.title)
}

/// Where an edit takes place.
pub(crate) fn edit_place(edit: &Edit) -> String {
    let what = if edit.start == edit.end {
        "put in at"
    } else {
        "in place of the text from"
    };
    format!("{what} {}:{}", edit.start.line, edit.start.column)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_grouped_by_thousands() {
        assert_eq!(count(0), "0");
        assert_eq!(count(999), "999");
        assert_eq!(count(1_000), "1,000");
        assert_eq!(count(12_345_678), "12,345,678");
    }

    #[test]
    fn carets_stand_below_the_mask_and_nowhere_without_a_column() {
        let at = |snippet: &str, start: u32, end: u32| {
            marked(&Location {
                path: trueline_facts::RepoPath::from("a.py"),
                start: trueline_facts::Position {
                    line: 3,
                    column: start,
                },
                end: trueline_facts::Position {
                    line: 3,
                    column: end,
                },
                snippet: snippet.to_owned(),
            })
        };
        assert_eq!(at("f(x)", 1, 1), None);
        assert_eq!(at("f(x)", 3, 4), Some(2..3));
        assert_eq!(at("f(x)", 3, 3), Some(2..3));
        let line = "f(a=\"[redacted]\", b=\"[redacted]\")";
        assert_eq!(at(line, 6, 26), Some(5..15));
        // Moved by the mask before it.
        assert_eq!(at(line, 40, 52), Some(21..31));
        assert_eq!(at("f(x, \"[redacted]\")", 3, 4), Some(2..3));
    }

    #[test]
    fn rounding_never_claims_none_or_all() {
        assert_eq!(percent(1, 100_000), "0.001 %");
        assert_eq!(percent(99_999, 100_000), "99.999 %");
        assert_eq!(percent(1, 1_000_000), "< 0.001 %");
        assert_eq!(percent(999_999, 1_000_000), "> 99.999 %");
        assert_eq!(percent(u64::MAX - 1, u64::MAX), "> 99.999 %");
        assert_eq!(percent(0, 0), "unknown");
    }

    #[test]
    fn a_share_and_its_rest_are_rounded_alike() {
        assert_eq!(percent(16, 27), "59.3 %");
        assert_eq!(percent(11, 27), "40.7 %");
        assert_eq!(percent(4, 184_123), "0.002 %");
        assert_eq!(percent(184_119, 184_123), "99.998 %");
        assert_eq!(percent(1, 2_000), "0.1 %");
        assert_eq!(percent(1_999, 2_000), "99.9 %");
    }

    #[test]
    fn a_narrow_interval_is_not_rounded_to_a_point() {
        assert_eq!(
            interval(&Proportion::new(2_400, 20_000), true),
            "11.6–12.5 %"
        );
        assert_eq!(interval(&Proportion::new(3, 14), false), "7.6-48 %");
    }

    #[test]
    fn text_that_would_steer_a_terminal_is_spelt_out() {
        assert_eq!(
            visible("a\u{1b}[2Jb\u{202e}c\nd"),
            "a<U+001B>[2Jb<U+202E>c d"
        );
        assert!(matches!(visible("plain é 日本"), Cow::Borrowed(_)));
    }
}
