//! Simulated people whose skill is known, to check what the model makes of them.
//!
//! Used by the tests and by `cargo xtask bench skills`; nothing of it runs in the product. All draws
//! come from one seed.

use std::collections::BTreeSet;

use trueline_facts::attempt::{Aid, AidBasis, Trigger};
use trueline_facts::skill::{Ability, Cell, Language, WeaknessClass};

use crate::day::Day;
use crate::evidence::{EARLIER_TRY, HINT, Happened, Row, RowId};
use crate::exposure::LOG_BASE_RATE;
use crate::likelihood::{Observation, Seen, Weight};
use crate::math::{Z80, sigmoid};
use crate::model::{CELL_PRIOR, Component, Feedback, Skill, lasting_days, learned, prior};
use crate::profile::{LEAST_ANSWERS, Profile, effective_answers};
use crate::update::Belief;

/// `SplitMix64` (Steele, Lea and Flood 2014).
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// Starts from a seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn word(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Evenly from 0 to 1, never either.
    pub fn unit(&mut self) -> f64 {
        ((self.word() >> 11) as f64 + 0.5) / 9_007_199_254_740_992.0
    }

    /// True with that chance.
    pub fn happens(&mut self, chance: f64) -> bool {
        self.unit() < chance
    }

    /// One of `n`.
    #[expect(clippy::cast_sign_loss, reason = "a product of numbers from 0 on")]
    pub fn below(&mut self, n: usize) -> usize {
        ((self.unit() * n as f64) as usize).min(n.saturating_sub(1))
    }

    /// Normal with mean 0 (Box and Muller 1958).
    pub fn normal(&mut self, variance: f64) -> f64 {
        let radius = libm::sqrt(-2.0 * libm::log(self.unit()));
        radius * libm::cos(core::f64::consts::TAU * self.unit()) * libm::sqrt(variance)
    }

    /// Poisson, by waiting times; the rates here are small.
    pub fn events(&mut self, rate: f64) -> u32 {
        let mut count = 0;
        let mut time = -libm::log(self.unit());
        while time < rate && count < 10_000 {
            count += 1;
            time -= libm::log(self.unit());
        }
        count
    }
}

/// Languages of the simulation, with how often each is used.
pub const MIX: [(Language, f64); 3] = [
    (Language::Python, 0.6),
    (Language::TypeScript, 0.3),
    (Language::Go, 0.1),
];

/// Classes of the simulation.
#[must_use]
pub fn classes() -> &'static [WeaknessClass] {
    WeaknessClass::ALL.get(..10).unwrap_or(WeaknessClass::ALL)
}

/// A person with what nobody can see.
#[derive(Clone, Debug)]
pub struct Truth {
    parts: Vec<(Component, f64)>,
}

impl Truth {
    /// Drawn from the prior.
    pub fn draw(random: &mut Random) -> Self {
        let mut parts = vec![Component::Overall];
        parts.extend(
            MIX.iter()
                .map(|(language, _)| Component::Language(*language)),
        );
        parts.extend(classes().iter().map(|class| Component::Class(*class)));
        for (language, _) in MIX {
            parts.extend(
                classes()
                    .iter()
                    .map(|class| Component::Cell(language, *class)),
            );
        }
        Self {
            parts: parts
                .into_iter()
                .map(|component| (component, random.normal(prior(component))))
                .collect(),
        }
    }

    fn part(&self, component: Component) -> f64 {
        self.parts
            .iter()
            .find(|(known, _)| *known == component)
            .map_or(0.0, |(_, value)| *value)
    }

    /// What all cells share.
    #[must_use]
    pub fn overall(&self) -> f64 {
        self.part(Component::Overall)
    }

    /// The skill in a cell.
    #[must_use]
    pub fn cell(&self, language: Language, class: WeaknessClass) -> f64 {
        self.overall()
            + self.part(Component::Language(language))
            + self.part(Component::Class(class))
            + self.part(Component::Cell(language, class))
    }

    /// Time passes: skill returns towards the mean and is renewed at random, as the model assumes.
    pub fn age(&mut self, days: u32, random: &mut Random) {
        for (component, value) in &mut self.parts {
            let keep = libm::exp(-f64::from(days) / lasting_days(*component));
            *value = *value * keep + random.normal((1.0 - keep * keep) * prior(*component));
        }
    }

    fn learn(&mut self, component: Component, by: f64) {
        if let Some((_, value)) = self.parts.iter_mut().find(|(known, _)| *known == component) {
            *value += by;
        }
    }
}

/// A language by how often it is used.
pub fn language(random: &mut Random) -> Language {
    let mut left = random.unit();
    for (language, share) in MIX {
        if left < share {
            return language;
        }
        left -= share;
    }
    Language::Go
}

/// How far simulated people are from what the model assumes.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct World {
    /// Answers of each person.
    pub answers: u32,
    /// Spread of items, as a variance.
    pub item_spread: f64,
    /// Whether the model knows each item's difficulty.
    pub items_known: bool,
    /// Days between two answers.
    pub days_between: u32,
    /// Whether an answer teaches.
    pub learning: bool,
    /// Share of answers after which a count of findings over sites comes in.
    pub counts: f64,
    /// Chance that an answer fails by mishap.
    pub slip: f64,
    /// Chance that a wrong answer is right by luck.
    pub guess: f64,
    /// Chance that an assistant solved what is called unaided.
    pub solved_by_ai: f64,
}

impl World {
    /// A world that is as the model assumes, with items that are known.
    #[must_use]
    pub const fn as_assumed(answers: u32) -> Self {
        Self {
            answers,
            item_spread: 0.81,
            items_known: true,
            days_between: 0,
            learning: false,
            counts: 0.0,
            slip: 0.0,
            guess: 0.0,
            solved_by_ai: 0.0,
        }
    }
}

/// How often an interval held the truth.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Held {
    /// Intervals that did.
    pub held: u64,
    /// Intervals.
    pub of: u64,
}

impl Held {
    fn count(&mut self, belief: Belief, truth: f64) {
        self.of += 1;
        if (truth - belief.mean).abs() <= Z80 * libm::sqrt(belief.variance) {
            self.held += 1;
        }
    }

    /// As a share.
    #[must_use]
    pub fn share(&self) -> f64 {
        self.held as f64 / (self.of.max(1)) as f64
    }
}

/// What came of simulated people.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Coverage {
    /// Cells with evidence.
    pub practised: Held,
    /// Cells without.
    pub unpractised: Held,
    /// What all cells share.
    pub overall: Held,
    /// Squared error over all cells, summed.
    squared: f64,
    deviation: f64,
}

impl Coverage {
    /// Root of the mean squared error of cells.
    #[must_use]
    pub fn rmse(&self) -> f64 {
        libm::sqrt(self.squared / (self.practised.of + self.unpractised.of) as f64)
    }

    /// Mean standard deviation of cells.
    #[must_use]
    pub fn mean_sd(&self) -> f64 {
        self.deviation / (self.practised.of + self.unpractised.of) as f64
    }
}

/// Lets people answer and counts how often the intervals hold what is true of them.
#[must_use]
pub fn coverage(world: &World, people: u32, seed: u64) -> Coverage {
    let mut random = Random::new(seed);
    let mut coverage = Coverage::default();
    for _ in 0..people {
        let mut truth = Truth::draw(&mut random);
        let mut skill = Skill::default();
        let mut practised = Vec::new();
        let mut day = first_day();
        for _ in 0..world.answers {
            if world.days_between > 0 {
                day = day.plus(world.days_between);
                truth.age(world.days_between, &mut random);
            }
            skill.advance(day);
            let cell = (
                language(&mut random),
                classes()[random.below(classes().len())],
            );
            answer(world, &mut truth, &mut skill, cell, &mut random);
            if !practised.contains(&cell) {
                practised.push(cell);
            }
        }
        coverage.overall.count(skill.overall(), truth.overall());
        for (language, _) in MIX {
            for class in classes() {
                let belief = skill.cell(language, *class);
                let true_value = truth.cell(language, *class);
                let held = if practised.contains(&(language, *class)) {
                    &mut coverage.practised
                } else {
                    &mut coverage.unpractised
                };
                held.count(belief, true_value);
                coverage.squared += (belief.mean - true_value) * (belief.mean - true_value);
                coverage.deviation += libm::sqrt(belief.variance);
            }
        }
    }
    coverage
}

fn answer(
    world: &World,
    truth: &mut Truth,
    skill: &mut Skill,
    cell: (Language, WeaknessClass),
    random: &mut Random,
) {
    let easiness = random.normal(world.item_spread);
    let theta = truth.cell(cell.0, cell.1);
    let mut success = random.happens(sigmoid(theta + easiness));
    if success && random.happens(world.slip) || !success && random.happens(world.guess) {
        success = !success;
    }
    let success = success || random.happens(world.solved_by_ai);
    let (offset, extra) = if world.items_known {
        (easiness, 0.0)
    } else {
        (0.0, world.item_spread)
    };
    let feedback = if world.learning {
        Feedback::Seen
    } else {
        Feedback::None
    };
    skill.observe(cell, offset, extra, &Observation::answer(success), feedback);
    if world.learning {
        let taught = learned(sigmoid(theta + easiness), success);
        truth.learn(Component::Cell(cell.0, cell.1), taught);
    }
    if random.happens(world.counts) {
        let sites = 5.0 + 20.0 * random.unit();
        let log_rate = libm::log(sites) - 2.5;
        let count = random.events(libm::exp(log_rate - truth.cell(cell.0, cell.1)));
        let seen = Seen::Events { count, log_rate };
        let observation = Observation {
            seen,
            weight: Weight::FULL,
        };
        skill.observe(cell, 0.0, 0.0, &observation, Feedback::None);
    }
}

fn first_day() -> Day {
    // Any day will do: only differences count.
    Day::new(2026, 1, 1).unwrap_or_else(Day::today)
}

/// How somebody works through ninety days: what differs between groups of equal skill.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Habit {
    /// Exercises a week.
    pub exercises: u32,
    /// Exposed sites written a week.
    pub sites: f64,
    /// Share of exercises done with an assistant.
    pub ai_share: f64,
    /// Part of the week that is worked.
    pub part_time: f64,
    /// Share of weaknesses that the scanner finds in Python; in the other languages it is `detection_else`.
    pub detection: f64,
    /// The same elsewhere.
    pub detection_else: f64,
    /// Whether the model is told of it.
    pub detection_known: bool,
    /// Only Python instead of the mix.
    pub one_language: bool,
}

impl Habit {
    /// Three exercises and twenty sites a week, all by oneself.
    #[must_use]
    pub const fn usual() -> Self {
        Self {
            exercises: 3,
            sites: 20.0,
            ai_share: 0.0,
            part_time: 1.0,
            detection: 0.6,
            detection_else: 0.6,
            detection_known: true,
            one_language: false,
        }
    }
}

/// Ninety days of work as rows of evidence. An assistant is far better than most at exercises.
#[must_use]
pub(crate) fn ninety_days(truth: &Truth, habit: &Habit, random: &mut Random) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut number = 0_u32;
    let mut id = || {
        number += 1;
        RowId::new(&format!("{number:08}"))
    };
    for week in 0..13_u32 {
        let day = first_day().plus(week * 7);
        for _ in 0..habit.exercises {
            if random.happens(1.0 - habit.part_time) {
                continue;
            }
            let (language, class) = place(habit, random);
            let assisted = random.happens(habit.ai_share);
            let theta = if assisted {
                2.5
            } else {
                truth.cell(language, class)
            };
            let difficulty = random.normal(0.5);
            let hints = random.below(2) as u32;
            let z =
                |earlier: f64| theta - difficulty + HINT * f64::from(hints) + EARLIER_TRY * earlier;
            // The difficulty that its author gives is not quite the one it has.
            let miss = random.normal(0.4);
            let mut push = |id: RowId, solved: bool, earlier: u32| {
                rows.push(Row {
                    id,
                    day,
                    cell: Cell {
                        ability: if assisted {
                            Ability::Directing
                        } else {
                            Ability::Unaided
                        },
                        language,
                        class,
                    },
                    happened: Happened::Exercise {
                        exercise: format!("exercise-{week}"),
                        solved,
                        earlier,
                        number: earlier + 1,
                        hints,
                        difficulty,
                        trigger: Trigger::Check,
                    },
                    aid: if assisted {
                        Aid::Assisted
                    } else {
                        Aid::Unaided
                    },
                    aid_basis: AidBasis::Told,
                });
            };
            let first = random.happens(sigmoid(z(0.0) + miss));
            push(id(), first, 0);
            if !first {
                let second = random.happens(sigmoid(z(1.0) + miss));
                push(id(), second, 1);
            }
        }
        let sites = habit.sites * habit.part_time;
        for _ in 0..4 {
            let (language, class) = place(habit, random);
            let detection = if language == Language::Python {
                habit.detection
            } else {
                habit.detection_else
            };
            let exposed = sites / 4.0;
            let rate = exposed * detection * libm::exp(LOG_BASE_RATE - truth.cell(language, class));
            rows.push(Row {
                id: id(),
                day,
                cell: Cell {
                    ability: Ability::Unaided,
                    language,
                    class,
                },
                happened: Happened::Sites {
                    source: format!("week {week}"),
                    confirmed: random.events(rate),
                    sites: exposed,
                    detection: if habit.detection_known {
                        detection
                    } else {
                        0.6
                    },
                    log_base_rate: LOG_BASE_RATE,
                },
                aid: Aid::Unaided,
                aid_basis: AidBasis::Told,
            });
        }
    }
    rows
}

fn place(habit: &Habit, random: &mut Random) -> (Language, WeaknessClass) {
    let chosen = language(random);
    let language = if habit.one_language {
        Language::Python
    } else {
        chosen
    };
    (language, classes()[random.below(classes().len())])
}

/// What ninety days come to for a group of people.
#[derive(Clone, PartialEq, Debug)]
pub struct Group {
    /// Mean of the estimates minus mean of the truth, of all cells with any evidence.
    pub bias: f64,
    /// Mean of the estimates.
    pub mean: f64,
    /// Rank correlation of people by estimate and by truth, each the mean of their cells with any evidence.
    pub order: f64,
    /// How often the interval of a cell with enough evidence held the truth.
    pub held: Held,
}

/// Ninety days of people with one habit, through rows and profiles as in the product.
#[must_use]
pub fn group(habit: &Habit, people: usize, seed: u64) -> Group {
    let mut random = Random::new(seed);
    let truths: Vec<Truth> = (0..people).map(|_| Truth::draw(&mut random)).collect();
    let day = first_day().plus(90);
    let mut pairs = Vec::new();
    let mut held = Held::default();
    for truth in &truths {
        let rows = ninety_days(truth, habit, &mut random);
        let profile = Profile::replay(&rows, &BTreeSet::new(), day);
        let cells: Vec<(Belief, f64)> = profile
            .cells()
            .keys()
            .filter(|cell| cell.ability == Ability::Unaided)
            .map(|cell| (profile.belief(*cell), truth.cell(cell.language, cell.class)))
            .collect();
        if cells.is_empty() {
            continue;
        }
        for (belief, truth) in &cells {
            if effective_answers(*belief, CELL_PRIOR) >= LEAST_ANSWERS {
                held.count(*belief, *truth);
            }
        }
        let n = cells.len() as f64;
        pairs.push((
            cells.iter().map(|(belief, _)| belief.mean).sum::<f64>() / n,
            cells.iter().map(|(_, truth)| truth).sum::<f64>() / n,
        ));
    }
    let count = pairs.len() as f64;
    let mean = pairs.iter().map(|pair| pair.0).sum::<f64>() / count;
    let truth = pairs.iter().map(|pair| pair.1).sum::<f64>() / count;
    Group {
        bias: mean - truth,
        mean,
        order: rank_correlation(&pairs),
        held,
    }
}

/// Spearman's rank correlation; the simulated values have no ties.
#[must_use]
pub fn rank_correlation(pairs: &[(f64, f64)]) -> f64 {
    let ranks = |values: Vec<f64>| {
        let mut order: Vec<usize> = (0..values.len()).collect();
        order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
        let mut ranks = vec![0.0; values.len()];
        for (rank, place) in order.into_iter().enumerate() {
            ranks[place] = rank as f64;
        }
        ranks
    };
    let a = ranks(pairs.iter().map(|pair| pair.0).collect());
    let b = ranks(pairs.iter().map(|pair| pair.1).collect());
    let n = pairs.len() as f64;
    let distance: f64 = a.iter().zip(&b).map(|(x, y)| (x - y) * (x - y)).sum();
    1.0 - 6.0 * distance / (n * (n * n - 1.0))
}
