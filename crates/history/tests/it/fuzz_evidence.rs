//! Evidence against the independent account, over random histories that rewrite themselves.
//!
//! No line may get an author whom the operations do not imply, and what can be found out must be.
//! `TRUELINE_FUZZ_STEPS` raises the number of operations, which are spread over worlds;
//! `TRUELINE_FUZZ_SEED` is the seed of the first one, and alone does that one. A failure prints seed
//! and operation log.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;

use trueline_facts::{Author, Confidence, Evidence, Grain, Origin};
use trueline_history::evidence::{
    EvidenceOptions, FileOrigins, NotesRead, OriginIx, Origins, fuse,
};
use trueline_history::model::History;
use trueline_history::repository::Repository;
use trueline_history::walk::{Deaths, Options, PathFilter, Silent, blame, read};

use crate::model::{At, World};
use crate::provenance::{Account, Habits, Scene, Whereabouts};
use crate::repo::{EPOCH, Repo};

const STEPS: usize = 500;
/// The seed of the first world, unless another is asked for: its worlds rewrite enough to say something.
const FIRST: u64 = 60_001;
/// Operations of one world.
const WORLD: usize = 250;
/// Operations between two comparisons.
const STRIDE: usize = 25;
/// Comparisons of which one is made with the readings of single files, too.
const COMPARED_ALONE: usize = 3;

#[derive(Default)]
struct Tally {
    steps: usize,
    scenes: usize,
    lines: usize,
    dead: usize,
    named: usize,
    /// Named for the trailer of the commit that added them, though somebody else had written them.
    covered: usize,
    /// Those of them whose evidence is somewhere in the world, by where.
    against: BTreeMap<Whereabouts, usize>,
    /// Lines whose evidence is there, and how many of them have it.
    recoverable: BTreeMap<Whereabouts, (usize, usize)>,
}

impl Tally {
    fn share(&self, of: impl Fn(Whereabouts) -> bool) -> (usize, usize) {
        let parts = self.recoverable.iter().filter(|(place, _)| of(**place));
        parts.fold((0, 0), |sum, (_, part)| (sum.0 + part.0, sum.1 + part.1))
    }
}

/// Prints what is needed to repeat a failure, while the panic unwinds.
struct Witness(u64, String);

impl Drop for Witness {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("seed {}\n{}", self.0, self.1);
        }
    }
}

fn ids(account: &Account) -> Vec<String> {
    Repo::new().import_each(account.len(), |at, ids| account.commit(EPOCH, at, ids))
}

/// One scene, read.
struct View<'v> {
    world: &'v World,
    account: &'v Account<'v>,
    scene: &'v Scene,
    at_of: &'v BTreeMap<String, At>,
    history: &'v History,
    origins: &'v Origins,
}

impl View<'_> {
    /// The commit that added a line, and the line; checks its origin.
    fn line(
        &self,
        commit: trueline_history::model::CommitIx,
        path: trueline_history::model::PathIx,
        line: u32,
        origin: OriginIx,
    ) -> (At, crate::model::Token) {
        let added = self.at_of[&self.history.commit(commit).id.to_string()];
        let path = self.history.path(path).to_string();
        let Some(file) = self.world.commits[added].tree.get(&path) else {
            panic!(
                "{path} is not in {added}, which is named for it at {}",
                self.scene.tip
            );
        };
        let token = file.tokens[line as usize];
        let origin = self.origins.origin(origin);
        let at_of = |evidence: &Evidence| {
            let commit = evidence.commit.as_ref().unwrap().as_str();
            let Some(at) = self.at_of.get(commit) else {
                panic!("evidence on {commit}, which is none of the world's: {evidence:?}");
            };
            *at
        };
        let objection = self
            .account
            .objection(self.scene, added, token, origin, at_of);
        if let Some(objection) = objection {
            let evidence: Vec<_> = origin.evidence.iter().map(|e| (at_of(e), e)).collect();
            panic!(
                "at {}, line {} of {path}, which {:?} made in {} and {added} added: {objection}: \
                 {:?} {:?} {evidence:?}",
                self.scene.tip,
                token.number,
                self.account.writer(token),
                token.maker,
                origin.author,
                origin.confidence
            );
        }
        (added, token)
    }

    fn check(&self, tally: &mut Tally) {
        let blame = gaps_wanted();
        tally.scenes += 1;
        for file in &self.origins.files {
            for run in &file.runs {
                for line in 0..run.len {
                    let original = run.original_start + line;
                    let (added, token) =
                        self.line(run.commit, run.original_path, original, run.origin);
                    let origin = self.origins.origin(run.origin);
                    tally.lines += 1;
                    tally.named += usize::from(origin.author != Author::Unknown);
                    let kept = self.account.is_kept(token, origin);
                    if !kept && origin.author != Author::Unknown {
                        tally.covered += 1;
                        // A trailer covers what others wrote: whoever reads the line must see that.
                        assert_eq!(origin.evidence[0].grain, Grain::Commit, "{origin:?}");
                        assert!(origin.confidence < Confidence::High, "{origin:?}");
                    }
                    let Some(place) = self.account.whereabouts(self.scene, added, token) else {
                        continue;
                    };
                    if !kept && origin.author != Author::Unknown {
                        *tally.against.entry(place).or_default() += 1;
                    }
                    let part = tally.recoverable.entry(place).or_default();
                    part.0 += 1;
                    part.1 += usize::from(kept);
                    if blame && !kept {
                        eprintln!(
                            "gap: {place:?} at {}: {} made in {} added in {added}: {:?} {:?}",
                            self.scene.tip,
                            token.number,
                            token.maker,
                            self.account.writer(token),
                            origin.author
                        );
                    }
                }
            }
        }
        let mut within = 0;
        let mut last = None;
        for part in &self.origins.deaths {
            if last != Some(part.death) {
                (last, within) = (Some(part.death), 0);
            }
            let death = &self.history.deaths[part.death as usize];
            for line in 0..part.len {
                if let Some(born) = death.born {
                    let original = death.original_start + within + line;
                    self.line(born, death.path, original, part.origin);
                }
                tally.dead += 1;
            }
            within += part.len;
        }
    }
}

fn one_world(seed: u64, steps: usize, habits: Habits, tally: &mut Tally) {
    let mut world = World::new(seed);
    let mut pauses: Vec<(At, Vec<At>, usize)> = Vec::new();
    for step in 1..=steps {
        world.step();
        if step % STRIDE == 0 {
            let branch = world.below(world.branches.len());
            let tip = world.branches[branch];
            pauses.push((tip, world.branches.clone(), world.commits.len()));
        }
    }
    let mut account = Account::of(&world, seed, habits);
    let witness = Witness(seed, account.log());
    if gaps_wanted() {
        eprintln!("seed {seed}\n{}", witness.1);
    }
    let ids = ids(&account);
    let at_of: BTreeMap<String, At> = ids.iter().cloned().zip(0..).collect();
    for (nth, (tip, branches, commits)) in pauses.into_iter().enumerate() {
        let scene = account.scene(tip, &branches, commits);
        let repo = Repo::new();
        repo.git_with(
            &["fast-import", "--quiet", "--done"],
            &account.fast_import(EPOCH, &scene, &ids),
        );
        let repository = Repository::discover(repo.path()).unwrap();
        let options = Options {
            window_days: 30,
            deaths: Deaths::TracedExcept(PathFilter {
                name: "none",
                contains: |_| false,
            }),
            ..Options::default()
        };
        let never = AtomicBool::new(false);
        let history = read(&repository, None, &options, None, &never, &Silent).unwrap();
        let origins = fuse(&repository, &history, &EvidenceOptions::default(), &never);
        assert_eq!(origins.diagnostics, []);
        let view = View {
            world: &world,
            account: &account,
            scene: &scene,
            at_of: &at_of,
            history: &history,
            origins: &origins,
        };
        view.check(tally);
        if nth % COMPARED_ALONE == 0 {
            few_files_say_what_all_say(&repository, &history, &origins);
        }
    }
    tally.steps += steps;
    drop(witness);
}

/// A reading of one file at a time must tell of each line what the reading of all tells.
fn few_files_say_what_all_say(repository: &Repository, history: &History, origins: &Origins) {
    let never = AtomicBool::new(false);
    let of_lines = EvidenceOptions {
        notes: NotesRead::OfLines,
        ..EvidenceOptions::default()
    };
    for file in &origins.files {
        let path = history.path(file.path).clone();
        let options = Options::default();
        let blamed = blame(repository, None, &[path], &options, &never).unwrap();
        let alone = fuse(repository, &blamed.history, &of_lines, &never);
        let all = lines_of(history, origins, file);
        let few = lines_of(&blamed.history, &alone, &alone.files[0]);
        for (line, (all, few)) in all.iter().zip(&few).enumerate() {
            assert_eq!(all, few, "{}:{}", history.path(file.path), line + 1);
        }
        assert_eq!(all.len(), few.len());
    }
}

/// Commit and origin of each line of a file.
fn lines_of(history: &History, origins: &Origins, file: &FileOrigins) -> Vec<(String, Origin)> {
    let lines = file.runs.iter().flat_map(|run| {
        let commit = history.commit(run.commit).id.to_string();
        let origin = origins.origin(run.origin).clone();
        std::iter::repeat_n((commit, origin), run.len as usize)
    });
    lines.collect()
}

/// Whether to print each line that should have been recovered and was not.
fn gaps_wanted() -> bool {
    std::env::var_os("TRUELINE_FUZZ_GAPS").is_some()
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

/// Lines behind rewrites from which on a share of them says something: fewer hang on a few
/// operations of one world.
const ENOUGH: usize = 500;

/// Worlds of random operations, read and checked.
fn worlds(habits: Habits) -> Tally {
    let mut tally = Tally::default();
    let seed = number("TRUELINE_FUZZ_SEED");
    let steps = number("TRUELINE_FUZZ_STEPS").map_or_else(
        || if seed.is_some() { WORLD } else { STEPS },
        |steps| steps as usize,
    );
    let first = seed.unwrap_or(FIRST);
    println!("seeds from {first}, {} worlds", steps.div_ceil(WORLD));
    for nth in 0..steps.div_ceil(WORLD) {
        let here = WORLD.min(steps - nth * WORLD);
        one_world(first + nth as u64, here, habits, &mut tally);
    }
    tally
}

#[test]
fn what_git_and_forges_rewrite_by_themselves_keeps_its_authors() {
    let tally = worlds(Habits::Usual);
    let (recoverable, recovered) = tally.share(|_| true);
    println!(
        "{} steps, {} scenes, {} lines and {} dead ones: {recovered} of {recoverable} recoverable \
         recovered ({:.1} %): {:?}; covered by a trailer: {:?}",
        tally.steps,
        tally.scenes,
        tally.lines,
        tally.dead,
        100.0 * recovered as f64 / recoverable.max(1) as f64,
        tally.recoverable,
        tally.against
    );
    assert!(
        recovered * 100 >= recoverable * 98,
        "{recovered} of {recoverable} recoverable lines keep their origin: {:?}",
        tally.recoverable
    );
    assert!(
        recoverable > tally.steps,
        "the worlds have hardly any evidence"
    );
}

#[test]
fn no_line_of_random_histories_has_a_wrong_author_and_what_is_recoverable_is_recovered() {
    let tally = worlds(Habits::Careless);
    let seed = number("TRUELINE_FUZZ_SEED");
    // What nothing but content ties is asked for apart: a few lines in common must not be enough.
    let (recoverable, recovered) = tally.share(|place| !place.is_untied());
    let (hidden, found) = tally.share(Whereabouts::is_inferred);
    let (untied, tied) = tally.share(Whereabouts::is_untied);
    println!(
        "{} steps, {} scenes, {} lines and {} dead ones: {} named, {} of them ({:.1} %) for the \
         trailer of the commit alone; {recovered} of {recoverable} recoverable recovered, \
         {found} of {hidden} by inference, {tied} of {untied} by \
         content alone: {:?}; covered by a trailer: {:?}",
        tally.steps,
        tally.scenes,
        tally.lines,
        tally.dead,
        tally.named,
        tally.covered,
        100.0 * tally.covered as f64 / tally.named.max(1) as f64,
        tally.recoverable,
        tally.against
    );
    // A seed of somebody's choice is one small world: it may have little to recover.
    if seed.is_some() && hidden < ENOUGH {
        return;
    }
    assert!(
        recovered * 100 >= recoverable * 98,
        "{recovered} of {recoverable} recoverable lines keep their origin: {:?}",
        tally.recoverable
    );
    let least = if hidden < ENOUGH { 90 } else { 98 };
    assert!(
        found * 100 >= hidden * least,
        "{found} of {hidden} hidden lines keep their origin: {:?}",
        tally.recoverable
    );
    // In these worlds branches squash each other again and again, and every file is renamed; what
    // another author lands in part is left unknown.
    if untied >= ENOUGH {
        assert!(
            tied * 100 >= untied * 55,
            "{tied} of {untied} lines keep their origin that content alone ties: {:?}",
            tally.recoverable
        );
    }
    assert!(hidden > tally.steps / 10, "hardly anything was rewritten");
    assert!(
        recoverable > tally.steps,
        "the worlds have hardly any evidence"
    );
}
