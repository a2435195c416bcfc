//! Markdown for pull-request comments: short, the rest folded away, one marker so that the comment is
//! found again and edited in place. Whatever came from a repository is escaped: it can neither format,
//! link, mention nor close a block.

use std::fmt::Write as _;

use trueline_facts::health::{Health, Review};
use trueline_facts::scan::{ScanReport, WeaknessRate};
use trueline_facts::shadow::ShadowAi;
use trueline_facts::stats::{RepositoryStats, StatsReport};
use trueline_facts::usage::{EvidenceCoverage, ToolUse, Usage};
use trueline_facts::{Diagnostic, Finding, Location, Timestamp, ToolId};

use crate::answer::{About, Standing, WithoutOrigins};
use crate::words::SiteRate;
use crate::{answer, select, words};

/// By this line a bot finds its own comment again.
const SCAN_MARKER: &str = "<!-- trueline:scan -->";
const STATS_MARKER: &str = "<!-- trueline:stats -->";

/// Hosts cut comments at 65,536 characters; findings beyond this are counted instead.
const FINDINGS: usize = 30;

/// Large changes without review in a summary of repositories.
const LARGE_CHANGES: usize = 5;

/// Things out of the ordinary in a summary of repositories.
const ANOMALIES: usize = 5;

const CUT: &str = "**History is cut off here (shallow clone):** who wrote older lines cannot be known; `git fetch --unshallow` brings the rest.\n\n";

/// Renders the comment of a scan.
#[must_use]
pub fn scan(report: &ScanReport) -> String {
    let mut out = format!("{SCAN_MARKER}\n");
    let findings = select::findings(report, false);
    let _ = writeln!(out, "### Trueline: {}\n", headline(report, &findings));
    if answer::is_interrupted(&report.diagnostics) {
        out.push_str("**INTERRUPTED, so this is a part of the answer**\n\n");
    }
    if report.repository.shallow {
        out.push_str(CUT);
    }
    if let Some(gap) = answer::gap(&report.diagnostics) {
        let _ = writeln!(out, "**{}**\n", text(gap));
    }
    done_well(&mut out, report);
    match &report.usage {
        Some(usage) => who(&mut out, report, usage),
        None => out.push_str(match WithoutOrigins::of(report) {
            WithoutOrigins::OutsideGit => {
                "- **Evidence coverage:** none; outside git, origins cannot be known\n"
            }
            WithoutOrigins::NotRead => {
                "- **Evidence coverage:** not read; nothing was found whose origin could be told\n"
            }
            WithoutOrigins::Damaged => {
                "- **Evidence coverage:** none; the history cannot be read, the notes below say why\n"
            }
        }),
    }
    let whose = answer::in_whole(report.scanned_path.as_ref());
    shadow(
        &mut out,
        &report.shadow_ai,
        answer::tools(report.usage.as_ref()),
        whose,
    );
    out.push('\n');
    for finding in findings.iter().take(select::WORST) {
        one(&mut out, finding);
    }
    if findings.len() > select::WORST {
        let _ = writeln!(
            out,
            "<details><summary>{} more</summary>\n",
            words::counted((findings.len() - select::WORST) as u64, "finding")
        );
        for finding in findings.iter().take(FINDINGS).skip(select::WORST) {
            one(&mut out, finding);
        }
        if findings.len() > FINDINGS {
            let _ = writeln!(
                out,
                "And {} that this comment has no room for.\n",
                words::count((findings.len() - FINDINGS) as u64)
            );
        }
        out.push_str("</details>\n\n");
    }
    let hidden = answer::uncertain(report, findings.len());
    if hidden > 0 {
        let _ = writeln!(
            out,
            "{} not shown (<code>--all</code> reports them)\n",
            words::counted(hidden, "less certain finding")
        );
    }
    weaknesses(&mut out, &select::weak(report));
    if let Some(health) = report.health.as_ref().filter(|h| !h.anomalies.is_empty()) {
        let _ = writeln!(
            out,
            "<details><summary>Out of the ordinary{whose} ({})</summary>\n",
            health.anomalies.len()
        );
        for anomaly in &health.anomalies {
            let _ = writeln!(
                out,
                "- {} {}: {}",
                anomaly.time.date(),
                words::anomaly(anomaly.kind),
                text(&anomaly.reason)
            );
        }
        out.push_str("\n</details>\n\n");
    }
    diagnostics(&mut out, &report.diagnostics);
    out
}

fn headline(report: &ScanReport, findings: &[&Finding]) -> String {
    let found = text(&answer::found(report, findings));
    if findings.is_empty() {
        return found;
    }
    let counts: Vec<_> = select::severities(findings)
        .into_iter()
        .map(|(severity, n)| format!("{} {}", words::count(n), words::severity(severity)))
        .collect();
    format!("{found}: {}", counts.join(", "))
}

fn done_well(out: &mut String, report: &ScanReport) {
    let clean = select::done_well(report);
    if clean.is_empty() {
        return;
    }
    let parts: Vec<_> = clean
        .iter()
        .take(4)
        .map(|(rate, sites)| {
            format!(
                "{} at {}",
                code(rate.rule.as_str()),
                words::counted(*sites, "exposed site")
            )
        })
        .collect();
    let more = match clean.len() - parts.len() {
        0 => String::new(),
        more => format!(", {} more", words::counted(more as u64, "rule")),
    };
    let _ = writeln!(out, "- **None found:** {}{more}", parts.join(", "));
}

fn who(out: &mut String, report: &ScanReport, usage: &Usage) {
    let (coverage, lines, recent_lines) = (&usage.coverage, &usage.lines, &usage.recent_lines);
    let of_all = match report.diff_base {
        Some(_) => " (all lines, not only the changed ones)",
        None => "",
    };
    let recent = &coverage.recent;
    if answer::nothing_known(lines) {
        let why = answer::why_nothing(&report.diagnostics, lines.total);
        let why = why.map_or_else(
            || "none".to_owned(),
            |why| text(why.trim_start_matches("none found, and ")),
        );
        let _ = writeln!(
            out,
            "- **Evidence coverage:** {why}{of_all}, so the AI share is unknown (not zero)"
        );
        out.push_str(&gaps_of_coverage(coverage, About::All));
    } else if recent.of == 0 {
        let _ = writeln!(
            out,
            "- **Evidence coverage:** {} of all {}{of_all}; {}",
            words::percent(lines.known(), lines.total),
            words::counted(lines.total, "line"),
            answer::none_recent(coverage)
        );
        out.push_str(&gaps_of_coverage(coverage, About::All));
        let _ = writeln!(
            out,
            "- **AI share:** {} of all lines",
            words::ai_share(lines)
        );
    } else {
        let _ = writeln!(
            out,
            "- **Evidence coverage:** {} of the lines added in the last {} days ({}){of_all}",
            words::percent(recent.hits, recent.of),
            coverage.window_days,
            words::of(recent)
        );
        out.push_str(&gaps_of_coverage(coverage, About::Recent));
        let _ = writeln!(
            out,
            "- **AI share:** {} of these and {} of all {}",
            words::ai_share(recent_lines),
            words::ai_share(lines),
            words::counted(lines.total, "line")
        );
    }
}

/// Evidence coverage, and of which lines.
fn share_covered(coverage: &EvidenceCoverage, since: Option<Timestamp>, about: About) -> String {
    let known = match about {
        About::Recent => &coverage.recent,
        About::All | About::Since => &coverage.all,
    };
    let share = words::percent(known.hits, known.of);
    match since {
        _ if known.of == 0 => share,
        Some(since) => format!("{share} of the {}", answer::since(since)),
        None if about == About::Recent => {
            let days = coverage.window_days;
            format!("{share} of the lines added in the last {days} days")
        }
        None => format!("{share} of all lines; {}", answer::none_recent(coverage)),
    }
}

/// What is beside evidence coverage, and what to switch on.
fn gaps_of_coverage(coverage: &EvidenceCoverage, about: About) -> String {
    let mut out = String::new();
    for beside in answer::beside_coverage(coverage, about) {
        let _ = writeln!(out, "  - {}", text(&answer::capital(&beside)));
    }
    for advice in answer::advice(coverage) {
        let _ = writeln!(
            out,
            "  - To know: {}: {}",
            text(answer::gives(advice)),
            code(&advice.how)
        );
    }
    out
}

/// Tools that commits name in a comment: the rest is counted.
const TOOLS: usize = 8;

/// Tools that commits or lines name, and those that the policy does not list.
fn shadow(out: &mut String, shadow: &ShadowAi, tools: &[ToolUse], whose: &str) {
    let list = |tools: &[&ToolId]| {
        let names: Vec<_> = tools.iter().map(|tool| code(&words::tool(tool))).collect();
        names.join(", ")
    };
    if !tools.is_empty() {
        let mut named: Vec<_> = tools
            .iter()
            .take(TOOLS)
            .map(|one| {
                let name = code(&words::tool(&one.tool));
                format!("{name} ({})", text(&answer::trace_of(one)))
            })
            .collect();
        if tools.len() > TOOLS {
            named.push(format!("{} more", tools.len() - TOOLS));
        }
        let _ = writeln!(out, "- **Tools:** {}", named.join(", "));
    }
    let not_judged = answer::coding_tools(shadow, tools, Standing::NotJudged);
    if !shadow.unlisted.is_empty() {
        let names = list(&shadow.unlisted.iter().collect::<Vec<_>>());
        let _ = writeln!(
            out,
            "- **Shadow AI:** signs{whose} of {names}, not listed in `trueline.toml`"
        );
    } else if shadow.approved.is_none() && !not_judged.is_empty() {
        let _ = writeln!(
            out,
            "- **Shadow AI:** signs{whose} of {}; `trueline.toml` lists no approved tools, so none is judged",
            list(&not_judged)
        );
    } else if shadow.approved.is_some() && (!shadow.signals.is_empty() || !tools.is_empty()) {
        let listed = answer::coding_tools(shadow, tools, Standing::Approved);
        let why = if listed.is_empty() {
            "no sign of a coding tool that `trueline.toml` could list".to_owned()
        } else {
            format!(
                "every coding tool that a sign or a commit names ({}) is listed in `trueline.toml`",
                list(&listed)
            )
        };
        let _ = writeln!(out, "- **Shadow AI:** none{whose}: {why}");
    }
    let not_judged = answer::not_judged(shadow, tools, |tool| code(&words::tool(tool)));
    if let Some(text) = not_judged {
        let _ = writeln!(out, "- {text}");
    }
    let libraries = answer::libraries(shadow);
    if !libraries.is_empty() {
        let _ = writeln!(out, "- {}: {}", answer::LIBRARIES, list(&libraries));
    }
}

fn one(out: &mut String, finding: &Finding) {
    let cwe = finding
        .cwe
        .first()
        .map_or(String::new(), |cwe| format!(", {cwe}"));
    let _ = writeln!(
        out,
        "<details><summary><b>{}</b> {}: {} ({}{cwe})</summary>\n",
        words::severity(finding.severity),
        text(&place(&finding.location)),
        text(&words::visible(&finding.message)),
        text(&words::visible(finding.rule.as_str())),
    );
    if !finding.location.snippet.trim().is_empty() {
        let snippet = words::visible(finding.location.snippet.trim()).into_owned();
        let fence = fence(&snippet);
        let _ = writeln!(out, "{fence}\n{snippet}\n{fence}\n");
    }
    for step in &finding.trace {
        let _ = writeln!(
            out,
            "1. {} {}",
            code(&place(&step.location)),
            text(&step.message)
        );
    }
    if !finding.trace.is_empty() {
        out.push('\n');
    }
    if let Some(origin) = &finding.origin {
        let _ = writeln!(out, "- **Origin:** {}", text(&words::origin_phrase(origin)));
    }
    if let Some(fix) = &finding.fix {
        let _ = writeln!(out, "- **Fix:** {}", text(&fix.description));
        if let Some(patch) = &fix.patch {
            let _ = writeln!(out, "- **Fix available:** {}", text(&words::patch(patch)));
            // Line ends are kept; everything else that would not be seen is spelt out.
            let lines = patch.edits.iter().flat_map(|e| e.replacement.lines());
            let body: Vec<_> = lines.map(words::visible).collect();
            let body = body.join("\n");
            let fence = fence(&body);
            let _ = writeln!(out, "\n{fence}\n{body}\n{fence}");
        }
    }
    out.push_str("\n</details>\n\n");
}

fn weaknesses(out: &mut String, weak: &[&WeaknessRate]) {
    if weak.is_empty() {
        return;
    }
    out.push_str(
        "<details><summary>Weaknesses per exposed site, with 95 % intervals</summary>\n\n",
    );
    out.push_str("| rule | severity | known AI | not known AI |\n|---|---|---:|---:|\n");
    for rate in weak {
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} |",
            code(rate.rule.as_str()),
            words::severity(rate.severity),
            figures(SiteRate::known_ai(rate)),
            figures(SiteRate::not_known_ai(rate))
        );
    }
    let perhaps = words::perhaps_ai_sites(weak.iter().copied());
    if !perhaps.is_empty() {
        let _ = writeln!(out, "\n{perhaps}");
    }
    out.push_str("\n</details>\n\n");
}

fn figures(rate: SiteRate<'_>) -> String {
    let p = rate.shown;
    if p.of == 0 {
        return "no site".to_owned();
    }
    let doubt = rate.less_certain();
    if rate.is_doubted_zero() {
        return format!("{} shown; {}", words::of(p), doubt.unwrap_or_default());
    }
    let mut text = format!("{}: {}", words::of(p), words::percent(p.hits, p.of));
    if let Some(interval) = rate.interval(true) {
        let _ = write!(text, " ({interval})");
    }
    if let Some(doubt) = doubt {
        let _ = write!(text, " + {doubt}");
    }
    text
}

fn diagnostics(out: &mut String, all: &[Diagnostic]) {
    if all.is_empty() {
        return;
    }
    let _ = writeln!(
        out,
        "<details><summary>Notes on this run ({})</summary>\n",
        words::count(all.len() as u64)
    );
    for group in select::diagnostics(all) {
        let Some(example) = group.members.first() else {
            continue;
        };
        let path = example
            .path
            .as_ref()
            .map_or(String::new(), |path| format!(" {}", code(&path.display())));
        let rest = group.members.len() - 1;
        let more = if rest > 0 {
            format!(" (and {} like it)", words::count(rest as u64))
        } else {
            String::new()
        };
        let _ = writeln!(
            out,
            "- {} {}{path}: {}{more}",
            words::level(group.level),
            code(group.code),
            text(&example.message)
        );
    }
    out.push_str("\n</details>\n\n");
}

/// What is known of all repositories together, in one line.
fn known_of_all(report: &StatsReport) -> String {
    let together = &report.together;
    if let Some(known) = answer::known_together(report) {
        return known;
    }
    if let Some(unknown) = answer::unknown_together(report) {
        return unknown;
    }
    if together.lines.total == 0 {
        return answer::no_line_together(report);
    }
    format!(
        "no evidence yet; the AI share of {} is unknown",
        words::counted(together.lines.total, "line")
    )
}

/// Renders a summary of `stats`.
#[must_use]
pub fn stats(report: &StatsReport) -> String {
    let mut out = format!("{STATS_MARKER}\n");
    let _ = writeln!(out, "### Trueline: {}\n", known_of_all(report));
    let interrupted = |one: &RepositoryStats| answer::is_interrupted(&one.diagnostics);
    if report.repositories.iter().any(interrupted) {
        out.push_str("**INTERRUPTED, so this is a part of the answer**\n\n");
    }
    if report.repositories.iter().any(|one| one.repository.shallow) {
        out.push_str(CUT);
    }
    out.push_str(
        "| repository | evidence coverage | AI at least | people | unknown | lines | commits |\n",
    );
    out.push_str("|---|---:|---:|---:|---:|---:|---:|\n");
    for one in &report.repositories {
        let lines = &one.usage.lines;
        let coverage = answer::coverage(one);
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} | {} | {} | {} |",
            text(&answer::name(&one.repository, one.scanned_path.as_ref())),
            words::percent(coverage.hits, coverage.of),
            words::ai_floor(lines),
            words::percent(lines.human, lines.total),
            words::percent(lines.unknown, lines.total),
            words::count(lines.total),
            words::count(match one.since {
                Some(_) => one.usage.purposes.values().sum(),
                None => one.repository.commits,
            })
        );
    }
    out.push('\n');
    grounds(&mut out, &report.repositories);
    if let Some(breakdown) = &report.breakdown {
        let _ = writeln!(
            out,
            "<details><summary>By {}</summary>\n\n| {0} | AI at least | known | lines | commits |\n|---|---:|---:|---:|---:|",
            words::group_by(breakdown.by)
        );
        for group in &breakdown.groups {
            let lines = &group.lines;
            let _ = writeln!(
                out,
                "| {} | {} | {} | {} | {} |",
                text(&words::group(breakdown.by, &group.name)),
                words::ai_floor(lines),
                words::percent(lines.known(), lines.total),
                words::count(lines.total),
                words::count(group.commits)
            );
        }
        out.push_str("\n</details>\n\n");
    }
    for one in &report.repositories {
        let mut health = rework(&one.health, answer::as_far_as_read(&one.diagnostics));
        unreviewed(&mut health, &one.health.review);
        let coverage = &one.usage.coverage;
        let about = About::of(one.since, coverage.recent.of > 0);
        let gaps = gaps_of_coverage(coverage, about);
        if !gaps.is_empty() {
            let share = share_covered(coverage, one.since, about);
            health.insert_str(0, &format!("- **Evidence coverage:** {share}\n{gaps}"));
        }
        let anomalies = &one.health.anomalies;
        let mut shadow_ai = String::new();
        shadow(&mut shadow_ai, &one.shadow_ai, &one.usage.tools, "");
        if shadow_ai.is_empty() && anomalies.is_empty() && health.is_empty() {
            continue;
        }
        let whose = answer::in_whole(one.scanned_path.as_ref());
        let _ = writeln!(out, "**{}**{whose}\n", text(&one.repository.name));
        out.push_str(&health);
        out.push_str(&shadow_ai);
        for anomaly in anomalies.iter().take(ANOMALIES) {
            let _ = writeln!(
                out,
                "- {} {}: {}",
                anomaly.time.date(),
                words::anomaly(anomaly.kind),
                text(&anomaly.reason)
            );
        }
        if anomalies.len() > ANOMALIES {
            let older = (anomalies.len() - ANOMALIES) as u64;
            let _ = writeln!(out, "- and {} older", words::count(older));
        }
        out.push('\n');
    }
    let all: Vec<_> = report
        .repositories
        .iter()
        .flat_map(|one| &one.diagnostics)
        .chain(&report.diagnostics)
        .cloned()
        .collect();
    diagnostics(&mut out, &all);
    out
}

/// Where the lines of AI of each repository are known from.
fn grounds(out: &mut String, repositories: &[RepositoryStats]) {
    let mut any = false;
    for one in repositories {
        let grounds = words::ai_grounds(&one.usage.lines);
        if !grounds.is_empty() {
            any = true;
            let _ = writeln!(
                out,
                "- **AI lines of {}:** {}",
                text(&answer::name(&one.repository, one.scanned_path.as_ref())),
                grounds.join(", ")
            );
        }
    }
    if any {
        out.push('\n');
    }
}

/// What was rewritten soon, by group, and what is in no group.
fn rework(health: &Health, remark: &str) -> String {
    let mut out = String::new();
    if health.churn.unread + health.churn.cut > 0 {
        let _ = writeln!(out, "- **Churn:** {}", words::churn(&health.churn, remark));
    }
    if let Some(unread) = words::unread_changes(health, remark) {
        let _ = writeln!(out, "- {unread}");
    }
    for one in health.rework.iter().filter(|rework| rework.lines.of > 0) {
        let _ = writeln!(out, "- **Rework**, {}", words::rework(one, true));
    }
    if let Some(perhaps) = words::perhaps_ai_lines(health) {
        let _ = writeln!(out, "- {perhaps}");
    }
    out
}

/// Large changes of AI that show no sign of review.
fn unreviewed(out: &mut String, review: &Review) {
    for change in review.large_unreviewed.iter().take(LARGE_CHANGES) {
        let _ = writeln!(
            out,
            "- **Large AI change without a sign of review:** {} {} {} ({} in {})",
            change.time.date(),
            code(change.commit.short()),
            text(&change.subject),
            words::counted(change.added, "line"),
            words::counted(change.files, "file")
        );
    }
    if let Some(more) = words::more_unreviewed(review, LARGE_CHANGES) {
        let _ = writeln!(out, "- {}", text(&more));
    }
}

fn place(location: &Location) -> String {
    format!(
        "{}:{}",
        words::visible(&location.path.display()),
        location.start.line
    )
}

/// Running text: every character that Markdown or HTML would read is written as a character reference,
/// which renders as itself and starts nothing. Hosts look for mentions and issue numbers after
/// rendering, so `@` and `#` also get a zero-width space that keeps them from naming anyone.
pub(crate) fn text(raw: &str) -> String {
    let raw = words::visible(raw);
    let mut out = String::with_capacity(raw.len() + 8);
    let mut before = ' ';
    // `1.` and `1)` open a list, but only where a text begins with them.
    let mut only_digits = true;
    let mut chars = raw.chars().peekable();
    while let Some(c) = chars.next() {
        let plain = match c {
            ',' | ';' | '?' | '(' | '/' | '%' | '\'' => true,
            ')' => !only_digits,
            '-' => before.is_alphanumeric(),
            '.' => !only_digits && !matches!(before, 'w' | 'W'),
            // Not where it could belong to an address or an emoji.
            ':' => chars
                .peek()
                .is_none_or(|next| *next == ' ' || next.is_ascii_digit()),
            c => !c.is_ascii_punctuation(),
        };
        if plain {
            out.push(c);
        } else {
            let _ = write!(out, "&#{};", u32::from(c));
            if matches!(c, '@' | '#') {
                out.push_str("&#8203;");
            }
        }
        before = c;
        only_digits &= c.is_ascii_digit();
    }
    out
}

/// Inline code, as HTML so that no run of backticks can end it.
pub(crate) fn code(raw: &str) -> String {
    format!("<code>{}</code>", text(raw))
}

/// A fence longer than any run of backticks inside.
pub(crate) fn fence(body: &str) -> String {
    let mut longest = 0;
    let mut run = 0;
    for c in body.chars() {
        run = if c == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    "`".repeat(longest.max(2) + 1)
}
