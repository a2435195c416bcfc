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
use trueline_facts::skill::{Language, WeaknessClass};
use trueline_facts::verdict::Outcome;
use trueline_facts::{RepoPath, Tier};
use trueline_policy::evaluate;
use trueline_report::counted;
use trueline_scan::ExposedSite;
use trueline_scenarios::learn::LearnError;

use super::own::{self, OwnChange, how};
use super::work::told_by;
use super::{Records, Session};
use crate::Ended;
use crate::arguments::LearnPassed;
use crate::output;

/// So much of a fingerprint names it, as with commits.
const LEAST_OF_A_NAME: usize = 6;

/// What a person says of a finding in their own lines.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Word {
    Right,
    Wrong,
}

pub(super) fn run(
    session: &Session<'_>,
    asked: &LearnPassed,
    interrupt: &AtomicBool,
) -> Result<Ended> {
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
    let mut out = String::new();
    for (name, word) in asked
        .right
        .iter()
        .map(|name| (name, Word::Right))
        .chain(asked.wrong.iter().map(|name| (name, Word::Wrong)))
    {
        let told = decide(session, asked, &own, &findings, name, word)?;
        words.insert(told.fingerprint, word);
        out.push_str(&told.text);
    }
    if evaluate(&exposure.outcome.policy, change).outcome == Outcome::Block {
        out.push_str(
            "The gate does not let this change through yet, so that its places are not counted: `trueline gate` says why.\n",
        );
        out.push_str(&session.not_recorded());
        output::write(out.as_bytes(), None)?;
        return Ok(Ended::Findings);
    }
    let groups = groups(&own, &exposure.sites, &words, asked.aid.map(told_by));
    write_down(session, &own, &groups)?;
    let open = open(session, &own, &findings, &words)?;
    out.push_str(&told(&groups)?);
    out.push_str(&accepted(&groups));
    out.push_str(&open);
    if session.records == Records::Kept && !groups.is_empty() {
        out.push_str("`trueline skills` shows what it says of you: little, as long as there are few places.\n");
    }
    out.push_str(&session.not_recorded());
    output::write(out.as_bytes(), None)?;
    Ok(Ended::Pass)
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
    asked: &LearnPassed,
    own: &OwnChange<'_>,
    findings: &[&ChangeFinding],
    name: &str,
    word: Word,
) -> Result<Decided> {
    let cannot = LearnError::Cannot;
    let is_named = |of: &str| name.len() >= LEAST_OF_A_NAME && of.starts_with(name);
    let outcome = match word {
        Word::Right => AttemptOutcome::Right,
        Word::Wrong => AttemptOutcome::Wrong,
    };
    let mut here = findings
        .iter()
        .filter(|finding| is_named(finding.fingerprint.as_str()));
    let mut before = lines(session).filter(|line| is_named(&line.scenario));
    let (place, line) = match (here.next(), before.next()) {
        (Some(finding), _) if here.next().is_none() => {
            let place = format!("{}:{} {}", finding.path, finding.line, finding.rule);
            let skill = own::skill(&finding.path, &finding.cwe)
                .ok_or_else(|| cannot(format!("{place} is in no language or class of skills")))?;
            let said = asked.aid.map(told_by);
            (place, judged(session, said, own, finding, skill, outcome))
        }
        (None, Some(known)) if before.next().is_none() => {
            let place = format!("{name} ({}/{})", known.language, known.class);
            let line = Attempt {
                outcome,
                ..known.clone()
            };
            (place, line)
        }
        (None, None) => {
            return Err(cannot(format!(
                "`{name}` is no finding in lines that this range adds: name its fingerprint, or {LEAST_OF_A_NAME} letters of it or more; `trueline learn passed` lists them"
            ))
            .into());
        }
        _ => {
            return Err(cannot(format!(
                "`{name}` begins more than one fingerprint; write more of it"
            ))
            .into());
        }
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

fn told(groups: &BTreeMap<Group, Places>) -> Result<String> {
    let mut skills: BTreeMap<(Language, WeaknessClass, &str), u64> = BTreeMap::new();
    for (group, places) in groups.iter().filter(|(_, places)| places.count > 0) {
        let skill = (group.language, group.class, how(places.aid(group)));
        *skills.entry(skill).or_default() += u64::from(places.count);
    }
    let mut out = String::new();
    for ((language, class, how), count) in skills {
        writeln!(
            out,
            "{language}/{class}: {} that could have gone wrong ({how})",
            counted(count, "place")
        )?;
    }
    if out.is_empty() {
        out.push_str("No place in these lines that counts: nothing to write down.\n");
    }
    Ok(out)
}

/// What of an assistant's lines came in as it was written: what nobody edits is easily not read either.
fn accepted(groups: &BTreeMap<Group, Places>) -> String {
    let lines: u32 = groups.values().map(|places| places.ai.lines).sum();
    let as_written: u32 = groups.values().map(|places| places.ai.as_written).sum();
    if lines == 0 {
        return String::new();
    }
    format!(
        "Of {} of an assistant where something could have gone wrong you accepted {as_written} as written.\n",
        counted(u64::from(lines), "line")
    )
}

/// Findings that wait for a word: they are written down as such, because until then nothing that is said of their skill
/// by lines is honest. Those of the second tier are none, and their places do not count either.
fn open(
    session: &Session<'_>,
    own: &OwnChange<'_>,
    findings: &[&ChangeFinding],
    words: &BTreeMap<String, Word>,
) -> Result<String> {
    let mut out = String::new();
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
        let name = of.get(..12).unwrap_or(of);
        writeln!(
            out,
            "{}:{} {} waits for your word, and {}/{} with it: --right {name} or --wrong {name}",
            finding.path, finding.line, finding.rule, skill.0, skill.1
        )?;
    }
    // Those of other ranges, of which the ledger knows no more.
    let is_here = |of: &str| findings.iter().any(|f| f.fingerprint.as_str() == of);
    for line in lines(session) {
        let of = line.scenario.as_str();
        if line.outcome == AttemptOutcome::Unknown && !is_here(of) && !words.contains_key(of) {
            let name = of.get(..12).unwrap_or(of);
            writeln!(
                out,
                "A finding of before waits for your word, and {}/{} with it: --right {name} or --wrong {name}",
                line.language, line.class
            )?;
        }
    }
    Ok(out)
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
