//! Looks up names and addresses in a table of machine accounts.
//!
//! Addresses are compared exactly and without case. For GitHub's `noreply` addresses the number in
//! front is not part of the account's name; some accounts share a name and differ in the number only.

use std::sync::LazyLock;

use bstr::ByteSlice;
use rustc_hash::FxHashMap;
use serde::Deserialize;
use trueline_facts::{Confidence, EvidenceClass, ModelId, ToolId};

use super::Identity;
use crate::tools;

const GITHUB: &[u8] = b"@users.noreply.github.com";

/// Longest name or address that is looked up; the table has none longer.
const LONGEST: usize = 128;

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    pub(super) identity: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Row {
    pub(super) tool: Box<str>,
    #[serde(flatten)]
    pub(super) accounts: Accounts,
    #[serde(default)]
    pub(super) model: Option<ModelCut>,
    #[serde(default, rename = "use")]
    pub(super) part: Part,
    #[serde(default)]
    stamped: Option<Stamped>,
    pub(super) class: EvidenceClass,
    pub(super) confidence: Confidence,
    #[cfg_attr(not(test), expect(dead_code, reason = "rows are tested against them"))]
    pub(super) examples: Vec<Box<str>>,
    #[cfg_attr(not(test), expect(dead_code, reason = "rows are tested against them"))]
    pub(super) counterexamples: Vec<Box<str>>,
}

/// Which names and addresses a row covers.
#[derive(Deserialize, Default)]
pub(super) struct Accounts {
    #[serde(default)]
    emails: Vec<Box<str>>,
    #[serde(default)]
    logins: Vec<Box<str>>,
    #[serde(default)]
    ids: Vec<u64>,
    #[serde(default)]
    names: Vec<Box<str>>,
    #[serde(default)]
    name_starts: Vec<Box<str>>,
    #[serde(default)]
    name_ends: Option<Box<str>>,
}

/// How a model is cut out of a name.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ModelCut {
    drop: Vec<Box<str>>,
    prefix: Box<str>,
}

/// What part a tool has in commits that name it as a co-author.
#[derive(Deserialize, Clone, Copy, PartialEq, Eq, Debug, Default)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Part {
    #[default]
    Writes,
    Suggests,
    Reviews,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stamped {
    from: i64,
    until: i64,
}

impl Row {
    /// Was this identity stamped by default at that time?
    pub(super) fn was_stamped(&self, time: i64) -> bool {
        self.stamped
            .as_ref()
            .is_some_and(|span| (span.from..span.until).contains(&time))
    }
}

/// What a name stands for when there is no address.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum BareNames {
    /// Only when there is no address.
    WithoutAddress,
    /// Whatever the address.
    Always,
}

struct LoginRow {
    row: usize,
    /// The account numbers that count; empty = all.
    ids: Vec<u64>,
}

/// Rows by everything they can be found by.
pub(super) struct Lookup {
    by_email: FxHashMap<Box<[u8]>, Vec<usize>>,
    by_login: FxHashMap<Box<[u8]>, Vec<LoginRow>>,
    by_name: FxHashMap<Box<[u8]>, usize>,
    name_starts: FxHashMap<usize, Vec<Box<str>>>,
    name_ends: Vec<(Box<str>, usize)>,
    bare: BareNames,
}

impl Lookup {
    pub(super) fn new<'a>(rows: impl Iterator<Item = &'a Accounts>, bare: BareNames) -> Self {
        let mut lookup = Self {
            by_email: FxHashMap::default(),
            by_login: FxHashMap::default(),
            by_name: FxHashMap::default(),
            name_starts: FxHashMap::default(),
            name_ends: Vec::new(),
            bare,
        };
        for (ix, row) in rows.enumerate() {
            for email in &row.emails {
                lookup.by_email.entry(lower(email)).or_default().push(ix);
            }
            for login in &row.logins {
                let rows = lookup.by_login.entry(lower(login)).or_default();
                rows.push(LoginRow {
                    row: ix,
                    ids: row.ids.clone(),
                });
            }
            for name in &row.names {
                lookup.by_name.entry(lower(name)).or_insert(ix);
            }
            if !row.name_starts.is_empty() {
                lookup.name_starts.insert(ix, row.name_starts.clone());
            }
            lookup
                .name_ends
                .extend(row.name_ends.iter().map(|end| (end.clone(), ix)));
        }
        lookup
    }

    /// The row that an identity belongs to.
    pub(super) fn find(&self, identity: &Identity<'_>) -> Option<usize> {
        let name = identity.name.trim();
        let email = identity.email.trim();
        let mut buffer = [0; LONGEST];
        if let Some(email) = lowered(email, &mut buffer) {
            if let Some(rows) = self.by_email.get(email) {
                let fits = |ix: &usize| match self.name_starts.get(ix) {
                    Some(starts) => starts.iter().any(|start| starts_with_words(name, start)),
                    None => true,
                };
                if let Some(&ix) = rows.iter().find(|ix| fits(ix)) {
                    return Some(ix);
                }
            }
            if let Some(local) = email.strip_suffix(GITHUB)
                && let Some(ix) = self.login(local)
            {
                return Some(ix);
            }
        }
        if let Some(&(_, ix)) = self
            .name_ends
            .iter()
            .find(|(end, _)| name.ends_with(end.as_bytes()))
        {
            return Some(ix);
        }
        // Anyone may call themselves a tool: with an address of their own, the name says nothing.
        if self.bare == BareNames::WithoutAddress && !email.is_empty() {
            return None;
        }
        let name = lowered(name, &mut buffer)?;
        if name.ends_with(b"[bot]")
            && let Some(ix) = self.login(name)
        {
            return Some(ix);
        }
        self.by_name.get(name).copied()
    }

    /// The row that an account of one of these names has, whatever its number.
    pub(super) fn account(&self, names: &[&str]) -> Option<usize> {
        let mut names = names.iter().map(|name| name.as_bytes());
        names.find_map(|name| {
            let by_login = self.by_login.get(name).and_then(|rows| rows.first());
            let by_login = by_login.map(|login| login.row);
            by_login.or_else(|| self.by_name.get(name).copied())
        })
    }

    /// The row for the local part of a `noreply` address: `[number+]login`.
    fn login(&self, local: &[u8]) -> Option<usize> {
        let (id, login) = match local.split_once_str("+") {
            Some((id, login)) => (std::str::from_utf8(id).ok()?.parse::<u64>().ok(), login),
            None => (None, local),
        };
        let rows = self.by_login.get(login)?;
        rows.iter()
            .find(|login| login.ids.is_empty() || id.is_some_and(|id| login.ids.contains(&id)))
            .map(|login| login.row)
    }
}

pub(super) struct Identities {
    pub(super) rows: Vec<Row>,
    lookup: Lookup,
}

impl Identities {
    pub(super) fn find(&self, identity: &Identity<'_>) -> Option<&Row> {
        self.rows.get(self.lookup.find(identity)?)
    }

    /// The tool that an account of one of these names belongs to.
    pub(super) fn account(&self, names: &[&str]) -> Option<ToolId> {
        let row = self.rows.get(self.lookup.account(names)?)?;
        Some(tools::fold(&row.tool))
    }
}

pub(super) const SOURCE: &str = include_str!("../../data/identities.toml");

/// The AI identities.
pub(super) static IDENTITIES: LazyLock<Identities> = LazyLock::new(|| {
    let rows = crate::table::embedded::<Table>(SOURCE).identity;
    let lookup = Lookup::new(
        rows.iter().map(|row| &row.accounts),
        BareNames::WithoutAddress,
    );
    Identities { rows, lookup }
});

/// Splits `Name <address>`; without brackets all of it is the name.
pub(super) fn split(value: &[u8]) -> Identity<'_> {
    let value = value.trim();
    let Some((name, rest)) = value.rsplit_once_str("<") else {
        return Identity {
            name: value,
            email: b"",
        };
    };
    let email = rest.split_once_str(">").map_or(rest, |(email, _)| email);
    Identity {
        name: name.trim_with(|c| c.is_whitespace() || c == '"'),
        email: email.trim(),
    }
}

/// The model in a name such as `Claude Opus 4.7 (1M context)`, `aider (gpt-4o)`,
/// `Claude Code 2.1.133 / Claude Opus 4.7`.
pub(super) fn model_in(name: &[u8], cut: Option<&ModelCut>) -> Option<ModelId> {
    let name = std::str::from_utf8(name).ok()?;
    let (outside, inside) = match name.split_once('(') {
        Some((outside, rest)) => (outside, rest.split(')').next().unwrap_or_default().trim()),
        None => (name, ""),
    };
    if let Some(cut) = cut {
        let last = outside.rsplit('/').next().unwrap_or_default();
        let words: Vec<&str> = last
            .split_whitespace()
            .skip_while(|word| cut.drop.iter().any(|drop| word.eq_ignore_ascii_case(drop)))
            .collect();
        let named = words
            .first()
            .is_some_and(|word| word.starts_with(char::is_alphabetic));
        if named
            && words
                .iter()
                .any(|word| word.bytes().any(|b| b.is_ascii_digit()))
        {
            return tools::model(&format!("{}{}", cut.prefix, words.join(" ")));
        }
    }
    let single = !inside.contains(char::is_whitespace);
    let versioned = inside.bytes().any(|b| b.is_ascii_digit());
    if single && versioned {
        tools::model(inside)
    } else {
        None
    }
}

fn starts_with_words(name: &[u8], start: &str) -> bool {
    let Some((head, rest)) = name.split_at_checked(start.len()) else {
        return false;
    };
    head.eq_ignore_ascii_case(start.as_bytes())
        && !rest.first().is_some_and(u8::is_ascii_alphanumeric)
}

fn lower(text: &str) -> Box<[u8]> {
    text.to_ascii_lowercase().into_bytes().into()
}

fn lowered<'b>(text: &[u8], buffer: &'b mut [u8; LONGEST]) -> Option<&'b [u8]> {
    if text.is_empty() {
        return None;
    }
    let target = buffer.get_mut(..text.len())?;
    target.copy_from_slice(text);
    target.make_ascii_lowercase();
    Some(target)
}
