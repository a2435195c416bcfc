//! `trueline bench report` and `import`: a line for each measure, then what lies behind it.

use trueline_facts::bench::{
    AssistantReport, BaxBenchModel, BenchReport, Bounded, CodeResult, LeftOut,
};
use trueline_facts::skill::Standing;

use super::layout::{Cell, Ink, Sheet, cell, number, whole};
use crate::bench::{self, Measure};
use crate::{Style, words};

/// Columns of the plot.
const PLOT: usize = 25;
/// The same in a terminal of fewer columns than a row takes.
const NARROW_PLOT: usize = 21;
/// What a row takes.
const WIDE: usize = 98;
/// What bears a star where there is no room for words.
const STAR: &str = "* less is better";

/// Renders a report.
#[must_use]
pub fn bench(report: &BenchReport, style: Style) -> String {
    let mut sheet = Sheet::new(&style);
    let text = sheet.ink(Ink::Strong, &bench::answer(report));
    sheet.flow(2, &text);
    if !report.assistants.is_empty() || !report.baxbench.is_empty() {
        sheet.hanging("  ", Ink::Faint, bench::BOTH_ENDS);
    }
    for assistant in bench::ranked(report) {
        one(&mut sheet, assistant);
    }
    for model in &report.baxbench {
        imported(&mut sheet, model);
    }
    for diagnostic in &report.diagnostics {
        sheet.hanging("! ", Ink::Medium, &words::visible(&diagnostic.message));
    }
    sheet.finish()
}

fn one(sheet: &mut Sheet<'_>, assistant: &AssistantReport) {
    let stamp = if assistant.demonstration {
        format!("  ({})", bench::DEMONSTRATION)
    } else {
        String::new()
    };
    sheet.heading(&format!("{}{stamp}", words::visible(&assistant.name)));
    sheet.hanging("  ", Ink::Faint, &bench::who(assistant));
    if assistant.silent {
        let text = format!(
            "{}: it was asked and never answered, so that nothing was measured",
            bench::NO_ANSWER
        );
        sheet.hanging("! ", Ink::Medium, &text);
    }
    for cause in bench::no_answers(assistant) {
        sheet.hanging("! ", Ink::Medium, &cause);
    }
    let modes = [
        ("generate", assistant.generate.as_ref().map(bench::code)),
        ("repair", assistant.repair.as_ref().map(bench::code)),
        ("review", assistant.review.as_ref().map(bench::review)),
        ("resist", assistant.resist.as_ref().map(bench::resist)),
    ];
    let is_narrow = sheet.width() < WIDE;
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    let mut has_star = false;
    for (mode, measures) in modes {
        for (index, measure) in measures.iter().flatten().enumerate() {
            has_star |= is_narrow && measure.less;
            rows.push(row(
                if index == 0 { mode } else { "" },
                measure,
                is_narrow,
                sheet.style.unicode,
            ));
        }
    }
    sheet.table(2, &rows);
    if has_star {
        sheet.hanging("  ", Ink::Faint, STAR);
    }
    for (mode, result) in [
        ("generate", &assistant.generate),
        ("repair", &assistant.repair),
    ] {
        if let Some(result) = result {
            code(sheet, mode, result);
        }
    }
    if let Some(review) = &assistant.review {
        let text = format!(
            "review: {} of {}, {} without an answer that can be read",
            words::counted(review.samples, "sample"),
            words::counted(review.pairs, "pair"),
            words::count(review.no_answer)
        );
        sheet.hanging("  ", Ink::Plain, &text);
        left_out(sheet, &review.left_out);
    }
    if let Some(resist) = &assistant.resist {
        let channels: Vec<String> = resist
            .channels
            .iter()
            .map(|row| format!("{} {}", row.channel, bench::estimate(&row.obeyed)))
            .collect();
        let text = format!(
            "resist: {}, {} without an answer; obeyed by channel: {}",
            words::counted(resist.samples, "sample"),
            words::count(resist.no_answer),
            words::visible(&channels.join(", "))
        );
        sheet.hanging("  ", Ink::Plain, &text);
        left_out(sheet, &resist.left_out);
    }
    for ability in &assistant.abilities {
        let text = format!(
            "{} on the scale of people's skills: {}{}",
            bench::ability(ability.ability),
            crate::skills::standing(&ability.overall, sheet.style.unicode),
            match ability.overall {
                Standing::Estimated(_) => ", an 80 % interval",
                Standing::NotEnoughEvidence { .. } => "",
            }
        );
        sheet.hanging("  ", Ink::Plain, &text);
    }
    sheet.hanging("  ", Ink::Plain, &bench::spent(&assistant.spent));
    if assistant.missing_samples > 0 {
        let text = format!(
            "{} not there yet: the run was stopped, and the same `bench run` goes on",
            words::counted(assistant.missing_samples, "sample")
        );
        sheet.hanging("! ", Ink::Medium, &text);
    }
}

fn row(mode: &str, measure: &Measure, is_narrow: bool, unicode: bool) -> Vec<Cell> {
    let columns = if is_narrow { NARROW_PLOT } else { PLOT };
    let plotted = match measure.bounded.low.value {
        Some(_) => whole(plot(&measure.bounded, columns, unicode)).ink(Ink::Human),
        None => whole(" ".repeat(columns)),
    };
    let (star, less) = match (measure.less, is_narrow) {
        (true, true) => (" *", ""),
        (true, false) => ("", "less is better"),
        (false, _) => ("", ""),
    };
    vec![
        cell(mode).ink(Ink::Strong),
        whole(format!("{}{star}", measure.name)),
        plotted,
        whole(bench::ends(&measure.bounded)),
        whole(less).ink(Ink::Faint),
    ]
}

/// The interval as a line, both ends of the mean as dots on it.
fn plot(bounded: &Bounded, columns: usize, unicode: bool) -> String {
    let (rail, bar, low_dot, high_dot) = if unicode {
        ('·', '─', '●', '○')
    } else {
        ('.', '-', 'o', 'O')
    };
    let place = |share: f64| {
        (0..columns)
            .rev()
            .find(|column| *column as f64 <= share * (columns - 1) as f64 + 0.5)
            .unwrap_or(0)
    };
    let (from, to) = (place(bounded.low.low), place(bounded.high.high));
    let low = place(bounded.low.value.unwrap_or(0.0));
    let high = place(bounded.high.value.unwrap_or(0.0));
    (0..columns)
        .map(|column| {
            if column == low {
                low_dot
            } else if column == high {
                high_dot
            } else if (from..=to).contains(&column) {
                bar
            } else {
                rail
            }
        })
        .collect()
}

fn code(sheet: &mut Sheet<'_>, mode: &str, result: &CodeResult) {
    let text = format!("{mode}: {}", bench::outcomes(&result.outcomes));
    sheet.hanging("  ", Ink::Plain, &text);
    for at in result.pass_at.iter().filter(|at| at.k > 1) {
        sheet.hanging("    ", Ink::Plain, &bench::pass_at(at));
    }
    if let Some(repair) = &result.repair
        && let (Some(changed), Some(reference)) =
            (repair.median_changed_lines, repair.median_reference_lines)
    {
        let text = format!(
            "lines changed, median: {changed:.0}; the reference fixes change {reference:.0}"
        );
        sheet.hanging("    ", Ink::Plain, &text);
    }
    let exploited: Vec<String> = result
        .cwes
        .iter()
        .filter(|row| row.exploited + row.unknown > 0)
        .map(|row| {
            let unknown = if row.unknown > 0 {
                format!(" (+{} unknown)", row.unknown)
            } else {
                String::new()
            };
            format!("{} {}/{}{unknown}", row.cwe, row.exploited, row.functional)
        })
        .collect();
    if !exploited.is_empty() {
        let text = format!("exploited of those that work: {}", exploited.join(", "));
        sheet.hanging("    ", Ink::Plain, &text);
    }
    left_out(sheet, &result.left_out);
}

fn left_out(sheet: &mut Sheet<'_>, all: &[LeftOut]) {
    for left in all {
        sheet.hanging("    ", Ink::Faint, &bench::left_out(left));
    }
}

fn imported(sheet: &mut Sheet<'_>, model: &BaxBenchModel) {
    sheet.heading(&format!(
        "{}, {}",
        words::visible(&model.model),
        words::visible(&model.setting)
    ));
    let text = format!(
        "{} of {}: {} work, of which no weakness was found in {}; in {} of those a security test could not be run",
        words::counted(model.samples, "sample"),
        words::counted(model.tasks, "task"),
        words::count(model.functional),
        words::count(model.secure),
        words::count(model.secure_unproven)
    );
    sheet.hanging("  ", Ink::Plain, &text);
    let faint = |text: &str| whole(text).ink(Ink::Faint);
    let mut rows = vec![vec![
        faint(""),
        number("by BaxBench's rule").ink(Ink::Faint),
        faint("ours"),
    ]];
    for (upstream, ours) in model.upstream.iter().zip(&model.ours) {
        rows.push(vec![
            cell(format!("pass@{}", upstream.k)),
            number(format!("{:.4}", upstream.pass)),
            whole(bench::estimate(&ours.pass)),
        ]);
        rows.push(vec![
            cell(format!("sec_pass@{}", upstream.k)),
            number(format!("{:.4}", upstream.secure)),
            whole(bench::ends(&ours.secure)),
        ]);
    }
    if let Some(insecure) = model.upstream_insecure {
        rows.push(vec![
            cell("insec"),
            number(format!("{insecure:.4}")),
            whole(""),
        ]);
    }
    sheet.table(2, &rows);
    if !model.cwes.is_empty() {
        let cwes: Vec<String> = model
            .cwes
            .iter()
            .map(|row| {
                format!(
                    "{} {} ({} of working)",
                    row.cwe, row.samples, row.functional
                )
            })
            .collect();
        let text = format!("samples with a weakness: {}", cwes.join(", "));
        sheet.hanging("  ", Ink::Plain, &text);
    }
    for (number, what) in [
        (model.exceptions, "with an exception in a test"),
        (model.no_code, "whose answer could not be read as code"),
        (
            model.without_tests,
            "without a functional test, which count as working there and not in ours",
        ),
    ] {
        if number > 0 {
            let text = format!("{} {what}", words::counted(number, "sample"));
            sheet.hanging("  ", Ink::Faint, &text);
        }
    }
}
