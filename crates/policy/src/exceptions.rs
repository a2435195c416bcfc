//! Exceptions: written, owned, approved by somebody else, and over on a day.
//!
//! They are data of the repository, `.trueline/exceptions.toml`, and answer reasons of gates: the
//! fact stays in the change document and in the verdict, which names the exception. An entry that
//! breaks a rule has no effect and says so; it does not take the others down with it.

mod paths;

use std::fmt::{self, Write as _};
use std::path::Path;

use jiff::civil::Date;
use serde::Serialize;
use toml_span::Span;
use toml_span::value::{Value, ValueInner};
use trueline_facts::time::DAY;
use trueline_facts::{RepoPath, Timestamp};

use crate::document::{self, Place, Section, Wrong};
use crate::policy::{Names, PolicyError};
use crate::zone::{globs, is_name};

/// The file, from the root of the repository.
pub const EXCEPTIONS_FILE: &str = ".trueline/exceptions.toml";
/// Days for which an exception may hold where a team says nothing.
const MAX_DAYS: u32 = 90;
/// Days before its end from which an exception warns.
const WARN_DAYS: u32 = 14;
/// Reasons that one exception may answer before it is called too wide.
const WIDE: u32 = 10;

/// `[exceptions]`: what exceptions must keep to.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ExceptionLimits {
    /// The most days from `created` to `expires`.
    pub max_days: u32,
    /// How many days before its end one warns.
    pub warn_days: u32,
    /// How many reasons one may answer before it is called too wide.
    pub wide: u32,
    /// Who may approve; empty for any person.
    pub approvers: Vec<String>,
}

impl Default for ExceptionLimits {
    fn default() -> Self {
        Self {
            max_days: MAX_DAYS,
            warn_days: WARN_DAYS,
            wide: WIDE,
            approvers: Vec::new(),
        }
    }
}

impl ExceptionLimits {
    pub(crate) fn read(value: &mut Value<'_>) -> Result<Self, Wrong> {
        let mut section = Section::new("exceptions", value)?;
        let mut limits = Self::default();
        if let Some((days, _)) = section.number("max-days", 1..=366)? {
            limits.max_days = days;
        }
        if let Some((days, _)) = section.number("warn-days", 0..=366)? {
            limits.warn_days = days;
        }
        if let Some((reasons, _)) = section.number("wide", 1..=100_000)? {
            limits.wide = reasons;
        }
        let approvers = section.strings("approvers")?.unwrap_or_default();
        limits.approvers = approvers.into_iter().map(|(text, _)| text).collect();
        section.end(&["max-days", "warn-days", "wide", "approvers"])?;
        Ok(limits)
    }
}

/// What an exception speaks of: exactly one thing.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExceptionScope {
    /// One finding, by its fingerprint.
    Finding(String),
    /// Paths, as in `.gitignore`.
    Path(String),
    /// One package, by its package URL without version.
    Purl(String),
}

impl fmt::Display for ExceptionScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Finding(text) => write!(f, "finding {text}"),
            Self::Path(text) => write!(f, "path {text}"),
            Self::Purl(text) => write!(f, "package {text}"),
        }
    }
}

/// A permission to pass a gate for a while.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Exception {
    /// Its id: kebab-case.
    pub id: String,
    /// The gate.
    pub gate: String,
    /// What it speaks of.
    pub scope: ExceptionScope,
    /// Who answers for it.
    pub owner: String,
    /// Who agreed: somebody else.
    pub approver: String,
    /// Why.
    pub reason: String,
    /// The day from which it holds.
    #[serde(serialize_with = "day")]
    pub created: Date,
    /// The last day on which it holds, in UTC.
    #[serde(serialize_with = "day")]
    pub expires: Date,
    /// Where more is written.
    pub evidence: Option<String>,
    /// What is done instead.
    pub control: Option<String>,
    /// Its line in the file.
    #[serde(skip)]
    pub line: usize,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands a reference over"
)]
fn day<S: serde::Serializer>(date: &Date, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(date)
}

impl Exception {
    /// The moment from which it holds.
    #[must_use]
    pub fn begins(&self) -> Timestamp {
        midnight(self.created)
    }

    /// The moment from which it holds no more.
    #[must_use]
    pub fn ends(&self) -> Timestamp {
        midnight(self.expires).plus_days(1)
    }

    /// Does it hold at a moment? Whoever wrote it may live a day ahead.
    #[must_use]
    pub fn holds_at(&self, now: Timestamp) -> bool {
        self.begins().0 <= now.0.saturating_add(DAY) && now < self.ends()
    }

    /// Does it permit the same, by the same persons, for as long? Reasons and evidence may differ.
    #[must_use]
    pub fn permits_the_same(&self, other: &Self) -> bool {
        let of = |one: &Self| {
            let persons = (one.owner.clone(), one.approver.clone());
            let days = (one.created, one.expires);
            (
                one.id.clone(),
                one.gate.clone(),
                one.scope.clone(),
                persons,
                days,
            )
        };
        of(self) == of(other)
    }

    /// May it answer for something in a change of these files?
    #[must_use]
    pub fn may_speak_of<'p>(&self, mut files: impl Iterator<Item = &'p RepoPath>) -> bool {
        let ExceptionScope::Path(glob) = &self.scope else {
            return true;
        };
        globs(&[(glob.clone(), Span::new(0, 0))], "exception.path")
            .is_ok_and(|globs| files.any(|path| crate::zone::matches(&globs, path)))
    }

    /// As an entry of the file.
    #[must_use]
    pub fn to_toml(&self) -> String {
        let mut out = String::from("[[exception]]\n");
        let mut line = |key: &str, value: &str| {
            out.push_str(key);
            out.push_str(" = ");
            out.push_str(&quoted(value));
            out.push('\n');
        };
        line("id", &self.id);
        line("gate", &self.gate);
        match &self.scope {
            ExceptionScope::Finding(text) => line("finding", text),
            ExceptionScope::Path(text) => line("path", text),
            ExceptionScope::Purl(text) => line("purl", text),
        }
        line("owner", &self.owner);
        line("approver", &self.approver);
        line("reason", &self.reason);
        line("created", &self.created.to_string());
        line("expires", &self.expires.to_string());
        if let Some(text) = &self.evidence {
            line("evidence", text);
        }
        if let Some(text) = &self.control {
            line("control", text);
        }
        out
    }
}

/// A basic string of TOML.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => {
                // Writing to a String cannot fail.
                let _ = write!(out, "\\u{:04X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

fn midnight(date: Date) -> Timestamp {
    let zoned = date.to_zoned(jiff::tz::TimeZone::UTC);
    zoned.map_or(Timestamp(0), |zoned| {
        Timestamp(zoned.timestamp().as_second())
    })
}

/// An entry that breaks a rule.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct BrokenException {
    /// Its id, or `line 12` where it has none.
    pub id: String,
    /// What is wrong and what to do, with its line.
    pub message: String,
}

/// All exceptions of a file.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Exceptions {
    /// Those that keep to the rules, in the order of the file.
    pub entries: Vec<Exception>,
    /// Those that do not: they have no effect.
    pub broken: Vec<BrokenException>,
}

impl Exceptions {
    /// Reads the file's text; `path` is for messages. A file that is no TOML is an error; an entry
    /// that breaks a rule is in [`Self::broken`].
    pub fn parse(
        text: &str,
        path: &Path,
        limits: &ExceptionLimits,
        names: &dyn Names,
    ) -> Result<Self, PolicyError> {
        let invalid = |wrong: Wrong| PolicyError::Invalid {
            path: path.to_owned(),
            place: Place::of(text, wrong.span.start),
            message: wrong.message,
        };
        let mut document = document::parse(text).map_err(invalid)?;
        let mut root = Section::new("", &mut document).map_err(invalid)?;
        if let Some((_, mut schema)) = root.take("schema") {
            let span = schema.span;
            if !matches!(schema.take(), ValueInner::Integer(1)) {
                let message = "`schema` must be 1; a newer file needs a newer trueline";
                return Err(invalid(Wrong::new(span, message)));
            }
        }
        let mut all = Self::default();
        if let Some((_, mut value)) = root.take("exception") {
            let span = value.span;
            let ValueInner::Array(items) = value.take() else {
                let message = "`exception` must be written as `[[exception]]`";
                return Err(invalid(Wrong::new(span, message)));
            };
            for (at, mut item) in items.into_iter().enumerate() {
                let line = Place::of(text, item.span.start).line;
                let id = item.pointer("/id").and_then(|id| id.as_str());
                let id = id.map_or_else(|| format!("entry {}", at + 1), str::to_owned);
                match read(&mut item, line, limits, names) {
                    Ok(entry) if all.entries.iter().any(|known| known.id == entry.id) => {
                        all.broken.push(BrokenException {
                            message: format!("line {line}: there is an exception `{id}` already"),
                            id,
                        });
                    }
                    Ok(entry) => all.entries.push(entry),
                    Err(wrong) => all.broken.push(BrokenException {
                        id,
                        message: format!(
                            "line {}: {}",
                            Place::of(text, wrong.span.start).line,
                            wrong.message
                        ),
                    }),
                }
            }
        }
        root.end(&["schema", "exception"]).map_err(invalid)?;
        Ok(all)
    }

    /// An entry by its id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Exception> {
        self.entries.iter().find(|entry| entry.id == id)
    }
}

fn read(
    value: &mut Value<'_>,
    line: usize,
    limits: &ExceptionLimits,
    names: &dyn Names,
) -> Result<Exception, Wrong> {
    let mut section = Section::new("exception", value)?;
    let at = section.span();
    let mut text = |key: &str| document::text(section.required(key)?, &format!("exception.{key}"));
    let (id, id_span) = text("id")?;
    let (gate, _) = text("gate")?;
    let (owner, owner_span) = text("owner")?;
    let (approver, approver_span) = text("approver")?;
    let (reason, _) = text("reason")?;
    let created = date(text("created")?)?;
    let (expires, expires_span) = text("expires")?;
    let expires = date((expires, expires_span))?;
    if !is_name(&id) {
        let message = "`exception.id` is of small letters, digits and `-`";
        return Err(Wrong::new(id_span, message));
    }
    let scope = read_scope(&mut section, at)?;
    let evidence = section.text("evidence")?.map(|(text, _)| text);
    let control = section.text("control")?.map(|(text, _)| text);
    section.end(&[
        "id", "gate", "finding", "path", "purl", "owner", "approver", "reason", "created",
        "expires", "evidence", "control",
    ])?;
    for (name, span, what) in [
        (&owner, owner_span, "own"),
        (&approver, approver_span, "approve"),
    ] {
        if names.is_agent(name) {
            let message = format!("`{name}` is an agent: only a person can {what} an exception");
            return Err(Wrong::new(span, message));
        }
    }
    if may_be_same(&owner, &approver) {
        let message = "owner and approver are the same: somebody else has to agree";
        return Err(Wrong::new(approver_span, message));
    }
    let may_approve = |known: &String| is_listed(known, &approver);
    if !limits.approvers.is_empty() && !limits.approvers.iter().any(may_approve) {
        let message = format!(
            "`{approver}` is not among `[exceptions] approvers`: {}",
            limits.approvers.join(", ")
        );
        return Err(Wrong::new(approver_span, message));
    }
    let days = midnight(expires).days_since(midnight(created));
    if days < 0 {
        let message = "it expires before it begins";
        return Err(Wrong::new(expires_span, message));
    }
    if days > i64::from(limits.max_days) {
        let last = midnight(created).plus_days(i64::from(limits.max_days));
        let message = format!(
            "it would hold for {days} days, at most {} are allowed: until {}; renew it then if it is still needed",
            limits.max_days,
            last.date()
        );
        return Err(Wrong::new(expires_span, message));
    }
    Ok(Exception {
        id,
        gate,
        scope,
        owner,
        approver,
        reason,
        created,
        expires,
        evidence,
        control,
        line,
    })
}

fn read_scope(section: &mut Section<'_>, at: Span) -> Result<ExceptionScope, Wrong> {
    let finding = section.text("finding")?;
    let path = section.text("path")?;
    let purl = section.text("purl")?;
    match (finding, path, purl) {
        (Some((text, _)), None, None) => Ok(ExceptionScope::Finding(text)),
        (None, Some((text, span)), None) => {
            globs(&[(text.clone(), span)], "exception.path")?;
            Ok(ExceptionScope::Path(text))
        }
        (None, None, Some((text, _))) => Ok(ExceptionScope::Purl(text)),
        _ => Err(Wrong::new(
            at,
            "an exception speaks of exactly one of `finding`, `path` and `purl`",
        )),
    }
}

fn date((text, span): (String, Span)) -> Result<Date, Wrong> {
    text.parse().map_err(|_| {
        let message = format!("`{text}` is no day: write it as \"2026-12-31\"");
        Wrong::new(span, message)
    })
}

/// The name and the address of `Name <address>`, of an address, or of an account, which has none.
#[must_use]
pub fn mailbox(text: &str) -> (&str, &str) {
    let text = text.trim();
    if let Some((name, rest)) = text.rsplit_once('<') {
        let address = rest.split('>').next().unwrap_or_default().trim();
        let name = name.trim().trim_matches('"').trim();
        return (if name.is_empty() { address } else { name }, address);
    }
    let account = text.trim_start_matches('@');
    (account, if account.contains('@') { account } else { "" })
}

/// A person as far as a text names one: an address without what stands behind a `+`, and an account.
struct Named {
    address: String,
    account: String,
    /// Does the address say no more than the account? A forge's own addresses do.
    is_forge: bool,
}

impl Named {
    fn of(text: &str) -> Self {
        let (name, address) = mailbox(text);
        let Some((local, host)) = address.rsplit_once('@') else {
            return Self {
                address: String::new(),
                account: name.to_lowercase(),
                is_forge: true,
            };
        };
        let (local, host) = (local.to_lowercase(), host.to_lowercase());
        let is_forge = host.contains("noreply");
        let rest = local.trim_start_matches(|c: char| c.is_ascii_digit());
        let account = match rest.strip_prefix(['+', '-']) {
            // `12+ann@users.noreply.github.com`, `12-ann@users.noreply.gitlab.com`.
            Some(account) if is_forge && rest.len() < local.len() => account,
            _ => local.split('+').next().unwrap_or_default(),
        };
        Self {
            address: format!("{account}@{host}"),
            account: account.to_owned(),
            is_forge,
        }
    }
}

/// May two texts name one person? Addresses are compared, never the names beside them; an account is
/// that of every address that begins with it.
#[must_use]
pub fn may_be_same(one: &str, other: &str) -> bool {
    let (one, other) = (Named::of(one), Named::of(other));
    if one.is_forge || other.is_forge {
        one.account == other.account
    } else {
        one.address == other.address
    }
}

/// Is a person meant by an entry of a list? Here the account alone does not stand for an address.
fn is_listed(known: &str, person: &str) -> bool {
    let plain = |text: &str| {
        let (name, address) = mailbox(text);
        let said = if address.is_empty() { name } else { address };
        said.to_lowercase()
    };
    plain(known) == plain(person)
}

/// A file's text with an entry at its end.
#[must_use]
pub fn with_entry(text: &str, entry: &Exception) -> String {
    let mut out = if text.trim().is_empty() {
        "# Permissions to pass a gate for a while: `trueline exception` writes them, a review approves them.\nschema = 1\n"
            .to_owned()
    } else {
        text.trim_end().to_owned() + "\n"
    };
    out.push('\n');
    out.push_str(&entry.to_toml());
    out
}

/// A file's text with another approver and other days in one entry; everything else stays as it is.
/// `None` if there is no such entry.
#[must_use]
pub fn with_renewed(
    text: &str,
    id: &str,
    approver: &str,
    created: Date,
    expires: Date,
) -> Option<String> {
    let key_of = |line: &str| line.split('=').next().unwrap_or_default().trim().to_owned();
    let lines: Vec<&str> = text.lines().collect();
    let starts: Vec<usize> = lines
        .iter()
        .enumerate()
        .filter(|(_, line)| line.trim() == "[[exception]]")
        .map(|(at, _)| at)
        .collect();
    let wanted = format!("id = {}", quoted(id));
    let at = starts.iter().position(|start| {
        let rest = lines.iter().skip(start + 1);
        rest.take_while(|line| line.trim() != "[[exception]]")
            .any(|line| line.split_whitespace().collect::<Vec<_>>().join(" ") == wanted)
    })?;
    let block = *starts.get(at)?..starts.get(at + 1).copied().unwrap_or(lines.len());
    let mut out = String::new();
    for (number, line) in lines.iter().enumerate() {
        let value = match key_of(line).as_str() {
            "approver" => Some(approver.to_owned()),
            "created" => Some(created.to_string()),
            "expires" => Some(expires.to_string()),
            _ => None,
        };
        if let Some(value) = value.filter(|_| block.contains(&number)) {
            // Writing to a String cannot fail.
            let _ = writeln!(out, "{} = {}", key_of(line), quoted(&value));
        } else {
            out.push_str(line);
            out.push('\n');
        }
    }
    Some(out)
}

/// A day, `2026-12-31`.
#[must_use]
pub fn day_of(text: &str) -> Option<Date> {
    text.parse().ok()
}

/// The day of a moment, in UTC.
#[must_use]
pub fn day_at(moment: Timestamp) -> Option<Date> {
    day_of(&moment.date())
}
