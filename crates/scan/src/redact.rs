//! Secrets out of source text before anything shows it.
//!
//! Two strengths: well-known token forms and passwords of URLs anywhere in a line, and every literal
//! of a line on which any finding, of whichever tool, says that a secret stands. Redaction keeps line numbers and leaves ordinary code alone.

use std::collections::{BTreeSet, HashMap, HashSet};

use aho_corasick::{AhoCorasick, MatchKind};
use bstr::ByteSlice;
use trueline_facts::{Finding, Location, RepoPath};

/// What stands in place of a secret.
pub(crate) const MASK: &str = "[redacted]";

/// Lines of one finding that count as its place.
const LONGEST_RANGE: u32 = 200;
/// Shorter values are no secrets, and masking them would blot out words.
const SHORTEST_VALUE: usize = 4;
/// Values of so many characters are masked also in what is said of other lines.
const LONG_VALUE: usize = 8;

/// The lines on which any finding says that a secret stands, whoever found it.
#[derive(Debug, Default)]
pub(crate) struct SecretLines(HashMap<RepoPath, HashSet<u32>>);

impl SecretLines {
    pub(crate) fn of<'f>(findings: impl Iterator<Item = &'f Finding>) -> Self {
        let mut lines: HashMap<RepoPath, HashSet<u32>> = HashMap::new();
        for finding in findings.filter(|finding| is_secret(finding)) {
            let Location {
                path, start, end, ..
            } = &finding.location;
            let last = end.line.min(start.line.saturating_add(LONGEST_RANGE));
            lines
                .entry(path.clone())
                .or_default()
                .extend(start.line..=last.max(start.line));
        }
        Self(lines)
    }

    pub(crate) fn contains(&self, path: &RepoPath, line: u32) -> bool {
        self.0.get(path).is_some_and(|lines| lines.contains(&line))
    }

    /// The values of all these lines, but short ones, which may be any word: what no other tool's
    /// message may quote.
    pub(crate) fn values(&self, read: impl Fn(&RepoPath) -> Vec<u8>) -> SecretValues {
        let mut values: BTreeSet<String> = BTreeSet::new();
        for (path, wanted) in &self.0 {
            let content = read(path);
            let lines = content.lines().zip(1u32..);
            for (line, _) in lines.filter(|(_, number)| wanted.contains(number)) {
                let found = literals(&line.to_str_lossy()).into_iter();
                values.extend(found.filter(|value| value.chars().count() >= LONG_VALUE));
            }
        }
        let mut builder = AhoCorasick::builder();
        builder.match_kind(MatchKind::LeftmostLongest);
        SecretValues(builder.build(values).ok())
    }

    fn at(&self, location: &Location) -> bool {
        let last = location
            .end
            .line
            .min(location.start.line.saturating_add(LONGEST_RANGE));
        (location.start.line..=last.max(location.start.line))
            .any(|line| self.contains(&location.path, line))
    }
}

/// Values of secrets, wherever they stand.
#[derive(Debug)]
pub(crate) struct SecretValues(Option<AhoCorasick>);

impl SecretValues {
    /// A text in which none of these values stands.
    pub(crate) fn hide(&self, text: &str) -> String {
        let Some(values) = &self.0 else {
            return text.to_owned();
        };
        let mut out = String::with_capacity(text.len());
        values.replace_all_with(text, &mut out, |_, _, out| {
            out.push_str(MASK);
            true
        });
        out
    }

    /// What another tool says, without these values and without addresses of people.
    fn masked(&self, text: &str) -> String {
        self.hide(&trueline_history::subject::without_addresses(text))
    }
}

/// Masks every text of a finding: its message, its snippet, its steps and its fix. `raw` is its
/// first line as it stands in the file, `values` are those of the whole tree for other tools'
/// findings.
pub(crate) fn finding(
    finding: &mut Finding,
    raw: &str,
    values: Option<&SecretValues>,
    secrets: &SecretLines,
) {
    let secret = is_secret(finding);
    let here = secrets.at(&finding.location);
    let literals = if here { literals(raw) } else { Vec::new() };
    if let Some(values) = values.filter(|_| finding.engine != crate::OWN_ENGINE) {
        finding.message = values.masked(&finding.message);
        for step in &mut finding.trace {
            step.message = values.masked(&step.message);
        }
        if let Some(fix) = &mut finding.fix {
            fix.description = values.masked(&fix.description);
        }
    }
    let text = |text: &str| line(&without(text, &literals));
    // Other tools quote the secret that they found.
    finding.message = if secret && finding.engine != crate::OWN_ENGINE {
        quoted(&without(&finding.message, &literals))
    } else {
        text(&finding.message)
    };
    let snippet = |location: &Location| {
        if secrets.at(location) {
            self::values(&location.snippet)
        } else {
            line(&location.snippet)
        }
    };
    finding.location.snippet = snippet(&finding.location);
    for step in &mut finding.trace {
        step.message = text(&step.message);
        step.location.snippet = snippet(&step.location);
    }
    if let Some(fix) = &mut finding.fix {
        fix.description = text(&fix.description);
        // A patch with a mask in it would write the mask into the file.
        fix.patch.take_if(|patch| {
            let mut edits = patch.edits.iter();
            edits.any(|edit| text(&edit.replacement) != edit.replacement)
        });
    }
}

/// A text in which none of these values stands.
fn without(text: &str, values: &[String]) -> String {
    values.iter().fold(text.to_owned(), |text, value| {
        text.replace(value.as_str(), MASK)
    })
}

/// The values on a line: what stands in quotes, and what follows `=` or `:` without them; the
/// longest first, so that no part of one stays.
fn literals(line: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut named = false;
    let mut rest = line;
    while let Some(open) = rest.find(['"', '\'', '`']) {
        let quote = &rest[open..=open];
        let inner = &rest[open + 1..];
        let mut end = 0;
        let mut escaped = false;
        for c in inner.chars() {
            if !escaped && quote.starts_with(c) {
                break;
            }
            escaped = c == '\\' && !escaped;
            end += c.len_utf8();
        }
        let after = inner.get(end + 1..).unwrap_or_default();
        // The name of an entry is no value of one.
        let begins = rest[..open].trim_end().chars().next_back();
        let is_name =
            after.trim_start().starts_with(':') && matches!(begins, None | Some('{' | ','));
        named |= is_name;
        if !is_name {
            found.push(inner[..end].to_owned());
        }
        rest = after;
    }
    if found.is_empty() && !named {
        let value = line.split_once(['=', ':']).map_or(line, |(_, value)| value);
        found.extend(
            value
                .split_whitespace()
                .map(|v| v.trim_matches([',', ';']).to_owned()),
        );
    }
    found.retain(|value| value.chars().count() >= SHORTEST_VALUE);
    found.sort_by_key(|value| std::cmp::Reverse(value.len()));
    found
}

/// Is it about a secret? Then no value on its line is shown.
#[must_use]
pub fn is_secret(finding: &Finding) -> bool {
    const CWES: [u32; 8] = [256, 259, 312, 321, 522, 540, 615, 798];
    const WORDS: [&str; 7] = [
        "secret",
        "password",
        "passwd",
        "apikey",
        "token",
        "credential",
        "privatekey",
    ];
    // Names of rules that are numbers: of Bandit and Ruff, and of Sonar.
    const NUMBERS: [&str; 9] = [
        "b105", "b106", "b107", "s105", "s106", "s107", "s2068", "s6418", "s6437",
    ];
    let rule = finding.rule.as_str().to_ascii_lowercase();
    let engine = finding.engine.to_ascii_lowercase();
    let mut parts = rule.split(|c: char| !c.is_alphanumeric());
    finding.cwe.iter().any(|c| CWES.contains(&c.0))
        || WORDS.iter().any(|w| rule.contains(w))
        || parts.any(|part| matches!(part, "key" | "keys" | "pwd") || NUMBERS.contains(&part))
        || [
            "gitleaks",
            "trufflehog",
            "detect-secrets",
            "ggshield",
            "gitguardian",
            "kingfisher",
            "secretlint",
        ]
        .iter()
        .any(|e| engine.contains(e))
}

/// A whole file: well-known tokens and private keys masked everywhere, every value on the lines
/// (from 1) that `secret` names.
pub(crate) fn text(text: &str, secret: impl Fn(u32) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut in_key = false;
    for (content, number) in text.lines().zip(1u32..) {
        if in_key {
            out.push_str(MASK);
            in_key = !content.contains("-----END");
        } else {
            in_key = opens_key(content);
            if secret(number) {
                out.push_str(&values(content));
            } else {
                out.push_str(&line(content));
            }
        }
        out.push('\n');
    }
    out
}

/// Does a private key begin here that goes on in the next line?
fn opens_key(text: &str) -> bool {
    text.find("-----BEGIN ")
        .and_then(|at| text.get(at..))
        .is_some_and(|from| from.contains("PRIVATE KEY-----") && !from.contains("-----END"))
}

/// A line with well-known tokens masked.
pub(crate) fn line(text: &str) -> String {
    trueline_taint::without_known_secrets(text, MASK).into_owned()
}

/// A line with every value masked: what stands in quotes, and what follows `=` or `:` without them.
pub(crate) fn values(text: &str) -> String {
    if !text.contains(['"', '\'', '`']) {
        return match text.find(['=', ':']) {
            Some(at) if !text[at + 1..].trim().is_empty() => format!("{} {MASK}", &text[..=at]),
            Some(_) => line(text),
            None if text.trim().is_empty() => text.to_owned(),
            // A value alone on its line, as in multi-line lists.
            None => MASK.to_owned(),
        };
    }
    quoted(text)
}

/// A text with everything in quotes masked, and well-known tokens.
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut quote: Option<char> = None;
    let mut escaped = false;
    for c in text.chars() {
        match quote {
            None => {
                out.push(c);
                if matches!(c, '"' | '\'' | '`') {
                    quote = Some(c);
                    out.push_str(MASK);
                }
            }
            Some(_) if escaped => escaped = false,
            Some(_) if c == '\\' => escaped = true,
            Some(open) if c == open => {
                quote = None;
                out.push(c);
            }
            Some(_) => {}
        }
    }
    line(&out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documented_tokens_are_masked_anywhere() {
        let secret = format!("AKIA{}", "ABCDEFGHIJKLMNOP");
        assert_eq!(
            line(&format!("export KEY={secret} # x")),
            "export KEY=[redacted] # x"
        );
        assert_eq!(line("const x = a + b;"), "const x = a + b;");
    }

    #[test]
    fn the_password_of_a_url_is_masked_and_a_port_is_not() {
        assert_eq!(
            line("git clone https://bot:hunter2@example.org/x"),
            "git clone https://bot:[redacted]@example.org/x"
        );
        assert_eq!(
            line("db = postgres://:hunter2@db:5432/x"),
            "db = postgres://:[redacted]@db:5432/x"
        );
        let plain = "see http://localhost:8080/@scope and mailto:a@example.org";
        assert_eq!(line(plain), plain);
    }

    #[test]
    fn the_values_of_a_line_are_those_in_quotes_else_what_follows_the_sign() {
        assert_eq!(
            literals(r#"p = "hunter2" + 'a\'longer'"#),
            [r"a\'longer", "hunter2"]
        );
        assert_eq!(literals("password: hunter2,"), ["hunter2"]);
        assert_eq!(
            without("Found hunter2 here", &literals("p = 'hunter2'")),
            "Found [redacted] here"
        );
    }

    #[test]
    fn every_value_of_a_line_with_a_secret_is_masked() {
        assert_eq!(
            values(r#"password = "a\"b" + 'c'"#),
            r#"password = "[redacted]" + '[redacted]'"#
        );
        assert_eq!(values("password: hunter2secret"), "password: [redacted]");
        assert_eq!(values("PASSWORD=hunter2secret"), "PASSWORD= [redacted]");
        assert_eq!(values("  hunter2secret"), "[redacted]");
    }

    #[test]
    fn the_body_of_a_private_key_is_masked() {
        let key = format!(
            "a = 1\n-----BEGIN {0} KEY-----\nMIIabc\nxyz\n-----END {0} KEY-----\nb = 2\n",
            "PRIVATE"
        );
        let shown = text(&key, |_| false);
        assert_eq!(
            shown,
            "a = 1\n[redacted]\n[redacted]\n[redacted]\n[redacted]\nb = 2\n"
        );
    }
}
