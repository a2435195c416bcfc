//! Methods of text: splitting, replacing, formatting, and what they clear.

use trueline_syntax::ir::{Language, Symbol};

use crate::analysis::alphabet::{found_characters, rejected_alphabet};
use crate::analysis::call::Call;
use crate::analysis::names::MAX_TEXT;
use crate::analysis::state::{Key, State};
use crate::analysis::transfer::clear_all;
use crate::analysis::value::{self, Atom, Derivation, Konst, Labels, StepKind, ValId, Value};
use crate::analysis::{Analyzer, Frame};
use crate::models::Bits;

impl<'a> Analyzer<'a> {
    pub(super) fn text_method(
        &mut self,
        frame: &mut Frame<'a>,
        state: &mut State,
        receiver: ValId,
        name: Symbol,
        call: &Call<'_, 'a>,
    ) -> Option<ValId> {
        let first = call.passed.first().map(|p| p.value);
        let text = self.names.text(name).to_owned();
        if let Some(made) = self.java_text(frame, state, receiver, &text, call) {
            return Some(made);
        }
        let text = text.as_str();
        match text {
            "lower" | "upper" | "strip" | "lstrip" | "rstrip" | "casefold" | "title"
            | "toLowerCase" | "toUpperCase" | "trim" | "trimStart" | "trimEnd" | "toString"
            | "normalize" => {
                let known = self.arena.get(receiver);
                if known.labels.is_empty() || text.ends_with("strip") && first.is_some() {
                    return None;
                }
                Some(self.same_text(receiver))
            }
            "split" | "rsplit" if self.cuts_at_dots(call) => {
                self.cut_at_dots(frame, receiver, name, call.passed.len() > 1)
            }
            "rsplit" | "split" | "rpartition" if self.module.language == Language::Python => {
                self.split_text(frame, receiver, name, call)
            }
            "isdigit" | "isalnum" | "isalpha" | "isnumeric" | "isdecimal" | "isidentifier"
            | "startswith" | "endswith" | "startsWith" | "endsWith" | "find" | "rfind"
            | "index" | "indexOf" | "lastIndexOf" | "count" | "includes" | "charCodeAt"
            | "codePointAt" | "localeCompare"
                if !call.passed.iter().any(|p| self.is_function(p.value)) =>
            {
                // An unknown receiver may be a collection: `find` then gives an element.
                let script = self.module.language != Language::Python;
                if text == "find" && (script || self.arena.get(receiver).atoms.is_empty()) {
                    return None;
                }
                let known = first.and_then(|f| self.contains_text(text, receiver, f));
                Some(self.arena.boolean(known))
            }
            "format" if self.is_text(receiver) => {
                if !self.arena.get(receiver).labels.is_empty()
                    && let Some(entry) = self.paths.method(name, &self.names)
                {
                    self.check_sinks(frame, state, &entry.sinks, true, call);
                }
                Some(self.str_format(frame, state, receiver, call))
            }
            "join" if self.module.language == Language::Python => {
                let list = first?;
                let mut labels = self.labels_of_each(state, list);
                let own = self.deep_labels(state, receiver);
                value::add_labels(&mut labels, &own);
                if let Some(object) = self.only_object(list) {
                    Some(self.joined_text(frame, state, object, labels))
                } else {
                    self.advance(&mut labels, frame.span, StepKind::Join);
                    let mut value = Value {
                        labels,
                        ..Value::default()
                    };
                    value.atoms.push(Atom::Text);
                    Some(self.arena.add(value))
                }
            }
            "join" if self.calls_back() && !self.arena.get(receiver).labels.is_empty() => {
                let constant = |value: ValId| self.arena.get(value).konst.is_some();
                if call.passed.len() > 1 || !first.is_none_or(constant) {
                    return None;
                }
                let mut labels = self.labels_of_each(state, receiver);
                self.advance(&mut labels, frame.span, StepKind::Join);
                let mut value = Value {
                    labels,
                    ..Value::default()
                };
                value.atoms.push(Atom::Text);
                Some(self.arena.add(value))
            }
            "replace" | "replaceAll" => self.replaced(state, receiver, call),
            _ => None,
        }
    }

    /// The answer of `text.includes(part)` and its like, where both are constant.
    fn contains_text(&self, method: &str, receiver: ValId, part: ValId) -> Option<bool> {
        let text = self.arena.get(receiver).konst?;
        let part = self.arena.get(part).konst?;
        let (text, part) = (self.konst_text(text)?, self.konst_text(part)?);
        match method {
            "includes" => Some(text.contains(&part)),
            "startsWith" | "startswith" => Some(text.starts_with(&part)),
            "endsWith" | "endswith" => Some(text.ends_with(&part)),
            _ => None,
        }
    }

    /// Pieces of text: what a guard says of one, it says of the ending of the whole.
    fn split_text(
        &mut self,
        frame: &Frame<'a>,
        receiver: ValId,
        name: Symbol,
        call: &Call<'_, 'a>,
    ) -> Option<ValId> {
        let mut labels = self.arena.get(receiver).labels.clone();
        if labels.is_empty() {
            return None;
        }
        self.advance(&mut labels, frame.span, StepKind::Call(name));
        clear_all(&mut labels, self.models.structure_rules);
        let by = call.passed.first().map(|p| self.arena.get(p.value).konst);
        let by = by.flatten().and_then(|k| self.konst_text(k));
        let derived = match self.arena.get(receiver).derived {
            Some((Derivation::UrlHost, url)) if by.as_deref() == Some("@") => {
                (Derivation::UrlHost, url)
            }
            _ => (Derivation::Ending, receiver),
        };
        Some(self.arena.add(Value {
            labels,
            derived: Some(derived),
            ..Value::default()
        }))
    }

    /// `text.replace(a, b)`: without `a`, if all of them go and `b` does not bring it back.
    pub(in crate::analysis) fn replaced(
        &mut self,
        state: &mut State,
        receiver: ValId,
        call: &Call<'_, 'a>,
    ) -> Option<ValId> {
        let [from, to] = call.passed else { return None };
        if let Some(filled) = self.filled_constant(state, receiver, from.value, to.value) {
            return Some(filled);
        }
        if let Some(clean) = self.replaced_pattern(state, receiver, from.value, to.value) {
            return Some(clean);
        }
        let all = matches!(
            self.module.language,
            Language::Python | Language::Go | Language::Java
        ) || call
            .name
            .is_some_and(|n| self.names.text(n) == "replaceAll");
        let (Some(Konst::Str(part)), Some(Konst::Str(by))) = (
            self.arena.get(from.value).konst,
            self.arena.get(to.value).konst,
        ) else {
            return None;
        };
        let part = self.names.text(part).to_owned();
        if let Some(Konst::Str(text)) = self.arena.get(receiver).konst {
            let text = self.names.text(text);
            let by = self.names.text(by).to_owned();
            let done = if all {
                text.replace(&part, &by)
            } else {
                text.replacen(&part, &by, 1)
            };
            if done.len() > MAX_TEXT {
                return None;
            }
            let symbol = self.names.intern(&done);
            return Some(self.arena.constant(Konst::Str(symbol)));
        }
        // Taking out `../` leaves a new one of `....//`; a single character does not come back.
        let single = part.chars().count() == 1 && !self.names.text(by).contains(&part);
        let mut labels = self.deep_labels(state, receiver);
        if all && single {
            let cleared = self.cleared_by_absence(&part);
            clear_all(&mut labels, cleared);
        }
        let doubled = self.names.text(by) == part.repeat(2);
        if all && doubled {
            clear_all(&mut labels, self.cleared_by_doubling(&part));
        }
        if all && part == "'" && escapes_for_shell(self.names.text(by)) {
            clear_all(&mut labels, Bits::SHELL_ESCAPED);
        }
        let part = self.names.intern(&part);
        let mut value = Value {
            labels,
            derived: Some((Derivation::Without(part), receiver)),
            ..Value::default()
        };
        value.atoms.push(Atom::Text);
        Some(self.arena.add(value))
    }

    /// `"User-agent: {{agent}}".replace("{{agent}}", value)`: what stands before the hole is known.
    fn filled_constant(
        &mut self,
        state: &State,
        template: ValId,
        hole: ValId,
        by: ValId,
    ) -> Option<ValId> {
        let text = |value: ValId| {
            let konst = self.arena.get(value).konst;
            konst.and_then(|k| self.konst_text(k))
        };
        let (template, hole) = (text(template)?, text(hole)?);
        let (head, _) = template.split_once(hole.as_str())?;
        let mut labels = self.deep_labels(state, by);
        if labels.is_empty() || head.is_empty() || self.is_function(by) {
            return None;
        }
        clear_all(&mut labels, Bits::RELATIVE);
        if crate::analysis::sink::fixes_host(head) {
            clear_all(&mut labels, self.models.url_rules);
        }
        clear_all(&mut labels, self.models.structure_rules);
        let prefix = self.names.intern(head);
        let mut value = Value {
            labels,
            prefix: Some(prefix),
            ..Value::default()
        };
        value.atoms.push(Atom::Text);
        Some(self.arena.add(value))
    }

    /// `name.replace('"', '""')`: a name of a table or column that goes between such quotes.
    fn cleared_by_doubling(&self, quote: &str) -> Bits {
        match self.models.rule_index("sql-injection") {
            Some(rule) if matches!(quote, "\"" | "`" | "]") => Bits::rule(rule),
            _ => Bits::NONE,
        }
    }

    /// `re.sub(pattern, by, text)`: without the characters that the pattern finds, or with those only
    /// that it does not.
    pub(in crate::analysis) fn substituted(
        &mut self,
        state: &State,
        pattern: ValId,
        by: ValId,
        text: ValId,
    ) -> Option<ValId> {
        let compiled = self.pattern_of(state, pattern).unwrap_or(pattern);
        let known = |value: ValId| {
            let konst = self.arena.get(value).konst;
            konst.and_then(|k| self.konst_text(k))
        };
        let (source, by) = (known(compiled)?, known(by)?);
        // A repeat of what is found counts as one find.
        let mut cleared = Bits::NONE;
        if let Some(mut kept) = rejected_alphabet(&source) {
            kept.add_text(&by);
            cleared = self.cleared_by_alphabet(&kept);
        } else {
            let found = found_characters(&source)?;
            for c in found.characters().filter(|c| !by.contains(*c)) {
                cleared = cleared.or(self.cleared_by_absence(&c.to_string()));
            }
            if source == "'" && escapes_for_shell(&by) {
                cleared = cleared.or(Bits::SHELL_ESCAPED);
            }
        }
        let mut labels = self.deep_labels(state, text);
        clear_all(&mut labels, cleared);
        clear_all(&mut labels, self.models.structure_rules);
        let mut value = Value {
            labels,
            ..Value::default()
        };
        value.atoms.push(Atom::Text);
        Some(self.arena.add(value))
    }

    /// `text.replace(/[<>]/g, "")`: without the characters that the pattern finds, or with those only
    /// that it does not.
    fn replaced_pattern(
        &mut self,
        state: &State,
        receiver: ValId,
        pattern: ValId,
        by: ValId,
    ) -> Option<ValId> {
        let object = self.only_object(pattern)?;
        let flags = state.contents(object)?.get(Key::At(1))?;
        let text = |value: ValId| {
            let konst = self.arena.get(value).konst;
            konst.and_then(|k| self.konst_text(k))
        };
        if !text(flags)?.contains('g') {
            return None;
        }
        let source = text(self.pattern_of(state, pattern)?)?;
        let labels = self.deep_labels(state, by);
        if !labels.is_empty() {
            return None;
        }
        // A function answers for each character with what stands in its table.
        let by = self.arena.get(by).konst.and_then(|k| self.konst_text(k));
        let by = by.unwrap_or_default();
        let mut cleared = Bits::NONE;
        if let Some(mut kept) = rejected_alphabet(&source) {
            kept.add_text(&by);
            cleared = self.cleared_by_alphabet(&kept);
        } else {
            let found = found_characters(&source)?;
            for c in found.characters().filter(|c| !by.contains(*c)) {
                cleared = cleared.or(self.cleared_by_absence(&c.to_string()));
            }
            if let Some(only) = found.only()
                && by == only.to_string().repeat(2)
            {
                cleared = cleared.or(self.cleared_by_doubling(&only.to_string()));
            }
            if found.only() == Some('\'') && escapes_for_shell(&by) {
                cleared = cleared.or(Bits::SHELL_ESCAPED);
            }
            if by.contains("$&") {
                // Each is there still, with something before it: only a pattern cares.
                let pattern = self.models.rule_index("regex-denial-of-service");
                cleared = cleared.both(pattern.map_or(Bits::NONE, Bits::rule));
            }
        }
        let mut labels = self.deep_labels(state, receiver);
        clear_all(&mut labels, cleared);
        clear_all(&mut labels, self.models.structure_rules);
        let mut value = Value {
            labels,
            ..Value::default()
        };
        value.atoms.push(Atom::Text);
        Some(self.arena.add(value))
    }

    /// `"… {} …".format(…)`
    fn str_format(
        &mut self,
        frame: &Frame<'a>,
        state: &mut State,
        receiver: ValId,
        call: &Call<'_, 'a>,
    ) -> ValId {
        let template = self.arena.get(receiver).prefix;
        let template = template.map(|t| self.names.text(t).to_owned());
        let head = template
            .as_deref()
            .map(|t| t.split('{').next().unwrap_or(t).to_owned());
        let mut labels = self.arena.get(receiver).labels.clone();
        let mut given = Labels::new();
        for argument in call.passed {
            value::add_labels(&mut given, &self.deep_labels(state, argument.value));
        }
        if head.as_deref().is_some_and(|h| !h.is_empty()) {
            clear_all(&mut given, Bits::RELATIVE);
        }
        value::add_labels(&mut labels, &given);
        let prefix = head.map(|h| self.names.intern(&h));
        self.advance(&mut labels, frame.span, StepKind::Format);
        let mut value = Value {
            labels,
            prefix,
            ..Value::default()
        };
        value.atoms.push(Atom::Text);
        self.arena.add(value)
    }
}

/// Whether a text stands for a single quote in a shell where it is read between single quotes.
fn escapes_for_shell(by: &str) -> bool {
    matches!(by, r"'\''" | "'\"'\"'")
}
