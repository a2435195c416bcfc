//! Histories of which a part is not here: shallow and partial clones, lost objects. What cannot be
//! known is counted nowhere as if it were, and is said to be missing.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use trueline_facts::Timestamp;
use trueline_facts::health::Health;
use trueline_facts::stats::GroupBy;
use trueline_facts::usage::Usage;
use trueline_history::evidence::{EvidenceOptions, fuse};
use trueline_history::model::{ChangeKind, History};
use trueline_history::repository::Repository;
use trueline_history::signals::{Grouping, SignalOptions, Signals};
use trueline_history::walk::{Deaths, Options, PathFilter, Silent, read};

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

fn told(path: &Path, since: Option<Timestamp>) -> Told {
    let repository = Repository::discover(path).unwrap();
    let never = AtomicBool::new(false);
    let walk = Options {
        deaths: Deaths::TracedExcept(PathFilter {
            name: "none",
            contains: |_| false,
        }),
        ..Options::default()
    };
    let history = read(&repository, None, &walk, None, &never, &Silent).unwrap();
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
