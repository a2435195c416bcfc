//! How long lines live: rework within fixed ages, and the Kaplan–Meier curve.
//!
//! A line enters when a commit of the window added it. It leaves when a commit of the window removed
//! or rewrote it (an event), or it still stands at HEAD (censored). Lines beyond which history is cut
//! or cannot be read are left out: their age is unknown.

use trueline_facts::Proportion;
use trueline_facts::health::{OriginGroup, Rework, Survival, SurvivalPoint};

use crate::evidence::OriginIx;
use crate::model::{CommitIx, Death};

use super::view::View;

/// Ages at which rework is reported, in days.
const REWORK_DAYS: [u32; 2] = [14, 90];
/// Ages at which the survival curve is reported, in days.
const CURVE_DAYS: [u32; 4] = [30, 90, 180, 365];
const GROUPS: [OriginGroup; 2] = [OriginGroup::KnownAi, OriginGroup::NotKnownAi];

/// Lines of one group by age in whole days.
#[derive(Clone, Debug, Default)]
struct Ages {
    /// Lines that died at this age.
    died: Vec<u64>,
    /// Lines that still stand and are this old.
    standing: Vec<u64>,
    /// For each of [`REWORK_DAYS`]: lines reworked in time, of lines old enough to tell.
    rework: [(u64, u64); 2],
}

pub(super) struct Lifetimes {
    groups: [Ages; 2],
    /// Lines in neither.
    perhaps_ai: u64,
}

impl Lifetimes {
    pub(super) fn new(view: &View<'_>) -> Self {
        let days = view.options.window_days as usize + 1;
        let empty = Ages {
            died: vec![0; days],
            standing: vec![0; days],
            ..Ages::default()
        };
        let mut lifetimes = Self {
            groups: [empty.clone(), empty],
            perhaps_ai: 0,
        };
        for (_, lines) in view.written_files_of_all_time() {
            for lines in lines.filter(|lines| lines.dated) {
                if let Some(age) = age_at(view, lines.commit, None) {
                    lifetimes.add(view, lines.origin, lines.commit, lines.len, age, false);
                }
            }
        }
        for part in &view.origins.deaths {
            let Some(Death {
                died,
                born: Some(born),
                path,
                ..
            }) = view.history.deaths.get(part.death as usize)
            else {
                continue;
            };
            if view.is_generated(*path) {
                continue;
            }
            if let Some(age) = age_at(view, *born, Some(*died)) {
                lifetimes.add(view, part.origin, *born, u64::from(part.len), age, true);
            }
        }
        lifetimes
    }

    fn add(
        &mut self,
        view: &View<'_>,
        origin: OriginIx,
        born: CommitIx,
        lines: u64,
        age: usize,
        died: bool,
    ) {
        let [ai, others] = &mut self.groups;
        let ages = match view.is_known_ai(origin) {
            Some(true) => ai,
            Some(false) => others,
            None => {
                self.perhaps_ai += lines;
                return;
            }
        };
        let table = if died {
            &mut ages.died
        } else {
            &mut ages.standing
        };
        if let Some(slot) = table.get_mut(age) {
            *slot += lines;
        }
        let observed = view.now.days_since(view.time(born));
        for (within, (hits, of)) in REWORK_DAYS.iter().zip(&mut ages.rework) {
            if observed >= i64::from(*within) {
                *of += lines;
                if died && age < *within as usize {
                    *hits += lines;
                }
            }
        }
    }

    /// Lines of which only a whole squash says that AI wrote them.
    pub(super) const fn perhaps_ai(&self) -> u64 {
        self.perhaps_ai
    }

    pub(super) fn rework(&self) -> Vec<Rework> {
        GROUPS
            .iter()
            .zip(&self.groups)
            .flat_map(|(group, ages)| {
                REWORK_DAYS
                    .iter()
                    .zip(&ages.rework)
                    .map(|(within, (hits, of))| Rework {
                        group: *group,
                        within_days: *within,
                        lines: Proportion::new(*hits, *of),
                    })
            })
            .collect()
    }

    pub(super) fn survival(&self) -> Vec<Survival> {
        GROUPS
            .iter()
            .zip(&self.groups)
            .map(|(group, ages)| kaplan_meier(*group, &ages.died, &ages.standing))
            .collect()
    }
}

/// Whole days from birth to death, or to HEAD; `None` when the birth lies outside the window or
/// beyond a cut of history.
fn age_at(view: &View<'_>, born: CommitIx, died: Option<CommitIx>) -> Option<usize> {
    let time = view.time(born);
    if time < view.history.window_start || view.history.commit(born).parents_missing {
        return None;
    }
    let end = died.map_or(view.now, |died| view.time(died));
    // A clock that ran behind makes a death come before the birth: that is the day of birth.
    usize::try_from(end.days_since(time).max(0)).ok()
}

/// Product-limit estimate over whole days; deaths of a day come before its censorings.
fn kaplan_meier(group: OriginGroup, died: &[u64], standing: &[u64]) -> Survival {
    let lines = died.iter().sum::<u64>() + standing.iter().sum::<u64>();
    let mut at_risk = lines;
    let mut alive = 1.0;
    let mut half_life_days = None;
    let mut curve = Vec::new();
    for (day, (dead, left)) in died.iter().zip(standing).enumerate() {
        let day = day as u32;
        if at_risk == 0 {
            break;
        }
        alive *= 1.0 - *dead as f64 / at_risk as f64;
        if alive <= 0.5 && half_life_days.is_none() {
            half_life_days = Some(day);
        }
        if CURVE_DAYS.contains(&day) {
            curve.push(SurvivalPoint {
                days: day,
                alive: (alive * 1e6).round() / 1e6,
            });
        }
        at_risk -= dead + left;
    }
    Survival {
        group,
        lines,
        half_life_days,
        curve,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Freireich's 6-mercaptopurine arm (1963), the classic example: remission in weeks, here days.
    #[test]
    fn the_classic_example_of_the_literature_is_reproduced() {
        let mut died = vec![0; 40];
        let mut standing = vec![0; 40];
        for week in [6, 6, 6, 7, 10, 13, 16, 22, 23] {
            died[week] += 1;
        }
        for week in [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35] {
            standing[week] += 1;
        }
        let survival = kaplan_meier(OriginGroup::KnownAi, &died, &standing);
        assert_eq!((survival.lines, survival.half_life_days), (21, Some(23)));
        // Published: S(23) = 0.448, and it stays there to the last censoring after week 30.
        assert_eq!(survival.curve.len(), 1);
        assert!(
            (survival.curve[0].alive - 0.448).abs() < 5e-4,
            "{survival:?}"
        );
    }

    #[test]
    fn nothing_watched_is_no_survival() {
        let survival = kaplan_meier(OriginGroup::KnownAi, &[0; 10], &[0; 10]);
        assert_eq!((survival.lines, survival.half_life_days), (0, None));
        assert!(survival.curve.is_empty());
    }

    #[test]
    fn when_all_lines_die_half_of_them_are_gone_by_the_median() {
        let mut died = vec![0; 20];
        died[2] = 5;
        died[10] = 5;
        let survival = kaplan_meier(OriginGroup::NotKnownAi, &died, &[0; 20]);
        assert_eq!(survival.half_life_days, Some(2));
    }
}
