//! Sinks: which values of a call matter, and what is recorded when taint reaches one.

use trueline_facts::{Confidence, Tier};
use trueline_syntax::ir::{ArgKind, FuncId, FunctionKind, Operand, Span, Symbol};

use super::call::Call;
use super::names::words;
use super::state::{Key, State};
use super::summary::SinkFlow;
use super::value::{AccessId, Atom, Konst, Label, Labels, Root, Source, StepId, StepKind, ValId};
use super::{Analyzer, Frame, ObjectKind};
use crate::models::{Bits, PARAMETER_KIND};
use crate::rules::format::{Control, Mode, Scalar, TextForm};

/// Links of a trace that are shown; the middle of a longer one is left out.
const MAX_TRACE: usize = 30;
/// Calls inside calls that a trace follows.
const MAX_NESTING: u8 = 8;

/// Which sink it was.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum SinkRef {
    /// An index of the models' sinks.
    Model {
        index: u16,
        /// It counts only if the text has the form that the sink expects.
        by_form: bool,
    },
    /// Text returned to a framework.
    Returned,
    /// A weak call, by index.
    Weak { index: u16, context: bool },
    /// A secret in the source.
    Secret,
}

/// The best way found to one place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reached {
    function: FuncId,
    sink: SinkRef,
    label: Option<Label>,
    control: Control,
    /// For a parameter that any caller may fill: which.
    parameter: Option<AccessId>,
    depth: u16,
}

/// A weakness, ready to be written out.
#[derive(Clone, Debug)]
pub(crate) struct Hit {
    pub(crate) rule: u16,
    pub(crate) function: FuncId,
    pub(crate) span: Span,
    pub(crate) confidence: Confidence,
    pub(crate) tier: Tier,
    /// What is wrong, if the rule's own sentence is not it.
    pub(crate) message: Option<String>,
    pub(crate) fix: Option<String>,
    /// Where the taint enters, and what it is.
    pub(crate) source: Option<(Span, String)>,
    /// The source's name, where the text at its place is not it.
    pub(crate) subject: Option<String>,
    pub(crate) trace: Vec<(Span, String)>,
    pub(crate) secret: bool,
}

/// Whether constant text fixes the host of the URL that it begins.
pub(super) fn fixes_host(prefix: &str) -> bool {
    match prefix.split_once("://") {
        Some((scheme, rest)) => {
            !scheme.is_empty() && rest.find('/').is_some_and(|at| at > 0)
        }
        // A path on this host; `//host` and a lone `/` are not.
        None => {
            prefix.len() > 1
                && prefix.starts_with('/')
                && !prefix.starts_with("//")
                && !prefix.starts_with("/\\")
        }
    }
}

impl<'a> Analyzer<'a> {
    /// Checks the arguments of a call that the models name as a sink.
    pub(super) fn check_sinks(
        &mut self,
        frame: &mut Frame<'a>,
        state: &State,
        sinks: &[u16],
        by_name: bool,
        call: &Call<'_, 'a>,
    ) {
        let models = self.models;
        for index in sinks {
            let Some(sink) = models.sinks.get(usize::from(*index)) else {
                continue;
            };
            let spec = &sink.spec;
            let named = by_name
                && !spec.receivers.is_empty()
                && self
                    .receiver_name(frame, call.callee)
                    .is_some_and(|name| words(&name).any(|w| spec.receivers.contains(&w)));
            let by_form = by_name && !named && spec.looks_like.is_some();
            if by_name && !named && !by_form && !spec.receivers.is_empty() {
                continue;
            }
            let holds = spec.when.iter().all(|(key, wanted)| {
                self.argument_is(state, call, key, std::slice::from_ref(wanted))
            });
            let excused = spec
                .unless
                .iter()
                .any(|(key, safe)| self.argument_is(state, call, key, safe));
            if !holds || excused {
                continue;
            }
            let sink_ref = SinkRef::Model {
                index: *index,
                by_form,
            };
            if !by_form {
                self.sites.insert((sink.rule, frame.span));
            }
            let every = spec.args.is_empty()
                && spec.keywords.is_empty()
                && spec.options.is_empty()
                && !spec.receiver;
            let mut position = 0_u16;
            for argument in call.passed {
                let matters = match argument.kind {
                    ArgKind::Positional => {
                        let own = position;
                        position += 1;
                        every || spec.args.contains(&own)
                    }
                    ArgKind::Keyword(name) => {
                        let name = self.names.text(name);
                        spec.keywords.iter().any(|k| k == name)
                    }
                    ArgKind::Spread => every,
                    ArgKind::KeywordSpread => false,
                };
                if matters && spec.options.is_empty() {
                    self.check_value(frame, state, sink_ref, argument.value);
                }
                if matters || every || !spec.options.is_empty() {
                    for option in &spec.options {
                        let name = self.names.intern(option);
                        if let Some(object) = self.only_object(argument.value)
                            && let Some(value) =
                                state.contents(object).and_then(|c| c.get(Key::Name(name)))
                        {
                            self.check_value(frame, state, sink_ref, value);
                        }
                    }
                    if matters && !spec.options.is_empty() && self.only_object(argument.value).is_none()
                    {
                        self.check_value(frame, state, sink_ref, argument.value);
                    }
                }
            }
            if spec.receiver
                && let Some(receiver) = call.receiver
            {
                self.check_value(frame, state, sink_ref, receiver);
            }
        }
    }

    /// Whether an argument (keyword, field of an options object, or position) is one of these.
    fn argument_is(
        &self,
        state: &State,
        call: &Call<'_, 'a>,
        key: &str,
        wanted: &[Scalar],
    ) -> bool {
        let position: Option<usize> = key.parse().ok();
        call.passed.iter().enumerate().any(|(at, argument)| {
            match argument.kind {
                ArgKind::Keyword(name) if self.names.text(name) == key => {
                    return self.is_one_of(argument.value, wanted);
                }
                ArgKind::Positional if position == Some(at) => {
                    return self.is_one_of(argument.value, wanted);
                }
                _ => {}
            }
            let Some(contents) = self
                .only_object(argument.value)
                .and_then(|o| state.contents(o))
            else {
                return false;
            };
            contents.entries.iter().any(|(name, value)| {
                matches!(name, Key::Name(name) if self.names.text(*name) == key)
                    && self.is_one_of(*value, wanted)
            })
        })
    }

    fn is_one_of(&self, value: ValId, wanted: &[Scalar]) -> bool {
        let known = self.arena.get(value);
        wanted.iter().any(|scalar| match (scalar, known.konst) {
            (Scalar::Bool(a), Some(Konst::Bool(b))) => *a == b,
            (Scalar::Int(a), Some(Konst::Int(b))) => *a == b,
            (Scalar::Text(a), Some(Konst::Str(b))) => {
                let text = self.names.text(b);
                // A parameter after `;`, as in `text/plain; charset=utf-8`, does not matter.
                text.split(';').next().unwrap_or(text).trim() == a
            }
            (Scalar::Text(a), _) => known.atoms.iter().any(|atom| match atom {
                Atom::Path(path) => {
                    let text = self.paths.text(*path);
                    text == a || super::entry::last_name(text) == a
                }
                _ => false,
            }),
            _ => false,
        })
    }

    /// Checks one value against a sink.
    fn check_value(
        &mut self,
        frame: &mut Frame<'a>,
        state: &State,
        sink: SinkRef,
        value: ValId,
    ) {
        if self.arena.get(value).is_number() {
            return;
        }
        let models = self.models;
        let (rule, mode, form) = match sink {
            SinkRef::Model { index, .. } => {
                let Some(model) = models.sinks.get(usize::from(index)) else {
                    return;
                };
                (model.rule, model.spec.mode, model.spec.looks_like)
            }
            SinkRef::Returned | SinkRef::Weak { .. } | SinkRef::Secret => return,
        };
        let labels: Labels = match mode {
            Mode::Text | Mode::Html => self.arena.get(value).labels.clone(),
            Mode::Deep => self.deep_labels(state, value),
            Mode::Url => self.arena.get(value).labels.clone(),
            Mode::Arguments => self.argument_list_labels(state, value),
        };
        let whole_access = self
            .arena
            .get(value)
            .atoms
            .iter()
            .any(|a| matches!(a, Atom::Access(_)));
        let conditional = mode == Mode::Url || form.is_some() && is_by_form(sink);
        if !whole_access && !self.still_matters(value, sink) {
            return;
        }
        if is_by_form(sink) && !whole_access {
            self.sites.insert((rule, frame.span));
        }
        for label in labels {
            let span = frame.span;
            let id = frame.id;
            self.reach(frame, rule, sink, id, span, label, conditional && whole_access);
        }
    }

    /// Whether a value's constant beginning leaves the sink open.
    pub(super) fn still_matters(&self, value: ValId, sink: SinkRef) -> bool {
        let SinkRef::Model { index, by_form } = sink else {
            return true;
        };
        let Some(model) = self.models.sinks.get(usize::from(index)) else {
            return false;
        };
        let known = self.arena.get(value);
        let prefix = known.prefix.map(|p| self.names.text(p));
        if model.spec.mode == Mode::Url && prefix.is_some_and(fixes_host) {
            return false;
        }
        if by_form && !known.atoms.iter().any(|a| matches!(a, Atom::Access(_))) {
            return match model.spec.looks_like {
                Some(form) => prefix.is_some_and(|p| has_form(p, form)),
                None => true,
            };
        }
        true
    }

    /// `["sh", "-c", text]`, or the program of any other list.
    fn argument_list_labels(&mut self, state: &State, value: ValId) -> Labels {
        let Some(object) = self.only_object(value) else {
            return self.arena.get(value).labels.clone();
        };
        let Some(contents) = state.contents(object).cloned() else {
            return Labels::new();
        };
        let at = |position: i64| contents.get(Key::At(position));
        let Some(program) = at(0) else {
            return self.arena.get(contents.rest).labels.clone();
        };
        let mut labels = self.arena.get(program).labels.clone();
        let shell = self
            .arena
            .get(program)
            .konst
            .and_then(|k| self.konst_text(k))
            .is_some_and(|text| {
                let name = text.rsplit(['/', '\\']).next().unwrap_or(&text);
                let name = name.strip_suffix(".exe").unwrap_or(name);
                matches!(
                    name,
                    "sh" | "bash" | "zsh" | "dash" | "ksh" | "cmd" | "powershell" | "pwsh"
                )
            });
        if shell {
            for (key, value) in &contents.entries {
                if *key > Key::At(0) {
                    super::value::add_labels(&mut labels, &self.arena.get(*value).labels);
                }
            }
            super::value::add_labels(&mut labels, &self.arena.get(contents.rest).labels);
        }
        labels
    }

    /// Taint reaches a sink: a hit, or a line of the summary.
    #[expect(
        clippy::too_many_arguments,
        reason = "a flow has two ends, a rule and a place"
    )]
    pub(super) fn reach(
        &mut self,
        frame: &mut Frame<'a>,
        rule: u16,
        sink: SinkRef,
        function: FuncId,
        span: Span,
        label: Label,
        whole: bool,
    ) {
        if self.is_cleared(rule, label.cleared) {
            return;
        }
        match self.arena.source_of(label.source) {
            Some(Source::Site { kind, .. }) => {
                let control = self.control(kind);
                self.record(rule, span, function, sink, label, control, None);
            }
            Some(Source::Access(access)) => {
                frame.summary.note_sink(SinkFlow {
                    rule,
                    sink,
                    function,
                    span,
                    access,
                    cleared: label.cleared,
                    step: label.step,
                    guesses: label.guesses,
                    whole,
                });
            }
            None => {}
        }
    }

    fn control(&self, kind: u16) -> Control {
        self.models
            .source_kinds
            .get(usize::from(kind))
            .map_or(Control::Local, |k| k.control)
    }

    fn is_cleared(&self, rule: u16, cleared: Bits) -> bool {
        let bit = Bits::rule(rule);
        cleared.has(bit)
            || self.models.path_rules.has(bit)
                && (cleared.has(Bits::NORMALISED.or(Bits::INSIDE))
                    || cleared.has(Bits::NO_DOTDOT.or(Bits::RELATIVE)))
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "a flow has two ends, a rule and a place"
    )]
    fn record(
        &mut self,
        rule: u16,
        span: Span,
        function: FuncId,
        sink: SinkRef,
        label: Label,
        control: Control,
        parameter: Option<AccessId>,
    ) {
        let depth = self.arena.step_of(label.step).map_or(0, |s| s.depth);
        let new = Reached {
            function,
            sink,
            label: Some(label),
            control,
            parameter,
            depth,
        };
        let better = match self.reached.get(&(rule, span)) {
            Some(old) => rank(&new) < rank(old),
            None => true,
        };
        if better {
            self.reached.insert((rule, span), new);
        }
    }

    /// A text returned to a framework that shows it as HTML.
    pub(super) fn check_returned(
        &mut self,
        frame: &mut Frame<'a>,
        state: &State,
        rule: u16,
        value: ValId,
        operand: &Operand,
    ) {
        let span = self
            .definition_span(frame, operand)
            .unwrap_or(frame.span);
        self.sites.insert((rule, span));
        let mut shown = value;
        if let Some(object) = self.only_object(value)
            && self.object_kind(object) == Some(ObjectKind::List)
        {
            // `return body, status, headers`
            let Some(contents) = state.contents(object).cloned() else {
                return;
            };
            let plain = [1, 2].into_iter().filter_map(|at| contents.get(Key::At(at))).any(
                |headers| {
                    self.only_object(headers)
                        .and_then(|o| state.contents(o))
                        .is_some_and(|c| self.has_plain_type(&c.entries))
                },
            );
            let Some(body) = contents.get(Key::At(0)).filter(|_| !plain) else {
                return;
            };
            shown = body;
        }
        let known = self.arena.get(shown);
        if known.is_number() || known.atoms.iter().any(|a| matches!(a, Atom::Object(_))) {
            return;
        }
        let labels = known.labels.clone();
        let id = frame.id;
        for label in labels {
            self.reach(frame, rule, SinkRef::Returned, id, span, label, false);
        }
    }

    fn has_plain_type(&self, headers: &[(Key, ValId)]) -> bool {
        headers.iter().any(|(key, value)| {
            let Key::Name(name) = key else { return false };
            self.names.text(*name).eq_ignore_ascii_case("content-type")
                && self
                    .arena
                    .get(*value)
                    .konst
                    .and_then(|k| self.konst_text(k))
                    .is_some_and(|text| !text.to_ascii_lowercase().contains("html"))
        })
    }

    fn definition_span(&self, frame: &Frame<'a>, operand: &Operand) -> Option<Span> {
        let Operand::Var(var) = operand else {
            return None;
        };
        let (block, at) = (*frame.defs.get(var.0 as usize)?)?;
        let block = frame.function.blocks.get(block.0 as usize)?;
        block.instrs.get(at as usize).map(|i| i.span)
    }

    /// `element.innerHTML = value`.
    pub(super) fn check_field_sink(
        &mut self,
        frame: &mut Frame<'a>,
        state: &State,
        name: Symbol,
        value: ValId,
        _operand: &Operand,
    ) {
        let tables = self.tables;
        let Some(sinks) = tables.fields.get(self.names.text(name)) else {
            return;
        };
        for index in sinks {
            if let Some(sink) = self.models.sinks.get(usize::from(*index)) {
                self.sites.insert((sink.rule, frame.span));
            }
            let sink = SinkRef::Model {
                index: *index,
                by_form: false,
            };
            self.check_value(frame, state, sink, value);
        }
    }

    /// `session[key] = value`: both matter where the container is a sink.
    pub(super) fn check_index_sink(
        &mut self,
        frame: &mut Frame<'a>,
        state: &State,
        _base: &Operand,
        target: ValId,
        index: ValId,
        value: ValId,
    ) {
        let paths: Vec<_> = self
            .arena
            .get(target)
            .atoms
            .iter()
            .filter_map(|a| match a {
                Atom::Path(path) => Some(*path),
                _ => None,
            })
            .collect();
        for path in paths {
            let setter = self.names.intern("__setitem__");
            let child = self.paths.child(path, setter, &self.names);
            let Some(entry) = self.paths.entry(child) else {
                continue;
            };
            for sink in &entry.sinks {
                if let Some(model) = self.models.sinks.get(usize::from(*sink)) {
                    self.sites.insert((model.rule, frame.span));
                }
                let sink = SinkRef::Model {
                    index: *sink,
                    by_form: false,
                };
                self.check_value(frame, state, sink, index);
                self.check_value(frame, state, sink, value);
            }
        }
    }

    /// `dangerouslySetInnerHTML={{ __html: value }}`.
    pub(super) fn check_attribute_sink(
        &mut self,
        frame: &mut Frame<'a>,
        state: &State,
        _tag: Symbol,
        name: Symbol,
        value: ValId,
        _operand: &Operand,
    ) {
        let tables = self.tables;
        let Some(sinks) = tables.attributes.get(self.names.text(name)) else {
            return;
        };
        for index in sinks {
            if let Some(sink) = self.models.sinks.get(usize::from(*index)) {
                self.sites.insert((sink.rule, frame.span));
            }
            let sink = SinkRef::Model {
                index: *index,
                by_form: false,
            };
            self.check_value(frame, state, sink, value);
        }
    }

    /// Checks a call that is weak by itself.
    pub(super) fn check_weak_calls(
        &mut self,
        frame: &mut Frame<'a>,
        state: &State,
        calls: &[u16],
        call: &Call<'_, 'a>,
    ) {
        let models = self.models;
        for index in calls {
            let Some(weak) = models.weak_calls.get(usize::from(*index)) else {
                continue;
            };
            let spec = &weak.spec;
            self.sites.insert((weak.rule, frame.span));
            if let Some(wanted) = &spec.argument {
                let keyword = wanted.keyword.as_deref();
                let mut at = 0_u16;
                let mut value = None;
                for argument in call.passed {
                    match argument.kind {
                        ArgKind::Positional => {
                            if at == wanted.at {
                                value = Some(argument.value);
                            }
                            at += 1;
                        }
                        ArgKind::Keyword(name) if keyword == Some(self.names.text(name)) => {
                            value = Some(argument.value);
                        }
                        _ => {}
                    }
                }
                let text = value
                    .and_then(|v| self.arena.get(v).konst)
                    .and_then(|k| self.konst_text(k));
                let Some(text) = text else { continue };
                if !wanted.one_of.iter().any(|w| w.eq_ignore_ascii_case(&text)) {
                    continue;
                }
            }
            let holds = spec.when.iter().all(|(key, wanted)| {
                self.argument_is(state, call, key, std::slice::from_ref(wanted))
            });
            let excused = spec
                .unless
                .iter()
                .any(|(key, safe)| self.argument_is(state, call, key, safe));
            let lacking = spec.lacking.is_empty()
                || spec.lacking.iter().any(|key| {
                    !self.argument_is(state, call, key, &[Scalar::Bool(true)])
                });
            if !holds || excused || !lacking {
                continue;
            }
            let context = self.context_fits(frame, &spec.context, &spec.benign);
            let new = Reached {
                function: frame.id,
                sink: SinkRef::Weak {
                    index: *index,
                    context,
                },
                label: None,
                control: Control::Local,
                parameter: None,
                depth: 0,
            };
            self.reached.insert((weak.rule, frame.span), new);
        }
    }

    /// Whether the words near a place say that it matters.
    fn context_fits(&self, frame: &Frame<'a>, wanted: &[String], benign: &[String]) -> bool {
        let start = frame.span.start as usize;
        let from = self
            .text
            .get(..start)
            .and_then(|t| t.rfind('\n'))
            .map_or(0, |at| at + 1);
        let to = self
            .text
            .get(start..)
            .and_then(|t| t.find('\n'))
            .map_or(self.text.len(), |at| start + at);
        let line = self.text.get(from..to).unwrap_or("");
        let mut names = vec![line.to_owned()];
        names.push(self.names.text(frame.function.qualified).to_owned());
        let near: Vec<String> = names.iter().flat_map(|n| words(n)).collect();
        let has = |list: &[String]| near.iter().any(|w| list.contains(w));
        (wanted.is_empty() || has(wanted)) && !has(benign)
    }

    /// A secret written into the source: `password = "…"`.
    pub(super) fn check_secret(&mut self, frame: &Frame<'a>, name: Symbol, value: ValId) {
        let Some(Konst::Str(text)) = self.arena.get(value).konst else {
            return;
        };
        let Some((rule, spec)) = self.secret_rule() else {
            return;
        };
        let text = self.names.text(text);
        if text.len() < spec.min_length || !crate::secret::names_secret(spec, self.names.text(name)) {
            return;
        }
        self.sites.insert((rule, frame.span));
        let text = self.names.text(match self.arena.get(value).konst {
            Some(Konst::Str(text)) => text,
            _ => return,
        });
        if !crate::secret::is_secret(spec, self.names.text(name), text) {
            return;
        }
        let span = frame.span;
        // The place is the literal's statement; a value that merely passes by is not one.
        if !self
            .text
            .get(span.start as usize..span.end as usize)
            .is_some_and(|source| source.contains(text))
        {
            return;
        }
        let new = Reached {
            function: frame.id,
            sink: SinkRef::Secret,
            label: None,
            control: Control::Local,
            parameter: None,
            depth: 0,
        };
        self.reached.entry((rule, span)).or_insert(new);
    }

    fn secret_rule(&self) -> Option<(u16, &'a crate::rules::format::SecretSpec)> {
        let models = self.models;
        models
            .rules
            .iter()
            .enumerate()
            .find_map(|(at, r)| r.secret.as_ref().map(|s| (at as u16, s)))
    }

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
                    Root::Captured(owner, var) => {
                        let slot = self.slots.get(&(owner, var)).copied();
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

    fn report_parameter(&mut self, id: FuncId, position: u16, flow: &SinkFlow) {
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
        label.cleared = flow.cleared;
        label.guesses = flow.guesses;
        let step = label.step;
        label.step = self.arena.step(step, flow.span, StepKind::Into(id, flow.step));
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
        self.reached
            .iter()
            .filter_map(|((rule, span), reached)| self.render(*rule, *span, reached))
            .collect()
    }

    fn render(&self, rule: u16, span: Span, reached: &Reached) -> Option<Hit> {
        let compiled = self.models.rules.get(usize::from(rule))?;
        let mut hit = Hit {
            rule,
            function: reached.function,
            span,
            confidence: compiled.confidence,
            tier: compiled.tier,
            message: None,
            fix: None,
            source: None,
            subject: None,
            trace: Vec::new(),
            secret: reached.sink == SinkRef::Secret,
        };
        match reached.sink {
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
            SinkRef::Returned | SinkRef::Secret => {}
        }
        let Some(label) = reached.label else {
            return Some(hit);
        };
        if label.guesses > 0 {
            hit.confidence = hit.confidence.min(Confidence::Medium);
            hit.tier = hit.tier.max(compiled.guessed_tier);
        }
        if label.guesses > 1 {
            hit.confidence = Confidence::Low;
            hit.tier = Tier::All;
        }
        if reached.control == Control::Local {
            hit.confidence = Confidence::Low;
            hit.tier = Tier::All;
        }
        if let Some(Source::Site { span, kind, .. }) = self.arena.source_of(label.source) {
            let what = self.models.source_kinds.get(usize::from(kind))?.what.clone();
            hit.source = Some((span, what));
        }
        hit.subject = reached.parameter.and_then(|access| self.access_name(access));
        hit.trace = self.trace(label.step);
        Some(hit)
    }

    /// The name of the parameter that an access path starts at.
    fn access_name(&self, access: AccessId) -> Option<String> {
        let Root::Param(id, at) = self.arena.access(access)?.root else {
            return None;
        };
        let function = self.function(id)?;
        let name = function.params.get(usize::from(at))?.name;
        Some(self.names.text(name).to_owned())
    }

    /// The links of a trace, first to last, without the sink.
    fn trace(&self, last: StepId) -> Vec<(Span, String)> {
        let mut trace: Vec<(Span, String)> = Vec::new();
        self.add_links(last, 0, &mut trace);
        trace.dedup_by(|later, earlier| later.0 == earlier.0);
        if trace.len() > MAX_TRACE {
            let tail = trace.split_off(trace.len() - MAX_TRACE / 2);
            trace.truncate(MAX_TRACE / 2);
            trace.extend(tail);
        }
        trace
    }

    fn add_links(&self, last: StepId, nesting: u8, trace: &mut Vec<(Span, String)>) {
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
            trace.push((node.span, message));
            if let StepKind::Into(_, inner) = node.kind {
                self.add_links(inner, nesting + 1, trace);
            }
        }
    }
}

const fn is_by_form(sink: SinkRef) -> bool {
    matches!(sink, SinkRef::Model { by_form: true, .. })
}

/// Remote before local, known before guessed, short before long; then a fixed order.
fn rank(reached: &Reached) -> (bool, bool, u8, u16, Option<u32>) {
    let label = reached.label;
    (
        reached.control == Control::Local,
        reached.parameter.is_some(),
        label.map_or(0, |l| l.guesses),
        reached.depth,
        label.map(|l| l.source.0),
    )
}

/// Whether constant text begins like a statement of a language.
fn has_form(prefix: &str, form: TextForm) -> bool {
    let text = prefix.trim_start();
    match form {
        TextForm::Sql => {
            let first: String = text
                .chars()
                .take_while(char::is_ascii_alphabetic)
                .collect::<String>()
                .to_ascii_uppercase();
            let rest = text.get(first.len()..).unwrap_or("");
            matches!(
                first.as_str(),
                "SELECT" | "INSERT" | "UPDATE" | "DELETE" | "REPLACE" | "MERGE" | "WITH" | "DROP"
                    | "ALTER" | "CREATE" | "TRUNCATE" | "CALL" | "EXEC" | "EXECUTE" | "GRANT"
            ) && rest.starts_with(char::is_whitespace)
        }
        TextForm::Html => text.starts_with('<'),
    }
}
