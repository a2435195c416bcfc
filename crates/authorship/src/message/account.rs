//! Whose an account of a forge is: a person's, an agent's, or another program's.
//!
//! The one place that says so. Names that are fixed come from the tables of identities and machine
//! accounts, shapes from `data/accounts.toml`. Who only calls an account like a tool's is not counted
//! as a person either: a review of a person can be given again by an account that is plainly one.

use std::sync::LazyLock;

use serde::Deserialize;
use trueline_facts::ToolId;

use super::automation;
use super::identity::IDENTITIES;
use crate::tools;

/// Whose an account is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum AccountKind {
    /// Nothing says that it is not a person's.
    Person,
    /// An AI tool's.
    Agent(ToolId),
    /// Another program's.
    Bot,
}

impl AccountKind {
    /// Is it a person's?
    #[must_use]
    pub const fn is_person(&self) -> bool {
        matches!(self, Self::Person)
    }
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    pub(super) shape: Vec<Shape>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Shape {
    #[serde(rename = "of")]
    #[cfg_attr(not(test), expect(dead_code, reason = "for readers of the table"))]
    pub(super) of: Box<str>,
    #[serde(default)]
    tool: Option<Box<str>>,
    logins: Vec<Box<str>>,
    #[cfg_attr(not(test), expect(dead_code, reason = "rows are tested against them"))]
    pub(super) examples: Vec<Box<str>>,
    #[cfg_attr(not(test), expect(dead_code, reason = "rows are tested against them"))]
    pub(super) counterexamples: Vec<Box<str>>,
}

pub(super) const SOURCE: &str = include_str!("../../data/accounts.toml");

/// Longest name that is looked at: forges allow 255 characters.
const LONGEST: usize = 255;

static SHAPES: LazyLock<Vec<Shape>> =
    LazyLock::new(|| crate::table::embedded::<Table>(SOURCE).shape);

/// Whose the account of this name is: a login, with or without an `@` before it.
#[must_use]
pub fn account_kind(login: &str) -> AccountKind {
    let login = login.trim().trim_start_matches('@').to_lowercase();
    let plain = login.trim_end_matches("[bot]");
    let marked = format!("{plain}[bot]");
    let shape = shape(&login);
    let tool = tools::known(plain)
        .or_else(|| IDENTITIES.account(&[login.as_str(), &marked]))
        .or_else(|| shape.and_then(|shape| shape.tool.as_deref().map(tools::fold)));
    match tool {
        Some(tool) => AccountKind::Agent(tool),
        None if shape.is_some() || automation::is_account(&[login.as_str(), &marked]) => {
            AccountKind::Bot
        }
        None => AccountKind::Person,
    }
}

/// The first shape that a name in lower case has.
pub(super) fn shape(name: &str) -> Option<&'static Shape> {
    if name.len() > LONGEST {
        return None;
    }
    let mut shapes = SHAPES.iter();
    shapes.find(|shape| {
        let mut logins = shape.logins.iter();
        logins.any(|pattern| fits(pattern.as_bytes(), name.as_bytes()))
    })
}

/// Does a name fit a shape? `#` is a number, `*` any text.
fn fits(pattern: &[u8], name: &[u8]) -> bool {
    match pattern.split_first() {
        None => name.is_empty(),
        Some((b'*', rest)) => {
            (0..=name.len()).any(|at| name.get(at..).is_some_and(|name| fits(rest, name)))
        }
        Some((b'#', rest)) => {
            let digits = name.iter().take_while(|b| b.is_ascii_digit()).count();
            digits > 0 && name.get(digits..).is_some_and(|name| fits(rest, name))
        }
        Some((wanted, rest)) => name
            .split_first()
            .is_some_and(|(first, name)| first == wanted && fits(rest, name)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_takes_its_examples_and_spares_its_counterexamples() {
        let table: Table = toml::from_str(SOURCE).unwrap();
        assert!(!table.shape.is_empty());
        for row in &table.shape {
            assert!(
                !row.examples.is_empty() && !row.counterexamples.is_empty(),
                "{}",
                row.of
            );
            for example in &row.examples {
                let example_bytes = example.to_lowercase();
                let mut own = row.logins.iter();
                assert!(
                    own.any(|pattern| fits(pattern.as_bytes(), example_bytes.as_bytes())),
                    "{example}"
                );
                assert!(!account_kind(example).is_person(), "{example}");
            }
            for example in &row.counterexamples {
                assert_eq!(account_kind(example), AccountKind::Person, "{example}");
            }
        }
    }

    #[test]
    fn accounts_of_programs_are_found_with_and_without_their_mark() {
        for bot in [
            "dependabot",
            "dependabot[bot]",
            "@Dependabot",
            "renovate",
            "renovate-bot",
            "mergify",
            "bors",
            "k8s-ci-robot",
        ] {
            assert_eq!(account_kind(bot), AccountKind::Bot, "{bot}");
        }
        for (agent, tool) in [
            ("claude", "claude"),
            ("Claude[bot]", "claude"),
            ("Copilot", "github-copilot"),
            ("copilot-swe-agent", "github-copilot"),
            ("devin-ai-integration", "devin"),
            ("coderabbitai", "coderabbit"),
            ("GitLabDuo", "gitlab-duo"),
        ] {
            assert_eq!(
                account_kind(agent),
                AccountKind::Agent(ToolId::new(tool)),
                "{agent}"
            );
        }
        for person in ["ann", "bob-smith", "12345", "o_hara", "", "ann.bothwell"] {
            assert_eq!(account_kind(person), AccountKind::Person, "{person}");
        }
    }

    #[test]
    fn a_long_name_is_no_work() {
        assert_eq!(account_kind(&"-b".repeat(200_000)), AccountKind::Person);
    }
}
