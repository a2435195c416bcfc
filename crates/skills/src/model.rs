//! The structure of a skill: what cells have in common, how it fades and how practice adds to it.
//!
//! `theta(language, class) = overall + language + class + cell`, all normal with mean 0. Evidence about
//! one cell therefore says a little about its neighbours, and the covariance knows how much.

use std::fmt;
use std::str::FromStr;

use smallvec::smallvec;
use trueline_facts::skill::{Cell, Language, UnknownName, WeaknessClass};

use crate::day::Day;
use crate::gaussian::{Direction, Gaussian};
use crate::likelihood::Observation;
use crate::math::chance;
use crate::update::Belief;

/// A part of a skill.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Component {
    /// Shared by all cells.
    Overall,
    /// Shared by the cells of a language.
    Language(Language),
    /// Shared by the cells of a class.
    Class(WeaknessClass),
    /// Of one cell alone.
    Cell(Language, WeaknessClass),
}

impl fmt::Display for Component {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Overall => f.write_str("overall"),
            Self::Language(language) => write!(f, "language {language}"),
            Self::Class(class) => write!(f, "class {class}"),
            Self::Cell(language, class) => write!(f, "cell {language} {class}"),
        }
    }
}

impl FromStr for Component {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let words: Vec<&str> = text.split(' ').collect();
        let unknown = |error: UnknownName| error.to_string();
        match words[..] {
            ["overall"] => Ok(Self::Overall),
            ["language", language] => Ok(Self::Language(language.parse().map_err(unknown)?)),
            ["class", class] => Ok(Self::Class(class.parse().map_err(unknown)?)),
            ["cell", language, class] => Ok(Self::Cell(
                language.parse().map_err(unknown)?,
                class.parse().map_err(unknown)?,
            )),
            _ => Err(format!("`{text}` is no component of a skill")),
        }
    }
}

/// Variance of a component of somebody of whom nothing is known.
#[must_use]
pub const fn prior(component: Component) -> f64 {
    match component {
        Component::Overall => 0.6,
        Component::Language(_) => 0.2,
        Component::Class(_) => 0.3,
        Component::Cell(..) => 0.15,
    }
}

/// Variance of a whole cell before any evidence: the sum of its components.
pub const CELL_PRIOR: f64 = 0.6 + 0.2 + 0.3 + 0.15;

/// Days after which e⁻¹ of what a component was above or below the prior is left. Start values: what
/// was practised a lot can still be told after half a year, and not after two years.
#[must_use]
pub const fn lasting_days(component: Component) -> f64 {
    match component {
        Component::Cell(..) => 730.0,
        _ => 1825.0,
    }
}

/// What a success teaches, in logits, where success and failure were equally likely; a failure that was
/// explained teaches half of it.
pub const LEARNING: f64 = 0.03;

/// What an answer with that chance of success teaches: from what was sure to succeed or to fail, nothing.
#[must_use]
pub fn learned(chance: f64, success: bool) -> f64 {
    let most = if success { LEARNING } else { LEARNING / 2.0 };
    most * 4.0 * chance * (1.0 - chance)
}

/// The components of a cell, each with its part.
#[must_use]
pub fn direction(language: Language, class: WeaknessClass) -> Direction<Component> {
    smallvec![
        (Component::Overall, 1.0),
        (Component::Language(language), 1.0),
        (Component::Class(class), 1.0),
        (Component::Cell(language, class), 1.0),
    ]
}

/// Whether whoever did it saw how it went, and so learned from it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Feedback {
    /// They did.
    Seen,
    /// They did not, or not then.
    None,
}

/// What is known of one ability of one person or assistant.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Skill {
    belief: Gaussian<Component>,
    day: Option<Day>,
}

impl Skill {
    /// The belief, and the day that it speaks of.
    pub(crate) const fn parts(&self) -> (&Gaussian<Component>, Option<Day>) {
        (&self.belief, self.day)
    }

    pub(crate) const fn from_parts(belief: Gaussian<Component>, day: Option<Day>) -> Self {
        Self { belief, day }
    }

    /// Lets time pass until `day`. Evidence of an earlier day counts as of the present one.
    pub(crate) fn advance(&mut self, day: Day) {
        if let Some(before) = self.day {
            let days = f64::from(day.since(before));
            if days > 0.0 {
                self.belief
                    .fade(|component| libm::exp(-days / lasting_days(component)));
            }
            self.day = Some(before.max(day));
        } else {
            self.day = Some(day);
        }
    }

    /// Takes in one observation about a cell. `offset` is what makes it easier or harder than a
    /// reference item, `extra` the variance of that. Gives the belief about its logit before.
    pub(crate) fn observe(
        &mut self,
        cell: (Language, WeaknessClass),
        offset: f64,
        extra: f64,
        observation: &Observation,
        feedback: Feedback,
    ) -> Belief {
        let direction = direction(cell.0, cell.1);
        let known = self.belief.belief(&direction, prior);
        let (before, _) = self
            .belief
            .observe(&direction, prior, offset, extra, observation);
        if feedback == Feedback::Seen {
            let moved = self.belief.belief(&direction, prior).mean - known.mean;
            // Learning from a failure never outweighs the failure.
            let taught = learned(chance(before.mean, before.variance), moved >= 0.0)
                * observation.weight.value();
            let taught = if moved >= 0.0 {
                taught
            } else {
                taught.min(-moved)
            };
            self.belief
                .shift(Component::Cell(cell.0, cell.1), prior, taught);
        }
        before
    }

    /// The belief about a cell.
    #[must_use]
    pub(crate) fn cell(&self, language: Language, class: WeaknessClass) -> Belief {
        self.belief.belief(&direction(language, class), prior)
    }

    /// The belief about what all cells share.
    #[must_use]
    pub(crate) fn overall(&self) -> Belief {
        self.belief.belief(&[(Component::Overall, 1.0)], prior)
    }

    /// The belief about `theta(cell)`, of one of its ability.
    #[must_use]
    pub(crate) fn of(&self, cell: Cell) -> Belief {
        self.cell(cell.language, cell.class)
    }
}
