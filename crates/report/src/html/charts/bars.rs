//! Bars inside cards and table cells: a share, lines by origin, a plain quantity.

use trueline_facts::Proportion;
use trueline_facts::usage::LineShares;

use super::super::put;
use super::Percent;

/// A share as a bar. It counts all there is, so it has no interval.
pub(in crate::html) fn gauge(out: &mut String, p: &Proportion, class: &str) {
    out.push_str("<svg class=\"gauge\" width=\"100%\" height=\"14\" aria-hidden=\"true\"><rect class=\"track\" x=\"0\" y=\"2\" width=\"100%\" height=\"10\" rx=\"5\"></rect>");
    if let Some(share) = p.share {
        put!(
            out,
            "<rect class=\"{class}\" x=\"0\" y=\"2\" width=\"{}\" height=\"10\" rx=\"5\"></rect>",
            Percent(share * 100.0)
        );
    }
    out.push_str("</svg>");
}

/// Lines by origin as one stacked bar: AI from the left, what it wrote at least and what it may have written, people
/// from the right, unknown between.
pub(in crate::html) fn origins(out: &mut String, lines: &LineShares) {
    out.push_str("<svg class=\"stack\" width=\"100%\" height=\"14\" aria-hidden=\"true\"><rect class=\"track\" x=\"0\" y=\"2\" width=\"100%\" height=\"10\"></rect>");
    let total = lines.total.max(1) as f64;
    let least = lines.ai_at_least().min(lines.ai);
    let mut x = 0.0;
    for (class, n) in [
        ("f-ai", least),
        ("f-ai-soft", lines.ai - least),
        ("f-unknown", lines.unknown),
        ("f-human", lines.human),
    ] {
        let width = n as f64 / total * 100.0;
        if width > 0.0 {
            put!(
                out,
                "<rect class=\"{class}\" x=\"{}\" y=\"2\" width=\"{}\" height=\"10\"></rect>",
                Percent(x),
                Percent(width)
            );
        }
        x += width;
    }
    out.push_str("</svg>");
}

/// A quantity against the largest of its column.
pub(in crate::html) fn quantity(out: &mut String, n: u64, most: u64, class: &str) {
    put!(
        out,
        "<svg class=\"quantity\" width=\"100%\" height=\"14\" aria-hidden=\"true\"><rect class=\"{class}\" x=\"0\" y=\"2\" width=\"{}\" height=\"10\" rx=\"2\"></rect></svg>",
        Percent(n as f64 / most.max(1) as f64 * 100.0)
    );
}
