//! Secrets that are known by their form, in a file of any kind: a configuration, a script in a language without
//! rules, a document, a key.
//!
//! Found by bytes, so that no encoding and no stray byte hides one; with a bound on the places that are looked at,
//! which is told when it is met. The forms are those of the rule for secrets in sources.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::bytes::Regex;
use trueline_facts::{
    Confidence, Cwe, Finding, Fix, Location, Position, RepoPath, RuleId, Severity, Tier,
};

use crate::credential;
use crate::purpose::Purpose;
use crate::report::{fingerprint, holder};
use crate::rules::format::SecretSpec;
use crate::rules::read_rule;

/// The rule whose forms are looked for.
const RULE: &str = "hard-coded-secret.toml";
/// Places that are looked at in one file.
const MAX_PLACES: usize = 20_000;
/// Bytes before a place that say what it is.
const BEFORE: usize = 400;
/// Bytes after it: a private key is so long.
const AFTER: usize = 4_400;

/// What a file has.
#[derive(Debug, Default)]
pub struct FormSecrets {
    /// In order of place.
    pub found: Vec<FormSecret>,
    /// So much looks like a secret that not all of it was looked at.
    pub cut: bool,
}

/// A secret, and what it is known by when a file is compared with itself.
#[derive(Debug)]
pub struct FormSecret {
    /// The finding; it never shows the secret.
    pub finding: Finding,
    /// The text of its line; of a private key, the key. Holds the secret: not to be stored or shown.
    pub identity: Vec<u8>,
}

/// The rule, and one expression of all that its forms begin with.
struct Forms {
    id: RuleId,
    cwe: Vec<Cwe>,
    severity: Severity,
    confidence: Confidence,
    tier: Tier,
    becomes: String,
    fix: String,
    spec: SecretSpec,
    begins: Regex,
}

static FORMS: LazyLock<Option<Forms>> = LazyLock::new(|| {
    let (name, text) = crate::RULE_FILES.iter().find(|(name, _)| *name == RULE)?;
    let rule = read_rule(name, text).ok()?;
    let spec = rule.secret?;
    let mut begins: Vec<String> = spec
        .form
        .iter()
        .flat_map(|form| &form.begins)
        .map(|begin| regex::escape(begin))
        .collect();
    // The first that fits is taken: the longest has to come first.
    begins.sort_by_key(|begin| std::cmp::Reverse(begin.len()));
    Some(Forms {
        id: RuleId::new(rule.id.as_str()),
        cwe: rule.cwe.iter().copied().map(Cwe).collect(),
        severity: rule.severity,
        confidence: rule.confidence,
        tier: rule.tier,
        becomes: rule.becomes,
        fix: rule.fix,
        begins: Regex::new(&begins.join("|")).ok()?,
        spec,
    })
});

/// The secrets of a file. Placeholders are none, and in tests and in what others maintain they are not shown by
/// default, as in sources.
#[must_use]
pub fn secrets_by_form(path: &RepoPath, content: &[u8]) -> FormSecrets {
    let Some(forms) = &*FORMS else {
        // The rule is inside the binary; a test loads it.
        return FormSecrets {
            found: Vec::new(),
            cut: true,
        };
    };
    let content = from_utf16(content);
    let mut secrets = FormSecrets::default();
    let mut occurrences: BTreeMap<String, u32> = BTreeMap::new();
    let (mut end, mut counted, mut line) = (0, 0, 1);
    for (places, place) in forms.begins.find_iter(&content).enumerate() {
        if places >= MAX_PLACES {
            secrets.cut = true;
            break;
        }
        let at = place.start();
        if at < end {
            continue;
        }
        let Some((length, is_key)) = secret_at(forms, &content, at) else {
            continue;
        };
        end = at + length;
        line += newlines(&content, counted, at);
        counted = at;
        let last = line + newlines(&content, at, end);
        let begin = line_start(&content, at);
        let before = lossy(&content, begin.max(at.saturating_sub(BEFORE)), at);
        let holder = holder::of(&before).map(|holder| holder.replace('`', "'"));
        let what = match (&holder, is_key) {
            (_, true) => "A private key stands here.".to_owned(),
            (Some(holder), false) => format!("`{holder}` {}.", forms.becomes),
            (None, false) => format!("This line {}.", forms.becomes),
        };
        let tokens = format!("{} {}", place.as_bytes().len(), holder.unwrap_or_default());
        let occurrence = occurrences.entry(tokens.clone()).or_default();
        let fingerprint = fingerprint(forms.id.as_str(), path, "", &tokens, *occurrence);
        *occurrence += 1;
        let column = |from: usize, to: usize| {
            let chars = lossy(&content, from, to).chars().count();
            u32::try_from(chars).unwrap_or(u32::MAX).saturating_add(1)
        };
        secrets.found.push(FormSecret {
            identity: if is_key {
                content.get(at..end).unwrap_or_default().to_vec()
            } else {
                let ends = line_end(&content, end);
                let text = content.get(begin..ends).unwrap_or_default();
                text.trim_ascii().to_vec()
            },
            finding: Finding {
                rule: forms.id.clone(),
                engine: "trueline".to_owned(),
                cwe: forms.cwe.clone(),
                severity: forms.severity,
                confidence: forms.confidence,
                tier: match Purpose::of_path(path) {
                    Purpose::Test | Purpose::Aside | Purpose::Installed => Tier::All,
                    Purpose::Served | Purpose::Once | Purpose::Script => forms.tier,
                },
                message: what,
                location: Location {
                    path: path.clone(),
                    start: Position {
                        line,
                        column: column(begin, at),
                    },
                    end: Position {
                        line: last,
                        column: column(line_start(&content, end).min(end), end),
                    },
                    snippet: String::new(),
                },
                symbol: String::new(),
                trace: Vec::new(),
                fix: Some(Fix {
                    description: forms.fix.clone(),
                    patch: None,
                }),
                fingerprint,
                origin: None,
                suppression: None,
                reported: None,
            },
        });
    }
    secrets
}

/// How long a secret at a place is, in bytes, and whether it is a private key.
fn secret_at(forms: &Forms, content: &[u8], at: usize) -> Option<(usize, bool)> {
    let before = lossy(content, at.saturating_sub(BEFORE), at);
    let rest = lossy(content, at, at.saturating_add(AFTER));
    let text = format!("{before}{rest}");
    let (end, is_key) = credential::at(&forms.spec, &text, before.len())?;
    Some((end - before.len(), is_key))
}

/// UTF-16, which begins with its mark, as UTF-8; anything else as it is.
fn from_utf16(content: &[u8]) -> Cow<'_, [u8]> {
    let read: fn([u8; 2]) -> u16 = match content {
        [0xff, 0xfe, ..] => u16::from_le_bytes,
        [0xfe, 0xff, ..] => u16::from_be_bytes,
        _ => return Cow::Borrowed(content),
    };
    let pairs = content.get(2..).unwrap_or_default().chunks_exact(2);
    let units = pairs.map(|pair| match pair {
        [a, b] => read([*a, *b]),
        _ => 0,
    });
    let text: String = char::decode_utf16(units)
        .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect();
    Cow::Owned(text.into_bytes())
}

fn lossy(content: &[u8], from: usize, to: usize) -> Cow<'_, str> {
    let bytes = content.get(from..to.min(content.len()));
    String::from_utf8_lossy(bytes.unwrap_or_default())
}

fn newlines(content: &[u8], from: usize, to: usize) -> u32 {
    let bytes = content.get(from..to).unwrap_or_default();
    u32::try_from(memchr::memchr_iter(b'\n', bytes).count()).unwrap_or(u32::MAX)
}

fn line_start(content: &[u8], at: usize) -> usize {
    let before = content.get(..at).unwrap_or_default();
    before
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |end| end + 1)
}

fn line_end(content: &[u8], at: usize) -> usize {
    let rest = content.get(at..).unwrap_or_default();
    rest.iter()
        .position(|byte| *byte == b'\n')
        .map_or(content.len(), |end| at + end)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = concat!("ghp", "_1a2B3c4D5e6F7g8H9i0J1k2L3m4N5o6P7q8R");

    fn found(path: &str, content: &[u8]) -> Vec<Finding> {
        let secrets = secrets_by_form(&RepoPath::from(path), content);
        assert!(!secrets.cut);
        secrets.found.into_iter().map(|f| f.finding).collect()
    }

    #[test]
    fn a_token_is_found_in_whatever_file_it_stands_in() {
        for path in [
            ".env",
            "main.tf",
            "deploy.sh",
            "notes.md",
            "Dockerfile",
            "a.rb",
        ] {
            let all = found(path, format!("# x\nGH_TOKEN=\"{TOKEN}\"\n").as_bytes());
            let [one] = all.as_slice() else {
                panic!("{path}: {all:?}");
            };
            assert_eq!(
                one.location.start,
                Position {
                    line: 2,
                    column: 11
                }
            );
            assert_eq!(one.tier, Tier::Shown);
            assert!(!format!("{one:?}").contains("1a2B3c4D"), "{one:?}");
        }
    }

    #[test]
    fn bytes_that_are_no_text_hide_nothing() {
        let mut bytes = vec![0, 0xff, 0xc3];
        bytes.extend(format!("\nkey = {TOKEN}\n").bytes());
        assert_eq!(found("a.py", &bytes).len(), 1);
        let wide = |order: fn(u16) -> [u8; 2]| -> Vec<u8> {
            let text = format!("\u{feff}key = '{TOKEN}'\n");
            text.encode_utf16().flat_map(order).collect()
        };
        assert_eq!(found("a.py", &wide(u16::to_le_bytes)).len(), 1);
        assert_eq!(found("a.py", &wide(u16::to_be_bytes)).len(), 1);
    }

    #[test]
    fn placeholders_are_none_and_test_data_is_not_shown() {
        let body = "x".repeat(36);
        assert!(found("a.md", format!("token: ghp_{body}").as_bytes()).is_empty());
        assert!(found("a.md", b"id: AKIAIOSFODNN7EXAMPLE").is_empty());
        let all = found("tests/data/a.env", format!("T={TOKEN}").as_bytes());
        assert_eq!(all.first().map(|one| one.tier), Some(Tier::All));
    }

    #[test]
    fn a_private_key_is_known_by_its_body() {
        let key = |body: &str| {
            let head = concat!("-----BEGIN OPENSSH PRIV", "ATE KEY-----");
            format!("{head}\n{body}\n-----END OPENSSH PRIVATE KEY-----\n")
        };
        let one = key("MIICXAIBAAKBgQDNwqLEe9wgTXCbC7+RPdDbBbeqjdbs4kOPOIGzqLpXvJXlxxW8");
        let other = key("MIIEpQIBAAKCAQEAwZ3kT8vN5yLq0RfXoJm2HsVbUe7iGd9PcAxCnKtMhYjW1Br6");
        let of = |text: &str| {
            let secrets = secrets_by_form(&RepoPath::from("id"), text.as_bytes());
            secrets.found.into_iter().map(|f| f.identity).next()
        };
        assert!(of(&one).is_some());
        assert_ne!(of(&one), of(&other));
    }

    #[test]
    fn a_bound_that_is_met_is_told() {
        let many = "AKIA ".repeat(MAX_PLACES + 1);
        assert!(secrets_by_form(&RepoPath::from("a"), many.as_bytes()).cut);
    }
}
