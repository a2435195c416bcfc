//! Exceptions at work: they answer reasons, and say when they need attention themselves.

use trueline_facts::change::Change;
use trueline_facts::verdict::{ExceptionNotice, ExceptionUse, GateResult, NoticeKind, Reason};

use crate::exceptions::{Exception, ExceptionScope};
use crate::policy::Policy;
use crate::zone::{globs, matches};

/// What exceptions did.
#[derive(Debug, Default)]
pub(super) struct Answered {
    pub(super) used: Vec<ExceptionUse>,
    pub(super) notices: Vec<ExceptionNotice>,
}

/// Lets the exceptions of a policy answer reasons.
pub(super) fn apply(policy: &Policy, change: &Change, gates: &mut [GateResult]) -> Answered {
    let now = change.evaluated_at;
    let mut answered = Answered::default();
    for broken in &policy.exceptions.broken {
        answered.notices.push(notice(
            &broken.id,
            NoticeKind::Invalid,
            format!("has no effect: {}", broken.message),
        ));
    }
    for entry in &policy.exceptions.entries {
        let Some(gate) = gates.iter_mut().find(|gate| gate.id == entry.gate) else {
            answered.notices.push(notice(
                &entry.id,
                NoticeKind::Invalid,
                format!("has no effect: there is no gate `{}`", entry.gate),
            ));
            continue;
        };
        if !entry.holds_at(now) {
            answered.notices.push(if now < entry.ends() {
                notice(
                    &entry.id,
                    NoticeKind::NotYetValid,
                    format!(
                        "begins on {}, and it is {}: the entry or the clock is wrong",
                        entry.created,
                        now.date()
                    ),
                )
            } else {
                notice(
                    &entry.id,
                    NoticeKind::Expired,
                    format!(
                        "ended on {}: mend it, or `trueline exception renew {}`",
                        entry.expires, entry.id
                    ),
                )
            });
            continue;
        }
        let mut writers = change.exception_writers.iter();
        if let Some(writer) = writers.find(|writer| writer.id == entry.id) {
            match writer.is_approver {
                Some(false) => {}
                Some(true) => {
                    answered.notices.push(notice(
                        &entry.id,
                        NoticeKind::Invalid,
                        format!(
                            "has no effect: {} approved it and committed it as well ({}); somebody else has to do one of both",
                            entry.approver, writer.because
                        ),
                    ));
                    continue;
                }
                None => answered.notices.push(notice(
                    &entry.id,
                    NoticeKind::WriterUnknown,
                    format!(
                        "whether somebody else than {} committed it is not known: {}",
                        entry.approver, writer.because
                    ),
                )),
            }
        }
        let mut reasons = 0;
        for reason in &mut gate.reasons {
            if reason.exception.is_none() && speaks_of(entry, reason, change) {
                reason.exception = Some(entry.id.clone());
                reasons += 1;
            }
        }
        answered
            .notices
            .extend(notices(policy, change, entry, reasons));
        if reasons > 0 {
            answered.used.push(ExceptionUse {
                id: entry.id.clone(),
                gate: entry.gate.clone(),
                reasons,
                owner: entry.owner.clone(),
                approver: entry.approver.clone(),
                expires: entry.ends(),
            });
        }
    }
    answered.used.sort();
    answered.notices.sort();
    answered
}

/// What to say of an exception that holds.
fn notices(
    policy: &Policy,
    change: &Change,
    entry: &Exception,
    reasons: u64,
) -> Vec<ExceptionNotice> {
    let mut notices = Vec::new();
    let left = entry.ends().days_since(change.evaluated_at);
    if left < i64::from(policy.limits.warn_days) {
        notices.push(notice(
            &entry.id,
            NoticeKind::ExpiresSoon,
            format!("holds until {} ({left} days left): plan the repair, or `trueline exception renew {}`", entry.expires, entry.id),
        ));
    }
    if reasons > u64::from(policy.limits.wide) {
        notices.push(notice(
            &entry.id,
            NoticeKind::TooWide,
            format!(
                "answered {reasons} reasons, more than {}: name what it is for more closely",
                policy.limits.wide
            ),
        ));
    }
    if reasons == 0 && touches(entry, change) {
        notices.push(notice(
            &entry.id,
            NoticeKind::Unused,
            format!(
                "was not needed although this change touches {}: remove it if it is mended",
                entry.scope
            ),
        ));
    }
    notices
}

fn notice(id: &str, kind: NoticeKind, message: String) -> ExceptionNotice {
    ExceptionNotice {
        id: id.to_owned(),
        kind,
        message,
    }
}

/// Does an exception speak of a reason? One without a place is of the whole change: every file of it
/// has to lie in the exception's path.
fn speaks_of(entry: &Exception, reason: &Reason, change: &Change) -> bool {
    match &entry.scope {
        ExceptionScope::Finding(fingerprint) => reason
            .fingerprint
            .as_ref()
            .is_some_and(|known| known.as_str() == fingerprint),
        ExceptionScope::Purl(purl) => reason.purl.as_ref() == Some(purl),
        ExceptionScope::Path(glob) => {
            let Ok(globs) = compiled(glob) else {
                return false;
            };
            match &reason.path {
                Some(path) => matches(&globs, path),
                None => {
                    !change.files.is_empty()
                        && change.files.iter().all(|file| matches(&globs, &file.path))
                }
            }
        }
    }
}

/// Does a change touch what an exception speaks of?
fn touches(entry: &Exception, change: &Change) -> bool {
    match &entry.scope {
        ExceptionScope::Finding(fingerprint) => change
            .fixed_findings()
            .any(|finding| finding.fingerprint.as_str() == fingerprint),
        ExceptionScope::Purl(purl) => change.dependencies.iter().any(|d| d.purl == *purl),
        ExceptionScope::Path(glob) => compiled(glob)
            .is_ok_and(|globs| change.files.iter().any(|file| matches(&globs, &file.path))),
    }
}

fn compiled(glob: &str) -> Result<ignore::gitignore::Gitignore, crate::document::Wrong> {
    globs(&[(glob.to_owned(), toml_span::Span::new(0, 0))], "path")
}
