//! `trueline skills`: one's own profile, its reasons, disputes and shares. Reads and writes the two files
//! of one person's data; nothing leaves the machine.

pub(crate) mod retention;
mod sharing;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use anyhow::Result;
use trueline_facts::scan::ScanReport;
use trueline_facts::skill::{
    Cell, Language, PractiseReason, SKILL_CHANGE_SCHEMA, SKILL_LOG_SCHEMA, SKILL_RETENTION_SCHEMA,
    SKILLS_EXPORT_SCHEMA, SkillChange, SkillLog, SkillRead, SkillRetention, SkillsExport,
    SkillsReport, Standing, Suggestion, WeaknessClass,
};
use trueline_facts::{Diagnostic, Level, Tier};
use trueline_report::{Style, html, json, terminal};
use trueline_scan::config::IndividualSkills;
use trueline_scenarios::{Catalogue, ask_for_runtimes, missing_runtime};
use trueline_skills::attempts::{Named, Reading};
use trueline_skills::day::Day;
use trueline_skills::decisions::{Decisions, Event, What};
use trueline_skills::disclose::{Own, own, reasons};
use trueline_skills::evidence::RowId;
use trueline_skills::practise::{Exercise, Wanted};
use trueline_skills::store::{Folding, Store};
use trueline_skills::subject::Principal;
use trueline_skills::weakness::{class_of, language_of};

use crate::Ended;
use crate::arguments::{KeptFor, Skills, SkillsAction, SkillsFormat};
use crate::commands::{Misused, learn};
use crate::output;

fn misused<T>(text: impl Into<String>) -> Result<T> {
    Err(Misused(text.into()).into())
}

/// What one call works with.
struct Session<'a> {
    arguments: &'a Skills,
    store: Store,
    reading: Reading,
    decisions: Decisions,
    day: Day,
    individual: IndividualSkills,
}

pub(crate) fn run(arguments: &Skills) -> Result<Ended> {
    output::check(arguments.output.as_deref())?;
    if arguments.format == SkillsFormat::Html && arguments.action.is_some() {
        return misused(
            "--format html makes a page of the whole profile: `trueline skills --format html`",
        );
    }
    let store = retention::store()?;
    if let Some(SkillsAction::Delete { yes }) = &arguments.action {
        return delete(&store, *yes, arguments);
    }
    let here = retention::here()?;
    let keeps = matches!(
        arguments.action,
        Some(
            SkillsAction::Shares
                | SkillsAction::Revoke { .. }
                | SkillsAction::Log
                | SkillsAction::Export
                | SkillsAction::Keep { .. }
                | SkillsAction::Forget { .. }
        )
    );
    if here.individual == IndividualSkills::Off && !keeps {
        return misused(format!(
            "individual skills are off here (`[skills] individual = \"off\"` in {}): nothing is computed or shown about one person. What is kept about you: `trueline skills export`, `trueline skills delete --yes`",
            here.source
        ));
    }
    let is_of_today = matches!(
        arguments.action,
        Some(
            SkillsAction::Share { .. } | SkillsAction::Shared { .. } | SkillsAction::Revoke { .. }
        )
    );
    if is_of_today && arguments.now.is_some() {
        return misused(
            "--now is a question about another day: a share is given, opened and taken back on the day that it is",
        );
    }
    // A day that was named is no reason to fold anything.
    let folding = match (&arguments.action, arguments.now) {
        (None, None) => retention::keep(&store)?,
        _ => Folding::Done(0),
    };
    let (reading, decisions) = store.read()?;
    let mut session = Session {
        arguments,
        store,
        reading,
        decisions,
        day: arguments.now.unwrap_or_else(Day::today),
        individual: here.individual,
    };
    // What holds it up the reading tells already.
    if matches!(folding, Folding::Done(_)) {
        session
            .reading
            .diagnostics
            .extend(retention::told(&folding));
    }
    if arguments.action.is_some() {
        session.warn();
    }
    match &arguments.action {
        None => session.profile(),
        Some(SkillsAction::Why { skill }) => session.why(*skill),
        Some(SkillsAction::Dispute { id, reason }) => session.dispute(id, reason.as_deref()),
        Some(SkillsAction::Restore { id }) => session.restore(id),
        Some(SkillsAction::Share { skill, with, until }) => session.share(*skill, with, *until),
        Some(SkillsAction::Shares) => session.shares(),
        Some(SkillsAction::Shared { share }) => session.shared(share),
        Some(SkillsAction::Revoke { share }) => session.revoke(share),
        Some(SkillsAction::Keep { days }) => session.keep(*days),
        Some(SkillsAction::Forget { before, yes }) => session.forget(*before, *yes),
        Some(SkillsAction::Log) => session.log(),
        Some(SkillsAction::Export) => session.export(),
        Some(SkillsAction::Delete { .. }) => Ok(Ended::Pass),
    }
}

impl Session<'_> {
    fn own(&self) -> Own<'_> {
        Own {
            reading: &self.reading,
            decisions: &self.decisions,
            day: self.day,
        }
    }

    /// What could not be read, on standard error: other documents than the profile have no place for it.
    fn warn(&self) {
        for diagnostic in &self.reading.diagnostics {
            output::complain(&diagnostic.message);
        }
    }

    fn write(&self, text: &str) -> Result<Ended> {
        output::write_private(text.as_bytes(), self.arguments.output.as_deref())?;
        Ok(Ended::Pass)
    }

    fn style(&self) -> Style {
        output::style(self.arguments.output.as_deref())
    }

    /// Text in the terminal, or the value as JSON.
    fn show(&self, text: &str, value: &serde_json::Value) -> Result<Ended> {
        match self.arguments.format {
            SkillsFormat::Json => self.write(&json::to_string(value)),
            SkillsFormat::Terminal | SkillsFormat::Html => self.write(text),
        }
    }

    /// The same of sentences, which are wrapped at blanks.
    fn tell(&self, text: &str, value: &serde_json::Value) -> Result<Ended> {
        self.show(&terminal::wrapped(text, self.style().width), value)
    }

    fn report(&mut self) -> Result<SkillsReport> {
        let findings = match &self.arguments.findings {
            Some(file) => Some(findings(file, &mut self.reading.diagnostics)?),
            None => None,
        };
        let mine = self.own();
        let me = Principal::local_owner();
        let profile = mine.profile();
        let exercises = exercises(&self.reading);
        // One recommendation, here and in `learn next`.
        let next = learn::recommended(self.day, self.arguments.findings.as_deref())?;
        let wanted = Wanted {
            findings: findings.as_ref(),
            exercises: &exercises,
            next: next.as_ref(),
        };
        Ok(own(&mine, &profile, &me, &wanted)?)
    }

    fn profile(&mut self) -> Result<Ended> {
        let report = self.report()?;
        let style = self.style();
        let text = match self.arguments.format {
            SkillsFormat::Terminal => terminal::skills(&report, &style),
            SkillsFormat::Json => json::to_string(&report),
            SkillsFormat::Html => html::skills(&report),
        };
        self.write(&text)
    }

    fn why(&self, cell: Cell) -> Result<Ended> {
        let mine = self.own();
        let me = Principal::local_owner();
        let profile = mine.profile();
        let document = reasons(&mine, &profile, &me, cell)?;
        match self.arguments.format {
            SkillsFormat::Json => self.write(&json::to_string(&document)),
            SkillsFormat::Terminal | SkillsFormat::Html => {
                self.write(&terminal::skill_reasons(&document, &self.style()))
            }
        }
    }

    /// The record that an id or the beginning of one names.
    fn record(&self, id: &str) -> Result<(RowId, Cell)> {
        match self.reading.named(id) {
            Named::One(record) => Ok((record.id.clone(), record.cell)),
            Named::Several => misused(format!("`{id}` begins more than one id; write more of it")),
            Named::Nothing if self.reading.folded().is_some() => misused(format!(
                "nothing that is kept has an id that begins with `{id}`; what is folded cannot be disputed any more"
            )),
            Named::Nothing => misused(format!(
                "nothing has an id that begins with `{id}`; `trueline skills why SKILL` lists them"
            )),
        }
    }

    /// Puts a decision on record, of the day that it is, whatever day is asked about.
    fn decide(&mut self, what: What) -> Result<()> {
        self.store.append(&Event::new(Day::today(), what))?;
        (self.reading, self.decisions) = self.store.read()?;
        Ok(())
    }

    /// Where a cell stands, and how far a piece of evidence moves it.
    fn standing(&self, cell: Cell, row: &RowId) -> Result<(Standing, Option<f64>)> {
        let mine = self.own();
        let me = Principal::local_owner();
        let profile = mine.profile();
        let reasons = reasons(&mine, &profile, &me, cell)?;
        let of = reasons.rows.iter().find(|other| other.id == row.as_str());
        Ok((reasons.standing, of.and_then(|row| row.effect)))
    }

    fn dispute(&mut self, id: &str, reason: Option<&str>) -> Result<Ended> {
        let (row, cell) = self.record(id)?;
        if self.decisions.is_disputed(&row) {
            return misused(format!("{} is disputed already", row.as_str()));
        }
        let before = self.standing(cell, &row)?;
        self.decide(What::Dispute {
            row: row.as_str().to_owned(),
            reason: reason.map(str::to_owned),
        })?;
        self.moved(&row, cell, &before, "no longer counts")
    }

    fn restore(&mut self, id: &str) -> Result<Ended> {
        let (row, cell) = self.record(id)?;
        if !self.decisions.is_disputed(&row) {
            return misused(format!("{} is not disputed", row.as_str()));
        }
        let before = self.standing(cell, &row)?;
        self.decide(What::Restore {
            row: row.as_str().to_owned(),
        })?;
        self.moved(&row, cell, &before, "counts again")
    }

    fn moved(
        &self,
        row: &RowId,
        cell: Cell,
        (before, was): &(Standing, Option<f64>),
        what: &str,
    ) -> Result<Ended> {
        let (after, is) = self.standing(cell, row)?;
        let unicode = self.style().unicode;
        let effect = was.or(is);
        let by = effect.map_or_else(String::new, |by| format!(" It moves {cell} by {by:+.2}."));
        let by = if was.is_some() && is.is_none() {
            by.replacen("moves", "had moved", 1)
        } else {
            by
        };
        let text = format!(
            "{} {what}.{by} {cell}: {}, before {}\n",
            row.as_str(),
            terminal::standing(&after, unicode),
            terminal::standing(before, unicode)
        );
        let value = SkillChange {
            schema: SKILL_CHANGE_SCHEMA.to_owned(),
            row: row.as_str().to_owned(),
            cell,
            before: before.clone(),
            after,
            effect,
        };
        self.tell(&text, &serde_json::to_value(value)?)
    }

    fn log(&self) -> Result<Ended> {
        let reads = self.decisions.accesses().iter().map(|access| SkillRead {
            day: access.day.to_string(),
            reader: access.reader.to_string(),
            read: access.read.clone(),
        });
        let reads: Vec<SkillRead> = reads.collect();
        let value = SkillLog {
            schema: SKILL_LOG_SCHEMA.to_owned(),
            shares: self.entries(),
            reads,
        };
        let text = terminal::skill_log(&value, &self.style());
        self.show(&text, &serde_json::to_value(value)?)
    }

    fn export(&mut self) -> Result<Ended> {
        let [attempts, folded, decisions] = self.store.raw()?;
        let lines = |text: &str| -> Vec<String> { text.lines().map(str::to_owned).collect() };
        // Where nothing is estimated about one person nothing is for this either: only what was kept.
        let profile = match self.individual {
            IndividualSkills::Own => Some(self.report()?),
            IndividualSkills::Off => None,
        };
        let document = SkillsExport {
            schema: SKILLS_EXPORT_SCHEMA.to_owned(),
            attempts: lines(&attempts),
            folded: lines(&folded),
            decisions: lines(&decisions),
            profile,
        };
        self.write(&json::to_string(&document))
    }

    fn keep(&mut self, days: Option<KeptFor>) -> Result<Ended> {
        if let Some(days) = days {
            let days = match days {
                KeptFor::Days(days) => Some(days),
                KeptFor::Ever => None,
            };
            self.decide(What::Keep { days })?;
        }
        let days = self.decisions.kept_days();
        let text = match days {
            Some(days) => format!(
                "Evidence is kept one by one for {days} days. What is older is folded into where your skills stand; it can no longer be listed or disputed then.\n"
            ),
            None => "Evidence is kept one by one for ever.\n".to_owned(),
        };
        let value = serde_json::to_value(SkillRetention {
            schema: SKILL_RETENTION_SCHEMA.to_owned(),
            days,
            folded: self.reading.folded(),
        })?;
        self.tell(&text, &value)
    }

    fn forget(&mut self, before: Option<Day>, yes: bool) -> Result<Ended> {
        let last = match (before, self.decisions.kept_days()) {
            (Some(before), _) => before.minus(1),
            (None, Some(days)) => self.day.minus(days),
            (None, None) => {
                return misused(
                    "evidence is kept for ever (`trueline skills keep`); `--before YYYY-MM-DD` folds what was before a day",
                );
            }
        };
        if last >= self.day {
            return misused(format!("--before {} is not past", last.plus(1)));
        }
        if !yes {
            return misused(format!(
                "this folds what is over since {last}: where your skills stand stays, its evidence can no longer be listed or disputed; `--yes` does it, `trueline skills export` keeps a copy"
            ));
        }
        let folded = match self.store.fold(last)? {
            Folding::Done(records) => records,
            Folding::Held(places) => return misused(retention::held(&places)),
        };
        (self.reading, _) = self.store.read()?;
        let text = format!(
            "{} up to {last} folded.\n",
            trueline_report::counted(folded, "record")
        );
        let value = serde_json::to_value(SkillRetention {
            schema: SKILL_RETENTION_SCHEMA.to_owned(),
            days: self.decisions.kept_days(),
            folded: self.reading.folded(),
        })?;
        self.tell(&text, &value)
    }
}

fn delete(store: &Store, yes: bool, arguments: &Skills) -> Result<Ended> {
    if !yes {
        return misused(format!(
            "this deletes {}, {} and {}, and what lies beside them of ours: your progress in exercises, what was damaged; `--yes` does it, `trueline skills export` keeps a copy",
            store.attempts_file().display(),
            store.folded_file().display(),
            store.decisions_file().display()
        ));
    }
    let deleted = store.delete()?;
    let mut text = String::new();
    for file in &deleted {
        writeln!(text, "deleted {}", file.display())?;
    }
    if deleted.is_empty() {
        text.push_str("There was nothing to delete.\n");
    }
    output::write(text.as_bytes(), arguments.output.as_deref())?;
    Ok(Ended::Pass)
}

/// What to practise next, as one's own profile of that day says it.
pub(crate) fn suggestions(day: Day) -> Result<Vec<Suggestion>> {
    let (reading, decisions) = retention::store()?.read()?;
    let mine = Own {
        reading: &reading,
        decisions: &decisions,
        day,
    };
    let me = Principal::local_owner();
    let profile = mine.profile();
    let exercises = exercises(&reading);
    let wanted = Wanted {
        findings: None,
        exercises: &exercises,
        next: None,
    };
    let report = own(&mine, &profile, &me, &wanted)?;
    let mut suggestions = report.practise;
    // What is due counts also where the profile has no room for it.
    for cell in report.abilities.iter().flat_map(|one| &one.cells) {
        let known = suggestions.iter().any(|one| one.cell == cell.cell);
        let Some(due) = cell
            .due
            .as_ref()
            .filter(|due| due.day <= report.day && !known)
        else {
            continue;
        };
        let of_cell =
            |one: &&Exercise| (one.language, one.class) == (cell.cell.language, cell.cell.class);
        let all = || exercises.iter().filter(of_cell);
        let exercise = all()
            .find(|one| one.missing.is_none())
            .or_else(|| all().next());
        suggestions.push(Suggestion {
            cell: cell.cell,
            reasons: vec![PractiseReason::Due {
                day: due.day.clone(),
                retrievability: due.retrievability,
            }],
            exercise: exercise.map(|one| one.id.clone()),
            missing: exercise.and_then(|one| one.missing.clone()),
            chance: None,
        });
    }
    Ok(suggestions)
}

/// Exercises of the program. One of a class that the skill model does not know is not offered.
fn exercises(reading: &Reading) -> Vec<Exercise> {
    let spent = reading.spent();
    ask_for_runtimes();
    Catalogue::builtin()
        .scenarios()
        .iter()
        .filter_map(|scenario| {
            let definition = &scenario.definition;
            Some(Exercise {
                id: definition.id.clone(),
                language: definition.language.word().parse().ok()?,
                class: definition.class.word().parse().ok()?,
                difficulty: definition.difficulty,
                spent: spent.contains(definition.id.as_str()),
                missing: missing_runtime(definition),
            })
        })
        .collect()
}

/// Findings of a saved scan, by language and class.
fn findings(
    file: &Path,
    diagnostics: &mut Vec<Diagnostic>,
) -> Result<BTreeMap<(Language, WeaknessClass), u64>> {
    let text = super::read(file)?;
    let report: ScanReport = match serde_json::from_slice(&text) {
        Ok(report) => report,
        Err(error) => {
            return misused(format!(
                "{} is no scan ({error}); make one with `trueline scan --format json --output {0}`",
                file.display()
            ));
        }
    };
    let mut counts = BTreeMap::new();
    let mut nowhere = 0_u64;
    // What is shown only with `--all` is too often none.
    let shown = report.findings.iter().filter(|f| f.tier == Tier::Shown);
    for finding in shown {
        let class = finding.cwe.iter().find_map(|cwe| class_of(*cwe));
        let language = language_of(&finding.location.path.display());
        if let (Some(class), Some(language)) = (class, language) {
            *counts.entry((language, class)).or_default() += 1;
        } else {
            nowhere += 1;
        }
    }
    if nowhere > 0 {
        diagnostics.push(Diagnostic {
            level: Level::Note,
            code: "finding-without-skill".to_owned(),
            path: None,
            message: format!(
                "{}: {nowhere} findings are in no language or class of exercises",
                file.display()
            ),
        });
    }
    Ok(counts)
}
