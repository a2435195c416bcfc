//! The ability of an AI assistant: the same model and the same scale as people's, and open to all.
//!
//! It takes observations and gives standings. Evidence of a person is no observation outside of this crate, so that
//! nobody's own rows can be passed off as an assistant's.

use trueline_facts::skill::{Language, Standing, WeaknessClass};

use crate::items::Item;
use crate::likelihood::Observation;
use crate::model::{CELL_PRIOR, Component, Feedback, Skill, prior};
use crate::profile::standing;

/// What is known of one ability of one assistant.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Assistant(Skill);

impl Assistant {
    /// Takes in one observation. An assistant learns nothing from its samples.
    pub fn observe(
        &mut self,
        cell: (Language, WeaknessClass),
        item: Item,
        observation: &Observation,
    ) {
        let Item { easiness, variance } = item;
        self.0
            .observe(cell, easiness, variance, observation, Feedback::None);
    }

    /// What all cells share.
    #[must_use]
    pub fn overall(&self) -> Standing {
        standing(self.0.overall(), prior(Component::Overall))
    }

    /// One cell.
    #[must_use]
    pub fn cell(&self, language: Language, class: WeaknessClass) -> Standing {
        standing(self.0.cell(language, class), CELL_PRIOR)
    }
}
