//! Calls that are weak by themselves, and secrets in the source.
//!
//! Words near the place say whether it matters: what they leave open goes to the tier for guesses.

use trueline_syntax::ir::{ArgKind, Span, Symbol};

use super::call::Call;
use super::names::words;
use super::state::State;
use super::value::{Konst, ValId};
use super::{Analyzer, Frame};
use crate::rules::format::Control;

use super::sink::{Reached, SinkRef};

impl<'a> Analyzer<'a> {
    /// Checks a call that is weak by itself.
    pub(super) fn check_weak_calls(
        &mut self,
        frame: &mut Frame<'a>,
        state: &State,
        calls: &[u16],
        call: &Call<'_, 'a>,
    ) {
        let models = self.models;
        for index in calls {
            let Some(weak) = models.weak_calls.get(usize::from(*index)) else {
                continue;
            };
            let spec = &weak.spec;
            self.sites.insert((weak.rule, frame.span));
            if let Some(wanted) = &spec.argument {
                let keyword = wanted.keyword.as_deref();
                let mut at = 0_u16;
                let mut value = None;
                for argument in call.passed {
                    match argument.kind {
                        ArgKind::Positional => {
                            if at == wanted.at {
                                value = Some(argument.value);
                            }
                            at += 1;
                        }
                        ArgKind::Keyword(name) if keyword == Some(self.names.text(name)) => {
                            value = Some(argument.value);
                        }
                        _ => {}
                    }
                }
                let text = value
                    .and_then(|v| self.arena.get(v).konst)
                    .and_then(|k| self.konst_text(k));
                let Some(text) = text else { continue };
                if !wanted.one_of.iter().any(|w| w.eq_ignore_ascii_case(&text)) {
                    continue;
                }
            }
            let holds = spec.when.iter().all(|(key, wanted)| {
                self.argument_is(state, call, key, std::slice::from_ref(wanted))
            });
            let excused = spec
                .unless
                .iter()
                .any(|(key, safe)| self.argument_is(state, call, key, safe));
            let lacking = spec.lacking.is_empty()
                || spec
                    .lacking
                    .iter()
                    .any(|key| !self.has_argument(state, call, key));
            if !holds || excused || !lacking {
                continue;
            }
            let context = self.context_fits(frame, &spec.context, &spec.benign);
            let new = Reached {
                function: frame.id,
                sink: SinkRef::Weak {
                    index: *index,
                    context,
                },
                label: None,
                control: Control::Local,
                parameter: None,
                depth: 0,
            };
            self.reached.insert((weak.rule, frame.span), new);
        }
    }

    /// Whether the words near a place say that it matters.
    pub(super) fn context_fits(
        &self,
        frame: &Frame<'a>,
        wanted: &[String],
        benign: &[String],
    ) -> bool {
        let start = frame.span.start as usize;
        let from = self
            .text
            .get(..start)
            .and_then(|t| t.rfind('\n'))
            .map_or(0, |at| at + 1);
        let to = self
            .text
            .get(start..)
            .and_then(|t| t.find('\n'))
            .map_or(self.text.len(), |at| start + at);
        let line = self.text.get(from..to).unwrap_or("");
        let mut names = vec![line.to_owned()];
        names.push(self.names.text(frame.function.qualified).to_owned());
        let near: Vec<String> = names.iter().flat_map(|n| words(n)).collect();
        let has = |list: &[String]| near.iter().any(|w| list.contains(w));
        (wanted.is_empty() || has(wanted)) && !has(benign)
    }

    /// A secret written into the source: `password = "…"`.
    pub(super) fn check_secret(&mut self, frame: &Frame<'a>, name: Symbol, value: ValId) {
        let Some(Konst::Str(text)) = self.arena.get(value).konst else {
            return;
        };
        let Some((rule, spec)) = self.secret_rule() else {
            return;
        };
        let text = self.names.text(text);
        if text.len() < spec.min_length || !crate::secret::names_secret(spec, self.names.text(name))
        {
            return;
        }
        self.sites.insert((rule, frame.span));
        let text = self.names.text(match self.arena.get(value).konst {
            Some(Konst::Str(text)) => text,
            _ => return,
        });
        if !crate::secret::is_secret(spec, self.names.text(name), text) {
            return;
        }
        // The place is the literal itself; a value that merely passes by is not one.
        let statement = frame.span;
        let found = self
            .text
            .get(statement.start as usize..statement.end as usize)
            .and_then(|source| source.find(text));
        let Some(at) = found else { return };
        let start = statement.start + at as u32;
        let span = Span::new(start, start + text.len() as u32);
        let new = Reached {
            function: frame.id,
            sink: SinkRef::Secret,
            label: None,
            control: Control::Local,
            parameter: None,
            depth: 0,
        };
        self.reached.entry((rule, span)).or_insert(new);
    }

    pub(super) fn secret_rule(&self) -> Option<(u16, &'a crate::rules::format::SecretSpec)> {
        let models = self.models;
        models
            .rules
            .iter()
            .enumerate()
            .find_map(|(at, r)| r.secret.as_ref().map(|s| (at as u16, s)))
    }
}
