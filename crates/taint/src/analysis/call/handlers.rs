//! Functions that are handed over: decorators, registered handlers, callbacks of library calls.

use smallvec::SmallVec;
use trueline_syntax::ir::{ArgKind, FuncId, IterKind, Language, Symbol};

use super::{Call, Passed};
use crate::analysis::names::words;
use crate::analysis::state::State;
use crate::analysis::value::{self, Atom, Labels, ValId};
use crate::analysis::{Analyzer, Frame};
use crate::models::Entry;

impl<'a> Analyzer<'a> {
    /// A decorator returns what it decorates, as far as the analysis cares.
    pub(super) fn decorated(&mut self, call: &Call<'_, 'a>) -> ValId {
        if self.module.language != Language::Python {
            return ValId::UNDEF;
        }
        let [only] = call.passed else {
            return ValId::UNDEF;
        };
        let function = self
            .arena
            .get(only.value)
            .atoms
            .iter()
            .find(|a| matches!(a, Atom::Func(_) | Atom::Class(_)))
            .copied();
        match function {
            Some(atom) if call.receiver.is_none() => self.arena.single(atom),
            _ => ValId::UNDEF,
        }
    }

    /// Handlers passed to a registrar: `app.get("/", handler)`. Gives those of other files.
    pub(super) fn register_handlers(
        &mut self,
        frame: &Frame<'a>,
        state: &State,
        call: &Call<'_, 'a>,
    ) -> SmallVec<[FuncId; 1]> {
        let mut elsewhere = SmallVec::new();
        let has_function = call.passed.iter().any(|p| {
            self.arena
                .get(p.value)
                .atoms
                .iter()
                .any(|a| matches!(a, Atom::Func(_) | Atom::Bound(..)))
        });
        if !has_function {
            return elsewhere;
        }
        let tables = self.tables;
        let (name, kind) = match call.name {
            Some(name) => {
                let kind = call.receiver.and_then(|r| self.path_of(r));
                (self.names.text(name).to_owned(), kind)
            }
            // `createServer(handler)`, imported by its name.
            None => match self.path_of(call.target) {
                Some(path) => match path.rsplit_once('.') {
                    Some((of, name)) => (name.to_owned(), Some(of.to_owned())),
                    None => return elsewhere,
                },
                None => return elsewhere,
            },
        };
        for entry in &tables.entries {
            if !entry.spec.registrars.contains(&name) {
                continue;
            }
            let by_type = kind.as_ref().is_some_and(|k| entry.spec.of.contains(k));
            let by_name = !by_type
                && self
                    .receiver_name(frame, call.callee)
                    .is_some_and(|r| words(&r).any(|w| entry.spec.receivers.contains(&w)));
            if !(by_type || by_name && self.imports_any(&entry.spec.imports))
                || self.imports_excluded(&entry.spec.unless_imports)
            {
                continue;
            }
            self.note_route_schema(state, call);
            for argument in call.passed {
                let atoms = self.arena.get(argument.value).atoms.clone();
                for atom in atoms {
                    if let Atom::Func(id) | Atom::Bound(id, _) = atom {
                        self.register(id, entry);
                        if self.elsewhere_function(id).is_some() {
                            elsewhere.push(id);
                        }
                    }
                }
            }
            return elsewhere;
        }
        elsewhere
    }

    /// Calls the functions passed to something unknown with what it holds.
    pub(super) fn call_back(
        &mut self,
        frame: &mut Frame<'a>,
        state: &mut State,
        call: &Call<'_, 'a>,
        held: &Labels,
        given: &Labels,
    ) -> ValId {
        let mut result = ValId::UNDEF;
        for argument in call.passed {
            let atoms = self.arena.get(argument.value).atoms.clone();
            for atom in atoms {
                let (id, receiver) = match atom {
                    Atom::Func(id) => (id, None),
                    Atom::Bound(id, receiver) => (id, Some(receiver)),
                    _ => continue,
                };
                if self.registered.contains_key(&id) || self.is_decorating(call) {
                    continue;
                }
                let mut element = match call.receiver {
                    Some(receiver) => self.next_element(state, receiver, IterKind::Elements),
                    None => ValId::UNDEF,
                };
                let mut labels = held.clone();
                value::add_labels(&mut labels, given);
                let loose = self.arena.tainted(labels);
                if element == ValId::UNDEF || element == ValId::UNKNOWN {
                    element = loose;
                }
                let count = self.function(id).map_or(0, |f| f.params.len());
                let passed: SmallVec<[Passed; 4]> = (0..count.min(4))
                    .map(|_| Passed {
                        kind: ArgKind::Positional,
                        value: element,
                    })
                    .collect();
                let dead = frame.dead;
                let one = self.apply(frame, state, id, receiver, &passed);
                // Whether and when it is called is not known.
                frame.dead = dead;
                let labels = self.deep_labels(state, one);
                let one = self.arena.tainted(labels);
                result = self.arena.join(result, one);
            }
        }
        result
    }

    fn is_decorating(&self, call: &Call<'_, 'a>) -> bool {
        self.module.language == Language::Python
            && call.receiver.is_none()
            && call.passed.len() == 1
    }

    /// What the models say of a call: by the path of what is called, or by its method name.
    pub(in crate::analysis) fn entries_of(
        &mut self,
        target: ValId,
        name: Option<Symbol>,
    ) -> SmallVec<[&'a Entry; 2]> {
        let mut entries: SmallVec<[&'a Entry; 2]> = self
            .arena
            .get(target)
            .atoms
            .iter()
            .filter_map(|atom| match atom {
                Atom::Path(path) => self.paths.entry(*path),
                _ => None,
            })
            .collect();
        if entries.is_empty()
            && let Some(name) = name
        {
            entries.extend(self.paths.method(name, &self.names));
        }
        entries
    }
}
