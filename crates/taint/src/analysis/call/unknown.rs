//! What comes back from a call that no model knows, and what its name leads one to guess.

use trueline_syntax::ir::{ArgKind, Callee, Language};

use super::{CLEANING, Call, LOOK_UPS};
use crate::analysis::names::{root_of, words};
use crate::analysis::state::{Key, State};
use crate::analysis::value::{Atom, Derivation, Labels, PathId, StepKind, ValId, Value};
use crate::analysis::{Analyzer, Frame, ObjectKind};
use crate::models::{Entry, Returns};

/// First words of the methods of a store that give back what they were given.
const KEEPS: &[&str] = &[
    "save", "persist", "merge", "store", "put", "add", "map", "to", "convert",
];
/// Those of methods that find something.
const FINDS: &[&str] = &[
    "find", "select", "get", "query", "list", "search", "count", "exists", "fetch", "load",
];

impl<'a> Analyzer<'a> {
    /// The result of a library call: its type and what it carries.
    pub(super) fn result_value(
        &mut self,
        frame: &Frame<'a>,
        state: &mut State,
        path: Option<PathId>,
        entry: Option<&Entry>,
        mut labels: Labels,
        call: &Call<'_, 'a>,
    ) -> ValId {
        let kind = match entry.and_then(|e| e.returns.as_ref()) {
            Some(Returns::Number) => return self.arena.single(Atom::Number),
            Some(Returns::FreshText) => {
                // What must not be compared keeps its name.
                let named = path.filter(|_| entry.is_some_and(|e| !e.comparisons.is_empty()));
                return self.arena.single(named.map_or(Atom::Text, Atom::Path));
            }
            Some(Returns::Type(text)) => {
                let last = self.names.intern(crate::analysis::entry::last_name(text));
                Some(self.paths.absolute(text, last))
            }
            Some(Returns::Receiver) | None => path,
        };
        let made = self.is_go() && matches!(call.callee, Some(Callee::New(_)));
        if let Some(kind) = kind
            && (made || self.paths.is_store(kind))
        {
            let object = self.allocate(frame, ObjectKind::Instance(kind), 1);
            *state.contents_mut(object) = crate::analysis::state::Contents::default();
            let target = self.arena.single(Atom::Object(object));
            for argument in call.passed {
                if let ArgKind::Keyword(name) = argument.kind {
                    self.store(
                        state,
                        target,
                        Some(Key::Name(name)),
                        ValId::UNDEF,
                        argument.value,
                    );
                }
            }
            let apart = made
                && call
                    .passed
                    .iter()
                    .all(|p| matches!(p.kind, ArgKind::Keyword(_)));
            if !labels.is_empty() && !apart {
                let stored = self.arena.tainted(labels);
                self.store(state, target, None, ValId::UNDEF, stored);
            }
            return target;
        }
        if let Some(kind) = kind
            && let Some(pattern) = self.pattern_of_schema(state, kind, call)
        {
            return self.arena.add(Value {
                derived: Some((Derivation::Found, pattern)),
                ..Value::of(Atom::Path(kind))
            });
        }
        if labels.is_empty() && kind.is_none() {
            return ValId::UNKNOWN;
        }
        if !labels.is_empty() {
            let name = call
                .name
                .or_else(|| path.and_then(|p| self.paths.last(p)))
                .or_else(|| self.callee_name(frame, call.callee));
            let step = name.map_or(StepKind::Join, StepKind::Call);
            self.advance(&mut labels, frame.span, step);
        }
        let derived = self.made_from(state, path, kind, call, &labels);
        let mut value = Value {
            labels,
            derived,
            ..Value::default()
        };
        value.atoms.extend(kind.map(Atom::Path));
        if value.labels.is_empty()
            && let Some(kind) = kind
        {
            return self.arena.single(Atom::Path(kind));
        }
        self.arena.add(value)
    }

    /// How a call made its result, as far as that matters later.
    fn made_from(
        &self,
        state: &State,
        path: Option<PathId>,
        kind: Option<PathId>,
        call: &Call<'_, 'a>,
        labels: &Labels,
    ) -> Option<(Derivation, ValId)> {
        if !labels.is_empty()
            && let Some(pattern) = self.searched_pattern(state, path, call)
        {
            return Some((Derivation::Found, pattern));
        }
        if kind.is_some_and(|k| self.paths.text(k) == "os.path.splitext") {
            return call.passed.first().map(|p| (Derivation::Ending, p.value));
        }
        // Of something unknown, in languages where nothing declares its type.
        let foreign = |path: PathId| {
            let root = root_of(self.module.language, self.paths.text(path));
            !self.tables.roots.contains(root)
        };
        let guessed = path.is_none_or(foreign)
            && labels.iter().any(|l| l.guesses > 0)
            && !matches!(self.module.language, Language::Java | Language::Go);
        let receiver = call.receiver.filter(|_| guessed);
        receiver.map(|of| (Derivation::Answered, of))
    }

    /// A call of a function that is neither of this module nor modelled nor of a known library.
    /// `holds`: its receiver holds input already.
    pub(super) fn is_guess(
        &self,
        path: Option<PathId>,
        entry: Option<&Entry>,
        call: &Call<'_, 'a>,
        holds: bool,
    ) -> bool {
        if entry.is_some() {
            return false;
        }
        match path {
            Some(path) => {
                let text = self.paths.text(path);
                // A method of what a query found belongs to the program, not to the library.
                let found = text.rsplit_once('.').is_some_and(|(found, _)| {
                    let known = self.tables.paths.get(found);
                    known.is_some_and(|e| e.opaque && e.returns.is_none())
                });
                if found && call.receiver.is_some() {
                    return true;
                }
                let root = root_of(self.module.language, text);
                // A bare name is a builtin; in Go, a function of another file of the package.
                (self.is_go() || text.contains(['.', '/'])) && !self.tables.roots.contains(root)
            }
            // A method of something unknown. One of input itself, or of what is known to be text
            // or a container, works on that.
            None => call.receiver.is_none_or(|receiver| {
                let receiver = self.arena.get(receiver);
                receiver.labels.iter().all(|l| self.is_symbolic(l))
                    && receiver.konst.is_none()
                    && !receiver.atoms.iter().any(|a| match a {
                        Atom::Text => true,
                        // A map of functions of another file is no container of what it is given.
                        Atom::Object(object) => {
                            holds || self.object_kind(*object) != Some(ObjectKind::Map)
                        }
                        _ => false,
                    })
            }),
        }
    }

    /// An unknown method that sounds like a look-up: what it finds is not what it was asked with.
    pub(super) fn looks_up(&self, path: Option<PathId>, call: &Call<'_, 'a>) -> bool {
        let last = path.and_then(|p| self.paths.last(p)).or(call.name);
        call.receiver.is_some()
            && last.is_some_and(|last| {
                let first = words(self.names.text(last)).next();
                first.is_some_and(|first| LOOK_UPS.contains(&first.as_str()))
            })
    }

    /// `users.findColumns(table)` on what its declared type calls a store, and of which no code is in
    /// sight: rows that were there before, not what was asked with.
    pub(super) fn asks_store(&mut self, path: Option<PathId>, call: &Call<'_, 'a>) -> bool {
        if self.module.language != Language::Java {
            return false;
        }
        let (Some(receiver), Some(name)) = (call.receiver, call.name) else {
            return false;
        };
        let written = path.and_then(|p| self.paths.text(p).rsplit_once('.'));
        let of = if let Some((of, _)) = written {
            of.to_owned()
        } else {
            let mut atoms = self.arena.get(receiver).atoms.iter();
            let access = atoms.find_map(|a| match a {
                Atom::Access(access) => Some(*access),
                _ => None,
            });
            let Some(of) = access.and_then(|a| self.written_type(a)) else {
                return false;
            };
            self.names.text(of).to_owned()
        };
        let of = of.split('<').next().unwrap_or_default();
        let of = of.rsplit('.').next().unwrap_or_default();
        let verb = words(self.names.text(name)).next().unwrap_or_default();
        words(of).last().is_some_and(|kind| match kind.as_str() {
            "repository" | "repo" | "dao" => !KEEPS.contains(&verb.as_str()),
            // Others of that name turn one object into another.
            "mapper" => FINDS.contains(&verb.as_str()),
            _ => false,
        })
    }

    pub(super) fn sounds_cleaning(&self, path: Option<PathId>, call: &Call<'_, 'a>) -> bool {
        let last = path.and_then(|p| self.paths.last(p)).or(call.name);
        last.is_some_and(|last| {
            words(self.names.text(last)).any(|w| CLEANING.contains(&w.as_str()))
        })
    }
}
