//! `[guard]` of `trueline.toml`: the gates that an agent meets before it acts, and what each
//! answers.

use ignore::gitignore::GitignoreBuilder;
use toml_span::Span;
use toml_span::value::{Value, ValueInner};

use super::{Section, Wrong, strings_with_spans};

/// What a gate says to an action that it does not like.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Answer {
    /// Nothing: the gate is off.
    Allow,
    /// A person decides.
    Ask,
    /// No, and why.
    Deny,
}

/// What is looked at before an agent acts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Gate {
    /// Severe findings of the default tier in the content that would be written.
    Code,
    /// Secrets that would be written.
    Secrets,
    /// What steers agents, and Trueline's own settings.
    Configuration,
    /// Commands that destroy, run what they download, or send secrets away.
    Commands,
}

impl Gate {
    /// All of them, in the order in which they are asked.
    pub const ALL: [Self; 4] = [
        Self::Configuration,
        Self::Secrets,
        Self::Code,
        Self::Commands,
    ];

    /// The key in `trueline.toml`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Secrets => "secrets",
            Self::Configuration => "configuration",
            Self::Commands => "commands",
        }
    }

    /// What it answers where the team says nothing.
    const fn default_answer(self) -> Answer {
        match self {
            Self::Code | Self::Secrets => Answer::Deny,
            Self::Configuration | Self::Commands => Answer::Ask,
        }
    }
}

/// Paths that an agent may not write as it likes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Zone {
    /// Globs, as in `.gitignore`.
    pub paths: Vec<String>,
    /// What it answers.
    pub answer: Answer,
    /// Why, in the team's words.
    pub why: Option<String>,
}

/// The gates.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Guard {
    /// What the team says; other gates have their usual answer.
    answers: Vec<(Gate, Answer)>,
    /// `closed`: gates that refuse when their check fails. The others let the action through.
    pub closed: Vec<Gate>,
    /// `[[guard.zone]]`.
    pub zones: Vec<Zone>,
}

impl Guard {
    /// What a gate answers.
    #[must_use]
    pub fn answer(&self, gate: Gate) -> Answer {
        let own = self.answers.iter().find(|(of, _)| *of == gate);
        own.map_or_else(|| gate.default_answer(), |(_, answer)| *answer)
    }
}

pub(super) fn read(value: &mut Value<'_>) -> Result<Guard, Wrong> {
    let mut section = Section::new("guard", value)?;
    let mut guard = Guard::default();
    for gate in Gate::ALL {
        if let Some((_, value)) = section.take(gate.name()) {
            let answer = answer(value, &format!("guard.{}", gate.name()))?;
            guard.answers.push((gate, answer));
        }
    }
    if let Some((_, closed)) = section.take("closed") {
        for (name, span) in strings_with_spans(closed, "guard.closed")? {
            let gate = Gate::ALL.into_iter().find(|gate| gate.name() == name);
            guard.closed.push(gate.ok_or_else(|| {
                let known = Gate::ALL.map(Gate::name).join(", ");
                Wrong::new(span, format!("no gate `{name}`; gates are {known}"))
            })?);
        }
    }
    if let Some((_, mut zones)) = section.take("zone") {
        let span = zones.span;
        let ValueInner::Array(zones) = zones.take() else {
            return Err(Wrong::new(
                span,
                "`guard.zone` must be written as `[[guard.zone]]`",
            ));
        };
        for mut zone in zones {
            guard.zones.push(read_zone(&mut zone)?);
        }
    }
    let mut known = Gate::ALL.map(Gate::name).to_vec();
    known.extend(["closed", "zone"]);
    section.end(&known)?;
    Ok(guard)
}

fn read_zone(value: &mut Value<'_>) -> Result<Zone, Wrong> {
    let span: Span = value.span;
    let mut section = Section::new("guard.zone", value)?;
    let missing = |key: &str| Wrong::new(span, format!("a `[[guard.zone]]` needs `{key}`"));
    let (_, paths) = section.take("paths").ok_or_else(|| missing("paths"))?;
    let paths = strings_with_spans(paths, "guard.zone.paths")?;
    for (glob, span) in &paths {
        GitignoreBuilder::new("")
            .add_line(None, glob)
            .map_err(|error| Wrong::new(*span, format!("`guard.zone.paths`: {error}")))?;
    }
    let paths = paths.into_iter().map(|(glob, _)| glob).collect();
    let answer = match section.take("answer") {
        Some((_, value)) => answer(value, "guard.zone.answer")?,
        None => Answer::Ask,
    };
    let why = match section.take("why") {
        Some((_, mut value)) => match value.take() {
            ValueInner::String(text) => Some(text.into_owned()),
            _ => return Err(Wrong::new(value.span, "`guard.zone.why` must be text")),
        },
        None => None,
    };
    section.end(&["paths", "answer", "why"])?;
    Ok(Zone { paths, answer, why })
}

fn answer(mut value: Value<'_>, name: &str) -> Result<Answer, Wrong> {
    let span = value.span;
    match value.take() {
        ValueInner::String(text) => match &*text {
            "allow" => Ok(Answer::Allow),
            "ask" => Ok(Answer::Ask),
            "deny" => Ok(Answer::Deny),
            _ => Err(wrong_answer(span, name)),
        },
        _ => Err(wrong_answer(span, name)),
    }
}

fn wrong_answer(span: Span, name: &str) -> Wrong {
    Wrong::new(
        span,
        format!("`{name}` must be \"allow\", \"ask\" or \"deny\""),
    )
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::{Config, FILE_NAME};
    use super::*;

    fn parse(text: &str) -> Result<Guard, String> {
        Config::parse(text, Path::new(FILE_NAME))
            .map(|config| config.guard.unwrap())
            .map_err(|e| e.to_string())
    }

    #[test]
    fn gates_have_answers_of_their_own_unless_the_team_says_others() {
        let guard = parse(
            "[guard]\ncode = \"ask\"\nclosed = [\"secrets\"]\n\
             [[guard.zone]]\npaths = [\"infra/**\"]\nanswer = \"deny\"\nwhy = \"the platform team writes it\"\n",
        )
        .unwrap();
        assert_eq!(guard.answer(Gate::Code), Answer::Ask);
        assert_eq!(guard.answer(Gate::Secrets), Answer::Deny);
        assert_eq!(guard.closed, [Gate::Secrets]);
        assert_eq!(guard.zones[0].answer, Answer::Deny);
    }

    #[test]
    fn what_is_no_answer_is_told_with_its_place() {
        insta::assert_snapshot!(parse("[guard]\ncode = \"block\"\n").unwrap_err(), @r#"trueline.toml:2:9: `guard.code` must be "allow", "ask" or "deny""#);
        insta::assert_snapshot!(parse("[guard]\nclosed = [\"cod\"]\n").unwrap_err(), @"trueline.toml:2:12: no gate `cod`; gates are configuration, secrets, code, commands");
        insta::assert_snapshot!(parse("[[guard.zone]]\npaths = [\"a/{b\"]\n").unwrap_err(), @"trueline.toml:2:11: `guard.zone.paths`: error parsing glob 'a/{b': unclosed alternate group; missing '}' (maybe escape '{' with '[{]'?)");
        insta::assert_snapshot!(parse("[[guard.zone]]\nanswer = \"ask\"\n").unwrap_err(), @"trueline.toml:1:1: a `[[guard.zone]]` needs `paths`");
    }
}
