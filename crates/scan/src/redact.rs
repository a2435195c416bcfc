//! Secrets out of source text before anything shows it.
//!
//! Two strengths: well-known token forms anywhere in a line, and every literal of a line on which a
//! finding says that a secret stands. Redaction keeps line numbers and leaves ordinary code alone.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;

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

/// A line with well-known tokens masked.
pub(crate) fn line(text: &str) -> String {
    match &*TOKENS {
        Some(tokens) => match tokens.replace_all(text, MASK) {
            Cow::Borrowed(same) => same.to_owned(),
            Cow::Owned(masked) => masked,
        },
        None => literals(text),
    }
}

/// A line with the content of every quoted literal masked.
pub(crate) fn literals(text: &str) -> String {
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
    fn every_literal_of_a_line_with_a_secret_is_masked() {
        assert_eq!(
            literals(r#"password = "a\"b" + 'c'"#),
            r#"password = "[redacted]" + '[redacted]'"#
        );
    }
}
