//! The detectors against histories whose truth is known: how often they cry wolf on a year without
//! any anomaly, and how many planted anomalies they find. Seeds are fixed.
//!
//! Sizes of commits are log-normal with a heavy tail, weeks differ by a factor, the repository grows
//! over the year, and a part of the commits bump dependencies: what the detectors assume is not what
//! they get. The same was measured on real histories, see `docs/METHODS.md`.

#![expect(
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    reason = "simulated counts are small and positive"
)]

use trueline_facts::health::{Anomaly, AnomalyKind};
use trueline_facts::time::DAY;
use trueline_facts::{CommitId, RepoPath, ToolId};

use super::configuration::{self, Steering};
use super::dependencies::{self, Entries};
use super::evidence_loss::{self, Voice};
use super::timeline::{Moment, Timeline, WEEK};
use super::{MONTH, anomalies, large_commit, velocity};

/// Xorshift64*: enough for a simulation, the same on every platform.
struct Dice(u64);

impl Dice {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    fn unit(&mut self) -> f64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn below(&mut self, n: i64) -> i64 {
        super::robust::whole(self.unit() * n as f64) as i64
    }

    /// Standard normal (Box and Muller).
    fn normal(&mut self) -> f64 {
        let radius = (-2.0 * self.unit().max(1e-300).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.unit()).cos()
    }
}

const END: i64 = 1_767_225_600;
const START: i64 = END - 365 * DAY;

/// One simulated year of a repository.
struct Year {
    dice: Dice,
    timeline: Timeline,
    commits: u64,
}

#[derive(Clone, Copy)]
struct Habits {
    seed: u64,
    /// Commits in a usual week.
    weekly: f64,
    /// Spread of the logarithm of a week's activity.
    unrest: f64,
    /// Spread of the logarithm of a commit's size.
    sizes: f64,
}

impl Year {
    fn new(habits: Habits) -> Self {
        let mut year = Self {
            dice: Dice::new(habits.seed),
            timeline: Timeline {
                start: START,
                end: END,
                ..Timeline::default()
            },
            commits: 0,
        };
        for week in 0..52 {
            let growth = 1.0 + f64::from(week) / 52.0;
            let activity = (habits.unrest * year.dice.normal()).exp();
            let commits = super::robust::whole(habits.weekly * growth * activity);
            for _ in 0..commits {
                let time = START + (i64::from(week) * WEEK + year.dice.below(WEEK)) * DAY;
                let size = (3.2 + habits.sizes * year.dice.normal()).exp();
                let entries = (year.dice.unit() < 0.1).then(|| Entries {
                    manifests: 1,
                    changed: 1 + (2.0 * year.dice.unit().max(1e-9).powf(-0.5)) as u32 / 2,
                    ..Entries::default()
                });
                year.commit(time, size as u64, entries);
                let person = year.dice.below(8) as u32;
                // Six of eight persons use the tool for two commits in three.
                let speaks = person < 6 && year.dice.unit() < 0.66;
                let tools = speaks.then(|| Box::from("claude")).into_iter().collect();
                year.timeline.voices.push(Voice {
                    time,
                    person,
                    tools,
                });
                if year.dice.unit() < 0.01 {
                    let lines = 1 + year.dice.below(40) as u64;
                    year.steer(time, "claude", "CLAUDE.md", lines);
                }
            }
        }
        year
    }

    fn commit(&mut self, time: i64, added: u64, entries: Option<Entries>) -> CommitId {
        self.commits += 1;
        let id = CommitId::new(format!("{:040x}", self.commits));
        self.timeline.moments.push(Moment {
            id: id.clone(),
            time,
            added,
            entries,
        });
        id
    }

    fn steer(&mut self, time: i64, tool: &str, path: &str, lines: u64) -> CommitId {
        let id = CommitId::new(format!("{:040x}", self.commits));
        self.timeline.steering.push(Steering {
            id: id.clone(),
            time,
            tool: ToolId::new(tool),
            path: RepoPath::from(path),
            deleted: false,
            lines,
        });
        id
    }

    fn judge(&mut self) -> Vec<Anomaly> {
        self.put_in_order();
        anomalies(&self.timeline)
    }

    /// What one detector says; the others cost time.
    fn judge_only(&mut self, kind: AnomalyKind) -> Vec<Anomaly> {
        self.put_in_order();
        let line = &self.timeline;
        match kind {
            AnomalyKind::VelocityBurst => {
                velocity::judge(line, &large_commit::judge(line).explained)
            }
            AnomalyKind::LargeCommit => large_commit::judge(line).anomalies,
            AnomalyKind::DependencyChange => dependencies::judge(line),
            AnomalyKind::AgentConfigurationChange => configuration::judge(line),
            AnomalyKind::EvidenceLoss => evidence_loss::judge(line),
        }
    }

    fn put_in_order(&mut self) {
        let line = &mut self.timeline;
        line.moments
            .sort_by(|a, b| (a.time, &a.id).cmp(&(b.time, &b.id)));
        line.steering
            .sort_by(|a, b| (a.time, &a.id).cmp(&(b.time, &b.id)));
        line.voices.sort_by_key(|voice| voice.time);
    }

    fn some_time(&mut self) -> i64 {
        START + self.dice.below(365 - 2 * WEEK) * DAY
    }

    /// The median of the separate weeks of the half year before, or of the first eight weeks.
    fn usual_week(&self, time: i64) -> f64 {
        let until = time.max(START + 8 * WEEK * DAY);
        let mut weeks = vec![0.0; 26.min(((until - START) / (WEEK * DAY)) as usize)];
        for moment in &self.timeline.moments {
            if moment.time < until
                && let Some(week) =
                    weeks.get_mut(((until - 1 - moment.time) / (WEEK * DAY)) as usize)
            {
                *week += moment.added as f64;
            }
        }
        super::robust::median(&mut weeks).unwrap_or_default()
    }
}

const REPOSITORIES: [Habits; 4] = [
    // A quiet library, a team, a busy and restless team, a large steady project.
    Habits {
        seed: 0,
        weekly: 4.0,
        unrest: 0.7,
        sizes: 1.6,
    },
    Habits {
        seed: 0,
        weekly: 25.0,
        unrest: 0.5,
        sizes: 1.8,
    },
    Habits {
        seed: 0,
        weekly: 60.0,
        unrest: 0.9,
        sizes: 2.0,
    },
    Habits {
        seed: 0,
        weekly: 90.0,
        unrest: 0.3,
        sizes: 1.9,
    },
];
/// Hardly anybody is at work.
const SLEEPY: Habits = Habits {
    seed: 0,
    weekly: 1.5,
    unrest: 0.9,
    sizes: 1.3,
};
const YEARS: u64 = 6;

/// Shares found, per kind, of anomalies planted one at a time in each repository and year.
fn share_found(kind: AnomalyKind, plant: impl Fn(&mut Year) -> Option<i64>) -> f64 {
    let (mut planted, mut found) = (0_u32, 0_u32);
    for habits in REPOSITORIES {
        for seed in 1..=YEARS {
            let mut year = Year::new(Habits { seed, ..habits });
            let Some(time) = plant(&mut year) else {
                continue;
            };
            planted += 1;
            let near = |alarm: &Anomaly| (alarm.time.0 - time).abs() <= 8 * DAY;
            found += u32::from(year.judge_only(kind).iter().any(near));
        }
    }
    assert!(planted >= 20, "{kind:?} was planted {planted} times");
    f64::from(found) / f64::from(planted)
}

#[test]
fn a_year_without_anomalies_raises_fewer_than_one_alarm_a_month() {
    for habits in REPOSITORIES.into_iter().chain([SLEEPY]) {
        let alarms: usize = (1..=YEARS)
            .map(|seed| Year::new(Habits { seed, ..habits }).judge().len())
            .sum();
        let months = YEARS as f64 * 365.0 / MONTH;
        let rate = alarms as f64 / months;
        assert!(rate <= 1.0, "{rate} at {} commits a week", habits.weekly);
    }
}

#[test]
fn nine_in_ten_bursts_of_ten_usual_weeks_are_found() {
    let share = share_found(AnomalyKind::VelocityBurst, |year| {
        let time = year.some_time();
        let lines = (10.0 * year.usual_week(time)).max(3000.0) / 40.0;
        for _ in 0..40 {
            let at = time + year.dice.below(WEEK) * DAY;
            year.commit(at, lines as u64, None);
        }
        Some(time)
    });
    assert!(share >= 0.9, "{share}");
}

/// Shares of sleepy years in which so many commits of so many lines within a week are a burst.
fn sleepy_bursts(commits: u64, lines: impl Fn(&Year, i64) -> u64) -> f64 {
    let mut found = 0_u32;
    for seed in 1..=20 {
        let mut year = Year::new(Habits { seed, ..SLEEPY });
        let time = year.some_time();
        let lines = lines(&year, time);
        for _ in 0..commits {
            let at = time + year.dice.below(WEEK) * DAY;
            year.commit(at, lines, None);
        }
        let near = |alarm: &Anomaly| (alarm.time.0 - time).abs() <= 8 * DAY;
        let bursts = year.judge_only(AnomalyKind::VelocityBurst);
        found += u32::from(bursts.iter().any(near));
    }
    f64::from(found) / 20.0
}

#[test]
fn in_a_sleepy_repository_many_small_commits_are_a_burst_and_a_few_or_tiny_ones_are_none() {
    let share = sleepy_bursts(60, |year, time| {
        (10.0 * year.usual_week(time) / 60.0).ceil() as u64
    });
    assert!(share >= 0.75, "{share}");
    assert!(sleepy_bursts(8, |_, _| 60) <= 0.1);
    assert!(sleepy_bursts(60, |_, _| 0) <= 0.0);
}

#[test]
fn nine_in_ten_commits_of_twenty_thousand_lines_are_found() {
    let share = share_found(AnomalyKind::LargeCommit, |year| {
        let time = year.some_time();
        year.commit(time, 20_000, None);
        Some(time)
    });
    assert!(share >= 0.9, "{share}");
}

#[test]
fn nine_in_ten_changes_of_forty_dependencies_are_found() {
    let share = share_found(AnomalyKind::DependencyChange, |year| {
        let time = year.some_time();
        let entries = Entries {
            manifests: 1,
            added: 30,
            removed: 2,
            changed: 8,
        };
        year.commit(time, 45, Some(entries));
        Some(time)
    });
    assert!(share >= 0.9, "{share}");
}

#[test]
fn updates_of_many_versions_hide_no_new_dependencies_and_many_new_ones_do() {
    let of = |added, changed| Entries {
        manifests: 1,
        added,
        changed,
        ..Entries::default()
    };
    for (before, expected) in [(of(2, 60), true), (of(60, 2), false)] {
        let mut year = Year::new(Habits {
            seed: 8,
            ..REPOSITORIES[1]
        });
        let time = START + 250 * DAY;
        for weeks in 1..=4 {
            year.commit(time - weeks * WEEK * DAY, 60, Some(before));
        }
        let id = year.commit(time, 45, Some(of(40, 0)));
        let found = year.judge_only(AnomalyKind::DependencyChange);
        let found = found.iter().find(|a| a.commit.as_ref() == Some(&id));
        assert_eq!(found.is_some(), expected, "{found:?}");
        if let Some(found) = found {
            assert!(found.reason.contains("new ones are usual"), "{found:?}");
        }
    }
}

#[test]
fn nine_in_ten_new_kinds_of_agent_configuration_are_found() {
    for path in [
        ".mcp.json",
        ".cursor/rules/style.mdc",
        ".claude/hooks/run.sh",
    ] {
        let share = share_found(AnomalyKind::AgentConfigurationChange, |year| {
            let time = year.some_time();
            year.commit(time, 20, None);
            year.steer(time, "cursor", path, 20);
            Some(time)
        });
        assert!(share >= 0.9, "{path}: {share}");
    }
}

#[test]
fn nine_in_ten_losses_of_evidence_are_found_within_eight_weeks() {
    let share = share_found(AnomalyKind::EvidenceLoss, |year| {
        // It must have been steady before, and there must be something to miss.
        let week = 14 + year.dice.below(28);
        let from = START.div_euclid(DAY * WEEK) * DAY * WEEK + week * WEEK * DAY;
        let until = from + 8 * WEEK * DAY;
        let mut lost = 0;
        for voice in &mut year.timeline.voices {
            if (from..until).contains(&voice.time) && !voice.tools.is_empty() {
                voice.tools.clear();
                lost += 1;
            }
        }
        (lost >= 24).then_some(from)
    });
    assert!(share >= 0.9, "{share}");
}

#[test]
fn a_tool_whose_users_are_on_holiday_is_not_missed() {
    let mut year = Year::new(Habits {
        seed: 3,
        ..REPOSITORIES[1]
    });
    let from = START.div_euclid(DAY * WEEK) * DAY * WEEK + 30 * WEEK * DAY;
    let until = from + 6 * WEEK * DAY;
    year.timeline
        .voices
        .retain(|voice| voice.person >= 6 || !(from..until).contains(&voice.time));
    let found = year.judge();
    assert!(
        !found.iter().any(|a| a.kind == AnomalyKind::EvidenceLoss),
        "{found:#?}"
    );
}

#[test]
fn a_change_of_tool_is_not_a_loss_of_evidence() {
    let mut year = Year::new(Habits {
        seed: 4,
        ..REPOSITORIES[1]
    });
    for voice in &mut year.timeline.voices {
        if voice.time > START + 180 * DAY && !voice.tools.is_empty() {
            voice.tools = [Box::from("codex")].into_iter().collect();
        } else if voice.time > START + 180 * DAY && voice.person < 6 {
            // The rest of their work is unsigned before and after.
            voice.person = 7;
        }
    }
    let found = year.judge();
    assert!(
        !found.iter().any(|a| a.kind == AnomalyKind::EvidenceLoss),
        "{found:#?}"
    );
}

#[test]
fn one_huge_commit_is_not_reported_again_as_a_burst() {
    let mut year = Year::new(Habits {
        seed: 5,
        ..REPOSITORIES[3]
    });
    let time = START + 250 * DAY;
    let id = year.commit(time, 200_000, None);
    let found = year.judge();
    assert!(found.iter().any(|a| a.commit.as_ref() == Some(&id)));
    assert!(
        !found
            .iter()
            .any(|a| a.kind == AnomalyKind::VelocityBurst && (a.time.0 - time).abs() < 9 * DAY)
    );
}

#[test]
fn the_hour_of_the_day_changes_nothing() {
    let mut year = Year::new(Habits {
        seed: 6,
        ..REPOSITORIES[2]
    });
    let mut at_night = Year::new(Habits {
        seed: 6,
        ..REPOSITORIES[2]
    });
    for moment in &mut at_night.timeline.moments {
        moment.time += 3 * 3600;
    }
    // A week is reported at midnight, so that its place among the commits of its day may change.
    let summary = |found: Vec<Anomaly>| -> Vec<String> {
        let mut reasons: Vec<String> = found.into_iter().map(|a| a.reason).collect();
        reasons.sort();
        reasons
    };
    assert_eq!(summary(year.judge()), summary(at_night.judge()));
}

#[test]
fn a_new_repository_is_left_alone_for_its_first_four_weeks() {
    let mut year = Year::new(Habits {
        seed: 7,
        ..REPOSITORIES[2]
    });
    year.timeline.born = true;
    year.commit(START + 20 * DAY, 900_000, None);
    let found = year.judge();
    assert!(
        found.iter().all(|a| a.time.0 >= START + 21 * DAY),
        "{found:#?}"
    );
    assert!(!found.iter().any(|a| a.value > 800_000.0));
}

#[test]
fn an_empty_history_has_no_anomalies() {
    assert!(anomalies(&Timeline::default()).is_empty());
}
