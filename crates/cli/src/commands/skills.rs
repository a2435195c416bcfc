//! `trueline skills`: one's own profile, its reasons, disputes and shares. Reads and writes the two files
//! of one person's data; nothing leaves the machine.

pub(crate) mod retention;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use anyhow::Result;
use trueline_facts::scan::ScanReport;
use trueline_facts::skill::{
    Cell, Language, PractiseReason, SKILL_CHANGE_SCHEMA, SKILL_LOG_SCHEMA, SKILL_RETENTION_SCHEMA,
    SKILL_SHARE_SCHEMA, SKILL_SHARES_SCHEMA, SKILLS_EXPORT_SCHEMA, ShareEntry, SkillChange,
    SkillLog, SkillRead, SkillRetention, SkillShare, SkillShares, SkillsExport, SkillsReport,
    Standing, Suggestion, WeaknessClass,
};
use trueline_facts::{Diagnostic, Level, Tier};
use trueline_report::{html, json, terminal};
use trueline_scan::config::IndividualSkills;
use trueline_scenarios::Catalogue;
use trueline_skills::attempts::Reading;
use trueline_skills::day::Day;
use trueline_skills::decisions::{Decisions, Event, Share, What};
use trueline_skills::disclose::{Own, own, reasons, shared};
use trueline_skills::evidence::RowId;
use trueline_skills::practise::{Exercise, Wanted};
use trueline_skills::store::Store;
use trueline_skills::subject::{Principal, Subject};
use trueline_skills::weakness::{class_of, language_of};

use crate::Ended;
use crate::arguments::{KeptFor, Skills, SkillsAction, SkillsFormat};
use crate::commands::Misused;
use crate::output;

/// Longest time for which a skill can be shared.
const LONGEST_SHARE: u32 = 366;

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
    // A day that was named is a question about another day, and no reason to fold anything.
    let folded = match (&arguments.action, arguments.now) {
        (None, None) => retention::keep(&store)?,
        _ => 0,
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
    session.reading.diagnostics.extend(retention::told(folded));
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

    fn write(&self, text: &str) -> Result<Ended> {
        output::write(text.as_bytes(), self.arguments.output.as_deref())?;
        Ok(Ended::Pass)
    }

    /// Text in the terminal, or the value as JSON.
    fn tell(&self, text: &str, value: &serde_json::Value) -> Result<Ended> {
        match self.arguments.format {
            SkillsFormat::Json => self.write(&json::to_string(value)),
            SkillsFormat::Terminal | SkillsFormat::Html => self.write(text),
        }
    }

    fn report(&mut self) -> Result<SkillsReport> {
        let findings = match &self.arguments.findings {
            Some(file) => Some(findings(file, &mut self.reading.diagnostics)?),
            None => None,
        };
        let mine = self.own();
        let me = Principal::local_owner();
        let profile = mine.profile(Subject::Person(me.clone()));
        let exercises = exercises(&self.reading);
        let wanted = Wanted {
            findings: findings.as_ref(),
            exercises: &exercises,
        };
        Ok(own(&mine, &profile, &me, &wanted)?)
    }

    fn profile(&mut self) -> Result<Ended> {
        let report = self.report()?;
        let style = output::style(self.arguments.output.as_deref());
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
        let profile = mine.profile(Subject::Person(me.clone()));
        let document = reasons(&mine, &profile, &me, cell)?;
        match self.arguments.format {
            SkillsFormat::Json => self.write(&json::to_string(&document)),
            SkillsFormat::Terminal | SkillsFormat::Html => {
                let style = output::style(self.arguments.output.as_deref());
                self.write(&terminal::skill_reasons(&document, &style))
            }
        }
    }

    /// The row that an id or the beginning of one names.
    fn row(&self, id: &str) -> Result<(RowId, Cell)> {
        let mut fits = self
            .reading
            .rows
            .iter()
            .filter(|row| !id.is_empty() && row.id.as_str().starts_with(id));
        match (fits.next(), fits.next()) {
            (Some(row), None) => Ok((row.id.clone(), row.cell)),
            (Some(_), Some(_)) => {
                misused(format!("`{id}` begins more than one id; write more of it"))
            }
            (None, _) if self.reading.folded.evidence().is_some() => misused(format!(
                "no evidence that is kept has an id that begins with `{id}`; what is folded cannot be disputed any more"
            )),
            (None, _) => misused(format!(
                "no evidence has an id that begins with `{id}`; `trueline skills why SKILL` lists them"
            )),
        }
    }

    fn decide(&mut self, what: What) -> Result<()> {
        let event = Event::new(self.day, what);
        self.store.append(&event)?;
        self.decisions.apply(&event);
        Ok(())
    }

    fn standing(&self, cell: Cell) -> Result<Standing> {
        let mine = self.own();
        let me = Principal::local_owner();
        let profile = mine.profile(Subject::Person(me.clone()));
        Ok(reasons(&mine, &profile, &me, cell)?.standing)
    }

    fn dispute(&mut self, id: &str, reason: Option<&str>) -> Result<Ended> {
        let (row, cell) = self.row(id)?;
        if self.decisions.is_disputed(&row) {
            return misused(format!("{} is disputed already", row.as_str()));
        }
        let before = self.standing(cell)?;
        self.decide(What::Dispute {
            row: row.as_str().to_owned(),
            reason: reason.map(str::to_owned),
        })?;
        self.moved(&row, cell, &before, "no longer counts")
    }

    fn restore(&mut self, id: &str) -> Result<Ended> {
        let (row, cell) = self.row(id)?;
        if !self.decisions.is_disputed(&row) {
            return misused(format!("{} is not disputed", row.as_str()));
        }
        let before = self.standing(cell)?;
        self.decide(What::Restore {
            row: row.as_str().to_owned(),
        })?;
        self.moved(&row, cell, &before, "counts again")
    }

    fn moved(&self, row: &RowId, cell: Cell, before: &Standing, what: &str) -> Result<Ended> {
        let after = self.standing(cell)?;
        let unicode = output::style(self.arguments.output.as_deref()).unicode;
        let text = format!(
            "{} {what}. {cell}: {}, before {}\n",
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
        };
        self.tell(&text, &serde_json::to_value(value)?)
    }

    fn share(&mut self, cell: Cell, with: &str, until: Day) -> Result<Ended> {
        let with = with.trim();
        if with.is_empty() || with.chars().any(char::is_control) {
            return misused("--with names whoever may see it: a name or an address");
        }
        if until < self.day {
            return misused(format!("--until {until} is past; it is {}", self.day));
        }
        if until > self.day.plus(LONGEST_SHARE) {
            return misused(format!(
                "--until {until} is more than a year ahead; share anew when it ends, at most until {}",
                self.day.plus(LONGEST_SHARE)
            ));
        }
        let share = format!("s{}", self.decisions.shares().len() + 1);
        self.decide(What::Share {
            share: share.clone(),
            cell,
            with: with.to_owned(),
            until,
        })?;
        let text = format!(
            "Share {share}: {with} may see {cell} until {until}, and nothing else.\n\
             `trueline skills shared {share} --output FILE` makes the document to hand over.\n\
             `trueline skills revoke {share}` ends it: no document is made any more. One that was handed over stays with whoever has it.\n"
        );
        self.tell_share(&text, &share)
    }

    fn entry(&self, share: &Share) -> ShareEntry {
        let state = match share.revoked {
            Some(day) => format!("taken back on {day}"),
            None if share.until < self.day => "ended".to_owned(),
            None => "open".to_owned(),
        };
        ShareEntry {
            share: share.id.clone(),
            cell: share.cell,
            with: share.with.to_string(),
            until: share.until.to_string(),
            given: share.given.to_string(),
            revoked: share.revoked.map(|day| day.to_string()),
            state,
        }
    }

    fn tell_share(&self, text: &str, share: &str) -> Result<Ended> {
        let Some(share) = self.decisions.share(share) else {
            return self.write(text);
        };
        let value = SkillShare {
            schema: SKILL_SHARE_SCHEMA.to_owned(),
            share: self.entry(share),
        };
        self.tell(text, &serde_json::to_value(value)?)
    }

    fn shares(&self) -> Result<Ended> {
        let shares = self.decisions.shares().iter();
        let shares: Vec<ShareEntry> = shares.map(|share| self.entry(share)).collect();
        let mut text = String::new();
        for share in &shares {
            writeln!(
                text,
                "{}  {} for {} until {}: {}",
                share.share, share.cell, share.with, share.until, share.state
            )?;
        }
        if shares.is_empty() {
            text.push_str("Nothing is shared.\n");
        }
        let value = SkillShares {
            schema: SKILL_SHARES_SCHEMA.to_owned(),
            shares,
        };
        self.tell(&text, &serde_json::to_value(value)?)
    }

    fn shared(&mut self, share: &str) -> Result<Ended> {
        let Some(known) = self.decisions.share(share) else {
            return misused(format!(
                "no share `{share}`; `trueline skills shares` lists them"
            ));
        };
        let reader = known.with.clone();
        let profile = self
            .own()
            .profile(Subject::Person(Principal::local_owner()));
        let document = shared(&profile, &self.decisions, share, &reader, &mut self.store)?;
        match self.arguments.format {
            SkillsFormat::Json => self.write(&json::to_string(&document)),
            SkillsFormat::Terminal | SkillsFormat::Html => {
                let style = output::style(self.arguments.output.as_deref());
                self.write(&terminal::shared_skill(&document, &style))
            }
        }
    }

    fn revoke(&mut self, share: &str) -> Result<Ended> {
        match self.decisions.share(share) {
            None => misused(format!(
                "no share `{share}`; `trueline skills shares` lists them"
            )),
            Some(known) if known.revoked.is_some() => {
                misused(format!("{share} was taken back before"))
            }
            Some(_) => {
                self.decide(What::Revoke {
                    share: share.to_owned(),
                })?;
                self.tell_share(&format!("Share {share} is taken back.\n"), share)
            }
        }
    }

    fn log(&self) -> Result<Ended> {
        let reads = self.decisions.accesses().iter().map(|access| SkillRead {
            day: access.day.to_string(),
            reader: access.reader.to_string(),
            read: access.read.clone(),
        });
        let reads: Vec<SkillRead> = reads.collect();
        let mut text = String::new();
        for read in &reads {
            writeln!(text, "{}  {}: {}", read.day, read.reader, read.read)?;
        }
        if reads.is_empty() {
            text.push_str("Nobody but you has seen anything.\n");
        }
        let value = SkillLog {
            schema: SKILL_LOG_SCHEMA.to_owned(),
            reads,
        };
        self.tell(&text, &serde_json::to_value(value)?)
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
            folded: self.reading.folded.evidence(),
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
        let folded = self.store.fold(&self.decisions, last)?;
        (self.reading, _) = self.store.read()?;
        let text = format!(
            "{} up to {last} folded.\n",
            trueline_report::counted(folded, "record")
        );
        let value = serde_json::to_value(SkillRetention {
            schema: SKILL_RETENTION_SCHEMA.to_owned(),
            days: self.decisions.kept_days(),
            folded: self.reading.folded.evidence(),
        })?;
        self.tell(&text, &value)
    }
}

fn delete(store: &Store, yes: bool, arguments: &Skills) -> Result<Ended> {
    if !yes {
        return misused(format!(
            "this deletes {}, {} and {}, your progress in exercises with them; `--yes` does it, `trueline skills export` keeps a copy",
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

/// Exercises of the program. One of a class that the skill model does not know is not offered.
/// What to practise next, as one's own profile of that day says it.
pub(crate) fn suggestions(day: Day) -> Result<Vec<Suggestion>> {
    let (reading, decisions) = retention::store()?.read()?;
    let mine = Own {
        reading: &reading,
        decisions: &decisions,
        day,
    };
    let me = Principal::local_owner();
    let profile = mine.profile(Subject::Person(me.clone()));
    let exercises = exercises(&reading);
    let wanted = Wanted {
        findings: None,
        exercises: &exercises,
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
        suggestions.push(Suggestion {
            cell: cell.cell,
            reasons: vec![PractiseReason::Due {
                day: due.day.clone(),
                retrievability: due.retrievability,
            }],
            exercise: exercises.iter().find(of_cell).map(|one| one.id.clone()),
            chance: None,
        });
    }
    Ok(suggestions)
}

fn exercises(reading: &Reading) -> Vec<Exercise> {
    let solved: BTreeSet<&str> = reading
        .tries
        .iter()
        .filter(|one| one.solved)
        .map(|one| one.exercise.as_str())
        .collect();
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
                solved: solved.contains(definition.id.as_str()),
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
