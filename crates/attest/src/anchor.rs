//! Anchors: what somebody else keeps of the log's head, so that a dropped tail shows.
//!
//! A digest comes from wherever the team keeps it (a check of the forge, a ticket, paper). A tag keeps it in its
//! message, on a line `Trueline-Attestations: sha256:…`; an SSH signature of the tag is checked where keys are given.

use bstr::ByteSlice as _;
use trueline_facts::attestation::Digest;

use crate::AttestError;
use crate::chain::Anchor;
use crate::key::TrustedKeys;
use crate::log::Log;

/// The line of a tag's message.
pub const TRAILER: &str = "Trueline-Attestations:";
/// What git signs tags as.
const NAMESPACE: &str = "git";
const SSH_BEGIN: &[u8] = b"-----BEGIN SSH SIGNATURE-----";
const PGP_BEGIN: &[u8] = b"-----BEGIN PGP SIGNATURE-----";
const LARGEST_TAG: u64 = 1 << 20;

/// A digest as the caller gives it.
pub fn digest(text: &str) -> Result<Anchor, AttestError> {
    let digest = Digest::parse(text).ok_or_else(|| AttestError::Anchor {
        what: format!("--anchor {text}"),
        why:
            "no digest: `sha256:` and 64 hexadecimal digits, as `trueline attest verify` prints it"
                .to_owned(),
    })?;
    Ok(Anchor {
        digest,
        voucher: None,
    })
}

/// The digest that an annotated tag keeps. `vouchers` are keys of who signs tags; without them the signature is not
/// looked at, and the anchor says so.
pub fn of_tag(log: &Log, tag: &str, vouchers: &TrustedKeys) -> Result<Anchor, AttestError> {
    let wrong = |why: String| AttestError::Anchor {
        what: format!("tag {tag}"),
        why,
    };
    let name = format!("refs/tags/{tag}");
    let reference = log.repo().try_find_reference(name.as_str());
    let reference = reference.map_err(|e| wrong(e.to_string()))?;
    let Some(id) = reference.as_ref().and_then(gix::Reference::try_id) else {
        return Err(wrong(
            "no such tag here; `git fetch --tags` may bring it".to_owned(),
        ));
    };
    let header = id.header().map_err(|e| wrong(e.to_string()))?;
    if header.kind() != gix::objs::Kind::Tag {
        return Err(wrong(format!(
            "it has no message; make one with `git tag --sign {tag}` and the line `{TRAILER} sha256:…`"
        )));
    }
    if header.size() > LARGEST_TAG {
        return Err(wrong(format!("more than {LARGEST_TAG} bytes")));
    }
    let object = id.object().map_err(|e| wrong(e.to_string()))?;
    let (signed, signature) = split(&object.data);
    let digest = message(signed)
        .lines()
        .rev()
        .find_map(|line| Digest::parse(line.trim_ascii().to_str().ok()?.strip_prefix(TRAILER)?));
    let Some(digest) = digest else {
        return Err(wrong(format!("no line `{TRAILER} sha256:…` in it")));
    };
    let voucher = match signature {
        Signed::Not => "the tag is not signed: whoever may push tags could have made it".to_owned(),
        Signed::Otherwise => {
            format!("the tag's signature is not one of SSH: `git verify-tag {tag}` checks it")
        }
        Signed::BySsh(_) if vouchers.is_empty() => format!(
            "the tag's signature was not checked: give --anchor-keys, or run `git verify-tag {tag}`"
        ),
        Signed::BySsh(pem) => {
            let signature = ssh_key::SshSig::from_pem(pem.trim_ascii())
                .map_err(|e| wrong(format!("its signature cannot be read: {e}")))?;
            let by = vouchers
                .accepts(&signature, signed)
                .filter(|_| signature.namespace() == NAMESPACE);
            match by {
                Some(key) => format!("the tag is signed with {key}"),
                None => {
                    return Err(wrong(
                        "none of the keys of --anchor-keys signed it".to_owned(),
                    ));
                }
            }
        }
    };
    Ok(Anchor {
        digest,
        voucher: Some(voucher),
    })
}

enum Signed<'a> {
    Not,
    BySsh(&'a [u8]),
    Otherwise,
}

/// What is signed of a tag, and the signature after it.
fn split(tag: &[u8]) -> (&[u8], Signed<'_>) {
    let begin = |mark: &[u8]| {
        let mut at = 0;
        tag.lines_with_terminator().find_map(|line| {
            let here = at;
            at += line.len();
            line.starts_with(mark).then_some(here)
        })
    };
    match (begin(SSH_BEGIN), begin(PGP_BEGIN)) {
        (Some(at), _) => (&tag[..at], Signed::BySsh(&tag[at..])),
        (None, Some(at)) => (&tag[..at], Signed::Otherwise),
        (None, None) => (tag, Signed::Not),
    }
}

/// The message after the headers: a header may not pass for it.
fn message(tag: &[u8]) -> &[u8] {
    tag.find(b"\n\n").map_or(&[], |at| &tag[at + 2..])
}
