//! Sinks: which values of a call matter, and what is recorded when taint reaches one.

use std::sync::Arc;

use trueline_facts::{Confidence, Tier};
use trueline_syntax::ir::{ArgKind, FuncId, Language, Operand, Span, Symbol};

use super::call::Call;
use super::hits::{SourcePlace, StepPlace};
use super::media::Media;
use super::names::words;
use super::state::{Contents, Key, State};
use super::summary::SinkFlow;
use super::value::{AccessId, Atom, Label, Labels, Source, ValId};
use super::{Analyzer, Frame, ObjectKind};
use crate::interface::SinkPlace;
use crate::models::Bits;
use crate::project::UnitId;
use crate::rules::format::{Control, Mode, SinkSpec, TextForm};

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
    /// A comparison, by index.
    Comparison(u16),
    /// A secret in the source; whether it stands in a job that somebody runs and may be thought up.
    Secret { by_hand: bool },
}

/// A rule and a place: a file (`None` is this one) and a span there.
pub(super) type Reach = (u16, Option<UnitId>, Span);

/// The best way found to one place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reached {
    pub(super) function: FuncId,
    pub(super) sink: SinkRef,
    pub(super) label: Option<Label>,
    pub(super) control: Control,
    /// For a parameter that any caller may fill: which.
    pub(super) parameter: Option<AccessId>,
    pub(super) depth: u16,
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
    /// The sink, if it is in another file.
    pub(crate) elsewhere: Option<Arc<SinkPlace>>,
    /// Where the taint enters, and what it is.
    pub(crate) source: Option<(SourcePlace, String)>,
    /// The source's name, where the text at its place is not it.
    pub(crate) subject: Option<String>,
    pub(crate) trace: Vec<(StepPlace, String)>,
    /// The function whose parameter any caller may fill: nothing is wrong where all callers are
    /// known.
    pub(crate) parameter_of: Option<FuncId>,
    /// How good a way to the place it is: less is better.
    pub(crate) rank: (bool, bool, u8, u16),
    pub(crate) secret: bool,
    /// The sink is in a function that gets what it uses from the one with the source.
    pub(crate) helper: bool,
    /// The input is a path by itself, put below no folder.
    pub(crate) whole_path: bool,
    /// The function of this file in which the taint enters.
    pub(crate) source_function: Option<FuncId>,
}

/// Stands in the beginning of text for a part that the program chose and that is not known here.
pub(super) const SOME_TEXT: char = '\u{FFFC}';

/// Whether what the program chose fixes the host of the URL that it begins.
pub(super) fn fixes_host(prefix: &str) -> bool {
    let ends_host = |text: &str| text.find(['/', '?', '#']).is_some_and(|at| at > 0);
    match prefix.split_once("://") {
        Some((scheme, rest)) => !scheme.is_empty() && ends_host(rest),
        None if prefix.starts_with(SOME_TEXT) => ends_host(prefix),
        // Another part of the same page.
        None if prefix.starts_with(['?', '#']) => true,
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
            let Some((by_form, media)) = self.counts(frame, state, spec, by_name, call) else {
                continue;
            };
            let by_form = by_form || spec.looks_like == Some(TextForm::Html);
            let sink_ref = SinkRef::Model {
                index: *index,
                by_form,
            };
            // A rule with sources of its own has no say about places that they do not reach.
            if !by_form && !self.models.own_source_rules.has(Bits::rule(sink.rule)) {
                self.sites.insert((sink.rule, frame.span));
            }
            let every = spec.args.is_empty()
                && spec.keywords.is_empty()
                && spec.options.is_empty()
                && !spec.receiver
                && !spec.spread;
            frame.media = match media {
                Media::Chosen(access) => Some(access),
                _ => None,
            };
            if spec.mode == Mode::Program {
                self.check_program(frame, state, sink_ref, spec.args.first().copied(), call);
                continue;
            }
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
                    ArgKind::KeywordSpread => spec.spread,
                };
                if spec.mode == Mode::Answer && !self.shows_html(state, call, argument.value) {
                    continue;
                }
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
                    if matters
                        && !spec.options.is_empty()
                        && self.only_object(argument.value).is_none()
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
            frame.media = None;
        }
    }

    /// Whether a sink counts at a call: by what its receiver is called, what else is given, and what
    /// kind of content the answer has. Whether the form of the text decides, and that kind.
    fn counts(
        &mut self,
        frame: &mut Frame<'a>,
        state: &State,
        spec: &SinkSpec,
        by_name: bool,
        call: &Call<'_, 'a>,
    ) -> Option<(bool, Media)> {
        if !self.imports_any(&spec.imports) {
            return None;
        }
        let named = by_name
            && !spec.receivers.is_empty()
            && self
                .receiver_name(frame, call.callee)
                .is_some_and(|name| words(&name).any(|w| spec.receivers.contains(&w)));
        let by_form = by_name && !named && spec.looks_like.is_some();
        if by_name && !named && !by_form && !spec.receivers.is_empty()
            || !spec.named.is_empty() && !self.is_named(frame, call, &spec.named)
            || spec.objects && !self.is_given_objects(state, call)
            || self.calls_any(&spec.unless_beside)
        {
            return None;
        }
        let holds = spec
            .when
            .iter()
            .all(|(key, wanted)| self.argument_is(state, call, key, std::slice::from_ref(wanted)));
        let excused = spec.unless.iter().any(|(key, safe)| {
            safe.is_empty() && self.has_argument(state, call, key)
                || self.argument_is(state, call, key, safe)
        });
        if !holds
            || excused
            || spec.mode == Mode::Url && self.has_own_transport(state, call.receiver)
            || spec.kept.is_some_and(|k| k != self.is_only_kept(frame))
        {
            return None;
        }
        let media = match spec.mode {
            Mode::Html => self.media_of(frame, state, spec.declared, call.receiver),
            _ => Media::Unknown,
        };
        let plain = media == Media::Plain || spec.declared && media == Media::Unknown;
        (!plain).then_some((by_form, media))
    }

    /// Checks one value against a sink that is not known by a call.
    pub(super) fn check_text(
        &mut self,
        frame: &mut Frame<'a>,
        state: &State,
        index: u16,
        value: ValId,
    ) {
        if let Some(sink) = self.models.sinks.get(usize::from(index)) {
            self.sites.insert((sink.rule, frame.span));
        }
        let sink = SinkRef::Model {
            index,
            by_form: false,
        };
        self.check_value(frame, state, sink, value);
    }

    /// Checks one value against a sink.
    fn check_value(&mut self, frame: &mut Frame<'a>, state: &State, sink: SinkRef, value: ValId) {
        let value = self.text_of_builder(state, value);
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
            SinkRef::Returned
            | SinkRef::Weak { .. }
            | SinkRef::Comparison(_)
            | SinkRef::Secret { .. } => {
                return;
            }
        };
        // A framework writes a list or a map as JSON; who knows a secret of the program is no visitor
        // whose browser somebody else sent here.
        if mode == Mode::Html && (state.known_sender || self.is_object_source(value)) {
            return;
        }
        let labels: Labels = match mode {
            Mode::Text
            | Mode::Html
            | Mode::Url
            | Mode::Whole
            | Mode::Answer
            | Mode::Program
            | Mode::Matched
            | Mode::Headers => self.arena.get(value).labels.clone(),
            Mode::Deep => self.deep_labels(state, value),
            Mode::Arguments => self.argument_list_labels(state, value),
            Mode::Options => self.option_labels(state, value),
            Mode::Instructions => self.instruction_labels(state, value),
        };
        let whole_access = self
            .arena
            .get(value)
            .atoms
            .iter()
            .any(|a| matches!(a, Atom::Access(_)));
        let conditional = matches!(mode, Mode::Url | Mode::Whole | Mode::Headers)
            || form.is_some() && is_by_form(sink);
        let matters = self.still_matters(value, sink);
        if !whole_access && !matters {
            return;
        }
        if is_by_form(sink) && matters {
            self.sites.insert((rule, frame.span));
        }
        for label in labels {
            // Whether what a caller passes has the form is for the caller to see.
            if !(matters || whole_access && self.is_symbolic(&label)) {
                continue;
            }
            let span = frame.span;
            let id = frame.id;
            self.reach(
                frame,
                rule,
                sink,
                id,
                span,
                label,
                conditional && whole_access,
            );
        }
    }

    /// How a sink looks at what reaches it.
    pub(super) fn sink_mode(&self, sink: SinkRef) -> Option<Mode> {
        match sink {
            SinkRef::Model { index, .. } => {
                let model = self.models.sinks.get(usize::from(index))?;
                Some(model.spec.mode)
            }
            _ => None,
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
        let ended = |head: &str| head.contains("\n\n") || head.contains("\r\n\r\n");
        if model.spec.mode == Mode::Headers && prefix.is_some_and(ended) {
            return false;
        }
        if model.spec.mode == Mode::Whole && !self.is_whole_input(value) {
            return false;
        }
        if by_form {
            return match model.spec.looks_like {
                Some(form) => prefix.is_some_and(|p| has_form(p, form)),
                None => true,
            };
        }
        true
    }

    /// Whether a value is a whole list or map of input. In Python that is all input which is not surely
    /// text: what the program puts together has entries of its own.
    fn is_whole_input(&self, value: ValId) -> bool {
        if self.module.language != Language::Python {
            return self.is_object_source(value);
        }
        let known = self.arena.get(value);
        let text = known.prefix.is_some() || known.atoms.contains(&Atom::Text);
        let structure = self.models.structure_rules;
        !text
            && known
                .labels
                .iter()
                .any(|l| !self.is_symbolic(l) && !l.cleared.has(structure))
    }

    /// Whether a value is input that is itself a list or map.
    fn is_object_source(&self, value: ValId) -> bool {
        self.arena.get(value).atoms.iter().any(|atom| {
            matches!(atom, Atom::Path(path)
                if self.paths.entry(*path).is_some_and(|e| e.object))
        })
    }

    /// Whether a label stands for something that a caller passes.
    pub(super) fn is_symbolic(&self, label: &Label) -> bool {
        matches!(self.arena.source_of(label.source), Some(Source::Access(_)))
    }

    /// `["sh", "-c", text]`, or the program of any other list.
    pub(super) fn argument_list_labels(&mut self, state: &State, value: ValId) -> Labels {
        let Some(object) = self.only_object(value) else {
            let mut labels = self.arena.get(value).labels.clone();
            labels.retain(|l| !l.cleared.has(Bits::PROGRAM));
            return labels;
        };
        let Some(contents) = state.contents(object).cloned() else {
            return Labels::new();
        };
        self.program_labels(&contents)
    }

    /// `exec.Command("sh", "-c", text)`: the call's own arguments are the list.
    fn check_program(
        &mut self,
        frame: &mut Frame<'a>,
        state: &State,
        sink: SinkRef,
        from: Option<u16>,
        call: &Call<'_, 'a>,
    ) {
        let mut contents = Contents::default();
        let mut position = 0_i64;
        for argument in call.passed.iter().skip(usize::from(from.unwrap_or(0))) {
            if argument.kind != ArgKind::Spread {
                contents.set(Key::At(position), argument.value);
                position += 1;
                continue;
            }
            let list = self
                .only_object(argument.value)
                .and_then(|o| state.contents(o));
            match list {
                Some(list) => {
                    for (key, value) in &list.entries {
                        if let Key::At(at) = key {
                            contents.set(Key::At(at.saturating_add(position)), *value);
                        }
                    }
                    contents.rest = list.rest;
                }
                None => contents.rest = argument.value,
            }
        }
        let labels = self.program_labels(&contents);
        let SinkRef::Model { index, .. } = sink else {
            return;
        };
        let models = self.models;
        let Some(rule) = models.sinks.get(usize::from(index)).map(|s| s.rule) else {
            return;
        };
        for label in labels {
            let (span, id) = (frame.span, frame.id);
            self.reach(frame, rule, sink, id, span, label, false);
        }
    }

    fn program_labels(&self, contents: &Contents) -> Labels {
        let at = |position: i64| contents.get(Key::At(position));
        let Some(program) = at(0) else {
            return self.arena.get(contents.rest).labels.clone();
        };
        let mut labels = self.arena.get(program).labels.clone();
        let text_at = |value: ValId| {
            let konst = self.arena.get(value).konst;
            konst.and_then(|k| self.konst_text(k))
        };
        let shell = match text_at(program) {
            // `sh` or `cmd.exe`, whichever this system has: `-c` in second place tells.
            None => {
                let flag = at(1).and_then(text_at);
                matches!(flag.as_deref(), Some("-c" | "/c" | "/C"))
            }
            Some(text) => {
                let name = text.rsplit(['/', '\\']).next().unwrap_or(&text);
                let name = name.strip_suffix(".exe").unwrap_or(name);
                matches!(
                    name,
                    "sh" | "bash" | "zsh" | "dash" | "ksh" | "cmd" | "powershell" | "pwsh"
                )
            }
        };
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
                    media: frame.media,
                });
            }
            None => {}
        }
    }

    pub(super) fn control(&self, kind: u16) -> Control {
        self.models
            .source_kinds
            .get(usize::from(kind))
            .map_or(Control::Local, |k| k.control)
    }

    pub(super) fn is_cleared(&self, rule: u16, cleared: Bits) -> bool {
        let bit = Bits::rule(rule);
        cleared.has(bit)
            || self.models.code_rules.has(bit)
                && cleared.has(
                    Bits::QUOTE_FIRST
                        .or(Bits::QUOTE_LAST)
                        .or(Bits::NO_QUOTE_INSIDE),
                )
            || self.models.url_rules.has(bit)
                && cleared.has(Bits::SLASH_FIRST.or(Bits::NOT_TWO_SLASHES))
            || self.models.path_rules.has(bit)
                && (cleared.has(Bits::NORMALISED.or(Bits::INSIDE))
                    || cleared.has(Bits::NO_DOTDOT.or(Bits::RELATIVE)))
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "a flow has two ends, a rule and a place"
    )]
    pub(super) fn record(
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
        let unit = self.elsewhere_function(function).map(|f| f.0);
        let key = (rule, unit, span);
        let better = match self.reached.get(&key) {
            Some(old) => rank(&new) < rank(old),
            None => true,
        };
        if better {
            self.reached.insert(key, new);
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
        let span = Self::definition_span(frame, operand).unwrap_or(frame.span);
        self.sites.insert((rule, span));
        if state.known_sender || self.is_given_plain_type(frame, operand) {
            return;
        }
        let mut shown = value;
        if let Some(object) = self.only_object(value)
            && self.object_kind(object) == Some(ObjectKind::List)
        {
            // `return body, status, headers`
            let Some(contents) = state.contents(object).cloned() else {
                return;
            };
            let plain = [1, 2]
                .into_iter()
                .filter_map(|at| contents.get(Key::At(at)))
                .any(|headers| {
                    self.only_object(headers)
                        .and_then(|o| state.contents(o))
                        .is_some_and(|c| self.has_plain_type(&c.entries))
                });
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

    /// `return "redirect:" + url;` of a Spring controller.
    pub(super) fn check_view_name(
        &mut self,
        frame: &mut Frame<'a>,
        state: &State,
        value: ValId,
        operand: &Operand,
    ) {
        let value = self.text_of_builder(state, value);
        let known = self.arena.get(value);
        let target = known
            .prefix
            .and_then(|p| self.names.text(p).strip_prefix("redirect:"));
        let Some(rule) = self.models.rule_index("open-redirect") else {
            return;
        };
        if target.is_none_or(fixes_host) {
            return;
        }
        let span = Self::definition_span(frame, operand).unwrap_or(frame.span);
        self.sites.insert((rule, span));
        let id = frame.id;
        for label in known.labels.clone() {
            self.reach(frame, rule, SinkRef::Returned, id, span, label, false);
        }
    }

    pub(super) fn definition_span(frame: &Frame<'a>, operand: &Operand) -> Option<Span> {
        let Operand::Var(var) = operand else {
            return None;
        };
        Self::defining(frame, *var).map(|i| i.span)
    }

    /// `location.href = value`: a property of a library that is a sink.
    pub(super) fn check_property_sink(
        &mut self,
        frame: &mut Frame<'a>,
        state: &State,
        target: ValId,
        name: Symbol,
        value: ValId,
    ) {
        let atoms = self.arena.get(target).atoms.clone();
        for atom in atoms {
            let Atom::Path(path) = atom else { continue };
            let child = self.paths.child(path, name, &self.names);
            let Some(entry) = self.paths.entry(child) else {
                continue;
            };
            for index in &entry.sinks {
                let Some(sink) = self.models.sinks.get(usize::from(*index)) else {
                    continue;
                };
                let html = sink.spec.mode == Mode::Html;
                if html && self.is_not_html(state, Some(target)) {
                    continue;
                }
                self.sites.insert((sink.rule, frame.span));
                let sink = SinkRef::Model {
                    index: *index,
                    by_form: sink.spec.looks_like == Some(TextForm::Html),
                };
                self.check_value(frame, state, sink, value);
            }
        }
    }

    /// `element.innerHTML = value`.
    pub(super) fn check_field_sink(
        &mut self,
        frame: &mut Frame<'a>,
        state: &State,
        name: Symbol,
        value: ValId,
    ) {
        let tables = self.tables;
        if let Some(sinks) = tables.fields.get(self.names.text(name)) {
            self.check_named_sinks(frame, state, sinks, value);
        }
    }

    /// `session[key] = value`: both matter where the container is a sink.
    pub(super) fn check_index_sink(
        &mut self,
        frame: &mut Frame<'a>,
        state: &State,
        base: &Operand,
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
                self.check_kept(frame, state, *sink, index, value);
            }
        }
        let tables = self.tables;
        if tables.containers.is_empty() {
            return;
        }
        let Some(name) = self.operand_name(frame, base).map(|n| n.to_lowercase()) else {
            return;
        };
        for (part, sink) in &tables.containers {
            if name.contains(part.as_ref()) {
                self.check_kept(frame, state, *sink, index, value);
            }
        }
    }

    fn check_kept(
        &mut self,
        frame: &mut Frame<'a>,
        state: &State,
        index: u16,
        key: ValId,
        value: ValId,
    ) {
        if let Some(model) = self.models.sinks.get(usize::from(index)) {
            self.sites.insert((model.rule, frame.span));
        }
        let sink = SinkRef::Model {
            index,
            by_form: false,
        };
        self.check_value(frame, state, sink, key);
        self.check_value(frame, state, sink, value);
    }

    /// Sinks that are known by a name alone.
    fn check_named_sinks(
        &mut self,
        frame: &mut Frame<'a>,
        state: &State,
        sinks: &[u16],
        value: ValId,
    ) {
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

    /// `dangerouslySetInnerHTML={{ __html: value }}`.
    pub(super) fn check_attribute_sink(
        &mut self,
        frame: &mut Frame<'a>,
        state: &State,
        name: Symbol,
        value: ValId,
    ) {
        let tables = self.tables;
        if let Some(sinks) = tables.attributes.get(self.names.text(name)) {
            self.check_named_sinks(frame, state, sinks, value);
        }
    }
}

pub(super) const fn is_by_form(sink: SinkRef) -> bool {
    matches!(sink, SinkRef::Model { by_form: true, .. })
}

/// Remote before local, known before guessed, short before long; then a fixed order.
fn rank(reached: &Reached) -> ((bool, bool, u8, u16), Option<u32>) {
    let label = reached.label;
    (reached.rank(), label.map(|l| l.source.0))
}

impl Reached {
    /// Remote before local, known before guessed, short before long.
    pub(super) fn rank(&self) -> (bool, bool, u8, u16) {
        (
            self.control == Control::Local,
            self.parameter.is_some(),
            self.label.map_or(0, |l| l.guesses),
            self.depth,
        )
    }
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
                "SELECT"
                    | "INSERT"
                    | "UPDATE"
                    | "DELETE"
                    | "REPLACE"
                    | "MERGE"
                    | "WITH"
                    | "DROP"
                    | "ALTER"
                    | "CREATE"
                    | "TRUNCATE"
                    | "CALL"
                    | "EXEC"
                    | "EXECUTE"
                    | "GRANT"
                    | "PRAGMA"
                    | "DESCRIBE"
                    | "EXPLAIN"
            ) && rest.starts_with(char::is_whitespace)
        }
        TextForm::Ldap => text.starts_with('('),
        TextForm::Html => text.starts_with('<'),
    }
}
