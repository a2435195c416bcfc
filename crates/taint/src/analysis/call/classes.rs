//! Calls that make an instance, and what a class and its bases give: constructors, methods, attributes.

use smallvec::SmallVec;
use trueline_syntax::ir::{
    ArgKind, ClassId, FuncId, FunctionKind, Language, ParamKind, Symbol, VarHome,
};

use super::{Call, MAX_LINEAGE, Passed};
use crate::analysis::state::{Key, State};
use crate::analysis::value::{self, Atom, Labels, Root, ValId};
use crate::analysis::{Analyzer, Frame, ObjectKind};

impl<'a> Analyzer<'a> {
    /// Makes an instance of a class of this module.
    pub(super) fn construct(
        &mut self,
        frame: &mut Frame<'a>,
        state: &mut State,
        class: ClassId,
        call: &Call<'_, 'a>,
    ) -> ValId {
        let object = self.allocate(frame, ObjectKind::Class(class), class.0.saturating_add(2));
        *state.contents_mut(object) = crate::analysis::state::Contents::default();
        let value = self.arena.single(Atom::Object(object));
        if let Some(id) = self.constructor(class) {
            self.apply(frame, state, id, Some(value), call.passed);
        } else {
            // Data classes and records keep what they are given.
            let mut labels = Labels::new();
            for argument in call.passed {
                match argument.kind {
                    ArgKind::Keyword(name) => {
                        self.note_transport(state, class, name, argument.value);
                        self.store(
                            state,
                            value,
                            Some(Key::Name(name)),
                            ValId::UNDEF,
                            argument.value,
                        );
                    }
                    _ => value::add_labels(&mut labels, &self.deep_labels(state, argument.value)),
                }
            }
            if !labels.is_empty() {
                let rest = self.arena.tainted(labels);
                self.store(state, value, None, ValId::UNDEF, rest);
            }
        }
        value
    }

    pub(in crate::analysis) fn constructor(&self, class: ClassId) -> Option<FuncId> {
        self.method_of(class, self.symbols.init)
            .or_else(|| self.method_of(class, self.symbols.constructor))
    }

    /// A method of a class or of its bases.
    pub(in crate::analysis) fn method_of(&self, class: ClassId, name: Symbol) -> Option<FuncId> {
        self.lineage(class).into_iter().find_map(|at| {
            let body = self.class(at)?;
            let method = body.methods.iter().rev().find(|m| m.0 == name);
            method.map(|m| m.1)
        })
    }

    /// Remembers which methods of a class have one name.
    pub(in crate::analysis) fn note_overloads(&mut self, methods: &[(Symbol, FuncId)]) {
        if self.module.language != Language::Java {
            return;
        }
        for (name, id) in methods {
            let same = methods.iter().filter(|m| m.0 == *name).map(|m| m.1);
            let same: SmallVec<[FuncId; 4]> = same.collect();
            if same.len() > 1 {
                self.overloads.insert(*id, same);
            }
        }
    }

    /// The method of a name that takes as many arguments as a call passes.
    pub(in crate::analysis) fn overload(&self, id: FuncId, passed: &[Passed]) -> FuncId {
        let Some(same) = self.overloads.get(&id) else {
            return id;
        };
        let takes = |id: &FuncId| {
            let params = self.function(*id).map_or(&[][..], |f| f.params.as_slice());
            let open = params.last().is_some_and(|p| p.kind == ParamKind::Rest);
            passed.len() == params.len() || open && passed.len() + 1 >= params.len()
        };
        if takes(&id) {
            return id;
        }
        same.iter().copied().find(takes).unwrap_or(id)
    }

    /// A class and its bases, nearest first, each once.
    pub(in crate::analysis) fn lineage(&self, class: ClassId) -> SmallVec<[ClassId; 8]> {
        let mut all: SmallVec<[ClassId; 8]> = SmallVec::new();
        let mut open: SmallVec<[ClassId; 8]> = SmallVec::new();
        open.push(class);
        while let Some(at) = open.pop() {
            if all.len() >= MAX_LINEAGE || all.contains(&at) {
                continue;
            }
            all.push(at);
            // The first base is looked at first, with what is above it.
            open.extend(self.bases_of(at).iter().rev().copied());
        }
        all
    }

    /// An attribute of a class: a method, or a name of its body.
    pub(in crate::analysis) fn class_attribute(
        &mut self,
        class: ClassId,
        name: Symbol,
        receiver: Option<ValId>,
    ) -> ValId {
        if let Some(id) = self.method_of(class, name) {
            return match receiver {
                Some(receiver) if !self.is_static(id) => {
                    self.arena.single(Atom::Bound(id, receiver))
                }
                _ => self.arena.single(Atom::Func(id)),
            };
        }
        for class in self.lineage(class) {
            if let Some(value) = self.elsewhere_attribute(class, name) {
                return value;
            }
            let body = self
                .module
                .functions
                .iter()
                .position(|f| f.kind == FunctionKind::ClassBody && f.class == Some(class));
            if let Some(body) = body {
                let id = FuncId(body as u32);
                let var = self.module.functions.get(body).and_then(|f| {
                    f.vars
                        .iter()
                        .position(|v| v.name == name && v.home == VarHome::Local)
                });
                if let Some(var) = var {
                    let var = trueline_syntax::ir::Var(var as u32);
                    let slot = self.slots.get(&(id, var)).copied();
                    if let Some(value) = slot.or_else(|| self.binding_value(id, var)) {
                        return value;
                    }
                }
            }
        }
        self.left_to_others(class, name, receiver)
    }

    pub(super) fn super_method(&mut self, frame: &Frame<'a>, name: Symbol) -> ValId {
        let Some(class) = frame.function.class else {
            return ValId::UNKNOWN;
        };
        let above = self.bases_of(class).iter();
        let Some(id) = above.copied().find_map(|base| self.method_of(base, name)) else {
            return ValId::UNKNOWN;
        };
        let root = if self.module.language == Language::Python {
            Root::Param(frame.id, 0)
        } else {
            Root::This(frame.id)
        };
        let access = self.arena.root(root);
        let receiver = self.arena.access_value(access);
        self.arena.single(Atom::Bound(id, receiver))
    }
}
