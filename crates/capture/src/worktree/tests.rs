//! Looks beside git's own account, after every kind of change, with what the last look remembers and without.

use std::collections::BTreeSet;
use std::process::Command;

use tempfile::TempDir;

use super::*;
use crate::observe;

struct Tree {
    folder: TempDir,
    place: Place,
    store: Store,
    random: u64,
}

impl Tree {
    fn new(seed: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let place = Place {
            work_tree: root.clone(),
            git_dir: root.join(".git"),
            common_dir: root.join(".git"),
        };
        let store = Store::at(place.capture_dir());
        let tree = Self {
            folder,
            place,
            store,
            random: seed,
        };
        tree.git(&["init", "--quiet"]);
        for name in ["a.py", "b/c.py", "b/d/e.py", "b-x/f.py", "g/h.py"] {
            tree.write(name, "one\ntwo\n");
        }
        tree.write(".gitignore", "*.log\nbuild/\n");
        tree.git(&["add", "--all"]);
        tree.git(&["commit", "--quiet", "--message", "base"]);
        tree
    }

    fn git(&self, arguments: &[&str]) -> String {
        let out = Command::new("git")
            .args(["-c", "user.name=A", "-c", "user.email=a@b.c"])
            .args(arguments)
            .current_dir(self.folder.path())
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .output()
            .unwrap();
        String::from_utf8(out.stdout).unwrap()
    }

    fn write(&self, file: &str, text: &str) {
        let path = self.place.work_tree.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn below(&mut self, end: usize) -> usize {
        self.random = self
            .random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.random >> 33) as usize % end
    }

    fn some_file(&mut self) -> String {
        let all = self.git(&["ls-files", "--cached", "--others"]);
        let all: Vec<&str> = all
            .lines()
            .filter(|name| self.place.work_tree.join(name).is_file())
            .collect();
        let at = self.below(all.len());
        all[at].to_owned()
    }

    fn act(&mut self) -> String {
        let file = self.some_file();
        let path = self.place.work_tree.join(&file);
        let number = self.below(1_000);
        match self.below(13) {
            0 | 1 => {
                // Of the same size, at once.
                let text = fs::read_to_string(&path).unwrap().replace('o', "0");
                fs::write(&path, text).unwrap();
                format!("change {file}")
            }
            2 => {
                let text = fs::read_to_string(&path).unwrap() + "more\n";
                fs::write(&path, text).unwrap();
                format!("append to {file}")
            }
            3 => {
                self.write(&format!("b/new{number}.py"), "new\n");
                format!("b/new{number}.py")
            }
            4 => {
                self.write(&format!("n{number}/m/new.py"), "new\n");
                self.write(&format!("n{number}/x.log"), "ignored\n");
                format!("n{number}/")
            }
            5 => {
                fs::remove_file(&path).unwrap();
                format!("remove {file}")
            }
            6 => {
                fs::rename(&path, path.with_extension(format!("{number}.py"))).unwrap();
                format!("rename {file}")
            }
            7 => {
                self.write(
                    ".gitignore",
                    &format!("*.log\nbuild/\nb/new{}*\n", number % 10),
                );
                "ignore others".to_owned()
            }
            8 => {
                self.write("b/.gitignore", "new*\n");
                "ignore in b".to_owned()
            }
            9 => {
                self.git(&["add", "--all"]);
                "add".to_owned()
            }
            10 => {
                self.git(&["add", "--all"]);
                self.git(&["commit", "--quiet", "--message", "work"]);
                "commit".to_owned()
            }
            11 => {
                self.git(&["stash", "--include-untracked"]);
                if number % 2 == 0 {
                    self.git(&["stash", "pop"]);
                }
                "stash".to_owned()
            }
            _ => {
                let text = fs::read(&path).unwrap();
                fs::write(&path, text).unwrap();
                format!("write {file} as it is")
            }
        }
    }

    /// What differs from HEAD, as git says.
    fn by_git(&self) -> BTreeSet<String> {
        let differ = self.git(&["diff", "--name-only", "--no-renames", "HEAD"]);
        let others = self.git(&["ls-files", "--others", "--exclude-standard"]);
        differ
            .lines()
            .chain(others.lines())
            .map(str::to_owned)
            .collect()
    }
}

fn named(look: &Look) -> BTreeSet<String> {
    let names = look
        .files
        .iter()
        .map(|file| file.path.display().into_owned());
    names.collect()
}

#[test]
fn a_look_that_remembers_sees_what_one_sees_that_does_not() {
    for seed in 1..=3 {
        let mut tree = Tree::new(seed);
        let key = observe::key(&tree.store).unwrap();
        let mut log = Vec::new();
        for step in 0..25 {
            log.push(tree.act());
            if step % 3 == 0 {
                // Old enough to be remembered.
                std::thread::sleep(std::time::Duration::from_millis(30));
            }
            let expected = tree.by_git();
            // As a hook does, under whatever index git left; twice, so that the first is remembered.
            for _ in 0..2 {
                let (look, rest) =
                    look_at_most(&tree.place, &tree.store, &key, &[], usize::MAX).unwrap();
                assert!(look.whole && rest.is_none());
                let missing: Vec<_> = expected.difference(&named(&look)).cloned().collect();
                assert!(missing.is_empty(), "seed {seed}: {missing:?} after {log:?}");
            }
            let forgetful = tempfile::tempdir().unwrap();
            let forgetful = Store::at(forgetful.path().join("capture"));
            forgetful.create().unwrap();
            let afresh = look(&tree.place, &forgetful, &key).unwrap();
            let remembering = look(&tree.place, &tree.store, &key).unwrap();
            assert_eq!(remembering.files, afresh.files, "seed {seed} after {log:?}");
            assert!(remembering.whole && afresh.whole);
            let missing: Vec<_> = expected.difference(&named(&afresh)).cloned().collect();
            assert!(missing.is_empty(), "seed {seed}: {missing:?} after {log:?}");
        }
    }
}

#[test]
fn a_snapshot_that_was_cut_or_changed_at_any_byte_is_not_believed() {
    let tree = Tree::new(1);
    let key = observe::key(&tree.store).unwrap();
    tree.write("a.py", "changed\n");
    let expected = look(&tree.place, &tree.store, &key).unwrap().files;
    let at = tree.store.folder().join(SNAPSHOT);
    let whole = fs::read(&at).unwrap();
    for byte in (0..whole.len()).step_by(11) {
        fs::write(&at, &whole[..byte]).unwrap();
        assert!(Snapshot::load(&at).is_none(), "cut at {byte}");
        let mut changed = whole.clone();
        changed[byte] ^= 1;
        fs::write(&at, &changed).unwrap();
        assert!(Snapshot::load(&at).is_none(), "changed at {byte}");
    }
    let again = look(&tree.place, &tree.store, &key).unwrap().files;
    assert_eq!(again, expected);
}
