//! Chat templates that put very long texts together out of short ones, or use one text very often.

use std::fmt::Write as _;

use super::{Files, MB, fill};

pub(super) fn files() -> Files {
    let half = "a".repeat(MB / 2);
    let of_half = |unit: &str| {
        let head = format!("{{{{ '{half}'");
        fill(head.as_bytes(), unit.as_bytes(), b" }}")
    };
    let kept = |unit: &str, tail: &str| {
        let head = format!("{{% set k = '{}' %}}", "ab ".repeat(10_000));
        fill(head.as_bytes(), unit.as_bytes(), tail.as_bytes())
    };
    let mut formatted = "'aaaa'".to_owned();
    for _ in 0..28 {
        formatted = format!("'{{0}}{{0}}'.format({formatted})");
    }
    let formatted = format!("{{{{ {formatted} }}}}");
    let mut loops = format!("{{% set L = ['{}'] %}}", &half[..30_000]);
    for at in 0..MB / 26 {
        // Writing to memory cannot fail.
        let _ = write!(loops, "{{% for a{at} in L %}}");
    }
    vec![
        (
            "chat-replaced.jinja",
            fill(b"{{ 'a'", b".replace('a','aaaaaaaaaa')", b" }}"),
        ),
        (
            "chat-joined.jinja",
            fill(b"{{ 'aaaa'", b"|join('aaaa')", b" }}"),
        ),
        ("chat-formatted.jinja", fill(b"", formatted.as_bytes(), b"")),
        ("chat-filtered.jinja", of_half("|lower")),
        ("chat-reversed.jinja", of_half("[::-1]")),
        ("chat-called.jinja", of_half(".strip()")),
        ("chat-names.jinja", kept("{{ k }}", "")),
        ("chat-sums.jinja", kept("{{ k+k }}", "")),
        ("chat-condition.jinja", kept("{% if k %}{% endif %}", "")),
        ("chat-words.jinja", {
            let mut bytes = kept("k ", "%}a{% endif %}");
            let at = bytes.windows(2).position(|pair| pair == b"%}").unwrap_or(0);
            bytes.splice(at + 2..at + 2, *b"{% if ");
            bytes
        }),
        (
            "chat-dates.jinja",
            fill(b"{% if ", b"strftime_now ", b"%}a{% endif %}"),
        ),
        ("chat-range.jinja", fill(b"{{ range", b"(1)", b" }}")),
        ("chat-loops.jinja", loops.into_bytes()),
        ("chat-keys.jinja", kept("{{ a[k] }}", "")),
    ]
}
