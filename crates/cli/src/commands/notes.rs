//! `trueline hook sign` and `hook verify`: authorship notes that are vouched for, and what of them nobody vouches for.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use trueline_attest::envelope::Refusal;
use trueline_attest::key::TrustedKeys;
use trueline_attest::log::Log;
use trueline_attest::notes::{self, NOTE_KEYS_FILE};
use trueline_attest::{AttestError, SigningKey};
use trueline_capture::{Noted, Place, SettleError};
use trueline_facts::CommitId;
use trueline_report::counted;

use crate::Ended;
use crate::commands::Misused;
use crate::commands::attest::{read, signing_key};
use crate::output;

/// The setting of git that names the key with which every note is signed when it is written.
const KEY_SETTING: &str = "trueline.noteKey";

/// Signs the notes of a range.
pub(crate) fn sign(place: &Place, range: &str, key: Option<&Path>) -> Result<Ended> {
    let key = match key {
        Some(path) => path.to_owned(),
        None => configured(place).ok_or_else(|| {
            Misused(format!(
                "no key: name the file with --key, or set it once with `git config {KEY_SETTING} FILE`"
            ))
        })?,
    };
    let key = signing_key(&key)?;
    let mut out = String::new();
    for noted in notes_of(place, range)? {
        let said = match signed(place, &noted, &key)? {
            Signed::Now => "signed",
            Signed::Before => "was signed by this key already",
            Signed::NothingToSign => "claims nothing that could be signed",
        };
        writeln!(out, "{:.10}  {said}", noted.commit)?;
    }
    if out.is_empty() {
        out.push_str("no note to sign\n");
    }
    output::write(out.as_bytes(), None)?;
    Ok(Ended::Pass)
}

/// Signs notes that were written just now, where the user wants it. Nobody is asked and nothing fails: what goes wrong is
/// told by `hook status`.
pub(crate) fn sign_new<'c>(place: &Place, commits: impl Iterator<Item = &'c str>) {
    let mut commits = commits.peekable();
    if commits.peek().is_none() {
        return;
    }
    let Some(path) = configured(place) else {
        return;
    };
    let sign = || -> Result<()> {
        let key = signing_key(&path)?;
        for commit in commits {
            for noted in notes_of(place, &format!("{commit}^!"))? {
                signed(place, &noted, &key)?;
            }
        }
        Ok(())
    };
    if let Err(error) = sign() {
        trueline_capture::note_trouble(place, &format!("a note was not signed: {error:#}"));
    }
}

fn notes_of(place: &Place, range: &str) -> Result<Vec<Noted>> {
    trueline_capture::notes_of(place, range).map_err(|error| match error {
        SettleError::Notes(_) => {
            Misused(format!("`{range}` names no commits that are here")).into()
        }
        other => other.into(),
    })
}

/// The key file of git's configuration, a relative one from the work tree.
fn configured(place: &Place) -> Option<PathBuf> {
    let path = trueline_capture::git_setting(place, KEY_SETTING)?;
    Some(place.work_tree.join(path))
}

enum Signed {
    Now,
    Before,
    NothingToSign,
}

fn signed(place: &Place, noted: &Noted, key: &SigningKey) -> Result<Signed> {
    let commit = CommitId::new(noted.commit.clone());
    let claims = claims(noted)?;
    if claims.is_empty() {
        return Ok(Signed::NothingToSign);
    }
    let signature = notes::sign(&commit, &claims, key).map_err(|why| anyhow!(why))?;
    let note = trueline_attest::notes::with_signature(&noted.note, &signature)?;
    if note == noted.note {
        return Ok(Signed::Before);
    }
    if trueline_capture::replace_note(place, noted, &note)? {
        Ok(Signed::Now)
    } else {
        Err(anyhow!(
            "the note of {commit} changed while it was signed: sign again"
        ))
    }
}

fn claims(noted: &Noted) -> Result<notes::Claims> {
    let commit = &noted.commit;
    notes::claims_of(&noted.note).with_context(|| format!("the note of {commit} cannot be read"))
}

/// Says of each note of a range who vouches for it. Findings, if any claim is vouched for by nobody.
pub(crate) fn verify(place: &Place, range: &str, keys: Option<&Path>) -> Result<Ended> {
    let keys = trusted(place, keys)?;
    let mut out = String::new();
    let (mut whole, mut all) = (0_u64, 0_u64);
    for noted in notes_of(place, range)? {
        all += 1;
        write!(out, "{:.10}  ", noted.commit)?;
        let Ok(claims) = claims(&noted) else {
            writeln!(out, "cannot be read")?;
            continue;
        };
        let commit = CommitId::new(noted.commit.clone());
        let mut vouched = Vec::new();
        let (mut by, mut wrong, mut unknown) = (BTreeSet::new(), 0_u64, 0_u64);
        for signature in notes::signatures(&noted.note).unwrap_or_default() {
            match notes::open(&commit, &signature, &keys) {
                Ok((key, claims)) => {
                    by.insert(key.to_string());
                    vouched.push(claims);
                }
                Err(Refusal::UnknownKey(_)) => unknown += 1,
                Err(Refusal::BadSignature(_) | Refusal::Unreadable(_)) => wrong += 1,
            }
        }
        let left = claims.without(&vouched);
        if left.is_empty() {
            whole += 1;
        }
        let by: Vec<String> = by.into_iter().collect();
        match (left.is_empty(), by.is_empty()) {
            (true, true) => write!(out, "claims nothing")?,
            (true, false) => write!(out, "signed by {}", by.join(", "))?,
            (false, true) => write!(out, "not signed")?,
            (false, false) => write!(
                out,
                "FORGED or unsigned: {} of {} are vouched for by nobody",
                left.line_count(),
                counted(claims.line_count(), "line")
            )?,
        }
        if wrong > 0 {
            write!(out, "; signatures that do not fit: {wrong}")?;
        }
        if unknown > 0 {
            write!(out, "; signatures by keys that are not trusted: {unknown}")?;
        }
        out.push('\n');
    }
    writeln!(out, "{whole} of {} signed whole", counted(all, "note"))?;
    output::write(out.as_bytes(), None)?;
    Ok(if whole == all {
        Ended::Pass
    } else {
        Ended::Findings
    })
}

/// The keys that count: of a file, or those that HEAD has. Those of the work tree anybody may have written.
fn trusted(place: &Place, file: Option<&Path>) -> Result<TrustedKeys> {
    let (text, name) = if let Some(path) = file {
        (read(path)?, path.display().to_string())
    } else {
        let log = Log::open(&place.work_tree)?;
        let text = log.committed("HEAD", NOTE_KEYS_FILE).ok_or_else(|| {
            Misused(format!(
                "no key is trusted here: name a file with --keys, or commit the public keys of those who sign as {NOTE_KEYS_FILE}"
            ))
        })?;
        (text, NOTE_KEYS_FILE.to_owned())
    };
    let keys = TrustedKeys::parse(&text, &name)?;
    if keys.is_empty() {
        return Err(AttestError::NoKeys.into());
    }
    Ok(keys)
}
