//! Histories of which a part is not here: shallow and partial clones, lost objects. What cannot be
//! known is counted nowhere as if it were, and is said to be missing.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use trueline_cache::{Cache, Candidate};
use trueline_facts::health::Health;
use trueline_facts::stats::GroupBy;
use trueline_facts::usage::Usage;
use trueline_facts::{RepoPath, Timestamp};
use trueline_history::evidence::{EvidenceOptions, fuse};
use trueline_history::model::{ChangeKind, FileContent, History, RunEnd};
use trueline_history::repository::Repository;
use trueline_history::signals::{Grouping, SignalOptions, Signals};
use trueline_history::walk::{Deaths, Options, PathFilter, Silent, blame, read};

use crate::evidence::CLAUDE;
use crate::repo::{EPOCH, Repo};
use crate::walk::lose;

struct Told {
    history: History,
    usage: Usage,
    health: Health,
    months: Vec<(String, u64)>,
    mine: u64,
}

fn history(path: &Path, cache: Option<&Cache>) -> History {
    let repository = Repository::discover(path).unwrap();
    let walk = Options {
        deaths: Deaths::TracedExcept(PathFilter {
            name: "none",
            contains: |_| false,
        }),
        ..Options::default()
    };
    let never = AtomicBool::new(false);
    read(&repository, None, &walk, cache, &never, &Silent).unwrap()
}

fn told(path: &Path, since: Option<Timestamp>) -> Told {
    let repository = Repository::discover(path).unwrap();
    let never = AtomicBool::new(false);
    let history = history(path, None);
    let origins = fuse(&repository, &history, &EvidenceOptions::default(), &never);
    let options = SignalOptions {
        since,
        ..SignalOptions::default()
    };
    let local = repository.local();
    let signals = Signals::new(&history, &origins, &local, &options);
    let mut months = Grouping::new(GroupBy::Month, Vec::new());
    months.add(&signals, None);
    let months = months.finish().0.groups.into_iter();
    Told {
        usage: signals.usage(),
        health: signals.health(),
        months: months
            .map(|group| (group.name, group.lines.total))
            .collect(),
        mine: signals.mine("ada@example.com").lines.total,
        history,
    }
}

fn by_month(usage: &Usage) -> u64 {
    usage.months.iter().map(|month| month.lines.total).sum()
}

/// Three commits of one line each, ten days apart.
fn three_lines() -> Repo {
    let mut repo = Repo::new();
    repo.write("a.rs", "1\n");
    repo.commit("one");
    repo.write("a.rs", "1\n2\n");
    repo.commit_after(10, "two");
    repo.write("a.rs", "1\n2\n3\n");
    repo.commit_after(10, "three");
    repo
}

/// Of the three lines two have no known time, and of the commits one is at the cut.
fn expect_two_without_time(told: &Told) {
    let usage = &told.usage;
    assert_eq!((usage.lines.total, usage.coverage.undated), (3, 2));
    assert_eq!((usage.recent_lines.total, by_month(usage)), (1, 1));
    assert_eq!(usage.coverage.recent.of, 1);
    assert_eq!(
        told.months,
        [("2023-12".to_owned(), 1), ("unknown".to_owned(), 2)]
    );
    assert_eq!(told.mine, 1);
    let survivors: u64 = told.health.survival.iter().map(|s| s.lines).sum();
    assert_eq!(survivors, 1);
    let churn = &told.health.churn;
    assert_eq!((churn.commits, churn.unread, churn.cut), (1, 0, 1));
}

#[test]
fn lines_from_before_a_cut_are_of_no_known_time() {
    let repo = three_lines();
    let clone = repo.beside("clone");
    let url = format!("file://{}", repo.path().display());
    repo.git(&["clone", "-q", "--depth", "2", &url, clone.to_str().unwrap()]);
    expect_two_without_time(&told(&clone, None));

    // Not even to the commit at the cut, whose time is known.
    let since = Some(Timestamp(EPOCH));
    let asked = told(&clone, since).usage;
    assert_eq!((asked.lines.total, asked.coverage.undated), (1, 2));
    let whole = told(repo.path(), since).usage;
    assert_eq!((whole.lines.total, whole.coverage.undated), (3, 0));
    let whole = told(repo.path(), None);
    assert_eq!((whole.usage.recent_lines.total, whole.mine), (3, 3));
    assert_eq!(whole.health.churn.cut, 0);
}

#[test]
fn a_damaged_commit_cuts_history_like_a_shallow_clone() {
    let repo = three_lines();
    let (path, _) = lose(&repo, "HEAD~2");
    std::fs::write(path, b"no object").unwrap();
    expect_two_without_time(&told(repo.path(), None));
}

#[test]
fn a_merge_of_a_side_that_is_lost_is_told_as_a_cut() {
    let mut repo = Repo::new();
    repo.write("a.rs", "1\n");
    repo.commit("one");
    repo.git(&["checkout", "-q", "-b", "side"]);
    repo.write("b.rs", "b\n");
    repo.commit("side");
    repo.git(&["checkout", "-q", "main"]);
    repo.write("c.rs", "c\n");
    repo.commit("two");
    repo.git(&["merge", "-q", "--no-ff", "-m", "merge", "side"]);
    let churn = |repo: &Repo| told(repo.path(), None).health.churn;
    let whole = churn(&repo);
    assert_eq!((whole.commits, whole.added, whole.cut), (3, 3, 0));
    lose(&repo, "side");
    let part = churn(&repo);
    assert_eq!((part.commits, part.added, part.cut), (2, 2, 1));
}

#[test]
fn changes_that_cannot_be_read_are_left_out_and_counted() {
    let mut repo = Repo::new();
    repo.write("a.rs", "1\n2\n3\n");
    repo.write("new.rs", "n\n");
    repo.commit("one");
    for change in ["1\n2\nx\n", "1\ny\nx\n", "z\ny\nx\n"] {
        repo.write("a.rs", change);
        repo.commit_after(20, "change");
    }
    repo.git(&["config", "uploadpack.allowFilter", "true"]);
    let clone = repo.beside("clone");
    let url = format!("file://{}", repo.path().display());
    let clone_path = clone.to_str().unwrap();
    repo.git(&["clone", "-q", "--filter=blob:none", &url, clone_path]);
    let part = told(&clone, None);
    let usage = &part.usage;
    // What came whole with the first commit is of a known time.
    assert_eq!((usage.lines.total, usage.coverage.undated), (4, 3));
    assert_eq!((usage.recent_lines.total, by_month(usage)), (1, 1));
    let health = &part.health;
    // The first one added a file that is not here as it was.
    assert_eq!((health.churn.commits, health.churn.unread), (4, 4));
    assert!(health.rework.is_empty() && health.survival.is_empty());
    assert_eq!((health.hotspots.len(), health.unread_files), (0, 1));

    let whole = told(repo.path(), None);
    assert_eq!(whole.usage.coverage.undated, 0);
    assert_eq!(
        (whole.health.churn.unread, whole.health.unread_files),
        (0, 0)
    );
    assert_eq!(
        (whole.health.hotspots.len(), whole.health.rework.len()),
        (1, 4)
    );
}

#[test]
fn one_lost_version_among_many_leaves_figures_that_are_said_to_be_parts() {
    let mut repo = Repo::new();
    repo.write("lost.rs", "lost\n");
    repo.write("a.rs", "0\n");
    repo.commit("one");
    for nth in 1..60 {
        repo.write("a.rs", &format!("{nth}\n"));
        repo.commit_after(1, "change");
    }
    repo.write("lost.rs", "lost\nfound\n");
    repo.write("logo.png", "\0first");
    repo.commit("two");
    repo.write("logo.png", "\0second");
    repo.commit("picture");
    lose(&repo, "HEAD~2:lost.rs");
    lose(&repo, "HEAD~:logo.png");
    let told = told(repo.path(), None);
    let health = &told.health;
    // The lost blob stood in the first commit and in the last but one; the picture has no lines.
    assert_eq!((health.churn.commits, health.churn.unread), (62, 2));
    assert_eq!(health.rework.len(), 4);
    assert!(health.survival.iter().any(|s| s.lines > 0));
    let hot: Vec<_> = health.hotspots.iter().map(|h| h.path.display()).collect();
    assert_eq!((hot, health.unread_files), (vec!["a.rs".into()], 1));
}

#[test]
fn a_file_that_came_from_one_that_is_lost_is_not_taken_for_a_new_one() {
    let mut repo = Repo::new();
    repo.write("old.rs", "1\n2\n3\n4\n5\n6\n");
    repo.write("other.rs", "o\n");
    repo.commit("one");
    std::fs::remove_file(repo.path().join("old.rs")).unwrap();
    repo.write("new.rs", "1\n2\n3\n4\n5\nx\n");
    repo.commit("two");
    let whole = told(repo.path(), None);
    assert_eq!(whole.usage.coverage.undated, 0);
    let lost = lose(&repo, "HEAD~:old.rs");
    let part = told(repo.path(), None);
    assert_eq!(part.usage.coverage.undated, 6);
    std::fs::write(lost.0, lost.1).unwrap();

    // Nor is the old one taken for deleted where it is the new one that is lost.
    repo.write("new.rs", "1\n2\n3\n4\n5\ny\n");
    repo.commit("three");
    assert_eq!(told(repo.path(), None).history.deaths.len(), 2);
    lose(&repo, "HEAD~:new.rs");
    assert_eq!(told(repo.path(), None).history.deaths, []);
}

#[test]
fn what_a_lost_directory_held_is_not_taken_for_deleted() {
    let mut repo = Repo::new();
    repo.write("a.rs", "a\n");
    repo.write("d/b.rs", "1\n");
    repo.commit("one");
    repo.write("d/b.rs", "1\n2\n");
    repo.commit("two");
    repo.write("d/b.rs", "1\n2\n3\n");
    repo.commit("three");
    lose(&repo, "HEAD~:d");
    let told = told(repo.path(), None);
    let mut changes = told.history.changes.iter();
    assert!(changes.all(|change| change.kind != ChangeKind::Deleted));
    assert_eq!(told.history.deaths, []);
    assert_eq!(
        (told.usage.lines.total, told.usage.coverage.undated),
        (4, 3)
    );
    assert_eq!(told.health.churn.unread, 2);
}

/// How many lines of which files may be older than the commit at which their trace ended.
fn perhaps_older(history: &History) -> Vec<(String, u32)> {
    let mut found = Vec::new();
    for file in &history.files {
        let FileContent::Text(runs) = &file.content else {
            continue;
        };
        let lost = runs.iter().filter(|run| run.end == RunEnd::Unattributable);
        let lines: u32 = lost.map(|run| run.len).sum();
        if lines > 0 {
            found.push((history.path(file.path).display().into_owned(), lines));
        }
    }
    found
}

/// The same of one file that is read for itself.
fn perhaps_older_of(path: &Path, file: &str) -> u32 {
    let repository = Repository::discover(path).unwrap();
    let never = AtomicBool::new(false);
    let wanted = [RepoPath::from(file)];
    let blamed = blame(&repository, None, &wanted, &Options::default(), &never).unwrap();
    let found = perhaps_older(&blamed.history);
    found.iter().map(|(_, lines)| lines).sum()
}

/// Ada writes `d/f.rs`; an agent moves it to another directory, adds a line to it and makes a file.
fn moved_by_an_agent() -> Repo {
    let mut repo = Repo::new();
    repo.write("d/f.rs", "1\n2\n3\n4\n");
    repo.write("d/stay.rs", "s\n");
    repo.write("far/x.rs", "x\n");
    repo.commit("one");
    repo.write("d/stay.rs", "s\ns\n");
    repo.commit("two");
    std::fs::create_dir(repo.path().join("e")).unwrap();
    repo.git(&["mv", "d/f.rs", "e/r.rs"]);
    repo.write("e/r.rs", "1\n2\n3\n4\nadded\n");
    repo.commit(&format!("move\n\n{CLAUDE}"));
    repo.write("z.rs", "z\n");
    repo.commit(&format!("later\n\n{CLAUDE}"));
    repo
}

#[test]
fn a_file_that_may_come_from_a_directory_that_is_lost_is_of_nobody() {
    let expect_unknown = |path: &Path| {
        let told = told(path, None);
        // What the later commit made cannot come from anywhere.
        assert_eq!((told.usage.lines.ai, told.usage.coverage.undated), (1, 7));
        let expected = [("d/stay.rs".to_owned(), 2), ("e/r.rs".to_owned(), 5)];
        assert_eq!(perhaps_older(&told.history), expected);
        assert_eq!(perhaps_older_of(path, "e/r.rs"), 5);
        assert_eq!(perhaps_older_of(path, "z.rs"), 0);
        assert_eq!(perhaps_older_of(path, "far/x.rs"), 0);
        // Nor is it counted as added: what is but renamed is not.
        let added = told.history.changes.iter();
        let counted = added.filter(|change| {
            told.history.path(change.path).as_bytes() == b"e/r.rs" && change.lines.is_some()
        });
        assert_eq!(counted.count(), 0);
    };
    let repo = moved_by_an_agent();
    let whole = told(repo.path(), None).usage;
    assert_eq!((whole.lines.ai, whole.coverage.undated), (2, 0));
    repo.git(&["config", "uploadpack.allowFilter", "true"]);
    let clone = repo.beside("clone");
    let url = format!("file://{}", repo.path().display());
    let clone_path = clone.to_str().unwrap();
    repo.git(&["clone", "-q", "--filter=tree:1", &url, clone_path]);
    expect_unknown(&clone);
    for damage in [None, Some(b"no object")] {
        let repo = moved_by_an_agent();
        let (path, _) = lose(&repo, "HEAD~2:d");
        if let Some(bytes) = damage {
            std::fs::write(path, bytes).unwrap();
        }
        expect_unknown(repo.path());
    }
}

#[test]
fn a_file_may_come_from_a_directory_of_which_only_what_was_left_is_lost() {
    let mut repo = moved_by_an_agent();
    repo.write("d/stay.rs", "s\ns\ns\n");
    repo.commit("more");
    // The directory as the move left it: what was taken out of it cannot be seen.
    lose(&repo, "HEAD~:d");
    let told = told(repo.path(), None);
    assert_eq!(told.usage.lines.ai, 1);
    let expected = [("d/stay.rs".to_owned(), 3), ("e/r.rs".to_owned(), 5)];
    assert_eq!(perhaps_older(&told.history), expected);
}

#[test]
fn what_resembles_a_file_is_not_its_predecessor_where_a_better_one_may_be_lost() {
    let mut repo = Repo::new();
    repo.write("d/best.rs", "1\n2\n3\n4\n5\n6\n7\n8\n");
    repo.write("d/same.rs", "a\nb\n");
    repo.write("x/kept.rs", "k\n");
    repo.commit("one");
    repo.write("second.rs", "1\n2\n3\n4\n5\n");
    repo.write("copy.rs", "a\nb\n");
    repo.commit(&format!("copies\n\n{CLAUDE}"));
    std::fs::remove_dir_all(repo.path().join("d")).unwrap();
    for gone in ["second.rs", "copy.rs", "x/kept.rs"] {
        std::fs::remove_file(repo.path().join(gone)).unwrap();
    }
    repo.write("new.rs", "1\n2\n3\n4\n5\n6\n7\n8\n9\n");
    repo.write("e/same.rs", "a\nb\n");
    repo.write("y/kept.rs", "k\n");
    repo.commit(&format!("move\n\n{CLAUDE}"));
    assert_eq!(told(repo.path(), None).usage.lines.ai, 1);

    // By content alone the agent's copies would do.
    let (path, bytes) = lose(&repo, "HEAD~:d");
    let part = told(repo.path(), None);
    assert_eq!(part.usage.lines.ai, 0);
    // The lost directory may have held the first file of the same name, too.
    let expected = [("e/same.rs", 2), ("new.rs", 9), ("y/kept.rs", 1)];
    let expected = expected.map(|(path, lines)| (path.to_owned(), lines));
    assert_eq!(perhaps_older(&part.history), expected);
    assert_eq!(perhaps_older_of(repo.path(), "e/same.rs"), 2);
    std::fs::write(path, bytes).unwrap();

    // Which files have the same bytes is known of a lost file, too.
    lose(&repo, "HEAD~:d/best.rs");
    let part = told(repo.path(), None);
    assert_eq!(part.usage.lines.ai, 0);
    assert_eq!(perhaps_older(&part.history), [("new.rs".to_owned(), 9)]);
}

#[test]
fn of_files_with_the_same_bytes_and_name_the_first_may_be_in_a_directory_that_is_lost() {
    let mut repo = Repo::new();
    repo.write("a/LICENSE", "1\n2\n3\n");
    repo.commit("one");
    repo.write("b/LICENSE", "1\n2\n3\n");
    repo.write("b/stay.rs", "s\n");
    repo.commit(&format!("copy\n\n{CLAUDE}"));
    std::fs::create_dir(repo.path().join("c")).unwrap();
    repo.git(&["mv", "a/LICENSE", "c/LICENSE"]);
    repo.git(&["rm", "-q", "b/LICENSE"]);
    // Another tree than the lost one.
    repo.write("c/x.rs", "x\n");
    repo.commit("move");
    assert_eq!(told(repo.path(), None).usage.lines.ai, 1);
    lose(&repo, "HEAD~:a");
    let part = told(repo.path(), None);
    assert_eq!(part.usage.lines.ai, 1);
    let expected = [("c/LICENSE".to_owned(), 3), ("c/x.rs".to_owned(), 1)];
    assert_eq!(perhaps_older(&part.history), expected);
}

/// Ada writes `f.rs` on the main branch, an agent the same lines on another one; both go on, and are merged.
fn merged_with_an_agents_copy(edited: bool) -> Repo {
    let mut repo = Repo::new();
    repo.write("README", "r\n");
    repo.commit("base");
    repo.git(&["checkout", "-q", "-b", "side"]);
    repo.write("f.rs", "1\n2\n3\n");
    repo.write("s.rs", "s\n");
    repo.commit(&format!("copy\n\n{CLAUDE}"));
    repo.write("f.rs", "1\n2\n3\nend\n");
    repo.commit("more");
    repo.git(&["checkout", "-q", "main"]);
    repo.write("f.rs", "1\n2\n3\n");
    repo.commit("by hand");
    if edited {
        repo.write("f.rs", "top\n1\n2\n3\n");
    }
    repo.write("m.rs", "m\n");
    repo.commit("more");
    repo.git(&["merge", "-q", "-s", "ours", "--no-commit", "side"]);
    let top = if edited { "top\n" } else { "" };
    repo.write("f.rs", &format!("{top}1\n2\n3\nend\nmerged\n"));
    repo.write("s.rs", "s\n");
    repo.commit("merge");
    repo
}

#[test]
fn what_a_merge_may_have_from_a_parent_that_is_lost_goes_to_no_other_one() {
    for (edited, lost) in [
        (false, "HEAD^1^{tree}"),
        (true, "HEAD^1^{tree}"),
        (true, "HEAD^1:f.rs"),
        (true, "HEAD^1"),
    ] {
        let repo = merged_with_an_agents_copy(edited);
        let whole = told(repo.path(), None);
        assert_eq!(whole.usage.lines.ai, 1, "{lost}");
        assert_eq!(perhaps_older(&whole.history), []);
        lose(&repo, lost);
        let part = told(repo.path(), None);
        assert!(part.usage.lines.ai <= 1, "{lost}: {:?}", part.usage.lines);
        let undated = part.usage.coverage.undated;
        assert!(undated >= 4, "{lost}: {undated}");
    }
}

#[test]
fn what_a_merge_has_of_its_first_parent_stays_where_the_other_one_is_lost() {
    let repo = merged_with_an_agents_copy(true);
    lose(&repo, "HEAD^2:f.rs");
    let part = told(repo.path(), None);
    // What the first parent does not have the other one may have had.
    assert_eq!(perhaps_older(&part.history), [("f.rs".to_owned(), 2)]);
    assert_eq!(part.usage.lines.ai, 1);
}

#[test]
fn what_may_have_moved_into_a_directory_that_is_lost_is_not_taken_for_deleted() {
    let mut repo = Repo::new();
    repo.write("d/f.rs", &"line\n".repeat(50));
    repo.write("a.rs", "0\n");
    repo.commit("one");
    for nth in 1..45 {
        repo.write("a.rs", &"0\n".repeat(nth + 1));
        repo.commit_after(1, "change");
    }
    std::fs::create_dir(repo.path().join("e")).unwrap();
    repo.git(&["mv", "d/f.rs", "e/r.rs"]);
    repo.commit("move");
    repo.write("e/new.rs", "n\n");
    repo.commit("new");
    repo.commit("empty");
    let whole = told(repo.path(), None).health;
    assert_eq!((whole.churn.added, whole.churn.removed), (96, 0));
    assert_eq!(whole.churn.unread, 0);

    lose(&repo, "HEAD~2:e");
    let part = told(repo.path(), None);
    let churn = &part.health.churn;
    assert_eq!((churn.added, churn.removed, churn.unread), (95, 0, 2));
    assert_eq!(part.history.deaths, []);
    let survival = &part.health.survival;
    assert_eq!(survival.iter().map(|s| s.lines).sum::<u64>(), 45);
    assert!(survival.iter().all(|s| s.half_life_days.is_none()));
    let paths = part.history.unread.iter().filter_map(|unread| unread.path);
    let paths: Vec<_> = paths.map(|ix| part.history.path(ix).display()).collect();
    assert_eq!(paths, ["e/new.rs", "e/r.rs", "d/f.rs"]);

    // An answer that is kept says the same, also where a later one starts from it.
    let cache = Cache::open(&[Candidate::new(repo.beside("cache"), "")], 1 << 20).unwrap();
    history(repo.path(), Some(&cache));
    repo.write("a.rs", "0\n");
    repo.commit("last");
    let (cold, warm) = (
        history(repo.path(), None),
        history(repo.path(), Some(&cache)),
    );
    assert_eq!(warm.unread, cold.unread);
    assert_eq!(warm.changes, cold.changes);
    assert_eq!(warm.deaths, cold.deaths);
    let died: u32 = warm.deaths.iter().map(|death| death.len).sum();
    assert_eq!(died, 44);
}

#[test]
fn a_lost_directory_says_nothing_of_changes_that_did_not_touch_it() {
    let mut repo = Repo::new();
    repo.write("keep/k.rs", "k\n");
    repo.write("a.rs", "1\n2\n3\n4\n");
    repo.write("gone.rs", "g\ng\n");
    repo.commit("one");
    repo.git(&["mv", "a.rs", "b.rs"]);
    repo.git(&["rm", "-q", "gone.rs"]);
    repo.write("b.rs", "1\n2\n3\n4\n5\n");
    repo.write("new.rs", "n\n");
    repo.commit(&format!("move\n\n{CLAUDE}"));
    repo.write("keep/k.rs", "k\nk\n");
    repo.commit("keep");
    let whole = told(repo.path(), None);
    assert_eq!(whole.usage.lines.ai, 2);
    // It stood the same before and after the files were moved, made and deleted.
    lose(&repo, "HEAD~:keep");
    let part = told(repo.path(), None);
    assert_eq!(part.usage.lines.ai, 2);
    assert_eq!(perhaps_older(&part.history), [("keep/k.rs".to_owned(), 2)]);
    assert_eq!(part.history.deaths.len(), 1);
    assert_eq!(part.history.deaths, whole.history.deaths);
    let counts = |told: &Told| {
        let churn = &told.health.churn;
        (churn.added, churn.removed)
    };
    // Of what it held nothing is counted: one line that came with the first commit and one that was added.
    assert_eq!(counts(&whole), (14, 6));
    assert_eq!(counts(&part), (12, 6));
}

#[test]
fn a_directory_that_is_lost_on_one_side_hides_what_is_on_that_side() {
    let mut repo = Repo::new();
    repo.write("old/o.rs", "o\n");
    repo.write("b.rs", "1\n2\n");
    repo.commit("one");
    std::fs::remove_dir_all(repo.path().join("old")).unwrap();
    std::fs::remove_file(repo.path().join("b.rs")).unwrap();
    repo.write("new.rs", "n\n");
    repo.commit(&format!("two\n\n{CLAUDE}"));
    let (path, content) = lose(&repo, "HEAD~:old");
    let part = told(repo.path(), None);
    // What is gone may stand in the new file; nothing new is hidden, so the other one is gone.
    assert_eq!(perhaps_older(&part.history), [("new.rs".to_owned(), 1)]);
    assert_eq!(part.history.deaths.len(), 1);
    assert_eq!(part.health.churn.removed, 2);
    std::fs::write(path, content).unwrap();

    repo.write("into/i.rs", "i\n");
    repo.write("more.rs", "m\n");
    repo.commit(&format!("three\n\n{CLAUDE}"));
    repo.write("into/i.rs", "i\ni\n");
    repo.commit("four");
    lose(&repo, "HEAD~:into");
    let part = told(repo.path(), None);
    // Nothing was there before that is hidden, so the new file is new.
    assert_eq!(part.usage.lines.ai, 2);
    assert_eq!(perhaps_older(&part.history), [("into/i.rs".to_owned(), 2)]);
}

#[test]
fn lines_of_generated_and_of_large_files_are_told_by_tool() {
    let mut repo = Repo::new();
    repo.write("a.rs", "1\n");
    repo.commit("one");
    repo.write("package-lock.json", &"{}\n".repeat(300));
    repo.write("data.txt", &"0123456789abcdef\n".repeat(400_000));
    repo.commit(&format!("deps\n\n{CLAUDE}"));
    let usage = told(repo.path(), None).usage;
    let coverage = &usage.coverage;
    assert_eq!((usage.lines.total, usage.generated_lines), (1, 300));
    assert_eq!((coverage.generated, coverage.large_files), (300, 1));
    let tools: Vec<_> = usage
        .tools
        .iter()
        .map(|t| (t.tool.as_str(), t.lines, t.generated_lines, t.large_files))
        .collect();
    assert_eq!(tools, [("claude", 0, 300, 1)]);
}
