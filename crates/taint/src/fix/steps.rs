//! What the steps of a fix do to the text.

use std::collections::BTreeMap;

use trueline_syntax::ir::Language;

use super::arguments::Argument;
use super::lexer::Kind;
use super::parts::{Part, parts, without_brackets};
use super::spec::StepSpec;
use super::{Change, Fixer, Outcome, Place};

/// The bits that let others than the owner write.
const OTHERS_WRITE: u32 = 0o022;

impl Fixer<'_> {
    pub(super) fn step(&self, step: &StepSpec, place: &Place) -> Option<Outcome> {
        match step {
            StepSpec::Replace { import, with } => self.replace(place, import.as_deref(), with),
            StepSpec::Remove(wanted) => self.remove(place, wanted),
            StepSpec::Set {
                name,
                value,
                options,
            } => self.set(place, name, value, *options),
            StepSpec::Constants(wanted) => self.constants(place, wanted),
            StepSpec::OwnerMayWrite => self.owner_may_write(place),
            StepSpec::Positional(count) => self
                .positional(place, count.checked_sub(1)?)
                .map(|_| Outcome::default()),
            StepSpec::Assign(value) => self.assign(place, value),
            StepSpec::Field(name) => self.field(place, name),
            StepSpec::BindParameters { style, pass } => self.bind_parameters(place, *style, *pass),
            StepSpec::ArgumentList { pass } => self.argument_list(place, *pass),
            StepSpec::CompareWith { import, equal } => self.compare_with(place, import, equal),
            StepSpec::Environment { import, with } => {
                self.environment(place, import.as_deref(), with)
            }
            StepSpec::WrapValues { at, import, with } => {
                self.wrap_values(place, *at, import.as_deref(), with)
            }
        }
    }

    /// `{import}` in a template becomes the module's name in this file.
    pub(super) fn with_import(
        &self,
        import: Option<&str>,
        template: &str,
    ) -> Option<(String, Vec<Change>)> {
        let Some(wanted) = import else {
            return Some((template.to_owned(), Vec::new()));
        };
        let (name, change) = self.names.module(&self.code, wanted)?;
        Some((
            template.replace("{import}", &name),
            change.into_iter().collect(),
        ))
    }

    fn replace(&self, place: &Place, import: Option<&str>, with: &str) -> Option<Outcome> {
        let code = &self.code;
        let (text, mut changes) = self.with_import(import, with)?;
        let open = place.open?;
        let callee = code.bytes(&place.callee);
        let name = code.at(place.callee.end.checked_sub(1)?);
        let receiver = callee.start..code.bytes(&(place.callee.start..place.callee.end - 1)).end;
        let receiver = code.slice(receiver.clone()).trim_end_matches('.');
        let text = text.replace("{name}", name).replace("{receiver}", receiver);
        let start = code.bytes(&place.run).start;
        let inner =
            code.tokens.get(open)?.end..code.tokens.get(code.tokens.get(open)?.pair?)?.start;
        let end = code.bytes(&place.run).end;
        match text.split_once("{arguments}") {
            Some((left, right)) => {
                changes.push(Change::new(start..inner.start, left));
                if right != code.slice(inner.end..end) {
                    changes.push(Change::new(inner.end..end, right));
                }
            }
            None if code.slice(inner.clone()).trim().is_empty() => {
                changes.push(Change::new(start..end, &text));
            }
            None => return None,
        }
        Some(Outcome::of(changes))
    }

    /// The list that holds an argument's or option's place: the call itself, or its options.
    fn options(&self, place: &Place) -> Vec<(usize, Vec<Argument<'_>>)> {
        let Some(open) = place.open else {
            return Vec::new();
        };
        let mut lists = Vec::new();
        let mut open_lists = vec![open];
        while let Some(open) = open_lists.pop() {
            let arguments = self.code.arguments(open);
            for argument in &arguments {
                if self.code.at(argument.value.start) == "{" {
                    open_lists.push(argument.value.start);
                }
            }
            lists.push((open, arguments));
        }
        lists
    }

    fn remove(&self, place: &Place, wanted: &BTreeMap<String, Vec<String>>) -> Option<Outcome> {
        let mut changes = Vec::new();
        for (open, arguments) in self.options(place) {
            for argument in arguments {
                let Some(values) = argument.name.and_then(|name| wanted.get(name)) else {
                    continue;
                };
                let value = self.code.source(&argument.value);
                if !values.is_empty() && !values.iter().any(|v| v == value) {
                    return None;
                }
                changes.push(self.code.without_item(open, &argument.run)?);
            }
        }
        // Two that stand side by side would share their comma.
        (changes.len() == 1).then(|| Outcome::of(changes))
    }

    fn set(
        &self,
        place: &Place,
        name: &str,
        value: &str,
        options: Option<usize>,
    ) -> Option<Outcome> {
        let code = &self.code;
        for (_, arguments) in self.options(place) {
            let Some(found) = arguments.iter().find(|a| a.name == Some(name)) else {
                continue;
            };
            let old = code.source(&found.value);
            let constant = matches!(old, "True" | "False" | "None" | "true" | "false" | "null")
                || found.value.end == found.value.start + 1
                    && code.kind(found.value.start) == Some(Kind::Text);
            if old == value || !constant {
                return Some(Outcome::default());
            }
            return Some(Outcome::of(vec![Change::new(
                code.bytes(&found.value),
                value,
            )]));
        }
        let open = place.open?;
        let arguments = code.arguments(open);
        let change = match options {
            Some(at) => match arguments.get(at) {
                Some(found) if code.at(found.value.start) == "{" => {
                    code.with_item(found.value.start, &format!("{name}: {value}"))?
                }
                None if arguments.len() == at => {
                    code.with_item(open, &format!("{{ {name}: {value} }}"))?
                }
                _ => return None,
            },
            None if code.is_python() => code.with_item(open, &format!("{name}={value}"))?,
            None => code.with_item(open, &format!("{name}: {value}"))?,
        };
        Some(Outcome::of(vec![change]))
    }

    fn constants(&self, place: &Place, wanted: &BTreeMap<String, String>) -> Option<Outcome> {
        let code = &self.code;
        let mut changes = Vec::new();
        for at in place.run.clone() {
            let Some(token) = code.tokens.get(at) else {
                continue;
            };
            let source = code.at(at);
            let bare = match token.kind {
                Kind::Text => source.trim_matches(['"', '\'', '`']),
                Kind::Word => source,
                Kind::Mark => continue,
            };
            let found = wanted
                .iter()
                .find(|(from, _)| from.eq_ignore_ascii_case(bare));
            if let Some((_, to)) = found {
                let inset = source.find(bare)?;
                let start = token.start + inset;
                changes.push(Change::new(start..start + bare.len(), to));
            }
        }
        (!changes.is_empty()).then(|| Outcome::of(changes))
    }

    fn owner_may_write(&self, place: &Place) -> Option<Outcome> {
        let code = &self.code;
        let mut found = place.run.clone().filter_map(|at| {
            let source = code.at(at);
            let digits = source
                .strip_prefix("0o")
                .or_else(|| source.strip_prefix("0O"));
            let digits =
                digits.or_else(|| (!code.is_python()).then(|| source.strip_prefix('0'))?)?;
            let mode = u32::from_str_radix(digits, 8).ok()?;
            Some((at, source.len() - digits.len(), digits.len(), mode))
        });
        let (at, prefix, width, mode) = found.next()?;
        if found.next().is_some() || mode & OTHERS_WRITE == 0 {
            return None;
        }
        let token = code.tokens.get(at)?;
        let mode = format!("{:0width$o}", mode & !OTHERS_WRITE);
        Some(Outcome::of(vec![Change::new(
            token.start + prefix..token.end,
            &mode,
        )]))
    }

    fn assign(&self, place: &Place, value: &str) -> Option<Outcome> {
        let sides = self.code.split(&place.run, &["="]);
        let [(_, Some(_)), (right, None)] = sides.as_slice() else {
            return None;
        };
        Some(Outcome::of(vec![Change::new(
            self.code.bytes(right),
            value,
        )]))
    }

    fn field(&self, place: &Place, name: &str) -> Option<Outcome> {
        let sides = self.code.split(&place.run, &["="]);
        let [(left, Some(_)), (right, None)] = sides.as_slice() else {
            return None;
        };
        // Markup that was meant would be shown as text.
        if right
            .clone()
            .any(|at| self.code.kind(at) == Some(Kind::Text) && self.code.at(at).contains('<'))
        {
            return None;
        }
        let last = left.end.checked_sub(1)?;
        let dotted = last
            .checked_sub(1)
            .is_some_and(|dot| self.code.at(dot) == ".");
        let token = self.code.tokens.get(last)?;
        dotted.then(|| Outcome::of(vec![Change::new(token.start..token.end, name)]))
    }

    fn compare_with(&self, place: &Place, import: &str, equal: &str) -> Option<Outcome> {
        let code = &self.code;
        let run = without_brackets(code, &place.run);
        let sides = code.split(&run, &["==", "===", "!=", "!=="]);
        let [(left, Some(mark)), (right, None)] = sides.as_slice() else {
            return None;
        };
        let weaker = |run| {
            code.split(run, &["&&", "||", "?", "="]).len() > 1
                || code
                    .source(run)
                    .split_whitespace()
                    .any(|w| matches!(w, "and" | "or" | "not" | "if"))
        };
        if weaker(left) || weaker(right) {
            return None;
        }
        let (text, mut changes) = self.with_import(Some(import), equal)?;
        let text = text
            .replace("{left}", code.source(left))
            .replace("{right}", code.source(right));
        let not = if code.is_python() { "not " } else { "!" };
        let text = if code.at(*mark).starts_with('!') {
            format!("{not}{text}")
        } else {
            text
        };
        changes.push(Change::new(code.bytes(&run), &text));
        Some(Outcome::of(changes))
    }

    fn environment(&self, place: &Place, import: Option<&str>, with: &str) -> Option<Outcome> {
        let code = &self.code;
        let at = place.run.start;
        if place.run.end != at + 1 || code.kind(at) != Some(Kind::Text) {
            return None;
        }
        let literal = code.literal(at)?;
        if literal.prefix.contains(['b', 'B', 'f', 'F']) || self.is_go_constant(at) {
            return None;
        }
        let sign = at.checked_sub(1)?;
        if !matches!(code.at(sign), "=" | ":" | ":=") {
            return None;
        }
        let mut named = sign.checked_sub(1)?;
        if code.at(named) == "]" {
            named = named.checked_sub(1)?;
        }
        // `name: str = "…"`.
        if code.at(sign) == "=" && named.checked_sub(1).is_some_and(|b| code.at(b) == ":") {
            named = named.checked_sub(2)?;
        }
        let name = constant_name(code.at(named).trim_matches(['"', '\'', '`']))?;
        // The value must stand alone: a part of a longer text is no secret of its own.
        if !matches!(code.at(at + 1), "" | "," | ")" | "}" | ";" | "]")
            && !code.breaks_before(at + 1)
        {
            return None;
        }
        let (text, mut changes) = self.with_import(import, with)?;
        let token = code.tokens.get(at)?;
        changes.push(Change::new(
            token.start..token.end,
            &text.replace("{name}", &name),
        ));
        Some(Outcome::of(changes))
    }

    /// Is it the value of a constant of Go, alone or within `const ( … )`? No call can be one.
    fn is_go_constant(&self, at: usize) -> bool {
        let code = &self.code;
        if code.language != Language::Go {
            return false;
        }
        let mut closed = 0_usize;
        for before in (0..at).rev() {
            match code.at(before) {
                ")" | "]" | "}" => closed += 1,
                "(" | "[" | "{" if closed > 0 => closed -= 1,
                "(" => return before.checked_sub(1).is_some_and(|b| code.at(b) == "const"),
                "[" | "{" => return false,
                "const" if closed == 0 => {
                    return !(before + 1..=at).any(|token| code.breaks_before(token));
                }
                _ => {}
            }
        }
        false
    }

    fn wrap_values(
        &self,
        place: &Place,
        at: Option<usize>,
        import: Option<&str>,
        with: &str,
    ) -> Option<Outcome> {
        let code = &self.code;
        let value = match at {
            Some(at) => self.positional(place, at)?.value,
            None => place.run.clone(),
        };
        let built = self.built(&value)?;
        let parts = parts(code, &built.run)?;
        let (text, mut changes) = self.with_import(import, with)?;
        let already = text.split(['{', '(']).next().unwrap_or("").to_owned();
        let mut wrapped = 0;
        for part in &parts {
            let Part::Value(value) = part else { continue };
            let plain = value.code.chars().all(|c| c.is_ascii_digit())
                || !already.is_empty() && value.code.starts_with(&already);
            if plain {
                continue;
            }
            wrapped += 1;
            let as_text = match code.language {
                Language::Python if !value.joined && !value.code.starts_with("str(") => {
                    format!("str({})", value.code)
                }
                _ => value.code.clone(),
            };
            let text = text
                .replace("{value}", &value.code)
                .replace("{text}", &as_text);
            changes.push(Change::new(value.at.clone(), &text));
        }
        (wrapped > 0).then_some(Outcome {
            changes,
            uncertain: wrapped > 1 || built.read,
        })
    }
}

/// The name of an environment variable for a secret: `apiKey` gives `API_KEY`.
fn constant_name(name: &str) -> Option<String> {
    let mut out = String::new();
    let mut lower = false;
    for c in name.chars() {
        if c.is_uppercase() && lower {
            out.push('_');
        }
        lower = c.is_lowercase() || c.is_ascii_digit();
        out.push(if c.is_ascii_alphanumeric() {
            c.to_ascii_uppercase()
        } else {
            '_'
        });
    }
    let out = out.trim_matches('_').to_owned();
    let starts = out.starts_with(|c: char| c.is_ascii_alphabetic());
    starts.then_some(out)
}
