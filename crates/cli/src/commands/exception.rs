//! `trueline exception`: permissions to pass a gate for a while, written into the work tree.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use trueline_facts::{RepoPath, Timestamp};
use trueline_policy::exceptions::{
    Exception, ExceptionScope, day_at, day_of, may_be_same, with_entry, with_renewed,
};
use trueline_policy::{EXCEPTIONS_FILE, Exceptions, Policy};
use trueline_report::json;

use crate::Ended;
use crate::arguments::{ExceptionAction, ExceptionAdd, ExceptionArguments, ListFormat};
use crate::commands::Misused;
use crate::commands::gate::now;
use crate::output;

/// Days for which a new one holds where nobody says.
const DAYS: u32 = 30;

pub(crate) fn run(arguments: &ExceptionArguments) -> Result<Ended> {
    let place = Place::open(&arguments.repository)?;
    let now = now(arguments.now.as_deref())?;
    match &arguments.action {
        ExceptionAction::Add(asked) => add(&place, asked, now),
        ExceptionAction::List { format } => list(&place, *format, now),
        ExceptionAction::Renew {
            id,
            approver,
            days,
            expires,
        } => renew(&place, id, approver, *days, expires.as_deref(), now),
    }
}

/// The file and what judges it.
struct Place {
    file: PathBuf,
    text: String,
    /// What paths are checked against.
    files: Vec<RepoPath>,
    policy: Policy,
    own_email: Option<String>,
}

impl Place {
    fn open(repository: &Path) -> Result<Self> {
        let (policy, _) = trueline_scan::policy_of_work_tree(repository, None)?;
        let root = trueline_scan::root(repository)?;
        let file = root.join(EXCEPTIONS_FILE);
        let is_link = |path: &Path| path.symlink_metadata().is_ok_and(|meta| meta.is_symlink());
        if is_link(&file) || file.parent().is_some_and(is_link) {
            return Err(Misused(format!(
                "{EXCEPTIONS_FILE} is a link: nothing is written through it"
            ))
            .into());
        }
        let text = match std::fs::read_to_string(&file) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => {
                return Err(Misused(format!("{EXCEPTIONS_FILE}: {}", error.kind())).into());
            }
        };
        let own = trueline_history::repository::Repository::discover(&root).ok();
        // As git has it: the environment before the configuration.
        let own_email = std::env::var("GIT_AUTHOR_EMAIL").map(String::into_bytes);
        let own_email = own_email.ok().or_else(|| own?.own_email());
        Ok(Self {
            file,
            text,
            files: trueline_scan::files_of_work_tree(&root)?,
            policy,
            own_email: own_email.map(|email| String::from_utf8_lossy(&email).into_owned()),
        })
    }

    /// Says on standard error that no file has the path of an exception.
    fn warn(&self, entry: &Exception) {
        if let Some(warning) = entry.path_warning(&self.files) {
            // A closed standard error does not make the entry wrong.
            let _ = writeln!(io::stderr(), "trueline: warning: {warning}");
        }
    }

    /// Whoever runs this commits the file, and an entry that its approver committed has no effect.
    fn refuse_own(&self, approver: &str) -> Result<()> {
        match &self.own_email {
            Some(own) if may_be_same(own, approver) => Err(Misused(format!(
                "nothing was written: {approver} approves it, and you would commit it as {own}; somebody else has to agree"
            ))
            .into()),
            _ => Ok(()),
        }
    }

    fn read(&self, text: &str) -> Result<Exceptions> {
        Ok(trueline_scan::validate_exceptions(text, &self.policy)
            .map_err(|error| Misused(error.to_string()))?)
    }

    /// Writes a new text, if the entry that it is about keeps to the rules.
    fn write(&self, text: &str, id: &str) -> Result<()> {
        let read = self.read(text)?;
        if let Some(broken) = read.broken.iter().find(|broken| broken.id == id) {
            return Err(Misused(format!("nothing was written: {}", broken.message)).into());
        }
        if let Some(folder) = self.file.parent() {
            std::fs::create_dir_all(folder)?;
        }
        output::write(text.as_bytes(), Some(&self.file))
    }
}

fn add(place: &Place, asked: &ExceptionAdd, now: Timestamp) -> Result<Ended> {
    let known = place.policy.gate(&asked.gate).is_some();
    if !known {
        let ids: Vec<&str> = place
            .policy
            .gates
            .iter()
            .map(|gate| gate.id.as_str())
            .collect();
        let hint = trueline_policy::document::nearest(&asked.gate, &ids)
            .map_or_else(|| ids.join(", "), |near| format!("did you mean `{near}`?"));
        return Err(Misused(format!("there is no gate `{}`; {hint}", asked.gate)).into());
    }
    let scope = match (&asked.finding, &asked.glob, &asked.purl) {
        (Some(text), None, None) => ExceptionScope::Finding(text.clone()),
        (None, Some(text), None) => ExceptionScope::Path(text.clone()),
        (None, None, Some(text)) => ExceptionScope::Purl(text.clone()),
        _ => {
            return Err(
                Misused("name exactly one of --finding, --path and --purl".to_owned()).into(),
            );
        }
    };
    let owner = asked.owner.clone().or_else(|| place.own_email.clone());
    let owner = owner.ok_or_else(|| {
        Misused("--owner: git knows no address of yours; say who answers for it".to_owned())
    })?;
    place.refuse_own(&asked.approver)?;
    let (created, expires) = days(place, now, asked.days, asked.expires.as_deref())?;
    let entry = Exception {
        id: asked.id.clone(),
        gate: asked.gate.clone(),
        scope,
        owner,
        approver: asked.approver.clone(),
        reason: asked.reason.clone(),
        created,
        expires,
        evidence: asked.evidence.clone(),
        control: asked.control.clone(),
        line: 0,
    };
    place.write(&with_entry(&place.text, &entry), &entry.id)?;
    place.warn(&entry);
    let told = format!(
        "{EXCEPTIONS_FILE}: {} holds until {}. It works once it is merged: the base's exceptions count.\n",
        entry.id, entry.expires
    );
    output::write(told.as_bytes(), None)?;
    Ok(Ended::Pass)
}

fn days(
    place: &Place,
    now: Timestamp,
    for_days: Option<u32>,
    expires: Option<&str>,
) -> Result<(jiff::civil::Date, jiff::civil::Date)> {
    let created = day_at(now).context("the clock shows no day of the calendar")?;
    let expires = if let Some(text) = expires {
        day_of(text).ok_or_else(|| {
            Misused(format!(
                "--expires: `{text}` is no day: write it as 2026-12-31"
            ))
        })?
    } else {
        let days = for_days.unwrap_or(DAYS.min(place.policy.limits.max_days));
        day_at(now.plus_days(i64::from(days)))
            .ok_or_else(|| Misused(format!("--days {days}: that day is in no calendar")))?
    };
    Ok((created, expires))
}

fn renew(
    place: &Place,
    id: &str,
    approver: &str,
    for_days: Option<u32>,
    until: Option<&str>,
    now: Timestamp,
) -> Result<Ended> {
    place.refuse_own(approver)?;
    let (created, expires) = days(place, now, for_days, until)?;
    let text = with_renewed(&place.text, id, approver, created, expires)
        .ok_or_else(|| Misused(format!("{EXCEPTIONS_FILE}: there is no exception `{id}`")))?;
    place.write(&text, id)?;
    if let Some(entry) = place.read(&text)?.get(id) {
        place.warn(entry);
    }
    output::write(
        format!("{id} holds until {expires}, once it is merged\n").as_bytes(),
        None,
    )?;
    Ok(Ended::Pass)
}

fn list(place: &Place, format: ListFormat, now: Timestamp) -> Result<Ended> {
    let read = place.read(&place.text)?;
    let state = |entry: &Exception| {
        if now >= entry.ends() {
            "expired"
        } else if !entry.holds_at(now) {
            "not yet valid"
        } else if entry.ends().days_since(now) < i64::from(place.policy.limits.warn_days) {
            "expires soon"
        } else {
            "holds"
        }
    };
    let text = match format {
        ListFormat::Json => {
            let entries: Vec<serde_json::Value> = read
                .entries
                .iter()
                .map(|entry| {
                    let mut value = serde_json::to_value(entry).unwrap_or_default();
                    if let Some(map) = value.as_object_mut() {
                        map.insert("state".to_owned(), state(entry).into());
                        if let Some(warning) = entry.path_warning(&place.files) {
                            map.insert("warning".to_owned(), warning.into());
                        }
                    }
                    value
                })
                .collect();
            json::to_string(&serde_json::json!({
                "schema": "trueline.exceptions/1",
                "exceptions": entries,
                "broken": read.broken,
            }))
        }
        ListFormat::Terminal => {
            let mut out = String::new();
            for entry in &read.entries {
                writeln!(
                    out,
                    "{}: {} until {}\n  gate {}, {}\n  owner {}, approved by {}\n  {}",
                    entry.id,
                    state(entry),
                    entry.expires,
                    entry.gate,
                    entry.scope,
                    entry.owner,
                    entry.approver,
                    entry.reason
                )?;
                if let Some(warning) = entry.path_warning(&place.files) {
                    writeln!(out, "  warning: {warning}")?;
                }
            }
            for broken in &read.broken {
                writeln!(out, "{}: has no effect: {}", broken.id, broken.message)?;
            }
            if out.is_empty() {
                out.push_str("no exceptions\n");
            }
            out
        }
    };
    output::write(text.as_bytes(), None)?;
    Ok(Ended::Pass)
}
