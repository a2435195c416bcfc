//! Sinks: which values of a call matter, and what is recorded when taint reaches one.

mod matters;
mod places;

use super::call::Call;
use super::hits::{SourcePlace, StepPlace};
use super::media::Media;
use super::state::{Key, State};
use super::summary::SinkFlow;
use super::value::{AccessId, Atom, Label, Labels, Source, ValId};
use super::{Analyzer, Frame};
use crate::interface::SinkPlace;
use crate::models::Bits;
use crate::project::UnitId;
use crate::rules::format::{Control, Mode, TextForm};
use std::sync::Arc;
use trueline_facts::{Confidence, Tier};
use trueline_syntax::ir::{ArgKind, FuncId, Operand, Span};

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
    /// A key in the source that signs, encrypts or authenticates.
    SigningKey,
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
                self.note_site(sink.rule, self.sink_place(frame));
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
            let leading = self.leading_context(spec, by_name, call);
            for argument in call.passed {
                let matters = match argument.kind {
                    ArgKind::Positional => {
                        let own = position.checked_sub(leading);
                        position += 1;
                        every || own.is_some_and(|own| spec.args.contains(&own))
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

    /// Checks one value against a sink that is not known by a call.
    pub(super) fn check_text(
        &mut self,
        frame: &mut Frame<'a>,
        state: &State,
        index: u16,
        value: ValId,
    ) {
        if let Some(sink) = self.models.sinks.get(usize::from(index)) {
            self.note_site(sink.rule, self.sink_place(frame));
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
            | SinkRef::Secret { .. }
            | SinkRef::SigningKey => {
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
            self.note_site(rule, self.sink_place(frame));
        }
        for label in labels {
            // Whether what a caller passes has the form is for the caller to see.
            if !(matters || whole_access && self.is_symbolic(&label)) {
                continue;
            }
            let (id, span) = self.sink_place(frame);
            let label = self.enter_replayed(frame, label);
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
        if self.is_cleared(rule, label.cleared) || self.is_refused(sink, label.cleared) {
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

    /// Whether a sink itself refuses what a value may do there.
    fn is_refused(&self, sink: SinkRef, cleared: Bits) -> bool {
        let SinkRef::Model { index, .. } = sink else {
            return false;
        };
        let model = self.models.sinks.get(usize::from(index));
        cleared.has(Bits::OF_REQUEST_PATH) && model.is_some_and(|m| m.spec.refuses_dots)
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

    pub(super) fn definition_span(frame: &Frame<'a>, operand: &Operand) -> Option<Span> {
        let Operand::Var(var) = operand else {
            return None;
        };
        Self::defining(frame, *var).map(|i| i.span)
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
