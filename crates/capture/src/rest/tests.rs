//! Looks that end before all was looked at, with changes at every moment of them.

use std::process::Command;

use tempfile::TempDir;

use super::*;
use crate::ledger::Owner;
use crate::queue::{Actor, Followed, Seen};
use crate::rewrite::nobody;
use crate::settle::Settling;
use crate::snapshot::Snapshot;
use crate::worktree::look_at_most;

const OLD: &str = "old/z.py";

/// A repository of which a hook looks at the newest folder alone.
struct World {
    folder: TempDir,
    place: Place,
    store: Store,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let place = |root: &std::path::Path| Place {
            work_tree: root.to_owned(),
            git_dir: root.join(".git"),
            common_dir: root.join(".git"),
        };
        let world = Self {
            place: place(&root),
            store: Store::at(place(&root).capture_dir()),
            folder,
        };
        world.git(&["init", "--quiet"]);
        world.write(OLD, "committed\n");
        world.write("old/y.py", "committed\n");
        world.pause();
        world.write("new/a.py", "committed\n");
        world.write("new/b.py", "committed\n");
        world.git(&["add", "--all"]);
        world.git(&["commit", "--quiet", "--message", "base"]);
        // What a look remembers is only what is old enough to show a change.
        world.pause();
        crate::watch(&world.place).unwrap();
        world
    }

    fn git(&self, arguments: &[&str]) {
        let status = Command::new("git")
            .args(["-c", "user.name=A", "-c", "user.email=a@b.c"])
            .args(arguments)
            .current_dir(self.folder.path())
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .status()
            .unwrap();
        assert!(status.success(), "{arguments:?}");
    }

    fn write(&self, file: &str, text: &str) {
        let path = self.place.work_tree.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Longer than a tick of the clock of files.
    fn pause(&self) {
        std::thread::sleep(Duration::from_millis(60));
        assert!(self.folder.path().exists());
    }

    /// What a hook around a command does, without the child.
    fn look(&self) -> (Vec<FileState>, bool, Ticket) {
        let key = observe::key(&self.store).unwrap();
        let (look, task) = look_at_most(&self.place, &self.store, &key, &[], 2).unwrap();
        let ticket = self.store.leave(&task.expect("a rest")).unwrap();
        (look.files, look.whole, ticket)
    }

    fn finish(&self, ticket: Ticket) {
        finish(&self.place, &self.store, ticket).unwrap();
    }

    fn tell(&self, seen: Seen) {
        let actor = Actor {
            tool: trueline_facts::ToolId::new("claude"),
            session: "s_00000000000001".into(),
            call: 7,
            ..nobody()
        };
        let record = observe::record(actor, &self.place, seen);
        assert!(self.store.append(&record).unwrap());
        // Two records of one millisecond would be one.
        std::thread::sleep(Duration::from_millis(2));
    }

    fn before(&self) -> Ticket {
        let (files, whole, rest) = self.look();
        self.tell(Seen::BeforeCommand {
            files,
            whole,
            rest: Some(rest),
            followed: Followed::Whole,
            commits: None,
        });
        rest
    }

    fn after(&self) -> Ticket {
        let (files, whole, rest) = self.look();
        self.tell(Seen::AfterCommand {
            files,
            whole,
            named: Vec::new(),
            by_git: false,
            copied: Vec::new(),
            rest: Some(rest),
            followed: Followed::Whole,
        });
        rest
    }

    /// A hook before a write: the file as it is.
    fn before_write(&self, file: &str) {
        let key = observe::key(&self.store).unwrap();
        let content = fs::read(self.place.work_tree.join(file)).unwrap();
        let state = self.store.keep(&key.lines(&content).unwrap()).unwrap();
        self.tell(Seen::BeforeWrite(vec![FileState {
            path: RepoPath::from(file),
            state: Some(state),
        }]));
    }

    /// Whose the lines of a file are: `a`gent, `p`erson, `c`ommitted, `-` nobody.
    fn owners(&self, file: &str) -> String {
        let mut settling = Settling::begin(&self.place).unwrap();
        settling.fold().unwrap();
        let ledger = &settling.ledger;
        let owners = ledger.files.get(&RepoPath::from(file)).map(|file| {
            let letter = |owner: &u32| match ledger.owner(*owner) {
                Owner::Agent(_) => 'a',
                Owner::Person => 'p',
                Owner::Committed => 'c',
                _ => '-',
            };
            file.owners.iter().map(letter).collect()
        });
        settling.finish().unwrap();
        owners.unwrap_or_default()
    }
}

#[test]
fn what_a_command_changed_is_its_agents_also_where_the_hook_did_not_look() {
    let world = World::new();
    let before = world.before();
    world.finish(before);
    world.write(OLD, "committed\nagent\n");
    world.write("new/a.py", "committed\nagent\n");
    world.write("old/made.py", "agent\n");
    world.pause();
    let after = world.after();
    world.finish(after);
    assert_eq!(world.owners(OLD), "ca");
    assert_eq!(world.owners("new/a.py"), "ca");
    assert_eq!(world.owners("old/made.py"), "a");
}

#[test]
fn a_persons_change_before_the_command_is_hers_although_a_child_saw_it() {
    let world = World::new();
    world.write(OLD, "committed\nperson\n");
    world.write("old/hers.py", "person\n");
    world.pause();
    let before = world.before();
    world.finish(before);
    world.write(OLD, "committed\nperson\nagent\n");
    world.pause();
    let after = world.after();
    world.finish(after);
    assert_eq!(world.owners(OLD), "cpa");
    assert_eq!(world.owners("old/hers.py"), "p");
}

#[test]
fn what_changed_before_the_child_looked_is_nobodys() {
    let world = World::new();
    // Nobody saw it, and then the command is faster than the child.
    world.write(OLD, "committed\nperson\n");
    world.write("old/hers.py", "person\n");
    world.pause();
    let before = world.before();
    world.write(OLD, "committed\nperson\nagent\n");
    world.write("old/hers.py", "person\nagent\n");
    world.finish(before);
    world.pause();
    let after = world.after();
    world.finish(after);
    assert_eq!(world.owners(OLD), "c--");
    assert_eq!(world.owners("old/hers.py"), "--");
}

#[test]
fn what_changed_after_the_command_and_before_the_child_looked_is_nobodys() {
    let world = World::new();
    let before = world.before();
    world.finish(before);
    world.write(OLD, "committed\nagent\n");
    world.pause();
    let after = world.after();
    // A person is faster than the child.
    world.write(OLD, "committed\nagent\nperson\n");
    world.write("old/y.py", "committed\nperson\n");
    world.finish(after);
    assert_eq!(world.owners(OLD), "c");
    // The next look must not take the agent's line for the person's.
    world.pause();
    world.before_write(OLD);
    assert_eq!(world.owners(OLD), "c--");
    world.before_write("old/y.py");
    assert_eq!(world.owners("old/y.py"), "c-");
}

#[test]
fn a_child_that_is_late_takes_nothing_from_what_the_hook_looked_at() {
    let world = World::new();
    let before = world.before();
    world.write("new/a.py", "committed\nagent\n");
    world.write(OLD, "committed\nagent\n");
    world.pause();
    let after = world.after();
    world.finish(before);
    world.finish(after);
    assert_eq!(world.owners("new/a.py"), "ca");
    assert_eq!(world.owners(OLD), "c-");
}

#[test]
fn a_child_that_was_killed_credits_nobody() {
    for (killed_before, killed_after) in [(true, false), (false, true), (true, true)] {
        let world = World::new();
        let before = world.before();
        if !killed_before {
            world.finish(before);
        }
        world.write(OLD, "committed\nagent\n");
        world.write("new/a.py", "committed\nagent\n");
        world.pause();
        let after = world.after();
        if !killed_after {
            world.finish(after);
        }
        world.before_write(OLD);
        world.before_write("new/a.py");
        assert_eq!(world.owners(OLD), "c-", "{killed_before} {killed_after}");
        assert_eq!(world.owners("new/a.py"), "c-");
    }
}

#[test]
fn a_commit_is_remembered_although_a_child_did_not_tidy_up() {
    let world = World::new();
    let before = world.before();
    world.finish(before);
    // Its result is there; it was killed before it took its task away.
    fs::write(world.store.task_at(before), "{}").unwrap();
    assert!(world.store.has_tasks());
    world.write(OLD, "committed\nagent\n");
    world.git(&["commit", "--quiet", "--all", "--message", "work"]);
    crate::post_commit(&world.place).unwrap();
    let kept = Snapshot::load(&world.store.folder().join("snapshot")).unwrap();
    assert_eq!(kept.stamp.head, world.place.ground().head);
}

#[test]
fn git_between_a_hook_and_its_child_takes_nothing_away() {
    let world = World::new();
    world.write(OLD, "committed\nperson\n");
    world.pause();
    let before = world.before();
    world.git(&["add", "--all"]);
    world.finish(before);
    world.write(OLD, "committed\nperson\nagent\n");
    world.pause();
    let after = world.after();
    world.git(&["status", "--short"]);
    world.finish(after);
    assert_eq!(world.owners(OLD), "cpa");
}

#[test]
fn what_lay_in_a_folder_that_was_away_when_the_child_looked_is_nobodys() {
    let world = World::new();
    world.write("old/hers.py", "person\n");
    world.write(OLD, "committed\nperson\n");
    world.pause();
    let before = world.before();
    let (old, away) = (
        world.place.work_tree.join("old"),
        world.place.work_tree.join("away"),
    );
    fs::rename(&old, &away).unwrap();
    world.finish(before);
    fs::rename(&away, &old).unwrap();
    world.pause();
    let after = world.after();
    world.finish(after);
    assert!(!world.owners("old/hers.py").contains('a'));
    assert!(!world.owners(OLD).contains('a'));
}

#[cfg(unix)]
#[test]
fn a_link_in_the_place_of_a_folder_is_not_followed() {
    let world = World::new();
    let elsewhere = tempfile::tempdir().unwrap();
    fs::write(elsewhere.path().join("z.py"), "secret\n").unwrap();
    fs::write(elsewhere.path().join("diary.py"), "secret\n").unwrap();
    let old = world.place.work_tree.join("old");
    fs::remove_dir_all(&old).unwrap();
    std::os::unix::fs::symlink(elsewhere.path(), &old).unwrap();
    let key = observe::key(&world.store).unwrap();
    let look = crate::worktree::look(&world.place, &world.store, &key).unwrap();
    let told: Vec<String> = look
        .files
        .iter()
        .map(|file| file.path.to_string())
        .collect();
    assert!(!told.iter().any(|path| path.contains("diary")), "{told:?}");
    let tracked = look
        .files
        .iter()
        .find(|file| file.path == RepoPath::from(OLD));
    assert!(tracked.is_some_and(|file| file.state.is_none()), "{told:?}");
}
