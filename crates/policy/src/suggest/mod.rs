//! A policy drawn from what really happened: gates whose numbers come from replayed changes, zones from
//! paths, and what cannot be known yet.
//!
//! A survey of the tree and judged changes in, a commented `trueline.toml` out. Gates observe, or
//! comment where that is expected to stay rare; none is ever written as blocking. Which numbers decide
//! is at the top of `decide`.

mod candidates;
mod decide;
mod write;

use trueline_facts::Diagnostic;
use trueline_facts::backtest::Period;
use trueline_facts::change::FactName;
use trueline_facts::suggestion::{SCHEMA, SeenTool, SuggestedZone, Suggestion, ZoneKind};

pub use self::candidates::Candidates;
use self::decide::{Decided, Window};
use crate::backtest::Judged;

/// What a survey found in the tree, and what the document says of itself.
#[derive(Clone, PartialEq, Debug)]
pub struct Survey {
    /// Version of the program.
    pub version: String,
    /// Name of the repository.
    pub repository: String,
    /// The zones.
    pub zones: Vec<SuggestedZone>,
    /// Where no folder can be encouraged: the one that came nearest, with its numbers.
    pub nearest_encouraged: Option<String>,
    /// Names of champions were asked for.
    pub names: bool,
    /// What could not be read.
    pub diagnostics: Vec<Diagnostic>,
}

impl Survey {
    fn ids(&self, kind: ZoneKind) -> Vec<&str> {
        let of = self.zones.iter().filter(|zone| zone.kind == kind);
        of.map(|zone| zone.id.as_str()).collect()
    }
}

/// Draws the policy. `judged` are the changes of the period in the order of time, judged by
/// `candidates`.
#[must_use]
pub fn suggest(
    survey: &Survey,
    candidates: &Candidates,
    judged: &[Judged],
    period: Period,
) -> Suggestion {
    let window = Window::new(judged, period.to.unwrap_or(period.observed_until));
    let decided = Decided::new(candidates, &window);
    let tools = seen_tools(judged);
    let not_known = not_known(survey, &window, judged);
    let mut suggestion = Suggestion {
        schema: SCHEMA.to_owned(),
        trueline_version: survey.version.clone(),
        repository: survey.repository.clone(),
        period,
        changes: judged.len() as u64,
        comment: decided.comment,
        block: decided.block,
        gates: decided.gates,
        zones: survey.zones.clone(),
        tools,
        not_known,
        policy: String::new(),
        diagnostics: survey.diagnostics.clone(),
    };
    suggestion.policy = write::policy(&suggestion, survey.names);
    suggestion
}

/// The policy's text with what a text that is there does not have yet.
#[must_use]
pub fn added_to(existing: &str, suggestion: &Suggestion, names: bool) -> String {
    write::added_to(existing, suggestion, names)
}

fn seen_tools(judged: &[Judged]) -> Vec<SeenTool> {
    let mut seen: Vec<SeenTool> = Vec::new();
    for tool in judged.iter().flat_map(|one| &one.tools) {
        match seen.iter_mut().find(|known| known.tool == *tool) {
            Some(known) => known.changes += 1,
            None => seen.push(SeenTool {
                tool: tool.clone(),
                changes: 1,
            }),
        }
    }
    seen.sort_by(|a, b| (b.changes, &a.tool).cmp(&(a.changes, &b.tool)));
    seen
}

fn not_known(survey: &Survey, window: &Window<'_>, judged: &[Judged]) -> Vec<String> {
    let mut lines = Vec::new();
    let without = |fact| {
        let of = judged.iter();
        of.filter(|one| one.not_known.iter().any(|missing| missing.fact == fact))
            .count()
    };
    let reviews = without(FactName::Reviews);
    if reviews > 0 {
        lines.push(format!(
            "Who reviewed {reviews} of {} changes: git does not keep reviews; `trueline import reviews FILE` reads what a \
             forge exports, and gates that ask for one can then be judged.",
            judged.len()
        ));
    }
    let ai = window.ai();
    if ai < decide::FEWEST_AI {
        lines.push(format!(
            "How gates on AI code would do: {ai} of {} changes are known to have AI lines. `trueline hook install` lets \
             tools tell; unknown is not human.",
            judged.len()
        ));
    }
    lines.push(
        "Whether added dependencies exist and are free of vulnerabilities: nothing looks them up here, so their gates \
         observe; `gate --package-names` and `--advisories` tell."
            .to_owned(),
    );
    let is_unread = |one: &&Judged| one.gates.iter().any(|said| said.unread);
    let unread = judged.iter().filter(is_unread).count();
    if unread > 0 {
        lines.push(format!(
            "Which weaknesses came with {unread} of {} changes: their source is in languages that no rule reads. \
             `gate --import` takes in what another tool finds.",
            judged.len()
        ));
    }
    let young = judged.iter().filter(|one| one.watched_days < 90).count();
    if young > 0 {
        lines.push(format!(
            "What becomes of {young} changes that are younger than 90 days."
        ));
    }
    if survey.ids(ZoneKind::Encouraged).is_empty() {
        lines.push(match &survey.nearest_encouraged {
            Some(nearest) => format!(
                "Where AI code does especially well: by the ends of their 95 % intervals, no folder's AI changes are fixed as \
                 rarely and last as long as other code. The nearest is {nearest}."
            ),
            None => "Where AI code does especially well: no folder outside the zones has ten AI changes that were watched for 90 \
                     days."
                .to_owned(),
        });
    }
    lines.push(
        "What tests say, what flows across files, and what a change would have looked like had a gate spoken earlier."
            .to_owned(),
    );
    lines
}
