//! What is left of evidence after its time: where the skills stood, and which exercises are used up.
//!
//! Records older than the retention time are folded (`retention`): their days, outcomes and hints go, the belief
//! that they led to stays. The file is private to its owner and is read by `store` alone; debug output shows no number.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use trueline_facts::attempt::{AttemptKind, Past};
use trueline_facts::skill::{Ability, Cell, FoldedEvidence, Language, Reliance, WeaknessClass};

use crate::certainty::Said;
use crate::day::Day;
use crate::evidence::RowId;
use crate::fsrs::Card;
use crate::gaussian::Gaussian;
use crate::model::{Component, Skill};
use crate::practise::Cards;
use crate::profile::CellRows;

/// The schema of the file.
const SCHEMA: &str = "trueline.folded-skills/1";

/// Everything that is folded; by default nothing.
#[derive(Clone, PartialEq, Default)]
pub struct Folded {
    pub(crate) through: Option<Day>,
    pub(crate) records: u64,
    pub(crate) skills: BTreeMap<Ability, Skill>,
    pub(crate) cells: BTreeMap<Cell, CellRows>,
    pub(crate) cards: Cards,
    /// How often somebody was so sure, and right or wrong.
    pub(crate) said: BTreeMap<(u8, bool), u64>,
    pub(crate) reliance: BTreeMap<WeaknessClass, Reliance>,
    pub(crate) past: Vec<Past>,
}

impl fmt::Debug for Folded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Folded")
            .field("through", &self.through)
            .finish_non_exhaustive()
    }
}

impl Folded {
    /// Until when, and how much; nothing where nothing is folded.
    #[must_use]
    pub fn evidence(&self) -> Option<FoldedEvidence> {
        Some(FoldedEvidence {
            through: self.through?.to_string(),
            records: self.records,
        })
    }

    /// Exercises, review items and fixes that count no more.
    #[must_use]
    pub fn past(&self) -> &[Past] {
        &self.past
    }

    /// Whether an exercise or item was folded: what is recorded of it later is practice.
    pub(crate) fn holds(&self, kind: AttemptKind, scenario: &str, version: u32) -> bool {
        self.past.iter().any(|past| {
            (past.kind, past.scenario.as_str(), past.version) == (kind, scenario, version)
        })
    }

    /// How often an exercise was tried before.
    pub(crate) fn tries(&self, scenario: &str, version: u32) -> u32 {
        let of_it = |past: &&Past| {
            (past.kind, past.scenario.as_str(), past.version)
                == (AttemptKind::Attempt, scenario, version)
        };
        self.past.iter().find(of_it).map_or(0, |past| past.tries)
    }

    /// Answers that came with "how sure", as far as they are known one by one.
    pub(crate) fn said(&self) -> impl Iterator<Item = Said> {
        self.said.iter().flat_map(|(&(percent, right), &times)| {
            (0..times).map(move |_| Said {
                id: RowId::new("folded"),
                percent,
                right,
            })
        })
    }

    /// As the text of a file.
    pub(crate) fn to_text(&self) -> Result<String, serde_json::Error> {
        let skills = self.skills.iter().map(|(ability, skill)| {
            let (belief, day) = skill.parts();
            let (components, covariance) = belief.parts();
            let components = components.map(|(component, prior, mean)| PartText {
                part: component.to_string(),
                prior: Bits(prior),
                mean: Bits(mean),
            });
            let text = SkillText {
                day,
                components: components.collect(),
                covariance: covariance.iter().copied().map(Bits).collect(),
            };
            (*ability, text)
        });
        let cells = self.cells.iter().map(|(&cell, rows)| CellText {
            cell,
            rows: rows.rows,
            last: rows.last,
        });
        let cards = self.cards.iter().map(|(&(language, class), card)| {
            let (stability, difficulty, last) = card.parts();
            CardText {
                language,
                class,
                stability: Bits(stability),
                difficulty: Bits(difficulty),
                last,
            }
        });
        let said = self.said.iter();
        let mut text = serde_json::to_string_pretty(&FileText {
            schema: SCHEMA.to_owned(),
            through: self.through,
            records: self.records,
            skills: skills.collect(),
            cells: cells.collect(),
            cards: cards.collect(),
            said: said
                .map(|(&(sure, right), &times)| SaidText { sure, right, times })
                .collect(),
            reliance: self.reliance.values().cloned().collect(),
            past: self.past.clone(),
        })?;
        text.push('\n');
        Ok(text)
    }

    /// From the text of a file, or why it is none.
    pub(crate) fn from_text(text: &str) -> Result<Self, String> {
        let file: FileText = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if file.schema != SCHEMA {
            return Err(format!("schema `{}` is not {SCHEMA}", file.schema));
        }
        let mut skills = BTreeMap::new();
        for (ability, skill) in file.skills {
            let mut components = Vec::new();
            for part in skill.components {
                let component: Component = part.part.parse()?;
                components.push((component, part.prior.0, part.mean.0));
            }
            let covariance = skill.covariance.into_iter().map(|bits| bits.0).collect();
            let belief = Gaussian::from_parts(components, covariance)
                .ok_or_else(|| format!("the numbers of `{ability}` do not fit together"))?;
            skills.insert(ability, Skill::from_parts(belief, skill.day));
        }
        let mut cards = Cards::new();
        for card in file.cards {
            let made = Card::from_parts(card.stability.0, card.difficulty.0, card.last)
                .ok_or("a card has no usable numbers")?;
            cards.insert((card.language, card.class), made);
        }
        let cells = file.cells.into_iter().map(|cell| {
            let rows = CellRows {
                rows: cell.rows,
                last: cell.last,
            };
            (cell.cell, rows)
        });
        let said = file.said.into_iter();
        let reliance = file.reliance.into_iter();
        Ok(Self {
            through: file.through,
            records: file.records,
            skills,
            cells: cells.collect(),
            cards,
            // A count beyond what anybody answers in a lifetime is damage.
            said: said
                .map(|said| {
                    (
                        (said.sure.clamp(50, 100), said.right),
                        said.times.min(1 << 20),
                    )
                })
                .collect(),
            reliance: reliance.map(|one| (one.class, one)).collect(),
            past: file.past,
        })
    }
}

#[derive(Serialize, Deserialize)]
struct FileText {
    schema: String,
    through: Option<Day>,
    records: u64,
    skills: BTreeMap<Ability, SkillText>,
    cells: Vec<CellText>,
    cards: Vec<CardText>,
    said: Vec<SaidText>,
    reliance: Vec<Reliance>,
    past: Vec<Past>,
}

#[derive(Serialize, Deserialize)]
struct SkillText {
    day: Option<Day>,
    components: Vec<PartText>,
    covariance: Vec<Bits>,
}

#[derive(Serialize, Deserialize)]
struct PartText {
    part: String,
    prior: Bits,
    mean: Bits,
}

#[derive(Serialize, Deserialize)]
struct CellText {
    cell: Cell,
    rows: u64,
    last: Day,
}

#[derive(Serialize, Deserialize)]
struct CardText {
    language: Language,
    class: WeaknessClass,
    stability: Bits,
    difficulty: Bits,
    last: Day,
}

#[derive(Serialize, Deserialize)]
struct SaidText {
    sure: u8,
    right: bool,
    times: u64,
}

/// A number to its last bit, so that what was folded goes on exactly where it stood.
#[derive(Clone, Copy, PartialEq)]
struct Bits(f64);

impl Serialize for Bits {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:016x}", self.0.to_bits()))
    }
}

impl<'de> Deserialize<'de> for Bits {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bits = u64::from_str_radix(&text, 16).map_err(serde::de::Error::custom)?;
        let value = f64::from_bits(bits);
        if value.is_finite() {
            Ok(Self(value))
        } else {
            Err(serde::de::Error::custom(format!("`{text}` is no number")))
        }
    }
}
