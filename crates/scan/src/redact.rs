//! Secrets out of source text before anything shows it.
//!
//! Two strengths: well-known token forms anywhere in a line, and every literal of a line on which a
//! finding says that a secret stands. Redaction keeps line numbers and leaves ordinary code alone.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;
use trueline_facts::Finding;

/// What stands in place of a secret.
const MASK: &str = "[redacted]";

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

/// Masks every text of a finding: its message, its snippet, its steps and its fix.
pub(crate) fn finding(finding: &mut Finding) {
    let secret = is_secret(finding);
    let snippet = |text: &str| if secret { values(text) } else { line(text) };
    // Other tools quote the secret that they found.
    finding.message = if secret && finding.engine != crate::OWN_ENGINE {
        quoted(&finding.message)
    } else {
        line(&finding.message)
    };
    finding.location.snippet = snippet(&finding.location.snippet);
    for step in &mut finding.trace {
        step.message = line(&step.message);
        step.location.snippet = snippet(&step.location.snippet);
    }
    if let Some(fix) = &mut finding.fix {
        fix.description = line(&fix.description);
        // A patch with a mask in it would write the mask into the file.
        fix.patch.take_if(|patch| {
            let mut edits = patch.edits.iter();
            edits.any(|edit| line(&edit.replacement) != edit.replacement)
        });
    }
}

/// Is it about a secret? Then no value on its line is shown.
pub(crate) fn is_secret(finding: &Finding) -> bool {
    const CWES: [u32; 8] = [256, 259, 312, 321, 522, 540, 615, 798];
    const WORDS: [&str; 6] = [
        "secret",
        "password",
        "api-key",
        "apikey",
        "token",
        "credential",
    ];
    let rule = finding.rule.as_str().to_ascii_lowercase();
    let engine = finding.engine.to_ascii_lowercase();
    finding.cwe.iter().any(|c| CWES.contains(&c.0))
        || WORDS.iter().any(|w| rule.contains(w))
        || [
            "gitleaks",
            "trufflehog",
            "detect-secrets",
            "ggshield",
            "kingfisher",
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
    match &*TOKENS {
        Some(tokens) => match tokens.replace_all(text, MASK) {
            Cow::Borrowed(same) => same.to_owned(),
            Cow::Owned(masked) => masked,
        },
        None => MASK.to_owned(),
    }
}

/// A line with every value masked: what stands in quotes, and what follows `=` or `:` without them.
fn values(text: &str) -> String {
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
