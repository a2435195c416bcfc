//! Encouraged zones: folders in which AI code lasts and is rarely fixed, so that gates can be lighter.
//!
//! The unit is a change's AI lines in a folder, not a line: lines of one change share their fate. A
//! folder qualifies if enough such changes were watched for 90 days, and even the upper end of the
//! interval of those that were fixed is no worse than what other code of the repository comes to.

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
/// Share of its AI lines that must still stand after those days.
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

/// Finds them; none lies in or around a sensitive zone.
pub(super) fn find(past: &Past<'_>, sensitive: &[SuggestedZone]) -> Vec<SuggestedZone> {
    let parts = parts(past);
    let depth = |folder: &str| folder.matches('/').count() + 1;
    // What code that is not known to be AI's comes to, at each level.
    let mut others: BTreeMap<usize, (u64, u64)> = BTreeMap::new();
    let mut ai: BTreeMap<&str, Vec<Part>> = BTreeMap::new();
    for ((folder, _, is_ai), part) in &parts {
        if part.lines < LINES {
            continue;
        }
        if *is_ai {
            ai.entry(folder).or_default().push(*part);
        } else {
            let (fixed, all) = others.entry(depth(folder)).or_default();
            *fixed += u64::from(part.fixed);
            *all += 1;
        }
    }
    let mut chosen: Vec<(&str, Proportion, f64, f64)> = Vec::new();
    for (folder, of) in &ai {
        let overlaps = |other: &str| {
            let (a, b) = (format!("{folder}/"), format!("{other}/"));
            a.starts_with(&b) || b.starts_with(&a)
        };
        let is_sensitive = sensitive.iter().flat_map(|zone| &zone.paths).any(|glob| {
            let plain = glob
                .trim_start_matches('/')
                .trim_end_matches("/**")
                .replace('\\', "");
            overlaps(&plain)
        });
        if is_sensitive || chosen.iter().any(|(other, ..)| overlaps(other)) {
            continue;
        }
        let fixed = of.iter().filter(|part| part.fixed).count() as u64;
        let share = Proportion::new(fixed, of.len() as u64);
        let lines: u64 = of.iter().map(|part| part.lines).sum();
        let gone: u64 = of.iter().map(|part| part.gone).sum();
        let standing = 1.0 - gone as f64 / lines.max(1) as f64;
        let Some((fixed, all)) = others.get(&depth(folder)).filter(|(_, all)| *all >= FEWEST)
        else {
            continue;
        };
        let usual = *fixed as f64 / *all as f64;
        if share.of >= FEWEST && standing >= STANDING && share.high <= usual {
            chosen.push((folder, share, standing, usual));
        }
    }
    chosen.sort_by(|a, b| (b.1.of, a.0).cmp(&(a.1.of, b.0)));
    chosen.truncate(MOST);
    chosen.sort_by_key(|(folder, ..)| *folder);
    let mut ids: BTreeSet<String> = BTreeSet::new();
    chosen
        .into_iter()
        .map(|(folder, share, standing, usual)| {
            zone(past, folder, share, standing, usual, &mut ids)
        })
        .collect()
}

fn zone(
    past: &Past<'_>,
    folder: &str,
    share: Proportion,
    standing: f64,
    usual: f64,
    ids: &mut BTreeSet<String>,
) -> SuggestedZone {
    let history = &past.told.0;
    let below = RepoPath::from(folder);
    let files = history
        .files
        .iter()
        .filter(|file| history.path(file.path).is_below(&below))
        .count() as u64;
    let name: String = folder
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
        paths: vec![format!("/{}/**", escaped(folder))],
        files,
        changes: share.of,
        champions: Vec::new(),
        why: format!(
            "AI code lasts here: {} of {} AI changes were fixed within 90 days (at most {:.0} %; other code {:.0} %), {:.0} % of \
             their lines stand",
            share.hits,
            share.of,
            (share.high * 100.0).ceil(),
            usual * 100.0,
            standing * 100.0
        ),
    }
}

/// Lines by folder, change and whether a tool wrote them, with what became of them in 90 days.
fn parts(past: &Past<'_>) -> BTreeMap<(String, usize, bool), Part> {
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
    let mut parts: BTreeMap<(String, usize, bool), Part> = BTreeMap::new();
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
