//! Putting the caller's values in the place of a callee's parameters.

use std::rc::Rc;

use trueline_syntax::ir::{ArgKind, ParamKind};

use super::call::Call;
use super::state::{Contents, Key, State};
use super::value::{
    self, AccessId, Atom, Label, ObjId, Root, Selector, Source, StepKind, ValId, Value,
};
use super::{Analyzer, Frame, ObjectKind};

use super::summary::Application;

impl<'a> Analyzer<'a> {
    /// The caller's value of a path that the callee speaks of.
    pub(super) fn resolve(
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
            Some((method, Selector::Called))
                if let Some(value) = self.called_builtin(frame, state, application, method) =>
            {
                value
            }
            Some((base, selector)) => {
                let base = self.resolve(frame, state, application, base);
                self.reading_passed += 1;
                let value = self.select(frame, state, base, selector);
                self.reading_passed -= 1;
                value
            }
        };
        application.accesses.insert(access, value);
        value
    }

    /// The answer of a builtin method that the callee calls on something the caller made.
    fn called_builtin(
        &mut self,
        frame: &mut Frame<'a>,
        state: &mut State,
        application: &mut Application<'_>,
        method: AccessId,
    ) -> Option<ValId> {
        let (base, Selector::Name(name)) = self.arena.access(method)?.parent? else {
            return None;
        };
        let receiver = self.resolve(frame, state, application, base);
        self.only_object(receiver)?;
        let call = Call {
            target: ValId::UNKNOWN,
            receiver: Some(receiver),
            name: Some(name),
            callee: None,
            passed: &[],
        };
        self.builtin_method(frame, state, receiver, name, &call)
    }

    pub(super) fn select(
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
                let kind = trueline_syntax::ir::IterKind::Elements;
                let element = self.next_element(state, base, kind);
                self.piece_of_stream(frame, base, element)
            }
            Selector::Key => self.keys_of(state, base),
            Selector::Entry => self.index(frame, state, base, ValId::UNKNOWN),
            Selector::Called => {
                let library = self
                    .arena
                    .get(base)
                    .atoms
                    .iter()
                    .any(|a| matches!(a, Atom::Path(_) | Atom::Access(_)));
                if library {
                    let call = Call {
                        target: base,
                        receiver: None,
                        name: None,
                        callee: None,
                        passed: &[],
                    };
                    return self.invoke(frame, state, &call);
                }
                let labels = self.arena.get(base).labels.clone();
                self.arena.tainted(labels)
            }
        }
    }

    pub(super) fn resolve_root(
        &mut self,
        frame: &mut Frame<'a>,
        state: &mut State,
        application: &mut Application<'_>,
        root: Root,
    ) -> ValId {
        match root {
            Root::Param(id, at) if id == application.callee => {
                self.argument(frame, state, application, at)
            }
            Root::This(id) if id == application.callee => {
                application.receiver.unwrap_or(ValId::UNKNOWN)
            }
            Root::Captured(owner, var) if owner == frame.id => {
                let value = state.env.get(var.0 as usize).unwrap_or(ValId::UNKNOWN);
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
    pub(super) fn argument(
        &mut self,
        frame: &Frame<'a>,
        state: &mut State,
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
        if param.kind == ParamKind::Rest
            && application
                .passed
                .iter()
                .all(|p| p.kind == ArgKind::Positional)
        {
            return self.rest_list(frame, state, application, position);
        }
        if param.kind == ParamKind::KeywordRest {
            return self.keyword_map(frame, state, application);
        }
        let mut value = ValId::UNDEF;
        // What is named or stands in its place is in no map of others.
        let open = application
            .passed
            .iter()
            .position(|p| p.kind == ArgKind::Spread);
        let given = application
            .passed
            .iter()
            .enumerate()
            .any(|(i, p)| match p.kind {
                ArgKind::Positional => {
                    param.kind == ParamKind::Positional
                        && i == position
                        && open.is_none_or(|o| i < o)
                }
                ArgKind::Keyword(name) => name == param.name,
                ArgKind::Spread | ArgKind::KeywordSpread => false,
            });
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
                ArgKind::KeywordSpread => !given && param.kind != ParamKind::Rest,
            };
            if !matches {
                continue;
            }
            let one = match argument.kind {
                ArgKind::Spread => self.next_element(
                    state,
                    argument.value,
                    trueline_syntax::ir::IterKind::Elements,
                ),
                ArgKind::KeywordSpread => self.under_key(state, argument.value, param.name),
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

    /// What a map that is spread into keywords has under one of them.
    fn under_key(&mut self, state: &State, map: ValId, name: trueline_syntax::ir::Symbol) -> ValId {
        let mut found = self.part(map, Selector::Name(name));
        for atom in self.arena.get(map).atoms.clone() {
            let one = match atom {
                Atom::Object(object) => self.object_index(state, object, Some(Key::Name(name))),
                Atom::Access(access) => {
                    let child = self.arena.child(access, Selector::Name(name));
                    self.arena.access_value(child)
                }
                _ => continue,
            };
            found = self.arena.join(found, one);
        }
        found
    }

    /// The map that `**kwargs` is: its keys are those that the caller wrote, or those of what it spread.
    fn keyword_map(
        &mut self,
        frame: &Frame<'a>,
        state: &mut State,
        application: &Application<'_>,
    ) -> ValId {
        let sub = 700_u32.saturating_add(application.callee.0);
        let object = self.allocate(frame, ObjectKind::Map, sub);
        *state.contents_mut(object) = Contents::default();
        let target = self.arena.single(Atom::Object(object));
        let params = self
            .function(application.callee)
            .map_or(&[][..], |f| f.params.as_slice());
        for argument in application.passed {
            match argument.kind {
                ArgKind::Keyword(name) if params.iter().any(|p| p.name == name) => {}
                ArgKind::Keyword(name) => {
                    let key = Some(Key::Name(name));
                    self.store(state, target, key, ValId::UNDEF, argument.value);
                }
                ArgKind::KeywordSpread => self.spread_into(state, object, argument.value),
                ArgKind::Positional | ArgKind::Spread => {}
            }
        }
        target
    }

    /// The list that a rest parameter is.
    fn rest_list(
        &mut self,
        frame: &Frame<'a>,
        state: &mut State,
        application: &Application<'_>,
        from: usize,
    ) -> ValId {
        let passed = application.passed.get(from..).unwrap_or_default();
        let sub = 500_u32.saturating_add(application.callee.0);
        let object = self.allocate(frame, ObjectKind::List, sub);
        *state.contents_mut(object) = Contents::list(passed.iter().map(|p| p.value));
        self.arena.single(Atom::Object(object))
    }

    /// A callee's value as the caller sees it.
    pub(super) fn translate(
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
        let symbolic = value
            .labels
            .iter()
            .any(|l| matches!(self.arena.source_of(l.source), Some(Source::Access(_))));
        let structured = value
            .atoms
            .iter()
            .any(|a| matches!(a, Atom::Access(_) | Atom::Object(_) | Atom::Bound(..)));
        let result = if symbolic || structured {
            self.translate_parts(frame, state, application, id, &value)
        } else {
            id
        };
        application.values.insert(id, result);
        result
    }

    pub(super) fn translate_parts(
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
        // `${kind}; charset=utf-8` begins with what the caller passed.
        let begins = value.prefix.is_some_and(|p| self.names.text(p).is_empty());
        for label in &value.labels {
            let Some(Source::Access(access)) = self.arena.source_of(label.source) else {
                value::add_labels(&mut result.labels, &[*label]);
                continue;
            };
            let known = self.resolve(frame, state, application, access);
            if begins && value.labels.len() == 1 {
                result.prefix = self.arena.get(known).prefix.or(value.prefix);
            }
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

    pub(super) fn translate_object(
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
        let at = application
            .summary
            .heap
            .binary_search_by_key(&object, |e| e.0);
        let Some((_, contents)) = at.ok().and_then(|at| application.summary.heap.get(at)) else {
            return copy;
        };
        let contents = Rc::clone(contents);
        if own && kind == ObjectKind::Resolver {
            // It was settled by the caller already; what the callee did counts, too.
            let rest = self.translate(frame, state, application, contents.rest);
            let known = state.contents(copy).map_or(ValId::UNDEF, |c| c.rest);
            state.contents_mut(copy).rest = self.arena.join(known, rest);
        }
        if own {
            return copy;
        }
        let mut translated = Contents {
            len: contents.len,
            ..Contents::default()
        };
        for (key, value) in &contents.entries {
            let value = self.translate(frame, state, application, *value);
            translated.entries.push((*key, value));
        }
        let spread = contents.spread.filter(|spread| spread.1 == contents.rest);
        let from = spread.map(|(from, _)| self.translate(frame, state, application, from));
        let known = from
            .and_then(|from| self.only_object(from))
            .filter(|from| matches!(self.object_kind(*from), Some(ObjectKind::Map)))
            .and_then(|from| state.contents(from).cloned());
        if let Some(known) = known {
            // What stands under each key is as the caller knows it, unless the callee put something there.
            for (key, value) in known.entries {
                if contents.get(key).is_none() {
                    translated.set(key, value);
                }
            }
            translated.rest = known.rest;
            translated.keys = known.keys;
            translated.spread = known.spread;
        } else {
            translated.rest = self.translate(frame, state, application, contents.rest);
            translated.keys = self.translate(frame, state, application, contents.keys);
            translated.spread = from.map(|from| (from, translated.rest));
        }
        *state.contents_mut(copy) = translated;
        copy
    }
}
