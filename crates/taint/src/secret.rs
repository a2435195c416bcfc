//! Whether a name and a text look like a secret in the source, and secrets that are known by their
//! form.
//!
//! Three questions: does the name say so, is the text no placeholder, and is it random enough to
//! be one. The lists and thresholds are data of the rule.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::{Captures, Regex};

use crate::analysis::words;
use crate::rules::format::SecretSpec;

/// Forms that vendors document for their tokens, and private keys.
static TOKENS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?x)
        \b(?:AKIA|ASIA)[0-9A-Z]{16}\b
        | \bgh[pousr]_[0-9A-Za-z]{36,}\b | \bgithub_pat_[0-9A-Za-z_]{40,}\b
        | \bglpat-[0-9A-Za-z_-]{20,}
        | \bsk-(?:ant-|proj-)?[0-9A-Za-z_-]{24,}
        | \bxox[abprs]-[0-9A-Za-z-]{10,}
        | \b[rs]k_live_[0-9A-Za-z]{16,}
        | \bAIza[0-9A-Za-z_-]{35}
        | \bnpm_[0-9A-Za-z]{36}\b
        | \beyJ[0-9A-Za-z_-]{10,}\.eyJ[0-9A-Za-z_-]{10,}\.[0-9A-Za-z_-]{10,}
        | -----BEGIN\ (?:[A-Z]+\ )*PRIVATE\ KEY-----.*",
    )
    .ok()
});

/// The password of a URL: `scheme://user:PASSWORD@host`.
static URL_PASSWORDS: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"(\b[A-Za-z][A-Za-z0-9+.-]*://[^\s/:@'"`]*:)[^\s/@'"`]+@"#).ok());

/// Stands for a secret in what a file shows to others, which is stored: it looks like one and says
/// nothing about it.
pub(crate) const STAND_IN: &str = "q7Zr-4kXw-9Tbn";

/// A text with the tokens that are known by their form, and the passwords of URLs, masked.
#[must_use]
pub fn without_known_secrets<'t>(text: &'t str, mask: &str) -> Cow<'t, str> {
    let (Some(tokens), Some(passwords)) = (&*TOKENS, &*URL_PASSWORDS) else {
        return Cow::Owned(mask.to_owned());
    };
    let with_mask = |found: &Captures<'_>| format!("{}{mask}@", &found[1]);
    match tokens.replace_all(text, mask) {
        Cow::Borrowed(same) => passwords.replace_all(same, with_mask),
        Cow::Owned(masked) => Cow::Owned(passwords.replace_all(&masked, with_mask).into_owned()),
    }
}

/// The shortest text that [`TOKENS`] know.
const SHORTEST_TOKEN: usize = 15;

/// Whether a secret that is known by its form is in a text. Asked of every text of a file: most are
/// too short.
pub(crate) fn is_known_secret(text: &str) -> bool {
    let found = |form: &LazyLock<Option<Regex>>| form.as_ref().is_none_or(|f| f.is_match(text));
    (text.len() >= SHORTEST_TOKEN && found(&TOKENS))
        || (text.contains("://") && found(&URL_PASSWORDS))
}

/// A URL with a user, a password and a host.
static URLS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"\b[A-Za-z][A-Za-z0-9+.-]*://([^\s/:@'"`]*):([^\s/@'"`]+)@([A-Za-z0-9.-]+)"#).ok()
});

/// A password in a URL.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct UrlPassword {
    /// Where the URL begins.
    pub(crate) url: usize,
    /// Where the password stands, as bytes from and to.
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// Random, and for a machine that has a full name.
    pub(crate) is_sure: bool,
}

/// The passwords of URLs in a text. Sure are those of machines that have a full name: a password for a neighbour in a
/// container, or of plain words, may be for trying things out. One for the own machine is, and so is one that repeats the user.
pub(crate) fn url_passwords(spec: &SecretSpec, text: &str) -> Vec<UrlPassword> {
    const OWN: [&str; 3] = ["localhost", "127.0.0.1", "0.0.0.0"];
    const NEAR: [&str; 5] = [".local", ".localhost", ".internal", ".test", ".invalid"];
    let (true, Some(urls)) = (text.contains("://"), &*URLS) else {
        return Vec::new();
    };
    let found = urls.captures_iter(text).filter_map(|url| {
        let whole = url.get(0)?;
        let (user, password, host) = (url.get(1)?.as_str(), url.get(2)?, url.get(3)?.as_str());
        let is_far = host.contains('.')
            && host.chars().any(char::is_alphabetic)
            && !NEAR.iter().any(|end| host.ends_with(end));
        let written = password.as_str();
        if written.eq_ignore_ascii_case(user)
            || written.contains(['{', '}', '$', '<', '>', '(', '[', '*', '%'])
            || OWN.contains(&host)
        {
            return None;
        }
        let is_random = is_secret(spec, "password", written);
        let is_password =
            is_random || is_far && !is_of_documents(host) && may_be_chosen(spec, written);
        is_password.then_some(UrlPassword {
            url: whole.start(),
            start: password.start(),
            end: password.end(),
            is_sure: is_random && is_far && !is_of_documents(host),
        })
    });
    found.collect()
}

/// Whether a machine has a name that is kept for documents.
fn is_of_documents(host: &str) -> bool {
    const KEPT: [&str; 4] = ["example.com", "example.org", "example.net", ".example"];
    KEPT.iter().any(|name| host.ends_with(name))
}

/// Whether words without a digit may be a password that somebody chose: they do not say that they stand for one.
fn may_be_chosen(spec: &SecretSpec, text: &str) -> bool {
    const SAYS_SO: &[&str] = &[
        "password", "passwd", "pass", "pwd", "pw", "secret", "token", "key", "user", "username",
        "my", "name", "api", "the", "db", "some", "here",
    ];
    let lower = text.to_lowercase();
    text.chars().count() >= spec.min_length
        && !spec.placeholders.iter().any(|p| lower.contains(p.as_str()))
        && !words(text).all(|word| SAYS_SO.contains(&word.as_str()))
        && !text
            .chars()
            .all(|c| c.is_ascii_uppercase() || matches!(c, '_' | '-'))
}

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
    if spec
        .public
        .iter()
        .any(|begin| text.starts_with(begin.as_str()))
    {
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
    if is_template(text) {
        return false;
    }
    // Scripts that are written without blanks: words for a reader, of which few are keys.
    let foreign = text.chars().filter(|c| c.is_alphabetic() && !c.is_ascii());
    if foreign.count() * 2 > text.chars().count() {
        return false;
    }
    // The characters that a password may have.
    if crate::credential::runs_through(text) {
        return false;
    }
    let mixed = text.chars().any(|c| c.is_ascii_digit())
        || text
            .chars()
            .any(|c| !c.is_alphanumeric() && !matches!(c, '_' | '-' | '.' | '/' | ':'));
    entropy(text) >= spec.min_entropy && mixed
}

/// Whether a text is the form of others, such as the names of entries in a cache: `token:%s`,
/// `jwt:{id}`, `session:`. Before and after a hole stands no letter or digit, as it may in a password.
fn is_template(text: &str) -> bool {
    let apart = |rest: Option<char>| !rest.is_some_and(char::is_alphanumeric);
    let verb = text.match_indices('%').any(|(at, _)| {
        let mut after = text.get(at + 1..).unwrap_or("").chars();
        matches!(after.next(), Some('s' | 'd' | 'v' | 'q'))
            && apart(after.next())
            && apart(text.get(..at).and_then(|t| t.chars().next_back()))
    });
    let hole = text.match_indices('{').any(|(at, _)| {
        let inside = text.get(at + 1..).and_then(|t| t.split_once('}'));
        inside.is_some_and(|(name, after)| {
            name.chars()
                .all(|c| c.is_ascii_alphabetic() || matches!(c, '_' | '.'))
                && apart(after.chars().next())
                && apart(text.get(..at).and_then(|t| t.chars().next_back()))
        })
    });
    verb || hole || text.ends_with(':')
}

/// The least that a secret of this kind has, in characters and in bits for each.
const MAY_BE_LENGTH: usize = 6;
const MAY_BE_ENTROPY: f64 = 2.6;

/// Whether a text that stands beside a secret, under whatever name, looks random enough to be one. It is
/// asked before something is shown, so that it errs on the side of yes.
#[must_use]
pub fn may_be_secret(text: &str) -> bool {
    if text.len() < MAY_BE_LENGTH || text.chars().any(char::is_whitespace) {
        return is_known_secret(text);
    }
    if text.contains("://") && !text.contains(['@', '?', '#']) {
        return is_known_secret(text);
    }
    let plain = |c: char| c.is_alphabetic() || matches!(c, '_' | '-' | '.' | '/' | ':');
    let mixed = !text.chars().all(plain);
    // Without a digit or a mark: capitals in the middle of what is no name of a program.
    let long = text.len() >= 20 && !text.contains(['_', '-', '.', '/', ':']);
    (mixed || long) && entropy(text) >= MAY_BE_ENTROPY
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
            public: Vec::new(),
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
    fn words_names_and_addresses_may_be_shown_beside_a_secret() {
        for text in [
            "billing_admin",
            "db.internal",
            "https://api.example.com/v2",
            "a word and 2",
            "x1",
        ] {
            assert!(!may_be_secret(text), "{text}");
        }
        for text in [
            "hunter2",
            "Vq8!kd92",
            "https://a.org/?k=1234",
            "kQpWzXvRtYbNmLsDfGhJ",
        ] {
            assert!(may_be_secret(text), "{text}");
        }
    }

    #[test]
    fn placeholders_and_repeated_names_are_no_secrets() {
        let spec = spec();
        let url = |url: &str| {
            let found = url_passwords(&spec, url).into_iter();
            found.filter(|found| found.is_sure).count()
        };
        assert_eq!(
            url("db = 'postgres://admin:S3cr3tPw9x@db.prod.acme.com/app'"),
            1
        );
        assert_eq!(url("redis://:h7!kPq2zz@cache.acme.io:6379"), 1);
        for other in [
            "postgres://postgres:postgres@localhost:5432/test",
            "postgres://app:S3cr3tPw9x@db:5432/app",
            "postgres://app:S3cr3tPw9x@127.0.0.1/app",
            "postgres://app:S3cr3tPw9x@db.example.com/app",
            "https://bot:${TOKEN}@git.acme.io/app.git",
            "https://user:<password>@git.acme.io/app.git",
            "amqp://guest:guest@mq.acme.io",
            "https://user:changeme1@acme.io",
            "https://acme.io:8443/a@b",
        ] {
            assert_eq!(url(other), 0, "{other}");
        }
        assert!(is_secret(&spec, "password", "h7!kPq2zz"));
        assert!(!is_secret(&spec, "password", "changeme123"));
        assert!(!is_secret(&spec, "password", "aaaaaaa1"));
        assert!(!is_secret(&spec, "db_password", "DB_PASSWORD"));
        assert!(!is_secret(&spec, "password", "${PASSWORD_1}"));
        assert!(!is_secret(&spec, "password", "修改密码后请重新登录1"));
        assert!(is_secret(&spec, "password", "pässwört!19"));
    }

    #[test]
    fn forms_of_keys_are_no_secrets() {
        let spec = spec();
        assert!(!is_secret(&spec, "JwtSecret", "jwt_key:%s"));
        assert!(!is_secret(&spec, "secret", "auth:token:{user_id}"));
        assert!(!is_secret(&spec, "secret", "session:v2:"));
        assert!(is_secret(&spec, "password", "Pa%ss-w0rd{x}y!"));
    }
}
