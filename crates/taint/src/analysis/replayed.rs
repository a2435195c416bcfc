//! Calls that a function makes of what it is passed, made again by those who call it.
//!
//! `def save(connection, query): connection.execute(query)` calls a method of its parameter. Only
//! a caller knows what that is; but the place is the line in `save`, however many callers there
//! are. Where the parameter itself is called, the place is the caller's, who names the function.

use std::sync::Arc;

use trueline_syntax::ir::{FuncId, Span};

use super::summary::CallOfParameter;
use super::value::{AccessId, Label, Selector, StepId, StepKind};
use super::{Analyzer, Frame};
use crate::interface::SinkPlace;

/// A call that a summary says its function makes, while that is applied.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Replayed {
    /// The function that makes it, and where.
    function: FuncId,
    span: Span,
    /// The function through which it is reached from here.
    through: FuncId,
    /// A method of what was passed is called.
    is_method: bool,
}

impl<'a> Analyzer<'a> {
    /// A call of a summary, as it is looked at while that is applied.
    pub(super) fn replay(&self, through: FuncId, called: &CallOfParameter) -> Option<Replayed> {
        let (function, span) = called.place?;
        Some(Replayed {
            function,
            span,
            through,
            is_method: self.method_name(called.access).is_some(),
        })
    }

    /// The name of the method that a path leads to.
    pub(super) fn method_name(&self, access: AccessId) -> Option<&str> {
        match self.arena.access(access)?.parent {
            Some((_, Selector::Name(name))) => Some(self.names.text(name)),
            _ => None,
        }
    }

    /// The call being looked at: the one that the function makes whose summary is applied.
    pub(super) fn place(&self, frame: &Frame<'a>) -> (FuncId, Span) {
        self.replayed
            .map_or((frame.id, frame.span), |r| (r.function, r.span))
    }

    /// The same, or the call in this file that leads to it.
    pub(super) fn own_place(&self, frame: &Frame<'a>) -> (FuncId, Span) {
        let (function, span) = self.place(frame);
        if self.elsewhere_function(function).is_some() {
            return (frame.id, frame.span);
        }
        (function, span)
    }

    /// Where a step stands that is made at a place of this file.
    pub(super) fn own_span(&self, span: Span) -> Span {
        match self.replayed {
            Some(call) if self.elsewhere_function(call.function).is_none() => call.span,
            _ => span,
        }
    }

    /// Where a sink is that the call being looked at is.
    pub(super) fn sink_place(&self, frame: &Frame<'a>) -> (FuncId, Span) {
        match self.replayed {
            Some(call) if call.is_method => (call.function, call.span),
            _ => (frame.id, frame.span),
        }
    }

    /// A weakness of a rule could be at a place.
    pub(super) fn note_site(&mut self, rule: u16, (function, span): (FuncId, Span)) {
        if self.elsewhere_function(function).is_some() {
            self.sites_elsewhere.insert((rule, function, span));
        } else {
            self.sites.insert((rule, span));
        }
    }

    /// Places in other files where a weakness could be.
    pub(super) fn noted_elsewhere(&self) -> Vec<(u16, Arc<SinkPlace>)> {
        let places = &self.elsewhere.places;
        let place = |function: FuncId, span| places.get(&(function, span)).cloned();
        self.sites_elsewhere
            .iter()
            .filter_map(|(rule, function, span)| Some((*rule, place(*function, *span)?)))
            .collect()
    }

    /// What reaches a sink in a function that is called here has gone into that.
    pub(super) fn enter_replayed(&mut self, frame: &Frame<'a>, label: Label) -> Label {
        let Some(call) = self.replayed.filter(|call| call.is_method) else {
            return label;
        };
        let entered = self.arena.step_of(label.step).is_some_and(|last| {
            last.span == frame.span
                && matches!(last.kind, StepKind::Into(id, _) if id == call.through)
        });
        if entered {
            return label;
        }
        let kind = StepKind::Into(call.through, StepId::NONE);
        Label {
            step: self.arena.step(label.step, frame.span, kind),
            ..label
        }
    }
}
