//! `[guard]` of `trueline.toml`: the gates that an agent meets before it acts, and what each
//! answers.

use std::path::PathBuf;

use toml_span::Span;
use toml_span::value::{Value, ValueInner};
use trueline_policy::AgentAnswer;
use trueline_policy::document::{Section, Wrong, strings_with_spans};

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

impl From<AgentAnswer> for Answer {
    fn from(answer: AgentAnswer) -> Self {
        match answer {
            AgentAnswer::Allow => Self::Allow,
            AgentAnswer::Ask => Self::Ask,
            AgentAnswer::Deny => Self::Deny,
        }
    }
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
    /// Commands that install packages which the given lists of names do not have.
    Packages,
}

impl Gate {
    /// All of them, in the order in which they are asked.
    pub const ALL: [Self; 5] = [
        Self::Configuration,
        Self::Secrets,
        Self::Code,
        Self::Commands,
        Self::Packages,
    ];

    /// The key in `trueline.toml`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Secrets => "secrets",
            Self::Configuration => "configuration",
            Self::Commands => "commands",
            Self::Packages => "packages",
        }
    }

    /// What it answers where the team says nothing.
    const fn default_answer(self) -> Answer {
        match self {
            Self::Code | Self::Secrets => Answer::Deny,
            Self::Configuration | Self::Commands | Self::Packages => Answer::Ask,
        }
    }
}

/// The gates.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Guard {
    /// What the team says; other gates have their usual answer.
    answers: Vec<(Gate, Answer)>,
    /// `closed`: gates that refuse when their check fails. The others let the action through.
    pub closed: Vec<Gate>,
    /// `package-names`: files and folders of lists of packages that exist, from the root. Without one nothing
    /// is looked up.
    pub package_names: Vec<PathBuf>,
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
    if let Some((_, lists)) = section.take("package-names") {
        let lists = strings_with_spans(lists, "guard.package-names")?;
        guard.package_names = lists.into_iter().map(|(path, _)| path.into()).collect();
    }
    if let Some((key, _)) = section.take("zone") {
        return Err(Wrong::new(
            key.span,
            "zones have names that gates and the guard share: write `[zone.NAME]` with `paths`, `agents = \"ask\"` and `why`",
        ));
    }
    let mut known = Gate::ALL.map(Gate::name).to_vec();
    known.extend(["closed", "package-names"]);
    section.end(&known)?;
    Ok(guard)
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
        let guard = parse("[guard]\ncode = \"ask\"\nclosed = [\"secrets\"]\n").unwrap();
        assert_eq!(guard.answer(Gate::Code), Answer::Ask);
        assert_eq!(guard.answer(Gate::Secrets), Answer::Deny);
        assert_eq!(guard.closed, [Gate::Secrets]);
    }

    #[test]
    fn what_is_no_answer_is_told_with_its_place() {
        insta::assert_snapshot!(parse("[guard]\ncode = \"block\"\n").unwrap_err(), @r#"trueline.toml:2:9: `guard.code` must be "allow", "ask" or "deny""#);
        insta::assert_snapshot!(parse("[guard]\nclosed = [\"cod\"]\n").unwrap_err(), @"trueline.toml:2:12: no gate `cod`; gates are configuration, secrets, code, commands, packages");
        insta::assert_snapshot!(parse("[guard]\n[[guard.zone]]\npaths = [\"a\"]\n").unwrap_err(), @r#"trueline.toml:2:9: zones have names that gates and the guard share: write `[zone.NAME]` with `paths`, `agents = "ask"` and `why`"#);
    }
}
