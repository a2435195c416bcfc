//! The page of a backtest: what each gate would have said, with intervals, and what became of the changes.

use trueline_facts::Proportion;
use trueline_facts::backtest::{Backtest, GateHistory};

use super::charts::Percent;
use super::escape::esc;
use super::{page, put};
use crate::{backtest as sentences, words};

/// Renders a backtest.
#[must_use]
pub fn backtest(report: &Backtest) -> String {
    let mut page = page::Page::new(&report.repository, "Backtest", &report.trueline_version);
    let mut body = String::new();
    page.section("overview", "Overview");
    overview(&mut body, report);
    if report.changes > 0 {
        page.section("gates", "Gates");
        gates(&mut body, report);
        page.section("fates", "What became of them");
        fates(&mut body, report);
        if !report.zones.is_empty() {
            page.section("zones", "Zones");
            zones(&mut body, report);
        }
        page.section("months", "Months");
        months(&mut body, report);
    }
    page.section("gaps", "What was not known");
    gaps(&mut body, report);
    page.finish(&body, "")
}

fn overview(out: &mut String, report: &Backtest) {
    put!(
        out,
        "<section id=\"overview\" class=\"hero\" aria-labelledby=\"title\">\n<p class=\"kicker\">{}</p>\n<h1 id=\"title\">{} replayed through {}.</h1>\n",
        esc(&report.period.asked),
        words::counted(report.changes, "merged change"),
        words::counted(report.gates.len() as u64, "gate")
    );
    if report.changes == 0 {
        out.push_str("<p class=\"lead\">No change was merged in that time.</p>\n</section>\n");
        return;
    }
    put!(
        out,
        "<p class=\"lead\">The policy as it is would have {}.</p>\n",
        esc(&sentences::verdicts(report))
    );
    if let (Some(from), Some(to)) = (report.period.from, report.period.to) {
        put!(
            out,
            "<p>Merged {} to {}, watched until {}. Policy: {} (<code>{}</code>).</p>\n",
            from.date(),
            to.date(),
            report.period.observed_until.date(),
            esc(&report.policy),
            esc(report
                .policy_digest
                .get(..19)
                .unwrap_or(&report.policy_digest))
        );
    }
    out.push_str("</section>\n");
}

/// The share on a scale from 0 to 100 %, with its interval.
fn plot(out: &mut String, p: &Proportion) {
    out.push_str("<svg class=\"pair\" width=\"100%\" height=\"22\" aria-hidden=\"true\">");
    for x in [0.0, 25.0, 50.0, 75.0, 100.0] {
        put!(
            out,
            "<line class=\"grid\" x1=\"{0}\" x2=\"{0}\" y1=\"0\" y2=\"22\"></line>",
            Percent(x)
        );
    }
    if let Some(share) = p.share {
        put!(
            out,
            "<line class=\"w-skill\" x1=\"{}\" x2=\"{}\" y1=\"11\" y2=\"11\"></line><svg x=\"{}\" y=\"11\" class=\"dot\"><circle class=\"d-skill\" r=\"5\"></circle></svg>",
            Percent(p.low * 100.0),
            Percent(p.high * 100.0),
            Percent(share * 100.0)
        );
    }
    out.push_str("</svg>");
}

fn share(p: &Proportion) -> String {
    if p.of == 0 {
        return "–".to_owned();
    }
    format!(
        "{} of {} ({})",
        words::count(p.hits),
        words::count(p.of),
        words::interval(p, true)
    )
}

fn gates(out: &mut String, report: &Backtest) {
    out.push_str("<section id=\"gates\" aria-labelledby=\"gates-name\"><h2 id=\"gates-name\">What each gate would have said</h2>\n<figure class=\"panel\"><div class=\"scroll\"><table class=\"rates\"><thead><tr><th scope=\"col\">Gate</th><th scope=\"col\">Mode</th><th scope=\"col\" class=\"wide-cell\">Would have commented on, 0 to 100 %</th><th scope=\"col\">of those it could judge</th><th scope=\"col\">Would have blocked</th></tr></thead><tbody>\n");
    for gate in &report.gates {
        put!(
            out,
            "<tr><th scope=\"row\">{}</th><td>{}</td>",
            esc(&gate.id),
            gate.mode
        );
        if gate.judged == 0 {
            let missing: Vec<&str> = gate.missing.iter().map(|fact| fact.as_str()).collect();
            put!(
                out,
                "<td colspan=\"2\" class=\"faint\">could not be judged: {} not known</td>",
                esc(&missing.join(", "))
            );
        } else {
            out.push_str("<td class=\"wide-cell\">");
            plot(out, &gate.would_comment);
            put!(
                out,
                "</td><td class=\"nb\">{}</td>",
                esc(&share(&gate.would_comment))
            );
        }
        put!(
            out,
            "<td class=\"nb\">{}</td></tr>\n",
            esc(&share(&gate.would_block))
        );
    }
    out.push_str("</tbody></table></div><p class=\"note\">95 % intervals (Wilson). In <code>block</code> a gate also blocks what it cannot decide.</p></figure>\n");
    for gate in report
        .gates
        .iter()
        .filter(|gate| gate.would_comment.hits > 0)
    {
        one(out, gate);
    }
    out.push_str("</section>\n");
}

fn one(out: &mut String, gate: &GateHistory) {
    put!(
        out,
        "<figure class=\"panel\"><h3>{}</h3><p>{}</p><ul>\n",
        esc(&gate.id),
        esc(&gate.title)
    );
    for line in sentences::details(gate, true) {
        put!(out, "<li>{}</li>\n", esc(&line));
    }
    out.push_str("</ul>\n<div class=\"scroll\"><table><thead><tr><th scope=\"col\">Latest</th><th scope=\"col\">Merged</th><th scope=\"col\">Reason</th></tr></thead><tbody>\n");
    for fired in &gate.latest {
        let more = match fired.reasons {
            0 | 1 => String::new(),
            n => format!(" (and {} more)", n - 1),
        };
        put!(
            out,
            "<tr><th scope=\"row\" class=\"nb\"><code>{}</code></th><td class=\"nb\">{}</td><td>{}{more}</td></tr>\n",
            esc(fired.commit.short()),
            fired.merged.date(),
            esc(&fired.reason)
        );
    }
    out.push_str("</tbody></table></div></figure>\n");
}

fn fates(out: &mut String, report: &Backtest) {
    out.push_str("<section id=\"fates\" aria-labelledby=\"fates-name\"><h2 id=\"fates-name\">What became of them</h2>\n<p class=\"lead\">A change went bad if it was reverted, or if a later fix rewrote a line of it; only changes that were watched long enough count.</p>\n<figure class=\"panel\"><div class=\"scroll\"><table class=\"rates\"><thead><tr><th scope=\"col\">Changes</th><th scope=\"col\" class=\"n\">Number</th><th scope=\"col\">Within</th><th scope=\"col\" class=\"wide-cell\">Went bad, 0 to 100 %</th><th scope=\"col\">95 % interval</th></tr></thead><tbody>\n");
    for origin in &report.origins {
        for bad in &origin.went_bad {
            put!(
                out,
                "<tr><th scope=\"row\">{}</th><td class=\"n\">{}</td><td class=\"nb\">{} days</td><td class=\"wide-cell\">",
                sentences::author(origin.origin),
                words::count(origin.changes),
                bad.within_days
            );
            plot(out, &bad.changes);
            put!(
                out,
                "</td><td class=\"nb\">{}</td></tr>\n",
                esc(&share(&bad.changes))
            );
        }
    }
    out.push_str("</tbody></table></div></figure>\n");
    if let Some(delay) = &report.review_delay {
        put!(
            out,
            "<p>{} waited a median of {} hours for the approval of another person: about what a gate that asks for one costs.</p>\n",
            words::counted(delay.changes, "change"),
            delay.median_hours
        );
    }
    out.push_str("</section>\n");
}

fn zones(out: &mut String, report: &Backtest) {
    out.push_str("<section id=\"zones\" aria-labelledby=\"zones-name\"><h2 id=\"zones-name\">Zones</h2>\n<figure class=\"panel\"><div class=\"scroll\"><table><thead><tr><th scope=\"col\">Zone</th><th scope=\"col\" class=\"n\">Changes</th><th scope=\"col\" class=\"n\">With AI lines</th><th scope=\"col\">Commented on or blocked</th><th scope=\"col\">Went bad within 90 days</th></tr></thead><tbody>\n");
    for zone in &report.zones {
        let bad = zone.went_bad.iter().max_by_key(|one| one.within_days);
        put!(
            out,
            "<tr><th scope=\"row\">{}</th><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"nb\">{}</td><td class=\"nb\">{}</td></tr>\n",
            esc(zone.zone.as_str()),
            words::count(zone.changes),
            words::count(zone.with_ai),
            esc(&share(&zone.answered)),
            esc(&bad.map_or_else(|| "–".to_owned(), |bad| share(&bad.changes)))
        );
    }
    out.push_str("</tbody></table></div></figure></section>\n");
}

fn months(out: &mut String, report: &Backtest) {
    out.push_str("<section id=\"months\" aria-labelledby=\"months-name\"><h2 id=\"months-name\">Month by month</h2>\n<figure class=\"panel\"><div class=\"scroll\"><table><thead><tr><th scope=\"col\">Month</th><th scope=\"col\" class=\"n\">Changes</th><th scope=\"col\" class=\"n\">With AI</th><th scope=\"col\" class=\"n\">Commented</th><th scope=\"col\" class=\"n\">Blocked</th>");
    let speaking: Vec<(usize, &GateHistory)> = report
        .gates
        .iter()
        .enumerate()
        .filter(|(_, gate)| gate.would_comment.hits > 0)
        .collect();
    for (_, gate) in &speaking {
        put!(out, "<th scope=\"col\" class=\"n\">{}</th>", esc(&gate.id));
    }
    out.push_str("</tr></thead><tbody>\n");
    for month in &report.months {
        put!(
            out,
            "<tr><th scope=\"row\" class=\"nb\">{}</th><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td>",
            esc(&month.month),
            words::count(month.changes),
            words::count(month.with_ai),
            words::count(month.outcomes.comment),
            words::count(month.outcomes.block)
        );
        for (at, _) in &speaking {
            let fired = month.fired.get(*at).copied().unwrap_or_default();
            put!(out, "<td class=\"n\">{}</td>", words::count(fired));
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody></table></div></figure></section>\n");
}

fn gaps(out: &mut String, report: &Backtest) {
    out.push_str("<section id=\"gaps\" aria-labelledby=\"gaps-name\"><h2 id=\"gaps-name\">What was not known, and how to read this</h2>\n<ul>\n");
    for missing in &report.not_known {
        put!(
            out,
            "<li><strong>{}</strong>, in {}: {}</li>\n",
            missing.fact.fact,
            words::counted(missing.changes, "change"),
            esc(&missing.fact.why)
        );
    }
    for caveat in &report.caveats {
        put!(out, "<li>{}</li>\n", esc(caveat));
    }
    for diagnostic in &report.diagnostics {
        put!(out, "<li>{}</li>\n", esc(&diagnostic.message));
    }
    out.push_str("</ul></section>\n");
}
