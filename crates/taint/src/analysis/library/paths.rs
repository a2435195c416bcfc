//! Paths of files: joining, normalising, and which half of their safety each step gives.

use trueline_syntax::ir::{Language, Symbol};

use crate::analysis::call::Call;
use crate::analysis::state::State;
use crate::analysis::transfer::clear_all;
use crate::analysis::value::{self, Atom, Derivation, Labels, PathId, StepKind, ValId, Value};
use crate::analysis::{Analyzer, Frame};
use crate::models::Bits;

impl<'a> Analyzer<'a> {
    pub(super) fn join_path(
        &mut self,
        frame: &Frame<'a>,
        state: &mut State,
        path: PathId,
        call: &Call<'_, 'a>,
    ) -> ValId {
        let mut labels = Labels::new();
        // `path.join` of Node treats a later absolute part as relative.
        let replaces = self.module.language == Language::Python
            || self.paths.text(path).ends_with(".Path.resolve");
        let mut began = false;
        if (self.paths.text(path).ends_with(".joinpath") || self.names_method(path))
            && let Some(receiver) = call.receiver
        {
            labels = self.deep_labels(state, receiver);
            began = true;
        }
        let began_before = began;
        let mut prefix = None;
        for (at, argument) in call.passed.iter().enumerate() {
            let mut part = self.deep_labels(state, argument.value);
            if began {
                clear_all(&mut part, Bits::PLACED);
            }
            if began && !replaces {
                clear_all(&mut part, Bits::RELATIVE);
            }
            value::add_labels(&mut labels, &part);
            // Whatever comes first, unless it is empty, what follows stands below it.
            began |= self
                .constant_text(argument.value)
                .is_none_or(|text| !text.is_empty());
            if at == 0 {
                prefix = self.arena.get(argument.value).prefix;
            }
        }
        // Joining cleans the path; `pathlib` and Java keep it as it is.
        let script = matches!(
            self.module.language,
            Language::JavaScript | Language::TypeScript
        );
        if self.is_go() || script {
            clear_all(&mut labels, Bits::NORMALISED);
        }
        if !labels.is_empty() {
            self.advance(&mut labels, frame.span, StepKind::Join);
        }
        let mut value = Value {
            labels,
            prefix,
            ..Value::default()
        };
        if self.module.language == Language::Java {
            let kind = self.place_type(path);
            value.atoms.push(kind);
            if let [only] = call.passed
                && !began_before
            {
                value.derived = Some((Derivation::SameText, only.value));
            }
        } else if self.paths.text(path).starts_with("pathlib.") {
            let text = "pathlib.Path";
            let last = self.names.intern("Path");
            let path = self.paths.absolute(text, last);
            value.atoms.push(Atom::Path(path));
            if let [only] = call.passed
                && value.derived.is_none()
            {
                value.derived = Some((Derivation::SameText, only.value));
            }
        } else {
            value.atoms.push(Atom::Text);
        }
        self.arena.add(value)
    }

    pub(super) fn normalise(
        &mut self,
        frame: &Frame<'a>,
        state: &mut State,
        path: PathId,
        call: &Call<'_, 'a>,
    ) -> ValId {
        let mut labels = Labels::new();
        let mut atoms = Vec::new();
        if self.names_method(path) {
            if let Some(receiver) = call.receiver {
                labels = self.deep_labels(state, receiver);
                atoms.extend(self.arena.get(receiver).atoms.iter().copied());
            }
        } else {
            for argument in call.passed {
                let part = self.deep_labels(state, argument.value);
                value::add_labels(&mut labels, &part);
            }
            atoms.push(Atom::Text);
        }
        if labels.is_empty() && call.passed.len() == 1 && !self.names_method(path) {
            return self.arena.single(Atom::Text);
        }
        clear_all(&mut labels, Bits::NORMALISED);
        // `filepath.Clean("/" + name)`: no `..` climbs above the root.
        let rooted = call.passed.first().is_some_and(|p| {
            let known = self.arena.get(p.value);
            known.konst.is_none() && known.prefix.is_some_and(|p| self.names.text(p) == "/")
        });
        if self.is_go() && rooted && self.paths.text(path).ends_with(".Clean") {
            clear_all(&mut labels, Bits::NO_DOTDOT);
        }
        let mut derived = None;
        if self.module.language == Language::Java {
            atoms = vec![self.place_type(path)];
            derived = call.receiver.map(|from| (Derivation::SameText, from));
        } else if self.names_method(path) && call.passed.is_empty() {
            derived = call.receiver.map(|from| (Derivation::Resolved, from));
        } else if let ([only], false) = (call.passed, self.names_method(path)) {
            derived = Some((Derivation::Resolved, only.value));
        }
        if !labels.is_empty() {
            self.advance(&mut labels, frame.span, StepKind::Join);
        }
        let mut value = Value {
            labels,
            derived,
            ..Value::default()
        };
        atoms.sort_unstable();
        value::add_atoms(&mut value.atoms, &atoms);
        self.arena.add(value)
    }

    /// `place.resolve()` of what a caller passes, where the file uses `pathlib`.
    pub(in crate::analysis) fn resolved_unknown(
        &mut self,
        frame: &Frame<'a>,
        state: &mut State,
        receiver: ValId,
        name: Symbol,
        call: &Call<'_, 'a>,
    ) -> Option<ValId> {
        let atoms = &self.arena.get(receiver).atoms;
        let of_caller = matches!(atoms.as_slice(), [Atom::Access(_)]);
        if self.module.language != Language::Python
            || self.names.text(name) != "resolve"
            || !call.passed.is_empty()
            || !of_caller
            || !self.imports_any(&["pathlib".to_owned()])
        {
            return None;
        }
        let path = self.paths.absolute("pathlib.Path.resolve", name);
        Some(self.normalise(frame, state, path, call))
    }

    /// `folder.joinpath(name)`: only a path of `pathlib` has this method, wherever the folder is from.
    pub(super) fn joined_onto_unknown(
        &mut self,
        frame: &Frame<'a>,
        state: &mut State,
        receiver: ValId,
        name: Symbol,
        call: &Call<'_, 'a>,
    ) -> Option<ValId> {
        if self.module.language != Language::Python || self.names.text(name) != "joinpath" {
            return None;
        }
        for atom in self.arena.get(receiver).atoms.clone() {
            match atom {
                Atom::Access(_) | Atom::Text => {}
                // What no model knows.
                Atom::Path(path) => {
                    let child = self.paths.child(path, name, &self.names);
                    let known = self.paths.entry(child).is_some()
                        || self.paths.special(child).is_some()
                        || self.paths.entry(path).is_some();
                    if known {
                        return None;
                    }
                }
                _ => return None,
            }
        }
        let path = self.paths.absolute("pathlib.Path.joinpath", name);
        Some(self.join_path(frame, state, path, call))
    }
}
