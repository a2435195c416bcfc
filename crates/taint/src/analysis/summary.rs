//! What a function does, as its callers see it, and applying that to what they pass.
//!
//! A summary speaks of access paths from parameters, `this` and captured variables. Applying it
//! puts the caller's values in their place: in the result, in what is stored, in the sinks that
//! they reach, in the functions that are called with them and in what guards have established.

use std::rc::Rc;

use rustc_hash::FxHashMap;
use smallvec::SmallVec;
use trueline_syntax::ir::{ArgKind, FuncId, Span, Var};

use super::call::{Call, Passed};
use super::outcomes::{self, Outcome};
use super::state::{Heap, State};
use super::value::{
    self, AccessId, Arena, Atom, Label, Labels, ObjId, Selector, StepId, StepKind, ValId,
};
use super::{Analyzer, Frame, ObjectKind};
use crate::models::Bits;
use crate::rules::format::Mode;

/// Paths to sinks that a summary keeps.
const MAX_SINKS: usize = 64;
/// Summaries that are applied inside each other, and all that one call may bring about.
const MAX_NESTED: usize = 8;
const MAX_APPLICATIONS: usize = 512;
/// Calls of parameters that a summary keeps.
const MAX_CALLS: usize = 16;

/// A parameter that reaches a sink.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct SinkFlow {
    pub(super) rule: u16,
    pub(super) sink: super::sink::SinkRef,
    pub(super) function: FuncId,
    pub(super) span: Span,
    pub(super) access: AccessId,
    pub(super) cleared: Bits,
    pub(super) step: StepId,
    pub(super) guesses: u8,
    /// The sink looks at a URL's host or text's form, and sees exactly what the caller passes.
    pub(super) whole: bool,
    /// The answer's content type, where the caller chooses it.
    pub(super) media: Option<AccessId>,
}

/// What a caller passes is called.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct CallOfParameter {
    pub(super) access: AccessId,
    pub(super) passed: SmallVec<[ValId; 4]>,
    /// Where; of other files only if it may be a sink.
    pub(super) place: Option<(FuncId, Span)>,
}

/// What a function does.
#[derive(Clone, Debug, Default)]
pub(super) struct Summary {
    pub(super) ret: Option<ValId>,
    /// What leaves it as an exception.
    pub(super) thrown: Option<ValId>,
    pub(super) sinks: Vec<SinkFlow>,
    /// The heap at exit: what is stored in parameters and returned objects.
    pub(super) heap: Heap,
    /// Objects of parameters that were stored to.
    pub(super) stored: Vec<(AccessId, ObjId)>,
    pub(super) captured: Vec<(FuncId, Var, ValId)>,
    pub(super) calls: Vec<CallOfParameter>,
    /// What holds of parameters when the function returns, and when it returns something true.
    pub(super) on_return: Vec<(AccessId, Bits)>,
    pub(super) on_true: Vec<(AccessId, Bits)>,
    /// What holds of them when a caller finds something else of the answer.
    pub(super) on_outcome: Vec<(Outcome, AccessId, Bits)>,
    /// It compares codes in constant time: who passes knows a secret of the program.
    pub(super) checks_codes: bool,
    /// It leaves by exceptions only.
    pub(super) never: bool,
}

impl Summary {
    pub(super) fn capture(&mut self, arena: &mut Arena, function: FuncId, var: Var, value: ValId) {
        match self
            .captured
            .iter_mut()
            .find(|c| c.0 == function && c.1 == var)
        {
            Some(known) => known.2 = arena.join(known.2, value),
            None => self.captured.push((function, var, value)),
        }
    }

    pub(super) fn note_call(&mut self, call: CallOfParameter) {
        if self.calls.len() < MAX_CALLS && !self.calls.contains(&call) {
            self.calls.push(call);
        }
    }

    pub(super) fn note_sink(&mut self, flow: SinkFlow) {
        let known = self.sinks.iter_mut().find(|s| {
            s.rule == flow.rule
                && s.span == flow.span
                && s.function == flow.function
                && s.access == flow.access
                && s.media == flow.media
        });
        if let Some(known) = known {
            known.cleared = known.cleared.both(flow.cleared);
            // Known by the receiver's name in one function, by the text's form in the next.
            if known.whole && !flow.whole {
                (known.sink, known.whole) = (flow.sink, false);
            }
        } else if self.sinks.len() < MAX_SINKS {
            self.sinks.push(flow);
        }
    }
}

/// An answer whose content type its writer's caller chooses.
enum Answer {
    /// A browser may run scripts in it.
    Shown,
    /// It does not.
    Harmless,
    /// The caller's own caller chooses.
    Chosen(AccessId),
}

/// A summary being applied at a call.
#[derive(Debug)]
pub(super) struct Application<'s> {
    pub(super) callee: FuncId,
    pub(super) summary: &'s Summary,
    pub(super) receiver: Option<ValId>,
    pub(super) passed: &'s [Passed],
    pub(super) values: FxHashMap<ValId, ValId>,
    pub(super) accesses: FxHashMap<AccessId, ValId>,
    pub(super) objects: FxHashMap<ObjId, ObjId>,
    pub(super) called: FxHashMap<AccessId, ValId>,
}

impl<'s> Application<'s> {
    pub(super) fn new(
        callee: FuncId,
        summary: &'s Summary,
        receiver: Option<ValId>,
        passed: &'s [Passed],
    ) -> Self {
        Self {
            callee,
            summary,
            receiver,
            passed,
            values: FxHashMap::default(),
            accesses: FxHashMap::default(),
            objects: FxHashMap::default(),
            called: FxHashMap::default(),
        }
    }
}

impl<'a> Analyzer<'a> {
    /// Whether two rounds of a recursive function came to the same.
    pub(super) fn same_summary(&mut self, a: &Summary, b: &Summary) -> bool {
        let same_value = match (a.ret, b.ret) {
            (None, None) => true,
            (Some(a), Some(b)) => a == b || self.arena.join(b, a) == b,
            _ => false,
        };
        same_value
            && a.sinks.len() == b.sinks.len()
            && a.stored == b.stored
            && a.calls.len() == b.calls.len()
            && a.captured.len() == b.captured.len()
            && a.on_return == b.on_return
            && a.on_true == b.on_true
            && a.on_outcome == b.on_outcome
    }

    /// Completes a summary from the state at exit.
    pub(super) fn close_frame(&mut self, frame: &mut Frame<'a>) {
        frame.summary.ret = (frame.ret != ValId::UNDEF).then_some(frame.ret);
        let Some(exit) = frame.exit.take() else {
            frame.summary.never = !self.cut.contains(&frame.id) && !frame.function.is_generator;
            return;
        };
        frame.summary.checks_codes = self.checks_codes(frame.function);
        frame.summary.on_return = self.parameter_facts(&exit);
        frame.summary.on_outcome = outcomes::common(&frame.ways);
        for (object, _) in exit.heap.iter() {
            if let Some(ObjectKind::Access(access)) = self.object_kind(*object) {
                frame.summary.stored.push((access, *object));
            }
        }
        frame.summary.heap = exit.heap;
        if self.bindings.has_inner(frame.id) {
            // What it made is what the functions inside it find.
            self.share(&Rc::clone(&frame.summary.heap));
        }
    }

    /// What is shared of a heap: a promise belongs to the call that makes it.
    fn without_promises(&self, heap: &Heap) -> Heap {
        let is_promise = |object: &ObjId| self.object_kind(*object) == Some(ObjectKind::Resolver);
        if !heap.iter().any(|(object, _)| is_promise(object)) {
            return Rc::clone(heap);
        }
        let kept = heap.iter().filter(|(object, _)| !is_promise(object));
        Rc::new(kept.cloned().collect())
    }

    /// Adds objects to those that outlive their function.
    pub(super) fn share(&mut self, heap: &Heap) {
        let heap = &self.without_promises(heap);
        if self.shared_heap.is_empty() {
            self.shared_heap = Rc::clone(heap);
            return;
        }
        let mut merged = Vec::with_capacity(self.shared_heap.len() + heap.len());
        let (mut old, mut new) = (self.shared_heap.iter().peekable(), heap.iter().peekable());
        loop {
            match (old.peek(), new.peek()) {
                (Some(a), Some(b)) if a.0 < b.0 => merged.extend(old.next().cloned()),
                (Some(a), Some(b)) => {
                    if a.0 == b.0 {
                        old.next();
                    }
                    merged.extend(new.next().cloned());
                }
                (Some(_), None) => merged.extend(old.next().cloned()),
                (None, Some(_)) => merged.extend(new.next().cloned()),
                (None, None) => break,
            }
        }
        self.shared_heap = Rc::new(merged);
    }

    /// Calls a function of this module.
    pub(super) fn apply(
        &mut self,
        frame: &mut Frame<'a>,
        state: &mut State,
        id: FuncId,
        receiver: Option<ValId>,
        passed: &[Passed],
    ) -> ValId {
        let id = self.overload(id, passed);
        self.entered.insert(id);
        if self.applying == 0 {
            self.applications = 0;
        }
        self.applications += 1;
        if self.applying >= MAX_NESTED {
            // Functions that call each other through what they are passed.
            return ValId::UNKNOWN;
        }
        if self.applications > MAX_APPLICATIONS || self.arena.len() > self.value_limit {
            self.cut.insert(frame.id);
            return ValId::UNKNOWN;
        }
        // A function that calls itself by a variable around it: one round inside of another tells what
        // it does with a part of what it is passed, and each further one would be followed for every
        // call of the last.
        if self.being_applied.iter().filter(|f| **f == id).count() > 1 {
            return ValId::UNKNOWN;
        }
        self.applying += 1;
        self.being_applied.push(id);
        let value = self.apply_summary(frame, state, id, receiver, passed);
        self.being_applied.pop();
        self.applying -= 1;
        value
    }

    fn apply_summary(
        &mut self,
        frame: &mut Frame<'a>,
        state: &mut State,
        id: FuncId,
        receiver: Option<ValId>,
        passed: &[Passed],
    ) -> ValId {
        if frame.id == FuncId(0)
            && matches!(self.status.get(id.0 as usize), Some(super::Status::New))
        {
            self.share(&Rc::clone(&state.heap));
        }
        let Some(summary) = self.summarize(id) else {
            let mut labels = Labels::new();
            for argument in passed {
                value::add_labels(&mut labels, &self.deep_labels(state, argument.value));
            }
            return self.arena.tainted(labels);
        };
        let mut application = Application::new(id, &summary, receiver, passed);
        self.note_arguments(frame, state, &mut application);
        // Elsewhere in a value of several functions another one may return.
        frame.dead |= summary.never && !frame.function.is_async;
        for called in &summary.calls {
            let outer = self.replayed;
            self.replayed = self.replay(id, called).or(outer);
            let (access, passed) = (called.access, &called.passed);
            self.apply_callback(frame, state, &mut application, access, passed);
            self.replayed = outer;
        }
        for flow in &summary.sinks {
            self.apply_sink(frame, state, &mut application, flow);
        }
        for (access, object) in &summary.stored {
            self.apply_stores(frame, state, &mut application, *access, *object);
        }
        if let Some(thrown) = summary.thrown {
            let thrown = self.translate(frame, state, &mut application, thrown);
            self.throw(frame, thrown);
        }
        for (owner, var, value) in &summary.captured {
            let value = self.translate(frame, state, &mut application, *value);
            self.apply_capture(frame, state, *owner, *var, value);
        }
        for (access, cleared) in &summary.on_return {
            let value = self.resolve(frame, state, &mut application, *access);
            self.establish(state, value, *cleared);
        }
        match summary.ret {
            Some(value) => self.translate(frame, state, &mut application, value),
            None => ValId::UNKNOWN,
        }
    }

    /// What a function is called with is what the functions that it makes find, whenever they run.
    fn note_arguments(
        &mut self,
        frame: &mut Frame<'a>,
        state: &mut State,
        application: &mut Application<'_>,
    ) {
        let id = application.callee;
        if !self.bindings.has_inner(id) {
            return;
        }
        let Some(function) = self.function(id) else {
            return;
        };
        for (at, param) in function.params.iter().enumerate() {
            let value = self.argument(frame, state, application, at as u16);
            if let Some(object) = self.only_object(value)
                && self.object_kind(object) == Some(ObjectKind::Resolver)
            {
                self.note_slot(id, param.var, value);
            }
            let mut labels = self.arena.get(value).labels.clone();
            labels.retain(|l| {
                matches!(
                    self.arena.source_of(l.source),
                    Some(value::Source::Site { .. })
                )
            });
            if !labels.is_empty() {
                let value = self.arena.tainted(labels);
                self.note_slot(id, param.var, value);
            }
        }
    }

    /// The one function in sight that a value is, and its receiver.
    pub(super) fn only_function(
        &self,
        target: ValId,
        receiver: Option<ValId>,
    ) -> Option<(FuncId, Option<ValId>)> {
        let atoms = &self.arena.get(target).atoms;
        // A method of a declared type is that method, whatever value of the type a caller passes.
        let typed = self.has_packages();
        let mut known = atoms
            .iter()
            .filter(|a| !(typed && matches!(a, Atom::Access(_))));
        match (known.next(), known.next()) {
            (Some(Atom::Func(id)), None) => Some((*id, receiver)),
            (Some(Atom::Bound(id, receiver)), None) => Some((*id, Some(*receiver))),
            _ => None,
        }
    }

    /// What a true answer of a function of this module says about its arguments.
    pub(super) fn assume_answers(
        &mut self,
        frame: &mut Frame<'a>,
        state: &mut State,
        target: ValId,
        receiver: Option<ValId>,
        args: &'a [trueline_syntax::ir::Arg],
    ) {
        let Some((id, receiver)) = self.only_function(target, receiver) else {
            return;
        };
        let Some(summary) = self.summarize(id) else {
            return;
        };
        if summary.on_true.is_empty() {
            return;
        }
        let passed: SmallVec<[Passed; 4]> = args
            .iter()
            .map(|a| Passed {
                kind: a.kind,
                value: self.read(frame, state, &a.value),
            })
            .collect();
        let mut application = Application::new(id, &summary, receiver, &passed);
        for (access, cleared) in &summary.on_true {
            let value = self.resolve(frame, state, &mut application, *access);
            self.establish(state, value, *cleared);
        }
    }

    fn apply_callback(
        &mut self,
        frame: &mut Frame<'a>,
        state: &mut State,
        application: &mut Application<'_>,
        access: AccessId,
        values: &[ValId],
    ) {
        let target = self.resolve(frame, state, application, access);
        let callable = self.arena.get(target).atoms.iter().any(|a| match a {
            Atom::Func(_) | Atom::Bound(..) | Atom::Path(_) | Atom::Access(_) => true,
            Atom::Object(object) => self.object_kind(*object) == Some(ObjectKind::Resolver),
            _ => false,
        });
        let method = match self.arena.access(access).and_then(|a| a.parent) {
            Some((base, Selector::Name(name))) if !callable => Some((base, name)),
            _ if !callable => return,
            _ => None,
        };
        let passed: SmallVec<[Passed; 4]> = values
            .iter()
            .map(|v| Passed {
                kind: ArgKind::Positional,
                value: self.translate(frame, state, application, *v),
            })
            .collect();
        if let Some((base, name)) = method {
            self.apply_method(frame, state, application, (base, name), &passed);
            return;
        }
        let parent = self.arena.access(access).and_then(|a| a.parent);
        let (receiver, name) = match parent {
            Some((base, Selector::Name(name))) => (
                Some(self.resolve(frame, state, application, base)),
                Some(name),
            ),
            _ => (None, None),
        };
        let call = Call {
            target,
            receiver,
            name,
            callee: None,
            passed: &passed,
        };
        let result = self.invoke(frame, state, &call);
        let child = self.arena.child(access, Selector::Called);
        application.called.insert(child, result);
    }

    /// A method of a list or map that the caller made: `parts.push(part)` in a function inside.
    fn apply_method(
        &mut self,
        frame: &mut Frame<'a>,
        state: &mut State,
        application: &mut Application<'_>,
        (base, name): (AccessId, trueline_syntax::ir::Symbol),
        passed: &[Passed],
    ) {
        let receiver = self.resolve(frame, state, application, base);
        let Some(object) = self.only_object(receiver) else {
            return;
        };
        let keeps = matches!(
            self.object_kind(object),
            Some(ObjectKind::List | ObjectKind::Set | ObjectKind::Map)
        );
        if !keeps || !self.may_hold_taint(state, passed) {
            return;
        }
        let call = Call {
            target: ValId::UNKNOWN,
            receiver: Some(receiver),
            name: Some(name),
            callee: None,
            passed,
        };
        self.builtin_method(frame, state, receiver, name, &call);
    }

    fn may_hold_taint(&mut self, state: &State, passed: &[Passed]) -> bool {
        passed
            .iter()
            .any(|p| !self.deep_labels(state, p.value).is_empty())
    }

    fn apply_sink(
        &mut self,
        frame: &mut Frame<'a>,
        state: &mut State,
        application: &mut Application<'_>,
        flow: &SinkFlow,
    ) {
        let media = match self.applied_media(frame, state, application, flow) {
            Answer::Harmless => return,
            Answer::Shown => None,
            Answer::Chosen(access) => Some(access),
        };
        let value = self.resolve(frame, state, application, flow.access);
        let matters = !flow.whole || self.still_matters(value, flow.sink);
        let labels = match self.sink_mode(flow.sink) {
            // Of a list only the program and what a shell reads matter.
            Some(Mode::Arguments) if self.only_object(value).is_some() => {
                self.argument_list_labels(state, value)
            }
            _ => self.deep_labels(state, value),
        };
        let passed_on = self
            .arena
            .get(value)
            .atoms
            .iter()
            .any(|a| matches!(a, Atom::Access(_)));
        for label in &labels {
            if !(matters || passed_on && self.is_symbolic(label)) {
                continue;
            }
            let step = self.arena.step(
                label.step,
                frame.span,
                StepKind::Into(application.callee, flow.step),
            );
            let label = Label {
                cleared: label.cleared.or(flow.cleared),
                step,
                guesses: label.guesses.saturating_add(flow.guesses),
                source: label.source,
            };
            let whole = flow.whole && passed_on;
            frame.media = media;
            self.reach(
                frame,
                flow.rule,
                flow.sink,
                flow.function,
                flow.span,
                label,
                whole,
            );
            frame.media = None;
        }
    }

    /// What a flow to an answer is for the content type that the caller gives.
    fn applied_media(
        &mut self,
        frame: &mut Frame<'a>,
        state: &mut State,
        application: &mut Application<'_>,
        flow: &SinkFlow,
    ) -> Answer {
        let Some(media) = flow.media else {
            return Answer::Shown;
        };
        let value = self.resolve(frame, state, application, media);
        if let Some(text) = self.media_text(value) {
            return if super::media::is_markup(&text) {
                Answer::Shown
            } else {
                Answer::Harmless
            };
        }
        match self.media_parameter(value) {
            Some(access) => Answer::Chosen(access),
            // Unknown: an answer that must be declared is not.
            None if self.is_declared_sink(flow.sink) => Answer::Harmless,
            None => Answer::Shown,
        }
    }

    fn apply_stores(
        &mut self,
        frame: &mut Frame<'a>,
        state: &mut State,
        application: &mut Application<'_>,
        access: AccessId,
        object: ObjId,
    ) {
        let at = application
            .summary
            .heap
            .binary_search_by_key(&object, |e| e.0);
        let Some(contents) = at.ok().and_then(|at| application.summary.heap.get(at)) else {
            return;
        };
        let contents = Rc::clone(&contents.1);
        let target = self.resolve(frame, state, application, access);
        for (key, value) in &contents.entries {
            let value = self.translate(frame, state, application, *value);
            self.store(state, target, Some(*key), ValId::UNDEF, value);
        }
        if contents.rest != ValId::UNDEF {
            let rest = self.translate(frame, state, application, contents.rest);
            let keys = self.translate(frame, state, application, contents.keys);
            self.store(state, target, None, keys, rest);
        }
    }

    fn apply_capture(
        &mut self,
        frame: &mut Frame<'a>,
        state: &mut State,
        owner: FuncId,
        var: Var,
        value: ValId,
    ) {
        if owner == frame.id {
            if let Some(before) = state.env.get(var.0 as usize) {
                // Whether the callee ran its assignment is not known here.
                let joined = self.arena.join(before, value);
                state.env.set(var.0 as usize, joined);
            }
            return;
        }
        // Functions beside the callee find what it put there.
        let mut labels = self.arena.get(value).labels.clone();
        labels.retain(|l| !self.is_symbolic(l));
        if !labels.is_empty() {
            let tainted = self.arena.tainted(labels);
            self.note_slot(owner, var, tainted);
        }
        frame.summary.capture(&mut self.arena, owner, var, value);
    }
}
