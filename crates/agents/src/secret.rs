//! Is a text a secret? By the forms that vendors document, or by a name that says so and a value random enough.
//!
//! References to secrets (`${TOKEN}`, `${input:key}`) and placeholders are none. The value is never put in a message.

use std::sync::LazyLock;

use regex::Regex;

/// Forms of tokens that vendors document, and private keys.
static FORMS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?x)\b(?:AKIA|ASIA)[0-9A-Z]{16}\b | \bgh[pousr]_[0-9A-Za-z]{36,}\b | \bgithub_pat_[0-9A-Za-z_]{40,}\b | \bglpat-[0-9A-Za-z_-]{20,}
        | \bsk-(?:ant-|proj-|or-v1-)?[0-9A-Za-z_-]{24,} | \bxox[abprs]-[0-9A-Za-z-]{10,} | \b[rs]k_live_[0-9A-Za-z]{16,} | \bAIza[0-9A-Za-z_-]{35}
        | \bnpm_[0-9A-Za-z]{36}\b | \bhf_[0-9A-Za-z]{30,}\b | \bntn_[0-9A-Za-z]{40,}\b | \bsecret_[0-9A-Za-z]{40,}\b | \blin_api_[0-9A-Za-z]{32,}\b | \bfc-[0-9a-f]{32}\b
        | \bsbp_[0-9a-f]{40}\b | \bdop_v1_[0-9a-f]{64}\b | \bfigd_[0-9A-Za-z_-]{30,} | \bapify_api_[0-9A-Za-z]{30,} | \bBSA[0-9A-Za-z_-]{27}\b | \btvly-[0-9A-Za-z-]{20,}
        | \beyJ[0-9A-Za-z_-]{10,}\.eyJ[0-9A-Za-z_-]{10,}\.[0-9A-Za-z_-]{10,} | -----BEGIN\ (?:[A-Z]+\ )*PRIVATE\ KEY-----
        | \b[a-z][a-z0-9+]*://[^\s/:@$<{]+:[^\s/@$<{]{6,}@[\w.-]+",
    )
    .ok()
});

const NAMES: &[&str] = &[
    "token",
    "secret",
    "password",
    "passwd",
    "apikey",
    "api_key",
    "api-key",
    "access_key",
    "accesskey",
    "private_key",
    "privatekey",
    "credential",
    "auth_key",
    "pat",
];

/// Does a name say that its value is a secret?
pub(crate) fn names_secret(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let parts: Vec<&str> = lower.split(['_', '-', '.']).collect();
    let is_about = [
        "path", "file", "url", "name", "id", "type", "endpoint", "limit", "count", "max", "budget",
        "length",
    ]
    .iter()
    .any(|end| parts.last() == Some(end));
    !is_about
        && (NAMES.iter().any(|word| {
            if word.len() > 3 {
                lower.contains(word)
            } else {
                parts.contains(word)
            }
        }) || (parts.last() == Some(&"key") && parts.len() > 1))
}

pub(crate) fn is_credential_header(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    matches!(
        lower.as_str(),
        "authorization" | "proxy-authorization" | "cookie"
    ) || names_secret(&lower)
}

/// `Bearer VALUE` without the scheme.
pub(crate) fn without_scheme(value: &str) -> &str {
    ["Bearer ", "bearer ", "Basic ", "Token ", "token "]
        .iter()
        .find_map(|scheme| value.strip_prefix(scheme))
        .unwrap_or(value)
        .trim()
}

/// A token that is known by its form, and no sample of one.
pub(crate) fn is_known(text: &str) -> bool {
    let found = FORMS.as_ref().and_then(|forms| forms.find(text));
    found.is_some_and(|found| !is_placeholder(found.as_str()))
}

/// A value that stands there itself, not a reference to one.
pub(crate) fn is_literal(value: &str) -> bool {
    !value.is_empty()
        && !value.contains("${")
        && !value.starts_with('$')
        && !value.contains("{{")
        && !value.starts_with('%')
        && !value.starts_with('<')
        && !is_placeholder(value)
}

/// A value that nobody made up.
pub(crate) fn is_random(value: &str) -> bool {
    const LEAST_BITS: f64 = 3.0;
    is_literal(value)
        && (12..=4096).contains(&value.len())
        && !value.contains(' ')
        && !value.contains("://")
        && !value.starts_with(['/', '.', '~'])
        && value.bytes().any(|b| b.is_ascii_digit())
        && entropy(value) >= LEAST_BITS
}

/// Words of values that stand for a secret.
const PLACEHOLDERS: [&str; 22] = [
    "your",
    "example",
    "placeholder",
    "changeme",
    "change_me",
    "change-me",
    "replace",
    "xxxx",
    "dummy",
    "insert",
    "todo",
    "sample",
    "redacted",
    "...",
    "****",
    "fake",
    "12345678",
    "abcdef",
    "here",
    "test",
    "<",
    "user:pass",
];

fn is_placeholder(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    let runs = value
        .as_bytes()
        .windows(6)
        .any(|w| w.iter().all(|b| *b == w[0]));
    PLACEHOLDERS.iter().any(|word| lower.contains(word)) || runs
}

fn entropy(text: &str) -> f64 {
    let mut counts = [0_u32; 256];
    for byte in text.bytes() {
        counts[usize::from(byte)] += 1;
    }
    let total = text.len() as f64;
    counts
        .iter()
        .filter(|n| **n > 0)
        .map(|n| {
            let share = f64::from(*n) / total;
            -share * share.log2()
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_told_from_references_and_samples() {
        assert!(is_known(&format!("ghp_{}", "aZ3kQ9".repeat(6))));
        assert!(
            names_secret("GITHUB_PERSONAL_ACCESS_TOKEN")
                && names_secret("apiKey")
                && names_secret("OPENAI_KEY")
        );
        assert!(
            !names_secret("TOKEN_LIMIT")
                && !names_secret("KEY_PATH")
                && !names_secret("MAX_TOKENS_COUNT")
        );
        assert!(is_random("q8Zr4kXw9TbnL2v"));
        for value in [
            "${TOKEN}",
            "$TOKEN",
            "YOUR_API_KEY_1",
            "<token-1234567>",
            "{{ key123456789 }}",
            "changeme123456",
            "https://x.test/abc123def",
        ] {
            assert!(!is_random(value), "{value}");
        }
    }
}
