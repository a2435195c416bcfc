//! What a function does, as its callers see it, and applying that to what they pass.
//!
//! A summary speaks of access paths from parameters, `this` and captured variables. Applying it
//! puts the caller's values in their place: in the result, in what is stored, in the sinks that
//! they reach, in the functions that are called with them and in what guards have established.

use std::rc::Rc;

use rustc_hash::FxHashMap;
use smallvec::SmallVec;
use trueline_syntax::ir::{ArgKind, FuncId, ParamKind, Span, Var};

use super::call::{Call, Passed};
use super::state::{Contents, Heap, State};
use super::value::{
    self, AccessId, Arena, Atom, Label, Labels, ObjId, Root, Selector, Source, StepId, StepKind,
    ValId, Value,
};
use super::{Analyzer, Frame, ObjectKind};
use crate::models::Bits;

/// Paths to sinks that a summary keeps.
const MAX_SINKS: usize = 64;
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
}

/// What a function does.
#[derive(Clone, Debug, Default)]
pub(super) struct Summary {
    pub(super) ret: Option<ValId>,
    pub(super) sinks: Vec<SinkFlow>,
    /// The heap at exit: what is stored in parameters and returned objects.
    pub(super) heap: Heap,
    /// Objects of parameters that were stored to.
    pub(super) stored: Vec<(AccessId, ObjId)>,
    pub(super) captured: Vec<(FuncId, Var, ValId)>,
    pub(super) calls: Vec<(AccessId, SmallVec<[ValId; 4]>)>,
    /// What holds of parameters when the function returns, and when it returns something true.
    pub(super) on_return: Vec<(AccessId, Bits)>,
    pub(super) on_true: Vec<(AccessId, Bits)>,
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

    pub(super) fn note_call(&mut self, access: AccessId, passed: SmallVec<[ValId; 4]>) {
        let call = (access, passed);
        if self.calls.len() < MAX_CALLS && !self.calls.contains(&call) {
            self.calls.push(call);
        }
    }

    pub(super) fn note_sink(&mut self, flow: SinkFlow) {
        let known = self.sinks.iter_mut().find(|s| {
            s.rule == flow.rule && s.span == flow.span && s.access == flow.access
        });
        if let Some(known) = known {
            known.cleared = known.cleared.both(flow.cleared);
        } else if self.sinks.len() < MAX_SINKS {
            self.sinks.push(flow);
        }
    }
}

/// A summary being applied at a call.
#[derive(Debug)]
struct Application<'s> {
    callee: FuncId,
    summary: &'s Summary,
    receiver: Option<ValId>,
    passed: &'s [Passed],
    values: FxHashMap<ValId, ValId>,
    accesses: FxHashMap<AccessId, ValId>,
    objects: FxHashMap<ObjId, ObjId>,
    called: FxHashMap<AccessId, ValId>,
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
    }

    /// Completes a summary from the state at exit.
    pub(super) fn close_frame(&mut self, frame: &mut Frame<'a>) {
        frame.summary.ret = (frame.ret != ValId::UNDEF).then_some(frame.ret);
        let Some(exit) = frame.exit.take() else {
            return;
        };
        frame.summary.on_return = self.parameter_facts(&exit);
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

    /// Adds objects to those that outlive their function.
    fn share(&mut self, heap: &Heap) {
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
        self.entered.insert(id);
        if frame.id == FuncId(0) && matches!(self.status.get(id.0 as usize), Some(super::Status::New)) {
            self.share(&Rc::clone(&state.heap));
        }
        let Some(summary) = self.summarize(id) else {
            let mut labels = Labels::new();
            for argument in passed {
                value::add_labels(&mut labels, &self.deep_labels(state, argument.value));
            }
            return self.arena.tainted(labels);
        };
        let mut application = Application {
            callee: id,
            summary: &summary,
            receiver,
            passed,
            values: FxHashMap::default(),
            accesses: FxHashMap::default(),
            objects: FxHashMap::default(),
            called: FxHashMap::default(),
        };
        for (access, values) in &summary.calls {
            self.apply_callback(frame, state, &mut application, *access, values);
        }
        for flow in &summary.sinks {
            self.apply_sink(frame, state, &mut application, flow);
        }
        for (access, object) in &summary.stored {
            self.apply_stores(frame, state, &mut application, *access, *object);
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

    /// What a true answer of a function of this module says about its arguments.
    pub(super) fn assume_answers(
        &mut self,
        frame: &mut Frame<'a>,
        state: &mut State,
        target: ValId,
        receiver: Option<ValId>,
        args: &'a [trueline_syntax::ir::Arg],
    ) {
        let atoms = self.arena.get(target).atoms.clone();
        let [atom] = atoms.as_slice() else { return };
        let (id, receiver) = match atom {
            Atom::Func(id) => (*id, receiver),
            Atom::Bound(id, receiver) => (*id, Some(*receiver)),
            _ => return,
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
        let mut application = Application {
            callee: id,
            summary: &summary,
            receiver,
            passed: &passed,
            values: FxHashMap::default(),
            accesses: FxHashMap::default(),
            objects: FxHashMap::default(),
            called: FxHashMap::default(),
        };
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
        let callable = self.arena.get(target).atoms.iter().any(|a| {
            matches!(
                a,
                Atom::Func(_) | Atom::Bound(..) | Atom::Path(_) | Atom::Access(_)
            )
        });
        if !callable {
            return;
        }
        let passed: SmallVec<[Passed; 4]> = values
            .iter()
            .map(|v| Passed {
                kind: ArgKind::Positional,
                value: self.translate(frame, state, application, *v),
            })
            .collect();
        let parent = self.arena.access(access).and_then(|a| a.parent);
        let (receiver, name) = match parent {
            Some((base, Selector::Name(name))) => {
                (Some(self.resolve(frame, state, application, base)), Some(name))
            }
            _ => (None, None),
        };
        let call = Call {
            target,
            receiver,
            name,
            callee: None,
            passed: &passed,
            args: &[],
        };
        let result = self.invoke(frame, state, &call);
        let child = self.arena.child(access, Selector::Called);
        application.called.insert(child, result);
    }

    fn apply_sink(
        &mut self,
        frame: &mut Frame<'a>,
        state: &mut State,
        application: &mut Application<'_>,
        flow: &SinkFlow,
    ) {
        let value = self.resolve(frame, state, application, flow.access);
        if flow.whole && !self.still_matters(value, flow.sink) {
            return;
        }
        let labels = self.deep_labels(state, value);
        for label in &labels {
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
            let whole = flow.whole
                && self
                    .arena
                    .get(value)
                    .atoms
                    .iter()
                    .any(|a| matches!(a, Atom::Access(_)));
            self.reach(frame, flow.rule, flow.sink, flow.function, flow.span, label, whole);
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
        let at = application.summary.heap.binary_search_by_key(&object, |e| e.0);
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
            if let Some(slot) = state.env.get_mut(var.0 as usize) {
                // Whether the callee ran its assignment is not known here.
                *slot = self.arena.join(*slot, value);
            }
            return;
        }
        frame.summary.capture(&mut self.arena, owner, var, value);
    }

    /// The caller's value of a path that the callee speaks of.
    fn resolve(
        &mut self,
        frame: &mut Frame<'a>,
        state: &mut State,
        application: &mut Application<'_>,
        access: AccessId,
    ) -> ValId {
        if let Some(value) = application.accesses.get(&access) {
            return *value;
        }
        let Some(node) = self.arena.access(access) else {
            return ValId::UNKNOWN;
        };
        let value = match node.parent {
            None => self.resolve_root(frame, state, application, node.root),
            Some((_, Selector::Called)) if application.called.contains_key(&access) => application
                .called
                .get(&access)
                .copied()
                .unwrap_or(ValId::UNKNOWN),
            Some((base, selector)) => {
                let base = self.resolve(frame, state, application, base);
                self.select(frame, state, base, selector)
            }
        };
        application.accesses.insert(access, value);
        value
    }

    fn select(
        &mut self,
        frame: &mut Frame<'a>,
        state: &mut State,
        base: ValId,
        selector: Selector,
    ) -> ValId {
        match selector {
            Selector::Name(name) => {
                let own = self.field(frame, state, base, name);
                // A subscript of a mapping is written the same way.
                if own == ValId::UNKNOWN {
                    let key = self.arena.constant(value::Konst::Str(name));
                    return self.index(frame, state, base, key);
                }
                own
            }
            Selector::At(at) => {
                let key = self.arena.constant(value::Konst::Int(at));
                self.index(frame, state, base, key)
            }
            Selector::Any => {
                self.next_element(state, base, trueline_syntax::ir::IterKind::Elements)
            }
            Selector::Called => {
                let library = self.arena.get(base).atoms.iter().any(|a| {
                    matches!(a, Atom::Path(_) | Atom::Access(_))
                });
                if library {
                    let call = Call {
                        target: base,
                        receiver: None,
                        name: None,
                        callee: None,
                        passed: &[],
                        args: &[],
                    };
                    return self.invoke(frame, state, &call);
                }
                let labels = self.arena.get(base).labels.clone();
                self.arena.tainted(labels)
            }
        }
    }

    fn resolve_root(
        &mut self,
        frame: &mut Frame<'a>,
        state: &mut State,
        application: &mut Application<'_>,
        root: Root,
    ) -> ValId {
        match root {
            Root::Param(id, at) if id == application.callee => {
                self.argument(state, application, at)
            }
            Root::This(id) if id == application.callee => {
                application.receiver.unwrap_or(ValId::UNKNOWN)
            }
            Root::Captured(owner, var) if owner == frame.id => {
                let value = state
                    .env
                    .get(var.0 as usize)
                    .copied()
                    .unwrap_or(ValId::UNKNOWN);
                if value == ValId::UNDEF {
                    ValId::UNKNOWN
                } else {
                    self.refined(state, value)
                }
            }
            Root::Captured(owner, var) if self.is_ancestor(owner, frame.id) => {
                self.captured(frame, owner, var)
            }
            Root::Captured(owner, var) => self
                .slots
                .get(&(owner, var))
                .copied()
                .unwrap_or(ValId::UNKNOWN),
            // `this` of an arrow function, or a parameter of an enclosing function.
            Root::This(id) | Root::Param(id, _) if id == frame.id => {
                let access = self.arena.root(root);
                self.arena.access_value(access)
            }
            Root::This(_) | Root::Param(..) => ValId::UNKNOWN,
        }
    }

    /// What the caller passes for a parameter.
    fn argument(
        &mut self,
        state: &State,
        application: &Application<'_>,
        at: u16,
    ) -> ValId {
        let Some(function) = self.function(application.callee) else {
            return ValId::UNKNOWN;
        };
        let Some(param) = function.params.get(usize::from(at)) else {
            return ValId::UNKNOWN;
        };
        let bound = self.has_receiver(function) && application.receiver.is_some();
        if bound && at == 0 {
            return application.receiver.unwrap_or(ValId::UNKNOWN);
        }
        let position = usize::from(at) - usize::from(bound);
        let mut value = ValId::UNDEF;
        for (i, argument) in application.passed.iter().enumerate() {
            let spread_before = application
                .passed
                .iter()
                .take(i)
                .any(|p| p.kind == ArgKind::Spread);
            let matches = match argument.kind {
                ArgKind::Positional => match param.kind {
                    ParamKind::Positional => i == position || spread_before && i <= position,
                    ParamKind::Rest => i >= position,
                    ParamKind::KeywordOnly | ParamKind::KeywordRest => false,
                },
                ArgKind::Keyword(name) => {
                    name == param.name || param.kind == ParamKind::KeywordRest
                }
                ArgKind::Spread => i <= position && param.kind != ParamKind::KeywordOnly,
                ArgKind::KeywordSpread => true,
            };
            if !matches {
                continue;
            }
            let one = match argument.kind {
                ArgKind::Spread => {
                    self.next_element(state, argument.value, trueline_syntax::ir::IterKind::Elements)
                }
                ArgKind::KeywordSpread => {
                    let labels = self.deep_labels(state, argument.value);
                    self.arena.tainted(labels)
                }
                ArgKind::Positional | ArgKind::Keyword(_) => argument.value,
            };
            let one = if matches!(param.kind, ParamKind::Rest | ParamKind::KeywordRest) {
                let labels = self.deep_labels(state, one);
                self.arena.tainted(labels)
            } else {
                one
            };
            value = self.arena.join(value, one);
        }
        if value == ValId::UNDEF {
            return ValId::UNKNOWN;
        }
        value
    }

    /// A callee's value as the caller sees it.
    fn translate(
        &mut self,
        frame: &mut Frame<'a>,
        state: &mut State,
        application: &mut Application<'_>,
        id: ValId,
    ) -> ValId {
        if id <= ValId::UNKNOWN {
            return id;
        }
        if let Some(known) = application.values.get(&id) {
            return *known;
        }
        // A cyclic object meets itself again: nothing for now.
        application.values.insert(id, ValId::UNKNOWN);
        let value = self.arena.get(id).clone();
        let symbolic = value.labels.iter().any(|l| {
            matches!(self.arena.source_of(l.source), Some(Source::Access(_)))
        });
        let structured = value.atoms.iter().any(|a| {
            matches!(a, Atom::Access(_) | Atom::Object(_) | Atom::Bound(..))
        });
        let result = if symbolic || structured {
            self.translate_parts(frame, state, application, id, &value)
        } else {
            id
        };
        application.values.insert(id, result);
        result
    }

    fn translate_parts(
        &mut self,
        frame: &mut Frame<'a>,
        state: &mut State,
        application: &mut Application<'_>,
        id: ValId,
        value: &Value,
    ) -> ValId {
        // Exactly what the caller passed: it keeps everything that the caller knows of it.
        if let [Atom::Access(access)] = value.atoms.as_slice()
            && self.arena.access_value(*access) == id
        {
            return self.resolve(frame, state, application, *access);
        }
        let mut result = Value {
            konst: value.konst,
            prefix: value.prefix,
            derived: None,
            ..Value::default()
        };
        for atom in &value.atoms {
            match atom {
                Atom::Access(access) => {
                    let known = self.resolve(frame, state, application, *access);
                    let atoms = self.arena.get(known).atoms.clone();
                    value::add_atoms(&mut result.atoms, &atoms);
                }
                Atom::Object(object) => {
                    let copy = self.translate_object(frame, state, application, *object);
                    value::add_atoms(&mut result.atoms, &[Atom::Object(copy)]);
                }
                Atom::Bound(function, receiver) => {
                    let receiver = self.translate(frame, state, application, *receiver);
                    value::add_atoms(&mut result.atoms, &[Atom::Bound(*function, receiver)]);
                }
                other => value::add_atoms(&mut result.atoms, &[*other]),
            }
        }
        for label in &value.labels {
            let Some(Source::Access(access)) = self.arena.source_of(label.source) else {
                value::add_labels(&mut result.labels, &[*label]);
                continue;
            };
            let known = self.resolve(frame, state, application, access);
            let labels = self.deep_labels(state, known);
            for from in labels {
                let step = self.arena.step(
                    from.step,
                    frame.span,
                    StepKind::Into(application.callee, label.step),
                );
                let through = Label {
                    source: from.source,
                    cleared: from.cleared.or(label.cleared),
                    step,
                    guesses: from.guesses.saturating_add(label.guesses),
                };
                value::add_labels(&mut result.labels, &[through]);
            }
        }
        self.arena.add(result)
    }

    fn translate_object(
        &mut self,
        frame: &mut Frame<'a>,
        state: &mut State,
        application: &mut Application<'_>,
        object: ObjId,
    ) -> ObjId {
        if let Some(copy) = application.objects.get(&object) {
            return *copy;
        }
        // An object that the caller's heap has is one it shares with the callee.
        let own = state.contents(object).is_some();
        let kind = self.object_kind(object).unwrap_or(ObjectKind::Map);
        let copy = if own {
            object
        } else {
            self.allocate(frame, kind, 1_000_u32.saturating_add(object.0))
        };
        application.objects.insert(object, copy);
        let at = application.summary.heap.binary_search_by_key(&object, |e| e.0);
        let Some((_, contents)) = at.ok().and_then(|at| application.summary.heap.get(at)) else {
            return copy;
        };
        if own {
            return copy;
        }
        let contents = Rc::clone(contents);
        let mut translated = Contents {
            len: contents.len,
            ..Contents::default()
        };
        for (key, value) in &contents.entries {
            let value = self.translate(frame, state, application, *value);
            translated.entries.push((*key, value));
        }
        translated.rest = self.translate(frame, state, application, contents.rest);
        translated.keys = self.translate(frame, state, application, contents.keys);
        *state.contents_mut(copy) = translated;
        copy
    }
}
