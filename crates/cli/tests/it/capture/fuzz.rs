//! Random work by several tools and persons in several clones, with rewrites, merges and notes that
//! travel; after every few steps each line of HEAD beside the account.
//!
//! No line may get a wrong name, and of the lines of agents at least 98 in 100 must have theirs. Between the lines
//! that are like no other stand some that any text has: none may have the name of an agent whose text was thrown
//! away, seen or unseen, before a person wrote the like.
//! `TRUELINE_FUZZ_STEPS` raises the number of steps (in worlds of 100), `TRUELINE_FUZZ_SEED` chooses
//! the first world. Each world prints what it came to; one that fails prints seed and operations, and the others
//! are played all the same.

use std::cell::RefCell;
use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use super::world::{Clone, Compared, THROWN_AWAY, TOOLS, Tool, Writer};

const STEPS: usize = 500;
const WORLD: usize = 100;
const STRIDE: usize = 20;

/// A small generator of its own: the same seed is the same world, whatever libraries do.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ mixed >> 31) % end as u64) as usize
    }

    fn tool(&mut self) -> Tool {
        TOOLS[self.below(TOOLS.len())]
    }
}

/// Prints what is needed to repeat a failure, while the panic unwinds; and a world that lost too much.
struct Witness {
    seed: u64,
    log: RefCell<String>,
}

impl Witness {
    #[expect(clippy::print_stderr, reason = "a failure prints how to repeat it")]
    fn tell(&self) {
        eprintln!("TRUELINE_FUZZ_SEED={}\n{}", self.seed, self.log.borrow());
    }
}

impl Drop for Witness {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.tell();
        }
    }
}

#[derive(Default)]
struct Tally {
    ai: usize,
    kept: usize,
    common: usize,
    named_as_beside: usize,
    named_otherwise: usize,
    /// Of the world that kept the least: how many of how many, and its seed.
    worst: Option<(usize, usize, u64)>,
    /// Worlds that were not played to their ends.
    failed: Vec<u64>,
}

impl Tally {
    fn add(&mut self, compared: &Compared) {
        self.ai += compared.ai;
        self.kept += compared.kept;
        self.common += compared.common;
        self.named_as_beside += compared.named_as_beside;
        self.named_otherwise += compared.named_otherwise;
    }

    fn and(mut self, other: Self) -> Self {
        self.ai += other.ai;
        self.kept += other.kept;
        self.common += other.common;
        self.named_as_beside += other.named_as_beside;
        self.named_otherwise += other.named_otherwise;
        let worlds = self.worst.into_iter().chain(other.worst);
        self.worst = worlds.min_by(|(kept, ai, _), (other, of, _)| (kept * of).cmp(&(other * ai)));
        self.failed.extend(other.failed);
        self
    }

    /// Of a hundred lines of agents at least 98 have their writer.
    const fn is_enough(&self) -> bool {
        self.kept * 100 >= self.ai * 98
    }
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn no_line_gets_a_wrong_name_and_few_are_lost() {
    let steps = number("TRUELINE_FUZZ_STEPS").map_or(STEPS, |steps| steps as usize);
    let first = number("TRUELINE_FUZZ_SEED").unwrap_or(1);
    let (next, worlds) = (AtomicU64::new(0), steps.div_ceil(WORLD) as u64);
    let players = std::thread::available_parallelism().map_or(1, usize::from);
    // Each world is a whole of its own: which thread plays it changes nothing.
    let tally = std::thread::scope(|scope| {
        let players: Vec<_> = (0..players)
            .map(|_| {
                scope.spawn(|| {
                    let mut tally = Tally::default();
                    loop {
                        let world = next.fetch_add(1, Ordering::Relaxed);
                        if world >= worlds {
                            return tally;
                        }
                        let seed = first + world;
                        match catch_unwind(AssertUnwindSafe(|| play(seed))) {
                            Ok(world) => {
                                println!("world {seed}: {} of {} kept", world.kept, world.ai);
                                tally = std::mem::take(&mut tally).and(world);
                            }
                            Err(_) => tally.failed.push(seed),
                        }
                    }
                })
            })
            .collect();
        players.into_iter().fold(Tally::default(), |sum, player| {
            sum.and(player.join().unwrap())
        })
    });
    println!(
        "worlds {first} to {}: {} of {} lines of agents kept in {steps} steps, at the least {:?}; of {} common lines {} have the name of a line beside them, {} another",
        first + worlds - 1,
        tally.kept,
        tally.ai,
        tally.worst,
        tally.common,
        tally.named_as_beside,
        tally.named_otherwise
    );
    assert!(
        tally.failed.is_empty(),
        "worlds that failed: {:?}",
        tally.failed
    );
    assert!(tally.is_enough(), "{} of {}", tally.kept, tally.ai);
}

fn play(seed: u64) -> Tally {
    let witness = Witness {
        seed,
        log: RefCell::default(),
    };
    let mut random = Random(seed);
    let mut world = Tally::default();
    let ada = Clone::new();
    ada.repeat_lines();
    ada.person("a.py", 0, 12);
    ada.person("b.py", 0, 8);
    ada.commit("base");
    let bob = ada.cloned("Bob");
    let clones = [&ada, &bob];
    for step in 0..WORLD {
        let which = random.below(2);
        let clone = clones[which];
        let did = act(clone, &mut random);
        writeln!(witness.log.borrow_mut(), "{step}: {which} {did}").unwrap();
        if step % STRIDE == STRIDE - 1 {
            for clone in clones {
                if !clone.git(&["status", "--porcelain"]).is_empty() {
                    clone.commit("what is left");
                }
                sync(clone);
                let compared = clone.compare();
                assert!(
                    compared.wrong.is_empty(),
                    "at {step}: {:#?}",
                    compared.wrong
                );
                if !compared.lost.is_empty() {
                    let lost = format!("lost at {step}: {:?}", compared.lost);
                    writeln!(witness.log.borrow_mut(), "{lost}").unwrap();
                }
                world.add(&compared);
            }
        }
    }
    if !world.is_enough() {
        witness.tell();
    }
    world.worst = Some((world.kept, world.ai, seed));
    world
}

/// An agent's text is thrown away before it is committed, and a person writes the like; where a hook saw that it
/// was gone, also the same, word for word.
fn thrown_away(clone: &Clone, random: &mut Random, file: &str, at: usize) -> String {
    let before = clone.read(file);
    let tracked = clone
        .try_git(&["cat-file", "-e", &format!("HEAD:{file}")])
        .status
        .success();
    let new = clone.lines(Writer::Ai(THROWN_AWAY.name), 1 + random.below(3));
    let mut text: Vec<&str> = before.lines().collect();
    text.insert(at.min(text.len()), new.trim_end_matches('\n'));
    let text: String = text
        .iter()
        .fold(String::new(), |text, line| text + line + "\n");
    clone.agent_writes(THROWN_AWAY, file, &text, || {});
    let how = match random.below(6) {
        0 if tracked => {
            clone.git(&["checkout", "--quiet", "HEAD", "--", file]);
            "checkout"
        }
        1 if tracked => {
            clone.git(&[
                "restore",
                "--source=HEAD",
                "--staged",
                "--worktree",
                "--",
                file,
            ]);
            "restore"
        }
        2 => {
            clone.git(&["stash", "--quiet", "--include-untracked"]);
            if random.below(2) == 0 {
                clone.command(random.tool(), "ls", || {});
            }
            clone.git(&["stash", "drop", "--quiet"]);
            "stash and drop"
        }
        3 if tracked => {
            clone.git(&["reset", "--quiet", "--hard"]);
            "reset"
        }
        _ if before.is_empty() => {
            std::fs::remove_file(clone.path().join(file)).unwrap();
            "remove"
        }
        _ => {
            clone.write(file, &before);
            "undo"
        }
    };
    let seen = random.below(2) == 0;
    if seen {
        clone.command(random.tool(), "ls", || {});
    }
    let now = clone.read(file);
    let mut lines: Vec<&str> = now.lines().collect();
    let again = seen && new.lines().count().is_multiple_of(2);
    let hers = if again {
        clone.retyped(&new);
        new
    } else {
        clone.alike(&new)
    };
    lines.splice(at.min(lines.len())..at.min(lines.len()), hers.lines());
    let text: String = lines
        .iter()
        .fold(String::new(), |text, line| text + line + "\n");
    clone.write(file, &text);
    format!(
        "text for {file} thrown away by {how}, seen: {seen}; a person writes the like, word for word: {again}"
    )
}

/// Commits and notes go to the remote and come from it.
fn sync(clone: &Clone) {
    clone.git(&["fetch", "--quiet", "origin"]);
    let merge = ["merge", "--quiet", "--no-edit", "origin/main"];
    if !clone.try_git(&merge).status.success() {
        resolve(clone);
        clone.commit("merge by hand");
    }
    clone.git(&["push", "--quiet", "origin", "HEAD:main"]);
    let run = clone.trueline(&["hook", "run", "share"], b"");
    assert!(run.status.success(), "{run:?}");
}

/// A person resolves by keeping both sides.
fn resolve(clone: &Clone) {
    let conflicts = clone.git(&["diff", "--name-only", "--diff-filter=U"]);
    for file in conflicts.lines() {
        let both: String = clone
            .read(file)
            .lines()
            .filter(|line| !line.starts_with(['<', '=', '>']))
            .fold(String::new(), |text, line| text + line + "\n");
        if clone.path().join(file).exists() {
            clone.write(file, &both);
        }
        clone.git(&["add", "--all", "--", file]);
    }
}

fn some_file(clone: &Clone, random: &mut Random) -> String {
    let mut files: Vec<String> = clone
        .git(&["ls-files", "--cached", "--others", "--exclude-standard"])
        .lines()
        .filter(|name| Path::new(name).extension().is_some_and(|end| end == "py"))
        .filter(|name| clone.path().join(name).exists())
        .map(str::to_owned)
        .collect();
    files.sort();
    files.dedup();
    if files.is_empty() || random.below(8) == 0 {
        return format!("n{}.py", random.below(40));
    }
    files.swap_remove(random.below(files.len()))
}

#[expect(clippy::too_many_lines, reason = "one arm an operation, side by side")]
fn act(clone: &Clone, random: &mut Random) -> String {
    let file = some_file(clone, random);
    let lines = clone.read(&file).lines().count();
    let at = random.below(lines + 1);
    let count = 1 + random.below(4);
    let tool = random.tool();
    let clean = || clone.git(&["status", "--porcelain"]).is_empty();
    let is_merge = || {
        clone
            .try_git(&["rev-parse", "--quiet", "--verify", "HEAD^2"])
            .status
            .success()
    };
    let commits = || {
        clone
            .git(&["rev-list", "--count", "--first-parent", "HEAD"])
            .parse::<usize>()
            .unwrap()
    };
    match random.below(30) {
        0..=6 => {
            clone.agent(tool, &file, at, count);
            format!("{} adds {count} at {at} of {file}", tool.name)
        }
        7 => {
            // An agent takes lines away and puts others there.
            let mut left: Vec<String> = clone.read(&file).lines().map(str::to_owned).collect();
            let end = (at + count).min(left.len());
            let new = clone.lines(Writer::Ai(tool.name), count);
            left.splice(at..end, new.lines().map(str::to_owned));
            let text: String = left
                .iter()
                .fold(String::new(), |text, line| text + line + "\n");
            clone.agent_writes(tool, &file, &text, || {});
            format!("{} replaces {at}..{end} of {file}", tool.name)
        }
        8..=10 => {
            clone.person(&file, at, count);
            format!("a person adds {count} at {at} of {file}")
        }
        11 => {
            // A person is faster than an agent's report.
            let before = clone.read(&file);
            let after = before.clone() + &clone.lines(Writer::Ai(tool.name), count);
            let hers = clone.lines(Writer::Person, 1) + &after;
            clone.agent_writes(tool, &file, &after, || clone.write(&file, &hers));
            format!("a person edits {file} while {} does", tool.name)
        }
        12 => {
            clone.command(tool, "python gen.py", || {
                let new = clone.lines(Writer::Ai(tool.name), count);
                clone.write(&file, &(clone.read(&file) + &new));
            });
            format!("{} appends to {file} by a command", tool.name)
        }
        13..=15 => {
            clone.commit("work");
            "commit".to_owned()
        }
        16 => {
            clone.try_git(&["add", "--all", "--", &file]);
            if clone
                .try_git(&["diff", "--cached", "--quiet"])
                .status
                .success()
            {
                return "nothing to commit".to_owned();
            }
            clone.git(&["commit", "--quiet", "-m", "a part"]);
            format!("commit {file} alone")
        }
        17 => {
            clone.git(&["add", "--all"]);
            let published = clone.git(&["branch", "--remotes", "--contains", "HEAD"]);
            if is_merge() || !published.is_empty() {
                return "nothing to amend".to_owned();
            }
            clone.git(&["commit", "--quiet", "--amend", "--no-edit", "--allow-empty"]);
            "amend".to_owned()
        }
        18 if !clean() => {
            clone.git(&["stash", "--quiet", "--include-untracked"]);
            clone.agent(tool, "while_stashed.py", 0, count);
            clone.commit("while stashed");
            if clone.try_git(&["stash", "pop", "--quiet"]).status.success() {
                "stash, commit, pop".to_owned()
            } else {
                clone.git(&["reset", "--quiet", "--hard"]);
                clone.git(&["clean", "--quiet", "-fd"]);
                clone.git(&["stash", "drop", "--quiet"]);
                "stash, commit; pop in vain".to_owned()
            }
        }
        19 => {
            // A branch of two commits, rebased onto one that came in between.
            clone.commit("before the branch");
            clone.git(&["checkout", "--quiet", "-B", "topic"]);
            for _ in 0..2 {
                clone.agent(tool, &format!("t{}.py", random.below(6)), 0, count);
                clone.person(&file, at, 1);
                clone.commit("on the branch");
            }
            clone.git(&["checkout", "--quiet", "main"]);
            clone.agent(random.tool(), "m.py", 0, count);
            clone.commit("meanwhile");
            clone.git(&["checkout", "--quiet", "topic"]);
            if !clone
                .try_git(&["rebase", "--quiet", "main"])
                .status
                .success()
            {
                for _ in 0..4 {
                    resolve(clone);
                    if clone.try_git(&["rebase", "--continue"]).status.success() {
                        break;
                    }
                }
                assert!(
                    !clone.path().join(".git/rebase-merge").exists(),
                    "a rebase that does not end"
                );
            }
            let squash = random.below(2) == 0;
            clone.git(&["checkout", "--quiet", "main"]);
            if squash {
                clone.git(&["merge", "--quiet", "--squash", "topic"]);
                clone.git(&["commit", "--quiet", "--allow-empty", "-m", "squashed"]);
            } else {
                clone.git(&["merge", "--quiet", "--ff-only", "topic"]);
            }
            format!("a branch by {}, rebased, squashed: {squash}", tool.name)
        }
        20 => {
            clone.commit("before the revert");
            if is_merge() || commits() < 3 {
                return "nothing to revert".to_owned();
            }
            // A commit that changed nothing cannot be reverted.
            if !clone
                .try_git(&["revert", "--no-edit", "HEAD"])
                .status
                .success()
            {
                clone.try_git(&["revert", "--abort"]);
                return "nothing to revert".to_owned();
            }
            if random.below(2) == 0 {
                clone.git(&["revert", "--no-edit", "HEAD"]);
                return "revert and revert again".to_owned();
            }
            "revert".to_owned()
        }
        21 => {
            // A pick onto an older commit, and a merge of the two.
            clone.commit("before the pick");
            clone.git(&["checkout", "--quiet", "-B", "picked", "HEAD~1"]);
            clone.agent(tool, "p.py", 0, count);
            clone.commit("to pick");
            clone.git(&["checkout", "--quiet", "main"]);
            if clone.try_git(&["cherry-pick", "picked"]).status.success() {
                format!("pick a commit of {}", tool.name)
            } else {
                clone.git(&["cherry-pick", "--abort"]);
                "pick in vain".to_owned()
            }
        }
        22 => {
            let published = clone.git(&["branch", "--remotes", "--contains", "HEAD"]);
            if !published.is_empty() || is_merge() || !clean() {
                return "nothing to take back".to_owned();
            }
            let how = ["--soft", "--mixed"][random.below(2)];
            clone.git(&["reset", "--quiet", how, "HEAD~1"]);
            clone.commit("taken back and made again");
            format!("reset {how} and commit")
        }
        23 if clone.path().join(&file).exists() => {
            let new = format!("r{}.py", random.below(40));
            if clone.path().join(&new).exists() {
                return "nothing to rename".to_owned();
            }
            clone.commit("before the rename");
            clone.git(&["mv", &file, &new]);
            if random.below(2) == 0 {
                clone.agent(tool, &new, 0, 1);
            }
            clone.commit("renamed");
            format!("{file} becomes {new}")
        }
        24 | 25 => thrown_away(clone, random, &file, at),
        26 => {
            let name = ["mcp__filesystem__write_file", "SmartEdit"][random.below(2)];
            let new = clone.lines(Writer::Unfollowed("claude"), count);
            let after = clone.read(&file) + &new;
            let told_after = random.below(2) == 0;
            clone.unfollowed(name, &file, &after, told_after);
            if !told_after {
                let ended = serde_json::json!({"session_id": "claude-session", "cwd": clone.path(), "hook_event_name": "Stop"});
                clone.hook(super::world::CLAUDE, &ended);
            }
            format!("{name} appends to {file}, its end told: {told_after}")
        }
        27 => {
            let new = clone.lines(Writer::Ai(tool.name), count);
            let after = clone.read(&file) + &new;
            let late = random.below(2) == 0;
            clone.agent_writes_twice_told(tool, &file, &after, late);
            format!(
                "{} appends to {file} and tells it twice, late: {late}",
                tool.name
            )
        }
        _ => {
            if !clean() {
                clone.commit("before the pull");
            }
            sync(clone);
            "pull and push".to_owned()
        }
    }
}
