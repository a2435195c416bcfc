//! What is told of the tools of a repository: which the policy lists, which left a sign or commits, and why some have no
//! line. From the usage and the signs of shadow AI.

use trueline_facts::ToolId;
use trueline_facts::shadow::{RECORDERS, ShadowAi, Signal, SignalKind};
use trueline_facts::usage::{ToolUse, Usage};

use crate::words;

/// Why tools have commits here and no line today, as sentences; only what is known counts.
pub(crate) fn without_lines(tools: &[ToolUse]) -> Vec<String> {
    let mut told = Vec::new();
    let mut unexplained = false;
    for tool in tools.iter().filter(|t| t.lines == 0 && t.commits > 0) {
        let mut parts = Vec::new();
        if tool.generated_lines > 0 {
            parts.push(format!(
                "in generated, vendored or lock files ({})",
                words::counted(tool.generated_lines, "line")
            ));
        }
        if tool.large_files > 0 {
            parts.push(format!(
                "in files too large to trace ({})",
                words::counted(tool.large_files, "file")
            ));
        }
        if parts.is_empty() {
            unexplained = true;
        } else {
            let name = words::tool(&tool.tool);
            told.push(format!(
                "{name}: what is left of it is {}, which no share counts.",
                parts.join(" and ")
            ));
        }
    }
    if unexplained {
        told.push("No line today: none of what these commits wrote stands, or its lines are named for another tool.".to_owned());
    }
    told
}

/// Said of a tool none of whose lines was found, where not all lines were looked at.
pub(crate) const LINES_NOT_KNOWN: &str = "lines not known";

/// What a sign of a tool is to the policy.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Standing {
    /// Of a tool that the policy does not list.
    NotListed,
    /// No policy lists tools, or it names no coding tool: a library that the application calls, a service whose key a CI
    /// job has, a recorder of who wrote what, a file that several tools read.
    NotJudged,
    /// Of a tool that the policy lists.
    Approved,
}

fn standing(shadow: &ShadowAi, signal: &Signal) -> Standing {
    let approved = shadow.approved.as_ref();
    if signal.kind == SignalKind::Dependency {
        Standing::NotJudged
    } else if shadow.unlisted.contains(&signal.tool) {
        Standing::NotListed
    } else if approved.is_some_and(|all| all.contains(&signal.tool)) {
        Standing::Approved
    } else {
        Standing::NotJudged
    }
}

/// The signs, those to act on first.
pub(crate) fn signs(shadow: &ShadowAi) -> Vec<(Standing, &Signal)> {
    let signals = shadow.signals.iter();
    let mut signs: Vec<_> = signals.map(|one| (standing(shadow, one), one)).collect();
    signs.sort_by_key(|(standing, _)| *standing);
    signs
}

/// The tools whose signs pass a test, each once, by name.
fn tools_of(shadow: &ShadowAi, test: impl Fn(Standing, &Signal) -> bool) -> Vec<&ToolId> {
    let mut tools: Vec<&ToolId> = signs(shadow)
        .into_iter()
        .filter(|(standing, signal)| test(*standing, signal))
        .map(|(_, signal)| &signal.tool)
        .collect();
    tools.sort_unstable();
    tools.dedup();
    tools
}

/// The tools that commits or lines name, those to act on first, and what each is to the policy.
pub(crate) fn traced<'u>(shadow: &ShadowAi, tools: &'u [ToolUse]) -> Vec<(Standing, &'u ToolUse)> {
    let approved = shadow.approved.as_deref().unwrap_or_default();
    let standing = |tool: &ToolId| {
        if shadow.unlisted.contains(tool) {
            Standing::NotListed
        } else if approved.contains(tool) {
            Standing::Approved
        } else {
            Standing::NotJudged
        }
    };
    let mut traced: Vec<_> = tools.iter().map(|one| (standing(&one.tool), one)).collect();
    traced.sort_by_key(|(standing, _)| *standing);
    traced
}

/// The coding tools with any sign, in files or in commits, that have this standing; each once, by name.
pub(crate) fn coding_tools<'a>(
    shadow: &'a ShadowAi,
    tools: &'a [ToolUse],
    wanted: Standing,
) -> Vec<&'a ToolId> {
    let is_wanted =
        |standing, signal: &Signal| standing == wanted && signal.kind != SignalKind::Dependency;
    let mut all = tools_of(shadow, is_wanted);
    let traced = traced(shadow, tools).into_iter();
    all.extend(
        traced
            .filter(|(standing, _)| *standing == wanted)
            .map(|(_, one)| &one.tool),
    );
    all.sort_unstable();
    all.dedup();
    all
}

/// What shows and is not judged though the policy lists tools, and why, as a sentence without its end; `None` where there
/// is nothing. Libraries have a sentence of their own.
pub(crate) fn not_judged(
    shadow: &ShadowAi,
    tools: &[ToolUse],
    name: impl Fn(&ToolId) -> String,
) -> Option<String> {
    shadow.approved.as_ref()?;
    let all = coding_tools(shadow, tools, Standing::NotJudged);
    let (unnamed, all): (Vec<_>, Vec<_>) = all.into_iter().partition(|t| words::is_unnamed(t));
    let (recorders, services): (Vec<_>, Vec<_>) = all
        .into_iter()
        .partition(|tool| RECORDERS.contains(&tool.as_str()));
    let mut told = Vec::new();
    for (tools, why) in [
        (services, "services whose models a CI job may call"),
        (recorders, "what records who wrote what"),
    ] {
        if !tools.is_empty() {
            let names: Vec<String> = tools.into_iter().map(&name).collect();
            told.push(format!("{} ({why})", names.join(", ")));
        }
    }
    if let Some(tool) = unnamed.first() {
        let has_file = shadow.signals.iter().any(|signal| signal.tool == **tool);
        let has_trace = tools.iter().any(|one| one.tool == **tool);
        let why = match (has_file, has_trace) {
            (true, true) => {
                "files that several tools read, commits that say only that AI took part"
            }
            (true, false) => "files that several tools read",
            (false, _) => "commits that say only that AI took part",
        };
        told.push(format!("{} ({why})", name(tool)));
    }
    (!told.is_empty()).then(|| {
        format!(
            "Not judged, as no coding tool is named: {}",
            told.join("; ")
        )
    })
}

/// The tools of a report; none where no origin was read.
pub(crate) fn tools(usage: Option<&Usage>) -> &[ToolUse] {
    usage.map_or(&[], |usage| &usage.tools)
}

/// What commits and lines show of a tool: `6 commits, up to 742 lines`.
pub(crate) fn trace_of(one: &ToolUse) -> String {
    let mut trace = words::counted(one.commits, "commit");
    if one.lines > 0 {
        trace = format!("{trace}, {}", words::of_tool(one));
    }
    trace
}

/// The libraries through which the application calls models: they are no coding tools.
pub(crate) fn libraries(shadow: &ShadowAi) -> Vec<&ToolId> {
    tools_of(shadow, |_, signal| signal.kind == SignalKind::Dependency)
}

/// Said of them.
pub(crate) const LIBRARIES: &str =
    "Libraries that the application calls, which are no coding tools and are not judged";
