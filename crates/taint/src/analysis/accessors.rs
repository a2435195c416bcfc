//! Accessors of classes: properties that are functions when they are read or assigned.
//!
//! The front end of JavaScript names them `get x` and `set x`; Python decorates them. Most files have none.

use rustc_hash::FxHashMap;
use trueline_syntax::ir::{ArgKind, ClassId, FuncId, Language, Symbol};

use super::call::Passed;
use super::names::Names;
use super::state::State;
use super::value::{Atom, ValId};
use super::{Analyzer, Frame, ObjectKind};

/// Decorators of Python's methods that are read like attributes.
const PROPERTIES: &[&str] = &["property", "cached_property", "functools.cached_property"];

/// Accessors by class and property.
#[derive(Debug, Default)]
pub(super) struct Accessors {
    getters: FxHashMap<(ClassId, Symbol), FuncId>,
    setters: FxHashMap<(ClassId, Symbol), FuncId>,
}

impl Accessors {
    pub(super) fn of(module: &trueline_syntax::ir::Module, names: &mut Names<'_>) -> Self {
        let mut all = Self::default();
        for (at, class) in module.classes.iter().enumerate() {
            let class_id = ClassId(at as u32);
            for (name, id) in &class.methods {
                let function = module.functions.get(id.0 as usize);
                let is_property = function.is_some_and(|f| {
                    let mut decorators = f.decorators.iter().map(|d| module.text(d.name));
                    decorators.any(|d| PROPERTIES.contains(&d))
                });
                if is_property && module.language == Language::Python {
                    all.getters.insert((class_id, *name), *id);
                } else {
                    all.note(class_id, module.text(*name), *id, names);
                }
            }
        }
        all
    }

    /// Takes note of a method, if it is an accessor.
    pub(super) fn note(&mut self, class: ClassId, method: &str, id: FuncId, names: &mut Names<'_>) {
        if let Some(property) = method.strip_prefix("get ") {
            self.getters.insert((class, names.intern(property)), id);
        } else if let Some(property) = method.strip_prefix("set ") {
            self.setters.insert((class, names.intern(property)), id);
        }
    }
}

impl<'a> Analyzer<'a> {
    /// Reads a property through its getter, if it has one.
    pub(super) fn get_accessor(
        &mut self,
        frame: &mut Frame<'a>,
        state: &mut State,
        base: ValId,
        name: Symbol,
    ) -> Option<ValId> {
        if self.accessors.getters.is_empty() {
            return None;
        }
        let id = self.accessor(base, |a, class| {
            a.accessors.getters.get(&(class, name)).copied()
        })?;
        Some(self.apply(frame, state, id, Some(base), &[]))
    }

    /// Assigns a property through its setter, if it has one.
    pub(super) fn set_accessor(
        &mut self,
        frame: &mut Frame<'a>,
        state: &mut State,
        base: ValId,
        name: Symbol,
        value: ValId,
    ) -> bool {
        if self.accessors.setters.is_empty() {
            return false;
        }
        let id = self.accessor(base, |a, class| {
            a.accessors.setters.get(&(class, name)).copied()
        });
        let Some(id) = id else { return false };
        let kind = ArgKind::Positional;
        self.apply(frame, state, id, Some(base), &[Passed { kind, value }]);
        true
    }

    fn accessor(
        &mut self,
        base: ValId,
        find: impl Fn(&Self, ClassId) -> Option<FuncId>,
    ) -> Option<FuncId> {
        let atoms = self.arena.get(base).atoms.clone();
        let [atom] = atoms.as_slice() else {
            return None;
        };
        let class = match atom {
            Atom::Object(object) => match self.object_kind(*object) {
                Some(ObjectKind::Class(class)) => Some(class),
                _ => None,
            },
            Atom::Access(access) => self.receiver_class(*access),
            _ => None,
        };
        self.lineage(class?)
            .into_iter()
            .find_map(|class| find(self, class))
    }
}
