//! What is left after the analysis: parameters that nothing fills become sources, and the best way
//! to each place becomes a hit with its trace.

use std::collections::BTreeSet;

use trueline_facts::{Confidence, Location, Tier};
use trueline_syntax::ir::{FuncId, FunctionKind, Span};

use super::Analyzer;
use super::signing::{SIGNING_FIX, SIGNING_MESSAGE};
use super::summary::SinkFlow;
use super::value::{AccessId, Label, Root, Source, StepId, StepKind};
use crate::models::{Bits, PARAMETER_KIND};
use crate::purpose::Purpose;
use crate::rules::format::Control;

use super::sink::{Hit, Reached, SinkRef, is_by_form};

/// Links of a trace that are shown; the middle of a longer one is left out.
const MAX_TRACE: usize = 30;
/// Calls inside calls that a trace follows.
const MAX_NESTING: u8 = 8;

const fn is_of_secret(sink: SinkRef) -> bool {
    matches!(sink, SinkRef::Secret { .. } | SinkRef::SigningKey)
}

/// Where a trace leads through.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum StepPlace {
    /// This file.
    Own(Span),
    /// Another one.
    Elsewhere(Location),
}

/// Where taint enters.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum SourcePlace {
    /// In this file.
    Own(Span),
    /// In another one: the code there; empty for a parameter.
    Elsewhere(Box<str>),
}

impl Analyzer<'_> {
    /// What is left in summaries of functions that nothing calls: parameters and captured
    /// variables become sources.
    pub(super) fn report_roots(&mut self) {
        for at in 0..self.module.functions.len() {
            let id = FuncId(at as u32);
            let Some(summary) = self.summarize(id) else {
                continue;
            };
            for flow in &summary.sinks {
                let Some(access) = self.arena.access(flow.access) else {
                    continue;
                };
                match access.root {
                    Root::Param(owner, position) if owner == id => {
                        self.report_parameter(id, position, flow);
                    }
                    // Where it was called, what held there has been seen.
                    Root::Captured(owner, _) if self.called_by.contains(&(id, owner)) => {}
                    Root::Captured(owner, var) => {
                        let slot = self.slots.get(&(owner, var)).copied();
                        // What a variable around the function holds has the form, or it does not.
                        let fits = !flow.whole
                            || !is_by_form(flow.sink)
                            || access.parent.is_none()
                                && slot.is_some_and(|s| self.still_matters(s, flow.sink));
                        let slot = slot.filter(|_| fits);
                        let labels = slot.map(|s| self.arena.get(s).labels.clone());
                        for label in labels.into_iter().flatten() {
                            let step = self.arena.step(
                                label.step,
                                flow.span,
                                StepKind::Into(id, flow.step),
                            );
                            let label = Label {
                                cleared: label.cleared.or(flow.cleared),
                                step,
                                ..label
                            };
                            if let Some(Source::Site { kind, .. }) =
                                self.arena.source_of(label.source)
                                && !self.is_cleared(flow.rule, label.cleared)
                            {
                                let control = self.control(kind);
                                self.record(
                                    flow.rule,
                                    flow.span,
                                    flow.function,
                                    flow.sink,
                                    label,
                                    control,
                                    None,
                                );
                            }
                        }
                    }
                    Root::Param(..) | Root::This(_) => {}
                }
            }
        }
    }

    pub(super) fn report_parameter(&mut self, id: FuncId, position: u16, flow: &SinkFlow) {
        let Some(function) = self.function(id) else {
            return;
        };
        let receiver = position == 0 && self.has_receiver(function);
        if self.entered.contains(&id)
            || receiver
            || matches!(
                function.kind,
                FunctionKind::Module | FunctionKind::ClassBody
            )
            || is_by_form(flow.sink)
        {
            return;
        }
        let span = Span::new(function.span.start, function.span.start);
        let mut label = self.source_label(id, span, PARAMETER_KIND);
        label.cleared = label.cleared.or(flow.cleared);
        if self.is_cleared(flow.rule, label.cleared) {
            return;
        }
        label.guesses = flow.guesses;
        let step = label.step;
        label.step = self
            .arena
            .step(step, flow.span, StepKind::Into(id, flow.step));
        self.record(
            flow.rule,
            flow.span,
            flow.function,
            flow.sink,
            label,
            Control::Local,
            Some(flow.access),
        );
    }

    /// Turns what was recorded into hits, by rule and place.
    pub(super) fn render_hits(&self) -> Vec<Hit> {
        // A call whose result is seen to reach a sink of the same rule is told of there.
        let mut told: BTreeSet<(u16, Span)> = BTreeSet::new();
        for ((rule, ..), reached) in &self.reached {
            let source = reached.label.and_then(|l| self.arena.source_of(l.source));
            if let Some(Source::Site { span, .. }) = source {
                told.insert((*rule, span));
            }
        }
        self.reached
            .iter()
            .filter_map(|((rule, _, span), reached)| {
                let mut reached = *reached;
                if let SinkRef::Weak { context, .. } = &mut reached.sink {
                    *context &= !told.contains(&(*rule, *span));
                }
                self.render(*rule, *span, &reached)
            })
            .collect()
    }

    pub(super) fn render(&self, rule: u16, span: Span, reached: &Reached) -> Option<Hit> {
        let compiled = self.models.rules.get(usize::from(rule))?;
        let mut hit = Hit {
            rule,
            function: reached.function,
            span,
            confidence: compiled.confidence,
            tier: compiled.tier,
            message: None,
            fix: None,
            elsewhere: self
                .elsewhere
                .places
                .get(&(reached.function, span))
                .cloned(),
            source: None,
            subject: None,
            trace: Vec::new(),
            parameter_of: reached.parameter.and_then(|access| {
                match self.arena.access(access)?.root {
                    Root::Param(id, _) => Some(id),
                    Root::This(_) | Root::Captured(..) => None,
                }
            }),
            rank: reached.rank(),
            secret: is_of_secret(reached.sink),
            helper: false,
            whole_path: false,
            source_function: None,
        };
        self.of_sink(&mut hit, reached.sink)?;
        let Some(label) = reached.label else {
            return Some(hit);
        };
        if label.guesses > 0 || label.cleared.has(Bits::VOUCHED) {
            hit.confidence = hit.confidence.min(Confidence::Medium);
            hit.tier = hit.tier.max(compiled.guessed_tier);
        }
        let placed = label.cleared.has(Bits::PLACED) || label.cleared.has(Bits::RELATIVE);
        hit.whole_path = !placed && self.models.path_rules.has(Bits::rule(rule));
        if label.cleared.has(Bits::FOUND) {
            hit.confidence = hit.confidence.min(Confidence::Medium);
            hit.tier = hit.tier.max(compiled.guessed_tier);
        }
        self.lower_by_design(&mut hit, label, placed);
        let one_part = label.cleared.has(Bits::SEGMENT);
        if label.guesses > 1 || one_part && self.models.path_rules.has(Bits::rule(rule)) {
            hit.confidence = Confidence::Low;
            hit.tier = Tier::All;
        }
        if reached.control == Control::Local {
            hit.confidence = Confidence::Low;
            hit.tier = Tier::All;
        }
        self.place_source(&mut hit, label)?;
        hit.subject = reached
            .parameter
            .and_then(|access| self.access_name(access));
        hit.trace = self.trace(label.step);
        hit.helper = self
            .arena
            .step_of(label.step)
            .is_some_and(|last| matches!(last.kind, StepKind::Into(..) | StepKind::Elsewhere(_)));
        Some(hit)
    }

    /// What the kind of sink says of a hit.
    fn of_sink(&self, hit: &mut Hit, sink: SinkRef) -> Option<()> {
        match sink {
            SinkRef::Model { index, by_form } => {
                let spec = &self.models.sinks.get(usize::from(index))?.spec;
                hit.confidence = spec.confidence.unwrap_or(hit.confidence);
                hit.tier = spec.tier.unwrap_or(hit.tier).max(hit.tier);
                hit.fix.clone_from(&spec.fix);
                if by_form {
                    hit.confidence = hit.confidence.min(Confidence::Medium);
                }
            }
            SinkRef::Weak { index, context } => {
                let spec = &self.models.weak_calls.get(usize::from(index))?.spec;
                hit.confidence = spec.confidence.unwrap_or(hit.confidence);
                hit.tier = spec.tier.unwrap_or(hit.tier);
                hit.message.clone_from(&spec.message);
                hit.fix.clone_from(&spec.fix);
                if !context {
                    hit.tier = Tier::All;
                    hit.confidence = Confidence::Low;
                }
            }
            SinkRef::Comparison(index) => {
                let comparison = self.models.comparisons.get(usize::from(index))?;
                hit.message = Some(comparison.message.clone());
                // Nobody measures from afar how long a script takes.
                if self.purpose != Purpose::Served {
                    hit.tier = Tier::All;
                    hit.confidence = Confidence::Low;
                }
            }
            SinkRef::Secret { by_hand: true } => {
                hit.tier = Tier::All;
                hit.confidence = Confidence::Low;
            }
            SinkRef::SigningKey => {
                hit.message = Some(SIGNING_MESSAGE.to_owned());
                hit.fix = Some(SIGNING_FIX.to_owned());
            }
            SinkRef::Returned | SinkRef::Secret { by_hand: false } => {}
        }
        Some(())
    }

    /// What is looked through first, and what a tool is for, is in tier `all`.
    fn lower_by_design(&self, hit: &mut Hit, label: Label, placed: bool) {
        if self.is_looked_through(hit.rule, label) || self.is_sent_to_own_path(hit.rule, label) {
            hit.confidence = hit.confidence.min(Confidence::Medium);
            hit.tier = Tier::All;
        }
        // A tool that opens whatever file it is asked for, or runs whatever query, does what it is for.
        let whole_query = !placed && self.models.rule_index("sql-injection") == Some(hit.rule);
        if (hit.whole_path || whole_query) && self.is_of_tool(label) {
            hit.confidence = Confidence::Low;
            hit.tier = Tier::All;
        }
    }

    /// Whether a visitor is sent to the whole path of the request that is answered: only where a route
    /// answers every path can that be `//host`.
    fn is_sent_to_own_path(&self, rule: u16, label: Label) -> bool {
        if self.models.rule_index("open-redirect") != Some(rule)
            || !label.cleared.has(Bits::OF_REQUEST_PATH)
        {
            return false;
        }
        let Some(Source::Site { span, .. }) = self.arena.source_of(label.source) else {
            return false;
        };
        let end = span.end as usize + ".Path".len();
        let read = self.text.get(span.start as usize..end.min(self.text.len()));
        let mut step = label.step;
        let mut whole = read.is_some_and(|read| read.contains(".URL.Path"));
        while let Some(node) = self.arena.step_of(step).filter(|_| whole) {
            whole = matches!(
                node.kind,
                StepKind::Source | StepKind::Join | StepKind::Format
            );
            step = node.prev;
        }
        whole
    }

    /// Whether another loop of the function asked of every name of the archive where it leads.
    fn is_looked_through(&self, rule: u16, label: Label) -> bool {
        let site = |source| match self.arena.source_of(source) {
            Some(Source::Site {
                function,
                kind,
                span,
            }) => Some((function, kind, span.start)),
            _ => None,
        };
        let own = self.models.own_source_rules.has(Bits::rule(rule));
        let Some((function, kind, at)) = site(label.source).filter(|_| own) else {
            return false;
        };
        self.models.path_rules.has(Bits::rule(rule))
            && self.contained.iter().any(|source| {
                site(*source)
                    .is_some_and(|(f, k, before)| (f, k) == (function, kind) && before < at)
            })
    }

    fn is_of_tool(&self, label: Label) -> bool {
        let Some(Source::Site { kind, .. }) = self.arena.source_of(label.source) else {
            return false;
        };
        let kind = self.models.source_kinds.get(usize::from(kind));
        kind.is_some_and(|k| k.tool)
    }

    /// Where a hit's source stands, and what it gives.
    fn place_source(&self, hit: &mut Hit, label: Label) -> Option<()> {
        let Some(Source::Site {
            span,
            kind,
            function,
        }) = self.arena.source_of(label.source)
        else {
            return Some(());
        };
        let kind = self.models.source_kinds.get(usize::from(kind))?;
        let place = if let Some(quote) = self.elsewhere.quotes.get(&label.source) {
            SourcePlace::Elsewhere(quote.clone())
        } else {
            hit.source_function = Some(function);
            if self.passed_sources.contains(&label.source) {
                SourcePlace::Elsewhere("".into())
            } else {
                SourcePlace::Own(span)
            }
        };
        hit.source = Some((place, kind.what.clone()));
        Some(())
    }

    /// The name of the parameter that an access path starts at.
    pub(super) fn access_name(&self, access: AccessId) -> Option<String> {
        let Root::Param(id, at) = self.arena.access(access)?.root else {
            return None;
        };
        let function = self.function(id)?;
        let name = function.params.get(usize::from(at))?.name;
        Some(self.names.text(name).to_owned())
    }

    /// The links of a trace, first to last, without the sink.
    pub(super) fn trace(&self, last: StepId) -> Vec<(StepPlace, String)> {
        let mut trace: Vec<(StepPlace, String)> = Vec::new();
        self.add_links(last, 0, &mut trace);
        trace.dedup_by(|later, earlier| later.0 == earlier.0);
        if trace.len() > MAX_TRACE {
            let tail = trace.split_off(trace.len() - MAX_TRACE / 2);
            trace.truncate(MAX_TRACE / 2);
            trace.extend(tail);
        }
        trace
    }

    fn add_links(&self, last: StepId, nesting: u8, trace: &mut Vec<(StepPlace, String)>) {
        if nesting > MAX_NESTING {
            return;
        }
        let mut nodes = Vec::new();
        let mut at = last;
        while let Some(node) = self.arena.step_of(at) {
            nodes.push(node);
            at = node.prev;
            if nodes.len() > MAX_TRACE {
                break;
            }
        }
        for node in nodes.into_iter().rev() {
            let message = match node.kind {
                StepKind::Elsewhere(at) => {
                    for step in self.elsewhere.trace(at) {
                        let place = StepPlace::Elsewhere(step.location.clone());
                        trace.push((place, step.message.clone()));
                    }
                    continue;
                }
                StepKind::Source => "enters here".to_owned(),
                StepKind::Join => "joined to other text".to_owned(),
                StepKind::Format => "put into text".to_owned(),
                StepKind::Call(name) => format!("goes through `{}`", self.names.text(name)),
                StepKind::Into(id, _) => {
                    let name = self
                        .function(id)
                        .map_or("", |f| self.names.text(f.qualified));
                    if name.is_empty() {
                        "passed to a function".to_owned()
                    } else {
                        format!("passed to `{name}`")
                    }
                }
            };
            trace.push((StepPlace::Own(node.span), message));
            if let StepKind::Into(_, inner) = node.kind {
                self.add_links(inner, nesting + 1, trace);
            }
        }
    }
}
