//! Encouraged zones: folders in which AI code lasts and is rarely fixed, so that gates can be lighter.
//!
//! The unit is a change's AI lines in a folder, not a line: lines of one change share their fate. Both questions are asked
//! against what other code of the repository comes to, since how long code lasts differs more between repositories than
//! within one: a folder qualifies if enough such changes were watched for 90 days, and even the upper end of the interval
//! of those that were fixed is no worse, and the lower end of those that last no worse, than for other code.

use std::collections::{BTreeMap, BTreeSet};

use bstr::ByteSlice;
use trueline_facts::Proportion;
use trueline_facts::RepoPath;
use trueline_facts::change::FileClass;
use trueline_facts::suggestion::{SuggestedZone, ZoneKind};
use trueline_facts::usage::Purpose;
use trueline_history::model::{CommitIx, PathIx};

use super::zones::escaped;
use crate::change::class;
use crate::past::Past;

/// Days that a change must have been watched for.
const WATCHED: i64 = 90;
/// Changes with AI lines that a folder must have had.
const FEWEST: u64 = 10;
/// AI lines of a change in a folder that are more than a touch.
const LINES: u64 = 5;
/// Share of its lines that still stand after those days in a change that lasts.
const STANDING: f64 = 0.8;
/// Folders are looked at down to this level.
const DEPTH: usize = 3;
/// Folders that are proposed at most.
const MOST: usize = 5;

/// Lines that one change wrote in one folder.
#[derive(Clone, Copy, Default)]
struct Part {
    lines: u64,
    gone: u64,
    fixed: bool,
}

impl Part {
    fn lasts(self) -> bool {
        (self.lines - self.gone.min(self.lines)) as f64 >= STANDING * self.lines as f64
    }
}

/// A folder with what became of the AI changes in it, beside what other code at its depth comes to.
#[derive(Clone, PartialEq, Debug)]
struct Seen<'p> {
    folder: &'p str,
    fixed: Proportion,
    lasting: Proportion,
    usually_fixed: f64,
    usually_lasting: f64,
}

impl Seen<'_> {
    fn qualifies(&self) -> bool {
        self.fixed.high <= self.usually_fixed && self.lasting.low >= self.usually_lasting
    }

    /// How far it is from that, by the worse of the two.
    fn lacks(&self) -> f64 {
        let fixed = self.fixed.high - self.usually_fixed;
        fixed.max(self.usually_lasting - self.lasting.low)
    }

    fn told(&self) -> String {
        let percent = |share: f64| (share * 100.0).round();
        format!(
            "{} of {} AI changes were fixed within 90 days ({:.0}-{:.0} %; other code {:.0} %), {} of {} still have most of their \
             lines ({:.0}-{:.0} %; other code {:.0} %)",
            self.fixed.hits,
            self.fixed.of,
            percent(self.fixed.low),
            percent(self.fixed.high),
            percent(self.usually_fixed),
            self.lasting.hits,
            self.lasting.of,
            percent(self.lasting.low),
            percent(self.lasting.high),
            percent(self.usually_lasting)
        )
    }
}

type Parts = BTreeMap<(String, usize, bool), Part>;

/// Finds them, or says what came nearest; none lies in or around a sensitive zone.
pub(super) fn find(
    past: &Past<'_>,
    sensitive: &[SuggestedZone],
) -> (Vec<SuggestedZone>, Option<String>) {
    let parts = parts(past);
    let folders: Vec<String> = sensitive
        .iter()
        .flat_map(|zone| &zone.paths)
        .map(|glob| {
            let plain = glob.trim_start_matches('/').trim_end_matches("/**");
            plain.replace('\\', "")
        })
        .collect();
    let (chosen, nearest) = choose(&parts, &folders);
    let mut ids: BTreeSet<String> = BTreeSet::new();
    let zones = chosen.iter().map(|seen| zone(past, seen, &mut ids));
    let nearest = nearest.map(|seen| format!("`{}`: {}", seen.folder, seen.told()));
    (zones.collect(), nearest)
}

/// The folders that qualify; where none does, the one that lacks least.
fn choose<'p>(parts: &'p Parts, sensitive: &[String]) -> (Vec<Seen<'p>>, Option<Seen<'p>>) {
    let depth = |folder: &str| folder.matches('/').count() + 1;
    // What code that is not known to be AI's comes to, at each level.
    let mut others: BTreeMap<usize, Vec<Part>> = BTreeMap::new();
    let mut ai: BTreeMap<&str, Vec<Part>> = BTreeMap::new();
    for ((folder, _, is_ai), part) in parts {
        if part.lines < LINES {
            continue;
        }
        if *is_ai {
            ai.entry(folder).or_default().push(*part);
        } else {
            others.entry(depth(folder)).or_default().push(*part);
        }
    }
    let count =
        |of: &[Part], is: fn(&Part) -> bool| of.iter().filter(|part| is(part)).count() as u64;
    let mut chosen: Vec<Seen<'_>> = Vec::new();
    let mut nearest: Option<Seen<'_>> = None;
    for (folder, of) in &ai {
        let overlaps = |other: &str| {
            let (a, b) = (format!("{folder}/"), format!("{other}/"));
            a.starts_with(&b) || b.starts_with(&a)
        };
        let is_taken = sensitive.iter().any(|other| overlaps(other))
            || chosen.iter().any(|other| overlaps(other.folder));
        let usual = others.get(&depth(folder));
        let usual = usual.filter(|all| all.len() as u64 >= FEWEST);
        let (Some(usual), false) = (usual, is_taken || (of.len() as u64) < FEWEST) else {
            continue;
        };
        let all = usual.len() as f64;
        let seen = Seen {
            folder,
            fixed: Proportion::new(count(of, |part| part.fixed), of.len() as u64),
            lasting: Proportion::new(count(of, |part| part.lasts()), of.len() as u64),
            usually_fixed: count(usual, |part| part.fixed) as f64 / all,
            usually_lasting: count(usual, |part| part.lasts()) as f64 / all,
        };
        if seen.qualifies() {
            chosen.push(seen);
        } else if nearest.as_ref().is_none_or(|n| seen.lacks() < n.lacks()) {
            nearest = Some(seen);
        }
    }
    chosen.sort_by(|a, b| (b.fixed.of, a.folder).cmp(&(a.fixed.of, b.folder)));
    chosen.truncate(MOST);
    chosen.sort_by_key(|seen| seen.folder);
    let nearest = nearest.filter(|_| chosen.is_empty());
    (chosen, nearest)
}

fn zone(past: &Past<'_>, seen: &Seen<'_>, ids: &mut BTreeSet<String>) -> SuggestedZone {
    let history = &past.told.0;
    let below = RepoPath::from(seen.folder);
    let files = history
        .files
        .iter()
        .filter(|file| history.path(file.path).is_below(&below))
        .count() as u64;
    let name: String = seen
        .folder
        .to_lowercase()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .collect();
    let mut id = format!("ai-{}", name.trim_matches('-'));
    while !ids.insert(id.clone()) {
        id.push_str("-2");
    }
    SuggestedZone {
        id,
        kind: ZoneKind::Encouraged,
        paths: vec![format!("/{}/**", escaped(seen.folder))],
        files,
        changes: seen.fixed.of,
        champions: Vec::new(),
        why: format!("AI code lasts here: {}", seen.told()),
    }
}

/// Lines by folder, change and whether a tool wrote them, with what became of them in 90 days.
fn parts(past: &Past<'_>) -> Parts {
    let (history, origins) = &*past.told;
    let now = history.now();
    let mut step_of: BTreeMap<CommitIx, usize> = BTreeMap::new();
    for at in past.chosen.clone() {
        let Some(step) = past.steps.get(at) else {
            continue;
        };
        if !step.cut && now.days_since(step.merged) >= WATCHED {
            step_of.extend(step.commits.iter().map(|ix| (*ix, at)));
        }
    }
    let folders: Vec<Vec<String>> = history.paths.iter().map(folders).collect();
    let mut parts = Parts::new();
    let mut add =
        |path: PathIx, born: CommitIx, is_ai: bool, lines: u64, died: Option<CommitIx>| {
            let Some(at) = step_of.get(&born) else { return };
            let age = died.and_then(|died| {
                let merged = past.steps.get(*at)?.merged;
                Some(history.commit(died).committer_time.days_since(merged))
            });
            let is_gone = age.is_some_and(|days| days <= WATCHED);
            let is_fix = died.is_some_and(|died| {
                origins.commit(died).purpose == Purpose::Fix && step_of.get(&died) != Some(at)
            });
            for folder in folders.get(path.0 as usize).into_iter().flatten() {
                let known = parts.entry((folder.clone(), *at, is_ai)).or_default();
                known.lines += lines;
                known.gone += if is_gone { lines } else { 0 };
                known.fixed |= is_gone && is_fix;
            }
        };
    for run in origins.files.iter().flat_map(|file| &file.runs) {
        let origin = origins.origin(run.origin);
        if origin.is_upper_bound() {
            continue;
        }
        let is_ai = origin.is_ai();
        add(
            run.original_path,
            run.commit,
            is_ai,
            u64::from(run.len),
            None,
        );
    }
    for part in &origins.deaths {
        let Some(death) = history.deaths.get(part.death as usize) else {
            continue;
        };
        if let Some(born) = death.born {
            let origin = origins.origin(part.origin);
            if origin.is_upper_bound() {
                continue;
            }
            let is_ai = origin.is_ai();
            add(
                death.path,
                born,
                is_ai,
                u64::from(part.len),
                Some(death.died),
            );
        }
    }
    parts
}

/// The folders above a path of code or tests, down to a level; the root is none.
fn folders(path: &RepoPath) -> Vec<String> {
    if !matches!(class(path), FileClass::Source | FileClass::Test) {
        return Vec::new();
    }
    let Ok(text) = path.as_bytes().to_str() else {
        return Vec::new();
    };
    text.match_indices('/')
        .take(DEPTH)
        .filter_map(|(end, _)| text.get(..end))
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `changes` in a folder, of which the first `fixed` were fixed and the first `gone` lost all of their lines.
    fn put(
        parts: &mut Parts,
        folder: &str,
        is_ai: bool,
        changes: usize,
        fixed: usize,
        gone: usize,
    ) {
        let from = parts.len();
        for at in 0..changes {
            let part = Part {
                lines: 20,
                gone: if at < gone { 20 } else { 0 },
                fixed: at < fixed,
            };
            parts.insert((folder.to_owned(), from + at, is_ai), part);
        }
    }

    /// A repository in which half of the other code is fixed and half of it is gone.
    fn busy() -> Parts {
        let mut parts = Parts::new();
        put(&mut parts, "src", false, 100, 50, 50);
        parts
    }

    fn folders(parts: &Parts, sensitive: &[String]) -> Vec<String> {
        let (chosen, _) = choose(parts, sensitive);
        chosen.iter().map(|seen| seen.folder.to_owned()).collect()
    }

    #[test]
    fn a_folder_is_encouraged_by_what_other_code_of_the_repository_comes_to() {
        let mut parts = busy();
        // A third is gone after 90 days: less than of other code, also by the ends of the intervals.
        put(&mut parts, "tools", true, 60, 15, 20);
        assert_eq!(folders(&parts, &[]), ["tools"]);
        let (chosen, nearest) = choose(&parts, &[]);
        assert_eq!(nearest, None);
        let told = chosen[0].told();
        assert!(
            told.starts_with(
                "15 of 60 AI changes were fixed within 90 days (16-37 %; other code 50 %)"
            ),
            "{told}"
        );
        assert!(
            told.ends_with("40 of 60 still have most of their lines (54-77 %; other code 50 %)"),
            "{told}"
        );
        // Where other code hardly changes, the same is nothing to encourage.
        let mut quiet = Parts::new();
        put(&mut quiet, "src", false, 100, 5, 5);
        put(&mut quiet, "tools", true, 60, 15, 20);
        assert!(folders(&quiet, &[]).is_empty());
    }

    #[test]
    fn both_must_hold_and_by_the_ends_of_the_intervals() {
        // Rarely fixed, but rewritten.
        let mut parts = busy();
        put(&mut parts, "drafts", true, 60, 10, 35);
        assert!(folders(&parts, &[]).is_empty());
        // It lasts, but is fixed like the rest.
        let mut parts = busy();
        put(&mut parts, "core", true, 60, 28, 5);
        assert!(folders(&parts, &[]).is_empty());
        // Better than the rest, by too few changes for the interval.
        let mut parts = busy();
        put(&mut parts, "new", true, 12, 4, 4);
        assert!(folders(&parts, &[]).is_empty());
        // Nine changes say nothing at all.
        let mut parts = busy();
        put(&mut parts, "small", true, 9, 0, 0);
        assert_eq!(choose(&parts, &[]), (Vec::new(), None));
    }

    #[test]
    fn the_nearest_is_told_where_none_qualifies() {
        let mut parts = busy();
        put(&mut parts, "core", true, 60, 40, 40);
        put(&mut parts, "new", true, 12, 4, 4);
        let (chosen, nearest) = choose(&parts, &[]);
        assert!(chosen.is_empty());
        assert_eq!(nearest.map(|seen| seen.folder), Some("new"));
    }

    #[test]
    fn no_encouraged_folder_lies_in_or_around_a_sensitive_one() {
        let mut parts = busy();
        put(&mut parts, "tools", true, 60, 5, 5);
        assert!(folders(&parts, &["tools/auth".to_owned()]).is_empty());
        assert!(folders(&parts, &["tools".to_owned()]).is_empty());
        assert_eq!(folders(&parts, &["toolsmith".to_owned()]), ["tools"]);
    }
}
