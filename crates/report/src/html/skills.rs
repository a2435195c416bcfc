//! The page of one's own skills: dots with intervals, what to practise, how certainty holds. It holds no
//! data element: what the page shows is what it knows.

use trueline_facts::Proportion;
use trueline_facts::skill::{AbilityReport, Interval, SkillsReport, Standing};

use super::charts::Percent;
use super::escape::{esc, prose};
use super::{page, put};
use crate::answer::capital;
use crate::{skills, words};

/// Renders one's own profile.
#[must_use]
pub fn skills(report: &SkillsReport) -> String {
    let mut page = page::Page::new("Your skills", "Skills", &report.trueline_version);
    page.footer("No request leaves this page. It was made on your machine from your own records, for you alone.");
    let mut body = String::new();
    page.section("overview", "Overview");
    put!(
        body,
        "<section id=\"overview\" class=\"hero\" aria-labelledby=\"title\">\n<p class=\"kicker\"><time datetime=\"{0}\">{0}</time> · {1}</p>\n<h1 id=\"title\">Your skills rest on {2}.</h1>\n<p class=\"lead\">{3}</p>\n</section>\n",
        esc(&report.day),
        skills::PRIVATE,
        esc(&skills::evidence(report)),
        skills::SCALE
    );
    if report.abilities.is_empty() {
        body.push_str("<section class=\"panel\"><p>Nothing to show yet. An exercise takes ten minutes: <code>trueline learn next</code>.</p></section>\n");
    } else {
        page.section("skills", "Skills");
        body.push_str("<section id=\"skills\" aria-labelledby=\"skills-name\"><h2 id=\"skills-name\">Skills</h2>\n");
        for ability in &report.abilities {
            one(&mut body, ability);
        }
        put!(
            body,
            "<p class=\"note\">{}</p>\n</section>\n",
            prose(skills::COMMANDS)
        );
    }
    if !report.practise.is_empty() {
        page.section("practise", "Practise next");
        practise(&mut body, report);
    }
    if report.certainty.answers > 0 {
        page.section("certainty", "Certainty");
        certainty(&mut body, report);
    }
    if !report.reliance.is_empty() {
        page.section("reliance", "With and without AI");
        reliance(&mut body, report);
    }
    let evidence = &report.evidence;
    if !evidence.set_aside.is_empty() || evidence.folded.is_some() || !report.diagnostics.is_empty()
    {
        page.section("aside", "Tries that do not count");
        aside(&mut body, report);
    }
    page.finish(&body, "")
}

fn one(out: &mut String, report: &AbilityReport) {
    put!(
        out,
        "<figure class=\"panel\"><h3>{}</h3><div class=\"scroll\"><table class=\"rates slim\"><thead><tr><th scope=\"col\">Skill</th><th scope=\"col\" class=\"wide-cell\">",
        skills::ability(report.ability)
    );
    axis(out);
    put!(
        out,
        "</th><th scope=\"col\">{}</th><th scope=\"col\" class=\"n\">{}</th><th scope=\"col\">{}</th><th scope=\"col\">{}</th></tr></thead><tbody>\n",
        capital(skills::LIKELY),
        capital(skills::EVIDENCE),
        capital(skills::LATEST),
        capital(skills::AGAIN)
    );
    row(out, skills::OVERALL, &report.overall, ["", "", ""]);
    for one in &report.cells {
        let due = one.due.as_ref().map_or("", |due| due.day.as_str());
        let name = format!("{}/{}", one.cell.language, one.cell.class);
        row(
            out,
            &name,
            &one.standing,
            [&words::count(one.rows), &one.last, due],
        );
    }
    out.push_str("</tbody></table></div></figure>\n");
}

fn row(out: &mut String, name: &str, standing: &Standing, [rows, last, due]: [&str; 3]) {
    put!(out, "<tr><th scope=\"row\">{}</th>", esc(name));
    let text = skills::standing(standing, true);
    match standing {
        Standing::Estimated(interval) => {
            out.push_str("<td class=\"wide-cell\">");
            dot(out, interval);
            put!(out, "</td><td class=\"nb\">{}</td>", esc(&text));
        }
        // In place of a line, so that a narrow screen shows it too.
        Standing::NotEnoughEvidence { .. } => {
            put!(out, "<td colspan=\"2\" class=\"faint\">{}</td>", esc(&text));
        }
    }
    put!(
        out,
        "{}{}{}</tr>\n",
        labelled("n", skills::EVIDENCE, rows),
        labelled("nb", skills::LATEST, last),
        labelled("nb", skills::AGAIN, due)
    );
}

/// A cell that says what it is where the heads of columns have no room.
fn labelled(class: &str, label: &str, text: &str) -> String {
    if text.is_empty() {
        return format!("<td class=\"{class}\"></td>");
    }
    format!(
        "<td class=\"{class}\" data-label=\"{label}\">{}</td>",
        esc(text)
    )
}

/// The scale above the dots.
fn axis(out: &mut String) {
    out.push_str("<svg class=\"axis-x\" width=\"100%\" height=\"16\" role=\"img\" aria-label=\"Chance from 0 to 100 percent\">");
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

fn frame(out: &mut String) {
    out.push_str("<svg class=\"pair\" width=\"100%\" height=\"22\" aria-hidden=\"true\">");
    for x in [0.0, 25.0, 50.0, 75.0, 100.0] {
        put!(
            out,
            "<line class=\"grid\" x1=\"{0}\" x2=\"{0}\" y1=\"0\" y2=\"22\"></line>",
            Percent(x)
        );
    }
}

fn whisker(out: &mut String, low: f64, high: f64) {
    put!(
        out,
        "<line class=\"w-skill\" x1=\"{}\" x2=\"{}\" y1=\"11\" y2=\"11\"></line>",
        Percent(low * 100.0),
        Percent(high * 100.0)
    );
}

/// A dot on its interval.
fn dot(out: &mut String, interval: &Interval) {
    frame(out);
    whisker(out, interval.chance_low, interval.chance_high);
    put!(
        out,
        "<svg x=\"{}\" y=\"11\" class=\"dot\"><circle class=\"d-skill\" r=\"5\"></circle></svg></svg>",
        Percent(interval.chance * 100.0)
    );
}

fn practise(out: &mut String, report: &SkillsReport) {
    put!(
        out,
        "<section id=\"practise\" class=\"advice\" aria-labelledby=\"practise-name\"><h2 id=\"practise-name\">{}</h2><ol>\n",
        skills::PRACTISE
    );
    for suggestion in &report.practise {
        let (why, command) = skills::suggestion(suggestion);
        put!(
            out,
            "<li><strong>{}</strong>: {}",
            esc(&suggestion.cell.to_string()),
            esc(&why)
        );
        if let Some(command) = command {
            put!(out, "<br><code>{}</code>", esc(&command));
        }
        out.push_str("</li>\n");
    }
    out.push_str("</ol></section>\n");
}

fn certainty(out: &mut String, report: &SkillsReport) {
    let certainty = &report.certainty;
    put!(
        out,
        "<section id=\"certainty\" aria-labelledby=\"certainty-name\"><h2 id=\"certainty-name\">{}</h2>\n<p class=\"lead\">{}.</p>\n<figure class=\"panel\"><div class=\"scroll\"><table class=\"rates slim\"><thead><tr><th scope=\"col\">You said</th><th scope=\"col\" class=\"wide-cell\">",
        skills::SURE,
        esc(&skills::certainty(certainty))
    );
    axis(out);
    out.push_str("</th><th scope=\"col\">You were right</th><th scope=\"col\">95 % interval</th></tr></thead><tbody>\n");
    for bucket in &certainty.buckets {
        put!(
            out,
            "<tr><th scope=\"row\">{}–{} % sure</th><td class=\"wide-cell\">",
            bucket.from,
            bucket.to
        );
        said(out, bucket.sure, &bucket.right);
        put!(
            out,
            "</td><td>{}</td><td>{}</td></tr>\n",
            esc(&words::of(&bucket.right)),
            esc(&words::interval(&bucket.right, true))
        );
    }
    out.push_str("</tbody></table></div><ul class=\"legend\"><li><span class=\"key k-skill\"></span> how often you were right, with its interval</li><li><span class=\"key k-diamond\"></span> how sure you said to be</li></ul></figure></section>\n");
}

/// What came as a dot on its interval, what was said as a diamond.
fn said(out: &mut String, sure: f64, right: &Proportion) {
    frame(out);
    whisker(out, right.low, right.high);
    if let Some(share) = right.share {
        put!(
            out,
            "<svg x=\"{}\" y=\"11\" class=\"dot\"><circle class=\"d-skill\" r=\"5\"></circle></svg>",
            Percent(share * 100.0)
        );
    }
    put!(
        out,
        "<svg x=\"{}\" y=\"11\" class=\"dot\"><path class=\"d-other\" d=\"M0-5.5L5.5 0 0 5.5-5.5 0Z\"></path></svg></svg>",
        Percent(sure * 100.0)
    );
}

fn reliance(out: &mut String, report: &SkillsReport) {
    let [alone, assisted, unknown] = skills::HELP.map(capital);
    put!(
        out,
        "<section id=\"reliance\" aria-labelledby=\"reliance-name\"><h2 id=\"reliance-name\">{}</h2>\n<p class=\"lead\">{}</p>\n<figure class=\"panel\"><div class=\"scroll\"><table><thead><tr><th scope=\"col\">Class</th><th scope=\"col\" class=\"n\">{alone}</th><th scope=\"col\" class=\"n\">{assisted}</th><th scope=\"col\" class=\"n\">{unknown}</th><th scope=\"col\" class=\"n\">{}</th></tr></thead><tbody>\n",
        skills::RELIANCE,
        skills::RELIANCE_WHAT,
        capital(skills::AS_WRITTEN)
    );
    for one in &report.reliance {
        put!(
            out,
            "<tr><th scope=\"row\">{}</th><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td></tr>\n",
            one.class,
            words::count(one.unaided),
            words::count(one.assisted),
            words::count(one.unknown),
            skills::accepted(one).unwrap_or_else(|| "–".to_owned())
        );
    }
    out.push_str("</tbody></table></div></figure>\n");
    if report.reliance.iter().any(|one| one.ai_lines > 0) {
        put!(
            out,
            "<p class=\"note\"><strong>{}:</strong> {}, by class. {}</p>\n",
            capital(skills::AS_WRITTEN),
            skills::ACCEPTED.to_lowercase(),
            prose(skills::ACCEPTED_WHAT)
        );
    }
    out.push_str("</section>\n");
}

fn aside(out: &mut String, report: &SkillsReport) {
    put!(
        out,
        "<section id=\"aside\" aria-labelledby=\"aside-name\"><h2 id=\"aside-name\">{}</h2>\n<ul>\n",
        skills::ASIDE
    );
    for one in &report.evidence.set_aside {
        put!(
            out,
            "<li>{}: {}</li>\n",
            words::counted(one.records, "record"),
            esc(&one.reason)
        );
    }
    if let Some(folded) = &report.evidence.folded {
        put!(out, "<li>{}</li>\n", esc(&skills::folded(folded)));
    }
    for diagnostic in &report.diagnostics {
        put!(out, "<li>{}</li>\n", esc(&diagnostic.message));
    }
    out.push_str("</ul></section>\n");
}
