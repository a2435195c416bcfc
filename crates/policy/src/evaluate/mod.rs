//! Judging: a policy and a change in, a verdict out, and nothing else looked at.
//!
//! Each gate is judged by itself, then exceptions answer reasons, then what is left decides. A
//! reason that stands is never outweighed by a fact that is missing.

mod code;
mod done_well;
mod exceptions;
mod findings;
mod people;
mod reviews;
mod supply;

use trueline_facts::attestation::Digest;
use trueline_facts::change::{AuthorKind, Change, FactName, RangeKind, ZoneId};
use trueline_facts::verdict::{GateOutcome, GateResult, Mode, Reason, SCHEMA, Verdict};
use trueline_facts::{Diagnostic, Level, RepoPath, canonical};

use crate::gate::{Condition, Gate, Scope};
use crate::policy::Policy;

/// What a condition came to.
#[derive(Debug, Default)]
pub(crate) struct Judged {
    /// How it was decided, in a sentence.
    pub(crate) because: String,
    /// Why it does not hold.
    pub(crate) reasons: Vec<Reason>,
    /// What it needed and nobody knows.
    pub(crate) missing: Vec<FactName>,
}

impl Judged {
    /// It holds, or speaks of nothing here.
    pub(crate) fn pass(because: impl Into<String>) -> Self {
        Self {
            because: because.into(),
            ..Self::default()
        }
    }

    /// It cannot be told.
    pub(crate) fn missing(fact: FactName, because: impl Into<String>) -> Self {
        Self {
            because: because.into(),
            reasons: Vec::new(),
            missing: vec![fact],
        }
    }
}

/// What a gate is judged with.
#[derive(Clone, Copy)]
pub(crate) struct Case<'a> {
    pub(crate) policy: &'a Policy,
    pub(crate) change: &'a Change,
    pub(crate) gate: &'a Gate,
}

impl<'a> Case<'a> {
    pub(crate) const fn scope(&self) -> &'a Scope {
        &self.gate.scope
    }

    /// Does the gate look at authors other than all of them? Then it needs to know them.
    pub(crate) fn asks_origin(&self) -> bool {
        !self.scope().origin.is_empty()
    }

    /// Is a fact known, of all that the gate speaks of?
    pub(crate) fn knows(&self, fact: FactName) -> bool {
        let missing = self.change.unknown(fact);
        missing.is_none_or(|missing| !missing.paths.is_empty() && !self.speaks_of(&missing.paths))
    }

    /// Is a fact not known of some files that the gate speaks of? Then nothing that is counted in a change is whole.
    pub(crate) fn lacks(&self, fact: FactName) -> bool {
        let missing = self.change.unknown(fact);
        missing.is_some_and(|missing| self.speaks_of(&missing.paths))
    }

    fn speaks_of(&self, paths: &[RepoPath]) -> bool {
        let condition = &self.gate.condition;
        // What a gate asks of the whole change does not hang on single files, and outside of zones there is nothing to
        // ask a review of zones for.
        let asks_of_files = condition.looks_at_zones();
        let only_zones = matches!(condition, Condition::Review(_));
        let mut zones = paths.iter().map(|path| self.zones(path));
        asks_of_files
            && zones
                .any(|zones| self.scope().takes_zones(&zones) && !(only_zones && zones.is_empty()))
    }

    /// The zones of a file of the change: also those that it was moved out of.
    fn zones(&self, path: &RepoPath) -> Vec<ZoneId> {
        let mut files = self.change.files.iter();
        let listed = files.find(|file| file.path == *path);
        listed
            .map(|file| file.zones.clone())
            .filter(|zones| !zones.is_empty())
            .unwrap_or_else(|| self.policy.zones.ids(path))
    }

    /// Whom to ask about something in these zones.
    pub(crate) fn ask(&self, zones: &[ZoneId]) -> Vec<String> {
        let champions = self.policy.zones.champions(zones);
        if champions.is_empty() {
            self.policy.ask.clone()
        } else {
            champions
        }
    }

    /// A reason; place and finding are filled in by who knows them.
    pub(crate) fn reason(
        &self,
        text: impl Into<String>,
        to_pass: impl Into<String>,
        easiest: impl Into<String>,
        zones: &[ZoneId],
    ) -> Reason {
        Reason {
            text: text.into(),
            rule: None,
            cwe: Vec::new(),
            fingerprint: None,
            purl: None,
            path: None,
            line: None,
            zones: zones.to_vec(),
            to_pass: to_pass.into(),
            easiest: easiest.into(),
            ask: self.ask(zones),
            exception: None,
        }
    }
}

/// A reason at a place.
pub(crate) fn at(reason: Reason, path: &RepoPath, line: u32) -> Reason {
    Reason {
        path: Some(path.clone()),
        line: (line > 0).then_some(line),
        ..reason
    }
}

/// `1 line`, `2 lines`.
pub(crate) fn counted(count: u64, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}

/// The word for lines of an author.
pub(crate) const fn by(origin: AuthorKind) -> &'static str {
    match origin {
        AuthorKind::Ai => "AI-written",
        AuthorKind::Human => "human-written",
        AuthorKind::Unknown => "of unknown origin",
    }
}

/// What each gate says by itself, in the policy's order: no exception answers anything.
#[must_use]
pub(crate) fn gates(policy: &Policy, change: &Change) -> Vec<GateResult> {
    let gates = policy.gates.iter();
    gates
        .map(|gate| {
            let case = Case {
                policy,
                change,
                gate,
            };
            result(case, judge(case))
        })
        .collect()
}

/// Did the rules read nothing of the source code that a gate on weaknesses speaks of? Then its silence says nothing.
#[must_use]
pub(crate) fn reads_nothing(policy: &Policy, change: &Change, gate: &Gate) -> bool {
    let case = Case {
        policy,
        change,
        gate,
    };
    match &gate.condition {
        Condition::Findings(ask) => findings::Gap::of(case, ask).is_some_and(|gap| gap.is_whole()),
        _ => false,
    }
}

/// Judges a change.
#[must_use]
pub fn evaluate(policy: &Policy, change: &Change) -> Verdict {
    let mut gates = gates(policy, change);
    let answered = exceptions::apply(policy, change, &mut gates);
    for gate in &mut gates {
        if gate.outcome == GateOutcome::Fail && gate.open_reasons().next().is_none() {
            gate.outcome = if gate.missing.is_empty() {
                GateOutcome::Pass
            } else {
                unknown(change, &gate.missing)
            };
        }
    }
    let mut diagnostics = change.diagnostics.clone();
    let mut digest_of = |digest: Result<Digest, String>| {
        digest.map_or_else(
            |error| {
                let message = format!("a digest could not be made: {error}");
                diagnostics.push(Diagnostic::new(Level::Error, "digest-failed", message));
                String::new()
            },
            |digest| digest.to_string(),
        )
    };
    let policy_digest = digest_of(canonical::digest(policy));
    let facts_digest = digest_of(canonical::digest(change));
    let outcome = Verdict::outcome_of(&gates);
    let done_well = done_well::list(change, &gates);
    // The worst first; among equals the policy's order.
    gates.sort_by_key(|gate| std::cmp::Reverse(weight(gate)));
    Verdict {
        schema: SCHEMA.to_owned(),
        trueline_version: env!("CARGO_PKG_VERSION").to_owned(),
        outcome,
        repository: change.repository.name.clone(),
        range: change.range.clone(),
        evaluated_at: change.evaluated_at,
        policy_digest,
        policy_from: None,
        facts_digest,
        engine_digest: change.engine_digest.clone(),
        done_well,
        gates,
        exceptions_used: answered.used,
        exception_notices: answered.notices,
        not_known: change.not_known.clone(),
        diagnostics,
    }
}

/// Judges changes one after another, as a backtest does.
pub fn evaluate_all<'p, I>(
    policy: &'p Policy,
    changes: I,
) -> impl Iterator<Item = (Change, Verdict)>
where
    I: IntoIterator<Item = Change>,
    I::IntoIter: 'p,
{
    changes.into_iter().map(|change| {
        let verdict = evaluate(policy, &change);
        (change, verdict)
    })
}

const fn weight(gate: &GateResult) -> u8 {
    let mode = match gate.mode {
        Mode::Block => 2,
        Mode::Comment => 1,
        Mode::Observe => 0,
    };
    match gate.outcome {
        GateOutcome::Fail => 20 + mode,
        GateOutcome::Undetermined => 10 + mode,
        GateOutcome::Later => 1,
        GateOutcome::Pass => 0,
    }
}

fn result(case: Case<'_>, judged: Judged) -> GateResult {
    let Case { change, gate, .. } = case;
    let outcome = if !judged.reasons.is_empty() {
        GateOutcome::Fail
    } else if judged.missing.is_empty() {
        GateOutcome::Pass
    } else {
        unknown(change, &judged.missing)
    };
    GateResult {
        id: gate.id.to_string(),
        title: gate.title.clone(),
        mode: gate.mode,
        outcome,
        because: judged.because,
        reasons: judged.reasons,
        missing: judged.missing,
        controls: gate.controls.clone(),
    }
}

/// Facts of a proposal do not exist before it is made: nobody can be blamed for them yet.
fn unknown(change: &Change, missing: &[FactName]) -> GateOutcome {
    let of_proposals = [
        FactName::Reviews,
        FactName::Author,
        FactName::Requester,
        FactName::Signatures,
        FactName::TestResults,
    ];
    let before = matches!(change.range.kind, RangeKind::Staged | RangeKind::AgentEdit);
    if before && missing.iter().all(|fact| of_proposals.contains(fact)) {
        GateOutcome::Later
    } else {
        GateOutcome::Undetermined
    }
}

fn judge(case: Case<'_>) -> Judged {
    if let Some(elsewhere) = out_of_branch(case) {
        return Judged::pass(elsewhere);
    }
    match &case.gate.condition {
        Condition::Findings(ask) => findings::judge(case, ask),
        Condition::Review(ask) => reviews::zones(case, *ask),
        Condition::LargeChange { max_lines, reviews } => reviews::large(case, *max_lines, *reviews),
        Condition::AgentConfiguration(ask) => reviews::agent_configuration(case, *ask),
        Condition::Workflows(ask) => reviews::workflows(case, *ask),
        Condition::Suppressions(ask) => reviews::suppressions(case, *ask),
        Condition::PolicyChange(ask) => reviews::policy(case, *ask),
        Condition::Tests => code::tests(case),
        Condition::Docs => code::docs(case),
        Condition::Provenance => code::provenance(case),
        Condition::Lines { at_most } => code::lines(case, *at_most),
        Condition::SelfApproval => people::self_approval(case),
        Condition::Disclosure => people::disclosure(case),
        Condition::ApprovedTools => people::tools(case),
        Condition::ApprovedUse => people::uses(case),
        Condition::DependencyExists => supply::exist(case),
        Condition::DependencyVulnerable => supply::vulnerable(case),
        Condition::Models { from } => supply::models(case, *from),
        Condition::Rego { file } => rego(case, file),
    }
}

/// Why a gate of some branches does not look at this change.
fn out_of_branch(case: Case<'_>) -> Option<String> {
    let branches = &case.scope().branches;
    if branches.is_empty() {
        return None;
    }
    let Some(branch) = &case.change.repository.branch else {
        // Not known into which: it is judged, because the other answer would be a way around it.
        return None;
    };
    let globs: Vec<_> = branches
        .iter()
        .map(|glob| (glob.clone(), toml_span::Span::new(0, 0)))
        .collect();
    let globs = crate::zone::globs(&globs, "branches").ok()?;
    let inside = crate::zone::matches(&globs, &RepoPath::from(branch.as_str()));
    (!inside).then(|| {
        format!(
            "it speaks of changes into {}, not into {branch}",
            branches.join(", ")
        )
    })
}

#[cfg(feature = "rego")]
fn rego(case: Case<'_>, file: &str) -> Judged {
    crate::rego::judge(case, file)
}

#[cfg(not(feature = "rego"))]
fn rego(_: Case<'_>, file: &str) -> Judged {
    Judged::missing(
        FactName::OwnGates,
        format!("{file} was not run: this program was built without Rego"),
    )
}
