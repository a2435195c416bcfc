//! The few functions of numerical mathematics that the model needs.
//!
//! All transcendental functions come from `libm`, not from the platform, so that the same evidence
//! gives the same digits everywhere.

/// Half the width of a central 80 % interval of the normal distribution, in standard deviations.
pub const Z80: f64 = 1.281_551_565_544_6;

/// `pi / 8`, the constant of the probit approximation of a logistic-normal mean.
const PROBIT: f64 = core::f64::consts::PI / 8.0;

/// `1 / (1 + e^-x)`, without overflow.
#[must_use]
pub fn sigmoid(x: f64) -> f64 {
    if x >= 0.0 {
        1.0 / (1.0 + libm::exp(-x))
    } else {
        let e = libm::exp(x);
        e / (1.0 + e)
    }
}

/// `ln(1 + e^x)`, without overflow.
#[must_use]
pub fn softplus(x: f64) -> f64 {
    if x > 0.0 {
        x + libm::log1p(libm::exp(-x))
    } else {
        libm::log1p(libm::exp(x))
    }
}

/// The chance of success when the logit is normal with this mean and variance.
///
/// The probit approximation; its error is below .004 for variances up to 3 and means within ±2.
#[must_use]
pub fn chance(mean: f64, variance: f64) -> f64 {
    sigmoid(mean / libm::sqrt(1.0 + PROBIT * variance))
}

/// Rounded to `decimals`, so that documents read well and say the same on every platform.
#[must_use]
pub fn rounded(value: f64, decimals: i32) -> f64 {
    let unit = libm::pow(10.0, f64::from(decimals));
    let value = libm::round(value * unit) / unit;
    // Minus zero reads as a slip.
    if value == 0.0 { 0.0 } else { value }
}
