//! Threats by rule: what must meet for one to apply, and which controls speak against it.

use std::collections::{BTreeMap, BTreeSet};

use trueline_facts::surface::{ComponentKind, ComponentUse};
use trueline_facts::threat::{Mitigation, SCHEMA, Threat, ThreatModel, ThreatState, Zone};
use trueline_facts::{Finding, Location, Severity, Tier};

use crate::graph::{Graph, Node};
use crate::parts::{MAX_EVIDENCE, Part, Parts, capability, id};
use crate::texts::Texts;
use crate::{Sources, decisions};

mod doors;

/// Findings that become threats of their own.
const MAX_FINDINGS: usize = 50;
/// Findings that are told by a threat of the model instead.
const TOLD: &[&str] = &[
    "prompt-injection",
    "unsafe-model-output",
    "excessive-agency",
    "unbounded-consumption",
];
/// Words of operations that write into a store.
const WRITES: &[&str] = &[
    "add",
    "upsert",
    "insert",
    "from_documents",
    "from_texts",
    "fromDocuments",
    "fromTexts",
    "index",
    "put",
    "save",
];
/// Names of what records something.
const RECORDS: &[&str] = &["logger", "logging", "log", "audit", "trace", "tracer"];

/// Derives a model. Decisions are laid over it by [`decisions::apply`].
#[must_use]
pub fn derive(sources: &Sources<'_>, texts: &Texts, trueline_version: &str) -> ThreatModel {
    let graph = Graph::of(sources.files);
    let parts = Parts::of(graph);
    let mut found = Found {
        texts,
        controls: controls(&parts),
        parts: &parts,
        threats: BTreeMap::new(),
    };
    found.prompts();
    found.outputs(sources.findings);
    found.tools();
    found.stores();
    found.access();
    found.servers();
    found.weaknesses(sources.findings);
    let threats = found.threats.into_values().collect();
    let mut components: Vec<_> = parts.all.iter().map(|p| p.component.clone()).collect();
    components.sort_by(|a, b| (a.zone, &a.name, &a.id).cmp(&(b.zone, &b.name, &b.id)));
    let mut model = ThreatModel {
        schema: SCHEMA.to_owned(),
        trueline_version: trueline_version.to_owned(),
        name: sources.name.to_owned(),
        components,
        flows: parts.flows.clone(),
        threats,
        closed: None,
        diagnostics: Vec::new(),
    };
    decisions::sort(&mut model);
    model
}

/// Whether it is asked as services are, and runs in the program itself: models that rank or embed.
fn is_local(part: &Part<'_>) -> bool {
    part.kind == Some(ComponentKind::Network) && part.component.zone == Zone::Resources
}

fn controls<'a>(parts: &Parts<'a>) -> Vec<(Node, &'a ComponentUse)> {
    let uses = parts.graph.uses();
    uses.filter(|(_, u)| u.kind == ComponentKind::Control)
        .collect()
}

struct Found<'p, 'a> {
    texts: &'p Texts,
    parts: &'p Parts<'a>,
    controls: Vec<(Node, &'a ComponentUse)>,
    threats: BTreeMap<String, Threat>,
}

/// What a rule found.
struct Case<'c> {
    rule: &'static str,
    /// The components that the title speaks of; the second may be some text.
    at: &'c [usize],
    other: Option<String>,
    /// Tells cases of one rule at the same components apart.
    key: String,
    evidence: Vec<Location>,
    mitigations: Vec<Mitigation>,
    severity: Option<Severity>,
    more_references: Vec<String>,
}

impl<'c> Case<'c> {
    fn new(rule: &'static str, at: &'c [usize], evidence: Vec<Location>) -> Self {
        Self {
            rule,
            at,
            other: None,
            key: String::new(),
            evidence,
            mitigations: Vec::new(),
            severity: None,
            more_references: Vec::new(),
        }
    }
}

impl Found<'_, '_> {
    fn name(&self, at: usize) -> &str {
        &self.parts.all[at].component.name
    }

    fn add(&mut self, case: Case<'_>) {
        let Some(text) = self.texts.get(case.rule) else {
            return;
        };
        let a = case.at.first().map_or("", |at| self.name(*at)).to_owned();
        let b = match (&case.other, case.at.get(1)) {
            (Some(other), _) => other.clone(),
            (None, Some(at)) => self.name(*at).to_owned(),
            (None, None) => String::new(),
        };
        let fill = |text: &str| text.replace("{a}", &a).replace("{b}", &b);
        let ids: Vec<String> = case
            .at
            .iter()
            .map(|at| self.parts.all[*at].component.id.clone())
            .collect();
        let mut key: Vec<&str> = vec![case.rule];
        key.extend(ids.iter().map(String::as_str));
        key.push(&case.key);
        let id = id(&key);
        let flows = self
            .parts
            .flows
            .iter()
            .filter(|f| ids.len() > 1 && ids.contains(&f.from) && ids.contains(&f.to))
            .map(|f| f.id.clone())
            .collect();
        let mut evidence = case.evidence;
        evidence.sort();
        evidence.dedup();
        evidence.truncate(MAX_EVIDENCE);
        let mut mitigations = case.mitigations;
        mitigations.sort();
        mitigations.dedup();
        mitigations.truncate(MAX_EVIDENCE);
        let mut references = text.references.clone();
        references.extend(case.more_references);
        self.threats.insert(
            id.clone(),
            Threat {
                id,
                rule: case.rule.to_owned(),
                title: fill(&text.title),
                scenario: fill(&text.scenario),
                advice: fill(&text.advice),
                stride: text.stride,
                severity: case.severity.unwrap_or(text.severity),
                references,
                components: ids,
                flows,
                evidence,
                state: if mitigations.is_empty() {
                    ThreatState::Open
                } else {
                    ThreatState::Mitigated
                },
                mitigations,
                decision: None,
            },
        );
    }

    /// Controls of these names in what a component leads to.
    fn controls_of(&self, at: usize, names: &[&str]) -> Vec<Mitigation> {
        let reach = self.parts.reach(at);
        self.controls
            .iter()
            .filter(|(node, one)| reach.contains_key(node) && names.contains(&one.name.as_str()))
            .map(|(_, one)| Mitigation {
                control: one.name.clone(),
                location: one.location.clone(),
            })
            .collect()
    }

    /// Processes, agents and servers that take something from outside.
    fn doors(&self) -> Vec<usize> {
        self.parts.of_kind(&[ComponentKind::Entry])
    }

    fn prompts(&mut self) {
        let models = self.parts.of_kind(&[ComponentKind::Model]);
        let agents = self.parts.of_kind(&[ComponentKind::Agent]);
        for door in self.doors() {
            for &model in models.iter().chain(&agents) {
                let is_loop = self.parts.all[model].component.name == "tool-calling loop";
                if is_loop || !self.parts.leads(door, model) {
                    continue;
                }
                let mut evidence = self.parts.places(door, model);
                evidence.extend(self.parts.all[door].component.evidence.first().cloned());
                let at = [door, model];
                let mut case = Case::new("direct-prompt-injection", &at, evidence);
                case.mitigations = self.controls_of(door, &["content filter"]);
                self.add(case);
            }
        }
        let sources = self.parts.of_kind(&[
            ComponentKind::VectorStore,
            ComponentKind::Content,
            ComponentKind::McpClient,
        ]);
        for source in sources {
            for &model in &models {
                if self.parts.meet(source, model) {
                    let evidence = self.parts.all[source].component.evidence.clone();
                    let at = [source, model];
                    let mut case = Case::new("indirect-prompt-injection", &at, evidence);
                    case.mitigations = self.controls_of(source, &["content filter"]);
                    self.add(case);
                }
            }
        }
        // A tool that brings text of others brings it to the model that called it.
        for tool in self.parts.of_kind(&[ComponentKind::Tool]) {
            if self.parts.all[tool].is_offered || !self.reads_others(tool) {
                continue;
            }
            for &agent in &agents {
                let evidence = self.parts.all[tool].component.evidence.clone();
                let at = [tool, agent];
                let mut case = Case::new("indirect-prompt-injection", &at, evidence);
                case.mitigations = self.controls_of(tool, &["content filter"]);
                self.add(case);
            }
        }
    }

    /// Answers of a model in places where text acts, by the findings of the scan.
    fn outputs(&mut self, findings: &[Finding]) {
        let models = self.parts.of_kind(&[ComponentKind::Model]);
        for finding in findings {
            let interprets = finding.rule.as_str() == "excessive-agency";
            if !interprets && finding.rule.as_str() != "unsafe-model-output" {
                continue;
            }
            if interprets {
                let agents = self.parts.of_kind(&[ComponentKind::Agent]);
                let Some(agent) = agents.or_first(&models) else {
                    continue;
                };
                let at = [agent];
                let mut case = Case::new("code-interpreter", &at, vec![finding.location.clone()]);
                case.key = format!("{}", finding.location.path);
                self.add(case);
                continue;
            }
            let near = models.iter().copied().find(|m| {
                self.parts.all[*m]
                    .uses
                    .iter()
                    .any(|(node, _)| self.parts.graph.path(*node) == Some(&finding.location.path))
            });
            let Some(model) = near.or_else(|| models.first().copied()) else {
                continue;
            };
            let at = [model];
            let mut case = Case::new("model-output-to-sink", &at, vec![finding.location.clone()]);
            case.other = Some(format!("{}", finding.location.path));
            finding.fingerprint.as_str().clone_into(&mut case.key);
            case.severity = Some(finding.severity);
            case.more_references = finding.cwe.iter().map(ToString::to_string).collect();
            self.add(case);
        }
        // What a model answers and an interpreter runs in the same function, without a finding that
        // could follow it, is worth a look as well.
        for interpreter in self.parts.of_kind(&[ComponentKind::Interpreter]) {
            for &model in &models {
                let shared: BTreeSet<Node> = self.parts.all[interpreter]
                    .nodes
                    .intersection(&self.parts.all[model].nodes)
                    .copied()
                    .collect();
                if shared.is_empty() {
                    continue;
                }
                let evidence = self.parts.all[interpreter].component.evidence.clone();
                let at = [model, interpreter];
                let mut case = Case::new("code-interpreter", &at, evidence);
                case.mitigations = self.controls_of(interpreter, &["sandbox"]);
                self.add(case);
            }
        }
    }

    /// What a tool can do, strongest first, with the places.
    fn powers(&self, tool: usize) -> Vec<(ComponentKind, Vec<Location>)> {
        let kinds = [
            ComponentKind::Interpreter,
            ComponentKind::Command,
            ComponentKind::Database,
            ComponentKind::Files,
            ComponentKind::Network,
        ];
        let mut powers = Vec::new();
        for kind in kinds {
            let mut places = Vec::new();
            for resource in self.parts.of_kind(&[kind]) {
                let is_far = !is_local(&self.parts.all[resource]);
                if is_far && self.parts.leads_by_function(tool, resource) {
                    places.extend(self.parts.places(tool, resource));
                }
            }
            let by_name = self.parts.all[tool]
                .uses
                .iter()
                .filter(|(_, u)| capability(u) == Some(kind))
                .map(|(_, u)| u.location.clone());
            places.extend(by_name);
            if !places.is_empty() {
                powers.push((kind, places));
            }
        }
        powers
    }

    fn reads_others(&self, tool: usize) -> bool {
        let reads = [
            ComponentKind::Network,
            ComponentKind::Content,
            ComponentKind::VectorStore,
            ComponentKind::McpClient,
        ];
        self.powers(tool)
            .iter()
            .any(|(k, _)| *k == ComponentKind::Network)
            || self
                .parts
                .of_kind(&reads)
                .into_iter()
                .filter(|r| !is_local(&self.parts.all[*r]))
                .any(|r| self.parts.leads_by_function(tool, r))
    }

    fn tools(&mut self) {
        let agents = self.parts.of_kind(&[ComponentKind::Agent]);
        let tools: Vec<usize> = self
            .parts
            .of_kind(&[ComponentKind::Tool])
            .into_iter()
            .filter(|t| !self.parts.all[*t].is_offered)
            .collect();
        let mut reads = None;
        let mut sends = None;
        let mut acts = false;
        for &tool in &tools {
            let powers = self.powers(tool);
            if self.reads_others(tool) {
                reads.get_or_insert(tool);
            }
            if powers
                .iter()
                .any(|(k, _)| matches!(k, ComponentKind::Network | ComponentKind::Command))
            {
                sends.get_or_insert(tool);
            }
            let Some((strongest, _)) = powers.first() else {
                continue;
            };
            acts |= *strongest != ComponentKind::Network;
            let names: Vec<&str> = powers.iter().map(|(k, _)| power(*k)).collect();
            let mut evidence = self.parts.all[tool].component.evidence.clone();
            evidence.extend(powers.iter().flat_map(|(_, places)| places.iter().cloned()));
            let at = [tool];
            let mut case = Case::new("excessive-agency", &at, evidence);
            case.other = Some(names.join(", "));
            case.severity = Some(severity(*strongest));
            case.mitigations = self.controls_of(tool, &["human approval", "sandbox"]);
            for agent in &agents {
                let approvals = self.controls_of(*agent, &["human approval"]);
                case.mitigations.extend(approvals);
            }
            self.add(case);
        }
        if let (Some(agent), Some(read), Some(send)) = (agents.first(), reads, sends) {
            let mut evidence = self.parts.all[read].component.evidence.clone();
            evidence.extend(self.parts.all[send].component.evidence.clone());
            let at = [*agent, send];
            let mut case = Case::new("exfiltration-through-tools", &at, evidence);
            case.mitigations = self.controls_of(*agent, &["human approval"]);
            self.add(case);
        }
        if let (true, Some(agent)) = (acts, agents.first()) {
            let recorded = tools.iter().any(|t| self.records(*t));
            if !recorded {
                let evidence = self.parts.all[*agent].component.evidence.clone();
                self.add(Case::new("actions-not-recorded", &[*agent], evidence));
            }
        }
        let several: Vec<usize> = agents
            .iter()
            .copied()
            .filter(|a| {
                let part = &self.parts.all[*a];
                let made: BTreeSet<&str> = part
                    .uses
                    .iter()
                    .map(|(_, u)| u.operation.as_str())
                    .collect();
                let team = [
                    "Crew",
                    "GroupChatManager",
                    "RoundRobinGroupChat",
                    "SelectorGroupChat",
                    "create_supervisor",
                    "create_swarm",
                    "AgentWorkflow",
                    "SequentialAgent",
                    "ParallelAgent",
                ];
                team.iter().any(|t| made.contains(t))
            })
            .collect();
        for agent in several {
            let evidence = self.parts.all[agent].component.evidence.clone();
            self.add(Case::new("agents-trust-agents", &[agent], evidence));
        }
    }

    /// Whether the functions of a component write down what they do.
    fn records(&self, at: usize) -> bool {
        self.parts.reach(at).keys().any(|n| {
            self.parts
                .graph
                .calls(*n)
                .any(|c| c.split(['.', '/']).any(|w| RECORDS.contains(&w)))
        })
    }

    fn stores(&mut self) {
        let models = self.parts.of_kind(&[ComponentKind::Model]);
        for store in self.parts.of_kind(&[ComponentKind::VectorStore]) {
            let writes: Vec<Location> = self.parts.all[store]
                .uses
                .iter()
                .filter(|(_, u)| WRITES.iter().any(|w| u.operation.starts_with(w)))
                .map(|(_, u)| u.location.clone())
                .collect();
            if writes.is_empty() {
                continue;
            }
            let from_outside = self.doors().into_iter().any(|d| self.parts.leads(d, store));
            if let (true, Some(model)) = (from_outside, models.first()) {
                let at = [store, *model];
                self.add(Case::new("knowledge-poisoning", &at, writes));
            }
        }
        let agents = self.parts.of_kind(&[ComponentKind::Agent]);
        for memory in self.parts.of_kind(&[ComponentKind::Memory]) {
            let users = agents.iter().chain(&models).copied();
            if let Some(user) = users.into_iter().find(|u| self.parts.meet(memory, *u)) {
                let evidence = self.parts.all[memory].component.evidence.clone();
                self.add(Case::new("memory-poisoning", &[memory, user], evidence));
            }
        }
        for store in self
            .parts
            .of_kind(&[ComponentKind::Database, ComponentKind::VectorStore])
        {
            for &model in &models {
                if !self.parts.all[model].uses.iter().any(|(_, u)| u.remote) {
                    continue;
                }
                // One function reads and asks: what it read is likely part of what it asks.
                let readers = self.parts.graph.callers(&self.parts.all[store].nodes);
                let own = &self.parts.all[model].nodes;
                if own.iter().any(|n| readers.contains(n) && n.function != 0) {
                    let evidence = self.parts.all[model].component.evidence.clone();
                    let at = [store, model];
                    let mut case = Case::new("data-to-provider", &at, evidence);
                    case.mitigations = self.controls_of(model, &["content filter"]);
                    self.add(case);
                }
            }
        }
    }

    /// Ways through the code that a scan found.
    fn weaknesses(&mut self, findings: &[Finding]) {
        let processes = self.parts.processes();
        let shown = findings.iter().filter(|f| {
            f.tier == Tier::Shown
                && f.severity >= Severity::High
                && !f.trace.is_empty()
                && !TOLD.contains(&f.rule.as_str())
        });
        for finding in shown.take(MAX_FINDINGS) {
            let home = processes.iter().copied().find(|p| {
                self.parts
                    .reach(*p)
                    .keys()
                    .any(|n| self.parts.graph.path(*n) == Some(&finding.location.path))
            });
            let Some(process) = home.or_else(|| processes.first().copied()) else {
                return;
            };
            let at = [process];
            let mut case = Case::new("weakness-in-code", &at, vec![finding.location.clone()]);
            case.other = Some(format!("{} in {}", finding.rule, finding.location.path));
            finding.fingerprint.as_str().clone_into(&mut case.key);
            case.severity = Some(finding.severity);
            case.more_references = finding.cwe.iter().map(ToString::to_string).collect();
            self.add(case);
        }
    }
}

trait OrFirst {
    fn or_first(&self, other: &[usize]) -> Option<usize>;
}

impl OrFirst for Vec<usize> {
    fn or_first(&self, other: &[usize]) -> Option<usize> {
        self.first().or_else(|| other.first()).copied()
    }
}

/// How bad it is if somebody steers a tool of such power.
const fn severity(power: ComponentKind) -> Severity {
    match power {
        ComponentKind::Interpreter | ComponentKind::Command => Severity::Critical,
        ComponentKind::Network => Severity::Medium,
        _ => Severity::High,
    }
}

/// What a kind of resource lets one do.
fn power(kind: ComponentKind) -> &'static str {
    match kind {
        ComponentKind::Interpreter => "an interpreter",
        ComponentKind::Command => "shell commands",
        ComponentKind::Database => "a database",
        ComponentKind::Files => "files",
        _ => "services elsewhere",
    }
}
