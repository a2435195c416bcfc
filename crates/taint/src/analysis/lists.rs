//! Values inside of lists that a sink reads by position or by a neighbour: the options of a
//! program, and the messages that instruct a language model.

use trueline_syntax::ir::Symbol;

use super::state::{Contents, Key, State};
use super::value::{self, Labels, ValId};
use super::{Analyzer, ObjectKind};

/// Who speaks in a message that instructs the model.
const INSTRUCTING: &[&str] = &["system", "developer"];

impl Analyzer<'_> {
    /// What a program may take for an option: elements after the program and before `--` that
    /// begin with nothing constant.
    pub(super) fn option_labels(&mut self, state: &State, value: ValId) -> Labels {
        let mut labels = Labels::new();
        let Some(contents) = self.list_contents(state, value) else {
            return labels;
        };
        for (key, element) in &contents.entries {
            let Key::At(at) = key else { continue };
            let known = self.arena.get(*element);
            let constant = known.konst.and_then(|k| self.konst_text(k));
            match constant.as_deref() {
                Some("--") => return labels,
                // A shell's text is no option.
                Some("-c" | "-lc") if *at == 1 => return Labels::new(),
                _ => {}
            }
            let begins = known.prefix.is_some_and(|p| !self.names.text(p).is_empty());
            if *at > 0 && !begins {
                value::add_labels(&mut labels, &known.labels);
            }
        }
        labels
    }

    /// What instructs a language model: text itself, or the system messages of a list.
    pub(super) fn instruction_labels(&mut self, state: &State, value: ValId) -> Labels {
        let Some(contents) = self.list_contents(state, value) else {
            return self.arena.get(value).labels.clone();
        };
        let role = self.names.intern("role");
        let content = self.names.intern("content");
        let mut labels = Labels::new();
        for (_, message) in &contents.entries {
            value::add_labels(
                &mut labels,
                &self.message_labels(state, *message, role, content),
            );
        }
        labels
    }

    /// The content of a message whose role instructs.
    fn message_labels(
        &mut self,
        state: &State,
        message: ValId,
        role: Symbol,
        content: Symbol,
    ) -> Labels {
        let Some(entries) = self.only_object(message).and_then(|o| state.contents(o)) else {
            return Labels::new();
        };
        let speaker = entries
            .get(Key::Name(role))
            .or_else(|| entries.get(Key::At(0)));
        let instructs = speaker
            .and_then(|v| self.arena.get(v).konst)
            .and_then(|k| self.konst_text(k))
            .is_some_and(|text| INSTRUCTING.contains(&text.as_str()));
        let said = entries
            .get(Key::Name(content))
            .or_else(|| entries.get(Key::At(1)));
        match said {
            Some(said) if instructs => self.deep_labels(state, said),
            _ => Labels::new(),
        }
    }

    fn list_contents(&self, state: &State, value: ValId) -> Option<Contents> {
        let object = self.only_object(value)?;
        if self.object_kind(object) != Some(ObjectKind::List) {
            return None;
        }
        state.contents(object).cloned()
    }
}
