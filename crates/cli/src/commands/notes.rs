//! `trueline hook sign` and `hook verify`: authorship notes that are vouched for, and what of them nobody vouches for.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use trueline_attest::chain;
use trueline_attest::envelope::Refusal;
use trueline_attest::key::{TRUSTED_KEYS_FILE, TrustedKeys};
use trueline_attest::log::{Log, REFERENCE};
use trueline_attest::notes::{self, NOTE_KEYS_FILE};
use trueline_attest::{AttestError, SigningKey};
use trueline_capture::{Noted, Place, SettleError};
use trueline_facts::CommitId;
use trueline_facts::attestation::NotedCommit;
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
    let note = notes::with_signature(&noted.note, &signature, key)?;
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

/// What the notes of a range claim now, for an entry of the log of attestations.
pub(crate) fn there_now(repository: &Path, range: &str) -> Result<Vec<NotedCommit>> {
    let Some(place) = Place::around(repository) else {
        return Ok(Vec::new());
    };
    let mut all = Vec::new();
    for noted in notes_of(&place, range)? {
        // A note that cannot be read claims nothing that could go missing.
        if let Ok(claims) = claims(&noted) {
            let commit = CommitId::new(noted.commit.clone());
            all.push(notes::noted(&commit, &claims).map_err(|why| anyhow!(why))?);
        }
    }
    Ok(all)
}

/// Says of each note of a range who vouches for it, and what is gone that was vouched for. Findings, if any claim is
/// vouched for by nobody, or if anything is gone.
pub(crate) fn verify(
    place: &Place,
    range: &str,
    keys: Option<&Path>,
    log_keys: Option<&Path>,
) -> Result<Ended> {
    let keys = trusted(place, keys)?;
    let known = Known::read(place, log_keys)?;
    let mut out = String::new();
    let (mut whole, mut all, mut gone, mut told_of) = (0_u64, 0_u64, 0_u64, 0_u64);
    let mut noted = notes_of(place, range)?.into_iter().peekable();
    let commits = trueline_capture::commits_of(place, range)?;
    let total = commits.len() as u64;
    for commit in commits {
        let before = known.of(&commit);
        told_of += u64::from(before.is_some());
        if noted.peek().is_none_or(|noted| noted.commit != commit) {
            if let Some((entry, before)) = before {
                gone += 1;
                let lines = counted(before.lines, "line");
                writeln!(
                    out,
                    "{commit:.10}  REMOVED: a note about {lines} was there (entry {entry} of the log)"
                )?;
            }
            continue;
        }
        let Some(noted) = noted.next() else { break };
        all += 1;
        write!(out, "{commit:.10}  ")?;
        let Ok(claims) = claims(&noted) else {
            writeln!(out, "cannot be read")?;
            continue;
        };
        let standing = Standing::of(&CommitId::new(commit), &noted.note, &claims, &keys);
        let mut is_whole = standing.write(&claims, &mut out)?;
        if let Some((entry, before)) = before {
            let now = claims.line_count();
            if now < before.lines {
                is_whole = false;
                let lines = counted(before.lines - now, "line");
                write!(out, "; {lines} fewer than entry {entry} of the log knows")?;
            } else if notes::noted(&before.commit, &claims).ok().as_ref() != Some(before) {
                write!(out, "; not as entry {entry} of the log knows it")?;
            }
        }
        whole += u64::from(is_whole);
        out.push('\n');
    }
    writeln!(out, "{whole} of {} signed whole", counted(all, "note"))?;
    known.write_limits(told_of, total, &mut out)?;
    output::write(out.as_bytes(), None)?;
    Ok(if whole == all && gone == 0 {
        Ended::Pass
    } else {
        Ended::Findings
    })
}

/// How a note stands to the signatures in it.
struct Standing {
    by: Vec<String>,
    /// Claims that nobody vouches for.
    left: notes::Claims,
    /// What was signed of lines that the note says nothing of any more.
    taken: notes::Claims,
    wrong: u64,
    unknown: u64,
}

impl Standing {
    fn of(commit: &CommitId, note: &[u8], claims: &notes::Claims, keys: &TrustedKeys) -> Self {
        let mut vouched = Vec::new();
        let (mut by, mut wrong, mut unknown) = (BTreeSet::new(), 0_u64, 0_u64);
        for signature in notes::signatures(note).unwrap_or_default() {
            match notes::open(commit, &signature, keys) {
                Ok((key, claims)) => {
                    by.insert(key.to_string());
                    vouched.push(claims);
                }
                Err(Refusal::UnknownKey(_)) => unknown += 1,
                Err(Refusal::BadSignature(_) | Refusal::Unreadable(_)) => wrong += 1,
            }
        }
        Self {
            by: by.into_iter().collect(),
            left: claims.without(&vouched),
            taken: notes::Claims::joined(&vouched).unanswered_by(claims),
            wrong,
            unknown,
        }
    }

    /// In words; whether the note is signed whole.
    fn write(&self, claims: &notes::Claims, out: &mut String) -> Result<bool> {
        let by = self.by.join(", ");
        match (self.left.is_empty(), by.is_empty()) {
            (true, true) => write!(out, "claims nothing")?,
            (true, false) => write!(out, "signed by {by}")?,
            (false, true) => write!(out, "not signed")?,
            (false, false) => write!(
                out,
                "FORGED or unsigned: {} of {} are vouched for by nobody",
                self.left.line_count(),
                counted(claims.line_count(), "line")
            )?,
        }
        let taken = self.taken.line_count();
        if taken > 0 {
            let lines = counted(taken, "line");
            write!(
                out,
                "; CUT: {lines} that were signed are not in it any more"
            )?;
        }
        if self.wrong > 0 {
            write!(out, "; signatures that do not fit: {}", self.wrong)?;
        }
        if self.unknown > 0 {
            let unknown = self.unknown;
            write!(out, "; signatures by keys that are not trusted: {unknown}")?;
        }
        Ok(self.left.is_empty() && taken == 0)
    }
}

/// What the log of attestations knows of notes; or why nothing.
enum Known {
    Notes(BTreeMap<String, (u64, NotedCommit)>),
    Nothing(&'static str),
}

impl Known {
    fn read(place: &Place, keys: Option<&Path>) -> Result<Self> {
        let log = Log::open(&place.work_tree)?;
        let entries = log.entries()?;
        if entries.is_empty() {
            return Ok(Self::Nothing("there is no log of attestations here"));
        }
        let keys = if let Some(path) = keys {
            TrustedKeys::parse(&read(path)?, &path.display().to_string())?
        } else if let Some(text) = log.committed("HEAD", TRUSTED_KEYS_FILE) {
            TrustedKeys::parse(&text, TRUSTED_KEYS_FILE)?
        } else {
            return Ok(Self::Nothing(
                "no key is trusted for the log of attestations: name a file with --log-keys",
            ));
        };
        let seen = chain::verify(REFERENCE, &entries, &keys, None);
        if !seen.holds() {
            return Ok(Self::Nothing(
                "the log of attestations does not hold: `trueline attest verify` says why",
            ));
        }
        let mut notes = BTreeMap::new();
        for entry in seen.entries {
            for noted in entry.notes {
                notes.insert(noted.commit.to_string(), (entry.sequence, noted));
            }
        }
        Ok(if notes.is_empty() {
            Self::Nothing("no entry of the log of attestations names a note")
        } else {
            Self::Notes(notes)
        })
    }

    fn of(&self, commit: &str) -> Option<(u64, &NotedCommit)> {
        match self {
            Self::Notes(notes) => notes.get(commit).map(|(entry, noted)| (*entry, noted)),
            Self::Nothing(_) => None,
        }
    }

    /// What can be told about notes that are not there.
    fn write_limits(&self, told_of: u64, total: u64, out: &mut String) -> Result<()> {
        match self {
            Self::Nothing(why) => writeln!(
                out,
                "whether a note was removed whole, or an earlier one put back, cannot be known: {why} (`trueline gate --attest` writes which notes there are)"
            )?,
            Self::Notes(_) => writeln!(
                out,
                "the log of attestations knows the notes of {told_of} of {}; whether others were removed cannot be known",
                counted(total, "commit")
            )?,
        }
        Ok(())
    }
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
