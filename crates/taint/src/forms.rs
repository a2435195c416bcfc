//! Secrets that are known by their form, in a file of any kind: a configuration, a script in a language without
//! rules, a document, a key.
//!
//! No encoding and no stray byte hides one; with a bound on the places that are looked at, which is told when it is
//! met. The forms are those of the rule for secrets in sources.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::bytes::Regex;
use trueline_facts::{
    Confidence, Cwe, Finding, Fix, Location, Position, RepoPath, RuleId, Severity, Tier,
};
use trueline_syntax::text::decode_shown;

use crate::credential;
use crate::purpose::Purpose;
use crate::report::{fingerprint, holder};
use crate::rules::format::SecretSpec;
use crate::rules::read_rule;
use crate::secret::url_passwords;

/// The rule whose forms are looked for.
const RULE: &str = "hard-coded-secret.toml";
/// Places that are looked at in one file.
const MAX_PLACES: usize = 20_000;
/// Bytes of a line in which passwords of URLs are looked for.
const MAX_LINE: usize = 4_000;
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
    let content = decode_shown(content);
    let content = content.as_bytes();
    let mut secrets = FormSecrets::default();
    let mut occurrences: BTreeMap<String, u32> = BTreeMap::new();
    let (places, cut) = places(forms, content);
    secrets.cut = cut;
    let is_document = matches!(
        path.extension().to_ascii_lowercase().as_slice(),
        b"md" | b"mdx" | b"rst" | b"adoc" | b"txt" | b"html"
    );
    let tests = unit_tests(path, content);
    let (mut counted, mut line) = (0, 1);
    for place in places {
        let Place { at, end, kind, .. } = place;
        let is_key = kind == PlaceKind::PrivateKey;
        line += newlines(content, counted, at);
        counted = at;
        let last = line + newlines(content, at, end);
        let begin = line_start(content, at);
        let named = place.from;
        let before = lossy(content, begin.max(named.saturating_sub(BEFORE)), named);
        let holder = holder::of(&before).map(|holder| holder.replace('`', "'"));
        let what = match (&holder, is_key) {
            (_, true) => "A private key stands here.".to_owned(),
            (Some(holder), false) => format!("`{holder}` {}.", forms.becomes),
            (None, false) => format!("This line {}.", forms.becomes),
        };
        let tokens = format!("{} {}", place.form, holder.unwrap_or_default());
        let occurrence = occurrences.entry(tokens.clone()).or_default();
        let fingerprint = fingerprint(forms.id.as_str(), path, "", &tokens, *occurrence);
        *occurrence += 1;
        let column = |from: usize, to: usize| {
            let chars = lossy(content, from, to).chars().count();
            u32::try_from(chars).unwrap_or(u32::MAX).saturating_add(1)
        };
        secrets.found.push(FormSecret {
            identity: if is_key {
                content.get(at..end).unwrap_or_default().to_vec()
            } else {
                let ends = line_end(content, end);
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
                    _ if kind == PlaceKind::PerhapsPassword
                        || tests.is_some_and(|from| at > from) =>
                    {
                        Tier::All
                    }
                    // A document shows how to write one.
                    _ if kind == PlaceKind::Password && is_document => Tier::All,
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
                        column: column(line_start(content, end).min(end), end),
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

/// Where the unit tests of a file of Rust begin: they stand at its end.
fn unit_tests(path: &RepoPath, content: &[u8]) -> Option<usize> {
    let is_rust = path.extension() == b"rs".as_slice();
    is_rust
        .then(|| memchr::memmem::find(content, b"#[cfg(test)]"))
        .flatten()
}

/// What a secret is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum PlaceKind {
    Token,
    PrivateKey,
    /// Of a URL.
    Password,
    /// Of a URL, for a machine nearby or of plain words.
    PerhapsPassword,
}

/// Where a secret stands, as bytes.
struct Place {
    /// Where the text begins that the secret is a part of.
    from: usize,
    at: usize,
    end: usize,
    kind: PlaceKind,
    /// Tells the forms apart.
    form: String,
}

/// The secrets of a file in order, without overlaps, and whether there were too many places to look at.
fn places(forms: &Forms, content: &[u8]) -> (Vec<Place>, bool) {
    let mut all = Vec::new();
    let mut cut = false;
    for (places, begin) in forms.begins.find_iter(content).enumerate() {
        if places >= MAX_PLACES {
            cut = true;
            break;
        }
        let at = begin.start();
        if all.last().is_some_and(|last: &Place| at < last.end) {
            continue;
        }
        if let Some((length, is_key)) = secret_at(forms, content, at) {
            all.push(Place {
                from: at,
                at,
                end: at + length,
                kind: if is_key {
                    PlaceKind::PrivateKey
                } else {
                    PlaceKind::Token
                },
                form: begin.as_bytes().len().to_string(),
            });
        }
    }
    let mut looked_at = 0;
    for (places, scheme) in memchr::memmem::find_iter(content, b"://").enumerate() {
        if places >= MAX_PLACES {
            cut = true;
            break;
        }
        if scheme < looked_at {
            continue;
        }
        let start = line_start(content, scheme);
        looked_at = line_end(content, scheme);
        let line = content.get(start..looked_at).unwrap_or_default();
        // Nobody writes so long a line by hand.
        let line = if line.len() > MAX_LINE { b"" } else { line };
        for found in url_passwords(&forms.spec, std::str::from_utf8(line).unwrap_or_default()) {
            all.push(Place {
                from: start + found.url,
                at: start + found.start,
                end: start + found.end,
                kind: if found.is_sure {
                    PlaceKind::Password
                } else {
                    PlaceKind::PerhapsPassword
                },
                form: "url".to_owned(),
            });
        }
    }
    all.sort_by_key(|place| (place.at, place.end));
    all.dedup_by(|later, earlier| later.at < earlier.end);
    (all, cut)
}

/// How long a secret at a place is, in bytes, and whether it is a private key.
fn secret_at(forms: &Forms, content: &[u8], at: usize) -> Option<(usize, bool)> {
    let before = lossy(content, at.saturating_sub(BEFORE), at);
    let rest = lossy(content, at, at.saturating_add(AFTER));
    let text = format!("{before}{rest}");
    let (end, is_key) = credential::at(&forms.spec, &text, before.len())?;
    Some((end - before.len(), is_key))
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
        let rust =
            format!("const A: &str = \"{TOKEN}\";\n#[cfg(test)]\nconst B: &str = \"{TOKEN}\";\n");
        let tiers = found("src/lib.rs", rust.as_bytes()).into_iter();
        let tiers: Vec<Tier> = tiers.map(|one| one.tier).collect();
        assert_eq!(tiers, [Tier::Shown, Tier::All]);
    }

    #[test]
    fn the_password_of_a_connection_is_found_and_how_sure_it_is() {
        let tier = |path: &str, url: &str| {
            let all = found(path, format!("[db]\nDATABASE_URL = \"{url}\"\n").as_bytes());
            assert!(all.len() < 2, "{all:?}");
            all.first().map(|one| {
                assert!(one.message.starts_with("`DATABASE_URL = "), "{one:?}");
                assert_eq!(one.location.start.line, 2);
                assert!(!format!("{one:?}").contains("S3cr3t"), "{one:?}");
                one.tier
            })
        };
        let far = "postgres://admin:S3cr3tPw9x@db.prod.acme.com:5432/app";
        assert_eq!(tier("deploy/app.toml", far), Some(Tier::Shown));
        assert_eq!(tier("README.md", far), Some(Tier::All));
        assert_eq!(tier("tests/app.toml", far), Some(Tier::All));
        let near = "postgres://admin:S3cr3tPw9x@db:5432/app";
        assert_eq!(tier("app.toml", near), Some(Tier::All));
        let chosen = "postgres://admin:correcthorse@db.acme.com/app";
        assert_eq!(tier("app.toml", chosen), Some(Tier::All));
        for none in [
            "postgres://admin:S3cr3tPw9x@localhost/app",
            "postgres://admin:my_password@db.acme.com/app",
            "postgres://admin:${DB_PASSWORD}@db.acme.com/app",
            "postgres://admin:PASSWORD@db.acme.com/app",
            "https://acme.com:8443/@scope/package",
        ] {
            assert_eq!(tier("app.toml", none), None, "{none}");
        }
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
