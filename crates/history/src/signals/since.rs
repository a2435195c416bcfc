//! The argument of `--since`: days before HEAD, or a date.

use thiserror::Error;
use trueline_facts::Timestamp;

/// It is neither a number of days nor a date.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error("`{text}` is neither a number of days (`90`, `90d`) nor a date (`2026-01-31`)")]
pub struct SinceError {
    /// As given.
    pub text: String,
}

/// Reads `90`, `90d` or `90 days` as days before `head`, and `2026-01-31` as the beginning of that
/// day in UTC.
pub fn since(text: &str, head: Timestamp) -> Result<Timestamp, SinceError> {
    let trimmed = text.trim();
    let days = ["days", "day", "d"]
        .iter()
        .find_map(|unit| trimmed.strip_suffix(unit))
        .unwrap_or(trimmed)
        .trim_end();
    if let Ok(days) = days.parse::<u32>() {
        return Ok(head.plus_days(-i64::from(days)));
    }
    trimmed
        .parse::<jiff::civil::Date>()
        .ok()
        .and_then(|date| date.to_zoned(jiff::tz::TimeZone::UTC).ok())
        .map(|midnight| Timestamp(midnight.timestamp().as_second()))
        .ok_or_else(|| SinceError {
            text: text.to_owned(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use trueline_facts::time::DAY;

    const HEAD: Timestamp = Timestamp(1_769_335_200);

    #[test]
    fn days_count_back_from_head() {
        for text in ["90", "90d", " 90 days "] {
            assert_eq!(
                since(text, HEAD),
                Ok(Timestamp(HEAD.0 - 90 * DAY)),
                "{text}"
            );
        }
    }

    #[test]
    fn a_date_begins_at_midnight_utc() {
        let midnight = since("2026-01-25", HEAD).unwrap();
        assert_eq!(midnight.to_string(), "2026-01-25T00:00:00Z");
    }

    #[test]
    fn anything_else_is_refused_with_the_forms_that_work() {
        for text in ["yesterday", "-3", "2026-13-01", "", "9x"] {
            assert!(since(text, HEAD).is_err(), "{text}");
        }
    }
}
