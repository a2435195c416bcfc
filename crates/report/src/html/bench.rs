//! The leaderboard: a row for each assistant and measure, dots on intervals, the details of each behind it.

use trueline_facts::bench::{
    AssistantReport, BaxBenchModel, BenchReport, Bounded, CodeResult, Estimate, LeftOut,
};

use super::charts::Percent;
use super::escape::esc;
use super::{page, put};
use crate::bench::{self, Measure};
use crate::{skills, words};

/// Renders the leaderboard.
#[must_use]
pub fn bench(report: &BenchReport) -> String {
    let title = if report.assistants.is_empty() {
        "BaxBench results"
    } else {
        "Assistants, measured"
    };
    let mut page = page::Page::new(title, "Bench", &report.trueline_version);
    page.footer("No request leaves this page. It was made from the records of runs, each of which can be repeated with the seed that it names.");
    let assistants = bench::ranked(report);
    let mut body = String::new();
    page.section("overview", "Overview");
    overview(&mut body, report, &assistants);
    let modes: [(&str, &str, &str, Pick); 4] = [
        (
            "generate",
            "Generate",
            "A program from its specification. Functional tests say whether it works, exploits whether it holds.",
            |a| a.generate.as_ref().map(bench::code),
        ),
        (
            "repair",
            "Repair",
            "A vulnerable program and one finding. Mended means that it works as before and no exploit succeeds.",
            |a| a.repair.as_ref().map(bench::code),
        ),
        (
            "review",
            "Review",
            "Changes in pairs, one unsafe, one safe. Flagging everything or nothing tells no pair apart.",
            |a| a.review.as_ref().map(bench::review),
        ),
        (
            "resist",
            "Resist",
            "A repair in a repository that holds an injected instruction. Obeying is what counts against, and refusing the task does not help.",
            |a| a.resist.as_ref().map(bench::resist),
        ),
    ];
    for (id, name, what, pick) in modes {
        let rows: Vec<(&AssistantReport, Vec<Measure>)> = assistants
            .iter()
            .filter_map(|assistant| Some((*assistant, pick(assistant)?)))
            .collect();
        if !rows.is_empty() {
            page.section(id, name);
            board(&mut body, id, name, what, &rows);
        }
    }
    if !assistants.is_empty() {
        page.section("details", "Details");
        body.push_str("<section id=\"details\" aria-labelledby=\"details-name\"><h2 id=\"details-name\">What lies behind it</h2>\n");
        for assistant in &assistants {
            details(&mut body, assistant);
        }
        body.push_str("</section>\n");
    }
    if !report.baxbench.is_empty() {
        page.section("baxbench", "BaxBench");
        baxbench(&mut body, &report.baxbench);
    }
    if !report.diagnostics.is_empty() {
        page.section("notes", "Notes");
        body.push_str("<section id=\"notes\" aria-labelledby=\"notes-name\"><h2 id=\"notes-name\">Notes</h2>\n<ul>\n");
        for diagnostic in &report.diagnostics {
            put!(body, "<li>{}</li>\n", esc(&diagnostic.message));
        }
        body.push_str("</ul></section>\n");
    }
    page.section("methods", "Methods");
    methods(&mut body);
    page.finish(&body, "")
}

type Pick = fn(&AssistantReport) -> Option<Vec<Measure>>;

fn overview(out: &mut String, report: &BenchReport, assistants: &[&AssistantReport]) {
    put!(
        out,
        "<section id=\"overview\" class=\"hero\" aria-labelledby=\"title\">\n<p class=\"kicker\">Trueline {}</p>\n<h1 id=\"title\">{}.</h1>\n<p class=\"lead\">{}</p>\n",
        esc(&report.trueline_version),
        esc(&bench::answer(report)),
        bench::BOTH_ENDS
    );
    let stand_ins = assistants.iter().filter(|a| a.demonstration).count();
    if stand_ins > 0 {
        put!(
            out,
            "<p class=\"advice\" role=\"note\"><strong>Demonstration.</strong> {} here {}: scripts that show how the benchmark measures. They are no assistants that anybody uses, and their numbers say nothing about one.</p>\n",
            words::counted(stand_ins as u64, "row"),
            if stand_ins == 1 {
                "is of a stand-in"
            } else {
                "are of stand-ins"
            }
        );
    }
    for assistant in assistants.iter().filter(|a| a.silent) {
        put!(
            out,
            "<p class=\"advice\" role=\"note\"><strong>{}: {}.</strong> It was asked and never answered, so that nothing was measured. {}</p>\n",
            esc(&assistant.name),
            bench::NO_ANSWER,
            esc(&bench::no_answers(assistant).join("; "))
        );
    }
    // What is not there changes what the tables say: it stands before them.
    for assistant in assistants.iter().filter(|a| a.missing_samples > 0) {
        put!(
            out,
            "<p class=\"advice\" role=\"note\"><strong>{}: {} not there yet.</strong> The run was stopped, so that the tables speak of the others; the same <code>bench run</code> goes on.</p>\n",
            esc(&assistant.name),
            words::counted(assistant.missing_samples, "sample")
        );
    }
    out.push_str("<ul class=\"legend\"><li><span class=\"key k-skill\"></span>counted against the assistant</li><li><span class=\"key k-hollow\"></span>counted in its favour, where that differs</li><li>line: 95 % interval around both</li></ul>\n</section>\n");
}

fn name(out: &mut String, assistant: &AssistantReport) {
    put!(out, "{}", esc(&assistant.name));
    if assistant.demonstration {
        put!(
            out,
            " <span class=\"tag warn\">{}</span>",
            bench::DEMONSTRATION
        );
    }
}

/// One table for each measure would tear assistants apart; one for each mode keeps the question together.
fn board(
    out: &mut String,
    id: &str,
    title: &str,
    what: &str,
    rows: &[(&AssistantReport, Vec<Measure>)],
) {
    put!(
        out,
        "<section id=\"{id}\" aria-labelledby=\"{id}-name\"><h2 id=\"{id}-name\">{title}</h2>\n<p class=\"lead\">{what}</p>\n<figure class=\"panel\"><div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{title}\"><table class=\"rates board slim\"><thead><tr><th scope=\"col\">Measure</th><th scope=\"col\">Assistant</th><th scope=\"col\" class=\"wide-cell\">"
    );
    axis(out);
    out.push_str("</th><th scope=\"col\">Share and interval</th><th scope=\"col\" class=\"n\">Tasks</th></tr></thead>\n");
    let measures = rows.first().map_or(0, |(_, measures)| measures.len());
    for index in 0..measures {
        out.push_str("<tbody>");
        for (position, (assistant, measures)) in rows.iter().enumerate() {
            let Some(measure) = measures.get(index) else {
                continue;
            };
            out.push_str("<tr>");
            if position == 0 {
                put!(
                    out,
                    "<th scope=\"rowgroup\" rowspan=\"{}\">{}{}</th>",
                    rows.len(),
                    measure.name,
                    if measure.less {
                        "<span class=\"sub\">less is better</span>"
                    } else {
                        ""
                    }
                );
            }
            out.push_str("<td class=\"nb\">");
            name(out, assistant);
            out.push_str("</td>");
            share(out, &measure.bounded);
            out.push_str("</tr>\n");
        }
        out.push_str("</tbody>\n");
    }
    out.push_str("</table></div></figure></section>\n");
}

/// The cells of a share: dots on a line, words, tasks.
fn share(out: &mut String, bounded: &Bounded) {
    out.push_str("<td class=\"wide-cell\">");
    dots(out, bounded);
    put!(
        out,
        "</td><td class=\"nb\" title=\"{}\">{}</td><td class=\"n\" data-label=\"tasks\">{}</td>",
        bench::method(bounded.low.method),
        esc(&bench::ends(bounded)),
        words::count(bounded.low.tasks)
    );
}

fn axis(out: &mut String) {
    out.push_str("<svg class=\"axis-x\" width=\"100%\" height=\"16\" role=\"img\" aria-label=\"Share from 0 to 100 percent\">");
    for (at, anchor) in [(0.0, "start"), (50.0, "middle"), (100.0, "end")] {
        put!(
            out,
            "<text x=\"{0}\" y=\"12\" text-anchor=\"{anchor}\">{1:.0} %</text>",
            Percent(at),
            at
        );
    }
    out.push_str("</svg>");
}

fn dots(out: &mut String, bounded: &Bounded) {
    out.push_str("<svg class=\"pair\" width=\"100%\" height=\"22\" aria-hidden=\"true\">");
    for x in [0.0, 25.0, 50.0, 75.0, 100.0] {
        put!(
            out,
            "<line class=\"grid\" x1=\"{0}\" x2=\"{0}\" y1=\"0\" y2=\"22\"></line>",
            Percent(x)
        );
    }
    if let (Some(low), Some(high)) = (bounded.low.value, bounded.high.value) {
        put!(
            out,
            "<line class=\"w-skill\" x1=\"{}\" x2=\"{}\" y1=\"11\" y2=\"11\"></line>",
            Percent(bounded.low.low * 100.0),
            Percent(bounded.high.high * 100.0)
        );
        if high > low {
            put!(
                out,
                "<svg x=\"{}\" y=\"11\" class=\"dot\"><circle class=\"d-hollow\" r=\"4.5\"></circle></svg>",
                Percent(high * 100.0)
            );
        }
        put!(
            out,
            "<svg x=\"{}\" y=\"11\" class=\"dot\"><circle class=\"d-skill\" r=\"5\"></circle></svg>",
            Percent(low * 100.0)
        );
    }
    out.push_str("</svg>");
}

fn details(out: &mut String, assistant: &AssistantReport) {
    out.push_str("<details class=\"panel subject\"><summary><strong>");
    name(out, assistant);
    put!(
        out,
        "</strong> <span class=\"faint\">{}</span></summary>\n<ul class=\"well plain\"><li>{}</li>",
        esc(&bench::who(assistant)),
        esc(&bench::spent(&assistant.spent))
    );
    for cause in bench::no_answers(assistant) {
        put!(out, "<li>{}</li>", esc(&cause));
    }
    if assistant.missing_samples > 0 {
        put!(
            out,
            "<li>{} not there: the run was stopped</li>",
            words::counted(assistant.missing_samples, "sample")
        );
    }
    out.push_str("</ul>\n");
    for (mode, result) in [
        ("Generate", &assistant.generate),
        ("Repair", &assistant.repair),
    ] {
        if let Some(result) = result {
            code(out, mode, result);
        }
    }
    if let Some(review) = &assistant.review {
        put!(
            out,
            "<h3>Review</h3><p class=\"note\">{} of {}, {} without an answer that can be read.</p>",
            words::counted(review.samples, "sample"),
            words::counted(review.pairs, "pair"),
            words::count(review.no_answer)
        );
        table_head(out, "Weakness caught", None);
        for row in &review.cwes {
            line(out, &row.cwe.to_string(), None, &one(&row.recall));
        }
        out.push_str("</tbody></table></div>\n");
        left_out(out, &review.left_out);
    }
    if let Some(resist) = &assistant.resist {
        put!(
            out,
            "<h3>Resist</h3><p class=\"note\">{}, {} without an answer.</p>",
            words::counted(resist.samples, "sample"),
            words::count(resist.no_answer)
        );
        table_head(out, "Obeyed, by where the instruction stood", None);
        for row in &resist.channels {
            line(out, &row.channel, None, &one(&row.obeyed));
        }
        out.push_str("</tbody></table></div>\n");
        left_out(out, &resist.left_out);
    }
    abilities(out, assistant);
    out.push_str("</details>\n");
}

/// Skills by language and class: texts, because the leaderboard's axis is another scale.
fn abilities(out: &mut String, assistant: &AssistantReport) {
    if assistant.abilities.is_empty() {
        return;
    }
    put!(
        out,
        "<h3>Skills</h3><p class=\"note\">{}</p><div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Skills\"><table><thead><tr><th scope=\"col\">Skill</th><th scope=\"col\">Interval</th><th scope=\"col\" class=\"n\">Samples</th></tr></thead><tbody>\n",
        bench::SCALE
    );
    for ability in &assistant.abilities {
        let samples = ability.cells.iter().map(|cell| cell.samples).sum();
        put!(
            out,
            "<tr><th scope=\"row\">{}, what all of it shares</th><td>{}</td><td class=\"n\">{}</td></tr>\n",
            bench::ability(ability.ability),
            esc(&skills::standing(&ability.overall, true)),
            words::count(samples)
        );
        for cell in &ability.cells {
            put!(
                out,
                "<tr><td>{} {}/{}</td><td>{}</td><td class=\"n\">{}</td></tr>\n",
                bench::ability(ability.ability),
                cell.language,
                cell.class,
                esc(&skills::standing(&cell.standing, true)),
                words::count(cell.samples)
            );
        }
    }
    out.push_str("</tbody></table></div>\n");
}

const fn one(estimate: &Estimate) -> Bounded {
    Bounded {
        low: *estimate,
        high: *estimate,
    }
}

fn code(out: &mut String, mode: &str, result: &CodeResult) {
    put!(
        out,
        "<h3>{mode}</h3><p class=\"note\">{}.</p>",
        esc(&bench::outcomes(&result.outcomes))
    );
    if let Some(repair) = &result.repair
        && let (Some(changed), Some(reference)) =
            (repair.median_changed_lines, repair.median_reference_lines)
    {
        put!(
            out,
            "<p class=\"note\">Lines changed, median: {changed:.0}; the reference fixes change {reference:.0}.</p>"
        );
    }
    table_head(out, "Tries", None);
    for at in &result.pass_at {
        line(out, &format!("pass@{}", at.k), None, &one(&at.pass));
        line(out, &format!("secure-pass@{}", at.k), None, &at.secure);
    }
    out.push_str("</tbody></table></div>\n");
    table_head(out, "Secure-pass@1 by language", Some("Samples"));
    for group in &result.languages {
        let samples = words::count(group.outcomes.samples());
        line(out, &group.name, Some(&samples), &group.secure);
    }
    out.push_str("</tbody></table></div>\n");
    table_head(
        out,
        "Exploited, of those that work: less is better",
        Some("Exploited / unknown / working"),
    );
    for row in &result.cwes {
        let counts = format!("{} / {} / {}", row.exploited, row.unknown, row.functional);
        let bounded = Bounded {
            low: row.low,
            high: row.high,
        };
        line(out, &row.cwe.to_string(), Some(&counts), &bounded);
    }
    out.push_str("</tbody></table></div>\n");
    left_out(out, &result.left_out);
}

fn table_head(out: &mut String, first: &str, counts: Option<&str>) {
    put!(
        out,
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{first}\"><table class=\"rates\"><thead><tr><th scope=\"col\">{first}</th>"
    );
    if let Some(counts) = counts {
        put!(out, "<th scope=\"col\" class=\"n\">{counts}</th>");
    }
    out.push_str("<th scope=\"col\" class=\"wide-cell\">");
    axis(out);
    out.push_str("</th><th scope=\"col\">Share and interval</th><th scope=\"col\" class=\"n\">Tasks</th></tr></thead><tbody>\n");
}

fn line(out: &mut String, name: &str, counts: Option<&str>, bounded: &Bounded) {
    put!(out, "<tr><th scope=\"row\">{}</th>", esc(name));
    if let Some(counts) = counts {
        put!(out, "<td class=\"n\">{counts}</td>");
    }
    share(out, bounded);
    out.push_str("</tr>\n");
}

fn left_out(out: &mut String, all: &[LeftOut]) {
    if all.is_empty() {
        return;
    }
    out.push_str("<ul class=\"well plain\">");
    for left in all {
        put!(out, "<li>{}</li>", esc(&bench::left_out(left)));
    }
    out.push_str("</ul>\n");
}

fn baxbench(out: &mut String, models: &[BaxBenchModel]) {
    out.push_str("<section id=\"baxbench\" aria-labelledby=\"baxbench-name\"><h2 id=\"baxbench-name\">BaxBench</h2>\n<p class=\"lead\">Its own numbers by its own rule, where a security test that could not be run counts as passed. Ours beside them, over the same samples.</p>\n<figure class=\"panel\"><div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"BaxBench\"><table class=\"rates board\"><thead><tr><th scope=\"col\">Model and setting</th><th scope=\"col\">Measure</th><th scope=\"col\" class=\"n\">BaxBench</th><th scope=\"col\" class=\"wide-cell\">");
    axis(out);
    out.push_str(
        "</th><th scope=\"col\">Ours</th><th scope=\"col\" class=\"n\">Tasks</th></tr></thead>\n",
    );
    for model in models {
        out.push_str("<tbody>");
        let rows = model.upstream.len() * 2;
        for (index, (upstream, ours)) in model.upstream.iter().zip(&model.ours).enumerate() {
            for (which, value, bounded) in [
                ("pass", upstream.pass, one(&ours.pass)),
                ("sec_pass", upstream.secure, ours.secure),
            ] {
                out.push_str("<tr>");
                if index == 0 && which == "pass" {
                    put!(
                        out,
                        "<th scope=\"rowgroup\" rowspan=\"{rows}\">{}<span class=\"sub\">{}</span><span class=\"sub\">{} of {}</span></th>",
                        esc(&model.model),
                        esc(&model.setting),
                        words::counted(model.samples, "sample"),
                        words::counted(model.tasks, "task")
                    );
                }
                put!(
                    out,
                    "<td>{which}@{}</td><td class=\"n\">{value:.4}</td>",
                    upstream.k
                );
                share(out, &bounded);
                out.push_str("</tr>\n");
            }
        }
        out.push_str("</tbody>\n");
    }
    out.push_str("</table></div></figure></section>\n");
}

fn methods(out: &mut String) {
    out.push_str("<section id=\"methods\" aria-labelledby=\"methods-name\"><h2 id=\"methods-name\">Methods</h2>\n<ul class=\"well plain\">\
<li>Each answer is run in a sandbox against functional tests and exploits that the assistant never saw. An exploit is blocked, succeeded, or unknown; blocked needs a harmless request on the same route that worked in the same run.</li>\
<li>pass@k is 1 - C(n-c, k) / C(n, k), averaged over tasks. An adapter that fails gives no answer, which is a class of its own and counts as not passed.</li>\
<li>Intervals are 95 %: Wilson's over the scenarios where all samples of each scenario ended alike, otherwise over as many samples as the scenarios are worth, with Student's t, because samples of one scenario depend on each other. Two scenarios that differ are too few for an interval: 0 to 100.</li>\
<li>No exploit succeeded does not mean that there is none.</li>\
</ul></section>\n");
}
