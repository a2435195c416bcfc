//! Does certainty hold: who says "90 % sure" should be right nine times in ten.
//!
//! Input are review answers with what the person said; output are buckets with their intervals, the
//! Brier score, and a verdict only where the interval of what came true excludes what was said.

use trueline_facts::Proportion;
use trueline_facts::skill::{Certainty, CertaintyBucket, CertaintyVerdict};

use crate::evidence::RowId;
use crate::math::rounded;

/// What somebody said of an answer, and whether it was right.
#[derive(Clone, PartialEq, Debug)]
pub struct Said {
    /// The record.
    pub id: RowId,
    /// 50 (a guess) to 100 (certain).
    pub percent: u8,
    /// Whether the answer was right.
    pub right: bool,
}

/// Fewer answers say nothing.
const LEAST: usize = 10;

/// Buckets of what was said, both ends in.
const BUCKETS: [(u8, u8); 5] = [(50, 59), (60, 69), (70, 79), (80, 89), (90, 100)];

/// Compares what was said with what came.
#[must_use]
pub fn certainty<'s>(said: impl IntoIterator<Item = &'s Said>) -> Certainty {
    let said: Vec<&Said> = said.into_iter().collect();
    let right = hits(&said);
    let sure = mean(&said, |one| share(one.percent));
    let brier = mean(&said, |one| {
        let miss = share(one.percent) - f64::from(u8::from(one.right));
        miss * miss
    });
    let buckets = BUCKETS
        .iter()
        .filter_map(|&(from, to)| {
            let part: Vec<&Said> = said
                .iter()
                .copied()
                .filter(|one| (from..=to).contains(&one.percent))
                .collect();
            Some(CertaintyBucket {
                from,
                to,
                sure: rounded(mean(&part, |one| share(one.percent))?, 3),
                right: hits(&part),
            })
        })
        .collect();
    let verdict = match sure {
        Some(sure) if said.len() >= LEAST => {
            if sure > right.high {
                CertaintyVerdict::TooSure
            } else if sure < right.low {
                CertaintyVerdict::TooUnsure
            } else {
                CertaintyVerdict::Holds
            }
        }
        _ => CertaintyVerdict::NotEnoughEvidence,
    };
    Certainty {
        answers: said.len() as u64,
        sure: sure.map(|value| rounded(value, 3)),
        right,
        brier: brier.map(|value| rounded(value, 3)),
        buckets,
        verdict,
    }
}

fn share(percent: u8) -> f64 {
    f64::from(percent) / 100.0
}

fn hits(said: &[&Said]) -> Proportion {
    let right = said.iter().filter(|one| one.right).count();
    Proportion::new(right as u64, said.len() as u64)
}

fn mean(said: &[&Said], value: impl Fn(&Said) -> f64) -> Option<f64> {
    (!said.is_empty()).then(|| said.iter().map(|one| value(one)).sum::<f64>() / said.len() as f64)
}
