//! `trueline skills`: one's own profile with dots and intervals, and why a skill stands where it does.

use trueline_facts::skill::{
    AbilityReport, Interval, ReasonRow, Reliance, RowState, ShareEntry, SharedSkill, SkillLog,
    SkillReasons, SkillShares, SkillsReport, Standing, Suggestion,
};

use super::layout::{Cell, Ink, Sheet, cell, number, whole};
use crate::{Style, skills, words};

/// Columns of the plot.
const PLOT: usize = 31;
/// The scale above it.
const AXIS: &str = "0             50 %        100 %";

/// Renders one's own profile.
#[must_use]
pub fn skills(report: &SkillsReport, style: &Style) -> String {
    let mut sheet = Sheet::new(style);
    let text = format!("Skills on {}: {}", report.day, skills::evidence(report));
    let text = sheet.ink(Ink::Strong, &text);
    sheet.flow(2, &text);
    sheet.hanging("  ", Ink::Faint, skills::PRIVATE);
    if !report.abilities.is_empty() {
        sheet.hanging("  ", Ink::Faint, skills::SCALE);
    }
    for ability in &report.abilities {
        one(&mut sheet, ability);
    }
    if report.abilities.is_empty() {
        sheet.gap();
        sheet.hanging(
            "  ",
            Ink::Plain,
            "Nothing to show yet. An exercise takes ten minutes: `trueline learn next`.",
        );
    }
    practise(&mut sheet, report);
    if report.certainty.answers > 0 {
        sheet.heading(skills::SURE);
        let mut text = skills::certainty(&report.certainty);
        if !style.unicode {
            text = text.replace('–', "-");
        }
        sheet.hanging("  ", Ink::Plain, &text);
    }
    reliance(&mut sheet, report);
    accepted(&mut sheet, report);
    if !report.evidence.set_aside.is_empty() {
        sheet.heading(skills::ASIDE);
        let rows: Vec<Vec<Cell>> = report
            .evidence
            .set_aside
            .iter()
            .map(|aside| {
                vec![
                    number(words::count(aside.records)).ink(Ink::Faint),
                    cell(aside.reason.clone()).ink(Ink::Faint),
                ]
            })
            .collect();
        sheet.table(2, &rows);
    }
    if let Some(folded) = &report.evidence.folded {
        sheet.gap();
        sheet.hanging("  ", Ink::Faint, &skills::folded(folded));
    }
    for diagnostic in &report.diagnostics {
        sheet.hanging("! ", Ink::Medium, &words::visible(&diagnostic.message));
    }
    if !report.abilities.is_empty() {
        sheet.gap();
        sheet.hanging("  ", Ink::Faint, skills::COMMANDS);
    }
    sheet.finish()
}

fn one(sheet: &mut Sheet<'_>, report: &AbilityReport) {
    sheet.heading(skills::ability(report.ability));
    let unicode = sheet.style.unicode;
    let faint = |text: &str| whole(text).ink(Ink::Faint);
    let mut rows = vec![vec![
        faint(""),
        faint(AXIS),
        faint(skills::LIKELY),
        number(skills::EVIDENCE).ink(Ink::Faint),
        faint(skills::AGAIN),
    ]];
    rows.push(line(
        skills::OVERALL,
        &report.overall,
        [String::new(), String::new()],
        unicode,
    ));
    for one in &report.cells {
        let due = one
            .due
            .as_ref()
            .map_or_else(String::new, |due| due.day.clone());
        let name = format!("{}/{}", one.cell.language, one.cell.class);
        let notes = [words::count(one.rows), due];
        rows.push(line(&name, &one.standing, notes, unicode));
    }
    sheet.table(2, &rows);
}

fn line(name: &str, standing: &Standing, [rows, due]: [String; 2], unicode: bool) -> Vec<Cell> {
    let text = skills::standing(standing, unicode);
    let (plotted, text) = match standing {
        Standing::Estimated(interval) => (whole(plot(interval, unicode)).ink(Ink::Human), text),
        // In place of a line: there is nothing to draw.
        Standing::NotEnoughEvidence { .. } => (whole(text).ink(Ink::Faint), String::new()),
    };
    vec![
        cell(name),
        plotted,
        whole(text),
        number(rows).ink(Ink::Faint),
        whole(due).ink(Ink::Faint),
    ]
}

/// The interval as a line, the mean as a dot on it, even odds as a mark.
fn plot(interval: &Interval, unicode: bool) -> String {
    let (rail, bar, dot, middle) = if unicode {
        ('·', '─', '●', '┊')
    } else {
        ('.', '-', 'o', '|')
    };
    let place = |share: f64| {
        (0..PLOT)
            .rev()
            .find(|column| *column as f64 <= share * (PLOT - 1) as f64 + 0.5)
            .unwrap_or(0)
    };
    let (low, mean, high) = (
        place(interval.chance_low),
        place(interval.chance),
        place(interval.chance_high),
    );
    (0..PLOT)
        .map(|column| {
            if column == mean {
                dot
            } else if (low..=high).contains(&column) {
                bar
            } else if column == PLOT / 2 {
                middle
            } else {
                rail
            }
        })
        .collect()
}

/// Why something should be practised, in words.
#[must_use]
pub fn practise_why(suggestion: &Suggestion) -> String {
    format!("{}: {}", suggestion.cell, skills::reasons(suggestion))
}

fn practise(sheet: &mut Sheet<'_>, report: &SkillsReport) {
    if report.practise.is_empty() {
        return;
    }
    sheet.heading(skills::PRACTISE);
    for (index, suggestion) in report.practise.iter().enumerate() {
        let (why, command) = skills::suggestion(suggestion);
        let text = format!("{}: {why}", suggestion.cell);
        sheet.hanging(&format!("  {}. ", index + 1), Ink::Plain, &text);
        if let Some(command) = command {
            sheet.hanging("     ", Ink::Good, &command);
        }
    }
}

fn reliance(sheet: &mut Sheet<'_>, report: &SkillsReport) {
    let assisted = report
        .reliance
        .iter()
        .any(|one| one.assisted + one.unknown > 0);
    if !assisted {
        return;
    }
    sheet.heading(skills::RELIANCE);
    sheet.hanging("  ", Ink::Faint, skills::RELIANCE_WHAT);
    let [alone, assisted, unknown] = skills::HELP;
    let head = ["", alone, assisted, unknown];
    let mut rows = vec![
        head.iter()
            .map(|text| number(*text).ink(Ink::Faint))
            .collect::<Vec<Cell>>(),
    ];
    let practised = |one: &&Reliance| one.unaided + one.assisted + one.unknown > 0;
    rows.extend(report.reliance.iter().filter(practised).map(|one| {
        vec![
            cell(one.class.as_str()),
            number(words::count(one.unaided)),
            number(words::count(one.assisted)),
            number(words::count(one.unknown)),
        ]
    }));
    sheet.table(2, &rows);
}

/// What of an assistant's lines came in as it was written.
fn accepted(sheet: &mut Sheet<'_>, report: &SkillsReport) {
    let rows: Vec<Vec<Cell>> = report
        .reliance
        .iter()
        .filter_map(|one| {
            Some(vec![
                cell(one.class.as_str()),
                number(skills::accepted(one)?),
            ])
        })
        .collect();
    if rows.is_empty() {
        return;
    }
    sheet.heading(skills::ACCEPTED);
    let mut table = vec![vec![
        number("").ink(Ink::Faint),
        number(skills::AS_WRITTEN).ink(Ink::Faint),
    ]];
    table.extend(rows);
    sheet.table(2, &table);
    sheet.hanging("  ", Ink::Faint, skills::ACCEPTED_WHAT);
}

/// Renders why a skill stands where it does.
#[must_use]
pub fn skill_reasons(reasons: &SkillReasons, style: &Style) -> String {
    let mut sheet = Sheet::new(style);
    let text = format!(
        "{} on {}: {}",
        reasons.cell,
        reasons.day,
        skills::standing(&reasons.standing, style.unicode)
    );
    let text = sheet.ink(Ink::Strong, &text);
    sheet.flow(2, &text);
    if reasons.rows.is_empty() && reasons.folded.is_none() {
        sheet.hanging("  ", Ink::Plain, "No evidence says anything about it.");
    } else {
        let (own, related): (Vec<_>, Vec<_>) = reasons
            .rows
            .iter()
            .partition(|row| row.cell == reasons.cell);
        rows_of_the_cell(&mut sheet, &own);
        through_related(&mut sheet, &related);
    }
    if let Some(folded) = &reasons.folded {
        sheet.hanging("  ", Ink::Faint, &skills::folded(folded));
    }
    if reasons.others > 0 {
        sheet.hanging(
            "  ",
            Ink::Faint,
            &format!(
                "and {} about other skills, which moved this one by less than 0.01",
                words::counted(reasons.others, "piece")
            ),
        );
    }
    sheet.gap();
    sheet.hanging(
        "  ",
        Ink::Faint,
        "The numbers are steps of skill, what is known with this piece of evidence minus what is known without it: +1.00 turns 50 % into 73 %, -1.00 into 27 %. `trueline skills dispute ID` takes a piece out at once, `restore ID` puts it back.",
    );
    sheet.finish()
}

fn rows_of_the_cell(sheet: &mut Sheet<'_>, own: &[&ReasonRow]) {
    let (moving, still): (Vec<&ReasonRow>, Vec<&ReasonRow>) =
        own.iter().copied().partition(|row| row.effect.is_some());
    rows(
        sheet,
        "Evidence about it and how far each moves it, the latest first, of a day the strongest",
        &moving,
    );
    rows(
        sheet,
        "Practice, and what is disputed: it moves nothing",
        &still,
    );
}

fn rows(sheet: &mut Sheet<'_>, heading: &str, all: &[&ReasonRow]) {
    if all.is_empty() {
        return;
    }
    sheet.heading(heading);
    for row in all {
        let expected = row.expected.map_or_else(String::new, |p| {
            format!("; {:.0} % likely beforehand", p * 100.0)
        });
        let weight = match row.state {
            RowState::SetAside => "no evidence".to_owned(),
            RowState::Active | RowState::Disputed => skills::weight(row.weight),
        };
        let text = format!(
            "{}  ({weight}{expected}; {})",
            words::visible(&row.what),
            short(&row.id)
        );
        sheet.hanging(
            &format!("  {}  {:>8}  ", row.day, moves(row)),
            Ink::Plain,
            &text,
        );
    }
}

fn moves(row: &ReasonRow) -> String {
    match (row.state, row.effect) {
        (RowState::Disputed, _) => "disputed".to_owned(),
        (RowState::SetAside, _) => "practice".to_owned(),
        (RowState::Active, Some(effect)) => format!("{effect:+.2}"),
        (RowState::Active, None) => "nothing".to_owned(),
    }
}

/// The beginning of an id, which is enough to name it.
fn short(id: &str) -> String {
    words::visible(id).chars().take(8).collect()
}

/// What other skills did to this one, added up: one line each.
fn through_related(sheet: &mut Sheet<'_>, related: &[&ReasonRow]) {
    if related.is_empty() {
        return;
    }
    sheet.heading("Through skills it has something in common with");
    let mut sums: Vec<(trueline_facts::skill::Cell, f64, u64)> = Vec::new();
    for row in related {
        let effect = row.effect.unwrap_or(0.0);
        match sums.iter_mut().find(|(cell, ..)| *cell == row.cell) {
            Some((_, sum, count)) => {
                *sum += effect;
                *count += 1;
            }
            None => sums.push((row.cell, effect, 1)),
        }
    }
    sums.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()).then(a.0.cmp(&b.0)));
    let rows: Vec<Vec<Cell>> = sums
        .into_iter()
        .map(|(name, sum, count)| {
            vec![
                cell(name.to_string()),
                number(format!("{sum:+.2}")),
                cell(words::counted(count, "piece")).ink(Ink::Faint),
            ]
        })
        .collect();
    sheet.table(2, &rows);
}

/// Where a skill stands, in a few words.
#[must_use]
pub fn standing(standing: &Standing, unicode: bool) -> String {
    skills::standing(standing, unicode)
}

/// Renders what a share shows: all that its reader gets to see.
#[must_use]
pub fn shared_skill(shared: &SharedSkill, style: &Style) -> String {
    let mut sheet = Sheet::new(style);
    let text = format!(
        "{}/{}, {}",
        shared.cell.language,
        shared.cell.class,
        skills::ability(shared.cell.ability).to_lowercase()
    );
    let text = sheet.ink(Ink::Strong, &text);
    sheet.flow(2, &text);
    sheet.gap();
    let text = skills::standing(&shared.standing, style.unicode);
    if let Standing::Estimated(interval) = &shared.standing {
        let faint = |text: &str| whole(text).ink(Ink::Faint);
        let drawn = whole(plot(interval, style.unicode)).ink(Ink::Human);
        sheet.table(2, &[vec![faint(AXIS), whole("")], vec![drawn, whole(text)]]);
        sheet.gap();
        sheet.hanging("  ", Ink::Faint, skills::SHARED_SCALE);
    } else {
        sheet.hanging("  ", Ink::Plain, &text);
    }
    let text = format!(
        "As of {}, for {} (share {}, until {}). It shows this one skill, and not what it rests on.",
        shared.day,
        words::visible(&shared.with),
        words::visible(&shared.share),
        shared.until
    );
    sheet.hanging("  ", Ink::Faint, &text);
    sheet.finish()
}

/// Renders what is shared, with whom and until when.
#[must_use]
pub fn skill_shares(shares: &SkillShares, style: &Style) -> String {
    let mut sheet = Sheet::new(style);
    entries(&mut sheet, 0, &shares.shares);
    sheet.finish()
}

/// Renders what was shared, and who saw what.
#[must_use]
pub fn skill_log(log: &SkillLog, style: &Style) -> String {
    let mut sheet = Sheet::new(style);
    sheet.heading("What is shared");
    entries(&mut sheet, 2, &log.shares);
    sheet.heading("Who saw what");
    for read in &log.reads {
        let text = format!(
            "{}: {}",
            words::visible(&read.reader),
            words::visible(&read.read)
        );
        sheet.hanging(&format!("  {}  ", read.day), Ink::Plain, &text);
    }
    if log.reads.is_empty() {
        sheet.hanging("  ", Ink::Plain, "Nobody but you has seen anything.");
    }
    sheet.finish()
}

fn entries(sheet: &mut Sheet<'_>, indent: usize, shares: &[ShareEntry]) {
    let indent = " ".repeat(indent);
    if shares.is_empty() {
        sheet.hanging(&indent, Ink::Plain, "Nothing is shared.");
    }
    let wide = shares
        .iter()
        .map(|share| share.share.len())
        .max()
        .unwrap_or(0);
    for share in shares {
        let text = format!(
            "{} may see {}, given on {}, until {}: {}",
            words::visible(&share.with),
            share.cell,
            share.given,
            share.until,
            words::visible(&share.state)
        );
        let name = format!("{indent}{:<wide$}  ", words::visible(&share.share));
        sheet.hanging(&name, Ink::Plain, &text);
    }
}
