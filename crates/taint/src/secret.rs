//! Whether a name and a text look like a secret in the source.
//!
//! Three questions: does the name say so, is the text no placeholder, and is it random enough to
//! be one. The lists and thresholds are data of the rule.

use crate::analysis::words;
use crate::rules::format::SecretSpec;

/// Whether a name says that its value is a secret.
pub(crate) fn names_secret(spec: &SecretSpec, name: &str) -> bool {
    let is_name = name
        .chars()
        .all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '$'));
    if name.len() < 3 || !is_name {
        return false;
    }
    let all: Vec<String> = words(name).collect();
    let joined = all.join("_");
    let says = spec.names.iter().any(|wanted| {
        if wanted.contains('_') {
            joined.contains(wanted.as_str())
        } else {
            all.iter().any(|w| w == wanted)
        }
    });
    says && !all.iter().any(|w| spec.not_names.contains(w))
}

/// Whether a text under such a name is the secret itself.
pub(crate) fn is_secret(spec: &SecretSpec, name: &str, text: &str) -> bool {
    if text.len() < spec.min_length || text.chars().any(char::is_whitespace) {
        return false;
    }
    let lower = text.to_lowercase();
    let placeholder = spec.placeholders.iter().any(|p| lower.contains(p.as_str()));
    if placeholder || !text.chars().any(char::is_alphanumeric) {
        return false;
    }
    // `PASSWORD_FIELD = "password"`: the text repeats the name.
    let own: Vec<String> = words(name).collect();
    if words(text).all(|w| own.contains(&w)) {
        return false;
    }
    // Addresses, paths, templates and environment names.
    if lower.contains("://") && !text.contains('@')
        || text.starts_with(['/', '.', '$', '<', '{', '%'])
        || text.contains("${")
        || text.contains("{{")
        || text.chars().all(|c| c.is_ascii_uppercase() || c == '_')
    {
        return false;
    }
    let mixed = text.chars().any(|c| c.is_ascii_digit())
        || text
            .chars()
            .any(|c| !c.is_alphanumeric() && !matches!(c, '_' | '-' | '.' | '/' | ':'));
    entropy(text) >= spec.min_entropy && mixed
}

/// Bits per character.
pub(crate) fn entropy(text: &str) -> f64 {
    let mut counts = [0_u32; 256];
    for byte in text.bytes() {
        if let Some(slot) = counts.get_mut(usize::from(byte)) {
            *slot += 1;
        }
    }
    let len = text.len() as f64;
    counts
        .iter()
        .filter(|c| **c > 0)
        .map(|c| {
            let share = f64::from(*c) / len;
            -share * share.log2()
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec() -> SecretSpec {
        SecretSpec {
            names: vec!["password".into(), "secret".into(), "api_key".into()],
            not_names: vec!["field".into(), "url".into()],
            placeholders: vec!["changeme".into(), "your".into()],
            min_length: 6,
            min_entropy: 2.5,
            form: Vec::new(),
        }
    }

    #[test]
    fn names_are_read_by_words() {
        let spec = spec();
        assert!(names_secret(&spec, "DB_PASSWORD"));
        assert!(names_secret(&spec, "apiKey"));
        assert!(!names_secret(&spec, "password_field"));
        assert!(!names_secret(&spec, "passwordless"));
        assert!(!names_secret(&spec, "Vendor::Database::Secret"));
    }

    #[test]
    fn placeholders_and_repeated_names_are_no_secrets() {
        let spec = spec();
        assert!(is_secret(&spec, "password", "h7!kPq2zz"));
        assert!(!is_secret(&spec, "password", "changeme123"));
        assert!(!is_secret(&spec, "password", "aaaaaaa1"));
        assert!(!is_secret(&spec, "db_password", "DB_PASSWORD"));
        assert!(!is_secret(&spec, "password", "${PASSWORD_1}"));
    }
}
