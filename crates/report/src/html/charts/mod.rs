//! Charts as inline SVG. Horizontal places are percentages and text keeps its size, so one drawing
//! serves a phone and a wall; every chart has a table beside it that says the same.

pub(super) mod bars;
pub(super) mod flow;
pub(super) mod intervals;
pub(super) mod squarify;
pub(super) mod timeline;
pub(super) mod treemap;

use std::fmt;

/// A length or place in percent with two decimals and no trailing zeros.
pub(super) struct Percent(pub(super) f64);

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}%", Number(self.0))
    }
}

/// A coordinate with two decimals and no trailing zeros: the same text on every platform.
pub(super) struct Number(pub(super) f64);

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{:.2}", self.0);
        f.write_str(text.trim_end_matches('0').trim_end_matches('.'))
    }
}
