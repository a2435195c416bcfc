//! `ASSISTments` 2009 by the published protocol: every answer is predicted before it is learned from;
//! items and skills are learned on the training users and frozen for the others; what is tuned is
//! tuned on a fifth of the training users, and the test users are looked at once.

use std::collections::HashMap;
use std::path::Path;

use rustix::time::{ClockId, clock_gettime};
use trueline_skills::gaussian::{Direction, Gaussian};
use trueline_skills::items::Item;
use trueline_skills::likelihood::Observation;
use trueline_skills::math::chance;

use crate::answers::{Answer, Data, load};
use crate::mersenne::Mersenne;
use crate::metrics::{Predicted, auc, brier, calibration_error, log_loss, reliability};

/// Bins of the calibration error.
const BINS: usize = 15;
/// Passes that are timed.
const TRIES: u32 = 7;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Component {
    User,
    Skill(u16),
}

/// Variances of the prior, noise per answer, and what an answer teaches.
#[derive(Clone, Copy, Debug)]
struct Settings {
    user: f64,
    cell: f64,
    item: f64,
    skill: f64,
    user_noise: f64,
    cell_noise: f64,
    learning: f64,
}

const TUNED: Settings = Settings {
    user: 1.6,
    cell: 0.4,
    item: 0.8,
    skill: 5.0,
    user_noise: 0.005,
    cell_noise: 0.01,
    learning: 0.03,
};

impl Settings {
    const fn prior(&self, component: Component) -> f64 {
        match component {
            Component::User => self.user,
            Component::Skill(_) => self.cell,
        }
    }
}

/// Easiness of items and skills.
struct Bank {
    intercept: f64,
    items: Vec<Item>,
    skills: Vec<Item>,
}

impl Bank {
    fn new(data: &Data, settings: &Settings, intercept: f64) -> Self {
        let item = |variance| Item {
            easiness: 0.0,
            variance,
        };
        let skills = data
            .skills
            .iter()
            .flatten()
            .max()
            .map_or(0, |s| usize::from(*s) + 1);
        Self {
            intercept,
            items: vec![item(settings.item); data.skills.len()],
            skills: vec![item(settings.skill); skills],
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Items {
    Learned,
    Frozen,
}

/// A prediction with what was known when it was made.
struct Made {
    predicted: Predicted,
    answers_before: u32,
    sd: f64,
}

fn pass(
    answers: &[&Answer],
    data: &Data,
    settings: &Settings,
    bank: &mut Bank,
    items: Items,
) -> Vec<Made> {
    let mut people: HashMap<u32, (Gaussian<Component>, u32)> = HashMap::new();
    let prior = |component| settings.prior(component);
    let mut made = Vec::with_capacity(answers.len());
    for answer in answers {
        let (person, count) = people.entry(answer.user).or_default();
        let skills = &data.skills[answer.item as usize];
        let part = 1.0 / skills.len().max(1) as f64;
        let mut direction: Direction<Component> = Direction::new();
        direction.push((Component::User, 1.0));
        direction.extend(skills.iter().map(|skill| (Component::Skill(*skill), part)));
        if *count > 0 {
            person.loosen(Component::User, prior, settings.user_noise);
            for skill in skills {
                person.loosen(Component::Skill(*skill), prior, settings.cell_noise);
            }
        }
        let item = bank.items[answer.item as usize];
        let (mut offset, mut extra) = (bank.intercept + item.easiness, item.variance);
        for skill in skills {
            let skill = bank.skills[usize::from(*skill)];
            offset += part * skill.easiness;
            extra += part * part * skill.variance;
        }
        let (before, after) = person.observe(
            &direction,
            prior,
            offset,
            extra,
            &Observation::answer(answer.correct),
        );
        made.push(Made {
            predicted: (chance(before.mean, before.variance), answer.correct),
            answers_before: *count,
            sd: before.variance.sqrt(),
        });
        *count += 1;
        let learned = settings.learning * if answer.correct { 1.0 } else { 0.5 };
        for skill in skills {
            person.shift(Component::Skill(*skill), prior, learned * part);
        }
        if items == Items::Learned {
            bank.items[answer.item as usize].calibrate(1.0, before, after);
            for skill in skills {
                bank.skills[usize::from(*skill)].calibrate(part, before, after);
            }
        }
    }
    made
}

/// What this process has used of the processors: other programs do not count.
fn cpu_seconds() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

/// Processor seconds of the quickest of some passes.
fn quickest(answers: &[&Answer], data: &Data) -> f64 {
    (0..TRIES)
        .map(|_| {
            let mut bank = Bank::new(data, &TUNED, 0.0);
            let start = cpu_seconds();
            pass(answers, data, &TUNED, &mut bank, Items::Learned);
            cpu_seconds() - start
        })
        .fold(f64::INFINITY, f64::min)
}

/// Log-odds of a success among these answers.
fn intercept(answers: &[&Answer]) -> f64 {
    let share = answers.iter().filter(|a| a.correct).count() as f64 / answers.len() as f64;
    (share / (1.0 - share)).ln()
}

fn predicted(made: &[Made]) -> Vec<Predicted> {
    made.iter().map(|one| one.predicted).collect()
}

/// Training users without the fifth that settings are chosen on, and that fifth.
fn split(data: &Data) -> (Vec<&Answer>, Vec<&Answer>) {
    let mut users: Vec<u32> = data.train.iter().map(|a| a.user).collect();
    users.sort_unstable();
    users.dedup();
    let drawn = Mersenne::new(0).permutation(users.len());
    let held: std::collections::HashSet<u32> = drawn[..users.len() / 5]
        .iter()
        .map(|place| users[*place])
        .collect();
    data.train.iter().partition(|a| !held.contains(&a.user))
}

fn held_out_loss(data: &Data, settings: &Settings) -> f64 {
    let (fit, held) = split(data);
    let mut bank = Bank::new(data, settings, intercept(&fit));
    pass(&fit, data, settings, &mut bank, Items::Learned);
    log_loss(&predicted(&pass(
        &held,
        data,
        settings,
        &mut bank,
        Items::Frozen,
    )))
}

/// One number of the settings.
type Field = fn(&mut Settings) -> &mut f64;

/// Coordinate descent over a geometric grid, by log-loss on the held-out fifth of training users.
pub(crate) fn tune(folder: &Path) -> Result<(), String> {
    let data = load(folder)?;
    let mut best = TUNED;
    let mut least = held_out_loss(&data, &best);
    println!("{least:.6} {best:?}");
    let fields: [Field; 7] = [
        |s| &mut s.user,
        |s| &mut s.cell,
        |s| &mut s.item,
        |s| &mut s.skill,
        |s| &mut s.user_noise,
        |s| &mut s.cell_noise,
        |s| &mut s.learning,
    ];
    loop {
        let before = least;
        for field in fields {
            for factor in [0.5, 0.75, 1.33, 2.0] {
                let mut tried = best;
                *field(&mut tried) *= factor;
                let loss = held_out_loss(&data, &tried);
                if loss < least - 1e-5 {
                    least = loss;
                    best = tried;
                    println!("{least:.6} {best:?}");
                }
            }
        }
        if before - least < 5e-5 {
            return Ok(());
        }
    }
}

pub(crate) fn run(folder: &Path) -> Result<(), String> {
    let data = load(folder)?;
    println!(
        "ASSISTments 2009: {} training and {} test answers, {} items",
        data.train.len(),
        data.test.len(),
        data.skills.len()
    );
    println!(
        "settings: {TUNED:?}, log-loss {:.4} on a fifth of the training users",
        held_out_loss(&data, &TUNED)
    );
    let train: Vec<&Answer> = data.train.iter().collect();
    let test: Vec<&Answer> = data.test.iter().collect();
    let mut bank = Bank::new(&data, &TUNED, intercept(&train));
    pass(&train, &data, &TUNED, &mut bank, Items::Learned);
    println!(
        "training users: {:.0} updates a processor second, one thread, the best of {TRIES} passes",
        train.len() as f64 / quickest(&train, &data)
    );
    let made = pass(&test, &data, &TUNED, &mut bank, Items::Frozen);
    let all = predicted(&made);
    println!(
        "test users: AUC {:.4}, log-loss {:.4}, Brier {:.4}, ECE {:.4} ({BINS} bins of equal mass)",
        auc(&all),
        log_loss(&all),
        brier(&all),
        calibration_error(&all, BINS)
    );
    println!("after n answers | predictions | AUC | mean sd");
    for (low, high) in [(0, 0), (1, 4), (5, 9), (10, 19), (20, 49), (50, u32::MAX)] {
        let part: Vec<&Made> = made
            .iter()
            .filter(|m| (low..=high).contains(&m.answers_before))
            .collect();
        let all: Vec<Predicted> = part.iter().map(|m| m.predicted).collect();
        let sd = part.iter().map(|m| m.sd).sum::<f64>() / part.len() as f64;
        println!("{low}+ | {} | {:.3} | {sd:.2}", part.len(), auc(&all));
    }
    println!("predicted | succeeded | answers");
    for (mean, share, size) in reliability(&all, BINS) {
        println!("{mean:.3} | {share:.3} | {size}");
    }
    Ok(())
}
