//! Summaries of functions of other files, in the terms of this one.
//!
//! They come when such a function is called for the first time.

use std::rc::Rc;
use std::sync::Arc;
use trueline_syntax::ir::{FuncId, Span};

use crate::analysis::Analyzer;
use crate::analysis::outcomes::Outcome;
use crate::analysis::sink::SinkRef;
use crate::analysis::state::Heap;
use crate::analysis::summary::{CallOfParameter, SinkFlow, Summary};
use crate::analysis::value::AccessId;
use crate::interface::{self as portable, Interface};

impl Analyzer<'_> {
    /// The summary of a function of another file.
    pub(in crate::analysis) fn bring_summary(&mut self, id: FuncId) -> Summary {
        let Some((unit, index)) = self.elsewhere_function(id) else {
            return Summary::default();
        };
        let Some((at, interface)) = self
            .load(unit)
            .and_then(|at| Some((at, self.interface(at)?)))
        else {
            return Summary::default();
        };
        let Some(function) = interface.function(index) else {
            return Summary::default();
        };
        let portable = &function.summary;
        let mut summary = Summary {
            ret: portable.ret.map(|v| self.bring_value(at, v)),
            thrown: portable.thrown.map(|v| self.bring_value(at, v)),
            checks_codes: portable.checks_codes,
            never: portable.never,
            on_return: self.bring_facts(at, &portable.on_return),
            on_true: self.bring_facts(at, &portable.on_true),
            on_outcome: self.bring_outcomes(at, &portable.on_outcome),
            ..Summary::default()
        };
        for sink in &portable.sinks {
            if let Some(flow) = self.bring_sink(at, &interface, sink) {
                summary.sinks.push(flow);
            }
        }
        for call in &portable.calls {
            if let Some(access) = self.bring_access(at, call.access) {
                let place = call.place;
                summary.calls.push(CallOfParameter {
                    access,
                    passed: call
                        .passed
                        .iter()
                        .map(|v| self.bring_value(at, *v))
                        .collect(),
                    place: place.and_then(|place| self.bring_place(&interface, at, place)),
                });
            }
        }
        for (access, object) in &portable.stored {
            if let Some(access) = self.bring_access(at, *access)
                && let Some(object) = self.bring_object(at, *object)
            {
                summary.stored.push((access, object));
            }
        }
        let mut heap = Vec::with_capacity(portable.heap.len());
        for (object, contents) in &portable.heap {
            if let Some(object) = self.bring_object(at, *object) {
                heap.push((object, Rc::new(self.bring_contents(at, contents))));
            }
        }
        heap.sort_by_key(|(object, _)| *object);
        summary.heap = Heap::new(heap);
        self.settle();
        summary
    }

    fn bring_facts(
        &mut self,
        at: usize,
        facts: &[(u32, crate::models::Bits)],
    ) -> Vec<(AccessId, crate::models::Bits)> {
        facts
            .iter()
            .filter_map(|(access, cleared)| Some((self.bring_access(at, *access)?, *cleared)))
            .collect()
    }

    fn bring_outcomes(
        &mut self,
        at: usize,
        told: &[(portable::Outcome, u32, crate::models::Bits)],
    ) -> Vec<(Outcome, AccessId, crate::models::Bits)> {
        told.iter()
            .filter_map(|(outcome, access, cleared)| {
                let outcome = match outcome {
                    portable::Outcome::Empty => Outcome::Empty,
                    portable::Outcome::Part(key, is) => {
                        Outcome::Part(self.bring_key(at, *key), *is)
                    }
                };
                Some((outcome, self.bring_access(at, *access)?, *cleared))
            })
            .collect()
    }

    fn bring_place(
        &mut self,
        interface: &Interface,
        at: usize,
        place: u32,
    ) -> Option<(FuncId, Span)> {
        let place = interface.places.get(place as usize)?;
        self.elsewhere.secret_places |= place.is_secret;
        let function = self.bring_function(at, place.function)?;
        let span = Span::new(place.span.0, place.span.1);
        if self.elsewhere_function(function).is_some() {
            self.elsewhere
                .places
                .entry((function, span))
                .or_insert_with(|| Arc::new(place.clone()));
        }
        Some((function, span))
    }

    fn bring_sink(
        &mut self,
        at: usize,
        interface: &Interface,
        sink: &portable::Sink,
    ) -> Option<SinkFlow> {
        let (function, span) = self.bring_place(interface, at, sink.place)?;
        Some(SinkFlow {
            rule: sink.rule,
            sink: match sink.kind {
                portable::SinkKind::Model { index, by_form } => SinkRef::Model { index, by_form },
                portable::SinkKind::Returned => SinkRef::Returned,
                portable::SinkKind::Weak { index, context } => SinkRef::Weak { index, context },
                portable::SinkKind::Comparison { index } => SinkRef::Comparison(index),
                portable::SinkKind::Secret => SinkRef::Secret { by_hand: false },
            },
            function,
            span,
            access: self.bring_access(at, sink.access)?,
            cleared: sink.cleared,
            step: self.bring_trace(at, sink.trace),
            guesses: sink.guesses,
            whole: sink.whole,
            media: match sink.media {
                Some(access) => Some(self.bring_access(at, access)?),
                None => None,
            },
        })
    }
}
