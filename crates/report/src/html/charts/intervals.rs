//! Two groups compared with their uncertainty: a dot for the estimate, a whisker for the 95 % interval.
//! Known AI is a disc, all others a diamond; both rows share one scale.

use trueline_facts::Proportion;

use super::super::put;
use super::Percent;

/// The upper end of a common scale: the next round share above every interval that counts.
pub(in crate::html) fn scale<'p>(all: impl IntoIterator<Item = &'p Proportion>) -> f64 {
    let most = all
        .into_iter()
        .filter(|p| p.of > 0)
        .map(|p| p.high)
        .fold(0.0, f64::max);
    [0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.8]
        .into_iter()
        .find(|end| most <= *end)
        .unwrap_or(1.0)
}

/// The axis above a column of pairs.
pub(in crate::html) fn axis(out: &mut String, scale: f64) {
    out.push_str("<svg class=\"axis-x\" width=\"100%\" height=\"16\" aria-hidden=\"true\">");
    for (at, anchor) in [(0.0, "start"), (0.5, "middle"), (1.0, "end")] {
        put!(
            out,
            "<text x=\"{}\" y=\"12\" text-anchor=\"{anchor}\">{} %</text>",
            Percent(at * 100.0),
            super::Number(at * scale * 100.0)
        );
    }
    out.push_str("</svg>");
}

/// One pair: known AI above, the others below; nothing of a group of which no interval is true.
pub(in crate::html) fn pair(out: &mut String, [ai, other]: [Option<&Proportion>; 2], scale: f64) {
    out.push_str("<svg class=\"pair\" width=\"100%\" height=\"36\" aria-hidden=\"true\">");
    for x in [0.0, 50.0, 100.0] {
        put!(
            out,
            "<line class=\"grid\" x1=\"{0}\" x2=\"{0}\" y1=\"0\" y2=\"36\"></line>",
            Percent(x)
        );
    }
    for (p, y, class) in [(ai, 11, "ai"), (other, 25, "other")] {
        let Some((p, share)) = p.and_then(|p| Some((p, p.share?))) else {
            continue;
        };
        let place = |share: f64| Percent((share / scale).clamp(0.0, 1.0) * 100.0);
        put!(
            out,
            "<line class=\"w-{class}\" x1=\"{}\" x2=\"{}\" y1=\"{y}\" y2=\"{y}\"></line>",
            place(p.low),
            place(p.high)
        );
        put!(
            out,
            "<svg x=\"{}\" y=\"{y}\" class=\"dot\">{}</svg>",
            place(share),
            if class == "ai" {
                "<circle class=\"d-ai\" r=\"4.5\"></circle>"
            } else {
                "<path class=\"d-other\" d=\"M0-5.5L5.5 0 0 5.5-5.5 0Z\"></path>"
            }
        );
    }
    out.push_str("</svg>");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scale_holds_every_interval_and_ignores_groups_without_sites() {
        let some = Proportion::new(1, 14);
        let none = Proportion::new(0, 0);
        let end = scale([&some, &none]);
        assert!(end >= some.high && end < 1.0, "{end}");
        assert!(scale([]) > 0.0);
    }
}
