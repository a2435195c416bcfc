//! `learn passed`: lines of one's own that the gate lets through. How many places in them could have gone wrong, and
//! which findings there are right, is evidence as well.
//!
//! A place of which a finding speaks counts only once its author has said whether the finding is right: one that nobody
//! judged says nothing, and a false alarm must not hurt.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::atomic::AtomicBool;

use anyhow::Result;
use trueline_facts::attempt::{AiLines, Aid, AidBasis, Attempt, AttemptKind, AttemptOutcome};
use trueline_facts::change::{AuthorKind, ChangeFinding, FindingClass, FindingStatus};
use trueline_facts::learn::{
    JudgedFinding, LearnPassed, PASSED_SCHEMA, PassedPlaces, WaitingFinding,
};
use trueline_facts::skill::{Language, WeaknessClass};
use trueline_facts::verdict::Outcome;
use trueline_facts::{RepoPath, Tier};
use trueline_policy::evaluate;
use trueline_report::counted;
use trueline_scan::ExposedSite;
use trueline_scenarios::learn::LearnError;

use super::own::{self, OwnChange, how};
use super::work::told_by;
use super::{Records, Session, named};
use crate::Ended;
use crate::arguments::{LearnPassed as Asked, ListFormat};
use crate::output;

/// What a person says of a finding in their own lines.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Word {
    Right,
    Wrong,
}

pub(super) fn run(session: &Session<'_>, asked: &Asked, interrupt: &AtomicBool) -> Result<Ended> {
    let request = own::request(&asked.path, asked.range.as_deref())?;
    let exposure = trueline_scan::exposure(&request, interrupt)?;
    let change = &exposure.outcome.change;
    let own = OwnChange::of(&asked.path, change)?;
    let findings: Vec<&ChangeFinding> = change
        .findings
        .iter()
        .filter(|finding| {
            finding.status == FindingStatus::New
                && finding.class == FindingClass::Code
                && finding.engine == "trueline"
                && own::hunk(change, finding).is_some()
        })
        .collect();
    let mut words = words(session);
    let mut told = String::new();
    let mut document = LearnPassed {
        schema: PASSED_SCHEMA.to_owned(),
        recorded: session.records == Records::Kept,
        passed: evaluate(&exposure.outcome.policy, change).outcome != Outcome::Block,
        judged: Vec::new(),
        places: Vec::new(),
        ai_lines: 0,
        as_written: 0,
        by_trueline: exposure.by_fix,
        waiting: Vec::new(),
    };
    for (name, word) in asked
        .right
        .iter()
        .map(|name| (name, Word::Right))
        .chain(asked.wrong.iter().map(|name| (name, Word::Wrong)))
    {
        let decided = decide(session, asked, &own, &findings, name, word)?;
        words.insert(decided.fingerprint.clone(), word);
        told.push_str(&decided.text);
        document.judged.push(JudgedFinding {
            fingerprint: decided.fingerprint,
            right: word == Word::Right,
        });
    }
    if document.passed {
        let groups = groups(&own, &exposure.sites, &words, asked.aid.map(told_by));
        write_down(session, &own, &groups)?;
        document.waiting = waiting(session, &own, &findings, &words)?;
        document.places = places(&groups);
        let ai = groups.values().map(|places| places.ai);
        for lines in ai {
            document.ai_lines += u64::from(lines.lines);
            document.as_written += u64::from(lines.as_written);
        }
    }
    let text = match asked.format {
        ListFormat::Json => trueline_report::json::to_string(&document),
        ListFormat::Terminal => {
            told.push_str(&in_words(&document)?);
            told.push_str(&session.not_recorded());
            session.paint.told(&told)
        }
    };
    output::write(text.as_bytes(), None)?;
    Ok(if document.passed {
        Ended::Pass
    } else {
        Ended::Findings
    })
}

/// What was said of findings before. Of what is folded nobody knows what, so that its places stay out.
fn words(session: &Session<'_>) -> BTreeMap<String, Word> {
    let progress = &session.progress;
    let folded = progress
        .past
        .iter()
        .filter(|past| past.kind == AttemptKind::Finding)
        .map(|past| (past.scenario.clone(), Word::Right));
    let said = progress
        .attempts
        .iter()
        .filter(|a| a.kind == AttemptKind::Finding)
        .filter_map(|a| {
            let word = match a.outcome {
                AttemptOutcome::Right => Word::Right,
                AttemptOutcome::Wrong => Word::Wrong,
                _ => return None,
            };
            Some((a.scenario.clone(), word))
        });
    folded.chain(said).collect()
}

/// A finding of which something was said.
struct Decided {
    fingerprint: String,
    text: String,
}

/// Takes a person's word on a finding: one in these lines, or one of before that still waits.
fn decide(
    session: &Session<'_>,
    asked: &Asked,
    own: &OwnChange<'_>,
    findings: &[&ChangeFinding],
    name: &str,
    word: Word,
) -> Result<Decided> {
    let cannot = LearnError::Cannot;
    let outcome = match word {
        Word::Right => AttemptOutcome::Right,
        Word::Wrong => AttemptOutcome::Wrong,
    };
    let place =
        |finding: &&ChangeFinding| format!("{}:{} {}", finding.path, finding.line, finding.rule);
    let skill_of = |line: &&Attempt| format!("{}/{}", line.language, line.class);
    let here = findings.iter().map(|f| (f.fingerprint.as_str(), *f));
    let here = named::meant(name, here, place)?;
    let before = || {
        let before = lines(session).map(|line| (line.scenario.as_str(), line));
        named::meant(name, before, skill_of)
    };
    let (place, line) = match here {
        Some(finding) => {
            let place = place(&finding);
            let skill = own::skill(&finding.path, &finding.cwe)
                .ok_or_else(|| cannot(format!("{place} is in no language or class of skills")))?;
            let said = asked.aid.map(told_by);
            (place, judged(session, said, own, finding, skill, outcome))
        }
        None => match before()? {
            Some(known) => {
                let place = format!("{name} ({})", skill_of(&known));
                let line = Attempt {
                    outcome,
                    ..known.clone()
                };
                (place, line)
            }
            None => {
                return Err(cannot(format!(
                    "`{name}` is no finding in lines that this range adds: name its fingerprint, or {} letters of it or more; `trueline learn passed` lists them",
                    named::LEAST
                ))
                .into());
            }
        },
    };
    let fingerprint = line.scenario.clone();
    let known = lines(session).find(|a| a.scenario == fingerprint);
    own::write(session, known, line)?;
    let says = match word {
        Word::Right => "right, you say",
        Word::Wrong => "wrong, you say: it does not count",
    };
    Ok(Decided {
        fingerprint,
        text: format!("{place}: {says}\n"),
    })
}

/// Which line of the ledger places belong to: one for each commit, skill and hand.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Group {
    language: Language,
    class: WeaknessClass,
    by_agent: bool,
    commit: String,
}

/// Places, whether an assistant helped, and what of its lines was accepted as it came.
#[derive(Clone, Copy, Default)]
struct Places {
    /// Those that count.
    count: u32,
    /// None where none counts.
    aid: Option<Aid>,
    ai: AiLines,
}

impl Places {
    fn aid(&self, group: &Group) -> Aid {
        let without = if group.by_agent {
            Aid::Assisted
        } else {
            Aid::Unknown
        };
        self.aid.unwrap_or(without)
    }
}

fn groups(
    own: &OwnChange<'_>,
    sites: &[ExposedSite],
    words: &BTreeMap<String, Word>,
    said: Option<Aid>,
) -> BTreeMap<Group, Places> {
    let mut groups: BTreeMap<Group, Places> = BTreeMap::new();
    // Several rules of one class at one place are one place, several places of one line are one line.
    let mut seen: BTreeSet<(&RepoPath, u32, u32, WeaknessClass)> = BTreeSet::new();
    let mut seen_lines: BTreeSet<(&RepoPath, u32, WeaknessClass)> = BTreeSet::new();
    for site in sites {
        let commit = site.commit.and_then(|commit| own.key(commit));
        let (Some((language, class)), Some(commit)) = (own::skill(&site.path, &site.cwe), commit)
        else {
            continue;
        };
        let (aid, basis) = own::help(site.origin, said);
        let group = Group {
            language,
            class,
            by_agent: basis == AidBasis::Hook,
            commit: commit.to_owned(),
        };
        let places = groups.entry(group).or_default();
        // What is said of a finding changes nothing about who wrote the line and who edited it.
        if site.origin == AuthorKind::Ai && seen_lines.insert((&site.path, site.line, class)) {
            places.ai.lines += 1;
            places.ai.as_written += u32::from(!site.human_touched);
        }
        let is_open = site
            .finding
            .as_ref()
            .is_some_and(|finding| words.get(finding.as_str()) != Some(&Word::Wrong));
        if is_open || !seen.insert((&site.path, site.line, site.column, class)) {
            continue;
        }
        places.count += 1;
        // Nobody's word covers lines of which nothing is known.
        places.aid = match places.aid {
            Some(before) if before != aid => Some(Aid::Unknown),
            _ => Some(aid),
        };
    }
    groups.retain(|_, places| places.count > 0 || places.ai.lines > 0);
    groups
}

/// Writes each group down once. One that was there says anew how many places it has now.
fn write_down(
    session: &Session<'_>,
    own: &OwnChange<'_>,
    groups: &BTreeMap<Group, Places>,
) -> Result<()> {
    let known: Vec<&Attempt> = session
        .progress
        .attempts
        .iter()
        .filter(|a| a.kind == AttemptKind::Change && own.keys().contains(&a.scenario))
        .collect();
    let is_of = |a: &Attempt, group: &Group| {
        a.scenario == group.commit
            && a.language == group.language.as_str()
            && a.class == group.class.as_str()
            && (a.aid_basis == AidBasis::Hook) == group.by_agent
    };
    // What is folded counted once already.
    let is_folded = |group: &Group| {
        let mut past = session.progress.past.iter();
        past.any(|past| past.kind == AttemptKind::Change && past.scenario == group.commit)
    };
    for (group, places) in groups.iter().filter(|(group, _)| !is_folded(group)) {
        let skill = (group.language, group.class);
        let line = Attempt {
            aid: places.aid(group),
            aid_basis: if group.by_agent {
                AidBasis::Hook
            } else {
                AidBasis::Told
            },
            sites: Some(places.count),
            ai_lines: (places.ai.lines > 0).then_some(places.ai),
            ..own::line(
                session,
                AttemptKind::Change,
                &group.commit,
                skill,
                AttemptOutcome::Passed,
            )
        };
        let before = known.iter().find(|a| is_of(a, group)).copied();
        own::write(session, before, line)?;
    }
    // Places that a later commit of the range took away, or of which a finding speaks now.
    for gone in known {
        let is_empty = gone.sites == Some(0) && gone.ai_lines.is_none();
        if !groups.keys().any(|group| is_of(gone, group)) && !is_empty {
            let none = Attempt {
                sites: Some(0),
                ai_lines: None,
                ..gone.clone()
            };
            session.append(&none)?;
        }
    }
    Ok(())
}

/// Places by skill and by how they were written.
fn places(groups: &BTreeMap<Group, Places>) -> Vec<PassedPlaces> {
    let mut skills: BTreeMap<(Language, WeaknessClass, &str), (Aid, u64)> = BTreeMap::new();
    for (group, places) in groups.iter().filter(|(_, places)| places.count > 0) {
        let aid = places.aid(group);
        let skill = (group.language, group.class, how(aid));
        skills.entry(skill).or_insert((aid, 0)).1 += u64::from(places.count);
    }
    skills
        .into_iter()
        .map(|((language, class, _), (aid, places))| PassedPlaces {
            language: language.to_string(),
            class: class.to_string(),
            aid,
            places,
        })
        .collect()
}

/// The document as a person reads it.
fn in_words(document: &LearnPassed) -> Result<String> {
    let mut out = String::new();
    if !document.passed {
        out.push_str(
            "The gate does not let this change through yet, so that its places are not counted: `trueline gate` says why.\n",
        );
        return Ok(out);
    }
    for places in &document.places {
        writeln!(
            out,
            "{}/{}: {} that could have gone wrong ({})",
            places.language,
            places.class,
            counted(places.places, "place"),
            how(places.aid)
        )?;
    }
    if out.is_empty() {
        out.push_str("No place in these lines that counts: nothing to write down.\n");
    }
    if document.by_trueline > 0 {
        writeln!(
            out,
            "Left out: {} with such a place that `trueline scan --fix` wrote, for that says nothing of your skill.",
            counted(document.by_trueline, "line")
        )?;
    }
    // What nobody edits is easily not read either.
    if document.ai_lines > 0 {
        writeln!(
            out,
            "Of {} of an assistant where something could have gone wrong you accepted {} as written.",
            counted(document.ai_lines, "line"),
            document.as_written
        )?;
    }
    for finding in &document.waiting {
        let of = finding.fingerprint.as_str();
        let name = of.get(..12).unwrap_or(of);
        let what = match (&finding.path, finding.line, &finding.rule) {
            (Some(path), Some(line), Some(rule)) => format!("{path}:{line} {rule}"),
            _ => "A finding of before".to_owned(),
        };
        writeln!(
            out,
            "{what} waits for your word, and {}/{} with it: --right {name} or --wrong {name}",
            finding.language, finding.class
        )?;
    }
    let is_evidence = !document.places.is_empty() || document.ai_lines > 0;
    if document.recorded && is_evidence {
        out.push_str("`trueline skills` shows what it says of you: little, as long as there are few places.\n");
    }
    Ok(out)
}

/// Findings that wait for a word: they are written down as such, because until then nothing that is said of their skill
/// by lines is honest. Those of the second tier are none, and their places do not count either.
fn waiting(
    session: &Session<'_>,
    own: &OwnChange<'_>,
    findings: &[&ChangeFinding],
    words: &BTreeMap<String, Word>,
) -> Result<Vec<WaitingFinding>> {
    let mut waiting = Vec::new();
    let is_known = |of: &str| lines(session).any(|a| a.scenario == of);
    for finding in findings {
        let of = finding.fingerprint.as_str();
        let skill = own::skill(&finding.path, &finding.cwe);
        let (Some(skill), Tier::Shown, false) = (skill, finding.tier, words.contains_key(of))
        else {
            continue;
        };
        if !is_known(of) {
            session.append(&judged(
                session,
                None,
                own,
                finding,
                skill,
                AttemptOutcome::Unknown,
            ))?;
        }
        waiting.push(WaitingFinding {
            fingerprint: of.to_owned(),
            language: skill.0.to_string(),
            class: skill.1.to_string(),
            rule: Some(finding.rule.clone()),
            path: Some(finding.path.clone()),
            line: Some(finding.line),
        });
    }
    // Those of other ranges, of which the ledger knows no more.
    let is_here = |of: &str| findings.iter().any(|f| f.fingerprint.as_str() == of);
    for line in lines(session) {
        let of = line.scenario.as_str();
        if line.outcome == AttemptOutcome::Unknown && !is_here(of) && !words.contains_key(of) {
            waiting.push(WaitingFinding {
                fingerprint: of.to_owned(),
                language: line.language.clone(),
                class: line.class.clone(),
                rule: None,
                path: None,
                line: None,
            });
        }
    }
    Ok(waiting)
}

/// What the ledger holds of findings.
fn lines<'s>(session: &'s Session<'_>) -> impl Iterator<Item = &'s Attempt> {
    let attempts = session.progress.attempts.iter();
    attempts.filter(|a| a.kind == AttemptKind::Finding)
}

/// A line of a finding in lines of the change.
fn judged(
    session: &Session<'_>,
    said: Option<Aid>,
    own: &OwnChange<'_>,
    finding: &ChangeFinding,
    skill: (Language, WeaknessClass),
    outcome: AttemptOutcome,
) -> Attempt {
    let origin = own::hunk(own.change(), finding).map_or(AuthorKind::Unknown, |hunk| hunk.origin);
    let (aid, aid_basis) = own::help(origin, said);
    Attempt {
        cwe: finding.cwe.clone(),
        aid,
        aid_basis,
        ..own::line(
            session,
            AttemptKind::Finding,
            finding.fingerprint.as_str(),
            skill,
            outcome,
        )
    }
}
