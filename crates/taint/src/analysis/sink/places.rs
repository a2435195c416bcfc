//! Sinks that are no calls: properties, fields, indices, attributes, results and names of views.

use trueline_syntax::ir::{Operand, Span, Symbol};

use super::{SinkRef, fixes_host};
use crate::analysis::state::{Key, State};
use crate::analysis::value::{Atom, ValId};
use crate::analysis::{Analyzer, Frame, ObjectKind};
use crate::rules::format::{Mode, TextForm};

impl<'a> Analyzer<'a> {
    /// A text returned to a framework that shows it as HTML.
    pub(in crate::analysis) fn check_returned(
        &mut self,
        frame: &mut Frame<'a>,
        state: &State,
        rule: u16,
        value: ValId,
        operand: &Operand,
    ) {
        let span = Self::definition_span(frame, operand).unwrap_or(frame.span);
        // What a template does with its values is not read: nothing is known to be well there.
        if !self.renders_template(span) {
            self.sites.insert((rule, span));
        }
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

    /// `return render_template("page.html", name=name), 404`.
    fn renders_template(&self, span: Span) -> bool {
        const RENDER: [&str; 6] = [
            "render",
            "render_template",
            "render_template_string",
            "render_to_response",
            "render_to_string",
            "TemplateResponse",
        ];
        let text = self.text.get(span.start as usize..span.end as usize);
        let text = text.unwrap_or_default().trim_start_matches("await ");
        let called = text.split_once('(').map_or("", |(called, _)| called);
        let name = called.rsplit('.').next().unwrap_or_default();
        RENDER.contains(&name.trim())
    }

    /// `return "redirect:" + url;` of a Spring controller.
    pub(in crate::analysis) fn check_view_name(
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

    /// `location.href = value`: a property of a library that is a sink.
    pub(in crate::analysis) fn check_property_sink(
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
    pub(in crate::analysis) fn check_field_sink(
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
    pub(in crate::analysis) fn check_index_sink(
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
    pub(in crate::analysis) fn check_attribute_sink(
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
