//! How good probabilities are: area under the curve, log-loss, Brier score, calibration error.

/// A predicted probability and what happened.
pub(crate) type Predicted = (f64, bool);

/// The chance that a success was given a higher probability than a failure; ties count half.
pub(crate) fn auc(all: &[Predicted]) -> f64 {
    let mut sorted = all.to_vec();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut ranks, mut start) = (0.0, 0);
    while start < sorted.len() {
        let mut end = start;
        while end < sorted.len() && sorted[end].0.total_cmp(&sorted[start].0).is_eq() {
            end += 1;
        }
        let rank = (start + end + 1) as f64 / 2.0;
        ranks += rank * sorted[start..end].iter().filter(|p| p.1).count() as f64;
        start = end;
    }
    let successes = all.iter().filter(|p| p.1).count() as f64;
    let failures = all.len() as f64 - successes;
    (ranks - successes * (successes + 1.0) / 2.0) / (successes * failures)
}

pub(crate) fn log_loss(all: &[Predicted]) -> f64 {
    let total: f64 = all
        .iter()
        .map(|(p, y)| -if *y { p.ln() } else { (1.0 - p).ln() })
        .sum();
    total / all.len() as f64
}

pub(crate) fn brier(all: &[Predicted]) -> f64 {
    let total: f64 = all
        .iter()
        .map(|(p, y)| (p - f64::from(u8::from(*y))).powi(2))
        .sum();
    total / all.len() as f64
}

/// Bins of equal mass: mean prediction, share of successes, size.
pub(crate) fn reliability(all: &[Predicted], bins: usize) -> Vec<(f64, f64, usize)> {
    let mut sorted = all.to_vec();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    (0..bins)
        .map(|bin| {
            let part = &sorted[bin * sorted.len() / bins..(bin + 1) * sorted.len() / bins];
            let mean = part.iter().map(|p| p.0).sum::<f64>() / part.len() as f64;
            let share = part.iter().filter(|p| p.1).count() as f64 / part.len() as f64;
            (mean, share, part.len())
        })
        .collect()
}

pub(crate) fn calibration_error(all: &[Predicted], bins: usize) -> f64 {
    reliability(all, bins)
        .iter()
        .map(|(mean, share, size)| (mean - share).abs() * *size as f64 / all.len() as f64)
        .sum()
}
