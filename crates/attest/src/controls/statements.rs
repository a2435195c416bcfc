//! What persons attest: `.trueline/controls.toml`, each statement with who, when, until when and where the evidence is.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use toml::Spanned;
use trueline_facts::control::ControlStatement;

use crate::AttestError;
use crate::log::Files;

/// The file.
pub const STATEMENTS_FILE: &str = ".trueline/controls.toml";

/// Longer is no statement about today.
const LONGEST_DAYS: i64 = 400;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(default)]
    schema: Option<u32>,
    #[serde(default)]
    statement: Vec<Spanned<Statement>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Statement {
    control: String,
    by: String,
    date: toml::value::Datetime,
    expires: toml::value::Datetime,
    says: String,
    evidence: Option<String>,
}

/// The statements by control. The last one of a control counts.
pub(super) fn read(
    files: &Files<'_>,
    known: &BTreeSet<&str>,
) -> Result<BTreeMap<String, ControlStatement>, AttestError> {
    match files.text(STATEMENTS_FILE) {
        Some(text) => parse(&text, known),
        None => Ok(BTreeMap::new()),
    }
}

fn parse(
    text: &str,
    known: &BTreeSet<&str>,
) -> Result<BTreeMap<String, ControlStatement>, AttestError> {
    let wrong = |at: usize, why: String| AttestError::Statements {
        file: STATEMENTS_FILE.to_owned(),
        line: line_of(text, at),
        why,
    };
    let document: Document = toml::from_str(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        wrong(at, error.message().to_owned())
    })?;
    if document.schema.is_some_and(|schema| schema != 1) {
        return Err(wrong(0, "this program reads `schema = 1`".to_owned()));
    }
    let mut statements = BTreeMap::new();
    for spanned in document.statement {
        let at = spanned.span().start;
        let statement = spanned.into_inner();
        if !known.contains(statement.control.as_str()) {
            return Err(wrong(
                at,
                format!("no control `{}`; ids read `AC.2.2`", statement.control),
            ));
        }
        if statement.by.trim().is_empty() || statement.says.trim().is_empty() {
            return Err(wrong(at, "`by` and `says` must not be empty".to_owned()));
        }
        let (Some(date), Some(expires)) = (day(statement.date), day(statement.expires)) else {
            return Err(wrong(
                at,
                "`date` and `expires` are days, as 2026-11-29".to_owned(),
            ));
        };
        let days = expires.1 - date.1;
        if !(0..=LONGEST_DAYS).contains(&days) {
            return Err(wrong(
                at,
                format!(
                    "`expires` is {days} days after `date`: a statement is valid for {LONGEST_DAYS} days at most"
                ),
            ));
        }
        statements.insert(
            statement.control,
            ControlStatement {
                by: statement.by,
                date: date.0,
                expires: expires.0,
                says: statement.says,
                evidence: statement.evidence,
            },
        );
    }
    Ok(statements)
}

/// A day as text, and its number since 1970.
fn day(value: toml::value::Datetime) -> Option<(String, i64)> {
    let date = value.date?;
    let (y, m, d) = (
        i64::from(date.year),
        i64::from(date.month),
        i64::from(date.day),
    );
    // Days of the civil calendar, years beginning in March.
    let years = if m > 2 { y } else { y - 1 };
    let era = years.div_euclid(400);
    let of_era = years - era * 400;
    let of_year = (153 * ((m + 9) % 12) + 2) / 5 + d - 1;
    let number = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
    Some((date.to_string(), number))
}

pub(super) fn line_of(text: &str, at: usize) -> usize {
    let before = text.get(..at).unwrap_or(text);
    before.matches('\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<BTreeMap<String, ControlStatement>, String> {
        parse(text, &BTreeSet::from(["AC.2.2"])).map_err(|e| e.to_string())
    }

    const GOOD: &str = "schema = 1\n\n[[statement]]\ncontrol = \"AC.2.2\"\nby = \"CISO\"\ndate = 2026-11-01\nexpires = 2027-11-01\nsays = \"Reviewed.\"\n";

    #[test]
    fn a_statement_is_read() {
        let statement = &read(GOOD).unwrap()["AC.2.2"];
        assert_eq!(
            (statement.by.as_str(), statement.expires.as_str()),
            ("CISO", "2027-11-01")
        );
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        for (from, to, told) in [
            ("AC.2.2", "AC.99.9", "controls.toml:3: no control"),
            ("by =", "buy =", "controls.toml:5: unknown field"),
            ("2027-11-01", "2028-11-01", "731 days after"),
            ("2027-11-01", "2026-10-31", "-1 days after"),
            ("\"CISO\"", "\" \"", "must not be empty"),
            ("2026-11-01", "10:00:00", "are days"),
        ] {
            let error = read(&GOOD.replacen(from, to, 1)).unwrap_err();
            assert!(error.contains(told), "{told}: {error}");
        }
    }
}
