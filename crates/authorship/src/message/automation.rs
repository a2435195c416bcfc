//! Machine accounts that are neither AI nor persons.

use std::sync::LazyLock;

use bstr::ByteSlice;
use serde::Deserialize;
use trueline_facts::Confidence;

use super::Identity;
use super::identity::{Accounts, BareNames, IDENTITIES, Lookup, Part, split};

/// A machine account. Its commits are no person's and, by themselves, no AI's.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Automation {
    /// Changes versions of dependencies.
    DependencyBot(&'static str),
    /// Commits from a CI job or a merge queue.
    CiBot(&'static str),
    /// Comments on changes.
    ReviewBot(&'static str),
    /// An account whose name says that it is a bot.
    OtherBot,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    pub(super) automation: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Row {
    pub(super) name: Box<str>,
    kind: Kind,
    #[serde(flatten)]
    accounts: Accounts,
    #[cfg_attr(not(test), expect(dead_code, reason = "rows are tested against them"))]
    pub(super) examples: Vec<Box<str>>,
    #[cfg_attr(not(test), expect(dead_code, reason = "rows are tested against them"))]
    pub(super) counterexamples: Vec<Box<str>>,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    Dependency,
    Ci,
    Review,
}

pub(super) const SOURCE: &str = include_str!("../../data/automation.toml");

static TABLE: LazyLock<(Vec<Row>, Lookup)> = LazyLock::new(|| {
    let rows = crate::table::embedded::<Table>(SOURCE).automation;
    let lookup = Lookup::new(rows.iter().map(|row| &row.accounts), BareNames::Always);
    (rows, lookup)
});

/// The machine account behind an identity. AI agents that write are not automation: `None`.
#[must_use]
pub fn automation(identity: &Identity<'_>) -> Option<Automation> {
    let (rows, lookup) = &*TABLE;
    if let Some(row) = lookup.find(identity).and_then(|ix| rows.get(ix)) {
        return Some(match row.kind {
            Kind::Dependency => Automation::DependencyBot(&row.name),
            Kind::Ci => Automation::CiBot(&row.name),
            Kind::Review => Automation::ReviewBot(&row.name),
        });
    }
    match IDENTITIES.find(identity) {
        Some(row) if row.part == Part::Reviews => Some(Automation::ReviewBot(&row.tool)),
        Some(_) => None,
        None => says_bot(identity).then_some(Automation::OtherBot),
    }
}

/// Whether `Name <email>` is surely no person: a machine account, or one of an agent.
pub(crate) fn is_program(name_and_email: &[u8]) -> bool {
    let identity = split(name_and_email);
    // The committer of whatever a forge's buttons do.
    identity.email.eq_ignore_ascii_case(b"noreply@github.com")
        || automation(&identity).is_some()
        || IDENTITIES
            .find(&identity)
            .is_some_and(|row| row.confidence > Confidence::Low)
}

/// Does the table list an account of one of these names?
pub(super) fn is_account(names: &[&str]) -> bool {
    TABLE.1.account(names).is_some()
}

/// Whether name or account have the shape of a machine account; never a mere syllable of a surname.
fn says_bot(identity: &Identity<'_>) -> bool {
    let name = identity.name.trim();
    let local = identity
        .email
        .trim()
        .split_str("@")
        .next()
        .unwrap_or_default();
    let login = local.split_once_str("+").map_or(local, |(_, login)| login);
    [name, login]
        .into_iter()
        .filter_map(|text| text.to_str().ok())
        .any(|text| super::account::shape(&text.to_lowercase()).is_some())
}
