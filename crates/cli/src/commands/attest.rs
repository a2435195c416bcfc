//! `trueline attest`: keys, signed verdicts, the check of their log, and the report for auditors.

use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use trueline_attest::chain::{self, Anchor, Claim, LARGEST_ENTRY};
use trueline_attest::key::{self, TRUSTED_KEYS_FILE, TrustedKeys};
use trueline_attest::log::{Log, REFERENCE};
use trueline_attest::{AttestError, SigningKey, anchor, controls, folder};
use trueline_facts::CommitId;
use trueline_facts::attestation::{Digest, Verification};
use trueline_report::{attestation, controls as report, html, json};

use crate::Ended;
use crate::arguments::{Attest, AttestAction, CheckedLog, ListFormat, ReportFormat};
use crate::commands::{Misused, gate, notes};
use crate::output;

/// Files of keys and verdicts are no larger.
const LARGEST_INPUT: u64 = LARGEST_ENTRY;

pub(crate) fn run(arguments: &Attest) -> Result<Ended> {
    match &arguments.action {
        AttestAction::Keygen { file, comment } => keygen(file, comment),
        AttestAction::Sign {
            verdict,
            key,
            commit,
            files,
            now,
        } => sign(verdict, key, commit, files.as_deref(), now.as_deref()),
        AttestAction::Verify {
            log,
            commit,
            policy_digest,
            format,
        } => verify(log, commit.as_deref(), policy_digest.as_deref(), *format),
        AttestAction::Export { folder } => export(folder),
        AttestAction::Report {
            log,
            commit,
            now,
            format,
            output,
        } => audit(log, commit, now.as_deref(), *format, output.as_deref()),
    }
}

fn here() -> Result<Log> {
    Ok(Log::open(
        &std::env::current_dir().context("the current directory")?,
    )?)
}

fn keygen(file: &Path, comment: &str) -> Result<Ended> {
    let public = with_suffix(file, ".pub");
    let new = key::generate(comment)?;
    create(file, new.private.as_bytes(), Readers::Owner)?;
    create(&public, new.public.as_bytes(), Readers::All)?;
    let told = format!(
        "{} signs, and is for its owner alone: keep it out of the repository\n{} checks: add its line to {TRUSTED_KEYS_FILE} and commit it\nfingerprint {}\n",
        file.display(),
        public.display(),
        new.id
    );
    output::write(told.as_bytes(), None)?;
    Ok(Ended::Pass)
}

fn with_suffix(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Readers {
    Owner,
    All,
}

/// A new file, never in place of another. A temporary file is its owner's alone, and stays so under its own name.
fn create(path: &Path, content: &[u8], readers: Readers) -> Result<()> {
    let failed = |why: io::Error| AttestError::File {
        path: path.to_owned(),
        why,
    };
    if readers == Readers::All {
        let mut file = std::fs::File::create_new(path).map_err(failed)?;
        return Ok(file.write_all(content).map_err(failed)?);
    }
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mut aside = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    aside.write_all(content).map_err(failed)?;
    aside
        .persist_noclobber(path)
        .map_err(|error| failed(error.error))?;
    Ok(())
}

pub(crate) fn read(path: &Path) -> Result<String> {
    let failed = |why: io::Error| AttestError::File {
        path: path.to_owned(),
        why,
    };
    let mut text = String::new();
    let input: Box<dyn io::Read> = if path == Path::new("-") {
        Box::new(io::stdin().lock())
    } else {
        Box::new(std::fs::File::open(path).map_err(failed)?)
    };
    input
        .take(LARGEST_INPUT)
        .read_to_string(&mut text)
        .map_err(failed)?;
    Ok(text)
}

/// The key that `--key` names.
pub(crate) fn signing_key(path: &Path) -> Result<SigningKey> {
    Ok(SigningKey::parse(
        &read(path)?,
        &path.display().to_string(),
    )?)
}

fn sign(
    verdict: &Path,
    key: &Path,
    commit: &str,
    files: Option<&Path>,
    at: Option<&str>,
) -> Result<Ended> {
    let key = signing_key(key)?;
    let text = read(verdict)?;
    let verdict = serde_json::from_str(&text).map_err(|error| AttestError::Verdict {
        file: verdict.display().to_string(),
        why: format!("no JSON: {error}"),
    })?;
    let log = here()?;
    let commit = log.commit(commit)?;
    let notes = match log.work_tree() {
        Some(tree) => notes::there_now(&tree, &format!("{commit}^!"))?,
        None => Vec::new(),
    };
    let claim = Claim {
        commit,
        verdict,
        notes,
        at: gate::now(at)?,
    };
    let (number, entry) = add(&log, files, &claim, &key)?;
    let told = format!("entry {number}: {}\n", Digest::of(&entry));
    output::write(told.as_bytes(), None)?;
    Ok(Ended::Pass)
}

/// Signs a claim and adds it to the log, or to a folder of files: its place, and the envelope.
pub(crate) fn add(
    log: &Log,
    files: Option<&Path>,
    claim: &Claim,
    key: &SigningKey,
) -> Result<(u64, Vec<u8>)> {
    let Some(to) = files else {
        let added = log.append(claim, key)?;
        return Ok((added.number, added.entry));
    };
    let there = if to.exists() {
        folder::read(to)?
    } else {
        Vec::new()
    };
    let entry = chain::next(there.last().map(Vec::as_slice), claim, key)?;
    let number = there.len() as u64 + 1;
    folder::add(to, number, &entry)?;
    Ok((number, entry))
}

/// Reads a log with its keys and its anchor, and checks it.
fn checked(arguments: &CheckedLog) -> Result<(Option<Log>, Verification)> {
    let repository = match here() {
        Ok(log) => Some(log),
        // A log in files needs no repository, unless a tag or the keys are looked for in one.
        Err(_) if arguments.files.is_some() => None,
        Err(error) => return Err(error),
    };
    let mut keys = TrustedKeys::default();
    for file in &arguments.keys {
        keys.extend(TrustedKeys::parse(
            &read(file)?,
            &file.display().to_string(),
        )?);
    }
    if arguments.keys.is_empty()
        && let Some(log) = &repository
        && let Some(text) = log.committed("HEAD", TRUSTED_KEYS_FILE)
    {
        keys = TrustedKeys::parse(&text, TRUSTED_KEYS_FILE)?;
    }
    if keys.is_empty() {
        return Err(AttestError::NoKeys.into());
    }
    let anchor = anchor_of(arguments, repository.as_ref())?;
    let (name, entries) = match (&arguments.files, &repository) {
        (Some(files), _) => (files.display().to_string(), folder::read(files)?),
        (None, Some(log)) => (REFERENCE.to_owned(), log.entries()?),
        (None, None) => return Err(Misused("attest: no git repository here".to_owned()).into()),
    };
    for name in arguments
        .files
        .iter()
        .flat_map(|files| folder::foreign(files))
    {
        // A closed standard error does not make the log wrong.
        let _ = writeln!(
            io::stderr(),
            "trueline: note: {} is no entry of the log: passed over",
            attestation::visible(&name)
        );
    }
    let seen = chain::verify(&name, &entries, &keys, anchor.as_ref());
    Ok((repository, seen))
}

fn anchor_of(arguments: &CheckedLog, repository: Option<&Log>) -> Result<Option<Anchor>> {
    if let Some(text) = &arguments.anchor {
        return Ok(Some(anchor::digest(text)?));
    }
    let Some(tag) = &arguments.anchor_tag else {
        return Ok(None);
    };
    let Some(log) = repository else {
        return Err(Misused("--anchor-tag: no git repository here".to_owned()).into());
    };
    let vouchers = match &arguments.anchor_keys {
        Some(file) => TrustedKeys::parse(&read(file)?, &file.display().to_string())?,
        None => TrustedKeys::default(),
    };
    Ok(Some(anchor::of_tag(log, tag, &vouchers)?))
}

fn verify(
    arguments: &CheckedLog,
    commit: Option<&str>,
    policy: Option<&str>,
    format: ListFormat,
) -> Result<Ended> {
    let (repository, seen) = checked(arguments)?;
    let mut text = match format {
        ListFormat::Json => json::to_string(&seen),
        ListFormat::Terminal => attestation::terminal(&seen),
    };
    // A log without entries proves nothing: it may have had some.
    let mut ended = if seen.holds() && !seen.entries.is_empty() {
        Ended::Pass
    } else {
        Ended::Findings
    };
    if let Some(rev) = commit {
        let commit = match &repository {
            Some(log) => log.commit(rev)?,
            None => CommitId::new(rev),
        };
        let last = seen.entries.iter().rev().find(|e| e.commit == commit);
        let outcome = last.and_then(|entry| entry.outcome.as_deref());
        if !matches!(outcome, Some("pass" | "comment" | "undetermined")) {
            ended = Ended::Findings;
        }
        let by = last.and_then(|entry| entry.policy_digest.as_deref());
        let is_other = policy.is_some_and(|wanted| by != Some(wanted));
        if is_other {
            ended = Ended::Findings;
        }
        if format == ListFormat::Terminal {
            let told = match (last, outcome) {
                (None, _) => "no signed verdict".to_owned(),
                (Some(entry), outcome) => format!(
                    "{} (entry {})",
                    outcome.unwrap_or("no outcome"),
                    entry.sequence
                ),
            };
            text.push_str(commit.short());
            text.push_str(": ");
            text.push_str(&told);
            text.push('\n');
            if let Some(entry) = last {
                let from = entry.policy_from.as_deref().unwrap_or("not said");
                let by = by.unwrap_or("no digest");
                let other = if is_other {
                    ": not the one that was asked for"
                } else {
                    ""
                };
                text.push_str(&attestation::visible(&format!(
                    "policy: {from}, {by}{other}"
                )));
                text.push('\n');
            }
        }
    }
    output::write(text.as_bytes(), None)?;
    Ok(ended)
}

fn export(to: &Path) -> Result<Ended> {
    let entries = here()?.entries()?;
    for (at, entry) in entries.iter().enumerate() {
        folder::add(to, at as u64 + 1, entry)?;
    }
    let told = format!(
        "{} written to {}\n",
        trueline_report::counted(entries.len() as u64, "envelope"),
        to.display()
    );
    output::write(told.as_bytes(), None)?;
    Ok(Ended::Pass)
}

fn audit(
    arguments: &CheckedLog,
    commit: &str,
    at: Option<&str>,
    format: ReportFormat,
    file: Option<&Path>,
) -> Result<Ended> {
    output::check(file)?;
    let at = gate::now(at)?;
    // Without keys there is nothing that a signature proves, and the rest of the report stands.
    let mut was_checked = true;
    let (repository, seen) = match checked(arguments) {
        Err(error) if matches!(error.downcast_ref(), Some(AttestError::NoKeys)) => {
            if arguments.files.is_some()
                || arguments.anchor.is_some()
                || arguments.anchor_tag.is_some()
            {
                return Err(Misused(format!(
                    "attest report: --files, --anchor and --anchor-tag check signed verdicts, and no key is trusted here: \
                     give --keys FILE, or commit {TRUSTED_KEYS_FILE}"
                ))
                .into());
            }
            was_checked = false;
            let log = here()?;
            let seen = chain::verify(REFERENCE, &log.entries()?, &TrustedKeys::default(), None);
            (Some(log), seen)
        }
        other => other?,
    };
    let Some(log) = repository else {
        return Err(Misused("attest report: no git repository here".to_owned()).into());
    };
    let commit = log.commit(commit)?;
    let name = log
        .work_tree()
        .and_then(|root| Some(root.file_name()?.to_string_lossy().into_owned()))
        .unwrap_or_else(|| "repository".to_owned());
    let mut made = controls::report(&controls::aisvs()?, &log, &commit, &name, &seen, at)?;
    if !was_checked && !seen.entries.is_empty() {
        made.log_problems = vec![format!(
            "no key is trusted here, so none of {} was checked: give `--keys FILE`, or commit `{TRUSTED_KEYS_FILE}`",
            trueline_report::counted(seen.entries.len() as u64, "signed verdict")
        )];
    }
    let text = match format {
        ReportFormat::Markdown => report::markdown(&made),
        ReportFormat::Html => html::controls(&made),
        ReportFormat::Json => json::to_string(&made),
    };
    output::write(text.as_bytes(), file)?;
    Ok(Ended::Pass)
}
