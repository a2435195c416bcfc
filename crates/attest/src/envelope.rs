//! DSSE envelopes: a payload, its type, and one signature over both.

use data_encoding::BASE64;
use ed25519_dalek::Signature;
use serde::{Deserialize, Serialize};
use trueline_facts::attestation::KeyId;
use trueline_facts::canonical;

use crate::key::{SigningKey, TrustedKeys};

/// The type of in-toto payloads.
pub const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";

/// An envelope as it is written.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Envelope {
    payload: String,
    #[serde(rename = "payloadType")]
    payload_type: String,
    signatures: Vec<EnvelopeSignature>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct EnvelopeSignature {
    keyid: KeyId,
    sig: String,
}

/// Why an envelope is not accepted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// It is no envelope of ours.
    Unreadable(String),
    /// Nobody trusts the key.
    UnknownKey(KeyId),
    /// The signature does not fit.
    BadSignature(KeyId),
}

/// What an accepted envelope holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Opened {
    /// Who signed.
    pub key: KeyId,
    /// What was signed.
    pub payload: Vec<u8>,
}

/// What the signature is made over: DSSE's pre-authentication encoding.
fn encoding(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let mut out = format!(
        "DSSEv1 {} {payload_type} {} ",
        payload_type.len(),
        payload.len()
    )
    .into_bytes();
    out.extend_from_slice(payload);
    out
}

/// Signs a payload; the envelope is in canonical form.
pub fn seal(payload: &[u8], key: &SigningKey) -> Result<Vec<u8>, String> {
    canonical::to_bytes(&Envelope {
        payload: BASE64.encode(payload),
        payload_type: PAYLOAD_TYPE.to_owned(),
        signatures: vec![EnvelopeSignature {
            keyid: key.id().clone(),
            sig: BASE64.encode(&key.sign(&encoding(PAYLOAD_TYPE, payload))),
        }],
    })
}

/// Opens an envelope of ours: canonical, one signature, by a trusted key.
///
/// Stricter than DSSE asks, so that no byte of it can differ: the key id, which no signature covers, must be the
/// fingerprint of the key that fits.
pub fn open(bytes: &[u8], keys: &TrustedKeys) -> Result<Opened, Refusal> {
    let (envelope, payload) = read(bytes).map_err(Refusal::Unreadable)?;
    let [signature] = envelope.signatures.as_slice() else {
        let why = "an entry has one signature".to_owned();
        return Err(Refusal::Unreadable(why));
    };
    let id = signature.keyid.clone();
    let Some(key) = keys.get(&id) else {
        return Err(Refusal::UnknownKey(id));
    };
    let fits = BASE64
        .decode(signature.sig.as_bytes())
        .ok()
        .and_then(|bytes| Signature::from_slice(&bytes).ok())
        .is_some_and(|signature| {
            key.verify_strict(&encoding(&envelope.payload_type, &payload), &signature)
                .is_ok()
        });
    if fits {
        Ok(Opened { key: id, payload })
    } else {
        Err(Refusal::BadSignature(id))
    }
}

/// The payload of an envelope whose signature is not looked at: for the next link, never for a verdict.
pub(crate) fn payload_unverified(bytes: &[u8]) -> Result<Vec<u8>, String> {
    read(bytes).map(|(_, payload)| payload)
}

/// The key that an envelope names, whether it fits or not.
pub(crate) fn key_unverified(bytes: &[u8]) -> Option<KeyId> {
    let (envelope, _) = read(bytes).ok()?;
    envelope.signatures.into_iter().next().map(|of| of.keyid)
}

fn read(bytes: &[u8]) -> Result<(Envelope, Vec<u8>), String> {
    let value = canonical::parse(bytes)?;
    let envelope: Envelope =
        serde_json::from_value(value).map_err(|e| format!("no DSSE envelope: {e}"))?;
    if envelope.payload_type != PAYLOAD_TYPE {
        return Err(format!("no in-toto payload: {}", envelope.payload_type));
    }
    let payload = BASE64
        .decode(envelope.payload.as_bytes())
        .map_err(|e| format!("no base64: {e}"))?;
    Ok((envelope, payload))
}
