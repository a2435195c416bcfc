//! The walk against the independent model, over random histories.
//!
//! `TRUELINE_FUZZ_STEPS` raises the number of operations, which are spread over worlds: a comparison
//! reads a whole history, so one ever longer world would cost the square of its length.
//! `TRUELINE_FUZZ_SEED` is the seed of the first one, and alone does that one. A failure prints seed and operation log.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::sync::atomic::AtomicBool;

use trueline_cache::{Cache, Candidate};
use trueline_history::model::{ChangeKind, FileContent, History, RunEnd};
use trueline_history::repository::Repository;
use trueline_history::walk::{Deaths, Options, PathFilter, Silent, read};

use crate::model::{At, World, time_of};
use crate::repo::{EPOCH, Repo};

const STEPS: usize = 1500;
/// Operations of one world.
const WORLD: usize = 500;
/// Operations between two comparisons.
const STRIDE: usize = 40;

fn none(_: &trueline_facts::RepoPath) -> bool {
    false
}

fn options(threads: usize, window_days: u32) -> Options {
    Options {
        window_days,
        deaths: Deaths::TracedExcept(PathFilter {
            name: "none",
            contains: none,
        }),
        threads: NonZeroUsize::new(threads),
    }
}

/// What was compared, for whoever runs more steps.
#[derive(Default)]
struct Tally {
    steps: usize,
    seeds: Vec<u64>,
    comparisons: usize,
    lines: usize,
    changes: usize,
    deaths: usize,
}

impl Tally {
    fn add(&mut self, history: &History) {
        self.comparisons += 1;
        self.changes += history.changes.len();
        self.deaths += history.deaths.len();
        self.lines += history
            .files
            .iter()
            .filter_map(|file| match &file.content {
                FileContent::Text(runs) => runs.last(),
                _ => None,
            })
            .map(|last| (last.start + last.len) as usize)
            .sum::<usize>();
    }
}

struct Imported {
    repo: Repo,
    ids: Vec<String>,
    by_id: BTreeMap<String, At>,
}

fn import(world: &World) -> Imported {
    let repo = Repo::new();
    let marks = repo.beside("marks");
    let export = format!("--export-marks={}", marks.display());
    repo.git_with(
        &["fast-import", "--quiet", "--done", &export],
        &world.fast_import(EPOCH),
    );
    let mut ids = vec![String::new(); world.commits.len()];
    for line in std::fs::read_to_string(marks).unwrap().lines() {
        let (mark, id) = line.split_once(' ').unwrap();
        id.clone_into(&mut ids[mark[1..].parse::<usize>().unwrap() - 1]);
    }
    let by_id = ids.iter().cloned().zip(0..).collect();
    Imported { repo, ids, by_id }
}

/// Every line of `at` has a valid origin, and is really there at that origin.
fn check_lines(world: &World, imported: &Imported, at: At, history: &History) {
    let tree = &world.commits[at].tree;
    assert_eq!(history.files.len(), tree.len());
    for file in &history.files {
        let path = history.path(file.path).to_string();
        let FileContent::Text(runs) = &file.content else {
            panic!("{path} at {at} is not text");
        };
        let tokens = &tree[&path].tokens;
        let mut next = 0;
        for run in runs {
            assert_eq!(run.start, next, "{path} at {at} has a gap");
            assert_eq!(run.end, RunEnd::Added);
            next += run.len;
            let origin = imported.by_id[&history.commit(run.commit).id.to_string()];
            let original = &world.commits[origin].tree[&history.path(run.path).to_string()];
            for line in 0..run.len {
                let token = tokens[(run.start + line) as usize];
                let valid = world.origins(at, token.number);
                assert!(
                    valid.contains(&origin),
                    "{path}:{} at {at} came from {origin}, not from {valid:?}",
                    run.start + line,
                );
                assert_eq!(
                    original.tokens[(run.original_start + line) as usize],
                    token,
                    "{path}:{} at {at} is elsewhere in {origin}",
                    run.start + line
                );
            }
        }
        assert_eq!(next as usize, tokens.len(), "{path} at {at}");
    }
}

/// Every change of every commit is the difference of the model's trees.
fn check_changes(world: &World, imported: &Imported, at: At, history: &History) {
    let mut found: BTreeMap<At, BTreeMap<String, ChangeKind>> = BTreeMap::new();
    for change in &history.changes {
        let commit = imported.by_id[&history.commit(change.commit).id.to_string()];
        found
            .entry(commit)
            .or_default()
            .insert(history.path(change.path).to_string(), change.kind);
    }
    for commit in world.ancestors(at) {
        let node = &world.commits[commit];
        if node.parents.len() > 1 {
            assert!(!found.contains_key(&commit), "{commit} is a merge");
            continue;
        }
        let empty = BTreeMap::new();
        let before = node
            .parents
            .first()
            .map_or(&empty, |p| &world.commits[*p].tree);
        let mut expected = BTreeMap::new();
        for path in before.keys().chain(node.tree.keys()) {
            let kind = match (before.get(path), node.tree.get(path)) {
                (None, _) => ChangeKind::Added,
                (_, None) => ChangeKind::Deleted,
                (Some(a), Some(b)) if a.tokens != b.tokens => ChangeKind::Modified,
                _ => continue,
            };
            expected.insert(path.clone(), kind);
        }
        assert_eq!(
            found.remove(&commit).unwrap_or_default(),
            expected,
            "changes of {commit}"
        );
    }
}

/// The lines that died are those that the model's commits removed, each born where it may be.
fn check_deaths(world: &World, imported: &Imported, at: At, history: &History) {
    let in_window = |at: At| time_of(EPOCH, at) >= history.window_start.0;
    let mut found: BTreeSet<(At, u32)> = BTreeSet::new();
    for death in &history.deaths {
        let died = imported.by_id[&history.commit(death.died).id.to_string()];
        let parent = world.commits[died].parents[0];
        let born = death
            .born
            .map(|ix| imported.by_id[&history.commit(ix).id.to_string()]);
        let place = &world.commits[born.unwrap_or(parent)].tree;
        let tokens = &place[&history.path(death.path).to_string()].tokens;
        for line in 0..death.len {
            let token = tokens[(death.original_start + line) as usize].number;
            assert!(found.insert((died, token)), "{token} died twice in {died}");
            let valid = world.origins(parent, token);
            match born {
                Some(born) => assert!(valid.contains(&born) && in_window(born)),
                None => assert!(valid.iter().any(|origin| !in_window(*origin))),
            }
        }
    }
    for commit in world.ancestors(at) {
        if !in_window(commit) {
            continue;
        }
        for (token, certain) in world.deaths(commit) {
            let there = found.remove(&(commit, token));
            assert!(there || !certain, "{token} did not die in {commit}");
        }
    }
    assert!(found.is_empty(), "these did not die: {found:?}");
}

fn same(a: &History, b: &History, what: &str) {
    assert_eq!(a.paths, b.paths, "{what}: paths");
    assert_eq!(a.files, b.files, "{what}: files");
    assert_eq!(a.changes, b.changes, "{what}: changes");
    assert_eq!(a.deaths, b.deaths, "{what}: deaths");
    assert_eq!(a.diagnostics, b.diagnostics, "{what}: diagnostics");
}

/// Prints what is needed to repeat a failure, while the panic unwinds.
struct Witness<'w>(u64, &'w World);

impl Drop for Witness<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("seed {}\n{}", self.0, self.1.log());
        }
    }
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

/// Seeds and operations of the worlds.
fn worlds() -> Vec<(u64, usize)> {
    let seed = number("TRUELINE_FUZZ_SEED");
    let steps = number("TRUELINE_FUZZ_STEPS").map_or_else(
        || if seed.is_some() { WORLD } else { STEPS },
        |steps| steps as usize,
    );
    let first = seed.unwrap_or(1);
    (0..steps.div_ceil(WORLD))
        .map(|nth| (first + nth as u64, WORLD.min(steps - nth * WORLD)))
        .collect()
}

/// A world and the tips at which to compare.
fn world(seed: u64, steps: usize) -> (World, Vec<At>) {
    let mut world = World::new(seed);
    let mut tips = Vec::new();
    for step in 1..=steps {
        world.step();
        if step % STRIDE == 0 {
            let branch = world.below(world.branches.len());
            tips.push(world.branches[branch]);
        }
    }
    (world, tips)
}

#[test]
fn every_line_of_random_histories_has_the_origin_that_the_model_gives_it() {
    let mut tally = Tally::default();
    for (seed, steps) in worlds() {
        let (world, tips) = world(seed, steps);
        let witness = Witness(seed, &world);
        let imported = import(&world);
        let repository = Repository::discover(imported.repo.path()).unwrap();
        let cache = Cache::open(
            &[Candidate::new(imported.repo.beside("cache"), "")],
            1 << 30,
        )
        .unwrap();
        for at in tips {
            let rev = Some(imported.ids[at].as_str());
            // A window that cuts through the history and moves with the tip, and one that does not.
            for window in [10, 365] {
                let go = AtomicBool::new(false);
                let walk = |threads, cache| {
                    let options = options(threads, window);
                    read(&repository, rev, &options, cache, &go, &Silent).unwrap()
                };
                let whole = walk(1, None);
                tally.add(&whole);
                check_lines(&world, &imported, at, &whole);
                check_changes(&world, &imported, at, &whole);
                check_deaths(&world, &imported, at, &whole);
                same(&whole, &walk(4, None), "four threads");
                same(&whole, &walk(2, Some(&cache)), "from an earlier walk");
                same(&whole, &walk(2, Some(&cache)), "from the same walk");
            }
        }
        tally.steps += steps;
        tally.seeds.push(seed);
        drop(witness);
    }
    println!(
        "{} steps, {} comparisons of {} lines, {} changes and {} deaths, none wrong; seeds {:?}",
        tally.steps, tally.comparisons, tally.lines, tally.changes, tally.deaths, tally.seeds
    );
    assert!(
        tally.lines > tally.steps && tally.deaths > 0,
        "hardly anything was compared"
    );
}

#[test]
fn git_blame_names_the_same_commits_paths_and_lines() {
    let (world, tips) = world(11, 160);
    let witness = Witness(11, &world);
    let imported = import(&world);
    let repository = Repository::discover(imported.repo.path()).unwrap();
    for at in tips {
        let id = imported.ids[at].as_str();
        let go = AtomicBool::new(false);
        let history = read(&repository, Some(id), &options(2, 1), None, &go, &Silent).unwrap();
        for file in &history.files {
            let path = history.path(file.path).to_string();
            let FileContent::Text(runs) = &file.content else {
                panic!("{path} is not text");
            };
            let blamed = imported
                .repo
                .git(&["blame", "--line-porcelain", id, "--", &path]);
            let mut expected = Vec::new();
            let mut place = None;
            for line in blamed.lines() {
                let mut words = line.split(' ');
                match words.next() {
                    Some("filename") => {
                        let (commit, number): (String, u32) = place.take().unwrap();
                        expected.push((commit, words.next().unwrap().to_owned(), number - 1));
                    }
                    Some(commit) if commit.len() == 40 => {
                        let number = words.next().unwrap().parse().unwrap();
                        place = Some((commit.to_owned(), number));
                    }
                    _ => {}
                }
            }
            let ours: Vec<(String, String, u32)> = runs
                .iter()
                .flat_map(|run| (0..run.len).map(move |line| (run, line)))
                .map(|(run, line)| {
                    (
                        history.commit(run.commit).id.to_string(),
                        history.path(run.path).to_string(),
                        run.original_start + line,
                    )
                })
                .collect();
            assert_eq!(ours, expected, "{path} at {at}");
        }
    }
    drop(witness);
}
