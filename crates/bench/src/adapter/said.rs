//! What a command said when it gave no answer: one line, for a report that others read.
//!
//! Tools print keys, tokens and places of a home folder in their errors. What the adapter passed on is named by its
//! variable, and what looks drawn by chance is left out.

use std::path::Path;

/// A longer line tells no more.
const LONGEST: usize = 200;
/// Names are shorter; keys, tokens and digests are not.
const LONGEST_WORD: usize = 20;
/// Shorter values are words of their own, as a user's name or a level.
const LEAST_VALUE: usize = 5;

/// The first line that says something, cut.
pub(super) fn first_line(stderr: &[u8], environment: &[String], place: &Path) -> Option<String> {
    let text = String::from_utf8_lossy(stderr);
    let line = text.lines().map(str::trim).find(|line| !line.is_empty())?;
    let line: String = line.chars().filter(|c| !c.is_control()).collect();
    // A place that is new each time says nothing.
    let mut line = line.replace(&place.display().to_string(), "the work folder");
    for name in environment {
        if let Ok(value) = std::env::var(name)
            && value.trim().len() >= LEAST_VALUE
        {
            line = line.replace(value.trim(), &format!("${name}"));
        }
    }
    let line = without_tokens(&line);
    Some(if line.chars().count() > LONGEST {
        line.chars().take(LONGEST - 1).chain(['…']).collect()
    } else {
        line
    })
}

/// Long words of letters and digits are left out.
fn without_tokens(line: &str) -> String {
    let is_of_a_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '+' | '=');
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while !rest.is_empty() {
        let end = rest.find(|c| !is_of_a_word(c)).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        let has = |kind: fn(&char) -> bool| word.chars().any(|c| kind(&c));
        let is_token = word.len() >= LONGEST_WORD
            && has(char::is_ascii_digit)
            && has(char::is_ascii_alphabetic);
        out.push_str(if is_token { "(left out)" } else { word });
        let mut others = after.chars();
        out.extend(others.next());
        rest = others.as_str();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(stderr: &str, environment: &[&str]) -> Option<String> {
        let environment: Vec<String> = environment.iter().map(|name| (*name).to_owned()).collect();
        let place = Path::new("/tmp/trueline-bench-x1");
        first_line(stderr.as_bytes(), &environment, place)
    }

    #[test]
    fn the_first_line_is_kept_and_a_key_in_it_is_not() {
        let text = "\n\u{1b}error: key sk-proj-4f9aB2c3D4e5F6a7 is wrong\nTraceback\n";
        assert_eq!(
            said(text, &[]).as_deref(),
            Some("error: key (left out) is wrong")
        );
        let token = "Bearer eyJhbGciOiJIUzI1NiIsInR5cCI6.eyJzdWIiOiIxMjM0NTY3ODkwIiwibm";
        let told = said(token, &[]).unwrap_or_default();
        assert!(!told.contains("eyJ"), "{told}");
        let place = "cannot open /tmp/trueline-bench-x1/app.py: no-such-file-or-directory";
        assert_eq!(
            said(place, &[]).as_deref(),
            Some("cannot open the work folder/app.py: no-such-file-or-directory")
        );
        assert_eq!(said(" \n\n", &[]), None);
    }

    #[test]
    fn what_the_adapter_passed_on_is_named_by_its_variable() {
        // Set by the test runner for every test.
        let value = std::env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
        assert!(value.len() >= LEAST_VALUE);
        let line = format!("no login in {value}/login");
        assert_eq!(
            said(&line, &["CARGO_MANIFEST_DIR"]).as_deref(),
            Some("no login in $CARGO_MANIFEST_DIR/login")
        );
    }

    #[test]
    fn a_line_without_end_is_cut() {
        let told = said(&"a b ".repeat(10_000), &[]).unwrap_or_default();
        assert_eq!(told.chars().count(), LONGEST);
        assert!(told.ends_with('…'));
    }
}
