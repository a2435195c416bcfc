//! `learn review --change RANGE`: a real change of others is reviewed first and compared with our scan afterwards.
//!
//! What counts is which of the findings that the reviewer then calls right they had named before. Nothing is kept of who
//! wrote the change, where it is, or what was named that nobody found, but how much of the change the named places cover.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use anyhow::Result;
use trueline_facts::attempt::{Attempt, AttemptKind, AttemptOutcome, Caught};
use trueline_facts::change::{Change, ChangeFinding, ChangedFile, FileClass, FindingStatus};
use trueline_facts::skill::{Language, WeaknessClass};
use trueline_facts::{CommitId, Tier};
use trueline_report::{counted, visible};
use trueline_scenarios::learn::LearnError;
use trueline_scenarios::learn::review::NEAR;
use trueline_skills::evidence::MOST_BY_CHANCE;

use super::Session;
use super::own::{self, ForeignChange, Place};
use super::paint::Paint;
use crate::Ended;
use crate::{interrupt, output};

pub(super) fn run(
    session: &Session<'_>,
    repository: &Path,
    range: &str,
    interrupt: &AtomicBool,
) -> Result<Ended> {
    let request = own::request(repository, Some(range))?;
    let outcome = trueline_scan::change(&request, interrupt)?;
    let foreign = ForeignChange::of(repository, &outcome.change)?;
    let change = foreign.change();
    output::write(diff(session, repository, change)?.as_bytes(), None)?;
    interrupt::when_left("You left: what was not answered to its end counts for nothing.");
    let Some(named) = named(session, change)? else {
        say(session, "No answer: nothing was written down.")?;
        return Ok(Ended::Pass);
    };
    let found: Vec<(&ChangeFinding, (Language, WeaknessClass))> = change
        .findings
        .iter()
        .filter(|finding| {
            finding.status == FindingStatus::New
                && finding.engine == "trueline"
                && finding.tier == Tier::Shown
                && own::hunk(change, finding).is_some()
        })
        .filter_map(|finding| Some((finding, own::skill(&finding.path, &finding.cwe)?)))
        .collect();
    if found.is_empty() {
        let of_named = if named.is_empty() {
            "You named nothing either"
        } else {
            "Whether what you named is unsafe it cannot tell"
        };
        say(
            session,
            &format!(
                "Our scan finds nothing in it, which does not mean that there is nothing. {of_named}, so that nothing is written down."
            ),
        )?;
        return Ok(Ended::Pass);
    }
    let mut reviewed = look(session, &foreign, &found, by_chance(change, &named))?;
    for (finding, skill) in found {
        let is_named = named.iter().any(|(path, line)| {
            *path == finding.path.display() && line.abs_diff(finding.line) <= NEAR
        });
        let mark = session.paint.mark(Some(is_named));
        let says = if is_named {
            "you named it"
        } else {
            "you did not name it"
        };
        let place = format!("{}:{} {}: {says}", finding.path, finding.line, finding.rule);
        let place = session.paint.hanging(&format!("{mark} "), &place);
        let message = session.paint.prose(&finding.message);
        output::write(format!("\n{place}{message}").as_bytes(), None)?;
        let Some(is_right) = is_right(session)? else {
            say(
                session,
                "You left half-way: none of it counts. You have seen what our scan finds in it, so that these commits do not count later either.",
            )?;
            return Ok(Ended::Pass);
        };
        if is_right && let Some(row) = reviewed.get_mut(&foreign.place(finding, skill)) {
            row.caught.of += 1;
            row.caught.named += u32::from(is_named);
        }
    }
    finish(session, reviewed)
}

/// What was caught of one skill in one commit.
struct Reviewed {
    caught: Caught,
    /// The line of the ledger, unless the commit was reviewed before.
    line: Option<Attempt>,
}

/// Writes down, before the first finding is shown, that these commits were looked at: whoever has seen what our scan
/// finds in them cannot find it any more.
fn look(
    session: &Session<'_>,
    foreign: &ForeignChange<'_>,
    found: &[(&ChangeFinding, (Language, WeaknessClass))],
    by_chance: u8,
) -> Result<BTreeMap<Place, Reviewed>> {
    let caught = Caught {
        named: 0,
        of: 0,
        by_chance,
    };
    let places: BTreeSet<Place> = found
        .iter()
        .map(|(finding, skill)| foreign.place(finding, *skill))
        .collect();
    let mut reviewed = BTreeMap::new();
    for place in places {
        let (key, language, class) = &place;
        let line = (session.progress.times(key) == 0).then(|| Attempt {
            caught: Some(caught),
            ..own::line(
                session,
                AttemptKind::Catch,
                key,
                (*language, *class),
                AttemptOutcome::Wrong,
            )
        });
        if let Some(line) = &line {
            session.append(line)?;
        }
        reviewed.insert(place, Reviewed { caught, line });
    }
    Ok(reviewed)
}

/// The share of the added lines that lie by a named place, in per cent, rounded up.
fn by_chance(change: &Change, named: &[(String, u32)]) -> u8 {
    let (mut near, mut all) = (0_u64, 0_u64);
    for hunk in &change.hunks {
        let path = hunk.path.display();
        for line in hunk.start..hunk.start + hunk.lines {
            all += 1;
            let is_near =
                |(at, named): &(String, u32)| *at == path && line.abs_diff(*named) <= NEAR;
            near += u64::from(named.iter().any(is_near));
        }
    }
    let share = u8::try_from((near * 100).div_ceil(all.max(1))).unwrap_or(100);
    // What lies around one place is half of a small change, and yet one place is the least that can be named.
    if named.len() == 1 {
        share.min(MOST_BY_CHANCE)
    } else {
        share
    }
}

fn finish(session: &Session<'_>, reviewed: BTreeMap<Place, Reviewed>) -> Result<Ended> {
    let mut out = String::from("\n");
    let mut sums: BTreeMap<(Language, WeaknessClass), Caught> = BTreeMap::new();
    let (mut is_known, mut is_new) = (false, false);
    for ((_, language, class), Reviewed { caught, line }) in reviewed {
        if caught.of == 0 {
            continue;
        }
        let sum = sums.entry((language, class)).or_insert(Caught {
            named: 0,
            of: 0,
            ..caught
        });
        sum.named += caught.named;
        sum.of += caught.of;
        let Some(line) = line else {
            is_known = true;
            continue;
        };
        is_new = true;
        let outcome = if caught.named == caught.of {
            AttemptOutcome::Right
        } else {
            AttemptOutcome::Wrong
        };
        session.append(&Attempt {
            outcome,
            caught: Some(caught),
            ..line
        })?;
    }
    for ((language, class), caught) in &sums {
        writeln!(
            out,
            "{language}/{class}: {} of {} caught",
            caught.named, caught.of
        )?;
    }
    let share = sums.values().map(|caught| caught.by_chance).max();
    match share {
        None => out.push_str(
            "You called none of them right: nothing counts. You have seen them, so that these commits do not count later either.\n",
        ),
        Some(share) if share > MOST_BY_CHANCE => writeln!(
            out,
            "The places that you named reach over {share} % of the lines that were added: so much is right by chance, and counts for nothing."
        )?,
        Some(_) => {
            if is_known {
                out.push_str("Commits that you reviewed before counted then.\n");
            }
            if is_new {
                out.push_str(&session.not_recorded());
            }
        }
    }
    say(session, &out)?;
    Ok(Ended::Pass)
}

fn say(session: &Session<'_>, text: &str) -> Result<()> {
    output::write(session.paint.told(text).as_bytes(), None)
}

/// The change as git shows it: only what was seen can be caught.
fn diff(session: &Session<'_>, repository: &Path, change: &Change) -> Result<String> {
    let range = &change.range;
    let from = range.fork.as_ref().or(range.base.as_ref());
    let (Some(from), Some(to)) = (from.map(CommitId::as_str), range.head.as_ref()) else {
        return Err(LearnError::Cannot("there is nothing to compare with here".to_owned()).into());
    };
    let folded: Vec<&ChangedFile> = change
        .files
        .iter()
        .filter(|file| file.class == FileClass::Generated)
        .collect();
    let without: Vec<String> = folded
        .iter()
        .flat_map(|file| [Some(&file.path), file.previous_path.as_ref()])
        .flatten()
        .map(|path| format!(":(top,exclude,literal){}", path.display()))
        .collect();
    // Neither a program for differences nor one that turns a file into text runs.
    let mut arguments = vec![
        "diff",
        "--no-color",
        "--no-ext-diff",
        "--no-textconv",
        from,
        to.as_str(),
        "--",
        ":(top)",
    ];
    arguments.extend(without.iter().map(String::as_str));
    let text = own::git(repository, &arguments)?;
    // A diff is text of strangers: it does not steer the terminal.
    let plain = |c: char| {
        if c.is_control() && c != '\n' && c != '\t' {
            '?'
        } else {
            c
        }
    };
    let text: String = text.chars().map(plain).collect();
    let mut out = numbered(&text, session.paint);
    for file in folded {
        let path = visible(&file.path.display()).into_owned();
        let lines = counted(file.added + file.removed, "line");
        out.push_str(&session.paint.told(&format!(
            "{path}: {lines}, folded: a program wrote this file, or it is a lock file."
        )));
    }
    Ok(out)
}

/// A difference with the number that each line has in the new state before it.
fn numbered(diff: &str, paint: Paint) -> String {
    let mut out = String::with_capacity(diff.len() * 2);
    // The next line of the new state, and how many of both sides the hunk still has.
    let (mut next, mut left) = (0_u32, (0_u32, 0_u32));
    for line in diff.lines() {
        let number = match line.as_bytes().first() {
            Some(b'+') if left.1 > 0 => {
                left.1 -= 1;
                true
            }
            Some(b'-') if left.0 > 0 => {
                left.0 -= 1;
                false
            }
            Some(b' ') | None if left != (0, 0) => {
                left = (left.0.saturating_sub(1), left.1.saturating_sub(1));
                true
            }
            _ => {
                if let Some((first, old, new)) = hunk_header(line) {
                    (next, left) = (first, (old, new));
                }
                false
            }
        };
        if number {
            out.push_str(&paint.code(&format!("{next:>6} "), line, |_, text| text.to_owned()));
            next += 1;
        } else {
            out.push_str(&paint.code("       ", line, |_, text| text.to_owned()));
        }
    }
    out.push('\n');
    out
}

/// First line of the new state, and how many lines of both sides: `@@ -1,2 +3,4 @@`.
fn hunk_header(line: &str) -> Option<(u32, u32, u32)> {
    let mut sides = line.strip_prefix("@@ -")?.split(" @@").next()?.split(" +");
    let side = |text: &str| -> Option<(u32, u32)> {
        let mut parts = text.split(',');
        let first = parts.next()?.parse().ok()?;
        Some((first, parts.next().map_or(Some(1), |len| len.parse().ok())?))
    };
    let (old, new) = (side(sides.next()?)?, side(sides.next()?)?);
    Some((new.0, old.1, new.1))
}

/// The lines that are called unsafe; none when the question is left before it was answered to its end.
fn named(session: &Session<'_>, change: &Change) -> Result<Option<Vec<(String, u32)>>> {
    const QUESTION: &str =
        "Which line is unsafe, as FILE:LINE of the new state? Enter if there is no further one:";
    let mut named = Vec::new();
    loop {
        match session.answers.ask_or_leave(QUESTION)? {
            None => return Ok(None),
            Some(answer) if answer.is_empty() => return Ok(Some(named)),
            Some(answer) => match place(change, &answer) {
                Some(place) => named.push(place),
                None => say(session, &not_added(change))?,
            },
        }
    }
}

/// What to write instead, by the example of the change itself.
fn not_added(change: &Change) -> String {
    let example = change.hunks.first().map_or_else(String::new, |hunk| {
        format!(": write it as {}:{}", hunk.path, hunk.start)
    });
    format!("That is no line that the change adds{example}.\n")
}

/// `app/search.py:12`; the number alone where only one file gained lines.
fn place(change: &Change, answer: &str) -> Option<(String, u32)> {
    let mut files = change.hunks.iter().map(|hunk| hunk.path.display());
    let first = files.next()?;
    let is_single = files.all(|other| other == first);
    let (path, line) = match answer.rsplit_once(':') {
        Some((path, line)) => (path, line),
        None if is_single => (first.as_ref(), answer),
        None => return None,
    };
    let line: u32 = line.trim().parse().ok()?;
    let is_added = change.hunks.iter().any(|hunk| {
        hunk.path.display() == path && (hunk.start..hunk.start + hunk.lines).contains(&line)
    });
    is_added.then(|| (path.to_owned(), line))
}

/// Whether the reviewer agrees with a finding; Enter is no agreement. None when the question is left.
fn is_right(session: &Session<'_>) -> Result<Option<bool>> {
    loop {
        let Some(answer) = session
            .answers
            .ask_or_leave("Is it right? [y]es, [n]o, Enter if you cannot tell:")?
        else {
            return Ok(None);
        };
        match answer.to_ascii_lowercase().as_str() {
            "y" | "yes" => return Ok(Some(true)),
            "n" | "no" | "" => return Ok(Some(false)),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use trueline_report::Style;

    use super::*;

    #[test]
    fn lines_of_a_difference_bear_the_number_of_the_new_state() {
        let diff = "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -2,3 +2,3 @@ fn x()\n a\n-b\n+++ c\n \n@@ -9 +9,2 @@\n d\n+e\n";
        let want = concat!(
            "       diff --git a/x b/x\n",
            "       --- a/x\n",
            "       +++ b/x\n",
            "       @@ -2,3 +2,3 @@ fn x()\n",
            "     2  a\n",
            "       -b\n",
            "     3 +++ c\n",
            "     4  \n",
            "       @@ -9 +9,2 @@\n",
            "     9  d\n",
            "    10 +e\n",
            "\n",
        );
        assert_eq!(numbered(diff, Paint::new(Style::plain())), want);
    }
}
