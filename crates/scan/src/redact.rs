//! Secrets out of source text before anything shows it.
//!
//! Two strengths: well-known token forms and passwords of URLs anywhere in a line, and the values
//! of a line on which any finding, of whichever tool, says that a secret stands, in quotes or without them: all of
//! them, or, where our own engine knows its columns, that one and what may be another. On other lines a long random value under the name of a secret is masked too: that no
//! finding speaks of it does not make it public. Redaction keeps line numbers and leaves ordinary code alone.

mod quotes;
mod unquoted;

use std::collections::{BTreeSet, HashMap};

use aho_corasick::{AhoCorasick, MatchKind};
use trueline_facts::{Finding, Location, RepoPath};
use trueline_syntax::text::decode_shown;
use trueline_taint::may_be_secret;

/// What stands in place of a secret.
pub(crate) const MASK: &str = "[redacted]";

/// Lines of one finding that count as its place.
const LONGEST_RANGE: u32 = 200;
/// Shorter values are no secrets, and masking them would blot out words.
const SHORTEST_VALUE: usize = 4;
/// Values of so many characters are masked also in what is said of other lines.
const LONG_VALUE: usize = 8;

/// Where secrets stand on a line.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Place {
    /// Nobody knows: in any of its texts.
    Anywhere,
    /// At these columns.
    At(Vec<(u32, u32)>),
}

/// The lines on which any finding says that a secret stands, whoever found it.
#[derive(Debug, Default)]
pub(crate) struct SecretLines(HashMap<RepoPath, HashMap<u32, Place>>);

impl SecretLines {
    pub(crate) fn of<'f>(findings: impl Iterator<Item = &'f Finding>) -> Self {
        let mut lines: HashMap<RepoPath, HashMap<u32, Place>> = HashMap::new();
        for finding in findings.filter(|finding| is_secret(finding)) {
            let Location {
                path, start, end, ..
            } = &finding.location;
            let lines = lines.entry(path.clone()).or_default();
            if is_exact(finding) {
                let columns = (start.column, end.column);
                let place = lines.entry(start.line);
                if let Place::At(all) = place.or_insert_with(|| Place::At(Vec::new())) {
                    all.push(columns);
                }
                continue;
            }
            let last = end.line.min(start.line.saturating_add(LONGEST_RANGE));
            for line in start.line..=last.max(start.line) {
                lines.insert(line, Place::Anywhere);
            }
        }
        Self(lines)
    }

    fn place(&self, path: &RepoPath, line: u32) -> Option<&Place> {
        self.0.get(path)?.get(&line)
    }

    pub(crate) fn contains(&self, path: &RepoPath, line: u32) -> bool {
        self.place(path, line).is_some()
    }

    /// A line of a file, as it may be shown. `text` begins where the line does.
    pub(crate) fn shown(&self, path: &RepoPath, line: u32, text: &str) -> String {
        match self.place(path, line) {
            None => self::line(&quotes::guarded(text)),
            Some(Place::Anywhere) => values(text),
            Some(Place::At(columns)) => self::line(&quotes::masked(text, columns)),
        }
    }

    /// What no message may quote of a line, as it stands in the file; the longest first.
    fn literals(&self, location: &Location, raw: &str) -> Vec<String> {
        match self.place(&location.path, location.start.line) {
            Some(Place::At(columns)) => sorted(quotes::hidden_values(raw, columns)),
            Some(Place::Anywhere) => literals(raw),
            None if self.at(location) => literals(raw),
            None => Vec::new(),
        }
    }

    /// The values of all these lines that no other tool's message may quote: those that are known to
    /// be secrets, and those that may be one. Any word may stand beside them.
    pub(crate) fn values(&self, read: impl Fn(&RepoPath) -> Vec<u8>) -> SecretValues {
        let mut values: BTreeSet<String> = BTreeSet::new();
        for (path, wanted) in &self.0 {
            let content = read(path);
            for (line, number) in decode_shown(&content).lines().zip(1u32..) {
                let found = match wanted.get(&number) {
                    None => continue,
                    Some(Place::At(columns)) => quotes::hidden_values(line, columns),
                    Some(Place::Anywhere) => {
                        let mut all = literals(line);
                        all.retain(|value| may_be_secret(value));
                        all
                    }
                };
                let long = |value: &String| value.chars().count() >= LONG_VALUE;
                values.extend(found.iter().filter(|value| long(value)).cloned());
                // Others may have read what we could not: they quote the rest of it at least.
                let lost = found.iter().filter(|value| is_lossy(value));
                let pieces = lost.flat_map(|value| value.split(LOST));
                let pieces = pieces
                    .filter(|piece| may_be_secret(piece))
                    .map(str::to_owned);
                values.extend(pieces.filter(long));
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

/// Whether the columns of a finding are those of the secret.
pub(crate) fn is_exact(finding: &Finding) -> bool {
    let Location { start, end, .. } = &finding.location;
    finding.engine == crate::OWN_ENGINE
        && finding.rule.as_str() == "hard-coded-secret"
        && start.line == end.line
        && start.column < end.column
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

    /// What another tool says of a rule of its own.
    pub(crate) fn masked_page(&self, text: &str) -> String {
        line(&self.masked(text))
    }

    /// What another tool says, without these values and without addresses of people.
    fn masked(&self, text: &str) -> String {
        self.hide(&trueline_history::subject::without_addresses(text))
    }
}

/// Whether a part of a text could not be read: no value of it is known as others may quote it.
pub(crate) fn is_lossy(text: &str) -> bool {
    text.contains(LOST)
}

/// What stands where bytes are no text, and bytes of a text in another encoding.
const LOST: [char; 2] = [char::REPLACEMENT_CHARACTER, '\0'];

/// Masks every text of a finding: its message, its snippet, its steps and its fix. `raw` is its
/// first line as it stands in the file, `values` are those of the whole tree for other tools'
/// findings.
pub(crate) fn finding(
    finding: &mut Finding,
    raw: Raw<'_>,
    values: Option<&SecretValues>,
    secrets: &SecretLines,
) {
    let secret = is_secret(finding);
    let Raw {
        line: raw,
        is_lossy,
    } = raw;
    // What another tool read there cannot be told from what it says of it.
    let untold = (is_lossy && finding.engine != crate::OWN_ENGINE).then(|| {
        format!(
            "what {} says of {} is left out: a secret stands here, and the line is not in an encoding that can be read",
            finding.engine, finding.rule
        )
    });
    let literals = secrets.literals(&finding.location, raw);
    let mut reported = finding.reported.take();
    if let Some(values) = values.filter(|_| finding.engine != crate::OWN_ENGINE) {
        finding.message = values.masked(&finding.message);
        if let Some(reported) = &mut reported {
            for place in &mut reported.related {
                place.message = values.masked(&place.message);
            }
            if let Some(linked) = &mut reported.linked_message {
                *linked = values.masked(linked);
            }
        }
        for step in &mut finding.trace {
            step.message = values.masked(&step.message);
        }
        if let Some(fix) = &mut finding.fix {
            fix.description = values.masked(&fix.description);
        }
    }
    let text = |text: &str| match &untold {
        Some(untold) => untold.clone(),
        None => line(&without(text, &literals)),
    };
    // Other tools quote the secret that they found.
    let said = |message: &str| {
        if let Some(untold) = &untold {
            untold.clone()
        } else if secret && finding.engine != crate::OWN_ENGINE {
            theirs(message, raw)
        } else {
            text(message)
        }
    };
    let message = said(&finding.message);
    if let Some(reported) = &mut reported {
        for place in &mut reported.related {
            place.message = said(&place.message);
        }
        if let Some(linked) = &mut reported.linked_message {
            *linked = said(linked);
        }
        let shown = |_: &String, value: &mut String| {
            said(value) == *value && values.is_none_or(|values| values.hide(value) == *value)
        };
        reported.fingerprints.retain(shown);
        reported.partial_fingerprints.retain(shown);
    }
    finding.message = message;
    finding.reported = reported;
    let snippet = |location: &Location| match secrets.place(&location.path, location.start.line) {
        None if secrets.at(location) => self::values(&location.snippet),
        _ => secrets.shown(&location.path, location.start.line, &location.snippet),
    };
    finding.location.snippet = if is_exact(finding) && !raw.is_empty() {
        // The engine's own ends before the secret.
        let shown = secrets.shown(&finding.location.path, finding.location.start.line, raw);
        cut(shown.trim_end())
    } else {
        snippet(&finding.location)
    };
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
    let parts = quotes::parts(line);
    let values = parts.iter().filter(|part| !part.is_name);
    let texts = values.filter_map(|part| line.get(part.inner.clone()));
    let mut found: Vec<String> = texts.map(str::to_owned).collect();
    if parts.is_empty() {
        let value = line.split_once(['=', ':']).map_or(line, |(_, value)| value);
        found.extend(
            value
                .split_whitespace()
                .map(|v| v.trim_matches([',', ';']).to_owned()),
        );
    }
    let unquoted = unquoted::suspicious(line).into_iter();
    let unquoted = unquoted.filter_map(|range| line.get(range));
    found.extend(unquoted.map(str::to_owned));
    sorted(found)
}

fn sorted(mut values: Vec<String>) -> Vec<String> {
    values.retain(|value| value.chars().count() >= SHORTEST_VALUE);
    values.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
    values.dedup();
    values
}

/// The line of a finding as it stands in its file; empty where it is not known or no secret stands there.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Raw<'t> {
    pub(crate) line: &'t str,
    /// It, or another line of the finding, could not be read as text.
    pub(crate) is_lossy: bool,
}

/// What another tool says of a secret, without it. Tools quote it, but they quote names as well: hidden
/// is what stands as a value on its line, unless the line has it as a name too, and in quotes whatever is
/// no name of that line: the value may stand on another one. Where the line is not known everything in
/// quotes is hidden.
fn theirs(message: &str, raw: &str) -> String {
    if raw.trim().is_empty() {
        return without_random_words(&quoted(message));
    }
    let parts = quotes::parts(raw);
    let mut values = unquoted::suspicious(raw);
    let quoted = parts.iter().filter(|part| !part.is_name);
    values.extend(quoted.map(|part| part.inner.clone()));
    let mut names = String::with_capacity(raw.len());
    let mut from = 0;
    for value in quotes::apart(values) {
        names.push_str(raw.get(from..value.start).unwrap_or_default());
        from = value.end;
    }
    names.push_str(raw.get(from..).unwrap_or_default());
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let is_named = |text: &str| {
        let mut words = names.split(|c| !is_word(c));
        words.any(|word| word.eq_ignore_ascii_case(text))
    };
    let mut message = message.to_owned();
    for value in literals(raw) {
        if parts.is_empty() || !is_named(&value) {
            message = replaced(&message, &value);
        }
    }
    for part in quotes::parts(&message).into_iter().rev() {
        let text = message.get(part.inner.clone()).unwrap_or_default();
        if text != MASK && !text.is_empty() && (may_be_secret(text) || !is_named(text)) {
            message.replace_range(part.inner, MASK);
        }
    }
    line(&message)
}

/// A text without the words that may be secrets.
fn without_random_words(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for piece in text.split_inclusive(char::is_whitespace) {
        let word = piece.trim_matches(|c: char| c.is_whitespace() || ".,:;()".contains(c));
        if word.contains(MASK) || !may_be_secret(word) {
            out.push_str(piece);
        } else {
            out.push_str(&piece.replace(word, MASK));
        }
    }
    out
}

/// A text without a value, wherever it stands as a word of its own.
fn replaced(text: &str, value: &str) -> String {
    let is_word = |c: char| c.is_alphanumeric();
    let begins = value.starts_with(is_word);
    let ends = value.ends_with(is_word);
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for (at, found) in text.match_indices(value) {
        let before = text.get(..at).and_then(|t| t.chars().next_back());
        let after = text.get(at + found.len()..).and_then(|t| t.chars().next());
        // A value that may be a secret is one in the middle of a word too.
        let whole = !(begins && before.is_some_and(is_word) || ends && after.is_some_and(is_word));
        if whole || may_be_secret(value) {
            out.push_str(text.get(from..at).unwrap_or_default());
            out.push_str(MASK);
            from = at + found.len();
        }
    }
    out.push_str(text.get(from..).unwrap_or_default());
    out
}

/// The longest snippet, in characters.
const SNIPPET: usize = 200;

/// A line that is not too long to be shown. Masking comes before cutting, so that no half of a secret
/// stays.
pub(crate) fn cut(line: &str) -> String {
    line.chars().take(SNIPPET).collect()
}

/// Whether a content holds a secret that is known by its form.
#[must_use]
pub fn holds_secret(path: &RepoPath, content: &[u8]) -> bool {
    let found = trueline_taint::secrets_by_form(path, content).found;
    !found.is_empty()
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

/// A whole file: well-known tokens and private keys masked everywhere; `shown` says how a line (from
/// 1) is shown beside that.
pub(crate) fn text(text: &str, shown: impl Fn(u32, &str) -> String) -> String {
    let mut out = String::with_capacity(text.len());
    let mut in_key = false;
    for (content, number) in text.lines().zip(1u32..) {
        if in_key {
            out.push_str(MASK);
            in_key = !content.contains("-----END");
        } else {
            in_key = opens_key(content);
            out.push_str(&shown(number, content));
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
    let text = &quotes::without(text, quotes::apart(unquoted::suspicious(text)));
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
    fn what_other_tools_say_of_a_secret_keeps_its_words_and_names() {
        for (raw, said, shown) in [
            (
                r#"connect(password="hunter2-x", token_type="bearer")"#,
                r#"Possible hardcoded password assigned to argument: "password""#,
                r#"Possible hardcoded password assigned to argument: "password""#,
            ),
            (
                "password = 'letmein'",
                "Possible hardcoded password: 'letmein'",
                "Possible hardcoded password: '[redacted]'",
            ),
            (
                "password = 'letmein'",
                "found letmein here",
                "found [redacted] here",
            ),
            (
                "KEY=hunter2secret",
                "found hunter2secret in KEY",
                "found [redacted] in KEY",
            ),
            (
                "login('one')",
                "elsewhere stands 'h7!kPq2zz' too",
                "elsewhere stands '[redacted]' too",
            ),
            (
                r#"connect("db", password=letmein)"#,
                "password letmein of connect",
                "password [redacted] of connect",
            ),
            // The call goes on below, where the value stands.
            (
                "connect(",
                "Possible hardcoded password: 'letmein'",
                "Possible hardcoded password: '[redacted]'",
            ),
            (
                r#"password = "a\"b""#,
                r#"Possible hardcoded password: 'a"b'"#,
                "Possible hardcoded password: '[redacted]'",
            ),
            (
                "",
                "the password is 'letmein'",
                "the password is '[redacted]'",
            ),
        ] {
            assert_eq!(theirs(said, raw), shown, "{raw}");
        }
    }

    #[test]
    fn of_a_place_that_is_not_known_no_random_word_is_quoted() {
        assert_eq!(
            theirs(
                "password Vq8xV2mN7pLr4TbW9sKd, found twice (see hunter2).",
                ""
            ),
            "password [redacted], found twice (see [redacted])."
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
        assert_eq!(
            values(r#"f(a="b", password=letmein, n=3)"#),
            r#"f(a="[redacted]", password=[redacted], n=3)"#
        );
    }

    #[test]
    fn the_body_of_a_private_key_is_masked() {
        let key = format!(
            "a = 1\n-----BEGIN {0} KEY-----\nMIIabc\nxyz\n-----END {0} KEY-----\nb = 2\n",
            "PRIVATE"
        );
        let shown = text(&key, |_, content| line(content));
        assert_eq!(
            shown,
            "a = 1\n[redacted]\n[redacted]\n[redacted]\n[redacted]\nb = 2\n"
        );
    }
}
