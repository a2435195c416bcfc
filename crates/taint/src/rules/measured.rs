//! How often a rule's findings were true where people read them.
//!
//! The table is data (`rules/measured/readings.toml`); docs pages print it, and a test holds the default tier
//! to it: a rule that is too often wrong belongs in the other one.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::LazyLock;

use serde::Deserialize;
use trueline_facts::Proportion;

/// The table, as it is inside the binary.
const TABLE: &str = include_str!("../../../../rules/measured/readings.toml");
static READINGS: LazyLock<Vec<Reading>> =
    LazyLock::new(|| toml::from_str(TABLE).map_or_else(|_| Vec::new(), |t: Table| t.reading));

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    #[serde(rename = "schema")]
    _schema: u32,
    reading: Vec<Reading>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reading {
    on: String,
    by: String,
    rules: BTreeMap<String, Counts>,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Counts {
    #[serde(default)]
    r#true: u64,
    #[serde(default)]
    r#false: u64,
    #[serde(default)]
    mended: u64,
}

/// What all readings together say of a rule.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Measured {
    /// Findings that readers called true.
    pub(super) hits: u64,
    /// Findings read.
    pub(super) read: u64,
    /// Findings that were called false and are reported no more.
    pub(super) mended: u64,
    /// What was read, and by whom, with the counts: a sentence for each reading.
    pub(super) readings: Vec<String>,
}

impl Measured {
    /// The share of true findings among those that are still reported.
    #[must_use]
    pub(super) fn now(&self) -> Proportion {
        Proportion::new(self.hits, self.read.saturating_sub(self.mended))
    }

    /// The section of a docs page.
    pub(super) fn text(&self) -> String {
        if self.read == 0 {
            return "Nobody has read findings of this rule yet.".to_owned();
        }
        let mut text = format!(
            "{} of {} findings of the default tier that were read were true ({}).",
            self.hits,
            self.read,
            percent(Proportion::new(self.hits, self.read)),
        );
        if self.mended > 0 {
            // Writing to a string cannot fail.
            let _ = write!(
                text,
                " The cause of {} of the false ones was mended afterwards; without them it is {}.",
                self.mended,
                percent(self.now())
            );
        }
        for reading in &self.readings {
            let _ = write!(text, "\n- {reading}");
        }
        text
    }
}

fn percent(proportion: Proportion) -> String {
    match proportion.share {
        Some(share) => format!(
            "{:.0} %, 95 % interval {:.0} to {:.0} %",
            share * 100.0,
            proportion.low * 100.0,
            proportion.high * 100.0
        ),
        None => "none of them is left".to_owned(),
    }
}

/// What the readings say of a rule.
pub(super) fn measured(rule: &str) -> Measured {
    let mut all = Measured::default();
    for reading in READINGS.iter() {
        let Some(counts) = reading.rules.get(rule).copied() else {
            continue;
        };
        let read = counts.r#true + counts.r#false;
        all.hits += counts.r#true;
        all.read += read;
        all.mended += counts.mended.min(counts.r#false);
        all.readings.push(format!(
            "{} of {read}: {}, by {}",
            counts.r#true, reading.on, reading.by
        ));
    }
    all
}

#[cfg(test)]
mod tests {
    use trueline_facts::Tier;

    use super::*;
    use crate::Engine;

    #[test]
    fn the_table_can_be_read_and_names_rules_that_there_are() {
        let table: Table = toml::from_str(TABLE).unwrap();
        let engine = Engine::builtin().unwrap();
        for reading in table.reading {
            for (rule, counts) in reading.rules {
                assert!(
                    engine.rules().iter().any(|r| r.id.as_str() == rule),
                    "{rule}"
                );
                assert!(counts.mended <= counts.r#false, "{rule}");
            }
        }
    }

    #[test]
    fn a_rule_that_is_more_often_wrong_than_right_is_not_in_the_default_tier() {
        for rule in Engine::builtin().unwrap().rules() {
            let now = measured(rule.id.as_str()).now();
            // Fewer than ten say too little: two of five may be two in three.
            let bad = now.of >= 10 && now.share.is_some_and(|share| share < 0.5);
            assert!(!bad || rule.tier == Tier::All, "{}: {now:?}", rule.id);
        }
    }

    #[test]
    fn the_text_gives_counts_and_the_interval() {
        let measured = Measured {
            hits: 4,
            read: 12,
            mended: 8,
            readings: vec!["4 of 12: two projects, by one reader".to_owned()],
        };
        insta::assert_snapshot!(measured.text(), @r"
        4 of 12 findings of the default tier that were read were true (33 %, 95 % interval 14 to 61 %). The cause of 8 of the false ones was mended afterwards; without them it is 100 %, 95 % interval 51 to 100 %.
        - 4 of 12: two projects, by one reader
        ");
    }
}
