//! Whether a value that reaches a sink can still do harm there.

use trueline_syntax::ir::{ArgKind, Language};

use super::{SinkRef, fixes_host, has_form};
use crate::analysis::call::Call;
use crate::analysis::media::{Media, is_markup};
use crate::analysis::names::words;
use crate::analysis::state::{Contents, Key, State};
use crate::analysis::value::{Atom, Label, Labels, Source, ValId};
use crate::analysis::{Analyzer, Frame};
use crate::models::Bits;
use crate::rules::format::{Mode, SinkSpec, TextForm};

impl<'a> Analyzer<'a> {
    /// Whether a sink counts at a call: by what its receiver is called, what else is given, and what
    /// kind of content the answer has. Whether the form of the text decides, and that kind.
    pub(super) fn counts(
        &mut self,
        frame: &mut Frame<'a>,
        state: &State,
        spec: &SinkSpec,
        by_name: bool,
        call: &Call<'_, 'a>,
    ) -> Option<(bool, Media)> {
        if !self.imports_any(&spec.imports) {
            return None;
        }
        let named = by_name
            && !spec.receivers.is_empty()
            && self.receiver_name(frame, call.callee).is_some_and(|name| {
                spec.receivers.contains(&name) || words(&name).any(|w| spec.receivers.contains(&w))
            });
        let by_form = by_name && !named && spec.looks_like.is_some();
        if by_name && !named && !by_form && !spec.receivers.is_empty()
            || !spec.named.is_empty() && !self.is_named(frame, call, &spec.named)
            || spec.objects && !self.is_given_objects(state, call)
            || self.calls_any(&spec.unless_beside)
        {
            return None;
        }
        let holds = spec
            .when
            .iter()
            .all(|(key, wanted)| self.argument_is(state, call, key, std::slice::from_ref(wanted)));
        let excused = spec.unless.iter().any(|(key, safe)| {
            safe.is_empty() && self.has_argument(state, call, key)
                || self.argument_is(state, call, key, safe)
        });
        // Whatever kind it is, a browser shows no HTML.
        let plain = spec.mode == Mode::Html
            && call.passed.iter().any(|argument| match argument.kind {
                ArgKind::Keyword(name) => {
                    matches!(
                        self.names.text(name),
                        "mimetype" | "content_type" | "media_type"
                    ) && self
                        .media_text(argument.value)
                        .is_some_and(|kind| !is_markup(&kind) && !kind.contains("xml"))
                }
                _ => false,
            });
        if !holds
            || excused
            || plain
            || spec.mode == Mode::Url
                && (self.has_own_transport(state, call.receiver)
                    || self.looks_up_itself(state, call)
                    || self.is_sent_by_own_transport(frame, state))
            || spec.kept.is_some_and(|k| k != self.is_only_kept(frame))
        {
            return None;
        }
        let media = match spec.mode {
            Mode::Html => self.media_of(frame, state, spec.declared, call.receiver),
            _ => Media::Unknown,
        };
        let plain = media == Media::Plain || spec.declared && media == Media::Unknown;
        (!plain).then_some((by_form, media))
    }

    /// `db.Query(ctx, text)`: how many arguments stand before those that a sink counts, where only the
    /// method's name is known. Some drivers take a context first, which carries no text.
    pub(super) fn leading_context(
        &self,
        spec: &SinkSpec,
        by_name: bool,
        call: &Call<'_, 'a>,
    ) -> u16 {
        let ([first, _, ..], true) = (call.passed, by_name && self.is_go()) else {
            return 0;
        };
        let known = self.arena.get(first.value);
        let framework = |atom: &Atom| match atom {
            Atom::Path(path) => self.paths.text(*path).ends_with(".Context"),
            _ => false,
        };
        let context =
            known.konst.is_none() && (known.is_number() || known.atoms.iter().any(framework));
        u16::from(context && spec.looks_like == Some(TextForm::Sql) && spec.args == [0])
    }

    /// Whether a value's constant beginning leaves the sink open.
    pub(in crate::analysis) fn still_matters(&self, value: ValId, sink: SinkRef) -> bool {
        let SinkRef::Model { index, by_form } = sink else {
            return true;
        };
        let Some(model) = self.models.sinks.get(usize::from(index)) else {
            return false;
        };
        let known = self.arena.get(value);
        let prefix = known.prefix.map(|p| self.names.text(p));
        if model.spec.mode == Mode::Url && prefix.is_some_and(fixes_host) {
            return false;
        }
        let ended = |head: &str| head.contains("\n\n") || head.contains("\r\n\r\n");
        if model.spec.mode == Mode::Headers && prefix.is_some_and(ended) {
            return false;
        }
        let by_name = model.spec.calls.is_empty() && !model.spec.methods.is_empty();
        if by_name
            && self.models.rule_index("sql-injection") == Some(model.rule)
            && prefix.is_some_and(is_no_statement)
        {
            return false;
        }
        if model.spec.mode == Mode::Whole && !self.is_whole_input(value) {
            return false;
        }
        if by_form {
            return match model.spec.looks_like {
                Some(form) => prefix.is_some_and(|p| has_form(p, form)),
                None => true,
            };
        }
        true
    }

    /// Whether a value is a whole list or map of input. In Python that is all input which is not surely
    /// text: what the program puts together has entries of its own.
    fn is_whole_input(&self, value: ValId) -> bool {
        if self.module.language != Language::Python {
            return self.is_object_source(value);
        }
        let known = self.arena.get(value);
        let text = known.prefix.is_some() || known.atoms.contains(&Atom::Text);
        let structure = self.models.structure_rules;
        !text
            && known
                .labels
                .iter()
                .any(|l| !self.is_symbolic(l) && !l.cleared.has(structure))
    }

    /// Whether a value is input that is itself a list or map.
    pub(super) fn is_object_source(&self, value: ValId) -> bool {
        self.arena.get(value).atoms.iter().any(|atom| {
            matches!(atom, Atom::Path(path)
                if self.paths.entry(*path).is_some_and(|e| e.object))
        })
    }

    /// Whether a label stands for something that a caller passes.
    pub(in crate::analysis) fn is_symbolic(&self, label: &Label) -> bool {
        matches!(self.arena.source_of(label.source), Some(Source::Access(_)))
    }

    /// `exec.Command("sh", "-c", text)`: the call's own arguments are the list. `spawn("sh", ["-c", text])`: a list
    /// that is passed behind the program goes on with them.
    pub(super) fn check_program(
        &mut self,
        frame: &mut Frame<'a>,
        state: &State,
        sink: SinkRef,
        from: Option<u16>,
        call: &Call<'_, 'a>,
    ) {
        let mut contents = Contents::default();
        let mut position = 0_i64;
        for argument in call.passed.iter().skip(usize::from(from.unwrap_or(0))) {
            let goes_on = position > 0
                && self
                    .only_object(argument.value)
                    .and_then(|o| state.contents(o))
                    .is_some_and(|list| {
                        list.entries
                            .iter()
                            .any(|(key, _)| matches!(key, Key::At(_)))
                    });
            if argument.kind != ArgKind::Spread && !goes_on {
                contents.set(Key::At(position), argument.value);
                position += 1;
                continue;
            }
            let list = self
                .only_object(argument.value)
                .and_then(|o| state.contents(o));
            match list {
                Some(list) => {
                    for (key, value) in &list.entries {
                        if let Key::At(at) = key {
                            contents.set(Key::At(at.saturating_add(position)), *value);
                        }
                    }
                    // Where the next argument stands nobody needs to know: behind a list come options.
                    position =
                        position.saturating_add(i64::try_from(list.entries.len()).unwrap_or(0));
                    contents.rest = list.rest;
                }
                None => contents.rest = argument.value,
            }
        }
        let labels = self.program_labels(&contents);
        let SinkRef::Model { index, .. } = sink else {
            return;
        };
        let models = self.models;
        let Some(rule) = models.sinks.get(usize::from(index)).map(|s| s.rule) else {
            return;
        };
        for label in labels {
            let (id, span) = self.sink_place(frame);
            let label = self.enter_replayed(frame, label);
            self.reach(frame, rule, sink, id, span, label, false);
        }
    }

    fn program_labels(&self, contents: &Contents) -> Labels {
        let at = |position: i64| contents.get(Key::At(position));
        let Some(program) = at(0) else {
            return self.arena.get(contents.rest).labels.clone();
        };
        let mut labels = self.arena.get(program).labels.clone();
        let text_at = |value: ValId| {
            let konst = self.arena.get(value).konst;
            konst.and_then(|k| self.konst_text(k))
        };
        let shell = match text_at(program) {
            // `sh` or `cmd.exe`, whichever this system has: `-c` in second place tells.
            None => {
                let flag = at(1).and_then(text_at);
                matches!(flag.as_deref(), Some("-c" | "/c" | "/C"))
            }
            Some(text) => {
                let name = text.rsplit(['/', '\\']).next().unwrap_or(&text);
                let name = name.strip_suffix(".exe").unwrap_or(name);
                matches!(
                    name,
                    "sh" | "bash" | "zsh" | "dash" | "ksh" | "cmd" | "powershell" | "pwsh"
                )
            }
        };
        if shell {
            for (key, value) in &contents.entries {
                if *key > Key::At(0) {
                    crate::analysis::value::add_labels(&mut labels, &self.arena.get(*value).labels);
                }
            }
            crate::analysis::value::add_labels(&mut labels, &self.arena.get(contents.rest).labels);
        }
        labels
    }

    /// `["sh", "-c", text]`, or the program of any other list.
    pub(in crate::analysis) fn argument_list_labels(
        &mut self,
        state: &State,
        value: ValId,
    ) -> Labels {
        let Some(object) = self.only_object(value) else {
            let mut labels = self.arena.get(value).labels.clone();
            labels.retain(|l| !l.cleared.has(Bits::PROGRAM));
            return labels;
        };
        let Some(contents) = state.contents(object).cloned() else {
            return Labels::new();
        };
        self.program_labels(&contents)
    }
}

/// Whether text begins with a word and a mark that no statement of a database goes on with:
/// `project:`, `users/`.
fn is_no_statement(prefix: &str) -> bool {
    let rest = prefix.trim_start_matches(|c: char| c.is_ascii_alphanumeric());
    rest.len() < prefix.len() && rest.starts_with([':', '/', '.', '-', '_', '@'])
}
